"""Tuning and measuring on Vertex AI: the real client against a server that refuses what Google refuses."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from google.auth.exceptions import RefreshError
from google.oauth2.credentials import Credentials

from app.domain.errors import Actionable, Offline, Rejected, SignInRequired
from app.services.google.vertex_job import VertexJobs
from tests.vertex_job_server import ENDPOINT, LOCATION, MODEL, PLACE, PROJECT, JobServer, job_server

TRAIN, HELD, ASKED = "gs://tuning/e.jsonl", "gs://tuning/v.jsonl", "gs://eval/r.jsonl"


def example(question: str = "q", answer: str = "a") -> str:
    return json.dumps(
        {
            "systemInstruction": {"role": "system", "parts": [{"text": "Judge."}]},
            "contents": [
                {"role": "user", "parts": [{"text": question}]},
                {"role": "model", "parts": [{"text": answer}]},
            ],
        }
    )


def request(question: str = "q") -> str:
    return json.dumps({"request": {"contents": [{"role": "user", "parts": [{"text": question}]}]}})


Open = Callable[..., AbstractContextManager[tuple[VertexJobs, JobServer]]]


@pytest.fixture
def opened() -> Open:
    @contextmanager
    def opened(
        location: str = LOCATION, project: str = PROJECT, credentials: Any = None, **more: Any
    ) -> Iterator[tuple[VertexJobs, JobServer]]:
        files = {TRAIN: f"{example()}\n{example('r')}\n", HELD: example("h"), ASKED: request()}
        files |= more.pop("files", {})
        with job_server(files.__getitem__, write=files.__setitem__, **more) as server:
            signed_in = credentials or (lambda: Credentials("token"))  # type: ignore[no-untyped-call]
            yield VertexJobs(project, location, signed_in, base_url=server.url), server

    return opened


def states(jobs: VertexJobs, name: str) -> list[str]:
    return [jobs.state(name).state for _ in range(5)]


def test_a_tuning_runs_from_its_start_to_an_endpoint(opened: Open) -> None:
    with opened() as (jobs, _):
        name = jobs.start("tune", "gemini-2.5-flash", TRAIN)
        assert states(jobs, name) == ["queued", "queued", "running", "running", "done"]
        done = jobs.state(name)
    assert done.result == ENDPOINT
    assert (done.done, done.total) == (30, 30)
    assert done.figures["examples"] == 2
    assert name.rpartition("/")[2] in done.link


def test_steps_and_loss_are_told_while_it_runs(opened: Open) -> None:
    with opened() as (jobs, _):
        name = jobs.start("tune", "gemini-2.5-flash", TRAIN)
        running = [jobs.state(name) for _ in range(3)][-1]
    assert (running.done, running.total) == (20, 30)
    assert running.figures["loss"] == 0.25
    assert running.figures["eval_loss"] == 0.5
    assert running.result == ""


def test_curves_that_may_not_be_read_keep_nothing_else_from_being_told(opened: Open) -> None:
    with opened(curves=False) as (jobs, _):
        name = jobs.start("tune", "gemini-2.5-flash", TRAIN)
        running = [jobs.state(name) for _ in range(3)][-1]
    assert (running.state, running.total) == ("running", 30)
    assert "loss" not in running.figures


def test_what_was_set_goes_where_the_service_expects_it(opened: Open) -> None:
    with opened() as (jobs, server):
        jobs.tune("gemini-2.5-pro", TRAIN, HELD, epochs=3)
        (sent,) = [body for method, path, body in server.asked if method == "POST"]
    spec = sent["supervisedTuningSpec"]
    assert (spec["trainingDatasetUri"], spec["validationDatasetUri"]) == (TRAIN, HELD)
    assert spec["hyperParameters"] == {"epochCount": 3}
    assert sent["baseModel"] == "gemini-2.5-pro"


def test_a_start_whose_answer_was_lost_starts_nothing_twice(opened: Open) -> None:
    with opened() as (jobs, server):
        first = jobs.start("tune", "gemini-2.5-flash", TRAIN)
        assert jobs.start("tune", "gemini-2.5-flash", TRAIN) == first
        assert jobs.start("tune", "gemini-2.5-pro", TRAIN) != first
        jobs.cancel(first)
        assert jobs.start("tune", "gemini-2.5-flash", TRAIN) != first  # what has ended may be started again
        asked = jobs.start("measure", "gemini-2.5-flash", ASKED)
        assert jobs.start("measure", "gemini-2.5-flash", ASKED) == asked
        assert len(server.jobs) == 4


def test_a_job_can_be_cancelled_until_it_has_ended(opened: Open) -> None:
    with opened() as (jobs, _):
        for name in (
            jobs.start("tune", "gemini-2.5-flash", TRAIN),
            jobs.start("measure", "gemini-2.5-pro", ASKED),
        ):
            jobs.cancel(name)
            assert jobs.state(name).state == "cancelled"
            with pytest.raises(Rejected) as told:
                jobs.cancel(name)
            assert told.value.code == "job_refused"


def test_a_failure_tells_why_without_quoting_an_example(opened: Open) -> None:
    error = {"code": 3, "message": 'Row 7 is invalid: "Jane Orr needs a pump"'}
    with opened(stages=("JOB_STATE_RUNNING", "JOB_STATE_FAILED"), error=error) as (jobs, _):
        name = jobs.start("tune", "gemini-2.5-flash", TRAIN)
        jobs.state(name)
        failed = jobs.state(name)
    assert failed.state == "failed"
    assert "Row 7" in failed.reason
    assert "Orr" not in failed.reason


def test_a_tuned_model_answers_a_batch_by_its_own_name(opened: Open) -> None:
    with opened() as (jobs, server):
        name = jobs.start("measure", ENDPOINT, ASKED)
        assert states(jobs, name)[-1] == "done"
        done = jobs.state(name)
        (sent,) = [body for method, _, body in server.asked if method == "POST"]
    assert sent["model"] == MODEL
    assert done.result.startswith("gs://eval/r/answers/")
    assert done.figures == {"answered": 1, "failed": 0}
    assert (done.done, done.total) == (1, 1)


def test_an_endpoint_nothing_stands_behind_is_told(opened: Open) -> None:
    with opened(deployed=False) as (jobs, _), pytest.raises(Rejected) as told:
        jobs.start("measure", ENDPOINT, ASKED)
    assert told.value.code == "endpoint_empty"


@pytest.mark.parametrize(
    "line",
    [
        json.dumps({"contents": [{"role": "model", "parts": [{"text": "a"}]}]}),
        json.dumps({"messages": []}),
        json.dumps({"contents": [{"role": "user", "parts": [{"text": ""}]}, {"role": "model", "parts": []}]}),
    ],
)
def test_examples_of_another_shape_are_refused_in_words(opened: Open, line: str) -> None:
    with opened(files={TRAIN: line}) as (jobs, _), pytest.raises(Rejected) as told:
        jobs.start("tune", "gemini-2.5-flash", TRAIN)
    assert "Row 1" in told.value.reason
    assert told.value.next_step


@pytest.mark.parametrize(
    ("given", "kind", "code"),
    [
        ({"location": "us-central1"}, Rejected, "job_missing"),
        ({"project": "another-project"}, Rejected, "job_permission"),
        ({"token": "fresh"}, SignInRequired, "google_sign_in"),
        ({"limit": 1}, Offline, "job_busy"),
    ],
)
def test_what_the_service_refuses_is_told_in_words(
    opened: Open, given: dict[str, Any], kind: type[Actionable], code: str
) -> None:
    with opened(**given) as (jobs, _), pytest.raises(kind) as told:
        jobs.start("tune", "gemini-2.5-flash", TRAIN)
    assert told.value.code == code
    assert told.value.next_step


def test_a_model_that_cannot_be_tuned_is_told(opened: Open) -> None:
    with opened() as (jobs, _), pytest.raises(Rejected) as told:
        jobs.start("tune", "gemini-1.0-ultra", TRAIN)
    assert "not supported" in told.value.reason


def test_nothing_is_asked_of_a_name_that_is_no_job(opened: Open) -> None:
    with opened() as (jobs, server):
        for call in (jobs.state, jobs.cancel):
            with pytest.raises(Rejected) as told:
                call("projects/x/jobs/1")
            assert told.value.code == "no_job"
        with pytest.raises(Rejected):
            jobs.start("train", "texas", TRAIN)
        assert not server.asked
        with pytest.raises(Rejected) as missing:
            jobs.state(f"{PLACE}/tuningJobs/5")
        assert missing.value.code == "job_missing"


class Withdrawn(Credentials):  # type: ignore[misc]
    def refresh(self, _request: object) -> None:
        raise RefreshError("invalid_grant")


def test_a_sign_in_that_was_withdrawn_asks_for_a_new_one(opened: Open) -> None:
    with opened(credentials=lambda: Withdrawn(None)) as (jobs, _), pytest.raises(SignInRequired):
        jobs.start("tune", "gemini-2.5-flash", TRAIN)


def test_a_server_that_is_not_there_is_told_as_offline(opened: Open) -> None:
    with opened() as (jobs, _):
        pass
    with pytest.raises(Offline):
        jobs.start("tune", "gemini-2.5-flash", TRAIN)


@pytest.mark.parametrize(
    ("stage", "state", "words"),
    [
        ("JOB_STATE_PAUSED", "running", "paused"),
        ("JOB_STATE_EXPIRED", "failed", "time"),
        ("JOB_STATE_FAILED", "failed", "does not say"),
        ("JOB_STATE_PARTIALLY_SUCCEEDED", "done", "Some of it"),
        ("JOB_STATE_UPDATING", "running", ""),
        ("JOB_STATE_OF_TOMORROW", "running", ""),
    ],
)
@pytest.mark.parametrize("kind", ["tune", "measure"])
def test_every_state_is_told_with_what_it_means(
    opened: Open, kind: str, stage: str, state: str, words: str
) -> None:
    with opened(stages=(stage,)) as (jobs, _):
        name = jobs.start(kind, "gemini-2.5-flash", TRAIN if kind == "tune" else ASKED)
        found = jobs.state(name)
    assert found.state == state
    assert words in found.reason
    assert bool(found.reason) is bool(words)


def test_a_service_that_is_switched_off_is_no_missing_permission(opened: Open) -> None:
    words = "Vertex AI API has not been used in project 1 before or it is disabled."
    with opened(denied=words) as (jobs, _), pytest.raises(Rejected) as told:
        jobs.start("tune", "gemini-2.5-flash", TRAIN)
    assert told.value.code == "service_disabled"
