"""A flipped bit is never shown as right: told in words, and what can be read is rescued.

The long run: `python -m tests.faults.store_flips`.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.domain.errors import StorageFailed
from app.domain.queue import QueueQuery
from app.services.store import log, rescue
from app.services.store.database import Database
from app.services.store.failure import Damaged
from app.services.store.head import PAGE
from app.services.store.key import derived
from app.services.store.store import Store
from tests.faults import store_flips
from tests.faults.store_flips import EVERY, held, judge, make, make_and_die
from tests.faults.store_sample import KEY, NOW, edit

CASES = 25


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "workspace"
    make(folder, CASES)
    return folder


@pytest.fixture(scope="module")
def died(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose process died: all of it stands in the log."""
    folder = tmp_path_factory.mktemp("died") / "workspace"
    make_and_die(folder)
    return folder


@pytest.fixture
def copy(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "copy"))


@pytest.fixture
def died_copy(died: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(died, tmp_path / "copy"))


def flip(path: Path, place: int) -> None:
    altered = bytearray(path.read_bytes())
    altered[place] ^= 4
    path.write_bytes(altered)


def root_of(folder: Path, name: str) -> int:
    store = Store.open(folder, KEY)
    row = store._database.one("SELECT rootpage FROM sqlite_master WHERE name = ?", (name,))
    store.close()
    assert row
    return int(row[0])


def test_random_flips_in_the_store_are_never_shown_as_right(tmp_path: Path) -> None:
    found = store_flips.run(tmp_path, 20, seed=11)
    assert found.wrong == []
    assert found.outcomes.total() - found.outcomes["unchanged"] > 5


def test_random_flips_in_the_log_are_never_shown_as_right(tmp_path: Path) -> None:
    found = store_flips.run(tmp_path, 12, seed=11, log=True)
    assert found.wrong == []
    assert found.outcomes["unchanged"] < 4


@pytest.mark.parametrize("place", [3, 40, 2000, PAGE - 1])
def test_a_damaged_first_page_costs_nothing(copy: Path, whole: Path, place: int) -> None:
    before = _held(Path(shutil.copytree(whole, copy.with_name("before"))))
    flip(copy / "store.db", place)
    store = Store.open(copy, KEY)
    assert [n.code for n in store.notices] == ["store_rescued"]
    assert held(store) == before
    store.close()


def _held(folder: Path) -> store_flips.Held:
    store = Store.open(folder, KEY)
    try:
        return held(store)
    finally:
        store.close()


def test_a_damaged_table_of_cases_is_made_again_from_the_changes(copy: Path, whole: Path) -> None:
    before = _held(Path(shutil.copytree(whole, copy.with_name("before"))))
    page = root_of(copy, "cases")
    flip(copy / "store.db", (page - 1) * PAGE + 300)
    store = Store.open(copy, KEY)
    with pytest.raises(StorageFailed) as caught:
        held(store)
    assert caught.value.code == "store_damaged"
    store.close()

    store = Store.open(copy, KEY)  # it left word that it has to be looked at
    (notice,) = store.notices
    assert notice.code == "store_rescued_in_part"
    assert notice.next_step
    now = held(store)
    assert now.history == before.history
    assert now.waiting == before.waiting
    assert {i: d["fields"]["field_05"]["corrected_value"] for i, d in now.documents.items()} == {
        i: d["fields"]["field_05"]["corrected_value"] for i, d in before.documents.items()
    }
    assert {i: d["patient"] for i, d in now.documents.items()} == {
        i: d["patient"] for i, d in before.documents.items()
    }
    store.close()
    assert _notices(copy) == []  # told once; the trail keeps it


def _notices(folder: Path) -> list[str]:
    store = Store.open(folder, KEY)
    try:
        return [n.code for n in store.notices]
    finally:
        store.close()


def test_after_a_rescue_work_goes_on_and_no_receipt_is_given_twice(copy: Path) -> None:
    before = Store.open(copy, KEY)
    given = {row.receipt for row in before.rows(before.queue(EVERY))}
    desk = before.desk
    before.close()
    flip(copy / "store.db", 50)
    store = Store.open(copy, KEY)
    case_id = store.queue(EVERY)[0]
    document = store.case_document(case_id)
    change, edited = edit(document, "later", "field_08", "after the rescue")
    store.commit(change, edited, base_revision=document["_meta"]["rev"])
    assert store.take_receipt(NOW) not in given
    assert store.desk != desk
    assert store.audit_verify().holds
    assert store.audit_entries()[-2].action == "store_rescued"
    store.close()


def test_the_damaged_files_are_kept_as_they_were(copy: Path) -> None:
    flip(copy / "store.db", 50)
    damaged = (copy / "store.db").read_bytes()
    Store.open(copy, KEY).close()
    (kept,) = (copy / "damaged").iterdir()
    assert (kept / "store.db").read_bytes() == damaged
    assert not (copy / "store.reading.db").exists()
    assert not (copy / "store.rebuilt.db").exists()


