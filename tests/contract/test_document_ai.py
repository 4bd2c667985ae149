"""Document AI as a form processor: what is sent, what is made of the answer, what is said when it fails."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import grpc
import pymupdf
import pytest
from google.cloud import documentai_v1 as documentai

from app.domain.box import Box
from app.domain.errors import Actionable, Cancelled, Offline, Rejected, SignInRequired, Unreadable
from app.domain.extraction import Document, Extraction, FormExtraction, PageText, Part, Word
from app.domain.form import FieldKind, FieldState, FormField, Source
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
from app.services.google.document_ai import wire
from app.services.google.document_ai.entity import Found, found_in
from app.services.google.document_ai.processor import DocumentAIFormProcessor
from app.services.google.document_ai.reading import Paper, fields_of
from app.services.ports import Progress, Watch
from tests.document_ai_server import DocumentAIServer, Zone, document_ai_server
from tests.storage_server import StorageServer, storage_server

WIDTH, HEIGHT = 600.0, 800.0
TYPE = "a_request"


def box(x0: float, y0: float, x1: float, y1: float) -> Box:
    return Box(x0, y0, x1, y1)


def asks(name: str, kind: FieldKind, zone: Box, page: int = 1, **more: Any) -> FieldDefinition:
    return FieldDefinition(name, name.replace("_", " ").capitalize(), "s", kind, zone, page, **more)


DEFINITION = FormDefinition(
    TYPE,
    "A request",
    "7",
    (WIDTH, HEIGHT),
    ("A REQUEST",),
    (),
    (Section("s", "Section"),),
    (
        asks("patient_name", FieldKind.NAME, box(0.3, 0.10, 0.9, 0.14), required=True),
        asks("birth_date", FieldKind.DATE, box(0.3, 0.15, 0.6, 0.19)),
        asks("member_id", FieldKind.MEMBER_ID, box(0.3, 0.20, 0.6, 0.24)),
        asks("urgency_urgent", FieldKind.TICK_BOX, box(0.3, 0.25, 0.34, 0.28)),
        asks("urgency_routine", FieldKind.TICK_BOX, box(0.5, 0.25, 0.54, 0.28)),
        asks("signature", FieldKind.SIGNATURE, box(0.3, 0.80, 0.6, 0.85)),
        asks("notes", FieldKind.TEXT, box(0.1, 0.10, 0.9, 0.20), page=2),
    ),
    (ChoiceDefinition("urgency", "Urgency", "s", ("urgency_urgent", "urgency_routine")),),
    (
        TableDefinition(
            "services",
            "Services",
            "s",
            (
                Column("procedure", "Procedure", FieldKind.PROCEDURE_CODE, 0.1, 0.3),
                Column("start_date", "Start", FieldKind.DATE, 0.35, 0.55),
            ),
            ((0.40, 0.44), (0.45, 0.49), (0.50, 0.54)),
        ),
    ),
    pages=2,
)
SAID = {
    "patient_name": "Ann Other", "birth_date": "01/02/1980", "member_id": "W123", "urgency_urgent": "X",
    "signature": "A.Other", "services.r1.procedure": "E0784", "services.r1.start_date": "03/04/2026",
    "services.r2.procedure": "97110", "notes": "Needs it soon",
}  # fmt: skip


def zone_of(path: str) -> tuple[int, Box]:
    """Where an answer stands on the blank form: its page (from 0) and zone."""
    if "." in path:
        _, row, column = path.split(".")
        (table,) = DEFINITION.tables
        of = next(c for c in table.columns if c.name == column)
        y0, y1 = table.rows[int(row[1:]) - 1]
        return 0, Box(of.x0, y0, of.x1, y1)
    known = DEFINITION.field(path)
    assert known is not None
    return known.page - 1, known.zone


def paper(said: dict[str, str], turns: Sequence[int] = (0, 0), before: int = 0, after: int = 0) -> bytes:
    """A filled-in form between other pages; `turns` is how a scanner laid each of its pages."""
    document = pymupdf.open()
    for number in range(before):
        document.new_page(width=WIDTH, height=HEIGHT).insert_text((50, 90), f"private note {number}")
    for page in range(2):
        made = document.new_page(width=WIDTH, height=HEIGHT)
        for path, text in said.items():
            on, zone = zone_of(path)
            if on == page:
                made.insert_text(
                    (zone.x0 * WIDTH + 2, (zone.y0 + zone.y1) / 2 * HEIGHT + 4), text, fontsize=11
                )
        made.set_rotation(90 * turns[page])
    for number in range(after):
        document.new_page(width=WIDTH, height=HEIGHT).insert_text((50, 90), f"private letter {number}")
    return bytes(document.tobytes())


def zones(**changed: Any) -> tuple[Zone, ...]:
    """Where a processor of this form looks."""
    found = []
    for path in SAID | {"urgency_routine": "", "member_id": ""}:
        page, zone = zone_of(path)
        table, _, rest = path.partition(".")
        kind = "tick" if path.startswith("urgency") else "date" if "date" in path else "text"
        if rest:
            row, _, column = rest.partition(".")
            made = Zone(column, zone, page, kind, table, int(row[1:]))
        else:
            made = Zone(path, zone, page, kind)
        found.append(replace(made, **changed))
    return tuple(found)


@dataclass
class Told:
    """The form's pages, as somebody told them apart beforehand. `forms` are others, read on this computer."""

    pages: tuple[int, ...] = (1, 2)
    turns: tuple[int, ...] = (0, 0)
    forms: tuple[FormExtraction, ...] = ()
    asked: list[frozenset[str]] = field(default_factory=list)

    def __call__(
        self, document: Document, elsewhere: frozenset[str], watch: Watch | None = None
    ) -> Extraction:
        self.asked.append(elsewhere)
        with pymupdf.open(stream=document.content) as file:
            count = file.page_count
        if watch is not None:
            watch(Progress(count, count))
        turned = tuple((p, t) for p, t in zip(self.pages, self.turns, strict=True) if t)
        mine = FormExtraction(TYPE, "7", self.pages, (), turned)
        held = {p for f in (mine, *self.forms) for p in f.pages}
        rest = tuple(p for p in range(1, count + 1) if p not in held)
        parts = [Part("form", f.pages) for f in (mine, *self.forms)]
        parts += [Part("clinical", rest)] if rest else []
        texts = tuple(PageText(p, (Word("local", Box(0.1, 0.1, 0.2, 0.2)),)) for p in range(1, count + 1))
        return Extraction(count, (mine, *self.forms), tuple(parts), texts, 0.5)


