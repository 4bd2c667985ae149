"""Edits of a form definition while it is taught: each returns a new one, so that undo is a stack of values.

Every definition that comes out can be kept and read back: names stay unique, zones stay on the page, and what
refers to a field follows it. Raises `Rejected` with a sentence for what cannot be done.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from app.domain.box import Box
from app.domain.errors import Rejected
from app.domain.form import FieldKind
from app.domain.naming import free_name, is_name
from app.domain.processor import (
    Anchor,
    ChoiceDefinition,
    FieldDefinition,
    FormDefinition,
    RuleDefinition,
    Section,
)

LEAST = 0.003
"""The smallest side a zone may have, in fractions of the page: about half a millimetre."""


def name_for(definition: FormDefinition, label: str, section: str = "") -> str:
    """A name for a new field of this label: its own where it is free, else told apart by section, then by number."""
    return free_name(label, taken(definition), section)


def taken(definition: FormDefinition) -> set[str]:
    """Every name that a field, question or table of the form bears."""
    return (
        {f.name for f in definition.fields}
        | {c.name for c in definition.choices}
        | {t.name for t in definition.tables}
    )


# Fields


def add_field(
    definition: FormDefinition,
    name: str,
    zone: Box,
    *,
    page: int = 1,
    kind: FieldKind = FieldKind.TEXT,
    label: str = "",
    section: str = "",
) -> FormDefinition:
    """A new field, placed among the others as the form is read. Without a section it joins its neighbour's."""
    _refuse_name(definition, name)
    if not 1 <= page <= definition.pages:
        raise Rejected(f"The form has no page {page}.", code="no_page")
    zone = kept_on_page(zone)
    section = section or _section_at(definition, zone, page)
    if section not in {s.name for s in definition.sections}:
        definition = add_section(definition, "Form") if not definition.sections else definition
        section = definition.sections[0].name
    made = FieldDefinition(name, label or name.replace("_", " ").capitalize(), section, kind, zone, page)
    return replace(definition, fields=_in_order((*definition.fields, made)))


def place_field(definition: FormDefinition, name: str, zone: Box) -> FormDefinition:
    """Give a field another zone."""
    _field(definition, name)
    return _changed(definition, {name}, zone=kept_on_page(zone))


def move_fields(definition: FormDefinition, names: Iterable[str], dx: float, dy: float) -> FormDefinition:
    """Move fields together by fractions of the page, as far as the page goes."""
    chosen = [_field(definition, name) for name in names]
    if not chosen:
        return definition
    around = Box.around(f.zone for f in chosen)
    dx = min(max(dx, -around.x0), 1.0 - around.x1)
    dy = min(max(dy, -around.y0), 1.0 - around.y1)
    moved = {f.name: Box(f.zone.x0 + dx, f.zone.y0 + dy, f.zone.x1 + dx, f.zone.y1 + dy) for f in chosen}
    fields = tuple(
        replace(f, zone=kept_on_page(moved[f.name])) if f.name in moved else f for f in definition.fields
    )
    return replace(definition, fields=fields)


def remove_fields(definition: FormDefinition, names: Iterable[str]) -> FormDefinition:
    """Take fields out, with every mention of them; a question without tick boxes goes too."""
    gone = {_field(definition, name).name for name in names}
    definition = replace(definition, fields=tuple(f for f in definition.fields if f.name not in gone))
    return _without(definition, gone)


def duplicate_field(definition: FormDefinition, name: str, new: str, dx: float, dy: float) -> FormDefinition:
    """The same field once more under a new name, moved by fractions of the page. It fills nothing of its own."""
    _refuse_name(definition, new)
    field = _field(definition, name)
    copied = replace(field, name=new, request="", fillable=())
    definition = replace(definition, fields=(*definition.fields, copied))
    definition = move_fields(definition, (new,), dx, dy)
    return replace(definition, fields=_in_order(definition.fields))


def rename_field(definition: FormDefinition, name: str, new: str) -> FormDefinition:
    """Give a field another name; everything that mentions it follows."""
    _field(definition, name)
    if name == new:
        return definition
    _refuse_name(definition, new)

    def of(known: str) -> str:
        return new if known == name else known

    return replace(
        definition,
        fields=tuple(replace(f, name=of(f.name)) for f in definition.fields),
        choices=tuple(replace(c, options=tuple(map(of, c.options))) for c in definition.choices),
        rules=tuple(RuleDefinition(r.rule, tuple(map(of, r.fields))) for r in definition.rules),
        expedited=tuple(map(of, definition.expedited)),
    )


