"""The calibration file beside the definitions is checked before anything is shown by it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.domain.processor import BadDefinition
from app.services.processors import checked_calibration, load_calibration

ROOT = Path(__file__).resolve().parents[3]


def test_the_calibration_that_comes_with_the_program_is_sound_and_says_what_it_rests_on() -> None:
    found = load_calibration(ROOT / "resources" / "processors")

    assert {"text", "note", "values", "held_out"} <= set(found)
    assert found["text"]["one"] != 0
    assert 0 <= found["held_out"]["ece"] < 0.1


@pytest.mark.parametrize(
    "data",
    [
        [],
        {"text": 3},
        {"text": {"one": "much"}},
        {"text": {"one": True}},
        {"box": {"one": float("nan")}},
        {"steps": {"text": [[0.5, 0.4], [0.4, 0.6]]}},
        {"steps": {"text": [[0.5, 0.4], [0.6, 0.3]]}},
        {"steps": {"text": [[0.5]]}},
        {"steps": {"other": []}},
        {"steps": []},
        {"generic": {"text": {"one": None}}},
        {"generic": 1},
    ],
)
def test_a_calibration_that_cannot_be_is_refused(data: Any, tmp_path: Path) -> None:
    (tmp_path / "calibration.json").write_text(json.dumps(data), "utf-8")
    with pytest.raises(BadDefinition, match=r"calibration\.json"):
        load_calibration(tmp_path)


def test_a_calibration_may_say_more_than_is_asked_and_less() -> None:
    assert checked_calibration({"note": "x", "text": {"one": 1}})
    assert checked_calibration({}) == {}


def test_a_folder_without_a_calibration_has_an_empty_one(tmp_path: Path) -> None:
    assert load_calibration(tmp_path) == {}
