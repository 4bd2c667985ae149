"""What Cloud Storage answers when it refuses or fails, said once, in words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from app.domain.errors import Actionable, Offline, Rejected, SignInRequired
from app.services.bucket import altered
from app.services.google.refusal import general, in_json

_PERMISSION = re.compile(r"storage\.[a-z]+\.[A-Za-z]+")
_AGAIN = "It is tried again by itself."
_HELD = ("retentionPolicyNotMet", "objectUnderActiveHold", "objectRetentionNotMet")
_TOO_OFTEN = ("rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded")


class Missing(Exception):
    """The object that was asked for is not there."""


class Stale(Exception):
    """A precondition did not hold: the name is taken, or the file is another by now."""


class Held(Stale):
    """The file may be neither overwritten nor removed yet: the bucket keeps what the law wants kept."""


@contextmanager
def told_in_words(permission: str, bucket: str) -> Iterator[None]:
    """Translate what the client raises inside. `permission` is what is asked for, where the answer does not say.

    A bucket that is not there is `Rejected`; an object that is not there `Missing`, a precondition that does not hold
    `Stale`: both are for the adapter alone.
    """
    from google.api_core.exceptions import GoogleAPICallError, RetryError
    from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError
    from google.cloud.storage.exceptions import (  # type: ignore[import-untyped]
        DataCorruption,
        InvalidResponse,
    )
    from requests.exceptions import HTTPError, RequestException
    from urllib3.exceptions import HTTPError as BrokenOff

    try:
        yield
    except (Missing, Stale):
        raise
    except DataCorruption as error:
        raise altered() from error
    except InvalidResponse as error:
        raise _refused(error.response, permission, bucket) from error
    except GoogleAPICallError as error:
        raise _refused(error.response, permission, bucket, int(error.code or 0)) from error
    except HTTPError as error:
        raise _refused(error.response, permission, bucket) from error
    except RefreshError as error:
        raise (unreachable() if error.retryable else signed_out()) from error
    except TransportError as error:
        raise unreachable() from error
    except GoogleAuthError as error:
        raise signed_out() from error
    except (RequestException, BrokenOff, RetryError, ConnectionError, TimeoutError) as error:
        raise unreachable() from error


def unreachable() -> Offline:
    return Offline("Cloud Storage cannot be reached.", _AGAIN, code="storage_unreachable")


def signed_out() -> SignInRequired:
    return SignInRequired("Google no longer accepts this sign-in.", "Sign in again.", code="google_sign_in")


def _refused(response: Any, permission: str, bucket: str, status: int = 0) -> Actionable | Missing | Stale:
    status = status or int(getattr(response, "status_code", 0) or 0)
    reason, message = _said(response)
    if status in (400, 401, 403):
        known = general(_reason(response), message, "Cloud Storage")
        if known is not None:
            return known
    if status == 401:
        return signed_out()
    if status in (0, 408, 429) or status >= 500 or reason in _TOO_OFTEN:
        return Offline(
            "Cloud Storage is asked too much, or failed for a moment.", _AGAIN, code="storage_busy"
        )
    if reason == "accountDisabled":
        return general("BILLING_DISABLED", "", "Cloud Storage") or signed_out()
    if status == 403 and (
        reason in _HELD or "retention" in message.casefold() or " hold" in message.casefold()
    ):
        return Held("kept until its time is over")
    if status == 403:
        found = _PERMISSION.search(message)
        wanted = found[0] if found else permission
        # who may not list is not told whether a file is there
        unsure = (
            ", or the file is not there" if "may not exist" in message and wanted.endswith(".get") else ""
        )
        return Rejected(
            f"This account may not do that in the bucket {bucket}: {wanted} is missing{unsure}.",
            f"Ask your administrator for a role with {wanted}.",
            code="storage_permission",
            permission=wanted,
            bucket=bucket,
        )
    if status == 410:  # an upload that is over; an object is never told so
        return Missing("no such upload")
    if status == 400 and (reason == "userProjectMissing" or "requester pays" in message.casefold()):
        return Rejected(
            f"The bucket {bucket} asks whoever reads it to pay (requester pays).",
            "Ask your administrator to switch that off for the project's own buckets.",
            code="bucket_pays",
            bucket=bucket,
        )
    if status == 404:
        if "bucket" not in message.lower() or "object" in message.lower():
            return Missing("no such object")
        return Rejected(
            f"There is no bucket {bucket} in this project.",
            "Check the connection's bucket names, or ask your administrator.",
            code="bucket_missing",
            bucket=bucket,
        )
    if status == 412:
        return Stale("a precondition did not hold")
    if status == 400 and ("crc32c" in message.lower() or "md5" in message.lower()):
        # The service kept nothing: what was damaged on the way is sent once more.
        return Offline("The file was damaged on its way to the bucket.", _AGAIN, code="upload_damaged")
    if status == 413:
        return Rejected("The file is too large for its bucket.", "Split the file.", code="object_too_large")
    return Rejected(
        f"Cloud Storage refused the request ({status}).",
        "Report this with the code: the program asked for what the service does not know.",
        code="storage_refused",
        status=status,
    )


def _reason(response: Any) -> str:
    """The reason that every service of Google gives alike, "" where none is."""
    try:
        return in_json(json.loads(str(getattr(response, "text", "") or ""))).reason
    except ValueError:
        return ""


def _said(response: Any) -> tuple[str, str]:
    """Reason and message of an answer: JSON, or plain text where media is moved."""
    text = str(getattr(response, "text", "") or "")
    try:
        error = json.loads(text)["error"]
        reasons = error.get("errors") or [{}]
        return str(reasons[0].get("reason", "")), str(error.get("message", ""))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return "", text
