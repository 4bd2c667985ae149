"""What people say about conflicts, and about what the server refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.change import Action, Change
from app.domain.conflict import OpenConflict, Settlement
from app.domain.determination import Outcome
from app.domain.errors import Rejected
from app.domain.queue import QueueQuery
from app.services.sync import settling
from tests.faults.sync_server import ServerModel
from tests.unit.services.sync_case import Clock, Desk, alike

REFUSED = Rejected("You may not write here.", "Ask for the role.", code="no_permission")
NOTE = {Settlement.THEIRS_AND_NOTE, Settlement.MINE_AND_NOTE}


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[tuple[Desk, Desk]]:
    clock = Clock()
    server = ServerModel(clock)
    pair = (Desk(tmp_path / "ada", server, clock, "ada"), Desk(tmp_path / "bob", server, clock, "bob"))
    yield pair
    for desk in pair:
        desk.store.close()


@pytest.fixture
def apart(desks: tuple[Desk, Desk]) -> tuple[Desk, Desk, str]:
    """Two desks on which one field was given two values: the conflict is open on ada's."""
    ada, bob = desks
    case_id = ada.take_in()
    ada.sync()
    bob.sync()
    bob.correct(case_id, "phone", "theirs")
    bob.sync()
    ada.correct(case_id, "phone", "mine")
    ada.sync()
    return ada, bob, case_id


def the_conflict(desk: Desk) -> OpenConflict:
    (found,) = settling.open_conflicts(desk.changes)
    return found


def settle(desk: Desk, settlement: Settlement) -> None:
    settling.settle(desk.changes, the_conflict(desk).conflict_id, settlement, desk.person)


def test_both_sides_are_shown_with_who_and_when(apart: tuple[Desk, Desk, str]) -> None:
    ada, _, case_id = apart
    conflict = the_conflict(ada)
    assert conflict.case_id == case_id
    values = [side.value["corrected_value"] for side in (conflict.base, conflict.mine, conflict.theirs)]
    assert values == [None, "mine", "theirs"]
    assert (conflict.mine.by, conflict.theirs.by) == ("ada", "bob")
    assert conflict.mine.at is not None
    assert conflict.theirs.at is not None


@pytest.mark.parametrize(
    "settlement", [s for s in Settlement if s not in (Settlement.MERGE, Settlement.BOTH)]
)
def test_what_a_person_says_reaches_every_desk_and_nothing_waits(
    apart: tuple[Desk, Desk, str], settlement: Settlement
) -> None:
    ada, bob, case_id = apart
    settle(ada, settlement)
    ada.sync()
    bob.sync()
    kept = "mine" if settlement in (Settlement.MINE, Settlement.MINE_AND_NOTE) else "theirs"
    assert (ada.value(case_id, "phone"), ada.conflicts(), ada.waiting()) == (kept, [], [])
    assert alike(ada, bob)
    notes = bob.store.case_document(case_id).get("notes", {})
    lost = "theirs" if kept == "mine" else "mine"
    assert [note["text"] for note in notes.values()] == ([f"phone: {lost}"] if settlement in NOTE else [])
    assert [note["by"] for note in notes.values()] == (
        [("bob" if kept == "mine" else "ada")] if notes else []
    )
    made = {change.change_id for change in ada.store.history(case_id)}
    assert {r.mutation_id for r in ada.server.history(case_id) if r.desk == ada.store.desk} == made


def test_settling_is_in_the_trail_and_done_once(apart: tuple[Desk, Desk, str]) -> None:
    ada, _, case_id = apart
    conflict = the_conflict(ada)
    settle(ada, Settlement.THEIRS)
    entry = next(e for e in ada.store.audit_entries(case_id) if e.action == "conflict_settled")
    assert (entry.by, entry.detail["unit"], entry.detail["settlement"]) == ("ada", "fields.phone", "theirs")
    with pytest.raises(Rejected) as refused:
        settling.settle(ada.changes, conflict.conflict_id, Settlement.MINE, "ada")
    assert refused.value.code == "conflict_settled"
    assert ada.store.audit_verify().holds


def test_a_choice_that_is_not_offered_is_refused(apart: tuple[Desk, Desk, str]) -> None:
    with pytest.raises(Rejected) as refused:
        settle(apart[0], Settlement.MERGE)
    assert refused.value.code == "conflict_choice"


def test_theirs_is_what_stands_there_by_now(apart: tuple[Desk, Desk, str]) -> None:
    ada, bob, case_id = apart
    bob.correct(case_id, "phone", "newer")
    bob.sync()
    ada.sync()
    assert the_conflict(ada).theirs.value["corrected_value"] == "newer"
    settle(ada, Settlement.THEIRS)
    assert ada.value(case_id, "phone") == "newer"


