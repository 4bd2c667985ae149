"""What every form processor promises (`ports.FormProcessor`), kept by the one on this computer.

Real forms are read where they are at hand; the rest is made here.
"""

from __future__ import annotations

import io
import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pymupdf
import pytest
from PIL import Image

from app.domain.box import Box
from app.domain.errors import Cancelled, Unreadable
from app.domain.extraction import Document, Extraction, FormExtraction
from app.domain.form import FieldState, Source
from app.services import media
from app.services.local.ocr_form_processor import OcrFormProcessor, extraction_from
from app.services.ports import Progress
from app.services.processors import load_calibration, load_definitions

PROCESSORS = Path(__file__).resolve().parents[2] / "resources" / "processors"


@pytest.fixture(scope="module")
def processor() -> Iterator[OcrFormProcessor]:
    made = OcrFormProcessor(load_definitions(PROCESSORS), {"": load_calibration(PROCESSORS)})
    yield made
    made.close()


def read(processor: OcrFormProcessor, content: bytes) -> Extraction:
    return processor.process(Document("doc", media.sniff(content), content))


def keyed(form: FormExtraction) -> dict[str, object]:
    return {f.path: f.value for f in form.fields}


def check(extraction: Extraction) -> None:
    """What holds for every extraction."""
    pages = sorted(p for part in extraction.parts for p in part.pages)
    assert pages == list(range(1, extraction.page_count + 1)), "every page belongs to exactly one part"
    for form in extraction.forms:
        paths = [f.path for f in form.fields]
        assert len(paths) == len(set(paths))
        assert [f.order for f in form.fields] == sorted(f.order for f in form.fields)
        for field in form.fields:
            assert 0.0 <= field.confidence <= 1.0
            assert 0.0 <= field.placement_confidence <= 1.0
            assert field.page in form.pages
            assert field.box is not None
            assert 0.0 <= field.box.x0 < field.box.x1 <= 1.0
            assert 0.0 <= field.box.y0 < field.box.y1 <= 1.0
            assert field.document_id == "doc"
            assert field.state is FieldState.UNSEEN
            assert all(d.index < len(str(field.value)) for d in field.doubts)
            assert field.value not in field.suggestions


def letter(*lines: str, size: float = 14) -> bytes:
    document = pymupdf.open()
    page = document.new_page()
    for number, text in enumerate(lines):
        page.insert_text((72, 90 + 30 * number), text, fontsize=size)
    return bytes(document.tobytes())


def scanned(content: bytes, turns: int = 0, dpi: int = 150) -> bytes:
    """The first page as a picture, as a scanner sends it."""
    with pymupdf.open(stream=content) as document:
        shown = document[0].get_pixmap(dpi=dpi)
        pixels = np.frombuffer(shown.samples, np.uint8).reshape(shown.height, shown.width, 3)
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(np.rot90(pixels, -turns))).save(out, "PNG", dpi=(dpi, dpi))
    return out.getvalue()


# -- any document


def test_an_unknown_form_is_paired_label_by_label_off_its_text_layer(processor: OcrFormProcessor) -> None:
    extraction = read(processor, letter("REQUEST", "Patient name: Ann Other", "Date of birth: 01/02/1980"))
    check(extraction)
    (form,) = extraction.forms
    assert form.form_type == "generic"
    assert keyed(form)["patient_name"] == "Ann Other"
    assert {f.source for f in form.fields} == {Source.TEXT_LAYER}
    assert "Ann" in " ".join(w.text for t in extraction.texts for w in t.words)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_an_unknown_form_is_read_off_its_picture_whichever_way_it_lies(
    processor: OcrFormProcessor, turns: int
) -> None:
    paper = letter(
        "Request for equipment", "Patient name: Ann Other", "Telephone: 5550100", "Needed at once: yes"
    )
    extraction = read(processor, scanned(paper, turns))
    check(extraction)
    (form,) = extraction.forms
    found = keyed(form)
    assert found["patient_name"] == "Ann Other"
    assert found["telephone"] == "5550100"
    assert dict(form.quarter_turns).get(1, 0) == (4 - turns) % 4
    name = next(f for f in form.fields if f.path == "patient_name")
    assert name.box is not None
    # The box lies on the page as stored: upright, the name stands in the upper half, left of the middle.
    x, y = name.box.turned(-turns).centre
    assert 0.2 < x < 0.5
    assert 0.1 < y < 0.25


