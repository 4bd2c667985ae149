"""The page viewer's parts that need no window: geometry, tiles, hits, finding, the lens."""

from __future__ import annotations

import random

import pytest
from PySide6.QtGui import QImage

from app.domain.box import Box
from app.domain.draft import PageViewState
from app.domain.extraction import PageText, Word
from app.domain.form import FieldKind, FormField
from app.views.widgets.page_view.band import Band, edge_speed, size_words
from app.views.widgets.page_view.camera import Camera
from app.views.widgets.page_view.find import Finder
from app.views.widgets.page_view.history import History
from app.views.widgets.page_view.hit import HitIndex
from app.views.widgets.page_view.layout import (
    ACTUAL_SIZE,
    GAP,
    MARGIN,
    Anchor,
    Layout,
    fit_zoom,
    next_step,
    reveal,
    turned_point,
)
from app.views.widgets.page_view.lens import lens_request
from app.views.widgets.page_view.tile import Grid, TileCache, TileKey, TileQueue, TileRequest, tiles_in

LETTER = (612.0, 792.0)
MIXED = (LETTER, (792.0, 612.0), (595.3, 841.9), (200.0, 3000.0))


def near(one: Box, other: Box, within: float = 1e-9) -> bool:
    return all(abs(a - b) <= within for a, b in zip(one.rounded(12), other.rounded(12), strict=True))


# --- geometry ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
def test_every_page_edge_lies_on_a_device_pixel(ratio: float) -> None:
    for zoom in (0.31, 1.0, 1.4142, 3.7):
        layout = Layout(MIXED, zoom, ratio, 733)
        for page in range(len(MIXED)):
            spot = layout.spot(page)
            for edge in (spot.x, spot.y, spot.right, spot.bottom):
                assert abs(edge * ratio - round(edge * ratio)) < 1e-6


def test_pages_follow_one_another_with_the_gap_between() -> None:
    layout = Layout(MIXED, 1.0, 1.0, 900)
    assert layout.spot(0).y == MARGIN
    for page in range(1, len(MIXED)):
        assert layout.spot(page).y == layout.spot(page - 1).bottom + GAP
    assert layout.height >= layout.spot(3).bottom + GAP


def test_only_pages_that_show_are_visible() -> None:
    layout = Layout((LETTER,) * 300, 1.0, 1.0, 700)
    for page in (0, 1, 150, 299):
        spot = layout.spot(page)
        assert layout.visible(spot.y, spot.bottom) == range(page, page + 1)
        assert page not in layout.visible(spot.bottom, spot.bottom + 5)
        assert list(layout.visible(spot.bottom - 1, spot.bottom + GAP + 1)) == list(
            range(page, min(300, page + 2))
        )
    assert len(layout.visible(0, layout.height)) == 300
    assert len(Layout((), 1.0, 1.0, 700).visible(0, 500)) == 0


def test_an_anchor_leads_back_to_its_point_at_any_zoom() -> None:
    chance = random.Random(7)
    for _ in range(300):
        layout = Layout(
            MIXED, chance.uniform(0.2, 6), chance.choice((1.0, 1.5, 2.0)), chance.randint(300, 2000)
        )
        x, y = chance.uniform(0, layout.width), chance.uniform(0, layout.height)
        back = layout.point(layout.anchor(x, y))
        assert back == pytest.approx((x, y), abs=1e-6)


def test_a_point_turned_and_turned_back_is_the_same_point() -> None:
    chance = random.Random(3)
    for _ in range(200):
        x, y, turns = chance.random(), chance.random(), chance.randint(-5, 5)
        assert turned_point(*turned_point(x, y, turns), -turns) == pytest.approx((x, y))
        box = Box(x, y, x, y).turned(turns)
        assert turned_point(x, y, turns) == pytest.approx((box.x0, box.y0))


def test_a_box_survives_the_way_to_the_screen_and_back() -> None:
    chance = random.Random(11)
    for _ in range(200):
        turns = chance.randint(0, 3)
        size = LETTER if turns % 2 == 0 else LETTER[::-1]
        spot = Layout((size,), chance.uniform(0.3, 4), 1.5, 900).spot(0)
        x0, y0 = chance.uniform(0, 0.8), chance.uniform(0, 0.8)
        box = Box(x0, y0, x0 + chance.uniform(0.01, 0.2), y0 + chance.uniform(0.01, 0.2))
        left, top, width, height = spot.place(box.turned(turns))
        shown = Box(*spot.fraction(left, top), *spot.fraction(left + width, top + height))
        assert near(shown.turned(-turns), box)


