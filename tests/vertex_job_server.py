"""The tuning and batch jobs of Vertex AI on loopback, with the curves of an experiment.

It refuses what the real service refuses: no or expired tokens, another region or project, unknown fields, models that
cannot be tuned, examples that are not there or whose lines have another shape than supervised tuning takes, too large a
page, jobs that are not there, and cancelling what has ended. A job goes on by one stage with every look at it.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

PROJECT, LOCATION = "a-project", "europe-west4"
PLACE = f"projects/{PROJECT}/locations/{LOCATION}"
ENDPOINT = f"{PLACE}/endpoints/4321"
MODEL = f"{PLACE}/models/77@1"
BOARD = f"{PLACE}/tensorboards/9"
TUNABLE = ("gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite")
_TUNING = {
    "baseModel", "preTunedModel", "supervisedTuningSpec", "tunedModelDisplayName", "description", "encryptionSpec",
    "labels", "serviceAccount",
}  # fmt: skip
_SPEC = {"trainingDatasetUri", "validationDatasetUri", "hyperParameters", "exportLastCheckpointOnly"}
_BATCH = {"displayName", "model", "inputConfig", "outputConfig", "labels", "encryptionSpec"}
_RUNNING = ("JOB_STATE_QUEUED", "JOB_STATE_PENDING", "JOB_STATE_RUNNING")
_CURVES = {
    "/train_total_loss": (0.9, 0.5, 0.25),
    "/eval_total_loss": (1.0, 0.7, 0.5),
    "/train_num_predictions": (9.0, 9.0, 9.0),
}


class Refused(Exception):
    """What the service answers instead: a status and words."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass
class JobServer:
    """A region of Vertex AI while a test runs. `read` gives the text of a file in a bucket, or raises `KeyError`."""

    read: Callable[[str], str]
    write: Callable[[str, str], None] = lambda _uri, _text: None
    answer: Callable[[str], str] = lambda _question: "{}"
    token: str = "token"
    stages: tuple[str, ...] = (*_RUNNING, "JOB_STATE_RUNNING", "JOB_STATE_SUCCEEDED")
    error: dict[str, Any] | None = None
    curves: bool = True
    deployed: bool = True
    limit: int = 0
    """After so many calls the quota is used up."""
    denied: str = ""
    """Words with which everything is refused."""
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    url: str = ""

    def handle(self, method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((method, path, body))
        if self.limit and len(self.asked) > self.limit:
            raise Refused(429, "Quota exceeded for aiplatform.googleapis.com/tuning")
        if self.denied:
            raise Refused(403, self.denied)
        found = re.fullmatch(r"/v1(?:beta1)?/projects/([^/]+)/locations/([^/]+)/(.+)", path)
        if found is None:
            raise Refused(404, f"no such path {path}")
        if found[1] != PROJECT:
            raise Refused(403, "Permission 'aiplatform.tuningJobs.create' denied on resource")
        if found[2] != LOCATION:
            raise Refused(404, f"Not found in {found[2]}")
        return self._call(method, found[3], query, body)

    def _call(self, method: str, rest: str, query: dict[str, str], body: dict[str, Any]) -> dict[str, Any]:
        if rest in ("tuningJobs", "batchPredictionJobs"):
            if method == "POST":
                return self._tune(body) if rest == "tuningJobs" else self._batch(body)
            if int(query.get("pageSize", "0")) > 100:
                raise Refused(400, "page_size must be at most 100")
            named = re.fullmatch(r'display_name="([^"]*)"', query.get("filter", ""))
            if query.get("filter") and named is None:
                raise Refused(400, "invalid filter")
            listed = [j for n, j in self.jobs.items() if f"/{rest}/" in n and j.get("displayName")
                      == (named[1] if named else j.get("displayName"))]  # fmt: skip
            return {rest: listed}
        name = f"{PLACE}/{rest.removesuffix(':cancel')}"
        if method == "POST" and rest.endswith(":cancel"):
            job = self._job(name)
            if job["state"] not in _RUNNING:
                raise Refused(400, f"The job is in state {job['state']}")
            job["state"] = "JOB_STATE_CANCELLED"
            job["stages"] = ["JOB_STATE_CANCELLED"]
            return {}
        if method == "GET" and re.match(r"(tuningJobs|batchPredictionJobs)/", rest):
            return self._looked_at(self._job(name))
        if method == "GET":
            return self._other(rest)
        raise Refused(404, f"no such call {rest}")

    def _job(self, name: str) -> dict[str, Any]:
        if name not in self.jobs:
            raise Refused(404, "The job was not found")
        return self.jobs[name]

    # Starting

    def _tune(self, body: dict[str, Any]) -> dict[str, Any]:
        spec = body.get("supervisedTuningSpec", {})
        _known(body, _TUNING)
        _known(spec, _SPEC)
        _known(spec.get("hyperParameters", {}), {"epochCount", "learningRateMultiplier", "adapterSize"})
        if "preTunedModel" not in body and body.get("baseModel") not in TUNABLE:
            raise Refused(400, f"Base model {body.get('baseModel')} is not supported.")
        examples = self._examples(spec.get("trainingDatasetUri", ""))
        if spec.get("validationDatasetUri"):
            self._examples(spec["validationDatasetUri"])
        return self._started("tuningJobs", body | {
            "experiment": f"{PLACE}/metadataStores/default/contexts/tuning-experiment-1", "examples": examples,
            "displayName": body.get("tunedModelDisplayName", ""),
        })  # fmt: skip

    def _batch(self, body: dict[str, Any]) -> dict[str, Any]:
        _known(body, _BATCH)
        source, target = body["inputConfig"], body["outputConfig"]
        if source.get("instancesFormat") != "jsonl" or target.get("predictionsFormat") != "jsonl":
            raise Refused(400, "Only JSON lines are taken here")
        model = str(body.get("model", ""))
        if not re.fullmatch(rf"publishers/google/models/[\w.-]+|{re.escape(PLACE)}/models/[\w@]+", model):
            raise Refused(400, f"{model} is no model that answers a batch")
        for line in self._lines(source["gcsSource"]["uris"][0]):
            _known(line["request"], {"contents", "systemInstruction", "generationConfig"})
        return self._started("batchPredictionJobs", body)

    def _lines(self, uri: str) -> list[dict[str, Any]]:
        if not uri.startswith("gs://"):
            raise Refused(400, "The dataset has to be in Cloud Storage")
        try:
            return [json.loads(line) for line in self.read(uri).splitlines() if line]
        except KeyError:
            raise Refused(400, "The dataset was not found") from None

    def _examples(self, uri: str) -> int:
        """Whether each line has the shape of supervised tuning for Gemini; how many there are."""
        lines = self._lines(uri)
        for number, line in enumerate(lines, 1):
            if set(line) - {"contents", "systemInstruction", "tools"}:
                raise Refused(400, f"Row {number}: unknown field")
            turns = line.get("contents", [])
            if [t["role"] for t in turns] != ["user", "model"] * (len(turns) // 2) or not turns:
                raise Refused(400, f"Row {number}: roles have to alternate between user and model")
            system = line.get("systemInstruction")
            for turn in [*turns, *([system] if system else [])]:
                if set(turn) - {"role", "parts"} or not all(
                    set(p) == {"text"} and p["text"] for p in turn["parts"]
                ):
                    raise Refused(400, f"Row {number}: parts have to hold text")
        if not lines:
            raise Refused(400, "The dataset is empty")
        return len(lines)

    def _started(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        name = f"{PLACE}/{kind}/{1000 + len(self.jobs)}"
        self.jobs[name] = body | {"name": name, "state": self.stages[0], "stages": list(self.stages)}
        return _shown(self.jobs[name])

    # Looking

    def _looked_at(self, job: dict[str, Any]) -> dict[str, Any]:
        stages = job["stages"]
        job["state"] = stages.pop(0) if len(stages) > 1 else stages[0]
        done = job["state"] in ("JOB_STATE_SUCCEEDED", "JOB_STATE_PARTIALLY_SUCCEEDED")
        if job["state"] == "JOB_STATE_FAILED" and self.error:
            job["error"] = self.error
        if "tuningJobs" in job["name"]:
            if job["state"] not in ("JOB_STATE_QUEUED", "JOB_STATE_PENDING"):
                job["tuningDataStats"] = {"supervisedTuningDataStats": {
                    "tuningDatasetExampleCount": str(job["examples"]), "tuningStepCount": "30",
                    "droppedExampleReasons": [],
                }}  # fmt: skip
            if done:
                job["tunedModel"] = {"model": MODEL, "endpoint": ENDPOINT, "checkpoints": [
                    {"checkpointId": "1", "epoch": "1", "step": "30", "endpoint": ENDPOINT}]}  # fmt: skip
        elif done and "outputInfo" not in job:
            self._answered(job)
        return _shown(job)

    def _answered(self, job: dict[str, Any]) -> None:
        folder = job["outputConfig"]["gcsDestination"]["outputUriPrefix"] + "/prediction-model-1"
        lines = []
        for line in self._lines(job["inputConfig"]["gcsSource"]["uris"][0]):
            said = self.answer(line["request"]["contents"][0]["parts"][0]["text"])
            response = {
                "candidates": [
                    {"content": {"role": "model", "parts": [{"text": said}]}, "finishReason": "STOP"}
                ]
            }
            lines.append(json.dumps({"status": "", "request": line["request"], "response": response}))
        self.write(f"{folder}/predictions.jsonl", "\n".join(lines))
        job["outputInfo"] = {"gcsOutputDirectory": folder}
        job["completionStats"] = {"successfulCount": str(len(lines)), "incompleteCount": "-1"}

    def _other(self, rest: str) -> dict[str, Any]:
        if f"{PLACE}/{rest}" == ENDPOINT:
            return {
                "name": ENDPOINT,
                "deployedModels": [{"id": "1", "model": MODEL}] if self.deployed else [],
            }
        if not self.curves:
            raise Refused(403, "Permission 'aiplatform.metadataStores.get' denied")
        series = f"{BOARD}/experiments/tuning-experiment-1/runs/run-1/timeSeries"
        known: dict[str, dict[str, Any]] = {
            "metadataStores/default/contexts/tuning-experiment-1": {
                "metadata": {"backing_tensorboard_resource": BOARD}},
            "tensorboards/9/experiments/tuning-experiment-1/runs": {
                "tensorboardRuns": [{"name": f"{BOARD}/experiments/tuning-experiment-1/runs/run-1"}]},
            "tensorboards/9/experiments/tuning-experiment-1/runs/run-1/timeSeries": {
                "tensorboardTimeSeries": [
                    {"name": f"{series}/{at}", "displayName": name} for at, name in enumerate(_CURVES)]},
        }  # fmt: skip
        for at, values in enumerate(_CURVES.values()):
            known[f"{series.removeprefix(PLACE + '/')}/{at}:read"] = {
                "timeSeriesData": {
                    "values": [
                        {"step": str(n * 10), "scalar": {"value": v}} if n else {"scalar": {"value": v}}
                        for n, v in enumerate(values)
                    ]
                }
            }
        if rest not in known:
            raise Refused(404, "not found")
        return known[rest]


def _known(body: dict[str, Any], fields: set[str]) -> None:
    unknown = set(body) - fields
    if unknown:
        raise Refused(400, f'Invalid JSON payload received. Unknown name "{min(unknown)}"')


def _shown(job: dict[str, Any]) -> dict[str, Any]:
    hidden = {"stages", "examples"} | ({"displayName"} if "tuningJobs" in job["name"] else set())
    return {name: value for name, value in job.items() if name not in hidden}


@contextmanager
def job_server(read: Callable[[str], str], **more: Any) -> Iterator[JobServer]:
    """Vertex AI of one region on a free port."""
    jobs = JobServer(read, **more)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_args: object) -> None:
            """Say nothing on the terminal."""

        def do_GET(self) -> None:
            self._answer("GET")

        def do_POST(self) -> None:
            self._answer("POST")

        def _answer(self, method: str) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}") if length else {}
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            try:
                if self.headers.get("Authorization") != f"Bearer {jobs.token}":
                    raise Refused(401, "Request had invalid authentication credentials.")
                self._send(200, jobs.handle(method, unquote(parts.path), query, body))
            except Refused as refused:
                jobs.refused.append(str(refused))
                error = {"code": refused.status, "message": str(refused), "status": "REFUSED"}
                self._send(refused.status, {"error": error})

        def _send(self, status: int, body: dict[str, Any]) -> None:
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    jobs.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield jobs
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
