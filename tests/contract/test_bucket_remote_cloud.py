"""Cloud Storage alone: uploads that are cut off, answers that are lost, refusals in words."""

from __future__ import annotations

import hashlib
import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from app.domain.connection import BUCKETS
from app.domain.errors import Actionable, Cancelled, Conflict, Offline, Rejected, SignInRequired, Unreadable
from app.services.bucket import SHA256, SessionMemory
from app.services.google import cloud_storage
from app.services.google.cloud_storage import CloudBuckets
from app.services.ports import Progress
from tests.storage_server import (
    GRAIN,
    CutsOff,
    Damages,
    Fault,
    LosesAnswer,
    Refuses,
    Resets,
    StorageServer,
    Waits,
    storage_server,
)

SMALL = b"a form\r\n" * 100
CHUNK = 4 * GRAIN  # as large as it has to be here
LARGE = bytes(range(251)) * (CHUNK * 2 // 251 + 1000)  # three pieces, the last one short
URI = "gs://pa_forms_bkt/a"


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud_storage, "CHUNK", CHUNK)


@pytest.fixture
def server() -> Iterator[StorageServer]:
    with storage_server() as made:
        yield made


@pytest.fixture
def buckets(server: StorageServer) -> Iterator[CloudBuckets]:
    made = CloudBuckets(server.connection(), server.credentials(), api_endpoint=server.url)
    yield made
    made.close()


def until_done(buckets: CloudBuckets, content: bytes, tries: int = 9) -> int:
    """Put a file as the engine does, again after each doubt; how many tries it took."""
    for made in range(1, tries + 1):
        try:
            buckets.put("pa_forms_bkt", "a", content, "application/pdf", {"case_id": "c1"})
        except Offline:
            continue
        return made
    raise AssertionError("never stored")


# -- what is cut off goes on


