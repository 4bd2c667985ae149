"""Where a desk keeps who is signed in: the refresh token in the keyring, else sealed in the encrypted store."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from typing import Protocol, TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.domain.case import Json
from app.services.store.key import derived, system_keyring
from app.services.store.store import Store

T = TypeVar("T")
SIGNED_IN = "signed_in"
"""Under this key the store remembers who is signed in, and where their token is."""
_SERVICE = "Countersign"
_NONCE = 12


class InStore(Protocol):
    """Runs in the store's lane and waits for the result."""

    def __call__(self, function: Callable[..., T], /, *arguments: object) -> T: ...


class TokenVault:
    """Keeps the refresh token of whoever is signed in at a workspace. Used from any lane but the store's.

    The keyring is one of the allow-list of `store.key`. Without one the token is sealed under a key of the workspace,
    within the store that is encrypted itself: never plain text, on disk or in the store.
    """

    def __init__(
        self,
        store: Store,
        key: bytes,
        in_store: InStore,
        find_keyring: Callable[[], object | None] = system_keyring,
    ) -> None:
        self._store, self._in_store, self._find = store, in_store, find_keyring
        self._key = derived(key, "refresh token")
        self._name = "google " + derived(key, "refresh token name").hex()[:32]

    def keep(self, email: str, token: str) -> None:
        if self._entrusted(token):
            record: Json = {"email": email, "custody": "keyring"}
        else:
            nonce = os.urandom(_NONCE)
            sealed = nonce + AESGCM(self._key).encrypt(nonce, token.encode(), email.encode())
            record = {"email": email, "custody": "store", "sealed": base64.b64encode(sealed).decode()}
        self._in_store(self._store.remember, SIGNED_IN, record)

    def token(self) -> str:
        record = self._in_store(self._store.recall, SIGNED_IN) or {}
        if record.get("custody") == "keyring":
            return self._from_keyring()
        try:
            sealed = base64.b64decode(str(record.get("sealed", "")), validate=True)
            opened = AESGCM(self._key).decrypt(
                sealed[:_NONCE], sealed[_NONCE:], str(record.get("email", "")).encode()
            )
        except (ValueError, InvalidTag):
            return ""
        return opened.decode()

    def forget(self) -> None:
        record = self._in_store(self._store.recall, SIGNED_IN) or {}
        if record.get("custody") == "keyring":
            try:
                ring = self._find()
                if ring is not None:
                    ring.delete_password(_SERVICE, self._name)  # type: ignore[attr-defined]
            except Exception:  # noqa: BLE001, S110 - backends raise what their system raises; the server revokes it too
                pass
        self._in_store(self._store.remember, SIGNED_IN, {"email": ""})

    def custody(self) -> str:
        """Where the token is: `keyring`, `store`, or "" for none."""
        return str((self._in_store(self._store.recall, SIGNED_IN) or {}).get("custody", ""))

    def _entrusted(self, token: str) -> bool:
        try:
            ring = self._find()
            if ring is None:
                return False
            ring.set_password(_SERVICE, self._name, token)  # type: ignore[attr-defined]
            return bool(ring.get_password(_SERVICE, self._name) == token)  # type: ignore[attr-defined]
        except Exception:  # noqa: BLE001 - backends raise what their system raises; the store does as well
            return False

    def _from_keyring(self) -> str:
        try:
            ring = self._find()
            kept = ring.get_password(_SERVICE, self._name) if ring is not None else None  # type: ignore[attr-defined]
        except Exception:  # noqa: BLE001 - a keyring that does not open is as good as none: somebody signs in again
            return ""
        return str(kept or "")
