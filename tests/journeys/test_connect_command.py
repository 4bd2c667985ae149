"""Many desks over the real command line: connecting, signing in, sending, looking after it, disconnecting."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from app import cli, terminal
from app.domain.connection import connection_document
from app.services.store.key import Cost, unlock
from app.workstation import build
from tests.emulator import Place
from tests.identity_server import SECRET, Accounts, Browser, accounts
from tests.payer import Payer, payer
from tests.scripted import ScriptedProcessor, a_pdf, scripted_backends
from tests.serve_parts import CLIENT, NURSE

pytest_plugins = ("tests.emulator",)


@dataclass
class Terminal:
    """A person at a terminal with a browser, on a computer that has a workspace."""

    project: Payer
    server: Accounts
    browser: Browser
    folder: Path
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: object) -> tuple[int, str, str]:
        code = cli.main(["--workspace", str(self.folder / "workspace"), *map(str, arguments)])
        said = self.capsys.readouterr()
        assert "Traceback" not in said.err
        assert "code_challenge" not in said.out + said.err, "an address to sign in with is never printed"
        return code, said.out, said.err

    def take_in(self, *names: str) -> None:
        for name in names:
            (self.folder / f"{name}.pdf").write_bytes(a_pdf(name))
            assert self("ingest", self.folder / f"{name}.pdf")[0] == 0


@pytest.fixture
def desk(
    firestore: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Terminal]:
    (tmp_path / "passphrase").write_text("a passphrase of a test\n")
    monkeypatch.setenv("COUNTERSIGN_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    monkeypatch.setattr("sys.stdin", None)
    unlock(tmp_path / "workspace", lambda _question: None, cost=Cost(1, 64, 1))
    with payer(firestore) as project, accounts() as server:
        issuer = project.service.issuer
        server.client_id, server.person = CLIENT, NURSE
        now = int(time.time())
        server.claims = {"iss": "https://accounts.google.com", "iat": now - 5, "exp": now + 3600}
        server.sign = issuer.signed
        project.storage.tokens = server.access
        places = replace(project.places(), identity=None, accounts=server.url, projects=server.url)
        behind = scripted_backends(ScriptedProcessor())
        monkeypatch.setattr(terminal, "build", partial(build, backends=behind, places=places))
        browser = Browser()
        monkeypatch.setattr("webbrowser.open", lambda address: browser(address) or True)
        connection = replace(project.connection, client_secret=SECRET)
        (tmp_path / "connection.json").write_text(json.dumps(connection_document(connection)))
        yield Terminal(project, server, browser, tmp_path, capsys)
        browser.close()


def test_a_workspace_is_connected_sent_and_disconnected_again(desk: Terminal) -> None:
    desk.take_in("one", "two")
    file = desk.folder / "connection.json"
    code, out, _ = desk("connect", "--file", file, "--plan")
    assert code == 0
    assert "2 documents" in out
    code, _, err = desk("connect", "--file", file)
    assert (code, "--yes" in err) == (2, True)
    code, out, err = desk("connect", "--file", file, "--yes")
    assert (code, err.count("browser")) == (0, 1)
    assert desk.project.place.project in out
    code, out, _ = desk("sync", "--waiting", "--json")
    waits = json.loads(out)
    assert (code, waits["waiting"] > 0) == (1, True)
    assert {item["waiting_for"] for item in waits["items"]} <= {"turn", "upload"}
    code, out, err = desk("sync", "--wait")
    assert (code, out) == (0, "Everything is sent.\n"), err
    assert len(desk.project.storage.names("pa_forms_bkt")) == 2
    assert desk("conflicts")[1] == "There are no conflicts.\n"
    code, out, _ = desk("sign-out")
    assert (code, desk.server.refresh) == (0, {})
    code, out, err = desk("disconnect")
    assert (code, "sign" in err.casefold()) == (1, True), "nobody is signed in who might"
    code, out, _ = desk("sign-in", "--json")
    assert json.loads(out) == {"email": NURSE, "roles": ["ur_specialist"]}
    assert desk("disconnect")[0] == 1, "a nurse does not administer"


def test_the_doctor_tells_of_every_service(desk: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    desk("connect", "--file", desk.folder / "connection.json", "--yes")
    places = terminal.build.keywords["places"]  # type: ignore[attr-defined]
    monkeypatch.setattr("app.doctor.build", partial(build, backends=None, places=places))
    monkeypatch.setattr("app.workstation.embedded", lambda *_: scripted_backends(ScriptedProcessor()))
    _, out, _ = desk("doctor", "--json")
    found = {finding["what"]: finding for finding in json.loads(out)}
    assert found["Sign-in"]["ok"]
    assert NURSE in found["Sign-in"]["words"]
    assert all(
        found[what]["ok"] for what in ("Connection", "Service", "Clock", "Firestore", "Bucket pa_forms_bkt")
    )


def test_projects_are_picked_by_those_who_may_see_them(desk: Terminal) -> None:
    (desk.folder / "client.json").write_text(
        json.dumps({"installed": {"client_id": CLIENT, "client_secret": SECRET, "project_id": "p"}})
    )
    desk.server.projects = [
        {
            "name": "projects/1",
            "projectId": "payer-one",
            "displayName": "Payer",
            "labels": {"countersign": "1"},
        }
    ]
    code, out, _ = desk("connect", "--projects", "--client", desk.folder / "client.json")
    assert (code, "payer-one" in out) == (0, True)
    code, _, err = desk("connect", "--project", "payer-two", "--client", desk.folder / "client.json")
    assert (code, "payer-two" in err) == (2, True)
    code, _, err = desk("connect", "--project", "payer-one", "--client", desk.folder / "client.json")
    assert (code, "--url" in err) == (2, True)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """A terminal on a computer that knows no project."""
    (tmp_path / "passphrase").write_text("a passphrase of a test\n")
    monkeypatch.setenv("COUNTERSIGN_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    monkeypatch.setattr("sys.stdin", None)
    unlock(tmp_path / "workspace", lambda _question: None, cost=Cost(1, 64, 1))
    monkeypatch.setattr(terminal, "build", partial(build, backends=scripted_backends(ScriptedProcessor())))

    def command(*arguments: str) -> tuple[int, str]:
        code = cli.main(["--workspace", str(tmp_path / "workspace"), *arguments])
        return code, capsys.readouterr().err

    return command


@pytest.mark.parametrize("command", ["sync", "conflicts", "disconnect", "sign-in", "sign-out"])
def test_what_needs_a_connection_says_so(run, command: str) -> None:
    code, err = run(command)
    assert (code in (1, 2), "not connected" in err) == (True, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--file", "nowhere.json"), "cannot be read"),
        (("--url", "http://countersign.evil.example"), "https"),
        (("--projects",), "--client"),
    ],
)
def test_where_to_connect_is_told_rightly_or_in_words(run, arguments: tuple[str, ...], words: str) -> None:
    code, err = run("connect", *arguments)
    assert (code in (1, 2), words in err) == (True, True)
