"""What a person does to zones, as edits of the definition: each gives the definition after it and what is chosen then.

No Qt. Raises `Rejected` with a sentence for what cannot be done.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from app.domain import teaching, teaching_table
from app.domain.box import Box
from app.domain.errors import Rejected
from app.domain.form import FieldKind
from app.domain.label import tidy
from app.domain.mapping import request_of_field
from app.domain.naming import free_name
from app.domain.processor import ChoiceDefinition, FormDefinition, TableDefinition
from app.views.models.label_guess import is_square, kind_of_label, label_beside
from app.views.widgets.teach.outline import section_of
from app.views.widgets.teach.zone_key import Ask
from app.views.widgets.teach.zone_shape import Shape

UNNAMED = re.compile(r"field(_\d+)?|tick_box(_\d+)?")
"""Names of zones that nobody has named yet."""


class Done(NamedTuple):
    """The definition after an edit, and the refs that are chosen then."""

    definition: FormDefinition
    refs: tuple[str, ...]


def placed(definition: FormDefinition, shapes: Mapping[str, Shape]) -> FormDefinition:
    """Zones elsewhere, by the name of their field or table."""
    for ref, shape in shapes.items():
        if shape.columns:
            definition = teaching_table.set_grid(definition, ref, shape.columns, shape.rows)
        else:
            definition = teaching.place_field(definition, ref, shape.box)
    return definition


def drawn(definition: FormDefinition, page: int, zone: Box) -> Done:
    """A zone drawn by hand: called as what is printed beside it, of the kind that tells or its shape does."""
    boxed = is_square(zone, definition.size[0] / definition.size[1])
    label = label_beside(zone, definition.anchors, page, boxed=boxed)
    kind = FieldKind.TICK_BOX if boxed else kind_of_label(label)
    unnamed = "Tick box" if boxed else "Field"
    name = teaching.name_for(definition, label or unnamed)
    after = teaching.add_field(definition, name, zone, page=page, kind=kind, label=label or unnamed)
    made = after.field(name)
    if made is not None and label:
        section = after.section_title(made.section)
        own = teaching.name_for(definition, label, made.section)
        if own != name:  # told apart by its section rather than by a number
            after = teaching.rename_field(after, name, own)
            name = own
        after = _filling(after, name, kind, label, section)
    return Done(after, (name,))


def _filling(
    definition: FormDefinition, name: str, kind: FieldKind, label: str, section: str
) -> FormDefinition:
    request = request_of_field(kind, label, section)
    used = {f.request for f in definition.fields} | {c.request for t in definition.tables for c in t.columns}
    if not request or (request in used and request != "patient.gender"):
        return definition
    return teaching.set_request(definition, name, request)


def named(definition: FormDefinition, refs: tuple[str, ...], *, fresh: bool) -> Done:
    """What follows once a label is typed: a zone nobody has named gets its name, kind and request from it.

    `fresh` says that no version was published with the names there are: then they follow their labels.
    """
    field = definition.field(refs[-1]) if refs else None
    if field is None or field.label in ("", "Field", "Tick box"):
        return Done(definition, refs)
    unnamed = UNNAMED.fullmatch(field.name) is not None
    if not unnamed and not fresh:
        return Done(definition, refs)
    others = teaching.taken(definition) - {field.name}
    name = free_name(field.label, others, field.section)
    if unnamed and field.kind is FieldKind.TEXT:
        kind = kind_of_label(field.label)
        definition = teaching.change_fields(definition, (field.name,), kind=kind)
        section = definition.section_title(field.section)
        definition = _filling(definition, field.name, kind, field.label, section)
    if not unnamed and re.fullmatch(rf"{re.escape(free_name(field.label, ()))}.*|.*_\d+", field.name):
        return Done(definition, refs)  # it says what the label says already
    definition = teaching.rename_field(definition, field.name, name)
    return Done(definition, (*refs[:-1], name))


def asked(
    definition: FormDefinition, refs: tuple[str, ...], ask: Ask, kind: FieldKind | None, walk: Iterable[str]
) -> Done:
    """Do what a key or button asks for with what is chosen. `walk` is the order of the zones."""
    match ask:
        case Ask.KIND:
            if kind is None:
                return Done(definition, refs)
            return Done(_kinded(definition, refs, kind), refs)
        case Ask.REMOVE:
            return _removed(definition, refs, tuple(walk))
        case Ask.DUPLICATE:
            return _duplicated(definition, refs)
        case Ask.GROUP:
            return _grouped(definition, refs)
        case Ask.TABLE:
            return _tabled(definition, refs)
        case Ask.APART:
            return _apart(definition, refs)
        case Ask.REQUIRED:
            return Done(required(definition, refs, on=not _all_required(definition, refs)), refs)
        case Ask.MULTILINE:
            names = fields_of(definition, refs)
            several = [f.multiline for f in definition.fields if f.name in names]
            return Done(teaching.change_fields(definition, names, multiline=not all(several)), refs)
        case _:
            return Done(definition, refs)


def fields_of(definition: FormDefinition, refs: Iterable[str]) -> tuple[str, ...]:
    """The fields among some refs; a question stands for its tick boxes."""
    options = {c.name: c.options for c in definition.choices}
    names = [name for ref in refs for name in options.get(ref, (ref,))]
    return tuple(n for n in dict.fromkeys(names) if definition.field(n) is not None)


def choice_named(definition: FormDefinition, ref: str) -> ChoiceDefinition | None:
    return next((c for c in definition.choices if c.name == ref), None)


def table_named(definition: FormDefinition, ref: str) -> TableDefinition | None:
    return next((t for t in definition.tables if t.name == ref), None)


def columns_of(definition: FormDefinition, refs: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The columns among some refs, as (table, column)."""
    there = {(t.name, c.name) for t in definition.tables for c in t.columns}
    pairs = [(ref.partition(".")[0], ref.partition(".")[2]) for ref in refs]
    return tuple(pair for pair in pairs if pair in there)


