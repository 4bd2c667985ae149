"""From pieces of ink to answers: pieces make words, words make runs, runs belong to zones.

A run belongs to the zone it begins in and is followed when it spills out of it. It is cut where a new
answer begins in the next zone: at a gap wider than its own gaps, or at any gap when the kinds of answer
(dates, phones, numbers) hold no gaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from app.domain.form import FieldKind
from app.services.document_worker.reading.ink import Piece

NO_GAPS = frozenset(
    {
        FieldKind.DATE,
        FieldKind.NPI,
        FieldKind.MEMBER_ID,
        FieldKind.ICD10,
        FieldKind.PROCEDURE_CODE,
        FieldKind.ZIP,
    }
)


_LEAST_BLANK = 0.26
"""Of the height of a letter: what is narrower joins pieces to a word."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A place for an answer, in pixels of the flat picture."""

    key: str
    kind: FieldKind
    x0: float
    y0: float
    x1: float
    y1: float
    embeds: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """Pieces on one line that belong together."""

    pieces: tuple[Piece, ...]

    @property
    def x0(self) -> float:
        return min(p.x0 for p in self.pieces)

    @property
    def x1(self) -> float:
        return max(p.x1 for p in self.pieces)

    @property
    def y0(self) -> float:
        return min(p.y0 for p in self.pieces)

    @property
    def y1(self) -> float:
        return max(p.y1 for p in self.pieces)

    @property
    def middle(self) -> float:
        return (self.y0 + self.y1) / 2

    @property
    def overprint(self) -> bool:
        return any(p.overprint for p in self.pieces)


def text_height(pieces: Sequence[Piece]) -> float:
    """The usual height of a letter among the pieces, in pixels."""
    heights = [p.height for p in pieces if 9 <= p.height <= 60]
    return median(heights) if heights else 18.0


def words(pieces: Sequence[Piece], height: float) -> list[Run]:
    """Pieces joined to words: what touches or nearly touches on one line."""
    return _joined(pieces, _LEAST_BLANK * height, height)


def runs(pieces: Sequence[Piece], height: float) -> list[list[Run]]:
    """Lines of writing, each as its words from left to right."""
    lines = []
    for line in _joined(pieces, 1.8 * height, height):
        ordered = sorted(words(line.pieces, height), key=lambda w: w.x0)
        lines.append(_settled(ordered))
    return lines


def _settled(ordered: list[Run]) -> list[Run]:
    """Words without those that overlap their neighbour almost wholly (the dot above an i, an accent)."""
    kept: list[Run] = []
    for word in ordered:
        if kept and word.x0 < kept[-1].x1 - 0.5 * (word.x1 - word.x0):
            kept[-1] = Run((*kept[-1].pieces, *word.pieces))
        else:
            kept.append(word)
    return kept


def _joined(pieces: Sequence[Piece], gap: float, height: float) -> list[Run]:
    """Groups of pieces linked on one line by gaps of at most so many pixels.

    Letters make the lines; dots, dashes and commas then go to the nearest of them, so that none of them
    ties two lines together.
    """
    letters = [p for p in pieces if p.text is not None or p.height >= 0.5 * height]
    small = [p for p in pieces if p.text is None and p.height < 0.5 * height]
    groups = _linked(letters, gap, height)
    owner = {id(p): i for i, g in enumerate(groups) for p in g}
    ordered = sorted(letters, key=lambda p: p.x0)
    left: list[Piece] = []
    for piece in small:
        best, best_distance = -1, 0.3 * height
        for letter in ordered:
            if letter.x0 > piece.x1 + gap:
                break
            if letter.x1 < piece.x0 - gap:
                continue
            # How far off the letter's line: a comma hangs a little below it.
            distance = max(letter.y0 - piece.middle, piece.middle - letter.y1, 0.0)
            beside = max(letter.x0 - piece.x1, piece.x0 - letter.x1, 0.0)
            if distance + 0.1 * beside < best_distance:
                best, best_distance = owner[id(letter)], distance + 0.1 * beside
        if best >= 0:
            groups[best].append(piece)
        else:
            left.append(piece)
    return [Run(tuple(g)) for g in (*groups, *_linked(left, gap, height))]


