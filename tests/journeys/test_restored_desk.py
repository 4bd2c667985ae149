"""A workspace that was restored from an older backup, or copied, and goes on at the shared queue."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.doctor_cloud import examine_cloud
from app.domain.case import Json
from app.domain.errors import NoSuchCase
from app.workstation import Workstation
from tests.emulator import Place
from tests.payer import Payer, payer, until
from tests.scripted import a_pdf
from tests.serve_parts import CLERK

pytest_plugins = ("tests.emulator",)


@pytest.fixture
def project(firestore: Place) -> Iterator[Payer]:
    with payer(firestore) as made:
        yield made


def take_in(station: Workstation, mark: str) -> str:
    case = station.in_store(station.intake.arrive, a_pdf(mark), f"{mark}.pdf", station.person).case
    return str(case.case_id)


def document(station: Workstation, case_id: str) -> Json:
    try:
        return station.in_store(station.store.case_document, case_id)
    except NoSuchCase:
        return {}


def sent(station: Workstation) -> bool:
    return not station.in_store(station.store.moving.held).changes


def test_a_restored_desk_gets_back_what_it_had_sent_and_says_which_number_it_gave_twice(
    project: Payer, tmp_path: Path
) -> None:
    folder, backup = tmp_path / "one", tmp_path / "backup"
    with project.desk(folder) as one:
        first = take_in(one, "first")
        until(one, lambda: sent(one), "sending")
        assert all(finding.what != "Receipts" for finding in examine_cloud(one))
    shutil.copytree(folder, backup)
    with project.desk(folder) as one:
        later = take_in(one, "later")
        until(one, lambda: sent(one), "sending")
        number = document(one, later)["receipt"]
    shutil.rmtree(folder)
    backup.rename(folder)
    with project.local(folder) as one:  # before it has been at the queue again
        other = take_in(one, "other")
        assert document(one, other)["receipt"] == number
    with project.desk(folder) as one, project.desk(tmp_path / "two", CLERK) as two:
        for desk in (one, two):
            until(desk, lambda at=desk: document(at, later) and document(at, other), "both cases")
        until(one, lambda: sent(one), "sending")
        assert {document(two, case)["documents"].popitem()[1]["name"] for case in (first, later, other)} == {
            "first.pdf",
            "later.pdf",
            "other.pdf",
        }
        for desk in (one, two):
            (found,) = [finding for finding in examine_cloud(desk) if finding.what == "Receipts"]
            assert (found.ok, number in found.words) == (False, True)
            assert desk.in_store(desk.store.audit_verify).holds
