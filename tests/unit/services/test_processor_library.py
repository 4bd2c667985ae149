"""The library of form types: versions that never change, one in force, agreed on by every program."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import sqlcipher3

from app.domain.box import Box
from app.domain.case import Json
from app.domain.errors import Rejected, StorageFailed
from app.domain.finding import ANCHORS_NEEDED, examine, finding_text
from app.domain.form import FieldKind
from app.domain.processor import (
    Anchor,
    BadDefinition,
    ChoiceDefinition,
    FieldDefinition,
    FormDefinition,
    RuleDefinition,
    Section,
)
from app.domain.processor_version import Origin, VersionState
from app.services.change_log import utc_now
from app.services.ingestion import Ingestion
from app.services.processor_library import NoSuchForm, ProcessorLibrary
from app.services.processors import read_definition, to_json
from app.services.shelving import next_version
from app.services.store.database import Database
from app.services.store.packing import pack
from app.services.store.schema import MIGRATIONS
from app.services.store.store import Store
from app.workstation import Settings, Workstation, build
from tests.scripted import (
    ScriptedProcessor,
    a_pdf,
    a_workstation,
    an_extraction,
    read_field,
    scripted_backends,
)

ROOT = Path(__file__).resolve().parents[3]


def a_definition(form_type: str = "sample_form", version: str = "1", **more: object) -> FormDefinition:
    """A form of three fields that can be published."""
    anchors = tuple(
        Anchor(f"Printed text {n}", Box(0.1 * (n % 5), 0.05 + 0.07 * n, 0.1 * (n % 5) + 0.2, 0.08 + 0.07 * n))
        for n in range(12)
    )
    fields = (
        FieldDefinition(
            "patient_name", "Name", "form", FieldKind.NAME, Box(0.3, 0.1, 0.8, 0.13), request="patient.patient_name"
        ),
        FieldDefinition(
            "procedure_code", "Code", "form", FieldKind.PROCEDURE_CODE, Box(0.3, 0.2, 0.8, 0.23),
            request="lines.1.service.code",
        ),
        FieldDefinition("urgent", "Urgent", "form", FieldKind.TICK_BOX, Box(0.3, 0.3, 0.33, 0.32)),
    )  # fmt: skip
    definition = FormDefinition(
        form_type, "Sample form", version, (612.0, 792.0), ("SAMPLE REQUEST",), anchors,
        (Section("form", "Form"),), fields, expedited=("urgent",),
    )  # fmt: skip
    return replace(definition, **more)  # type: ignore[arg-type]


class Told:
    """A form processor's `use` that keeps what it was told."""

    def __init__(self) -> None:
        self.calls: list[tuple[dict[str, str], dict[str, Json]]] = []

    def __call__(self, definitions: tuple[FormDefinition, ...], calibrations: Mapping[str, Json]) -> None:
        self.calls.append(({d.form_type: d.version for d in definitions}, dict(calibrations)))


def a_station(folder: Path, key: bytes, told: Told, *answers: object) -> Workstation:
    backends = replace(scripted_backends(ScriptedProcessor(answers)), use=told)  # type: ignore[arg-type]
    return build(Settings(folder, "ada"), key, backends)


def publish(station: Workstation, definition: FormDefinition, **more: object):
    return station.in_store(lambda: station.library.publish(definition, "ada", **more))


def test_what_comes_with_the_program_is_in_force_from_the_start(tmp_path: Path) -> None:
    with a_workstation(tmp_path) as station:
        versions = station.in_store(station.library.versions)
        assert {(v.form_type, v.version, v.state, v.origin) for v in versions} == {
            (d.form_type, "1", VersionState.PUBLISHED, Origin.BUILT_IN)
            for d in station.library.definitions_in_force()
        }
        assert {v.form_type for v in versions} == {"bsc_dme", "tx_nofr001"}


