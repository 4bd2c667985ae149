"""What the window tells of arrivals: files taken in, cases verified, clinical documents that came."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.services.intake import Arrival
from app.views.background import Background
from app.views.widgets.message_float import MessageFloat
from app.workstation import Workstation

if TYPE_CHECKING:  # loaded when somebody reviews, not on the way to the first window
    from app.services.clinical_folder import Taken
    from app.views.models.review_folder_model import ReviewFolderModel

TAKE_BACK = "take_back:"


class News(QObject):
    """Says in the window's line what happened elsewhere than under the person's hands."""

    case_asked = Signal(str)
    """case id: the file that came is that of a case which is there"""
    clinical_came = Signal()
    refused = Signal(object)

    def __init__(
        self, workstation: Workstation, background: Background, messages: MessageFloat, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._workstation = workstation
        self._background = background
        self._messages = messages

    @cached_property
    def clinical(self) -> ReviewFolderModel:
        """Clinical documents that are put into their folder, whichever room is shown."""
        from app.views.models.review_folder_model import ReviewFolderModel

        model = ReviewFolderModel(self._workstation.clinical, self._background, self)
        model.refused.connect(self.refused)
        model.came.connect(self._tell_clinical)
        return model

    def stop(self) -> None:
        """The window closes."""
        if "clinical" in self.__dict__:
            self.clinical.stop()

    def tell_crash(self, _error: object) -> None:
        self._messages.say(
            "wrong",
            self.tr("The program made a mistake here."),
            self.tr("Your work is saved. The log has the details."),
        )

    def tell_arrival(self, arrival: Arrival) -> None:
        if arrival.known:
            self._messages.say(
                "look",
                self.tr("This file was received before, as {receipt}.").format(receipt=arrival.case.receipt),
                self.tr("It is not taken in twice."),
            )
            self.case_asked.emit(arrival.case.case_id)
        else:
            self._messages.say(
                "info",
                self.tr("Received as {receipt}.").format(receipt=arrival.case.receipt),
                "" if arrival.case.reason is None else arrival.case.reason.text,
            )

    def tell_verified(self, case_id: str, receipt: str) -> None:
        self._messages.say(
            "sure",
            self.tr("{receipt} is verified.").format(receipt=receipt),
            "",
            f"{TAKE_BACK}{case_id}",
            self.tr("Open it again"),
        )

    def _tell_clinical(self, taken: Taken) -> None:
        if taken.attached is not None:
            receipt = taken.attached.case.receipt
            self._messages.say(
                "info", self.tr("A document came and joined {receipt}.").format(receipt=receipt)
            )
        elif taken.waiting is not None:
            self._messages.say(
                "info",
                self.tr("A document came: {name}.").format(name=taken.waiting.name),
                self.tr("It waits for a request."),
            )
        self.clinical_came.emit()
