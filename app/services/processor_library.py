"""The form types of a workspace: what came with the program, and what was taught here, version by version."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.domain.case import Json, to_time
from app.domain.errors import Rejected
from app.domain.finding import Finding, examine, finding_text
from app.domain.processor import FormDefinition
from app.domain.processor_version import Example, Origin, ProcessorVersion, VersionState
from app.domain.role import Check, Right, anybody
from app.services.processors import to_json
from app.services.shelving import (
    Snapshot,
    checked,
    checked_calibration,
    divided,
    example_json,
    next_version,
    same_form,
    shelved,
    version_from,
)
from app.services.store.packing import to_text
from app.services.store.shelf import ShelvedVersion
from app.services.store.store import Store

COMMON = ""
"""The calibration of every form type that has none of its own."""
PROGRAM = "program"
"""Who publishes what comes with the program."""


Use = Callable[[tuple[FormDefinition, ...], Mapping[str, Json]], None]
"""Tells the running form processors what they know from now on: definitions, and calibrations by form type, or by the
resource name of a processor elsewhere."""


def unchanged(definitions: tuple[FormDefinition, ...], calibrations: Mapping[str, Json]) -> None:
    """`Use` of a form processor that cannot be told anything new."""


class NoSuchForm(Rejected):
    """The workspace knows no form type, or no version of it, by that name."""


class ProcessorLibrary:
    """Every version of every form type, and which of them are in force.

    `definition`, `definitions_in_force`, `titles` and `known` answer from memory, from any thread; everything
    else belongs to the store's lane. What another program publishes is seen at the next `refresh`, which every
    reading begins with. Raises `NoSuchForm`, `Rejected` with a sentence, `StorageFailed`.
    """

    def __init__(
        self,
        store: Store,
        built_in: Iterable[FormDefinition],
        calibration: Json,
        use: Use,
        now: Callable[[], datetime],
        digests: Mapping[str, str] | None = None,
        check: Check = anybody,
        changed: Callable[[], None] | None = None,
    ) -> None:
        """`check` is asked before anything is changed. `changed` is told when somebody published, retired or restored a
        form type here; None where nothing is shared with other desks. `digests` tell by form type what the
        files of the program's own definitions hold: one that is as it was need not be compared.
        """
        self._store = store
        self._calibration = calibration
        self._use = use
        self._now = now
        self._check = check
        self._changed = changed
        self._told: Mapping[str, tuple[str, Any]] | None = None
        self._shelf = Snapshot(-1, (), {})
        self._take_in(tuple(built_in), digests or {})

    # From memory, from any thread

    @property
    def known(self) -> Definitions:
        """By form type: the definition in force, or the last one there was. A live view."""
        return Definitions(self)

    def definitions_in_force(self) -> tuple[FormDefinition, ...]:
        """What forms are read with, by form type."""
        return tuple(self._shelf.parsed(row) for row in self._shelf.in_force())

    def definition(self, form_type: str, version: str = "") -> FormDefinition | None:
        """A version's definition; the one in force (or the last there was) for a version that is not known."""
        return self._shelf.definition(form_type, version)

    def titles(self) -> Mapping[str, str]:
        """What form types are called, for people."""
        return {row.form_type: row.title for row in self._shelf.foremost()}

    # In the store's lane

    def resolve(self, form_type: str, version: str = "") -> FormDefinition | None:
        """As `definition`, after a look at what other programs published where that version is not known."""
        if version and self._shelf.row(form_type, version) is None:
            self._look()
        return self._shelf.definition(form_type, version)

    def refresh(self) -> bool:
        """Take in what other programs published, and tell the form processor when anything is new to it."""
        self._look()
        return self._tell()

    def versions(self, form_type: str | None = None) -> tuple[ProcessorVersion, ...]:
        """Every version, or those of one form type: by form type, the latest first.

        Raises `NoSuchForm` for a form type that is not known.
        """
        self._look()
        rows = [row for row in self._shelf.rows if form_type in (None, row.form_type)]
        if form_type is not None and not rows:
            raise no_such_form(form_type)
        by_type: dict[str, list[ShelvedVersion]] = {}
        for row in rows:
            by_type.setdefault(row.form_type, []).insert(0, row)
        return tuple(self._version(row) for every in by_type.values() for row in every)

    def version(self, form_type: str, version: str = "") -> ProcessorVersion:
        """One version; without one named the one in force, else the last there was."""
        self._look()
        return self._version(self._row(form_type, version))

    def usage(self) -> Mapping[tuple[str, str], int]:
        """How many cases were read with each (form type, version)."""
        return self._store.read_with()

    def waiting(self, form_type: str) -> tuple[str, ...]:
        """Cases in review that the version in force may read better: those of this form type read with another
        version, and those no form type was found for.
        """
        row = self._row(form_type, "")
        return self._store.read_otherwise(form_type, row.version)

    def examine(self, definition: FormDefinition) -> tuple[Finding, ...]:
        """What speaks against publishing a definition, what blocks first."""
        others = {d.form_type: d for d in self.definitions_in_force() if d.form_type != definition.form_type}
        return examine(definition, others)

    def publish(
        self,
        definition: FormDefinition,
        by: str,
        *,
        calibration: Mapping[str, Any] | None = None,
        examples: Iterable[Example] = (),
        based_on: str = "",
        draft_id: str | None = None,
    ) -> ProcessorVersion:
        """Keep a definition as a new version and bring it into force; the one before is retired.

        It bears the version it names where that is free, else the next one. The draft goes in the same moment.
        Refused with what is wrong while `examine` finds what blocks, and when nothing differs from the version
        in force.
        """
        self._check(by, Right.ADMINISTER)
        definition = checked(definition)
        calibration = checked_calibration(calibration)
        blocking = [f for f in self.examine(definition) if f.blocks]
        if blocking:
            raise Rejected(
                f"This definition cannot be published: {' '.join(finding_text(f) for f in blocking)}",
                "Mend it and publish again.",
                code="definition_blocked",
                count=len(blocking),
            )
        at = self._now()
        detail = {
            "by": by,
            "at": to_time(at),
            "based_on": based_on,
            "examples": [example_json(e) for e in examples],
            "calibration": calibration,
        }

        def choose(rows: tuple[ShelvedVersion, ...]) -> tuple[ShelvedVersion, Json]:
            mine = [row for row in rows if row.form_type == definition.form_type]
            for row in mine:
                if row.state == VersionState.PUBLISHED and same_form(self._shelf.parsed(row), definition):
                    raise Rejected(
                        f"Nothing differs from version {row.version}, which is in force.",
                        "Change the definition first.",
                        code="nothing_new",
                        version=row.version,
                    )
            built_in = any(row.origin == Origin.BUILT_IN for row in mine)
            version = next_version(definition.version, {row.version for row in mine}, built_in=built_in)
            made = replace(definition, version=version)
            note = {"form_type": made.form_type, "version": version}
            return shelved(made, Origin.HERE, VersionState.PUBLISHED, detail), note

        made = self._store.shelf.publish(choose, by, at, draft_id)
        assert made is not None  # noqa: S101  `choose` always gives one
        self._share()
        return self._version(made)

    def retire(self, form_type: str, by: str, version: str = "") -> ProcessorVersion:
        """Take a version out of force (the one in force unless named): its forms are read as other forms are."""
        self._check(by, Right.ADMINISTER)
        self._look()
        row = self._row(form_type, version)
        if not self._store.shelf.settle(form_type, row.version, VersionState.RETIRED, by, self._now()):
            raise Rejected(
                f"Version {row.version} of {row.title} is not in force.",
                "Nothing was changed.",
                code="not_in_force",
            )
        self._share()
        return self.version(form_type, row.version)

    def restore(self, form_type: str, version: str, by: str) -> ProcessorVersion:
        """Bring a version back into force; the one in force is retired by it."""
        self._check(by, Right.ADMINISTER)
        self._look()
        row = self._row(form_type, version)
        if not self._store.shelf.settle(form_type, row.version, VersionState.PUBLISHED, by, self._now()):
            raise Rejected(
                f"Version {row.version} of {row.title} is in force already.", code="in_force_already"
            )
        self._share()
        return self.version(form_type, row.version)

    def forget(self, form_type: str, version: str) -> None:
        """A version has another number from now on."""
        self._shelf.definitions.pop((form_type, version), None)

    def _share(self) -> None:
        self.refresh()
        if self._changed is not None:
            self._changed()

    def calibrate(
        self, form_type: str, version: str, calibration: Mapping[str, Any] | None, by: str
    ) -> ProcessorVersion:
        """Keep the coefficients that were fitted for a version; None for the common ones again."""
        self._check(by, Right.ADMINISTER)
        self._look()
        row = self._row(form_type, version)
        kept = checked_calibration(calibration)
        self._store.shelf.calibrate(form_type, row.version, kept, by, self._now())
        self.refresh()
        return self.version(form_type, row.version)

    def _row(self, form_type: str, version: str) -> ShelvedVersion:
        found = self._shelf.row(form_type, version)
        if found is None:
            raise no_such_form(form_type, version)
        return found

    def _look(self) -> None:
        revision = self._store.shelf.revision()
        if revision != self._shelf.revision:
            self._shelf = Snapshot(revision, self._store.shelf.versions(), self._shelf.definitions)

    def _tell(self) -> bool:
        wanted = {
            row.form_type: (row.version, row.detail.get("calibration")) for row in self._shelf.in_force()
        }
        if wanted == self._told:
            return False
        calibrations = {COMMON: self._calibration}
        for form_type, (_, calibration) in wanted.items():
            own, others = divided(calibration or {})
            calibrations |= {**({form_type: own} if own else {}), **others}
        self._use(self.definitions_in_force(), calibrations)
        self._told = wanted
        return True

    def _take_in(self, built_in: tuple[FormDefinition, ...], digests: Mapping[str, str]) -> None:
        """Keep what came with the program, so that a case can be looked at with it when a newer program has
        another. It comes into force unless somebody here retired the program's own or teaches that form type.
        """
        self._look()
        for definition in built_in:
            digest = digests.get(definition.form_type, "")
            if self._kept(definition, digest, self._shelf.rows):
                continue

            def choose(
                rows: tuple[ShelvedVersion, ...],
                definition: FormDefinition = definition,
                digest: str = digest,
            ) -> tuple[ShelvedVersion, Json] | None:
                if self._kept(definition, digest, rows):
                    return None
                mine = [row for row in rows if row.form_type == definition.form_type]
                followed = any(
                    r.origin == Origin.BUILT_IN and r.state == VersionState.PUBLISHED for r in mine
                )
                state = VersionState.PUBLISHED if followed or not mine else VersionState.RETIRED
                fresh = definition
                if any(row.version == definition.version for row in mine):
                    # A version never changes: what differs under an old number gets one of its own.
                    mark = hashlib.sha256(to_text(to_json(definition)).encode()).hexdigest()[:6]
                    fresh = replace(definition, version=f"{definition.version}+{mark}")
                return shelved(fresh, Origin.BUILT_IN, state, {"by": PROGRAM, "digest": digest}), {}

            self._store.shelf.publish(choose, PROGRAM, self._now())
        self._look()
        in_force = {d.form_type: (d.version, None) for d in self.definitions_in_force()}
        if in_force == {d.form_type: (d.version, None) for d in built_in}:
            self._told = in_force  # what the form processor was made with

    def _kept(self, definition: FormDefinition, digest: str, rows: Iterable[ShelvedVersion]) -> bool:
        """Whether a definition of the program is kept already, told by its file where that is as it was.

        What is kept need not be parsed again. One taught here under the same number stays as it is.
        """
        for row in rows:
            if row.form_type != definition.form_type:
                continue
            if row.origin == Origin.HERE:
                if row.version == definition.version:
                    return True
                continue
            known = replace(definition, version=row.version)
            if (digest and row.detail.get("digest") == digest) or self._shelf.parsed(row) == known:
                self._shelf.definitions[row.form_type, row.version] = known
                return True
        return False

    def _version(self, row: ShelvedVersion) -> ProcessorVersion:
        return version_from(row, self._shelf.parsed(row), self._changed is not None)


class Definitions(Mapping[str, FormDefinition]):
    """A live view of the form types by name: what is published later is seen in it."""

    def __init__(self, library: ProcessorLibrary) -> None:
        self._library = library

    def __getitem__(self, form_type: str) -> FormDefinition:
        found = self._library.definition(form_type)
        if found is None:
            raise KeyError(form_type)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._library.titles())

    def __len__(self) -> int:
        return len(self._library.titles())

    def read_with(self, form_type: str, version: str) -> FormDefinition | None:
        """The definition a case was read with, else the one in force."""
        return self._library.definition(form_type, version)


def no_such_form(form_type: str, version: str = "") -> NoSuchForm:
    what = f"version “{version}” of the form type “{form_type}”" if version else f"form type “{form_type}”"
    return NoSuchForm(
        f"There is no {what} in this workspace.",
        "“countersign processors list” shows those there are.",
        code="no_such_form",
    )
