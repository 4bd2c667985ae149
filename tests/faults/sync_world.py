"""One generation of a simulation: a few desks, one queue, people at work, bad lines, and then healing and the judge.

Everything is drawn from one seed and runs in one thread: the same seed gives the same run. What happens "meanwhile"
happens within the calls a desk makes: before a request leaves and before its answer is back, another desk, or the
person at the same desk, may act.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from app.domain.case import Json
from app.domain.conflict import ConflictKind, OpenConflict, Settlement
from app.domain.errors import Actionable, StorageFailed
from app.domain.sync import Scope
from tests.faults.sync_check import History, OpenRow, Wrong, differences, judge
from tests.faults.sync_desk import Desk, Doom
from tests.faults.sync_line import BucketLine, Delayed, Killed, Line, Weather
from tests.faults.sync_person import ACTIONS, MOST_CASES, Office, take_in
from tests.faults.sync_server import BucketModel, ServerModel
from tests.faults.sync_unit import NONE, words_of, words_under

START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
HEALED_WITHIN = 30.0
"""Simulated seconds after healing within which every outbox has to be empty."""
_CALL = 0.02
"""Simulated seconds of one call."""
_ROUNDS = 60
_WHAT, _OFTEN = list(ACTIONS), list(ACTIONS.values())


@dataclass(slots=True)
class Report:
    """What came of a generation."""

    seed: str
    steps: int
    wrong: list[Wrong] = field(default_factory=list)
    story: list[tuple[int, str, str, str]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    heal_seconds: float = 0.0

    def count(self, kind: str) -> int:
        return sum(w.kind == kind for w in self.wrong)

    @property
    def clean(self) -> bool:
        return not self.wrong


@dataclass(slots=True)
class Pending:
    """An act that is under way at a desk: what stood in the case before it."""

    what: str
    case_id: str
    before: dict[str, str]
    cases: list[str]
    seen: dict[str, set[str]]


@dataclass(slots=True)
class World:
    """The desks, the server and what happens between them."""

    seed: str
    folder: Path
    desk_count: int
    steps: int
    wrap: Callable[[Desk], None] = lambda desk: None
    faults: bool = True
    trouble: str = ""
    """One kind of fault that there is much of: rough, slow, busy, refused, kills or full."""
    busy: float = 0.06
    """How often somebody acts while a call is under way."""
    chance: random.Random = field(init=False)
    now: datetime = START
    step: int = 0
    depth: int = 0
    healing: bool = False
    server: ServerModel = field(init=False)
    buckets: BucketModel = field(init=False)
    delayed: Delayed = field(init=False)
    office: Office = field(init=False)
    history: History = field(default_factory=History)
    desks: list[Desk] = field(default_factory=list)
    pending: dict[int, Pending] = field(default_factory=dict)
    report: Report = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.server = ServerModel(lambda: self.now, receipts_first=lambda: self.chance.random() < 0.7)
        self.buckets = BucketModel()
        self.delayed = Delayed(self.server)
        self.office = Office(random.Random(f"{self.seed} office"))
        self.report = Report(self.seed, self.steps)
        for number in range(self.desk_count):
            self.desks.append(self._desk(number))

    def _desk(self, number: int) -> Desk:
        line = Line(self.server, self.delayed, f"desk{number}", self.chance, Weather())
        desk = Desk(
            number, self.folder / f"desk{number}", lambda: self.now, random.Random(f"{self.seed} {number}"),
            line, BucketLine(self.buckets, line), self.wrap,
        )  # fmt: skip
        line.between = lambda moment: self._between(desk)
        line.story = lambda case_id, text: self.tell(desk, case_id, text)
        desk.open()
        self.server.listen(Scope(desk.person), lambda: self._poke(desk))
        return desk

    def close(self) -> None:
        for desk in self.desks:
            desk.close()

    def tell(self, desk: Desk, case_id: str, text: str) -> None:
        self.report.story.append((self.step, desk.name, case_id, text))

    def count(self, what: str, number: int = 1) -> None:
        self.report.counts[what] = self.report.counts.get(what, 0) + number

    # The run

    def run(self) -> Report:
        """All steps, the healing and the judge."""
        for step in range(1, self.steps + 1):
            self.step = step
            self._pass_time()
            self._event()
            if self.report.wrong:  # a crash: nothing after it is worth telling
                return self.report
        self._heal()
        if not self.report.wrong:
            self._judge()
        return self.report

    def _pass_time(self) -> None:
        drawn = self.chance.random()
        if drawn < 0.72:
            seconds = self.chance.uniform(0.02, 5)
        elif drawn < 0.94:
            seconds = self.chance.uniform(5, 60)
        elif drawn < 0.995:
            seconds = self.chance.uniform(60, 1200)
        else:
            seconds = self.chance.uniform(1200, 90_000)
        self._wait(seconds)

    def _wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.count("zombies", self.delayed.run(self.now))

    def _event(self) -> None:
        desk = self.chance.choice(self.desks)
        if self.trouble and self.chance.random() < 0.12:
            self._make_trouble(desk)
        drawn = self.chance.random()
        if drawn < 0.48:
            self._act(desk)
        elif drawn < 0.90:
            self._sync(desk)
        elif drawn < 0.94:
            self._settle_something(desk)
        elif not self.faults:
            self._sync(desk)
        elif drawn < 0.975:
            self._change_weather(desk)
        elif drawn < 0.978:
            desk.dies_at_merge = True
        elif drawn < 0.99:
            what = self.chance.choice(("killed_before", "killed_after", "full"))
            desk.doom = Doom(what, self.chance.randrange(6))
        elif drawn < 0.995:
            desk.skew = timedelta(seconds=self.chance.choice((0, 0, 40, -40, 3600, -3600, 20_000, -20_000)))
        else:
            self._delete(desk)

    def _between(self, desk: Desk) -> None:
        """What happens elsewhere, or at the same desk, while a call of this one is under way."""
        self.now += timedelta(seconds=_CALL)
        if self.healing or self.depth or self.chance.random() > self.busy:
            return
        self.depth += 1
        try:
            other = self.chance.choice(self.desks)
            if other is desk or self.chance.random() < 0.6:
                self._act(other)
            else:
                self._sync(other)
        finally:
            self.depth -= 1

    def _poke(self, desk: Desk) -> None:
        if self.healing or self.chance.random() < 0.7:
            desk.poked = True

    def _change_weather(self, desk: Desk) -> None:
        weather, chance = desk.line.weather, self.chance
        until = self.now + timedelta(seconds=chance.choice((5, 60, 600, 4000, 100_000)) * chance.random())
        what = chance.choice(
            ("fair", "fair", "rough", "rough", "partition", "half_open", "storm", "signed_out", "refused")
        )
        if what in ("fair", "rough"):
            worst = 0.0 if what == "fair" else chance.choice((0.05, 0.2))
            weather.before, weather.lost, weather.delayed = (worst * chance.random() for _ in range(3))
            weather.killed = 0.02 * chance.random() if what == "rough" else 0.0
        elif what == "refused":
            ids = desk.case_ids()
            if ids:
                weather.refused[chance.choice(ids)] = min(until, self.now + timedelta(minutes=30))
        else:
            setattr(weather, f"{what}_until", until)
        if not desk.line.reachable():
            return
        desk.poked = True  # the network is said to be back

    def _make_trouble(self, desk: Desk) -> None:
        weather, chance = desk.line.weather, self.chance
        if self.trouble == "rough":
            weather.before, weather.lost, weather.delayed = 0.1, 0.25, 0.1
        elif self.trouble == "slow":
            slow = self.desks[0].line.weather  # the others go on, and are ahead when its writes come
            slow.delayed, slow.stuck = 0.6, True
        elif self.trouble == "busy":
            self.busy = 0.7
        elif self.trouble == "refused":
            weather.refused[chance.choice(desk.case_ids() or [""])] = self.now + timedelta(minutes=5)
        elif self.trouble == "kills":
            weather.partition_until = self.now + timedelta(seconds=chance.choice((0, 0, 60)))
            desk.dies_at_merge = True
        else:
            desk.doom = Doom("full", chance.randrange(3))

    def _delete(self, desk: Desk) -> None:
        """Somebody elsewhere takes a case away."""
        live = [c for c in sorted(self.server.cases) if words_of(self.server.document(c) or {})]
        if len(live) < 4 or self.chance.random() < 0.5:
            return
        case_id = self.chance.choice(live)
        before = words_of(self.server.document(case_id) or {})
        self.server.delete(case_id, f"dead{self.step:06d}", "admin")
        self.history.record(self.step, "admin", "deleted", case_id, before, {})
        self.report.story.append((self.step, "admin", case_id, "deleted"))

    # People

    def _act(self, desk: Desk) -> None:
        ids = desk.case_ids()
        if not ids or (len(self.server.cases) < MOST_CASES and self.chance.random() < 0.05):
            self.act(desk, "take_in", "", lambda: take_in(desk, self.office))
            return
        case_id = min(ids, key=lambda c: c[8:]) if self.chance.random() < 0.3 else self.chance.choice(ids)
        if desk.document(case_id)["_meta"].get("deleted_at"):
            return
        for _ in range(3):  # not everything can be done to every case
            action = self.chance.choices(_WHAT, _OFTEN)[0]
            if self.act(desk, action.__name__, case_id, partial(action, desk, self.office, case_id)):
                return

    def act(
        self,
        desk: Desk,
        what: str,
        case_id: str,
        work: Callable[[], object],
        seen: Mapping[str, set[str]] | None = None,
    ) -> bool:
        """Let somebody do something, and note what they saw and what was called saved. False when it was refused."""
        before = words_of(desk.document(case_id)) if case_id else {}
        self.pending[desk.number] = Pending(
            what, case_id, before, [] if case_id else desk.case_ids(), dict(seen or {})
        )
        done = True
        try:
            work()
        except Actionable as error:
            done = False
            self.pending[desk.number].seen.clear()  # nothing was said
            self.count("refused_acts")
            if isinstance(error, StorageFailed):
                self.count("disk_full")
        except Killed:
            if desk.syncing:
                raise  # its engine is under way: it ends with the process
            self._revive(desk)
            return True
        self._note(desk)
        return done

    def _note(self, desk: Desk) -> None:
        pending = self.pending.pop(desk.number, None)
        if pending is None:
            return
        changed = [pending.case_id] if pending.case_id else []
        if not pending.case_id:
            changed = [c for c in desk.case_ids() if c not in pending.cases]
        for case_id in changed:
            after = words_of(desk.document(case_id))
            if after != pending.before or pending.seen:
                self.history.record(
                    self.step, desk.name, pending.what, case_id, pending.before, after, pending.seen
                )
                parts = [
                    f"{u}: {pending.before.get(u, NONE)} -> {after.get(u, NONE)}"
                    for u in {**pending.before, **after}
                    if pending.before.get(u) != after.get(u)
                ]
                self.tell(desk, case_id, f"{pending.what}: {'; '.join(parts[:6])}")
                self.count("acts")
                desk.woken = True

    def _revive(self, desk: Desk) -> None:
        desk.die()
        desk.open()
        self.count("kills")
        killed = self.pending.get(desk.number)
        if killed is not None:  # it may have been saved in the last moment, and settled what was being typed
            for key in [key for key in desk.drafts if key[0] == killed.case_id]:
                del desk.drafts[key]
        self.tell(desk, "", "killed and opened again")
        self._note(desk)

    def _settle_something(self, desk: Desk) -> None:
        rows = desk.conflicts()
        if rows:
            conflict = self.chance.choice(rows)
            self.settle(desk, conflict, self.chance.choice(conflict.choices))
            return
        parked = desk.parked()
        if parked:
            case_id, change_id = self.chance.choice(parked)
            if self.chance.random() < 0.7:
                self._retry(desk, case_id, change_id)
            else:
                self._give_up(desk, case_id, change_id)
            return
        self._sync(desk)

    def _retry(self, desk: Desk, case_id: str, change_id: str) -> bool:
        return self.act(desk, "retry", case_id, lambda: desk.retry(change_id))

    def _give_up(self, desk: Desk, case_id: str, change_id: str) -> bool:
        before = {change for _, change in desk.change_ids()}
        done = self.act(desk, "give_up", case_id, lambda: desk.give_up(change_id))
        if done:  # what takes it back is not sent either
            if case_id not in self.server.cases:  # it stays as it is, on this desk alone
                self.history.kept_here.add(case_id)
            self.history.excused |= {change_id} | ({change for _, change in desk.change_ids()} - before)
        return done

    def settle(self, desk: Desk, conflict: OpenConflict, settlement: Settlement) -> bool:
        """A person says which it is, with both sides before their eyes."""
        seen: dict[str, set[str]] = {}
        for value in (conflict.base.value, conflict.mine.value, conflict.theirs.value):
            for unit, word in words_under(conflict.unit, value).items():
                seen.setdefault(unit, set()).add(word)
        if conflict.kind is ConflictKind.DELETED:
            for unit in words_of(desk.document(conflict.case_id)):
                seen.setdefault(unit, set()).add(NONE)
        self.tell(desk, conflict.case_id, f"settles {conflict.kind} {conflict.unit}: {settlement}")
        cases = [c for c in (conflict.case_id, conflict.other_case_id) if c]
        before = {c: words_of(desk.document(c)) for c in cases[1:]}
        done = self.act(
            desk, f"settle {settlement}", conflict.case_id, lambda: desk.settle(conflict, settlement), seen
        )
        if done:
            self.count("settled")
            self.history.excused.update(conflict.changes)
            if conflict.kind is ConflictKind.SAME_CONTENT and settlement is Settlement.BOTH:
                self.history.both.add(frozenset((conflict.case_id, conflict.other_case_id)))
            if (
                conflict.unit == "duplicate_of"
            ):  # whether it is put away as a duplicate was asked, and answered
                sides = (conflict.mine.value, conflict.theirs.value)
                self.history.both |= {frozenset((conflict.case_id, str(side))) for side in sides if side}
        for case_id, words in before.items():
            if words != words_of(desk.document(case_id)):
                self.history.record(
                    self.step, desk.name, "merge", case_id, words, words_of(desk.document(case_id))
                )
        return done

    # Syncing

    def _sync(self, desk: Desk) -> None:
        """Let the engine of a desk run as its driver would: as long as it has something to do now."""
        if desk.syncing:
            return
        for _ in range(4):
            if not desk.due() and self.chance.random() < 0.97:
                return
            if not self.sync_once(desk):
                return

    def sync_once(self, desk: Desk) -> bool:
        """One step of a desk's engine; False when its process died or its disk refused."""
        desk.syncing = True
        self.count("syncs")
        try:
            desk.sync()
        except Killed:
            self._revive(desk)
            return False
        except StorageFailed:
            self.count("disk_full")
            desk.again_at = None
            return False
        except Exception as error:  # noqa: BLE001 - whatever the engine lets out is a finding, with its seed
            import traceback

            place = "; ".join(
                f"{f.filename.rpartition('/')[2]}:{f.lineno}"
                for f in traceback.extract_tb(error.__traceback__)[-4:]
            )
            self.report.wrong.append(Wrong("crashed", "", "", f"{desk.name}: {error!r} at {place}"))
            return False
        finally:
            desk.syncing = False
        return True

    # Healing and the judge

    def _heal(self) -> None:
        """All faults off, everybody syncs until quiet; then people settle what waits for them, and once more."""
        self.healing = True
        for desk in self.desks:
            desk.doom, desk.dies_at_merge = None, False
            desk.line.weather.calm = True
            desk.poked = True
        self.delayed.run(self.now, all_of_them=True)
        start = self.now
        self._quiet()
        self.report.heal_seconds = max((self._emptied or self.now) - start, timedelta()).total_seconds()
        if self.report.heal_seconds > HEALED_WITHIN or self._unsent():
            left = "; ".join(self._unsent()[:3])
            text = f"{self.report.heal_seconds:.0f} s after healing the outbox is not empty: {left}"
            self.report.wrong.append(Wrong("unsent", "", "", text))
            return
        for _ in range(_ROUNDS):
            if not self._everything_settled():
                self._quiet()
                continue
            self._wait(400)  # longer than a poll waits
            self._quiet()
            if self._everything_settled():
                return
        self.report.wrong.append(Wrong("diverged", "", "", "people settle conflicts and no end is seen"))

    _emptied: datetime | None = None

    def _quiet(self) -> None:
        """Run every engine whenever it asks, until none has anything to do within the next seconds."""
        self._emptied = None
        limit = self.now + timedelta(seconds=120)
        while self.now < limit and not self.report.wrong:
            due = [desk for desk in self.desks if desk.due()]
            for desk in due:
                self.sync_once(desk)
            if self._emptied is None and not self._unsent():
                self._emptied = self.now
            if not due:
                if self._emptied is not None:
                    return
                self.now += timedelta(seconds=0.5)

    def _unsent(self) -> list[str]:
        return self.unsent(self.desks)

    def unsent(self, desks: Iterable[Desk]) -> list[str]:
        """What waits at these desks for anything but a person."""
        return [
            f"{desk.name} {case_id[:8]} {change_id[:8]} {state}"
            for desk in desks
            for held in [desk.held_cases()]
            for case_id, change_id, state in desk.waits()
            if state == "waiting" and case_id not in held
        ]

    def _everything_settled(self) -> bool:
        """Let everybody settle what they are asked; True when nobody was asked anything."""
        said = False
        for desk in self.desks:
            for case_id, change_id in desk.parked():
                if self.chance.random() < 0.5:
                    said |= self._retry(desk, case_id, change_id)
                else:
                    said |= self._give_up(desk, case_id, change_id)
            rows = desk.conflicts()
            if rows:
                first = self.chance.choice(rows[0].choices)
                rest = (choice for choice in rows[0].choices if choice is not first)
                said |= any(
                    self.settle(desk, rows[0], choice) for choice in (first, *rest)
                )  # one may be refused
        return not said

    def _judge(self) -> None:
        made = {change_id: case_id for desk in self.desks for case_id, change_id in desk.change_ids()}
        for desk in self.desks:
            made |= desk.said
        rows = [
            OpenRow(
                desk.name, c.case_id, c.unit, str(c.kind), (c.mine.value, c.theirs.value), c.changes, c.other_case_id
            )
            for desk in self.desks
            for c in desk.conflicts()
        ]  # fmt: skip
        left = {case_id for desk in self.desks for case_id, _, _ in desk.waits()}
        left |= {row.case_id for row in rows}
        self.report.wrong += [
            Wrong("stuck", case_id, "", "waits for a person, and nothing a person says ends it")
            for case_id in sorted(left)
        ]
        self.report.wrong += [
            w for w in judge(self.history, self.server, rows, made) if w.case_id not in left
        ]
        self.report.wrong += self._diverged()
        self.count("pushes", self.server.counts.get("push", 0))
        self.count("writes", self.server.commits)
        self.count("cases", len(self.server.cases))

    def _diverged(self) -> list[Wrong]:
        found = []
        for desk in self.desks:
            report = desk.store.audit_verify()
            if not report.holds:
                found.append(Wrong("diverged", "", desk.name, f"the trail breaks: {report.reason}"))
            for case_id, path in desk.lost_drafts():
                found.append(Wrong("lost", case_id, path, f"what was being typed at {desk.name}"))
            for case_id in desk.wrong_rows():
                found.append(Wrong("diverged", case_id, desk.name, "the queue shows it otherwise"))
            local = set(desk.case_ids())
            asked = {c.case_id for c in desk.conflicts()} | desk.held_cases()
            for case_id in sorted(self.server.cases):
                theirs: Json = self.server.document(case_id) or {}
                if case_id in asked:
                    continue
                if not words_of(theirs):
                    if words_of(desk.document(case_id)):
                        found.append(Wrong("diverged", case_id, desk.name, "deleted, and still there here"))
                    continue
                if case_id not in local:
                    found.append(Wrong("diverged", case_id, desk.name, "the case is not here"))
                    continue
                paths = differences(desk.document(case_id), theirs)
                if paths:
                    found.append(Wrong("diverged", case_id, desk.name, f"differs at {', '.join(paths[:6])}"))
        return found
