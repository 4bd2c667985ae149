"""Reviewing: a prompt is proposed and sent, every answer is judged anew, and all of it is kept with the case.

Nothing in here decides: what comes back is a `Review`, and a determination takes none.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from app.domain import verdict
from app.domain.case import to_time
from app.domain.change import Action, writes_for
from app.domain.determination import Basis, Named
from app.domain.errors import Actionable, Cancelled, Conflict, Rejected
from app.domain.material import Material, Status
from app.domain.policy import Criterion, Policy
from app.domain.prompt import Prompt, slots_document
from app.domain.question import tainted_by, unread_flags, unused_prose, with_prompt
from app.domain.recommendation import Flag, ModelInfo, Recommendation, Review, open_of
from app.domain.request import Line
from app.domain.review_record import difference, prompt_digest, review_document, review_from
from app.domain.role import Check, Right, anybody
from app.services.change_log import ChangeLog
from app.services.lanes import Lanes
from app.services.ports import Ask, Hear, PromptModel, RecommendationModel
from app.services.store.failure import damaged

T = TypeVar("T")
ENGINE = "criteria engine"
"""The name of the model that is always there."""
_TRIES = 3
_KEPT = 64
"""Reviews that stay in memory."""

__all__ = ["ENGINE", "Materials", "Policies", "Reviewing", "Rules", "difference"]


class Materials(Protocol):
    """Makes what a case is reviewed with. Runs in the store's lane. Raises `NoSuchCase`, `StorageFailed`."""

    def material(self, case_id: str) -> Material: ...


class Policies(Protocol):
    """The policies in force. `refresh` runs in the store's lane; the others anywhere. Raises `Rejected`."""

    def refresh(self) -> object: ...

    def policy(self, policy_id: str, version: str = "") -> Policy: ...

    def for_line(self, line: Line) -> tuple[Policy, ...]: ...


@dataclass(frozen=True, slots=True)
class Rules:
    """What every answer is held against, whoever gave it.

    `verified` looks its quotes up and strikes out what is not there; `attempts` finds words that try to instruct;
    `traps` says what is wrong with the request itself, in the store's lane. None raises for what stands in a document.
    """

    verified: Callable[[Recommendation, Policy | None, Material], tuple[Recommendation, tuple[Flag, ...]]]
    attempts: Callable[[Material, Policy | None], tuple[Flag, ...]]
    traps: Callable[[Material], tuple[Flag, ...]]


