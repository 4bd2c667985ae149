"""What is proposed from an example of a form: places, labels, kinds, tables, headings and printed texts."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pymupdf
import pytest
from PIL import Image

from app.domain.box import Box
from app.domain.errors import Unreadable
from app.domain.form import FieldKind
from app.domain.proposal import Proposal, ProposedField, ProposedPage, agreed
from app.services.document_worker.reading.engine import Engine, Line, Points
from app.services.document_worker.reading.propose import proposal_document, propose_document
from app.services.document_worker.reading.propose_label import kind_of
from app.services.document_worker.reading.propose_square import squares_of
from app.services.local.proposal_reading import proposal_from

GRAY = (0.86, 0.86, 0.86)


class NoEngine:
    """Stands in where a text layer says everything; finds nothing on pictures."""

    def detect(self, _picture: Any, side: int = 0) -> list[Points]:
        return []

    def recognize(self, crops: Sequence[Any]) -> list[Line]:
        return [Line(()) for _ in crops]


class Paper:
    """A page drawn by code, in points from the upper left."""

    def __init__(self) -> None:
        self.document = pymupdf.open()
        self.page = self.document.new_page()
        # Enough print for a text layer to be believed.
        self.text(60, 40, "EXAMPLE REQUEST FORM OF A PLAN THAT DOES NOT EXIST", 14)
        self.text(60, 770, "Send this page with what belongs to it to the address on its other side.", 8)

    def text(
        self, x: float, y: float, text: str, size: float = 10, font: str = "helv", color: Any = (0, 0, 0)
    ) -> None:
        self.page.insert_text((x, y), text, fontsize=size, fontname=font, color=color)

    def line(
        self, x0: float, y0: float, x1: float, y1: float, color: Any = (0, 0, 0), width: float = 0.7
    ) -> None:
        self.page.draw_line((x0, y0), (x1, y1), color=color, width=width)

    def grid(self, xs: Sequence[float], ys: Sequence[float], color: Any = (0, 0, 0)) -> None:
        for y in ys:
            self.line(xs[0], y, xs[-1], y, color)
        for x in xs:
            self.line(x, ys[0], x, ys[-1], color)

    def square(self, x: float, y: float, side: float = 9) -> None:
        self.page.draw_rect((x, y, x + side, y + side), color=(0, 0, 0), width=0.8)

    def content(self) -> bytes:
        return bytes(self.document.tobytes())


def propose(content: bytes, engine: Any = None) -> Proposal:
    reader: Any = engine or NoEngine()
    return propose_document(content, "", reader, lambda _done, _total: None)


def first(paper: Paper) -> ProposedPage:
    return propose(paper.content()).pages[0]


def labelled(page: ProposedPage, label: str) -> ProposedField:
    found = [f for f in page.fields if f.label == label]
    assert len(found) == 1, [f.label for f in page.fields]
    return found[0]


def at(x: float, y: float) -> tuple[float, float]:
    return x / 595, y / 842


# -- cells


def test_a_cell_is_a_place_that_leaves_its_label_free() -> None:
    paper = Paper()
    paper.grid((60, 300, 540), (100, 136, 160))
    paper.text(64, 111, "Patient Name:")
    paper.text(304, 111, "Date of Birth:")
    paper.text(64, 152, "Member ID #:")
    paper.text(304, 152, "Office Fax:")
    page = first(paper)
    name, born = labelled(page, "Patient Name"), labelled(page, "Date of Birth")
    member, fax = labelled(page, "Member ID #"), labelled(page, "Office Fax")
    assert [f.kind for f in (name, born, member, fax)] == ["name", "date", "member_id", "phone"]
    # Room for a line below the label: the answer goes there, from side to side.
    assert name.box.contains(*at(70, 128))
    assert name.box.contains(*at(290, 128))
    assert not name.box.contains(*at(310, 128))
    # No room below: the answer goes behind the label.
    assert member.box.contains(*at(200, 150))
    labels = {a.text: a.box for a in page.anchors}
    for field, text in (
        (name, "Patient Name:"),
        (born, "Date of Birth:"),
        (member, "Member ID #:"),
        (fax, "Office Fax:"),
    ):
        assert field.box.overlap(labels[text]) < 0.1 * labels[text].area


def test_a_rule_in_faint_gray_parts_two_cells() -> None:
    paper = Paper()
    paper.grid((60, 540), (100, 140))
    paper.line(300, 100, 300, 140, GRAY, 0.5)
    paper.text(64, 112, "Group #:")
    paper.text(304, 112, "Specialty:")
    page = first(paper)
    assert labelled(page, "Group #").box.x1 < 301 / 595
    assert labelled(page, "Specialty").box.x0 > 299 / 595


def test_a_tall_cell_takes_several_lines() -> None:
    paper = Paper()
    paper.grid((60, 540), (100, 220))
    paper.text(64, 112, "Clinical history:")
    assert labelled(first(paper), "Clinical history").multiline


def test_a_cell_of_running_text_is_no_place() -> None:
    paper = Paper()
    paper.grid((60, 540), (100, 140))
    for row, text in enumerate(
        (
            "This message may hold what is protected by law. Who is not meant to have it must not",
            "read, copy or hand it on, and is asked to call the sender and to destroy it at once.",
        )
    ):
        paper.text(64, 114 + 12 * row, text)
    assert first(paper).fields == ()


# -- lines


def test_a_line_to_write_on_is_a_place_behind_its_label() -> None:
    paper = Paper()
    paper.text(60, 120, "Frequency of visits:")
    paper.line(160, 122, 300, 122)
    paper.text(60, 160, "Duration: ______________")
    page = first(paper)
    frequency, duration = labelled(page, "Frequency of visits"), labelled(page, "Duration")
    assert frequency.found == duration.found == "line"
    assert frequency.box.contains(*at(230, 118))
    assert duration.box.contains(*at(140, 156))
    assert frequency.box.x0 >= 158 / 595


def test_a_date_printed_with_strokes_is_one_place() -> None:
    paper = Paper()
    paper.text(60, 120, "Start date: ____/____/______")
    (field,) = first(paper).fields
    assert (field.label, field.kind) == ("Start date", FieldKind.DATE)
    assert field.box.width > 70 / 595


def test_an_underlined_word_is_no_line_to_write_on() -> None:
    paper = Paper()
    paper.text(60, 120, "Required information")
    paper.line(60, 122, 155, 122)
    assert first(paper).fields == ()


# -- tick boxes


def test_squares_have_their_own_label_and_the_question_they_answer() -> None:
    paper = Paper()
    paper.grid((60, 540), (100, 122))
    paper.text(64, 114, "Review Type:")
    for x, label in ((150, "Standard"), (260, "Urgent")):
        paper.square(x, 106)
        paper.text(x + 14, 114, label)
    page = first(paper)
    boxes = [f for f in page.fields if f.kind is FieldKind.TICK_BOX]
    assert [(f.label, f.question) for f in boxes] == [("Standard", "Review Type"), ("Urgent", "Review Type")]
    assert [f for f in page.fields if f.kind is not FieldKind.TICK_BOX] == []
    assert boxes[1].box.contains(*at(264.5, 110.5))
    assert boxes[1].box.width < 14 / 595


def test_a_question_within_the_label_of_a_box_belongs_to_the_next_boxes() -> None:
    paper = Paper()
    paper.square(60, 106)
    paper.text(74, 114, "Home Health (Signed Order Attached?")
    for x, label in ((260, "Yes"), (310, "No)")):
        paper.square(x, 106)
        paper.text(x + 14, 114, label)
    boxes = [f for f in first(paper).fields if f.kind is FieldKind.TICK_BOX]
    assert [f.label for f in boxes] == ["Home Health", "Yes", "No"]
    assert [f.question for f in boxes][1:] == ["Signed Order Attached?"] * 2


def test_a_ticked_square_is_found_and_a_letter_is_none() -> None:
    picture = np.full((400, 600), 255, np.uint8)
    for x in (100, 300):
        picture[100:125, x : x + 25] = 0
        picture[103:122, x + 3 : x + 22] = 255
    for step in range(24):
        picture[98 + step : 101 + step, 300 + step : 303 + step] = 0
    rounded = np.hypot(*(np.mgrid[0:25, 0:25] - 12))
    picture[100:125, 500:525][(rounded < 12.5) & (rounded > 9)] = 0
    found = squares_of(picture)
    assert [round(s.x0 / 10) for s in found] == [10, 30]


# -- tables, headings


def test_a_row_of_headings_over_like_rows_is_a_table() -> None:
    paper = Paper()
    paper.grid((60, 260, 320, 400, 480, 540), (100, 120, 140, 160, 180))
    for x, text in (
        (90, "Planned Service"),
        (270, "Code"),
        (330, "Start Date"),
        (410, "Diagnosis"),
        (490, "Code"),
    ):
        paper.text(x, 113, text)
    page = first(paper)
    (table,) = page.tables
    assert len(table.rows) == 3
    assert [(c.label, c.kind) for c in table.columns] == [
        ("Planned Service", "text"), ("Code", "procedure_code"), ("Start Date", "date"), ("Diagnosis", "text"),
        ("Code", "icd10"),
    ]  # fmt: skip
    assert table.rows[0][0] == pytest.approx(120 / 842, abs=0.004)
    assert table.columns[1].x0 == pytest.approx(260 / 595, abs=0.005)
    assert page.fields == ()


def test_headings_side_by_side_hold_for_their_column() -> None:
    paper = Paper()
    paper.page.draw_rect((60, 100, 540, 116), color=(0, 0, 0), fill=(0, 0, 0))
    paper.text(120, 112, "Member Details", 10, "hebo", (1, 1, 1))
    paper.text(380, 112, "Prescriber Details", 10, "hebo", (1, 1, 1))
    paper.grid((60, 300, 540), (116, 140))
    paper.text(64, 132, "Name:")
    paper.text(304, 132, "Name:")
    member, prescriber = first(paper).sections
    assert (member.title, prescriber.title) == ("Member Details", "Prescriber Details")
    assert member.x1 <= prescriber.x0
    assert member.x0 < 0.2
    assert prescriber.x1 > 0.8


# -- fillable


def fillable() -> bytes:
    paper = Paper()
    paper.text(60, 112, "Patient Name:")
    paper.text(74, 153, "Urgent")
    for name, kind, rectangle, tooltip in (
        ("Text1", pymupdf.PDF_WIDGET_TYPE_TEXT, (140, 100, 300, 116), ""),
        ("prov_npi", pymupdf.PDF_WIDGET_TYPE_TEXT, (140, 120, 300, 136), "NPI of the provider"),
        ("Box1", pymupdf.PDF_WIDGET_TYPE_CHECKBOX, (60, 144, 70, 154), ""),
    ):
        widget = pymupdf.Widget()
        widget.field_name, widget.field_type, widget.rect = name, kind, pymupdf.Rect(rectangle)
        widget.field_label = tooltip
        paper.page.add_widget(widget)
    return paper.content()


def test_fillable_fields_are_taken_over_as_they_are() -> None:
    page = propose(fillable()).pages[0]
    told = {f.fillable: (f.label, f.kind, f.found) for f in page.fields}
    assert told == {
        ("Text1",): ("Patient Name", FieldKind.NAME, "fillable"),
        ("prov_npi",): ("NPI of the provider", FieldKind.NPI, "fillable"),
        ("Box1",): ("Urgent", FieldKind.TICK_BOX, "fillable"),
    }
    name = next(f for f in page.fields if f.fillable == ("Text1",))
    assert name.box.rounded(3) == Box(140 / 595, 100 / 842, 300 / 595, 116 / 842).rounded(3)


# -- printed texts and answers


def test_printed_texts_lie_tightly_on_their_ink() -> None:
    paper = Paper()
    paper.text(100, 300, "HEIGHT AND WEIGHT", 12)
    page = first(paper)
    box = next(a.box for a in page.anchors if a.text == "HEIGHT AND WEIGHT")
    # Capitals of twelve points are 8.6 high, and stand on the line.
    assert box.y1 == pytest.approx(300 / 842, abs=0.0012)
    assert box.height == pytest.approx(8.7 / 842, abs=0.0015)
    assert box.x0 == pytest.approx(101 / 595, abs=0.003)


def answered(name: str, born: str) -> bytes:
    paper = Paper()
    paper.grid((60, 300, 540), (100, 140))
    paper.text(64, 111, "1. Name of the member", 9)
    paper.text(304, 111, "2. Date of birth", 9)
    paper.text(70, 130, name, 11, "cour")
    paper.text(310, 130, born, 11, "cour")
    return paper.content()


def test_answers_on_a_filled_example_do_not_become_printed_texts() -> None:
    page = propose(answered("Ann Other", "01/02/1980")).pages[0]
    assert {a.text for a in page.anchors}.isdisjoint({"Ann Other", "01/02/1980"})
    assert "1. Name of the member" in {a.text for a in page.anchors}
    assert {f.found for f in page.fields} == {"filled"}
    assert {f.kind for f in page.fields} == {FieldKind.NAME, FieldKind.DATE}


def test_two_examples_agree_on_what_is_printed() -> None:
    one, other = Paper(), Paper()
    for paper, answer in ((one, "Ann Other"), (other, "Zoe Sample")):
        paper.text(60, 200, "Who asks:")
        paper.text(140, 200, answer)
    alone, second = propose(one.content()), propose(other.content())
    assert "Ann Other" in " ".join(a.text for a in alone.pages[0].anchors)
    both = {a.text for a in agreed(alone, second).pages[0].anchors}
    assert "Who asks:" in both
    assert "Ann Other" not in " ".join(both)


# -- pictures, odd input


def test_a_picture_of_a_form_gives_the_places_of_its_file() -> None:
    paper = Paper()
    paper.grid((60, 300, 540), (100, 136, 160))
    for x, y, text in ((64, 111, "Patient Name:"), (304, 111, "Date of Birth:"), (64, 152, "Member ID #:")):
        paper.text(x, y, text)
    paper.square(310, 145)
    paper.text(326, 153, "Expedited")
    content = paper.content()
    with pymupdf.open(stream=content) as document:
        shown = document[0].get_pixmap(dpi=150)
    seen = propose(shown.tobytes("png"), Engine(2)).pages[0]
    exact = propose(content).pages[0]
    assert [(f.label, f.kind) for f in seen.fields] == [(f.label, f.kind) for f in exact.fields]
    for one, other in zip(seen.fields, exact.fields, strict=True):
        assert one.box.overlap(other.box) > 0.7 * other.box.area


def test_a_picture_laid_askew_gives_the_same_places() -> None:
    paper = Paper()
    paper.grid((60, 300, 540), (100, 136, 160))
    for x, y, text in (
        (64, 111, "Patient Name:"),
        (304, 111, "Date of Birth:"),
        (64, 152, "Member ID of the patient:"),
    ):
        paper.text(x, y, text)
    paper.text(60, 300, "What is asked for has to be told in the cells above this line.")
    content = paper.content()
    with pymupdf.open(stream=content) as document:
        shown = document[0].get_pixmap(dpi=150)
    straight = Image.frombytes("RGB", (shown.width, shown.height), shown.samples)
    stored = io.BytesIO()
    straight.rotate(-1.8, Image.Resampling.BICUBIC, fillcolor=(255, 255, 255)).save(stored, "PNG")
    seen = propose(stored.getvalue(), Engine(2)).pages[0]
    exact = propose(content).pages[0]
    assert {f.label for f in seen.fields} == {f.label for f in exact.fields}
    # Turned clockwise, what stands right of the middle stands lower than before.
    born, before = labelled(seen, "Date of Birth"), labelled(exact, "Date of Birth")
    assert born.box.centre[0] == pytest.approx(before.box.centre[0], abs=0.03)
    assert 0.001 < born.box.centre[1] - before.box.centre[1] < 0.02


@pytest.mark.parametrize("pages", [1, 3])
def test_pages_without_print_are_told_in_a_sentence(pages: int) -> None:
    document = pymupdf.open()
    for _ in range(pages):
        document.new_page()
    with pytest.raises(Unreadable, match="form could be recognized"):
        propose(document.tobytes())


def test_a_picture_of_no_form_is_told_in_a_sentence() -> None:
    chance = np.random.default_rng(5)
    spots = chance.integers(0, 255, (60, 80, 3), np.uint8)
    stored = io.BytesIO()
    Image.fromarray(spots).resize((1200, 900)).save(stored, "JPEG")
    with pytest.raises(Unreadable):
        propose(stored.getvalue())


def test_a_long_file_has_its_first_pages_proposed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.document_worker.reading.propose.MOST_PAGES", 3)
    document = pymupdf.open()
    for number in range(5):
        document.new_page().insert_text(
            (60, 100), f"Page {number} of a long file with a few words on each of its pages: ok"
        )
    seen: list[tuple[int, int]] = []
    proposal = propose_document(document.tobytes(), "", NoEngine(), lambda *n: seen.append(n))  # type: ignore[arg-type]
    assert len(proposal.pages) == 3
    assert seen[-1] == (3, 3)


# -- kinds


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("Date of Birth", "date"), ("DOB", "date"), ("Phone", "phone"), ("Office Fax #", "phone"), ("NPI #", "npi"),
        ("ZIP+4", "zip"), ("Diagnosis (ICD) Code(s)", "icd10"), ("ICD-10 Code(s)", "icd10"),
        ("CPT CODE(S)", "procedure_code"),
        ("Medicaid Number", "member_id"), ("Insurance ID#", "member_id"), ("Member or Medicaid ID #", "member_id"),
        ("Patient Name", "name"), ("Medication Name", "text"), ("Prescriber Signature", "signature"), ("Qty", "number"),
        ("Address (Street, City, State, ZIP Code)", "text"), ("Name and Address", "text"), ("Comments", "text"),
    ],
)  # fmt: skip
def test_the_words_of_a_label_tell_its_kind(label: str, kind: str) -> None:
    assert kind_of(label) == kind


# -- the way to the program


def test_a_proposal_comes_back_from_the_worker_as_it_was() -> None:
    proposal = propose(fillable())
    back = proposal_from(proposal_document(proposal))
    assert back.titles == proposal.titles
    assert [f.label for f in back.pages[0].fields] == [f.label for f in proposal.pages[0].fields]
    assert back.pages[0].anchors[0].text == proposal.pages[0].anchors[0].text


@pytest.mark.parametrize(
    "spoiled",
    [
        {"page": 0}, {"size": [0, 10]}, {"quarter_turns": 7},
        {"fields": [[0.5, 0.5, 0.4, 0.6, "text", "", "cell", "", False, []]]},
        {"fields": [[0.1, 0.1, 2.0, 0.6, "text", "", "cell", "", False, []]]},
        {"anchors": [["x", 0, 0, float("nan"), 1]]},
        {"fields": [[0.1, 0.1, 0.2, 0.6, "poem", "", "cell", "", False, []]]},
    ],
)  # fmt: skip
def test_nonsense_of_a_worker_is_not_believed(spoiled: dict[str, Any]) -> None:
    data = proposal_document(propose(fillable()))
    data["pages"][0] |= spoiled
    with pytest.raises((ValueError, TypeError)):
        proposal_from(data)
