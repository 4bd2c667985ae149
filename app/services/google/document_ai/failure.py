"""What Document AI answers when it refuses or fails, said once, in words. Nothing of its own words is passed on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from app.domain.errors import Actionable, Offline, Rejected, SignInRequired, Unreadable

ONLINE = "documentai.processors.processOnline"
BATCH = "documentai.processors.processBatch"
_PERMISSION = re.compile(r"documentai\.[a-zA-Z]+\.[a-zA-Z]+")
_AGAIN = "Try again in a while, or enter by hand what the form says."
_ADMINISTRATOR = "Ask your administrator for the connection file of this project."


class TooLong(Exception):
    """More pages, or more bytes, than one answer at once is given for: a batch has to take it."""


class Busy(Exception):
    """The quota of the minute is used up, or the service failed for a moment: another try may be answered."""

    def __init__(self, *, quota: bool) -> None:
        super().__init__("quota" if quota else "failed for a moment")
        self.told = busy() if quota else unreachable()


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


def told(error: Exception, permission: str) -> Actionable | TooLong | Busy:
    """What an answer of the service means to a person."""
    from google.api_core import exceptions as answers

    words = str(error)
    low = words.lower()
    if isinstance(error, answers.Unauthenticated):
        return signed_out()
    if isinstance(error, answers.ResourceExhausted):
        return Busy(quota=True)
    if isinstance(error, answers.PermissionDenied):
        found = _PERMISSION.search(words)
        wanted = found[0] if found else permission
        return Rejected(
            f"This account may not use Document AI in this project: {wanted} is missing.",
            "Ask your administrator for the role Document AI API User (roles/documentai.apiUser).",
            code="document_ai_permission",
            permission=wanted,
        )
    if isinstance(error, answers.NotFound):
        return Rejected(
            "There is no such form processor in this project.",
            _ADMINISTRATOR,
            code="document_ai_missing",
        )
    if isinstance(error, answers.FailedPrecondition):
        return Rejected(
            "The form processor, or the version of it that is asked for, is not deployed.",
            "Ask your administrator to deploy the version, or to name another in the connection file.",
            code="document_ai_not_deployed",
        )
    if isinstance(error, answers.InvalidArgument):
        return _invalid(low)
    if isinstance(error, (answers.ServiceUnavailable, answers.InternalServerError, answers.Aborted)):
        return Busy(quota=False)
    return unreachable()


def _invalid(low: str) -> Actionable | TooLong:
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
    if "unsupported input file" in low or "mime" in low or "invalid pdf" in low or "corrupt" in low:
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
