"""The room of form types: the list of them, and the desk where one is taught; wires widgets to models."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QImage, QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QVBoxLayout, QWidget

from app.domain.box import Box
from app.domain.case import CaseDocument
from app.domain.errors import Actionable
from app.domain.finding import Finding
from app.domain.form import FieldKind
from app.domain.processor import FormDefinition
from app.domain.processor_version import Example, FormDraft, ProcessorVersion
from app.views import messages
from app.views.models import setting_edit, zone_edit
from app.views.models.draft_model import DraftModel
from app.views.models.pages_model import PagesModel
from app.views.models.teach_model import Catalogue, TeachModel
from app.views.models.trial import FAILED, READ, READING, Trial
from app.views.models.zone_edit import Done
from app.views.teach_desk import ZONES, TeachDesk
from app.views.teach_words import finding_words, flaws_of, outcome_words, trial_tab, zones_tab
from app.views.widgets.chip import Chip
from app.views.widgets.page_view.tile import TileRequest
from app.views.widgets.teach.blank_sheet import sheet_size, sheet_tile
from app.views.widgets.teach.form_type import FormTypeRow
from app.views.widgets.teach.form_types_page import FormTypesPage
from app.views.widgets.teach.inspected import Inspected
from app.views.widgets.teach.outline import outline_of, read_by_ref, walk_of
from app.views.widgets.teach.publish_panel import Said
from app.views.widgets.teach.setting import Setting
from app.views.widgets.teach.zone import zones_of
from app.views.widgets.teach.zone_key import Ask

_TYPED = (Setting.LABEL, Setting.TITLE)
"""Settings that are typed letter by letter: one step to undo."""


class TeachScreen(QWidget):
    """Where an administrator sees what forms are known, and teaches new ones."""

    said = Signal(str, str, str, str, str)
    """kind, what happened, what to do, action, words of its button; see `MessageLine.say`"""
    moved = Signal()
    """the list is shown instead of the desk, or the desk instead of the list"""

    def __init__(
        self,
        teach_model: TeachModel,
        draft_model: DraftModel,
        zone_pages: PagesModel,
        trial_pages: PagesModel,
    ) -> None:
        super().__init__()
        self._teach_model = teach_model
        self._draft_model = draft_model
        self._zone_pages = zone_pages
        self._trial_pages = trial_pages
        self._refs: tuple[str, ...] = ()
        self._tab = ZONES
        self._shown: ProcessorVersion | None = None
        self._trying_first = False
        self._nudging: tuple[str, ...] = ()
        self.types = FormTypesPage()
        self.desk = TeachDesk(zone_pages, trial_pages)
        self.rooms = QStackedWidget()
        self.rooms.addWidget(self.types)
        self.rooms.addWidget(self.desk)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.rooms)
        self._nudged = QTimer(self, interval=700, singleShot=True)
        self._nudged.timeout.connect(draft_model.end_step)
        self._wire()

    def _wire(self) -> None:
        types, desk, model, drafts = self.types, self.desk, self._teach_model, self._draft_model
        # the list
        model.listed.connect(self._list)
        model.looking.connect(types.show_looking)
        model.began.connect(drafts.open)
        model.refused.connect(self._refuse)
        types.teach_asked.connect(self.choose_example)
        types.files_dropped.connect(self._teach_dropped)
        types.stop_asked.connect(model.stop_looking)
        types.acted.connect(self._act)
        # the draft
        drafts.opened.connect(self._show_draft)
        drafts.changed.connect(self._show_definition)
        drafts.undo_changed.connect(desk.fields.show_undo)
        drafts.findings_changed.connect(self._show_findings)
        drafts.trials_changed.connect(self._show_trials)
        drafts.trial_progress.connect(self._show_progress)
        drafts.refused.connect(self._refuse)
        drafts.closed.connect(self.show_types)
        # the page with the zones
        canvas = desk.canvas
        canvas.chosen.connect(self._choose)
        canvas.zone_drawn.connect(self._draw)
        canvas.zones_placed.connect(self._place)
        self._zone_pages.document_opened.connect(self._zone_document)
        self._zone_pages.document_failed.connect(self._no_zone_document)
        canvas.tile_wanted.connect(self._draw_sheet)
        # the panels
        desk.asked.connect(self._ask)
        desk.fields.list.chosen.connect(self._choose)
        desk.fields.back_asked.connect(self.leave)
        desk.fields.undo_asked.connect(drafts.undo)
        desk.fields.redo_asked.connect(drafts.redo)
        desk.fields.add.clicked.connect(self.choose_copies)
        desk.fields.damage.clicked.connect(self._damage)
        desk.settings.inspector.set_asked.connect(self._set)
        desk.settings.inspector.left.connect(self._named)
        desk.settings.try_asked.connect(self._try)
        desk.settings.publish_asked.connect(self._publish)
        desk.settings.put_away.connect(self._put_away)
        desk.settings.publishing.gone_to.connect(self._go_to)
        # the examples
        desk.examples.shown.connect(self._show_tab)
        desk.examples.remove_asked.connect(drafts.remove_trial)
        desk.files_dropped.connect(self._take_copies)
        desk.trial_page.field_clicked.connect(self._choose_read)
        desk.progress.cancel_requested.connect(drafts.stop_trying)
        self._trial_pages.document_opened.connect(self._trial_document)
        self._trial_pages.document_failed.connect(self._no_trial_document)
        for keys, function in (
            ("F9", self._try),
            ("F10", self._publish),
            ("Alt+Home", self.leave),
        ):
            desk.bind(keys, function, repeats=False)
        new = QShortcut(QKeySequence("Ctrl+N"), self.types)
        new.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        new.activated.connect(self.choose_example)
        away = QShortcut(QKeySequence("Esc"), self.desk.settings)
        away.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        away.activated.connect(self._put_away)

    @property
    def floor(self) -> QWidget:
        """What messages stand at the foot of."""
        return self.desk.pages if self.rooms.currentWidget() is self.desk else self.types.list

    # the list of form types

    def enter(self) -> None:
        """The room is shown: what is listed is asked for anew."""
        self._teach_model.refresh()
        if self.rooms.currentWidget() is self.types:
            self.types.list.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.desk.focus_page()

    def show_types(self) -> None:
        """Show the list of form types."""
        self._shown = None
        self._refs = ()
        self.rooms.setCurrentWidget(self.types)
        self._teach_model.refresh()
        self.types.list.setFocus(Qt.FocusReason.OtherFocusReason)
        self.moved.emit()

    def leave(self) -> None:
        """Back to the list; the draft stays as it is kept, unless it differs in nothing from what it mends."""
        self.commit()
        draft = self._draft_model.draft
        self._draft_model.stop_trying()
        if draft is not None and draft.based_on and self._is_untouched(draft):
            self._teach_model.discard(draft.draft_id)
        if draft is not None:
            self._draft_model.close()
        else:
            self.show_types()

    def _is_untouched(self, draft: FormDraft) -> bool:
        base = next(
            (
                v
                for v in self._teach_model.catalogue.versions
                if (v.form_type, v.version) == (draft.definition.form_type, draft.based_on)
            ),
            None,
        )
        return base is not None and (base.definition, base.examples) == (draft.definition, draft.examples)

    def commit(self) -> None:
        """Take what is being typed."""
        self.desk.settings.inspector.commit()

    def _list(self, found: Catalogue) -> None:
        self.types.show_types(found.versions, found.drafts, found.usage or {})

    def _act(self, name: str, row: FormTypeRow, version: str) -> None:
        model = self._teach_model
        if name == "resume" and row.draft is not None:
            model.resume(row.draft.draft_id)
        elif name == "discard" and row.draft is not None:
            model.discard(row.draft.draft_id)
        elif name in ("mend", "try"):
            self._trying_first = name == "try"
            model.mend(row.form_type, version)
        elif name == "show":
            found = next((v for v in row.versions if v.version == version), row.foremost)
            if found is not None:
                self.show_version(found)
        elif name == "again":
            model.find_waiting(row.form_type)
        elif name == "retire":
            model.retire(row.form_type)
        elif name == "restore":
            model.restore(row.form_type, version or row.version)

    def choose_example(self) -> None:
        """Ask for a blank or filled example of a new form."""
        self._ask_for_files(self.tr("Open an example of the form"), self._teach_dropped, several=False)

    def choose_copies(self) -> None:
        """Ask for further copies to try the form on."""
        self._ask_for_files(self.tr("Add copies of the form"), self._take_copies, several=True)

    def _ask_for_files(self, words: str, taken: Callable[[list[str]], None], *, several: bool) -> None:
        dialog = QFileDialog(self, words)
        mode = QFileDialog.FileMode.ExistingFiles if several else QFileDialog.FileMode.ExistingFile
        dialog.setFileMode(mode)
        dialog.setNameFilters(
            [self.tr("Forms and scans (*.pdf *.tif *.tiff *.jpg *.jpeg *.png)"), self.tr("All files (*)")]
        )
        dialog.filesSelected.connect(taken)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _teach_dropped(self, files: list[str]) -> None:
        if files:
            self._teach_model.teach(Path(files[0]))

    def _refuse(self, error: Actionable) -> None:
        reason, step = messages.text(error)
        self.said.emit("wrong", reason, step, "", "")

    # a version that is only looked at

    def show_version(self, version: ProcessorVersion) -> None:
        """Show a version with its zones, to be looked at."""
        self._shown = version
        self._refs = ()
        self._tab = ZONES
        self._fix(True)
        told = self.tr("Version {version}").format(version=version.version)
        state = (
            Chip("circle-check", self.tr("In force"), "sure")
            if version.in_force
            else Chip("archive", self.tr("Retired"))
        )
        self.desk.settings.show_head(told, state)
        self.desk.settings.show_publishing(False)
        self.desk.show_trial(False)
        self.desk.progress.finish()
        self._open_page(version.examples[0] if version.examples else None, version.definition)
        self._show_form(version.definition)
        self.desk.examples.show_tabs([zones_tab(version.definition)], ZONES)
        self.rooms.setCurrentWidget(self.desk)
        self.moved.emit()
        self.desk.fields.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def _fix(self, fixed: bool) -> None:
        self.desk.canvas.set_fixed(fixed)
        self.desk.fields.set_fixed(fixed)
        self.desk.settings.set_fixed(fixed)

    # the draft

    @property
    def definition(self) -> FormDefinition | None:
        """The form on the desk."""
        return self._shown.definition if self._shown else self._draft_model.definition

    @property
    def refs(self) -> tuple[str, ...]:
        """What is chosen, the current one last."""
        return self._refs

    def _show_draft(self, draft: FormDraft) -> None:
        self._shown = None
        self._refs = ()
        self._tab = ZONES
        self._fix(False)
        self.desk.settings.show_publishing(False)
        self.desk.show_trial(False)
        self.desk.progress.finish()
        self._open_page(self._draft_model.page_example, draft.definition)
        self._show_form(draft.definition)
        self.rooms.setCurrentWidget(self.desk)
        self.desk.focus_page()
        self.moved.emit()
        if self._trying_first:
            self._trying_first = False
            self._try()

    def _open_page(self, example: Example | None, definition: FormDefinition) -> None:
        canvas, header = self.desk.canvas, self.desk.zone_column.header
        canvas.set_zones(())
        if example is None:
            header.set_case(definition.title, self.tr("drawn from its printed texts"), "")
            sheet = f"sheet:{definition.form_type}:{definition.version}"
            canvas.set_document(sheet, (sheet_size(definition),) * definition.pages)
            return
        header.set_case(example.name, self.tr("example"), definition.title)
        canvas.set_busy(self.tr("Opening…"))
        self._zone_pages.open(_document(example))

    def _zone_document(self, document: CaseDocument, sizes: tuple[tuple[float, float], ...]) -> None:
        turns = tuple((page - 1, turn) for page, turn in document.turns)
        self.desk.canvas.set_document(document.document_id, sizes, turns)
        definition = self.definition
        if definition is not None:
            self._show_zones(definition)

    def _no_zone_document(self, _document: CaseDocument, error: Actionable) -> None:
        self.desk.canvas.clear(" ".join(messages.text(error)))

    def _draw_sheet(self, request: TileRequest) -> None:
        definition = self.definition
        if request.document_id.startswith("sheet:") and definition is not None:
            image: QImage = sheet_tile(definition, request)
            QTimer.singleShot(0, self, partial(self.desk.canvas.show_tile, request, image))

    def _show_form(self, definition: FormDefinition) -> None:
        """Show the form everywhere: title, list, zones, inspector."""
        self.desk.fields.title.setText(definition.title)
        rows = outline_of(definition, self._flaws())
        there = {row.ref for row in rows}
        self._refs = tuple(ref for ref in self._refs if ref in there)
        self._show_list(definition)
        self._show_zones(definition)
        self._show_chosen()
        self._show_tabs()

    def _show_definition(self, definition: FormDefinition) -> None:
        self._show_form(definition)
        if self.desk.settings.is_publishing:
            self._show_publishing()

    def _show_list(self, definition: FormDefinition) -> None:
        trial = self._trial
        read = read_by_ref(trial.fields) if trial is not None and trial.extraction is not None else None
        rows = outline_of(definition, self._flaws())
        self.desk.fields.list.show_rows(rows, read)
        self.desk.fields.list.choose(self._refs, reveal=False)

    def _show_zones(self, definition: FormDefinition) -> None:
        flaws = self._flaws()
        self.desk.canvas.set_zones(zones_of(definition, flaws), walk_of(outline_of(definition)))
        self.desk.canvas.choose(self._zone_refs(definition), reveal=False)

    def _zone_refs(self, definition: FormDefinition) -> tuple[str, ...]:
        """What is chosen, as zones: a question stands for its tick boxes."""
        options = {c.name: c.options for c in definition.choices}
        return tuple(name for ref in self._refs for name in options.get(ref, (ref,)))

    def _show_chosen(self) -> None:
        definition = self.definition
        if definition is None:
            return
        trial = self._trial
        shown = Inspected(
            definition,
            self._refs,
            self._flaws(),
            read_by_ref(trial.fields) if trial is not None else {},
            fixed=self._shown is not None,
        )
        self.desk.settings.inspector.show_chosen(shown)

    def _flaws(self) -> dict[str, str]:
        return {} if self._shown is not None else flaws_of(self._draft_model.findings)

    # what is chosen

    def _choose(self, refs: tuple[str, ...]) -> None:
        """The person chose something, on the page or in the list."""
        self.commit()
        self._draft_model.end_step()
        self.choose(refs)

    def choose(self, refs: tuple[str, ...]) -> None:
        """Choose fields, a question, a table, a column or a section: everything follows."""
        self._refs = refs
        definition = self.definition
        if definition is None:
            return
        if self.desk.settings.is_publishing and refs:
            self._put_away()
        self.desk.fields.list.choose(refs)
        self.desk.canvas.choose(self._zone_refs(definition))
        self._choose_on_trial()
        self._show_chosen()

    def _choose_on_trial(self) -> None:
        trial = self._trial
        if trial is None or not self._refs:
            self.desk.trial_page.select(None)
            return
        read = read_by_ref(trial.fields).get(self._refs[-1], ())
        self.desk.trial_page.select_many(f.path for f in read)
        self.desk.trial_page.select(read[0].path if read else None)

    def _choose_read(self, path: str) -> None:
        table, _, rest = path.partition(".")
        self.choose((f"{table}.{rest.partition('.')[2]}" if rest else path,))

    def _go_to(self, ref: str) -> None:
        self._show_tab(ZONES)
        self.choose((ref,))
        self.desk.focus_page()

    # edits

    def _do(self, function: Callable[[FormDefinition], Done], merge: str = "") -> bool:
        """Do an edit and choose what is to be chosen after it."""
        refs: tuple[str, ...] = self._refs

        def edit(definition: FormDefinition) -> FormDefinition:
            nonlocal refs
            done = function(definition)
            refs = done.refs
            return done.definition

        if self._shown is not None or self._draft_model.edit(edit, merge) is None:
            return False
        if refs != self._refs:
            self.choose(refs)
        return True

    def _draw(self, page: int, box: Box) -> None:
        if not self._do(lambda definition: zone_edit.drawn(definition, page, box)):
            return
        definition = self.definition
        field = definition.field(self._refs[-1]) if definition is not None and self._refs else None
        if (
            field is not None
            and zone_edit.UNNAMED.fullmatch(field.name)
            and field.kind is not FieldKind.TICK_BOX
        ):
            self.desk.settings.inspector.focus_label()  # nothing is printed beside it: its name is typed

    def _place(self, shapes: dict[str, object], nudge: bool) -> None:
        merge = f"nudge:{','.join(sorted(shapes))}" if nudge else ""
        self._do(lambda d: Done(zone_edit.placed(d, shapes), self._refs), merge)  # type: ignore[arg-type]
        if nudge:
            self._nudged.start()

    def _ask(self, ask: Ask, kind: FieldKind | None) -> None:
        if self._shown is not None:
            return
        if ask is Ask.UNDO:
            self._draft_model.undo()
        elif ask is Ask.REDO:
            self._draft_model.redo()
        elif ask is Ask.RENAME:
            self.desk.settings.show_publishing(False)
            self.desk.settings.inspector.focus_label()
        elif self._refs:
            definition = self.definition
            walk = walk_of(outline_of(definition)) if definition is not None else ()
            if self._do(lambda d: zone_edit.asked(d, self._refs, ask, kind, walk)) and ask is Ask.GROUP:
                self.desk.settings.inspector.focus_label()

    def _set(self, setting: Setting, value: object) -> None:
        if setting is Setting.LABEL and not self._refs:
            return
        merge = f"{setting}:{','.join(self._refs)}" if setting in _TYPED else ""
        done = self._do(lambda d: setting_edit.settled(d, self._refs, setting, value), merge)
        if done and setting is Setting.NEW_SECTION:
            self.desk.settings.inspector.focus_label()
        elif not done:
            self._show_chosen()  # what cannot be set is shown as it is

    def _named(self) -> None:
        """A label was typed to its end: the name, the kind and the request follow where nobody set them."""
        draft = self._draft_model.draft
        if draft is not None and self._refs:
            merge = f"{Setting.LABEL}:{','.join(self._refs)}"
            fresh = not draft.based_on
            self._do(lambda d: zone_edit.named(d, self._refs, fresh=fresh), merge)
        self._draft_model.end_step()

    # trying

    @property
    def _trial(self) -> Trial | None:
        """The trial on show."""
        return next((t for t in self._draft_model.trials if t.example.sha256 == self._tab), None)

    def _try(self) -> None:
        """Read the further examples with the form as it stands; ask for some where there are none."""
        if self._shown is not None:
            return
        self.commit()
        if not self._draft_model.trials:
            self._draft_model.try_itself()
        trials = self._draft_model.trials
        if not trials:
            self.choose_copies()
            return
        if self._tab == ZONES:
            self._show_tab(trials[0].example.sha256)
        else:
            self._draft_model.try_all(self._tab)

    def _take_copies(self, files: list[str]) -> None:
        if self._shown is None:
            self._draft_model.add_examples(files)

    def _damage(self) -> None:
        trial = self._trial
        example = trial.example if trial is not None else self._draft_model.page_example
        if example is None:
            self.choose_copies()
        else:
            self._draft_model.add_damaged(example)
            self.said.emit(
                "info",
                self.tr("Damaged copies of {name} are made and read.").format(name=example.name),
                "",
                "",
                "",
            )

    def _show_tab(self, key: str) -> None:
        """Show the page with the zones, or an example that is tried."""
        self._tab = key
        trial = self._trial
        if trial is None:
            self._tab = ZONES
            self.desk.show_trial(False)
        else:
            self.desk.show_trial(True)
            header = self.desk.trial_column.header
            definition = self._draft_model.definition
            header.set_case(trial.example.name, self.tr("trial"), definition.title if definition else "")
            if self.desk.trial_page.document_id != trial.example.sha256:
                self.desk.trial_page.set_busy(self.tr("Opening…"))
                self._trial_pages.open(_document(trial.example))
            self._show_trial(trial)
            self._draft_model.try_all(key)
        definition = self.definition
        if definition is not None:
            self._show_list(definition)
        self._show_chosen()
        self._show_tabs()

    def _trial_document(self, document: CaseDocument, sizes: tuple[tuple[float, float], ...]) -> None:
        self.desk.trial_page.set_document(document.document_id, sizes)
        trial = self._trial
        if trial is not None:
            self._show_trial(trial)

    def _no_trial_document(self, _document: CaseDocument, error: Actionable) -> None:
        self.desk.trial_page.clear(" ".join(messages.text(error)))

    def _show_trial(self, trial: Trial) -> None:
        page = self.desk.trial_page
        form = trial.form
        turns = tuple((number - 1, turn) for number, turn in form.quarter_turns) if form else ()
        if page.document_id == trial.example.sha256:
            page.set_document(page.document_id, page.page_sizes, turns)
            page.set_fields(trial.fields)
        self._choose_on_trial()

    def _show_trials(self, trials: tuple[Trial, ...]) -> None:
        if self._shown is not None:
            return
        if self._tab != ZONES and self._trial is None:
            self._show_tab(ZONES)
        self._show_tabs()
        trial = self._trial
        definition = self.definition
        if trial is not None and definition is not None:
            if trial.state in (READ, FAILED):
                self._show_trial(trial)
                self._show_list(definition)
                self._show_chosen()
            if trial.state == FAILED or (trial.state == READ and trial.form is None):
                self._tell_unread(trial)
        if not any(t.state == READING for t in trials):
            self.desk.progress.finish()

    def _tell_unread(self, trial: Trial) -> None:
        if trial.state == FAILED:
            self.said.emit("wrong", trial.reason, trial.step, "", "")
        else:
            self.said.emit(
                "look",
                self.tr("No page of {name} is recognized as this form.").format(name=trial.example.name),
                self.tr("Check that it is a copy of it, or give the form more printed texts."),
                "",
                "",
            )

    def _show_tabs(self) -> None:
        definition = self.definition
        if definition is None:
            return
        trials = () if self._shown is not None else self._draft_model.trials
        tabs = [zones_tab(definition), *(trial_tab(t, definition) for t in trials)]
        self.desk.examples.show_tabs(tabs, self._tab)

    def _show_progress(self, sha256: str, progress: tuple[int, int] | None) -> None:
        trial = next((t for t in self._draft_model.trials if t.example.sha256 == sha256), None)
        if progress is None or trial is None:
            self.desk.progress.finish()
        else:
            words = self.tr("Trying the form on {name}").format(name=trial.example.name)
            self.desk.progress.show_progress(words, *progress)

    # publishing

    def _show_findings(self, findings: tuple[Finding, ...]) -> None:
        definition = self.definition
        if definition is None or self._shown is not None:
            return
        blocking = sum(1 for f in findings if f.blocks)
        if blocking:
            words = messages.plural(blocking, self.tr("{count} missing"), self.tr("{count} missing"))
            chip = Chip("circle-alert", words, "wrong")
        elif findings:
            words = messages.plural(
                len(findings), self.tr("{count} to look at"), self.tr("{count} to look at")
            )
            chip = Chip("eye", words, "look")
        else:
            chip = Chip("check", self.tr("Complete"), "sure")
        draft = self._draft_model.draft
        based = draft.based_on if draft is not None else ""
        told = self.tr("Mends version {version}").format(version=based) if based else self.tr("New form")
        self.desk.settings.show_head(told, chip)
        self._show_list(definition)
        self._show_zones(definition)
        self._show_chosen()
        if self.desk.settings.is_publishing:
            self._show_publishing()

    def _publish(self) -> None:
        """Show what publishing needs and does; the second time do it."""
        if self._shown is not None:
            return
        self.commit()
        panel = self.desk.settings
        draft = self._draft_model.draft
        if panel.is_publishing:
            if panel.publish.isEnabled() and draft is not None:
                panel.publish.setEnabled(False)
                self._draft_model.stop_trying()
                self._teach_model.publish(draft.draft_id)
            return
        self._show_publishing()
        panel.publish.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_publishing(self) -> None:
        draft = self._draft_model.draft
        if draft is None:
            return
        findings = self._draft_model.findings
        said = [Said(finding_words(f), next(iter(f.where), ""), f.blocks) for f in findings]
        outcome = outcome_words(draft, self._teach_model.catalogue, self._draft_model.trials)
        self.desk.settings.publishing.show_said(said, outcome)
        self.desk.settings.show_publishing(True, ready=not any(f.blocks for f in findings))

    def _put_away(self) -> None:
        if self.desk.settings.is_publishing:
            self.desk.settings.show_publishing(False)
            self.desk.focus_page()

    def finish(self, version: ProcessorVersion) -> None:
        """A draft was published: back to the list, at its form type."""
        self._draft_model.close()
        self.types.list.choose(version.form_type)


def _document(example: Example) -> CaseDocument:
    """An example as the pages model opens documents."""
    return CaseDocument(
        example.sha256,
        example.name,
        "",
        example.sha256,
        example.media_type,
        "form",
        0,
        (),
        datetime.fromtimestamp(0, UTC),
        example.turns,
    )
