"""What stands on the pages of documents, kept page by page as it is read, so that a kill costs one page."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from app.domain.extraction import PageText
from app.services.store.database import Database
from app.services.store.packing import pack_words, unpack_words

READ, LOST = "read", "lost"
_REMEMBERED = 400
"""Pages that stay unpacked: about 50 MB when all are full."""


@dataclass(frozen=True, slots=True)
class KeptText:
    """What is known of the pages of a file. `read` are the pages that were looked at (a blank one has no words),
    `lost` those that could not be read. `form` says that the form processor looked at the whole file.

    `digest` tells this state of knowledge from any other.
    """

    digest: str
    form: bytes | None
    pages: tuple[tuple[int, str, bytes], ...]

    @property
    def whole(self) -> bool:
        return self.form is not None

    @property
    def read(self) -> frozenset[int]:
        return frozenset(page for page, state, _ in self.pages if state == READ)

    @property
    def lost(self) -> frozenset[int]:
        return frozenset(page for page, state, _ in self.pages if state == LOST)

    def texts(self) -> tuple[PageText, ...]:
        """The pages that were read, in order; the work of unpacking them is done here, once."""
        found = {text.page: text for text in self.form_texts()}
        for page, state, body in self.pages:  # a page that was read by itself counts before the whole file
            if state == READ:
                (found[page],) = _unpacked(body)
        return tuple(found[page] for page in sorted(found))

    def form_texts(self) -> tuple[PageText, ...]:
        """The pages as the form processor read them."""
        return _unpacked(self.form) if self.form is not None else ()


@lru_cache(maxsize=_REMEMBERED)
def _unpacked(body: bytes) -> tuple[PageText, ...]:
    return unpack_words(body)


class TextShelf:
    """The words of documents by the SHA-256 of the file. Belongs to the store's thread, as the store does."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, sha256: str, text: PageText, state: str = READ) -> None:
        """Keep one page, in the place of an earlier reading of it. Durable when it returns."""
        body = pack_words((text,))
        with self._database.transaction():
            self._database.run(
                "INSERT INTO page_texts (sha256, page, state, body) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (sha256, page) DO UPDATE SET state = excluded.state, body = excluded.body",
                (sha256, text.page, state, body),
            )

    def forget(self, sha256: str, state: str = LOST) -> None:
        """Let go of the pages in this state, so that they are read again."""
        with self._database.transaction():
            self._database.run("DELETE FROM page_texts WHERE sha256 = ? AND state = ?", (sha256, state))

    def kept(self, sha256: str) -> KeptText:
        """What is known of a file, still packed."""
        row = self._database.one("SELECT body FROM words WHERE sha256 = ?", (sha256,))
        pages = tuple(
            (int(page), str(state), bytes(body))
            for page, state, body in self._database.all(
                "SELECT page, state, body FROM page_texts WHERE sha256 = ? ORDER BY page", (sha256,)
            )
        )
        form = bytes(row[0]) if row else None
        digest = hashlib.blake2b(form or b"", digest_size=16)
        for page, state, body in pages:
            digest.update(f"{page} {state} {len(body)} ".encode())
            digest.update(body)
        return KeptText(digest.hexdigest(), form, pages)
