"""Gemini on Vertex AI: one question, its answer streamed, errors in words.

`google.genai` takes half a second to load: it is named here alone, and loaded with the first question.
"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from app.domain.errors import Actionable, Offline, Rejected, SignInRequired
from app.services.answering import Busy, Submit, follow, persistent
from app.services.google.refusal import general, in_json
from app.services.ports import Hear

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from google.genai import Client
    from google.genai.types import HttpOptions

QUIET_SECONDS = 120.0
_ANOTHER = "Ask again, choose another model, or use the criteria engine."
_JUDGE = "Judge this request yourself, or use the criteria engine."
_REFUSALS = {
    "SAFETY": "its safety rules stopped the answer",
    "IMAGE_SAFETY": "its safety rules stopped the answer",
    "PROHIBITED_CONTENT": "it takes the text for content that is prohibited",
    "BLOCKLIST": "the answer held words that the project has blocked",
    "RECITATION": "the answer repeated a published text too closely",
    "SPII": "the answer held personal data of the kind it does not give",
    "LANGUAGE": "the text is in a language it does not answer in",
    "JAILBREAK": "it takes the text for an attempt to get around its rules",
    "MODEL_ARMOR": "the project's Model Armor stopped it",
    "OTHER": "it does not say why",
}
"""Why Gemini ends without an answer, or does not begin with one, by finish reason and block reason."""
_ENDPOINT = re.compile(r"projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)/endpoints/[^/]+")


@dataclass(slots=True)
class _Streaming:
    """The pieces of a streamed answer; closing the client ends a read that waits."""

    client: Client
    model: str
    location: str
    user: str
    config: Any

    def __iter__(self) -> Iterator[str]:
        import httpx
        from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
        from google.genai.errors import APIError

        ended = False
        try:
            stream = self.client.models.generate_content_stream(
                model=self.model, contents=self.user, config=self.config
            )
            for chunk in stream:
                ended = _finished(chunk) or ended
                text = _text(chunk)
                if text:
                    yield text
        except APIError as error:
            raise told(error, self.location) from error
        except RefreshError as error:
            raise _signed_out() from error
        except TransportError as error:
            raise _unreachable() from error
        except GoogleAuthError as error:
            raise _signed_out() from error
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise _unreachable() from error
        except httpx.TimeoutException as error:
            raise Offline("Gemini did not answer in time.", _ANOTHER, code="model_silent") from error
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise _broken() from error
        except ValueError as error:  # the client reads a broken event as JSON
            raise Rejected("Gemini sent what cannot be read.", _ANOTHER, code="model_protocol") from error
        if not ended:
            raise _broken()

    def close(self) -> None:
        with suppress(AttributeError):  # a client whose first call never came has nothing to close
            self.client.close()


def _finished(chunk: Any) -> bool:
    """Whether the answer is told to be whole. Raises `Rejected` when it was refused or cut off."""
    feedback = getattr(chunk, "prompt_feedback", None)
    if feedback is not None and getattr(feedback, "block_reason", None):
        blocked = _reason(feedback.block_reason) or ""
        raise _refusal("Gemini did not take the question", blocked, "model_blocked")
    for candidate in chunk.candidates or ():
        reason = _reason(candidate.finish_reason)
        if reason in _REFUSALS:
            raise _refusal("Gemini refused to answer", reason, "model_refused")
        if reason == "MAX_TOKENS":
            raise Rejected(
                "Gemini ran out of room before its answer was whole.",
                "Ask about fewer documents, or use the criteria engine.",
                code="model_length",
            )
        if reason in ("MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"):
            raise Rejected(
                "Gemini wanted to use a tool it was not given, and did not answer.",
                _ANOTHER,
                code="model_tool",
            )
        if reason is not None and reason not in ("FINISH_REASON_UNSPECIFIED", "STOP"):
            raise Rejected("Gemini ended without an answer.", _ANOTHER, code="model_refused")
        if reason == "STOP":
            return True
    return False


def _text(chunk: Any) -> str:
    parts = [
        part.text
        for candidate in chunk.candidates or ()
        if candidate.content is not None and not candidate.index  # one answer was asked for
        for part in candidate.content.parts or ()
        if part.text and not getattr(part, "thought", None)
    ]
    return "".join(parts)


def _reason(found: Any) -> str | None:
    """A finish reason by its name; one that this client does not know yet as the service sent it."""
    return str(getattr(found, "value", found)) if found is not None else None


def _refusal(said: str, reason: str, code: str) -> Rejected:
    why = _REFUSALS.get(reason, "it does not say why")
    return Rejected(f"{said}: {why}.", _JUDGE, code=code, cause=reason[:40])


def _broken() -> Offline:
    return Offline(
        "The connection to Gemini broke off.", f"What came so far is kept. {_ANOTHER}", code="model_broken"
    )


def _unreachable() -> Offline:
    return Offline(
        "Gemini cannot be reached.",
        "Check the network and the region in the settings, or use the criteria engine.",
        code="model_unreachable",
    )


def _signed_out() -> SignInRequired:
    return SignInRequired("Google no longer accepts this sign-in.", "Sign in again.", code="google_sign_in")


def told(error: Any, location: str) -> Actionable:
    """An answer of Vertex AI that is none, in words. What it quotes from the question stays out of them."""
    code = int(getattr(error, "code", 0) or 0)
    message = str(getattr(error, "message", "") or "")
    words = " ".join(_QUOTED.sub("“…”", message).split())[:200]
    if code in (400, 401, 403):
        known = general(in_json(getattr(error, "details", None)).reason, message, "Vertex AI")
        if known is not None:
            return known
    if code == 400 and _SCHEMA.search(message):
        return SchemaRefused()
    if code == 401:
        return _signed_out()
    if code == 403:
        return SignInRequired(
            "This account may not use Gemini in this project.",
            "Ask an administrator for the role Vertex AI User (aiplatform.endpoints.predict).",
            code="google_permission",
        )
    if code == 404 or (code == 400 and _ELSEWHERE.search(words)):
        return Rejected(
            f"This model is not there in the region {location}.",
            "Choose a region that has it: Google's list of Gemini's locations names them. A tuned model answers in the"
            " region it was tuned in.",
            code="model_missing",
        )
    if code == 429:
        return Busy("Gemini is asked too much at the moment: the project's quota is used up.", _again(error))
    if code in (408, 499) or code >= 500:
        return Busy("Gemini failed for a moment.", _again(error))
    return Rejected(f"Gemini says: {words or code}.", _ANOTHER, code="model_error")


_QUOTED = re.compile(r"[\"“][^\"”]*[\"”]|(?<!\w)'[^']*'(?!\w)")
_SCHEMA = re.compile(r"schema", re.IGNORECASE)
_ELSEWHERE = re.compile(
    r"\b(?:location|region)\b.*\bnot (?:supported|available)\b|\bnot (?:supported|available) in\b"
)


class SchemaRefused(Rejected):
    """The model does not take the shape that its answer is to have: it can be asked for without."""

    def __init__(self) -> None:
        super().__init__(
            "The model does not take the shape its answer has to have.", _ANOTHER, code="model_schema"
        )


def _again(error: Any) -> float | None:
    """After how many seconds the service wants to be asked again, where it says so: in its details, or a header."""
    delay = in_json(getattr(error, "details", None)).delay
    if delay is not None:
        return delay
    headers = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        return max(0.0, float(headers.get("retry-after", "")))
    except ValueError:  # a date: nobody who waits at a screen waits that long
        return None


def http_options(base_url: str, seconds: float) -> HttpOptions:
    """How a client of `google.genai` reaches Vertex AI.

    Every client would read the authorities that are trusted twice, for 0.1 s: they are read once, except where the
    computer's own certificate is asked for too, which the client sees to.
    """
    from google.genai import types

    options = types.HttpOptions(timeout=int(seconds * 1000))
    if base_url:
        options.base_url = base_url
    if os.environ.get("GOOGLE_API_USE_CLIENT_CERTIFICATE", "").casefold() != "true":
        options.client_args = {"verify": _trusted()}
        options.async_client_args = {"verify": _trusted(), "ssl": _trusted()}
    return options


@cache
def _trusted() -> ssl.SSLContext:
    import certifi

    cafile = os.environ.get("SSL_CERT_FILE", certifi.where())
    return ssl.create_default_context(cafile=cafile, capath=os.environ.get("SSL_CERT_DIR"))


@dataclass(slots=True)
class Gemini:
    """Asks one Gemini model, or a tuned endpoint (`projects/…/locations/…/endpoints/…`), in one region of a project.

    An endpoint is asked in its own project and region, whatever else is said. `credentials` are made when they are
    first needed. `base_url` and its absence of a real Google are for tests.
    """

    project: str
    location: str
    model: str
    submit: Submit
    credentials: Callable[[], Credentials | None]
    base_url: str = ""
    quiet_seconds: float = QUIET_SECONDS
    wait: Any = field(default=None)
    _shapeless: bool = field(default=False, init=False)
    """Whether the model is known to take no schema."""

    @property
    def place(self) -> tuple[str, str]:
        """The project and the region that are really asked."""
        found = _ENDPOINT.fullmatch(self.model)
        return (found["project"], found["location"]) if found else (self.project, self.location)

    def ask(self, system: str, user: str, schema: dict[str, Any] | None, hear: Hear | None) -> str:
        """The whole answer. Raises `Offline`, `SignInRequired`, `Rejected` or `Cancelled`, each in words."""
        if schema is not None and not self._shapeless:
            try:
                return persistent(lambda: self._once(system, user, schema, hear), hear, self.wait)
            except SchemaRefused:
                self._shapeless = (
                    True  # the instructions say the shape too, and every answer is checked against it
                )
        return persistent(lambda: self._once(system, user, None, hear), hear, self.wait)

    def _once(self, system: str, user: str, schema: dict[str, Any] | None, hear: Hear | None) -> str:
        from google.auth.exceptions import GoogleAuthError
        from google.genai import Client, types

        project, location = self.place
        options = http_options(self.base_url, self.quiet_seconds)
        try:
            client = Client(
                vertexai=True,
                project=project,
                location=location,
                credentials=self.credentials(),
                http_options=options,
            )
        except (GoogleAuthError, ValueError) as error:
            raise _signed_out() from error
        config = types.GenerateContentConfig(
            system_instruction=system,
            temperature=0,
            response_mime_type="application/json",
            response_json_schema=schema,
        )
        pieces = _Streaming(client, self.model, location, user, config)
        return follow(pieces, self.submit, hear, self.quiet_seconds)
