"""How a field is marked on its page: colour by confidence, and never colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from app.domain import confidence
from app.domain.confidence import Level
from app.domain.form import FieldState, FormField
from app.views.theme import Palette


class Symbol(Enum):
    """The small sign at the corner of a box."""

    NONE = ""
    DOUBT = "?"
    WRONG = "!"
    CONFIRMED = "tick"
    CORRECTED = "pencil"
    ILLEGIBLE = "~"
    NOT_APPLICABLE = "–"


@dataclass(frozen=True, slots=True)
class Mark:
    """Colours as `#RRGGBB`; `quiet` marks are half transparent, `dashed` ones wait for a look."""

    colour: str
    back: str
    symbol: Symbol
    width: float
    dashed: bool
    quiet: bool
    filled: bool
    halo: bool


_SETTLED = {
    FieldState.CONFIRMED: Symbol.CONFIRMED,
    FieldState.CORRECTED: Symbol.CORRECTED,
    FieldState.ILLEGIBLE: Symbol.ILLEGIBLE,
    FieldState.NOT_APPLICABLE: Symbol.NOT_APPLICABLE,
}


def level_of(field: FormField, threshold: float) -> Level:
    """Green, amber or red: a field that still needs a look is never green, a settled one always is."""
    if not field.needs_look(threshold):
        return Level.SURE
    found = confidence.level(field.confidence)
    return Level.LOOK if found is Level.SURE else found


def mark_of(field: FormField, paper: Palette, threshold: float, *, selected: bool, ticked: bool) -> Mark:
    """The mark of a field on paper with these colours."""
    level = level_of(field, threshold)
    colour, back = {
        Level.SURE: (paper.sure, paper.sure_back),
        Level.LOOK: (paper.look, paper.look_back),
        Level.WRONG: (paper.wrong, paper.wrong_back),
    }[level]
    symbol = {Level.SURE: Symbol.NONE, Level.LOOK: Symbol.DOUBT, Level.WRONG: Symbol.WRONG}[level]
    symbol = _SETTLED.get(field.state, symbol)
    if field.state in (FieldState.ILLEGIBLE, FieldState.NOT_APPLICABLE):
        colour, back = paper.muted, paper.background
    if selected and level is Level.SURE:
        # Green among green boxes would not be found.
        colour, back = paper.accent, paper.selection
    doubtful = level is not Level.SURE
    return Mark(
        colour=colour,
        back=back,
        symbol=symbol,
        width=2.0 if selected else 1.5 if ticked else 1.25 if doubtful else 1.0,
        dashed=doubtful and not selected,
        quiet=not (doubtful or selected or ticked),
        filled=doubtful or selected or ticked,
        halo=selected,
    )
