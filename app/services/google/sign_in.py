"""Signing in with Google in a browser, and whose credentials Google is asked with: a person's own, never a service
account's key on a desk.

OAuth for installed apps (RFC 8252): PKCE with S256, a state and a nonce made for one try, and a redirect to a free
port of 127.0.0.1 that takes one answer. Spoken over httpx, so that every refusal can be told in words; why not
`google-auth-oauthlib`: docs/adr/0017-sign-in.md.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from app.domain.errors import Offline, Rejected, SignInRequired
from app.services.google.redirect import Redirect

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

CLOUD = "https://www.googleapis.com/auth/cloud-platform"
SCOPES = (CLOUD,)
ASKED = ("openid", "https://www.googleapis.com/auth/userinfo.email", CLOUD)
"""What a person is asked to allow: to be known by their email, and the project's services as themselves."""
MINUTES = 5.0
"""How long the browser is waited for."""
UNTOLD = 600.0
"""Seconds that a token is taken to hold where the token server does not say."""
_SECONDS = 15.0
_SWITCHES = ("FIRESTORE_EMULATOR_HOST", "STORAGE_EMULATOR_HOST", "DATASTORE_EMULATOR_HOST")
"""Variables that turn a client to another server, without encryption."""
_KEY_FILE = "GOOGLE_APPLICATION_CREDENTIALS"


@dataclass(frozen=True, slots=True)
class Accounts:
    """Where people sign in; at Google unless a test says otherwise."""

    authorize: str = "https://accounts.google.com/o/oauth2/v2/auth"
    token: str = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
    revoke: str = "https://oauth2.googleapis.com/revoke"
    issuers: tuple[str, ...] = ("https://accounts.google.com", "accounts.google.com")

    @classmethod
    def at(cls, url: str) -> Accounts:
        """Those of a server of one's own; Google's for ""."""
        google = cls()
        return cls(f"{url}/auth", f"{url}/token", f"{url}/revoke", (url, *google.issuers)) if url else google


@dataclass(frozen=True, slots=True)
class Client:
    """The installed app as Google knows it. What Google calls its secret is none: every copy of the app has it, and
    PKCE stands in its place. It comes with the connection.
    """

    client_id: str
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """What the token server gave: tokens, how many seconds they hold, and who it is. A renewed one may lack
    `id_token`, and then `email`.
    """

    access_token: str = field(repr=False)
    id_token: str = field(repr=False)
    seconds: float
    email: str
    refresh_token: str = field(default="", repr=False)


def refuse_environment(
    environment: Mapping[str, str] | None = None, *, frozen: bool | None = None, development: bool = False
) -> None:
    """Refuse what would lend a desk another's rights or lead its traffic elsewhere: the key file of a service account
    and the switches of emulators. `development` allows it, never in a released program. Raises `Rejected`.
    """
    given = os.environ if environment is None else environment
    released = bool(getattr(sys, "frozen", False)) if frozen is None else frozen
    if development and not released:
        return
    if given.get(_KEY_FILE):
        raise Rejected(
            "A key file of a service account is not used on a desk.",
            f"Unset {_KEY_FILE} and sign in as yourself.",
            code="service_account",
        )
    for name in (*_SWITCHES, *sorted(n for n in given if n.endswith("_EMULATOR_HOST"))):
        if given.get(name):
            raise Rejected(
                f"{name} leads this program to a server that is not Google's, without encryption.",
                f"Unset {name}, and start the program again.",
                code="emulator_switch",
            )


def signed_in(
    client: Client,
    accounts: Accounts,
    opened: Callable[[str], None],
    redirect: Redirect,
    hint: str = "",
    seconds: float = MINUTES * 60,
) -> Grant:
    """Have a person sign in with the browser, and return what they were granted.

    Raises `SignInRequired` when they do not, or not as they have to; `Offline` when the token server is not reached;
    `Rejected` when it does not take this program. Whatever comes of it, the browser is told.
    """
    verifier, state, nonce = (secrets.token_urlsafe(size) for size in (64, 32, 32))
    address = _question(client, accounts, redirect.uri, verifier, state, nonce, hint)
    opened(address)
    answer = redirect.answer(seconds)
    try:
        code = _code(answer.query, state)
        grant = _exchanged(client, accounts, code, verifier, redirect.uri, nonce)
    except BaseException as error:
        answer.tell("You are not signed in.", str(error) if isinstance(error, _TOLD) else "")
        raise
    answer.tell("You are signed in.", "Close this page and go back to Countersign.")
    return grant


