"""The Firestore emulator of the Google Cloud SDK while tests run, on loopback. PYTEST_DONT_REWRITE

A test module that needs it says `pytest_plugins = ("tests.emulator",)` and asks for `firestore`: a place of the
test's own (a project that nobody else has), on one emulator a process (with xdist: one a worker). With CI=true an
emulator that does not start fails the tests with the reason; elsewhere they skip with one line where it is not
installed. Benchmarks use `running()`.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PATIENCE = 90.0  # seconds in which it has to answer: a busy machine takes twenty
_JAR = Path("platform", "cloud-firestore-emulator", "cloud-firestore-emulator.jar")
_MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
# Ends the emulator when its input ends: it dies with whoever started it, however that dies.
_GUARD = (
    'exec 3<&0; "$@" 3<&- & child=$!; { read -r _ <&3; kill -9 $child; } 2>/dev/null & reader=$!;'
    " wait $child; status=$?; kill $reader 2>/dev/null; exit $status"
)


class NotInstalled(RuntimeError):
    """There is no Firestore emulator on this computer."""


class NotStarted(RuntimeError):
    """The emulator is there and did not start: what it said."""


@dataclass(frozen=True, slots=True)
class Place:
    """A project of its own on a running emulator. `address` is host:port."""

    address: str
    project: str
    database: str = "(default)"


def _command(port: int, memory: str) -> list[str]:
    """What starts it on a port. Java itself where the SDK shows its jar, which is three times as fast."""
    gcloud = shutil.which("gcloud")
    if gcloud is None:
        raise NotInstalled(
            "gcloud is not installed: the Firestore emulator of the Google Cloud SDK is needed"
        )
    java = shutil.which("java")
    roots = [*Path(gcloud).resolve().parents[1:3], Path("/usr/lib/google-cloud-sdk")]
    for root in roots:
        if java is not None and (root / _JAR).is_file():
            options = [f"-Xmx{memory}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Duser.language=en"]
            return [
                java,
                *options,
                "-cp",
                str(root / _JAR),
                _MAIN,
                "start",
                "--host=127.0.0.1",
                f"--port={port}",
            ]
    if java is None:
        raise NotInstalled("java is not installed: the Firestore emulator is a Java program")
    return [gcloud, "--quiet", "emulators", "firestore", "start", f"--host-port=127.0.0.1:{port}"]


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2.0)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _warm(port: int) -> None:
    """Have it write once: its first write takes long on a busy machine, and would cost a test its ten seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        place = f"/v1/projects/{project_name()}/databases/(default)/documents/warm"
        connection.request("POST", place, b"{}", {"Content-Type": "application/json"})
        connection.getresponse().read()
    finally:
        connection.close()


def _start(port: int, log: Path, memory: str) -> subprocess.Popen[bytes]:
    command = _command(port, memory)
    if os.name != "nt":
        command = ["/bin/sh", "-c", _GUARD, "sh", *command]
    with log.open("wb") as output:
        # gcloud, which is only the way round, would look for a login and for news
        env = {
            **os.environ,
            "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
            "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true",
        }
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT, env=env
        )


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    if os.name == "nt":
        process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


@contextmanager
def running(memory: str = "1g") -> Iterator[str]:
    """An emulator of one's own; yields its address (host:port). Raises `NotInstalled` or `NotStarted`.

    `memory` is what Java may take: everything is kept in it.
    """
    folder = Path(tempfile.mkdtemp(prefix="countersign-emulator-"))
    log = folder / "log"
    try:
        for attempt in range(3):  # another program may take the port in between
            port = free_port()
            process = _start(port, log, memory)
            try:
                deadline = time.monotonic() + PATIENCE
                while process.poll() is None and not _answers(port) and time.monotonic() < deadline:
                    time.sleep(0.05)
                if _answers(port):
                    _warm(port)
                    yield f"127.0.0.1:{port}"
                    return
            finally:
                _end(process)
            said = log.read_text(encoding="utf-8", errors="replace")[-600:].strip()
            if attempt == 2 or "in use" not in said:
                raise NotStarted(f"the Firestore emulator did not start: {said or 'it said nothing'}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def project_name() -> str:
    """A project that nobody else has: data of two tests never mix."""
    return f"desk-{uuid.uuid4().hex[:20]}"


@pytest.fixture(scope="session")
def firestore_address() -> Iterator[str]:
    """The emulator that this process's tests share, as host:port."""
    with contextlib.ExitStack() as stack:
        try:
            address = stack.enter_context(running())
        except NotInstalled as missing:
            if os.environ.get("CI", "").lower() == "true":
                pytest.fail(f"CI=true and {missing}", pytrace=False)
            pytest.skip(str(missing))
        except NotStarted as failed:
            pytest.fail(str(failed), pytrace=False)
        yield address


@pytest.fixture
def firestore(firestore_address: str) -> Place:
    """An empty database of the test's own."""
    return Place(firestore_address, project_name())
