"""`countersign tuning start|measure|jobs|cancel|use`: work of a cloud, started here and looked after from anywhere."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from app.composition.job import model_jobs
from app.domain.errors import Rejected
from app.domain.recommendation import Flag, ModelInfo, Recommendation
from app.domain.tuning import Expected
from app.services.model_job import (
    ADVISED,
    DEFAULT_MODEL,
    LONGEST,
    ModelJob,
    ModelJobs,
    ended,
)
from app.services.ports import Ask, JobState
from app.services.report import table
from app.terminal import OK, REFUSED, opened, print_json
from app.workstation import Workstation

JOB_PARTS = ("start", "measure", "jobs", "cancel", "use")
LOOKED_SECONDS = 30.0


def add_jobs(parts: Any, common: Callable[[argparse.ArgumentParser], None]) -> None:
    """Add the parts that need a connection to those of `tuning`."""
    summaries = {
        "start": "Send the examples to the connected project and tune a model with them.",
        "measure": "Have a model of the project answer what was kept for measuring, in a batch.",
        "jobs": "Say how far tuning and measuring are.",
        "cancel": "Stop a job.",
        "use": "Add the model that a job has tuned to those that may be asked for a recommendation.",
    }
    made = {}
    for name, words in summaries.items():
        made[name] = parts.add_parser(name, help=words, description=words)
        common(made[name])
    for name in ("start", "measure"):
        made[name].add_argument(
            "--model",
            default="",
            metavar="MODEL",
            help=f"the model ({DEFAULT_MODEL} to tune; the connection's review model to measure)",
        )
        made[name].add_argument("--wait", action="store_true", help="stay until it has ended")
    made["start"].add_argument(
        "--epochs", type=int, default=0, metavar="N", help="how often the examples are gone through"
    )
    for name in ("cancel", "use"):
        made[name].add_argument("job", metavar="JOB", help="its name, or the number at its end")
    made["use"].add_argument("--name", default="Tuned model", help="what it is called here (Tuned model)")


def run_jobs(options: argparse.Namespace) -> int:
    with opened(options) as workstation:
        jobs, person = _jobs(workstation), workstation.person
        if options.part == "jobs":
            return list_jobs(jobs, as_json=options.json)
        if options.part == "cancel":
            jobs.cancel(named(jobs, options.job), person)
            print("The job is stopped; what it made so far is not kept.")
            return OK
        if options.part == "use":
            made = jobs.offer(named(jobs, options.job), options.name, person)
            print(
                f"“{made.name}” can be asked for a recommendation. Try it: countersign models try “{made.name}”"
            )
            return OK
        if options.part == "start":
            job = jobs.tune(person, options.model, max(0, options.epochs))
        else:
            job = jobs.measure(person, options.model)
        if options.json and not options.wait:
            print_json(_job_json(job, None))
        elif not options.wait:
            print(_started(job))
        return wait_for(jobs, job, as_json=options.json) if options.wait else OK


def answered(
    workstation: Workstation, name: str, lines: Sequence[str], examples: Sequence[Expected]
) -> tuple[str, Callable[[Ask], Recommendation]]:
    """The model of a job, and what judges by the answers it gave there."""
    jobs = _jobs(workstation)
    full = named(jobs, name)
    job = next((job for job in jobs.known() if job.name == full), None)
    model = job.model if job is not None else full
    given = jobs.answers(full)
    return model, judging(model, given, lines, examples, workstation.review.reviewing.judge)


def judging(
    model: str,
    given: Mapping[str, str],
    lines: Sequence[str],
    examples: Sequence[Expected],
    judge: Callable[..., tuple[Recommendation, tuple[Flag, ...]]],
) -> Callable[[Ask], Recommendation]:
    """What judges an example by the answer that was given to its question; `judge` is that of the review."""
    from app.services.asked_model import AskedRecommendationModel, Given
    from app.services.model_job import question_of

    questions = {
        id(example.material): question_of(line) for example, line in zip(examples, lines, strict=False)
    }
    info = ModelInfo(model, "", "a batch", leaves_computer=False)

    def judged(ask: Ask) -> Recommendation:
        text = given.get(questions.get(id(ask.material), ""))
        if text is None:
            raise Rejected(
                "The job has no answer to it.", "It failed there, or was not asked.", code="no_answer"
            )
        return judge(ask, AskedRecommendationModel(info, Given(text), "", LONGEST))[0]

    return judged


def _jobs(workstation: Workstation) -> ModelJobs:
    return model_jobs(
        workstation.cloud,
        workstation.tuning,
        workstation.store,
        workstation.in_store,
        workstation.models,
        workstation.access,
    )


def named(jobs: ModelJobs, given: str) -> str:
    """A job by its name, or by the number at its end."""
    found = [job.name for job in jobs.known() if job.name == given or job.name.endswith(f"/{given}")]
    return found[0] if len(found) == 1 else given


def list_jobs(jobs: ModelJobs, *, as_json: bool) -> int:
    known = jobs.known()
    states = {job.name: None if ended(job.state) and job.result else jobs.look(job.name) for job in known}
    if as_json:
        print_json([_job_json(job, states[job.name]) for job in known])
        return OK
    if not known:
        print("No job was started here. Tune a model with: countersign tuning start")
        return OK
    rows = []
    for job in known:
        state = states[job.name]
        words = progress_words(state) if state is not None else job.state
        result = (state.result if state is not None else "") or job.result
        rows.append([job.name.rpartition("/")[2], job.kind, job.model.rpartition("/")[2], words, result])
    print(table(["Job", "Work", "Model", "How far", "Result"], rows))
    return OK


def progress_words(state: JobState) -> str:
    """How far a job is, for people."""
    figures = state.figures
    parts = [state.state]
    if state.total:
        unit = "answers" if "answered" in figures else "steps"
        parts.append(f"{state.done:,} of {state.total:,} {unit}")
    if figures.get("examples"):
        parts.append(f"{figures['examples']:,.0f} examples")
    for name, words in (
        ("dropped", "left out"),
        ("failed", "failed"),
    ):
        if figures.get(name):
            parts.append(f"{figures[name]:,.0f} {words}")
    for name, words in (("loss", "loss"), ("eval_loss", "loss on examples kept for measuring")):
        if name in figures:
            parts.append(f"{words} {figures[name]:.3f}")
    if state.reason:
        parts.append(state.reason)
    return ", ".join(parts)


def _started(job: ModelJob) -> str:
    number = job.name.rpartition("/")[2]
    few = (
        f" They are few: {ADVISED} and more tune better."
        if job.kind == "tune" and job.examples < ADVISED
        else ""
    )
    dropped = f" {job.dropped} were too long and stay here." if job.dropped else ""
    return (
        f"Job {number} was started with {job.examples} examples.{dropped}{few} "
        "How far it is: countersign tuning jobs"
    )


def wait_for(jobs: ModelJobs, job: ModelJob, *, as_json: bool) -> int:
    """Follow a job until it has ended; what is told changes when it does."""
    told = ""
    quiet = threading.Event()
    while True:
        state = jobs.look(job.name)
        words = progress_words(state)
        if words != told and not as_json:
            print(words, flush=True)
        told = words
        if ended(state.state):
            break
        quiet.wait(LOOKED_SECONDS)
    if as_json:
        print_json(_job_json(job, state))
    elif state.state == "done" and job.kind == "tune":
        print(
            f"The tuned model is {state.result}. Use it: countersign tuning use {job.name.rpartition('/')[2]}"
        )
    elif state.state == "done":
        print(f"Compare it: countersign eval recommendations --job {job.name.rpartition('/')[2]}")
    return OK if state.state == "done" else REFUSED


def _job_json(job: ModelJob, state: JobState | None) -> dict[str, Any]:
    made = {name: getattr(job, name) for name in ModelJob.__slots__}
    if state is not None:
        made |= {
            "state": state.state,
            "done": state.done,
            "total": state.total,
            "figures": dict(state.figures),
            "result": state.result,
            "reason": state.reason,
            "link": state.link,
        }
    return made
