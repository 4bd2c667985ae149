"""The window: lays out the rooms and wires them; one block says who hears whom."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, QUrl, Signal
from PySide6.QtGui import QCloseEvent, QDesktopServices, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QWidget

from app.domain.case import IntakeStatus, Json
from app.domain.errors import Actionable
from app.services.intake import Arrival
from app.views import messages, theme
from app.views.background import Background
from app.views.intake_screen import IntakeScreen
from app.views.models.case_model import CaseModel
from app.views.models.intake_model import IntakeModel
from app.views.models.pages_model import PagesModel
from app.views.models.queue_model import QueueModel
from app.views.widgets.message_float import MessageFloat
from app.views.widgets.rail import Rail
from app.workstation import Workstation

if TYPE_CHECKING:  # loaded and built when a person asks for them, not on the way to the first window
    from app.services.clinical_folder import Taken
    from app.views.models.review_folder_model import ReviewFolderModel
    from app.views.review_room import ReviewRoom
    from app.views.search_screen import SearchScreen
    from app.views.teach_room import TeachRoom
    from app.views.widgets.settings_page import SettingsPage
    from app.views.widgets.shortcut_sheet import ShortcutSheet

DESK = "desk"
"""Under this key the store remembers which case is open, and how the window is laid out."""
SETTLE_MS = 100
WARM_MS = 1500
"""After the window can be used, what the review is made of is loaded beside it."""
TAKE_BACK = "take_back:"


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
        self._is_ready = False
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
        self._wire()

    def _lay_out(self) -> None:
        whole = QWidget()
        row = QHBoxLayout(whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addWidget(self.rooms, 1)
        self.whole = whole
        self.setCentralWidget(whole)

    def _wire(self) -> None:
        # who hears whom, between the rooms of the window
        self.rail.page_chosen.connect(self.show_room)
        self.case_model.saving_changed.connect(self._show_saving)
        self.case_model.refused.connect(self.show_error)
        self.pages_model.region_failed.connect(self.show_error)
        self.intake_model.refused.connect(self.show_error)
        self.intake_model.arrived.connect(self._tell_arrival)
        self.background.failed.connect(self.show_error)
        self.background.crashed.connect(self._tell_crash)
        self.queue_model.counts_changed.connect(self._show_counts)
        self.queue_model.refreshed.connect(self._restore)
        self.intake.said.connect(self.messages.say)
        self.intake.verified.connect(self._tell_verified)
        self.messages.acted.connect(self._act)
        self.intake.layout_changed.connect(self._settle.start)
        self._settle.timeout.connect(self._remember)
        for keys, function in (
            ("F1", self.toggle_keys),
            ("Ctrl+Shift+I", lambda: self.show_room("intake")),
            ("Ctrl+Shift+R", lambda: self.show_room("review")),
            ("Ctrl+Shift+S", lambda: self.show_room("search")),
            ("Ctrl+,", lambda: self.show_room("settings")),
            ("Ctrl+Shift+F", lambda: self.show_room("teach")),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(function)

    @property
    def workstation(self) -> Workstation:
        return self._workstation

    def start(self) -> None:
        """Fill the window and go on with what was left unread. The window can be used before this is done."""
        self.queue_model.refresh()
        self.intake_model.start()
        for notice in self._workstation.store.notices:
            self.messages.say("look", self.tr(notice.text), self.tr(notice.next_step))

    def show_room(self, name: str) -> None:
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
        else:
            self.rooms.setCurrentWidget(self.settings_page if name == "settings" else self.intake)
        self.messages.lie_over(floor)
        self.rail.set_page(name)

    def toggle_keys(self) -> None:
        """Show every key there is over the window, or put the sheet away."""
        self.shortcuts.toggle()

    def show_error(self, error: Actionable) -> None:
        reason, step = messages.text(error)
        self.messages.say("wrong", reason, step)

    def _tell_crash(self, _error: object) -> None:
        self.messages.say(
            "wrong",
            self.tr("The program made a mistake here."),
            self.tr("Your work is saved. The log has the details."),
        )

    def _tell_arrival(self, arrival: Arrival) -> None:
        if arrival.known:
            self.messages.say(
                "look",
                self.tr("This file was received before, as {receipt}.").format(receipt=arrival.case.receipt),
                self.tr("It is not taken in twice."),
            )
            self.intake.open_case(arrival.case.case_id)
        else:
            self.messages.say(
                "info",
                self.tr("Received as {receipt}.").format(receipt=arrival.case.receipt),
                "" if arrival.case.reason is None else arrival.case.reason.text,
            )

    def _tell_verified(self, case_id: str, receipt: str) -> None:
        self._count_reviews()
        self.messages.say(
            "sure",
            self.tr("{receipt} is verified.").format(receipt=receipt),
            "",
            f"{TAKE_BACK}{case_id}",
            self.tr("Open it again"),
        )

    def _act(self, action: str) -> None:
        self.messages.clear()
        if action.startswith(TAKE_BACK):
            self.intake.take_back(action.removeprefix(TAKE_BACK))
        elif "teach" in self.__dict__:
            self.teach.act(action)

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
        self.intake_model.others_wrote.connect(room.refresh)
        room.put_back(self._review_layout)
        return room

    @cached_property
    def search(self) -> SearchScreen:
        """The search over everything indexed, built when it is first asked for."""
        from app.views.search_screen import SearchScreen

        screen = SearchScreen(self._workstation, self.background)
        self.rooms.addWidget(screen)
        screen.said.connect(self.messages.say)
        return screen

    @cached_property
    def clinical(self) -> ReviewFolderModel:
        """Clinical documents that are put into their folder, whichever room is shown."""
        from app.views.models.review_folder_model import ReviewFolderModel

        model = ReviewFolderModel(self._workstation.clinical, self.background, self)
        model.refused.connect(self.show_error)
        model.came.connect(self._tell_clinical)
        return model

    def _tell_clinical(self, taken: Taken) -> None:
        if taken.attached is not None:
            receipt = taken.attached.case.receipt
            self.messages.say(
                "info", self.tr("A document came and joined {receipt}.").format(receipt=receipt)
            )
        elif taken.waiting is not None:
            self.messages.say(
                "info",
                self.tr("A document came: {name}.").format(name=taken.waiting.name),
                self.tr("It waits for a request."),
            )
        if "review" in self.__dict__:
            self.review.refresh()

    def _warm_review(self) -> None:
        """Load the modules, services and policies of the review before somebody goes there."""
        if "review" not in self.__dict__:
            self.background.run(self, "review", _load_review, self._workstation)
        self.clinical.start()

    def _count_reviews(self) -> None:
        """Show on the rail what waits for the review; the room does it itself once it is built."""
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
            self.rail.set_state(self.tr("All saved here"), "hard-drive")

    def _show_counts(self, counts: Mapping[IntakeStatus, int]) -> None:
        self.intake.queue.set_counts(counts)
        self.rail.set_count("intake", self.intake.to_check(counts))

    # what the window remembers between starts

    def _restore(self) -> None:
        if not self._is_ready:
            self._is_ready = True
            self.case_model.recall(DESK, self._put_back)
            self._count_reviews()
            self._warm.start()

    def _put_back(self, desk: Json | None) -> None:
        desk = desk or {}
        self._review_layout = desk.get("review", {})
        self.intake.put_back(desk)
        self.ready.emit()

    def _remember(self) -> None:
        if "review" in self.__dict__:
            self._review_layout = self.review.layout_now()
        self.case_model.keep_view(DESK, {**self.intake.layout_now(), "review": self._review_layout})

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
    def settings_page(self) -> SettingsPage:
        """The settings, built and wired when they are first asked for."""
        from app.views.widgets.settings_page import SettingsPage

        page, place = SettingsPage(), self._workstation.settings
        self.rooms.addWidget(page)
        page.set_workspace(str(place.folder))
        page.set_watched_folder(str(place.watched_folder))
        page.set_person(place.person)
        page.set_appearance(theme.wanted())
        page.set_text_size(round(theme.text_scale() * 100))
        page.collecting_chosen.connect(self._choose_collecting)
        self.background.run(page, "store", self._workstation.collecting.enabled, done=page.set_collecting)
        page.appearance_chosen.connect(self._choose_theme)
        page.text_size_chosen.connect(self._choose_text_size)
        page.person_named.connect(self._choose_person)
        page.workspace_shown.connect(lambda: self._show_folder(self._workstation.settings.folder))
        page.watched_folder_shown.connect(
            lambda: self._show_folder(self._workstation.settings.watched_folder)
        )
        return page

    def _show_folder(self, folder: Path) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def _choose_theme(self, name: theme.Name) -> None:
        theme.use(name)
        self._keep_preferences()

    def _choose_text_size(self, percent: int) -> None:
        theme.set_text_scale(percent / 100)
        self._keep_preferences()

    def _choose_person(self, name: str) -> None:
        self._workstation.work_as(name)
        self.intake.set_person(self._workstation.person)
        if "review" in self.__dict__:
            self.review.set_person(self._workstation.person)
        self._keep_preferences()

    def _choose_collecting(self, on: bool) -> None:
        self.background.run(self, "store", self._workstation.collecting.enable, on, self._workstation.person)

    def _keep_preferences(self) -> None:
        self.case_model.keep_view(
            "preferences",
            {
                "theme": theme.wanted(),
                "text_scale": theme.text_scale(),
                "person": self._workstation.person,
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
        if "clinical" in self.__dict__:
            self.clinical.stop()
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
