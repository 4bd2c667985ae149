"""What is set for the field, table, question or section that is chosen, or for the form when nothing is."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from app.views import theme
from app.views.widgets.overlay_bar import OverlayBar
from app.views.widgets.teach.field_page import FieldPage
from app.views.widgets.teach.form_page import FormPage
from app.views.widgets.teach.group_page import QuestionPage, SectionPage, TablePage
from app.views.widgets.teach.inspected import Inspected
from app.views.widgets.teach.outline import section_of
from app.views.widgets.teach.setting_sheet import SettingSheet


class Inspector(QWidget):
    """Shows the page that fits what is chosen and says what a person sets; it sets nothing itself."""

    set_asked = Signal(object, object)
    """`Setting`, its new value"""
    asked = Signal(object, object)
    """`Ask`, None"""
    left = Signal()
    """Enter or Esc in a line: the keyboard goes back to the page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field_page = FieldPage()
        self.form_page = FormPage()
        self.question_page = QuestionPage()
        self.table_page = TablePage()
        self.section_page = SectionPage()
        self._stack = QStackedWidget()
        for page in self.pages:
            scroll = QScrollArea()
            scroll.setFrameShape(QFrame.Shape.NoFrame)
            scroll.setWidgetResizable(True)
            scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
            scroll.setWidget(page)
            OverlayBar(scroll)
            self._stack.addWidget(scroll)
            page.set_asked.connect(self.set_asked)
            page.asked.connect(self.asked)
            page.left.connect(self.left)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._stack)

    @property
    def pages(self) -> tuple[SettingSheet, ...]:
        return (self.form_page, self.field_page, self.question_page, self.table_page, self.section_page)

    @property
    def page(self) -> SettingSheet:
        """The page on show."""
        return self.pages[self._stack.currentIndex()]

    def show_chosen(self, shown: Inspected) -> None:
        """Show what is chosen; an editor that is being typed into keeps its cursor."""
        definition, refs = shown.definition, shown.refs
        last = refs[-1] if refs else ""
        if len(refs) <= 1 and any(c.name == last for c in definition.choices):
            page: SettingSheet = self.question_page
        elif len(refs) <= 1 and any(t.name == last for t in definition.tables):
            page = self.table_page
        elif len(refs) <= 1 and section_of(last):
            page = self.section_page
        elif refs:
            page = self.field_page
        else:
            page = self.form_page
        page.show_inspected(shown)
        self._stack.setCurrentIndex(self.pages.index(page))

    def focus_label(self) -> None:
        """Put the keyboard into the line that names what is chosen, its text selected."""
        self.page.focus_first()

    def commit(self) -> None:
        """Take what is typed and not told yet."""
        for page in self.pages:
            page.commit()

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.colour("surface"))
