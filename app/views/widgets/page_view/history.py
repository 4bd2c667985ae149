"""Where somebody has been in a document."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.views.widgets.page_view.layout import Anchor

_KEPT = 100


@dataclass(frozen=True, slots=True)
class History:
    """Places left behind by jumps, and those that going back left ahead."""

    behind: tuple[Anchor, ...] = ()
    ahead: tuple[Anchor, ...] = ()

    def left(self, place: Anchor) -> History:
        """A jump away from a place; what was ahead is forgotten."""
        if self.behind and self.behind[-1] == place:
            return replace(self, ahead=())
        return History((*self.behind, place)[-_KEPT:], ())

    def back(self, here: Anchor) -> tuple[History, Anchor | None]:
        if not self.behind:
            return self, None
        return History(self.behind[:-1], (*self.ahead, here)), self.behind[-1]

    def forward(self, here: Anchor) -> tuple[History, Anchor | None]:
        if not self.ahead:
            return self, None
        return History((*self.behind, here), self.ahead[:-1]), self.ahead[-1]