def required(definition: FormDefinition, refs: tuple[str, ...], *, on: bool) -> FormDefinition:
    """Whether what is chosen has to be filled in."""
    choice = choice_named(definition, refs[-1]) if len(refs) == 1 else None
    if choice is not None:
        return teaching.change_choice(definition, choice.name, required=on)
    names = fields_of(definition, refs)
    if names:
        definition = teaching.change_fields(definition, names, required=on)
    for table, column in columns_of(definition, refs):
        definition = teaching_table.change_column(definition, table, column, required=on)
    return definition


def _all_required(definition: FormDefinition, refs: tuple[str, ...]) -> bool:
    choice = choice_named(definition, refs[-1]) if len(refs) == 1 else None
    if choice is not None:
        return choice.required
    names, columns = fields_of(definition, refs), columns_of(definition, refs)
    states = [f.required for f in definition.fields if f.name in names]
    states += [c.required for t in definition.tables for c in t.columns if (t.name, c.name) in columns]
    return all(states)


def _kinded(definition: FormDefinition, refs: tuple[str, ...], kind: FieldKind) -> FormDefinition:
    names = fields_of(definition, refs)
    if names:
        definition = teaching.change_fields(definition, names, kind=kind)
    for table, column in columns_of(definition, refs):
        definition = teaching_table.change_column(definition, table, column, kind=kind)
    return definition


def _removed(definition: FormDefinition, refs: tuple[str, ...], walk: tuple[str, ...]) -> Done:
    """Take out what is chosen; what comes after it is chosen next."""
    if not refs:
        return Done(definition, refs)
    names = fields_of(definition, refs)
    tables = [ref for ref in refs if table_named(definition, ref) is not None]
    columns = columns_of(definition, refs)
    sections = [section_of(ref) for ref in refs if section_of(ref)]
    if names or tables or columns:
        sections = []  # chosen along with fields, a heading stays
    gone = {*names, *tables}
    places = [walk.index(ref) for ref in gone if ref in walk]
    following = next((ref for ref in walk[max(places, default=0) :] if ref not in gone), "") if places else ""
    if places and not following:
        following = next((ref for ref in reversed(walk[: min(places)]) if ref not in gone), "")
    definition = teaching.remove_fields(definition, names) if names else definition
    for table in tables:
        definition = teaching_table.remove_table(definition, table)
    for table, column in columns:
        if table not in tables:
            definition = teaching_table.remove_column(definition, table, column)
    for section in sections:
        order = [s.name for s in definition.sections]
        at = order.index(section)
        if len(order) == 1:
            raise Rejected(
                "A form has at least one section.", "Give it another title instead.", code="last_section"
            )
        definition = teaching.remove_section(definition, section, order[at - 1] if at else order[1])
    return Done(definition, (following,) if following else ())


