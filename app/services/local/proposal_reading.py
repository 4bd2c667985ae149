"""A proposal as a worker sends it, checked: the worker opened a file of a stranger."""

from __future__ import annotations

import math
from typing import Any

from app.domain.box import Box
from app.domain.form import FieldKind
from app.domain.processor import Anchor
from app.domain.proposal import (
    Proposal,
    ProposedColumn,
    ProposedField,
    ProposedPage,
    ProposedSection,
    ProposedTable,
)

_FOUND = ("fillable", "cell", "line", "box", "gap", "filled")
_MOST = 4000
_MOST_PAGES = 2000


def proposal_from(data: Any) -> Proposal:
    """The proposal in the JSON of a worker. Raises ValueError, TypeError or KeyError when it is malformed."""
    pages = tuple(_page(p) for p in _some(data["pages"]))
    return Proposal(pages, tuple(_text(t, 200) for t in _some(data["titles"])))


def _page(data: Any) -> ProposedPage:
    number = _whole(data["page"], 1, _MOST_PAGES)
    width, height = (_number(n, 1.0, 1e6) for n in data["size"])
    return ProposedPage(
        number,
        (width, height),
        tuple(Anchor(_text(text, 400), _box(box), number) for text, *box in _some(data["anchors"])),
        tuple(
            ProposedSection(_text(t, 200), _number(y, 0.0, 1.0), *_span(x0, x1))
            for t, y, x0, x1 in _some(data["sections"])
        ),
        tuple(_field(f) for f in _some(data["fields"])),
        tuple(_table(t) for t in _some(data["tables"])),
        _whole(data["quarter_turns"], 0, 3),
    )


def _field(data: Any) -> ProposedField:
    x0, y0, x1, y1, kind, label, found, question, multiline, fillable = data
    if found not in _FOUND or not isinstance(multiline, bool):
        raise ValueError("a place of a wrong shape")
    return ProposedField(
        _box((x0, y0, x1, y1)), FieldKind(kind), _text(label, 200), found, _text(question, 200), multiline,
        tuple(_text(name, 400) for name in _some(fillable)),
    )  # fmt: skip


def _table(data: Any) -> ProposedTable:
    columns = tuple(
        ProposedColumn(_text(label, 200), FieldKind(kind), *_span(x0, x1))
        for label, kind, x0, x1 in _some(data["columns"])
    )
    rows = tuple(_span(y0, y1) for y0, y1 in _some(data["rows"]))
    return ProposedTable(_text(data["label"], 200), columns, rows)


def _box(numbers: Any) -> Box:
    x0, y0, x1, y1 = numbers
    return Box(*(n for pair in zip(_span(x0, x1), _span(y0, y1), strict=True) for n in pair))


def _span(first: Any, second: Any) -> tuple[float, float]:
    begin, end = _number(first, 0.0, 1.0), _number(second, 0.0, 1.0)
    if begin >= end:
        raise ValueError("a place without room")
    return begin, end


def _some(data: Any) -> list[Any]:
    if not isinstance(data, list) or len(data) > _MOST:
        raise ValueError("a list of a wrong shape")
    return data


def _text(data: Any, most: int) -> str:
    if not isinstance(data, str):
        raise TypeError("not a text")
    return data[:most]


def _whole(data: Any, least: int, most: int) -> int:
    if not isinstance(data, int) or isinstance(data, bool) or not least <= data <= most:
        raise ValueError("a number out of range")
    return data


def _number(data: Any, least: float, most: float) -> float:
    if isinstance(data, bool) or not isinstance(data, (int, float)):
        raise TypeError("not a number")
    if not math.isfinite(data) or not least <= data <= most:
        raise ValueError("a number out of range")
    return float(data)
