"""The milestones of a request: received, read, verified, opened, pended, decided, each with who and when.

They stand in the case document under `milestones` and are written by the change that reaches them
(`app.domain.milestone_change`), so that a case is shown without its history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Step(StrEnum):
    RECEIVED = "received"
    READ = "read"
    VERIFIED = "verified"
    OPENED = "opened"
    PENDED = "pended"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class Milestone:
    step: Step
    by: str
    at: datetime


def milestones_from(document: Mapping[str, Any]) -> tuple[Milestone, ...]:
    """The milestones a case document keeps, in their order."""
    kept = document.get("milestones", {})
    return tuple(
        Milestone(step, str(kept[step]["by"]), datetime.fromisoformat(kept[step]["at"]))
        for step in Step
        if step in kept
    )
