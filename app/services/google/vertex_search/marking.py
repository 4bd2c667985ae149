"""Where what was looked for stands in a passage, as far as the search tells: words it prints bold, words asked for."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

_BOLD = re.compile(r"<b>(.*?)</b>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"</?\w[^<>]*>")
_WORD = re.compile(r"[^\W_]+(?:[-./][^\W_]+)*")
_LONGEST = 320
_BEFORE = 80
_SHORT = frozenset(
    {
        "a",
        "an",
        "and",
        "are",
        "as",
        "at",
        "be",
        "by",
        "for",
        "from",
        "in",
        "is",
        "it",
        "of",
        "on",
        "or",
        "that",
        "the",
    }
    | {"to", "was", "with"}
)


def bold(snippet: str) -> tuple[str, ...]:
    """The words a snippet prints bold, without its markup."""
    return tuple(dict.fromkeys(" ".join(unmarked(found).split()) for found in _BOLD.findall(snippet)))


def unmarked(text: str) -> str:
    """A snippet without markup, as it stood in the document."""
    return html.unescape(_TAG.sub("", text))


def words_of(query: str) -> tuple[str, ...]:
    """The words of a query that are worth marking; what stood in quotes stays together."""
    quoted = re.findall(r"[\"“”]([^\"“”]+)[\"“”]", query)
    rest = re.sub(r"[\"“”][^\"“”]*[\"“”]", " ", query)
    words = [word for word in _WORD.findall(rest) if word.casefold() not in _SHORT]
    return tuple(dict.fromkeys((*(" ".join(part.split()) for part in quoted), *words)))


def marks_in(text: str, terms: Iterable[str]) -> tuple[tuple[int, int], ...]:
    """(start, end) of every whole occurrence of the terms, in order, none within another."""
    found: list[tuple[int, int]] = []
    parts = sorted({term for term in terms if term.strip()}, key=len, reverse=True)
    if not parts:
        return ()
    pattern = "|".join(r"\s+".join(map(re.escape, part.split())) for part in parts)
    for match in re.finditer(rf"(?<!\w)(?:{pattern})(?!\w)", text, re.IGNORECASE):
        found.append(match.span())
    return tuple(found)


def cutting(text: str, marks: tuple[tuple[int, int], ...]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """A cutting of the passage around its first mark, on one line, and the marks in it."""
    flat = re.sub(r"\s", " ", text)
    start = 0
    if len(flat) > _LONGEST and marks and marks[0][0] > _BEFORE:
        start = flat.rfind(" ", 0, marks[0][0] - _BEFORE // 2) + 1
    end = min(len(flat), start + _LONGEST)
    if end < len(flat):
        end = max(flat.rfind(" ", start, end), start + 1)
    head, tail = "… " if start else "", " …" if end < len(flat) else ""
    shift = len(head) - start
    inside = tuple((a + shift, b + shift) for a, b in marks if start <= a and b <= end)
    return f"{head}{flat[start:end]}{tail}", inside