_TOLD = (SignInRequired, Offline, Rejected)


def _question(
    client: Client, accounts: Accounts, uri: str, verifier: str, state: str, nonce: str, hint: str
) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": uri,
        "scope": " ".join(ASKED),
        "state": state,
        "nonce": nonce,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "select_account consent",  # without consent a second desk gets no refresh token
    }
    if hint:
        asked["login_hint"] = hint
    return f"{accounts.authorize}?{urlencode(asked)}"


def _code(query: Mapping[str, str], state: str) -> str:
    if not secrets.compare_digest(query.get("state", "").encode(), state.encode()):
        raise SignInRequired(
            "The answer of the browser does not belong to this sign-in.",
            "Sign in again from Countersign.",
            code="sign_in_state",
        )
    if "error" in query:
        if query["error"] in _POLICY:
            raise _refused(query["error"], "")
        denied = query["error"] == "access_denied"
        raise SignInRequired(
            "The sign-in was not allowed." if denied else "Google did not sign you in.",
            "Sign in again and allow what Countersign asks for." if denied else "Ask your administrator.",
            code="sign_in_denied" if denied else "sign_in_refused",
        )
    if not query.get("code"):
        raise SignInRequired("Google did not sign you in.", "Try it again.", code="sign_in_refused")
    return query["code"]


def _exchanged(client: Client, accounts: Accounts, code: str, verifier: str, uri: str, nonce: str) -> Grant:
    body = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier, "redirect_uri": uri}
    said = _asked(client, accounts, body)
    granted = set(str(said.get("scope", "")).split())
    if CLOUD not in granted:
        revoke(accounts, str(said.get("refresh_token", "")))
        raise SignInRequired(
            "You are known now, but did not allow Countersign to use the project's services.",
            "Sign in again and leave every box ticked.",
            code="sign_in_scope",
        )
    grant = _grant(client, accounts, said, nonce)
    if not grant.refresh_token:
        raise SignInRequired(
            "Google gave nothing to stay signed in with.", "Sign in again.", code="sign_in_no_refresh"
        )
    return grant


def refreshed(client: Client, accounts: Accounts, refresh_token: str) -> Grant:
    """New tokens for somebody who signed in before.

    Raises `SignInRequired` when they are not to be had any more, `Offline` when nobody answers.
    """
    said = _asked(client, accounts, {"grant_type": "refresh_token", "refresh_token": refresh_token})
    granted = str(said.get("scope", "")).split()
    if granted and CLOUD not in granted:
        raise SignInRequired(
            "Countersign is no longer allowed to use the project's services in your name.",
            "Sign in again and leave every box ticked.",
            code="sign_in_scope",
        )
    return _grant(client, accounts, said, renewed=True)


def revoke(accounts: Accounts, token: str) -> bool:
    """Have a grant end at the server, as far as it can be reached; whether it was."""
    import httpx

    if not token:
        return False
    try:
        answer = httpx.post(accounts.revoke, data={"token": token}, timeout=_SECONDS, follow_redirects=False)
    except httpx.HTTPError:
        return False
    return answer.status_code == 200


def _asked(client: Client, accounts: Accounts, body: Mapping[str, str]) -> Mapping[str, Any]:
    import httpx

    sent = {**body, "client_id": client.client_id}
    if client.secret:
        sent["client_secret"] = client.secret
    try:
        answer = httpx.post(accounts.token, data=sent, timeout=_SECONDS, follow_redirects=False)
    except httpx.HTTPError as error:
        raise _unreachable() from error
    if answer.status_code >= 500 or answer.status_code in (408, 429):
        raise _unreachable()
    try:
        said = answer.json()
    except ValueError as error:
        raise _unreachable() from error
    if not isinstance(said, dict):
        raise _unreachable()
    if answer.status_code == 200:
        return said
    raise _refused(str(said.get("error", "")), str(said.get("error_subtype", "")))


