"""Where a workspace is connected to, and how much of it there is to move there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.domain.case import Json
from app.services.store.chain import Chain
from app.services.store.database import Database
from app.services.store.packing import to_text


@dataclass(frozen=True, slots=True)
class Held:
    """How much a workspace holds that a project has not got: `changes` wait, of `cases`, with `documents` (different
    files) and `reviews`. `policies` and `form_types` are versions made here. `conflicts` are open.
    """

    cases: int
    changes: int
    documents: int
    reviews: int
    policies: int
    form_types: int
    conflicts: int
    bases: int
    """Cases that some project has."""


_CASES = """SELECT count(DISTINCT changes.case_number) FROM outbox
    JOIN changes ON changes.number = outbox.change_number"""
_DOCUMENTS = """SELECT count(DISTINCT sha256) FROM contents WHERE case_number IN
    (SELECT changes.case_number FROM outbox JOIN changes ON changes.number = outbox.change_number)"""
_REVIEWS = """SELECT count(*) FROM reviews WHERE case_number IN
    (SELECT changes.case_number FROM outbox JOIN changes ON changes.number = outbox.change_number)"""


class MovingShelf:
    """What connecting a workspace asks of its store. Belongs to the thread of the store."""

    def __init__(self, database: Database, chain: Chain) -> None:
        self._database, self._chain = database, chain

    def held(self) -> Held:
        """What there is by now."""

        def count(statement: str) -> int:
            row = self._database.one(statement)
            return int(row[0]) if row else 0

        return Held(
            cases=count(_CASES),
            changes=count("SELECT count(*) FROM outbox"),
            documents=count(_DOCUMENTS),
            reviews=count(_REVIEWS),
            policies=count(
                "SELECT count(*) FROM policy_versions WHERE json_extract(detail, '$.origin') = 'here'"
            ),
            form_types=count("SELECT count(*) FROM form_versions WHERE origin = 'here'"),
            conflicts=count("SELECT count(*) FROM conflicts WHERE state = 'open'"),
            bases=count("SELECT count(*) FROM remote_cases"),
        )

    def assigned(self) -> dict[str, int]:
        """To whom cases are assigned, and how many."""
        rows = self._database.all(
            "SELECT assigned_to, count(*) FROM queue WHERE assigned_to <> '' GROUP BY assigned_to ORDER BY 1"
        )
        return {str(name): int(number) for name, number in rows}

    def cases_of(self, name: str) -> tuple[str, ...]:
        """The cases assigned to somebody."""
        rows = self._database.all("SELECT case_id FROM queue WHERE assigned_to = ? ORDER BY number", (name,))
        return tuple(str(row[0]) for row in rows)

    def audit_head(self) -> tuple[int, str] | None:
        """The number of the last entry of the audit trail and its hash, in hex."""
        row = self._database.one("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1")
        return (int(row[0]), bytes(row[1]).hex()) if row else None

    def audit_hash(self, sequence: int) -> str:
        """The hash of an entry, "" when there is none of that number."""
        row = self._database.one("SELECT hash FROM audit WHERE sequence = ?", (sequence,))
        return bytes(row[0]).hex() if row else ""

    def remember(
        self, values: Mapping[str, Json | None], action: str, by: str, at: datetime, detail: Json
    ) -> None:
        """Keep or forget (None) what is remembered, and note it in the audit trail, all or nothing."""
        with self._database.transaction():
            for key, value in values.items():
                if value is None:
                    self._database.run("DELETE FROM remembered WHERE key = ?", (key,))
                else:
                    self._database.run(
                        "INSERT INTO remembered (key, value) VALUES (?, ?)"
                        " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                        (key, to_text(value)),
                    )
            self._chain.append(action, by, at, None, detail)
