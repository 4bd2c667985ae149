"""Determinations: who may, what may not be left out, and what may take the place of what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.domain.determination import (
    GROUNDS,
    Determination,
    Named,
    Outcome,
    acting_role,
    allowed,
    check,
    check_overrides,
    check_superseding,
    determination_document,
    determination_from,
)
from app.domain.errors import Rejected
from app.domain.evidence import Evidence
from app.domain.role import ALONE, NotAllowed, Person, Role

NOW = datetime(2026, 10, 5, 15, 0, tzinfo=UTC)
NURSE = Person("nina", "Nina Nurse", (Role.UR_SPECIALIST,))
DOCTOR = Person("drew", "Dr. Drew", (Role.PHYSICIAN,))
BOTH = Person("bo", "Bo", (Role.UR_SPECIALIST, Role.PHYSICIAN))
CLERK = Person("carl", "Carl", (Role.CASE_MANAGER,))
CHIEF = Person("ann", "Ann", (Role.ADMINISTRATOR,))
ALONE_HERE = Person("ada", "ada", ALONE)
NURSES = {Outcome.APPROVE, Outcome.PEND, Outcome.REFER, Outcome.DISMISS, Outcome.WITHDRAW}


@pytest.mark.parametrize(
    ("person", "may"),
    [
        (NURSE, NURSES),
        (DOCTOR, set(Outcome)),
        (BOTH, set(Outcome)),
        (CLERK, set()),
        (CHIEF, set()),
        (ALONE_HERE, NURSES),
    ],
)
@pytest.mark.parametrize("outcome", list(Outcome))
def test_each_role_decides_what_is_theirs(person: Person, may: set[Outcome], outcome: Outcome) -> None:
    asked = {
        "missing": ("the sleep study",),
        "answer_by": NOW,
        "granted": "30 days",
        "opened_evidence": True,
        "ground": str(GROUNDS[outcome][0]) if outcome in GROUNDS else "",
    }
    assert (outcome in allowed(person)) == (outcome in may)
    if outcome in may:
        check(person, outcome, "Because.", **asked)  # type: ignore[arg-type]
    else:
        with pytest.raises(NotAllowed):
            check(person, outcome, "Because.", **asked)  # type: ignore[arg-type]


def test_a_nurse_who_denies_is_told_to_refer() -> None:
    with pytest.raises(NotAllowed, match="Refer it to a physician"):
        check(NURSE, Outcome.DENY, "Because.", opened_evidence=True)


@pytest.mark.parametrize(
    ("outcome", "given", "words"),
    [
        (Outcome.APPROVE, {"reason": "  "}, "needs a reason"),
        (Outcome.DENY, {"opened_evidence": False}, "has not been opened"),
        (Outcome.PEND, {"missing": ()}, "what is missing and by when"),
        (Outcome.PEND, {"answer_by": None}, "what is missing and by when"),
        (Outcome.APPROVE_IN_PART, {"granted": " "}, "what is approved"),
    ],
)
def test_nothing_is_left_out(outcome: Outcome, given: dict[str, object], words: str) -> None:
    asked: dict[str, object] = {
        "reason": "Because.",
        "opened_evidence": True,
        "missing": ("x",),
        "answer_by": NOW,
        "granted": "x",
    }
    with pytest.raises(Rejected, match=words):
        check(DOCTOR, outcome, **{**asked, **given})  # type: ignore[arg-type]


def test_the_role_is_the_one_that_the_outcome_takes() -> None:
    assert acting_role(BOTH, Outcome.DENY) is Role.PHYSICIAN
    assert acting_role(BOTH, Outcome.APPROVE) is Role.UR_SPECIALIST
    with pytest.raises(NotAllowed):
        acting_role(NURSE, Outcome.APPROVE_IN_PART)


def test_every_open_criterion_is_overridden_with_a_reason_of_its_own() -> None:
    wanted = (Named("a1c", "A1c above 7"), Named("dawn", "Dawn phenomenon"))
    with pytest.raises(Rejected, match="Dawn phenomenon"):
        check_overrides(wanted, {"a1c": "seen on the phone", "dawn": "  "})
    with pytest.raises(Rejected, match="needs no override"):
        check_overrides(wanted[:1], {"a1c": "seen", "other": "why not"})
    check_overrides(wanted, {"a1c": "seen", "dawn": "the endocrinologist says so"})


def made(by: str, at: datetime) -> Determination:
    return Determination("r1", Outcome.APPROVE, "Because.", by, Role.UR_SPECIALIST, at)


def test_a_physician_may_decide_anew_and_nobody_else_but_the_author_on_the_same_day() -> None:
    mine = made("nina", NOW - timedelta(hours=2))
    check_superseding(NURSE, mine, Outcome.PEND, NOW, letter_out=False)
    check_superseding(DOCTOR, mine, Outcome.DENY, NOW + timedelta(days=40), letter_out=True)
    with pytest.raises(Rejected, match="A letter about it has gone out"):
        check_superseding(NURSE, mine, Outcome.PEND, NOW, letter_out=True)
    with pytest.raises(Rejected, match="another day"):
        check_superseding(NURSE, mine, Outcome.PEND, NOW + timedelta(days=1), letter_out=False)
    with pytest.raises(Rejected, match="Somebody else made it"):
        check_superseding(NURSE, made("olga", NOW), Outcome.PEND, NOW, letter_out=False)


def test_the_day_is_the_day_where_people_work() -> None:
    evening = datetime(2026, 10, 5, 19, 0, tzinfo=timezone(timedelta(hours=-6)))  # after midnight in UTC
    check_superseding(NURSE, made("nina", NOW), Outcome.PEND, evening, letter_out=False)


def test_a_determination_comes_back_as_it_was_kept() -> None:
    whole = Determination(
        "r1", Outcome.PEND, "Because.", "nina", Role.UR_SPECIALIST, NOW, "", ("the study",), NOW, "p@1", "v1",
        "engine 1", ("a1c",), (Evidence("q", "d", 1),), ("seen",), (Named("a1c", "A1c", "clause"),), "Pumps",
        "2 (abc)", "Nina Nurse", "c1", "c0", "f" * 64,
    )  # fmt: skip
    assert determination_from(determination_document(whole)) == whole
