"""Many pages in a row: `python -m tests.benchmarks.many_pages [--pages N] [--kind scan|text|mixed] [--json]`.

Makes one long fax by code (known forms of the samples, letters, blank pages), reads it through the form
processor and prints pages, seconds a page, and the resident memory of the worker at 10, 50 and 100 pages.
With `--kind text` all pages carry a text layer.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pymupdf
from PIL import Image

from app.domain.extraction import Document
from app.services import media
from app.services.local.ocr_form_processor import OcrFormProcessor
from app.services.ports import Progress
from app.services.processors import load_calibration, load_definitions
from app.services.sample_form import make_samples

ROOT = Path(__file__).resolve().parents[2]
PROCESSORS = ROOT / "resources" / "processors"
MARKS = (10, 50, 100)
_SAYINGS = (
    "Seen today for a follow-up of knee pain after a fall.", "Range of motion is limited by pain and swelling.",
    "Continues physical therapy twice a week without relief.", "Assessment: osteoarthritis of the right knee.",
    "Plan: imaging of the joint, review in four weeks.", "Blood pressure 128/82, pulse 71, temperature 36.8.",
    "Medication: ibuprofen 600 mg three times a day with food.", "No known drug allergies were reported.",
)  # fmt: skip


def long_fax(pages: int, kind: str, seed: int = 5) -> bytes:
    """A file of so many pages: letters, and in a scan every fifth a form, every ninth a blank page."""
    forms = _forms()
    random = Random(seed)
    document = pymupdf.open()
    for number in range(pages):
        page = document.new_page()
        if kind != "text" and number % 9 == 7:
            continue
        if kind != "text" and number % 5 == 2:
            page.insert_image(page.rect, stream=forms[number % len(forms)])
            continue
        _letter(page, random, number + 1)
        if kind == "scan":
            _flatten(page)
    return bytes(document.tobytes(deflate=True))


def _forms() -> list[bytes]:
    """Filled known forms as pictures."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for sample in make_samples(Path(folder)):
            if sample.form_type in ("", "generic") or sample.page_count != 1 or sample.path.suffix != ".pdf":
                continue
            with pymupdf.open(stream=sample.path.read_bytes()) as document:
                found.append(bytes(document[0].get_pixmap(dpi=150).tobytes("jpg")))
    return found


def _letter(page: Any, random: Random, number: int) -> None:
    page.insert_text((72, 70), f"Progress note, page {number}", fontsize=13)
    for line in range(random.randrange(18, 34)):
        page.insert_text((72, 100 + 18 * line), random.choice(_SAYINGS), fontsize=11)


def _flatten(page: Any) -> None:
    """The page as a picture of itself."""
    shown = page.get_pixmap(dpi=150, colorspace=pymupdf.csGRAY)
    pixels = np.frombuffer(shown.samples, np.uint8).reshape(shown.height, shown.width)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=70)
    page.clean_contents()
    page.parent.update_stream(page.get_contents()[0], b" ")
    page.insert_image(page.rect, stream=out.getvalue())


def resident(pid: int) -> int:
    """Resident memory of a process in MiB (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) // 1024
    return 0


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--kind", choices=("scan", "text", "mixed"), default="mixed")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(argv)
    content = long_fax(options.pages, options.kind)
    processor = OcrFormProcessor(load_definitions(PROCESSORS), {"": load_calibration(PROCESSORS)})
    memory: dict[int, int] = {}

    def watch(progress: Progress) -> None:
        worker = processor._documents._worker
        if worker is not None and progress.done in (*MARKS, options.pages) and progress.done not in memory:
            memory[progress.done] = resident(worker.pid)

    started = time.perf_counter()
    try:
        extraction = processor.process(Document("fax", media.PDF, content), watch)
    finally:
        processor.close()
    seconds = time.perf_counter() - started
    figures = {
        "pages": extraction.page_count,
        "seconds": round(seconds, 1),
        "seconds_a_page": round(seconds / extraction.page_count, 3),
        "resident_mib": memory,
        "forms": len(extraction.forms),
        "unread": list(extraction.unread),
    }
    print(json.dumps(figures) if options.json else "\n".join(f"{k}: {v}" for k, v in figures.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