def test_pages_of_several_kinds_are_told_apart(processor: OcrFormProcessor) -> None:
    document = pymupdf.open()
    for lines in (
        ("FAX COVER SHEET", "To: Intake", "From: Clinic", "Pages: 3"),
        (),
        ("Seen today for a sore knee.", "Plan: rest."),
    ):
        page = document.new_page()
        for number, text in enumerate(lines):
            page.insert_text((72, 90 + 30 * number), text, fontsize=14)
    extraction = read(processor, document.tobytes())
    check(extraction)
    kinds = {page: part.kind for part in extraction.parts for page in part.pages}
    assert kinds == {1: "fax_cover", 2: "blank", 3: "form"}


def test_the_person_can_follow_and_stop_the_reading(processor: OcrFormProcessor) -> None:
    document = pymupdf.open()
    for number in range(4):
        document.new_page().insert_text((72, 90), f"Page: {number}")
    content = document.tobytes()
    seen: list[Progress] = []
    processor.process(Document("doc", media.PDF, content), seen.append)
    assert seen[-1] == Progress(4, 4)

    def stop(_progress: Progress) -> None:
        raise Cancelled("Reading was stopped.")

    with pytest.raises(Cancelled):
        processor.process(Document("doc", media.PDF, content), stop)
    assert read(processor, content).page_count == 4


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_worker_that_dies_is_replaced_and_the_file_read_again(processor: OcrFormProcessor) -> None:
    killed: list[int] = []

    def kill_once(_progress: Progress) -> None:
        worker = processor._documents._worker
        if not killed and worker is not None:
            killed.append(worker.pid)
            os.kill(worker.pid, signal.SIGKILL)

    content = letter("Patient name: Ann Other")
    extraction = processor.process(Document("doc", media.PDF, content), kill_once)
    assert killed
    assert keyed(extraction.forms[0])["patient_name"] == "Ann Other"


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_file_that_kills_every_worker_is_unreadable(processor: OcrFormProcessor) -> None:
    def kill(_progress: Progress) -> None:
        worker = processor._documents._worker
        if worker is not None:
            os.kill(worker.pid, signal.SIGKILL)

    with pytest.raises(Unreadable) as caught:
        processor.process(Document("doc", media.PDF, letter("Patient name: Ann Other")), kill)
    assert caught.value.next_step
    assert read(processor, letter("Patient name: Ann Other")).forms


def test_closing_ends_a_reading_that_is_not_begun_again(processor: OcrFormProcessor) -> None:
    readers: set[int] = set()
    closing = threading.Thread(target=processor.close)

    def close(_progress: Progress) -> None:
        worker = processor._documents._worker
        if worker is None:  # a slow page is told of again while it is being closed
            return
        readers.add(worker._process.pid)
        if closing.ident is None:
            closing.start()
        worker._process.wait(30)

    with pytest.raises(Cancelled):
        processor.process(Document("doc", media.PDF, letter("Patient name: Ann Other")), close)
    closing.join(30)
    assert len(readers) == 1  # begun again it would be read by another process
    assert processor._documents._worker is None
    assert read(processor, letter("Patient name: Ann Other")).forms


# -- documents that cannot be read


def empty_pages(count: int) -> bytes:
    document = pymupdf.open()
    for _ in range(count):
        document.new_page()
    return bytes(document.tobytes())


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_file"),
        (b"%PDF-1.4\nbroken", "broken"),
        (empty_pages(2), "nothing_on_pages"),
        (scanned(empty_pages(1)), "all_blank"),
    ],
    ids=["empty", "broken", "nothing on pages", "blank scan"],
)
def test_what_cannot_be_read_says_why_and_what_to_do(
    processor: OcrFormProcessor, content: bytes, code: str
) -> None:
    with pytest.raises(Unreadable) as caught:
        processor.process(Document("doc", media.PDF if content[:4] == b"%PDF" else "", content))
    assert caught.value.code == code
    assert caught.value.next_step


