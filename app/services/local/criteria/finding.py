"""Findings: facts that are said of the patient, denied, or not said."""

from __future__ import annotations

import re
from datetime import date

from app.domain.clinical.context import Said
from app.domain.clinical.moment import before
from app.domain.code import CodeLists
from app.domain.criterion import FindingTest, JudgementTest
from app.domain.evidence import Evidence
from app.domain.material import Material, Status
from app.domain.policy import code_matches
from app.domain.request import Line, codes_in
from app.services.local.criteria.code import ICD10_SHAPE, said_codes
from app.services.local.criteria.reading import Found, Mention, Reading, near_words, shown
from app.services.local.criteria.statement import Origin, request_evidence

_DONE = re.compile(
    r"\b(?:complet\w+|done|perform\w+|underwent|undergone|receiv\w+|obtain\w+|had|showed|shows|reveal\w+|"
    r"demonstrat\w+|result\w*|attended|finished|passed|taken|took|given|was|were|measured|s/p|status post|on file|"
    r"documented|returned|"
    r"confirm\w+|positive|read as|interpreted|tested|held|conducted|certificate|graduat\w+|ago|reviewed|evaluated|"
    r"seen|met with|placed|implanted|failed|tried|trial(?:ed|led)?|used|took place|"
    r"educated|instructed|counsell?ed|trained|taught)\b|\d", re.IGNORECASE,
)  # fmt: skip
_PRESENT = re.compile(
    r"\b(?:today|currently|now|continues?|continued|ongoing|active|present(?:s|ing|ed)?|this (?:week|visit|"
    r"morning)|is|are|has|have|remains?|reports?|acute|admitted|seen|shows?|"
    r"showed|reveals?|demonstrat\w+|performed|completed|done|obtained|result\w*|underwent|here for|new|noted)\b",
    re.IGNORECASE,
)
"""What makes a statement one of the day it was written."""
_LAST = re.compile(
    r"\b(?:last|most recent|latest|only|none since|no(?:ne)? (?:further|other|more)|single)\b", re.IGNORECASE
)
_RECENT = re.compile(r"\brecent(?:ly)?\b", re.IGNORECASE)


def judge_finding(
    reading: Reading, test: FindingTest, material: Material, line: Line | None, codes: CodeLists
) -> Found:
    """Met by a statement about the patient that stands, not met by a denial; said and denied is neither."""
    every = [m for name in test.any_of for m in reading.mentions(name)]
    every = [m for m in every if test.line or m.statement.origin is not Origin.LINE]
    if test.line_only:  # what is asked for, not what once was or is only spoken of
        every = [m for m in every if m.statement.origin is Origin.LINE]
    coded = (
        _coded(reading, test, material, line)
        if test.line and not (test.within or test.before or test.done)
        else None
    )
    what = " or ".join(reading.words(name) for name in test.any_of[:3]) + (
        " and others" if len(test.any_of) > 3 else ""
    )
    fits: list[Mention] = []
    old: list[Mention] = []
    failed: list[tuple[Mention, str]] = []
    for mention in every:
        if not (mention.affirmed or (test.planned and mention.counts and mention.said is Said.PLANNED)):
            continue
        problem, too_old = _problem(reading, test, mention)
        if too_old:
            old.append(mention)
        elif problem:
            failed.append((mention, problem))
        else:
            fits.append(mention)
    denials = [m for m in every if m.denied and _denial_covers(reading, test, m)]
    hard = [m for m in denials if not m.context.limited or _reaches(reading, test, m)]
    against = {m.concept for m in hard}
    if coded and not against:
        return Found(Status.MET, (coded, *shown(fits, 2)), f"The request's own code says {what}.")
    # Of several findings one that nobody denies is enough; one that is said and denied is neither.
    carried = [m for m in fits if m.concept not in against]
    if carried:
        return Found(Status.MET, shown(carried), f"{_cap(what)} is said of the patient.")
    if fits or coded:
        both = ((coded,) if coded else ()) + shown(fits, 2) + shown(hard, 2)
        return Found(
            Status.INSUFFICIENT, both, f"The documents contradict each other: {what} is said and denied."
        )
    if test.closed:
        outside = _outside(reading, test, material, line, codes, every)
        if outside is not None:
            return outside
    if hard and not failed and not old and against >= set(test.any_of):
        return Found(Status.NOT_MET, shown(hard), f"{_cap(what)} is denied.")
    if old and not failed and not any(m.said is Said.UNCERTAIN and m.counts for m in every):
        return _too_old(reading, test, old, what)
    if failed:
        mention, problem = failed[0]
        evidence = tuple(m.evidence(p) for m, p in failed[:3])
        del mention
        return Found(Status.INSUFFICIENT, evidence, f"{_cap(what)} is mentioned, but {problem}.")
    if hard and old:
        why = f"{_cap(what)} is denied in one place and told as earlier in another."
        return Found(Status.INSUFFICIENT, shown(hard + old), why)
    if hard:
        names = ", ".join(reading.words(n) for n in test.any_of if n in against)
        return Found(
            Status.INSUFFICIENT, shown(hard), f"{_cap(names)} is denied; of the others nothing is said."
        )
    return Found(Status.INSUFFICIENT, shown(every), _silent(what, every))


