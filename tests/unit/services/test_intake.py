"""Intake: every arrival gets a receipt at once, is read once, and nothing that arrived is ever lost."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.case import IntakeStatus
from app.domain.errors import Cancelled, Conflict, StorageFailed, Unreadable
from app.domain.extraction import Extraction, FormExtraction, Part
from app.domain.receipt import is_receipt
from app.services.ingestion import Ingestion, files_under
from app.services.intake import Intake
from app.services.report import ingested_json
from app.services.store.blob import BlobFolder
from tests.scripted import ScriptedProcessor, a_pdf, a_workstation, an_extraction, read_field


def ingestion(station) -> Ingestion:
    return Ingestion(station.lanes, station.intake, station.backends.processor)


def test_a_receipt_is_given_before_the_file_is_read(tmp_path: Path) -> None:
    with a_workstation(tmp_path) as station:
        arrival = station.in_store(station.intake.arrive, a_pdf(), "form.pdf", "ada")
        assert is_receipt(arrival.case.receipt)
        assert arrival.case.intake_status is IntakeStatus.RECEIVED
        assert station.backends.processor.asked == []


def test_the_original_is_kept_bit_for_bit(tmp_path: Path) -> None:
    with a_workstation(tmp_path) as station:
        arrival = station.in_store(station.intake.arrive, a_pdf("x"), "form.pdf", "ada")
        assert station.in_store(station.intake.content, arrival.case.case_id) == ("form.pdf", a_pdf("x"))


def test_the_same_bytes_twice_are_told_and_not_doubled(tmp_path: Path) -> None:
    with a_workstation(tmp_path) as station:
        first = station.in_store(station.intake.arrive, a_pdf(), "a.pdf", "ada")
        second = station.in_store(station.intake.arrive, a_pdf(), "b.pdf", "ada")
        assert (first.known, second.known) == (False, True)
        assert second.case.case_id == first.case.case_id


def test_an_empty_file_is_queued_as_unreadable_with_the_reason_in_words(tmp_path: Path) -> None:
    with a_workstation(tmp_path) as station:
        case = station.in_store(station.intake.arrive, b"", "empty.pdf", "ada").case
        assert case.intake_status is IntakeStatus.UNREADABLE
        assert case.reason is not None
        assert case.reason.text == "The file is empty."
        assert case.reason.next_step


def test_what_the_reader_cannot_understand_stays_in_the_queue(tmp_path: Path) -> None:
    path = tmp_path / "in.pdf"
    path.write_bytes(a_pdf())
    with a_workstation(
        tmp_path / "w", Unreadable("The file needs a password.", "Ask the sender.")
    ) as station:
        found = ingestion(station).take_in(path, "ada")
        assert [c.intake_status for c in found.cases] == [IntakeStatus.UNREADABLE]
        assert found.cases[0].reason is not None
        assert found.cases[0].reason.text == "The file needs a password."


def test_reading_fills_the_case_and_asks_for_a_review(tmp_path: Path) -> None:
    path = tmp_path / "in.pdf"
    path.write_bytes(a_pdf())
    fields = (read_field("patient_name", "Ada Example"), read_field("services.r1.procedure", "Knee - 27447"))
    with a_workstation(tmp_path / "w", an_extraction(*fields)) as station:
        (case,) = ingestion(station).take_in(path, "ada").cases
        assert case.intake_status is IntakeStatus.NEEDS_REVIEW
        assert [f.path for f in case.fields] == ["patient_name", "services.r1.procedure"]
        form = case.form_document
        assert form is not None
        assert {f.document_id for f in case.fields} == {form.document_id}


def test_every_form_of_a_package_becomes_a_case_with_a_receipt_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "fax.tif"
    path.write_bytes(a_pdf())
    package = Extraction(
        3,
        tuple(
            FormExtraction("tx_nofr001", "test", (p,), (read_field("patient_name", f"P{p}"),)) for p in (2, 3)
        ),
        (Part("fax_cover", (1,)), Part("form", (2,)), Part("form", (3,))),
    )
    with a_workstation(tmp_path / "w", package) as station:
        cases = ingestion(station).take_in(path, "ada").cases
        assert [c.patient for c in cases] == ["P2", "P3"]
        assert len({c.receipt for c in cases}) == 2
        assert [d.pages for c in cases for d in c.documents if d.kind == "form"] == [(2,), (3,)]
        assert [d.kind for d in cases[0].documents] == ["form", "fax_cover"]


def test_reading_a_package_again_after_a_kill_makes_no_case_twice(tmp_path: Path) -> None:
    package = Extraction(
        2,
        tuple(
            FormExtraction("tx_nofr001", "test", (p,), (read_field("patient_name", f"P{p}"),)) for p in (1, 2)
        ),
        (Part("form", (1,)), Part("form", (2,))),
    )
    with a_workstation(tmp_path, package) as station:
        case_id = station.in_store(station.intake.arrive, a_pdf(), "fax.pdf", "ada").case.case_id
        station.in_store(station.intake.begin_reading, case_id, "reader")
        document = station.in_store(station.store.case_document, case_id)
        # killed after the further case was stored and before the first was
        station.in_store(station.intake._further_case, document, package, package.forms[1], 2, "reader")
        cases = station.in_store(station.intake.finish_reading, case_id, package, "reader")
        assert len(cases) == 2
        assert len(station.in_store(station.store.queue, replace_all())) == 2


def replace_all():
    from app.domain.queue import QueueQuery

    return replace(QueueQuery(), statuses=())


def test_a_stopped_reading_waits_until_it_is_asked_for(tmp_path: Path) -> None:
    with a_workstation(tmp_path) as station:
        case_id = station.in_store(station.intake.arrive, a_pdf(), "a.pdf", "ada").case.case_id
        station.in_store(station.intake.begin_reading, case_id, "reader")
        stopped = station.in_store(station.intake.fail_reading, case_id, Cancelled("Stopped."), "reader")
        assert stopped.intake_status is IntakeStatus.RECEIVED
        assert station.in_store(station.intake.waiting) == ()
        station.in_store(station.intake.ask_again, case_id, "ada")
        assert station.in_store(station.intake.waiting) == (case_id,)


def test_a_case_whose_reader_was_killed_is_read_at_the_next_start(tmp_path: Path) -> None:
    key = os.urandom(32)
    with a_workstation(tmp_path, key=key) as station:
        case_id = station.in_store(station.intake.arrive, a_pdf(), "a.pdf", "ada").case.case_id
        station.in_store(station.intake.begin_reading, case_id, "reader")
        assert station.in_store(station.intake.waiting) == ()  # this process reads it
        gone = subprocess.run(
            [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
        )
        document = station.in_store(station.store.case_document, case_id)
        document["reader"] = {**document["reader"], "pid": int(gone.stdout)}
        from app.domain.change import Action, writes_for

        before = station.in_store(station.store.case_document, case_id)
        writes = writes_for(before, {"reader": document["reader"]})
        station.in_store(station.changes.write, before, case_id, Action.READING, "reader", writes)
        assert station.in_store(station.intake.waiting) == (case_id,)


def test_a_case_that_was_read_is_not_read_over_what_people_did(tmp_path: Path) -> None:
    path = tmp_path / "in.pdf"
    path.write_bytes(a_pdf())
    with a_workstation(tmp_path / "w", an_extraction(read_field("patient_name", "Ada"))) as station:
        (case,) = ingestion(station).take_in(path, "ada").cases
        with pytest.raises(Conflict):
            station.in_store(station.intake.begin_reading, case.case_id, "reader")


def test_a_file_that_cannot_be_opened_is_accounted_for(tmp_path: Path) -> None:
    with a_workstation(tmp_path / "w") as station:
        found = ingestion(station).take_in(tmp_path, "ada")  # a folder is not a file
        assert found.cases == ()
        assert found.refused is not None


def test_the_reader_is_not_asked_twice_for_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "in.pdf"
    path.write_bytes(a_pdf())
    processor = ScriptedProcessor()
    with a_workstation(tmp_path / "w", processor=processor) as station:
        ingestion(station).take_in(path, "ada")
        again = ingestion(station).take_in(path, "ada")
        assert again.known
        assert len(processor.asked) == 1


def test_folders_give_their_files_in_order_and_no_hidden_ones(tmp_path: Path) -> None:
    for name in ("b.pdf", "a.pdf", ".hidden", "sub/c.pdf"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    assert [p.name for p in files_under([tmp_path])] == ["a.pdf", "b.pdf", "c.pdf"]


def test_a_full_disk_ends_one_file_and_not_those_after_it(tmp_path: Path, monkeypatch) -> None:
    paths = [tmp_path / "large.pdf", tmp_path / "small.pdf"]
    for path in paths:
        path.write_bytes(a_pdf(path.name))
    put = BlobFolder.put

    def full_for_large(blobs: BlobFolder, content: bytes) -> str:
        if b"large" in content:
            raise StorageFailed("The disk is full.")
        return put(blobs, content)

    monkeypatch.setattr(BlobFolder, "put", full_for_large)
    with a_workstation(tmp_path / "w") as station:
        large, small = [ingestion(station).take_in(path, "ada") for path in paths]
    assert (large.cases, str(large.refused)) == ((), "The disk is full.")
    assert small.cases[0].intake_status is IntakeStatus.NEEDS_REVIEW


def test_a_disk_that_fills_while_a_file_is_read_leaves_its_case_and_says_why(
    tmp_path: Path, monkeypatch
) -> None:
    path = tmp_path / "in.pdf"
    path.write_bytes(a_pdf())

    def full(*_: object) -> None:
        raise StorageFailed("The disk is full.")

    monkeypatch.setattr(Intake, "finish_reading", full)
    with a_workstation(tmp_path / "w") as station:
        found = ingestion(station).take_in(path, "ada")
        [told] = ingested_json(found)
    assert found.cases[0].receipt == told["receipt"]
    assert told["reason"] == "The disk is full."


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are text")
def test_a_name_that_is_no_text_is_kept_as_one(tmp_path: Path) -> None:
    with a_workstation(tmp_path) as station:
        case = station.in_store(station.intake.arrive, a_pdf(), os.fsdecode(b"a\xff.pdf"), "ada").case
        assert station.in_store(station.intake.content, case.case_id)[0] == "a?.pdf"


def test_a_file_whose_reader_was_killed_is_read_when_it_is_taken_in_again(tmp_path: Path) -> None:
    path = tmp_path / "in.pdf"
    path.write_bytes(a_pdf())
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    with a_workstation(tmp_path / "w") as station:
        case_id = station.in_store(station.intake.arrive, a_pdf(), "in.pdf", "ada").case.case_id
        with pytest.MonkeyPatch.context() as other:
            other.setattr(os, "getpid", lambda: int(ended.stdout))
            station.in_store(station.intake.begin_reading, case_id, "reader")
        (case,) = ingestion(station).take_in(path, "ada").cases
    assert (case.case_id, case.intake_status) == (case_id, IntakeStatus.NEEDS_REVIEW)


def test_a_package_that_arrives_again_is_told_with_all_its_cases(tmp_path: Path) -> None:
    path = tmp_path / "fax.tif"
    path.write_bytes(a_pdf())
    package = Extraction(
        2,
        tuple(
            FormExtraction("tx_nofr001", "test", (p,), (read_field("patient_name", f"P{p}"),)) for p in (1, 2)
        ),
        (Part("form", (1,)), Part("form", (2,))),
    )
    with a_workstation(tmp_path / "w", package) as station:
        first = ingestion(station).take_in(path, "ada")
        again = ingestion(station).take_in(path, "ada")
        assert again.known
        assert {c.case_id for c in again.cases} == {c.case_id for c in first.cases}
        assert len(again.cases) == 2


def test_a_file_of_which_no_page_could_be_read_is_unreadable_and_names_them(tmp_path: Path) -> None:
    path = tmp_path / "in.pdf"
    path.write_bytes(a_pdf())
    with a_workstation(tmp_path / "w", Extraction(2, (), (), unread=(1, 2))) as station:
        (case,) = ingestion(station).take_in(path, "ada").cases
        assert case.intake_status is IntakeStatus.UNREADABLE
        assert case.reason is not None
        assert case.reason.text == "Pages 1, 2 of the file could not be read."


def test_a_form_beside_a_page_that_could_not_be_read_is_checked_and_the_page_is_named(tmp_path: Path) -> None:
    path = tmp_path / "in.pdf"
    path.write_bytes(a_pdf())
    found = replace(an_extraction(read_field("a", "1")), page_count=2, unread=(2,))
    whole = replace(an_extraction(read_field("a", "1")), page_count=2)
    with a_workstation(tmp_path / "w", found, whole) as station:
        (case,) = ingestion(station).take_in(path, "ada").cases
        assert case.intake_status is IntakeStatus.NEEDS_REVIEW
        assert case.reason is not None
        assert case.reason.text == "Page 2 of the file could not be read."
        again = ingestion(station).read_again(case.case_id, "ada").case
        assert again.reason is None
