"""What a version of the shared library says, as JSON: made of what is kept here, and checked before it is kept.

A policy's body is its `data` and source `text`; a form type's is its `definition` and `calibration` (null for the
common one). What it was taught with stays on the desk that taught it: examples may show patients.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.case import Json
from app.domain.errors import Actionable, Rejected
from app.domain.finding import examine
from app.domain.library_wire import Kind
from app.domain.policy import Policy, policy_from
from app.domain.processor import BadDefinition, FormDefinition
from app.services.processors import read_definition
from app.services.shelving import checked, checked_calibration
from app.services.store.packing import pack

LARGEST = 900_000
"""Bytes of a packed body as text: a document of Firestore has 1 MiB."""
_BROKEN = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What the readers of policies and definitions, written for files of administrators, may trip over in a body that was
made to harm."""


@dataclass(frozen=True, slots=True)
class Taught:
    """A form type that was shared."""

    definition: FormDefinition
    calibration: Json | None


def policy_body(data: Mapping[str, Any], text: str) -> Json:
    return {"data": dict(data), "text": text}


def form_body(definition: Json, calibration: Json | None) -> Json:
    return {"definition": definition, "calibration": calibration}


def policy_of(body: Mapping[str, Any], name: str, version: str) -> Policy:
    """The policy of a body that was shared under this name. Raises `Rejected` for a body that is none."""
    data, text = body.get("data"), body.get("text")
    if body.keys() != {"data", "text"} or not isinstance(data, dict) or not isinstance(text, str):
        raise _no_body("policy")
    try:
        made = policy_from(data, text)
    except Actionable as error:
        raise _no_body("policy") from error  # its own words quote what came
    except _BROKEN as error:
        raise _no_body("policy") from error
    if (made.policy_id, made.version) != (name, version):
        raise _no_body("policy")
    return made


def form_of(body: Mapping[str, Any], name: str, version: str) -> Taught:
    """The form type of a body. Raises `Rejected` for a body that is none, or could not be published here either."""
    if body.keys() != {"definition", "calibration"}:
        raise _no_body("form type")
    try:
        made = checked(read_definition(body["definition"]))
        calibration = checked_calibration(body["calibration"])
        blocked = any(finding.blocks for finding in examine(made, {}))
    except Actionable as error:
        raise _no_body("form type") from error
    except (BadDefinition, *_BROKEN) as error:
        raise _no_body("form type") from error
    if blocked or (made.form_type, made.version) != (name, version):
        raise _no_body("form type")
    return Taught(made, calibration)


def packed_body(kind: Kind, name: str, version: str, body: Json) -> bytes:
    """A body as the library keeps it, checked. Raises `Rejected` for one that is none or too large."""
    if kind is Kind.POLICY:
        policy_of(body, name, version)
    else:
        form_of(body, name, version)
    packed = pack(body)
    if len(packed) * 4 // 3 > LARGEST:
        raise Rejected(
            "This version is too large to be shared.",
            "Shorten its source text, or split it.",
            code="version_too_large",
        )
    return packed


def _no_body(what: str) -> Rejected:
    return Rejected(
        f"This is no {what} that can be used.",
        "Check it, mend it, and publish it again.",
        code="library_body",
    )
