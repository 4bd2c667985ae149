"""The tour: starts the real program offscreen, walks the main job by key and mouse, and draws what is seen."""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.domain.case import Case, IntakeStatus
from app.domain.form import FieldKind
from app.main import log_qt
from app.services.ingestion import Ingestion
from app.services.sample_form import make_samples
from app.services.sample_review import SampleReview, make_reviews
from app.services.sample_taking import ask, attach_notes, check_form
from app.tour_review import PUMP, make_people, review_requests, take_review
from app.tour_sync import first_start, kept_here
from app.tour_teach import teach_a_form
from app.tour_walk import (
    PERSON,
    READING_SECONDS,
    Album,
    Stuck,
    Walk,
    on_screen,
    pause,
    wait_until,
)
from app.workstation import Settings, build, settings

__all__ = ["Stuck", "Walk", "draw_screens", "pause", "run_self_test", "run_tour", "wait_until"]


def run_tour(out: Path) -> int:
    """Walk the main job and write the pictures; returns the exit code."""
    log_qt()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="countersign-tour-") as made:
        folder = Path(made)
        samples = make_samples(folder / "samples")
        requests = make_reviews(folder / "notes", samples)
        place, key = Settings(folder / "workspace", PERSON), os.urandom(32)
        try:
            with on_screen(place, key) as walk:
                album = Album(out, walk.window, [])
                _walk(walk, album, [s.path for s in samples], folder)
                cases = _cases_of(walk, requests)
            _into_review(place, key, requests, cases)
            review_requests(place, key, album, {r.form.path.stem: cases[r.form.path.name] for r in requests})
        except Stuck as error:
            print(f"The tour got stuck: {error}", file=sys.stderr)
            return 1
        album.write()
    print(f"{2 * len(album.taken)} pictures and tour.md are in {out}")
    return 0


def _cases_of(walk: Walk, requests: tuple[SampleReview, ...]) -> dict[str, str]:
    """The cases of the sample requests, by the file name of their form."""
    names = {request.form.path.name for request in requests}
    found: dict[str, str] = {}
    for case_id in walk.window.queue_model.case_ids:
        case = walk.workstation.in_store(walk.workstation.intake.case, case_id)
        if case.form_document is not None and case.form_document.name in names:
            found[case.form_document.name] = case_id
    if len(found) < len(names):
        raise Stuck("not every sample request stands in the queue")
    return found


def _into_review(
    place: Settings, key: bytes, requests: tuple[SampleReview, ...], cases: dict[str, str]
) -> None:
    """Between two windows: the forms of the sample requests are checked, their notes attached; people are made."""
    workstation = build(place, key)
    try:
        for request in requests:
            case = workstation.in_store(workstation.intake.case, cases[request.form.path.name])
            check_form(workstation, case, request.form)
            attach_notes(workstation, case.case_id, request)
            workstation.texts.read(case.case_id)
        make_people(workstation)
    finally:
        workstation.close()


def _walk(walk: Walk, album: Album, paths: list[Path], folder: Path) -> None:
    window = walk.window
    intake = window.intake
    panel = intake.panel
    wait_until(intake.isVisible, "the window opens")
    first_start(walk, album)
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
    teach_a_form(walk, album, folder / "taught")
    window.show_room("settings")
    walk.settle()
    album.take(
        "settings", "Settings", "Look, text size, whose name stands on changes, where the workspace is."
    )
    kept_here(walk, album)
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
    """Pictures of the window on a workspace as it stands: its first case and its requests, in light and dark."""
    log_qt()
    out.mkdir(parents=True, exist_ok=True)
    with on_screen(place, key) as walk:
        wait_until(lambda: walk.window.case_model.case is not None, "the first case opens")
        walk.settle()
        album = Album(out, walk.window, [])
        album.take("queue", "The queue and the first case", "What was taken in, opened in the window.")
        take_review(walk, album)
        return tuple(sorted(out.glob("*.png")))


def run_self_test() -> int:
    """Take one sample in, correct a field, verify, start again, review a request, and make every client that a
    connected desk uses: whether the program works where it stands.
    """
    from app.composition.connect import cloud_clients

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
            _review_job(folder)
            clients = cloud_clients()
        except (Stuck, ImportError, FileNotFoundError) as error:
            print(f"self-test failed: {error}", file=sys.stderr)
            return 1
    print(
        "self-test passed: a form was read, corrected, verified and was there after a restart; a request was reviewed; "
        f"the clients of Google Cloud are whole: {', '.join(clients)}."
    )
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


def _review_job(folder: Path) -> None:
    """Have a sample request read, checked and judged by the criteria engine, and look whether it says what is right."""
    requests = make_reviews(folder / "notes", make_samples(folder / "samples"))
    request = next(r for r in requests if r.form.path.stem == PUMP)
    request = replace(request, paths=request.paths[:1])  # the typed note: nothing has to be recognized
    workstation = build(settings(folder / "review"), os.urandom(32))
    try:
        ingestion = Ingestion(workstation.lanes, workstation.intake, workstation.backends.processor)
        (case,) = ingestion.take_in(request.form.path, workstation.person).cases
        check_form(workstation, case, request.form)
        attach_notes(workstation, case.case_id, request)
        review = ask(workstation, case.case_id)
        found = review.recommendations[0] if review.recommendations else None
        if found is None or (found.outcome, found.blocking) != (request.right, request.turns_on):
            raise Stuck("the recommendation on a sample request is not what its documents carry")
    finally:
        workstation.close()
