"""What a sentence says of the words in it: said of the patient, denied, planned, supposed, doubted, of somebody else.

After the published approach of NegEx (Chapman et al., J Biomed Inform 34:301-310, 2001) and ConText (Harkema et al.,
J Biomed Inform 42:839-851, 2009): words that trigger, how far they reach, and what ends their reach. The words, the
further states and the rule that doubt goes against a finding are this program's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from app.domain.clinical import trigger as t
from app.domain.clinical.heading import Section
from app.domain.clinical.moment import spell
from app.domain.clinical.tick import Tick, tick_of
from app.domain.criterion import Period


class Said(StrEnum):
    """How something is said. Only `AFFIRMED` is evidence for it, only `DENIED` against it."""

    AFFIRMED = "affirmed"
    DENIED = "denied"
    PLANNED = "planned"
    SUPPOSED = "supposed"
    UNCERTAIN = "uncertain"
    ENDED = "ended"
    OTHER = "other"
    GENERAL = "general"
    """Of patients at large: teaching, a rule, a heading, a template."""
    UNTICKED = "unticked"
    CLAIMED = "claimed"
    """That a criterion is met, without the fact."""


NOTES: dict[Said, str] = {
    Said.AFFIRMED: "",
    Said.DENIED: "denied",
    Said.PLANNED: "planned or ordered, not done",
    Said.SUPPOSED: "supposed, advised or talked about, not said to be so",
    Said.UNCERTAIN: "uncertain",
    Said.ENDED: "said to be over",
    Said.OTHER: "about somebody else",
    Said.GENERAL: "a general text, not about this patient",
    Said.UNTICKED: "a box that is not ticked",
    Said.CLAIMED: "says that a criterion is met, not the fact",
}


@dataclass(frozen=True, slots=True)
class Context:
    """`past` when it is told as history; `limited` when a denial speaks of now or of a short while only, and `spell` how
    long before the note that is, where it is told.
    """

    said: Said
    note: str = ""
    past: bool = False
    limited: bool = False
    spell: Period | None = None


def context(text: str, start: int, end: int, section: Section = Section.NONE, lead: str = "",
            bare: bool = False, *, talk: bool = False, practice: bool = False) -> Context:  # fmt: skip
    """What is said of text[start:end] in its sentence. `lead` is the line that introduces its list; `talk` and `practice`
    say that the thing itself is a talk with the patient, or who treats.
    """
    before, after = text[:start], text[end:]
    scope = _scope(before, text[start:])
    tail = _tail(after)
    if not scope.strip() or scope == before:
        # The line that introduces a list reaches every item, as long as the item does not begin anew.
        scope = f"{lead} {scope}" if lead else scope
    near = after[:60]
    tick = tick_of(text, start, end)
    said = _state(text, (start, end), before, scope, tail, near, section, bare, tick, talk, practice)
    past = bool(t.PAST.search(scope[-60:]) or t.PAST_AFTER.match(tail) or _dated_only(tail))
    denied = said is Said.DENIED
    lately = spell(scope, tail) if denied else None
    limited = denied and bool(lately or t.LIMITED.search(f"{scope} {tail}") or t.NO_OTHER.search(before))
    note = NOTES[said]
    if said is Said.OTHER:
        person = t.RELATIVE.search(f"{scope} {tail}") or t.RELATIVE.search(text)
        note = f"about the {person.group().lower()}" if person else NOTES[said]
        if section is Section.FAMILY and not person:
            note = "family history"
    return Context(said, note, past, limited, lately)


def _state(text: str, place: tuple[int, int], before: str, scope: str, tail: str, near: str, section: Section,
           bare: bool, tick: Tick, talk: bool, practice: bool) -> Said:  # fmt: skip
    words = text[place[0] : place[1]]
    if section is Section.RULES or t.RULE.search(text):
        return Said.GENERAL
    if section is Section.FAMILY and not t.PATIENT.search(before):
        return Said.OTHER
    if _of_somebody_else(text, before, scope, tail, near):
        return Said.OTHER
    general = t.GENERAL.search(before) and not (practice and t.OWN_PRACTICE.search(before))
    if general or section is Section.TEACHING or t.GENERAL_AFTER.match(tail):
        return Said.GENERAL
    if bare or t.TEMPLATE.match(tail):
        return Said.GENERAL
    if tick is Tick.NONE and t.OPTIONS.search(text):
        return Said.GENERAL
    if tick is Tick.UNTICKED:
        return Said.UNTICKED
    if tick is Tick.NO:
        return Said.DENIED
    if tick is Tick.UNCLEAR:
        return Said.GENERAL
    if t.CLAIM.search(scope) or t.CLAIM_AFTER.match(tail):
        return Said.CLAIMED
    if t.UNSETTLED.search(scope) or t.UNSETTLED.search(tail[:50]):
        return Said.UNCERTAIN
    if _denied(scope, tail):
        # "Never attended diabetes ed" denies the teaching, not the diabetes.
        if t.NO_ITSELF.match(words):
            return Said.UNCERTAIN
        verb = t.NOT_JUST_BEFORE.search(scope)
        return Said.DENIED if verb or t.HEAD.match(near) or not t.DENIED.search(scope) else Said.UNCERTAIN
    if t.ENDED.search(scope[-45:]) or t.ENDED_AFTER.match(tail) or t.NO_LONGER.match(near):
        return Said.ENDED
    if section is Section.GOALS or _supposed(scope, tail, talk):
        return Said.SUPPOSED
    reason = t.CAUSE.split(scope)[-1]
    if t.PLANNED.search(reason) or t.PLANNED_AFTER.match(tail) or t.PLANNED_TAIL.match(tail):
        return Said.PLANNED
    if t.PLANNED_BEHIND.match(tail) and not t.PERSON.search(scope):
        return Said.PLANNED
    ordered = section is Section.PLAN or bool(t.ORDER.match(text))
    if ordered and not t.HAPPENED.search(text) and not t.ORDERING.search(words):
        return Said.PLANNED
    if t.TALK.match(near):
        return Said.SUPPOSED
    if tick is Tick.TICKED:
        return Said.AFFIRMED
    if t.UNCERTAIN.search(scope) or t.UNCERTAIN_AFTER.match(tail) or before.rstrip().endswith("?"):
        return Said.UNCERTAIN
    if text.rstrip().endswith("?"):
        return Said.UNCERTAIN
    was = t.WAS.search(text)
    if was and was.start() < place[1] and place[0] <= was.end() and t.SINCE_THEN.search(text[was.end() :]):
        return Said.UNCERTAIN
    return Said.AFFIRMED


def _supposed(scope: str, tail: str, talk: bool) -> bool:
    """Whether something is supposed or talked about. For what is a talk itself, having talked is the fact."""
    if not talk:
        return bool(t.SUPPOSED.search(scope) or t.SUPPOSED_AFTER.match(tail))
    return any(not t.TALKING.match(found.group()) for found in t.SUPPOSED.finditer(scope))


def _scope(before: str, after: str) -> str:
    """The part of a sentence before a word that speaks of it."""
    last = 0
    for found in t.BREAK.finditer(before):
        last = found.end()
    at = before.rfind("; ", last)
    if at >= 0 and t.OWN_CLAUSE.search(f"{before[at + 2 :]}{after.split(';', maxsplit=1)[0]}"):
        # "No otitis; tympanic membranes intact" is two clauses, "no cough; fever; chills" is one list.
        last = at + 2
    return before[last:]


def _tail(after: str) -> str:
    """The part after a word that still speaks of it."""
    found = t.BREAK_AFTER.search(after)
    return after[: found.start()] if found else after


def _denied(scope: str, tail: str) -> bool:
    plain = t.PSEUDO.sub(lambda m: " " * len(m.group()), _behind_reason(scope))
    if t.DOUBLE.search(plain):
        return False
    if t.DENIED.search(plain) or t.DENIED_PREFIX.search(scope):
        return True
    tail = t.PSEUDO.sub(lambda m: "x" * len(m.group()), tail)
    if t.DENIED_BEHIND.match(tail) and not t.PERSON.search(scope):
        return True
    return bool(t.DENIED_AFTER.match(tail)) and not t.PERSON_WITH.search(scope)


def _behind_reason(scope: str) -> str:
    """What still speaks of a word behind a reason: why somebody cannot do a thing is not denied with it."""
    causes = list(t.CAUSE.finditer(scope))
    if not causes:
        return scope
    head = scope[: causes[-1].start()].rstrip()
    if t.NOT_FOR.search(head):
        return scope
    others = t.DENIED.search(t.CANNOT.sub(lambda m: " " * len(m.group()), head))
    return scope if others or not t.CANNOT.search(head) else scope[causes[-1].end() :]


def _of_somebody_else(text: str, before: str, scope: str, tail: str, near: str) -> bool:
    if t.OTHER_PATIENT.search(text):
        return True
    last = None
    for found in t.RELATIVE.finditer(before):
        if t.NOT_SUBJECT_BEFORE.search(before[: found.start()]):
            continue
        if t.REPORTS.match(before[found.end() :]):
            continue
        last = found
    if (
        last is not None
        and not t.PATIENT.search(before[last.end() :])
        and not t.NEW_SUBJECT.search(before[last.end() :])
    ):
        return True
    if re.search(
        r"\bfamily (?:history|hx) (?:of|is|was|significant|positive|notable|negative)\b|\bf(?:h|hx)\b\s*[:+(]",
        scope,
        re.IGNORECASE,
    ):
        return True
    return bool(t.IN_RELATIVE.match(tail) or t.IN_RELATIVE.match(near))


def _dated_only(tail: str) -> bool:
    return bool(re.match(r"\s*(?:\(|,|in|-)?\s*(?:19|20)\d\d\b", tail))
