"""The material of a review: everything that can be quoted, and what is not known yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.case import to_time
from app.domain.change import Action, writes_for
from app.domain.errors import NoSuchCase
from app.domain.extraction import Extraction, FormExtraction, PageText, Part
from app.domain.find import find
from app.domain.material import Material
from app.workstation import Settings, Workstation, build
from tests.scripted import ScriptedProcessor, a_pdf, read_field
from tests.written import LOST, WrittenReader, at, content_of, page_text, put_case, request, written_backends

KEY = bytes(32)


def recognized(page: PageText, confidence: float = 0.97) -> PageText:
    """A page as if it had been recognized, and not taken from a layer."""
    return replace(page, words=tuple(replace(word, confidence=confidence) for word in page.words))


FAX = Extraction(
    5,
    (FormExtraction("tx_nofr001", "test", (2,), (read_field("patient_name", "Jane Roe"),)),),
    (Part("fax_cover", (1,)), Part("form", (2,)), Part("clinical", (3, 5)), Part("blank", (4,))),
    tuple(
        recognized(page_text(n, text))
        for n, text in ((1, "Fax cover"), (2, "Request form"), (3, "Labs\nA1C 9.4"), (5, "end"))
    ),
)


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Workstation]:
    backends = written_backends(WrittenReader(), ScriptedProcessor([FAX]))
    made = build(Settings(tmp_path, "ada"), KEY, backends)
    yield made
    made.close()


def material(station: Workstation, case_id: str) -> Material:
    return station.in_store(station.material.material, case_id)


def a_fax(station: Workstation) -> str:
    case_id = station.in_store(station.intake.arrive, a_pdf(), "fax.pdf", "ada").case.case_id
    station.in_store(station.intake.begin_reading, case_id, "reader")
    station.in_store(station.intake.finish_reading, case_id, FAX, "reader")
    return case_id


def attach(station: Workstation, case_id: str, *pages: str, name: str = "note.txt") -> str:
    content = content_of(*pages)
    return station.in_store(station.attaching.attach, case_id, name, content, "ada").document_id


def test_the_parts_of_a_fax_are_documents_with_the_pages_of_the_fax(station: Workstation) -> None:
    held = material(station, a_fax(station))
    assert [(d.number, d.kind, d.name, [p.page for p in d.pages]) for d in held.documents] == [
        (1, "fax_cover", "Fax cover", [1]),
        (2, "form", "Request form", [2]),
        (3, "clinical", "Lab results", [3, 5]),
    ]
    (span,) = find(held, "a1c 9.4")
    assert (span.document_id, span.page) == (held.documents[2].document_id, 3)
    assert held.unread == ()
    assert [f.path for f in held.fields] == ["patient_name"]


def test_an_attached_document_is_unread_until_its_pages_are(station: Workstation) -> None:
    case_id = a_fax(station)
    document_id = attach(station, case_id, "Progress note\nstable", LOST, "third")
    held = material(station, case_id)
    assert [(u.document_id, u.name, u.pages) for u in held.unread] == [(document_id, "Note", (1, 2, 3))]
    station.texts.read(case_id)
    held = material(station, case_id)
    assert [(u.pages, u.lost) for u in held.unread] == [((), (2,))]
    source = held.document(document_id)
    assert source is not None
    assert source.name == "Progress note"
    assert [page.page for page in source.pages] == [1, 3]


def test_an_imported_request_can_be_quoted_line_by_line(station: Workstation) -> None:
    held = material(station, put_case(station, request()).case_id)
    (source,) = held.documents
    assert (source.document_id, source.kind) == ("request", "request")
    lines = source.strings[0].text.split("\n")
    assert {"Current condition: Diabetes", "A1C: 9.4", "Current treatment: Metformin daily."} <= set(lines)
    (span,) = find(held, "a1c: 9.4")
    assert source.strings[0].boxes(span.start, span.end) == ()
    assert held.request.condition == "Diabetes"
    assert held.unread == ()


def test_the_same_material_is_handed_out_while_nothing_changed(station: Workstation) -> None:
    case_id = a_fax(station)
    first = material(station, case_id)
    assert material(station, case_id) is first
    document_id = attach(station, case_id, "new")
    second = material(station, case_id)
    assert second is not first
    station.texts.read(case_id)
    third = material(station, case_id)
    assert third is not second
    assert third.document(document_id) is not None


def test_ages_count_from_the_day_the_payer_received_it(station: Workstation) -> None:
    case = put_case(station, received_at="2026-02-03T23:30:00.000000Z")
    assert material(station, case.case_id).asked_on == at("2026-02-03").date()
    earlier = put_case(
        station, received_at="2026-02-03T23:30:00.000000Z", payer_received_at="2026-02-01T10:00:00.000000Z"
    )
    assert material(station, earlier.case_id).asked_on == at("2026-02-01").date()


def test_a_document_that_came_after_the_decision_is_named(station: Workstation) -> None:
    made = {"line": "r1", "outcome": "approve", "at": "2026-02-03T10:00:00Z"}
    before = {"sha256": "a" * 64, "kind": "clinical", "received_at": "2026-02-03T09:00:00Z", "page_count": 1}
    after = {"sha256": "b" * 64, "kind": "clinical", "received_at": "2026-02-03T11:00:00Z", "page_count": 1}
    document = station.in_store(station.store.case_document, put_case(station, request()).case_id)
    document |= {"determinations": {"r1": made}, "documents": {"old": before, "new": after}}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(station.store, "case_document", lambda _: document)
        held = material(station, document["case_id"])
    assert held.after_decision == ("new",)
    assert held.evidence_after_decision


def test_a_document_that_says_another_date_of_birth_is_named(station: Workstation) -> None:
    case_id = put_case(station, request()).case_id
    right = attach(station, case_id, "Progress note\nDOB: 03/04/1961")
    wrong = attach(station, case_id, "Lab results\nDOB: 07/09/1988")
    station.texts.read(case_id)
    held = material(station, case_id)
    assert held.of_another == (wrong,)
    assert right not in held.of_another


def test_what_people_stated_stands_in_the_material(station: Workstation) -> None:
    case_id = put_case(station, request()).case_id
    document = station.in_store(station.store.case_document, case_id)
    slot = {"text": "uses a pump", "evidence": None, "by": "ada", "at": to_time(station.changes.now())}
    writes = writes_for(document, {"review.slots.treatment": slot})
    station.in_store(station.changes.write, document, case_id, Action.STATED, "ada", writes)
    (fact,) = material(station, case_id).stated
    assert (fact.slot, fact.text, fact.evidence) == ("treatment", "uses a pump", None)


def test_there_is_no_material_of_a_case_that_is_not_there(station: Workstation) -> None:
    with pytest.raises(NoSuchCase):
        material(station, "nowhere")


def test_words_of_a_layer_beside_a_form_are_looked_at_again_and_recognized_ones_are_not(
    tmp_path: Path,
) -> None:
    texts = (recognized(page_text(1, "Request form"), 1.0), recognized(page_text(2, "A1C 6.1"), 1.0),
             recognized(page_text(3, "A1C 9.4")))  # fmt: skip
    fax = replace(
        FAX,
        page_count=3,
        forms=(replace(FAX.forms[0], pages=(1,)),),
        parts=(Part("form", (1,)), Part("clinical", (2, 3))),
        texts=texts,
    )
    reader = WrittenReader()
    station = build(Settings(tmp_path, "ada"), KEY, written_backends(reader, ScriptedProcessor([fax])))
    try:
        content = a_pdf() + content_of("form", "what is seen: A1C 9.9", "third")
        case_id = station.in_store(station.intake.arrive, content, "fax.pdf", "ada").case.case_id
        station.in_store(station.intake.begin_reading, case_id, "reader")
        station.in_store(station.intake.finish_reading, case_id, fax, "reader")
        assert material(station, case_id).unread == ()
        station.texts.read(case_id)
        assert [page for _, page in reader.asked] == [2]
        assert [len(find(material(station, case_id), text)) for text in ("6.1", "9.9", "9.4")] == [0, 1, 1]
    finally:
        station.close()
