"""Tick boxes and places for signatures, judged against the blank form. Pages are drawn here."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from app.domain.processor import FormDefinition, from_json
from app.services.document_worker.reading import ink, mark
from app.services.document_worker.reading.frame import frame_at
from app.services.document_worker.reading.mark import Mark
from app.services.document_worker.reading.registration import Registration

Picture = npt.NDArray[np.uint8]

FACE = cv2.FONT_HERSHEY_SIMPLEX
H = 20.0
SIDE = 30
COUNT = 8
FREE = (900, 380, 960, 430)
"""A place for a mark without a printed box."""
SIGNATURE = (300, 1500, 900, 1570)
BLACK = (0, 0, 0)


def place(index: int) -> tuple[int, int]:
    """The upper left corner of a printed box."""
    return 300, 400 + 90 * index


@cache
def definition() -> FormDefinition:
    anchors, fields = [], []
    for index in range(COUNT):
        x, y = place(index)
        anchors.append({"text": f"Choice {index}", "box": _box(x + 42, y + 4, x + 150, y + 30)})
        fields.append(_field(f"box{index}", "tick_box", _box(x, y, x + SIDE, y + SIDE)))
    anchors.append({"text": "Home", "box": _box(965, 392, 1035, 414)})
    anchors.append({"text": "Signature:", "box": _box(150, 1540, 285, 1568)})
    fields += [_field("free", "tick_box", _box(*FREE)), _field("signature", "signature", _box(*SIGNATURE))]
    return from_json(
        {
            "schema": 1, "form_type": "ticks", "title": "Ticks", "version": "1", "size": [612, 792],
            "titles": ["Choice 0"], "anchors": anchors, "sections": [{"name": "all", "title": "All"}],
            "fields": fields,
        }
    )  # fmt: skip


def _box(x0: float, y0: float, x1: float, y1: float) -> list[float]:
    return [x0 / 1700, y0 / 2200, x1 / 1700, y1 / 2200]


def _field(name: str, kind: str, zone: list[float]) -> dict[str, object]:
    return {"name": name, "label": name, "section": "all", "kind": kind, "zone": zone}


def blank(thick: int = 3) -> Picture:
    """The form nobody filled in."""
    page = np.full((2200, 1700, 3), 255, np.uint8)
    for index in range(COUNT):
        x, y = place(index)
        cv2.rectangle(page, (x, y), (x + SIDE - 1, y + SIDE - 1), BLACK, thick)
        cv2.putText(page, f"Choice {index}", (x + 44, y + 24), FACE, 0.8, BLACK, 2, cv2.LINE_AA)
    cv2.putText(page, "Home", (967, 412), FACE, 0.8, BLACK, 2, cv2.LINE_AA)
    cv2.putText(page, "Signature:", (152, 1564), FACE, 0.8, BLACK, 2, cv2.LINE_AA)
    cv2.line(page, (300, 1568), (900, 1568), BLACK, 2)
    return page


def draw(page: Picture, what: str, x: int, y: int, side: int = SIDE) -> None:
    """A mark as people make them, into a square."""

    def line(*points: tuple[float, float], thick: int = 4, colour: tuple[int, int, int] = BLACK) -> None:
        path = np.array([[round(x + a * side), round(y + b * side)] for a, b in points], np.int32)
        cv2.polylines(page, [path], False, colour, thick, cv2.LINE_AA)

    if what == "tick":
        line((0.15, 0.5), (0.4, 0.85), (0.9, 0.1))
    elif what == "far tick":
        line((-0.2, 0.4), (0.35, 0.95), (1.7, -0.8))
    elif what == "cross":
        line((-0.1, -0.1), (1.1, 1.1), colour=(20, 20, 170))
        line((1.1, -0.1), (-0.1, 1.1), colour=(20, 20, 170))
    elif what == "thin":
        line((0.1, 0.1), (0.9, 0.9), thick=2)
        line((0.9, 0.1), (0.1, 0.9), thick=2)
    elif what == "filled":
        page[y + 2 : y + side - 2, x + 2 : x + side - 2] = 20
    elif what == "circle":
        middle = (round(x + side / 2), round(y + side / 2))
        cv2.ellipse(page, middle, (round(1.05 * side), round(0.95 * side)), 20, 0, 345, BLACK, 3, cv2.LINE_AA)
    else:
        raise ValueError(what)


def faxed(page: Picture, seed: int, threshold: int = 150) -> Picture:
    random = np.random.default_rng(seed)
    chance = random.random(page.shape[:2])
    black = (page.min(axis=2) < threshold) & (chance > 0.02) | (chance > 0.997)
    return np.repeat(np.where(black, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def shadowed(page: Picture) -> Picture:
    across = np.linspace(1.0, 0.5, page.shape[1])[None, :, None]
    return np.asarray(np.clip(cv2.GaussianBlur(page, (0, 0), 1.2) * across, 0, 255), np.uint8)


def as_scanned(page: Picture, damage: str) -> Picture:
    if damage == "fax":
        return faxed(page, 3)
    if damage == "shadow":
        return shadowed(page)
    if damage == "moved":
        return np.roll(page, (4, -4), axis=(0, 1))
    return page


def flat_of(page: Picture) -> ink.Flat:
    return ink.laid_flat(
        page, Registration(definition(), np.diag([1700 / 612, 1700 / 612, 1.0]), 1.0, 20, 0.0)
    )


def marks_of(page: Picture) -> dict[str, Mark]:
    flat = flat_of(page)
    return {
        f.name: mark.mark_in(flat, flat.pixels(f.zone), H)
        for f in definition().fields
        if f.name != "signature"
    }


def ticked(found: dict[str, Mark]) -> set[str]:
    return {name for name, each in found.items() if each.ticked}


DAMAGE = ("none", "fax", "shadow", "moved")


@pytest.mark.parametrize("damage", DAMAGE)
def test_whatever_people_put_into_a_box_ticks_it_and_no_other(damage: str) -> None:
    page = blank()
    for index, what in enumerate(("tick", "far tick", "cross", "thin", "filled")):
        draw(page, what, *place(index))
    found = marks_of(as_scanned(page, damage))
    assert ticked(found) == {f"box{i}" for i in range(5)}
    assert min(m.confidence for m in found.values()) > 0.8


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_form_nobody_filled_in_has_nothing_ticked(damage: str) -> None:
    found = marks_of(as_scanned(blank(), damage))
    assert ticked(found) == set()
    assert min(m.confidence for m in found.values()) > 0.9


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_circle_around_a_box_ticks_it(damage: str) -> None:
    page = blank()
    draw(page, "circle", *place(2))
    assert ticked(marks_of(as_scanned(page, damage))) == {"box2"}


def test_answers_and_ruling_around_a_box_are_no_circle() -> None:
    page = blank()
    x, y = place(3)
    cv2.line(page, (100, y - 14), (1500, y - 14), BLACK, 2)
    cv2.line(page, (100, y + 46), (1500, y + 46), BLACK, 2)
    cv2.line(page, (x - 14, y - 14), (x - 14, y + 46), BLACK, 2)
    cv2.putText(page, "in the morning", (x - 120, y - 22), FACE, 0.8, BLACK, 2, cv2.LINE_AA)
    cv2.putText(page, "and at night", (x - 120, y + 72), FACE, 0.8, BLACK, 2, cv2.LINE_AA)
    assert ticked(marks_of(page)) == set()


def test_thick_frames_are_no_marks() -> None:
    page = blank(thick=9)
    draw(page, "tick", *place(1))
    draw(page, "thin", *place(6))
    assert ticked(marks_of(page)) == {"box1", "box6"}


def test_what_stands_in_every_box_of_a_page_is_no_mark() -> None:
    page = blank()
    for index in range(COUNT):
        x, y = place(index)
        page[y + 14 : y + 16, x + 6 : x + 24] = 0  # a form may print something into its boxes
    draw(page, "tick", *place(1))
    draw(page, "cross", *place(6))
    assert flat_of(page).empty > 0.08
    assert ticked(marks_of(page)) == {"box1", "box6"}


def test_a_page_on_which_nearly_all_is_ticked_is_no_measure_of_emptiness() -> None:
    page = blank()
    for index in range(COUNT - 2):
        draw(page, "thin", *place(index))
    assert ticked(marks_of(page)) == {f"box{i}" for i in range(COUNT - 2)}


def test_a_broken_frame_is_found_where_it_lies() -> None:
    page = blank()
    x, y = place(0)
    page[y - 2 : y + 3, x + 10 : x + 16] = 255
    page[y + 8 : y + 14, x - 2 : x + 3] = 255
    moved = np.roll(page, (5, 4), axis=(0, 1))
    ink_of = (moved[..., 0] < 128).astype(np.uint8)
    found = frame_at(ink_of, (x, y, x + SIDE, y + SIDE))
    assert found is not None
    assert abs(found.x0 - x - 4) <= 2
    assert abs(found.y0 - y - 5) <= 2
    assert found.fill < 0.02


def test_where_no_box_is_printed_no_frame_is_found() -> None:
    flat = flat_of(blank())
    assert frame_at(flat.ink, (1200, 1000, 1230, 1030)) is None
    assert frame_at(flat.ink, (1, 1, 31, 31)) is None


@pytest.mark.parametrize("damage", ["none", "fax", "shadow"])
@pytest.mark.parametrize("what", ["tick", "cross", "circle"])
def test_a_mark_on_a_place_without_a_box_counts(what: str, damage: str) -> None:
    page = blank()
    draw(page, what, 916, 394, 24)
    assert "free" in ticked(marks_of(as_scanned(page, damage)))


def test_a_mark_that_touches_the_printed_word_beside_it_counts() -> None:
    page = blank()
    draw(page, "circle", 932, 394, 24)
    soft = np.asarray(cv2.GaussianBlur(page, (0, 0), 1.5), np.uint8)
    assert "free" in ticked(marks_of(soft))


def test_an_answer_that_reaches_into_a_place_for_a_mark_is_none() -> None:
    page = blank()
    cv2.putText(page, "MMMMM", (800, 415), FACE, 1.0, BLACK, 2, cv2.LINE_AA)
    left = cv2.getTextSize("MMMMM", FACE, 1.0, 2)[0][0] + 800
    assert left > FREE[0]
    page[:, FREE[0] + 6 :] = blank()[:, FREE[0] + 6 :]
    assert "free" not in ticked(marks_of(page))


# -- signatures


def scrawl(page: Picture, thick: int = 3) -> None:
    xs = np.linspace(340, 700, 120)
    ys = 1535 + 22 * np.sin((xs - 340) / 17) * np.cos((xs - 340) / 61)
    path = np.stack([xs + 9 * np.sin(xs / 7), ys], axis=1).round().astype(np.int32)
    cv2.polylines(page, [path], False, (60, 20, 10), thick, cv2.LINE_AA)


def signed(page: Picture) -> float:
    flat = flat_of(page)
    return mark.signed_in(flat, tuple(map(float, SIGNATURE)), H)  # type: ignore[arg-type]


@pytest.mark.parametrize("damage", ["none", "fax", "shadow"])
def test_a_scrawl_is_a_signature(damage: str) -> None:
    page = blank()
    scrawl(page)
    assert signed(as_scanned(page, damage)) > 0.95


@pytest.mark.parametrize("damage", ["none", "fax", "shadow"])
def test_an_empty_line_for_a_signature_is_empty(damage: str) -> None:
    assert signed(as_scanned(blank(), damage)) < 0.1


def test_a_typed_name_and_a_short_sign_stand_for_a_signature() -> None:
    for text in ("Dr. A. Example", "AE"):
        page = blank()
        cv2.putText(page, text, (340, 1556), FACE, 0.8, BLACK, 2, cv2.LINE_AA)
        assert signed(page) > 0.9


def test_dirt_and_the_tail_of_an_answer_above_are_no_signature() -> None:
    page = blank()
    cv2.circle(page, (500, 1530), 4, BLACK, -1)
    cv2.putText(page, "gyp", (600, 1492), FACE, 1.2, BLACK, 2, cv2.LINE_AA)
    assert signed(page) < 0.1
