"""What Document AI answers when it refuses or fails, said once, in words. Nothing of its own words is passed on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from app.domain.errors import Actionable, Offline, Rejected, SignInRequired, Unreadable
from app.services.google.refusal import Told, general, told_beside

SERVICE = "Document AI"
ONLINE = "documentai.processors.processOnline"
BATCH = "documentai.processors.processBatch"
_PERMISSION = re.compile(r"documentai\.[a-zA-Z]+\.[a-zA-Z]+")
_AGAIN = "Try again in a while, or enter by hand what the form says."
_ADMINISTRATOR = "Ask your administrator for the connection file of this project."


class TooLong(Exception):
    """More pages, or more bytes, than one answer at once is given for: a batch has to take it."""


class Busy(Exception):
    """The quota of the minute is used up, or the service failed for a moment: another try may be answered, after
    `delay` seconds where the service says so.
    """

    def __init__(self, *, quota: bool, delay: float | None = None) -> None:
        super().__init__("quota" if quota else "failed for a moment")
        self.told = busy() if quota else unreachable()
        self.delay = delay


@contextmanager
def translated(permission: str) -> Iterator[None]:
    """Raises `Offline`, `SignInRequired`, `Rejected` or `Unreadable` for whatever the client raises in here;
    `TooLong` and `Busy` for whoever can do something about it.
    """
    import grpc  # type: ignore[import-untyped]
    from google.api_core.exceptions import GoogleAPICallError, RetryError, from_grpc_error
    from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError

    try:
        yield
    except GoogleAPICallError as error:
        raise told(error, permission) from error
    except grpc.RpcError as error:
        answer: GoogleAPICallError = from_grpc_error(error)  # type: ignore[no-untyped-call]
        raise told(answer, permission) from error
    except RefreshError as error:
        raise (unreachable() if error.retryable else signed_out()) from error
    except (TransportError, RetryError) as error:
        raise unreachable() from error
    except GoogleAuthError as error:
        raise signed_out() from error


def unreachable() -> Offline:
    return Offline("Document AI cannot be reached.", _AGAIN, code="document_ai_unreachable")


def busy() -> Offline:
    return Offline("Document AI is asked more than its quota allows.", _AGAIN, code="document_ai_busy")


def signed_out() -> SignInRequired:
    return SignInRequired("Google no longer accepts this sign-in.", "Sign in again.", code="google_sign_in")


def raise_for(status: Any) -> None:
    """Raise what a `google.rpc.Status` within an answer says went wrong; nothing for one that is fine."""
    from google.api_core.exceptions import from_grpc_status
    from google.rpc import error_details_pb2  # type: ignore[import-untyped]

    if not status.code:
        return
    details, reason = [], None
    for packed in status.details:
        for kind in (error_details_pb2.ErrorInfo, error_details_pb2.RetryInfo, error_details_pb2.BadRequest):
            if packed.Is(kind.DESCRIPTOR):
                detail = kind()
                packed.Unpack(detail)
                details.append(detail)
                reason = detail if kind is error_details_pb2.ErrorInfo else reason
    raise from_grpc_status(status.code, status.message, details=details, error_info=reason)  # type: ignore[no-untyped-call]


def told(error: Exception, permission: str) -> Actionable | TooLong | Busy:
    """What an answer of the service means to a person."""
    from google.api_core import exceptions as answers

    words = str(error)  # with its details: of some refusals the message alone says nothing
    beside = told_beside(getattr(error, "details", ()))
    if isinstance(error, (answers.Unauthenticated, answers.PermissionDenied)):
        known = general(beside.reason, words, SERVICE)
        if known is not None:
            return known
    if isinstance(error, answers.Unauthenticated):
        return signed_out()
    if isinstance(error, answers.ResourceExhausted):
        return Busy(quota=True, delay=beside.delay)
    if isinstance(error, answers.PermissionDenied):
        return _forbidden(words, beside, permission)
    if isinstance(error, answers.NotFound):
        return Rejected(
            "There is no such form processor in this project.",
            _ADMINISTRATOR,
            code="document_ai_missing",
        )
    if isinstance(error, answers.FailedPrecondition):
        return _not_ready(words.casefold(), beside)
    if isinstance(error, answers.InvalidArgument):
        return _invalid(words.casefold(), beside.reason)
    if isinstance(error, (answers.ServiceUnavailable, answers.InternalServerError, answers.Aborted)):
        return Busy(quota=False, delay=beside.delay)
    return unreachable()


def _forbidden(words: str, beside: Told, permission: str) -> Actionable:
    if re.search(
        r"\bstorage\.(?:objects|buckets)\.|\bcloud storage\b", f"{beside.permission} {words}", re.IGNORECASE
    ):
        return Rejected(
            "Document AI may not read or write the bucket that long forms go through.",
            "Ask your administrator to let the project's Document AI service agent use the bucket training_forms.",
            code="document_ai_bucket",
        )
    found = _PERMISSION.search(f"{beside.permission} {words}")
    wanted = found[0] if found else permission
    return Rejected(
        f"This account may not use Document AI in this project: {wanted} is missing.",
        "Ask your administrator for the role Document AI API User (roles/documentai.apiUser).",
        code="document_ai_permission",
        permission=wanted,
    )


def _not_ready(low: str, beside: Told) -> Actionable:
    if "disabled" in low or beside.reason == "PROCESSOR_DISABLED":
        return Rejected(
            "The form processor is switched off.",
            "Ask your administrator to enable it, or to name another in the connection file.",
            code="document_ai_disabled",
        )
    return Rejected(
        "The form processor, or the version of it that is asked for, is not deployed.",
        "Ask your administrator to deploy the version, or to name another in the connection file.",
        code="document_ai_not_deployed",
    )


def _invalid(low: str, reason: str) -> Actionable | TooLong:
    if reason == "PAGE_LIMIT_EXCEEDED":
        return TooLong("pages")
    if reason in (
        "DOCUMENT_SIZE_EXCEEDED",
        "REQUEST_SIZE_EXCEEDED",
        "PAYLOAD_SIZE_EXCEEDED",
        "FILE_SIZE_EXCEEDED",
    ):
        return TooLong("bytes")
    if "location" in low and "match" in low:
        return Rejected(
            "The form processor lies in another region than it was asked for in.",
            _ADMINISTRATOR,
            code="document_ai_location",
        )
    if "page" in low and ("limit" in low or "exceed" in low):
        return TooLong("pages")
    if "size" in low and ("limit" in low or "exceed" in low):
        return TooLong("bytes")
    if (
        reason in ("UNSUPPORTED_MIME_TYPE", "INVALID_DOCUMENT", "UNSUPPORTED_DOCUMENT_FORMAT")
        or "unsupported input file" in low
        or "mime" in low
        or "invalid pdf" in low
        or "corrupt" in low
    ):
        return Unreadable(
            "Document AI cannot open this file.",
            "Ask the sender for it as PDF; or enter what it says by hand.",
            code="document_ai_file",
        )
    return Rejected(
        "Document AI does not understand what was sent.",
        "Report this with the code; take the processor out of the connection to read these forms here.",
        code="document_ai_refused",
    )
