"""The look: colours that can be read, type that cannot be mistaken, icons in the colour of their role."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import resource as resource_module
from app.resource import resource
from app.views import theme

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def as_before(qapp: QApplication) -> Iterator[None]:
    yield
    theme.set_text_scale(1.0)
    theme.use("light")
    qapp.setStyleSheet("")


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize("pair", theme.PAIRS, ids="-on-".join)
def test_every_pair_of_roles_can_be_read(palette: theme.Palette, pair: tuple[str, str]) -> None:
    words, ground = pair
    assert theme.contrast(getattr(palette, words), getattr(palette, ground)) >= 4.5


def test_contrast_is_measured_as_the_guideline_does() -> None:
    assert theme.contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert theme.contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_tints_laid_under_the_accent_can_be_read(qapp: QApplication, name: theme.Name) -> None:
    theme.use(name)
    assert theme.contrast(theme.current().accent, theme.mixed("accent", "surface", 0.10).name()) >= 4.5
    assert theme.contrast(theme.current().text, theme.mixed("accent", "surface", 0.22).name()) >= 4.5


def test_choosing_a_look_reaches_open_windows_and_the_palette(qtbot: QtBot, qapp: QApplication) -> None:
    theme.use("light")
    theme.apply(qapp)
    with qtbot.waitSignal(theme.changed):
        theme.use("dark")
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(theme.DARK.surface)
    assert theme.DARK.surface in qapp.styleSheet()


def test_the_same_look_again_disturbs_nobody(qtbot: QtBot) -> None:
    theme.use("dark")
    with qtbot.assertNotEmitted(theme.changed):
        theme.use("dark")


def test_the_text_scale_grows_type_and_grid_within_its_range(qapp: QApplication) -> None:
    theme.set_text_scale(1.5)
    assert theme.font("body").pixelSize() == 20
    assert theme.px(34) == 51
    theme.set_text_scale(9.0)
    assert theme.text_scale() == 1.5


def test_the_bundled_face_is_used_with_its_weights(qapp: QApplication) -> None:
    theme.apply(qapp)
    assert theme.font("body").families()[0] == "Inter Variable"
    plain = QFontMetricsF(theme.font("body")).horizontalAdvance("Countersign")
    strong = QFontMetricsF(theme.font("strong")).horizontalAdvance("Countersign")
    assert strong > plain


def test_figures_have_one_width(qapp: QApplication) -> None:
    metrics = QFontMetricsF(theme.font("body"))
    assert len({round(metrics.horizontalAdvance(str(d) * 8), 2) for d in range(10)}) == 1


@pytest.mark.skipif(not hasattr(QFont, "setFeature"), reason="Qt before 6.7 knows no features")
@pytest.mark.parametrize(("one", "other"), [("I", "l"), ("O", "0"), ("l", "1")])
def test_read_values_are_set_so_that_look_alikes_differ(qapp: QApplication, one: str, other: str) -> None:
    assert _drawn(one, "value") != _drawn(other, "value")
    if one != "l":
        changed = {c for c in (one, other) if _drawn(c, "value") != _drawn(c, "body")}
        assert changed, "the disambiguation set changes at least one of the two"


def _drawn(text: str, role: str) -> bytes:
    picture = QImage(24, 24, QImage.Format.Format_RGB32)
    picture.fill(0xFFFFFFFF)
    painter = QPainter(picture)
    painter.setFont(theme.font(role))
    painter.drawText(4, 18, text)
    painter.end()
    return bytes(picture.constBits())


def test_an_icon_is_drawn_in_the_colour_of_its_role_and_follows_the_look(qapp: QApplication) -> None:
    theme.use("light")
    assert _ink(theme.pixmap("check", "sure", 18).toImage()) == theme.LIGHT.sure.lower()
    theme.use("dark")
    assert _ink(theme.pixmap("check", "sure", 18).toImage()) == theme.DARK.sure.lower()


def _ink(picture: QImage) -> str:
    solid = [
        picture.pixelColor(x, y)
        for x in range(picture.width())
        for y in range(picture.height())
        if picture.pixelColor(x, y).alpha() > 250
    ]
    assert solid
    return max(solid, key=lambda c: c.alpha()).name()


def test_an_icon_is_sharp_at_the_ratio_of_every_screen(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = theme.pixmap("eye", "look", 18, 1.5)
    assert (found.width(), found.devicePixelRatio()) == (27, 1.5)
    assert theme.icon("eye", "look", 18).pixmap(QSize(18, 18), 1.0).width() == 18
    monkeypatch.setattr(theme, "_ratios", lambda: {1.0, 2.0})
    assert theme.icon("eye", "look", 18).pixmap(QSize(18, 18), 2.0).width() == 36
    assert theme.icon("eye", "look", 18).pixmap(QSize(18, 18), 1.0).width() == 18


def test_every_icon_asked_for_by_name_is_there_and_none_lies_about_unused() -> None:
    there = {p.stem for p in (ROOT / "resources" / "icons").glob("*.svg")}
    code = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "app" / "views").rglob("*.py"))
    named = set(re.findall(r'"([a-z][a-z0-9-]*)"', code))
    called = set(re.findall(r'(?:icon|pixmap|Chip|Note)\(\s*"([a-z0-9-]+)"', code))
    called |= set(re.findall(r'draw_symbol\(\s*painter,\s*"([a-z0-9-]+)"', code))
    assert called - there == set()
    assert there - named == set()
    assert "ISC License" in resource("icons", "LICENSE").read_text(encoding="utf-8")


def test_a_missing_resource_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileNotFoundError, match=re.escape("icons/none.svg")):
        resource("icons", "none.svg")
    (tmp_path / "resources").mkdir()
    (tmp_path / "resources" / "mark").write_text("frozen")
    monkeypatch.setattr(resource_module.sys, "_MEIPASS", str(tmp_path), raising=False)
    assert resource("mark").read_text() == "frozen"
