"""What a desk and the ingestion service say to each other, as JSON: pushes, answers, people and refusals.

Reading is strict: a part that is not known, is missing or is of another kind is refused as a whole. What is half
understood would be half done.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.case import Json, from_time, to_time
from app.domain.change import MISSING, Missing
from app.domain.errors import (
    Actionable,
    Conflict,
    NoSuchCase,
    Offline,
    Rejected,
    SignInRequired,
    Unreadable,
)
from app.domain.role import NotAllowed, Person, Role
from app.domain.sync import Answer, Push, Pushed, Receipt

MOST_RECEIPTS = 400
"""Changes that one batch holds at most: the server takes 500 writes."""
_ID = re.compile(r"[0-9A-Za-z_-]{1,128}")
_DESK = re.compile(r"[0-9A-Za-z_-]{1,64}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Determining:
    """A push that determines, with the review receipts its determinations name: by their SHA-256 the very text, which
    shows what the person had on screen.
    """

    push: Push
    opened: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Me:
    """Who the service takes the caller for, what they may be here, and what time it is there."""

    email: str
    title: str
    roles: tuple[Role, ...]
    time: datetime


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far a desk's audit chain has come: the hash of its entry of this number, and when that was."""

    desk: str
    sequence: int
    hash: str
    at: datetime


@dataclass(frozen=True, slots=True)
class KeptCheckpoint:
    """A checkpoint as the service keeps it: who brought it, when by the service's clock, and the service's signature
    over all of it (`app.services.signing.confirmed_checkpoint` of `kept_checkpoint_document`).
    """

    checkpoint: Checkpoint
    by: str
    kept_at: datetime
    signature: str


# Pushes


def push_document(push: Push, opened: Mapping[str, str] | None = None) -> Json:
    """A push as JSON. What is `MISSING` has no value, since null is one."""
    return {
        "case_id": push.case_id,
        "receipts": [receipt_document(receipt) for receipt in push.receipts],
        "base": push.base,
        "document": push.document,
        "updates": [
            {"path": list(path)} if isinstance(value, Missing) else {"path": list(path), "value": value}
            for path, value in push.updates.items()
        ],
        "reviews": dict(push.reviews),
        "determines": push.determines,
        "opened": dict(opened or {}),
    }


def push_from(data: object) -> Determining:
    """A push that came as JSON. Raises `Rejected` naming the part that is not understood."""
    parts = _map(
        data,
        "push",
        ("case_id", "receipts", "base", "document", "updates", "reviews", "determines", "opened"),
    )
    base = parts["base"]
    if base is not None and not (isinstance(base, str) and base):
        raise _refused("base")
    document = parts["document"]
    if document is not None:
        document = _any_map(document, "document")
    if (base is None) != (document is not None):
        raise _refused("document")
    receipts = tuple(receipt_from(receipt) for receipt in _list(parts["receipts"], "receipts"))
    case_id = _matching(parts["case_id"], _ID, "case_id")
    ids = {receipt.mutation_id for receipt in receipts}
    if not 0 < len(receipts) <= MOST_RECEIPTS or len(ids) != len(receipts):
        raise _refused("receipts")
    if any(receipt.case_id != case_id for receipt in receipts):
        raise _refused("receipts")
    updates = _updates(parts["updates"])
    if document is not None and (updates or document.get("case_id") != case_id):
        raise _refused("document")
    reviews = {
        _matching(name, _ID, "reviews"): _any_map(review, "reviews")
        for name, review in _any_map(parts["reviews"], "reviews").items()
    }
    opened = {
        _matching(name, _DIGEST, "opened"): _text(text, "opened")
        for name, text in _any_map(parts["opened"], "opened").items()
    }
    push = Push(
        case_id,
        receipts,
        base,
        document,
        updates,
        reviews,
        determines=_bool(parts["determines"], "determines"),
    )
    return Determining(push, opened)


def _updates(data: object) -> dict[tuple[str, ...], Any]:
    updates: dict[tuple[str, ...], Any] = {}
    for each in _list(data, "updates"):
        entry = _any_map(each, "updates")
        if entry.keys() - {"path", "value"} or "path" not in entry:
            raise _refused("updates")
        path = tuple(_text(name, "path") for name in _list(entry["path"], "path"))
        if not path or not all(path) or path in updates:
            raise _refused("path")
        updates[path] = entry.get("value", MISSING)
    if any(path[:length] in updates for path in updates for length in range(1, len(path))):
        raise _refused("path")
    return updates


