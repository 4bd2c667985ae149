"""Who else has the open case open: asked when it opens, told when that changes, taken over when the person says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.sync import Lease
from app.views.background import Background
from app.views.widgets.sync.lease_line import Holder

RENEW_MS = 30_000
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
