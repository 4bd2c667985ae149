"""The line between a desk and the model of the shared queue, and what can go wrong on it, by a seed.

What a real line does to a request: it is refused before it was applied, applied without an answer, applied long
after its desk was told that nothing came back (behind what others wrote meanwhile), or never answered at all. The
desk is told `Offline` each time and cannot know which. Whole periods are bad as well: storms, partitions, signed out.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from app.domain.case import Json
from app.domain.errors import Rejected, SignInRequired
from app.domain.sync import Cursor, Lease, Push, Pushed, Receipt, RemoteCase, Scope, StoredObject
from app.services.ports import Watch
from tests.faults.sync_server import BucketModel, ServerModel, offline

LATEST = timedelta(seconds=240)
"""The longest a commit can take within the server after it was stamped: less than the overlap of a poll."""

T = TypeVar("T")


class Fault(StrEnum):
    NONE = "none"
    BEFORE = "before"
    """Refused or reset before anything was applied."""
    LOST = "lost"
    """Applied; the acknowledgement is lost."""
    DELAYED = "delayed"
    """Applied later, when the desk has been told long since that nothing was answered."""
    KILLED_BEFORE = "killed_before"
    KILLED_AFTER = "killed_after"


class Killed(BaseException):
    """The process of a desk died here. Not an `Exception`: nothing in the program may catch it."""


@dataclass(slots=True)
class Weather:
    """What is wrong with one desk's line now. Times are the server's; odds are for each call."""

    partition_until: datetime | None = None
    signed_out_until: datetime | None = None
    storm_until: datetime | None = None
    half_open_until: datetime | None = None
    """What is sent arrives, and no answer ever comes back."""
    refused: dict[str, datetime] = field(default_factory=dict)
    """Cases whose writes the server refuses for good, until when."""
    before: float = 0.0
    lost: float = 0.0
    delayed: float = 0.0
    killed: float = 0.0
    stuck: bool = False
    """Whether what is delayed was stamped and then stuck within the server, and its desk is apart meanwhile."""
    calm: bool = False
    """Nothing goes wrong any more."""


@dataclass(slots=True)
class Delayed:
    """Commits that are under way within the network or the server."""

    server: ServerModel
    waiting: list[tuple[datetime, int, Push, datetime | None, str]] = field(default_factory=list)
    count: int = 0

    def put(self, push: Push, at: datetime, stamped: datetime | None, desk: str) -> None:
        """A commit that happens at a time, stamped when it arrived; not stamped yet while in the network."""
        self.count += 1
        self.waiting.append((at, self.count, push, stamped, desk))
        self.waiting.sort(key=lambda w: w[:2])

    def run(self, now: datetime, *, all_of_them: bool = False) -> int:
        """Let happen what is due; its answer goes nowhere."""
        done = 0
        while self.waiting and (all_of_them or self.waiting[0][0] <= now):
            _, _, push, stamped, desk = self.waiting.pop(0)
            done += 1
            try:
                self.server.commit(push, stamped or self.server.request_time(), f"zombie of {desk}")
            except Rejected:
                continue  # nobody is there to be told
        return done


@dataclass(slots=True)
class Line:
    """The `CaseRemote` of one desk: the model's answers, through a line on which things go wrong."""

    server: ServerModel
    delayed: Delayed
    desk: str
    chance: random.Random
    weather: Weather
    between: Callable[[str], None] = lambda moment: None
    """Called before a request is made and before its answer is back: what happens elsewhere meanwhile."""
    story: Callable[[str, str], None] = lambda case_id, text: None
    sending: Callable[[int, Push], None] = lambda number, push: None
    """Told of every push as it leaves, with its number."""
    forced: dict[int, Fault] = field(default_factory=dict)
    """Faults of pushes by their number, from 1; by chance where none is named."""
    pushes: int = 0
    calls: int = 0

    def push(self, push: Push) -> Pushed:
        self.pushes += 1
        self.sending(self.pushes, push)
        self._go("push")
        names = ",".join(r.mutation_id[:6] for r in push.receipts)
        until = self.weather.refused.get(push.case_id)
        if until is not None and self.server.now() < until and not self.weather.calm:
            self.story(push.case_id, f"push {names} refused")
            raise Rejected("You may not write this case.", "Ask an administrator.", code="permission_denied")
        fault = self.forced.get(self.pushes) or self._fault(pushing=True)
        if fault is Fault.KILLED_BEFORE:
            raise Killed
        if fault is Fault.BEFORE:
            self.story(push.case_id, f"push {names} did not arrive")
            raise offline()
        if fault is Fault.DELAYED:
            now = self.server.now()
            if self.weather.stuck:
                at = now + LATEST * self.chance.uniform(0.5, 1)
                self.delayed.put(push, at, self.server.request_time(), self.desk)
                self.weather.partition_until = at + timedelta(seconds=60)
            elif self.chance.random() < 0.5:  # held up within the server: stamped already
                at = now + timedelta(seconds=self.chance.uniform(0.5, LATEST.total_seconds()))
                self.delayed.put(push, at, self.server.request_time(), self.desk)
            else:
                at = now + timedelta(seconds=self.chance.choice((1, 20, 120, 900)) * self.chance.random())
                self.delayed.put(push, at, None, self.desk)
            self.story(push.case_id, f"push {names} is delayed")
            raise offline()
        answer = self.server.push(push)
        self.between("push answered")
        if self._half_open():
            fault = Fault.LOST
        if fault is Fault.KILLED_AFTER:
            self.story(push.case_id, f"push {names} {answer.answer}, killed")
            raise Killed
        if fault is Fault.LOST:
            self.story(push.case_id, f"push {names} {answer.answer}, answer lost")
            raise offline()
        self.story(push.case_id, f"push {names} {answer.answer} {answer.update_time}")
        return answer

    def receipts(self, case_id: str, mutation_ids: tuple[str, ...]) -> frozenset[str]:
        return self._read("receipts", lambda: self.server.receipts(case_id, mutation_ids))

    def case(self, case_id: str) -> RemoteCase | None:
        return self._read("case", lambda: self.server.case(case_id))

    def changed(self, scope: Scope, since: Cursor | None, limit: int) -> tuple[RemoteCase, ...]:
        return self._read("changed", lambda: self.server.changed(scope, since, limit))

    def history(self, case_id: str, since: datetime | None = None) -> tuple[Receipt, ...]:
        return self._read("history", lambda: self.server.history(case_id, since))

    def reviews(self, case_id: str, since: datetime | None = None) -> Mapping[str, Json]:
        return self._read("reviews", lambda: self.server.reviews(case_id, since))

    def claim_desk(self, code: str, workspace: str) -> bool:
        return self._read("claim_desk", lambda: self.server.claim_desk(code, workspace))

    def listen(self, scope: Scope, poke: Callable[[], None]) -> Callable[[], None]:
        return self._read("listen", lambda: self.server.listen(scope, poke))

    def lease(self, case_id: str) -> Lease | None:
        return self._read("lease", lambda: self.server.lease(case_id))

    def take_lease(self, lease: Lease, *, over: bool = False) -> Lease:
        return self._read("take_lease", lambda: self.server.take_lease(lease, over=over))

    def drop_lease(self, case_id: str, by: str, desk: str) -> None:
        self._read("drop_lease", lambda: self.server.drop_lease(case_id, by, desk))

    def _read(self, what: str, work: Callable[[], T]) -> T:
        self._go(what)
        fault = self._fault(pushing=False)
        if fault in (Fault.KILLED_BEFORE, Fault.KILLED_AFTER):
            raise Killed
        if fault is not Fault.NONE or self._half_open():
            raise offline()
        found = work()
        self.between(f"{what} answered")
        return found

    def reachable(self) -> bool:
        """Whether a request would get an answer now, as the system of a desk would tell."""
        until = self.weather.partition_until
        return not self._half_open() and (until is None or self.server.now() >= until)

    def _half_open(self) -> bool:
        until = self.weather.half_open_until
        return not self.weather.calm and until is not None and self.server.now() < until

    def _go(self, what: str) -> None:
        """Leave the desk: what is wrong with the line as a whole is met here."""
        self.calls += 1
        self.between(what)
        weather, now = self.weather, self.server.now()
        if weather.calm:
            return
        if weather.partition_until is not None and now < weather.partition_until:
            raise offline()
        if weather.signed_out_until is not None and now < weather.signed_out_until:
            raise SignInRequired("Nobody is signed in.", "Sign in.", code="signed_out")

    def _fault(self, *, pushing: bool) -> Fault:
        weather = self.weather
        if weather.calm:
            return Fault.NONE
        drawn = self.chance.random()
        storm = weather.storm_until is not None and self.server.now() < weather.storm_until
        if storm and self.chance.random() < 0.7:
            drawn *= (weather.before + weather.lost + weather.delayed) or 1.0
        for fault, odds in (
            (Fault.BEFORE, weather.before),
            (Fault.LOST, weather.lost),
            (Fault.DELAYED, weather.delayed),
        ):
            if drawn < odds:
                return fault if pushing else Fault.BEFORE
            drawn -= odds
        if drawn < weather.killed:
            return self.chance.choice((Fault.KILLED_BEFORE, Fault.KILLED_AFTER))
        return Fault.NONE


