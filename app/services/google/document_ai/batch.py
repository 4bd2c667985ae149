"""Documents too long to be answered at once: through a bucket, and nothing of it stays there."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from app.domain.errors import Actionable, Offline, Rejected, Unreadable
from app.services import media
from app.services.google.document_ai.failure import BATCH, Busy, TooLong, raise_for, translated
from app.services.google.document_ai.wire import SECONDS, Wires
from app.services.ports import Progress, Watch

if TYPE_CHECKING:
    from app.services.google.document_ai.processor import Removing

BUCKET = "training_forms"
"""What is on its way lies here, under `WORKING`: the buckets that hold what the law wants kept refuse to let go."""
WORKING = "working/document_ai"
LONGEST = 1800.0
"""Seconds a batch may take."""
_FIRST, _LAST = 1.0, 10.0


def read_in_batch(
    wires: Wires,
    buckets: Removing,
    name: str,
    content: bytes,
    read: Sequence[str],
    watch: Watch | None,
    wait: Callable[[float], object],
) -> list[Any]:
    """The documents that come back, in the order of their pages. Raises `Offline`, `Rejected`, `Unreadable`,
    `Cancelled`; whatever happens, what was put into the bucket is removed as far as it can be reached.
    """
    place = f"{WORKING}/{uuid.uuid4().hex}"
    sent = buckets.put(BUCKET, f"{place}/form.pdf", content, media.PDF, {"kind": "form"}, watch)
    try:
        _worked(wires, buckets, name, sent.uri, f"gs://{BUCKET}/{place}/answer/", read, watch, wait)
        return _answers(buckets, f"{place}/answer/")
    finally:
        # What cannot be removed now is removed by the bucket's own rule; the error that counts is the first one.
        with suppress(Actionable):
            for stored in buckets.list(BUCKET, f"{place}/"):
                buckets.remove(stored.uri)


def _worked(
    wires: Wires,
    buckets: Removing,
    name: str,
    uri: str,
    to: str,
    read: Sequence[str],
    watch: Watch | None,
    wait: Callable[[float], object],
) -> None:
    from google.cloud import documentai_v1 as documentai
    from google.protobuf.field_mask_pb2 import FieldMask  # type: ignore[import-untyped]

    source = documentai.GcsDocument(gcs_uri=buckets.address(uri), mime_type=media.PDF)
    request = documentai.BatchProcessRequest(
        name=name,
        input_documents=documentai.BatchDocumentsInputConfig(
            gcs_documents=documentai.GcsDocuments(documents=[source])
        ),
        document_output_config=documentai.DocumentOutputConfig(
            gcs_output_config=documentai.DocumentOutputConfig.GcsOutputConfig(
                gcs_uri=buckets.address(f"{to}x")[:-1], field_mask=FieldMask(paths=list(read))
            )
        ),
        skip_human_review=True,
    )
    client = wires.of(name).client
    try:
        with translated(BATCH):
            operation = client.batch_process_documents(request=request, retry=None, timeout=SECONDS).operation
            operations = client.transport.operations_client
    except Busy as error:
        raise error.told from error
    except TooLong as error:
        raise _too_long() from error
    waited, pause = 0.0, _FIRST
    try:
        while not operation.done:
            if watch is not None:
                watch(Progress(0, 0))
            if waited > LONGEST:
                raise Offline(
                    "Document AI did not finish this form in half an hour.",
                    "Try again later.",
                    code="document_ai_slow",
                )
            wait(pause)
            waited, pause = waited + pause, min(_LAST, pause * 1.5)
            try:
                with translated("documentai.operations.getLegacy"):
                    operation = operations.get_operation(operation.name, retry=None, timeout=SECONDS)
            except Busy:
                continue
    except BaseException:
        with suppress(Exception):  # it is given up in any case: nobody reads what comes of it
            operations.cancel_operation(operation.name, retry=None, timeout=SECONDS)
        raise
    _refused(operation)


def _refused(operation: Any) -> None:
    """Raise what a batch failed with, as a whole or for its one document."""
    from google.cloud import documentai_v1 as documentai

    failed = operation.error if operation.HasField("error") else None
    told = documentai.BatchProcessMetadata()
    operation.metadata.Unpack(documentai.BatchProcessMetadata.pb(told))
    for each in told.individual_process_statuses:
        if each.status.code:
            failed = each.status
    if failed is not None:
        _raise(failed)


def _raise(failed: Any) -> None:
    """Raise what a status says, for a document on its way through the bucket."""
    try:
        with translated(BATCH):
            raise_for(failed)
    except Busy as error:
        raise error.told from error
    except TooLong as error:
        raise _too_long() from error
    except Rejected as error:
        if error.code != "document_ai_missing":
            raise
        # the processor was there when the batch began: it is the file, or where the answer goes
        raise Rejected(
            "Document AI found no file, or no place for its answer, in the bucket that long forms go through.",
            "Ask your administrator to look at the bucket training_forms and at who may use it.",
            code="document_ai_bucket",
        ) from error


def _too_long() -> Unreadable:
    return Unreadable(
        "The form has more pages than Document AI reads.",
        "Enter what it says by hand, or take the processor out of the connection to read it here.",
        code="document_ai_pages",
    )


def _answers(buckets: Removing, prefix: str) -> list[Any]:
    from google.cloud.documentai_v1 import Document

    found = []
    for stored in buckets.list(BUCKET, prefix):
        if stored.uri.endswith(".json"):
            text = buckets.get(stored.uri)
            document = Document.pb(Document.from_json(text.decode(), ignore_unknown_fields=True))
            found.append((_place_of(stored.uri, document), document))
    if not found:
        raise Offline(
            "Document AI answered without a result.", "Try again in a while.", code="document_ai_empty"
        )
    found.sort(key=lambda one: one[0])
    for _, document in found:
        _raise(document.error)
    return [document for _, document in found]


def _place_of(name: str, document: Any) -> tuple[int, int, int]:
    """Where a part of an answer belongs: by what it says of itself, else by the number at the end of its name."""
    number = re.search(r"-(\d+)\.json$", name)
    pages = document.pages
    return (
        document.shard_info.shard_index,
        pages[0].page_number if pages else 0,
        int(number[1]) if number else 0,
    )
