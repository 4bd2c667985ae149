"""The command line over the real program: for automation it must say exactly what became of every file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import cli
from app.services.sample_form import make_samples

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory):
    return make_samples(tmp_path_factory.mktemp("samples"))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "passphrase").write_text("a passphrase of a test\n")
    monkeypatch.setenv("COUNTERSIGN_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    return tmp_path / "workspace"


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = cli.main([str(a) for a in arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def broken_files(folder: Path) -> list[Path]:
    made = {
        "empty.pdf": b"",
        "noise.pdf": b"\x00\x01 this is not a document at all" * 20,
        "half.pdf": b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog",
        "named-wrong.jpg": b"%PDF-1.4\n%%EOF\n",
    }
    for name, content in made.items():
        (folder / name).write_bytes(content)
    return [folder / name for name in made]


def test_every_broken_file_is_accounted_for_with_a_reason(place: Path, tmp_path: Path, capsys) -> None:
    paths = broken_files(tmp_path)
    code, out, err = run(capsys, "ingest", *paths, "--json", "--workspace", place)
    found = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert err == ""
    assert [f["path"] for f in found] == [str(p) for p in paths]
    assert {f["status"] for f in found} == {"unreadable"}
    assert all(f["reason"] and f["receipt"] and f["case_id"] for f in found)


def test_a_path_that_does_not_exist_is_told_and_nothing_is_taken_in(
    place: Path, tmp_path: Path, capsys
) -> None:
    code, out, err = run(capsys, "--workspace", place, "ingest", tmp_path / "gone.pdf", "--json")
    assert code == 2
    assert out == ""
    assert "gone.pdf" in err
    assert "Traceback" not in err


def test_an_unknown_case_is_told_in_a_sentence(place: Path, capsys) -> None:
    for command in (("show", "R-0000"), ("verify", "nothing"), ("edit", "nothing", "a=b")):
        code, _, err = run(capsys, "--workspace", place, *command)
        assert code == 2
        assert err.strip().endswith(".")


def test_an_empty_workspace_says_what_to_do(place: Path, capsys) -> None:
    code, out, _ = run(capsys, "cases", "--workspace", place)
    assert code == 0
    assert "ingest" in out
    code, out, _ = run(capsys, "cases", "--json", "--workspace", place)
    assert json.loads(out) == []


@pytest.mark.slow
def test_a_form_goes_from_a_file_to_a_verified_case(samples, place: Path, capsys) -> None:
    sample = next(s for s in samples if s.form_type == "bsc_dme")
    code, out, _ = run(capsys, "--workspace", place, "ingest", sample.path, "--json")
    assert code == 0
    (found,) = [json.loads(line) for line in out.splitlines()]
    assert found["form_type"] == "bsc_dme"
    assert found["status"] == "needs_review"
    assert found["pages"] == sample.page_count
    assert found["seconds"] > 0
    assert {"mean", "min", "needs_review", "missing"} <= set(found["document_confidence"])
    field = next(f for f in found["fields"] if f["name"] == "member_name")
    assert {"name", "label", "value", "confidence", "placement_confidence", "page", "box", "warnings"} <= set(
        field
    )

    code, out, _ = run(capsys, "cases", "--json", "--workspace", place)
    assert [c["case_id"] for c in json.loads(out)] == [found["case_id"]]

    code, out, _ = run(capsys, "ingest", sample.path, "--json", "--workspace", place)
    again = json.loads(out)
    assert (again["known"], again["case_id"]) == (True, found["case_id"])

    code, out, _ = run(capsys, "show", found["receipt"], "--json", "--workspace", place)
    document = json.loads(out)
    assert document["_meta"]["rev"]
    settled = [
        f"{name}={'yes' if entry['value'] is True else 'no' if entry['value'] is False else entry['value']}"
        for name, entry in document["fields"].items()
    ]
    code, out, _ = run(capsys, "edit", found["receipt"], "member_name=Ada Exemplar", "--workspace", place)
    assert (code, "Ada Exemplar" in out) == (0, True)
    code, _, _ = run(capsys, "edit", found["receipt"], *settled, "--workspace", place)
    assert code == 0
    code, out, _ = run(capsys, "verify", found["receipt"], "--json", "--workspace", place)
    assert code == 0
    assert json.loads(out)["intake_status"] == "verified"

    copy = place.parent / "copy"
    assert run(capsys, "export", found["receipt"], "--out", copy, "--workspace", place)[0] == 0
    assert copy.read_bytes() == sample.path.read_bytes()
    code, out, _ = run(capsys, "audit", "--json", "--workspace", place)
    assert json.loads(out)["holds"] is True


def test_without_a_display_the_window_says_why_it_cannot_open(tmp_path: Path) -> None:
    environment = {
        k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "--workspace", str(tmp_path)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "display" in done.stderr


def test_the_command_line_loads_no_qt(tmp_path: Path) -> None:
    script = (
        "import sys, app.cli; app.cli.parser(); sys.exit(any(m.startswith('PySide6') for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0


def test_a_locked_workspace_without_a_terminal_says_what_to_do(place: Path, capsys, monkeypatch) -> None:
    run(capsys, "cases", "--workspace", place)
    monkeypatch.delenv("COUNTERSIGN_PASSPHRASE_FILE")
    code, _, err = run(capsys, "cases", "--workspace", place)
    assert code == 1
    assert "COUNTERSIGN_PASSPHRASE_FILE" in err


def test_a_workspace_that_is_no_folder_is_told_in_a_sentence(tmp_path: Path, place: Path, capsys) -> None:
    code, out, err = run(capsys, "cases", "--workspace", tmp_path / "passphrase")
    assert (code, out) == (1, "")
    assert "Check that the disk" in err


def test_a_name_that_is_no_text_comes_out_as_valid_json_and_on_one_line(tmp_path: Path, place: Path) -> None:
    name = os.fsdecode(b"bad\xff\n\x1b[2Jname.pdf") if sys.platform == "linux" else "bad.pdf"
    (tmp_path / name).write_bytes(b"%PDF-1.4\n%%EOF\n")
    called = [sys.executable, "-m", "app.cli", "--workspace", place]
    strict = os.environ | {"PYTHONIOENCODING": "ascii"}
    taken = subprocess.run(
        [*called, "ingest", tmp_path / name, "--json"], env=strict, cwd=ROOT, capture_output=True, check=True
    )
    assert json.loads(taken.stdout)["path"] == str(tmp_path / name)
    listed = subprocess.run([*called, "cases"], env=strict, cwd=ROOT, capture_output=True, check=True)
    assert len(listed.stdout.splitlines()) == 3
    assert b"\x1b" not in listed.stdout
