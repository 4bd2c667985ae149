"""Quotes looked up again in what they are said to be quoted from.

A quote counts when its words stand in the source: exactly, or with the misreadings that recognition makes (I for l, 0
for O, rn for m, a lost letter in a long word, blanks lost or added). A number, a unit or a "no" that differs is never
a misreading. What is shown is always the source's own words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from app.domain.evidence import Evidence, evidence_at
from app.domain.injection import attempts_in
from app.domain.material import Material, Status
from app.domain.passage import SourceText, Span
from app.domain.policy import Policy
from app.domain.recommendation import CriterionResult, Flag, Recommendation

LEAST_LETTERS = 6
"""A quote shorter than this stands everywhere and proves nothing."""
_CLASSES = ("1il|!", "0o", "5s$", "8b", "2z")
"""Glyphs that are taken for each other; no class holds two digits, so that numbers stay what they are."""
_FOLD = {sign: group[0] for group in _CLASSES for sign in group}
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("nn", "m"))
_ELLIPSIS = re.compile(r"\s*(?:\[?…\]?|\[?\.\.\.+\]?)\s*")
_WORD = re.compile(r"[^\W_]+(?:[.,/'’-][^\W_]+)*|[<>=≤≥%±]")
_NEGATING = frozenset(
    [
        "no",
        "not",
        "none",
        "never",
        "without",
        "denies",
        "denied",
        "negative",
        "absent",
        "nor",
        "cannot",
        "isn't",
        "wasn't",
        "doesn't",
    ]
)
_LONG = 8
_BEFORE = 4
"""So many words before a quote may deny it."""
DENIED = "the words before it deny it"


def find_quote(quote: str, sources: Iterable[SourceText], document_id: str = "") -> Evidence | None:
    """Where a quote stands; None when it stands nowhere. The named document is looked in first, then the others.

    "… " inside a quote leaves words out: its parts must then follow each other on one page.
    """
    every = list(sources)
    ordered = sorted(every, key=lambda s: s.document_id != document_id) if document_id else every
    parts = [part for part in _ELLIPSIS.split(quote.strip().strip("\"“”'‘’«»")) if part.strip()]
    if not parts or sum(c.isalnum() for part in parts for c in part) < LEAST_LETTERS:
        return None
    for tolerant in (False, True):
        for source in ordered:
            for page in source.strings:
                span = _stands(page.text, parts, tolerant=tolerant)
                if span is not None:
                    return evidence_at(source, Span(source.document_id, page.page, *span))
    return None


def _stands(text: str, parts: Sequence[str], *, tolerant: bool) -> tuple[int, int] | None:
    """Where the parts stand one after the other in a text, from the first to the last."""
    start: int | None = None
    at = 0
    for part in parts:
        found = _tolerant(text, part, at) if tolerant else _exact(text, part, at)
        if found is None:
            return None
        start, at = (found[0] if start is None else start), found[1]
    return (start, at) if start is not None else None


@dataclass(frozen=True, slots=True)
class _Folded:
    """A text reduced to what is compared, and where each character of it stood."""

    text: str
    places: tuple[int, ...]


@lru_cache(maxsize=512)
def _plain(text: str) -> _Folded:
    """Lower case, one kind of quotation mark and dash, no blanks at all: line breaks and hyphenation fall away."""
    signs: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(text):
        if sign.isspace() or sign in "\u00ad\u200b":
            continue
        for c in unicodedata.normalize("NFKC", sign).lower():
            signs.append({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‑": "-"}.get(c, c))
            places.append(place)
    return _Folded("".join(signs), tuple(places))


def _exact(text: str, part: str, after: int) -> tuple[int, int] | None:
    folded, wanted = _plain(text), _plain(part).text.strip(".,;:")
    if not wanted:
        return None
    at = -1
    while (at := folded.text.find(wanted, at + 1)) >= 0:
        start, end = folded.places[at], folded.places[at + len(wanted) - 1] + 1
        if start >= after and _whole(text, start, end):
            return start, end
    return None


def _whole(text: str, start: int, end: int) -> bool:
    """Whether a match begins and ends with whole words and numbers: `8.4` is not a quote out of `18.4`."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if before.isalnum() and text[start].isalnum():
        return False
    if (
        before in (".", ",", "<", ">", "≤", "≥", "-")
        and text[start].isdigit()
        and text[start - 2 : start - 1].isdigit()
    ):
        return False
    if after.isalnum() and text[end - 1].isalnum():
        return False
    return not (after in (".", ",") and text[end - 1].isdigit() and text[end + 1 : end + 2].isdigit())


