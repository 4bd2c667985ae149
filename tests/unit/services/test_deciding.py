"""Deciding: what a person records, with all that has to be there, through every door the same rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.domain.change import MISSING, Action, Change, Write, inverse
from app.domain.determination import Outcome, determinations_made, determinations_of
from app.domain.errors import Rejected
from app.domain.evidence import Evidence
from app.domain.material import Status
from app.domain.role import NotAllowed, Person, Right, Role, require
from app.services.deciding import Deciding
from app.services.review_receipt import Receipts, receipt_text
from tests.reviewing import REQUEST, SECOND, Desk, a_desk, at, change_case

PEOPLE = {
    "nina": Person("nina", "Nina Nurse, RN", (Role.UR_SPECIALIST,)),
    "drew": Person("drew", "Dr. Drew Doctor", (Role.PHYSICIAN,)),
    "carl": Person("carl", "Carl Clerk", (Role.CASE_MANAGER,)),
}
LATER = datetime.now(UTC) + timedelta(days=10)


def check(by: str, right: Right) -> Person:
    require(PEOPLE[by], right)
    return PEOPLE[by]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(tmp_path / "w") as made:
        made.check = check
        station = made.station
        station.changes = replace(station.changes, check=check)
        yield made


def reviewed(desk: Desk, by: str = "nina"):
    reviewing = desk.reviewing
    return reviewing.ask(desk.case_id, reviewing.propose_prompt(desk.case_id), "", by)


def receipts(desk: Desk) -> Receipts:
    return Receipts(desk.station.changes, desk.station.blobs, check)


def decide(desk: Desk, outcome: Outcome, by: str, reason: str = "It is needed.", **more):
    deciding = Deciding(desk.station.changes, desk.reviewing, receipts(desk), check)
    lines = more.pop("lines", ("r1",))
    if outcome is Outcome.DISMISS:
        more.setdefault("ground", "sent_twice")
    return desk.station.in_store(lambda: deciding.decide(desk.case_id, lines, outcome, reason, by, **more))


def stands(desk: Desk):
    return determinations_of(desk.document())


def read_all(desk: Desk, by: str) -> None:
    desk.station.in_store(
        receipts(desk).seen, desk.case_id, (("notes", 1, 12.0), ("policy:pumps@1", 1, 5.0)), by
    )


def test_a_pend_says_what_is_missing_and_leaves_the_request_in_progress(desk: Desk) -> None:
    review = reviewed(desk)
    case = decide(desk, Outcome.PEND, "nina", missing=("the letter ",), answer_by=LATER)
    assert (case.status, case.waiting_for) == ("in_progress", "information")
    made = stands(desk)["r1"]
    assert (made.missing, made.role, made.title) == (("the letter",), Role.UR_SPECIALIST, "Nina Nurse, RN")
    assert (made.policy, made.review_id, made.model) == ("pumps@1", review.review_id, "criteria engine 1")
    assert made.prompt.startswith("1 (")
    assert {e.document for e in made.evidence} == {"notes"}


def test_a_referral_waits_for_a_physician_and_only_the_final_word_completes(desk: Desk) -> None:
    reviewed(desk)
    case = decide(desk, Outcome.REFER, "nina")
    assert (case.status, case.waiting_for) == ("in_progress", "physician")
    read_all(desk, "drew")
    case = decide(desk, Outcome.DENY, "drew", "The glucose values do not show it.", criteria=("dawn",))
    assert (case.status, case.waiting_for) == ("completed", "")
    made = stands(desk)["r1"]
    assert (made.role, [c.clause for c in made.criteria]) == (Role.PHYSICIAN, ["There is dawn phenomenon."])
    assert made.supersedes


def test_a_request_is_completed_only_when_every_line_is_decided(tmp_path: Path) -> None:
    request = {**REQUEST, "lines": {**REQUEST["lines"], "r2": SECOND}}
    with a_desk(tmp_path / "w", request) as desk:
        desk.check = check
        desk.station.changes = replace(desk.station.changes, check=check)
        reviewed(desk)
        assert decide(desk, Outcome.APPROVE, "nina", lines=("r2",)).status == "in_progress"
        assert decide(desk, Outcome.WITHDRAW, "nina", lines=("r1",)).status == "completed"


def test_approving_while_a_criterion_is_open_takes_a_reason_for_it(desk: Desk) -> None:
    reviewed(desk)
    with pytest.raises(Rejected, match="A specialist agrees"):
        decide(desk, Outcome.APPROVE, "nina")
    decide(desk, Outcome.APPROVE, "nina", overrides=(("agrees", "Her letter is promised by phone."),))
    made = stands(desk)["r1"]
    assert (made.overrides, made.override_reasons) == (("agrees",), ("Her letter is promised by phone.",))


def test_a_mark_made_since_closes_the_criterion_and_one_taken_away_opens_it(desk: Desk) -> None:
    reviewed(desk)
    quote = at(desk.documents[0], "Endocrinology agrees to a pump.")
    in_store, noting = desk.station.in_store, desk.noting
    in_store(noting.mark, desk.case_id, "r1", "pumps", "agrees", Status.MET, (quote,), "", "nina")
    assert desk.reviewing.basis(desk.case_id, "r1").open == ()
    reviewed(desk)
    in_store(noting.unmark, desk.case_id, "r1", "agrees", "nina")
    assert [c.criterion_id for c in desk.reviewing.basis(desk.case_id, "r1").open] == ["agrees"]
    in_store(noting.undo, desk.case_id, "nina")
    decide(desk, Outcome.APPROVE, "nina")
    assert stands(desk)["r1"].overrides == ()


def test_a_line_that_nobody_looked_at_against_its_policy_is_not_approved(desk: Desk) -> None:
    with pytest.raises(Rejected, match="has not been looked at"):
        decide(desk, Outcome.APPROVE, "nina")
    desk.policies.known.clear()
    decide(desk, Outcome.APPROVE, "nina")


def test_a_slip_in_the_name_of_a_criterion_is_told(desk: Desk) -> None:
    reviewed(desk)
    with pytest.raises(Rejected, match="“agreed” needs no override"):
        decide(desk, Outcome.APPROVE, "nina", overrides=(("agrees", "x"), ("agreed", "x")))
    read_all(desk, "drew")
    with pytest.raises(Rejected, match="no criterion “dusk”"):
        decide(desk, Outcome.DENY, "drew", criteria=("dusk",))


def test_a_physician_opens_every_document_and_the_policy_before_deciding_against(desk: Desk) -> None:
    reviewed(desk)
    with pytest.raises(Rejected, match="2 documents that carry evidence have not been opened"):
        decide(desk, Outcome.DENY, "drew")
    seen = receipts(desk).seen
    desk.station.in_store(seen, desk.case_id, (("notes", 1, 3.0),), "drew")
    desk.station.in_store(seen, desk.case_id, (("policy:pumps@1", 1, 3.0),), "nina")  # another person's eyes
    with pytest.raises(Rejected, match="One document"):
        decide(desk, Outcome.DENY, "drew")
    desk.station.in_store(receipts(desk).opened, desk.case_id, "policy:pumps@1", "drew")
    decide(desk, Outcome.DENY, "drew")


def test_without_a_review_every_document_of_the_case_has_to_be_opened(desk: Desk) -> None:
    basis = desk.reviewing.basis(desk.case_id, "r1")
    assert (basis.reviewed, basis.documents) == (False, ("notes", "policy:pumps@1"))
    with pytest.raises(Rejected, match="have not been opened"):
        decide(desk, Outcome.DENY, "drew")
    decide(desk, Outcome.DENY, "drew", declared=("notes", "policy:pumps@1"))
    receipt = desk.station.in_store(receipts(desk).receipt, desk.case_id, "r1")
    assert receipt["declared"] == ["notes", "policy:pumps@1"]


def test_a_decided_line_is_decided_anew_only_on_purpose_and_by_a_physician(desk: Desk) -> None:
    reviewed(desk)
    read_all(desk, "drew")
    decide(desk, Outcome.DENY, "drew")
    for by in ("nina", "drew"):
        with pytest.raises(Rejected, match="has decided this line: deny"):
            decide(desk, Outcome.DISMISS, by)
    with pytest.raises(Rejected, match="Somebody else made it"):
        decide(desk, Outcome.DISMISS, "nina", supersede=True)
    first = stands(desk)["r1"]
    decide(desk, Outcome.APPROVE_IN_PART, "drew", granted="3 months", supersede=True)
    second = stands(desk)["r1"]
    assert (second.supersedes, second.granted) == (first.determination_id, "3 months")


def test_a_held_down_key_decides_nothing_twice(desk: Desk) -> None:
    reviewed(desk)
    decide(desk, Outcome.WITHDRAW, "nina")
    with pytest.raises(Rejected, match="has decided this line"):
        decide(desk, Outcome.WITHDRAW, "nina")
    history = desk.station.in_store(desk.station.store.history, desk.case_id)
    assert [c.action for c in history].count(Action.DETERMINED) == 1


def test_a_pend_asks_for_a_date_that_is_still_to_come(desk: Desk) -> None:
    reviewed(desk)
    with pytest.raises(Rejected, match="is past"):
        decide(desk, Outcome.PEND, "nina", missing=("x",), answer_by=datetime(2020, 1, 1, tzinfo=UTC))


def test_a_line_that_is_not_there_is_told(desk: Desk) -> None:
    with pytest.raises(Rejected, match="no line “r9”"):
        decide(desk, Outcome.REFER, "nina", lines=("r9",))
    with pytest.raises(Rejected, match="No line is named"):
        decide(desk, Outcome.REFER, "nina", lines=())


def test_a_case_manager_proposes_a_dismissal_and_a_reviewer_dismisses(desk: Desk) -> None:
    deciding = Deciding(desk.station.changes, desk.reviewing, receipts(desk), check)
    in_store = desk.station.in_store
    with pytest.raises(NotAllowed):
        decide(desk, Outcome.DISMISS, "carl")
    in_store(deciding.propose_dismissal, desk.case_id, "Sent twice.", "carl")
    assert desk.document()["proposed_dismissal"]["by"] == "carl"
    assert stands(desk) == {}
    decide(desk, Outcome.DISMISS, "nina", "It was sent twice.")
    assert "proposed_dismissal" not in desk.document()


def test_the_receipt_says_what_was_on_screen_and_what_was_proposed(desk: Desk) -> None:
    review = reviewed(desk)
    seen = receipts(desk).seen
    desk.station.in_store(
        seen, desk.case_id, (("notes", 1, 60.0), (f"review:{review.review_id}", 0, 9.0)), "nina"
    )
    desk.station.in_store(seen, desk.case_id, (("notes", 1, 30.5), ("notes", 2, 1e9)), "nina")
    decide(desk, Outcome.REFER, "nina")
    receipt = desk.station.in_store(receipts(desk).receipt, desk.case_id, "r1")
    looks = {(look["document"], look["page"]): look["seconds"] for look in receipt["looks"]}
    assert looks == {("notes", 1): 90.5, ("notes", 2): 600.0, (f"review:{review.review_id}", 0): 9.0}
    assert receipt["review"]["recommendation"]["outcome"] == "pend"
    assert receipt["determination"]["outcome"] == "refer"
    text = receipt_text(receipt)
    for words in (
        "Nina Nurse, RN (ur specialist)",
        "page 1: 1 min 30 s",
        "It proposed: pend",
        "agrees: insufficient",
    ):
        assert words in text
    assert json.dumps(receipt)


def test_every_determination_keeps_its_receipt(desk: Desk) -> None:
    reviewed(desk)
    decide(desk, Outcome.REFER, "nina")
    read_all(desk, "drew")
    decide(desk, Outcome.DENY, "drew")
    every = desk.station.in_store(receipts(desk).every, desk.case_id)
    assert [r["determination"]["outcome"] for r in every] == ["refer", "deny"]
    assert [r["person"]["name"] for r in every] == ["nina", "drew"]


# A nurse tries to deny, through every door there is


def denial(desk: Desk, by: str, role: Role) -> dict[str, object]:
    return {
        "line": "r1", "outcome": "deny", "reason": "No.", "by": by, "role": str(role),
        "at": "2026-10-05T12:00:00.000000Z",
    }  # fmt: skip


def change(desk: Desk, action: Action, *writes: Write, by: str = "nina") -> Change:
    return Change(desk.station.changes.new_id(), desk.case_id, action, by, desk.station.changes.now(), writes)


def test_a_nurse_cannot_deny_through_the_service(desk: Desk) -> None:
    reviewed(desk)
    read_all(desk, "nina")
    for outcome in (Outcome.DENY, Outcome.APPROVE_IN_PART):
        with pytest.raises(NotAllowed, match="Refer it to a physician"):
            decide(desk, outcome, "nina", granted="half", declared=("notes", "policy:pumps@1"))
    assert stands(desk) == {}


@pytest.mark.parametrize("action", [a for a in Action if a is not Action.DETERMINED])
def test_a_nurse_cannot_write_a_denial_under_any_other_name(desk: Desk, action: Action) -> None:
    for path, value in (
        ("determinations.r1", denial(desk, "nina", Role.PHYSICIAN)),
        ("determinations", {"r1": denial(desk, "nina", Role.PHYSICIAN)}),
        ("determinations.r1.outcome", "deny"),
    ):
        made = change(desk, action, Write(path, MISSING, value))
        with pytest.raises(Rejected):
            desk.station.in_store(desk.station.changes.store_change, desk.document(), made)
    assert stands(desk) == {}


def test_a_nurse_cannot_write_a_denial_into_the_change_log(desk: Desk) -> None:
    for by, role in (("nina", Role.PHYSICIAN), ("nina", Role.UR_SPECIALIST), ("drew", Role.PHYSICIAN)):
        made = change(desk, Action.DETERMINED, Write("determinations.r1", MISSING, denial(desk, by, role)))
        with pytest.raises(NotAllowed):
            desk.station.in_store(desk.station.changes.store_change, desk.document(), made)
    assert stands(desk) == {}


def test_a_nurse_cannot_reach_a_denial_by_undo_or_redo(desk: Desk) -> None:
    reviewed(desk)
    read_all(desk, "drew")
    decide(desk, Outcome.DENY, "drew")
    decide(desk, Outcome.APPROVE, "drew", overrides=(("agrees", "I called her."),), supersede=True)
    history = desk.station.in_store(desk.station.store.history, desk.case_id)
    last = history[-1]
    for action in (Action.UNDONE, Action.REDONE, Action.DETERMINED):
        back = inverse(last, desk.station.changes.new_id(), "nina", desk.station.changes.now(), action)
        with pytest.raises(Rejected):
            desk.station.in_store(desk.station.changes.store_change, desk.document(), back)
    assert desk.station.in_store(desk.noting.undo, desk.case_id, "nina") is None
    assert stands(desk)["r1"].outcome is Outcome.APPROVE


def test_a_determination_in_the_request_itself_counts_for_nothing(desk: Desk) -> None:
    imported = desk.document()["imported_request"]
    imported["lines"]["r1"]["determination"] = denial(desk, "nina", Role.PHYSICIAN)
    desk.station.changes = replace(desk.station.changes, check=lambda by, right: PEOPLE["carl"])
    change_case(desk, {"imported_request": imported})
    document = desk.document()
    assert document["request"]["lines"]["r1"]["determination"] is None
    assert document["status"] != "completed"


# What is noted


def test_a_mark_needs_evidence_that_stands_in_the_case_or_a_reason(desk: Desk) -> None:
    mark, in_store = desk.noting.mark, desk.station.in_store
    with pytest.raises(Rejected, match="evidence or a reason"):
        in_store(mark, desk.case_id, "r1", "pumps", "agrees", Status.MET, (), " ", "nina")
    for wrong in (
        Evidence("Endocrinology agrees", "notes", 1, None, 0, 20),
        Evidence("A specialist agrees.", "policy:pumps@1", 1, None, 0, 20),
        Evidence("agrees", "nowhere", 1),
    ):
        with pytest.raises(Rejected, match="do not stand"):
            in_store(mark, desk.case_id, "r1", "pumps", "agrees", Status.MET, (wrong,), "so it says", "nina")
    with pytest.raises(Rejected, match="follows from the conditions"):
        in_store(mark, desk.case_id, "r1", "pumps", "pump", Status.MET, (), "all fine", "nina")
    with pytest.raises(Rejected, match="no such line"):
        in_store(mark, desk.case_id, "r2", "pumps", "agrees", Status.MET, (), "fine", "nina")
    in_store(mark, desk.case_id, "r1", "pumps", "agrees", Status.MET, (), "She said so on the phone.", "nina")
    (found,) = desk.station.in_store(desk.material, desk.case_id).marks
    assert (found.status, found.by, found.reason) == (Status.MET, "nina", "She said so on the phone.")


def test_notes_are_undone_one_by_one_and_nothing_else_is(desk: Desk) -> None:
    in_store, noting = desk.station.in_store, desk.noting
    quote = at(desk.documents[0], "severe recurring dawn phenomenon")
    in_store(noting.state, desk.case_id, "symptoms", quote.quote, quote, "nina")
    in_store(noting.pin, desk.case_id, quote, "dawn", "nina")
    (pin,) = in_store(noting.pins, desk.case_id)
    assert (pin.criterion, pin.evidence.quote, pin.by) == ("dawn", quote.quote, "nina")
    in_store(noting.unpin, desk.case_id, pin.pin_id, "nina")
    assert in_store(noting.pins, desk.case_id) == ()
    assert in_store(noting.undo, desk.case_id, "nina") is not None
    assert in_store(noting.pins, desk.case_id) == (pin,)
    in_store(noting.undo, desk.case_id, "nina")
    assert in_store(noting.pins, desk.case_id) == ()
    in_store(noting.redo, desk.case_id, "nina")
    assert in_store(noting.pins, desk.case_id) == (pin,)
    assert in_store(noting.undo, desk.case_id, "drew") is None
    in_store(noting.undo, desk.case_id, "nina")
    in_store(noting.undo, desk.case_id, "nina")
    assert desk.document()["review"]["slots"] == {}
    assert in_store(noting.undo, desk.case_id, "nina") is None


def test_a_physician_takes_a_note_of_theirs_back(desk: Desk) -> None:
    in_store, noting = desk.station.in_store, desk.noting
    in_store(noting.state, desk.case_id, "symptoms", "night sweats", None, "drew")
    assert in_store(noting.undo, desk.case_id, "drew") is not None


def test_what_led_to_a_decision_stays_as_it_was(desk: Desk) -> None:
    in_store, noting = desk.station.in_store, desk.noting
    in_store(noting.state, desk.case_id, "symptoms", "night sweats", None, "nina")
    decide(desk, Outcome.WITHDRAW, "nina")
    with pytest.raises(Rejected, match="is decided"):
        in_store(noting.undo, desk.case_id, "nina")
    with pytest.raises(Rejected, match="is decided"):
        in_store(noting.state, desk.case_id, "symptoms", "none", None, "nina")


def test_names_with_dots_are_kept_whole(desk: Desk) -> None:
    from app.domain.review_note import key_of, mark_path, name_of

    assert [name_of(key_of(n)) for n in ("a.1", "50%2E", "a%.b")] == ["a.1", "50%2E", "a%.b"]
    assert mark_path("r1", "b.2") == "review.marks.r1.b%2E2"


def test_a_dismissal_stands_on_one_of_its_grounds_and_never_on_a_clinical_one(desk: Desk) -> None:
    for ground in ("", "not_needed", "withdrawn"):
        with pytest.raises(Rejected, match="only when it is no request, or was sent twice"):
            decide(desk, Outcome.DISMISS, "nina", "The records do not show it.", ground=ground)
    assert not stands(desk)
    decide(desk, Outcome.DISMISS, "nina", "It is an invoice.", ground="not_a_request")
    assert stands(desk)["r1"].ground == "not_a_request"


def test_a_withdrawal_needs_no_ground_to_be_named(desk: Desk) -> None:
    decide(desk, Outcome.WITHDRAW, "nina", "The provider took it back.")
    assert stands(desk)["r1"].ground == "withdrawn"


def test_what_was_superseded_stays_to_be_seen(desk: Desk) -> None:
    decide(desk, Outcome.REFER, "nina", "A physician should look.")
    decide(desk, Outcome.WITHDRAW, "drew", "The provider took it back.")
    history = desk.station.in_store(desk.station.store.history, desk.case_id)
    assert [d.outcome for d in determinations_made(history)] == [Outcome.REFER, Outcome.WITHDRAW]
    assert [d.by for d in determinations_made(history)] == ["nina", "drew"]
