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

_USUAL = {"/": 0.97, "-": 0.025, ".": 0.005}
"""How often dates on US forms are written so."""
_LEFT = {
    "/": {"/": 0.3, ":": 0.18, " ": 0.14, ".": 0.2, "-": 0.14},
    "-": {"/": 0.005, ":": 0.01, " ": 0.12, ".": 0.08, "-": 0.75},
    ".": {"/": 0.005, ":": 0.02, " ": 0.1, ".": 0.82, "-": 0.03},
}
"""What is read where a separator stood on a broken page, by separator. On a clean one it is itself."""
_RARE = 0.01
_LEAST = -5.0
"""Not all dates of a form need to be written alike: none of the ways becomes less likely than this."""
_DATE = re.compile(r"\D{0,2}(\d{1,2})(\D{1,2})(\d{1,2})(\D{1,2})(\d{4}|\d{2})\D{0,2}")

PHONES = (
    "0000000000", "10000000000", "+10000000000", "(000) 000-0000", "(000)000-0000", "000-000-0000", "000.000.0000",
    "000 000 0000", "1-000-000-0000", "+1 (000) 000-0000", "+1 000 000 0000", "+1-000-000-0000", "1 (000) 000-0000",
    "(000) 000 0000", "(000)-000-0000", "+1(000)000-0000", "+1 000-000-0000", "1.000.000.0000", "000/000-0000",
)  # fmt: skip
"""How North American numbers are written; 0 stands for any digit."""


_RARELY = {"10000000000": 0.005}
"""Eleven digits in a row are how a number is written that begins with a plus; hardly anybody writes them without,
and where strokes are lost the plus goes first."""


@dataclass(frozen=True, slots=True)
class Style:
    """How much each way of writing is to be expected on this form, as logarithms of shares."""

    dates: Mapping[str, float] = field(default_factory=dict)
    phones: Mapping[str, float] = field(default_factory=dict)

    def date(self, separator: str) -> float:
        return self.dates.get(separator, math.log(_USUAL[separator]))

    def phone(self, template: str) -> float:
        return self.phones.get(template, math.log(1 / len(PHONES)))


def style_of(dates: Sequence[Line], phones: Sequence[str]) -> Style:
    """What the freely read dates and the phone numbers (as templates, surely seen) of a form have in common."""
    likely = {s: math.log(_USUAL[s]) for s in SEPARATORS}
    for line in dates:
        for glyph in _strokes(line):
            for s in SEPARATORS:
                likely[s] += glyph.score * math.log(_LEFT[s].get(glyph.text, _RARE))
    top = max(likely.values())
    total = top + math.log(sum(math.exp(n - top) for n in likely.values()))
    counted = Counter(phones)
    known = {template: _RARELY.get(template, 0.15) + counted[template] for template in PHONES}
    every = sum(known.values())
    return Style(
        {s: max(_LEAST, n - total) for s, n in likely.items()},
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
