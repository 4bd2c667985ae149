"""The window among many desks: which of its rooms hear of the shared queue, and how one gets to what it tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtWidgets import QAbstractItemView, QWidget

from app.domain.case import Json
from app.domain.errors import Actionable
from app.domain.role import NotAllowed, Right, require
from app.domain.sync import Link
from app.views.sync_room import CONFLICTS, WAITING, SyncRoom

if TYPE_CHECKING:  # where many desks share a queue
    from app.domain.sync import Lease
    from app.services.store.store import Notice
    from app.services.sync.past import Missing
    from app.views.connect_gate import ConnectGate
    from app.views.models.lease_model import LeaseModel, Leases, QueueLeaseModel
    from app.views.models.sync_model import Syncs
    from app.views.review_room import ReviewRoom
    from app.views.sync_case import IntakeSync
    from app.views.window import Window
    from app.workstation import Workstation

FIRST_START = "first_start"
"""Under this key the store remembers that the first question was not answered yet."""
SYNC_ROOMS = (WAITING, CONFLICTS)


def _nobody(_told: Callable[[str], None]) -> None:
    """Nobody tells of leases where there are none."""


def _no_notice(_told: Callable[[Notice], None]) -> None:
    """Nothing is told of a desk that is not connected."""


def _all_here(_case_id: str) -> None:
    """Nothing is missing where there are no other desks."""


def _nothing(_case_id: str) -> None:
    """What other desks did is fetched where there are any."""


@dataclass(frozen=True, slots=True)
class CloudParts:
    """What the window needs of a connected workspace; nothing of a local one."""

    syncing: Syncs | None = None
    leases: Leases | None = None
    on_lease: Callable[[Callable[[str], None]], Any] = _nobody
    lease_of: Callable[[str], Lease | None] | None = None
    """who has a case open, asked of the shared queue: in the lane `network`"""
    on_notice: Callable[[Callable[[Notice], None]], Any] = _no_notice
    missing: Callable[[str], Missing | None] = _all_here
    """what other desks did to a case that is not here yet: in the store's lane"""
    fetch_history: Callable[[str], None] = _nothing
    """has what other desks did to a case fetched in the background"""


def cloud_parts(workstation: Workstation) -> CloudParts:
    """The parts of a workstation that is connected."""
    cloud: Any = getattr(workstation, "cloud", None)
    if cloud is None:
        return CloudParts()

    def lease_of(case_id: str) -> Lease | None:
        found: Lease | None = cloud.cases.lease(case_id)  # made when it is first asked: its library is heavy
        return found

    def missing(case_id: str) -> Missing | None:
        found: Missing | None = cloud.past.missing(case_id)
        return found

    def fetch_history(case_id: str) -> None:
        cloud.past.want(case_id)

    return CloudParts(
        cloud.syncing, cloud.leasing, cloud.on_lease, lease_of, cloud.on_notice, missing, fetch_history
    )


def shown_cases(rows: QAbstractItemView) -> tuple[str, ...]:
    """The cases of a list that are on screen, from the top."""
    model = rows.model()
    first = rows.indexAt(QPoint(4, 4)).row()
    if model is None or first < 0:
        return ()
    last = rows.indexAt(QPoint(4, rows.viewport().height() - 4)).row()
    end = last if last >= 0 else model.rowCount() - 1
    found = (model.index(row, 0).data(Qt.ItemDataRole.UserRole) for row in range(first, end + 1))
    return tuple(row.case_id for row in found if row is not None)