@dataclass(frozen=True, slots=True)
class Reviewing:
    """The review of a case. Methods may be called in any lane: what belongs to the store goes there by itself.
    `ask` takes as long as its model and belongs into the lane `review`.

    `models` and `prompts` make what is asked, by the name settings call it, as the settings are at each question; the
    criteria engine is always among the models, and the first of the prompts is the one that is used unless named.
    """

    changes: ChangeLog
    lanes: Lanes
    materials: Materials
    policies: Policies
    prompts: Mapping[str, Callable[[], PromptModel]]
    models: Mapping[str, Callable[[], RecommendationModel]]
    rules: Rules
    check: Check = anybody
    now: Callable[[], datetime] | None = None
    _known: dict[str, Review] = field(default_factory=dict)

    # What is asked, and with what

    def material(self, case_id: str) -> Material:
        """Everything known of the case. Raises `NoSuchCase`."""
        return self._in_store(self.materials.material, case_id)

    def propose_prompt(self, case_id: str, model: str = "", hear: Hear | None = None) -> Prompt:
        """A new prompt from what is known now, with the slots people filled. Raises as `PromptModel` does."""
        name = model or next(iter(self.prompts))
        if name not in self.prompts:
            raise _no_model(name, self.prompts)
        return self.prompts[name]().propose(self.material(case_id), hear)

    def propose_with(self, case_id: str, model: str, by: str, hear: Hear | None = None) -> Prompt:
        """A prompt proposed by a named model, asked by somebody who may review; that it was is in the audit trail."""
        self._in_store(self.check, by, Right.REVIEW)
        prompt = self.propose_prompt(case_id, model, hear)
        store = self.changes.store
        self._in_store(store.note, "prompt_proposed", by, self._now(), case_id, {"model": model})
        return prompt

    def prompt_outgoing(self, case_id: str, model: str) -> str:
        """Exactly what `propose_with` would send; "" where nothing leaves this computer."""
        if model not in self.prompts:
            raise _no_model(model, self.prompts)
        return self.prompts[model]().outgoing(self.material(case_id))

    def prompt_infos(self) -> tuple[ModelInfo, ...]:
        """The models that may look for what a prompt lacks; the template, which comes first, looks for nothing."""
        return tuple(self.prompts[name]().info for name in list(self.prompts)[1:])

    def infos(self) -> tuple[ModelInfo, ...]:
        """The models that can be asked, the criteria engine first."""
        names = sorted(self.models, key=lambda name: name != ENGINE)
        return tuple(self._model(name).info for name in names)

    def outgoing(
        self, case_id: str, prompt: Prompt, model: str = "", policies: Mapping[str, str] | None = None
    ) -> str:
        """Exactly what `ask` would send, for all lines; the prompt where nothing leaves this computer."""
        material = with_prompt(self.material(case_id), prompt)
        asks = self._asks(prompt, material, policies or {})
        return _joined(self._model(model).outgoing(ask) for ask in asks)

    def policy_for(self, material: Material, line_id: str, chosen: str = "") -> Policy | None:
        """The policy a line is judged by: the one chosen (`ID` or `ID@VERSION`), else the best that fits."""
        if chosen:
            policy_id, _, version = chosen.partition("@")
            return self.policies.policy(policy_id, version)
        line = material.request.line(line_id)
        found = self.policies.for_line(line) if line is not None else ()
        return found[0] if found else None

    # Asking

    def ask(
        self,
        case_id: str,
        prompt: Prompt,
        model: str,
        by: str,
        hear: Hear | None = None,
        policies: Mapping[str, str] | None = None,
    ) -> Review:
        """Send the prompt and keep what came back, also when nothing did: then `problem` says why.

        `policies` are other policies than the ones that fit, by line id ("" for every line). Every quote is looked
        up, and every outcome follows from what can be relied on (`app.domain.verdict`). Stopping raises nothing:
        what came so far is kept, with a problem that says so. Raises `NotAllowed`, `NoSuchCase`, `Rejected` for a
        model or policy that is not there.
        """
        self._in_store(self.check, by, Right.REVIEW)
        chosen = self._model(model)
        self._in_store(self.policies.refresh)
        material = with_prompt(self.material(case_id), prompt)
        asks = self._asks(prompt, material, policies or {})
        heard = _Heard(hear)
        started = time.monotonic()
        found: list[Recommendation] = []
        attempts: dict[str, tuple[Flag, ...]] = {}
        flags: list[Flag] = [*self._in_store(self.rules.traps, material), *unread_flags(material)]
        problem = ""
        try:
            for ask in asks:
                made, noticed = self._judged(ask, chosen, heard, self._attempts(ask, attempts))
                found.append(made)
                flags += noticed
        except Cancelled:
            problem = "The question was stopped."
        except Actionable as error:
            problem = str(error)
            flags.append(Flag("model", error.reason, None, error.next_step))
        if chosen.info.name == ENGINE:
            flags += unused_prose(prompt, found)
        review = Review(
            review_id=self.changes.new_id(),
            case_id=case_id,
            revision=material.revision,
            by=by,
            at=self._now(),
            prompt=prompt.text,
            slots=slots_document(prompt.slots),
            model=chosen.info,
            sent=_joined(chosen.outgoing(ask) for ask in asks),
            answer=heard.text,
            recommendations=tuple(found),
            flags=tuple(dict.fromkeys(flags)),
            seconds=time.monotonic() - started,
            problem=problem,
            seen=tuple(d.document_id for d in material.documents),
        )
        kept = review_from(review_document(review))  # as everybody will read it: boxes and seconds rounded
        self._in_store(self._keep, kept)
        return kept

    def _asks(self, prompt: Prompt, material: Material, chosen: Mapping[str, str]) -> tuple[Ask, ...]:
        return tuple(
            Ask(
                prompt,
                material,
                line.line_id,
                self.policy_for(material, line.line_id, chosen.get(line.line_id, chosen.get("", ""))),
            )
            for line in material.request.lines
        )

    def judge(
        self, ask: Ask, model: str | RecommendationModel = ""
    ) -> tuple[Recommendation, tuple[Flag, ...]]:
        """One line judged by a model as every answer is, and kept nowhere: for measuring models. Raises as they do."""
        chosen = self._model(model) if isinstance(model, str) else model
        found, flags = self._judged(ask, chosen, _Heard(None), self._attempts(ask, {}))
        return found, tuple(flags)

    def _attempts(self, ask: Ask, known: dict[str, tuple[Flag, ...]]) -> tuple[Flag, ...]:
        """The attempts to instruct in the material and the policy; looked for once a policy, not once a line."""
        key = ask.policy.key if ask.policy is not None else ""
        if key not in known:
            known[key] = self.rules.attempts(ask.material, ask.policy)
        return known[key]

    def _judged(
        self, ask: Ask, chosen: RecommendationModel, heard: _Heard, attempts: tuple[Flag, ...]
    ) -> tuple[Recommendation, list[Flag]]:
        """One line judged: the engine always, the model beside it where another was asked."""
        flags = list(attempts)
        engine_alone = chosen.info.name == ENGINE
        engine = chosen if engine_alone else self._model(ENGINE)
        own = engine.recommend(ask, heard.told if engine_alone else None)
        judged, struck = self.rules.verified(own.recommendation, ask.policy, ask.material)
        flags += [*own.flags, *struck]
        tainted = tainted_by((*attempts, *own.flags))
        other: Recommendation | None = None
        if not engine_alone:
            heard.next()
            answer = chosen.recommend(ask, heard)
            heard.whole(answer.text)
            other, struck = self.rules.verified(answer.recommendation, ask.policy, ask.material)
            flags += [*answer.flags, *struck]
        if ask.policy is None:
            line = ask.material.request.line(ask.line_id)
            what = line.description or line.code if line is not None else ""
            flags.append(
                Flag(
                    "no_policy",
                    f"No policy on file fits {f'“{what}”' if what else 'this line'}.",
                    None,
                    "Choose a policy, or decide on the passages that were found.",
                )
            )
        return verdict.recommended(ask.line_id, ask.policy, judged, other, tainted, ask.material), flags

    def _keep(self, review: Review) -> None:
        """The review first, then the case that points to it: a kill in between loses no answer."""
        store = self.changes.store
        store.reviews.keep(review.case_id, review_document(review), review.by, review.at)
        if not review.recommendations:
            return
        latest = {
            "id": review.review_id,
            "at": to_time(review.at),
            "by": review.by,
            "model": review.model.name,
            "outcomes": {r.line_id: str(r.outcome) for r in review.recommendations},
        }
        for left in reversed(range(_TRIES)):
            document = store.case_document(review.case_id)
            writes = writes_for(document, {"review.latest": latest})
            try:
                self.changes.write(document, review.case_id, Action.REVIEWED, review.by, writes)
                return
            except Conflict:  # another program wrote to the case meanwhile: the note is put on what it left
                if not left:
                    raise

    # What was asked before

    def reviews(self, case_id: str) -> tuple[Review, ...]:
        """Everything that was ever asked about the case, newest first."""
        return self._in_store(
            lambda: tuple(self._kept(one) for one in self.changes.store.reviews.ids(case_id))
        )

    def review(self, review_id: str) -> Review | None:
        known = self._known.get(review_id)
        if known is not None:
            return known
        data = self._in_store(self.changes.store.reviews.one, review_id)
        return review_from(data) if data is not None else None

    def _kept(self, review_id: str) -> Review:
        """A review by its id; those looked at lately stay in memory, since none ever changes."""
        known = self._known.pop(review_id, None)
        if known is None:
            data = self.changes.store.reviews.one(review_id)
            if data is None:
                raise damaged()
            known = review_from(data)
        self._known[review_id] = known
        while len(self._known) > _KEPT:
            self._known.pop(next(iter(self._known)))
        return known

    def basis(self, case_id: str, line_id: str, review_id: str = "") -> Basis:
        """What a line was looked at with: the review named, else the latest that judged the line; marks made since
        count. Holds no outcome. Raises `Rejected` when the review is not of this case.
        """
        material = self.material(case_id)
        kept = self.reviews(case_id)
        if review_id and not any(r.review_id == review_id for r in kept):
            raise Rejected("This review is not of this case.", "Ask again.", code="no_review")
        review = next(
            (r for r in kept if review_id in ("", r.review_id) and r.line(line_id) is not None), None
        )
        found = review.line(line_id) if review is not None else None
        policy = self._policy_of(found) if found is not None else self.policy_for(material, line_id)
        if review is None or found is None:
            own = tuple(d.document_id for d in material.documents if d.kind not in ("fax_cover", "request"))
            return Basis(
                line_id,
                reviewed=False,
                policy=f"{policy.policy_id}@{policy.version}" if policy else "",
                policy_title=policy.title if policy else "",
                criteria=_named(policy.every()) if policy else (),
                documents=(*own, policy.key) if policy else own,
            )
        cited = [e for row in found.criteria for e in row.evidence if e.supported]
        cited += found.passages
        there = {d.document_id for d in material.documents if d.kind != "request"}
        documents = dict.fromkeys(e.document for e in cited if e.document in there)
        return Basis(
            line_id,
            reviewed=True,
            review_id=review.review_id,
            prompt=_version_of(review, kept),
            model=f"{review.model.name} {review.model.version}".strip(),
            policy=f"{found.policy_id}@{found.policy_version}" if found.policy_id else "",
            policy_title=found.policy_title,
            open=_open(policy, found, material, line_id) if policy else (),
            criteria=_named(policy.every()) if policy else (),
            documents=(*documents, policy.key) if policy else tuple(documents),
            evidence=tuple(dict.fromkeys(e for e in cited if e.quote or e.box)),
        )

    # Within

    def _policy_of(self, found: Recommendation) -> Policy | None:
        if not found.policy_id:
            return None
        return self.policies.policy(found.policy_id, found.policy_version)

    def _model(self, name: str) -> RecommendationModel:
        wanted = name or ENGINE
        if wanted not in self.models:
            raise _no_model(wanted, self.models)
        return self.models[wanted]()

    def _now(self) -> datetime:
        return (self.now or self.changes.now)()

    def _in_store(self, function: Callable[..., T], *arguments: object) -> T:
        """In the store's lane; at once where this is that lane, which would otherwise wait for itself."""
        if threading.current_thread().name.startswith("store"):
            return function(*arguments)
        return self.lanes.submit("store", function, *arguments).result()


