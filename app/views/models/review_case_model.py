"""The request that is being reviewed: opened, assigned, with every document that can be shown beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from app.domain.attachment import page_label
from app.domain.case import Case, CaseDocument
from app.domain.errors import Actionable
from app.domain.extraction import PageText
from app.domain.material import Material
from app.domain.passage import SourceText
from app.domain.policy import Policy
from app.domain.request import Line, Request, request_from
from app.services.review_queue import ReviewOpened
from app.views.background import Background
from app.views.widgets.review.document_bar import DocumentEntry

TEXT = "text/plain"
REQUEST = "request"
LOOK_AGAIN_MS = 1500
"""How often it is asked for more text while a document is still being read."""


class Opening(Protocol):
    """What this model asks of the review's queue; in the store's lane."""

    def open_case(self, case_id: str, by: str) -> ReviewOpened: ...

    def take_over(self, case_id: str, by: str) -> ReviewOpened: ...

    def release(self, case_id: str, by: str) -> Case: ...


class PolicyShelf(Protocol):
    """The policies in force; anywhere."""

    def policy(self, policy_id: str, version: str = "") -> Policy: ...

    def for_line(self, line: Line) -> tuple[Policy, ...]: ...


@dataclass(frozen=True, slots=True)
class ReviewSources:
    """Where a request under review and what belongs to it come from.

    `document` gives the case document and `material` everything that can be quoted; both belong to the store's lane,
    as the queue does. `keep` takes the bytes of a text that is shown as a document and gives their SHA-256; `words`
    lays such a text out. `policies` may be asked anywhere.
    """

    queue: Opening
    document: Callable[[str], Mapping[str, Any]]
    material: Callable[[str], Material]
    policies: Callable[[], PolicyShelf]
    keep: Callable[[bytes], str]
    words: Callable[[str, str], tuple[PageText, ...]]
    person: Callable[[], str]


@dataclass(frozen=True, slots=True)
class ShownDocument:
    """A document that can be shown. `source` holds its words, None while nobody has read them.

    `file` is what is opened: of a policy and of an imported request a text laid out as pages.
    """

    entry: DocumentEntry
    file: CaseDocument
    labels: tuple[str, ...]
    source: SourceText | None
    own: SourceText | None = None
    """The words as they are quoted, where the pages were laid out anew: an imported request's."""

    @property
    def document_id(self) -> str:
        return self.file.document_id

    @property
    def laid_out(self) -> bool:
        """Whether its pages were made from text here: its words are known once it was opened."""
        return self.file.kind in ("policy", REQUEST)


