"""The ink of broken pages: lines, specks and breaks of a fax; answers of neighbouring cells told apart.

Pages are drawn here: a small form with a table, printed texts and answers, then damaged.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from app.domain.form import FieldKind
from app.domain.processor import FormDefinition, from_json
from app.services.document_worker.reading import ink, ruling, run
from app.services.document_worker.reading.registration import Registration

Picture = npt.NDArray[np.uint8]

FACE = cv2.FONT_HERSHEY_SIMPLEX
WALLS = (200, 560, 920, 1280)
TOP, BOTTOM = 600, 760
LABELS = (
    ("Member name", 200, 200), ("Address of member", 900, 200), ("Planned services", 200, 560),
    ("Reason", 200, 900), ("Remarks of the clinic", 900, 900),
)  # fmt: skip


@cache
def definition() -> FormDefinition:
    anchors = []
    for text, x, y in LABELS:
        (wide, high), _ = cv2.getTextSize(text, FACE, 0.8, 2)
        anchors.append(
            {"text": text, "box": [x / 1700, (y - high) / 2200, (x + wide) / 1700, (y + 6) / 2200]}
        )
    cell = {"label": "", "section": "all", "kind": "date"}
    fields = [
        {"name": name, **cell, "zone": [x0 / 1700, TOP / 2200, x1 / 1700, BOTTOM / 2200]}
        for name, x0, x1 in (("first", 200, 560), ("second", 560, 920), ("third", 920, 1280))
    ]
    return from_json(
        {
            "schema": 1, "form_type": "little", "title": "Little", "version": "1", "size": [612, 792],
            "titles": ["Planned services"], "anchors": anchors, "sections": [{"name": "all", "title": "All"}],
            "fields": fields,
        }
    )  # fmt: skip


def page(*answers: tuple[str, int, int], colour: tuple[int, int, int] = (0, 0, 0)) -> Picture:
    """The little form, filled in."""
    drawn = np.full((2200, 1700, 3), 255, np.uint8)
    for text, x, y in LABELS:
        cv2.putText(drawn, text, (x, y), FACE, 0.8, (0, 0, 0), 2, cv2.LINE_AA)
    for x in WALLS:
        cv2.line(drawn, (x, TOP), (x, BOTTOM), (0, 0, 0), 2)
    for y in (TOP, BOTTOM):
        cv2.line(drawn, (WALLS[0], y), (WALLS[-1], y), (0, 0, 0), 2)
    for text, x, y in answers:
        cv2.putText(drawn, text, (x, y), FACE, 0.8, colour, 2, cv2.LINE_AA)
    return drawn


def flat_of(picture: Picture) -> ink.Flat:
    return ink.laid_flat(
        picture, Registration(definition(), np.diag([1700 / 612, 1700 / 612, 1.0]), 1.0, 20, 0.0)
    )


def faxed(picture: Picture, seed: int = 5, lost: float = 0.02, salt: float = 0.003) -> Picture:
    random = np.random.default_rng(seed)
    chance = random.random(picture.shape[:2])
    black = (picture.min(axis=2) < 150) & (chance > lost) | (chance > 1 - salt)
    return np.repeat(np.where(black, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def lines_through(picture: Picture, rows: tuple[int, ...] = (), columns: tuple[int, ...] = ()) -> Picture:
    """Lines a fax machine draws over the whole page: rows without a gap, columns with many."""
    random = np.random.default_rng(2)
    drawn = picture.copy()
    for row in rows:
        drawn[row : row + 2] = 0
    for column in columns:
        drawn[random.random(len(drawn)) > 0.3, column : column + 2] = 0
    return drawn


def zones_of(flat: ink.Flat) -> list[run.Zone]:
    return [run.Zone(f.name, f.kind, *flat.pixels(f.zone)) for f in flat.definition.fields]


def answers_of(flat: ink.Flat) -> dict[str, list[tuple[float, float]]]:
    """Where each answer begins and ends, by field, in pixels rounded to tens."""
    height = run.text_height(flat.pieces)
    found, _ = run.assigned(run.runs(flat.pieces, height), zones_of(flat), height)
    return {
        name: [(round(r.x0, -1), round(r.x1, -1)) for r in each if r.y1 - r.y0 > 0.5 * height]
        for name, each in found.items()
    }


def ends(text: str, x: int) -> tuple[float, float]:
    (wide, _), _ = cv2.getTextSize(text, FACE, 0.8, 2)
    return round(x, -1), round(x + wide, -1)


def near(found: list[tuple[float, float]], wanted: tuple[float, float]) -> bool:
    return len(found) == 1 and all(abs(a - b) <= 10 for a, b in zip(found[0], wanted, strict=True))


# -- what a fax draws over a page


def test_a_page_without_damage_comes_back_as_it_is() -> None:
    drawn = page(("04/17/2031", 230, 690))
    assert ruling.without_crossing(drawn) is drawn


@pytest.mark.parametrize("gray", [False, True])
def test_lines_from_edge_to_edge_go_and_the_strokes_they_cross_stay(gray: bool) -> None:
    clean = page(("04/17/2031", 230, 690))
    struck = lines_through(clean, rows=(682, 1500), columns=(300,))
    if gray:
        clean, struck = clean[..., 0].copy(), struck[..., 0].copy()
    cleaned = ruling.without_crossing(struck)
    assert cleaned.shape == struck.shape
    assert (cleaned[1500:1502] > 200).all()
    word = np.s_[665:695, 225:380]
    before, after = (clean[word] < 128).mean(), (cleaned[word] < 128).mean()
    assert (struck[word] < 128).mean() > 1.15 * before
    assert 0.85 * before < after < 1.15 * before


def test_ruling_that_ends_before_the_edge_is_not_taken_for_a_line_of_the_fax() -> None:
    drawn = page()
    cv2.line(drawn, (200, 1200), (1500, 1200), (0, 0, 0), 3)
    assert ruling.without_crossing(drawn) is drawn


def test_a_thick_bar_across_the_page_stays() -> None:
    drawn = page()
    drawn[1300:1340] = 0
    assert ruling.without_crossing(drawn) is drawn


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_each_answer_of_a_fax_stays_one_answer_in_its_own_cell(seed: int) -> None:
    dates = {"first": ("04/17/2031", 230), "second": ("05/02/2031", 600)}
    struck = lines_through(
        faxed(page(*((t, x, 690) for t, x in dates.values())), seed), rows=(684, 900), columns=(330, 1100)
    )
    found = answers_of(flat_of(struck))
    for name, (text, x) in dates.items():
        assert near(found[name], ends(text, x)), (name, found)
    assert not found.get("third")


def test_specks_are_nothing_and_leave_a_blank_cell_blank() -> None:
    flat = flat_of(faxed(page(("04/17/2031", 230, 690)), salt=0.005))
    assert flat.poor > 0.1
    x0, y0, x1, y1 = (round(n) for n in flat.pixels(definition().fields[1].zone))
    assert not [p for p in flat.pieces if x0 < p.x0 and p.x1 < x1 and y0 < p.y0 and p.y1 < y1]
    free = flat.gray[y0 + 8 : y1 - 8, x0 + 8 : x1 - 8]
    assert (free < 128).mean() < 0.0002


def test_full_stops_and_dashes_of_a_fax_are_no_specks() -> None:
    flat = flat_of(faxed(page(("Dr. A - B", 230, 690))))
    stop = [p for p in flat.pieces if 250 < p.x0 < 290 and p.y1 > 683 and p.height < 8]
    dash = [p for p in flat.pieces if p.width > 1.8 * p.height and 8 < p.width < 25 and 665 < p.middle < 690]
    assert stop
    assert dash


def test_broken_strokes_are_held_together() -> None:
    text = "MEMBER"
    drawn = page((text, 230, 690))
    drawn[680:683, 210:500] = 255  # rows the fax lost
    whole, broken = flat_of(drawn), flat_of(faxed(drawn, lost=0.01))

    def letters(flat: ink.Flat) -> int:
        return sum(1 for p in flat.pieces if p.y0 > TOP + 8 and p.y1 < BOTTOM - 8 and p.x0 > 210)

    assert letters(whole) >= 2 * len(text) - 2
    assert letters(broken) <= len(text) + 1
    assert {p.label for p in broken.pieces} <= set(np.unique(broken.labels).tolist())


def test_ruling_with_gaps_is_no_writing() -> None:
    drawn = page(("04/17/2031", 230, 690))
    for x in WALLS:
        drawn[TOP + 5 : BOTTOM : 9, x - 3 : x + 4] = 255
    for y in (TOP, BOTTOM):
        drawn[y - 3 : y + 4, WALLS[0] + 20 : WALLS[-1] : 31] = 255
    found = answers_of(flat_of(faxed(drawn)))
    assert near(found["first"], ends("04/17/2031", 230))
    assert not found.get("second")
    assert not found.get("third")


def test_letters_below_each_other_are_not_taken_for_a_broken_rule() -> None:
    lines = [("lllIIll11", 230, 1200 + 34 * i) for i in range(8)]
    flat = flat_of(faxed(page(*lines)))
    columns = flat.rules[1170:1450, 220:420]
    assert columns.mean() < 0.01


def test_how_broken_a_page_is_tells_a_fax_from_a_scan() -> None:
    drawn = page(("04/17/2031", 230, 690))
    soft = np.asarray(cv2.GaussianBlur(drawn, (0, 0), 1.0), np.uint8)
    dim = np.asarray(soft * np.linspace(1.0, 0.65, 1700)[None, :, None], np.uint8)
    for scan in (drawn, soft, dim):
        assert flat_of(scan).poor < 0.1
    assert flat_of(faxed(drawn)).poor > flat_of(faxed(drawn, lost=0.0, salt=0.00001)).poor > 0.1


# -- cells


@pytest.mark.parametrize("colour", [(0, 0, 0), (190, 20, 20)])
@pytest.mark.parametrize("shift", [0, 3, 6])
def test_two_dates_that_touch_the_rule_between_their_cells_are_two_answers(
    colour: tuple[int, int, int], shift: int
) -> None:
    (wide, _), _ = cv2.getTextSize("11/28/2026", FACE, 0.8, 2)
    left, right = 560 - wide + shift, 561 + shift
    flat = flat_of(page(("11/28/2026", left, 690), ("01/07/2027", right, 690), colour=colour))
    found = answers_of(flat)
    assert near(found["first"], ends("11/28/2026", left)), found
    assert near(found["second"], ends("01/07/2027", right)), found


def test_a_word_that_runs_through_the_rule_between_two_cells_stays_one_answer() -> None:
    flat = flat_of(page(("Otorhinolaryngologist", 430, 690)))
    zones = [run.Zone(f.name, FieldKind.TEXT, *flat.pixels(f.zone)) for f in definition().fields]
    height = run.text_height(flat.pieces)
    found, _ = run.assigned(run.runs(flat.pieces, height), zones, height)
    assert [round(r.x1, -1) for r in found["first"]] == [ends("Otorhinolaryngologist", 430)[1]]
    assert not found.get("second")


def test_a_code_that_runs_on_behind_a_lost_dash_stays_with_its_description() -> None:
    height = 20.0
    left = run.Zone("left", FieldKind.TEXT, 0, 90, 200, 130, embeds="icd10")
    right = run.Zone("right", FieldKind.ICD10, 200, 90, 400, 130)

    def letters(x: float, count: int) -> list[ink.Piece]:
        return [ink.Piece(x + 12 * i, 100, x + 12 * i + 10, 120, label=i, area=100) for i in range(count)]

    description = letters(98, 8)  # ends at 192
    spilled, own = letters(222, 5), letters(206, 5)
    for code, wanted in ((spilled, {"left": 13}), (own, {"left": 8, "right": 5})):
        found, _ = run.assigned(run.runs([*description, *code], height), [left, right], height)
        assert {key: sum(len(r.pieces) for r in each) for key, each in found.items()} == wanted


def test_a_coarse_page_in_black_and_white_counts_as_broken_though_no_speck_tells_of_it() -> None:
    registration = Registration(definition(), np.diag([1700 / 612, 1700 / 612, 1.0]), 1.0, 20, 0.0)
    clean = page(("11/28/2026", 220, 640))
    assert ink.laid_flat(clean, registration).poor < 0.1
    assert ink.laid_flat(clean, registration, one_bit=True).poor > 0.3
    fine = cv2.resize(clean, None, fx=1.5, fy=1.5)
    larger = Registration(definition(), np.diag([2550 / 612, 2550 / 612, 1.0]), 1.0, 20, 0.0)
    assert ink.laid_flat(np.asarray(fine, np.uint8), larger, one_bit=True).poor < 0.1
