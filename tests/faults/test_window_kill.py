"""A killed window loses nothing that was acknowledged or on screen for 300 ms; and the judge is not asleep."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import window_kill
from tests.faults.window_kill import Result, Seen


@pytest.mark.slow
def test_a_killed_window_comes_back_as_it_was(tmp_path: Path) -> None:
    result = window_kill.run(6, seed=3, folder=tmp_path)
    assert result.rounds == 6
    assert result.keys > 20
    assert result.lost == 0, result.as_json()


def state(text: str = "abc", cursor: int = 3, zoom: float = 1.0, typed: bool = True) -> dict:
    return {"field": "f", "typed": typed, "text": text, "cursor": cursor, "zoom": zoom, "fit": ""}


def judged(before: Seen, restored: dict, history: tuple[str, ...] = ()) -> Result:
    result = Result()
    window_kill._judge(before, {"restored": restored, "history": list(history)}, result, 1)
    return result


def test_the_judge_sees_a_lost_change() -> None:
    seen = Seen(["a", "b"], [(0.0, state())], False, 1.0)
    assert judged(seen, state(), ("a",)).lost_changes
    assert not judged(seen, state(), ("a", "b")).lost


def test_the_judge_sees_text_a_cursor_and_a_zoom_that_are_older_than_300_ms() -> None:
    seen = Seen([], [(0.0, state("ab", 2)), (0.5, state("abc", 3))], False, 1.0)
    assert judged(seen, state("ab", 2)).lost_text  # was replaced on screen half a second before the kill
    assert judged(seen, state("abc", 1)).lost_text
    assert judged(seen, state("abc", 3, 2.0)).lost_zoom
    assert not judged(seen, state("abc", 3)).lost


def test_the_judge_allows_what_was_on_screen_for_less_than_300_ms_to_be_either() -> None:
    seen = Seen([], [(0.0, state("ab", 2)), (0.9, state("abc", 3))], False, 1.0)
    assert not judged(seen, state("ab", 2)).lost
    assert not judged(seen, state("abc", 3)).lost


def test_the_judge_takes_a_committed_text_for_the_typed_one_and_no_other() -> None:
    seen = Seen([], [(0.0, state("abc", 3))], False, 1.0)
    assert not judged(seen, state("abc", 0, typed=False)).lost
    assert judged(seen, state("ab", 0, typed=False)).lost_text
