"""What the side of the review begins with: everything about a case that is asked before it is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.domain.draft import Draft
from app.domain.errors import Rejected
from app.domain.material import Material
from app.domain.policy import Policy
from app.domain.prompt import Origin, Prompt, slots_from
from app.domain.prompt_text import edited, refilled
from app.domain.recommendation import ModelInfo, Review
from app.domain.review_note import Pin

if TYPE_CHECKING:
    from app.services.noting import Noting
    from app.services.review import Reviewing
    from app.views.models.draft_keeper import DraftShelf

PROMPT_DRAFT = "review.prompt"
LANE = "review"
"""The lane in which questions are asked and cases looked up."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A case as the side begins with it. `reviews` are newest first."""

    material: Material
    generated: Prompt
    reviews: tuple[Review, ...]
    models: tuple[ModelInfo, ...]
    drafts: Mapping[str, Draft]
    pins: tuple[Pin, ...]
    in_force: tuple[Policy, ...] = ()
    """Every policy a line may be judged by, those that fit a line of the request first."""

    def prompt(self, person: str) -> Prompt:
        """The prompt to go on with: words typed and not yet asked, else the last that was asked, else a new one."""
        prompt = self.generated
        if self.reviews:
            last = self.reviews[0]
            kept = Prompt(last.prompt, slots_from(last.slots), self.generated.text)
            prompt = brought_up(kept, self.generated)
        draft = self.drafts.get(PROMPT_DRAFT)
        return edited(prompt, draft.text, person) if draft is not None else prompt


@dataclass(frozen=True, slots=True)
class Lookup:
    """Asks the services. `look` runs in the lane `review`; what belongs to the store is asked there.

    `policies` are the versions that answers were judged by, as far as they were asked for; those never change.
    """

    reviewing: Reviewing
    noting: Noting
    store: DraftShelf
    in_force: Callable[[], tuple[Policy, ...]] = tuple
    policies: dict[tuple[str, str], Policy] = field(default_factory=dict)

    def look(self, case_id: str) -> Opened:
        """Raises `NoSuchCase`, and as `PromptModel` does."""
        reviewing = self.reviewing
        drafts, pins = reviewing.lanes.submit(
            "store", lambda: (self.store.drafts(case_id), self.noting.pins(case_id))
        ).result()
        material = reviewing.material(case_id)
        generated = reviewing.propose_prompt(case_id)
        reviews = reviewing.reviews(case_id)
        if reviews:
            self.fetch(reviews[0])
        return Opened(material, generated, reviews, reviewing.infos(), drafts, pins, self._offered(material))

    def _offered(self, material: Material) -> tuple[Policy, ...]:
        fitting = [p for line in material.request.lines for p in self.reviewing.policies.for_line(line)]
        every = {policy.policy_id: policy for policy in (*fitting, *self.in_force())}
        return tuple(every.values())

    def fetch(self, review: Review) -> Review:
        """Have the versions at hand that an answer was judged by; one that is gone is shown without."""
        for made in review.recommendations:
            key = (made.policy_id, made.policy_version)
            if made.policy_id and key not in self.policies:
                try:
                    self.policies[key] = self.reviewing.policies.policy(*key)
                except Rejected:
                    continue
        return review

    def policies_of(self, review: Review) -> dict[str, Policy]:
        """The policies an answer was judged by, by line, as far as they are at hand."""
        found = {}
        for made in review.recommendations:
            policy = self.policies.get((made.policy_id, made.policy_version))
            if policy is not None:
                found[made.line_id] = policy
        return found


def brought_up(prompt: Prompt, generated: Prompt) -> Prompt:
    """A prompt written earlier, with what the case says by now: fields that were corrected, slots that were absent.

    What a person put into a slot stays.
    """
    now = {place.filled.slot: place.filled for place in generated.slots}
    found = Prompt(prompt.text, prompt.slots, generated.generated)
    for place in prompt.slots:
        mine, new = place.filled, now.get(place.filled.slot)
        if new is None or new.origin is Origin.ABSENT or mine.origin in (Origin.STATED, Origin.SPAN):
            continue
        if (mine.text, mine.origin, mine.doubtful) != (new.text, new.origin, new.doubtful):
            found = refilled(found, new)
    return found
