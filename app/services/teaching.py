"""Teaching a form: a definition is proposed from an example, mended, tried out on others and published."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.domain import validation
from app.domain.case import Json, from_time, to_time
from app.domain.errors import Conflict, Rejected
from app.domain.extraction import Document, Extraction, FormExtraction
from app.domain.finding import Finding
from app.domain.processor import FormDefinition
from app.domain.processor_version import Example, FormDraft, ProcessorVersion
from app.domain.proposal import Proposal
from app.domain.sketch import free_form_type, sketched
from app.services import media
from app.services.change_log import new_id
from app.services.ports import BlobStore, FormTeacher, Watch
from app.services.processor_library import ProcessorLibrary
from app.services.processors import read_definition, to_json
from app.services.shelving import checked, example_from, example_json
from app.services.store.store import Store


@dataclass(frozen=True, slots=True)
class Looked:
    """An example and what was proposed from it; not kept yet."""

    document: Document
    name: str
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class Teaching:
    """Drafts of form types, and the way from an example to a published version.

    `look_at` and `try_out` take seconds and belong to the lane `reading`; everything else to the store's
    lane. Raises `Rejected` with a sentence, `Unreadable` for an example that cannot be opened, `StorageFailed`.
    """

    store: Store
    library: ProcessorLibrary
    blobs: BlobStore
    teacher: FormTeacher | None
    now: Callable[[], datetime]

    def look_at(self, content: bytes, name: str, watch: Watch | None = None) -> Looked:
        """Open a blank or filled example and propose zones, texts and tables from it."""
        document = _document(content)
        return Looked(document, name, self._teacher().propose(document, watch))

    def start(self, looked: Looked, by: str) -> FormDraft:
        """A new draft from a proposal: names, kinds, questions, sections and the request made of what is printed.

        The example is kept with it, encrypted. Durable when it returns.
        """
        definition = self.sketch(looked)
        turns = tuple((p.page, p.quarter_turns) for p in looked.proposal.pages if p.quarter_turns)
        example = self._kept(looked.document, looked.name, turns)
        return self._begin(definition, by, (example,), "")

    def sketch(self, looked: Looked) -> FormDefinition:
        """The definition a proposal suggests, under a form type that is free; nothing is kept."""
        known = set(self.library.known) | {d.definition.form_type for d in self.drafts()}
        definition = sketched(looked.proposal, looked.name)
        return replace(definition, form_type=free_form_type(definition.title, known))

    def mend(self, form_type: str, by: str, version: str = "") -> FormDraft:
        """A new draft that starts from a version, the one in force unless named, with the examples it was taught
        with. A version that came with the program has none: add one.
        """
        found = self.library.version(form_type, version)
        return self._begin(found.definition, by, found.examples, found.version)

    def drafts(self) -> tuple[FormDraft, ...]:
        """Everything that is being taught, in the order it was begun."""
        return tuple(_draft_from(data) for data in self.store.shelf.drafts())

    def draft(self, draft_id: str) -> FormDraft:
        """The draft as it stands."""
        data = self.store.shelf.draft(draft_id)
        if data is None:
            raise _no_draft()
        return _draft_from(data)

    def keep(self, draft_id: str, before: FormDefinition, after: FormDefinition, by: str) -> FormDraft:
        """Keep an edit: `before` is what the editor started from, so that nobody's work is written over unseen.

        Undo and redo are kept the same way. Durable when it returns. Raises `Conflict` when the draft is not
        at `before` any more, `Rejected` when `after` could not be read back.
        """
        plain, expected = to_json(checked(after)), to_json(before)

        def change(data: Json | None) -> Json | None:
            if data is None:
                raise _no_draft()
            if data["definition"] not in (expected, plain):
                raise Conflict(
                    "This form is being taught in another window as well.",
                    "Open the draft again: it shows what was done there.",
                    code="draft_moved",
                )
            return {**data, "definition": plain, "by": by, "changed_at": to_time(self.now())}

        return self._changed(draft_id, change)

    def add_example(self, draft_id: str, content: bytes, name: str, by: str) -> FormDraft:
        """Keep a further example with a draft; the same bytes once."""
        example = self._kept(_document(content), name, ())

        def change(data: Json | None) -> Json | None:
            if data is None:
                raise _no_draft()
            if any(e["sha256"] == example.sha256 for e in data["examples"]):
                return data
            return {**data, "examples": [*data["examples"], example_json(example)], "by": by}

        return self._changed(draft_id, change)

    def remove_example(self, draft_id: str, sha256: str, by: str) -> FormDraft:
        """Take an example out of a draft."""

        def change(data: Json | None) -> Json | None:
            if data is None:
                raise _no_draft()
            return {**data, "examples": [e for e in data["examples"] if e["sha256"] != sha256], "by": by}

        return self._changed(draft_id, change)

    def discard(self, draft_id: str, by: str) -> None:
        """Give a draft up; what was published stays."""
        self.draft(draft_id)
        self.store.shelf.change_draft(draft_id, lambda _: None)
        self.store.note("form_draft_discarded", by, self.now(), None, {"draft_id": draft_id})

    @staticmethod
    def document(content: bytes) -> Document:
        """A file to be tried out. Raises `Unreadable` when it is none."""
        return _document(content)

    def content(self, example: Example) -> Document:
        """The bytes of an example. From any thread."""
        return Document(example.sha256, example.media_type, self.blobs.get(example.sha256))

    def try_out(
        self, definition: FormDefinition, document: Document | Example, watch: Watch | None = None
    ) -> Extraction:
        """Read a document with this definition and no other; without a form when no page is recognized by it.

        The fields carry the warnings that they will have in a case.
        """
        if isinstance(document, Example):
            document = self.content(document)
        found = self._teacher().try_out(document, checked(definition), watch)
        return replace(found, forms=tuple(_with_warnings(form, definition) for form in found.forms))

    def examine(self, definition: FormDefinition) -> tuple[Finding, ...]:
        """What is missing before a definition can be published, what blocks first."""
        return self.library.examine(definition)

    def publish(
        self, draft_id: str, by: str, calibration: Mapping[str, Any] | None = None
    ) -> ProcessorVersion:
        """Publish a draft as the next version of its form type and bring it into force; the draft is done."""
        draft = self.draft(draft_id)
        return self.library.publish(
            draft.definition,
            by,
            calibration=calibration,
            examples=draft.examples,
            based_on=draft.based_on,
            draft_id=draft_id,
        )

    def _teacher(self) -> FormTeacher:
        if self.teacher is None:
            raise Rejected(
                "The form processor in use cannot help to teach forms.",
                "Teach them on a computer that reads forms itself.",
                code="no_teacher",
            )
        return self.teacher

    def _begin(
        self, definition: FormDefinition, by: str, examples: Iterable[Example], based_on: str
    ) -> FormDraft:
        at = to_time(self.now())
        data: Json = {
            "draft_id": new_id(),
            "definition": to_json(checked(definition)),
            "by": by,
            "started_at": at,
            "changed_at": at,
            "examples": [example_json(e) for e in examples],
            "based_on": based_on,
        }
        self.store.shelf.change_draft(data["draft_id"], lambda _: data)
        return _draft_from(data)

    def _changed(self, draft_id: str, change: Callable[[Json | None], Json | None]) -> FormDraft:
        after = self.store.shelf.change_draft(draft_id, change)
        if after is None:
            raise _no_draft()
        return _draft_from(after)

    def _kept(self, document: Document, name: str, turns: tuple[tuple[int, int], ...]) -> Example:
        return Example(self.blobs.put(document.content), document.media_type, _text(name), turns)


def _with_warnings(form: FormExtraction, definition: FormDefinition) -> FormExtraction:
    warnings = validation.check(form.fields, definition)
    return replace(form, fields=tuple(f.with_warnings(warnings.get(f.path, ())) for f in form.fields))


def _document(content: bytes) -> Document:
    return Document(hashlib.sha256(content).hexdigest(), media.sniff(content), content)


def _text(name: str) -> str:
    """A file's name as text: it may hold bytes that are none."""
    return name.encode("utf-8", "replace").decode()


def _no_draft() -> Rejected:
    return Rejected(
        "This draft is not there any more: it was published or given up.",
        "Look at the list of form types.",
        code="no_draft",
    )


def _draft_from(data: Json) -> FormDraft:
    return FormDraft(
        draft_id=data["draft_id"],
        definition=read_definition(data["definition"]),
        by=data["by"],
        started_at=from_time(data["started_at"]),
        changed_at=from_time(data["changed_at"]),
        examples=tuple(example_from(e) for e in data["examples"]),
        based_on=data["based_on"],
    )
