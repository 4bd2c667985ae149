"""What the documents say is there: commands, options, modules, files; and what is there stands in a document."""

from __future__ import annotations

import argparse
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli import parser
from tests.conftest import ROOT

DOCUMENTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CONTEXT.md")]
DOCUMENTS += sorted((ROOT / "docs").rglob("*.md"))
_CALL = re.compile(r"(?:\bcountersign|run\.py) ([a-z][a-z-]*)((?: +[^`\n|]*)?)")
_CODE = re.compile(r"```.*?```|`[^`\n]+`|^ {4}[^\n]+$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_OF_RUN = {"test", "build"}  # of `run.py` itself
_NOT_FOR_PEOPLE = {"demo", "tour", "self-test"}  # told under `run.py`


def _commands(of: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in of._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def _options(of: argparse.ArgumentParser) -> set[str]:
    return {option for action in of._actions for option in action.option_strings}


def _calls(document: Path) -> Iterator[tuple[str, list[str]]]:
    """Every call of the program in the code of a document: the command, and the words behind it."""
    for code in _CODE.findall(document.read_text("utf-8")):
        for name, rest in _CALL.findall(code.replace("\\\n", " ")):  # a line may go on
            yield name, rest.partition("#")[0].split()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_and_option_that_a_document_names_is_there(document: Path) -> None:
    known = _commands(parser())
    for name, words in _calls(document):
        if name in _OF_RUN:
            continue
        assert name in known, f"countersign {name}"
        of = known[name]
        inner = _commands(of)
        if inner and words and re.fullmatch(r"[a-z][a-z-]*", words[0]):
            assert words[0] in inner, f"countersign {name} {words[0]}"
            of = inner[words[0]]
        named = {word.partition("=")[0].strip("[]") for word in words if word.lstrip("[").startswith("--")}
        assert named <= _options(of) | _options(known[name]) | _options(parser()), f"countersign {name}"


def test_every_command_stands_in_a_document() -> None:
    told = {name for document in DOCUMENTS for name, _ in _calls(document)}
    alone = "\n".join(code for d in DOCUMENTS for code in re.findall(r"`[^`\n]+`", d.read_text("utf-8")))
    untold = {
        name for name in _commands(parser()) if name not in told and not re.search(rf"`{name}\b", alone)
    }
    assert untold - _NOT_FOR_PEOPLE == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_of_a_document_leads_to_a_file(document: Path) -> None:
    for place in _LINK.findall(document.read_text("utf-8")):
        assert "://" in place or (document.parent / place).exists(), place


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_that_a_document_runs_is_there(document: Path) -> None:
    for module in re.findall(r"python3? -m ((?:tests|app)[.\w]*\w)", document.read_text("utf-8")):
        assert importlib.util.find_spec(module) is not None, module


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_of_the_program_that_a_document_names_is_there(document: Path) -> None:
    named = re.findall(r"`((?:app|tests|docs|installer|resources)/[\w./-]+)`", document.read_text("utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_page_for_administrators_and_users_can_be_found_from_the_first() -> None:
    for folder in (ROOT / "docs" / "admin", ROOT / "docs" / "users"):
        seen, waiting = set(), [folder / "README.md"]
        while waiting:
            page = waiting.pop().resolve()
            if page not in seen and page.suffix == ".md" and page.exists():
                seen.add(page)
                waiting += [page.parent / p for p in _LINK.findall(page.read_text("utf-8")) if "://" not in p]
        assert {p.resolve() for p in folder.glob("*.md")} <= seen


def test_every_decision_has_a_number_of_its_own() -> None:
    numbers = [int(path.name[:4]) for path in sorted((ROOT / "docs" / "adr").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))
