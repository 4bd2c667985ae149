"""The review of the open case: its prompt, what was asked and answered, and what people noted on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.domain.case import Case
from app.domain.draft import Draft
from app.domain.errors import Actionable
from app.domain.evidence import Evidence
from app.domain.material import Material, Status
from app.domain.policy import Policy
from app.domain.prompt import Prompt, Slot
from app.domain.prompt_text import edited, unused, with_found, with_span
from app.domain.recommendation import ModelInfo, Review
from app.domain.review_note import Pin
from app.domain.review_record import Difference, difference
from app.views.background import Background
from app.views.models.draft_keeper import DraftKeeper, DraftShelf
from app.views.models.prompt_finding import PromptFinding
from app.views.models.review_lookup import LANE, PROMPT_DRAFT, Lookup, Opened, brought_up
from app.views.models.review_question import ReviewQuestion

if TYPE_CHECKING:
    from app.services.noting import Noting
    from app.services.review import Reviewing


@dataclass(frozen=True, slots=True)
class Noted:
    """A case after a note: what the side shows of it anew."""

    case: Case
    material: Material
    pins: tuple[Pin, ...]


class ReviewModel(QObject):
    """Holds what the right side of the review shows. Services are called in the lanes `review` and `store`.

    An answer that comes after its case was closed, or after it was stopped, is kept with the case and not shown as
    new. Words typed into the prompt are kept with every keystroke.
    """

    opened = Signal(object)
    """`Opened`: another case"""
    closed = Signal()
    prompt_changed = Signal(object)
    draft_restored = Signal(object)
    """`Draft`: where the cursor stood"""
    reviews_changed = Signal(object)
    """every `Review`, newest first"""
    shown_changed = Signal(object)
    """the `Review` to show, or None"""
    asking_changed = Signal(object)
    """the `ModelInfo` that is asked, or None"""
    heard = Signal(str)
    model_changed = Signal(object)
    """the `ModelInfo` that will be asked"""
    sent_shown = Signal(str)
    notes_changed = Signal(object)
    """`Noted`"""
    compared = Signal(object, object)
    """`Difference`, the `Review` before"""
    refused = Signal(object)
    """`Actionable`: the last thing asked for was not done"""
    failed = Signal(object)
    """`Actionable`: the question could not even be asked"""

    def __init__(
        self,
        reviewing: Reviewing,
        noting: Noting,
        store: DraftShelf,
        person: Callable[[], str],
        background: Background,
        parent: QObject | None = None,
        *,
        policies: Callable[[], tuple[Policy, ...]] = tuple,
    ) -> None:
        """`policies` gives those in force, to choose another from; asked in the lane `review`."""
        super().__init__(parent)
        self._reviewing, self._noting = reviewing, noting
        self._lookup = Lookup(reviewing, noting, store, policies)
        self._chosen: dict[str, str] = {}
        self._in_force: tuple[Policy, ...] = ()
        self._person = person
        self._background = background
        self._case_id: str | None = None
        self._material: Material | None = None
        self._generated: Prompt | None = None
        self._prompt: Prompt | None = None
        self._reviews: tuple[Review, ...] = ()
        self._shown: Review | None = None
        self._models: tuple[ModelInfo, ...] = ()
        self._model = ""
        self._pins: tuple[Pin, ...] = ()
        self.finding = PromptFinding(reviewing, background, self)
        self._question = ReviewQuestion(self._lookup, background, self)
        self._question.asking_changed.connect(self.asking_changed)
        self._question.heard.connect(self.heard)
        self._question.answered.connect(self._answered)
        self._question.failed.connect(self.failed)
        self._looking = self._look_again = False
        self._state = 0
        """Counts what was noted, answered or opened here: what was asked before it is older than what is shown."""
        self._keeper = DraftKeeper(store, PROMPT_DRAFT, background, self.refused.emit, self)

    # What there is

    @property
    def case_id(self) -> str | None:
        return self._case_id

    @property
    def person(self) -> str:
        return self._person()

    @property
    def material(self) -> Material | None:
        return self._material

    @property
    def prompt(self) -> Prompt | None:
        return self._prompt

    @property
    def reviews(self) -> tuple[Review, ...]:
        return self._reviews

    @property
    def shown(self) -> Review | None:
        return self._shown

    @property
    def models(self) -> tuple[ModelInfo, ...]:
        return self._models

    @property
    def model(self) -> ModelInfo | None:
        return next((m for m in self._models if m.name == self._model), None)

    @property
    def pins(self) -> tuple[Pin, ...]:
        return self._pins

    @property
    def asking(self) -> bool:
        return self._question.asking

    @property
    def saving(self) -> bool:
        """Whether typed words are not durable yet."""
        return self._keeper.saving

    @property
    def in_force(self) -> tuple[Policy, ...]:
        """The policies a line may be judged by."""
        return self._in_force

    def policies_of(self, review: Review) -> dict[str, Policy]:
        """The policies an answer was judged by, by line, as far as they are known here."""
        return self._lookup.policies_of(review)

    # Opening

    def open(self, case_id: str) -> None:
        """Show a case; the latest call wins."""
        self.close()
        self._case_id = case_id
        self._state += 1
        self._background.run(
            self, LANE, self._lookup.look, case_id,
            done=lambda found: self._show(case_id, found),
            failed=lambda error: self._gone(case_id, error),
        )  # fmt: skip

    def close(self) -> None:
        """Show no case. A question under way is stopped; what came of it stays with its case."""
        self.flush()
        self.stop()
        self.finding.stop()
        self._case_id = self._material = self._prompt = self._generated = self._shown = None
        self._reviews, self._pins, self._in_force = (), (), ()
        self._chosen = {}
        self.closed.emit()

    def refresh(self) -> None:
        """Look again: documents came, fields were corrected, somebody else noted something.

        Asked for while it looks, it looks once more afterwards. What was found before something was noted or
        answered here is older than what is shown, and is looked for again.
        """
        if self._case_id is None:
            return
        if self._looking:
            self._look_again = True
            return
        self._looking, self._look_again = True, False
        case_id, state = self._case_id, self._state
        self._background.run(
            self, LANE, self._lookup.look, case_id,
            done=lambda found: self._looked(case_id, state, found),
            failed=self._not_looked,
        )  # fmt: skip

    def _looked(self, case_id: str, state: int, found: Opened) -> None:
        self._looking = False
        if self._case_id == case_id and state == self._state:
            self._take(found)
            if self._prompt is not None:
                self._set_prompt(brought_up(self._prompt, found.generated))
            self.reviews_changed.emit(self._reviews)
            self.shown_changed.emit(self._shown)
        if self._look_again or (self._case_id is not None and state != self._state):
            self.refresh()

    def _not_looked(self, error: Actionable) -> None:
        self._looking = False
        self.refused.emit(error)

    def _take(self, found: Opened) -> None:
        self._material, self._generated = found.material, found.generated
        self._reviews, self._models, self._pins = found.reviews, found.models, found.pins
        self._in_force = found.in_force
        if self.model is None and found.models:
            self._model = found.models[0].name
        shown = self._shown.review_id if self._shown else ""
        self._shown = next((r for r in found.reviews if r.review_id == shown), None) or next(
            iter(found.reviews), None
        )

    def _show(self, case_id: str, found: Opened) -> None:
        if self._case_id != case_id:
            return
        self._take(found)
        prompt = found.prompt(self.person)
        draft = found.drafts.get(PROMPT_DRAFT)
        self._prompt = prompt
        self.opened.emit(found)
        self.model_changed.emit(self.model)
        self.prompt_changed.emit(prompt)
        if draft is not None:
            self.draft_restored.emit(draft)
        self.reviews_changed.emit(self._reviews)
        self.shown_changed.emit(self._shown)

    def _gone(self, case_id: str, error: Actionable) -> None:
        if self._case_id == case_id:
            self.close()
            self.refused.emit(error)

    # The prompt

    def type_prompt(self, draft: Draft) -> None:
        """Take the words as they stand in the editor; kept at once."""
        if self._prompt is None:
            return
        if draft.text != self._prompt.text:
            self._set_prompt(edited(self._prompt, draft.text, self.person))
        self._keep_draft(draft)

    def reset_prompt(self) -> None:
        """Back to what was generated from the same case."""
        if self._generated is not None:
            self._set_prompt(self._generated)
            self._keep_draft(Draft(self._generated.text, 0, 0))

    def fill(self, slot: Slot, evidence: Evidence) -> None:
        """Fill a slot from words in a document; the slot keeps its source, and the case keeps the fact."""
        if self._prompt is None or self._case_id is None:
            return
        prompt = with_span(self._prompt, slot, evidence, self.person)
        self._set_prompt(prompt)
        self._keep_draft(Draft(prompt.text, len(prompt.text), len(prompt.text)))
        self._note(self._noting.state, str(slot), evidence.quote, evidence)

    def use_version(self, text: str) -> None:
        """Put the words of an earlier version into the editor."""
        if self._prompt is not None:
            self._set_prompt(edited(self._prompt, text, self.person))
            self._keep_draft(Draft(text, len(text), len(text)))

    def take_found(self, proposed: Prompt) -> tuple[Slot, ...]:
        """Fill what is still absent with what a model found; which slots those are. They stay doubtful."""
        if self._prompt is None:
            return ()
        prompt, slots = with_found(self._prompt, proposed)
        self._set_prompt(prompt)
        return slots

    def unused(self) -> tuple[tuple[int, int], ...]:
        """Prose of the prompt that the criteria engine does not read, where it gave the answer that is shown."""
        shown, prompt = self._shown, self._prompt
        if shown is None or prompt is None or shown.model.leaves_computer or shown.prompt != prompt.text:
            return ()
        return unused(prompt)

    def _set_prompt(self, prompt: Prompt) -> None:
        if prompt != self._prompt:
            self._prompt = prompt
            self.prompt_changed.emit(prompt)

    def _keep_draft(self, draft: Draft) -> None:
        if self._case_id is not None:
            self._keeper.keep(self._case_id, draft)

    def flush(self) -> None:
        """Hand over what waits to be kept: the case or the window is closing."""
        self._keeper.flush()

    # Asking

    def choose_model(self, name: str) -> None:
        if any(m.name == name for m in self._models) and name != self._model:
            self._model = name
            self.model_changed.emit(self.model)

    def use_engine(self) -> None:
        """Ask the criteria engine instead: it needs no network and is always there."""
        local = next((m for m in self._models if not m.leaves_computer), None)
        if local is not None:
            self.choose_model(local.name)
            self.ask()

    def choose_policy(self, line: str, policy_id: str) -> None:
        """Judge a line by another policy from now on. Asked again at once where nothing leaves this computer."""
        self._chosen[line] = policy_id
        if self.model is not None and not self.model.leaves_computer:
            self.ask()

    def show_sent(self) -> None:
        """Ask for exactly the words that would go out now."""
        if self._case_id is None or self._prompt is None:
            return
        self._background.run(
            self, LANE, self._reviewing.outgoing, self._case_id, self._prompt, self._model,
            dict(self._chosen), done=self.sent_shown.emit, failed=self.refused.emit,
        )  # fmt: skip

    def ask(self) -> None:
        """Send the prompt as it stands to the model that is chosen; one question at a time."""
        if self._case_id is not None and self._prompt is not None and self.model is not None:
            self._question.ask(self._case_id, self._prompt, self.model, self.person, dict(self._chosen))

    def stop(self) -> None:
        """Wait for the answer no longer. It ends as soon as it can, and what came so far is kept."""
        self._question.stop()

    def _answered(self, review: Review, waited: bool) -> None:
        """`waited` says that nobody stopped it meanwhile."""
        if self._case_id != review.case_id:
            return
        self._state += 1
        self._reviews = (review, *self._reviews)
        self.reviews_changed.emit(self._reviews)
        if not waited:
            return  # it is in the history
        if self._prompt is not None and self._prompt.text == review.prompt:
            self._keeper.drop(review.case_id)
        if review.recommendations or self._shown is None:
            self._shown = review
        self.shown_changed.emit(self._shown)
        if review.problem:
            step = next((f.next_step for f in review.flags if f.kind == "model"), "")
            self.failed.emit(Actionable(review.problem.removesuffix(step).strip(), step, code="no_answer"))

    def show_review(self, review_id: str) -> None:
        """Show an earlier answer, or the latest again."""
        found = next((r for r in self._reviews if r.review_id == review_id), None)
        if found is None:
            return

        def fetched(review: Review) -> None:
            if review in self._reviews:
                self._shown = review
                self.shown_changed.emit(review)

        self._background.run(self, LANE, self._lookup.fetch, found, done=fetched)

    def before(self, review: Review) -> Review | None:
        """The answer before another one, if there is one."""
        later = (
            [r.review_id for r in self._reviews].index(review.review_id) if review in self._reviews else -1
        )
        older = self._reviews[later + 1 :] if later >= 0 else ()
        return next((r for r in older if r.recommendations), None)

    def compare(self) -> Difference | None:
        """What is otherwise in the answer that is shown than in the one before it."""
        if self._shown is None:
            return None
        before = self.before(self._shown)
        if before is None:
            return None
        found = difference(before, self._shown)
        self.compared.emit(found, before)
        return found

    # Notes

    def mark(
        self, line: str, criterion: str, status: Status, evidence: tuple[Evidence, ...], reason: str
    ) -> None:
        made = (
            next((r for r in self._shown.recommendations if r.line_id == line), None) if self._shown else None
        )
        if made is not None:
            self._note(self._noting.mark, line, made.policy_id, criterion, status, evidence, reason)

    def unmark(self, line: str, criterion: str) -> None:
        self._note(self._noting.unmark, line, criterion)

    def pin(self, evidence: Evidence, criterion: str = "") -> None:
        self._note(self._noting.pin, evidence, criterion)

    def unpin(self, pin_id: str) -> None:
        self._note(self._noting.unpin, pin_id)

    def _note(self, function: Callable[..., Case], *arguments: object) -> None:
        case_id = self._case_id
        if case_id is None:
            return

        def noted(found: Noted) -> None:
            if self._case_id == case_id:
                self._state += 1
                self._material, self._pins = found.material, found.pins
                self.notes_changed.emit(found)

        self._background.run(
            self, "store", self._noted, function, case_id, arguments, self.person,
            done=noted, failed=self.refused.emit,
        )  # fmt: skip

    def _noted(
        self, function: Callable[..., Case], case_id: str, arguments: tuple[object, ...], by: str
    ) -> Noted:
        """In the store's lane: the note, and the case as it is after it."""
        case = function(case_id, *arguments, by)
        return Noted(case, self._noting.material(case_id), self._noting.pins(case_id))
