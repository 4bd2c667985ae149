"""Tuning a model with what people decided, and having it answer what was kept for measuring: work in a cloud.

What leaves is what `countersign tuning export` writes, into the buckets `tuning_dataset` and `eval_dataset`: files
named by what is in them, so that nothing is sent twice. What is under way is remembered with the workspace.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from app.domain.case import Json, to_time
from app.domain.connection import Connection
from app.domain.errors import Rejected
from app.domain.role import Check, Right
from app.services.model_library import ModelLibrary, ModelSetting
from app.services.ports import BucketRemote, Jobs, JobState
from app.services.tuning_dataset import EVALUATION, TUNING, TuningDataset

T = TypeVar("T")
LEAST, ADVISED = 10, 100
"""Examples below which a tuning is refused, and below which it is told that they are few."""
HELD = 1000
"""So many examples kept for measuring are sent along at most for the loss to be measured with."""
LONGEST = 400_000
"""Characters of an example: what fits into the 131,072 tokens a tuned model is trained with."""
DEFAULT_MODEL = "gemini-2.5-flash"
_KEY, _JSON_LINES = "model_jobs", "application/jsonl"
_ENDED = frozenset({"done", "failed", "cancelled"})


class ModelWork(Jobs, Protocol):
    """`Jobs` that tune with more than a source of examples."""

    def tune(self, model: str, examples: str, validation: str = "", epochs: int = 0) -> str: ...

    def measure(self, model: str, requests: str) -> str: ...


class Keeping(Protocol):
    """The part of the store that is needed. Belongs to the store's lane."""

    def remember(self, key: str, value: Json) -> None: ...
    def recall(self, key: str) -> Json | None: ...
    def note(self, action: str, by: str, at: datetime, case_id: str | None, detail: Json) -> None: ...


@dataclass(frozen=True, slots=True)
class ModelJob:
    """A job as the workspace remembers it. `dropped` examples were too long and not sent."""

    name: str
    kind: str
    model: str
    by: str
    at: str
    examples: int
    dropped: int = 0
    state: str = "queued"
    result: str = ""


