"""Whether Google's client libraries are whole where the program stands: a frozen program has to bring them along."""

from __future__ import annotations

import pkgutil
from importlib.metadata import version
from pathlib import Path

CLIENTS = (
    "google-auth",
    "google-cloud-firestore",
    "google-cloud-storage",
    "google-cloud-documentai",
    "google-cloud-discoveryengine",
    "google-genai",
    "grpcio",
)
"""The distributions that a connected desk stands on."""


def make_clients() -> tuple[str, ...]:
    """Each library and its version, after its client was made as a connected desk makes it. Nobody is asked.

    Raises `ImportError` (a distribution that is not there is one, too) or `FileNotFoundError` for what is missing.
    """
    import certifi
    from google.cloud.discoveryengine_v1 import SearchServiceClient
    from google.cloud.documentai_v1 import DocumentProcessorServiceClient
    from google.cloud.storage import Client as StorageClient  # type: ignore[import-untyped]
    from google.genai import Client as GeminiClient
    from google.oauth2 import id_token  # noqa: F401 - what sign-in checks a token with
    from google.oauth2.credentials import Credentials

    from app.services.google.firestore.channel import Wire

    roots = pkgutil.get_data("grpc._cython", "_credentials/roots.pem")
    if not roots or not Path(certifi.where()).is_file():
        raise FileNotFoundError("The certificates that Google's services are known by are not here.")
    nobody = Credentials("self-test")  # type: ignore[no-untyped-call]
    project = "self-test"
    Wire(project, "(default)", nobody).close()
    for made in (SearchServiceClient, DocumentProcessorServiceClient):
        made(credentials=nobody).transport.close()  # type: ignore[no-untyped-call]
    StorageClient(project=project, credentials=nobody).close()
    GeminiClient(vertexai=True, project=project, location="us-central1", credentials=nobody).close()
    return tuple(f"{name} {version(name)}" for name in CLIENTS)
