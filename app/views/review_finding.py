"""A prompt that lacks something, and a model that looks for it: from the menu to the words that were found."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.domain.errors import Actionable
from app.domain.prompt import Prompt
from app.domain.recommendation import ModelInfo
from app.views import messages
from app.views.models.review_model import ReviewModel
from app.views.widgets.message_line import MessageLine
from app.views.widgets.review.model_choice import model_words
from app.views.widgets.review.prompt_pane import PromptPane

STOP = "stop_finding"


class ReviewFinding(QObject):
    """Wires the pane to what looks. What would go out is shown before it does; what came back is told in one line."""

    def __init__(self, pane: PromptPane, review: ReviewModel, message: MessageLine, parent: QObject) -> None:
        super().__init__(parent)
        self._review, self._message = review, message
        self._saying = False
        finding = review.finding
        review.opened.connect(lambda _opened: finding.look_up())
        pane.finder_chosen.connect(self._choose)
        pane.finding_confirmed.connect(lambda: finding.send(review.person))
        pane.finding_left.connect(finding.stop)
        finding.offered.connect(pane.show_finders)
        finding.outgoing.connect(pane.show_finding)
        finding.looking.connect(self._show_looking)
        finding.proposed.connect(self._take)
        finding.failed.connect(self._fail)
        message.acted.connect(lambda name: finding.stop() if name == STOP else None)

    def _choose(self, name: str) -> None:
        if self._review.case_id is not None:
            self._review.finding.choose(self._review.case_id, name)

    def _show_looking(self, model: ModelInfo | None) -> None:
        if model is not None:
            words = self.tr("{model} looks for what the prompt lacks…").format(model=model_words(model))
            self._message.say("info", words, "", STOP, self.tr("Stop"))
        elif self._saying:
            self._message.clear()
        self._saying = model is not None

    def _take(self, prompt: Prompt) -> None:
        count = len(self._review.take_found(prompt))
        if count:
            self._message.say(
                "look",
                self.tr("%n part(s) of the prompt were found in the documents.", "", count),
                self.tr("Look at each before you ask."),
            )
        else:
            self._message.say("info", self.tr("Nothing was found that stands in the documents."))

    def _fail(self, error: Actionable) -> None:
        self._message.say("wrong", *messages.text(error))
