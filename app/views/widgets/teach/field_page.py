"""The inspector's page for one field, one column, or several fields at once."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from app.domain.form import FieldKind
from app.domain.processor import Column, FieldDefinition, FormDefinition
from app.views.widgets.key_button import KeyButton
from app.views.widgets.teach.inspected import Inspected
from app.views.widgets.teach.request_words import COLUMN_PATHS, FIELD_PATHS, request_words
from app.views.widgets.teach.setting import Setting
from app.views.widgets.teach.setting_line import KindGrid, PickLine, TickLine
from app.views.widgets.teach.setting_sheet import SettingSheet
from app.views.widgets.teach.zone_key import Ask

NEW_SECTION = "+"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is common to the fields and columns that are chosen."""

    fields: tuple[FieldDefinition, ...]
    columns: tuple[Column, ...]

    @property
    def each(self) -> tuple[FieldDefinition | Column, ...]:
        return (*self.fields, *self.columns)


def chosen_of(definition: FormDefinition, refs: tuple[str, ...]) -> Chosen:
    """The fields and columns among some refs; a question stands for its tick boxes."""
    fields: list[FieldDefinition] = []
    columns: list[Column] = []
    options = {c.name: c.options for c in definition.choices}
    names = [name for ref in refs for name in options.get(ref, (ref,))]
    for ref in dict.fromkeys(names):
        field = definition.field(ref)
        if field is not None:
            fields.append(field)
            continue
        table, _, name = ref.partition(".")
        for found in definition.tables:
            if found.name == table:
                columns += [c for c in found.columns if c.name == name]
    return Chosen(tuple(fields), tuple(columns))


