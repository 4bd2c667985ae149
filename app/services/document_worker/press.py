"""Letters printed to PDF in a worker process: laid out by MuPDF, with the font of the program embedded."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from app.domain.errors import Unreadable
from app.resource import resource
from app.services.document_worker.serving import Answer, Tell

FONT = "Inter.ttf"
MAX_PAGES = 60
_LETTER = (0.0, 0.0, 612.0, 792.0)
_MARGIN = (72.0, 64.0, -72.0, -72.0)
_FOOT = 8.5
CSS = """
@font-face { font-family: Inter; src: url(Inter.ttf); }
body { margin: 0; font-family: Inter, sans-serif; font-size: 12pt; line-height: 1.4; color: #111; }
p { margin: 0 0 7pt 0; }
h1 { font-size: 17pt; font-weight: normal; margin: 10pt 0 8pt 0; }
h2 { font-size: 13.5pt; font-weight: normal; color: #1d3f8f; margin: 12pt 0 4pt 0; }
ul { margin: 0 0 7pt 0; }
li { margin: 0 0 3pt 0; }
table.about td { padding: 1pt 14pt 1pt 0; }
blockquote { margin: 0 0 7pt 14pt; color: #333; }
.payer { font-size: 15pt; margin: 0; }
.small { font-size: 10pt; color: #333; }
.strong { color: #1d3f8f; }
.missing { color: #b00020; background-color: #ffe3e6; }
"""


def printed(header: Mapping[str, Any], payload: bytes, _tell: Tell) -> Answer:
    """The HTML of a letter as a PDF: US Letter, its font embedded, each page numbered with what it belongs to."""
    import pymupdf

    font = resource("fonts", "InterVariable.ttf").read_bytes()
    archive = pymupdf.Archive(font, FONT)
    body = f"<html><body>{payload.decode('utf-8', 'replace')}</body></html>"
    story = pymupdf.Story(body, user_css=CSS, archive=archive)
    out = io.BytesIO()
    writer = pymupdf.DocumentWriter(out)
    more, pages = True, 0
    while more:
        pages += 1
        if pages > MAX_PAGES:
            raise Unreadable(
                f"The letter is longer than {MAX_PAGES} pages.", "Shorten the reason.", code="letter_too_long"
            )
        device = writer.begin_page(pymupdf.Rect(_LETTER))
        more, _ = story.place(pymupdf.Rect(_LETTER) + _MARGIN)
        story.draw(device)
        writer.end_page()
    writer.close()
    document = pymupdf.open("pdf", out.getvalue())
    _number(document, str(header.get("foot", "")), font)
    document.set_metadata({"title": str(header.get("title", "")), "producer": "Countersign"})
    document.set_language("en")
    document.subset_fonts()
    return {"pages": pages}, document.tobytes(garbage=3, deflate=True)


def _number(document: Any, foot: str, font: bytes) -> None:
    """Write “Page 1 of 2” and what the letter is about at the foot of every page."""
    import pymupdf

    measure = pymupdf.Font(fontbuffer=font)
    for number, page in enumerate(document, 1):
        page.insert_font(fontname="CsFoot", fontbuffer=font)
        words = f"Page {number} of {document.page_count}"
        right = 612 - 72 - measure.text_length(words, _FOOT)
        for x, text in ((72.0, foot), (right, words)):
            page.insert_text((x, 792 - 40), text, fontname="CsFoot", fontsize=_FOOT, color=(0.3, 0.3, 0.3))