def change_fields(
    definition: FormDefinition,
    names: Iterable[str],
    *,
    label: str | None = None,
    kind: FieldKind | None = None,
    section: str | None = None,
    required: bool | None = None,
    multiline: bool | None = None,
    unbroken: bool | None = None,
    embeds: str | None = None,
    weight: float | None = None,
) -> FormDefinition:
    """Change what is given of some fields and leave the rest.

    A field that is no tick box any more leaves its question and does not make a request expedited.
    """
    chosen = {_field(definition, name).name for name in names}
    if section is not None and section not in {s.name for s in definition.sections}:
        raise Rejected(f"The form has no section “{section}”.", "Add the section first.", code="no_section")
    given = {
        "label": label, "kind": kind, "section": section, "required": required, "multiline": multiline,
        "unbroken": unbroken, "embeds": embeds, "weight": weight,
    }  # fmt: skip
    definition = _changed(definition, chosen, **{k: v for k, v in given.items() if v is not None})
    if kind is not None and kind is not FieldKind.TICK_BOX:
        definition = _without_boxes(definition, chosen)
    return definition


def set_request(definition: FormDefinition, name: str, path: str) -> FormDefinition:
    """Say which part of the request a field fills; "" for none."""
    return _changed(definition, {_field(definition, name).name}, request=path)


def set_expedited(definition: FormDefinition, names: Iterable[str]) -> FormDefinition:
    """Say which tick boxes make a request expedited."""
    chosen = tuple(dict.fromkeys(names))
    for name in chosen:
        if _field(definition, name).kind is not FieldKind.TICK_BOX:
            raise Rejected(
                f"“{name}” is not a tick box: urgency is read from a tick box alone.", code="not_a_box"
            )
    return replace(definition, expedited=chosen)


# Questions


def group_choice(
    definition: FormDefinition, names: Iterable[str], label: str, *, exclusive: bool = True
) -> FormDefinition:
    """Make one question of tick boxes; they leave the questions they belonged to. The question's name comes
    from its label.
    """
    chosen = tuple(dict.fromkeys(names))
    fields = [_field(definition, name) for name in chosen]
    if not fields or any(f.kind is not FieldKind.TICK_BOX for f in fields):
        raise Rejected("Only tick boxes answer a question together.", "Select tick boxes.", code="not_boxes")
    rest = tuple(
        replace(c, options=tuple(o for o in c.options if o not in chosen)) for c in definition.choices
    )
    definition = replace(definition, choices=tuple(c for c in rest if c.options))
    section = fields[0].section
    made = ChoiceDefinition(
        name_for(definition, label or "Question", section), label, section, chosen, exclusive
    )
    return replace(definition, choices=(*definition.choices, made))


def ungroup_choice(definition: FormDefinition, choice: str) -> FormDefinition:
    """Take a question away; its tick boxes stay."""
    _choice(definition, choice)
    return replace(definition, choices=tuple(c for c in definition.choices if c.name != choice))


def change_choice(
    definition: FormDefinition,
    choice: str,
    *,
    name: str | None = None,
    label: str | None = None,
    exclusive: bool | None = None,
    required: bool | None = None,
) -> FormDefinition:
    """Change what is given of a question."""
    found = _choice(definition, choice)
    if name is not None and name != choice:
        _refuse_name(definition, name)
    changed = replace(
        found,
        name=choice if name is None else name,
        label=found.label if label is None else label,
        exclusive=found.exclusive if exclusive is None else exclusive,
        required=found.required if required is None else required,
    )
    return replace(definition, choices=tuple(changed if c.name == choice else c for c in definition.choices))


# Printed texts, sections, the form itself


def add_anchor(definition: FormDefinition, text: str, box: Box, page: int = 1) -> FormDefinition:
    """Add a printed text the page is matched by."""
    if not text.strip():
        raise Rejected("A printed text has letters.", code="no_text")
    return replace(definition, anchors=(*definition.anchors, Anchor(text.strip(), kept_on_page(box), page)))


def remove_anchors(definition: FormDefinition, places: Iterable[int]) -> FormDefinition:
    """Take printed texts out, by their place in `anchors`."""
    gone = set(places)
    return replace(definition, anchors=tuple(a for i, a in enumerate(definition.anchors) if i not in gone))


def add_section(definition: FormDefinition, title: str) -> FormDefinition:
    """Add a section at the end; its name comes from its title."""
    if not title.strip():
        raise Rejected("A section has a title.", code="no_title")
    name = free_name(title, {s.name for s in definition.sections})
    return replace(definition, sections=(*definition.sections, Section(name, title.strip())))


def retitle_section(definition: FormDefinition, name: str, title: str) -> FormDefinition:
    """Give a section another title."""
    if name not in {s.name for s in definition.sections}:
        raise Rejected(f"The form has no section “{name}”.", code="no_section")
    if not title.strip():
        raise Rejected("A section has a title.", code="no_title")
    sections = tuple(Section(name, title.strip()) if s.name == name else s for s in definition.sections)
    return replace(definition, sections=sections)


def move_section(definition: FormDefinition, name: str, place: int) -> FormDefinition:
    """Put a section at another place in the order they are shown in."""
    found = next((s for s in definition.sections if s.name == name), None)
    if found is None:
        raise Rejected(f"The form has no section “{name}”.", code="no_section")
    rest = [s for s in definition.sections if s.name != name]
    rest.insert(place, found)
    return replace(definition, sections=tuple(rest))


