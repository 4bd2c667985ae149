"""`countersign connect`, `disconnect`, `sign-in`, `sign-out`, `sync` and `conflicts`: many desks, from a terminal."""

from __future__ import annotations

import argparse
import sys
import threading
import webbrowser
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.domain.connection import Connection
from app.domain.errors import Rejected
from app.services import report
from app.services.connecting import Connecting, Plan
from app.services.ports import Progress
from app.terminal import NOT_THERE, OK, REFUSED, Usage, add_user, opened, print_json

if TYPE_CHECKING:
    from app.domain.conflict import OpenConflict, Version
    from app.domain.sync import SyncState, WaitingItem
    from app.services.sync.syncing import Syncing
    from app.workstation import Workstation


def add_connect(commands: Any) -> None:
    """Add `connect`, `disconnect`, `sign-in` and `sign-out` to the commands."""
    made = _command(
        commands, "connect", "Connect the workspace to a payer's project and move its cases there."
    )
    where = made.add_mutually_exclusive_group(required=True)
    where.add_argument("--file", type=Path, metavar="FILE", help="the connection file of an administrator")
    where.add_argument("--url", metavar="URL", help="the address of the project's Countersign service")
    where.add_argument("--project", metavar="ID", help="one of the projects you may see (with --client)")
    where.add_argument(
        "--projects", action="store_true", help="list the projects you may see (with --client)"
    )
    made.add_argument(
        "--client",
        type=Path,
        metavar="FILE",
        help="the OAuth client of your organisation, as Google Cloud gives it",
    )
    made.add_argument(
        "--person",
        action="append",
        default=[],
        metavar="NAME=EMAIL",
        help="the email of somebody to whom cases are assigned here",
    )
    made.add_argument("--plan", action="store_true", help="only say what would be done")
    made.add_argument("--yes", action="store_true", help="do it without asking")
    made = _command(commands, "disconnect", "End the connection; everything stays on this computer.")
    made.add_argument(
        "--anyway",
        action="store_true",
        help="although something waits to be sent: it stays here, and is noted",
    )
    _command(commands, "sign-in", "Sign in with Google in the browser.")
    _command(commands, "sign-out", "Forget who is signed in, here and at Google.")


def add_sync(commands: Any) -> None:
    """Add `sync` and `conflicts` to the commands."""
    made = _command(commands, "sync", "Send what waits, fetch what is new, and say how it stands.")
    made.add_argument("--wait", action="store_true", help="go on until everything is sent")
    made.add_argument("--waiting", action="store_true", help="only list what waits and why; asks nobody")
    made.add_argument("--retry", metavar="CHANGE", help="try a change again that was refused")
    made.add_argument(
        "--give-up", metavar="CHANGE", help="take back a change that was refused; it stays in the history"
    )
    made = _command(commands, "conflicts", "List, show or settle what was changed on two desks.")
    made.add_argument("part", nargs="?", choices=("list", "show", "settle"), default="list")
    made.add_argument("conflict", nargs="?", metavar="CONFLICT", help="its id, or the beginning of it")
    made.add_argument(
        "choice",
        nargs="?",
        metavar="CHOICE",
        help="mine, theirs, theirs_and_note, mine_and_note, merge or both: as “show” offers them",
    )


def _command(commands: Any, name: str, summary: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=summary)
    made.add_argument(
        "--workspace", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="where the cases are kept"
    )
    made.add_argument("--json", action="store_true", help="print JSON for programs")
    add_user(made)
    return made


def run_connect(options: argparse.Namespace) -> int:
    """Run `countersign connect`; returns the exit code."""
    people = _people(options.person)
    with opened(options) as workstation:
        connecting = workstation.connecting
        if options.projects:
            return _list_projects(connecting, options)
        connection = _connection(connecting, options)
        plan = connecting.plan(connection)
        if options.plan or plan.refused:
            _tell_plan(plan, options)
            return REFUSED if plan.refused else OK
        if not options.json:
            _tell_plan(plan, options)
        _agreed(options)
        if not connecting.identity(connection).email:
            _sign_in(connecting, connection)
        with _counting("Handing over assigned cases") as watch:
            connecting.connect(connection, workstation.person, people, watch)
    if options.json:
        print_json({"connected": connection.project, "changes": plan.held.changes, "cases": plan.held.cases})
    else:
        print(f"Connected to {connection.project}. Send what is here with: countersign sync --wait")
    return OK


