"""Who may do what. The table stands in the design as it stands here; the services ask it, never the screen alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from app.domain.errors import Rejected


class Role(StrEnum):
    CASE_MANAGER = "case_manager"
    UR_SPECIALIST = "ur_specialist"
    PHYSICIAN = "physician"
    ADMINISTRATOR = "administrator"


class Right(StrEnum):
    """One thing that somebody may or may not do."""

    TAKE_IN = "take_in"
    """Take in, correct and verify forms; attach documents."""
    REVIEW = "review"
    """Prompt, recommendation, search, evidence; take a case over."""
    DECIDE = "decide"
    """Approve, pend, refer."""
    DECIDE_AGAINST = "decide_against"
    """Deny, approve in part."""
    DISMISS = "dismiss"
    """Dismiss or withdraw."""
    PROPOSE_DISMISSAL = "propose_dismissal"
    ADMINISTER = "administer"
    """Form processors, thresholds, policies, users, models."""
    AUDIT = "audit"
    """See the trail of everybody."""


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.CASE_MANAGER: frozenset({Right.TAKE_IN, Right.PROPOSE_DISMISSAL}),
    Role.UR_SPECIALIST: frozenset(
        {Right.TAKE_IN, Right.REVIEW, Right.DECIDE, Right.DISMISS, Right.PROPOSE_DISMISSAL}
    ),
    Role.PHYSICIAN: frozenset({Right.REVIEW, Right.DECIDE, Right.DECIDE_AGAINST, Right.DISMISS}),
    Role.ADMINISTRATOR: frozenset({Right.ADMINISTER, Right.AUDIT}),
}

ALONE = (Role.CASE_MANAGER, Role.UR_SPECIALIST, Role.ADMINISTRATOR)
"""What somebody may be in a workspace that has no users yet. Never a physician: a decision against a request
needs a person who was made one by name and has signed in.
"""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works here: the name they sign in with, what they are called, and what they may be."""

    name: str
    title: str
    roles: tuple[Role, ...]
    active: bool = True

    def may(self, right: Right) -> bool:
        return self.active and any(right in RIGHTS[role] for role in self.roles)


class NotAllowed(Rejected):
    """The role of the person does not allow this; the sentence says whose does."""


_WORDS: dict[Right, tuple[str, str]] = {
    Right.TAKE_IN: ("Taking in and correcting forms", "a case manager or a UR specialist"),
    Right.REVIEW: ("Reviewing a request", "a UR specialist or a physician reviewer"),
    Right.DECIDE: ("Approving, pending or referring a request", "a UR specialist or a physician reviewer"),
    Right.DECIDE_AGAINST: ("A decision against a request", "a physician reviewer"),
    Right.DISMISS: ("Dismissing or withdrawing a request", "a UR specialist or a physician reviewer"),
    Right.PROPOSE_DISMISSAL: ("Proposing a dismissal", "a case manager or a UR specialist"),
    Right.ADMINISTER: ("Changing form types, policies, guidelines, models or users", "an administrator"),
    Right.AUDIT: ("Seeing everybody's audit trail", "an administrator"),
}


def require(person: Person, right: Right) -> None:
    """Raises `NotAllowed` with a sentence and a next step when this person may not do it."""
    if person.may(right):
        return
    what, whose = _WORDS[right]
    step = "Refer it to a physician." if right is Right.DECIDE_AGAINST else f"Ask {whose}, or sign in as one."
    raise NotAllowed(f"{what} is for {whose}.", step, code=f"not_allowed_{right}")


MACHINES = frozenset({"reader", "program", "system"})
"""Names under which the program itself does things. Nobody may be called so."""

Check = Callable[[str, Right], Person]
"""Asks whether the person of this name is here and may do it, and says who it is. Raises `SignInRequired` when
nobody is signed in, `NotAllowed` when it is another's name or not theirs to do.
"""


def someone(by: str) -> Person:
    """The person of a name, where there are no users."""
    return Person(by, by, ALONE)


def anybody(by: str, right: Right) -> Person:
    """The check where there are no users: whoever works here may do all but decide against a request."""
    person = someone(by)
    require(person, right)
    return person
