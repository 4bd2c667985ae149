"""The demo: makes its own sample arrivals, takes them in, and opens the window on them.

Four of the requests go on to the review: their forms are checked, and the notes that came for them attached.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app import display
from app.domain.case import Case, IntakeStatus
from app.domain.recommendation import Review
from app.services import report
from app.services.ingestion import Ingested, Ingestion
from app.services.sample_form import Sample, make_samples
from app.services.sample_review import SampleReview, make_reviews
from app.services.sample_taking import ask, attach_notes, check_form, fill_slots, numbered, same
from app.workstation import KeyQuestion, Settings, Workstation, build, settings, unlock

if TYPE_CHECKING:  # Qt is loaded only when a window is asked for
    from app.views.window import Window

Ask = Callable[[KeyQuestion], str | None]


@contextmanager
def workspace(folder: Path | None, ask_key: Ask) -> Iterator[tuple[Settings, bytes]]:
    """A workspace and its key: the one named, or one that is thrown away at the end."""
    if folder is not None:
        place = settings(folder)
        yield place, unlock(place.folder, ask_key)
        return
    with tempfile.TemporaryDirectory(prefix="countersign-demo-") as made:
        yield settings(Path(made) / "workspace"), os.urandom(32)


def run_demo(folder: Path | None, out: Path | None, ask_key: Ask) -> int:
    """Open the window on sample arrivals; without a display do the same work offscreen and say what was read."""
    offscreen = bool(display.problem()) or os.environ.get("QT_QPA_PLATFORM") == "offscreen"
    with tempfile.TemporaryDirectory(prefix="countersign-samples-") as made:
        samples = make_samples(Path(made))
        requests = make_reviews(Path(made) / "notes", samples)
        with workspace(folder, ask_key) as (place, key):
            if offscreen:
                return _offscreen(place, key, samples, requests, out)
            from app.main import run  # Qt is loaded only when a window is asked for

            return run(place, key, partial(fill_window, samples=samples, requests=requests))


def fill_window(window: Window, samples: tuple[Sample, ...], requests: tuple[SampleReview, ...]) -> None:
    """Have the window take the samples in; what was read of the four requests goes on to the review at once."""
    workstation, intake = window.workstation, window.intake_model
    by_name = {request.form.path.name: request for request in requests}

    def told(_result: object) -> None:
        intake.others_wrote.emit()

    def to_review(case: Case) -> None:
        form = case.form_document
        request = by_name.pop(form.name, None) if form is not None else None
        if request is None or case.intake_status is not IntakeStatus.NEEDS_REVIEW:
            return
        window.background.run(window, "review", into_review, workstation, case, request, done=told)

    intake.was_read.connect(to_review)
    intake.add_files([sample.path for sample in samples])


def into_review(workstation: Workstation, case: Case, request: SampleReview) -> None:
    """What a case manager does with a sample request: the form is checked, the notes are attached."""
    check_form(workstation, case, request.form)
    attach_notes(workstation, case.case_id, request)


def _offscreen(
    place: Settings,
    key: bytes,
    samples: tuple[Sample, ...],
    requests: tuple[SampleReview, ...],
    out: Path | None,
) -> int:
    print(
        f"There is no display, so the work is done offscreen on {len(samples)} sample arrivals.\n", flush=True
    )
    workstation = build(place, key)
    try:
        every = ingest_samples(workstation, samples)
        print(report.ingested_table(every, workstation.titles()))
        print(f"\n{_agreement(samples, every)}\n", flush=True)
        print("Four of them go on to the review, with the notes that came for them.\n", flush=True)
        print(review_samples(workstation, every, requests), flush=True)
    finally:
        workstation.close()
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from app.tour import draw_screens  # Qt is loaded only when pictures are drawn

    pictures = out or Path(tempfile.mkdtemp(prefix="countersign-pictures-"))
    drawn = draw_screens(place, key, pictures)
    print(f"\n{len(drawn)} pictures of the window are in {pictures}")
    print("With a display, the same command opens the window on these cases.")
    return 0


def ingest_samples(workstation: Workstation, samples: tuple[Sample, ...]) -> list[Ingested]:
    """Take the samples in, one after the other, with one changing line on a terminal."""
    ingestion = Ingestion(workstation.lanes, workstation.intake, workstation.backends.processor)
    every = []
    for place, sample in enumerate(samples, 1):
        _tell(f"{place} of {len(samples)}  {sample.title}")
        every.append(ingestion.take_in(sample.path, workstation.person))
    _tell("")
    return every


def review_samples(
    workstation: Workstation, every: list[Ingested], requests: tuple[SampleReview, ...]
) -> str:
    """Check the forms of the sample requests, attach their notes and ask about them; a table with what is right."""
    cases = {found.path.name: found.cases for found in every}
    rows = []
    for place, request in enumerate(requests, 1):
        _tell(f"{place} of {len(requests)}  {request.title}")
        case = next(iter(cases.get(request.form.path.name, ())), None)
        if case is None or case.intake_status is not IntakeStatus.NEEDS_REVIEW:
            rows.append([request.title, "", "was not read", "", _right(request), "no"])
            continue
        into_review(workstation, case, request)
        workstation.texts.read(case.case_id)
        fill_slots(workstation, case.case_id, request)
        rows.append(_row(request, case, ask(workstation, case.case_id)))
    _tell("")
    head = ["Request", "Receipt", "Proposed", "It turns on", "Known to be right", "Same"]
    right = sum(row[-1] == "yes" for row in rows)
    return (
        f"{report.table(head, rows)}\n\n{right} of {len(rows)} recommendations are as they should be. "
        "None of them is a determination: a person decides."
    )


def _row(request: SampleReview, case: Case, review: Review) -> list[str]:
    found = next(iter(review.recommendations), None)
    flagged = any(flag.kind == "injection" for flag in review.flags)
    if found is None:
        return [request.title, case.receipt, review.problem, "", _right(request), "no"]
    agrees = (
        found.outcome is request.right
        and request.turns_on in ("", found.blocking)
        and flagged is request.attempt
    )
    proposed = str(found.outcome) + (", words to the machine flagged" if flagged else "")
    return [
        request.title,
        case.receipt,
        proposed,
        found.blocking or "everything is met",
        _right(request),
        "yes" if agrees else "no",
    ]


def _right(request: SampleReview) -> str:
    return " ".join((str(request.right), request.turns_on)).strip()


def _tell(words: str) -> None:
    """One changing line on a terminal; "" takes it away."""
    if sys.stderr.isatty():
        print(f"\r\x1b[2K{words}", end="", file=sys.stderr, flush=True)


def _agreement(samples: tuple[Sample, ...], every: list[Ingested]) -> str:
    """How much of what is printed on the known forms was read as it is printed."""
    right = total = 0
    for sample, found in zip(samples, every, strict=True):
        for case in found.cases[:1]:
            if sample.form_type in ("", "generic") or case.form_type != sample.form_type:
                continue
            read = {numbered(f.path): f.current for f in case.fields}
            for name, value in sample.answers.items():
                total += 1
                right += same(read.get(name, "")) == same(value)
    if not total:
        return "No known form was among them."
    return (
        f"{right} of {total} answers on the known forms were read as they are printed ({right / total:.1%})."
    )
