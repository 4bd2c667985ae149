"""The recognizer: finds lines of text in a picture and says what they say, character by character.

The models are those that `rapidocr` carries (PP-OCR, ONNX). They are run directly, because what the
package hands out is one score a line; a reviewer's trust needs to know how sure each character is and
what else it may be.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from app.services.document_worker.reading.decoding import Chances, Glyph, Line, free

__all__ = ["LINE_HEIGHT", "Chances", "Engine", "Glyph", "Gray", "Line", "Points", "straightened"]

Gray = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float64]
"""Corner points, one (x, y) a row."""

LINE_HEIGHT = 48
_STRIDE = 8
_BATCH_WIDTH = 2560
_MAX_WIDTH = 3200
_DETECT_SIDE = 800
_LATIN = (
    " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
    "ÁÀÂÄÃÅÇÉÈÊËÍÎÏÑÓÔÖÕÚÛÜáàâäãåçéèêëíîïñóôöõúûüý§°–—‘’“”½¼"
)
"""What these forms are written in. The model knows 18,700 characters; a lookalike from another script
is never what stands on them."""
_RARE = 0.08
"""How much less an accented or typographic character is expected than a plain one: a speck above an o
is a speck."""


class Engine:
    """The loaded models. `threads` caps what one call may use."""

    def __init__(self, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # An arena never gives memory back: after one wide page the worker would stay at its size.
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 4
        # Threads that spin while they wait take the time of whoever works at the window.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        folder = _model_folder()
        providers = ["CPUExecutionProvider"]
        self._detector: Any = onnxruntime.InferenceSession(
            _model(folder, "det"), options, providers=providers
        )
        self._recognizer: Any = onnxruntime.InferenceSession(
            _model(folder, "rec"), options, providers=providers
        )
        self._detector_input = self._detector.get_inputs()[0].name
        self._recognizer_input = self._recognizer.get_inputs()[0].name
        characters = self._recognizer.get_modelmeta().custom_metadata_map["character"].splitlines()
        every = ["", *characters, " "]
        wanted = set(_LATIN)
        self._columns = np.array([0, *(i for i, c in enumerate(every) if i and c in wanted)])
        self._characters = tuple(every[i] for i in self._columns)
        self._expected = np.array(
            [_RARE if c and ord(c) > 126 else 1.0 for c in self._characters], np.float32
        )

    def detect(self, picture: Gray, side: int = _DETECT_SIDE) -> list[Points]:
        """The quadrilaterals around the lines of text of a picture (top left, top right, bottom right, bottom
        left as the text runs left to right in the picture), in its pixels. `side` is what the shorter side
        is scaled to.
        """
        height, width = picture.shape[:2]
        scale = min(side / min(height, width), 2400 / max(height, width))
        wide, high = (max(32, round(n * scale / 32) * 32) for n in (width, height))
        resized = cv2.resize(
            picture, (wide, high), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        )
        if resized.ndim == 2:
            resized = cv2.cvtColor(resized, cv2.COLOR_GRAY2RGB)
        tensor = ((resized.astype(np.float32) / 255.0 - 0.5) / 0.5).transpose(2, 0, 1)[None]
        chances = self._detector.run(None, {self._detector_input: np.ascontiguousarray(tensor)})[0][0, 0]
        mask = cv2.dilate((chances > 0.3).astype(np.uint8), np.ones((2, 2), np.uint8))
        contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        quads = []
        for contour in contours:
            (x, y), (w, h), angle = cv2.minAreaRect(contour)
            if min(w, h) < 3:
                continue
            left, top, wide_of, high_of = cv2.boundingRect(contour)
            inside = np.zeros((high_of, wide_of), np.uint8)
            cv2.drawContours(inside, [contour - [left, top]], -1, 1, cv2.FILLED)
            if cv2.mean(chances[top : top + high_of, left : left + wide_of], inside)[0] < 0.5:
                continue
            grow = 1.6 * (w * h) / (2 * (w + h))
            corners = cv2.boxPoints(((x, y), (w + 2 * grow, h + 2 * grow), angle)).astype(np.float64)
            quads.append(_ordered(corners) * (width / wide, height / high))
        return quads

    def recognize(self, crops: Sequence[Gray]) -> list[Line]:
        """What each crop of one line of text says, in the order given. Crops are upright, of any height."""
        return [free(chances) for chances in self.chances(crops)]

    def chances(self, crops: Sequence[Gray]) -> list[Chances]:
        """What the network holds possible along each crop, in the order given."""
        prepared = [_prepared(c) for c in crops]
        found: list[Chances | None] = [None] * len(prepared)
        order = sorted(range(len(prepared)), key=lambda i: prepared[i].shape[1])
        start = 0
        while start < len(order):
            end = start + 1
            narrowest = prepared[order[start]].shape[1]
            # Only crops of like width share a batch: much padding costs blanks between words.
            while end < len(order):
                width = prepared[order[end]].shape[1]
                if width > max(narrowest * 1.12, narrowest + 16) or width * (end + 1 - start) > _BATCH_WIDTH:
                    break
                end += 1
            group = order[start:end]
            width = -(-prepared[group[-1]].shape[1] // _STRIDE) * _STRIDE
            batch = np.ones((len(group), 3, LINE_HEIGHT, width), np.float32)
            for place, index in enumerate(group):
                crop = prepared[index]
                batch[place, :, :, : crop.shape[1]] = ((crop.astype(np.float32) / 255.0 - 0.5) / 0.5)[None]
            rows = self._recognizer.run(None, {self._recognizer_input: batch})[0]
            for place, index in enumerate(group):
                found[index] = Chances(
                    rows[place][:, self._columns] * self._expected,
                    self._characters,
                    prepared[index].shape[1] / _STRIDE,
                )
            start = end
        return [f for f in found if f is not None]


def straightened(picture: Gray, quad: Points, height: int = LINE_HEIGHT) -> Gray:
    """The quadrilateral as an upright rectangle `height` pixels high."""
    along = float(np.linalg.norm(quad[1] - quad[0]) + np.linalg.norm(quad[2] - quad[3])) / 2
    across = float(np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2
    width = int(min(_MAX_WIDTH, max(16, round(height * along / max(1.0, across)))))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), target)
    return np.asarray(
        cv2.warpPerspective(
            picture, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        ),
        np.uint8,
    )


def _prepared(crop: Gray) -> Gray:
    """A crop as the recognizer takes it: gray, 48 pixels high."""
    if crop.ndim == 3:
        crop = np.asarray(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), np.uint8)
    height, width = crop.shape
    if height == LINE_HEIGHT:
        return crop[:, :_MAX_WIDTH]
    wide = int(min(_MAX_WIDTH, max(16, round(width * LINE_HEIGHT / height))))
    kind = cv2.INTER_AREA if height > LINE_HEIGHT else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(crop, (wide, LINE_HEIGHT), interpolation=kind), np.uint8)


def _ordered(corners: Points) -> Points:
    """Top left, top right, bottom right, bottom left."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    left, right = by_x[:2], by_x[2:]
    left = left[np.argsort(left[:, 1], kind="stable")]
    right = right[np.argsort(right[:, 1], kind="stable")]
    return np.array([left[0], right[0], right[1], left[1]])


def _model_folder() -> Path:
    found = importlib.util.find_spec("rapidocr")
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError("rapidocr is not installed: its models are needed")
    return Path(next(iter(found.submodule_search_locations))) / "models"


def _model(folder: Path, role: str) -> str:
    """The newest model of a role that the package carries."""
    found = sorted(folder.glob(f"PP-OCR*_{role}_*.onnx"))
    if not found:
        raise FileNotFoundError(f"no model for {role} in {folder.name}")
    return str(found[-1])
