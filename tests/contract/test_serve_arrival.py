"""Arrivals through a real server on loopback: whatever happens on the way, an object becomes its case once."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.domain.case import IntakeStatus, Json, case_from
from app.domain.errors import Cancelled, Offline, Rejected, Unreadable
from app.domain.extraction import Document, Extraction, FormExtraction, Part
from app.domain.receipt import is_receipt
from app.domain.sync import Answer, Push, Pushed, StoredObject
from app.services.ingestion_service.arrival_id import arrival_id_of, further_id
from app.services.ingestion_service.event import arrival_from
from app.services.ports import Watch
from tests.scripted import ScriptedProcessor, a_pdf, an_extraction, read_field
from tests.serve_parts import MemoryLedger, Service, event_of, http, service

READ = an_extraction(read_field("patient_name", "Canary Patientname"), read_field("member_id", "M-1"))


def put(
    serve: Service, name: str = "fax-1.pdf", content: bytes | None = None, **metadata: str
) -> StoredObject:
    made: StoredObject = serve.buckets.put(
        "pa_forms_bkt", name, a_pdf(name) if content is None else content, "application/pdf", metadata
    )
    return made


def tell(serve: Service, stored: StoredObject, **more: Any) -> httpx.Response:
    headers, body = event_of(stored, **more)
    return http.post(serve.url + "/", headers=headers, content=body, timeout=30)


def arrival_id(stored: StoredObject) -> str:
    headers, body = event_of(stored)
    arrival = arrival_from({k.lower(): v for k, v in headers.items()}, body)
    assert arrival is not None
    return arrival_id_of(arrival)


def only_case(serve: Service) -> Json:
    (case_id,) = serve.cases.cases
    found: Json = serve.cases.document(case_id)
    return found


def test_an_object_becomes_a_case_to_be_looked_at() -> None:
    with service(ScriptedProcessor([READ])) as serve:
        stored = put(serve)
        answer = tell(serve, stored)
        assert answer.status_code == 200
        assert answer.json()["outcome"] == "written"
        document = only_case(serve)
        case = case_from(document)
        assert case.intake_status is IntakeStatus.NEEDS_REVIEW
        assert is_receipt(case.receipt)
        assert case.case_id == arrival_id(stored)
        assert {f.path: f.value for f in case.fields} == {
            "patient_name": "Canary Patientname",
            "member_id": "M-1",
        }
        (entry,) = document["documents"].values()
        assert entry["uri"] == stored.uri
        assert entry["sha256"] == hashlib.sha256(a_pdf("fax-1.pdf")).hexdigest()
        assert entry["generation"] == stored.generation
        assert set(document["milestones"]) >= {"received", "read"}
        assert document["confidence"]["mean"] > 0
        assert document["reader"] is None
        actions = [r.action for r in serve.cases.history(case.case_id)]
        assert actions == ["received", "read"]


def test_structured_mode_is_understood_as_binary_is() -> None:
    with service(ScriptedProcessor([READ])) as serve:
        stored = put(serve)
        headers, body = event_of(stored)
        event = {
            "id": "e1", "source": "s", "specversion": "1.0", "type": headers["ce-type"], "data": json.loads(body)
        }  # fmt: skip
        answer = http.post(
            serve.url, json=event, headers={"Content-Type": "application/cloudevents+json; charset=utf-8"}
        )
        assert answer.json()["outcome"] == "written"
        assert only_case(serve)["case_id"] == arrival_id(stored)


def test_the_receipt_is_told_before_the_form_is_read() -> None:
    seen: list[Json] = []

    class Looking(ScriptedProcessor):
        def process(self, document: Document, watch: Watch | None = None) -> Extraction:
            seen.append(only_case(serve))
            return super().process(document, watch)

    with service(Looking([READ])) as serve:
        tell(serve, put(serve))
        assert seen[0]["intake_status"] == "reading"
        assert is_receipt(seen[0]["receipt"])
        assert seen[0]["receipt"] == only_case(serve)["receipt"]


def test_an_event_that_comes_again_changes_nothing() -> None:
    processor = ScriptedProcessor([READ])
    with service(processor) as serve:
        stored = put(serve)
        tell(serve, stored)
        before, commits = only_case(serve), serve.cases.commits
        answer = tell(serve, stored)
        assert (answer.status_code, answer.json()["outcome"]) == (200, "known")
        assert only_case(serve) == before
        assert serve.cases.commits == commits
        assert len(processor.asked) == 1


def test_events_at_the_same_moment_make_one_case() -> None:
    started, go_on = threading.Event(), threading.Event()

    class Slow(ScriptedProcessor):
        def process(self, document: Document, watch: Watch | None = None) -> Extraction:
            started.set()
            go_on.wait(20)
            return super().process(document, watch)

    processor = Slow([READ])
    with service(processor) as serve, ThreadPoolExecutor(4) as pool:
        stored = put(serve)
        first = pool.submit(tell, serve, stored)
        assert started.wait(20)
        others = [pool.submit(tell, serve, stored) for _ in range(3)]
        assert [other.result().status_code for other in others] == [503] * 3
        go_on.set()
        assert first.result().status_code == 200
        assert tell(serve, stored).json()["outcome"] == "known"
        assert len(serve.cases.cases) == len(processor.asked) == 1


def test_two_instances_that_both_read_an_arrival_make_one_case() -> None:
    """The first is taken for dead after a while; if it lives after all, its result stays or the other's does."""

    class Overtaken(ScriptedProcessor):
        def process(self, document: Document, watch: Watch | None = None) -> Extraction:
            if other is not None and not self.asked:
                case = serve.cases.cases[arrival_id(stored)]
                held = json.loads(case.text)
                long_ago = (datetime.now(UTC) - timedelta(minutes=10)).isoformat()
                held["reader"]["since"] = long_ago
                case.text = json.dumps(held)
                self.asked.append(document)
                assert tell(other, stored).status_code == 200
            return super().process(document, watch)

    other: Service | None = None
    with service(Overtaken([READ])) as serve:
        stored = put(serve)
        with service(
            ScriptedProcessor([READ]), cases=serve.cases, buckets=serve.buckets, ledger=serve.ledger
        ) as other:
            assert tell(serve, stored).status_code == 200
        assert only_case(serve)["intake_status"] == "needs_review"
        reads = [r for r in serve.cases.history(arrival_id(stored)) if r.action == "read"]
        assert len(reads) == 1


