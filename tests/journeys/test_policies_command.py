"""Policies over the real command line: listed, shown, checked with lines, published, retired and restored."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from app import cli
from app.resource import resource
from app.services.store.key import Cost, unlock

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    (tmp_path / "passphrase").write_text("a passphrase of a test\n")
    monkeypatch.setenv("COUNTERSIGN_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    monkeypatch.setattr("sys.stdin", None)
    place = tmp_path / "workspace"
    unlock(place, lambda _question: None, cost=Cost(1, 64, 1))  # opened many times

    def command(*arguments: object) -> tuple[int, str, str]:
        code = cli.main(["--workspace", str(place), *map(str, arguments)])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    return command


def copied(folder: Path, policy_id: str, *changes: tuple[str, str]) -> Path:
    """A shipped policy with its text in another folder, changed."""
    (folder / "text").mkdir(exist_ok=True)
    text = resource("policies", "text", f"{policy_id}.txt").read_text("utf-8")
    (folder / "text" / f"{policy_id}.txt").write_text(text, "utf-8")
    data = resource("policies", f"{policy_id}.yaml").read_text("utf-8")
    for old, new in changes:
        assert old in data
        data = data.replace(old, new, 1)
    (folder / f"{policy_id}.yaml").write_text(data, "utf-8")
    return folder / f"{policy_id}.yaml"


def test_a_policy_is_edited_published_retired_and_restored(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("policies", "list", "--json")
    found = {p["policy"]: p for p in json.loads(out)}
    assert code == 0
    assert found["ncd_280_14"] | {"title": ""} == {
        "policy": "ncd_280_14", "version": "2", "title": "", "effective": "2004-12-17", "origin": "built_in",
        "in_force": True, "by": None, "at": None,
    }  # fmt: skip
    edited = copied(
        tmp_path, "ncd_280_14", ("least: 4, per: day, for: 2 months", "least: 5, per: day, for: 2 months")
    )
    code, out, _ = run("policies", "add", edited)
    assert (code, out.strip().endswith("is in force as version 2.1.")) == (0, True)
    assert "at least 5 times a day" in run("policies", "show", "ncd_280_14")[1]
    assert "at least 5 times a day" not in run("policies", "show", "ncd_280_14", "--version", "2")[1]
    code, _, err = run("policies", "add", edited)
    assert (code, "Nothing differs from version 2.1" in err) == (1, True)
    assert run("policies", "retire", "ncd_280_14")[0] == 0
    assert "ncd_280_14" not in run("policies", "list")[1]
    assert "ncd_280_14" in run("policies", "list", "--all")[1]
    assert run("policies", "restore", "ncd_280_14", "--version", "2")[0] == 0
    versions = [
        v for v in json.loads(run("policies", "list", "--all", "--json")[1]) if v["policy"] == "ncd_280_14"
    ]
    assert [(v["version"], v["in_force"]) for v in versions] == [("2.1", False), ("2", True)]


def test_a_policy_is_shown_as_a_tree_with_clauses_tests_and_what_is_asked(run: Run) -> None:
    code, out, _ = run("policies", "show", "ncd_20_29")
    assert code == 0
    lines = [line.strip() for line in out.splitlines()]
    at = lines.index("- [wagner] Wound classified as Wagner grade III or higher")
    assert lines[at + 1] == "clause: “Patient has a wound classified as Wagner grade III or higher”"
    assert lines[at + 2].startswith("looks for a number for “Wagner")
    assert lines[at + 3] == "asks for the Wagner grade of the wound"
    assert "otherwise: “All other indications not specified under §270.4(A) are not covered" in out


def test_a_file_with_mistakes_is_refused_with_every_line(run: Run, tmp_path: Path) -> None:
    broken = copied(
        tmp_path, "ncd_280_14",
        ("effective: 2004-12-17", "effective: soon"),
        ("clause: Glycosylated hemoglobin level (HbAlc) > 7.0%", "clause: HbA1c above seven"),
        ("finding: {any_of: [dawn]}", "finding: {any_of: [dwan]}"),
    )  # fmt: skip
    code, out, _ = run("policies", "check", broken)
    told = out.splitlines()
    assert code == 1
    assert len(told) == 3
    for line, mistake in zip(
        told, ("no date", "not in the source text", "“dwan”, which is not there"), strict=True
    ):
        assert line.startswith("ncd_280_14.yaml: Line ")
        assert mistake in line
    code, _, err = run("policies", "add", broken)
    assert (code, "There are 2 more." in err) == (1, True)
    assert [
        v["version"] for v in json.loads(run("policies", "list", "--json")[1]) if v["policy"] == "ncd_280_14"
    ] == ["2"]


def test_what_is_not_there_is_a_slip_of_the_command_line(run: Run, tmp_path: Path) -> None:
    for arguments in (
        ("show", "ncd_0_0"),
        ("show", "ncd_280_14", "--version", "9"),
        ("retire", "ncd_0_0"),
        ("check", tmp_path / "none.yaml"),
        ("add", tmp_path / "none.yaml"),
    ):
        code, out, err = run("policies", *arguments)
        assert (code, out) == (2, "")
        assert err
