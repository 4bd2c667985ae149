"""The command `eval`: forms with keys are scored, calibrations fitted, verified forms collected."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from PIL import Image

from app import cli, cli_eval
from app.domain.calibration import Calibration, Evidence
from app.domain.errors import Unreadable
from app.domain.extraction import Document, Extraction
from app.domain.form import FieldKind, FormField
from app.domain.processor import FormDefinition
from app.domain.proposal import Proposal
from app.services import sample_form
from app.services.ports import Watch
from app.workstation import Backends
from tests.benchmarks.samples import key_of
from tests.scripted import NoReader, ScriptedProcessor, a_pdf, an_extraction, no_opener, read_field

FIELDS: dict[str, str | bool] = {
    "patient_name": "Ada Sample",
    "group_number": "",
    "review_type_urgent": True,
    "contact_phone": "5125550117",
}


class Sloppy:
    """Reads what the file itself says is printed on it, and errs as often as its evidence says.

    Damaged files are read worse; a file that says so cannot be read at all.
    """

    def __init__(self) -> None:
        self.random = Random(6)
        self.closed = False

    def process(self, document: Document, watch: Watch | None = None) -> Extraction:
        text = document.content.decode()
        if "broken" in text:
            raise Unreadable("The file is damaged.")
        fields = [self._field(name, value, "damaged" in text) for name, value in FIELDS.items()]
        if "damaged fax 9" in text:  # by which a test can tell the kind and the seed
            fields = [replace(f, value=False) if f.kind is FieldKind.TICK_BOX else f for f in fields]
        return replace(an_extraction(*fields), seconds=2.5)

    def _field(self, name: str, value: str | bool, damaged: bool) -> FormField:
        score = self.random.choice([-1.0, 3.0] if damaged else [1.0, 4.0, 4.0])
        right = self.random.random() < 1 / (1 + 2.718**-score)
        if isinstance(value, bool):
            return replace(
                read_field(name, value, 0.99, FieldKind.TICK_BOX), evidence=Evidence("box", (("score", 5.0),))
            )
        group = "text" if value else "blank"
        read = value if right or not value else value.replace("a", "o").replace("1", "7")
        return replace(read_field(name, read, 0.6), evidence=Evidence(group, (("score", score),)))


class Damager:
    """A teacher that can only damage."""

    def propose(self, document: Document, watch: Watch | None = None) -> Proposal:
        raise NotImplementedError

    def try_out(
        self, document: Document, definition: FormDefinition, watch: Watch | None = None
    ) -> Extraction:
        raise NotImplementedError

    def damaged(self, document: Document, kind: str, seed: int) -> Document:
        return replace(document, content=document.content + f"damaged {kind} {seed}".encode())


@pytest.fixture
def forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Six forms with keys, one of them unreadable, and a processor that reads them sloppily."""
    folder = tmp_path / "forms"
    folder.mkdir()
    for number in range(6):
        (folder / f"form-{number}.pdf").write_bytes(a_pdf("broken" if number == 5 else str(number)))
        # What each form says alone keeps their keys apart: the processor does not know that field.
        fields = {**FIELDS, "issuer_name": f"Payer {number}"}
        key = {"form_type": "tx_nofr001", "fields": fields, "tables": {}}
        (folder / f"form-{number}.json").write_text(json.dumps(key), "utf-8")
    (folder / "README.md").write_text("no form")

    def embedded(*_: object) -> Any:
        return Backends(Sloppy(), NoReader(), no_opener, lambda: None, lambda: None, teacher=Damager())

    monkeypatch.setattr(cli_eval, "embedded", embedded)
    return folder


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = cli.main([str(a) for a in arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_folder_of_forms_is_scored_without_a_workspace_and_nothing_but_json_is_printed(
    forms: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "eval", "forms", forms, "--json")

    found = json.loads(out)
    assert (code, err) == (0, "")
    assert found["forms"] == 6
    assert found["form_type_right"] == 5
    assert found["missing"] == ["form-5"]
    assert found["values"] == 6 * 5
    assert found["boxes"] == pytest.approx(5 / 6, abs=1e-4)
    assert found["seconds_per_page"] == 2.5
    assert set(found["by_damage"]) == {"clean"}
    assert found["by_field"]["tx_nofr001"]["issuer_name"]["accuracy"] == 0.0
    assert sum(b["count"] for b in found["reliability"]) == 30
    assert {w["form"] for w in found["wrong"]} >= {"form-5"}
    assert "held_out" not in found


def test_damage_is_applied_as_asked_with_the_seed_given(
    forms: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run(
        capsys, "eval", "forms", forms, "--damage", "clean", "--damage", "fax", "--seed", 9, "--json"
    )
    found = json.loads(out)
    assert list(found["by_damage"]) == ["clean", "fax"]
    assert found["by_damage"]["fax"]["forms"] == 6
    assert found["by_damage"]["fax"]["boxes"] == 0.0
    assert found["by_damage"]["clean"]["boxes"] == 0.8333

    _, out, _ = run(capsys, "eval", "forms", forms, "--damage", "fax", "--seed", 8, "--json")
    assert json.loads(out)["by_damage"]["fax"]["boxes"] == 0.8333

    _, out, _ = run(capsys, "eval", "forms", forms, "--damage", "all", "--json")
    assert len(json.loads(out)["by_damage"]) == 10


def test_people_get_a_table_the_worst_fields_and_what_was_read_for_what(
    forms: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "eval", "forms", forms, "--damage", "all", "--worst", 3)

    assert code == 0
    head = out.splitlines()[0]
    assert head.split() == ["clean", "skew", "shift", "noise", "dpi100", "dpi150", "upside_down", "quarter",
                            "photo", "fax", "all"]  # fmt: skip
    assert "calibration error" in out
    assert "tx_nofr001  issuer_name" in out
    assert "“a”" in out
    assert "more wrong values" in out


def test_a_fit_is_written_with_its_figures_on_forms_left_out_and_holds(
    forms: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written = tmp_path / "calibration.json"
    _, out, _ = run(
        capsys, "eval", "forms", forms, "--damage", "all", "--fit", written, "--folds", 3, "--json"
    )

    found, fitted = json.loads(out), json.loads(written.read_text("utf-8"))
    assert fitted["folds"] == 3
    assert fitted["values"]["text"]["values"] == 5 * 10 * 2
    assert fitted["held_out"] == found["held_out"]
    assert found["held_out"]["accuracy"] == found["accuracy"]  # a fit changes how sure, not what was read
    assert found["held_out"]["values"] == found["values"]
    sure, unsure = (
        Calibration(fitted).probability(Evidence("text", (("score", score),))) for score in (4.0, -1.0)
    )
    assert sure > 0.9 > 0.6 > unsure


def test_the_reliability_diagram_is_a_picture(
    forms: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(capsys, "eval", "forms", forms, "--picture", tmp_path / "plain.png")
    run(capsys, "eval", "forms", forms, "--damage", "all", "--fit", tmp_path / "c.json",
        "--picture", tmp_path / "fitted.png")  # fmt: skip

    plain, fitted = (
        Image.open(io.BytesIO((tmp_path / f"{n}.png").read_bytes())) for n in ("plain", "fitted")
    )
    assert plain.height == fitted.height > 800
    assert fitted.width > 1.3 * plain.width  # the panel of forms left out stands beside


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["eval", "forms", "nowhere"], 2, "not a folder"),
        (["eval", "forms", "FORMS", "--damage", "coffee"], 1, "fax"),
        (["eval", "forms", "FORMS", "--fit", "no/such/folder/c.json"], 2, "folder"),
        (["eval", "forms", "FORMS", "--only", "1", "--fit", "c.json"], 1, "too little"),
        (["eval", "forms", "EMPTY"], 1, "key"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    forms: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    named = {"FORMS": str(forms), "EMPTY": str(tmp_path / "empty")}
    found, out, err = run(capsys, *(named.get(a, a) for a in arguments))
    assert (found, out) == (code, "")
    assert told in err


def test_verified_forms_of_a_workspace_are_collected_and_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "passphrase").write_text("a passphrase of a test\n")
    monkeypatch.setenv("COUNTERSIGN_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    monkeypatch.setattr("app.services.dataset.kept_for_measuring", lambda _: True)
    answer = an_extraction(read_field("patient_name", "Ada Sample"), read_field("member_id", "M-1"))
    processor = ScriptedProcessor([answer])

    def scripted(*_: object) -> Any:
        return Backends(processor, NoReader(), no_opener, lambda: None, lambda: None, teacher=Damager())

    monkeypatch.setattr("app.workstation.embedded", scripted)
    place = ["--workspace", tmp_path / "w"]
    (tmp_path / "a.pdf").write_bytes(a_pdf())
    assert json.loads(run(capsys, "eval", "collect", "--json", *place)[1])["on"] is False
    _, out, _ = run(capsys, "ingest", tmp_path / "a.pdf", "--json", *place)
    case = json.loads(out)["case_id"]
    code, out, err = run(capsys, "eval", "forms", "--json", *place)
    assert (code, out) == (1, "")
    assert "collect on" in err

    assert run(capsys, "eval", "collect", "on", *place)[0] == 0
    assert run(capsys, "edit", case, "patient_name=Ada Simple", *place)[0] == 0
    assert run(capsys, "verify", case, *place)[0] == 0
    told = json.loads(run(capsys, "eval", "collect", "status", "--json", *place)[1])
    assert told == {"on": True, "training_forms": 0, "eval_forms": 1}

    found = json.loads(run(capsys, "eval", "forms", "--json", *place)[1])
    assert (found["forms"], found["values"], found["accuracy"]) == (1, 2, 0.5)
    assert found["wrong"][0]["printed"] == "Ada Simple"


def test_a_fitted_calibration_is_used_from_then_on_and_a_worse_one_is_refused(
    forms: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "passphrase").write_text("a passphrase of a test\n")
    monkeypatch.setenv("COUNTERSIGN_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    told: list[dict[str, Any]] = []

    def scripted(*_: object) -> Any:
        used = lambda _definitions, calibrations: told.append(dict(calibrations))  # noqa: E731
        return Backends(
            Sloppy(), NoReader(), no_opener, lambda: None, lambda: None, teacher=Damager(), use=used
        )

    monkeypatch.setattr("app.workstation.embedded", scripted)
    arguments = ["eval", "forms", forms, "--damage", "all", "--fit", tmp_path / "c.json", "--use"]
    assert run(capsys, *arguments)[0] == 2  # there is no workspace to keep it in
    code, _, err = run(capsys, *arguments, "--workspace", tmp_path / "w")

    assert (code, err) == (0, "")
    fitted = json.loads((tmp_path / "c.json").read_text("utf-8"))
    assert told[-1]["tx_nofr001"]["text"] == fitted["text"]

    monkeypatch.setattr("app.services.evaluation.brier", lambda scored: 0.1)
    code, out, err = run(capsys, *arguments, "--json", "--workspace", tmp_path / "w")
    assert code == 1
    assert "no better" in err
    assert json.loads(out)["held_out"]  # what was found is told all the same


def test_the_reader_itself_is_measured_on_a_form_damaged_in_its_worker(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = sample_form._Desk(tmp_path, {"bsc_dme": sample_form.known_definitions()["bsc_dme"]})
    sample = sample_form._wheelchair(desk, Random(2))
    sample.path.with_suffix(".json").write_text(json.dumps(key_of(sample)), "utf-8")

    code, out, err = run(capsys, "eval", "forms", tmp_path, "--damage", "skew", "--json")

    found = json.loads(out)
    assert (code, err) == (0, "")
    assert found["form_type_right"] == 1
    assert found["accuracy"] > 0.9
    assert found["boxes"] == 1.0
    assert list(found["by_damage"]) == ["skew"]
    assert found["seconds_per_page"] > 0
