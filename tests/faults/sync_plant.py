"""Bugs that a plausible programmer would plant, each a small patch of the engine, the store or the use of the server.

Each has to be caught by the checker of histories: `python -m tests.faults.sync --plant NAME`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from unittest import mock

from app.domain import merge
from app.domain.change import Action
from app.domain.errors import Offline, StorageFailed
from app.domain.sync import Push, Pushed
from app.services.change_log import ChangeLog
from app.services.store.conflict_shelf import ConflictShelf
from app.services.store.store import Store
from app.services.store.sync_adoption import Adoption
from app.services.store.sync_row import Due, Incoming
from app.services.store.sync_shelf import SyncShelf
from app.services.sync import engine
from tests.faults.sync_line import Line

Plant = Callable[[], AbstractContextManager[None]]


@contextmanager
def _patched(*patches: AbstractContextManager[Any]) -> Iterator[None]:
    with ExitStack() as stack:
        for patch in patches:
            stack.enter_context(patch)
        yield


def retry_with_a_new_id() -> AbstractContextManager[None]:
    """What is sent again is sent as something new."""
    plain, tried = Line.push, dict[str, int]()

    def push(line: Line, batch: Push) -> Pushed:
        renamed = []
        for receipt in batch.receipts:
            times = tried[receipt.mutation_id] = tried.get(receipt.mutation_id, 0) + 1
            renamed.append(
                replace(receipt, mutation_id=f"{receipt.mutation_id}{'' if times == 1 else times}")
            )
        return plain(line, replace(batch, receipts=tuple(renamed)))

    return _patched(mock.patch.object(Line, "push", push))


def acknowledge_when_offline() -> AbstractContextManager[None]:
    """No answer is taken for a yes."""
    plain = engine._Stepping._push

    def push(step: engine._Stepping, due: Due) -> Any:
        try:
            return plain(step, due)
        except Offline:
            step.store.acknowledge(due, "", reread=True)
            raise

    return _patched(mock.patch.object(engine._Stepping, "_push", push))


def acknowledge_before_the_push() -> AbstractContextManager[None]:
    """The outbox is emptied first, and then it is sent."""
    plain = engine._Stepping._push

    def push(step: engine._Stepping, due: Due) -> Any:
        if due.push is not None:
            step.store.acknowledge(due, due.push.base or "", reread=True)
        return plain(step, due)

    return _patched(mock.patch.object(engine._Stepping, "_push", push))


def no_look_for_receipts() -> AbstractContextManager[None]:
    """After a doubt nobody asks whether it was our own earlier try."""

    def receipts(line: Line, case_id: str, mutation_ids: tuple[str, ...]) -> frozenset[str]:
        return frozenset()

    return _patched(mock.patch.object(Line, "receipts", receipts))


def last_writer_wins() -> AbstractContextManager[None]:
    """Two values for one part of a case: the later push takes it."""

    def mine(made: Any, unit: Any, base: Any, here: Any, theirs: Any) -> None:
        made.put[unit] = here

    return _patched(mock.patch.object(merge, "_by_author", mine))


def saved_before_commit() -> AbstractContextManager[None]:
    """A full disk is swallowed where a change is stored: it is called saved."""
    plain = Store.commit

    def commit(store: Store, *arguments: Any, **more: Any) -> None:
        try:
            plain(store, *arguments, **more)
        except StorageFailed:
            return

    return _patched(mock.patch.object(Store, "commit", commit))


def refused_is_dropped() -> AbstractContextManager[None]:
    """What the server refused leaves the outbox."""
    plain = SyncShelf.park

    def park(shelf: SyncShelf, case_id: str, reason: str, next_step: str, code: str) -> None:
        waits = shelf.waits(case_id)
        plain(shelf, case_id, reason, next_step, code)
        with shelf._database.transaction():
            _forget(shelf, waits)
            shelf._database.run("UPDATE remote_cases SET state = 'known' WHERE state = 'parked'")

    return _patched(mock.patch.object(SyncShelf, "park", park))


def _forget(shelf: SyncShelf, change_ids: Iterable[str]) -> None:
    for change_id in change_ids:
        shelf._database.run(
            "DELETE FROM outbox WHERE change_number = (SELECT number FROM changes WHERE change_id = ?)",
            (change_id,),
        )


def conflict_stored_later() -> AbstractContextManager[None]:
    """The row of a conflict is written after the merge it belongs to, in a transaction of its own."""
    plain_put, plain_adopt = ConflictShelf.put, SyncShelf.adopt
    later: list[tuple[Any, ...]] = []

    def put(shelf: ConflictShelf, *arguments: Any, **more: Any) -> None:
        later.append((shelf, arguments, more))

    def adopt(shelf: SyncShelf, incoming: Iterable[Incoming], now: datetime, *, merge: bool = False) -> Any:
        later.clear()
        made = plain_adopt(shelf, incoming, now, merge=merge)
        for conflicts, arguments, more in later:
            with shelf._database.transaction():
                plain_put(conflicts, *arguments, **more)
        return made

    return _patched(
        mock.patch.object(ConflictShelf, "put", put), mock.patch.object(SyncShelf, "adopt", adopt)
    )


def base_without_rebase() -> AbstractContextManager[None]:
    """A poll brings the server's version as the new base, and what waits is left as it is."""

    def merged(
        adoption: Adoption, number: int, incoming: Incoming, base: Any, waiting: Any, now: datetime
    ) -> Any:
        from app.domain.case import case_from
        from app.services.store.packing import unpack

        row = adoption._database.one("SELECT document FROM cases WHERE number = ?", (number,))
        document = unpack(row[0]) if row else {}
        return document, case_from(document)

    return _patched(mock.patch.object(Adoption, "merged", merged))


