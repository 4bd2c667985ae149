"""`countersign models`: from the command line to a server on loopback and back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.cli import main
from tests.loopback import Says, serving


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse battery", "utf-8")
    monkeypatch.setenv("COUNTERSIGN_PASSPHRASE_FILE", str(passphrase))
    return ["--workspace", str(tmp_path / "workspace")]


def test_a_model_is_added_tried_listed_and_forgotten(
    workspace: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "key"
    key.write_text("sesame\n", "utf-8")
    with serving(Says('{"ready": true}'), key="sesame") as server:
        added = ["models", "add", "ours", "--url", f"{server.url}/v1", "--model", "m", "--key-file", str(key)]
        assert main([*added, *workspace]) == 0
        assert "this computer" in capsys.readouterr().out
        assert main(["models", "try", "ours", *workspace]) == 0
        assert '{"ready": true}' in capsys.readouterr().out
    assert main(["models", "list", "--json", *workspace]) == 0
    told = capsys.readouterr().out
    assert "sesame" not in told
    (listed,) = json.loads(told)
    assert (listed["name"], listed["has_key"]) == ("ours", True)
    assert main(["models", "remove", "ours", *workspace]) == 0
    assert main(["models", "try", "ours", *workspace]) != 0


def test_a_server_that_is_away_is_told_of_in_words(
    workspace: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "add", "away", "--url", "http://127.0.0.1:9/v1", "--model", "m", *workspace]) == 0
    capsys.readouterr()
    assert main(["models", "try", "away", *workspace]) != 0
    assert "cannot be reached" in capsys.readouterr().err


@pytest.mark.parametrize(
    "wrong",
    [
        ["--url", "http://models.payer.example/v1"],
        ["--url", "nowhere"],
        ["--kind", "gemini", "--project", "X", "--region", "europe-west4"],
        ["--kind", "gemini", "--project", "a-project", "--region", "moon"],
    ],
)
def test_a_setting_that_would_not_do_is_refused_and_nothing_is_kept(
    workspace: list[str], wrong: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "add", "bad", "--model", "m", *wrong, *workspace]) != 0
    assert capsys.readouterr().err.count(".") >= 1
    assert main(["models", "list", "--json", *workspace]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_a_model_fills_what_the_request_does_not_say_with_words_of_its_documents(
    workspace: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = {
        "request_id": "r-1",
        "patient": {"patient_name": "Pat Sample", "patient_id": "M-7001", "patient_age": "52"},
        "service": {"type": "DEVICE", "code": "E0784", "description": "insulin pump"},
        "diagnosis": {"code": "E10.65", "description": "Type 1 diabetes with hyperglycemia"},
    }
    file, note = tmp_path / "request.json", tmp_path / "note.txt"
    file.write_text(json.dumps([request]), "utf-8")
    note.write_text(
        "Progress note\nMember ID: M-7001\nSymptoms: frequent fasting values above 200.\n", "utf-8"
    )
    assert main(["import", str(file), "--json", *workspace]) == 0
    case_id = json.loads(capsys.readouterr().out.splitlines()[0])["case_id"]
    assert main(["attach", case_id, str(note), *workspace]) == 0
    said = json.dumps(
        {
            "symptoms": {"quote": "frequent fasting values above 200", "document": "D1", "page": 1},
            "condition": {"quote": "a condition nobody wrote down", "document": "D1", "page": 1},
        }
    )
    with serving(Says(said)) as server:
        assert main(["models", "add", "ours", "--url", f"{server.url}/v1", "--model", "m", *workspace]) == 0
        capsys.readouterr()
        asked = ["review", case_id, "--prompt-model", "ours"]
        assert main([*asked, "--show-sent", *workspace]) == 0
        shown = capsys.readouterr().out
        assert not server.asked
        assert main([*asked, "--json", *workspace]) == 0
        assert server.question() in shown
    assert "M-7001" not in shown
    prompt = json.loads(capsys.readouterr().out)["prompt"]
    assert "has frequent fasting values above 200, and" in prompt
    assert "[condition not stated]" in prompt
