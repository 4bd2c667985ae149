"""Import: each request once, as a case in review; changed ones as a change; nothing of a broken file."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.domain.case import IntakeStatus, ReviewStatus, from_time
from app.domain.change import Action, writes_for
from app.domain.determination import Determination, Outcome, determination_document
from app.domain.errors import Rejected
from app.domain.form import FieldState
from app.domain.queue import QueueQuery
from app.domain.request import request_from
from app.domain.review_queue import ReviewQuery
from app.domain.role import Role
from app.services.request_import import Taken, Took
from app.workstation import Workstation
from tests.scripted import a_workstation
from tests.unit.domain.test_imported import DOCUMENT, REQUEST


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Workstation]:
    with a_workstation(tmp_path / "w", key=b"k" * 32) as made:
        yield made


def take(station: Workstation, data: Any, by: str = "ada") -> tuple[Taken, ...]:
    content = data if isinstance(data, bytes) else json.dumps(data).encode()
    found: tuple[Taken, ...] = station.in_store(station.importing.take, content, by)
    return found


def changed(**parts: Any) -> dict[str, Any]:
    return {**copy.deepcopy(REQUEST), **parts}


def test_a_request_is_in_the_reviews_queue_at_once_with_its_line_and_its_clock(station: Workstation) -> None:
    (taken,) = take(station, REQUEST)
    case = taken.case
    assert taken.took is Took.NEW
    assert (case.intake_status, case.status) == (IntakeStatus.VERIFIED, ReviewStatus.IN_QUEUE)
    assert case.patient == "Ada Example"
    document = station.in_store(station.store.case_document, case.case_id)
    request = request_from(document)
    (line,) = request.lines
    assert (line.code, line.description, line.diagnosis_code) == ("95249, 95250", "Sensors", "E11.9")
    assert [(lab.name, lab.value) for lab in request.labs] == [("A1C", "9.4"), ("Weight", "120 lb")]
    assert document["request_id"] == "q1"
    assert case.due_at - case.received_at == timedelta(days=7)
    assert [m.step for m in case.milestones] == ["received"]
    (row,) = station.in_store(station.review_queue.rows, ReviewQuery())
    assert (row.case_id, row.asked_for, row.lines) == (case.case_id, "95249, 95250 Sensors", 1)
    assert row.flags == case.flags == len(taken.flags) > 0


def test_a_case_is_found_by_what_its_request_holds(station: Workstation) -> None:
    take(station, changed(provider={"name": "May Sample", "id": "1234567893"}))
    for typed in ("ada", "95249", "e11.9", "sensors", "sample", "1234567893"):
        for query in (QueueQuery(text=typed, statuses=()),):
            assert len(station.in_store(station.store.queue, query)) == 1, typed
        assert len(station.in_store(station.review_queue.ids, ReviewQuery(text=typed))) == 1, typed
    assert station.in_store(station.review_queue.ids, ReviewQuery(text="zebra")) == ()


def test_the_same_file_twice_is_known_already(station: Workstation) -> None:
    first = take(station, [REQUEST, DOCUMENT])
    again = take(station, [REQUEST, DOCUMENT, REQUEST])
    assert [t.took for t in first] == [Took.NEW, Took.NEW]
    assert [t.took for t in again] == [Took.KNOWN] * 3
    assert [t.case.case_id for t in again[:2]] == [t.case.case_id for t in first]
    assert again[0].case.revision == first[0].case.revision


def test_a_changed_request_becomes_a_change_that_says_what(station: Workstation) -> None:
    (first,) = take(station, REQUEST)
    other = changed(diagnosis={"code": "E10.9", "description": "Type 1 diabetes"}, urgency="expedited")
    (second,) = take(station, other)
    assert second.took is Took.CHANGED
    assert second.case.case_id == first.case.case_id
    assert set(second.changed) == {
        "request.lines.r1.diagnosis.code", "request.lines.r1.diagnosis.description", "urgency",
    }  # fmt: skip
    *_, last = station.in_store(station.store.history, first.case.case_id)
    assert last.action is Action.IMPORTED
    assert last.fields == second.changed
    assert second.case.due_at - second.case.received_at == timedelta(hours=72)


def test_a_decided_request_is_not_changed_and_the_others_come_in(station: Workstation) -> None:
    (first,) = take(station, REQUEST)
    document = station.in_store(station.store.case_document, first.case.case_id)
    entry = determination_document(
        Determination("r1", Outcome.APPROVE, "because", "ada", Role.UR_SPECIALIST, first.case.received_at)
    )
    writes = writes_for(document, {"determinations.r1": entry})
    station.in_store(station.changes.write, document, first.case.case_id, Action.DETERMINED, "ada", writes)
    refused, new = take(station, [changed(labs=[]), changed(request_id="q2")])
    assert (refused.took, new.took) == (Took.REFUSED, Took.NEW)
    assert "decided" in refused.refused
    after = station.in_store(station.store.case_document, first.case.case_id)
    assert len(after["request"]["labs"]) == 2


@pytest.mark.parametrize(
    "content",
    [b"", b"[", b"[{}]", json.dumps([REQUEST, {"request_id": "q2", "service": []}]).encode(),
     json.dumps([REQUEST, DOCUMENT, {**DOCUMENT, "uid": ""}]).encode()],
)  # fmt: skip
def test_nothing_of_a_broken_file_is_taken_in(station: Workstation, content: bytes) -> None:
    with pytest.raises(Rejected):
        take(station, content)
    assert station.in_store(station.store.queue, QueueQuery(statuses=())) == ()


def test_a_time_in_the_future_is_refused_before_anything_is_kept(station: Workstation) -> None:
    with pytest.raises(Rejected, match=r"Object 2.*future"):
        take(station, [REQUEST, changed(request_id="q2", received_at="2999-01-01")])
    assert station.in_store(station.store.queue, QueueQuery(statuses=())) == ()


def test_the_payers_own_time_starts_the_clock_and_ours_is_kept(station: Workstation) -> None:
    (taken,) = take(station, changed(received_at="2026-01-05T08:00:00Z", line_of_business="medicaid"))
    case = taken.case
    assert case.payer_received_at == from_time("2026-01-05T08:00:00Z")
    assert case.clock_starts == case.payer_received_at < case.received_at
    assert case.due_at == case.payer_received_at + timedelta(days=7)


def test_a_document_becomes_a_case_to_be_checked_with_its_corrections(station: Workstation) -> None:
    entities = [
        {"entity": "Patient Name", "value": "Ada Exmaple", "extraction_confidence": 0.6,
         "corrected_value": "Ada Example", "page_no": 1},
        {"entity": "npi", "value": "123", "extraction_confidence": 0.9},
        {"entity": "npi", "value": "", "extraction_confidence": 0.0},
    ]  # fmt: skip
    (taken,) = take(station, {**DOCUMENT, "entities": entities})
    case = taken.case
    assert (case.intake_status, case.status) == (IntakeStatus.NEEDS_REVIEW, ReviewStatus.NONE)
    name, npi = case.field("patient_name"), case.field("npi")
    assert name is not None
    assert npi is not None
    assert (name.value, name.current, name.state) == ("Ada Exmaple", "Ada Example", FieldState.CORRECTED)
    assert name.by == "ada"
    assert [w.rule for w in npi.warnings] == ["npi_length"]
    assert case.field("npi_2") is not None
    (again,) = take(station, {**DOCUMENT, "entities": entities[:2]})
    assert again.took is Took.REFUSED
    confirmed = station.in_store(station.editing.confirm, case.case_id, ("npi", "npi_2"), "ada")
    assert station.in_store(station.editing.verify, case.case_id, "ada").case.status is ReviewStatus.IN_QUEUE
    assert confirmed.case.field("npi").state is FieldState.CONFIRMED  # type: ignore[union-attr]


def test_a_case_without_a_form_says_so_where_a_form_is_asked_for(station: Workstation) -> None:
    (taken,) = take(station, REQUEST)
    for work in (station.intake.content, station.intake.cases_of_the_same_file):
        with pytest.raises(Rejected, match="without a form"):
            station.in_store(work, taken.case.case_id)
    with pytest.raises(Rejected, match="imported"):
        station.in_store(station.editing.reopen, taken.case.case_id, "ada")
    assert station.in_store(station.editing.open, taken.case.case_id, "ada").case.documents == ()
    assert station.in_store(station.intake.waiting) == ()


def test_a_member_id_of_two_persons_is_told(station: Workstation) -> None:
    def with_member(request_id: str, name: str, member: str) -> Taken:
        patient = {"patient_name": name, "patient_id": member}
        return take(station, changed(request_id=request_id, patient=patient))[0]

    with_member("q1", "Ada Example", "W100200300")
    for request_id, name, member, told in (
        ("q2", "Example, Ada M.", "W100200300", False),
        ("q3", "Bob Other", "W100200300", True),
        ("q4", "Bob Other", "W1002003001", False),
    ):
        flags = with_member(request_id, name, member).flags
        assert any("same member id" in f.text for f in flags) is told, request_id
        assert not any("Ada" in f.text for f in flags)


def test_the_sample_requests_are_taken_in_once(station: Workstation, shared_data: Path) -> None:
    content = (shared_data / "requests" / "pa_requests.json").read_bytes()
    first, again = take(station, content), take(station, content)
    assert [t.took for t in first] == [Took.NEW] * 14
    assert [t.took for t in again] == [Took.KNOWN] * 14
    assert all(t.flags for t in first)
    assert not any("same member id" in f.text for t in again for f in t.flags)
    assert len(station.in_store(station.review_queue.ids, ReviewQuery())) == 14
    wide = next(t for t in first if t.request_id == "888888888")
    document = station.in_store(station.store.case_document, wide.case.case_id)
    assert request_from(document).lines[0].diagnosis_code == "H26.9, I10, R94.31"
