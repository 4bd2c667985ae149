"""A service in a process of its own for tests that kill it: Google's client libraries, and a reader told by files.

    python -m tests.serve_process FOLDER EMULATOR PROJECT STORAGE

It writes its port to FOLDER/port, FOLDER/reading when it begins to read, and reads on when FOLDER/go is there.
"""

from __future__ import annotations

import sys
import threading
from dataclasses import replace
from pathlib import Path

from app.domain.extraction import Document, Extraction
from app.services.ports import Watch
from app.services.signing import new_key
from app.serving import google_backends, serving
from tests.scripted import ScriptedProcessor, an_extraction, read_field
from tests.serve_parts import settings_of_test
from tests.storage_server import TOKEN


class TakesItsTime(ScriptedProcessor):
    def __init__(self, folder: Path) -> None:
        super().__init__([an_extraction(read_field("member_id", "M-1"))])
        self._folder = folder

    def process(self, document: Document, watch: Watch | None = None) -> Extraction:
        (self._folder / "reading").touch()
        pause = threading.Event()
        while not (self._folder / "go").exists():
            pause.wait(0.02)
        return super().process(document, watch)


def main(folder: Path, emulator: str, project: str, storage: str) -> None:
    from google.oauth2.credentials import Credentials

    settings = settings_of_test(new_key()[0], patience=1)
    settings = replace(settings, connection=replace(settings.connection, project=project))
    credentials = Credentials(TOKEN)  # type: ignore[no-untyped-call]
    behind = google_backends(settings, emulator, storage, credentials)
    server = serving(settings, replace(behind, processor=TakesItsTime(folder)))
    server.end_on()
    (folder / "port.new").write_text(str(server.port), "utf-8")
    (folder / "port.new").rename(folder / "port")
    server.serve()
    (folder / "ended").touch()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:5])
