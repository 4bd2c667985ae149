"""One question to a chat endpoint, its answer streamed. All of httpx stays in here; errors are told in words."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from app.domain.errors import Actionable, Offline, Rejected, SignInRequired
from app.services.answering import Busy, Submit, follow, persistent
from app.services.ports import Hear

CONNECT_SECONDS = 10.0
QUIET_SECONDS = 120.0
"""How long a model may think before its next word: a large one on a small machine takes its time."""
_ANOTHER = "Ask again, choose another model, or use the criteria engine."


def host_of(url: str) -> str:
    return urlsplit(url).hostname or ""


def stays_here(url: str) -> bool:
    """Whether the endpoint is on this very computer."""
    host = host_of(url)
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_url(url: str, *, plain_allowed: bool = False) -> str:
    """The endpoint's address without a slash at its end. Raises `Rejected` for one that is none, or that would carry
    patients' data in the clear over a network.
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Rejected(
            "This is no address of a model.",
            "Give one such as https://models.payer.example/v1.",
            code="model_url",
        )
    if parts.username or parts.password:
        raise Rejected("An address must not hold a password.", "Give the key by itself.", code="model_url")
    if parts.scheme == "http" and not stays_here(url) and not plain_allowed:
        raise Rejected(
            "Over http patients' data would cross the network in the clear.",
            "Give an https address, or allow plain http for a network that is protected otherwise.",
            code="model_plain",
        )
    return url.strip().rstrip("/")


@dataclass(slots=True)
class _Streaming:
    """The pieces of a streamed answer. `close` may be called from another thread: the read then ends."""

    client: httpx.Client
    request: httpx.Request
    response: httpx.Response | None = field(default=None)

    def __iter__(self) -> Iterator[str]:
        try:
            self.response = self.client.send(self.request, stream=True)
            if self.response.status_code != httpx.codes.OK:
                self.response.read()
                raise _status_error(self.response)
            kind = self.response.headers.get("content-type", "")
            if "text/event-stream" not in kind:
                yield _whole(self.response.read())
                return
            yield from _events(self.response)
        except httpx.ConnectTimeout as error:
            raise _unreachable() from error
        except httpx.ConnectError as error:
            raise _unreachable() from error
        except httpx.TimeoutException as error:
            raise Offline("The model did not answer in time.", _ANOTHER, code="model_silent") from error
        except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError, httpx.CloseError) as error:
            raise Offline(
                "The connection to the model broke off.",
                f"What came so far is kept. {_ANOTHER}",
                code="model_broken",
            ) from error
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
            raise Rejected("The model's server cannot be spoken to.", "Check its address in the settings.",
                           code="model_protocol") from error  # fmt: skip

    def close(self) -> None:
        if self.response is not None:
            self.response.close()
        self.client.close()


def _unreachable() -> Offline:
    return Offline(
        "The model's server cannot be reached.",
        "Check that it runs and that the network is there, or use the criteria engine.",
        code="model_unreachable",
    )


def _events(response: httpx.Response) -> Iterator[str]:
    """The text of server-sent events; what breaks off before the end was told is an error."""
    ended = False
    for line in response.iter_lines():
        if not line.startswith("data:"):
            continue
        data = line.removeprefix("data:").strip()
        if data == "[DONE]":
            return
        try:
            event = json.loads(data)
        except ValueError as error:
            raise Rejected(
                "The model's server sent what cannot be read.", _ANOTHER, code="model_protocol"
            ) from error
        if not isinstance(event, dict):
            continue
        if "error" in event:
            raise _told(event["error"])
        for choice in event.get("choices") or ():
            content = (choice.get("delta") or {}).get("content")
            if isinstance(content, str) and content:
                yield content
            ended = _finished(choice.get("finish_reason")) or ended
    if not ended:
        raise Offline("The connection to the model broke off.", _ANOTHER, code="model_broken")


def _finished(reason: Any) -> bool:
    if reason == "length":
        raise Rejected(
            "The model ran out of room before its answer was whole.",
            "Choose a model that takes more, or use the criteria engine.",
            code="model_length",
        )
    if reason == "content_filter":
        raise Rejected("The model refused to answer.", _ANOTHER, code="model_refused")
    return reason is not None


