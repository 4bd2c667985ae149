"""What can be searched: policies, guideline files an administrator adds, and the clinical documents of cases.

A document is findable as a whole or not at all; what was indexed already is not read again. The list of added
files is kept in the store and their content as blobs, so that a search file that was lost is made again from them.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from app.domain.attachment import document_name
from app.domain.case import Case, Json, to_time
from app.domain.errors import Actionable, Cancelled, Unreadable
from app.domain.extraction import Document, PageText
from app.domain.guideline import Source, SourceKind
from app.domain.passage import page_string
from app.domain.policy import Policy
from app.domain.role import Right
from app.services import media
from app.services.guideline_text import passages_of, passages_of_text
from app.services.ports import BlobStore, DocumentReader, GuidelineSearch, Watch

FILES = "guideline_files"
"""Under this name the store remembers which files were added, by whom, from where."""
TOLD_EVERY = 20
"""After so many files the list is kept: a kill in between costs reading them again, no more."""
WAY = 1
"""Counted up whenever pages are cut otherwise: everything is indexed anew then."""

_TOP, _LEAST_WORDS, _LONGEST_TITLE = 12, 12, 110
_LARGER = 1.2


class Keeping(Protocol):
    """The part of the store that is needed. Belongs to the store's lane."""

    def remember(self, key: str, value: Json) -> None: ...
    def recall(self, key: str) -> Json | None: ...
    def note(self, action: str, by: str, at: datetime, case_id: str | None, detail: Json) -> None: ...
    def words(self, sha256: str) -> tuple[PageText, ...]: ...


