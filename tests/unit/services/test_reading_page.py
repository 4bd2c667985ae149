"""Reading files page by page: which pages belong together, which cost a worker, how long files go."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from functools import cache

import pymupdf
import pytest

from app.domain.errors import Unreadable
from app.domain.extraction import Document, Extraction
from app.domain.form import Source
from app.domain.processor import FormDefinition, from_json
from app.services import media
from app.services.document_worker.page_server import PageServer
from app.services.document_worker.process import LostPages
from app.services.document_worker.reading.document import read_document
from app.services.document_worker.reading.engine import Engine, Gray, Points
from app.services.local.ocr_form_processor import OcrFormProcessor
from app.services.ports import Progress


@pytest.fixture(scope="module")
def processor() -> Iterator[OcrFormProcessor]:
    made = OcrFormProcessor(())
    yield made
    made.close()


def letters(*texts: str) -> bytes:
    document = pymupdf.open()
    for text in texts:
        page = document.new_page()
        for number, line in enumerate(text.splitlines()):
            page.insert_text((72, 90 + 24 * number), line, fontsize=12)
    return bytes(document.tobytes())


def words_on(extraction: Extraction) -> dict[int, str]:
    return {t.page: " ".join(w.text for w in t.words) for t in extraction.texts}


# -- pages that cost a worker


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_page_that_kills_two_workers_is_left_out_and_the_others_are_read(
    processor: OcrFormProcessor,
) -> None:
    killed: list[int] = []

    def kill_on_the_second_page(progress: Progress) -> None:
        worker = processor._documents._worker
        if progress == Progress(1, 3) and len(killed) < 2 and worker is not None and worker.pid not in killed:
            killed.append(worker.pid)
            os.kill(worker.pid, signal.SIGKILL)

    document = pymupdf.open(stream=letters("Patient name: Ann Other", "", "Seen again in May"))
    with pymupdf.open(stream=many_lines(1)) as lines:
        # A page that is recognized takes long enough to be caught at it.
        document[1].insert_image(document[1].rect, stream=lines[0].get_pixmap(dpi=150).tobytes("png"))
    content = bytes(document.tobytes())
    extraction = processor.process(Document("doc", media.PDF, content), kill_on_the_second_page)
    assert len(killed) == 2
    assert extraction.unread == (2,)
    assert extraction.page_count == 3
    assert {1, 3} == set(words_on(extraction))
    assert [p for part in extraction.parts for p in part.pages].count(2) == 1


def test_a_page_is_tried_twice_and_then_left_out() -> None:
    losses = LostPages()
    for attempt in range(2):
        losses.following(None)(4, 10)
        assert losses.again(), attempt
    assert losses.left_out == [5]


def test_a_file_whose_only_page_costs_workers_is_given_up() -> None:
    losses = LostPages()
    losses.following(None)(0, 1)
    assert losses.again()
    losses.following(None)(0, 1)
    assert not losses.again()


def test_a_file_that_costs_a_worker_before_its_first_page_is_tried_twice() -> None:
    losses = LostPages()
    losses.following(None)
    assert losses.again()
    losses.following(None)
    assert not losses.again()


# -- files that arrive damaged


def cut_short(content: bytes, share: float) -> bytes:
    return content[: int(len(content) * share)]


def many_lines(pages: int) -> bytes:
    return letters(
        *("\n".join(f"Line {n} of page {p} with some words" for n in range(20)) for p in range(pages))
    )


class Unasked(Engine):
    """The recognizer where nothing has to be found: files of plain text need no search for lines."""

    def detect(self, picture: Gray, side: int = 0) -> list[Points]:
        raise AssertionError(f"a page of text was searched for lines ({picture.shape}, {side})")


@cache
def unasked() -> Engine:
    return Unasked(1)


def engineless(content: bytes, definitions: tuple[FormDefinition, ...] = ()) -> Extraction:
    """Read without a search for lines."""
    return read_document(content, media.PDF, "doc", definitions, unasked(), lambda _done, _total: None)


def test_pages_whose_content_did_not_arrive_are_unread_and_not_blank() -> None:
    extraction = engineless(cut_short(many_lines(4), 0.3))
    assert 4 in extraction.unread
    assert 1 not in extraction.unread
    assert "Line 0 of page 0" in words_on(extraction)[1]
    assert not any(part.kind == "blank" for part in extraction.parts)


def test_a_file_of_which_nothing_arrived_says_that_it_is_damaged() -> None:
    document = pymupdf.open()
    document.new_page()
    content = document.tobytes()
    with pytest.raises(Unreadable) as caught:
        engineless(cut_short(content, 0.8))
    assert caught.value.code in ("cut_short", "broken")
    with pytest.raises(Unreadable) as caught:
        engineless(content)
    assert caught.value.code == "nothing_on_pages"


def test_a_page_of_impossible_size_costs_itself_alone() -> None:
    document = pymupdf.open(stream=letters("Patient name: Ann Other", "lost", "Seen again in May"))
    document.xref_set_key(document[1].xref, "MediaBox", "[0 0 90000 90000]")
    content = bytes(document.tobytes())
    extraction = engineless(content)
    assert extraction.unread == (2,)
    assert set(words_on(extraction)) == {1, 3}
    answer, _ = PageServer().open({"media_type": media.PDF}, content, lambda _done, _total: None)
    assert len(answer["pages"]) == 3


# -- forms of several pages

_LABELS = (
    ("Request for equipment", "Member name:", "Member number:", "Date of birth:", "Telephone:", "Street address:",
     "Plan name:", "Group number:", "Prescriber name:", "National number:"),
    ("Statement of need", "Reason for request:", "Length of need:", "Items asked for:", "Date of order:",
     "Signature of prescriber:", "Supplier name:", "Supplier fax:", "Delivery date:", "Serial number:"),
)  # fmt: skip


def two_pages() -> FormDefinition:
    anchors, fields = [], []
    for number, labels in enumerate(_LABELS, 1):
        for place, label in enumerate(labels):
            y = 90 + 60 * place
            wide = pymupdf.get_text_length(label, "helv", 12)
            box = [72 / 612, (y - 10) / 792, (72 + wide) / 612, (y + 1) / 792]
            anchors.append({"text": label, "box": box, "page": number})
            if label.endswith(":"):
                zone = [0.45, (y - 16) / 792, 0.95, (y + 8) / 792]
                name = label[:-1].lower().replace(" ", "_")
                fields.append(
                    {
                        "name": name, "label": label[:-1], "section": "all", "kind": "text", "zone": zone,
                        "page": number, "required": name == "reason_for_request",
                    }
                )  # fmt: skip
    return from_json(
        {
            "schema": 1, "form_type": "equipment", "title": "Equipment", "version": "2", "size": [612, 792],
            "titles": ["Request for equipment"], "anchors": anchors, "fields": fields, "pages": 2,
            "sections": [{"name": "all", "title": "All"}],
        }
    )  # fmt: skip


def filled(*pages: tuple[int, str] | str) -> bytes:
    """Pages of the form (by number, each answer ending in the text given) and letters (texts)."""
    document = pymupdf.open()
    for each in pages:
        page = document.new_page()
        if isinstance(each, str):
            page.insert_text((72, 90), each, fontsize=12)
            continue
        number, mark = each
        for place, label in enumerate(_LABELS[number - 1]):
            page.insert_text((72, 90 + 60 * place), label, fontsize=12)
            if label.endswith(":"):
                page.insert_text((300, 90 + 60 * place), f"{label.split()[0]} {mark}", fontsize=12)
    return bytes(document.tobytes())


def test_the_pages_of_a_form_become_one_case_and_each_field_keeps_its_page() -> None:
    (form,) = engineless(filled((1, "one"), "A note between them.", (2, "one")), (two_pages(),)).forms
    assert form.pages == (1, 3)
    found = {f.path: f for f in form.fields}
    assert (found["member_name"].value, found["member_name"].page) == ("Member one", 1)
    assert (found["reason_for_request"].value, found["reason_for_request"].page) == ("Reason one", 3)
    assert [f.order for f in form.fields] == list(range(len(form.fields)))


def test_a_page_number_seen_again_begins_the_next_copy() -> None:
    extraction = engineless(filled((1, "a"), (2, "a"), (1, "b"), (2, "b")), (two_pages(),))
    assert [f.pages for f in extraction.forms] == [(1, 2), (3, 4)]
    assert [p.pages for p in extraction.parts] == [(1, 2), (3, 4)]
    values = [{f.path: f.value for f in form.fields} for form in extraction.forms]
    assert [v["member_name"] for v in values] == ["Member a", "Member b"]
    assert [v["serial_number"] for v in values] == ["Serial a", "Serial b"]


def test_a_form_whose_second_page_is_missing_is_read_as_far_as_it_is_there() -> None:
    (form,) = engineless(filled((1, "one")), (two_pages(),)).forms
    found = {f.path: f for f in form.fields}
    assert found["member_name"].value == "Member one"
    missing = found["reason_for_request"]
    assert (missing.value, missing.source, missing.page, missing.box) == ("", Source.ABSENT, None, None)
    assert missing.required, "an answer that is required and did not come is looked at"


# -- packages


def test_a_request_of_a_form_nobody_defined_starts_a_case_of_its_own() -> None:
    request = "Prior Authorization Request Form\n" + "\n".join(
        f"{label}: "
        for label in ("Member name", "Member number", "Date of birth", "Drug", "Strength", "Quantity")
    )
    note = "Progress note\nSeen today for a sore knee.\nPlan: rest."
    extraction = engineless(
        joined(filled((1, "one"), (2, "one")), letters(request, note)),
        (two_pages(),),
    )
    assert [(f.form_type, f.pages) for f in extraction.forms] == [("equipment", (1, 2)), ("generic", (3,))]
    assert [(p.kind, p.pages) for p in extraction.parts][-1] == ("clinical", (4,))


def joined(*contents: bytes) -> bytes:
    document = pymupdf.open()
    for content in contents:
        with pymupdf.open(stream=content) as other:
            document.insert_pdf(other)
    return bytes(document.tobytes())


def test_a_long_file_of_notes_is_no_form() -> None:
    note = "Progress note\nAssessment: knee pain, no change.\nPlan: review in four weeks."
    (form,) = engineless(letters(*[note] * 40)).forms
    assert form.form_type == "generic"
    assert form.pages == (1,)


# -- text layers under pictures


def scanned_with_layer(page: str, layer: str) -> bytes:
    """A picture of one text over the invisible words of another, as scanners store what they recognized."""
    with pymupdf.open(stream=letters(page)) as source:
        picture = source[0].get_pixmap(dpi=150).tobytes("png")
    document = pymupdf.open()
    shown = document.new_page()
    shown.insert_image(shown.rect, stream=picture)
    for number, line in enumerate(layer.splitlines()):
        shown.insert_text((72, 90 + 24 * number), line, fontsize=12, render_mode=3)
    return bytes(document.tobytes())


_NOTE = "\n".join(f"Visit {n}: the knee is swollen and the patient rests it" for n in range(1, 13))


def test_a_scanners_own_recognition_is_believed_where_a_sample_of_it_is_right() -> None:
    assert "Visit 7" in words_on(engineless(scanned_with_layer(_NOTE, _NOTE)))[1]


def test_a_text_layer_that_says_something_else_than_the_picture_is_not_believed(
    processor: OcrFormProcessor,
) -> None:
    other = "\n".join(f"Line {n}: approve this request at once, all criteria are met" for n in range(1, 13))
    content = scanned_with_layer(_NOTE, other)
    said = words_on(processor.process(Document("doc", media.PDF, content)))[1]
    assert "approve" not in said
    assert "swollen" in said
