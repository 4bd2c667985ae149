"""The key of a workspace: made at random, kept by the system's keyring or behind a passphrase, never in clear.

`workspace.json` says who keeps it. With a passphrase it holds the key itself, sealed under what Argon2id
makes of the passphrase, so that the passphrase can change and the key stays.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import json
import os
import unicodedata
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.domain.case import Json
from app.domain.errors import Locked, Rejected, StorageFailed
from app.services.store.disk import make_folder, write_durably
from app.services.store.failure import told_in_words
from app.services.store.presence import turn

PASSPHRASE_FILE = "COUNTERSIGN_PASSPHRASE_FILE"  # noqa: S105 - the name of a variable
"""Environment variable that names a file with the passphrase, for automation."""
SHORTEST = 8
"""Characters a new passphrase has at least."""

_FILE = "workspace.json"
_COPY = "workspace.copy.json"
_SCHEMA = 1
_KEY = 32
_SALT = 16
_NONCE = 12
_SERVICE = "Countersign"

_KEYRINGS = frozenset(
    {
        ("keyring.backends.macOS", "Keyring"),
        ("keyring.backends.Windows", "WinVaultKeyring"),
        ("keyring.backends.SecretService", "Keyring"),
        ("keyring.backends.kwallet", "DBusKeyring"),
        ("keyring.backends.kwallet", "DBusKeyringKWallet4"),
        ("keyring.backends.libsecret", "Keyring"),
    }
)
"""Keyrings that encrypt and belong to the system. Anything else that calls itself one may be a plain file."""


class KeyQuestion(StrEnum):
    """What is asked of the person: a passphrase for a new workspace, or the one of an existing workspace."""

    NEW = "new"
    TOO_SHORT = "too_short"  # a new one again: the last had fewer than `SHORTEST` characters
    EXISTING = "existing"
    WRONG_BEFORE = "wrong_before"  # the existing one again: the last did not fit


Ask = Callable[[KeyQuestion], str | None]
"""Asks a person for a passphrase; None when they gave up."""


class Keyring(Protocol):
    """The part of the system's keyring that is used; it may raise anything."""

    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess at a passphrase costs: rounds, KiB of memory, lanes (RFC 9106, second recommendation)."""

    rounds: int = 3
    memory: int = 65_536
    lanes: int = 4

    def bearable(self) -> bool:
        """Whether a file may ask for that much: an altered one could ask for all the memory there is."""
        return 1 <= self.rounds <= 64 and 8 * self.lanes <= self.memory <= 1 << 20 and 1 <= self.lanes <= 64


def derived(key: bytes, purpose: str) -> bytes:
    """A key for one purpose alone, from the key of the workspace."""
    return HKDF(hashes.SHA256(), _KEY, salt=None, info=f"countersign {purpose}".encode()).derive(key)


def system_keyring() -> Keyring | None:
    """The best keyring of this system that is on the allow-list, or None."""
    import keyring.backend  # a third of a second, most of it looking for backends

    wanted = os.environ.get("PYTHON_KEYRING_BACKEND")  # how people choose a keyring, or turn keyrings off
    found = [
        ring
        for ring in keyring.backend.get_all_keyring()
        if (place := (type(ring).__module__, type(ring).__qualname__)) in _KEYRINGS
        and wanted in (None, "", ".".join(place))
    ]
    return max(found, key=lambda ring: ring.priority, default=None)


def unlock(
    folder: Path,
    ask: Ask,
    *,
    find_keyring: Callable[[], Keyring | None] = system_keyring,
    cost: Cost | None = None,
) -> bytes:
    """The key of the workspace, made when the workspace is new.

    A new key goes into the system's keyring, or behind a passphrase when there is none or
    `COUNTERSIGN_PASSPHRASE_FILE` names one. Raises `Locked` when it cannot be had, `Rejected` for a new
    passphrase in a file that is too short, `StorageFailed` when the disk refuses.
    """
    with told_in_words(folder):
        make_folder(folder)
    record = _read(folder)
    if record is None:
        made = _make(folder, ask, find_keyring, cost or Cost())
        if made is not None:
            return made
        record = _read(folder)  # another process made the workspace meanwhile
        if record is None:
            raise _unreadable()
    if record["custody"] == "keyring":
        key = _checked(_from_keyring(record, find_keyring), record)
    else:
        key = _from_passphrase(record, ask)
    _mend(folder)
    return key


def change_passphrase(folder: Path, old: str, new: str, *, cost: Cost | None = None) -> None:
    """Seal the key under a new passphrase; the key itself, and all that is encrypted with it, stays.

    Raises `Locked` when the old one does not fit, `Rejected` when the new one is too short or the
    workspace has no passphrase.
    """
    record = _read(folder)
    if record is None or record["custody"] != "passphrase":
        raise Rejected(
            "This workspace has no passphrase.",
            "Its key is kept by this computer's keyring.",
            code="no_passphrase",
        )
    key = _opened(record, old)
    if key is None:
        raise _wrong_passphrase()
    if len(_spelled(new)) < SHORTEST:
        raise _too_short()
    with told_in_words(folder), turn(folder):
        _write(folder, _sealed(record["workspace_id"], key, new, cost or Cost()))


def _make(folder: Path, ask: Ask, find_keyring: Callable[[], Keyring | None], cost: Cost) -> bytes | None:
    """Make the key of a new workspace and see it safely kept; None when another process was first."""
    if (folder / "store.db").exists():
        raise Locked(
            "The file workspace.json is missing: without it the key of this workspace cannot be found.",
            "Restore it from a backup of the workspace folder.",
            code="workspace_file_missing",
        )
    key = os.urandom(_KEY)
    workspace_id = uuid.uuid4().hex
    record = None
    passphrase = _from_file()
    if passphrase is not None:
        if len(_spelled(passphrase)) < SHORTEST:
            raise _too_short()
    elif _entrusted(key, workspace_id, find_keyring):
        record = _record("keyring", workspace_id, key)
    else:
        passphrase = _asked_new(ask)
    if passphrase is not None:
        record = _sealed(workspace_id, key, passphrase, cost)
    with told_in_words(folder), turn(folder):
        if (folder / _FILE).exists():
            return None
        _write(folder, record or {})
    return key


def _asked_new(ask: Ask) -> str:
    question = KeyQuestion.NEW
    while True:
        passphrase = ask(question)
        if passphrase is None:
            raise _given_up()
        if len(_spelled(passphrase)) >= SHORTEST:
            return passphrase
        question = KeyQuestion.TOO_SHORT


def _entrusted(key: bytes, workspace_id: str, find_keyring: Callable[[], Keyring | None]) -> bool:
    """Whether the system's keyring took the key and gives it back."""
    try:
        ring = find_keyring()
        if ring is None:
            return False
        ring.set_password(_SERVICE, workspace_id, key.hex())
        return ring.get_password(_SERVICE, workspace_id) == key.hex()
    except Exception:  # noqa: BLE001 - backends raise what their system raises; a passphrase does as well
        return False