class Listed(Protocol):
    """A version of a policy, as the library lists it."""

    @property
    def policy_id(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def in_force(self) -> bool: ...


class Policies(Protocol):
    """The part of the policy library that is needed."""

    def versions(self, policy_id: str | None = None) -> Sequence[Listed]: ...
    def policy(self, policy_id: str, version: str = "") -> Policy: ...


InStore = Callable[..., Any]
"""Runs a function in the store's lane and gives its result."""
Check = Callable[[str, Right], object]
"""Raises unless this person may do it. Belongs to the store's lane."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """What became of one document. `outcome` is added, changed, unchanged, removed or refused (with the reason)."""

    name: str
    outcome: str
    passages: int = 0
    reason: str = ""
    source_id: str = ""


class GuidelineIndex:
    """Keeps the search in step with what there is. Runs outside the store's lane and asks it for what is kept."""

    def __init__(
        self,
        search: GuidelineSearch,
        keeping: Keeping,
        in_store: InStore,
        blobs: BlobStore,
        reader: DocumentReader,
        check: Check,
        now: Callable[[], datetime],
    ) -> None:
        self._search = search
        self._keeping = keeping
        self._in_store = in_store
        self._blobs = blobs
        self._reader = reader
        self._check = check
        self._now = now

    @property
    def search(self) -> GuidelineSearch:
        """The search that is kept in step."""
        return self._search

    def published(self, done: Sequence[Indexed], by: str) -> None:
        """Note that the payer's index was brought in step (`app.services.guideline_answering.publish`)."""
        self._note("guidelines_published", by, done)

    # Files an administrator adds

    def may_add(self, by: str) -> None:
        """Raises `NotAllowed` or `SignInRequired` unless this person may add guidelines."""
        self._in_store(self._check, by, Right.ADMINISTER)

    def add(
        self,
        paths: Iterable[Path],
        kind: SourceKind,
        by: str,
        watch: Callable[[Path], Watch | None] | None = None,
        told: Callable[[Indexed], None] | None = None,
    ) -> tuple[Indexed, ...]:
        """Index files; those that are in the index as they are now cost a digest and nothing more.

        `watch` gives what follows the pages of a file. `Cancelled` keeps what was done before it and passes on.
        """
        self.may_add(by)
        files = self._files()
        known = {source.source_id: source.digest for source in self._search.sources()}
        done: list[Indexed] = []
        fresh = 0
        try:
            for path in paths:
                found = self._add(path.absolute(), kind, by, files, known, watch(path) if watch else None)
                done.append(found)
                if told is not None:
                    told(found)
                fresh += found.outcome in ("added", "changed")
                if fresh >= TOLD_EVERY:
                    self._keep(files)
                    fresh = 0
        finally:
            self._keep(files)
            self._note("guidelines_indexed", by, done)
        return tuple(done)

    def _add(
        self,
        path: Path,
        kind: SourceKind,
        by: str,
        files: dict[str, Json],
        known: dict[str, str],
        watch: Watch | None,
    ) -> Indexed:
        place = str(path)
        before = files.get(place)
        try:
            content = path.read_bytes()
            media_type = media.sniff_document(content)
            sha256 = hashlib.sha256(content).hexdigest()
            digest = _digest(sha256, kind)
            made = 0
            if known.get(sha256) != digest:
                self._blobs.put(content)
                made = self._read_in(Document(sha256, media_type, content), path, kind, digest, watch)
                known[sha256] = digest
        except OSError as error:
            return Indexed(path.name, "refused", reason=f"It cannot be read: {error.strerror}.")
        except Cancelled:
            raise
        except Unreadable as error:
            return Indexed(path.name, "refused", reason=str(error))
        files[place] = {
            "sha256": sha256,
            "kind": str(kind),
            "media_type": media_type,
            "by": before["by"] if before and not made else by,
            "at": before["at"] if before and not made else to_time(self._now()),
        }
        if before is not None and before["sha256"] != sha256:
            self._forget(before["sha256"], files)
            return Indexed(path.name, "changed", made, source_id=sha256)
        return Indexed(path.name, "added" if made else "unchanged", made, source_id=sha256)

    def _read_in(
        self, document: Document, path: Path, kind: SourceKind, digest: str, watch: Watch | None
    ) -> int:
        """Read a document and make it findable; the number of its passages. Raises `Unreadable`, `Cancelled`."""
        reading = self._reader.open(document, watch)
        title = _Title(path.stem)
        try:
            count = reading.page_count
            made = passages_of(title.seen(reading.page(number)) for number in range(1, count + 1))
        finally:
            reading.close()
        if not made:
            raise Unreadable(
                "No words stand on its pages.", "Look whether it was scanned blank.", code="no_words"
            )
        self._search.put(
            Source(
                document.document_id, kind, title.words, path.name, digest, "", document.document_id,
                document.media_type, count,
            ),
            made,
        )  # fmt: skip
        return len(made)

    def prune(self, roots: Iterable[Path], by: str) -> tuple[Indexed, ...]:
        """Take out what was added from below these folders (or is one of these files) and is not there any more."""
        self.may_add(by)
        files = self._files()
        wanted = [root.absolute() for root in roots]
        gone = [
            place
            for place in files
            if any(Path(place).is_relative_to(root) for root in wanted) and not Path(place).exists()
        ]
        done = []
        for place in gone:
            sha256 = files.pop(place)["sha256"]
            self._forget(sha256, files)
            done.append(Indexed(Path(place).name, "removed", source_id=sha256))
        if done:
            self._keep(files)
            self._note("guidelines_removed", by, done)
        return tuple(done)

    def _forget(self, sha256: str, files: dict[str, Json]) -> None:
        """Take a content out of the search, unless a file that is listed holds it still."""
        if not any(entry["sha256"] == sha256 for entry in files.values()):
            self._search.remove(sha256)

    def _files(self) -> dict[str, Json]:
        kept = self._in_store(self._keeping.recall, FILES)
        return dict(kept or {})

    def _keep(self, files: dict[str, Json]) -> None:
        self._in_store(self._keeping.remember, FILES, files)

    def _note(self, action: str, by: str, done: Sequence[Indexed]) -> None:
        outcomes = Counter(found.outcome for found in done)
        if any(outcome != "unchanged" for outcome in outcomes):
            self._in_store(self._keeping.note, action, by, self._now(), None, dict(sorted(outcomes.items())))

    # What follows from the workspace itself

    def refresh(
        self,
        policies: Policies | None = None,
        watch: Watch | None = None,
        told: Callable[[Indexed], None] | None = None,
    ) -> tuple[Indexed, ...]:
        """Bring policies up to date, and files whose place in the search was lost, from their blobs.

        `told` hears of each document as soon as it can be found.
        """
        done = _Told(told)
        known = {source.source_id: source.digest for source in self._search.sources()}
        if policies is not None:
            self._policies(policies, known, done)
        for place, entry in self._files().items():
            kind, sha256 = SourceKind(entry["kind"]), entry["sha256"]
            if known.get(sha256) == _digest(sha256, kind):
                continue
            try:
                document = Document(sha256, entry["media_type"], self._blobs.get(sha256))
                made = self._read_in(document, Path(place), kind, _digest(sha256, kind), watch)
            except Cancelled:
                raise
            except Actionable as error:
                done.append(Indexed(Path(place).name, "refused", reason=str(error)))
            else:
                done.append(Indexed(Path(place).name, "added", made, source_id=sha256))
                known[sha256] = _digest(sha256, kind)
        return tuple(done)

    def _policies(self, policies: Policies, known: dict[str, str], done: _Told) -> None:
        wanted = set()
        for listed in policies.versions():
            policy = policies.policy(listed.policy_id, listed.version)
            wanted.add(policy.key)
            digest = _digest(
                f"{policy.title} {policy.applies.codes} {listed.in_force} {policy.text}", SourceKind.POLICY
            )
            if known.get(policy.key) == digest:
                continue
            made = self._put_policy(policy, digest, in_force=listed.in_force)
            outcome = "changed" if policy.key in known else "added"
            done.append(Indexed(policy.title, outcome, made, source_id=policy.key))
        for source_id in sorted(known):
            if source_id.startswith("policy:") and source_id not in wanted:
                self._search.remove(source_id)
                done.append(Indexed(source_id, "removed", source_id=source_id))

    def _put_policy(self, policy: Policy, digest: str, *, in_force: bool) -> int:
        """The text of a policy, laid out as the window shows it: a plain text in pages."""
        content = policy.text.encode()
        also = " ".join(code for code in policy.applies.codes if "*" not in code)
        sha256 = self._blobs.put(content)
        pages = 1
        try:
            reading = self._reader.open(Document(sha256, media.TEXT, content))
            try:
                pages = reading.page_count
                made = passages_of(reading.page(number) for number in range(1, pages + 1))
            finally:
                reading.close()
        except Unreadable:  # found without places rather than not at all
            made = passages_of_text(policy.text)
        self._search.put(
            Source(
                policy.key, SourceKind.POLICY, policy.title, f"{policy.policy_id} {policy.version}".strip(), digest,
                "", sha256, media.TEXT, pages, in_force, also,
            ),
            made,
        )  # fmt: skip
        return len(made)

    def index_case(self, case: Case) -> tuple[Indexed, ...]:
        """Make the documents of a case findable as far as their words are known, within that case.

        Cheap when nothing changed. Documents that were taken out of the case are taken out here.
        """
        prefix = f"{case.case_id}/"
        known = {
            source.source_id: source.digest
            for source in self._search.sources()
            if source.case_id == case.case_id
        }
        done: list[Indexed] = []
        for document in case.documents:
            source_id = prefix + document.document_id
            texts: tuple[PageText, ...] = self._in_store(self._keeping.words, document.sha256)
            if document.pages:
                texts = tuple(text for text in texts if text.page in document.pages)
            if not any(text.words for text in texts):
                continue
            said = "\f".join(" ".join(word.text for word in text.words) for text in texts)
            digest = _digest(f"{document.sha256} {document.pages} {said}", SourceKind.CLINICAL)
            if known.pop(source_id, "") == digest:
                continue
            made = passages_of(texts)
            source = Source(
                source_id, SourceKind.CLINICAL, document_name(texts, document.name, document.kind),
                document.name, digest, case.case_id,
                document.sha256, document.media_type, document.page_count,
            )  # fmt: skip
            self._search.put(source, made)
            done.append(Indexed(document.name, "added", len(made), source_id=source_id))
        kept = {prefix + document.document_id for document in case.documents}
        for source_id in known:
            if source_id not in kept:
                self._search.remove(source_id)
                done.append(Indexed(source_id, "removed", source_id=source_id))
        return tuple(done)


class _Told(list[Indexed]):
    """What became of documents, told as it happens."""

    def __init__(self, told: Callable[[Indexed], None] | None) -> None:
        super().__init__()
        self._told = told

    def append(self, item: Indexed) -> None:
        super().append(item)
        if self._told is not None:
            self._told(item)


class _Title:
    """What a document is called: the largest line at the top of its first page, else the name of its file."""

    def __init__(self, stem: str) -> None:
        self.words = " ".join(stem.replace("_", " ").split())

    def seen(self, text: PageText) -> PageText:
        """Take the title from page 1; gives the page on."""
        if text.page == 1:
            line = _largest_line(text)
            self.words = line or self.words
        return text


def _largest_line(text: PageText) -> str:
    heights = sorted(word.box.height for word in text.words)
    if len(heights) < _LEAST_WORDS:
        return ""
    usual = heights[len(heights) // 2]
    page = page_string(text)
    at = 0
    best: tuple[float, str] = (usual * _LARGER, "")
    for line in page.text.split("\n")[:_TOP]:
        box = page.box(at, at + len(line))
        at += len(line) + 1
        if box is not None and box.height > best[0] and 4 <= len(line.strip()) <= _LONGEST_TITLE:
            best = (box.height, line.strip())
    return best[1]


def _digest(said: str, kind: SourceKind) -> str:
    return hashlib.sha256(f"{WAY} {kind} {said}".encode()).hexdigest()[:32]