def _whole(content: bytes) -> str:
    try:
        data = json.loads(content)
        choice = data["choices"][0]
        text = choice["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise Rejected(
            "The model's server sent what cannot be read.", _ANOTHER, code="model_protocol"
        ) from error
    _finished(choice.get("finish_reason"))
    refusal = choice["message"].get("refusal")
    if refusal or not isinstance(text, str):
        raise Rejected("The model refused to answer.", _ANOTHER, code="model_refused")
    return text


def _told(error: Any) -> Actionable:
    words = str(error.get("message", "")) if isinstance(error, dict) else str(error)
    return Rejected(
        f"The model's server says: {' '.join(words.split())[:200] or 'an error'}.",
        _ANOTHER,
        code="model_error",
    )


def _status_error(response: httpx.Response) -> Actionable:
    status = response.status_code
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        return SignInRequired(
            "The model's server does not accept the key.",
            "Ask an administrator to set it anew.",
            code="model_key",
        )
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return Busy(
            "The model is asked too much at the moment.", _seconds(response.headers.get("retry-after"))
        )
    if status in (httpx.codes.BAD_GATEWAY, httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.GATEWAY_TIMEOUT):
        return Busy("The model's server is not ready.", _seconds(response.headers.get("retry-after")))
    if status == httpx.codes.NOT_FOUND:
        return Rejected(
            "The server has no such model or address.", "Check both in the settings.", code="model_missing"
        )
    if status >= httpx.codes.INTERNAL_SERVER_ERROR:
        return Busy("The model's server failed.")
    if status == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
        return Rejected(
            "This is more than the model takes.", "Choose a model that takes more.", code="model_length"
        )
    try:
        data = json.loads(response.content)
        error = data.get("error", data) if isinstance(data, dict) else {}
    except ValueError:
        error = {}
    told = _told(error or f"status {status}")
    told.code = (
        "model_shape"
        if status in (httpx.codes.BAD_REQUEST, httpx.codes.UNPROCESSABLE_ENTITY)
        else "model_error"
    )
    return told


def _seconds(text: str | None) -> float | None:
    try:
        return max(0.0, float(text)) if text else None
    except ValueError:
        return None


@dataclass(slots=True)
class Chat:
    """Asks one model at one endpoint. `submit` hands work to the lane `network`; `key` is "" where none is needed.

    The answer's shape is asked for by JSON Schema; a server that does not know that is asked again in simpler words.
    """

    url: str
    model: str
    submit: Submit
    key: str = field(default="", repr=False)
    quiet_seconds: float = QUIET_SECONDS
    most_tokens: int = 8192
    wait: Any = None
    _shape: int = 0

    def ask(self, system: str, user: str, schema: dict[str, Any] | None, hear: Hear | None) -> str:
        """The whole answer. Raises `Offline`, `SignInRequired`, `Rejected` or `Cancelled`, each in words."""
        while True:
            shape = _shapes(schema)[min(self._shape, len(_shapes(schema)) - 1)]
            try:
                return persistent(lambda shape=shape: self._once(system, user, shape, hear), hear, self.wait)  # type: ignore[misc]
            except Rejected as error:
                if error.code != "model_shape" or self._shape >= len(_shapes(schema)) - 1:
                    raise
                self._shape += 1

    def _once(self, system: str, user: str, shape: dict[str, Any], hear: Hear | None) -> str:
        client = httpx.Client(
            timeout=httpx.Timeout(self.quiet_seconds, connect=CONNECT_SECONDS),
            follow_redirects=False,
            trust_env=not stays_here(self.url),
        )
        body = {
            "model": self.model,
            "messages": [{"role": "system", "content": system}, {"role": "user", "content": user}],
            "temperature": 0,
            "stream": True,
            "max_tokens": self.most_tokens,
        } | shape
        headers = {"Accept": "text/event-stream, application/json"}
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        request = client.build_request("POST", f"{self.url}/chat/completions", json=body, headers=headers)
        return follow(_Streaming(client, request), self.submit, hear, self.quiet_seconds)


def _shapes(schema: dict[str, Any] | None) -> tuple[dict[str, Any], ...]:
    """How the shape of an answer can be asked for, the strictest first."""
    loose: tuple[dict[str, Any], ...] = ({"response_format": {"type": "json_object"}}, {})
    if schema is None:
        return loose
    strict = {
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "recommendation", "schema": schema},
        }
    }
    return (strict, *loose)
