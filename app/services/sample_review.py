"""Sample requests for the review: sample forms with clinical documents, and what is known to be right about them.

Every request is of a kind a reviewer meets: one that meets its policy, one that misses a criterion, one that lacks a
result, and one whose letter tries to tell the reading machine what to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from app.domain.prompt import Slot
from app.domain.recommendation import Proposed
from app.resource import resource
from app.services.sample_form import Sample
from app.services.sample_note import Note, Way, draw_note


@dataclass(frozen=True, slots=True)
class SampleReview:
    """A sample form with the documents that came for it.

    `right` is the outcome that follows from the policy, and `turns_on` the id of the criterion it turns on ("" where
    everything is met): known because the documents were written so. `attempt`: a document tries to instruct.
    `said` holds, by slot of the prompt, words that stand in one of the documents and fill it.
    """

    form: Sample
    title: str
    paths: tuple[Path, ...]
    right: Proposed
    turns_on: str = ""
    attempt: bool = False
    said: tuple[tuple[Slot, str], ...] = ()


def make_reviews(folder: Path, samples: Sequence[Sample], seed: int = 7) -> tuple[SampleReview, ...]:
    """Draw the documents for those of the sample forms a review is shown on. The same seed gives the same files."""
    forms = {sample.path.name: sample for sample in samples}
    made = []
    for request in REQUESTS:
        form = forms[request.form]
        place = folder / form.path.stem
        place.mkdir(parents=True, exist_ok=True)
        random = Random(f"{seed} {request.form}")  # noqa: S311 - not a secret
        who = _who(form)
        paths = tuple(draw_note(one.note(who), place, random) for one in request.papers)
        made.append(
            SampleReview(
                form, request.title, paths, request.right, request.turns_on, request.attempt, request.said
            )
        )
    return tuple(made)


Who = Mapping[str, str]
"""`name`, `born`, `doctor`, `last` (with Ms. or Mr.), and `she`, `her`, `She`, `Her` as they fit the member."""


def _who(form: Sample) -> Who:
    answers = form.answers
    female = bool(answers["gender_female"])
    she, her, title = ("she", "her", "Ms.") if female else ("he", "his", "Mr.")
    return {
        "name": str(answers["member_name"]),
        "born": str(answers["member_dob"]),
        "doctor": str(answers["requesting_provider_name"]),
        "last": f"{title} {str(answers['member_name']).split()[-1]}",
        "she": she,
        "her": her,
        "She": she.capitalize(),
        "Her": her.capitalize(),
    }


@dataclass(frozen=True, slots=True)
class _Paper:
    """A document of a request: what it says stands in `resources/sample/notes`, pages parted by form feeds."""

    name: str
    way: Way = "typed"
    header: str = ""

    def note(self, who: Who) -> Note:
        words = resource("sample", "notes", f"{Path(self.name).stem}.txt").read_text(encoding="utf-8")
        pages = words.format_map(who).split("\f")
        return Note(self.name, self.way, tuple(tuple(p.strip("\n").split("\n")) for p in pages), self.header)


@dataclass(frozen=True, slots=True)
class _Request:
    form: str
    title: str
    papers: tuple[_Paper, ...]
    right: Proposed
    turns_on: str = ""
    attempt: bool = False
    said: tuple[tuple[Slot, str], ...] = ()


_LAB = "11/10/2026 08:41  FROM: EXAMPLETON GENERAL LAB  (713) 555-0126   P.{page}/{pages}"
_ASSOCIATES = "10/27/2026 15:22  FROM: DEMO VALLEY ASSOCIATES  (818) 555-0133   P.{page}/{pages}"

REQUESTS = (
    _Request(
        "oxygen-copy.png",
        "Home oxygen: everything is documented",
        (_Paper("clinic-note.pdf"), _Paper("blood-gas-fax.tif", "faxed", _LAB)),
        Proposed.APPROVE,
        said=(
            (Slot.CONDITION, "COPD"),
            (Slot.TREATMENT, "tiotropium and albuterol inhalers"),
            (Slot.SYMPTOMS, "shortness of breath on minimal activity"),
        ),
    ),
    _Request(
        "cpap-handwritten.jpg",
        "CPAP: too few events in the sleep study",
        (_Paper("sleep-consultation.pdf"), _Paper("sleep-study-scan.pdf", "scanned")),
        Proposed.REFER,
        "severity",
        said=((Slot.CONDITION, "pauses in breathing"), (Slot.SYMPTOMS, "loud snoring for years")),
    ),
    _Request(
        "insulin-pump.pdf",
        "Insulin pump: C-peptide is pending",
        (_Paper("progress-note.pdf"), _Paper("labs-fax.tif", "faxed", _ASSOCIATES)),
        Proposed.PEND,
        "insulinopenia",
        said=(
            (Slot.CONDITION, "type 1 diabetes"),
            (Slot.TREATMENT, "insulin glargine at bedtime and insulin lispro with each meal"),
            (Slot.SYMPTOMS, "two lows below 54 mg/dL"),
        ),
    ),
    _Request(
        "power-wheelchair.pdf",
        "Power wheelchair: a letter gives orders",
        (_Paper("letter-of-necessity.pdf"),),
        Proposed.PEND,
        "can_operate",
        attempt=True,
        said=((Slot.CONDITION, "multiple sclerosis"), (Slot.SYMPTOMS, "weakness of both legs and arms")),
    ),
)
"""What is asked for, by the name of the sample form, and with which documents."""
