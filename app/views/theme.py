"""One look, light and dark: the roles of colour and type. The program owns its palette on every platform.

Widgets ask for colours, fonts and icons by role at the time they paint; `changed` says when the answers
are different from before.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from typing import Literal

from PySide6.QtCore import QByteArray, QObject, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QGuiApplication,
    QIcon,
    QPainter,
    QPalette,
    QPixmap,
    QPixmapCache,
)
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication

from app.resource import resource
from app.views.stylesheet import stylesheet

Name = Literal["light", "dark", "system"]


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
    "light",
    "#F5F6F8",
    "#FFFFFF",
    "#E1E5EA",
    "#18212C",
    "#566373",
    "#2356D1",
    "#FFFFFF",
    "#F1F5FE",
    "#D9DEE5",
    "#166B43",
    "#E2F3EA",
    "#7A5200",
    "#FFF1CC",
    "#A8241C",
    "#FCE6E4",
)
DARK = Palette(
    "dark",
    "#12161D",
    "#1A2029",
    "#2B3441",
    "#E7ECF3",
    "#9DA9B9",
    "#86ABFF",
    "#12161D",
    "#202B40",
    "#0C0F14",
    "#79D8A2",
    "#16352A",
    "#F2C563",
    "#3A2F14",
    "#FF938A",
    "#432221",
)

PAIRS = (
    ("text", "background"), ("text", "surface"), ("text", "selection"), ("text", "canvas"),
    ("text", "sure_back"), ("text", "look_back"), ("text", "wrong_back"),
    ("muted", "background"), ("muted", "surface"), ("muted", "selection"),
    ("accent", "background"), ("accent", "surface"), ("accent", "selection"), ("on_accent", "accent"),
    ("sure", "sure_back"), ("sure", "surface"), ("sure", "selection"),
    ("look", "look_back"), ("look", "surface"), ("look", "selection"),
    ("wrong", "wrong_back"), ("wrong", "surface"), ("wrong", "selection"),
)  # fmt: skip
"""Every pair of roles in which words are set, as (words, ground)."""


@dataclass(frozen=True, slots=True)
class Type:
    """A role of type: size in pixels at 1x, weight, and whether look-alike glyphs are told apart."""

    size: float
    weight: int = 400
    distinct: bool = False
    spacing: float = 0.0


TYPES: Mapping[str, Type] = {
    "body": Type(13),
    "strong": Type(13, 600),
    "title": Type(15, 600),
    "value": Type(13, 400, distinct=True),
    "edit": Type(15, 500, distinct=True),
    "receipt": Type(12, 400, distinct=True),
    "cell": Type(12, 400, distinct=True),
    "small": Type(12),
    "note": Type(12, distinct=True),
    "chip": Type(12, 600),
    "section": Type(11, 600, spacing=0.5),
    "caption": Type(11, 600),
    "key": Type(11, 600),
}
"""The roles of type. `value`, `edit`, `cell`, `note` and `receipt` set what was read from a page."""

FAMILIES = ("Inter Variable", "Inter")
STYLE = "Fusion"
"""Qt's style that takes its colours from the palette, the same on every platform."""
STROKE = 1.6
"""The width of every icon's line in pixels at 1x, whatever its size."""
SMALLEST, LARGEST = 0.9, 1.5
"""The range of the text scale a person can choose."""


class Notice(QObject):
    """Says that colours or sizes are different from now on."""

    changed = Signal()


notice = Notice()
changed = notice.changed

_current = LIGHT
_wanted: Name = "system"
_scale = 1.0
_system = 1.0


def current() -> Palette:
    """The palette in force."""
    return _current


def wanted() -> Name:
    """What was asked for: `system` follows the desktop."""
    return _wanted


def use(name: Name) -> None:
    """Choose light, dark or the desktop's own; open windows follow at once."""
    global _wanted  # noqa: PLW0603 - the look is one for the whole program, by design
    _wanted = name
    _resolve()


def text_scale() -> float:
    return _scale


def set_text_scale(factor: float) -> None:
    """Set all type larger or smaller, 0.9 to 1.5 of its size; rows grow with it."""
    global _scale  # noqa: PLW0603 - see `use`
    factor = min(LARGEST, max(SMALLEST, factor))
    if factor != _scale:
        _scale = factor
        _restyle()


def apply(app: QApplication) -> None:
    """Dress the program: fonts, palette, stylesheet; follow the desktop from now on.

    The style is chosen where the application is made: see `STYLE`.
    """
    global _system  # noqa: PLW0603 - see `use`
    if sys.platform == "win32":
        # Windows keeps its text size in the system font; elsewhere Qt scales the whole window.
        _system = max(1.0, QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).pointSizeF() / 9.0)
    _families()
    if not app.property("dressed"):
        app.setProperty("dressed", True)
        app.styleHints().colorSchemeChanged.connect(_resolve)
        app.screenAdded.connect(changed)  # it may be a sharper one: icons are drawn for the screens there are
    _resolve()
    _restyle()


def _resolve() -> None:
    global _current  # noqa: PLW0603 - see `use`
    chosen = {"light": LIGHT, "dark": DARK}.get(_wanted)
    if chosen is None:
        app = QGuiApplication.instance()
        dark = isinstance(app, QGuiApplication) and app.styleHints().colorScheme() is Qt.ColorScheme.Dark
        chosen = DARK if dark else LIGHT
    if chosen is not _current:
        _current = chosen
        _restyle()


