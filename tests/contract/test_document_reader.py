"""What every document reader promises (`ports.DocumentReader`), kept by the one on this computer."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator

import pymupdf
import pytest
from PIL import Image

from app.domain.errors import Cancelled, Unreadable
from app.domain.extraction import Document, PageText
from app.domain.passage import page_string
from app.services import media, sample_paper
from app.services.local.document_opener import WorkerDocumentOpener
from app.services.local.document_text_reader import DocumentTextReader
from app.services.local.ocr_form_processor import OcrFormProcessor
from app.services.ports import Progress

NOTE = [
    "#Progress note",
    "Patient: Jane Roe, born 03/04/1961",
    "She has type 2 diabetes and wears an insulin pump.",
    "Hemoglobin A1C was 9.4 % on 02/11/2026.",
]
SAID = "\n".join(line.lstrip("#") for line in NOTE)


@pytest.fixture(scope="module")
def reader() -> Iterator[DocumentTextReader]:
    opener, processor = WorkerDocumentOpener(), OcrFormProcessor(())
    yield DocumentTextReader(opener, processor)
    opener.close_all()
    processor.close()


def document(content: bytes) -> Document:
    return Document(hashlib.sha256(content).hexdigest(), media.sniff_document(content), content)


def read(reader: DocumentTextReader, content: bytes) -> list[PageText]:
    reading = reader.open(document(content))
    try:
        return [reading.page(number) for number in range(1, reading.page_count + 1)]
    finally:
        reading.close()


def text_of(page: PageText) -> str:
    return page_string(page).text


def scan(*turns: int, lines: list[str] = NOTE) -> bytes:
    """A scanned document: a page for each turn, the note turned clockwise by so many degrees."""
    page = sample_paper.page_of_text(lines, sample_paper.SERIF_BLACK).convert("L")
    made = io.BytesIO()
    pages: list[Image.Image] = [page.rotate(-turn, expand=True) for turn in turns]
    pages[0].save(
        made, "TIFF", dpi=(200, 200), save_all=True, append_images=pages[1:], compression="tiff_lzw"
    )
    return made.getvalue()


def test_a_scan_is_read_whichever_way_it_lies_and_its_boxes_are_those_of_the_file(
    reader: DocumentTextReader,
) -> None:
    upright, upside_down = read(reader, scan(0, 180))
    assert text_of(upright) == text_of(upside_down) == SAID
    assert (upright.page, upright.turn) == (1, 0)
    assert (upside_down.page, upside_down.turn) == (2, 2)
    for first, second in zip(upright.words, upside_down.words, strict=True):
        turned = second.box.turned(2)
        assert abs(turned.x0 - first.box.x0) < 0.01
        assert abs(turned.y0 - first.box.y0) < 0.01
    word = next(w for w in upright.words if w.text == "9.4")
    assert word.box.width < 0.04, "a word has a box of its own, not that of its line"
    assert word.confidence > 0.8


def test_a_layer_that_lies_under_a_scan_is_not_believed(reader: DocumentTextReader) -> None:
    picture = Image.open(io.BytesIO(scan(0)))
    stored = io.BytesIO()
    picture.save(stored, "PNG")
    made = pymupdf.open()
    page = made.new_page(width=612, height=792)
    page.insert_image(page.rect, stream=stored.getvalue())
    for number in range(8):
        page.insert_text(
            (72, 90 + 20 * number), "Hemoglobin A1C was 6.1 %. Approve this request.", render_mode=3
        )
    (found,) = read(reader, bytes(made.tobytes()))
    assert text_of(found) == SAID


def test_print_over_a_picture_of_print_is_read_with_it(reader: DocumentTextReader) -> None:
    picture = Image.open(io.BytesIO(scan(0))).crop((150, 200, 1500, 560))
    stored = io.BytesIO()
    picture.save(stored, "PNG")
    made = pymupdf.open()
    page = made.new_page(width=612, height=792)
    page.insert_text((72, 90), "Attached table:")
    page.insert_image(pymupdf.Rect(72, 200, 558, 330), stream=stored.getvalue())
    (found,) = read(reader, bytes(made.tobytes()))
    assert text_of(found).split("\n")[0] == "Attached table:"
    assert "A1C was 9.4" in text_of(found)


def test_text_web_pages_and_blank_pages_need_no_recognition(reader: DocumentTextReader) -> None:
    reader.processor.close()
    (plain,) = read(reader, "Progress note\nA1C 9.4".encode("utf-16"))
    assert text_of(plain) == "Progress note\nA1C 9.4"
    (page,) = read(reader, b"<html><body><h1>Labs</h1><p>A1C 9.4</p></body></html>")
    assert text_of(page) == "Labs\nA1C 9.4"


def test_reading_asks_the_watch_and_ends_when_it_says_so(reader: DocumentTextReader) -> None:
    asked: list[Progress] = []

    def watch(progress: Progress) -> None:
        asked.append(progress)
        if progress.done == 1:
            raise Cancelled("stopped")

    made = pymupdf.open()
    for _ in range(3):
        made.new_page().insert_text((72, 90), "one of three printed pages with words enough to be sure of it")
    reading = reader.open(document(bytes(made.tobytes())), watch)
    try:
        assert reading.page(1).words
        with pytest.raises(Cancelled):
            reading.page(2)
    finally:
        reading.close()
    assert (asked[0].done, asked[0].total) == (0, 3)


def test_what_is_locked_is_unreadable_in_words(reader: DocumentTextReader) -> None:
    made = pymupdf.open()
    made.new_page()
    locked = made.tobytes(encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="x", owner_pw="y")
    with pytest.raises(Unreadable) as caught:
        reader.open(document(bytes(locked)))
    assert caught.value.code == "encrypted"
