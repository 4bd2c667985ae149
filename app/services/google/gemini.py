"""Gemini on Vertex AI: one question, its answer streamed, errors in words.

`google.genai` takes half a second to load: it is named here alone, and loaded with the first question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.domain.errors import Actionable, Offline, Rejected, SignInRequired
from app.services.answering import Busy, Submit, follow, persistent
from app.services.ports import Hear

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from google.genai import Client

QUIET_SECONDS = 120.0
_ANOTHER = "Ask again, choose another model, or use the criteria engine."
_REFUSED = frozenset(
    {"SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "RECITATION", "SPII", "LANGUAGE", "IMAGE_SAFETY"}
)


@dataclass(slots=True)
class _Streaming:
    """The pieces of a streamed answer; closing the client ends a read that waits."""

    client: Client
    model: str
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
            raise _told(error) from error
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
        raise _refusal()
    for candidate in chunk.candidates or ():
        reason = getattr(candidate.finish_reason, "name", None)
        if reason in _REFUSED:
            raise _refusal()
        if reason == "MAX_TOKENS":
            raise Rejected(
                "Gemini ran out of room before its answer was whole.",
                "Ask about fewer documents, or use the criteria engine.",
                code="model_length",
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
        if candidate.content is not None
        for part in candidate.content.parts or ()
        if part.text and not getattr(part, "thought", None)
    ]
    return "".join(parts)


def _refusal() -> Rejected:
    return Rejected(
        "Gemini refused to answer: its safety rules stopped it.",
        "Judge this request yourself, or use the criteria engine.",
        code="model_refused",
    )


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


def _told(error: Any) -> Actionable:
    code = int(getattr(error, "code", 0) or 0)
    words = " ".join(str(getattr(error, "message", "") or "").split())[:200]
    if code == 401:
        return _signed_out()
    if code == 403:
        return SignInRequired(
            "This account may not use Gemini in this project.",
            "Ask an administrator for the role Vertex AI User (aiplatform.endpoints.predict).",
            code="google_permission",
        )
    if code == 404:
        return Rejected(
            "This model is not there in this region.",
            "Check model and region in the settings.",
            code="model_missing",
        )
    if code == 429:
        return Busy("Gemini is asked too much at the moment.")
    if code >= 500:
        return Busy("Gemini failed for a moment.")
    return Rejected(f"Gemini says: {words or code}.", _ANOTHER, code="model_error")


@dataclass(slots=True)
class Gemini:
    """Asks one Gemini model, or a tuned endpoint (`projects/…/endpoints/…`), in one region of one project.

    `credentials` are made when they are first needed. `base_url` and its absence of a real Google are for tests.
    """

    project: str
    location: str
    model: str
    submit: Submit
    credentials: Callable[[], Credentials | None]
    base_url: str = ""
    quiet_seconds: float = QUIET_SECONDS
    wait: Any = field(default=None)

    def ask(self, system: str, user: str, schema: dict[str, Any] | None, hear: Hear | None) -> str:
        """The whole answer. Raises `Offline`, `SignInRequired`, `Rejected` or `Cancelled`, each in words."""
        return persistent(lambda: self._once(system, user, schema, hear), hear, self.wait)

    def _once(self, system: str, user: str, schema: dict[str, Any] | None, hear: Hear | None) -> str:
        from google.auth.exceptions import GoogleAuthError
        from google.genai import Client, types

        options = types.HttpOptions(timeout=int(self.quiet_seconds * 1000))
        if self.base_url:
            options.base_url = self.base_url
        try:
            client = Client(
                vertexai=True,
                project=self.project,
                location=self.location,
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
        return follow(_Streaming(client, self.model, user, config), self.submit, hear, self.quiet_seconds)
