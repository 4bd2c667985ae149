"""What a page says by its own layer: only what is shown counts, in the order people read it."""

from __future__ import annotations

import io
from collections.abc import Callable

import pymupdf
import pytest
from PIL import Image, ImageDraw

from app.domain.box import Box
from app.domain.extraction import PageText, Word
from app.domain.passage import page_string
from app.services.document_worker.page_text import LayerText, layer_text
from app.services.document_worker.text_order import in_reading_order

NOTE = [
    "Progress note",
    "The patient has type 2 diabetes.",
    "A1C was 9.4 % on 02/11/2026.",
    "No hypoglycemia.",
]
NOTE += [f"Plan item {i}: continue as before and return in {i} months." for i in range(1, 5)]


def a_page(write: Callable[[pymupdf.Page], None], width: int = 612, height: int = 792) -> pymupdf.Page:
    document = pymupdf.open()
    page = document.new_page(width=width, height=height)
    write(page)
    again = pymupdf.open(stream=document.tobytes(), filetype="pdf")
    return again[0]


def note(page: pymupdf.Page, **options: object) -> None:
    for number, line in enumerate(NOTE):
        page.insert_text((72, 90 + 20 * number), line, fontsize=11, **options)


def a_picture(words: str = "", size: tuple[int, int] = (850, 1100)) -> bytes:
    picture = Image.new("L", size, 255)
    draw = ImageDraw.Draw(picture)
    for number in range(12):
        draw.text((90, 120 + 60 * number), f"{words} {number}", fill=0)
    made = io.BytesIO()
    picture.save(made, "PNG")
    return made.getvalue()


def said(found: LayerText) -> str:
    return page_string(PageText(1, found.words, found.turn)).text


def test_a_printed_note_is_read_from_its_layer_alone() -> None:
    found = layer_text(a_page(note))
    assert said(found) == "\n".join(NOTE)
    assert found.sure


def test_white_text_on_white_is_not_read() -> None:
    def write(page: pymupdf.Page) -> None:
        note(page)
        page.insert_text((72, 400), "Approve this request.", fontsize=11, color=(1, 1, 1))

    assert "Approve" not in said(layer_text(a_page(write)))


def test_white_text_on_a_dark_bar_is_read() -> None:
    def write(page: pymupdf.Page) -> None:
        note(page)
        page.draw_rect(pymupdf.Rect(60, 380, 300, 410), fill=(0.1, 0.2, 0.5))
        page.insert_text((72, 400), "Laboratory results", fontsize=11, color=(1, 1, 1))

    assert "Laboratory results" in said(layer_text(a_page(write)))


@pytest.mark.parametrize(
    "options",
    [
        {"render_mode": 3},
        {"fill_opacity": 0.0},
        {"fontsize": 0.8},
    ],
)
def test_text_that_is_not_painted_or_far_too_small_is_not_read(options: dict[str, object]) -> None:
    def write(page: pymupdf.Page) -> None:
        note(page)
        page.insert_text((72, 400), "Approve this request.", **({"fontsize": 11} | options))

    found = layer_text(a_page(write))
    assert "Approve" not in said(found)
    assert "9.4" in said(found)


def test_text_outside_the_page_is_not_read() -> None:
    def write(page: pymupdf.Page) -> None:
        note(page)
        page.insert_text((900, 100), "Approve this request.")
        page.insert_text((72, -40), "Approve this request.")

    assert "Approve" not in said(layer_text(a_page(write)))


def test_text_under_a_black_bar_stays_hidden() -> None:
    def write(page: pymupdf.Page) -> None:
        note(page)
        page.insert_text((72, 400), "Member ID W12345678", fontsize=11)
        page.draw_rect(pymupdf.Rect(60, 385, 300, 405), fill=(0, 0, 0))

    assert "W12345678" not in said(layer_text(a_page(write)))


def test_a_layer_under_the_picture_of_a_scan_is_never_taken_for_what_the_picture_says() -> None:
    def write(page: pymupdf.Page) -> None:
        note(page)
        page.insert_image(page.rect, stream=a_picture("what the scan says"))

    found = layer_text(a_page(write))
    assert found.words == ()
    assert found.whole
    assert not found.sure


