"""An acknowledgement that is lost, at every commit of a fixed day of work: everything is applied exactly once.

At each position in turn the answer to a batch is lost, the process dies before it could note the answer, or the batch
itself is held up and comes late. Then the network delivers the same batch three times more: at once, when the desk
has tried again by itself, and when everything is over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from app.domain.case import fields_from
from app.domain.conflict import Settlement
from app.domain.sync import Answer, Push
from tests.faults import sync_person as person
from tests.faults.sync_check import OpenRow, judge
from tests.faults.sync_desk import Desk
from tests.faults.sync_line import Fault
from tests.faults.sync_person import take_in
from tests.faults.sync_unit import words_of
from tests.faults.sync_world import World

REPLAYS = 3


@dataclass
class Day:
    """A fixed day of two desks: a form is taken in without a network, checked, contested, reviewed and decided."""

    world: World
    position: int = 0
    fault: Fault = Fault.NONE
    replayed: Push | None = None
    answers: list[Answer] | None = None

    def __post_init__(self) -> None:
        self.one, self.other = self.world.desks
        self.world.healing = True  # nothing happens by chance in between
        self.answers = []
        self.one.line.sending = self.note
        if self.position:
            self.one.line.forced[self.position] = self.fault

    def note(self, number: int, push: Push) -> None:
        if number == self.position:
            self.replayed = push

    def replay(self) -> None:
        """The network delivers the batch once more; nobody hears the answer."""
        if self.replayed is not None and self.answers is not None:
            self.answers.append(self.world.server.push(self.replayed).answer)

    def sync(self, *desks: Desk) -> None:
        """Every engine runs until it has nothing to do; what waits for a moment is waited for."""
        before = self.one.line.pushes
        for desk in desks:
            desk.poked = True
        for _ in range(400):
            due = [desk for desk in desks if desk.due()]
            for desk in due:
                self.world.sync_once(desk)
            if not due:
                if not self.world.unsent(desks):
                    break
                self.world._wait(1)
        if (
            self.position
            and before < self.position <= self.one.line.pushes
            and self.fault is not Fault.DELAYED
        ):
            self.replay()

    def do(self, desk: Desk, what: str, case_id: str, work: Callable[[], object]) -> None:
        self.world.step += 1
        assert self.world.act(desk, what, case_id, work), what

    def correct(self, desk: Desk, case_id: str, path: str, value: str) -> None:
        self.do(desk, "correct", case_id, lambda: desk.editing.correct(case_id, {path: value}, desk.person))

    def run(self) -> str:
        one, other, office, by = self.one, self.other, self.world.office, self.one.person
        self.do(one, "take_in", "", lambda: take_in(one, office))
        case_id = one.case_ids()[0]
        if one.document(case_id)["intake_status"] == "received":
            self.do(one, "read", case_id, lambda: person.read(one, office, case_id))
        self.correct(one, case_id, "member_id", "one")
        self.correct(one, case_id, "patient_name", "two")
        self.sync(one, other)
        self.do(one, "undo", case_id, lambda: one.editing.undo(case_id, by))
        self.sync(one, other)
        self.do(one, "redo", case_id, lambda: one.editing.redo(case_id, by))
        self.do(one, "add_row", case_id, lambda: one.editing.add_row(case_id, "services", by))
        self.sync(one, other)
        row = max(one.document(case_id)["tables"]["services"]["rows"])
        self.correct(one, case_id, f"services.{row}.words", "more")
        self.sync(one, other)
        self.correct(other, case_id, "start_date", "2026-01-02")
        self.sync(other)
        self.correct(one, case_id, "start_date", "2026-01-03")
        self.correct(one, case_id, "member_id", "beside")
        self.sync(one, other)
        assert [c.unit for c in one.conflicts()] == ["fields.start_date"]
        assert self.world.settle(one, one.conflicts()[0], Settlement.MINE)
        self.sync(one, other)
        self.do(one, "remove", case_id, lambda: one.editing.remove_row(case_id, "services", row, by))
        everything = tuple(f.path for f in fields_from(one.document(case_id)))
        self.do(one, "confirm", case_id, lambda: one.editing.confirm(case_id, everything, by))
        self.do(one, "verify", case_id, lambda: one.editing.verify(case_id, by))
        self.sync(one, other)
        for act in (person.assign, person.state, person.mark, person.determine):
            self.do(one, act.__name__, case_id, partial(act, one, office, case_id))
            self.sync(one, other)
        self.replay()
        self.world._wait(3600)
        self.sync(one, other)
        self.replay()
        self.sync(one, other)
        return case_id


def day(folder: Path, position: int = 0, fault: Fault = Fault.NONE) -> Day:
    world = World("a day", folder, 2, 0, faults=False)
    made = Day(world, position, fault)
    try:
        case_id = made.run()
        held = {change_id: case for desk in world.desks for case, change_id in desk.change_ids()}
        rows: list[OpenRow] = []
        wrong = [*judge(world.history, world.server, rows, held), *world._diverged(), *world.report.wrong]
        assert not wrong, f"{fault} at push {position}: {wrong}"
        assert not [w for desk in world.desks for w in desk.waits()]
        assert set(world.server.mutations[case_id]) == set(held)
        assert len(world.server.log) == len({a.receipts[-1].mutation_id for a in world.server.log})
    finally:
        world.close()
    return made


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Day:
    """The day on which nothing goes wrong."""
    return day(tmp_path_factory.mktemp("day"))


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.KILLED_AFTER, Fault.DELAYED])
def test_at_every_commit_a_batch_is_applied_exactly_once(
    fault: Fault, undisturbed: Day, tmp_path: Path
) -> None:
    usual = undisturbed.one.line.pushes
    assert usual >= 10
    expected = {
        c: words_of(undisturbed.world.server.document(c) or {}) for c in undisturbed.world.server.cases
    }
    for position in range(1, usual + 1):
        made = day(tmp_path / str(position), position, fault)
        assert made.replayed is not None
        assert made.answers is not None
        assert len(made.answers) == REPLAYS - (fault is Fault.DELAYED)
        assert set(made.answers) <= {Answer.RECEIPT_THERE, Answer.BASE_MOVED}, (position, made.answers)
        found = {c: words_of(made.world.server.document(c) or {}) for c in made.world.server.cases}
        assert found == expected, position