def test_what_comes_with_the_program_has_nothing_that_would_block_it(tmp_path: Path) -> None:
    with a_workstation(tmp_path) as station:
        for definition in station.library.definitions_in_force():
            assert [f for f in station.in_store(station.library.examine, definition) if f.blocks] == []


def test_publishing_retires_the_version_before_and_is_told_to_the_form_processor_at_once(
    tmp_path: Path,
) -> None:
    told = Told()
    station = a_station(tmp_path, os.urandom(32), told)
    try:
        first = publish(station, a_definition())
        second = publish(station, a_definition(title="Sample form, mended"))
        assert (first.version, second.version) == ("1", "2")
        states = {v.version: v.state for v in station.in_store(station.library.versions, "sample_form")}
        assert states == {"1": VersionState.RETIRED, "2": VersionState.PUBLISHED}
        assert [call[0]["sample_form"] for call in told.calls] == ["1", "2"]
        assert station.titles()["sample_form"] == "Sample form, mended"
        assert station.definitions["sample_form"].version == "2"
    finally:
        station.close()


def test_a_version_in_force_is_there_after_a_kill(tmp_path: Path) -> None:
    script = (
        "import os, sys\n"
        "from tests.unit.services.test_processor_library import *\n"
        "station = a_station(Path(sys.argv[1]), bytes.fromhex(sys.argv[2]), Told())\n"
        "publish(station, a_definition())\n"
        "os._exit(9)\n"
    )
    key = os.urandom(32)
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path), key.hex()], cwd=ROOT, check=False)
    assert done.returncode == 9
    told = Told()
    station = a_station(tmp_path, key, told)
    try:
        (found,) = station.in_store(station.library.versions, "sample_form")
        assert (found.state, found.by, found.definition) == (VersionState.PUBLISHED, "ada", a_definition())
    finally:
        station.close()


def test_another_program_reads_with_what_was_published_here_from_its_next_reading_on(tmp_path: Path) -> None:
    key, told = os.urandom(32), Told()
    path = tmp_path / "in.pdf"
    path.write_bytes(a_pdf())
    here, there = a_station(tmp_path / "w", key, Told()), a_station(tmp_path / "w", key, told)
    try:
        publish(here, a_definition())
        assert told.calls == []
        Ingestion(there.lanes, there.intake, there.backends.processor).take_in(path, "ada")
        assert [call[0].get("sample_form") for call in told.calls] == ["1"]
        assert there.in_store(there.library.refresh) is False
        assert len(told.calls) == 1  # nothing is told twice
        here.in_store(here.library.retire, "sample_form", "ada")
        case_id = there.in_store(there.store.cases_with_content, _sha(path))[0]
        there.in_store(there.intake.begin_reading_again, case_id)
        assert "sample_form" not in told.calls[-1][0]
    finally:
        here.close()
        there.close()


def _sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_two_programs_that_publish_at_one_moment_get_two_versions_and_one_is_in_force(tmp_path: Path) -> None:
    key = os.urandom(32)
    here, there = a_station(tmp_path, key, Told()), a_station(tmp_path, key, Told())
    try:
        making = [
            station.lanes.submit("store", station.library.publish, a_definition(title=f"By {n}"), "ada")
            for n, station in enumerate((here, there))
        ]
        assert {made.result().version for made in making} == {"1", "2"}
        for station in (here, there):
            versions = station.in_store(station.library.versions, "sample_form")
            assert [v.in_force for v in versions] == [True, False]
    finally:
        here.close()
        there.close()


