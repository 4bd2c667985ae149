"""The criteria of a recommendation as a tree of rows, with marks and reasons made where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLineEdit, QMenu, QSizePolicy, QWidget

from app.domain.evidence import Evidence
from app.domain.material import Status
from app.views import theme
from app.views.widgets.lettering import draw_text
from app.views.widgets.review.criterion_row import CriterionRow
from app.views.widgets.review.criterion_view import CriterionView, status_words
from app.views.widgets.review.evidence_place import Places


class ReasonLine(QLineEdit):
    """A reason for a mark, typed under its row: Enter keeps it, Escape leaves it."""

    kept = Signal(str)
    left = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat() and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
                self.kept.emit(self.text().strip())
            return
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return
        super().keyPressEvent(event)


class CriterionList(QWidget):
    """The rows under each other. Rows that show the same criterion stay when another state of it is shown.

    `marked(criterion, Status, evidence, reason)`, `unmarked(criterion)`, `evidence_dropped(criterion, Evidence)` and
    `evidence_opened(Evidence)` say what the person did; `shown(row)` asks that a row be scrolled into sight.
    """

    marked = Signal(str, object, object, str)
    unmarked = Signal(str)
    evidence_dropped = Signal(str, object)
    evidence_opened = Signal(object)
    shown = Signal(object)
    focus_moved = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[CriterionRow] = []
        self._places = Places()
        self._locked = False
        self._asking: tuple[str, Status] | None = None
        self.reason = ReasonLine(self)
        self.reason.kept.connect(self._keep)
        self.reason.left.connect(self._leave)
        self.reason.hide()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self._restyle)

    @property
    def rows(self) -> tuple[CriterionRow, ...]:
        return tuple(self._rows)

    def row(self, criterion_id: str) -> CriterionRow | None:
        return next((r for r in self._rows if r.view.result.criterion_id == criterion_id), None)

    def set_locked(self, locked: bool) -> None:
        """Marks are not taken: somebody else has the case, or an earlier answer is shown."""
        self._locked = locked
        if locked:
            self._leave()

    def show_views(self, views: Sequence[CriterionView], places: Places) -> None:
        names = [v.result.criterion_id for v in views]
        if names == [r.view.result.criterion_id for r in self._rows]:
            for row, view in zip(self._rows, views, strict=True):
                row.show_view(view, places)
        else:
            self._leave()
            for old in self._rows:
                old.hide()
                old.deleteLater()
            self._rows = [self._made(view, places) for view in views]
        self._places = places
        self._place()

    def _made(self, view: CriterionView, places: Places) -> CriterionRow:
        row = CriterionRow(view, places, self)
        name = view.result.criterion_id
        row.opened.connect(self.evidence_opened)
        row.folded.connect(partial(self._fold, name))
        row.mark_wanted.connect(partial(self._mark, name))
        row.dropped.connect(partial(self._dropped, name))
        row.moved.connect(partial(self._step, name))
        row.menu_wanted.connect(partial(self._menu, name))
        row.focused.connect(partial(self._focus, name))
        return row

    # Layout

    def _visible(self) -> list[CriterionRow]:
        found, place = [], 0
        while place < len(self._rows):
            row = self._rows[place]
            found.append(row)
            place = row.view.last + 1 if row.view.group and row.is_folded else place + 1
        return found

    def _place(self) -> None:
        visible = self._visible()
        shown = set(visible)
        y = 0
        for row in self._rows:
            if row not in shown:
                row.hide()
        for row in visible:
            tall = row.height_for(self.width())
            row.setGeometry(0, y, self.width(), tall)
            row.show()
            y += tall
            if self._asking is not None and self._asking[0] == row.view.result.criterion_id:
                left = theme.px(44)
                self.reason.setGeometry(
                    left, y + theme.px(24), self.width() - left - theme.px(16), theme.px(34)
                )
                y += theme.px(24 + 34 + 10)
        self.setFixedHeight(max(y, 1))
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._place()

    def _restyle(self) -> None:
        for row in self._rows:
            row.restyle()
        self._place()

    # What is done to a row

    def _fold(self, name: str) -> None:
        row = self.row(name)
        if row is not None:
            row.set_folded(not row.is_folded)
            self._place()

    def _focus(self, name: str) -> None:
        row = self.row(name)
        if row is not None:
            self.shown.emit(row)
            self.focus_moved.emit(True)

    def _step(self, name: str, by: int) -> None:
        visible = self._visible()
        place = next((i for i, r in enumerate(visible) if r.view.result.criterion_id == name), 0)
        if 0 <= place + by < len(visible):
            visible[place + by].setFocus(Qt.FocusReason.OtherFocusReason)

    def reveal(self, criterion_id: str) -> None:
        """Unfold what hides a criterion and put the keyboard on it."""
        index = next(
            (i for i, r in enumerate(self._rows) if r.view.result.criterion_id == criterion_id), None
        )
        if index is None:
            return
        for row in self._rows[:index]:
            if row.view.group and row.is_folded and row.view.last >= index:
                row.set_folded(False)
        self._place()
        self._rows[index].setFocus(Qt.FocusReason.OtherFocusReason)

    def _mark(self, name: str, status: Status | None) -> None:
        row = self.row(name)
        if row is None or self._locked:
            return
        if status is None:
            if row.view.result.marked_by:
                self.unmarked.emit(name)
            return
        self._asking = (name, status)
        carried = any(e.supported for e in row.view.evidence)
        words = self.tr("Why {status}? Enter keeps it, Esc leaves it.").format(status=status_words(status))
        if carried:
            words = self.tr("Why {status}? May stay empty; Enter keeps it, Esc leaves it.").format(
                status=status_words(status)
            )
        self.reason.setPlaceholderText(words)
        self.reason.setAccessibleName(words)
        self.reason.clear()
        self._place()
        self.reason.show()
        self.reason.setFocus(Qt.FocusReason.OtherFocusReason)
        self.shown.emit(self.reason)

    def _keep(self, words: str) -> None:
        if self._asking is None:
            return
        name, status = self._asking
        row = self.row(name)
        evidence = tuple(e for e in row.view.evidence if e.supported) if row is not None else ()
        if not evidence and not words:
            return  # the line itself says that words are needed
        self._leave()
        self.marked.emit(name, status, evidence, words)

    def _leave(self) -> None:
        if self._asking is None:
            return
        name, self._asking = self._asking[0], None
        self.reason.hide()
        self._place()
        row = self.row(name)
        if row is not None:
            row.setFocus(Qt.FocusReason.OtherFocusReason)

    def _dropped(self, name: str, evidence: Evidence) -> None:
        if not self._locked:
            self.evidence_dropped.emit(name, evidence)

    def _menu(self, name: str, at: QPoint) -> None:
        menu = self.menu_for(name)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)

    def menu_for(self, name: str) -> QMenu:
        """What can be done to a criterion, each with its key."""
        menu = QMenu(self)
        row = self.row(name)
        if row is None:
            return menu
        if not row.view.group:
            for words, key, status in (
                (self.tr("Mark as met"), "M", Status.MET),
                (self.tr("Mark as not met"), "N", Status.NOT_MET),
                (self.tr("Take the mark back"), "U", None),
            ):
                action = menu.addAction(f"{words}\t{key}")
                action.triggered.connect(partial(self._mark_by_menu, name, status))
                action.setEnabled(
                    not self._locked and (status is not None or bool(row.view.result.marked_by))
                )
        for evidence in row.view.evidence:
            words = self.tr("Open {place}").format(place=self._places.words(evidence)).replace("&", "&&")
            menu.addAction(words).triggered.connect(partial(self._open, evidence))
        return menu

    def _mark_by_menu(self, name: str, status: Status | None, _checked: bool = False) -> None:
        self._mark(name, status)

    def _open(self, evidence: Evidence, _checked: bool = False) -> None:
        self.evidence_opened.emit(evidence)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._asking is None:
            return
        painter = QPainter(self)
        words = self.tr("Your reason for “{status}”").format(status=status_words(self._asking[1]))
        place = QRectF(
            theme.px(44), self.reason.y() - theme.px(22), self.width() - theme.px(60), theme.px(20)
        )
        draw_text(painter, place, words, "caption", "muted")
