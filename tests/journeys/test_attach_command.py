"""`attach` and `detach` on the command line, over the real workers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app import cli
from app.workstation import build, settings, unlock
from tests.written import put_case, request


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "passphrase").write_text("a passphrase of a test\n")
    monkeypatch.setenv("COUNTERSIGN_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    return tmp_path / "workspace"


def a_case(place: Path) -> str:
    station = build(settings(place), unlock(place, lambda _: None))
    try:
        return put_case(station, request()).receipt
    finally:
        station.close()


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = cli.main([str(a) for a in arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_documents_are_attached_read_and_taken_out_again(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    receipt = a_case(place)
    (tmp_path / "note.txt").write_text("Progress note\nDOB: 07/09/1988\nA1C was 9.4 %.")
    (tmp_path / "bad.rtf").write_bytes(b"{\\rtf1 x}")
    code, out, err = run(
        capsys, "attach", "--workspace", place, receipt, tmp_path / "note.txt", tmp_path / "bad.rtf", "--json"
    )
    assert (code, err) == (1, "")
    note, bad = map(json.loads, out.splitlines())
    assert (note["pages"], note["known"], note["unread"], note["lost"]) == (1, False, [], [])
    assert note["of_another_patient"]
    assert "DOCX" in bad["next_step"]
    code, out, _ = run(capsys, "attach", "--workspace", place, receipt, tmp_path / "note.txt")
    assert (code, "was attached before" in out) == (0, True)
    assert "another date of birth" in out
    code, out, _ = run(
        capsys, "detach", "--workspace", place, receipt, note["document"], "--reason", "another patient"
    )
    assert code == 0
    code, _, err = run(capsys, "detach", "--workspace", place, receipt, "note.txt", "--reason", "again")
    assert (code, "no document" in err) == (2, True)


def test_a_path_that_is_not_there_attaches_nothing(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(capsys, "attach", "--workspace", place, "R-1", tmp_path / "nowhere.pdf")
    assert code == 2
    assert "Nothing was attached" in err
