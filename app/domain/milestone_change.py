"""How milestones are reached: each is written by the change that reaches it, and undoing takes it back.

What an earlier program stored has none: `milestones_of` finds them in the history.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.domain.case import Json, ReviewStatus, to_time
from app.domain.change import Action, Change, Write, value_at
from app.domain.milestone import Milestone, Step, milestones_from

_ONCE = {Action.RECEIVED: Step.RECEIVED, Action.IMPORTED: Step.RECEIVED, Action.READ: Step.READ}
"""What is reached with the first change of its kind."""


def reached(before: Mapping[str, Any], action: Action, writes: Iterable[Write]) -> tuple[Step, ...]:
    """The milestones that a change reaches, from the document it is made on (empty for a new case)."""
    known = before.get("milestones", {})
    written = {w.path: w.value for w in writes}
    found: list[Step] = []
    if not before and Step.RECEIVED not in known:
        found.append(Step.RECEIVED)
    once = _ONCE.get(action)
    if once and once not in known and once not in found and (once is not Step.RECEIVED or not before):
        found.append(once)
    if action is Action.VERIFIED:
        found.append(Step.VERIFIED)
    if written.get("status") == ReviewStatus.IN_PROGRESS and Step.OPENED not in known:
        found.append(Step.OPENED)
    if action is Action.DETERMINED:
        found += _decided(before, writes)
    return tuple(found)


def _decided(before: Mapping[str, Any], writes: Iterable[Write]) -> list[Step]:
    from app.domain.determination import FINAL, WAITING_FOR  # known to be loaded where something is decided

    made = {
        str(w.value["outcome"])
        for w in writes
        if w.path.startswith("determinations.") and isinstance(w.value, Mapping) and "outcome" in w.value
    }
    standing = dict(before.get("determinations", {}))
    standing.update({
        w.path.removeprefix("determinations."): w.value for w in writes if w.path.startswith("determinations.")
    })  # fmt: skip
    lines = set(before.get("request", {}).get("lines", {})) | set(standing)
    found = [Step.PENDED] if made & {str(o) for o in WAITING_FOR} else []
    final = {str(o) for o in FINAL}
    if made and all(_outcome(standing.get(line)) in final for line in lines):
        found.append(Step.DECIDED)
    return found


def _outcome(entry: Any) -> str:
    return str(entry.get("outcome", "")) if isinstance(entry, Mapping) else ""


def writes_of(before: Mapping[str, Any], change: Change) -> tuple[Write, ...]:
    """The writes that keep the milestones a change reaches. None for what takes a change back: its own are."""
    if change.action in (Action.UNDONE, Action.REDONE):
        return ()
    entry: Json = {"by": change.by, "at": to_time(change.at)}
    return tuple(
        Write(f"milestones.{step}", value_at(before, f"milestones.{step}"), dict(entry))
        for step in reached(before, change.action, change.writes)
    )


def milestones_of(document: Mapping[str, Any], history: Iterable[Change]) -> tuple[Milestone, ...]:
    """The same, with what the history shows of a case that was stored without them."""
    earlier: dict[Step, Milestone] = {}
    done: dict[str, tuple[Milestone, ...]] = {}
    before: Json = {}
    for change in history:
        reached_here: tuple[Milestone, ...] = ()
        if change.action in (Action.UNDONE, Action.REDONE):
            reached_here = done.get(change.undoes or "", ())
        elif change.action is not Action.DETERMINED:  # whoever stored one kept its milestones too
            known = {**before, "milestones": {str(step): {} for step in earlier}} if before else {}
            steps = reached(known, change.action, change.writes)
            reached_here = tuple(Milestone(step, change.by, change.at) for step in steps)
        done[change.change_id] = reached_here
        for milestone in reached_here:
            if change.action is Action.UNDONE:
                earlier.pop(milestone.step, None)
            else:
                earlier[milestone.step] = milestone
        before = {"case_id": change.case_id}
    every = earlier | {m.step: m for m in milestones_from(document)}
    return tuple(every[step] for step in Step if step in every)
