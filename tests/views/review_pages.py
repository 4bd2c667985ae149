"""Documents of a review for tests: words laid out by the test, and tiles that are drawn at once."""

from __future__ import annotations

from PySide6.QtGui import QColor, QImage

from app.domain.box import Box
from app.domain.extraction import PageText, Word
from app.domain.passage import SourceText
from app.views.widgets.page_view import PageView, TileRequest

LETTER = (612.0, 792.0)
NOTE = (
    "Progress note of Dr. Grey. The patient has type 2",
    "diabetes since 2014. Insulin glargine at bedtime",
    "for six months.",
    "",
    "Plan: external insulin pump.",
)


def page_of(number: int, lines: tuple[str, ...], turn: int = 0) -> PageText:
    """Words of equal letters, each line 3 % of the page below the one before."""
    words = []
    for row, line in enumerate(lines):
        x, top = 0.1, 0.1 + row * 0.03
        for word in line.split():
            wide = 0.012 * len(word)
            words.append(Word(word, Box(x, top, x + wide, top + 0.018).turned(-turn)))
            x += wide + 0.012
    return PageText(number, tuple(words), turn)


def source_of(
    document_id: str, *pages: tuple[str, ...], kind: str = "clinical", name: str = "Notes"
) -> SourceText:
    return SourceText(document_id, name, kind, tuple(page_of(n, lines) for n, lines in enumerate(pages, 1)))


def draw_tiles(view: PageView) -> None:
    """Answer every request of a view with white paper."""

    def draw(request: TileRequest) -> None:
        image = QImage(8, 8, QImage.Format.Format_RGB32)
        image.fill(QColor(255, 255, 255))
        view.show_tile(request, image)

    view.tile_wanted.connect(draw)
