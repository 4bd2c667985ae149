"""What a page says by its own text layer, and whether that is all it says.

Only what is shown is read: text without ink, under a picture or a bar, or outside the page does not count.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.domain.box import Box
from app.domain.extraction import Word
from app.services.document_worker.opening import as_shown, page_size, words_of
from app.services.document_worker.text_order import in_reading_order

Fractions = tuple[float, float, float, float]
"""A rectangle as corners in fractions of the page as shown."""
Placed = tuple[str, Fractions]

_WHOLE = 0.5
"""Share of the page from which a picture counts as its scan."""
_PICTURE = 0.08
"""Share of the page from which a picture may hold text of its own: letterheads are smaller."""
_SPARSE = 12
"""Words: with fewer, a page with anything drawn on it may say more than its layer."""
_INK = 26
"""Levels of gray (of 255) between paper and ink that make a word visible."""
_OVER = 0.55
"""Share of a word that another lies over when both cannot be read."""
_MANY = 0.04
_LARGE = 2.5
_WRITTEN_ON = frozenset(("FreeText", "Stamp", "Ink"))
_LEAST_HEIGHT = 2.5
"""Points: smaller letters are there to be searched, or to be hidden."""


@dataclass(frozen=True, slots=True)
class LayerText:
    """The words of a layer in reading order. `sure`: the page says nothing else, it need not be recognized.

    `whole` says that nothing of the layer is to be taken: the page is a scan, or its layer is nonsense.
    """

    words: tuple[Word, ...]
    turn: int
    sure: bool
    whole: bool = False


def layer_text(page: Any) -> LayerText:
    """The layer of a page of an open file. Raises whatever a damaged page makes the library raise."""
    every = words_of(page)
    unseen, pale = _unseen(page) if every else ([], [])
    share, over = _pictures(page)
    seen = _visible(page, every, unseen)
    kept = [word for word in seen if not _within(word[1], over)]
    values = _field_words(page)
    turn = _turn(page) if kept else 0
    lying = (over and not kept) or (share > _WHOLE and not kept) or _over_each_other(kept, pale)
    if lying or _nonsense([text for text, _ in kept]):
        return LayerText((), 0, sure=False, whole=True)
    words = in_reading_order([Word(text, Box(*box)) for text, box in kept], turn)
    # What stands in a field to be filled in is drawn by its own form: the layer has no words for it.
    words += [w for w in values if not any(w.box.overlap(k.box) > 0.3 * k.box.area for k in words)]
    if values:
        words = in_reading_order(words, turn)
    sparse = len(words) < _SPARSE and (share > 0.0 or _drawn_on(page))
    # Text without ink may lie over some that is seen, and a note stuck on the page is no part of the layer.
    more = bool(unseen) or len(kept) < len(seen) or share >= _PICTURE or sparse or _annotated(page)
    return LayerText(tuple(words), turn, sure=not more)


def _pictures(page: Any) -> tuple[float, list[Fractions]]:
    """How much of the page its pictures cover, a scan in strips as one; and where those lie that came after text."""
    width, height = page_size(page)
    whole, text_before = 0.0, False
    over: list[Fractions] = []
    for kind, rectangle, *_ in page.get_bboxlog():
        if kind.endswith("text"):
            text_before = text_before or kind != "ignore-text"
        elif kind in ("fill-image", "fill-imgmask"):
            place = _fractions(as_shown(page, rectangle), width, height)
            whole += max(0.0, place[2] - place[0]) * max(0.0, place[3] - place[1])
            if text_before:
                over.append(place)
    return min(1.0, whole), over


def _fractions(corners: Sequence[float], width: float, height: float) -> Fractions:
    x0, y0, x1, y1 = (
        min(1.0, max(0.0, n))
        for n in (corners[0] / width, corners[1] / height, corners[2] / width, corners[3] / height)
    )
    return x0, y0, x1, y1


def _within(box: Fractions, places: Sequence[Fractions]) -> bool:
    """Whether the middle of a word stands in one of these places."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return any(x0 <= x <= x1 and y0 <= y <= y1 for x0, y0, x1, y1 in places)


def _annotated(page: Any) -> bool:
    """Whether somebody typed, stamped or drew on the page afterwards."""
    return any(annotation.type[1] in _WRITTEN_ON for annotation in page.annots() or ())


def _over_each_other(words: Sequence[Placed], pale: Sequence[Fractions]) -> bool:
    """Whether words in the white of paper lie over others, or many words do in any colour: not all of them can be
    seen there. Twice the same is bold print, a few are a form overprinted, large ones a watermark.
    """
    ordered = sorted(words, key=lambda w: w[1][1])
    overprinted = 0
    for place, (text, a) in enumerate(ordered):
        for other, b in ordered[place + 1 :]:
            if b[1] >= a[3]:
                break
            wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
            small, large = sorted((a, b), key=lambda box: (box[2] - box[0]) * (box[3] - box[1]))
            covered = wide * high > _OVER * (small[2] - small[0]) * (small[3] - small[1])
            if wide <= 0 or high <= 0 or not covered or text == other:
                continue
            if _within(small, pale) or _within(large, pale):
                return True
            overprinted += large[3] - large[1] < _LARGE * (small[3] - small[1])
    return overprinted > _MANY * len(words)


