"""The blank sheets of sample forms: what is printed, where the rules run, where answers go.

The look-alikes of known forms are laid out from their processor definitions; two further forms are of
our own making and known to no processor. Lengths are in pixels of a sheet 1,700 wide (a letter at 200 dpi).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mode

from app.domain.box import Box
from app.domain.form import FieldKind
from app.domain.processor import FormDefinition

WIDTH = 1700


@dataclass(frozen=True, slots=True)
class Rectangle:
    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    def meets(self, other: Rectangle) -> bool:
        return min(self.x1, other.x1) > max(self.x0, other.x0) and min(self.y1, other.y1) > max(
            self.y0, other.y0
        )


@dataclass(frozen=True, slots=True)
class Printed:
    """A text of the blank form, set as large as its place allows, or `size` pixels high where that is given."""

    text: str
    place: Rectangle
    bold: bool = False
    size: float = 0.0
    centred: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """Where one answer goes. `boxed` tick boxes have a printed square."""

    name: str
    label: str
    kind: FieldKind
    place: Rectangle
    multiline: bool = False
    boxed: bool = False


@dataclass(frozen=True, slots=True)
class Blank:
    """A blank sheet. `rules` are straight lines as rectangles without an area."""

    form_type: str
    width: int
    height: int
    printed: tuple[Printed, ...]
    rules: tuple[Rectangle, ...]
    slots: tuple[Slot, ...]


def from_definition(definition: FormDefinition, *, boxed: bool) -> Blank:
    """The first page of a known form, as its definition describes it; `boxed` where its tick boxes are squares.

    A definition says where labels and answers are, not where lines run: they are put where they would be.
    """
    height = round(WIDTH * definition.size[1] / definition.size[0])

    def place(box: Box) -> Rectangle:
        return Rectangle(box.x0 * WIDTH, box.y0 * height, box.x1 * WIDTH, box.y1 * height)

    asked = [_plain(f"{f.printed} {f.label}") for f in definition.fields]
    asked += [_plain(c.label) for c in definition.choices]
    titles = {_plain(t) for t in definition.titles}
    printed = tuple(
        Printed(a.text, place(a.box), bold=_plain(a.text) in titles or _is_head(a.text, asked))
        for a in definition.anchors
    )
    zones = [place(f.zone) for f in definition.fields]
    right = mode(round(z.x1) for z in zones if z.x1 > 0.75 * WIDTH) + 4
    slots: list[Slot] = []
    cells: list[_Cell] = []
    for field in definition.fields:
        if field.page == 1:
            tick = field.kind is FieldKind.TICK_BOX
            label = field.printed or field.label
            zone = place(field.zone)
            if not tick:  # zones allow for those who write over the edge
                zone = Rectangle(zone.x0, zone.y0, min(zone.x1, right - 8), zone.y1)
            slot = Slot(field.name, label, field.kind, zone, field.multiline, boxed and tick)
            slots.append(slot)
            cells.append(_Cell(_with_label(slot, printed), tick))
    left = min(c.place.x0 for c in cells) - 6
    rules: list[Rectangle] = []
    for table in definition.tables:
        for number, (y0, y1) in enumerate(table.rows, 1):
            for column in table.columns:
                answer = Rectangle(column.x0 * WIDTH, y0 * height, column.x1 * WIDTH, y1 * height)
                slots.append(Slot(f"{table.name}.{number}.{column.name}", column.label, column.kind, answer))
        tops = [table.rows[0][0] * 2 - table.rows[0][1], *(r[0] for r in table.rows), table.rows[-1][1]]
        rules += [Rectangle(left, y * height, right, y * height) for y in tops]
        between = [column.x0 * WIDTH for column in table.columns[1:]]
        rules += [Rectangle(x, tops[0] * height, x, tops[-1] * height) for x in (left, *between, right)]
    rules += _frames(cells, [p.place for p in printed if p.bold], left, right)
    return Blank(definition.form_type, WIDTH, height, printed, tuple(rules), tuple(slots))


@dataclass(frozen=True, slots=True)
class _Cell:
    """An answer's place with its label."""

    place: Rectangle
    tick: bool


