"""Which determinations of a case a desk believes. It knows nothing that proposes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def believed(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The determinations of a case but those whose signature was refused: `unconfirmed.<line>` names the id of one
    that this desk does not believe. It is kept, and counts for nothing.
    """
    made = document.get("determinations") or {}
    refused = document.get("unconfirmed")
    if not refused:
        return made if isinstance(made, Mapping) else {}
    return {
        line: entry
        for line, entry in made.items()
        if line not in refused or refused[line] != str(entry.get("id", ""))
    }
