"""The side of a review for tests: real services and store on a case, with an engine whose answers are given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from app.domain.policy import Policy
from app.domain.role import Person, Right, Role, require
from app.services.deciding import Deciding
from app.services.review_receipt import Receipts
from app.views.background import Background
from app.views.models.determination_model import DeterminationModel
from app.views.models.review_model import ReviewModel
from app.views.review_side import ReviewSide
from tests.reviewing import Desk, a_desk

NURSE = Person("nina", "Nina Nurse, RN", (Role.UR_SPECIALIST,))
PHYSICIAN = Person("paul", "Paul Physician, MD", (Role.PHYSICIAN,))


def check(by: str, right: Right) -> Person:
    person = {"nina": NURSE, "paul": PHYSICIAN, "ada": Person("ada", "Ada", (Role.CASE_MANAGER,))}[by]
    require(person, right)
    return person


@dataclass
class SideDesk:
    """A case with as many sides as a test opens; what was waited for is on screen when `settle` returns."""

    desk: Desk
    background: Background
    qtbot: QtBot
    person: Person = NURSE
    asked_last: Callable[[], None] = lambda: None
    """Called where a look at the case is all but over."""

    @property
    def receipts(self) -> Receipts:
        return Receipts(self.desk.station.changes, self.desk.station.blobs, check)

    def side(self) -> ReviewSide:
        reviewing, station = self.desk.reviewing, self.desk.station
        review = ReviewModel(
            reviewing, self.desk.noting, station.store, lambda: self.person.name, self.background,
            policies=self.in_force,
        )  # fmt: skip
        determination = DeterminationModel(
            Deciding(station.changes, reviewing, self.receipts, check),
            station.store,
            lambda: self.person,
            self.background,
        )
        side = ReviewSide(review, determination, file_asked=lambda _parent, _name: "")
        review.setParent(side)
        determination.setParent(side)
        self.qtbot.addWidget(side)
        side.resize(490, 860)
        with self.qtbot.waitExposed(side):
            side.show()
        side.activateWindow()
        return side

    def in_force(self) -> tuple[Policy, ...]:
        self.asked_last()
        return tuple(self.desk.policies.known)

    def opened(self) -> ReviewSide:
        side = self.side()
        side.open_case(self.desk.case_id)
        self.settle()
        return side

    def settle(self) -> None:
        """Until nothing is under way any more."""
        self.qtbot.waitUntil(lambda: not self.background.busy)

    def wait(self, true: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(true)


@contextmanager
def a_side_desk(folder: Path, qtbot: QtBot) -> Iterator[SideDesk]:
    with a_desk(folder) as desk:
        desk.check = check
        desk.station.changes = replace(desk.station.changes, check=check)
        background = Background(desk.station.lanes)
        made = SideDesk(desk, background, qtbot)
        yield made
        qtbot.waitUntil(lambda: not background.busy)
        delete(background)


def press(
    key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier, on: QWidget | None = None
) -> None:
    """A key where the keyboard is."""
    target = on or QApplication.focusWidget()
    assert target is not None
    QTest.keyClick(target, key, modifiers)


def hold(
    key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier, on: QWidget | None = None
) -> None:
    """A key that is pressed and kept down: it repeats before it is let go."""
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QKeyEvent

    target = on or QApplication.focusWidget()
    assert target is not None
    for repeated in (False, True, True, True):
        event = QKeyEvent(QEvent.Type.KeyPress, key, modifiers, "", repeated)
        QApplication.sendEvent(target, event)
    QApplication.sendEvent(target, QKeyEvent(QEvent.Type.KeyRelease, key, modifiers, ""))
