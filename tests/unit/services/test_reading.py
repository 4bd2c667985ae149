"""Reading, part by part: registration, runs and zones, marks, kinds, confidence, unknown forms.

Pages are made here; recognition itself is tried in tests/contract/test_form_processor.py.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from app.domain.box import Box
from app.domain.calibration import DEFAULT, Calibration
from app.domain.form import FieldKind, Source
from app.domain.processor import BadDefinition, FormDefinition, from_json
from app.services.document_worker.reading import form, ink, kind, mark, run
from app.services.document_worker.reading.confidence import box_evidence, text_evidence
from app.services.document_worker.reading.engine import Glyph, Line
from app.services.document_worker.reading.fillable import Widget, slug
from app.services.document_worker.reading.generic import GenericPage, PlacedLine, printed_boxes, read_generic
from app.services.document_worker.reading.ink import Piece
from app.services.document_worker.reading.picture import is_blank, turned_quad
from app.services.document_worker.reading.registration import (
    FoundLine,
    Registration,
    approximately,
    mapped,
    register,
)
from app.services.processors import load_calibration, load_definitions, to_json

PROCESSORS = Path(__file__).resolve().parents[3] / "resources" / "processors"


def line(
    text: str, score: float = 0.99, alternatives: dict[int, tuple[tuple[str, float], ...]] | None = None
) -> Line:
    return Line(
        tuple(
            Glyph(c, score, (i + 0.5) / len(text), (alternatives or {}).get(i, ()))
            for i, c in enumerate(text)
        )
    )


def definition(**changes: object) -> FormDefinition:
    anchors = [
        {"text": text, "box": [x, y, x + 0.012 * len(text), y + 0.015]}
        for text, x, y in (
            ("Request for equipment", 0.1, 0.05), ("Member name:", 0.1, 0.15), ("Date of birth:", 0.6, 0.15),
            ("Street address:", 0.1, 0.3), ("Telephone:", 0.6, 0.3), ("Prescriber:", 0.1, 0.5),
            ("National number:", 0.6, 0.5), ("Reason for request:", 0.1, 0.7), ("Signature of prescriber:", 0.1, 0.9),
            ("Office use only", 0.7, 0.9),
        )
    ]  # fmt: skip
    data: dict[str, object] = {
        "schema": 1, "form_type": "equipment", "title": "Equipment", "version": "1", "size": [612, 792],
        "titles": ["Request for equipment"], "anchors": anchors,
        "sections": [{"name": "all", "title": "All"}],
        "fields": [
            {"name": "name", "label": "Name", "section": "all", "kind": "name", "zone": [0.1, 0.17, 0.55, 0.2]},
            {"name": "urgent", "label": "Now", "section": "all", "kind": "tick_box", "zone": [0.1, 0.8, 0.12, 0.815]},
        ],
    }  # fmt: skip
    return from_json({**data, **changes})


def lines_on_page(of: FormDefinition, matrix: np.ndarray, extra: str = "") -> list[FoundLine]:
    """The printed texts of a form where a transformation puts them; a value runs on behind each when given."""
    found = []
    for anchor in of.anchors:
        text = anchor.text + extra
        box = anchor.box
        right = box.x0 + (box.x1 - box.x0) * len(text) / len(anchor.text)
        corners = np.array([[box.x0, box.y0], [right, box.y0], [right, box.y1], [box.x0, box.y1]]) * of.size
        found.append(FoundLine(line(text), mapped(matrix, corners)))
    return found


def placed(scale: float = 2.0, degrees: float = 0.0, x: float = 0.0, y: float = 0.0) -> np.ndarray:
    turn = math.radians(degrees)
    return np.array(
        [
            [scale * math.cos(turn), -scale * math.sin(turn), x],
            [scale * math.sin(turn), scale * math.cos(turn), y],
            [0, 0, 1],
        ]
    )


# -- definitions


def test_every_definition_comes_back_from_its_json() -> None:
    found = load_definitions(PROCESSORS)
    assert {d.form_type for d in found} == {"tx_nofr001", "bsc_dme"}
    for each in found:
        assert from_json(json.loads(json.dumps(to_json(each)))) == each


def test_a_definition_that_is_wrong_is_named_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text('{"schema": 1}')
    with pytest.raises(BadDefinition, match=r"broken\.json"):
        load_definitions(tmp_path)


def test_zones_of_a_form_do_not_lie_over_each_other() -> None:
    for each in load_definitions(PROCESSORS):
        slots = form.slots_of(each)
        for i, first in enumerate(slots):
            for second in slots[i + 1 :]:
                shared = first.zone.overlap(second.zone)
                assert shared < 0.12 * min(first.zone.area, second.zone.area), (first.path, second.path)


def test_an_expedited_request_is_told_by_its_tick_box() -> None:
    for each in load_definitions(PROCESSORS):
        assert each.expedited
        for name in each.expedited:
            found = each.field(name)
            assert found is not None
            assert found.kind is FieldKind.TICK_BOX


def test_the_calibration_names_known_features_only() -> None:
    data = load_calibration(PROCESSORS)
    for group, names in DEFAULT.items():
        assert set(data.get(group, {})) <= set(names), group


# -- registration


@pytest.mark.parametrize("degrees", [-3.0, 0.0, 2.5])
@pytest.mark.parametrize("scale", [1.2, 3.1])
def test_a_form_is_found_wherever_it_lies(degrees: float, scale: float) -> None:
    of = definition()
    matrix = placed(scale, degrees, 40, 25)
    found = register(lines_on_page(of, matrix), of, round(612 * scale))
    assert found is not None
    corners = np.array([[0, 0], [612, 0], [612, 792], [0, 792]], float)
    assert np.abs(mapped(found.matrix, corners) - mapped(matrix, corners)).max() < 0.01 * 612 * scale
    assert found.confidence > 0.5


def test_labels_are_found_in_front_of_their_values() -> None:
    of = definition()
    matrix = placed()
    found = register(lines_on_page(of, matrix, extra=" 12345 and more"), of, 1224)
    assert found is not None
    point = np.array([[300.0, 400.0]])
    assert np.abs(mapped(found.matrix, point) - mapped(matrix, point)).max() < 8


def test_another_form_with_a_few_of_the_same_labels_is_not_taken_for_it() -> None:
    of = definition()
    some = lines_on_page(of, placed())[1:5]
    assert register(some, of, 1224) is None


def test_the_same_labels_in_other_places_are_another_form() -> None:
    of = definition()
    shuffled = lines_on_page(of, placed())
    turned = [
        FoundLine(a.line, b.quad) for a, b in zip(shuffled, [*shuffled[3:], *shuffled[:3]], strict=True)
    ]
    assert register(turned, of, 1224) is None


def test_a_text_is_found_with_a_few_letters_misread() -> None:
    assert approximately("memberidnumber", "xxmemberldnunberyy", 3) == (2, 16)
    assert approximately("memberidnumber", "somethingelse", 3) is None


# -- runs and zones

H = 20.0


def word(x: float, text: str, y: float = 100.0, gap: float = 6.0) -> tuple[list[Piece], float]:
    """Letters as boxes, 10 wide and 2 apart; a dash is flat. Returns them and where the next word may begin."""
    pieces = []
    for letter in text:
        if letter == "-":
            pieces.append(Piece(x, y + 9, x + 8, y + 12, label=len(pieces), area=24))
        else:
            pieces.append(Piece(x, y, x + 10, y + H, label=len(pieces), area=100))
        x += 12
    return pieces, x - 2 + gap


def answers(pieces: list[Piece], zones: list[run.Zone]) -> dict[str, int]:
    """How many letters each zone got."""
    found, _ = run.assigned(run.runs(pieces, H), zones, H)
    return {key: sum(len(r.pieces) for r in each) for key, each in found.items()}


LEFT = run.Zone("left", FieldKind.TEXT, 0, 90, 200, 130)
RIGHT = run.Zone("right", FieldKind.TEXT, 200, 90, 400, 130)


def test_an_answer_that_spills_is_followed_into_the_next_cell() -> None:
    first, x = word(60, "aaaa")
    second, x = word(x, "bbbb")
    third, x = word(x, "cccc")
    assert x > 200
    assert answers([*first, *second, *third], [LEFT, RIGHT]) == {"left": 12}


def test_two_cells_side_by_side_are_two_answers() -> None:
    first, _ = word(60, "aaaaaaaaaaa")
    second, _ = word(204, "bbbb")
    assert answers([*first, *second], [LEFT, RIGHT]) == {"left": 11, "right": 4}


def test_dates_that_nearly_touch_are_two_answers() -> None:
    left = run.Zone("left", FieldKind.DATE, 0, 90, 200, 130)
    right = run.Zone("right", FieldKind.DATE, 200, 90, 400, 130)
    first, x = word(78, "aaaaaaaaaa", gap=6)
    second, _ = word(x, "bbbbbbbbbb")
    assert 195 < x < 207
    assert answers([*first, *second], [left, right]) == {"left": 10, "right": 10}


def test_a_code_behind_a_dash_stays_with_its_description() -> None:
    left = run.Zone("left", FieldKind.TEXT, 0, 90, 200, 130, embeds="icd10")
    right = run.Zone("right", FieldKind.ICD10, 200, 90, 400, 130)
    first, x = word(80, "aaaaaaa", gap=9)
    dash, x = word(x, "-", gap=14)
    code, _ = word(x, "bbbb")
    assert answers([*first, *dash, *code], [left, right]) == {"left": 12}


def test_an_answer_that_stands_lower_is_another_answer() -> None:
    first, x = word(100, "aaaaaaa")
    second, _ = word(x, "bbbb", y=111)
    below = run.Zone("right", FieldKind.TEXT, 188, 95, 400, 140)
    assert answers([*first, *second], [LEFT, below]) == {"left": 7, "right": 4}


def test_a_comma_between_two_lines_does_not_tie_them_together() -> None:
    first, _ = word(20, "aaaaaa", y=100)
    second, _ = word(20, "bbbbbb", y=126)
    comma = Piece(92, 117, 95, 126, label=99, area=20)
    found, _ = run.assigned(
        run.runs([*first, *second, comma], H), [run.Zone("z", FieldKind.TEXT, 0, 90, 300, 160)], H
    )
    assert [len(r.pieces) for r in found["z"]] == [7, 6]


# -- pages of ink


def flat_of(draw: object, of: FormDefinition | None = None) -> ink.Flat:
    of = of or definition()
    page = np.full((2200, 1700, 3), 255, np.uint8)
    draw(page)  # type: ignore[operator]
    registration = Registration(of, np.diag([1700 / 612, 1700 / 612, 1.0]), 1.0, 20, 0.0)
    return ink.laid_flat(page, registration)


def boxed(page: np.ndarray, ticked: str) -> None:
    x0, y0, x1, y1 = 170, 1760, 204, 1794
    cv2.rectangle(page, (x0, y0), (x1, y1), (0, 0, 0), 3)
    if ticked == "tick":
        cv2.polylines(page, [np.array([[176, 1776], [186, 1788], [210, 1752]])], False, (30, 30, 30), 5)
    elif ticked == "cross":
        cv2.line(page, (174, 1764), (200, 1790), (0, 0, 180), 4)
        cv2.line(page, (200, 1764), (174, 1790), (0, 0, 180), 4)
    elif ticked == "blob":
        cv2.circle(page, (187, 1777), 8, (20, 20, 20), -1)
    elif ticked == "specks":
        page[1765:1790:9, 175:200:9] = 0


@pytest.mark.parametrize(
    ("inside", "ticked"), [("tick", True), ("cross", True), ("blob", True), ("", False), ("specks", False)]
)
@pytest.mark.parametrize("shift", [(0, 0), (4, -3)])
def test_a_printed_box_is_judged_by_the_ink_well_inside_it(
    inside: str, ticked: bool, shift: tuple[int, int]
) -> None:
    def draw(page: np.ndarray) -> None:
        boxed(page, inside)
        page[:] = np.roll(page, shift, axis=(1, 0))

    found = mark.mark_in(flat_of(draw), (170, 1760, 204, 1793), H)
    assert found.ticked is ticked
    assert found.confidence > 0.9


def test_a_mark_where_no_box_is_printed_is_found_by_its_size() -> None:
    zone = (300.0, 1000.0, 380.0, 1040.0)
    empty = mark.mark_in(
        flat_of(lambda page: page.__setitem__((slice(1010, 1013), slice(330, 333)), 0)), zone, H
    )
    assert not empty.ticked
    tick = np.array([[325, 1015], [335, 1030], [355, 1008]])
    ticked = mark.mark_in(flat_of(lambda page: cv2.polylines(page, [tick], False, (90, 0, 0), 5)), zone, H)
    assert ticked.ticked


def test_printed_texts_are_not_taken_for_answers() -> None:
    def draw(page: np.ndarray) -> None:
        cv2.putText(page, "Member name:", (172, 352), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (0, 0, 0), 2)
        cv2.putText(page, "Ann Other", (190, 420), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (0, 0, 0), 2)

    flat = flat_of(draw)
    assert flat.pieces
    assert all(p.y0 > 385 for p in flat.pieces)


def test_a_coloured_answer_comes_away_from_the_label_it_lies_over() -> None:
    def draw(page: np.ndarray) -> None:
        cv2.putText(page, "Member name:", (172, 352), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (0, 0, 0), 2)
        for x in range(250, 1100, 28):
            cv2.line(page, (x, 335), (x + 14, 358), (220, 20, 20), 4)

    reached = [p for p in flat_of(draw).pieces if p.coloured]
    assert min(p.x0 for p in reached) < 262
    assert sum(p.x0 < 380 for p in reached) >= 4


def test_ruling_is_taken_out_of_a_line_written_on_it() -> None:
    def draw(page: np.ndarray) -> None:
        cv2.line(page, (100, 500), (1500, 500), (0, 0, 0), 3)
        cv2.putText(page, "typing", (300, 496), cv2.FONT_HERSHEY_SIMPLEX, 2.0, (0, 0, 0), 4)

    pieces = flat_of(draw).pieces
    assert pieces
    assert max(p.width for p in pieces) < 150
    assert any(p.y0 < 480 and p.y1 > 506 for p in pieces), "the tails of y, p and g go on below the line"


def test_two_lines_that_touch_are_cut_between_them() -> None:
    def draw(page: np.ndarray) -> None:
        for x in range(300, 1400, 100):
            cv2.line(page, (x, 600), (x + 56, 620), (0, 0, 0), 4)
            cv2.line(page, (x, 650), (x + 56, 630), (0, 0, 0), 4)
        cv2.line(page, (330, 600), (330, 650), (0, 0, 0), 4)

    flat = flat_of(draw)
    tall = [p for p in flat.pieces if p.height > 40]
    assert not tall
    first = {int(flat.labels[600, 302]), int(flat.labels[648, 302])}
    assert len(first - {0}) == 2
    assert first <= {p.label for p in flat.pieces}


def test_a_page_of_specks_and_scanner_edges_is_blank() -> None:
    random = np.random.default_rng(1)
    page = np.full((1100, 850, 3), 236, np.uint8)
    page[random.integers(0, 1100, 60), random.integers(0, 850, 60)] = 30
    page[:, :8] = 20
    assert is_blank(page)
    cv2.putText(page, "Approved by Dr. No", (100, 500), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (60, 60, 60), 2)
    assert not is_blank(page)


def test_a_page_with_a_shadow_across_it_is_blank() -> None:
    shade = np.tile(np.linspace(250, 140, 850).astype(np.uint8), (1100, 1))
    assert is_blank(np.repeat(shade[:, :, None], 3, axis=2))


def test_a_quad_turns_with_its_page() -> None:
    page = np.zeros((300, 200), np.uint8)
    page[40:60, 20:120] = 255
    quad = np.array([[20, 40], [120, 40], [120, 60], [20, 60]], float)
    for turns in (1, 2, 3):
        turned = np.rot90(page, -turns)
        rows, columns = np.nonzero(turned)
        moved = turned_quad(quad, 300, turns, 200)
        assert tuple(moved.min(axis=0)) == (columns.min(), rows.min())
        assert tuple(moved.max(axis=0)) == (columns.max() + 1, rows.max() + 1)


# -- kinds and confidence


@pytest.mark.parametrize(
    ("of", "text", "fits"),
    [
        (FieldKind.ICD10, "I37.8", True), (FieldKind.ICD10, "137.8", False), (FieldKind.ICD10, "$20.2", False),
        (FieldKind.PROCEDURE_CODE, "0175T", True), (FieldKind.PROCEDURE_CODE, "G6009", True),
        (FieldKind.PROCEDURE_CODE, "86O60", False), (FieldKind.DATE, "13/01/2020", False),
        (FieldKind.DATE, "12/31/2020", True), (FieldKind.NPI, "237458669", True),
        (FieldKind.PHONE, "+19775254110", True),
        (FieldKind.PHONE, "(323) 889-6504", True), (FieldKind.ZIP, "644T2", False), (FieldKind.TEXT, "anything", None),
    ],
)  # fmt: skip
def test_kinds_have_shapes(of: FieldKind, text: str, fits: bool | None) -> None:
    assert kind.shape_fits(of, text) is fits


def test_confidence_falls_with_every_sign_of_trouble() -> None:
    sure = Calibration({}).probability
    good = text_evidence(0.99, 0.98, 10, fits=True)
    assert sure(good) > 0.95
    for worse in (
        text_evidence(0.99, 0.5, 10, fits=True), text_evidence(0.99, 0.98, 10, fits=False),
        text_evidence(0.99, 0.98, 10, fits=True, overprint=True), text_evidence(0.99, 0.98, 10, fits=True, poor=1.0),
        text_evidence(0.99, 0.98, 10, fits=True, placement=0.3), good.joined([("disagrees", 1.0)]),
    ):  # fmt: skip
        assert sure(worse) < sure(good)


def test_a_box_nobody_fitted_keeps_the_score_of_its_ink() -> None:
    assert Calibration({}).probability(box_evidence(0.83)) == pytest.approx(0.83, abs=1e-3)


def test_coefficients_can_be_given_as_data() -> None:
    sceptic = Calibration({"text": {"one": -9.0}})
    assert sceptic.probability(text_evidence(0.99, 0.98, 10, fits=True)) < 0.2


# -- unknown forms


def unknown(*lines: tuple[str, float, float], widgets: tuple[Widget, ...] = ()) -> dict[str, object]:
    page = GenericPage(
        1, 0, np.full((1100, 850, 3), 255, np.uint8),
        tuple(PlacedLine(line(t), Box(x, y, min(0.99, x + 0.01 * len(t)), y + 0.015), True) for t, x, y in lines),
        widgets,
    )  # fmt: skip
    return {f.path: f for f in read_generic([page], "d")}


def test_labels_are_paired_with_what_follows_them() -> None:
    found = unknown(
        ("PATIENT INFORMATION", 0.1, 0.1), ("Patient name: Ann Other", 0.1, 0.15), ("Phone:", 0.5, 0.15),
        ("555-0100", 0.6, 0.15), ("Diagnosis:", 0.1, 0.2), ("Low back pain", 0.1, 0.22),
    )  # fmt: skip
    assert found["patient_name"].value == "Ann Other"
    assert found["patient_name"].section == "Patient information"
    assert found["phone"].value == "555-0100"
    assert found["phone"].kind is FieldKind.PHONE
    assert found["diagnosis"].value == "Low back pain"


def test_two_pairs_on_one_line_are_two_fields() -> None:
    found = unknown(("City: Springfield Zip: 64472", 0.1, 0.3))
    assert found["city"].value == "Springfield"
    assert found["zip"].value == "64472"


def test_a_label_without_a_value_is_an_empty_field() -> None:
    found = unknown(("Fax:", 0.1, 0.3))
    assert found["fax"].value == ""
    assert found["fax"].source is Source.ABSENT


def test_the_same_label_twice_makes_two_fields() -> None:
    found = unknown(("Phone: 1", 0.1, 0.3), ("Phone: 2", 0.1, 0.5))
    assert (found["phone"].value, found["phone_2"].value) == ("1", "2")


def test_a_time_is_no_label() -> None:
    assert unknown(("Seen at 10:45 today", 0.1, 0.3)) == {}


def test_fillable_fields_are_exact_and_named_by_what_people_see() -> None:
    found = unknown(
        ("Group number", 0.1, 0.3),
        widgets=(
            Widget("Text17", "", Box(0.3, 0.3, 0.5, 0.32), False, "G-77"),
            Widget("cb", "Check if urgent", Box(0.6, 0.3, 0.62, 0.32), True, ticked=True),
        ),
    )
    assert found["group_number"].value == "G-77"
    assert found["group_number"].confidence == 1.0
    assert found["check_if_urgent"].value is True


def test_printed_boxes_are_found_with_what_is_in_them() -> None:
    page = np.full((1100, 850, 3), 255, np.uint8)
    cv2.rectangle(page, (100, 100), (116, 116), (0, 0, 0), 1)
    cv2.rectangle(page, (200, 100), (216, 116), (0, 0, 0), 1)
    cv2.line(page, (202, 102), (214, 114), (0, 0, 0), 3)
    cv2.line(page, (214, 102), (202, 114), (0, 0, 0), 3)
    cv2.putText(page, "O0D", (300, 116), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (0, 0, 0), 1)
    found = sorted(printed_boxes(page), key=lambda b: b[0].x0)
    assert len(found) == 2
    assert found[0][1] < 0.05 < 0.3 < found[1][1]


def test_slugs_are_safe_as_names() -> None:
    assert slug("Member's Plan ID #: (if any)") == "member_s_plan_id_if_any"
    assert "." not in slug("a.b.c")
