"""What a person decides about the open case: who may what, what has to be opened or overridden, and the record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.case import Case
from app.domain.determination import (
    AGAINST,
    Determination,
    Named,
    Outcome,
    determinations_made,
    determinations_of,
    unconfirmed_of,
)
from app.domain.draft import Draft
from app.domain.errors import Actionable
from app.domain.request import Line, request_from
from app.domain.role import Person
from app.views.background import Background
from app.views.models.draft_keeper import DraftKeeper
from app.views.models.letter_desk import Letters, ShownLetter
from app.views.widgets.review.determination_words import Decision, LineState

if TYPE_CHECKING:
    from app.services.deciding import Deciding
    from app.services.store.store import Store

REASON_DRAFT = "review.reason"
LOOK_AGAIN_MS = 700
"""How often it is asked whether what has to be opened was opened, while somebody decides against a request."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a case stands: its lines with what was decided, and every determination, oldest first."""

    case_id: str
    lines: tuple[LineState, ...]
    decided: tuple[Determination, ...]
    unconfirmed: tuple[Determination, ...] = ()
    """What stands there as a determination and is not confirmed by the service: it counts for nothing."""


class DeterminationModel(QObject):
    """Holds what the bar shows. `decide` is called by a person's deliberate act and nothing else.

    Nothing of a recommendation gets in here but the id of the review that is on screen, for the record.
    """

    standing_changed = Signal(object)
    """`Standing`"""
    person_changed = Signal(object)
    """`Person`"""
    reason_restored = Signal(object)
    """`Draft`"""
    unopened_changed = Signal(object)
    """ids of documents to be opened before a decision against the request"""
    busy_changed = Signal(bool)
    decided = Signal(object, object)
    """`Decision`, `Case`: it is on record"""
    refused = Signal(object)
    letter_begun = Signal()
    letter_shown = Signal(object)
    """`ShownLetter`"""
    letter_failed = Signal(object)
    letter_saved = Signal(str)

    def __init__(
        self,
        deciding: Deciding,
        store: Store,
        person: Callable[[], Person],
        background: Background,
        letters: Letters | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._deciding, self._store, self._letters = deciding, store, letters
        self._person = person
        self._background = background
        self._case_id: str | None = None
        self._review_id = ""
        self._standing: Standing | None = None
        self._deciding_against: tuple[str, ...] = ()
        self._busy = False
        self._keeper = DraftKeeper(store, REASON_DRAFT, background, self.refused.emit, self)
        self._letter: ShownLetter | None = None
        self._look = QTimer(self, interval=LOOK_AGAIN_MS)
        self._look.timeout.connect(self.look_again)

    @property
    def case_id(self) -> str | None:
        return self._case_id

    @property
    def standing(self) -> Standing | None:
        return self._standing

    @property
    def busy(self) -> bool:
        """Whether a decision is being recorded."""
        return self._busy

    @property
    def has_letters(self) -> bool:
        return self._letters is not None

    # Opening

    def open(self, case_id: str) -> None:
        """Show a case; the latest call wins."""
        self.close()
        self._case_id = case_id
        self.person_changed.emit(self._person())

        def drafts(found: dict[str, Draft]) -> None:
            draft = found.get(REASON_DRAFT)
            if self._case_id == case_id and draft is not None:
                self.reason_restored.emit(draft)

        self._background.run(
            self, "store", self._store.drafts, case_id, done=drafts, failed=self.refused.emit
        )
        self.refresh()

    def close(self) -> None:
        self.flush()
        self.end()
        self._case_id, self._standing, self._review_id, self._letter = None, None, "", None

    def person_is(self) -> Person:
        return self._person()

    def show_person(self) -> None:
        """Somebody else signed in."""
        self.person_changed.emit(self._person())

    def set_review(self, review_id: str) -> None:
        """Name the answer that is on screen: what is open is asked of it."""
        if review_id != self._review_id:
            self._review_id = review_id
            self.refresh()

    def refresh(self) -> None:
        """Look again where the case stands."""
        case_id = self._case_id
        if case_id is None:
            return

        def looked(found: Standing) -> None:
            if self._case_id == case_id and found != self._standing:
                self._standing = found
                self.standing_changed.emit(found)

        self._background.run(
            self, "store", self._looked_up, case_id, self._review_id, done=looked, failed=self.refused.emit
        )

    def _looked_up(self, case_id: str, review_id: str) -> Standing:
        """In the store's lane."""
        document = self._store.case_document(case_id)
        decided = determinations_of(document)
        lines = []
        for line in request_from(document).lines:
            made = decided.get(line.line_id)
            open_ones: tuple[Named, ...] = ()
            if line.line_id in document.get("request", {}).get("lines", {}):
                open_ones = self._deciding.open_criteria(case_id, line.line_id, review_id)
            lines.append(LineState(line.line_id, line_title(line), made, open_ones))
        every = determinations_made(self._store.whole_history(case_id))
        refused = tuple(unconfirmed_of(document).values())
        mine = determinations_made(self._store.history(case_id))
        every = _vouched_for(every, (*decided.values(), *mine), refused)
        return Standing(case_id, tuple(lines), every, refused)

    # Before it is decided

    def begin(self, outcome: Outcome) -> None:
        """Somebody begins to decide: of a decision against the request, what has to be opened is asked and followed."""
        self.end()
        if outcome in AGAINST and self._standing is not None:
            self._deciding_against = tuple(line.line_id for line in self._standing.lines)
            self.look_again()
            self._look.start()

    def end(self) -> None:
        """Nobody is deciding any more."""
        self._look.stop()
        self._deciding_against = ()

    def look_again(self) -> None:
        """Ask what has not been opened yet."""
        case_id, lines = self._case_id, self._deciding_against
        if case_id is None or not lines:
            return

        def looked(found: tuple[str, ...]) -> None:
            if self._case_id == case_id and self._deciding_against:
                self.unopened_changed.emit(found)
                if not found:
                    self._look.stop()

        self._background.run(
            self, "store", self._deciding.unopened, case_id, lines, self._person().name, self._review_id,
            done=looked, failed=self._not_looked,
        )  # fmt: skip

    def _not_looked(self, error: Actionable) -> None:
        self._look.stop()
        self.refused.emit(error)

    def type_reason(self, draft: Draft) -> None:
        """Keep the words as they are typed."""
        if self._case_id is not None:
            self._keeper.keep(self._case_id, draft)

    def flush(self) -> None:
        """Hand over what waits to be kept: the case or the window is closing."""
        self._keeper.flush()

    # The act

    def decide(self, decision: Decision) -> None:
        """Record what a person decided, by their own act. While one is being recorded another is not taken."""
        case_id = self._case_id
        if case_id is None or self._busy:
            return
        self._set_busy(True)

        def done(case: Case) -> None:
            self._set_busy(False)
            self.end()
            self._keeper.drop(case_id)
            if self._case_id == case_id:
                self._letter = None
                self.decided.emit(decision, case)
                self.refresh()

        def failed(error: Actionable) -> None:
            self._set_busy(False)
            self.refused.emit(error)

        self._background.run(
            self, "store", self._decide, case_id, decision, self._person().name, self._review_id,
            done=done, failed=failed,
        )  # fmt: skip

    def _decide(self, case_id: str, decision: Decision, by: str, review_id: str) -> Case:
        """In the store's lane."""
        return self._deciding.decide(
            case_id,
            decision.lines,
            decision.outcome,
            decision.reason,
            by,
            missing=decision.missing,
            answer_by=decision.answer_at,
            granted=decision.granted,
            ground=decision.ground,
            overrides=decision.overrides,
            review_id=review_id,
            criteria=decision.criteria,
            supersede=decision.supersede,
        )

    def _set_busy(self, busy: bool) -> None:
        if busy != self._busy:
            self._busy = busy
            self.busy_changed.emit(busy)

    # Letters

    def show_letter(self, decision: Decision | None) -> None:
        """Set the letter of a decision, or of what was recorded last."""
        case_id, letters = self._case_id, self._letters
        if case_id is None or letters is None:
            return
        review_id = self._review_id
        self.letter_begun.emit()

        def set_letter() -> ShownLetter:
            return letters.draft(case_id, decision, review_id) if decision else letters.recorded(case_id)

        def shown(found: ShownLetter) -> None:
            if self._case_id == case_id:
                self._letter = found
                self.letter_shown.emit(found)

        self._background.run(self, "pages", set_letter, done=shown, failed=self.letter_failed.emit)

    def save_letter(self, path: str) -> None:
        """Write the letter that is shown to a file."""
        case_id, letters, letter = self._case_id, self._letters, self._letter
        if case_id is None or letters is None or letter is None:
            return
        self._background.run(
            self, "pages", letters.save, case_id, letter, path, self._person().name,
            done=lambda _: self.letter_saved.emit(path), failed=self.refused.emit,
        )  # fmt: skip


def line_title(line: Line) -> str:
    """What a line of a request is called: its code and what it is."""
    return " ".join(part for part in (line.code, line.description) if part) or line.line_id


def _vouched_for(
    every: tuple[Determination, ...], known: tuple[Determination, ...], refused: tuple[Determination, ...]
) -> tuple[Determination, ...]:
    """Of what a history says was decided what was made here, what is confirmed, and what that took the place of: what
    other desks are said to have done may have been written by anybody.
    """
    believed = {one.determination_id for one in known}
    for one in reversed((*every, *known)):
        if one.determination_id in believed and one.supersedes:
            believed.add(one.supersedes)
    unsigned = {one.determination_id for one in refused}
    return tuple(
        one for one in every if one.determination_id in believed and one.determination_id not in unsigned
    )
