"""No two desks give the same receipt: the code is claimed, and a copy of a workspace gets one of its own."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.domain.errors import Offline, Rejected
from app.domain.queue import QueueQuery
from app.domain.receipt import is_receipt
from app.domain.sync_wire import Checkpoint, KeptCheckpoint, kept_checkpoint_document
from app.services.checkpointing import KEPT, altered_since
from app.services.desk_claim import EVERY, DeskClaim
from app.services.signing import new_key, sign_checkpoint
from app.services.store.store import Notice, Store
from tests.faults.store_sample import KEY
from tests.faults.sync_server import ServerModel, offline
from tests.unit.services.sync_case import Clock, Desk


def at_once(function: Callable[..., Any], *arguments: object) -> Any:
    return function(*arguments)


class Office:
    """Workspaces that claim their codes at one server."""

    def __init__(self, folder: Path, ends: ExitStack) -> None:
        self.folder, self.ends = folder, ends
        self.clock = Clock()
        self.server = ServerModel(self.clock)
        self.told: list[str] = []

    def open(self, name: str) -> Store:
        store = Store.open(self.folder / name, KEY)
        self.ends.callback(store.close)
        return store

    def claiming(self, store: Store, claims: Any = None) -> DeskClaim:
        def told(notice: Notice) -> None:
            self.told.append(notice.code)

        return DeskClaim(store, at_once, claims or self.server, self.clock, told)

    def copy(self, name: str, to: str) -> None:
        """A copy of a workspace that nobody has open."""
        shutil.copytree(self.folder / name, self.folder / to)

    def receipt(self, store: Store) -> str:
        found = store.take_receipt(self.clock())
        assert is_receipt(found)
        return found


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with ExitStack() as ends:
        yield Office(tmp_path, ends)


def test_two_desks_of_one_code_give_different_receipts_once_they_claimed(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = iter("A1B2A1B2")
    with monkeypatch.context() as patch:
        patch.setattr("app.services.store.store.secrets.choice", lambda _: next(codes))
        one, two = office.open("one"), office.open("two")
    assert one.desk == two.desk == "A1B2"
    before = office.receipt(two)
    assert before == office.receipt(one), "the same number: what the claim is for"
    for store in (one, two):
        assert office.claiming(store).claim()
    assert one.desk == "A1B2" != two.desk
    assert office.told == ["desk_taken"]
    assert office.receipt(one) != office.receipt(two)
    entry = two.audit_entries()[-1]
    assert (entry.action, entry.detail) == (
        "desk_code_changed", {"from": "A1B2", "to": two.desk, "reason": "taken"},
    )  # fmt: skip
    assert two.audit_verify().holds
    assert two.desks.codes() == (two.desk, "A1B2")


def test_two_cases_of_one_receipt_are_told_apart_by_showing_both(tmp_path: Path) -> None:
    clock = Clock()
    ada = Desk(tmp_path / "ada", ServerModel(clock), clock, "ada")
    try:
        given = ada.store.take_receipt(clock())
        ada.store.take_receipt = lambda _at: given  # type: ignore[method-assign]
        one, two = ada.take_in(b"one"), ada.take_in(b"two")
        with pytest.raises(Rejected) as refused:
            ada.store.find(given.lower())
        assert one in refused.value.next_step
        assert two in refused.value.next_step
        assert set(ada.store.queue(QueueQuery(text=given, statuses=()))) == {one, two}
        assert ada.store.find(two) == two
    finally:
        ada.store.close()


def test_the_new_code_stays_over_the_end_of_the_program(office: Office) -> None:
    store = office.open("one")
    first = store.desk
    office.server.claim_desk(first, "somebody else")
    office.claiming(store).claim()
    code = store.desk
    assert code != first
    store.close()
    assert office.open("one").desk == code


def test_another_program_in_the_same_workspace_uses_the_new_code_at_once(office: Office) -> None:
    window, command = office.open("one"), office.open("one")
    office.server.claim_desk(window.desk, "somebody else")
    office.claiming(window).claim()
    assert window.desk in office.receipt(command)


def test_a_desk_keeps_its_code_over_its_openings(office: Office) -> None:
    for _ in range(4):
        store = office.open("one")
        code = store.desk
        assert office.claiming(store).claim()
        store.close()
    assert office.told == []
    assert set(office.server.desks) == {code, *(f"{code}-{n}" for n in range(1, 5))}


def test_a_claim_whose_answer_was_lost_is_no_other_desk(office: Office) -> None:
    store = office.open("one")

    class Lossy:
        lost = 2

        def claim_desk(self, code: str, workspace: str) -> bool:
            found = office.server.claim_desk(code, workspace)
            if self.lost:
                self.lost -= 1
                raise offline()
            return found

    lossy = Lossy()
    for _ in range(2):
        with pytest.raises(Offline):
            office.claiming(store, lossy).claim()
        store.close()
        store = office.open("one")
    code = store.desk
    assert office.claiming(store, lossy).claim()
    assert (store.desk, office.told) == (code, [])


def test_of_two_copies_in_use_one_gets_a_code_of_its_own(office: Office) -> None:
    store = office.open("one")
    office.claiming(store).claim()
    code = store.desk
    store.close()
    office.copy("one", "copy")
    one, copy = office.open("one"), office.open("copy")
    office.claiming(copy).claim()
    office.claiming(one).claim()
    assert {one.desk, copy.desk} > {code}
    assert one.desk != copy.desk
    assert office.told == ["desk_copied"]
    for store in (one, copy):
        store.close()
    for name in ("one", "copy"):  # and they go on beside each other
        again = office.open(name)
        office.claiming(again).claim()
    assert office.told == ["desk_copied"]


def test_a_workspace_restored_from_a_backup_gives_no_receipt_twice(office: Office) -> None:
    store = office.open("one")
    office.claiming(store).claim()
    store.close()
    office.copy("one", "backup")
    store = office.open("one")
    office.claiming(store).claim()
    given = [office.receipt(store) for _ in range(3)]
    store.close()
    shutil.rmtree(office.folder / "one")
    office.copy("backup", "one")
    restored = office.open("one")
    office.claiming(restored).claim()
    assert office.told == ["desk_copied"]
    assert not set(given) & {office.receipt(restored) for _ in range(3)}


def test_a_workspace_that_lies_elsewhere_has_a_new_code_without_a_network(office: Office) -> None:
    store = office.open("one")
    office.claiming(store).look(office.folder / "one")
    office.claiming(store).look(office.folder / "one")
    assert office.told == []
    code = store.desk
    store.close()
    office.copy("one", "copy")
    copy = office.open("copy")
    office.claiming(copy, claims=object()).look(office.folder / "copy")
    assert office.told == ["desk_moved"]
    assert copy.desk != code


def test_a_desk_that_stays_open_claims_anew_now_and_then(office: Office) -> None:
    store = office.open("one")
    claiming = office.claiming(store)
    assert claiming.claim()
    assert not claiming.claim()
    office.clock.now += EVERY + timedelta(seconds=1)
    assert claiming.claim()
    assert office.server.counts["claim_desk"] == 3, "the code once, and each opening"


def test_checkpoints_put_down_under_the_old_code_still_count(office: Office) -> None:
    store = office.open("one")
    store.note("opened", "ada", office.clock(), None, {})
    sequence, digest = store.moving.audit_head() or (0, "")
    private, public = new_key()
    at = office.clock()
    made = KeptCheckpoint(Checkpoint(store.desk, sequence, digest, at), "ada", at, "")
    signed = sign_checkpoint(private, kept_checkpoint_document(made))
    store.remember(KEPT, kept_checkpoint_document(replace(made, signature=signed)))
    assert altered_since(store, public) is None
    store.take_new_desk("taken", office.clock())
    assert altered_since(store, public) is None
    other = replace(made, checkpoint=replace(made.checkpoint, desk="ZZZZ"))
    signed = sign_checkpoint(private, kept_checkpoint_document(other))
    store.remember(KEPT, kept_checkpoint_document(replace(other, signature=signed)))
    assert altered_since(store, public) == sequence
