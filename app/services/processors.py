"""Form processor definitions on disk: read from a folder, and handed on as the JSON they are."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import Any

from app.domain.box import Box
from app.domain.calibration import DEFAULT, GENERIC
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


def digests(folder: Path) -> dict[str, str]:
    """What the file of each definition holds, by form type: the SHA-256 of its bytes."""
    found = {}
    for path in folder.glob("*.json"):
        content = path.read_bytes()
        form_type = json.loads(content).get("form_type") if path.name != CALIBRATION else None
        if form_type:
            found[str(form_type)] = hashlib.sha256(content).hexdigest()
    return found


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
    """The coefficients that make scores into probabilities, as stored beside the definitions; empty when absent.

    Raises `BadDefinition` with the file and the reason.
    """
    path = folder / CALIBRATION
    if not path.exists():
        return {}
    try:
        data = json.loads(path.read_text("utf-8"))
        return checked_calibration(data)
    except (BadDefinition, ValueError) as error:
        raise BadDefinition(f"{path.name}: {error}") from error


def checked_calibration(data: Any) -> Json:
    """A calibration from JSON of any origin: every coefficient a number, every map rising. Raises `BadDefinition`."""
    if not isinstance(data, dict):
        raise BadDefinition("a calibration is a JSON object")
    for group in DEFAULT:
        weights = data.get(group, {})
        if not isinstance(weights, dict) or not all(_is_number(w) for w in weights.values()):
            raise BadDefinition(f"{group}: coefficients are numbers by name")
    if GENERIC in data:
        checked_calibration(data[GENERIC])
    steps = data.get("steps", {})
    if not isinstance(steps, dict):
        raise BadDefinition("steps: maps by group are needed")
    for group, points in steps.items():
        pairs = isinstance(points, list) and all(isinstance(p, list) and len(p) == 2 for p in points)
        if group not in DEFAULT or not pairs or not all(_is_number(n) for p in points for n in p):
            raise BadDefinition(f"steps: {group}: points [shown, right] are needed")
        if any(b[0] <= a[0] or b[1] < a[1] for a, b in pairwise(points)):
            raise BadDefinition(f"steps: {group}: points have to rise")
    return data


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


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
