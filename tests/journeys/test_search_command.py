"""Guidelines from the command line: added by an administrator, searched by who reviews, found at their place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from app import cli
from app.composition import review
from app.resource import resource
from app.services.policy_file import read_policy

Run = Callable[..., tuple[int, str, str]]

GUIDELINE = """Care guideline: total knee arthroplasty

Indications
Arthroplasty of the knee follows twelve weeks of supervised physical therapy and one injection.

Contraindications
Active joint infection rules the operation out. A hemoglobin A1c above 8 percent is optimized first.
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    (tmp_path / "passphrase").write_text("a passphrase of a test\n")
    monkeypatch.setenv("COUNTERSIGN_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    monkeypatch.setenv("COUNTERSIGN_PERSON", "ada")
    one = read_policy(resource("policies", "ncd_280_14.yaml"))
    monkeypatch.setattr(
        review, "built_in_policies", lambda: (one,)
    )  # each is laid out by a process of its own

    def call(*arguments: object) -> tuple[int, str, str]:
        code = cli.main(["--workspace", str(tmp_path / "workspace"), *(str(a) for a in arguments)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_a_folder_is_indexed_searched_and_kept_in_step(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "guidelines"
    folder.mkdir()
    knee = folder / "knee.txt"
    knee.write_text(GUIDELINE)
    (folder / "notes.exe").write_bytes(b"MZ" + bytes(100))
    code, out, _ = run("index", folder, "--json")
    items = {item["name"]: item for item in map(json.loads, out.splitlines())}
    assert code == 1
    assert items["knee.txt"]["outcome"] == "added"
    assert (items["notes.exe"]["outcome"], bool(items["notes.exe"]["reason"])) == ("refused", True)
    assert sum(item["document"].startswith("policy:") for item in items.values()) == 1

    code, out, _ = run("search", "knee arthroplsty HbA1c", "--source", "guideline", "--json")
    assert code == 0
    best = json.loads(out)[0]
    assert {"source", "document", "title", "page", "snippet", "score"} <= set(best)
    assert (best["source"], best["page"]) == ("guideline", 1)
    assert "hemoglobin A1c" in best["snippet"]
    assert best["corrected"] == "knee arthroplasty HbA1c"
    assert best["box"]

    code, out, _ = run("search", "insulin pump C-peptide")
    assert code == 0
    assert "280.14" in out

    (folder / "notes.exe").unlink()
    knee.unlink()
    code, out, _ = run("index", folder, "--prune")
    assert (code, "removed" in out) == (0, True)
    code, out, _ = run("search", "arthroplasty", "--json")
    assert json.loads(out) == []


def test_what_is_asked_wrongly_is_said_in_words(run: Run, tmp_path: Path) -> None:
    code, _, err = run("index", tmp_path / "nothing")
    assert (code, "does not exist" in err) == (2, True)
    code, _, err = run("search", "cough", "--source", "clinical")
    assert (code, "--case" in err) == (2, True)
    code, _, err = run("search", "cough", "--case", "R-0000-NONE-000000-0")
    assert code == 2