def _connection(connecting: Connecting, options: argparse.Namespace) -> Connection:
    if options.file is not None:
        return connecting.from_file(options.file)
    if options.url:
        return connecting.from_url(options.url)
    client = _client(connecting, options)
    found = next((p for p in connecting.projects(client) if p.project == options.project), None)
    if found is None:
        raise Usage(f"You see no project “{options.project}” with Countersign. List them with --projects.")
    if not found.service_url:
        raise Usage(f"The label of {found.project} does not say its region. Connect with --url or --file.")
    return connecting.from_url(found.service_url)


def _client(connecting: Connecting, options: argparse.Namespace) -> Connection:
    if options.client is None:
        raise Usage(
            "Say which OAuth client to sign in with: --client FILE, as your administrator gave it to you."
        )
    client = connecting.client_from_file(options.client)
    if not connecting.identity(client).email:
        _sign_in(connecting, client)
    return client


def _list_projects(connecting: Connecting, options: argparse.Namespace) -> int:
    found = connecting.projects(_client(connecting, options))
    if options.json:
        print_json([asdict(project) for project in found])
    elif not found:
        print("You see no project with Countersign. Ask your administrator for the connection file.")
    else:
        print(
            report.table(
                ["Project", "Title", "Address"], [[p.project, p.title, p.service_url or "-"] for p in found]
            )
        )
    return OK if found else NOT_THERE


def _people(given: list[str]) -> dict[str, str]:
    found = {}
    for text in given:
        name, sign, email = text.partition("=")
        if not sign or not name.strip() or not email.strip():
            raise Usage(f"“{text}” is not NAME=EMAIL.")
        found[name.strip()] = email.strip()
    return found


def _tell_plan(plan: Plan, options: argparse.Namespace) -> None:
    if options.json:
        print_json(
            {
                "project": plan.project, "held": asdict(plan.held), "bytes": plan.size, "people": dict(plan.people),
                "travels": list(plan.travels), "stays": list(plan.stays), "refused": plan.refused,
            }
        )  # fmt: skip
        return
    print(f"To {plan.project} go:")
    for words in plan.travels:
        print(f"  {words}")
    if plan.size:
        print(f"  {plan.size / 1024**2:,.1f} MB of documents at most")
    for words in plan.stays:
        print(words)
    for name, cases in plan.people.items():
        print(f"{cases} cases are assigned to “{name}”: say their email with --person {name}=EMAIL")
    if plan.refused:
        print(plan.refused, file=sys.stderr)


def _agreed(options: argparse.Namespace) -> None:
    if options.yes:
        return
    if not sys.stdin or not sys.stdin.isatty():
        raise Usage("Nothing was done: say --yes to do it, there is no terminal to ask on.")
    if input("Connect? [y/N] ").strip().casefold() not in ("y", "yes"):
        raise Usage("Nothing was done.")


def _sign_in(connecting: Connecting, connection: Connection | None = None) -> str:
    """Sign in with the browser. The address is never printed: whoever reads it could be signed in with it."""

    def show(address: str) -> None:
        if not webbrowser.open(address):
            raise Rejected(
                "No browser can be opened here.", "Sign in where there is a desktop.", code="no_browser"
            )
        print("Sign in in the browser window that opens; it is waited for five minutes.", file=sys.stderr)

    return connecting.sign_in(show, connection)


def run_disconnect(options: argparse.Namespace) -> int:
    """Run `countersign disconnect`."""
    with opened(options) as workstation:
        held = workstation.connecting.disconnect(workstation.person, anyway=options.anyway)
    if options.json:
        print_json({"disconnected": True, "changes": held.changes, "conflicts": held.conflicts})
    else:
        print("Disconnected. Everything is kept on this computer.")
    return OK


