"""What other desks did to a case is fetched beside it, once, and shown with what was done here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.domain.case import Json, to_time
from app.domain.change import Action, writes_for
from app.domain.errors import Offline
from app.domain.milestone_change import milestones_of
from app.domain.sync import Push, Receipt
from app.services.store.past_shelf import Came
from app.services.sync.past import Pasts
from tests.faults.sync_server import ServerModel, offline
from tests.unit.services.sync_case import Clock, Desk


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[tuple[Desk, Desk]]:
    clock = Clock()
    server = ServerModel(clock)
    pair = (Desk(tmp_path / "ada", server, clock, "ada"), Desk(tmp_path / "bob", server, clock, "bob"))
    yield pair
    for desk in pair:
        desk.store.close()


def at_once(function: Callable[..., Any], *arguments: object) -> Any:
    return function(*arguments)


class Lane:
    """A lane whose work is done when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], object]] = []

    def __call__(self, _lane: str, function: Callable[[], object]) -> None:
        self.waiting.append(function)

    def run(self) -> None:
        waiting, self.waiting = self.waiting, []
        for work in waiting:
            work()


def pasts(desk: Desk, lane: Lane | None = None, told: list[str] | None = None) -> Pasts:
    kept = {} if desk.files is None else desk.files
    return Pasts(
        desk.store,
        at_once,
        desk.wire,  # type: ignore[arg-type]
        lane or Lane(),
        desk.clock,
        lambda content: kept.update({hashlib.sha256(content).hexdigest(): content}),
        (told if told is not None else []).append,
    )


def review_of(case_id: str, review_id: str, at: str, by: str = "ada") -> Json:
    return {
        "review_id": review_id, "case_id": case_id, "revision": "r", "by": by, "at": at, "prompt": "Judge it.",
        "slots": [], "model": {"name": "m", "version": "1", "where": "", "leaves_computer": False}, "sent": "",
        "answer": "an answer", "recommendations": [], "flags": [], "seconds": 1.0, "problem": "", "seen": [],
    }  # fmt: skip


def ask(desk: Desk, case_id: str, review_id: str) -> None:
    """A review that is kept at a desk, and the note of it in the case."""
    at = desk.clock()
    desk.store.reviews.keep(case_id, review_of(case_id, review_id, to_time(at), desk.person), desk.person, at)
    document = desk.store.case_document(case_id)
    writes = writes_for(document, {"review.latest": {"id": review_id, "by": desk.person}})
    desk.changes.write(document, case_id, Action.REVIEWED, desk.person, writes)


def done(desk: Desk, case_id: str) -> list[tuple[str, str]]:
    return [(str(one.change.action), one.change.by) for one in desk.store.done(case_id)]


@pytest.fixture
def worked(desks: tuple[Desk, Desk]) -> tuple[Desk, Desk, str]:
    """A case that ada took in, corrected and asked about, and that bob has heard of."""
    ada, bob = desks
    case_id = ada.take_in()
    ada.correct(case_id, "phone", "by ada")
    ask(ada, case_id, "rv-ada")
    ada.sync()
    bob.sync()
    return ada, bob, case_id


def test_a_case_from_another_desk_comes_with_everything_that_was_done_there(
    worked: tuple[Desk, Desk, str],
) -> None:
    ada, bob, case_id = worked
    assert bob.store.history(case_id) == ()
    assert pasts(bob).fetch(case_id) == Came(3, 1, 0)
    assert bob.store.whole_history(case_id) == ada.store.history(case_id)
    assert {one.desk for one in bob.store.done(case_id)} == {ada.store.desk}
    assert bob.store.history(case_id) == (), "nothing of it is taken for what was done here"


def test_what_was_done_here_and_there_stands_in_one_order(worked: tuple[Desk, Desk, str]) -> None:
    ada, bob, case_id = worked
    bob.correct(case_id, "member_id", "by bob")
    bob.sync()
    ada.sync()
    ada.correct(case_id, "diagnosis", "again by ada")
    ada.sync()
    bob.sync()
    for desk in (ada, bob):
        pasts(desk).fetch(case_id)
    expected = [
        ("received", "reader"), ("corrected", "ada"), ("reviewed", "ada"), ("corrected", "bob"), ("corrected", "ada"),
    ]  # fmt: skip
    assert done(ada, case_id) == done(bob, case_id) == expected


