"""How long something has gone on, at the day of the request."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from app.domain.clinical.context import Said
from app.domain.clinical.moment import Stretch, before, stretches
from app.domain.criterion import DurationTest, Period
from app.domain.evidence import Evidence
from app.domain.material import Status
from app.services.local.criteria.reading import Found, Mention, Reading, quoted_once, shown

_CLAUSE = re.compile(r"[;.]\s|\bbut\b|,\s*(?:and|then|now)\b|\bfollowed by\b", re.IGNORECASE)
_OTHERS = re.compile(
    r"\b(?:taking|takes|took|tried|treated with|managed with|relieved by|physical therapy|pt|medications?|nsaids?|"
    r"aged?|year[- ]old|"
    r"diagnosed|diabetes|t1dm|t2dm|checked|follow(?:ed)? up|visits?|authorized|approved|requested|supply)\b",
    re.IGNORECASE,
)
_OPENS = re.compile(
    r"\W*(?:for|over|during|since|in|throughout|after|has|had)?\s*(?:the\s+)?(?:past|last)?\W*\|$",
    re.IGNORECASE,
)
_ADVISED = re.compile(
    r"\b(?:advised|recommended|required|needed|ordered|planned|suggested|requested|before|prior to|then)\b",
    re.IGNORECASE,
)
_BEGUN_AFTER = re.compile(
    r"\s*(?:therapy |regimen |treatment )?(?:was |were )?(?:initiated|started|begun|"
    r"commenced)\b[^.;,]{0,40}",
    re.IGNORECASE,
)
_FORMERLY = re.compile(
    r"\b(?:previously|formerly|used to be|in the past|at one time|once)\s+(?:\w+\s+){0,2}$", re.IGNORECASE
)
_STOPPED = re.compile(
    r"\b(?:stopped|discontinued|d/c'?d|ended|until|no longer|switched to|changed to|transitioned to|converted to|"
    r"replaced (?:by|with)|quit|came off|weaned|resolved|off of)\b",
    re.IGNORECASE,
)

_BEGUN = re.compile(
    r"\b(?:started|began|begun|initiated|placed on|switched to|transitioned to|diagnosed with|onset of|put on|"
    r"commenced)"
    r"\s+(?:on\s+|a\s+|the\s+|with\s+|to\s+|regimen of\s+|program of\s+)*$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Lasting:
    """One stretch told of a mention. Each is True, False or None where it cannot be told."""

    mention: Mention
    stretch: Stretch
    least: bool | None
    most: bool | None
    problem: str = ""

    def evidence(self) -> Evidence:
        start, end = min(self.mention.start, self.stretch.start), max(self.mention.end, self.stretch.end)
        return self.mention.statement.evidence(start, end, self.problem)


def judge_duration(reading: Reading, test: DurationTest) -> Found:
    """Met by a stretch of time told of the patient that is long (short) enough and, where asked, goes on."""
    what = reading.words(test.of)
    mentions = list(reading.mentions(test.of))
    usable = [m for m in mentions if m.counts and m.said in (Said.AFFIRMED, Said.ENDED)]
    found = [f for m in usable for f in _lastings(reading, test, m)]
    asked = " and ".join(
        [f"at least {test.least}"] * bool(test.least) + [f"at most {test.most}"] * bool(test.most)
    )
    fine = [f for f in found if not f.problem]
    met = [f for f in fine if _verdict(test, f) is True]
    failing = [f for f in fine if _verdict(test, f) is False]
    denials = [m for m in mentions if m.denied and not m.context.limited]
    if met and not failing and not denials:
        return Found(
            Status.MET, quoted_once(met), f"{_cap(what)} is told for {_told(met[0])}; {asked} is asked for."
        )
    if met and test.most is None and not denials:
        # A longer stretch of the same thing is not contradicted by a shorter part of it.
        return Found(
            Status.MET,
            quoted_once(met + failing),
            f"{_cap(what)} is told for {_told(met[0])}; {asked} is asked for.",
        )
    if met:
        evidence = quoted_once(met + failing) + shown(denials, 2)
        return Found(Status.INSUFFICIENT, evidence, f"The documents differ about how long {what} lasts.")
    over = [f for f in found if f.problem]
    if failing and len(failing) == len(fine):
        return Found(
            Status.NOT_MET,
            quoted_once(failing),
            f"{_cap(what)} is told for {_told(failing[0])}; {asked} is asked for.",
        )
    if fine:
        return Found(
            Status.INSUFFICIENT,
            quoted_once(fine),
            f"It cannot be told surely from “{_told(fine[0])}” that {what} lasts {asked}.",
        )
    if over:
        return Found(
            Status.INSUFFICIENT,
            quoted_once(over),
            f"{_cap(what)} is told for {_told(over[0])}, but {over[0].problem}; {asked} is asked for.",
        )
    if denials and not usable:
        return Found(Status.NOT_MET, shown(denials), f"{_cap(what)} is denied.")
    if mentions:
        return Found(
            Status.INSUFFICIENT,
            shown(mentions),
            f"{_cap(what)} is mentioned, but not for how long; {asked} is asked for.",
        )
    return Found(
        Status.INSUFFICIENT,
        (),
        f"Nothing in the documents says {what}, or for how long; {asked} is asked for.",
    )


def _verdict(test: DurationTest, found: Lasting) -> bool | None:
    asked = [v for v, wanted in ((found.least, test.least), (found.most, test.most)) if wanted]
    if any(v is False for v in asked):
        return False
    return True if asked and all(asked) else None


def _told(found: Lasting) -> str:
    return found.mention.statement.text[found.stretch.start : found.stretch.end].strip()


def _lastings(reading: Reading, test: DurationTest, mention: Mention) -> list[Lasting]:
    statement = mention.statement
    every = stretches(statement.text, statement.written or reading.asked_on)
    if not every and _BEGUN.search(statement.text[: mention.start]):
        # "Started MDI 2/14/2025": the day it began stands behind it.
        days = [d for d in reading.chart.moments(statement) if 0 <= d.start - mention.end <= 30]
        every = tuple(Stretch(d.start, d.end, since=d) for d in days[:1])
    if not every:
        # "MDI initiated at discharge on 9/10/2026"
        days = [d for d in reading.chart.moments(statement) if d.start >= mention.end]
        begun = [d for d in days if _BEGUN_AFTER.fullmatch(statement.text[mention.end : d.start])]
        every = tuple(Stretch(d.start, d.end, since=d) for d in begun[:1])
    near = [s for s in every if _belongs(reading, statement.text, mention, s)]
    problem = ""
    for name in test.given:
        if reading.stands_with(name, statement) is not True:
            problem = f"not together with “{reading.words(name)}”"
    out = []
    for stretch in sorted(near, key=lambda s: len(_between(statement.text, mention, s)))[:1]:
        over = (
            mention.said is Said.ENDED
            or stretch.until is not None
            or bool(_STOPPED.search(statement.text[mention.start :]))
            or bool(_FORMERLY.search(statement.text[: mention.start]))
        )
        if stretch.until is not None and stretch.until.last >= (statement.written or reading.asked_on):
            over = mention.said is Said.ENDED
        told = problem or ("it is told as over" if over and test.current else "")
        if not told and _ADVISED.search(statement.text[stretch.end : stretch.end + 40]):
            told = "it is advised or asked for, not told to be so"
        least, most = _compare(stretch, test, statement.written, reading.asked_on)
        out.append(Lasting(mention, stretch, least, most, told))
    return out


def _belongs(reading: Reading, text: str, mention: Mention, stretch: Stretch) -> bool:
    """Whether a stretch is told of the mention, and not of what stands between or beside them."""
    gap = _between(text, mention, stretch)
    if _CLAUSE.search(gap) or len(gap) > 120:
        return False
    own = " ".join(reading.concept(mention.concept).terms).lower()
    if any(m.group().lower() not in own for m in _OTHERS.finditer(gap)):
        return False
    if stretch.start >= mention.end and re.match(r"\s+of\s+\w", text[stretch.end :]):
        return False  # "low back pain, 12 weeks of therapy"
    if stretch.end <= mention.start:
        # "knee pain x 2 years, low back pain": behind a comma something else begins, unless the stretch opens all.
        return "," not in gap or bool(_OPENS.match(text[: stretch.start] + "|"))
    if gap.rstrip().endswith(",") and stretch.since is None:
        cued = re.match(r"\s*(?:for|x|over|lasting|duration)\b", text[stretch.start :], re.IGNORECASE)
        return bool(cued or re.match(r"\s*(?:$|[.,;)])", text[stretch.end :]))
    return True


def _between(text: str, mention: Mention, stretch: Stretch) -> str:
    if stretch.start >= mention.end:
        return text[mention.end : stretch.start]
    return text[stretch.end : mention.start] if stretch.end <= mention.start else ""


def _compare(
    stretch: Stretch, test: DurationTest, written: date | None, asked_on: date
) -> tuple[bool | None, bool | None]:
    """Whether a stretch is at least and at most as long as asked. It is known up to the day of the note; what may have
    gone on until the request is not counted, and not held against it either.
    """
    known = min(written or asked_on, asked_on)
    if stretch.since is not None:
        end = min(stretch.until.last, known) if stretch.until else known
        latest_end = stretch.until.first if stretch.until else asked_on
        least = _since(
            stretch.since.first,
            stretch.since.last,
            min(stretch.until.first, known) if stretch.until else known,
            latest_end,
            test.least,
        )
        most: bool | None = None
        if test.most is not None:
            shortest = before(end, test.most)
            if stretch.since.last < shortest:
                most = False
            elif stretch.since.first >= before(asked_on, test.most):
                most = True
        return least, most
    grown = 0 if test.current is False or written is None else max(0, (asked_on - written).days)
    return _least(stretch, test.least, grown), _most(stretch, test.most, grown)


def _since(first: date, last: date, known: date, latest: date, least: Period | None) -> bool | None:
    if least is None:
        return None
    if last <= before(known, least):
        return True
    return False if first > before(latest, least) else None


def _least(stretch: Stretch, least: Period | None, grown: int) -> bool | None:
    if least is None:
        return None
    if stretch.least is not None and not stretch.rough and _days(stretch.least) >= _days(least):
        return True
    if stretch.rough and stretch.least is not None and stretch.least.days >= least.days * 1.1:
        return True
    if stretch.most is not None and stretch.most.days * (1.1 if stretch.rough else 1.0) + grown < _days(
        least
    ):
        return False
    return None


def _most(stretch: Stretch, most: Period | None, grown: int) -> bool | None:
    if most is None:
        return None
    if stretch.most is not None and not stretch.rough and stretch.most.days + grown <= _days(most) + 0.5:
        return True
    if stretch.least is not None and stretch.least.days > most.days * (1.1 if stretch.rough else 1.0) + 0.5:
        return False
    return None


def _days(period: Period) -> float:
    """Days of a period, with half a day left for the uneven length of months."""
    return period.days - 0.01


def _cap(text: str) -> str:
    return text[:1].upper() + text[1:]