# -- regions


def test_a_region_of_a_text_layer_is_exact(processor: OcrFormProcessor) -> None:
    content = letter("Patient name: Ann Other", "Telephone: 5550100")
    words = processor.read_region(Document("doc", media.PDF, content), 1, Box(0.1, 0.13, 0.9, 0.17))
    assert [w.text for w in words] == ["Telephone: 5550100"]
    assert words[0].confidence == 1.0


def test_a_region_of_a_picture_is_recognized_top_to_bottom(processor: OcrFormProcessor) -> None:
    content = scanned(letter("Patient name: Ann Other", "Telephone: 5550100", "Never asked for"))
    words = processor.read_region(Document("doc", media.PNG, content), 1, Box(0.1, 0.085, 0.9, 0.165))
    assert [w.text.replace(" ", "") for w in words] == ["Patientname:AnnOther", "Telephone:5550100"]
    assert all(0.085 <= w.box.y0 < w.box.y1 <= 0.165 for w in words)


def test_a_region_without_text_holds_none(processor: OcrFormProcessor) -> None:
    content = scanned(letter("Patient name: Ann Other"))
    assert processor.read_region(Document("doc", media.PNG, content), 1, Box(0.1, 0.6, 0.9, 0.7)) == ()


# -- what a worker says is checked


@pytest.mark.parametrize(
    "change",
    [
        {"page_count": 10**9},
        {"parts": [["malware", [1]]]},
        {"parts": [["form", [2]]]},
        {"texts": [[1, [["x", 0, 0, float("nan"), 1]]]]},
        {
            "forms": [
                {
                    "form_type": "t",
                    "processor_version": "1",
                    "pages": [1],
                    "quarter_turns": [[1, 7]],
                    "fields": [],
                }
            ]
        },
        {"seconds": True},
    ],
)
def test_an_answer_of_a_wrong_shape_is_dropped(change: dict[str, object]) -> None:
    good = {"page_count": 1, "seconds": 0.1, "parts": [["form", [1]]], "texts": [], "forms": []}
    assert extraction_from(good, "doc").page_count == 1
    with pytest.raises((ValueError, TypeError, KeyError)):
        extraction_from({**good, **change}, "doc")


def test_a_worker_cannot_settle_a_field() -> None:
    field = {"path": "a", "value": "x", "confidence": 0.5, "placement_confidence": 0.5, "state": "confirmed"}
    form = {"form_type": "t", "processor_version": "1", "pages": [1], "quarter_turns": [], "fields": [field]}
    data = {"page_count": 1, "seconds": 0.1, "parts": [["form", [1]]], "texts": [], "forms": [form]}
    with pytest.raises(ValueError, match="seen"):
        extraction_from(data, "doc")


# -- real forms


def score(form: FormExtraction, key: dict[str, object]) -> tuple[float, float]:
    """(share of all values right, share of tick boxes right), as the project measures it."""
    expected: dict[str, object] = dict(key["fields"])  # type: ignore[call-overload]
    for table, rows in key.get("tables", {}).items():  # type: ignore[attr-defined]
        for number, row in enumerate(rows, 1):
            expected.update({f"{table}.r{number}.{column}": value for column, value in row.items()})
    found = keyed(form)
    right = {n: str(found.get(n, "")).casefold() == str(v).casefold() for n, v in expected.items()}
    boxes = [right[n] for n, v in expected.items() if isinstance(v, bool)]
    return sum(right.values()) / len(right), sum(boxes) / len(boxes)