def receipt_document(receipt: Receipt) -> Json:
    return {
        "mutation_id": receipt.mutation_id,
        "case_id": receipt.case_id,
        "action": receipt.action,
        "by": receipt.by,
        "at": to_time(receipt.at),
        "desk": receipt.desk,
        "sequence": receipt.sequence,
        "previous": receipt.previous,
        "hash": receipt.hash,
        "body": receipt.body,
    }


def receipt_from(data: object) -> Receipt:
    """A receipt that came as JSON. Raises `Rejected`."""
    parts = _map(data, "receipts", tuple(Receipt.__dataclass_fields__))
    return Receipt(
        mutation_id=_matching(parts["mutation_id"], _ID, "mutation_id"),
        case_id=_matching(parts["case_id"], _ID, "case_id"),
        action=_text(parts["action"], "action"),
        by=_text(parts["by"], "by"),
        at=_time(parts["at"], "at"),
        desk=_text(parts["desk"], "desk"),
        sequence=_number(parts["sequence"], "sequence"),
        previous=_text(parts["previous"], "previous"),
        hash=_text(parts["hash"], "hash"),
        body=_any_map(parts["body"], "body"),
    )


def pushed_document(pushed: Pushed) -> Json:
    return {"answer": str(pushed.answer), "update_time": pushed.update_time}


def pushed_from(data: object) -> Pushed:
    """The answer to a push. Raises `Rejected` when it is none."""
    parts = _map(data, "answer", ("answer", "update_time"))
    try:
        answer = Answer(_text(parts["answer"], "answer"))
    except ValueError:
        raise _refused("answer") from None
    return Pushed(answer, _text(parts["update_time"], "update_time"))


# People


def person_document(person: Person) -> Json:
    return {
        "email": person.name,
        "title": person.title,
        "roles": [str(role) for role in person.roles],
        "active": person.active,
    }


def person_from(data: object) -> Person:
    """Somebody of the register; `name` is their email. Raises `Rejected` for a role that there is not."""
    parts = _map(data, "person", ("email", "title", "roles", "active"))
    return Person(
        _text(parts["email"], "email"),
        _text(parts["title"], "title"),
        _roles(parts["roles"]),
        _bool(parts["active"], "active"),
    )


def me_document(me: Me) -> Json:
    return {
        "email": me.email,
        "title": me.title,
        "roles": [str(role) for role in me.roles],
        "time": to_time(me.time),
    }


def me_from(data: object) -> Me:
    parts = _map(data, "me", ("email", "title", "roles", "time"))
    return Me(
        _text(parts["email"], "email"),
        _text(parts["title"], "title"),
        _roles(parts["roles"]),
        _time(parts["time"], "time"),
    )


def _roles(data: object) -> tuple[Role, ...]:
    try:
        wanted = {Role(_text(role, "roles")) for role in _list(data, "roles")}
    except ValueError:
        raise _refused("roles") from None
    return tuple(role for role in Role if role in wanted)


# Checkpoints


def checkpoint_document(checkpoint: Checkpoint) -> Json:
    return {
        "desk": checkpoint.desk,
        "sequence": checkpoint.sequence,
        "hash": checkpoint.hash,
        "at": to_time(checkpoint.at),
    }


def checkpoint_from(data: object) -> Checkpoint:
    """A desk's checkpoint. Raises `Rejected`."""
    return _checkpoint(_map(data, "checkpoint", ("desk", "sequence", "hash", "at")))


def kept_checkpoint_document(kept: KeptCheckpoint) -> Json:
    return {
        **checkpoint_document(kept.checkpoint),
        "by": kept.by,
        "kept_at": to_time(kept.kept_at),
        "signature": kept.signature,
    }


def desk_from(text: object) -> str:
    """The code of a desk. Raises `Rejected` for what is none."""
    return _matching(text, _DESK, "desk")


def latest_checkpoint_from(data: object) -> KeptCheckpoint | None:
    """The checkpoint of a desk that was kept last, None where none was."""
    latest = _map(data, "checkpoint", ("latest",))["latest"]
    return kept_checkpoint_from(latest) if latest is not None else None


