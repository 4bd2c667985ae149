"""One question to a model at a time: asked, followed while it is answered, stopped."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Signal

from app.domain.errors import Actionable, Cancelled
from app.domain.prompt import Prompt
from app.domain.recommendation import ModelInfo, Review
from app.views.background import Background
from app.views.models.review_lookup import LANE, Lookup


@dataclass
class _Asking:
    """A question under way. `text` is what came so far; `told` that the window has been told to look at it."""

    case_id: str
    prompt: Prompt
    model: ModelInfo
    policies: Mapping[str, str]
    stop: threading.Event = field(default_factory=threading.Event)
    text: str = ""
    told: bool = False


class ReviewQuestion(QObject):
    """Asks in the lane `review`. Stopping frees the person at once; what came by then is still kept with the case."""

    asking_changed = Signal(object)
    """the `ModelInfo` that is asked, or None"""
    heard = Signal(str)
    """the answer as far as it came"""
    answered = Signal(object, bool)
    """`Review`, and whether it was waited for"""
    failed = Signal(object)
    """`Actionable`: it could not even be asked"""

    def __init__(self, lookup: Lookup, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lookup = lookup
        self._background = background
        self._now: _Asking | None = None

    @property
    def asking(self) -> bool:
        return self._now is not None

    def ask(
        self, case_id: str, prompt: Prompt, model: ModelInfo, by: str, policies: Mapping[str, str]
    ) -> None:
        """Ask, unless a question is under way. `policies` are other ones than those that fit, by line."""
        if self._now is not None:
            return
        asking = self._now = _Asking(case_id, prompt, model, policies)
        self.asking_changed.emit(model)
        self._background.run(
            self, LANE, self._ask, asking, by,
            done=lambda review: self._answered(asking, review),
            failed=lambda error: self._not_asked(asking, error),
        )  # fmt: skip

    def stop(self) -> None:
        asking, self._now = self._now, None
        if asking is not None:
            asking.stop.set()
            self.asking_changed.emit(None)

    def _ask(self, asking: _Asking, by: str) -> Review:
        """In the lane."""

        def hear(text: str) -> None:
            if asking.stop.is_set():
                raise Cancelled("The question was stopped.", code="stopped")
            asking.text = text
            if not asking.told:  # of many words between two looks of the window the last are shown
                asking.told = True
                self._background.post(lambda: self._tell(asking))

        hear("")
        review = self._lookup.reviewing.ask(
            asking.case_id, asking.prompt, asking.model.name, by, hear, asking.policies
        )
        return self._lookup.fetch(review)

    def _tell(self, asking: _Asking) -> None:
        asking.told = False
        if asking is self._now and asking.text:
            self.heard.emit(asking.text)

    def _answered(self, asking: _Asking, review: Review) -> None:
        waited = asking is self._now
        if waited:
            self._now = None
            self.asking_changed.emit(None)
        self.answered.emit(review, waited)

    def _not_asked(self, asking: _Asking, error: Actionable) -> None:
        if asking is not self._now:
            return
        self._now = None
        self.asking_changed.emit(None)
        if not isinstance(error, Cancelled):
            self.failed.emit(error)
