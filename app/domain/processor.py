"""Form processor definitions: what a form type asks for, as data.

A definition is one JSON file in `resources/processors/`. Nothing about a form is in code.
All places are page fractions of the blank form, upright.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.domain.box import Box
from app.domain.form import FieldKind

SCHEMA = 1


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
    try:
        definition = FormDefinition(
            form_type=_text(data, "form_type"),
            title=_text(data, "title"),
            version=_text(data, "version"),
            size=(float(data["size"][0]), float(data["size"][1])),
            titles=tuple(data.get("titles", ())),
            anchors=tuple(_anchor(a) for a in data.get("anchors", ())),
            sections=tuple(Section(s["name"], s["title"]) for s in data["sections"]),
            fields=tuple(_field(f) for f in data["fields"]),
            choices=tuple(
                ChoiceDefinition(
                    c["name"],
                    c["label"],
                    c["section"],
                    tuple(c["options"]),
                    bool(c.get("exclusive", True)),
                    bool(c.get("required", False)),
                )
                for c in data.get("choices", ())
            ),
            tables=tuple(_table(t) for t in data.get("tables", ())),
            rules=tuple(RuleDefinition(r["rule"], tuple(r["fields"])) for r in data.get("rules", ())),
            expedited=tuple(data.get("expedited", ())),
            pages=int(data.get("pages", 1)),
        )
    except (KeyError, TypeError, IndexError) as error:
        raise BadDefinition(f"missing or malformed: {error}") from error
    _check(definition)
    return definition


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value:
        raise BadDefinition(f"{key}: a text is needed")
    return value


def _box(numbers: Sequence[float], where: str) -> Box:
    if len(numbers) != 4 or not all(isinstance(n, (int, float)) and math.isfinite(n) for n in numbers):
        raise BadDefinition(f"{where}: a box is four numbers")
    box = Box(*map(float, numbers))
    if not (0.0 <= box.x0 < box.x1 <= 1.0 and 0.0 <= box.y0 < box.y1 <= 1.0):
        raise BadDefinition(f"{where}: the box {tuple(numbers)} is empty or off the page")
    return box


def _anchor(data: Mapping[str, Any]) -> Anchor:
    return Anchor(data["text"], _box(data["box"], data["text"]), int(data.get("page", 1)))


def _field(data: Mapping[str, Any]) -> FieldDefinition:
    return FieldDefinition(
        name=data["name"],
        label=data["label"],
        section=data["section"],
        kind=FieldKind(data["kind"]),
        zone=_box(data["zone"], data["name"]),
        page=int(data.get("page", 1)),
        printed=data.get("printed", ""),
        required=bool(data.get("required", False)),
        multiline=bool(data.get("multiline", False)),
        unbroken=bool(data.get("unbroken", False)),
        embeds=data.get("embeds", ""),
        request=data.get("request", ""),
        weight=float(data.get("weight", 1.0)),
        fillable=tuple(data.get("fillable", ())),
    )


def _table(data: Mapping[str, Any]) -> TableDefinition:
    return TableDefinition(
        name=data["name"],
        label=data["label"],
        section=data["section"],
        columns=tuple(
            Column(
                c["name"],
                c["label"],
                FieldKind(c["kind"]),
                float(c["x0"]),
                float(c["x1"]),
                c.get("embeds", ""),
                bool(c.get("required", False)),
                c.get("request", ""),
                float(c.get("weight", 1.0)),
                tuple(c.get("fillable", ())),
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
