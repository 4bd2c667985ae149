"""Signing in with Google and connecting a workspace: asked of the services in the background, told in facts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from app.domain.connection import Connection
from app.domain.errors import Actionable, Cancelled
from app.domain.role import Person
from app.services.change_log import utc_now
from app.services.connecting import Connecting, Plan
from app.services.ports import Progress
from app.views.background import Background
from app.views.models.access_model import AccessModel
from app.workstation import Workstation

Browser = Callable[[str], None]


def open_browser(url: str) -> None:
    """Show a page in the person's own browser."""
    QDesktopServices.openUrl(QUrl(url))


class Browsing:
    """One sign-in in the browser at a time, and how to stop waiting for it."""

    def __init__(self, background: Background, browser: Browser) -> None:
        self._background = background
        self.browser = browser
        self._stopped = threading.Event()

    def begin(self) -> Browser:
        """What shows the page of a new sign-in, called in the lane that waits: the browser belongs to the UI thread.

        It raises `Cancelled` where the person gave up before the page was there: nobody would stop the waiting then.
        """
        stopped = self._stopped = threading.Event()

        def shown(url: str) -> None:
            if stopped.is_set():
                raise Cancelled("Signing in was stopped.", "Sign in again to go on.", code="stopped")
            self._background.post(lambda: self.browser(url))

        return shown

    def stop(self, identity: object) -> None:
        """Stop waiting; an identity that does not wait for a browser has nothing to stop."""
        self._stopped.set()
        stop = getattr(identity, "cancel_sign_in", None)
        if stop is not None:
            stop()


class ConnectModel(QObject):
    """Takes a workspace through connecting, a step at a time. The latest step wins."""

    found = Signal(object)
    """`Connection`: what the file or the address describes"""
    planned = Signal(str, object)
    """email, `Plan`"""
    progressed = Signal(int, int)
    connected = Signal(str, object)
    """email, `Plan`: it counts from the next start"""
    refused = Signal(object)
    """`Actionable`"""

    def __init__(
        self,
        workstation: Workstation,
        background: Background,
        parent: QObject | None = None,
        browser: Browser = open_browser,
    ) -> None:
        super().__init__(parent)
        self._workstation = workstation
        self._background = background
        self.browsing = Browsing(background, browser)
        self._connection: Connection | None = None
        self._email = ""
        self._stopped = threading.Event()
        self._step = 0

    @property
    def _service(self) -> Connecting:
        return self._workstation.connecting

    def from_url(self, url: str) -> None:
        self._find(lambda: self._service.from_url(url))

    def from_file(self, path: str) -> None:
        self._find(lambda: self._service.from_file(Path(path)))

    def _find(self, work: Callable[[], Connection]) -> None:
        def done(connection: Connection) -> None:
            self._connection = connection
            self.found.emit(connection)

        self._run(work, done)

    def sign_in(self) -> None:
        """Sign in with the browser; then the plan is told."""
        connection = self._connection
        if connection is None:
            return

        shown = self.browsing.begin()

        def work() -> tuple[str, Plan]:
            email = self._service.sign_in(shown, connection)
            return email, self._service.plan(connection)

        def done(found: tuple[str, Plan]) -> None:
            self._email = found[0]
            self.planned.emit(*found)

        self._run(work, done)

    def cancel(self) -> None:
        """Wait for nothing any longer."""
        self._stopped.set()
        self._step += 1
        if self._connection is not None:
            self.browsing.stop(self._service.identity(self._connection))

    def connect_workspace(self, people: Mapping[str, str]) -> None:
        """Do what was planned."""
        connection, by = self._connection, self._workstation.person
        if connection is None:
            return
        self._stopped.clear()

        def watch(progress: Progress) -> None:  # runs in the lane
            if self._stopped.is_set():
                raise Cancelled("Connecting was stopped.", "Connect again to go on.", code="stopped")
            self._background.post(lambda: self.progressed.emit(progress.done, progress.total))

        self._run(
            lambda: self._service.connect(connection, by, people, watch),
            lambda plan: self.connected.emit(self._email, plan),
            always=True,
        )

    def _run(self, work: Callable[[], object], done: Callable[..., None], *, always: bool = False) -> None:
        self._step += 1
        step = self._step

        def told(result: object) -> None:
            if always or step == self._step:
                done(result)

        def failed(error: Actionable) -> None:
            if always or step == self._step:
                self.refused.emit(error)

        self._background.run(self, "network", work, done=told, failed=failed)


class CloudAccessModel(AccessModel):
    """Who works at a connected workspace: signing in and out ask Google, in the lane `network`."""

    def __init__(
        self,
        workstation: Workstation,
        background: Background,
        parent: QObject | None = None,
        browser: Browser = open_browser,
    ) -> None:
        super().__init__(workstation, background, parent)
        self.browsing = Browsing(background, browser)
        self._step = 0

    def recall_name(self) -> None:
        """Google asks for the name."""

    def sign_in(self, name: str, passphrase: str) -> None:  # noqa: ARG002 - Google asks for both
        """Sign in with the browser, as the first or in the place of whoever is in."""
        connecting, access = self._workstation.connecting, self._workstation.access
        self._step += 1
        step = self._step

        shown = self.browsing.begin()

        def work() -> Person:
            connecting.sign_in(shown)
            return access.me

        def done(person: Person) -> None:
            self._known = person
            if step == self._step:
                self.signed_in.emit(person)

        def failed(error: Actionable) -> None:
            if step == self._step:
                self.refused.emit(error)

        self._background.run(self, "network", work, done=done, failed=failed)

    def cancel(self) -> None:
        """Do not wait for the browser any longer."""
        self._step += 1
        self.browsing.stop(self._workstation.connecting.identity())

    def go_on(self) -> None:
        """Whoever is in goes on without being asked who they are: where they sign in elsewhere, and it is away."""
        access, store, name = self._workstation.access, self._workstation.store, self.me.name

        def work() -> Person:
            person = access.present(name)
            store.note("went_on_offline", name, utc_now(), None, {})
            return person

        def done(person: Person) -> None:
            self._known = person
            self.signed_in.emit(person)

        self._background.run(self, "store", work, done=done, failed=self.refused.emit)

    def sign_out(self) -> None:
        """Forget who is signed in, here and, as far as it can be reached, at Google."""

        def done(_: object) -> None:
            self._known = self.me
            self.signed_out.emit()

        def failed(error: Actionable) -> None:
            done(None)
            self.refused.emit(error)

        self._background.run(self, "network", self._workstation.connecting.sign_out, done=done, failed=failed)
