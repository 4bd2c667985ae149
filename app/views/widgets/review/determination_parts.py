"""The small parts of a determination: a line to pick, a reason for a criterion, the button that records it."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QLineEdit, QPushButton, QSizePolicy, QWidget

from app.views import theme
from app.views.widgets.key_button import KeyButton
from app.views.widgets.lettering import broken, draw_lines, draw_symbol


class FlowRow(QWidget):
    """Its children from left to right, as many lines as it takes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: list[QWidget] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.place)

    @property
    def items(self) -> tuple[QWidget, ...]:
        return tuple(self._items)

    def set_items(self, items: list[QWidget]) -> None:
        """Show these, in this order; others that were shown are not any more."""
        for old in self._items:
            if old not in items:
                old.hide()
        self._items = items
        for item in items:
            item.setParent(self)
            item.show()
        self.place()

    def height_for(self, width: int) -> int:
        """How tall it stands at a width."""
        places = self._places(width)
        return max((max(place.bottom() + 1, place.y() + theme.px(34)) for place in places), default=0)

    def _places(self, width: int) -> list[QRect]:
        x, y, tall, gap = 0, 0, 0, theme.px(8)
        places = []
        for item in self._items:
            size = item.sizeHint()
            if x and x + size.width() > width:
                x, y, tall = 0, y + tall + gap, 0
            down = max(0, theme.px(34) - size.height()) // 2  # a lower one stands in the middle of the line
            places.append(QRect(x, y + down, min(size.width(), max(width, 1)), size.height()))
            tall = max(tall, size.height(), theme.px(34))
            x += size.width() + gap
        return places

    def place(self) -> None:
        for item, place in zip(self._items, self._places(self.width()), strict=True):
            item.setGeometry(place)
        self.setFixedHeight(self.height_for(self.width()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.place()


class PickLine(QAbstractButton):
    """A sentence with a tick of its own, that wraps; nothing is ticked before a person does it."""

    def __init__(self, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(words)
        self.setAccessibleName(words)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.fit)

    def _lines_width(self) -> int:
        return max(60, self.width() - theme.px(18 + 8 + 2))

    def fit(self) -> None:
        self.setFixedHeight(round(broken(self.text(), "body", self._lines_width(), 4).height + theme.px(6)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.fit()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(200), self.height())

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        lines = broken(self.text(), "body", self._lines_width(), 4)
        middle = theme.px(3) + lines.line_height / 2
        ink = "accent" if self.isChecked() else "text" if self.underMouse() else "muted"
        draw_symbol(painter, "square-check" if self.isChecked() else "square", ink, 1, middle, theme.px(18))
        draw_lines(painter, theme.px(18 + 8), theme.px(3), lines, "body", theme.colour("text"))
        if self.hasFocus():
            painter.setPen(QPen(theme.colour("accent"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), theme.px(5), theme.px(5))


class OverrideLine(QWidget):
    """A criterion that is not met, and the reason to approve all the same."""

    changed = Signal()

    def __init__(self, criterion_id: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.criterion_id, self._text = criterion_id, text
        self.reason = QLineEdit(self)
        self.reason.setPlaceholderText(self.tr("Why approve all the same?"))
        self.reason.setAccessibleName(self.tr("Reason to override: {criterion}").format(criterion=text))
        self.reason.textEdited.connect(lambda _words: self.changed.emit())
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.fit)

    def fit(self) -> None:
        lines = broken(self._text, "body", max(60, self.width() - theme.px(26)), 4)
        top = round(lines.height) + theme.px(6)
        self.reason.setGeometry(theme.px(26), top, self.width() - theme.px(26), theme.px(36))
        self.setFixedHeight(top + theme.px(36 + 8))
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.fit()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(200), self.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        lines = broken(self._text, "body", max(60, self.width() - theme.px(26)), 4)
        said = bool(self.reason.text().strip())
        middle = theme.px(2) + lines.line_height / 2
        draw_symbol(
            painter,
            "pencil" if said else "circle-alert",
            "accent" if said else "look",
            1,
            middle,
            theme.px(18),
        )
        draw_lines(painter, theme.px(26), theme.px(2), lines, "body", theme.colour("text"))


class OpenLine(QWidget):
    """A document that has to be opened first, with the button that opens it."""

    opened = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self.button = QPushButton(self.tr("Open"), self)
        self.button.setAccessibleName(self.tr("Open {name}").format(name=name))
        self.button.clicked.connect(self.opened)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.fit)

    def fit(self) -> None:
        size = self.button.sizeHint()
        self.button.setFont(theme.font("body"))
        self.button.setGeometry(self.width() - size.width(), 0, size.width(), size.height())
        self.setFixedHeight(size.height() + theme.px(4))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(200), self.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        middle = self.button.geometry().center().y()
        draw_symbol(painter, "file-text", "look", 1, middle, theme.px(18))
        words = broken(self._name, "body", self.button.x() - theme.px(36), 1)
        draw_lines(painter, theme.px(26), middle - words.height / 2, words, "body", theme.colour("text"))


class CountersignButton(KeyButton):
    """Records a decision: by the mouse, Space or its own key. Enter never does, however it got here."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()
            return
        if event.isAutoRepeat():
            return
        super().keyPressEvent(event)