def cut_here(document: Document, pages: Sequence[int], turns: Sequence[int]) -> bytes:
    with pymupdf.open(stream=document.content) as file:
        return cut(file, pages, turns)


@dataclass
class Desk:
    server: DocumentAIServer
    storage: StorageServer
    buckets: CloudBuckets
    waited: list[float] = field(default_factory=list)
    made: list[DocumentAIFormProcessor] = field(default_factory=list)

    def processor(
        self, name: str = "", told: Told | None = None, token: str = "a-token", **more: Any
    ) -> DocumentAIFormProcessor:
        made = DocumentAIFormProcessor(
            {TYPE: name or self.server.processor("p", *zones())},
            {TYPE: DEFINITION}.get,
            told or Told(),
            cut_here,
            self.server.credentials(token),
            address=self.server.address,
            **{"buckets": lambda: self.buckets, "wait": self.waited.append} | more,
        )
        self.made.append(made)
        return made


@pytest.fixture
def desk() -> Iterator[Desk]:
    with storage_server() as storage, document_ai_server(storage) as server:
        buckets = CloudBuckets(storage.connection(), storage.credentials(), api_endpoint=storage.url)
        made = Desk(server, storage, buckets)
        yield made
        for processor in made.made:
            processor.close()
        buckets.close()


def read(processor: DocumentAIFormProcessor, content: bytes, watch: Watch | None = None) -> Extraction:
    return processor.process(Document("doc", media.PDF, content), watch)


def keyed(form: FormExtraction) -> dict[str, FormField]:
    return {f.path: f for f in form.fields}


