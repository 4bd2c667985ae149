"""The desk's side of the ingestion service: what desks may not write themselves goes through it.

Spoken in HTTP over httpx; the service knows who asks by their Google ID token (`app/domain/sync_wire.py` has the
words). Every call is one try.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlsplit

from app.domain import library_wire as shared
from app.domain import sync_wire as wire
from app.domain.case import Json
from app.domain.change import Missing
from app.domain.connection import Connection, connection_from
from app.domain.errors import Actionable, Offline, Rejected, SignInRequired
from app.domain.role import NotAllowed, Person
from app.domain.sync import Cursor, Lease, Push, Pushed, Receipt, RemoteCase, Scope
from app.services.ports import CaseRemote, Identity

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
TIMEOUT = 10.0
_LOCAL = ("127.0.0.1", "localhost", "::1")
_TRY_AGAIN = (408, 425, 429)


class Endpoint:
    """The ingestion service at an address, asked as the person who is signed in. Thread-safe; one connection is kept.

    Raises `Offline` when nothing was answered, or an answer that leaves open whether it was done; `SignInRequired`
    when the service does not know who asks; `NotAllowed` and `Rejected` with the service's own words when it refuses;
    `Conflict` where something else stands there already.
    """

    def __init__(self, url: str, identity: Identity, *, timeout: float = TIMEOUT) -> None:
        """`url` is the service's, with https unless it is this computer. Raises `Rejected` when it is none."""
        self._url = _address(url)
        self._identity = identity
        self._client = _client(self._url, timeout)

    def push(self, push: Push, opened: Mapping[str, str] | None = None) -> Pushed:
        """Apply a batch that determines. `opened` are the review receipts its determinations name: their very text by
        their SHA-256.
        """
        place = f"/v1/cases/{quote(push.case_id, safe='')}/push"
        return self._asked("POST", place, wire.pushed_from, wire.push_document(push, opened))

    def me(self) -> wire.Me:
        """Who the service takes this person for, with their roles and the service's time."""
        return self._asked("GET", "/v1/me", wire.me_from)

    def people(self) -> tuple[Person, ...]:
        """Everybody in the register, by their email; those who do not work here any more are not active."""

        def read(data: object) -> tuple[Person, ...]:
            if not isinstance(data, dict) or not isinstance(data.get("people"), list):
                raise _no_answer()
            return tuple(wire.person_from(each) for each in data["people"])

        return self._asked("GET", "/v1/people", read)

    def put_person(self, person: Person) -> Person:
        """Add somebody to the register or change what they are; for administrators. `person.name` is the email.

        The same again changes nothing. Raises `Rejected` when no administrator would be left.
        """
        place = f"/v1/people/{quote(person.name, safe='@')}"
        body = {name: value for name, value in wire.person_document(person).items() if name != "email"}
        return self._asked("PUT", place, wire.person_from, body)

    def checkpoint(self, checkpoint: wire.Checkpoint) -> wire.KeptCheckpoint:
        """Put down how far this desk's audit chain has come; the same again is answered with what is kept.

        Raises `Conflict` when another hash of that number is kept: one of the two chains was altered.
        """
        return self._asked(
            "POST", "/v1/checkpoints", wire.kept_checkpoint_from, wire.checkpoint_document(checkpoint)
        )

    def library(self, since: int) -> shared.News:
        """What changed in the shared library after a revision, without bodies."""
        return self._asked("GET", f"/v1/library?since={since}", shared.news_from)

    def library_version(
        self, kind: shared.Kind, name: str, version: str
    ) -> tuple[shared.SharedVersion, Json]:
        """A version of the shared library with what it says; its digest was looked at."""
        return self._asked("GET", _shelf(kind, name, version), shared.body_from)

    def publish(
        self, kind: shared.Kind, name: str, version: str, publishing: shared.Publishing
    ) -> shared.InForce:
        """Bring a version to the shared library; what is in force then. For administrators; the same again changes
        nothing. Raises `Conflict` where another body stands under this version.
        """
        body = shared.publishing_document(publishing)
        return self._asked("PUT", _shelf(kind, name, version), shared.in_force_from, body)

    def settle(self, kind: shared.Kind, name: str, settling: shared.Settling) -> shared.InForce:
        """Bring a version of the shared library into force or retire what is; what is in force then."""
        body = shared.settling_document(settling)
        return self._asked("POST", _shelf(kind, name, "state"), shared.in_force_from, body)

    def latest_checkpoint(self, desk: str) -> wire.KeptCheckpoint | None:
        """How far the audit chain of a desk had come when it was put down last."""
        return self._asked("GET", f"/v1/checkpoints/{quote(desk, safe='')}", wire.latest_checkpoint_from)

    def connection(self) -> Connection:
        """What a desk needs to know to connect."""
        return self._asked("GET", "/v1/connection", _connection, signed_in=False)

    def close(self) -> None:
        self._client.close()

    def _asked(
        self,
        method: str,
        place: str,
        read: Callable[[object], T],
        body: object = None,
        *,
        signed_in: bool = True,
    ) -> T:
        headers: dict[str, str] = {}
        if signed_in:
            token = f"Bearer {self._identity.id_token()}"
            # Cloud Run looks at the second itself and takes its signature off; the first reaches the service whole.
            headers = {"Authorization": token, "X-Serverless-Authorization": token}
        return _asked(self._client, method, self._url + place, read, body, headers)


