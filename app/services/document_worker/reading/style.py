"""How the values of a form are written: the separators of its dates, the strokes of its phone numbers.

One form is filled in by one hand or one program: what is lost of one value is seen in another.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.services.document_worker.reading.decoding import Glyph, Line
from app.services.document_worker.reading.grammar import SEPARATORS

_USUAL = {"/": 2.0, "-": 0.4, ".": 0.15}
"""How often dates are written so before anything was seen of this form, in dates."""
_DATE = re.compile(r"\D{0,2}(\d{1,2})(\D{1,2})(\d{1,2})(\D{1,2})(\d{4}|\d{2})\D{0,2}")

PHONES = (
    "0000000000", "10000000000", "+10000000000", "(000) 000-0000", "(000)000-0000", "000-000-0000", "000.000.0000",
    "000 000 0000", "1-000-000-0000", "+1 (000) 000-0000", "+1 000 000 0000", "+1-000-000-0000", "1 (000) 000-0000",
    "(000) 000 0000", "(000)-000-0000", "+1(000)000-0000", "+1 000-000-0000", "1.000.000.0000", "000/000-0000",
)  # fmt: skip
"""How North American numbers are written; 0 stands for any digit."""


@dataclass(frozen=True, slots=True)
class Style:
    """How much each way of writing is to be expected on this form, as logarithms of shares."""

    dates: Mapping[str, float] = field(default_factory=dict)
    phones: Mapping[str, float] = field(default_factory=dict)

    def date(self, separator: str) -> float:
        return self.dates.get(separator, math.log(_USUAL[separator] / sum(_USUAL.values())))

    def phone(self, template: str) -> float:
        return self.phones.get(template, math.log(1 / len(PHONES)))


def style_of(dates: Sequence[Line], phones: Sequence[str]) -> Style:
    """What the freely read dates and the phone numbers (as templates, surely seen) of a form have in common."""
    seen = dict(_USUAL)
    for line in dates:
        for glyph in _strokes(line):
            # A slash is never what is left of something else; a dot may be what is left of anything.
            weight = {"/": 1.0, "-": 0.5, ".": 0.2}.get(glyph.text, 0.0)
            if weight:
                seen[glyph.text] += weight * glyph.score**2
    total = sum(seen[s] for s in SEPARATORS)
    known = Counter(dict.fromkeys(PHONES, 0.15))
    known.update(t for t in phones if t in known)
    every = sum(known.values())
    return Style(
        {s: math.log(seen[s] / total) for s in SEPARATORS},
        {t: math.log(n / every) for t, n in known.items()},
    )


def _strokes(line: Line) -> Iterable[Glyph]:
    """The separators of a line that has the build of a date."""
    match = _DATE.fullmatch(line.text)
    if match:
        for group in (2, 4):
            yield from line.glyphs[match.start(group) : match.end(group)]


def template_of(text: str) -> str:
    """A phone number with its digits made alike, the country's own kept: `+1 (555) 010-2000` is `+1 (000) 000-0000`."""
    digits = sum(c.isdigit() for c in text)
    seen, made = 0, []
    for c in text:
        if not c.isdigit():
            made.append(c)
            continue
        made.append("1" if digits == 11 and seen == 0 and c == "1" else "0")
        seen += 1
    return "".join(made)
