"""The sample arrivals are what they say they are."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from random import Random

import numpy as np
import pytest
from PIL import Image

from app.domain.form import FieldKind
from app.services import sample_form, sample_value
from app.services.sample_form import KNOWN, Sample, known_definitions, make_samples
from app.services.sample_layout import from_definition, imaging_request, medication_request
from app.services.sample_paper import SERIF_BLACK, drawn, fill


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sample, ...]:
    return make_samples(tmp_path_factory.mktemp("samples"))


def by_name(samples: tuple[Sample, ...], name: str) -> Sample:
    return next(s for s in samples if s.path.name == name)


def test_there_are_enough_arrivals_of_enough_kinds_and_formats(samples: tuple[Sample, ...]) -> None:
    assert len(samples) >= 10
    assert {s.form_type for s in samples} >= {"tx_nofr001", "bsc_dme", "generic", ""}
    assert {s.path.suffix for s in samples} == {".pdf", ".tif", ".jpg", ".png"}
    assert len({s.damage for s in samples}) >= 7
    assert any(s.urgent for s in samples)


def test_every_file_is_of_the_format_its_name_says(samples: tuple[Sample, ...]) -> None:
    beginnings = {".pdf": b"%PDF-", ".tif": b"II*\0", ".jpg": b"\xff\xd8\xff", ".png": b"\x89PNG"}
    for sample in samples:
        content = sample.path.read_bytes()
        assert content.startswith(beginnings[sample.path.suffix]) or sample.form_type == ""


def digest(sample: Sample) -> str:
    return hashlib.sha256(sample.path.read_bytes()).hexdigest()


def test_the_same_seed_draws_the_same_bytes(samples: tuple[Sample, ...], tmp_path: Path) -> None:
    again = make_samples(tmp_path)
    assert [digest(s) for s in again] == [digest(s) for s in samples]
    assert [s.answers for s in again] == [s.answers for s in samples]


def test_another_seed_draws_other_people(
    samples: tuple[Sample, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample_form, "ARRIVALS", sample_form.ARRIVALS[:1])
    (other,) = make_samples(tmp_path, seed=8)
    assert other.path.name == samples[0].path.name
    assert other.answers["member_id"] != samples[0].answers["member_id"]
    assert digest(other) != digest(samples[0])


def test_nobody_appears_twice(samples: tuple[Sample, ...]) -> None:
    names = [s.answers.get("patient_name") or s.answers.get("member_name") for s in samples if s.form_type]
    assert len(set(names)) >= len(names) - 1
    ids = [s.answers["member_id"] for s in samples if s.form_type]
    assert len(set(ids)) == len(ids)


def test_answers_are_told_for_every_field_of_a_known_form(samples: tuple[Sample, ...]) -> None:
    for form_type, definition in known_definitions().items():
        fields = {f.name for f in definition.fields if f.page == 1}
        for sample in samples:
            if sample.form_type == form_type:
                assert fields <= set(sample.answers)
                assert set(sample.answers) == set(sample.labels)


@pytest.mark.parametrize("form_type", KNOWN)
def test_an_answer_is_drawn_where_the_definition_says(form_type: str) -> None:
    definition = known_definitions()[form_type]
    blank = from_definition(definition, boxed=KNOWN[form_type])
    empty = drawn(blank)
    for field in definition.fields:
        filled = empty.copy()
        answer = True if field.kind is FieldKind.TICK_BOX else "Hxg 07"
        fill(filled, blank, {field.name: answer}, SERIF_BLACK, Random(1))
        changed = np.argwhere(np.asarray(filled.convert("L")) != np.asarray(empty.convert("L")))
        assert len(changed), field.name
        y, x = changed.mean(axis=0)
        zone = field.zone.padded(0.004, 0.004)
        assert zone.contains(x / blank.width, y / blank.height), field.name


@pytest.mark.parametrize("blank", [imaging_request(), medication_request()], ids=lambda b: b.form_type)
def test_places_of_our_own_forms_lie_on_the_sheet_and_apart(blank: object) -> None:
    slots = blank.slots  # type: ignore[attr-defined]
    for number, slot in enumerate(slots):
        assert 0 <= slot.place.x0 < slot.place.x1 <= 1700
        assert 0 <= slot.place.y0 < slot.place.y1 <= 2200
        assert not any(slot.place.meets(other.place) for other in slots[number + 1 :])
    assert len({s.name for s in slots}) == len(slots)


def test_npis_have_ten_digits_and_a_valid_check_digit_and_were_never_given_out() -> None:
    for seed in range(50):
        number = sample_value.npi(Random(seed))
        digits = [int(c) for c in "80840" + number]
        doubled = [d * 2 - 9 * (d > 4) for d in digits[-2::-2]]
        assert (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
        assert len(number) == 10
        assert number[0] == "2"


def test_the_form_with_mistakes_holds_each_of_them(samples: tuple[Sample, ...]) -> None:
    sample = next(s for s in samples if s.mistakes)
    answers = sample.answers
    assert set(sample.mistakes) <= set(answers)
    assert len(str(answers["requesting_provider_npi"])) == 9
    assert answers["gender_male"] is answers["gender_female"] is True
    assert answers["services.1.diagnosis_code"] == "137.8"
    start, end = (
        datetime.strptime(str(answers[f"services.2.{side}_date"]), "%m/%d/%Y")  # noqa: DTZ007 - a day, not a time
        for side in ("start", "end")
    )
    assert start > end


def test_other_forms_have_their_dates_in_order_and_one_tick_a_question(samples: tuple[Sample, ...]) -> None:
    definitions = known_definitions()
    for sample in samples:
        definition = definitions.get(sample.form_type)
        if definition is None or sample.mistakes:
            continue
        for choice in definition.choices:
            if choice.exclusive:
                assert sum(sample.answers[o] is True for o in choice.options) <= 1
        for row in range(1, 5):
            days = [str(sample.answers.get(f"services.{row}.{side}_date", "")) for side in ("start", "end")]
            if all(days):
                start, end = (day[6:] + day[:2] + day[3:5] for day in days)
                assert start < end


def test_the_fax_package_has_a_cover_a_form_notes_and_a_blank_page_of_one_bit(
    samples: tuple[Sample, ...],
) -> None:
    sample = next(s for s in samples if s.page_count == 4)
    ink = []
    with Image.open(sample.path) as package:
        assert package.n_frames == 4
        for page in range(4):
            package.seek(page)
            assert package.mode == "1"
            ink.append(float((~np.asarray(package)[60:]).mean()))
    assert sample.page == 2
    assert ink[1] > ink[0] > ink[3]
    assert ink[2] > ink[3]


def test_a_faxed_page_carries_speckle_that_the_sheet_did_not(samples: tuple[Sample, ...]) -> None:
    with Image.open(by_name(samples, "fax-20261116-0914.tif").path) as fax:
        margin = np.asarray(fax)[-60:, :]
    assert 0 < (~margin).mean() < 0.05


def test_a_pale_copy_keeps_to_the_light_greys(samples: tuple[Sample, ...]) -> None:
    with Image.open(by_name(samples, "oxygen-copy.png").path) as copy:
        low, high = np.percentile(np.asarray(copy), (0.1, 99.9))
    assert low > 110
    assert high < 235


def test_the_empty_file_is_empty(samples: tuple[Sample, ...]) -> None:
    sample = next(s for s in samples if not s.form_type)
    assert sample.path.read_bytes() == b""
    assert not sample.answers
