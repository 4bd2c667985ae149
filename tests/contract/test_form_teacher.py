"""What whoever helps to teach a form promises (`ports.FormTeacher`), kept by the processor on this computer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pymupdf
import pytest

from app.domain.errors import Cancelled, Rejected, Unreadable
from app.domain.extraction import Document
from app.domain.form import FieldKind
from app.domain.processor import FormDefinition
from app.domain.sketch import sketched
from app.services import media
from app.services.local.ocr_form_processor import OcrFormProcessor
from app.services.ports import FormTeacher, Progress

BLANKS = Path(__file__).resolve().parents[3] / "shared" / "data" / "blank_forms"
LABELS = (
    "Patient name:", "Date of birth:", "Member number:", "Home phone:", "Doctor name:", "Office phone:",
    "Office fax:", "Service wanted:", "Diagnosis:", "Reason for request:", "Plan name:", "Group number:",
)  # fmt: skip
ANSWERS = {"Patient name:": "Ann Other", "Date of birth:": "01/02/1980", "Office phone:": "(512) 555-0147"}


@pytest.fixture(scope="module")
def teacher() -> Iterator[OcrFormProcessor]:
    made = OcrFormProcessor(())
    yield made
    made.close()


def form(answers: dict[str, str] | None = None, ticked: bool = False) -> bytes:
    """A form nobody has defined: twelve cells and two boxes; with answers, as somebody sends it."""
    document = pymupdf.open()
    page = document.new_page(width=612, height=792)
    page.insert_text((120, 60), "Request for a Service of the Example Plan", fontsize=16)
    for number, label in enumerate(LABELS):
        x, y = 60 + 250 * (number % 2), 100 + 70 * (number // 2)
        page.draw_rect((x, y, x + 250, y + 70), color=(0, 0, 0), width=0.7)
        page.insert_text((x + 5, y + 13), label, fontsize=10)
        if answers and label in answers:
            page.insert_text((x + 12, y + 45), answers[label], fontsize=12, fontname="cour")
    for x, label in ((60, "Standard review"), (310, "Expedited review")):
        page.draw_rect((x, 560, x + 11, 571), color=(0, 0, 0), width=0.9)
        page.insert_text((x + 18, 570), label, fontsize=10)
    if ticked:
        page.draw_line((311, 560), (320, 570), width=1.2)
        page.draw_line((320, 560), (311, 570), width=1.2)
    page.insert_text((60, 700), "Send both pages with all notes to the address on the card.", fontsize=9)
    return bytes(document.tobytes())


def scanned(content: bytes, dpi: int = 150) -> bytes:
    with pymupdf.open(stream=content) as document:
        return bytes(document[0].get_pixmap(dpi=dpi).tobytes("png"))


def as_document(content: bytes) -> Document:
    return Document("doc", media.sniff(content), content)


@pytest.fixture(scope="module")
def definition(teacher: OcrFormProcessor) -> FormDefinition:
    return sketched(teacher.propose(as_document(scanned(form()))), "example.png")


def test_a_form_taught_from_a_picture_alone_is_read_off_damaged_copies(
    teacher: FormTeacher, definition: FormDefinition
) -> None:
    named = {f.printed: f.name for f in definition.fields}
    assert set(named) >= {label.rstrip(":") for label in LABELS}
    sent = as_document(scanned(form(ANSWERS, ticked=True), 200))
    for kind in ("skew", "dpi100"):
        damaged = teacher.damaged(sent, kind, 3)
        (read,) = teacher.try_out(damaged, definition).forms
        values = {f.path: f.value for f in read.fields}
        for label, answer in ANSWERS.items():
            assert values[named[label.rstrip(":")]] == answer
        assert values[named["Expedited review"]] is True
        assert values[named["Standard review"]] is False
        assert values[named["Group number"]] == ""


def test_kinds_are_proposed_by_the_labels(definition: FormDefinition) -> None:
    kinds = {f.printed: f.kind for f in definition.fields}
    assert kinds["Patient name"] is FieldKind.NAME
    assert kinds["Date of birth"] is FieldKind.DATE
    assert kinds["Office fax"] is FieldKind.PHONE
    assert kinds["Expedited review"] is FieldKind.TICK_BOX


def test_a_document_of_another_form_gives_no_form(teacher: FormTeacher, definition: FormDefinition) -> None:
    other = pymupdf.open()
    for row in range(12):
        other.new_page() if not row else None
        other[0].insert_text((72, 90 + 30 * row), f"Seen today for the {row}th time: a letter about a knee.")
    extraction = teacher.try_out(as_document(other.tobytes()), definition)
    assert extraction.forms == ()
    assert extraction.page_count == 1


def test_definitions_are_replaced_while_the_processor_runs(
    teacher: OcrFormProcessor, definition: FormDefinition
) -> None:
    sent = as_document(form(ANSWERS))
    assert teacher.process(sent).forms[0].form_type == "generic"
    newer = replace(definition, version="7")
    try:
        teacher.use((newer,), {})
        (read,) = teacher.process(sent).forms
        assert (read.form_type, read.processor_version) == (newer.form_type, "7")
    finally:
        teacher.use((), {})
    assert teacher.process(sent).forms[0].form_type == "generic"


def test_a_proposal_can_be_followed_and_stopped(teacher: FormTeacher) -> None:
    document = pymupdf.open()
    document.insert_pdf(pymupdf.open(stream=form()))
    document.insert_pdf(pymupdf.open(stream=form()))
    content = as_document(document.tobytes())
    seen: list[Progress] = []
    assert len(teacher.propose(content, seen.append).pages) == 2
    assert seen[-1] == Progress(2, 2)

    def stop(_progress: Progress) -> None:
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        teacher.propose(content, stop)
    assert teacher.propose(as_document(form())).pages


def test_the_same_seed_damages_alike_and_an_unknown_damage_is_refused(teacher: FormTeacher) -> None:
    sent = as_document(scanned(form(), 100))
    one, again, other = (teacher.damaged(sent, "fax", seed) for seed in (1, 1, 2))
    assert one.content == again.content != other.content
    assert one.media_type in media.MEDIA_TYPES
    with pytest.raises(Rejected, match="No damage is called"):
        teacher.damaged(sent, "coffee", 1)


@pytest.mark.parametrize("content", [b"%PDF-1.4 nothing", b"GIF89a", b""])
def test_what_is_no_document_is_unreadable(teacher: FormTeacher, content: bytes) -> None:
    with pytest.raises(Unreadable):
        teacher.propose(Document("doc", media.PDF, content))


def test_the_official_form_is_found_without_its_fillable_fields(teacher: FormTeacher) -> None:
    path = BLANKS / "NOFR001_blank_acroform.pdf"
    if not path.exists():
        pytest.skip("the blank forms are not beside the repository")
    with pymupdf.open(path) as document:
        boxes = [
            pymupdf.Rect(w.rect) for w in document[1].widgets() if w.field_type_string in ("Text", "CheckBox")
        ]
        page = pymupdf.open()
        page.insert_pdf(document, from_page=1, to_page=1, widgets=False)
    (found,) = teacher.propose(as_document(page.tobytes())).pages
    zones = [f.box for f in found.fields]
    zones += [replace(f, x0=c.x0, x1=c.x1, y0=y0, y1=y1) for t in found.tables for c in t.columns
              for y0, y1 in t.rows for f in zones[:1]]  # fmt: skip
    hit = sum(any(z.contains((b.x0 + b.x1) / 2 / 612, (b.y0 + b.y1) / 2 / 792) for z in zones) for b in boxes)
    assert len(boxes) == 96
    assert hit >= 92
    assert len(zones) <= 100
