"""The sample requests for the review are what they say they are."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from app.domain.recommendation import Proposed
from app.services.sample_form import Sample, make_samples
from app.services.sample_note import FOOT, Note, typed
from app.services.sample_review import REQUESTS, SampleReview, _Request, _who, make_reviews
from app.services.sample_taking import same, where
from tests.unit.policies.support import Sheet, judged, material_of, told

POLICY = {
    "oxygen-copy.png": "ncd_240_2",
    "cpap-handwritten.jpg": "ncd_240_4",
    "insulin-pump.pdf": "ncd_280_14",
    "power-wheelchair.pdf": "ncd_280_3",
}


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sample, ...]:
    return make_samples(tmp_path_factory.mktemp("samples"))


@pytest.fixture(scope="module")
def reviews(
    samples: tuple[Sample, ...], tmp_path_factory: pytest.TempPathFactory
) -> tuple[SampleReview, ...]:
    return make_reviews(tmp_path_factory.mktemp("notes"), samples)


def sheet_of(request: _Request, form: Sample) -> Sheet:
    """The request with the very words of its documents, as if they had been read without a fault."""
    who = {**_who(form), "name": "Pat Sample", "born": "01/01/1960", "last": "Mx. Sample"}
    notes = [paper.note(who) for paper in request.papers]
    says = {f"{n.name} {number}": "\n".join(page) for n in notes for number, page in enumerate(n.pages)}
    answers = form.answers
    return Sheet(
        POLICY[request.form],
        {**says, "form": str(answers["justification"])},
        code=str(answers["procedure_codes"]),
        description=str(answers["procedure_description"]),
        diagnosis_code=str(answers["diagnosis_codes"]),
        diagnosis=str(answers["diagnosis_description"]),
        birth_date="1960-01-01",
    )


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda r: r.form)
def test_what_is_known_to_be_right_is_what_the_documents_carry(
    request_: _Request, samples: tuple[Sample, ...]
) -> None:
    found = judged(sheet_of(request_, next(s for s in samples if s.path.name == request_.form)))
    assert (found.outcome, found.blocking) == (request_.right, request_.turns_on), told(found)


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda r: r.form)
def test_words_that_fill_a_slot_stand_in_the_documents(
    request_: _Request, samples: tuple[Sample, ...]
) -> None:
    material = material_of(sheet_of(request_, next(s for s in samples if s.path.name == request_.form)))
    assert request_.said
    for _, words in request_.said:
        found = where(material, words)
        assert found is not None
        assert same(found.quote) == same(words)


def test_there_is_a_request_of_each_kind(reviews: tuple[SampleReview, ...]) -> None:
    assert {r.right for r in reviews} == {Proposed.APPROVE, Proposed.PEND, Proposed.REFER}
    assert [r.attempt for r in reviews].count(True) == 1
    ways = {paper.way for request in REQUESTS for paper in request.papers}
    assert ways == {"typed", "scanned", "faxed"}


def test_the_same_seed_draws_the_same_documents(
    samples: tuple[Sample, ...], reviews: tuple[SampleReview, ...], tmp_path: Path
) -> None:
    again = make_reviews(tmp_path, samples)
    assert [digests(r) for r in again] == [digests(r) for r in reviews]


def digests(review: SampleReview) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in review.paths]


def test_a_typed_note_says_on_every_page_that_it_is_a_sample() -> None:
    content = typed([("# One", "first (page)"), ("second page",)])
    assert content.startswith(b"%PDF-")
    assert content.count(FOOT.encode()) == 2
    assert rb"first \(page\)" in content


def test_a_long_line_of_a_typed_note_is_wrapped_inside_the_page() -> None:
    content = typed([("word " * 60,)])
    assert content.count(b"word") == 60
    assert content.count(b"Tj ET") > 4


def test_a_fax_has_its_header_with_the_page(tmp_path: Path) -> None:
    from random import Random

    from PIL import Image

    from app.services.sample_note import draw_note

    pages = (("# A report", "one"), ("two",))
    plain = draw_note(Note("plain.tif", "faxed", pages), tmp_path, Random(1))
    headed = draw_note(Note("fax.tif", "faxed", pages, "FROM: TEST P.{page}/{pages}"), tmp_path, Random(1))
    with Image.open(plain) as without, Image.open(headed) as fax:
        assert getattr(fax, "n_frames", 1) == 2
        assert fax.mode == "1"
        top = (0, 0, fax.width, 45)
        dark = [page.crop(top).convert("L").histogram()[0] for page in (without, fax)]
    assert dark[1] > dark[0] + 300
