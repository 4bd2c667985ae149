"""A page as pixels: drawn at the resolution it was scanned in."""

from __future__ import annotations

import cv2
import numpy as np
import pymupdf
import pytest

from app.services.document_worker.reading.picture import came_in_one_bit, drawn


def png(wide: int, high: int, *, one_bit: bool = False) -> bytes:
    """A picture that says nothing of its resolution."""
    pixels = np.full((high, wide), 255, np.uint8)
    for line in range(120, high, 90):
        cv2.putText(pixels, "Member name", (60, line), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (0,), 2, cv2.LINE_AA)
    if one_bit:
        pixels = np.where(pixels < 128, 0, 255).astype(np.uint8)
    ok, stored = cv2.imencode(".png", pixels)
    assert ok
    return bytes(stored.tobytes())


@pytest.mark.parametrize("size", [(1728, 2200), (1275, 1650), (2550, 3300)])
def test_a_picture_without_a_resolution_is_drawn_pixel_by_pixel(size: tuple[int, int]) -> None:
    with pymupdf.open(stream=png(*size)) as document:
        high, wide = drawn(document[0]).shape[:2]
    assert (wide, high) == size


def test_a_scan_in_a_pdf_is_drawn_pixel_by_pixel() -> None:
    with pymupdf.open() as document:
        page = document.new_page(width=612, height=792)
        page.insert_image(page.rect, stream=png(1275, 1650))
        high, wide = drawn(page).shape[:2]
    assert abs(wide - 1275) <= 1
    assert abs(high - 1650) <= 1


def test_a_tint_stretched_over_a_page_does_not_say_its_resolution() -> None:
    with pymupdf.open() as document:
        page = document.new_page(width=612, height=792)
        page.insert_image(page.rect, stream=png(80, 100), keep_proportion=False)
        page.insert_text((72, 72), "Member name")
        wide = drawn(page).shape[1]
    assert abs(wide - 1700) <= 1


@pytest.mark.parametrize("turn", [0, 90])
@pytest.mark.parametrize("size", [(612, 792), (595, 842), (611, 913)])
def test_a_page_in_black_and_white_alone_is_told_however_it_is_stored(
    size: tuple[int, int], turn: int
) -> None:
    def told(*, one_bit: bool) -> bool:
        with pymupdf.open() as document:
            page = document.new_page(width=size[0], height=size[1])
            page.insert_image(page.rect, stream=png(1728, 2200, one_bit=one_bit), keep_proportion=False)
            page.set_rotation(turn)
            return came_in_one_bit(page, drawn(page))

    assert told(one_bit=True)
    assert not told(one_bit=False)


def test_a_picture_file_in_black_and_white_is_told_from_one_in_grays() -> None:
    for one_bit in (True, False):
        with pymupdf.open(stream=png(1728, 2200, one_bit=one_bit)) as document:
            assert came_in_one_bit(document[0], drawn(document[0])) is one_bit


def test_a_page_of_text_is_no_fax() -> None:
    with pymupdf.open() as document:
        page = document.new_page()
        page.insert_text((72, 72), "Member name")
        assert not came_in_one_bit(page, drawn(page))