def test_a_fitted_page_fills_the_viewport_and_no_more() -> None:
    for size in MIXED:
        wide = Layout((size,), fit_zoom(size, "width", (900, 700)), 1.0, 900)
        assert wide.spot(0).width == pytest.approx(900 - 2 * MARGIN, abs=1) or size[0] < 300
        whole = Layout((size,), fit_zoom(size, "page", (900, 700)), 1.0, 900)
        assert whole.height <= 700 + 1
        assert whole.width == 900


def test_zoom_steps_go_up_and_down_through_the_same_round_numbers() -> None:
    zoom, seen = 0.4 * ACTUAL_SIZE, []
    for _ in range(8):
        zoom = next_step(zoom, 1)
        seen.append(zoom)
    assert ACTUAL_SIZE in seen
    for expected in reversed(seen[:-1]):
        zoom = next_step(zoom, -1)
        assert zoom == expected


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (300, 320, 200),  # in sight: nothing moves
        (200, 220, 200),  # in sight at the very edge: nothing moves
        (100, 120, 60),  # above: comes down with room
        (790, 810, 350),  # below: comes up with room
        (1200, 1900, 1200),  # longer than the window: its beginning
    ],
)
def test_revealing_moves_the_least(start: float, end: float, expected: float) -> None:
    assert reveal(start, end, 200, 500, 40) == expected


def test_a_fit_comes_back_to_the_zoom_it_had_on_pages_of_many_sizes() -> None:
    camera = Camera()
    camera.open(MIXED, ())
    camera.fit_to("width", 1)
    zoom = camera.lay_out((900, 700), 1.0).zoom
    again = Camera()
    again.open(MIXED, ())
    again.restore(PageViewState(zoom=zoom, fit="width", page=2), (900, 700))
    assert again.lay_out((900, 700), 1.0).zoom == zoom
    assert again.lay_out((500, 700), 1.0).zoom < zoom


def test_turns_of_the_reader_and_of_a_person_add_up() -> None:
    camera = Camera()
    camera.open(MIXED, ((1, 1), (2, 3)))
    assert camera.turns == (0, 1, 3, 0)
    assert camera.turn(2, 1) == 1
    assert camera.turns == (0, 1, 0, 0)
    assert camera.turn(2, -1) == 0
    assert camera.given == {}
    assert camera.sizes[1] == (612.0, 792.0)


# --- tiles ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(1, 1), (612, 792), (1024, 1025), (2550, 3300), (9000, 400)])
def test_tiles_cover_a_page_once_and_are_of_good_size(size: tuple[int, int]) -> None:
    grid = Grid(*size)
    covered = 0
    for column in range(grid.columns):
        for row in range(grid.rows):
            piece = grid.piece(column, row)
            assert 0 < piece.width <= 1024
            assert 0 < piece.height <= 1024
            covered += piece.width * piece.height
            if size[0] > 1024:
                assert piece.width >= 500
    assert covered == size[0] * size[1]
    assert len(list(grid.covering(0, 0, *size))) == grid.columns * grid.rows
    assert list(grid.covering(-50, -50, 0, 0)) == []


def test_a_clip_rounds_to_exactly_its_tile() -> None:
    for zoom in (0.9, 1.37, 2.2, 4.18879):
        layout = Layout((LETTER,), zoom, 1.5, 900)
        exact = (LETTER[0] * layout.scale, LETTER[1] * layout.scale)
        grid = Grid(*layout.pixels[0])
        for column in range(grid.columns):
            for row in range(grid.rows):
                clip, piece = grid.clip(column, row, exact), grid.piece(column, row)
                assert int(clip.x0 * exact[0]) == piece.x
                assert int(clip.y0 * exact[1]) == piece.y
                if column < grid.columns - 1:
                    assert int(clip.x1 * exact[0]) + 1 == piece.x + piece.width


