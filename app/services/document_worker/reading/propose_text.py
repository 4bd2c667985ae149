"""The printed texts of a page with tight boxes on their ink: what becomes anchors and labels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

import cv2
import numpy as np
import numpy.typing as npt

from app.services.document_worker.reading.engine import Engine, Points
from app.services.document_worker.reading.propose_rule import Ruling
from app.services.document_worker.reading.propose_sheet import Area, Sheet, Text, Word

_WIDE = 0.62
"""A gap of so many font sizes on a line ends a text: words stand closer."""
_LEAST_SCORE = 0.5
_BOLD = 1.28
"""Strokes so much thicker than the page's usual ones are bold."""

Mask = npt.NDArray[np.uint8]


def text_ink(sheet: Sheet, ruling: Ruling, squares: Sequence[Area]) -> Mask:
    """Where letters are: ink without rules and squares, and light letters on dark bars."""
    gray = sheet.gray
    small = cv2.resize(gray, None, fx=0.125, fy=0.125, interpolation=cv2.INTER_AREA)
    paper = cv2.GaussianBlur(cv2.dilate(small, np.ones((15, 15), np.uint8)), (0, 0), 6)
    paper = cv2.resize(paper, (gray.shape[1], gray.shape[0]), interpolation=cv2.INTER_LINEAR)
    depth = cv2.subtract(paper, gray)
    ink = np.asarray(depth > 0.3 * np.maximum(paper, 60), np.uint8)
    for bar in ruling.bars:
        rows, columns = slice(int(bar.y0), int(bar.y1) + 1), slice(int(bar.x0), int(bar.x1) + 1)
        part = gray[rows, columns]
        if part.size:
            ground = float(np.median(part))
            ink[rows, columns] = np.abs(part.astype(np.float32) - ground) > 60
    for line in (*ruling.across, *ruling.down):
        ink[max(0, int(line.y0) - 2) : int(line.y1) + 3, max(0, int(line.x0) - 2) : int(line.x1) + 3] = 0
    for square in squares:
        ink[
            max(0, int(square.y0) - 3) : int(square.y1) + 4, max(0, int(square.x0) - 3) : int(square.x1) + 4
        ] = 0
    return ink


def texts_of(sheet: Sheet, ruling: Ruling, squares: Sequence[Area], engine: Engine) -> tuple[Text, ...]:
    """The printed texts in reading order. A line is cut at wide gaps, rules and squares."""
    ink = text_ink(sheet, ruling, squares)
    words = sheet.words or _recognized(sheet, ink, engine)
    barriers = [*ruling.down, *squares]
    texts = _numbered([_tight(t, ink) for t in _runs(words, barriers)], barriers)
    return tuple(sorted(texts, key=lambda t: (round(t.area.middle[1] / 12), t.area.x0)))


def _runs(words: Sequence[Word], barriers: Sequence[Area]) -> list[Text]:
    lines: list[list[Word]] = []
    for word in sorted(words, key=lambda w: w.area.x0):
        best, best_gap = None, 1e9
        for line in lines:
            last = line[-1]
            gap = word.area.x0 - last.area.x1
            size = max(word.size, last.size)
            if not -0.5 * size < gap < _WIDE * size or word.area.beside(last.area) < 0.6:
                continue
            if abs(gap) < best_gap and not _between(last.area, word.area, barriers):
                best, best_gap = line, abs(gap)
        if best is None:
            lines.append([word])
        else:
            best.append(word)
    found = []
    for line in lines:
        joined = _merged(line)
        found.append(Text(tuple(joined), Area.around(w.area for w in joined)))
    return found


def _numbered(texts: Sequence[Text], barriers: Sequence[Area]) -> list[Text]:
    """Numbers of places (`3.`, `12a.`) made one with the text that follows them on the line."""
    kept = list(texts)
    for number in [t for t in texts if re.fullmatch(r"\d{1,2}[a-z]?[.)]?", t.text)]:
        after = [
            t for t in kept
            if t is not number and t.area.beside(number.area) > 0.6
            and 0 <= t.area.x0 - number.area.x1 < 1.9 * number.size and t.text[:1].isalpha()
            and not _between(number.area, t.area, barriers)
        ]  # fmt: skip
        if after:
            follower = min(after, key=lambda t: t.area.x0)
            joined = Text((*number.words, *follower.words), Area.around((number.area, follower.area)))
            kept = [joined if t is follower else t for t in kept if t is not number]
    return kept


def _merged(line: Sequence[Word]) -> list[Word]:
    """Spans of one word that the file stores apart (a capital and its small capitals) made one."""
    kept: list[Word] = []
    for word in line:
        if kept and kept[-1].exact and word.area.x0 - kept[-1].area.x1 < 0.08 * word.size:
            last = kept[-1]
            kept[-1] = replace(
                last, text=last.text + word.text, area=Area.around((last.area, word.area)),
                size=max(last.size, word.size), bold=last.bold and word.bold, coloured=last.coloured and word.coloured,
            )  # fmt: skip
        else:
            kept.append(word)
    return kept


def _between(first: Area, second: Area, barriers: Sequence[Area]) -> bool:
    left, right = first.x1 - 3, second.x0 + 3
    y = (max(first.y0, second.y0) + min(first.y1, second.y1)) / 2
    return any(left <= b.middle[0] <= right and b.y0 <= y <= b.y1 for b in barriers)


