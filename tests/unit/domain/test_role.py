"""Roles: the table of the design, and sentences that say whose right something is."""

from __future__ import annotations

import pytest

from app.domain.determination import Outcome, allowed
from app.domain.role import ALONE, MACHINES, NotAllowed, Person, Right, Role, anybody, require

TABLE = {
    Role.CASE_MANAGER: {Right.TAKE_IN, Right.PROPOSE_DISMISSAL},
    Role.UR_SPECIALIST: {
        Right.TAKE_IN, Right.REVIEW, Right.DECIDE, Right.DISMISS, Right.PROPOSE_DISMISSAL,
    },
    Role.PHYSICIAN: {Right.REVIEW, Right.DECIDE, Right.DECIDE_AGAINST, Right.DISMISS},
    Role.ADMINISTRATOR: {Right.ADMINISTER, Right.AUDIT},
}  # fmt: skip
"""Written down a second time: whoever changes the one has to mean it."""


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("right", list(Right))
def test_every_role_has_its_rights_and_no_other(role: Role, right: Right) -> None:
    person = Person("p", "P", (role,))
    assert person.may(right) == (right in TABLE[role])
    if right in TABLE[role]:
        require(person, right)
        return
    with pytest.raises(NotAllowed) as caught:
        require(person, right)
    assert caught.value.reason.endswith(".")
    assert caught.value.next_step.endswith(".")
    assert caught.value.code == f"not_allowed_{right}"


def test_roles_add_up_and_end_with_the_work() -> None:
    both = Person("p", "P", (Role.UR_SPECIALIST, Role.ADMINISTRATOR))
    assert {r for r in Right if both.may(r)} == TABLE[Role.UR_SPECIALIST] | TABLE[Role.ADMINISTRATOR]
    assert not any(Person("p", "P", tuple(Role), active=False).may(right) for right in Right)


def test_alone_everything_is_allowed_but_a_decision_against_a_request() -> None:
    person = Person("p", "P", ALONE)
    assert {r for r in Right if not person.may(r)} == {Right.DECIDE_AGAINST}
    assert set(Outcome) - set(allowed(person)) == {Outcome.DENY, Outcome.APPROVE_IN_PART}
    assert anybody("p", Right.ADMINISTER).name == "p"
    with pytest.raises(NotAllowed):
        anybody("p", Right.DECIDE_AGAINST)


def test_a_nurse_is_told_to_refer_what_she_may_not_deny() -> None:
    with pytest.raises(NotAllowed, match=r"physician reviewer\. Refer it to a physician"):
        require(Person("n", "N", (Role.UR_SPECIALIST,)), Right.DECIDE_AGAINST)


def test_the_program_has_names_of_its_own() -> None:
    assert "reader" in MACHINES