def kept_checkpoint_from(data: object) -> KeptCheckpoint:
    parts = _map(data, "checkpoint", ("desk", "sequence", "hash", "at", "by", "kept_at", "signature"))
    return KeptCheckpoint(
        _checkpoint(parts),
        _text(parts["by"], "by"),
        _time(parts["kept_at"], "kept_at"),
        _text(parts["signature"], "signature"),
    )


def _checkpoint(parts: Mapping[str, Any]) -> Checkpoint:
    sequence = _number(parts["sequence"], "sequence")
    if sequence < 1:
        raise _refused("sequence")
    return Checkpoint(
        _matching(parts["desk"], _DESK, "desk"),
        sequence,
        _matching(parts["hash"], _DIGEST, "hash"),
        _time(parts["at"], "at"),
    )


# Refusals

_KINDS: Mapping[str, tuple[type[Actionable], int]] = {
    "not_allowed": (NotAllowed, 403),
    "no_such_case": (NoSuchCase, 404),
    "rejected": (Rejected, 422),
    "sign_in": (SignInRequired, 401),
    "conflict": (Conflict, 409),
    "unreadable": (Unreadable, 422),
    "offline": (Offline, 503),
}
"""By what it is called on the wire, an error and the status it is answered with; the most special first."""


def error_status(error: Actionable) -> int:
    """The HTTP status an error is answered with."""
    return next((status for kind, status in _KINDS.values() if isinstance(error, kind)), 503)


def error_document(error: Actionable) -> Json:
    kind = next((name for name, (kind, _) in _KINDS.items() if isinstance(error, kind)), "offline")
    return {
        "error": kind,
        "reason": error.reason,
        "next_step": error.next_step,
        "code": error.code,
        "params": dict(error.params),
    }


def error_from(data: object) -> Actionable:
    """The error that a refusal tells of. Raises `Rejected` when it is no refusal."""
    parts = _map(data, "error", ("error", "reason", "next_step", "code", "params"))
    kind = _KINDS.get(_text(parts["error"], "error"))
    if kind is None:
        raise _refused("error")
    params = {
        name: value
        for name, value in _any_map(parts["params"], "params").items()
        if isinstance(value, str | int)
        and name.isidentifier()
        and name not in ("reason", "next_step", "code")
    }
    return kind[0](
        _text(parts["reason"], "reason"),
        _text(parts["next_step"], "next_step"),
        code=_text(parts["code"], "code"),
        **params,
    )


def _map(data: object, what: str, names: tuple[str, ...]) -> Json:
    found = _any_map(data, what)
    unknown = sorted(found.keys() - set(names))
    if unknown:
        raise Rejected(
            "A part of this is not known to the service.",
            "Use the same version on both sides.",
            code="wire_unknown_part",
            part=what,
        )
    if set(names) - found.keys():
        raise _refused(min(set(names) - found.keys()))
    return found


def _any_map(data: object, what: str) -> Json:
    if not isinstance(data, dict) or not all(isinstance(name, str) for name in data):
        raise _refused(what)
    return data


def _list(data: object, what: str) -> list[Any]:
    if not isinstance(data, list):
        raise _refused(what)
    return data


def _text(data: object, what: str) -> str:
    if not isinstance(data, str):
        raise _refused(what)
    return data


def _matching(data: object, pattern: re.Pattern[str], what: str) -> str:
    text = _text(data, what)
    if not pattern.fullmatch(text):
        raise _refused(what)
    return text


def _number(data: object, what: str) -> int:
    if not isinstance(data, int) or isinstance(data, bool) or data < 0:
        raise _refused(what)
    return data


def _bool(data: object, what: str) -> bool:
    if not isinstance(data, bool):
        raise _refused(what)
    return data


def _time(data: object, what: str) -> datetime:
    try:
        at = from_time(_text(data, what))
    except ValueError:
        raise _refused(what) from None
    if at.tzinfo is None:
        raise _refused(what)
    return at


def _refused(what: str) -> Rejected:
    """`what` is a name of the wire, never something that came over it."""
    return Rejected(
        f"What was sent is not understood: its part “{what}”.",
        "Use the same version on both sides.",
        code="wire_not_understood",
        part=what,
    )
