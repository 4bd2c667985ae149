"""Where to look next: the dearest doubt first; tick boxes of one question are one thing."""

from __future__ import annotations

from dataclasses import replace

from app.domain.attention import items, next_to_look
from app.domain.form import FieldKind, FieldState, FieldWarning, FormField


def field(path: str, confidence: float, **more: object) -> FormField:
    return replace(FormField(path, path, "s", FieldKind.TEXT, "x", confidence), **more)


def test_the_greatest_doubt_comes_first() -> None:
    every = items([field("a", 0.8), field("b", 0.5), field("c", 0.99)])
    first = next_to_look(every, 0.9)
    assert first is not None
    assert first.key == "b"


def test_a_field_that_costs_more_comes_before_a_more_doubtful_one() -> None:
    every = items([field("a", 0.8), field("b", 0.7)])
    first = next_to_look(every, 0.9, weights={"a": 3.0})
    assert first is not None
    assert first.key == "a"


def test_a_failed_rule_makes_a_sure_field_wait_for_a_look() -> None:
    every = items([field("a", 0.99, warnings=(FieldWarning("npi_length", "value"),))])
    assert next_to_look(every, 0.9) is not None


def test_nothing_is_left_when_everything_was_seen() -> None:
    every = items([field("a", 0.2, state=FieldState.CONFIRMED), field("b", 0.99)])
    assert next_to_look(every, 0.9) is None


def test_what_was_passed_over_is_not_offered_again() -> None:
    every = items([field("a", 0.5), field("b", 0.8)])
    second = next_to_look(every, 0.9, skip=("a",))
    assert second is not None
    assert second.key == "b"


def test_tick_boxes_of_one_question_are_one_item() -> None:
    boxes = [field(n, 0.99, kind=FieldKind.TICK_BOX, value=False, group="sex") for n in ("male", "female")]
    every = items([field("a", 0.9), *boxes, field("b", 0.9)])
    assert [i.key for i in every] == ["a", "group:sex", "b"]
    assert len(every[1].fields) == 2
