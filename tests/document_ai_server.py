"""A Document AI on loopback: gRPC from the service's own message types, answering from the file it is sent.

It opens the PDF, and says what stands in the zones of the processor's version. A version that is trained here learns
its zones from the labelled documents it is given; evaluating it compares what it reads with what they say. It refuses
what the real service refuses.
"""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
import pymupdf
from google.cloud import documentai_v1 as documentai
from google.longrunning import operations_pb2
from google.oauth2.credentials import Credentials
from google.protobuf import empty_pb2
from google.protobuf.unknown_fields import UnknownFieldSet
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from app.domain.box import Box
from tests.storage_server import TOKEN, StorageServer

PAGE_LIMIT, BATCH_LIMIT = 15, 200
MOST_BYTES = 20 * 1024 * 1024
TYPES = frozenset(
    {"application/pdf", "image/tiff", "image/jpeg", "image/png", "image/gif", "image/bmp", "image/webp"}
)
LEAST_EXAMPLES = 3
_NAME = re.compile(r"(projects/[\w-]+/locations/([\w-]+)/processors/[\w-]+)(?:/processorVersions/([\w-]+))?")
_SERVICE = "google.cloud.documentai.v1.DocumentProcessorService"


@dataclass(frozen=True, slots=True)
class Zone:
    """Where a version looks for an entity, in fractions of an upright page (from 0 within what is sent).

    `row` puts it into the n-th entity `table` as a property. `place` says how the answer tells where it stood:
    normalized, vertices, tokens (by its text alone) or none.
    """

    name: str
    box: Box
    page: int = 0
    kind: str = "text"
    table: str = ""
    row: int = 0
    place: str = "normalized"
    confidence: float = 0.9


@dataclass
class Version:
    zones: tuple[Zone, ...]
    deployed: bool = True
    evaluation: documentai.Evaluation | None = None


@dataclass
class Processor:
    versions: dict[str, Version]
    default: str = "v1"
    page_limit: int = PAGE_LIMIT


@dataclass
class _Work:
    """A long operation: how often it is still said to run, and what ends it."""

    operation: operations_pb2.Operation
    polls: int
    finish: Callable[[], Any]
    metadata: Any


