"""Vertex AI Search on loopback: the real messages over gRPC and TLS, a small corpus that is really searched.

It refuses what the real service refuses: tokens that are none or have expired, another region, serving configs and
data stores that are not there, filters it cannot read or whose field is not indexed, counts over the limits, page
tokens of other questions, documents whose type or place a data store does not take.
"""

from __future__ import annotations

import datetime as dt
import difflib
import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, NoReturn

import grpc  # type: ignore[import-untyped]
from google.cloud import discoveryengine_v1 as api
from google.protobuf import empty_pb2
from google.protobuf.unknown_fields import UnknownFieldSet

PROJECT, LOCATION = "a-project", "eu"
COLLECTION = f"projects/{PROJECT}/locations/{LOCATION}/collections/default_collection"
ENGINE = f"{COLLECTION}/engines/ur-search"
CONFIG = f"{ENGINE}/servingConfigs/default_search"
STORE = f"{COLLECTION}/dataStores/guidelines"
STORE_CONFIG = f"{STORE}/servingConfigs/default_search"
BRANCH = f"{STORE}/branches/default_branch"
FIELDS = ("source_id", "kind", "title", "name", "in_force")


def named(bucket: str) -> str:
    """What a bucket is called in the project."""
    return f"{PROJECT}-{bucket.replace('_', '-')}"


_TYPES = {"application/pdf", "text/html", "text/plain"} | {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
}
_WORD = re.compile(r"[^\W_]+(?:[-.][^\W_]+)*")
_FILTER = re.compile(r'(\w+)\s*:\s*ANY\(\s*("[^"]*"(?:\s*,\s*"[^"]*")*)\s*\)')
_NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")


class _Refused(Exception):
    def __init__(self, code: grpc.StatusCode, words: str) -> None:
        super().__init__(words)
        self.code = code


def _invalid(words: str) -> NoReturn:
    raise _Refused(grpc.StatusCode.INVALID_ARGUMENT, words)


