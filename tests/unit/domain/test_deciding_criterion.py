"""Which criterion a recommendation turns on, and what it asks for."""

from __future__ import annotations

from app.domain.criterion import Criterion, FindingTest, Group, Leaf
from app.domain.material import Status
from app.domain.recommendation import deciding, missing_of, nearest

MET, NOT, OPEN = Status.MET, Status.NOT_MET, Status.INSUFFICIENT


def _leaf(name: str) -> Leaf:
    return Leaf(name, name, name, FindingTest((name,)), f"ask {name}")


def _group(name: str, kind: str, *parts: Criterion) -> Group:
    return Group(name, name, kind, parts)


A = _group("a", "all", *(_leaf(f"a{n}") for n in range(4)))
B = _group("b", "all", *(_leaf(f"b{n}") for n in range(4)))
EITHER = _group("either", "any", A, B)


def _named(statuses: dict[str, Status]) -> str | None:
    found = deciding(EITHER, statuses)
    return found.criterion_id if found else None


def test_with_nothing_known_of_either_it_turns_on_the_group() -> None:
    assert _named({}) == "either"
    assert len(missing_of(EITHER, {})) == 8


def test_it_turns_on_what_is_left_of_the_alternative_that_is_half_met() -> None:
    statuses = {"a0": MET, "a1": MET, "a2": MET}
    assert nearest(EITHER, statuses) is A
    assert _named(statuses) == "a3"
    assert [leaf.criterion_id for leaf in missing_of(EITHER, statuses)] == ["a3"]


def test_two_alternatives_half_met_are_both_asked_for() -> None:
    statuses = {"a0": MET, "a1": MET, "b0": MET, "b1": MET}
    assert _named(statuses) == "either"
    assert {leaf.criterion_id[0] for leaf in missing_of(EITHER, statuses)} == {"a", "b"}


def test_an_alternative_that_is_ruled_out_leaves_the_other() -> None:
    statuses = {"a0": MET, "a1": MET, "a2": MET, "a3": NOT}
    assert _named(statuses) == "b0"
    assert {leaf.criterion_id[0] for leaf in missing_of(EITHER, statuses)} == {"b"}


def test_when_both_are_ruled_out_the_nearer_one_says_why() -> None:
    statuses = {"a0": MET, "a1": MET, "a2": MET, "a3": NOT, "b0": NOT}
    assert _named(statuses) == "a3"


def test_when_everything_is_met_nothing_decides() -> None:
    statuses = {f"a{n}": MET for n in range(4)}
    assert deciding(EITHER, statuses) is None
    assert missing_of(EITHER, statuses) == ()