def test_a_case_read_with_an_older_version_is_judged_by_that_version(tmp_path: Path) -> None:
    def read_with(version: str):
        found = an_extraction(
            read_field("box", True, kind=FieldKind.TICK_BOX),
            read_field("patient_name", "Ada"),
            form_type="sample_form",
        )
        return replace(found, forms=(replace(found.forms[0], processor_version=version),))

    box = FieldDefinition("box", "Urgent", "form", FieldKind.TICK_BOX, Box(0.5, 0.3, 0.53, 0.32))
    old = a_definition()
    old = replace(old, fields=(*old.fields, box), expedited=("box",))
    path = tmp_path / "in.pdf"
    path.write_bytes(a_pdf())
    with a_workstation(tmp_path / "w", read_with("1")) as station:
        publish(station, old)
        (case,) = (
            Ingestion(station.lanes, station.intake, station.backends.processor).take_in(path, "ada").cases
        )
        assert case.urgency == "expedited"
        publish(station, replace(old, expedited=()))
        edited = station.in_store(station.editing.confirm, case.case_id, ("patient_name",), "ada")
        assert edited.case.urgency == "expedited"  # as the version it was read with says
        assert edited.case.processor_version == "1"


def test_a_version_of_another_program_is_found_for_a_case_that_was_read_with_it(tmp_path: Path) -> None:
    key = os.urandom(32)
    here, there = a_station(tmp_path, key, Told()), a_station(tmp_path, key, Told())
    try:
        publish(there, a_definition())
        assert here.library.definition("sample_form", "1") is None
        assert here.in_store(here.changes.definition, "sample_form", "1") == a_definition()
        assert here.definitions.read_with("sample_form", "1") == a_definition()
    finally:
        here.close()
        there.close()


def test_a_version_that_is_not_known_falls_back_to_the_one_in_force(tmp_path: Path) -> None:
    with a_workstation(tmp_path) as station:
        found = station.in_store(station.changes.definition, "tx_nofr001", "0.9")
        assert found == station.definitions["tx_nofr001"]
        assert station.in_store(station.changes.definition, "generic", "") is None


def test_a_retired_form_type_is_not_read_any_more_and_its_cases_keep_its_title(tmp_path: Path) -> None:
    told = Told()
    station = a_station(tmp_path, os.urandom(32), told)
    try:
        retired = station.in_store(station.library.retire, "bsc_dme", "ada")
        assert (retired.state, retired.settled_by) == (VersionState.RETIRED, "ada")
        assert set(told.calls[-1][0]) == {"tx_nofr001"}
        assert "bsc_dme" in station.titles()
        assert station.definitions["bsc_dme"].version == "1"
        with pytest.raises(Rejected, match="not in force"):
            station.in_store(station.library.retire, "bsc_dme", "ada")
        restored = station.in_store(station.library.restore, "bsc_dme", "1", "ada")
        assert restored.in_force
        assert set(told.calls[-1][0]) == {"tx_nofr001", "bsc_dme"}
    finally:
        station.close()


def test_restoring_an_old_version_retires_the_one_in_force(tmp_path: Path) -> None:
    with a_workstation(tmp_path) as station:
        publish(station, a_definition())
        publish(station, a_definition(title="Other"))
        station.in_store(station.library.restore, "sample_form", "1", "bob")
        versions = station.in_store(station.library.versions, "sample_form")
        assert [(v.version, v.in_force) for v in versions] == [("2", False), ("1", True)]


def test_the_same_definition_is_not_published_twice(tmp_path: Path) -> None:
    with a_workstation(tmp_path) as station:
        publish(station, a_definition())
        with pytest.raises(Rejected, match="Nothing differs from version 1"):
            publish(station, a_definition(version="7"))


def test_a_mended_version_of_a_form_of_the_program_leaves_the_programs_next_number_free(
    tmp_path: Path,
) -> None:
    with a_workstation(tmp_path) as station:
        built_in = station.definitions["bsc_dme"]
        mended = publish(station, replace(built_in, title="DME, mended"))
        again = publish(station, replace(built_in, title="DME, mended again"))
        assert [mended.version, again.version] == ["1.1", "1.2"]
        assert mended.origin is Origin.HERE


