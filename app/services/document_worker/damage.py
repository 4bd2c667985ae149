"""What befalls paper on its way, done to documents on purpose: skew, shift, fax, noise, coarse scans, photographs.

A document comes out as pictures of its damaged pages. The same document with the same kind and seed gives
the same bytes; another document with that seed is damaged otherwise, so that one unlucky line across the page
does not fall on the same field of every form.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from app.domain.errors import Rejected
from app.services import media
from app.services.document_worker.opening import opened, page_size, telling_what_is_broken

Picture = np.ndarray[Any, np.dtype[np.uint8]]
"""A page as RGB."""
Chance = np.random.Generator
Points = np.ndarray[Any, np.dtype[np.float32]]

DPI = 200.0
"""Pages are drawn at this resolution before anything is done to them, as if a letter page wide."""
_LETTER = 8.5
_MOST_PIXELS = 40_000_000
_WHITE = (255, 255, 255)


def damaged(content: bytes, media_type: str, kind: str, seed: int) -> tuple[bytes, str]:
    """Every page of a document damaged in one of `KINDS`, and the media type of what came out.

    One page gives a picture (PNG; JPEG for a photograph), several give a PDF of such pictures. Raises
    `Rejected` for a kind that is not known, `Unreadable` when the document cannot be opened.
    """
    if kind not in KINDS:
        raise Rejected(
            f"No damage is called “{kind}”.", f"Choose one of: {', '.join(KINDS)}.", code="no_such_damage"
        )
    form, stored_as = KINDS[kind], media.JPEG if kind == "photo" else media.PNG
    stored = []
    with opened(content, media_type) as document:
        for page in range(document.page_count):
            words = [zlib.crc32(content), zlib.crc32(kind.encode()), seed % 2**32, page]
            picture = form(page_picture(document[page]), np.random.default_rng(words))
            stored.append((_stored(picture, stored_as), picture.shape[1], picture.shape[0]))
    if len(stored) == 1:
        return stored[0][0], stored_as
    return _pdf(stored), media.PDF


def page_picture(page: Any) -> Picture:
    """A page as pixels, at `DPI` as if its shorter side were that of a letter page."""
    import pymupdf

    with telling_what_is_broken():
        width, height = page_size(page)
        scale = DPI * _LETTER / min(width, height)
        scale = min(scale, (_MOST_PIXELS / (width * height)) ** 0.5)
        drawn = page.get_pixmap(matrix=pymupdf.Matrix(scale, scale), colorspace=pymupdf.csRGB, alpha=False)
        rows = np.frombuffer(drawn.samples, np.uint8).reshape(drawn.height, drawn.stride)
        return rows[:, : drawn.width * 3].reshape(drawn.height, drawn.width, 3).copy()


def skew(picture: Picture, chance: Chance) -> Picture:
    """Laid askew on the glass, by one to three degrees either way."""
    height, width = picture.shape[:2]
    angle = chance.uniform(1.0, 3.0) * chance.choice([-1, 1])
    return _warped(picture, cv2.getRotationMatrix2D((width / 2, height / 2), angle, 0.97), width, height)


def shift(picture: Picture, chance: Chance) -> Picture:
    """Printed smaller or larger (0.85 to 1.1) and off its place; what is written stays on the sheet."""
    height, width = picture.shape[:2]
    scale = chance.uniform(0.85, 1.1)
    x0, y0, x1, y1 = (scale * side for side in _written(picture))
    # A sheet that the larger print does not fit on is a larger sheet.
    wide, high = max(width, int(x1 - x0) + 2), max(height, int(y1 - y0) + 2)
    right = _moved(x0, x1, scale * width, wide, chance)
    down = _moved(y0, y1, scale * height, high, chance)
    matrix = np.array([[scale, 0, right], [0, scale, down]])
    return _warped(picture, matrix, wide, high)


def _moved(start: float, end: float, side: float, sheet: int, chance: Chance) -> float:
    """How far to move one side of the print: off the middle by up to 3 % of the sheet, ink kept on it."""
    wanted = (sheet - side) / 2 + chance.uniform(-0.03, 0.03) * sheet
    return float(np.clip(wanted, -start, max(-start, sheet - end)))


def _written(picture: Picture) -> tuple[int, int, int, int]:
    """The rectangle that holds all ink."""
    dark = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) < 200
    columns, rows = np.flatnonzero(dark.any(axis=0)), np.flatnonzero(dark.any(axis=1))
    if not columns.size:
        return 0, 0, picture.shape[1], picture.shape[0]
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def fax(picture: Picture, chance: Chance) -> Picture:
    """One bit a pixel, with specks of both colours, black lines across, and a streak down the drum."""
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    speck = chance.random(gray.shape, np.float32)
    black = ((gray < 160) & (speck > 0.01)) | (speck > 0.9985)
    for row in chance.integers(0, gray.shape[0], 3):
        black[row] = True
    black[:, chance.integers(0, gray.shape[1])] |= chance.random(gray.shape[0]) > 0.3
    return np.repeat(np.where(black, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def noise(picture: Picture, chance: Chance) -> Picture:
    """A worn scanner: out of focus, grey, grainy."""
    blurred = cv2.GaussianBlur(picture, (0, 0), chance.uniform(0.8, 1.0)).astype(np.float32)
    grain = chance.uniform(8.0, 11.0) * chance.standard_normal(picture.shape, np.float32)
    return _bytes(blurred * 0.92 + 8 + grain)


def dpi100(picture: Picture, _chance: Chance) -> Picture:
    """Scanned at 100 dots an inch."""
    return _resized(picture, 100.0)


def dpi150(picture: Picture, _chance: Chance) -> Picture:
    """Scanned at 150 dots an inch."""
    return _resized(picture, 150.0)


def upside_down(picture: Picture, _chance: Chance) -> Picture:
    """Fed with the foot first."""
    return np.ascontiguousarray(np.rot90(picture, 2))


def quarter(picture: Picture, chance: Chance) -> Picture:
    """Fed sideways, either way."""
    return np.ascontiguousarray(np.rot90(picture, int(chance.choice([1, 3]))))


def photo(picture: Picture, chance: Chance) -> Picture:
    """Taken with a telephone: at an angle, on a dark table, in light from one side, slightly warm."""
    height, width = picture.shape[:2]
    sheet: Points = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    corners = sheet * 0.88 + 0.06 * width + chance.uniform(-0.025, 0.025, (4, 2)) * width
    matrix = cv2.getPerspectiveTransform(sheet, corners.astype(np.float32))
    table = tuple(int(level) for level in np.array([70, 62, 55]) + chance.integers(-15, 16))
    taken = cv2.warpPerspective(
        picture, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=table
    ).astype(np.float32)
    across = np.linspace(0, 1, width, dtype=np.float32)[None, :, None]
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    if chance.random() < 0.5:
        across = 1 - across
    light = 1.0 - chance.uniform(0.15, 0.3) * across - chance.uniform(0.0, 0.1) * down
    taken *= light * np.array([1.0, 0.985, 0.95], np.float32)
    return _bytes(taken + 4.0 * chance.standard_normal((height, width, 1), np.float32))


KINDS: dict[str, Callable[[Picture, Chance], Picture]] = {
    form.__name__: form for form in (skew, shift, noise, dpi100, dpi150, upside_down, quarter, photo, fax)
}
"""What can befall a page, by name."""


def _warped(picture: Picture, matrix: Any, width: int, height: int) -> Picture:
    moved = cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=_WHITE)
    return np.asarray(moved, np.uint8)


def _resized(picture: Picture, dpi: float) -> Picture:
    share = dpi / DPI
    return np.asarray(cv2.resize(picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA), np.uint8)


def _bytes(levels: Any) -> Picture:
    return np.asarray(np.clip(levels, 0, 255, out=levels), np.uint8)


def _stored(picture: Picture, media_type: str) -> bytes:
    """A picture as a file: a JPEG of a telephone's quality, or a PNG, of one bit where there are only two tones."""
    if media_type == media.JPEG:
        ok, stored = cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
    elif (picture[:, :, 0] % 255 == 0).all() and (picture == picture[:, :, :1]).all():
        ok, stored = cv2.imencode(".png", picture[:, :, 0], [cv2.IMWRITE_PNG_BILEVEL, 1])
    else:
        ok, stored = cv2.imencode(".png", picture[:, :, ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 3])
    assert ok  # noqa: S101  an array of bytes can be stored
    return bytes(stored.tobytes())


def _pdf(pages: list[tuple[bytes, int, int]]) -> bytes:
    """Pictures as the pages of a PDF, each as wide as a letter page."""
    import pymupdf

    with pymupdf.open() as document:
        for stored, width, height in pages:
            points = 72 * _LETTER / min(width, height)
            page = document.new_page(width=width * points, height=height * points)
            page.insert_image(page.rect, stream=stored)
        # Without an id of its own: the same pages give the same bytes.
        return bytes(document.tobytes(deflate=True, no_new_id=True))
