"""`countersign processors train|measure|jobs|deploy`: form processors of the connected project."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict

from app.composition.form_job import form_jobs
from app.domain.case import Json
from app.services.form_job import ENDED, FormJob, FormJobs
from app.services.ports import JobState
from app.services.report import table
from app.terminal import OK, REFUSED, Usage, opened, print_json, progress_line
from app.workstation import Workstation

LOOKED_SECONDS = 30.0
FORM_JOB_PARTS = ("train", "measure", "jobs", "cancel", "deploy")


def add_form_jobs(part: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """Add the parts that need a connection to those of `processors`."""
    train = part(
        "train", "Send verified forms to the connected project and train its form processor with them."
    )
    train.add_argument("form_type", metavar="TYPE")
    train.add_argument("--cloud", action="store_true", help="yes: these forms leave this computer")
    measure = part("measure", "Measure a form processor of the project with the forms kept for measuring.")
    measure.add_argument("form_type", metavar="TYPE")
    measure.add_argument(
        "--job", default="", metavar="JOB", help="the version this job made, not the one in use"
    )
    measure.add_argument("--cloud", action="store_true", help="yes: these forms leave this computer")
    for made in (train, measure):
        made.add_argument("--wait", action="store_true", help="stay until it has ended")
    part("jobs", "Say how far training and measuring are.")
    for name, words in (
        ("cancel", "Stop a job."),
        ("deploy", "Put the version that a job made to work, for every desk of the project."),
    ):
        part(name, words).add_argument("job", metavar="JOB", help="its name, or the number at its end")


def run_form_jobs(options: argparse.Namespace) -> int:
    if options.part in ("train", "measure") and not options.cloud:
        raise Usage(
            "This sends verified forms, with what is on them, to the connected project. Say --cloud when they may go."
        )
    with opened(options) as workstation, _jobs(workstation) as jobs:
        person = workstation.person
        if options.part == "jobs":
            return _list(jobs, as_json=options.json)
        if options.part in ("train", "measure"):
            with progress_line(options.form_type) as watch:
                if options.part == "train":
                    job = jobs.train(options.form_type, person, watch)
                else:
                    version = _version(jobs, options.job) if options.job else options.form_type
                    job = jobs.measure(version, options.form_type, person, watch)
            return _begun(jobs, job, wait=options.wait, as_json=options.json)
        if options.part == "cancel":
            jobs.cancel(jobs.job(options.job), person)
            done: Json = {"cancelled": options.job}
            words = "The job is stopped; what it made so far is not kept."
        else:
            version = _version(jobs, options.job)
            jobs.put_to_work(version, person, threading.Event().wait)
            done = {"version": version}
            words = f"The project's processor answers with {version} from now on, for every desk."
    print_json(done) if options.json else print(words)
    return OK


def _jobs(workstation: Workstation) -> AbstractContextManager[FormJobs]:
    return form_jobs(
        workstation.cloud,
        workstation.backends.opener,
        workstation.library,
        workstation.collecting,
        workstation.store,
        workstation.in_store,
        workstation.access,
    )


def _version(jobs: FormJobs, given: str) -> str:
    job = jobs.job(given)
    version = job.result or jobs.look(job).result
    if "/processorVersions/" not in version or "/evaluations/" in version:
        raise Usage("This job has made no version, or not yet: see countersign processors jobs")
    return version


def _begun(jobs: FormJobs, job: FormJob, *, wait: bool, as_json: bool) -> int:
    if not wait:
        if as_json:
            print_json(_json(job, None))
        else:
            print(
                f"Job {job.number} was started with {job.forms} forms. How far it is: countersign processors jobs"
            )
        return OK
    told, quiet = "", threading.Event()
    while True:
        state = jobs.look(job)
        if (words := _words(state)) != told and not as_json:
            print(words, flush=True)
        told = words
        if state.state in ENDED:
            break
        quiet.wait(LOOKED_SECONDS)
    if as_json:
        print_json(_json(job, state))
    elif state.state == "done" and job.kind == "train":
        print(f"Put it to work: countersign processors deploy {job.number}")
    return OK if state.state == "done" else REFUSED


def _list(jobs: FormJobs, *, as_json: bool) -> int:
    looked = [(job, jobs.look(job)) for job in jobs.known()]
    if as_json:
        print_json([_json(job, state) for job, state in looked])
    elif not looked:
        print("No job was started here. Train a processor with: countersign processors train TYPE --cloud")
    else:
        rows = [
            [job.number, job.kind, job.subject.rpartition("/")[2], str(job.forms), _words(state)]
            for job, state in looked
        ]
        print(table(["Job", "Work", "Of", "Forms", "How far"], rows, right=(3,)))
    return OK


def _words(state: JobState) -> str:
    """How far a job is, for people."""
    figures = state.figures
    parts = [state.state]
    parts += [
        f"{words} {figures[name]:.1%}"
        for name, words in (("precision", "precision"), ("recall", "recall"), ("f1", "F1"))
        if name in figures
    ]
    if "documents" in figures:
        parts.append(f"{figures['documents']:.0f} forms measured")
    if state.reason:
        parts.append(state.reason)
    return ", ".join(parts)


def _json(job: FormJob, state: JobState | None) -> Json:
    made: Json = asdict(job)
    if state is not None:
        made |= {
            "state": state.state, "figures": dict(state.figures), "result": state.result, "reason": state.reason,
            "link": state.link,
        }  # fmt: skip
    return made
