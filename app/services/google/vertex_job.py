"""Tuning a Gemini model on Vertex AI, and having it answer a file of questions: long work, started and looked after.

Through `google.genai`, as everything else that is asked of Gemini (docs/adr/0016-vertex.md).
"""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from app.domain.errors import Actionable, Offline, Rejected, SignInRequired
from app.services.google.gemini import http_options
from app.services.google.refusal import general, in_json
from app.services.ports import JobState

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from google.genai import Client

SECONDS = 20.0
LISTED = 100
TUNE, MEASURE = "tune", "measure"
_NAME = re.compile(
    r"projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)/(?P<kind>tuningJobs|batchPredictionJobs)/(?P<id>[^/]+)"
)
_ENDPOINT = re.compile(r"projects/[^/]+/locations/(?P<location>[^/]+)/endpoints/[^/]+")
_STATES = {
    "JOB_STATE_QUEUED": "queued",
    "JOB_STATE_PENDING": "queued",
    "JOB_STATE_RUNNING": "running",
    "JOB_STATE_UPDATING": "running",
    "JOB_STATE_PAUSED": "running",
    "JOB_STATE_CANCELLING": "running",
    "JOB_STATE_SUCCEEDED": "done",
    "JOB_STATE_PARTIALLY_SUCCEEDED": "done",
    "JOB_STATE_FAILED": "failed",
    "JOB_STATE_EXPIRED": "failed",
    "JOB_STATE_CANCELLED": "cancelled",
}
_LOSS = {
    "/train_total_loss": "loss",
    "/train_fraction_of_correct_next_step_preds": "right",
    "/eval_total_loss": "eval_loss",
    "/eval_fraction_of_correct_next_step_preds": "eval_right",
}
"""What Vertex AI writes of a supervised tuning, by its name in the experiment."""
_QUOTED = re.compile(r"[\"“][^\"”]*[\"”]|(?<!\w)'[^']*'(?!\w)")


