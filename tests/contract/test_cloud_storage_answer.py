"""What Cloud Storage may answer besides: retention, compressed files, uploads that end, refusals with a reason."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.domain.errors import Actionable, Conflict, Offline, Rejected, SignInRequired, Unreadable
from app.services.bucket import SHA256
from app.services.google import cloud_storage, storage_download
from app.services.google.cloud_storage import CloudBuckets
from tests.storage_server import GRAIN, Refuses, StorageServer, storage_server

SMALL = b"a form\r\n" * 100
LARGE = bytes(range(251)) * (GRAIN * 3 // 251)
URI = "gs://pa_forms_bkt/a"


@pytest.fixture
def server() -> Iterator[StorageServer]:
    with storage_server() as made:
        yield made


@pytest.fixture
def buckets(server: StorageServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudBuckets]:
    monkeypatch.setattr(cloud_storage, "CHUNK", GRAIN)
    made = CloudBuckets(server.connection(), server.credentials(), api_endpoint=server.url)
    yield made
    made.close()


def compressed(server: StorageServer, content: bytes, stored: bytes = b"", **metadata: str) -> None:
    """Have somebody put a file there compressed."""
    called = server.connection().bucket("pa_forms_bkt")
    kept = server.keep(called, "a", stored or gzip.compress(content), "application/pdf", **metadata)
    server.objects[called, "a"] = replace(kept, encoding="gzip")


# -- retention


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["at once", "in pieces"])
def test_what_is_kept_by_law_is_found_again_and_never_overwritten(
    server: StorageServer, buckets: CloudBuckets, content: bytes
) -> None:
    first = buckets.put("pa_forms_bkt", "a", content)
    server.retained = True
    assert buckets.put("pa_forms_bkt", "a", content).generation == first.generation
    with pytest.raises(Conflict):
        buckets.put("pa_forms_bkt", "a", content[:-1] + b"!")


def test_what_is_kept_by_law_is_not_a_missing_permission(
    server: StorageServer, buckets: CloudBuckets
) -> None:
    buckets.put("pa_forms_bkt", "a", SMALL)
    server.retained = True
    with pytest.raises(Rejected) as caught:
        buckets.remove(URI)
    assert caught.value.code == "bucket_retention"
    assert server.names("pa_forms_bkt") == ["a"]


# -- uploads that end


@pytest.mark.parametrize("status", [404, 410])
def test_an_upload_that_is_over_in_the_middle_begins_anew(
    server: StorageServer, buckets: CloudBuckets, status: int
) -> None:
    server.faults = [Refuses(status, on="piece", message="Gone")]
    with pytest.raises(Offline):
        buckets.put("pa_forms_bkt", "a", LARGE)
    assert buckets.put("pa_forms_bkt", "a", LARGE).size == len(LARGE)
    assert server.asked.count("start") == 2
    assert server.content("pa_forms_bkt", "a") == LARGE


def test_a_service_that_fails_in_the_middle_is_gone_on_with(
    server: StorageServer, buckets: CloudBuckets
) -> None:
    server.faults = [Refuses(503, on="piece")]
    with pytest.raises(Offline):
        buckets.put("pa_forms_bkt", "a", LARGE)
    buckets.put("pa_forms_bkt", "a", LARGE)
    assert server.asked.count("start") == 1
    assert server.content("pa_forms_bkt", "a") == LARGE


# -- compressed files


def test_what_others_stored_compressed_is_read_as_it_was(
    server: StorageServer, buckets: CloudBuckets
) -> None:
    compressed(server, SMALL)
    assert buckets.get(URI) == SMALL


@pytest.mark.parametrize("of", ["content", "stored"])
def test_the_sha256_of_a_compressed_file_may_be_of_either(
    server: StorageServer, buckets: CloudBuckets, of: str
) -> None:
    stored = gzip.compress(SMALL)
    digest = hashlib.sha256(SMALL if of == "content" else stored).hexdigest()
    compressed(server, SMALL, stored, **{SHA256: digest})
    assert buckets.get(URI) == SMALL
    compressed(server, SMALL + b"!", **{SHA256: digest})
    with pytest.raises(Unreadable):
        buckets.get(URI)


@pytest.mark.parametrize("stored", [b"no gzip at all", gzip.compress(SMALL)[:-9]])
def test_a_compressed_file_that_is_none_is_unreadable(
    server: StorageServer, buckets: CloudBuckets, stored: bytes
) -> None:
    compressed(server, b"", stored)
    with pytest.raises(Unreadable):
        buckets.get(URI)


def test_a_file_that_unpacks_without_end_is_unreadable(
    server: StorageServer, buckets: CloudBuckets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_download, "LARGEST", 10_000)
    compressed(server, bytes(20_000))
    with pytest.raises(Unreadable):
        buckets.get(URI)


# -- refusals


def test_who_may_not_list_is_told_that_the_file_may_be_missing(
    server: StorageServer, buckets: CloudBuckets
) -> None:
    server.granted.discard("storage.objects.list")
    with pytest.raises(Rejected) as caught:
        buckets.get(URI)
    assert "storage.objects.list" in str(caught.value)
    server.granted |= {"storage.objects.list"}
    server.granted.discard("storage.objects.get")
    with pytest.raises(Rejected) as caught:
        buckets.get(URI)
    assert "or the file is not there" in caught.value.reason


def info(reason: str) -> str:
    """An answer of Google's front end, before the service itself is reached."""
    detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
    }
    return json.dumps({"error": {"code": 403, "message": "no", "details": [detail]}})


@pytest.mark.parametrize(
    ("status", "reason", "message", "kind", "code"),
    [
        (403, "forbidden", "Cloud Storage JSON API has not been used in project 1 before or it is disabled.",
         Rejected, "service_disabled"),
        (403, "accountDisabled", "The billing account for the owning project is disabled in state absent",
         Rejected, "project_unusable"),
        (403, "insufficientPermissions", "Request had insufficient authentication scopes.",
         SignInRequired, "sign_in_scope"),
        (403, "vpcServiceControls", "Request is prohibited by organization's policy. VPC Service Controls: x",
         Rejected, "organisation_rule"),
        (400, "userProjectMissing", "Bucket is a requester pays bucket but no user project provided.",
         Rejected, "bucket_pays"),
        (403, "rateLimitExceeded", "Slow down.", Offline, "storage_busy"),
        (403, "forbidden", info("USER_PROJECT_DENIED"), Rejected, "project_use"),
        (401, "authError", info("ACCESS_TOKEN_EXPIRED"), SignInRequired, "google_sign_in"),
    ],
)  # fmt: skip
def test_every_reason_is_told_as_what_it_is(
    server: StorageServer, buckets: CloudBuckets, status: int, reason: str, message: str,
    kind: type[Actionable], code: str,
) -> None:  # fmt: skip
    server.faults = [Refuses(status, on="stat", reason=reason, message=message)] * 2
    with pytest.raises(kind) as caught:
        buckets.stat(URI)
    assert caught.value.code == code
    assert caught.value.next_step


def test_names_may_hold_what_files_are_called(server: StorageServer, buckets: CloudBuckets) -> None:
    for name in ("fax 12 (copy) #3 & é.pdf", "100%.pdf", "a+b?.pdf"):
        for content in (SMALL, LARGE):
            stored = buckets.put("pa_forms_bkt", f"{len(content)}/{name}", content)
            assert buckets.get(stored.uri) == content
    assert len(server.names("pa_forms_bkt")) == 6
