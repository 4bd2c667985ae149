"""Documents for work without a network: fetched, fetched beforehand, kept within a limit."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.domain.case import to_time
from app.domain.errors import Cancelled, Offline, Rejected, SignInRequired, StorageFailed, Unreadable
from app.services.document_cache import RECENT, DocumentCache
from app.services.google.cloud_storage import CloudBuckets
from app.services.ports import Progress
from app.workstation import Workstation, build, settings
from tests.storage_server import CutsOff, Refuses, Resets, StorageServer, Waits, storage_server
from tests.written import WrittenReader, put_case, written_backends

ME, OTHER = "n.nurse", "somebody.else"


@dataclass
class Desk:
    """A workspace with a cache over a Cloud Storage; `now` goes on only when it is told to."""

    station: Workstation
    server: StorageServer
    buckets: CloudBuckets
    now: datetime = datetime(2026, 3, 1, 9, tzinfo=UTC)
    rested: list[float] = field(default_factory=list)
    put_off: list[Callable[[], object]] = field(default_factory=list)
    cache: DocumentCache = field(init=False)

    def __post_init__(self) -> None:
        self.cache = self.made()

    def made(self, **settings: Any) -> DocumentCache:
        def rest(seconds: float) -> bool:
            self.rested.append(seconds)
            return True

        return DocumentCache(
            self.station.blobs,
            self.station.store.cached,
            self.station.in_store,
            lambda: self.buckets,
            now=lambda: self.now,
            later=self.put_off.append,
            rest=rest,
            **settings,
        )

    def case(self, *contents: bytes, uploaded: bool = True, **values: Any) -> str:
        """A case that came from the shared queue: its files lie in the bucket, not here."""
        documents = {}
        for number, content in enumerate(contents):
            sha256 = hashlib.sha256(content).hexdigest()
            uri = ""
            if uploaded:
                uri = self.buckets.put("pa_forms_bkt", f"f/{sha256}", content).uri
            documents[f"d{number}"] = {
                "name": "f.pdf", "uri": uri, "sha256": sha256, "media_type": "application/pdf", "kind": "form",
                "page_count": 1, "pages": [1], "received_at": to_time(self.now),
            }  # fmt: skip
        case = put_case(self.station, documents=documents, **values)
        self.server.asked.clear()
        return case.case_id

    def here(self, content: bytes) -> bool:
        return self.station.blobs.holds(hashlib.sha256(content).hexdigest())

    def later(self, **passed: float) -> None:
        self.now += timedelta(**passed)

    def run(self, statement: str, *parameters: object) -> None:
        self.station.in_store(lambda: self.station.store._database.run(statement, parameters))


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def form(number: int, size: int = 1000) -> bytes:
    return (f"form {number} ".encode() * size)[:size]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with storage_server() as server:
        buckets = CloudBuckets(server.connection(), server.credentials(), api_endpoint=server.url)
        station = build(settings(tmp_path), bytes(32), written_backends(WrittenReader()))
        made = Desk(station, server, buckets)
        yield made
        made.cache.close()
        station.close()
        buckets.close()


# -- on demand


def test_a_document_that_is_not_here_is_fetched_once_and_kept(desk: Desk) -> None:
    desk.case(form(1))
    assert desk.cache.get(sha(form(1))) == form(1)
    desk.server.faults = [Resets()] * 9
    assert desk.cache.get(sha(form(1))) == form(1)
    assert desk.station.blobs.get(sha(form(1))) == form(1)


def test_what_is_kept_is_encrypted(desk: Desk, tmp_path: Path) -> None:
    desk.case(form(1))
    desk.cache.get(sha(form(1)))
    files = [p for p in (tmp_path / "blobs").rglob("*") if p.is_file()]
    assert files
    assert not [p for p in files if b"form 1" in p.read_bytes()]


@pytest.mark.parametrize("fault", [Refuses(503), Resets(), CutsOff(10, on="download")], ids=str)
def test_without_a_network_it_says_so_and_keeps_nothing(desk: Desk, fault: Any) -> None:
    desk.case(form(1))
    desk.server.faults = [fault]
    with pytest.raises(Offline) as caught:
        desk.cache.get(sha(form(1)))
    assert caught.value.code == "document_not_here"
    assert caught.value.next_step
    assert not desk.here(form(1))
    assert desk.cache.get(sha(form(1))) == form(1)


def test_who_is_not_signed_in_is_told_so(desk: Desk) -> None:
    desk.case(form(1))
    desk.server.tokens.clear()
    with pytest.raises(SignInRequired):
        desk.cache.get(sha(form(1)))


def test_another_file_than_the_case_names_is_refused(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.case(form(1))
    called = desk.server.connection().bucket("pa_forms_bkt")
    desk.server.keep(called, f"f/{sha(form(1))}", b"another file")
    with pytest.raises(Unreadable) as caught:
        desk.cache.get(sha(form(1)))
    assert caught.value.code == "other_document"
    assert not desk.here(form(1))
    assert not desk.here(b"another file")
    assert [r.levelno for r in caplog.records] == [logging.WARNING]


def test_of_two_addresses_the_one_that_has_it_is_taken(desk: Desk) -> None:
    first = desk.case(form(1))
    second = put_case(
        desk.station,
        documents={
            "d": {
                "name": "f", "uri": "gs://clinical_docs/other", "sha256": sha(form(1)), "media_type": "",
                "kind": "clinical", "page_count": 1, "pages": [1], "received_at": to_time(desk.now),
            }
        },
    )  # fmt: skip
    assert first != second.case_id
    desk.buckets.put("clinical_docs", "other", form(1))
    desk.buckets.remove(f"gs://pa_forms_bkt/f/{sha(form(1))}")
    assert desk.cache.get(sha(form(1))) == form(1)


def test_a_document_no_case_knows_is_gone(desk: Desk) -> None:
    with pytest.raises(StorageFailed) as caught:
        desk.cache.get("0" * 64)
    assert caught.value.code == "blob_gone"


def test_a_damaged_file_is_fetched_anew(desk: Desk, tmp_path: Path) -> None:
    desk.case(form(1))
    desk.cache.get(sha(form(1)))
    (path,) = [p for p in (tmp_path / "blobs").rglob("*") if p.is_file()]
    path.write_bytes(path.read_bytes()[:-1])
    assert desk.cache.get(sha(form(1))) == form(1)
    assert desk.station.blobs.get(sha(form(1))) == form(1)


def test_two_who_want_the_same_document_fetch_it_once(desk: Desk) -> None:
    desk.case(form(1))
    desk.server.faults = [Waits(0.05)]
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(desk.cache.get(sha(form(1))))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert found == [form(1)] * 4
    assert desk.server.asked.count("download") == 1


def test_the_lane_of_the_store_never_waits_for_a_network(desk: Desk) -> None:
    desk.case(form(1))
    with pytest.raises(Offline):
        desk.station.in_store(desk.cache.get, sha(form(1)))
    assert desk.server.asked == []
    (fetch,) = desk.put_off
    fetch()
    assert desk.station.in_store(desk.cache.get, sha(form(1))) == form(1)


def test_fetching_can_be_followed_and_stopped(desk: Desk) -> None:
    desk.case(form(1))

    def stop(_progress: Progress) -> None:
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        desk.cache.fetch(sha(form(1)), stop)
    seen: list[Progress] = []
    desk.cache.fetch(sha(form(1)), seen.append)
    assert seen[-1].done == len(form(1))


# -- beforehand


def test_what_is_mine_comes_first_and_then_what_is_next(desk: Desk) -> None:
    soon, late = to_time(desk.now), to_time(desk.now + timedelta(days=3))
    desk.case(form(1), received_at=late)
    desk.case(form(2), received_at=soon)
    desk.case(form(3), received_at=late, assigned_to=ME)
    desk.case(form(4), received_at=soon, assigned_to=OTHER)
    desk.case(form(5), received_at=soon, intake_status="needs_review", status="")
    fetched: list[bytes] = []
    real = desk.buckets.get
    desk.buckets.get = lambda uri, watch=None: fetched.append(real(uri, watch)) or fetched[-1]  # type: ignore[func-returns-value, method-assign]
    state = desk.cache.tend(ME)
    assert fetched == [form(3), form(2), form(1), form(5)]
    assert (state.wanted, state.missing, state.files, state.reason) == (4, 0, 4, "")
    assert not desk.here(form(4))


def test_only_so_much_is_fetched_ahead_as_was_said(desk: Desk) -> None:
    for number in range(6):
        desk.case(form(number), received_at=to_time(desk.now + timedelta(hours=number)))
    state = desk.made(coming=2).tend(ME)
    assert (state.wanted, state.files) == (2, 2)
    assert desk.here(form(0))
    assert not desk.here(form(2))


def test_it_rests_between_two_files_as_long_as_the_line_needs(desk: Desk) -> None:
    desk.case(form(1, 400_000), form(2, 40_000))
    desk.cache.tend(ME)
    assert [round(seconds, 2) for seconds in desk.rested] == [0.2, 0.02]


def test_without_a_network_it_is_quiet_and_goes_on_later(desk: Desk) -> None:
    desk.case(form(1), form(2))
    desk.server.faults = [Refuses(503, on="download"), Refuses(503, on="download")]
    state = desk.cache.tend(ME)
    assert state.missing == 2
    assert state.reason
    assert len(desk.server.faults) == 1  # one try, not one for each file
    desk.server.faults.clear()
    assert desk.cache.tend(ME).missing == 0


def test_a_file_that_is_refused_does_not_hold_up_the_others(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.case(form(1), form(2))
    desk.buckets.remove(f"gs://pa_forms_bkt/f/{sha(form(1))}")
    state = desk.cache.tend(ME)
    assert (state.missing, desk.here(form(2))) == (1, True)
    assert "form 1" not in caplog.text


def test_closing_stops_what_is_being_fetched(desk: Desk) -> None:
    for number in range(5):
        desk.case(form(number))
    cache = desk.made()
    cache._rest = lambda _seconds: cache.close() or True  # type: ignore[func-returns-value]
    assert cache.tend(ME).missing == 4


# -- within a limit


def kept(desk: Desk, *numbers: int) -> list[bool]:
    return [desk.here(form(number)) for number in numbers]


def filled(desk: Desk, count: int = 4, **values: Any) -> None:
    """Files that were looked at one minute after the other, of cases others work on."""
    for number in range(count):
        desk.case(form(number), assigned_to=OTHER, **values)
        desk.cache.get(sha(form(number)))
        desk.later(minutes=1)


def test_what_was_least_recently_wanted_goes_first(desk: Desk) -> None:
    filled(desk)
    desk.cache.get(sha(form(0)))
    desk.later(hours=1)
    desk.cache.keep_within(2 * len(form(0)))
    state = desk.cache.tend(ME)
    assert kept(desk, 0, 1, 2, 3) == [True, False, False, True]
    assert state.size <= state.limit
    assert desk.cache.get(sha(form(1))) == form(1)


def test_what_was_wanted_a_moment_ago_stays(desk: Desk) -> None:
    filled(desk)
    desk.cache.keep_within(0)
    desk.later(seconds=RECENT.total_seconds() - 150)
    desk.cache.tend(ME)
    assert kept(desk, 0, 1, 2, 3) == [False, False, True, True]


def test_what_is_not_uploaded_never_goes(desk: Desk) -> None:
    desk.case(form(9), uploaded=False, assigned_to=OTHER)
    desk.cache.put(form(9))
    filled(desk)
    desk.cache.keep_within(0)
    desk.later(hours=1)
    desk.cache.tend(ME)
    assert kept(desk, 9, 0) == [True, False]


def test_what_waits_for_its_upload_never_goes(desk: Desk) -> None:
    filled(desk, 2)
    desk.run(
        "INSERT OR REPLACE INTO uploads (sha256, case_number, state) SELECT sha256, case_number, 'waiting'"
        " FROM contents WHERE sha256 = ?",
        sha(form(0)),
    )
    desk.run("UPDATE uploads SET state = 'done' WHERE sha256 <> ?", sha(form(0)))
    desk.cache.keep_within(0)
    desk.later(hours=1)
    desk.cache.tend(ME)
    assert kept(desk, 0, 1) == [True, False]


def test_what_its_bucket_lost_or_cannot_be_asked_about_never_goes(desk: Desk) -> None:
    filled(desk, 3)
    desk.buckets.remove(f"gs://pa_forms_bkt/f/{sha(form(0))}")
    called = desk.server.connection().bucket("pa_forms_bkt")
    desk.server.keep(called, f"f/{sha(form(1))}", b"short")
    desk.cache.keep_within(0)
    desk.later(hours=1)
    desk.server.granted.discard("storage.objects.get")
    desk.cache.tend(ME)
    assert kept(desk, 0, 1, 2) == [True, True, True]
    desk.server.granted.add("storage.objects.get")
    desk.cache.tend(ME)
    assert kept(desk, 0, 1, 2) == [True, True, False]


def test_what_is_assigned_to_me_or_open_never_goes(desk: Desk) -> None:
    mine = desk.case(form(7), assigned_to=ME)
    open_now = desk.case(form(8), assigned_to=OTHER)
    assert mine != open_now
    for number in (7, 8):
        desk.cache.get(sha(form(number)))
    desk.cache.opened(open_now)
    desk.cache.opened(open_now)
    desk.cache.closed(open_now)
    filled(desk, 1)
    desk.cache.keep_within(0)
    desk.later(hours=1)
    desk.cache.tend(ME)
    assert kept(desk, 7, 8, 0) == [True, True, False]
    desk.cache.closed(open_now)
    desk.cache.tend(ME)
    assert kept(desk, 7, 8) == [True, False]


def test_the_store_alone_says_what_may_go(desk: Desk) -> None:
    """Whatever is wanted next: not what is mine, and not what one of its cases has nowhere else."""
    desk.case(form(1), assigned_to=ME)
    desk.case(form(2), assigned_to=OTHER)
    desk.case(form(3), assigned_to=OTHER)
    desk.case(form(3), uploaded=False, assigned_to=OTHER)
    may_go = desk.station.store.cached.may_go
    assert [desk.station.in_store(may_go, sha(form(n)), ME) for n in (1, 2, 3)] == [False, True, False]
    assert desk.station.in_store(may_go, sha(form(1)), OTHER)


def test_what_others_say_is_on_screen_never_goes(desk: Desk) -> None:
    on_screen = desk.case(form(8), assigned_to=OTHER)
    desk.cache.get(sha(form(8)))
    filled(desk, 1)
    desk.later(hours=1)
    cache = desk.made(limit=0, open_cases=lambda: (on_screen,))
    desk.cache.close()
    cache.tend(ME)
    assert kept(desk, 8, 0) == [True, False]


def test_what_is_taught_with_never_goes(desk: Desk) -> None:
    """Files that belong to no case are kept here alone."""
    name = desk.cache.put(b"an example a form is taught with")
    filled(desk, 1)
    desk.cache.keep_within(0)
    desk.later(hours=1)
    desk.cache.tend(ME)
    assert desk.station.blobs.holds(name)


def test_files_ahead_do_not_push_each_other_out(desk: Desk) -> None:
    """What is fetched ahead is not fetched again and again because the limit is small."""
    for number in range(5):
        desk.case(form(number), received_at=to_time(desk.now + timedelta(hours=number)))
    desk.cache.keep_within(2 * len(form(0)))
    first = desk.cache.tend(ME)
    assert kept(desk, 0, 1, 2, 3, 4) == [True, True, False, False, False]
    assert (first.missing, bool(first.reason)) == (3, True)
    desk.later(hours=1)
    desk.server.asked.clear()
    desk.cache.tend(ME)
    assert desk.server.asked.count("download") == 0


def test_my_own_push_out_what_was_fetched_ahead(desk: Desk) -> None:
    desk.case(form(0), received_at=to_time(desk.now))
    desk.cache.keep_within(len(form(0)))
    desk.cache.tend(ME)
    assert kept(desk, 0) == [True]
    desk.later(hours=1)
    desk.case(form(1), received_at=to_time(desk.now), assigned_to=ME)
    desk.cache.tend(ME)
    assert kept(desk, 0, 1) == [False, True]


def test_the_limit_is_remembered(desk: Desk) -> None:
    desk.cache.keep_within(12345)
    assert desk.made().limit == 12345
    with pytest.raises(ValueError, match="limit"):
        desk.cache.keep_within(-1)


def test_when_files_were_wanted_survives_the_program(desk: Desk) -> None:
    filled(desk)
    desk.cache.get(sha(form(0)))
    desk.cache.close()
    desk.later(hours=1)
    again = desk.made(limit=2 * len(form(0)))
    again.tend(ME)
    assert kept(desk, 0, 1, 2, 3) == [True, False, False, True]


def test_a_file_is_put_back_where_a_case_names_a_bucket_that_is_not_known(desk: Desk) -> None:
    put_case(
        desk.station,
        documents={
            "d": {
                "name": "f", "uri": "gs://elsewhere/other", "sha256": sha(form(1)), "media_type": "",
                "kind": "clinical", "page_count": 1, "pages": [1], "received_at": to_time(desk.now),
            }
        },
    )  # fmt: skip
    with pytest.raises(Rejected) as caught:
        desk.cache.get(sha(form(1)))
    assert caught.value.next_step
