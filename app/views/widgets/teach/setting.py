"""What can be set about a form while it is taught. No Qt."""

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
