"""Form types from the command line: listed, taught, tried, published, retired, and cases read again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app import cli
from app.services import sample_form
from app.services.processors import to_json
from app.services.sample_form import Sample
from tests.unit.services.test_processor_library import a_definition, with_field


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "passphrase").write_text("a passphrase of a test\n")
    monkeypatch.setenv("COUNTERSIGN_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    monkeypatch.setenv("COUNTERSIGN_PERSON", "ada")
    return tmp_path / "workspace"


@pytest.fixture
def run(place: Path, capsys: pytest.CaptureFixture[str]):
    def call(*arguments: object) -> tuple[int, str, str]:
        code = cli.main(["--workspace", str(place), *(str(a) for a in arguments)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """One filled form of a known type; the other arrivals are not drawn."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sample_form, "ARRIVALS", (sample_form._wheelchair,))
        (made,) = sample_form.make_samples(tmp_path_factory.mktemp("samples"))
    assert made.form_type == "bsc_dme"
    return made


def written(path: Path, definition: object) -> Path:
    path.write_text(json.dumps(to_json(definition) if not isinstance(definition, dict) else definition))  # type: ignore[arg-type]
    return path


def test_the_form_types_of_the_program_are_listed_and_shown(run) -> None:
    code, out, _ = run("processors", "list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[2:]] == ["bsc_dme", "tx_nofr001"]
    code, out, _ = run("processors", "list", "--json")
    listed = {found["form_type"]: found for found in json.loads(out)}
    assert listed["tx_nofr001"]["state"] == "published"
    assert listed["tx_nofr001"]["origin"] == "built_in"
    code, out, _ = run("processors", "show", "tx_nofr001")
    assert (code, "review_type_urgent" in out, "services.procedure x 4" in out) == (0, True, True)


def test_a_definition_shown_as_json_can_be_mended_and_published(run, tmp_path: Path) -> None:
    _, out, _ = run("processors", "show", "bsc_dme", "--json")
    definition = json.loads(out)["definition"]
    definition["title"] = "Mended"
    path = written(tmp_path / "d.json", definition)
    code, out, _ = run("processors", "publish", path, "--json")
    assert (code, json.loads(out)["version"], json.loads(out)["published_by"]) == (0, "1.1", "ada")
    code, _, err = run("processors", "publish", path)
    assert (code, "Nothing differs" in err) == (1, True)
    code, out, _ = run("processors", "show", "bsc_dme", "--version", "1")
    assert (code, "Mended" in out, "Retired, built in" in out) == (0, False, True)


def test_retiring_and_restoring_say_what_follows(run, tmp_path: Path) -> None:
    path = written(tmp_path / "d.json", a_definition())
    assert run("processors", "publish", path)[0] == 0
    code, out, _ = run("processors", "retire", "sample_form")
    assert (code, "read as other forms are" in out) == (0, True)
    code, _, err = run("processors", "retire", "sample_form")
    assert (code, err.strip()) == (1, "Version 1 of Sample form is not in force. Nothing was changed.")
    code, out, _ = run("processors", "restore", "sample_form", "--version", "1", "--json")
    assert (code, json.loads(out)["state"]) == (0, "published")
    code, out, _ = run("audit", "--json")
    assert json.loads(out)["holds"] is True


def test_what_is_not_there_is_told_with_exit_code_2(run, tmp_path: Path) -> None:
    (tmp_path / "torn.json").write_text('{"schema": 1, "fields": [')
    (tmp_path / "list.json").write_text("[]")
    wrong = written(tmp_path / "wrong.json", {"schema": 1, "form_type": "x"})
    for arguments in (
        ("processors", "show", "nothing"),
        ("processors", "show", "bsc_dme", "--version", "9"),
        ("processors", "retire", "nothing"),
        ("processors", "publish", tmp_path / "gone.json"),
        ("processors", "publish", tmp_path / "torn.json"),
        ("processors", "publish", tmp_path / "list.json"),
        ("processors", "publish", wrong),
        ("processors", "try", wrong, tmp_path / "gone.pdf"),
        ("processors", "propose", tmp_path / "gone.pdf", "--out", tmp_path / "new.json"),
        ("processors", "propose", wrong, "--out", wrong),
        ("read-again", "R-0000"),
        ("read-again",),
        ("read-again", "--waiting", "nothing"),
    ):
        code, out, err = run(*arguments)
        assert (code, out) == (2, ""), arguments
        assert err.count("\n") == 1
        assert err.strip().endswith((".", "”"))


def test_a_definition_that_may_not_be_published_is_told_with_everything_that_blocks_it(
    run, tmp_path: Path
) -> None:
    path = written(tmp_path / "d.json", with_field(a_definition(anchors=()), "patient_name", request=""))
    code, out, err = run("processors", "publish", path)
    assert (code, out) == (1, "")
    assert "Page 1 has 0 printed texts" in err
    assert "patient's name" in err
    assert run("processors", "show", "sample_form")[0] == 2


def test_a_calibration_that_is_none_is_refused(run, tmp_path: Path) -> None:
    path = written(tmp_path / "d.json", a_definition())
    other = written(tmp_path / "c.json", {"title": "something else"})
    code, _, err = run("processors", "publish", path, "--calibration", other)
    assert (code, "no calibration" in err) == (1, True)
    good = written(tmp_path / "g.json", {"text": {"one": 1.5}})
    code, out, _ = run("processors", "publish", path, "--calibration", good, "--json")
    assert (code, json.loads(out)["calibrated"]) == (0, True)


@pytest.mark.slow
def test_a_form_is_taught_tried_published_and_waiting_cases_are_read_again(
    run, sample: Sample, tmp_path: Path
) -> None:
    _, out, _ = run("processors", "show", "bsc_dme", "--json")
    definition = {**json.loads(out)["definition"], "form_type": "my_form", "title": "My form"}
    path = written(tmp_path / "d.json", definition)
    assert run("processors", "retire", "bsc_dme")[0] == 0

    code, out, _ = run("ingest", sample.path, "--json")
    found = json.loads(out)
    assert (code, found["form_type"]) == (0, "generic")
    touched = next(f for f in found["fields"] if isinstance(f["value"], str))["name"]
    assert run("edit", found["receipt"], f"{touched}=what a person said")[0] == 0

    pictures = tmp_path / "pictures"
    code, out, _ = run("processors", "try", path, sample.path, "--picture", pictures, "--json")
    tried = json.loads(out)
    assert (code, tried["recognized"], tried["forms"][0]["form_type"]) == (0, True, "my_form")
    assert all(Path(p).read_bytes().startswith(b"\x89PNG") for p in tried["pictures"])
    assert len(tried["pictures"]) == sample.page_count

    code, out, _ = run("processors", "publish", path, "--json")
    assert json.loads(out)["waiting"] == [found["case_id"]]
    code, out, _ = run("read-again", "--waiting", "my_form", "--json")
    (again,) = json.loads(out)
    assert (code, again["form_type"], again["kept"]) == (0, "my_form", [touched])
    _, out, _ = run("show", found["receipt"], "--json")
    document = json.loads(out)
    assert document["fields"][touched]["corrected_value"] == "what a person said"
    assert document["request"]["patient"]["patient_name"]
    listed = {f["form_type"]: f["cases"] for f in json.loads(run("processors", "list", "--json")[1])}
    assert listed["my_form"] == 1
    code, out, _ = run("read-again", "--waiting", "my_form")
    assert (code, "No case waits" in out) == (0, True)


@pytest.mark.slow
def test_a_proposal_is_written_as_a_definition_to_be_mended(run, sample: Sample, tmp_path: Path) -> None:
    code, out, _ = run("processors", "propose", sample.path, "--out", tmp_path / "draft.json",
                       "--picture", tmp_path / "pictures")  # fmt: skip
    assert code == 0
    assert "countersign processors try" in out
    data = json.loads((tmp_path / "draft.json").read_text())
    assert data["schema"] == 1
    assert len(data["anchors"]) >= 20
    assert len(data["fields"]) >= 20
    assert list((tmp_path / "pictures").glob("*.png"))
    code, _, err = run("processors", "propose", sample.path, "--out", tmp_path / "draft.json")
    assert (code, "exists already" in err) == (2, True)
