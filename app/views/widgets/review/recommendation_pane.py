"""The recommendation: how an answer comes in, what it proposes and why, and every criterion with its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.domain.evidence import Evidence
from app.domain.material import Mark
from app.domain.policy import Policy
from app.domain.recommendation import Recommendation, Review
from app.domain.review_record import Difference
from app.views import theme
from app.views.widgets.notice_page import NoticePage
from app.views.widgets.overlay_bar import OverlayBar
from app.views.widgets.review.compare_view import CompareView
from app.views.widgets.review.criterion_list import CriterionList
from app.views.widgets.review.criterion_view import views_of, with_marks
from app.views.widgets.review.evidence_place import Places, policy_line
from app.views.widgets.review.pins_list import QuoteList
from app.views.widgets.review.recommendation_banner import RecommendationBanner
from app.views.widgets.review.recommendation_flag import FlagList
from app.views.widgets.review.recommendation_line import LineChoice
from app.views.widgets.review.recommendation_policy import PolicyChoice
from app.views.widgets.review.recommendation_run import AnswerTrouble, RecommendationRun


class RecommendationPane(QWidget):
    """A function of one review and of what people noted since, plus signals of intent."""

    evidence_opened = Signal(object)
    evidence_dropped = Signal(str, str, object)
    """line, criterion, `Evidence`"""
    marked = Signal(str, str, object, object, str)
    """line, criterion, `Status`, evidence, reason"""
    unmarked = Signal(str, str)
    """line, criterion"""
    line_chosen = Signal(str)
    cancelled = Signal()
    again_wanted = Signal()
    engine_wanted = Signal()
    policy_chosen = Signal(str, str)
    """line, policy: the line is to be judged by another one"""
    compare_wanted = Signal()
    latest_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._review: Review | None = None
        self._line = ""
        self._policies: Mapping[str, Policy] = {}
        self._places = Places()
        self._pins: tuple[tuple[str, Evidence], ...] = ()
        self._marks: tuple[Mark, ...] = ()
        self._titles: Mapping[str, str] = {}
        self._earlier = self._answered = self._narrow = False
        self._news = ""
        self._build()
        self._wire()
        theme.changed.connect(self._restyle)
        self._restyle()
        self.show_nothing()

    def _build(self) -> None:
        self._head = QLabel(self.tr("RECOMMENDATION"), self)
        self.policy = PolicyChoice(self)
        self.compare = QPushButton(self.tr("Compare with previous"), self)
        self.compare.setProperty("quiet", True)
        self.compare.hide()
        self.lines = LineChoice(self)
        self.run = RecommendationRun(self)
        self.trouble = AnswerTrouble(self)
        self.notice = NoticePage(self)
        inner = QWidget(self)
        self.flags = FlagList(inner)
        self.banner = RecommendationBanner(inner)
        self.difference = CompareView(inner)
        self.criteria = CriterionList(inner)
        self.passages = QuoteList(self.tr("Passages that were found"), inner)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.flags, self.banner, self.difference, self.criteria, self.passages):
            column.addWidget(widget)
        column.addStretch(1)
        self.area = QScrollArea(self)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(inner)
        self.bar = OverlayBar(self.area)
        self._keys = QLabel(self)
        self._keys.setWordWrap(True)
        self._top = top = QHBoxLayout()
        top.addWidget(self._head)
        top.addWidget(self.policy, 1)
        self._foot = foot = QHBoxLayout()
        foot.addWidget(self._keys, 1)
        foot.addStretch(0)
        foot.addWidget(self.compare)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(top)
        outer.addWidget(self.lines)
        outer.addWidget(self.run)
        outer.addWidget(self.trouble)
        outer.addWidget(self.notice, 1)
        outer.addWidget(self.area, 1)
        outer.addLayout(foot)

    def _wire(self) -> None:
        self.run.cancelled.connect(self.cancelled)
        self.trouble.again_wanted.connect(self.again_wanted)
        self.trouble.engine_wanted.connect(self.engine_wanted)
        self.notice.acted.connect(lambda _name: self.latest_wanted.emit())
        self.flags.opened.connect(self.evidence_opened)
        self.passages.opened.connect(self.evidence_opened)
        self.banner.deciding_wanted.connect(self.criteria.reveal)
        self.difference.criterion_wanted.connect(self.criteria.reveal)
        self.difference.closed.connect(self.difference.hide)
        self.compare.clicked.connect(self.compare_wanted)
        self.policy.chosen.connect(lambda policy: self.policy_chosen.emit(self._line, policy))
        self.lines.chosen.connect(self._line_chosen)
        criteria = self.criteria
        criteria.evidence_opened.connect(self.evidence_opened)
        criteria.evidence_dropped.connect(
            lambda name, found: self.evidence_dropped.emit(self._line, name, found)
        )
        criteria.marked.connect(
            lambda name, status, found, reason: self.marked.emit(self._line, name, status, found, reason)
        )
        criteria.unmarked.connect(lambda name: self.unmarked.emit(self._line, name))
        criteria.shown.connect(self._reveal)

    # What is shown

    @property
    def line(self) -> str:
        """The line of the request that is shown."""
        return self._line

    @property
    def shown(self) -> Recommendation | None:
        """The recommendation in sight, with what people marked since."""
        found = self._found()
        return with_marks(found, self._policy(found), self._marks) if found is not None else None

    @property
    def earlier(self) -> bool:
        """Whether a newer answer is there than the one in sight."""
        return self._earlier

    def show_nothing(self) -> None:
        """No question has been asked yet."""
        self._review, self._earlier, self._news = None, False, ""
        self.notice.show_notice(
            "scan-search",
            self.tr("No recommendation yet"),
            self.tr(
                "Read the prompt above, mend it, and ask with Ctrl+Enter. What comes back is proposed, never decided."
            ),
        )
        self._present(False)

    def show_review(
        self,
        review: Review,
        places: Places,
        policies: Mapping[str, Policy],
        titles: Mapping[str, str],
        *,
        earlier: bool = False,
        previous: bool = False,
    ) -> None:
        """Show an answer. `policies` and `titles` are by line; `earlier` says that a newer one is there, `previous`
        that there is one before it to compare with.
        """
        self._review, self._places, self._policies = review, places, policies
        self._titles, self._earlier = titles, earlier
        self.difference.hide()
        self.compare.setVisible(previous)
        self.criteria.set_locked(earlier)
        lines = [r.line_id for r in review.recommendations]
        if self._line not in lines:
            self._line = lines[0] if lines else ""
        self.lines.show_lines(
            [(r.line_id, titles.get(r.line_id, r.line_id), r.outcome) for r in review.recommendations],
            self._line,
        )
        self._present(bool(lines))
        if review.problem:
            self.trouble.tell(review.problem, "", engine=review.model.leaves_computer)
        else:
            self.trouble.hide()
        if not lines:
            self.notice.show_notice("scan-search", self.tr("This question has no answer"), review.problem)
        self._show_line()

    def show_line(self, line_id: str) -> None:
        """Show the answer for a line of the request."""
        if self._review is None:
            return
        if line_id != self._line and any(r.line_id == line_id for r in self._review.recommendations):
            self.lines.choose(line_id)

    def show_notes(self, pins: Sequence[tuple[str, Evidence]], marks: Sequence[Mark]) -> None:
        """What people pinned and marked, as it stands now."""
        self._pins, self._marks = tuple(pins), tuple(marks)
        self._show_line()

    def show_news(self, words: str) -> None:
        """Say that the answer in sight does not know what is there by now; "" when it does."""
        if words != self._news:
            self._news = words
            self._show_line()

    def show_difference(self, difference: Difference, before: Review) -> None:
        self.difference.show_difference(difference, before)
        self.area.verticalScrollBar().setValue(0)

    def start(self, who: str) -> None:
        """A question is under way; what was answered before stays in sight."""
        self.trouble.hide()
        self.run.start(who)

    def hear(self, text: str) -> None:
        self.run.hear(text)

    def finish(self) -> None:
        self.run.finish()

    def tell_trouble(self, reason: str, next_step: str, engine: bool) -> None:
        """Say why there is no new answer; `engine` offers the criteria engine."""
        self.trouble.tell(reason, next_step, engine)

    def _found(self) -> Recommendation | None:
        if self._review is None:
            return None
        return next((r for r in self._review.recommendations if r.line_id == self._line), None)

    def _policy(self, found: Recommendation) -> Policy | None:
        policy = self._policies.get(found.line_id)
        same = policy is not None and (policy.policy_id, policy.version) == (
            found.policy_id,
            found.policy_version,
        )
        return policy if same else None

    def _show_line(self) -> None:
        found = self.shown
        given = self._found()
        if found is None or given is None or self._review is None:
            self.policy.say("", "", "")
            return
        policy = self._policy(found)
        words = policy_line(policy, found.policy_id, found.policy_version)
        self.policy.say(words, found.policy_title, found.policy_id)
        note = ""
        if self._earlier:
            note = self.tr("An earlier answer. The latest one is in the history.")
        elif found is not given:
            note = self.tr("With what was marked since this answer.")
        if self._news and not self._earlier:
            note = f"{note} {self._news}".strip()
        self.banner.show_recommendation(found, note)
        self.flags.show_flags(self._review.flags, self._places)
        marks = [m for m in self._marks if m.line_id == self._line]
        pins = () if self._earlier else self._pins
        self.criteria.show_views(views_of(found, policy, pins, marks), self._places)
        self.passages.show_evidence(tuple(("", e) for e in found.passages), self._places, {})
        self.passages.setVisible(bool(found.passages))

    def _present(self, answered: bool) -> None:
        self.area.setVisible(answered)
        self.notice.setVisible(not answered)
        self._answered = answered
        self._keys.setVisible(answered and not self._narrow)
        if not answered:
            self.policy.say("", "", "")
            self.lines.hide()
            self.compare.setVisible(False)

    def _line_chosen(self, line_id: str) -> None:
        self._line = line_id
        self.difference.hide()
        self._show_line()
        self.line_chosen.emit(line_id)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._narrow = self.width() < theme.px(360) or self.height() < theme.px(200)
        self._keys.setVisible(self._answered and not self._narrow)

    def _reveal(self, widget: QWidget) -> None:
        self.area.ensureWidgetVisible(widget, 0, theme.px(24))

    def _restyle(self) -> None:
        for label, role in ((self._head, "section"), (self._keys, "small")):
            label.setFont(theme.font(role))
            palette = label.palette()
            palette.setColor(label.foregroundRole(), theme.colour("muted"))
            label.setPalette(palette)
        self._keys.setText(self.tr("M met · N not met · U undo · ↵ opens"))
        self._keys.setContentsMargins(theme.px(16), theme.px(4), theme.px(16), theme.px(4))
        self.compare.setFont(theme.font("small"))
        self.compare.setIcon(theme.icon("git-compare", "muted", theme.px(14)))
        self._top.setContentsMargins(theme.px(16), theme.px(10), theme.px(16), theme.px(4))
        self._top.setSpacing(theme.px(8))
        self._foot.setContentsMargins(0, 0, theme.px(10), 0)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface"))
        painter.fillRect(QRectF(0, 0, self.width(), 1), theme.colour("line"))