def check(form: FormExtraction) -> None:
    """What the port promises of every field."""
    assert [f.order for f in form.fields] == list(range(len(form.fields)))
    assert len({f.path for f in form.fields}) == len(form.fields)
    for each in form.fields:
        assert 0.0 <= each.confidence <= 1.0
        assert 0.0 <= each.placement_confidence <= 1.0
        assert each.page in form.pages
        assert each.box is not None
        assert 0.0 <= each.box.x0 < each.box.x1 <= 1.0
        assert 0.0 <= each.box.y0 < each.box.y1 <= 1.0
        assert each.document_id == "doc"
        assert each.state is FieldState.UNSEEN
        assert each.value not in each.suggestions


# -- what is sent, and what comes of it


def test_a_form_is_read_into_the_names_of_its_definition(desk: Desk) -> None:
    (form,) = read(desk.processor(), paper(SAID)).forms
    check(form)
    found = keyed(form)
    assert (form.form_type, form.processor_version, form.pages) == (TYPE, "7", (1, 2))
    assert found["patient_name"].value == "Ann Other"
    assert found["birth_date"].value == "01/02/1980"
    assert found["urgency_urgent"].value is True
    assert found["urgency_routine"].value is False
    assert found["signature"].value == "signed"
    assert found["notes"].value == "Needs it soon"
    assert found["notes"].page == 2
    assert {p: found[p].value for p in found if p.startswith("services")} == {
        "services.r1.procedure": "E0784",
        "services.r1.start_date": "03/04/2026",
        "services.r2.procedure": "97110",
        "services.r2.start_date": "",
    }
    assert found["patient_name"].required
    assert found["urgency_urgent"].group == "urgency"
    assert found["services.r2.start_date"].source is Source.ABSENT
    assert found["patient_name"].source is Source.RECOGNIZED


@pytest.mark.parametrize("turns", [(0, 0), (1, 0), (2, 3), (3, 1)])
def test_pages_are_sent_upright_and_places_come_back_to_the_page_as_it_lies(
    desk: Desk, turns: tuple[int, int]
) -> None:
    upright = tuple(-t % 4 for t in turns)
    told = Told((3, 4), upright)
    content = paper(SAID, turns, before=2, after=1)
    extraction = read(desk.processor(told=told), content)
    (form,) = extraction.forms
    check(form)
    found = keyed(form)
    assert found["patient_name"].value == "Ann Other"
    assert (found["patient_name"].page, found["notes"].page) == (3, 4)
    for path in ("patient_name", "services.r1.procedure", "notes"):
        page, zone = zone_of(path)
        lies = found[path].box
        assert lies is not None
        assert zone.padded(0.01, 0.01).contains(*lies.turned(upright[page]).centre)
    on_page = next(t for t in extraction.texts if t.page == 3)
    name = next(w for w in on_page.words if w.text == "Ann")
    lies = found["patient_name"].box
    assert lies is not None
    assert lies.padded(0.01, 0.01).contains(*name.box.centre)


def test_only_the_pages_of_the_form_leave_this_computer(desk: Desk) -> None:
    read(desk.processor(told=Told((3, 4))), paper(SAID, before=2, after=3))
    (sent,) = desk.server.sent
    with pymupdf.open(stream=sent) as file:
        assert file.page_count == 2
        assert not [p for p in file if "private" in p.get_text()]
    assert b"private" not in sent


def test_other_forms_are_read_where_they_are_told_apart(desk: Desk) -> None:
    local = FormExtraction("generic", "1", (3,), (FormField("a", "A", "s", FieldKind.TEXT, "x"),))
    told = Told(forms=(local,))
    extraction = read(desk.processor(told=told), paper(SAID, after=2))
    assert told.asked == [frozenset({TYPE})]
    assert [f.form_type for f in extraction.forms] == [TYPE, "generic"]
    assert extraction.forms[1] == local
    assert [t.words[0].text for t in extraction.texts if t.page in (3, 4)] == ["local", "local"]
    assert desk.server.asked == ["ProcessDocument"]


def test_a_type_without_a_definition_is_not_sent(desk: Desk) -> None:
    told = Told()
    made = DocumentAIFormProcessor(
        {TYPE: desk.server.processor("p")},
        {}.get,
        told,
        cut_here,
        desk.server.credentials(),
        address=desk.server.address,
    )
    desk.made.append(made)
    assert read(made, paper(SAID)).forms[0].fields == ()
    assert told.asked == [frozenset()]
    assert desk.server.sent == []


