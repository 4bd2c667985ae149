"""Takes the sample requests through their stations as people would: the form checked, notes attached, asked about."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from app.domain.case import Case
from app.domain.evidence import Evidence, evidence_at
from app.domain.form import Value
from app.domain.material import Material
from app.domain.passage import Span, folded
from app.domain.recommendation import Review
from app.services.attachment import Attaching
from app.services.document_text import DocumentTexts
from app.services.editing import Editing
from app.services.lanes import Lanes
from app.services.sample_form import Sample
from app.services.sample_review import SampleReview

if TYPE_CHECKING:  # the review is loaded when somebody asks something
    from app.services.review_room import ReviewRoom

T = TypeVar("T")


class Desk(Protocol):
    """What of a workstation is needed here."""

    @property
    def lanes(self) -> Lanes: ...

    @property
    def editing(self) -> Editing: ...

    @property
    def attaching(self) -> Attaching: ...

    @property
    def texts(self) -> DocumentTexts: ...

    @property
    def review(self) -> ReviewRoom: ...

    @property
    def person(self) -> str: ...


def check_form(desk: Desk, case: Case, sample: Sample) -> int:
    """Put right what was misread on a sample form, confirm the rest and verify it; how many answers were put right.

    What is printed on the sample is known, so this does what a person does who looks at the page.
    """
    printed = sample.answers
    wrong: dict[str, Value] = {}
    for field in case.fields:
        answer = printed.get(numbered(field.path))
        if answer is not None and same(answer) != same(field.current):
            wrong[field.path] = answer
    if wrong:
        _in_store(desk, desk.editing.correct, case.case_id, wrong, desk.person)
    seen = tuple(f.path for f in case.fields if f.path not in wrong)
    _in_store(desk, desk.editing.confirm, case.case_id, seen, desk.person)
    _in_store(desk, desk.editing.verify, case.case_id, desk.person)
    return len(wrong)


def attach_notes(desk: Desk, case_id: str, request: SampleReview) -> None:
    """Attach what came for a request; its pages are read in the background."""
    for path in request.paths:
        content = path.read_bytes()
        prepared = desk.lanes.submit("pages", desk.attaching.prepare, content).result()
        attach = desk.attaching.attach
        _in_store(desk, attach, case_id, path.name, b"", desk.person, "clinical", prepared)
    _in_store(desk, desk.texts.want, case_id)


def fill_slots(desk: Desk, case_id: str, request: SampleReview) -> tuple[str, ...]:
    """Fill slots of the prompt with words that stand in the notes, each with its place; the slots that were filled."""
    material = desk.review.reviewing.material(case_id)
    filled = []
    for slot, words in request.said:
        found = where(material, words)
        if found is not None:
            _in_store(desk, desk.review.noting.state, case_id, str(slot), found.quote, found, desk.person)
            filled.append(str(slot))
    return tuple(filled)


def ask(desk: Desk, case_id: str) -> Review:
    """Ask the criteria engine about a case, with the prompt as it is proposed, once its documents are read."""
    desk.texts.read(case_id)
    reviewing = desk.review.reviewing
    prompt = reviewing.propose_prompt(case_id)
    return desk.lanes.submit("review", reviewing.ask, case_id, prompt, "", desk.person).result()


def where(material: Material, words: str) -> Evidence | None:
    """The first place in the documents of a case where these words stand, on however many lines."""
    wanted = folded(" ".join(words.split())).text
    for document in material.documents:
        for page in document.strings:
            text = page.folded.text.replace("\n", " ")
            start = text.find(wanted)
            if start >= 0 and len(text) == len(page.text):
                return evidence_at(
                    document, Span(document.document_id, page.page, start, start + len(wanted))
                )
    return None


def numbered(path: str) -> str:
    """`services.r2.code` as the samples count it: `services.2.code`."""
    parts = path.split(".")
    return ".".join((parts[0], parts[1].lstrip("r"), parts[2])) if len(parts) == 3 else path


def same(value: object) -> object:
    """A value without what makes no difference between two readings of it."""
    return " ".join(value.split()).strip(" .,:;_-").casefold() if isinstance(value, str) else value


def _in_store(desk: Desk, function: Callable[..., T], *arguments: object) -> T:
    return desk.lanes.submit("store", function, *arguments).result()