@dataclass
class SearchApp:
    """A search app while a test runs. `read` gives the text of a file by its address; pages end with a form feed."""

    read: Callable[[str], str] = lambda _uri: ""
    tokens: frozenset[str] = frozenset({"token"})
    readers: frozenset[str] = frozenset()
    """Tokens that may search and not write."""
    edition: str = "enterprise"
    indexed: tuple[str, ...] = FIELDS
    stores: tuple[str, ...] = ("guidelines",)
    content: bool = True
    """Whether the data store is one of files; false for one of structured data."""
    most: int = 100
    """Documents a page of results holds at most; more are coerced to it, as Google does."""
    project: str = PROJECT
    """Whose buckets it may read."""
    chunks: bool = False
    """Whether results are passages and not documents."""
    whole: bool = False
    """Whether a summary cites documents as a whole."""
    disabled: bool = False
    """Whether the service is switched off in the project."""
    down: bool = False
    address: str = ""
    roots: bytes = b""
    asked: list[api.SearchRequest] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    documents: dict[str, api.Document] = field(default_factory=dict)

    # The calls

    def search(self, request: api.SearchRequest) -> api.SearchResponse:
        self._here(request.serving_config)
        if request.serving_config not in (CONFIG, STORE_CONFIG):
            raise _Refused(grpc.StatusCode.NOT_FOUND, "ServingConfig not found")
        self._check(request)
        self.asked.append(request)
        corrected, words = self._corrected(request)
        allowed = self._filtered(request.filter)
        ranked = self._ranked(words, request, allowed)
        size = min(request.page_size or 50, self.most)
        start = self._start(request)
        results = [
            api.SearchResponse.SearchResult(id=name, chunk=self._chunk(name, parts))
            if self.chunks
            else api.SearchResponse.SearchResult(id=name, document=self._derived(name, parts, request))
            for name, parts in ranked[start : start + size]
        ]
        more = start + size < len(ranked)
        return api.SearchResponse(
            results=results,
            total_size=len(ranked),
            corrected_query=corrected,
            next_page_token=_token(request, start + size) if more else "",
            summary=self._summary(request, ranked) if not start else None,
        )

    def update(self, request: api.UpdateDocumentRequest) -> api.Document:
        document = request.document
        branch, _, name = document.name.rpartition("/documents/")
        self._branch(branch)
        if not _NAME.fullmatch(name) or len(name) > 128:
            _invalid("Document id should conform to RFC-1034")
        if document.name not in self.documents and not request.allow_missing:
            raise _Refused(grpc.StatusCode.NOT_FOUND, "Document not found")
        if not self.content:
            _invalid("Field content must not be set for a NO_CONTENT data store")
        if document.content.mime_type not in _TYPES:
            _invalid(f"Unsupported mime type {document.content.mime_type}")
        if not document.content.uri.startswith(f"gs://{self.project}-"):
            _invalid("Only Cloud Storage URIs of buckets that can be read are supported")
        self.read(document.content.uri)
        document.id = name
        self.documents[document.name] = document
        return document

    def delete(self, request: api.DeleteDocumentRequest) -> empty_pb2.Empty:
        self._branch(request.name.rpartition("/documents/")[0])
        if self.documents.pop(request.name, None) is None:
            raise _Refused(grpc.StatusCode.NOT_FOUND, "Document not found")
        return empty_pb2.Empty()

    def listed(self, request: api.ListDocumentsRequest) -> api.ListDocumentsResponse:
        self._branch(request.parent)
        if request.page_size < 0:
            _invalid("page_size must not be negative")
        names = sorted(self.documents)
        start = int(request.page_token or 0)
        size = min(request.page_size or 100, 1000)
        token = str(start + size) if start + size < len(names) else ""
        page = [self.documents[name] for name in names[start : start + size]]
        return api.ListDocumentsResponse(documents=page, next_page_token=token)

    def engine(self, request: api.GetEngineRequest) -> api.Engine:
        self._here(request.name)
        if request.name != ENGINE:
            raise _Refused(grpc.StatusCode.NOT_FOUND, "Engine not found")
        return api.Engine(name=ENGINE, data_store_ids=self.stores)

    # What is refused

    def _here(self, name: str) -> None:
        location = re.search(r"/locations/([^/]+)/", name)
        if location is None or location[1] != LOCATION:
            asked = location[1] if location else ""
            _invalid(
                f'Incorrect API endpoint used. The current endpoint can only serve traffic from "{LOCATION}" region,'
                f' but got "{asked}" region from the API request.'
            )

    def _branch(self, branch: str) -> None:
        self._here(branch)
        if branch != BRANCH:
            raise _Refused(grpc.StatusCode.NOT_FOUND, "DataStore or branch not found")

    def _check(self, request: api.SearchRequest) -> None:
        spec = request.content_search_spec
        extractive = spec.extractive_content_spec
        if request.page_size < 0 or request.offset < 0:
            _invalid("page_size and offset must not be negative")
        if not request.query:
            _invalid("query is empty")
        if extractive.max_extractive_answer_count > 5 or extractive.max_extractive_segment_count > 10:
            _invalid("max_extractive_answer_count must be at most 5, max_extractive_segment_count at most 10")
        if spec.summary_spec.summary_result_count > 10:
            _invalid("summary_result_count must be at most 10")
        if extractive.return_extractive_segment_score:
            _invalid("return_extractive_segment_score is not allowlisted for this data store")
        if self.edition == "standard" and (extractive.max_extractive_segment_count or spec.summary_spec):
            _invalid(
                "Cannot use enterprise edition features (website search, multi-modal search, extractive"
                " answers/segments, etc.) in a standard edition search engine."
            )
        if self.edition == "blended" and (request.spell_correction_spec or "content_search_spec" in request):
            _invalid(
                "Setting query_expansion_spec, spell_correction_spec, content_search_spec proto fields is not allowed"
                " for multi-datastore search."
            )
        for boosted in request.boost_spec.condition_boost_specs:
            if not -1 <= boosted.boost <= 1:
                _invalid("boost must be in [-1, 1]")
            self._parsed(boosted.condition)

    def _parsed(self, text: str) -> dict[str, set[str]]:
        if not text:
            return {}
        found = {m[1]: set(re.findall(r'"([^"]*)"', m[2])) for m in _FILTER.finditer(text)}
        if _FILTER.sub("", text).replace("AND", "").strip() or not found:
            _invalid(f"Invalid filter syntax '{text}'. Parsing filter failed.")
        for name in found:
            if name not in self.indexed:
                _invalid(f'Invalid filter syntax \'{text}\'. Unsupported field "{name}" on ":" operator.')
        return found

    def _start(self, request: api.SearchRequest) -> int:
        if not request.page_token:
            return 0
        start = int(request.page_token.partition(":")[0])
        if request.page_token != _token(request, start):
            _invalid("page_token does not belong to this request")
        return start

    # What is found

    def _pages(self, name: str) -> list[str]:
        return self.read(self.documents[name].content.uri).split("\f")

    def _vocabulary(self) -> set[str]:
        return {w.casefold() for name in self.documents for p in self._pages(name) for w in _WORD.findall(p)}

    def _corrected(self, request: api.SearchRequest) -> tuple[str, list[str]]:
        words = [word.casefold() for word in _WORD.findall(request.query)]
        known = self._vocabulary()
        mended = [
            word
            if word in known or len(word) < 5
            else next(iter(difflib.get_close_matches(word, sorted(known), 1, 0.8)), word)
            for word in words
        ]
        mode = request.spell_correction_spec.mode
        if mended == words or not mode:
            return "", words
        automatic = mode == api.SearchRequest.SpellCorrectionSpec.Mode.AUTO
        return " ".join(mended), mended if automatic else words

    def _filtered(self, text: str) -> set[str]:
        wanted = self._parsed(text)
        return {
            name
            for name, document in self.documents.items()
            if all(str(document.struct_data.get(key, "")) in values for key, values in wanted.items())
        }

    def _ranked(
        self, words: list[str], request: api.SearchRequest, allowed: set[str]
    ) -> list[tuple[str, list[tuple[float, int, str]]]]:
        quoted = [part.casefold() for part in re.findall(r'"([^"]+)"', request.query)]
        found = []
        for name in allowed:
            parts = []
            for page, text in enumerate(self._pages(name), 1):
                for part in filter(None, (p.strip() for p in text.split("\n\n"))):
                    held = Counter(w.casefold() for w in _WORD.findall(part))
                    score = sum(1.0 + 0.1 * held[word] for word in set(words) if held[word])
                    if score and all(phrase in part.casefold() for phrase in quoted):
                        parts.append((score, page, part))
            if parts:
                parts.sort(key=lambda p: (-p[0], p[1]))
                boost = sum(
                    spec.boost
                    for spec in request.boost_spec.condition_boost_specs
                    if name in self._filtered(spec.condition)
                )
                found.append((parts[0][0] * (1.0 + boost), name, parts))
        found.sort(key=lambda f: (-f[0], f[1]))
        return [(name, parts) for _, name, parts in found]

    def _derived(
        self, name: str, parts: list[tuple[float, int, str]], request: api.SearchRequest
    ) -> api.Document:
        held = self.documents[name]
        document = api.Document(
            name=held.name, id=held.id, struct_data=held.struct_data, content=held.content
        )
        spec = request.content_search_spec
        _, words = self._corrected(request)
        bold = re.compile(rf"(?<!\w)({'|'.join(map(re.escape, words))})(?!\w)", re.IGNORECASE)
        derived: dict[str, Any] = {"link": held.content.uri, "can_fetch_raw_content": "true"}
        # a standard app gives its snippets without being asked
        if spec.snippet_spec.return_snippet or self.edition != "enterprise":
            cut = parts[0][2].replace("&", "&amp;").replace("<", "&lt;")
            derived["snippets"] = [
                {"snippet": bold.sub(r"<b>\1</b>", cut[:160]), "snippet_status": "SUCCESS"}
            ]
        extractive = spec.extractive_content_spec
        if extractive.max_extractive_segment_count:
            derived["extractive_segments"] = [
                {"content": text, "pageNumber": page, "id": f"c{at}"}
                for at, (_, page, text) in enumerate(parts[: extractive.max_extractive_segment_count])
            ]
        if extractive.max_extractive_answer_count:
            derived["extractive_answers"] = [
                {"content": text.partition(". ")[0], "pageNumber": str(page)}
                for _, page, text in parts[: extractive.max_extractive_answer_count]
            ]
        document.derived_struct_data = derived
        return document

    def _chunk(self, name: str, parts: list[tuple[float, int, str]]) -> api.Chunk:
        held = self.documents[name]
        _, page, text = parts[0]
        return api.Chunk(
            name=f"{held.name}/chunks/c1",
            id="c1",
            content=text,
            page_span={"page_start": page, "page_end": page},
            document_metadata={"uri": held.content.uri, "struct_data": held.struct_data},
        )

    def _summary(
        self, request: api.SearchRequest, ranked: list[tuple[str, list[tuple[float, int, str]]]]
    ) -> api.SearchResponse.Summary | None:
        spec = request.content_search_spec.summary_spec
        if not spec.summary_result_count:
            return None
        made = api.SearchResponse.Summary
        if spec.ignore_non_summary_seeking_query and len(_WORD.findall(request.query)) < 3:
            return made(
                summary_text="A summary could not be generated for your search query.",
                summary_skipped_reasons=[made.SummarySkippedReason.NON_SUMMARY_SEEKING_QUERY_IGNORED],
            )
        text = ""
        citations: list[Any] = []
        references: list[Any] = []
        for name, parts in ranked[: spec.summary_result_count]:
            said = parts[0][2].partition(". ")[0].rstrip(".") + "."
            start = len(text.encode())
            text += said + " "
            citations.append(
                made.Citation(
                    start_index=start,
                    end_index=len(text.encode()) - 1,
                    sources=[made.CitationSource(reference_index=len(references))],
                )
            )
            references.append(
                made.Reference(
                    title=str(self.documents[name].struct_data.get("title", "")),
                    document=name,
                    uri=self.documents[name].content.uri,
                    chunk_contents=[
                        made.Reference.ChunkContent(content=parts[0][2], page_identifier=str(parts[0][1]))
                        for _ in range(not self.whole)
                    ],
                )
            )
        if not references:
            return made(summary_skipped_reasons=[made.SummarySkippedReason.NO_RELEVANT_CONTENT])
        return made(
            summary_text=text.strip(),
            summary_with_metadata=made.SummaryWithMetadata(
                summary=text.rstrip(),
                citation_metadata=made.CitationMetadata(citations=citations),
                references=references,
            ),
        )