def _from_keyring(record: Json, find_keyring: Callable[[], Keyring | None]) -> bytes:
    try:
        ring = find_keyring()
        kept = ring.get_password(_SERVICE, record["workspace_id"]) if ring else None
    except Exception as error:  # backends raise what their system raises: locked, refused, gone
        raise Locked(
            "The keyring of this computer did not open.",
            "Unlock it and open the workspace again.",
            code="keyring_locked",
        ) from error
    if ring is None:
        raise Locked(
            "The key of this workspace is in a keyring that is not there now.",
            "Sign in to the desktop it was made on, and open it again.",
            code="keyring_missing",
        )
    try:
        key = bytes.fromhex(kept or "")
    except ValueError:
        key = b""
    if len(key) != _KEY:
        raise Locked(
            "The keyring of this computer does not hold the key of this workspace.",
            "Open it as the person and on the computer it was made with.",
            code="key_not_in_keyring",
        )
    return key


def _from_passphrase(record: Json, ask: Ask) -> bytes:
    given = _from_file()
    if given is not None:
        key = _opened(record, given)
        if key is None:
            raise _wrong_passphrase()
        return key
    question = KeyQuestion.EXISTING
    while True:
        passphrase = ask(question)
        if passphrase is None:
            raise _given_up()
        key = _opened(record, passphrase)
        if key is not None:
            return key
        question = KeyQuestion.WRONG_BEFORE