def _linked(pieces: Sequence[Piece], gap: float, height: float) -> list[list[Piece]]:
    """Pieces joined wherever two on one line are near enough."""
    ordered = sorted(pieces, key=lambda p: p.x0)
    parents = list(range(len(ordered)))

    def root(index: int) -> int:
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index

    active: list[int] = []
    for index, piece in enumerate(ordered):
        active = [i for i in active if ordered[i].x1 >= piece.x0 - gap]
        for other in active:
            if _level(ordered[other], piece, height):
                parents[root(index)] = root(other)
        active.append(index)
    groups: dict[int, list[Piece]] = {}
    for index, piece in enumerate(ordered):
        groups.setdefault(root(index), []).append(piece)
    return list(groups.values())


def _level(first: Piece, second: Piece, height: float) -> bool:
    """Whether two pieces stand on one line of writing."""
    if (first.text is None) != (second.text is None):
        return False
    if first.coloured != second.coloured and (first.overprint or second.overprint):
        return False
    small, large = sorted((first, second), key=lambda p: p.height)
    if large.height < 0.5 * height:
        return abs(first.middle - second.middle) < 0.5 * height
    if small.height < 0.5 * large.height:
        return large.y0 - 0.1 * height <= small.middle <= large.y1 + 0.1 * height
    overlap = min(first.y1, second.y1) - max(first.y0, second.y0)
    top, bottom = first.y0 - second.y0, first.y1 - second.y1
    # Tails hang below the line and capitals rise above; what lies lower at both ends is another line.
    shifted = top * bottom > 0 and min(abs(top), abs(bottom)) > 0.42 * height
    return overlap > 0.4 * small.height and not shifted


def assigned(
    lines: Sequence[Sequence[Run]], zones: Sequence[Zone], height: float
) -> tuple[dict[str, list[Run]], list[Run]]:
    """(runs of each zone, runs of no zone). A zone's runs are in reading order."""
    found: dict[str, list[Run]] = {}
    strays: list[Run] = []
    for line in lines:
        for zone, run in _cut(*_parted(line, zones, height), zones, height):
            if zone is None:
                strays.append(run)
            else:
                found.setdefault(zone.key, []).append(run)
    return {key: in_reading_order(each, height) for key, each in found.items()}, strays


def in_reading_order(each: Sequence[Run], height: float) -> list[Run]:
    """Top to bottom, left to right."""
    lines: list[list[Run]] = []
    for run in sorted(each, key=lambda r: r.middle):
        if lines and run.middle - lines[-1][0].middle < 0.65 * height:
            lines[-1].append(run)
        else:
            lines.append([run])
    return [run for line in lines for run in sorted(line, key=lambda r: r.x0)]


def _parted(line: Sequence[Run], zones: Sequence[Zone], height: float) -> tuple[list[Run], frozenset[int]]:
    """(words of a line, which of them begin an answer): a word is cut that is two answers, touching where
    two cells meet.
    """
    parted: list[Run] = []
    begins: set[int] = set()
    for word in line:
        rest = word
        for zone in sorted(zones, key=lambda z: z.x0):
            level = min(zone.y1, word.y1) - max(zone.y0, word.y0) > 0.5 * (word.y1 - word.y0)
            if not level or not rest.x0 + height < zone.x0 < rest.x1 - height:
                continue
            before = _zone_at(rest, zones, height)
            if before is None or before is zone or zone.x0 - before.x1 > 2 * height:
                continue
            halves = _halves(rest, before, zone, height)
            if halves is not None:
                parted.append(halves[0])
                begins.add(len(parted))
                rest = halves[1]
        parted.append(rest)
    return parted, frozenset(begins)


def _halves(word: Run, before: Zone, after: Zone, height: float) -> tuple[Run, Run] | None:
    """A word as the end of one cell's answer and the start of the next one's, where it is that."""
    ordered = sorted(word.pieces, key=lambda p: (p.x0 + p.x1) / 2)
    if any(p.text is not None for p in ordered):
        return None
    edges: list[tuple[float, float, int]] = []  # (gap, where, index of the first piece behind it)
    reached = ordered[0].x1
    for index, piece in enumerate(ordered[1:], 1):
        edges.append((piece.x0 - reached, (piece.x0 + reached) / 2, index))
        reached = max(reached, piece.x1)
    near = [e for e in edges if abs(e[1] - after.x0) < 0.7 * height]
    if not near:
        return None
    gap, _, index = max(near, key=lambda e: e[0] - 0.3 * abs(e[1] - after.x0))
    usual = median(max(0.0, e[0]) for e in edges)
    short = _LONGEST.get(before.kind, 0.0) * height
    if short and before.kind in NO_GAPS and after.kind in NO_GAPS:
        # One answer of this kind is never as long as both together.
        if word.x1 - word.x0 < 1.25 * short:
            return None
    elif gap < max(0.2 * height, 1.8 * usual):
        return None
    return Run(tuple(ordered[:index])), Run(tuple(ordered[index:]))