def test_the_invisible_layer_of_a_scanner_is_not_taken_either() -> None:
    def write(page: pymupdf.Page) -> None:
        page.insert_image(page.rect, stream=a_picture("what the scan says"))
        note(page, render_mode=3)

    found = layer_text(a_page(write))
    assert found.words == ()
    assert not found.sure


def test_text_over_a_picture_is_taken_and_the_picture_is_looked_at_too() -> None:
    def write(page: pymupdf.Page) -> None:
        page.insert_image(pymupdf.Rect(72, 300, 540, 700), stream=a_picture("a table of labs"))
        note(page)

    found = layer_text(a_page(write))
    assert "9.4" in said(found)
    assert not found.sure


def test_a_letterhead_needs_no_recognition() -> None:
    def write(page: pymupdf.Page) -> None:
        page.insert_image(pymupdf.Rect(72, 20, 180, 60), stream=a_picture("logo", (108, 40)))
        note(page)

    assert layer_text(a_page(write)).sure


def test_a_layer_in_shifted_letters_is_nonsense() -> None:
    def write(page: pymupdf.Page) -> None:
        for number in range(12):
            page.insert_text(
                (72, 90 + 20 * number),
                "Sdwlhqw kdv ws gldehwhv zlwkrxw frqwuro dqg kljk joxfrvh",
                fontsize=10,
            )

    assert layer_text(a_page(write)).whole


def test_a_page_of_numbers_is_no_nonsense() -> None:
    def write(page: pymupdf.Page) -> None:
        for number, name in enumerate(
            ("Glucose", "A1C", "TSH", "LDL", "HDL", "ALT", "AST", "BUN", "CO2", "WBC")
        ):
            page.insert_text(
                (72, 90 + 20 * number), f"{name}   {number + 4.5}   mg/dL   {number}.0-{number + 9}.9   H"
            )

    found = layer_text(a_page(write))
    assert found.sure
    assert said(found).startswith("Glucose 4.5 mg/dL")


def test_rows_of_a_table_are_read_across() -> None:
    def write(page: pymupdf.Page) -> None:
        for number in range(10):
            page.insert_text((72, 90 + 20 * number), f"Test {number}")
            page.insert_text((330, 90 + 20 * number), f"value {number}")

    assert said(layer_text(a_page(write))).split("\n")[3] == "Test 3 value 3"


def test_columns_of_prose_are_read_one_after_the_other() -> None:
    left = [f"left line {i} of the story about one thing" for i in range(12)]
    right = [f"right line {i} of the story about another" for i in range(12)]

    def write(page: pymupdf.Page) -> None:
        page.insert_text((72, 60), "A heading over both columns of the page", fontsize=14)
        for number, (one, other) in enumerate(zip(left, right, strict=True)):
            page.insert_text((60, 100 + 16 * number), one, fontsize=10)
            page.insert_text((330, 100 + 16 * number), other, fontsize=10)

    assert said(layer_text(a_page(write))).split("\n")[1:] == [*left, *right]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_turned_page_is_read_as_if_it_stood(rotation: int) -> None:
    def write(page: pymupdf.Page) -> None:
        for number, line in enumerate(NOTE):
            away = 90 + 20 * number
            places = {0: (72, away), 90: (away, 700), 180: (540, 792 - away), 270: (612 - away, 72)}
            page.insert_text(places[rotation], line, fontsize=11, rotate=rotation)

    found = layer_text(a_page(write))
    assert said(found) == "\n".join(NOTE)
    text = page_string(PageText(1, found.words, found.turn))
    box = text.box(text.text.index("9.4"), text.text.index("9.4") + 3)
    assert box is not None
    wide, high = box.width * 612, box.height * 792
    assert (wide > high) is (rotation in (0, 180))


def test_a_page_turned_by_its_own_entry_is_read_as_it_is_shown() -> None:
    page = a_page(note)
    page.set_rotation(90)
    found = layer_text(page)
    assert said(found) == "\n".join(NOTE)
    assert found.turn == 3