def test_a_pinned_version_is_asked(desk: Desk) -> None:
    name = desk.server.processor("p", *zones())
    known = desk.server.processors[name]
    known.versions["v2"] = replace(known.versions["v1"], zones=zones()[:1])
    (form,) = read(desk.processor(f"{name}/processorVersions/v2"), paper(SAID)).forms
    assert keyed(form)["patient_name"].value == "Ann Other"
    assert keyed(form)["member_id"].source is Source.ABSENT


@pytest.mark.parametrize("place", ["normalized", "vertices", "tokens", "page", "none"])
def test_an_entity_has_its_place_however_the_answer_tells_it(desk: Desk, place: str) -> None:
    name = desk.server.processor("p", *zones(place=place))
    (form,) = read(desk.processor(name), paper(SAID)).forms
    check(form)
    field = keyed(form)["notes"]
    assert field.value == "Needs it soon"
    _, zone = zone_of("notes")
    assert field.box is not None
    assert zone.padded(0.01, 0.01).contains(*field.box.centre)
    assert field.page == 2
    if place in ("page", "none"):
        assert field.box == zone  # nothing tells the place: where the form asks for it
        assert field.placement_confidence < 0.5
    else:
        assert field.placement_confidence > 0.5
        assert field.box.area < 0.5 * zone.area


def test_what_the_definition_does_not_know_is_kept(desk: Desk) -> None:
    extra = Zone("Fax Cover/Reference", box(0.3, 0.6, 0.6, 0.64), place="normalized")
    other = Zone("shoe size", box(0.3, 0.7, 0.6, 0.74), place="none")
    name = desk.server.processor("p", *zones(), extra, other)
    document = pymupdf.open(stream=paper(SAID))
    document[0].insert_text((0.3 * WIDTH + 2, 0.62 * HEIGHT + 4), "R-55")
    document[0].insert_text((0.3 * WIDTH + 2, 0.72 * HEIGHT + 4), "44")
    (form,) = read(desk.processor(name), document.tobytes()).forms
    check(form)
    found = keyed(form)
    assert found["fax_cover_reference"].value == "R-55"
    assert found["fax_cover_reference"].label == "Fax Cover Reference"
    assert (found["shoe_size"].value, found["shoe_size"].label) == ("44", "Shoe size")
    assert found["shoe_size"].placement_confidence == 0.0


def test_what_is_absent_is_surer_where_nothing_is_written(desk: Desk) -> None:
    """Document AI says nothing of what it did not find; the words it saw do."""
    name = desk.server.processor("p", *(z for z in zones() if z.name not in ("member_id", "birth_date")))
    said = {**SAID, "member_id": ""}
    (form,) = read(desk.processor(name), paper(said)).forms
    found = keyed(form)
    assert (found["member_id"].value, found["member_id"].source) == ("", Source.ABSENT)
    assert found["member_id"].confidence > 0.9
    assert (found["birth_date"].value, found["birth_date"].source) == ("", Source.ABSENT)
    assert found["birth_date"].confidence < 0.5


def test_names_that_differ_go_by_the_mapping(desk: Desk) -> None:
    renamed = {"patient_name": "Member/Full Name", "procedure": "cpt", "start_date": "from"}
    changed = [
        replace(z, name=renamed.get(z.name, z.name), table="line_item" if z.table else "") for z in zones()
    ]
    names = {
        TYPE: {
            "member/full name": "patient_name", "line_item": "services", "cpt": "services.procedure",
            "line_item/from": "services.start_date", "from": "services.start_date",
        }
    }  # fmt: skip
    name = desk.server.processor("p", *changed)
    (form,) = read(desk.processor(name, names=names), paper(SAID)).forms
    found = keyed(form)
    assert found["patient_name"].value == "Ann Other"
    assert found["services.r1.procedure"].value == "E0784"
    assert found["services.r1.start_date"].value == "03/04/2026"
    assert found["services.r2.procedure"].value == "97110"


# -- confidence