class FieldPage(SettingSheet):
    """Label, name, kind, section, what it fills, and what is asked of the answer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label_words, self.label = self.add_line(self.tr("Label"), Setting.LABEL)
        self._name_words, self.name = self.add_line(self.tr("Name"), Setting.NAME, live=False, distinct=True)
        self.section = PickLine()
        self._section_words = self.add_row(self.tr("Section"), self.section)
        self.request = PickLine()
        self._request_words = self.add_row(self.tr("Fills"), self.request)
        self.add_head(self.tr("Kind of answer"))
        self.kinds = KindGrid()
        self.add_wide(self.kinds)
        self._asked_head = self.add_head(self.tr("The answer"))
        self.required = TickLine(self.tr("Has to be filled in"), "R")
        self.multiline = TickLine(self.tr("Several lines"), "L")
        self.expedited = TickLine(self.tr("Ticked: the request is expedited"))
        for switch in (self.required, self.multiline, self.expedited):
            self.add_wide(switch)
        self.read = self.add_hint()
        self.group = KeyButton(self.tr("One question"), "Ctrl G")
        self.table = KeyButton(self.tr("Table"), "Ctrl T")
        self.add_buttons(self.group)
        self.add_buttons(self.table)
        self.remove = KeyButton(self.tr("Remove"), "Del")
        self.copy = KeyButton(self.tr("Copy"), "Ctrl D")
        self.add_buttons(self.remove, self.copy)
        self._wire()

    def _wire(self) -> None:
        self.kinds.kind_chosen.connect(lambda kind: self.set_asked.emit(Setting.KIND, kind))
        self.section.picked.connect(self._pick_section)
        self.request.picked.connect(lambda path: self.set_asked.emit(Setting.REQUEST, path.strip()))
        self.required.toggled.connect(lambda on: self.set_asked.emit(Setting.REQUIRED, on))
        self.multiline.toggled.connect(lambda on: self.set_asked.emit(Setting.MULTILINE, on))
        self.expedited.toggled.connect(lambda on: self.set_asked.emit(Setting.EXPEDITED, on))
        self.group.clicked.connect(lambda: self.asked.emit(Ask.GROUP, None))
        self.table.clicked.connect(lambda: self.asked.emit(Ask.TABLE, None))
        self.remove.clicked.connect(lambda: self.asked.emit(Ask.REMOVE, None))
        self.copy.clicked.connect(lambda: self.asked.emit(Ask.DUPLICATE, None))

    def _pick_section(self, name: str) -> None:
        if name == NEW_SECTION:
            self.set_asked.emit(Setting.NEW_SECTION, self.tr("New section"))
        else:
            self.set_asked.emit(Setting.SECTION, name)

    def show_inspected(self, shown: Inspected) -> None:
        """Show one field or column, or what several have in common."""
        chosen = chosen_of(shown.definition, shown.refs)
        each = chosen.each
        if not each:
            return
        last = each[-1]
        one = len(each) == 1
        single = chosen.fields[0] if one and chosen.fields else None
        if one:
            self.head.setText(last.label or self.tr("No label yet"))
        else:
            self.head.setText(self.tr("{count} fields").format(count=len(each)))
        flaw = shown.flaws.get(shown.refs[-1], "") if one else ""
        self.show_flaw(flaw)
        for widget in (self._label_words, self.label, self._name_words, self.name):
            widget.setVisible(one)
        if one:
            self.label.show_text(last.label)
            self.name.show_text(last.name)
        self._show_sections(shown.definition, chosen)
        self._show_requests(chosen)
        self.kinds.show_kinds(frozenset(e.kind for e in each))
        self._show_switches(shown.definition, chosen)
        boxes = [f for f in chosen.fields if f.kind is FieldKind.TICK_BOX]
        self.group.setVisible(not one and len(boxes) == len(each))
        self.table.setVisible(len(chosen.fields) > 1 and not chosen.columns)
        self.copy.setVisible(single is not None)
        self._show_read(shown)
        for editor in (
            self.label, self.name, self.section, self.request, self.kinds, self.required, self.multiline,
            self.expedited, self.group, self.table, self.remove, self.copy,
        ):  # fmt: skip
            editor.setEnabled(not shown.fixed)

    def _show_sections(self, definition: FormDefinition, chosen: Chosen) -> None:
        fields = chosen.fields
        self._section_words.setVisible(bool(fields))
        self.section.setVisible(bool(fields))
        names = {f.section for f in fields}
        choices = [(s.name, s.title) for s in definition.sections]
        choices += [("", ""), (NEW_SECTION, self.tr("New section…"))]
        several = self.tr("Several") if len(names) > 1 else ""
        self.section.show_choices(
            choices, names.pop() if len(names) == 1 else "", several, quiet=bool(several)
        )

    def _show_requests(self, chosen: Chosen) -> None:
        each = chosen.each
        filling = len(each) == 1 and each[0].kind is not FieldKind.SIGNATURE
        self._request_words.setVisible(filling)
        self.request.setVisible(filling)
        if not filling:
            return
        paths = list(COLUMN_PATHS if chosen.columns else FIELD_PATHS)
        current = each[0].request
        if current and current not in paths:
            paths.insert(0, current)
        choices = [(" ", self.tr("Nothing in the request")), ("", "")]
        choices += [(p, request_words(p)) for p in paths]
        self.request.show_choices(choices, current or " ", quiet=not current)

    def _show_switches(self, definition: FormDefinition, chosen: Chosen) -> None:
        each, fields = chosen.each, chosen.fields
        required = [e.required for e in each]
        self.required.show_state(all(required), partly=any(required))
        boxes = bool(fields) and all(f.kind is FieldKind.TICK_BOX for f in fields) and not chosen.columns
        words = (
            bool(fields)
            and not chosen.columns
            and not any(f.kind in (FieldKind.TICK_BOX, FieldKind.SIGNATURE) for f in fields)
        )
        self.multiline.setVisible(words)
        several = [f.multiline for f in fields]
        self.multiline.show_state(bool(several) and all(several), partly=any(several))
        self.expedited.setVisible(boxes)
        urgent = [f.name in definition.expedited for f in fields]
        self.expedited.show_state(bool(urgent) and all(urgent), partly=any(urgent))
        self.required.setVisible(not boxes)

    def _show_read(self, shown: Inspected) -> None:
        read = shown.read.get(shown.refs[-1], ()) if len(shown.refs) == 1 else ()
        words = " · ".join(str(f.value) for f in read if f.value and not isinstance(f.value, bool))
        self.read.setText(self.tr("Read in the trial: {words}").format(words=words) if words else "")
        self.read.setVisible(bool(words))
