"""Form processor definitions: what a form type asks for, as data.

A definition is one JSON file in `resources/processors/`. Nothing about a form is in code.
All places are page fractions of the blank form, upright.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from app.domain.box import Box
from app.domain.form import FieldKind

SCHEMA = 1
MOST_PAGES = 100

T = TypeVar("T")


class BadDefinition(ValueError):
    """A definition that cannot be used; says where and why."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A printed text of the blank form and where it stands: what a page is matched against."""

    text: str
    box: Box
    page: int = 1


@dataclass(frozen=True, slots=True)
class Section:
    name: str
    title: str


@dataclass(frozen=True, slots=True)
class FieldDefinition:
    """One answer a form asks for.

    `zone` is where its answer may be written; for a tick box, the printed box (or the place of the mark
    where the form prints none). `printed` is the label as printed on the form. `embeds` names a code
    kind (`icd10`, `procedure_code`) that may stand at the end of the text after a dash. `request` is
    the dotted path this field fills in the case's `request`. `weight` says what an error costs (1 is usual).
    """

    name: str
    label: str
    section: str
    kind: FieldKind
    zone: Box
    page: int = 1
    printed: str = ""
    required: bool = False
    multiline: bool = False
    unbroken: bool = False
    embeds: str = ""
    request: str = ""
    weight: float = 1.0
    fillable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChoiceDefinition:
    """Tick boxes that answer one question together; `exclusive` when only one may be ticked."""

    name: str
    label: str
    section: str
    options: tuple[str, ...]
    exclusive: bool = True
    required: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: as a field, with `x0` and `x1` in place of a zone."""

    name: str
    label: str
    kind: FieldKind
    x0: float
    x1: float
    embeds: str = ""
    required: bool = False
    request: str = ""
    weight: float = 1.0
    fillable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableDefinition:
    """A table with fixed printed rows: `rows` lists (y0, y1) of each, in page fractions."""

    name: str
    label: str
    section: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[float, float], ...]
    page: int = 1


@dataclass(frozen=True, slots=True)
class RuleDefinition:
    """A rule between fields: `date_order` (first not after second) or `same_person` (all name one person or not)."""

    rule: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FormDefinition:
    """All that is known of a form type.

    `titles` are printed texts that name the form (any one is strong evidence), `anchors` the printed
    labels a page is registered by. `expedited` names the tick boxes that make a request expedited.
    `size` is width and height of the blank page the fractions refer to, in any unit (its aspect matters).
    """

    form_type: str
    title: str
    version: str
    size: tuple[float, float]
    titles: tuple[str, ...]
    anchors: tuple[Anchor, ...]
    sections: tuple[Section, ...]
    fields: tuple[FieldDefinition, ...]
    choices: tuple[ChoiceDefinition, ...] = ()
    tables: tuple[TableDefinition, ...] = ()
    rules: tuple[RuleDefinition, ...] = ()
    expedited: tuple[str, ...] = ()
    pages: int = 1

    def field(self, name: str) -> FieldDefinition | None:
        return next((f for f in self.fields if f.name == name), None)

    def on_page(self, page: int) -> FormDefinition:
        """What stands on one page of the form, as a definition of its own: pages are matched one by one."""
        if self.pages == 1:
            return self
        fields = tuple(f for f in self.fields if f.page == page)
        names = {f.name for f in fields}
        return replace(
            self,
            anchors=tuple(a for a in self.anchors if a.page == page),
            fields=fields,
            choices=tuple(c for c in self.choices if names.intersection(c.options)),
            tables=tuple(t for t in self.tables if t.page == page),
        )

    def section_title(self, name: str) -> str:
        return next((s.title for s in self.sections if s.name == name), name)

    def choice_of(self, name: str) -> ChoiceDefinition | None:
        """The question a tick box answers, if it belongs to one."""
        return next((c for c in self.choices if name in c.options), None)


def from_json(data: Mapping[str, Any]) -> FormDefinition:
    """Read a definition. Raises `BadDefinition` with the place and the reason."""
    if data.get("schema") != SCHEMA:
        raise BadDefinition(f"schema: expected {SCHEMA}, found {data.get('schema')!r}")
    for key in ("sections", "fields"):
        if key not in data:
            raise BadDefinition(f"{key}: a list is needed")
    definition = FormDefinition(
        form_type=_text(data, "form_type"),
        title=_text(data, "title"),
        version=_text(data, "version"),
        size=_size(data.get("size")),
        titles=_strings(data, "titles"),
        anchors=_each(data, "anchors", _anchor),
        sections=_each(data, "sections", lambda s: Section(_string(s, "name"), _string(s, "title"))),
        fields=_each(data, "fields", _field),
        choices=_each(data, "choices", _choice),
        tables=_each(data, "tables", _table),
        rules=_each(data, "rules", lambda r: RuleDefinition(_string(r, "rule"), _strings(r, "fields"))),
        expedited=_strings(data, "expedited"),
        pages=_pages(data.get("pages", 1)),
    )
    _check(definition)
    return definition


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value:
        raise BadDefinition(f"{key}: a text is needed")
    return value


def _size(value: Any) -> tuple[float, float]:
    try:
        width, height = (float(number) for number in value)
    except (TypeError, ValueError) as error:
        raise BadDefinition("size: width and height of the blank page are needed") from error
    if not (0.0 < width < math.inf and 0.0 < height < math.inf):
        raise BadDefinition(f"size: {width} by {height} is no size of a page")
    return width, height


def _pages(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_PAGES:
        raise BadDefinition(f"pages: a whole number from 1 to {MOST_PAGES} is needed")
    return value


def _list(data: Mapping[str, Any], key: str) -> Sequence[Any]:
    found = data.get(key, ())
    if not isinstance(found, (list, tuple)):
        raise BadDefinition(f"{key}: a list is needed")
    return found


def _each(data: Mapping[str, Any], key: str, read: Callable[[Mapping[str, Any]], T]) -> tuple[T, ...]:
    """The items of a list. What is wrong with one is told with its place in the list and its name."""
    found = []
    for number, item in enumerate(_list(data, key), 1):
        where = f"{key}, no. {number}"
        if not isinstance(item, Mapping):
            raise BadDefinition(f"{where}: an object is needed")
        name = item.get("name", item.get("text", ""))
        where += f" (“{name}”)" if isinstance(name, str) and name else ""
        try:
            found.append(read(item))
        except BadDefinition as error:
            raise BadDefinition(f"{where}: {error}") from error
        except KeyError as error:
            raise BadDefinition(f"{where}: {error.args[0]!r} is missing") from error
        except (TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
            raise BadDefinition(f"{where}: {error}") from error
    return tuple(found)


def _kind(value: Any) -> FieldKind:
    try:
        return FieldKind(value)
    except ValueError as error:
        raise BadDefinition(f"{value!r} is no kind; known are {', '.join(FieldKind)}") from error


def _string(data: Mapping[str, Any], key: str, otherwise: str | None = None) -> str:
    value = data[key] if otherwise is None else data.get(key, otherwise)
    if not isinstance(value, str):
        raise BadDefinition(f"{key}: a text is needed, not {value!r}")
    return value


def _strings(data: Mapping[str, Any], key: str) -> tuple[str, ...]:
    if not all(isinstance(item, str) for item in _list(data, key)):
        raise BadDefinition(f"{key}: a list of texts is needed")
    return tuple(_list(data, key))


def _choice(data: Mapping[str, Any]) -> ChoiceDefinition:
    return ChoiceDefinition(
        _string(data, "name"),
        _string(data, "label"),
        _string(data, "section"),
        _strings(data, "options"),
        bool(data.get("exclusive", True)),
        bool(data.get("required", False)),
    )


def _box(numbers: Sequence[float], where: str) -> Box:
    if len(numbers) != 4 or not all(isinstance(n, (int, float)) and math.isfinite(n) for n in numbers):
        raise BadDefinition(f"{where}: a box is four numbers")
    box = Box(*map(float, numbers))
    if not (0.0 <= box.x0 < box.x1 <= 1.0 and 0.0 <= box.y0 < box.y1 <= 1.0):
        raise BadDefinition(f"{where}: the box {tuple(numbers)} is empty or off the page")
    return box


def _anchor(data: Mapping[str, Any]) -> Anchor:
    return Anchor(_string(data, "text"), _box(data["box"], _string(data, "text")), int(data.get("page", 1)))


def _field(data: Mapping[str, Any]) -> FieldDefinition:
    return FieldDefinition(
        name=_string(data, "name"),
        label=_string(data, "label"),
        section=_string(data, "section"),
        kind=_kind(data["kind"]),
        zone=_box(data["zone"], _string(data, "name")),
        page=int(data.get("page", 1)),
        printed=_string(data, "printed", ""),
        required=bool(data.get("required", False)),
        multiline=bool(data.get("multiline", False)),
        unbroken=bool(data.get("unbroken", False)),
        embeds=_string(data, "embeds", ""),
        request=_string(data, "request", ""),
        weight=float(data.get("weight", 1.0)),
        fillable=_strings(data, "fillable"),
    )


def _table(data: Mapping[str, Any]) -> TableDefinition:
    return TableDefinition(
        name=_string(data, "name"),
        label=_string(data, "label"),
        section=_string(data, "section"),
        columns=tuple(
            Column(
                _string(c, "name"),
                _string(c, "label"),
                _kind(c["kind"]),
                float(c["x0"]),
                float(c["x1"]),
                _string(c, "embeds", ""),
                bool(c.get("required", False)),
                _string(c, "request", ""),
                float(c.get("weight", 1.0)),
                _strings(c, "fillable"),
            )
            for c in data["columns"]
        ),
        rows=tuple((float(r[0]), float(r[1])) for r in data["rows"]),
        page=int(data.get("page", 1)),
    )


def _check(definition: FormDefinition) -> None:
    sections = {s.name for s in definition.sections}
    names = [f.name for f in definition.fields]
    doubled = {n for n in names if names.count(n) > 1}
    if doubled:
        raise BadDefinition(f"fields: named twice: {sorted(doubled)}")
    placed: list[FieldDefinition | ChoiceDefinition | TableDefinition] = [
        *definition.fields,
        *definition.choices,
        *definition.tables,
    ]
    for item in placed:
        if item.section not in sections:
            raise BadDefinition(f"{item.name}: no section {item.section!r}")
    known = set(names)
    for choice in definition.choices:
        for option in choice.options:
            found = definition.field(option)
            if found is None or found.kind is not FieldKind.TICK_BOX:
                raise BadDefinition(f"{choice.name}: {option!r} is not a tick box of this form")
    for name in definition.expedited:
        if name not in known:
            raise BadDefinition(f"expedited: no field {name!r}")
    columns = {f"{t.name}.{c.name}" for t in definition.tables for c in t.columns}
    for rule in definition.rules:
        for name in rule.fields:
            if name not in known | columns:
                raise BadDefinition(f"{rule.rule}: no field {name!r}")
