"""From what was found on an example to a definition: names, kinds, questions, sections and the request."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import PurePath

from app.domain.box import Box
from app.domain.errors import Rejected
from app.domain.form import FieldKind
from app.domain.label import kind_told, named, tidy
from app.domain.mapping import REQUIRED_PATHS, is_expedited, request_of_column, request_of_field
from app.domain.naming import free_name, slug
from app.domain.numbered_row import date_orders, with_numbered_rows
from app.domain.processor import (
    ChoiceDefinition,
    Column,
    FieldDefinition,
    FormDefinition,
    Section,
    TableDefinition,
)
from app.domain.proposal import Proposal, ProposedField, ProposedPage
from app.domain.teaching import kept_on_page

_FORM = "form"
"""The section of what stands above the first heading."""
MANY = 7
"""From so many tick boxes on, a question is taken to allow several."""
_TITLE = 60
_QUESTION = 26
_NEAR = 0.06
_HEADING = 70
_NUMBERED = re.compile(r"^\W*(section|part|step)\b\s*([ivx]+|\d+|[a-h])?\b[\s.:)‒–—―−-]*", re.IGNORECASE)
_LETTERED = re.compile(r"^([ivx]{1,4}|\d{1,2}|[a-h])[.):]\s+", re.IGNORECASE)
_PLAIN = re.compile(
    r"^(name|last_name|first_name|phone|fax|date|address|street_address|city|state|zip|zip_code|npi|title|initials"
    r"|signature|email|specialty|dob|id_no|id|other|comments|notes|units|print_name|tin|tax_id)$"
)
"""Labels that tell little without their section."""


def sketched(proposal: Proposal, name: str = "") -> FormDefinition:
    """The definition a proposal suggests. `name` is the example's file name, for a form that names itself nowhere.

    Raises `Rejected` when nothing at all was found on the example.
    """
    if not any(page.fields or page.tables for page in proposal.pages):
        raise Rejected(
            "No place for an answer was found on this example.",
            "Draw the zones yourself, or use a sharper scan or the blank form.",
            code="nothing_found",
        )
    return _Sketch(proposal).definition(name)


def free_form_type(title: str, known: Collection[str]) -> str:
    """A name for a form type of this title that no other bears."""
    return free_name(_cut(slug(title), 32) or "form", known)


@dataclass(frozen=True, slots=True)
class _Placed:
    """A proposed field with the page and the section it stands in."""

    field: ProposedField
    page: int
    section: str


def _cut(name: str, longest: int) -> str:
    """A name cut between its words."""
    found = name[:longest]
    return found if len(name) <= longest or name[longest] == "_" else found.rpartition("_")[0] or found


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a section begins: what stands below `y0` and between `x0` and `x1` belongs to it."""

    page: int
    y0: float
    x0: float
    x1: float
    name: str