@pytest.mark.parametrize(
    ("wanted", "there", "built_in", "expected"),
    [
        ("1", set(), False, "1"),
        ("1", {"1"}, False, "2"),
        ("1", {"1", "2"}, False, "3"),
        ("1", {"1"}, True, "1.1"),
        ("1.1", {"1", "1.1", "1.2"}, True, "1.3"),
        ("2024-a", {"2024-a"}, False, "2024-a.1"),
    ],
)
def test_the_next_version_is_one_that_is_free(
    wanted: str, there: set[str], built_in: bool, expected: str
) -> None:
    assert next_version(wanted, there, built_in=built_in) == expected


def a_library(store: Store, *built_in: FormDefinition) -> ProcessorLibrary:
    return ProcessorLibrary(store, built_in, {}, Told(), utc_now)


def test_a_newer_program_brings_its_version_into_force_where_nobody_taught_over_it(tmp_path: Path) -> None:
    store = Store.open(tmp_path, bytes(32))
    try:
        a_library(store, a_definition(version="1"))
        newer = a_library(store, a_definition(version="2", title="Newer"))
        assert [(v.version, v.in_force) for v in newer.versions("sample_form")] == [("2", True), ("1", False)]
        assert newer.definition("sample_form", "1") == a_definition(version="1")
    finally:
        store.close()


def test_a_newer_program_does_not_replace_what_was_taught_or_retired_here(tmp_path: Path) -> None:
    store = Store.open(tmp_path, bytes(32))
    try:
        library = a_library(store, a_definition("one"), a_definition("two"))
        library.publish(a_definition("one", title="Taught over it"), "ada")
        library.retire("two", "ada")
        newer = a_library(store, a_definition("one", "2", title="New"), a_definition("two", "2", title="New"))
        assert [d.title for d in newer.definitions_in_force()] == ["Taught over it"]
        assert {v.version for v in newer.versions("two")} == {"1", "2"}
    finally:
        store.close()


def test_a_definition_of_the_program_changed_under_its_number_becomes_a_version_of_its_own(
    tmp_path: Path,
) -> None:
    store = Store.open(tmp_path, bytes(32))
    try:
        a_library(store, a_definition(version="1"))
        for _ in range(2):  # at every start the same
            changed = a_library(store, a_definition(version="1", title="Changed"))
        first, second = changed.versions("sample_form")
        assert (first.title, first.in_force, first.version.startswith("1+")) == ("Changed", True, True)
        assert second.definition == a_definition(version="1")
    finally:
        store.close()


def test_the_store_refuses_to_change_or_remove_a_version_and_to_have_two_in_force(tmp_path: Path) -> None:
    with a_workstation(tmp_path) as station:
        publish(station, a_definition())
        publish(station, a_definition(title="Other"))
        database = station.store._database

        def attempt(sql: str) -> None:
            with database.transaction():
                database.run(sql)

        for sql in (
            "UPDATE form_versions SET definition = x'00'",
            "UPDATE form_versions SET version = '9'",
            "DELETE FROM form_versions",
            "UPDATE form_versions SET state = 'published'",
        ):
            with pytest.raises((sqlcipher3.Error, StorageFailed)):
                station.in_store(attempt, sql)


def test_what_happens_to_versions_stands_in_the_audit_trail_and_says_nothing_of_what_is_in_them(
    tmp_path: Path,
) -> None:
    with a_workstation(tmp_path) as station:
        publish(station, a_definition())
        station.in_store(station.library.calibrate, "sample_form", "1", {"text": {"one": 1.0}}, "bob")
        station.in_store(station.library.retire, "sample_form", "bob")
        station.in_store(station.library.restore, "sample_form", "1", "ada")
        entries = station.in_store(station.store.audit_entries)
        assert [(e.action, e.by) for e in entries] == [
            ("form_published", "ada"), ("form_calibrated", "bob"), ("form_retired", "bob"), ("form_restored", "ada"),
        ]  # fmt: skip
        assert all(e.detail == {"form_type": "sample_form", "version": "1"} for e in entries)
        assert station.in_store(station.store.audit_verify).holds


