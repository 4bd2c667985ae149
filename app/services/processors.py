"""Form processor definitions on disk: read from a folder, and handed on as the JSON they are."""

from __future__ import annotations

import dataclasses
import json
from enum import Enum
from pathlib import Path
from typing import Any

from app.domain.box import Box
from app.domain.case import Json
from app.domain.processor import SCHEMA, BadDefinition, FormDefinition, from_json

CALIBRATION = "calibration.json"


def load_definitions(folder: Path) -> tuple[FormDefinition, ...]:
    """Every definition of a folder, by file name. Raises `BadDefinition` with the file and the reason."""
    found = []
    for path in sorted(folder.glob("*.json")):
        if path.name == CALIBRATION:
            continue
        try:
            found.append(from_json(json.loads(path.read_text("utf-8"))))
        except (BadDefinition, ValueError) as error:
            raise BadDefinition(f"{path.name}: {error}") from error
    doubled = {d.form_type for d in found if [o.form_type for o in found].count(d.form_type) > 1}
    if doubled:
        raise BadDefinition(f"{folder.name}: form types defined twice: {sorted(doubled)}")
    return tuple(found)


def read_definition(data: Any) -> FormDefinition:
    """A definition from JSON of any origin. Raises `BadDefinition` with the place and the reason."""
    if not isinstance(data, dict):
        raise BadDefinition("a definition is a JSON object")
    try:
        return from_json(data)
    except BadDefinition:
        raise
    except (ValueError, AttributeError, OverflowError) as error:  # a kind that is none, a text for a list
        raise BadDefinition(f"malformed: {error}") from error


def load_calibration(folder: Path) -> Json:
    """The coefficients that make scores into probabilities, as stored beside the definitions; empty when absent."""
    path = folder / CALIBRATION
    if not path.exists():
        return {}
    data = json.loads(path.read_text("utf-8"))
    if not isinstance(data, dict):
        raise BadDefinition(f"{path.name}: an object is needed")
    return data


def to_json(definition: FormDefinition) -> Json:
    """The definition as the JSON that `from_json` reads: the same definition comes back."""
    data = {f.name: _plain(getattr(definition, f.name)) for f in dataclasses.fields(definition)}
    return {"schema": SCHEMA, **data}


def _plain(value: Any) -> Any:
    if isinstance(value, Box):
        return [value.x0, value.y0, value.x1, value.y1]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    return value
