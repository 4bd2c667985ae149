"""Desks for the tests of syncing: real stores, the engine, and a model of the server between them."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.domain.case import Case, Json, case_from, field_document, to_time
from app.domain.change import Action, Change, Write, value_at, writes_for
from app.domain.determination import Determination, Outcome, determination_document
from app.domain.errors import Actionable
from app.domain.form import FieldKind, FormField, Source
from app.domain.role import Role
from app.domain.sync import Push, Pushed, Scope
from app.services.change_log import ChangeLog
from app.services.editing import Editing
from app.services.intake import new_case
from app.services.store.store import Store
from app.services.sync.engine import sync_once
from app.services.sync.step import Remote, Step
from tests.faults.store_sample import KEY
from tests.faults.sync_server import BucketModel, ServerModel, offline

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
NAMES = ("patient_name", "member_id", "diagnosis", "phone")


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=7)
        return self.now


@dataclass
class Wire:
    """The server as a desk reaches it, with what goes wrong on the way: one entry a call, None for nothing."""

    server: ServerModel
    wrongs: list[Actionable | str | None] = field(default_factory=list)
    """An error is raised before anything happens; `lost` raises `offline` after the batch was applied."""
    offline: Actionable | None = None
    pushes: list[Push] = field(default_factory=list)

    def push(self, push: Push) -> Pushed:
        self._away()
        self.pushes.append(push)
        wrong = self.wrongs.pop(0) if self.wrongs else None
        if isinstance(wrong, Actionable):
            raise wrong
        pushed = self.server.push(push)
        if wrong == "lost":
            raise offline()
        return pushed

    def __getattr__(self, name: str) -> Any:
        self._away()
        return getattr(self.server, name)

    def _away(self) -> None:
        if self.offline is not None:
            raise self.offline


@dataclass
class Desk:
    folder: Path
    server: ServerModel
    clock: Clock
    person: str
    store: Store = field(init=False)
    wire: Wire = field(init=False)
    buckets: BucketModel | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    confirmed: Callable[[str, str, Json], bool] | None = None
    ids: int = 0

    def __post_init__(self) -> None:
        self.wire = Wire(self.server)
        self.open()

    def open(self) -> None:
        self.store = Store.open(self.folder, KEY)
        self.changes = ChangeLog(
            self.store, lambda form_type, version: None, now=self.clock, new_id=self.new_id
        )
        self.editing = Editing(self.changes)
        self.store.sync.adoption.project = self.changes.projected

    def again(self) -> None:
        self.store.close()
        self.open()

    def new_id(self) -> str:
        self.ids += 1
        return hashlib.sha256(f"{self.person} {self.ids}".encode()).hexdigest()[:32]

    # What people do

    def take_in(
        self, content: bytes = b"form", document_id: str = "", action: Action = Action.RECEIVED
    ) -> str:
        """A form that was taken in and read at this desk."""
        case_id = self.new_id()
        document = new_case(case_id, self.store.take_receipt(self.clock()), self.clock())
        sha256 = hashlib.sha256(content).hexdigest()
        self.files[sha256] = content
        document["documents"] = {
            document_id or self.new_id(): {
                "name": "form.pdf", "uri": "", "sha256": sha256, "media_type": "application/pdf", "kind": "form",
                "page_count": 1, "pages": [1], "received_at": to_time(self.clock()),
            }
        }  # fmt: skip
        document["intake_status"] = "needs_review"
        document["fields"] = {
            name: field_document(
                FormField(name, name, "one", FieldKind.TEXT, name, 0.99, 0.99, Source.RECOGNIZED, order=at)
            )
            for at, name in enumerate(NAMES)
        }
        self.changes.write(None, case_id, action, "reader", writes_for({}, document))
        return case_id

    def correct(self, case_id: str, name: str, value: str) -> str:
        self.editing.correct(case_id, {name: value}, self.person)
        return str(self.store.history(case_id)[-1].change_id)

    def determine(self, case_id: str, outcome: Outcome = Outcome.APPROVE) -> str:
        document = self.store.case_document(case_id)
        change_id = self.new_id()
        made = Determination(
            "r1",
            outcome,
            "It is covered.",
            self.person,
            Role.UR_SPECIALIST,
            self.clock(),
            determination_id=change_id,
        )
        writes = (
            Write("determinations.r1", value_at(document, "determinations.r1"), determination_document(made)),
        )
        change = Change(change_id, case_id, Action.DETERMINED, self.person, self.clock(), writes)
        self.changes.store_change(document, change)
        return change_id

    def write(self, case_id: str, values: dict[str, Any], action: Action = Action.CORRECTED) -> Case:
        document = self.store.case_document(case_id)
        writes = tuple(Write(path, value_at(document, path), value) for path, value in values.items())
        return self.changes.write(document, case_id, action, self.person, writes).case

    # What the engine does

    def remote(self) -> Remote:
        return Remote(
            self.wire,  # type: ignore[arg-type]
            self.buckets,
            self.confirmed or self.server.confirmed,
            Scope(self.person),
            self.files.__getitem__ if self.buckets is not None else None,
        )

    def step(self, *, poked: bool = False) -> Step:
        return sync_once(self.store.sync, self.remote(), self.clock, random.Random(1), poked=poked)

    def sync(self, *, poked: bool = True) -> list[Step]:
        """Steps until there is nothing to do now."""
        steps = [self.step(poked=poked)]
        while steps[-1].did != "idle" and steps[-1].again_at <= self.clock.now and len(steps) < 400:
            steps.append(self.step())
        assert len(steps) < 400, [step.did for step in steps[-5:]]
        return steps

    def value(self, case_id: str, name: str) -> Any:
        found = case_from(self.store.case_document(case_id)).field(name)
        assert found is not None
        return found.current

    def conflicts(self) -> list[tuple[str, str]]:
        return [(str(c.kind), c.unit) for c in self.store.sync.conflicts.open()]

    def waiting(self) -> list[str]:
        return [item.change_id for item in self.store.sync.waiting(self.store.sync.link(Scope(self.person)))]


def alike(*desks: Desk) -> bool:
    """Whether desks and server hold the same cases, but for whose clock wrote them when."""
    server = desks[0].server
    for case_id in server.cases:
        documents = [server.document(case_id), *(desk.store.case_document(case_id) for desk in desks)]
        if len({repr(_bare(document)) for document in documents}) != 1:
            return False
    return True


def _bare(document: Json | None) -> Json:
    def ordered(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: ordered(value[name]) for name in sorted(value)}
        return value

    bare = ordered(document)
    bare["_meta"] = {name: bare["_meta"].get(name) for name in ("rev", "schema", "deleted_at")}
    assert isinstance(bare, dict)
    return bare
