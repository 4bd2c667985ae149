"""Form processors trained and measured at Document AI, and versions of them put to work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from app.domain.errors import Rejected
from app.domain.processor import FormDefinition
from app.services.google.document_ai.failure import Busy, TooLong, translated
from app.services.google.document_ai.processor import Removing
from app.services.ports import JobState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.auth.credentials import Credentials

    from app.services.google.document_ai.wire import Wires

TRAIN, EVALUATE = "train", "evaluate"
_CONSOLE = "https://console.cloud.google.com/ai/document-ai"
_CANCELLED = 1
_RUNNING = {"CANCELLED": "cancelled", "CANCELLING": "cancelled", "FAILED": "failed", "SUCCEEDED": "done"}


class DocumentAIJobs:
    """Training and measuring of form processors (`ports.Jobs`). Thread-safe.

    `start("train", FORM_TYPE, "gs://training_forms/FORM_TYPE/")` makes a new version of the type's processor, measured
    with `eval_forms` where labelled documents lie there; `start("evaluate", …)` measures a version (its resource name)
    or the one in use (a form type). The names that come back are those of the service: any desk can look after them.
    """

    def __init__(
        self,
        processors: Mapping[str, str],
        definition: Callable[[str], FormDefinition | None],
        credentials: Credentials,
        buckets: Callable[[], Removing],
        *,
        address: str = "",
    ) -> None:
        self._processors, self._definition = dict(processors), definition
        self._credentials, self._buckets, self._address = credentials, buckets, address
        self._lock = threading.Lock()
        self._made: Wires | None = None

    def start(self, kind: str, subject: str, source: str) -> str:
        """Raises `ValueError` for another kind of job, `Rejected` for a form type without a processor."""
        if kind == TRAIN:
            return self._train(subject, source)
        if kind == EVALUATE:
            return self._evaluate(subject, source)
        raise ValueError(f"Document AI does not {kind}")

    def state(self, name: str) -> JobState:
        with self._told("documentai.operations.getLegacy"):
            client = self._wires().of(name).client
            operation = client.transport.operations_client.get_operation(name, retry=None, timeout=30.0)
        if not operation.done:
            return JobState(name, _state_of(operation), link=_CONSOLE)
        if operation.HasField("error"):
            stopped = operation.error.code == _CANCELLED
            return JobState(
                name,
                "cancelled" if stopped else "failed",
                reason="" if stopped else _reason(operation),
                link=_CONSOLE,
            )
        return self._done(name, operation)

    def cancel(self, name: str) -> None:
        with self._told("documentai.operations.getLegacy"):
            client = self._wires().of(name).client
            client.transport.operations_client.cancel_operation(name, retry=None, timeout=30.0)

    def deploy(self, version: str) -> str:
        """Have a version made ready; the name of the job. It is not in use before `use`."""
        with self._told("documentai.processorVersions.update"):
            client = self._wires().of(version).client
            begun = client.deploy_processor_version(name=version, retry=None, timeout=30.0)
        return str(begun.operation.name)

    def use(self, version: str) -> str:
        """Have the processor answer with this version, from now on and for every desk; the name of the job."""
        with self._told("documentai.processors.update"):
            client = self._wires().of(version).client
            begun = client.set_default_processor_version(
                request={
                    "processor": processor_of(version),
                    "default_processor_version": version,
                },
                retry=None,
                timeout=30.0,
            )
        return str(begun.operation.name)

    def close(self) -> None:
        """Let go of the connections; a later call makes them anew."""
        with self._lock:
            made, self._made = self._made, None
        if made is not None:
            made.close()

    def _train(self, form_type: str, source: str) -> str:
        from google.cloud import documentai_v1 as documentai

        from app.services.google.document_ai.example import schema_of

        processor = processor_of(self._processor(form_type))
        definition = self._definition(form_type)
        if definition is None:
            raise Rejected(
                "This form type has no definition here.",
                "Name one of “processors list”.",
                code="no_such_form",
            )
        test = f"gs://eval_forms/{form_type}/"
        data = documentai.TrainProcessorVersionRequest.InputData(training_documents=self._input(source))
        if self._buckets().list("eval_forms", f"{form_type}/"):
            data.test_documents = self._input(test)
        request = documentai.TrainProcessorVersionRequest(
            parent=processor,
            processor_version=documentai.ProcessorVersion(display_name=f"countersign {definition.version}"),
            document_schema=schema_of(definition),
            input_data=data,
            custom_document_extraction_options=documentai.TrainProcessorVersionRequest.CustomDocumentExtractionOptions(
                training_method="MODEL_BASED"
            ),
        )
        with self._told("documentai.processorVersions.create"):
            client = self._wires().of(processor).client
            begun = client.train_processor_version(request=request, retry=None, timeout=60.0)
        return str(begun.operation.name)

    def _evaluate(self, subject: str, source: str) -> str:
        from google.cloud import documentai_v1 as documentai

        version = subject if "/processorVersions/" in subject else self._in_use(self._processor(subject))
        request = documentai.EvaluateProcessorVersionRequest(
            processor_version=version, evaluation_documents=self._input(source)
        )
        with self._told("documentai.evaluations.create"):
            client = self._wires().of(version).client
            begun = client.evaluate_processor_version(request=request, retry=None, timeout=60.0)
        return str(begun.operation.name)

    def _in_use(self, name: str) -> str:
        """The version that answers for a processor."""
        if "/processorVersions/" in name:
            return name
        with self._told("documentai.processors.get"):
            found = self._wires().of(name).client.get_processor(name=name, retry=None, timeout=30.0)
        return str(found.default_processor_version)

    def _input(self, uri: str) -> Any:
        from google.cloud import documentai_v1 as documentai

        prefix = self._buckets().address(f"{uri.rstrip('/')}/x")[:-1]
        return documentai.BatchDocumentsInputConfig(gcs_prefix=documentai.GcsPrefix(gcs_uri_prefix=prefix))

    def _done(self, name: str, operation: Any) -> JobState:
        from google.cloud import documentai_v1 as documentai

        trained = documentai.TrainProcessorVersionResponse()
        measured = documentai.EvaluateProcessorVersionResponse()
        if operation.response.Unpack(documentai.TrainProcessorVersionResponse.pb(trained)):
            version = trained.processor_version
            figures: dict[str, float] = {}
            with self._told("documentai.processorVersions.get"):
                client = self._wires().of(version).client
                found = client.get_processor_version(name=version, retry=None, timeout=30.0)
            if found.latest_evaluation.evaluation:
                figures = self._figures(found.latest_evaluation.evaluation)
            reason = ""
            if wrong := _not_accepted(operation):
                figures["not_accepted"] = float(wrong)
                reason = f"{wrong} of the labelled forms were not accepted; the console says which."
            return JobState(name, "done", figures=figures, result=version, reason=reason, link=_CONSOLE)
        if operation.response.Unpack(documentai.EvaluateProcessorVersionResponse.pb(measured)):
            figures = self._figures(measured.evaluation)
            return JobState(name, "done", figures=figures, result=measured.evaluation, link=_CONSOLE)
        return JobState(name, "done", link=_CONSOLE)

    def _figures(self, name: str) -> dict[str, float]:
        """What an evaluation found: over all entities, and F1 of each kind of entity, at the threshold at which all
        together are best.
        """
        with self._told("documentai.evaluations.get"):
            found = self._wires().of(name).client.get_evaluation(name=name, retry=None, timeout=30.0)
        best = _best(found.all_entities_metrics)
        figures = {
            "documents": float(found.document_counters.evaluated_documents_count),
            "failed_documents": float(
                found.document_counters.failed_documents_count
                + found.document_counters.invalid_documents_count
            ),
        }
        if best is not None:
            figures |= {
                "precision": best.metrics.precision, "recall": best.metrics.recall, "f1": best.metrics.f1_score,
                "threshold": best.confidence_level,
            }  # fmt: skip
        for entity, metrics in found.entity_metrics.items():
            of_entity = _best(metrics)
            if of_entity is not None:
                figures[f"f1:{entity}"] = of_entity.metrics.f1_score
        return {key: round(float(value), 4) for key, value in figures.items()}

    def _processor(self, form_type: str) -> str:
        name = self._processors.get(form_type)
        if not name:
            raise Rejected(
                "The connection names no form processor for this form type.",
                "Ask your administrator to add it to the connection file.",
                code="no_cloud_processor",
            )
        return name

    @contextmanager
    def _told(self, permission: str) -> Iterator[None]:
        try:
            with translated(permission):
                yield
        except Busy as error:
            raise error.told from error
        except TooLong as error:
            raise Rejected(
                "This is more than Document AI takes.", "Start with fewer forms.", code="document_ai_too_much"
            ) from error

    def _wires(self) -> Wires:
        with self._lock:
            if self._made is None:
                from app.services.google.document_ai.wire import Wires

                self._made = Wires(self._credentials, self._address)
            return self._made


def processor_of(name: str) -> str:
    """The processor a version belongs to; itself for a processor."""
    return name.partition("/processorVersions/")[0]


def _best(metrics: Any) -> Any:
    """The threshold at which precision and recall are best together; exact matches count, where they were counted."""
    levels = list(metrics.confidence_level_metrics_exact) or list(metrics.confidence_level_metrics)
    return max(levels, key=lambda level: level.metrics.f1_score, default=None)


def _state_of(operation: Any) -> str:
    from google.cloud import documentai_v1 as documentai

    for kind in (documentai.TrainProcessorVersionMetadata, documentai.EvaluateProcessorVersionMetadata):
        told = kind()
        if operation.metadata.Unpack(kind.pb(told)):
            return _RUNNING.get(told.common_metadata.state.name, "running")
    return "running"


def _reason(operation: Any) -> str:
    """Why a job failed, in our words: the service's own may quote what stands in a document."""
    if wrong := _not_accepted(operation):
        return f"{wrong} of the labelled forms are not accepted; the console says which."
    low = operation.error.message.lower()
    if "dataset" in low or "documents" in low:
        return "There are too few labelled forms, or some answers stand on too few of them."
    return "Document AI could not finish it; the console says more."


def _not_accepted(operation: Any) -> int:
    """How many labelled forms a training found to be wrong, whether or not it went on without them."""
    from google.cloud import documentai_v1 as documentai

    told = documentai.TrainProcessorVersionMetadata()
    if not operation.metadata.Unpack(documentai.TrainProcessorVersionMetadata.pb(told)):
        return 0
    sets = (told.training_dataset_validation, told.test_dataset_validation)
    return sum(each.document_error_count for each in sets)