def test_confidence_is_the_processors_own_until_a_calibration_is_there(desk: Desk) -> None:
    name = desk.server.processor("p", *zones(confidence=0.8))
    own = desk.processor(name)
    (form,) = read(own, paper(SAID)).forms
    assert keyed(form)["notes"].confidence == pytest.approx(0.8, abs=0.01)
    assert "own confidence" in form.reader
    assert not own.calibrated(name)
    fitted = desk.processor(name, calibrations={name: {"scored": {"one": -2.0, "score": 1.0}}})
    (judged,) = read(fitted, paper(SAID)).forms
    assert fitted.calibrated(name)
    assert "own confidence" not in judged.reader
    assert keyed(judged)["notes"].confidence < 0.5


def test_a_value_that_breaks_a_rule_is_less_sure(desk: Desk) -> None:
    (right,) = read(desk.processor(), paper(SAID)).forms
    (wrong,) = read(desk.processor(), paper({**SAID, "birth_date": "O1/0Z/1980"})).forms
    assert keyed(right)["birth_date"].confidence > keyed(wrong)["birth_date"].confidence


# -- how long forms are


def long_form(pages: int) -> bytes:
    document = pymupdf.open(stream=paper(SAID))
    for number in range(2, pages):
        document.new_page(width=WIDTH, height=HEIGHT).insert_text((60, 100), f"page {number + 1}")
    return bytes(document.tobytes())


@pytest.mark.parametrize("limit", [15, 3], ids=["as known here", "lower at the service"])
def test_a_form_too_long_goes_through_a_bucket_and_nothing_stays_there(desk: Desk, limit: int) -> None:
    pages = 17 if limit == 15 else 4
    name = desk.server.processor("p", *zones(), page_limit=limit)
    name_zone = Zone("last_page", box(0.05, 0.05, 0.5, 0.2), page=pages - 1)
    known = desk.server.processors[name].versions["v1"]
    known.zones = (*known.zones, name_zone)
    told = Told(tuple(range(1, pages + 1)), (0,) * pages)
    (form,) = read(desk.processor(name, told), long_form(pages)).forms
    check(form)
    found = keyed(form)
    assert found["patient_name"].value == "Ann Other"
    assert found["notes"].page == 2
    assert found["last_page"].value == f"page {pages}"
    assert found["last_page"].page == pages  # from another shard than the others
    assert ("ProcessDocument" in desk.server.asked) == (limit == 3)
    assert "BatchProcessDocuments" in desk.server.asked
    assert desk.storage.objects == {}


def test_a_batch_that_is_stopped_is_cancelled_and_cleaned_up(desk: Desk) -> None:
    desk.server.polls = 1000
    name = desk.server.processor("p", *zones(), page_limit=1)

    def stop(_progress: Progress) -> None:
        if desk.server.works:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        read(desk.processor(name), paper(SAID), stop)
    assert desk.server.cancelled == list(desk.server.works)
    assert desk.storage.objects == {}


def test_a_batch_that_fails_says_why_and_is_cleaned_up(desk: Desk) -> None:
    desk.server.batch_limit = 1
    name = desk.server.processor("p", *zones(), page_limit=1)
    with pytest.raises(Unreadable) as caught:
        read(desk.processor(name), paper(SAID))
    assert caught.value.code == "document_ai_pages"
    assert desk.storage.objects == {}


def test_a_batch_that_never_ends_is_given_up(desk: Desk) -> None:
    desk.server.polls = 10**6
    name = desk.server.processor("p", *zones(), page_limit=1)
    with pytest.raises(Offline) as caught:
        read(desk.processor(name), paper(SAID))
    assert caught.value.code == "document_ai_slow"
    assert sum(desk.waited) > 1800
    assert desk.storage.objects == {}


def test_without_buckets_a_form_too_long_is_refused(desk: Desk) -> None:
    name = desk.server.processor("p", *zones(), page_limit=1)
    with pytest.raises(Rejected) as caught:
        read(desk.processor(name, buckets=None), paper(SAID))
    assert caught.value.code == "document_ai_pages"


# -- refusals and faults


def test_the_person_can_stop_while_the_service_works(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "TICK", 0.02)
    desk.server.held = threading.Event()
    begun: list[Progress] = []

    def stop(progress: Progress) -> None:
        begun.append(progress)
        if desk.server.asked:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        read(desk.processor(), paper(SAID), stop)
    assert begun
    desk.server.held.set()


