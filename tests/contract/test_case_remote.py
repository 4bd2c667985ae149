"""What every shared queue keeps, whatever it is made of: the model in this process, Firestore's emulator through the
real client, and the same through a proxy that asks for a token and for indexes.
"""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.case import Json, to_time
from app.domain.change import MISSING, Missing
from app.domain.errors import Rejected
from app.domain.sync import SHARDS, Answer, Cursor, Lease, Push, Pushed, Receipt, Scope, shard_of
from app.services.google.firestore.remote import FirestoreCaseRemote
from app.services.ports import CaseRemote
from tests.emulator import Place
from tests.faults.sync_server import ServerModel
from tests.faulty_proxy import proxied

pytest_plugins = ("tests.emulator",)

AT = datetime(2026, 3, 2, 9, 30, 15, 123456, tzinfo=UTC)
EVERY = Scope("nobody")


def a_case(case_id: str, **more: Any) -> Json:
    """A case document as the store keeps one."""
    return {
        "case_id": case_id,
        "request_id": case_id,
        "receipt": "AB12-0001",
        "status": "",
        "intake_status": "needs_review",
        "assigned_to": "",
        "received_at": "2026-03-02T09:30:15.123456Z",
        "due_at": "2026-03-09T09:30:15.000000Z",
        "waiting_for": None,
        "documents": {
            "d1": {
                "uri": "gs://forms/x",
                "pages": [3, 4],
                "received_at": "2026-03-02T09:30:15.000001Z",
                "turns": {"3": 1},
            }
        },
        "fields": {
            "patient_name": {
                "value": "as it was read",
                "confidence": 0.97,
                "placement_confidence": 1.0,
                "page": 1,
                "box": [0.1, 0.2, 0.30000000000000004, 1.0],
                "state": "unseen",
                "corrected_value": None,
                "at": None,
                "warnings": [{"rule": "r", "params": {"n": 2}, "suggestion": None}],
            },
            "expedited": {"value": False, "at": "2026-03-02T10:00:00.000000Z"},
        },
        "tables": {"services": {"rows": {"r1": {"order": 0, "code": {"value": "97110"}}}}},
        "_meta": {"rev": "m1", "updated_at": to_time(AT), "schema": 1, "deleted_at": None},
        **more,
    }


def a_receipt(case_id: str, mutation_id: str, at: datetime = AT, **body: Any) -> Receipt:
    kept = {"writes": [{"path": "fields.x.value", "base": None, "value": {"a": [1, 2.5, "z"]}}], **body}
    return Receipt(mutation_id, case_id, "corrected", "ann", at, "AB12", 7, "before", "hash", kept)


def new_id() -> str:
    return uuid.uuid4().hex


def bare(document: Mapping[str, Any]) -> Json:
    """A case document without the time that is the server's to write."""
    meta = {name: value for name, value in document["_meta"].items() if name != "updated_at"}
    return {**document, "_meta": meta}


def put(remote: CaseRemote, case_id: str, **more: Any) -> str:
    """A case that is there; its update time."""
    made = remote.push(Push(case_id, (a_receipt(case_id, new_id()),), None, a_case(case_id, **more)))
    assert made.answer is Answer.APPLIED
    return made.update_time


def edit(
    remote: CaseRemote, case_id: str, base: str, updates: Mapping[tuple[str, ...], Any], **more: Any
) -> Pushed:
    return remote.push(Push(case_id, (a_receipt(case_id, new_id()),), base, None, updates, **more))


def found(remote: CaseRemote, case_id: str) -> Json:
    case = remote.case(case_id)
    assert case is not None
    return case.document


