"""The inspector's pages for what holds fields together: a question, a table, a section."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.views.messages import plural
from app.views.widgets.key_button import KeyButton
from app.views.widgets.teach.inspected import Inspected
from app.views.widgets.teach.outline import section_of
from app.views.widgets.teach.setting import Setting
from app.views.widgets.teach.setting_line import PickLine, TickLine
from app.views.widgets.teach.setting_sheet import SettingSheet
from app.views.widgets.teach.zone_key import Ask


class QuestionPage(SettingSheet):
    """What several tick boxes answer together."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        _, self.label = self.add_line(self.tr("Question"), Setting.LABEL)
        _, self.name = self.add_line(self.tr("Name"), Setting.NAME, live=False, distinct=True)
        self.exclusive = TickLine(self.tr("Only one may be ticked"))
        self.required = TickLine(self.tr("Has to be answered"), "R")
        self.add_wide(self.exclusive)
        self.add_wide(self.required)
        self.options = self.add_hint()
        self.apart = KeyButton(self.tr("Take apart"), "Ctrl Shift G")
        self.remove = KeyButton(self.tr("Remove"), "Del")
        self.add_buttons(self.apart)
        self.add_buttons(self.remove)
        self.exclusive.toggled.connect(lambda on: self.set_asked.emit(Setting.EXCLUSIVE, on))
        self.required.toggled.connect(lambda on: self.set_asked.emit(Setting.REQUIRED, on))
        self.apart.clicked.connect(lambda: self.asked.emit(Ask.APART, None))
        self.remove.clicked.connect(lambda: self.asked.emit(Ask.REMOVE, None))

    def show_inspected(self, shown: Inspected) -> None:
        choice = next(c for c in shown.definition.choices if c.name == shown.refs[-1])
        self.head.setText(choice.label or self.tr("Question"))
        self.show_flaw(shown.flaws.get(choice.name, ""))
        self.label.show_text(choice.label)
        self.name.show_text(choice.name)
        self.exclusive.show_state(choice.exclusive)
        self.required.show_state(choice.required)
        boxes = [shown.definition.field(o) for o in choice.options]
        words = ", ".join(b.label for b in boxes if b is not None)
        self.options.setText(self.tr("Answered by: {options}").format(options=words))
        for editor in (self.label, self.name, self.exclusive, self.required, self.apart, self.remove):
            editor.setEnabled(not shown.fixed)


class TablePage(SettingSheet):
    """A table: its name, its section, how many rows it has. Its columns are chosen on the page or in the list."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        _, self.label = self.add_line(self.tr("Table"), Setting.LABEL)
        _, self.name = self.add_line(self.tr("Name"), Setting.NAME, live=False, distinct=True)
        self.section = PickLine()
        self.add_row(self.tr("Section"), self.section)
        self.rows = PickLine()
        self.add_row(self.tr("Rows"), self.rows)
        self.add_hint(
            self.tr("Drag the lines between its rows and columns. Click a column to say what stands in it.")
        )
        self.apart = KeyButton(self.tr("Take apart"), "Ctrl Shift T")
        self.remove = KeyButton(self.tr("Remove"), "Del")
        self.add_buttons(self.apart)
        self.add_buttons(self.remove)
        self.section.picked.connect(lambda name: self.set_asked.emit(Setting.SECTION, name))
        self.rows.picked.connect(lambda rows: self.set_asked.emit(Setting.ROWS, int(rows)))
        self.apart.clicked.connect(lambda: self.asked.emit(Ask.APART, None))
        self.remove.clicked.connect(lambda: self.asked.emit(Ask.REMOVE, None))

    def show_inspected(self, shown: Inspected) -> None:
        table = next(t for t in shown.definition.tables if t.name == shown.refs[-1])
        self.head.setText(table.label or self.tr("Table"))
        self.show_flaw(shown.flaws.get(table.name, ""))
        self.label.show_text(table.label)
        self.name.show_text(table.name)
        self.section.show_choices([(s.name, s.title) for s in shown.definition.sections], table.section)
        counts = range(1, max(12, len(table.rows)) + 1)
        self.rows.show_choices([(str(n), str(n)) for n in counts], str(len(table.rows)))
        for editor in (self.label, self.name, self.section, self.rows, self.apart, self.remove):
            editor.setEnabled(not shown.fixed)


class SectionPage(SettingSheet):
    """A heading of the form."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        _, self.label = self.add_line(self.tr("Section"), Setting.LABEL)
        self.count = self.add_hint()
        self.remove = KeyButton(self.tr("Remove the heading"), "Del")
        self.add_buttons(self.remove)
        self.remove.clicked.connect(lambda: self.asked.emit(Ask.REMOVE, None))

    def show_inspected(self, shown: Inspected) -> None:
        section = next(s for s in shown.definition.sections if s.name == section_of(shown.refs[-1]))
        self.head.setText(section.title)
        self.show_flaw(shown.flaws.get(section.name, ""))
        self.label.show_text(section.title)
        fields = sum(1 for f in shown.definition.fields if f.section == section.name)
        self.count.setText(
            plural(fields, self.tr("{count} field stands in it."), self.tr("{count} fields stand in it."))
        )
        self.label.setEnabled(not shown.fixed)
        self.remove.setEnabled(not shown.fixed and len(shown.definition.sections) > 1)