class Failing:
    """A queue whose pushes fail: by number, before or after they were applied."""

    def __init__(self, cases: Any, fails: dict[int, str]) -> None:
        self._cases, self._fails, self.pushes = cases, fails, 0

    def push(self, push: Push) -> Pushed:
        self.pushes += 1
        how = self._fails.get(self.pushes, "")
        if how == "before":
            raise Offline("Not there.", code="away")
        pushed: Pushed = self._cases.push(push)
        if how == "after":
            raise Offline("No answer.", code="lost")
        return pushed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cases, name)


@pytest.mark.parametrize("how", ["before", "after"])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_push_that_is_lost_is_made_up_for_by_the_event_that_comes_again(at: int, how: str) -> None:
    """A package of two forms: three pushes, each of which may get lost on the way there or on the way back."""
    from tests.faults.sync_server import ServerModel

    queue = Failing(ServerModel(lambda: datetime.now(UTC)), {at: how})
    with service(ScriptedProcessor([package()]), cases=queue) as serve:
        stored = put(serve)
        first = tell(serve, stored)
        assert first.status_code == 503
        assert first.headers["Retry-After"]
        assert tell(serve, stored).status_code == 200
        assert_package(serve, arrival_id(stored))


def package() -> Extraction:
    return Extraction(
        3,
        (
            FormExtraction("tx_nofr001", "1", (1,), (read_field("member_id", "M-1"),)),
            FormExtraction("tx_nofr001", "1", (2,), (read_field("member_id", "M-2"),)),
        ),
        (Part("form", (1, 2)), Part("clinical", (3,))),
    )


