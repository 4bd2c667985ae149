"""What was asked and decided on the case, newest first: who, when, which model, what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.domain.determination import Determination
from app.domain.recommendation import Review
from app.views import theme
from app.views.widgets.lettering import Lines, broken, draw_lines, draw_symbol
from app.views.widgets.notice_page import NoticePage
from app.views.widgets.overlay_bar import OverlayBar
from app.views.widgets.review.determination_words import done_words
from app.views.widgets.review.evidence_place import when_words
from app.views.widgets.review.model_choice import model_words
from app.views.widgets.review.prompt_version import PromptVersion
from app.views.widgets.review.recommendation_banner import LOOKS, proposed_words


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened: `ref` is the review it belongs to, "" for a determination."""

    symbol: str
    role: str
    title: str
    detail: str
    words: str
    ref: str = ""


def happenings(
    reviews: Sequence[Review],
    versions: Sequence[PromptVersion],
    decided: Sequence[Determination],
    titles: dict[str, str],
) -> tuple[Happened, ...]:
    """Reviews and determinations as rows, newest first."""
    tr = QCoreApplication.translate
    number = {v.text: v.number for v in versions}
    rows: list[tuple[float, Happened]] = []
    for review in reviews:
        outcomes = [proposed_words(r.outcome) for r in review.recommendations]
        first = review.recommendations[0].outcome if review.recommendations else None
        symbol, role = LOOKS[first] if first is not None else ("circle-alert", "wrong")
        title = " · ".join(dict.fromkeys(outcomes)) or tr("History", "No answer")
        detail = tr("History", "{when} · {by} asked {model} · prompt version {number}").format(
            when=when_words(review.at), by=review.by, model=model_words(review.model),
            number=number.get(review.prompt, 1),
        )  # fmt: skip
        rows.append(
            (review.at.timestamp(), Happened(symbol, role, title, detail, review.problem, review.review_id))
        )
    for made in decided:
        line = titles.get(made.line_id, "")
        title = done_words(made.outcome)
        if line and len(titles) > 1:
            title = f"{title} · {line}"
        detail = tr("History", "{when} · decided by {by}").format(
            when=when_words(made.at), by=made.title or made.by
        )
        rows.append((made.at.timestamp(), Happened("user-check", "text", title, detail, made.reason)))
    return tuple(row for _, row in sorted(rows, key=lambda item: -item[0]))


class HistoryRow(QAbstractButton):
    """One row; a press shows the answer it stands for."""

    def __init__(self, happened: Happened, shown: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.happened = happened
        self._shown = shown
        self.setText(happened.title)
        self.setAccessibleName(f"{happened.title}. {happened.detail}. {happened.words}")
        if happened.ref:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        else:
            self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def _texts(self) -> list[tuple[str, str, Lines]]:
        wide = max(60, self.width() - theme.px(16 + 18 + 10 + 16))
        found = self.happened
        texts = (
            ("strong", "text", found.title, 2),
            ("small", "muted", found.detail, 2),
            ("small", "text", found.words, 3),
        )
        return [(role, ink, broken(text, role, wide, most)) for role, ink, text, most in texts if text]

    def fit(self) -> None:
        self.setFixedHeight(round(sum(lines.height for _, _, lines in self._texts()) + theme.px(16)))

    def sizeHint(self) -> QSize:
        return QSize(theme.px(240), self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.fit()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat():
                self.click()
        elif event.key() == Qt.Key.Key_Down:
            self.focusNextChild()
        elif event.key() == Qt.Key.Key_Up:
            self.focusPreviousChild()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._shown:
            painter.fillRect(self.rect(), theme.colour("selection"))
            painter.fillRect(QRectF(0, 0, theme.px(3), self.height()), theme.colour("accent"))
        elif self.underMouse() and self.happened.ref:
            painter.fillRect(self.rect(), theme.colour("background"))
        y = float(theme.px(8))
        for number, (role, ink, lines) in enumerate(self._texts()):
            if not number:
                middle = y + lines.line_height / 2
                draw_symbol(
                    painter, self.happened.symbol, self.happened.role, theme.px(16), middle, theme.px(18)
                )
            draw_lines(painter, theme.px(16 + 18 + 10), y, lines, role, theme.colour(ink))
            y += lines.height
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), theme.colour("line"))
        if self.hasFocus():
            painter.setPen(QPen(theme.colour("accent"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -2))


class HistoryPage(QWidget):
    """The rows, or that nothing has happened. `review_chosen` names the answer to show."""

    review_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: list[HistoryRow] = []
        inner = QWidget()
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addStretch(1)
        self._area = QScrollArea(self)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setWidget(inner)
        OverlayBar(self._area)
        self.notice = NoticePage(self)
        self.notice.show_notice(
            "history",
            self.tr("Nothing has been asked yet"),
            self.tr("Every question, every answer and every decision of this case will stand here."),
        )
        self.missing = QLabel(self)
        self.missing.setWordWrap(True)
        self.missing.setTextFormat(Qt.TextFormat.PlainText)
        self.missing.hide()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.missing)
        outer.addWidget(self._area, 1)
        outer.addWidget(self.notice, 1)
        self._area.hide()
        self._restyle()
        theme.changed.connect(self._restyle)

    @property
    def rows(self) -> tuple[HistoryRow, ...]:
        return tuple(self._rows)

    def show_history(self, happened: Sequence[Happened], shown: str) -> None:
        """`shown` is the review that stands in the recommendation now."""
        for old in self._rows:
            old.hide()
            old.deleteLater()
        self._rows = []
        for number, one in enumerate(happened):
            row = HistoryRow(one, bool(one.ref) and one.ref == shown)
            row.clicked.connect(partial(self._chosen, one.ref))
            self._column.insertWidget(number, row)
            self._rows.append(row)
            row.fit()
        self._area.setVisible(bool(happened))
        self.notice.setVisible(not happened)

    def show_missing(self, missing: bool, since: datetime | None) -> None:
        """Whether some of what other desks did is not here, since when; None for all of it."""
        if since is None:
            words = self.tr("What other desks did is not here yet: it is fetched when there is a network.")
        else:
            words = self.tr(
                "What other desks did since {when} is not here yet: it is fetched when there is a network."
            ).format(when=when_words(since))
        self.missing.setText(words if missing else "")
        self.missing.setVisible(missing)

    def _chosen(self, ref: str, _checked: bool = False) -> None:
        if ref:
            self.review_chosen.emit(ref)

    def _restyle(self) -> None:
        self.missing.setFont(theme.font("small"))
        palette = self.missing.palette()
        palette.setColor(self.missing.foregroundRole(), theme.colour("muted"))
        self.missing.setPalette(palette)
        self.missing.setContentsMargins(theme.px(16), theme.px(8), theme.px(16), theme.px(8))
        for row in self._rows:
            row.fit()
            row.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.colour("surface"))
