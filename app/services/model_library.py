"""The language models a workspace may ask, beside the criteria engine and the template that are always there.

An administrator adds them; their keys are in the encrypted store and nowhere else. Nothing is asked of any of them
before a person sends a prompt to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from app.domain.case import Json
from app.domain.errors import Rejected
from app.domain.recommendation import ModelInfo
from app.domain.role import Person, Right
from app.services.asked_model import AskedPromptModel, AskedRecommendationModel, Asks
from app.services.ports import PromptModel, RecommendationModel
from app.services.store.store import Store

T = TypeVar("T")
KINDS = ("openai", "gemini")
MOST = {"openai": 48_000, "gemini": 400_000}
"""Characters of documents a model is sent when nobody says otherwise: what a window of 16,000 tokens holds on the
payer's own machines, and a good part of Gemini's million.
"""
_KEY = "models"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}")
_RESERVED = ("criteria engine", "template")

Check = Callable[[str, Right], Person]
Connect = Callable[["ModelSetting"], Asks]


@dataclass(frozen=True, slots=True)
class ModelSetting:
    """One language model. `url` belongs to an OpenAI-compatible endpoint; `project` and `location` to Gemini.

    `model` is its name there, or a tuned endpoint's (`projects/…/endpoints/…`). `plain` allows http over a network.
    """

    name: str
    kind: str
    model: str
    url: str = ""
    project: str = ""
    location: str = ""
    most: int = 0
    plain: bool = False
    key: str = field(default="", repr=False)

    @property
    def takes(self) -> int:
        return self.most or MOST[self.kind]


def check_setting(setting: ModelSetting) -> ModelSetting:
    """The setting as it can be used. Raises `Rejected` saying what is wrong with it."""
    if not _NAME.fullmatch(setting.name) or setting.name.casefold() in _RESERVED:
        raise Rejected(
            "A model needs a name of its own: letters, digits, blanks, dots and dashes.",
            "Choose another name.",
            code="model_name",
        )
    if setting.kind not in KINDS:
        raise Rejected(
            "A model is an OpenAI-compatible endpoint or Gemini.", f"Say one of {', '.join(KINDS)}."
        )
    if not setting.model.strip():
        raise Rejected(
            "The model's name at its server is missing.", "Say which model to ask.", code="model_missing"
        )
    if setting.kind == "gemini":
        if not re.fullmatch(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", setting.project):
            raise Rejected(
                "This is no id of a Google Cloud project.", "Give the project's id.", code="model_project"
            )
        if not re.fullmatch(r"global|[a-z]+-[a-z]+\d+", setting.location):
            raise Rejected(
                "This is no region of Google Cloud.",
                "Give one such as europe-west4 or us-central1.",
                code="model_region",
            )
        return setting
    from app.services.openai.chat import check_url  # httpx is loaded only for those who add a model

    return replace(setting, url=check_url(setting.url, plain_allowed=setting.plain))


def about(setting: ModelSetting) -> ModelInfo:
    """What people are told of a model before anything is sent to it."""
    if setting.kind == "gemini":
        return ModelInfo(
            setting.name, setting.model, f"Gemini on Vertex AI, {setting.location}", leaves_computer=True
        )
    from urllib.parse import urlsplit

    host = urlsplit(setting.url).hostname or ""
    here = host in ("localhost", "::1") or host.startswith("127.")
    return ModelInfo(
        setting.name,
        setting.model,
        "this computer" if here else f"{host}, the payer's own server",
        leaves_computer=not here,
    )


class _Made(Mapping[str, Callable[[], T]]):
    """By name how to make a model: the ones that are always there, then those of the settings as they are now."""

    def __init__(
        self, fixed: Mapping[str, Callable[[], T]], library: ModelLibrary, make: Callable[[ModelSetting], T]
    ) -> None:
        self._fixed, self._library, self._make = fixed, library, make

    def __getitem__(self, name: str) -> Callable[[], T]:
        if name in self._fixed:
            return self._fixed[name]
        setting = self._library.known[name]
        return lambda: self._make(setting)

    def __iter__(self) -> Iterator[str]:
        yield from self._fixed
        yield from self._library.known

    def __len__(self) -> int:
        return len(self._fixed) + len(self._library.known)


class ModelLibrary:
    """The models of one workspace. `refresh`, `add` and `remove` belong to the store's lane; the rest to any thread."""

    def __init__(
        self, store: Store, connect: Mapping[str, Connect], instructions: Callable[[str], str],
        now: Callable[[], datetime], check: Check,
    ) -> None:  # fmt: skip
        """`connect` makes what answers, by kind; `instructions` gives the text of a prompt template by its name."""
        self._store, self._connect, self._instructions = store, connect, instructions
        self._now, self._check = now, check
        self.known: dict[str, ModelSetting] = {}
        self.refresh()

    def refresh(self) -> tuple[ModelSetting, ...]:
        """The settings as the store has them."""
        kept = self._store.recall(_KEY) or {}
        self.known = {
            str(entry["name"]): ModelSetting(
                **{k: v for k, v in entry.items() if k in ModelSetting.__slots__}
            )
            for entry in kept.get("models", ())
        }
        return tuple(self.known.values())

    def add(self, setting: ModelSetting, by: str) -> ModelSetting:
        """Keep a model, or its new setting. Raises `Rejected`, `NotAllowed`."""
        self._check(by, Right.ADMINISTER)
        made = check_setting(setting)
        self.refresh()
        self.known[made.name] = made
        self._keep("model_added", made.name, by)
        return made

    def remove(self, name: str, by: str) -> None:
        """Forget a model and its key; what it said stays with its cases."""
        self._check(by, Right.ADMINISTER)
        self.refresh()
        if name not in self.known:
            raise Rejected(
                f"There is no model called “{name}”.",
                "“countersign models list” names them.",
                code="no_model",
            )
        del self.known[name]
        self._keep("model_removed", name, by)

    def _keep(self, action: str, name: str, by: str) -> None:
        body: Json = {"models": [asdict(setting) for setting in self.known.values()]}
        self._store.remember(_KEY, body)
        self._store.note(action, by, self._now(), None, {"model": name})

    def recommending(
        self, fixed: Mapping[str, Callable[[], RecommendationModel]]
    ) -> Mapping[str, Callable[[], RecommendationModel]]:
        """Every model that recommends, by name, as the settings are at each look."""
        return _Made(fixed, self, self._recommends)

    def proposing(
        self, fixed: Mapping[str, Callable[[], PromptModel]]
    ) -> Mapping[str, Callable[[], PromptModel]]:
        """Every model that proposes prompts, by name."""
        template = next(iter(fixed.values()))
        return _Made(fixed, self, lambda setting: self._proposes(setting, template()))

    def _recommends(self, setting: ModelSetting) -> RecommendationModel:
        return AskedRecommendationModel(
            about(setting), self._asks(setting), self._instructions("recommendation"), setting.takes
        )

    def _proposes(self, setting: ModelSetting, template: PromptModel) -> PromptModel:
        return AskedPromptModel(
            about(setting), self._asks(setting), self._instructions("slots"), setting.takes, template
        )

    def _asks(self, setting: ModelSetting) -> Asks:
        return self._connect[setting.kind](setting)

    def try_out(self, name: str) -> str:
        """Ask a model for one word; returns what it said. Raises what asking raises. No case's data is sent."""
        if name not in self.known:
            raise Rejected(
                f"There is no model called “{name}”.",
                "“countersign models list” names them.",
                code="no_model",
            )
        said = self._asks(self.known[name]).ask(
            "Answer with a JSON object.", 'Answer {"ready": true}.', None, None
        )
        return " ".join(said.split())[:200]


def _no_model(name: str) -> Rejected:
    return Rejected(
        f"There is no model called “{name}”.", "“countersign models list” names them.", code="no_model"
    )


def settings_json(setting: ModelSetting) -> dict[str, Any]:
    """A setting for programs: its key is said to be there or not, never shown."""
    return asdict(replace(setting, key="")) | {"has_key": bool(setting.key), "most": setting.takes}
