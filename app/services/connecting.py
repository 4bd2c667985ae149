"""Connecting a workspace to a payer's project, and moving what it holds there. Nothing is deleted on this computer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from app.domain.case import Json, to_time
from app.domain.change import Action, Write
from app.domain.connection import BUCKETS, Connection, connection_document, connection_from
from app.domain.errors import Rejected, SignInRequired
from app.domain.role import Person, Right
from app.services.connected_access import ROLES, Known, Register
from app.services.ports import Progress

if TYPE_CHECKING:
    from app.services.access import Access
    from app.services.change_log import ChangeLog
    from app.services.connected_access import InStore
    from app.services.ports import Identity, Watch
    from app.services.store.moving_shelf import Held
    from app.services.store.store import Store

CONNECTION = "connection"
"""Under this key the store remembers where the workspace is connected to: what `build` looks at."""
HOME = "connected_to"
"""Under this key it remembers to which project its cases went; it stays when the workspace is disconnected."""
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_CLIENT = re.compile(r"[0-9A-Za-z._-]{4,200}")
_REGION = re.compile(r"[a-z]+(-[a-z]+\d+)?|nam\d+|eur\d+")
_LOCAL = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Project:
    """A project that a person may see and that holds a Countersign installation; `service_url` "" where its label does
    not say in which region.
    """

    project: str
    title: str
    service_url: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What connecting a workspace will do, told before it begins.

    `people` are the local names that cases are assigned to, with how many; each needs an email. `size` are the bytes of
    all documents. `stays` says in words what does not travel, `refused` why it cannot be done at all, "" when it can.
    """

    project: str
    held: Held
    size: int
    people: Mapping[str, int]
    travels: tuple[str, ...]
    stays: tuple[str, ...]
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """How far a moved workspace has come: changes that have reached the project, of those it had and made since."""

    done: int
    total: int
    conflicts: int

    @property
    def over(self) -> bool:
        return self.done >= self.total


class Outside(Protocol):
    """What is asked beyond this computer, for a connection that may not be the workspace's yet."""

    def identity(self, connection: Connection) -> Identity: ...
    def register(self, connection: Connection) -> Register: ...
    def described(self, url: str) -> Connection: ...
    def projects(self, connection: Connection) -> tuple[Project, ...]: ...
    def signed_in(self) -> None: ...
    def size(self) -> int: ...
    def close(self) -> None: ...


