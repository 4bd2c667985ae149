"""The form on the desk: shown on the page, in the list and in the inspector, chosen from and edited."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QImage

from app.domain.box import Box
from app.domain.case import CaseDocument
from app.domain.errors import Actionable
from app.domain.extraction import PageText, Word
from app.domain.form import FieldKind
from app.domain.processor import FormDefinition
from app.domain.processor_version import Example, FormDraft, ProcessorVersion
from app.views import messages
from app.views.models import setting_edit, zone_edit
from app.views.models.draft_model import DraftModel
from app.views.models.pages_model import PagesModel, example_document
from app.views.models.zone_edit import Done
from app.views.teach_desk import ZONES, TeachDesk
from app.views.teach_trials import TeachTrials
from app.views.teach_words import flaws_of, version_chip, zones_tab
from app.views.widgets.page_view.tile import TileRequest
from app.views.widgets.teach.blank_sheet import sheet_size, sheet_tile
from app.views.widgets.teach.inspected import Inspected
from app.views.widgets.teach.outline import outline_of, section_ref, walk_of
from app.views.widgets.teach.setting import Setting
from app.views.widgets.teach.zone import zones_of
from app.views.widgets.teach.zone_key import Ask
from app.views.widgets.teach.zone_shape import Shape

_TYPED = (Setting.LABEL, Setting.TITLE)
"""Settings that are typed letter by letter: one step to undo."""
_STEP_MS = 700
"""Arrow keys pressed within this time move a zone in one step to undo."""
_SHEET = "sheet:"
"""Begins the id of pages that are drawn from a definition, for lack of an example."""


class TeachForm(QObject):
    """Wires canvas, list and inspector to the draft; every edit goes through `zone_edit` and `setting_edit`."""

    def __init__(
        self,
        desk: TeachDesk,
        draft_model: DraftModel,
        trials: TeachTrials,
        pages: PagesModel,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._desk = desk
        self._draft_model = draft_model
        self._trials = trials
        self._pages = pages
        self._refs: tuple[str, ...] = ()
        self._fixed: ProcessorVersion | None = None
        self._step = QTimer(self, interval=_STEP_MS, singleShot=True)
        self._step.timeout.connect(draft_model.end_step)
        self._wire()

    def _wire(self) -> None:
        desk, drafts = self._desk, self._draft_model
        drafts.opened.connect(self._show_draft)
        drafts.changed.connect(self._show_form)
        drafts.findings_changed.connect(lambda _findings: self._show_again())
        drafts.undo_changed.connect(desk.fields.show_undo)
        desk.fields.undo_asked.connect(drafts.undo)
        desk.fields.redo_asked.connect(drafts.redo)
        desk.fields.list.chosen.connect(self._choose)
        desk.canvas.chosen.connect(self._choose)
        desk.canvas.zone_drawn.connect(self._draw)
        desk.canvas.zones_placed.connect(self._place)
        desk.canvas.tile_wanted.connect(self._draw_sheet)
        desk.asked.connect(self._ask)
        desk.settings.inspector.set_asked.connect(self._set)
        desk.settings.inspector.left.connect(self._named)
        desk.settings.publishing.gone_to.connect(self.go_to)
        self._pages.document_opened.connect(self._document_opened)
        self._pages.document_failed.connect(self._document_failed)
        self._trials.shown_changed.connect(self._show_again)
        self._trials.read_chosen.connect(lambda ref: self.choose((ref,)))

    @property
    def definition(self) -> FormDefinition | None:
        """The form on the desk."""
        return self._fixed.definition if self._fixed else self._draft_model.definition

    @property
    def fixed(self) -> bool:
        """Whether a published version is looked at, which never changes."""
        return self._fixed is not None

    @property
    def refs(self) -> tuple[str, ...]:
        """What is chosen, the current one last."""
        return self._refs

    # what is on the desk

    def show_version(self, version: ProcessorVersion) -> None:
        """Show a published version with its zones, to be looked at."""
        self._fixed = version
        self._set_up(version.definition, version.examples[0] if version.examples else None)
        told = self.tr("Version {version}").format(version=version.version)
        self._desk.settings.show_head(told, version_chip(version))
        self._desk.examples.show_tabs([zones_tab(version.definition)], ZONES)
        self._desk.fields.list.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show_draft(self, draft: FormDraft) -> None:
        self._fixed = None
        self._set_up(draft.definition, self._draft_model.page_example)
        self._desk.focus_page()

    def put_away(self) -> None:
        """Nothing is on the desk any more."""
        self._fixed = None
        self._refs = ()

    def _set_up(self, definition: FormDefinition, example: Example | None) -> None:
        self._refs = ()
        fixed = self.fixed
        self._trials.reset()
        self._desk.canvas.set_fixed(fixed)
        self._desk.fields.set_fixed(fixed)
        self._desk.settings.set_fixed(fixed)
        self._desk.settings.show_publishing(False)
        self._open_page(example, definition)
        self._show_form(definition)

    def _open_page(self, example: Example | None, definition: FormDefinition) -> None:
        canvas, header = self._desk.canvas, self._desk.zone_column.header
        canvas.set_zones(())
        if example is None:
            header.set_case(self.tr("Drawn from its printed texts"), "", "")
            sheet = f"{_SHEET}{definition.form_type}:{definition.version}"
            canvas.set_document(sheet, (sheet_size(definition),) * definition.pages)
            canvas.set_words(_printed(definition, {}))
            return
        header.set_case(example.name, "", "")
        if canvas.document_id != example.sha256:
            canvas.set_busy(self.tr("Opening…"))
        self._pages.open(example_document(example))

    def _document_opened(self, document: CaseDocument, sizes: tuple[tuple[float, float], ...]) -> None:
        turns = tuple((page - 1, turn) for page, turn in document.turns)
        self._desk.canvas.set_document(document.document_id, sizes, turns)
        if self.definition is not None:
            self._desk.canvas.set_words(_printed(self.definition, dict(document.turns)))
            self._show_zones(self.definition)

    def _document_failed(self, _document: CaseDocument, error: Actionable) -> None:
        self._desk.canvas.clear(" ".join(messages.text(error)))

    def _draw_sheet(self, request: TileRequest) -> None:
        if request.document_id.startswith(_SHEET) and self.definition is not None:
            image: QImage = sheet_tile(self.definition, request)
            QTimer.singleShot(0, self, partial(self._desk.canvas.show_tile, request, image))

    def _show_form(self, definition: FormDefinition) -> None:
        """Show the form everywhere: title, list, zones, inspector."""
        self._desk.fields.title.setText(definition.title)
        there = {row.ref for row in outline_of(definition)}
        self._refs = tuple(ref for ref in self._refs if ref in there)
        self._show_list(definition)
        self._show_zones(definition)
        self._show_chosen(definition)

    def _show_again(self) -> None:
        if self.definition is not None:
            self._show_form(self.definition)

    def _show_list(self, definition: FormDefinition) -> None:
        fields = self._desk.fields.list
        fields.show_rows(outline_of(definition, self._flaws()), self._trials.read)
        fields.choose(self._refs, reveal=False)

    def _show_zones(self, definition: FormDefinition) -> None:
        zones = zones_of(definition, self._flaws())
        self._desk.canvas.set_zones(zones, walk_of(outline_of(definition)))
        self._desk.canvas.choose(self._zone_refs(definition), reveal=False)

    def _show_chosen(self, definition: FormDefinition) -> None:
        read = self._trials.read or {}
        shown = Inspected(definition, self._refs, self._flaws(), read, fixed=self.fixed)
        self._desk.settings.inspector.show_chosen(shown)

    def _zone_refs(self, definition: FormDefinition) -> tuple[str, ...]:
        """What is chosen, as zones: a question stands for its tick boxes."""
        options = {c.name: c.options for c in definition.choices}
        return tuple(name for ref in self._refs for name in options.get(ref, (ref,)))

    def _flaws(self) -> dict[str, str]:
        return {} if self.fixed else flaws_of(self._draft_model.findings)

    # what is chosen

    def _choose(self, refs: tuple[str, ...]) -> None:
        """The person chose something, on the page or in the list."""
        self._desk.settings.inspector.commit()
        self._draft_model.end_step()
        self.choose(refs)

    def choose(self, refs: tuple[str, ...]) -> None:
        """Choose fields, a question, a table, a column or a section: page, list and inspector follow."""
        definition = self.definition
        if definition is None:
            return
        self._refs = refs
        if refs:
            self._desk.settings.show_publishing(False)
        self._desk.fields.list.choose(refs)
        self._desk.canvas.choose(self._zone_refs(definition))
        self._trials.choose(refs)
        self._show_chosen(definition)

    def go_to(self, ref: str) -> None:
        """Show a field on the page with the zones, the keyboard on it."""
        there = {row.ref for row in outline_of(self.definition)} if self.definition is not None else set()
        self._trials.show_tab(ZONES)
        self.choose((ref if ref in there else section_ref(ref),))
        self._desk.focus_page()

    # edits

    def _do(self, function: Callable[[FormDefinition], Done], merge: str = "") -> bool:
        """Do an edit and choose what is to be chosen after it; False when it cannot be done."""
        refs = self._refs

        def edit(definition: FormDefinition) -> FormDefinition:
            nonlocal refs
            done = function(definition)
            refs = done.refs
            return done.definition

        if self.fixed or self._draft_model.edit(edit, merge) is None:
            return False
        if refs != self._refs:
            self.choose(refs)
        return True

    def _draw(self, page: int, box: Box) -> None:
        if not self._do(lambda definition: zone_edit.drawn(definition, page, box)):
            return
        definition = self.definition
        field = definition.field(self._refs[-1]) if definition is not None and self._refs else None
        unnamed = field is not None and zone_edit.UNNAMED.fullmatch(field.name) is not None
        if unnamed and field is not None and field.kind is not FieldKind.TICK_BOX:
            self._desk.settings.inspector.focus_label()  # nothing is printed beside it: its name is typed

    def _place(self, shapes: Mapping[str, Shape], nudge: bool) -> None:
        merge = f"nudge:{','.join(sorted(shapes))}" if nudge else ""
        self._do(lambda definition: Done(zone_edit.placed(definition, shapes), self._refs), merge)
        if nudge:
            self._step.start()

    def _ask(self, ask: Ask, kind: FieldKind | None) -> None:
        definition = self.definition
        if self.fixed or definition is None:
            return
        if ask is Ask.UNDO:
            self._draft_model.undo()
        elif ask is Ask.REDO:
            self._draft_model.redo()
        elif ask is Ask.RENAME:
            self._desk.settings.show_publishing(False)
            self._desk.settings.inspector.focus_label()
        elif self._refs:
            walk = walk_of(outline_of(definition))
            done = self._do(lambda d: zone_edit.asked(d, self._refs, ask, kind, walk))
            if done and ask is Ask.GROUP:
                self._desk.settings.inspector.focus_label()

    def _set(self, setting: Setting, value: object) -> None:
        merge = f"{setting}:{','.join(self._refs)}" if setting in _TYPED else ""
        done = self._do(lambda d: setting_edit.settled(d, self._refs, setting, value), merge)
        if done and setting is Setting.NEW_SECTION:
            self._desk.settings.inspector.focus_label()
        elif not done and self.definition is not None:
            self._show_chosen(self.definition)  # what cannot be set is shown as it is

    def _named(self) -> None:
        """A label was typed to its end: the name, the kind and the request follow where nobody set them."""
        draft = self._draft_model.draft
        if draft is not None and self._refs and not self.fixed:
            merge = f"{Setting.LABEL}:{','.join(self._refs)}"
            fresh = not draft.based_on
            self._do(lambda d: zone_edit.named(d, self._refs, fresh=fresh), merge)
        self._draft_model.end_step()


def _printed(definition: FormDefinition, turns: Mapping[int, int]) -> tuple[PageText, ...]:
    """The printed texts of a form as the words of its pages, to be found on them; as the file stores them."""
    return tuple(
        PageText(
            page,
            tuple(
                Word(a.text, a.box.turned(-turns.get(page, 0))) for a in definition.anchors if a.page == page
            ),
        )
        for page in range(1, definition.pages + 1)
    )
