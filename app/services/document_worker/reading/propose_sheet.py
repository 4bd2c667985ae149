"""A page as a proposal looks at it: drawn upright at one scale, with its printed texts, in pixels."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np

from app.domain.box import Box
from app.services.document_worker.opening import as_shown, page_size
from app.services.document_worker.reading.engine import Engine, Gray, Points
from app.services.document_worker.reading.fillable import Widget, widgets_of
from app.services.document_worker.reading.picture import (
    covering_share,
    drawn,
    gray_of,
    is_blank,
    turned_quad,
    upright_turns,
)

SHORT_SIDE = 1700
"""Pixels of the shorter side of a page: 200 dpi for a letter page. Every length below is in these."""

_SPARSE = 12
_LEAST_LEAN, _MOST_LEAN = 0.12, 6.0
_WRITTEN = re.compile(r"_{2,}|\.{6,}|…{3,}")
_SIGNS = re.compile(r"wingding|dingbat|webding|symbol|marlett", re.IGNORECASE)
_BOX_SIGNS = frozenset("☐☑☒□❏❐❑❒▢◻◽⬜○◯")


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle in pixels of the sheet."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def size(self) -> float:
        return max(0.0, self.width) * max(0.0, self.height)

    @property
    def middle(self) -> tuple[float, float]:
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def common(self, other: Area) -> float:
        """The area both cover, in square pixels."""
        wide = min(self.x1, other.x1) - max(self.x0, other.x0)
        high = min(self.y1, other.y1) - max(self.y0, other.y0)
        return max(0.0, wide) * max(0.0, high)

    def beside(self, other: Area) -> float:
        """The share of the lower of the two that lies on the other's level, 0..1."""
        high = min(self.y1, other.y1) - max(self.y0, other.y0)
        return max(0.0, high) / max(1.0, min(self.height, other.height))

    def over(self, other: Area) -> float:
        """The share of the narrower of the two that stands above or below the other, 0..1."""
        wide = min(self.x1, other.x1) - max(self.x0, other.x0)
        return max(0.0, wide) / max(1.0, min(self.width, other.width))

    def holds(self, x: float, y: float) -> bool:
        return self.x0 <= x <= self.x1 and self.y0 <= y <= self.y1

    def grown(self, dx: float, dy: float | None = None) -> Area:
        high = dx if dy is None else dy
        return Area(self.x0 - dx, self.y0 - high, self.x1 + dx, self.y1 + high)

    @classmethod
    def around(cls, areas: Iterable[Area]) -> Area:
        every = list(areas)
        return cls(
            min(a.x0 for a in every), min(a.y0 for a in every), max(a.x1 for a in every), max(a.y1 for a in every)
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its place; `size` is the height of its font (an estimate where it was recognized)."""

    text: str
    area: Area
    size: float
    bold: bool = False
    coloured: bool = False
    exact: bool = True
    font: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """Words printed one after the other on a line, no wider apart than words are; `area` lies on their ink."""

    words: tuple[Word, ...]
    area: Area

    @property
    def text(self) -> str:
        return " ".join(w.text for w in self.words)

    @property
    def size(self) -> float:
        return max(w.size for w in self.words)

    @property
    def bold(self) -> bool:
        return 2 * sum(len(w.text) for w in self.words if w.bold) > sum(len(w.text) for w in self.words)

    @property
    def coloured(self) -> bool:
        return all(w.coloured for w in self.words)

    @property
    def font(self) -> str:
        return self.words[-1].font

    @property
    def exact(self) -> bool:
        return self.words[0].exact


@dataclass(frozen=True, slots=True)
class Sheet:
    """One upright page. `words` and `blanks` (underscores and dots to write on) come off its text layer; where
    there is none, `quads` are the lines of text found on the picture. `lean` is by how many degrees the page
    was straightened: `box` leads back to the page as it is.
    """

    number: int
    turns: int
    pixels: Gray
    gray: Gray
    words: tuple[Word, ...]
    blanks: tuple[Area, ...]
    widgets: tuple[Widget, ...]
    page: tuple[float, float]
    quads: tuple[Points, ...] = ()
    empty: bool = False
    lean: float = 0.0

    @property
    def width(self) -> int:
        return int(self.gray.shape[1])

    @property
    def height(self) -> int:
        return int(self.gray.shape[0])

    def box(self, area: Area) -> Box:
        """The area in fractions of the upright page, kept on it."""
        if self.lean:
            x, y = area.middle
            turn = math.radians(self.lean)
            right, down = x - self.width / 2, y - self.height / 2
            dx = right * math.cos(turn) - down * math.sin(turn) - right
            dy = right * math.sin(turn) + down * math.cos(turn) - down
            area = Area(area.x0 + dx, area.y0 + dy, area.x1 + dx, area.y1 + dy)
        sides = area.x0 / self.width, area.y0 / self.height, area.x1 / self.width, area.y1 / self.height
        return Box(*(float(min(1.0, max(0.0, n))) for n in sides))

    def area(self, box: Box) -> Area:
        return Area(box.x0 * self.width, box.y0 * self.height, box.x1 * self.width, box.y1 * self.height)


def sheet_of(page: Any, number: int, engine: Engine) -> Sheet:
    """The page drawn without what fillable fields hold, its words off the text layer or recognized."""
    widgets = widgets_of(page)
    pixels = drawn(page, annotations=False)
    shown = page_size(page)
    layer, blanks, turns = _layer(page)
    quads: list[Points] = []
    if not widgets and not layer and is_blank(pixels):
        return _sheet(number, 0, pixels, (), (), (), shown, empty=True)
    looked_at = covering_share(page) > 0.5 or len(layer) < _SPARSE
    if looked_at:
        quads = engine.detect(pixels)
    if len(layer) >= _SPARSE and len(quads) <= 1.5 * len(layer) + 3:
        upright = _turned(pixels, turns)
        sheet = _sheet(number, turns, upright, (), (), widgets, shown)
        scale = sheet.width / _across(shown, turns)
        words = tuple(replace(w, area=sheet.area(b.turned(turns)), size=w.size * scale) for w, b in layer)
        return replace(sheet, words=words, blanks=tuple(sheet.area(b.turned(turns)) for b in blanks))
    turns = upright_turns(pixels, quads, engine)
    upright = _turned(pixels, turns)
    if turns:
        quads = [turned_quad(q, pixels.shape[0], turns, pixels.shape[1]) for q in quads]
    sheet = _sheet(number, turns, upright, (), (), widgets, shown)
    scale = sheet.width / upright.shape[1]
    return _straightened(replace(sheet, quads=tuple(q * scale for q in quads)))


def _straightened(sheet: Sheet) -> Sheet:
    """The sheet turned by what its lines of text lean, where they lean enough to matter."""
    angles = [
        math.degrees(math.atan2(q[1][1] - q[0][1], q[1][0] - q[0][0]))
        for q in sheet.quads
        if np.linalg.norm(q[1] - q[0]) > 5 * np.linalg.norm(q[3] - q[0])
    ]
    lean = float(np.median(angles)) if len(angles) >= 4 else 0.0
    if not _LEAST_LEAN < abs(lean) < _MOST_LEAN:
        return sheet
    middle = (sheet.width / 2, sheet.height / 2)
    matrix = cv2.getRotationMatrix2D(middle, lean, 1.0)
    pixels = np.asarray(
        cv2.warpAffine(
            sheet.pixels, matrix, (sheet.width, sheet.height), flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        np.uint8,
    )  # fmt: skip
    quads = tuple(np.asarray(q @ matrix[:, :2].T + matrix[:, 2], np.float64) for q in sheet.quads)
    return replace(sheet, pixels=pixels, gray=gray_of(pixels), quads=quads, lean=lean)


def _across(shown: tuple[float, float], turns: int) -> float:
    return shown[turns % 2]


def _turned(pixels: Gray, turns: int) -> Gray:
    return np.ascontiguousarray(np.rot90(pixels, -turns)) if turns else pixels


def _sheet(
    number: int, turns: int, upright: Gray, words: tuple[Word, ...], blanks: tuple[Area, ...],
    widgets: tuple[Widget, ...], shown: tuple[float, float], empty: bool = False,
) -> Sheet:  # fmt: skip
    scale = SHORT_SIDE / min(upright.shape[:2])
    size = round(upright.shape[1] * scale), round(upright.shape[0] * scale)
    kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    pixels = np.asarray(cv2.resize(upright, size, interpolation=kind), np.uint8) if scale != 1 else upright
    page = (shown[1], shown[0]) if turns % 2 else shown
    return Sheet(number, turns, pixels, gray_of(pixels), words, blanks, widgets, page, (), empty)


# -- the text layer


def _layer(page: Any) -> tuple[list[tuple[Word, Box]], list[Box], int]:
    """(words with their boxes on the page as shown, blanks to write on, clockwise turns to stand upright)."""
    if _is_hidden(page):
        return [], [], 0
    width, height = page_size(page)

    def placed(corners: Sequence[float]) -> Box | None:
        x0, y0, x1, y1 = as_shown(page, corners)
        box = Box(*(float(min(1.0, max(0.0, n))) for n in (x0 / width, y0 / height, x1 / width, y1 / height)))
        return box if box.width > 0 and box.height > 0 else None

    words: list[tuple[Word, Box]] = []
    blanks: list[Box] = []
    votes = [0, 0, 0, 0]
    directed: list[tuple[int, int]] = []
    for block in page.get_text("rawdict")["blocks"]:
        for line in block.get("lines", ()):
            across, down = line["dir"]
            turns = -round((math.degrees(math.atan2(down, across)) + page.rotation) / 90) % 4
            for span in line["spans"]:
                for text, corners in _pieces(span["chars"]):
                    box = placed(corners)
                    if box is None:
                        continue
                    if _WRITTEN.fullmatch(text):
                        blanks.append(box)
                        continue
                    if _SIGNS.search(span["font"]) or set(text) <= _BOX_SIGNS:
                        continue  # a sign is a picture: what it looks like is found on the drawn page
                    votes[turns] += len(text)
                    directed.append((len(words), turns))
                    words.append((_word(text, span), box))
    best = votes.index(max(votes))
    kept = [words[i] for i, turns in directed if turns == best]
    return kept, blanks, best


def _word(text: str, span: Any) -> Word:
    red, green, blue = span["color"] >> 16 & 255, span["color"] >> 8 & 255, span["color"] & 255
    hued = max(red, green, blue) - min(red, green, blue) > 60
    bold = bool(span["flags"] & 16) or "bold" in span["font"].lower() or "black" in span["font"].lower()
    family = re.sub(r"^[A-Z]{6}\+", "", span["font"]).split("-")[0].split(",")[0].lower()
    return Word(
        text,
        Area(0, 0, 0, 0),
        float(span["size"]),
        bold,
        hued,
        font=re.sub(r"(mt|ps|bold|italic)+$", "", family),
    )


def _pieces(characters: Sequence[Any]) -> Iterable[tuple[str, tuple[float, float, float, float]]]:
    """The words of a span, cut at blanks and where underscores begin and end."""
    held: list[Any] = []

    def kind(character: str) -> str:
        return "_" if character == "_" else " " if character.isspace() or character == "\xa0" else "a"

    for each in [*characters, None]:
        if held and (each is None or kind(each["c"]) != kind(held[-1]["c"])):
            text = "".join(c["c"] for c in held)
            if text.strip():
                left, top, right, bottom = zip(*(c["bbox"] for c in held), strict=True)
                yield text, (min(left), min(top), max(right), max(bottom))
            held = []
        if each is not None:
            held.append(each)


def _is_hidden(page: Any) -> bool:
    """Whether most of the page's text is not shown (a scanner's own recognition under its picture)."""
    total = shown = 0
    for span in page.get_texttrace():
        total += len(span["chars"])
        if span["type"] != 3 and span.get("opacity", 1) > 0.05:
            shown += len(span["chars"])
    return total > 0 and shown < 0.3 * total
