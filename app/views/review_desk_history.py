"""Where somebody has looked in a request: over all its documents and both halves."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.domain.draft import PageViewState

_KEPT = 100


@dataclass(frozen=True, slots=True)
class DeskPlace:
    """Where somebody looked: which half, which document, how."""

    half: int
    document_id: str
    state: PageViewState


@dataclass(frozen=True, slots=True)
class DeskHistory:
    """Places left behind by jumps, and those that going back left ahead."""

    behind: tuple[DeskPlace, ...] = ()
    ahead: tuple[DeskPlace, ...] = ()

    def left(self, place: DeskPlace) -> DeskHistory:
        """A jump away from a place; what was ahead is forgotten."""
        if self.behind and self.behind[-1] == place:
            return replace(self, ahead=())
        return DeskHistory((*self.behind, place)[-_KEPT:])

    def back(self, here: DeskPlace | None) -> tuple[DeskHistory, DeskPlace | None]:
        if not self.behind:
            return self, None
        ahead = (*self.ahead, here) if here else self.ahead
        return DeskHistory(self.behind[:-1], ahead), self.behind[-1]

    def forward(self, here: DeskPlace | None) -> tuple[DeskHistory, DeskPlace | None]:
        if not self.ahead:
            return self, None
        behind = (*self.behind, here) if here else self.behind
        return DeskHistory(behind, self.ahead[:-1]), self.ahead[-1]