def _plain(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum())


def _is_head(text: str, asked: Sequence[str]) -> bool:
    """Whether a printed text heads a part of the form: short, begins with a capital, asks for nothing."""
    if len(text) < 3 or not text[0].isupper() or any(c.isdigit() for c in text):
        return False
    if text.isupper() and len(text) > 12:
        return len(text) < 110
    short = len(text) < 60 and not (text.endswith((":", "?")) and len(text) < 18)
    return short and not text.endswith("?") and not any(_plain(text) in a for a in asked)


def _with_label(slot: Slot, printed: Sequence[Printed]) -> Rectangle:
    """The place of an answer grown over its label, which stands to its left or above it."""
    wanted, zone = _plain(slot.label), slot.place
    beside: list[Rectangle] = []
    above: list[Rectangle] = []
    for text in printed:
        label, words = text.place, _plain(text.text)
        if (
            text.bold
            or not words
            or words not in wanted
            or not zone.x0 - 30 < label.x1
            or label.x0 > zone.x0 + 12
        ):
            continue
        if min(label.y1, zone.y1) > max(label.y0, zone.y0) - 3:
            beside.append(label)
        elif 0 < zone.y0 - label.y1 < 30:
            above.append(label)
    labels = beside or above
    return Rectangle(
        min(zone.x0, *(r.x0 for r in labels), zone.x0),
        min(zone.y0, *(r.y0 - 7 for r in labels), zone.y0),
        zone.x1,
        max(zone.y1, *(r.y1 + 3 for r in labels), zone.y1),
    )


def _frames(
    cells: Sequence[_Cell], heads: Sequence[Rectangle], left: float, right: float
) -> Iterator[Rectangle]:
    """Lines above and below each row of cells, at its ends, and between its cells."""
    rows: list[list[_Cell]] = []
    for cell in sorted(cells, key=lambda c: (c.place.y0 + c.place.y1) / 2):
        bottom = max(c.place.y1 for c in rows[-1]) if rows else 0.0
        if rows and bottom - cell.place.y0 > 0.45 * min(cell.place.height, rows[-1][0].place.height):
            rows[-1].append(cell)
        else:
            rows.append([cell])
    spans = [(min(c.place.y0 for c in row), max(c.place.y1 for c in row)) for row in rows]
    for number in range(1, len(spans)):
        above, below = spans[number - 1], spans[number]
        if below[0] - above[1] < 34 and not any(above[1] - 8 < h.y0 < below[0] for h in heads):
            middle = (above[1] + below[0]) / 2  # neighbours share a line
            spans[number - 1], spans[number] = (above[0], middle), (middle, below[1])
    for row, (y0, y1) in zip(rows, spans, strict=True):
        yield from _across(y0, left, right, cells)
        yield from _across(y1, left, right, cells)
        yield from (Rectangle(x, y0, x, y1) for x in (left, right))
        if any(c.tick for c in row):
            continue
        for cell in row:
            x = cell.place.x0 - 3
            if x > left + 60 and not any(c.place.x0 + 6 < x < c.place.x1 - 6 for c in row):
                yield Rectangle(x, y0, x, y1)


def _across(y: float, left: float, right: float, cells: Sequence[_Cell]) -> Iterator[Rectangle]:
    """A line across the sheet that leaves out the cells it would cut through."""
    x = left
    for place in sorted(
        (c.place for c in cells if c.place.y0 + 12 < y < c.place.y1 - 12), key=lambda r: r.x0
    ):
        if place.x0 - 3 > x:
            yield Rectangle(x, y, place.x0 - 3, y)
        x = max(x, place.x1)
    if x < right:
        yield Rectangle(x, y, right, y)


