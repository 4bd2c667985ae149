"""The form types that the service reads with: the program's own, and over them what the shared library has in force."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass

from app.domain.case import Json
from app.domain.errors import Actionable, Rejected
from app.domain.extraction import Document, Extraction
from app.domain.library_wire import Kind
from app.domain.processor import FormDefinition
from app.services.ingestion_service.port import Library
from app.services.ports import FormProcessor, Watch
from app.services.processor_library import COMMON, Use
from app.services.shared_body import Taught, form_of
from app.services.store.packing import unpack


class ServedForms:
    """Which definitions are in force, and every one that a case was read with. Thread-safe.

    `refresh` asks the library what changed and tells the form processor; what cannot be asked or is no form type leaves
    the one that was.
    """

    def __init__(
        self, library: Library, built_in: tuple[FormDefinition, ...], calibration: Json, use: Use
    ) -> None:
        self._library, self._use = library, use
        self._lock = threading.Lock()
        self._built_in = {definition.form_type: definition for definition in built_in}
        self._calibration = calibration
        self._revision = 0
        self._in_force: dict[str, Taught | None] = {}
        self._known: dict[tuple[str, str], Taught] = {}

    def refresh(self) -> None:
        with (
            self._lock,
            suppress(Actionable),
        ):  # an arrival is read with what is known; the next one asks again
            revision, _ = self._library.revision()
            if revision == self._revision:
                return
            _, changed = self._library.since(self._revision)
            for said in changed:
                if said.kind is not Kind.FORM_TYPE:
                    continue
                if not said.version:
                    self._in_force[said.name] = None
                elif (found := self._fetched(said.name, said.version)) is not None:
                    self._in_force[said.name] = found
            self._tell()
            self._revision = revision

    def definition(self, form_type: str, version: str) -> FormDefinition | None:
        """The definition of a version; the one in force where that is not known."""
        own = self._built_in.get(form_type)
        if own is not None and own.version == version:
            return own
        with self._lock:
            in_force = self._in_force.get(form_type)
            if in_force is not None and version in ("", in_force.definition.version):
                return in_force.definition
            found = None
            if version:
                with suppress(Actionable):
                    found = self._fetched(form_type, version)
        found = found or in_force
        return found.definition if found is not None else own

    def _tell(self) -> None:
        calibrations: dict[str, Json] = {COMMON: self._calibration}
        definitions: dict[str, FormDefinition] = dict(self._built_in)
        for form_type, taught in self._in_force.items():
            if taught is None:
                definitions.pop(form_type, None)
                continue
            definitions[form_type] = taught.definition
            if taught.calibration:
                calibrations[form_type] = taught.calibration
        self._use(tuple(definitions[name] for name in sorted(definitions)), calibrations)

    def _fetched(self, form_type: str, version: str) -> Taught | None:
        key = form_type, version
        if key not in self._known:
            packed = self._library.body(Kind.FORM_TYPE, form_type, version)
            if packed is None:
                return None
            try:
                self._known[key] = form_of(unpack(packed), form_type, version)
            except Rejected:
                return None
        return self._known[key]


@dataclass(frozen=True, slots=True)
class FreshProcessor:
    """A `FormProcessor` that looks at the library before each document."""

    processor: FormProcessor
    forms: ServedForms

    def process(self, document: Document, watch: Watch | None = None) -> Extraction:
        self.forms.refresh()
        return self.processor.process(document, watch)
