"""The words of the index: how often each stands in it, how it may go on, and what was meant by a misspelled one."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from functools import cache

from app.services.local.guideline.lexicon import drugs, lexicon
from app.services.local.guideline.spelling import Mending, Speller
from app.services.store.guideline_file import GuidelineConnection

_COMPLETIONS = 16
_SENSES = 4


class Known:
    """Every word ever seen, for mending; shared by all searches. Words of cases are left out: a correction is shown
    to whoever searches.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._speller = Speller()
        self._last = -1

    def mendings(self, word: str, vocabulary: Vocabulary) -> list[Mending]:
        with self._lock:
            if self._last < 0:
                self._speller.add(lexicon().words)
                self._speller.add(drugs())
                self._last = 0
            rows = vocabulary.connection.all(
                "SELECT number, word FROM words WHERE number > ? AND shared > 0", (self._last,)
            )
            self._speller.add(row[1] for row in rows)
            highest = vocabulary.connection.one("SELECT max(number) FROM words")
            # A word of cases alone that comes into a guideline later is seen by the number it keeps: asked for anew.
            self._last = self._next(highest, vocabulary)
            return self._speller.mendings(word, vocabulary.counts)

    def _next(self, highest: tuple[int | None, ...] | None, vocabulary: Vocabulary) -> int:
        first = vocabulary.connection.one("SELECT min(number) FROM words WHERE shared = 0")
        if first is not None and first[0] is not None:
            return int(first[0]) - 1
        return int(highest[0] or 0) if highest else 0

    def forget(self) -> None:
        """The file was made again: its numbers begin anew."""
        with self._lock:
            self._last = min(self._last, 0)


class Vocabulary:
    """The words as one search sees them."""

    def __init__(self, connection: GuidelineConnection, known: Known) -> None:
        self.connection = connection
        self._known = known
        self.times = cache(self._times)
        row = connection.one("SELECT count(*) FROM passages")
        self.total = int(row[0]) if row else 0

    def _times(self, stem: str) -> int:
        """In how many passages a stem stands (a little too many when two of its words stand in one)."""
        row = self.connection.one("SELECT sum(shared + clinical) FROM words WHERE stem = ?", (stem,))
        return int(row[0] or 0) if row else 0

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
            (word, word + "\U0010ffff", _COMPLETIONS),
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
