"""Which form a page is: a few of its lines are read, and those next that tell the forms apart."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from app.domain.processor import FormDefinition
from app.services.document_worker.reading.block import blocks_of
from app.services.document_worker.reading.engine import Engine, Gray, Points, straightened
from app.services.document_worker.reading.likeness import FoundLine, folded, likeness
from app.services.document_worker.reading.picture import turned_quad
from app.services.document_worker.reading.plane import mapped
from app.services.document_worker.reading.registration import Registration, register, text_at

_FIRST = 8
_NEXT = 6
_ROUNDS = 4
_FEWEST_BLOCKS = 8
_PART = 30
"""Lines of a page read at a time when it does not show itself by a few."""
_FEW_FORMS = 6
_CLOSE = 0.3
"""Two forms whose merits differ by more than this need no further comparison."""


@dataclass(frozen=True, slots=True)
class Side:
    """One page of a definition: pages are matched one by one. `shown` is what stands on it. What is read `elsewhere`
    is told for what it is, and its answers are left.
    """

    definition: FormDefinition
    page: int
    shown: FormDefinition
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """What a page turned out to be. `turns` clockwise quarter turns make it upright; None when nobody knows yet.

    `lines` are those that were read on the way, in pixels of the upright page.
    """

    turns: int | None
    lines: tuple[FoundLine, ...] = ()
    registration: Registration | None = None
    side: Side | None = None


def sides_of(definitions: Sequence[FormDefinition], elsewhere: Collection[str] = ()) -> tuple[Side, ...]:
    """Every page of every definition that a page of a file can be. The form types `elsewhere` are not read here."""
    return tuple(
        Side(d, number, shown, d.form_type in elsewhere)
        for d in definitions
        for number in range(1, d.pages + 1)
        if (shown := d.on_page(number)).anchors
    )


def identified(pixels: Gray, sides: Sequence[Side], engine: Engine) -> Identity:
    """The form of a page by as few of its lines as will do. Without one the page may still be a known form
    that only shows itself when all of its lines are read: `identified_by` tells then.
    """
    found = blocks_of(pixels) if sides else None
    if found is None or len(found.quads) < _FEWEST_BLOCKS:
        return Identity(None)
    quads = list(found.quads)
    turns = 1 if found.lying else 0
    upright = np.ascontiguousarray(np.rot90(pixels, -turns)) if turns else pixels
    order = spread(quads, upright.shape[0])
    chosen = order[:_FIRST]
    crops = [straightened(upright, quads[i]) for i in chosen]
    read = engine.recognize(crops)
    sure = float(np.mean([line.score for line in read])) > 0.9
    if not (sure and sum(len(line.glyphs) for line in read) > 4 * len(read)):
        # Lines that stand on their heads read badly.
        flipped = engine.recognize([np.ascontiguousarray(np.rot90(c, 2)) for c in crops])
        if sum(_legible(line) for line in flipped) > sum(_legible(line) for line in read):
            read, turns = flipped, turns + 2
            height, width = upright.shape[:2]
            quads = [turned_quad(q, height, 2, width) for q in quads]
            upright = np.ascontiguousarray(np.rot90(upright, 2))
        sure = float(np.mean([line.score for line in read])) > 0.8
    lines = [FoundLine(line, quads[i]) for line, i in zip(read, chosen, strict=True) if line.glyphs]
    unread = [i for i in order if i not in set(chosen)]
    best: tuple[Registration, Side] | None = None
    for turn in range(_ROUNDS):
        blocks = [quads[i] for i in unread]
        standing = _standing(lines, sides, upright.shape[1], blocks)
        best = _winner(standing, lines)
        if best is not None and _certain(best[0]) and not _rivals(best, standing, lines, blocks):
            return Identity(turns % 4, tuple(lines), *best)
        if turn == _ROUNDS - 1 or (turn == 1 and not standing):
            break
        wanted = _telling(best, standing, lines, blocks) if best else list(range(min(_NEXT, len(blocks))))
        if not wanted:
            break
        following = [unread[i] for i in wanted[:_NEXT]]
        read = engine.recognize([straightened(upright, quads[i]) for i in following])
        lines += [FoundLine(line, quads[i]) for line, i in zip(read, following, strict=True) if line.glyphs]
        unread = [i for i in unread if i not in set(following)]
    return Identity(turns % 4 if sure else None, tuple(lines))


def identified_by(
    lines: Sequence[FoundLine], sides: Sequence[Side], width: int
) -> tuple[Registration, Side] | None:
    """The form of a page of which these lines were read (and none is known that was not), or None."""
    return _winner(_standing(lines, sides, width, ()), lines)


def recognized(
    upright: Gray, quads: Sequence[Points], sides: Sequence[Side], engine: Engine
) -> tuple[list[FoundLine], tuple[Registration, Side] | None]:
    """The lines of a page, part by part; as soon as they name a form, the others are not read."""
    rest = spread(quads, upright.shape[0])
    lines: list[FoundLine] = []
    found: tuple[Registration, Side] | None = None
    while rest:
        # A page that is no form after two parts is none: what is left is read at once.
        hopeless = not sides or (found is None and len(lines) >= 2 * _PART)
        chosen, rest = (rest, []) if hopeless else (rest[:_PART], rest[_PART:])
        read = engine.recognize([straightened(upright, quads[i]) for i in chosen])
        lines += [FoundLine(line, quads[i]) for line, i in zip(read, chosen, strict=True) if line.glyphs]
        found = identified_by(lines, sides, upright.shape[1]) if sides else None
        if found is not None and found[0].matches >= 16 and found[0].error < 0.004:
            break
    return lines, found


def spread(quads: Sequence[Points], height: int) -> list[int]:
    """The order that takes lines in turn from eight bands of the page, the most telling first in each."""
    bands: dict[int, list[int]] = {}
    for index in sorted(range(len(quads)), key=lambda i: _promise(quads[i]), reverse=True):
        bands.setdefault(int(8 * float(quads[index][:, 1].mean()) / height), []).append(index)
    order = []
    while any(bands.values()):
        for band in sorted(bands):
            if bands[band]:
                order.append(bands[band].pop(0))
    return order


def _promise(quad: Points) -> float:
    """Lines of middling length are labels and headings; the longest are small print, the shortest say little."""
    along, across = float(np.linalg.norm(quad[1] - quad[0])), float(np.linalg.norm(quad[3] - quad[0]))
    return -abs(along / max(1.0, across) - 8.0)


def _legible(line: object) -> float:
    glyphs = getattr(line, "glyphs", ())
    return float(getattr(line, "score", 0.0)) * min(len(glyphs), 25)


def _certain(registration: Registration) -> bool:
    """Whether the texts read so far hold the form all over, and next to nothing speaks against it."""
    expected = len(registration.definition.anchors)
    return (
        registration.matches >= min(8, max(4, round(0.6 * expected)))
        and registration.error < 0.005
        and registration.against <= 0.15 * registration.matches
        and not registration.untitled
        and registration.share > 0.5
    )


# -- forms that look alike

_Standing = list[tuple[Registration, Side]]


def _standing(
    lines: Sequence[FoundLine], sides: Sequence[Side], width: int, blocks: Sequence[Points]
) -> _Standing:
    """Every form that fits these lines, the best first."""
    text = "\n".join(folded(line.text) for line in lines)
    found = []
    for side in sides:
        if (len(sides) > _FEW_FORMS or len(lines) > _PART) and not _promising(side.shown, text):
            continue
        registration = register(lines, side.shown, width, blocks)
        if registration is not None:
            found.append((registration, side))
    return sorted(found, key=lambda f: (f[0].merit, -f[0].error), reverse=True)


def _promising(shown: FormDefinition, text: str) -> bool:
    """Whether some printed texts of a form stand in what was read, letter for letter: quickly told."""
    hits = 0
    for anchor in shown.anchors:
        wanted = folded(anchor.text)
        if len(wanted) >= 3 and wanted in text:
            hits += 1
            if hits == 3:
                return True
    return False


def _winner(standing: _Standing, lines: Sequence[FoundLine]) -> tuple[Registration, Side] | None:
    """The form that what was read speaks for: in the places in which two forms differ, the page decides."""
    able = [s for s in standing if not s[0].contradicted]
    if not able:
        return None
    best = able[0]
    for other in able[1:]:
        if best[0].merit - other[0].merit < _CLOSE and _votes(other[0], best[0], lines) > 0.25:
            best = other
    return best


def _rivals(
    best: tuple[Registration, Side], standing: _Standing, lines: Sequence[FoundLine], blocks: Sequence[Points]
) -> bool:
    """Whether another form fits nearly as well, and a line that may tell the two apart was not read yet."""
    return any(
        abs(_votes(best[0], other[0], lines)) < 2.0
        and any(True for _ in _disputed(best[0], other[0], lines, blocks))
        for other in standing
        if other[0] is not best[0] and best[0].merit - other[0].merit < _CLOSE
    )


def _votes(first: Registration, second: Registration, lines: Sequence[FoundLine]) -> float:
    """What the lines that were read say for the first form (above 0) or the second where they differ."""
    total = 0.0
    for one, other, sign in ((first, second, 1.0), (second, first, -1.0)):
        titles = {folded(t) for t in one.definition.titles}
        for index in _own(one, other):
            there = text_at(lines, one.definition, one.matrix, index)
            if there is None:
                continue
            wanted = folded(one.definition.anchors[index].text)
            total += sign * (3.0 if wanted in titles else 1.0) * (2 * likeness(wanted, there[0]) - 1)
    return total


def _own(one: Registration, other: Registration) -> list[int]:
    """The printed texts of one form that the other does not print in the same place of the page."""
    places = [(folded(a.text), c) for a, c in zip(other.definition.anchors, _centres(other), strict=True)]
    near = 0.02 * float(np.linalg.norm(one.matrix[:2, 0])) * one.definition.size[0]
    found = []
    for index, (anchor, centre) in enumerate(zip(one.definition.anchors, _centres(one), strict=True)):
        wanted = folded(anchor.text)
        if len(wanted) >= 3 and not any(
            text == wanted and float(np.linalg.norm(place - centre)) < near for text, place in places
        ):
            found.append(index)
    return found


def _centres(registration: Registration) -> Points:
    width, height = registration.definition.size
    centres = [((a.box.x0 + a.box.x1) / 2 * width, (a.box.y0 + a.box.y1) / 2 * height)
               for a in registration.definition.anchors]  # fmt: skip
    return mapped(registration.matrix, np.array(centres))


def _disputed(
    first: Registration, second: Registration, lines: Sequence[FoundLine], blocks: Sequence[Points]
) -> Iterator[int]:
    """The unread lines that stand where one of two forms prints something of its own, titles first."""
    if not len(blocks):
        return
    for one, other in ((first, second), (second, first)):
        titles = {folded(t) for t in one.definition.titles}
        own = [i for i in _own(one, other) if text_at(lines, one.definition, one.matrix, i) is None]
        own.sort(key=lambda i: folded(one.definition.anchors[i].text) not in titles)
        centres = _centres(one)
        for index in own:
            block = _block_at(centres[index], blocks)
            if block is not None:
                yield block


def _telling(
    best: tuple[Registration, Side], standing: _Standing, lines: Sequence[FoundLine], blocks: Sequence[Points]
) -> list[int]:
    """The unread lines to read next: the title, what tells rivals apart, then what lies far from all that is read."""
    registration = best[0]
    chosen: list[int] = []
    centres = _centres(registration)
    titles = {folded(t) for t in registration.definition.titles}
    for index, anchor in enumerate(registration.definition.anchors):
        if (
            folded(anchor.text) in titles
            and text_at(lines, registration.definition, registration.matrix, index) is None
        ):
            block = _block_at(centres[index], blocks)
            if block is not None:
                chosen.append(block)
                break
    for other in standing:
        if other[0] is not registration and registration.merit - other[0].merit < _CLOSE:
            chosen += list(_disputed(registration, other[0], lines, blocks))[:4]
    places = [line.at(0.5) for line in lines]
    able = []
    for index, anchor in enumerate(registration.definition.anchors):
        block = _block_at(centres[index], blocks) if 5 <= len(anchor.text) <= 40 else None
        if block is not None and 3.0 < _aspect(blocks[block]) < 18.0:
            able.append((block, centres[index]))
    chosen = list(dict.fromkeys(chosen))
    while able and len(chosen) < _NEXT:
        block, centre = max(
            able, key=lambda a: min((float(np.linalg.norm(a[1] - p)) for p in places), default=0.0)
        )
        chosen.append(block)
        places.append(centre)
        able = [a for a in able if a[0] not in chosen]
    return list(dict.fromkeys(chosen))


def _block_at(point: Points, blocks: Sequence[Points]) -> int | None:
    """The line that a point lies in."""
    for index, quad in enumerate(blocks):
        x0, y0 = quad.min(axis=0)
        x1, y1 = quad.max(axis=0)
        if not (x0 <= point[0] <= x1 and y0 <= point[1] <= y1):
            continue
        along = quad[1] - quad[0]
        across = quad[3] - quad[0]
        a = float((point - quad[0]) @ along) / max(1e-6, float(along @ along))
        b = float((point - quad[0]) @ across) / max(1e-6, float(across @ across))
        if 0 <= a <= 1 and 0.1 <= b <= 0.9:
            return index
    return None


def _aspect(quad: Points) -> float:
    return float(np.linalg.norm(quad[1] - quad[0])) / max(1.0, float(np.linalg.norm(quad[3] - quad[0])))
