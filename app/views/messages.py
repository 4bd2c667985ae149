"""Errors and news in words, in the language of the person, always with a next step."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.domain.errors import Actionable


def text(error: Actionable) -> tuple[str, str]:
    """(what happened, what to do), translated."""
    reason = QCoreApplication.translate("Error", error.reason)
    step = QCoreApplication.translate("Error", error.next_step) if error.next_step else ""
    return reason, step


def plural(count: int, one: str, many: str) -> str:
    """`one` or `many` with the count filled in as `{count}`."""
    return (one if count == 1 else many).format(count=count)
