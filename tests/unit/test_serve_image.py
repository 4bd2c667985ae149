"""The container of the service: what is in it is what the service needs, and no more than it has to be."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from app.serve import main
from tests.conftest import ROOT

CLOUD = ROOT / "installer" / "cloud"
_WITHOUT = """
import importlib.abc, json, sys
gone = tuple(json.loads(sys.argv[1]))
class Gone(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if any(name == each or name.startswith(each + ".") for each in gone):
            raise ModuleNotFoundError(name, name=name)
sys.meta_path.insert(0, Gone())
import app.serve
from dataclasses import replace
from app.domain.connection import Connection
from app.serving import ServeSettings, google_backends, serving
from app.services.signing import new_key
from google.oauth2.credentials import Credentials
where = Connection("payer-1", "us-central1", "client", "", processors={"tx_nofr001": "projects/p/l"})
settings = ServeSettings(where, port=0, signing_key=new_key()[0])
behind = google_backends(settings, "127.0.0.1:1", "http://127.0.0.1:1", Credentials("t"))
server = serving(settings, behind)
import google.cloud.documentai, google.cloud.firestore, google.cloud.storage, google.oauth2.id_token
import app.services.document_worker.entry, app.services.document_worker.reading.engine
import cv2, onnxruntime, pymupdf, rapidocr
server.end()
server.serve()
"""
_TOP = {
    "pyside6-essentials": "PySide6", "shiboken6": "shiboken6", "keyring": "keyring", "jaraco-classes": "jaraco",
    "google-genai": "google.genai", "google-cloud-aiplatform": "google.cloud.aiplatform",
    "google-cloud-bigquery": "google.cloud.bigquery", "google-cloud-discoveryengine": "google.cloud.discoveryengine",
    "more-itertools": "more_itertools", "websockets": "websockets", "tenacity": "tenacity", "distro": "distro",
    "regex": "regex", "setuptools": "setuptools", "pluggy": "pluggy", "docstring-parser": "docstring_parser",
    "google-cloud-resource-manager": "google.cloud.resourcemanager_v3", "grpc-google-iam-v1": "google.iam",
}  # fmt: skip


@pytest.fixture(scope="module")
def lock() -> ModuleType:
    spec = importlib.util.spec_from_file_location("service_lock", CLOUD / "service_lock.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_the_lock_of_the_service_keeps_every_hash_of_what_stays(lock: ModuleType) -> None:
    text = (ROOT / "requirements.lock").read_text("utf-8")
    every, made = dict(lock.entries(text)), dict(lock.entries(lock.service_lock(text)))
    assert set(made) == set(every) - lock.LEFT_OUT
    assert {"flask", "waitress", "google-cloud-firestore", "google-cloud-documentai", "rapidocr"} <= set(made)
    assert "pyside6-essentials" not in made
    assert all("--hash=sha256:" in lines for lines in made.values())


def test_a_name_that_is_not_in_the_lock_any_more_is_told(lock: ModuleType) -> None:
    with pytest.raises(ValueError, match="ruff"):
        lock.service_lock("flask==3.1.3 \\\n    --hash=sha256:00\n")


def test_the_service_starts_without_anything_that_the_image_leaves_out(lock: ModuleType) -> None:
    assert set(_TOP) <= lock.LEFT_OUT
    gone = json.dumps([*_TOP.values(), "app.views", "tests"])
    command = [sys.executable, "-c", _WITHOUT, gone]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[0])["event"] == "listening"


def test_the_image_runs_as_nobody_and_takes_only_locked_wheels() -> None:
    lines = [line.strip() for line in (CLOUD / "Dockerfile").read_text("utf-8").splitlines()]
    assert "USER 10001" in lines
    assert lines.index("USER 10001") < lines.index('ENTRYPOINT ["python", "-m", "app.serve"]')
    assert any("--require-hashes" in line and "--only-binary=:all:" in line for line in lines)
    assert any(line.startswith("HEALTHCHECK") for line in lines)
    for line in lines:
        if line.startswith("COPY") and "--from" not in line:
            for path in line.split()[1:-1]:
                assert (ROOT / path).exists(), path
    ignored = (CLOUD / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    assert ignored[1] == "*"
    assert {"!app", "!resources", "app/views"} <= set(ignored)


def test_the_build_names_the_file_that_is_there() -> None:
    (step,) = yaml.safe_load((CLOUD / "cloudbuild.yaml").read_text("utf-8"))["steps"]
    assert Path(ROOT / step["args"][step["args"].index("--file") + 1]) == CLOUD / "Dockerfile"


def test_the_entry_of_the_image_takes_the_arguments_of_the_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for arguments in (["serve", "--new-signing-key"], ["--new-signing-key"]):
        assert main(arguments) == 0
        told = capsys.readouterr()
        assert len(told.out) == 44  # nothing but the key: it goes into a secret as it stands
        assert "public key" in told.err
