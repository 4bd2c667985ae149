"""Which number is a measurement of a concept: the patient's own, of which day, in which unit."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from app.domain.clinical.context import Said, context
from app.domain.clinical.grade import grade_behind
from app.domain.clinical.moment import before
from app.domain.clinical.quantity import Part, Quantity, holds
from app.domain.clinical.rate import rates
from app.domain.clinical.term import tokens
from app.domain.clinical.unit import canonical, unit_in
from app.domain.criterion import GRADE, NumberTest, Period
from app.domain.evidence import Evidence
from app.services.local.criteria.code import day_words
from app.services.local.criteria.reading import Mention, Reading
from app.services.local.criteria.statement import Origin, Statement

_FILLER = re.compile(
    r"\s*(?:is|was|are|were|be|been|being|of|at|level|levels|result|results|resulted|value|values|reading|"
    r"readings|count|score|index|test|tests|today|fasting|recently|recent|came|back|returned|return|measured|"
    r"measures|measuring|measurement|currently|current|now|to|has|have|had|"
    r"remains|remained|remain|elevated|elevation|high|low|which|still|latest|most|last|in|on|by|with|a|an|the|"
    r"this|that|and|as|recorded|noted|documented|reported|found|calculated|estimated|est|serum|plasma|blood|whole|"
    r"total|mean|average|averaging|averages|avg|approx|approximately|about|only|just|repeat|"
    r"repeated|follow|up|down|his|her|their|patient's|pt's|h|l|abnormal|normal|s|from|labs?|lab|drawn|collected|"
    r"dated?|obtained|shows?|showed|showing|revealed|reveals|demonstrates?|demonstrated|equals|equal|equaled|"
    r"stands|runs|ran|running|ranges|ranged|ranging|between|exceed\w*|frequently|often|consistently|usually|"
    r"undetectable|detectable|recovered|well|poorly|controlled|uncontrolled|suboptimal|optimal|urine|collection|"
    r"hour|h|muga|echo|echocardiogram|echocardiography|mri|cmr|"
    r"nuclear|spect|tte|tee|cath|catheterization|ventriculogram|angiography|psg|hst|polysomnography|abg|poc|"
    r"reduced|depressed|impaired|preserved|diminished|persistently|chronically|markedly|"
    r"severely|mildly|moderately|improved|worsened|decreased|increased|dropped|rose|fell|risen|greater|less|than|"
    r"more|over|under|above|below|least|rest|room|air|while|during|exertion|ambulation|sleep|awake|overall|"
    r"visually|then|later|again|best|worst|lowest|highest|nadir|peak|max|min|(?:x\s?)?\d\.?)\b"
    r"|\s+|[:=,()\-\[\]/|*#~<>≤≥+→]|->|\.{2,}|_+", re.IGNORECASE,
)  # fmt: skip
"""What may stand between a measure and its number without making it the number of something else."""
_CHANGES = re.compile(r"improve|reduc|decreas|increas|loss|gain|change|fall|drop", re.IGNORECASE)
"""What is measured is a change itself."""
_EXTREME = re.compile(
    r"\b(?:max(?:imum)?|highest|heaviest|peak|lifetime|pre-?op\w*|previous|prior|baseline|old|initial|earlier|"
    r"last year's)\s+(?:adult\s+|recorded\s+|known\s+)?$",
    re.IGNORECASE,
)
"""What stands before a measure and says that its number is not the present one."""
_RANGE_LINE = re.compile(r"\W*(?:the |lab(?:oratory)?(?:'s)? )?(?:ref\b|reference|normal)", re.IGNORECASE)
_OTHER_ORDER = re.compile(r"\b(?:previous|prior)\b.*\b(?:results?|current|value)\b", re.IGNORECASE)
_TELLING = frozenset({"pack-year"})
"""Units that measure one thing only."""
_BACK = re.compile(r"\s*(?:(?:%|of|for|on|a|an|the|in)\s*)*$", re.IGNORECASE)


@dataclass(frozen=True)
class Value:
    """A number taken for the patient's. `day` is None where nobody says; `verdict` None where it cannot be compared."""

    mention: Mention
    quantity: Quantity
    day: date | None
    prior: bool
    verdict: bool | None
    problem: str = ""
    dated: bool = False
    """Its day is told beside it."""

    def evidence(self) -> Evidence:
        start, end = (
            min(self.mention.start, self.quantity.start),
            max(self.mention.end, self.quantity.end),
        )
        return self.mention.statement.evidence(
            start, end, self.problem or self.mention.statement.barred or self.mention.statement.doubt
        )


