"""What a workspace keeps of form types: published versions, and forms that are being taught."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.domain.processor import FormDefinition

SHARED, WAITS = "shared", "waits"
"""How a version stands with the library of all desks: it is there, or will be when there is a network."""


class VersionState(StrEnum):
    """`PUBLISHED` is in force: forms are read with it. A form type has at most one such version."""

    PUBLISHED = "published"
    RETIRED = "retired"


class Origin(StrEnum):
    BUILT_IN = "built_in"
    HERE = "here"
    SHARED = "shared"
    """Published at another desk."""


@dataclass(frozen=True, slots=True)
class Example:
    """A page or file a form is taught with, kept encrypted in the workspace under the SHA-256 of its bytes.

    `turns` says how often a page has to be turned clockwise to stand upright, by 1-based page: zones are in
    fractions of the upright page.
    """

    sha256: str
    media_type: str
    name: str
    turns: tuple[tuple[int, int], ...] = ()

    def turn(self, page: int) -> int:
        return dict(self.turns).get(page, 0)


@dataclass(frozen=True, slots=True)
class ProcessorVersion:
    """One version of a form type. The definition never changes once published; the state does.

    `by` and `at` say who published it (nobody and None when it came with the program), `settled_by` and
    `settled_at` who retired or restored it last. `examples` are what it was taught with, the first being the
    page its zones were drawn on. `calibration` makes scores into probabilities, None for the common one. `sharing`
    is one of `SHARED`, `WAITS`, "" where nothing is shared.
    """

    definition: FormDefinition
    state: VersionState
    origin: Origin
    by: str = ""
    at: datetime | None = None
    settled_by: str = ""
    settled_at: datetime | None = None
    based_on: str = ""
    examples: tuple[Example, ...] = ()
    calibration: Mapping[str, Any] | None = field(default=None, compare=False)
    sharing: str = ""

    @property
    def form_type(self) -> str:
        return self.definition.form_type

    @property
    def version(self) -> str:
        return self.definition.version

    @property
    def title(self) -> str:
        return self.definition.title

    @property
    def in_force(self) -> bool:
        return self.state is VersionState.PUBLISHED


@dataclass(frozen=True, slots=True)
class FormDraft:
    """A form type that is being taught or mended: kept after every edit, told to no processor until published.

    `based_on` is the version it started from, "" for a new form. Zones are drawn on the first of `examples`.
    """

    draft_id: str
    definition: FormDefinition
    by: str
    started_at: datetime
    changed_at: datetime
    examples: tuple[Example, ...] = ()
    based_on: str = ""
