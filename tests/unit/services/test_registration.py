"""Which form a page is: look-alikes made here are told apart, and what is not defined is not taken for one.

Pages are drawn, damaged and recognized as they would be in life; only the forms are made up.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from random import Random

import cv2
import numpy as np
import pymupdf
import pytest

from app.domain.processor import FormDefinition, from_json
from app.services.document_worker.reading.block import blocks_of
from app.services.document_worker.reading.engine import Engine, Gray, Line
from app.services.document_worker.reading.identity import Identity, identified, identified_by, sides_of
from app.services.document_worker.reading.likeness import FoundLine, likeness
from app.services.document_worker.reading.plane import mapped
from app.services.document_worker.reading.registration import register

Printed = tuple[str, float, float, float]
"""Text, left edge, base line, size of the letters: points of a letter page."""

_HOUSE: tuple[Printed, ...] = (
    ("NORTHERN HEALTH PLAN", 60, 50, 15), ("Member information", 60, 110, 12), ("Member name:", 60, 135, 10),
    ("Date of birth:", 320, 135, 10), ("Member number:", 60, 165, 10), ("Telephone:", 320, 165, 10),
    ("Requesting provider", 60, 200, 12), ("Provider name:", 60, 225, 10), ("NPI number:", 320, 225, 10),
    ("Office address:", 60, 255, 10), ("Office fax:", 320, 255, 10),
)  # fmt: skip
_EQUIPMENT: tuple[Printed, ...] = (
    ("Equipment requested", 60, 300, 12), ("Item description:", 60, 325, 10), ("HCPCS code:", 320, 325, 10),
    ("Length of need:", 60, 355, 10), ("Purchase or rental:", 320, 355, 10), ("Delivery date:", 60, 385, 10),
    ("Supplier name:", 320, 385, 10), ("Serial number:", 60, 415, 10), ("Quantity:", 320, 415, 10),
)  # fmt: skip
_VISITS: tuple[Printed, ...] = (
    ("Home health visits", 60, 300, 12), ("Skilled nursing visits:", 60, 325, 10), ("Visits per week:", 320, 325, 10),
    ("Therapy discipline:", 60, 355, 10), ("Number of weeks:", 320, 355, 10), ("Start of care:", 60, 385, 10),
    ("Agency name:", 320, 385, 10), ("Homebound status:", 60, 415, 10), ("Caregiver:", 320, 415, 10),
)  # fmt: skip
_END: tuple[Printed, ...] = (
    ("Attestation", 60, 480, 12), ("I certify that this request is medically necessary", 60, 500, 9),
    ("Signature of prescriber:", 60, 530, 10), ("Date signed:", 320, 530, 10),
)  # fmt: skip
_EQUIPMENT_TITLE, _VISITS_TITLE = "Equipment Authorization Request", "Home Health Authorization Request"


def _down(texts: Sequence[Printed], by: float) -> tuple[Printed, ...]:
    return tuple((t, x, y + by, size) for t, x, y, size in texts)


def _form(title: str, body: Sequence[Printed], foot: str) -> tuple[Printed, ...]:
    return ((title, 60, 80, 14), *_HOUSE, *body, (foot, 60, 740, 8))


FORMS: dict[str, tuple[str, tuple[Printed, ...]]] = {
    "equipment": (_EQUIPMENT_TITLE, _form(_EQUIPMENT_TITLE, (*_EQUIPMENT, *_END), "Form 2210 Rev 03/2021")),
    "visits": (_VISITS_TITLE, _form(_VISITS_TITLE, (*_VISITS, *_END), "Form 2214 Rev 03/2021")),
    # The next version has one more row; everything below has moved.
    "longer": (
        _EQUIPMENT_TITLE,
        _form(
            _EQUIPMENT_TITLE,
            (*_EQUIPMENT[:5], ("Prior equipment:", 60, 385, 10), *_down((*_EQUIPMENT[5:], *_END), 30)),
            "Form 2210 Rev 09/2023",
        ),
    ),
    # This one differs in the foot alone.
    "renumbered": (_EQUIPMENT_TITLE, _form(_EQUIPMENT_TITLE, (*_EQUIPMENT, *_END), "Form 2210 Rev 11/2024")),
}


def definition(name: str, pages: Sequence[str] = ()) -> FormDefinition:
    anchors = []
    for number, each in enumerate(pages or (name,), 1):
        for text, x, y, size in FORMS[each][1]:
            wide = pymupdf.get_text_length(text, "helv", size)
            box = [x / 612, (y - 0.75 * size) / 792, (x + wide) / 612, (y + 0.05 * size) / 792]
            anchors.append({"text": text, "box": box, "page": number})
    field = {"label": "Name", "section": "all", "kind": "name", "zone": [0.25, 0.15, 0.5, 0.18]}
    return from_json(
        {
            "schema": 1, "form_type": name, "title": name, "version": "1", "size": [612, 792],
            "titles": [FORMS[name][0]], "anchors": anchors, "sections": [{"name": "all", "title": "All"}],
            "fields": [{**field, "name": f"name_{n}", "page": n} for n in range(1, len(pages or (name,)) + 1)],
            "pages": len(pages or (name,)),
        }
    )  # fmt: skip


def picture(name: str, seed: int = 3) -> Gray:
    """The form filled in, as a scan."""
    random = Random(seed)
    with pymupdf.open() as document:
        page = document.new_page()
        for text, x, y, size in FORMS[name][1]:
            page.insert_text((x, y), text, fontsize=size)
            if text.endswith(":") and random.random() < 0.8:
                answer = random.choice(["Ann Other", "04/05/1980", "5550199", "Q7731", "12 Elm Street"])
                right = x + pymupdf.get_text_length(text, "helv", size) + 8
                page.insert_text((right, y), answer, fontname="tiro", fontsize=11, color=(0, 0, 0.6))
        shown = page.get_pixmap(dpi=150)
        return np.frombuffer(shown.samples, np.uint8).reshape(shown.height, shown.width, 3).copy()


def askew(pixels: Gray, degrees: float = 4.5, scale: float = 0.85) -> Gray:
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, scale)
    return np.asarray(cv2.warpAffine(pixels, matrix, (width, height), borderValue=(255, 255, 255)), np.uint8)


def faxed(pixels: Gray, seed: int = 11) -> Gray:
    random = np.random.default_rng(seed)
    black = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY) + random.normal(0, 25, pixels.shape[:2]) < 150
    black |= random.random(black.shape) > 0.998
    black[:, pixels.shape[1] // 3] = True
    return np.repeat(np.where(black, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def photographed(pixels: Gray, seed: int = 5) -> Gray:
    """In perspective on a table on which other things lie."""
    random = np.random.default_rng(seed)
    height, width = pixels.shape[:2]
    table = np.clip(random.normal(85, 12, (height + 300, width + 300, 3)), 0, 255).astype(np.uint8)
    for _ in range(20):
        x, y = (int(n) for n in random.uniform(0, width, 2))
        cv2.rectangle(table, (x, y), (x + 120, y + 90), tuple(int(n) for n in random.uniform(0, 255, 3)), -1)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + 150 + random.uniform(-60, 60, (4, 2)).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(corners, moved)
    size = table.shape[1], table.shape[0]
    sheet = cv2.warpPerspective(pixels, matrix, size)
    where = cv2.warpPerspective(np.full((height, width), 255, np.uint8), matrix, size) > 0
    table[where] = sheet[where]
    return np.asarray(table * np.linspace(1.0, 0.65, size[0])[None, :, None], np.uint8)


@cache
def engine() -> Engine:
    return Engine(1)


def found(pixels: Gray, *known: str) -> Identity:
    return identified(pixels, sides_of([definition(k) for k in known]), engine())


def name_of(identity: Identity) -> str | None:
    return identity.side.definition.form_type if identity.side else None


@pytest.mark.parametrize("actual", ["equipment", "visits"])
def test_sibling_forms_of_one_payer_are_told_apart(actual: str) -> None:
    assert name_of(found(picture(actual), "equipment", "visits")) == actual


@pytest.mark.parametrize("actual", ["equipment", "longer", "renumbered"])
def test_the_versions_of_a_form_are_told_apart(actual: str) -> None:
    assert name_of(found(faxed(picture(actual)), "renumbered", "equipment", "longer")) == actual


@pytest.mark.parametrize(("known", "actual"), [("equipment", "visits"), ("equipment", "longer")])
def test_a_form_that_is_not_defined_is_not_taken_for_one_that_looks_alike(known: str, actual: str) -> None:
    pixels = picture(actual)
    assert name_of(found(pixels, known)) is None
    # Nor when all of its lines are read.
    quads = blocks_of(pixels).quads
    read = read_lines(pixels, quads)
    assert identified_by(read, sides_of([definition(known)]), pixels.shape[1]) is None
    other = identified_by(read, sides_of([definition(known), definition(actual)]), pixels.shape[1])
    assert other is not None
    assert other[1].definition.form_type == actual


def read_lines(pixels: Gray, quads: Sequence[np.ndarray]) -> list[FoundLine]:
    from app.services.document_worker.reading.engine import straightened

    read = engine().recognize([straightened(pixels, q) for q in quads])
    return [FoundLine(line, quad) for line, quad in zip(read, quads, strict=True) if line.glyphs]


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_form_is_found_lying_or_on_its_head_and_askew(turns: int) -> None:
    pixels = np.ascontiguousarray(np.rot90(askew(picture("visits")), turns))
    identity = found(pixels, "equipment", "visits")
    assert name_of(identity) == "visits"
    assert identity.turns == turns  # turned back clockwise


def test_a_photograph_on_a_cluttered_table_is_laid_onto_its_form() -> None:
    identity = found(photographed(picture("equipment")), "equipment", "visits")
    assert name_of(identity) == "equipment"
    assert identity.registration is not None
    assert identity.registration.error < 0.004


def test_a_form_is_told_by_few_of_its_lines() -> None:
    pixels = picture("visits")
    identity = found(pixels, "equipment", "visits")
    assert 2 * len(identity.lines) < len(blocks_of(pixels).quads)


def test_each_page_of_a_form_is_known_by_its_number() -> None:
    both = definition("equipment", pages=("equipment", "visits"))
    for number, name in ((1, "equipment"), (2, "visits")):
        identity = identified(picture(name), sides_of([both]), engine())
        assert identity.side is not None
        assert identity.side.page == number
        assert [f.name for f in identity.side.shown.fields] == [f"name_{number}"]


def test_lines_that_were_only_seen_hold_a_form_in_place() -> None:
    of = definition("equipment")
    matrix = np.array([[2.0, 0.02, 30.0], [-0.02, 2.0, 45.0], [0.0, 0.0, 1.0]])
    lines = []
    for anchor in of.anchors:
        b = anchor.box
        corners = np.array([[b.x0, b.y0], [b.x1, b.y0], [b.x1, b.y1], [b.x0, b.y1]]) * of.size
        lines.append(FoundLine(_line(anchor.text), mapped(matrix, corners)))
    read, seen = lines[::4], [line.quad for line in lines if line not in lines[::4]]
    there = register(read, of, 1300, seen)
    assert there is not None
    assert there.placed > there.matches
    corners = np.array([[0.0, 0.0], [612, 0], [612, 792], [0, 792]])
    assert np.abs(mapped(there.matrix, corners) - mapped(matrix, corners)).max() < 6
    # Seen lines alone name nothing.
    assert register(read[:2], of, 1300, seen) is None


def _line(text: str) -> Line:
    from app.services.document_worker.reading.engine import Glyph

    return Line(tuple(Glyph(c, 0.99, (i + 0.5) / len(text)) for i, c in enumerate(text)))


def test_lines_are_found_by_their_ink_whatever_rules_cross_the_page() -> None:
    pixels = picture("equipment")
    plain = len(blocks_of(pixels).quads)
    for y in range(200, pixels.shape[0], 180):
        cv2.line(pixels, (40, y), (pixels.shape[1] - 40, y), (0, 0, 0), 3)
    assert abs(len(blocks_of(pixels).quads) - plain) <= 0.2 * plain
    assert not blocks_of(np.full((1000, 800, 3), 255, np.uint8)).quads


def test_a_text_stands_in_another_with_letters_misread_or_missing() -> None:
    assert likeness("membernumber", "xxmembernumber778") == 1.0
    assert likeness("membernumber", "membenumbcr") > 0.75
    assert likeness("dateofbirth", "serialnumber") < 0.5
    assert likeness("durablemedicalequipment", "durablemedical") == 1.0  # a line found in pieces
