"""What desks and the service say to each other of the shared library: versions of policies and form types, and which of
them are in force.

A version never changes. Which one is in force is said beside it, under a revision that every change of the library
counts on. Reading is strict, as in `sync_wire`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.domain.case import Json, from_time, to_time
from app.domain.errors import Rejected

_NAME = re.compile(r"[a-z0-9_]{1,100}")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z .+_-]{0,59}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Kind(StrEnum):
    POLICY = "policy"
    FORM_TYPE = "form_type"


@dataclass(frozen=True, slots=True)
class SharedVersion:
    """A version in the library: who published it and when it came, the SHA-256 of what it says (`digest_of`), and the
    revision it came with.
    """

    kind: Kind
    name: str
    version: str
    by: str
    at: datetime
    digest: str
    revision: int


@dataclass(frozen=True, slots=True)
class InForce:
    """Which version of a policy or form type is in force, "" for none: who said so, when, and with which revision."""

    kind: Kind
    name: str
    version: str
    by: str
    at: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class News:
    """What changed up to a revision, without bodies; each in the order it came."""

    revision: int
    versions: tuple[SharedVersion, ...]
    in_force: tuple[InForce, ...]


@dataclass(frozen=True, slots=True)
class Publishing:
    """A version that is brought. `replaces` is the revision of what was in force as the person saw it (0 for nothing);
    None keeps the version without bringing it into force.
    """

    body: Json
    replaces: int | None


@dataclass(frozen=True, slots=True)
class Settling:
    """A version that is brought into force, "" to retire the one that is, in place of what was as of `replaces`."""

    version: str
    replaces: int


def digest_of(body: Mapping[str, Any]) -> str:
    """The SHA-256 of what a version says. How its scores become probabilities may be fitted later and is no part."""
    said = {name: value for name, value in body.items() if name != "calibration"}
    text = json.dumps(said, ensure_ascii=True, allow_nan=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def place_of(kind: object, name: object, version: object = None) -> tuple[Kind, str, str]:
    """What a place in the library is called; no version is "". Raises `Rejected` for what cannot be one."""
    return _kind(kind), _matching(name, _NAME, "name"), "" if version is None else _version(version)


def shareable(name: str, version: str) -> bool:
    """Whether a version can stand in the library by what it is called."""
    return bool(_NAME.fullmatch(name) and _VERSION.fullmatch(version))


def version_document(version: SharedVersion) -> Json:
    return {
        "kind": str(version.kind), "name": version.name, "version": version.version, "by": version.by,
        "at": to_time(version.at), "digest": version.digest, "revision": version.revision,
    }  # fmt: skip


def version_from(data: object) -> SharedVersion:
    """A version that came as JSON. Raises `Rejected`."""
    parts = _map(data, ("kind", "name", "version", "by", "at", "digest", "revision"))
    return SharedVersion(
        _kind(parts["kind"]), _matching(parts["name"], _NAME, "name"), _version(parts["version"]),
        _text(parts["by"], "by"), _time(parts["at"]), _matching(parts["digest"], _DIGEST, "digest"),
        _number(parts["revision"]),
    )  # fmt: skip


def in_force_document(found: InForce) -> Json:
    return {
        "kind": str(found.kind), "name": found.name, "version": found.version, "by": found.by,
        "at": to_time(found.at), "revision": found.revision,
    }  # fmt: skip


def in_force_from(data: object) -> InForce:
    parts = _map(data, ("kind", "name", "version", "by", "at", "revision"))
    return InForce(
        _kind(parts["kind"]), _matching(parts["name"], _NAME, "name"),
        _version(parts["version"]) if parts["version"] != "" else "",
        _text(parts["by"], "by"), _time(parts["at"]), _number(parts["revision"]),
    )  # fmt: skip


def news_document(news: News) -> Json:
    return {
        "revision": news.revision,
        "versions": [version_document(each) for each in news.versions],
        "in_force": [in_force_document(each) for each in news.in_force],
    }


def news_from(data: object) -> News:
    parts = _map(data, ("revision", "versions", "in_force"))
    return News(
        _number(parts["revision"]),
        tuple(version_from(each) for each in _list(parts["versions"], "versions")),
        tuple(in_force_from(each) for each in _list(parts["in_force"], "in_force")),
    )


def publishing_document(publishing: Publishing) -> Json:
    return {"body": publishing.body, "replaces": publishing.replaces}


def publishing_from(data: object) -> Publishing:
    parts = _map(data, ("body", "replaces"))
    replaces = parts["replaces"]
    return Publishing(_any_map(parts["body"], "body"), None if replaces is None else _number(replaces))


def settling_document(settling: Settling) -> Json:
    return {"version": settling.version, "replaces": settling.replaces}


def settling_from(data: object) -> Settling:
    parts = _map(data, ("version", "replaces"))
    version = parts["version"]
    return Settling("" if version == "" else _version(version), _number(parts["replaces"]))


def body_document(version: SharedVersion, body: Json) -> Json:
    return {**version_document(version), "body": body}


def body_from(data: object) -> tuple[SharedVersion, Json]:
    """A version with what it says. Raises `Rejected` where the digest tells that it is another."""
    parts = dict(_any_map(data, "version"))
    body = _any_map(parts.pop("body", None), "body")
    version = version_from(parts)
    try:
        said = digest_of(body)
    except (ValueError, RecursionError):
        raise _refused("body") from None
    if said != version.digest:
        raise _refused("digest")
    return version, body


def _kind(data: object) -> Kind:
    try:
        return Kind(_text(data, "kind"))
    except ValueError:
        raise _refused("kind") from None


def _version(data: object) -> str:
    return _matching(data, _VERSION, "version")


def _map(data: object, names: tuple[str, ...]) -> Json:
    found = _any_map(data, "library")
    if found.keys() - set(names):
        raise Rejected(
            "A part of this is not known to the service.", "Use the same version on both sides.",
            code="wire_unknown_part", part="library",
        )  # fmt: skip
    missing = sorted(set(names) - found.keys())
    if missing:
        raise _refused(missing[0])
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


def _number(data: object) -> int:
    if not isinstance(data, int) or isinstance(data, bool) or not 0 <= data < 1 << 53:
        raise _refused("revision")
    return data


def _time(data: object) -> datetime:
    try:
        at = from_time(_text(data, "at"))
    except ValueError:
        raise _refused("at") from None
    if at.tzinfo is None:
        raise _refused("at")
    return at


def _refused(what: str) -> Rejected:
    """`what` is a name of the wire, never something that came over it."""
    return Rejected(
        f"What was sent is not understood: its part “{what}”.", "Use the same version on both sides.",
        code="wire_not_understood", part=what,
    )  # fmt: skip
