"""Pages cut into passages."""

from __future__ import annotations

import itertools

import pytest

from app.domain.box import Box
from app.domain.extraction import PageText, Word
from app.domain.passage import page_string
from app.resource import resource
from app.services.guideline_text import MOST, passages_of, passages_of_text


def page(lines: list[tuple[str, float]], number: int = 1, tall: float = 0.012) -> PageText:
    """Lines at heights of the page, each word with a box."""
    words = []
    for text, y in lines:
        x = 0.1
        for word in text.split():
            wide = 0.008 * len(word)
            words.append(Word(word, Box(x, y, x + wide, y + tall)))
            x += wide + 0.006
    return PageText(number, tuple(words))


@pytest.mark.parametrize("path", sorted(resource("policies", "text").glob("*.txt")), ids=lambda p: p.stem)
def test_every_word_of_a_policy_stands_in_a_passage_at_its_offsets(path: object) -> None:
    text = path.read_text("utf-8")  # type: ignore[attr-defined]
    passages = passages_of_text(text)
    covered = bytearray(len(text))
    for passage in passages:
        assert text[passage.start : passage.end] == passage.text
        covered[passage.start : passage.end] = b"\1" * (passage.end - passage.start)
    lost = "".join(c for c, seen in zip(text, covered, strict=True) if not seen)
    assert not any(c.isalnum() for c in lost)
    assert all(len(passage.text) <= MOST * 1.3 for passage in passages)


def test_points_stand_under_their_headings() -> None:
    passages = passages_of_text(
        "B. Covered Indications\nCriterion A: something of a length that is worth a passage of its own, because it has "
        "words enough for that and says a thing or two about the matter at hand.\nC. Other\nNothing else."
    )
    assert [p.heading for p in passages] == ["B. Covered Indications", "C. Other"]


def test_offsets_and_boxes_are_those_of_the_page() -> None:
    made = page([("Coverage Criteria", 0.1), ("The pump is covered", 0.14), ("for adults alone.", 0.155)])
    (passage,) = passages_of([made])
    string = page_string(made)
    assert string.text[passage.start : passage.end] == passage.text
    assert passage.box == string.box(passage.start, passage.end)
    assert passage.heading == "Coverage Criteria"


def test_a_gap_between_lines_ends_a_paragraph() -> None:
    line = "word " * 14
    far = [(line, 0.1 + 0.015 * n) for n in range(6)] + [(line, 0.4 + 0.015 * n) for n in range(6)]
    assert len(passages_of([page(far)])) == 2


def test_a_long_paragraph_is_cut_at_sentences_with_one_in_common() -> None:
    text = " ".join(f"Sentence number {n} says something about the matter." for n in range(60))
    passages = passages_of_text(text)
    assert len(passages) > 2
    for before, after in itertools.pairwise(passages):
        assert before.text.endswith(".")
        assert after.text.startswith("Sentence")
        assert before.start < after.start < before.end


def test_a_text_without_a_blank_is_cut_all_the_same() -> None:
    passages = passages_of_text("x" * 5000)
    assert "".join(p.text for p in passages) == "x" * 5000


def test_blank_pages_and_rules_have_no_passages() -> None:
    assert passages_of([PageText(1, ())]) == ()
    assert passages_of_text(" \n----\n***\n") == ()


def test_pages_are_read_one_after_the_other() -> None:
    asked: list[int] = []

    def pages() -> object:
        for number in (1, 2):
            asked.append(number)
            yield page([(f"Words of page {number} stand here.", 0.1)], number)

    assert [p.page for p in passages_of(pages())] == [1, 2]  # type: ignore[arg-type]
    assert asked == [1, 2]
