"""The real engine over the real client: an answer lost at every commit of a day's work, three replays of each."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]
import pytest

from app.services.google.firestore.remote import FirestoreCaseRemote
from tests.emulator import project_name
from tests.faults import sync_person as person
from tests.faults.sync_check import differences
from tests.faults.sync_desk import Desk
from tests.faults.sync_line import BucketLine, Delayed, Line, Weather
from tests.faults.sync_person import Office, take_in
from tests.faults.sync_server import BucketModel, ServerModel
from tests.faults.sync_unit import words_of
from tests.faulty_proxy import FaultyProxy, Kind

pytest_plugins = ("tests.emulator",)

REPLAYS = 3
REFUSED = {grpc.StatusCode.ALREADY_EXISTS, grpc.StatusCode.FAILED_PRECONDITION}


class Day:
    """A fixed day of two desks on one queue: taken in, checked, changed on both at once, and reviewed."""

    def __init__(self, folder: Path, address: str) -> None:
        self.clock = datetime.now(UTC)
        project = project_name()
        self.proxy = FaultyProxy(address)
        self.remotes = [
            FirestoreCaseRemote(project, "(default)", None, emulator=place)
            for place in (self.proxy.address, address)
        ]
        self.one, self.other = (self.desk(folder, number) for number in range(2))
        self.office = Office(random.Random(5), same=0.0)

    def desk(self, folder: Path, number: int) -> Desk:
        server = ServerModel(lambda: self.clock)
        line = Line(server, Delayed(server), f"desk{number}", random.Random(1), Weather(calm=True))
        made = Desk(
            number,
            folder / f"desk{number}",
            lambda: self.clock,
            random.Random(number),
            line,
            BucketLine(BucketModel(), line),
        )
        made.remote_cases = self.remotes[number]
        made.wrap = lambda desk: None
        made.open()
        return made

    def sync(self, *desks: Desk) -> None:
        """Every engine runs until nothing waits; who waits for a moment is poked."""
        for desk in desks:
            desk.poked = True
            for _ in range(60):
                step = desk.sync()
                if step.did == "idle" and not desk.waits():
                    break
                desk.poked = step.did in ("failed", "waiting")
                self.clock += timedelta(milliseconds=200)
            assert not desk.waits(), step

    def run(self) -> str:
        one, other, office = self.one, self.other, self.office
        take_in(one, office)
        (case_id,) = one.case_ids()
        if one.document(case_id)["intake_status"] == "received":
            person.read(one, office, case_id)
        self.sync(one, other)
        one.editing.correct(case_id, {"member_id": "first"}, one.person)
        one.editing.correct(case_id, {"member_id": "second"}, one.person)
        self.sync(one)
        one.editing.undo(case_id, one.person)
        self.sync(one)
        row = one.editing.add_row(case_id, "services", one.person)
        assert row
        self.sync(one, other)
        # the same case on both, in different fields: the second merges by itself
        other.editing.correct(case_id, {"start_date": "2026-01-02"}, other.person)
        self.sync(other)
        one.editing.correct(case_id, {"patient_name": "beside"}, one.person)
        self.sync(one, other)
        everything = tuple(f.path for f in one.editing.open(case_id, one.person).case.fields)
        one.editing.confirm(case_id, everything, one.person)
        one.editing.verify(case_id, one.person)
        self.sync(one)
        for act in (person.assign, person.state, person.mark):  # determinations go by the endpoint
            act(one, office, case_id)
            self.sync(one)
        self.sync(one, other)
        return case_id

    def judge(self, case_id: str) -> Any:
        """Nothing lost, nothing twice, the same everywhere; the values that came out."""
        made = {change for desk in (self.one, self.other) for _, change in desk.change_ids()}
        found = [receipt.mutation_id for receipt in self.remotes[1].history(case_id)]
        assert sorted(found) == sorted(made)
        case = self.remotes[1].case(case_id)
        assert case is not None
        for desk in (self.one, self.other):
            assert not desk.waits()
            assert not desk.conflicts()
            assert not differences(desk.document(case_id), case.document)
        # an added row has an id that no two days share
        return {
            re.sub(r"\.r(\d+)-\w+", r".r\1", path): word for path, word in words_of(case.document).items()
        }

    def close(self) -> None:
        for desk in (self.one, self.other):
            desk.close()
        for remote in self.remotes:
            remote.close()
        self.proxy.close()


def day(folder: Path, address: str, fault: Callable[[FaultyProxy], None] | None = None) -> tuple[Any, Day]:
    made = Day(folder, address)
    try:
        if fault is not None:
            fault(made.proxy)
        case_id = made.run()
        for replay in made.proxy.lost:
            assert {replay() for _ in range(REPLAYS)} <= REFUSED
        made.sync(made.one, made.other)
        return made.judge(case_id), made
    finally:
        made.close()


@pytest.fixture(scope="module")
def usual(firestore_address: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, int]:
    """What comes out of a day on which nothing goes wrong, and how many commits it takes."""
    expected, made = day(tmp_path_factory.mktemp("usual"), firestore_address)
    return expected, made.proxy.counts["Commit"].calls


def test_an_answer_lost_at_every_commit_is_applied_exactly_once(
    usual: tuple[Any, int], firestore_address: str, tmp_path: Path
) -> None:
    expected, commits = usual
    assert commits >= 9
    for position in range(commits):
        found, made = day(
            tmp_path / str(position),
            firestore_address,
            lambda proxy, n=position: proxy.add(Kind.LOST, after=n),  # type: ignore[misc]
        )
        assert len(made.proxy.lost) == 1, position
        assert found == expected, position


def test_every_answer_lost_at_once_is_applied_exactly_once(
    usual: tuple[Any, int], firestore_address: str, tmp_path: Path
) -> None:
    expected, commits = usual

    def every_first(proxy: FaultyProxy) -> None:
        for _ in range(commits):
            proxy.add(Kind.LOST)
            proxy.add(Kind.REFUSE, "BatchGetDocuments", after=1)

    found, made = day(tmp_path / "lost", firestore_address, every_first)
    assert len(made.proxy.lost) >= 9
    assert found == expected


def test_a_batch_that_comes_a_day_late_is_applied_once_or_not_at_all(
    usual: tuple[Any, int], firestore_address: str, tmp_path: Path
) -> None:
    expected, commits = usual
    for position in (0, commits // 2):
        made = Day(tmp_path / f"late{position}", firestore_address)
        try:
            made.proxy.add(Kind.LATE, after=position)
            case_id = made.run()
            made.proxy.release()
            made.sync(made.one, made.other)
            assert made.judge(case_id) == expected, position
        finally:
            made.close()
