"""The room of form types: the list of them, and the desk where one is taught; wires widgets to models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QVBoxLayout, QWidget

from app.domain.errors import Actionable
from app.domain.finding import Finding
from app.domain.processor_version import FormDraft, ProcessorVersion
from app.views import messages
from app.views.models.draft_model import DraftModel
from app.views.models.pages_model import PagesModel
from app.views.models.teach_model import Catalogue, TeachModel
from app.views.teach_desk import TeachDesk
from app.views.teach_form import TeachForm
from app.views.teach_trials import TeachTrials
from app.views.teach_words import finding_words, findings_chip, outcome_words
from app.views.widgets.teach.form_type import FormTypeRow
from app.views.widgets.teach.form_types_page import FormTypesPage
from app.views.widgets.teach.publish_panel import Said


class TeachScreen(QWidget):
    """Where an administrator sees what forms are known, teaches new ones and publishes them."""

    said = Signal(str, str, str)
    """kind, what happened, what to do"""
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
        self._trying_first = False
        self._awaited = ""
        self._copies: list[str] = []
        self.types = FormTypesPage()
        self.desk = TeachDesk(zone_pages, trial_pages)
        self.trials = TeachTrials(self.desk, draft_model, trial_pages, self)
        self.form = TeachForm(self.desk, draft_model, self.trials, zone_pages, self)
        self.rooms = QStackedWidget()
        self.rooms.addWidget(self.types)
        self.rooms.addWidget(self.desk)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.rooms)
        self._wire()

    def _wire(self) -> None:
        types, desk, model, drafts = self.types, self.desk, self._teach_model, self._draft_model
        # the list
        model.listed.connect(self._list)
        model.looking.connect(types.show_looking)
        model.began.connect(self._open)
        model.refused.connect(self._refuse)
        model.nothing_found.connect(self._tell_bare)
        types.teach_asked.connect(self.choose_example)
        types.files_dropped.connect(self._teach)
        types.stop_asked.connect(model.stop_looking)
        types.acted.connect(self._act)
        # the desk
        drafts.opened.connect(self._show_desk)
        drafts.closed.connect(self.show_types)
        drafts.refused.connect(self._refuse)
        drafts.findings_changed.connect(self._show_findings)
        desk.fields.back_asked.connect(self.leave)
        desk.settings.try_asked.connect(self._try)
        desk.settings.publish_asked.connect(self._publish)
        desk.settings.put_away.connect(self._put_away)
        self.trials.said.connect(self.said)
        self.trials.copies_wanted.connect(self.choose_copies)
        for keys, function in (("F9", self._try), ("F10", self._publish), ("Alt+Home", self.leave)):
            desk.bind(keys, function, repeats=False)
        for keys, function, where in (
            ("Ctrl+N", self.choose_example, types),
            ("Esc", self._put_away, desk.settings.publishing),
            ("Esc", self._put_away, desk.settings.publish),
        ):
            shortcut = QShortcut(QKeySequence(keys), where)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(function)

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
        self.form.put_away()
        self.rooms.setCurrentWidget(self.types)
        self._teach_model.refresh()
        self.types.list.setFocus(Qt.FocusReason.OtherFocusReason)
        self.moved.emit()

    def leave(self) -> None:
        """Back to the list; the draft stays as it is kept, unless it differs in nothing from what it mends."""
        self.commit()
        draft = self._draft_model.draft
        self._draft_model.stop_trying()
        if draft is None or self.form.fixed:
            self.show_types()
            return
        if draft.based_on and self._is_untouched(draft):
            self._teach_model.discard(draft.draft_id)
            self._awaited = draft.definition.form_type
        else:
            self._awaited = draft.draft_id
        self._draft_model.close()

    def _is_untouched(self, draft: FormDraft) -> bool:
        return any(
            (v.version, v.definition, v.examples) == (draft.based_on, draft.definition, draft.examples)
            for v in self._teach_model.catalogue.versions
        )

    def commit(self) -> None:
        """Take what is being typed."""
        self.desk.settings.inspector.commit()

    def _list(self, found: Catalogue) -> None:
        self.types.show_types(found.versions, found.drafts, found.usage or {})
        if self._awaited:
            self.types.list.choose(self._awaited)
            self._awaited = ""

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
        self._ask_for_files(self.tr("Open an example of the form"), self._teach, several=False)

    def choose_copies(self) -> None:
        """Ask for further copies to try the form on."""
        self._ask_for_files(self.tr("Add copies of the form"), self.trials.take_copies, several=True)

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

    def _teach(self, files: list[str]) -> None:
        if files:  # the first is drawn on; it is tried on the others
            self._copies = files[1:]
            self._teach_model.teach(Path(files[0]))

    def _open(self, draft: FormDraft) -> None:
        """Go on with a draft; of one that mends a version without an example every copy is there to be tried."""
        bare = any(
            (v.form_type, v.version) == (draft.definition.form_type, draft.based_on) and not v.examples
            for v in self._teach_model.catalogue.versions
        )
        self._draft_model.open(draft, bare=bare)

    def _tell_bare(self, name: str) -> None:
        told = self.tr("No place for an answer was found on {name}.").format(name=name)
        step = self.tr("Draw the zones yourself, or teach it with a sharper scan or the blank form.")
        self.said.emit("look", told, step)

    def _refuse(self, error: Actionable) -> None:
        reason, step = messages.text(error)
        self.said.emit("wrong", reason, step)
        self.desk.settings.publish.setEnabled(True)

    # the desk

    def show_version(self, version: ProcessorVersion) -> None:
        """Show a published version with its zones, to be looked at."""
        self.form.show_version(version)
        self.rooms.setCurrentWidget(self.desk)
        self.moved.emit()

    def _show_desk(self, _draft: FormDraft) -> None:
        self.rooms.setCurrentWidget(self.desk)
        self.desk.focus_page()
        self.moved.emit()
        if self._copies:
            self.trials.take_copies(self._copies)
            self._copies = []
        if self._trying_first:
            self._trying_first = False
            self._try()

    def _try(self) -> None:
        if not self.form.fixed:
            self.commit()
            self.trials.try_out()

    def _show_findings(self, findings: tuple[Finding, ...]) -> None:
        draft = self._draft_model.draft
        if draft is None or self.form.fixed:
            return
        based = draft.based_on
        told = self.tr("Mends version {version}").format(version=based) if based else self.tr("New form")
        self.desk.settings.show_head(told, findings_chip(findings))
        if self.desk.settings.is_publishing:
            self._show_publishing()

    # publishing

    def _publish(self) -> None:
        """Show what publishing needs and does; the second time do it."""
        draft = self._draft_model.draft
        if self.form.fixed or draft is None:
            return
        self.commit()
        panel = self.desk.settings
        if not panel.is_publishing:
            self._show_publishing()
            panel.publish.setFocus(Qt.FocusReason.OtherFocusReason)
        elif panel.publish.isEnabled():
            panel.publish.setEnabled(False)  # once, until it is told how it went
            self._draft_model.stop_trying()
            self._teach_model.publish(draft.draft_id)

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
        self._awaited = version.form_type
        self._draft_model.close()
