"""The crop of a page that the field lens shows right above an editor."""

from __future__ import annotations

from app.domain.box import Box
from app.domain.form import FormField
from app.views.widgets.page_view.layout import Size, shown_size
from app.views.widgets.page_view.tile import TileRequest

_ROOM = 0.55
"""Room above and below the answer, in heights of its box."""
_LEAST_LINE = 9.0
"""Points. A tick box or a sliver of a box still shows the line it stands on."""
_MOST_SCALE = 4.0
"""Screen pixels a point: larger shows the scanner's dots and no more of the writing."""


def lens_request(
    field: FormField,
    size: Size,
    width_px: int,
    height_px: int,
    ratio: float = 1.0,
    turns: int = 0,
    generation: int = 0,
) -> TileRequest | None:
    """The request whose picture fills a lens of width x height screen pixels around a field's answer.

    `size` is that of the page in points before turns, `turns` how it is shown. The whole box is inside,
    with room around it; the answer stands at the left when its line is wider than the lens needs, and the
    clip has the proportions of the lens unless the page ends. None for a field that was read nowhere.
    """
    if field.page is None or field.box is None or width_px <= 0 or height_px <= 0:
        return None
    page_width, page_height = shown_size(size, turns)
    box = _ordered(field.box.turned(turns))
    line = max(box.height * page_height, _LEAST_LINE)
    scale = min(
        height_px / (line * (1 + 2 * _ROOM)),
        width_px / max(1.0, box.width * page_width + line),
        _MOST_SCALE,
    )
    wide = min(1.0, width_px / scale / page_width)
    high = min(1.0, height_px / scale / page_height)
    middle = (box.y0 + box.y1) / 2
    left = min(max(0.0, box.x0 - 0.5 * line / page_width), 1.0 - wide)
    if box.width < wide / 3:
        # A short answer stands in the middle: what is printed beside it says which one it is.
        left = min(max(0.0, box.centre[0] - wide / 2), 1.0 - wide)
    top = min(max(0.0, middle - high / 2), 1.0 - high)
    clip = Box(left, top, left + wide, top + high)
    return TileRequest(field.document_id, field.page - 1, scale * ratio, clip, turns % 4, generation)


def _ordered(box: Box) -> Box:
    return Box(min(box.x0, box.x1), min(box.y0, box.y1), max(box.x0, box.x1), max(box.y0, box.y1))
