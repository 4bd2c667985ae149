"""Painting the closed lines of the field panel: functions over a place, the theme and nothing else."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from app.views import theme
from app.views.widgets.chip import Chip, paint_chip
from app.views.widgets.field_layout import PAD, CellPlace, FieldPlace, GridPlace, SectionPlace
from app.views.widgets.lettering import broken, draw_lines, draw_symbol, draw_text


def paint_section(painter: QPainter, place: SectionPlace) -> None:
    """A section's head: its title, and how many of its answers are settled."""
    pad = theme.px(PAD)
    rect = place.rect.adjusted(pad, theme.px(6), -pad, 0)
    section = place.section
    count = QCoreApplication.translate("FieldPanel", "{settled} OF {total}").format(
        settled=section.settled, total=section.total
    )
    room = rect.adjusted(0, 0, -theme.px(72), 0)
    draw_text(painter, room, section.title.upper(), "section", "muted")
    if section.total:
        draw_text(painter, rect, count, "section", "muted", Qt.AlignmentFlag.AlignRight)


def paint_field(painter: QPainter, place: FieldPlace, hovered: bool = False) -> None:
    """A closed line: label, value with its doubtful characters marked, warnings, chip."""
    entry, rect = place.entry, place.rect
    pad = theme.px(PAD)
    if hovered:
        painter.fillRect(rect, theme.colour("background"))
    middle = rect.center().y()
    draw_lines(
        painter, pad, round(middle - place.label.height / 2), place.label, "body", theme.colour("muted")
    )
    inside = place.value.height + (place.notes.height if place.notes else 0)
    top = round(middle - inside / 2)
    ink = theme.colour("text" if entry.text else "muted")
    draw_lines(
        painter, place.value_x, top, place.value, "value", ink, entry.marks, theme.colour(entry.mark_role)
    )
    if place.notes:
        role = "wrong" if entry.chip.role == "wrong" else "look"
        draw_lines(painter, place.value_x, top + place.value.height, place.notes, "note", theme.colour(role))
    paint_chip(painter, rect.right() - pad, middle, entry.chip)


def paint_grid(painter: QPainter, place: GridPlace, opened: str | None, hovered_row: str | None) -> None:
    """A table: heads, cells, row numbers, and the quiet places to add and remove rows."""
    pad = theme.px(PAD)
    for rect, label in place.heads:
        draw_text(painter, rect.adjusted(theme.px(6), 0, 0, 0), label, "caption", "muted")
    painter.setPen(QPen(theme.colour("line"), 1))
    for number, (rect, _) in enumerate(place.rows):
        y = round(rect.top()) + 0.5
        painter.setPen(QPen(theme.colour("line"), 1))
        painter.drawLine(QPointF(pad, y), QPointF(rect.right() - pad, y))
        first = QRectF(pad, rect.top() + theme.px(3), theme.px(16), theme.px(28))
        draw_text(painter, first, str(number + 1), "small", "muted")
    current = next((c.entry.cell for c in place.cells if c.entry.key == opened), None)
    for cell in place.cells:
        paint_cell(painter, cell, cell.entry.key == opened)
    for rect, row in place.removes:
        if row == hovered_row or (current is not None and current[1] == row):
            draw_symbol(
                painter, "trash-2", "muted", rect.left() + theme.px(3), rect.center().y(), theme.px(16)
            )
    draw_symbol(
        painter, "plus", "accent", place.add.left() + theme.px(6), place.add.center().y(), theme.px(14)
    )
    words = QCoreApplication.translate("FieldPanel", "Add row")
    draw_text(painter, place.add.adjusted(theme.px(26), 0, 0, 0), words, "chip", "accent")


def paint_cell(painter: QPainter, place: CellPlace, opened: bool) -> None:
    """A cell of a table: tinted with a symbol while it needs a look, framed while it is open."""
    entry = place.entry
    rect = place.rect.adjusted(0, 1, 0, -1)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    if entry.needs_look and entry.chip.role in ("look", "wrong"):
        painter.setBrush(theme.colour(f"{entry.chip.role}_back"))
        painter.drawRoundedRect(rect, theme.px(6), theme.px(6))
    if opened:
        painter.setBrush(Qt.BrushStyle.NoBrush if entry.needs_look else theme.colour("selection"))
        painter.setPen(QPen(theme.colour("accent"), 1.5))
        painter.drawRoundedRect(rect.adjusted(0.75, 0.75, -0.75, -0.75), theme.px(6), theme.px(6))
    painter.restore()
    room = rect.adjusted(theme.px(6), 0, -theme.px(3), 0)
    lines = broken(entry.text, "cell", room.width())
    draw_lines(
        painter,
        room.left(),
        round(rect.center().y() - lines.height / 2),
        lines,
        "cell",
        theme.colour("text"),
        entry.marks,
        theme.colour(entry.mark_role),
    )
    if entry.needs_look or entry.settled:
        _paint_corner(painter, rect, entry.chip)


def _paint_corner(painter: QPainter, rect: QRectF, chip: Chip) -> None:
    """The symbol of a cell's state on its corner, where it takes no room from the value."""
    size = theme.px(13)
    middle = QPointF(rect.right() - size * 0.3, rect.top() + size * 0.3)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.colour("surface"))
    painter.drawEllipse(middle, size * 0.62, size * 0.62)
    painter.restore()
    ink = chip.role if chip.role in ("look", "wrong", "sure") else "muted"
    draw_symbol(painter, chip.symbol, ink, middle.x() - size / 2, middle.y(), size)