@dataclass(slots=True)
class BucketLine:
    """The `BucketRemote` of one desk, on the same line."""

    buckets: BucketModel
    line: Line

    def put(
        self,
        bucket: str,
        name: str,
        content: bytes,
        media_type: str = "",
        metadata: Mapping[str, str] | None = None,
        watch: Watch | None = None,
    ) -> StoredObject:
        line = self.line
        line._go("put")
        fault = line._fault(pushing=True)
        if fault is Fault.KILLED_BEFORE:
            raise Killed
        if fault in (Fault.BEFORE, Fault.DELAYED):
            raise offline()
        if line._half_open():
            fault = Fault.LOST
        made = self.buckets.put(bucket, name, content, media_type, metadata)
        if fault is Fault.KILLED_AFTER:
            raise Killed
        if fault is Fault.LOST:
            raise offline()
        return made

    def get(self, uri: str, watch: Watch | None = None) -> bytes:
        return self.line._read("get", lambda: self.buckets.get(uri))

    def stat(self, uri: str) -> StoredObject | None:
        return self.line._read("stat", lambda: self.buckets.stat(uri))

    def list(self, bucket: str, prefix: str = "") -> tuple[StoredObject, ...]:
        return self.line._read("list", lambda: self.buckets.list(bucket, prefix))


def endpoint_of(server: ServerModel) -> Callable[[str, str, Json], bool]:
    """What a desk asks whether a determination is the endpoint's."""
    return server.confirmed
