"""The versions of a prompt: what was asked, one after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QCoreApplication

from app.domain.prompt import Prompt
from app.domain.prompt_text import Piece
from app.domain.recommendation import Review


@dataclass(frozen=True, slots=True)
class PromptVersion:
    """A prompt as it was asked, first. `asked` names the models it went to; `at` is None for one not asked yet.

    `edited` says that it is not what the template made.
    """

    number: int
    text: str
    by: str
    at: datetime | None
    edited: bool
    asked: tuple[str, ...] = ()


def versions(reviews: Sequence[Review], prompt: Prompt | None, by: str) -> tuple[PromptVersion, ...]:
    """Oldest first. `reviews` are newest first, as they are kept; what stands in the editor is the last version."""
    found: list[PromptVersion] = []
    generated = prompt.generated if prompt else ""
    for review in reversed(reviews):
        if found and found[-1].text == review.prompt:
            last = found[-1]
            asked = (*last.asked, review.model.name)
            found[-1] = PromptVersion(last.number, last.text, last.by, last.at, last.edited, asked)
        else:
            edited = review.prompt != generated
            found.append(
                PromptVersion(
                    len(found) + 1, review.prompt, review.by, review.at, edited, (review.model.name,)
                )
            )
    if prompt is not None and (not found or found[-1].text != prompt.text):
        found.append(PromptVersion(len(found) + 1, prompt.text, by, None, prompt.text != generated))
    return tuple(found)


def label(version: PromptVersion, me: str) -> str:
    """ "Version 3 · edited by you"."""
    tr = QCoreApplication.translate
    if not version.edited:
        return tr("Prompt", "Version {number} · as generated").format(number=version.number)
    if version.by == me:
        return tr("Prompt", "Version {number} · edited by you").format(number=version.number)
    return tr("Prompt", "Version {number} · edited by {by}").format(number=version.number, by=version.by)


def merged(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """A difference as people read it: what was taken out whole, then what was put in, not word by word in turns."""
    found: list[Piece] = []
    removed = added = ""
    for place, piece in enumerate(pieces):
        between = piece.kind == "same" and not piece.text.strip() and (removed or added)
        follows = place + 1 < len(pieces) and pieces[place + 1].kind != "same"
        if between and follows:
            removed, added = removed + piece.text, added + piece.text
        elif piece.kind == "removed":
            removed += piece.text
        elif piece.kind == "added":
            added += piece.text
        else:
            found += _turned(removed, added)
            removed = added = ""
            found.append(piece)
    return tuple(found + _turned(removed, added))


def _turned(removed: str, added: str) -> list[Piece]:
    return [Piece(kind, text) for kind, text in (("removed", removed), ("added", added)) if text.strip()]
