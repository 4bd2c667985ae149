"""Two desks of one payer in this process: real windows over real workspaces, a Firestore emulator between them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.domain.case import to_time
from app.domain.connection import BUCKETS, Connection, connection_document
from app.domain.extraction import Extraction
from app.domain.form import FieldKind
from app.main import application, close_window, open_window
from app.services.change_log import utc_now
from app.services.connected_access import ROLES
from app.services.connecting import CONNECTION
from app.services.local.document_opener import WorkerDocumentOpener
from app.services.token_vault import SIGNED_IN
from app.tour_walk import Walk, wait_until
from app.workstation import Backends, CloudPlaces, Settings, build
from tests.emulator import Place
from tests.faulty_proxy import FaultyProxy, proxied
from tests.scripted import NoReader, ScriptedProcessor, an_extraction, read_field
from tests.storage_server import REGION, TOKEN, StorageServer, storage_server

FORM = an_extraction(
    read_field("patient_name", "Ada Example", 0.99, FieldKind.NAME),
    read_field("member_id", "87577992975", 0.62, FieldKind.MEMBER_ID),
    read_field("urgency_reason", "pain", 0.80),
)
WAIT = 60.0
"""Seconds that something is waited for at most: a machine under load takes its time."""


@dataclass
class Signed:
    """Somebody who has signed in."""

    email: str

    def sign_in(self, opened: Any) -> str:
        return self.email

    def sign_out(self) -> None:
        self.email = ""

    def access_token(self) -> str:
        return TOKEN

    def id_token(self) -> str:
        return TOKEN

    def lifetime(self) -> float:
        return 3600.0


@dataclass
class Desk:
    """One person's window. `line` is what stands between it and the shared queue."""

    walk: Walk
    email: str
    line: FaultyProxy

    @property
    def window(self) -> Any:
        return self.walk.window

    @property
    def state(self) -> str:
        """What the rail says."""
        return str(self.window.rail.state.words)

    def take_in(self, path: Path) -> str:
        """A file arrives, is read and opened."""
        window = self.window
        before = set(window.queue_model.case_ids)
        window.intake_model.add_files([path])
        wait_until(
            lambda: bool(set(window.queue_model.case_ids) - before), "the arrival stands in the queue", WAIT
        )
        wait_until(lambda: not window.intake_model.busy, "the form is read", 4 * WAIT)
        (case_id,) = set(window.queue_model.case_ids) - before
        self.open(case_id)
        return str(case_id)

    def open(self, case_id: str) -> None:
        wait_until(lambda: case_id in self.window.queue_model.case_ids, "the case stands in the queue", WAIT)
        self.window.intake.open_case(case_id)
        self.walk.await_case(case_id)

    def shown(self, path: str) -> str:
        """The value of a field as the panel of the window has it."""
        entry = next((e for e in self.window.intake.panel.form.walk.entries if e.path == path), None)
        return entry.text if entry is not None else ""

    def type_into(self, path: str, text: str, *, leave: bool = True) -> None:
        """Type a value over what stands in a field, by keys; Enter keeps it."""
        panel = self.window.intake.panel
        self.come_up()
        panel.select(path)
        panel.focus_editor()
        editor = panel.form.card.editor
        editor.selectAll()
        QTest.keyClicks(editor, text)
        if leave:
            QTest.keyClick(editor, Qt.Key.Key_Return)

    def press(self, key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
        """Press a key where the keyboard of this window is."""
        self.come_up()
        held = Qt.KeyboardModifier.NoModifier
        for one in modifiers:
            held |= one
        QTest.keyClick(self.walk.hand, key, held)

    def come_up(self) -> None:
        """The person turns to this window."""
        self.window.activateWindow()
        wait_until(lambda: QApplication.activeWindow() is self.window, "the window has the keyboard")

    def waits_until_sent(self) -> None:
        wait_until(lambda: self.state.startswith("All changes sent"), "everything is sent", WAIT)


@dataclass
class Pair:
    """The two desks and the folder they stand in."""

    ada: Desk
    bob: Desk
    folder: Path
    forms: int = 0

    def a_case(self) -> str:
        """A case that both desks have and the first has open; nothing waits."""
        self.forms += 1
        case_id = self.ada.take_in(a_form(self.folder / f"form{self.forms}.png"))
        self.ada.waits_until_sent()
        return case_id


def a_form(path: Path) -> Path:
    page = Image.new("L", (850, 1100), 255)
    drawing = ImageDraw.Draw(page)
    drawing.text((90, 60), f"Prior authorization request {path.stem}", fill=0, font_size=26)
    drawing.text((90, 112), "Member ID  8757799297B", fill=0, font_size=14)
    page.save(path)
    return path


def connected(
    folder: Path, name: str, project: str, firestore: str, storage: StorageServer
) -> tuple[Settings, bytes, CloudPlaces]:
    """A workspace that is connected, with somebody signed in whose roles were told."""
    place, key = Settings(folder / name, name), os.urandom(32)
    email = f"{name}@payer.example"
    buckets = {bucket: storage.connection().bucket(bucket) for bucket in BUCKETS}
    connection = Connection(
        project, REGION, "1234-desk", "https://countersign.payer.example", buckets=buckets
    )
    roles = {
        "email": email,
        "title": name.title(),
        "roles": ["case_manager", "ur_specialist", "administrator"],
        "at": to_time(utc_now()),
    }
    station = build(place, key, Backends(ScriptedProcessor(), NoReader(), None, _nothing, _nothing))  # type: ignore[arg-type]
    remember = station.store.remember
    station.in_store(remember, CONNECTION, connection_document(connection))
    station.in_store(remember, ROLES, roles)
    station.in_store(remember, SIGNED_IN, {"email": email})
    station.close()
    nowhere = "http://127.0.0.1:9"  # of the service nothing is wanted here: roles hold without it
    return place, key, CloudPlaces(firestore, storage.url, service=nowhere, identity=Signed(email))


def scripted(extraction: Extraction) -> Backends:
    opener = WorkerDocumentOpener()
    return Backends(ScriptedProcessor([extraction]), NoReader(), opener, opener.close_all, opener.warm)


def _nothing() -> None:
    """Nothing is kept warm, and nothing has to be closed."""


@contextmanager
def pair(folder: Path, firestore: Place, extraction: Extraction | None = FORM) -> Iterator[Pair]:
    """Two windows on one shared queue, closed at the end. Without an extraction forms are really read."""
    application()
    with ExitStack() as stack:
        storage = stack.enter_context(storage_server())
        desks = []
        for name in ("ada", "bob"):
            line = stack.enter_context(proxied(firestore.address))
            place, key, places = connected(folder, name, firestore.project, line.address, storage)
            backends = None if extraction is None else scripted(extraction)
            station = build(place, key, backends, places)
            window = open_window(station)
            stack.callback(close_window, window, station)
            wait_until(window.isVisible, "the window opens")
            desks.append(Desk(Walk(window, station), f"{name}@payer.example", line))
        yield Pair(desks[0], desks[1], folder)