_POLICY = ("admin_policy_enforced", "org_internal", "restricted_client", "policy_enforced")
"""How Google says that an administrator decides, in the browser and at the token server."""


def _refused(error: str, subtype: str) -> SignInRequired | Rejected:
    if error in ("invalid_client", "unauthorized_client", "deleted_client"):
        return Rejected(
            "Google does not know this program as part of your project.",
            "Ask your administrator for a connection file with the right client id.",
            code="sign_in_client",
        )
    if subtype in ("invalid_rapt", "rapt_required"):
        return SignInRequired(
            "Your organisation asks you to sign in again.", "Sign in.", code="sign_in_again"
        )
    if error in _POLICY:
        return SignInRequired(
            "Your organisation does not let Countersign use your account.",
            "Ask your administrator to allow this app for your organisation.",
            code="sign_in_policy",
        )
    if error == "invalid_grant":
        return SignInRequired(
            "You are not signed in any more: it ran out or was taken back.", "Sign in.", code="sign_in_ended"
        )
    return SignInRequired("Google did not sign you in.", "Sign in again.", code="sign_in_refused")


def _unreachable() -> Offline:
    return Offline("Google's sign-in does not answer.", "Check the network.", code="sign_in_offline")


def _grant(
    client: Client,
    accounts: Accounts,
    said: Mapping[str, Any],
    nonce: str | None = None,
    *,
    renewed: bool = False,
) -> Grant:
    access, identity = (said.get(name) for name in ("access_token", "id_token"))
    if not isinstance(access, str) or not access or (not identity and not renewed):
        raise SignInRequired("Google did not say who you are.", "Sign in again.", code="sign_in_refused")
    try:
        seconds = float(said.get("expires_in", UNTOLD))
    except (TypeError, ValueError):
        seconds = UNTOLD
    refresh_token = str(said.get("refresh_token", ""))
    if not identity:  # a renewal need not say again who it is (OpenID Connect Core, 12.2)
        return Grant(access, "", seconds, "", refresh_token)
    claims = _claims(str(identity))
    email = str(claims.get("email", "")).strip()
    wrong = (
        claims.get("aud") != client.client_id
        or claims.get("iss") not in accounts.issuers
        or claims.get("email_verified") is not True
        or not email
        or (nonce is not None and claims.get("nonce") != nonce)
    )
    if wrong:
        raise SignInRequired(
            "What Google said of you is not meant for this sign-in.", "Sign in again.", code="sign_in_claims"
        )
    return Grant(access, str(identity), seconds, email.casefold(), refresh_token)


def _claims(token: str) -> Mapping[str, Any]:
    """What an ID token says. It came straight from the token server over TLS, which stands for its signature
    (OpenID Connect Core, 3.1.3.7); who gets it from us checks that again.
    """
    try:
        body = token.split(".")[1]
        said = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (IndexError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def monotonic() -> float:
    """Seconds that a changed clock does not change."""
    return time.monotonic()


def user_credentials() -> Credentials:
    """The signed-in person's credentials, as Google's own tools keep them. Raises `SignInRequired`.

    For a workspace that is not connected and asks Gemini all the same. A key named by
    `GOOGLE_APPLICATION_CREDENTIALS` is refused: it would let anybody with the file in.
    """
    if os.environ.get(_KEY_FILE):
        raise SignInRequired(
            "A key file of a service account is not used on a desk.",
            "Unset GOOGLE_APPLICATION_CREDENTIALS and sign in as yourself.",
            code="service_account",
        )
    import google.auth
    from google.auth.exceptions import GoogleAuthError

    try:
        found, _ = google.auth.default(scopes=SCOPES)
    except GoogleAuthError as error:
        raise SignInRequired(
            "Nobody is signed in to Google on this computer.",
            "Sign in with: gcloud auth application-default login",
            code="google_sign_in",
        ) from error
    made: Credentials = found
    return made
