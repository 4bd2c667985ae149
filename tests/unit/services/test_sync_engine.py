"""The sync engine against a model of the server: every row of the table of answers, and what a pull brings."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.domain.change import Action
from app.domain.errors import Offline, Rejected, SignInRequired
from app.domain.queue import QueueQuery
from app.domain.sync import Cursor, Link, RemoteCase, Scope, WaitingFor
from app.services.store.sync_row import RECEIPTS
from tests.faults.sync_server import BucketModel, ServerModel, offline
from tests.unit.services.sync_case import Clock, Desk, alike

REFUSED = Rejected("You may not write here.", "Ask for the role.", code="no_permission")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def a_desk(tmp_path: Path, clock: Clock) -> Iterator[Callable[[str], Desk]]:
    server = ServerModel(clock)
    desks: list[Desk] = []

    def opened(person: str) -> Desk:
        desks.append(Desk(tmp_path / person, server, clock, person))
        return desks[-1]

    yield opened
    for desk in desks:
        desk.store.close()


@pytest.fixture
def pair(a_desk: Callable[[str], Desk]) -> tuple[Desk, Desk, str]:
    """Two desks that hold the same case."""
    ada, bob = a_desk("ada"), a_desk("bob")
    case_id = ada.take_in()
    ada.sync()
    bob.sync()
    assert alike(ada, bob)
    return ada, bob, case_id


def test_a_case_made_here_reaches_another_desk_with_its_receipts(a_desk: Callable[[str], Desk]) -> None:
    ada, bob = a_desk("ada"), a_desk("bob")
    case_id = ada.take_in()
    change_id = ada.correct(case_id, "phone", "555")
    ada.sync()
    assert ada.waiting() == []
    steps = bob.sync()
    assert case_id in {found for step in steps for found in step.changed}
    assert bob.value(case_id, "phone") == "555"
    assert alike(ada, bob)
    receipts = ada.server.history(case_id)
    assert [r.action for r in receipts] == ["received", "corrected"]
    assert receipts[1].mutation_id == change_id
    assert receipts[1].previous == receipts[0].hash != ""
    assert [r.desk for r in receipts] == [ada.store.desk] * 2
    assert case_id in bob.store.queue(QueueQuery())


def test_all_that_waits_of_a_case_goes_in_one_push(pair: tuple[Desk, Desk, str]) -> None:
    ada, _, case_id = pair
    ada.wire.pushes.clear()
    made = [ada.correct(case_id, "phone", str(number)) for number in range(5)]
    ada.sync()
    (push,) = ada.wire.pushes
    assert [r.mutation_id for r in push.receipts] == made
    assert push.updates[("fields", "phone", "corrected_value")] == "4"
    assert ("fields", "member_id", "value") not in push.updates


def test_more_changes_than_a_batch_holds_go_in_order(pair: tuple[Desk, Desk, str]) -> None:
    ada, bob, case_id = pair
    ada.wire.pushes.clear()
    made = [ada.correct(case_id, "phone", str(number)) for number in range(RECEIPTS + 3)]
    ada.sync()
    assert [len(push.receipts) for push in ada.wire.pushes] == [RECEIPTS, 3]
    assert [r.mutation_id for push in ada.wire.pushes for r in push.receipts] == made
    assert ada.wire.pushes[0].updates[("fields", "phone", "corrected_value")] == str(RECEIPTS - 1)
    bob.sync()
    assert alike(ada, bob)


def test_a_lost_acknowledgement_is_found_by_its_receipt(pair: tuple[Desk, Desk, str]) -> None:
    ada, bob, case_id = pair
    commits = ada.server.commits
    first = ada.correct(case_id, "phone", "1")
    ada.wire.wrongs = ["lost"]
    ada.sync()
    assert ada.waiting() == [first]
    ada.correct(case_id, "phone", "2")
    ada.sync()
    assert ada.waiting() == []
    assert ada.conflicts() == []
    assert ada.server.commits == commits + 2
    bob.sync()
    assert (bob.value(case_id, "phone"), alike(ada, bob)) == ("2", True)


def test_a_lost_acknowledgement_of_a_new_case_makes_no_second_one(a_desk: Callable[[str], Desk]) -> None:
    ada = a_desk("ada")
    case_id = ada.take_in()
    ada.wire.wrongs = ["lost", "lost"]
    for _ in range(4):
        ada.sync()
    assert list(ada.server.cases) == [case_id]
    assert ada.server.commits == 1
    assert (ada.waiting(), ada.conflicts()) == ([], [])


def test_ones_own_earlier_try_is_no_conflict_when_somebody_went_on_from_it(
    pair: tuple[Desk, Desk, str],
) -> None:
    ada, bob, case_id = pair
    ada.wire.wrongs = ["lost"]
    ada.correct(case_id, "phone", "1")
    ada.sync()
    bob.sync()
    assert bob.value(case_id, "phone") == "1"
    bob.correct(case_id, "phone", "2")
    bob.sync()
    ada.sync()
    assert ada.conflicts() == []
    assert (ada.value(case_id, "phone"), alike(ada, bob)) == ("2", True)


def test_a_try_that_was_sent_when_the_process_died_is_found_again(pair: tuple[Desk, Desk, str]) -> None:
    ada, _, case_id = pair
    ada.correct(case_id, "phone", "1")
    due = ada.store.sync.due(ada.clock(), uploads=False)
    assert due is not None
    assert due.push is not None
    ada.server.push(due.push)
    ada.again()
    ada.sync()
    assert (ada.waiting(), ada.conflicts(), ada.value(case_id, "phone")) == ([], [], "1")


def test_edits_of_different_fields_merge_and_one_field_asks_a_person(pair: tuple[Desk, Desk, str]) -> None:
    ada, bob, case_id = pair
    bob.correct(case_id, "phone", "b")
    bob.correct(case_id, "diagnosis", "B")
    bob.sync()
    held = ada.correct(case_id, "phone", "a")
    ada.correct(case_id, "member_id", "A")
    ada.sync()
    assert ada.conflicts() == [("value", "fields.phone")]
    assert ada.value(case_id, "phone") == "b"
    assert ada.value(case_id, "diagnosis") == "B"
    assert ada.waiting() == [held]
    (item,) = ada.store.sync.waiting(ada.store.sync.link(Scope("ada")))
    assert item.waiting_for is WaitingFor.PERSON
    bob.sync()
    assert bob.value(case_id, "member_id") == "A"
    assert alike(ada, bob)
    ada.again()
    assert ada.conflicts() == [("value", "fields.phone")]


def test_offline_costs_one_try_and_comes_back_with_the_same_ids(pair: tuple[Desk, Desk, str]) -> None:
    ada, _, case_id = pair
    made = ada.correct(case_id, "phone", "1")
    ada.wire.offline = offline()
    step = ada.sync()[-1]
    assert (step.state, step.again_at > ada.clock.now) == (Link.OFFLINE, True)
    assert ada.step().did == "waiting"
    for _ in range(12):
        ada.clock.now = ada.step().again_at
        assert ada.step().again_at - ada.clock.now <= timedelta(seconds=60)
    assert ada.waiting() == [made]
    ada.wire.offline = None
    ada.clock.now += timedelta(seconds=25)
    ada.sync(poked=False)
    assert ada.waiting() == []
    assert [r.mutation_id for r in ada.server.history(case_id)].count(made) == 1


def test_news_that_were_told_of_while_the_server_was_away_are_asked_for_when_it_is_back(
    pair: tuple[Desk, Desk, str],
) -> None:
    ada, bob, case_id = pair
    bob.correct(case_id, "phone", "new")
    bob.sync()
    ada.wire.offline = offline()
    assert ada.step(poked=True).did == "failed"
    ada.wire.offline = None
    ada.clock.now += timedelta(seconds=25)
    ada.sync(poked=False)
    assert ada.value(case_id, "phone") == "new"


def test_sync_now_does_not_wait_for_the_next_try(pair: tuple[Desk, Desk, str]) -> None:
    ada, _, case_id = pair
    ada.correct(case_id, "phone", "1")
    ada.wire.offline = offline()
    for _ in range(5):
        ada.clock.now = ada.step().again_at
    ada.step()
    ada.wire.offline = None
    assert ada.step().did == "waiting"
    ada.sync(poked=True)
    assert ada.waiting() == []


def test_a_clock_that_was_set_back_does_not_keep_anything_waiting(pair: tuple[Desk, Desk, str]) -> None:
    ada, _, case_id = pair
    ada.correct(case_id, "phone", "1")
    ada.wire.wrongs = [offline()]
    ada.sync()
    ada.clock.now -= timedelta(hours=5)
    ada.sync(poked=False)
    assert ada.waiting() == []


def test_signed_out_the_queue_waits_and_editing_goes_on(pair: tuple[Desk, Desk, str]) -> None:
    ada, _, case_id = pair
    ada.correct(case_id, "phone", "1")
    ada.wire.offline = SignInRequired("Nobody is signed in.", "Sign in.", code="signed_out")
    step = ada.sync()[-1]
    assert (step.state, step.next_step) == (Link.SIGN_IN, "Sign in.")
    ada.correct(case_id, "member_id", "2")
    items = ada.store.sync.waiting(ada.store.sync.link(Scope("ada")))
    assert [item.waiting_for for item in items] == [WaitingFor.SIGN_IN] * 2
    ada.wire.offline = None
    ada.sync()
    assert ada.waiting() == []


def test_what_is_refused_is_parked_with_words_and_other_cases_go_on(a_desk: Callable[[str], Desk]) -> None:
    ada = a_desk("ada")
    first, second = ada.take_in(b"one"), ada.take_in(b"two")
    ada.wire.wrongs = [REFUSED]
    ada.sync()
    assert list(ada.server.cases) == [second]
    (item,) = ada.store.sync.waiting(ada.store.sync.link(Scope("ada")))
    assert (item.case_id, item.waiting_for) == (first, WaitingFor.REFUSED)
    assert (item.reason, item.next_step) == (REFUSED.reason, REFUSED.next_step)
    ada.correct(first, "phone", "1")
    ada.sync()
    assert first not in ada.server.cases
    ada.store.sync.retry(first, "ada", ada.clock())
    ada.sync()
    assert (set(ada.server.cases), ada.waiting()) == ({first, second}, [])


def test_a_case_deleted_elsewhere_while_it_was_changed_here_asks_a_person(
    pair: tuple[Desk, Desk, str],
) -> None:
    ada, bob, case_id = pair
    ada.server.delete(case_id, "gone1", "root")
    ada.correct(case_id, "phone", "1")
    ada.sync()
    bob.sync()
    assert ada.conflicts() == [("deleted", "case")]
    assert ada.value(case_id, "phone") == "1"
    assert case_id in ada.store.queue(QueueQuery())
    assert case_id not in bob.store.queue(QueueQuery())


def test_a_case_that_is_gone_from_the_server_asks_a_person(pair: tuple[Desk, Desk, str]) -> None:
    ada, _, case_id = pair
    del ada.server.cases[case_id]
    ada.correct(case_id, "phone", "1")
    ada.sync()
    assert ada.conflicts() == [("deleted", "case")]
    assert ada.server.cases == {}


def test_a_determination_goes_by_itself_and_comes_back_signed(pair: tuple[Desk, Desk, str]) -> None:
    ada, bob, case_id = pair
    ada.wire.pushes.clear()
    ada.correct(case_id, "phone", "1")
    ada.determine(case_id)
    ada.correct(case_id, "member_id", "2")
    ada.sync()
    assert [push.determines for push in ada.wire.pushes] == [False, True, False]
    assert ada.store.case_document(case_id)["determinations"]["r1"]["signature"]
    assert "reopened" not in ada.store.case_document(case_id)
    bob.sync()
    assert alike(ada, bob)
    assert bob.store.case_document(case_id)["status"] == "completed"


def test_a_determination_that_nobody_signed_is_not_believed(pair: tuple[Desk, Desk, str]) -> None:
    ada, bob, case_id = pair
    bob.confirmed = lambda _case, _line, _entry: False
    ada.determine(case_id)
    ada.sync()
    bob.sync()
    document = bob.store.case_document(case_id)
    assert document["unconfirmed"] == {"r1": document["determinations"]["r1"]["id"]}
    assert document["status"] != "completed"
    bob.wire.pushes.clear()
    bob.correct(case_id, "phone", "1")
    bob.sync()
    (push,) = bob.wire.pushes
    assert not any(path[0] in ("unconfirmed", "determinations") for path in push.updates)


def test_an_edit_that_a_decision_did_not_see_takes_the_case_back_to_work(
    pair: tuple[Desk, Desk, str],
) -> None:
    ada, bob, case_id = pair
    bob.determine(case_id)
    bob.sync()
    made = ada.correct(case_id, "phone", "1")
    ada.sync()
    bob.sync()
    document = bob.store.case_document(case_id)
    assert (document["status"], list(document["reopened"])) == ("in_progress", [made])
    bob.determine(case_id)
    bob.sync()
    ada.sync()
    assert ada.store.case_document(case_id)["status"] == "completed"
    assert alike(ada, bob)


def test_a_determination_made_on_what_has_changed_is_held_back(pair: tuple[Desk, Desk, str]) -> None:
    ada, bob, case_id = pair
    bob.correct(case_id, "diagnosis", "X")
    bob.sync()
    ada.determine(case_id)
    ada.sync()
    assert ada.conflicts() == [("evidence", "determinations.r1")]
    assert "determinations" not in (ada.server.document(case_id) or {})
    assert ada.store.case_document(case_id)["status"] != "completed"


def test_files_go_up_before_the_case_and_it_says_where_they_are(a_desk: Callable[[str], Desk]) -> None:
    ada = a_desk("ada")
    ada.buckets = BucketModel()
    case_id = ada.take_in(b"a form")
    assert ada.store.sync.counts().uploads == 1
    steps = [step.did for step in ada.sync()]
    assert steps.index("uploaded") < steps.index("pushed")
    ((uri, (kept, content)),) = ada.buckets.objects.items()
    assert (content, uri.startswith(f"gs://pa_forms_bkt/{case_id}/")) == (b"a form", True)
    assert kept.metadata["case_id"] == case_id
    assert set(kept.metadata) == {"case_id", "document_id", "kind", "desk"}
    for document in (ada.server.document(case_id) or {}, ada.store.case_document(case_id)):
        assert [entry["uri"] for entry in document["documents"].values()] == [uri]
    assert ada.store.sync.counts().uploads == 0


def test_the_same_file_from_two_desks_is_asked_about_once(a_desk: Callable[[str], Desk]) -> None:
    ada, bob = a_desk("ada"), a_desk("bob")
    ada.take_in(b"same")
    bob.take_in(b"same")
    for _ in range(2):
        ada.sync()
        bob.sync()
    assert ada.conflicts() == bob.conflicts() == [("same_content", "documents")]


def test_several_forms_of_one_package_are_no_duplicates(a_desk: Callable[[str], Desk]) -> None:
    ada, bob = a_desk("ada"), a_desk("bob")
    ada.take_in(b"same", "d1")
    ada.take_in(b"same", "d1-2", Action.READ)
    ada.sync()
    bob.sync()
    assert bob.conflicts() == []


def test_a_review_goes_along_once(pair: tuple[Desk, Desk, str]) -> None:
    ada, _, case_id = pair
    body = {"review_id": "v1", "model": {"name": "m"}, "problem": ""}
    ada.store.reviews.keep(case_id, body, "ada", ada.clock())
    ada.wire.pushes.clear()
    ada.write(case_id, {"review.latest": {"id": "v1", "at": "2026"}}, Action.REVIEWED)
    ada.sync()
    ada.correct(case_id, "phone", "1")
    ada.sync()
    assert [list(push.reviews) for push in ada.wire.pushes] == [["v1"], []]


def test_a_case_of_a_newer_program_is_kept_and_not_changed(pair: tuple[Desk, Desk, str]) -> None:
    ada, bob, case_id = pair
    bob.correct(case_id, "phone", "1")
    bob.sync()
    kept = ada.server.cases[case_id]
    newer = json.loads(kept.text)
    newer["_meta"]["schema"] = 99
    newer["unheard_of"] = {"x": 1}
    ada.server.commits += 1
    kept.text, kept.update_time, kept.updated_at = json.dumps(newer), "u99999999", ada.clock()
    ada.sync()
    assert ada.store.case_document(case_id)["unheard_of"] == {"x": 1}
    with pytest.raises(Rejected) as refused:
        ada.correct(case_id, "phone", "2")
    assert refused.value.code == "case_newer"


def test_what_cannot_be_understood_does_not_stop_the_rest(pair: tuple[Desk, Desk, str]) -> None:
    ada, bob, case_id = pair
    bob.correct(case_id, "phone", "1")
    bob.sync()
    good = bob.take_in(b"another")
    bob.sync()
    kept = ada.server.cases[case_id]
    kept.text, kept.update_time = '{"_meta": {"schema": 1, "rev": "x"}}', "u88888888"
    ada.sync()
    assert ada.value(good, "phone") == "phone"
    assert ada.value(case_id, "phone") == "phone"


def test_a_poll_sees_what_was_committed_late(pair: tuple[Desk, Desk, str]) -> None:
    ada, bob, case_id = pair
    late = bob.take_in(b"late")
    due = bob.store.sync.due(bob.clock(), uploads=False)
    assert due is not None
    assert due.push is not None
    asked = ada.server.request_time()
    ada.clock.now += timedelta(minutes=2)
    bob.correct(case_id, "phone", "1")
    ada.correct(case_id, "member_id", "2")
    ada.sync()
    ada.server.commit(due.push, asked)
    ada.sync(poked=True)
    ada.clock.now += timedelta(minutes=5)
    ada.sync(poked=False)
    assert ada.value(late, "phone") == "phone"


def test_a_whole_poll_asks_again_for_what_may_have_been_committed_behind_it(
    pair: tuple[Desk, Desk, str],
) -> None:
    ada, bob, case_id = pair
    late = bob.take_in(b"late")
    due = bob.store.sync.due(bob.clock(), uploads=False)
    assert due is not None
    assert due.push is not None
    asked = ada.server.request_time()
    ada.clock.now += timedelta(minutes=2)
    ada.correct(case_id, "phone", "1")
    ada.sync()
    ada.clock.now += timedelta(minutes=5)
    ada.sync(poked=False)  # a whole poll, which has now seen a case written two minutes after `asked`
    ada.server.commit(due.push, asked)
    ada.clock.now += timedelta(minutes=5)
    ada.sync(poked=False)
    assert ada.value(late, "phone") == "phone"


def test_news_that_are_pointed_to_cost_no_more_than_what_is_new(pair: tuple[Desk, Desk, str]) -> None:
    ada, bob, case_id = pair
    for number in range(20):
        bob.take_in(str(number).encode())
        bob.sync()
        bob.clock.now += timedelta(seconds=30)
    ada.sync(poked=False)
    ada.sync(poked=True)
    ada.clock.now += timedelta(minutes=2)
    bob.correct(case_id, "phone", "new")
    bob.sync()
    brought: list[int] = []
    plain = ada.server.changed

    def counted(scope: Scope, since: Cursor | None, limit: int) -> tuple[RemoteCase, ...]:
        found = plain(scope, since, limit)
        brought.append(len(found))
        return found

    ada.wire.changed = counted  # type: ignore[attr-defined]
    ada.sync(poked=True)
    assert (ada.value(case_id, "phone"), sum(brought)) == ("new", 2)


def test_nothing_is_asked_again_that_is_known(pair: tuple[Desk, Desk, str]) -> None:
    ada, _, _ = pair
    audited = ada.store.audit_verify().entries
    for _ in range(3):
        steps = ada.sync()
        assert [step.changed for step in steps if step.changed] == []
    assert ada.store.audit_verify().entries == audited
    idle = ada.step()
    assert (idle.did, idle.again_at - ada.clock.now > timedelta(minutes=4)) == ("idle", True)


def test_a_local_workspace_pushes_everything_it_ever_did_in_order(a_desk: Callable[[str], Desk]) -> None:
    ada, bob = a_desk("ada"), a_desk("bob")
    cases = [ada.take_in(str(number).encode()) for number in range(3)]
    made = {case_id: [c.change_id for c in ada.store.history(case_id)] for case_id in cases}
    for case_id in cases:
        for value in ("1", "2"):
            made[case_id].append(ada.correct(case_id, "phone", value))
    ada.sync()
    bob.sync()
    assert alike(ada, bob)
    for case_id in cases:
        assert [r.mutation_id for r in ada.server.history(case_id)] == made[case_id]
    assert ada.store.audit_verify().holds


def test_a_merge_is_in_the_audit_trail_without_values(pair: tuple[Desk, Desk, str]) -> None:
    ada, bob, case_id = pair
    bob.correct(case_id, "phone", "secret-b")
    bob.sync()
    ada.correct(case_id, "phone", "secret-a")
    ada.sync()
    merged = [entry for entry in ada.store.audit_entries(case_id) if entry.action == "merged"]
    assert merged[-1].detail["conflicts"] == [["value", "fields.phone"]]
    assert "secret" not in repr(merged)
    assert ada.store.audit_verify().holds


def test_an_answer_without_an_answer_is_tried_again_and_not_believed(pair: tuple[Desk, Desk, str]) -> None:
    ada, _, case_id = pair
    ada.wire.wrongs = [Offline("No answer.", "It is tried again.")]
    made = ada.correct(case_id, "phone", "1")
    ada.sync()
    assert ada.waiting() == [made]
    assert made not in {r.mutation_id for r in ada.server.history(case_id)}
