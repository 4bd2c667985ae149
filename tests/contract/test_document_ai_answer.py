"""What Document AI may answer, and what is made of it: values, ticks, tables, places, parts, refusals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
import pymupdf
import pytest
from google.cloud import documentai_v1 as documentai

from app.domain.box import Box
from app.domain.errors import Actionable, Cancelled, Offline, Rejected, SignInRequired, Unreadable
from app.domain.extraction import Document, Extraction, FormExtraction, Part
from app.domain.form import FieldKind, FormField
from app.domain.processor import (
    ChoiceDefinition,
    Column,
    FieldDefinition,
    FormDefinition,
    Section,
    TableDefinition,
)
from app.services import media
from app.services.document_worker.cutting import cut
from app.services.google.cloud_storage import CloudBuckets
from app.services.google.document_ai import processor as processor_module
from app.services.google.document_ai.entity import found_in
from app.services.google.document_ai.processor import DocumentAIFormProcessor
from app.services.google.document_ai.reading import Paper, fields_of
from app.services.ports import Progress, Watch
from tests.document_ai_server import (
    DocumentAIServer,
    Zone,
    document_ai_server,
    quota,
    refusal,
    violation,
)
from tests.storage_server import StorageServer, storage_server

TYPE = "another_request"
NAME, DATE = Box(0.3, 0.10, 0.9, 0.14), Box(0.3, 0.15, 0.6, 0.19)


def asks(name: str, kind: FieldKind, zone: Box, page: int = 1) -> FieldDefinition:
    return FieldDefinition(name, name.replace("_", " ").capitalize(), "s", kind, zone, page)


DEFINITION = FormDefinition(
    TYPE,
    "Another request",
    "3",
    (600.0, 800.0),
    ("ANOTHER REQUEST",),
    (),
    (Section("s", "Section"),),
    (
        asks("patient_name", FieldKind.NAME, NAME),
        asks("birth_date", FieldKind.DATE, DATE),
        asks("cost", FieldKind.NUMBER, Box(0.3, 0.20, 0.6, 0.24)),
        asks("urgent", FieldKind.TICK_BOX, Box(0.3, 0.25, 0.34, 0.28)),
        asks("routine", FieldKind.TICK_BOX, Box(0.5, 0.25, 0.54, 0.28)),
        asks("signature", FieldKind.SIGNATURE, Box(0.3, 0.80, 0.6, 0.85)),
        asks("notes", FieldKind.TEXT, Box(0.1, 0.10, 0.9, 0.20), page=2),
    ),
    (ChoiceDefinition("urgency", "Urgency", "s", ("urgent", "routine")),),
    (
        TableDefinition(
            "services",
            "Services",
            "s",
            (
                Column("procedure", "Procedure", FieldKind.PROCEDURE_CODE, 0.1, 0.3),
                Column("start_date", "Start", FieldKind.DATE, 0.35, 0.55),
            ),
            ((0.40, 0.44), (0.45, 0.49)),
        ),
    ),
    pages=2,
)


def corners(box: Box) -> dict[str, Any]:
    around = [(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)]
    return {"normalized_vertices": [{"x": x, "y": y} for x, y in around]}


def entity(name: str, text: str = "", at: Box | None = None, page: int = 0, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"type_": name, "mention_text": text, "confidence": 0.9, **more}
    if at is not None:
        made["page_anchor"] = {"page_refs": [{"page": page, "bounding_poly": corners(at)}]}
    return made


def read(*entities: dict[str, Any], **document: Any) -> dict[str, FormField]:
    """The fields that come of an answer for a form of two pages."""
    given = {"pages": [{"page_number": 1}, {"page_number": 2}]} | document
    answer = documentai.Document(entities=list(entities), **given)
    paper = Paper("doc", (4, 7), (0, 0), {})
    fields = fields_of(found_in([documentai.Document.pb(answer)]), DEFINITION, paper)
    assert len({f.path for f in fields}) == len(fields)
    return {f.path: f for f in fields}


# -- values


@pytest.mark.parametrize(
    ("name", "normalized", "value"),
    [
        ("birth_date", {"date_value": {"year": 1980, "month": 2, "day": 1}}, "1980-02-01"),
        ("birth_date", {"date_value": {"year": 1980, "month": 2}}, "1980-02"),
        (
            "birth_date",
            {"datetime_value": {"year": 2026, "month": 3, "day": 4, "hours": 9}},
            "2026-03-04T09:00:00",
        ),
        (
            "birth_date",
            {"date_value": {"year": 1980, "month": 2, "day": 1}, "text": "1980-02-01"},
            "1980-02-01",
        ),
        ("cost", {"money_value": {"currency_code": "USD", "units": 12, "nanos": 500_000_000}}, "12.50 USD"),
        ("cost", {"integer_value": 7}, "7"),
        ("cost", {"float_value": 2.5}, "2.5"),
        (
            "notes",
            {"address_value": {"address_lines": ["1 High St"], "locality": "Austin", "postal_code": "73301"}},
            "1 High St, Austin 73301",
        ),
        ("notes", {"text": "one of a list"}, "one of a list"),
    ],
)
def test_a_value_that_is_only_normalized_is_a_value(
    name: str, normalized: dict[str, Any], value: str
) -> None:
    assert read(entity(name, normalized_value=normalized))[name].value == value


def test_what_is_printed_counts_more_than_what_was_made_of_it() -> None:
    said = {"date_value": {"year": 1980, "month": 1, "day": 2}, "text": "1980-01-02"}
    assert read(entity("birth_date", "01/02/1980", normalized_value=said))["birth_date"].value == "01/02/1980"


@pytest.mark.parametrize(
    ("text", "normalized", "ticked"),
    [
        ("☑", {}, True),
        ("☐", {}, False),
        ("☒ Urgent", {}, True),
        ("☐ Urgent", {}, False),
        ("true", {}, True),
        ("selected", {}, True),
        (":unselected:", {}, False),
        ("[X]", {}, True),
        ("[ ]", {}, False),
        ("filled_checkbox", {}, True),
        ("unfilled_checkbox", {}, False),
        ("", {"text": "true"}, True),
        ("X", {"text": "false"}, False),
        ("X", {"boolean_value": False}, False),
        ("", {"boolean_value": True}, True),
        ("Urgent", {}, True),
        ("Not this", {}, False),
        ("O", {}, False),
        ("", {}, False),
    ],
)
def test_a_tick_is_told_in_many_ways(text: str, normalized: dict[str, Any], ticked: bool) -> None:
    assert read(entity("urgent", text, normalized_value=normalized))["urgent"].value is ticked


def test_of_a_line_of_boxes_the_ticked_one_answers() -> None:
    found = read(entity("urgency", "☐ Routine ☑ Urgent"))
    assert (found["urgent"].value, found["routine"].value) == (True, False)


def test_a_question_may_be_answered_by_its_normalized_value() -> None:
    found = read(entity("urgency", "as soon as can be", normalized_value={"text": "urgent"}))
    assert (found["urgent"].value, found["routine"].value) == (True, False)


@pytest.mark.parametrize(
    ("text", "normalized", "value"),
    [
        ("", {"signature_value": True}, "signed"),
        ("A. Other", {}, "signed"),
        ("", {"signature_value": False}, ""),
        ("Not signed", {}, ""),
        ("false", {}, ""),
    ],
)
def test_a_signature_is_there_or_not(text: str, normalized: dict[str, Any], value: str) -> None:
    assert read(entity("signature", text, normalized_value=normalized))["signature"].value == value


def test_confidence_none_is_no_hope_and_no_error() -> None:
    found = read(entity("notes", "a", Box(0.1, 0.1, 0.2, 0.2), 1, confidence=0.0))["notes"]
    assert (found.value, found.confidence) == ("a", 0.0)


def test_of_a_page_of_which_no_word_came_nobody_says_that_it_is_empty() -> None:
    found = read(entity("notes", "a"))
    assert found["patient_name"].value == ""
    assert found["patient_name"].confidence < 0.5


# -- tables


def row(procedure: str, y: float, **more: Any) -> dict[str, Any]:
    at = Box(0.1, y, 0.3, y + 0.02)
    return entity("services", properties=[entity("services/procedure", procedure, at)], **more)


def test_rows_stand_as_they_stand_on_the_form_whatever_their_order_in_the_answer() -> None:
    found = read(row("C", 0.5), row("A", 0.4), row("B", 0.45))
    assert [found[f"services.r{n}.procedure"].value for n in (1, 2, 3)] == ["A", "B", "C"]


def test_a_row_that_holds_a_column_twice_is_two_rows() -> None:
    cells = [
        entity("procedure", "A", Box(0.1, 0.40, 0.3, 0.42)),
        entity("start_date", "1", Box(0.35, 0.40, 0.5, 0.42)),
        entity("procedure", "B", Box(0.1, 0.45, 0.3, 0.47)),
    ]
    found = read(entity("services", properties=cells))
    assert [found[f"services.r{n}.procedure"].value for n in (1, 2)] == ["A", "B"]
    assert [found[f"services.r{n}.start_date"].value for n in (1, 2)] == ["1", ""]


def test_cells_may_lie_deeper_within_a_row() -> None:
    dates = entity("dates", properties=[entity("start_date", "1"), entity("reason", "late")])
    found = read(entity("services", properties=[entity("procedure", "A"), dates]))
    assert found["services.r1.start_date"].value == "1"
    assert found["reason"].value == "late"


def test_parts_may_be_told_by_their_ids() -> None:
    whole, part = entity("services", "A 1", id="7"), entity("procedure", "A", id="8")
    relations = [{"subject_id": "7", "object_id": "8", "relation": "parent_of"}]
    found = read(whole, part, entity("notes", "n", id="9"), entity_relations=relations)
    assert found["services.r1.procedure"].value == "A"
    assert found["notes"].value == "n"
    assert "procedure" not in found


def test_ids_that_lead_nowhere_lose_nothing() -> None:
    relations = [{"subject_id": "8", "object_id": "none"}, {"subject_id": "8", "object_id": "8"}]
    assert read(entity("notes", "n", id="8"), entity_relations=relations)["notes"].value == "n"


# -- places


def test_of_several_pages_the_first_that_tells_where_is_shown() -> None:
    refs = [{"page": 0}, {"page": 1, "bounding_poly": corners(Box(0.1, 0.2, 0.3, 0.4))}]
    found = read(entity("patient_name", "Ann", page_anchor={"page_refs": refs}))["patient_name"]
    assert found.page == 7
    assert found.box is not None
    assert found.box.y0 == pytest.approx(0.2)


def test_an_entity_that_tells_only_its_text_stands_on_the_page_that_holds_the_text() -> None:
    def page(number: int, start: int, end: int) -> dict[str, Any]:
        span = {"text_anchor": {"text_segments": [{"start_index": start, "end_index": end}]}}
        return {"page_number": number, "layout": span}

    said = {"text_anchor": {"text_segments": [{"start_index": 12, "end_index": 15}]}}
    document = {"text": "first page\n\nAnn on the second", "pages": [page(1, 0, 12), page(2, 12, 29)]}
    answer = documentai.Document(entities=[entity("patient_name", **said)], **document)
    (found,) = found_in([documentai.Document.pb(answer)])
    assert (found.text, found.page, found.box) == ("Ann", 1, None)


def shard(text: str, offset: int, number: int, start: int) -> Any:
    at = {"text_segments": [{"start_index": start, "end_index": start + len(text)}]}
    token = {"layout": {"text_anchor": at, "bounding_poly": corners(Box(0.1, 0.1, 0.2, 0.2))}}
    made = documentai.Document(
        text=text,
        shard_info={"text_offset": offset},
        pages=[{"page_number": number, "tokens": [token]}],
        entities=[{"type_": "x", "confidence": 0.5, "text_anchor": at}],
    )
    return documentai.Document.pb(made)


@pytest.mark.parametrize(("number", "start"), [(2, 0), (1, 0), (2, 5), (0, 5)])
def test_parts_of_a_long_answer_may_count_on_or_begin_anew(number: int, start: int) -> None:
    found = found_in([shard("first", 0, 1, 0), shard("other", 5, number, start)])
    assert [(f.text, f.page) for f in found] == [("first", 0), ("other", 1)]
    assert all(f.box is not None for f in found)


# -- over the wire


@dataclass
class Desk:
    server: DocumentAIServer
    storage: StorageServer
    buckets: CloudBuckets
    waited: list[float] = field(default_factory=list)
    made: list[DocumentAIFormProcessor] = field(default_factory=list)

    def read(self, pages: int = 2, limit: int = 15, watch: Watch | None = None) -> dict[str, FormField]:
        def told(document: Document, _elsewhere: frozenset[str], _watch: Watch | None = None) -> Extraction:
            every = tuple(range(1, pages + 1))
            return Extraction(pages, (FormExtraction(TYPE, "3", every, (), ()),), (Part("form", every),), ())

        place = "tokens" if self.server.lines else "normalized"
        zones = (Zone("patient_name", NAME), Zone("last", NAME, page=pages - 1, place=place))
        processor = DocumentAIFormProcessor(
            {TYPE: self.server.processor("p", *zones, page_limit=limit)},
            {TYPE: DEFINITION}.get,
            told,
            cut_here,
            self.server.credentials(),
            address=self.server.address,
            buckets=lambda: self.buckets,
            wait=self.waited.append,
        )
        self.made.append(processor)
        (form,) = processor.process(Document("doc", media.PDF, paper(pages)), watch).forms
        return {f.path: f for f in form.fields}


def paper(pages: int) -> bytes:
    document = pymupdf.open()
    for number in range(1, pages + 1):
        document.new_page(width=600, height=800).insert_text((190, 98), f"Page {number}")
    return bytes(document.tobytes())


def cut_here(document: Document, pages: Sequence[int], turns: Sequence[int]) -> bytes:
    with pymupdf.open(stream=document.content) as file:
        return cut(file, pages, turns)


@pytest.fixture
def desk() -> Iterator[Desk]:
    with storage_server() as storage, document_ai_server(storage) as server:
        buckets = CloudBuckets(storage.connection(), storage.credentials(), api_endpoint=storage.url)
        made = Desk(server, storage, buckets)
        yield made
        for processor in made.made:
            processor.close()
        buckets.close()


def refused(desk: Desk, status: Any, kind: type[Actionable] = Rejected, times: int = 1) -> Actionable:
    desk.server.failures = [("ProcessDocument", status)] * times
    with pytest.raises(kind) as caught:
        desk.read()
    assert caught.value.next_step
    return caught.value


def test_lines_do_where_a_version_gives_no_tokens(desk: Desk) -> None:
    desk.server.lines = True
    last = desk.read()["last"]
    assert (last.value, last.page) == ("Page 2", 2)
    assert last.placement_confidence > 0.5


@pytest.mark.parametrize("restarts", [False, True])
def test_a_batch_in_parts_keeps_every_page_apart(desk: Desk, restarts: bool) -> None:
    desk.server.restarts = restarts
    desk.server.shard_pages = 1
    found = desk.read(pages=12, limit=1)
    assert (found["patient_name"].value, found["patient_name"].page) == ("Page 1", 1)
    assert (found["last"].value, found["last"].page) == ("Page 12", 12)


@pytest.mark.parametrize("limit", [15, 1], ids=["at once", "batch"])
def test_an_answer_that_says_the_document_failed_is_no_reading(desk: Desk, limit: int) -> None:
    desk.server.unheard = "Unsupported input file format."
    with pytest.raises(Unreadable):
        desk.read(limit=limit)


@pytest.mark.parametrize(
    "status",
    [
        refusal(
            grpc.StatusCode.INVALID_ARGUMENT, "PAGE_LIMIT_EXCEEDED", "Request contains an invalid argument."
        ),
        violation("raw_document.content", "Document pages exceed the limit: 15 got 16"),
        violation("raw_document.content", "Document size (34381195) exceeds the limit: 20971520."),
    ],
    ids=["by its reason", "by what is violated", "by its size"],
)
def test_what_is_too_long_to_be_answered_at_once_goes_as_a_batch(desk: Desk, status: Any) -> None:
    desk.server.failures = [("ProcessDocument", status)]
    assert desk.read()["patient_name"].value == "Page 1"
    assert "BatchProcessDocuments" in desk.server.asked


def test_a_quota_is_waited_for_as_long_as_the_service_says(desk: Desk) -> None:
    desk.server.failures = [("ProcessDocument", quota(17.0))]
    assert desk.read()["patient_name"].value == "Page 1"
    assert sum(desk.waited) == pytest.approx(17.0)


def test_a_quota_that_is_used_up_for_long_is_told_at_once(desk: Desk) -> None:
    error = refused(desk, quota(processor_module.LONGEST_WAIT + 1), Offline)
    assert error.code == "document_ai_busy"
    assert desk.waited == []


def test_waiting_for_a_quota_can_be_stopped(desk: Desk) -> None:
    def stop(_progress: Progress) -> None:
        if len(desk.waited) >= 2:
            raise Cancelled("Stopped.")

    desk.server.failures = [("ProcessDocument", quota(30.0))]
    with pytest.raises(Cancelled):
        desk.read(watch=stop)
    assert sum(desk.waited) == pytest.approx(2.0)


DENIED, UNKNOWN = grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (refusal(DENIED, "SERVICE_DISABLED"), Rejected, "service_disabled"),
        (refusal(DENIED, "BILLING_DISABLED"), Rejected, "project_unusable"),
        (refusal(DENIED, "CONSUMER_INVALID"), Rejected, "project_unusable"),
        (refusal(DENIED, "USER_PROJECT_DENIED"), Rejected, "project_use"),
        (refusal(DENIED, "SECURITY_POLICY_VIOLATED"), Rejected, "organisation_rule"),
        (refusal(DENIED, "ACCESS_TOKEN_SCOPE_INSUFFICIENT"), SignInRequired, "sign_in_scope"),
        (refusal(UNKNOWN, "ACCESS_TOKEN_EXPIRED"), SignInRequired, "google_sign_in"),
        (refusal(UNKNOWN, "ACCOUNT_STATE_INVALID"), SignInRequired, "account_disabled"),
        (
            refusal(DENIED, "", "Cloud Document AI API has not been used in project 1 before or it is disabled."),
            Rejected,
            "service_disabled",
        ),
        (
            refusal(DENIED, "IAM_PERMISSION_DENIED", permission="documentai.processorVersions.processOnline"),
            Rejected,
            "document_ai_permission",
        ),
        (
            refusal(grpc.StatusCode.FAILED_PRECONDITION, "", "Processor is disabled."),
            Rejected,
            "document_ai_disabled",
        ),
        (refusal(grpc.StatusCode.NOT_FOUND, "", "Processor not found."), Rejected, "document_ai_missing"),
        (refusal(grpc.StatusCode.DEADLINE_EXCEEDED, ""), Offline, "document_ai_unreachable"),
    ],
)  # fmt: skip
def test_every_reason_is_told_as_what_it_is(
    desk: Desk, status: Any, kind: type[Actionable], code: str
) -> None:
    assert refused(desk, status, kind).code == code


def test_the_permission_that_is_missing_is_the_one_the_service_names(desk: Desk) -> None:
    wanted = "documentai.processorVersions.processOnline"
    assert wanted in str(refused(desk, refusal(DENIED, "IAM_PERMISSION_DENIED", permission=wanted)))


def test_a_bucket_that_the_service_may_not_use_is_told_as_one(desk: Desk) -> None:
    words = "Permission 'storage.objects.get' denied on resource (or it may not exist)."
    desk.server.failures = [("BatchProcessDocuments", refusal(DENIED, "", words))]
    with pytest.raises(Rejected) as caught:
        desk.read(limit=1)
    assert caught.value.code == "document_ai_bucket"
    assert desk.storage.objects == {}
