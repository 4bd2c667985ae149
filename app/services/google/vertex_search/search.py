"""Vertex AI Search behind the port: searching, and putting documents where it finds them.

`google.cloud.discoveryengine` takes most of a second to load: it is loaded with the first question.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from app.domain.errors import Rejected, SignInRequired
from app.domain.guideline import Hit, Passage, SearchAnswer, SearchQuery, Source, SourceKind
from app.services.google.vertex_search.document import TAKEN, document_id, source_of, struct_of
from app.services.google.vertex_search.failure import refused_part, told, unreachable
from app.services.google.vertex_search.reading import document_of, hits_of, summary_of
from app.services.google.vertex_search.request import request_of, shared_kinds
from app.services.ports import BucketRemote

if TYPE_CHECKING:
    from google.auth.credentials import Credentials
    from google.cloud.discoveryengine_v1 import (
        DocumentServiceClient,
        EngineServiceClient,
        SearchResponse,
        SearchServiceClient,
    )

T = TypeVar("T")
NAME = "Vertex AI Search"
BUCKET = "um_policies"
SECONDS = 15.0
LISTED = 1000
"""Documents a page of a list holds at most."""
PLAIN_NOTE = (
    "The payer's search app shows no longer passages and no summary: its edition, or its several data stores, do not"
    " have them."
)
_CONFIG = re.compile(
    r"(?P<collection>projects/[^/]+/locations/(?P<location>[a-z0-9-]+)(?:/collections/[^/]+)?)"
    r"/(?P<kind>engines|dataStores)/(?P<app>[^/]+)/servingConfigs/[^/]+"
)


class VertexGuidelineSearch:
    """An `AnsweringSearch` over a payer's search app (`ur_search_app`). Thread-safe.

    It finds policies and guidelines, never documents of cases: `put` refuses those, and `search` leaves them out.
    Documents go into the bucket `um_policies` and from there into the data store; Google indexes them within minutes,
    so that what was put is listed at once and found a little later. Raises `Offline`, `SignInRequired`, `Rejected`.
    """

    def __init__(
        self,
        serving_config: str,
        credentials: Callable[[], Credentials | None],
        location: str = "",
        *,
        buckets: Callable[[], BucketRemote] | None = None,
        content: Callable[[str], bytes] | None = None,
        bucket_name: Callable[[str], str] = str,
        data_store: str = "",
        endpoint: str = "",
        roots: bytes = b"",
    ) -> None:
        """`serving_config` is the search app's full name; `location` its region, which the name says as well.

        `buckets`, `content` (a blob by its SHA-256) and `bucket_name` (what a bucket is called in the project:
        `Connection.bucket`) are needed to put documents there; `data_store` where the app has several. `endpoint` and
        its certificate are for tests. Raises `Rejected` for a name that is none.
        """
        found = _CONFIG.fullmatch(serving_config)
        if found is None or (location and location != found["location"]):
            raise Rejected(
                "This is no serving config of a search app in this region."
                if found
                else "This is no serving config of a search app.",
                "Give it as projects/…/locations/…/collections/…/engines/…/servingConfigs/….",
                code="search_config",
            )
        self._config = serving_config
        self._collection, self._app = found["collection"], found["app"]
        self._location = found["location"]
        self._store = data_store or (found["app"] if found["kind"] == "dataStores" else "")
        self._credentials, self._buckets, self._content = credentials, buckets, content
        self._bucket_name = bucket_name
        self._endpoint, self._roots = endpoint, roots
        self._without: frozenset[str] = frozenset()
        self._known: Credentials | None = None
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}

    def close(self) -> None:
        """Let go of the connections."""
        with self._lock:
            clients, self._clients = self._clients, {}
        for client in clients.values():
            client.transport.close()

    # Searching

    @property
    def name(self) -> str:
        return NAME

    def search(self, query: SearchQuery) -> tuple[Hit, ...]:
        return self._asked(query, summarize=False)[0]

    def answer(self, query: SearchQuery) -> SearchAnswer:
        hits, first, best = self._asked(query, summarize=True)
        summary = summary_of(first, best, query) if first is not None else None
        short = bool(hits) and not self._without.isdisjoint({"segments", "settings"})
        return SearchAnswer(hits, summary, NAME, PLAIN_NOTE if short else "")

    def _asked(
        self, query: SearchQuery, *, summarize: bool
    ) -> tuple[tuple[Hit, ...], SearchResponse | None, dict[str, Hit]]:
        """The hits of as many pages as are wanted, the first page's response, and the best hit of each document."""
        if not query.text.strip() or query.limit < 1 or not shared_kinds(query):
            return (), None, {}
        found: list[Hit] = []
        best: dict[str, Hit] = {}
        first: SearchResponse | None = None
        token = ""
        while True:
            response = self._page(query, token, summarize=summarize)
            if first is None:  # an empty response is false
                first = response
            corrected = "" if query.as_typed else first.corrected_query
            for result in response.results:
                hits = hits_of(result, query, corrected)
                found.extend(hits)
                if hits:
                    best.setdefault(document_of(result), hits[0])
            token = response.next_page_token
            if not token or len(found) >= query.limit:
                break
        ranked = (replace(hit, score=1.0 / place) for place, hit in enumerate(found[: query.limit], 1))
        return tuple(ranked), first, best

    def _page(self, query: SearchQuery, token: str, *, summarize: bool) -> SearchResponse:
        """One page of results; what the search app turns out not to take is left out from then on."""
        from google.api_core.exceptions import GoogleAPICallError

        with _in_words():
            while True:
                request = request_of(self._config, query, self._without, summarize=summarize)
                request.page_token = token
                try:
                    # the pager would fetch further pages by itself: one page is one question, and each costs
                    pager = self._searcher().search(request=request, retry=None, timeout=SECONDS)
                    return next(iter(pager.pages))
                except GoogleAPICallError as error:
                    part = refused_part(error, filtered=bool(query.kinds))
                    if not part or part in self._without:
                        raise
                    self._without |= {part}

    # What can be found

    def put(self, source: Source, _passages: tuple[Passage, ...]) -> None:
        """Put the file of a source there; Google reads what it says by itself. The same again changes nothing."""
        from google.cloud.discoveryengine_v1 import Document

        if source.kind is SourceKind.CLINICAL:
            raise Rejected(
                "Documents of cases do not go into the payer's guidelines.",
                "Search them on this computer.",
                code="search_clinical",
            )
        if (
            source.media_type not in TAKEN
            or not source.sha256
            or self._buckets is None
            or self._content is None
        ):
            raise Rejected(
                "This document cannot be put into the payer's search app.",
                "It takes PDF, text, HTML and DOCX; a scan is found on this computer only.",
                code="search_media",
            )
        name = document_id(source.source_id)
        place = f"guidelines/{source.sha256}"
        self._buckets().put(BUCKET, place, self._content(source.sha256), source.media_type)
        document = Document(
            name=f"{self._branch()}/documents/{name}",
            struct_data=struct_of(source),
            content=Document.Content(
                uri=f"gs://{self._bucket_name(BUCKET)}/{place}", mime_type=source.media_type
            ),
        )
        with _in_words(writing=True):
            self._documents().update_document(
                request={"document": document, "allow_missing": True}, retry=None, timeout=SECONDS
            )

    def remove(self, source_id: str) -> None:
        """Take a source out; its file stays in the bucket, which keeps what policies once were."""
        from google.api_core.exceptions import NotFound

        with _in_words(writing=True):
            try:
                self._documents().delete_document(
                    name=f"{self._branch()}/documents/{document_id(source_id)}", retry=None, timeout=SECONDS
                )
            except NotFound:
                return

    def sources(self) -> tuple[Source, ...]:
        """Every document of the data store, those others put there as well."""
        with _in_words():
            listed = self._documents().list_documents(
                request={"parent": self._branch(), "page_size": LISTED}, retry=None, timeout=SECONDS
            )
            found = [source_of(document) for document in listed]
        return tuple(source for source in found if source is not None)

    def _branch(self) -> str:
        """The branch of the data store documents go to; an app is asked once which data store it has."""
        if not self._store:
            with _in_words():
                engine = self._engines().get_engine(
                    name=f"{self._collection}/engines/{self._app}", retry=None, timeout=SECONDS
                )
            if len(engine.data_store_ids) != 1:
                raise Rejected(
                    "The search app has several data stores.",
                    "Say in the connection which one guidelines are put into.",
                    code="search_stores",
                )
            self._store = engine.data_store_ids[0]
        return f"{self._collection}/dataStores/{self._store}/branches/default_branch"

    # Connections

    def _searcher(self) -> SearchServiceClient:
        from google.cloud.discoveryengine_v1 import SearchServiceClient

        return self._client("search", SearchServiceClient)

    def _documents(self) -> DocumentServiceClient:
        from google.cloud.discoveryengine_v1 import DocumentServiceClient

        return self._client("documents", DocumentServiceClient)

    def _engines(self) -> EngineServiceClient:
        from google.cloud.discoveryengine_v1 import EngineServiceClient

        return self._client("engines", EngineServiceClient)

    def _client(self, name: str, kind: type[T]) -> T:
        """A client, made once; its credentials are asked for anew where there were none."""
        with self._lock:
            if name not in self._clients:
                self._clients[name] = self._connected(kind)
            found: T = self._clients[name]
            known = self._known
        if known is not None and not known.valid:
            # here, where a refusal can be told: within a call gRPC would tell it as a server that is away
            from google.auth.transport.requests import Request

            known.refresh(Request())  # type: ignore[no-untyped-call]
        return found

    def _connected(self, kind: Any) -> Any:
        from google.api_core.client_options import ClientOptions

        host = self._endpoint or _host(self._location)
        credentials = self._known = self._credentials()
        if not self._roots:
            return kind(credentials=credentials, client_options=ClientOptions(api_endpoint=host))
        import grpc  # type: ignore[import-untyped]

        transport = kind.get_transport_class("grpc")
        return kind(
            transport=transport(
                host=host,
                credentials=credentials,
                ssl_channel_credentials=grpc.ssl_channel_credentials(self._roots),
            )
        )


def _host(location: str) -> str:
    """Every location but the global one has an address of its own, and answers for itself alone."""
    prefix = "" if location == "global" else f"{location}-"
    return f"{prefix}discoveryengine.googleapis.com"


def _signed_out() -> SignInRequired:
    return SignInRequired(
        "Nobody is signed in to Google on this computer.", "Sign in.", code="google_sign_in"
    )


@contextmanager
def _in_words(*, writing: bool = False) -> Iterator[None]:
    from google.api_core.exceptions import FailedPrecondition, GoogleAPICallError, InvalidArgument
    from google.auth.exceptions import GoogleAuthError, RefreshError, TransportError

    try:
        yield
    except GoogleAPICallError as error:
        if writing and isinstance(error, (InvalidArgument, FailedPrecondition)):
            raise Rejected(
                "The search app's data store does not take this document.",
                "It has to be one for unstructured documents, which takes files with metadata from Cloud Storage.",
                code="search_store",
            ) from error
        raise told(error) from error
    except TransportError as error:
        raise unreachable() from error
    except RefreshError as error:
        raise (unreachable() if error.retryable else _signed_out()) from error
    except GoogleAuthError as error:
        raise _signed_out() from error