def test_a_calibration_goes_with_its_version_and_is_told_with_it(tmp_path: Path) -> None:
    told = Told()
    station = a_station(tmp_path, os.urandom(32), told)
    try:
        publish(station, a_definition(), calibration={"text": {"one": 2.0}})
        assert told.calls[-1][1]["sample_form"] == {"text": {"one": 2.0}}
        assert "" in told.calls[-1][1]  # the common one stays beside it
        station.in_store(station.library.calibrate, "sample_form", "1", {"text": {"one": 3.0}}, "ada")
        assert told.calls[-1][1]["sample_form"] == {"text": {"one": 3.0}}
        station.in_store(station.library.calibrate, "sample_form", "1", None, "ada")
        assert "sample_form" not in told.calls[-1][1]
    finally:
        station.close()


def test_an_unknown_form_type_or_version_is_told_in_a_sentence(tmp_path: Path) -> None:
    with a_workstation(tmp_path) as station:
        for call in (
            lambda: station.library.versions("nothing"),
            lambda: station.library.version("tx_nofr001", "77"),
            lambda: station.library.retire("nothing", "ada"),
            lambda: station.library.restore("nothing", "1", "ada"),
        ):
            with pytest.raises(NoSuchForm, match="There is no"):
                station.in_store(call)


def test_versions_and_drafts_come_over_into_the_store_that_replaces_a_damaged_one(tmp_path: Path) -> None:
    key = os.urandom(32)
    with a_workstation(tmp_path, key=key) as station:
        publish(station, a_definition())
        station.in_store(station.store.shelf.change_draft, "d1", lambda _: {"draft_id": "d1"})
        broken = _leaf_of_cases(station)
    path = tmp_path / "store.db"
    content = bytearray(path.read_bytes())
    content[(broken - 1) * 4096 + 100] ^= 0xFF
    path.write_bytes(content)
    (next(iter((tmp_path / "open").glob("[0-9]*")), None) or (tmp_path / "open" / "1-dead")).touch()
    with a_workstation(tmp_path, key=key) as station:
        assert [n.code for n in station.store.notices] in (["store_rescued"], ["store_rescued_in_part"])
        assert station.in_store(station.library.version, "sample_form").in_force
        assert station.in_store(station.store.shelf.drafts) == ({"draft_id": "d1"},)


def _leaf_of_cases(station: Workstation) -> int:
    """The page of the queue's empty table: broken, it costs nothing but the check."""
    row = station.in_store(
        station.store._database.one, "SELECT rootpage FROM sqlite_master WHERE name = 'queue_status'"
    )
    return int(row[0])


# What is checked before a definition is published


def blocked(definition: FormDefinition) -> dict[str, str]:
    return {f.rule: finding_text(f) for f in examine(definition) if f.blocks}


def with_field(definition: FormDefinition, which: str, /, **changes: object) -> FormDefinition:
    fields = tuple(replace(f, **changes) if f.name == which else f for f in definition.fields)  # type: ignore[arg-type]
    return replace(definition, fields=fields)


def test_a_sound_definition_has_nothing_that_blocks_it() -> None:
    assert blocked(a_definition()) == {}


def test_zones_that_lie_over_each_other_are_named_with_their_page() -> None:
    found = blocked(with_field(a_definition(), "urgent", zone=Box(0.3, 0.2, 0.8, 0.23)))
    assert set(found) == {"zones_overlap"}
    assert "“procedure_code” and “urgent” on page 1" in found["zones_overlap"]


def test_zones_that_only_touch_are_told_and_do_not_block() -> None:
    definition = with_field(a_definition(), "urgent", zone=Box(0.3, 0.224, 0.33, 0.25))
    assert blocked(definition) == {}
    assert "zones_touch" in {f.rule for f in examine(definition)}