def _drawn_on(page: Any) -> bool:
    return any(not kind.endswith("text") for kind, *_ in page.get_bboxlog())


def _visible(page: Any, words: Sequence[Placed], unseen: Sequence[Fractions]) -> list[Placed]:
    """The words that a person can see: in letters of some size, with ink that differs from the paper."""
    import pymupdf

    if not words:
        return []
    width, height = page_size(page)
    scale = min(1.5, 3000 / max(width, height))
    picture = page.get_pixmap(matrix=pymupdf.Matrix(scale, scale), colorspace=pymupdf.csGRAY, alpha=False)
    pixels, stride = picture.samples_mv, picture.stride
    kept = []
    for text, box in words:
        if (box[3] - box[1]) * height < _LEAST_HEIGHT and (box[2] - box[0]) * width < 4 * _LEAST_HEIGHT:
            continue
        if _within(box, unseen):
            continue
        left, right = (
            int(box[0] * picture.width),
            max(int(box[0] * picture.width) + 1, int(box[2] * picture.width)),
        )
        top, bottom = (
            int(box[1] * picture.height),
            max(int(box[1] * picture.height) + 1, int(box[3] * picture.height)),
        )
        rows = [
            pixels[y * stride + left : y * stride + right] for y in range(top, min(bottom, picture.height))
        ]
        rows = [row for row in rows if len(row)]
        if rows and max(map(max, rows)) - min(map(min, rows)) >= _INK:
            kept.append((text, box))
    return kept


def _unseen(page: Any) -> tuple[list[Fractions], list[Fractions]]:
    """Where text stands that is not painted at all, or so faint that nobody sees it; and where in the white of
    paper.
    """
    width, height = page_size(page)
    unseen: list[Fractions] = []
    pale: list[Fractions] = []
    for span in page.get_texttrace():
        if span["type"] == 3 or span.get("opacity", 1) <= 0.05:
            unseen.append(_fractions(as_shown(page, span["bbox"]), width, height))
        elif _as_paper(span.get("color") or ()):
            pale.append(_fractions(as_shown(page, span["bbox"]), width, height))
    return unseen, pale


def _as_paper(colour: Sequence[float]) -> bool:
    return max(colour) <= 0.06 if len(colour) == 4 else bool(colour) and min(colour) >= 0.94


def _turn(page: Any) -> int:
    """How many clockwise quarter turns make the layer run left to right as the page is shown."""
    votes = [0, 0, 0, 0]
    for block in page.get_text("dict")["blocks"]:
        for line in block.get("lines", ()):
            across, down = line["dir"]
            clockwise = round((math.degrees(math.atan2(down, across)) + page.rotation) / 90)
            votes[-clockwise % 4] += sum(len(s["text"]) for s in line["spans"])
    return votes.index(max(votes))


def _field_words(page: Any) -> list[Word]:
    """What is filled into the fields of a form that a program filled in."""
    if not page.parent.is_pdf:
        return []
    width, height = page_size(page)
    found = []
    for widget in page.widgets() or ():
        value = str(widget.field_value or "").strip()
        if widget.field_type_string not in ("Text", "ComboBox", "ListBox") or not value:
            continue
        x0, y0, x1, y1 = as_shown(page, widget.rect)
        corners = (x0 / width, y0 / height, x1 / width, y1 / height)
        box = Box(*(min(1.0, max(0.0, n)) for n in corners))
        if box.width <= 0 or box.height <= 0:
            continue
        pieces = value.split()
        long = sum(len(p) + 1 for p in pieces)
        at = 0
        for piece in pieces:
            start, end = at / long, (at + len(piece)) / long
            found.append(
                Word(piece, Box(box.x0 + box.width * start, box.y0, box.x0 + box.width * end, box.y1))
            )
            at += len(piece) + 1
    return found


_USUAL = frozenset(
    re.findall(
        r"\w+",
        "the of and to in for is with was on no not be as by at or has have from this that are patient date name he she"
        " his her will per mg day daily years old history normal all any page de la el los las en con por paciente",
    )
)


def _nonsense(words: Sequence[str]) -> bool:
    """Whether a layer spells what no page says: fonts without their letters, or letters shifted about."""
    text = "".join(words)
    if len(text) < 40:
        return False
    odd = sum(1 for c in text if c == "\ufffd" or "\ue000" <= c <= "\uf8ff" or not c.isprintable())
    if odd > 0.08 * len(text):
        return True
    plain = [w.strip(".,;:()").lower() for w in words]
    plain = [w for w in plain if len(w) > 1 and w.isalpha() and w.isascii()]
    if len(plain) < 40:
        letters = sum(c.isalnum() for c in text)
        return letters < 0.35 * len(text)
    without_vowel = sum(1 for w in plain if len(w) > 3 and not re.search("[aeiouy]", w))
    long = sum(1 for w in plain if len(w) > 3)
    usual = sum(1 for w in plain if w in _USUAL)
    return usual < 0.02 * len(plain) and without_vowel > 0.25 * max(1, long)
