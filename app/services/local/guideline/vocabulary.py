"""The words of the index: how often each stands in it, how it may go on, and what was meant by a misspelled one."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping

from app.services.local.guideline.lexicon import drugs, lexicon
from app.services.local.guideline.spelling import Mending, Speller
from app.services.store.guideline_file import GuidelineConnection

_COMPLETIONS = 14
_SHORT = 2
_SENSES = 4


class Known:
    """What does not change from one search to the next: the words known for mending, and how often stems stand.

    Words of cases are left out of mending: a correction is shown to whoever searches.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._speller = Speller()
        self._spelled_at = -1
        self._times_at = -1
        self._times: dict[str, int] = {}

    def times(self, changes: int) -> dict[str, int]:
        """The counts known so far, empty again when something was put or removed."""
        with self._lock:
            if self._times_at != changes:
                self._times_at, self._times = changes, {}
            return self._times

    def mendings(self, word: str, vocabulary: Vocabulary) -> list[Mending]:
        with self._lock:
            if self._spelled_at < 0:
                self._speller.add(lexicon().words)
                self._speller.add(drugs())
            if self._spelled_at != vocabulary.changes:
                rows = vocabulary.connection.all("SELECT word FROM words WHERE shared > 0")
                self._speller.add(row[0] for row in rows)
                self._spelled_at = vocabulary.changes
            return self._speller.mendings(word, vocabulary.counts)


class Vocabulary:
    """The words as one search sees them."""

    def __init__(self, connection: GuidelineConnection, known: Known) -> None:
        self.connection = connection
        self._known = known
        row = connection.one("SELECT changes, passages FROM state")
        self.changes, self.total = (int(row[0]), int(row[1])) if row else (0, 0)
        self._counted = known.times(self.changes)

    def times(self, stem: str) -> int:
        """In how many passages a stem stands (a little too many when two of its words stand in one)."""
        found = self._counted.get(stem)
        if found is None:
            row = self.connection.one("SELECT sum(shared + clinical) FROM words WHERE stem = ?", (stem,))
            found = self._counted[stem] = int(row[0] or 0) if row else 0
        return found

    def counts(self, words: list[str]) -> Mapping[str, int]:
        rows = self.connection.all(
            "SELECT word, shared FROM words WHERE word IN (SELECT value FROM json_each(?))",
            (json.dumps(words),),
        )
        return {row[0]: row[1] for row in rows}

    def completions(self, word: str) -> list[str]:
        """Stems of the words that begin so, the most frequent first."""
        rows = self.connection.all(
            "SELECT stem, sum(shared + clinical) AS times FROM words WHERE word >= ? AND word < ?"
            " GROUP BY stem HAVING times > 0 ORDER BY times DESC LIMIT ?",
            (word, word + "\U0010ffff", _COMPLETIONS if len(word) > _SHORT else _COMPLETIONS // 2),
        )
        return [row[0] for row in rows]

    def mendings(self, word: str) -> list[Mending]:
        return self._known.mendings(word, self)

    def long_forms(self, short: str) -> list[str]:
        """What documents themselves say an abbreviation stands for, in stems, the most usual first."""
        rows = self.connection.all(
            "SELECT long FROM short_forms WHERE short = ? GROUP BY long ORDER BY count(*) DESC LIMIT ?",
            (short, _SENSES),
        )
        return [row[0] for row in rows]

    def short_forms(self, long: str) -> list[str]:
        rows = self.connection.all(
            "SELECT short FROM short_forms WHERE long = ? GROUP BY short ORDER BY count(*) DESC LIMIT ?",
            (long, _SENSES),
        )
        return [row[0] for row in rows]