def test_too_few_printed_texts_are_told_with_how_many_are_needed() -> None:
    definition = a_definition()
    short = replace(definition, anchors=definition.anchors[: ANCHORS_NEEDED - 1])
    assert f"{ANCHORS_NEEDED - 1} printed texts" in blocked(short)["few_anchors"]
    assert f"{ANCHORS_NEEDED} are needed" in blocked(short)["few_anchors"]
    assert blocked(replace(definition, anchors=definition.anchors[:ANCHORS_NEEDED])) == {}


def test_every_page_with_zones_needs_printed_texts_of_its_own() -> None:
    definition = with_field(replace(a_definition(), pages=2), "urgent", page=2)
    assert "Page 2 has 0 printed texts" in blocked(definition)["few_anchors"]


def test_a_definition_without_the_patients_name_in_the_request_is_blocked() -> None:
    assert (
        "patient.patient_name"
        in blocked(with_field(a_definition(), "patient_name", request=""))["no_patient_name"]
    )


def test_unknown_rules_and_rules_over_no_dates_are_named() -> None:
    definition = a_definition(rules=(RuleDefinition("sum_of", ("patient_name", "procedure_code")),))
    assert "“sum_of”" in blocked(definition)["unknown_rule"]
    definition = a_definition(rules=(RuleDefinition("date_order", ("patient_name", "patient_name")),))
    assert "“patient_name”" in blocked(definition)["rule_no_date"]


def test_names_doubled_or_with_a_dot_are_blocked() -> None:
    definition = a_definition(choices=(ChoiceDefinition("urgent", "Urgent", "form", ("urgent",)),))
    assert "“urgent” is used 2 times" in blocked(definition)["name_doubled"]
    assert "bad_name" in blocked(with_field(a_definition(), "patient_name", name="patient.name"))


def test_a_form_that_prints_what_another_prints_is_told(tmp_path: Path) -> None:
    with a_workstation(tmp_path) as station:
        twin = replace(station.definitions["tx_nofr001"], form_type="twin")
        rules = {f.rule: finding_text(f) for f in station.in_store(station.library.examine, twin)}
        assert "Texas standard PA" in rules["like_other"]


def test_publishing_what_is_blocked_says_what_and_keeps_nothing(tmp_path: Path) -> None:
    with a_workstation(tmp_path) as station:
        with pytest.raises(Rejected, match="printed texts to be recognized by"):
            publish(station, a_definition(anchors=()))
        with pytest.raises(NoSuchForm):
            station.in_store(station.library.versions, "sample_form")


@pytest.mark.parametrize(
    "damage",
    [
        {"schema": 2},
        {"fields": "none"},
        {"titles": "one"},
        {"expedited": [7]},
        {"sections": [{"name": "form", "title": 7}]},
        {"fields": [1]},
        {"fields": [{"name": "a"}]},
        {"size": []},
        {"size": ["a", "b"]},
        {"anchors": [{"text": "x", "box": [0, 0, 2, 1]}]},
        {"anchors": [{"text": "x", "box": [0, float("nan"), 1, 1]}]},
        {"pages": "many"},
        {"tables": [{}]},
        {"sections": {}},
        {"choices": [{"name": "q", "label": "", "section": "form", "options": ["patient_name"]}]},
    ],
)
def test_json_that_is_no_definition_is_refused_with_a_reason(damage: Json) -> None:
    data = {**to_json(a_definition()), **damage}
    with pytest.raises(BadDefinition):
        read_definition(data)


def test_what_is_wrong_with_a_field_is_told_with_its_place_and_name() -> None:
    data = to_json(a_definition())
    data["fields"][1]["kind"] = "signatur"
    with pytest.raises(
        BadDefinition, match=r"fields, no. 2 .“procedure_code”.: 'signatur' is no kind; known"
    ):
        read_definition(data)
    del data["fields"][1]["kind"]
    with pytest.raises(BadDefinition, match=r"fields, no. 2 .“procedure_code”.: 'kind' is missing"):
        read_definition(data)
    del data["fields"]
    with pytest.raises(BadDefinition, match="fields: a list is needed"):
        read_definition(data)


