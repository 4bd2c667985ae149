"""What every backend of `ports.BucketRemote` promises, kept by folders of this computer and by Cloud Storage."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator
from pathlib import Path

import google_crc32c
import pytest
from google.oauth2.credentials import Credentials

from app.domain.connection import Connection
from app.domain.errors import Cancelled, Conflict, Rejected
from app.services.bucket import SHA256
from app.services.google.cloud_storage import CloudBuckets
from app.services.local.bucket_folder import FolderBuckets
from app.services.ports import BucketRemote, Progress
from tests.storage_server import storage_server


@pytest.fixture(params=["folder", "cloud"])
def buckets(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BucketRemote]:
    if request.param == "folder":
        yield FolderBuckets(tmp_path / "buckets", bytes(range(32)))
        return
    with storage_server() as server:
        made = CloudBuckets(server.connection(), server.credentials(), api_endpoint=server.url)
        yield made
        made.close()


FORM = b"%PDF-1.7\r\n\x00\xff--\r\n not text" * 50
LARGE = bytes(range(256)) * (9 * 4096)  # 9 MiB: above what goes up in one piece


@pytest.mark.parametrize(
    "content", [b"", b"\r\n", FORM, LARGE], ids=["empty", "a line end", "small", "large"]
)
def test_what_was_stored_comes_back_bit_for_bit(buckets: BucketRemote, content: bytes) -> None:
    stored = buckets.put("pa_forms_bkt", "cases/c1/d1", content, "application/pdf", {"case_id": "c1"})
    assert stored.uri == "gs://pa_forms_bkt/cases/c1/d1"
    assert stored.size == len(content)
    assert stored.generation > 0
    assert stored.crc32c == google_crc32c.value(content)
    assert buckets.get(stored.uri) == content


def test_what_stands_beside_a_file_comes_back(buckets: BucketRemote) -> None:
    buckets.put("clinical_docs", "a", FORM, "image/tiff", {"case_id": "c1", "document_id": "d1"})
    found = buckets.stat("gs://clinical_docs/a")
    assert found is not None
    assert found.media_type == "image/tiff"
    sha256 = hashlib.sha256(FORM).hexdigest()
    assert found.metadata == {"case_id": "c1", "document_id": "d1", SHA256: sha256}


@pytest.mark.parametrize("content", [FORM, LARGE], ids=["small", "large"])
def test_the_same_bytes_under_the_same_name_are_found_again(buckets: BucketRemote, content: bytes) -> None:
    first = buckets.put("pa_forms_bkt", "a", content, "application/pdf", {"case_id": "c1"})
    assert buckets.put("pa_forms_bkt", "a", content, "application/pdf", {"case_id": "c2"}) == first
    assert len(buckets.list("pa_forms_bkt")) == 1


@pytest.mark.parametrize("content", [FORM, LARGE], ids=["small", "large"])
def test_a_name_that_holds_other_bytes_is_never_overwritten(buckets: BucketRemote, content: bytes) -> None:
    first = buckets.put("pa_forms_bkt", "a", content)
    with pytest.raises(Conflict) as caught:
        buckets.put("pa_forms_bkt", "a", content[:-1] + b"!")
    assert caught.value.next_step
    assert buckets.get(first.uri) == content
    assert buckets.stat(first.uri) == first


def test_what_is_not_there_is_told_so(buckets: BucketRemote) -> None:
    assert buckets.stat("gs://pa_forms_bkt/nothing") is None
    with pytest.raises(Rejected) as caught:
        buckets.get("gs://pa_forms_bkt/nothing")
    assert caught.value.code == "object_gone"
    assert caught.value.next_step


def test_a_bucket_is_listed_by_prefix_in_the_order_of_names(buckets: BucketRemote) -> None:
    for name in ("b/2", "a", "b/1", "c", "ü/1"):
        buckets.put("um_policies", name, name.encode())
    buckets.put("clinical_docs", "b/9", b"elsewhere")
    assert [o.uri for o in buckets.list("um_policies")] == [
        f"gs://um_policies/{name}" for name in ("a", "b/1", "b/2", "c", "ü/1")
    ]
    found = buckets.list("um_policies", "b/")
    assert [o.uri for o in found] == ["gs://um_policies/b/1", "gs://um_policies/b/2"]
    assert [buckets.get(o.uri) for o in found] == [b"b/1", b"b/2"]
    assert buckets.list("eval_dataset") == ()


def test_names_that_would_leave_a_folder_are_names(buckets: BucketRemote) -> None:
    names = ("../../etc/x", "a//b", "/a", "C:\\x", "a b%2Fc?d#e", "con")
    for name in names:
        buckets.put("pa_forms_bkt", name, name.encode())
    for name in names:
        assert buckets.get(f"gs://pa_forms_bkt/{name}") == name.encode()
    assert len(buckets.list("pa_forms_bkt")) == len(names)


@pytest.mark.parametrize("name", ["", ".", "..", "a\nb", "x" * 1025])
def test_a_name_no_object_can_have_is_refused(buckets: BucketRemote, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        buckets.put("pa_forms_bkt", name, b"")


def test_a_bucket_that_is_not_known_is_refused(buckets: BucketRemote) -> None:
    with pytest.raises(KeyError):
        buckets.put("elsewhere", "a", b"")
    for uri in ("gs://elsewhere/a", "https://pa_forms_bkt/a", "gs://pa_forms_bkt", "gs://pa_forms_bkt/"):
        with pytest.raises(Rejected):
            buckets.get(uri)


@pytest.mark.parametrize("beside", [{"patient": "p1"}, {"case_id": "Ann Other"}, {"kind": "x" * 201}])
def test_what_may_be_a_patients_is_refused_beside_a_file(
    buckets: BucketRemote, beside: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match="metadata"):
        buckets.put("pa_forms_bkt", "a", b"", metadata=beside)
    assert buckets.list("pa_forms_bkt") == ()


@pytest.mark.parametrize("content", [FORM, LARGE], ids=["small", "large"])
def test_moving_a_file_is_followed_and_can_be_stopped(buckets: BucketRemote, content: bytes) -> None:
    def stop(_progress: Progress) -> None:
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        buckets.put("pa_forms_bkt", "a", content, watch=stop)
    assert buckets.stat("gs://pa_forms_bkt/a") is None
    seen: list[Progress] = []
    stored = buckets.put("pa_forms_bkt", "a", content, watch=seen.append)
    assert seen[-1] == Progress(len(content), len(content))
    with pytest.raises(Cancelled):
        buckets.get(stored.uri, stop)
    seen.clear()
    assert buckets.get(stored.uri, seen.append) == content
    assert seen[-1] == Progress(len(content), len(content))
    assert [p.done for p in seen] == sorted(p.done for p in seen)


@pytest.mark.parametrize("content", [b"", FORM, LARGE], ids=["empty", "small", "large"])
def test_an_emulator_of_others_understands_the_same_requests(content: bytes) -> None:
    """A server that was not written here: it knows no preconditions and no sign-in, so it is asked for the rest."""
    from gcp_storage_emulator.server import create_server

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    connection = Connection("a-payer", "europe-west4", "client", "https://127.0.0.1")
    emulator = create_server(
        "127.0.0.1", port, in_memory=True, default_bucket=connection.bucket("um_policies")
    )
    emulator.start()
    try:
        buckets = CloudBuckets(connection, Credentials("token"), api_endpoint=f"http://127.0.0.1:{port}")
        stored = buckets.put("um_policies", "a/b c.pdf", content, "application/pdf", {"kind": "policy"})
        assert stored.crc32c == google_crc32c.value(content)
        assert buckets.stat(stored.uri) == stored
        assert buckets.get(stored.uri) == content
        assert buckets.list("um_policies", "a/") == (stored,)
        buckets.remove(stored.uri)
        assert buckets.stat(stored.uri) is None
        buckets.close()
    finally:
        emulator.stop()
