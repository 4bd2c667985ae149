"""Examples from the command line: kept only when asked for, and models measured with them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from app import cli
from app.domain.material import Material
from app.domain.outgoing import for_recommendation
from app.domain.policy import Policy
from app.domain.prompt_text import composed
from app.domain.request import request_from
from app.resource import resource
from app.services.policy_file import read_policies
from tests.reviewing import a_note

NOTE = "Progress note 10/02/2026\nShe has type 1 diabetes. HbA1c 8.1 % on 09/20/2026."


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "passphrase").write_text("a passphrase of a test\n")
    monkeypatch.setenv("COUNTERSIGN_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    monkeypatch.setenv("COUNTERSIGN_PERSON", "ada")

    def call(*arguments: object) -> tuple[int, str, str]:
        code = cli.main(["--workspace", str(tmp_path / "w"), *(str(a) for a in arguments)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def a_line(policy: Policy, outcome: str, **statuses: str) -> str:
    """A line as `tuning export` writes it: what is asked about a note, and what people let stand."""
    request = request_from(
        {"request": {"lines": {"r1": {"service": {"code": "E0784", "description": "insulin pump"}}}}}
    )
    material = Material("c", "r", date(2026, 10, 5), request, documents=(a_note(NOTE),))
    sent = for_recommendation("Judge.", composed({}).text, material, request.lines[0], policy, 9000)
    criteria = [
        {"id": leaf.criterion_id, "status": statuses.get(leaf.criterion_id, "insufficient"), "evidence": []}
        for leaf in policy.leaves()
    ]
    answer = json.dumps({"outcome": outcome, "rationale": "", "criteria": criteria})
    turns = [
        {"role": "user", "parts": [{"text": sent.user}]},
        {"role": "model", "parts": [{"text": answer}]},
    ]
    return json.dumps({"systemInstruction": {"parts": [{"text": sent.system}]}, "contents": turns})


def test_the_engine_is_measured_with_a_file_of_examples(run, tmp_path: Path) -> None:
    policy = next(p for p in read_policies(resource("policies")) if p.policy_id == "ncd_280_14")
    lines = [a_line(policy, "pend", a1c="met", diabetes="met"), a_line(policy, "approve", a1c="not_met")]
    (tmp_path / "examples.jsonl").write_text("\n".join(lines) + "\n")
    code, out, err = run("eval", "recommendations", tmp_path / "examples.jsonl", "--json")
    assert code == 0, err
    told = json.loads(out)
    assert (told["model"], told["examples"], told["answered"]) == ("criteria engine", 2, 2)
    assert told["outcomes"] == {"approve": {"pend": 1}, "pend": {"pend": 1}}
    a1c = next(row for row in told["criteria"] if row["criterion"] == "a1c")
    assert a1c["confusion"] == {"met": {"met": 1}, "not_met": {"met": 1}}
    assert told["false_met"] >= 1
    code, out, _ = run("eval", "recommendations", tmp_path / "examples.jsonl")
    assert (code, "Outcomes agree: 50.0%." in out) == (0, True)


def test_a_file_that_holds_no_examples_is_told(run, tmp_path: Path) -> None:
    (tmp_path / "examples.jsonl").write_text("{}\n")
    code, _, err = run("eval", "recommendations", tmp_path / "examples.jsonl")
    assert (code, "Line 1 is no example" in err) == (1, True)
    code, _, err = run("eval", "recommendations", tmp_path / "nowhere.jsonl")
    assert (code, "cannot be read" in err) == (2, True)


def test_examples_are_kept_when_it_is_turned_on_and_written_on_demand(run, tmp_path: Path) -> None:
    assert "No examples are kept." in run("tuning", "status")[1]
    code, out, _ = run("tuning", "on", "--json")
    assert (code, json.loads(out)) == (0, {"on": True, "tuning": 0, "evaluation": 0})
    code, _, err = run("tuning", "export", "--out", tmp_path / "out.jsonl")
    assert (code, (tmp_path / "out.jsonl").read_text()) == (0, "")
    code, _, err = run("tuning", "export", "--out", tmp_path / "out.jsonl")
    assert (code, "exists already" in err) == (2, True)
    assert run("eval", "recommendations")[0] == 2
    assert "No examples are kept." in run("tuning", "off")[1]
