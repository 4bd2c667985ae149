#!/usr/bin/env python3
"""Set up Countersign on this computer, once, and run it.

Needs nothing but a Python 3: makes `.venv` beside this file, installs exactly what `requirements.lock`
names (again only when the lock or the interpreter changes), checks the system libraries that Qt needs,
and hands over to the program. This file also has to be understood by Python 3.6, which then looks for a
newer one: no syntax and no library of later versions here.
"""

import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import BinaryIO

ROOT = Path(__file__).resolve().parent
LOCK = ROOT / "requirements.lock"
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"
SCRIPTS = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = SCRIPTS / ("python.exe" if WINDOWS else "python")
STAMP = VENV / "countersign-installed.txt"  # what is installed; written last
UNFINISHED = (
    VENV / "countersign-unfinished.txt"
)  # there while an installation runs: its remains are not trusted
LOG = VENV / "countersign-install.log"

VERSIONS = ((3, 13), (3, 12), (3, 11))

HELP = """\
python3 run.py                 open the workstation
python3 run.py demo            the same, on sample forms in a throw-away workspace; a table where there is no screen
python3 run.py COMMAND ...     the command line: ingest, verify, attach, review, decide, search, users, doctor, tour
                               (python3 run.py COMMAND --help tells more)
python3 run.py test [ARG ...]  every check: format, lint, types, imports, then pytest with these arguments
python3 run.py build           a program that needs no Python, with PyInstaller, in dist/

The first run sets up .venv, which takes a few minutes and needs the network; later runs need neither.
"""

# What the libraries of PySide6 ask of a Linux system (`ldd` on QtGui and on the platform plugins), and the
# Debian package of each. Without the first group not even a picture can be drawn in memory.
LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libX11.so.6": "libx11-6",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libstdc++.so.6": "libstdc++6",
    "libzstd.so.1": "libzstd1",
    "libz.so.1": "zlib1g",
}
X11_LIBRARIES = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}
WAYLAND_LIBRARIES = {
    "libwayland-client.so.0": "libwayland-client0",
    "libwayland-cursor.so.0": "libwayland-cursor0",
}
WITHOUT_QT = {
    "ingest",
    "cases",
    "show",
    "edit",
    "verify",
    "export",
    "audit",
    "passphrase",
    "doctor",
    "eval",
    "processors",
    "read-again",
    "codes",
    "attach",
    "detach",
    "import",
    "users",
    "models",
    "policies",
    "index",
    "search",
    "review",
    "decide",
    "letter",
    "receipt",
    "tuning",
    "connect",
    "disconnect",
    "sign-in",
    "sign-out",
    "sync",
    "conflicts",
}  # commands that run on a bare server

TEST_TOOLS = {"strace": "strace"}  # programs that only tests call: disk faults are injected with strace

CHECKS = (
    ("format", ["ruff", "format", "--check", "."]),
    ("lint", ["ruff", "check", "."]),
    ("types", ["mypy"]),
    ("imports", ["lint-imports"]),
)


