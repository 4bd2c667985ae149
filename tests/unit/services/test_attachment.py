"""Documents that join a case later: kept first, told where else they are, taken out again without a loss."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.domain.case import Json, to_time
from app.domain.change import Action, writes_for
from app.domain.errors import NoSuchCase, Rejected, Unreadable
from app.domain.evidence import Evidence
from app.domain.review_note import pin_document
from app.services.attachment import Attached
from app.services.change_log import ChangeLog
from app.workstation import Settings, Workstation, build
from tests.written import WrittenReader, content_of, put_case, written_backends

KEY = bytes(32)
NOTE = content_of("Progress note\nA1C 9.4", "page two")


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Workstation]:
    made = build(Settings(tmp_path, "ada"), KEY, written_backends(WrittenReader()))
    yield made
    made.close()


def attach(station: Workstation, case_id: str, content: bytes = NOTE, name: str = "note.txt") -> Attached:
    return station.in_store(station.attaching.attach, case_id, name, content, "ada")


def test_an_attached_document_stands_in_the_case_and_its_bytes_are_kept(station: Workstation) -> None:
    case = put_case(station)
    found = attach(station, case.case_id)
    (document,) = found.case.documents
    assert (document.document_id, document.name, document.kind) == (found.document_id, "note.txt", "clinical")
    assert (document.media_type, document.page_count, document.pages) == ("text/plain", 2, (1, 2))
    assert station.blobs.get(document.sha256) == NOTE
    assert [c.action for c in station.in_store(station.store.history, case.case_id)][-1] is Action.ATTACHED
    assert not found.known
    assert not found.evidence_after_decision


def test_the_bytes_are_kept_before_the_case_says_so(station: Workstation) -> None:
    case = put_case(station)
    kept_before: list[bool] = []
    write = type(station.changes).write

    def writing(self: ChangeLog, document: Json, *arguments: Any) -> Any:
        values = {w.path: w.value for w in arguments[3]}
        kept_before.extend(
            station.blobs.get(v["sha256"]) == NOTE for v in values.values() if isinstance(v, dict)
        )
        return write(self, document, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(station.changes), "write", writing)
        attach(station, case.case_id)
    assert kept_before == [True]


def test_the_same_bytes_twice_are_known_and_not_doubled(station: Workstation) -> None:
    case = put_case(station)
    first, second = attach(station, case.case_id), attach(station, case.case_id, name="again.txt")
    assert (first.known, second.known) == (False, True)
    assert second.document_id == first.document_id
    assert len(second.case.documents) == 1


def test_a_document_that_another_case_holds_is_told_with_its_receipt(station: Workstation) -> None:
    first, second = put_case(station), put_case(station)
    attach(station, first.case_id)
    found = attach(station, second.case_id)
    assert [other.receipt for other in found.elsewhere] == [first.receipt]
    assert len(found.case.documents) == 1


def test_a_document_that_comes_after_the_decision_says_so(station: Workstation) -> None:
    case = put_case(station)
    document = station.in_store(station.store.case_document, case.case_id)
    made = {"line": "r1", "outcome": "approve", "at": to_time(station.changes.now())}
    document["determinations"] = {"r1": made}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(station.store, "case_document", lambda _: document)
        assert attach(station, case.case_id).evidence_after_decision


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"{\\rtf1}", "other_file"),
        (b"a note (locked)", "encrypted"),
        (b"\x00" * 99, "zero_file"),
    ],
)
def test_what_is_no_document_is_refused_and_the_case_stays_as_it_was(
    station: Workstation, content: bytes, code: str
) -> None:
    case = put_case(station)
    with pytest.raises(Unreadable) as caught:
        attach(station, case.case_id, content)
    assert caught.value.code == code
    assert caught.value.next_step
    assert station.in_store(station.intake.case, case.case_id).documents == ()


def test_nothing_is_attached_to_a_case_that_is_not_there(station: Workstation) -> None:
    with pytest.raises(NoSuchCase):
        attach(station, "nowhere")


def test_a_form_is_never_attached(station: Workstation) -> None:
    case = put_case(station)
    with pytest.raises(Rejected):
        station.in_store(station.attaching.attach, case.case_id, "f.txt", NOTE, "ada", "form")


def test_a_detached_document_leaves_the_case_and_its_bytes_and_reason_stay(station: Workstation) -> None:
    case = put_case(station)
    found = attach(station, case.case_id)
    pin = pin_document("", Evidence("A1C 9.4", found.document_id, 1), "ada", to_time(station.changes.now()))
    document = station.in_store(station.store.case_document, case.case_id)
    station.in_store(
        station.changes.write,
        document,
        case.case_id,
        Action.PINNED,
        "ada",
        writes_for(document, {"review.pins.p1": pin}),
    )
    gone = station.in_store(
        station.attaching.detach, case.case_id, found.document_id, "another patient", "ada"
    )
    assert gone.case.documents == ()
    assert gone.quoted == 1
    document = station.in_store(station.store.case_document, case.case_id)
    assert document["detached"][found.document_id]["reason"] == "another patient"
    assert station.blobs.get(document["detached"][found.document_id]["sha256"]) == NOTE
    assert [c.action for c in station.in_store(station.store.history, case.case_id)][-1] is Action.DETACHED
    material = station.in_store(station.material.material, case.case_id)
    assert [evidence.supported for _, evidence in material.pins] == [False]
    again = attach(station, case.case_id)
    assert (again.known, len(again.case.documents)) == (False, 1)


def test_detaching_asks_for_a_reason_and_leaves_what_came_with_the_form(station: Workstation) -> None:
    entry = {
        "sha256": "a" * 64,
        "kind": "form",
        "received_at": "2026-01-02T00:00:00Z",
        "name": "f",
        "media_type": "",
    }
    case = put_case(station, documents={"d1": entry})
    found = attach(station, case.case_id)
    with pytest.raises(Rejected) as caught:
        station.in_store(station.attaching.detach, case.case_id, found.document_id, "  ", "ada")
    assert caught.value.code == "no_reason"
    with pytest.raises(Rejected) as caught:
        station.in_store(station.attaching.detach, case.case_id, "d1", "wrong", "ada")
    assert caught.value.code == "came_with_the_form"