class ReviewCaseModel(QObject):
    """Holds the open request. What is asked for last wins; texts that are still being read are looked for again."""

    case_opened = Signal(object)
    """`ReviewOpened`"""
    request_changed = Signal(object, object)
    """`Case`, `Request`"""
    material_changed = Signal(object)
    """`Material`"""
    documents_changed = Signal(object)
    """tuple of `ShownDocument`"""
    case_closed = Signal()
    moved = Signal(str)
    """the queue has this request elsewhere by now"""
    refused = Signal(object)

    def __init__(self, sources: ReviewSources, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sources = sources
        self._background = background
        self._wanted = ""
        self._case: Case | None = None
        self._request: Request | None = None
        self._material: Material | None = None
        self._documents: tuple[ShownDocument, ...] = ()
        self._laid_out: dict[str, ShownDocument] = {}
        self._policies: tuple[Policy, ...] = ()
        self._again = QTimer(self, interval=LOOK_AGAIN_MS, singleShot=True)
        self._again.timeout.connect(self.look_again)

    @property
    def case(self) -> Case | None:
        return self._case

    @property
    def request(self) -> Request | None:
        return self._request

    @property
    def material(self) -> Material | None:
        return self._material

    @property
    def documents(self) -> tuple[ShownDocument, ...]:
        return self._documents

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The policies that fit the lines, and others that were asked for."""
        return self._policies

    def shown(self, document_id: str) -> ShownDocument | None:
        return next((d for d in self._documents if d.document_id == document_id), None)

    # opening

    def open(self, case_id: str) -> None:
        """Open a request; one that nobody has becomes mine."""
        self._wanted = case_id
        self._again.stop()
        self._begin(self._sources.queue.open_case, case_id)

    def take_over(self) -> None:
        """Make the open request mine, whoever has it."""
        if self._case is not None:
            self._begin(self._sources.queue.take_over, self._case.case_id)

    def release(self) -> None:
        """Give the open request back to the queue, and show none."""
        case = self._case
        if case is None:
            return

        def released(_case: Case) -> None:
            self.close()
            self.moved.emit(case.case_id)

        self._background.run(
            self, "store", self._sources.queue.release, case.case_id, self._sources.person(),
            done=released, failed=self.refused.emit,
        )  # fmt: skip

    def close(self) -> None:
        """Show no request."""
        self._wanted = ""
        self._again.stop()
        self._case = self._request = self._material = None
        self._documents, self._policies, self._laid_out = (), (), {}
        self.case_closed.emit()

    def _begin(self, function: Callable[[str, str], ReviewOpened], case_id: str) -> None:
        person = self._sources.person()

        def work() -> tuple[ReviewOpened, Request]:
            opened = function(case_id, person)
            return opened, request_from(self._sources.document(case_id))

        def opened(found: tuple[ReviewOpened, Request]) -> None:
            if self._wanted != case_id:
                return
            told, request = found
            other = self._case is None or self._case.case_id != case_id
            if other:
                self._material, self._policies, self._laid_out = None, (), {}
            self._case, self._request = told.case, request
            self.case_opened.emit(told)
            self.request_changed.emit(told.case, request)
            self._list_documents()
            self.moved.emit(case_id)
            self.look_again()
            self._find_policies()

        def refused(error: Actionable) -> None:
            if self._wanted == case_id:
                if self._case is None or self._case.case_id != case_id:
                    self.close()
                self.refused.emit(error)

        self._background.run(self, "store", work, done=opened, failed=refused)

    # what belongs to it

    def reload(self) -> None:
        """The request was changed: fetch it again, without opening it anew."""
        case = self._case
        if case is None:
            return
        from app.domain.case import case_from

        def work() -> tuple[Case, Request]:
            document = self._sources.document(case.case_id)
            return case_from(document), request_from(document)

        def loaded(found: tuple[Case, Request]) -> None:
            if self._case is not None and self._case.case_id == found[0].case_id:
                self._case, self._request = found
                self.request_changed.emit(*found)
                self._list_documents()
                self.look_again()

        self._background.run(self, "store", work, done=loaded, failed=self.refused.emit)

    def look_again(self) -> None:
        """Fetch what can be quoted by now; while something is unread it is asked for again by itself."""
        case = self._case
        if case is None:
            return
        case_id = case.case_id

        def found(material: Material) -> None:
            if self._case is None or self._case.case_id != case_id:
                return
            if material != self._material:
                self._material = material
                self._list_documents()
                self.material_changed.emit(material)
            if material.unread:
                self._again.start()

        self._background.run(
            self, "store", self._sources.material, case_id, done=found, failed=self.refused.emit
        )

    def _find_policies(self) -> None:
        request, case_id, policies = self._request, self._wanted, self._sources.policies
        if request is None:
            return

        def work() -> tuple[Policy, ...]:
            shelf = policies()
            best = [found[:1] for found in (shelf.for_line(line) for line in request.lines)]
            return tuple({p.key: p for found in best for p in found}.values())

        def found(policies: tuple[Policy, ...]) -> None:
            if self._wanted == case_id:
                self._take_policies(policies)

        self._background.run(self, "review", work, done=found, failed=self.refused.emit)

    def ask_policy(self, key: str) -> None:
        """Put a policy among the documents: `policy:ID@VERSION`."""
        policy_id, _, version = key.removeprefix("policy:").partition("@")
        policies = self._sources.policies
        if any(policy.key == key for policy in self._policies):
            return
        case_id = self._wanted

        def found(policy: Policy) -> None:
            if self._wanted == case_id:
                self._take_policies((*self._policies, policy))

        self._background.run(
            self, "review", lambda: policies().policy(policy_id, version),
            done=found, failed=self.refused.emit,
        )  # fmt: skip

    def _take_policies(self, policies: tuple[Policy, ...]) -> None:
        self._policies = tuple({p.key: p for p in (*self._policies, *policies)}.values())
        for policy in self._policies:
            if policy.key not in self._laid_out:
                title, about = policy_title(policy), version_words(policy)
                self._lay_out(policy.key, "policy", title, policy.text, about)
        self._list_documents()

    def _lay_out(self, document_id: str, kind: str, title: str, text: str, about: str = "") -> None:
        """Make pages of a text. It is listed at once, and its words are known when it is laid out."""
        content, case_id = text.encode(), self._wanted
        self._laid_out[document_id] = _made(document_id, kind, title, "", (), about)

        def work() -> tuple[str, tuple[PageText, ...]]:
            sha256 = self._sources.keep(content)
            return sha256, self._sources.words(sha256, TEXT)

        def made(found: tuple[str, tuple[PageText, ...]]) -> None:
            if self._wanted == case_id:
                self._laid_out[document_id] = _made(document_id, kind, title, *found, about)
                self._list_documents()

        self._background.run(self, "pages", work, done=made, failed=self.refused.emit)

    def _list_documents(self) -> None:
        case, material = self._case, self._material
        if case is None:
            return
        sources = {s.document_id: s for s in material.documents} if material else {}
        unread = (
            {u.document_id for u in material.unread} if material else {d.document_id for d in case.documents}
        )
        after = material.after_decision if material else ()
        listed = [
            _of_case(d, sources.get(d.document_id), d.document_id in unread, d.document_id in after)
            for d in sorted(case.documents, key=lambda d: (d.kind != "form", d.received_at, d.document_id))
            if d.media_type
        ]
        written = sources.get(REQUEST)
        if written is not None and REQUEST not in self._laid_out:
            text = "\n".join(string.text for string in written.strings)
            self._lay_out(REQUEST, REQUEST, written.name, text)
        listed += [replace(d, own=written) for d in self._laid_out.values() if d.file.kind == REQUEST]
        listed += [self._laid_out[p.key] for p in self._policies if p.key in self._laid_out]
        documents = tuple(listed)
        if documents != self._documents:
            self._documents = documents
            self.documents_changed.emit(documents)


def policy_title(policy: Policy) -> str:
    """What a policy is called on its tab: `NCD 280.14`, where its id says so, else its title."""
    kind, _, number = policy.policy_id.partition("_")
    if number and kind.isalpha() and number.replace("_", "").isdigit():
        return f"{kind.upper()} {number.replace('_', '.')}"
    return policy.title


def version_words(policy: Policy) -> str:
    """Which version of a policy is shown, behind the label of its pages."""
    tr = QCoreApplication.translate
    words = tr("Policy", "version {version}").format(version=policy.version)
    if policy.effective is not None:
        words = tr("Policy", "{version}, effective {day}").format(
            version=words, day=policy.effective.isoformat()
        )
    return f" · {words}"


def _of_case(document: CaseDocument, source: SourceText | None, unread: bool, after: bool) -> ShownDocument:
    pages = document.pages or tuple(range(1, document.page_count + 1))
    name = source.name if source else page_label(document, 1).name
    labels = tuple(str(page_label(document, page, name)) for page in range(1, document.page_count + 1))
    note = "after" if after else ""
    entry = DocumentEntry(document.document_id, document.kind, name, len(pages), reading=unread, note=note)
    return ShownDocument(entry, document, labels, source)


def _made(
    document_id: str, kind: str, title: str, sha256: str, pages: tuple[PageText, ...], about: str
) -> ShownDocument:
    file = CaseDocument(
        document_id, title, "", sha256, TEXT, kind, len(pages), (), datetime.fromtimestamp(0, UTC)
    )
    labels = tuple(f"{title} p. {page.page}{about}" for page in pages)
    source = SourceText(document_id, title, kind, pages) if pages else None
    return ShownDocument(DocumentEntry(document_id, kind, title, len(pages)), file, labels, source)