@pytest.mark.slow
@pytest.mark.parametrize("stem", ["tx-5", "bsc-7"])
def test_a_real_scan_is_read_into_the_names_of_its_form(
    processor: OcrFormProcessor, shared_data: Path, stem: str
) -> None:
    extraction = read(processor, (shared_data / "forms" / f"{stem}.pdf").read_bytes())
    check(extraction)
    key = json.loads((shared_data / "forms" / f"{stem}.json").read_text("utf-8"))
    (form,) = extraction.forms
    assert form.form_type == key["form_type"]
    accuracy, boxes = score(form, key)
    assert accuracy >= 0.95
    assert boxes == 1.0


@pytest.mark.slow
def test_a_package_is_cut_into_its_forms_and_the_rest(processor: OcrFormProcessor, shared_data: Path) -> None:
    extraction = read(processor, (shared_data / "packages" / "Package-combined.pdf").read_bytes())
    check(extraction)
    assert [(f.form_type, f.pages) for f in extraction.forms] == [("tx_nofr001", (3,)), ("bsc_dme", (4,))]
    kinds = {page: part.kind for part in extraction.parts for page in part.pages}
    assert kinds == {1: "fax_cover", 2: "clinical", 3: "form", 4: "form"}


@pytest.mark.parametrize("name", ["blank.pdf", "bsc-combined3.pdf"])
def test_a_real_file_with_nothing_in_it_says_so(
    processor: OcrFormProcessor, shared_data: Path, name: str
) -> None:
    with pytest.raises(Unreadable) as caught:
        read(processor, (shared_data / "packages" / name).read_bytes())
    assert caught.value.code == "nothing_on_pages"


def filled(shared_data: Path) -> tuple[pymupdf.Document, dict[str, object]]:
    document = pymupdf.open(shared_data / "blank_forms" / "NOFR001_blank_acroform.pdf")
    wanted: dict[str, object] = {}
    for page in document:
        for widget in page.widgets():
            if widget.field_type_string == "Text":
                widget.field_value = wanted[widget.field_name] = f"v{len(wanted)}"
            elif widget.field_type_string == "CheckBox":
                widget.field_value = wanted[widget.field_name] = True
            else:
                continue
            widget.update()
    return document, wanted


def test_the_official_fillable_form_comes_back_whole(processor: OcrFormProcessor, shared_data: Path) -> None:
    document, wanted = filled(shared_data)
    extraction = read(processor, document.tobytes())
    check(extraction)
    (form,) = extraction.forms
    assert form.pages == (2,)
    assert len(form.fields) == len(wanted) == 96
    assert all(f.confidence == 1.0 and f.source is Source.FILLABLE for f in form.fields)
    assert sorted(str(f.value) for f in form.fields) == sorted(str(v) for v in wanted.values())
    found = keyed(form)
    assert found["issuer_name"] == wanted["Issuer Name"]
    assert found["services.r4.diagnosis_code"] == wanted["Planned Service or Procedure Diagnosis Code Row 4"]
    # What the form's definition has no name for keeps its own.
    assert (
        found["diagnosis_description_icd_version_number"]
        == wanted["Diagnosis Description ICD Version Number"]
    )


def test_a_form_printed_to_a_new_pdf_is_read_off_its_text_layer(
    processor: OcrFormProcessor, shared_data: Path
) -> None:
    document, wanted = filled(shared_data)
    document.bake()
    (form,) = read(processor, document.tobytes()).forms
    found = keyed(form)
    texts = {f.path: f for f in form.fields if isinstance(f.value, str) and f.value}
    assert {f.source for f in texts.values()} == {Source.TEXT_LAYER}
    missing = {v for v in wanted.values() if v is not True} - {f.value for f in texts.values()}
    assert missing == {wanted["Diagnosis Description ICD Version Number"]}
    assert all(found[n] is True for n in ("review_type_urgent", "gender_unknown", "title_19_no"))


def test_urgency_is_told_by_the_tick_box(processor: OcrFormProcessor, shared_data: Path) -> None:
    urgent = {}
    for name in ("urgent", "non-urgent"):
        (form,) = read(processor, (shared_data / "packages" / f"pa-form-{name}.pdf").read_bytes()).forms
        urgent[name] = keyed(form)["review_type_urgent"]
    assert urgent == {"urgent": True, "non-urgent": False}