def test_the_tile_in_the_middle_of_the_view_comes_first() -> None:
    spot = Layout((LETTER,), 6.0, 1.0, 900).spot(0)
    window = (spot.x + 1800, spot.y + 2300, spot.x + 2600, spot.y + 2900)
    key = min(tiles_in(0, spot, 0, 6.0, 1.0, window))[1]
    piece = Grid(spot.device_width, spot.device_height).piece(key.column, key.row)
    assert piece.x <= 2200 <= piece.x + piece.width
    assert piece.y <= 2600 <= piece.y + piece.height


def picture(side: int) -> QImage:
    return QImage(side, side, QImage.Format.Format_RGB32)


def test_the_cache_never_keeps_more_bytes_than_its_limit() -> None:
    cache = TileCache(1_000_000)
    chance = random.Random(1)
    for number in range(400):
        cache.put(TileKey(number % 40, 0, 1.0, chance.randint(0, 5), 0), picture(chance.randint(10, 300)))
        assert cache.bytes <= 1_000_000
        assert cache.bytes == sum(image.sizeInBytes() for image in map(cache.get, cache) if image)


def test_the_cache_forgets_what_was_looked_at_longest_ago() -> None:
    cache = TileCache(3 * 100 * 100 * 4)
    for page in range(3):
        cache.put(TileKey(page, 0, 1.0, 0, 0), picture(100))
    cache.get(TileKey(0, 0, 1.0, 0, 0))
    cache.put(TileKey(3, 0, 1.0, 0, 0), picture(100))
    assert [k.page for k in cache] == [2, 0, 3]
    assert cache.of_page(1) == ()


def test_what_shows_right_now_is_never_forgotten() -> None:
    cache = TileCache(100 * 100 * 4)
    shown = TileKey(0, 0, 1.0, 0, 0)
    cache.pin([shown])
    cache.put(shown, picture(100))
    for page in range(1, 5):
        cache.put(TileKey(page, 0, 1.0, 0, 0), picture(100))
    assert shown in cache


def request(page: int) -> TileRequest:
    return TileRequest("d", page, 1.0, Box(0, 0, 1, 1), 0, 1)


def test_only_a_few_requests_are_out_at_a_time_and_the_rest_follow_in_order() -> None:
    queue = TileQueue(depth=2)
    assert queue.want(map(request, range(5))).started == (request(0), request(1))
    assert queue.answered(request(1)).started == (request(2),)
    assert queue.out == (request(0), request(2))


def test_requests_that_are_no_longer_wanted_are_dropped_and_make_room() -> None:
    queue = TileQueue(depth=2)
    queue.want(map(request, range(5)))
    turnover = queue.want([request(1), request(9)])
    assert turnover.dropped == (request(0),)
    assert turnover.started == (request(9),)
    assert queue.out == (request(1), request(9))


# --- hits, finding, history, band -------------------------------------------------------------------


def test_the_smallest_box_under_the_pointer_is_hit() -> None:
    index = HitIndex({0: [(Box(0.1, 0.1, 0.9, 0.9), "all"), (Box(0.4, 0.4, 0.5, 0.5), "inner")]})
    assert index.at(0, 0.45, 0.45) == "inner"
    assert index.at(0, 0.3, 0.3) == "all"
    assert index.at(0, 0.05, 0.05) is None
    assert index.at(1, 0.45, 0.45) is None


def test_a_near_miss_counts_only_when_nothing_is_hit() -> None:
    index = HitIndex({0: [(Box(0.2, 0.2, 0.3, 0.3), "near"), (Box(0.301, 0.2, 0.6, 0.6), "hit")]})
    assert index.at(0, 0.31, 0.25, reach=(0.02, 0.02)) == "hit"
    assert index.at(0, 0.19, 0.25, reach=(0.02, 0.02)) == "near"
    assert index.at(0, 0.17, 0.25, reach=(0.02, 0.02)) is None


def test_the_grid_finds_what_looking_at_every_box_finds() -> None:
    chance = random.Random(5)
    boxes = []
    for number in range(300):
        x, y = chance.random() * 0.95, chance.random() * 0.95
        boxes.append((Box(x, y, x + chance.random() * 0.05, y + chance.random() * 0.05), number))
    index = HitIndex({0: boxes})
    for _ in range(500):
        x, y = chance.random(), chance.random()
        hits = [(b.area, n) for b, n in boxes if b.contains(x, y)]
        assert index.at(0, x, y) == (min(hits)[1] if hits else None)