class Connecting:
    """How a workspace is connected to a payer's project. Called in the lane `network`; hops into the store's by itself.

    A connection counts from the next `build` of the workspace. Raises what `Identity` and the endpoint raise.
    """

    def __init__(
        self,
        store: Store,
        in_store: InStore,
        access: Access,
        changes: ChangeLog,
        outside: Outside,
        connection: Connection | None,
        folder: Path,
        now: Callable[[], datetime],
        *,
        plain: bool = False,
    ) -> None:
        """`plain` lets a service be reached without encryption on this computer, for tests."""
        self._store, self._in_store, self._access, self._changes = store, in_store, access, changes
        self._outside, self._connection, self._folder, self._now = outside, connection, folder, now
        self._plain = plain

    @property
    def connection(self) -> Connection | None:
        """Where the workspace is connected to."""
        return self._connection

    # Where to

    def from_file(self, path: Path) -> Connection:
        """The connection that a file describes, checked."""
        return self.checked(connection_from(_read(path)))

    def client_from_file(self, path: Path) -> Connection:
        """What is enough to sign in and look for projects: the OAuth client of a file as Google Cloud gives it."""
        found = _read(path).get("installed")
        client = found if isinstance(found, dict) else {}
        if not _CLIENT.fullmatch(str(client.get("client_id", ""))):
            raise Rejected(
                f"“{path.name}” is no OAuth client of an installed app.",
                "Ask your administrator for it.",
                code="client_file",
            )
        return Connection(
            str(client.get("project_id", "")), "", str(client["client_id"]), "",
            client_secret=str(client.get("client_secret", "")),
        )  # fmt: skip

    def from_url(self, url: str) -> Connection:
        """The connection that a service describes. Raises `Offline`, `Rejected`."""
        found = self.checked(self._outside.described(url))
        if not self._plain and urlsplit(found.service_url).hostname != urlsplit(url.strip()).hostname:
            raise Rejected(
                "The service names another address than the one you gave.",
                "Ask your administrator for the right one.",
                code="connection_address",
            )
        return found

    def projects(self, connection: Connection) -> tuple[Project, ...]:
        """The projects that the person signed in with this connection's client may see and that hold Countersign."""
        return self._outside.projects(connection)

    def checked(self, connection: Connection) -> Connection:
        """The connection as it can be used. Raises `Rejected` naming the part that is wrong."""
        problem = _problem(connection, plain=self._plain)
        if problem:
            raise Rejected(
                f"The connection's {problem}.",
                "Ask your administrator for the connection file.",
                code="connection_wrong",
            )
        return connection

    # Who

    def identity(self, connection: Connection | None = None) -> Identity:
        """Who is signed in with a connection, the workspace's own when none is named."""
        return self._outside.identity(self._of(connection))

    def sign_in(self, opened: Callable[[str], None], connection: Connection | None = None) -> str:
        """Sign in with the browser; returns the email. In a connected workspace the roles are asked for as well."""
        found = self._of(connection)
        email = self._outside.identity(found).sign_in(opened)
        welcome = getattr(self._access, "welcome", None)
        if welcome is not None and found == self._connection:
            welcome(email)
            self._outside.signed_in()
        return email

    def sign_out(self) -> None:
        """Forget who is signed in: their tokens here and at the server, and what they may do."""
        self._in_store(self._access.sign_out)
        self._outside.identity(self._of(None)).sign_out()
        self._in_store(self._store.remember, ROLES, {"email": ""})

    # Moving

    def plan(self, connection: Connection) -> Plan:
        """What connecting would do. Asks nobody beyond this computer."""
        held = self._in_store(self._store.moving.held)
        people = {
            name: cases
            for name, cases in self._in_store(self._store.moving.assigned).items()
            if not _is_email(name)
        }
        travels = [
            f"{held.cases} cases with {held.changes} changes, in the order they were made",
            f"{held.documents} documents",
            f"{held.reviews} prompts and recommendations with their evidence",
        ]
        if held.policies or held.form_types:
            travels.append(
                f"{held.policies} versions of policies and {held.form_types} of form types made here; where the "
                "project has another in force, that one counts"
            )
        stays = [
            "Everything stays on this computer as well; nothing is deleted.",
            "Users and their passphrases stay here; in the project people sign in with Google.",
            "The search index, drafts, preferences and keys of language models stay here.",
            (
                "What was decided here goes along with its case; other desks show it as not confirmed by the "
                "service, until somebody decides it again."
            ),
        ]
        if held.form_types:
            stays.append("The pages that form types were taught with stay here.")
        return Plan(
            connection.project,
            held,
            self._outside.size(),
            people,
            tuple(travels),
            tuple(stays),
            self._refusal(connection),
        )

    def _refusal(self, connection: Connection) -> str:
        if self._connection is not None:
            return f"This workspace is connected already, to {self._connection.project}."
        home = self._in_store(self._store.recall, HOME)
        if home and (home["project"], home["database"]) != (connection.project, connection.database):
            return (
                f"This workspace was connected to {home['project']}: its cases are there, and moving them to "
                "another project would make each of them twice."
            )
        return ""

    def connect(
        self,
        connection: Connection,
        by: str,
        people: Mapping[str, str] | None = None,
        watch: Watch | None = None,
    ) -> Plan:
        """Connect the workspace: a backup first, then cases go to the people they are assigned to by their emails, then
        the connection is kept. What the workspace holds is sent from its next start on.

        Stopped in the middle (`Cancelled` by the watch, a kill), it is gone on with by the same call. Raises
        `Rejected` when a name lacks its email, or the workspace was connected elsewhere; `SignInRequired` when nobody
        is signed in or the service gives them no role.
        """
        self.checked(connection)
        plan = self.plan(connection)
        if plan.refused:
            raise Rejected(
                plan.refused, "Make a new workspace for the other one.", code="connected_elsewhere"
            )
        self._in_store(self._access.check, by, Right.ADMINISTER)
        emails = {name: (people or {}).get(name, "").strip().casefold() for name in plan.people}
        lacking = [name for name, email in emails.items() if not _is_email(email)]
        if lacking:
            raise Rejected(
                f"Cases are assigned to {', '.join(f'“{name}”' for name in lacking)}, whose email is not known.",
                "Say for each name the email they sign in with.",
                code="people_without_email",
                count=len(lacking),
            )
        known = self._asked_who(connection)
        backup = self._backup()
        self._hand_over(emails, by, watch)
        home = {
            "project": connection.project, "database": connection.database,
            "at": to_time(self._now()), "backup": backup.name, "changes": plan.held.changes,
        }  # fmt: skip
        values: dict[str, Json | None] = {
            CONNECTION: connection_document(connection), HOME: home, ROLES: known.document(),
        }  # fmt: skip
        detail: Json = {
            "project": connection.project, "database": connection.database, "email": known.email,
            "changes": plan.held.changes, "cases": plan.held.cases, "people": emails,
        }  # fmt: skip
        self._in_store(self._store.moving.remember, values, "connected", by, self._now(), detail)
        self._connection = connection
        return plan

    def _asked_who(self, connection: Connection) -> Known:
        email = self._outside.identity(connection).email
        if not email:
            raise SignInRequired(
                "Nobody is signed in.", "Sign in with Google first.", code="sign_in_required"
            )
        said = self._outside.register(connection).me()
        if said.email.casefold() != email or not said.roles:
            raise SignInRequired(
                "You have no role in this project.",
                "Ask an administrator of the project for one.",
                code="not_active",
            )
        return Known(email, said.title, said.roles, self._now())

    def _backup(self) -> Path:
        """A copy of the store from before; the documents are not touched by connecting."""
        folder = self._folder / "backups"
        stamp = self._now().strftime("%Y%m%d-%H%M%S")
        for number in range(100):
            path = folder / f"before-connecting-{stamp}{f'-{number}' if number else ''}.db"
            if not path.exists():
                folder.mkdir(parents=True, exist_ok=True)
                self._in_store(self._store.backup, path)
                return path
        raise Rejected("There is no name left for the backup.", "Try again.", code="backup_name")

    def _hand_over(self, emails: Mapping[str, str], by: str, watch: Watch | None) -> None:
        """Assign the cases of local names to their emails: a change of each case, in its history and the trail."""
        moving = self._store.moving
        cases = [(case, name) for name in emails for case in self._in_store(moving.cases_of, name)]
        for done, (case_id, name) in enumerate(cases):
            if watch is not None:
                watch(Progress(done, len(cases)))
            self._in_store(self._hand_over_one, case_id, name, emails[name], by)

    def _hand_over_one(self, case_id: str, name: str, email: str, by: str) -> None:
        document = self._store.case_document(case_id)
        if document.get("assigned_to") != name:
            return
        allowed = replace(self._changes, check=lambda who, _right: Person(who, who, ()))  # asked by `connect`
        allowed.write(document, case_id, Action.ASSIGNED, by, (Write("assigned_to", name, email),))

    def moved(self) -> Moved:
        """How far what the workspace held has come."""
        held = self._in_store(self._store.moving.held)
        home = self._in_store(self._store.recall, HOME) or {}
        total = max(int(home.get("changes", 0)), held.changes)
        return Moved(total - held.changes, total, held.conflicts)

    def disconnect(self, by: str, *, anyway: bool = False) -> Held:
        """End the connection; what is here stays, and the workspace may be connected to the same project again.

        Raises `Rejected` while something waits to be sent or settled, unless `anyway` is somebody's decision, which is
        in the audit trail with what waited.
        """
        if self._connection is None:
            raise Rejected("This workspace is not connected.", code="not_connected")
        self._in_store(self._access.check, by, Right.ADMINISTER)
        held = self._in_store(self._store.moving.held)
        if (held.changes or held.conflicts) and not anyway:
            raise Rejected(
                f"{held.changes} changes have not been sent and {held.conflicts} conflicts are open.",
                "Send and settle them first, or disconnect all the same with --anyway: they stay here.",
                code="disconnect_waiting",
                count=held.changes,
            )
        detail: Json = {
            "project": self._connection.project, "changes": held.changes, "conflicts": held.conflicts, "anyway": anyway,
        }  # fmt: skip
        self._in_store(
            self._store.moving.remember, {CONNECTION: None}, "disconnected", by, self._now(), detail
        )
        self._connection = None
        return held

    def close(self) -> None:
        """Let go of what was asked beyond this computer."""
        self._outside.close()

    def _of(self, connection: Connection | None) -> Connection:
        found = connection or self._connection
        if found is None:
            raise Rejected(
                "This workspace is not connected.",
                "Connect it with: countersign connect",
                code="not_connected",
            )
        return found


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise Rejected(
            f"“{path.name}” cannot be read.",
            "Check its path and that you may read it.",
            code="connection_file",
        ) from error
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise Rejected(
            f"“{path.name}” is no connection file.", "Ask your administrator for it.", code="connection_file"
        )
    return data


