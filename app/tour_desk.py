"""A reviewer's hands on the review room offscreen: what the tour of the review is made of."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from app.domain.determination import Outcome
from app.domain.evidence import Evidence
from app.domain.passage import PageString, SourceText
from app.services.sample_taking import where
from app.tour_walk import Album, Stuck, Walk, pause, wait_until
from app.views.review_side import ReviewSide
from app.views.widgets.page_view.reading import ReadingView
from app.views.widgets.review.criterion_row import CriterionRow
from app.views.widgets.review.determination_parts import OpenLine

SHOWN_SECONDS = 120
Cases = dict[str, str]
"""The case of a sample request, by the stem of its form's file name."""


@dataclass(slots=True)
class Desk:
    """A reviewer at the review room."""

    walk: Walk
    album: Album
    cases: Cases

    @property
    def side(self) -> ReviewSide:
        return self.walk.window.review.side

    @property
    def page(self) -> ReadingView:
        return self.walk.window.review.desk.halves.page

    def settle(self) -> None:
        self.walk.settle()

    def key(self, key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
        held = Qt.KeyboardModifier.NoModifier
        for one in modifiers:
            held |= one
        self.walk.key(key, held)

    def click(self, widget: QWidget, at: QPoint | None = None) -> None:
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=at or widget.rect().center())
        self.settle()

    def open(self, stem: str) -> None:
        """Open the request by a click on its row in the queue, and wait until all of it is shown."""
        room = self.walk.window.review
        case_id = self.cases[stem]
        if room.screen.showing_case:
            self.key(Qt.Key.Key_Home, Qt.KeyboardModifier.AltModifier)
        view = room.screen.queue.list
        wait_until(lambda: room.queue_model.index_of(case_id).isValid(), "the request stands in the queue")
        view.scrollTo(room.queue_model.index_of(case_id))
        self.settle()
        row = view.visualRect(room.queue_model.index_of(case_id))
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=row.center())
        if not room.screen.showing_case:
            QTest.keyClick(view, Qt.Key.Key_Return)

        def shown() -> bool:
            case, prompt = room.case_model.case, room.review_model.prompt
            return case is not None and case.case_id == case_id and prompt is not None

        wait_until(shown, "the request is open", SHOWN_SECONDS)
        wait_until(lambda: not self._unread(), "the notes are read", SHOWN_SECONDS)
        self.settle()

    def _unread(self) -> bool:
        material = self.walk.window.review.review_model.material
        return material is None or bool(material.unread)

    def ask(self) -> None:
        """Ctrl+Enter in the prompt; waits for the answer."""
        side = self.side
        side.focus_prompt()
        before = self.walk.window.review.review_model.reviews
        self.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        model = self.walk.window.review.review_model
        wait_until(lambda: model.reviews != before, "the answer is there", SHOWN_SECONDS)
        self.settle()

    def row(self, criterion_id: str) -> CriterionRow:
        criteria = self.side.answer.criteria
        criteria.reveal(criterion_id)
        row = criteria.row(criterion_id)
        if row is None:
            raise Stuck(f"no criterion {criterion_id} is shown")
        self.settle()
        return row

    def found(self, words: str) -> Evidence:
        """Where words stand in the documents of the request."""
        material = self.walk.window.review.review_model.material
        found = where(material, words) if material is not None else None
        if found is None:
            raise Stuck("the words do not stand in the documents")
        return found

    def choose_words(self, words: str) -> None:
        """Drag over words in the documents of the request: their page is turned to first."""
        span = self.found(words).span
        if span is None:
            raise Stuck("the words have no place")
        self.walk.window.review.screen.show_document(span.document_id)
        self.settle()
        view = self.page
        view.go_to_page(span.page - 1)
        self.settle()
        string = next(s for s in self.source_of(span.document_id).strings if s.page == span.page)
        start = self._middle(view, string, span.start)
        end = self._middle(view, string, span.end - 1)
        target = view.viewport()
        QTest.mousePress(target, Qt.MouseButton.LeftButton, pos=start)
        for step in range(1, 5):
            QTest.mouseMove(target, start + (end - start) * step / 4)
        QTest.mouseRelease(target, Qt.MouseButton.LeftButton, pos=end)
        self.settle()

    def source_of(self, document_id: str) -> SourceText:
        material = self.walk.window.review.review_model.material
        return next(d for d in (material.documents if material else ()) if d.document_id == document_id)

    @staticmethod
    def _middle(view: ReadingView, string: PageString, at: int) -> QPoint:
        box = string.boxes(at, at + 1)[0]
        return view.box_rect(string.page - 1, box).center().toPoint()

    def begin(self, outcome: Outcome) -> None:
        """Press the button of an outcome."""
        bar = self.side.bar
        button = bar.buttons.get(outcome)
        if button is None or button.isHidden():
            raise Stuck(f"{outcome} is not offered")
        self.click(button)
        wait_until(lambda: bar.deciding is outcome, "the decision is begun")
        self.settle()

    def to_open(self) -> list[OpenLine]:
        """What a decision against the request still has to open."""
        return [line for line in self.side.bar.form.findChildren(OpenLine) if line.isVisible()]

    def wait_for_fewer(self, before: int) -> None:
        wait_until(lambda: len(self.to_open()) < before, "what was opened counts as opened")

    def reason(self, words: str) -> None:
        editor = self.side.bar.form.reason.editor
        editor.setFocus()
        QTest.keyClicks(editor, words)
        pause(600)  # the meter measures when the hands rest
        self.settle()

    def sign(self) -> None:
        """Countersign, and wait until it is recorded."""
        form = self.side.bar.form
        wait_until(form.sign.isEnabled, "everything asked for is said")
        self.click(form.sign)
        wait_until(lambda: self.side.bar.deciding is None, "the decision is recorded", SHOWN_SECONDS)
        self.settle()

    def take(self, name: str, title: str, words: str) -> None:
        self.album.take(name, title, words)
