"""A question to a model: what the prompt makes of the material, and what has to be told whatever comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from app.domain.evidence import Evidence
from app.domain.material import Material, StatedFact
from app.domain.prompt import Prompt
from app.domain.prompt_text import stated_facts, unused
from app.domain.recommendation import Flag, Recommendation


def with_prompt(material: Material, prompt: Prompt) -> Material:
    """The material with what the prompt states: its slots, in place of what was stated for them before, and what is
    written beside them.
    """
    theirs = {str(place.filled.slot) for place in prompt.slots}
    kept = tuple(fact for fact in material.stated if fact.slot not in theirs)
    prose = tuple(StatedFact("", run) for run in _runs(prompt))
    return replace(material, stated=(*kept, *stated_facts(prompt), *prose))


def _runs(prompt: Prompt) -> list[str]:
    """What is written beside the slots, run by run."""
    return [" ".join(prompt.text[start:end].split()) for start, end in unused(prompt)]


def tainted_by(flags: Iterable[Flag]) -> Callable[[Evidence], bool]:
    """Whether evidence lies in words flagged as an attempt to instruct, or on a page about another patient."""
    found = tuple(flags)
    attempts = [f.evidence for f in found if f.kind == "injection" and f.evidence is not None]
    spans = [e.span for e in attempts if e.span is not None]
    words = {_flat(e.quote) for e in attempts} - {""}
    fields = {e.field for e in attempts if e.field}
    foreign = {
        (f.evidence.document, f.evidence.page)
        for f in found
        if f.kind == "other_patient" and f.evidence is not None
    }

    def tainted(evidence: Evidence) -> bool:
        span, quote = evidence.span, _flat(evidence.quote)
        if evidence.document and {(evidence.document, evidence.page), (evidence.document, None)} & foreign:
            return True
        if any(said in quote for said in words):
            return True  # the same words a second time are flagged once, and evidence nowhere
        if evidence.field:
            return evidence.field in fields
        if span is None:
            return bool(quote) and any(quote in said for said in words)
        return any(
            (s.document_id, s.page) == (span.document_id, span.page)
            and span.start < s.end
            and s.start < span.end
            for s in spans
        )

    return tainted


def _flat(text: str) -> str:
    return " ".join(text.casefold().split())


def unread_flags(material: Material) -> tuple[Flag, ...]:
    """A flag for every document of which not every page is known: silence of it is no absence."""
    found = []
    for document in material.unread:
        lost = f" Page {_pages(document.lost)} cannot be read by the machine." if document.lost else ""
        waits = f", page {_pages(document.pages)}" if document.pages else ""
        text = (
            f"“{document.name}” is not read yet{waits}.{lost}"
            if document.pages or not lost
            else (f"“{document.name}” is read in part.{lost}")
        )
        step = "Look at those pages yourself." if lost else "Wait until it is read, and ask again."
        found.append(Flag("unread", text, None, step))
    return tuple(found)


def _pages(numbers: tuple[int, ...]) -> str:
    shown = ", ".join(str(number) for number in numbers[:6])
    return f"{shown} and {len(numbers) - 6} more" if len(numbers) > 6 else shown


def unused_prose(prompt: Prompt, found: Iterable[Recommendation] = ()) -> tuple[Flag, ...]:
    """A flag for what was written beside the slots and speaks of no criterion: the criteria engine says so.

    What does speak of one is a statement without evidence there, and is shown as such.
    """
    used = [
        e.quote for r in found for c in r.criteria for e in c.evidence if not e.supported and not e.document
    ]
    runs = [run for run in _runs(prompt) if not any(quote and quote in run for quote in used)]
    if not runs:
        return ()
    words = "; ".join(f"“{run[:80]}”" for run in runs[:3])
    return (
        Flag(
            "unused_prose",
            f"The criteria engine did not use what you wrote beside the slots: {words}.",
            None,
            "Put it into a slot, click the words in a document, or ask a model that reads prose.",
        ),
    )
