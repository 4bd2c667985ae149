"""What can be set about a form while it is taught, and where its answers may go in the request. No Qt."""

from __future__ import annotations

from enum import StrEnum


class Setting(StrEnum):
    """What an editor of the inspector changes."""

    LABEL = "label"
    NAME = "name"
    KIND = "kind"
    SECTION = "section"
    NEW_SECTION = "new_section"
    REQUIRED = "required"
    MULTILINE = "multiline"
    REQUEST = "request"
    EXPEDITED = "expedited"
    EXCLUSIVE = "exclusive"
    ROWS = "rows"
    TITLE = "title"
    FORM_TYPE = "form_type"
    TITLES = "titles"


REQUESTS: tuple[str, ...] = (
    "patient.patient_name",
    "patient.birth_date",
    "patient.gender",
    "patient.patient_id",
    "patient.group_number",
    "patient.subscriber_name",
    "patient.phone",
    "patient.language",
    "provider.provider_name",
    "provider.npi",
    "provider.specialty",
    "provider.phone",
    "provider.fax",
    "servicing_provider.provider_name",
    "servicing_provider.npi",
    "servicing_provider.specialty",
    "servicing_provider.phone",
    "servicing_provider.fax",
    "lines.1.service.code",
    "lines.1.service.description",
    "lines.1.service.units",
    "lines.1.service.from",
    "lines.1.service.to",
    "lines.1.diagnosis.code",
    "lines.1.diagnosis.description",
    "current_condition.notes",
    "current_treatment.notes",
)
"""Parts of the request a field may fill, by person and thing."""

LINE_REQUESTS: tuple[str, ...] = (
    "service.code",
    "service.description",
    "service.units",
    "service.from",
    "service.to",
    "diagnosis.code",
    "diagnosis.description",
)
"""Parts of one line of the request that a column of a table may fill, a line a row."""
