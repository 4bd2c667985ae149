"""What syncing keeps: over the end of a process, over a new release, and out of a damaged store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.conflict import Settlement
from app.services.store import rescue
from app.services.store.database import Database
from app.services.store.key import derived
from app.services.store.schema import MIGRATIONS
from app.services.sync import settling
from tests.faults.store_sample import KEY
from tests.faults.sync_server import ServerModel
from tests.unit.services.sync_case import Clock, Desk, alike


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[tuple[Desk, Desk]]:
    clock = Clock()
    server = ServerModel(clock)
    pair = (Desk(tmp_path / "ada", server, clock, "ada"), Desk(tmp_path / "bob", server, clock, "bob"))
    yield pair
    for desk in pair:
        desk.store.close()


@pytest.fixture
def busy(desks: tuple[Desk, Desk]) -> tuple[Desk, Desk, str, str]:
    """Two cases both know: one with an open conflict at ada's, one with a change that waits there."""
    ada, bob = desks
    first, second = ada.take_in(b"one"), ada.take_in(b"two")
    ada.sync()
    bob.sync()
    bob.correct(first, "phone", "theirs")
    bob.correct(second, "phone", "seen by all")
    bob.sync()
    ada.correct(first, "phone", "mine")
    ada.sync()
    assert ada.conflicts() == [("value", "fields.phone")]
    ada.correct(second, "member_id", "waits")
    return ada, bob, first, second


def damage(ada: Desk, *tables: str) -> None:
    """Rescue the store of a desk as if the rows of these tables could not be read."""
    ada.store.close()
    path = ada.folder / "store.db"
    plain = rescue._Source._rows

    def unread(self: rescue._Source, name: str, *rest: object, **named: object) -> object:
        if name in tables:
            self._lose(name)
            return iter(())
        return plain(self, name, *rest, **named)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rescue._Source, "_rows", unread)
        rescue.set_aside(path, derived(KEY, "store"), derived(KEY, "audit"))
    ada.open()


def goes_on(ada: Desk, bob: Desk, first: str, second: str) -> None:
    for _ in range(3):  # what was settled and not sent is asked again where the outbox was lost
        for conflict in settling.open_conflicts(ada.changes):
            settling.settle(ada.changes, conflict.conflict_id, Settlement.MINE, "ada")
        for desk in (ada, bob, ada):
            desk.sync()
    assert (ada.value(second, "phone"), bob.value(second, "member_id")) == ("seen by all", "waits")
    assert (ada.waiting(), ada.conflicts(), alike(ada, bob)) == ([], [], True)
    for case_id in (first, second):
        ids = [r.mutation_id for r in ada.server.history(case_id)]
        assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "lost", [(), ("cases",), ("remote_cases",), ("outbox",), ("cases", "queue", "uploads")]
)
def test_out_of_a_damaged_store_work_goes_on_with_nothing_sent_twice(
    busy: tuple[Desk, Desk, str, str], lost: tuple[str, ...]
) -> None:
    ada, bob, first, second = busy
    damage(ada, *lost)
    assert ada.value(second, "phone") == "seen by all"
    goes_on(ada, bob, first, second)


def test_conflicts_and_what_waits_are_there_after_the_end_of_the_process(
    busy: tuple[Desk, Desk, str, str],
) -> None:
    ada, bob, first, second = busy
    waiting = ada.waiting()
    ada.again()
    assert (ada.waiting(), ada.conflicts()) == (waiting, [("value", "fields.phone")])
    settling.settle(
        ada.changes, settling.open_conflicts(ada.changes)[0].conflict_id, Settlement.THEIRS, "ada"
    )
    goes_on(ada, bob, first, second)


def test_a_store_of_the_last_release_has_an_outbox_of_everything_and_sends_it_all(
    desks: tuple[Desk, Desk], tmp_path: Path
) -> None:
    ada, bob = desks
    ada.store.close()
    bob_cases = [bob.take_in(b"one"), bob.take_in(b"two")]
    bob.correct(bob_cases[0], "phone", "1")
    rows = {name: bob.store._database.all(f"SELECT {columns} FROM {name}") for name, columns in _OLD.items()}
    path = tmp_path / "old" / "store.db"
    path.parent.mkdir()
    old = Database(path, derived(KEY, "store"))
    old.migrate(MIGRATIONS[:3], alone=True, backups=tmp_path / "backups")
    with old.transaction():
        for name, columns in _OLD.items():
            for row in rows[name]:
                marks = ", ".join("?" * len(row))
                old.run(f"INSERT INTO {name} ({columns}) VALUES ({marks})", row)
    old.close()
    carol = Desk(tmp_path / "old", bob.server, bob.clock, "carol")
    try:
        assert carol.store.sync.counts().waiting == 3
        assert carol.store.sync.counts().uploads == 2
        carol.sync()
        ids = {case_id: [c.change_id for c in bob.store.history(case_id)] for case_id in bob_cases}
        for case_id in bob_cases:
            assert [r.mutation_id for r in bob.server.history(case_id)] == ids[case_id]
        assert carol.waiting() == []
        assert alike(carol)
    finally:
        carol.store.close()
    ada.open()


_OLD = {
    "facts": "name, value",
    "counters": "name, value",
    "cases": "number, case_id, revision, document",
    "changes": "number, change_id, case_number, body",
    "outbox": "change_number, base_revision",
    "audit": "sequence, case_id, change_id, body, hash",
    "contents": "sha256, case_number",
}
