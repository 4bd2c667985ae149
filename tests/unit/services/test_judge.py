"""The last step of a reading: evidence, rules and calibration make the confidence that is shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.calibration import Evidence
from app.domain.form import FieldKind, FormField
from app.services.confidence import Judge
from app.services.sample_form import known_definitions
from tests.scripted import an_extraction, read_field


def shown(judge: Judge, field: FormField, form_type: str) -> FormField:
    return judge.judged(an_extraction(field, form_type=form_type)).forms[0].fields[0]


@pytest.mark.parametrize(("group", "value"), [("box", True), ("text", "Ada Sample"), ("blank", "")])
def test_a_value_of_a_form_that_nobody_defined_is_less_sure(group: str, value: str | bool) -> None:
    kind = FieldKind.TICK_BOX if group == "box" else FieldKind.NAME
    numbers = (("mean", 3.0), ("lowest", 1.0), ("length", 2.5)) if group == "text" else (("score", 3.9),)
    field = replace(read_field("patient_name", value, kind=kind), evidence=Evidence(group, numbers))
    judge = Judge(known_definitions(), {})

    known, unknown = (shown(judge, field, form_type) for form_type in ("tx_nofr001", "generic"))

    assert known.confidence > unknown.confidence
    assert unknown.evidence is not None
    assert unknown.evidence.number("generic") == 1.0


def test_a_form_type_with_a_calibration_of_its_own_is_judged_by_it() -> None:
    field = replace(read_field("patient_name", "Ada"), evidence=Evidence("text", (("mean", 2.0),)))
    own = {"text": {"one": -1.0, "mean": 0.0}}
    common = {"text": {"one": 2.0, "mean": 0.0}}
    judge = Judge(known_definitions(), {"": common, "tx_nofr001": own})

    assert shown(judge, field, "tx_nofr001").confidence == pytest.approx(0.2689, abs=1e-4)
    assert shown(judge, field, "bsc_dme").confidence == pytest.approx(0.8808, abs=1e-4)


def test_forms_that_nobody_defined_have_a_part_of_the_calibration_to_themselves() -> None:
    field = replace(read_field("patient_name", "Ada"), evidence=Evidence("text", (("mean", 2.0),)))
    common = {"text": {"one": 2.0}, "generic": {"text": {"one": -2.0}}}
    judge = Judge(known_definitions(), {"": common})

    assert shown(judge, field, "tx_nofr001").confidence == pytest.approx(0.8808, abs=1e-4)
    assert shown(judge, field, "generic").confidence == pytest.approx(0.1192, abs=1e-4)


def test_a_value_without_evidence_keeps_the_confidence_it_came_with() -> None:
    field = read_field("patient_name", "Ada", 0.77)
    assert shown(Judge({}, {}), field, "generic").confidence == 0.77