def test_a_second_edit_of_a_field_in_conflict_is_asked_about_too(apart: tuple[Desk, Desk, str]) -> None:
    ada, bob, case_id = apart
    ada.correct(case_id, "phone", "second")
    bob.correct(case_id, "phone", "newer")
    bob.sync()
    ada.sync()
    found = settling.open_conflicts(ada.changes)
    assert [c.mine.value["corrected_value"] for c in found] == ["mine", "second"]
    for conflict in found:
        settling.settle(ada.changes, conflict.conflict_id, Settlement.THEIRS, "ada")
    ada.sync()
    assert ada.waiting() == []


def test_a_determination_in_conflict_is_made_anew_or_let_go(desks: tuple[Desk, Desk]) -> None:
    ada, bob = desks
    case_id = ada.take_in()
    ada.sync()
    bob.sync()
    bob.correct(case_id, "phone", "theirs")
    bob.sync()
    ada.determine(case_id)
    ada.sync()
    assert Settlement.MINE not in the_conflict(ada).choices
    settle(ada, Settlement.THEIRS_AND_NOTE)
    ada.determine(case_id)
    ada.sync()
    bob.sync()
    assert (bob.store.case_document(case_id)["status"], ada.waiting(), alike(ada, bob)) == (
        "completed",
        [],
        True,
    )


def test_settling_a_decided_request_with_mine_opens_it_again(apart: tuple[Desk, Desk, str]) -> None:
    ada, bob, case_id = apart
    bob.determine(case_id)
    bob.sync()
    ada.sync()
    assert ada.store.case_document(case_id)["status"] == "completed"
    settle(ada, Settlement.MINE)
    assert ada.store.case_document(case_id)["status"] == "in_progress"


@pytest.fixture
def deleted(desks: tuple[Desk, Desk]) -> tuple[Desk, Desk, str]:
    ada, bob = desks
    case_id = ada.take_in()
    ada.sync()
    bob.sync()
    ada.server.delete(case_id, "gone1", "root")
    ada.correct(case_id, "phone", "mine")
    ada.sync()
    return ada, bob, case_id


def test_a_deleted_case_comes_back_with_what_was_done_here(deleted: tuple[Desk, Desk, str]) -> None:
    ada, bob, case_id = deleted
    settle(ada, Settlement.MINE)
    ada.sync()
    bob.sync()
    assert (bob.value(case_id, "phone"), ada.waiting(), ada.conflicts()) == ("mine", [], [])
    assert case_id in bob.store.queue(QueueQuery())
    assert alike(ada, bob)


def test_a_deleted_case_stays_deleted_and_the_note_says_what_was_done(
    deleted: tuple[Desk, Desk, str],
) -> None:
    ada, bob, case_id = deleted
    settle(ada, Settlement.THEIRS_AND_NOTE)
    ada.sync()
    bob.sync()
    assert (ada.waiting(), ada.conflicts(), alike(ada, bob)) == ([], [], True)
    assert case_id not in ada.store.queue(QueueQuery())
    (note,) = bob.store.case_document(case_id)["notes"].values()
    assert note["text"] == "phone: mine"


def test_a_case_gone_from_the_server_is_made_again_or_let_go_here(desks: tuple[Desk, Desk]) -> None:
    ada, _ = desks
    cases = [ada.take_in(b"one"), ada.take_in(b"two")]
    ada.sync()
    for case_id in cases:
        del ada.server.cases[case_id]
        ada.correct(case_id, "phone", "mine")
    ada.sync()
    by_case = {c.case_id: c.conflict_id for c in settling.open_conflicts(ada.changes)}
    settling.settle(ada.changes, by_case[cases[0]], Settlement.MINE, "ada")
    settling.settle(ada.changes, by_case[cases[1]], Settlement.THEIRS, "ada")
    ada.sync()
    assert (list(ada.server.cases), ada.waiting(), ada.conflicts()) == ([cases[0]], [], [])
    assert ada.store.queue(QueueQuery()) == (cases[0],)
    ada.sync()
    assert ada.store.case_document(cases[1])["_meta"]["deleted_at"]


@pytest.fixture
def twins(desks: tuple[Desk, Desk]) -> tuple[Desk, Desk, str, str]:
    ada, bob = desks
    first = ada.take_in(b"same")
    later = bob.take_in(b"same")
    bob.correct(later, "phone", "by bob")
    for desk in (ada, bob, ada):
        desk.sync()
    return ada, bob, first, later


def test_of_two_cases_with_one_file_the_later_is_put_away_and_its_corrections_kept(
    twins: tuple[Desk, Desk, str, str],
) -> None:
    ada, bob, first, later = twins
    conflict = the_conflict(ada)
    assert (conflict.case_id, conflict.other_case_id) == (later, first)
    settle(ada, Settlement.MERGE)
    for desk in (ada, bob):
        desk.sync()
    document = bob.store.case_document(later)
    assert (document["duplicate_of"], bool(document["_meta"]["deleted_at"])) == (first, True)
    (note,) = bob.store.case_document(first)["notes"].values()
    assert note["text"] == "phone: by bob"
    assert bob.store.queue(QueueQuery()) == (first,)
    assert (ada.conflicts(), bob.conflicts(), alike(ada, bob)) == ([], [], True)


