"""The command `users`: who may work in a workspace, and as what."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from app.domain.role import Person, Role
from app.services import report
from app.services.access import NoSuchUser
from app.terminal import OK, Usage, add_user, new_user_passphrase, opened, print_json, user_passphrase
from app.workstation import Workstation

_ROLES = [str(role) for role in Role]


def add_users(commands: Any) -> None:
    """The command `users` with its parts."""
    summary = "Say who may work in this workspace, and as what."
    top = commands.add_parser(
        "users",
        help=summary,
        description=f"{summary} Without users nobody has to sign in, and nobody can decide against a request. "
        "The first user is an administrator; from then on --user NAME says who acts.",
    )
    _common(top)
    parts = top.add_subparsers(dest="part", metavar="PART", required=True)

    def part(name: str, what: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = parts.add_parser(name, help=what, description=what)
        _common(made)
        made.add_argument("--json", action="store_true", help="print JSON for programs")
        return made

    part("list", "List the users with their roles.")
    made = part("add", "Make a user. Only an administrator may, once there is one.")
    made.add_argument("name", metavar="NAME", help="the name to sign in with; it stands on every change")
    made.add_argument(
        "--role", action="append", choices=_ROLES, default=[], help="may be given several times"
    )
    made.add_argument("--title", default="", help="what the person is called in full")
    _new_passphrase(made)
    made = part("change", "Give a user other roles or another title, or let them work here again.")
    made.add_argument("name", metavar="NAME")
    made.add_argument("--role", action="append", choices=_ROLES, default=[], help="the roles from now on")
    made.add_argument("--title", help="what the person is called in full")
    made.add_argument("--active", action="store_true", help="let somebody who was removed work here again")
    made = part("passphrase", "Change a passphrase: one's own, or as an administrator another's.")
    made.add_argument("name", metavar="NAME")
    _new_passphrase(made)
    made = part("remove", "End somebody's work here. What they did stays, under their name.")
    made.add_argument("name", metavar="NAME")


def _common(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--workspace", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="where the cases are kept"
    )
    add_user(made)


def _new_passphrase(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--passphrase-file",
        type=Path,
        metavar="FILE",
        help="a file that holds the new passphrase, for automation",
    )


def run_users(options: argparse.Namespace) -> int:
    """Run one part of `users`; returns the exit code."""
    try:
        with opened(options) as workstation:
            found = _PARTS[options.part](workstation, options)
            missing = workstation.access.has_users and not workstation.access.me.name
    except NoSuchUser as error:
        raise Usage(str(error)) from error
    if options.json:
        print_json([_json(person) for person in found] if options.part == "list" else _json(found[0]))
        return OK
    if not found:
        print(
            "There are no users: nobody has to sign in. Make the first: countersign users add NAME --role ROLE"
        )
        return OK
    lines = [[p.name, p.title, ", ".join(p.roles), "yes" if p.active else "no"] for p in found]
    print(report.table(["Name", "Title", "Roles", "Active"], lines))
    if options.part == "add" and missing:
        print(f"{found[0].name} is an administrator as well: the first user is one.")
        print("From now on say who acts with --user NAME.")
    return OK


def _list(workstation: Workstation, _options: argparse.Namespace) -> tuple[Person, ...]:
    found: tuple[Person, ...] = workstation.with_people(workstation.access.people)
    return found


def _add(workstation: Workstation, options: argparse.Namespace) -> tuple[Person, ...]:
    access = workstation.access
    if not options.role and access.has_users:
        raise Usage(f"Say what the person is with --role: {', '.join(_ROLES)}.")
    signing_in = bool(access.me.name) and access.has_users
    passphrase = new_user_passphrase(options.name, options.passphrase_file, signing_in=signing_in)
    roles = tuple(Role(role) for role in options.role)
    by = workstation.person
    return (workstation.with_people(access.add, options.name, options.title, roles, passphrase, by),)


def _change(workstation: Workstation, options: argparse.Namespace) -> tuple[Person, ...]:
    if not options.role and options.title is None and not options.active:
        raise Usage("Say what changes: --role, --title or --active.")
    roles = tuple(Role(role) for role in options.role) or None
    return _changed(workstation, options.name, roles, True if options.active else None, options.title)


def _remove(workstation: Workstation, options: argparse.Namespace) -> tuple[Person, ...]:
    return _changed(workstation, options.name, None, False, None)


def _changed(
    workstation: Workstation,
    name: str,
    roles: tuple[Role, ...] | None,
    active: bool | None,
    title: str | None,
) -> tuple[Person, ...]:
    access, by = workstation.access, workstation.person
    person = workstation.with_people(lambda: access.change(name, by, roles=roles, active=active, title=title))
    return (person,)


def _passphrase(workstation: Workstation, options: argparse.Namespace) -> tuple[Person, ...]:
    access, name, by = workstation.access, options.name, workstation.person
    old = user_passphrase(name) if by == name else ""
    new = new_user_passphrase(name, options.passphrase_file, signing_in=True)
    workstation.in_store(access.set_passphrase, name, new, by, old)
    return tuple(p for p in workstation.in_store(access.people) if p.name == name)


def _json(person: Person) -> dict[str, object]:
    return {
        "name": person.name,
        "title": person.title,
        "roles": [str(role) for role in person.roles],
        "active": person.active,
    }


_PARTS = {
    "list": _list,
    "add": _add,
    "change": _change,
    "passphrase": _passphrase,
    "remove": _remove,
}
