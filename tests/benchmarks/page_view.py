"""What a frame costs while a long fax is scrolled end to end: `python -m tests.benchmarks.page_view --pages 300`.

Tiles are synthetic and delivered from the event loop, as a worker's answers are. A frame is a step of the
scroll bar, the repaint it causes, and whatever the view did with tiles since the frame before: the longest
the UI thread is away. It is told as a ratio to a bare QAbstractScrollArea of the same size in the same run,
repainted once by filling itself and once by copying one picture of its size.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
from collections import deque
from time import perf_counter, thread_time

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractScrollArea, QApplication

from app.domain.box import Box
from app.domain.extraction import PageText, Word
from app.domain.form import FieldKind, FormField
from app.views import theme
from app.views.widgets.page_view import PageView, TileRequest

LETTER = (612.0, 792.0)
FIELDS_A_PAGE = 40


class Bare(QAbstractScrollArea):
    """Nothing but a viewport that fills itself, or copies a picture of its own size."""

    def __init__(self, picture: QImage | None) -> None:
        super().__init__()
        self._picture = picture

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        if self._picture is None:
            painter.fillRect(event.rect(), Qt.GlobalColor.gray)
        else:
            painter.drawImage(0, 0, self._picture)
        painter.end()


class Cost:
    """Time on the clock and time on the processor, both in seconds: a busy machine stretches only the first."""

    def __init__(self) -> None:
        self.clock = 0.0
        self.processor = 0.0

    def __enter__(self) -> Cost:
        self._began = (perf_counter(), thread_time())
        return self

    def __exit__(self, *_: object) -> None:
        self.clock += perf_counter() - self._began[0]
        self.processor += thread_time() - self._began[1]


class Renderer:
    """Answers requests one after the other from the event loop, with pictures made beforehand."""

    def __init__(self, view: PageView) -> None:
        self._view = view
        self._waiting: deque[TileRequest] = deque()
        self._pictures: dict[tuple[int, int], QImage] = {}
        self.busy = Cost()
        self.tiles = 0
        self._timer = QTimer(interval=2)
        self._timer.timeout.connect(self._answer)
        view.tile_wanted.connect(self._waiting.append)
        view.tile_dropped.connect(self._drop)
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def _drop(self, request: TileRequest) -> None:
        if request in self._waiting:
            self._waiting.remove(request)

    def _answer(self) -> None:
        if not self._waiting:
            return
        request = self._waiting.popleft()
        size = (
            max(1, round(request.clip.width * LETTER[0] * request.scale)),
            max(1, round(request.clip.height * LETTER[1] * request.scale)),
        )
        if size not in self._pictures:
            image = QImage(*size, QImage.Format.Format_RGB888)
            image.fill(0xFFF4F4F0)
            self._pictures[size] = image
        picture = self._pictures[size].copy()
        with self.busy:
            self._view.show_tile(request, picture)
        self.tiles += 1


def scrolled(view: PageView, renderer: Renderer, step: int) -> list[Cost]:
    """The cost of every frame of a scroll from the first page to the end."""
    bar = view.verticalScrollBar()
    costs: list[Cost] = []
    loop = QEventLoop()
    frame = QTimer(interval=16)

    def advance() -> None:
        if bar.value() >= bar.maximum():
            loop.quit()
            return
        # What was done with tiles since the frame before counts with this one.
        cost, renderer.busy = renderer.busy, Cost()
        with cost:
            bar.setValue(bar.value() + step)
            view.viewport().repaint()
        costs.append(cost)

    frame.timeout.connect(advance)
    frame.start()
    loop.exec()
    frame.stop()
    return costs


def repainted(area: QAbstractScrollArea, times: int = 400) -> list[Cost]:
    costs = []
    for _ in range(times):
        with Cost() as cost:
            area.viewport().repaint()
        costs.append(cost)
    return costs


def told(costs: list[Cost]) -> dict[str, dict[str, float]]:
    """p50, p99 and the longest, in milliseconds, on the clock and on the processor."""
    return {
        name: {
            "p50": round(statistics.median(ordered), 3),
            "p99": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))], 3),
            "max": round(ordered[-1], 3),
        }
        for name in ("clock", "processor")
        for ordered in [sorted(getattr(c, name) * 1000 for c in costs)]
    }


def made(pages: int) -> tuple[tuple[FormField, ...], tuple[PageText, ...]]:
    """Fields and words as a fully read fax has them."""
    fields, texts = [], []
    for page in range(1, pages + 1):
        words = []
        for number in range(FIELDS_A_PAGE):
            x, y = 0.08 + 0.45 * (number % 2), 0.05 + 0.044 * (number // 2)
            box = Box(x, y, x + 0.3, y + 0.02)
            confidence = (0.99, 0.97, 0.85, 0.98, 0.5)[number % 5]
            fields.append(
                FormField(
                    f"f{page}_{number}",
                    "Field",
                    "s",
                    FieldKind.TEXT,
                    "value",
                    confidence,
                    document_id="fax",
                    page=page,
                    box=box,
                )
            )
            words.append(Word("value", box))
        texts.append(PageText(page, tuple(words)))
    return tuple(fields), tuple(texts)


def measure(pages: int, width: int, height: int, step: int) -> dict[str, object]:
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    theme.apply(app)
    bare: dict[str, dict[str, dict[str, float]]] = {}
    for name in ("filled", "picture"):
        area = Bare(QImage(width, height, QImage.Format.Format_RGB32) if name == "picture" else None)
        area.resize(width, height)
        area.show()
        QTest.qWaitForWindowExposed(area)
        repainted(area, 50)
        bare[name] = told(repainted(area))
        area.close()
    view = PageView()
    view.resize(width, height)
    view.show()
    renderer = Renderer(view)
    fields, texts = made(pages)
    began = perf_counter()
    view.set_document("fax", (LETTER,) * pages)
    view.set_fields(fields)
    view.set_words(texts)
    opened = (perf_counter() - began) * 1000
    view.viewport().repaint()
    costs = scrolled(view, renderer, step)
    renderer.stop()
    frame = told(costs)
    result = {
        "pages": pages,
        "viewport": [width, height],
        "device_pixel_ratio": view.devicePixelRatioF(),
        "open_ms": round(opened, 2),
        "frames": len(costs),
        "tiles_drawn": renderer.tiles,
        "kept_mb": round((view._tiles.tiles.bytes + view._tiles.overviews.bytes) / 2**20, 1),
        "frame_ms": frame,
        "bare_ms": bare,
        "ratio_to_bare": {
            against: {
                name: {
                    k: round(frame[name][k] / bare[against][name]["p50"], 1) for k in ("p50", "p99", "max")
                }
                for name in frame
            }
            for against in bare
        },
    }
    view.close()
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--width", type=int, default=1040)
    parser.add_argument("--height", type=int, default=860)
    parser.add_argument(
        "--step", type=int, default=120, help="screen pixels a frame: 120 is a wheel spun fast"
    )
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    result = measure(given.pages, given.width, given.height, given.step)
    if given.json:
        print(json.dumps(result))
    else:
        for key, value in result.items():
            print(f"{key:32} {value}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
