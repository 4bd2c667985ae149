"""Where a workspace keeps its form types: every version ever published, and what is being taught."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.case import Json, to_time
from app.services.store.chain import Chain
from app.services.store.database import Database
from app.services.store.fixed import unfixed
from app.services.store.packing import pack, to_text, unpack

_FIELDS = "form_type, version, title, origin, state, definition, detail"
PUBLISHED = "published"
RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class ShelvedVersion:
    """A version as the store keeps it. `definition` is packed: `unpacked` opens it when it is needed.

    `detail` holds who and when, examples and calibration, as JSON.
    """

    form_type: str
    version: str
    title: str
    origin: str
    state: str
    definition: bytes
    detail: Json

    @property
    def unpacked(self) -> Json:
        found: Json = unpack(self.definition)
        return found


class Shelf:
    """The form types of one workspace. Belongs to the thread of the store, as the store itself.

    A published definition is never changed and never removed: the database refuses it. Of the versions of
    a form type at most one is in force, which the database refuses to break as well. What returns is durable.
    """

    def __init__(self, database: Database, chain: Chain) -> None:
        self._database = database
        self._chain = chain

    def revision(self) -> int:
        """A number that grows whenever a version is published, retired or restored, in whatever program."""
        row = self._database.one("SELECT value FROM counters WHERE name = 'form_versions'")
        return int(row[0]) if row else 0

    def versions(self) -> tuple[ShelvedVersion, ...]:
        """Every version, in the order they were published."""
        rows = self._database.all(f"SELECT {_FIELDS} FROM form_versions ORDER BY number")  # noqa: S608
        return tuple(
            ShelvedVersion(row[0], row[1], row[2], row[3], row[4], row[5], json.loads(row[6])) for row in rows
        )

    def publish(
        self,
        choose: Callable[[tuple[ShelvedVersion, ...]], tuple[ShelvedVersion, Json] | None],
        by: str,
        at: datetime,
        drop_draft: str | None = None,
    ) -> ShelvedVersion | None:
        """Keep a version, in force or not as its state says; the one in force before is retired by it.

        `choose` makes it from the versions there are, while no other program can publish; None keeps nothing.
        With it comes what the audit trail says of it; an empty note is not written.
        """
        with self._database.transaction():
            chosen = choose(self.versions())
            if chosen is None:
                return None
            made, note = chosen
            if made.state == PUBLISHED:
                self._settle_others(made.form_type, by, at)
            self._database.run(
                f"INSERT INTO form_versions ({_FIELDS}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
                (
                    made.form_type,
                    made.version,
                    made.title,
                    made.origin,
                    made.state,
                    made.definition,
                    to_text(made.detail),
                ),
            )
            if drop_draft is not None:
                self._database.run("DELETE FROM form_drafts WHERE draft_id = ?", (drop_draft,))
            self._moved()
            if note:
                self._chain.append("form_published", by, at, None, note)
        return made

    def settle(self, form_type: str, version: str, state: str, by: str, at: datetime) -> bool:
        """Retire a version or bring it into force again; False when it was so already or is not there."""
        with self._database.transaction():
            row = self._database.one(
                "SELECT state FROM form_versions WHERE form_type = ? AND version = ?", (form_type, version)
            )
            if row is None or row[0] == state:
                return False
            if state == PUBLISHED:
                self._settle_others(form_type, by, at)
            self._settle(form_type, version, state, by, at)
            self._moved()
            action = "form_restored" if state == PUBLISHED else "form_retired"
            self._chain.append(action, by, at, None, {"form_type": form_type, "version": version})
        return True

    def calibrate(
        self, form_type: str, version: str, calibration: Json | None, by: str, at: datetime
    ) -> bool:
        """Keep how the scores of a version become probabilities; False when there is no such version."""
        with self._database.transaction():
            found = self._detail(form_type, version)
            if found is None:
                return False
            self._put_detail(form_type, version, {**found, "calibration": calibration})
            self._moved()
            self._chain.append("form_calibrated", by, at, None, {"form_type": form_type, "version": version})
        return True

    def mark_shared(self, form_type: str, version: str, at: datetime) -> None:
        """Keep that the shared library has a version."""
        with self._database.transaction():
            found = self._detail(form_type, version)
            if found is not None:
                self._put_detail(form_type, version, {**found, "shared_at": to_time(at)})
                self._moved()

    def renumber(self, form_type: str, version: str, made: ShelvedVersion, by: str, at: datetime) -> None:
        """Call a version that no other desk has seen by another number; the old one is free then."""
        with self._database.transaction(), unfixed(self._database, "form_versions_fixed"):
            self._database.run(
                "UPDATE form_versions SET version = ?, definition = ?, detail = ?"
                " WHERE form_type = ? AND version = ?",
                (made.version, made.definition, to_text(made.detail), form_type, version),
            )
            self._moved()
            detail = {"form_type": form_type, "version": made.version, "was": version}
            self._chain.append("form_renumbered", by, at, None, detail)

    def _settle_others(self, form_type: str, by: str, at: datetime) -> None:
        for (version,) in self._database.all(
            "SELECT version FROM form_versions WHERE form_type = ? AND state = ?", (form_type, PUBLISHED)
        ):
            self._settle(form_type, version, RETIRED, by, at)

    def _settle(self, form_type: str, version: str, state: str, by: str, at: datetime) -> None:
        detail = self._detail(form_type, version) or {}
        self._put_detail(form_type, version, {**detail, "settled_by": by, "settled_at": to_time(at)})
        self._database.run(
            "UPDATE form_versions SET state = ? WHERE form_type = ? AND version = ?",
            (state, form_type, version),
        )

    def _detail(self, form_type: str, version: str) -> Json | None:
        row = self._database.one(
            "SELECT detail FROM form_versions WHERE form_type = ? AND version = ?", (form_type, version)
        )
        return json.loads(row[0]) if row else None

    def _put_detail(self, form_type: str, version: str, detail: Json) -> None:
        self._database.run(
            "UPDATE form_versions SET detail = ? WHERE form_type = ? AND version = ?",
            (to_text(detail), form_type, version),
        )

    def _moved(self) -> None:
        self._database.run(
            "INSERT INTO counters (name, value) VALUES ('form_versions', 1)"
            " ON CONFLICT (name) DO UPDATE SET value = value + 1"
        )

    # What is being taught

    def drafts(self) -> tuple[Json, ...]:
        """Every draft, in the order they were begun."""
        return tuple(
            unpack(row[0]) for row in self._database.all("SELECT body FROM form_drafts ORDER BY number")
        )

    def draft(self, draft_id: str) -> Json | None:
        row = self._database.one("SELECT body FROM form_drafts WHERE draft_id = ?", (draft_id,))
        found: Json | None = unpack(row[0]) if row else None
        return found

    def change_draft(self, draft_id: str, change: Callable[[Json | None], Json | None]) -> Json | None:
        """Keep what `change` makes of a draft, while no other program can write to it; None removes it."""
        with self._database.transaction():
            row = self._database.one("SELECT body FROM form_drafts WHERE draft_id = ?", (draft_id,))
            before: Any = unpack(row[0]) if row else None
            after = change(before)
            if after is None:
                self._database.run("DELETE FROM form_drafts WHERE draft_id = ?", (draft_id,))
            elif after != before:
                self._database.run(
                    "INSERT INTO form_drafts (draft_id, body) VALUES (?, ?)"
                    " ON CONFLICT (draft_id) DO UPDATE SET body = excluded.body",
                    (draft_id, pack(after)),
                )
        return after
