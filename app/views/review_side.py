"""The right side of the review: prompt, recommendation, guidelines, pinned evidence, history, and the determination."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from app.domain.case import Case
from app.domain.errors import Actionable
from app.domain.evidence import Evidence
from app.domain.material import Material
from app.domain.prompt import Prompt, Slot
from app.domain.recommendation import ModelInfo, Review
from app.views import messages, theme
from app.views.models.determination_model import DeterminationModel
from app.views.models.review_lookup import Opened
from app.views.models.review_model import Noted, ReviewModel
from app.views.review_decision import ReviewDecision, ask_for_file
from app.views.review_finding import ReviewFinding
from app.views.widgets.message_line import MessageLine
from app.views.widgets.review.determination_bar import DeterminationBar
from app.views.widgets.review.evidence_place import Places, places_of
from app.views.widgets.review.history_list import HistoryPage, happenings
from app.views.widgets.review.letter_preview import LetterPreview
from app.views.widgets.review.model_choice import model_words
from app.views.widgets.review.pins_list import PinsPage
from app.views.widgets.review.prompt_pane import PromptPane
from app.views.widgets.review.prompt_version import versions
from app.views.widgets.review.recommendation_pane import RecommendationPane
from app.views.widgets.review.recommendation_policy import PolicyOption
from app.views.widgets.review.side_tab import SideTabs

WIDTH, LEAST = 490, 380
ANSWER, GUIDELINES, PINS, HISTORY, LETTER = "recommendation", "guidelines", "pins", "history", "letter"
PROMPT_SHARE, READ_SHARE, FORM_SHARE = 0.46, 0.7, 0.62
"""The most of the height that the prompt takes by itself, that words being read take in its place, and that a decision
being written takes."""


class ReviewSide(QWidget):
    """Lays the parts out and wires them to their models; what leads to the left side goes out as signals."""

    evidence_opened = Signal(object)
    """`Evidence` to be shown where it stands"""
    field_opened = Signal(str)
    document_opened = Signal(str)
    """the id of a document or policy to be opened"""
    slot_armed = Signal(object)
    """the `Slot` that words clicked in a document go into, or None"""
    line_chosen = Signal(str)
    case_changed = Signal(object)
    """`Case` after a note or a determination"""
    decided = Signal(object)
    """`Case`: a determination is on record"""
    next_wanted = Signal()
    said = Signal(str, str, str)
    """kind, what happened, what to do; see `MessageLine.say`"""
    layout_changed = Signal()

    def __init__(
        self,
        review: ReviewModel,
        determination: DeterminationModel,
        parent: QWidget | None = None,
        *,
        file_asked: Callable[[QWidget, str], str] = ask_for_file,
    ) -> None:
        super().__init__(parent)
        self._review, self._determination = review, determination
        self._places = Places()
        self._titles: dict[str, str] = {}
        self._moved = False
        self.tabs = SideTabs(
            (
                (ANSWER, self.tr("Recommendation"), "list-checks"),
                (GUIDELINES, self.tr("Guidelines"), "book-open"),
                (PINS, self.tr("Pinned"), "pin"),
                (HISTORY, self.tr("History"), "history"),
            ),
            self,
        )
        self.prompt = PromptPane()
        self.answer = RecommendationPane()
        self.pins = PinsPage()
        self.history = HistoryPage()
        self.letter = LetterPreview()
        self._locked = ""
        self.bar = DeterminationBar(self)
        self.message = MessageLine(self)
        self._lay_out()
        self._wire_prompt()
        self._wire_answer()
        self.decision = ReviewDecision(self.bar, self.letter, determination, file_asked, self)
        self._wire_decision()
        self.setMinimumWidth(LEAST)
        theme.changed.connect(self._fit)
        self.setEnabled(False)

    def _lay_out(self) -> None:
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setHandleWidth(1)
        self.splitter.addWidget(self.prompt)
        self.splitter.addWidget(self.answer)
        self.splitter.setStretchFactor(0, 0)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setCollapsible(1, False)
        self.splitter.splitterMoved.connect(self._splitter_moved)
        self.stack = QStackedWidget(self)
        self._pages: dict[str, QWidget] = {
            ANSWER: self.splitter,
            PINS: self.pins,
            HISTORY: self.history,
            LETTER: self.letter,
        }
        for page in self._pages.values():
            self.stack.addWidget(page)
        self.tabs.set_offered(GUIDELINES, False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.tabs)
        column.addWidget(self.stack, 1)
        column.addWidget(self.message)
        column.addWidget(self.bar)
        self.tabs.chosen.connect(self.show_tab)
        self.bar.installEventFilter(self)

    def _wire_prompt(self) -> None:
        pane, model = self.prompt, self._review
        pane.edited.connect(model.type_prompt)
        pane.asked.connect(model.ask)
        pane.reset_wanted.connect(model.reset_prompt)
        pane.field_opened.connect(self.field_opened)
        pane.evidence_opened.connect(self.evidence_opened)
        pane.slot_armed.connect(self.slot_armed)
        pane.model_chosen.connect(model.choose_model)
        pane.sent_wanted.connect(model.show_sent)
        pane.version_wanted.connect(model.use_version)
        pane.history_wanted.connect(lambda: self.show_tab(HISTORY))
        pane.height_changed.connect(self._fit)
        model.prompt_changed.connect(self._show_prompt)
        model.draft_restored.connect(pane.restore)
        model.model_changed.connect(self._show_models)
        model.sent_shown.connect(pane.show_sent)
        ReviewFinding(pane, model, self.message, self)

    def _wire_answer(self) -> None:
        pane, model = self.answer, self._review
        pane.evidence_opened.connect(self.evidence_opened)
        pane.evidence_dropped.connect(lambda _line, criterion, found: model.pin(found, criterion))
        pane.marked.connect(model.mark)
        pane.unmarked.connect(model.unmark)
        pane.line_chosen.connect(self._choose_line)
        pane.cancelled.connect(model.stop)
        pane.again_wanted.connect(model.ask)
        pane.engine_wanted.connect(model.use_engine)
        pane.compare_wanted.connect(model.compare)
        pane.policy_chosen.connect(model.choose_policy)
        model.opened.connect(self._show_opened)
        model.closed.connect(self._show_closed)
        model.reviews_changed.connect(self._show_reviews)
        model.shown_changed.connect(self._show_review)
        model.asking_changed.connect(self._show_asking)
        model.heard.connect(pane.hear)
        model.notes_changed.connect(self._show_notes)
        model.compared.connect(pane.show_difference)
        model.refused.connect(self._refuse)
        model.failed.connect(self._fail)
        self.pins.opened.connect(self.evidence_opened)
        self.pins.removed.connect(model.unpin)
        self.history.review_chosen.connect(self._show_earlier)

    def _wire_decision(self) -> None:
        bar, decision = self.bar, self.decision
        bar.document_opened.connect(self.document_opened)
        bar.next_wanted.connect(self.next_wanted)
        bar.left.connect(self._fit)
        bar.form.changed.connect(self._fit)
        decision.begun.connect(self._begin)
        decision.stood.connect(self._show_stood)
        decision.decided.connect(self._show_decided)
        decision.said.connect(self.said)
        decision.letter_wanted.connect(lambda: self.show_tab(LETTER))
        decision.letter_left.connect(lambda: self.show_tab(ANSWER))

    # What the room does with the side

    def open_case(self, case_id: str) -> None:
        """Show a case; the latest call wins."""
        self._review.open(case_id)
        self._determination.open(case_id)

    def close_case(self) -> None:
        self._review.close()
        self._determination.close()

    def refresh(self) -> None:
        """Look again: documents came, fields were corrected."""
        self._review.refresh()
        self._determination.refresh()

    def set_guidelines(self, panel: QWidget) -> None:
        """Put the search of guidelines into its tab; its own signals are wired by whoever made it."""
        self._pages[GUIDELINES] = panel
        self.stack.addWidget(panel)
        self.tabs.set_offered(GUIDELINES, True)

    def seen(self) -> None:
        """It was recorded that something was on screen: what has to be opened may be open by now."""
        self._determination.look_again()

    def set_person(self) -> None:
        """Somebody else signed in."""
        self._determination.show_person()

    def lock(self, words: str) -> None:
        """Somebody else has the case, in words: nothing is asked, marked or decided; "" opens the side again."""
        self._locked = words
        self.bar.lock(words)
        self.answer.criteria.set_locked(bool(words) or self.answer.earlier)
        self.prompt.setEnabled(not words)

    def take_span(self, evidence: Evidence) -> bool:
        """Words chosen in a document: they fill the slot that waits for words. False when none does."""
        slot = self.prompt.armed
        if slot is None:
            return False
        self.fill(slot, evidence)
        return True

    def fill(self, slot: Slot, evidence: Evidence) -> None:
        """Fill a slot of the prompt from words in a document."""
        self._review.fill(slot, evidence)
        self.prompt.arm(None)
        self.show_tab(ANSWER)

    def pin(self, evidence: Evidence, criterion: str = "") -> None:
        self._review.pin(evidence, criterion)

    def show_line(self, line_id: str) -> None:
        """Show the answer for a line of the request."""
        self.answer.show_line(line_id)

    def show_tab(self, name: str) -> None:
        page = self._pages.get(name)
        if page is not None:
            if name != LETTER:
                self.tabs.choose(name)
            self.stack.setCurrentWidget(page)
            self.bar.setVisible(name != LETTER)

    def focus_prompt(self) -> None:
        self.show_tab(ANSWER)
        self.prompt.show_editor()
        self.prompt.editor.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def focus_answer(self) -> None:
        """Put the keyboard on the criteria."""
        self.show_tab(ANSWER)
        rows = self.answer.criteria.rows
        if rows:
            rows[0].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def focus_decision(self) -> None:
        """Put the keyboard where a person decides."""
        self.bar.focus_first()

    def flush(self) -> None:
        """Hand over what waits to be kept: the window is closing."""
        self._review.flush()
        self._determination.flush()

    def view_state(self) -> dict[str, Any]:
        """How the side is arranged, to be remembered."""
        return {"tab": self.tabs.current, "sizes": self.splitter.sizes() if self._moved else []}

    def restore_view(self, state: Mapping[str, Any]) -> None:
        sizes = [int(size) for size in state.get("sizes", ()) if isinstance(size, int)]
        if len(sizes) == 2 and sum(sizes) > 0:
            self._moved = True
            self.splitter.setSizes(sizes)
        if state.get("tab") in self._pages:
            self.show_tab(str(state["tab"]))

    # What the models say

    def _show_opened(self, found: Opened) -> None:
        self._name_places(found.material)
        self._titles = {
            line.line_id: line.description or line.code or line.line_id
            for line in found.material.request.lines
        }
        self.setEnabled(True)
        self.message.clear()
        self.prompt.show_editor()
        self.prompt.arm(None)
        self.answer.show_notes((), ())
        if not found.reviews:
            self.answer.show_nothing()
        self._show_pins()

    def _name_places(self, material: Material) -> None:
        self._places = places_of(material)
        self.decision.show_places(self._places)

    def _show_closed(self) -> None:
        self.setEnabled(False)
        self.prompt.forget()
        self.answer.show_nothing()
        self.answer.show_notes((), ())
        self.history.show_history((), "")
        self.pins.show_pins((), Places(), {})
        self.tabs.set_count(PINS, 0)
        self.bar.forget()
        self.lock("")
        self.message.clear()
        self.show_tab(ANSWER)

    def _show_prompt(self, prompt: Prompt) -> None:
        self.prompt.show_prompt(prompt, self._places)
        self._show_versions()
        self.prompt.show_unused(self._review.unused())

    def _show_versions(self) -> None:
        me = self._review.person
        self.prompt.show_versions(versions(self._review.reviews, self._review.prompt, me), me)

    def _show_models(self, chosen: ModelInfo | None) -> None:
        self.prompt.show_models(self._review.models, chosen.name if chosen else "")

    def _show_reviews(self, _reviews: tuple[Review, ...]) -> None:
        self._show_versions()
        self._show_history()

    def _show_review(self, review: Review | None) -> None:
        model = self._review
        if review is None:
            self.answer.show_nothing()
            self._determination.set_review("")
            self._show_pins()
            return
        material = model.material
        if material is not None:
            self._name_places(material)
            self.answer.show_notes(material.pins, material.marks)
        self.answer.policy.show_options([PolicyOption(p.policy_id, p.title) for p in model.in_force])
        self.answer.show_news(self._news(review))
        latest = next((r for r in model.reviews if r.recommendations), review)
        self.answer.show_review(
            review, self._places, model.policies_of(review), self._titles,
            earlier=review is not latest and bool(review.recommendations), previous=model.before(review) is not None,
        )  # fmt: skip
        self.prompt.show_unused(model.unused())
        self._determination.set_review(review.review_id if review.recommendations else "")
        self.decision.show_line(self.answer.line)
        self._give_words()
        self._show_pins()
        self._show_history()

    def _news(self, review: Review) -> str:
        """What is there by now that an answer has not seen, in words."""
        material = self._review.material
        if material is None:
            return ""
        came = {d.document_id for d in material.documents} - set(review.seen)
        was_unread = sum(flag.kind == "unread" for flag in review.flags)
        if came or was_unread > len(material.unread):
            return self.tr("Documents came or were read since: ask again.")
        return ""

    def _show_earlier(self, review_id: str) -> None:
        """An answer out of the history, beside the words it was asked with."""
        self._review.show_review(review_id)
        self.show_tab(ANSWER)
        me = self._review.person
        asked = next((r.prompt for r in self._review.reviews if r.review_id == review_id), "")
        told = versions(self._review.reviews, self._review.prompt, me)
        version = next((v for v in told if v.text == asked), None)
        if version is not None:
            self.prompt.show_version(version)

    def _show_asking(self, info: ModelInfo | None) -> None:
        self.prompt.set_asking(info is not None)
        if info is None:
            self.answer.finish()
        else:
            self.answer.start(self.tr("{model} is reading").format(model=model_words(info)))

    def _show_notes(self, noted: Noted) -> None:
        self.answer.show_notes(noted.material.pins, noted.material.marks)
        self._give_words()
        self._show_pins()
        self._determination.refresh()
        self.case_changed.emit(noted.case)

    def _show_pins(self) -> None:
        shown = self._review.shown
        names = {c.criterion_id: c.text for r in shown.recommendations for c in r.criteria} if shown else {}
        self.pins.show_pins(self._review.pins, self._places, names)
        self.tabs.set_count(PINS, len(self._review.pins))

    def _show_history(self) -> None:
        model = self._review
        told = versions(model.reviews, model.prompt, model.person)
        rows = happenings(model.reviews, told, self.decision.made, self._titles)
        self.history.show_history(rows, model.shown.review_id if model.shown else "")

    def _give_words(self) -> None:
        """What may be asked for, as words to pick from: nothing of it is said before a person picks it."""
        found = self.answer.shown
        self.bar.show_words(found.missing if found is not None else ())

    def _choose_line(self, line_id: str) -> None:
        self._give_words()
        self.decision.show_line(line_id)
        self.line_chosen.emit(line_id)

    def _refuse(self, error: Actionable) -> None:
        what, step = messages.text(error)
        self.message.say("wrong", what, step)

    def _fail(self, error: Actionable) -> None:
        what, step = messages.text(error)
        model = self._review.model
        self.answer.tell_trouble(what, step, engine=model is not None and model.leaves_computer)

    # The determination

    def _show_stood(self) -> None:
        self._show_history()
        self._fit()

    def _begin(self) -> None:
        self.show_tab(ANSWER)
        self._fit()

    def _show_decided(self, case: Case) -> None:
        self.case_changed.emit(case)
        self.decided.emit(case)
        self._fit()

    # Heights

    def _splitter_moved(self, _at: int, _index: int) -> None:
        self._moved = True
        self.layout_changed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.bar and event.type() is QEvent.Type.LayoutRequest:
            self._fit()
        return super().eventFilter(watched, event)

    def _fit(self) -> None:
        """The prompt as tall as its words, the decision as tall as it needs, the rest for the answer."""
        deciding = self.bar.deciding is not None
        self.prompt.setVisible(not deciding)
        tall = self.bar.wanted_height(self.width())
        self.bar.setFixedHeight(min(tall, round(self.height() * FORM_SHARE)) if deciding else tall)
        room = self.splitter.height()
        if not self._moved and not deciding and room > 0:
            share = READ_SHARE if self.prompt.reading else PROMPT_SHARE
            wanted = min(self.prompt.wanted_height(), round(self.height() * share))
            if self.splitter.sizes()[0] != wanted:
                self.splitter.setSizes([wanted, max(1, room - wanted)])
