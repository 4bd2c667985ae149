"""What one run of a form processor found."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.domain.box import Box
from app.domain.form import FormField


@dataclass(frozen=True, slots=True)
class Document:
    """A received file, as a form processor gets it: its bytes, and what they were found to be."""

    document_id: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Part:
    """Consecutive or scattered pages of a file that belong together. Pages are 1-based.

    `kind` is `form`, `fax_cover`, `clinical` or `blank`.
    """

    kind: str
    pages: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FormExtraction:
    """One form read: every field carries the page and box it was read from.

    `quarter_turns` says how often each page has to be turned clockwise to stand upright
    (0 to 3), by 1-based page number. Boxes are in fractions of the page as the file stores it,
    before any such turn: a view that turns the page turns its boxes with it.
    """

    form_type: str
    processor_version: str
    pages: tuple[int, ...]
    fields: tuple[FormField, ...]
    quarter_turns: tuple[tuple[int, int], ...] = ()
    reader: str = ""
    """What read it, where that was not this computer, and whether its confidences are its own."""


SAMPLED = 0.9
"""The confidence of words of a scanner's own layer of which a sample proved right."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word or a short run of text on a page, where it stands, and how sure its reading is (1 in a text layer)."""

    text: str
    box: Box
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class PageText:
    """What stands on page `page` (1-based), in reading order.

    The page stands upright when it is turned clockwise by `turn` quarter turns. Boxes are those of the page as the
    file stores it, before that turn.
    """

    page: int
    words: tuple[Word, ...]
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Extraction:
    """All that was read off one file: its forms (none, one or several), its other parts and its words.

    `seconds` is the working time of the reader, not the wait for it. `unread` are pages that could not be
    looked at (1-based): damaged ones, and those over which the reader failed twice.
    """

    page_count: int
    forms: tuple[FormExtraction, ...]
    parts: tuple[Part, ...]
    texts: tuple[PageText, ...] = ()
    seconds: float = 0.0
    unread: tuple[int, ...] = ()
