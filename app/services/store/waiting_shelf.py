"""Documents that arrived without a case: kept until somebody says where they belong."""

from __future__ import annotations

import json

from app.domain.case import Json
from app.services.store.database import Database
from app.services.store.packing import to_text


class WaitingShelf:
    """Waiting documents by their id, oldest first. Belongs to the store's thread, as the store does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, document_id: str, sha256: str, body: Json) -> None:
        """Keep a document's entry, in the place of an earlier one. Durable when it returns."""
        with self._database.transaction():
            self._database.run(
                "INSERT INTO waiting_documents (document_id, sha256, body) VALUES (?, ?, ?)"
                " ON CONFLICT (document_id) DO UPDATE SET body = excluded.body",
                (document_id, sha256, to_text(body)),
            )

    def drop(self, document_id: str) -> bool:
        """Take an entry off the list; whether it was on it."""
        with self._database.transaction():
            row = self._database.one(
                "DELETE FROM waiting_documents WHERE document_id = ? RETURNING number", (document_id,)
            )
        return row is not None

    def get(self, document_id: str) -> Json | None:
        row = self._database.one("SELECT body FROM waiting_documents WHERE document_id = ?", (document_id,))
        return json.loads(row[0]) if row else None

    def all(self) -> tuple[tuple[str, Json], ...]:
        rows = self._database.all("SELECT document_id, body FROM waiting_documents ORDER BY number")
        return tuple((str(row[0]), json.loads(row[1])) for row in rows)

    def with_content(self, sha256: str) -> str | None:
        """The document of this content that waits already."""
        row = self._database.one("SELECT document_id FROM waiting_documents WHERE sha256 = ?", (sha256,))
        return str(row[0]) if row else None