def _token(request: api.SearchRequest, start: int) -> str:
    bare = api.SearchRequest(request)
    bare.page_token = ""
    return f"{start}:{hash(api.SearchRequest.serialize(bare)) & 0xFFFFFFFF:08x}"


_WRITES = {"update", "delete"}


def _answered(app: SearchApp, method: str, request: Any, context: grpc.ServicerContext) -> Any:
    if app.down:
        context.abort(grpc.StatusCode.UNAVAILABLE, "the service is currently unavailable")
    given = dict(context.invocation_metadata()).get("authorization", "")
    token = given.removeprefix("Bearer ")
    if app.disabled:
        words = "Discovery Engine API has not been used in project 1 before or it is disabled."
        context.abort(grpc.StatusCode.PERMISSION_DENIED, words)
    if token in app.readers and method in _WRITES:
        context.abort(grpc.StatusCode.PERMISSION_DENIED, "Permission denied on resource")
    if token not in app.tokens | app.readers:
        context.abort(grpc.StatusCode.UNAUTHENTICATED, "Request had invalid authentication credentials.")
    try:
        if len(UnknownFieldSet(type(request).pb(request))):
            _invalid("Request contains unknown fields")
        return getattr(app, method)(request)
    except _Refused as refused:
        app.refused.append(str(refused))
        context.abort(refused.code, str(refused))


