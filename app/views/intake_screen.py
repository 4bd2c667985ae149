"""The intake screen: the queue, the page, and the fields beside it, wired to the models."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFileDialog, QSplitter, QVBoxLayout, QWidget

from app.domain.box import Box
from app.domain.case import Case, IntakeStatus, Json
from app.domain.draft import Draft
from app.domain.errors import Actionable
from app.domain.extraction import Word
from app.domain.form import FieldKind
from app.domain.queue import OPEN, QueueQuery, QueueSort
from app.services.editing import Edited, Opened
from app.services.processor_library import Definitions
from app.views.models.case_model import CaseModel
from app.views.models.intake_model import IntakeModel
from app.views.models.pages_model import PagesModel
from app.views.models.queue_model import QueueModel
from app.views.page_desk import PageDesk
from app.views.widgets.field_key import Intent
from app.views.widgets.field_panel import FieldPanel
from app.views.widgets.queue_panel import QueuePanel

QUEUE_WIDTH, PANEL_WIDTH = 268, 432
REFRESH_MS = 150


class IntakeScreen(QWidget):
    """Where a case manager works: queue, page viewer and field panel."""

    said = Signal(str, str, str)
    """kind (`info`, `look`, `wrong`, `sure`), what happened, what to do"""
    verified = Signal(str, str)
    """case id, receipt"""
    layout_changed = Signal()

    def __init__(
        self,
        queue_model: QueueModel,
        intake_model: IntakeModel,
        case_model: CaseModel,
        pages_model: PagesModel,
        definitions: Definitions,
    ) -> None:
        super().__init__()
        self._queue_model = queue_model
        self._intake_model = intake_model
        self._case_model = case_model
        self._pages_model = pages_model
        self._definitions = definitions
        self._field = ""
        self._awaited_field = ""
        self._next_after_verify = ""
        self._typing = ""
        self._just_verified = ""
        self._can_undo = False
        self.queue = QueuePanel()
        self.desk = PageDesk(case_model, pages_model)
        self.page = self.desk.page
        self.panel = FieldPanel()
        self._refresh = QTimer(self, interval=REFRESH_MS, singleShot=True)
        self._lay_out()
        self._wire()
        self.queue.set_model(queue_model)
        self.show_form_types()
        self._show_nothing()

    def show_form_types(self) -> None:
        """Call the form types as they are called by now."""
        titles = {name: d.title for name, d in self._definitions.items()}
        self.queue.set_form_titles({"generic": self.tr("Other form")} | titles)

    def _lay_out(self) -> None:
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        for place, (widget, stretch) in enumerate(((self.queue, 0), (self.desk, 1), (self.panel, 0))):
            self.splitter.addWidget(widget)
            self.splitter.setStretchFactor(place, stretch)
        self.splitter.setSizes([QUEUE_WIDTH, 1440 - 70 - QUEUE_WIDTH - PANEL_WIDTH, PANEL_WIDTH])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.splitter)

    def _wire(self) -> None:
        # the queue
        self.queue.filter_changed.connect(self._filter)
        self.queue.statuses_changed.connect(self._show_statuses)
        self.queue.sort_changed.connect(self._sort)
        self.queue.case_chosen.connect(self.open_case)
        self.queue.next_requested.connect(self.open_next)
        self.queue.add_files_requested.connect(self.choose_files)
        self.queue.files_dropped.connect(self._intake_model.add_files)
        self.queue.cancel_requested.connect(self._intake_model.cancel)
        self.queue.read_again_requested.connect(self._intake_model.read_again)
        self._intake_model.progress_changed.connect(self._queue_model.set_progress)
        self._intake_model.cases_changed.connect(self._cases_changed)
        self._intake_model.was_read.connect(self._open_if_idle)
        self._intake_model.others_wrote.connect(self._others_wrote)
        self._refresh.timeout.connect(self._queue_model.refresh)
        # the case
        self._case_model.case_opened.connect(self._show_opened)
        self._case_model.case_changed.connect(self._show_changed)
        self._case_model.case_refreshed.connect(self._show_refreshed)
        self._case_model.case_closed.connect(self._show_nothing)
        self._case_model.refused.connect(self._refused)
        self._case_model.verified.connect(self._verified)
        self._case_model.undo_changed.connect(self._show_undo)
        # the fields
        panel = self.panel
        panel.field_selected.connect(self._select_field)
        panel.value_edited.connect(self._case_model.correct)
        panel.values_edited.connect(self._case_model.correct_many)
        panel.confirmed.connect(self._case_model.confirm)
        panel.marked.connect(self._case_model.mark)
        panel.restored.connect(self._case_model.restore)
        panel.drafted.connect(self._keep_draft)
        panel.draft_dropped.connect(self._drop_draft)
        panel.value_edited.connect(lambda _path, _value: self._set_typing(""))
        panel.row_added.connect(self._case_model.add_row)
        panel.row_removed.connect(self._case_model.remove_row)
        panel.reopen_requested.connect(self._case_model.undo)
        panel.undo_requested.connect(self._undo)
        panel.redo_requested.connect(self._case_model.redo)
        panel.verify_requested.connect(self._verify)
        panel.next_case_requested.connect(self.open_next)
        panel.read_again_requested.connect(self._intake_model.read_again)
        panel.lens_wanted.connect(self._draw_lens)
        # the page
        page = self.page
        page.field_clicked.connect(panel.select)
        page.region_chosen.connect(self._read_region)
        page.word_clicked.connect(self._take_word)
        self._pages_model.region_read.connect(self._take_region)
        self.desk.lens_drawn.connect(panel.set_lens)
        self.desk.document_shown.connect(self._document_shown)
        self.desk.find_left.connect(panel.focus_editor)
        self.splitter.splitterMoved.connect(self.layout_changed)
        for keys, function in (
            ("PgDown", lambda: page.scroll_page(1)),
            ("PgUp", lambda: page.scroll_page(-1)),
            ("F3", page.find_next),
            ("Shift+F3", page.find_previous),
            ("F6", page.toggle_held),
            ("F7", page.toggle_thumbnails),
            ("F8", page.toggle_night),
            ("Ctrl++", page.zoom_in),
            ("Ctrl+=", page.zoom_in),
            ("Ctrl+-", page.zoom_out),
            ("Ctrl+0", page.fit_page),
            ("Ctrl+1", page.actual_size),
            ("Ctrl+2", page.fit_width),
            ("Alt+Left", page.go_back),
            ("Alt+Right", page.go_forward),
            ("Ctrl+O", self.choose_files),
            ("Ctrl+F", self.desk.header.open_find),
            ("Ctrl+L", self.queue.focus_filter),
        ):
            self._bind(keys, function, repeats=True)
        for keys, intent in (
            ("Ctrl+Z", Intent.UNDO),
            ("Ctrl+Y", Intent.REDO),
            ("Ctrl+Shift+Z", Intent.REDO),
            ("F2", Intent.EDIT),
            ("F9", Intent.VERIFY),
            ("F10", Intent.NEXT_CASE),
        ):
            self._bind(keys, partial(panel.form.act, intent), repeats=intent in (Intent.UNDO, Intent.REDO))

    def _bind(self, keys: str, function: Callable[[], object], *, repeats: bool) -> None:
        """A key that works wherever the keyboard is on this screen."""
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(function)
        shortcut.setAutoRepeat(repeats)

    # the queue

    def set_person(self, name: str) -> None:
        self.queue.set_person(name)

    def to_check(self, counts: Mapping[IntakeStatus, int]) -> int:
        """How many cases wait for a person."""
        return counts.get(IntakeStatus.NEEDS_REVIEW, 0)

    def choose_files(self) -> None:
        """Ask for files to take in."""
        dialog = QFileDialog(self, self.tr("Add files"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setNameFilters(
            [self.tr("Forms and scans (*.pdf *.tif *.tiff *.jpg *.jpeg *.png)"), self.tr("All files (*)")]
        )
        dialog.filesSelected.connect(self._intake_model.add_files)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _filter(self, text: str) -> None:
        query = self._queue_model.query
        self._queue_model.set_query(QueueQuery(text, query.statuses, query.sort, query.descending))

    def _show_statuses(self, statuses: tuple[IntakeStatus, ...]) -> None:
        query = self._queue_model.query
        self._queue_model.set_query(QueueQuery(query.text, statuses, query.sort, query.descending))
        self.layout_changed.emit()

    def _sort(self, sort: QueueSort, descending: bool) -> None:
        query = self._queue_model.query
        self._queue_model.set_query(QueueQuery(query.text, query.statuses, sort, descending))
        self.layout_changed.emit()

    def _cases_changed(self, case_ids: tuple[str, ...]) -> None:
        self._queue_model.forget(case_ids)
        self._refresh.start()
        open_case = self._case_model.case
        if open_case is not None and open_case.case_id in case_ids and not self._typing:
            self._case_model.open(open_case.case_id)

    def _others_wrote(self) -> None:
        self._queue_model.refetch()
        case = self._case_model.case
        if case is not None and not self._typing:
            self._case_model.open(case.case_id)

    def cases_came(self, case_ids: tuple[str, ...]) -> None:
        """Cases changed on other desks: the queue follows; the open case is told by its model."""
        self._queue_model.forget(case_ids)
        self._refresh.start()

    def _show_refreshed(self, _before: Case, case: Case) -> None:
        """The open case changed elsewhere: taken over in place; focus, cursor, scroll and typing stay."""
        self.panel.show_case(case, self._definitions.read_with(case.form_type, case.processor_version))
        self.desk.update_case(case, self._title(case))

    def _open_if_idle(self, case: Case) -> None:
        """The first form that is ready is shown to somebody who is here and has nothing open."""
        if not self._case_model.occupied and self.isVisible():
            self.open_case(case.case_id)

    # the case

    def open_case(self, case_id: str) -> None:
        """Show a case. What is being typed in the one before is committed first.

        The keyboard goes to the fields of a case that is open already.
        """
        self.leave()
        case = self._case_model.case
        if case is not None and case.case_id == case_id:
            self.panel.focus_editor()
        self._case_model.open(case_id)

    def open_next(self) -> None:
        """Go on with the case below in the queue."""
        case = self._case_model.case
        following = self._queue_model.after(case.case_id if case else None)
        if following is None:
            self.said.emit("info", self.tr("There is no other case in the queue."), "")
        else:
            self.open_case(following)

    def leave(self) -> None:
        """Commit what is being typed."""
        self.panel.commit()

    def _undo(self) -> None:
        """Take back the last thing done: in this case, or the verification that brought it on screen."""
        if self._can_undo or not self._just_verified:
            self._case_model.undo()
        else:
            self.take_back(self._just_verified)

    def _show_undo(self, can_undo: bool, _can_redo: bool) -> None:
        self._can_undo = can_undo

    def take_back(self, case_id: str) -> None:
        """Open a case that was just verified again, as it was before."""
        self._just_verified = ""
        self.leave()
        self._case_model.undo_in(case_id)

    def _show_opened(self, opened: Opened) -> None:
        case = opened.case
        self.queue.set_open(case.case_id, self._queue_model.index_of(case.case_id))
        if case.intake_status in (IntakeStatus.NEEDS_REVIEW, IntakeStatus.VERIFIED):
            self.panel.show_case(case, self._definitions.read_with(case.form_type, case.processor_version))
            self._restore_typing(opened)
        else:
            self.panel.show_unreadable(case)
        self.desk.show_case(case, opened.texts, self._title(case))
        self.layout_changed.emit()

    def _title(self, case: Case) -> str:
        definition = self._definitions.read_with(case.form_type, case.processor_version)
        if definition is not None:
            return definition.title
        return self.tr("Other form") if case.form_type else ""

    def _restore_typing(self, opened: Opened) -> None:
        path = next(iter(opened.drafts), "")
        for path, draft in opened.drafts.items():
            self.panel.restore_draft(path, draft)
        if path:
            self.panel.select(path)
        elif self._awaited_field:
            self.panel.select(self._awaited_field)
        self._awaited_field = ""
        if self.isVisible() and not self.queue.isAncestorOf(self.focusWidget() or self):
            self.panel.focus_editor()

    def _document_shown(self) -> None:
        if self._field:
            self.page.select(self._field, reveal=not self.desk.was_looked_at)
        case = self._case_model.case
        following = self._queue_model.after(case.case_id) if case else None
        row = self._queue_model.row_of(following) if following else None
        if row is not None:
            self._case_model.warm(row.case_id, self._pages_model.warm)

    def _show_changed(self, edited: Edited) -> None:
        case = edited.case
        self.panel.show_case(case, self._definitions.read_with(case.form_type, case.processor_version))
        self.desk.update_case(case, self._title(case))
        if edited.action in ("undone", "redone") and edited.fields:
            self.panel.select(edited.fields[0])
        self._queue_model.forget((case.case_id,))
        self._refresh.start()

    def _show_nothing(self) -> None:
        self.queue.set_open("")
        self.desk.show_nothing(self.tr("Choose a case on the left, or drop files on the window."))
        self.panel.show_nothing(self.tr("The fields of a case appear here."))

    def _verify(self) -> None:
        case = self._case_model.case
        if case is None:
            return
        self._next_after_verify = self._queue_model.after(case.case_id) or ""
        self._case_model.verify()

    def _verified(self, case_id: str) -> None:
        self._just_verified = case_id
        case = self._case_model.case
        self.verified.emit(case_id, case.receipt if case and case.case_id == case_id else "")
        if self._next_after_verify:
            self.open_case(self._next_after_verify)

    def _refused(self, error: Actionable) -> None:
        if error.code == "needs_look":
            self.panel.refuse_verify()
        else:
            self.panel.change_refused()

    # the fields and the page

    def _select_field(self, path: str) -> None:
        self._field = path
        case = self._case_model.case
        field = case.field(path) if case and path else None
        together = (
            [f.path for f in case.fields if f.group == field.group] if case and field and field.group else []
        )
        self.desk.select(path, together)
        self.layout_changed.emit()

    def _set_typing(self, path: str) -> None:
        self._typing = path

    def _keep_draft(self, path: str, draft: Draft) -> None:
        self._typing = path
        self._case_model.keep_draft(path, draft)

    def _drop_draft(self, path: str) -> None:
        self._typing = ""
        self._case_model.drop_draft(path)

    def _draw_lens(self, path: str, width: int, height: int) -> None:
        case = self._case_model.case
        field = case.field(path) if case else None
        if field is not None:
            self.desk.draw_lens(field, width, height)

    def _read_region(self, page: int, box: Box) -> None:
        case = self._case_model.case
        field = case.field(self._field) if case and self._field else None
        if field is None:
            self.said.emit(
                "info",
                self.tr("No field is selected."),
                self.tr("Select the field that this should go into."),
            )
        elif field.kind is FieldKind.TICK_BOX:
            self.said.emit("info", self.tr("A tick box holds no text."), self.tr("Tick it with Space."))
        else:
            self.desk.read_region(field.path, page, box)

    def _take_region(self, path: str, words: tuple[Word, ...]) -> None:
        text = self._joined(path, words)
        if not text:
            self.said.emit(
                "look", self.tr("Nothing is printed there that can be read."), self.tr("Type it instead.")
            )
            return
        if self.panel.selected_path == path:
            self._replace_text(text)
            self.panel.form.act(Intent.CONFIRM)  # lands as if it had been typed, and the cursor moves on
        else:  # the person went on while it was being read
            self._case_model.correct(path, text)

    def _replace_text(self, text: str) -> None:
        self.panel.form.card.editor.select_whole()
        self.panel.insert_text(text)

    def _joined(self, path: str, words: tuple[Word, ...]) -> str:
        """Lines joined as the field is written: with spaces, or without for one unbroken run."""
        case = self._case_model.case
        definition = self._definitions.read_with(case.form_type, case.processor_version) if case else None
        defined = definition.field(path) if definition else None
        text = ("" if defined and defined.unbroken else " ").join(
            w.text.strip() for w in words if w.text.strip()
        )
        return re.sub(r"\s+", " ", text).strip()

    def _take_word(self, _page: int, word: Word) -> None:
        if not self._field:
            self.said.emit(
                "info",
                self.tr("No field is selected."),
                self.tr("Select the field that this should go into."),
            )
        elif self._typing == self._field:  # the next word of the same answer
            self.panel.insert_text(f" {word.text}")
        else:
            self._replace_text(word.text)

    # what is remembered between starts

    def layout_now(self) -> Json:
        """Which case and field are open, and how the screen is laid out."""
        case = self._case_model.case
        query = self._queue_model.query
        return {
            "case": case.case_id if case else "",
            "field": self._field,
            "sizes": self.splitter.sizes(),
            "statuses": [str(s) for s in query.statuses],
            "sort": str(query.sort),
            "descending": query.descending,
        }

    def put_back(self, desk: Json) -> None:
        """Lay the screen out as it was left and open what was open."""
        if desk.get("sizes"):
            self.splitter.setSizes([int(s) for s in desk["sizes"]])
        statuses = tuple(IntakeStatus(s) for s in desk.get("statuses", OPEN))
        sort = QueueSort(desk.get("sort", QueueSort.DUE))
        descending = bool(desk.get("descending", False))
        self.queue.set_statuses(statuses)
        self.queue.set_sort(sort, descending)
        self._queue_model.set_query(QueueQuery(self._queue_model.query.text, statuses, sort, descending))
        case_id = desk.get("case") or next(iter(self._queue_model.case_ids), "")
        if case_id and self._case_model.case is None:
            self._awaited_field = desk.get("field", "")
            self._case_model.open(case_id)