def run_sign_in(options: argparse.Namespace) -> int:
    """Run `countersign sign-in`."""
    with opened(options) as workstation:
        email = _sign_in(workstation.connecting)
        roles = [str(role) for role in workstation.access.me.roles]
    if options.json:
        print_json({"email": email, "roles": roles})
    else:
        print(f"Signed in as {email}: {', '.join(roles) or 'no role yet'}.")
    return OK


def run_sign_out(options: argparse.Namespace) -> int:
    """Run `countersign sign-out`."""
    with opened(options) as workstation:
        workstation.connecting.sign_out()
    if options.json:
        print_json({"email": ""})
    else:
        print("Signed out. What waits to be sent is kept.")
    return OK


def run_sync(options: argparse.Namespace) -> int:
    """Run `countersign sync`."""
    from app.domain.sync import WaitingFor

    with opened(options) as workstation:
        syncing = _syncing(workstation)
        by = workstation.person
        if options.retry:
            syncing.retry(options.retry)
        if options.give_up:
            syncing.give_up(options.give_up, by)
        if not options.waiting:
            _run_until_still(workstation, syncing, wait=options.wait)
        waiting, held = syncing.waiting(), workstation.in_store(workstation.store.moving.held)
        refused = sum(item.waiting_for is WaitingFor.REFUSED for item in waiting)
        state = replace(syncing.state(), waiting=held.changes, conflicts=held.conflicts, parked=refused)
    if options.json:
        print_json({**_state_json(state), "items": [_waiting_json(item) for item in waiting]})
    else:
        _tell_waiting(state, waiting)
    return OK if not state.waiting and not state.conflicts and not state.parked else REFUSED


def _syncing(workstation: Workstation) -> Syncing:
    if workstation.cloud is None:
        raise Usage("This workspace is not connected: everything is kept on this computer.")
    return workstation.cloud.syncing


def _run_until_still(workstation: Workstation, syncing: Syncing, *, wait: bool) -> None:
    """Let it run until everything is sent and fetched, or it cannot go on without somebody or the network."""
    from app.domain.sync import Link

    still = threading.Event()
    began = datetime.now(UTC)

    def told(state: SyncState) -> None:
        """What was so before this began, and is told again, ends nothing."""
        if state.link is Link.SYNCED:
            over = state.synced_at is not None and state.synced_at >= began
        else:
            over = state.link in (Link.SIGN_IN, Link.STOPPED) or (
                state.link is Link.OFFLINE and bool(state.reason) and not wait
            )
        if over:
            still.set()

    ends = syncing.on_state(told)
    workstation.start_cloud()
    try:
        while not still.wait(0.5):  # a signal from the keyboard is taken between two looks
            told(syncing.state())
    finally:
        if callable(ends):
            ends()


def _tell_waiting(state: SyncState, waiting: tuple[WaitingItem, ...]) -> None:
    if waiting:
        lines = [
            [i.receipt, i.action, i.by, f"{i.at:%Y-%m-%d %H:%M}", str(i.waiting_for), i.reason, i.change_id]
            for i in waiting
        ]
        print(report.table(["Receipt", "What", "Who", "When", "Waits for", "Why", "Change"], lines))
    words = "Everything is sent." if not state.waiting else f"{state.waiting} changes wait."
    if state.conflicts:
        words += f" {state.conflicts} conflicts are open: countersign conflicts"
    print(words)
    if state.reason:
        print(f"{state.reason} {state.next_step}".strip(), file=sys.stderr)


def run_conflicts(options: argparse.Namespace) -> int:
    """Run `countersign conflicts`."""
    with opened(options) as workstation:
        syncing = _syncing(workstation)
        found = syncing.conflicts()
        if options.part == "list":
            return _list_conflicts(found, options)
        conflict = _conflict_named(found, options.conflict)
        if options.part == "show":
            _show_conflict(conflict, options)
            return OK
        choices = [str(choice) for choice in conflict.choices]
        if options.choice not in choices:
            raise Usage(f"Say what becomes of it: {', '.join(choices)}.")
        from app.domain.conflict import Settlement

        syncing.settle(conflict.conflict_id, Settlement(options.choice), workstation.person)
    if options.json:
        print_json({"settled": conflict.conflict_id, "choice": options.choice})
    else:
        print(f"Settled: {options.choice}.")
    return OK


