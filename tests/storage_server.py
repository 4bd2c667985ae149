"""A Cloud Storage on loopback: the JSON API as the real client speaks it, refusing what the real one refuses.

    with storage_server() as server:
        buckets = CloudBuckets(server.connection(), server.credentials(), api_endpoint=server.url)

Objects lie in `server.objects`, by bucket and name; `server.faults` are served in their order to the requests they
are meant for; `server.finalized` are called with each object that was stored, as an event of the service says it.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import google_crc32c
from google.oauth2.credentials import Credentials

from app.domain.connection import BUCKETS, Connection

PROJECT, REGION, TOKEN = "a-payer", "europe-west4", "a-token"
ALL = frozenset(
    {
        "storage.objects.create",
        "storage.objects.get",
        "storage.objects.list",
        "storage.objects.delete",
        "storage.buckets.get",
    }
)
GRAIN = 256 * 1024
"""Pieces of an upload that are not the last are a multiple of this."""

_RESOURCE_FIELDS = {
    "name", "metadata", "contentType", "contentEncoding", "contentLanguage", "contentDisposition", "cacheControl",
    "crc32c", "md5Hash", "storageClass", "customTime", "size", "generation",
}  # fmt: skip
_QUERY = {
    "multipart": {"uploadType", "ifGenerationMatch", "name", "ifMetagenerationMatch"},
    "start": {"uploadType", "ifGenerationMatch", "name", "ifMetagenerationMatch"},
    "piece": {"uploadType", "upload_id", "ifGenerationMatch"},
    "status": {"uploadType", "upload_id", "ifGenerationMatch"},
    "download": {"alt", "generation", "ifGenerationMatch"},
    "stat": {"projection", "generation", "ifGenerationMatch", "fields"},
    "list": {"projection", "prefix", "pageToken", "maxResults", "delimiter", "fields", "startOffset"},
    "delete": {"generation", "ifGenerationMatch"},
    "bucket": {"projection", "fields"},
    "permissions": {"permissions"},
}
_NEEDS = {
    "multipart": "storage.objects.create",
    "start": "storage.objects.create",
    "download": "storage.objects.get",
    "stat": "storage.objects.get",
    "list": "storage.objects.list",
    "delete": "storage.objects.delete",
    "bucket": "storage.buckets.get",
}


@dataclass(frozen=True, slots=True)
class Refuses:
    """Answers with a status in place of what was asked."""

    status: int
    on: str = ""
    reason: str = "backendError"
    message: str = "Backend Error"


@dataclass(frozen=True, slots=True)
class Resets:
    """Reads what is sent, keeps nothing of it and resets the connection."""

    on: str = ""


@dataclass(frozen=True, slots=True)
class CutsOff:
    """A piece of an upload arrives in part: so many of its bytes are kept, then the connection is reset. On a
    download so many bytes go out.
    """

    after: int
    on: str = "piece"


@dataclass(frozen=True, slots=True)
class LosesAnswer:
    """Does what was asked; its answer never arrives."""

    on: str = ""


@dataclass(frozen=True, slots=True)
class Damages:
    """One bit of what goes out is another (a download), or of what came in (an upload, before it is checked)."""

    on: str = "download"


@dataclass(frozen=True, slots=True)
class Waits:
    """Answers so many seconds late; not at all when the test is over before."""

    seconds: float
    on: str = ""


Fault = Refuses | Resets | CutsOff | LosesAnswer | Damages | Waits


@dataclass(frozen=True, slots=True)
class Kept:
    """An object as the service keeps it."""

    content: bytes
    generation: int
    content_type: str
    metadata: dict[str, str]
    at: str
    encoding: str = ""
    """`gzip` for what somebody stored compressed: `content` is what lies there."""

    @property
    def crc32c(self) -> str:
        return base64.b64encode(google_crc32c.value(self.content).to_bytes(4, "big")).decode()


@dataclass
class _Session:
    bucket: str
    resource: dict[str, Any]
    content_type: str
    match: int | None
    total: int | None
    content: bytearray = field(default_factory=bytearray)
    done: bytes = b""


RETAINED = (
    "is subject to bucket's retention policy or object retention and cannot be deleted or overwritten until"
)


@dataclass
class StorageServer:
    """A service while a test runs. `asked` names every request it took, in order."""

    buckets: dict[str, str]
    project: str = PROJECT
    tokens: set[str] = field(default_factory=lambda: {TOKEN})
    granted: set[str] = field(default_factory=lambda: set(ALL))
    retained: bool = False
    """Whether the buckets let nothing go or be overwritten yet."""
    page: int = 1000
    endpoint_region: str = ""
    """A regional endpoint serves the buckets of its region and no other."""
    objects: dict[tuple[str, str], Kept] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    finalized: list[Callable[[dict[str, Any]], None]] = field(default_factory=list)
    url: str = ""
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _sessions: dict[str, _Session] = field(default_factory=dict)
    _generation: int = 1_700_000_000_000_000

    def connection(self) -> Connection:
        """A connection whose buckets are those of this service."""
        return Connection(self.project, REGION, "client", "https://127.0.0.1")

    def credentials(self, token: str = TOKEN) -> Credentials:
        """What a signed-in person asks with; it cannot be renewed."""
        return Credentials(token)  # type: ignore[no-untyped-call]

    def content(self, bucket: str, name: str) -> bytes:
        """What lies in one of the buckets as the program knows them."""
        return self.objects[self.connection().bucket(bucket), name].content

    def names(self, bucket: str) -> list[str]:
        called = self.connection().bucket(bucket)
        return sorted(name for held, name in self.objects if held == called)

    def forget_sessions(self) -> None:
        """What a week does to unfinished uploads."""
        self._sessions.clear()

    def keep(self, bucket: str, name: str, content: bytes, content_type: str = "", **metadata: str) -> Kept:
        """Put an object there, past all rules, as somebody else does. `bucket` is its name in the project."""
        with self.lock:
            self._generation += 1
            now = datetime(2026, 1, 5, 8, tzinfo=UTC) + timedelta(microseconds=self._generation % 10**9)
            kept = Kept(
                content, self._generation, content_type or "application/octet-stream", dict(metadata),
                now.isoformat().replace("+00:00", "Z"),
            )  # fmt: skip
            self.objects[bucket, name] = kept
            resource = self.resource(bucket, name, kept)
        for told in self.finalized:
            told(resource)
        return kept

    def resource(self, bucket: str, name: str, kept: Kept) -> dict[str, Any]:
        """An object as the JSON API and the service's events describe it."""
        return {
            "kind": "storage#object",
            "id": f"{bucket}/{name}/{kept.generation}",
            "selfLink": f"{self.url}/storage/v1/b/{bucket}/o/{name}",
            "name": name,
            "bucket": bucket,
            "generation": str(kept.generation),
            "metageneration": "1",
            "contentType": kept.content_type,
            "storageClass": "STANDARD",
            "size": str(len(kept.content)),
            "crc32c": kept.crc32c,
            "md5Hash": base64.b64encode(hashlib.md5(kept.content).digest()).decode(),
            "etag": str(kept.generation),
            "timeCreated": kept.at,
            "updated": kept.at,
            **({"contentEncoding": kept.encoding} if kept.encoding else {}),
            **({"metadata": kept.metadata} if kept.metadata else {}),
        }

    def fault(self, kind: str) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.on in ("", kind):
                    self.faults.remove(fault)
                    return fault
        return None


