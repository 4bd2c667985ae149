"""Two desks of one payer: work without a network, sending it, seeing it elsewhere, deciding through the endpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.doctor_cloud import examine_cloud
from app.domain.determination import Outcome, determinations_made
from app.domain.errors import Conflict, NoSuchCase
from app.domain.role import NotAllowed, Person, Role
from app.domain.sync import Link
from app.domain.sync_wire import Checkpoint
from app.services.checkpointing import altered_since
from app.services.signing import confirmed
from app.workstation import Workstation
from tests.document_ai_server import document_ai_server
from tests.emulator import Place
from tests.payer import Payer, payer, until
from tests.scripted import ScriptedProcessor, a_pdf, an_extraction, read_field, scripted_backends
from tests.serve_parts import ADMIN, CLERK, DOCTOR, NURSE
from tests.unit.domain.test_imported import REQUEST

pytest_plugins = ("tests.emulator",)


@pytest.fixture
def project(firestore: Place) -> Iterator[Payer]:
    with payer(firestore) as made:
        yield made


def take_in(station: Workstation, mark: str) -> str:
    case = station.in_store(station.intake.arrive, a_pdf(mark), f"{mark}.pdf", station.person).case
    return str(case.case_id)


def document(station: Workstation, case_id: str) -> dict:
    try:
        return station.in_store(station.store.case_document, case_id)
    except NoSuchCase:
        return {}


def synced(station: Workstation) -> bool:
    assert station.cloud is not None
    state = station.cloud.syncing.state()
    return state.link is Link.SYNCED and not state.waiting


def test_a_form_taken_in_without_a_network_is_on_another_desk_after_it(
    project: Payer, tmp_path: Path
) -> None:
    with project.desk(tmp_path / "one") as one, project.desk(tmp_path / "two", CLERK) as two:
        project.offline()
        case_id = take_in(one, "offline")
        assert one.cloud is not None
        syncing = one.cloud.syncing
        until(
            one, lambda: (syncing.state().link, syncing.state().waiting) == (Link.OFFLINE, 1), "being offline"
        )
        assert document(two, case_id) == {}
        project.online()
        for desk in (one, two):  # as somebody does who sees that the network is back
            assert desk.cloud is not None
            desk.cloud.syncing.sync_now()
        until(one, lambda: synced(one), "sending")
        until(two, lambda: document(two, case_id), "the case on the other desk")
        assert document(two, case_id)["receipt"] == document(one, case_id)["receipt"]
        assert len(project.storage.names("pa_forms_bkt")) == 1


def test_the_file_of_another_desks_case_is_fetched_and_is_the_very_same(
    project: Payer, tmp_path: Path
) -> None:
    with project.desk(tmp_path / "one") as one:
        case_id = take_in(one, "fetched")
        until(one, lambda: synced(one), "sending")
    with project.desk(tmp_path / "two", CLERK) as two:
        until(two, lambda: document(two, case_id), "the case")
        (entry,) = document(two, case_id)["documents"].values()
        assert two.blobs.get(entry["sha256"]) == a_pdf("fetched")


def a_request(station: Workstation) -> str:
    (taken,) = station.in_store(station.importing.take, json.dumps([REQUEST]).encode(), station.person)
    return str(taken.case.case_id)


def pend(station: Workstation, case_id: str) -> None:
    station.lanes.submit(
        "review", station.review.reviewing.ask, case_id,
        station.review.reviewing.propose_prompt(case_id), "criteria engine", station.person, None, {},
    ).result()  # fmt: skip
    later = datetime.now(UTC) + timedelta(days=7)
    station.in_store(
        lambda: station.review.deciding.decide(
            case_id, ("r1",), Outcome.PEND, "Two papers are missing.", station.person,
            missing=("the sugar log",), answer_by=later,
        )
    )  # fmt: skip


def test_a_determination_goes_through_the_endpoint_and_is_confirmed_elsewhere(
    project: Payer, tmp_path: Path
) -> None:
    with project.desk(tmp_path / "one") as one, project.desk(tmp_path / "two", DOCTOR) as two:
        case_id = a_request(one)
        pend(one, case_id)
        until(one, lambda: synced(one), "sending")
        until(two, lambda: document(two, case_id).get("determinations"), "the determination")
        entry = document(two, case_id)["determinations"]["r1"]
        assert entry["by"] == NURSE
        assert confirmed(project.service.public_key, case_id, "r1", entry)
        assert not document(two, case_id).get("unconfirmed")
        # who asked and what was answered is fetched beside it, and good for a determination here
        assert two.cloud is not None
        two.lanes.submit("network", two.cloud.past.fetch, case_id).result()
        assert two.cloud.past.missing(case_id) is None
        theirs, ours = (s.review.reviewing.reviews(case_id) for s in (one, two))
        assert ours == theirs != ()
        assert ours[0].review_id == document(two, case_id)["review"]["latest"]["id"]
        basis = two.review.reviewing.basis(case_id, "r1")
        assert basis.reviewed
        assert basis == one.review.reviewing.basis(case_id, "r1")
        history = two.in_store(two.store.whole_history, case_id)
        assert history == one.in_store(one.store.history, case_id)
        assert [one_made.by for one_made in determinations_made(history)] == [NURSE]
        receipts = two.in_store(two.review.receipts.every, case_id)
        assert receipts == one.in_store(one.review.receipts.every, case_id) != ()
        assert not any(two.cloud.cases.claim_desk(desk.store.desk, "another") for desk in (one, two))


def test_what_one_desk_corrects_shows_on_the_other_and_the_audit_trails_hold(
    project: Payer, tmp_path: Path
) -> None:
    read = scripted_backends(ScriptedProcessor([an_extraction(read_field("member_id", "W1"))]))
    with project.desk(tmp_path / "one", backends=read) as one, project.desk(tmp_path / "two", CLERK) as two:
        case_id = take_in(one, "read")
        file = one.in_store(one.intake.begin_reading, case_id, one.person)
        one.in_store(one.intake.finish_reading, case_id, read.processor.process(file), one.person)
        until(two, lambda: document(two, case_id).get("fields"), "the fields")
        path = "member_id"
        two.in_store(two.editing.correct, case_id, {path: "corrected"}, two.person)
        until(
            one,
            lambda: document(one, case_id)["fields"][path]["corrected_value"] == "corrected",
            "the correction",
        )
        assert document(one, case_id)["fields"][path]["by"] == CLERK
        assert one.in_store(one.store.audit_verify).holds
        assert two.in_store(two.store.audit_verify).holds


def test_a_local_workspace_moves_with_everything_and_goes_on_after_a_stop(
    project: Payer, tmp_path: Path
) -> None:
    with project.local(tmp_path / "one") as station:
        cases = [take_in(station, f"local {number}") for number in range(5)]
        plan = station.connecting.plan(project.connection)
        assert (plan.held.cases, plan.held.documents) == (5, 5)
    with project.desk(tmp_path / "one", online=False) as station:
        assert station.connecting.moved().done == 0
        assert station.cloud is not None
        station.start_cloud()
        until(station, lambda: station.connecting.moved().done >= 1, "the first")
    with project.desk(tmp_path / "one") as station:
        until(station, lambda: station.connecting.moved().over, "all of it")
        assert {document(station, case_id)["case_id"] for case_id in cases} == set(cases)
    assert len(project.storage.names("pa_forms_bkt")) == 5
    with project.desk(tmp_path / "two", CLERK) as other:
        until(other, lambda: all(document(other, case_id) for case_id in cases), "every case")


def test_what_was_decided_before_the_move_goes_along_unconfirmed_and_holds_nothing_up(
    project: Payer, tmp_path: Path
) -> None:
    with project.local(tmp_path / "one") as station:
        case_id = a_request(station)
        pend(station, case_id)
    with project.desk(tmp_path / "one") as one, project.desk(tmp_path / "two", DOCTOR) as two:
        until(one, lambda: synced(one), "sending")
        until(two, lambda: "r1" in document(two, case_id).get("unconfirmed", {}), "what was decided")
        until(one, lambda: "r1" in document(one, case_id).get("unconfirmed", {}), "the same at its own desk")
        pend(one, case_id)
        until(two, lambda: "r1" not in document(two, case_id).get("unconfirmed", {}), "the new one")
        entry = document(two, case_id)["determinations"]["r1"]
        assert confirmed(project.service.public_key, case_id, "r1", entry)


def test_the_audit_trail_is_put_down_at_the_service_and_a_cut_one_is_found(
    project: Payer, tmp_path: Path
) -> None:
    with project.desk(tmp_path / "one", online=False) as one:
        assert one.cloud is not None
        take_in(one, "noted")
        assert one.cloud.checkpointing.bring()
        assert not one.cloud.checkpointing.bring(at_once=True), "nothing was added to it"
        take_in(one, "later")
        assert not one.cloud.checkpointing.bring(), "an hour has not gone by"
        assert one.cloud.checkpointing.bring(at_once=True)
        keys = project.connection.public_key
        assert one.in_store(altered_since, one.store, keys) is None
        last = one.in_store(one.store.recall, "checkpoint")
        forged = {**last, "hash": "0" * 64}
        one.in_store(one.store.remember, "checkpoint", forged)
        assert one.in_store(altered_since, one.store, keys) == last["sequence"]
        elsewhere = Checkpoint(one.store.desk, last["sequence"] + 3, "f" * 64, datetime.now(UTC))
        one.cloud.endpoint.checkpoint(elsewhere)
        for _ in range(3):
            one.in_store(one.store.note, "opened", one.person, datetime.now(UTC), None, {})
        with pytest.raises(Conflict):
            one.cloud.checkpointing.bring(at_once=True)
        assert one.in_store(one.store.audit_entries)[-1].action == "checkpoint_refused"


def test_roles_are_the_registers_and_a_nurse_gives_none(project: Payer, tmp_path: Path) -> None:
    with project.desk(tmp_path / "one") as one:
        assert one.access.me.roles == (Role.UR_SPECIALIST,)
        with pytest.raises(NotAllowed):
            one.with_people(one.access.add, "new@payer.example", "New", (Role.PHYSICIAN,), "", NURSE)
    with project.desk(tmp_path / "admin", ADMIN) as admin:
        made = admin.with_people(
            admin.access.add, "new@payer.example", "New", (Role.CASE_MANAGER,), "", ADMIN
        )
        assert made == Person("new@payer.example", "New", (Role.CASE_MANAGER,))
        assert made in admin.with_people(admin.access.people)


def test_the_doctor_finds_every_service_and_says_what_is_missing(project: Payer, tmp_path: Path) -> None:
    with project.desk(tmp_path / "one") as one:
        found = {finding.what: finding for finding in examine_cloud(one)}
        assert all(finding.ok for finding in found.values()), found
        assert {"Service", "Clock", "Firestore", "Bucket pa_forms_bkt", "Bucket clinical_docs"} <= set(found)
        project.storage.granted.discard("storage.objects.create")
        found = {finding.what: finding for finding in examine_cloud(one)}
        assert "storage.objects.create" in found["Bucket pa_forms_bkt"].words
        project.offline()
        found = {finding.what: finding for finding in examine_cloud(one)}
        assert not found["Firestore"].ok


def test_the_doctor_has_each_processor_read_a_page_and_names_the_permission_that_lacks(
    project: Payer, tmp_path: Path
) -> None:
    with document_ai_server() as reader:
        project.processors = {"tx_nofr001": reader.processor("forms")}
        project.document_ai = reader.address
        with project.desk(tmp_path / "one", online=False) as one:
            reader.tokens.add(one.cloud.identity.access_token())
            found = {finding.what: finding for finding in examine_cloud(one)}
            assert found["Processor of tx_nofr001"].ok, found
            assert len(reader.sent) == 1
            reader.granted.clear()
            found = {finding.what: finding for finding in examine_cloud(one)}
            assert "documentai.processors.processOnline" in found["Processor of tx_nofr001"].words
