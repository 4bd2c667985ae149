"""Where a workspace is connected to: the names of a payer's Google Cloud project. Nothing in here is secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from app.domain.case import Json
from app.domain.errors import Rejected

BUCKETS = (
    "pa_forms_bkt",
    "clinical_docs",
    "um_policies",
    "training_forms",
    "eval_forms",
    "tuning_dataset",
    "eval_dataset",
)
"""The buckets by the names the program knows them under; in a project each has a name of its own."""
_PROJECT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")


@dataclass(frozen=True, slots=True)
class Connection:
    """A payer's project. `location` is the region of Firestore, Vertex AI and the buckets, `document_location` that of
    Document AI (`us`, `eu` or a region). `service_url` is the ingestion service with its endpoint, `public_key` the
    Ed25519 key (base64) with which it signs determinations. `processors` are Document AI processors by form type
    (`projects/…/locations/…/processors/…`, a version at their end when one is pinned). `search` is the serving config
    of Vertex AI Search. `shards` are the parts of the queue this desk hears of; all when empty.
    """

    project: str
    location: str
    client_id: str
    service_url: str
    database: str = "(default)"
    document_location: str = "us"
    buckets: Mapping[str, str] = field(default_factory=dict)
    processors: Mapping[str, str] = field(default_factory=dict)
    search: str = ""
    prompt_model: str = ""
    ur_model: str = ""
    public_key: str = ""
    shards: tuple[int, ...] = ()
    client_secret: str = ""
    """What the token server wants beside the client id of an installed app. Google calls it a secret and says that it
    is none: it is in every copy of the app."""

    def bucket(self, name: str) -> str:
        """What the bucket is called in the project: `PROJECT-pa-forms-bkt` unless it is said otherwise."""
        if name not in BUCKETS:
            raise KeyError(name)
        return self.buckets.get(name) or f"{self.project}-{name.replace('_', '-')}"


def connection_document(connection: Connection) -> Json:
    made = asdict(connection)
    made["shards"] = list(connection.shards)
    return made


def connection_from(data: Mapping[str, Any]) -> Connection:
    """The connection that a file or the service describes. Raises `Rejected` naming what is wrong with it."""
    known = set(Connection.__dataclass_fields__)
    unknown = sorted(set(data) - known)
    if unknown:
        raise Rejected(
            f"The connection has a part that is not known: {unknown[0]}.",
            "Ask your administrator for the connection file of this version.",
            code="connection_unknown_part",
        )
    for name in ("project", "location", "client_id", "service_url"):
        if not str(data.get(name, "")).strip():
            raise Rejected(
                f"The connection does not say its {name}.",
                "Ask your administrator for the connection file.",
                code="connection_incomplete",
            )
    if not _PROJECT.fullmatch(str(data["project"])):
        raise Rejected(
            "This is no id of a Google Cloud project.", "Give the project's id.", code="connection_project"
        )
    parts = dict(data)
    parts["shards"] = tuple(int(shard) for shard in data.get("shards", ()))
    return Connection(**parts)
