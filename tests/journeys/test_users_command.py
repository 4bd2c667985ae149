"""Users and imports over the real command line: who acts is who signed in, and exit codes say what became of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app import cli
from app.services import access
from app.services.access import VerifierCost
from app.services.store.key import Cost, unlock
from tests.unit.domain.test_imported import DOCUMENT, REQUEST


@pytest.fixture(autouse=True)
def cheap_verifiers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "VerifierCost", lambda: VerifierCost(memory=8, rounds=1, lanes=1))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "passphrase").write_text("a passphrase of a test\n")
    monkeypatch.setenv("COUNTERSIGN_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    monkeypatch.setattr("sys.stdin", None)
    unlock(tmp_path / "workspace", lambda _question: None, cost=Cost(1, 64, 1))  # opened many times
    return tmp_path / "workspace"


@pytest.fixture
def run(place: Path, capsys: pytest.CaptureFixture[str]):
    def command(*arguments: object) -> tuple[int, str, str]:
        code = cli.main(["--workspace", str(place), *map(str, arguments)])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    return command


def imported(folder: Path, *objects: object) -> Path:
    path = folder / "requests.json"
    path.write_text(json.dumps(list(objects)))
    return path


def test_users_are_made_changed_and_removed_by_an_administrator(run, tmp_path: Path) -> None:
    assert run("users", "list")[:2] == (
        0, "There are no users: nobody has to sign in. Make the first: countersign users add NAME --role ROLE\n",
    )  # fmt: skip
    code, out, err = run("--user", "ada", "users", "list")
    assert (code, out) == (1, "")
    assert "has no users" in err
    code, out, _ = run("users", "add", "nora", "--role", "ur_specialist", "--title", "Nora Nurse", "--json")
    assert code == 0
    assert json.loads(out) == {
        "name": "nora", "title": "Nora Nurse", "roles": ["ur_specialist", "administrator"], "active": True,
    }  # fmt: skip
    code, _, err = run("users", "add", "paul", "--role", "physician")
    assert code == 1
    assert "--user NAME" in err
    assert (
        run("users", "add", "paul", "--role", "physician", "--role", "ur_specialist", "--user", "nora")[0]
        == 0
    )
    code, _, err = run("--user", "paul", "users", "add", "mallory", "--role", "administrator")
    assert code == 1
    assert "administrator" in err
    assert run("users", "change", "paul", "--role", "physician", "--user", "nora")[0] == 0
    code, _, err = run("users", "remove", "nora", "--user", "nora")
    assert (code, "No administrator" in err) == (1, True)
    assert run("users", "remove", "nobody", "--user", "nora")[0] == 2
    assert run("users", "remove", "paul", "--user", "nora")[0] == 0
    code, out, _ = run("users", "list", "--json")
    assert [(u["name"], u["roles"], u["active"]) for u in json.loads(out)] == [
        ("nora", ["ur_specialist", "administrator"], True), ("paul", ["physician"], False),
    ]  # fmt: skip
    code, _, err = run("--user", "paul", "users", "list")
    assert (code, "wrong" in err) == (1, True)
    assert run("users", "change", "paul", "--active", "--user", "nora")[0] == 0
    assert run("--user", "paul", "users", "list")[0] == 0
    assert run("users", "change", "paul", "--user", "nora")[0] == 2
    assert run("audit")[0] == 0


def test_passphrases_of_people_come_from_files_of_their_own(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nora").write_text("noras own passphrase\n")
    (tmp_path / "new").write_text("noras new passphrase\n")
    assert (
        run("users", "add", "nora", "--role", "ur_specialist", "--passphrase-file", tmp_path / "nora")[0] == 0
    )
    code, _, err = run("--user", "nora", "users", "list")  # the workspace's own does not fit
    assert (code, "wrong" in err) == (1, True)
    monkeypatch.setenv("COUNTERSIGN_USER_PASSPHRASE_FILE", str(tmp_path / "nora"))
    assert run("--user", "nora", "users", "list")[0] == 0
    assert run("users", "passphrase", "nora", "--passphrase-file", tmp_path / "new", "--user", "nora")[0] == 0
    assert run("--user", "nora", "users", "list")[0] == 1
    monkeypatch.setenv("COUNTERSIGN_USER_PASSPHRASE_FILE", str(tmp_path / "new"))
    assert run("--user", "nora", "users", "list")[0] == 0
    monkeypatch.setenv("COUNTERSIGN_USER_PASSPHRASE_FILE", str(tmp_path / "gone"))
    assert run("--user", "nora", "users", "list")[0] == 2


def test_no_passphrase_reaches_the_trail_or_the_terminal(run, place: Path, tmp_path: Path) -> None:
    (tmp_path / "nora").write_text("noras own passphrase\n")
    said = [run("users", "add", "nora", "--role", "ur_specialist", "--passphrase-file", tmp_path / "nora")]
    said += [run("--user", "nora", "users", "list"), run("--user", "noras own passphrase", "users", "list")]
    assert "own passphrase" not in "".join(out + err for _, out, err in said)


def test_whoever_acts_stands_on_what_is_done(run, tmp_path: Path) -> None:
    file = imported(tmp_path, REQUEST)
    assert run("users", "add", "root")[0] == 0
    code, out, err = run("import", file, "--json")
    assert (code, out) == (1, "")
    assert "--user NAME" in err
    assert run("users", "add", "carl", "--role", "case_manager", "--user", "root")[0] == 0
    code, _, err = run("import", file, "--user", "root")
    assert (code, "case manager" in err) == (1, True)
    code, out, _ = run("import", file, "--json", "--user", "carl")
    assert code == 0
    case_id = json.loads(out)["case_id"]
    code, out, _ = run("show", case_id, "--json", "--user", "carl")
    assert json.loads(out)["milestones"]["received"]["by"] == "carl"
    assert run("show", case_id)[0] == 1


def test_import_prints_one_object_a_case_and_the_same_file_is_known(run, tmp_path: Path) -> None:
    file = imported(tmp_path, REQUEST, DOCUMENT)
    code, out, err = run("import", file, "--json")
    assert (code, err) == (0, "")
    first = [json.loads(line) for line in out.splitlines()]
    assert [f["request_id"] for f in first] == ["q1", "d1"]
    assert all({"case_id", "request_id", "receipt", "flags"} <= set(f) for f in first)
    assert {flag["kind"] for flag in first[0]["flags"]} == {"trap"}
    assert all(flag["text"] and flag["next_step"] for flag in first[0]["flags"])
    code, out, _ = run("import", file)
    assert code == 0
    assert out.count("known already") == 2
    file = imported(tmp_path, {**REQUEST, "diagnosis": {"code": "E10.9"}})
    code, out, _ = run("import", file)
    assert code == 0
    assert "Changed: request.lines.r1.diagnosis" in out


def test_a_broken_file_is_told_with_its_place_and_nothing_is_taken_in(run, tmp_path: Path) -> None:
    file = imported(tmp_path, REQUEST, {"request_id": "q2", "service": 7})
    code, out, err = run("import", file)
    assert (code, out) == (1, "")
    assert "“requests.json”: Object 2: service is a number" in err
    code, out, _ = run("cases", "--json")
    assert json.loads(out) == []
    assert run("import", tmp_path / "gone.json")[0] == 2
    assert run("import", tmp_path)[0] == 2


@pytest.mark.parametrize(
    "command", ["ingest", "show", "edit", "verify", "export", "cases", "import", "users"]
)
def test_every_command_tells_how_to_say_who_acts(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main([command, "--help"])
    assert "--user NAME" in capsys.readouterr().out
