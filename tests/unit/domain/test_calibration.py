"""From evidence to a probability."""

from __future__ import annotations

import pytest

from app.domain.calibration import BOX, DEFAULT, LIMITS, TEXT, Calibration, Evidence, logit


def test_every_number_moves_the_probability_as_its_weight_says() -> None:
    bare = Evidence(TEXT, ())
    for name, weight in DEFAULT[TEXT].items():
        if name == "one" or not weight:
            continue
        data = {TEXT: {"one": 0.0, name: weight}}
        moved = Calibration(data).probability(bare.joined([(name, 1.0)]))
        assert (moved > 0.5) == (weight > 0), name


def test_a_number_without_a_weight_counts_for_nothing() -> None:
    evidence = Evidence(TEXT, (("mean", 4.0),))
    assert Calibration({}).probability(evidence) == Calibration({}).probability(
        evidence.joined([("nobody fitted this", 9.0)])
    )


def test_no_reading_is_certain_and_none_is_hopeless() -> None:
    for group, (low, high) in LIMITS.items():
        sure = Calibration({group: {"one": 50.0}}).probability(Evidence(group, ()))
        lost = Calibration({group: {"one": -50.0}}).probability(Evidence(group, ()))
        assert (lost, sure) == (low, high)


def test_a_group_that_was_not_fitted_keeps_what_comes_with_the_program() -> None:
    fitted = Calibration({TEXT: {"one": 1.0}})
    box = Evidence(BOX, (("score", logit(0.8)),))
    assert fitted.probability(box) == Calibration({}).probability(box) == pytest.approx(0.8)


def test_joined_evidence_replaces_numbers_of_the_same_name() -> None:
    evidence = Evidence(TEXT, (("mean", 1.0), ("length", 2.0))).joined([("mean", 3.0), ("known", 1.0)])
    assert dict(evidence.numbers) == {"mean": 3.0, "length": 2.0, "known": 1.0}
    assert evidence.number("nowhere") == 0.0