@pytest.mark.parametrize("step", ["_copied", "_readable_copy", "finish"])
def test_a_rescue_that_is_cut_off_is_done_again(
    copy: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    flip(copy / "store.db", 50)

    def cut_off(*_: object) -> object:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(rescue, step, cut_off)
        with pytest.raises(KeyboardInterrupt):
            Store.open(copy, KEY)
    store = Store.open(copy, KEY)
    assert len(held(store).documents) == CASES
    store.close()


def test_nothing_is_rescued_while_another_process_has_the_store_open(copy: Path) -> None:
    other = Store.open(copy, KEY)
    page = other._database.one("SELECT rootpage FROM sqlite_master WHERE name = 'facts'")
    assert page
    flip(copy / "store.db", (page[0] - 1) * PAGE + 300)
    with pytest.raises(StorageFailed) as caught:
        Store.open(copy, KEY)
    assert caught.value.code == "store_damaged"
    assert not (copy / "damaged").exists()
    other.close()


def test_a_damaged_store_is_not_touched_with_a_wrong_key(copy: Path) -> None:
    flip(copy / "store.db", 50)
    with pytest.raises(Exception, match="does not open this workspace"):
        Store.open(copy, bytes(32))
    assert not (copy / "damaged").exists()


@pytest.mark.parametrize("length", [0, 100, PAGE, 20 * PAGE])
def test_a_store_that_was_cut_off_is_told_and_rescued_as_far_as_it_goes(copy: Path, length: int) -> None:
    content = (copy / "store.db").read_bytes()
    (copy / "store.db").write_bytes(content[:length])
    before = store_flips.Held({}, {}, {}, None, 0)
    outcome = judge(before, copy) if length == 0 else ""
    assert not outcome.startswith("wrong")
    store = Store.open(copy, KEY)
    store.close()
    assert (copy / "damaged").exists()


def test_search_never_finds_less_without_a_word(copy: Path) -> None:
    """Full-text search leaves out what it cannot read; the store does not."""
    store = Store.open(copy, KEY)
    pages = [row[0] for row in store._database.all("SELECT id FROM queue_text_data")]
    assert pages
    store.close()
    size = (copy / "store.db").stat().st_size // PAGE
    silent = []
    for page in range(1, size):
        folder = Path(shutil.copytree(copy, copy.with_name(f"page{page}")))
        flip(folder / "store.db", page * PAGE + 1000)
        try:
            store = Store.open(folder, KEY)
        except StorageFailed:
            continue
        try:
            if not store.notices and len(store.queue(QueueQuery(statuses=(), text="fax"))) != CASES:
                silent.append(page)
        except StorageFailed:
            pass
        finally:
            store.close()
            shutil.rmtree(folder)
    assert silent == []


# The log


def test_the_log_of_a_process_that_died_is_whole(died_copy: Path) -> None:
    assert log.examine(died_copy / "store.db-wal") is False
    assert _notices(died_copy) == []


def test_damage_in_front_of_acknowledged_changes_is_told_from_a_write_cut_off(died_copy: Path) -> None:
    path = died_copy / "store.db-wal"
    whole = path.read_bytes()
    frames = (len(whole) - 32) // (24 + PAGE)
    for place in (10, 32 + 30, 32 + (frames // 2) * (24 + PAGE) + 20, 32 + (frames // 2) * (24 + PAGE) + 9):
        path.write_bytes(whole)
        flip(path, place)
        with pytest.raises(Damaged):
            log.examine(path)
    path.write_bytes(whole)
    flip(path, len(whole) - 100)
    assert log.examine(path) is True
    path.write_bytes(whole[:-5000])  # the end of the last write is missing: it was never acknowledged
    assert log.examine(path) is False
    path.write_bytes(whole[:40])
    assert log.examine(path) is False
    path.unlink()
    assert log.examine(path) is False


def test_after_a_write_cut_off_the_person_is_told_and_no_receipt_is_given_twice(died_copy: Path) -> None:
    sound = Store.open(Path(shutil.copytree(died_copy, died_copy.with_name("sound"))), KEY)
    after = sound.take_receipt(NOW)
    sound.close()
    path = died_copy / "store.db-wal"
    flip(path, path.stat().st_size - 100)
    store = Store.open(died_copy, KEY)
    assert [n.code for n in store.notices] == ["last_write_torn"]
    assert store.take_receipt(NOW) > after
    store.close()


def test_the_log_that_was_begun_anew_is_no_damage(tmp_path: Path) -> None:
    """Frames of an earlier round stand behind those of the present one."""
    folder = tmp_path / "workspace"
    store = Store.open(folder, KEY)
    for n in range(30):
        store.remember("view", {"step": n, "text": "x" * 3000})
    store._database.run("PRAGMA wal_checkpoint(FULL)")
    store.remember("view", {"step": 99})
    frozen = Path(shutil.copytree(folder, tmp_path / "frozen"))
    store.close()
    assert log.examine(frozen / "store.db-wal") is False


def test_the_check_in_quiet_moments_sees_damage_nobody_has_read(copy: Path) -> None:
    page = root_of(copy, "queue_by_assigned_to")
    flip(copy / "store.db", (page - 1) * PAGE + 300)
    store = Store.open(copy, KEY)
    with pytest.raises(StorageFailed):
        store.check()
    store.close()
    assert _notices(copy) == ["store_rescued"]


def test_a_page_under_another_number_is_refused(copy: Path) -> None:
    """Two pages that changed places are each whole, and still not taken."""
    content = bytearray((copy / "store.db").read_bytes())
    a, b = 30 * PAGE, 31 * PAGE
    content[a : a + PAGE], content[b : b + PAGE] = content[b : b + PAGE], content[a : a + PAGE]
    (copy / "store.db").write_bytes(content)
    database = Database(copy / "store.db", store_key())
    with pytest.raises(StorageFailed):
        database.check()
    database.close()


def store_key() -> bytes:
    return derived(KEY, "store")
