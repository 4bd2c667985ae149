"""The key of a workspace: never in clear, never guessed cheaply, never lost by a slip."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keyring.backend
import keyring.errors
import pytest

from app.domain.errors import Locked, Rejected
from app.services.store import key as key_module
from app.services.store.key import (
    PASSPHRASE_FILE,
    Cost,
    KeyQuestion,
    change_passphrase,
    derived,
    system_keyring,
    unlock,
)
from app.services.store.store import Store

CHEAP = Cost(rounds=1, memory=64, lanes=1)
PASSPHRASE = "three quiet herons"


class Ring:
    """A keyring in memory, as a system's own behaves."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise keyring.errors.KeyringLocked
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.locked:
            raise keyring.errors.PasswordSetError
        self.kept[service, username] = password


def no_ring() -> None:
    return None


def answering(*answers: str | None) -> tuple[Callable[[KeyQuestion], str | None], list[KeyQuestion]]:
    """A person who gives these answers, and what they were asked."""
    asked: list[KeyQuestion] = []
    waiting = list(answers)

    def ask(question: KeyQuestion) -> str | None:
        asked.append(question)
        return waiting.pop(0)

    return ask, asked


def unasked(question: KeyQuestion) -> str | None:
    raise AssertionError(f"asked {question}")


def made(folder: Path) -> bytes:
    return unlock(folder, answering(PASSPHRASE)[0], find_keyring=no_ring, cost=CHEAP)


def record(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "workspace.json").read_text())
    return found


# A keyring


def test_the_keyring_keeps_the_key_and_nobody_is_asked(tmp_path: Path) -> None:
    ring = Ring()
    first = unlock(tmp_path, unasked, find_keyring=lambda: ring)
    assert len(first) == 32
    assert unlock(tmp_path, unasked, find_keyring=lambda: ring) == first
    assert record(tmp_path)["custody"] == "keyring"


def test_every_workspace_has_a_key_of_its_own(tmp_path: Path) -> None:
    ring = Ring()
    keys = {unlock(tmp_path / name, unasked, find_keyring=lambda: ring) for name in "abc"}
    assert len(keys) == len(ring.kept) == 3


def test_the_key_is_nowhere_in_the_folder(tmp_path: Path) -> None:
    ring = Ring()
    for folder, key in (
        (tmp_path / "ring", unlock(tmp_path / "ring", unasked, find_keyring=lambda: ring)),
        (tmp_path / "phrase", made(tmp_path / "phrase")),
    ):
        for path in folder.rglob("*"):
            content = path.read_bytes() if path.is_file() else b""
            assert key not in content
            assert key.hex().encode() not in content
            assert PASSPHRASE.encode() not in content


def test_a_locked_keyring_is_told_in_words(tmp_path: Path) -> None:
    ring = Ring()
    unlock(tmp_path, unasked, find_keyring=lambda: ring)
    ring.locked = True
    with pytest.raises(Locked) as caught:
        unlock(tmp_path, unasked, find_keyring=lambda: ring)
    assert caught.value.code == "keyring_locked"


@pytest.mark.parametrize("kept", [None, "", "not hex", "00ff"])
def test_a_keyring_without_the_key_is_told_in_words(tmp_path: Path, kept: str | None) -> None:
    ring = Ring()
    unlock(tmp_path, unasked, find_keyring=lambda: ring)
    ring.kept = dict.fromkeys(ring.kept, kept) if kept is not None else {}
    with pytest.raises(Locked) as caught:
        unlock(tmp_path, unasked, find_keyring=lambda: ring)
    assert caught.value.code == "key_not_in_keyring"


def test_another_key_in_the_keyring_is_told_in_words(tmp_path: Path) -> None:
    ring = Ring()
    unlock(tmp_path, unasked, find_keyring=lambda: ring)
    ring.kept = dict.fromkeys(ring.kept, "00" * 32)
    with pytest.raises(Locked) as caught:
        unlock(tmp_path, unasked, find_keyring=lambda: ring)
    assert caught.value.code == "wrong_key"


def test_a_keyring_that_is_gone_is_told_in_words(tmp_path: Path) -> None:
    ring = Ring()
    unlock(tmp_path, unasked, find_keyring=lambda: ring)
    with pytest.raises(Locked) as caught:
        unlock(tmp_path, unasked, find_keyring=no_ring)
    assert caught.value.code == "keyring_missing"


def test_a_keyring_that_takes_no_key_leads_to_a_passphrase(tmp_path: Path) -> None:
    ring = Ring()
    ring.locked = True
    ask, asked = answering(PASSPHRASE)
    unlock(tmp_path, ask, find_keyring=lambda: ring, cost=CHEAP)
    assert asked == [KeyQuestion.NEW]
    assert record(tmp_path)["custody"] == "passphrase"


def test_a_keyring_that_forgets_at_once_is_not_trusted(tmp_path: Path) -> None:
    class Forgetful(Ring):
        def get_password(self, service: str, username: str) -> str | None:
            return None

    ask, asked = answering(PASSPHRASE)
    unlock(tmp_path, ask, find_keyring=Forgetful, cost=CHEAP)
    assert asked == [KeyQuestion.NEW]


