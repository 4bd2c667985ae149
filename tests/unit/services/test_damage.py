"""What befalls paper on its way can be had again, and does what its name says."""

from __future__ import annotations

import functools
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pymupdf
import pytest
from PIL import Image, ImageDraw

from app.domain.errors import Rejected, Unreadable
from app.services import media
from app.services.document_worker.damage import DPI, KINDS, damaged
from tests.benchmarks.damage import main

INK = (60, 90, 1640, 2110)


@functools.cache
def sheet(pages: int = 1) -> bytes:
    """A letter page with a frame and some bars, as a PDF drawn at 200 dpi."""
    picture = Image.new("RGB", (1700, 2200), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle(INK, outline="black", width=6)
    for line in range(20):
        draw.rectangle((140, 160 + line * 90, 900 + 30 * line, 184 + line * 90), fill="black")
    with pymupdf.open() as document:
        for _ in range(pages):
            page = document.new_page(width=612, height=792)
            stored = io.BytesIO()
            picture.save(stored, "PNG")
            page.insert_image(page.rect, stream=stored.getvalue())
        # Without an id of its own: the same bytes every time, and so the same damage from the same seed.
        return bytes(document.tobytes(no_new_id=True))


def pixels(content: bytes) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.asarray(Image.open(io.BytesIO(content)).convert("L"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_brings_the_same_damage_again_and_another_seed_brings_other_damage(kind: str) -> None:
    content = sheet()
    first, media_type = damaged(content, media.PDF, kind, seed=3)

    assert damaged(content, media.PDF, kind, seed=3) == (first, media_type)
    assert media.sniff(first) == media_type
    if kind not in ("dpi100", "dpi150", "upside_down", "quarter"):  # those have little or no chance in them
        assert damaged(content, media.PDF, kind, seed=4)[0] != first


def test_two_documents_with_one_seed_do_not_get_the_same_lines_across() -> None:
    changed = sheet() + b"\n%"  # another file with the same page on it
    lines = []
    for content in (sheet(), changed):
        page = pixels(damaged(content, media.PDF, "fax", 1)[0])
        lines.append(set(np.flatnonzero((page == 0).all(axis=1))))
    assert lines[0]
    assert lines[0] != lines[1]


def test_a_fax_has_one_bit_a_pixel() -> None:
    stored = damaged(sheet(), media.PDF, "fax", 1)[0]
    assert Image.open(io.BytesIO(stored)).mode == "1"


@pytest.mark.parametrize(("kind", "dpi"), [("dpi100", 100), ("dpi150", 150)])
def test_a_coarse_scan_has_the_dots_an_inch_it_is_named_for(kind: str, dpi: int) -> None:
    assert pixels(damaged(sheet(), media.PDF, kind, 1)[0]).shape == (11 * dpi, dpi * 17 // 2)


def test_a_turned_page_is_the_same_page_turned() -> None:
    upright = pixels(damaged(sheet(), media.PDF, "upside_down", 1)[0])[::-1, ::-1]
    quarter = pixels(damaged(sheet(), media.PDF, "quarter", 1)[0])

    assert quarter.shape == (1700, 2200)
    assert any((np.rot90(quarter, turns) == upright).all() for turns in (1, 3))


def test_a_skewed_page_leans_by_one_to_three_degrees() -> None:
    for seed in range(4):
        page = pixels(damaged(sheet(), media.PDF, "skew", seed)[0])
        upper = [int(np.argmax(page[:, column] < 128)) for column in (600, 1100)]  # of the frame
        degrees = abs(np.degrees(np.arctan2(upper[1] - upper[0], 500)))
        assert 0.9 < degrees < 3.1


def test_a_shifted_page_keeps_all_its_ink_within_the_sheet() -> None:
    scales = []
    for seed in (1, 2, 3, 4, 8):  # with 8 the print is larger than the sheet
        page = pixels(damaged(sheet(), media.PDF, "shift", seed)[0]) < 128
        columns, rows = np.flatnonzero(page.any(axis=0)), np.flatnonzero(page.any(axis=1))
        wide, high = columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1
        scales.append(wide / (INK[2] - INK[0] + 1))
        assert abs(wide / high - (INK[2] - INK[0] + 1) / (INK[3] - INK[1] + 1)) < 0.01  # nothing was cut off
    assert 0.84 < min(scales) < 0.97
    assert 1.08 < max(scales) < 1.11


def test_a_document_of_several_pages_stays_one_document_of_that_many_pages() -> None:
    stored, media_type = damaged(sheet(3), media.PDF, "skew", 1)

    assert media_type == media.PDF
    with pymupdf.open(stream=stored) as document:
        assert document.page_count == 3
        assert abs(document[0].rect.width - 612) < 1
        drawn = [document[n].get_pixmap(dpi=round(DPI / 4)).samples for n in range(3)]
    assert len(set(drawn)) == 3  # every page by chance of its own


def test_damage_nobody_knows_is_refused_with_the_kinds_there_are() -> None:
    with pytest.raises(Rejected) as refused:
        damaged(sheet(), media.PDF, "coffee", 1)
    assert "fax" in refused.value.next_step


def test_what_is_no_document_cannot_be_damaged_further() -> None:
    with pytest.raises(Unreadable):
        damaged(b"%PDF-1.7 and no more", media.PDF, "fax", 1)


def test_the_script_writes_damaged_copies_with_keys_that_name_the_damage(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.pdf").write_bytes(sheet())
    (tmp_path / "in" / "a.json").write_text(
        '{"form_type": "x", "fields": {"name": "Ünal"}, "tables": {}}', "utf-8"
    )

    assert main([str(tmp_path / "in"), str(tmp_path / "out"), "--kind", "fax", "--kind", "photo"]) == 0

    names = sorted(p.name for p in (tmp_path / "out").iterdir())
    assert names == ["a-fax.json", "a-fax.png", "a-photo.jpg", "a-photo.json"]
    key = json.loads((tmp_path / "out" / "a-fax.json").read_text("utf-8"))
    assert key == {"form_type": "x", "fields": {"name": "Ünal"}, "tables": {}, "damage": "fax"}