@lru_cache(maxsize=512)
def _words(text: str) -> tuple[tuple[str, int, int], ...]:
    """The words of a text as they are compared with misreadings in mind, hyphenation over a line break undone."""
    found: list[tuple[str, int, int]] = []
    for match in _WORD.finditer(text):
        word = unicodedata.normalize("NFKC", match.group()).lower().replace("’", "'")
        if found and text[found[-1][2] : match.start()] in ("-\n", "\u00ad\n") and word.isalpha():
            before = found.pop()
            found.append((before[0] + word, before[1], match.end()))
        else:
            found.append((word, match.start(), match.end()))
    return tuple(found)


def _tolerant(text: str, part: str, after: int) -> tuple[int, int] | None:
    wanted = [word for word, _, _ in _words(part)]
    have = [word for word in _words(text) if word[1] >= after]
    if not wanted or len(wanted) < 2:
        return None
    first = wanted[0]
    for begin in range(len(have)):
        if not _same(have[begin][0], first) and not (
            begin + 1 < len(have) and _same(have[begin][0] + have[begin + 1][0], first)
        ):
            continue
        end = _run(have, begin, wanted)
        if end is not None:
            return have[begin][1], have[end - 1][2]
    return None


def _run(have: Sequence[tuple[str, int, int]], begin: int, wanted: Sequence[str]) -> int | None:
    """How far the wanted words go from here, blanks lost or added between two words allowed; None when they do not."""
    at, place = begin, 0
    while place < len(wanted):
        if at >= len(have):
            return None
        word = have[at][0]
        if _same(word, wanted[place]):
            at, place = at + 1, place + 1
        elif place + 1 < len(wanted) and _same(word, wanted[place] + wanted[place + 1]):
            at, place = at + 1, place + 2
        elif at + 1 < len(have) and _same(word + have[at + 1][0], wanted[place]):
            at, place = at + 2, place + 1
        else:
            return None
    return at


def _same(first: str, second: str) -> bool:
    """Whether two words are one, misread. Numbers must be equal digit by digit; negating words letter by letter."""
    if first == second:
        return True
    if first in _NEGATING or second in _NEGATING:
        return False
    one, two = _glyphs(first), _glyphs(second)
    if one == two:
        return not (first.isdigit() and second.isdigit())
    if any(c.isdigit() for c in first + second):
        return False
    return min(len(first), len(second)) >= _LONG and first[0] == second[0] and _one_apart(one, two)


def _glyphs(word: str) -> str:
    for pair, one in _PAIRS:
        word = word.replace(pair, one)
    return "".join(_FOLD.get(c, c) for c in word)


def _one_apart(first: str, second: str) -> bool:
    """Whether one letter lost, added or changed makes one of the other."""
    if abs(len(first) - len(second)) > 1:
        return False
    start = next(
        (i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b),
        min(len(first), len(second)),
    )
    return (
        first[start + 1 :] == second[start + 1 :]
        or first[start:] == second[start + 1 :]
        or first[start + 1 :] == second[start:]
    )


# All quotes of a recommendation


def verified(
    recommendation: Recommendation, policy: Policy | None, material: Material
) -> tuple[Recommendation, tuple[Flag, ...]]:
    """The recommendation with every quote looked up; those that stand nowhere are marked and told of.

    A criterion that was said to be met, or not met, without a quote that counts becomes insufficient and keeps what
    was `said`; a person's mark stays. The outcome is left for `verdict` to work out.
    """
    flags: list[Flag] = []
    rows: list[CriterionResult] = []
    for row in recommendation.criteria:
        if row.kind != "leaf":
            rows.append(row)
            continue
        evidence = tuple(looked_up(e, policy, material) for e in row.evidence)
        if row.status is Status.MET:
            evidence = tuple(_unsupported(e, DENIED) if e.note == DENIED else e for e in evidence)
        for before, found in zip(row.evidence, evidence, strict=True):
            if before.supported and not found.supported:
                flags.append(
                    Flag(
                        "unsupported_quote",
                        f"A quote for “{row.text}” does not count: {found.note}.",
                        found,
                        "Judge this criterion by the documents.",
                    )
                )
        carried = any(e.supported for e in evidence) or bool(row.marked_by)
        if row.status is not Status.INSUFFICIENT and not carried:
            rows.append(
                replace(row, evidence=evidence, status=Status.INSUFFICIENT, said=row.said or row.status)
            )
        else:
            rows.append(replace(row, evidence=evidence))
    passages = tuple(e for p in recommendation.passages if (e := looked_up(p, policy, material)).supported)
    return replace(recommendation, criteria=tuple(rows), passages=passages), tuple(flags)