class _Refused(Exception):
    def __init__(self, code: grpc.StatusCode, message: str, violated: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.violated = code, message, violated


def refusal(code: grpc.StatusCode, reason: str, message: str = "", **metadata: str) -> status_pb2.Status:
    """A refusal with its reason, as all of Google's services give one."""
    status = status_pb2.Status(code=code.value[0], message=message)
    info = error_details_pb2.ErrorInfo(reason=reason, domain="googleapis.com", metadata=metadata)
    status.details.add().Pack(info)
    return status


def quota(seconds: float) -> status_pb2.Status:
    """A quota that is used up, and for how long."""
    code = grpc.StatusCode.RESOURCE_EXHAUSTED.value[0]
    status = status_pb2.Status(code=code, message="Quota exceeded.")
    later = error_details_pb2.RetryInfo()
    later.retry_delay.FromNanoseconds(int(seconds * 1e9))
    status.details.add().Pack(later)
    return status


def violation(field_name: str, words: str) -> status_pb2.Status:
    """What the service does not take: its message alone says nothing, its details do."""
    code = grpc.StatusCode.INVALID_ARGUMENT.value[0]
    status = status_pb2.Status(code=code, message="Request contains an invalid argument.")
    found = error_details_pb2.BadRequest.FieldViolation(field=field_name, description=words)
    status.details.add().Pack(error_details_pb2.BadRequest(field_violations=[found]))
    return status


@dataclass
class DocumentAIServer:
    """A service while a test runs. `asked` names the calls it took; `sent` are the files it was sent, in order."""

    location: str = "us"
    project: str = "a-payer"
    storage: StorageServer | None = None
    processors: dict[str, Processor] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    granted: set[str] = field(
        default_factory=lambda: {"documentai.processors.processOnline", "documentai.processors.processBatch",
                                 "documentai.processorVersions.create", "documentai.evaluations.create"}
    )  # fmt: skip
    failures: list[tuple[str, grpc.StatusCode | status_pb2.Status]] = field(default_factory=list)
    """Which call fails next ("" for any) and with what; a status brings its details."""
    lines: bool = False
    """Whether pages tell their lines alone, as some versions do."""
    restarts: bool = False
    """Whether each part of a batch's answer counts its pages from 1."""
    not_accepted: int = 0
    """How many labelled forms a training leaves out."""
    unheard: str = ""
    """What a document of an answer says went wrong with it."""
    held: threading.Event | None = None
    """Answers wait for this where it is set."""
    polls: int = 2
    shard_pages: int = 5
    batch_limit: int = BATCH_LIMIT
    asked: list[str] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    works: dict[str, _Work] = field(default_factory=dict)
    address: str = ""

    def processor(self, name: str, *zones: Zone, page_limit: int = PAGE_LIMIT) -> str:
        """Have a processor whose version v1 looks into these zones; its resource name."""
        full = f"projects/{self.project}/locations/{self.location}/processors/{name}"
        self.processors[full] = Processor({"v1": Version(zones)}, page_limit=page_limit)
        return full

    def credentials(self, token: str = TOKEN) -> Credentials:
        return Credentials(token)  # type: ignore[no-untyped-call]

    # Calls

    def process(self, request: documentai.ProcessRequest) -> documentai.ProcessResponse:
        self._may("documentai.processors.processOnline")
        processor, version = self._version(request.name)
        if not request.raw_document.mime_type and not request.raw_document.content:
            raise _invalid("Request must specify a document source.")
        raw = request.raw_document
        if len(raw.content) > MOST_BYTES:
            words = f"Document size ({len(raw.content)}) exceeds the limit: {MOST_BYTES}."
            raise _Refused(grpc.StatusCode.INVALID_ARGUMENT, words, "raw_document.content")
        self.sent.append(raw.content)
        document = self._read(raw.content, raw.mime_type, version, processor.page_limit)
        return documentai.ProcessResponse(document=_masked(document, request.field_mask.paths))

    def batch(self, request: documentai.BatchProcessRequest) -> operations_pb2.Operation:
        self._may("documentai.processors.processBatch")
        _, version = self._version(request.name)
        config = request.document_output_config.gcs_output_config
        if not config.gcs_uri.startswith("gs://") or not config.gcs_uri.endswith("/"):
            raise _invalid("Output location must be a gs:// prefix.")
        documents = list(request.input_documents.gcs_documents.documents)
        if not documents:
            raise _invalid("At least one input document is needed.")
        metadata = documentai.BatchProcessMetadata()

        def finish() -> documentai.BatchProcessResponse:
            for number, document in enumerate(documents):
                status = documentai.BatchProcessMetadata.IndividualProcessStatus(
                    input_gcs_source=document.gcs_uri
                )
                try:
                    content = self._object(document.gcs_uri)
                    self.sent.append(content)
                    read = self._read(content, document.mime_type, version, self.batch_limit)
                    where = f"{config.gcs_uri}{uuid.uuid4().int % 10**19}/{number}/"
                    status.output_gcs_destination = where.rstrip("/")
                    for shard, part in enumerate(_shards(read, self.shard_pages)):
                        if self.restarts:
                            for number, page in enumerate(part.pages, 1):
                                page.page_number = number
                        part = _masked(part, config.field_mask.paths)
                        self._write(
                            f"{where}form-{shard}.json",
                            documentai.Document.to_json(part, preserving_proto_field_name=False).encode(),
                        )
                except _Refused as error:
                    status.status = status_pb2.Status(code=error.code.value[0], message=error.message)
                metadata.individual_process_statuses.append(status)
            return documentai.BatchProcessResponse()

        return self._begun(request.name, finish, metadata)

    def train(self, request: documentai.TrainProcessorVersionRequest) -> operations_pb2.Operation:
        self._may("documentai.processorVersions.create")
        processor, _ = self._version(request.parent)
        if not request.processor_version.display_name:
            raise _invalid("processor_version.display_name is needed.")
        training = self._labelled(request.input_data.training_documents)
        known = {p.name for t in request.document_schema.entity_types for p in t.properties}
        strange = {part.type_ for document in training for part in _flat(document)} - known
        if strange:
            raise _invalid(f"Invalid dataset: the schema does not know {min(strange)}.")
        metadata = documentai.TrainProcessorVersionMetadata()
        metadata.training_dataset_validation.document_error_count = self.not_accepted

        def finish() -> documentai.TrainProcessorVersionResponse:
            if len(training) < LEAST_EXAMPLES:
                raise _Refused(
                    grpc.StatusCode.FAILED_PRECONDITION,
                    f"Invalid dataset: at least {LEAST_EXAMPLES} training documents are needed.",
                )
            name = f"t{len(processor.versions)}"
            processor.versions[name] = Version(_learned(training), deployed=False)
            test = self._labelled(request.input_data.test_documents)
            if test:
                processor.versions[name].evaluation = self._measured(processor.versions[name], test)
            return documentai.TrainProcessorVersionResponse(
                processor_version=f"{request.parent}/processorVersions/{name}"
            )

        return self._begun(request.parent, finish, metadata)

    def evaluate(self, request: documentai.EvaluateProcessorVersionRequest) -> operations_pb2.Operation:
        self._may("documentai.evaluations.create")
        _, version = self._version(request.processor_version, deployed=False)
        documents = self._labelled(request.evaluation_documents)

        def finish() -> documentai.EvaluateProcessorVersionResponse:
            if not documents:
                raise _Refused(grpc.StatusCode.FAILED_PRECONDITION, "Invalid dataset: no documents.")
            made = self._measured(version, documents)
            made.name = f"{request.processor_version}/evaluations/e1"
            version.evaluation = made
            return documentai.EvaluateProcessorVersionResponse(evaluation=made.name)

        return self._begun(request.processor_version, finish, documentai.EvaluateProcessorVersionMetadata())

    def evaluation(self, request: documentai.GetEvaluationRequest) -> documentai.Evaluation:
        _, version = self._version(request.name.rpartition("/evaluations/")[0], deployed=False)
        if version.evaluation is None:
            raise _Refused(grpc.StatusCode.NOT_FOUND, "Evaluation not found.")
        return version.evaluation

    def version(self, request: documentai.GetProcessorVersionRequest) -> documentai.ProcessorVersion:
        _, version = self._version(request.name, deployed=False)
        states = documentai.ProcessorVersion.State
        return documentai.ProcessorVersion(
            name=request.name, state=states.DEPLOYED if version.deployed else states.UNDEPLOYED
        )

    def found(self, request: documentai.GetProcessorRequest) -> documentai.Processor:
        processor, _ = self._version(request.name)
        return documentai.Processor(
            name=request.name,
            default_processor_version=f"{request.name}/processorVersions/{processor.default}",
        )

    def deploy(self, request: documentai.DeployProcessorVersionRequest) -> operations_pb2.Operation:
        _, version = self._version(request.name, deployed=False)

        def finish() -> documentai.DeployProcessorVersionResponse:
            version.deployed = True
            return documentai.DeployProcessorVersionResponse()

        return self._begun(request.name, finish, documentai.DeployProcessorVersionMetadata())

    def prefer(self, request: documentai.SetDefaultProcessorVersionRequest) -> operations_pb2.Operation:
        processor, _ = self._version(request.processor)
        self._version(request.default_processor_version)

        def finish() -> documentai.SetDefaultProcessorVersionResponse:
            processor.default = request.default_processor_version.rpartition("/")[2]
            return documentai.SetDefaultProcessorVersionResponse()

        return self._begun(request.processor, finish, documentai.SetDefaultProcessorVersionMetadata())

    def operation(self, request: operations_pb2.GetOperationRequest) -> operations_pb2.Operation:
        work = self.works.get(request.name)
        if work is None:
            raise _Refused(grpc.StatusCode.NOT_FOUND, "Operation not found.")
        if work.operation.done:
            return work.operation
        work.polls -= 1
        if work.polls <= 0:
            try:
                result = work.finish()
                work.operation.response.Pack(type(result).pb(result))
            except _Refused as error:
                work.operation.error.CopyFrom(
                    status_pb2.Status(code=error.code.value[0], message=error.message)
                )
            work.operation.done = True
        work.operation.metadata.Pack(type(work.metadata).pb(work.metadata))
        return work.operation

    def cancel(self, request: operations_pb2.CancelOperationRequest) -> empty_pb2.Empty:
        work = self.works.get(request.name)
        if work is None:
            raise _Refused(grpc.StatusCode.NOT_FOUND, "Operation not found.")
        self.cancelled.append(request.name)
        if not work.operation.done:
            work.operation.error.CopyFrom(status_pb2.Status(code=1, message="The operation was cancelled."))
            work.operation.done = True
        return empty_pb2.Empty()

    # How it answers

    def _begun(self, parent: str, finish: Callable[[], Any], metadata: Any) -> operations_pb2.Operation:
        place = "/".join(parent.split("/")[:4])
        operation = operations_pb2.Operation(name=f"{place}/operations/{len(self.works) + 1}")
        operation.metadata.Pack(type(metadata).pb(metadata))
        self.works[operation.name] = _Work(operation, self.polls, finish, metadata)
        return operation

    def _may(self, permission: str) -> None:
        if permission not in self.granted:
            raise _Refused(
                grpc.StatusCode.PERMISSION_DENIED,
                f"Permission '{permission}' denied on resource '//documentai.googleapis.com/x' (or it may not exist).",
            )

    def _version(self, name: str, *, deployed: bool = True) -> tuple[Processor, Version]:
        found = _NAME.fullmatch(name)
        if found is None:
            raise _invalid(f"Invalid resource name: {name!r}")
        if found[2] != self.location:
            raise _invalid(
                f"Invalid location: '{self.location}' must match the server deployment '{found[2]}'."
            )
        processor = self.processors.get(found[1])
        version = processor.versions.get(found[3] or processor.default) if processor else None
        if processor is None or version is None:
            raise _Refused(grpc.StatusCode.NOT_FOUND, "Processor with id not found.")
        if deployed and not version.deployed:
            raise _Refused(grpc.StatusCode.FAILED_PRECONDITION, "Processor version is not deployed.")
        return processor, version

    def _read(self, content: bytes, mime_type: str, version: Version, limit: int) -> documentai.Document:
        if mime_type not in TYPES:
            raise _invalid("Unsupported input file format.")
        try:
            with pymupdf.open(stream=content, filetype=mime_type.rpartition("/")[2]) as file:
                if file.page_count > limit:
                    words = f"Document pages exceed the limit: {limit} got {file.page_count}"
                    raise _Refused(grpc.StatusCode.INVALID_ARGUMENT, words, "raw_document.content")
                read = _read_pages(file, mime_type, version.zones)
        except (pymupdf.FileDataError, RuntimeError) as error:
            raise _invalid("Unsupported input file format.") from error
        if self.lines:
            for page in read.pages:
                page.lines = [{"layout": token.layout} for token in page.tokens]
                page.tokens = []
        if self.unheard:
            read.error = status_pb2.Status(
                code=grpc.StatusCode.INVALID_ARGUMENT.value[0], message=self.unheard
            )
        return read

    def _object(self, uri: str) -> bytes:
        bucket, _, name = uri.removeprefix("gs://").partition("/")
        kept = self.storage.objects.get((bucket, name)) if self.storage is not None else None
        if kept is None:
            raise _Refused(grpc.StatusCode.NOT_FOUND, "Failed to read the input object.")
        return kept.content

    def _write(self, uri: str, content: bytes) -> None:
        bucket, _, name = uri.removeprefix("gs://").partition("/")
        assert self.storage is not None
        self.storage.keep(bucket, name, content, "application/json")

    def _labelled(self, config: documentai.BatchDocumentsInputConfig) -> list[documentai.Document]:
        """Labelled documents, read strictly: what has a field the format does not know is refused."""
        bucket, _, prefix = config.gcs_prefix.gcs_uri_prefix.removeprefix("gs://").partition("/")
        if not bucket or self.storage is None:
            return []
        found = []
        for (held, name), kept in sorted(self.storage.objects.items()):
            if held == bucket and name.startswith(prefix) and name.endswith(".json"):
                try:
                    document = documentai.Document.from_json(kept.content.decode())
                except ValueError as error:
                    raise _invalid(f"Invalid document: {error}") from error
                _checked(document)
                found.append(document)
        return found

    def _measured(self, version: Version, documents: list[documentai.Document]) -> documentai.Evaluation:
        """Precision and recall of what the version reads in the labelled files, entity by entity."""
        right = wrong = missed = 0
        for labelled in documents:
            read = self._read(labelled.content, labelled.mime_type, version, BATCH_LIMIT)
            said, heard = _answers(labelled), _answers(read)
            for each in heard:
                if each in said:
                    said.remove(each)
                    right += 1
                else:
                    wrong += 1
            missed += len(said)
        precision = right / (right + wrong) if right + wrong else 0.0
        recall = right / (right + missed) if right + missed else 0.0
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        metrics = documentai.Evaluation.Metrics(
            precision=precision, recall=recall, f1_score=f1, true_positives_count=right,
            false_positives_count=wrong, false_negatives_count=missed, total_documents_count=len(documents),
        )  # fmt: skip
        level = documentai.Evaluation.ConfidenceLevelMetrics(confidence_level=0.0, metrics=metrics)
        return documentai.Evaluation(
            document_counters=documentai.Evaluation.Counters(
                input_documents_count=len(documents), evaluated_documents_count=len(documents)
            ),
            all_entities_metrics=documentai.Evaluation.MultiConfidenceMetrics(
                confidence_level_metrics=[level], confidence_level_metrics_exact=[level]
            ),
        )


def _invalid(message: str) -> _Refused:
    return _Refused(grpc.StatusCode.INVALID_ARGUMENT, message)


def _flat(document: documentai.Document) -> list[documentai.Document.Entity]:
    return [part for entity in document.entities for part in (entity.properties or [entity])]


def _answers(document: documentai.Document) -> list[tuple[str, str]]:
    """What a document says, as it is compared: a box by whether it is ticked, and only when it is."""
    found = []
    for entity in _flat(document):
        if "boolean_value" not in entity.normalized_value:
            found.append((entity.type_, entity.mention_text))
        elif entity.normalized_value.boolean_value:
            found.append((entity.type_, "ticked"))
    return found


def _checked(document: documentai.Document) -> None:
    """What a labelled document has to hold: a file, pages, and entities that say where they stand."""
    if not document.content or not document.mime_type or not document.pages:
        raise _invalid("Invalid document: content, mime_type and pages are needed.")
    for entity in _flat(document):
        refs = entity.page_anchor.page_refs
        if not entity.type_ or not refs or refs[0].page >= len(document.pages):
            raise _invalid("Invalid document: an entity has no type or no place.")
        if len(refs[0].bounding_poly.normalized_vertices) != 4:
            raise _invalid("Invalid document: an entity has no bounding poly.")
        for segment in entity.text_anchor.text_segments:
            if segment.end_index > len(document.text):
                raise _invalid("Invalid document: a text anchor ends behind the text.")


def _learned(documents: list[documentai.Document]) -> tuple[Zone, ...]:
    """A zone for each kind of entity: around where it stood in the examples."""
    places: dict[tuple[str, int, str, int], list[Box]] = {}
    ticks = {part.type_ for d in documents for part in _flat(d) if "boolean_value" in part.normalized_value}
    for document in documents:
        rows: dict[str, int] = {}
        for entity in document.entities:
            row = rows[entity.type_] = rows.get(entity.type_, 0) + 1
            for part in entity.properties or [entity]:
                ref = part.page_anchor.page_refs[0]
                xs = [v.x for v in ref.bounding_poly.normalized_vertices]
                ys = [v.y for v in ref.bounding_poly.normalized_vertices]
                table = entity.type_ if entity.properties else ""
                key = (part.type_, int(ref.page), table, row if table else 0)
                places.setdefault(key, []).append(Box(min(xs), min(ys), max(xs), max(ys)))
    return tuple(
        Zone(
            name,
            Box.around(boxes).padded(0.005, 0.004),
            page,
            "tick" if name in ticks else "text",
            table,
            row,
        )
        for (name, page, table, row), boxes in places.items()
    )


def _read_pages(file: Any, mime_type: str, zones: tuple[Zone, ...]) -> documentai.Document:
    """The words of a file as tokens, and those in the zones as entities."""
    document = documentai.Document(mime_type=mime_type)
    text = ""
    words: list[list[tuple[Box, int, int, str]]] = []
    for number, page in enumerate(file):
        shown = page.rect
        here = []
        made = documentai.Document.Page(
            page_number=number + 1, dimension={"width": shown.width, "height": shown.height, "unit": "points"}
        )
        for entry in page.get_text("words"):
            rect = pymupdf.Rect(entry[:4]) * page.rotation_matrix
            box = Box(
                rect.x0 / shown.width, rect.y0 / shown.height, rect.x1 / shown.width, rect.y1 / shown.height
            )
            start, text = len(text), f"{text}{entry[4]} "
            here.append((box, start, start + len(entry[4]), entry[4]))
            made.tokens.append(
                {
                    "layout": {
                        "text_anchor": _anchor(start, len(text)),
                        "confidence": 0.98,
                        "bounding_poly": _poly(box),
                    }
                }
            )
        document.pages.append(made)
        words.append(here)
    document.text = text
    rows: dict[tuple[str, int], documentai.Document.Entity] = {}
    for zone in zones:
        if zone.page >= len(words):
            continue
        inside = [w for w in words[zone.page] if zone.box.contains(*w[0].centre)]
        if not inside:
            continue
        entity = _entity(zone, inside, document.pages[zone.page])
        if zone.table:
            row = rows.setdefault((zone.table, zone.row), documentai.Document.Entity(type_=zone.table))
            row.properties.append(entity)
        else:
            document.entities.append(entity)
    for row in rows.values():
        row.confidence = min(p.confidence for p in row.properties)
        row.mention_text = " ".join(p.mention_text for p in row.properties)
        document.entities.append(row)
    return document


def _entity(zone: Zone, inside: list[Any], page: documentai.Document.Page) -> documentai.Document.Entity:
    said = " ".join(w[3] for w in inside)
    entity = documentai.Document.Entity(type_=zone.name, mention_text=said, confidence=zone.confidence)
    if zone.place in ("normalized", "vertices", "tokens"):
        entity.text_anchor = {
            "text_segments": [{"start_index": w[1], "end_index": w[2]} for w in inside], "content": said,
        }  # fmt: skip
    if zone.place in ("normalized", "vertices", "page"):
        ref = documentai.Document.PageAnchor.PageRef(page=zone.page)
        around = Box.around(w[0] for w in inside)
        if zone.place == "normalized":
            ref.bounding_poly = _poly(around)
        elif zone.place == "vertices":
            size = page.dimension
            ref.bounding_poly = {
                "vertices": [
                    {"x": round(v["x"] * size.width), "y": round(v["y"] * size.height)}
                    for v in _poly(around)["normalized_vertices"]
                ]
            }
        entity.page_anchor = {"page_refs": [ref]}
    if zone.kind == "tick":
        entity.normalized_value = {
            "boolean_value": said in ("X", "x"),
            "text": str(said in ("X", "x")).lower(),
        }
    elif zone.kind == "date" and re.fullmatch(r"\d+/\d+/\d+", said):
        month, day, year = (int(part) for part in said.split("/"))
        entity.normalized_value = {
            "date_value": {"year": year, "month": month, "day": day}, "text": f"{year}-{month:02}-{day:02}",
        }  # fmt: skip
    return entity


def _anchor(start: int, end: int) -> dict[str, Any]:
    return {"text_segments": [{"start_index": start, "end_index": end}]}


def _poly(box: Box) -> dict[str, Any]:
    corners = [(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)]
    return {"normalized_vertices": [{"x": x, "y": y} for x, y in corners]}


def _masked(document: documentai.Document, paths: Any) -> documentai.Document:
    """Only what was asked for: top-level fields, and fields of pages."""
    wanted = list(paths)
    if not wanted:
        return document
    known = set(documentai.Document.meta.fields) | {
        f"pages.{n}" for n in documentai.Document.Page.meta.fields
    }
    for path in wanted:
        if path not in known:
            raise _invalid(f"Invalid field mask: {path}")
    out = documentai.Document()
    for name in documentai.Document.meta.fields:
        if name in wanted and name in document:
            setattr(out, name, getattr(document, name))
    of_pages = [p.removeprefix("pages.") for p in wanted if p.startswith("pages.")]
    if "pages" in wanted or of_pages:
        for page in document.pages:
            kept = documentai.Document.Page()
            for name in of_pages or ["page_number", "dimension", "tokens"]:
                setattr(kept, name, getattr(page, name))
            out.pages.append(kept)
    return out


def _shards(document: documentai.Document, pages: int) -> list[documentai.Document]:
    """A document as a batch writes it: so many pages each, page references within the shard."""
    count = -(-len(document.pages) // pages)
    found = []
    for shard in range(count):
        first = shard * pages
        part = documentai.Document(mime_type=document.mime_type, text=document.text)
        if "error" in document:
            part.error = document.error
        part.shard_info = {"shard_index": shard, "shard_count": count}
        part.pages = document.pages[first : first + pages]
        for entity in document.entities:
            at = _first_page(entity)
            if first <= at < first + pages:
                part.entities.append(_moved(entity, first))
        found.append(part)
    return found


def _first_page(entity: documentai.Document.Entity) -> int:
    refs = (entity.properties[0] if entity.properties else entity).page_anchor.page_refs
    return int(refs[0].page) if refs else 0


def _moved(entity: documentai.Document.Entity, by: int) -> documentai.Document.Entity:
    made = documentai.Document.Entity(entity)
    for each in [made, *made.properties]:
        for ref in each.page_anchor.page_refs:
            ref.page -= by
    return made


def _unknown(message: Any) -> bool:
    """Whether a message holds a field that its type does not know, at any depth."""
    if len(UnknownFieldSet(message)):
        return True
    for descriptor, value in message.ListFields():
        if descriptor.type != descriptor.TYPE_MESSAGE or descriptor.message_type.GetOptions().map_entry:
            continue
        repeated = not hasattr(value, "ListFields")
        if any(_unknown(each) for each in (value if repeated else [value])):
            return True
    return False


def _serving(service: DocumentAIServer, name: str, answer: Callable[[Any], Any], routed: bool) -> Any:
    def serve(request: Any, context: grpc.ServicerContext) -> Any:
        service.asked.append(name)
        metadata = dict(context.invocation_metadata())
        if service.held is not None:
            service.held.wait(30)
        for failure in list(service.failures):
            if failure[0] in ("", name):
                service.failures.remove(failure)
                if isinstance(failure[1], status_pb2.Status):
                    context.abort_with_status(rpc_status.to_status(failure[1]))
                context.abort(failure[1], "as the test wants it")
        token = metadata.get("authorization", "").removeprefix("Bearer ")
        if token not in service.tokens:
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "Request had invalid authentication credentials.")
        if routed and "x-goog-request-params" not in metadata:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "Request contains no routing header.")
        plain = request if hasattr(request, "ListFields") else type(request).pb(request)
        if _unknown(plain):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "Request holds an unknown field.")
        try:
            return answer(request)
        except _Refused as error:
            service.refused.append(error.message)
            if error.violated:
                return context.abort_with_status(
                    rpc_status.to_status(violation(error.violated, error.message))
                )
            return context.abort(error.code, error.message)

    return serve