class _Sketch:
    def __init__(self, proposal: Proposal) -> None:
        self._proposal = proposal
        self._sections: list[Section] = []
        self._starts: list[_Start] = []
        for page in proposal.pages:
            for proposed in sorted(page.sections, key=lambda s: s.y0):
                if len(proposed.title) > _HEADING:
                    continue  # a sentence in bold, no heading
                name = self._section(proposed.title)
                self._starts.append(_Start(page.page, proposed.y0, proposed.x0, proposed.x1, name))
        widgets = Counter(w for page in proposal.pages for f in page.fields for w in f.fillable)
        self._shared = {widget for widget, count in widgets.items() if count > 1}
        self._names: set[str] = set()
        self._filled: set[str] = set()

    def definition(self, name: str) -> FormDefinition:
        placed = [
            _Placed(f, page.page, self._section_at(page.page, f.box))
            for page in self._proposal.pages
            for f in _reading_order(_outside_tables(page))
        ]
        tables = tuple(table for page in self._proposal.pages for table in self._tables(page))
        fields, choices = self._fields(placed)
        used = {f.section for f in fields} | {t.section for t in tables}
        title = (
            tidy(self._proposal.titles[0] if self._proposal.titles else PurePath(name).stem, _TITLE) or "Form"
        )
        made = FormDefinition(
            form_type=slug(title) or "form",
            title=title.rstrip("…"),
            version="1",
            size=self._proposal.pages[0].size,
            titles=tuple(dict.fromkeys(t.strip() for t in self._proposal.titles if t.strip()))[:3],
            anchors=tuple(
                replace(a, page=page.page, box=kept_on_page(a.box))
                for page in self._proposal.pages
                for a in page.anchors
            ),
            sections=tuple(s for s in self._sections if s.name in used),
            fields=tuple(fields),
            choices=tuple(choices),
            tables=tables,
            rules=tuple(date_orders(tables)),
            expedited=tuple(
                f.name for f in fields if f.kind is FieldKind.TICK_BOX and is_expedited(f.printed or f.label)
            ),
            pages=max(page.page for page in self._proposal.pages),
        )
        return with_numbered_rows(made)

    def _section(self, title: str) -> str:
        """The name of a section of this title; the same title twice is the same section."""
        shown = tidy(_NUMBERED.sub("", title.strip()) or title, _TITLE)
        shown = _LETTERED.sub("", shown) or shown
        shown = re.sub(r"\s*\([^)]*\)\s*$", "", shown) or shown
        shown = shown[:1].upper() + shown[1:]
        for section in self._sections:
            if section.title.lower() == shown.lower():
                return section.name
        telling = re.sub(r"\b(information|info|details?|data|section)\b", " ", shown, flags=re.IGNORECASE)
        short = slug(telling) or slug(shown) or "section"
        made = Section(free_name(short[:24].rstrip("_"), {s.name for s in self._sections}), shown)
        self._sections.append(made)
        return made.name

    def _section_at(self, page: int, box: Box) -> str:
        """The section whose heading stands last before the middle of a box; pages go on with the section before."""
        x, y = box.centre
        for start in reversed(self._starts):
            if (start.page, start.y0) <= (page, y) and start.x0 <= x <= start.x1:
                return start.name
        found = next((s for s in self._sections if s.name == _FORM), None)
        if found is None:
            found = Section(free_name(_FORM, {s.name for s in self._sections}), "Form")
            self._sections.insert(0, found)
        return found.name

    def _title_of(self, section: str) -> str:
        return next(s.title for s in self._sections if s.name == section)

    def _fields(self, placed: list[_Placed]) -> tuple[list[FieldDefinition], list[ChoiceDefinition]]:
        often = Counter(named(p.field.label) for p in placed if not p.field.question)
        fields: list[FieldDefinition] = []
        groups: list[tuple[str, list[FieldDefinition]]] = []
        for number, item in enumerate(placed, 1):
            field = item.field
            boxed = field.kind is FieldKind.TICK_BOX
            made = replace(
                self._field(item, often, number),
                label=tidy(field.label) or (tidy(field.question) if boxed else "") or f"Field {number}",
            )
            fields.append(made)
            if boxed and field.question.strip():
                _join(groups, field.question.strip(), made)
        return fields, [self._choice(question, boxes) for question, boxes in groups if len(boxes) > 1]

    def _field(self, item: _Placed, often: Counter[str], number: int) -> FieldDefinition:
        field = item.field
        kind = kind_told(field.kind, tidy(field.label))
        own = named(field.label)
        plain = item.section != _FORM and _PLAIN.match(own) is not None
        name = self._name(item, plain or often[own] > 1, own, number)
        request = request_of_field(
            kind, tidy(f"{field.question} {field.label}"), self._title_of(item.section)
        )
        if field.kind is FieldKind.TICK_BOX and request:
            request = request_of_field(field.kind, tidy(field.label), self._title_of(item.section))
        if request in self._filled and request != "patient.gender":
            request = ""
        self._filled.add(request)
        starred = re.search(r"^\s*\*|\*\s*:?\s*$", field.label) is not None
        return FieldDefinition(
            name,
            "",
            item.section,
            kind,
            kept_on_page(field.box),
            item.page,
            printed=re.sub(r"\s+", " ", field.label).strip(),
            required=starred or re.sub(r"^lines\.1\.", "lines.*.", request) in REQUIRED_PATHS,
            multiline=field.multiline,
            request=request,
            weight=2.0 if request.endswith("service.code") or request == "patient.patient_id" else 1.0,
            # Boxes that share a name in the file are told apart by their place alone.
            fillable=tuple(w for w in field.fillable if w not in self._shared),
        )

    def _name(self, item: _Placed, ambiguous: bool, own: str, number: int) -> str:
        field = item.field
        if field.question and own:
            question = named(field.question)
            words = _cut(question, _QUESTION)
            base = own if own.startswith(words or own) else f"{words}_{_cut(own, _QUESTION)}"
        elif not own:
            base = _cut(named(field.question), _QUESTION) or f"field_{number}"
        elif ambiguous and not own.startswith(item.section):
            base = f"{item.section}_{own}"
        else:
            base = own
        name = self._free(base)
        self._names.add(name)
        return name

    def _free(self, base: str) -> str:
        """The name itself where it is free, else with a number."""
        if base not in self._names:
            return base
        number = 2
        while f"{base}_{number}" in self._names:
            number += 1
        return f"{base}_{number}"

    def _choice(self, question: str, boxes: list[FieldDefinition]) -> ChoiceDefinition:
        name = free_name(named(question), self._names, boxes[0].section, fallback="question")
        self._names.add(name)
        several = re.search(
            r"all that apply|check all|select all|mark all|one or more", question, re.IGNORECASE
        )
        exclusive = not several and 1 < len(boxes) < MANY
        return ChoiceDefinition(
            name, tidy(question), boxes[0].section, tuple(b.name for b in boxes), exclusive
        )

    def _tables(self, page: ProposedPage) -> Iterable[TableDefinition]:
        for proposed in page.tables:
            top = min(y0 for y0, _ in proposed.rows)
            section = self._section_at(page.page, Box(0.0, top, 1.0, top + 0.01))
            columns: list[Column] = []
            for number, column in enumerate(proposed.columns, 1):
                name = free_name(named(column.label), {c.name for c in columns}, fallback=f"column_{number}")
                request = request_of_column(column.kind, tidy(column.label))
                if request in {c.request for c in columns}:
                    request = ""
                columns.append(
                    Column(
                        name, tidy(column.label) or f"Column {number}", column.kind, max(0.0, column.x0),
                        min(1.0, column.x1), request=request, required=request in REQUIRED_PATHS,
                        weight=2.0 if request.endswith("service.code") else 1.0,
                    )
                )  # fmt: skip
                self._filled.add(request.replace("*", "1"))
            name = free_name(named(proposed.label) or section, self._names, fallback="table")
            self._names.add(name)
            label = tidy(proposed.label) or self._title_of(section)
            rows = tuple((max(0.0, y0), min(1.0, y1)) for y0, y1 in proposed.rows)
            yield TableDefinition(name, label, section, tuple(columns), rows, page.page)


