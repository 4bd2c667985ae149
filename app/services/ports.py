"""The ports: small roles that backends fill. The contract stands in the docstring."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from app.domain.box import Box
from app.domain.extraction import Document, Extraction, Word

if TYPE_CHECKING:  # named in signatures only: the way to the window does not load them
    from datetime import datetime

    from app.domain.case import Json
    from app.domain.extraction import PageText
    from app.domain.guideline import Hit, Passage, SearchAnswer, SearchQuery, Source
    from app.domain.material import Material
    from app.domain.policy import Policy
    from app.domain.processor import FormDefinition
    from app.domain.prompt import Prompt
    from app.domain.proposal import Proposal
    from app.domain.recommendation import Flag, ModelInfo, Recommendation
    from app.domain.sync import Cursor, Lease, Push, Pushed, Receipt, RemoteCase, Scope, StoredObject


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a piece of work is: `done` of `total` steps (pages, files); `total` 0 when not known."""

    done: int
    total: int


class Watch(Protocol):
    """How long work is followed and stopped: called now and then with the progress.

    Raises `Cancelled` when the person stopped the work.
    """

    def __call__(self, progress: Progress, /) -> None: ...


class FormProcessor(Protocol):
    """Reads the fields of the forms in a document.

    Every field points to where it was read (page, box in 0..1 page fractions) and carries two
    confidences in 0..1: that the place is right, and, calibrated, that the value equals what is printed.
    Raises `Unreadable` when the document cannot be understood, `Cancelled` when the watch was told to
    stop, `Offline` when it needs a network that is not there.
    """

    def process(self, document: Document, watch: Watch | None = None) -> Extraction: ...


class BlobStore(Protocol):
    """Keeps files by what is in them, bit for bit. Names are the SHA-256 of the content, in hex."""

    def put(self, content: bytes) -> str:
        """Keep the content durably and return its name; the same content twice is kept once."""
        ...

    def get(self, sha256: str) -> bytes:
        """The content. Raises `StorageFailed` when it is gone or was altered."""
        ...


@dataclass(frozen=True, slots=True)
class PageInfo:
    """A page of an open document: width and height in points as shown with no extra turn."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Picture:
    """Pixels of a page or a part of one: 8-bit RGB rows without padding, `3 * width` bytes each."""

    width: int
    height: int
    pixels: bytes


class OpenDocument(Protocol):
    """A document opened in a worker process. Calls block; a crash or hang of the worker raises `Unreadable`
    once and the next call starts a fresh worker. Thread-safe; calls are answered in turn.
    """

    @property
    def pages(self) -> tuple[PageInfo, ...]: ...

    def render(self, page: int, scale: float, clip: Box | None = None, quarter_turns: int = 0) -> Picture:
        """Page `page` (0-based) at `scale` pixels a point; `clip` in fractions of the page as it is shown
        after `quarter_turns` clockwise turns.
        """
        ...

    def words(self, page: int) -> tuple[Word, ...]:
        """The words of the page's text layer (none on a plain scan), in page fractions without turns."""
        ...

    def close(self) -> None: ...


DocumentOpener = Callable[[Document], OpenDocument]
"""Opens a document in a worker process of its own. Raises `Unreadable`."""


class DocumentReading(Protocol):
    """A document that is being read page by page. Used by one thread; `close` lets go of it."""

    @property
    def page_count(self) -> int: ...

    def page(self, number: int) -> PageText:
        """Everything that stands on page `number` (1-based), in reading order; no words on a blank one.

        Raises `Unreadable` for a page that cannot be read, `Cancelled` when the watch was told to stop.
        """
        ...

    def close(self) -> None: ...


class DocumentReader(Protocol):
    """Reads all that stands on the pages of a document that is no form, to be quoted and searched: by its text layer
    where that is what the page shows, else by recognizing it. Forms go first.
    """

    def open(self, document: Document, watch: Watch | None = None) -> DocumentReading:
        """Raises `Unreadable` when it cannot be opened. The watch is asked while pages are read."""
        ...


class TextReader(Protocol):
    """Reads what is printed in a region of a page, for the rubber band and for words clicked into a field."""

    def read_region(self, document: Document, page: int, box: Box) -> tuple[Word, ...]:
        """The lines of text in the box of page `page` (1-based), top to bottom. Raises `Unreadable`."""
        ...