def connection_at(url: str, *, timeout: float = TIMEOUT) -> Connection:
    """What the service at this address tells a desk that wants to connect; nobody need be signed in.

    Raises `Rejected` for what is no address of such a service, `Offline` when nobody answers.
    """
    place = _address(url)
    with _client(place, timeout) as client:
        return _asked(client, "GET", place + "/v1/connection", _connection, None, {})


class GuardedCaseRemote:
    """The shared queue as a desk may use it: what determines goes through the endpoint, all else straight to the
    queue. A `CaseRemote` itself.

    The endpoint signs determinations, so that the case it writes holds more than was pushed: whoever pushed reads the
    case again.
    """

    def __init__(
        self, cases: CaseRemote, endpoint: Endpoint, opened: Callable[[str], str | None] = lambda _: None
    ) -> None:
        """`opened` gives the text of a review receipt by its SHA-256, None when it is not on this computer; it is
        asked on the thread that pushes.
        """
        self._cases = cases
        self._endpoint = endpoint
        self._opened = opened

    def push(self, push: Push) -> Pushed:
        made = tuple(_determined(push))
        if not push.determines and not made:
            return self._cases.push(push)
        found: dict[str, str] = {}
        for entry in made:
            name = str(entry.get("receipt", ""))
            text = self._opened(name) if name else None
            if text is not None:
                found[name] = text
        return self._endpoint.push(push, found)

    def receipts(self, case_id: str, mutation_ids: tuple[str, ...]) -> frozenset[str]:
        return self._cases.receipts(case_id, mutation_ids)

    def case(self, case_id: str) -> RemoteCase | None:
        return self._cases.case(case_id)

    def changed(self, scope: Scope, since: Cursor | None, limit: int) -> tuple[RemoteCase, ...]:
        return self._cases.changed(scope, since, limit)

    def history(self, case_id: str, since: datetime | None = None) -> tuple[Receipt, ...]:
        return self._cases.history(case_id, since)

    def reviews(self, case_id: str, since: datetime | None = None) -> Mapping[str, Json]:
        return self._cases.reviews(case_id, since)

    def claim_desk(self, code: str, workspace: str) -> bool:
        return self._cases.claim_desk(code, workspace)

    def listen(self, scope: Scope, poke: Callable[[], None]) -> Callable[[], None]:
        return self._cases.listen(scope, poke)

    def lease(self, case_id: str) -> Lease | None:
        return self._cases.lease(case_id)

    def take_lease(self, lease: Lease, *, over: bool = False) -> Lease:
        return self._cases.take_lease(lease, over=over)

    def drop_lease(self, case_id: str, by: str, desk: str) -> None:
        self._cases.drop_lease(case_id, by, desk)


