"""Editing: each act is one durable change, everything can be undone, nothing unseen is verified."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.domain.case import IntakeStatus
from app.domain.draft import Draft
from app.domain.errors import NoSuchCase, Rejected
from app.domain.form import FieldKind, FieldState, Source
from app.services.ingestion import Ingestion
from tests.scripted import a_pdf, a_workstation, an_extraction, read_field

FIELDS = (
    read_field("patient_name", "Ada Example", 0.99, FieldKind.NAME),
    read_field("requesting_provider_npi", "237458669", 0.97, FieldKind.NPI),
    read_field("gender_female", True, 0.99, FieldKind.TICK_BOX, group="gender"),
    read_field("services.r1.procedure", "Knee", 0.5),
)


@pytest.fixture
def opened(tmp_path: Path):
    (tmp_path / "in.pdf").write_bytes(a_pdf())
    with a_workstation(tmp_path / "w", an_extraction(*FIELDS), key=b"k" * 32) as station:
        ingestion = Ingestion(station.lanes, station.intake, station.backends.processor)
        (case,) = ingestion.take_in(tmp_path / "in.pdf", "ada").cases
        yield station, case.case_id


def test_a_correction_is_there_after_the_program_starts_again(tmp_path: Path) -> None:
    key = os.urandom(32)
    (tmp_path / "in.pdf").write_bytes(a_pdf())
    with a_workstation(tmp_path / "w", an_extraction(*FIELDS), key=key) as station:
        ingestion = Ingestion(station.lanes, station.intake, station.backends.processor)
        case_id = ingestion.take_in(tmp_path / "in.pdf", "ada").cases[0].case_id
        station.in_store(station.editing.correct, case_id, {"patient_name": "Ada Exemplar"}, "ada")
    with a_workstation(tmp_path / "w", key=key) as station:
        field = station.in_store(station.editing.open, case_id, "ada").case.field("patient_name")
        assert field is not None
        assert (field.value, field.current, field.by) == ("Ada Example", "Ada Exemplar", "ada")


def test_verifying_is_refused_while_a_doubtful_field_is_unseen(opened) -> None:
    station, case_id = opened
    with pytest.raises(Rejected, match="2 fields still need a look"):
        station.in_store(station.editing.verify, case_id, "ada")
    station.in_store(
        station.editing.confirm, case_id, ("requesting_provider_npi", "services.r1.procedure"), "ada"
    )
    edited = station.in_store(station.editing.verify, case_id, "ada")
    assert edited.case.intake_status is IntakeStatus.VERIFIED
    assert edited.case.status == "in_queue"


def test_a_verified_case_is_not_edited_until_the_verification_is_undone(opened) -> None:
    station, case_id = opened
    paths = tuple(f.path for f in FIELDS)
    station.in_store(station.editing.confirm, case_id, paths, "ada")
    station.in_store(station.editing.verify, case_id, "ada")
    with pytest.raises(Rejected):
        station.in_store(station.editing.correct, case_id, {"patient_name": "x"}, "ada")
    undone = station.in_store(station.editing.undo, case_id, "ada")
    assert undone.case.intake_status is IntakeStatus.NEEDS_REVIEW
    station.in_store(station.editing.correct, case_id, {"patient_name": "x"}, "ada")


def test_everything_can_be_undone_and_redone(opened) -> None:
    station, case_id = opened
    start = station.in_store(station.store.case_document, case_id)
    acts = [
        (station.editing.correct, {"patient_name": "Other"}),
        (station.editing.confirm, ("requesting_provider_npi",)),
        (station.editing.mark, ("services.r1.procedure",), FieldState.ILLEGIBLE),
        (station.editing.correct, {"gender_female": False}),
        (station.editing.add_row, "services"),
        (station.editing.restore, ("patient_name",)),
    ]
    for function, *arguments in acts:
        station.in_store(function, case_id, *arguments, "ada")
    end = station.in_store(station.store.case_document, case_id)
    for _ in acts:
        undone = station.in_store(station.editing.undo, case_id, "ada")
        assert undone is not None
    assert station.in_store(station.editing.undo, case_id, "ada") is None
    back = station.in_store(station.store.case_document, case_id)
    for key in ("fields", "tables", "intake_status", "confidence"):
        assert back[key] == start[key]
    for _ in acts:
        assert station.in_store(station.editing.redo, case_id, "ada") is not None
    again = station.in_store(station.store.case_document, case_id)
    assert again["tables"] == end["tables"]
    assert again["fields"] == end["fields"]


def test_undo_survives_a_restart(tmp_path: Path) -> None:
    key = os.urandom(32)
    (tmp_path / "in.pdf").write_bytes(a_pdf())
    with a_workstation(tmp_path / "w", an_extraction(*FIELDS), key=key) as station:
        ingestion = Ingestion(station.lanes, station.intake, station.backends.processor)
        case_id = ingestion.take_in(tmp_path / "in.pdf", "ada").cases[0].case_id
        station.in_store(station.editing.correct, case_id, {"patient_name": "Other"}, "ada")
    with a_workstation(tmp_path / "w", key=key) as station:
        assert station.in_store(station.editing.open, case_id, "ada").can_undo
        edited = station.in_store(station.editing.undo, case_id, "ada")
        assert edited.case.field("patient_name").current == "Ada Example"


def test_a_draft_goes_when_its_field_is_decided(opened) -> None:
    station, case_id = opened
    station.in_store(station.store.keep_draft, case_id, "patient_name", Draft("Ada Ex", 6, 6))
    assert station.in_store(station.editing.open, case_id, "ada").drafts == {
        "patient_name": Draft("Ada Ex", 6, 6)
    }
    station.in_store(station.editing.correct, case_id, {"patient_name": "Ada Exem"}, "ada")
    assert station.in_store(station.editing.open, case_id, "ada").drafts == {}


def test_a_row_can_be_added_filled_and_taken_out_again(opened) -> None:
    station, case_id = opened
    edited = station.in_store(station.editing.add_row, case_id, "services", "ada")
    procedure = next(path for path in edited.fields if path.endswith(".procedure"))
    row = procedure.split(".")[1]
    station.in_store(station.editing.correct, case_id, {procedure: "Hip"}, "ada")
    added = station.in_store(station.editing.open, case_id, "ada").case.field(procedure)
    assert (added.source, added.current) == (Source.PERSON, "Hip")
    edited = station.in_store(station.editing.remove_row, case_id, "services", row, "ada")
    assert edited.case.field(procedure) is None


def test_a_row_that_is_added_bears_an_id_that_no_other_desk_makes(opened) -> None:
    station, case_id = opened
    rows = []
    for _ in range(2):
        edited = station.in_store(station.editing.add_row, case_id, "services", "ada")
        rows.append(edited.fields[0].split(".")[1])
        assert rows[-1].startswith(f"r2-{station.store.desk}")
        station.in_store(station.editing.remove_row, case_id, "services", rows[-1], "ada")
    assert rows[0] != rows[1]


def test_a_row_the_machine_read_is_never_taken_out(opened) -> None:
    station, case_id = opened
    with pytest.raises(Rejected):
        station.in_store(station.editing.remove_row, case_id, "services", "r1", "ada")


def test_a_field_that_is_not_there_is_told_by_name(opened) -> None:
    station, case_id = opened
    with pytest.raises(Rejected, match="no field “nonsense”"):
        station.in_store(station.editing.correct, case_id, {"nonsense": "x"}, "ada")


def test_an_unknown_case_is_told_in_a_sentence(opened) -> None:
    station, _ = opened
    with pytest.raises(NoSuchCase):
        station.in_store(station.editing.confirm, "nothing", (), "ada")


def test_opening_and_changing_a_case_stand_in_the_audit_trail(opened) -> None:
    station, case_id = opened
    before = station.in_store(station.store.audit_verify).entries
    station.in_store(station.editing.open, case_id, "ada")
    station.in_store(station.editing.confirm, case_id, ("patient_name",), "ada")
    report = station.in_store(station.store.audit_verify)
    assert report.holds
    assert report.entries == before + 2


def test_every_change_waits_in_the_outbox(opened) -> None:
    station, case_id = opened
    before = station.in_store(station.store.waiting)
    station.in_store(station.editing.confirm, case_id, ("patient_name",), "ada")
    assert station.in_store(station.store.waiting) == before + 1
