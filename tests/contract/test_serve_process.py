"""The service as a process, over Google's client libraries: killed while it reads, and told to end."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.domain.sync import Scope
from app.services.google.database import Database
from app.services.google.firestore.remote import FirestoreCaseRemote
from app.services.google.service_ledger import FirestoreLedger
from tests.conftest import ROOT
from tests.emulator import Place
from tests.scripted import a_pdf
from tests.serve_parts import http
from tests.storage_server import StorageServer, storage_server

pytest_plugins = ("tests.emulator",)
pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals as Cloud Run sends them")
PATIENCE = 60.0


@pytest.fixture
def storage() -> Iterator[StorageServer]:
    with storage_server() as server:
        yield server


@pytest.fixture
def queue(firestore: Place) -> Iterator[FirestoreCaseRemote]:
    remote = FirestoreCaseRemote(firestore.project, "(default)", None, emulator=firestore.address)
    yield remote
    remote.close()


@contextlib.contextmanager
def process(folder: Path, place: Place, storage: StorageServer) -> Iterator[subprocess.Popen[str]]:
    folder.mkdir()
    command = [
        sys.executable,
        "-m",
        "tests.serve_process",
        str(folder),
        place.address,
        place.project,
        storage.url,
    ]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as started:
        try:
            until(lambda: (folder / "port").exists() or started.poll() is not None)
            assert started.poll() is None, "the service did not start"
            yield started
        finally:
            started.kill()
            started.wait()


def until(there: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not there():
        assert time.monotonic() < deadline, "it did not happen"
        pause.wait(0.02)


def tell(folder: Path, event: dict[str, Any]) -> httpx.Response:
    port = (folder / "port").read_text("utf-8")
    headers = {"ce-id": "e", "ce-source": "s", "ce-specversion": "1.0",
               "ce-type": "google.cloud.storage.object.v1.finalized", "Content-Type": "application/json"}  # fmt: skip
    return http.post(f"http://127.0.0.1:{port}/", headers=headers, json=event, timeout=PATIENCE)


def stored(storage: StorageServer, place: Place) -> dict[str, Any]:
    """The event of a fax that was put into the bucket of arrivals."""
    bucket = f"{place.project}-pa-forms-bkt"
    storage.buckets[bucket] = storage.buckets.get(bucket, "us-central1")
    kept = storage.keep(bucket, "Canary Patientname.pdf", a_pdf(), "application/pdf")
    event = storage.resource(bucket, "Canary Patientname.pdf", kept)
    return event | {"timeCreated": datetime.now(UTC).isoformat()}


def cases(queue: FirestoreCaseRemote) -> list[Any]:
    return list(queue.changed(Scope("x"), None, 10))


def test_an_arrival_whose_service_was_killed_is_read_by_the_next_and_its_receipt_stays(
    tmp_path: Path, firestore: Place, storage: StorageServer, queue: FirestoreCaseRemote
) -> None:
    event = stored(storage, firestore)
    with process(tmp_path / "one", firestore, storage) as first, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(tell, tmp_path / "one", event)
        until((tmp_path / "one" / "reading").exists)
        (begun,) = cases(queue)
        first.kill()
        with pytest.raises(httpx.HTTPError):
            asked.result()
    assert begun.document["intake_status"] == "reading"
    with process(tmp_path / "two", firestore, storage) as second:
        (tmp_path / "two" / "go").touch()
        until(lambda: tell(tmp_path / "two", event).status_code == 200)
        (case,) = cases(queue)
        assert case.document["intake_status"] == "needs_review"
        assert case.document["receipt"] == begun.document["receipt"]
        assert case.document["fields"]["member_id"]["value"] == "M-1"
        assert tell(tmp_path / "two", event).json()["outcome"] == "known"
        second.kill()
        lines, _ = second.communicate()
    assert "case_written" in lines
    assert "Canary" not in lines
    ledger = FirestoreLedger(Database(firestore.project, "(default)", None, firestore.address))
    (entry,) = case.document["documents"].values()
    assert ledger.with_content(entry["sha256"]) == {case.case_id: case.document["receipt"]}
    ledger.close()


def test_a_service_that_is_told_to_end_finishes_what_it_reads_and_takes_no_more(
    tmp_path: Path, firestore: Place, storage: StorageServer, queue: FirestoreCaseRemote
) -> None:
    event = stored(storage, firestore)
    folder = tmp_path / "one"
    with process(folder, firestore, storage) as service, ThreadPoolExecutor(1) as pool:
        asked = pool.submit(tell, folder, event)
        until((folder / "reading").exists)
        service.send_signal(signal.SIGTERM)
        port = (folder / "port").read_text("utf-8")
        until(lambda: http.get(f"http://127.0.0.1:{port}/readyz").status_code == 503)
        assert tell(folder, event).status_code == 503
        (folder / "go").touch()
        assert asked.result().status_code == 200
        assert service.wait(PATIENCE) == 0
        assert (folder / "ended").exists()
        lines = [json.loads(line) for line in (service.stdout or ()) if line.strip()]
    (case,) = cases(queue)
    assert case.document["intake_status"] == "needs_review"
    assert lines[0]["event"] == "listening"
    assert {"case_written", "answered"} <= {line["event"] for line in lines}
