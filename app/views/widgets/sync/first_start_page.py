"""The first page of a new workspace: work on this computer, or with the other desks of an organisation."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from app.views.widgets.sync.card_page import CardPage
from app.views.widgets.sync.place_card import PlaceCard


class FirstStartPage(CardPage):
    """Asks where the work is to be; 1 and 2 choose, as do arrows with Enter."""

    local_chosen = Signal()
    connect_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("stamp", "", "", parent)
        self.show_head(
            "stamp",
            self.tr("Welcome to Countersign"),
            self.tr(
                "Where will you work? Whatever you choose, it answers from this computer, network or not."
            ),
        )
        self.local = PlaceCard(
            "hard-drive",
            self.tr("Work on this computer"),
            self.tr(
                "No account. Everything is kept here, encrypted, and nothing leaves it. You can connect later."
            ),
            "1",
            self,
        )
        self.connect_card = PlaceCard(
            "cloud",
            self.tr("Connect to your organisation"),
            self.tr(
                "Many desks share one queue in your organisation’s Google Cloud project. You need the address or the "
                "connection file from your administrator, and a network now; later you can work without one."
            ),
            "2",
            self,
        )
        self.column.addWidget(self.local)
        self.column.addWidget(self.connect_card)
        self.local.clicked.connect(self.local_chosen)
        self.connect_card.clicked.connect(self.connect_chosen)

    def take_keyboard(self) -> None:
        self.local.setFocus(Qt.FocusReason.OtherFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_1:
            self.local.click()
        elif event.key() == Qt.Key.Key_2:
            self.connect_card.click()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            down = event.key() == Qt.Key.Key_Down
            (self.connect_card if down else self.local).setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            super().keyPressEvent(event)
