"""The reason of a determination: written in plain words, what is not plain underlined while it is typed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QMimeData, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
)
from PySide6.QtWidgets import (
    QFrame,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QTextEdit,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from app.domain.draft import Draft
from app.domain.plain_language import GRADE, Finding, measured
from app.views import theme
from app.views.widgets.lettering import point_index, unit_index

LEAST, MOST = 3, 8


class ReasonEditor(QPlainTextEdit):
    """Plain words; Ctrl+Shift+Enter is left to the bar. `edited` brings them with the cursor after every change."""

    edited = Signal(object)
    """`Draft`"""
    height_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._loading = False
        self._findings: tuple[Finding, ...] = ()
        self._lines = 0
        self.setObjectName("reason_editor")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.document().setDocumentMargin(theme.px(8))
        self.viewport().setAutoFillBackground(False)
        self.textChanged.connect(self._changed)
        theme.changed.connect(self._restyle)
        self._restyle()

    def load(self, draft: Draft) -> None:
        """Show words typed earlier, the cursor where it was."""
        self._loading = True
        self.setPlainText(draft.text)
        self.document().clearUndoRedoStacks()
        cursor = self.textCursor()
        cursor.setPosition(unit_index(draft.text, min(draft.cursor, len(draft.text))))
        self.setTextCursor(cursor)
        self._loading = False
        self._measure()

    def show_findings(self, findings: Sequence[Finding]) -> None:
        """Underline what is not plain."""
        self._findings = tuple(findings)
        text = self.toPlainText()
        selections = []
        for found in self._findings:
            if found.end > len(text):
                continue
            selection = QTextEdit.ExtraSelection()
            cursor = QTextCursor(self.document())
            cursor.setPosition(unit_index(text, found.start))
            cursor.setPosition(unit_index(text, found.end), QTextCursor.MoveMode.KeepAnchor)
            form = QTextCharFormat()
            form.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            form.setUnderlineColor(theme.colour("look"))
            selection.cursor, selection.format = cursor, form
            selections.append(selection)
        self.setExtraSelections(selections)

    def draft(self) -> Draft:
        text, cursor = self.toPlainText(), self.textCursor()
        return Draft(text, point_index(text, cursor.position()), point_index(text, cursor.anchor()))

    def select(self, start: int, end: int) -> None:
        text = self.toPlainText()
        cursor = self.textCursor()
        cursor.setPosition(unit_index(text, min(start, len(text))))
        cursor.setPosition(unit_index(text, min(end, len(text))), QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _changed(self) -> None:
        self._measure()
        if not self._loading:
            self.edited.emit(self.draft())

    def _measure(self) -> None:
        lines = min(max(LEAST, int(self.document().size().height())), MOST)
        if lines != self._lines:
            self._lines = lines
            margin = 2 * self.document().documentMargin()
            self.setFixedHeight(round(self.fontMetrics().lineSpacing() * lines + margin + 2))
            self.height_changed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure()

    def _restyle(self) -> None:
        self.setFont(theme.font("body"))
        self.document().setDocumentMargin(theme.px(8))
        palette = QPalette(self.palette())
        palette.setColor(QPalette.ColorRole.Base, QColor(0, 0, 0, 0))
        palette.setColor(QPalette.ColorRole.Text, theme.colour("text"))
        palette.setColor(QPalette.ColorRole.PlaceholderText, theme.colour("muted"))
        palette.setColor(QPalette.ColorRole.Highlight, theme.mixed("accent", "surface", 0.22))
        palette.setColor(QPalette.ColorRole.HighlightedText, theme.colour("text"))
        self.setPalette(palette)
        self.setCursorWidth(max(1, theme.px(2)))
        self._lines = 0
        self._measure()
        self.show_findings(self._findings)

    def insertFromMimeData(self, source: QMimeData) -> None:
        self.insertPlainText(source.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if event.key() == Qt.Key.Key_Escape or (
            event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and control
        ):
            event.ignore()
            return
        super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            cursor = self.cursorForPosition(self.viewport().mapFrom(self, event.pos()))
            at = point_index(self.toPlainText(), cursor.position())
            words = next((_words(f) for f in self._findings if f.start <= at <= f.end), "")
            QToolTip.showText(event.globalPos(), words, self)
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("accent" if self.hasFocus() else "line"), 1))
        rect = QRectF(self.viewport().rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(rect, theme.px(8), theme.px(8))
        painter.end()
        super().paintEvent(event)


class PlainMeter(QPushButton):
    """How plain the words are, in words; a press goes to the next thing to mend."""

    found_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("quiet", True)
        self._findings: tuple[Finding, ...] = ()
        self._next = 0
        self._note = ""
        self.clicked.connect(self._go)
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_findings(self, findings: Sequence[Finding], note: str, empty: bool) -> None:
        """`note` says the grade; `empty` that nothing has been written yet."""
        self._findings, self._next = tuple(findings), 0
        if empty:
            words = self.tr("Plain words: no codes, no short forms")
        elif findings:
            words = self.tr("{count} to mend: {first}").format(count=len(findings), first=findings[0].text)
        else:
            words = self.tr("Plain language")
        self._note = words if empty or findings or not note else f"{words} · {note}"
        self._elide()
        self.setEnabled(bool(findings))
        self._restyle()

    def _elide(self) -> None:
        room = max(40, self.width() - theme.px(40))
        self.setText(
            self.fontMetrics().elidedText(self._note, Qt.TextElideMode.ElideRight, room).replace("&", "&&")
        )
        self.setToolTip("\n".join(_words(f) for f in self._findings))
        self.setAccessibleName(self._note)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def _go(self) -> None:
        if self._findings:
            self.found_wanted.emit(self._findings[self._next % len(self._findings)])
            self._next += 1

    def _restyle(self) -> None:
        self.setFont(theme.font("small"))
        name, role = ("pencil", "look") if self._findings else ("check", "muted")
        self.setIcon(theme.icon(name, role, theme.px(14)))


class ReasonField(QWidget):
    """The editor with its meter under it; the words are measured as they are typed."""

    edited = Signal(object)
    """`Draft`"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.editor = ReasonEditor(self)
        self.meter = PlainMeter(self)
        self.meter.found_wanted.connect(lambda found: self.editor.select(found.start, found.end))
        self.editor.edited.connect(self._typed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(2))
        column.addWidget(self.editor)
        column.addWidget(self.meter)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.measure()

    def load(self, draft: Draft) -> None:
        self.editor.load(draft)
        self.measure()

    def _typed(self, draft: Draft) -> None:
        self.measure()
        self.edited.emit(draft)

    def measure(self) -> None:
        """Look for what is not plain."""
        text = self.editor.toPlainText()
        found = measured(text)
        self.editor.show_findings(tuple(f for f in found.findings if f.kind != "grade"))
        note = ""
        if found.words >= _ENOUGH and found.grade <= GRADE:
            note = self.tr("reads like grade {grade}").format(grade=round(found.grade))
        self.meter.show_findings(found.findings, note, not text.strip())


_ENOUGH = 15
"""So many words a grade is worth saying for."""


def _words(found: Finding) -> str:
    return f"{found.text} → {found.suggestion}" if found.suggestion else found.text
