"""The policy a line was judged by, with its version; a press offers the others in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QMenu, QSizePolicy, QWidget

from app.views import theme
from app.views.widgets.lettering import draw_symbol, draw_text
from app.views.widgets.review.evidence_place import policy_words

LONGEST = 60
"""Characters of a title in the menu."""


@dataclass(frozen=True, slots=True)
class PolicyOption:
    """A policy in force that a line may be judged by."""

    policy_id: str
    title: str

    @property
    def words(self) -> str:
        title = self.title if len(self.title) <= LONGEST else f"{self.title[: LONGEST - 1]}…"
        return f"{policy_words(self.policy_id)}  {title}"


class PolicyChoice(QAbstractButton):
    """Stands at the right end of a head and takes the room that is left; `chosen` names a policy."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._menu = QMenu(self)
        self._options: tuple[PolicyOption, ...] = ()
        self._current = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self._open)
        theme.changed.connect(self.updateGeometry)
        self.say("", "", "")

    @property
    def menu(self) -> QMenu:
        return self._menu

    def say(self, words: str, title: str, policy_id: str) -> None:
        """Say which policy it is; without words there is none on file for the line."""
        self._current = policy_id
        self.setText(words or (self.tr("Choose a policy") if self._options else ""))
        self.setToolTip("\n".join(part for part in (words, title) if part))
        self.setAccessibleName(self.text())
        self._offer()

    def show_options(self, options: Sequence[PolicyOption]) -> None:
        """The policies in force, those that fit the line first."""
        if tuple(options) != self._options:
            self._options = tuple(options)
            self._offer()

    def _offer(self) -> None:
        self._menu.clear()
        for option in self._options:
            action = self._menu.addAction(option.words.replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(option.policy_id == self._current)
            action.triggered.connect(lambda _on=False, name=option.policy_id: self.chosen.emit(name))
        offered = bool(self._options)
        self.setEnabled(offered)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if offered else Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor if offered else Qt.CursorShape.ArrowCursor)
        self.update()

    def _open(self) -> None:
        self._menu.popup(self.mapToGlobal(QPoint(0, self.height())))

    def sizeHint(self) -> QSize:
        return QSize(theme.px(80), theme.px(22))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(40), theme.px(22))

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not self.text():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        mark = theme.px(16) if self._options else 0
        room = self.width() - mark - theme.px(2)
        ink = "text" if self.underMouse() and self._options else "muted"
        draw_text(
            painter,
            QRectF(0, 0, room, self.height()),
            self.text(),
            "caption",
            ink,
            Qt.AlignmentFlag.AlignRight,
        )
        if mark:
            draw_symbol(painter, "chevron-down", ink, self.width() - mark, self.height() / 2, theme.px(14))
        if self.hasFocus():
            words = QFontMetricsF(theme.font("caption")).horizontalAdvance(self.text())
            wide = min(float(room), words + theme.px(4)) + mark
            painter.setPen(QPen(theme.colour("accent"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            rect = QRectF(self.width() - wide - 4, 1, wide + 3, self.height() - 2)
            painter.drawRoundedRect(rect, theme.px(5), theme.px(5))
