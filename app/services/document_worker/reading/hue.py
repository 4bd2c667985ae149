"""Ink that has a colour of its own: red and blue writing over a black form."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from app.domain.processor import FormDefinition
from app.services.document_worker.reading.engine import Gray

Mask = npt.NDArray[np.uint8]
"""1 where something is, 0 elsewhere."""

_LEAST_INK = 600
"""Pixels of colour below which a page has none: the fringes a scanner leaves around black."""


def is_gray(picture: Gray) -> bool:
    """Whether a picture has no colour at all, whatever its channels; judged by a grid of its pixels."""
    if picture.ndim == 2:
        return True
    some = picture[::3, ::3]
    return bool((some[..., 0] == some[..., 1]).all() and (some[..., 1] == some[..., 2]).all())


def depth_of(picture: Gray) -> Gray:
    """The picture as gray by its darkest channel: red and blue writing is as dark as black."""
    return _ends(picture)[0] if picture.ndim == 3 else picture


def given_back(picture: Gray, text: Mask, rules: Mask) -> tuple[Mask, Mask]:
    """(text ink, rules) after coloured strokes that cross a black rule were given back to the text."""
    if picture.ndim == 2 or not rules.any():
        return text, rules
    strength, depth, clear = _hued(picture)
    # A JPEG lets colour bleed into the black next to it: a stroke that crosses is coloured through.
    through = cv2.compare(strength, np.asarray(cv2.multiply(depth, 0.5), np.uint8), cv2.CMP_GT) > 0
    hued = clear & rules & through.astype(np.uint8)
    # Where the ruling itself is printed in colour, colour tells nothing.
    if not hued.any() or int(hued.sum()) > 0.2 * int(rules.sum()):
        return text, rules
    return np.asarray(text | hued, np.uint8), np.asarray(rules & (1 - hued), np.uint8)


def coloured(picture: Gray, text: Mask, definition: FormDefinition) -> Mask:
    """The ink of `text` that has a colour; nothing when the page has next to none of it.

    A piece is of one colour as a whole (thin strokes of a scan lose theirs), except where it touches a
    printed text: there pixel by pixel, so that a coloured answer comes away from the label under it.
    """
    nothing = np.zeros_like(text)
    if picture.ndim == 2:
        return nothing
    strength, depth, clear = _hued(picture)
    strong = clear & text
    if int(strong.sum()) <= _LEAST_INK:
        return nothing
    height, width = text.shape
    printed = nothing.copy()
    for anchor in definition.anchors:
        box = anchor.box
        printed[
            int(box.y0 * height) : int(box.y1 * height) + 1, int(box.x0 * width) : int(box.x1 * width) + 1
        ] = 1
    count, labels = cv2.connectedComponents(text, connectivity=8)
    # Ink is a twentieth of a page: only its pixels are counted.
    places = np.flatnonzero(text)
    owner = labels.ravel()[places]
    total = np.maximum(1.0, np.bincount(owner, weights=depth.ravel()[places], minlength=count))
    share = np.bincount(owner, weights=strength.ravel()[places], minlength=count) / total
    over = printed.ravel()[places] > 0
    touching = np.bincount(owner[over], minlength=count) > 0
    tinted = share > 0.35
    mixed = touching & (share > 0.03)
    near = cv2.dilate(strong, np.ones((3, 3), np.uint8)).ravel()[places] > 0
    # Inside a printed text pixel by pixel (grown by one: edges are pale), outside it the piece as a whole.
    chosen = np.where(over, mixed[owner] & near, tinted[owner] | (mixed[owner] & near))
    nothing.ravel()[places[chosen]] = 1
    return nothing


def _ends(picture: Gray) -> tuple[Gray, Gray]:
    """(darkest, lightest) channel of each pixel."""
    red, green, blue = cv2.split(picture)
    return (
        np.asarray(cv2.min(cv2.min(red, green), blue), np.uint8),
        np.asarray(cv2.max(cv2.max(red, green), blue), np.uint8),
    )


def _hued(picture: Gray) -> tuple[Gray, Gray, Mask]:
    """(strength of colour, depth of ink, where a pixel is clearly coloured).

    Ink mixed with paper keeps its hue: colour is measured against depth, so pale thin strokes count.
    """
    least, most = _ends(picture)
    strength = np.asarray(cv2.subtract(most, least), np.uint8)
    depth = np.asarray(cv2.bitwise_not(least), np.uint8)
    clear = cv2.compare(strength, np.asarray(cv2.multiply(depth, 0.4), np.uint8), cv2.CMP_GT) > 0
    return strength, depth, (clear & (strength > 30)).astype(np.uint8)
