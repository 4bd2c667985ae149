"""Tuning and measuring models in the project a workspace is connected to, put together when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from app.domain.errors import Rejected
from app.services.change_log import utc_now

if TYPE_CHECKING:
    from app.composition.cloud import Cloud
    from app.services.access import Access
    from app.services.model_job import ModelJobs
    from app.services.model_library import ModelLibrary
    from app.services.store.store import Store
    from app.services.tuning_dataset import TuningDataset


def model_jobs(
    cloud: Cloud | None,
    tuning: TuningDataset,
    store: Store,
    in_store: Callable[..., Any],
    models: ModelLibrary,
    access: Access,
) -> ModelJobs:
    """Raises `Rejected` where the workspace is not connected. Not in the store's lane."""
    if cloud is None:
        raise Rejected(
            "This workspace is not connected to a project, where models are tuned and measured.",
            "Connect it with: countersign connect FILE",
            code="not_connected",
        )
    from app.services.google.vertex_job import VertexJobs
    from app.services.model_job import ModelJobs

    connection = cloud.connection
    jobs = VertexJobs(
        connection.project, connection.location, lambda: cloud.credentials, base_url=cloud.places.models
    )
    return ModelJobs(tuning, jobs, cloud.buckets, connection, store, in_store, models, access.check, utc_now)
