"""The store: what is in it is saved, and what is called saved is in it."""

from __future__ import annotations

import multiprocessing
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path

import pytest

from app.domain.box import Box
from app.domain.case import IntakeStatus, Json, case_from
from app.domain.change import MISSING, Action, Change, Write, inverse
from app.domain.draft import Draft
from app.domain.errors import Conflict, NoSuchCase, Rejected
from app.domain.extraction import PageText, Word
from app.domain.projection import after
from app.domain.queue import row_of
from app.domain.receipt import is_receipt
from app.services.store.store import Store
from tests.faults.store_sample import KEY, NOW, edit, received, value_of


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "workspace", KEY)
    yield opened
    opened.close()


def keep(store: Store, number: int = 1, sha256: str = "") -> Json:
    change, document = received(number, store.take_receipt(NOW), random.Random(number), sha256=sha256)
    store.commit(change, document, base_revision=None)
    return document


def reopened(store: Store) -> Store:
    store.close()
    return Store.open(store._folder, KEY)


def test_a_case_comes_back_as_it_was_kept(store: Store) -> None:
    document = keep(store)
    assert store.case_document(document["case_id"]) == document
    assert list(store.case_document(document["case_id"])["fields"]) == list(document["fields"])


def test_everything_is_there_after_closing_and_opening(store: Store) -> None:
    document = keep(store)
    change, edited = edit(document, "e1", "field_05", "corrected")
    store.commit(change, edited, base_revision=document["_meta"]["rev"])
    store.keep_draft(document["case_id"], "field_06", Draft("half a wo", 9, 4))
    store.remember("view", {"zoom": 1.5})
    desk = store.desk
    again = reopened(store)
    try:
        case_id = document["case_id"]
        assert value_of(again.case_document(case_id), "field_05") == "corrected"
        assert again.history(case_id)[-1] == change
        assert again.drafts(case_id) == {"field_06": Draft("half a wo", 9, 4)}
        assert again.recall("view") == {"zoom": 1.5}
        assert again.desk == desk
        assert again.notices == ()
    finally:
        again.close()


def test_a_change_comes_back_exactly_with_what_was_missing_and_what_was_null(store: Store) -> None:
    document = keep(store)
    writes = (
        Write("assigned_to", document["assigned_to"], "desk 9"),
        Write("extra.list", MISSING, [1, 2.5, True, None, "\ud83d", "é\x00"]),
        Write("reason", MISSING, None),
        Write("fields.field_05.at", None, "2026-01-01T00:00:00.000000Z"),
    )
    at = NOW.astimezone(timezone(timedelta(hours=-5))) + timedelta(microseconds=123)
    change = Change("c2", document["case_id"], Action.CORRECTED, "Zoë", at, writes, ("a", "b"))
    store.commit(change, after(document, change, None), base_revision=document["_meta"]["rev"])
    assert store.history(document["case_id"])[-1] == change
    assert store.history(document["case_id"])[-1].writes[1].base is MISSING


def test_a_change_that_takes_a_path_away_round_trips(store: Store) -> None:
    document = keep(store)
    change = Change(
        "c2",
        document["case_id"],
        Action.CORRECTED,
        "a",
        NOW,
        (Write("line_of_business", "medicaid", MISSING),),
    )
    gone = after(document, change, None)
    store.commit(change, gone, base_revision=document["_meta"]["rev"])
    undone = inverse(change, "c3", "a", NOW)
    store.commit(undone, after(gone, undone, None), base_revision="c2")
    assert store.history(document["case_id"])[1:] == (change, undone)
    assert store.case_document(document["case_id"])["line_of_business"] == "medicaid"


def test_history_is_in_the_order_of_the_changes(store: Store) -> None:
    document = keep(store)
    names = [f"e{n}" for n in range(20)]
    random.Random(3).shuffle(names)
    for name in names:
        change, edited = edit(document, name, "field_05", name)
        store.commit(change, edited, base_revision=document["_meta"]["rev"])
        document = edited
    assert [c.change_id for c in store.history(document["case_id"])][1:] == names


def test_the_same_change_twice_is_kept_once(store: Store) -> None:
    document = keep(store)
    change, edited = edit(document, "e1", "field_05", "x")
    for _ in range(2):
        store.commit(change, edited, base_revision=document["_meta"]["rev"])
    later, latest = edit(edited, "e2", "field_05", "y")
    store.commit(later, latest, base_revision="e1")
    store.commit(
        change, edited, base_revision=document["_meta"]["rev"]
    )  # a late repetition takes nothing back
    assert len(store.history(document["case_id"])) == 3
    assert value_of(store.case_document(document["case_id"]), "field_05") == "y"
    assert store.waiting() == 3


