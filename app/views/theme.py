"""One look, light and dark: the roles of colour. The program owns its palette on every platform."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by role, as `#RRGGBB`; every text/background pair has a contrast of at least 4.5:1."""

    name: str
    background: str
    surface: str
    line: str
    text: str
    muted: str
    accent: str
    on_accent: str
    selection: str
    canvas: str
    sure: str
    sure_back: str
    look: str
    look_back: str
    wrong: str
    wrong_back: str


LIGHT = Palette(
    "light", "#F5F6F8", "#FFFFFF", "#E1E5EA", "#18212C", "#566373", "#2356D1", "#FFFFFF", "#F1F5FE", "#D9DEE5",
    "#166B43", "#E2F3EA", "#7A5200", "#FFF1CC", "#A8241C", "#FCE6E4",
)
DARK = Palette(
    "dark", "#12161D", "#1A2029", "#2B3441", "#E7ECF3", "#9DA9B9", "#86ABFF", "#12161D", "#202B40", "#0C0F14",
    "#79D8A2", "#16352A", "#F2C563", "#3A2F14", "#FF938A", "#432221",
)

_current = LIGHT


def current() -> Palette:
    """The palette in force."""
    return _current
