"""A person's hands on the real program offscreen, and an album of what is seen: what tours are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEventLoop, QLocale, QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.domain.box import Box
from app.domain.case import Case
from app.domain.form import FormField
from app.main import application, close_window, open_window
from app.views import theme
from app.views.widgets.page_view import PageView
from app.views.window import Window
from app.workstation import Settings, Workstation, build

READING_SECONDS = 600
STEP_SECONDS = 60
SIZE = (1440, 900)
LOOKS = ("light", "dark")
PERSON = "Case manager"
PASSPHRASE = "a passphrase of the tour"  # noqa: S105 - of a workspace that is thrown away


class Stuck(RuntimeError):
    """Something that should have happened on the screen did not."""


def wait_until(condition: Callable[[], bool], what: str, seconds: float = STEP_SECONDS) -> None:
    """Let the program run until a condition holds. Raises `Stuck` when it does not within the time."""
    if condition():
        return
    loop = QEventLoop()
    met = False

    def glance() -> None:
        nonlocal met
        if condition():
            met = True
            loop.quit()

    look = QTimer(interval=15)
    look.timeout.connect(glance)
    QTimer.singleShot(int(seconds * 1000), loop, loop.quit)
    look.start()
    loop.exec()
    look.stop()
    if not met:
        raise Stuck(f"waited {seconds:.0f} s in vain: {what}")


def pause(milliseconds: int) -> None:
    """Let the program run for a moment."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


@dataclass(slots=True)
class Walk:
    """The program on screen, and a person's hands on it."""

    window: Window
    workstation: Workstation

    @property
    def case(self) -> Case:
        case = self.window.case_model.case
        if case is None:
            raise Stuck("no case is open")
        return case

    def settle(self) -> None:
        """Wait until everything is read, saved and drawn."""
        wait_until(
            lambda: not (self.window.background.busy or self.window.case_model.saving),
            "the program comes to rest",
        )
        pause(120)
        wait_until(lambda: not self.window.background.busy, "the program comes to rest")

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(self.hand, key, modifiers)
        self.settle()

    def type(self, text: str) -> None:
        QTest.keyClicks(self.hand, text)

    @property
    def hand(self) -> QWidget:
        """What has the keyboard."""
        return QApplication.focusWidget() or self.window

    def open(self, wanted: Callable[[Case], bool]) -> Case:
        """Open the first case of the queue that fits, by clicking it in the list."""
        intake = self.workstation.intake
        for case_id in self.window.queue_model.case_ids:
            case = self.workstation.in_store(intake.case, case_id)
            if wanted(case):
                self.click_case(case_id)
                self.await_case(case_id)
                return self.case
        raise Stuck("no such case in the queue")

    def await_case(self, case_id: str) -> None:
        def is_open() -> bool:
            case = self.window.case_model.case
            return case is not None and case.case_id == case_id

        wait_until(is_open, "the case opens")
        self.settle()

    def click_case(self, case_id: str) -> None:
        view = self.window.intake.queue.list
        index = self.window.queue_model.index_of(case_id)
        view.scrollTo(index)
        wait_until(lambda: self.window.queue_model.row_of(case_id) is not None, "the card is drawn")
        self.settle()
        card = view.visualRect(index)
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=card.topLeft() + QPoint(24, 16))

    def drag(self, page: int, box: Box, *, hold: bool = False) -> None:
        """Drag a rubber band over a box of a page (1-based); `hold` leaves the button down."""
        view: PageView = self.window.intake.page
        rect = view.box_rect(page - 1, box)
        start, end = rect.topLeft().toPoint(), rect.bottomRight().toPoint()
        target = view.viewport()
        QTest.mousePress(target, Qt.MouseButton.LeftButton, pos=start)
        for step in range(1, 9):
            QTest.mouseMove(target, start + (end - start) * step / 8)
        if not hold:
            self.drop(end)

    def drop(self, at: QPoint) -> None:
        QTest.mouseRelease(self.window.intake.page.viewport(), Qt.MouseButton.LeftButton, pos=at)

    def field(self, path: str) -> FormField:
        field = self.case.field(path)
        if field is None:
            raise Stuck(f"the case has no field {path}")
        return field


@dataclass(slots=True)
class Album:
    """Numbered pictures, each in light and dark, and what each shows."""

    folder: Path
    window: Window
    taken: list[tuple[str, str, str]]

    def take(self, name: str, title: str, words: str) -> None:
        number = len(self.taken) + 1
        stem = f"{number:02}-{name}"
        for look in LOOKS:
            theme.use(look)  # type: ignore[arg-type]
            pause(60)
            wait_until(lambda: not self.window.background.busy_besides("reading"), "the picture is drawn")
            pause(60)
            self.window.grab().save(str(self.folder / f"{stem}-{look}.png"))
        theme.use(LOOKS[0])  # type: ignore[arg-type]
        self.taken.append((stem, title, words))
        print(f"  {stem}  {title}", flush=True)

    def write(self) -> None:
        """`tour.md`: every picture with what it shows."""
        lines = [
            "# A tour of Countersign",
            "",
            "Drawn by `python3 run.py tour --out DIR` from the running program.",
            "",
        ]
        for stem, title, words in self.taken:
            lines += [f"## {title}", "", words, ""]
            lines += [f"![{title}, {look}]({stem}-{look}.png)" for look in LOOKS]
            lines.append("")
        (self.folder / "tour.md").write_text("\n".join(lines), encoding="utf-8")


@contextmanager
def on_screen(place: Settings, key: bytes, user: str = "") -> Iterator[Walk]:
    """The program offscreen, at the size of the pictures, closed at the end; `user` has signed in with the start."""
    app = application()
    QLocale.setDefault(
        QLocale(QLocale.Language.English, QLocale.Country.UnitedStates)
    )  # pictures are everywhere the same
    workstation = build(place, key)
    if user:
        workstation.in_store(workstation.access.sign_in, user, PASSPHRASE)
    theme.use("light")
    window = open_window(workstation)
    window.resize(*SIZE)
    app.setActiveWindow(window) if hasattr(app, "setActiveWindow") else window.activateWindow()
    try:
        yield Walk(window, workstation)
    finally:
        close_window(window, workstation)
