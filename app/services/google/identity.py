"""Who is signed in with Google at this desk: tokens kept fresh, the refresh token in a safe place."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from app.domain.errors import Offline, SignInRequired
from app.services.google import sign_in
from app.services.google.redirect import Redirect
from app.services.google.sign_in import Accounts, Client, Grant

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

AHEAD = 300.0
"""Seconds before a token runs out from which on a new one is asked for."""


class Vault(Protocol):
    """Keeps one refresh token where nobody reads it. Raises `StorageFailed` when it cannot."""

    def keep(self, email: str, token: str) -> None: ...

    def token(self) -> str:
        """The token, "" when there is none or its place does not open."""
        ...

    def forget(self) -> None: ...


class GoogleIdentity:
    """The person signed in with Google (`ports.Identity`). Thread-safe; making one asks nobody.

    Tokens are asked for when they are needed, five minutes before the last ones run out, by one caller at a time. One
    that still holds is used while the network is away.
    """

    def __init__(
        self,
        client: Client,
        vault: Vault,
        email: str = "",
        *,
        accounts: Accounts | None = None,
        admit: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = sign_in.monotonic,
        seconds: float = sign_in.MINUTES * 60,
    ) -> None:
        """`email` is who was signed in when the program ended. `admit` may refuse somebody who has just signed in."""
        self._client, self._vault, self._email = client, vault, email
        self._accounts = accounts or Accounts()
        self._admit, self._clock, self._seconds = admit, clock, seconds
        self._lock = threading.RLock()
        self._waiting: Redirect | None = None
        self._grant: Grant | None = None
        self._until = self._known_until = 0.0
        self._refresh_token: str | None = None

    @property
    def email(self) -> str:
        return self._email

    def sign_in(self, opened: Callable[[str], None]) -> str:
        """Sign in with the browser; see the port. Ended early by `cancel_sign_in`."""
        with Redirect() as redirect:
            self._waiting = redirect
            try:
                grant = sign_in.signed_in(
                    self._client, self._accounts, opened, redirect, self._email, self._seconds
                )
            finally:
                self._waiting = None
        try:
            self._admit(grant.email)
        except BaseException:
            sign_in.revoke(self._accounts, grant.refresh_token)
            raise
        with self._lock:
            self._vault.keep(grant.email, grant.refresh_token)
            self._email, self._refresh_token = grant.email, grant.refresh_token
            self._hold(grant)
        return grant.email

    def cancel_sign_in(self) -> None:
        """End a sign-in that waits for the browser; from any thread."""
        waiting = self._waiting
        if waiting is not None:
            waiting.stop()

    def sign_out(self) -> None:
        with self._lock:
            token = self._token_kept()
            self._vault.forget()
            self._email, self._refresh_token = "", ""
            self._grant, self._until = None, 0.0
        sign_in.revoke(self._accounts, token)

    def access_token(self) -> str:
        return self._fresh().access_token

    def id_token(self) -> str:
        """Raises `SignInRequired` too when Google renews without saying who it is, and what it said has run out."""
        with self._lock:
            grant = self._fresh()
            if not grant.id_token or self._clock() >= self._known_until:
                raise SignInRequired(
                    "Google does not say any more who you are.", "Sign in again.", code="sign_in_refused"
                )
            return grant.id_token

    def refused(self) -> None:
        """A service did not take the tokens: new ones are asked for the next time."""
        with self._lock:
            self._until = 0.0
            self._grant = None

    def credentials(self) -> Credentials:
        """This person for Google's client libraries: they ask here for a token whenever theirs runs out."""
        from app.services.google.desk_credentials import (
            DeskCredentials,
        )  # google.auth is loaded with the first client

        return DeskCredentials(self)

    def lifetime(self) -> float:
        """How many more seconds the access token is used."""
        with self._lock:
            return max(self._until - AHEAD - self._clock(), 0.0)

    def _fresh(self) -> Grant:
        with self._lock:
            now = self._clock()
            grant = self._grant
            if grant is not None and now < self._until - AHEAD:
                return grant
            token = self._token_kept()
            if not token:
                raise SignInRequired("Nobody is signed in.", "Sign in.", code="sign_in_required")
            try:
                found = sign_in.refreshed(self._client, self._accounts, token)
            except Offline:
                if grant is not None and now < self._until:
                    return grant
                raise
            except SignInRequired:
                self._grant, self._until = None, 0.0
                raise
            if self._email and found.email and found.email != self._email:
                raise SignInRequired(
                    "Google signed in somebody else than who works here.", "Sign in again.", code="not_you"
                )
            if found.refresh_token and found.refresh_token != token:
                self._vault.keep(self._email, found.refresh_token)
                self._refresh_token = found.refresh_token
            return self._hold(found)

    def _hold(self, grant: Grant) -> Grant:
        """Keep what was granted; who it is holds on from before where nothing is said of it."""
        self._until = self._clock() + grant.seconds
        if grant.id_token:
            self._known_until = self._until
        elif self._grant is not None:
            grant = replace(grant, id_token=self._grant.id_token, email=self._grant.email)
        self._grant = grant
        return grant

    def _token_kept(self) -> str:
        if not self._email:
            return ""
        if self._refresh_token is None:
            self._refresh_token = self._vault.token()
        return self._refresh_token