def _open(policy: Policy, found: Recommendation, material: Material, line_id: str) -> tuple[Named, ...]:
    """What is not shown to be met, with the marks that people have made since the recommendation."""
    leaves = {row.criterion_id: row.status for row in found.criteria if row.kind == "leaf"}
    marks = {
        mark.criterion_id: mark.status
        for mark in material.marks
        if (mark.line_id, mark.policy_id) == (line_id, policy.policy_id)
    }
    for row in found.criteria:  # a mark that was taken away since does not count any more
        if row.marked_by and row.criterion_id not in marks:
            leaves[row.criterion_id] = Status.INSUFFICIENT
    leaves.update(marks)
    excluded = tuple(leaf for leaf in policy.unless if leaves.get(leaf.criterion_id) is Status.MET)
    return _named((*excluded, *open_of(policy.root, leaves)))


def _named(criteria: Iterable[Criterion]) -> tuple[Named, ...]:
    return tuple(Named(c.criterion_id, c.text, c.clause) for c in criteria)


def _version_of(review: Review, kept: tuple[Review, ...]) -> str:
    """Which prompt of the case it was, counted from 1, with the digest of its exact words."""
    prompts = list(dict.fromkeys(r.prompt for r in reversed(kept)))
    return f"{prompts.index(review.prompt) + 1} ({prompt_digest(review.prompt)})"


class _Heard:
    """What was heard of a model, line after line; `text` is all that came, also of an answer that was cut off."""

    def __init__(self, told: Hear | None) -> None:
        self.told = told
        self._before = ""
        self._now = ""

    def __call__(self, text: str, /) -> None:
        self._now = text
        if self.told is not None:
            self.told(self.text)

    @property
    def text(self) -> str:
        return "\n\n".join(text for text in (self._before, self._now) if text)

    def next(self) -> None:
        self._before, self._now = self.text, ""

    def whole(self, text: str) -> None:
        self._now = text or self._now


def _joined(texts: Iterable[str]) -> str:
    return "\n\n".join(dict.fromkeys(text for text in texts if text))


def _no_model(name: str, known: Iterable[str]) -> Rejected:
    names = ", ".join(f"“{n}”" for n in known)
    return Rejected(f"There is no model “{name}” here.", f"Choose one of {names}.", code="no_model")
