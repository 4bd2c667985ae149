"""Lanes: work goes where it was sent, in order, and no thread outlives them."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import CancelledError

import pytest

from app.services.lanes import LANES, Lanes


def live() -> list[str]:
    """The names of the threads that Python started; one that a library's C code came in with once is none of them."""
    native = threading._DummyThread  # type: ignore[attr-defined]
    return [
        t.name
        for t in threading.enumerate()
        if t is not threading.main_thread() and not isinstance(t, native)
    ]


def test_the_store_has_one_thread_and_keeps_the_order() -> None:
    lanes = Lanes()
    done: list[tuple[int, int]] = []
    futures = [lanes.submit("store", lambda n: done.append((n, threading.get_ident())), n) for n in range(50)]
    for future in futures:
        future.result()
    lanes.close()
    assert [n for n, _ in done] == list(range(50))
    assert len({thread for _, thread in done}) == 1


def test_a_lane_works_at_once_on_as_much_as_it_has_threads() -> None:
    lanes = Lanes()
    for lane, workers in LANES.items():
        together = threading.Barrier(workers + 1)
        for _ in range(workers):
            lanes.submit(lane, together.wait, 10)
        together.wait(10)  # breaks when fewer than all of them run at once
    lanes.close()


def test_one_lane_does_not_wait_for_another() -> None:
    lanes = Lanes()
    release = threading.Event()
    held = lanes.submit("reading", release.wait, 10)
    assert lanes.submit("store", lambda: "saved").result(10) == "saved"
    assert not held.done()
    release.set()
    lanes.close()
    assert held.result() is True


def test_results_and_failures_arrive_in_the_future() -> None:
    lanes = Lanes()
    assert lanes.submit("pages", divmod, 7, 2).result() == (3, 1)
    failed = lanes.submit("pages", divmod, 7, 0)
    assert isinstance(failed.exception(), ZeroDivisionError)
    lanes.close()


def test_a_lane_that_is_not_used_has_no_thread() -> None:
    lanes = Lanes()
    assert live() == []
    lanes.submit("network", int).result()
    assert [name.split("_")[0] for name in live()] == ["network"]
    lanes.close()


def test_closing_leaves_no_thread_and_takes_no_more_work() -> None:
    lanes = Lanes()
    for lane in LANES:
        lanes.submit(lane, int).result()
    lanes.close()
    assert live() == []
    with pytest.raises(RuntimeError):
        lanes.submit("store", int)
    lanes.close()


def test_closing_finishes_edits_and_cancels_what_has_not_begun_elsewhere() -> None:
    lanes = Lanes()
    release, begun = threading.Event(), threading.Event()
    saved: list[int] = []
    running = lanes.submit("reading", lambda: (begun.set(), release.wait(10)))
    waiting = lanes.submit("reading", int)
    lanes.submit("store", release.wait, 10)
    for n in range(20):
        lanes.submit("store", saved.append, n)
    begun.wait(10)
    closing = threading.Thread(target=lanes.close)
    closing.start()
    with pytest.raises(CancelledError):
        waiting.result(10)
    release.set()
    closing.join(10)
    assert running.result()[1] is True
    assert saved == list(range(20))


def test_what_has_not_begun_can_be_cancelled() -> None:
    lanes = Lanes()
    release = threading.Event()
    lanes.submit("reading", release.wait, 10)
    ran: list[int] = []
    waiting = lanes.submit("reading", ran.append, 1)
    assert waiting.cancel()
    release.set()
    lanes.close()
    assert ran == []


def test_an_unknown_lane_is_a_bug() -> None:
    lanes = Lanes()
    with pytest.raises(KeyError):
        lanes.submit("scenic", int)
    lanes.close()


def test_a_process_that_forgets_to_close_ends_all_the_same() -> None:
    code = "from app.services.lanes import Lanes; lanes = Lanes(); [lanes.submit('pages', int) for _ in range(5)]"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def test_closing_files_away_what_follows_from_the_last_edit() -> None:
    lanes = Lanes()
    release = threading.Event()
    filed: list[int] = []
    lanes.submit("reading", release.wait, 10)
    waiting = lanes.submit("reading", int)
    lanes.submit("filing", release.wait, 10)
    for number in range(3):
        lanes.submit("filing", filed.append, number)
    closing = threading.Thread(target=lanes.close)
    closing.start()
    with pytest.raises(CancelledError):  # by now whatever would be cancelled is
        waiting.result(10)
    release.set()
    closing.join(10)
    assert filed == [0, 1, 2]