def undo_is_not_sent() -> AbstractContextManager[None]:
    """Undo puts the case back here, and sends nothing."""
    plain = ChangeLog.store_change

    def store_change(log: ChangeLog, document: Any, change: Any, *arguments: Any, **more: Any) -> Any:
        if change.action is Action.UNDONE:
            more["sent"] = False
        return plain(log, document, change, *arguments, **more)

    return _patched(mock.patch.object(ChangeLog, "store_change", store_change))


def case_created_twice() -> AbstractContextManager[None]:
    """A new case of which no answer came is created again as another one."""
    plain, tried = Line.push, set[str]()

    def push(line: Line, batch: Push) -> Pushed:
        if batch.base is None and batch.document is not None and batch.case_id in tried:
            other = f"{batch.case_id}b"
            batch = replace(
                batch,
                case_id=other,
                document={**batch.document, "case_id": other},
                receipts=tuple(replace(r, case_id=other) for r in batch.receipts),
            )
        elif batch.base is None:
            tried.add(batch.case_id)
        return plain(line, batch)

    return _patched(mock.patch.object(Line, "push", push))


def acknowledge_the_whole_case() -> AbstractContextManager[None]:
    """What was typed while a batch was under way leaves the outbox with it."""
    plain = SyncShelf.acknowledge

    def acknowledge(shelf: SyncShelf, due: Due, update_time: str, *, reread: bool = False) -> None:
        waits = shelf.waits(due.case_id)
        plain(shelf, due, update_time, reread=reread)
        with shelf._database.transaction():
            _forget(shelf, waits)

    return _patched(mock.patch.object(SyncShelf, "acknowledge", acknowledge))


PLANTS: dict[str, Plant] = {
    plant.__name__: plant
    for plant in (
        retry_with_a_new_id,
        acknowledge_when_offline,
        acknowledge_before_the_push,
        no_look_for_receipts,
        last_writer_wins,
        saved_before_commit,
        refused_is_dropped,
        conflict_stored_later,
        base_without_rebase,
        undo_is_not_sent,
        case_created_twice,
        acknowledge_the_whole_case,
    )
}