def _silent(what: str, every: list[Mention]) -> str:
    note = near_words(every)
    if note:
        return f"{_cap(what)} is mentioned only in words that do not count ({note})."
    return f"Nothing in the request or its documents says {what}."


def _problem(reading: Reading, test: FindingTest, mention: Mention) -> tuple[str, bool]:
    """Why an affirmed mention is not enough, and whether it is for its age alone."""
    for name in test.given:
        stands = reading.stands_with(name, mention.statement)
        if stands is not True:
            return f"not together with “{reading.words(name)}”", False
    for name in test.unless:
        if reading.stands_with(name, mention.statement):
            return f"it is said of “{reading.words(name)}”", False
    if test.done and not (mention.statement.origin is Origin.FIELD or _DONE.search(mention.statement.text)):
        return "nobody says that it was done", False
    if test.within or test.before:
        return _aged(reading, test, mention)
    return "", False


def _aged(reading: Reading, test: FindingTest, mention: Mention) -> tuple[str, bool]:
    first, last = dated(reading, mention)
    day = reading.asked_on
    if first is None or last is None:
        return "nobody says when", False
    if first > day:
        return "its date lies after the request", False
    if test.within:
        edge = before(day, test.within)
        if last < edge:
            return f"it is older than {test.within}", True
        if first < edge:
            return f"it cannot be told whether it is within {test.within}", False
    if test.before:
        edge = before(day, test.before)
        if first > edge:
            return f"it is not yet {test.before} ago", True
        if last > edge:
            return f"it cannot be told whether it is {test.before} ago", False
    return "", False


def dated(reading: Reading, mention: Mention) -> tuple[date | None, date | None]:
    """Between which days what a mention tells happened. What is told as present is of the day of the note."""
    inside = [d for d in reading.chart.moments(mention.statement) if mention.start <= d.start < mention.end]
    if len(inside) > 1:  # what is told of several days is as old as the first of them
        return min(d.first for d in inside), min(max(d.last for d in inside), reading.asked_on)
    found = reading.moment(mention)
    if found is not None:
        return found.first, min(found.last, max(reading.asked_on, found.first))
    written = mention.statement.written
    if written is None or _RECENT.search(mention.statement.text):
        return None, None
    if not mention.context.past and not _PRESENT.search(mention.statement.text):
        # A bare word ("PCI") may be of any day before the note.
        return date.min, written
    if mention.context.past:
        # Told as history without a date: some day before the note was written.
        return date.min, written
    return written, written


