"""The form types that the ingestion service reads with, and versions that get another number on a desk's shelves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlcipher3.dbapi2 import IntegrityError

from app.domain.errors import Offline
from app.domain.extraction import Document, Extraction
from app.domain.library_wire import Kind, Publishing, Settling
from app.domain.processor import FormDefinition
from app.domain.processor_version import Origin, VersionState
from app.resource import resource
from app.services.ingestion_service.library import SharedLibrary
from app.services.ingestion_service.served_form import FreshProcessor, ServedForms
from app.services.processor_library import COMMON
from app.services.processors import load_definitions, to_json
from app.services.shelving import shelved
from app.services.store.packing import pack
from app.services.store.store import Store
from tests.serve_parts import ADMIN, PEOPLE, MemoryLibrary

NOW = datetime(2026, 11, 3, 9, 0, 0, tzinfo=UTC)
OWN, OTHER = load_definitions(resource("processors"))[:2]
BETTER = replace(OWN, version="7", title="Taught better")


class Used:
    """What the form processor was told."""

    def __init__(self) -> None:
        self.definitions: dict[str, FormDefinition] = {}
        self.calibrations: Mapping[str, Any] = {}
        self.times = 0

    def __call__(self, definitions: tuple[FormDefinition, ...], calibrations: Mapping[str, Any]) -> None:
        self.definitions = {definition.form_type: definition for definition in definitions}
        self.calibrations = calibrations
        self.times += 1

    def process(self, document: Document, _watch: object = None) -> Extraction:
        raise LookupError(self.definitions[OWN.form_type].version)


@pytest.fixture
def library() -> MemoryLibrary:
    return MemoryLibrary()


@pytest.fixture
def shared(library: MemoryLibrary) -> SharedLibrary:
    return SharedLibrary(library, lambda: NOW)


def publish(shared: SharedLibrary, definition: FormDefinition = BETTER) -> None:
    body = {"definition": to_json(definition), "calibration": None}
    place = Kind.FORM_TYPE, definition.form_type, definition.version
    known = shared.library.in_force(Kind.FORM_TYPE, definition.form_type)
    shared.publish(place, Publishing(body, known.revision if known else 0), PEOPLE[ADMIN])


def test_an_arrival_is_read_with_what_is_in_force_by_then(
    library: MemoryLibrary, shared: SharedLibrary
) -> None:
    used = Used()
    forms = ServedForms(library, (OWN, OTHER), {"own": 1}, used)
    reading = FreshProcessor(used, forms)
    forms.refresh()
    assert used.times == 0  # the program's own are what it was made with
    publish(shared)
    with pytest.raises(LookupError, match="7"):
        reading.process(Document("d", "application/pdf", b""))
    assert used.definitions == {OWN.form_type: BETTER, OTHER.form_type: OTHER}
    assert used.calibrations == {COMMON: {"own": 1}}
    forms.refresh()
    assert used.times == 1


def test_a_form_type_that_was_retired_is_not_read_any_more_and_its_cases_keep_it(
    library: MemoryLibrary, shared: SharedLibrary
) -> None:
    used = Used()
    forms = ServedForms(library, (OWN, OTHER), {}, used)
    publish(shared)
    forms.refresh()
    shared.settle(Kind.FORM_TYPE, OWN.form_type, Settling("", 1), PEOPLE[ADMIN])
    forms.refresh()
    assert set(used.definitions) == {OTHER.form_type}
    assert forms.definition(OWN.form_type, "7") == BETTER
    assert forms.definition(OWN.form_type, OWN.version) == OWN
    assert ServedForms(library, (OWN,), {}, Used()).definition(OWN.form_type, "7") == BETTER


def test_what_is_no_form_type_or_cannot_be_asked_leaves_the_one_that_was(
    library: MemoryLibrary, shared: SharedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = Used()
    forms = ServedForms(library, (OWN, OTHER), {}, used)
    publish(shared)
    library.bodies[Kind.FORM_TYPE, OWN.form_type, "7"] = pack({"definition": [], "calibration": None})
    forms.refresh()
    assert used.definitions[OWN.form_type] == OWN

    def away() -> tuple[int, str]:
        raise Offline("The network is away.")

    publish(shared, replace(BETTER, version="8"))
    with monkeypatch.context() as without:
        without.setattr(library, "revision", away)
        forms.refresh()
        assert used.definitions[OWN.form_type] == OWN
    forms.refresh()
    assert used.definitions[OWN.form_type].version == "8"


def test_a_version_gets_another_number_once_and_stays_as_it_is_after_it(tmp_path: Path) -> None:
    store = Store.open(tmp_path, bytes(32))
    try:
        row = shelved(OWN, Origin.HERE, VersionState.PUBLISHED, {"by": ADMIN})
        store.shelf.publish(lambda _rows: (row, {"form_type": OWN.form_type}), ADMIN, NOW)
        moved = replace(row, version="9", definition=pack({**row.unpacked, "version": "9"}))
        store.shelf.renumber(OWN.form_type, OWN.version, moved, ADMIN, NOW)
        (kept,) = store.shelf.versions()
        assert (kept.version, kept.state, kept.unpacked["version"]) == ("9", "published", "9")
        assert store.audit_verify().holds
        with pytest.raises(IntegrityError, match="never changes"), store.shelf._database.transaction():
            store.shelf._database.run("UPDATE form_versions SET version = '10'")
    finally:
        store.close()