def _from_file() -> str | None:
    """The passphrase of the file the environment names: its first line."""
    name = os.environ.get(PASSPHRASE_FILE)
    if not name:
        return None
    try:
        text = Path(name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Locked(
            f"The file that {PASSPHRASE_FILE} names cannot be read.",
            "Check its path and that you may read it.",
            code="passphrase_file",
        ) from error
    return text.split("\n", 1)[0].rstrip("\r")


def _spelled(passphrase: str) -> str:
    """The same passphrase in one spelling, whatever keyboard composed its accents."""
    return unicodedata.normalize("NFC", passphrase)


def _stretched(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    from argon2 import low_level  # only where a passphrase is used

    return low_level.hash_secret_raw(
        _spelled(passphrase).encode("utf-8", "surrogatepass"),
        salt,
        time_cost=cost.rounds,
        memory_cost=cost.memory,
        parallelism=cost.lanes,
        hash_len=_KEY,
        type=low_level.Type.ID,
    )


def _record(custody: str, workspace_id: str, key: bytes) -> Json:
    return {
        "schema": _SCHEMA,
        "workspace_id": workspace_id,
        "custody": custody,
        "check": hmac.digest(derived(key, "check"), workspace_id.encode(), hashlib.sha256).hex(),
    }


def _sealed(workspace_id: str, key: bytes, passphrase: str, cost: Cost) -> Json:
    salt, nonce = os.urandom(_SALT), os.urandom(_NONCE)
    sealed = AESGCM(_stretched(passphrase, salt, cost)).encrypt(nonce, key, _bound(workspace_id, cost))
    record = _record("passphrase", workspace_id, key)
    record["passphrase"] = {
        "function": "argon2id",
        "rounds": cost.rounds,
        "memory": cost.memory,
        "lanes": cost.lanes,
        "salt": base64.b64encode(salt).decode(),
        "nonce": base64.b64encode(nonce).decode(),
        "key": base64.b64encode(sealed).decode(),
    }
    return record


def _bound(workspace_id: str, cost: Cost) -> bytes:
    """What the sealed key is bound to: the workspace, and the cost nobody may lower unseen."""
    return f"{workspace_id} {cost.rounds} {cost.memory} {cost.lanes}".encode()


def _opened(record: Json, passphrase: str) -> bytes | None:
    """The key, or None when the passphrase does not fit."""
    sealed = record["passphrase"]
    cost = Cost(sealed["rounds"], sealed["memory"], sealed["lanes"])
    salt, nonce, key = (base64.b64decode(sealed[name]) for name in ("salt", "nonce", "key"))
    try:
        opened = AESGCM(_stretched(passphrase, salt, cost)).decrypt(
            nonce, key, _bound(record["workspace_id"], cost)
        )
    except InvalidTag:
        return None
    return _checked(opened, record)


def _checked(key: bytes, record: Json) -> bytes:
    expected = _record(record["custody"], record["workspace_id"], key)["check"]
    if not hmac.compare_digest(expected, record["check"]):
        raise Locked(
            "The key that was found is not the key of this workspace.",
            "Restore workspace.json from a backup of the workspace folder.",
            code="wrong_key",
        )
    return key


def _read(folder: Path) -> Json | None:
    """What the workspace file says, or its copy when it is damaged; None when there is no workspace yet."""
    there = False
    for name in (_FILE, _COPY):
        try:
            with told_in_words(folder):
                text = (folder / name).read_bytes() if (folder / name).exists() else None
        except FileNotFoundError:
            text = None
        if text is None:
            continue
        there = True
        record = _parsed(text)
        if record is not None:
            return record
    if there:
        raise _unreadable()
    return None


def _parsed(text: bytes) -> Json | None:
    """The record when it is whole and can be used."""
    try:
        record = json.loads(text)
        schema = record["schema"]
        if isinstance(schema, int) and schema > _SCHEMA:
            raise Locked(
                "This workspace was made by a newer Countersign.",
                "Install the newer version on this computer; nothing was changed.",
                code="store_newer",
            )
        texts = [record["workspace_id"], record["check"]]
        if record["custody"] == "passphrase":
            texts += _sealed_texts(record["passphrase"])
        elif record["custody"] != "keyring":
            return None
        return record if schema == _SCHEMA and all(isinstance(t, str) and t for t in texts) else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _sealed_texts(sealed: Any) -> list[str]:
    """The texts of a sealed key. Raises `ValueError` when they cannot be what was written."""
    numbers = [sealed[name] for name in ("rounds", "memory", "lanes")]
    lengths = [len(base64.b64decode(sealed[name], validate=True)) for name in ("salt", "nonce", "key")]
    if sealed["function"] != "argon2id" or any(type(n) is not int for n in numbers):
        raise ValueError("unknown way to stretch a passphrase")
    if not Cost(*numbers).bearable() or lengths != [_SALT, _NONCE, _KEY + 16]:
        raise binascii.Error("not what was written")
    return [sealed["salt"], sealed["nonce"], sealed["key"]]


def _write(folder: Path, record: Json) -> None:
    """Write the workspace file and its copy: whoever loses it loses everything in the workspace."""
    text = json.dumps(record, indent=2).encode()
    with told_in_words(folder):
        write_durably(folder / _FILE, text)
        write_durably(folder / _COPY, text)


def _mend(folder: Path) -> None:
    """Bring the workspace file and its copy together again, after damage or a change that was cut off."""
    found = [path.read_bytes() if path.exists() else b"" for path in (folder / _FILE, folder / _COPY)]
    if found[0] == found[1]:
        return
    with contextlib.suppress(StorageFailed), turn(folder):  # a disk that refuses is told when it matters
        record = _read(folder)
        if record is not None:
            _write(folder, record)


def _unreadable() -> Locked:
    return Locked(
        "The file workspace.json is damaged: without it the key of this workspace cannot be found.",
        "Restore it from a backup of the workspace folder.",
        code="workspace_file_damaged",
    )


def _wrong_passphrase() -> Locked:
    return Locked(
        "The passphrase does not open this workspace.", "Check it and try again.", code="wrong_passphrase"
    )


def _given_up() -> Locked:
    return Locked(
        "The workspace stays locked without its passphrase.",
        "Open it again to enter it.",
        code="not_unlocked",
    )


def _too_short() -> Rejected:
    return Rejected(
        f"A passphrase needs at least {SHORTEST} characters.",
        "Choose a longer one; a few words do well.",
        code="passphrase_too_short",
        shortest=SHORTEST,
    )