def assert_package(serve: Service, first: str) -> None:
    second = further_id(first, 2)
    assert set(serve.cases.cases) == {first, second}
    found = [serve.cases.document(case_id) for case_id in (first, second)]
    assert [d["fields"]["member_id"]["value"] for d in found] == ["M-1", "M-2"]
    assert [d["intake_status"] for d in found] == ["needs_review"] * 2
    assert len({d["receipt"] for d in found}) == 2
    assert [sorted(e["kind"] for e in d["documents"].values()) for d in found] == [
        ["clinical", "form"],
        ["form"],
    ]
    assert len({r.mutation_id for c in (first, second) for r in serve.cases.history(c)}) == sum(
        len(serve.cases.history(c)) for c in (first, second)
    )


def test_each_form_of_a_package_becomes_a_case_of_its_own() -> None:
    with service(ScriptedProcessor([package()])) as serve:
        stored = put(serve)
        answer = tell(serve, stored)
        assert_package(serve, arrival_id(stored))
        assert set(answer.json()["cases"]) == set(serve.cases.cases)


def test_a_service_that_dies_while_it_reads_leaves_the_arrival_to_the_next() -> None:
    with service(ScriptedProcessor([SystemError("the process was killed")])) as serve:
        stored = put(serve)
        assert tell(serve, stored).status_code == 500
        document = only_case(serve)
        assert document["intake_status"] == "reading"
        with service(
            ScriptedProcessor([READ]), cases=serve.cases, buckets=serve.buckets, ledger=serve.ledger
        ) as next_one:
            assert tell(next_one, stored).status_code == 503  # the first may still be at it
            age(serve, stored, minutes=4)
            assert tell(next_one, stored).status_code == 200
        assert only_case(serve)["intake_status"] == "needs_review"
        assert only_case(serve)["receipt"] == document["receipt"]


def age(serve: Service, stored: StoredObject, **back: float) -> None:
    """Have an arrival's reading begun longer ago."""
    kept = serve.cases.cases[arrival_id(stored)]
    document = json.loads(kept.text)
    since = datetime.fromisoformat(document["reader"]["since"]) - timedelta(**back)
    document["reader"]["since"] = since.isoformat()
    kept.text = json.dumps(document)


def test_a_file_that_kills_its_reader_every_time_becomes_unreadable() -> None:
    processor = ScriptedProcessor([SystemError("gone")])
    with service(processor) as serve:
        stored = put(serve)
        answers = [tell(serve, stored).status_code for _ in range(6)]
        assert answers == [500, 500, 500, 500, 200, 200]
        document = only_case(serve)
        assert document["intake_status"] == "unreadable"
        assert document["reason"]["code"] == "reading_gave_up"
        assert len(processor.asked) == 4


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"PK\x03\x04 an archive", "other_file"),
        (b"\x00" * 100, "zero_file"),
        (b"hello world, this is text", "other_file"),
    ],
)
def test_a_file_that_is_no_document_stands_in_the_queue_with_the_reason(content: bytes, code: str) -> None:
    processor = ScriptedProcessor([READ])
    with service(processor) as serve:
        assert tell(serve, put(serve, content=content)).status_code == 200
        document = only_case(serve)
        assert document["intake_status"] == "unreadable"
        assert document["reason"]["code"] == code
        assert document["reason"]["next_step"]
        assert is_receipt(document["receipt"])
        assert processor.asked == []


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Unreadable("It crashed.", "Send it again.", code="worker_died"), "worker_died"),
        (Cancelled("Stopped."), "reading_too_long"),
        (Rejected("Too many pages.", "Split it.", code="page_limit"), "page_limit"),
    ],
)
def test_a_document_that_cannot_be_read_stands_in_the_queue_with_the_reason(
    error: Exception, code: str
) -> None:
    with service(ScriptedProcessor([error])) as serve:
        assert tell(serve, put(serve)).status_code == 200
        assert only_case(serve)["intake_status"] == "unreadable"
        assert only_case(serve)["reason"]["code"] == code


