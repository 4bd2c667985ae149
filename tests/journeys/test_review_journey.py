"""From a fax to a determination: a sample form is read and checked, its note attached, asked about, and decided."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from app import doctor
from app.demo import review_samples
from app.domain.case import ReviewStatus
from app.domain.determination import Outcome
from app.domain.errors import Rejected
from app.domain.prompt import Origin, Slot
from app.domain.recommendation import Proposed
from app.domain.role import NotAllowed
from app.services.ingestion import Ingestion
from app.services.sample_form import make_samples
from app.services.sample_review import SampleReview, make_reviews
from app.services.sample_taking import ask, attach_notes, check_form, fill_slots
from app.workstation import Settings, Workstation, build

PUMP = "insulin-pump"


@pytest.fixture(scope="module")
def request_(tmp_path_factory: pytest.TempPathFactory) -> SampleReview:
    """The insulin pump with its typed note alone: nothing but the form has to be recognized."""
    folder = tmp_path_factory.mktemp("samples")
    requests = make_reviews(folder / "notes", make_samples(folder))
    found = next(r for r in requests if r.form.path.stem == PUMP)
    return replace(found, paths=found.paths[:1])


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workstation]:
    made = build(Settings(tmp_path_factory.mktemp("journey") / "workspace", "kim"), os.urandom(32))
    yield made
    made.close()


@pytest.fixture(scope="module")
def case_id(desk: Workstation, request_: SampleReview) -> str:
    ingestion = Ingestion(desk.lanes, desk.intake, desk.backends.processor)
    (case,) = ingestion.take_in(request_.form.path, desk.person).cases
    check_form(desk, case, request_.form)
    attach_notes(desk, case.case_id, request_)
    return case.case_id


def test_a_checked_form_with_its_note_is_a_request_in_the_queue(desk: Workstation, case_id: str) -> None:
    counts = desk.in_store(desk.review_queue.counts)
    assert counts[ReviewStatus.IN_QUEUE] == 1
    material = desk.review.reviewing.material(case_id)
    assert material.request.lines[0].code == "E0784"
    assert [d.kind for d in material.documents].count("clinical") == 1


def test_words_of_the_note_fill_the_prompt_and_keep_their_place(
    desk: Workstation, case_id: str, request_: SampleReview
) -> None:
    desk.texts.read(case_id)
    assert set(fill_slots(desk, case_id, request_)) == {str(slot) for slot, _ in request_.said}
    prompt = desk.review.reviewing.propose_prompt(case_id)
    filled = {place.filled.slot: place.filled for place in prompt.slots}
    treatment = filled[Slot.TREATMENT]
    assert (treatment.origin, treatment.text) == (Origin.SPAN, dict(request_.said)[Slot.TREATMENT])
    assert treatment.evidence is not None
    assert treatment.evidence.page == 1


def test_the_recommendation_names_what_is_missing_and_decides_nothing(
    desk: Workstation, case_id: str, request_: SampleReview
) -> None:
    review = ask(desk, case_id)
    (found,) = review.recommendations
    assert (found.outcome, found.blocking) == (request_.right, request_.turns_on)
    assert any("C-peptide" in words for words in found.missing)
    document = desk.in_store(desk.store.case_document, case_id)
    assert not document.get("determinations")


def test_a_person_pends_it_with_a_letter_and_a_receipt(desk: Workstation, case_id: str) -> None:
    room, by = desk.review, desk.person
    (line,) = [line.line_id for line in room.reviewing.material(case_id).request.lines]
    reason = "We need the result of the blood test that your doctor ordered."
    with pytest.raises(NotAllowed):
        desk.in_store(room.deciding.decide, case_id, (line,), Outcome.DENY, reason, by)
    with pytest.raises(Rejected):  # what is not shown to be met takes a reason each
        desk.in_store(room.deciding.decide, case_id, (line,), Outcome.APPROVE, reason, by)
    day = desk.changes.now() + timedelta(days=7)
    case = desk.in_store(
        lambda: room.deciding.decide(
            case_id, (line,), Outcome.PEND, reason, by, missing=("the C-peptide result",), answer_by=day
        )
    )
    assert case.waiting_for == "information"
    assert case.status is ReviewStatus.IN_PROGRESS
    letter = desk.in_store(room.letters.composed, case_id, (line,))
    assert reason in letter.html
    determination = desk.in_store(desk.store.case_document, case_id)["determinations"][line]
    assert determination["receipt"]


def test_the_table_of_the_demo_says_where_a_recommendation_is_not_as_it_should_be(
    desk: Workstation, request_: SampleReview
) -> None:
    wrong = replace(request_, right=Proposed.APPROVE, turns_on="")
    table = review_samples(desk, [], (wrong,))
    assert "was not read" in table
    assert "0 of 1 recommendations" in table


def test_the_doctor_says_what_a_review_still_needs(desk: Workstation) -> None:
    found = {finding.what: finding.words for finding in doctor._review(desk)}
    assert "in force" in found["Policies"]
    assert "nobody can decide against a request" in found["People"]
    assert "letters are drafts" in found["Letters"]
    assert found["Models"] == "criteria engine: this computer"
