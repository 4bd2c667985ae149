"""The reliability diagram shows what was promised and what was kept."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from app.services.evaluation import Bin
from app.services.reliability import Panel, diagram

BLUE, RED, PALE = (0x3F, 0x6F, 0xB5), (0xD4, 0x55, 0x3F), (0x8F, 0xB4, 0xE6)


def colours(*bins: Bin) -> dict[tuple[int, ...], int]:
    picture = Image.open(io.BytesIO(diagram("A title", "A note", [Panel("All", bins, 0.01)])))
    counted = picture.convert("RGB").getcolors(1 << 24) or []
    return {colour: count for count, colour in counted if isinstance(colour, tuple)}


@pytest.mark.parametrize(
    ("one", "there", "absent"),
    [
        (Bin(0.85, 0.5, 100), {BLUE, RED}, {PALE}),  # more was promised than kept
        (Bin(0.35, 0.7, 100), {BLUE, PALE}, {RED}),  # less
        (Bin(0.95, 0.95, 7), {BLUE}, {RED, PALE}),
        (Bin(0.05, 0.0, 7), {RED}, {BLUE, PALE}),  # nothing of it was right
    ],
)
def test_a_bar_says_whether_a_promise_was_kept(
    one: Bin, there: set[tuple[int, ...]], absent: set[tuple[int, ...]]
) -> None:
    found = set(colours(one))
    assert there <= found
    assert not absent & found


def test_the_bar_is_as_high_as_the_share_that_was_right() -> None:
    half, whole = colours(Bin(0.95, 0.45, 10))[BLUE], colours(Bin(0.95, 0.9, 10))[BLUE]
    assert whole == pytest.approx(2 * half, rel=0.05)


def test_without_values_there_is_a_diagram_all_the_same() -> None:
    assert colours()
    empty = Image.open(io.BytesIO(diagram("", "", [Panel("All", (), None), Panel("Text", (), None)])))
    assert empty.width > empty.height


def test_a_long_title_is_set_smaller_and_not_cut() -> None:
    dark = []
    for title in ("W" * 20, "W" * 200):
        picture = Image.open(io.BytesIO(diagram(title, "", [Panel("All", (), None)]))).convert("L")
        band = picture.crop((0, 0, picture.width, 90))
        box = band.point(lambda level: 255 if level < 128 else 0).getbbox()
        assert box is not None
        dark.append(box)
        assert box[2] < picture.width - 40  # the margin at the right is free
    assert dark[1][3] - dark[1][1] < dark[0][3] - dark[0][1]