class CaseRemoteContract:
    """The cases. Whoever runs them gives `remote`, an empty queue; `other`, the same seen from another desk; and
    `reviews`, what is kept of a case's reviews.
    """

    def test_a_new_case_comes_back_as_it_was(self, remote: CaseRemote) -> None:
        case_id = new_id()
        made = a_case(case_id)
        answer = remote.push(Push(case_id, (a_receipt(case_id, "m1"),), None, made))
        assert answer.answer is Answer.APPLIED
        case = remote.case(case_id)
        assert case is not None
        assert bare(case.document) == bare(made)
        assert case.update_time == answer.update_time != ""
        assert case.document["_meta"]["updated_at"] == to_time(case.updated_at)

    def test_whole_numbers_stay_whole_and_others_do_not_become_so(self, remote: CaseRemote) -> None:
        case_id = new_id()
        put(
            remote,
            case_id,
            mixed={"i": 1, "f": 1.0, "b": True, "big": 2**53 + 1, "n": None, "t": "", "l": [], "m": {}},
        )
        mixed = found(remote, case_id)["mixed"]
        assert {name: type(value) for name, value in mixed.items()} == {
            "i": int, "f": float, "b": bool, "big": int, "n": type(None), "t": str, "l": list, "m": dict,
        }  # fmt: skip
        assert mixed["big"] == 2**53 + 1

    def test_times_come_back_to_the_microsecond_and_texts_that_look_like_times_stay(
        self, remote: CaseRemote
    ) -> None:
        case_id = new_id()
        texts = {
            "received_at": "2026-03-02T09:30:15.000001Z",
            "due_at": "1969-12-31T23:59:59.999999Z",
            "assigned_at": "2026-03-02T09:30:15Z",
            "payer_received_at": "2026-02-31T09:30:15.000000Z",
            "note": "2026-03-02T09:30:15.123456Z",
        }
        put(remote, case_id, **texts)
        assert {name: found(remote, case_id)[name] for name in texts} == texts

    def test_an_edit_changes_what_it_names_and_nothing_else(self, remote: CaseRemote) -> None:
        case_id = new_id()
        base = put(remote, case_id)
        before = found(remote, case_id)
        made = edit(
            remote, case_id, base,
            {
                ("fields", "patient_name", "corrected_value"): "another",
                ("fields", "patient_name", "at"): to_time(AT),
                ("fields", "expedited"): MISSING,
                ("tables", "services", "rows", "r2"): {"order": 1, "code": {"value": "97112"}},
                ("_meta", "rev"): "m2",
            },
        )  # fmt: skip
        assert made.answer is Answer.APPLIED
        before["fields"]["patient_name"] |= {"corrected_value": "another", "at": to_time(AT)}
        del before["fields"]["expedited"]
        before["tables"]["services"]["rows"]["r2"] = {"order": 1, "code": {"value": "97112"}}
        before["_meta"]["rev"] = "m2"
        case = remote.case(case_id)
        assert case is not None
        assert bare(case.document) == bare(before)
        assert case.update_time == made.update_time != base

    @pytest.mark.parametrize(
        "name", ["9 lives", "a-b", "a.b", "x/y", "Ä ö", "a~*[]", "r`1", "back\\slash", "\\`", "~x", "%41"]
    )
    def test_names_are_kept_whatever_they_hold(self, remote: CaseRemote, name: str) -> None:
        case_id = new_id()
        base = put(remote, case_id, odd={name: {name: 1}})
        made = edit(remote, case_id, base, {("odd", name, name): 2, ("odd", "plain"): {name: [name]}})
        assert made.answer is Answer.APPLIED
        assert found(remote, case_id)["odd"] == {name: {name: 2}, "plain": {name: [name]}}

    def test_the_same_push_again_is_known_by_its_receipt(self, remote: CaseRemote) -> None:
        case_id = new_id()
        base = put(remote, case_id)
        push = Push(case_id, (a_receipt(case_id, "m2"),), base, None, {("note",): 1})
        first = remote.push(push)
        assert remote.push(push).answer in (Answer.RECEIPT_THERE, Answer.BASE_MOVED)
        assert remote.push(replace(push, base=first.update_time)).answer is Answer.RECEIPT_THERE
        assert remote.receipts(case_id, ("m2",)) == {"m2"}
        assert len(remote.history(case_id)) == 2

    def test_a_new_case_pushed_again_is_known_by_its_receipt(self, remote: CaseRemote) -> None:
        case_id = new_id()
        push = Push(case_id, (a_receipt(case_id, "m1"),), None, a_case(case_id))
        assert remote.push(push).answer is Answer.APPLIED
        assert remote.push(push).answer is Answer.RECEIPT_THERE
        assert len(remote.history(case_id)) == 1

    def test_one_receipt_that_is_there_keeps_the_whole_batch_out(self, remote: CaseRemote) -> None:
        case_id = new_id()
        base = put(remote, case_id)
        made = remote.push(Push(case_id, (a_receipt(case_id, "m2"),), base, None, {("note",): 1}))
        both = (a_receipt(case_id, "m2"), a_receipt(case_id, "m3"))
        again = remote.push(Push(case_id, both, made.update_time, None, {("note",): 2}))
        assert again.answer is Answer.RECEIPT_THERE
        assert again.update_time == ""
        assert found(remote, case_id)["note"] == 1
        assert remote.receipts(case_id, ("m2", "m3")) == {"m2"}

    def test_an_edit_of_an_old_version_is_not_applied(self, remote: CaseRemote) -> None:
        case_id = new_id()
        base = put(remote, case_id)
        edit(remote, case_id, base, {("note",): "theirs"})
        mine = remote.push(Push(case_id, (a_receipt(case_id, "mine"),), base, None, {("note",): "mine"}))
        assert mine == Pushed(Answer.BASE_MOVED)
        assert found(remote, case_id)["note"] == "theirs"
        assert remote.receipts(case_id, ("mine",)) == frozenset()

    def test_an_edit_of_a_case_that_is_not_there_is_told(self, remote: CaseRemote) -> None:
        here, gone = new_id(), new_id()
        base = put(remote, here)
        push = Push(gone, (a_receipt(gone, "m1"),), base, None, {("note",): 1})
        assert remote.push(push) == Pushed(Answer.GONE)
        assert remote.case(gone) is None
        assert remote.receipts(gone, ("m1",)) == frozenset()

    def test_a_second_case_of_the_same_id_is_not_written_over_the_first(self, remote: CaseRemote) -> None:
        case_id = new_id()
        put(remote, case_id, note="first")
        other = Push(case_id, (a_receipt(case_id, "other"),), None, a_case(case_id, note="second"))
        assert remote.push(other).answer in (Answer.BASE_MOVED, Answer.RECEIPT_THERE)
        assert found(remote, case_id)["note"] == "first"
        assert remote.receipts(case_id, ("other",)) == frozenset()

    def test_of_two_who_push_at_once_one_is_applied(self, remote: CaseRemote) -> None:
        case_id = new_id()
        base = put(remote, case_id)
        together = threading.Barrier(4)

        def push(name: str) -> Answer:
            together.wait()
            return edit(remote, case_id, base, {("by", name): name}).answer

        with ThreadPoolExecutor(4) as desks:
            answers = list(desks.map(push, "abcd"))
        assert sorted(answers) == ["applied", "base_moved", "base_moved", "base_moved"]
        assert len(found(remote, case_id)["by"]) == 1

    def test_several_changes_go_in_one_batch(self, remote: CaseRemote) -> None:
        case_id = new_id()
        base = put(remote, case_id)
        ids = [f"m{number}" for number in range(40)]
        push = Push(case_id, tuple(a_receipt(case_id, each) for each in ids), base, None, {("note",): 1})
        assert remote.push(push).answer is Answer.APPLIED
        assert remote.receipts(case_id, (*ids, "other")) == set(ids)

    def test_a_review_that_is_there_stays_and_keeps_nothing_out(
        self, remote: CaseRemote, reviews: Callable[[str], Mapping[str, Json]]
    ) -> None:
        case_id = new_id()
        base = put(remote, case_id)
        first = edit(remote, case_id, base, {("note",): 1}, reviews={"v1": {"prompt": "p", "n": 1}})
        assert first.answer is Answer.APPLIED
        again = {"v1": {"prompt": "another"}, "v2": {"prompt": "q"}}
        second = edit(remote, case_id, first.update_time, {("note",): 2}, reviews=again)
        assert second.answer is Answer.APPLIED
        assert reviews(case_id) == {"v1": {"prompt": "p", "n": 1}, "v2": {"prompt": "q"}}
        assert found(remote, case_id)["note"] == 2

    def test_a_review_that_is_there_does_not_hide_that_the_base_moved(
        self, remote: CaseRemote, reviews: Callable[[str], Mapping[str, Json]]
    ) -> None:
        case_id = new_id()
        base = put(remote, case_id)
        edit(remote, case_id, base, {("note",): 1}, reviews={"v1": {"prompt": "p"}})
        late = {"v1": {"prompt": "p"}, "v2": {"prompt": "q"}}
        assert edit(remote, case_id, base, {("note",): 2}, reviews=late).answer is Answer.BASE_MOVED
        assert reviews(case_id).keys() == {"v1"}

    def test_what_is_too_large_is_refused_in_words_and_not_applied(self, remote: CaseRemote) -> None:
        case_id = new_id()
        base = put(remote, case_id)
        with pytest.raises(Rejected) as refused:
            edit(remote, case_id, base, {("note",): "patient's words " * 70_000})
        assert "patient's" not in str(refused.value)
        assert "note" not in found(remote, case_id)

    def test_a_case_that_grows_over_the_limit_is_refused_too(self, remote: CaseRemote) -> None:
        case_id = new_id()
        base = put(remote, case_id, note="x" * 700_000)
        with pytest.raises(Rejected):
            edit(remote, case_id, base, {("more",): "y" * 700_000})
        assert "more" not in found(remote, case_id)

    def test_a_new_case_that_is_too_large_leaves_no_receipt(self, remote: CaseRemote) -> None:
        case_id = new_id()
        push = Push(case_id, (a_receipt(case_id, "m1"),), None, a_case(case_id, note="x" * 1_100_000))
        with pytest.raises(Rejected):
            remote.push(push)
        assert remote.receipts(case_id, ("m1",)) == frozenset()

    def test_a_case_nobody_knows_is_none(self, remote: CaseRemote) -> None:
        assert remote.case(new_id()) is None
        assert remote.history(new_id()) == ()
        assert remote.receipts(new_id(), ()) == frozenset()

    def test_the_history_holds_every_receipt_as_it_was_in_the_order_of_time(self, remote: CaseRemote) -> None:
        case_id = new_id()
        made = [a_receipt(case_id, each, AT + timedelta(microseconds=n), n=n) for n, each in enumerate("cab")]
        base = remote.push(Push(case_id, (made[0],), None, a_case(case_id))).update_time
        remote.push(Push(case_id, (made[1], made[2]), base, None, {("note",): 1}))
        assert remote.history(case_id) == tuple(made)

    def test_the_history_from_a_time_on_is_what_was_written_since(self, remote: CaseRemote) -> None:
        case_id = new_id()
        base = remote.push(Push(case_id, (a_receipt(case_id, "a"),), None, a_case(case_id))).update_time
        case = remote.case(case_id)
        assert case is not None
        # made long before, and sent now: what counts is when the server wrote it
        late = a_receipt(case_id, "b", AT - timedelta(days=9))
        while True:  # the server's time has moved on by the millisecond that it counts in
            assert remote.push(Push(case_id, (late,), base, None, {("note",): 1})).answer is Answer.APPLIED
            moved = remote.case(case_id)
            assert moved is not None
            if moved.updated_at > case.updated_at:
                break
            case, base, late = moved, moved.update_time, replace(late, mutation_id=new_id())
        assert remote.history(case_id, moved.updated_at) == (late,)
        assert remote.history(case_id, moved.updated_at + timedelta(milliseconds=1)) == ()
        assert late in remote.history(case_id, case.updated_at)

    def test_reviews_come_back_as_they_were_and_from_a_time_on(self, remote: CaseRemote) -> None:
        case_id = new_id()
        base = put(remote, case_id)
        body: Json = {"prompt": "p", "at": to_time(AT), "box": [0.1, 0.2], "rows": [{"n": 1, "none": None}]}
        edit(remote, case_id, base, {("note",): 1}, reviews={"v1": body, "receipt-ab": {"text": "{}"}})
        case = remote.case(case_id)
        assert case is not None
        assert remote.reviews(case_id) == {"v1": body, "receipt-ab": {"text": "{}"}}
        assert remote.reviews(case_id, case.updated_at).keys() == {"v1", "receipt-ab"}
        assert remote.reviews(case_id, case.updated_at + timedelta(milliseconds=1)) == {}
        assert remote.reviews(new_id()) == {}

    def test_a_desk_code_belongs_to_the_first_workspace_that_claims_it(
        self, remote: CaseRemote, other: CaseRemote
    ) -> None:
        code, mine, theirs = new_id()[:8], new_id(), new_id()
        assert remote.claim_desk(code, mine)
        assert remote.claim_desk(code, mine)  # an earlier call whose answer was lost
        assert not other.claim_desk(code, theirs)
        assert other.claim_desk(code, mine)

    def test_of_many_that_claim_a_code_at_once_one_has_it(
        self, remote: CaseRemote, other: CaseRemote
    ) -> None:
        code = new_id()[:8]
        with ThreadPoolExecutor(4) as many:
            asked = [
                many.submit(desk.claim_desk, code, f"w{n}") for n, desk in enumerate((remote, other) * 2)
            ]
            assert sum(each.result() for each in asked) == 1

    def test_a_poll_goes_through_everything_in_order_and_loses_nothing_between_pages(
        self, remote: CaseRemote
    ) -> None:
        ids = {new_id() for _ in range(9)}
        for case_id in ids:
            put(remote, case_id)
        since: Cursor | None = None
        seen: list[str] = []
        while True:
            page = remote.changed(EVERY, since, 4)
            assert [(c.updated_at, c.case_id) for c in page] == sorted(
                (c.updated_at, c.case_id) for c in page
            )
            seen += [c.case_id for c in page if c.case_id not in seen]
            if len(page) < 4:
                break
            since = Cursor(page[-1].updated_at, page[-1].case_id)
        assert set(seen) == ids

    def test_a_poll_starts_at_its_cursor_and_holds_what_stands_there(self, remote: CaseRemote) -> None:
        ids = [new_id() for _ in range(3)]
        for case_id in ids:
            put(remote, case_id)
        every = remote.changed(EVERY, None, 10)
        middle = every[1]
        from_it = remote.changed(EVERY, Cursor(middle.updated_at, middle.case_id), 10)
        assert [c.case_id for c in from_it] == [c.case_id for c in every[1:]]
        assert middle in from_it
        at_time = {c.case_id for c in remote.changed(EVERY, Cursor(middle.updated_at), 10)}
        assert {c.case_id for c in every if c.updated_at >= middle.updated_at} == at_time

    def test_what_is_written_again_comes_again_later(self, remote: CaseRemote) -> None:
        one, two = new_id(), new_id()
        base = put(remote, one)
        put(remote, two)
        latest = remote.changed(EVERY, None, 10)[-1].updated_at
        threading.Event().wait(0.005)  # the server counts in milliseconds
        edit(remote, one, base, {("note",): 1})
        page = remote.changed(EVERY, None, 10)
        assert [c.case_id for c in page] == [two, one]
        assert page[-1].updated_at > latest
        (again,) = [c for c in page if c.case_id == one]
        assert again.document["note"] == 1
        assert again.update_time != base

    def test_a_tombstone_is_told_like_any_other_case(self, remote: CaseRemote) -> None:
        case_id = new_id()
        base = put(remote, case_id)
        (cursor,) = remote.changed(EVERY, None, 10)
        edit(remote, case_id, base, {("_meta", "deleted_at"): to_time(AT), ("_meta", "rev"): "gone"})
        (told,) = remote.changed(EVERY, Cursor(cursor.updated_at), 10)
        assert told.document["_meta"]["deleted_at"] == to_time(AT)

    def test_a_case_that_is_completed_elsewhere_is_told(self, remote: CaseRemote) -> None:
        case_id = new_id()
        base = put(remote, case_id, status="in_queue")
        (cursor,) = remote.changed(EVERY, None, 10)
        edit(remote, case_id, base, {("status",): "completed"})
        (told,) = remote.changed(EVERY, Cursor(cursor.updated_at), 10)
        assert told.document["status"] == "completed"

    def test_a_desk_hears_of_its_persons_cases_and_of_its_shards(self, remote: CaseRemote) -> None:
        ids = [new_id() for _ in range(12)]
        for number, case_id in enumerate(ids):
            put(remote, case_id, assigned_to="ann" if number % 3 == 0 else "bob")
        shards = tuple(sorted({shard_of(case_id) for case_id in ids[:4]}))
        expected = {case_id for n, case_id in enumerate(ids) if n % 3 == 0 or shard_of(case_id) in shards}
        told = remote.changed(Scope("ann", shards), None, 50)
        assert {c.case_id for c in told} == expected
        assert len(told) == len(expected)
        later = remote.changed(Scope("ann", shards), Cursor(told[3].updated_at, told[3].case_id), 50)
        assert [c.case_id for c in later] == [c.case_id for c in told[3:]]

    def test_a_desk_with_most_of_the_shards_misses_none(self, remote: CaseRemote) -> None:
        ids = [new_id() for _ in range(30)]
        for case_id in ids:
            put(remote, case_id)
        shards = tuple(range(1, SHARDS))
        told = {c.case_id for c in remote.changed(Scope("ann", shards), None, 100)}
        assert told == {case_id for case_id in ids if shard_of(case_id) in shards}

    def test_a_limit_of_many_parts_takes_the_earliest_of_all(self, remote: CaseRemote) -> None:
        for number in range(8):
            put(remote, new_id(), assigned_to="ann" if number % 2 else "")
        scope = Scope("ann", tuple(range(SHARDS - 1)))
        every = remote.changed(scope, None, 50)
        assert [c.case_id for c in remote.changed(scope, None, 3)] == [c.case_id for c in every[:3]]

    def test_a_listener_is_told_of_a_change_and_of_none_after_its_end(
        self, remote: CaseRemote, other: CaseRemote
    ) -> None:
        case_id = new_id()
        base = put(remote, case_id, assigned_to="ann")
        told = threading.Semaphore(0)
        shards = tuple(shard for shard in range(8) if shard != shard_of(case_id))
        end = remote.listen(Scope("ann", shards), told.release)
        told.acquire(timeout=1)  # some tell at their start
        made = edit(other, case_id, base, {("note",): 1})
        assert told.acquire(timeout=10)
        end()
        while told.acquire(blocking=False):
            pass
        edit(other, case_id, made.update_time, {("note",): 2})
        assert not told.acquire(timeout=0.2)

    def test_a_lease_is_told_to_others_until_it_is_let_go(self, remote: CaseRemote) -> None:
        case_id = new_id()
        assert remote.lease(case_id) is None
        mine = remote.take_lease(a_lease(case_id, "ann"))
        assert (mine.by, mine.title, mine.desk) == ("ann", "Title of ann", "ANN1")
        assert remote.lease(case_id) == mine
        theirs = remote.take_lease(a_lease(case_id, "bob"))
        assert theirs == mine
        remote.drop_lease(case_id, "bob", "BOB1")
        assert remote.lease(case_id) == mine
        remote.drop_lease(case_id, "ann", "ANN1")
        assert remote.lease(case_id) is None
        remote.drop_lease(case_id, "ann", "ANN1")

    def test_a_lease_can_be_renewed_and_taken_over(self, remote: CaseRemote) -> None:
        case_id = new_id()
        first = remote.take_lease(a_lease(case_id, "ann"))
        again = remote.take_lease(a_lease(case_id, "ann"))
        assert again.until >= first.until
        over = remote.take_lease(a_lease(case_id, "bob"), over=True)
        assert over.by == "bob"
        assert remote.take_lease(a_lease(case_id, "ann")).by == "bob"
        remote.drop_lease(case_id, "ann", "ANN1")
        assert remote.lease(case_id) == over

    def test_of_two_who_open_a_case_at_once_one_has_the_lease(self, remote: CaseRemote) -> None:
        case_id = new_id()
        together = threading.Barrier(3)

        def take(name: str) -> str:
            together.wait()
            return remote.take_lease(a_lease(case_id, name)).by

        with ThreadPoolExecutor(3) as desks:
            assert len(set(desks.map(take, ["ann", "bob", "cyd"]))) == 1

    @pytest.mark.parametrize("seed", range(5))
    def test_any_edits_lead_to_the_case_they_lead_to_here(self, remote: CaseRemote, seed: int) -> None:
        chance = random.Random(seed)
        case_id = new_id()
        here = a_case(case_id, any=_value(chance, 3))
        base = remote.push(Push(case_id, (a_receipt(case_id, "m0"),), None, here)).update_time
        for number in range(6):
            updates = _updates(chance, here)
            made = remote.push(Push(case_id, (a_receipt(case_id, f"m{number + 1}"),), base, None, updates))
            assert made.answer is Answer.APPLIED
            base = made.update_time
            for path, value in updates.items():
                _put(here, path, value)
        assert bare(found(remote, case_id)) == bare(here)