def test_a_change_made_on_an_older_state_is_refused(store: Store) -> None:
    document = keep(store)
    change, edited = edit(document, "e1", "field_05", "mine")
    store.commit(change, edited, base_revision=document["_meta"]["rev"])
    late, stale = edit(document, "e2", "field_05", "theirs")
    with pytest.raises(Conflict) as caught:
        store.commit(late, stale, base_revision=document["_meta"]["rev"])
    assert caught.value.code == "case_moved"
    assert value_of(store.case_document(document["case_id"]), "field_05") == "mine"
    assert len(store.history(document["case_id"])) == 2


def test_a_new_case_does_not_overwrite_one_that_is_there(store: Store) -> None:
    document = keep(store)
    change, other = received(1, "R-2611-0000-0009-X", random.Random(9))
    change, other = replace(change, change_id="other"), {**other, "_meta": {**other["_meta"], "rev": "other"}}
    with pytest.raises(Conflict):
        store.commit(change, other, base_revision=None)
    assert store.case_document(document["case_id"]) == document


def test_a_change_to_a_case_that_is_not_there_is_refused(store: Store) -> None:
    _, document = received(1, "R-2611-0000-0009-X", random.Random(9))
    change, edited = edit(document, "e1", "field_05", "x")
    with pytest.raises(NoSuchCase):
        store.commit(change, edited, base_revision="c1-0")


def test_a_document_that_is_not_what_the_change_leads_to_is_a_bug(store: Store) -> None:
    document = keep(store)
    change, _ = edit(document, "e1", "field_05", "x")
    with pytest.raises(ValueError, match="not the one"):
        store.commit(change, document, base_revision=document["_meta"]["rev"])


