"""Every shipped policy against its source text, and every leaf of it against notes as clinicians write them."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import pytest

from app.domain.policy import Group, Leaf, flattened, unused_concepts
from app.services.policy_file import file_problems, read_text, source_text_of
from tests.unit.policies.support import (
    APPROVE,
    INSUFFICIENT,
    MET,
    NOT_MET,
    ROOT,
    Flip,
    Sheet,
    judged,
    shipped,
    shipped_ids,
    status_in,
    told,
)

MODULES = {name: f"tests.unit.policies.flips_{name}" for name in shipped_ids()}
TRIED = {name: import_module(module) for name, module in MODULES.items() if find_spec(module)}
BASES = [(policy_id, name) for policy_id, module in TRIED.items() for name in module.BASES]
FLIPS: list[Flip] = [flip for module in TRIED.values() for flip in module.FLIPS]


def cases() -> list[object]:
    return [
        pytest.param(flip, id=flip.name, marks=[pytest.mark.xfail(strict=True, reason=flip.known_bug)])
        if flip.known_bug
        else pytest.param(flip, id=flip.name)
        for flip in FLIPS
    ]


@pytest.mark.parametrize("policy_id", shipped_ids())
def test_a_shipped_policy_is_well_formed_and_wastes_nothing(policy_id: str) -> None:
    path = ROOT / "resources" / "policies" / f"{policy_id}.yaml"
    text = read_text(path)
    assert [str(p) for p in file_problems(text, source_text_of(path, text))] == []
    policy = shipped(policy_id)
    assert policy.policy_id == policy_id
    assert unused_concepts(policy) == ()
    assert policy.effective is not None
    assert not policy.applies.codes or policy.applies.source


@pytest.mark.parametrize("policy_id", shipped_ids())
def test_every_criterion_of_a_shipped_policy_quotes_its_text_and_asks_for_what_is_missing(
    policy_id: str,
) -> None:
    policy = shipped(policy_id)
    text = flattened(policy.text)
    for criterion in policy.every():
        if isinstance(criterion, Leaf):
            assert criterion.ask, criterion.criterion_id
            assert flattened(criterion.clause) in text, criterion.criterion_id
        elif isinstance(criterion, Group):
            for clause in (criterion.clause, criterion.otherwise):
                assert flattened(clause) in text, criterion.criterion_id


@pytest.mark.parametrize("policy_id", shipped_ids())
def test_the_whole_text_of_the_determination_is_kept(policy_id: str) -> None:
    folder = ROOT.parent / "shared" / "data" / "policies"
    number = policy_id.removeprefix("ncd_").replace("_", ".")
    found = sorted(folder.glob(f"NCD_{number}_*.txt"))
    if not found:
        pytest.skip("the determinations as received are not beside the repository")
    received, kept = found[0].read_text("utf-8").split("\n"), shipped(policy_id).text.split("\n")
    assert kept[0] == received[0]
    assert kept[2:] == received[2:]


@pytest.mark.parametrize(("policy_id", "name"), BASES)
def test_a_case_that_meets_everything_is_proposed_for_approval(policy_id: str, name: str) -> None:
    found = judged(TRIED[policy_id].BASES[name])
    assert found.outcome is APPROVE, told(found)
    assert found.blocking == ""


@pytest.mark.parametrize("flip", cases())
def test_one_thing_changed_changes_its_leaf_and_the_outcome_as_it_should(flip: Flip) -> None:
    found = judged(flip.sheet)
    assert (status_in(found, flip.leaf), found.outcome) == (flip.status, flip.outcome), told(found)


@pytest.mark.parametrize("policy_id", shipped_ids())
def test_no_leaf_of_a_shipped_policy_is_left_untried(policy_id: str) -> None:
    assert policy_id in TRIED, f"write {MODULES.get(policy_id)} with BASES and FLIPS"
    policy = shipped(policy_id)
    flips = [flip for flip in FLIPS if flip.sheet.policy_id == policy_id]
    untried = [
        leaf.criterion_id for leaf in policy.leaves() if leaf.criterion_id not in {f.leaf for f in flips}
    ]
    assert untried == [], "no flip at all"
    known = {leaf.criterion_id for leaf in policy.leaves()}
    assert [flip.leaf for flip in flips if flip.leaf not in known] == [], "flips of leaves that are not there"
    silent = [
        leaf.criterion_id
        for leaf in policy.leaves()
        if INSUFFICIENT not in {flip.status for flip in flips if flip.leaf == leaf.criterion_id}
    ]
    assert silent == [], "not shown that silence is insufficient"


@pytest.mark.parametrize("policy_id", sorted(TRIED))
def test_every_leaf_is_seen_met_and_seen_against(policy_id: str) -> None:
    """Met in some case, and in another not met (or, for what only a person judges, insufficient)."""
    sheets: list[Sheet] = [
        *TRIED[policy_id].BASES.values(),
        *(f.sheet for f in FLIPS if f.sheet.policy_id == policy_id),
    ]
    seen: dict[str, set[object]] = {leaf.criterion_id: set() for leaf in shipped(policy_id).leaves()}
    for sheet in sheets:
        for row in judged(sheet).criteria:
            if row.criterion_id in seen:
                seen[row.criterion_id].add(row.status)
    assert [leaf for leaf, statuses in seen.items() if MET not in statuses] == [], "never met"
    never = {leaf for leaf, statuses in seen.items() if NOT_MET not in statuses}
    assert never == set(getattr(TRIED[policy_id], "NEVER_AGAINST", ())), "never against"