def values_of(reading: Reading, test: NumberTest, mention: Mention) -> list[Value]:
    statement = mention.statement
    units = (test.unit, *(u for u, _ in test.units))
    if mention.said in (Said.OTHER, Said.GENERAL, Said.CLAIMED, Said.UNTICKED) and not _tabled(mention):
        return []
    quantities = _no_rates(statement.text, reading.chart.quantities(statement, units), units)
    allowed = frozenset(
        t.key for name in (*test.given, test.of) for term in reading.concept(name).terms for t in tokens(term)
    )
    chosen, normal = _chosen(reading, mention, quantities, allowed)
    if canonical(test.unit) in _TELLING and any(q.unit == canonical(test.unit) for q in quantities):
        chosen = _telling(statement, quantities, test.unit)
    if test.unit == GRADE:
        graded = grade_behind(statement.text, mention.end)
        chosen, normal = [graded] if graded else [], None
    alike = [q for q in quantities if q.part is Part.VALUE and q.unit == chosen[0].unit] if chosen else []
    out = []
    columns = _column_days(reading, statement, chosen)
    for n, quantity in enumerate(chosen):
        prior = quantity.part is Part.PRIOR or bool(
            _EXTREME.search(statement.text[: mention.start])
            or (_OTHER_ORDER.search(statement.columns) and n == 0 and len(chosen) > 1)
        )
        day = columns[n] if columns else _day(reading, mention, quantity)
        problem = _problem(reading, test, mention, quantity, day, alike)
        verdict, other = _compare(test, statement, mention, quantity, normal)
        problem = problem or other
        out.append(
            Value(
                mention,
                quantity,
                day,
                prior,
                verdict,
                problem,
                bool(columns) or bool(reading.chart.moments(statement)),
            )
        )
    return out


def _telling(statement: Statement, found: tuple[Quantity, ...], unit: str) -> list[Quantity]:
    """Numbers whose unit says by itself what they measure: "1.5 packs a day for 30 years (45 pack-years)"."""
    return [
        q for q in found
        if q.unit == canonical(unit) and q.part is Part.VALUE
        and context(statement.text, q.start, q.end, statement.section).said in (Said.AFFIRMED, Said.ENDED)
    ]  # fmt: skip


def _no_rates(text: str, found: tuple[Quantity, ...], units: tuple[str, ...]) -> tuple[Quantity, ...]:
    """Without how often something is measured: "glucose 5 times a day" is no value of glucose."""
    accepted = {canonical(u) for u in units if u}
    often = [r for r in rates(text) if r.end - r.start > 2] if found else []
    return tuple(
        q for q in found
        if q.unit in accepted or not any(r.start < q.end and q.start < r.end for r in often)
    )  # fmt: skip


def _tabled(mention: Mention) -> bool:
    """A row of results under a heading of plans or goals is still a row of results; a barred one never is."""
    return False if mention.statement.barred else mention.statement.row and mention.said is Said.PLANNED