def _join(groups: list[tuple[str, list[FieldDefinition]]], question: str, box: FieldDefinition) -> None:
    """Put a tick box to the others of its question: those that stand near it and do not say the same already.

    Boxes of two questions may stand line by line beside each other, and a form may ask one question twice.
    """
    for asked, boxes in reversed(groups):
        last = boxes[-1]
        if (
            asked == question
            and (last.page, last.section) == (box.page, box.section)
            and abs(last.zone.centre[1] - box.zone.centre[1]) < _NEAR
            and box.label.lower() not in {b.label.lower() for b in boxes}
        ):
            boxes.append(box)
            return
    groups.append((question, [box]))


def _outside_tables(page: ProposedPage) -> list[ProposedField]:
    """The proposed fields that are no cell of a proposed table."""
    covered = [
        Box(
            min(c.x0 for c in t.columns), min(y0 for y0, _ in t.rows),
            max(c.x1 for c in t.columns), max(y1 for _, y1 in t.rows),
        )
        for t in page.tables
        if t.columns and t.rows
    ]  # fmt: skip
    return [
        f for f in page.fields if not any(f.box.overlap(box) > 0.6 * max(f.box.area, 1e-9) for box in covered)
    ]


def _reading_order(fields: Iterable[ProposedField]) -> list[ProposedField]:
    """Line by line, each from left to right: what shares more than half of its height stands in one line."""
    lines: list[list[ProposedField]] = []
    for field in sorted(fields, key=lambda f: f.box.centre[1]):
        if lines:
            first = lines[-1][0].box
            height = min(first.height, field.box.height)
            if abs(first.centre[1] - field.box.centre[1]) <= height / 2:
                lines[-1].append(field)
                continue
        lines.append([field])
    return [field for line in lines for field in sorted(line, key=lambda f: f.box.x0)]