def remove_section(definition: FormDefinition, name: str, into: str) -> FormDefinition:
    """Take a section away; what stands in it goes into another."""
    names = {s.name for s in definition.sections}
    if name not in names or into not in names or name == into:
        raise Rejected("What stands in a section needs another one to go to.", code="no_section")

    def of(section: str) -> str:
        return into if section == name else section

    return replace(
        definition,
        sections=tuple(s for s in definition.sections if s.name != name),
        fields=tuple(replace(f, section=of(f.section)) for f in definition.fields),
        choices=tuple(replace(c, section=of(c.section)) for c in definition.choices),
        tables=tuple(replace(t, section=of(t.section)) for t in definition.tables),
    )


def change_form(
    definition: FormDefinition,
    *,
    title: str | None = None,
    form_type: str | None = None,
    titles: Iterable[str] | None = None,
) -> FormDefinition:
    """Change what the form is called by people, by the program, and by its own printing."""
    if title is not None and not title.strip():
        raise Rejected("A form has a title.", code="no_title")
    if form_type is not None and not is_name(form_type):
        raise _bad_name(form_type)
    return replace(
        definition,
        title=definition.title if title is None else title.strip(),
        form_type=form_type or definition.form_type,
        titles=definition.titles if titles is None else tuple(t.strip() for t in titles if t.strip()),
    )


def kept_on_page(box: Box) -> Box:
    """The same box with its corners in order, on the page, and not smaller than can be drawn."""
    x0, x1 = sorted((min(max(box.x0, 0.0), 1.0), min(max(box.x1, 0.0), 1.0)))
    y0, y1 = sorted((min(max(box.y0, 0.0), 1.0), min(max(box.y1, 0.0), 1.0)))
    x0, y0 = min(x0, 1.0 - LEAST), min(y0, 1.0 - LEAST)
    return Box(x0, y0, max(x1, x0 + LEAST), max(y1, y0 + LEAST))


def _field(definition: FormDefinition, name: str) -> FieldDefinition:
    found = definition.field(name)
    if found is None:
        raise Rejected(f"The form has no field “{name}”.", code="no_field")
    return found


def _choice(definition: FormDefinition, name: str) -> ChoiceDefinition:
    found = next((c for c in definition.choices if c.name == name), None)
    if found is None:
        raise Rejected(f"The form has no question “{name}”.", code="no_choice")
    return found


def _bad_name(name: str) -> Rejected:
    return Rejected(
        f"“{name}” cannot be a name.",
        "Use small letters, digits and _, beginning with a letter.",
        code="bad_name",
    )


def _refuse_name(definition: FormDefinition, name: str) -> None:
    if not is_name(name):
        raise _bad_name(name)
    if name in taken(definition):
        raise Rejected(f"“{name}” is taken already.", "Choose another name.", code="name_taken")


def _changed(definition: FormDefinition, names: set[str], **changes: object) -> FormDefinition:
    fields = tuple(
        replace(f, **changes) if f.name in names else f  # type: ignore[arg-type]
        for f in definition.fields
    )
    return replace(definition, fields=fields)


def _without(definition: FormDefinition, gone: set[str]) -> FormDefinition:
    """The form with nothing that mentions these fields."""
    definition = _without_boxes(definition, gone)
    return replace(definition, rules=tuple(r for r in definition.rules if not gone & set(r.fields)))


def _without_boxes(definition: FormDefinition, gone: set[str]) -> FormDefinition:
    choices = tuple(
        replace(c, options=tuple(o for o in c.options if o not in gone)) for c in definition.choices
    )
    return replace(
        definition,
        choices=tuple(c for c in choices if c.options),
        expedited=tuple(e for e in definition.expedited if e not in gone),
    )


def _in_order(fields: Iterable[FieldDefinition]) -> tuple[FieldDefinition, ...]:
    """The last field put where the form is read: before the first that stands below it, or right of it in its line."""
    *before, new = fields
    for place, field in enumerate(before):
        if _reads_before(new, field):
            return (*before[:place], new, *before[place:])
    return (*before, new)


def _reads_before(one: FieldDefinition, other: FieldDefinition) -> bool:
    if one.page != other.page:
        return one.page < other.page
    middle, height = one.zone.centre[1], min(one.zone.height, other.zone.height)
    if abs(middle - other.zone.centre[1]) <= height / 2:
        return one.zone.x0 < other.zone.x0
    return middle < other.zone.centre[1]


def _section_at(definition: FormDefinition, zone: Box, page: int) -> str:
    """The section of the nearest field of the page, in lines above all."""
    near = [f for f in definition.fields if f.page == page]
    if not near:
        return definition.sections[-1].name if definition.sections else ""
    x, y = zone.centre
    return min(near, key=lambda f: 4 * abs(f.zone.centre[1] - y) + abs(f.zone.centre[0] - x)).section
