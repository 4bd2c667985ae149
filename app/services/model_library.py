"""The language models a workspace may ask, beside the criteria engine and the template that are always there.

An administrator adds them; their keys are in the encrypted store and nowhere else. A connected workspace offers those
of its connection by itself. Nothing is asked of any of them before a person sends a prompt to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from app.domain.case import Json
from app.domain.connection import Connection
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
PROMPT_MODEL, UR_MODEL = "Project prompt model", "Project review model"
"""What the models of a connection are called."""
_ENDPOINT = re.compile(
    r"projects/(?P<project>[^/]+)/locations/(?P<location>[a-z0-9-]+)/endpoints/(?P<id>\d+)"
)

Check = Callable[[str, Right], Person]
Connect = Callable[["ModelSetting"], Asks]


@dataclass(frozen=True, slots=True)
class ModelSetting:
    """One language model. `url` belongs to an OpenAI-compatible endpoint; `project` and `location` to Gemini.

    `model` is its name there, or a tuned endpoint's (`projects/…/locations/…/endpoints/…`), which knows its region by
    itself. `plain` allows http over a network. `serves` is `prompts` or `reviews` for a model that is meant for one of
    them alone, "" for both.
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
    serves: str = ""

    @property
    def takes(self) -> int:
        return self.most or MOST[self.kind]

    @property
    def region(self) -> str:
        """Where the model answers: a tuned endpoint in its own region, whatever the setting says."""
        found = _ENDPOINT.fullmatch(self.model)
        return found["location"] if found else self.location


def offered_by(connection: Connection | None) -> tuple[ModelSetting, ...]:
    """The models of a payer's project, for everybody who works in the connected workspace."""
    if connection is None:
        return ()
    named = ((PROMPT_MODEL, connection.prompt_model, "prompts"), (UR_MODEL, connection.ur_model, "reviews"))
    return tuple(
        ModelSetting(
            name, "gemini", model, project=connection.project, location=connection.location, serves=serves
        )
        for name, model, serves in named
        if model
    )


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
        if setting.model.startswith("projects/") and not _ENDPOINT.fullmatch(setting.model):
            raise Rejected(
                "This is no name of a tuned endpoint.",
                "Give it as projects/…/locations/…/endpoints/….",
                code="model_endpoint",
            )
        return setting
    from app.services.openai.chat import check_url  # httpx is loaded only for those who add a model

    return replace(setting, url=check_url(setting.url, plain_allowed=setting.plain))


def about(setting: ModelSetting) -> ModelInfo:
    """What people are told of a model before anything is sent to it."""
    if setting.kind == "gemini":
        tuned = _ENDPOINT.fullmatch(setting.model)
        version = f"tuned {tuned['id']}" if tuned else setting.model
        return ModelInfo(
            setting.name, version, f"Gemini on Vertex AI, {setting.region}", leaves_computer=True
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
        self,
        fixed: Mapping[str, Callable[[], T]],
        library: ModelLibrary,
        make: Callable[[ModelSetting], T],
        serves: str,
    ) -> None:
        self._fixed, self._library, self._make, self._serves = fixed, library, make, serves

    def _settings(self) -> dict[str, ModelSetting]:
        known = self._library.known
        return {name: setting for name, setting in known.items() if setting.serves in ("", self._serves)}

    def __getitem__(self, name: str) -> Callable[[], T]:
        if name in self._fixed:
            return self._fixed[name]
        setting = self._settings()[name]
        return lambda: self._make(setting)

    def __iter__(self) -> Iterator[str]:
        yield from self._fixed
        yield from self._settings()

    def __len__(self) -> int:
        return len(self._fixed) + len(self._settings())


class ModelLibrary:
    """The models of one workspace. `refresh`, `add` and `remove` belong to the store's lane; the rest to any thread."""

    def __init__(
        self, store: Store, connect: Mapping[str, Connect], instructions: Callable[[str], str],
        now: Callable[[], datetime], check: Check, offered: Callable[[], tuple[ModelSetting, ...]] = tuple,
    ) -> None:  # fmt: skip
        """`connect` makes what answers, by kind; `instructions` gives the text of a prompt template by its name.

        `offered` are models nobody has to add: those of a connection, as it is at each look (`offered_by`).
        """
        self._store, self._connect, self._instructions = store, connect, instructions
        self._now, self._check, self._offered = now, check, offered
        self._kept: dict[str, ModelSetting] = {}
        self.refresh()

    @property
    def known(self) -> dict[str, ModelSetting]:
        """Every model by its name: those that are offered, then those an administrator added."""
        offered = {setting.name: setting for setting in self._offered()}
        return offered | {name: kept for name, kept in self._kept.items() if name not in offered}

    def refresh(self) -> tuple[ModelSetting, ...]:
        """The settings as the store has them."""
        kept = self._store.recall(_KEY) or {}
        self._kept = {
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
        self._not_offered(made.name)
        self._kept[made.name] = made
        self._keep("model_added", made.name, by)
        return made

    def remove(self, name: str, by: str) -> None:
        """Forget a model and its key; what it said stays with its cases."""
        self._check(by, Right.ADMINISTER)
        self.refresh()
        self._not_offered(name)
        if name not in self._kept:
            raise _no_model(name)
        del self._kept[name]
        self._keep("model_removed", name, by)

    def _not_offered(self, name: str) -> None:
        if any(name.casefold() == setting.name.casefold() for setting in self._offered()):
            raise Rejected(
                f"“{name}” belongs to the connection.",
                "It is changed in the project's connection file; choose another name for a model of your own.",
                code="model_offered",
            )

    def _keep(self, action: str, name: str, by: str) -> None:
        body: Json = {"models": [asdict(setting) for setting in self._kept.values()]}
        self._store.remember(_KEY, body)
        self._store.note(action, by, self._now(), None, {"model": name})

    def recommending(
        self, fixed: Mapping[str, Callable[[], RecommendationModel]]
    ) -> Mapping[str, Callable[[], RecommendationModel]]:
        """Every model that recommends, by name, as the settings are at each look."""
        return _Made(fixed, self, self._recommends, "reviews")

    def proposing(
        self, fixed: Mapping[str, Callable[[], PromptModel]]
    ) -> Mapping[str, Callable[[], PromptModel]]:
        """Every model that proposes prompts, by name."""
        template = next(iter(fixed.values()))
        return _Made(fixed, self, lambda setting: self._proposes(setting, template()), "prompts")

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
        setting = self.known.get(name)
        if setting is None:
            raise _no_model(name)
        said = self._asks(setting).ask("Answer with a JSON object.", 'Answer {"ready": true}.', None, None)
        return " ".join(said.split())[:200]


def _no_model(name: str) -> Rejected:
    return Rejected(
        f"There is no model called “{name}”.", "“countersign models list” names them.", code="no_model"
    )


def settings_json(setting: ModelSetting) -> dict[str, Any]:
    """A setting for programs: its key is said to be there or not, never shown."""
    return asdict(replace(setting, key="")) | {"has_key": bool(setting.key), "most": setting.takes}