class Sheet:
    """A sheet of our own, laid out from top to bottom."""

    def __init__(self, form_type: str, left: float, right: float) -> None:
        self._form_type = form_type
        self._left, self._right = left, right
        self._y = 120.0
        self._printed: list[Printed] = []
        self._rules: list[Rectangle] = []
        self._slots: list[Slot] = []

    def text(
        self, text: str, size: float, *, bold: bool = False, centred: bool = False, after: float = 0
    ) -> None:
        place = Rectangle(self._left, self._y, self._right, self._y + size * 1.4)
        self._printed.append(Printed(text, place, bold, size, centred))
        self._y += size * 1.4 + after

    def section(self, text: str, size: float = 27) -> None:
        self._y += 26
        self.text(text, size, bold=True, after=8)

    def cells(self, height: float, *cells: tuple[str, str, FieldKind, float]) -> None:
        """A framed row: (name, label, kind, share of the width) each, the label small above the answer."""
        x = self._left
        for name, label, kind, share in cells:
            x1 = x + share * (self._right - self._left)
            self._frame(x, self._y, x1, self._y + height)
            self._printed.append(
                Printed(label, Rectangle(x + 10, self._y + 6, x1 - 6, self._y + 30), size=20)
            )
            place = Rectangle(x + 10, self._y + 30, x1 - 8, self._y + height - 4)
            self._slots.append(Slot(name, label, kind, place, multiline=height > 120))
            x = x1
        self._y += height

    def lines(self, *cells: tuple[str, str, FieldKind, float]) -> None:
        """An open row: the label, then a line to write on."""
        x, height = self._left, 62.0
        for name, label, kind, share in cells:
            x1 = x + share * (self._right - self._left)
            answer = x + 14 + len(label) * 13.2
            base = self._y + height - 10
            self._printed.append(Printed(label, Rectangle(x, base - 32, answer, base + 2), size=23))
            self._rules.append(Rectangle(answer, base, x1 - 20, base))
            self._slots.append(Slot(name, label, kind, Rectangle(answer + 4, base - 46, x1 - 22, base + 4)))
            x = x1
        self._y += height

    def ticks(self, question: str, *options: tuple[str, str]) -> None:
        x, height, side = self._left, 58.0, 26.0
        middle = self._y + height / 2
        self._printed.append(Printed(question, Rectangle(x, middle - 17, x + 560, middle + 17), size=23))
        x += 24 + len(question) * 13.0
        for name, label in options:
            box = Rectangle(x, middle - side / 2, x + side, middle + side / 2)
            self._slots.append(Slot(name, label, FieldKind.TICK_BOX, box, boxed=True))
            self._printed.append(
                Printed(label, Rectangle(x + side + 12, middle - 17, x + 520, middle + 17), size=23)
            )
            x += side + 60 + len(label) * 13.0
        self._y += height

    def _frame(self, x0: float, y0: float, x1: float, y1: float) -> None:
        self._rules += [Rectangle(x0, y, x1, y) for y in (y0, y1)] + [
            Rectangle(x, y0, x, y1) for x in (x0, x1)
        ]

    def blank(self) -> Blank:
        return Blank(
            self._form_type, WIDTH, 2200, tuple(self._printed), tuple(self._rules), tuple(self._slots)
        )


