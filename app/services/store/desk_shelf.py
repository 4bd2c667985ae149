"""Which desk this is: its code in receipts, those it had before, and what it claims them with at the shared queue."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from app.domain.case import Json
from app.domain.receipt import ALPHABET
from app.services.store.chain import Chain
from app.services.store.database import Database

WIDTH = 4
"""Characters of a code."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a workspace has to say for its code: its random name, and the number and random name of this opening.

    `held` says that the server knows the code to be this workspace's.
    """

    code: str
    workspace: str
    opening: int
    token: str
    held: bool


class DeskShelf:
    """The code of one workspace. Belongs to the thread of the store; what returns is durable."""

    def __init__(self, database: Database, chain: Chain) -> None:
        self._database = database
        self._chain = chain

    def code(self) -> str:
        return self._fact("desk")

    def codes(self) -> tuple[str, ...]:
        """The code and every one it had before."""
        return (self.code(), *self._fact("desks_before").split())

    @property
    def place(self) -> str:
        """Where the workspace was last seen, as a digest; "" when that was never asked."""
        return self._fact("place")

    def keep_place(self, place: str) -> None:
        with self._database.transaction():
            self._put("place", place)

    def claim(self) -> Claim:
        """What to claim now: an opening that was begun and not confirmed is claimed again, under the same name."""
        with self._database.transaction():
            if not self._fact("workspace"):
                self._put("workspace", secrets.token_hex(16))
            if not self._fact("opening_token"):
                self._put("opening_token", secrets.token_hex(16))
            return Claim(
                self.code(),
                self._fact("workspace"),
                int(self._fact("opening") or 0) + 1,
                self._fact("opening_token"),
                self._fact("desk_held") == self.code(),
            )

    def keep_claim(self, claim: Claim) -> None:
        """The server knows this opening to be the code's latest."""
        with self._database.transaction():
            if self.code() == claim.code:
                self._put("desk_held", claim.code)
                self._put("opening", str(claim.opening))
                self._put("opening_token", "")

    def change(self, reason: str, at: datetime) -> str:
        """Take a new code for every receipt from now on; those given before stay as they are. The trail says why."""
        before = self.code()
        code = before
        while code in self.codes():
            code = "".join(secrets.choice(ALPHABET) for _ in range(WIDTH))
        detail: Json = {"from": before, "to": code, "reason": reason}
        with self._database.transaction():
            self._put("desks_before", " ".join(self.codes()))
            for name, value in (("desk", code), ("workspace", ""), ("opening", "0"), ("opening_token", "")):
                self._put(name, value)
            self._chain.append("desk_code_changed", "program", at, None, detail)
        return code

    def _fact(self, name: str) -> str:
        row = self._database.one("SELECT value FROM facts WHERE name = ?", (name,))
        return str(row[0]) if row else ""

    def _put(self, name: str, value: str) -> None:
        self._database.run(
            "INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )
