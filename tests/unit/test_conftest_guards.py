"""The guards of conftest.py fail a test that leaves something behind, and only such a test."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"

SUSPECTS = """
import logging, os, socket, subprocess, sys, threading
from pathlib import Path
import pytest

kept = []
stop = threading.Event()


@pytest.fixture(scope="module")
def shared_child():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield child
    child.communicate(b"\\n")


def test_a_warning_is_logged():
    logging.getLogger("somewhere").warning("odd")

def test_a_warning_is_logged_and_looked_at(caplog):
    logging.getLogger("somewhere").warning("odd")
    assert caplog.messages == ["odd"]

def test_a_note_is_logged():
    logging.getLogger("somewhere").info("fine")

def test_a_thread_is_left():
    threading.Thread(target=stop.wait, name="forgotten", daemon=True).start()

def test_a_thread_is_about_to_end():
    threading.Timer(0.05, lambda: None).start()

def test_a_process_is_left():
    child = [sys.executable, "-c", "print(1, flush=True); input()"]
    kept.append(subprocess.Popen(child, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
    kept[-1].stdout.readline()  # it runs, and is no longer about to

def test_a_process_belongs_to_a_wider_fixture(shared_child):
    assert shared_child.poll() is None

def test_a_window_is_left(qapp):
    from PySide6.QtWidgets import QWidget
    kept.append(QWidget())

def test_a_visible_window_is_left(qapp):
    from PySide6.QtWidgets import QWidget
    kept.append(QWidget())
    kept[-1].show()

def test_a_window_is_handed_to_qtbot(qtbot):
    from PySide6.QtWidgets import QWidget
    window = QWidget()
    window.show()
    qtbot.addWidget(window)
    kept.append(window)

def test_a_qt_warning_is_logged(qapp):
    from PySide6.QtCore import qWarning
    qWarning("odd")

def test_the_network_is_reached():
    with socket.socket() as s:
        s.settimeout(0.2)
        try:
            s.connect(("192.0.2.1", 9))
        except Exception:
            pass

def test_a_name_is_looked_up():
    try:
        socket.getaddrinfo("somewhere.invalid", 443)
    except Exception:
        pass

def test_loopback_is_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        with socket.create_connection(server.getsockname()):
            pass

def test_the_home_is_a_throw_away_one():
    assert "countersign-test-home-" in str(Path.home())
    assert not any(n.startswith("COUNTERSIGN_") for n in os.environ)
    assert os.environ["QT_QPA_PLATFORM"] == "offscreen"

def test_the_last_of_the_module():
    pass  # what the others left is found when their module ends
"""

FAILED = {
    "test_a_warning_is_logged": "odd",
    "test_a_thread_is_left": "forgotten",
    "test_a_process_is_left": "input()",
    "test_a_window_is_left": "QWidget",
    "test_a_visible_window_is_left": "(visible)",
    "test_a_qt_warning_is_logged": "odd",
    "test_the_network_is_reached": "192.0.2.1",
    "test_a_name_is_looked_up": "somewhere.invalid",
    "test_the_last_of_the_module": "test_suspects.py ends, and",
}
PASSED = {
    "test_a_warning_is_logged_and_looked_at",
    "test_a_note_is_logged",
    "test_a_thread_is_about_to_end",
    "test_a_process_belongs_to_a_wider_fixture",
    "test_a_window_is_handed_to_qtbot",
    "test_loopback_is_reached",
    "test_the_home_is_a_throw_away_one",
}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """One run of all suspects under the guards: what was found wrong with each, "" when nothing was."""
    folder = tmp_path_factory.mktemp("guards")
    # A short grace: what is left in these tests is left for good.
    guards = CONFTEST.read_text(encoding="utf-8").replace("GRACE = 3.0", "GRACE = 0.3")
    (folder / "conftest.py").write_text(guards, encoding="utf-8")
    (folder / "test_suspects.py").write_text(SUSPECTS, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nqt_log_level_fail = WARNING\n", encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--junitxml=out.xml",
        str(folder),
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert (folder / "out.xml").exists(), done.stdout + done.stderr
    found: dict[str, str] = {}
    for case in ET.parse(folder / "out.xml").iter("testcase"):
        trouble = [*case.iter("failure"), *case.iter("error")]
        name = case.get("name", "")
        found[name] = found.get(name, "") + "".join(f"{t.get('message')}\n{t.text}" for t in trouble)
    return found


@pytest.mark.parametrize(("name", "words"), FAILED.items())
def test_a_test_that_leaves_something_behind_fails_and_says_what(
    verdicts: dict[str, str], name: str, words: str
) -> None:
    assert words in verdicts[name]


@pytest.mark.parametrize("name", sorted(PASSED))
def test_a_test_that_cleans_up_passes(verdicts: dict[str, str], name: str) -> None:
    assert verdicts[name] == ""


def test_every_suspect_is_judged(verdicts: dict[str, str]) -> None:
    assert set(verdicts) == set(FAILED) | PASSED
