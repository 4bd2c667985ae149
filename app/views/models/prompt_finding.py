"""Having a language model look in the documents for what a prompt lacks: offered, shown before it is sent, stopped."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.domain.errors import Actionable, Cancelled
from app.domain.prompt import Prompt
from app.domain.recommendation import ModelInfo
from app.views.background import Background
from app.views.models.review_lookup import LANE

if TYPE_CHECKING:
    from app.services.review import Reviewing


@dataclass
class _Looking:
    """A look under way, of one case."""

    case_id: str
    model: ModelInfo
    sent: bool = False
    stop: threading.Event = field(default_factory=threading.Event)


class PromptFinding(QObject):
    """One look at a time. Nothing is sent before `send`, and what comes after `stop` or another case is dropped."""

    offered = Signal(object)
    """every `ModelInfo` that may be asked; none where there is only the template"""
    outgoing = Signal(object, str)
    """the `ModelInfo` that was chosen, and exactly what would be sent to it"""
    looking = Signal(object)
    """the `ModelInfo` that looks, or None"""
    proposed = Signal(object)
    """`Prompt`: what it proposes"""
    failed = Signal(object)
    """`Actionable`"""

    def __init__(self, reviewing: Reviewing, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reviewing, self._background = reviewing, background
        self._models: tuple[ModelInfo, ...] = ()
        self._now: _Looking | None = None

    def look_up(self) -> None:
        """See which models there are: an administrator may have added one."""
        self._background.run(self, LANE, self._reviewing.prompt_infos, done=self._offer)

    def _offer(self, models: tuple[ModelInfo, ...]) -> None:
        self._models = models
        self.offered.emit(models)

    def choose(self, case_id: str, name: str) -> None:
        """Ask what would be sent to a model; where nothing would leave, it looks at once."""
        model = next((model for model in self._models if model.name == name), None)
        if model is None or (self._now is not None and self._now.sent):
            return
        looking = self._now = _Looking(case_id, model)

        def shown(text: str) -> None:
            if looking is self._now:
                self.outgoing.emit(model, text)

        self._background.run(
            self, LANE, self._reviewing.prompt_outgoing, case_id, name,
            done=shown, failed=lambda error: self._fail(looking, error),
        )  # fmt: skip

    def send(self, by: str) -> None:
        """Send what was shown."""
        looking = self._now
        if looking is None or looking.sent:
            return
        looking.sent = True
        self.looking.emit(looking.model)
        self._background.run(
            self, LANE, self._propose, looking, by,
            done=lambda prompt: self._take(looking, prompt),
            failed=lambda error: self._fail(looking, error),
        )  # fmt: skip

    def stop(self) -> None:
        """Look no longer, or do not send."""
        looking, self._now = self._now, None
        if looking is not None and looking.sent:
            looking.stop.set()
            self.looking.emit(None)

    def _propose(self, looking: _Looking, by: str) -> Prompt:
        """In the lane."""

        def hear(_text: str) -> None:
            if looking.stop.is_set():
                raise Cancelled("The search for what is missing was stopped.", code="stopped")

        return self._reviewing.propose_with(looking.case_id, looking.model.name, by, hear)

    def _take(self, looking: _Looking, prompt: Prompt) -> None:
        if looking is self._now:
            self._now = None
            self.looking.emit(None)
            self.proposed.emit(prompt)

    def _fail(self, looking: _Looking, error: Actionable) -> None:
        if looking is self._now:
            self._now = None
            self.looking.emit(None)
            self.failed.emit(error)
