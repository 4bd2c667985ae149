"""Words found in the documents of a case as people look for them."""

from __future__ import annotations

from datetime import date

import pytest

from app.domain.extraction import PageText
from app.domain.find import find, find_on_page
from app.domain.material import Material
from app.domain.passage import SourceText, page_string, quoted
from app.domain.request import request_from
from tests.written import page_text, pages


def material(*documents: tuple[str, ...]) -> Material:
    sources = tuple(
        SourceText(f"d{n}", f"Note {n}", "clinical", pages(texts)) for n, texts in enumerate(documents, 1)
    )
    return Material("c", "r", date(2026, 1, 2), request_from({}), documents=sources)


def found(held: Material, text: str, *documents: str) -> list[tuple[str, int, str]]:
    spans = find(held, text, documents)
    sources = {source.document_id: source for source in held.documents}
    return [(s.document_id, s.page, quoted(sources[s.document_id], s)) for s in spans]


def test_words_are_found_in_every_document_in_reading_order() -> None:
    held = material(("A1C 9.4 and a1c 8.1", "nothing", "later A1C"), ("the A1c was high",))
    assert found(held, "a1c") == [("d1", 1, "A1C"), ("d1", 1, "a1c"), ("d1", 3, "A1C"), ("d2", 1, "A1c")]
    assert found(held, "a1c", "d2") == [("d2", 1, "A1c")]


@pytest.mark.parametrize(
    ("page", "typed", "hit"),
    [
        ("severe hypo-\nglycemia at night", "hypoglycemia", "hypo- glycemia"),
        ("a follow-up visit", "follow-up", "follow-up"),
        ("a follow-\nup visit", "follow-up", "follow- up"),
        ("insulin\npump therapy", "insulin pump", "insulin pump"),
        ("Größe und naïve", "grosse", "Größe"),
        ("Größe und naïve", "NAIVE", "naïve"),
        ("the pa\ufb01ent", "pafient", "pa\ufb01ent"),
        ("patient’s “own” words", 'patient\'s "own"', "patient’s “own”"),
        ("range 4–6 weeks", "4-6", "4–6"),
        ("I37.8 is the code", "i37.8", "I37.8"),
        ("a.b*c", "b*", "b*"),
    ],
)
def test_case_accents_and_line_ends_are_set_aside(page: str, typed: str, hit: str) -> None:
    assert [text for _, _, text in found(material((page,)), typed)] == [hit]


@pytest.mark.parametrize("typed", ["", "   ", "-", "…", "zebra"])
def test_what_has_no_letter_or_stands_nowhere_is_not_found(typed: str) -> None:
    assert find(material(("a - b … c",)), typed) == ()


def test_a_hit_over_two_lines_has_a_box_on_each() -> None:
    page = page_string(page_text(1, "the insulin\npump is worn"))
    (span,) = find_on_page(page, "insulin pump")
    first, second = page.boxes(span.start, span.end)
    assert first.y0 < second.y0


def test_a_page_that_lies_on_its_side_has_lines_as_if_it_stood() -> None:
    upright = page_text(1, "one two\nthree four")
    words = tuple(type(w)(w.text, w.box.turned(-1), w.confidence) for w in upright.words)
    lying = page_string(PageText(1, words, turn=1))
    assert lying.text == "one two\nthree four"
    (box,) = lying.boxes(0, 7)
    assert box.turned(1).rounded(3) == page_string(upright).boxes(0, 7)[0].rounded(3)
    assert box.height > box.width
    part = lying.boxes(0, 1)[0].turned(1)
    assert part.width < lying.boxes(0, 3)[0].turned(1).width
