"""A page nobody has defined, as it is searched for answers: its ruling, squares, writing lines and texts in pieces.

Everything is in pixels of one scale. A line of text is cut wherever the form divides it: at a rule between
two cells, at a tick box, where a line to write on begins or ends, at wide gaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from app.domain.box import Box
from app.services.document_worker.reading.engine import Glyph, Gray, Line
from app.services.document_worker.reading.picture import gray_of
from app.services.document_worker.reading.propose_rule import Ruling, ruling_of
from app.services.document_worker.reading.propose_sheet import SHORT_SIDE, Area
from app.services.document_worker.reading.propose_square import squares_of

_BOX_GLYPHS = "□☐☑☒■▢❏❐❑❒◻○●"
_SHORTEST_BLANK = 45.0
_RULE = 70
_PLAIN = 2200
"""Height of a page that is not drawn: the shape of a letter."""


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A line of text on the upright page, in fractions of it."""

    line: Line
    box: Box
    exact: bool

    @property
    def text(self) -> str:
        return self.line.text


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line that nothing on the form divides. `blank` is the writing line it stands on, by number."""

    line: Line
    area: Area
    exact: bool
    blank: int | None = None

    @property
    def text(self) -> str:
        return self.line.text

    def part(self, start: int, end: int) -> Piece:
        """Some of its glyphs, without blanks at the ends, in their own area."""
        line = self.line.part(start, end).stripped()
        if not line.glyphs:
            return Piece(line, Area(self.area.x1, self.area.y0, self.area.x1, self.area.y1), self.exact)
        half = 0.5 * self.area.width / max(1, len(self.line.glyphs))
        x0 = self.area.x0 + line.glyphs[0].at * self.area.width - half
        x1 = self.area.x0 + line.glyphs[-1].at * self.area.width + half
        return _piece(line, self.area, max(self.area.x0, x0), min(self.area.x1, x1), self.exact)


@dataclass(frozen=True, slots=True)
class GenericSheet:
    """`ink` is what was written or printed, rules taken away; `height` the usual height of a line of text."""

    width: int
    height_of_page: int
    ruling: Ruling
    squares: tuple[Area, ...]
    fills: tuple[float, ...]
    blanks: tuple[Area, ...]
    pieces: tuple[Piece, ...]
    ink: npt.NDArray[np.uint8]
    height: float

    def box(self, area: Area) -> Box:
        """An area in fractions of the upright page."""
        numbers = (
            area.x0 / self.width,
            area.y0 / self.height_of_page,
            area.x1 / self.width,
            area.y1 / self.height_of_page,
        )
        return Box(*(float(min(1.0, max(0.0, n))) for n in numbers))

    def area(self, box: Box) -> Area:
        return Area(
            box.x0 * self.width,
            box.y0 * self.height_of_page,
            box.x1 * self.width,
            box.y1 * self.height_of_page,
        )

    def cell_at(self, area: Area) -> Area | None:
        """The smallest cell around the middle of an area."""
        holding = [c for c in self.ruling.cells if c.holds(*area.middle)]
        return min(holding, key=lambda c: c.size, default=None)

    def inked(self, area: Area) -> float:
        """The share of an area that is ink."""
        x0, y0, x1, y1 = (max(0, round(n)) for n in (area.x0, area.y0, area.x1, area.y1))
        part = self.ink[y0:y1, x0:x1]
        return float(part.mean()) if part.size else 0.0


def generic_sheet(pixels: Gray | None, lines: Sequence[PlacedLine]) -> GenericSheet:
    """The upright page with its texts; without `pixels` it is taken for a page on which nothing is drawn."""
    gray = gray_of(pixels) if pixels is not None else np.full((_PLAIN, SHORT_SIDE), 255, np.uint8)
    scale = SHORT_SIDE / min(gray.shape)
    kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    gray = np.asarray(cv2.resize(gray, None, fx=scale, fy=scale, interpolation=kind), np.uint8)
    height, width = gray.shape
    plain = pixels is None
    ruling = Ruling((), (), (), ()) if plain else ruling_of(gray)
    ink = np.zeros_like(gray) if plain else _ink(gray)
    areas = [Area(p.box.x0 * width, p.box.y0 * height, p.box.x1 * width, p.box.y1 * height) for p in lines]
    squares = () if plain else _squares(gray, ink, ruling)
    squares = tuple(s for s in squares if not _is_letter(s, lines, areas))
    fills = tuple(_fill(ink, s) for s in squares)
    rest = ink.copy()
    for rule in (*ruling.across, *ruling.down):
        rest[max(0, int(rule.y0) - 2) : int(rule.y1) + 3, max(0, int(rule.x0) - 2) : int(rule.x1) + 3] = 0
    usual = float(np.median([a.height for a in areas])) if areas else 24.0
    blanks = _blanks(ruling, areas, usual)
    pieces: list[Piece] = []
    for placed, area in zip(lines, areas, strict=True):
        pieces += _cut(placed, area, ruling, squares, blanks)
    pieces.sort(key=lambda p: (round(p.area.middle[1] / max(1.0, 0.6 * usual)), p.area.x0))
    return GenericSheet(width, height, ruling, squares, fills, tuple(blanks), tuple(pieces), rest, usual)


def _ink(gray: Gray) -> npt.NDArray[np.uint8]:
    return np.asarray(
        cv2.adaptiveThreshold(gray, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 61, 18), np.uint8
    )


def _squares(gray: Gray, ink: npt.NDArray[np.uint8], ruling: Ruling) -> tuple[Area, ...]:
    """The tick boxes of a page: those that are plain to see, and others of their size: a tick that runs over
    its frame hides it.
    """
    # Square cells of a table are no boxes: its long rules are painted over.
    unruled = gray.copy()
    for rule in (*ruling.across, *ruling.down):
        if max(rule.width, rule.height) > _RULE:
            top, left = max(0, int(rule.y0) - 2), max(0, int(rule.x0) - 2)
            unruled[top : int(rule.y1) + 3, left : int(rule.x1) + 3] = 255
    plain = [s for s in squares_of(unruled) if _apart(ink, s)]
    if not plain:
        # Every box may be ticked: then none is plain to see.
        plain = [s for s in (_area(b, gray) for b, _ in printed_boxes(gray)) if _apart(ink, s)]
    if not plain:
        return ()
    found = list(plain)
    for area in _framed(ink, round(float(np.median([s.width for s in plain])))):
        # Boxes stand in rows and columns; what looks like one among letters does not.
        in_line = any(
            min(abs(area.x0 - s.x0), abs(area.middle[1] - s.middle[1])) < 0.4 * s.width for s in plain
        )
        if in_line and _apart(ink, area) and all(area.common(o) < 0.15 * area.size for o in found):
            found.append(area)
    return tuple(sorted(found, key=lambda a: (round(a.middle[1] / 12), a.x0)))


def _area(box: Box, gray: Gray) -> Area:
    height, width = gray.shape
    return Area(box.x0 * width, box.y0 * height, box.x1 * width, box.y1 * height)


def _is_letter(square: Area, lines: Sequence[PlacedLine], areas: Sequence[Area]) -> bool:
    """Whether a square was read as a letter of a word: its neighbours in the line stand close by."""
    for line, area in zip(lines, areas, strict=True):
        if square.beside(area) < 0.4 or not area.x0 <= square.middle[0] <= area.x1:
            continue
        places = [(g, area.x0 + g.at * area.width) for g in line.line.glyphs]
        for index, (glyph, x) in enumerate(places):
            if not (square.x0 <= x <= square.x1 and glyph.text.isalnum() and glyph.score > 0.6):
                continue
            near = places[max(0, index - 1) : index] + places[index + 1 : index + 2]
            if any(other.text.isalnum() and abs(at - x) < 0.95 * square.width for other, at in near):
                return True
    return False


def _apart(ink: npt.NDArray[np.uint8], square: Area) -> bool:
    """Whether a square stands by itself: letters have their neighbours close by. A tick may leave it upwards
    and to the right.
    """
    side = min(square.width, square.height)
    near, far = 0.14 * side + 1, 0.34 * side + 1

    def share(x0: float, y0: float, x1: float, y1: float) -> float:
        part = ink[max(0, round(y0)) : max(0, round(y1)), max(0, round(x0)) : max(0, round(x1))]
        return float(part.mean()) if part.size else 0.0

    left = share(square.x0 - far, square.y0, square.x0 - near, square.y1)
    right = share(square.x1 + near, square.y0, square.x1 + far, square.y1)
    below = share(square.x0, square.y1 + near, square.x1, square.y1 + far)
    above = share(square.x0, square.y0 - far, square.x1, square.y0 - near)
    return left < 0.14 and below < 0.2 and right < 0.34 and above < 0.34


def _framed(ink: npt.NDArray[np.uint8], side: int) -> list[Area]:
    """Places where ink runs along all four sides of a square, and not much further."""
    reach = 3

    def along(wide: int, high: int) -> npt.NDArray[np.float32]:
        return np.asarray(cv2.blur(ink.astype(np.float32), (wide, high)), np.float32)

    across = np.asarray(cv2.dilate(along(side - 4, 1), np.ones((reach, 1), np.uint8)), np.float32)
    down = np.asarray(cv2.dilate(along(1, side - 4), np.ones((1, reach), np.uint8)), np.float32)
    half = side // 2

    def moved(field: npt.NDArray[np.float32], dx: int, dy: int) -> npt.NDArray[np.float32]:
        return np.asarray(np.roll(field, (-dy, -dx), axis=(0, 1)), np.float32)

    sides = np.minimum.reduce(
        [moved(across, 0, -half), moved(across, 0, half), moved(down, -half, 0), moved(down, half, 0)]
    )
    found: list[Area] = []
    rows, columns = np.nonzero(sides > 0.7)
    order = np.argsort(-sides[rows, columns])
    for y, x in zip(rows[order][:4000], columns[order][:4000], strict=True):
        area = Area(float(x - half), float(y - half), float(x + half), float(y + half))
        if any(abs(area.x0 - o.x0) < side and abs(area.y0 - o.y0) < side for o in found):
            continue
        beyond = [
            moved_mean
            for dx, dy in ((-1, -1), (-1, 1), (1, -1), (1, 1))
            for moved_mean in (_goes_beyond(ink, x + dx * half, y + dy * half, dx, dy, half))
        ]
        if sum(1 for b in beyond if b > 0.6) <= 2:
            found.append(area)
        if len(found) > 60:
            break
    return found


def _goes_beyond(
    ink: npt.NDArray[np.uint8], x: int, y: int, dx: int, dy: int, far: int
) -> tuple[float, float]:
    """How much ink goes on beyond a corner of a square, sideways and up or down: rules do, boxes do not."""
    x0, x1 = sorted((x + 3 * dx, x + (3 + far) * dx))
    y0, y1 = sorted((y + 3 * dy, y + (3 + far) * dy))
    if min(x0, y0, x - 2, y - 2) < 0 or x1 >= ink.shape[1] or y1 >= ink.shape[0]:
        return 1.0, 1.0
    sideways = ink[y - 2 : y + 3, x0:x1].max(axis=0)
    upwards = ink[y0:y1, x - 2 : x + 3].max(axis=1)
    return float(sideways.mean()), float(upwards.mean())


def _fill(ink: npt.NDArray[np.uint8], square: Area) -> float:
    """How much of a square is ink well inside its frame."""
    inset = max(4.0, 0.25 * min(square.width, square.height))
    x0, y0 = round(square.x0 + inset), round(square.y0 + inset)
    x1, y1 = round(square.x1 - inset), round(square.y1 - inset)
    part = ink[y0:y1, x0:x1]
    return float(part.mean()) if part.size else 0.0


def _blanks(ruling: Ruling, texts: Sequence[Area], usual: float) -> list[Area]:
    """Lines to write on: rules that are no edge of a cell and do not underline a text."""
    found = []
    for rule in ruling.across:
        if rule.width < _SHORTEST_BLANK:
            continue
        edge = any(
            min(abs(y - edge) for y in (rule.y0, rule.y1) for edge in (c.y0, c.y1)) < 10
            and min(rule.x1, c.x1) - max(rule.x0, c.x0) > 0.5 * min(rule.width, c.width)
            for c in ruling.cells
        )
        if edge or any(b.holds(*rule.middle) for b in ruling.bars):
            continue
        above = [
            t for t in texts
            if abs(rule.y0 - t.y1) < 0.45 * usual and min(rule.x1, t.x1) - max(rule.x0, t.x0) > 0.9 * rule.width
        ]  # fmt: skip
        if any(abs(t.x0 - rule.x0) < 0.5 * usual and abs(t.x1 - rule.x1) < 0.5 * usual for t in above):
            continue  # a heading with a line under it
        found.append(rule)
    return found


def _cut(
    placed: PlacedLine, area: Area, ruling: Ruling, squares: Sequence[Area], blanks: Sequence[Area]
) -> list[Piece]:
    """A line in the pieces that the form divides it into."""
    high = area.height
    middle = area.middle[1]
    down = [d.middle[0] for d in ruling.down if d.y0 - 3 < middle < d.y1 + 3]
    cuts = [x for x in down if area.x0 < x < area.x1 and _between_words(placed, area, x, 0.5)]
    level = [b for b in enumerate(blanks) if -0.55 * high < b[1].y0 - area.y1 < 0.5 * high]
    for _, blank in level:
        within = [x for x in (blank.x0 - 3, blank.x1 + 3) if area.x0 + 0.3 * high < x < area.x1 - 0.3 * high]
        cuts += [x for x in within if _between_words(placed, area, x)]
    boxes = [s for s in squares if s.beside(area) > 0.4 and s.x1 > area.x0 and s.x0 < area.x1]
    cuts += [x for s in boxes for x in (s.x0, s.x1)]
    cuts.sort()
    groups: list[list[tuple[Glyph, float]]] = [[]]
    last: float | None = None
    for glyph in placed.line.glyphs:
        x = area.x0 + glyph.at * area.width
        blank_glyph = glyph.text == "_" or glyph.text in _BOX_GLYPHS
        inside = any(s.x0 - 2 < x < s.x1 + 2 for s in boxes)
        crossed = last is not None and any(last < c <= x for c in cuts)
        wide = last is not None and x - last > 2.6 * high and glyph.text != " "
        if (crossed or wide or blank_glyph) and groups[-1]:
            groups.append([])
        if not (blank_glyph or inside):
            groups[-1].append((glyph, x))
        if glyph.text != " ":
            last = x
    pieces = []
    for group in groups:
        while group and group[0][0].text == " ":
            group.pop(0)
        while group and group[-1][0].text == " ":
            group.pop()
        if not any(g.text.isalnum() for g, _ in group) and "".join(g.text for g, _ in group) not in (
            "-",
            "+",
        ):
            continue
        half = 0.5 * area.width / max(1, len(placed.line.glyphs))
        x0, x1 = max(area.x0, group[0][1] - half), min(area.x1, group[-1][1] + half)
        if len(groups) == 1 and not boxes:
            x0, x1 = area.x0, area.x1
        piece = _piece(Line(tuple(g for g, _ in group)), area, x0, x1, placed.exact, [x for _, x in group])
        on = [i for i, b in level if b.x0 - 6 <= piece.area.middle[0] <= b.x1 + 6]
        pieces.append(Piece(piece.line, piece.area, piece.exact, on[0] if on else None))
    return pieces


def _between_words(placed: PlacedLine, area: Area, x: float, least: float = 0.9) -> bool:
    """Whether a place of a line lies between two of its words: a blank, or a gap of so many heights."""
    before, after = None, None
    for glyph in placed.line.glyphs:
        at = area.x0 + glyph.at * area.width
        if at <= x:
            before = (glyph.text, at)
        elif after is None:
            after = (glyph.text, at)
    if before is None or after is None:
        return True
    return " " in (before[0], after[0]) or before[0] in ":_?" or after[1] - before[1] > least * area.height


def _piece(
    line: Line, area: Area, x0: float, x1: float, exact: bool, places: Sequence[float] | None = None
) -> Piece:
    """Glyphs of a line as a piece from x0 to x1: each is placed anew within it."""
    own = places or [area.x0 + g.at * area.width for g in line.glyphs]
    wide = max(1e-6, x1 - x0)
    glyphs = tuple(
        Glyph(g.text, g.score, min(1.0, max(0.0, (x - x0) / wide)), g.alternatives)
        for g, x in zip(line.glyphs, own, strict=True)
    )
    return Piece(Line(glyphs), Area(x0, area.y0, x1, area.y1), exact)


def printed_boxes(pixels: Gray) -> list[tuple[Box, float]]:
    """The small square frames of a page and how much of each inside is ink, 0..1."""
    gray = gray_of(pixels)
    height, width = gray.shape
    ink = cv2.adaptiveThreshold(gray, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 51, 15)
    contours, hierarchy = cv2.findContours(ink, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    found: list[tuple[Box, float]] = []
    if hierarchy is None:
        return found
    for contour, (_, _, child, parent) in zip(contours, hierarchy[0], strict=True):
        if parent != -1 or child == -1:
            continue
        x, y, w, h = cv2.boundingRect(contour)
        side = width / 8.5  # pixels an inch on a letter page
        if not (0.06 * side < w < 0.3 * side and 0.75 < w / max(1, h) < 1.33):
            continue
        part = ink[y : y + h, x : x + w]
        edge = max(1, round(0.14 * min(w, h)))
        sides = (
            part[:edge].max(axis=0),
            part[-edge:].max(axis=0),
            part[:, :edge].max(axis=1),
            part[:, -edge:].max(axis=1),
        )
        if min(float(np.mean(s)) for s in sides) < 0.88:
            continue
        inset = max(2, round(0.24 * min(w, h)))
        inside = part[inset : h - inset, inset : w - inset]
        fill = float(inside.mean()) if inside.size else 0.0
        if fill > 0.92:
            continue
        found.append((Box(x / width, y / height, (x + w) / width, (y + h) / height), fill))
    return found[:200]