def _chosen(
    reading: Reading, mention: Mention, quantities: tuple[Quantity, ...], allowed: frozenset[str]
) -> tuple[list[Quantity], Quantity | None]:
    """The numbers that are values of a mention, and the reference range that stands with them."""
    statement = mention.statement
    text = statement.text
    found: list[Quantity] = []
    normal: Quantity | None = None
    at = mention.end
    for q in (q for q in quantities if q.start >= mention.end):
        gap = text[at : q.start]
        beside = found and normal is None and q.part is Part.RANGE and re.match(r"[^.;]{0,40}$", gap)
        if not beside and not _fills(reading, statement, gap, at, allowed):
            break
        at = q.end
        if q.part is Part.RANGE or (found and statement.row and q.exact is None):
            normal = normal or q
        elif q.part in (Part.VALUE, Part.PRIOR) or (
            q.part is Part.CHANGE and _CHANGES.search(text[mention.start : mention.end])
        ):
            if found and not _same_kind(found[-1], q):
                break
            found.append(q)
    if not found:
        before_ = [q for q in quantities if q.end <= mention.start and q.part is Part.VALUE]
        if before_ and _BACK.fullmatch(text[before_[-1].end : mention.start]) and before_[-1].unit:
            found = [before_[-1]]
    if normal is None and found:
        ahead = [q for q in quantities if q.part is Part.RANGE and q.start >= mention.end]
        normal = ahead[0] if ahead and len(found) == 1 else None
    if normal is None and len(found) == 1:
        normal = _range_below(reading, statement)
    return found, normal


def _range_below(reading: Reading, statement: Statement) -> Quantity | None:
    """The reference range that stands on a line or in a sentence of its own right behind a result."""
    after = statement.place + 1
    if after >= len(reading.chart.statements):
        return None
    other = reading.chart.statements[after]
    if (
        other.source is not statement.source
        or other.page != statement.page
        or not _RANGE_LINE.match(other.text)
    ):
        return None
    return next((q for q in reading.chart.quantities(other, ()) if q.part is Part.RANGE), None)


def _same_kind(first: Quantity, second: Quantity) -> bool:
    return first.unit == second.unit or not second.unit or not first.unit


def _fills(reading: Reading, statement: Statement, gap: str, at: int, allowed: frozenset[str]) -> bool:
    """Whether words between a measure and a number leave the number the measure's own."""
    for day in sorted(reading.chart.moments(statement), key=lambda d: -d.start):
        if day.start >= at and day.end <= at + len(gap):
            gap = gap[: day.start - at] + " " * (day.end - day.start) + gap[day.end - at :]
    if re.search(r"(?<!\best)(?<!\bavg)(?<!\bapprox)(?<!\bcalc)[.;]\s", gap):
        return False
    gap = re.sub(r"\((?:[A-Za-z0-9 %/\-.]{1,18})\)|\[[A-Za-z0-9 %/\-.]{1,18}\]", " ", gap)
    for token in tokens(gap):
        word = gap[token.start : token.end]
        if token.key in allowed or _FILLER.fullmatch(word):
            continue
        if re.fullmatch(
            r"(?:%|mg|dl|ng|ml|mmol|l|kg|m2|mm|hg|pmol|percent|ref|range|reference|units?)",
            word,
            re.IGNORECASE,
        ):
            continue
        return False
    return len(gap) <= 90


def _day(reading: Reading, mention: Mention, quantity: Quantity) -> date | None:
    """The day of a value: the date that stands with it, else that of the note."""
    statement = mention.statement
    text = statement.text
    days = [
        d
        for d in reading.chart.moments(statement)
        if not re.search(r"\b(?:next|repeat|due)\b[^,;]{0,20}$", text[: d.start], re.IGNORECASE)
    ]
    behind = [
        d
        for d in days
        if d.start >= quantity.end
        and len(d_gap := text[quantity.end : d.start]) <= 60
        and not re.search(r"[;]|\d", _without_range(d_gap))
    ]
    ahead = [
        d
        for d in days
        if d.end <= quantity.start and not re.search(r"[;.]\s|\d", text[d.end : max(d.end, mention.start)])
    ]
    for found in (*behind[:1], *ahead[-1:]):
        return found.last if found.last <= reading.asked_on or found.first > reading.asked_on else found.first
    if statement.origin in (Origin.REQUEST, Origin.LINE):
        return None
    return statement.written


def _without_range(text: str) -> str:
    return re.sub(
        r"[\[(][^\])]*[\])]|\d+(?:\.\d+)?\s*-\s*\d+(?:\.\d+)?|[<>]=?\s*\d+(?:\.\d+)?|\b(?:m2|10\^\d)",
        " ",
        text,
    )


