"""Form processor definitions, as they come with the program."""

from __future__ import annotations

import json
from pathlib import Path

from app.domain.processor import BadDefinition, FormDefinition, from_json


def load_definitions(folder: Path) -> tuple[FormDefinition, ...]:
    """Every definition of a folder, in the order of their names. Raises `BadDefinition` naming the file."""
    found = []
    for path in sorted(folder.glob("*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        if "form_type" not in data:
            continue
        try:
            found.append(from_json(data))
        except BadDefinition as error:
            raise BadDefinition(f"{path.name}: {error}") from error
    return tuple(found)
