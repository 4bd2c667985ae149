"""Documents that came without a request: fetched, accepted into one, or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.belonging import Sign
from app.domain.review_queue import ReviewQuery, ReviewRow
from app.services.attachment import Attached
from app.services.clinical_folder import WaitingDocument
from app.views.background import Background
from app.views.widgets.review.queue_waiting import WaitingItem, WaitingProposal

LOOK_AGAIN_MS = 5000
"""How often it is looked for what came, while the room is shown."""


class Clinical(Protocol):
    """What this model asks of the folder of clinical documents; in the store's lane."""

    def waiting(self) -> tuple[WaitingDocument, ...]: ...

    def propose_again(self) -> tuple[WaitingDocument, ...]: ...

    def accept(self, document_id: str, case_id: str, by: str) -> Attached: ...

    def refuse(self, document_id: str, reason: str, by: str) -> None: ...


class Receipts(Protocol):
    """Finds the case of a receipt; in the store's lane. Raises `NoSuchCase`."""

    def find(self, text: str) -> str: ...


class Rows(Protocol):
    def rows(self, asked: ReviewQuery | Iterable[str]) -> tuple[ReviewRow, ...]: ...


class ReviewWaitingModel(QObject):
    """Holds what waits. It looks again by itself while it is told to."""

    changed = Signal(object)
    """tuple of `WaitingItem`"""
    attached = Signal(object)
    """`Attached`"""
    refused = Signal(object)
    """`Actionable`"""

    def __init__(
        self,
        clinical: Clinical,
        receipts: Receipts,
        rows: Rows,
        person: Callable[[], str],
        background: Background,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._clinical, self._receipts, self._rows = clinical, receipts, rows
        self._person = person
        self._background = background
        self._documents: dict[str, WaitingDocument] = {}
        self._items: tuple[WaitingItem, ...] | None = None
        self._timer = QTimer(self, interval=LOOK_AGAIN_MS)
        self._timer.timeout.connect(self.look)

    def document(self, document_id: str) -> WaitingDocument | None:
        return self._documents.get(document_id)

    def watch(self, on: bool) -> None:
        """Whether it is looked again every few seconds."""
        if on:
            self._timer.start()
            self.look()
        else:
            self._timer.stop()

    def look(self) -> None:
        """Fetch what waits."""
        self._fetch(self._clinical.waiting)

    def judge_again(self) -> None:
        """Have the proposals made anew from the requests there are by now."""
        self._fetch(self._clinical.propose_again)

    def accept(self, document_id: str, case_id: str) -> None:
        """Attach a waiting document to a request."""
        self._background.run(
            self, "store", self._clinical.accept, document_id, case_id, self._person(),
            done=self._accepted, failed=self.refused.emit,
        )  # fmt: skip

    def accept_receipt(self, document_id: str, receipt: str) -> None:
        """Attach it to the request of a receipt that was typed."""
        person = self._person()

        def work() -> Attached:
            return self._clinical.accept(document_id, self._receipts.find(receipt), person)

        self._background.run(self, "store", work, done=self._accepted, failed=self.refused.emit)

    def refuse(self, document_id: str, reason: str) -> None:
        self._background.run(
            self, "store", self._clinical.refuse, document_id, reason, self._person(),
            done=lambda _: self.look(), failed=self.refused.emit,
        )  # fmt: skip

    def _accepted(self, attached: Attached) -> None:
        self.look()
        self.attached.emit(attached)

    def _fetch(self, function: Callable[[], tuple[WaitingDocument, ...]]) -> None:
        def work() -> tuple[tuple[WaitingDocument, ...], dict[str, str]]:
            documents = function()
            ids = tuple(dict.fromkeys(p.case_id for d in documents for p in d.proposals))
            return documents, {row.case_id: row.patient for row in self._rows.rows(ids)}

        self._background.run(self, "store", work, done=self._show, failed=self.refused.emit)

    def _show(self, found: tuple[tuple[WaitingDocument, ...], dict[str, str]]) -> None:
        documents, patients = found
        self._documents = {d.document_id: d for d in documents}
        items = tuple(_item(d, patients) for d in documents)
        if items != self._items:
            self._items = items
            self.changed.emit(items)


def _item(document: WaitingDocument, patients: dict[str, str]) -> WaitingItem:
    return WaitingItem(
        document.document_id,
        document.name,
        document.page_count,
        document.received_at,
        document.reason.text,
        document.reason.next_step,
        tuple(
            WaitingProposal(
                p.case_id, p.receipt, patients.get(p.case_id, ""), p.words, p.sure,
                against=Sign.OTHER_BIRTH_DATE in p.why,
            )
            for p in document.proposals
        ),
        document.also_with,
        document.reading,
    )  # fmt: skip
