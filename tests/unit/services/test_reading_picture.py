"""A page as pixels: drawn at the resolution it was scanned in."""

from __future__ import annotations

import cv2
import numpy as np
import pymupdf
import pytest

from app.services.document_worker.reading.picture import drawn


def png(wide: int, high: int) -> bytes:
    """A picture that says nothing of its resolution."""
    pixels = np.full((high, wide), 255, np.uint8)
    cv2.putText(pixels, "Member name", (60, 120), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (0,), 2)
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
