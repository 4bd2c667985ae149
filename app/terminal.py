"""What commands have in common on a terminal: exit codes, questions, JSON, one line of progress, a workstation."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from pathlib import Path

from app.domain.errors import Rejected, SignInRequired
from app.services.ports import Progress, Watch
from app.workstation import PASSPHRASE_FILE, KeyQuestion, Settings, Workstation, build, settings, unlock

OK, REFUSED, NOT_THERE, INTERRUPTED = 0, 1, 2, 130
USER_PASSPHRASE_FILE = "COUNTERSIGN_USER_PASSPHRASE_FILE"  # noqa: S105 - the name of a variable
"""Environment variable that names a file with the passphrase of the person named by --user."""


class Usage(Exception):
    """Asked for something that is not there: a sentence for the person."""


def print_json(value: object) -> None:
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # the terminal's encoding lacks a letter, or a file's name is no text at all
        text = json.dumps(value)
    print(text, flush=True)


def ask_on_terminal(question: KeyQuestion) -> str | None:
    """Ask for the passphrase where a person can answer; None where nobody can."""
    if not sys.stdin or not sys.stdin.isatty():
        print(
            "This workspace needs a passphrase and there is no terminal to ask on: "
            "name a file that holds it in COUNTERSIGN_PASSPHRASE_FILE.",
            file=sys.stderr,
        )
        return None
    if question is KeyQuestion.EXISTING:
        return getpass.getpass("Passphrase of the workspace: ")
    if question is KeyQuestion.WRONG_BEFORE:
        return getpass.getpass("That was not it. Passphrase of the workspace: ")
    if question is KeyQuestion.TOO_SHORT:
        print("That is too short.", file=sys.stderr)
    first = getpass.getpass("Choose a passphrase for the workspace: ")
    while first and getpass.getpass("The same once more: ") != first:
        first = getpass.getpass("The two were not the same. Choose a passphrase: ")
    return first or None


def add_user(parser: argparse.ArgumentParser, default: object = argparse.SUPPRESS) -> None:
    """The option that says who acts, as every command takes it."""
    parser.add_argument(
        "--user",
        metavar="NAME",
        default=default,
        help="who does this, where the workspace has users; the passphrase is read from the file that "
        f"{USER_PASSPHRASE_FILE} names, else asked for",
    )


def passphrase_in(name: str, what: str) -> str:
    """The first line of a file, for automation. `what` says who named the file. Raises `Usage`."""
    try:
        text = Path(name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise Usage(
            f"The file that {what} names cannot be read. Check its path and that you may read it."
        ) from None
    return text.split("\n", 1)[0].rstrip("\r")


def user_passphrase(name: str) -> str:
    """The passphrase a person signs in with: from the file for it, else asked for on the terminal, else what the
    file of the workspace holds, so that automation can do with one file.
    """
    if os.environ.get(USER_PASSPHRASE_FILE):
        return passphrase_in(os.environ[USER_PASSPHRASE_FILE], USER_PASSPHRASE_FILE)
    if sys.stdin and sys.stdin.isatty():
        return getpass.getpass(f"Passphrase of {name}: ")
    if os.environ.get(PASSPHRASE_FILE):
        return passphrase_in(os.environ[PASSPHRASE_FILE], PASSPHRASE_FILE)
    raise Rejected(
        f"{name} needs a passphrase and there is no terminal to ask on.",
        f"Name a file that holds it in {USER_PASSPHRASE_FILE}.",
        code="no_passphrase",
    )


def new_user_passphrase(name: str, file: Path | None, *, signing_in: bool) -> str:
    """The passphrase that somebody gets: from a file, else asked for twice on the terminal, else what the file of
    the workspace holds. `signing_in` says that the file for signing in is somebody else's already.
    """
    if file is not None:
        return passphrase_in(str(file), "--passphrase-file")
    if not signing_in and os.environ.get(USER_PASSPHRASE_FILE):
        return passphrase_in(os.environ[USER_PASSPHRASE_FILE], USER_PASSPHRASE_FILE)
    if sys.stdin and sys.stdin.isatty():
        first = getpass.getpass(f"Choose a passphrase for {name}: ")
        while first and getpass.getpass("The same once more: ") != first:
            first = getpass.getpass("The two were not the same. Choose a passphrase: ")
        return first
    if os.environ.get(PASSPHRASE_FILE):
        return passphrase_in(os.environ[PASSPHRASE_FILE], PASSPHRASE_FILE)
    raise Usage(
        "A passphrase is asked for on a terminal, or read from --passphrase-file FILE; nothing was changed."
    )


class opened:  # noqa: N801 - used as `with opened(options) as workstation`, it reads as a verb
    """A workstation for the length of a command, with the person of `--user` signed in."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._place: Settings = settings(options.workspace)
        self._user: str = getattr(options, "user", None) or ""
        self._workstation: Workstation | None = None

    def __enter__(self) -> Workstation:
        self._workstation = build(self._place, unlock(self._place.folder, ask_on_terminal))
        try:
            for notice in self._workstation.store.notices:
                print(f"{notice.text} {notice.next_step}".strip(), file=sys.stderr)
            if self._user:
                sign_in(self._workstation, self._user)
        except BaseException:
            self._workstation.close()
            raise
        return self._workstation

    def __exit__(self, *_: object) -> None:
        if self._workstation is not None:
            self._workstation.close()


def sign_in(workstation: Workstation, name: str) -> None:
    """Sign the named person in. Raises `SignInRequired` in a workspace where nobody can sign in, `Rejected`."""
    access = workstation.access
    if not access.has_users:
        raise SignInRequired(
            f"This workspace has no users, so {name} cannot sign in.",
            "Leave --user out, or make the first user: countersign users add NAME --role ROLE",
            code="no_users",
        )
    workstation.in_store(access.sign_in, name, user_passphrase(name))


class progress_line:  # noqa: N801 - a context, used as a verb
    """One changing line on a terminal, nothing elsewhere."""

    def __init__(self, words: str) -> None:
        self._words = words
        self._shown = sys.stderr.isatty()

    def __enter__(self) -> Watch:
        self._draw(self._words)
        return self.watch

    def watch(self, progress: Progress, /) -> None:
        if progress.total > 1:
            self._draw(f"{self._words}  page {progress.done} of {progress.total}")

    def __exit__(self, *_: object) -> None:
        self._draw("")

    def _draw(self, text: str) -> None:
        if self._shown:
            print(f"\r\x1b[2K{text}", end="", file=sys.stderr, flush=True)
