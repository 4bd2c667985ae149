"""Beside the reference implementation: its collections are read again and again, and told what people did here."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from app.domain.case import Json, case_from
from app.domain.errors import Offline, Rejected
from app.domain.form import FieldState
from app.services.google.firestore.remote import FirestoreCaseRemote
from app.services.reference_import import PAGE, Brought, Gone, ReferenceImport
from app.services.request_import import Took
from app.workstation import Workstation
from tests.emulator import Place
from tests.faulty_proxy import FaultyProxy, Kind, proxied
from tests.scripted import a_workstation
from tests.unit.domain.test_imported import DOCUMENT, REQUEST

pytest_plugins = ("tests.emulator",)

SEEN = datetime(2026, 2, 1, 8, 30, tzinfo=UTC)


class Beside:
    """A workstation beside a database that the reference implementation writes to."""

    def __init__(self, station: Workstation, proxy: FaultyProxy, remote: FirestoreCaseRemote) -> None:
        self.station, self.proxy, self.remote = station, proxy, remote
        self.running = ReferenceImport(station.importing, remote.reference, station.in_store)

    def put(self, collection: str, document_id: str, data: Any) -> None:
        self.remote._connected().client.collection(collection).document(document_id).set(data)

    def there(self, document_id: str = "x1") -> Json:
        found = self.remote._connected().client.collection("document").document(document_id).get()
        return dict(found.to_dict() or {})

    def run(self, collection: str = "document", **more: Any) -> tuple[Brought, ...]:
        return self.running.run(collection, "ada", **more)

    def one(self, **more: Any) -> Brought:
        (brought,) = self.run(**more)
        return brought

    def case_id(self) -> str:
        taken = self.one().taken
        assert taken is not None
        return taken.case.case_id

    def value(self, case_id: str, path: str = "member_id") -> tuple[object, str]:
        case = case_from(self.station.in_store(self.station.store.case_document, case_id))
        field = case.field(path)
        assert field is not None
        return field.current, str(field.state)

    def correct(self, case_id: str, value: str, path: str = "member_id") -> None:
        self.station.in_store(self.station.editing.correct, case_id, {path: value}, "ada")


@pytest.fixture
def beside(tmp_path: Path, firestore: Place) -> Iterator[Beside]:
    with a_workstation(tmp_path / "w", key=b"k" * 32) as station, proxied(firestore.address) as proxy:
        remote = FirestoreCaseRemote(firestore.project, firestore.database, None, emulator=proxy.address)
        yield Beside(station, proxy, remote)
        remote.close()


def a_document(**more: Any) -> Json:
    """A document as the reference implementation keeps it: with lists of statuses, and parts we know nothing of."""
    return {
        **copy.deepcopy(DOCUMENT),
        "active": "active",
        "upload_timestamp": SEEN,
        "system_status": [{"stage": "extraction", "status": "success", "timestamp": SEEN}],
        "hitl_status": [],
        "matching_score": 0.5,
        "raw": b"\x00\x01",
        **more,
    }


def corrected(value: str | None, **more: Any) -> Json:
    document = a_document(**more)
    document["entities"][0]["corrected_value"] = value
    return document


def test_documents_and_requests_become_cases_once(beside: Beside) -> None:
    beside.put("document", "x1", a_document())
    beside.put("pa_requests", "r1", REQUEST)
    assert [b.taken.took for b in (*beside.run(), *beside.run("pa_requests")) if b.taken] == [Took.NEW] * 2
    again = (*beside.run(), *beside.run("pa_requests"))
    assert [b.taken.took for b in again if b.taken] == [Took.KNOWN] * 2
    assert [b.reason for b in again] == ["", ""]


def test_what_has_no_id_of_its_own_is_known_by_the_documents(beside: Beside) -> None:
    without = {name: value for name, value in a_document().items() if name != "uid"}
    request = {name: value for name, value in REQUEST.items() if name != "request_id"}
    beside.put("document", "x1", without)
    beside.put("pa_requests", "r1", request)
    (taken,) = [b.taken for b in beside.run()]
    (asked,) = [b.taken for b in beside.run("pa_requests")]
    assert taken is not None
    assert asked is not None
    assert (taken.request_id, asked.request_id) == ("x1", "r1")


def test_a_collection_is_read_page_by_page_and_what_is_wrong_keeps_nothing_else_out(beside: Beside) -> None:
    client = beside.remote._connected().client
    batch = client.batch()
    for number in range(PAGE + 3):
        data = {**copy.deepcopy(REQUEST), "request_id": f"q{number:03}"}
        if number == 7:
            data["patient"] = "no object"
        batch.set(client.collection("pa_requests").document(f"d{number:03}"), data)
    batch.commit()
    every = beside.run("pa_requests")
    assert [b.document_id for b in every] == [f"d{number:03}" for number in range(PAGE + 3)]
    assert [b.document_id for b in every if b.taken is None] == ["d007"]
    assert "patient" in every[7].reason
    assert "no object" not in every[7].reason


def test_a_document_that_is_not_active_is_left_out(beside: Beside) -> None:
    beside.put("document", "x1", a_document(active="inactive"))
    assert beside.one().taken is None


def test_a_correction_made_there_comes_in(beside: Beside) -> None:
    beside.put("document", "x1", a_document())
    case_id = beside.case_id()
    beside.put("document", "x1", corrected("W99"))
    brought = beside.one()
    assert brought.taken is not None
    assert (brought.taken.took, brought.taken.changed) == (Took.CHANGED, ("member_id",))
    assert beside.value(case_id) == ("W99", FieldState.CORRECTED)
    again = beside.one().taken
    assert again is not None
    assert again.took is Took.KNOWN


def test_a_correction_made_here_goes_back_and_touches_nothing_else(beside: Beside) -> None:
    beside.put("document", "x1", a_document())
    case_id = beside.case_id()
    before = beside.there()
    beside.correct(case_id, "W77")
    assert beside.one().back is Gone.NOTHING  # only where it is asked for
    assert beside.one(write_back=True).back is Gone.WRITTEN
    after = beside.there()
    assert after["entities"][0].pop("corrected_value") == "W77"
    before["entities"][0].pop("corrected_value", None)
    assert after == before
    proven = beside.one(write_back=True)
    assert (proven.back, proven.reason) == (Gone.NOTHING, "")
    assert beside.value(case_id) == ("W77", FieldState.CORRECTED)


def test_a_verified_case_is_told_there_once_and_one_that_was_reopened_too(beside: Beside) -> None:
    beside.put("document", "x1", a_document())
    case_id = beside.case_id()
    station = beside.station
    case = case_from(station.in_store(station.store.case_document, case_id))
    station.in_store(station.editing.confirm, case_id, [f.path for f in case.fields], "ada")
    station.in_store(station.editing.verify, case_id, "ada")
    assert [beside.one(write_back=True).back for _ in range(2)] == [Gone.WRITTEN, Gone.NOTHING]
    after = beside.there()
    (told,) = after["hitl_status"]
    assert (told["status"], told["user"]) == ("approved", "ada")
    assert [s["stage"] for s in after["system_status"]] == ["extraction", "hitl"]
    assert after["system_status"][0]["timestamp"] == SEEN  # what was there stays a time
    station.in_store(station.editing.reopen, case_id, "ada")
    assert [beside.one(write_back=True).back for _ in range(2)] == [Gone.WRITTEN, Gone.NOTHING]
    assert [s["status"] for s in beside.there()["hitl_status"]] == ["approved", "pending"]


def test_a_value_corrected_here_and_there_is_told_and_neither_is_written_over(beside: Beside) -> None:
    beside.put("document", "x1", a_document())
    case_id = beside.case_id()
    beside.correct(case_id, "mine")
    beside.put("document", "x1", corrected("theirs"))
    for _ in range(2):
        brought = beside.one(write_back=True)
        assert brought.taken is not None
        assert (brought.taken.took, brought.taken.changed) == (Took.REFUSED, ("member_id",))
        assert "corrected here and there" in brought.reason
        assert brought.back is Gone.NOTHING
    assert beside.value(case_id)[0] == "mine"
    assert beside.there()["entities"][0]["corrected_value"] == "theirs"
    beside.correct(case_id, "theirs")
    assert beside.one(write_back=True).reason == ""


def test_the_same_correction_here_and_there_is_done(beside: Beside) -> None:
    beside.put("document", "x1", a_document())
    beside.correct(beside.case_id(), "W5")
    beside.put("document", "x1", corrected("W5"))
    brought = beside.one(write_back=True)
    assert (brought.reason, brought.back) == ("", Gone.NOTHING)


def test_a_document_that_is_read_anew_there_is_told(beside: Beside) -> None:
    beside.put("document", "x1", a_document())
    case_id = beside.case_id()
    anew = a_document()
    anew["entities"][0]["value"] = "W2"
    beside.put("document", "x1", anew)
    assert "read anew" in beside.one().reason
    assert beside.value(case_id)[0] == "W1"


def test_a_document_that_changes_while_it_is_written_back_is_left_for_the_next_run(beside: Beside) -> None:
    beside.put("document", "x1", a_document())
    beside.correct(beside.case_id(), "W77")
    (read,) = beside.remote.reference.page("document", "", 5)
    beside.put("document", "x1", a_document(matching_score=0.9))

    class Late:
        """The page that was read before somebody else wrote."""

        def page(self, *_: object) -> tuple[Any, ...]:
            return (read,)

        put_back = beside.remote.reference.put_back

    beside.running = ReferenceImport(beside.station.importing, Late(), beside.station.in_store)
    assert beside.one(write_back=True).back is Gone.LATER
    assert beside.there()["entities"][0].get("corrected_value") is None
    beside.running = ReferenceImport(
        beside.station.importing, beside.remote.reference, beside.station.in_store
    )
    assert beside.one(write_back=True).back is Gone.WRITTEN


def test_a_lost_answer_writes_nothing_twice(beside: Beside) -> None:
    beside.put("document", "x1", a_document())
    beside.correct(beside.case_id(), "W77")
    beside.proxy.add(Kind.LOST)
    with pytest.raises(Offline):
        beside.run(write_back=True)
    assert beside.one(write_back=True).back is Gone.NOTHING
    assert beside.there()["entities"][0]["corrected_value"] == "W77"


def test_another_collection_is_refused(beside: Beside) -> None:
    with pytest.raises(Rejected, match="pa_requests"):
        beside.run("patients")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "required"),
        (["f.json", "--firestore", "document"], "not allowed"),
        (["--firestore", "people"], "invalid choice"),
        (["f.json", "--write-back"], "goes with"),
        (["--firestore", "pa_requests", "--write-back"], "goes with"),
    ],
)
def test_the_command_says_what_goes_together(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    try:
        code = main(["import", *arguments])
    except SystemExit as left:
        code = int(left.code or 0)
    assert code == 2
    assert words in capsys.readouterr().err


def test_the_command_asks_for_a_connection(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "passphrase"
    secret.write_text("a long passphrase", encoding="utf-8")
    monkeypatch.setenv("COUNTERSIGN_PASSPHRASE_FILE", str(secret))
    workspace = str(tmp_path / "w")
    assert main(["import", "--firestore", "document", "--workspace", workspace]) != 0
    assert "not connected" in capsys.readouterr().err
