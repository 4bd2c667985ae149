"""A simulated desk: the real store, change log and sync engine in a folder of its own, and how its process dies."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from unittest import mock

from app.domain.box import Box
from app.domain.case import Json, case_from
from app.domain.conflict import OpenConflict, Settlement
from app.domain.form import FieldKind
from app.domain.processor import Column, FieldDefinition, FormDefinition, Section, TableDefinition
from app.domain.queue import QueueQuery
from app.domain.sync import Scope
from app.services.change_log import ChangeLog, Stored
from app.services.editing import Editing
from app.services.intake import Intake
from app.services.ports import CaseRemote
from app.services.store.blob import BlobFolder
from app.services.store.failure import disk_full
from app.services.store.store import Store
from app.services.store.sync_row import Adopted, Incoming
from app.services.sync import engine, settling
from app.services.sync.step import Remote, Step
from tests.faults.store_sample import KEY
from tests.faults.sync_line import BucketLine, Killed, Line

_ZONE = Box(0.1, 0.1, 0.2, 0.2)
FIELDS = (
    ("patient_name", FieldKind.NAME, "patient.patient_name"),
    ("member_id", FieldKind.TEXT, "patient.patient_id"),
    ("diagnosis", FieldKind.ICD10, "lines.r1.diagnosis.code"),
    ("start_date", FieldKind.DATE, ""),
    ("urgent", FieldKind.TICK_BOX, ""),
)
FORM = FormDefinition(
    form_type="simulated",
    title="A form of a few fields",
    version="1",
    size=(612.0, 792.0),
    titles=("A form of a few fields",),
    anchors=(),
    sections=(Section("one", "One"),),
    fields=tuple(
        FieldDefinition(name, name.replace("_", " "), "one", kind, _ZONE, request=to)
        for name, kind, to in FIELDS
    ),
    tables=(
        TableDefinition(
            "services",
            "Services",
            "one",
            (
                Column("code", "Code", FieldKind.PROCEDURE_CODE, 0.1, 0.3, request="lines.*.service.code"),
                Column("words", "Words", FieldKind.TEXT, 0.3, 0.9, request="lines.*.service.description"),
            ),
            ((0.3, 0.35),),
        ),
    ),
    expedited=("urgent",),
)


def definition(form_type: str, version: str) -> FormDefinition | None:
    return FORM if form_type == FORM.form_type else None


@dataclass(slots=True)
class Doom:
    """What a coming transaction of a store meets: `after` so many others."""

    what: str
    after: int


@dataclass(slots=True)
class Desk:
    """One workspace with the person who works in it. `true_now` is the server's time; the desk's own may be off."""

    number: int
    folder: Path
    true_now: Callable[[], datetime]
    chance: random.Random
    line: Line
    buckets: BucketLine
    wrap: Callable[[Desk], None] = lambda desk: None
    """Called with a desk whose store was opened: where a planted bug gets in."""
    skew: timedelta = timedelta()
    ticks: int = 0
    ids: int = 0
    doom: Doom | None = None
    dies_at_merge: bool = False
    """Whether the process dies with the next transaction that merges what waits here with the server's version."""
    again_at: datetime | None = None
    """When the engine asked to be called again, by the desk's own clock; None for at once."""
    poked: bool = False
    """Whether something may have changed at the server."""
    woken: bool = False
    """Whether something was saved here that the driver would wake for."""
    remote_cases: CaseRemote | None = None
    """Another queue than the model, where something else is measured."""
    alive: bool = False
    syncing: bool = False
    opened: int = 0
    said: dict[str, str] = field(default_factory=dict)
    """Every change that was called saved here, with its case: whatever becomes of the process and the disk."""
    drafts: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    """What is in the editors of this desk, by case and path: every text that may be found there."""
    luck: random.Random = field(init=False)
    """The engine's source of chance: another than that of ids."""
    store: Store = field(init=False)
    changes: ChangeLog = field(init=False)
    editing: Editing = field(init=False)
    intake: Intake = field(init=False)
    blobs: BlobFolder = field(init=False)

    def __post_init__(self) -> None:
        self.luck = random.Random(self.chance.getrandbits(64))

    @property
    def name(self) -> str:
        return f"desk{self.number}"

    @property
    def person(self) -> str:
        return f"person{self.number}"

    def now(self) -> datetime:
        """The desk's own clock: never the same twice, and not always right."""
        self.ticks += 1
        return self.true_now() + self.skew + timedelta(microseconds=self.ticks % 1000)

    def new_id(self) -> str:
        self.ids += 1
        return f"{self.number:02x}{self.ids:06x}{self.chance.getrandbits(96):024x}"

    def open(self) -> None:
        """Start the process of the desk on what is on its disk."""
        codes = iter("A1B2C3D4E5"[2 * self.number :] + "ZZZZ")
        with mock.patch("app.services.store.store.secrets.choice", side_effect=lambda _: next(codes)):
            self.store = Store.open(self.folder, KEY)
        self.blobs = BlobFolder(self.folder / "blobs", KEY)
        self._watch_transactions()
        self.changes = ChangeLog(self.store, definition, now=self.now, new_id=self.new_id, told=self._told)
        self.editing = Editing(self.changes)
        self.intake = Intake(self.changes, self.blobs)
        self.alive = True
        self.opened += 1
        self.store.sync.adoption.project = self.changes.projected
        self.again_at = None
        self.doom = None
        self.wrap(self)

    def _told(self, stored: Stored) -> None:
        self.said[stored.change.change_id] = stored.change.case_id
        for path in stored.change.fields:
            self.drafts.pop((stored.change.case_id, path), None)

    def _watch_transactions(self) -> None:
        database = self.store._database
        plain = database.transaction

        @contextmanager
        def watched() -> Iterator[None]:
            doom = self._met()
            with plain():
                yield
                if doom == "killed_before":
                    raise Killed
                if doom == "full":
                    raise disk_full()
            if doom == "killed_after":
                raise Killed

        database.transaction = watched  # type: ignore[method-assign]
        adopt = self.store.sync.adopt

        def adopted(incoming: Iterable[Incoming], now: datetime, *, merge: bool = False) -> Adopted:
            if merge and self.dies_at_merge:
                self.dies_at_merge, self.doom = False, Doom("killed_after", 0)
            return adopt(incoming, now, merge=merge)

        self.store.sync.adopt = adopted  # type: ignore[method-assign]

    def _met(self) -> str:
        if self.doom is None:
            return ""
        if self.doom.after > 0:
            self.doom.after -= 1
            return ""
        what, self.doom = self.doom.what, None
        return what

    def die(self) -> None:
        """End the process where it is: what was committed is on the disk, and nothing else."""
        self.alive = False
        self.syncing = False
        self.store._closed = True
        self.store._database.close()
        self.store._presence.leave(clean=False)

    def close(self) -> None:
        if self.alive:
            self.alive = False
            self.store.close()

    # What the checker and the people look at

    def case_ids(self) -> list[str]:
        return [row[0] for row in self.store._database.all("SELECT case_id FROM cases ORDER BY number")]

    def document(self, case_id: str) -> Json:
        """The case as it stands here; empty when there is none."""
        row = self.store._database.one("SELECT 1 FROM cases WHERE case_id = ?", (case_id,))
        return self.store.case_document(case_id) if row else {}

    def change_ids(self) -> list[tuple[str, str]]:
        """(case, change) of everything ever done here."""
        return [
            (str(case_id), str(change_id))
            for case_id, change_id in self.store._database.all(
                "SELECT case_id, change_id FROM changes JOIN cases ON cases.number = changes.case_number"
                " ORDER BY changes.number"
            )
        ]

    def lost_drafts(self) -> list[tuple[str, str]]:
        """What was being typed and is not there any more, by case and path."""
        lost = []
        for (case_id, path), texts in self.drafts.items():
            found = self.store.drafts(case_id).get(path)
            if found is None or found.text not in texts:
                lost.append((case_id, path))
        return lost

    def wrong_rows(self) -> list[str]:
        """The cases that the queue on screen shows otherwise than they are."""
        shown = {row.case_id: row for row in self.store.rows(self.store.queue(QueueQuery(statuses=())))}
        wrong = []
        for case_id in self.case_ids():
            case, row = case_from(self.document(case_id)), shown.pop(case_id, None)
            if case.deleted_at is not None:
                wrong += [case_id] if row is not None else []
            elif row is None or (row.status, row.assigned_to, row.needs_look, row.patient, row.due_at) != (
                case.intake_status, case.assigned_to, case.confidence.needs_look, case.patient, case.due_at
            ):  # fmt: skip
                wrong.append(case_id)
        return wrong + sorted(shown)

    def waits(self) -> list[tuple[str, str, str]]:
        """(case, change, state) of everything in the outbox."""
        return [
            (str(case_id), str(change_id), str(state))
            for case_id, change_id, state in self.store._database.all(
                "SELECT case_id, change_id, state FROM outbox JOIN changes ON changes.number = change_number"
                " JOIN cases ON cases.number = changes.case_number ORDER BY change_number"
            )
        ]

    # The engine, as its driver would call it

    def due(self) -> bool:
        """Whether the driver would run the engine now: woken, or at the time the engine asked for."""
        return self.woken or self.poked or self.again_at is None or self.again_at <= self.true_now()

    def sync(self) -> Step:
        """One step. The driver sleeps by a clock that nobody sets: the wait is a length, not a time of day."""
        remote = Remote(
            self.remote_cases or self.line,
            self.buckets,
            self.line.server.confirmed,
            Scope(self.person),
            self.blobs.get,
        )
        poked, self.poked, self.woken = self.poked, False, False
        step = engine.sync_once(self.store.sync, remote, self.now, self.luck, poked=poked)
        wait = step.again_at - (self.true_now() + self.skew)
        self.again_at = self.true_now() + max(wait, timedelta())
        return step

    def conflicts(self) -> list[OpenConflict]:
        return list(settling.open_conflicts(self.changes))

    def parked(self) -> list[tuple[str, str]]:
        """(case, first change that waits) of every case that the server refused."""
        return [
            (str(case_id), str(change_id))
            for case_id, change_id in self.store._database.all(
                "SELECT case_id, change_id FROM remote_cases r JOIN cases c ON c.number = r.case_number"
                " JOIN changes h ON h.number = (SELECT min(change_number) FROM outbox o"
                " WHERE o.case_number = r.case_number) WHERE r.state = 'parked'"
            )
        ]

    def held_cases(self) -> set[str]:
        """The cases of which nothing is sent until a person said something."""
        return {
            str(row[0])
            for row in self.store._database.all(
                "SELECT case_id FROM remote_cases r JOIN cases c ON c.number = r.case_number"
                " WHERE r.state IN ('parked', 'deleted', 'gone', 'newer')"
            )
        }

    def settle(self, conflict: OpenConflict, settlement: Settlement) -> None:
        settling.settle(self.changes, conflict.conflict_id, settlement, self.person)
        self.woken = True

    def retry(self, change_id: str) -> None:
        settling.retry(self.changes, change_id, self.person)
        self.woken = True

    def give_up(self, change_id: str) -> None:
        settling.give_up(self.changes, change_id, self.person)
        self.woken = True