def words(*texts: str) -> tuple[Word, ...]:
    return tuple(Word(t, Box(0.1 * i, 0.1, 0.1 * i + 0.08, 0.12)) for i, t in enumerate(texts))


def test_text_is_found_across_words_and_regardless_of_case() -> None:
    finder = Finder((PageText(2, words("Lori", "MENDOZA", "lori")), PageText(1, words("Ｌｏｒｉ"))))
    assert [h.page for h in finder.find("lori")] == [0, 1, 1]
    across = finder.find("ori  mendoz")
    assert len(across) == 1
    assert len(across[0].boxes) == 2
    assert across[0].boxes[0].x0 == pytest.approx(0.02)  # from the second letter of four
    assert across[0].boxes[1].x1 == pytest.approx(0.1 + 0.08 * 6 / 7)
    assert finder.find("  ") == ()
    assert finder.find("nobody") == ()


def test_going_back_and_forward_returns_to_the_same_places() -> None:
    a, b, c = (Anchor(p, 0.0, 0.5) for p in range(3))
    history = History().left(a).left(b)
    history, place = history.back(c)
    assert place == b
    history, place = history.back(b)
    assert place == a
    history, place = history.forward(a)
    assert place == b
    assert history.left(b).ahead == ()


def test_a_band_stays_on_its_page_whichever_way_it_is_drawn() -> None:
    band = Band(0, (0.5, 0.5), (0.5, 0.5)).to(-3.0, 0.2)
    assert band.box == Box(0.0, 0.2, 0.5, 0.5)


def test_the_size_of_a_band_is_told_as_on_paper() -> None:
    box = Box(0, 0, 0.5, 0.25)
    assert size_words(box, LETTER, metric=True) == "108 × 70 mm"
    assert size_words(box, LETTER, metric=False) == "4.25 × 2.75 in"


def test_a_drag_scrolls_at_the_edges_only() -> None:
    assert edge_speed(300, 600) == 0
    assert edge_speed(5, 600) < 0 < edge_speed(598, 600)
    assert edge_speed(-80, 600) < edge_speed(10, 600)


# --- the lens ---------------------------------------------------------------------------------------


def field(box: Box | None, page: int | None = 1) -> FormField:
    return FormField("f", "Name", "patient", FieldKind.NAME, value="x", document_id="d", page=page, box=box)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_the_lens_holds_the_whole_answer_however_the_page_is_turned(turns: int) -> None:
    chance = random.Random(turns)
    for _ in range(200):
        x, y = chance.uniform(0, 0.95), chance.uniform(0, 0.98)
        box = Box(x, y, min(1.0, x + chance.uniform(0.005, 0.9)), min(1.0, y + chance.uniform(0.002, 0.2)))
        found = lens_request(field(box), LETTER, 260, 52, 1.5, turns)
        assert found is not None
        shown, clip = box.turned(turns), found.clip
        assert clip.x0 <= shown.x0 + 1e-9
        assert clip.y0 <= shown.y0 + 1e-9
        assert clip.x1 >= shown.x1 - 1e-9
        assert clip.y1 >= shown.y1 - 1e-9
        assert 0 <= clip.x0 < clip.x1 <= 1 + 1e-9
        assert 0 <= clip.y0 < clip.y1 <= 1 + 1e-9
        size = LETTER if turns % 2 == 0 else LETTER[::-1]
        assert clip.width * size[0] * found.scale <= 260 * 1.5 + 1
        assert clip.height * size[1] * found.scale <= 52 * 1.5 + 1


def test_the_lens_shows_the_line_with_room_around_it() -> None:
    box = Box(0.3, 0.4, 0.5, 0.415)
    found = lens_request(field(box), LETTER, 260, 52)
    assert found is not None
    assert found.clip.y0 < box.y0 - 0.003
    assert found.clip.y1 > box.y1 + 0.003
    assert found.page == 0


def test_a_field_that_was_read_nowhere_has_no_lens() -> None:
    assert lens_request(field(None), LETTER, 260, 52) is None
    assert lens_request(field(Box(0, 0, 1, 1), page=None), LETTER, 260, 52) is None