class FormTeacher(Protocol):
    """Helps to teach a form that is not known yet. Raises what `FormProcessor` raises."""

    def propose(self, document: Document, watch: Watch | None = None) -> Proposal:
        """What a definition of this form may start from: printed texts, zones, tables. The example may be
        blank or filled in.
        """
        ...

    def try_out(
        self, document: Document, definition: FormDefinition, watch: Watch | None = None
    ) -> Extraction:
        """Read the document with this definition and no other; without a form when no page matches it."""
        ...

    def damaged(self, document: Document, kind: str, seed: int) -> Document:
        """The document as it may arrive: each page damaged in a named way (`skew`, `fax`, `photo` and so on),
        the same for the same seed. Raises `Rejected` for a kind that is not known.
        """
        ...


class PromptModel(Protocol):
    """Proposes the prompt of a review from what is known of a case.

    Every slot of the prompt says where its words come from; what nobody says stays absent. Raises `Offline`,
    `SignInRequired`, `Rejected` (the service refused, in words) or `Cancelled`.
    """

    @property
    def info(self) -> ModelInfo: ...

    def outgoing(self, material: Material, /) -> str:
        """Exactly the text that `propose` would send, to be shown before it is; "" where nothing is sent."""
        ...

    def propose(self, material: Material, watch: Hear | None = None) -> Prompt:
        """One prompt for the whole request: its service slot names every line."""
        ...


class Hear(Protocol):
    """How an answer is followed while it streams in: called with the text so far.

    Raises `Cancelled` when the person stopped it.
    """

    def __call__(self, text: str, /) -> None: ...


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to a recommendation model: the prompt as the reviewer left it, what it may quote, one line of
    the request, and the policy it is judged by (None when none is on file).
    """

    prompt: Prompt
    material: Material
    line_id: str
    policy: Policy | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a recommendation model gave for one line. `text` is its raw answer, "" for the criteria engine.

    `flags` are what the model itself noticed. The quotes are as the model gave them: nobody has looked them up yet.
    """

    recommendation: Recommendation
    text: str = ""
    flags: tuple[Flag, ...] = ()


class RecommendationModel(Protocol):
    """Judges one line of a request by the criteria of a policy, with quotes.

    Raises `Offline`, `SignInRequired`, `Rejected` (the service refused or answered what is no answer, in words) or
    `Cancelled`. Never raises for what stands in the material: that is data.
    """

    @property
    def info(self) -> ModelInfo: ...

    def outgoing(self, ask: Ask) -> str:
        """Exactly the text that `recommend` would send, to be shown before it is; the prompt for a local engine."""
        ...

    def recommend(self, ask: Ask, watch: Hear | None = None) -> Answer: ...


class LetterPrinter(Protocol):
    """Prints letters, away from the window. Raises `Unreadable` when it cannot."""

    def print(self, body: str, title: str, foot: str) -> bytes:
        """The PDF of a letter's HTML, its fonts embedded; `foot` stands beside the page number on every page."""
        ...


class GuidelineSearch(Protocol):
    """Finds passages in policies, guidelines and clinical documents. Thread-safe.

    Pages count from 1. Raises `StorageFailed` when the index cannot be used, `Offline` for a search in a cloud.
    """

    def search(self, query: SearchQuery) -> tuple[Hit, ...]:
        """The best passages, best first. An empty query finds nothing."""
        ...

    def put(self, source: Source, passages: tuple[Passage, ...]) -> None:
        """Make a document findable; one of the same id is replaced as a whole. Durable when it returns."""
        ...

    def remove(self, source_id: str) -> None: ...

    def sources(self) -> tuple[Source, ...]: ...


@runtime_checkable
class AnsweringSearch(GuidelineSearch, Protocol):
    """A guideline search that may say more than its passages. It costs, or takes a moment: asked when a person has
    stopped typing, not with every key.
    """

    @property
    def name(self) -> str:
        """What people are told it is called."""
        ...

    def answer(self, query: SearchQuery) -> SearchAnswer:
        """What `search` finds, with a summary of it where there is one. Raises what `search` raises."""
        ...


