"""Where the store keeps what two desks changed in two ways, until a person settles it, and how it was settled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.case import Json, from_time, to_time
from app.domain.change import MISSING, Missing
from app.domain.conflict import ConflictKind, OpenConflict, Settlement, Version
from app.domain.merge import Clash
from app.services.store.database import Database
from app.services.store.packing import pack, unpack

WHOLE_CASE = "case"
"""The unit of a conflict about all of a case: it was deleted elsewhere."""


@dataclass(frozen=True, slots=True)
class KeptConflict:
    """A conflict as it is kept. Values may be `MISSING`; `theirs` is what stood there when it was found."""

    conflict_id: str
    case_id: str
    other_case_id: str
    kind: ConflictKind
    unit: str
    base: Version
    mine: Version
    theirs: Version
    changes: tuple[str, ...]
    found_at: datetime
    state: str

    def shown(self, theirs: Version | None = None) -> OpenConflict:
        """As a person is asked about it: what is not there is None. `theirs` is what stands there by now."""
        return OpenConflict(
            self.conflict_id,
            self.case_id,
            self.kind,
            self.unit,
            _shown(self.base),
            _shown(self.mine),
            _shown(theirs or self.theirs),
            self.changes,
            self.found_at,
            self.other_case_id,
        )


class ConflictShelf:
    """The conflicts of one workspace. Belongs to the thread of the store; writes happen within the transaction of
    what they belong to. A row stays: open, settled, or superseded by what happened elsewhere.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(
        self, conflict_id: str, number: int, clash: Clash, at: datetime, other: int | None = None
    ) -> None:
        body = {
            "kind": str(clash.kind),
            "base": _packed(clash.base),
            "mine": _packed(clash.mine),
            "theirs": _packed(clash.theirs),
            "changes": list(clash.changes),
            "found_at": to_time(at),
        }
        self._database.run(
            "INSERT INTO conflicts (conflict_id, case_number, other_number, unit, body) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (conflict_id) DO UPDATE SET state = 'open', body = excluded.body"
            " WHERE state = 'superseded' OR other_number IS NULL",
            (conflict_id, number, other, clash.unit, pack(body)),
        )

    def open(self, case_id: str = "") -> tuple[KeptConflict, ...]:
        """What has to be settled, of one case or of all, oldest first."""
        return self._found("k.state = 'open' AND (? = '' OR c.case_id = ?)", (case_id, case_id))

    def one(self, conflict_id: str) -> KeptConflict | None:
        return next(iter(self._found("k.conflict_id = ?", (conflict_id,))), None)

    def of_file(self, number: int) -> tuple[KeptConflict, ...]:
        """The open questions whether a case and another with the same file are one."""
        return self._found(
            "k.state = 'open' AND k.other_number IS NOT NULL AND ? IN (k.case_number, k.other_number)",
            (number,),
        )

    def close(self, conflict_ids: Iterable[str], state: str, settled: Json | None = None) -> None:
        for conflict_id in conflict_ids:
            row = self._database.one("SELECT body FROM conflicts WHERE conflict_id = ?", (conflict_id,))
            if row is not None:
                body = {**unpack(row[0]), **({"settled": settled} if settled else {})}
                self._database.run(
                    "UPDATE conflicts SET state = ?, body = ? WHERE conflict_id = ?",
                    (state, pack(body), conflict_id),
                )

    def settle(self, conflict_id: str, settlement: Settlement, by: str, at: datetime) -> None:
        said: Json = {"settlement": str(settlement), "by": by, "at": to_time(at)}
        self.close((conflict_id,), "settled", said)

    def count(self) -> int:
        row = self._database.one("SELECT count(*) FROM conflicts WHERE state = 'open'")
        return int(row[0]) if row else 0

    def _found(self, where: str, parameters: tuple[Any, ...]) -> tuple[KeptConflict, ...]:
        # `where` comes from this class alone
        rows = self._database.all(
            "SELECT k.conflict_id, c.case_id, o.case_id, k.unit, k.state, k.body FROM conflicts k"  # noqa: S608
            " JOIN cases c ON c.number = k.case_number LEFT JOIN cases o ON o.number = k.other_number"
            f" WHERE {where} ORDER BY k.number",
            parameters,
        )
        return tuple(_kept(*row) for row in rows)


def _kept(
    conflict_id: str, case_id: str, other: str | None, unit: str, state: str, body: bytes
) -> KeptConflict:
    data = unpack(body)
    return KeptConflict(
        conflict_id,
        case_id,
        other or "",
        ConflictKind(data["kind"]),
        unit,
        _unpacked(data["base"]),
        _unpacked(data["mine"]),
        _unpacked(data["theirs"]),
        tuple(data["changes"]),
        from_time(data["found_at"]),
        state,
    )


def _packed(version: Version) -> Json:
    """A version; what is missing has no value, since null is one."""
    made: Json = {"by": version.by, "at": to_time(version.at) if version.at else None}
    if not isinstance(version.value, Missing):
        made["value"] = version.value
    return made


def _unpacked(data: Json) -> Version:
    return Version(data.get("value", MISSING), data["by"], from_time(data["at"]) if data["at"] else None)


def _shown(version: Version) -> Version:
    return Version(None if isinstance(version.value, Missing) else version.value, version.by, version.at)
