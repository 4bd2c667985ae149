"""The sentence of a prompt: composed of its slots, edited freely, and taken apart again.

What a person types over a slot becomes what they state; what they write beside the slots is prose that the criteria
engine does not use, and says so (`unused`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from app.domain.evidence import Evidence
from app.domain.material import StatedFact
from app.domain.prompt import Filled, Origin, Prompt, Slot, SlotPlace

NOT_SAID = {
    Slot.SERVICE: "service not stated",
    Slot.PATIENT: "name not stated",
    Slot.AGE: "age not stated",
    Slot.GENDER: "sex not stated",
    Slot.CONDITION: "condition not stated",
    Slot.TREATMENT: "treatment not stated",
    Slot.SYMPTOMS: "symptoms not stated",
    Slot.DIAGNOSIS: "diagnosis not stated",
}
"""What stands, in brackets, where nobody says anything."""

FACTS = (Slot.SERVICE, Slot.AGE, Slot.GENDER, Slot.CONDITION, Slot.TREATMENT, Slot.SYMPTOMS, Slot.DIAGNOSIS)
"""The slots that say something clinical: a person's words in them are stated facts."""

_SENTENCE: tuple[str | Slot, ...] = (
    "Review a PA request for ", Slot.SERVICE, " for our member, ", Slot.PATIENT, ", who is ", Slot.AGE, ", ",
    Slot.GENDER, " with ", Slot.CONDITION, ". The patient is on ", Slot.TREATMENT, ", has ", Slot.SYMPTOMS,
    ", and has been diagnosed with ", Slot.DIAGNOSIS, ".",
)  # fmt: skip
_SKELETON = re.compile(
    r"\s*Review\s+a\s+PA\s+request\s+for\s+(?P<service>.+?)\s+for\s+our\s+member\s*,?\s+(?P<patient_name>.+?)\s*,?\s+who\s+is\s+"
    r"(?P<age>.+?)\s*,\s*(?P<gender>[^,.]+?)\s+with\s+(?P<condition>.+?)\s*\.\s+The\s+patient\s+is\s+on\s+(?P<treatment>.+?)"
    r"\s*,\s*has\s+(?P<symptoms>.+?)\s*,?\s+and\s+has\s+been\s+diagnosed\s+with\s+(?P<diagnosis>.+?)\s*(?:\.(?=\s|$)|$)",
    re.DOTALL | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of words that is the same in two texts, was added, or was removed. `kind` is same, added, removed."""

    kind: str
    text: str


def absent_text(slot: Slot) -> str:
    return f"[{NOT_SAID[slot]}]"


def absent(slot: Slot) -> Filled:
    """A slot nobody says anything for."""
    return Filled(slot, absent_text(slot), Origin.ABSENT)


def composed(filled: Mapping[Slot, Filled]) -> Prompt:
    """The sentence with these slots; a slot that is not given, or holds nothing, is loudly absent."""
    text = ""
    places: list[SlotPlace] = []
    for part in _SENTENCE:
        if not isinstance(part, Slot):
            text += part
            continue
        found = filled.get(part)
        if found is None or not found.text.strip() or found.origin is Origin.ABSENT:
            found = absent(part)
        words = _ending(found)
        places.append(SlotPlace(len(text), len(text) + len(words), replace(found, text=words)))
        text += words
    return Prompt(text, tuple(places), text)


def _ending(found: Filled) -> str:
    """The words of a slot without a full stop of their own: the sentence has its own."""
    words = " ".join(found.text.split())
    if found.origin is Origin.ABSENT:
        return words
    return words.rstrip(" ;,") if words.endswith("etc.") else words.rstrip(" .;,")


def edited(prompt: Prompt, text: str, by: str) -> Prompt:
    """The prompt with a text a person wrote: slots keep their source where their words are the same.

    Other words in a slot become what that person states; words that are gone leave the slot absent. A text that
    has no trace of a slot keeps none of it.
    """
    if text == prompt.text:
        return prompt
    before = {place.filled.slot: place.filled for place in prompt.slots}
    found = _by_sentence(text) or _by_changes(prompt, text)
    places: list[SlotPlace] = []
    for slot, (start, end) in sorted(found.items(), key=lambda item: item[1]):
        words = " ".join(text[start:end].split())
        places.append(SlotPlace(start, end, _refilled(slot, words, before.get(slot), by)))
    return Prompt(text, tuple(places), prompt.generated)


def _refilled(slot: Slot, words: str, before: Filled | None, by: str) -> Filled:
    if before is not None and words == " ".join(before.text.split()):
        return before
    if not words or re.fullmatch(r"\[[^\]]*not stated\]", words):
        return replace(absent(slot), text=words)
    return Filled(slot, words, Origin.STATED, by=by)


def _by_sentence(text: str) -> dict[Slot, tuple[int, int]] | None:
    """Where the slots stand when the sentence around them is still there, whatever they hold."""
    match = _SKELETON.search(text)
    if match is None:
        return None
    return {slot: match.span(str(slot)) for slot in Slot}


def _by_changes(prompt: Prompt, text: str) -> dict[Slot, tuple[int, int]]:
    """Where the slots went, by what was changed between the two texts, word by word."""
    old, new = _tokens(prompt.text), _tokens(text)
    moved: list[tuple[int, int, int, int]] = []
    matcher = SequenceMatcher(None, [t for t, _ in old], [t for t, _ in new], autojunk=False)
    ends_old = [at for _, at in old] + [len(prompt.text)]
    ends_new = [at for _, at in new] + [len(text)]
    for _tag, i1, i2, j1, j2 in matcher.get_opcodes():
        moved.append((ends_old[i1], ends_old[i2], ends_new[j1], ends_new[j2]))
    found: dict[Slot, tuple[int, int]] = {}
    for place in prompt.slots:
        touching = [m for m in moved if m[0] < place.end and m[1] > place.start]
        rewritten = [m for m in touching if prompt.text[m[0] : m[1]] != text[m[2] : m[3]]]
        others = [p for p in prompt.slots if p is not place]
        if not touching or any(m[0] < p.end and m[1] > p.start for m in rewritten for p in others):
            continue  # written over together with another slot: nobody can say which words are whose
        first, last = touching[0], touching[-1]
        start = first[2] + (place.start - first[0] if first[1] - first[0] == first[3] - first[2] else 0)
        end = last[3] - (last[1] - place.end if last[1] - last[0] == last[3] - last[2] else 0)
        while start < end and text[start].isspace():
            start += 1
        while end > start and (text[end - 1].isspace() or text[end - 1] in ",."):
            end -= 1
        if end > start:
            found[place.filled.slot] = (start, end)
    return found


def _tokens(text: str) -> list[tuple[str, int]]:
    return [(m.group(), m.start()) for m in re.finditer(r"\w+|[^\w\s]|\s+", text)]


def with_found(prompt: Prompt, proposed: Prompt) -> tuple[Prompt, tuple[Slot, ...]]:
    """The prompt with what a model found for slots that are still absent, and which those are.

    What people wrote or fields say stays; only words with a place in a document are taken.
    """
    taken: list[Slot] = []
    for place in proposed.slots:
        filled = place.filled
        here = prompt.slot(filled.slot)
        stands = filled.origin is Origin.SPAN and filled.evidence is not None
        if stands and here is not None and here.origin is Origin.ABSENT:
            prompt = refilled(prompt, filled)
            taken.append(filled.slot)
    return prompt, tuple(taken)


def refilled(prompt: Prompt, filled: Filled) -> Prompt:
    """The prompt with one slot filled anew; the words around it stay as they were written."""
    words = _ending(filled) or absent_text(filled.slot)
    if not filled.text.strip():
        filled = absent(filled.slot)
    filled = replace(filled, text=words)
    here = next((p for p in prompt.slots if p.filled.slot is filled.slot), None)
    if here is None:  # the sentence was written over: the fact is put at its end
        glue = "" if not prompt.text or prompt.text[-1].isspace() else " "
        start = len(prompt.text) + len(glue)
        return replace(
            prompt,
            text=f"{prompt.text}{glue}{words}",
            slots=(*prompt.slots, SlotPlace(start, start + len(words), filled)),
        )
    shift = len(words) - (here.end - here.start)
    places = tuple(
        SlotPlace(here.start, here.start + len(words), filled)
        if p is here
        else SlotPlace(p.start + shift, p.end + shift, p.filled)
        if p.start >= here.end
        else p
        for p in prompt.slots
    )
    return replace(prompt, text=prompt.text[: here.start] + words + prompt.text[here.end :], slots=places)


def with_span(prompt: Prompt, slot: Slot, evidence: Evidence, by: str) -> Prompt:
    """The prompt with a slot filled from words clicked in a document; the slot keeps that source."""
    return refilled(prompt, Filled(slot, evidence.quote, Origin.SPAN, evidence.field, evidence, by=by))


def with_statement(prompt: Prompt, slot: Slot, text: str, by: str) -> Prompt:
    """The prompt with a slot in a person's own words: a fact without evidence."""
    return refilled(prompt, Filled(slot, text, Origin.STATED, by=by))


def stated_facts(prompt: Prompt) -> tuple[StatedFact, ...]:
    """What people put into the slots: with evidence where it was clicked in a document, unsupported where typed."""
    return tuple(
        StatedFact(str(p.filled.slot), p.filled.text, p.filled.evidence)
        for p in prompt.slots
        if p.filled.slot in FACTS and p.filled.origin in (Origin.STATED, Origin.SPAN)
    )


def unused(prompt: Prompt) -> tuple[tuple[int, int], ...]:
    """Prose the criteria engine does not use, as (start, end) of the text: no slot, and not the sentence around it."""
    taken = [False] * len(prompt.text)
    for place in prompt.slots:
        taken[place.start : place.end] = [True] * (place.end - place.start)
    own = [(t.casefold(), at) for t, at in _tokens(prompt.text) if not t.isspace() and not taken[at]]
    literal = [
        t.casefold()
        for part in _SENTENCE
        if not isinstance(part, Slot)
        for t, _ in _tokens(part)
        if not t.isspace()
    ]
    blocks = SequenceMatcher(None, [t for t, _ in own], literal, autojunk=False).get_matching_blocks()
    known = {i for block in blocks for i in range(block.a, block.a + block.size)}
    ranges: list[tuple[int, int]] = []
    for number, (word, at) in enumerate(own):
        if number in known:
            continue
        gap = prompt.text[ranges[-1][1] : at] if ranges else "x"
        if ranges and not gap.strip():
            ranges[-1] = (ranges[-1][0], at + len(word))
        else:
            ranges.append((at, at + len(word)))
    return tuple(r for r in ranges if any(c.isalnum() for c in prompt.text[r[0] : r[1]]))


def difference(before: str, after: str) -> tuple[Piece, ...]:
    """Two texts as runs of words that are the same, added or removed, in the order of the later one."""
    old, new = [t for t, _ in _tokens(before)], [t for t, _ in _tokens(after)]
    pieces: list[Piece] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", "".join(new[j1:j2])))
            continue
        if i2 > i1:
            pieces.append(Piece("removed", "".join(old[i1:i2])))
        if j2 > j1:
            pieces.append(Piece("added", "".join(new[j1:j2])))
    return tuple(pieces)


def from_text(text: str, by: str = "") -> Prompt:
    """A prompt that somebody wrote whole, with the slots its sentence still has: all of them stated."""
    return edited(Prompt("", (), ""), text, by)
