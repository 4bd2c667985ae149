"""Training and measuring form processors in the project a workspace is connected to, put together when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from app.composition.cloud_reading import cut_by
from app.domain.errors import Rejected
from app.services.change_log import utc_now

if TYPE_CHECKING:
    from app.composition.cloud import Cloud
    from app.services.access import Access
    from app.services.dataset import Collecting
    from app.services.form_job import FormJobs
    from app.services.ports import DocumentOpener, Watch
    from app.services.processor_library import ProcessorLibrary
    from app.services.store.store import Store


@contextmanager
def form_jobs(
    cloud: Cloud | None,
    opener: DocumentOpener,
    library: ProcessorLibrary,
    collecting: Collecting,
    store: Store,
    in_store: Callable[..., Any],
    access: Access,
) -> Iterator[FormJobs]:
    """The jobs for as long as they are needed. Raises `Rejected` where the workspace is not connected. Not in the
    store's lane.
    """
    if cloud is None:
        raise Rejected(
            "This workspace is not connected to a project, where form processors are trained and measured.",
            "Connect it with: countersign connect FILE",
            code="not_connected",
        )
    from app.services.form_example import FormExamples
    from app.services.form_job import FormJobs, folder_of
    from app.services.google.document_ai.example import store_examples
    from app.services.google.document_ai.job import DocumentAIJobs

    credentials: Any = cloud.credentials
    jobs = DocumentAIJobs(
        cloud.connection.processors, library.definition, credentials, lambda: cloud.buckets,
        address=cloud.places.document_ai,
    )  # fmt: skip
    examples = FormExamples(store, in_store, opener, cut_by(opener))

    def export(bucket: str, form_type: str, watch: Watch | None) -> tuple[str, int]:
        forms = examples.forms(folder_of(collecting, bucket), form_type)
        return store_examples(forms, cloud.buckets, bucket, form_type, watch)

    try:
        yield FormJobs(jobs, export, store, in_store, access.check, utc_now)
    finally:
        jobs.close()