def test_what_needs_a_network_is_tried_again_at_once_when_the_event_comes_again() -> None:
    with service(ScriptedProcessor([Offline("Quota.", code="busy"), READ])) as serve:
        stored = put(serve)
        assert tell(serve, stored).status_code == 503
        assert tell(serve, stored).status_code == 200
        assert only_case(serve)["intake_status"] == "needs_review"


def test_a_quota_that_is_used_up_for_hours_says_nothing_against_the_file() -> None:
    with service(ScriptedProcessor([*[Offline("Quota.", code="busy")] * 7, READ])) as serve:
        stored = put(serve)
        assert [tell(serve, stored).status_code for _ in range(8)] == [503] * 7 + [200]
        assert only_case(serve)["intake_status"] == "needs_review"


@pytest.mark.parametrize("code", ["document_ai_permission", "document_ai_not_deployed"])
def test_a_processor_that_an_administrator_has_to_mend_makes_no_file_unreadable(code: str) -> None:
    with service(ScriptedProcessor([Rejected("No right.", code=code), READ])) as serve:
        stored = put(serve)
        assert tell(serve, stored).status_code == 503
        assert only_case(serve)["intake_status"] == "reading"
        assert tell(serve, stored).status_code == 200
        assert only_case(serve)["intake_status"] == "needs_review"


def test_an_upload_that_names_what_is_no_case_gets_one_of_its_own() -> None:
    with service(ScriptedProcessor([READ])) as serve:
        stored = put(serve, case_id="../another")
        assert tell(serve, stored).json()["outcome"] == "written"


def test_an_object_that_was_replaced_before_it_was_read_has_a_case_that_says_so() -> None:
    with service(ScriptedProcessor([READ])) as serve:
        stored = put(serve)
        del serve.buckets.objects[stored.uri]
        newer = put(serve, content=a_pdf("another"))
        assert newer.generation != stored.generation
        assert tell(serve, stored).status_code == 200
        assert tell(serve, newer).status_code == 200
        found = {c: serve.cases.document(c) for c in serve.cases.cases}
        assert found[arrival_id(stored)]["reason"]["code"] == "object_replaced"
        assert found[arrival_id(newer)]["intake_status"] == "needs_review"


def test_bytes_that_are_not_those_of_the_event_are_not_read() -> None:
    with service(ScriptedProcessor([READ])) as serve:
        stored = put(serve)
        headers, body = event_of(stored)
        data = json.loads(body) | {"md5Hash": base64.b64encode(b"0" * 16).decode()}
        http.post(serve.url, headers=headers, content=json.dumps(data))
        assert only_case(serve)["reason"]["code"] == "object_replaced"


def test_the_same_bytes_in_two_objects_are_two_cases_that_name_each_other() -> None:
    with service(ScriptedProcessor([READ])) as serve:
        one, two = put(serve, "a.pdf", a_pdf("x")), put(serve, "b.pdf", a_pdf("x"))
        tell(serve, one)
        tell(serve, two)
        first, second = (serve.cases.document(arrival_id(stored)) for stored in (one, two))
        assert "same_content" not in first
        assert second["same_content"] == {first["case_id"]: first["receipt"]}
        assert second["intake_status"] == "needs_review"


# Uploads of desks


def desk_case(serve: Service, case_id: str, sha256: str, **more: Any) -> None:
    from app.domain.change import Action
    from app.services.ingestion_service.case_writing import CaseWriting
    from app.services.intake import new_case

    now = datetime.now(UTC)
    document = new_case(case_id, "R-2611-04A7-0001-K", now)
    document["documents"] = {
        "d1": {
            "name": "f.pdf", "uri": "", "sha256": sha256, "media_type": "application/pdf", "kind": "form",
            "page_count": 0, "pages": [], "received_at": document["received_at"],
        }
    }  # fmt: skip
    document |= more
    writing = CaseWriting(serve.cases, "04A7", lambda *_: None, lambda: now)
    pushed, _ = writing.create(f"desk-{case_id}", document, Action.RECEIVED, "clerk")
    assert pushed.answer is Answer.APPLIED


