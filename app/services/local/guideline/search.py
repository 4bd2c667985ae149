"""The guideline search of this computer: SQLite's full text finds candidates, the ranking weighs them."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from app.domain.box import Box
from app.domain.guideline import Hit, Passage, SearchQuery, Source, SourceKind
from app.services.local.guideline.plan import (
    BUDGET,
    all_of,
    beside,
    common,
    expression,
    phrase,
    reach,
    some_of,
)
from app.services.local.guideline.query import Unit
from app.services.local.guideline.ranking import Judge, Judged
from app.services.local.guideline.short_form import definitions
from app.services.local.guideline.snippet import snippet
from app.services.local.guideline.token import folded, places, stem_of, stems, tokens
from app.services.local.guideline.understanding import understand
from app.services.local.guideline.vocabulary import Known, Vocabulary
from app.services.store.guideline_file import GuidelineConnection, GuidelineFile

WEIGHED = 70
"""So many candidates at most are weighed; each costs a twentieth of a millisecond."""
_STRICT = 50
_TAIL = 0.25
"""What scores less than so much of the best answers another question."""
_CHUNK = 900

_SOURCE = "source_id, kind, title, name, digest, case_id, sha256, media_type, pages, in_force, also"
_CHANGED = "UPDATE state SET changes = changes + 1, passages = passages + ?"
_ROW = (
    "SELECT p.stems, p.page, p.first, p.last, p.heading, p.box, p.text,"
    " s.source_id, s.kind, s.title, s.name, s.digest, s.case_id, s.sha256, s.media_type, s.pages, s.in_force, s.also"
    " FROM passages p JOIN sources s ON s.number = p.source"
    " WHERE p.number IN (SELECT value FROM json_each(?))"
)


class LocalGuidelineSearch:
    """A `GuidelineSearch` in an encrypted file of its own. Thread-safe; several programs may use one file."""

    def __init__(self, file: GuidelineFile) -> None:
        self._file = file
        self._known = Known()

    @property
    def made_again(self) -> bool:
        """Whether the file was damaged or of another layout: all has to be indexed anew."""
        return self._file.made_again

    def close(self) -> None:
        self._file.close()

    # what can be found

    def put(self, source: Source, passages: tuple[Passage, ...]) -> None:
        """Make a document findable; one of the same id is replaced as a whole. Durable when it returns."""
        prepared = [_prepared(source, passage) for passage in passages]
        with self._file.writing() as connection:
            self._remove(connection, source.source_id)
            number = connection.run(
                f"INSERT INTO sources ({_SOURCE}) VALUES (?{', ?' * 10})",  # noqa: S608 - a constant
                (
                    source.source_id, str(source.kind), source.title, source.name, source.digest, source.case_id,
                    source.sha256, source.media_type, source.pages, int(source.in_force), source.also,
                ),
            )  # fmt: skip
            row = connection.one("SELECT coalesce(max(number), 0) FROM passages")
            first = int(row[0]) + 1 if row else 1
            connection.many(
                "INSERT INTO passages (number, source, page, first, last, heading, box, text, stems)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (first + at, number, p.page, p.start, p.end, p.heading, _box_text(p.box), p.text, body)
                    for at, (p, (_, body, _)) in enumerate(zip(passages, prepared, strict=True))
                ),
            )
            title = " ".join(stems(_named(source)))
            tag = _tags(source)
            connection.many(
                f"INSERT INTO {_table(source.kind)} (rowid, title, heading, body, tag) VALUES (?, ?, ?, ?, ?)",  # noqa: S608
                (
                    (first + place, title, heading, body, tag)
                    for place, (heading, body, _) in enumerate(prepared)
                ),
            )
            self._count(connection, source, (words for _, _, words in prepared), 1)
            connection.run(_CHANGED, (len(passages),))
            if source.kind is not SourceKind.CLINICAL:
                found = {
                    (folded(short.replace("-", "").replace("/", "")), " ".join(stems(long)))
                    for passage in passages
                    for short, long in definitions(passage.text)
                }
                connection.many(
                    "INSERT INTO short_forms (source, short, long) VALUES (?, ?, ?)",
                    ((number, short, long) for short, long in sorted(found) if short and long),
                )

    def remove(self, source_id: str) -> None:
        with self._file.writing() as connection:
            self._remove(connection, source_id)

    def sources(self) -> tuple[Source, ...]:
        with self._file.reading() as connection:
            rows = connection.all(f"SELECT {_SOURCE} FROM sources ORDER BY number")  # noqa: S608
        return tuple(_source(row) for row in rows)

    def _remove(self, connection: GuidelineConnection, source_id: str) -> None:
        row = connection.one(
            f"SELECT {_SOURCE}, number FROM sources WHERE source_id = ?",  # noqa: S608
            (source_id,),
        )
        if row is None:
            return
        source, number = _source(row), row[-1]
        rows = connection.all("SELECT number, heading, text FROM passages WHERE source = ?", (number,))
        words = (_words(_named(source), heading, text) for _, heading, text in rows)
        self._count(connection, source, words, -1)
        connection.many(
            f"DELETE FROM {_table(source.kind)} WHERE rowid = ?",  # noqa: S608 - one of two names
            ((row[0],) for row in rows),
        )
        connection.run("DELETE FROM passages WHERE source = ?", (number,))
        connection.run("DELETE FROM short_forms WHERE source = ?", (number,))
        connection.run("DELETE FROM sources WHERE number = ?", (number,))
        connection.run(_CHANGED, (-len(rows),))

    def _count(
        self, connection: GuidelineConnection, source: Source, words: Iterable[set[str]], sign: int
    ) -> None:
        times: Counter[str] = Counter()
        for found in words:
            times.update(found)
        column = "clinical" if source.kind is SourceKind.CLINICAL else "shared"
        connection.many(
            "INSERT INTO words (word, stem, shared, clinical) VALUES (?, ?, 0, 0) ON CONFLICT (word) DO NOTHING",
            ((word, stem_of(word)) for word in times),
        )
        connection.many(
            f"UPDATE words SET {column} = max(0, {column} + ?) WHERE word = ?",  # noqa: S608 - one of two
            ((sign * count, word) for word, count in times.items()),
        )

    # what is found

    def search(self, query: SearchQuery) -> tuple[Hit, ...]:
        """The best passages, best first. An empty query finds nothing."""
        if not query.text.strip() or query.limit < 1:
            return ()
        with self._file.reading() as connection:
            scope = _scope(query)
            if not scope:
                return ()
            vocabulary = Vocabulary(connection, self._known)
            understood = understand(query.text, vocabulary, as_typed=query.as_typed)
            if not understood.units or not vocabulary.total:
                return ()
            numbers = _candidates(connection, vocabulary, understood.units, scope, query.limit)
            judged = _weighed(connection, query, understood.units, vocabulary.total, numbers)
        return tuple(_hit(found, passage, source, understood.corrected)
                     for found, passage, source in judged[: query.limit])  # fmt: skip


def _prepared(source: Source, passage: Passage) -> tuple[str, str, set[str]]:
    heading = list(tokens(passage.heading))
    body = list(tokens(passage.text))
    words = {t.word for t in body} | {t.word for t in heading} | {t.word for t in tokens(_named(source))}
    return " ".join(t.stem for t in heading), " ".join(t.stem for t in body), words


def _words(title: str, heading: str, text: str) -> set[str]:
    return {token.word for part in (title, heading, text) for token in tokens(part)}


def _named(source: Source) -> str:
    """What a source is called, with what it is also found by."""
    return f"{source.title} {source.also}".rstrip()


def _case_tag(case_id: str) -> str:
    return "c" + hashlib.sha256(case_id.encode()).hexdigest()[:20]


def _tags(source: Source) -> str:
    if source.kind is SourceKind.CLINICAL:
        return _case_tag(source.case_id)
    return f"k{source.kind}"


def _table(kind: SourceKind) -> str:
    return "clinical_stems" if kind is SourceKind.CLINICAL else "shared_stems"


Scope = tuple[tuple[str, str], ...]
"""The indexes that are asked, each with the part of the expression that keeps to what is wanted ("" for all of it)."""


def _scope(query: SearchQuery) -> Scope:
    kinds = set(query.kinds or SourceKind)
    wanted: list[tuple[str, str]] = []
    shared = kinds - {SourceKind.CLINICAL}
    if len(shared) > 1:
        wanted.append(("shared_stems", ""))
    elif shared:
        wanted.append(("shared_stems", "tag : " + phrase((f"k{next(iter(shared))}",))))
    if SourceKind.CLINICAL in kinds and query.every_case:
        wanted.append(("clinical_stems", ""))
    elif SourceKind.CLINICAL in kinds and query.case_id:
        wanted.append(("clinical_stems", "tag : " + phrase((_case_tag(query.case_id),))))
    return tuple(wanted)


def _candidates(
    connection: GuidelineConnection, vocabulary: Vocabulary, units: Sequence[Unit], scope: Scope, limit: int
) -> list[int]:
    """The passages worth weighing: those that hold all that is asked, then those that hold its rarest part."""
    found: dict[int, None] = {}
    for table, needed in scope:
        index = _Index(connection, table, needed)
        found.update(dict.fromkeys(_fetched(index, vocabulary, units, limit)))
    return list(found)


class _Index:
    """One of the full-text indexes, kept to the part that is wanted."""

    def __init__(self, connection: GuidelineConnection, table: str, needed: str) -> None:
        self._connection = connection
        self._needed = needed
        self._any = f"SELECT rowid FROM {table} WHERE {table} MATCH ? LIMIT ?"  # noqa: S608 - one of two names
        self._ranked = f"SELECT rowid FROM {table} WHERE {table} MATCH ? ORDER BY rank LIMIT ?"  # noqa: S608

    def count(self, text: str) -> int:
        """How many passages match, no further than just over the budget."""
        row = self._connection.one(f"SELECT count(*) FROM ({self._any})", (self._whole(text), BUDGET + 1))  # noqa: S608
        return int(row[0]) if row else 0

    def fetch(self, text: str, count: int, *, ranked: bool) -> list[int]:
        sql = self._ranked if ranked else self._any
        return [row[0] for row in self._connection.all(sql, (self._whole(text), count))]

    def _whole(self, text: str) -> str:
        return f"{self._needed} AND ({text})" if self._needed else text


def _fetched(index: _Index, vocabulary: Vocabulary, units: Sequence[Unit], limit: int) -> list[int]:
    times, total = vocabulary.times, vocabulary.total
    most = max(WEIGHED, limit)
    asked = [(expression(unit, times, total), reach(unit, times, total)) for unit in units]
    every = all_of([text for text, _ in asked])
    found: dict[int, None] = {}

    def take(text: str, count: int, *, ranked: bool = True) -> None:
        if count > 0:
            found.update(dict.fromkeys(index.fetch(text, count, ranked=ranked)))

    strict = index.count(every)
    if strict <= BUDGET:
        take(every, _STRICT)
    else:  # words that stand in too many passages to rank them all: in titles and headings, near each other, anywhere
        selective = min(count for _, count in asked) <= common(total)
        for narrow in (f"{{title heading}} : ({every})" if selective else "", beside(units)):
            if narrow:
                take(narrow, _STRICT // 2, ranked=index.count(narrow) <= BUDGET)
        take(every, most - len(found), ranked=False)
    if len(units) > 1 and len(found) < _STRICT:
        must = [text for text, unit in zip([t for t, _ in asked], units, strict=True) if unit.phrase]
        free = [pair for pair, unit in zip(asked, units, strict=True) if not unit.phrase]
        some = some_of(free, must, total) if free else ""
        if some:
            take(some, most - len(found), ranked=index.count(some) <= BUDGET)
    return list(found)[:most]


Found = tuple[Judged, Passage, Source]


def _weighed(
    connection: GuidelineConnection, query: SearchQuery, units: Sequence[Unit], total: int, numbers: list[int]
) -> list[Found]:
    judge = Judge(units, total)
    found: list[Found] = []
    for start in range(0, len(numbers), _CHUNK):
        for row in connection.all(_ROW, (json.dumps(numbers[start : start + _CHUNK]),)):
            source = _source(row[7:])
            if not _allowed(query, source):
                continue
            judged = judge.judge(_named(source), row[4], row[0].split(), in_force=source.in_force)
            if judged.score > 0:
                found.append((judged, Passage(row[1], row[6], row[2], row[3], row[4], _box(row[5])), source))
    found.sort(key=lambda f: (-f[0].score, f[2].source_id, f[1].page, f[1].start))
    least = found[0][0].score * _TAIL if found else 0.0
    return _once([f for f in found if f[0].score >= least])


def _allowed(query: SearchQuery, source: Source) -> bool:
    """The index was asked for these alone; what belongs to a case is looked at once more before it is shown."""
    if query.kinds and source.kind not in query.kinds:
        return False
    if source.kind is SourceKind.CLINICAL:
        return query.every_case or (bool(query.case_id) and source.case_id == query.case_id)
    return True


def _once(found: list[Found]) -> list[Found]:
    """The same words in several versions of a policy: the version in force stands for them, the others after it."""
    kept: list[Found] = []
    later: list[Found] = []
    seen: set[tuple[str, str]] = set()
    for item in sorted(found, key=lambda f: not f[2].in_force):
        _, passage, source = item
        family = source.source_id.partition("@")[0]
        same = (family, " ".join(passage.text.split()))
        (later if same in seen else kept).append(item)
        seen.add(same)
    kept.sort(key=lambda f: -f[0].score)
    return kept + later


def _hit(judged: Judged, passage: Passage, source: Source, corrected: str) -> Hit:
    found = places(passage.text)
    text, marks = snippet(passage.text, found, judged.spans)
    terms = dict.fromkeys(
        " ".join(passage.text[found[first][0] : found[last][1]].split()) for first, last in judged.spans
    )
    return Hit(source, passage, text, marks, round(judged.score, 4), tuple(terms), corrected)


def _source(row: Sequence[Any]) -> Source:
    return Source(
        row[0],
        SourceKind(row[1]),
        row[2],
        row[3],
        row[4],
        row[5],
        row[6],
        row[7],
        row[8],
        bool(row[9]),
        row[10],
    )


def _box_text(box: Box | None) -> str:
    return json.dumps(box.rounded()) if box else ""


def _box(text: str) -> Box | None:
    return Box(*json.loads(text)) if text else None