def imaging_request() -> Blank:
    """A request for imaging, framed cells with small labels."""
    text, name, day, phone = FieldKind.TEXT, FieldKind.NAME, FieldKind.DATE, FieldKind.PHONE
    sheet = Sheet("imaging_request", 130, 1570)
    sheet.text("Advanced Imaging", 46, bold=True)
    sheet.text("Prior Authorization Request", 34, after=10)
    sheet.text("Fax both pages to the plan. Incomplete requests cannot be processed.", 21, after=14)
    sheet.cells(84, ("plan", "Health plan", text, 0.68), ("request_date", "Date of request", day, 0.32))
    sheet.ticks(
        "Type of review", ("standard", "Standard"), ("expedited", "Expedited"), ("retro", "Retrospective")
    )
    sheet.section("1   Member")
    sheet.cells(
        84, ("member_name", "Member name", name, 0.5), ("member_dob", "Date of birth", day, 0.2),
        ("member_id", "Member ID", FieldKind.MEMBER_ID, 0.3),
    )  # fmt: skip
    sheet.cells(84, ("member_phone", "Member telephone", phone, 0.4), ("group", "Group number", text, 0.6))
    sheet.section("2   Ordering provider")
    sheet.cells(84, ("provider_name", "Name", name, 0.6), ("provider_npi", "NPI", FieldKind.NPI, 0.4))
    sheet.cells(84, ("provider_phone", "Telephone", phone, 0.5), ("provider_fax", "Fax", phone, 0.5))
    sheet.section("3   Rendering facility")
    sheet.cells(84, ("facility_name", "Name", text, 0.6), ("facility_npi", "NPI", FieldKind.NPI, 0.4))
    sheet.section("4   Exam")
    sheet.cells(
        84, ("exam", "Exam requested", text, 0.55), ("procedure_code", "CPT code", FieldKind.PROCEDURE_CODE, 0.2),
        ("exam_date", "Date of exam", day, 0.25),
    )  # fmt: skip
    sheet.cells(
        84, ("diagnosis", "Diagnosis", text, 0.72), ("diagnosis_code", "ICD-10", FieldKind.ICD10, 0.28)
    )
    sheet.ticks("Same exam within 12 months?", ("previous_yes", "Yes"), ("previous_no", "No"))
    sheet.cells(250, ("clinical_reason", "Clinical reason, findings and treatment tried", text, 1.0))
    sheet.section("5   Signature")
    sheet.cells(
        96, ("signature", "Signature", FieldKind.SIGNATURE, 0.7), ("signature_date", "Date", day, 0.3)
    )
    return sheet.blank()


def medication_request() -> Blank:
    """A request for a drug, labels followed by lines to write on."""
    text, name, day, phone = FieldKind.TEXT, FieldKind.NAME, FieldKind.DATE, FieldKind.PHONE
    sheet = Sheet("medication_request", 150, 1550)
    sheet.text("MEDICATION PRIOR AUTHORIZATION", 40, bold=True, centred=True)
    sheet.text("Outpatient pharmacy benefit", 24, centred=True, after=20)
    sheet.section("Patient")
    sheet.lines(("patient_name", "Patient name:", name, 0.6), ("patient_dob", "Birth date:", day, 0.4))
    sheet.lines(
        ("member_id", "Member ID:", FieldKind.MEMBER_ID, 0.6), ("patient_weight", "Weight:", text, 0.4)
    )
    sheet.lines(("allergies", "Drug allergies:", text, 1.0))
    sheet.section("Prescriber")
    sheet.lines(("prescriber", "Prescriber name:", name, 0.6), ("prescriber_npi", "NPI:", FieldKind.NPI, 0.4))
    sheet.lines(("prescriber_specialty", "Specialty:", text, 1.0))
    sheet.lines(("prescriber_phone", "Phone:", phone, 0.5), ("prescriber_fax", "Fax:", phone, 0.5))
    sheet.section("Drug requested")
    sheet.lines(("medication", "Drug and strength:", text, 1.0))
    sheet.lines(("strength_and_route", "Route:", text, 0.5), ("quantity", "Quantity:", text, 0.5))
    sheet.lines(("length", "Length of therapy:", text, 1.0))
    sheet.ticks("This is:", ("new_therapy", "New therapy"), ("renewal", "Renewal"), ("urgent", "Urgent"))
    sheet.section("Diagnosis and history")
    sheet.lines(("diagnosis", "Diagnosis:", text, 0.66), ("diagnosis_code", "ICD-10:", FieldKind.ICD10, 0.34))
    sheet.cells(230, ("tried", "Drugs tried, with dates and results", text, 1.0))
    sheet.section("Prescriber's statement")
    sheet.text(
        "I attest that the information given is accurate and supported by the medical record.", 21, after=18
    )
    sheet.lines(
        ("signature", "Signature:", FieldKind.SIGNATURE, 0.62), ("signature_date", "Date:", day, 0.38)
    )
    return sheet.blank()
