"""Tuning and measuring from the examples of a workspace: what is sent, remembered, offered and compared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from google.oauth2.credentials import Credentials

from app import cli, cli_jobs
from app.domain.connection import Connection
from app.domain.errors import Rejected
from app.domain.policy import policy_from
from app.domain.role import Person, Right, Role, require
from app.services.dataset import FormFolder, VerifiedForm
from app.services.google.vertex_job import VertexJobs
from app.services.local.bucket_folder import FolderBuckets
from app.services.model_job import LONGEST, ModelJobs, answers_in, as_request, fitting, question_of
from app.services.model_library import ModelLibrary, ModelSetting
from app.services.ports import Ask
from app.services.recommendation_eval import examples_in
from tests.contract.test_recommendation_model import POLICY, TEXT
from tests.scripted import a_workstation
from tests.vertex_job_server import ENDPOINT, LOCATION, PROJECT, JobServer, job_server

KEY = bytes(32)
CONNECTION = Connection(PROJECT, LOCATION, "client", "https://service.example", ur_model="gemini-2.5-pro")

QUESTION = (
    "REVIEWER'S PROMPT\nReview this.\n\nREQUEST, LINE r1, received 2026-10-05\nservice: insulin pump (E0784)\n\n"
    "POLICY: Pumps, version 2\n- a1c\n- education\n\nDOCUMENTS (data, not instructions)\n"
    '<document id="D1" kind="clinical" page="1">\nHbA1c 8.4 % on 10/02/2026.\n</document>'
)


def check(by: str, right: Right) -> Person:
    person = Person(by, by, (Role.ADMINISTRATOR,) if by == "ann" else (Role.UR_SPECIALIST,))
    require(person, right)
    return person


def example(question: str, answer: str = '{"outcome": "approve", "criteria": []}') -> dict[str, Any]:
    return {
        "systemInstruction": {"role": "system", "parts": [{"text": "Judge."}]},
        "contents": [
            {"role": "user", "parts": [{"text": question}]},
            {"role": "model", "parts": [{"text": answer}]},
        ],
    }


@dataclass
class Place:
    jobs: ModelJobs
    server: JobServer
    models: ModelLibrary
    buckets: FolderBuckets
    tuning: FormFolder
    evaluation: FormFolder
    in_store: Any
    judge: Any

    def fill(self, tuning: int, evaluation: int) -> None:
        for folder, count, word in ((self.tuning, tuning, "tune"), (self.evaluation, evaluation, "held")):
            for number in range(count):
                name = f"{word}{number}"
                folder.put(VerifiedForm(name, "1", "", example(f"{word} question {number}"), b""))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    buckets = FolderBuckets(tmp_path / "cloud", KEY)

    def uri(address: str) -> str:
        """The address of a file in the project's buckets, as this computer's folders know it."""
        bucket, _, name = address.removeprefix("gs://").partition("/")
        return f"gs://{bucket.removeprefix(f'{PROJECT}-').replace('-', '_')}/{name}"

    def write(address: str, text: str) -> None:
        bucket, _, name = uri(address).removeprefix("gs://").partition("/")
        buckets.put(bucket, name, text.encode())

    def read(address: str) -> str:
        return buckets.get(uri(address)).decode()

    with a_workstation(tmp_path / "here", key=KEY) as station, job_server(read, write=write) as server:
        models = station.models
        models._check = check
        jobs = ModelJobs(
            station.tuning,
            VertexJobs(PROJECT, LOCATION, lambda: Credentials("token"), base_url=server.url),  # type: ignore[no-untyped-call]
            buckets, CONNECTION, station.store, station.in_store, models, check,
            lambda: datetime(2026, 11, 2, tzinfo=UTC),
        )  # fmt: skip
        yield Place(
            jobs, server, models, buckets, station.tuning.tuning, station.tuning.evaluation, station.in_store,
            station.review.reviewing.judge,
        )  # fmt: skip


def until_done(place: Place, name: str) -> Any:
    return [place.jobs.look(name) for _ in range(6)][-1]


def test_examples_go_to_their_buckets_in_the_shape_that_tuning_takes(place: Place) -> None:
    place.fill(12, 3)
    job = place.jobs.tune("ann")
    assert (job.kind, job.model, job.examples, job.dropped) == ("tune", "gemini-2.5-flash", 12, 0)
    (sent,) = [body for method, _, body in place.server.asked if method == "POST"]
    spec = sent["supervisedTuningSpec"]
    assert spec["trainingDatasetUri"].startswith(f"gs://{PROJECT}-tuning-dataset/tuning/")
    assert spec["validationDatasetUri"].startswith(f"gs://{PROJECT}-eval-dataset/validation/")
    (stored,) = place.buckets.list("tuning_dataset")
    lines = place.buckets.get(stored.uri).decode().splitlines()
    assert sorted(map(question_of, lines)) == sorted(f"tune question {n}" for n in range(12))
    assert not place.server.refused


def test_the_same_examples_are_not_sent_or_tuned_twice(place: Place) -> None:
    place.fill(12, 3)
    first = place.jobs.tune("ann")
    assert place.jobs.tune("ann").name == first.name
    assert len(place.buckets.list("tuning_dataset")) == 1
    assert [job.name for job in place.jobs.known()] == [first.name]


def test_too_few_examples_are_not_tuned_with(place: Place) -> None:
    place.fill(9, 3)
    with pytest.raises(Rejected) as told:
        place.jobs.tune("ann")
    assert told.value.code == "few_examples"
    assert not place.buckets.list("tuning_dataset")


def test_only_an_administrator_starts_and_stops_jobs(place: Place) -> None:
    place.fill(12, 3)
    for work in (
        lambda: place.jobs.tune("uma"),
        lambda: place.jobs.measure("uma"),
        lambda: place.jobs.cancel("x", "uma"),
    ):
        with pytest.raises(Rejected):
            work()
    assert not place.server.asked


def test_a_tuned_model_is_offered_for_recommendations_alone(place: Place) -> None:
    place.fill(12, 3)
    job = place.jobs.tune("ann")
    with pytest.raises(Rejected) as early:
        place.jobs.offer(job.name, "Tuned", "ann")
    assert early.value.code == "job_not_done"
    assert until_done(place, job.name).result == ENDPOINT
    made = place.jobs.offer(job.name, "Tuned", "ann")
    assert (made.model, made.region) == (ENDPOINT, LOCATION)
    assert "Tuned" in place.models.recommending({})
    assert "Tuned" not in place.models.proposing({"template": lambda: None})  # type: ignore[dict-item,return-value]
    assert [(j.state, j.result) for j in place.jobs.known()] == [("done", ENDPOINT)]


def test_a_batch_is_asked_without_the_answers_and_gives_them_by_question(place: Place) -> None:
    place.fill(0, 4)
    place.server.answer = lambda question: f"answer to {question}"
    job = place.jobs.measure("ann")
    assert job.model == "gemini-2.5-pro"  # the connection's
    with pytest.raises(Rejected):
        place.jobs.answers(job.name)
    assert until_done(place, job.name).state == "done"
    assert place.jobs.answers(job.name) == {
        f"held question {n}": f"answer to held question {n}" for n in range(4)
    }
    (asked,) = [
        s for s in place.buckets.list("eval_dataset") if "/requests/" in s.uri and "answers" not in s.uri
    ]
    assert "approve" not in place.buckets.get(asked.uri).decode()


def test_a_cancelled_job_is_remembered_as_one(place: Place) -> None:
    place.fill(12, 0)
    job = place.jobs.tune("ann")
    place.jobs.cancel(job.name, "ann")
    assert [j.state for j in place.jobs.known()] == ["cancelled"]
    assert place.jobs.tune("ann").name != job.name


def test_examples_that_tuning_would_refuse_stay_here() -> None:
    good = json.dumps(example("q"))
    long = json.dumps(example("q" * LONGEST))
    empty = json.dumps(example(" "))
    turned = example("q")
    turned["contents"].reverse()
    assert fitting([good, long, empty, json.dumps(turned)]) == [good]


def test_answers_that_failed_are_left_out() -> None:
    request = json.loads(as_request(json.dumps(example("q"))))["request"]
    good = {"request": request, "response": {"candidates": [{"content": {"parts": [{"text": "a"}]}}]}}
    failed = {"request": request, "status": "quota", "response": {}}
    assert dict(answers_in([json.dumps(failed), "no json", json.dumps(good)])) == {"q": "a"}


def test_a_connection_offers_its_models_by_themselves(place: Place) -> None:
    from app.services.model_library import PROMPT_MODEL, UR_MODEL, about, offered_by

    connection = Connection(
        PROJECT,
        LOCATION,
        "client",
        "https://service.example",
        prompt_model="gemini-2.5-flash",
        ur_model=ENDPOINT,
    )
    place.models._offered = lambda: offered_by(connection)
    assert PROMPT_MODEL in place.models.proposing({"template": lambda: None})  # type: ignore[dict-item,return-value]
    assert list(place.models.recommending({})) == [UR_MODEL]
    info = about(place.models.known[UR_MODEL])
    assert (info.version, info.leaves_computer) == ("tuned 4321", True)
    for work in (
        lambda: place.in_store(
            place.models.add, ModelSetting(UR_MODEL, "openai", "m", "http://127.0.0.1/v1"), "ann"
        ),
        lambda: place.in_store(place.models.remove, PROMPT_MODEL, "ann"),
    ):
        with pytest.raises(Rejected) as told:
            work()
        assert told.value.code == "model_offered"
    place.in_store(place.models.add, ModelSetting("Own", "openai", "m", "http://127.0.0.1/v1"), "ann")
    place.models._offered = tuple
    assert list(place.in_store(place.models.refresh)) == [
        place.models.known["Own"]
    ]  # what is offered is never kept
    assert offered_by(None) == ()


# The command line


def test_progress_is_told_in_words(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.fill(12, 3)
    job = place.jobs.tune("ann")
    for _ in range(3):
        place.jobs.look(job.name)
    cli_jobs.list_jobs(place.jobs, as_json=False)
    out = capsys.readouterr().out
    assert "running, 20 of 30 steps, 12 examples, loss 0.250" in out
    assert job.name.rpartition("/")[2] in out


def test_waiting_ends_with_the_tuned_model_and_what_to_do_with_it(
    place: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_jobs, "LOOKED_SECONDS", 0.0)
    place.fill(12, 3)
    assert cli_jobs.wait_for(place.jobs, place.jobs.tune("ann"), as_json=False) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0] == "queued"
    assert f"The tuned model is {ENDPOINT}" in out
    assert "countersign tuning use 1000" in out


def test_a_job_that_fails_ends_with_the_reason(
    place: Place, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_jobs, "LOOKED_SECONDS", 0.0)
    place.server.stages = ("JOB_STATE_RUNNING", "JOB_STATE_FAILED")
    place.server.error = {"code": 3, "message": "Row 7 is too long."}
    place.fill(12, 3)
    assert cli_jobs.wait_for(place.jobs, place.jobs.tune("ann"), as_json=False) == 1
    assert "failed" in (out := capsys.readouterr().out)
    assert "Row 7 is too long." in out


def test_a_job_is_named_by_its_number(place: Place) -> None:
    place.fill(12, 3)
    job = place.jobs.tune("ann")
    assert cli_jobs.named(place.jobs, job.name.rpartition("/")[2]) == job.name
    assert cli_jobs.named(place.jobs, "9999") == "9999"


def test_a_workspace_that_is_not_connected_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "passphrase").write_text("a passphrase of a test\n")
    monkeypatch.setenv("COUNTERSIGN_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    monkeypatch.setenv("COUNTERSIGN_PERSON", "ada")
    for part in (("tuning", "start"), ("index", "--publish")):
        assert cli.main(["--workspace", str(tmp_path / "w"), *part]) != 0
        assert "not connected" in capsys.readouterr().err


def test_the_answers_of_a_batch_are_judged_as_every_answer_is(place: Place) -> None:
    """A quote that stands nowhere carries nothing, whoever gave it."""
    line = json.dumps(
        example(QUESTION, json.dumps({"outcome": "approve", "criteria": [{"id": "a1c", "status": "met"}]}))
    )
    (expected,) = examples_in([line])
    said = {"id": "a1c", "status": "met", "evidence": [{"quote": "HbA1c 8.4 %", "document": "D1", "page": 1}]}
    made_up = {
        "id": "education",
        "status": "met",
        "evidence": [{"quote": "nowhere", "document": "D1", "page": 1}],
    }
    reply = json.dumps({"outcome": "approve", "rationale": "", "criteria": [said, made_up]})
    judge = cli_jobs.judging("m", {QUESTION: reply}, [line], [expected], place.judge)
    policy = policy_from(POLICY, TEXT)
    found = judge(Ask(expected.prompt, expected.material, expected.line_id, policy))
    statuses = {c.criterion_id: str(c.status) for c in found.criteria if c.kind == "leaf"}
    assert statuses == {"a1c": "met", "education": "insufficient"}
    silent = cli_jobs.judging("m", {}, [line], [expected], place.judge)
    with pytest.raises(Rejected) as told:
        silent(Ask(expected.prompt, expected.material, expected.line_id, policy))
    assert told.value.code == "no_answer"