_LONGEST = {
    FieldKind.DATE: 5.8,
    FieldKind.NPI: 6.0,
    FieldKind.ICD10: 4.5,
    FieldKind.PROCEDURE_CODE: 4.0,
    FieldKind.ZIP: 6.0,
}
"""How wide an answer of a kind may be, in heights of a letter."""


def _cut(
    line: Sequence[Run], begun: frozenset[int], zones: Sequence[Zone], height: float
) -> list[tuple[Zone | None, Run]]:
    """A line cut into the answers it holds, each with its zone. `begun`: words known to begin one."""
    gaps = [b.x0 - a.x1 for a, b in pairwise(line)]
    # Letters that came through in pieces have gaps of their own: those are none between words.
    blanks = [g for g in gaps if g >= _LEAST_BLANK * height]
    usual = median(blanks) if len(blanks) >= 3 else 0.42 * height
    pieces: list[tuple[Zone | None, list[Run]]] = []
    for index, word in enumerate(line):
        zone = _zone_at(word, zones, height)
        if index == 0:
            pieces.append((zone, [word]))
            continue
        current = pieces[-1][0]
        gap = gaps[index - 1]
        tall = [w for w in pieces[-1][1] if w.y1 - w.y0 >= 0.5 * height]
        shift = abs(_base(word) - _base(tall[-1])) if tall else 0.0
        begins = zone is not None and zone is not current and _begins(word, zone, height)
        if index in begun and begins:
            same = False
        elif current is None:
            same = zone is None
        elif zone is current or zone is None or not begins:
            same = True
        elif shift > 0.38 * height:
            same = False
        elif current.kind in NO_GAPS or (zone.kind in NO_GAPS and current.kind is not FieldKind.TEXT):
            same = gap < 0.15 * height
        elif _dangles(pieces[-1][1], height):
            same = True
        elif current.embeds and current.embeds == zone.kind and word.x0 - zone.x0 > 0.8 * height:
            # A code at the end of a description runs into the column of codes, whose own answers begin at
            # its left edge; the dash before it may not have come through.
            same = gap <= 1.6 * height
        else:
            same = gap <= max(1.45 * usual, 0.5 * height)
        if same:
            pieces[-1][1].append(word)
        else:
            pieces.append((zone, [word]))
    return [(zone, Run(tuple(p for w in each for p in w.pieces))) for zone, each in pieces]


def _dangles(each: Sequence[Run], height: float) -> bool:
    """Whether the last word is a dash: what follows it goes on, whatever cell it has reached."""
    last = each[-1]
    high, wide = last.y1 - last.y0, last.x1 - last.x0
    if len(last.pieces) == 1 and last.pieces[0].text is not None:
        return last.pieces[0].text in ("-", "–", "—")
    return len(last.pieces) == 1 and high < 0.4 * height and wide > 1.1 * high


def _base(word: Run) -> float:
    """The line a word stands on: the usual lower edge of its taller pieces."""
    tall = max(p.height for p in word.pieces)
    return median(p.y1 for p in word.pieces if p.height >= 0.6 * tall)


def _begins(word: Run, zone: Zone, height: float) -> bool:
    """Whether the word starts inside the zone rather than reaching into it."""
    return word.x0 >= zone.x0 - 0.6 * height


def _zone_at(word: Run, zones: Sequence[Zone], height: float) -> Zone | None:
    """The zone in which the word begins."""
    x0, x1 = word.x0, min(word.x1, word.x0 + 2.0 * height)
    area = max(1.0, (x1 - x0) * (word.y1 - word.y0))
    best, best_share = None, 0.34
    for zone in zones:
        wide = min(x1, zone.x1) - max(x0, zone.x0)
        high = min(word.y1, zone.y1) - max(word.y0, zone.y0)
        if wide > 0 and high > 0 and wide * high / area > best_share:
            best, best_share = zone, wide * high / area
    return best
