"""Urgency comes from tick boxes: those a definition names, or those whose own label says so."""

from __future__ import annotations

import pytest

from app.domain.form import FieldKind, FormField
from app.domain.projection import urgency


def ticked(label: str, value: str | bool = True, kind: FieldKind = FieldKind.TICK_BOX) -> FormField:
    return FormField("a", label, "", kind, value)


@pytest.mark.parametrize(
    "label",
    [
        "Urgent", "Expedited", "Request to expedite review", "Expedited/Urgent Review Requested",
        "Exigent Circumstances", "Is this request urgent?: Yes",
    ],
)  # fmt: skip
def test_a_ticked_box_of_an_unknown_form_that_says_so_expedites_it(label: str) -> None:
    assert urgency((ticked(label),), None) == "expedited"
    assert urgency((ticked(label, value=False),), None) == "standard"


@pytest.mark.parametrize(
    "label",
    [
        "Non-Urgent", "Non Urgent", "Nonurgent", "Standard", "Not urgent", "Urgent care", "Routine",
        "Is this request urgent?: No", "Emergency room", "Renewal",
    ],
)  # fmt: skip
def test_boxes_that_say_the_opposite_or_something_else_do_not(label: str) -> None:
    assert urgency((ticked(label),), None) == "standard"


def test_the_word_in_an_answer_never_expedites() -> None:
    assert urgency((ticked("Reason", "urgent, please", FieldKind.TEXT),), None) == "standard"
    assert urgency((ticked("Urgent", "urgent", FieldKind.TEXT),), None) == "standard"