def looked_up(evidence: Evidence, policy: Policy | None, material: Material) -> Evidence:
    """One piece of evidence with its place as it was found, or marked as unsupported with the reason in `note`."""
    if not evidence.supported:
        return evidence
    if evidence.field and not evidence.document.startswith("policy:"):
        return _of_field(evidence, material)
    if evidence.span is None and evidence.box is not None and evidence.document:
        known = material.document(
            evidence.document
        )  # a region of a page a person pinned: there are no words to find
        return (
            evidence if known is not None else _unsupported(evidence, "that document is not part of the case")
        )
    span = evidence.span
    source = material.document(span.document_id) if span else None
    if span is not None and source is not None:
        found = evidence_at(source, span, evidence.note)
        if " ".join(found.quote.split()) == " ".join(evidence.quote.split()) and found.quote:
            return _unless_instructing(found, source)
    looked = find_quote(evidence.quote, material.documents, evidence.document)
    if looked is not None:
        source = material.document(looked.document)
        found = _with_denial(looked, source) if source is not None else looked
        found = replace(found, note=found.note or evidence.note)
        return _unless_instructing(found, source) if source is not None else found
    if policy is not None and _stands(policy.text, [evidence.quote], tolerant=False):
        return _unsupported(
            replace(evidence, document=policy.key), "these are words of the policy, not of the case"
        )
    stated = any(evidence.quote.casefold() in fact.text.casefold() for fact in material.stated if fact.text)
    if stated:
        return _unsupported(evidence, "a reviewer stated it; no document says it")
    return _unsupported(evidence, "these words stand in no document of the case")


def _with_denial(evidence: Evidence, source: SourceText) -> Evidence:
    """A quote that was cut off from the words that deny it, with those words and `DENIED` as its note."""
    span = evidence.span
    page = source.page(span.page) if span is not None else None
    if span is None or page is None:
        return evidence
    before = [w for w in _words(page.text) if w[2] <= span.start][-_BEFORE:]
    for place, (word, start, _) in enumerate(before):
        if word not in _NEGATING:
            continue
        between = page.text[start : span.start]
        ended = re.search(r"[.;:!?]|\b(?:but|however|except|although|though)\b", between)
        if not ended and len(before) - place <= _BEFORE:
            return evidence_at(source, Span(span.document_id, span.page, start, span.end), DENIED)
    return evidence


def _unless_instructing(evidence: Evidence, source: SourceText | None) -> Evidence:
    span = evidence.span
    page = source.page(span.page) if source is not None and span is not None else None
    if span is None or page is None:
        return evidence
    for attempt in attempts_in(page.text):
        if attempt.start < span.end and attempt.end > span.start:
            return _unsupported(evidence, "it tries to instruct the reader")
    return evidence


def _of_field(evidence: Evidence, material: Material) -> Evidence:
    """A form field or a part of the request must hold what is quoted of it."""
    quote = " ".join(evidence.quote.split()).casefold()
    if attempts_in(evidence.quote):
        return _unsupported(evidence, "it tries to instruct the reader")
    field = next((f for f in material.fields if f.path == evidence.field), None)
    if field is not None:
        held = f"{field.label}: {field.current}" if isinstance(field.current, str) else field.label
        if quote and quote in " ".join(held.split()).casefold():
            return replace(evidence, document=field.document_id, page=field.page, box=field.box)
        return _unsupported(evidence, "the field says something else")
    if evidence.field.startswith("request"):
        if quote and quote in " ".join(_said(material.request.raw)).casefold():
            return evidence
        return _unsupported(evidence, "the request says something else")
    return _unsupported(evidence, "there is no such field")


def _said(value: object) -> list[str]:
    if isinstance(value, dict):
        inner = [_said(part) for name, part in value.items() if name != "determination"]
        texts = [text for part in inner for text in part]
        if {"name", "value"} <= value.keys():
            texts.append(f"{value['name']}: {value['value']}")
        return texts
    if isinstance(value, list | tuple):
        return [text for part in value for text in _said(part)]
    return [" ".join(str(value).split())] if value not in (None, "") else []


def _unsupported(evidence: Evidence, why: str) -> Evidence:
    return replace(evidence, supported=False, note=why)