class _Refused(Exception):
    def __init__(self, status: int, message: str, reason: str = "invalid") -> None:
        super().__init__(message)
        self.status, self.message, self.reason = status, message, reason


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service: StorageServer
    disable_nagle_algorithm = True

    def log_message(self, *_args: object) -> None:
        """Say nothing on the terminal."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        split = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(split.query, keep_blank_values=True).items()}
        every = parse_qs(split.query)
        kind, bucket, name = _route(self.command, split.path, query)
        if kind == "piece" and not body:
            kind = "status"
        fault = self.service.fault(kind)
        self.service.asked.append(kind)
        try:
            if isinstance(fault, Waits):
                self.service.over.wait(fault.seconds)
            if isinstance(fault, Resets):
                self._reset()
                return
            if isinstance(fault, Refuses):
                raise _Refused(fault.status, fault.message, fault.reason)
            if isinstance(fault, Damages) and kind != "download":
                body = _damaged(body)
            self._checked(kind, bucket, query)
            answer = getattr(self, f"_{kind}")(
                bucket, name, query if kind != "permissions" else every, body, fault
            )
            if isinstance(fault, LosesAnswer) or answer is None:
                self._reset()
                return
        except _Refused as error:
            self.service.refused.append(error.message)
            answer = error.status, {}, _error(error, plain=kind == "download")
        status, headers, content = answer
        with suppress(BrokenPipeError, ConnectionResetError):
            self._answer(status, headers, content, fault if kind == "download" else None)

    def _answer(self, status: int, headers: dict[str, str], content: bytes, fault: Fault | None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if isinstance(fault, CutsOff):
            self.wfile.write(content[: fault.after])
            self.wfile.flush()
            self._reset()
        else:
            self.wfile.write(content)

    def _reset(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def _checked(self, kind: str, bucket: str, query: dict[str, str]) -> None:
        """What holds for every request: who asks, what they may, where, and words that are known."""
        service = self.service
        if kind == "unknown":
            raise _Refused(404, "Not Found", "notFound")
        unknown = set(query) - _QUERY[kind] - {"prettyPrint", "alt"}
        if unknown:
            raise _Refused(400, f"Unknown parameter: {min(unknown)}", "invalidParameter")
        if kind in ("piece", "status"):
            return  # the session's own address is what lets in
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if not token:
            raise _Refused(
                401, "Anonymous caller does not have access to the Google Cloud Storage bucket.", "required"
            )
        if token not in service.tokens:
            raise _Refused(401, "Invalid Credentials", "authError")
        needed = _NEEDS.get(kind)
        if needed and needed not in service.granted:
            raise _Refused(
                403,
                f"nurse@payer.example does not have {needed} access to the Google Cloud Storage object."
                f" Permission '{needed}' denied on resource (or it may not exist).",
                "forbidden",
            )
        if bucket not in service.buckets:
            raise _Refused(404, "The specified bucket does not exist.", "notFound")
        if service.endpoint_region and service.buckets[bucket] != service.endpoint_region:
            raise _Refused(400, f"The bucket is not served in {service.endpoint_region}.", "invalidLocation")

    # Uploads

    def _multipart(
        self, bucket: str, _name: str, query: dict[str, str], body: bytes, _fault: Fault | None
    ) -> tuple[int, dict[str, str], bytes]:
        kind = self.headers.get("Content-Type", "")
        if not kind.startswith("multipart/related"):
            raise _Refused(400, "multipart/related is expected")
        parts = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body).get_payload()
        if not isinstance(parts, list) or len(parts) != 2:
            raise _Refused(400, "Two parts are expected")
        resource = _resource(parts[0].get_payload(decode=True))
        content = _second_part(kind, body)
        return self._store(bucket, resource, parts[1].get_content_type(), content, _match(query), "")

    def _start(
        self, bucket: str, _name: str, query: dict[str, str], body: bytes, _fault: Fault | None
    ) -> tuple[int, dict[str, str], bytes]:
        resource = _resource(body or b"{}")
        resource.setdefault("name", query.get("name", ""))
        told = self.headers.get("X-Upload-Content-Length")
        total = int(told) if told else None
        session_id = f"session-{len(self.service._sessions) + 1}-{self.service._generation}"
        self.service._sessions[session_id] = _Session(
            bucket,
            resource,
            self.headers.get("X-Upload-Content-Type", "application/octet-stream"),
            _match(query),
            total,
        )
        where = (
            f"{self.service.url}/upload/storage/v1/b/{bucket}/o?uploadType=resumable&upload_id={session_id}"
        )
        return 200, {"Location": where, "X-GUploader-UploadID": session_id}, b""

    def _piece(
        self, _bucket: str, _name: str, query: dict[str, str], body: bytes, fault: Fault | None
    ) -> tuple[int, dict[str, str], bytes] | None:
        session = self.service._sessions.get(query["upload_id"])
        if session is None:
            raise _Refused(404, "Not Found")
        if session.done:
            return 200, {"Content-Type": "application/json"}, session.done
        span = re.fullmatch(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)", self.headers.get("Content-Range", ""))
        if span is None:
            raise _Refused(400, "Failed to parse Content-Range header.")
        total = None if span[3] == "*" else int(span[3])
        if session.total is not None and total is not None and total != session.total:
            raise _Refused(400, "The total differs from the one the upload was begun with.")
        if span[1] is None:
            return self._go_on(session)
        first, last = int(span[1]), int(span[2])
        if last - first + 1 != len(body):
            raise _Refused(400, "Content-Range does not fit the length of the body.")
        if first > len(session.content):
            raise _Refused(503, "Bytes before these are missing.")
        whole = total is not None and last + 1 == total
        if not whole and len(body) % GRAIN:
            raise _Refused(400, "Pieces must be multiples of 256 KiB.")
        fresh = body[len(session.content) - first :]
        if isinstance(fault, CutsOff):
            session.content += fresh[: fault.after - fault.after % GRAIN]
            return None
        session.content += fresh
        if not whole:
            return self._go_on(session)
        answer = self._store(
            session.bucket, session.resource, session.content_type, bytes(session.content), session.match,
            self.headers.get("X-Goog-Hash", ""),
        )  # fmt: skip
        session.done = answer[2]
        return answer

    _status = _piece

    @staticmethod
    def _go_on(session: _Session) -> tuple[int, dict[str, str], bytes]:
        held = len(session.content)
        return 308, ({"Range": f"bytes=0-{held - 1}"} if held else {}), b""

    def _store(
        self,
        bucket: str,
        resource: dict[str, Any],
        content_type: str,
        content: bytes,
        match: int | None,
        hashes: str,
    ) -> tuple[int, dict[str, str], bytes]:
        service, name = self.service, str(resource.get("name", ""))
        if not name or len(name.encode()) > 1024:
            raise _Refused(400, "Required: name", "required")
        told = {"crc32c": resource.get("crc32c"), "md5": resource.get("md5Hash")}
        told |= dict(part.strip().split("=", 1) for part in hashes.split(",") if "=" in part)
        crc = base64.b64encode(google_crc32c.value(content).to_bytes(4, "big")).decode()
        if told["crc32c"] not in (None, crc):
            raise _Refused(
                400,
                f'Provided CRC32C "{told["crc32c"]}" doesn\'t match calculated CRC32C "{crc}".',
                "invalid",
            )
        if told["md5"] not in (None, base64.b64encode(hashlib.md5(content).digest()).decode()):
            raise _Refused(400, "Provided MD5 hash doesn't match calculated MD5 hash.", "invalid")
        with service.lock:
            there = service.objects.get((bucket, name))
            if service.retained and there:
                raise _Refused(403, f"Object '{bucket}/{name}' {RETAINED} 2036.", "retentionPolicyNotMet")
            if match is not None and match != (there.generation if there else 0):
                raise _Refused(
                    412, "At least one of the pre-conditions you specified did not hold.", "conditionNotMet"
                )
            kept = service.keep(
                bucket, name, content, str(resource.get("contentType") or content_type),
                **resource.get("metadata", {}),
            )  # fmt: skip
        return _json(service.resource(bucket, name, kept))

    # Everything else

    def _there(self, bucket: str, name: str, query: dict[str, str]) -> Kept:
        kept = self.service.objects.get((bucket, name))
        wanted = query.get("generation")
        if kept is None and "storage.objects.list" not in self.service.granted:
            raise _Refused(
                403,
                "nurse@payer.example does not have storage.objects.list access to the Google Cloud Storage bucket."
                " Permission 'storage.objects.list' denied on resource (or it may not exist).",
                "forbidden",
            )
        if kept is None or (wanted and int(wanted) != kept.generation):
            raise _Refused(404, f"No such object: {bucket}/{name}", "notFound")
        match = _match(query)
        if match is not None and match != kept.generation:
            raise _Refused(
                412, "At least one of the pre-conditions you specified did not hold.", "conditionNotMet"
            )
        return kept

    def _stat(
        self, bucket: str, name: str, query: dict[str, str], _body: bytes, _fault: Fault | None
    ) -> tuple[int, dict[str, str], bytes]:
        return _json(self.service.resource(bucket, name, self._there(bucket, name, query)))

    def _download(
        self, bucket: str, name: str, query: dict[str, str], _body: bytes, fault: Fault | None
    ) -> tuple[int, dict[str, str], bytes]:
        kept = self._there(bucket, name, query)
        content = _damaged(kept.content) if isinstance(fault, Damages) else kept.content
        md5 = base64.b64encode(hashlib.md5(kept.content).digest()).decode()
        headers = {
            "Content-Type": kept.content_type,
            "X-Goog-Hash": f"crc32c={kept.crc32c},md5={md5}",
            "X-Goog-Generation": str(kept.generation),
            "X-Goog-Stored-Content-Length": str(len(kept.content)),
            "X-Goog-Stored-Content-Encoding": kept.encoding or "identity",
        }
        if kept.encoding and "gzip" in self.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"] = kept.encoding
        elif kept.encoding:  # whoever does not take it compressed gets it unpacked on the way
            content = gzip.decompress(content)
        return 200, headers, content

    def _list(
        self, bucket: str, _name: str, query: dict[str, str], _body: bytes, _fault: Fault | None
    ) -> tuple[int, dict[str, str], bytes]:
        service = self.service
        found = sorted(
            (name, kept)
            for (held, name), kept in service.objects.items()
            if held == bucket and name.startswith(query.get("prefix", ""))
        )
        start = int(query.get("pageToken", "0"))
        size = min(int(query.get("maxResults", service.page)), service.page)
        items = [service.resource(bucket, name, kept) for name, kept in found[start : start + size]]
        answer: dict[str, Any] = {"kind": "storage#objects", "items": items}
        if start + size < len(found):
            answer["nextPageToken"] = str(start + size)
        return _json(answer)

    def _delete(
        self, bucket: str, name: str, query: dict[str, str], _body: bytes, _fault: Fault | None
    ) -> tuple[int, dict[str, str], bytes]:
        self._there(bucket, name, query)
        if self.service.retained:
            raise _Refused(403, f"Object '{bucket}/{name}' {RETAINED} 2036.", "retentionPolicyNotMet")
        del self.service.objects[bucket, name]
        return 204, {}, b""

    def _bucket(
        self, bucket: str, _name: str, _query: dict[str, str], _body: bytes, _fault: Fault | None
    ) -> tuple[int, dict[str, str], bytes]:
        place = self.service.buckets[bucket].upper()
        return _json({"kind": "storage#bucket", "name": bucket, "id": bucket, "location": place})

    def _permissions(
        self, _bucket: str, _name: str, query: dict[str, Any], _body: bytes, _fault: Fault | None
    ) -> tuple[int, dict[str, str], bytes]:
        held = [p for p in query.get("permissions", []) if p in self.service.granted]
        return _json(
            {"kind": "storage#testIamPermissionsResponse", **({"permissions": held} if held else {})}
        )


def _route(method: str, path: str, query: dict[str, str]) -> tuple[str, str, str]:
    """What is asked, of which bucket and which object."""
    if found := re.fullmatch(r"/upload/storage/v1/b/([^/]+)/o", path):
        if method == "PUT" and "upload_id" in query:
            return "piece", found[1], ""
        if method == "POST":
            kind = {"multipart": "multipart", "resumable": "start"}.get(
                query.get("uploadType", ""), "unknown"
            )
            return kind, found[1], ""
    if found := re.fullmatch(r"(?:/download)?/storage/v1/b/([^/]+)/o/(.+)", path):
        media = path.startswith("/download") or query.get("alt") == "media"
        kind = {"GET": "download" if media else "stat", "DELETE": "delete"}.get(method, "unknown")
        return kind, found[1], unquote(found[2])
    if method == "GET" and (found := re.fullmatch(r"/storage/v1/b/([^/]+)(/o|/iam/testPermissions)?", path)):
        return {None: "bucket", "/o": "list", "/iam/testPermissions": "permissions"}[found[2]], found[1], ""
    return "unknown", "", ""


def _resource(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise _Refused(400, "Parse Error", "parseError") from error
    unknown = set(found) - _RESOURCE_FIELDS
    if unknown:
        raise _Refused(400, f"Invalid JSON payload received. Unknown name: {min(unknown)}", "badRequest")
    beside = found.get("metadata", {})
    if not all(isinstance(v, str) for v in beside.values()):
        raise _Refused(400, "Metadata values are strings.", "badRequest")
    return dict(found)


def _second_part(kind: str, body: bytes) -> bytes:
    """The media of a multipart upload, byte for byte: mail parsers change line ends."""
    boundary = b"--" + kind.partition("boundary=")[2].strip('"').encode()
    part = (
        body.split(boundary)[2]
        if body.count(boundary) == 3
        else body[body.index(boundary, 2) + len(boundary) :]
    )
    start = part.index(b"\r\n\r\n") + 4
    end = part.rindex(b"\r\n") if body.count(boundary) == 3 else part.rindex(b"\r\n" + boundary)
    return part[start:end]


def _match(query: dict[str, str]) -> int | None:
    return int(query["ifGenerationMatch"]) if "ifGenerationMatch" in query else None


def _damaged(content: bytes) -> bytes:
    """The same with one bit of its last third turned."""
    if not content:
        return content
    at = len(content) - 1 - len(content) // 3
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def _json(data: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    return 200, {"Content-Type": "application/json; charset=UTF-8"}, json.dumps(data).encode()


def _error(error: _Refused, *, plain: bool) -> bytes:
    if plain or error.message.startswith('{"error"'):  # a whole answer, as Google's front end gives
        return error.message.encode()
    inner = {"message": error.message, "domain": "global", "reason": error.reason}
    return json.dumps({"error": {"code": error.status, "message": error.message, "errors": [inner]}}).encode()


class _Threads(ThreadingHTTPServer):
    """Ends the connections that clients left open, so that its threads end."""

    daemon_threads = False

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.open: set[socket.socket] = set()

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self.open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self.open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, *_arguments: Any) -> None:
        """A client that went away is no news."""

    def end(self) -> None:
        for connection in list(self.open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def storage_server(
    buckets: dict[str, str] | None = None, *, location: str = REGION
) -> Iterator[StorageServer]:
    """A service on a free port, with the seven buckets of a project unless others are given (name: region)."""
    made = Connection(PROJECT, REGION, "client", "https://127.0.0.1")
    service = StorageServer(buckets if buckets is not None else {made.bucket(n): location for n in BUCKETS})
    handler = type("Handler", (_Handler,), {"service": service})
    server = _Threads(("127.0.0.1", 0), handler)
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield service
    finally:
        service.over.set()
        server.shutdown()
        server.end()
        server.server_close()
        thread.join()