def _shelf(kind: shared.Kind, name: str, version: str) -> str:
    return f"/v1/library/{kind}/{quote(name, safe='')}/{quote(version, safe='')}"


def _determined(push: Push) -> list[Mapping[str, Any]]:
    """The determinations a push brings, whatever it says of itself; an empty one for what is no map."""
    if push.document is not None:
        found = push.document.get("determinations", {})
        return _maps(found.values() if isinstance(found, Mapping) else [found])
    entries: list[Any] = []
    for path, value in push.updates.items():
        if path[0] != "determinations":
            continue
        whole = len(path) == 1 and isinstance(value, Mapping)
        entries += value.values() if whole else [value]
    return _maps(entries)


def _maps(values: Any) -> list[Mapping[str, Any]]:
    return [value if isinstance(value, Mapping) else {} for value in values]


def _connection(data: object) -> Connection:
    if not isinstance(data, dict):
        raise _no_answer()
    return connection_from(data)


def _address(url: str) -> str:
    wrong = Rejected(
        "This is no address of a Countersign service.",
        "It begins with https://; ask your administrator for it.",
        code="endpoint_address",
    )
    try:
        parts = urlsplit(url.strip())
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        raise wrong from None
    local = parts.scheme == "http" and parts.hostname in _LOCAL
    if not (parts.scheme == "https" or local) or not parts.hostname or parts.query or parts.fragment:
        raise wrong
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"


def _client(url: str, timeout: float) -> httpx.Client:
    import httpx  # not on the way to the first window

    return httpx.Client(
        timeout=httpx.Timeout(timeout, connect=timeout / 2),
        follow_redirects=False,
        verify=url.startswith("https:"),  # on this computer there are no certificates to be loaded
    )


def _asked(
    client: httpx.Client,
    method: str,
    url: str,
    read: Callable[[object], T],
    body: object,
    headers: Mapping[str, str],
) -> T:
    import httpx

    content = None
    sent = {"Accept": "application/json", **headers}
    if body is not None:
        content = json.dumps(_plain(body), allow_nan=False, separators=(",", ":")).encode("ascii")
        sent["Content-Type"] = "application/json"
    try:
        answer = client.request(method, url, content=content, headers=sent)
    except httpx.HTTPError as error:
        raise Offline(
            "The service of your organization does not answer.",
            "It is tried again by itself; go on working.",
            code="endpoint_away",
        ) from error
    if answer.status_code == 200:
        return read(_json(answer))
    raise _refusal(answer)


def _plain(value: Any) -> Any:
    """What is missing cannot be said inside a value; nobody makes that."""
    if isinstance(value, Missing):
        raise ValueError("MISSING stands at the end of a path only")
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


def _refusal(answer: httpx.Response) -> Actionable:
    status = answer.status_code
    try:
        told = wire.error_from(_json(answer))
    except Actionable:
        told = None  # something between here and the service answered in its place
    if status >= 500 or status in _TRY_AGAIN:
        if isinstance(told, Offline):
            return told
        return Offline(
            "The service of your organization cannot answer now.",
            "It is tried again by itself; go on working.",
            code="endpoint_busy",
        )
    if told is not None:
        return told
    if status == 401:
        return SignInRequired(
            "The service of your organization does not know who you are.",
            "Sign in again.",
            code="endpoint_sign_in",
        )
    if status == 403:
        return NotAllowed(
            "You may not use the service of your organization.",
            "Ask your administrator to let you in.",
            code="endpoint_forbidden",
        )
    if status == 413:
        return Rejected(
            "This is too much for one case.", "Ask your administrator to look at it.", code="too_large"
        )
    return _no_answer()


def _json(answer: httpx.Response) -> object:
    try:
        found: object = answer.json()
    except (ValueError, RecursionError):
        raise _no_answer() from None
    return found


def _no_answer() -> Rejected:
    return Rejected(
        "What answers at this address is no Countersign service of this version.",
        "Ask your administrator for the address.",
        code="endpoint_other",
    )
