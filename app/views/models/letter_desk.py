"""Letters as the window shows them: composed in the store's lane, printed and drawn away from it, kept once saved."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from app.domain.case import case_from
from app.domain.determination import Determination, acting_role
from app.domain.errors import StorageFailed
from app.domain.extraction import Document
from app.domain.letter import Letter, composed
from app.domain.request import request_from
from app.domain.role import Person
from app.services.ports import DocumentOpener, Picture
from app.views.widgets.review.determination_words import Decision

if TYPE_CHECKING:
    from app.services.deciding import Deciding
    from app.services.lanes import Lanes
    from app.services.letter import Letters as LetterService

SCALE = 1.6
"""Screen pixels a point: sharp at the width of the side on an ordinary screen, twice as wide at most."""
PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class ShownLetter:
    """A letter as it will be printed: its pages, its file, and what it lacks. `letter` is None while nothing is
    recorded that it could tell.
    """

    title: str
    pages: tuple[Picture, ...]
    content: bytes
    missing: tuple[str, ...] = ()
    letter: Letter | None = None


class Letters(Protocol):
    """Sets letters. Takes its time: runs in the lane `pages`. Raises `Rejected`, `NoSuchCase`, `StorageFailed`."""

    def draft(self, case_id: str, decision: Decision, review_id: str) -> ShownLetter:
        """The letter as it would be for a decision that is not recorded yet."""
        ...

    def recorded(self, case_id: str) -> ShownLetter:
        """The letter of what was decided last."""
        ...

    def save(self, case_id: str, letter: ShownLetter, path: str, by: str) -> None:
        """Write the file. One that tells what is recorded is kept with the case: it goes out."""
        ...


@dataclass(frozen=True, slots=True)
class LetterDesk:
    """`Letters` over the services of the review."""

    letters: LetterService
    deciding: Deciding
    lanes: Lanes
    opener: DocumentOpener
    person: Callable[[], Person]

    def draft(self, case_id: str, decision: Decision, review_id: str) -> ShownLetter:
        letter, receipt = self.lanes.submit("store", self._composed, case_id, decision, review_id).result()
        told = replace(letter, missing=(*letter.missing, "countersigned")) if not letter.missing else letter
        content = self.letters.printed(told, receipt)  # at its foot it says that it is a draft
        return ShownLetter(letter.title, self._drawn(content), content, letter.missing)

    def recorded(self, case_id: str) -> ShownLetter:
        def look() -> tuple[Letter, str]:
            document = self.letters.changes.store.case_document(case_id)
            return self.letters.composed(case_id), str(document.get("receipt", ""))

        letter, receipt = self.lanes.submit("store", look).result()
        content = self.letters.printed(letter, receipt)
        return ShownLetter(letter.title, self._drawn(content), content, letter.missing, letter)

    def save(self, case_id: str, letter: ShownLetter, path: str, by: str) -> None:
        if letter.letter is not None:
            self.lanes.submit("store", self.letters.keep, case_id, letter.letter, letter.content, by).result()
        try:
            Path(path).write_bytes(letter.content)
        except OSError as error:
            raise StorageFailed(
                "The letter could not be written there.", "Choose another place.", code="letter_unwritten"
            ) from error

    def _composed(self, case_id: str, decision: Decision, review_id: str) -> tuple[Letter, str]:
        """In the store's lane: the letter of determinations that nobody has made yet, and are not kept."""
        changes = self.letters.changes
        document = changes.store.case_document(case_id)
        case, person = case_from(document), self.person()
        made = []
        for line in decision.lines:
            basis = self.deciding.bases.basis(case_id, line, review_id)
            made.append(
                Determination(
                    line,
                    decision.outcome,
                    decision.reason,
                    person.name,
                    acting_role(person, decision.outcome),
                    changes.now(),
                    granted=decision.granted,
                    missing=decision.missing,
                    answer_by=decision.answer_at,
                    policy=basis.policy,
                    criteria=tuple(c for c in basis.criteria if c.criterion_id in decision.criteria),
                    policy_title=basis.policy_title,
                    title=person.title,
                )
            )
        letter = composed(
            made,
            request_from(document),
            case_number=case.receipt,
            received=case.clock_starts,
            today=changes.now(),
            payer=self.letters.payer(),
            template=self.letters.template,
        )
        return letter, case.receipt

    def _drawn(self, content: bytes) -> tuple[Picture, ...]:
        """Every page of the very file that is kept, drawn by the worker that opens documents."""
        opened = self.opener(Document(hashlib.sha256(content).hexdigest(), PDF, content))
        try:
            return tuple(opened.render(number, SCALE) for number in range(len(opened.pages)))
        finally:
            opened.close()
