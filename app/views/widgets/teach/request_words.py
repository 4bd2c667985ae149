"""Parts of the request in words: what an answer may fill."""

from __future__ import annotations

import re

from PySide6.QtCore import QCoreApplication

from app.domain.mapping import REQUEST_PATHS

LINES = "lines.*."
FIELD_PATHS: tuple[str, ...] = tuple(path.replace("*", "1") for path in REQUEST_PATHS)
"""What a field may fill."""
COLUMN_PATHS: tuple[str, ...] = tuple(path for path in REQUEST_PATHS if path.startswith(LINES))
"""What a column of a table may fill, a line a row."""


def request_words(path: str) -> str:
    """What a part of the request is called; one that has no words of its own is shown as it is."""
    row = re.match(r"lines\.(\d+)\.", path)
    words = REQUEST_PATHS.get(path) or REQUEST_PATHS.get(re.sub(r"^lines\.[^.]+\.", LINES, path))
    if words is None:
        words = REQUEST_PATHS.get(f"{LINES}{path}")
    if words is None:
        return path
    told = QCoreApplication.translate("Request", words)
    if row and row.group(1) != "1":
        template = QCoreApplication.translate("Request", "{words}, line {row}")
        return template.format(words=told, row=row.group(1))
    return told
