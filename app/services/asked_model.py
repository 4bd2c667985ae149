"""The two ports of the review, filled by whatever answers a question in text: what all language models share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from app.domain.evidence import Evidence
from app.domain.material import Material
from app.domain.model_answer import read_recommendation, read_slots, schema, without_policy
from app.domain.outgoing import Outgoing, for_recommendation, for_slots
from app.domain.prompt import Filled, Origin, Prompt, Slot
from app.domain.prompt_text import refilled
from app.domain.quote import looked_up
from app.domain.recommendation import ModelInfo
from app.domain.request import Line
from app.services.ports import Answer, Ask, Hear, PromptModel


class Asks(Protocol):
    """Answers a question. `schema` is the JSON Schema of the answer, None where any JSON object will do.

    Raises `Offline`, `SignInRequired`, `Rejected`, `Cancelled`, each in words.
    """

    def ask(self, system: str, user: str, schema: dict[str, Any] | None, hear: Hear | None) -> str: ...


@dataclass(frozen=True, slots=True)
class Given:
    """An answer that came earlier, of a batch: asks nobody."""

    text: str

    def ask(self, _system: str, _user: str, _schema: dict[str, Any] | None, _hear: Hear | None) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class AskedRecommendationModel:
    """Judges the criteria of a policy by asking a language model. What it answers is believed by nobody yet.

    `most` is how many characters of documents it is sent. Without a policy nothing is sent at all.
    """

    about: ModelInfo
    asks: Asks
    instructions: str
    most: int

    @property
    def info(self) -> ModelInfo:
        return self.about

    def outgoing(self, ask: Ask) -> str:
        sent = self._sent(ask)
        return sent.shown if sent is not None else "Nothing is sent: no policy on file fits this line."

    def recommend(self, ask: Ask, watch: Hear | None = None) -> Answer:
        sent = self._sent(ask)
        if sent is None or ask.policy is None:
            return Answer(without_policy(ask.line_id))
        text = self.asks.ask(sent.system, sent.user, schema(ask.policy), watch)
        read = read_recommendation(text, ask.policy, ask.line_id, sent)
        return Answer(read.recommendation, text, read.flags)

    def _sent(self, ask: Ask) -> Outgoing | None:
        if ask.policy is None:
            return None
        line = ask.material.request.line(ask.line_id) or _no_line(ask.line_id)
        return for_recommendation(
            self.instructions, ask.prompt.text, ask.material, line, ask.policy, self.most
        )


def _no_line(line_id: str) -> Line:
    return Line(line_id, 0, "", "", "", "", "", "", "", "")


@dataclass(frozen=True, slots=True)
class AskedPromptModel:
    """Fills what the template leaves absent with words a language model finds in the documents.

    A slot is filled only with words that do stand there; it keeps them as its source, as if a person had clicked
    them, and stays doubtful until one looks.
    """

    about: ModelInfo
    asks: Asks
    instructions: str
    most: int
    template: PromptModel

    @property
    def info(self) -> ModelInfo:
        return self.about

    def outgoing(self, material: Material) -> str:
        """Exactly what `propose` would send."""
        return self._sent(material).shown

    def propose(self, material: Material, watch: Hear | None = None) -> Prompt:
        prompt = self.template.propose(material)
        absent = [p.filled.slot for p in prompt.slots if p.filled.origin is Origin.ABSENT]
        if not material.documents or not set(absent) & set(_FOUND):
            return prompt
        sent = self._sent(material)
        found = read_slots(self.asks.ask(sent.system, sent.user, None, watch), sent)
        for slot, evidence in _standing(found, material).items():
            if slot in absent:
                prompt = refilled(
                    prompt, Filled(slot, evidence.quote, Origin.SPAN, evidence=evidence, doubtful=True)
                )
        return replace(prompt, generated=prompt.text)

    def _sent(self, material: Material) -> Outgoing:
        return for_slots(self.instructions, "", material, self.most)


_FOUND = (Slot.CONDITION, Slot.TREATMENT, Slot.SYMPTOMS, Slot.DIAGNOSIS)


def _standing(found: Mapping[Slot, Evidence], material: Material) -> dict[Slot, Evidence]:
    looked = {slot: looked_up(evidence, None, material) for slot, evidence in found.items()}
    return {
        slot: evidence
        for slot, evidence in looked.items()
        if evidence.supported and evidence.span is not None
    }
