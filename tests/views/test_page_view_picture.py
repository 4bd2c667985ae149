"""What the page viewer paints, pixel by pixel."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.domain.box import Box
from app.domain.extraction import PageText, Word
from app.domain.form import FieldKind, FieldState, FieldWarning, FormField
from app.views import theme
from app.views.widgets.page_view import PageView, TileRequest
from app.views.widgets.page_view.mark import Symbol, mark_of
from app.views.widgets.page_view.night import night_picture
from app.views.widgets.page_view.painting import PaintContext, Sheet, outline, paint
from app.views.widgets.page_view.tile_source import Picture

# The offscreen platform says that it has no window manager; nothing is wrong.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

SIZE = (400.0, 500.0)
BOX = Box(0.3, 0.3, 0.6, 0.36)


def paper(request: TileRequest, colour: str = "#FFFFFF") -> QImage:
    width, height = SIZE if request.turns % 2 == 0 else SIZE[::-1]
    image = QImage(
        max(1, round(request.clip.width * width * request.scale)),
        max(1, round(request.clip.height * height * request.scale)),
        QImage.Format.Format_RGB888,
    )
    image.fill(QColor(colour))
    return image


def quarters(request: TileRequest) -> QImage:
    """A page whose stored upper left quarter is red and the rest blue, as it is shown."""
    image = paper(request, "#0000FF")
    shown = Box(0.0, 0.0, 0.5, 0.5).turned(request.turns)
    clip = request.clip
    painter = QPainter(image)
    painter.fillRect(
        QRectF(
            (shown.x0 - clip.x0) / clip.width * image.width(),
            (shown.y0 - clip.y0) / clip.height * image.height(),
            shown.width / clip.width * image.width(),
            shown.height / clip.height * image.height(),
        ),
        QColor("#FF0000"),
    )
    painter.end()
    return image


@pytest.fixture
def view(qtbot: QtBot) -> PageView:
    theme.use("light")
    shown = PageView()
    qtbot.addWidget(shown)
    shown.set_animated(False)
    shown.resize(600, 500)
    shown.show()
    return shown


def opened(view: PageView, qtbot: QtBot, draw: object = paper) -> PageView:
    view.tile_wanted.connect(lambda r: view.show_tile(r, draw(r)))  # type: ignore[operator]
    view.set_document("d", (SIZE,) * 3)
    view.set_percent(75)
    settled(view, qtbot)
    return view


def settled(view: PageView, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not view._look_timer.isActive() and not view._tiles.waiting)


def picture(view: PageView) -> QImage:
    return view.viewport().grab().toImage()


def colour_at(image: QImage, x: float, y: float) -> QColor:
    return image.pixelColor(round(x), round(y))


def close(one: QColor, other: QColor | str, within: int = 12) -> bool:
    other = QColor(other)
    return all(
        abs(a - b) <= within
        for a, b in ((one.red(), other.red()), (one.green(), other.green()), (one.blue(), other.blue()))
    )


def field(confidence: float = 0.97, **more: object) -> FormField:
    found = FormField("f", "Name", "s", FieldKind.TEXT, value="x", confidence=confidence, document_id="d")
    return replace(found, page=1, box=BOX, **more)  # type: ignore[arg-type]


def upper_edge(view: PageView, width: float) -> list[QColor]:
    """The colours along the upper line of the outline, without its corners."""
    image = picture(view)
    line = outline(view.box_rect(0, BOX), width, 1.0)
    y = int(line.top())
    return [image.pixelColor(x, y) for x in range(int(line.left()) + 8, int(line.right()) - 12)]


def test_the_selected_doubtful_field_has_a_thick_unbroken_red_line(view: PageView, qtbot: QtBot) -> None:
    opened(view, qtbot).set_fields((field(0.55),))
    view.select("f")
    edge = upper_edge(view, 2.0)
    assert all(close(c, theme.LIGHT.wrong, 30) for c in edge)
    halo = colour_at(picture(view), view.box_rect(0, BOX).left() - 4, view.box_rect(0, BOX).center().y())
    assert not close(halo, "#FFFFFF")
    assert halo.red() > halo.green()


def test_a_doubtful_field_is_dashed_and_a_sure_one_is_a_quiet_line(view: PageView, qtbot: QtBot) -> None:
    opened(view, qtbot).set_fields((field(0.8),))
    dashed = upper_edge(view, 1.25)
    # A dash in its colour and a gap without it: told apart without seeing the colour.
    lightness = [c.lightness() for c in dashed]
    assert max(lightness) - min(lightness) > 60
    view.set_fields((field(0.97),))
    quiet = upper_edge(view, 1.0)
    lightness = [c.lightness() for c in quiet]
    assert max(lightness) - min(lightness) < 10
    assert 120 < lightness[0] < 240
    assert quiet[0].green() > quiet[0].red()


def test_a_warning_or_an_empty_answer_makes_even_a_sure_field_doubtful() -> None:
    warned = mark_of(
        field(warnings=(FieldWarning("npi_length", "value"),)), theme.LIGHT, 0.9, selected=False, ticked=False
    )
    assert (warned.colour, warned.symbol, warned.dashed) == (theme.LIGHT.look, Symbol.DOUBT, True)
    missing = mark_of(field(value="", required=True), theme.LIGHT, 0.9, selected=False, ticked=False)
    assert missing.dashed


@pytest.mark.parametrize(
    ("state", "symbol"),
    [
        (FieldState.CONFIRMED, Symbol.CONFIRMED),
        (FieldState.CORRECTED, Symbol.CORRECTED),
        (FieldState.ILLEGIBLE, Symbol.ILLEGIBLE),
        (FieldState.NOT_APPLICABLE, Symbol.NOT_APPLICABLE),
    ],
)
def test_what_a_person_settled_is_no_longer_doubtful_and_says_how(state: FieldState, symbol: Symbol) -> None:
    mark = mark_of(field(0.3, state=state), theme.LIGHT, 0.9, selected=False, ticked=False)
    assert mark.symbol is symbol
    assert not mark.dashed
    assert mark.colour not in (theme.LIGHT.look, theme.LIGHT.wrong)


@pytest.mark.parametrize("palette", [theme.LIGHT, theme.DARK])
def test_every_mark_can_be_seen_on_its_paper(palette: theme.Palette) -> None:
    for confidence in (0.99, 0.8, 0.2):
        for state in FieldState:
            for selected in (True, False):
                mark = mark_of(field(confidence, state=state), palette, 0.9, selected=selected, ticked=False)
                assert theme.contrast(mark.colour, palette.surface) >= 4.5


def test_the_selected_field_is_outlined_thicker_than_any_other() -> None:
    for confidence in (0.99, 0.8, 0.2):
        others = [
            mark_of(field(confidence), theme.LIGHT, 0.9, selected=False, ticked=ticked).width
            for ticked in (True, False)
        ]
        chosen = mark_of(field(confidence), theme.LIGHT, 0.9, selected=True, ticked=False)
        assert chosen.width > max(others)
        assert chosen.halo


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_turned_page_shows_its_pictures_where_its_boxes_are(
    view: PageView, qtbot: QtBot, turns: int
) -> None:
    opened(view, qtbot, quarters)
    for _ in range(turns):
        view.turn_right()
    settled(view, qtbot)
    image = picture(view)
    for x, y, expected in (
        (0.25, 0.25, "#FF0000"),
        (0.75, 0.25, "#0000FF"),
        (0.25, 0.75, "#0000FF"),
        (0.47, 0.47, "#FF0000"),
    ):
        at = view.box_rect(0, Box(x, y, x, y)).topLeft().toPoint()
        if view.viewport().rect().contains(at):
            assert close(image.pixelColor(at), expected), (x, y)


def test_a_page_that_is_turned_shows_its_small_picture_turned_until_it_is_sharp(
    view: PageView, qtbot: QtBot
) -> None:
    answering = [True]
    view.tile_wanted.connect(lambda r: view.show_tile(r, quarters(r)) if answering[0] else None)
    view.set_document("d", (SIZE,) * 3)
    settled(view, qtbot)
    answering[0] = False
    view.turn_right()
    image = picture(view)
    at = view.box_rect(0, Box(0.2, 0.8, 0.2, 0.8)).topLeft().toPoint()
    assert close(image.pixelColor(at), "#0000FF", 40)
    at = view.box_rect(0, Box(0.3, 0.3, 0.3, 0.3)).topLeft().toPoint()
    assert close(image.pixelColor(at), "#FF0000", 40)


def test_scrolling_never_shows_white_where_a_small_picture_is_kept(view: PageView, qtbot: QtBot) -> None:
    def only_small(request: TileRequest) -> None:
        if request.scale > 256 / 500 + 1e-9:
            return
        view.show_tile(request, paper(request, "#3355AA"))

    view.tile_wanted.connect(only_small)
    view.set_document("d", (SIZE,) * 3)
    view.set_percent(120)
    qtbot.waitUntil(lambda: len(view._tiles.overviews) == 3)
    for value in range(0, view.verticalScrollBar().maximum(), 97):
        view.verticalScrollBar().setValue(value)
        image = picture(view)
        for page in range(3):
            rect = view.box_rect(page, Box(0.02, 0.02, 0.98, 0.98)).toAlignedRect() & view.viewport().rect()
            if rect.height() > 20:
                assert close(image.pixelColor(rect.center()), "#3355AA")


def test_a_zoom_shows_the_old_tiles_stretched_until_the_new_ones_come(view: PageView, qtbot: QtBot) -> None:
    answering = [True]
    view.tile_wanted.connect(lambda r: view.show_tile(r, quarters(r)) if answering[0] else None)
    view.set_document("d", (SIZE,))
    settled(view, qtbot)
    answering[0] = False
    view.zoom_in()
    shown = list(view._tiles.pictures(view._layout, 0, view._layout.spot(0), (0, 0, 600, 500)))
    assert any(not p.sharp and p.image.width() > 300 for p in shown)
    assert not any(p.sharp for p in shown)


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0, 3.0])
def test_a_tile_is_copied_pixel_by_pixel_at_any_display_scale(qapp: object, ratio: float) -> None:
    tile = QImage(60, 40, QImage.Format.Format_RGB32)
    for x in range(60):
        for y in range(40):
            tile.setPixelColor(x, y, QColor("black" if (x + y) % 2 else "white"))
    x, y = round(20 * ratio) / ratio, round(11 * ratio) / ratio
    sheet = Sheet(
        QRectF(x, y, 60 / ratio, 40 / ratio),
        60,
        40,
        "",
        (Picture(tile, QRectF(0, 0, 60, 40), None, sharp=True),),
    )
    context = PaintContext(
        120, 80, ratio, theme.LIGHT, theme.LIGHT, night=False, font=QFont(), sheets=(sheet,)
    )
    screen = QImage(round(120 * ratio), round(80 * ratio), QImage.Format.Format_RGB32)
    screen.setDevicePixelRatio(ratio)
    painter = QPainter(screen)
    paint(painter, context)
    painter.end()
    copied = screen.copy(round(20 * ratio), round(11 * ratio), 60, 40)
    copied.setDevicePixelRatio(1.0)
    assert copied.convertToFormat(QImage.Format.Format_RGB32) == tile


def test_the_night_page_is_dark_with_light_writing_and_red_stays_red(qapp: object) -> None:
    page = QImage(8, 1, QImage.Format.Format_RGB32)
    page.fill(QColor("white"))
    for x, name in enumerate(("white", "black", "#C01010", "#1030C0", "#107030", "#808080")):
        page.setPixelColor(x, 0, QColor(name))
    night = night_picture(page, theme.DARK.surface)
    assert close(night.pixelColor(0, 0), theme.DARK.surface)
    assert close(night.pixelColor(1, 0), "white")
    for x in (2, 3, 4):
        before, after = page.pixelColor(x, 0), night.pixelColor(x, 0)
        apart = abs(before.hue() - after.hue())
        assert min(apart, 360 - apart) < 12
        assert after.lightness() > before.lightness()


def test_a_grey_page_turns_to_night_as_a_coloured_one_does(qapp: object) -> None:
    grey = QImage(256, 1, QImage.Format.Format_RGB32)
    for x in range(256):
        grey.setPixelColor(x, 0, QColor(x, x, x))
    coloured = grey.copy()
    coloured = coloured.copy(0, 0, 257, 1)
    coloured.setPixelColor(256, 0, QColor("red"))
    one, other = night_picture(grey, theme.DARK.surface), night_picture(coloured, theme.DARK.surface)
    assert grey.pixelColor(0, 0) == QColor("black")  # the picture that was given is left alone
    for x in range(256):
        assert close(one.pixelColor(x, 0), other.pixelColor(x, 0), 2)


def test_the_night_page_is_switched_on_and_off_with_what_is_there(view: PageView, qtbot: QtBot) -> None:
    opened(view, qtbot)
    told: list[bool] = []
    view.night_changed.connect(told.append)
    at = view.box_rect(0, Box(0.5, 0.5, 0.5, 0.5)).topLeft().toPoint()
    QTest.keyClick(view, Qt.Key.Key_F8)
    assert close(picture(view).pixelColor(at), theme.DARK.surface)
    QTest.keyClick(view, Qt.Key.Key_F8)
    settled(view, qtbot)
    assert close(picture(view).pixelColor(at), "#FFFFFF")
    assert told == [True, False]


def test_the_band_and_the_word_under_the_pointer_are_drawn(view: PageView, qtbot: QtBot) -> None:
    opened(view, qtbot)
    word = Word("word", Box(0.3, 0.5, 0.5, 0.52))
    view.set_words((PageText(1, (word,)),))
    below = view.box_rect(0, word.box)
    QTest.mouseMove(view.viewport(), below.center().toPoint())
    assert close(colour_at(picture(view), below.center().x(), below.bottom() + 0.6), theme.LIGHT.accent, 90)
    QTest.mousePress(
        view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(200, 100)
    )
    QTest.mouseMove(view.viewport(), QPoint(250, 150))
    QTest.mouseMove(view.viewport(), QPoint(320, 180))
    image = picture(view)
    assert close(image.pixelColor(260, 100), theme.LIGHT.accent, 40)
    inside = image.pixelColor(260, 140)
    assert inside.blue() > inside.red() > 200
    QTest.mouseRelease(
        view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(320, 180)
    )
    assert close(picture(view).pixelColor(260, 140), "#FFFFFF")


def test_hits_are_marked_and_the_current_one_more(view: PageView, qtbot: QtBot) -> None:
    opened(view, qtbot)
    boxes = (Box(0.2, 0.2, 0.4, 0.23), Box(0.2, 0.3, 0.4, 0.33))
    view.set_words((PageText(1, tuple(Word("same", b) for b in boxes)),))
    view.find("same")
    image = picture(view)
    for box in boxes:
        middle = view.box_rect(0, box).center().toPoint()
        assert not close(image.pixelColor(middle), "#FFFFFF")
    rects = [view.box_rect(0, box) for box in boxes]
    edges = [
        min(colour_at(image, rect.left() - out, rect.center().y()).lightness() for out in (1, 2))
        for rect in rects
    ]
    assert edges[0] < edges[1]


def test_the_keyboard_focus_is_shown(view: PageView, qtbot: QtBot) -> None:
    opened(view, qtbot)
    qtbot.waitUntil(view.isActiveWindow)
    view.clearFocus()
    assert not close(picture(view).pixelColor(1, 200), theme.LIGHT.accent)
    view.setFocus(Qt.FocusReason.TabFocusReason)
    assert close(picture(view).pixelColor(1, 200), theme.LIGHT.accent)


def test_a_page_that_cannot_be_drawn_says_so_on_the_page(view: PageView, qtbot: QtBot) -> None:
    view.tile_wanted.connect(lambda r: view.tile_failed(r, "The page is damaged."))
    view.set_document("d", (SIZE,))
    qtbot.waitUntil(lambda: bool(view._tiles.failure(0)))
    image = picture(view)
    rect = view.viewport().rect()
    reds = sum(
        close(image.pixelColor(x, y), theme.LIGHT.wrong, 60)
        for x in range(100, 500)
        for y in range(rect.center().y() - 60, rect.center().y() + 60)
    )
    assert reds > 20


def test_the_held_view_says_so_in_the_picture(view: PageView, qtbot: QtBot) -> None:
    opened(view, qtbot)
    before = view.grab().toImage()
    view.set_held(True)
    after = view.grab().toImage()
    badge = view._badge.geometry()
    assert before.copy(badge) != after.copy(badge)