def a_lease(case_id: str, by: str) -> Lease:
    until = datetime.now(UTC) + timedelta(minutes=10)
    return Lease(case_id, by, f"Title of {by}", f"{by.upper()}1", until)


_NAMES = ["a", "b9", "9b", "a-b", "x.y", "ü", "at", "received_at", "~t", "r`", "b\\", "[]"]


def _value(chance: random.Random, depth: int) -> Any:
    kind = chance.randrange(9 if depth else 6)
    if kind == 0:
        return chance.choice(["", "words", "2026-03-02T09:30:15.123456Z", "97110", "ü" * 3])
    if kind == 1:
        return chance.randrange(-(2**63), 2**63)
    if kind == 2:
        return chance.choice([0.5, -1e-300, 1e300, 2.0, 1 / 3])
    if kind < 5:
        return chance.choice([None, True, False])
    if kind == 5:
        return [chance.randrange(9), "x", {"at": "2026-03-02T09:30:15.123456Z"}]
    names = chance.sample(_NAMES, chance.randrange(4))
    return {name: _value(chance, depth - 1) for name in names}


def _updates(chance: random.Random, document: Json) -> dict[tuple[str, ...], Any]:
    made: dict[tuple[str, ...], Any] = {}
    for _ in range(chance.randrange(1, 6)):
        path = ("any2", *chance.choices(_NAMES, k=chance.randrange(1, 4)))
        if not any(path[: len(other)] == other or other[: len(path)] == path for other in made):
            made[path] = MISSING if chance.random() < 0.25 else _value(chance, 2)
    return made