def test_a_commit_that_fails_half_way_leaves_nothing_behind(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = keep(store)
    change, edited = edit(document, "e1", "field_05", "x")

    def fail(*_: object) -> None:
        raise RuntimeError("a bug in the middle")

    with monkeypatch.context() as patch:
        patch.setattr(store._index, "put", fail)
        with pytest.raises(RuntimeError):
            store.commit(change, edited, base_revision=document["_meta"]["rev"])
    assert len(store.history(document["case_id"])) == store.waiting() == 1
    assert store.case_document(document["case_id"]) == document
    store.commit(change, edited, base_revision=document["_meta"]["rev"])
    assert store.audit_verify().holds


def test_a_case_that_is_not_there_is_told_in_a_sentence(store: Store) -> None:
    for ask in (store.case_document, store.history, store.drafts, store.find):
        with pytest.raises(NoSuchCase) as caught:
            ask("no-such-case")
        assert caught.value.reason.endswith(".")
        assert caught.value.next_step


# Receipts


def test_receipts_are_running_numbers_with_a_check_character(store: Store) -> None:
    given = [store.take_receipt(NOW) for _ in range(50)]
    assert len(set(given)) == 50
    assert all(is_receipt(r) and f"-{store.desk}-" in r for r in given)
    again = reopened(store)
    try:
        assert again.take_receipt(NOW) not in given
    finally:
        again.close()


def _take(folder: Path, count: int) -> list[str]:
    store = Store.open(folder, KEY)
    try:
        return [store.take_receipt(NOW) for _ in range(count)]
    finally:
        store.close()


def _arrive(folder: Path, offset: int) -> list[str]:
    """Take the same files in, as another process may at the same moment; says which were refused."""
    store = Store.open(folder, KEY)
    refused = []
    try:
        for n in range(20):
            change, document = received(
                offset + n, store.take_receipt(NOW), random.Random(n), sha256=f"{n:064x}", count=4
            )
            try:
                store.commit(change, document, base_revision=None)
            except Conflict as error:
                refused.append(f"{error.code} {n}")
    finally:
        store.close()
    return refused


def test_two_processes_never_get_the_same_receipt(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        given = pool.starmap(_take, [(tmp_path, 100)] * 3)
        pool.close()
        pool.join()
    every = [r for part in given for r in part]
    assert len(set(every)) == 300


def test_two_processes_that_take_in_the_same_bytes_make_one_case(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        refused = pool.starmap(_arrive, [(tmp_path, 1000), (tmp_path, 2000)])
        pool.close()
        pool.join()
    assert sorted(refused[0] + refused[1]) == sorted(f"same_content {n}" for n in range(20))
    store = Store.open(tmp_path, KEY)
    try:
        assert sum(store.counts().values()) == 20
        assert all(len(store.cases_with_content(f"{n:064x}")) == 1 for n in range(20))
        assert store.audit_verify().holds
    finally:
        store.close()


def test_a_case_is_found_by_its_id_and_by_its_receipt_as_typed(store: Store) -> None:
    document = keep(store)
    receipt, case_id = document["receipt"], document["case_id"]
    for typed in (
        case_id,
        case_id.upper(),
        receipt,
        f"  {receipt.lower()} ",
        receipt.replace("0", "o"),
        receipt.replace("-", ""),
        receipt.replace("-", " "),
    ):
        assert store.find(typed) == case_id


# Files


def test_a_file_that_arrives_again_is_refused_with_the_case_it_belongs_to(store: Store) -> None:
    first = keep(store, 1, sha256="a" * 64)
    change, document = received(2, store.take_receipt(NOW), random.Random(2), sha256="a" * 64)
    with pytest.raises(Conflict) as caught:
        store.commit(change, document, base_revision=None)
    assert caught.value.code == "same_content"
    assert caught.value.params["case_id"] == first["case_id"]


def test_further_forms_of_a_file_become_cases_of_their_own(store: Store) -> None:
    keep(store, 1, sha256="a" * 64)
    change, document = received(2, store.take_receipt(NOW), random.Random(2), sha256="a" * 64)
    store.commit(replace(change, action=Action.READ), document, base_revision=None)
    assert store.cases_with_content("a" * 64) == (f"{1:032x}", f"{2:032x}")
    assert store.cases_with_content("b" * 64) == ()


# Drafts and what is remembered


def test_a_change_takes_the_drafts_it_settles_with_it(store: Store) -> None:
    document = keep(store)
    case_id = document["case_id"]
    for path in ("field_05", "field_06"):
        store.keep_draft(case_id, path, Draft("typing", 1, 1))
    store.keep_draft(case_id, "field_05", Draft("typed \ud800 more", 10, 2))
    assert store.drafts(case_id)["field_05"] == Draft("typed \ud800 more", 10, 2)
    change, edited = edit(document, "e1", "field_05", "typed more")
    store.commit(change, edited, ("field_05",), base_revision=document["_meta"]["rev"])
    assert list(store.drafts(case_id)) == ["field_06"]
    store.drop_draft(case_id, "field_06")
    store.drop_draft(case_id, "field_06")
    assert store.drafts(case_id) == {}


def test_a_draft_needs_its_case(store: Store) -> None:
    with pytest.raises(NoSuchCase):
        store.keep_draft("nowhere", "field_05", Draft("x", 1, 1))


def test_what_is_remembered_last_counts(store: Store) -> None:
    assert store.recall("view/1") is None
    store.remember("view/1", {"page": 1})
    store.remember("view/1", {"page": 2, "turns": [[1, 2]]})
    assert store.recall("view/1") == {"page": 2, "turns": [[1, 2]]}


def test_words_come_back_with_their_places(store: Store) -> None:
    texts = (
        PageText(
            1, (Word("Member", Box(0.1, 0.2, 0.33333, 0.4), 0.9876), Word('"ID"', Box(0.0, 0.0, 1.0, 1.0)))
        ),
        PageText(2, ()),
    )
    store.keep_words("a" * 64, texts)
    assert store.words("a" * 64) == texts
    store.keep_words("a" * 64, texts[:1])
    assert store.words("a" * 64) == texts[:1]
    assert store.words("b" * 64) == ()


# The trail and the outbox


def test_every_change_waits_for_the_network_from_the_first_on(store: Store) -> None:
    document = keep(store)
    change, edited = edit(document, "e1", "field_05", "x")
    store.commit(change, edited, base_revision=document["_meta"]["rev"])
    first, second = store.outbox(10)
    assert (first.change.change_id, first.base_revision) == ("c1-0", None)
    assert (second.change, second.base_revision) == (change, "c1-0")
    assert len(store.outbox(1)) == 1
    assert store.waiting() == 2


def test_the_trail_tells_changes_and_reads_without_what_is_in_them(store: Store) -> None:
    document = keep(store)
    store.note("opened", "R. Okafor", NOW, document["case_id"], {"screen": "intake"})
    change, edited = edit(document, "e1", "field_05", "a secret value")
    store.commit(change, edited, base_revision=document["_meta"]["rev"])
    entries = store.audit_entries(document["case_id"])
    assert [e.action for e in entries] == ["received", "opened", "corrected"]
    assert "a secret value" not in repr(entries)
    report = store.audit_verify()
    assert (report.holds, report.entries, report.broken_at) == (True, 3, None)


@pytest.mark.parametrize(
    ("tampering", "broken_at"),
    [
        ("UPDATE audit SET body = replace(body, 'R. Okafor', 'somebody else') WHERE sequence = 3", 3),
        ("UPDATE audit SET hash = zeroblob(32) WHERE sequence = 2", 2),
        ("UPDATE audit SET case_id = 'another' WHERE sequence = 4", 4),
        ("DELETE FROM audit WHERE sequence = 3", 3),
        ("DELETE FROM audit WHERE sequence = 1", 1),
        ("DELETE FROM audit WHERE sequence >= 5", 5),
        ("UPDATE changes SET body = (SELECT body FROM changes WHERE number = 1) WHERE number = 3", 3),
        ("PRAGMA foreign_keys = OFF; DELETE FROM changes WHERE number = 4", 4),
        ("UPDATE audit SET sequence = 100 WHERE sequence = 5", 5),
    ],
)
def test_tampering_breaks_the_trail_where_it_happened(store: Store, tampering: str, broken_at: int) -> None:
    document = keep(store)
    for n in range(4):
        change, edited = edit(document, f"e{n}", "field_05", f"v{n}")
        store.commit(change, edited, base_revision=document["_meta"]["rev"])
        document = edited
    for (trigger,) in store._database.all("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
        store._database.run(f"DROP TRIGGER {trigger}")
    for statement in tampering.split("; "):
        store._database.run(statement)
    report = store.audit_verify()
    assert (report.holds, report.broken_at) == (False, broken_at)
    assert report.reason


def test_two_entries_that_changed_places_break_the_trail(store: Store) -> None:
    for n in range(4):
        store.note("opened", "a", NOW, None, {"n": n})
    for (trigger,) in store._database.all("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
        store._database.run(f"DROP TRIGGER {trigger}")
    for old, new in ((2, 99), (3, 2), (99, 3)):
        store._database.run("UPDATE audit SET sequence = ? WHERE sequence = ?", (new, old))
    assert store.audit_verify().broken_at == 2


@pytest.mark.parametrize("table", ["changes", "audit"])
def test_changes_and_the_trail_can_only_be_added_to(store: Store, table: str) -> None:
    keep(store)
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET body = ''"):
        with pytest.raises(Exception, match="append-only"):
            store._database.run(statement)


def test_counts_say_how_many_there_are_of_each_status(store: Store) -> None:
    documents = [keep(store, n) for n in range(1, 7)]
    counts = store.counts()
    assert counts[IntakeStatus.VERIFIED] == sum(d["intake_status"] == "verified" for d in documents) == 1
    assert counts[IntakeStatus.NEEDS_REVIEW] == 5
    assert counts[IntakeStatus.UNREADABLE] == 0


def test_rows_are_what_the_cases_say_in_the_order_asked_for(store: Store) -> None:
    documents = [keep(store, n) for n in range(1, 5)]
    wanted = [documents[2], documents[0], documents[3]]
    rows = store.rows([d["case_id"] for d in wanted] + ["nowhere"])
    assert rows == tuple(row_of(case_from(d)) for d in wanted)


def test_a_backup_opens_under_the_same_key_and_holds_everything(store: Store, tmp_path: Path) -> None:
    document = keep(store)
    target = tmp_path / "backups" / "store.db"
    store.backup(target)
    restored = tmp_path / "restored"
    restored.mkdir()
    target.rename(restored / "store.db")
    copy = Store.open(restored, KEY)
    try:
        assert copy.case_document(document["case_id"]) == document
        assert copy.audit_verify().holds
    finally:
        copy.close()
    assert sorted(p.name for p in target.parent.iterdir()) == []


def test_a_backup_overwrites_nothing(store: Store, tmp_path: Path) -> None:
    target = tmp_path / "there.db"
    target.write_bytes(b"precious")
    with pytest.raises(Rejected):
        store.backup(target)
    assert target.read_bytes() == b"precious"


def test_closing_twice_is_closing(store: Store) -> None:
    store.close()
    store.close()
