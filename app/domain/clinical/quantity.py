"""Numbers in a text: what each is (a value, a reference range, a goal, a dose), in which unit, between which bounds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from app.domain.clinical.moment import moments
from app.domain.clinical.unit import unit_after


class Part(StrEnum):
    """What a number is in its sentence."""

    VALUE = "value"
    RANGE = "range"
    """The laboratory's reference range, or one end of it."""
    GOAL = "goal"
    LIMIT = "limit"
    """A threshold somebody else set: "must be > 7"."""
    PRIOR = "prior"
    """An earlier value told beside a later one."""
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number or range of numbers. `low` and `high` are None where open; `open_low` says that the bound itself is out.

    `unit` is canonical, "" when none stands with it. `start` and `end` hold comparator, number and unit.
    """

    start: int
    end: int
    low: float | None
    high: float | None
    open_low: bool = False
    open_high: bool = False
    unit: str = ""
    part: Part = Part.VALUE
    rough: bool = False
    compared: bool = False
    """A bound is said, no value: "> 7"."""

    @property
    def exact(self) -> float | None:
        return self.low if self.low is not None and self.low == self.high else None


_LESS = ("<", "less than", "below", "under", "fewer than", "lower than")
_LESS_EQ = (
    "<=",
    "≤",
    "at most",
    "up to",
    "no more than",
    "not more than",
    "at or below",
    "not exceeding",
    "less than or equal to",
    "maximum of",
    "</=",
)
_MORE = (
    ">",
    "greater than",
    "more than",
    "above",
    "over",
    "exceeding",
    "exceeds",
    "exceeded",
    "higher than",
    "in excess of",
)
_MORE_EQ = (
    ">=",
    "≥",
    "at least",
    "no less than",
    "not less than",
    "at or above",
    "minimum of",
    "greater than or equal to",
    ">/=",
)
_ROUGH = (
    "about",
    "approximately",
    "approx.",
    "approx",
    "~",
    "around",
    "roughly",
    "nearly",
    "almost",
    "close to",
    "circa",
    "≈",
)
_SIGNS = {**dict.fromkeys(_LESS, "<"), **dict.fromkeys(_LESS_EQ, "<="), **dict.fromkeys(_MORE, ">"), **dict.fromkeys(_MORE_EQ,
    ">="),
          **dict.fromkeys(_ROUGH, "~")}  # fmt: skip
_SIGN = "|".join(
    rf"(?<![-=]){re.escape(s)}" if not s[0].isalpha() else rf"\b{re.escape(s)}"
    for s in sorted(_SIGNS, key=len, reverse=True)
)
_N = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
_NUMBER = re.compile(
    rf"(?P<sign>(?:{_SIGN})\s*(?:the\s+)?)?(?P<between>\bbetween\s+)?(?<![\w.,])(?P<minus>(?<![\w)\].,%])-)?(?P<n>{_N})(?P<u1>\s?%)?"
    rf"(?:\s*(?P<link>-|to|and|\.\.)\s*(?P<n2>{_N}))?(?P<plus>\+)?(?![\d:]|\.\d|/\d|,\d)",
    re.IGNORECASE,
)
_BEHIND = re.compile(
    r"\s*(?P<more>or (?:more|greater|higher|above)|and (?:above|up|over|higher)|\+)|\s*(?P<less>or (?:less|lower|"
    r"below|fewer)|and (?:below|under))\b",
    re.IGNORECASE,
)
_MASKED = re.compile(
    r"\b24[\s-]?h(?:ou)?rs?\b|\b24[\s-]?h\b|\b\d{1,2}:\d{2}(?::\d{2})?\s*(?:[ap]\.?m\.?)?|\(?\b\d{3}\)?[-. ]\d{3}[-. ]\d{4}\b|"
    r"\b\d{2,3}\s?/\s?\d{2,3}\b(?!\d)|#\s?\d+|\b(?:page|p\.|pg)\s*\d+(?:\s*of\s*\d+)?|^\s*\(?\d{1,2}[.)]\s"
    r"|\b\d{1,3}[\s-]*(?:y/?o\b|y\.o\.|year[s]?[- ]old|yr[s]?[- ]old)|\b(?:age|aged)\s*:?\s*\d{1,3}\b|\b(?:npi|"
    r"mrn|id|acct|account|phone|fax|tel|zip|code|cpt|hcpcs|icd-?10?)\s*(?:no\.?|number|"
    r"#)?\s*[:#]?\s*[\w-]*\d[\w.-]*|\b[A-Z]\d{2}\.\w{1,4}\b|"
    r"\b\d{1,2}\s?[ap]\.?m\b\.?|\b(?:type|grade|stage|class|phase|level|group|criterion|criteria|section|item|"
    r"step|line|room|suite|visit|day|week|case|no\.|number)\s+\d{1,2}\b(?!\s*(?:%|[.,]\d))",
    re.IGNORECASE,
)
_GOAL = re.compile(
    r"\b(?:goals?|targets?|aim(?:ing)?|desired|should be|to keep|keep\w*|maintain\w*|objective|ideal(?:ly)?|"
    r"optimal|to get|(?:bring|reduce|lower|improve|decrease|raise|increase|get)\s+(?:\w+\s+){0,3}(?:to|below|"
    r"under|above)|hope\w*|until|recommended)\b[^;.]*$",
    re.IGNORECASE,
)
_GOAL_NEAR = re.compile(
    r"\b(?:goals?|targets?|aim(?:ing)?|desired|should be|to keep|ideal|objective)\b(?:\s+(?:is|of|was|are|a1c|for|"
    r"to|be|range|hba1c|:|level))*\s*:?\s*\(?\s*$",
    re.IGNORECASE,
)
_GOAL_BEHIND = re.compile(
    r"\s*(?:\(\s*(?:goal|target)\s*\)|(?:is |are )?(?:desired|preferred|recommended|required|needed|advised)\b|(?:goal|target)\b(?!\s*(?:is|was|of|[:<>(=\d])))",
    re.IGNORECASE,
)
_LIMIT = re.compile(
    r"\b(?:if|when|whenever|must be|must have|needs? to be|has to be|threshold|cut-?off|criteri(?:a|on)|requires?|"
    r"required|requirement|unless|call (?:if|for)|notify|hold for|alert|alarm)\b[^;.]*$",
    re.IGNORECASE,
)
_RANGE_NEAR = re.compile(
    r"\b(?:ref(?:erence)?\.?(?: range| interval| value)?s?|normal(?: range| limits?| value)?s?|nl|nml|range|rr|"
    r"lln|uln|lower limit(?: of normal)?|upper limit(?: of normal)?|expected|interval|ri|std range|"
    r"limits)\b\s*(?:is|of|was|for|:|=|\(|\[|,|the|lab|lab's|assay|this)*\s*$",
    re.IGNORECASE,
)
_PRIOR_NEAR = re.compile(
    r"\b(?:previous(?:ly)?|prior|(?:down|up|decreased|increased|improved|dropped|fell|rose|risen|reduced|declined|"
    r"changed|went)?\s*from|baseline|initial(?:ly)?|earlier|before(?: that)?|prev\.?|last (?:year|time|visit)|"
    r"historical(?:ly)?|formerly|preceding|old|compared (?:to|with)|vs\.?|versus|pre-?op)\b\s*(?:was|of|a1c|hba1c|"
    r"value|level|result|at|is|:|=|\(|been)*\s*$",
    re.IGNORECASE,
)
_NOW_BEHIND = re.compile(
    r"^[^.;]{0,25}?(?:->|→|\bto\b|\bnow\b|,?\s*(?:and )?(?:currently|today)\b|\band then\b)", re.IGNORECASE
)
_WAS = re.compile(r"\b(?:was|were|had been|used to be)\s*$", re.IGNORECASE)
_PRIOR_BEHIND = re.compile(
    r"\s*\(?\s*(?:at (?:diagnosis|baseline|onset|presentation|the time of diagnosis)|(?:initially|previously)\b(?!\s*[\d<>~])|"
    r"before (?:treatment|therapy|starting))\b",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    r"\b(?:by|loss of|lost|gain(?:ed)?(?: of)?|drop(?:ped)?(?: of)?|(?:rise|increase|decrease|reduction|fall|"
    r"change|improvement|worsening) of)\s*$",
    re.IGNORECASE,
)


def quantities(text: str, wanted: tuple[str, ...] = ()) -> tuple[Quantity, ...]:
    """The numbers of a text in their order; dates, times, telephone numbers, ages and blood pressures are none."""
    taken = [(m.start(), m.end()) for m in _MASKED.finditer(text)]
    taken += [(m.start, m.end) for m in moments(text, None)]
    found: list[Quantity] = []
    at = 0
    while m := _NUMBER.search(text, at):
        begin = m.start("n")
        hidden = next((end for start, end in taken if start <= begin < end), None)
        if hidden is not None:
            at = max(hidden, begin + 1)
            continue
        at = m.end()
        if text[at : at + 1].isalpha() and not unit_after(text, at, wanted)[0]:
            continue
        made = _quantity(text, m, wanted)
        found.append(made)
        # "from 9.4 to 7.2": what is no range is read on from its second number.
        at = max(begin + 1, made.end) if not m.group("n2") else max(begin + 1, min(made.end, m.end()))
    return tuple(_with_parts(text, found))


def _quantity(text: str, m: re.Match[str], wanted: tuple[str, ...]) -> Quantity:
    first = _float(m.group("n")) * (-1 if m.group("minus") else 1)
    link = (m.group("link") or "").lower()
    end = m.end()
    second: float | None = None
    if m.group("n2"):
        value = _float(m.group("n2"))
        if link == "and" and not m.group("between"):
            end = m.start("link")  # "8 and 10": two numbers
        elif link == "to" and re.search(
            r"\b(?:from|improved|decreased|increased|dropped)\s*$", text[: m.start()], re.IGNORECASE
        ):
            end = m.start("link")
        else:
            second = value
    sign = _SIGNS.get(" ".join((m.group("sign") or "").lower().removesuffix("the ").split()), "")
    low: float | None = first
    high: float | None = first if second is None else second
    if low is not None and high is not None and low > high:
        low, high = high, low
    open_low = open_high = False
    behind = _BEHIND.match(text[end:])
    if m.group("plus") or (behind and behind.group("more")):
        sign = sign or ">="
    elif behind and behind.group("less"):
        sign = sign or "<="
    if sign in ("<", "<="):
        low, open_high = None, sign == "<"
    elif sign in (">", ">="):
        high, open_low = None, sign == ">"
    if m.group("u1") and second is None:
        return Quantity(
            m.start(),
            end,
            low,
            high,
            open_low,
            open_high,
            "%",
            rough=sign == "~",
            compared=sign in ("<", "<=", ">", ">="),
        )
    unit, stop = unit_after(text, end, wanted)
    if not unit and m.group("u1"):
        unit = "%"
    return Quantity(
        m.start(),
        stop,
        low,
        high,
        open_low,
        open_high,
        unit,
        rough=sign == "~",
        compared=sign in ("<", "<=", ">", ">="),
    )


def _with_parts(text: str, found: list[Quantity]) -> list[Quantity]:
    out: list[Quantity] = []
    for n, q in enumerate(found):
        since = out[-1].end if out else 0
        lead = text[max(since, q.start - 90) : q.start]
        out.append(_as(q, _part(text, q, lead, found, n)))
    return out


def _as(q: Quantity, part: Part) -> Quantity:
    return Quantity(q.start, q.end, q.low, q.high, q.open_low, q.open_high, q.unit, part, q.rough, q.compared)


def _part(text: str, q: Quantity, lead: str, found: list[Quantity], n: int) -> Part:
    near = lead[-40:]
    if _RANGE_NEAR.search(near):
        return Part.RANGE
    if _GOAL_NEAR.search(near) or _GOAL_BEHIND.match(text[q.end :]) or _GOAL.search(lead):
        return Part.GOAL
    if _LIMIT.search(lead):
        return Part.LIMIT
    if _bracketed(text, q) and n > 0 and (q.low is None or q.high is None or q.low != q.high):
        return Part.RANGE
    if _CHANGE.search(near):
        return Part.CHANGE
    if _PRIOR_NEAR.search(near):
        return Part.PRIOR
    if _PRIOR_BEHIND.match(text[q.end :]):
        return Part.PRIOR
    if _WAS.search(near) and re.search(r"\b(?:now|today|current(?:ly)?)\b", text[: q.start], re.IGNORECASE):
        return Part.PRIOR
    if n + 1 < len(found):
        between = text[q.end : found[n + 1].start]
        if re.match(r"\s*(?:\([^)]*\)\s*)?(?:->|→|-->|=>)\s*$", between):
            return Part.PRIOR
        if _WAS.search(near) and re.search(
            r"\b(?:now|currently|today|presently|most recent\w*|latest)\b", between, re.IGNORECASE
        ):
            return Part.PRIOR
    return Part.VALUE


def _bracketed(text: str, q: Quantity) -> bool:
    """Whether a pair of brackets holds this number and nothing else."""
    before, after = text[: q.start].rstrip(), text[q.end :].lstrip()
    return bool(before) and before[-1] in "([" and bool(after) and after[0] in ")]"


def _float(text: str) -> float:
    return float(text.replace(",", ""))


def holds(q: Quantity, comparison: str, limit: float, factor: float = 1.0) -> bool | None:
    """Whether a quantity satisfies a comparison: True or False where all it can be does, None where it depends."""
    low = None if q.low is None else q.low * factor
    high = None if q.high is None else q.high * factor
    if low is not None and high is not None and factor < 0:
        low, high = high, low
    slack = 1e-9 * max(1.0, abs(limit))
    if (
        q.rough
        and low is not None
        and high is not None
        and low - 0.05 * abs(low) <= limit <= high + 0.05 * abs(high)
    ):
        return None
    if comparison in (">", ">="):
        return _above(low, high, q.open_low, q.open_high, limit, comparison == ">", slack)
    if comparison in ("<", "<="):
        return _above(_neg(high), _neg(low), q.open_high, q.open_low, -limit, comparison == "<", slack)
    if low is None or high is None:
        return None
    if abs(low - limit) <= slack and abs(high - limit) <= slack:
        return True
    return None if low - slack <= limit <= high + slack else False


def _neg(value: float | None) -> float | None:
    return None if value is None else -value


def _above(low: float | None, high: float | None, open_low: bool, open_high: bool, limit: float, strict: bool,
           slack: float) -> bool | None:  # fmt: skip
    """Whether all of an interval lies above a limit."""
    if low is not None and (low > limit + slack or (low >= limit - slack and (open_low or not strict))):
        return True
    if high is not None:
        if high < limit - slack:
            return False
        if abs(high - limit) <= slack and (strict or open_high):
            return False
    return None
