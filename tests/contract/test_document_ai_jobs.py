"""Form processors trained and measured at Document AI: what they are given, and what comes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import grpc
import pymupdf
import pytest
from google.cloud import documentai_v1 as documentai

from app.domain.box import Box
from app.domain.case import field_document, to_time
from app.domain.errors import Offline, Rejected, SignInRequired
from app.domain.extraction import Document, PageText, Word
from app.domain.form import FieldKind, FieldState, FormField, Source
from app.domain.role import Check, Right, anybody
from app.services.change_log import utc_now
from app.services.dataset import EVALUATION, TRAINING, FormFolder, VerifiedForm
from app.services.form_example import FormExamples, LabelledForm
from app.services.form_job import Export, FormJobs
from app.services.google.cloud_storage import CloudBuckets
from app.services.google.document_ai.example import labelled, schema_of, store_examples
from app.services.google.document_ai.job import DocumentAIJobs
from app.services.google.document_ai.processor import DocumentAIFormProcessor
from app.services.ports import JobState, PageInfo, Watch
from app.workstation import Workstation, build, settings
from tests.contract.test_document_ai import (
    DEFINITION,
    HEIGHT,
    SAID,
    TYPE,
    WIDTH,
    Told,
    cut_here,
    keyed,
    paper,
    read,
    zone_of,
)
from tests.document_ai_server import DocumentAIServer, document_ai_server
from tests.storage_server import StorageServer, storage_server
from tests.written import WrittenReader, put_case, written_backends


def words_on(content: bytes) -> dict[int, tuple[Word, ...]]:
    """The words of each page, as a reading keeps them."""
    with pymupdf.open(stream=content) as file:
        return {
            n: tuple(
                Word(w[4], Box(w[0] / WIDTH, w[1] / HEIGHT, w[2] / WIDTH, w[3] / HEIGHT))
                for w in page.get_text("words")
            )
            for n, page in enumerate(file, 1)
        }


def example(case_id: str, **said: str) -> LabelledForm:
    """A verified form: what was printed, in the places it was read in."""
    answers = {**SAID, **said}
    content = paper(answers)
    words = words_on(content)
    fields = []
    for path, text in answers.items():
        page, zone = zone_of(path)
        inside = [w.box for w in words[page + 1] if zone.contains(*w.box.centre)]
        tick = path.startswith("urgency")
        value: str | bool = bool(text) if tick else text
        box = Box.around(inside) if inside else zone
        kind = FieldKind.TICK_BOX if tick else FieldKind.TEXT
        fields.append(
            FormField(
                path, path, "s", kind, value, 0.9, 0.9, Source.RECOGNIZED, "d", page + 1, box,
                state=FieldState.CONFIRMED,
            )
        )  # fmt: skip
    return LabelledForm(case_id, TYPE, content, ((WIDTH, HEIGHT),) * 2, tuple(fields), words)


@dataclass
class Desk:
    server: DocumentAIServer
    storage: StorageServer
    buckets: CloudBuckets
    name: str
    jobs: DocumentAIJobs
    made: list[Any] = field(default_factory=list)

    def stored(self, count: int, bucket: str = "training_forms") -> str:
        forms = [
            example(
                f"c{n}", patient_name=f"Patient Number{n}", member_id=f"W{n}00", notes=f"Note {n} is here"
            )
            for n in range(count)
        ]
        return store_examples(forms, self.buckets, bucket, TYPE)[0]

    def ended(self, name: str) -> JobState:
        for _ in range(20):
            state = self.jobs.state(name)
            if state.state not in ("queued", "running"):
                return state
        raise AssertionError("it does not end")

    def processor(self, name: str) -> DocumentAIFormProcessor:
        made = DocumentAIFormProcessor(
            {TYPE: name}, {TYPE: DEFINITION}.get, Told(), cut_here, self.server.credentials(),
            address=self.server.address,
        )  # fmt: skip
        self.made.append(made)
        return made


@pytest.fixture
def desk() -> Iterator[Desk]:
    with storage_server() as storage, document_ai_server(storage) as server:
        buckets = CloudBuckets(storage.connection(), storage.credentials(), api_endpoint=storage.url)
        name = server.processor("p")
        jobs = DocumentAIJobs(
            {TYPE: name},
            {TYPE: DEFINITION}.get,
            server.credentials(),
            lambda: buckets,
            address=server.address,
        )
        made = Desk(server, storage, buckets, name, jobs)
        yield made
        for processor in made.made:
            processor.close()
        jobs.close()
        buckets.close()


# -- what a processor learns from


def test_a_verified_form_becomes_a_labelled_document() -> None:
    form = example("c1")
    document = documentai.Document.from_json(labelled(form).decode())
    assert document.content == form.content
    assert (document.mime_type, len(document.pages)) == ("application/pdf", 2)
    found = {e.type_: e for e in document.entities if not e.properties}
    name = found["patient_name"]
    assert name.mention_text == "Ann Other"
    anchor = [document.text[s.start_index : s.end_index] for s in name.text_anchor.text_segments]
    assert anchor == ["Ann", "Other"]
    ref = name.page_anchor.page_refs[0]
    box = next(f.box for f in form.fields if f.path == "patient_name")
    assert box is not None
    assert ref.bounding_poly.normalized_vertices[0].x == pytest.approx(box.x0, abs=1e-6)
    assert found["notes"].page_anchor.page_refs[0].page == 1
    assert found["urgency_urgent"].normalized_value.boolean_value is True
    rows = [e for e in document.entities if e.type_ == "services"]
    assert [{p.type_: p.mention_text for p in r.properties} for r in rows] == [
        {"procedure": "E0784", "start_date": "03/04/2026"},
        {"procedure": "97110"},
    ]


def test_what_people_corrected_is_what_is_learned() -> None:
    form = example("c1")
    fields = tuple(
        replace(f, corrected_value="Anna Other", state=FieldState.CORRECTED)
        if f.path == "patient_name"
        else f
        for f in form.fields
    )
    document = documentai.Document.from_json(labelled(replace(form, fields=fields)).decode())
    assert next(e for e in document.entities if e.type_ == "patient_name").mention_text == "Anna Other"


def test_the_schema_names_what_the_definition_asks_for() -> None:
    schema = schema_of(DEFINITION)
    root, services = schema.entity_types
    assert {p.name for p in root.properties} == {f.name for f in DEFINITION.fields} | {"services"}
    assert [p.name for p in services.properties] == ["procedure", "start_date"]
    kinds = {p.name: p.value_type for p in root.properties}
    assert (kinds["birth_date"], kinds["urgency_urgent"], kinds["services"]) == (
        "datetime",
        "checkbox",
        "services",
    )


def test_the_bucket_holds_what_is_countersigned_now(desk: Desk) -> None:
    desk.stored(3)
    assert len(desk.storage.names("training_forms")) == 3
    forms = [example("c1"), example("c9")]
    prefix, count = store_examples(forms, desk.buckets, "training_forms", TYPE)
    names = desk.storage.names("training_forms")
    assert (prefix, count, len(names)) == (f"gs://training_forms/{TYPE}/", 2, 2)
    assert [n.split("/")[1].split("-")[0] for n in names] == ["c1", "c9"]
    desk.storage.asked.clear()
    store_examples(forms, desk.buckets, "training_forms", TYPE)
    assert desk.storage.names("training_forms") == names


def test_the_same_pages_are_cut_into_the_same_bytes() -> None:
    """Else every export would put every form into the bucket anew."""
    content = paper(SAID, before=1)
    cuts = {cut_here(Document("d", "application/pdf", content), (2, 3), (1, 0)) for _ in range(3)}
    assert len(cuts) == 1


# -- training and measuring


def test_a_processor_learns_from_verified_forms_and_reads_the_next_one(desk: Desk) -> None:
    assert all(
        f.source is Source.ABSENT for f in read(desk.processor(desk.name), paper(SAID)).forms[0].fields
    )
    source = desk.stored(4)
    desk.stored(2, "eval_forms")
    job = desk.jobs.start("train", TYPE, source)
    assert desk.jobs.state(job).state == "running"
    state = desk.ended(job)
    assert state.state == "done"
    assert state.result.startswith(f"{desk.name}/processorVersions/")
    with pytest.raises(Rejected) as caught:
        desk.jobs.use(state.result)
    assert caught.value.code == "document_ai_not_deployed"
    assert desk.ended(desk.jobs.deploy(state.result)).state == "done"
    assert desk.ended(desk.jobs.use(state.result)).state == "done"
    (form,) = read(desk.processor(desk.name), paper({**SAID, "patient_name": "Eve Unseen"})).forms
    found = keyed(form)
    assert found["patient_name"].value == "Eve Unseen"
    assert found["urgency_urgent"].value is True
    assert found["services.r1.procedure"].value == "E0784"


def test_what_a_version_is_worth_is_told_in_figures(desk: Desk) -> None:
    trained = desk.ended(desk.jobs.start("train", TYPE, desk.stored(4))).result
    source = desk.stored(3, "eval_forms")
    state = desk.ended(desk.jobs.start("evaluate", trained, source))
    assert state.state == "done"
    assert state.figures["documents"] == 3
    assert state.figures["precision"] == state.figures["recall"] == state.figures["f1"] == 1.0
    in_use = desk.ended(desk.jobs.start("evaluate", TYPE, source))
    assert in_use.figures["recall"] == 0.0  # the version in use still looks nowhere


def test_too_few_examples_are_told(desk: Desk) -> None:
    state = desk.ended(desk.jobs.start("train", TYPE, desk.stored(2)))
    assert (state.state, state.result) == ("failed", "")
    assert "too few" in state.reason


def test_forms_that_a_training_left_out_are_told(desk: Desk) -> None:
    desk.server.not_accepted = 2
    state = desk.ended(desk.jobs.start("train", TYPE, desk.stored(4)))
    assert state.state == "done"
    assert state.figures["not_accepted"] == 2
    assert "2 of the labelled forms" in state.reason


def test_a_job_can_be_cancelled(desk: Desk) -> None:
    desk.server.polls = 1000
    job = desk.jobs.start("train", TYPE, desk.stored(4))
    desk.jobs.cancel(job)
    assert desk.jobs.state(job).state == "cancelled"


def test_a_form_type_without_a_processor_is_told(desk: Desk) -> None:
    with pytest.raises(Rejected) as caught:
        desk.jobs.start("train", "another", "gs://training_forms/another/")
    assert caught.value.next_step
    with pytest.raises(ValueError, match="tune"):
        desk.jobs.start("tune", TYPE, "gs://training_forms/x/")


def test_who_may_not_train_is_told_what_is_missing(desk: Desk) -> None:
    source = desk.stored(4)
    desk.server.granted.clear()
    with pytest.raises(Rejected) as caught:
        desk.jobs.start("train", TYPE, source)
    assert "documentai.processorVersions.create" in str(caught.value)
    desk.server.tokens.clear()
    with pytest.raises(SignInRequired):
        desk.jobs.start("evaluate", TYPE, source)
    desk.server.failures = [("GetOperation", grpc.StatusCode.UNAVAILABLE)]
    with pytest.raises(Offline):
        desk.jobs.state(f"{desk.name.rpartition('/processors')[0]}/operations/1")


# -- from a workspace


def test_the_forms_of_a_workspace_are_labelled_upright(tmp_path: Path) -> None:
    """A form that came sideways behind a letter: its page alone, upright, with its boxes turned along."""
    said = {"patient_name": "Ann Other"}
    content = paper(said, (3, 0), before=1)
    _, zone = zone_of("patient_name")
    lies = Box(zone.x0, zone.y0, zone.x1, zone.y1).turned(3)
    station = build(settings(tmp_path), bytes(32), written_backends(WrittenReader()))
    try:
        name = FormField(
            "patient_name", "Name", "s", FieldKind.NAME, "Ann Other", 0.9, 0.9, Source.RECOGNIZED, "d", 2, lies,
            state=FieldState.CONFIRMED,
        )  # fmt: skip
        lost = replace(name, path="member_id", value="?", state=FieldState.ILLEGIBLE)
        document = {
            "name": "f", "uri": "", "sha256": "a" * 64, "media_type": "application/pdf", "kind": "form",
            "page_count": 3, "pages": [2, 3], "turns": {"2": 1}, "received_at": to_time(utc_now()),
        }  # fmt: skip
        case = put_case(
            station, documents={"d": document}, form_type=TYPE,
            fields={f.path: field_document(f) for f in (name, lost)},
        )  # fmt: skip
        text = PageText(2, (Word("Ann", lies),))
        station.in_store(station.store.keep_words, "a" * 64, (text,))
        folder = FormFolder(tmp_path / TRAINING, bytes(32))
        key = {"form_type": TYPE}
        folder.put(VerifiedForm(case.case_id, "r", case.receipt, key, content))
        folder.put(VerifiedForm("gone", "r", "", key, content))
        folder.put(VerifiedForm("other", "r", "", {"form_type": "another"}, content))

        class Opened:
            pages = (PageInfo(WIDTH, HEIGHT), PageInfo(WIDTH, HEIGHT))

            def close(self) -> None: ...

        def opened(document: Document) -> Any:
            with pymupdf.open(stream=document.content) as file:
                assert [p.rotation for p in file] == [0, 0]
                assert "Ann Other" in file[0].get_text()
            return Opened()

        examples = FormExamples(station.store, station.in_store, opened, cut_here)
        (form,) = examples.forms(folder, TYPE)
    finally:
        station.close()
    assert (form.case_id, form.pages) == (case.case_id, ((WIDTH, HEIGHT),) * 2)
    (answer,) = form.fields
    assert (answer.path, answer.page) == ("patient_name", 1)
    assert answer.box is not None
    assert answer.box.rounded(3) == zone.rounded(3)
    assert form.words[1][0].box.rounded(3) == zone.rounded(3)
    assert json.loads(labelled(form))["entities"][0]["type"] == "patient_name"


# -- as an administrator does it


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Workstation]:
    made = build(settings(tmp_path), bytes(32), written_backends(WrittenReader()))
    yield made
    made.close()


def examples_of(counts: dict[str, int], desk: Desk) -> Export:
    def export(bucket: str, form_type: str, watch: Watch | None) -> tuple[str, int]:
        forms = [
            example(f"c{n}", patient_name=f"P{n} Q{n}", member_id=f"W{n}") for n in range(counts[bucket])
        ]
        return store_examples(forms, desk.buckets, bucket, form_type, watch)

    return export


def form_jobs(
    desk: Desk, station: Workstation, training: int, measuring: int, check: Check = anybody
) -> FormJobs:
    export = examples_of({TRAINING: training, EVALUATION: measuring}, desk)
    return FormJobs(desk.jobs, export, station.store, station.in_store, check, utc_now)


def test_training_measuring_and_putting_to_work_are_remembered(desk: Desk, station: Workstation) -> None:
    jobs = form_jobs(desk, station, 10, 2)
    job = jobs.train(TYPE, "ada")
    assert (job.forms, job.kind, job.by) == (10, "train", "ada")
    while jobs.look(job).state == "running":
        pass
    again = form_jobs(desk, station, 10, 2)  # another day
    (known,) = again.known()
    assert known.result.endswith("/processorVersions/t1")
    assert again.job(known.number) == known
    waited: list[float] = []
    again.put_to_work(known.result, "ada", waited.append)
    assert waited
    assert desk.server.processors[desk.name].default == "t1"
    measured = again.measure(TYPE, TYPE, "ada")
    while (state := again.look(measured)).state == "running":
        pass
    assert state.figures["f1"] == 1.0
    told = [e.action for e in station.in_store(station.store.audit_entries)]
    for action in ("form_job_train", "form_version_used", "form_job_evaluate"):
        assert action in told


def test_too_few_forms_start_nothing(desk: Desk, station: Workstation) -> None:
    jobs = form_jobs(desk, station, 3, 0)
    for start in (lambda: jobs.train(TYPE, "ada"), lambda: jobs.measure(TYPE, TYPE, "ada")):
        with pytest.raises(Rejected) as caught:
            start()
        assert caught.value.code == "few_forms"
    assert jobs.known() == ()
    assert desk.server.works == {}


def test_only_an_administrator_trains(desk: Desk, station: Workstation) -> None:
    def refuse(_by: str, right: Right) -> None:
        raise Rejected(f"not {right}")

    jobs = form_jobs(desk, station, 10, 2, refuse)
    for start in (
        lambda: jobs.train(TYPE, "eve"),
        lambda: jobs.measure(TYPE, TYPE, "eve"),
        lambda: jobs.put_to_work("v", "eve", lambda _s: None),
    ):
        with pytest.raises(Rejected):
            start()
    assert desk.storage.objects == {}


def test_a_version_that_cannot_be_deployed_is_told(desk: Desk, station: Workstation) -> None:
    with pytest.raises(Rejected):
        form_jobs(desk, station, 10, 2).put_to_work(
            f"{desk.name}/processorVersions/none", "ada", lambda _s: None
        )
    assert desk.server.processors[desk.name].default == "v1"
