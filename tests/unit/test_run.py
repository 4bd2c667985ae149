"""`run.py` sets up, hands over and checks: tried on a small project of its own."""

from __future__ import annotations

import ast
import base64
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
WHEEL = "tiny-1.0-py3-none-any.whl"

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the scripts these tests lay out are POSIX ones"
)

PROGRAM = """
import json, os, sys
import tiny
print(json.dumps({"args": sys.argv[1:], "tiny": tiny.__file__, "here": os.getcwd(), "python": sys.prefix}))
sys.exit(7)
"""


def make_wheel(path: Path) -> str:
    """A package with one module; returns its SHA-256."""
    content = {
        "tiny.py": "answer = 42\n",
        "tiny-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n",
        "tiny-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = ""
    for name, text in content.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(text)}\n"
    content["tiny-1.0.dist-info/RECORD"] = record + "tiny-1.0.dist-info/RECORD,,\n"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in content.items():
            wheel.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def lay_out(folder: Path) -> Path:
    """A project with the real run.py, a lock that names one package beside it, and a program that tells on itself."""
    (folder / "app").mkdir(parents=True)
    (folder / "app" / "__init__.py").write_text("")
    (folder / "app" / "cli.py").write_text(PROGRAM)
    shutil.copy(ROOT / "run.py", folder / "run.py")
    digest = make_wheel(folder / WHEEL)
    (folder / "requirements.lock").write_text(
        f"tiny @ {(folder / WHEEL).as_uri()} \\\n    --hash=sha256:{digest}\n"
    )
    return folder


