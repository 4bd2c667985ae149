"""The gate before the work: shut until somebody signs in, and again when they go away."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication, QStackedWidget, QToolTip, QWidget
from shiboken6 import isValid

from app.domain.errors import Actionable
from app.domain.role import Person
from app.views import messages
from app.views.background import Background
from app.views.models.access_model import AccessModel
from app.workstation import Workstation

if TYPE_CHECKING:  # only where somebody has to sign in
    from app.views.widgets.sign_in_page import SignInPage
    from app.views.widgets.sync.google_sign_in_page import GoogleSignInPage

IDLE_SECONDS = 600
"""Nobody touched keys or mouse for so long: locked."""
LOOK_MS = 5000
SLEPT_SECONDS = 60
"""The clock went on by so much more than the program: the computer was asleep. Locked before anything is shown."""
MOST_POPUPS = 8
"""Menus that may stand over each other."""
_TOUCHES = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
        QEvent.Type.TouchUpdate,
        QEvent.Type.TabletMove,
    }
)


class SignInGate(QObject):
    """Shows the page of signing in over the work, which stays as it is behind it while it is only locked."""

    came_in = Signal(object)
    """`Person`: somebody works here from now on who did not before; nothing is open"""
    leaving = Signal()
    """Whoever is in goes: what is being typed is to be handed over now, under their name."""
    left = Signal()
    """They are gone, or somebody else is in: what is open is to be closed."""
    shut = Signal()
    """The page of signing in is shown; told at every lock, too."""
    changed = Signal(object)
    """`Person`: the same one, with other roles or another title"""

    def __init__(
        self,
        workstation: Workstation,
        background: Background,
        doors: QStackedWidget,
        parent: QObject,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`doors` shows the work as its first page; the page of signing in is added when it is first needed."""
        super().__init__(parent)
        self.model = self._model_of(workstation, background)
        self._doors = doors
        self._work = doors.widget(0)
        self._page: SignInPage | GoogleSignInPage | None = None
        self._clock = clock
        self._touched = self._looked = clock()
        self._inside: Person | None = None  # whose work is behind the gate
        self._keyboard: QWidget | None = None
        self._look = QTimer(self, interval=LOOK_MS)
        self._look.timeout.connect(self.look)
        self.model.signed_in.connect(self._signed_in)
        self.model.signed_out.connect(self._signed_out)
        self.model.refused.connect(self._refused)
        self.model.name_remembered.connect(self._name_remembered)
        self.model.person_changed.connect(self._person_changed)

    def _model_of(self, workstation: Workstation, background: Background) -> AccessModel:
        if workstation.cloud is None:
            return AccessModel(workstation, background, self)
        from app.views.models.connect_model import CloudAccessModel

        return CloudAccessModel(workstation, background, self)

    @property
    def is_shut(self) -> bool:
        return self._doors.currentWidget() is not self._work

    @property
    def page(self) -> SignInPage | GoogleSignInPage:
        """The page of signing in, made when it is first needed."""
        if self._page is None:
            self._page = self._made_page()
            self._page.asked.connect(self.model.sign_in)
            self._doors.addWidget(self._page)
        return self._page

    def _made_page(self) -> SignInPage | GoogleSignInPage:
        cancel, go_on = (getattr(self.model, name, None) for name in ("cancel", "go_on"))
        if cancel is None or go_on is None:
            from app.views.widgets.sign_in_page import SignInPage

            return SignInPage()
        # people sign in with Google
        from app.views.widgets.sync.google_sign_in_page import GoogleSignInPage

        page = GoogleSignInPage()
        page.cancelled.connect(cancel)
        page.went_on.connect(go_on)
        return page

    def set_offline(self, offline: bool) -> None:
        """Whether who signs in elsewhere cannot be asked for at the moment."""
        told = getattr(self._page, "set_offline", None)
        if told is not None:
            told(offline)

    def start(self) -> None:
        """Shut where somebody has to sign in; where somebody did with the start, they are in."""
        if self.model.somebody_must:
            self._shut()
            self.model.recall_name()
        elif self.model.has_users:
            self._inside = self.model.me
            self._watch()

    def lock(self) -> None:
        """Blank at once; the same person goes on where they were."""
        if self._inside is None or self.is_shut:
            return
        self._keyboard = QApplication.focusWidget()
        self._shut()
        self.page.ask(self._inside.name, self._inside.title)

    def switch(self) -> None:
        """Sign out: what was typed is kept, what is open is closed, and the next person may sign in."""
        if self._inside is None:
            return
        if not self.is_shut:
            self.leaving.emit()
        self._shut()
        self.page.ask("")
        self.page.set_busy(True)
        self.model.sign_out()

    def first_came(self, person: Person) -> None:
        """The first user was made, and is in: from now on people sign in here."""
        self._inside = person
        self._watch()
        self.came_in.emit(person)

    def thrown_out(self, error: Actionable) -> None:
        """A service says that nobody is in: another program ended their work here, or made the first user."""
        if self.model.somebody_must and not self.is_shut:
            self._signed_out()
            self.page.ask("", remark=" ".join(messages.text(error)))

    def touch(self) -> None:
        """Somebody is there."""
        self._touched = self._clock()

    def look(self) -> None:
        """Lock when nobody was there for long, or the computer was asleep meanwhile; ask whether they still may."""
        now = self._clock()
        slept = now - self._looked - LOOK_MS / 1000 > SLEPT_SECONDS
        self._looked = now
        if slept or not 0 <= now - self._touched < IDLE_SECONDS:  # a clock that was put back proves nothing
            self._touched = now
            self.lock()
        else:
            self.model.look_again()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Sees what the window gets from keys and mouse, before it goes to any widget."""
        if event.type() in _TOUCHES:
            self._touched = self._clock()
        return super().eventFilter(watched, event)

    def stop(self) -> None:
        """The window closes."""
        self._look.stop()

    def _watch(self) -> None:
        self._touched = self._looked = self._clock()
        handle = self._doors.window().windowHandle()
        if handle is not None:
            handle.removeEventFilter(self)
            handle.installEventFilter(self)
        self._look.start()

    def _shut(self) -> None:
        application = QApplication.instance()
        window = self._doors.window()
        for _ in range(MOST_POPUPS):
            popup = QApplication.activePopupWidget()
            if popup is None:
                break
            popup.close()
        if isinstance(application, QApplication):
            for other in application.topLevelWidgets():  # a dialog may show a name of a file
                if other is not window and other.isVisible() and other.parent() is not None:
                    other.close()
        QToolTip.hideText()
        self._look.stop()
        self._doors.setCurrentWidget(self.page)
        self.page.take_keyboard()
        self.shut.emit()

    def _open(self) -> None:
        self._doors.setCurrentIndex(0)
        self._watch()

    def _signed_in(self, person: Person) -> None:
        before, self._inside = self._inside, person
        same = before is not None and before.name == person.name
        if not same and before is not None:
            self.left.emit()
        if same:
            self._open()
            if person != before:
                self.changed.emit(person)
            if self._keyboard is not None and isValid(self._keyboard):
                self._keyboard.setFocus()
        else:
            self._open()
            self.came_in.emit(person)
        self._keyboard = None
        if self._page is not None:
            self._page.ask("")  # no passphrase stays in an editor behind the work

    def _signed_out(self) -> None:
        self._inside = self._keyboard = None
        self.left.emit()
        if not self.is_shut:
            self._shut()
        self.page.ask("")
        self.model.recall_name()

    def _refused(self, error: Actionable) -> None:
        if self.is_shut:
            self.page.refuse(" ".join(messages.text(error)))

    def _name_remembered(self, name: str) -> None:
        page = self.page
        if self.is_shut and not page.name.text() and not page.passphrase.text() and not page.remark.text():
            page.name.setText(name)
            page.take_keyboard()

    def _person_changed(self, person: Person) -> None:
        self._inside = person
        self.changed.emit(person)