@pytest.mark.parametrize(
    "code", [grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL]
)
def test_what_may_pass_is_tried_again_and_told_when_it_does_not(desk: Desk, code: grpc.StatusCode) -> None:
    desk.server.failures = [("ProcessDocument", code)] * 2
    assert read(desk.processor(), paper(SAID)).forms[0].fields
    assert len(desk.waited) == 2
    desk.server.failures = [("ProcessDocument", code)] * 9
    with pytest.raises(Offline) as caught:
        read(desk.processor(), paper(SAID))
    assert caught.value.next_step
    assert ("quota" in caught.value.reason) == (code is grpc.StatusCode.RESOURCE_EXHAUSTED)
    assert len(desk.server.failures) == 9 - processor_module.TRIES


def test_an_answer_that_does_not_come_in_time_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processor_module, "DEADLINE", 0.2)
    desk.server.held = threading.Event()
    with pytest.raises(Offline):
        read(desk.processor(), paper(SAID))
    desk.server.held.set()


def test_a_service_that_is_not_there_is_told(desk: Desk) -> None:
    made = desk.processor()
    made._address = "127.0.0.1:1"
    with pytest.raises(Offline) as caught:
        read(made, paper(SAID))
    assert caught.value.next_step


def test_who_is_not_signed_in_is_told_so(desk: Desk) -> None:
    for token in ("", "expired"):
        with pytest.raises(SignInRequired):
            read(desk.processor(token=token), paper(SAID))


def test_a_missing_permission_is_named(desk: Desk) -> None:
    desk.server.granted.clear()
    with pytest.raises(Rejected) as caught:
        read(desk.processor(), paper(SAID))
    assert "documentai.processors.processOnline" in str(caught.value)
    desk.server.granted.add("documentai.processors.processOnline")
    name = desk.server.processor("p", *zones(), page_limit=1)
    with pytest.raises(Rejected) as caught:
        read(desk.processor(name), paper(SAID))
    assert "documentai.processors.processBatch" in str(caught.value)
    assert desk.storage.objects == {}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("projects/a-payer/locations/us/processors/nobody", "document_ai_missing"),
        ("projects/a-payer/locations/eu/processors/p", "document_ai_location"),
        ("projects/a-payer/locations/us/processors/p/processorVersions/none", "document_ai_missing"),
        ("projects/a-payer/locations/us/processors/p/processorVersions/idle", "document_ai_not_deployed"),
        ("nonsense", "document_ai_refused"),
    ],
)
def test_a_processor_that_cannot_be_asked_is_told_in_words(desk: Desk, name: str, code: str) -> None:
    known = desk.server.processors[desk.server.processor("p", *zones())]
    known.versions["idle"] = replace(known.versions["v1"], deployed=False)
    with pytest.raises(Rejected) as caught:
        read(desk.processor(name), paper(SAID))
    assert caught.value.code == code
    assert caught.value.next_step


def test_a_file_the_service_cannot_open_is_unreadable(desk: Desk) -> None:
    made = desk.processor()
    made._cut = lambda _document, _pages, _turns: b"%PDF-1.7 broken"
    with pytest.raises(Unreadable) as caught:
        read(made, paper(SAID))
    assert caught.value.code == "document_ai_file"


def test_errors_tell_nothing_of_what_was_sent(desk: Desk) -> None:
    told: list[Actionable] = []
    for code in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.UNKNOWN, grpc.StatusCode.DATA_LOSS):
        desk.server.failures = [("ProcessDocument", code)]
        try:
            read(desk.processor(), paper(SAID))
        except Actionable as error:
            told.append(error)
    assert len(told) == 3
    assert not [e for e in told if "as the test wants it" in str(e)]


# -- what a processor may answer


def a_paper(pages: tuple[int, ...] = (1, 2)) -> Paper:
    return Paper("doc", pages, (0,) * len(pages), {})


