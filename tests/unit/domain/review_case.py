"""Material made of a few words, for tests of the review's domain."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from app.domain.box import Box
from app.domain.extraction import PageText, Word
from app.domain.material import Material, StatedFact
from app.domain.passage import SourceText
from app.domain.request import request_from


def page(text: str, number: int = 1) -> PageText:
    """A page whose lines are those of the text, a word a box."""
    lines = text.split("\n")
    words: list[Word] = []
    for place, line in enumerate(lines):
        top = 0.05 + 0.9 * place / max(len(lines), 1)
        at = 0
        for word in line.split():
            at = line.index(word, at)
            left = 0.05 + 0.009 * at
            words.append(
                Word(word, Box(left, top, left + 0.008 * len(word), top + 0.6 / max(len(lines), 20)))
            )
            at += len(word)
    return PageText(number, tuple(words))


def notes(
    *pages: str, document_id: str = "d1", name: str = "notes.pdf", kind: str = "clinical"
) -> SourceText:
    return SourceText(document_id, name, kind, tuple(page(text, i) for i, text in enumerate(pages, 1)))


def material(
    *documents: SourceText, request: Mapping[str, Any] | None = None, stated: tuple[StatedFact, ...] = ()
) -> Material:
    asked: dict[str, Any] = {"request": request or {}}
    return Material("c1", "r1", date(2026, 10, 6), request_from(asked), documents=documents, stated=stated)
