"""Whose credentials the ingestion service asks Google with: those of the account it runs as."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.errors import SignInRequired

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


def service_credentials() -> Credentials:
    """The account's credentials, as Google's own tools find them. Raises `SignInRequired` where there are none."""
    import google.auth
    from google.auth.exceptions import GoogleAuthError

    try:
        found, _ = google.auth.default(scopes=_SCOPES)
    except GoogleAuthError as error:
        raise SignInRequired(
            "The service runs as no account of Google Cloud.",
            "Run it on Cloud Run, or sign in with: gcloud auth application-default login",
            code="service_sign_in",
        ) from error
    made: Credentials = found
    return made