DESK = "0123456789abcdef0123456789abcdef"


def test_an_upload_of_a_desk_belongs_to_the_desks_case_and_is_read_when_the_desk_has_not() -> None:
    with service(ScriptedProcessor([package()])) as serve:
        content = a_pdf("desk")
        desk_case(serve, DESK, hashlib.sha256(content).hexdigest())
        stored = put(serve, "up.pdf", content, case_id=DESK, document_id="d1", kind="form")
        assert tell(serve, stored).json()["outcome"] == "adopted"
        assert_package(serve, DESK)
        document = serve.cases.document(DESK)
        assert document["documents"]["d1"]["generation"] == stored.generation
        assert document["documents"]["d1"]["uri"] == stored.uri
        assert document["receipt"] == "R-2611-04A7-0001-K"
        commits = serve.cases.commits
        assert tell(serve, stored).json()["outcome"] == "adopted"
        assert serve.cases.commits == commits


@pytest.mark.parametrize("status", ["needs_review", "verified", "unreadable", "reading"])
def test_an_upload_that_its_desk_has_read_or_reads_is_not_read_again(status: str) -> None:
    processor = ScriptedProcessor([READ])
    with service(processor) as serve:
        content = a_pdf("desk")
        reader = {"host": "desk", "pid": 1} if status == "reading" else None
        desk_case(serve, DESK, hashlib.sha256(content).hexdigest(), intake_status=status, reader=reader)
        stored = put(serve, "up.pdf", content, case_id=DESK)
        assert tell(serve, stored).json()["outcome"] == "adopted"
        assert processor.asked == []
        document = serve.cases.document(DESK)
        assert document["intake_status"] == status
        assert document["documents"]["d1"]["generation"] == stored.generation


def test_an_upload_waits_for_the_case_of_its_desk() -> None:
    with service(ScriptedProcessor([READ])) as serve:
        stored = put(serve, "up.pdf", a_pdf("desk"), case_id=DESK)
        assert tell(serve, stored).status_code == 503
        assert serve.cases.cases == {}
        desk_case(serve, DESK, hashlib.sha256(a_pdf("desk")).hexdigest())
        assert tell(serve, stored).json()["outcome"] == "adopted"
        assert set(serve.cases.cases) == {DESK}


def test_an_upload_whose_desk_never_came_gets_a_case_before_its_event_is_given_up() -> None:
    with service(ScriptedProcessor([READ])) as serve:
        stored = put(serve, "up.pdf", a_pdf("desk"), case_id=DESK)
        answer = tell(serve, stored, created=datetime.now(UTC) - timedelta(hours=13))
        assert answer.json()["outcome"] == "written"
        assert set(serve.cases.cases) == {arrival_id(stored)}


# What no case can be made of


class Refusing:
    """A queue that refuses every case for good, or until somebody mends it."""

    def __init__(self, code: str) -> None:
        self._code = code

    def case(self, case_id: str) -> None:
        return None

    def push(self, push: Push) -> Pushed:
        raise Rejected("No.", code=self._code)


def test_an_arrival_of_which_no_case_can_be_written_is_set_aside_with_a_copy() -> None:
    with service(ScriptedProcessor([READ]), cases=Refusing("remote_not_understood")) as serve:
        stored = put(serve)
        answer = tell(serve, stored)
        assert (answer.status_code, answer.json()["outcome"]) == (200, "set_aside")
        entry = serve.ledger.aside[arrival_id(stored)]
        assert entry["reason"] == "remote_not_understood"
        assert entry["uri"] == stored.uri
        assert serve.buckets.get(entry["copy"]) == a_pdf("fax-1.pdf")
        assert "set_aside" in serve.events()
        copy = serve.buckets.stat(entry["copy"])
        assert tell(serve, copy).json()["outcome"] == "ignored"