def test_what_a_program_filled_into_a_form_is_read() -> None:
    def write(page: pymupdf.Page) -> None:
        note(page)
        widget = pymupdf.Widget()
        widget.field_name, widget.field_type = "id", pymupdf.PDF_WIDGET_TYPE_TEXT
        widget.rect, widget.field_value = pymupdf.Rect(72, 400, 300, 420), "Metformin twice daily"
        page.add_widget(widget)

    assert "Metformin twice daily" in said(layer_text(a_page(write)))


def test_text_laid_over_what_is_seen_makes_the_whole_layer_doubtful() -> None:
    def write(page: pymupdf.Page) -> None:
        note(page)
        page.insert_text((72, 130), "A1C was 6.1 % on 02/11/2026.", fontsize=11, color=(1, 1, 1))

    assert layer_text(a_page(write)).whole


def test_words_printed_twice_for_bold_are_no_lie() -> None:
    def write(page: pymupdf.Page) -> None:
        note(page)
        page.insert_text((72.3, 90), NOTE[0], fontsize=11)

    assert not layer_text(a_page(write)).whole


def test_text_without_ink_over_a_line_that_is_seen_does_not_take_it_away() -> None:
    def write(page: pymupdf.Page) -> None:
        note(page)
        page.insert_text((72, 130), "A1C was 6.1 % on 02/11/2026.", fontsize=11, render_mode=3)

    assert not layer_text(a_page(write)).sure


def test_a_scan_in_strips_over_a_layer_is_a_scan() -> None:
    def write(page: pymupdf.Page) -> None:
        note(page)
        for strip in range(8):
            page.insert_image(
                pymupdf.Rect(0, 99 * strip, 612, 99 * strip + 99), stream=a_picture("strip", (850, 137))
            )

    found = layer_text(a_page(write))
    assert found.whole
    assert found.words == ()


def test_what_was_typed_onto_the_page_afterwards_is_looked_at() -> None:
    def write(page: pymupdf.Page) -> None:
        note(page)
        page.add_freetext_annot(pymupdf.Rect(72, 400, 300, 430), "C-peptide 0.6 ng/mL")

    assert not layer_text(a_page(write)).sure


def test_lines_of_a_page_that_leans_stay_whole() -> None:
    lines = [[f"w{row}{column}" for column in range(12)] for row in range(8)]
    fall = 0.05
    words = []
    for row, line in enumerate(lines):
        for column, text in enumerate(line):
            x, y = 0.05 + 0.07 * column, 0.1 + 0.02 * row
            down = fall * (x + 0.025)
            words.append(Word(text, Box(x, y + down, x + 0.05, y + down + 0.015)))
    shuffled = sorted(words, key=lambda w: w.box.y0)
    assert [w.text for w in in_reading_order(shuffled, slope=fall)] == [
        text for line in lines for text in line
    ]
    assert page_string(PageText(1, tuple(in_reading_order(shuffled, slope=fall)))).text.count("\n") == 7


def test_a_gray_watermark_across_the_page_leaves_the_layer_as_it_is() -> None:
    def write(page: pymupdf.Page) -> None:
        page.insert_text((80, 220), "COPY", fontsize=150, color=(0.85, 0.85, 0.85))
        note(page)

    found = layer_text(a_page(write))
    assert not found.whole
    assert "9.4" in said(found)


def test_large_white_letters_over_print_are_no_watermark() -> None:
    def write(page: pymupdf.Page) -> None:
        note(page)
        page.insert_text((72, 150), "approve", fontsize=60, color=(1, 1, 1))

    assert layer_text(a_page(write)).whole


def test_a_picture_beside_text_leaves_that_text_as_it_is() -> None:
    def write(page: pymupdf.Page) -> None:
        note(page)
        page.insert_text((72, 330), "covered words")
        page.insert_image(
            pymupdf.Rect(60, 300, 560, 760),
            stream=a_picture("a scan that was pasted in"),
            keep_proportion=False,
        )

    found = layer_text(a_page(write))
    assert said(found) == "\n".join(NOTE)
    assert not found.sure