def run(project: Path, *args: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, str(project / "run.py"), *args]
    return subprocess.run(
        command, cwd=cwd or project, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def loaded(project: Path) -> ModuleType:
    """The project's run.py as a module."""
    spec = importlib.util.spec_from_file_location("run_of_test", project / "run.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tiny(project: Path) -> Path:
    return next(project.glob(".venv/lib/python3.*/site-packages/tiny.py"))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that was set up once; tests leave it set up."""
    made = lay_out(tmp_path_factory.mktemp("run") / "project")
    first = run(made, "cases", "--json")
    assert first.returncode == 7, first.stderr
    assert "Setting up Countersign: making .venv" in first.stderr
    return made


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "bare")


def test_arguments_go_to_the_program_and_its_exit_code_and_output_come_back_alone(project: Path) -> None:
    done = run(project, "ingest", "a file.pdf", "--json")
    assert done.returncode == 7
    assert done.stderr == ""
    assert '"args": ["ingest", "a file.pdf", "--json"]' in done.stdout
    assert str(project / ".venv") in done.stdout


def test_a_second_run_does_not_call_pip(project: Path) -> None:
    pip = next(project.glob(".venv/lib/python3.*/site-packages/pip/__init__.py"))
    words = pip.read_text()
    pip.write_text("raise SystemExit('pip was called')\n")
    try:
        assert run(project, "cases").returncode == 7
    finally:
        pip.write_text(words)


def test_the_program_is_found_from_a_folder_with_an_app_of_its_own(project: Path, tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text("raise SystemExit('the wrong app')\n")
    done = run(project, "cases", cwd=tmp_path)
    assert done.returncode == 7, done.stderr
    assert f'"here": "{tmp_path}"' in done.stdout


def test_another_lock_is_installed_into_the_same_environment(project: Path) -> None:
    kept = project / ".venv" / "kept.txt"
    kept.write_text("")
    lock = project / "requirements.lock"
    lock.write_text(lock.read_text() + "# another lock\n")
    tiny(project).unlink()  # as if the lock named something that is not there yet
    shutil.rmtree(tiny_info(project))
    assert run(project, "cases").returncode == 7
    assert kept.exists()
    assert tiny(project).exists()


def tiny_info(project: Path) -> Path:
    return next(project.glob(".venv/lib/python3.*/site-packages/tiny-1.0.dist-info"))


def test_an_interrupted_installation_is_made_good(project: Path) -> None:
    tiny(project).unlink()  # pip would call it installed: its description is there
    (project / ".venv" / "countersign-installed.txt").unlink()
    (project / ".venv" / "countersign-unfinished.txt").write_text("")
    assert run(project, "cases").returncode == 7
    assert tiny(project).exists()
    assert not (project / ".venv" / "countersign-unfinished.txt").exists()


def test_a_run_waits_for_another_that_is_setting_up(project: Path) -> None:
    import fcntl

    (project / ".venv" / "countersign-installed.txt").unlink()
    command = [sys.executable, str(project / "run.py"), "cases"]
    with (project / "requirements.lock").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = subprocess.Popen(
            command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert waiting.stderr is not None
        assert "Another run is setting up" in waiting.stderr.readline()
        assert waiting.poll() is None
    waiting.communicate(timeout=120)
    assert waiting.returncode == 7


def test_an_environment_of_another_python_is_not_used(project: Path) -> None:
    module = loaded(project)
    _, version, prefix, _ = module.running()
    assert module.ready()
    assert module.usable(version, prefix)
    assert not module.usable((3, 99), prefix)
    assert not module.usable(version, "/some/other/python")


def test_a_python_that_does_not_fit_uses_the_environment_that_stands(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = loaded(project)
    monkeypatch.setattr(module, "running", lambda: ("/old/python", (3, 8), "/old", True))
    assert module.ready()


def test_an_environment_that_was_moved_is_not_used(project: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(project, moved, symlinks=True)
    module = loaded(moved)
    _, version, prefix, _ = module.running()
    assert not module.ready()
    assert not module.usable(version, prefix)


@pytest.mark.parametrize("broken", ["bin/python", "pip"])
def test_a_half_made_environment_is_not_used(project: Path, tmp_path: Path, broken: str) -> None:
    module = loaded(project)
    _, version, prefix, _ = module.running()
    path = (
        project / ".venv" / broken
        if "/" in broken
        else next(project.glob(f".venv/lib/*/site-packages/{broken}"))
    )
    path.rename(tmp_path / "away")
    try:
        assert not module.usable(version, prefix)
    finally:
        (tmp_path / "away").rename(path)
    assert module.usable(version, prefix)


def test_a_package_that_is_not_what_the_lock_says_is_refused_and_pip_is_quoted(project: Path) -> None:
    lock = project / "requirements.lock"
    words = lock.read_text()
    lock.write_text(re.sub(r"sha256:\w{8}", "sha256:00000000", words))
    try:
        done = run(project, "cases")
        assert done.returncode == 2
        assert "The packages could not be installed" in done.stderr
        assert "DO NOT MATCH THE HASHES" in done.stderr
        assert "Traceback" not in done.stderr
        assert not (project / ".venv" / "countersign-installed.txt").exists()
    finally:
        lock.write_text(words)
    assert run(project, "cases").returncode == 7


def test_help_needs_no_environment(bare: Path) -> None:
    done = run(bare, "--help")
    assert done.returncode == 0
    assert "python3 run.py test" in done.stdout
    assert not (bare / ".venv").exists()


def test_without_a_fitting_python_one_sentence_says_which_is_needed(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module = loaded(bare)
    monkeypatch.setattr(module, "VERSIONS", ((3, 99),))
    assert module.main(["cases"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("Countersign needs Python 3.11, 3.12 or 3.13; this is 3.")
    assert "Traceback" not in said


def test_an_unfitting_python_finds_a_fitting_one_on_the_path(
    bare: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    module = loaded(bare)
    shim = tmp_path / "python3.13"
    shim.write_text("#!/bin/sh\nexit 127\n")  # as pyenv leaves one for a version that is not chosen
    other = tmp_path / f"python3.{sys.version_info[1]}"
    other.write_text(f'#!/bin/sh\nexec "{module.running()[0]}" "$@"\n')
    for file in (shim, other):
        file.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "none"))
    version = sys.version_info[:2]
    monkeypatch.setattr(module, "VERSIONS", dict.fromkeys([(3, 13), version]))
    monkeypatch.setattr(module, "running", lambda: ("/old/python", (3, 8), "/old", True))
    if version != (3, 13):
        assert module.interpreter() == (
            module.asked([str(other)])[0],
            version,
            os.path.realpath(sys.base_prefix),
        )


def test_a_python_without_venv_names_the_package(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = loaded(bare)
    monkeypatch.setattr(module, "running", lambda: ("/usr/bin/python3", (3, 11), "/usr", False))
    monkeypatch.setattr(module, "asked", lambda _command: None)
    monkeypatch.setattr(module, "may_use_apt", lambda: False)
    with pytest.raises(module.Stop, match=r"sudo apt-get install python3\.11-venv"):
        module.interpreter()


def test_it_is_understood_by_an_older_python() -> None:
    ast.parse((ROOT / "run.py").read_text(encoding="utf-8"), feature_version=(3, 6))


def test_no_host_of_a_registry_is_named() -> None:
    for file in ("run.py", ".ci/run"):
        assert not re.search(r"://|pypi|\.org\b|\.io\b", (ROOT / file).read_text(encoding="utf-8"))


# --- the system's libraries -----------------------------------------------------------------------------


@pytest.fixture
def module(bare: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    found = loaded(bare)
    monkeypatch.setattr(found, "LIBRARIES", {"libc.so.6": "libc6", "libnowhere.so.7": "libnowhere7"})
    monkeypatch.setattr(found, "may_use_apt", lambda: False)
    monkeypatch.setattr(found.sys, "platform", "linux")
    return found


@pytest.mark.parametrize(
    ("tool", "remedy"),
    [
        ("apt-get", "sudo apt-get install libnowhere7"),
        ("dnf", "sudo dnf install 'libnowhere.so.7()(64bit)'"),
        ("none", "install the packages of this system that hold them"),
    ],
)
def test_a_missing_library_is_named_with_the_command_that_brings_it(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, tool: str, remedy: str
) -> None:
    (tmp_path / tool).write_text("#!/bin/sh\n")
    (tmp_path / tool).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(module.Stop) as stopped:
        module.check_libraries(["demo"])
    assert "libnowhere.so.7" in str(stopped.value)
    assert "libc" not in str(stopped.value)
    assert str(stopped.value).endswith(remedy)


def test_a_command_without_a_window_runs_without_the_libraries(module: ModuleType) -> None:
    module.check_libraries(["--workspace", "x", "cases", "--json"])


def test_root_on_debian_installs_what_is_missing(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    apt = tmp_path / "apt-get"
    apt.write_text(f'#!/bin/sh\necho "$*" >> "{log}"\n')
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(module, "may_use_apt", lambda: True)
    absent = iter([["libnowhere.so.7"], []])  # missing before, there after
    monkeypatch.setattr(module, "missing", lambda _wanted: next(absent))
    module.check_libraries([])
    assert log.read_text().split() == ["install", "-y", "-q", "--no-install-recommends", "libnowhere7"]


def test_the_list_is_updated_once_when_a_package_is_not_found(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log"
    apt = tmp_path / "apt-get"
    apt.write_text(f'#!/bin/sh\necho "$1" >> "{log}"\necho "E: Unable to locate package"\nexit 100\n')
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(module, "may_use_apt", lambda: True)
    assert not module.apt_install(["libnowhere7"], "something")
    assert log.read_text().split() == ["install", "update", "install"]
    assert "Unable to locate package" in capsys.readouterr().err


def test_the_libraries_that_are_asked_for_are_those_qt_is_linked_against() -> None:
    """Every library that QtGui and the platform plugins name is in the tables, but for those Qt brings itself."""
    pyside = importlib.util.find_spec("PySide6")
    assert pyside is not None
    assert pyside.submodule_search_locations is not None
    folder = Path(pyside.submodule_search_locations[0]) / "Qt"
    if sys.platform != "linux" or shutil.which("objdump") is None:
        pytest.skip("what a library needs is read with objdump, on Linux")
    module = loaded(ROOT)
    known = {**module.LIBRARIES, **module.X11_LIBRARIES, **module.WAYLAND_LIBRARIES}
    # A C library's own parts, and what comes with the libraries named (dependencies of their packages).
    implied = re.compile(
        r"lib(c|m|dl|rt|pthread|gcc_s|wayland-egl|ffi|xcb-util)\.so|ld-linux|linux-vdso|linux-gate"
    )
    for library in (
        folder / "lib" / "libQt6Gui.so.6",
        *(folder / "plugins" / "platforms" / n for n in PLATFORMS),
    ):
        listed = subprocess.run(
            ["objdump", "-p", str(library)], capture_output=True, text=True, check=True
        ).stdout
        needed = re.findall(r"NEEDED\s+(\S+)", listed)
        system = [n for n in needed if not n.startswith(("libQt6", "libicu")) and not implied.search(n)]
        assert set(system) <= set(known), library.name


PLATFORMS = ("libqoffscreen.so", "libqxcb.so", "libqwayland.so")


# --- the checks -----------------------------------------------------------------------------------------


def test_all_checks_run_even_if_one_fails_and_pytest_has_the_last_line(
    bare: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    scripts = bare / ".venv" / "bin"
    scripts.mkdir(parents=True)
    words = {"ruff": 1, "mypy": 0, "lint-imports": 0, "python": 0}
    for tool, code in words.items():
        script = scripts / tool
        script.write_text(f'#!/bin/sh\necho "{tool} $* on $QT_QPA_PLATFORM"\nexit {code}\n')
        script.chmod(0o755)
    module = loaded(bare)
    module.TEST_TOOLS.clear()
    assert module.test(["-k", "words"]) == 1
    lines = [
        line for line in capfd.readouterr().out.splitlines() if " on offscreen" in line or "FAILED" in line
    ]
    assert lines == [
        "ruff format --check . on offscreen",
        "ruff check . on offscreen",
        "mypy  on offscreen",
        "lint-imports  on offscreen",
        "== format FAILED, lint FAILED, types ok, imports ok",
        "python -m pytest -n auto --dist loadfile -k words on offscreen",
    ]


@pytest.mark.parametrize("failing", ["mypy", "python"])
def test_any_failing_check_fails_the_whole(bare: Path, failing: str) -> None:
    scripts = bare / ".venv" / "bin"
    scripts.mkdir(parents=True)
    for tool in ("ruff", "mypy", "lint-imports", "python"):
        (scripts / tool).write_text(f"#!/bin/sh\nexit {int(tool == failing)}\n")
        (scripts / tool).chmod(0o755)
    module = loaded(bare)
    module.TEST_TOOLS.clear()
    assert module.test([]) == 1


def test_what_checks_a_submission_calls_the_one_command_for_all_checks() -> None:
    words = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "exec python3 run.py test\n" in words
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
