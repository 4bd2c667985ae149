"""The settings of the service: what Terraform puts into its environment is understood, and what is wrong is named."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from app.domain.connection import BUCKETS, Connection, connection_document
from app.domain.errors import Rejected
from app.serve import main
from app.services.signing import new_key
from app.serving import ENDPOINT, INGEST, serve_settings, serving
from tests.conftest import ROOT
from tests.scripted import ScriptedProcessor
from tests.serve_parts import http, service

NEEDED = {
    "COUNTERSIGN_PROJECT": "payer-1",
    "COUNTERSIGN_LOCATION": "us-central1",
    "COUNTERSIGN_CLIENT_ID": "client.apps.googleusercontent.example",
}


def test_everything_that_terraform_sets_is_read() -> None:
    """The names of `run.tf` are those of the service: one that nobody reads would be set in vain."""
    text = (ROOT / "installer" / "cloud" / "terraform" / "run.tf").read_text("utf-8")
    source = (ROOT / "app" / "serving.py").read_text("utf-8")
    names = set(re.findall(r"COUNTERSIGN_[A-Z_]+", text))
    assert len(names) >= 9
    assert [name for name in sorted(names) if f'"{name}"' not in source] == []
    arguments = re.findall(r'args\s*=\s*\["serve", "--only", "(\w+)"\]', text)
    assert sorted(arguments) == sorted((INGEST, ENDPOINT))


def test_every_setting_is_told_to_administrators() -> None:
    told = (ROOT / "docs" / "admin" / "serve.md").read_text("utf-8")
    source = (ROOT / "app" / "serving.py").read_text("utf-8")
    names = set(re.findall(r'"(COUNTERSIGN_[A-Z_]+|PORT)"', source)) - {"COUNTERSIGN_ONLY"}
    assert [name for name in sorted(names) if f"`{name}`" not in told] == []


def test_a_service_is_set_up_by_its_environment(tmp_path: Path) -> None:
    private, _ = new_key()
    (tmp_path / "key").write_text(f"{private}\n", "utf-8")
    buckets = {name: f"x-{name}" for name in BUCKETS}
    found = serve_settings(
        {
            **NEEDED,
            "PORT": "9090",
            "COUNTERSIGN_SIGNING_KEY_FILE": str(tmp_path / "key"),
            "COUNTERSIGN_BUCKETS": json.dumps(buckets),
            "COUNTERSIGN_PROCESSORS": json.dumps({"tx_nofr001": "projects/p/locations/us/processors/1"}),
            "COUNTERSIGN_DOMAINS": "payer.example, other.example",
            "COUNTERSIGN_ONLY": "endpoint",
        }
    )
    assert (found.port, found.signing_key, found.only) == (9090, private, "endpoint")
    assert found.connection.bucket("pa_forms_bkt") == "x-pa_forms_bkt"
    assert found.connection.service_url == ""
    assert found.domains == ("payer.example", "other.example")
    assert (found.trust_database, found.host) == ("countersign-trust", "127.0.0.1")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"COUNTERSIGN_PROJECT": ""}, "connection_incomplete"),
        ({"COUNTERSIGN_CLIENT_ID": ""}, "connection_incomplete"),
        ({"COUNTERSIGN_BUCKETS": "{"}, "serve_setting"),
        ({"COUNTERSIGN_BUCKETS": '{"another": "x"}'}, "serve_setting"),
        ({"COUNTERSIGN_PROCESSORS": "[1]"}, "serve_setting"),
        ({"PORT": "eighty"}, "serve_setting"),
        ({"COUNTERSIGN_ONLY": "both"}, "serve_setting"),
        ({"COUNTERSIGN_SIGNING_KEY_FILE": "/nowhere/key"}, "serve_file"),
    ],
)
def test_a_setting_that_is_wrong_is_named(more: dict[str, str], code: str) -> None:
    with pytest.raises(Rejected) as refused:
        serve_settings({**NEEDED, **more})
    assert refused.value.code == code


def test_a_connection_file_takes_the_place_of_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "connection.json"
    connection = Connection("payer-2", "eu", "client", "https://service.example")
    path.write_text(json.dumps(connection_document(connection)), "utf-8")
    assert serve_settings({}, path).connection == connection
    path.write_text("[]", "utf-8")
    with pytest.raises(Rejected) as refused:
        serve_settings({}, path)
    assert refused.value.code == "connection_file"


def test_an_endpoint_without_a_key_does_not_start_and_arrivals_need_none() -> None:
    with pytest.raises(Rejected) as refused:
        serving(serve_settings(NEEDED))
    assert refused.value.code == "no_signing_key"
    with service(ScriptedProcessor(), only=INGEST) as serve:
        assert http.get(f"{serve.url}/v1/connection").status_code == 404
        assert http.get(f"{serve.url}/readyz").status_code == 200
    with service(ScriptedProcessor(), only=ENDPOINT) as serve:
        assert http.post(serve.url, json={}).status_code == 404
        assert http.get(f"{serve.url}/v1/connection").status_code == 200


def test_a_command_that_cannot_begin_says_why(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("COUNTERSIGN_PROJECT", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    assert main(["--only", "ingest"]) == 1
    assert "does not say its project" in capsys.readouterr().err