def test_a_version_is_asked_about_once_and_then_only_for_what_is_new(worked: tuple[Desk, Desk, str]) -> None:
    ada, bob, case_id = worked
    fetching, counts = pasts(bob), ada.server.counts
    for hour in (12, 15):  # longer apart than what is asked for again
        ada.clock.now = ada.clock.now.replace(hour=hour)
        ada.correct(case_id, "phone", f"later, at {hour}")
        ada.sync()
        bob.sync()
        if hour == 12:
            fetching.fetch(case_id)
            fetching.fetch(case_id)
            assert counts["history"] == counts["reviews"] == 1
    asked: list[tuple[Receipt, ...]] = []

    def history(*of: Any) -> tuple[Receipt, ...]:
        asked.append(ada.server.history(*of))
        return asked[-1]

    bob.wire.history = history  # type: ignore[attr-defined]
    assert fetching.fetch(case_id) == Came(1, 0, 0)
    assert [len(found) for found in asked] == [2], "what was written since, and the version that was known"


def test_ones_own_work_is_never_asked_for(desks: tuple[Desk, Desk]) -> None:
    ada, _ = desks
    case_id = ada.take_in()
    ada.sync()
    ada.correct(case_id, "phone", "one")
    ada.sync()
    ada.correct(case_id, "phone", "two")
    ada.sync()
    assert pasts(ada).missing(case_id) is None
    pasts(ada).fetch(case_id)
    assert "history" not in ada.server.counts


def test_a_review_of_another_desk_is_the_latest_and_stands_among_ones_own(
    worked: tuple[Desk, Desk, str],
) -> None:
    ada, bob, case_id = worked
    pasts(bob).fetch(case_id)
    assert bob.store.reviews.ids(case_id) == ("rv-ada",)
    assert bob.store.reviews.one("rv-ada") == ada.store.reviews.one("rv-ada")
    ask(bob, case_id, "rv-bob")
    bob.sync()
    ada.sync()
    ask(ada, case_id, "rv-last")
    ada.sync()
    bob.sync()
    for desk in (ada, bob):
        pasts(desk).fetch(case_id)
        assert desk.store.reviews.ids(case_id) == ("rv-last", "rv-bob", "rv-ada")
        assert desk.store.case_document(case_id)["review"]["latest"]["id"] == "rv-last"


def test_what_another_desk_did_is_not_sent_again_and_not_undone(worked: tuple[Desk, Desk, str]) -> None:
    _, bob, case_id = worked
    pasts(bob).fetch(case_id)
    assert bob.store.waiting() == 0
    assert bob.editing.undo(case_id, "bob") is None
    assert bob.editing.undo(case_id, "ada") is None, "nor by the same person on another desk"
    before = len(bob.server.log)
    bob.correct(case_id, "phone", "by bob")
    bob.sync()
    assert [len(applied.receipts) for applied in bob.server.log[before:]] == [1]
    assert bob.server.kept_reviews[case_id].keys() == {"rv-ada"}


def test_the_trail_says_what_came_and_still_holds(worked: tuple[Desk, Desk, str]) -> None:
    _, bob, case_id = worked
    pasts(bob).fetch(case_id)
    entry = bob.store.audit_entries(case_id)[-1]
    assert (entry.action, entry.detail["changes"], entry.detail["reviews"]) == ("history_fetched", 3, 1)
    assert "by ada" not in str(entry.detail)
    assert bob.store.audit_verify().holds


def test_what_came_survives_the_end_of_the_program(worked: tuple[Desk, Desk, str]) -> None:
    ada, bob, case_id = worked
    pasts(bob).fetch(case_id)
    bob.again()
    assert bob.store.whole_history(case_id) == ada.store.history(case_id)
    assert bob.store.reviews.ids(case_id) == ("rv-ada",)
    assert pasts(bob).missing(case_id) is None


def test_without_a_network_it_is_said_what_is_missing(worked: tuple[Desk, Desk, str]) -> None:
    ada, bob, case_id = worked
    fetching, lane, told = pasts(bob), Lane(), list[str]()
    bob.wire.offline = offline()
    with pytest.raises(Offline):
        fetching.fetch(case_id)
    assert str(fetching.missing(case_id)).startswith("What other desks did is not here yet")
    quiet = pasts(bob, lane, told)
    quiet.want(case_id)
    lane.run()
    assert told == []
    bob.wire.offline = None
    quiet.want(case_id)
    quiet.want(case_id)
    assert len(lane.waiting) == 1
    lane.run()
    assert told == [case_id]
    assert fetching.missing(case_id) is None
    ada.correct(case_id, "phone", "later")
    ada.sync()
    bob.sync()
    assert str(fetching.missing(case_id)).startswith("What other desks did since 2026-03-02 09:30 UTC")