def _conflict_named(found: tuple[OpenConflict, ...], name: str | None) -> OpenConflict:
    if not name:
        raise Usage("Say which conflict: “countersign conflicts” lists them.")
    named = [conflict for conflict in found if conflict.conflict_id.startswith(name)]
    if len(named) != 1:
        raise Usage(
            f"There is no conflict “{name}”." if not named else f"“{name}” is the beginning of several."
        )
    return named[0]


def _list_conflicts(found: tuple[OpenConflict, ...], options: argparse.Namespace) -> int:
    if options.json:
        print_json([_conflict_json(conflict) for conflict in found])
    elif not found:
        print("There are no conflicts.")
    else:
        lines = [[c.conflict_id, c.case_id, str(c.kind), c.unit, c.mine.by, c.theirs.by] for c in found]
        print(report.table(["Conflict", "Case", "Kind", "Part", "Mine", "Theirs"], lines))
    return OK


def _show_conflict(conflict: OpenConflict, options: argparse.Namespace) -> None:
    if options.json:
        print_json(_conflict_json(conflict))
        return
    print(f"{conflict.unit} of {conflict.case_id} ({conflict.kind})")
    for name, version in (("Before", conflict.base), ("Mine", conflict.mine), ("Theirs", conflict.theirs)):
        when = f", {version.at:%Y-%m-%d %H:%M}" if version.at else ""
        print(f"{name}: {report.printable(str(_value(version.value)))}  {version.by}{when}".rstrip())
    print(f"Choices: {', '.join(str(choice) for choice in conflict.choices)}")


def _value(value: Any) -> Any:
    """What a person calls the value of a unit: of a field what stands in it."""
    if isinstance(value, Mapping) and "value" in value:
        corrected = value.get("corrected_value")
        return value["value"] if corrected is None else corrected
    return value


def _conflict_json(conflict: OpenConflict) -> dict[str, Any]:
    def side(version: Version) -> dict[str, Any]:
        when = version.at.isoformat() if version.at else None
        value = (
            version.value
            if isinstance(version.value, str | int | float | bool | dict | list | None)
            else None
        )
        return {"value": value, "by": version.by, "at": when}

    return {
        "conflict": conflict.conflict_id, "case": conflict.case_id, "kind": str(conflict.kind), "unit": conflict.unit,
        "base": side(conflict.base), "mine": side(conflict.mine), "theirs": side(conflict.theirs),
        "other_case": conflict.other_case_id, "choices": [str(choice) for choice in conflict.choices],
    }  # fmt: skip


def _state_json(state: SyncState) -> dict[str, Any]:
    return {
        "link": str(state.link), "waiting": state.waiting, "parked": state.parked, "conflicts": state.conflicts,
        "uploads": state.uploads, "synced_at": state.synced_at.isoformat() if state.synced_at else None,
        "reason": state.reason, "code": state.code,
    }  # fmt: skip


def _waiting_json(item: WaitingItem) -> dict[str, Any]:
    return {
        "change": item.change_id, "case": item.case_id, "receipt": item.receipt, "action": item.action, "by": item.by,
        "at": item.at.isoformat(), "waiting_for": str(item.waiting_for), "tries": item.tries,
        "reason": item.reason, "next_step": item.next_step,
    }  # fmt: skip


class _counting:  # noqa: N801 - a context, used as a verb
    """One changing line with a count on a terminal, nothing elsewhere."""

    def __init__(self, words: str) -> None:
        self._words, self._shown = words, sys.stderr.isatty()

    def __enter__(self) -> _counting:
        return self

    def __call__(self, progress: Progress, /) -> None:
        if self._shown:
            print(
                f"\r\x1b[2K{self._words}  {progress.done} of {progress.total}",
                end="",
                file=sys.stderr,
                flush=True,
            )

    def __exit__(self, *_: object) -> None:
        if self._shown:
            print("\r\x1b[2K", end="", file=sys.stderr, flush=True)
