"""How a version of a policy or form type stands with the other desks, in words."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.domain.processor_version import SHARED, WAITS


def sharing_words(sharing: str) -> str:
    """Words for `ProcessorVersion.sharing` and `PolicyVersion.sharing`; "" where nothing is shared."""
    if sharing == SHARED:
        return QCoreApplication.translate("Sharing", "shared")
    if sharing == WAITS:
        return QCoreApplication.translate("Sharing", "will be shared when there is a network")
    return ""
