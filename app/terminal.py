"""What commands have in common on a terminal: exit codes, questions, JSON, one line of progress, a workstation."""

from __future__ import annotations

import argparse
import getpass
import json
import sys

from app.services.ports import Progress, Watch
from app.workstation import KeyQuestion, Settings, Workstation, build, settings, unlock

OK, REFUSED, NOT_THERE, INTERRUPTED = 0, 1, 2, 130


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


class opened:  # noqa: N801 - used as `with opened(options) as workstation`, it reads as a verb
    """A workstation for the length of a command."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._place: Settings = settings(options.workspace)
        self._workstation: Workstation | None = None

    def __enter__(self) -> Workstation:
        self._workstation = build(self._place, unlock(self._place.folder, ask_on_terminal))
        for notice in self._workstation.store.notices:
            print(f"{notice.text} {notice.next_step}".strip(), file=sys.stderr)
        return self._workstation

    def __exit__(self, *_: object) -> None:
        if self._workstation is not None:
            self._workstation.close()


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
