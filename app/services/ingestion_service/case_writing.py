"""Writing cases as a desk would: a change, what follows from it, and one batch with its receipt."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.domain import projection
from app.domain.case import Json
from app.domain.change import MISSING, Action, Change, Write, writes_for
from app.domain.code import CodeLists, no_lists
from app.domain.confidence import SURE
from app.domain.milestone_change import writes_of
from app.domain.processor import FormDefinition
from app.domain.sync import Push, Pushed, Receipt, RemoteCase
from app.services.ports import CaseRemote
from app.services.store.packing import pack_change, to_text, unpack

Clock = Callable[[], datetime]
_META = ("rev", "schema", "deleted_at")
"""The parts of `_meta` that are ours to write; the time is the server's."""


@dataclass(frozen=True, slots=True)
class CaseWriting:
    """Writes changes to the shared queue. Each call is one batch, applied once or not at all, under the change's id."""

    cases: CaseRemote
    desk: str
    """The code of the service in receipts."""
    definitions: Callable[[str, str], FormDefinition | None]
    now: Clock
    codes: Callable[[], CodeLists] = no_lists
    threshold: float = SURE

    def create(self, change_id: str, document: Json, action: Action, by: str) -> tuple[Pushed, Json]:
        """Write a new case; the answer, and the case as it was written."""
        change = self._change(change_id, document["case_id"], action, by, writes_for({}, document), {})
        after = self._after({}, change)
        return self.cases.push(Push(change.case_id, (self._receipt(change),), None, after)), after

    def update(
        self, case: RemoteCase, change_id: str, action: Action, by: str, values: Mapping[str, Any]
    ) -> tuple[Pushed, Json]:
        """Bring paths of a case to these values, on the version that was read."""
        writes = writes_for(case.document, values)
        change = self._change(change_id, case.case_id, action, by, writes, case.document)
        after = self._after(case.document, change)
        updates = differences(case.document, after)
        return (
            self.cases.push(Push(case.case_id, (self._receipt(change),), case.update_time, updates=updates)),
            after,
        )

    def _change(
        self,
        change_id: str,
        case_id: str,
        action: Action,
        by: str,
        writes: tuple[Write, ...],
        base: Mapping[str, Any],
    ) -> Change:
        change = Change(change_id, case_id, action, by, self.now(), writes)
        return replace(change, writes=(*writes, *writes_of(base, change)))

    def _after(self, base: Json, change: Change) -> Json:
        written = {w.path: w.value for w in change.writes}
        form_type, version = (
            str(written.get(name, base.get(name, ""))) for name in ("form_type", "processor_version")
        )
        definition = self.definitions(form_type, version) if form_type else None
        after, _ = projection.after_with_case(base, change, definition, self.threshold, self.codes())
        return after

    def _receipt(self, change: Change) -> Receipt:
        """The service keeps no audit chain: what it does is done by a program, and each change stands for itself."""
        body: Json = unpack(pack_change(change))
        digest = hashlib.sha256(to_text(body).encode("ascii")).hexdigest()
        return Receipt(
            change.change_id,
            change.case_id,
            str(change.action),
            change.by,
            change.at,
            self.desk,
            0,
            "",
            digest,
            body,
        )


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[tuple[str, ...], Any]:
    """What has to be written to make one version of a case the other, by path: its parts as wholes."""
    updates: dict[tuple[str, ...], Any] = {
        (name,): after.get(name, MISSING)
        for name in before.keys() | after.keys()
        if name != "_meta" and before.get(name, MISSING) != after.get(name, MISSING)
    }
    meta, meta_before = after.get("_meta", {}), before.get("_meta", {})
    for name in _META:
        if name in meta and meta[name] != meta_before.get(name, MISSING):
            updates["_meta", name] = meta[name]
    return updates
