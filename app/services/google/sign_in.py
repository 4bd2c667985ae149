"""Whose credentials Google is asked with: a person's own, never a service account's key on a desk."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from app.domain.errors import SignInRequired

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


def user_credentials() -> Credentials:
    """The signed-in person's credentials, as Google's own tools keep them. Raises `SignInRequired`.

    A key named by `GOOGLE_APPLICATION_CREDENTIALS` is refused: it would let anybody with the file in.
    """
    if os.environ.get("GOOGLE_APPLICATION_CREDENTIALS"):
        raise SignInRequired(
            "A key file of a service account is not used on a desk.",
            "Unset GOOGLE_APPLICATION_CREDENTIALS and sign in as yourself.",
            code="service_account",
        )
    import google.auth
    from google.auth.exceptions import GoogleAuthError

    try:
        found, _ = google.auth.default(scopes=SCOPES)
    except GoogleAuthError as error:
        raise SignInRequired(
            "Nobody is signed in to Google on this computer.",
            "Sign in with: gcloud auth application-default login",
            code="google_sign_in",
        ) from error
    made: Credentials = found
    return made
