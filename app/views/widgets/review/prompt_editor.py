"""The editor of a prompt: plain words in which filled slots are underlined and lead to where they come from."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QMimeData, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QTextEdit, QToolTip, QWidget

from app.domain.draft import Draft
from app.domain.prompt import Origin, Prompt, Slot, SlotPlace
from app.views import theme
from app.views.widgets.lettering import point_index, unit_index
from app.views.widgets.review.evidence_place import Places, origin_words

LEAST_LINES, MOST_LINES = 3, 11


class PromptEditor(QPlainTextEdit):
    """Shows a prompt and lets it be written in. Enter makes a line, Ctrl+Enter sends, F4 or Ctrl+click follows a slot.

    `edited` brings the words with the cursor after every change by hand; what they mean for the slots comes back
    through `show_prompt`, which leaves cursor and undo alone when the words are the same.
    """

    edited = Signal(object)
    """`Draft`"""
    sent = Signal()
    slot_followed = Signal(object)
    """`Slot`"""
    slot_entered = Signal(object)
    """`Slot` the cursor stands in, or None"""
    height_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._prompt: Prompt | None = None
        self._unused: tuple[tuple[int, int], ...] = ()
        self._places = Places()
        self._loading = False
        self._lines = 0
        self._slot: Slot | None = None
        self.setObjectName("prompt_editor")
        self.setAccessibleName(self.tr("Prompt"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)
        self.viewport().setAutoFillBackground(False)
        self.setMouseTracking(True)
        self.textChanged.connect(self._changed)
        self.cursorPositionChanged.connect(self._moved)
        theme.changed.connect(self._restyle)
        self._restyle()

    @property
    def prompt(self) -> Prompt | None:
        return self._prompt

    def show_prompt(self, prompt: Prompt, places: Places | None = None) -> None:
        """Show a prompt; where its words are those in the editor, only the slots are marked anew."""
        self._prompt = prompt
        self._places = places or self._places
        self._unused = ()
        text = self.toPlainText()
        if text != prompt.text:
            self._loading = True
            self._put(text, prompt.text)
            self._loading = False
        self._mark()
        self._measure()

    def forget(self) -> None:
        """Show nothing, and nothing of it comes back by undoing: another case follows."""
        self._loading = True
        self.clear()  # with all that could be undone
        self._loading = False
        self._prompt, self._unused = None, ()
        self._mark()

    def restore(self, draft: Draft) -> None:
        """Put the cursor where it was when the words were last typed."""
        text = self.toPlainText()
        cursor = self.textCursor()
        cursor.setPosition(unit_index(text, min(draft.anchor, len(text))))
        cursor.setPosition(unit_index(text, min(draft.cursor, len(text))), QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)

    def show_unused(self, spans: Sequence[tuple[int, int]]) -> None:
        """Mark words that no model used, faintly; gone with the next change."""
        self._unused = tuple(spans)
        self.viewport().update()

    def select_slot(self, slot: Slot) -> None:
        """Select the words of a slot, ready to type over them."""
        place = self._place_of(slot)
        if place is not None:
            text = self.toPlainText()
            cursor = self.textCursor()
            cursor.setPosition(unit_index(text, place.start))
            cursor.setPosition(unit_index(text, place.end), QTextCursor.MoveMode.KeepAnchor)
            self.setTextCursor(cursor)
            self.ensureCursorVisible()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def draft(self) -> Draft:
        text, cursor = self.toPlainText(), self.textCursor()
        return Draft(text, point_index(text, cursor.position()), point_index(text, cursor.anchor()))

    def wanted_height(self) -> int:
        """The height that shows the whole prompt, between three lines and eleven."""
        return round(self._spacing() * min(max(self._lines, LEAST_LINES), MOST_LINES) + theme.px(4))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure()

    def _spacing(self) -> float:
        return self.fontMetrics().lineSpacing()

    def _put(self, before: str, after: str) -> None:
        """Change only what differs, as one step of undo: the cursor stays where it was."""
        head = 0
        while head < min(len(before), len(after)) and before[head] == after[head]:
            head += 1
        tail = 0
        while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
            tail += 1
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        cursor.setPosition(unit_index(before, head))
        cursor.setPosition(unit_index(before, len(before) - tail), QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(after[head : len(after) - tail])
        cursor.endEditBlock()
        if not before:
            self.document().clearUndoRedoStacks()

    def _changed(self) -> None:
        self._measure()
        if not self._loading:
            self._unused = ()
            self.edited.emit(self.draft())

    def _moved(self) -> None:
        place = self._place_at(point_index(self.toPlainText(), self.textCursor().position()))
        slot = place.filled.slot if place else None
        if slot is not self._slot:
            self._slot = slot
            self.slot_entered.emit(slot)

    def _place_of(self, slot: Slot) -> SlotPlace | None:
        places = self._prompt.slots if self._prompt else ()
        return next((p for p in places if p.filled.slot is slot), None)

    def _place_at(self, index: int) -> SlotPlace | None:
        places = self._prompt.slots if self._prompt else ()
        return next((p for p in places if p.start <= index < p.end), None) or next(
            (p for p in places if index == p.end and p.start < p.end), None
        )

    def _follow(self, index: int) -> bool:
        place = self._place_at(index)
        if place is None:
            return False
        self.slot_followed.emit(place.filled.slot)
        return True

    def _measure(self) -> None:
        lines = max(1, int(self.document().size().height()))
        if lines != self._lines:
            self._lines = lines
            always = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
            self.setVerticalScrollBarPolicy(
                Qt.ScrollBarPolicy.ScrollBarAsNeeded if lines > LEAST_LINES else always
            )
            self.height_changed.emit()

    # The look of slots

    def _ink(self, place: SlotPlace) -> tuple[str, str, Qt.PenStyle]:
        """(ink of the words, ground, line under them) by what is known of a slot."""
        filled = place.filled
        if filled.origin is Origin.ABSENT:
            return "wrong", "wrong_back", Qt.PenStyle.DashLine
        if filled.doubtful:
            return "look", "look_back", Qt.PenStyle.DotLine
        if filled.origin is Origin.STATED:
            return "", "", Qt.PenStyle.DashLine
        return "", "", Qt.PenStyle.SolidLine

    def _mark(self) -> None:
        selections = []
        text = self.toPlainText()
        for place in self._prompt.slots if self._prompt else ():
            ink, _, _ = self._ink(place)
            if not ink:
                continue
            selection = QTextEdit.ExtraSelection()
            cursor = QTextCursor(self.document())
            cursor.setPosition(min(unit_index(text, place.start), self.document().characterCount() - 1))
            cursor.setPosition(
                min(unit_index(text, place.end), self.document().characterCount() - 1),
                QTextCursor.MoveMode.KeepAnchor,
            )
            form = QTextCharFormat()
            form.setForeground(theme.colour(ink))
            selection.cursor, selection.format = cursor, form
            selections.append(selection)
        self.setExtraSelections(selections)
        self.viewport().update()

    def _rects(self, start: int, end: int) -> list[QRectF]:
        """Where characters stand in the viewport, a rectangle a line."""
        text = self.toPlainText()
        first, last = unit_index(text, start), unit_index(text, end)
        found: list[QRectF] = []
        block = self.document().findBlock(first)
        while block.isValid() and block.position() < max(last, first + 1):
            geometry = self.blockBoundingGeometry(block).translated(self.contentOffset())
            layout = block.layout()
            for number in range(layout.lineCount()):
                line = layout.lineAt(number)
                a = max(first - block.position(), line.textStart())
                b = min(last - block.position(), line.textStart() + line.textLength())
                if a >= b:
                    continue
                left, right = _x(line.cursorToX(a)), _x(line.cursorToX(b))
                found.append(
                    QRectF(geometry.left() + left, geometry.top() + line.y(), right - left, line.height())
                )
            block = block.next()
        return found

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        places = self._prompt.slots if self._prompt and self._prompt.text == self.toPlainText() else ()
        for place in places:
            _, ground, _ = self._ink(place)
            if ground:
                painter.setBrush(theme.colour(ground))
                for rect in self._rects(place.start, place.end):
                    painter.drawRoundedRect(rect.adjusted(-2, 0.5, 2, -0.5), theme.px(4), theme.px(4))
        painter.end()
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        for place in places:
            self._underline(painter, place)
        painter.setPen(QPen(theme.colour("muted"), 1.2, Qt.PenStyle.DotLine))
        for start, end in self._unused:
            for rect in self._rects(start, end):
                base = round(rect.bottom()) - 1.5
                painter.drawLine(QPointF(rect.left(), base), QPointF(rect.right(), base))

    def _underline(self, painter: QPainter, place: SlotPlace) -> None:
        ink, _, style = self._ink(place)
        painter.setPen(QPen(theme.colour(ink or "accent"), max(1.5, theme.px(1.5)), style))
        for rect in self._rects(place.start, place.end):
            base = round(rect.bottom()) - 1.0
            painter.drawLine(QPointF(rect.left(), base), QPointF(rect.right(), base))

    def _restyle(self) -> None:
        self.setFont(theme.font("value"))
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.Base, QColor(0, 0, 0, 0))
        palette.setColor(QPalette.ColorRole.Text, theme.colour("text"))
        palette.setColor(QPalette.ColorRole.Highlight, theme.mixed("accent", "surface", 0.22))
        palette.setColor(QPalette.ColorRole.HighlightedText, theme.colour("text"))
        self.setPalette(palette)
        self.setCursorWidth(max(1, theme.px(2)))
        self._mark()
        self._lines = 0
        self._measure()

    # What the hand does

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Pasted words come without their look."""
        self.insertPlainText(source.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = event.modifiers() == Qt.KeyboardModifier.ControlModifier
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and event.modifiers() & (
            Qt.KeyboardModifier.ControlModifier
        ):
            if not control:
                event.ignore()  # Ctrl+Shift+Enter is not for the prompt
            elif not event.isAutoRepeat():
                self.sent.emit()
            return
        if event.key() == Qt.Key.Key_F4 and not event.modifiers():
            self._follow(point_index(self.toPlainText(), self.textCursor().position()))
            return
        if event.key() == Qt.Key.Key_Escape:
            event.ignore()
            return
        super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if (
            event.modifiers() == Qt.KeyboardModifier.ControlModifier
            and event.button() is Qt.MouseButton.LeftButton
        ):
            self._follow(self._index_at(event.position()))
            return
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        over = event.modifiers() == Qt.KeyboardModifier.ControlModifier and self._place_at(
            self._index_at(event.position())
        )
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.IBeamCursor)
        super().mouseMoveEvent(event)

    def _index_at(self, position: QPointF) -> int:
        cursor = self.cursorForPosition(position.toPoint())
        return point_index(self.toPlainText(), cursor.position())

    def event(self, event: QEvent) -> bool:
        if (
            isinstance(event, QKeyEvent)
            and event.type() is QEvent.Type.ShortcutOverride
            and event.key() in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
        ):
            event.ignore()  # the document scrolls from anywhere
            return False
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            index = self._index_at(QPointF(self.viewport().mapFrom(self, event.pos())))
            place = self._place_at(index)
            words = origin_words(place.filled, self._places) if place else ""
            if not words and any(a <= index < b for a, b in self._unused):
                words = self.tr("No model used these words.")
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.verticalScrollBar().maximum() and not event.modifiers():
            super().wheelEvent(event)
        else:
            event.ignore()


def _x(found: object) -> float:
    """`cursorToX` gives the place alone or with the cursor it moved, by version of the binding."""
    return float(found[0] if isinstance(found, tuple) else found)  # type: ignore[arg-type]
