"""Documents that arrive without a case: proposed, never attached by themselves unless that is beyond doubt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.belonging import Sign
from app.domain.case import Case
from app.domain.errors import Rejected
from app.domain.role import NotAllowed, Role
from app.services.clinical_folder import CLINICAL, Taken
from app.workstation import Settings, Workstation, build
from tests.written import WrittenReader, content_of, put_case, request, written_backends

KEY = bytes(32)
JANE = "Progress note\nPatient: Jane Roe\nDOB: 03/04/1961\nMember ID: W12345678"


@pytest.fixture
def reader() -> WrittenReader:
    return WrittenReader()


@pytest.fixture
def station(tmp_path: Path, reader: WrittenReader) -> Iterator[Workstation]:
    made = build(Settings(tmp_path, "ada"), KEY, written_backends(reader))
    yield made
    made.close()


def take_in(station: Workstation, *pages: str, name: str = "scan.txt") -> Taken:
    return station.lanes.submit("texts", station.clinical.take_in, name, content_of(*pages), "ada").result()


def other(station: Workstation, name: str, member_id: str, born: str) -> Case:
    patient = {"patient_name": name, "patient_id": member_id, "birth_date": born}
    return put_case(station, request(name, patient=patient))


def test_a_document_proposes_the_open_case_it_belongs_to_and_waits(station: Workstation) -> None:
    case = put_case(station, request())
    other(station, "John Doe", "Z99999999", "1950-01-01")
    taken = take_in(station, JANE)
    assert taken.attached is None
    assert taken.waiting is not None
    (proposal,) = taken.waiting.proposals
    assert (proposal.case_id, proposal.receipt, proposal.sure) == (case.case_id, case.receipt, True)
    assert taken.waiting.reason.code == "one_case"
    assert station.in_store(station.clinical.waiting) == (taken.waiting,)
    assert station.in_store(station.intake.case, case.case_id).documents == ()


def test_two_requests_of_one_patient_are_both_shown(station: Workstation) -> None:
    cases = {put_case(station, request()).case_id for _ in range(2)}
    taken = take_in(station, JANE)
    assert taken.waiting is not None
    assert {p.case_id for p in taken.waiting.proposals} == cases
    assert taken.waiting.reason.code == "several_cases"


def test_a_namesake_is_not_proposed(station: Workstation) -> None:
    other(station, "Jane Roe", "Z99999999", "1950-01-01")
    taken = take_in(station, JANE)
    assert taken.waiting is not None
    assert taken.waiting.proposals == ()
    assert taken.waiting.reason.code == "no_case"


def test_a_misread_name_and_id_still_lead_to_the_case(station: Workstation) -> None:
    case = put_case(station, request())
    taken = take_in(station, "Progress note\nPatient: Jame Roe\nDOB: O3/04/1961\nMember ID: W1234S678")
    assert taken.waiting is not None
    assert [p.case_id for p in taken.waiting.proposals] == [case.case_id]
    assert not taken.waiting.proposals[0].sure


def test_a_completed_request_is_proposed_by_its_receipt_alone(station: Workstation) -> None:
    case = put_case(station, request())
    document = station.in_store(station.store.case_document, case.case_id)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(station.store, "case_document", lambda _: document | {"status": "completed"})
        by_id = take_in(station, JANE)
        by_receipt = take_in(station, f"Additional records for {case.receipt}")
    assert by_id.waiting is not None
    assert by_id.waiting.proposals == ()
    assert by_receipt.waiting is not None
    assert [p.why for p in by_receipt.waiting.proposals] == [(Sign.RECEIPT,)]


def test_accepting_attaches_the_document_and_ends_its_wait(
    station: Workstation, reader: WrittenReader
) -> None:
    case = put_case(station, request())
    taken = take_in(station, JANE, name="labs.txt")
    assert taken.waiting is not None
    waiting = taken.waiting
    found = station.in_store(station.clinical.accept, waiting.document_id, case.case_id, "ada")
    assert [d.name for d in found.case.documents] == ["labs.txt"]
    assert station.in_store(station.clinical.waiting) == ()
    assert station.in_store(station.texts.unread, case.case_id) == ()
    assert len(reader.asked) == 1  # it was read while it waited
    with pytest.raises(Rejected):
        station.in_store(station.clinical.accept, waiting.document_id, case.case_id, "ada")


def test_refusing_asks_for_a_reason_keeps_the_bytes_and_notes_it(station: Workstation) -> None:
    taken = take_in(station, JANE)
    assert taken.waiting is not None
    refuse = station.clinical.refuse
    with pytest.raises(Rejected):
        station.in_store(refuse, taken.waiting.document_id, " ", "ada")
    station.in_store(refuse, taken.waiting.document_id, "not our member", "ada")
    assert station.in_store(station.clinical.waiting) == ()
    assert station.blobs.get(taken.waiting.sha256) == content_of(JANE)
    noted = station.in_store(station.store.audit_entries)[-1]
    assert (noted.action, noted.detail["reason"]) == ("document_refused", "not our member")


def test_what_cannot_be_opened_waits_with_the_reason(station: Workstation) -> None:
    case = put_case(station, request())
    taken = take_in(station, "a note (locked)")
    assert taken.waiting is not None
    assert taken.waiting.reason.code == "encrypted"
    with pytest.raises(Rejected):
        station.in_store(station.clinical.accept, taken.waiting.document_id, case.case_id, "ada")


def test_the_same_document_twice_waits_once_and_says_who_has_it_already(
    station: Workstation, reader: WrittenReader
) -> None:
    case = put_case(station, request())
    station.in_store(station.attaching.attach, case.case_id, "n.txt", content_of(JANE), "ada")
    first, second = take_in(station, JANE), take_in(station, JANE, name="again.txt")
    assert first.waiting is not None
    assert second.waiting is not None
    assert first.waiting.document_id == second.waiting.document_id
    assert first.waiting.also_with == (case.receipt,)
    assert len(reader.asked) == 1


def test_only_an_administrator_lets_documents_be_placed_by_themselves(tmp_path: Path) -> None:
    station = build(Settings(tmp_path, "ada"), KEY, written_backends(WrittenReader()))
    try:
        access = station.access
        case = put_case(station, request())
        station.in_store(station.clinical.place_by_itself, True, "ada")
        station.in_store(station.clinical.place_by_itself, False, "ada")
        station.in_store(
            access.add, "adm", "", (Role.ADMINISTRATOR, Role.CASE_MANAGER), "a good passphrase", "ada"
        )
        station.in_store(access.sign_in, "adm", "a good passphrase")
        station.in_store(access.add, "nan", "", (Role.UR_SPECIALIST,), "a good passphrase", "adm")
        station.in_store(access.sign_in, "nan", "a good passphrase")
        with pytest.raises(NotAllowed):
            station.in_store(station.clinical.place_by_itself, True, "nan")
        assert not station.in_store(lambda: station.clinical.places_by_itself)
        assert case.receipt
    finally:
        station.close()


def test_switched_on_a_document_beyond_doubt_is_attached_and_a_doubtful_one_waits(
    station: Workstation,
) -> None:
    station.in_store(station.clinical.place_by_itself, True, "ada")
    case = put_case(station, request())
    doubtful = take_in(station, "Patient: Jane Roe\nDOB: 03/04/1961")
    assert doubtful.attached is None
    sure = take_in(station, JANE)
    assert sure.attached is not None
    assert sure.attached.case.case_id == case.case_id
    put_case(station, request())
    again = take_in(station, JANE + "\nA second page of records.")
    assert again.attached is None  # two requests agree by now


def test_files_of_the_watched_folder_are_taken_in_and_gone_from_it(station: Workstation) -> None:
    folder = station.settings.folder / CLINICAL
    path = folder / "labs.txt"
    path.write_bytes(content_of(JANE))
    assert station.clinical.look() == ()
    assert station.clinical.look() == (path,)
    taken = station.lanes.submit("texts", station.clinical.take_in_file, path, "ada").result()
    assert taken.waiting is not None
    assert taken.waiting.name == "labs.txt"
    assert not path.exists()


def test_a_document_whose_reading_was_cut_off_goes_on_waiting_and_is_read_later(
    station: Workstation, reader: WrittenReader
) -> None:
    case = put_case(station, request())

    def die(*_: object) -> None:
        raise SystemExit

    reader.before = die
    with pytest.raises(SystemExit):
        take_in(station, JANE)
    (waiting,) = station.in_store(station.clinical.waiting)
    assert waiting.reading
    reader.before = lambda *_: None
    (taken,) = station.lanes.submit("texts", station.clinical.resume).result()
    assert taken.waiting is not None
    assert [p.case_id for p in taken.waiting.proposals] == [case.case_id]


def test_a_request_that_comes_after_the_document_is_proposed_when_asked_again(station: Workstation) -> None:
    take_in(station, JANE)
    case = put_case(station, request())
    (waiting,) = station.in_store(station.clinical.propose_again)
    assert [p.case_id for p in waiting.proposals] == [case.case_id]
