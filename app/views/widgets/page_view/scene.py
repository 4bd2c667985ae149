"""Puts together what is to be painted of a view at one moment."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QLocale, QRectF

from app.domain.box import Box
from app.domain.extraction import Word
from app.views import theme
from app.views.widgets.page_view.band import Band, size_words
from app.views.widgets.page_view.field_layer import FieldLayer
from app.views.widgets.page_view.find import Hit
from app.views.widgets.page_view.layout import Layout
from app.views.widgets.page_view.painting import BandShown, Found, Marked, PaintContext, Sheet
from app.views.widgets.page_view.tile_source import TileSource

_NEAR = 24
"""Screen pixels by which outlines, halos and symbols may leave their box."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The parts of a view: where its pages stand and are scrolled to, and what lies on them."""

    layout: Layout
    turns: tuple[int, ...]
    offset: tuple[float, float]
    room: tuple[float, float]
    tiles: TileSource
    fields: FieldLayer
    hits: tuple[Hit, ...]
    hit: int
    word: tuple[int, Word] | None
    band: Band | None
    focused: bool
    message: str
    icon: str
    labels: tuple[str, ...] = ()
    """What stands below each page; where there is none, its number."""

    def compose(self, area: QRectF) -> PaintContext:
        """All that is to be painted in an area of the viewport."""
        x, y = self.offset
        window = (x + area.left(), y + area.top(), x + area.right(), y + area.bottom())
        # The shadow and the label of a page reach into an area below it.
        pages = self.layout.visible(window[1] - 40, window[3] + 12)
        night = self.tiles.night
        marks, selected = self._marks(pages, area.adjusted(-_NEAR, -_NEAR, _NEAR, _NEAR))
        return PaintContext(
            width=self.room[0],
            height=self.room[1],
            ratio=self.layout.ratio,
            chrome=theme.current(),
            paper=theme.DARK if night else theme.LIGHT,
            night=night,
            font=theme.font("small"),
            sheets=tuple(self._sheet(page, window) for page in pages),
            marks=marks,
            selected=selected,
            hits=tuple(
                Found(tuple(self._rect(h.page, b) for b in h.boxes), current=i == self.hit)
                for i, h in enumerate(self.hits)
                if h.page in pages
            ),
            word=self._rect(self.word[0], self.word[1].box) if self.word else None,
            band=self._band(),
            focused=self.focused,
            message=self.message,
            icon=theme.pixmap(self.icon, "muted", 32, self.layout.ratio) if self.icon else None,
        )

    def _sheet(self, page: int, window: tuple[float, float, float, float]) -> Sheet:
        spot = self.layout.spot(page)
        label = QCoreApplication.translate("PageView", "p. {page} of {count}")
        return Sheet(
            rect=QRectF(spot.x - self.offset[0], spot.y - self.offset[1], spot.width, spot.height),
            device_width=spot.device_width,
            device_height=spot.device_height,
            label=self.labels[page]
            if page < len(self.labels)
            else label.format(page=page + 1, count=len(self.turns)),
            pictures=tuple(self.tiles.pictures(self.layout, page, spot, window)),
            failure=self.tiles.failure(page),
        )

    def _marks(self, pages: range, near: QRectF) -> tuple[tuple[Marked, ...], tuple[Marked, ...]]:
        """The marks in an area: all but the selected field's, and that one, to be painted above them."""
        paper = theme.DARK if self.tiles.night else theme.LIGHT
        marks: list[Marked] = []
        selected: list[Marked] = []
        for page in pages:
            spot, turns = self.layout.spot(page), self.turns[page]
            for field, mark in self.fields.marks(page, paper):
                if field.box is None:
                    continue
                left, top, width, height = spot.place(field.box.turned(turns))
                rect = QRectF(left - self.offset[0], top - self.offset[1], width, height)
                if near.intersects(rect):
                    (selected if field.path == self.fields.selected else marks).append(Marked(rect, mark))
        return tuple(marks), tuple(selected)

    def _rect(self, page: int, box: Box) -> QRectF:
        spot = self.layout.spot(page)
        left, top, width, height = spot.place(box.turned(self.turns[page]))
        return QRectF(left - self.offset[0], top - self.offset[1], width, height)

    def _band(self) -> BandShown | None:
        if self.band is None:
            return None
        left, top, width, height = self.layout.spot(self.band.page).place(self.band.box)
        metric = QLocale().measurementSystem() is QLocale.MeasurementSystem.MetricSystem
        words = size_words(self.band.box, self.layout.sizes[self.band.page], metric=metric)
        return BandShown(QRectF(left - self.offset[0], top - self.offset[1], width, height), words)