class ModelJobs:
    """Starts and looks after jobs; an administrator's to do, and in the trail. Not in the store's lane.

    Raises `NotAllowed`, what `Jobs` and `BucketRemote` raise, and `Rejected` for too few examples.
    """

    def __init__(
        self,
        tuning: TuningDataset,
        jobs: ModelWork,
        buckets: BucketRemote,
        connection: Connection,
        keeping: Keeping,
        in_store: Callable[..., Any],
        models: ModelLibrary,
        check: Check,
        now: Callable[[], datetime],
    ) -> None:
        """`in_store` runs a function in the store's lane and gives its result."""
        self._tuning, self._jobs, self._buckets, self._connection = tuning, jobs, buckets, connection
        self._keeping, self._in_store, self._models = keeping, in_store, models
        self._check, self._now = check, now

    def tune(self, by: str, model: str = "", epochs: int = 0) -> ModelJob:
        """Send the examples and start to tune a model. The loss is measured with examples kept for measuring."""
        model = model or DEFAULT_MODEL
        self._in_store(self._check, by, Right.ADMINISTER)
        self._tuning.catch_up()
        lines = self._tuning.lines(TUNING)
        taken = fitting(lines)
        if len(taken) < LEAST:
            raise Rejected(
                f"There are {len(taken)} examples; a tuning needs {LEAST} at least, and {ADVISED} to be worth it.",
                "Keep examples with “countersign tuning on”, and decide requests.",
                code="few_examples",
            )
        held = fitting(self._tuning.lines(EVALUATION))[:HELD]
        examples = self._sent(TUNING, "tuning", taken)
        validation = self._sent(EVALUATION, "validation", held) if held else ""
        name = self._jobs.tune(model, examples, validation, epochs)
        return self._started(name, "tune", model, by, len(taken), len(lines) - len(taken))

    def measure(self, by: str, model: str = "") -> ModelJob:
        """Send the questions kept for measuring and have a model answer them, in a batch: cheaper, and later.

        Without a name the connection's review model is measured.
        """
        model = model or self._connection.ur_model or DEFAULT_MODEL
        self._in_store(self._check, by, Right.ADMINISTER)
        self._tuning.catch_up()
        lines = self._tuning.lines(EVALUATION)
        taken = fitting(lines)
        if not taken:
            raise Rejected(
                "No example was kept for measuring yet.",
                "Keep examples with “countersign tuning on”: one in five is kept for measuring.",
                code="few_examples",
            )
        name = self._jobs.measure(model, self._sent(EVALUATION, "requests", map(as_request, taken)))
        return self._started(name, "measure", model, by, len(taken), len(lines) - len(taken))

    def known(self) -> tuple[ModelJob, ...]:
        """The jobs of this workspace as they were last seen, the newest first; asks nobody."""
        kept = self._in_store(self._keeping.recall, _KEY) or {}
        return tuple(ModelJob(**entry) for entry in kept.get("jobs", ()))

    def look(self, name: str) -> JobState:
        """How far a job is, asked anew."""
        found = self._jobs.state(name)
        job = next((job for job in self.known() if job.name == name), None)
        if job is not None and (job.state, job.result) != (found.state, found.result):
            self._keep(name, {"state": found.state, "result": found.result})
        return found

    def cancel(self, name: str, by: str) -> None:
        self._in_store(self._check, by, Right.ADMINISTER)
        self._jobs.cancel(name)
        self._in_store(self._keeping.note, "model_job_cancelled", by, self._now(), None, {"job": name})
        self._keep(name, {"state": "cancelled"})

    def offer(self, name: str, called: str, by: str) -> ModelSetting:
        """Add what a tuning made to the models of the workspace. Raises `Rejected` before it is done."""
        found = self.look(name)
        if found.state != "done" or "/endpoints/" not in found.result:
            raise Rejected(
                "This job has made no model that can be asked.",
                "“countersign tuning jobs” says how far it is.",
                code="job_not_done",
            )
        project, location = self._connection.project, self._connection.location
        setting = ModelSetting(
            called, "gemini", found.result, project=project, location=location, serves="reviews"
        )
        made: ModelSetting = self._in_store(self._models.add, setting, by)
        return made

    def answers(self, name: str) -> Mapping[str, str]:
        """What the model answered in a batch, by question. Raises `Rejected` before it is done."""
        found = self.look(name)
        if found.state != "done" or not found.result.startswith("gs://"):
            raise Rejected(
                "This job has no answers yet.",
                "“countersign tuning jobs” says how far it is.",
                code="job_not_done",
            )
        _, _, path = found.result.removeprefix("gs://").partition("/")
        answered: dict[str, str] = {}
        for stored in self._buckets.list(EVALUATION, f"{path.rstrip('/')}/"):
            if stored.uri.endswith(".jsonl"):
                answered |= dict(answers_in(self._buckets.get(stored.uri).decode("utf-8").splitlines()))
        return answered

    def _sent(self, bucket: str, folder: str, lines: Iterable[str]) -> str:
        """Put a file of JSON lines into a bucket under a name that says what is in it; its address in the project."""
        content = "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")
        name = f"{folder}/{hashlib.sha256(content).hexdigest()[:32]}.jsonl"
        self._buckets.put(bucket, name, content, _JSON_LINES)
        return f"gs://{self._connection.bucket(bucket)}/{name}"

    def _started(self, name: str, kind: str, model: str, by: str, examples: int, dropped: int) -> ModelJob:
        now = self._now()
        job = ModelJob(name, kind, model, by, to_time(now), examples, dropped)
        others = [_document(other) for other in self.known() if other.name != name]
        self._in_store(self._keeping.remember, _KEY, {"jobs": [_document(job), *others]})
        detail: Json = {"job": name, "kind": kind, "model": model, "examples": examples}
        self._in_store(self._keeping.note, "model_job_started", by, now, None, detail)
        return job

    def _keep(self, name: str, changed: Json) -> None:
        jobs = [_document(job) | (changed if job.name == name else {}) for job in self.known()]
        self._in_store(self._keeping.remember, _KEY, {"jobs": jobs})


def ended(state: str) -> bool:
    return state in _ENDED


def fitting(lines: Iterable[str]) -> list[str]:
    """The examples that Vertex AI takes: of the shape of supervised tuning, and no longer than it reads."""
    return [line for line in lines if len(line) <= LONGEST and _is_example(json.loads(line))]


def _is_example(data: Any) -> bool:
    turns = [*data.get("contents", ()), data.get("systemInstruction")]
    roles = [turn.get("role") for turn in turns[:-1]]
    filled = all(turn and all(str(part.get("text", "")).strip() for part in turn["parts"]) for turn in turns)
    return roles == ["user", "model"] and filled


def as_request(line: str) -> str:
    """An example as a question of a batch: without its answer, asked as it is asked in earnest."""
    data = json.loads(line)
    request = {
        "contents": data["contents"][:1],
        "systemInstruction": data["systemInstruction"],
        "generationConfig": {"temperature": 0, "responseMimeType": "application/json"},
    }
    return json.dumps({"request": request}, ensure_ascii=False)


def question_of(line: str) -> str:
    """What an example asks."""
    return _text(json.loads(line)["contents"][0])


def answers_in(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    """(question, answer) of each line of a batch that was answered; those that failed are left out."""
    for line in lines:
        try:
            data = json.loads(line)
            question = _text(data["request"]["contents"][0])
            answer = _text(data["response"]["candidates"][0]["content"])
        except (ValueError, KeyError, IndexError, TypeError):
            continue
        yield question, answer


def _text(turn: Mapping[str, Any]) -> str:
    return "".join(str(part.get("text", "")) for part in turn["parts"])


def _document(job: ModelJob) -> Json:
    return {name: getattr(job, name) for name in ModelJob.__slots__}
