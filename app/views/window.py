"""The window: lays out the rooms and wires them; one block says who hears whom."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QWidget

from app.domain.case import IntakeStatus, Json
from app.domain.errors import Actionable, SignInRequired
from app.domain.role import NotAllowed, Person, Right, require
from app.views import messages, theme
from app.views.background import Background
from app.views.intake_screen import IntakeScreen
from app.views.models.case_model import CaseModel
from app.views.models.intake_model import IntakeModel
from app.views.models.pages_model import PagesModel
from app.views.models.queue_model import QueueModel
from app.views.sign_in_gate import SignInGate
from app.views.widgets.message_float import MessageFloat
from app.views.widgets.rail import Rail
from app.views.widgets.sync.sync_words import KEY as SYNC_KEY
from app.views.widgets.sync.sync_words import StateWords
from app.views.window_news import TAKE_BACK, News
from app.views.window_sync import SYNC_ROOMS, WindowSync, cloud_parts
from app.workstation import Workstation

if TYPE_CHECKING:  # loaded and built when a person asks for them, not on the way to the first window
    from app.views.admin_room import AdminRoom
    from app.views.models.review_folder_model import ReviewFolderModel
    from app.views.policy_room import PolicyRoom
    from app.views.review_room import ReviewRoom
    from app.views.search_screen import SearchScreen
    from app.views.teach_room import TeachRoom
    from app.views.widgets.shortcut_sheet import ShortcutSheet

DESK = "desk"
"""Under this key the store remembers which case is open, and how the window is laid out."""
SETTLE_MS = 100
WARM_MS = 1500
"""After the window can be used, what the review is made of is loaded beside it."""
ROOMS = {
    "intake": Right.TAKE_IN,
    "review": Right.REVIEW,
    "search": Right.REVIEW,
    "teach": Right.ADMINISTER,
    "policies": Right.ADMINISTER,
    "settings": None,
    **dict.fromkeys(SYNC_ROOMS),
}
"""The rooms there are, and what somebody has to be allowed to be shown one."""


class Window(QMainWindow):
    """The workstation's one window."""

    ready = Signal()
    """Told once, when the queue is filled and what was open last is open again."""

    def __init__(self, workstation: Workstation, background: Background) -> None:
        super().__init__()
        self.setWindowTitle("Countersign")
        self.resize(1440, 900)
        self.setMinimumHeight(640)  # the width follows from what is in it, at any size of text
        self._workstation = workstation
        self._is_ready = self._restored = False
        self._room = "intake"
        self._review_layout: Json = {}
        self.background = background
        self.queue_model = QueueModel(workstation, background, self)
        self.intake_model = IntakeModel(workstation, background, self)
        self.case_model = CaseModel(workstation, background, self)
        self.pages_model = PagesModel(workstation, background, self)

        self.rail = Rail()
        self.intake = IntakeScreen(
            self.queue_model, self.intake_model, self.case_model, self.pages_model, workstation.definitions
        )
        self.rooms = QStackedWidget()
        self.rooms.addWidget(self.intake)
        self._lay_out()
        self.messages = MessageFloat(self.intake.page, self.whole)
        self._warm = QTimer(self, interval=WARM_MS, singleShot=True)
        self._warm.timeout.connect(self._warm_review)
        self._settle = QTimer(self, interval=SETTLE_MS, singleShot=True)
        self.intake.set_person(workstation.person)
        self.gate = SignInGate(workstation, background, self.doors, self)
        self.news = News(workstation, background, self.messages, self)
        self.sync = WindowSync(self, cloud_parts(workstation))
        self._wire()

    def _lay_out(self) -> None:
        whole = QWidget()
        row = QHBoxLayout(whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addWidget(self.rooms, 1)
        self.whole = whole
        self.doors = QStackedWidget()
        self.doors.addWidget(whole)
        self.setCentralWidget(self.doors)

    def _wire(self) -> None:
        # who hears whom, between the rooms of the window
        self.rail.page_chosen.connect(self.show_room)
        self.case_model.saving_changed.connect(self._show_saving)
        self.case_model.refused.connect(self.show_error)
        self.pages_model.region_failed.connect(self.show_error)
        self.intake_model.refused.connect(self.show_error)
        self.intake_model.arrived.connect(self.news.tell_arrival)
        self.news.case_asked.connect(self.intake.open_case)
        self.news.clinical_came.connect(self._refresh_review)
        self.news.refused.connect(self.show_error)
        self.background.failed.connect(self.show_error)
        self.background.crashed.connect(self.news.tell_crash)
        self.queue_model.counts_changed.connect(self._show_counts)
        self.queue_model.refreshed.connect(self._restore)
        self.intake.said.connect(self.messages.say)
        self.intake.verified.connect(self._tell_verified)
        self.messages.acted.connect(self._act)
        self.intake.layout_changed.connect(self._settle.start)
        self._settle.timeout.connect(self._remember)
        self.gate.came_in.connect(self._show_person)
        self.gate.changed.connect(self._show_roles)
        self.gate.shut.connect(self._keep_typing)
        self.gate.leaving.connect(self._leave)
        self.gate.left.connect(self._close_cases)
        self.rail.person_chosen.connect(self._act_for_person)
        self.rail.state_chosen.connect(self.sync.show_waiting)
        for keys, function in (
            ("F1", self.toggle_keys),
            ("Ctrl+Shift+I", lambda: self.show_room("intake")),
            ("Ctrl+Shift+R", lambda: self.show_room("review")),
            ("Ctrl+Shift+S", lambda: self.show_room("search")),
            ("Ctrl+,", lambda: self.show_room("settings")),
            ("Ctrl+Shift+F", lambda: self.show_room("teach")),
            ("Ctrl+Shift+P", lambda: self.show_room("policies")),
            ("Ctrl+Alt+L", self.lock),
            ("Ctrl+Alt+O", self.gate.switch),
            (SYNC_KEY, self.sync.show_waiting),
            ("Ctrl+Shift+K", self.sync.show_conflicts),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(function)

    @property
    def restart_wanted(self) -> bool:
        """Whether the workspace was connected, which counts from its next start: now."""
        return self.sync.restart_wanted

    @property
    def workstation(self) -> Workstation:
        return self._workstation

    def start(self) -> None:
        """Fill the window and go on with what was left unread. The window can be used before this is done."""
        self.gate.start()
        if self._workstation.access.has_users and not self.gate.is_shut:
            self._show_roles(self._workstation.access.me)
        self.queue_model.refresh()
        self.intake_model.start()
        self.sync.start()
        for notice in self._workstation.store.notices:
            self.messages.say("look", self.tr(notice.text), self.tr(notice.next_step))

    def show_room(self, name: str) -> None:
        """Show a room; one that is not for whoever works here is refused in words."""
        right = ROOMS[name]
        if self.gate.is_shut:
            return
        if right is not None:
            try:
                require(self._workstation.access.me, right)
            except NotAllowed as error:
                self.show_error(error)
                return
        self.sync.moved(self._room, name)
        if name != self._room:
            self.messages.pass_by()
        self._room = name
        floor: QWidget = self.intake.page
        if name == "teach":
            self.rooms.setCurrentWidget(self.teach.screen)
            self.teach.screen.enter()
            floor = self.teach.screen.floor
        elif name == "review":
            self.rooms.setCurrentWidget(self.review.screen)
            self.review.screen.enter()
            floor = self.review.screen.floor
        elif name == "search":
            self.rooms.setCurrentWidget(self.search)
            self.search.start()
            floor = self.search
        elif name == "policies":
            self.rooms.setCurrentWidget(self.policies.page)
            self.policies.enter()
            floor = self.policies.page
        elif name == "settings":
            self.rooms.setCurrentWidget(self.admin.page)
            self.admin.enter()
            floor = self.admin.page
        elif name in SYNC_ROOMS:
            floor = self.sync.room.enter(name)
        else:
            self.rooms.setCurrentWidget(self.intake)
        self.messages.lie_over(floor)
        self.rail.set_page("settings" if name == "policies" else name)

    def toggle_keys(self) -> None:
        """Show every key there is over the window, or put the sheet away."""
        if not self.gate.is_shut:
            self.shortcuts.toggle()

    def show_error(self, error: Actionable) -> None:
        if isinstance(error, SignInRequired):
            self.gate.thrown_out(error)
        reason, step = messages.text(error)
        self.messages.say("wrong", reason, step)

    def _tell_verified(self, case_id: str, receipt: str) -> None:
        self._count_reviews()
        self.news.tell_verified(case_id, receipt)

    def _act(self, action: str) -> None:
        self.messages.clear()
        if action.startswith(TAKE_BACK):
            self.intake.take_back(action.removeprefix(TAKE_BACK))
        elif not self.sync.room.act(action) and "teach" in self.__dict__:
            self.teach.act(action)

    # who works here

    def lock(self) -> None:
        """Blank the window at once; whoever works here goes on where they were."""
        if self._workstation.access.has_users:
            self.gate.lock()
        else:
            self.messages.say(
                "info",
                self.tr("Nobody signs in here, so nothing is locked."),
                self.tr("Add people in the settings: from then on they sign in."),
            )

    def _show_person(self, person: Person) -> None:
        """Somebody came in: what they may do is offered, laid out as they left it."""
        self._show_roles(person)
        self._restored = False
        self.queue_model.refresh()

    def _show_roles(self, person: Person) -> None:
        self.rail.set_person(person)
        self.rail.offer([name for name, right in ROOMS.items() if right is None or person.may(right)])
        self.intake.set_person(person.name)
        if "review" in self.__dict__:
            self.review.set_person(person.name)
        if "admin" in self.__dict__:
            self.admin.show_person(person)
        right = ROOMS[self._room]
        self.show_room(self._room if right is None or person.may(right) else self.rail.names[0])

    def _act_for_person(self, what: str) -> None:
        if what == "lock":
            self.lock()
        elif what == "switch":
            self.gate.switch()
        else:
            self.show_room("settings")
            self.admin.show_own_passphrase()

    def _keep_typing(self) -> None:
        """The gate is shut: what is typed in the review is kept; intake keeps every key already."""
        if "shortcuts" in self.__dict__:
            self.shortcuts.close_sheet()
        if "review" in self.__dict__:
            self.review.side.flush()

    def _leave(self) -> None:
        """Whoever works here goes: what they typed is taken under their name."""
        self.intake.leave()
        if "teach" in self.__dict__:
            self.teach.stop()
        self._remember()

    def _close_cases(self) -> None:
        """Nobody's work is open any more, and nothing of it is shown to the next."""
        self._settle.stop()
        self.messages.clear()
        self.case_model.close()
        if "review" in self.__dict__:
            self.review.case_model.close()
        self.rooms.setCurrentWidget(self.intake)
        self.messages.lie_over(self.intake.page)  # what it lay over goes
        self._room = "intake"
        for name in ("search", "policies", "admin"):
            room = self.__dict__.pop(name, None)
            if room is not None:
                screen = room if isinstance(room, QWidget) else room.page
                self.rooms.removeWidget(screen)
                screen.deleteLater()
                room.deleteLater()
        self._restored = False

    # the review

    @cached_property
    def review(self) -> ReviewRoom:
        """The room of the review, built and wired when it is first asked for."""
        from app.views.review_room import ReviewRoom

        room = ReviewRoom(self._workstation, self.background, self.case_model, self)
        self.rooms.addWidget(room.screen)
        room.said.connect(self.messages.say)
        room.waiting_changed.connect(lambda count: self.rail.set_count("review", count))
        room.intake_asked.connect(lambda: self.show_room("intake"))
        room.screen.moved.connect(lambda: self.messages.lie_over(room.screen.floor))
        room.screen.layout_changed.connect(self._settle.start)
        room.case_left.connect(self.messages.pass_by)
        self.intake_model.others_wrote.connect(room.refresh)
        room.put_back(self._review_layout)
        self.sync.wire_review(room)
        return room

    @cached_property
    def search(self) -> SearchScreen:
        """The search over everything indexed, built when it is first asked for."""
        from app.views.search_screen import SearchScreen

        screen = SearchScreen(self._workstation, self.background)
        self.rooms.addWidget(screen)
        screen.said.connect(self.messages.say)
        return screen

    @property
    def clinical(self) -> ReviewFolderModel:
        return self.news.clinical

    def _refresh_review(self) -> None:
        if "review" in self.__dict__:
            self.review.refresh()

    def _warm_review(self) -> None:
        """Load the modules, services and policies of the review before somebody goes there."""
        if "review" not in self.__dict__ and self._workstation.access.me.may(Right.REVIEW):
            self.background.run(self, "review", _load_review, self._workstation)
        self.clinical.start()

    def _count_reviews(self) -> None:
        """Show on the rail what waits for the review; the room does it itself once it is built."""
        if not self._workstation.access.me.may(Right.REVIEW):
            return
        if "review" in self.__dict__:
            self.review.refresh()
            return
        from app.views.models.review_queue_model import waiting

        self.background.run(
            self,
            "store",
            waiting,
            self._workstation.review_queue,
            self._workstation.person,
            done=lambda count: self.rail.set_count("review", count),
        )

    def _show_saving(self, _pending: int) -> None:
        if self._saving:
            self.rail.set_state(self.tr("Saving…"), "loader")
        else:
            self.show_state(self.sync.room.words)

    def show_state(self, said: StateWords) -> None:
        """How the desk stands with the shared queue; while something is being saved that is said first."""
        if not self._saving:
            self.rail.set_state(said.words, said.symbol, said.role, said.whole)

    def _show_counts(self, counts: Mapping[IntakeStatus, int]) -> None:
        self.intake.queue.set_counts(counts)
        self.rail.set_count("intake", self.intake.to_check(counts))

    # what the window remembers between starts

    @property
    def _desk(self) -> str:
        """Where the layout is remembered: everybody's own, where people sign in."""
        access = self._workstation.access
        return f"{DESK}:{access.me.name}" if access.has_users else DESK

    def _restore(self) -> None:
        if not self._is_ready:
            self._warm.start()
        if self.gate.is_shut:
            self._tell_ready()
        elif not self._restored:
            self._restored = True
            self.case_model.recall(self._desk, self._put_back)
            self._count_reviews()
            self._warm.start()

    def _put_back(self, desk: Json | None) -> None:
        desk = desk or {}
        if not self.gate.is_shut:
            self._review_layout = desk.get("review", {})
            if "review" in self.__dict__:
                self.review.put_back(self._review_layout)
            if self._workstation.access.me.may(Right.TAKE_IN):
                self.intake.put_back(desk)
        self._tell_ready()

    def _tell_ready(self) -> None:
        if not self._is_ready:
            self._is_ready = True
            self.ready.emit()

    def _remember(self) -> None:
        if not self._restored or not self._workstation.access.me.name:
            return  # nothing was laid out for anybody
        if "review" in self.__dict__:
            self._review_layout = self.review.layout_now()
        self.case_model.keep_view(self._desk, {**self.intake.layout_now(), "review": self._review_layout})

    # form types

    @cached_property
    def teach(self) -> TeachRoom:
        """The room of form types, built and wired when it is first asked for."""
        from app.views.teach_room import TeachRoom

        room = TeachRoom(self._workstation, self.background, self)
        self.rooms.addWidget(room.screen)
        room.said.connect(self.messages.say)
        room.forms_changed.connect(self.intake.show_form_types)
        room.cases_changed.connect(self.intake_model.cases_changed)
        room.saving_changed.connect(self._show_saving)
        room.screen.moved.connect(lambda: self.messages.lie_over(room.screen.floor))
        return room

    @property
    def _saving(self) -> int:
        """How many writes of any room are not durable yet."""
        taught = self.teach.saving if "teach" in self.__dict__ else 0
        return self.case_model.saving + taught

    # settings

    @cached_property
    def shortcuts(self) -> ShortcutSheet:
        """The sheet of keys, built when it is first asked for."""
        from app.views.widgets.shortcut_sheet import ShortcutSheet

        return ShortcutSheet(self.whole)

    @cached_property
    def admin(self) -> AdminRoom:
        """The settings with people and models, built when they are first asked for."""
        from app.views.admin_room import AdminRoom

        room = AdminRoom(self._workstation, self.background, self.gate.model, self)
        self.rooms.addWidget(room.page)
        room.said.connect(self.messages.say)
        room.failed.connect(self.show_error)
        room.preferences_changed.connect(self._keep_preferences)
        room.person_named.connect(self._choose_person)
        room.first_came.connect(self.gate.first_came)
        room.policies_asked.connect(lambda: self.show_room("policies"))
        return room

    @cached_property
    def policies(self) -> PolicyRoom:
        """The room of policies, built when it is first asked for."""
        from app.views.policy_room import PolicyRoom

        room = PolicyRoom(self._workstation, self.background, self)
        self.rooms.addWidget(room.page)
        room.said.connect(self.messages.say)
        room.failed.connect(self.show_error)
        room.left.connect(lambda: self.show_room("settings"))
        return room

    def _choose_person(self, name: str) -> None:
        self._workstation.work_as(name)
        self.intake.set_person(self._workstation.person)
        if "review" in self.__dict__:
            self.review.set_person(self._workstation.person)
        self._keep_preferences()

    def _keep_preferences(self) -> None:
        self.case_model.keep_view(
            "preferences",
            {
                "theme": theme.wanted(),
                "text_scale": theme.text_scale(),
                "person": self._workstation.settings.person,
            },
        )

    def closeEvent(self, event: QCloseEvent) -> None:
        """Leaving commits what is being typed as a draft; reading goes on at the next start."""
        self.intake.leave()
        if "teach" in self.__dict__:  # it was built: what is typed there is kept too
            self.teach.stop()
        if "review" in self.__dict__:
            self.review.stop()
        self._warm.stop()
        self.gate.stop()
        self.news.stop()
        self.sync.stop()
        self._remember()
        self.case_model.flush()
        self.intake_model.stop()
        event.accept()


def _load_review(workstation: Workstation) -> None:
    import app.views.review_room  # noqa: F401 - loaded here, used when the room is entered

    _ = workstation.review
    workstation.policies.policies()


def open_paths(window: Window, paths: list[str]) -> None:
    """Take files in through the window, as if they had been dropped on it."""
    window.intake_model.add_files([Path(p) for p in paths])