def test_a_large_upload_goes_on_where_it_was_cut_off(server: StorageServer, buckets: CloudBuckets) -> None:
    server.faults = [CutsOff(CHUNK // 2), CutsOff(GRAIN + 17)]
    assert until_done(buckets, LARGE) == 3
    assert server.content("pa_forms_bkt", "a") == LARGE
    assert server.asked.count("start") == 1
    # Two were cut; the rest was sent from where they broke, not from the start.
    assert server.asked.count("piece") == 2 + 2
    assert server.asked.count("status") == 2


def test_an_upload_goes_on_after_a_restart(server: StorageServer) -> None:
    kept: dict[str, str] = {}
    for fault in (CutsOff(3 * GRAIN), None):
        server.faults = [fault] if fault else []
        sessions = SessionMemory(lambda: dict(kept), lambda known: (kept.clear(), kept.update(known)))
        buckets = CloudBuckets(
            server.connection(), server.credentials(), api_endpoint=server.url, sessions=sessions
        )
        try:
            if fault:
                with pytest.raises(Offline):
                    buckets.put("pa_forms_bkt", "a", LARGE)
                assert len(kept) == 1
            else:
                seen: list[Progress] = []
                buckets.put("pa_forms_bkt", "a", LARGE, watch=seen.append)
                assert [p.done for p in seen][:2] == [0, 3 * GRAIN]
        finally:
            buckets.close()
    assert server.content("pa_forms_bkt", "a") == LARGE
    assert server.asked.count("start") == 1
    assert kept == {}


def test_an_upload_whose_session_is_over_begins_anew(server: StorageServer, buckets: CloudBuckets) -> None:
    server.faults = [CutsOff(CHUNK)]
    with pytest.raises(Offline):
        buckets.put("pa_forms_bkt", "a", LARGE)
    server.forget_sessions()
    assert buckets.put("pa_forms_bkt", "a", LARGE).size == len(LARGE)
    assert server.asked.count("start") == 2
    assert server.content("pa_forms_bkt", "a") == LARGE


def test_an_upload_that_was_stopped_goes_on_when_it_is_wanted_again(
    server: StorageServer, buckets: CloudBuckets
) -> None:
    def stop(progress: Progress) -> None:
        if progress.done:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        buckets.put("pa_forms_bkt", "a", LARGE, watch=stop)
    assert server.names("pa_forms_bkt") == []
    buckets.put("pa_forms_bkt", "a", LARGE)
    assert server.asked.count("start") == 1
    assert server.content("pa_forms_bkt", "a") == LARGE


def test_closing_ends_what_is_under_way_and_it_goes_on_later(
    server: StorageServer, buckets: CloudBuckets
) -> None:
    def close(progress: Progress) -> None:
        if progress.done == CHUNK:
            buckets.close()

    with pytest.raises(Offline) as caught:
        buckets.put("pa_forms_bkt", "a", LARGE, watch=close)
    assert caught.value.code == "closed"
    assert buckets.put("pa_forms_bkt", "a", LARGE).size == len(LARGE)
    assert server.asked.count("start") == 1
    with pytest.raises(Offline):
        buckets.get(URI, lambda _progress: buckets.close())
    assert buckets.get(URI) == LARGE


FAULTS: list[Fault] = [
    Refuses(503),
    Refuses(500),
    Refuses(502),
    Refuses(408),
    Refuses(429, reason="rateLimitExceeded"),
    Refuses(403, reason="userRateLimitExceeded"),
    Resets(),
    LosesAnswer(),
]


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_at_any_request_leaves_one_whole_file(fault: Fault, content: bytes) -> None:
    """Each request of an upload fails once, in turn; the same call again ends it, and nothing is stored twice."""
    asked = 1
    position = 0
    while position < asked:
        with storage_server() as server:
            stored: list[object] = []
            server.finalized.append(stored.append)
            buckets = CloudBuckets(server.connection(), server.credentials(), api_endpoint=server.url)
            try:
                kinds = ["multipart"] if content is SMALL else ["start", "piece", "piece", "piece", "stat"]
                asked = len(kinds)
                _after(server, position, fault)
                assert until_done(buckets, content) == 2
                assert server.content("pa_forms_bkt", "a") == content
                assert len(stored) == 1
                assert buckets.get(URI) == content
            finally:
                buckets.close()
        position += 1


def _after(server: StorageServer, requests: int, fault: Fault) -> None:
    """Have the fault befall the request after so many others."""
    passed = 0
    told = server.fault

    def at(kind: str) -> Fault | None:
        nonlocal passed
        passed += 1
        return fault if passed == requests + 1 else told(kind)

    server.fault = at  # type: ignore[method-assign]


def test_a_download_that_is_cut_off_is_no_file(server: StorageServer, buckets: CloudBuckets) -> None:
    buckets.put("pa_forms_bkt", "a", LARGE)
    server.faults = [CutsOff(CHUNK + 5, on="download")]
    with pytest.raises(Offline):
        buckets.get(URI)
    assert buckets.get(URI) == LARGE


def test_an_answer_that_does_not_come_is_not_waited_for_without_end(
    server: StorageServer, buckets: CloudBuckets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cloud_storage, "TIMEOUT", (1.0, 0.1))
    server.faults = [Waits(30.0)]
    with pytest.raises(Offline):
        buckets.put("pa_forms_bkt", "a", SMALL)


def test_without_a_network_it_is_told_at_once(server: StorageServer) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    buckets = CloudBuckets(server.connection(), server.credentials(), api_endpoint=url)
    calls: list[Callable[[], object]] = [
        lambda: buckets.put("pa_forms_bkt", "a", SMALL),
        lambda: buckets.put("pa_forms_bkt", "a", LARGE),
        lambda: buckets.get(URI),
        lambda: buckets.stat(URI),
        lambda: buckets.list("pa_forms_bkt"),
        lambda: buckets.missing("pa_forms_bkt"),
    ]
    for call in calls:
        with pytest.raises(Offline) as caught:
            call()
        assert caught.value.next_step
    buckets.close()


# -- checksums


def test_what_is_damaged_on_its_way_up_is_not_stored(server: StorageServer, buckets: CloudBuckets) -> None:
    server.faults = [Damages(on="multipart"), Damages(on="piece")]
    with pytest.raises(Offline) as caught:
        buckets.put("pa_forms_bkt", "a", SMALL)
    assert caught.value.code == "upload_damaged"
    with pytest.raises(Offline):
        buckets.put("pa_forms_bkt", "b", LARGE)
    assert server.objects == {}
    # The session holds a damaged piece: the next try must not go on with it for ever.
    assert buckets.put("pa_forms_bkt", "b", LARGE).size == len(LARGE)
    assert server.content("pa_forms_bkt", "b") == LARGE


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])
def test_what_is_damaged_on_its_way_down_is_unreadable(
    server: StorageServer, buckets: CloudBuckets, content: bytes
) -> None:
    buckets.put("pa_forms_bkt", "a", content)
    server.faults = [Damages()]
    with pytest.raises(Unreadable) as caught:
        buckets.get(URI)
    assert caught.value.code == "object_altered"
    assert buckets.get(URI) == content


