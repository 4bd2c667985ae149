"""The part of the tour that teaches a form: one that no processor knows, through the window alone."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from app.domain.form import FieldKind
from app.services.sample_taught import make_taught
from app.tour_walk import READING_SECONDS, Album, Stuck, Walk, pause, wait_until
from app.views.models.draft_model import DAMAGES
from app.views.models.trial import READ
from app.views.teach_desk import ZONES
from app.views.teach_room import TeachRoom

MENDED = "visits"
"""Begins the name of the field whose zone is mended."""


def teach_a_form(walk: Walk, album: Album, folder: Path) -> None:
    """Teach the sample form, try it on a filled copy and five damaged ones, mend a zone, publish."""
    blank, filled = make_taught(folder)
    walk.window.show_room("teach")
    walk.settle()
    room = walk.window.teach
    album.take(
        "form-types",
        "Form types",
        "What forms are read with: version, state, how many cases, since when. A blank or filled form that is "
        "dropped here is taught.",
    )
    _drop(room.screen.types, blank)
    wait_until(lambda: room.draft.draft is not None, "the example is looked at", READING_SECONDS)
    _rest(walk)
    _zones(walk, album, room)
    _try(walk, album, room, filled)
    _mend(walk, album, room)
    _publish(walk, album, room)


def _rest(walk: Walk) -> None:
    """Wait until all but readings is done; those go on for a while."""
    wait_until(lambda: not walk.window.background.busy_besides("reading"), "the program comes to rest")
    pause(120)


def _drop(target: QWidget, path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    target.dropEvent(QDropEvent(QPointF(40, 40), Qt.DropAction.CopyAction, data, left, none))


def _click(widget: QWidget, at: QPoint | None = None) -> None:
    place = at if at is not None else widget.rect().center()
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=place)


def _zones(walk: Walk, album: Album, room: TeachRoom) -> None:
    canvas = room.screen.desk.canvas
    wait_until(lambda: bool(canvas.document_id), "the example is shown")
    QTest.keyClick(canvas, Qt.Key.Key_Tab)
    for _ in range(7):
        QTest.keyClick(walk.hand, Qt.Key.Key_Tab)
    _rest(walk)
    album.take(
        "teach-zones",
        "A form that nobody knew, taught from its blank page",
        "Zones are proposed with label, kind and question, coloured by kind. Tab walks through them; what is set "
        "for the one that is chosen stands on the right.",
    )


def _try(walk: Walk, album: Album, room: TeachRoom, filled: Path) -> None:
    desk = room.screen.desk
    _drop(desk, filled)
    wait_until(lambda: bool(room.draft.trials), "the copy is added")
    QTest.keyClick(walk.hand, Qt.Key.Key_F9)
    wait_until(lambda: room.draft.trials[0].state == READ, "the copy is read", READING_SECONDS)
    if room.draft.trials[0].form is None:
        raise Stuck("the filled copy was not recognized")
    _rest(walk)
    album.take(
        "teach-trial",
        "Tried on a filled copy",
        "What was read stands under each label and is marked on the page in the colours of intake.",
    )
    _click(desk.fields.damage)
    copies = 1 + len(DAMAGES)
    wait_until(lambda: len(room.draft.trials) == copies, "the damaged copies are made", READING_SECONDS)
    wait_until(
        lambda: all(t.state == READ for t in room.draft.trials),
        "the damaged copies are read",
        READING_SECONDS,
    )
    if any(t.form is None for t in room.draft.trials):
        raise Stuck("a damaged copy was not recognized")
    fax = next(t for t in room.draft.trials if t.example.name.startswith("fax"))
    _click(desk.examples.button(fax.example.sha256))
    _rest(walk)
    album.take(
        "teach-damaged",
        "And on copies damaged as paper is on its way",
        "Skewed, shifted, faxed, noisy, photographed: each tab says how many answers would need a look.",
    )


def _mend(walk: Walk, album: Album, room: TeachRoom) -> None:
    """Set a kind by its letter and pull an edge; the copy on show is read again by itself."""
    desk = room.screen.desk
    shown = room.screen.trials.trial
    _click(desk.examples.button(ZONES))
    definition = room.draft.definition
    name = next((f.name for f in definition.fields if f.name.startswith(MENDED)), "") if definition else ""
    if not name:
        raise Stuck("the field to mend was not found")
    desk.canvas.choose((name,))  # brought into sight, as the wheel would
    desk.canvas.choose(())
    _rest(walk)
    view = desk.canvas.viewport()
    _click(view, desk.canvas.zone_rect(name).center().toPoint())
    QTest.keyClicks(desk.canvas, "u")
    rect = desk.canvas.zone_rect(name)
    edge = QPointF(rect.right(), rect.center().y()).toPoint()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=edge)
    for step in range(1, 5):
        QTest.mouseMove(view, edge - QPoint(8 * step, 0))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=edge - QPoint(32, 0))
    mended = room.draft.definition.field(name) if room.draft.definition else None
    if mended is None or mended.kind is not FieldKind.NUMBER:
        raise Stuck("the zone was not mended")
    _rest(walk)
    album.take(
        "teach-mend",
        "A zone is mended",
        "A letter sets the kind, the mouse or the arrow keys move and size it, Ctrl+Z takes anything back. The "
        "copies are read again by themselves.",
    )

    def read_again() -> bool:
        form = room.draft.definition
        return form is not None and any(
            t.state == READ and not t.stale(form)
            for t in room.draft.trials
            if shown is not None and t.example.sha256 == shown.example.sha256
        )

    wait_until(read_again, "the copy is read again with the mended zone", READING_SECONDS)


def _publish(walk: Walk, album: Album, room: TeachRoom) -> None:
    desk = room.screen.desk
    desk.focus_page()
    QTest.keyClick(walk.hand, Qt.Key.Key_F10)
    _rest(walk)
    album.take(
        "teach-publish",
        "Before it is published",
        "What is missing, sentence by sentence and one click from its field, and what will happen.",
    )
    QTest.keyClick(walk.hand, Qt.Key.Key_F10)
    wait_until(lambda: room.draft.draft is None, "the form is published")
    walk.settle()
    album.take(
        "teach-published",
        "The form is known from now on",
        "Arriving forms are read with it. Cases that wait are offered to be read again; what people entered stays.",
    )
