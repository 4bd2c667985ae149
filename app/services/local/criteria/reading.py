"""A chart read for one policy: where its concepts stand, and what is said of them there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from app.domain.clinical.context import NOTES, Context, Said, context
from app.domain.clinical.moment import Moment
from app.domain.clinical.term import Token, tokens
from app.domain.clinical.trigger import INSIDE_DENIED, INSIDE_PLANNED, PRACTICE, TALKING
from app.domain.criterion import Concept, expanded
from app.domain.evidence import Evidence
from app.domain.material import Status
from app.domain.policy import Policy
from app.services.local.criteria.chart import Chart
from app.services.local.criteria.statement import LONGEST, Origin, Statement

SHOWN = 4
"""So many passages at most stand with a criterion."""
_OUR = re.compile(
    r"^(?!.*\b(?:will|plan\w*|intend\w*|hope\w*|going to)\b).*\bour (?:\w+ )?(?:team|clinic|practice|center|staff)\b",
    re.IGNORECASE | re.DOTALL,
)
_REPEATED = 12
_SHORT = 40
"""So many words in a row that are the policy's own are a quotation of it, not a finding."""
_PRE = re.compile(r"(?:^|[\s(/])(?:pre|pseudo|quasi)[\s-]$", re.IGNORECASE)
_FREE = re.compile(r"-(?:free|naive|negative|like|unaware)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Mention:
    """A concept where it stands, and what is said of it. `note` says why it does not count."""

    concept: str
    statement: Statement
    start: int
    end: int
    context: Context

    @property
    def said(self) -> Said:
        return self.context.said

    @property
    def counts(self) -> bool:
        """Whether what is said here can be evidence at all."""
        return not self.statement.barred and not self.statement.doubt

    @property
    def affirmed(self) -> bool:
        return self.counts and self.said is Said.AFFIRMED

    @property
    def denied(self) -> bool:
        return self.counts and self.said is Said.DENIED

    def evidence(self, note: str = "") -> Evidence:
        reason = self.statement.barred or self.statement.doubt or note or self.context.note
        return self.statement.evidence(self.start, self.end, reason)


@dataclass(frozen=True)
class Found:
    """How a leaf was judged, by what, and why in a sentence."""

    status: Status
    evidence: tuple[Evidence, ...] = ()
    why: str = ""


class Reading:
    """What a chart says about the concepts of a policy."""

    def __init__(self, chart: Chart, policy: Policy) -> None:
        self.chart = chart
        self.policy = policy
        self._mentions: dict[str, tuple[Mention, ...]] = {}
        self._barred: dict[int, str] = {}
        self._talks: dict[str, bool] = {}
        rules = _shingles(policy.text)
        for statement in chart.statements:
            if statement.origin is Origin.DOCUMENT and _repeats(chart.index.tokens[statement.place], rules):
                self._barred[statement.place] = "repeats the policy's own words"

    @property
    def asked_on(self) -> date:
        return self.chart.asked_on

    def concept(self, name: str) -> Concept:
        return self.policy.concepts[name]

    def words(self, name: str) -> str:
        """How a concept is called in a sentence: as notes write it, else its name in plain words."""
        written = (t for t in self.concept(name).terms if not t.startswith("/") and len(t) <= _SHORT)
        return next(written, name.replace("_", " ").replace("-", " "))

    def mentions(self, name: str) -> tuple[Mention, ...]:
        """Where a concept stands, in the order of the documents."""
        if name not in self._mentions:
            concept = self.concept(name)
            places = self.chart.index.find(concept.terms)
            other: set[tuple[int, int]] = set()
            for number, start, end in self.chart.index.find(concept.but_not):
                other.update((number, at) for at in range(start, end))
            self._mentions[name] = tuple(
                self._mention(name, *place)
                for place in places
                if (place[0], place[1]) not in other and self._is(*place)
            )
        return self._mentions[name]

    def _is(self, number: int, start: int, end: int) -> bool:
        """ "Pre-diabetes" is not diabetes."""
        del end
        return not _PRE.search(self.chart.statements[number].text[:start])

    def _mention(self, name: str, number: int, start: int, end: int) -> Mention:
        statement = self.chart.statements[number]
        barred = self._barred.get(number, "")
        if barred:
            return Mention(name, statement, start, end, Context(Said.GENERAL, barred))
        text = statement.text
        if statement.origin is Origin.LINE:
            # A diagnosis "without psychotic features" speaks of the present episode only.
            said = replace(context(text, start, end), limited=True)
            return Mention(name, statement, start, end, said)
        if _FREE.match(text[end:]):
            return Mention(name, statement, start, end, Context(Said.DENIED, NOTES[Said.DENIED]))
        if name not in self._talks:
            self._talks[name] = any(TALKING.search(term) for term in self.concept(name).terms)
        talk = self._talks[name]
        practice = any(PRACTICE.search(term) for term in self.concept(name).terms)
        said = context(
            text, start, end, statement.section, statement.lead, statement.bare, talk=talk, practice=practice
        )
        return Mention(name, statement, start, end, self._inside(name, text, (start, end), said))

    def _inside(self, name: str, text: str, place: tuple[int, int], said: Context) -> Context:
        """What words inside of the match of a pattern make of it: "cognition is not intact" matched as intact."""
        if said.said is not Said.AFFIRMED:
            return said
        words = text[place[0] : place[1]]
        for pattern, turned in ((INSIDE_DENIED, Said.DENIED), (INSIDE_PLANNED, Said.PLANNED)):
            found = pattern.search(words)
            if found and found.group().lower() not in self._own(name, text, place):
                return Context(turned, NOTES[turned])
        return said

    def _own(self, name: str, text: str, place: tuple[int, int]) -> str:
        """The terms that stand at a place: what they say themselves turns nothing round."""
        terms = self.concept(name).terms
        words = [t.key for t in tokens(text[place[0] : place[1]])]
        own = [
            term for term in terms
            if (any(m.span() == place for m in re.finditer(expanded(term[1:-1]), text, re.IGNORECASE))
                if term.startswith("/") else [t.key for t in tokens(term)] == words)
        ]  # fmt: skip
        return " ".join(own or terms).lower()

    def stands_with(self, name: str, statement: Statement) -> bool | None:
        """Whether a concept is affirmed in a statement: True, False when it is denied, None when it is absent."""
        here = [m for m in self.mentions(name) if m.statement.place == statement.place]
        if any(m.said is Said.AFFIRMED for m in here):
            return True
        if any(m.said is Said.PLANNED for m in here) and _OUR.search(statement.text):
            return True  # what "our team" is stands under a plan as anywhere else
        if any(m.said in (Said.DENIED, Said.UNTICKED) for m in here):
            return False
        return None

    def moment(self, mention: Mention) -> Moment | None:
        """The date that stands with a mention: in its own clause, or the only one of its statement."""
        statement = mention.statement
        days = self.chart.moments(statement)
        if not days:
            return None
        text = statement.text
        near = [d for d in days if not _apart(text, mention, d)]
        if near:
            behind = [d for d in near if d.start >= mention.end]
            return behind[0] if behind else near[-1]
        return days[0] if len(days) == 1 and len(text) <= 160 else None


def _apart(text: str, mention: Mention, day: Moment) -> bool:
    """Whether a date belongs to another clause than the mention."""
    between = text[mention.end : day.start] if day.start >= mention.end else text[day.end : mention.start]
    return bool(
        re.search(
            r"[.;]\s|,\s|\b(?:and|but|then|followed by|with)\b",
            re.sub(r"^\s*,\s*(?=(?:in|on)\b)|^\s*[(,]?\s*", "", between),
        )
    )


def _shingles(text: str) -> frozenset[tuple[str, ...]]:
    keys = [t.key for t in tokens(text)]
    return frozenset(tuple(keys[n : n + _REPEATED]) for n in range(len(keys) - _REPEATED + 1))


def _repeats(words: tuple[Token, ...], rules: frozenset[tuple[str, ...]]) -> bool:
    keys = [token.key for token in words]
    return any(tuple(keys[n : n + _REPEATED]) in rules for n in range(len(keys) - _REPEATED + 1))


def shown(mentions: list[Mention], limit: int = SHOWN) -> tuple[Evidence, ...]:
    """The passages of mentions, each once, affirmed ones first."""
    order = {
        Said.AFFIRMED: 0,
        Said.DENIED: 1,
        Said.ENDED: 2,
        Said.UNCERTAIN: 3,
        Said.CLAIMED: 4,
        Said.PLANNED: 5,
    }
    found: dict[tuple[object, ...], Evidence] = {}
    for mention in sorted(mentions, key=lambda m: (not m.counts, order.get(m.said, 6))):
        key = (mention.statement.place, mention.start if len(mention.statement.text) > LONGEST else 0)
        if key not in found:
            found[key] = mention.evidence()
            if len(found) == limit:
                break
    return tuple(found.values())


class Quotable(Protocol):
    """What stands in a statement and can be shown."""

    @property
    def mention(self) -> Mention: ...

    def evidence(self) -> Evidence: ...


def quoted_once(found: Sequence[Quotable], limit: int = SHOWN) -> tuple[Evidence, ...]:
    """The evidence of the first few, each place once."""
    out: dict[tuple[object, ...], Evidence] = {}
    seen: set[tuple[int, int]] = set()
    for one in found:
        place = (one.mention.statement.place, one.mention.start)
        if place in seen:
            continue
        seen.add(place)
        e = one.evidence()
        out.setdefault((e.document, e.page, e.start, e.field, e.quote), e)
        if len(out) == limit:
            break
    return tuple(out.values())


def near_words(mentions: list[Mention]) -> str:
    """Why the best of some mentions does not count, for a sentence."""
    best = shown(mentions, 1)
    return best[0].note if best else ""
