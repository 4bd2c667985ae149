"""`countersign processors train|measure|jobs|deploy` without a connection, and without a yes that forms may go."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli import main


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    file = tmp_path / "passphrase"
    file.write_text("a long passphrase\n")
    monkeypatch.setenv("COUNTERSIGN_PASSPHRASE_FILE", str(file))

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(["processors", *arguments, "--workspace", str(tmp_path / "workspace")])
        told = capsys.readouterr()
        return code, told.out, told.err

    return call


def test_forms_leave_the_computer_only_when_somebody_says_so(run, tmp_path: Path) -> None:
    for part in ("train", "measure"):
        code, out, err = run(part, "tx_nofr001")
        assert (code, out) == (2, "")
        assert "--cloud" in err
    assert not (tmp_path / "workspace").exists()


def test_without_a_connection_it_says_how_to_get_one(run) -> None:
    code, _, err = run("train", "tx_nofr001", "--cloud")
    assert code == 1
    assert "countersign connect" in err
    assert "Traceback" not in err
