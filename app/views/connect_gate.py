"""The pages before the work that are about an organisation: the first start, connecting, and signing in with Google."""

from __future__ import annotations

from functools import cached_property

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QWidget

from app.domain.connection import Connection
from app.domain.errors import Actionable
from app.services.connecting import Plan
from app.views import messages
from app.views.background import Background
from app.views.models.connect_model import Browser, ConnectModel, open_browser
from app.views.widgets.sync.connect_page import ConnectPage, PlanWords
from app.views.widgets.sync.first_start_page import FirstStartPage
from app.views.window_sync import FIRST_START
from app.workstation import Workstation


class ConnectGate(QObject):
    """Shows its pages over the work, which stays as it is behind them."""

    entered = Signal()
    """The first question was answered: the work is shown."""
    restart_asked = Signal()
    """The workspace is connected: it counts from the next start, which is wanted now."""

    def __init__(
        self,
        workstation: Workstation,
        background: Background,
        doors: QStackedWidget,
        parent: QObject,
        browser: Browser = open_browser,
    ) -> None:
        """`doors` shows the work as its first page."""
        super().__init__(parent)
        self._workstation = workstation
        self._background = background
        self._doors = doors
        self.browser = browser
        self._first = False

    def ask_first(self) -> None:
        """Ask where the work is to be. Asked again at the next start while it is not answered."""
        self._first = True
        self._remember(True)
        self._show(self.first)
        self.first.take_keyboard()

    def connect_workspace(self) -> None:
        """Take the workspace through connecting."""
        self._show(self.page)
        self.page.ask_where()
        self.page.take_keyboard()

    @cached_property
    def first(self) -> FirstStartPage:
        page = FirstStartPage()
        self._doors.addWidget(page)
        page.local_chosen.connect(self._enter)
        page.connect_chosen.connect(self.connect_workspace)
        return page

    @cached_property
    def page(self) -> ConnectPage:
        page = ConnectPage()
        self._doors.addWidget(page)
        page.address_given.connect(self.model.from_url)
        page.file_asked.connect(self._choose_file)
        page.sign_in_asked.connect(self._sign_in)
        page.cancelled.connect(self.model.cancel)
        page.connect_asked.connect(self._connect)
        page.done.connect(self._restart)
        page.left.connect(self._leave)
        return page

    @cached_property
    def model(self) -> ConnectModel:
        model = ConnectModel(self._workstation, self._background, self, self.browser)
        model.found.connect(self._found)
        model.planned.connect(self._planned)
        model.progressed.connect(self._progressed)
        model.connected.connect(self._connected)
        model.refused.connect(self._refused)
        return model

    def stop(self) -> None:
        """The window closes: a browser is waited for no longer."""
        if "model" in self.__dict__:
            self.model.cancel()

    def _choose_file(self) -> None:
        dialog = QFileDialog(self.page, self.tr("Connection file"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([self.tr("Connection files (*.json)"), self.tr("All files (*)")])
        dialog.fileSelected.connect(self.model.from_file)
        dialog.open()

    def _found(self, connection: Connection) -> None:
        self.page.ask_who(connection)

    def _sign_in(self) -> None:
        self.page.wait_for_browser()
        self.model.sign_in()

    def _planned(self, email: str, plan: Plan) -> None:
        words = PlanWords(plan.travels, plan.stays, plan.size, plan.people, plan.refused)
        self.page.show_plan(email, words)
        self.page.take_keyboard()

    def _connect(self, people: dict[str, str]) -> None:
        self.page.show_moving()
        self.model.connect_workspace(people)

    def _connected(self, email: str, plan: Plan) -> None:
        self._remember(False)
        self.page.show_done(email, plan.held.changes)
        self.page.take_keyboard()

    def _progressed(self, done: int, total: int) -> None:
        self.page.show_progress(done, total)

    def _refused(self, error: Actionable) -> None:
        self.page.refuse(" ".join(messages.text(error)))

    def _restart(self) -> None:
        self.restart_asked.emit()

    def _leave(self) -> None:
        if self._first:
            self._show(self.first)
            self.first.take_keyboard()
        else:
            self._doors.setCurrentIndex(0)

    def _enter(self) -> None:
        self._first = False
        self._remember(False)
        self._doors.setCurrentIndex(0)
        self.entered.emit()

    def _remember(self, asked: bool) -> None:
        store = self._workstation.store
        self._background.run(self, "store", store.remember, FIRST_START, {"open": asked})

    def _show(self, page: QWidget) -> None:
        self._doors.setCurrentWidget(page)
