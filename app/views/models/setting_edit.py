"""What is set in the inspector, as edits of the definition. No Qt; see `zone_edit`."""

from __future__ import annotations

from app.domain import teaching, teaching_table
from app.domain.form import FieldKind
from app.domain.processor import FormDefinition
from app.views.models.zone_edit import (
    Done,
    choice_named,
    columns_of,
    fields_of,
    in_section,
    required,
    table_named,
)
from app.views.models.zone_edit import asked as asked_for
from app.views.widgets.teach.outline import section_of, section_ref
from app.views.widgets.teach.setting import Setting
from app.views.widgets.teach.zone_key import Ask


def settled(definition: FormDefinition, refs: tuple[str, ...], setting: Setting, value: object) -> Done:
    """Set something about what is chosen, or about the form where nothing is."""
    text = str(value)
    names = fields_of(definition, refs)
    match setting:
        case Setting.TITLE:
            after = teaching.change_form(definition, title=text) if text.strip() else definition
            return Done(after, refs)
        case Setting.FORM_TYPE:
            return Done(teaching.change_form(definition, form_type=text.strip()), refs)
        case Setting.TITLES:
            return Done(teaching.change_form(definition, titles=text.split("|")), refs)
        case Setting.LABEL:
            return Done(_labelled(definition, refs[-1], text), refs)
        case Setting.NAME:
            return _renamed(definition, refs, text.strip())
        case Setting.KIND:
            return asked_for(definition, refs, Ask.KIND, FieldKind(text), ())
        case Setting.SECTION:
            return Done(in_section(definition, refs, text), refs)
        case Setting.NEW_SECTION:
            return _new_section(definition, refs, text)
        case Setting.REQUIRED:
            return Done(required(definition, refs, on=bool(value)), refs)
        case Setting.MULTILINE:
            return Done(teaching.change_fields(definition, names, multiline=bool(value)), refs)
        case Setting.REQUEST:
            return Done(_filling(definition, refs[-1], text), refs)
        case Setting.EXPEDITED:
            kept = [n for n in definition.expedited if n not in names]
            return Done(teaching.set_expedited(definition, (*kept, *(names if value else ()))), refs)
        case Setting.EXCLUSIVE:
            return Done(teaching.change_choice(definition, refs[-1], exclusive=bool(value)), refs)
        case Setting.ROWS:
            return Done(_rows(definition, refs[-1], int(text)), refs)


def _labelled(definition: FormDefinition, ref: str, label: str) -> FormDefinition:
    if definition.field(ref) is not None:
        return teaching.change_fields(definition, (ref,), label=label)
    if choice_named(definition, ref) is not None:
        return teaching.change_choice(definition, ref, label=label)
    if table_named(definition, ref) is not None:
        return teaching_table.change_table(definition, ref, label=label)
    for table, column in columns_of(definition, (ref,)):
        return teaching_table.change_column(definition, table, column, label=label)
    section = section_of(ref)
    return teaching.retitle_section(definition, section, label) if label.strip() and section else definition


def _renamed(definition: FormDefinition, refs: tuple[str, ...], name: str) -> Done:
    ref = refs[-1]
    if definition.field(ref) is not None:
        after, new = teaching.rename_field(definition, ref, name), name
    elif choice_named(definition, ref) is not None:
        after, new = teaching.change_choice(definition, ref, name=name), name
    elif table_named(definition, ref) is not None:
        after, new = teaching_table.change_table(definition, ref, name=name), name
    else:
        table, _, column = ref.partition(".")
        after = teaching_table.change_column(definition, table, column, name=name)
        new = f"{table}.{name}"
    return Done(after, (*refs[:-1], new))


def _new_section(definition: FormDefinition, refs: tuple[str, ...], title: str) -> Done:
    """A section after the one what is chosen stands in now; the section is chosen, to be given its title."""
    field = definition.field(fields_of(definition, refs)[-1]) if fields_of(definition, refs) else None
    before = {s.name for s in definition.sections}
    after = teaching.add_section(definition, title)
    made = next(s.name for s in after.sections if s.name not in before)
    if field is not None:
        order = [s.name for s in definition.sections]
        after = teaching.move_section(after, made, order.index(field.section) + 1)
    return Done(in_section(after, refs, made), (section_ref(made),))


def _filling(definition: FormDefinition, ref: str, path: str) -> FormDefinition:
    if definition.field(ref) is not None:
        return teaching.set_request(definition, ref, path)
    for table, column in columns_of(definition, (ref,)):
        return teaching_table.change_column(definition, table, column, request=path)
    return definition


def _rows(definition: FormDefinition, ref: str, count: int) -> FormDefinition:
    """The same table with other rows, all of one height."""
    table = table_named(definition, ref)
    if table is None or count < 1:
        return definition
    top, bottom = table.rows[0][0], table.rows[-1][1]
    height = (bottom - top) / count
    rows = [(top + i * height, top + (i + 1) * height) for i in range(count)]
    return teaching_table.set_grid(definition, ref, [(c.x0, c.x1) for c in table.columns], rows)