def test_only_keyrings_of_the_system_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def ring(module: str, name: str, priority: float) -> Any:
        return type(name, (), {"__module__": module, "priority": priority})()

    refused = [
        ring("keyrings.alt.file", "PlaintextKeyring", 9),
        ring("keyring.backends.null", "Keyring", 8),
        ring("keyring.backends.fail", "Keyring", 7),
        ring("keyring.backends.chainer", "ChainerBackend", 10),
        ring("somewhere.else", "Keyring", 99),
    ]
    real = ring("keyring.backends.SecretService", "Keyring", 5)
    other = ring("keyring.backends.libsecret", "Keyring", 4.8)
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND", raising=False)
    monkeypatch.setattr(keyring.backend, "get_all_keyring", lambda: refused)
    assert system_keyring() is None
    monkeypatch.setattr(keyring.backend, "get_all_keyring", lambda: [*refused, other, real])
    assert system_keyring() is real
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.libsecret.Keyring")
    assert system_keyring() is other
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyrings.alt.file.PlaintextKeyring")
    assert system_keyring() is None


# A passphrase


def test_the_passphrase_opens_the_workspace_again(tmp_path: Path) -> None:
    key = made(tmp_path)
    ask, asked = answering(PASSPHRASE)
    assert unlock(tmp_path, ask, find_keyring=no_ring) == key
    assert asked == [KeyQuestion.EXISTING]


def test_a_wrong_passphrase_is_asked_again_until_the_person_gives_up(tmp_path: Path) -> None:
    key = made(tmp_path)
    ask, asked = answering("not this one", "nor this", PASSPHRASE)
    assert unlock(tmp_path, ask) == key
    assert asked == [KeyQuestion.EXISTING, KeyQuestion.WRONG_BEFORE, KeyQuestion.WRONG_BEFORE]
    with pytest.raises(Locked) as caught:
        unlock(tmp_path, answering("wrong again", None)[0])
    assert caught.value.code == "not_unlocked"


def test_a_new_passphrase_may_not_be_short(tmp_path: Path) -> None:
    ask, asked = answering("short", "", PASSPHRASE)
    unlock(tmp_path, ask, find_keyring=no_ring, cost=CHEAP)
    assert asked == [KeyQuestion.NEW, KeyQuestion.TOO_SHORT, KeyQuestion.TOO_SHORT]


def test_giving_up_on_a_new_workspace_leaves_none(tmp_path: Path) -> None:
    with pytest.raises(Locked):
        unlock(tmp_path, answering(None)[0], find_keyring=no_ring)
    assert not (tmp_path / "workspace.json").exists()


def test_accents_are_the_same_however_they_were_typed(tmp_path: Path) -> None:
    key = unlock(tmp_path, answering("cafe\u0301 au lait")[0], find_keyring=no_ring, cost=CHEAP)
    assert unlock(tmp_path, answering("caf\u00e9 au lait")[0]) == key


def test_a_file_named_in_the_environment_gives_the_passphrase(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    monkeypatch.setenv(PASSPHRASE_FILE, str(secret))
    secret.write_text(f"{PASSPHRASE}\r\nanything else\n")
    key = unlock(tmp_path / "w", unasked, find_keyring=Ring, cost=CHEAP)
    assert record(tmp_path / "w")["custody"] == "passphrase"
    secret.write_text(PASSPHRASE)
    assert unlock(tmp_path / "w", unasked) == key
    secret.write_text("another passphrase")
    with pytest.raises(Locked) as caught:
        unlock(tmp_path / "w", unasked)
    assert caught.value.code == "wrong_passphrase"
    secret.write_text("short")
    with pytest.raises(Rejected):
        unlock(tmp_path / "new", unasked, find_keyring=no_ring)
    secret.unlink()
    with pytest.raises(Locked) as caught:
        unlock(tmp_path / "w", unasked)
    assert caught.value.code == "passphrase_file"


def test_the_passphrase_can_be_changed_and_the_key_stays(tmp_path: Path) -> None:
    key = made(tmp_path)
    change_passphrase(tmp_path, PASSPHRASE, "four loud herons", cost=CHEAP)
    assert unlock(tmp_path, answering("four loud herons")[0]) == key
    with pytest.raises(Locked):
        unlock(tmp_path, answering(PASSPHRASE, None)[0])
    with pytest.raises(Locked):
        change_passphrase(tmp_path, PASSPHRASE, "five herons at dusk", cost=CHEAP)
    with pytest.raises(Rejected):
        change_passphrase(tmp_path, "four loud herons", "short", cost=CHEAP)
    assert unlock(tmp_path, answering("four loud herons")[0]) == key


def test_a_keyring_workspace_has_no_passphrase_to_change(tmp_path: Path) -> None:
    unlock(tmp_path, unasked, find_keyring=Ring)
    with pytest.raises(Rejected):
        change_passphrase(tmp_path, "", PASSPHRASE)


def test_a_guess_costs_what_argon2id_costs() -> None:
    assert Cost() == Cost(rounds=3, memory=65_536, lanes=4)
    assert key_module._stretched("a", bytes(16), CHEAP) != key_module._stretched("b", bytes(16), CHEAP)
    assert key_module._stretched("a", bytes(16), CHEAP) != key_module._stretched("a", bytes(15) + b"1", CHEAP)


# The file


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"null", b"not json", b"\xff\xfe", b'{"schema": 1}', b'{"schema": 1, "custody": "keyring"}',
     b'{"schema": 1, "custody": "plain", "workspace_id": "a", "check": "b"}',
     b'{"schema": 1, "custody": "passphrase", "workspace_id": "a", "check": "b", "passphrase": {}}',
     b'{"schema": "1", "custody": "keyring", "workspace_id": 5, "check": null}'],
)  # fmt: skip
def test_a_damaged_workspace_file_is_told_in_words(tmp_path: Path, content: bytes) -> None:
    made(tmp_path)
    for name in ("workspace.json", "workspace.copy.json"):
        (tmp_path / name).write_bytes(content)
    with pytest.raises(Locked) as caught:
        unlock(tmp_path, unasked, find_keyring=no_ring)
    assert caught.value.code == "workspace_file_damaged"


