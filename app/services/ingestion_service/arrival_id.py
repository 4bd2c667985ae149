"""Ids that follow from an object's generation: an event that comes again leads to the same case and receipts."""

from __future__ import annotations

import uuid

from app.services.ingestion_service.event import Arrival

ARRIVALS = "pa_forms_bkt"
_SPACE = uuid.UUID("5b1f6b0e-6f0e-5c35-9d0b-9d3a2d1b7c55")


def uri_of(arrival: Arrival) -> str:
    """The address of an arrival as every desk knows it, whatever its bucket is called in the project."""
    return f"gs://{ARRIVALS}/{arrival.name}"


def arrival_id_of(arrival: Arrival) -> str:
    """The id of an arrival, and of the case it becomes: it follows from the object and its generation."""
    return uuid.uuid5(_SPACE, f"{uri_of(arrival)}#{arrival.generation}").hex


def derived(case_id: str, what: str) -> str:
    """An id that follows from a case's and from what it is for."""
    return uuid.uuid5(_SPACE, f"{case_id} {what}").hex


def further_id(case_id: str, place: int) -> str:
    """The case of the form in this place of a package (from 2), as `app.services.intake` calls it."""
    try:
        origin = uuid.UUID(case_id)
    except ValueError:
        origin = uuid.uuid5(_SPACE, case_id)
    return uuid.uuid5(origin, f"form-{place}").hex
