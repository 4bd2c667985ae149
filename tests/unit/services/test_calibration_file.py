"""The calibration file beside the definitions is checked before anything is shown by it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from app.domain.processor import BadDefinition
from app.services.processors import checked_calibration, load_calibration


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
