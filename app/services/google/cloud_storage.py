"""Cloud Storage as the buckets of many desks: resumable, checked both ways, never overwriting.

`google.cloud.storage` is loaded with the first call. Trying again is the caller's: every call here is one try.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from app.domain.connection import BUCKETS, Connection
from app.domain.errors import Offline, Rejected
from app.domain.sync import StoredObject
from app.services.bucket import (
    SHA256,
    SessionMemory,
    Sessions,
    altered,
    checked_metadata,
    checked_name,
    name_taken,
    not_stored,
    parts_of,
    uri_of,
)
from app.services.google.storage_download import Sink, unpacked
from app.services.google.storage_failure import Missing, Stale, told_in_words
from app.services.ports import Progress, Watch

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from google.auth.transport.requests import AuthorizedSession
    from google.cloud.storage import Blob, Client  # type: ignore[import-untyped]

CHUNK = 8 * 1024 * 1024
"""Above this a file goes up in pieces of this size; a multiple of 256 KiB, as the service asks."""
TIMEOUT = (5.0, 30.0)
"""Seconds to connect, and between two pieces of an answer."""
_DONE, _CREATED, _GO_ON = 200, 201, 308
_SESSION_OVER = (404, 410)

PERMISSIONS = ("storage.objects.create", "storage.objects.get", "storage.objects.list")
"""What a desk needs in its buckets."""


class CloudBuckets:
    """The buckets of a project (`ports.BucketRemote`). Thread-safe.

    An upload above `CHUNK` that was cut off goes on where the service says it stopped, also after a restart when
    `sessions` outlives it (the service forgets a session after a week). `api_endpoint` is for a regional or private
    endpoint, and for tests.
    """

    def __init__(
        self,
        connection: Connection,
        credentials: Credentials,
        *,
        api_endpoint: str | None = None,
        sessions: Sessions | None = None,
    ) -> None:
        self._connection = connection
        self._credentials = credentials
        self._endpoint = api_endpoint
        self._sessions = sessions if sessions is not None else SessionMemory()
        self._lock = threading.Lock()
        self._made: tuple[Client, AuthorizedSession] | None = None
        self._closings = 0

    def put(
        self,
        bucket: str,
        name: str,
        content: bytes,
        media_type: str = "",
        metadata: Mapping[str, str] | None = None,
        watch: Watch | None = None,
    ) -> StoredObject:
        """Store a file. What was cut off or left without an answer raises `Offline`; the same call again finds the
        file stored, or goes on with it.
        """
        uri_of(bucket, name)
        beside = checked_metadata(metadata)
        beside[SHA256] = hashlib.sha256(content).hexdigest()
        watch = self._until_closed(watch)
        watch(Progress(0, len(content)))
        try:
            with self._told("storage.objects.create", bucket):
                blob = self._blob(bucket, name)
                blob.metadata = beside
                if len(content) > CHUNK:
                    stored = self._in_pieces(blob, bucket, content, media_type, watch)
                else:
                    stored = self._at_once(blob, bucket, content, media_type)
        except Stale as taken:
            found = self.stat(uri_of(bucket, name))
            if found is None:
                raise Offline(
                    "The bucket changed while the file was stored.", "It is tried again.", code="bucket_moved"
                ) from taken
            if not _same(found, content, beside[SHA256]):
                raise name_taken() from taken
            stored = found
        except Missing as over:
            raise Offline(
                "The upload was given up by the bucket.", "It begins anew by itself.", code="upload_over"
            ) from over
        if stored.size != len(content) or stored.crc32c != _crc32c(content):
            raise altered()
        watch(Progress(len(content), len(content)))
        return stored

    def get(self, uri: str, watch: Watch | None = None) -> bytes:
        """The file, checked against the service's checksum and the SHA-256 that stands beside it.

        Raises `Rejected` when it is not there.
        """
        bucket, name = self._parts(uri)
        with self._told("storage.objects.get", bucket):
            blob = self._found(bucket, name)
            if blob is None:
                raise not_stored()
            # All of one version: what replaces the file meanwhile is not mixed into it. What is stored compressed
            # would be checked against the wrong bytes: it is taken as it lies there.
            sink = Sink(int(blob.size or 0), self._until_closed(watch))
            try:
                with self._told("storage.objects.get", bucket):
                    blob.download_to_file(
                        sink,
                        raw_download=True,
                        if_generation_match=blob.generation,
                        checksum="crc32c",
                        retry=None,
                        timeout=TIMEOUT,
                    )
            except (Missing, Stale) as error:
                raise not_stored() from error
        stored = sink.getvalue()
        content = unpacked(stored) if blob.content_encoding == "gzip" else stored
        told = (blob.metadata or {}).get(SHA256, "")
        digests = {hashlib.sha256(each).hexdigest() for each in ((content, stored) if told else ())}
        if len(stored) != blob.size or (told and told not in digests):
            raise altered()
        return content

    def stat(self, uri: str) -> StoredObject | None:
        bucket, name = self._parts(uri)
        with self._told("storage.objects.get", bucket):
            blob = self._found(bucket, name)
            return None if blob is None else _stored(bucket, blob)

    def list(self, bucket: str, prefix: str = "") -> tuple[StoredObject, ...]:
        with self._told("storage.objects.list", bucket):
            client, _ = self._client()
            found = client.list_blobs(
                self._connection.bucket(bucket), prefix=prefix or None, retry=None, timeout=TIMEOUT
            )
            return tuple(_stored(bucket, blob) for blob in found)

    def remove(self, uri: str) -> None:
        """Remove a file that nobody needs any more: what a job of a cloud wrote on the way. One that is gone already
        is no error.
        """
        bucket, name = self._parts(uri)
        try:
            with self._told("storage.objects.delete", bucket):
                self._blob(bucket, name).delete(retry=None, timeout=TIMEOUT)
        except Missing:
            return
        except Stale as kept:
            raise Rejected(
                "The bucket keeps this file until its time is over.",
                "Nothing is to be done: what the law wants kept cannot be removed.",
                code="bucket_retention",
            ) from kept

    def address(self, uri: str) -> str:
        """The address as the project's other services know it: with the bucket's name there."""
        bucket, name = self._parts(uri)
        return f"gs://{self._connection.bucket(bucket)}/{name}"

    def missing(self, bucket: str) -> tuple[str, ...]:
        """Which of `PERMISSIONS` whoever is signed in lacks in a bucket. Raises `Rejected` when there is no such
        bucket, or it lies in another region than the connection says: patients' data stay where they belong.
        """
        name = self._connection.bucket(bucket)
        with self._told("storage.buckets.get", bucket):
            client, _ = self._client()
            granted = client.bucket(name).test_iam_permissions(
                [*PERMISSIONS, "storage.buckets.get"], timeout=TIMEOUT, retry=None
            )
            if "storage.buckets.get" in granted:
                place = str(client.get_bucket(name, timeout=TIMEOUT, retry=None).location or "").lower()
                if place and not _in_region(self._connection.location.lower(), place):
                    raise Rejected(
                        f"The bucket {name} lies in {place}, not in {self._connection.location}.",
                        "Ask your administrator to make the bucket in the region of the project.",
                        code="bucket_region",
                        bucket=name,
                        place=place,
                    )
        return tuple(p for p in PERMISSIONS if p not in granted)

    def close(self) -> None:
        """Let go of the connections: what is under way ends at its next piece. A later call makes them anew."""
        with self._lock:
            self._closings += 1
            made, self._made = self._made, None
        if made is not None:
            made[0].close()
            made[1].close()  # type: ignore[no-untyped-call]

    # One try each

    def _at_once(self, blob: Blob, bucket: str, content: bytes, media_type: str) -> StoredObject:
        blob.upload_from_string(
            content,
            content_type=media_type or "application/octet-stream",
            if_generation_match=0,
            checksum="crc32c",
            retry=None,
            timeout=TIMEOUT,
        )
        return _stored(bucket, blob)

    def _in_pieces(
        self, blob: Blob, bucket: str, content: bytes, media_type: str, watch: Watch
    ) -> StoredObject:
        key = f"{blob.bucket.name}/{blob.name}#{(blob.metadata or {})[SHA256]}"
        session = self._sessions.recall(key)
        total = len(content)
        at = 0
        answer: Any = None
        if session:
            answer = self._send(session, b"", f"bytes */{total}", "")
            if answer.status_code in _SESSION_OVER:
                self._sessions.forget(key)
                session = ""
            elif answer.status_code == _GO_ON:
                at = _received(answer)
        if not session:
            session = blob.create_resumable_upload_session(
                content_type=media_type or "application/octet-stream",
                size=total,
                if_generation_match=0,
                checksum="crc32c",
                retry=None,
                timeout=TIMEOUT,
            )
            self._sessions.remember(key, session)
            answer = None
        while answer is None or answer.status_code == _GO_ON:
            watch(Progress(at, total))
            piece = content[at : at + CHUNK]
            last = at + len(piece) == total
            answer = self._send(
                session,
                piece,
                f"bytes {at}-{at + len(piece) - 1}/{total}",
                f"crc32c={_base64(_crc32c(content))}" if last else "",
            )
            if answer.status_code == _GO_ON:
                went = _received(answer)
                if went <= at:  # the service kept nothing of it: it is not asked again and again
                    raise Offline(
                        "The upload does not get on.", "It is tried again later.", code="upload_stuck"
                    )
                at = went
        if answer.status_code not in (_DONE, _CREATED):
            if answer.status_code < 500 and answer.status_code not in (408, 429):
                self._sessions.forget(key)
            answer.raise_for_status()
        self._sessions.forget(key)
        blob.reload(retry=None, timeout=TIMEOUT)
        return _stored(bucket, blob)

    def _until_closed(self, watch: Watch | None) -> Watch:
        """The watch, and an end when the connections are let go of meanwhile."""
        closings = self._closings

        def follow(progress: Progress) -> None:
            if self._closings != closings:
                raise Offline("The connection was let go of.", "It is tried again later.", code="closed")
            if watch is not None:
                watch(progress)

        return follow

    def _send(self, session: str, piece: bytes, span: str, checksum: str) -> Any:
        headers = {"Content-Range": span, "Content-Length": str(len(piece))}
        if checksum:
            headers["X-Goog-Hash"] = checksum
        _, transport = self._client()
        return transport.request(  # type: ignore[no-untyped-call]
            "PUT", session, data=piece, headers=headers, timeout=TIMEOUT, allow_redirects=False
        )

    def _found(self, bucket: str, name: str) -> Blob | None:
        blob = self._blob(bucket, name)
        try:
            with self._told("storage.objects.get", bucket):
                blob.reload(retry=None, timeout=TIMEOUT)
        except Missing:
            return None
        return blob

    def _blob(self, bucket: str, name: str) -> Blob:
        client, _ = self._client()
        return client.bucket(self._connection.bucket(bucket)).blob(checked_name(name))

    def _parts(self, uri: str) -> tuple[str, str]:
        return parts_of(uri, {known: self._connection.bucket(known) for known in BUCKETS})

    def _told(self, permission: str, bucket: str) -> Any:
        return told_in_words(permission, self._connection.bucket(bucket))

    def _client(self) -> tuple[Client, AuthorizedSession]:
        with self._lock:
            if self._made is None:
                from google.auth.transport.requests import AuthorizedSession
                from google.cloud.storage import Client

                session = AuthorizedSession(self._credentials)  # type: ignore[no-untyped-call]
                client = Client(
                    project=self._connection.project,
                    credentials=self._credentials,
                    _http=session,
                    client_options={"api_endpoint": self._endpoint} if self._endpoint else None,
                )
                # The client would ask for each bucket once more, from threads of its own and for minutes while there
                # is no network, to put names into traces nobody takes.
                vars(client)["_bucket_metadata_cache"] = None
                self._made = client, session
            return self._made


def _received(answer: Any) -> int:
    """How many bytes the service holds of an unfinished upload."""
    span = str(answer.headers.get("Range", ""))
    return int(span.rpartition("-")[2]) + 1 if span.startswith("bytes=0-") else 0


def _same(found: StoredObject, content: bytes, sha256: str) -> bool:
    return (
        found.size == len(content)
        and found.crc32c == _crc32c(content)
        and found.metadata.get(SHA256, sha256) == sha256
    )


def _stored(bucket: str, blob: Any) -> StoredObject:
    return StoredObject(
        uri_of(bucket, str(blob.name)),
        int(blob.size or 0),
        int(blob.generation or 0),
        int.from_bytes(base64.b64decode(blob.crc32c or ""), "big"),
        str(blob.content_type or ""),
        {str(k): str(v) for k, v in (blob.metadata or {}).items()},
    )


def _crc32c(content: bytes) -> int:
    import google_crc32c

    return int(google_crc32c.value(content))


def _base64(number: int) -> str:
    return base64.b64encode(number.to_bytes(4, "big")).decode()


def _in_region(region: str, place: str) -> bool:
    """Whether a bucket's location serves a region: the region itself, or the multi-region it is part of."""
    return place == region or (
        place in ("us", "eu") and region.startswith({"us": "us-", "eu": "europe-"}[place])
    )


__all__ = ["CHUNK", "PERMISSIONS", "CloudBuckets"]