class Stop(Exception):
    """Set-up cannot go on; the text says why and what to do."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Line:
    """One line that says how far the work is: it changes on a terminal, and comes sparsely elsewhere."""

    def __init__(self) -> None:
        self.terminal = sys.stderr.isatty()
        self.started = time.monotonic()
        self.shown = ""
        self.shown_at = 0.0

    def show(self, text: str) -> None:
        now = time.monotonic()
        if self.terminal:
            seconds = int(now - self.started)
            columns = shutil.get_terminal_size().columns - 1
            line = f"{text} ({seconds // 60}:{seconds % 60:02})"[:columns]
            sys.stderr.write("\r\033[K" + line)
            sys.stderr.flush()
        elif text.partition(":")[0] != self.shown.partition(":")[0] or now - self.shown_at > 20:
            say(text)
            self.shown, self.shown_at = text, now

    def end(self) -> None:
        if self.terminal:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


# --- the interpreter ------------------------------------------------------------------------------------


def running() -> "tuple[str, tuple[int, int], str, bool]":
    """This interpreter: its program, version, where it is installed, and whether it can make environments."""
    base = getattr(sys, "_base_executable", "") or sys.executable
    from importlib.util import find_spec

    complete = find_spec("venv") is not None and find_spec("ensurepip") is not None
    return base, tuple(sys.version_info[:2]), os.path.realpath(sys.base_prefix), complete


def asked(command: "list[str]") -> "tuple[str, tuple[int, int], str, bool] | None":
    """The same of another interpreter, or None when the command does not start one (such as a pyenv shim)."""
    question = (
        "import sys, os; from importlib.util import find_spec as f\n"
        "print(getattr(sys, '_base_executable', '') or sys.executable)\n"
        "print(*sys.version_info[:2]); print(os.path.realpath(sys.base_prefix))\n"
        "print(int(f('venv') is not None and f('ensurepip') is not None))"
    )
    try:
        answer = subprocess.check_output([*command, "-c", question], stderr=subprocess.DEVNULL, timeout=30)
        program, version, prefix, complete = answer.decode().split("\n")[:4]
        major, minor = version.split()
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return program.strip(), (int(major), int(minor)), prefix.strip(), complete.strip() == "1"


def interpreter() -> "tuple[str, tuple[int, int], str]":
    """A Python that fits: the running one, else one found by name. Raises Stop when there is none."""
    found = [running()]
    if found[0][1] in VERSIONS and found[0][3]:
        return found[0][:3]
    commands = []
    for major, minor in VERSIONS:
        if WINDOWS:
            commands.append(["py", f"-{major}.{minor}"])
        for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
            program = Path(folder or ".") / f"python{major}.{minor}"
            if program.is_file() and os.access(str(program), os.X_OK):
                commands.append([str(program)])
        pyenv = Path(os.environ.get("PYENV_ROOT") or Path("~/.pyenv").expanduser())
        commands += [
            [str(p)] for p in sorted(pyenv.glob(f"versions/{major}.{minor}.*/bin/python"), reverse=True)
        ]
    for command in commands:
        other = asked(command)
        if other is None or other[1] not in VERSIONS:
            continue
        if other[3]:
            return other[:3]
        found.append(other)
    fitting = [one for one in found if one[1] in VERSIONS]
    if not fitting:
        this = "{}.{}.{}".format(*sys.version_info[:3])
        raise Stop(
            f"Countersign needs Python 3.11, 3.12 or 3.13; this is {this}, and no other was found on PATH or under "
            "pyenv. Install one of them (for instance `pyenv install 3.12`) and run this again."
        )
    program, version, prefix, _ = fitting[0]
    package = "python{}.{}-venv".format(*version)
    if (
        not apt_install([package], "the part of Python that makes environments")
        or not (asked([program]) or [0])[-1]
    ):
        raise Stop(
            f"{program} cannot make environments: its venv module is a package of its own. "
            f"On Debian or Ubuntu: sudo apt-get install {package}"
        )
    return program, version, prefix


# --- the environment ------------------------------------------------------------------------------------


def expected(version: "tuple[int, int]", prefix: str) -> "list[str]":
    """What the stamp says when everything stands: an environment cannot be moved, so its place belongs to it."""
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    return [digest, str(VENV), "{}.{}".format(*version), prefix]


def ready() -> bool:
    """Whether the environment stands as the lock wants it.

    A Python that fits wants its own; one that does not takes any that stands.
    """
    _, version, prefix, _ = running()
    try:
        stamp = STAMP.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return False
    whole = PYTHON.exists() and not UNFINISHED.exists()
    wanted = expected(version, prefix)
    return whole and (stamp == wanted if version in VERSIONS else stamp[:2] == wanted[:2])


def set_up() -> None:
    """Make `.venv` and install what the lock names. A run that was interrupted is made good by the next one."""
    if ready():
        return
    with LOCK.open("rb") as lock:
        alone(lock)
        if ready():  # another run has just finished it
            return
        program, version, prefix = interpreter()
        if not usable(version, prefix):
            line = Line()
            line.show("Setting up Countersign: making .venv with Python {}.{}".format(*version))
            clear()
            VENV.mkdir(parents=True)
            UNFINISHED.write_text("An installation is running here, or was interrupted.\n", encoding="utf-8")
            made = subprocess.run(
                [program, "-m", "venv", str(VENV)],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
            )
            line.end()
            if made.returncode != 0:
                raise Stop(f"{program} could not make .venv:\n{made.stdout.decode(errors='replace').strip()}")
        install(lock)
        packages = site_packages()
        # The program is found from any folder, by its own worker processes too.
        (packages / "countersign.pth").write_text(str(ROOT) + "\n", encoding="utf-8")
        stamp = STAMP.with_suffix(".new")
        stamp.write_text("\n".join(expected(version, prefix)) + "\n", encoding="utf-8")
        UNFINISHED.unlink()
        stamp.replace(STAMP)


def alone(lock: BinaryIO) -> None:
    """Wait until no other run sets up the same checkout."""
    try:
        import fcntl
    except ImportError:  # Windows
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        say("Another run is setting up Countersign here; waiting for it.")
        fcntl.flock(lock, fcntl.LOCK_EX)


def usable(version: "tuple[int, int]", prefix: str) -> bool:
    """Whether packages can be installed into `.venv` as it is: whole, in its place, of the same Python."""
    if UNFINISHED.exists() or not PYTHON.exists():
        return False
    if STAMP.exists() and STAMP.read_text(encoding="utf-8").splitlines()[1:] != expected(version, prefix)[1:]:
        return False
    found = asked([str(PYTHON)])
    try:
        subprocess.check_call(
            [str(PYTHON), "-m", "pip", "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    except (OSError, subprocess.CalledProcessError):
        return False
    return found is not None and found[1:3] == (version, prefix)


def clear() -> None:
    if STAMP.exists():
        STAMP.unlink()  # first: what is left of a removal that is interrupted must not look whole
    if VENV.is_symlink():
        VENV.unlink()
    elif VENV.exists():
        shutil.rmtree(str(VENV))


def site_packages() -> Path:
    places = [VENV / "Lib" / "site-packages", *VENV.glob("lib/python3.*/site-packages")]
    return next(p for p in places if p.is_dir())


def compile_ahead() -> None:
    """Turn the program and its libraries into byte code once, on every core: the first start is not the slow one."""
    line = Line()
    line.show("Setting up Countersign, compiling")
    where = subprocess.check_output(
        [str(PYTHON), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
    ).strip()
    command = [str(PYTHON), "-m", "compileall", "-qq", "-j", "0", where, str(ROOT / "app")]
    subprocess.call(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )  # a file that fails is run as text
    line.end()


def install(lock: BinaryIO) -> None:
    """Let pip install the lock, and say how far it is. pip's own words are shown only when it fails.

    pip holds the open lock too: where this program is killed, the next one waits until pip has ended.
    """
    if STAMP.exists():
        STAMP.unlink()
    UNFINISHED.write_text("An installation is running here, or was interrupted.\n", encoding="utf-8")
    names = [text for text in LOCK.read_text(encoding="utf-8").splitlines() if text[:1].isalnum()]
    command = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--require-hashes",
        "--no-compile",
        "--no-input",
        "--no-color",
    ]
    command += ["--progress-bar", "off", "--disable-pip-version-check", "-r", str(LOCK)]
    line = Line()
    with LOG.open("wb") as log:
        held = () if WINDOWS else (lock.fileno(),)
        pip = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=str(ROOT), pass_fds=held)
        try:
            while pip.poll() is None:
                line.show("Setting up Countersign" + progress(len(names)))
                time.sleep(0.25)
        finally:
            line.end()
            if pip.poll() is None:
                pip.terminate()
                pip.wait()
    if pip.returncode == 0:
        compile_ahead()
        return
    words = LOG.read_text(encoding="utf-8", errors="replace").splitlines()
    if not any(w.startswith("Installing collected packages") for w in words):
        UNFINISHED.unlink()  # nothing was touched: what stood before still stands
    errors = [w for w in words if w.startswith(("ERROR", "error"))] or words[-15:]
    raise Stop(
        "The packages could not be installed; run this again when the cause is gone. pip says:\n"
        + "\n".join(f"  {w}" for w in errors[-15:])
        + f"\n  (all of it: {LOG})"
    )


def progress(names: int) -> str:
    """Where pip is, from what it has written: packages found and fetched, then packages unpacked."""
    words = LOG.read_text(encoding="utf-8", errors="replace").splitlines()
    total = names - sum(w.startswith("Ignoring ") for w in words)
    if any(w.startswith("Installing collected packages") for w in words):
        unpacked = sum(1 for _ in site_packages().glob("*.dist-info"))
        return f", unpacking: {min(unpacked, total)} of {total} packages"
    fetched = sum(
        w.startswith(("Collecting ", "Processing ", "Requirement already satisfied")) for w in words
    )
    return f", fetching: {min(fetched, total)} of {total} packages"


# --- the system -----------------------------------------------------------------------------------------


def may_use_apt() -> bool:
    return sys.platform == "linux" and shutil.which("apt-get") is not None and os.geteuid() == 0


def apt_install(packages: "list[str]", what: str) -> bool:
    """Install Debian packages when this is root on Debian or Ubuntu; False when it is not, or it failed."""
    if not may_use_apt():
        return False
    say(f"Installing {what}: {' '.join(packages)}")
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    install_them = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    for command in (install_them, ["apt-get", "update", "-q"], install_them):
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        if command is install_them and done.returncode == 0:
            return True
    say(
        "apt-get could not:\n"
        + "\n".join("  " + w for w in done.stdout.decode(errors="replace").splitlines()[-8:])
    )
    return False


def missing(libraries: "dict[str, str]") -> "list[str]":
    absent = []
    for name in libraries:
        try:
            ctypes.CDLL(name)
        except OSError:
            absent.append(name)
    return absent


def check_libraries(args: "list[str]") -> None:
    """See that what Qt needs is there; install it where that is ours to do, else say exactly what to install."""
    if sys.platform != "linux" or WITHOUT_QT & set(args):
        return
    wanted = dict(LIBRARIES)
    building = args[:1] == ["build"]
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    headless = args[:1] == ["test"] or "tour" in args or platform in ("offscreen", "minimal")
    if building or (os.environ.get("DISPLAY") and not headless):
        wanted.update(X11_LIBRARIES)
    if building or (os.environ.get("WAYLAND_DISPLAY") and not os.environ.get("DISPLAY") and not headless):
        wanted.update(WAYLAND_LIBRARIES)
    absent = missing(wanted)
    if not absent:
        return
    if apt_install(sorted({wanted[name] for name in absent}), "the system libraries Qt needs"):
        absent = missing(wanted)
        if not absent:
            return
    if shutil.which("apt-get"):
        remedy = "sudo apt-get install " + " ".join(sorted({wanted[name] for name in absent}))
    elif shutil.which("dnf") or shutil.which("zypper"):
        tool = "dnf" if shutil.which("dnf") else "zypper"
        wide = "()(64bit)" if sys.maxsize > 2**32 else ""
        remedy = f"sudo {tool} install " + " ".join(f"'{name}{wide}'" for name in absent)
    else:
        remedy = "install the packages of this system that hold them"
    raise Stop(
        f"Qt needs system libraries that are not here: {', '.join(absent)}.\nTo install them: {remedy}"
    )


# --- what is asked for ----------------------------------------------------------------------------------


def test(args: "list[str]") -> int:
    """Run every check, all of them even if one fails; pytest comes last, so that its closing line does too."""
    for tool, package in TEST_TOOLS.items():
        if (
            sys.platform == "linux"
            and shutil.which(tool) is None
            and not apt_install([package], "what tests call")
        ):
            say(
                f"Without {tool} the tests that need it are skipped (Debian, Ubuntu: apt-get install {package})."
            )
    environment = dict(os.environ, QT_QPA_PLATFORM="offscreen")
    results = []
    for name, (tool, *arguments) in CHECKS:
        print(f"== {name}: {' '.join([tool, *arguments])}", flush=True)
        code = subprocess.call([str(SCRIPTS / tool), *arguments], cwd=str(ROOT), env=environment)
        results.append((name, code))
    print(
        "== " + ", ".join(f"{name} {'ok' if code == 0 else 'FAILED'}" for name, code in results), flush=True
    )
    print("== tests: pytest", flush=True)
    # On every core; the tests of one file stay together, for what they share.
    pytest = [str(PYTHON), "-m", "pytest", "-n", "auto", "--dist", "loadfile"]
    code = subprocess.call([*pytest, *args], cwd=str(ROOT), env=environment)
    return code or int(any(code for _, code in results))


def become(command: "list[str]") -> int:
    """Hand over to another program: its signals, its exit code."""
    if not WINDOWS:
        os.execv(command[0], command)
    return subprocess.call(command)


def main(args: "list[str]") -> int:
    if args[:1] in (["--help"], ["-h"], ["help"]):
        print(HELP, end="")
        return 0
    try:
        set_up()
        check_libraries(args)
    except Stop as reason:
        say(str(reason))
        return 2
    except OSError as reason:
        say(f"Countersign could not be set up in {ROOT}: {reason}")
        return 2
    except KeyboardInterrupt:
        say("Stopped; the next run begins where it is safe to.")
        return 130
    if args[:1] == ["test"]:
        return test(args[1:])
    if args[:1] == ["build"]:
        return become([str(PYTHON), str(ROOT / "installer" / "build.py"), *args[1:]])
    # -P: a folder named `app` where the user stands is not this program.
    return become([str(PYTHON), "-P", "-m", "app.cli", *args])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
