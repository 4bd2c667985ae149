"""What differs between two versions of a policy is told in words a person can check."""

from __future__ import annotations

import copy
from typing import Any

from app.domain.policy import Policy, policy_from
from app.domain.policy_change import PolicyChange, policy_changes

TEXT = "A pump is covered when the A1c is above 7 %. A pump is covered with training. Not for a cold."
DATA: dict[str, Any] = {
    "policy": "pump", "title": "Pump", "version": "1", "effective": "2020-01-01", "source": "a test",
    "applies": {"codes": ["E0784"], "terms": ["pump"]},
    "concepts": {"a1c": {"terms": ["A1c"]}, "training": {"terms": ["training"]}, "cold": {"terms": ["cold"]}},
    "criteria": {
        "id": "covered", "text": "A pump", "all": [
            {"id": "level", "text": "A1c above 7 %", "clause": "the A1c is above 7 %",
             "number": {"of": "a1c", "is": ">", "limit": 7, "unit": "%"}, "ask": "the A1c"},
            {"id": "trained", "text": "Training", "clause": "A pump is covered with training",
             "finding": {"any_of": ["training"]}, "ask": "a word on training"},
        ],
    },
    "unless": [{"id": "cold", "text": "A cold", "clause": "Not for a cold",
                "finding": {"any_of": ["cold"]}, "ask": "the diagnosis"}],
}  # fmt: skip


def version(**changes: Any) -> Policy:
    return policy_from({**copy.deepcopy(DATA), **changes}, TEXT)


def changed(edit: Any, text: str = TEXT) -> tuple[PolicyChange, ...]:
    data = copy.deepcopy(DATA)
    edit(data)
    return policy_changes(version(), policy_from(data, text))


def test_the_same_policy_does_not_differ_whatever_its_version_is_called() -> None:
    assert policy_changes(version(), version(version="2")) == ()


def test_another_limit_is_told_with_both_numbers() -> None:
    (change,) = changed(lambda d: d["criteria"]["all"][0]["number"].update(limit=8))
    assert (change.kind, change.criterion_id) == ("changed", "level")
    assert "above 8 %" in change.now
    assert "above 7 %" in change.before


def test_a_criterion_that_is_gone_and_one_that_is_new_are_named() -> None:
    def edit(data: dict[str, Any]) -> None:
        data["criteria"]["all"][1].update(id="taught", text="Taught")

    added, removed = changed(edit)
    assert (added.kind, added.what, added.criterion_id) == ("added", "Taught", "taught")
    assert (removed.kind, removed.what) == ("removed", "Training")
    assert "training" in removed.before


def test_a_group_that_asks_for_less_of_its_parts_is_told() -> None:
    def edit(data: dict[str, Any]) -> None:
        data["criteria"]["any"] = data["criteria"].pop("all")

    (change,) = changed(edit)
    assert (change.before, change.now) == (
        "all of what stands under it",
        "at least one of what stands under it",
    )


def test_a_criterion_under_another_is_told_as_moved() -> None:
    def edit(data: dict[str, Any]) -> None:
        data["unless"].append(data["criteria"]["all"].pop())

    kinds = {(c.kind, c.criterion_id) for c in changed(edit)}
    assert ("moved", "trained") in kinds


def test_words_of_a_concept_that_come_and_go_are_named() -> None:
    (change,) = changed(lambda d: d["concepts"]["a1c"].update(terms=["hemoglobin A1c"]))
    assert change.now == "also hemoglobin A1c"
    assert change.before == "no more A1c"


def test_another_clause_code_date_and_text_are_told() -> None:
    def edit(data: dict[str, Any]) -> None:
        data["criteria"]["all"][0]["clause"] = "A1c is above 7 %"
        data["applies"]["codes"] = ["E0784", "E0787"]
        data["effective"] = "2021-01-01"

    found = {c.what: c for c in changed(edit, TEXT + "\nAnother line.")}
    assert found["A1c above 7 %"].before == "the A1c is above 7 %"
    assert found["The codes it applies to"].now == "E0784, E0787"
    assert found["The date it is effective"].before == "2020-01-01"
    assert found["The source text"].now == "1 line new"


def test_a_line_break_in_a_clause_is_no_difference() -> None:
    assert changed(lambda d: d["unless"][0].update(clause="Not for\n  a cold")) == ()


def test_what_a_test_asks_beside_its_words_is_not_lost() -> None:
    def edit(data: dict[str, Any]) -> None:
        data["criteria"]["all"][1]["finding"]["within"] = "6 months"

    (change,) = changed(edit)
    assert "within 6 months" in change.now
