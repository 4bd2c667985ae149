"""The cutting of a passage that shows why it was found. No word is cut, and marks are offsets into the cutting."""

from __future__ import annotations

import re
from collections.abc import Sequence

LENGTH = 240
_SENTENCE = re.compile(r"[.;:!?]['\")\]]*\s+(?=\S)|\n+")
_BEFORE, _AFTER = "… ", " …"

Marks = tuple[tuple[int, int], ...]


def snippet(
    text: str, found: Sequence[tuple[int, int]], spans: Sequence[tuple[int, int]]
) -> tuple[str, Marks]:
    """At most about `LENGTH` characters of the text around where most different matches stand together.

    `found` says where each token stands; `spans` are the (first, last) token of each match.
    """
    places = _merged([(found[first][0], found[last][1]) for first, last in spans])
    if not text.strip():
        return "", ()
    start, end = _window(text, places)
    cut = text[start:end].replace("\n", " ")
    before = _BEFORE if text[:start].strip() else ""
    after = _AFTER if text[end:].strip() else ""
    marks = tuple(
        (max(a, start) - start + len(before), min(b, end) - start + len(before))
        for a, b in places
        if a < end and b > start
    )
    return before + cut + after, marks


def _merged(places: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _window(text: str, places: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The stretch that is shown: from the beginning of a sentence where that leaves the matches in sight."""
    first = len(text) - len(text.lstrip())
    last = len(text.rstrip())
    if last - first <= LENGTH:
        return first, last
    anchor, reach, best = first, first, -1.0
    for number, (start, _) in enumerate(places):
        inside = [(a, b) for a, b in places[number:] if b <= start + LENGTH * 0.8]
        different = len({text[a:b].lower() for a, b in inside})
        if different + 0.01 * len(inside) > best:
            best = different + 0.01 * len(inside)
            anchor, reach = start, max((b for _, b in inside), default=start)
    starts = [first, *(m.end() for m in _SENTENCE.finditer(text, first, last))]
    fits = [s for s in starts if s <= anchor and reach - s <= LENGTH]
    start = fits[-1] if fits else _word_start(text, max(first, anchor - 60))
    end = min(last, max(start + LENGTH, reach))
    if end < last:
        ends = [m.start() + 1 for m in _SENTENCE.finditer(text, start, end + 1) if m.start() + 1 >= reach]
        end = ends[-1] if ends and ends[-1] - start > LENGTH * 0.6 else _word_end(text, start, end, reach)
    return start, len(text[:end].rstrip())


def _word_start(text: str, at: int) -> int:
    while at > 0 and not text[at - 1].isspace():
        at -= 1
    return at


def _word_end(text: str, start: int, end: int, least: int) -> int:
    at = end
    while at > max(start + 1, least) and not (text[at : at + 1].isspace() or at == len(text)):
        at -= 1
    if at <= max(start + 1, least):  # one very long run: to its end
        at = max(end, least)
        while at < len(text) and not text[at].isspace():
            at += 1
    return len(text[:at].rstrip())