def test_two_cases_with_one_file_that_both_stay_are_never_asked_about_again(
    twins: tuple[Desk, Desk, str, str],
) -> None:
    ada, bob, first, later = twins
    settle(bob, Settlement.BOTH)
    bob.sync()
    ada.sync()
    ada.correct(first, "phone", "1")
    ada.sync()
    bob.sync()
    assert (ada.conflicts(), bob.conflicts()) == ([], [])
    assert set(ada.store.queue(QueueQuery())) == {first, later}


def test_what_is_refused_is_given_up_and_its_effect_taken_back_here(apart: tuple[Desk, Desk, str]) -> None:
    ada, bob, case_id = apart
    settle(ada, Settlement.THEIRS)
    ada.sync()
    refused = ada.correct(case_id, "member_id", "refused")
    kept = ada.correct(case_id, "diagnosis", "kept")
    ada.wire.wrongs = [REFUSED]
    ada.sync()
    settling.give_up(ada.changes, refused, "ada")
    assert (ada.value(case_id, "member_id"), ada.value(case_id, "diagnosis")) == ("member_id", "kept")
    ada.sync()
    bob.sync()
    assert (bob.value(case_id, "diagnosis"), ada.waiting(), alike(ada, bob)) == ("kept", [], True)
    receipts = {r.mutation_id for r in ada.server.history(case_id)}
    assert (refused in receipts, kept in receipts) == (False, True)
    history: tuple[Change, ...] = ada.store.history(case_id)
    assert refused in {c.change_id for c in history}
    assert history[-1].action is Action.GIVEN_UP
    assert any(
        e.action == "left_outbox" and e.detail["change"] == refused for e in ada.store.audit_entries(case_id)
    )
    assert ada.store.audit_verify().holds


def test_undo_goes_past_what_was_given_up(apart: tuple[Desk, Desk, str]) -> None:
    ada, _, case_id = apart
    settle(ada, Settlement.THEIRS)
    ada.sync()
    ada.correct(case_id, "diagnosis", "kept")
    ada.sync()
    refused = ada.correct(case_id, "member_id", "refused")
    ada.wire.wrongs = [REFUSED]
    ada.sync()
    settling.give_up(ada.changes, refused, "ada")
    ada.editing.undo(case_id, "ada")
    assert ada.value(case_id, "diagnosis") == "diagnosis"


def test_only_what_was_refused_can_be_given_up(apart: tuple[Desk, Desk, str]) -> None:
    ada, _, case_id = apart
    waiting = ada.correct(case_id, "member_id", "x")
    with pytest.raises(Rejected) as refused:
        settling.give_up(ada.changes, waiting, "ada")
    assert refused.value.code == "not_refused"


def test_a_case_whose_arrival_is_given_up_stays_on_this_computer(desks: tuple[Desk, Desk]) -> None:
    ada, _ = desks
    case_id = ada.take_in()
    ada.wire.wrongs = [REFUSED]
    ada.sync()
    arrival = ada.store.history(case_id)[0].change_id
    settling.give_up(ada.changes, arrival, "ada")
    ada.correct(case_id, "phone", "1")
    ada.sync()
    assert (ada.server.cases, ada.waiting()) == ({}, [])
    assert case_id in ada.store.queue(QueueQuery())


def test_a_refused_determination_can_be_given_up_and_made_anew(desks: tuple[Desk, Desk]) -> None:
    ada, _ = desks
    case_id = ada.take_in()
    ada.sync()
    refused = ada.determine(case_id)
    ada.wire.wrongs = [REFUSED]
    ada.sync()
    settling.give_up(ada.changes, refused, "ada")
    assert ada.store.case_document(case_id)["status"] != "completed"
    ada.determine(case_id)
    ada.sync()
    assert (ada.waiting(), ada.store.case_document(case_id)["status"]) == ([], "completed")


def test_an_approval_that_stands_again_did_not_see_what_was_changed_behind_the_one_given_up(
    desks: tuple[Desk, Desk],
) -> None:
    ada, bob = desks
    case_id = ada.take_in()
    ada.determine(case_id)
    ada.sync()
    refused = ada.determine(case_id, Outcome.PEND)
    ada.wire.wrongs = [REFUSED]
    ada.sync()
    behind = ada.correct(case_id, "phone", "9")
    settling.give_up(ada.changes, refused, "ada")
    document = ada.store.case_document(case_id)
    assert behind in document["reopened"]
    assert document["status"] == "in_progress"
    ada.sync()
    bob.sync()
    assert bob.store.case_document(case_id)["status"] == "in_progress"
    assert ada.waiting() == []
