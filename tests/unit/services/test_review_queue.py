"""The review's queue: by slack, who has what, and milestones with who and when."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.domain import clock
from app.domain.case import Case, Json, ReviewStatus, case_from, to_time
from app.domain.change import Action, writes_for
from app.domain.determination import Determination, Outcome, determination_document
from app.domain.errors import Conflict, NoSuchCase, Rejected
from app.domain.review_queue import ReviewQuery, asked_for, review_row_of
from app.domain.role import Role
from app.services.change_log import ChangeLog
from app.services.request_import import RequestImport
from app.services.review_queue import ReviewQueue
from app.services.store import queue_index
from app.services.store.packing import unpack
from app.services.store.store import Store
from tests.faults.store_sample import received
from tests.scripted import a_pdf, a_workstation, an_extraction, read_field
from tests.unit.domain.test_imported import REQUEST

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
EVERY = ReviewQuery(statuses=())


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(minutes=1)
        return self.now


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "w", b"k" * 32)
    yield opened
    opened.close()


@pytest.fixture
def queue(store: Store) -> ReviewQueue:
    return ReviewQueue(ChangeLog(store, lambda form_type, version: None, now=Clock()))


def ask(queue: ReviewQueue, request_id: str, **more: Any) -> Case:
    request = {**REQUEST, "request_id": request_id, **more}
    return RequestImport(queue.changes).take(json.dumps(request).encode(), "clerk")[0].case


def determine(queue: ReviewQueue, case_id: str, outcome: Outcome, line: str = "r1") -> Case:
    document = queue.changes.store.case_document(case_id)
    entry = determination_document(Determination(line, outcome, "x", "nora", Role.UR_SPECIALIST, NOW))
    writes = writes_for(document, {f"determinations.{line}": entry})
    return queue.changes.write(document, case_id, Action.DETERMINED, "nora", writes).case


def test_what_has_to_be_begun_first_stands_first(queue: ReviewQueue) -> None:
    standard = ask(queue, "standard")
    expedited = ask(queue, "expedited", urgency="expedited")
    early = ask(queue, "early", received_at=to_time(NOW - timedelta(days=6, hours=23)))
    rows = queue.rows(ReviewQuery())
    assert [row.case_id for row in rows] == [early.case_id, expedited.case_id, standard.case_id]
    for row in rows:
        assert row.begin_by == row.due_at - clock.HANDLING[row.urgency]
        assert clock.slack(row.due_at, row.urgency, NOW) == row.begin_by - NOW
    assert [r.case_id for r in queue.rows(ReviewQuery(descending=True))] == [
        r.case_id for r in reversed(rows)
    ]
    assert queue.rows([standard.case_id, "gone"]) == (rows[2],)


def test_the_row_says_what_is_asked_for_in_one_short_line(queue: ReviewQueue) -> None:
    case = ask(queue, "q1")
    document = queue.changes.store.case_document(case.case_id)
    lines = document["imported_request"]["lines"]
    many = {f"r{n}": {**lines["r1"], "order": n - 1} for n in (1, 2, 3)}
    many["r1"] = {
        **many["r1"],
        "service": {"code": "E0784", "description": "An external infusion pump, " * 9},
    }
    writes = writes_for(document, {"imported_request.lines": many})
    after = queue.changes.write(document, case.case_id, Action.IMPORTED, "clerk", writes).case
    (row,) = queue.rows(ReviewQuery())
    assert row.lines == 3
    assert row.asked_for == asked_for(after)
    assert row.asked_for.startswith("E0784 An external")
    assert row.asked_for.endswith("external… +2")
    assert len(row.asked_for) < 80
    assert review_row_of(after) == row


def test_opening_makes_a_request_ones_own_and_in_progress(queue: ReviewQueue) -> None:
    case_id = ask(queue, "q1").case_id
    opened = queue.open_case(case_id, "nora")
    assert (opened.taken, opened.held_by, opened.case.assigned_to) == (True, "", "nora")
    assert opened.case.status is ReviewStatus.IN_PROGRESS
    again = queue.open_case(case_id, "nora")
    assert (again.taken, again.held_by) == (False, "")
    assert again.case.revision == opened.case.revision
    trail = [(e.action, e.by) for e in queue.changes.store.audit_entries(case_id)]
    assert trail == [("imported", "clerk"), ("assigned", "nora"), ("opened", "nora")]


def test_a_request_somebody_else_has_says_whose_it_is_and_since_when(queue: ReviewQueue) -> None:
    case_id = ask(queue, "q1").case_id
    first = queue.open_case(case_id, "nora")
    other = queue.open_case(case_id, "olga")
    assert (other.taken, other.held_by, other.held_since) == (False, "nora", first.case.assigned_at)
    assert other.case.assigned_to == "nora"
    taken = queue.take_over(case_id, "olga")
    assert (taken.taken, taken.case.assigned_to) == (True, "olga")
    assert queue.open_case(case_id, "nora").held_by == "olga"
    (entry,) = [e for e in queue.changes.store.audit_entries(case_id) if e.action == "taken_over"]
    assert (entry.by, entry.detail) == ("olga", {"from": "nora"})
    assert [m.by for m in taken.case.milestones if m.step == "opened"] == ["nora"]


def test_a_request_given_back_waits_for_anybody(queue: ReviewQueue) -> None:
    case_id = ask(queue, "q1").case_id
    queue.open_case(case_id, "nora")
    with pytest.raises(Rejected, match="not yours"):
        queue.release(case_id, "olga")
    released = queue.release(case_id, "nora")
    assert (released.assigned_to, released.status, released.assigned_at) == ("", ReviewStatus.IN_QUEUE, None)
    queue.open_case(case_id, "olga")
    determine(queue, case_id, Outcome.PEND)
    pended = queue.release(case_id, "olga")
    assert (pended.status, pended.waiting_for) == (ReviewStatus.IN_PROGRESS, "information")


def test_a_completed_request_stays_with_who_completed_it(queue: ReviewQueue) -> None:
    case_id = ask(queue, "q1").case_id
    queue.open_case(case_id, "nora")
    assert determine(queue, case_id, Outcome.APPROVE).status is ReviewStatus.COMPLETED
    opened = queue.open_case(case_id, "olga")
    assert (opened.taken, opened.held_by) == (False, "nora")
    for refused in (queue.take_over, queue.release):
        with pytest.raises(Rejected):
            refused(case_id, "olga")
    with pytest.raises(Rejected):
        queue.set_clock(case_id, "olga", line_of_business="medicaid")
    assert queue.ids(ReviewQuery()) == ()
    assert queue.ids(ReviewQuery(statuses=(ReviewStatus.COMPLETED,))) == (case_id,)


def test_filters_and_counts(queue: ReviewQueue) -> None:
    cases = [ask(queue, f"q{n}").case_id for n in range(5)]
    queue.open_case(cases[1], "nora")
    queue.open_case(cases[2], "olga")
    determine(queue, cases[2], Outcome.REFER)
    determine(queue, cases[3], Outcome.APPROVE)
    assert dict(queue.counts()) == {
        ReviewStatus.IN_QUEUE: 2, ReviewStatus.IN_PROGRESS: 2, ReviewStatus.COMPLETED: 1,
    }  # fmt: skip
    assert set(queue.ids(EVERY)) == set(cases)
    assert queue.ids(ReviewQuery(assigned_to="nora")) == (cases[1],)
    assert queue.ids(ReviewQuery(waiting_for="physician")) == (cases[2],)
    assert queue.ids(ReviewQuery(unassigned=True)) == (cases[0], cases[4])
    assert queue.ids(ReviewQuery(statuses=(ReviewStatus.IN_PROGRESS,), text="sensors")) == (
        cases[1],
        cases[2],
    )
    for typed in ('"', "*", "\x00", "\ud800", "zzz", "(" * 50):
        assert queue.ids(ReviewQuery(text=typed)) == ()


def test_a_case_of_intake_is_not_in_review(queue: ReviewQueue) -> None:
    change, document = received(1, queue.changes.store.take_receipt(NOW), random.Random(1), count=4)
    queue.changes.store.commit(change, document, base_revision=None)
    assert queue.ids(EVERY) == ()
    assert sum(queue.counts().values()) == 0
    for work in (queue.open_case, queue.take_over, queue.release):
        with pytest.raises(Rejected, match="not in review"):
            work(document["case_id"], "nora")
        with pytest.raises(NoSuchCase):
            work("gone", "nora")


def test_cases_an_earlier_program_verified_are_in_the_queue(queue: ReviewQueue, tmp_path: Path) -> None:
    case = ask(queue, "q1")
    store = queue.changes.store
    with store._database.transaction():  # as the columns are where an earlier program wrote the row
        store._database.run(
            "UPDATE queue SET review_order = 0, begin_by = '', asked_for = '', line_count = 0, flag_count = 0"
        )
    store._reviews_noted = False
    assert queue.ids(EVERY) == (case.case_id,)
    assert queue.rows(EVERY) == (review_row_of(case),)


def test_the_queue_is_read_from_its_index(store: Store) -> None:
    for query in (ReviewQuery(), EVERY, ReviewQuery(assigned_to="x", waiting_for="physician")):
        sql, parameters = queue_index.review_statement(query)
        plan = " ".join(str(r[3]) for r in store._database.all(f"EXPLAIN QUERY PLAN {sql}", parameters))
        assert "USING COVERING INDEX queue_in_review" in plan
        assert "TEMP B-TREE" not in plan


def test_somebody_quicker_in_another_program_is_seen(
    queue: ReviewQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    case_id = ask(queue, "q1").case_id
    store, commit = queue.changes.store, Store.commit
    raced: list[str] = []

    def slow(self: Store, *args: Any, **more: Any) -> None:
        if not raced:
            raced.append("olga")
            queue.open_case(case_id, "olga")
            raise Conflict("This case was changed by another program meanwhile.", code="case_moved")
        commit(self, *args, **more)

    monkeypatch.setattr(Store, "commit", slow)
    assert queue.open_case(case_id, "nora").held_by == "olga"
    assert case_from(store.case_document(case_id)).assigned_to == "olga"


def test_the_line_of_business_and_the_payers_time_move_the_clock(queue: ReviewQueue) -> None:
    case = ask(queue, "q1")
    sent = case.received_at - timedelta(hours=5)
    moved = queue.set_clock(case.case_id, "nora", line_of_business="chip", payer_received_at=sent)
    assert (moved.line_of_business, moved.payer_received_at, moved.received_at) == (
        "chip",
        sent,
        case.received_at,
    )
    assert moved.due_at == sent + timedelta(days=7)
    assert queue.rows(EVERY)[0].due_at == moved.due_at
    assert queue.set_clock(case.case_id, "nora", line_of_business="chip").revision == moved.revision
    for wrong in (case.received_at + timedelta(seconds=1), case.received_at - timedelta(days=400)):
        with pytest.raises(Rejected, match="before it arrived"):
            queue.set_clock(case.case_id, "nora", payer_received_at=wrong)
    with pytest.raises(Rejected, match="no line of business"):
        queue.set_clock(case.case_id, "nora", line_of_business="hmo")


def test_every_milestone_says_who_and_when_and_undoing_takes_it_back(tmp_path: Path) -> None:
    fields = (read_field("patient_name", "Ada Example"),)
    with a_workstation(tmp_path / "w", an_extraction(*fields), key=b"k" * 32) as station:

        def work() -> None:
            case_id = station.intake.arrive(a_pdf(), "in.pdf", "carl").case.case_id
            station.intake.begin_reading(case_id, "reader")
            station.intake.finish_reading(case_id, an_extraction(*fields), "reader")
            station.editing.verify(case_id, "carl")

            def steps() -> list[tuple[str, str]]:
                return [(str(m.step), m.by) for m in station.review_queue.milestones(case_id)]

            assert steps() == [("received", "carl"), ("read", "reader"), ("verified", "carl")]
            station.editing.undo(case_id, "carl")
            assert steps() == [("received", "carl"), ("read", "reader")]
            station.editing.redo(case_id, "carl")
            station.review_queue.open_case(case_id, "nora")
            determine(station.review_queue, case_id, Outcome.PEND)
            determine(station.review_queue, case_id, Outcome.APPROVE)
            expected = [
                ("received", "carl"), ("read", "reader"), ("verified", "carl"), ("opened", "nora"),
                ("pended", "nora"), ("decided", "nora"),
            ]  # fmt: skip
            assert steps() == expected
            case = station.intake.case(case_id)
            assert [(str(m.step), m.by) for m in case.milestones] == expected
            assert [m.at for m in case.milestones] == sorted(m.at for m in case.milestones)
            _forget(station.store, case_id)
            # what the history of an earlier program shows: it had no determinations
            assert steps() == expected[:4]

        station.in_store(work)


def _forget(store: Store, case_id: str) -> None:
    """The document as an earlier program would have stored it."""
    from app.services.store.packing import pack

    row = store._database.one("SELECT document FROM cases WHERE case_id = ?", (case_id,))
    assert row
    document: Json = unpack(row[0])
    del document["milestones"]
    with store._database.transaction():
        store._database.run("UPDATE cases SET document = ? WHERE case_id = ?", (pack(document), case_id))


def test_verification_of_a_request_under_review_is_not_simply_undone(tmp_path: Path) -> None:
    fields = (read_field("patient_name", "Ada Example"),)
    with a_workstation(tmp_path / "w", an_extraction(*fields), key=b"k" * 32) as station:

        def work() -> None:
            case_id = station.intake.arrive(a_pdf(), "in.pdf", "carl").case.case_id
            station.intake.begin_reading(case_id, "reader")
            station.intake.finish_reading(case_id, an_extraction(*fields), "reader")
            station.editing.verify(case_id, "carl")
            station.review_queue.open_case(case_id, "nora")
            with pytest.raises(Conflict):
                station.editing.undo(case_id, "carl")
            assert station.editing.reopen(case_id, "carl").case.status is ReviewStatus.NONE
            assert station.review_queue.ids(EVERY) == ()

        station.in_store(work)