class VertexJobs:
    """`Jobs` of Vertex AI in one region: `tune` and `measure`.

    To tune, `subject` is the base model (or a tuned model to go on from) and `source` the examples; done, the result is
    the tuned endpoint, and figures are `examples`, `dropped`, `steps`, `loss`, `eval_loss`. To measure, `source` holds
    requests, one JSON a line; done, the result is the folder of the answers. The same work asked for twice while it is
    under way is the same job.
    """

    def __init__(
        self,
        project: str,
        location: str,
        credentials: Callable[[], Credentials | None],
        *,
        base_url: str = "",
        key: str = "",
    ) -> None:
        """`key` is the customer's own encryption key (Cloud KMS) for what is tuned; `base_url` is for tests."""
        self._project, self._location = project, location
        self._credentials, self._base_url, self._key = credentials, base_url, key

    def start(self, kind: str, subject: str, source: str) -> str:
        if kind not in (TUNE, MEASURE):
            raise Rejected(f"Vertex AI has no work called “{kind}”.", "Say tune or measure.", code="job_kind")
        return self.tune(subject, source) if kind == TUNE else self.measure(subject, source)

    def tune(self, model: str, examples: str, validation: str = "", epochs: int = 0) -> str:
        """Start to tune. `validation` are examples the loss is measured with; without `epochs` Google chooses."""
        from google.genai import types

        called = _called(TUNE, model, examples, validation, epochs)
        with self._client(self._location) as client:
            for job in client.tunings.list(config={"page_size": LISTED}).page:
                if job.tuned_model_display_name == called and _state(job.state) in ("queued", "running"):
                    return str(job.name)
            held = types.TuningValidationDataset(gcs_uri=validation) if validation else None
            made = client.tunings.tune(
                base_model=model,
                training_dataset=types.TuningDataset(gcs_uri=examples),
                config=types.CreateTuningJobConfig(
                    tuned_model_display_name=called,
                    epoch_count=epochs or None,
                    validation_dataset=held,
                    export_last_checkpoint_only=False,
                    encryption_spec=types.EncryptionSpec(kms_key_name=self._key) if self._key else None,
                ),
            )
        return str(made.name)

    def measure(self, model: str, requests: str) -> str:
        """Start to have a model answer a file of requests, beside which a folder `answers` comes to lie."""
        from google.genai import types

        called = _called(MEASURE, model, requests)
        found = _ENDPOINT.fullmatch(model)
        asked = self._model_of(model, found["location"]) if found else model
        with self._client(found["location"] if found else self._location) as client:
            config = types.ListBatchJobsConfig(page_size=LISTED, filter=f'display_name="{called}"')
            for job in client.batches.list(config=config).page:
                if job.display_name == called and _state(job.state) in ("queued", "running"):
                    return str(job.name)
            folder = f"{requests.removesuffix('.jsonl')}/answers"
            made = client.batches.create(
                model=asked,
                src=requests,
                config=types.CreateBatchJobConfig(display_name=called, dest=folder),
            )
        return str(made.name)

    def state(self, name: str) -> JobState:
        kind, location = self._named(name)
        with self._client(location) as client:
            if kind == "tuningJobs":
                return self._tuning_state(client.tunings.get(name=name), location)
            return _batch_state(client.batches.get(name=name), self._link(name))

    def cancel(self, name: str) -> None:
        kind, location = self._named(name)
        with self._client(location) as client:
            if kind == "tuningJobs":
                client.tunings.cancel(name=name)
            else:
                client.batches.cancel(name=name)

    def _model_of(self, endpoint: str, location: str) -> str:
        """The tuned model behind an endpoint: a batch asks a model, not an endpoint."""
        found = self._read(f"v1/{endpoint}", location)
        models = [str(m.get("model", "")) for m in found.get("deployedModels", ())]
        if not any(models):
            raise Rejected(
                "No tuned model stands behind this endpoint.",
                "Look whether it was taken down, or tune again.",
                code="endpoint_empty",
            )
        return next(model for model in models if model)

    # Looking after

    def _tuning_state(self, job: Any, location: str) -> JobState:
        stats = getattr(job.tuning_data_stats, "supervised_tuning_data_stats", None)
        total = int(getattr(stats, "tuning_step_count", None) or 0)
        tuned = job.tuned_model
        steps = [int(c.step or 0) for c in getattr(tuned, "checkpoints", None) or ()]
        steps.append(int(getattr(job.tuning_job_metadata, "completed_step_count", None) or 0))
        figures: dict[str, float] = {}
        if stats is not None:
            figures["examples"] = float(stats.tuning_dataset_example_count or 0)
            figures["dropped"] = float(len(stats.dropped_example_reasons or ()))
            figures["steps"] = float(total)
        state = _state(job.state)
        if job.experiment and state in ("running", "done"):
            curves = self._curves(str(job.experiment), location)
            figures |= {name: value for name, (_, value) in curves.items()}
            steps += [step for _, (step, _) in curves.items()]
        done = max(steps, default=0)
        return JobState(
            str(job.name),
            state,
            total if state == "done" else min(done, total) if total else done,
            total,
            figures,
            str(getattr(tuned, "endpoint", None) or "") if state == "done" else "",
            _why(job),
            self._link(str(job.name)),
        )

    def _curves(self, experiment: str, location: str) -> dict[str, tuple[int, float]]:
        """The last (step, value) of each curve of a tuning; none where they cannot be read, which stops nothing."""
        try:
            context = self._read(f"v1/{experiment}", location)
            board = str(context.get("metadata", {}).get("backing_tensorboard_resource", ""))
            runs = f"v1/{board}/experiments/{experiment.rpartition('/')[2]}/runs" if board else ""
            found: dict[str, tuple[int, float]] = {}
            for run in self._read(runs, location).get("tensorboardRuns", ()) if runs else ():
                series = self._read(f"v1/{run['name']}/timeSeries", location)
                for one in series.get("tensorboardTimeSeries", ()):
                    name = _LOSS.get(str(one.get("displayName", "")))
                    points = self._read(f"v1/{one['name']}:read", location) if name else {}
                    values = points.get("timeSeriesData", {}).get("values", ())
                    if name and values:
                        last = max(values, key=lambda point: int(point.get("step", 0)))
                        found[name] = (int(last.get("step", 0)), float(last["scalar"]["value"]))
        except (Actionable, KeyError, TypeError, ValueError, AttributeError):
            return {}
        return found

    # Reaching it

    @contextmanager
    def _client(self, location: str) -> Iterator[Client]:
        from google.genai import Client

        with _in_words(), warnings.catch_warnings():
            # the client says once that its tuning may change: the shape it sends is the released v1beta1
            warnings.filterwarnings("ignore", message=".*tuning implementation is experimental")
            # a state of tomorrow is no news for anybody who looks at a terminal
            warnings.filterwarnings("ignore", message=".* is not a valid JobState")
            client = Client(
                vertexai=True,
                project=self._project,
                location=location,
                credentials=self._credentials(),
                http_options=http_options(self._base_url, SECONDS),
            )
            try:
                yield client
            finally:
                client.close()

    def _read(self, path: str, location: str) -> dict[str, Any]:
        """What the service says of something the client has no call for."""
        from google.auth.transport.requests import AuthorizedSession

        host = self._base_url or f"https://{location}-aiplatform.googleapis.com"
        with _in_words(), AuthorizedSession(self._credentials()) as session:  # type: ignore[no-untyped-call]
            answer = session.get(f"{host}/{quote(path, safe='/:')}", timeout=SECONDS)
            if answer.status_code != 200:
                raise _refused(answer.status_code, "")
            found: dict[str, Any] = answer.json()
            return found

    def _named(self, name: str) -> tuple[str, str]:
        found = _NAME.fullmatch(name)
        if found is None:
            raise Rejected(
                "This is no job of Vertex AI.", "“countersign tuning jobs” names them.", code="no_job"
            )
        return found["kind"], found["location"]

    def _link(self, name: str) -> str:
        """Where people look at a job in Google's console."""
        found = _NAME.fullmatch(name)
        if found is None:
            return ""
        where = (
            f"generative/language/locations/{found['location']}/tuning/tuningJob/{found['id']}"
            if found["kind"] == "tuningJobs"
            else f"locations/{found['location']}/batch-predictions/{found['id']}"
        )
        return f"https://console.cloud.google.com/vertex-ai/{where}?project={self._project}"


