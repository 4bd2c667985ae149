"""How often something happens, and for how long it was kept up."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from app.domain.clinical.context import Said
from app.domain.clinical.heading import Section
from app.domain.clinical.moment import Stretch, before, moments, stretches
from app.domain.clinical.rate import DAYS, Rate, rates
from app.domain.clinical.trigger import ORDER
from app.domain.criterion import FrequencyTest, Period
from app.domain.evidence import Evidence
from app.domain.material import Status
from app.services.local.criteria.reading import Found, Mention, Reading, quoted_once, shown

_SUPPLIES = re.compile(
    r"\b(?:strips?|lancets?|dispense|refills?|sig|qty|quantity|supplies|supply|meter kit|prescri\w+|rx|disp|"
    r"#\s?\d+)\b",
    re.IGNORECASE,
)
_ADVISED = re.compile(
    r"\b(?:should|must|advised|instructed|told|asked|encouraged|recommend\w*|needs? to|supposed to|goal|target|"
    r"plan|will|agrees?|agreed|if|order\w*|required?|requires|able to|willing to|capable of|counsel\w*|educat\w*|"
    r"discussed|continue to|use as directed|to be)\b",
    re.IGNORECASE,
)
_ADVISED_AFTER = re.compile(
    r"\b(?:advised|recommended|ordered|prescribed|encouraged|planned|required|needed|instructed|suggested|"
    r"requested|goal)\b",
    re.IGNORECASE,
)
_HEDGED = re.compile(
    r"\b(?:sometimes|occasionally|at times|when (?:she|he|they) remembers?|some days|intermittently|"
    r"inconsistent\w*|irregular\w*|other (?:days|weeks) none|on (?:some|good|bad) days|erratic\w*|claims?|"
    r"allegedly)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"[;.]\s|\bbut\b|,\s*(?:but|then|now|on|with|uses|takes|injects|checks|tests)\b", re.IGNORECASE
)
_RANGE = re.compile(r"\s*(?:-|to|through|thru|until|and)\s*(?:the\s+)?$", re.IGNORECASE)


@dataclass(frozen=True)
class Often:
    mention: Mention
    rate: Rate
    verdict: bool | None
    kept: bool | None
    problem: str = ""

    def evidence(self) -> Evidence:
        start, end = min(self.mention.start, self.rate.start), max(self.mention.end, self.rate.end)
        return self.mention.statement.evidence(start, end, self.problem)


def judge_frequency(reading: Reading, test: FrequencyTest) -> Found:
    """Met by a rate told of the patient that is high enough, kept up for as long as is asked."""
    what = reading.words(test.of)
    mentions = list(reading.mentions(test.of))
    found = [o for m in mentions if m.counts for o in _often(reading, test, m)]
    asked = f"at least {test.least:g} per {test.per}" + (f" for {test.duration}" if test.duration else "")
    fine = [o for o in found if not o.problem]
    newest = _newest(fine)
    met = [o for o in newest if o.verdict and o.kept is not False]
    sure = [o for o in met if o.kept]
    failing = [o for o in newest if o.verdict is False]
    if sure and not failing:
        return Found(
            Status.MET, quoted_once(sure), f"{_cap(what)} is said ({_told(sure[0])}); {asked} is asked for."
        )
    if (sure or met) and failing:
        return Found(
            Status.INSUFFICIENT,
            quoted_once(met + failing),
            f"The documents differ about how often: {_told(met[0])}, and {_told(failing[0])}; {asked} is asked for.",
        )
    if failing:
        return Found(
            Status.NOT_MET,
            quoted_once(failing),
            f"{_cap(what)} is said ({_told(failing[0])}); {asked} is asked for.",
        )
    short = [o for o in newest if o.verdict and o.kept is False]
    if met:
        return Found(
            Status.INSUFFICIENT,
            quoted_once(met),
            f"{_cap(what)} is said ({_told(met[0])}), but not for how long; {asked} is asked for.",
        )
    if short:
        return Found(
            Status.NOT_MET,
            quoted_once(short),
            f"{_cap(what)} is said ({_told(short[0])}), but for a shorter time; {asked} is asked for.",
        )
    if fine:
        return Found(
            Status.INSUFFICIENT,
            quoted_once(fine),
            f"{_cap(what)} is said ({_told(fine[0])}), which cannot be counted surely; {asked} is asked for.",
        )
    if found:
        return Found(
            Status.INSUFFICIENT,
            quoted_once(found),
            f"{_cap(what)} is spoken of ({_told(found[0])}), but {found[0].problem}; {asked} is asked for.",
        )
    denials = [m for m in mentions if m.denied and not m.context.limited]
    if denials and not any(m.affirmed for m in mentions):
        return Found(Status.NOT_MET, shown(denials), f"{_cap(what)} is denied.")
    if mentions:
        return Found(
            Status.INSUFFICIENT,
            shown(mentions),
            f"{_cap(what)} is mentioned, but not how often; {asked} is asked for.",
        )
    return Found(Status.INSUFFICIENT, (), f"Nothing in the documents says {what}; {asked} is asked for.")


def _newest(found: list[Often]) -> list[Often]:
    """The rates of the latest notes: an older note is not held against a newer one. Undated ones stay."""
    days = [o.mention.statement.written for o in found if o.mention.statement.written]
    if not days:
        return found
    last = max(days)
    return [o for o in found if o.mention.statement.written in (None, last)]


def _often(reading: Reading, test: FrequencyTest, mention: Mention) -> list[Often]:
    statement = mention.statement
    text = statement.text
    near = [r for r in rates(text) if not _CLAUSE.search(_between(text, mention, r))]
    wanted = test.least / DAYS[test.per]
    out = []
    for rate in sorted(near, key=lambda r: len(_between(text, mention, r)))[:2]:
        problem = _problem(reading, test, mention, rate)
        verdict: bool | None = None
        if rate.sure:
            if rate.least >= wanted - 1e-6:
                verdict = True
            elif rate.most is not None and rate.most < wanted - 1e-6 and rate.days <= DAYS[test.per] + 0.5:
                verdict = False
        out.append(Often(mention, rate, verdict, _kept(reading, test, mention), problem))
    # The nearest rate is the one meant; a second counts only where the first cannot be.
    return out[:1]


def _problem(reading: Reading, test: FrequencyTest, mention: Mention, rate: Rate) -> str:
    text = mention.statement.text
    if ORDER.match(text) or re.match(r"\W*(?:continue|keep|resume|maintain)\b", text, re.IGNORECASE):
        return "it is told what to do, not what is done"
    if mention.said is not Said.AFFIRMED:
        return mention.context.note or "it does not count"
    first, last = min(mention.start, rate.start), max(mention.end, rate.end)
    lead = text[:first]
    if _ADVISED.search(lead[-70:]) or _ADVISED.search(text[first:last]):
        return "it is advised or planned, not said to be done"
    if _ADVISED_AFTER.search(text[last : last + 60]):
        return "it is advised or planned, not said to be done"
    if _HEDGED.search(text):
        return "it is not said to be so always"
    if _SUPPLIES.search(text) or mention.statement.section is Section.PLAN:
        return "it is prescribed or planned, not said to be done"
    if re.search(r"\b(?:previously|used to|formerly|in the past|prior to)\b", lead[-50:], re.IGNORECASE):
        return "it is told of earlier"
    for name in test.given:
        if reading.stands_with(name, mention.statement) is not True:
            return f"not together with “{reading.words(name)}”"
    return ""


def _kept(reading: Reading, test: FrequencyTest, mention: Mention) -> bool | None:
    """Whether it was kept up for as long as asked, up to the request; None when nobody says."""
    if test.duration is None:
        return True
    statement = mention.statement
    written = statement.written or reading.asked_on
    if written < before(reading.asked_on, test.duration):
        return None  # told too long ago to say anything of the time before the request
    text = statement.text
    every = [_covers(s, test.duration, written) for s in stretches(text, written)]
    days = moments(text, written)
    for first, second in pairwise(days):
        if _RANGE.match(text[first.end : second.start]):
            every.append(first.last <= before(second.first, test.duration))
    if any(every):
        return True
    return False if every and all(e is False for e in every) else None


def _covers(stretch: Stretch, asked: Period, written: date) -> bool | None:
    if stretch.since is not None:
        end = stretch.until.first if stretch.until else written
        return stretch.since.last <= before(end, asked)
    if stretch.least is not None and stretch.least.days >= asked.days - 1:
        return True
    return False if stretch.most is not None and stretch.most.days < asked.days - 1 else None


def _between(text: str, mention: Mention, rate: Rate) -> str:
    if rate.start >= mention.end:
        return text[mention.end : rate.start]
    return text[rate.end : mention.start] if rate.end <= mention.start else ""


def _told(found: Often) -> str:
    return found.mention.statement.text[found.rate.start : found.rate.end].strip()


def _cap(text: str) -> str:
    return text[:1].upper() + text[1:]