def _put(document: Json, path: tuple[str, ...], value: Any) -> None:
    *above, last = path
    place = document
    for name in above:
        inner = place.get(name)
        if not isinstance(inner, dict):
            if isinstance(value, Missing):
                return
            inner = place[name] = {}
        place = inner
    if isinstance(value, Missing):
        place.pop(last, None)
    else:
        place[last] = value


class TestModel(CaseRemoteContract):
    @pytest.fixture
    def remote(self) -> ServerModel:
        return ServerModel(now=lambda: datetime.now(UTC))

    @pytest.fixture
    def other(self, remote: ServerModel) -> ServerModel:
        return remote

    @pytest.fixture
    def reviews(self, remote: ServerModel) -> Callable[[str], Mapping[str, Json]]:
        return lambda case_id: remote.kept_reviews.get(case_id, {})


class _Firestore(CaseRemoteContract):
    @pytest.fixture
    def reviews(self, remote: FirestoreCaseRemote) -> Callable[[str], Mapping[str, Json]]:
        from app.services.google.firestore.document import from_firestore

        def kept(case_id: str) -> Mapping[str, Json]:
            every = remote._case(case_id).collection("reviews").stream()
            return {each.id: from_firestore(each.to_dict())["review"] for each in every}

        return kept

    @pytest.fixture
    def other(self, remote: FirestoreCaseRemote) -> Iterator[FirestoreCaseRemote]:
        project, database, credentials, emulator = remote._place
        made = FirestoreCaseRemote(project, database, credentials, emulator=emulator)
        yield made
        made.close()

    def test_a_second_case_of_the_same_id_is_not_taken_for_an_earlier_try(
        self, remote: FirestoreCaseRemote
    ) -> None:
        case_id = new_id()
        put(remote, case_id)
        push = Push(case_id, (a_receipt(case_id, "other"),), None, a_case(case_id))
        assert remote.push(push).answer is Answer.BASE_MOVED

    def test_what_firestore_refuses_comes_back_all_the_same(self, remote: FirestoreCaseRemote) -> None:
        case_id = new_id()
        odd: Json = {"": {"__x__": [[1, [2]], [], [[]]], "~": {"~[]": [1]}}, "__name__": 1}
        base = put(remote, case_id, odd=odd)
        made = edit(remote, case_id, base, {("odd", "", "__x__"): [[[]]], ("odd", "__name__"): {"": [["a"]]}})
        assert made.answer is Answer.APPLIED
        odd[""]["__x__"], odd["__name__"] = [[[]]], {"": [["a"]]}
        assert found(remote, case_id)["odd"] == odd


class TestEmulator(_Firestore):
    @pytest.fixture
    def remote(self, firestore: Place) -> Iterator[FirestoreCaseRemote]:
        remote = FirestoreCaseRemote(firestore.project, firestore.database, None, emulator=firestore.address)
        yield remote
        remote.close()


class TestProxied(_Firestore):
    """With a token, a database of a name of its own, and only the indexes that are deployed."""

    @pytest.fixture
    def remote(self, firestore: Place) -> Iterator[FirestoreCaseRemote]:
        from google.oauth2.credentials import Credentials

        place = f"projects/{firestore.project}/databases/cases-eu"
        with proxied(firestore.address, token="a-token", database=place) as proxy:
            remote = FirestoreCaseRemote(
                firestore.project, "cases-eu", Credentials(token="a-token"), emulator=proxy.address
            )
            yield remote
            remote.close()
