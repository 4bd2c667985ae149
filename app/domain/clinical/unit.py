"""Units of measurement: how they are written, and which are the same."""

from __future__ import annotations

import re

_SAME = {
    "percent": "%", "pct": "%", "per cent": "%", "mmhg": "mmhg", "mm of hg": "mmhg", "torr": "mmhg",
    "mm hg.": "mmhg", "ml/minute": "ml/min", "cc/min": "ml/min", "ml/min/1.73m2": "ml/min",
    "ml/min/1.73m^2": "ml/min", "ml/min/1.73": "ml/min", "ml/min/1.73sqm": "ml/min", "kg/m^2": "kg/m2",
    "kg/sqm": "kg/m2", "kg/m": "kg/m2", "kgm2": "kg/m2", "mg%": "mg/dl", "mgs/dl": "mg/dl", "mg/100ml": "mg/dl",
    "mcg/l": "ug/l", "mcg/ml": "ug/ml", "lbs": "lb", "pounds": "lb", "pound": "lb", "kilograms": "kg",
    "kgs": "kg", "inches": "in", "inch": "in", '"': "in", "feet": "ft", "foot": "ft", "centimeters": "cm",
    "events/hour": "/hour", "events/hr": "/hour", "events/h": "/hour", "/hr": "/hour", "/h": "/hour",
    "per hour": "/hour", "events per hour": "/hour", "episodes/hour": "/hour", "episodes per hour": "/hour",
    "per hr": "/hour", "event/hour": "/hour", "/hour of sleep": "/hour", "an hour": "/hour",
    "eventsperhour": "/hour", "mcg": "ug", "decibels": "db", "dbhl": "db", "dbs": "db", "u/ml": "u/ml",
    "iu/ml": "iu/ml", "packyears": "pack-year", "pack-years": "pack-year", "pack-yr": "pack-year",
    "pack-yrs": "pack-year", "packyear": "pack-year", "pky": "pack-year", "ppy": "pack-year", "py": "pack-year",
    "packyrs": "pack-year", "pk-yr": "pack-year", "pk-yrs": "pack-year", "pk yrs": "pack-year", "milliseconds": "ms", "msec": "ms", "liters": "l", "l/minute": "l/min",
    "lpm": "l/min", "liters/min": "l/min", "gm/dl": "g/dl", "g/100ml": "g/dl", "hours": "hour", "hrs": "hour",
    "hr": "hour", "h": "hour", "minutes": "min", "mins": "min", "years": "year", "yrs": "year", "yr": "year",
    "months": "month", "weeks": "week", "days": "day", "pmol/ml": "nmol/l", "pts": "points", "point": "points",
}  # fmt: skip
_KNOWN = (
    r"%|percent(?!ile)|per cent|mg\s?%|m?mol\s?/\s?mol|[munp]?mol\s?/\s?m?l|(?:mc|[munpk])?gm?s?\s?/\s?(?:d|m|"
    r"100\s?m)?l|m?e?q\s?/\s?l|m?i?u\s?/\s?m?l|"
    r"ml\s?/\s?min(?:ute)?(?:\s?/\s?1\.73(?:\s?(?:m2|m\^2|sq ?m))?)?|ml per min(?:ute)?|cc\s?/\s?min|"
    r"l\s?/\s?min(?:ute)?|lpm|kg\s?/\s?m(?:2|\^2|²)?|kg\s?/\s?sq\s?m|kgs?|kilograms|"
    r"lbs?\.?|pounds?|mm\s?hg\.?|mm of hg|torr|cm(?:\s?h2o)?|mm|inches|inch|feet|foot|ft|in(?![a-z])(?=\s*[,.;)]|"
    r"\s*$)|events?\s?(?:/|per)\s?h(?:ou)?r?|episodes\s?(?:/|per)\s?h(?:ou)?r|"
    r"(?:/|per )\s?h(?:ou)?r?(?: of sleep)?|an hour|db(?:\s?hl)?s?|decibels|bpm|beats per minute|ms(?:ec)?|"
    r"milliseconds|pa?c?k[\s-]?y(?:ea)?rs?|pky|mcg|ug|mg|units?|iu|meq|g|gm|l|liters?|ml|cc|"
    r"years?|yrs?|months?|mos?|weeks?|wks?|days?|hours?|hrs?|minutes?|mins?|seconds?|secs?|points?|pts|times|"
    r"x10\S+|k/ul|°\s?[fc]|degrees"
)
_UNIT = re.compile(rf"\s*[-(|]?\s*(?P<unit>{_KNOWN})(?![A-Za-z0-9])\)?", re.IGNORECASE)
_CROSSED = re.compile(r"\s*(?:[HL*]{1,2}|high|low|\((?:h|l|high|low)\)|\*+)(?:\s+|$)", re.IGNORECASE)


def canonical(unit: str) -> str:
    """One way to write a unit: lower case, no blanks, one of each family of synonyms."""
    plain = unit.lower().strip().strip("().").replace("²", "2").replace("µ", "u").replace("μ", "u")
    plain = re.sub(r"\s+", " ", plain)
    if plain in _SAME:
        return _SAME[plain]
    plain = plain.replace(" per ", "/").replace(" ", "")
    return _SAME.get(plain, plain)


def unit_after(text: str, at: int, wanted: tuple[str, ...] = ()) -> tuple[str, int]:
    """The unit that follows a number, canonical, and where it ends; ("", at) when none does.

    `wanted` are units of the test, which may be unusual ("episodes"). A flag may stand between ("8.2 H %").
    """
    rest = text[at:]
    flag = _CROSSED.match(rest)
    if flag:
        # "0.3 L ng/mL": the letter is a flag, not litres.
        found = _UNIT.match(rest[flag.end() :])
        if found and found.start("unit") == 0:
            return canonical(found.group("unit")), at + flag.end() + found.end()
        if rest.strip()[:1] in "LH*" and "l" not in [canonical(w) for w in wanted]:
            return "", at
    for unit in sorted(wanted, key=len, reverse=True):
        if unit:
            spelt = re.sub(r"\\?\s+", r"\\s*", re.escape(unit))
            found = re.match(rf"\s*-?\(?{spelt}(?![A-Za-z0-9])\)?", rest, re.IGNORECASE)
            if found:
                return canonical(unit), at + found.end()
    found = _UNIT.match(rest)
    if found:
        return canonical(found.group("unit")), at + found.end()
    return "", at


def unit_in(text: str) -> str:
    """A unit that stands alone in brackets or behind a comma ("HbA1c (%)", "Glucose, mg/dL"); "" when none does."""
    for found in re.finditer(rf"[(\[,]\s*(?P<unit>{_KNOWN})\s*(?=[)\]:]|$)", text, re.IGNORECASE):
        return canonical(found.group("unit"))
    return ""
