"""The two panels beside the page of a form that is taught: its fields at the left, what is set at the right."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.views import theme
from app.views.widgets.chip import Chip, ChipLabel
from app.views.widgets.key_button import KeyButton
from app.views.widgets.teach.elided import ElidedLabel
from app.views.widgets.teach.field_list import FieldList
from app.views.widgets.teach.inspector import Inspector
from app.views.widgets.teach.publish_panel import PublishPanel

HEAD = 44
FOOT = 56


class FieldsPanel(QWidget):
    """The way back, the form's name, undo and redo, the list of fields, and how to try the form."""

    back_asked = Signal()
    undo_asked = Signal()
    redo_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icons: list[tuple[QToolButton, str]] = []
        self.back = self._button(
            "arrow-left", self.tr("Back to the form types (Alt+Home)"), self.back_asked.emit
        )
        self.title = ElidedLabel("", "title")
        self.undo = self._button("undo-2", self.tr("Undo (Ctrl+Z)"), self.undo_asked.emit)
        self.redo = self._button("redo-2", self.tr("Redo (Ctrl+Y)"), self.redo_asked.emit)
        self.list = FieldList()
        self.add = KeyButton(self.tr("Add copies"))
        self.damage = KeyButton(self.tr("Damage"))
        self.damage.setToolTip(
            self.tr(
                "Copies of the example on show, damaged as paper is on its way: skewed, faxed, photographed"
            )
        )
        self._head = QHBoxLayout()
        for widget, stretch in ((self.back, 0), (self.title, 1), (self.undo, 0), (self.redo, 0)):
            self._head.addWidget(widget, stretch)
        self._foot = QHBoxLayout()
        self._foot.addWidget(self.add)
        self._foot.addWidget(self.damage)
        self._foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._head)
        column.addWidget(self.list, 1)
        column.addLayout(self._foot)
        theme.changed.connect(self._restyle)
        self._restyle()

    def _button(self, icon: str, tip: str, clicked: Callable[[], object]) -> QToolButton:
        button = QToolButton(autoRaise=True)
        button.setToolTip(tip)
        button.setAccessibleName(tip.split(" (", maxsplit=1)[0])
        button.setObjectName(icon)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.clicked.connect(lambda _checked=False: clicked())
        self._icons.append((button, icon))
        return button

    def show_undo(self, can_undo: bool, can_redo: bool) -> None:
        """What can be undone and done again."""
        self.undo.setEnabled(can_undo)
        self.redo.setEnabled(can_redo)

    def set_fixed(self, fixed: bool) -> None:
        """Whether the form can only be looked at."""
        self.list.set_fixed(fixed)
        for widget in (self.undo, self.redo, self.add, self.damage):
            widget.setVisible(not fixed)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(268), theme.px(600))

    def _restyle(self) -> None:
        for button, icon in self._icons:
            button.setIcon(theme.icon(icon, "text", theme.px(18)))
            button.setIconSize(QSize(theme.px(18), theme.px(18)))
            button.setFixedSize(theme.px(30), theme.px(30))
        self.title.setFixedHeight(theme.px(HEAD) - 1)
        self._head.setContentsMargins(theme.px(8), 0, theme.px(8), 1)
        self._head.setSpacing(theme.px(4))
        edge = theme.px(11)
        self._foot.setContentsMargins(theme.px(12), edge, theme.px(12), edge)
        self._foot.setSpacing(theme.px(8))
        self.setMinimumWidth(theme.px(220))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        line = theme.colour("line")
        painter.fillRect(QRectF(0, self.list.y() - 1, self.width(), 1), line)
        painter.fillRect(QRectF(0, self.list.geometry().bottom() + 1, self.width(), 1), line)


class SettingsPanel(QWidget):
    """The inspector, or what publishing needs and does; the two large buttons at the foot."""

    try_asked = Signal()
    publish_asked = Signal()
    """the second time, with what will happen on show: do it"""
    put_away = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = ChipLabel()
        self.version = ElidedLabel("", "body", "muted")
        self.inspector = Inspector()
        self.publishing = PublishPanel()
        self.stack = QStackedWidget()
        self.stack.addWidget(self.inspector)
        self.stack.addWidget(self.publishing)
        self.publish = KeyButton(self.tr("Publish"), "F10", primary=True)
        self.publish.setObjectName("publish")
        self.try_out = KeyButton(self.tr("Try"), "F9")
        self.try_out.setObjectName("try")
        self._head = QHBoxLayout()
        self._head.addWidget(self.version, 1)
        self._head.addWidget(self.state)
        self._foot = QHBoxLayout()
        self._foot.addWidget(self.publish)
        self._foot.addWidget(self.try_out)
        self._foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._head)
        column.addWidget(self.stack, 1)
        column.addLayout(self._foot)
        self._fixed = False
        self.publish.clicked.connect(self.publish_asked)
        self.try_out.clicked.connect(self._second)
        theme.changed.connect(self._restyle)
        self._restyle()

    @property
    def is_publishing(self) -> bool:
        """Whether what publishing needs and does is on show."""
        return self.stack.currentWidget() is self.publishing

    def show_publishing(self, publishing: bool, *, ready: bool = True) -> None:
        """Show what publishing needs and does, or the inspector again."""
        self.stack.setCurrentWidget(self.publishing if publishing else self.inspector)
        self.publish.setEnabled(ready or not publishing)
        self.publish.set_words(self.tr("Publish now") if publishing else self.tr("Publish"), "F10")
        self.try_out.set_words(
            self.tr("Back") if publishing else self.tr("Try"), "Esc" if publishing else "F9"
        )

    def show_head(self, version: str, chip: Chip) -> None:
        """Which version it is, and how it stands."""
        self.version.setText(version)
        self.state.set_chip(chip)

    def set_fixed(self, fixed: bool) -> None:
        """Whether the form can only be looked at."""
        self.publish.setVisible(not fixed)
        self.try_out.setVisible(not fixed)

    def _second(self) -> None:
        if self.is_publishing:
            self.put_away.emit()
        else:
            self.try_asked.emit()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(372), theme.px(600))

    def _restyle(self) -> None:
        self.version.setFixedHeight(theme.px(HEAD) - 1)
        self._head.setContentsMargins(theme.px(16), 0, theme.px(16), 1)
        edge = theme.px(11)
        self._foot.setContentsMargins(theme.px(16), edge, theme.px(16), edge)
        self._foot.setSpacing(theme.px(8))
        self.setMinimumWidth(theme.px(300))
        self.update()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._restyle()  # the style sheet gives a label the program's font when it is first polished

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        line = theme.colour("line")
        painter.fillRect(QRectF(0, self.stack.y() - 1, self.width(), 1), line)
        painter.fillRect(QRectF(0, self.stack.geometry().bottom() + 1, self.width(), 1), line)
