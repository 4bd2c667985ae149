"""From an upload to the case in the queue: `python -m tests.benchmarks.serve --forms DIR [--only N] [--json]`.

The service runs on loopback over Google's client libraries: the Firestore emulator of the Google Cloud SDK and the
tests' Cloud Storage. Each file is put into the bucket of arrivals as a fax gateway does, its event is posted, and the
clock stops when another client of Firestore reads the case out of the queue. In the same run the bare form processor
reads the same file, before or after in turn, in the same worker. Seconds are wall time of a page that was read.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import httpx
from google.oauth2.credentials import Credentials

from app.domain.errors import Actionable
from app.domain.extraction import Document
from app.services import media
from app.services.google.firestore.remote import FirestoreCaseRemote
from app.services.ingestion_service.event import FINALIZED
from app.services.ports import FormProcessor
from app.services.signing import new_key
from app.serving import google_backends, serving
from tests.emulator import project_name, running
from tests.serve_parts import settings_of_test
from tests.storage_server import TOKEN, StorageServer, storage_server


@dataclass(frozen=True, slots=True)
class Timed:
    """One file: its pages, and the seconds that the bare processor and the whole way took."""

    pages: int
    bare: float
    whole: float
    status: str


@dataclass(frozen=True, slots=True)
class Loopback:
    """A service that runs, the processor in it, the bucket of arrivals and the queue as a desk sees it."""

    url: str
    processor: FormProcessor
    storage: StorageServer
    bucket: str
    queue: FirestoreCaseRemote


@contextmanager
def loopback() -> Iterator[Loopback]:
    with running() as emulator, storage_server() as storage:
        settings = settings_of_test(new_key()[0])
        settings = replace(settings, connection=replace(settings.connection, project=project_name()))
        bucket = settings.connection.bucket("pa_forms_bkt")
        storage.buckets[bucket] = "us-central1"
        credentials = Credentials(TOKEN)  # type: ignore[no-untyped-call]
        behind = google_backends(settings, emulator, storage.url, credentials)
        server = serving(settings, behind, StringIO())
        thread = threading.Thread(target=server.serve)
        thread.start()
        queue = FirestoreCaseRemote(settings.connection.project, "(default)", None, emulator=emulator)
        try:
            yield Loopback(f"http://127.0.0.1:{server.port}", behind.processor, storage, bucket, queue)
        finally:
            queue.close()
            server.end()
            thread.join()


def bare(place: Loopback, content: bytes) -> tuple[float, int]:
    began = time.perf_counter()
    found = place.processor.process(Document("d", media.sniff(content), content))
    return time.perf_counter() - began, found.page_count


def whole(place: Loopback, content: bytes, name: str) -> tuple[float, str]:
    """Seconds from the upload until a desk reads the case, and its intake status then."""
    began = time.perf_counter()
    kept = place.storage.keep(place.bucket, name, content, "application/octet-stream")
    event = place.storage.resource(place.bucket, name, kept) | {"timeCreated": datetime.now(UTC).isoformat()}
    headers = {"ce-id": name, "ce-source": "benchmark", "ce-specversion": "1.0", "ce-type": FINALIZED,
               "Content-Type": "application/json"}  # fmt: skip
    answer = httpx.post(place.url, headers=headers, json=event, timeout=900).raise_for_status()
    case = place.queue.case(str(answer.json()["cases"][0]))
    seconds = time.perf_counter() - began
    return seconds, str(case.document["intake_status"]) if case else "none"


def timed(place: Loopback, path: Path, turn: int) -> Timed | None:
    """One file both ways, the one first in turn; None for what no processor reads."""
    content = path.read_bytes()
    name = f"{turn:04d}{path.suffix}"
    try:
        if turn % 2:
            seconds, status = whole(place, content, name)
            alone, pages = bare(place, content)
        else:
            alone, pages = bare(place, content)
            seconds, status = whole(place, content, name)
    except Actionable:
        return None
    return Timed(pages, alone, seconds, status)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--forms", type=Path, required=True, metavar="DIR")
    parser.add_argument("--only", type=int, default=0, metavar="N", help="the first N files")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    paths = sorted(
        p for p in options.forms.rglob("*") if p.suffix.lower() in (".pdf", ".tif", ".tiff", ".jpg", ".png")
    )[: options.only or None]
    if not paths:
        parser.error("there are no forms in that folder")
    found: list[Timed] = []
    with loopback() as place:
        timed(place, paths[0], 9998)  # the reader starts, its models are loaded, connections are made
        for turn, path in enumerate(paths):
            one = timed(place, path, turn)
            if one is None:
                continue
            found.append(one)
            if not options.json:
                print(
                    f"{turn + 1:4d} of {len(paths)}  {one.pages:3d} pages  bare {one.bare / one.pages:6.2f}"
                    f"  through serve {one.whole / one.pages:6.2f} s/page  {one.status}",
                    flush=True,
                )
    pages = sum(one.pages for one in found)
    figures = {
        "files": len(found),
        "pages": pages,
        "in_the_queue": sum(one.status == "needs_review" for one in found),
        "bare_seconds_a_page": round(sum(one.bare for one in found) / pages, 3),
        "serve_seconds_a_page": round(sum(one.whole for one in found) / pages, 3),
        "ratio": round(sum(one.whole for one in found) / sum(one.bare for one in found), 3),
        "median_ratio": round(statistics.median(one.whole / one.bare for one in found), 3),
        "median_added_seconds_a_file": round(statistics.median(one.whole - one.bare for one in found), 3),
    }
    print(json.dumps(figures) if options.json else "\n".join(f"{k:30} {v}" for k, v in figures.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