def _column_days(reading: Reading, statement: Statement, chosen: list[Quantity]) -> list[date | None]:
    """The days of the columns of a table, when it has one for each number of the row."""
    if len(chosen) < 2 or not statement.columns:
        return []
    from app.domain.clinical.moment import moments

    days = moments(statement.columns, statement.written or reading.asked_on)
    return [d.last for d in days] if len(days) == len(chosen) else []


def _segment(text: str, quantity: Quantity, chosen: list[Quantity]) -> tuple[int, int] | None:
    """The part of a statement that belongs to one of several values; None when there is only one."""
    if len(chosen) < 2:
        return None
    if quantity not in chosen:
        return None
    n = chosen.index(quantity)
    first = chosen[n - 1].end if n else 0
    last = chosen[n + 1].start if n + 1 < len(chosen) else len(text)
    cut = re.search(r"[,;]", text[quantity.end : last])
    return first, quantity.end + cut.start() if cut else last


def _elsewhere(reading: Reading, name: str, statement: Statement, segment: tuple[int, int]) -> bool:
    """Whether a condition stands in the statement, but with another of its values."""
    here = [m for m in reading.mentions(name) if m.statement.place == statement.place]
    return bool(here) and not any(segment[0] <= m.start < segment[1] for m in here)


def _problem(
    reading: Reading, test: NumberTest, mention: Mention, quantity: Quantity, day: date | None,
    chosen: list[Quantity],
) -> str:  # fmt: skip
    statement = mention.statement
    if statement.barred or statement.doubt:
        return statement.barred or statement.doubt
    if mention.said in (Said.SUPPOSED, Said.PLANNED) and not (
        statement.row and quantity.exact is not None and quantity.unit
    ):
        return f"it is {mention.context.note}"
    if mention.said is Said.UNCERTAIN:
        return "it is said to be uncertain"
    segment = _segment(statement.text, quantity, chosen)
    for name in test.given:
        if segment is not None and _elsewhere(reading, name, statement, segment):
            return f"not together with “{reading.words(name)}”"
        if not _given(reading, name, statement):
            return f"not together with “{reading.words(name)}”"
    for name in test.unless:
        if segment is not None and _elsewhere(reading, name, statement, segment):
            continue
        if reading.stands_with(name, statement) or _headed(reading, name, statement):
            return f"it is said of “{reading.words(name)}”"
    if day is not None and day > reading.asked_on:
        return "its date lies after the request"
    if test.unit == GRADE and day is not None and day < before(reading.asked_on, Period(1, "year")):
        return f"it is of {day_words(day)}, and the grade of the present is asked for"
    if test.within:
        if day is None:
            return f"without a date, and it may be no older than {test.within}"
        if day < before(reading.asked_on, test.within):
            return f"it is of {day_words(day)}, older than {test.within}"
    return ""


def _given(reading: Reading, name: str, statement: Statement) -> bool:
    """Whether a condition stands with a number: in its statement or heading, or as a line of its own close by."""
    stands = reading.stands_with(name, statement)
    if stands is not None:
        return stands
    for mention in reading.mentions(name):
        other = mention.statement
        if (
            not mention.counts
            or mention.said not in (Said.AFFIRMED, Said.GENERAL)
            or other.source is not statement.source
            or other.page != statement.page
        ):
            continue
        if (
            other.text.strip(" :") == statement.lead.strip(" :") or (other.text == statement.columns)
        ) and mention.said in (Said.AFFIRMED, Said.GENERAL):
            return True
        if statement.row and _heads(reading, other, statement):
            return True
        if statement.row and other.row and _same_draw(reading, statement, other):
            return True
        if (
            statement.row
            and abs(other.place - statement.place) <= 5
            and all(s.row for s in _between(reading, other, statement))
            and mention.said is Said.AFFIRMED
            and not re.search(r"\d", other.text)
            and len(other.text.split()) <= 6
        ):
            return True
    return False


