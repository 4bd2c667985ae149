"""A process that is one desk: the real workspace, driver and adapters, a person who works at random, and what is told.

    python -m tests.faults.desk_worker FILE

FILE holds where everything is (`Place`). Each line on stdout is one JSON object: `intent` before an act, `act` once it
is saved. The faults are applied from outside, but two: a clock that is off by what stands in FILE.skew (seconds), and a
disk on which no file grows any more for a few acts.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from app.domain.case import Json
from app.domain.conflict import ConflictKind, OpenConflict, Settlement
from app.domain.connection import Connection, connection_from
from app.domain.errors import Actionable, NoSuchCase
from app.services import change_log
from app.services.sync import settling
from app.workstation import CloudPlaces, Settings, Workstation, build
from tests.faults import sync_person
from tests.faults.sync_unit import NONE, words_of, words_under
from tests.scripted import ScriptedProcessor, scripted_backends
from tests.serve_parts import SignedIn

ACTIONS = (
    *([sync_person.correct] * 8),
    *([sync_person.correct_two] * 3),
    *([sync_person.confirm] * 3),
    sync_person.mark_field,
    sync_person.restore,
    *([sync_person.undo] * 2),
    sync_person.redo,
    sync_person.add_row,
    sync_person.remove_row,
    *([sync_person.verify] * 2),
    sync_person.reopen,
    *([sync_person.state] * 3),
    *([sync_person.pin] * 3),
    sync_person.propose,
    sync_person.read_if_waiting,
)
_FULL_FOR = 6
"""Acts that a full disk lasts."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a desk is and what it reaches. `seed` is of this process alone."""

    folder: str
    key: str
    email: str
    token: str
    firestore: str
    storage: str
    service: str
    connection: Json
    seed: int
    full: bool = False
    """Whether the disk is full at times."""
    plant: str = ""

    def built(self) -> Workstation:
        """The workspace as a program opens it; connected at its first start."""
        identity = SignedIn(self.token, self.email)
        places = CloudPlaces(
            firestore=self.firestore, storage=self.storage, service=self.service, identity=identity
        )
        place, key = Settings(Path(self.folder), "somebody"), bytes.fromhex(self.key)

        def opened() -> Workstation:
            return build(place, key, scripted_backends(ScriptedProcessor()), places)

        station = opened()
        if station.cloud is None:
            connection: Connection = connection_from(self.connection)
            station.connecting.connect(connection, station.person)
            station.close()
            station = opened()
        return station


@dataclass(slots=True)
class Live:
    """A desk as `sync_person` works at it, over a whole workstation. For the store's lane."""

    station: Workstation
    person: str
    drafts: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.station, name)

    def now(self) -> datetime:
        return change_log.utc_now()

    def new_id(self) -> str:
        return change_log.new_id()

    def document(self, case_id: str) -> Json:
        try:
            return self.station.store.case_document(case_id)
        except NoSuchCase:
            return {}

    def case_ids(self) -> list[str]:
        rows = self.station.store._database.all("SELECT case_id FROM cases ORDER BY number")
        return [str(row[0]) for row in rows]

    def change_ids(self) -> dict[str, str]:
        """By change its case: everything that was ever done here."""
        rows = self.station.store._database.all(
            "SELECT change_id, case_id FROM changes JOIN cases ON cases.number = changes.case_number"
        )
        return {str(change_id): str(case_id) for change_id, case_id in rows}


