"""A sign-in server on loopback that refuses what Google's refuses, and the browser of a person who uses it.

It speaks OAuth 2.0 for installed apps with PKCE (RFC 7636, 8252) and Resource Manager's `projects:search`. Tokens run
out by the clock of the test; a code holds once; a refresh token holds until it is revoked.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

CLIENT_ID = "1234-desk.apps.googleusercontent.com"
SECRET = "not-a-secret"
CLOUD = "https://www.googleapis.com/auth/cloud-platform"
EMAIL = "https://www.googleapis.com/auth/userinfo.email"


@dataclass
class Accounts:
    """The server while a test runs. What stands here may be changed by the test at any time."""

    url: str = ""
    client_id: str = CLIENT_ID
    sign: Callable[[dict[str, Any]], str] | None = None
    """Signs ID tokens, where somebody looks at their signature."""
    person: str = "ada@payer.example"
    allows: bool = True
    ticks: bool = True
    """Whether the person leaves the box of the cloud's scope ticked."""
    state: str = ""
    """Another state than was asked with, where an answer is forged."""
    claims: dict[str, Any] = field(default_factory=dict)
    seconds: int = 3600
    answers: int = 0
    """An HTTP status that the token server gives instead of its work; 0 for none."""
    rapt: bool = False
    policy: str = ""
    """What the organisation's administrator has Google say to everybody."""
    silent: bool = False
    """Whether a renewal leaves out who it is, as the standard allows."""
    kept: str = CLOUD
    """What a renewal says is still granted."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refresh: dict[str, str] = field(default_factory=dict)
    access: set[str] = field(default_factory=set)
    revoked: list[str] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    projects: list[dict[str, Any]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def token(self, body: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.asked.append(body)
        if self.answers:
            return self.answers, {"error": "backend_error"}
        if body.get("client_id") != self.client_id or body.get("client_secret") != SECRET:
            return self._refuse("invalid_client", 401)
        if body.get("grant_type") == "authorization_code":
            return self._code(body)
        if body.get("grant_type") == "refresh_token":
            person = self.refresh.get(body.get("refresh_token", ""))
            if self.rapt:
                return 400, {"error": "invalid_grant", "error_subtype": "invalid_rapt"}
            if self.policy:
                return self._refuse(self.policy)
            if person is None:
                return self._refuse("invalid_grant")
            made = self._tokens(person, None, scope=self.kept)
            if self.silent:
                del made["id_token"]
            return 200, made
        return self._refuse("unsupported_grant_type")

    def _code(self, body: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(body.get("code", ""), None)
        if asked is None or asked["redirect_uri"] != body.get("redirect_uri"):
            return self._refuse("invalid_grant")
        digest = hashlib.sha256(body.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return self._refuse("invalid_grant")
        granted = f"openid {EMAIL} {CLOUD}" if self.ticks else f"openid {EMAIL}"
        made = self._tokens(asked["person"], asked["nonce"], granted)
        refresh = "1//" + secrets.token_urlsafe(24)
        self.refresh[refresh] = asked["person"]
        return 200, {**made, "refresh_token": refresh}

    def _tokens(self, person: str, nonce: str | None, scope: str) -> dict[str, Any]:
        access = "ya29." + secrets.token_urlsafe(16)
        self.access.add(access)
        claims = {
            "iss": self.url, "aud": self.client_id, "sub": "1", "email": person, "email_verified": True,
            **({"nonce": nonce} if nonce else {}), **self.claims,
        }  # fmt: skip
        return {
            "access_token": access, "id_token": (self.sign or _token)(claims), "expires_in": self.seconds,
            "scope": scope, "token_type": "Bearer",
        }  # fmt: skip

    def _refuse(self, why: str, status: int = 400) -> tuple[int, dict[str, Any]]:
        self.refused.append(why)
        return status, {"error": why}

    def authorize(self, query: dict[str, str]) -> tuple[int, str]:
        """Where the browser is sent, or why it is not: a wrong question is answered with a page, never a redirect."""
        scopes = set(query.get("scope", "").split())
        place = urlsplit(query.get("redirect_uri", ""))
        wrong = [
            name
            for name, holds in {
                "client_id": query.get("client_id") == self.client_id,
                "response_type": query.get("response_type") == "code",
                "redirect_uri": place.scheme == "http" and place.hostname == "127.0.0.1" and bool(place.port),
                "scope": {"openid", EMAIL, CLOUD} == scopes,
                "code_challenge_method": query.get("code_challenge_method") == "S256",
                "code_challenge": len(query.get("code_challenge", "")) == 43,
                "state": len(query.get("state", "")) >= 32,
                "nonce": len(query.get("nonce", "")) >= 32,
            }.items()
            if not holds
        ]
        if wrong:
            self.refused.append(" ".join(wrong))
            return 400, ""
        state = self.state or query["state"]
        if self.policy:
            return 302, f"{query['redirect_uri']}?{urlencode({'error': self.policy, 'state': state})}"
        if not self.allows:
            return 302, f"{query['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': state})}"
        code = "4/" + secrets.token_urlsafe(24)
        self.codes[code] = {**query, "person": self.person}
        return 302, f"{query['redirect_uri']}?{urlencode({'code': code, 'state': state})}"


def _token(claims: dict[str, Any]) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'RS256', 'typ': 'JWT'})}.{part(claims)}.{part('signed')}"


@contextmanager
def accounts() -> Iterator[Accounts]:
    """A sign-in server on a free port."""
    state = Accounts()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_args: object) -> None:
            """Say nothing on the terminal."""

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query))
            if parts.path == "/v3/projects:search":
                self._projects(query)
                return
            status, place = state.authorize(query) if parts.path == "/auth" else (404, "")
            self.send_response(status)
            if place:
                self.send_header("Location", place)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_POST(self) -> None:
            said = self.rfile.read(int(self.headers["Content-Length"])).decode()
            body = dict(parse_qsl(said))
            with state.lock:
                if self.path == "/token":
                    self._json(*state.token(body))
                elif self.path == "/revoke":
                    known = state.refresh.pop(body.get("token", ""), None)
                    state.revoked.append(body.get("token", ""))
                    self._json(200 if known else 400, {})
                else:
                    self._json(404, {})

        def _projects(self, query: dict[str, str]) -> None:
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            if token not in state.access:
                self._json(401, {"error": {"status": "UNAUTHENTICATED"}})
                return
            if (
                query.get("query") != "labels.countersign:* state:ACTIVE"
                or int(query.get("pageSize", "0")) > 500
            ):
                self._json(400, {"error": {"status": "INVALID_ARGUMENT"}})
                return
            at = int(query.get("pageToken") or 0)
            more = at + 1 < len(state.projects)
            said = {
                "projects": state.projects[at : at + 1],
                **({"nextPageToken": str(at + 1)} if more else {}),
            }
            self._json(200, said)

        def _json(self, status: int, value: object) -> None:
            body = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Browser:
    """The person's browser: opens the address, answers what is asked there, is sent back, and shows a page."""

    def __init__(self) -> None:
        self.pages: list[str] = []
        self.before: list[str] = []
        """What it fetches from the loopback address first, as browsers do."""
        self._threads: list[threading.Thread] = []

    def __call__(self, address: str) -> None:
        thread = threading.Thread(target=self._go, args=(address,))
        thread.start()
        self._threads.append(thread)

    def _go(self, address: str) -> None:
        home = dict(parse_qsl(urlsplit(address).query))["redirect_uri"]
        for path in self.before:
            httpx.get(home + path)
        self.pages.append(httpx.get(address, follow_redirects=True, timeout=10).text)

    def close(self) -> None:
        for thread in self._threads:
            thread.join()
