"""What happens to forms on their way: skewed, turned, shifted, faxed, noisy, coarse, photographed.

Every kind is a function of a page and a seed, so that a figure can be had again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pymupdf

Picture = np.ndarray[Any, np.dtype[np.uint8]]


def page_picture(content: bytes, dpi: float = 200.0, page: int = 0) -> Picture:
    """A page as RGB at about `dpi` for a letter page, whatever size the file gives it."""
    with pymupdf.open(stream=content) as document:
        shown = document[page]
        scale = dpi * 8.5 / min(shown.rect.width, shown.rect.height)
        picture = shown.get_pixmap(matrix=pymupdf.Matrix(scale, scale), alpha=False)
        return np.frombuffer(picture.samples, np.uint8).reshape(picture.height, picture.width, 3).copy()


def _warped(picture: Picture, matrix: Any) -> Picture:
    height, width = picture.shape[:2]
    return np.asarray(
        cv2.warpAffine(picture, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=(255, 255, 255)),
        np.uint8,
    )


def skew(picture: Picture, random: np.random.Generator) -> Picture:
    height, width = picture.shape[:2]
    angle = random.uniform(1.0, 3.0) * random.choice([-1, 1])
    return _warped(picture, cv2.getRotationMatrix2D((width / 2, height / 2), angle, 0.97))


def shift(picture: Picture, random: np.random.Generator) -> Picture:
    height, width = picture.shape[:2]
    scale = random.uniform(0.85, 1.0)
    x, y = random.uniform(-0.03, 0.03) * width, random.uniform(-0.03, 0.03) * height
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 0.0, scale)
    matrix[:, 2] += (x, y)
    return _warped(picture, matrix)


def upside_down(picture: Picture, _random: np.random.Generator) -> Picture:
    return np.ascontiguousarray(np.rot90(picture, 2))


def quarter(picture: Picture, random: np.random.Generator) -> Picture:
    return np.ascontiguousarray(np.rot90(picture, int(random.choice([1, 3]))))


def noise(picture: Picture, random: np.random.Generator) -> Picture:
    blurred = cv2.GaussianBlur(picture, (0, 0), 0.9).astype(np.float32)
    return np.asarray(np.clip(blurred * 0.92 + 8 + random.normal(0, 10, picture.shape), 0, 255), np.uint8)


def coarse(picture: Picture, _random: np.random.Generator) -> Picture:
    return np.asarray(cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)


def fax(picture: Picture, random: np.random.Generator) -> Picture:
    """One bit at 204 x 196 dpi, with speckle, a streak and thin lines across."""
    gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    black = gray < 160
    speckle = random.random(gray.shape)
    black = (black & (speckle > 0.01)) | (speckle > 0.9985)
    for _ in range(3):
        black[int(random.uniform(0, gray.shape[0]))] = True
    black[:, int(random.uniform(0, gray.shape[1]))] |= random.random(gray.shape[0]) > 0.3
    result = np.where(black, 0, 255).astype(np.uint8)
    return np.repeat(result[:, :, None], 3, axis=2)


def photo(picture: Picture, random: np.random.Generator) -> Picture:
    """From above at an angle, on a dark table, with a shadow."""
    height, width = picture.shape[:2]
    edge = 0.06 * width
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners * 0.88 + 0.06 * width + random.uniform(-0.35, 0.35, (4, 2)).astype(np.float32) * edge
    matrix = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    laid = cv2.warpPerspective(
        picture, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=(70, 62, 55)
    )
    shade = np.linspace(1.0, random.uniform(0.65, 0.8), width)[None, :, None]
    return np.asarray(np.clip(laid * shade + random.normal(0, 4, laid.shape), 0, 255), np.uint8)


KINDS: dict[str, Callable[[Picture, np.random.Generator], Picture]] = {
    "skew": skew,
    "shift": shift,
    "upside_down": upside_down,
    "quarter": quarter,
    "noise": noise,
    "coarse": coarse,
    "fax": fax,
    "photo": photo,
}


def damaged(content: bytes, kind: str, seed: int, page: int = 0) -> bytes:
    """The page of a file, damaged, as a PNG file (one bit for a fax)."""
    picture = KINDS[kind](page_picture(content, page=page), np.random.default_rng(seed))
    ok, stored = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    if not ok:
        raise ValueError("the picture could not be stored")
    return bytes(stored.tobytes())
