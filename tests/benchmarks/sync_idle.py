"""What it costs to be away from the shared queue: the driver of a connected desk with work waiting and no network.

    python -m tests.benchmarks.sync_idle --seconds 60 --json

The real driver (`Syncing`) over the real store and the real Firestore client, whose server does not answer: a port of
this computer on which nothing listens. Changes wait in the outbox, so that it goes on trying. CPU is that of the whole
process with all its threads, in percent of one core; the first seconds, in which the client is loaded, are left out.
`--silent` leaves the server reachable and dumb instead: it takes connections and never answers.
"""

from __future__ import annotations

import argparse
import json
import random
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.domain.sync import Scope
from app.services.change_log import ChangeLog
from app.services.editing import Editing
from app.services.intake import Intake
from app.services.lanes import Lanes
from app.services.store.blob import BlobFolder
from app.services.store.store import Store
from app.services.sync.step import Remote
from app.services.sync.syncing import Syncing
from tests.emulator import free_port
from tests.faults.store_sample import KEY
from tests.faults.sync_desk import definition
from tests.faults.sync_person import Office, read_form

LIMIT = 1.0
"""Percent of a core."""
CASES = 50
_WARM = 8.0


@contextmanager
def silent() -> Iterator[str]:
    """An address that takes connections and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def _fill(store: Store, folder: Path) -> tuple[ChangeLog, int]:
    changes = ChangeLog(store, definition)
    intake, editing = Intake(changes, BlobFolder(folder / "blobs", KEY)), Editing(changes)
    office = Office(random.Random(1), same=0.0)
    for number in range(CASES):
        case_id = intake.arrive(office.file(), f"fax_{number}.pdf", "reader").case.case_id
        read_form(intake, case_id)
        editing.correct(case_id, {"member_id": office.word()}, "nurse")
    return changes, store.waiting()


def measure(address: str, seconds: float) -> dict[str, float | int | str]:
    """The figures of so many seconds without an answer."""
    from app.services.google.firestore.remote import FirestoreCaseRemote

    lanes = Lanes()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        store = lanes.submit("store", Store.open, folder, KEY).result()
        changes, waiting = lanes.submit("store", _fill, store, folder).result()
        remote = FirestoreCaseRemote("desk-idle", "(default)", None, emulator=address)
        syncing = Syncing(changes, lanes, Remote(remote, scope=Scope("nurse")))
        tries: list[float] = []
        syncing.on_state(lambda state: tries.append(time.monotonic()))
        pause = threading.Event()
        try:
            syncing.start()
            pause.wait(_WARM)
            before, begun, told = time.process_time(), time.monotonic(), len(tries)
            pause.wait(seconds)
            spent, lasted = time.process_time() - before, time.monotonic() - begun
            return {
                "seconds": round(lasted, 1),
                "cpu_seconds": round(spent, 3),
                "percent_of_a_core": round(100 * spent / lasted, 3),
                "waiting": waiting,
                "link": str(syncing.state().link),
                "states_told": len(tries) - told,
                "threads": threading.active_count(),
            }
        finally:
            syncing.close()
            remote.close()
            lanes.submit("store", store.close).result()
            lanes.close()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument(
        "--silent", action="store_true", help="a server that takes connections and says nothing"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    chosen = parser.parse_args(arguments)
    if chosen.silent:
        with silent() as address:
            report = measure(address, chosen.seconds)
    else:
        report = measure(f"127.0.0.1:{free_port()}", chosen.seconds)
    print(json.dumps(report) if chosen.json else report)
    return 0 if float(report["percent_of_a_core"]) <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
