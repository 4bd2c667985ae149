"""The demo: makes its own sample arrivals, takes them in, and opens the window on them."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app import display
from app.services import report
from app.services.ingestion import Ingested, Ingestion
from app.services.sample_form import Sample, make_samples
from app.workstation import KeyQuestion, Settings, Workstation, build, settings, unlock

Ask = Callable[[KeyQuestion], str | None]


@contextmanager
def workspace(folder: Path | None, ask: Ask) -> Iterator[tuple[Settings, bytes]]:
    """A workspace and its key: the one named, or one that is thrown away at the end."""
    if folder is not None:
        place = settings(folder)
        yield place, unlock(place.folder, ask)
        return
    with tempfile.TemporaryDirectory(prefix="countersign-demo-") as made:
        yield settings(Path(made) / "workspace"), os.urandom(32)


def run_demo(folder: Path | None, out: Path | None, ask: Ask) -> int:
    """Open the window on sample arrivals; without a display do the same work offscreen and say what was read."""
    offscreen = bool(display.problem()) or os.environ.get("QT_QPA_PLATFORM") == "offscreen"
    with tempfile.TemporaryDirectory(prefix="countersign-samples-") as made:
        samples = make_samples(Path(made))
        with workspace(folder, ask) as (place, key):
            if offscreen:
                return _offscreen(place, key, samples, out)
            from app.main import run  # Qt is loaded only when a window is asked for

            paths = [sample.path for sample in samples]
            return run(place, key, lambda window: window.intake_model.add_files(paths))


def _offscreen(place: Settings, key: bytes, samples: tuple[Sample, ...], out: Path | None) -> int:
    print(
        f"There is no display, so the work is done offscreen on {len(samples)} sample arrivals.\n", flush=True
    )
    workstation = build(place, key)
    try:
        every = ingest_samples(workstation, samples)
        print(report.ingested_table(every, workstation.titles()))
        print(f"\n{_agreement(samples, every)}", flush=True)
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
        if sys.stderr.isatty():
            print(f"\r\x1b[2K{place} of {len(samples)}  {sample.title}", end="", file=sys.stderr, flush=True)
        every.append(ingestion.take_in(sample.path, workstation.person))
    if sys.stderr.isatty():
        print("\r\x1b[2K", end="", file=sys.stderr, flush=True)
    return every


def _agreement(samples: tuple[Sample, ...], every: list[Ingested]) -> str:
    """How much of what is printed on the known forms was read as it is printed."""
    right = total = 0
    for sample, found in zip(samples, every, strict=True):
        for case in found.cases[:1]:
            if sample.form_type in ("", "generic") or case.form_type != sample.form_type:
                continue
            read = {_numbered(f.path): f.current for f in case.fields}
            for name, value in sample.answers.items():
                total += 1
                right += _folded(read.get(name, "")) == _folded(value)
    if not total:
        return "No known form was among them."
    return (
        f"{right} of {total} answers on the known forms were read as they are printed ({right / total:.1%})."
    )


def _numbered(path: str) -> str:
    """`services.r2.code` as the samples count it: `services.2.code`."""
    parts = path.split(".")
    return ".".join((parts[0], parts[1].lstrip("r"), parts[2])) if len(parts) == 3 else path


def _folded(value: object) -> object:
    return " ".join(value.split()).strip(" .,:;_-").casefold() if isinstance(value, str) else value