class WindowSync(QObject):
    """Wires the shared queue into a window: its state, its pages, and the rooms that show cases."""

    def __init__(self, window: Window, parts: CloudParts) -> None:
        super().__init__(window)
        self._window = window
        self._parts = parts
        self._came_from = "intake"
        self.restart_wanted = False
        self.room = SyncRoom(window.workstation, parts.syncing, window.background, window.rooms, self)
        self._leases: list[LeaseModel] = []
        self._rows: list[QueueLeaseModel] = []
        self.intake: IntakeSync | None = None
        room = self.room
        room.room_asked.connect(window.show_room)
        room.left.connect(lambda: window.show_room(self._came_from))
        room.said.connect(window.messages.say)
        room.failed.connect(window.show_error)
        room.state_changed.connect(window.show_state)
        room.case_asked.connect(self._open_case)
        room.connect_asked.connect(self._connect)
        room.sign_in_asked.connect(self._sign_in)
        room.sign_out_asked.connect(window.gate.switch)
        window.gate.model.refused.connect(self._not_signed_in)
        window.gate.shut.connect(self._tell_gate)
        room.state_changed.connect(lambda _words: self._tell_gate())
        window.gate.model.signed_in.connect(lambda _person: room.model.try_now())
        if parts.syncing is not None:  # what other desks do is shown where there are any
            from app.views.sync_case import IntakeSync

            leases = self._lease_model()
            rows = self._rows_model(window.intake, window.intake.queue.list)
            window.case_model.case_opened.connect(lambda opened: parts.fetch_history(opened.case.case_id))
            self.intake = IntakeSync(
                window.intake, window.case_model, room, leases, rows, window.messages.say
            )

    @cached_property
    def gate(self) -> ConnectGate:
        """The first question and the pages of connecting, made when they are first needed."""
        from app.views.connect_gate import ConnectGate

        window = self._window
        gate = ConnectGate(window.workstation, window.background, window.doors, self)
        gate.restart_asked.connect(self._restart)
        return gate

    def start(self) -> None:
        self.room.start()
        post = self._window.background.post
        self._parts.on_notice(lambda notice: post(lambda: self._tell(notice)))

    def _tell(self, notice: Notice) -> None:
        self._window.messages.say("look", self.tr(notice.text), self.tr(notice.next_step))

    def ask_first(self, *, new: bool) -> None:
        """In a new workspace, or one where it was not answered yet, ask where the work is to be."""
        if new:
            self.gate.ask_first()
            return
        window = self._window
        store = window.workstation.store

        def told(kept: Json | None) -> None:
            if (kept or {}).get("open"):
                self.gate.ask_first()

        window.background.run(self, "store", store.recall, FIRST_START, done=told)

    def stop(self) -> None:
        """The window closes: what is open here is let go of."""
        self.room.stop()
        if "gate" in self.__dict__:
            self.gate.stop()
        for lease in self._leases:
            lease.stop()
        for rows in self._rows:
            rows.stop()

    def moved(self, before: str, name: str) -> None:
        """Another room is going to be shown."""
        if name not in SYNC_ROOMS:
            self.room.leave()
        elif before not in SYNC_ROOMS:
            self._came_from = before

    def wire_review(self, review: ReviewRoom) -> None:
        """The review's queue and the open request hear of other desks too."""
        if self._parts.syncing is None:
            return
        from app.views.sync_case import ReviewSync

        rows = self._rows_model(review.screen, review.screen.queue.list)
        fetch = self._parts.fetch_history
        review.case_model.case_opened.connect(lambda opened: fetch(opened.case.case_id))
        review.case_model.case_opened.connect(lambda _opened: self._look_what_is_missing(review))
        self.room.cases_came.connect(lambda _ids: self._look_what_is_missing(review))
        ReviewSync(review, self.room, self._lease_model(), rows, self._window.messages.say)

    def _look_what_is_missing(self, review: ReviewRoom) -> None:
        """Say over a request's history what other desks did that is not here."""
        case = review.case_model.case
        if case is None:
            return
        case_id = case.case_id

        def looked(found: Missing | None) -> None:
            now = review.case_model.case
            if now is not None and now.case_id == case_id:
                review.side.history.show_missing(found is not None, found.since if found else None)

        self._window.background.run(self, "store", self._parts.missing, case_id, done=looked)

    def show_waiting(self) -> None:
        """F5: list what waits; there, try at once."""
        if not self._window.gate.is_shut:
            self.room.show_waiting()

    def show_conflicts(self) -> None:
        """To the conflict of the open field or case, or to all of them."""
        window = self._window
        if window.gate.is_shut:
            return
        case = window.case_model.case
        if window.rooms.currentWidget() is window.intake and case is not None:
            path = window.intake.panel.selected_path or ""
            self.room.show_conflict(case.case_id, path)
        elif "review" in window.__dict__ and window.rooms.currentWidget() is window.review.screen:
            case = window.review.case_model.case
            self.room.show_conflict(case.case_id if case is not None else "")
        else:
            window.show_room(CONFLICTS)

    def _connect(self) -> None:
        """An administrator connects the workspace; where nobody signs in, anybody is one."""
        try:
            require(self._window.workstation.access.me, Right.ADMINISTER)
        except NotAllowed as error:
            self._window.show_error(error)
            return
        self.gate.connect_workspace()

    def _restart(self) -> None:
        self.restart_wanted = True
        self._window.close()

    def _sign_in(self) -> None:
        """Sign in again while the work goes on: Google wants to be asked, and nothing is locked for it."""
        window = self._window
        say = window.messages.say
        say("info", self.tr("Your browser opens: sign in there."), self.tr("Editing goes on meanwhile."))
        model = window.gate.model
        cancel = getattr(model, "cancel", None)
        if cancel is not None:
            cancel()  # a browser that was waited for before is waited for no longer
        model.sign_in(window.workstation.access.me.name, "")

    def _tell_gate(self) -> None:
        """While nobody answers, whoever is locked out of their own work may go on."""
        window = self._window
        if self._parts.syncing is not None and window.gate.is_shut:
            state = self.room.model.state
            window.gate.set_offline(state.link is Link.OFFLINE and state.retry_at is not None)

    def _not_signed_in(self, error: Actionable) -> None:
        if not self._window.gate.is_shut:  # else its page says it
            self._window.show_error(error)

    def _lease_model(self) -> LeaseModel:
        from app.views.models.lease_model import LeaseModel

        window, parts = self._window, self._parts
        me = window.workstation.access
        model = LeaseModel(
            parts.leases, lambda: (me.me.name, me.me.title or me.me.name), window.background, self,
            lambda case_id: sum(other.case_id == case_id for other in self._leases) > 0,
        )  # fmt: skip
        self._leases.append(model)
        parts.on_lease(model.told)
        return model

    def _rows_model(self, screen: QWidget, rows: QAbstractItemView) -> QueueLeaseModel:
        from app.views.models.lease_model import QueueLeaseModel

        window = self._window

        def in_sight() -> tuple[str, ...]:
            if not (screen.isVisible() and rows.isVisible() and window.isActiveWindow()):
                return ()
            return shown_cases(rows)

        me, desk = window.workstation.access, window.workstation.store.desk
        model = QueueLeaseModel(
            self._parts.lease_of, desk, in_sight, lambda: (me.me.name, me.me.title), window.background, self
        )
        model.start()
        self._rows.append(model)
        return model

    def _open_case(self, case_id: str, review: bool) -> None:
        window = self._window
        me = window.workstation.access.me
        if review and me.may(Right.REVIEW):
            window.show_room("review")
            window.review.screen.open_case(case_id)
        else:
            window.show_room("intake")
            window.intake.open_case(case_id)
