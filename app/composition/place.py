"""Where a workspace is, who works in it, and where the services of a cloud are reached."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.services.ports import Identity

WATCHED = "pa_forms_bkt"
CLINICAL = "clinical_docs"


@dataclass(frozen=True, slots=True)
class Settings:
    """Where a workspace is and who works in it."""

    folder: Path
    person: str

    @property
    def watched_folder(self) -> Path:
        return self.folder / WATCHED


@dataclass(frozen=True, slots=True)
class CloudPlaces:
    """Where the services of a cloud are reached instead of at Google, for tests and development: addresses of this
    computer, each "" for Google's own. Given to `build` by whoever calls it, never by the environment.
    """

    firestore: str = ""
    """`host:port` of an emulator or a proxy before it, without encryption."""
    storage: str = ""
    """`http://host:port` of a server of the Cloud Storage API."""
    document_ai: str = ""
    """`host:port` without encryption."""
    search: str = ""
    """`host:port` of a Vertex AI Search."""
    search_roots: bytes = b""
    """The certificate of that server."""
    models: str = ""
    """`http://host:port` of a Vertex AI that answers for Gemini and takes tuning jobs."""
    service: str = ""
    """`http://host:port` of an ingestion service, in place of the connection's `service_url`."""
    accounts: str = ""
    """`http://host:port` of an OAuth server with /auth, /token and /revoke."""
    projects: str = ""
    """`http://host:port` of a Resource Manager."""
    identity: Identity | None = None
    """Who is signed in, where a test does not sign in."""


def default_folder() -> Path:
    """The workspace in the user's own data folder."""
    import platformdirs  # not needed by those who say where their workspace is

    return Path(platformdirs.user_data_dir("Countersign", appauthor=False)) / "workspace"


def default_person() -> str:
    """Who works here, until they say otherwise: the name of the account."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


def settings(folder: Path | None = None) -> Settings:
    return Settings(
        (folder or default_folder()).expanduser().absolute(),
        os.environ.get("COUNTERSIGN_PERSON") or default_person(),
    )
