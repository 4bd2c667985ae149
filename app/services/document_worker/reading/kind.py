"""What answers of a kind look like, and which glyphs are mistaken for each other.

Shapes never change what was read on their own: they choose between readings the recognizer itself holds
possible, they say how far a reading can be trusted, and they make suggestions.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from app.domain.form import FieldKind

_SHAPES = {
    FieldKind.DATE: re.compile(r"(0?[1-9]|1[0-2])[/.-](0?[1-9]|[12]\d|3[01])[/.-](\d{4}|\d{2})"),
    FieldKind.PHONE: re.compile(
        r"\+?1?[ .-]?\(?\d{3}\)?[ .-]?\d{3}[ .-]?\d{4}( ?(x|ext\.?) ?\d{1,5})?", re.IGNORECASE
    ),
    FieldKind.NPI: re.compile(r"\d{9,10}"),
    FieldKind.ICD10: re.compile(r"[A-TV-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?"),
    FieldKind.PROCEDURE_CODE: re.compile(r"\d{4}[0-9A-Z]|[A-Z]\d{4}|\d{5}-[0-9A-Z]{2}"),
    FieldKind.ZIP: re.compile(r"\d{5}(-\d{4})?"),
    FieldKind.NUMBER: re.compile(r"\d+([.,]\d+)?"),
    FieldKind.MEMBER_ID: re.compile(r"[A-Z]{0,4}\d[\dA-Z-]{4,}"),
}

CONFUSABLE: dict[str, str] = {
    "0": "OoDQ", "O": "0Q", "o": "0", "D": "0O", "Q": "O0", "1": "Il|7", "I": "1l", "l": "1I", "|": "1Il",
    "5": "S$", "S": "5$8", "$": "S5", "8": "B3S", "B": "8", "2": "Z", "Z": "2", "6": "G", "G": "6", "7": "1T",
    "4": "A", "A": "4", "9": "g", "g": "9", "3": "8", "u": "v", "v": "u", "c": "e", "e": "c", ",": ".", ".": ",",
    "ß": "B8", "T": "7", "U": "V", "V": "U",
}  # fmt: skip


def shape_fits(kind: FieldKind, text: str) -> bool | None:
    """Whether a text looks like its kind; None when the kind has no shape."""
    shape = _SHAPES.get(kind)
    if shape is None or not text:
        return None
    return shape.fullmatch(text.strip()) is not None


def embedded(text: str) -> tuple[int, str] | None:
    """The code that stands at the end of a text after a dash: (where it begins, the code)."""
    found = re.search(r"[-–—]\s*([^\s-]{3,8})$", text)
    return (found.start(1), found.group(1)) if found else None


def fits(kind: FieldKind, embeds: str, text: str) -> bool | None:
    """As `shape_fits`; for texts that end in a code, whether that code has its shape."""
    if embeds:
        code = embedded(text)
        return shape_fits(FieldKind(embeds), code[1]) if code else None
    return shape_fits(kind, text)


def fitting(kind: FieldKind, embeds: str, text: str, most: int = 2) -> Iterator[str]:
    """Texts with up to so many glyphs exchanged for confusable ones that do have the shape."""
    start, code, of = 0, text, kind
    if embeds:
        found = embedded(text)
        if found is None:
            return
        (start, code), of = found, FieldKind(embeds)
    if of not in _SHAPES or len(code) > 24:
        return
    places = [i for i, c in enumerate(code) if c in CONFUSABLE]
    for count in range(1, most + 1):
        hit = False
        for chosen in itertools.combinations(places, count):
            for others in itertools.product(*(CONFUSABLE[code[i]] for i in chosen)):
                tried = list(code)
                for place, other in zip(chosen, others, strict=True):
                    tried[place] = other
                candidate = "".join(tried)
                if shape_fits(of, candidate):
                    hit = True
                    yield text[:start] + candidate
        if hit:
            return


_BUILDS = (
    (FieldKind.DATE, re.compile(r"\W{0,2}[01]?\d\W{1,2}[0-3]?\d\W{1,2}(19|20)\d\d\W{0,2}")),
    (FieldKind.PHONE, re.compile(r"\W{0,2}1?\W{0,2}\d{3}\W{1,2}\d{3}\W{1,2}\d{4}\W{0,2}")),
)


def guessed(text: str) -> FieldKind | None:
    """The kind that a free text has the build of, whatever stands between its digits."""
    return next((kind for kind, build in _BUILDS if build.fullmatch(text)), None)
