"""Verified forms are kept for training and measuring: only when asked for, encrypted, and never for both."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from random import Random

import pytest

from app.domain.errors import StorageFailed
from app.domain.extraction import Document
from app.domain.form import FieldKind, FieldState
from app.services.dataset import FormFolder, VerifiedForm, kept_for_measuring
from app.services.evaluation import key_from
from app.services.ingestion import Ingestion
from app.workstation import Workstation
from tests.scripted import a_pdf, a_workstation, an_extraction, in_store, read_field

KEY = bytes(range(32))
READ = an_extraction(
    read_field("patient_name", "Ada Sample"),
    read_field("patient_phone", "5125550117", kind=FieldKind.PHONE),
    read_field("review_type_urgent", True, kind=FieldKind.TICK_BOX),
    read_field("group_number", "G-1"),
    read_field("contact_name", "Bo"),
    read_field("services.r1.procedure", "MRI"),
    read_field("services.r1.procedure_code", "72148"),
)


def taken_in(station: Workstation, folder: Path, mark: str = "") -> str:
    """A case of a file of its own, read and ready to be checked."""
    path = folder / f"form{mark}.pdf"
    path.write_bytes(a_pdf(mark))
    found = Ingestion(station.lanes, station.intake, station.backends.processor).take_in(path, "ada")
    return found.cases[0].case_id


def verified(station: Workstation, case_id: str) -> None:
    """Countersigned, every field looked at; returns when what follows from it is done."""
    case = in_store(station, station.intake.case, case_id)
    left = tuple(f.path for f in case.fields if f.state is FieldState.UNSEEN)
    in_store(station, station.editing.confirm, case_id, left, "ada")
    in_store(station, station.editing.verify, case_id, "ada")
    filed(station)


def filed(station: Workstation) -> None:
    station.lanes.submit("filing", lambda: None).result()


def kept(station: Workstation) -> list[VerifiedForm]:
    return [*station.collecting.training.forms(), *station.collecting.evaluation.forms()]


def test_nothing_is_collected_until_somebody_turns_it_on(tmp_path: Path) -> None:
    with a_workstation(tmp_path / "w", READ) as station:
        assert in_store(station, station.collecting.enabled) is False
        verified(station, taken_in(station, tmp_path))

        assert kept(station) == []
        assert not (tmp_path / "w" / "training_forms").exists()
        assert not (tmp_path / "w" / "eval_forms").exists()


def test_a_verified_form_is_kept_as_people_left_it(tmp_path: Path) -> None:
    with a_workstation(tmp_path / "w", READ) as station:
        in_store(station, station.collecting.enable, True, "ada")
        case_id = taken_in(station, tmp_path)
        edit = station.editing
        in_store(station, edit.correct, case_id, {"patient_name": "Ada Simple"}, "ada")
        in_store(station, edit.mark, case_id, ("contact_name",), FieldState.ILLEGIBLE, "ada")
        in_store(
            station, edit.mark, case_id, ("services.r1.procedure_code",), FieldState.NOT_APPLICABLE, "ada"
        )
        added = in_store(station, edit.add_row, case_id, "services", "ada")
        procedure = next(path for path in added.fields if path.endswith(".procedure"))
        in_store(station, edit.correct, case_id, {procedure: "X-ray"}, "ada")
        verified(station, case_id)

        (form,) = kept(station)

    assert form.content == a_pdf()
    assert form.case_id == case_id
    assert form.key["form_type"] == "tx_nofr001"
    assert form.key["fields"]["patient_name"] == "Ada Simple"
    assert form.key["fields"]["review_type_urgent"] is True
    assert "contact_name" not in form.key["fields"]
    assert form.key["tables"]["services"][0] == {"procedure": "MRI"}
    assert form.key["tables"]["services"][1]["procedure"] == "X-ray"
    assert set(form.key["unsure"]) == {"contact_name", "services[0].procedure_code"}
    assert form.key["pages"] == [1]
    key = key_from(json.loads(json.dumps(form.key)))
    assert key.values["services[1].procedure"] == "X-ray"
    assert "services[0].procedure_code" not in key.values


def test_a_case_that_is_opened_again_is_let_go_of_and_kept_anew_when_it_is_verified_again(
    tmp_path: Path,
) -> None:
    with a_workstation(tmp_path / "w", READ) as station:
        in_store(station, station.collecting.enable, True)
        case_id = taken_in(station, tmp_path)
        verified(station, case_id)
        assert len(kept(station)) == 1

        in_store(station, station.editing.reopen, case_id, "ada")
        filed(station)
        assert kept(station) == []

        in_store(station, station.editing.correct, case_id, {"group_number": "G-2"}, "ada")
        verified(station, case_id)
        (form,) = kept(station)
        assert form.key["fields"]["group_number"] == "G-2"


def test_a_verification_that_is_undone_is_let_go_of(tmp_path: Path) -> None:
    with a_workstation(tmp_path / "w", READ) as station:
        in_store(station, station.collecting.enable, True)
        case_id = taken_in(station, tmp_path)
        verified(station, case_id)
        assert in_store(station, station.editing.undo, case_id, "ada") is not None
        filed(station)
        assert kept(station) == []
        assert in_store(station, station.editing.redo, case_id, "ada") is not None
        filed(station)
        assert len(kept(station)) == 1


def test_a_case_let_go_of_stays_away_although_collecting_was_turned_off_meanwhile(tmp_path: Path) -> None:
    with a_workstation(tmp_path / "w", READ) as station:
        in_store(station, station.collecting.enable, True)
        case_id = taken_in(station, tmp_path)
        verified(station, case_id)
        in_store(station, station.collecting.enable, False)
        assert len(kept(station)) == 1  # what was collected stays
        in_store(station, station.editing.reopen, case_id, "ada")
        filed(station)
        assert kept(station) == []


def test_a_form_verified_by_the_last_command_is_kept_although_the_program_ends_at_once(
    tmp_path: Path,
) -> None:
    with a_workstation(tmp_path / "w", READ, key=KEY) as station:
        in_store(station, station.collecting.enable, True)
        case_id = taken_in(station, tmp_path)
        left = tuple(f.path for f in in_store(station, station.intake.case, case_id).fields)
        in_store(station, station.editing.confirm, case_id, left, "ada")
        in_store(station, station.editing.verify, case_id, "ada")
    with a_workstation(tmp_path / "w", READ, key=KEY) as station:
        assert [f.case_id for f in kept(station)] == [case_id]


def test_what_was_missed_is_caught_up_with_and_what_is_not_verified_any_more_goes(tmp_path: Path) -> None:
    with a_workstation(tmp_path / "w", READ) as station:
        first, second = (taken_in(station, tmp_path, mark) for mark in "ab")
        verified(station, first)  # before anybody turned it on
        in_store(station, station.collecting.enable, True)
        stray = VerifiedForm(second, "r", "R-1", {"form_type": "x", "fields": {}}, b"...")
        station.collecting.training.put(stray)

        assert station.collecting.catch_up() == 2
        assert [f.case_id for f in kept(station)] == [first]
        assert station.collecting.catch_up() == 0  # nothing to do twice


def test_one_form_in_five_is_kept_for_measuring_and_never_for_training(tmp_path: Path) -> None:
    random = Random(4)
    names = [random.randbytes(32).hex() for _ in range(5000)]
    assert 0.18 < sum(map(kept_for_measuring, names)) / len(names) < 0.22

    measured = [str(n) for n in range(99) if kept_for_measuring(hashlib.sha256(a_pdf(str(n))).hexdigest())][
        :2
    ]
    learned = [str(n) for n in range(9) if str(n) not in measured][:3]
    with a_workstation(tmp_path / "w", READ) as station:
        in_store(station, station.collecting.enable, True)
        for mark in (*learned, *measured):
            verified(station, taken_in(station, tmp_path, mark))
        training = {f.content for f in station.collecting.training.forms()}
        evaluation = {f.content for f in station.collecting.evaluation.forms()}
    assert training == {a_pdf(mark) for mark in learned}
    assert evaluation == {a_pdf(mark) for mark in measured}


def test_who_turned_collecting_on_and_off_stands_in_the_audit_trail(tmp_path: Path) -> None:
    with a_workstation(tmp_path / "w", READ) as station:
        for on in (True, True, False):
            in_store(station, station.collecting.enable, on, "ada")
        entries = in_store(station, station.store.audit_entries)
    told = [(e.action, e.by) for e in entries if e.action.startswith("collecting")]
    assert sorted(told) == [("collecting_off", "ada"), ("collecting_on", "ada")]


def test_nothing_of_a_kept_form_can_be_read_on_the_disk(tmp_path: Path) -> None:
    folder = FormFolder(tmp_path / "training_forms", KEY)
    form = VerifiedForm(
        "case-17", "rev", "CS-1", {"form_type": "x", "fields": {"name": "Ada Sample"}}, a_pdf()
    )
    folder.put(form)

    (file,) = (tmp_path / "training_forms").iterdir()
    stored = file.read_bytes()
    assert folder.get("case-17") == form
    for told in (b"Ada", b"Sample", b"%PDF", b"case-17", b"CS-1"):
        assert told not in stored
        assert told.decode() not in file.name


def test_a_kept_form_that_was_altered_or_renamed_is_told(tmp_path: Path) -> None:
    folder = FormFolder(tmp_path / "training_forms", KEY)
    folder.put(VerifiedForm("a", "1", "CS-1", {"fields": {}}, b"one"))
    folder.put(VerifiedForm("b", "1", "CS-2", {"fields": {}}, b"two"))
    one, two = sorted((tmp_path / "training_forms").iterdir())
    content = one.read_bytes()
    one.write_bytes(two.read_bytes())  # a whole file in the place of another
    with pytest.raises(StorageFailed):
        list(folder.forms())
    one.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(StorageFailed):
        list(folder.forms())


def test_kept_forms_are_what_an_evaluation_takes(tmp_path: Path) -> None:
    with a_workstation(tmp_path / "w", READ) as station:
        in_store(station, station.collecting.enable, True)
        verified(station, taken_in(station, tmp_path))
        collecting = station.collecting
        forms = [*collecting.forms(collecting.training), *collecting.forms(collecting.evaluation)]
        (form,) = forms
        assert form.content() == a_pdf()
        assert form.key.values["patient_name"] == "Ada Sample"
        assert station.backends.processor.process(Document("x", "", form.content())).forms
