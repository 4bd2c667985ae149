"""Verified forms as examples for a form processor of a cloud: each answer with the place it was read in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from app.domain.case import IntakeStatus, Json, fields_from
from app.domain.errors import NoSuchCase
from app.domain.extraction import Document, PageText, Word
from app.domain.form import FieldState, FormField
from app.services import media
from app.services.case_reading import form_entry
from app.services.dataset import FormFolder
from app.services.ports import DocumentOpener
from app.services.store.store import Store

Cut = Callable[[Document, Sequence[int], Sequence[int]], bytes]
"""These pages of a document (1-based) as a small PDF, each turned clockwise by so many quarter turns."""
_UNSURE = (FieldState.ILLEGIBLE, FieldState.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class LabelledForm:
    """One form with what is printed on it. `content` is a PDF of its pages alone, upright; `pages` are their sizes in
    points. Pages of `fields` and `words` count from 1 within them, boxes are those of the upright page.
    """

    case_id: str
    form_type: str
    content: bytes
    pages: tuple[tuple[float, float], ...]
    fields: tuple[FormField, ...]
    words: Mapping[int, tuple[Word, ...]]


@dataclass(frozen=True, slots=True)
class FormExamples:
    """The verified forms of a workspace, as a cloud learns from them. Not to be used in the store's lane."""

    store: Store
    in_store: Callable[..., object]
    opener: DocumentOpener
    cut: Cut

    def forms(self, folder: FormFolder, form_type: str) -> Iterator[LabelledForm]:
        """Those of one form type, one after the other. Forms of cases that are not verified any more are left out."""
        for form in folder.forms():
            if form.key.get("form_type") != form_type:
                continue
            document = self._document(form.case_id)
            if document is None or document["intake_status"] != IntakeStatus.VERIFIED:
                continue
            yield self._labelled(document, form.content)

    def _document(self, case_id: str) -> Json | None:
        def look() -> Json | None:
            try:
                return self.store.case_document(case_id)
            except NoSuchCase:
                return None

        found = self.in_store(look)
        return found if isinstance(found, dict) else None

    def _labelled(self, document: Json, content: bytes) -> LabelledForm:
        _, entry = form_entry(document)
        pages = [int(page) for page in entry["pages"]]
        turns = [int((entry.get("turns") or {}).get(str(page), 0)) for page in pages]
        kept = self.in_store(self.store.words, entry["sha256"])
        texts = {t.page: t for t in kept if isinstance(t, PageText)} if isinstance(kept, tuple) else {}
        small = self.cut(Document("form", media.sniff(content), content), pages, turns)
        opened = self.opener(Document("form", media.PDF, small))
        try:
            sizes = tuple((page.width, page.height) for page in opened.pages)
        finally:
            opened.close()
        at = {page: place for place, page in enumerate(pages)}
        return LabelledForm(
            str(document["case_id"]),
            str(document["form_type"]),
            small,
            sizes,
            tuple(
                _upright(field, at[field.page] + 1, turns[at[field.page]])
                for field in fields_from(document)
                if field.page in at and field.box is not None and field.state not in _UNSURE
            ),
            {
                at[page] + 1: tuple(
                    Word(w.text, w.box.turned(turns[at[page]]), w.confidence) for w in text.words
                )
                for page, text in texts.items()
                if page in at
            },
        )


def _upright(field: FormField, page: int, turn: int) -> FormField:
    assert field.box is not None  # noqa: S101 - asked for by the caller
    return replace(field, page=page, box=field.box.turned(turn))
