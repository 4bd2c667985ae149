"""The inspector's page for the form as a whole: what it is called, and what it is recognized by."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.views.messages import plural
from app.views.widgets.teach.inspected import Inspected
from app.views.widgets.teach.setting import Setting
from app.views.widgets.teach.setting_sheet import SettingSheet


class FormPage(SettingSheet):
    """Title, form type, the printed words that name it, and how it stands."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        _, self.title = self.add_line(self.tr("Title"), Setting.TITLE)
        _, self.form_type = self.add_line(self.tr("Form type"), Setting.FORM_TYPE, live=False, distinct=True)
        _, self.titles = self.add_line(self.tr("Named by"), Setting.TITLES, live=False)
        self.add_hint(
            self.tr("Words that are printed on every copy and name the form; several are parted by |.")
        )
        self.add_head(self.tr("How it stands"))
        self.state = self.add_hint()
        self.add_head(self.tr("By hand"))
        self.help = self.add_hint(
            self.tr(
                "Drag over the page to draw a zone. Click one to choose it, drag it or its edges, or use the "
                "arrow keys; with Shift they size it. Tab goes to the next zone, a letter sets its kind, "
                "Enter names it, Del removes it. Shift and a drag choose several: tick boxes of one question "
                "(Ctrl G), cells of a table (Ctrl T)."
            )
        )

    def show_inspected(self, shown: Inspected) -> None:
        definition = shown.definition
        self.head.setText(definition.title)
        self.show_flaw(shown.flaws.get("", ""))
        self.title.show_text(definition.title)
        self.form_type.show_text(definition.form_type)
        self.titles.show_text(" | ".join(definition.titles))
        columns = sum(len(t.columns) for t in definition.tables)
        lines = [
            plural(len(definition.fields) + columns, self.tr("{count} field"), self.tr("{count} fields")),
            plural(
                len(definition.choices),
                self.tr("{count} question of tick boxes"),
                self.tr("{count} questions of tick boxes"),
            ),
            plural(len(definition.tables), self.tr("{count} table"), self.tr("{count} tables")),
            plural(
                len(definition.anchors),
                self.tr("{count} printed text the page is recognized by"),
                self.tr("{count} printed texts the page is recognized by"),
            ),
            plural(definition.pages, self.tr("{count} page"), self.tr("{count} pages")),
        ]
        self.state.setText("\n".join(lines))
        self.help.setVisible(not shown.fixed)
        for editor in (self.title, self.form_type, self.titles):
            editor.setEnabled(not shown.fixed)
