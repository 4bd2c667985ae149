"""Passages for a line that no policy covers: where the documents speak of its service or its diagnosis."""

from __future__ import annotations

import re

from app.domain.clinical.term import longest
from app.domain.evidence import Evidence
from app.domain.request import Line
from app.services.local.criteria.chart import Chart
from app.services.local.criteria.statement import Origin

_SHORT = frozenset(
    [
        "supply",
        "supplies",
        "day",
        "week",
        "days",
        "weeks",
        "month",
        "months",
        "with",
        "without",
        "other",
        "unspecified",
        "procedure",
        "service",
        "routine",
        "general",
        "least",
        "from",
        "including",
        "type",
        "primary",
        "bilateral",
        "unilateral",
        "left",
        "right",
        "encounter",
        "level",
        "each",
        "per",
        "unit",
        "units",
        "this",
        "that",
        "only",
        "interpretation",
        "report",
        "under",
    ]
)
_MOST = 8


def passages_for(line: Line | None, chart: Chart) -> tuple[Evidence, ...]:
    """The statements of documents that share most words with the line's service and diagnosis, best first."""
    if line is None:
        return ()
    words = [
        w
        for w in re.findall(r"[A-Za-z][A-Za-z\-]{3,}", f"{line.description} {line.diagnosis}")
        if w.lower() not in _SHORT
    ]
    scores: dict[int, set[str]] = {}
    places: dict[int, tuple[int, int]] = {}
    for word in dict.fromkeys(w.lower() for w in words):
        for number, start, end in longest(chart.index.find((word,))):
            statement = chart.statements[number]
            if statement.origin is Origin.DOCUMENT and not statement.barred and not statement.bare:
                scores.setdefault(number, set()).add(word)
                places.setdefault(number, (start, end))
    best = sorted(scores, key=lambda n: (-len(scores[n]), n))[:_MOST]
    return tuple(chart.statements[n].evidence(*places[n]) for n in best)
