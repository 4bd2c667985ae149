"""What the tooltip of a field says."""

from __future__ import annotations

import html

from PySide6.QtCore import QCoreApplication, QLocale

from app.domain.form import FieldState, FormField


def _tr(text: str) -> str:
    return QCoreApplication.translate("PageView", text)


def field_tip(field: FormField, threshold: float) -> str:
    """Label and value of a field, and in words how sure it is; as rich text, whatever the form says in it."""
    value = field.current
    if isinstance(value, bool):
        shown = _tr("ticked") if value else _tr("not ticked")
    else:
        shown = value or _tr("empty")
    words = {
        FieldState.UNSEEN: _tr("needs a look") if field.needs_look(threshold) else _tr("sure"),
        FieldState.CONFIRMED: _tr("confirmed"),
        FieldState.CORRECTED: _tr("corrected"),
        FieldState.ILLEGIBLE: _tr("illegible"),
        FieldState.NOT_APPLICABLE: _tr("not applicable"),
    }
    sure = QLocale().toString(field.confidence, "f", 2)
    return f"<b>{html.escape(field.label)}</b><br>{html.escape(shown)}<br>{words[field.state]} · {sure}"
