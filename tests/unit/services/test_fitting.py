"""Calibrations are fitted on what was read, and judged on forms they have not seen."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random

import pytest

from app.domain.calibration import DEFAULT, Calibration, Evidence
from app.services.evaluation import Scored, figures
from app.services.fitting import FEWEST, fit


def value(form: str, right: bool, kind: str = "text", /, **numbers: float) -> Scored:
    evidence = Evidence(kind, tuple(numbers.items()))
    return Scored(form, "x", "clean", form, "field", "abc", "abc" if right else "abd", 0.5, evidence=evidence)


def drawn(random: Random, forms: int, each: int, one: float, **weights: float) -> list[Scored]:
    """Values whose chance to be right follows a logistic law with these weights."""
    made = []
    for form in range(forms):
        for _ in range(each):
            numbers = {name: random.gauss(0.0, 1.5) for name in weights}
            total = one + sum(weights[name] * number for name, number in numbers.items())
            right = random.random() < 1 / (1 + math.exp(-total))
            made.append(value(f"form-{form}", right, **numbers))
    return made


def test_the_law_that_made_the_data_is_found_again() -> None:
    scored = drawn(Random(5), forms=12, each=250, one=1.0, score=0.8, misfits=-1.2)

    found = fit(scored, care=1.0)

    assert found is not None
    assert found.counts["text"][0] == 3000
    weights = found.calibration["text"]
    assert weights["one"] == pytest.approx(1.0, abs=0.2)
    assert weights["score"] == pytest.approx(0.8, abs=0.15)
    assert weights["misfits"] == pytest.approx(-1.2, abs=0.2)
    assert "steps" not in found.calibration
    after = figures(found.held_out)
    assert after.ece is not None
    assert after.ece < 0.03


def test_a_wrong_value_counts_more_than_a_right_one() -> None:
    scored = drawn(Random(5), forms=12, each=100, one=1.5, score=0.8)

    even, careful = fit(scored, care=1.0), fit(scored)

    assert even is not None
    assert careful is not None
    less = [a.confidence - b.confidence for a, b in zip(even.held_out, careful.held_out, strict=True)]
    assert 0.02 < sum(less) / len(less) < 0.1
    assert careful.calibration["text"]["score"] == pytest.approx(even.calibration["text"]["score"], abs=0.15)


def test_a_number_that_tells_forms_apart_is_worth_nothing_on_forms_left_out() -> None:
    # Each form has a number of its own, and its values are all right or all wrong: a fit that had seen a copy
    # of the form would know. Left out, it cannot.
    random, scored = Random(3), []
    for form in range(20):
        right = form % 2 == 0
        for _copy in range(2):
            for _ in range(30):
                name = f"mark{form}"
                scored.append(value(f"form-{form}", right, **{name: 1.0, "noise": random.gauss(0, 1)}))

    found = fit(scored, care=1.0)

    assert found is not None
    assert found.folds == 20
    assert Calibration(found.calibration).probability(scored[0].evidence) > 0.9  # type: ignore[arg-type]
    assert all(0.3 < s.confidence < 0.7 for s in found.held_out)


def test_what_was_never_seen_keeps_the_weight_that_comes_with_the_program() -> None:
    found = fit(drawn(Random(1), forms=4, each=50, one=2.0, mean=1.0))

    assert found is not None
    assert found.calibration["text"]["generic"] == DEFAULT["text"]["generic"]
    assert "box" not in found.calibration  # a group without data is not touched at all


def test_a_group_without_a_mistake_does_not_claim_to_make_none() -> None:
    scored = [value(f"f{n % 4}", True, "blank", ink=Random(n).random()) for n in range(100)]

    found = fit(scored)

    assert found is not None
    shown = [s.confidence for s in found.held_out]
    assert min(shown) > 0.97
    assert max(shown) < 0.999


def test_tick_boxes_that_were_all_clear_do_not_vouch_for_one_that_is_not() -> None:
    # Every box was clear (scores of 0.965 and more) and every one was right.
    random = Random(9)
    scored = [value(f"f{n % 8}", True, "box", score=random.uniform(3.3, 5.2)) for n in range(400)]

    found = fit(scored)

    assert found is not None
    calibration = Calibration(found.calibration)
    toss, weak, clear = (
        calibration.probability(Evidence("box", (("score", score),))) for score in (0.0, 1.0, 3.5)
    )
    assert 0.4 < toss < 0.75
    assert weak < 0.97
    assert clear > 0.99
    assert min(s.confidence for s in found.held_out) > 0.985


def test_maps_of_two_groups_stand_side_by_side() -> None:
    random, scored = Random(11), []
    for group in ("text", "blank"):
        for n in range(4000):
            number = random.gauss(0.0, 1.5)
            right = random.random() < (0.97 if number > 0.3 else 0.55)
            scored.append(value(f"f{n % 10}", right, group, width=number))

    found = fit(scored)

    assert found is not None
    assert set(found.calibration["steps"]) == {"text", "blank"}


def test_a_law_that_is_no_logistic_gets_a_map_on_top() -> None:
    random, scored = Random(11), []
    for n in range(6000):
        score = random.gauss(0.0, 1.5)
        chance = 0.97 if score > 0.3 else 0.55  # a step
        scored.append(value(f"f{n % 10}", random.random() < chance, score=score))

    found = fit(scored, care=1.0)

    assert found is not None
    assert found.calibration["steps"]["text"]
    calibration = Calibration(found.calibration)
    chances = [calibration.probability(Evidence("text", (("score", s),))) for s in (-2.0, -0.5, 1.0, 3.0)]
    assert chances == sorted(chances)
    assert chances[0] == pytest.approx(0.55, abs=0.06)
    assert chances[-1] == pytest.approx(0.97, abs=0.03)


def test_forms_that_nobody_defined_are_fitted_apart() -> None:
    known = drawn(Random(3), forms=6, each=100, one=3.0, mean=1.0)
    unknown = drawn(Random(4), forms=6, each=100, one=-1.0, mean=0.2, generic=0.0)
    marked = [
        replace(s, group=f"{s.group}?", evidence=s.evidence and s.evidence.joined([("generic", 1.0)]))
        for s in unknown
    ]

    found = fit([*known, *marked], care=1.0)

    assert found is not None
    assert found.calibration["text"]["one"] == pytest.approx(3.0, abs=0.5)
    assert found.calibration["generic"]["text"]["one"] == pytest.approx(-1.0, abs=0.4)
    assert found.counts["generic text"][0] == 600
    shown = found.held_out[len(known) :]
    assert sum(s.confidence for s in shown) / 600 == pytest.approx(
        sum(s.right for s in shown) / 600, abs=0.05
    )


def test_too_little_to_learn_from_gives_no_calibration() -> None:
    assert fit([value("a", True, mean=1.0)] * 200) is None  # one form: nothing can be left out
    assert fit([value(f"f{n}", True, mean=1.0) for n in range(FEWEST - 1)]) is None


def test_values_without_evidence_stay_as_they_were_shown() -> None:
    scored = drawn(Random(2), forms=3, each=40, one=1.0, mean=1.0)
    sure = Scored("f", "x", "clean", "f", "typed", "a", "a", 1.0)

    found = fit([*scored, sure])

    assert found is not None
    assert found.held_out[-1] == sure


def test_the_map_of_a_calibration_is_joined_by_lines_and_level_at_its_ends() -> None:
    given = {"text": {"one": 0.0, "score": 1.0}, "steps": {"text": [[0.2, 0.3], [0.6, 0.5], [0.9, 0.8]]}}
    calibration = Calibration(given)

    def at(chance: float) -> float:
        return calibration.probability(Evidence("text", (("score", math.log(chance / (1 - chance))),)))

    assert [round(at(c), 3) for c in (0.05, 0.2, 0.4, 0.75, 0.99)] == [0.3, 0.3, 0.4, 0.65, 0.8]