def _tight(text: Text, ink: Mask) -> Text:
    """The text with its area on its ink (left as it is where there is none)."""
    area = text.area
    left, top = max(0, int(area.x0) - 1), max(0, int(area.y0) - 1)
    part = ink[top : int(area.y1) + 2, left : int(area.x1) + 2]
    columns, rows = np.flatnonzero(part.any(axis=0)), np.flatnonzero(part.any(axis=1))
    if len(columns) < 2 or len(rows) < 2:
        return text
    return replace(
        text,
        area=Area(
            float(left + columns[0]), float(top + rows[0]), float(left + columns[-1] + 1), float(top + rows[-1] + 1)
        ),
    )  # fmt: skip


# -- the picture


def _recognized(sheet: Sheet, ink: Mask, engine: Engine) -> tuple[Word, ...]:
    """The texts of a picture: each line found is cut where its ink leaves a wide gap, and each piece is read
    on its own: cells are never run together, and boxes lie on the ink.
    """
    pieces = [p for q in sheet.quads for p in _cut(q, ink)]
    crops = []
    for piece in pieces:
        pad = 0.18 * piece.height
        area = piece.grown(pad + 2, pad)
        crops.append(
            np.ascontiguousarray(
                sheet.pixels[max(0, int(area.y0)) : int(area.y1) + 1, max(0, int(area.x0)) : int(area.x1) + 1]
            )
        )
    lines = engine.recognize(crops)
    found: list[Word] = []
    strokes: list[float] = []
    for piece, line in zip(pieces, lines, strict=True):
        text = line.text.strip(" _")
        if not text or line.score < _LEAST_SCORE:
            continue
        letter, stroke = _letters(piece, ink)
        strokes.append(stroke)
        # Read apart, a piece is one word as far as joining is concerned.
        found.append(Word(text, piece, letter / 0.72, coloured=_hued(piece, ink, sheet), exact=False))
    usual = median(s for s, w in zip(strokes, found, strict=True) for _ in w.text) if found else 0.0
    return tuple(replace(w, bold=s > _BOLD * usual) for s, w in zip(strokes, found, strict=True))


def _letters(piece: Area, ink: Mask) -> tuple[float, float]:
    """(height of capitals, thickness of strokes as a share of it) of a piece of text."""
    part = np.ascontiguousarray(ink[int(piece.y0) : int(piece.y1), int(piece.x0) : int(piece.x1)])
    count, _, stats, _ = cv2.connectedComponentsWithStats(part, connectivity=8)
    heights = [float(s[3]) for s in stats[1:count] if s[3] >= 6 and s[3] < 1.2 * piece.height]
    letter = float(np.percentile(heights, 75)) if heights else 0.75 * piece.height
    edge = int(part.sum()) - int(cv2.erode(part, np.ones((3, 3), np.uint8)).sum())
    return letter, 2.0 * float(part.sum()) / max(1, edge) / max(1.0, letter)


def _hued(piece: Area, ink: Mask, sheet: Sheet) -> bool:
    """Whether a piece is written in a colour."""
    rows, columns = slice(int(piece.y0), int(piece.y1)), slice(int(piece.x0), int(piece.x1))
    part = sheet.pixels[rows, columns].astype(np.int16)
    if part.ndim == 2:
        return False
    inked = part[ink[rows, columns] > 0]
    return len(inked) > 20 and float(np.median(inked.max(axis=1) - inked.min(axis=1))) > 60


def _cut(quad: Points, ink: Mask) -> list[Area]:
    """The inked stretches of a line of text."""
    x0, y0 = (int(max(0, n)) for n in quad.min(axis=0))
    x1, y1 = (int(n) + 1 for n in quad.max(axis=0))
    part = ink[y0:y1, x0:x1]
    if not part.size:
        return []
    # Ink of the lines above and below reaches into the box of a line: only rows of its own body count.
    high = y1 - y0
    body = part[int(0.2 * high) : max(int(0.8 * high), int(0.2 * high) + 1)]
    columns = np.flatnonzero(body.any(axis=0))
    if not len(columns):
        return []
    gap = max(7.0, 0.5 * high)
    starts = [0, *(int(i) + 1 for i in np.flatnonzero(np.diff(columns) > gap))]
    ends = [*starts[1:], len(columns)]
    found = []
    for start, end in zip(starts, ends, strict=True):
        left, right = int(columns[start]), int(columns[end - 1]) + 1
        rows = np.flatnonzero(part[:, left:right].any(axis=1))
        middle = int(0.5 * high)
        top, bottom = _grown(rows, middle)
        if right - left < 3 or bottom - top < 6:
            continue
        found.append(Area(float(x0 + left), float(y0 + top), float(x0 + right), float(y0 + bottom)))
    return found


def _grown(rows: npt.NDArray[np.int64], middle: int) -> tuple[int, int]:
    """The rows that follow on each other around the middle (a gap of two is a dot above an i)."""
    if not len(rows):
        return 0, 0
    breaks = np.flatnonzero(np.diff(rows) > 3)
    starts = [0, *(int(b) + 1 for b in breaks)]
    ends = [*(int(b) for b in breaks), len(rows) - 1]

    def off(span: tuple[int, int]) -> int:
        first, last = int(rows[span[0]]), int(rows[span[1]])
        return 0 if first <= middle <= last else min(abs(first - middle), abs(last - middle))

    best = min(zip(starts, ends, strict=True), key=off)
    return int(rows[best[0]]), int(rows[best[1]]) + 1


def usual_size(texts: Sequence[Text]) -> float:
    """The height of the font most of the page is printed in."""
    sizes = [t.size for t in texts for _ in t.text]
    return median(sizes) if sizes else 30.0