def _duplicated(definition: FormDefinition, refs: tuple[str, ...]) -> Done:
    names = fields_of(definition, refs)
    if not names:
        raise Rejected("Only fields can be copied.", "Choose a field.", code="no_field")
    fields = [f for f in definition.fields if f.name in names]
    height = max(f.zone.y1 for f in fields) - min(f.zone.y0 for f in fields)
    made = []
    for field in fields:
        new = teaching.name_for(definition, field.label, field.section)
        definition = teaching.duplicate_field(definition, field.name, new, 0.0, height * 1.15)
        made.append(new)
    return Done(definition, tuple(made))


def _grouped(definition: FormDefinition, refs: tuple[str, ...]) -> Done:
    names = fields_of(definition, refs)
    boxes = [f for f in definition.fields if f.name in names]
    if len(boxes) > 1 and all(is_square(f.zone, definition.size[0] / definition.size[1]) for f in boxes):
        definition = teaching.change_fields(definition, names, kind=FieldKind.TICK_BOX)
    around = Box.around(f.zone for f in boxes) if boxes else None
    label = ""
    if around is not None:
        labels = {f.label for f in boxes}
        anchors = [a for a in definition.anchors if tidy(a.text) not in labels]
        label = label_beside(around, anchors, boxes[0].page, boxed=False)
    before = {c.name for c in definition.choices}
    after = teaching.group_choice(definition, names, label or "Question")
    made = next(c.name for c in after.choices if c.name not in before or c.options == names)
    return Done(after, (made,))


def _tabled(definition: FormDefinition, refs: tuple[str, ...]) -> Done:
    names = fields_of(definition, refs)
    fields = [f for f in definition.fields if f.name in names]
    label = definition.section_title(fields[0].section) if fields else "Table"
    before = {t.name for t in definition.tables}
    after = teaching_table.make_table(definition, names, label, _headings(definition, names))
    return Done(after, tuple(t.name for t in after.tables if t.name not in before))


def _headings(definition: FormDefinition, names: tuple[str, ...]) -> list[str]:
    """What is printed above each column of a block of zones, from left to right."""
    fields = sorted((f for f in definition.fields if f.name in names), key=lambda f: f.zone.y0)
    if not fields:
        return []
    top = fields[0].zone
    first = sorted(
        (f for f in fields if f.zone.y0 < top.centre[1] and f.zone.y1 > top.centre[1]),
        key=lambda f: f.zone.x0,
    )
    found = []
    for field in first:
        above = [
            a
            for a in definition.anchors
            if a.page == field.page
            and -0.006 <= field.zone.y0 - a.box.y1 < 0.03
            and field.zone.x0 - 0.005 <= a.box.centre[0] <= field.zone.x1 + 0.005
        ]
        nearest = max(above, key=lambda a: a.box.y1, default=None)
        found.append(tidy(nearest.text) if nearest else "")
    return found


def _apart(definition: FormDefinition, refs: tuple[str, ...]) -> Done:
    """Take a question or a table apart: the one that is chosen, or that a chosen box or column belongs to."""
    last = refs[-1] if refs else ""
    table = table_named(definition, last.partition(".")[0])
    if table is not None:
        before = {f.name for f in definition.fields}
        after = teaching_table.unmake_table(definition, table.name)
        return Done(after, tuple(f.name for f in after.fields if f.name not in before))
    choice = choice_named(definition, last) or definition.choice_of(last)
    if choice is None:
        raise Rejected(
            "There is nothing to take apart.",
            "Choose a question of tick boxes or a table.",
            code="nothing_apart",
        )
    return Done(teaching.ungroup_choice(definition, choice.name), choice.options)


def in_section(definition: FormDefinition, refs: tuple[str, ...], section: str) -> FormDefinition:
    """Put what is chosen into a section; a question whose boxes all stand there goes with them."""
    names = fields_of(definition, refs)
    if names:
        definition = teaching.change_fields(definition, names, section=section)
    for ref in refs:
        if table_named(definition, ref) is not None:
            definition = teaching_table.change_table(definition, ref, section=section)
    moved = set(names)
    choices = tuple(
        replace(c, section=section) if moved.issuperset(c.options) else c for c in definition.choices
    )
    return replace(definition, choices=choices)