def _handlers(service: DocumentAIServer) -> list[Any]:
    d = documentai
    own = {
        "ProcessDocument": (service.process, d.ProcessRequest, d.ProcessResponse),
        "BatchProcessDocuments": (service.batch, d.BatchProcessRequest, None),
        "TrainProcessorVersion": (service.train, d.TrainProcessorVersionRequest, None),
        "EvaluateProcessorVersion": (service.evaluate, d.EvaluateProcessorVersionRequest, None),
        "GetEvaluation": (service.evaluation, d.GetEvaluationRequest, d.Evaluation),
        "GetProcessorVersion": (service.version, d.GetProcessorVersionRequest, d.ProcessorVersion),
        "GetProcessor": (service.found, d.GetProcessorRequest, d.Processor),
        "DeployProcessorVersion": (service.deploy, d.DeployProcessorVersionRequest, None),
        "SetDefaultProcessorVersion": (service.prefer, d.SetDefaultProcessorVersionRequest, None),
    }
    methods = {
        name: grpc.unary_unary_rpc_method_handler(
            _serving(service, name, answer, True),
            request_deserializer=asked.deserialize,
            response_serializer=(
                answered.serialize if answered is not None else operations_pb2.Operation.SerializeToString
            ),
        )
        for name, (answer, asked, answered) in own.items()
    }
    long = {
        "GetOperation": grpc.unary_unary_rpc_method_handler(
            _serving(service, "GetOperation", service.operation, False),
            request_deserializer=operations_pb2.GetOperationRequest.FromString,
            response_serializer=operations_pb2.Operation.SerializeToString,
        ),
        "CancelOperation": grpc.unary_unary_rpc_method_handler(
            _serving(service, "CancelOperation", service.cancel, False),
            request_deserializer=operations_pb2.CancelOperationRequest.FromString,
            response_serializer=empty_pb2.Empty.SerializeToString,
        ),
    }
    return [
        grpc.method_handlers_generic_handler(_SERVICE, methods),
        grpc.method_handlers_generic_handler("google.longrunning.Operations", long),
    ]


@contextmanager
def document_ai_server(
    storage: StorageServer | None = None, *, location: str = "us"
) -> Iterator[DocumentAIServer]:
    """A service on a free port; batches and training read and write the given storage."""
    service = DocumentAIServer(location, storage=storage)
    threads = futures.ThreadPoolExecutor(4, thread_name_prefix="document-ai")
    server = grpc.server(threads, options=[("grpc.max_receive_message_length", -1), ("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers(_handlers(service))
    service.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield service
    finally:
        if service.held is not None:
            service.held.set()
        server.stop(0).wait()
        threads.shutdown()
