"""What documents are called, and which page is meant."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.domain.attachment import document_name, kind_told, named_apart, page_label, source_label
from app.domain.case import CaseDocument
from app.domain.passage import SourceText
from tests.written import pages


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("PROGRESS NOTE", "Progress note"),
        ("Office Visit Note - 02/11/2026", "Progress note"),
        ("Clinic Note", "Progress note"),
        ("LABORATORY REPORT", "Lab results"),
        ("Comprehensive Metabolic Panel", "Lab results"),
        ("MRI Lumbar Spine Report", "Imaging report"),
        ("Radiology Report", "Imaging report"),
        ("Letter of Medical Necessity", "Letter"),
        ("To whom it may concern:", "Letter"),
        ("Operative Report", "Operative report"),
        ("History & Physical", "History and physical"),
        ("Discharge Summary", "Discharge summary"),
        ("Endocrinology Consultation", "Consultation"),
        ("Polysomnography Report", "Sleep study"),
        ("Current Medication List", "Medication list"),
        ("Physical Therapy Evaluation", "Therapy note"),
        ("Emergency Department Note", "Emergency note"),
        ("Surgical Pathology Report", "Pathology report"),
        ("Certificate of Medical Necessity", "Order"),
    ],
)
def test_a_heading_says_what_a_document_is(heading: str, name: str) -> None:
    texts = pages([f"Springfield Clinic\n{heading}\nPatient Jane Roe\nShe feels well today."])
    assert document_name(texts, "scan0001.pdf", "clinical") == name


@pytest.mark.parametrize(
    "line",
    [
        "The progress note of last week was reviewed by the team and it says that she is doing well.",
        "Labs reviewed with the patient today",
        "We ordered an MRI of the knee and will follow up with the result next week",
        "Medications were changed",
    ],
)
def test_a_sentence_is_no_heading(line: str) -> None:
    assert kind_told(pages([line])) is None


@pytest.mark.parametrize(
    ("file_name", "name"),
    [
        ("Roe_A1C_trend.pdf", "Roe A1C trend"),
        ("scan0001.pdf", "Clinical notes"),
        ("IMG_20260102_123456.jpg", "Clinical notes"),
        ("9f8e7d6c5b4a3f2e1d0c.tif", "Clinical notes"),
        ("", "Clinical notes"),
        ("folder/CGM log.docx", "CGM log"),
        ("sleep-consultation.pdf", "Sleep consultation"),
        ("A1C-2026-09.pdf", "A1C-2026-09"),
    ],
)
def test_without_a_heading_the_name_of_the_file_says_it_if_it_says_anything(
    file_name: str, name: str
) -> None:
    assert document_name((), file_name, "clinical") == name


def test_the_form_is_called_the_form_whatever_stands_on_it() -> None:
    assert document_name(pages(["Progress note"]), "x.pdf", "form") == "Request form"


def test_documents_of_one_name_are_told_apart() -> None:
    every = [SourceText(f"d{n}", name, "clinical", ()) for n, name in enumerate(("Labs", "Note", "Labs"))]
    assert [(s.number, s.name) for s in named_apart(every)] == [(1, "Labs"), (2, "Note"), (3, "Labs 2")]


def document(**values: object) -> CaseDocument:
    made = CaseDocument("d", "fax.tif", "", "a" * 64, "", "clinical", 17, (3, 4, 6), datetime.now(UTC))
    return replace(made, **values)  # type: ignore[arg-type]


def test_a_page_of_a_fax_is_labelled_with_both_numbers() -> None:
    assert str(page_label(document(), 3)) == "Clinical notes p. 1 · fax p. 3 of 17"
    assert str(page_label(document(), 6, "Lab results")) == "Lab results p. 3 · fax p. 6 of 17"


def test_a_page_of_a_file_of_its_own_has_one_number() -> None:
    alone = document(page_count=3, pages=(1, 2, 3), name="Roe labs.pdf")
    assert str(page_label(alone, 2)) == "Roe labs p. 2"
    assert str(page_label(alone, 2, "", 9, 20)) == "Roe labs p. 2 · fax p. 10 of 20"
    assert str(page_label(document(pages=(), page_count=0), 5)) == "Clinical notes p. 5"


def test_a_quote_is_labelled_with_the_page_of_its_document_and_of_the_fax() -> None:
    source = SourceText(
        "d", "Lab results", "clinical", tuple(replace(p, page=p.page + 4) for p in pages("ab"))
    )
    assert source_label(source, 6) == "Lab results p. 2 · fax p. 6"