def test_a_program_that_knows_more_of_a_definition_does_not_take_it_for_another(tmp_path: Path) -> None:
    store = Store.open(tmp_path, bytes(32))
    try:
        a_library(store, a_definition())
        database = store._database
        shorter = {k: v for k, v in to_json(a_definition()).items() if k not in ("rules", "pages")}
        with database.transaction():  # as a program wrote it that did not know these yet
            database.run("DROP TRIGGER form_versions_fixed")
            database.run("UPDATE form_versions SET definition = ?", (pack(shorter),))
        assert [v.version for v in a_library(store, a_definition()).versions("sample_form")] == ["1"]
    finally:
        store.close()


def test_a_file_of_the_program_that_is_as_it_was_is_not_compared_again(tmp_path: Path) -> None:
    store = Store.open(tmp_path, bytes(32))
    try:
        for _ in range(2):
            library = ProcessorLibrary(store, (a_definition(),), {}, Told(), utc_now, {"sample_form": "d1"})
        assert library.definition("sample_form") == a_definition()
        changed = a_definition(title="Changed")
        library = ProcessorLibrary(store, (changed,), {}, Told(), utc_now, {"sample_form": "d2"})
        assert library.titles()["sample_form"] == "Changed"
    finally:
        store.close()


# What the store knows of versions


def test_forms_of_no_known_type_wait_for_every_new_form_type_whatever_version_read_them(
    tmp_path: Path,
) -> None:
    path = tmp_path / "in.pdf"
    path.write_bytes(a_pdf())
    found = an_extraction(read_field("a", "1"), form_type="generic")
    found = replace(found, forms=(replace(found.forms[0], processor_version="1"),))
    with a_workstation(tmp_path / "w", found) as station:
        (case,) = (
            Ingestion(station.lanes, station.intake, station.backends.processor).take_in(path, "ada").cases
        )
        publish(station, a_definition(version="1"))
        assert station.in_store(station.library.waiting, "sample_form") == (case.case_id,)


def test_a_store_from_before_form_types_had_versions_gets_room_for_them(tmp_path: Path) -> None:
    database = Database(tmp_path / "store.db", bytes(32))
    try:
        database.migrate(MIGRATIONS[:1], alone=True, backups=tmp_path / "backups")
        with database.transaction():
            database.run("INSERT INTO facts (name, value) VALUES ('desk', 'ABCD')")
        database.migrate(MIGRATIONS, alone=True, backups=tmp_path / "backups")
        assert database.one("SELECT value FROM facts") == ("ABCD",)
        assert database.all("SELECT * FROM form_versions") == []
        assert database.all("SELECT form_version FROM queue") == []
        assert len(list((tmp_path / "backups").iterdir())) == 1
    finally:
        database.close()


def test_cases_are_counted_by_version_also_those_an_earlier_program_stored(tmp_path: Path) -> None:
    path = tmp_path / "in.pdf"
    path.write_bytes(a_pdf())
    with a_workstation(tmp_path / "w", an_extraction(read_field("a", "1"))) as station:
        (case,) = (
            Ingestion(station.lanes, station.intake, station.backends.processor).take_in(path, "ada").cases
        )
        assert station.in_store(station.library.usage) == {("tx_nofr001", "test"): 1}
        database = station.store._database

        def forget() -> None:
            with database.transaction():
                database.run("UPDATE queue SET form_version = ''")

        station.in_store(forget)
        assert station.in_store(station.library.usage) == {("tx_nofr001", "test"): 1}
        assert station.in_store(station.library.waiting, "tx_nofr001") == (case.case_id,)
        assert station.in_store(station.library.waiting, "bsc_dme") == ()
        assert station.in_store(station.store.read_otherwise, "tx_nofr001", "test") == ()
        station.in_store(station.editing.confirm, case.case_id, ("a",), "ada")
        station.in_store(station.editing.verify, case.case_id, "ada")
        assert station.in_store(station.library.waiting, "tx_nofr001") == ()  # verified cases are left alone
