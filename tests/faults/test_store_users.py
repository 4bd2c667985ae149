"""After a rescue the same people work in a workspace: nobody comes in who could not, nobody is locked out."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.domain.errors import Rejected, SignInRequired, StorageFailed
from app.domain.review_queue import ReviewQuery
from app.domain.role import Right, Role
from app.services.access import Access, VerifierCost
from app.services.change_log import ChangeLog
from app.services.request_import import RequestImport
from app.services.review_queue import ReviewQueue
from app.services.store import schema
from app.services.store.head import PAGE
from app.services.store.packing import pack
from app.services.store.store import Store
from tests.faults.store_sample import KEY
from tests.unit.domain.test_imported import REQUEST

CHEAP = VerifierCost(memory=8, rounds=1, lanes=1)
PASS = "a passphrase of a test"


def now() -> datetime:
    return datetime.now(UTC)


def filled(folder: Path) -> Store:
    store = Store.open(folder, KEY)
    access = Access(store, "somebody", now, CHEAP)
    access.add("root", "", (), PASS, "somebody")
    access.sign_in("root", PASS)
    access.add("nora", "Nora", (Role.UR_SPECIALIST,), PASS, "root")
    access.sign_in("nora", PASS)
    changes = ChangeLog(store, lambda form_type, version: None, check=access.check, present=access.present)
    for number in range(2):
        content = json.dumps({**REQUEST, "request_id": f"q{number}"}).encode()
        RequestImport(changes).take(content, "nora")
    (first, *_) = ReviewQueue(changes).ids(ReviewQuery())
    ReviewQueue(changes).open_case(first, "nora")
    with store._database.transaction():
        store._database.run(
            "INSERT INTO reviews (review_id, case_number, body) VALUES ('v1', 1, ?)",
            (pack({"review_id": "v1"}),),
        )
    return store


def damage(folder: Path, place: Callable[[Store], int]) -> None:
    store = Store.open(folder, KEY)
    at = place(store)
    store.close()
    path = folder / "store.db"
    altered = bytearray(path.read_bytes())
    altered[at] ^= 4
    path.write_bytes(altered)


def test_users_and_reviews_come_over(tmp_path: Path) -> None:
    store = filled(tmp_path / "w")
    rows = store.review_rows(store.review_queue(ReviewQuery()))
    users = store.users.all()
    store.close()
    damage(tmp_path / "w", lambda _store: 40)  # the first page, which is kept twice
    store = Store.open(tmp_path / "w", KEY)
    assert [n.code for n in store.notices] == ["store_rescued"]
    assert store.users.all() == users
    assert store.review_rows(store.review_queue(ReviewQuery())) == rows
    assert store._database.all("SELECT review_id, case_number, body FROM reviews") == [
        ("v1", 1, pack({"review_id": "v1"}))
    ]
    access = Access(store, "somebody", now, CHEAP)
    with pytest.raises(SignInRequired):
        access.check("somebody", Right.TAKE_IN)
    assert access.sign_in("nora", PASS).title == "Nora"
    with pytest.raises(Rejected):
        access.sign_in("nora", "another passphrase")
    store.close()


def test_a_workspace_whose_users_cannot_be_read_says_so(tmp_path: Path) -> None:
    filled(tmp_path / "w").close()

    def users_page(store: Store) -> int:
        row = store._database.one("SELECT rootpage FROM sqlite_master WHERE name = 'users'")
        assert row
        return (int(row[0]) - 1) * PAGE + 300

    damage(tmp_path / "w", users_page)
    store = Store.open(tmp_path / "w", KEY)
    with pytest.raises(StorageFailed):
        store.users.all()
    store.close()
    store = Store.open(tmp_path / "w", KEY)
    assert [n.code for n in store.notices] == ["store_rescued_in_part"]
    assert len(store.review_queue(ReviewQuery())) == 2
    store.close()


def test_what_an_earlier_program_had_not_made_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr("app.services.store.store.MIGRATIONS", schema.MIGRATIONS[:2])
        Store.open(tmp_path / "w", KEY).close()
    path = tmp_path / "w" / "store.db"
    altered = bytearray(path.read_bytes())
    altered[40] ^= 4
    path.write_bytes(altered)
    store = Store.open(tmp_path / "w", KEY)
    assert [n.code for n in store.notices] == ["store_rescued"]
    assert store.users.all() == {}
    store.close()