def test_the_copy_stands_in_for_a_damaged_or_missing_workspace_file(tmp_path: Path) -> None:
    key = made(tmp_path)
    (tmp_path / "workspace.json").write_bytes(b"\x00" * 100)
    assert unlock(tmp_path, answering(PASSPHRASE)[0]) == key
    (tmp_path / "workspace.json").unlink()
    assert unlock(tmp_path, answering(PASSPHRASE)[0]) == key
    assert record(tmp_path)["custody"] == "passphrase"  # and was mended


@pytest.mark.parametrize(
    ("name", "value"),
    [("memory", 1 << 30), ("rounds", 10**9), ("lanes", 0), ("rounds", 0), ("memory", "64"), ("rounds", True),
     ("salt", ""), ("key", "AAAA"), ("function", "md5")],
)  # fmt: skip
def test_a_workspace_file_cannot_ask_for_absurd_work(tmp_path: Path, name: str, value: object) -> None:
    made(tmp_path)
    altered = record(tmp_path)
    altered["passphrase"][name] = value
    for place in ("workspace.json", "workspace.copy.json"):
        (tmp_path / place).write_text(json.dumps(altered))
    with pytest.raises(Locked) as caught:
        unlock(tmp_path, unasked)
    assert caught.value.code == "workspace_file_damaged"


def test_the_cost_of_a_guess_cannot_be_lowered_unseen(tmp_path: Path) -> None:
    unlock(tmp_path, answering(PASSPHRASE)[0], find_keyring=no_ring, cost=Cost(2, 64, 1))
    altered = record(tmp_path)
    altered["passphrase"]["rounds"] = 1
    (tmp_path / "workspace.json").write_text(json.dumps(altered))
    with pytest.raises(Locked):
        unlock(tmp_path, answering(PASSPHRASE, None)[0])


def test_a_newer_workspace_is_refused(tmp_path: Path) -> None:
    made(tmp_path)
    newer = record(tmp_path) | {"schema": 2}
    (tmp_path / "workspace.json").write_text(json.dumps(newer))
    with pytest.raises(Locked) as caught:
        unlock(tmp_path, unasked)
    assert caught.value.code == "store_newer"


def test_a_store_without_its_workspace_file_gets_no_new_key(tmp_path: Path) -> None:
    Store.open(tmp_path, made(tmp_path)).close()
    for name in ("workspace.json", "workspace.copy.json"):
        (tmp_path / name).unlink()
    with pytest.raises(Locked) as caught:
        unlock(tmp_path, unasked, find_keyring=Ring)
    assert caught.value.code == "workspace_file_missing"


def _make(folder: Path) -> str:
    return unlock(folder, lambda _: PASSPHRASE, find_keyring=no_ring, cost=CHEAP).hex()


def test_two_processes_that_make_the_workspace_at_once_get_one_key(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        keys = pool.map(_make, [tmp_path] * 6, chunksize=1)
        pool.close()
        pool.join()
    assert len(set(keys)) == 1


def test_a_workspace_that_another_process_made_meanwhile_keeps_its_key(tmp_path: Path) -> None:
    first: list[bytes] = []

    def ask(question: KeyQuestion) -> str:
        if not first:  # while this person is still being asked
            first.append(b"")
            first[0] = made(tmp_path)
        return PASSPHRASE

    assert unlock(tmp_path, ask, find_keyring=no_ring, cost=CHEAP) == first[0]


def test_keys_for_different_purposes_are_different() -> None:
    purposes = ("store", "blob", "blob name", "audit", "check", "store check")
    assert len({derived(bytes(32), p) for p in purposes}) == len(purposes)


def test_slow_libraries_are_loaded_only_when_they_are_used() -> None:
    code = (
        "import sys, app.services.store.store, app.services.store.key;"
        "print('keyring' in sys.modules, 'argon2' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