class CaseRemote(Protocol):
    """The queue that many desks share. Every call is one try and blocks for ten seconds at most: the engine tries
    again, with the same ids. Thread-safe.

    Raises `Offline` when nothing was answered, or an answer that leaves open whether it was applied; `SignInRequired`
    when who asks is not signed in any more; `Rejected` when the server refuses for good (no permission, too large, not
    understood), in words.
    """

    def push(self, push: Push) -> Pushed:
        """Apply one batch as a whole or not at all; `Answer` says which. Never tries again by itself."""
        ...

    def receipts(self, case_id: str, mutation_ids: tuple[str, ...]) -> frozenset[str]:
        """Which of these changes the server has applied."""
        ...

    def case(self, case_id: str) -> RemoteCase | None: ...

    def changed(self, scope: Scope, since: Cursor | None, limit: int) -> tuple[RemoteCase, ...]:
        """The next cases of the scope at or after the cursor, in the order of (`updated_at`, id), tombstones included.

        At most `limit`; fewer mean that there are no more by now.
        """
        ...

    def history(self, case_id: str, since: datetime | None = None) -> tuple[Receipt, ...]:
        """Everything that was done to a case on any desk, in the order of its time; with `since` only what the server
        wrote then or later. The server's time is the request's and not the order of commits: whoever goes on from a
        time goes back by an overlap.
        """
        ...

    def reviews(self, case_id: str, since: datetime | None = None) -> Mapping[str, Json]:
        """What models were asked about a case on any desk and what they answered, and the receipts of reviews, by
        their ids; `since` as for `history`.
        """
        ...

    def claim_desk(self, code: str, workspace: str) -> bool:
        """Have a desk's code for this workspace (a random name), for good: what is created once is never changed.
        Whether it is this workspace's, by this call or by an earlier one.
        """
        ...

    def listen(self, scope: Scope, poke: Callable[[], None]) -> Callable[[], None]:
        """Have `poke` called, from another thread, whenever something of the scope may have changed; returns what ends
        it. A listener may die or fall silent: it saves waiting, and nothing depends on it.
        """
        ...

    def lease(self, case_id: str) -> Lease | None:
        """Who has the case open, None when nobody does or their lease has run out."""
        ...

    def take_lease(self, lease: Lease, *, over: bool = False) -> Lease:
        """Have a case open, or go on having it. Returns the lease that holds: another's, unless `over` takes it."""
        ...

    def drop_lease(self, case_id: str, by: str, desk: str) -> None: ...


class BucketRemote(Protocol):
    """Buckets of files by the names the program knows them under (`app.domain.connection.BUCKETS`).

    Raises what `CaseRemote` raises, and `Unreadable` when what came back is not what was stored.
    """

    def put(
        self,
        bucket: str,
        name: str,
        content: bytes,
        media_type: str = "",
        metadata: Mapping[str, str] | None = None,
        watch: Watch | None = None,
    ) -> StoredObject:
        """Store a file under a name that is not taken; one that holds the same bytes is found again, one that holds
        others raises `Conflict`. Goes on where an upload was cut off. Checked against the server's checksum.
        """
        ...

    def get(self, uri: str, watch: Watch | None = None) -> bytes: ...

    def stat(self, uri: str) -> StoredObject | None: ...

    def list(self, bucket: str, prefix: str = "") -> tuple[StoredObject, ...]: ...


class Identity(Protocol):
    """Who is signed in at the payer's project, on this desk. Thread-safe.

    Raises `SignInRequired` when nobody is, `Offline` when it cannot be asked.
    """

    def sign_in(self, opened: Callable[[str], None]) -> str:
        """Sign in with the browser: `opened` is called with the address to show. Blocks until it is done, and five
        minutes at most; returns the person's email.
        """
        ...

    def sign_out(self) -> None:
        """Forget who is signed in: their tokens here and, as far as it can be reached, at the server."""
        ...

    @property
    def email(self) -> str:
        """Who is signed in, "" for nobody; answered without a network."""
        ...

    def access_token(self) -> str: ...

    def id_token(self) -> str:
        """What proves to the endpoint who asks."""
        ...


@dataclass(frozen=True, slots=True)
class JobState:
    """How far a job of a cloud is. `state` is one of queued, running, done, failed, cancelled; `figures` what came out
    of it; `link` where it can be looked at.
    """

    name: str
    state: str
    done: int = 0
    total: int = 0
    figures: Mapping[str, float] = field(default_factory=dict)
    result: str = ""
    reason: str = ""
    link: str = ""


class Jobs(Protocol):
    """Long work in a cloud, started here and looked after from anywhere: training and measuring form processors,
    tuning and measuring models. Raises what `CaseRemote` raises.
    """

    def start(self, kind: str, subject: str, source: str) -> str:
        """Start a job and return its name. `kind` is train, evaluate, tune or measure; `subject` a form type or model,
        `source` the uri of the examples.
        """
        ...

    def state(self, name: str) -> JobState: ...

    def cancel(self, name: str) -> None: ...