def test_what_is_assigned_to_somebody_is_fetched_ahead(desks: tuple[Desk, Desk]) -> None:
    ada, bob = desks
    mine, other = ada.take_in(b"one"), ada.take_in(b"two")
    for case_id, name in ((mine, "bob"), (other, "cy")):
        document = ada.store.case_document(case_id)
        ada.changes.write(
            document, case_id, Action.ASSIGNED, "ada", writes_for(document, {"assigned_to": name})
        )
    ada.sync()
    bob.sync()
    fetching = pasts(bob)
    assert fetching.tend("bob") == 1
    assert bob.store.done(mine)
    assert not bob.store.done(other)
    assert fetching.tend("bob") == 0, "and not again"


def test_what_nothing_can_be_made_of_is_left_out_and_counted(worked: tuple[Desk, Desk, str]) -> None:
    ada, bob, case_id = worked
    good = ada.server.history(case_id)[0]
    kept = ada.server.kept_reviews[case_id]
    text = '{"receipt": "R"}'
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    bad: dict[str, Json] = {
        "odd": {"review_id": "odd"},
        "other": review_of("another case", "other", to_time(ada.clock())),
        f"receipt-{sha256}": {"text": text},
        f"receipt-{'0' * 64}": {"text": text},
    }
    receipts: list[Receipt] = [
        replace(good, mutation_id="x1", body={"writes": 7}),
        replace(good, mutation_id="x2"),
        replace(good, mutation_id="x3", body={**good.body, "change_id": "x3"}, by="somebody else"),
        replace(
            good, mutation_id="x4", action="determined",
            body={**good.body, "change_id": "x4", "action": "determined",
                  "writes": [{"path": "determinations.r1", "value": {"outcome": "all"}}]},
        ),
    ]  # fmt: skip
    for number, receipt in enumerate(receipts):
        case = ada.server.case(case_id)
        assert case is not None
        ada.server.push(
            Push(
                case_id,
                (receipt,),
                case.update_time,
                None,
                {("note",): number},
                reviews=bad if not number else {},
            )
        )
    bob.sync()
    assert pasts(bob).fetch(case_id) == Came(3, 1, 7)
    assert bob.store.reviews.ids(case_id) == ("rv-ada",)
    assert bob.files[sha256] == text.encode()
    assert "0" * 64 not in bob.files
    assert set(kept) == {"rv-ada", *bad}
    assert bob.store.audit_entries(case_id)[-1].detail["refused"] == 7


def test_who_wrote_the_other_side_of_a_conflict_is_known_by_its_history(
    desks: tuple[Desk, Desk],
) -> None:
    ada, bob = desks
    case_id = ada.take_in()
    ada.sync()
    bob.sync()
    for desk, value in ((bob, "2026-01-02T00:00:00.000000Z"), (ada, "2026-01-03T00:00:00.000000Z")):
        document = desk.store.case_document(case_id)
        writes = writes_for(document, {"payer_received_at": value})
        desk.changes.write(document, case_id, Action.CORRECTED, desk.person, writes)
        if desk is bob:
            bob.sync()
    ada.sync()
    from app.services.sync import settling

    (before,) = settling.open_conflicts(ada.changes)
    assert (before.unit, before.theirs.by) == ("payer_received_at", "")
    pasts(ada).fetch(case_id)
    (after,) = settling.open_conflicts(ada.changes)
    assert (after.theirs.by, after.theirs.at) == ("bob", bob.store.history(case_id)[-1].at)


def test_milestones_of_a_case_without_them_are_found_on_other_desks(worked: tuple[Desk, Desk, str]) -> None:
    ada, bob, case_id = worked
    pasts(bob).fetch(case_id)
    bare = {k: v for k, v in bob.store.case_document(case_id).items() if k != "milestones"}
    found = milestones_of(bare, bob.store.whole_history(case_id))
    assert found == milestones_of(bare, ada.store.history(case_id)) != ()
