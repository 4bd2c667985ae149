"""What an administrator says of a language model."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ModelFields:
    """The editors of a model's form. An empty `key` leaves the one that is kept as it is."""

    name: str = ""
    kind: str = "openai"
    model: str = ""
    url: str = ""
    project: str = ""
    location: str = ""
    most: int = 0
    plain: bool = False
    key: str = field(default="", repr=False)
    has_key: bool = False