@pytest.mark.parametrize("code", ["remote_permission", "remote_index", "storage_permission"])
def test_a_right_that_is_missing_keeps_the_event_coming(code: str) -> None:
    """An administrator mends it; nothing that arrived meanwhile is lost."""
    with service(ScriptedProcessor([READ]), cases=Refusing(code)) as serve:
        assert tell(serve, put(serve)).status_code == 503
        assert serve.ledger.aside == {}


def test_an_arrival_that_no_try_got_through_is_set_aside_before_its_event_is_given_up() -> None:
    with service(ScriptedProcessor([READ]), cases=Refusing("remote_permission")) as serve:
        stored = put(serve)
        answer = tell(serve, stored, created=datetime.now(UTC) - timedelta(hours=21))
        assert answer.json()["outcome"] == "set_aside"
        assert serve.ledger.aside[arrival_id(stored)]["reason"] == "remote_permission"


def test_what_cannot_even_be_set_aside_comes_again() -> None:
    class Away(MemoryLedger):
        def set_aside(self, arrival_id: str, entry: Json) -> None:
            raise Rejected("No right.", code="remote_permission")

    refusing = Refusing("remote_too_large")
    with service(ScriptedProcessor([READ]), cases=refusing, ledger=Away()) as serve:
        assert tell(serve, put(serve)).status_code == 503


def test_a_reading_that_is_too_large_for_the_queue_becomes_an_unreadable_case() -> None:
    huge = an_extraction(*(read_field(f"field_{n}", "x" * 30_000) for n in range(60)))
    with service(ScriptedProcessor([huge])) as serve:
        assert tell(serve, put(serve)).status_code == 200
        assert only_case(serve)["intake_status"] == "unreadable"


# What is no arrival


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b"{}"),
        ({"ce-specversion": "1.0", "ce-type": "x"}, b"{}"),
        ({"ce-specversion": "0.3"}, b"{}"),
        ({"Content-Type": "application/cloudevents+json"}, b"not json"),
        ({"Content-Type": "application/cloudevents+json"}, b"[" * 100_000),
    ],
)
def test_what_is_no_event_is_refused(headers: dict[str, str], body: bytes) -> None:
    with service(ScriptedProcessor([READ])) as serve:
        assert http.post(serve.url, headers=headers, content=body).status_code == 422
        assert serve.cases.cases == {}


@pytest.mark.parametrize("left_out", ["bucket", "name", "generation"])
def test_an_event_that_lacks_what_names_the_object_is_refused(left_out: str) -> None:
    with service(ScriptedProcessor([READ])) as serve:
        headers, body = event_of(put(serve))
        data = {k: v for k, v in json.loads(body).items() if k != left_out}
        assert http.post(serve.url, headers=headers, content=json.dumps(data)).status_code == 422


def test_events_of_other_kinds_buckets_and_folders_are_ignored() -> None:
    with service(ScriptedProcessor([READ])) as serve:
        stored = put(serve)
        headers, body = event_of(stored)
        headers["ce-type"] = "google.cloud.storage.object.v1.deleted"
        assert http.post(serve.url, headers=headers, content=body).json()["outcome"] == "ignored"
        assert tell(serve, stored, bucket="another-bucket").json()["outcome"] == "ignored"
        folder = StoredObject("gs://pa_forms_bkt/2026/", 0, 77, 0)
        assert tell(serve, folder).json()["outcome"] == "ignored"
        assert serve.cases.cases == {}


def test_only_the_account_of_eventarc_may_bring_events_where_one_is_named() -> None:
    with service(ScriptedProcessor([READ]), events=True) as serve:
        headers, body = event_of(put(serve))
        audience = "https://ingestion.example"
        allowed = serve.issuer.token("eventarc@p.example", aud=audience)
        for token in (
            "",
            serve.issuer.token("eventarc@p.example"),
            serve.issuer.token("someone@p.example", aud=audience),
        ):
            sent = headers | ({"Authorization": f"Bearer {token}"} if token else {})
            assert http.post(serve.url, headers=sent, content=body).status_code == 401
        assert serve.cases.cases == {}
        sent = headers | {"Authorization": f"Bearer {allowed}"}
        assert http.post(serve.url, headers=sent, content=body).status_code == 200
