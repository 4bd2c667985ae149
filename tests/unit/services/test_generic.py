"""Forms nobody has defined: labels and answers told apart by cells, lines to write on, boxes and colons.

Pages are drawn here and their lines given as a recognizer gives them: what is tried is the reading of the layout.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from app.domain.box import Box
from app.domain.form import FieldKind, FormField, Source
from app.services.document_worker.reading.engine import Glyph, Line
from app.services.document_worker.reading.generic import GenericPage, PlacedLine, read_generic
from app.services.document_worker.reading.plane import mapped
from app.services.document_worker.reading.straight import straightening

WIDTH, HEIGHT = 1700, 2200
LETTER = 15
"""Pixels that a character is wide."""


class Sheet:
    """A page being drawn: what is printed or written on it is also what a recognizer would say of it."""

    def __init__(self) -> None:
        self.pixels = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
        self.lines: list[PlacedLine] = []

    def text(self, x: int, y: int, text: str) -> None:
        """Letters 24 pixels high whose line begins at x and ends on y."""
        for index, letter in enumerate(text):
            if letter != " ":
                left = x + index * LETTER
                cv2.rectangle(self.pixels, (left + 2, y - 20), (left + 9, y - 2), (20, 20, 20), 2)
        box = Box(x / WIDTH, (y - 28) / HEIGHT, (x + LETTER * len(text)) / WIDTH, (y + 6) / HEIGHT)
        glyphs = tuple(Glyph(c, 0.98, (i + 0.5) / len(text)) for i, c in enumerate(text))
        self.lines.append(PlacedLine(Line(glyphs), box, False))

    def rule(self, x0: int, y: int, x1: int) -> None:
        cv2.line(self.pixels, (x0, y), (x1, y), (0, 0, 0), 3)

    def cell(self, x0: int, y0: int, x1: int, y1: int) -> None:
        cv2.rectangle(self.pixels, (x0, y0), (x1, y1), (0, 0, 0), 3)

    def box(self, x: int, y: int, ticked: str = "") -> None:
        """A square that ends on y, ticked in one of three ways."""
        cv2.rectangle(self.pixels, (x, y - 26), (x + 26, y), (0, 0, 0), 2)
        if ticked == "cross":
            cv2.line(self.pixels, (x + 4, y - 22), (x + 22, y - 4), (0, 0, 0), 3)
            cv2.line(self.pixels, (x + 4, y - 4), (x + 22, y - 22), (0, 0, 0), 3)
        elif ticked == "check":  # runs over the frame
            cv2.line(self.pixels, (x + 4, y - 14), (x + 11, y - 5), (0, 0, 0), 4)
            cv2.line(self.pixels, (x + 11, y - 5), (x + 36, y - 38), (0, 0, 0), 4)
        elif ticked == "full":
            cv2.rectangle(self.pixels, (x + 5, y - 21), (x + 21, y - 5), (0, 0, 0), -1)

    def read(self) -> dict[str, FormField]:
        page = GenericPage(1, 0, self.pixels, tuple(self.lines), ())
        return {f.label: f for f in read_generic([page], "doc")}


def values(fields: dict[str, FormField]) -> dict[str, str | bool]:
    return {label: f.value for label, f in fields.items()}


def test_a_cell_is_named_by_its_first_line_and_answered_by_the_others() -> None:
    sheet = Sheet()
    sheet.cell(100, 300, 800, 420)
    sheet.cell(800, 300, 1600, 420)
    sheet.text(120, 340, "Member name")
    sheet.text(140, 400, "Ann Other")
    sheet.text(820, 340, "Date of birth")
    sheet.text(840, 400, "04/05/1980")
    sheet.cell(100, 500, 1600, 700)
    sheet.text(120, 540, "Reason for the request")
    sheet.text(130, 600, "Pain for ten weeks in spite of")
    sheet.text(130, 650, "exercise and rest")
    found = sheet.read()
    assert values(found) == {
        "Member name": "Ann Other",
        "Date of birth": "04/05/1980",
        "Reason for the request": "Pain for ten weeks in spite of exercise and rest",
    }
    assert found["Date of birth"].kind is FieldKind.DATE
    box = found["Member name"].box
    assert box is not None
    assert box.contains(230 / WIDTH, 390 / HEIGHT)
    assert not box.contains(230 / WIDTH, 330 / HEIGHT), "the box lies on the answer, not on its label"


def test_label_and_answer_on_a_line_to_write_on_are_never_run_together() -> None:
    sheet = Sheet()
    # The recognizer reads across label, answer and the next label; the lines to write on part them.
    sheet.rule(330, 400, 800)
    sheet.rule(1000, 400, 1400)
    sheet.text(100, 398, "Patient name   Ann Other".ljust(50) + "Weight".ljust(12) + "81 kg")
    assert values(sheet.read()) == {"Patient name": "Ann Other", "Weight": "81 kg"}


def test_labels_with_a_colon_keep_to_their_own_answers() -> None:
    sheet = Sheet()
    sheet.text(100, 400, "Name: Ann Other  City: Springfield")
    sheet.text(100, 470, "Telephone: 5550199")
    assert values(sheet.read()) == {"Name": "Ann Other", "City": "Springfield", "Telephone": "5550199"}


@pytest.mark.parametrize("ticked", ["cross", "check", "full"])
def test_only_the_box_that_is_ticked_is_ticked(ticked: str) -> None:
    sheet = Sheet()
    sheet.text(100, 400, "This is:")
    for x, label in ((300, "New therapy"), (620, "Renewal"), (900, "Expedited")):
        sheet.box(x, 400, ticked if label == "New therapy" else "")
        sheet.text(x + 45, 400, label)
    found = sheet.read()
    assert {k: v.value for k, v in found.items() if v.kind is FieldKind.TICK_BOX} == {
        "New therapy": True, "Renewal": False, "Expedited": False,
    }  # fmt: skip


def test_letters_in_a_word_are_no_boxes() -> None:
    sheet = Sheet()
    for y in range(300, 800, 60):
        sheet.text(100, y, "odd bold dodo good wood")
    assert not any(f.kind is FieldKind.TICK_BOX for f in sheet.read().values())


def test_a_table_is_read_row_by_row_under_its_headings() -> None:
    sheet = Sheet()
    columns = ((100, 500, "Code"), (500, 1100, "Description"), (1100, 1500, "Quantity"))
    rows = (("E0607", "Glucose monitor", "1"), ("A4253", "Test strips", "4"), ("", "", ""))
    for index in range(4):
        for column, (x0, x1, heading) in enumerate(columns):
            sheet.cell(x0, 400 + 60 * index, x1, 460 + 60 * index)
            text = heading if index == 0 else rows[index - 1][column]
            if text:
                sheet.text(x0 + 20, 446 + 60 * index, text)
    page = GenericPage(1, 0, sheet.pixels, tuple(sheet.lines), ())
    cells = {f.path: f.value for f in read_generic([page], "doc")}
    assert cells == {
        "table.r1.code": "E0607", "table.r1.description": "Glucose monitor", "table.r1.quantity": "1",
        "table.r2.code": "A4253", "table.r2.description": "Test strips", "table.r2.quantity": "4",
    }  # fmt: skip


def test_headings_name_the_sections() -> None:
    sheet = Sheet()
    sheet.text(100, 300, "MEMBER INFORMATION")
    sheet.text(100, 400, "Name: Ann Other")
    sheet.text(100, 500, "PROVIDER INFORMATION")
    sheet.text(100, 600, "Clinic: Fixture Falls")
    found = sheet.read()
    assert found["Name"].section == "Member information"
    assert found["Clinic"].section == "Provider information"


def test_a_blank_form_gives_no_answers_and_is_sure_of_it() -> None:
    sheet = Sheet()
    sheet.text(100, 250, "Instructions: please fill out all sections of this form and sign it")
    for row, label in enumerate(("Member name", "Plan number", "Date of birth")):
        sheet.cell(100, 300 + 100 * row, 900, 400 + 100 * row)
        sheet.text(120, 340 + 100 * row, label)
    sheet.rule(300, 800, 900)
    sheet.text(100, 798, "Telephone")
    sheet.box(100, 900)
    sheet.text(145, 900, "Urgent")
    sheet.text(100, 1000, "Date: ____/____/____")
    found = sheet.read()
    assert not any(f.value for f in found.values())
    assert {"Member name", "Plan number", "Date of birth", "Telephone", "Urgent", "Date"} == set(found)
    empty = [f for f in found.values() if f.kind is not FieldKind.TICK_BOX and f.label != "Date"]
    assert all(f.source is Source.ABSENT and f.confidence > 0.9 for f in empty)


def test_ink_that_could_not_be_read_is_a_reason_to_look() -> None:
    sheet = Sheet()
    sheet.cell(100, 300, 900, 420)
    sheet.text(120, 340, "Signature of prescriber")
    points = np.array([[200 + 8 * i, 390 + round(18 * np.sin(i))] for i in range(50)], np.int32)
    cv2.polylines(sheet.pixels, [points], False, (0, 0, 0), 4)
    (field,) = sheet.read().values()
    assert field.value == ""
    assert field.confidence < 0.9


@pytest.mark.parametrize("degrees", [-2.5, 1.0, 3.0])
def test_a_page_that_leans_is_made_straight(degrees: float) -> None:
    matrix = np.vstack([cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), degrees, 0.95), [0, 0, 1]])
    pixels = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    straight = straightening(pixels, _quads(matrix))
    assert straight is not None
    level = mapped(straight @ matrix, np.array([[200.0, 300.0], [1500.0, 300.0]]))
    assert abs(level[1][1] - level[0][1]) < 4
    assert straightening(pixels, _quads(np.eye(3))) is None


def test_boxes_on_a_page_made_straight_lie_on_the_page_as_it_came() -> None:
    lean = np.vstack([cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), 3.0, 1.0), [0, 0, 1]])
    sheet = Sheet()
    sheet.text(150, 500, "Name: Ann Other")
    page = GenericPage(1, 0, sheet.pixels, tuple(sheet.lines), (), np.linalg.inv(lean))
    (field,) = read_generic([page], "doc")
    where = mapped(lean, np.array([[150 + 10 * LETTER, 490.0]]))[0]
    assert field.box is not None
    assert field.box.contains(where[0] / WIDTH, where[1] / HEIGHT)


def _quads(matrix: np.ndarray) -> Sequence[np.ndarray]:
    return [
        mapped(matrix, np.array([[x, y], [x + 600.0, y], [x + 600.0, y + 30], [x, y + 30]], np.float64))
        for y in range(200, 2000, 150)
        for x in (150.0, 900.0)
    ]
