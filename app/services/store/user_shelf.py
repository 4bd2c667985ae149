"""Where a workspace keeps its users, and how often somebody tried a wrong passphrase."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime

from app.domain.case import Json
from app.services.store.chain import Chain
from app.services.store.database import Database
from app.services.store.packing import plain, to_text

_TRIES = "sign_in_tries"
"""Under this key the store remembers wrong tries, by who was meant."""

Note = tuple[str, Json]
"""What the audit trail says of a change to the users: the action, and its detail without a passphrase."""


class UserShelf:
    """The users of one workspace. Belongs to the thread of the store. What returns is durable."""

    def __init__(self, database: Database, chain: Chain) -> None:
        self._database = database
        self._chain = chain

    def any(self) -> bool:
        return self._database.one("SELECT 1 FROM users LIMIT 1") is not None

    def get(self, name: str) -> Json | None:
        """What is kept of the user of exactly this name."""
        row = self._database.one("SELECT body FROM users WHERE name = ?", (plain(name),))
        return json.loads(row[0]) if row else None

    def all(self) -> dict[str, Json]:
        """Everybody by name, in the order they were made; those who do not work here any more too."""
        return {
            n: json.loads(b) for n, b in self._database.all("SELECT name, body FROM users ORDER BY number")
        }

    def change(
        self, name: str, make: Callable[[Mapping[str, Json]], tuple[Json, Note]], by: str, at: datetime
    ) -> Json:
        """Keep what `make` makes of a user, and note it, while no other program can write; it may raise."""
        with self._database.transaction():
            body, (action, detail) = make(self.all())
            self._database.run(
                "INSERT INTO users (name, body) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET body = excluded.body",
                (plain(name), to_text(body)),
            )
            self._chain.append(action, by, at, None, {"user": name, **detail})
        return body

    def tries(self, change: Callable[[dict[str, list[object]]], None]) -> None:
        """Look at the wrong tries and change them, while no other program can; `change` may raise."""
        with self._database.transaction():
            row = self._database.one("SELECT value FROM remembered WHERE key = ?", (_TRIES,))
            before = str(row[0]) if row else "{}"
            tries: dict[str, list[object]] = json.loads(before)
            change(tries)
            after = to_text(tries)
            if after != before:
                self._database.run(
                    "INSERT INTO remembered (key, value) VALUES (?, ?)"
                    " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                    (_TRIES, after),
                )
