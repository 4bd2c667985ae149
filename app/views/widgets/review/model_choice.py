"""Who will receive the prompt, always in sight: which model, where it runs, and whether words leave this computer."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QEnterEvent, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QMenu, QSizePolicy, QWidget

from app.domain.recommendation import ModelInfo
from app.views import theme
from app.views.widgets.lettering import draw_symbol, draw_text

HEIGHT = 36


def model_words(info: ModelInfo) -> str:
    """A model with its version, where it has one."""
    return f"{info.name} {info.version}".strip()


class ModelChoice(QAbstractButton):
    """Two lines: where the prompt goes, and to which model; a click, Space, Enter or Down opens the choice.

    `chosen` names the model; `sent_wanted` asks to see exactly what would be sent.
    """

    chosen = Signal(str)
    sent_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._models: tuple[ModelInfo, ...] = ()
        self._model: ModelInfo | None = None
        self._menu = QMenu(self)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._open)
        theme.changed.connect(self._restyle)
        self._restyle()

    @property
    def menu(self) -> QMenu:
        return self._menu

    @property
    def model(self) -> ModelInfo | None:
        return self._model

    def show_models(self, models: Sequence[ModelInfo], chosen: str) -> None:
        """The models there are, and the one that will be asked."""
        self._models = tuple(models)
        self._model = next((m for m in models if m.name == chosen), None)
        self._menu.clear()
        for info in self._models:
            action = QAction(self._menu)
            action.setText(self._row(info).replace("&", "&&"))
            action.setIcon(theme.icon(self._symbol(info), "muted", theme.px(16)))
            action.setCheckable(True)
            action.setChecked(info is self._model)
            action.triggered.connect(lambda _checked=False, name=info.name: self.chosen.emit(name))
            self._menu.addAction(action)
        self._menu.addSeparator()
        shown = self._menu.addAction(self.tr("Show what is sent"))
        shown.setIcon(theme.icon("eye", "muted", theme.px(16)))
        shown.triggered.connect(self.sent_wanted)
        self.setAccessibleName(" ".join(self.lines))
        self.setToolTip(" ".join(self.lines))
        self.update()

    @property
    def lines(self) -> tuple[str, str]:
        """What is said: where it goes, and to whom."""
        if self._model is None:
            return self.tr("Nobody to ask"), self.tr("choose a model")
        if self._model.leaves_computer:
            return self.tr("Leaves this computer"), f"{model_words(self._model)} · {self._model.where}"
        return self.tr("Stays on this computer"), model_words(self._model)

    def _row(self, info: ModelInfo) -> str:
        where = info.where if info.leaves_computer else self.tr("this computer")
        words = f"{model_words(info)} · {where}"
        return (
            self.tr("{model} (leaves this computer)").format(model=words) if info.leaves_computer else words
        )

    @staticmethod
    def _symbol(info: ModelInfo | None) -> str:
        return "laptop" if info is not None and not info.leaves_computer else "cloud"

    def _restyle(self) -> None:
        self.setFixedHeight(theme.px(HEIGHT))
        self.show_models(self._models, self._model.name if self._model else "")

    def sizeHint(self) -> QSize:
        body, strong = QFontMetricsF(theme.font("caption")), QFontMetricsF(theme.font("small"))
        upper, lower = self.lines
        wide = max(body.horizontalAdvance(upper), strong.horizontalAdvance(lower))
        return QSize(round(wide) + theme.px(18 + 8 + 20 + 16), theme.px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(140), theme.px(HEIGHT))

    def _open(self) -> None:
        self._menu.popup(self.mapToGlobal(QPoint(0, self.height() + theme.px(4))))

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        wide = min(self.width(), self.sizeHint().width())
        rect = QRectF(0, 0, wide, self.height()).adjusted(0.75, 0.75, -0.75, -0.75)
        leaves = self._model is None or self._model.leaves_computer
        if leaves or self.underMouse() or self.hasFocus():
            painter.setPen(QPen(theme.colour("accent"), 1.5) if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("look_back" if leaves else "background"))
            painter.drawRoundedRect(rect, theme.px(8), theme.px(8))
        upper, lower = self.lines
        pad, side = theme.px(8), theme.px(18)
        draw_symbol(
            painter, self._symbol(self._model), "look" if leaves else "muted", pad, self.height() / 2, side
        )
        x, right = pad + side + theme.px(8), rect.right() - theme.px(20)
        half = self.height() / 2
        draw_text(painter, QRectF(x, theme.px(2), right - x, half - theme.px(2)), upper, "caption",
                  "look" if leaves else "muted")  # fmt: skip
        draw_text(
            painter, QRectF(x, half - theme.px(1), right - x, half - theme.px(2)), lower, "small", "text"
        )
        draw_symbol(painter, "chevron-down", "muted", right + theme.px(2), self.height() / 2, theme.px(14))
