"""Trying a form on copies: the tabs over the page, the copy on show with what was read, and reading it again."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.domain.case import CaseDocument
from app.domain.errors import Actionable
from app.domain.form import FormField
from app.views import messages
from app.views.models.draft_model import DraftModel
from app.views.models.pages_model import PagesModel, example_document
from app.views.models.trial import FAILED, READ, READING, Trial
from app.views.teach_desk import ZONES, TeachDesk
from app.views.teach_words import trial_tab, zones_tab
from app.views.widgets.teach.outline import read_by_ref


class TeachTrials(QObject):
    """Wires the trial side of the desk to the draft and its pages."""

    said = Signal(str, str, str)
    """kind, what happened, what to do"""
    shown_changed = Signal()
    """another tab is on show, or what is on show was read"""
    read_chosen = Signal(str)
    """the ref whose value was clicked on a copy"""
    copies_wanted = Signal()

    def __init__(self, desk: TeachDesk, draft_model: DraftModel, pages: PagesModel, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._draft_model = draft_model
        self._pages = pages
        self._tab = ZONES
        self._refs: tuple[str, ...] = ()
        desk.examples.shown.connect(self.show_tab)
        desk.examples.remove_asked.connect(draft_model.remove_trial)
        desk.files_dropped.connect(self.take_copies)
        desk.trial_page.field_clicked.connect(self._choose_read)
        desk.progress.cancel_requested.connect(draft_model.stop_trying)
        desk.fields.add.clicked.connect(self.copies_wanted)
        desk.fields.damage.clicked.connect(self._damage)
        draft_model.trials_changed.connect(self._show_trials)
        draft_model.trial_progress.connect(self._show_progress)
        draft_model.changed.connect(lambda _definition: self.show_tabs())
        pages.document_opened.connect(self._document_opened)
        pages.document_failed.connect(self._document_failed)

    @property
    def trial(self) -> Trial | None:
        """The copy on show; None while the zones are."""
        return next((t for t in self._draft_model.trials if t.example.sha256 == self._tab), None)

    @property
    def read(self) -> dict[str, tuple[FormField, ...]] | None:
        """What was read off the copy on show, by ref; None without one, or while it was not read."""
        trial = self.trial
        return read_by_ref(trial.fields) if trial is not None and trial.extraction is not None else None

    def reset(self) -> None:
        """Another form is on the desk: its zones are shown."""
        self._tab = ZONES
        self._refs = ()
        self._desk.show_trial(False)
        self._desk.progress.finish()

    def try_out(self) -> None:
        """Read the copies with the form as it stands, or its own example where there are none."""
        if not self._draft_model.trials:
            self._draft_model.try_itself()
        trials = self._draft_model.trials
        if not trials:
            self.copies_wanted.emit()
        elif self._tab == ZONES:
            self.show_tab(trials[0].example.sha256)
        else:
            self._draft_model.try_all(self._tab)

    def take_copies(self, files: list[str]) -> None:
        """Keep further copies with the draft, and read them."""
        if self._draft_model.draft is not None:
            self._draft_model.add_examples(files)

    def _damage(self) -> None:
        trial = self.trial
        example = trial.example if trial is not None else self._draft_model.page_example
        if example is None:
            self.copies_wanted.emit()
            return
        self._draft_model.add_damaged(example)
        told = self.tr("Damaged copies of {name} are made and read.").format(name=example.name)
        self.said.emit("info", told, "")

    # what is on show

    def show_tab(self, key: str) -> None:
        """Show the page with the zones, or a copy the form is tried on, which is read first."""
        self._tab = key
        trial = self.trial
        if trial is None:
            self._tab = ZONES
            self._desk.show_trial(False)
        else:
            self._desk.show_trial(True)
            self._desk.trial_column.header.set_case(trial.example.name, "", "")
            if self._desk.trial_page.document_id != trial.example.sha256:
                self._desk.trial_page.set_busy(self.tr("Opening…"))
                self._pages.open(example_document(trial.example))
            self._show_trial(trial)
            self._tell_unread(trial)
            self._draft_model.try_all(key)
        self.shown_changed.emit()
        self.show_tabs()

    def show_tabs(self) -> None:
        """Name the tabs anew."""
        definition = self._draft_model.definition
        if definition is not None:
            tabs = [zones_tab(definition), *(trial_tab(t, definition) for t in self._draft_model.trials)]
            self._desk.examples.show_tabs(tabs, self._tab)

    def _document_opened(self, document: CaseDocument, sizes: tuple[tuple[float, float], ...]) -> None:
        self._desk.trial_page.set_document(document.document_id, sizes)
        trial = self.trial
        if trial is not None:
            self._show_trial(trial)

    def _document_failed(self, _document: CaseDocument, error: Actionable) -> None:
        self._desk.trial_page.clear(" ".join(messages.text(error)))

    def _show_trial(self, trial: Trial) -> None:
        page = self._desk.trial_page
        form = trial.form
        turns = tuple((number - 1, turn) for number, turn in form.quarter_turns) if form else ()
        if page.document_id == trial.example.sha256:
            page.set_document(page.document_id, page.page_sizes, turns)
            page.set_fields(trial.fields)
            page.set_words(trial.extraction.texts if trial.extraction is not None else ())
        self.choose(self._refs)

    def _show_trials(self, trials: tuple[Trial, ...]) -> None:
        if self._tab != ZONES and self.trial is None:
            self.show_tab(ZONES)
        self.show_tabs()
        trial = self.trial
        if trial is not None and trial.state in (READ, FAILED):
            self._show_trial(trial)
            self.shown_changed.emit()
            self._tell_unread(trial)
        if not any(t.state == READING for t in trials):
            self._desk.progress.finish()

    def _tell_unread(self, trial: Trial) -> None:
        if trial.state == FAILED:
            self.said.emit("wrong", trial.reason, trial.step)
        elif trial.state == READ and trial.form is None:
            told = self.tr("No page of {name} is recognized as this form.").format(name=trial.example.name)
            step = self.tr("Check that it is a copy of it, or give the form more printed texts.")
            self.said.emit("look", told, step)

    def _show_progress(self, sha256: str, progress: tuple[int, int] | None) -> None:
        trial = next((t for t in self._draft_model.trials if t.example.sha256 == sha256), None)
        if progress is None or trial is None:
            self._desk.progress.finish()
        else:
            words = self.tr("Trying the form on {name}").format(name=trial.example.name)
            self._desk.progress.show_progress(words, *progress)

    # what is chosen

    def choose(self, refs: tuple[str, ...]) -> None:
        """Outline on the copy what was read for the field that is chosen."""
        self._refs = refs
        read = (self.read or {}).get(refs[-1], ()) if refs else ()
        self._desk.trial_page.select_many(f.path for f in read)
        self._desk.trial_page.select(read[0].path if read else None)

    def _choose_read(self, path: str) -> None:
        table, _, rest = path.partition(".")
        self.read_chosen.emit(f"{table}.{rest.partition('.')[2]}" if rest else path)