def _restyle() -> None:
    app = QApplication.instance()
    if isinstance(app, QApplication):
        app.setFont(font("body"))
        app.setPalette(_qt_palette(_current))
        app.setStyleSheet(stylesheet(asdict(_current), px))
    changed.emit()


def _qt_palette(p: Palette) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for target, name in (
        (role.Window, p.surface), (role.WindowText, p.text), (role.Base, p.surface), (role.AlternateBase, p.background),
        (role.Text, p.text), (role.Button, p.surface), (role.ButtonText, p.text), (role.BrightText, p.wrong),
        (role.Highlight, p.accent), (role.HighlightedText, p.on_accent), (role.ToolTipBase, p.text),
        (role.ToolTipText, p.surface), (role.PlaceholderText, p.muted), (role.Link, p.accent),
        (role.LinkVisited, p.accent), (role.Light, p.surface), (role.Midlight, p.line), (role.Mid, p.line),
        (role.Dark, p.muted), (role.Shadow, p.canvas), (role.Accent, p.accent),
    ):  # fmt: skip
        palette.setColor(target, QColor(name))
    for target in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, target, QColor(p.muted))
    return palette


def colour(role: str) -> QColor:
    """The colour of a role in the palette in force."""
    return QColor(getattr(_current, role))


def mixed(role: str, ground: str, share: float) -> QColor:
    """A role's colour laid over a ground, `share` of it in 0..1: tints that follow the palette."""
    over, under = colour(role), colour(ground)
    return QColor.fromRgbF(
        under.redF() + (over.redF() - under.redF()) * share,
        under.greenF() + (over.greenF() - under.greenF()) * share,
        under.blueF() + (over.blueF() - under.blueF()) * share,
    )


def px(length: float) -> int:
    """A length of the 4 px grid, grown with the text."""
    return round(length * _scale * _system)


@cache
def _families() -> tuple[str, ...]:
    QFontDatabase.addApplicationFont(str(resource("fonts", "InterVariable.ttf")))
    known = set(QFontDatabase.families())
    return tuple(f for f in FAMILIES if f in known) or (QFont().family(),)


def font(role: str) -> QFont:
    """The font of a role, with figures of one width; roles for what was read tell I, l, 1 and O, 0 apart."""
    return _font(role, _scale * _system)


@cache
def _font(role: str, scale: float) -> QFont:
    kind = TYPES[role]
    result = QFont(list(_families()))
    result.setPixelSize(max(8, round(kind.size * scale)))
    result.setWeight(QFont.Weight(kind.weight))
    if hasattr(QFont, "setVariableAxis"):  # a variable face takes its weight by axis
        result.setVariableAxis(QFont.Tag("wght"), kind.weight)
        result.setVariableAxis(QFont.Tag("opsz"), 14)
    result.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    if kind.spacing:
        result.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, kind.spacing * scale)
    features = ("tnum", "ss02", "zero") if kind.distinct else ("tnum",)
    if hasattr(QFont, "setFeature"):  # Qt before 6.7 sets the face without its features
        for feature in features:
            result.setFeature(QFont.Tag(feature), 1)
    return result


@cache
def _svg(name: str) -> str:
    return resource("icons", f"{name}.svg").read_text(encoding="utf-8")


def pixmap(name: str, role: str = "text", size: float = 18, ratio: float = 1.0) -> QPixmap:
    """An icon in a role's colour, `size` logical pixels square, sharp at the device pixel ratio given."""
    return inked(name, getattr(_current, role), size, ratio)


def inked(name: str, ink: str, size: float = 18, ratio: float = 1.0) -> QPixmap:
    """An icon in any colour `#RRGGBB`, for what is painted over a page; see `pixmap`."""
    key = f"icon:{name}:{ink}:{size}:{ratio}"
    found = QPixmap()
    if QPixmapCache.find(key, found):
        return found
    markup = _svg(name).replace("currentColor", ink)
    markup = markup.replace('stroke-width="2"', f'stroke-width="{STROKE * 24 / size:.3f}"')
    edge = max(1, round(size * ratio))
    result = QPixmap(edge, edge)
    result.fill(Qt.GlobalColor.transparent)
    painter = QPainter(result)
    QSvgRenderer(QByteArray(markup.encode())).render(painter, QRectF(0, 0, edge, edge))
    painter.end()
    result.setDevicePixelRatio(ratio)
    QPixmapCache.insert(key, result)
    return result


def icon(name: str, role: str = "text", size: float = 18) -> QIcon:
    """An icon for a button or menu, sharp on every screen there is; ask again after `changed`."""
    result = QIcon()
    for ratio in sorted(_ratios()):
        result.addPixmap(pixmap(name, role, size, ratio))
        result.addPixmap(pixmap(name, "muted", size, ratio), QIcon.Mode.Disabled)
    return result


def _ratios() -> set[float]:
    """The device pixel ratios of the screens there are."""
    return {screen.devicePixelRatio() for screen in QGuiApplication.screens()}


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours `#RRGGBB`, 1 to 21 (WCAG 2.2)."""

    def luminance(text: str) -> float:
        parts = [int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
