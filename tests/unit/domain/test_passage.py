from __future__ import annotations

from app.domain.box import Box
from app.domain.extraction import PageText, Word
from app.domain.passage import Span, page_string, quoted
from tests.unit.domain.review_case import notes, page


def test_words_of_a_line_are_joined_by_a_blank_and_lines_by_a_break() -> None:
    assert page_string(page("HbA1c 8.4 %\non 10/02/2026")).text == "HbA1c 8.4 %\non 10/02/2026"


def test_every_character_knows_where_it_stands() -> None:
    made = page_string(page("HbA1c 8.4 %\non 10/02/2026"))
    for word, start in zip(made.words, made.starts, strict=True):
        assert made.box(start, start + len(word.text)) == word.box


def test_a_span_over_two_lines_has_a_box_for_each() -> None:
    made = page_string(page("first line\nsecond line"))
    boxes = made.boxes(made.text.index("line"), made.text.index("second") + 6)
    assert len(boxes) == 2
    assert boxes[0].y1 <= boxes[1].y0


def test_a_part_of_a_run_takes_its_share_of_the_width() -> None:
    made = page_string(PageText(1, (Word("abcd", Box(0.1, 0.1, 0.5, 0.2)),)))
    found = made.box(2, 4)
    assert found is not None
    assert (round(found.x0, 6), round(found.x1, 6)) == (0.3, 0.5)


def test_a_span_of_no_words_has_no_box() -> None:
    made = page_string(page("one\ntwo"))
    assert made.box(3, 4) is None


def test_a_quote_is_one_line_of_the_sources_own_words() -> None:
    source = notes("No severe\nhypoglycemia since June")
    assert quoted(source, Span("d1", 1, 0, 22)) == "No severe hypoglycemia"
    assert quoted(source, Span("d1", 2, 0, 5)) == ""
