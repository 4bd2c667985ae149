"""Where a workspace keeps its policies: every version that came into force here, with its whole source text."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.domain.case import Json, to_time
from app.services.store.chain import Chain
from app.services.store.database import Database
from app.services.store.fixed import unfixed
from app.services.store.packing import pack, to_text, unpack

_FIELDS = "policy_id, version, state, body, detail"
PUBLISHED = "published"
RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class ShelvedPolicy:
    """A version as the store keeps it. `body` is packed; `detail` holds its origin and title, who and when."""

    policy_id: str
    version: str
    state: str
    body: bytes
    detail: Json

    @property
    def unpacked(self) -> tuple[Json, str]:
        """The data of the policy and its source text."""
        found: Json = unpack(self.body)
        return found["data"], str(found["text"])


def packed_policy(data: Json, text: str) -> bytes:
    return pack({"data": data, "text": text})


class PolicyShelf:
    """The policies of one workspace. Belongs to the thread of the store, as the store itself.

    A version is never changed and never removed, and of the versions of a policy at most one is in force: the
    database refuses to break either. What returns is durable.
    """

    def __init__(self, database: Database, chain: Chain) -> None:
        self._database = database
        self._chain = chain

    def revision(self) -> int:
        """A number that grows whenever a version is published, retired or restored, in whatever program."""
        row = self._database.one("SELECT value FROM counters WHERE name = 'policy_versions'")
        return int(row[0]) if row else 0

    def versions(self) -> tuple[ShelvedPolicy, ...]:
        """Every version, in the order they came."""
        rows = self._database.all(f"SELECT {_FIELDS} FROM policy_versions ORDER BY number")  # noqa: S608
        return tuple(ShelvedPolicy(row[0], row[1], row[2], row[3], json.loads(row[4])) for row in rows)

    def publish(
        self,
        choose: Callable[[tuple[ShelvedPolicy, ...]], ShelvedPolicy | None],
        by: str,
        at: datetime,
        *,
        audited: bool = True,
    ) -> ShelvedPolicy | None:
        """Keep a version, in force or not as its state says; the one in force before is retired by it.

        `choose` makes it from the versions there are, while no other program can publish; None keeps nothing.
        """
        with self._database.transaction():
            made = choose(self.versions())
            if made is None:
                return None
            if made.state == PUBLISHED:
                self._retire_others(made.policy_id, by, at)
            self._database.run(
                f"INSERT INTO policy_versions ({_FIELDS}) VALUES (?, ?, ?, ?, ?)",  # noqa: S608
                (made.policy_id, made.version, made.state, made.body, to_text(made.detail)),
            )
            self._moved()
            if audited:
                self._chain.append("policy_published", by, at, None, _named(made.policy_id, made.version))
        return made

    def settle(self, policy_id: str, version: str, state: str, by: str, at: datetime) -> bool:
        """Retire a version or bring it into force again; False when it was so already or is not there."""
        with self._database.transaction():
            row = self._database.one(
                "SELECT state FROM policy_versions WHERE policy_id = ? AND version = ?", (policy_id, version)
            )
            if row is None or row[0] == state:
                return False
            if state == PUBLISHED:
                self._retire_others(policy_id, by, at)
            self._settle(policy_id, version, state, by, at)
            self._moved()
            action = "policy_restored" if state == PUBLISHED else "policy_retired"
            self._chain.append(action, by, at, None, _named(policy_id, version))
        return True

    def mark_shared(self, policy_id: str, version: str, at: datetime) -> None:
        """Keep that the shared library has a version."""
        with self._database.transaction():
            row = self._database.one(
                "SELECT detail FROM policy_versions WHERE policy_id = ? AND version = ?", (policy_id, version)
            )
            if row is None:
                return
            self._database.run(
                "UPDATE policy_versions SET detail = ? WHERE policy_id = ? AND version = ?",
                (to_text({**json.loads(row[0]), "shared_at": to_time(at)}), policy_id, version),
            )
            self._moved()

    def renumber(self, policy_id: str, version: str, made: ShelvedPolicy, by: str, at: datetime) -> None:
        """Call a version that no other desk has seen by another number; the old one is free then."""
        with self._database.transaction(), unfixed(self._database, "policy_versions_fixed"):
            self._database.run(
                "UPDATE policy_versions SET version = ?, body = ?, detail = ? WHERE policy_id = ? AND version = ?",
                (made.version, made.body, to_text(made.detail), policy_id, version),
            )
            self._moved()
            detail = {**_named(policy_id, made.version), "was": version}
            self._chain.append("policy_renumbered", by, at, None, detail)

    def _retire_others(self, policy_id: str, by: str, at: datetime) -> None:
        for (version,) in self._database.all(
            "SELECT version FROM policy_versions WHERE policy_id = ? AND state = ?", (policy_id, PUBLISHED)
        ):
            self._settle(policy_id, version, RETIRED, by, at)

    def _settle(self, policy_id: str, version: str, state: str, by: str, at: datetime) -> None:
        row = self._database.one(
            "SELECT detail FROM policy_versions WHERE policy_id = ? AND version = ?", (policy_id, version)
        )
        detail = {**(json.loads(row[0]) if row else {}), "settled_by": by, "settled_at": to_time(at)}
        self._database.run(
            "UPDATE policy_versions SET state = ?, detail = ? WHERE policy_id = ? AND version = ?",
            (state, to_text(detail), policy_id, version),
        )

    def _moved(self) -> None:
        self._database.run(
            "INSERT INTO counters (name, value) VALUES ('policy_versions', 1)"
            " ON CONFLICT (name) DO UPDATE SET value = value + 1"
        )


def _named(policy_id: str, version: str) -> Json:
    return {"policy": policy_id, "version": version}