_SERVICES: dict[str, dict[str, tuple[str, Any, Any]]] = {
    "SearchService": {"Search": ("search", api.SearchRequest, api.SearchResponse)},
    "DocumentService": {
        "UpdateDocument": ("update", api.UpdateDocumentRequest, api.Document),
        "DeleteDocument": ("delete", api.DeleteDocumentRequest, None),
        "ListDocuments": ("listed", api.ListDocumentsRequest, api.ListDocumentsResponse),
    },
    "EngineService": {"GetEngine": ("engine", api.GetEngineRequest, api.Engine)},
}


@contextmanager
def search_app(read: Callable[[str], str] = lambda _uri: "", **more: Any) -> Iterator[SearchApp]:
    """A search app on a free port, with a certificate of its own."""
    app = SearchApp(read, **more)
    key, certificate = certificates()
    with ThreadPoolExecutor(2) as threads:
        server = grpc.server(threads)
        for service, methods in _SERVICES.items():
            server.add_generic_rpc_handlers(
                (
                    grpc.method_handlers_generic_handler(
                        f"google.cloud.discoveryengine.v1.{service}",
                        {
                            name: grpc.unary_unary_rpc_method_handler(
                                partial(_answered, app, method),
                                request_deserializer=asked.deserialize,
                                response_serializer=(
                                    answer.serialize if answer else empty_pb2.Empty.SerializeToString
                                ),
                            )
                            for name, (method, asked, answer) in methods.items()
                        },
                    ),
                )
            )
        credentials = grpc.ssl_server_credentials(((key, certificate),))
        port = server.add_secure_port("127.0.0.1:0", credentials)
        app.address, app.roots = f"127.0.0.1:{port}", certificate
        server.start()
        try:
            yield app
        finally:
            server.stop(None).wait()


@cache
def certificates() -> tuple[bytes, bytes]:
    """A key and a certificate for this computer, made once a run."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private, made.public_bytes(serialization.Encoding.PEM)
