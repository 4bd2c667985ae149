"""The tour: starts the real program offscreen, walks the main job by key and mouse, and draws what is seen."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEventLoop, QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.domain.box import Box
from app.domain.case import Case, IntakeStatus
from app.domain.form import FieldKind, FormField
from app.main import application, close_window, log_qt, open_window
from app.services.sample_form import make_samples
from app.views import theme
from app.views.widgets.page_view import PageView
from app.views.window import Window
from app.workstation import Settings, Workstation, build, settings

READING_SECONDS = 600
STEP_SECONDS = 60
SIZE = (1440, 900)
LOOKS = ("light", "dark")
PERSON = "Case manager"


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
def on_screen(place: Settings, key: bytes) -> Iterator[Walk]:
    """The program offscreen, at the size of the pictures, closed at the end."""
    app = application()
    workstation = build(place, key)
    theme.use("light")
    window = open_window(workstation)
    window.resize(*SIZE)
    app.setActiveWindow(window) if hasattr(app, "setActiveWindow") else window.activateWindow()
    try:
        yield Walk(window, workstation)
    finally:
        close_window(window, workstation)


def run_tour(out: Path) -> int:
    """Walk the main job and write the pictures; returns the exit code."""
    log_qt()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="countersign-tour-") as made:
        folder = Path(made)
        samples = make_samples(folder / "samples")
        with on_screen(Settings(folder / "workspace", PERSON), os.urandom(32)) as walk:
            album = Album(out, walk.window, [])
            try:
                _walk(walk, album, [s.path for s in samples])
            except Stuck as error:
                print(f"The tour got stuck: {error}", file=sys.stderr)
                return 1
            album.write()
    print(f"{2 * len(album.taken)} pictures and tour.md are in {out}")
    return 0


def _walk(walk: Walk, album: Album, paths: list[Path]) -> None:
    window = walk.window
    intake = window.intake
    panel = intake.panel
    wait_until(intake.isVisible, "the window opens")
    album.take("empty", "The first start", "An empty queue says what to do: add files or drop them.")
    window.intake_model.add_files(paths)
    wait_until(lambda: window.queue_model.rowCount() >= len(paths) - 1, "the arrivals stand in the queue")
    pause(1500)
    album.take(
        "reading",
        "Arrivals are received at once and read one after the other",
        "Every file has its receipt before it is read. The form being read shows its progress and can be stopped.",
    )
    wait_until(lambda: not window.intake_model.busy, "everything is read", READING_SECONDS)
    walk.settle()
    _correct(walk, album)
    _rubber_band(walk, album)
    _rule_fix(walk, album)
    _verify(walk, album)
    _views(walk, album)
    walk.open(lambda case: case.intake_status is IntakeStatus.UNREADABLE)
    album.take(
        "unreadable",
        "What cannot be read stays in the queue",
        "The reason is said in words, with what to do next. Nothing that arrived is ever dropped.",
    )
    window.show_room("settings")
    walk.settle()
    album.take(
        "settings", "Settings", "Look, text size, whose name stands on changes, where the workspace is."
    )
    window.show_room("intake")
    QTest.keyClick(window, Qt.Key.Key_F1)
    walk.settle()
    album.take("shortcuts", "Every key on one sheet", "F1 shows it over the window; Esc puts it away.")
    QTest.keyClick(walk.hand, Qt.Key.Key_Escape)
    panel.focus_editor()


def _is_texas(case: Case) -> bool:
    return case.form_type == "tx_nofr001" and case.intake_status is IntakeStatus.NEEDS_REVIEW


def _correct(walk: Walk, album: Album) -> None:
    panel = walk.window.intake.panel
    in_store, look = walk.workstation.in_store, walk.workstation.intake.case
    cases = [in_store(look, case_id) for case_id in walk.window.queue_model.case_ids]
    doubtful = [c for c in cases if _is_texas(c) and c.confidence.needs_look >= 2]
    if not doubtful:
        raise Stuck("no Texas form has doubtful fields")
    clearest = max(doubtful, key=lambda case: case.confidence.mean)
    walk.open(lambda case: case.case_id == clearest.case_id)
    panel.focus_editor()
    walk.settle()
    album.take(
        "open",
        "A case is open at its most doubtful field",
        "The page on the left, the fields by section on the right, the field's own crop right above its editor. "
        "Doubtful characters are marked in the value.",
    )
    panel.select("patient_phone")
    walk.key(Qt.Key.Key_F2)
    walk.key(Qt.Key.Key_End)
    walk.key(Qt.Key.Key_Backspace)
    walk.type("9")
    walk.settle()
    album.take(
        "correct",
        "A value is corrected",
        "F2 edits. What is typed is kept as it is typed; the machine's value stays beside the correction.",
    )
    walk.key(Qt.Key.Key_Return)
    album.take(
        "confirm",
        "Enter confirms and goes to the next field that needs a look",
        "The field just left is settled and says so; the next doubtful one is open, the dearest doubt first.",
    )


def _rubber_band(walk: Walk, album: Album) -> None:
    intake = walk.window.intake
    field = walk.field("requesting_provider_name")
    intake.panel.select(field.path)
    walk.settle()
    if field.box is None or field.page is None:
        raise Stuck("the provider's name was not found on the page")
    box = field.box.padded(0.006, 0.004)
    walk.drag(field.page, box, hold=True)
    pause(50)
    album.take(
        "rubber-band",
        "A rubber band over the page",
        "What is printed inside lands in the selected field, checked by the rules, and the cursor moves on.",
    )
    walk.drop(intake.page.box_rect(field.page - 1, box).bottomRight().toPoint())
    wait_until(lambda: not walk.window.background.busy, "the region is read")
    wait_until(lambda: walk.field(field.path).state != "unseen", "what is printed there lands in the field")
    walk.settle()
    album.take(
        "rubber-band-done", "What was printed there is in the field", "Ctrl+Z takes it back, as everything."
    )
    walk.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)


def _rule_fix(walk: Walk, album: Album) -> None:
    def with_fix(case: Case) -> bool:
        return case.intake_status is IntakeStatus.NEEDS_REVIEW and any(
            w.suggestion for f in case.fields for w in f.warnings
        )

    case = walk.open(with_fix)
    field = next(f for f in case.fields for w in f.warnings if w.suggestion)
    walk.window.intake.panel.select(field.path)
    walk.settle()
    album.take(
        "rule",
        "A rule says what is probably wrong, and offers the fix",
        "Alt+3 takes the suggestion; Enter says that the value is right as it stands.",
    )
    walk.key(Qt.Key.Key_3, Qt.KeyboardModifier.AltModifier)
    album.take(
        "rule-fixed", "One key fixes it", "The correction stands beside what was read, with who and when."
    )


def _verify(walk: Walk, album: Album) -> None:
    panel = walk.window.intake.panel
    walk.open(lambda case: _is_texas(case) and case.confidence.needs_look > 0)
    panel.focus_editor()
    walk.key(Qt.Key.Key_F9)
    album.take(
        "not-yet",
        "Verifying waits for what nobody has looked at",
        "The panel says how many fields are left and goes to the first of them.",
    )
    for _ in range(200):
        if walk.case.confidence.needs_look == 0:
            break
        walk.key(Qt.Key.Key_Return)
    case_id = walk.case.case_id
    album.take("all-seen", "Everything was looked at", "Nothing is left; F9 countersigns.")
    walk.key(Qt.Key.Key_F9)
    verified = walk.workstation.in_store(walk.workstation.intake.case, case_id)
    if verified.intake_status is not IntakeStatus.VERIFIED:
        raise Stuck("the case was not verified")
    album.take(
        "verified",
        "Verified, and on to the next case",
        "The line at the top says which case was countersigned and offers to open it again.",
    )


def _views(walk: Walk, album: Album) -> None:
    page = walk.window.intake.page
    walk.open(lambda case: case.form_document is not None and case.form_document.page_count > 2)
    walk.key(Qt.Key.Key_F7)
    walk.key(Qt.Key.Key_F6)
    album.take(
        "package",
        "A fax package with its pages",
        "F7 shows the pages, F6 holds the view: while it is held nothing moves the page.",
    )
    walk.key(Qt.Key.Key_F6)
    walk.key(Qt.Key.Key_F7)
    walk.key(Qt.Key.Key_F8)
    album.take("night", "Night page", "F8 turns the page dark for the evening; colours keep their hue.")
    walk.key(Qt.Key.Key_F8)
    page.fit_width()
    walk.settle()


def draw_screens(place: Settings, key: bytes, out: Path) -> tuple[Path, ...]:
    """Pictures of the window on a workspace as it stands: its first case, in light and dark."""
    log_qt()
    out.mkdir(parents=True, exist_ok=True)
    with on_screen(place, key) as walk:
        wait_until(lambda: walk.window.case_model.case is not None, "the first case opens")
        walk.settle()
        album = Album(out, walk.window, [])
        album.take("queue", "The queue and the first case", "What was taken in, opened in the window.")
        return tuple(sorted(out.glob("*.png")))


def run_self_test() -> int:
    """Take one sample in, correct a field, verify, and start again: whether the program works where it stands."""
    log_qt()
    with tempfile.TemporaryDirectory(prefix="countersign-self-test-") as made:
        folder = Path(made)
        samples = [s for s in make_samples(folder / "samples") if s.form_type == "tx_nofr001"]
        place, key = settings(folder / "workspace"), os.urandom(32)
        try:
            with on_screen(place, key) as walk:
                case_id = _main_job(walk, samples[0].path)
            with on_screen(place, key) as walk:
                kept = walk.workstation.in_store(walk.workstation.intake.case, case_id)
                field = kept.field("patient_name")
                if (
                    kept.intake_status is not IntakeStatus.VERIFIED
                    or field is None
                    or field.current != "Self Test"
                ):
                    raise Stuck("what was verified was not there after the restart")
        except Stuck as error:
            print(f"self-test failed: {error}", file=sys.stderr)
            return 1
    print("self-test passed: a form was read, corrected, verified and was there after a restart.")
    return 0


def _main_job(walk: Walk, path: Path) -> str:
    window = walk.window
    window.intake_model.add_files([path])
    wait_until(lambda: bool(window.queue_model.case_ids), "the arrival stands in the queue")
    case_id = window.queue_model.case_ids[0]
    wait_until(lambda: not window.intake_model.busy, "the form is read", READING_SECONDS)
    walk.settle()
    walk.click_case(case_id)
    wait_until(lambda: window.case_model.case is not None and bool(walk.case.fields), "the case is open")
    walk.settle()
    panel = window.intake.panel
    panel.select("patient_name")
    panel.focus_editor()
    walk.key(Qt.Key.Key_F2)
    walk.key(Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    walk.type("Self Test")
    walk.key(Qt.Key.Key_Return)
    for _ in range(300):
        if walk.case.confidence.needs_look == 0:
            break
        walk.key(Qt.Key.Key_Return)
    if any(
        f.kind is FieldKind.NAME and f.path == "patient_name" and f.current != "Self Test"
        for f in walk.case.fields
    ):
        raise Stuck("the correction did not arrive")
    walk.key(Qt.Key.Key_F9)
    verified = walk.workstation.in_store(walk.workstation.intake.case, case_id)
    if verified.intake_status is not IntakeStatus.VERIFIED:
        raise Stuck("the case was not verified")
    return case_id