def _called(kind: str, *work: object) -> str:
    """A name that says the same of the same work, and nothing of anybody."""
    digest = hashlib.sha256(" ".join(map(str, work)).encode()).hexdigest()[:16]
    return f"countersign-{kind}-{digest}"


def _state(found: Any) -> str:
    return _STATES.get(str(getattr(found, "value", found)), "running")


def _batch_state(job: Any, link: str) -> JobState:
    stats = job.completion_stats
    answered, failed = (int(getattr(stats, n, None) or 0) for n in ("successful_count", "failed_count"))
    left = max(0, int(getattr(stats, "incomplete_count", None) or 0))  # -1 where nobody knows
    state = _state(job.state)
    folder = str(getattr(job.output_info, "gcs_output_directory", None) or "")
    figures = {"answered": float(answered), "failed": float(failed)} if stats is not None else {}
    return JobState(
        str(job.name), state, answered + failed, answered + failed + left, figures,
        folder if state == "done" else "", _why(job), link,
    )  # fmt: skip


_UNTOLD = {
    "JOB_STATE_PAUSED": "It is paused in the project, and goes on when somebody lets it.",
    "JOB_STATE_EXPIRED": "It was not finished within the time it had.",
    "JOB_STATE_PARTIALLY_SUCCEEDED": "Some of it could not be done.",
    "JOB_STATE_FAILED": "Vertex AI does not say why it failed.",
}
"""What a state means that comes without a reason."""


def _why(job: Any) -> str:
    """Why a job failed or stands still. What it quotes of an example is left out."""
    said = str(getattr(job.error, "message", None) or "")
    state = str(getattr(job.state, "value", job.state))
    return " ".join(_QUOTED.sub("“…”", said).split())[:300] or _UNTOLD.get(state, "")


@contextmanager
def _in_words() -> Iterator[None]:
    import httpx
    from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
    from google.genai.errors import APIError
    from requests.exceptions import RequestException

    try:
        yield
    except APIError as error:
        reason = in_json(error.details).reason
        raise _refused(int(error.code or 0), str(error.message or ""), reason) from error
    except RefreshError as error:
        raise (_unreachable() if error.retryable else _signed_out()) from error
    except TransportError as error:
        raise _unreachable() from error
    except GoogleAuthError as error:
        raise _signed_out() from error
    except (httpx.HTTPError, RequestException) as error:
        raise _unreachable() from error


def _refused(status: int, message: str, reason: str = "") -> Actionable:
    known = general(reason, message, "Vertex AI") if status in (400, 401, 403) else None
    if known is not None:
        return known
    words = " ".join(_QUOTED.sub("“…”", message).split())[:200]
    if status == 401:
        return _signed_out()
    if status == 403:
        return Rejected(
            "This account may not tune or measure models in this project.",
            "Ask an administrator for the role Vertex AI User, and that Vertex AI may read the bucket.",
            code="job_permission",
        )
    if status == 404:
        return Rejected(
            "This model or job is not there in this region.",
            "Check the names; not every model can be tuned in every region.",
            code="job_missing",
        )
    if status in (0, 408, 429, 499) or status >= 500:
        return Offline(
            "Vertex AI is asked too much, or failed for a moment.", "Try again later.", code="job_busy"
        )
    return Rejected(
        f"Vertex AI refuses the job: {words or status}.",
        "Check the model, its region and the examples.",
        code="job_refused",
    )


def _signed_out() -> SignInRequired:
    return SignInRequired("Google no longer accepts this sign-in.", "Sign in again.", code="google_sign_in")


def _unreachable() -> Offline:
    return Offline("Vertex AI cannot be reached.", "Check the network and try again.", code="job_unreachable")
