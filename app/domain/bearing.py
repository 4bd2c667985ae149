"""What a model's quote bears: whether the words it points at say a finding of the patient, or deny it.

That the words stand there is not enough: they must name what the criterion asks for, in any order and wording of its
terms, and their sentence must say it of this patient, as a fact: not denied, planned, doubted or of somebody else
(`app.domain.clinical.context`). What only a wider reading would find stays for a person to mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.domain.clinical.context import Said, context
from app.domain.clinical.sentence import Sentence, sentences
from app.domain.evidence import Evidence
from app.domain.material import Material, Status
from app.domain.policy import Concept, FindingTest, Leaf, Policy

_REACH = 90
"""Characters within which the words of a term stand when they stand together."""
_EMPTY = frozenset(
    {"of", "the", "a", "an", "in", "on", "to", "for", "by", "with", "and", "or", "from", "at", "as"}
)


def bears(evidence: Evidence, leaf: Leaf, policy: Policy, claim: Status, material: Material | None) -> bool:
    """Whether a quote can carry that a finding is met (said of the patient) or not met (denied).

    Read in its sentence where `material` holds it, else by itself. False for what is no finding.
    """
    test = leaf.test
    if not isinstance(test, FindingTest):
        return False
    said = tuple(_around(evidence, material))
    if claim is not Status.MET:
        return any(_stated(policy.concepts.get(name), said, Said.DENIED) for name in test.any_of)
    if any(_mentioned(policy.concepts.get(name), one) != (0, 0) for name in test.unless for one in said):
        return False
    if not all(_stated(policy.concepts.get(name), said, Said.AFFIRMED) for name in test.given):
        return False
    return any(_stated(policy.concepts.get(name), said, Said.AFFIRMED) for name in test.any_of)


def _around(evidence: Evidence, material: Material | None) -> Iterator[Sentence]:
    span = evidence.span
    source = material.document(span.document_id) if material is not None and span is not None else None
    page = source.page(span.page) if source is not None and span is not None else None
    if page is None or span is None:
        yield from sentences(evidence.quote)
        return
    for sentence in sentences(page.text):
        if sentence.start < span.end and span.start < sentence.end:
            yield sentence


def _stated(concept: Concept | None, said: tuple[Sentence, ...], wanted: Said) -> bool:
    """Whether one of the sentences says (denies) a concept, and none of them says otherwise."""
    states = [
        context(sentence.text, start, end, sentence.section, sentence.lead, sentence.bare).said
        for sentence in said
        for start, end in (_mentioned(concept, sentence),)
        if end > start
    ]
    return bool(states) and all(state is wanted for state in states)


def _mentioned(concept: Concept | None, sentence: Sentence) -> tuple[int, int]:
    """Where a sentence names a concept, as offsets of its text; (0, 0) where it does not."""
    if concept is None:
        return 0, 0
    text = sentence.text
    folded = text.casefold()
    if any(phrase.casefold() in folded for phrase in concept.but_not if not phrase.startswith("/")):
        return 0, 0
    for term in concept.terms:
        if term.startswith("/"):
            match = re.search(term.strip("/"), text, re.IGNORECASE)
            if match is not None and match.end() > match.start():
                return match.span()
            continue
        found = _together(term, text)
        if found is not None:
            return found
    return 0, 0


def _together(term: str, text: str) -> tuple[int, int] | None:
    """Where all words of a term stand near each other, in whatever order and ending."""
    wanted = {_stem(word) for word in re.findall(r"\w+", term.casefold()) if word not in _EMPTY}
    if not wanted:
        return None
    places: dict[str, list[tuple[int, int]]] = {}
    for match in re.finditer(r"\w+", text):
        stem = _stem(match.group().casefold())
        if stem in wanted:
            places.setdefault(stem, []).append(match.span())
    if len(places) < len(wanted):
        return None
    for start, end in places[next(iter(wanted))]:
        near = [min(spans, key=lambda s: abs(s[0] - start)) for spans in places.values()]
        first, last = min(s for s, _ in near), max(e for _, e in [*near, (start, end)])
        if last - first <= _REACH:
            return first, last
    return None


def _stem(word: str) -> str:
    if len(word) <= 4 or not word.isalpha():
        return word
    return re.sub(r"(?:ies|es|s|ing|ed)$", "", word)