def test_a_file_that_is_not_what_its_sha256_says_is_unreadable(
    server: StorageServer, buckets: CloudBuckets
) -> None:
    called = server.connection().bucket("pa_forms_bkt")
    server.keep(called, "a", b"other bytes", "", sha256=hashlib.sha256(SMALL).hexdigest())
    with pytest.raises(Unreadable):
        buckets.get(URI)


def test_what_others_put_there_is_checked_on_its_way_down_too(
    server: StorageServer, buckets: CloudBuckets
) -> None:
    server.keep(server.connection().bucket("pa_forms_bkt"), "a", SMALL)
    server.faults = [Damages()]
    with pytest.raises(Unreadable):
        buckets.get(URI)


def test_a_file_that_others_put_there_without_a_sha256_is_read(
    server: StorageServer, buckets: CloudBuckets
) -> None:
    called = server.connection().bucket("pa_forms_bkt")
    server.keep(called, "fax 12.tif", SMALL, "image/tiff")
    (found,) = buckets.list("pa_forms_bkt")
    assert found.metadata == {}
    assert buckets.get(found.uri) == SMALL
    assert buckets.get(f"gs://{called}/fax 12.tif") == SMALL
    assert buckets.put("pa_forms_bkt", "fax 12.tif", SMALL).generation == found.generation
    with pytest.raises(Conflict):
        buckets.put("pa_forms_bkt", "fax 12.tif", SMALL + b"!")


# -- refusals


def test_who_is_not_signed_in_any_more_is_told_to_sign_in(server: StorageServer) -> None:
    buckets = CloudBuckets(server.connection(), server.credentials("expired"), api_endpoint=server.url)
    for call in (
        lambda: buckets.put("pa_forms_bkt", "a", SMALL),
        lambda: buckets.put("pa_forms_bkt", "a", LARGE),
        lambda: buckets.get(URI),
        lambda: buckets.list("pa_forms_bkt"),
    ):
        with pytest.raises(SignInRequired):
            call()
    buckets.close()
    assert server.objects == {}


@pytest.mark.parametrize(
    ("permission", "call"),
    [
        ("storage.objects.create", lambda b: b.put("pa_forms_bkt", "b", SMALL)),
        ("storage.objects.create", lambda b: b.put("pa_forms_bkt", "b", LARGE)),
        ("storage.objects.get", lambda b: b.get(URI)),
        ("storage.objects.get", lambda b: b.stat(URI)),
        ("storage.objects.list", lambda b: b.list("pa_forms_bkt")),
        ("storage.objects.delete", lambda b: b.remove(URI)),
    ],
)
def test_a_missing_permission_is_named(
    server: StorageServer, buckets: CloudBuckets, permission: str, call: Callable[[CloudBuckets], object]
) -> None:
    buckets.put("pa_forms_bkt", "a", SMALL)
    server.granted.discard(permission)
    with pytest.raises(Rejected) as caught:
        call(buckets)
    assert permission in str(caught.value)
    assert caught.value.params["permission"] == permission
    assert caught.value.next_step


