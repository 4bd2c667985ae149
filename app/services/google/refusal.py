"""Why Google refuses, whichever of its services is asked: reasons that all of them give alike, and how long to wait.

The reasons are those of `google.api.ErrorReason`, told in the `ErrorInfo` of an answer; an older answer tells some in
its words alone. Of these words nothing is passed on but the name of a permission.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.errors import Actionable, Rejected, SignInRequired

_ADMINISTRATOR = "Ask your administrator"
_LONGEST = 3600.0


@dataclass(frozen=True, slots=True)
class Told:
    """What stands beside a refusal: its reason (`SERVICE_DISABLED`, "" where none is given), the permission that is
    missing, and after how many seconds another try is wanted.
    """

    reason: str = ""
    permission: str = ""
    delay: float | None = None


def told_beside(details: Iterable[Any]) -> Told:
    """What the details of an answer tell: messages of `google.rpc`, or the same as JSON."""
    reason = permission = ""
    delay: float | None = None
    for detail in details:
        beside: Any = _Plain(detail) if isinstance(detail, Mapping) else detail
        if _seconds(getattr(beside, "retry_delay", None)) is not None:
            delay = _seconds(beside.retry_delay)
        if isinstance(getattr(beside, "reason", None), str) and not reason:
            reason = beside.reason
            metadata = getattr(beside, "metadata", None) or {}
            permission = str(metadata.get("permission", "")) if hasattr(metadata, "get") else ""
    return Told(reason, permission, delay)


def in_json(body: Any) -> Told:
    """What stands beside a refusal that came as JSON (`{"error": {"details": […]}}`)."""
    found = body[0] if isinstance(body, list) and body else body
    error = found.get("error") if isinstance(found, Mapping) else None
    details = error.get("details") if isinstance(error, Mapping) else None
    return told_beside(d for d in details or () if isinstance(d, Mapping))


def general(reason: str, words: str, service: str) -> Actionable | None:
    """What is told of a refusal that is nothing special of the service; None when it is for the service to tell."""
    reason = reason or _by_words(words.casefold())
    if reason in (
        "ACCESS_TOKEN_EXPIRED",
        "CREDENTIALS_MISSING",
        "SESSION_COOKIE_INVALID",
        "JWT_TOKEN_INVALID",
    ):
        return SignInRequired(
            "Google no longer accepts this sign-in.", "Sign in again.", code="google_sign_in"
        )
    if reason == "ACCESS_TOKEN_SCOPE_INSUFFICIENT":
        return SignInRequired(
            "This sign-in does not allow Countersign to use the project's services.",
            "Sign in again and leave every box ticked.",
            code="sign_in_scope",
        )
    if reason in ("ACCOUNT_STATE_INVALID", "USER_BLOCKED_BY_ADMIN"):
        return SignInRequired(
            "This Google account is disabled, or blocked by your organisation.",
            f"{_ADMINISTRATOR}, or sign in with another account.",
            code="account_disabled",
        )
    if reason in ("SERVICE_DISABLED", "SERVICE_NOT_VISIBLE"):
        return Rejected(
            f"{service} is not switched on in the project.",
            f"{_ADMINISTRATOR} to enable its API in the project of the connection.",
            code="service_disabled",
        )
    if reason in (
        "BILLING_DISABLED",
        "CONSUMER_SUSPENDED",
        "GCP_SUSPENDED",
        "CONSUMER_INVALID",
        "RESOURCE_PROJECT_INVALID",
    ):
        return Rejected(
            "The project has no billing, is suspended or is not there.",
            f"{_ADMINISTRATOR} to look at the project and its billing account.",
            code="project_unusable",
        )
    if reason == "USER_PROJECT_DENIED":
        return Rejected(
            f"This account may not use {service} on this project's account.",
            f"{_ADMINISTRATOR} for the role Service Usage Consumer (roles/serviceusage.serviceUsageConsumer).",
            code="project_use",
            permission="serviceusage.services.use",
        )
    if reason in _POLICIES:
        return Rejected(
            f"A rule of the organisation keeps {service} from being used from here.",
            f"{_ADMINISTRATOR}: VPC Service Controls, an access level or an organisation policy forbids it.",
            code="organisation_rule",
        )
    return None


_POLICIES = frozenset(
    {
        "SECURITY_POLICY_VIOLATED", "LOCATION_POLICY_VIOLATED", "LOCATION_ORG_POLICY_VIOLATED",
        "ORG_RESTRICTION_VIOLATION", "RESOURCE_USAGE_RESTRICTION_VIOLATED", "TLS_ORG_POLICY_VIOLATED",
        "ENDPOINT_USAGE_RESTRICTION_VIOLATED",
    }
)  # fmt: skip


def _by_words(low: str) -> str:
    """The reason of an answer that gives none, by words that Google has used for it since long."""
    if "insufficient authentication scopes" in low:
        return "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
    if "has not been used in project" in low or ("api" in low and "it is disabled" in low):
        return "SERVICE_DISABLED"
    if "billing to be enabled" in low or "billing is disabled" in low or "billing account" in low:
        return "BILLING_DISABLED"
    if "vpc_service_controls" in low or "vpc service controls" in low:
        return "SECURITY_POLICY_VIOLATED"
    if "serviceusage.services.use" in low:
        return "USER_PROJECT_DENIED"
    return ""


class _Plain:
    """A detail that came as JSON, with the names its message has."""

    def __init__(self, detail: Mapping[str, Any]) -> None:
        self.retry_delay = detail.get("retryDelay")
        self.reason = detail.get("reason")
        self.metadata = detail.get("metadata")


def _seconds(delay: Any) -> float | None:
    """Seconds of a duration: a message, or as JSON writes it (`3.5s`)."""
    if isinstance(delay, str):
        found = re.fullmatch(r"(\d+(?:\.\d+)?)s", delay)
        return min(float(found[1]), _LONGEST) if found else None
    if delay is None or not hasattr(delay, "seconds"):
        return None
    return min(max(0.0, float(delay.seconds) + float(getattr(delay, "nanos", 0)) / 1e9), _LONGEST)