def _headed(reading: Reading, name: str, row: Statement) -> bool:
    """Whether a concept is said in the line that stands over a row."""
    return any(
        m.affirmed
        and m.statement.source is row.source
        and m.statement.page == row.page
        and row.row
        and (m.statement.text == row.columns or _heads(reading, m.statement, row))
        for m in reading.mentions(name)
    )


def _heads(reading: Reading, head: Statement, row: Statement) -> bool:
    """Whether a short line without a number but its date stands over a row, with nothing but rows between."""
    if not 0 < row.place - head.place <= 12 or len(head.text.split()) > 10:
        return False
    text = head.text
    for day in sorted(reading.chart.moments(head), key=lambda d: -d.start):
        text = text[: day.start] + text[day.end :]
    return not re.search(r"\d|[.;?!]\s*$", text) and all(
        s.row and not reading.chart.moments(s) for s in _between(reading, head, row)
    )


def _between(reading: Reading, one: Statement, two: Statement) -> tuple[Statement, ...]:
    first, last = sorted((one.place, two.place))
    return reading.chart.statements[first + 1 : last]


def _same_draw(reading: Reading, one: Statement, two: Statement) -> bool:
    """Whether two results are of one specimen: under one collection date, or each with the same date beside it."""
    if one.drawn is not None and one.drawn == two.drawn and one.page == two.page:
        return True
    first, second = reading.chart.moments(one), reading.chart.moments(two)
    return (
        len(first) == len(second) == 1
        and first[0].first == first[0].last == second[0].first == second[0].last
    )


def _compare(
    test: NumberTest, statement: Statement, mention: Mention, quantity: Quantity, normal: Quantity | None
) -> tuple[bool | None, str]:
    """What a value says of the limit, and what stands against comparing it."""
    unit = quantity.unit or unit_in(statement.text[mention.start : quantity.start])
    factors = {canonical(test.unit): 1.0} | {canonical(u): f for u, f in test.units}
    if not unit and _named_so(statement.text[mention.start : mention.end], test.unit):
        unit = canonical(test.unit)
    if test.limit_of:
        return _of_range(test, quantity, unit, normal)
    if unit in factors:
        factor = factors[unit]
    elif unit:
        return None, f"it is in {unit}, and the limit is in {test.unit or 'no unit'}"
    elif test.bare or not test.unit:
        factor = 1.0
    else:
        return None, f"it has no unit ({test.unit} is expected)"
    for bound in (quantity.low, quantity.high):
        if bound is not None and (
            (test.lowest is not None and bound * factor < test.lowest)
            or (test.highest is not None and bound * factor > test.highest)
        ):
            return None, f"{bound:g} can be no {mention.concept.replace('_', ' ')}"
    if quantity.compared and _is_limit(quantity, test, factor):
        return None, "it repeats the limit without giving the value"
    return holds(quantity, test.comparison, test.limit, factor), ""


def _named_so(words: str, unit: str) -> bool:
    """Whether a measure is called by its unit: "Pack years: 40"."""
    own, wanted = [t.key for t in tokens(words)], [t.key for t in tokens(unit)]
    return len(wanted) > 1 and wanted in (own[: len(wanted)], own[-len(wanted) :])


def _is_limit(quantity: Quantity, test: NumberTest, factor: float) -> bool:
    bound = quantity.low if quantity.low is not None else quantity.high
    return bound is not None and abs(bound * factor - test.limit) <= 1e-9 * max(1.0, abs(test.limit))


def _of_range(
    test: NumberTest, quantity: Quantity, unit: str, normal: Quantity | None
) -> tuple[bool | None, str]:
    if normal is None:
        return None, "the laboratory's reference range does not stand with it"
    end = normal.low if test.limit_of == "lower" else normal.high
    if end is None:
        return None, f"its reference range has no {test.limit_of} end"
    if normal.unit and unit and normal.unit != unit:
        factors = {canonical(test.unit): 1.0} | {canonical(u): f for u, f in test.units}
        if normal.unit not in factors or unit not in factors:
            return None, "its reference range is in another unit"
        end = end * factors[normal.unit] / factors[unit]
    if end <= 0:
        return None, "its reference range begins at nothing"
    return holds(quantity, test.comparison, end * test.limit / 100), ""
