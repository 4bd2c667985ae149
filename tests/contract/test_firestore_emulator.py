"""The emulator that the tests of the shared queue stand on."""

from __future__ import annotations

import http.client
import socket

import pytest

from tests import emulator
from tests.emulator import Place

pytest_plugins = ("tests.emulator",)


def test_it_answers_and_two_tests_never_share_a_project(firestore: Place) -> None:
    host, port = firestore.address.split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    connection.request("GET", "/")
    assert connection.getresponse().status == 200
    connection.close()
    assert emulator.project_name() != emulator.project_name() != firestore.project


def test_it_is_gone_when_it_is_not_needed_any_more() -> None:
    try:
        with emulator.running() as address:
            port = int(address.rpartition(":")[2])
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except emulator.NotInstalled as missing:
        pytest.skip(str(missing))
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_where_it_is_not_installed_the_reason_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(emulator.NotInstalled, match="gcloud is not installed"), emulator.running():
        pass


def test_an_emulator_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        emulator, "_command", lambda port, memory: ["/bin/sh", "-c", "echo no memory; exit 3"]
    )
    monkeypatch.setattr(emulator, "PATIENCE", 0.5)
    with pytest.raises(emulator.NotStarted, match="no memory"), emulator.running():
        pass
