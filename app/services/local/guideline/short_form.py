"""Abbreviations that a document defines itself: “continuous positive airway pressure (CPAP)”.

After A. S. Schwartz and M. A. Hearst, "A simple algorithm for identifying abbreviation definitions in biomedical
text", Pacific Symposium on Biocomputing 8, 2003: the shortest stretch of words before the bracket that holds every
letter of the abbreviation in order, the first one at the beginning of a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_BRACKET = re.compile(r"\(([^()\n]{2,60})\)")
_SHORT = re.compile(r"[A-Za-z0-9][A-Za-z0-9/.-]{1,9}")


def definitions(text: str) -> Iterator[tuple[str, str]]:
    """Every (abbreviation, what it stands for) that the text defines, as they are written."""
    for match in _BRACKET.finditer(text):
        inside = re.split(r"[;,]| or ", match.group(1))[0].strip()
        before = text[max(0, match.start() - 200) : match.start()].rstrip()
        if _is_short(inside):
            long = _long_form(inside, before)
            if long:
                yield inside, long
        elif before and _is_short(short := before.split()[-1]):  # CPAP (continuous positive airway pressure)
            long = _long_form(short, inside)
            if long and len(long) == len(inside):
                yield short, long


def _is_short(text: str) -> bool:
    return (
        bool(_SHORT.fullmatch(text))
        and sum(c.isalpha() for c in text) >= 2
        and sum(c.isupper() for c in text) >= 1 + (len(text) > 3)
    )


def _long_form(short: str, before: str) -> str:
    """The shortest end of `before` that the abbreviation is made from; "" when it is not."""
    if short.endswith("s") and short[:-1].isupper():
        short = short[:-1]  # a plural: ICDs
    words = before.split()
    most = min(len(short) + 5, 2 * len(short))
    window = " ".join(words[-most:])
    at = len(window) - 1
    for place in range(len(short) - 1, -1, -1):
        letter = short[place].lower()
        if not letter.isalnum():
            continue
        while at >= 0 and (
            window[at].lower() != letter or (place == 0 and at > 0 and window[at - 1].isalnum())
        ):
            at -= 1
        if at < 0:
            return ""
        at -= 1
    start = window.rfind(" ", 0, at + 1) + 1
    long = window[start:].strip(" -,;:")
    if len(long) <= len(short) or short.lower() in long.lower().split() or len(long.split()) > most:
        return ""
    return long