def test_what_is_missing_can_be_asked_beforehand(server: StorageServer, buckets: CloudBuckets) -> None:
    assert buckets.missing("pa_forms_bkt") == ()
    server.granted -= {"storage.objects.create", "storage.objects.list"}
    assert buckets.missing("pa_forms_bkt") == ("storage.objects.create", "storage.objects.list")


@pytest.mark.parametrize("place", ["us-central1", "us", "asia-east1"])
def test_a_bucket_in_another_region_is_told(place: str) -> None:
    with storage_server(location=place) as server:
        buckets = CloudBuckets(server.connection(), server.credentials(), api_endpoint=server.url)
        with pytest.raises(Rejected) as caught:
            buckets.missing("pa_forms_bkt")
        assert place in str(caught.value)
        buckets.close()


def test_a_bucket_of_the_multi_region_serves_its_regions() -> None:
    with storage_server(location="eu") as server:
        buckets = CloudBuckets(server.connection(), server.credentials(), api_endpoint=server.url)
        assert buckets.missing("pa_forms_bkt") == ()
        buckets.close()


def test_a_regional_endpoint_of_another_region_refuses(server: StorageServer, buckets: CloudBuckets) -> None:
    server.endpoint_region = "us-central1"
    with pytest.raises(Rejected):
        buckets.put("pa_forms_bkt", "a", SMALL)
    assert server.objects == {}


def test_a_bucket_that_is_not_there_is_named(server: StorageServer) -> None:
    connection = replace(server.connection(), buckets={"pa_forms_bkt": "nobodys-bucket"})
    buckets = CloudBuckets(connection, server.credentials(), api_endpoint=server.url)
    calls: list[Callable[[], object]] = [
        lambda: buckets.put("pa_forms_bkt", "a", SMALL),
        lambda: buckets.put("pa_forms_bkt", "a", LARGE),
        lambda: buckets.stat(URI),
        lambda: buckets.list("pa_forms_bkt"),
        lambda: buckets.missing("pa_forms_bkt"),
    ]
    for call in calls:
        with pytest.raises(Rejected) as caught:
            call()
        assert caught.value.code == "bucket_missing"
        assert "nobodys-bucket" in str(caught.value)
    buckets.close()


def test_errors_tell_no_names_of_files(server: StorageServer, buckets: CloudBuckets) -> None:
    told: list[Actionable] = []
    server.faults = [Refuses(503), Refuses(400), Refuses(401), Refuses(403, reason="forbidden")]
    for _ in range(4):
        try:
            buckets.put("pa_forms_bkt", "secret-name", SMALL)
        except Actionable as error:
            told.append(error)
    assert len(told) == 4
    assert not [e for e in told if "secret-name" in f"{e} {e.params}"]


def test_a_file_that_is_not_needed_any_more_can_go(server: StorageServer, buckets: CloudBuckets) -> None:
    buckets.put("pa_forms_bkt", "a", SMALL)
    buckets.remove(URI)
    buckets.remove(URI)
    assert buckets.stat(URI) is None


def test_a_long_list_is_read_to_its_end(server: StorageServer, buckets: CloudBuckets) -> None:
    server.page = 3
    for number in range(10):
        buckets.put("um_policies", f"p{number}", b"x")
    assert len(buckets.list("um_policies")) == 10
    assert server.asked.count("list") == 4


def test_the_project_knows_its_buckets_by_other_names(server: StorageServer, buckets: CloudBuckets) -> None:
    for name in BUCKETS:
        assert re.fullmatch(r"gs://a-payer-[a-z-]+/x", buckets.address(f"gs://{name}/x"))
    buckets.put("pa_forms_bkt", "a", SMALL)
    found = buckets.stat("gs://a-payer-pa-forms-bkt/a")
    assert found is not None
    assert found.uri == URI
    assert found.metadata == {SHA256: hashlib.sha256(SMALL).hexdigest()}


def test_nothing_is_asked_of_the_service_that_nobody_asked_for(
    server: StorageServer, buckets: CloudBuckets
) -> None:
    buckets.put("pa_forms_bkt", "a", SMALL)
    assert server.asked == ["multipart"]
    buckets.get(URI)
    assert server.asked[1:] == ["stat", "download"]
