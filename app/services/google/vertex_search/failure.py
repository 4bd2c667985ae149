"""What Vertex AI Search answers when it does not answer, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.errors import Actionable, Offline, Rejected, SignInRequired
from app.services.google.refusal import general, told_beside

if TYPE_CHECKING:
    from google.api_core.exceptions import GoogleAPICallError

_HERE = "What is indexed on this computer can be searched."


def told(error: GoogleAPICallError) -> Actionable:
    """The error a person can act on. The server's own words are kept out: they may repeat what was asked."""
    from google.api_core import exceptions as api

    words = str(error.message or "")
    if isinstance(error, (api.Unauthenticated, api.PermissionDenied)):
        known = general(told_beside(error.details).reason, words, "Vertex AI Search")
        if known is not None:
            return known
    if isinstance(error, api.Unauthenticated) or _no_token(words):
        return SignInRequired(
            "Google no longer accepts this sign-in.", "Sign in again.", code="google_sign_in"
        )
    if isinstance(error, api.PermissionDenied):
        return Rejected(
            "This account may not use the payer's search app.",
            "Ask an administrator for the role Discovery Engine Viewer, or Editor to add documents.",
            code="google_permission",
        )
    if isinstance(error, api.NotFound):
        return Rejected(
            "The search app or its data store is not there in this region.",
            "Check the search app's serving config in the connection.",
            code="search_app_missing",
        )
    if isinstance(error, api.TooManyRequests):
        return Offline("Vertex AI Search is asked too much at the moment.", _HERE, code="search_busy")
    if isinstance(error, (api.InvalidArgument, api.FailedPrecondition)):
        if "endpoint" in words.casefold() and "region" in words.casefold():
            return Rejected(
                "The search app lies in another region than it was asked in.",
                "Check the region of its serving config in the connection.",
                code="search_region",
            )
        if "filter" in words.casefold():
            return Rejected(
                "The search app cannot filter by the kind of source.",
                "Ask an administrator to make the field “kind” indexable in its data store, or search everything.",
                code="search_filter",
            )
        return Rejected(
            "The search app does not take this question.",
            "Ask an administrator to compare its settings with the handbook. " + _HERE,
            code="search_refused",
        )
    return unreachable()


def unreachable() -> Offline:
    return Offline("Vertex AI Search cannot be reached.", _HERE, code="search_unreachable")


def refused_part(error: GoogleAPICallError, *, filtered: bool) -> str:
    """Which part of a question the search app does not take; "" when it is not for such a part that it refused.

    `boost`: the data store does not index `in_force` (what was `filtered` may be refused for its own filter).
    `summary`: no language model is switched on. `segments`: a standard edition has no extractive content and no
    summary. `settings`: an app over several data stores takes none at all.
    """
    from google.api_core import exceptions as api

    if not isinstance(error, (api.InvalidArgument, api.FailedPrecondition)):
        return ""
    words = str(error.message or "").casefold()
    if "multi-datastore" in words or "content_search_spec" in words:
        return "settings"
    if "edition" in words:
        return "segments"
    if "llm" in words or "summary" in words:
        return "summary"
    if "in_force" in words or "boost" in words or ("filter" in words and not filtered):
        return "boost"
    return ""


def _no_token(words: str) -> bool:
    """gRPC tells a failed refresh of a token as if the server could not be reached."""
    return "metadata from plugin failed" in words and "RefreshError" in words
