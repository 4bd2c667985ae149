"""Who works here, at the foot of the rail: initials and name, and a menu to lock, to sign out and to switch."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QEnterEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QMenu, QSizePolicy, QWidget

from app.domain.role import Person
from app.views import theme
from app.views.widgets.admin.role_words import initials, role_list
from app.views.widgets.lettering import draw_text


class PersonBadge(QAbstractButton):
    """Initials in a circle with the name below; a click, Space or Enter opens the menu."""

    chosen = Signal(str)
    """`lock`, `switch` or `passphrase`"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._person: Person | None = None
        self.menu = QMenu(self)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self._open)
        theme.changed.connect(self.updateGeometry)
        self.hide()

    def show_person(self, person: Person | None) -> None:
        """Who is signed in; None where nobody has to."""
        self._person = person
        self.setVisible(person is not None)
        self.menu.clear()
        if person is None:
            return
        roles = role_list(person.roles)
        self.setText(person.name)
        self.setToolTip(f"{person.title}\n{roles}")
        self.setAccessibleName(self.tr("Signed in: {person}").format(person=person.title))
        self.setAccessibleDescription(roles)
        called = person.title if person.title == person.name else f"{person.title} ({person.name})"
        for words in (called, roles):
            self.menu.addAction(words).setEnabled(False)
        self.menu.addSeparator()
        self._offer("lock", "lock", self.tr("Lock\tCtrl+Alt+L"))
        self._offer("passphrase", "settings", self.tr("Change my passphrase…"))
        self._offer("switch", "users", self.tr("Sign out, or switch person\tCtrl+Alt+O"))
        self.update()

    def _offer(self, name: str, symbol: str, words: str) -> None:
        action = QAction(theme.icon(symbol, "muted", theme.px(16)), words, self.menu)
        action.triggered.connect(lambda _checked=False: self.chosen.emit(name))
        self.menu.addAction(action)

    def _open(self) -> None:
        self.menu.ensurePolished()
        tall = self.menu.sizeHint().height()
        self.menu.popup(self.mapToGlobal(QPoint(self.width(), self.height() - tall)))

    def sizeHint(self) -> QSize:
        return QSize(theme.px(62), theme.px(58))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self.click()
            return
        super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._person is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect())
        if self.underMouse() or self.hasFocus():
            painter.setPen(QPen(theme.colour("accent"), 1.5) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("background"))
            painter.drawRoundedRect(rect.adjusted(0.75, 0.75, -0.75, -0.75), theme.px(8), theme.px(8))
        side = theme.px(28)
        circle = QRectF(rect.center().x() - side / 2, theme.px(5), side, side)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("accent"))
        painter.drawEllipse(circle)
        draw_text(
            painter, circle, initials(self._person), "caption", "on_accent", Qt.AlignmentFlag.AlignHCenter
        )
        words = QRectF(theme.px(2), theme.px(35), rect.width() - theme.px(4), theme.px(18))
        draw_text(painter, words, self.text(), "caption", "muted", Qt.AlignmentFlag.AlignHCenter)
