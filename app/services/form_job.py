"""Form processors of the project trained with the verified forms of this workspace, measured, and put to work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol

from app.domain.case import Json, to_time
from app.domain.errors import Rejected
from app.domain.role import Check, Right
from app.services.dataset import EVALUATION, TRAINING, Collecting, FormFolder
from app.services.ports import Jobs, JobState, Watch
from app.services.store.store import Store

FEW = 10
"""Fewer labelled forms than this and Document AI trains nothing."""
ENDED = ("done", "failed", "cancelled")
_KEY = "form_jobs"
_MOST = 50


class FormProcessorJobs(Jobs, Protocol):
    """The jobs of a project, with what puts a trained version to work. `DocumentAIJobs` is one."""

    def deploy(self, version: str) -> str: ...

    def use(self, version: str) -> str: ...


Export = Callable[[str, str, Watch | None], tuple[str, int]]
"""Puts the forms of a type (second) into a bucket (first) as labelled documents; their address and their number."""


@dataclass(frozen=True, slots=True)
class FormJob:
    """A job that was started here. `result` is the version it made, once it was looked after."""

    name: str
    kind: str
    subject: str
    by: str
    at: str
    forms: int = 0
    result: str = ""

    @property
    def number(self) -> str:
        return self.name.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class FormJobs:
    """Not to be used in the store's lane. Starting and putting to work is an administrator's, and in the audit trail.

    Raises what `Jobs` raises, `NotAllowed`.
    """

    jobs: FormProcessorJobs
    export: Export
    store: Store
    in_store: Callable[..., Any]
    check: Check
    now: Callable[[], datetime]

    def train(self, form_type: str, by: str, watch: Watch | None = None) -> FormJob:
        """Send the verified forms of a type to the project and train its processor with them. Raises `Rejected` when
        there are too few.
        """
        self.check(by, Right.ADMINISTER)
        source, count = self.export(TRAINING, form_type, watch)
        if count < FEW:
            raise Rejected(
                f"{count} verified form{'' if count == 1 else 's'} of this type are kept for training; "
                f"{FEW} are the least a processor is trained with.",
                "Turn collecting on (countersign eval collect on), verify more forms, and start again.",
                code="few_forms",
                count=count,
            )
        self.export(EVALUATION, form_type, watch)
        return self._kept("train", form_type, self.jobs.start("train", form_type, source), by, count)

    def measure(self, subject: str, form_type: str, by: str, watch: Watch | None = None) -> FormJob:
        """Measure a version (its resource name), or what is in use for the form type when `subject` is that."""
        self.check(by, Right.ADMINISTER)
        source, count = self.export(EVALUATION, form_type, watch)
        if not count:
            raise Rejected(
                "No verified form of this type is kept for measuring.",
                "One form in five is kept for it while collecting is on (countersign eval collect on).",
                code="few_forms",
                count=0,
            )
        return self._kept("evaluate", subject, self.jobs.start("evaluate", subject, source), by, count)

    def known(self) -> tuple[FormJob, ...]:
        """The jobs that were started here, the latest first."""
        kept: Json = self.in_store(self.store.recall, _KEY) or {}
        return tuple(FormJob(**job) for job in kept.get("jobs", ()))

    def job(self, given: str) -> FormJob:
        """A job by its name or the number at its end. Raises `Rejected`."""
        found = [job for job in self.known() if given in (job.name, job.number)]
        if len(found) != 1:
            raise Rejected("No such job was started here.", "See: countersign processors jobs", code="no_job")
        return found[0]

    def look(self, job: FormJob) -> JobState:
        """How far a job is; what it made is remembered."""
        state = self.jobs.state(job.name)
        if state.result and state.result != job.result:
            self._remember(
                tuple(FormJob(**{**asdict(j), "result": state.result}) if j.name == job.name else j
                      for j in self.known())
            )  # fmt: skip
        return state

    def cancel(self, job: FormJob, by: str) -> None:
        self.check(by, Right.ADMINISTER)
        self.jobs.cancel(job.name)

    def put_to_work(self, version: str, by: str, wait: Callable[[float], object]) -> None:
        """Have the processor answer with this version for every desk: deployed first, then preferred. `wait` lets a
        while pass between two looks. Raises `Rejected` with the reason when the service cannot.
        """
        self.check(by, Right.ADMINISTER)
        for begin in (self.jobs.deploy, self.jobs.use):
            name = begin(version)
            pause = 1.0
            while (state := self.jobs.state(name)).state not in ENDED:
                wait(pause)
                pause = min(15.0, pause * 1.5)
            if state.state != "done":
                raise Rejected(
                    "The version could not be put to work.", state.reason or "Look at it in the console.",
                    code="not_deployed",
                )  # fmt: skip
        self.in_store(self.store.note, "form_version_used", by, self.now(), None, {"version": version})

    def _kept(self, kind: str, subject: str, name: str, by: str, forms: int) -> FormJob:
        job = FormJob(name, kind, subject, by, to_time(self.now()), forms)
        self._remember((job, *self.known()))
        self.in_store(
            self.store.note, f"form_job_{kind}", by, self.now(), None,
            {"job": name, "subject": subject, "forms": forms},
        )  # fmt: skip
        return job

    def _remember(self, jobs: tuple[FormJob, ...]) -> None:
        self.in_store(self.store.remember, _KEY, {"jobs": [asdict(job) for job in jobs[:_MOST]]})


def folder_of(collecting: Collecting, bucket: str) -> FormFolder:
    """The verified forms of a workspace that go into a bucket."""
    return {TRAINING: collecting.training, EVALUATION: collecting.evaluation}[bucket]