def test_an_entity_that_runs_over_two_pages_is_shown_where_it_begins() -> None:
    corners = [{"x": 0.1, "y": 0.9}, {"x": 0.5, "y": 0.9}, {"x": 0.5, "y": 0.95}, {"x": 0.1, "y": 0.95}]
    refs = [{"page": n, "bounding_poly": {"normalized_vertices": corners}} for n in (0, 1)]
    document = documentai.Document(pages=[{"page_number": 1}, {"page_number": 2}])
    document.entities = [
        {"type_": "notes", "mention_text": "a\nb", "confidence": 0.7, "page_anchor": {"page_refs": refs}}
    ]
    (found,) = found_in([documentai.Document.pb(document)])
    assert found.page == 0
    assert found.box is not None
    assert found.box.y1 == pytest.approx(0.95)


def test_numbers_out_of_range_stay_within_the_page() -> None:
    corners = [{"x": -0.2, "y": 0.5}, {"x": 1.4, "y": 0.5}]
    document = documentai.Document(pages=[{"page_number": 1}])
    document.entities = [
        {
            "type_": "notes", "mention_text": "a", "confidence": 1.7,
            "page_anchor": {"page_refs": [{"page": 0, "bounding_poly": {"normalized_vertices": corners}}]},
        }
    ]  # fmt: skip
    form = FormExtraction(
        TYPE, "7", (1, 2), fields_of(found_in([documentai.Document.pb(document)]), DEFINITION, a_paper())
    )
    check(form)
    assert keyed(form)["notes"].box is not None


def test_a_page_that_was_not_sent_is_not_believed() -> None:
    made = fields_of([Found("notes", "a", 0.9, 7, Box(0.1, 0.1, 0.2, 0.2), 0.9)], DEFINITION, a_paper())
    form = FormExtraction(TYPE, "7", (1, 2), made)
    check(form)
    assert keyed(form)["notes"].page == 2


def test_of_several_readings_of_one_answer_the_surest_is_shown_and_the_others_offered() -> None:
    found = [
        Found("patient_name", text, sure)
        for text, sure in (("Ann 0ther", 0.4), ("Ann Other", 0.9), ("Ann Other", 0.2))
    ]
    name = fields_of(found, DEFINITION, a_paper())[0]
    assert (name.value, name.suggestions) == ("Ann Other", ("Ann 0ther",))


def test_a_question_may_be_answered_by_name() -> None:
    made = keyed(
        FormExtraction(
            TYPE, "7", (1, 2), fields_of([Found("Urgency", "Routine", 0.9)], DEFINITION, a_paper())
        )
    )
    assert made["urgency_routine"].value is True
    assert made["urgency_urgent"].value is False


@pytest.mark.parametrize(
    ("text", "truth", "ticked"),
    [
        ("", True, True),
        ("X", None, True),
        ("☑", None, True),
        ("☐", None, False),
        ("No", None, False),
        ("X", False, False),
    ],
)
def test_a_box_is_ticked_as_the_answer_says(text: str, truth: bool | None, ticked: bool) -> None:
    found = [Found("urgency_urgent", text, 0.9, truth=truth)]
    made = keyed(FormExtraction(TYPE, "7", (1, 2), fields_of(found, DEFINITION, a_paper())))
    assert made["urgency_urgent"].value is ticked


def test_cells_without_rows_are_put_into_rows_by_where_they_stand() -> None:
    found = [
        Found("services/procedure", "A", 0.9, 0, Box(0.1, 0.40, 0.3, 0.42), 0.9),
        Found("services/procedure", "B", 0.9, 0, Box(0.1, 0.45, 0.3, 0.47), 0.9),
        Found("services/start_date", "2", 0.9, 0, Box(0.35, 0.452, 0.5, 0.472), 0.9),
    ]
    made = keyed(FormExtraction(TYPE, "7", (1, 2), fields_of(found, DEFINITION, a_paper())))
    assert made["services.r1.procedure"].value == "A"
    assert made["services.r1.start_date"].value == ""
    assert made["services.r2.procedure"].value == "B"
    assert made["services.r2.start_date"].value == "2"


def test_more_rows_than_the_form_prints_are_kept() -> None:
    found = [Found("services", "", 0.9, parts=(Found("procedure", f"9711{n}", 0.9),)) for n in range(5)]
    made = keyed(FormExtraction(TYPE, "7", (1, 2), fields_of(found, DEFINITION, a_paper())))
    assert [made[f"services.r{n}.procedure"].value for n in range(1, 6)] == [f"9711{n}" for n in range(5)]