def _too_old(reading: Reading, test: FindingTest, old: list[Mention], what: str) -> Found:
    """Old findings are against a recent one only when somebody who wrote lately tells of no other."""
    period = test.within or test.before
    if test.before and not test.within:
        return Found(Status.NOT_MET, shown(old), f"{_cap(what)} is not yet {test.before} ago.")
    edge = before(reading.asked_on, period) if period else reading.asked_on
    lately = [
        m
        for m in old
        if (m.statement.written and m.statement.written >= edge) or _LAST.search(m.statement.text)
    ]
    lately = [m for m in lately if reading.moment(m) is not None]
    if lately and len(lately) == len([m for m in old if reading.moment(m) is not None]):
        return Found(Status.NOT_MET, shown(lately), f"{_cap(what)} is told as older than {period}.")
    return Found(
        Status.INSUFFICIENT,
        shown(old),
        f"{_cap(what)} is told, but as older than {period}; nothing newer is told.",
    )


def _denial_covers(reading: Reading, test: FindingTest, mention: Mention) -> bool:
    """Whether a denial speaks of the time that is asked for: one written before it began does not."""
    for name in test.given:
        if reading.stands_with(name, mention.statement) is not True and len(test.any_of) > 1:
            return False
    if not test.within:
        return True
    written = mention.statement.written
    return written is not None and written >= before(reading.asked_on, test.within)


def _reaches(reading: Reading, test: FindingTest, mention: Mention) -> bool:
    """Whether a denial of the last so many days goes back as far as what is asked for."""
    told, written = mention.context.spell, mention.statement.written
    if told is None or written is None or test.within is None:
        return False
    return before(written, told) <= before(reading.asked_on, test.within)


def _coded(reading: Reading, test: FindingTest, material: Material, line: Line | None) -> Evidence | None:
    """The evidence of a code of the line that says one of the concepts."""
    if line is None or test.given:
        return None
    for path, text, label in said_codes(line):
        for code in codes_in(text):
            for name in test.any_of:
                if code_matches(code, reading.concept(name).codes):
                    return request_evidence(material, path, text, label)
    return None


def _outside(reading: Reading, test: FindingTest, material: Material, line: Line | None, codes: CodeLists,
             every: list[Mention]) -> Found | None:  # fmt: skip
    """Not met, when the request states a diagnosis and it is none of a list that is all there is."""
    if line is None or any(m.counts and m.said in (Said.UNCERTAIN, Said.CLAIMED) for m in every):
        return None
    if any(m.affirmed for m in every):
        return None
    known = [
        c
        for c in codes_in(line.diagnosis_code)
        if ICD10_SHAPE.fullmatch(c) and (not codes.icd10 or codes.is_icd10(c))
    ]
    all_coded = all(reading.concept(name).codes for name in test.any_of)
    symptom = bool(known) and all(c.startswith("R") for c in known)
    near = [c for c in known if any(_heads(c, reading.concept(name).codes) for name in test.any_of)]
    if near:
        return None
    if not (line.diagnosis.strip() or (known and (all_coded or symptom))):
        return None
    root = f"request.lines.{line.line_id}.diagnosis"
    path, text = (
        (f"{root}.description", line.diagnosis)
        if line.diagnosis.strip()
        else (f"{root}.code", line.diagnosis_code)
    )
    evidence = request_evidence(material, path, text)
    if material.unread:
        return Found(
            Status.INSUFFICIENT,
            (evidence,),
            "The request's diagnosis is not in the list, but documents are still unread.",
        )
    told = ", ".join(p for p in (line.diagnosis_code, line.diagnosis) if p)
    return Found(
        Status.NOT_MET,
        (evidence, *shown(every, 2)),
        f"The diagnosis of the request ({told}) is not one of those listed, and no document says one that is.",
    )


def _heads(code: str, patterns: tuple[str, ...]) -> bool:
    """Whether a listed code is a part of this one: then the code is too coarse to say."""
    plain = code.replace(".", "")
    return any(p.upper().replace(".", "").startswith(plain) for p in patterns)


def judge_judgement(reading: Reading, test: JudgementTest) -> Found:
    """What only a person can judge: the passages that speak of it."""
    every = [m for name in test.any_of for m in reading.mentions(name)]
    passages = shown(every, 6)
    why = (
        "A person has to judge this; these passages speak of it."
        if passages
        else ("A person has to judge this; nothing in the documents speaks of it.")
    )
    return Found(Status.INSUFFICIENT, passages, why)


def _cap(text: str) -> str:
    return text[:1].upper() + text[1:]
