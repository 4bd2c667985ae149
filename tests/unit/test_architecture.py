"""No code path leads from a recommendation to a determination: held by what the code imports, names and calls."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain import determination
from app.domain.determination import Basis
from app.domain.recommendation import Proposed
from app.services import deciding
from app.services.deciding import Bases, Deciding

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "app"
PROPOSING = {
    "app.domain.recommendation",
    "app.domain.verdict",
    "app.domain.review_record",
    "app.domain.question",
    "app.domain.model_answer",
    "app.services.review",
    "app.services.answering",
    "app.services.asked_model",
    "app.services.model_library",
    "app.services.local",
    "app.services.openai",
    "app.services.google",
}
"""Where recommendations are made, judged and kept."""
DECIDING = (
    "app.domain.determination",
    "app.domain.determination_rule",
    "app.services.deciding",
    "app.services.ingestion_service.determining",
)


def _files() -> Iterator[tuple[str, Path]]:
    for path in sorted(APP.rglob("*.py")):
        yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path


TREES = {module: ast.parse(path.read_text("utf-8")) for module, path in _files()}


def imports(module: str) -> set[str]:
    """The modules of the program that a module imports anywhere in it, inside of functions too."""
    found: set[str] = set()
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{name.name}" for name in node.names}
    return {name for name in found if name in TREES}


def reaches(module: str) -> set[str]:
    """Everything a module imports, by whatever way."""
    seen: set[str] = set()
    waiting = [module]
    while waiting:
        for name in imports(waiting.pop()):
            if name not in seen:
                seen.add(name)
                waiting.append(name)
    return seen


def within(name: str, rooms: set[str]) -> bool:
    return any(name == room or name.startswith(f"{room}.") for room in rooms)


@pytest.mark.parametrize("module", DECIDING)
def test_deciding_imports_nothing_that_proposes(module: str) -> None:
    assert [name for name in imports(module) if within(name, PROPOSING)] == []


def test_the_determination_cannot_reach_a_recommendation_by_any_way_of_imports() -> None:
    assert [name for name in reaches("app.domain.determination") if within(name, PROPOSING)] == []


@pytest.mark.parametrize("module", DECIDING)
def test_deciding_names_no_recommendation(module: str) -> None:
    words = {node.id for node in ast.walk(TREES[module]) if isinstance(node, ast.Name)}
    words |= {node.attr for node in ast.walk(TREES[module]) if isinstance(node, ast.Attribute)}
    assert (
        words & {"Recommendation", "Review", "Proposed", "recommendations", "outcome_of", "recommend"}
        == set()
    )


def test_what_proposes_knows_no_way_to_decide() -> None:
    allowed = {"Basis", "Named"}  # what a line was looked at with, for the record: it holds no outcome
    for module, tree in TREES.items():
        if not within(module, PROPOSING):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module in DECIDING:
                assert {name.name for name in node.names} <= allowed, module
            if isinstance(node, ast.Import):
                assert not {name.name for name in node.names} & set(DECIDING), module


def _calls(tree: ast.AST, name: str) -> bool:
    """Whether something called `name` is called, or handed on to be called, as an attribute."""
    return any(isinstance(node, ast.Attribute) and node.attr == name for node in ast.walk(tree))


def test_only_a_persons_hand_calls_decide() -> None:
    """The window (where a click is) and the command `decide`; nothing else in the program names it."""
    callers = {module for module, tree in TREES.items() if _calls(tree, "decide")}
    others = {m for m in callers if not within(m, {"app.views"}) and m != "app.cli_review"}
    # the tour and the demo walk through the program as a person would
    assert others <= {"app.tour", "app.tour_review", "app.demo", "app.demo_review"}
    for node in ast.walk(TREES["app.cli_review"]):
        if isinstance(node, ast.FunctionDef) and _calls(node, "decide"):
            assert node.name == "run_decide"


def test_only_deciding_makes_a_determined_change() -> None:
    for module, tree in TREES.items():
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Attribute)
                and node.attr == "DETERMINED"
                and module != "app.services.deciding"
            ):
                # these look at it (the chokepoint, the milestones, who is told); nobody else makes one
                assert module in {
                    "app.services.change_log",
                    "app.services.ingestion_service.determining",
                    "app.services.sync.engine",
                    "app.domain.merge",
                    "app.domain.milestone_change",
                    "app.views.widgets.sync.sync_words",
                    "app.workstation",
                }, module


def test_what_a_line_was_looked_at_with_holds_no_outcome() -> None:
    fields = {field.name: str(field.type) for field in dataclasses.fields(Basis)}
    assert not {"outcome", "said", "proposed", "status"} & set(fields)
    assert not any(
        word in kind for kind in fields.values() for word in ("Proposed", "Recommendation", "Status")
    )
    assert "Basis" in inspect.signature(Bases.basis).return_annotation


def test_deciding_takes_ids_and_words_only() -> None:
    taken = inspect.signature(Deciding.decide).parameters
    assert {name: str(parameter.annotation) for name, parameter in taken.items() if name != "self"} == {
        "case_id": "str",
        "line_ids": "tuple[str, ...]",
        "outcome": "Outcome",
        "reason": "str",
        "by": "str",
        "missing": "tuple[str, ...]",
        "answer_by": "datetime | None",
        "granted": "str",
        "ground": "str",
        "overrides": "tuple[tuple[str, str], ...]",
        "review_id": "str",
        "criteria": "tuple[str, ...]",
        "declared": "tuple[str, ...]",
        "supersede": "bool",
    }
    assert taken["outcome"].default is inspect.Parameter.empty
    assert taken["reason"].default is inspect.Parameter.empty


def test_what_is_proposed_and_what_is_decided_are_different_kinds_of_things() -> None:
    assert not issubclass(Proposed, determination.Outcome)
    assert "deny" not in {str(p) for p in Proposed}
    assert deciding.Outcome is determination.Outcome


def test_this_test_sees_what_it_looks_for() -> None:
    assert "app.domain.recommendation" in imports("app.services.review")
    assert "app.domain.determination" in imports("app.services.deciding")
    assert _calls(TREES["app.cli_review"], "decide")
    assert within("app.services.local.criteria.engine", PROPOSING)


@pytest.mark.parametrize(
    "name", ["No Qt in domain", "Only the workstation and its composition", "Google's libraries"]
)
def test_every_module_of_the_command_line_is_under_the_contracts(name: str) -> None:
    """A contract lists its modules by name: one that is written later has to be put there."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    (held,) = (contract["source_modules"] for contract in contracts if contract["name"].startswith(name))
    assert {f"app.{path.stem}" for path in APP.glob("cli*.py")} <= set(held)
