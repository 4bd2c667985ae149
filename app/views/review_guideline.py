"""The search of guidelines beside a request: its passages are opened on the left, and pinned as evidence."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.domain.case import Case
from app.domain.guideline import evidence_of
from app.views.background import Background
from app.views.models.review_model import ReviewModel
from app.views.models.search_model import SearchModel
from app.views.review_side import GUIDELINES, ReviewSide
from app.views.search_screen import wire_panel
from app.views.widgets.guideline.guideline_panel import GuidelinePanel
from app.workstation import Workstation


class ReviewGuidelines(QObject):
    """Fills the tab of a side. Nothing is loaded or indexed before somebody turns to it."""

    def __init__(
        self,
        workstation: Workstation,
        background: Background,
        side: ReviewSide,
        review: ReviewModel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._side, self._review = side, review
        self._case: Case | None = None
        self._started = False
        self.panel = GuidelinePanel()
        self.panel.set_in_case(True)
        self.model = SearchModel(workstation, background, self)
        wire_panel(self.panel, self.model)
        self.panel.opened.connect(lambda hit: side.evidence_opened.emit(evidence_of(hit)))
        self.panel.pinned.connect(lambda hit: side.pin(evidence_of(hit)))
        review.opened.connect(lambda _opened: self._show_pins())
        review.notes_changed.connect(lambda _noted: self._show_pins())
        side.set_guidelines(self.panel)
        side.tabs.chosen.connect(self._turned)

    def set_case(self, case: Case | None) -> None:
        """The request whose documents are searched too; None between two."""
        self._case = case
        if self._started:
            self.model.set_case(case)

    def _turned(self, tab: str) -> None:
        if tab != GUIDELINES:
            return
        if not self._started:
            self._started = True
            self.model.start()
            self.model.set_case(self._case)
        self.panel.focus_field()

    def _show_pins(self) -> None:
        self.panel.set_pins(tuple(pin.evidence for pin in self._review.pins))
