"""Whose ID token it is: checked with Google's own library against Google's own keys, which are kept for a while."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.errors import Offline, SignInRequired

CERTS = "https://www.googleapis.com/oauth2/v1/certs"
ISSUERS = frozenset({"accounts.google.com", "https://accounts.google.com"})
SKEW = 10
"""Seconds by which the clocks of Google and of this computer may differ."""
_LONGEST = 8192
_KEPT = 3600.0
_AGAIN = 60.0
"""Seconds after which keys are fetched again for a token that names one that is not known."""
_TIMEOUT = 5.0


@dataclass(frozen=True, slots=True)
class _Fetched:
    """An answer, as Google's library takes it from its own transports."""

    status: int
    data: bytes
    headers: Mapping[str, str]


class GoogleTokens:
    """Checks ID tokens of Google accounts. Thread-safe; keys are fetched when the first token comes.

    `audiences` are the OAuth clients that tokens are made out for, `domains` the organizations whose accounts are let
    in (all where none is named), `accounts` the only emails, where any are named: service accounts that call a service.
    `certs` is where the keys are.
    """

    def __init__(
        self,
        audiences: tuple[str, ...],
        *,
        domains: tuple[str, ...] = (),
        accounts: tuple[str, ...] = (),
        certs: str = CERTS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._audiences = [audience for audience in audiences if audience]
        self._domains, self._accounts = frozenset(domains), frozenset(accounts)
        self._certs = certs
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: _Fetched | None = None
        self._fetched_at = self._until = 0.0

    def email(self, token: str) -> str:
        """The email of a token that holds, in small letters. Raises `SignInRequired` or `Offline`."""
        from google.auth import exceptions
        from google.oauth2 import id_token

        if not self._audiences or not token or len(token) > _LONGEST or token.count(".") != 2:
            raise _unknown()
        keys = self._keys(_key_of(token))
        request: Any = lambda *_, **__: keys  # noqa: E731 - what Google's library asks its keys of
        try:
            claims = id_token.verify_token(
                token, request, self._audiences, self._certs, clock_skew_in_seconds=SKEW
            )
        except exceptions.TransportError as error:
            raise _no_keys() from error
        except (exceptions.GoogleAuthError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise _unknown() from error
        return self._checked(claims)

    def _checked(self, claims: Mapping[str, Any]) -> str:
        email = claims.get("email")
        if claims.get("iss") not in ISSUERS or claims.get("email_verified") not in (True, "true"):
            raise _unknown()
        if not isinstance(email, str) or "@" not in email:
            raise _unknown()
        email = email.lower()
        if self._domains and claims.get("hd") not in self._domains:
            raise _unknown()
        if self._accounts and email not in self._accounts:
            raise _unknown()
        return email

    def _keys(self, key: str) -> _Fetched:
        """The keys by now; fetched anew when they are old, or when a token names one that is not among them."""
        with self._lock:
            now = self._clock()
            kept = self._kept
            known = kept is not None and key in _names(kept)
            if kept is not None and now < self._until and (known or now < self._fetched_at + _AGAIN):
                return kept
            try:
                found = self._fetch()
            except Offline:
                if kept is not None and known:
                    return kept  # a key that was Google's an hour ago is no worse for Google being away
                raise
            self._kept, self._fetched_at = found, now
            self._until = now + _age(found.headers)
            return found

    def _fetch(self) -> _Fetched:
        import httpx

        try:
            verify = self._certs.startswith("https:")  # on this computer there is nothing to verify
            answer = httpx.get(self._certs, timeout=_TIMEOUT, follow_redirects=False, verify=verify)
        except httpx.HTTPError as error:
            raise _no_keys() from error
        found = _Fetched(answer.status_code, answer.content, dict(answer.headers))
        if answer.status_code != 200 or not _names(found):
            raise _no_keys()
        return found


def _names(fetched: _Fetched) -> frozenset[str]:
    try:
        found = json.loads(fetched.data)
    except ValueError:
        return frozenset()
    return frozenset(found) if isinstance(found, dict) else frozenset()


def _key_of(token: str) -> str:
    """Which key a token says it is signed with: only asked for whether the keys have to be fetched again."""
    from google.auth import exceptions, jwt

    try:
        header = jwt.decode_header(token)  # type: ignore[no-untyped-call]
        return str(header.get("kid", ""))
    except (exceptions.GoogleAuthError, ValueError, TypeError, AttributeError) as error:
        raise _unknown() from error


def _age(headers: Mapping[str, str]) -> float:
    """How long an answer may be kept, by its Cache-Control."""
    for part in headers.get("cache-control", "").split(","):
        name, _, value = part.strip().partition("=")
        if name == "max-age" and value.isdigit():
            return min(float(value), 24 * _KEPT)
    return _KEPT


def _unknown() -> SignInRequired:
    return SignInRequired("The service does not know who you are.", "Sign in again.", code="token_refused")


def _no_keys() -> Offline:
    return Offline(
        "Who you are cannot be checked now: Google's keys cannot be had.",
        "It is tried again by itself.",
        code="keys_away",
    )
