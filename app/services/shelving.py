"""How versions are put on the shelf of the store and taken off it, and what is checked before."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.domain.calibration import DEFAULT, Calibration
from app.domain.case import Json, from_time
from app.domain.errors import Rejected
from app.domain.naming import is_name
from app.domain.processor import BadDefinition, FormDefinition, from_json
from app.domain.processor_version import SHARED, WAITS, Example, Origin, ProcessorVersion, VersionState
from app.services.processors import read_definition, to_json
from app.services.store.packing import pack, to_text
from app.services.store.shelf import ShelvedVersion

LONGEST_TYPE = 60
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,19}")


class Snapshot:
    """The versions as they stood at one revision. Definitions are parsed when first asked for, from any thread."""

    def __init__(
        self,
        revision: int,
        rows: tuple[ShelvedVersion, ...],
        definitions: dict[tuple[str, str], FormDefinition],
    ) -> None:
        self.revision = revision
        self.rows = rows
        self.definitions = definitions
        self._by_name = {(row.form_type, row.version): row for row in rows}
        self._foremost = {row.form_type: row for row in rows}
        self._foremost |= {row.form_type: row for row in rows if row.state == VersionState.PUBLISHED}

    def in_force(self) -> list[ShelvedVersion]:
        return [row for row in self._foremost.values() if row.state == VersionState.PUBLISHED]

    def foremost(self) -> list[ShelvedVersion]:
        """Of each form type the version in force, else the last there was."""
        return list(self._foremost.values())

    def row(self, form_type: str, version: str) -> ShelvedVersion | None:
        return self._by_name.get((form_type, version)) if version else self._foremost.get(form_type)

    def definition(self, form_type: str, version: str) -> FormDefinition | None:
        row = self._by_name.get((form_type, version)) or self._foremost.get(form_type)
        return self.parsed(row) if row is not None else None

    def parsed(self, row: ShelvedVersion) -> FormDefinition:
        key = (row.form_type, row.version)
        found = self.definitions.get(key)
        if found is None:
            found = self.definitions[key] = from_json(row.unpacked)
        return found


def checked(definition: FormDefinition) -> FormDefinition:
    """The definition as it comes back from where it is kept. Raises `Rejected` when it would not."""
    if not is_name(definition.form_type) or len(definition.form_type) > LONGEST_TYPE:
        raise Rejected(
            f"“{definition.form_type}” cannot be the name of a form type.",
            f"Use small letters, digits and _, beginning with a letter, {LONGEST_TYPE} at most.",
            code="bad_name",
        )
    if not _VERSION.fullmatch(definition.version):
        raise Rejected(
            f"“{definition.version[:20]}” cannot be a version.",
            "Number it: 1, 2 or 1.1.",
            code="bad_version",
        )
    try:
        return read_definition(to_json(definition))
    except BadDefinition as error:
        raise Rejected(f"This definition cannot be kept: {error}.", code="bad_definition") from error


READERS = "readers"
"""Under which name a calibration holds what was fitted for processors elsewhere."""


def divided(calibration: Mapping[str, Any]) -> tuple[Json, dict[str, Json]]:
    """What was fitted for the processor on this computer, and what for others, by their resource names."""
    others = calibration.get(READERS) or {}
    return {k: v for k, v in calibration.items() if k != READERS}, {
        str(k): dict(v) for k, v in others.items()
    }


def with_fitted(calibration: Mapping[str, Any] | None, fitted: Json, reader: str = "") -> Json:
    """A calibration with what was newly fitted for one processor ("" is the one on this computer); what was fitted for
    the others stays.
    """
    own, others = divided(calibration or {})
    if reader:
        others[reader] = fitted
    else:
        own = fitted
    return {**own, READERS: others} if others else own


def checked_calibration(data: Mapping[str, Any] | None) -> Json | None:
    """A calibration as it is kept; None for none. Raises `Rejected` when it is none."""
    if not data:
        return None
    try:
        own, others = divided(data)
        for fitted in (*((own,) if own or not others else ()), *others.values()):
            if not any(group in fitted for group in DEFAULT):
                raise ValueError("none of the groups " + ", ".join(DEFAULT))
            Calibration(fitted)
        to_text(data)  # no number that JSON does not know
    except (TypeError, ValueError, KeyError, AttributeError, IndexError) as error:
        raise Rejected(
            f"This is no calibration: {error}.",
            "“countersign eval forms DIR --fit FILE” writes one.",
            code="bad_calibration",
        ) from error
    return dict(data)


def next_version(wanted: str, there: set[str], *, built_in: bool = False) -> str:
    """The version wanted where it is free, else the next: 3 after 2, and 1.1 after a 1 that came with the program,
    whose next one will be 2.
    """
    version = wanted or "1"
    while version in there:
        head, dot, tail = version.partition("+")[0].rpartition(".")
        if tail.isdigit() and (dot or not built_in):
            version = f"{head}{dot}{int(tail) + 1}"
        else:
            version = f"{version.partition('+')[0]}.1"
    return version


def same_form(one: FormDefinition, other: FormDefinition) -> bool:
    """Whether two definitions differ in nothing but their version."""
    return replace(one, version="") == replace(other, version="")


def shelved(definition: FormDefinition, origin: Origin, state: VersionState, detail: Json) -> ShelvedVersion:
    return ShelvedVersion(
        definition.form_type, definition.version, definition.title, str(origin), str(state),
        pack(to_json(definition)), detail,
    )  # fmt: skip


def version_from(row: ShelvedVersion, definition: FormDefinition, shares: bool = False) -> ProcessorVersion:
    detail = row.detail
    return ProcessorVersion(
        definition=definition,
        state=VersionState(row.state),
        origin=Origin(row.origin),
        by=detail.get("by", ""),
        at=_time(detail.get("at")),
        settled_by=detail.get("settled_by", ""),
        settled_at=_time(detail.get("settled_at")),
        based_on=detail.get("based_on", ""),
        examples=tuple(example_from(e) for e in detail.get("examples", ())),
        calibration=detail.get("calibration"),
        sharing=sharing_of(row.origin, detail, shares),
    )


def example_json(example: Example) -> Json:
    return {
        "sha256": example.sha256,
        "media_type": example.media_type,
        "name": example.name,
        "turns": [list(turn) for turn in example.turns],
    }


def example_from(data: Mapping[str, Any]) -> Example:
    turns = tuple((int(page), int(turn)) for page, turn in data.get("turns", ()))
    return Example(data["sha256"], data["media_type"], data["name"], turns)


def sharing_of(origin: str, detail: Mapping[str, Any], shares: bool) -> str:
    """How a version stands with the library of all desks."""
    if origin == Origin.SHARED or (shares and detail.get("shared_at")):
        return SHARED
    return WAITS if shares and origin == Origin.HERE else ""


def _time(text: str | None) -> datetime | None:
    return from_time(text) if text else None
