"""Who else has the open case open: asked when it opens, told when that changes, taken over when the person says so."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.errors import Actionable
from app.domain.sync import Lease
from app.views.background import Background
from app.views.widgets.sync.lease_line import Holder

RENEW_MS = 30_000
LOOK_MS = 5_000
"""How often it is looked at whether rows came into sight; their answers hold for `FRESH_SECONDS`."""
FRESH_SECONDS = 120.0
MOST_ROWS = 8
"""Of so many rows of a queue it is asked who has them open: with the seconds, at most 240 reads a desk and hour."""
LASTS = timedelta(minutes=10)
"""How long a lease runs from when it was last told of: its holder has had the case open since then at least."""


class Leases(Protocol):
    """What the screens need of the service behind leases; nothing in it waits for a network."""

    def open(self, case_id: str, by: str, title: str) -> None: ...

    def take_over(self, case_id: str) -> None: ...

    def drop(self, case_id: str) -> None: ...

    def renew(self) -> None: ...

    def held(self, case_id: str) -> Lease | None: ...


class LeaseModel(QObject):
    """Keeps the lease of one open case and says who else has it. Without a service nobody ever has.

    A case that is open in two rooms of the window is held once: each room has a model of its own, and `others` says
    whether another of them still shows the case.
    """

    holder_changed = Signal(object)
    """`Holder` of the open case, None when nobody else has it"""
    lost = Signal(str, str)
    """case id, who took it over: it was ours"""

    def __init__(
        self,
        leases: Leases | None,
        person: Callable[[], tuple[str, str]],
        background: Background,
        parent: QObject | None = None,
        others: Callable[[str], bool] = lambda _case_id: False,
    ) -> None:
        """`person` answers with the name and the title of whoever works here."""
        super().__init__(parent)
        self._leases = leases
        self._person = person
        self._background = background
        self._others = others
        self._case_id = ""
        self._holder: Holder | None = None
        self._ours = False
        self._since: dict[tuple[str, str], datetime] = {}
        self._renew = QTimer(self, interval=RENEW_MS)
        self._renew.timeout.connect(self._look_again)

    @property
    def case_id(self) -> str:
        return self._case_id

    @property
    def holder(self) -> Holder | None:
        return self._holder

    def show_case(self, case_id: str) -> None:
        """The case is on screen; "" for none."""
        leases = self._leases
        if leases is None or case_id == self._case_id:
            return
        before, self._case_id = self._case_id, case_id
        if before and not self._others(before):
            leases.drop(before)
        self._ours = False
        self._since = {}
        if not case_id:
            self._renew.stop()
            self._tell(None)
            return
        by, title = self._person()
        leases.open(case_id, by, title)
        self._renew.start()
        self._tell(self._look(case_id))

    def take_over(self) -> None:
        """Have the case from now on. Whoever had it is told; what they do still joins."""
        if self._leases is not None and self._case_id and self._holder is not None:
            self._leases.take_over(self._case_id)

    def told(self, case_id: str) -> None:
        """The lease of a case became another's or nobody's; called from any thread."""
        self._background.post(lambda: self._told(case_id))

    def stop(self) -> None:
        """The window closes."""
        self.show_case("")

    def _told(self, case_id: str) -> None:
        if case_id != self._case_id or self._leases is None:
            return
        holder = self._look(case_id)
        if holder is not None and self._holder is None and self._ours:
            self.lost.emit(case_id, holder.title)
        self._ours = holder is None
        self._tell(holder)

    def _look_again(self) -> None:
        """Half a minute after it was opened, a case that nobody else has is ours."""
        if self._leases is not None:
            self._ours = self._holder is None
            self._leases.renew()

    def _look(self, case_id: str) -> Holder | None:
        lease = self._leases.held(case_id) if self._leases is not None else None
        if lease is None:
            return None
        key = (lease.by, lease.desk)
        since = self._since.setdefault(key, lease.until - LASTS)
        return Holder(lease.title or lease.by, since, mine=lease.by == self._person()[0])

    def _tell(self, holder: Holder | None) -> None:
        if holder != self._holder:
            self._holder = holder
            self.holder_changed.emit(holder)


class QueueLeaseModel(QObject):
    """Who has the cases open that stand first in a queue on screen. Asked now and then: every answer is a read."""

    changed = Signal(object)
    """mapping of case id to `Holder`"""

    def __init__(
        self,
        ask: Callable[[str], Lease | None] | None,
        desk: str,
        in_sight: Callable[[], tuple[str, ...]],
        person: Callable[[], tuple[str, str]],
        background: Background,
        parent: QObject | None = None,
    ) -> None:
        """`ask` is `CaseRemote.lease`. `in_sight` are the cases on screen, none while nobody looks at the queue; of
        these the first few are asked for. What this `desk` holds is nobody else's.
        """
        super().__init__(parent)
        self._ask = ask
        self._desk = desk
        self._in_sight = in_sight
        self._person = person
        self._background = background
        self._holders: dict[str, Holder] = {}
        self._asked: dict[str, float] = {}
        self._under_way = False
        self._look = QTimer(self, interval=LOOK_MS)
        self._look.timeout.connect(self.look)

    @property
    def holders(self) -> Mapping[str, Holder]:
        return self._holders

    def start(self) -> None:
        if self._ask is not None:
            self._look.start()

    def stop(self) -> None:
        """The window closes."""
        self._look.stop()

    def look(self) -> None:
        """Ask for the cases in sight whose answer is older than two minutes."""
        now = time.monotonic()
        old = [
            c
            for c in self._in_sight()[:MOST_ROWS]
            if now - self._asked.get(c, -FRESH_SECONDS) >= FRESH_SECONDS
        ]
        if self._ask is None or self._under_way or not old:
            return
        ask = self._ask
        for case_id in old:
            self._asked[case_id] = now

        def work() -> dict[str, Lease | None]:
            return {case_id: ask(case_id) for case_id in old}

        self._under_way = True
        self._background.run(self, "network", work, done=self._take, failed=self._failed)

    def _take(self, found: dict[str, Lease | None]) -> None:
        self._under_way = False
        before = dict(self._holders)
        for case_id, lease in found.items():
            if lease is None or lease.desk == self._desk:
                self._holders.pop(case_id, None)
            else:
                mine = lease.by == self._person()[0]
                self._holders[case_id] = Holder(lease.title or lease.by, lease.until - LASTS, mine)
        if self._holders != before:
            self.changed.emit(dict(self._holders))

    def _failed(self, _error: Actionable) -> None:
        """Nobody answers: nothing is known, and nothing is said."""
        self._under_way = False
        if self._holders:
            self._holders = {}
            self.changed.emit({})
