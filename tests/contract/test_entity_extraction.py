"""An extraction of entities, as Document AI hands it out, enters like any other and is judged like any other."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.box import Box
from app.domain.case import Json
from app.domain.code import CodeLists
from app.domain.entity import Entity
from app.domain.extraction import Document, Extraction, FormExtraction, Part
from app.domain.form import FormField, Source
from app.services.confidence import Judge
from app.services.entity import extracted
from app.services.ports import FormProcessor, Watch
from app.services.processors import load_definitions

DEFINITION = next(
    d
    for d in load_definitions(Path(__file__).parents[2] / "resources" / "processors")
    if d.form_type == "tx_nofr001"
)
TICK = next(c.options[0] for c in DEFINITION.choices)
TABLE = DEFINITION.tables[0]
LISTS = CodeLists(frozenset({"E119"}), frozenset({"E119"}), frozenset({"E0784"}), "a small edition")


def said(type_: str, text: str, confidence: float, page: int = 2, **more: object) -> Entity:
    return Entity(type_, text, confidence, page, Box(0.1, 0.2, 0.3, 0.22), **more)  # type: ignore[arg-type]


class EntityProcessor:
    """A form processor of somebody else's: it knows entities and scores, nothing of rules."""

    def __init__(self, *entities: Entity, calibrations: dict[str, Json] | None = None) -> None:
        self.entities = entities
        self.judge = Judge({DEFINITION.form_type: DEFINITION}, calibrations or {}, lambda: LISTS)

    def process(self, document: Document, watch: Watch | None = None) -> Extraction:
        form = extracted(self.entities, DEFINITION, "extractor-7", document.document_id)
        return self.judge.judged(Extraction(3, (form,), (Part("form", form.pages),)))


def read(processor: FormProcessor) -> FormExtraction:
    (form,) = processor.process(Document("d1", "application/pdf", b"%PDF")).forms
    return form


def by_path(form: FormExtraction) -> dict[str, FormField]:
    return {f.path: f for f in form.fields}


def test_entities_take_labels_kinds_and_places_from_the_definition() -> None:
    form = read(EntityProcessor(said("patient_name", "Ann  Sample\n", 0.93), said(TICK, "x", 0.9)))
    found = by_path(form)
    name = found["patient_name"]
    assert (name.value, name.page, name.label) == ("Ann Sample", 2, DEFINITION.field("patient_name").label)  # type: ignore[union-attr]
    assert name.source is Source.RECOGNIZED
    assert found[TICK].value is True
    assert {f.name for f in DEFINITION.fields} <= set(found)
    assert form.processor_version == "extractor-7"


def test_each_entity_keeps_its_own_page() -> None:
    found = by_path(
        read(EntityProcessor(said("patient_name", "Ann", 0.9, 1), said("patient_phone", "555", 0.9, 3)))
    )
    assert (found["patient_name"].page, found["patient_phone"].page) == (1, 3)


def test_properties_become_the_rows_of_a_table_from_top_to_bottom() -> None:
    def row(y: float, procedure: str) -> Entity:
        cell = Entity(f"{TABLE.name}/{TABLE.columns[0].name}", procedure, 0.9, 1, Box(0.1, y, 0.3, y + 0.02))
        return Entity(TABLE.name, procedure, 0.9, 1, Box(0.1, y, 0.9, y + 0.02), properties=(cell,))

    found = by_path(read(EntityProcessor(row(0.6, "second"), row(0.5, "first"))))
    column = TABLE.columns[0].name
    assert found[f"{TABLE.name}.r1.{column}"].value == "first"
    assert found[f"{TABLE.name}.r2.{column}"].value == "second"


def test_the_surer_of_two_mentions_counts() -> None:
    found = by_path(
        read(EntityProcessor(said("patient_name", "Ann", 0.4), said("patient_name", "Anna", 0.8)))
    )
    assert found["patient_name"].value == "Anna"


def test_rules_lower_what_an_extractor_is_sure_of() -> None:
    column = next(c.name for c in TABLE.columns if c.embeds == "icd10")

    def confidence(text: str) -> float:
        cell = said(f"{TABLE.name}/{column}", text, 0.95)
        found = by_path(read(EntityProcessor(said(TABLE.name, text, 0.95, properties=(cell,)))))
        return found[f"{TABLE.name}.r1.{column}"].confidence

    known, unknown, misread = map(confidence, ("Diabetes - E11.9", "Diabetes - E11.8", "Diabetes - $11.9"))
    assert known > 0.95 > unknown > misread


def test_a_fitted_calibration_replaces_the_score() -> None:
    humble: dict[str, Json] = {DEFINITION.form_type: {"scored": {"one": -1.0, "score": 0.5}}}
    plain = by_path(read(EntityProcessor(said("patient_name", "Ann", 0.95))))["patient_name"]
    found = by_path(read(EntityProcessor(said("patient_name", "Ann", 0.95), calibrations=humble)))
    assert plain.confidence == pytest.approx(0.95, abs=0.002)
    assert found["patient_name"].confidence < 0.65


def test_what_was_not_found_is_absent_and_nobody_is_sure_of_it() -> None:
    field = by_path(read(EntityProcessor()))["patient_name"]
    assert (field.value, field.source, field.confidence) == ("", Source.ABSENT, 0.5)
