"""Opening the database: encrypted, durable, the right key, the right schema, or a sentence that says why not."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlcipher3

from app.domain.errors import Actionable, Locked, StorageFailed
from app.services.store import database as database_module
from app.services.store import failure, presence
from app.services.store.database import Database, Migration
from app.services.store.key import derived
from app.services.store.schema import MIGRATIONS
from app.services.store.store import Store
from tests.faults.store_sample import KEY, NOW, received

STORE_KEY = derived(KEY, "store")
NEXT = Migration(MIGRATIONS[-1].version + 1, "a test", ("CREATE TABLE added (a TEXT)",))


def keep(store: Store, number: int = 1) -> str:
    change, document = received(number, store.take_receipt(NOW), random.Random(number))
    store.commit(change, document, base_revision=None)
    return change.case_id


def filled(folder: Path) -> Path:
    store = Store.open(folder, KEY)
    keep(store)
    store.close()
    return folder


def test_the_database_is_set_up_to_be_durable(tmp_path: Path) -> None:
    database = Database(tmp_path / "store.db", KEY)
    try:
        asked = {
            name: str(database.one(f"PRAGMA {name}")[0])  # type: ignore[index]
            for name in (
                "journal_mode",
                "synchronous",
                "foreign_keys",
                "fullfsync",
                "temp_store",
                "trusted_schema",
            )
        }
    finally:
        database.close()
    assert asked == {
        "journal_mode": "wal",
        "synchronous": "2",
        "foreign_keys": "1",
        "fullfsync": "1",
        "temp_store": "2",
        "trusted_schema": "0",
    }


def test_nothing_of_a_case_can_be_read_from_the_files(tmp_path: Path) -> None:
    store = Store.open(tmp_path, KEY)
    case_id = keep(store)
    patient = store.rows([case_id])[0].patient
    open_files = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    store.close()
    for content in (*open_files.values(), *(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())):
        for secret in (*patient.split(), case_id, "fax_0", "tx_nofr001", "SQLite format"):
            assert secret.encode() not in content
    assert any(p.name == "store.db-wal" for p in open_files)


def test_a_wrong_key_is_told_and_changes_nothing(tmp_path: Path) -> None:
    filled(tmp_path)
    before = (tmp_path / "store.db").read_bytes()
    with pytest.raises(Locked) as caught:
        Store.open(tmp_path, bytes(32))
    assert caught.value.code == "wrong_key"
    assert (tmp_path / "store.db").read_bytes() == before
    assert not (tmp_path / "damaged").exists()


def test_a_wrong_key_is_told_also_without_the_fingerprint(tmp_path: Path) -> None:
    filled(tmp_path)
    (tmp_path / "store.check").unlink()
    with pytest.raises(Locked):
        Store.open(tmp_path, bytes(32))
    Store.open(tmp_path, KEY).close()
    assert (tmp_path / "store.check").exists()


def test_a_damaged_fingerprint_locks_nobody_out(tmp_path: Path) -> None:
    filled(tmp_path)
    whole = (tmp_path / "store.check").read_bytes()
    (tmp_path / "store.check").write_bytes(whole[:-1] + b"?")
    Store.open(tmp_path, KEY).close()
    assert (tmp_path / "store.check").read_bytes() == whole


def test_a_store_that_is_not_encrypted_is_refused(tmp_path: Path) -> None:
    plain = sqlite3.connect(tmp_path / "store.db")
    plain.execute("CREATE TABLE cases (a)")
    plain.close()
    with pytest.raises(Locked) as caught:
        Store.open(tmp_path, KEY)
    assert caught.value.code == "store_not_encrypted"


def test_a_store_that_is_gone_is_not_silently_begun_anew(tmp_path: Path) -> None:
    filled(tmp_path)
    (tmp_path / "store.db").unlink()
    with pytest.raises(StorageFailed) as caught:
        Store.open(tmp_path, KEY)
    assert caught.value.code == "store_gone"
    assert not (tmp_path / "store.db").exists()


def test_a_newer_schema_is_refused_and_left_alone(tmp_path: Path) -> None:
    filled(tmp_path)
    database = Database(tmp_path / "store.db", STORE_KEY)
    database.migrate((*MIGRATIONS, NEXT), alone=True, backups=tmp_path / "backups")
    database.close()
    before = (tmp_path / "store.db").read_bytes()
    with pytest.raises(StorageFailed) as caught:
        Store.open(tmp_path, KEY)
    assert caught.value.code == "store_newer"
    assert (tmp_path / "store.db").read_bytes() == before


def test_a_migration_is_recorded_and_backed_up_first(tmp_path: Path) -> None:
    filled(tmp_path)
    database = Database(tmp_path / "store.db", STORE_KEY)
    database.migrate((*MIGRATIONS, NEXT), alone=True, backups=tmp_path / "backups")
    recorded = database.all("SELECT version, name FROM migrations ORDER BY version")
    assert recorded[-1] == (NEXT.version, "a test")
    assert database.version == NEXT.version
    database.close()
    (copy,) = (tmp_path / "backups").iterdir()
    backup = Database(copy, STORE_KEY)
    assert backup.version == MIGRATIONS[-1].version
    assert backup.one("SELECT count(*) FROM cases") == (1,)
    backup.close()


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    filled(tmp_path)
    database = Database(tmp_path / "store.db", STORE_KEY)
    broken = Migration(
        NEXT.version, "broken", ("CREATE TABLE added (a TEXT)", "INSERT INTO nowhere VALUES (1)")
    )
    with pytest.raises(sqlcipher3.OperationalError):
        database.migrate((*MIGRATIONS, broken), alone=True, backups=tmp_path / "backups")
    assert database.version == MIGRATIONS[-1].version
    assert database.one("SELECT 1 FROM sqlite_master WHERE name = 'added'") is None
    database.close()


def test_no_migration_while_an_older_program_has_the_store_open(tmp_path: Path) -> None:
    filled(tmp_path)
    database = Database(tmp_path / "store.db", STORE_KEY)
    with pytest.raises(StorageFailed) as caught:
        database.migrate((*MIGRATIONS, NEXT), alone=False, backups=tmp_path / "backups")
    assert caught.value.code == "older_open"
    assert database.version == MIGRATIONS[-1].version
    database.close()


def test_two_may_have_the_workspace_open_and_see_each_others_work(tmp_path: Path) -> None:
    window = Store.open(tmp_path, KEY)
    command = Store.open(tmp_path, KEY)
    case_id = keep(command)
    assert window.case_document(case_id) == command.case_document(case_id)
    command.close()
    keep(window, 2)
    window.close()
    assert [p.name for p in (tmp_path / "open").iterdir()] == ["turn"]


def test_a_writer_that_does_not_let_go_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "_BUSY", 50)
    window = Store.open(tmp_path, KEY)
    other = Store.open(tmp_path, KEY)
    with window._database.transaction(), pytest.raises(StorageFailed) as caught:
        other.take_receipt(NOW)
    assert caught.value.code == "workspace_busy"
    assert other.take_receipt(NOW)
    other.close()
    window.close()


def test_a_process_that_never_ends_opening_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "_PATIENCE", 0.05)
    with presence.turn(tmp_path), pytest.raises(StorageFailed) as caught, presence.turn(tmp_path):
        pass
    assert caught.value.code == "workspace_busy"


def _die_with_it_open(folder: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from app.services.store.store import Store;"
        f"s = Store.open(Path(sys.argv[1]), {KEY!r}); s.remember('a', {{'b': 1}}); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", code, str(folder)], check=False).returncode == 9


def test_after_an_unclean_end_the_store_is_checked_before_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[Path] = []
    check = Database.check
    monkeypatch.setattr(Database, "check", lambda self: (checked.append(self.path), check(self))[1])
    filled(tmp_path)
    Store.open(tmp_path, KEY).close()
    assert checked == []
    _die_with_it_open(tmp_path)
    store = Store.open(tmp_path, KEY)
    assert checked == [tmp_path / "store.db"]
    assert store.recall("a") == {"b": 1}
    assert store.notices == ()
    store.close()
    Store.open(tmp_path, KEY).close()
    assert len(checked) == 1


def test_what_the_system_refuses_becomes_words_and_what_is_wrong_with_us_stays_a_bug(tmp_path: Path) -> None:
    def raised(code: int) -> Actionable | None:
        error = sqlcipher3.OperationalError("said by the library")
        error.sqlite_errorcode = code
        return failure.of_store(error, tmp_path)

    codes = {
        sqlcipher3.SQLITE_FULL: "disk_full",
        sqlcipher3.SQLITE_IOERR: "disk_failed",
        sqlcipher3.SQLITE_IOERR | 4 << 8: "disk_failed",
        sqlcipher3.SQLITE_BUSY: "workspace_busy",
        sqlcipher3.SQLITE_READONLY: "not_writable",
        sqlcipher3.SQLITE_CANTOPEN: "not_writable",
        sqlcipher3.SQLITE_CORRUPT: "store_damaged",
        sqlcipher3.SQLITE_NOTADB: "wrong_key",
    }
    for code, name in codes.items():
        told = raised(code)
        assert told is not None
        assert told.code == name
        assert told.reason.endswith(".")
        assert told.next_step.endswith(".")
    for code in (sqlcipher3.SQLITE_CONSTRAINT, sqlcipher3.SQLITE_ERROR, sqlcipher3.SQLITE_MISUSE):
        assert raised(code) is None


def test_a_file_where_the_folder_should_be_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageFailed):
        Store.open(tmp_path / "file", KEY)


def test_nothing_is_printed_when_a_key_is_wrong(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    filled(tmp_path)
    (tmp_path / "store.check").unlink()
    with pytest.raises(Locked):
        Store.open(tmp_path, bytes(32))
    assert capfd.readouterr() == ("", "")
