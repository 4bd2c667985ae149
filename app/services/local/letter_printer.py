"""Letters printed by a document worker: the program itself never loads what lays them out."""

from __future__ import annotations

from app.services.document_worker.process import WorkerGone, WorkerProcess
from app.services.local.document_opener import WorkerDocumentOpener, lost

SECONDS = 30.0


class WorkerLetterPrinter:
    """Prints letters (`ports.LetterPrinter`) with a worker of the opener's, one for each letter."""

    def __init__(self, opener: WorkerDocumentOpener) -> None:
        self._opener = opener

    def print(self, body: str, title: str, foot: str) -> bytes:
        worker: WorkerProcess = self._opener.take()
        try:
            frame = worker.call(
                "print", {"title": title, "foot": foot}, body.encode("utf-8", "replace"), seconds=SECONDS
            )
        except WorkerGone as error:
            raise lost(error.why) from error
        finally:
            worker.kill()
        if not frame.payload.startswith(b"%PDF-"):
            raise lost("wrong")
        return frame.payload