def _is_email(name: str) -> bool:
    return bool(_EMAIL.fullmatch(name))


def _problem(connection: Connection, *, plain: bool) -> str:
    """What is wrong with a connection, to follow "The connection's"; "" when nothing is."""
    if not _url_fits(connection.service_url, plain=plain):
        return "service_url is no https address"
    if not _CLIENT.fullmatch(connection.client_id):
        return "client_id is none"
    for name in ("location", "document_location"):
        if not _REGION.fullmatch(str(getattr(connection, name))):
            return f"{name} is no region"
    for name in ("buckets", "processors"):
        value: Any = getattr(connection, name)
        if not isinstance(value, Mapping) or not all(isinstance(v, str) and v for v in value.values()):
            return f"{name} are no names"
    unknown = sorted(set(connection.buckets) - set(BUCKETS))
    if unknown:
        return f"bucket “{unknown[0]}” is not one that the program knows"
    for form_type, name in connection.processors.items():
        if not re.fullmatch(
            r"projects/[^/]+/locations/[^/]+/processors/[^/]+(/processorVersions/[^/]+)?", name
        ):
            return f"processor of “{form_type}” is no processor"
    if any(not 0 <= shard < 64 for shard in connection.shards):
        return "shards are not numbers from 0 to 63"
    return ""


def _url_fits(url: str, *, plain: bool) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.scheme == "http" and plain and parts.hostname in _LOCAL:
        return True
    return parts.scheme == "https" and bool(parts.hostname) and not parts.username and not parts.query
