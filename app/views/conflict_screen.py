"""The conflicts of this desk: the list at the left, the one that is to be settled beside it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from app.domain.box import Box
from app.views import theme
from app.views.widgets.conflict.conflict_list import ConflictList
from app.views.widgets.conflict.conflict_view import ConflictView
from app.views.widgets.conflict.conflict_words import Subject
from app.views.widgets.notice_page import NoticePage

LIST_WIDTH = 268


class ConflictScreen(QWidget):
    """Shows the open conflicts; goes on to the next by itself when one is gone."""

    settled = Signal(str, object)
    """conflict id, `Settlement`"""
    case_asked = Signal(str)
    """case id"""
    left = Signal()
    crop_wanted = Signal(object, int, int)
    """`Subject`, width and height in device pixels"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._subjects: tuple[Subject, ...] = ()
        self._current = ""
        self.title = QLabel(self.tr("Conflicts"), self)
        self.count = QLabel(self)
        self.hint = QLabel(self.tr("J, K or arrows: next, previous"), self)
        self.list = ConflictList(self)
        self.view = ConflictView(self)
        self.empty = NoticePage(self)
        self.empty.show_notice(
            "cloud-check",
            self.tr("No conflicts"),
            self.tr(
                "When the same is changed on two desks while they are apart, both are kept and shown here."
            ),
            (("left", self.tr("Back to work"), "Esc"),),
        )
        self._lay_out()
        self.list.chosen.connect(self.show_conflict)
        self.view.step_asked.connect(self.step)
        self.view.settled.connect(self.settled)
        self.view.case_asked.connect(self.case_asked)
        self.view.left.connect(self.left)
        self.view.crop_wanted.connect(self._want_crop)
        self.empty.acted.connect(lambda _name: self.left.emit())
        theme.changed.connect(self._restyle)
        self._restyle()

    def _lay_out(self) -> None:
        self._side = QWidget(self)
        self._head = QHBoxLayout()
        self._head.addWidget(self.title)
        self._head.addStretch(1)
        self._head.addWidget(self.count)
        self._foot = QHBoxLayout()
        self._foot.addWidget(self.hint)
        column = QVBoxLayout(self._side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._head)
        column.addWidget(self.list, 1)
        column.addLayout(self._foot)
        self._full = QWidget(self)
        row = QHBoxLayout(self._full)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(1)
        row.addWidget(self._side)
        row.addWidget(self.view, 1)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self._full)
        self._stack.addWidget(self.empty)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self._stack)

    @property
    def subjects(self) -> tuple[Subject, ...]:
        return self._subjects

    def show_subjects(self, subjects: tuple[Subject, ...]) -> None:
        """Show the open conflicts; of one that is gone the next takes the place."""
        place = self._place_of(self._current)
        self._subjects = subjects
        self.list.show_subjects(subjects)
        self.count.setText(str(len(subjects)) if subjects else "")
        if not subjects:
            self._current = ""
            self._show(self.empty)
            return
        self._show(self._full)
        if self._place_of(self._current) < 0:
            self._current = subjects[max(0, min(place, len(subjects) - 1))].conflict.conflict_id
        self.show_conflict(self._current)

    def show_conflict(self, conflict_id: str) -> None:
        """Show one conflict; one that is not there is not."""
        place = self._place_of(conflict_id)
        if place < 0:
            return
        self._current = conflict_id
        self.list.set_current(conflict_id)
        subject = self._subjects[place]
        words = self.tr("{number} of {count}").format(number=place + 1, count=len(self._subjects))
        who = " · ".join(part for part in (subject.patient, subject.receipt, words) if part)
        self.view.show_subject(subject, who)

    def show_case(self, case_id: str, path: str = "") -> None:
        """Show the conflict of a case, of one of its fields when a path is given."""
        of_case = [s for s in self._subjects if case_id in (s.conflict.case_id, s.conflict.other_case_id)]
        exact = [s for s in of_case if path and s.field is not None and s.field.path == path]
        for subject in (exact or of_case)[:1]:
            self.show_conflict(subject.conflict.conflict_id)

    def step(self, by: int) -> None:
        """Go to the next conflict or the one before; the last is the last."""
        place = self._place_of(self._current) + by
        if 0 <= place < len(self._subjects):
            self.show_conflict(self._subjects[place].conflict.conflict_id)

    def take_keyboard(self) -> None:
        if self._subjects:
            self.view.setFocus(Qt.FocusReason.OtherFocusReason)
        elif self.empty.buttons:
            self.empty.buttons[0].setFocus(Qt.FocusReason.OtherFocusReason)

    def show_crop(self, conflict_id: str, image: QImage, outline: Box | None) -> None:
        """The piece of the page of a conflict; one for another than is on show is dropped."""
        if conflict_id == self._current:
            self.view.show_crop(image, outline)

    def show_no_crop(self, conflict_id: str, words: str) -> None:
        if conflict_id == self._current:
            self.view.show_no_crop(words)

    def _want_crop(self, width: int, height: int) -> None:
        if self.view.subject is not None:
            self.crop_wanted.emit(self.view.subject, width, height)

    def _show(self, page: QWidget) -> None:
        if self._stack.currentWidget() is page:
            return
        focus = self.focusWidget()
        had = focus is not None and focus.hasFocus()
        self._stack.setCurrentWidget(page)
        if had:
            self.take_keyboard()

    def _place_of(self, conflict_id: str) -> int:
        places = (n for n, s in enumerate(self._subjects) if s.conflict.conflict_id == conflict_id)
        return next(places, -1)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._restyle()  # the style sheet gives a label the program's font when it is first polished

    def _restyle(self) -> None:
        for label, role, face in (
            (self.title, "text", "title"),
            (self.count, "muted", "chip"),
            (self.hint, "muted", "small"),
        ):
            label.setFont(theme.font(face))
            palette = label.palette()
            palette.setColor(label.foregroundRole(), theme.colour(role))
            label.setPalette(palette)
        pad = theme.px(16)
        self._head.setContentsMargins(pad, theme.px(14), pad, theme.px(12))
        self._foot.setContentsMargins(pad, theme.px(10), pad, theme.px(10))
        self._side.setFixedWidth(theme.px(LIST_WIDTH))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        if self._stack.currentWidget() is self._full:
            painter.fillRect(QRectF(self._side.width(), 0, 1, self.height()), theme.colour("line"))