class Office(sync_person.Office):
    """Words and files of one process alone, but for a few files that arrive at several desks."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__(chance)
        self.mark = f"{chance.getrandbits(40):010x}"

    def word(self) -> str:
        self.words += 1
        return f"w{self.mark}-{self.words}"

    def file(self) -> bytes:
        if self.chance.random() < 0.15:
            return b"%PDF-1.4 of several " + str(self.chance.randrange(4)).encode()
        return f"%PDF-1.4 {self.word()}".encode()


class Person:
    """Does one random thing after the other, and says so. Every act is one call in the store's lane."""

    def __init__(self, live: Any, chance: random.Random, say: Callable[[Json], None]) -> None:
        self.live, self.chance, self.say = live, chance, say
        self.office = Office(chance)

    def act(self) -> None:
        """Something, for the store's lane."""
        rows = settling.open_conflicts(self.live.changes)
        if rows and self.chance.random() < 0.08:
            conflict = self.chance.choice(rows)
            self.settle(conflict, self.chance.choice(conflict.choices))
            return
        ids = self.live.case_ids()
        if len(ids) < 3 or (len(ids) < 12 and self.chance.random() < 0.05):
            self.done("take_in", "", lambda: sync_person.take_in(self.live, self.office))
            return
        case_id = self.chance.choice(ids[:4] if self.chance.random() < 0.5 else ids)
        if self.live.document(case_id)["_meta"].get("deleted_at"):
            return
        for _ in range(3):  # not everything can be done to every case
            action = self.chance.choice(ACTIONS)
            if self.done(action.__name__, case_id, lambda: action(self.live, self.office, case_id)):  # noqa: B023
                return

    def settle(self, conflict: OpenConflict, settlement: Settlement) -> bool:
        """Say which it is, with both sides before one's eyes."""
        seen: dict[str, set[str]] = {}
        for value in (conflict.base.value, conflict.mine.value, conflict.theirs.value):
            for unit, word in words_under(conflict.unit, value).items():
                seen.setdefault(unit, set()).add(word)
        if conflict.kind is ConflictKind.DELETED:
            for unit in words_of(self.live.document(conflict.case_id)):
                seen.setdefault(unit, set()).add(NONE)
        more: Json = {"excused": list(conflict.changes)}
        if conflict.kind is ConflictKind.SAME_CONTENT or conflict.unit == "duplicate_of":
            more["both"] = [conflict.case_id, conflict.other_case_id]
        return self.done(
            f"settle {settlement}",
            conflict.case_id,
            lambda: settling.settle(self.live.changes, conflict.conflict_id, settlement, self.live.person),
            {unit: sorted(words) for unit, words in seen.items()},
            more,
        )

    def done(
        self,
        what: str,
        case_id: str,
        work: Callable[[], object],
        seen: Mapping[str, list[str]] | None = None,
        more: Json | None = None,
    ) -> bool:
        """Do it; what stood there is said before, and what stands there after. False when it was refused."""
        watched = self.live.case_ids()
        before = {case: words_of(self.live.document(case)) for case in watched} if not case_id or more else {}
        if case_id:
            before[case_id] = words_of(self.live.document(case_id))
        known = self.live.change_ids()
        told = {"what": what, "case": case_id, "seen": dict(seen or {}), **(more or {})}
        self.say({"kind": "intent", **told, "before": before, "known": list(known)})
        try:
            work()
        except Actionable as error:
            self.say({"kind": "refused", "code": error.code, "what": what})
            return False
        finally:
            self.tell(told, before, set(known))
        return True

    def catch_up(self, left: list[Json]) -> None:
        """Say what came of the acts that were under way when processes of this desk were killed."""
        known = {change for intent in left for change in intent["known"]}
        before = {case: words for intent in left for case, words in intent["before"].items()}
        for intent in left:
            told = {
                name: intent[name] for name in ("what", "case", "seen", "excused", "both") if name in intent
            }
            self.tell(told, before, known)
            known |= set(self.live.change_ids())

    def tell(self, told: Json, before: Mapping[str, dict[str, str]], known: set[str]) -> None:
        """Say what came of an act: the changes that are there and were not before, and their cases as they stand."""
        made = {change: case for change, case in self.live.change_ids().items() if change not in known}
        if made:
            after = {case: words_of(self.live.document(case)) for case in set(made.values())}
            self.say({"kind": "act", **told, "before": dict(before), "after": after, "changes": made})
        elif told.get("excused"):
            self.say({"kind": "act", **told, "before": {}, "after": {}, "changes": {}})
        else:
            self.say({"kind": "nothing"})


def shift_clock(file: Path) -> None:
    """Have the program's clock be off by the seconds that stand in a file, whenever they are changed."""

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            try:
                seconds = float(file.read_text())
            except (OSError, ValueError):
                seconds = 0.0
            return datetime.now(tz or UTC) + timedelta(seconds=seconds)

    change_log.datetime = Shifted  # type: ignore[misc]


@contextlib.contextmanager
def full_disk(room: int) -> Iterator[None]:
    """No file of this process grows beyond so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def said(line: Json) -> None:
    content = json.dumps(line).encode() + b"\n"
    while content:
        content = content[os.write(sys.stdout.fileno(), content) :]


def main() -> int:
    path = Path(sys.argv[1])
    place = Place(**json.loads(path.read_text()))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    shift_clock(path.with_suffix(".skew"))
    pending = path.with_suffix(".pending")
    if place.plant:
        from tests.faults.sync_plant import PLANTS

        PLANTS[place.plant]().__enter__()
    station = place.built()
    person = Person(Live(station, place.email), random.Random(place.seed), said)
    if pending.exists():  # what was under way when this desk was killed, before anything else comes in
        station.in_store(person.catch_up, json.loads(pending.read_text()))
    said({"kind": "opened", "notices": [n.code for n in station.store.notices]})
    station.start_cloud()
    log = Path(place.folder) / "store.db-wal"
    while True:
        if place.full and person.chance.random() < 0.04:
            room = (log.stat().st_size if log.exists() else 0) + person.chance.randrange(60_000)
            with full_disk(room):
                for _ in range(_FULL_FOR):
                    station.in_store(person.act)
        station.in_store(person.act)
        signal.sigtimedwait(
            (), person.chance.choice((0.001, 0.02, 0.05, 0.2))
        )  # people think between two acts


if __name__ == "__main__":
    sys.exit(main())
