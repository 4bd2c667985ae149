"""Opening a file with MuPDF in a worker: what cannot be opened says why, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from app.domain.errors import Unreadable
from app.services import media

MAX_PAGES = 2000
MAX_SIDE = 14_400.0
"""Points: the largest page the PDF standard allows."""

_BITS_PER_SAMPLE = 258
"""The TIFF tag that says how deep each channel is."""

_SEND_AGAIN = "Ask the sender to send it again."
_FILE_TYPES = {media.PDF: "pdf", media.TIFF: "tiff", media.JPEG: "jpeg", media.PNG: "png"}


@contextmanager
def telling_what_is_broken() -> Iterator[None]:
    """Whatever a damaged file makes the library raise becomes `Unreadable`; its own text is dropped."""
    try:
        yield
    except Unreadable:
        raise
    except MemoryError as error:
        raise Unreadable(
            "The file needs more memory than a document may take.",
            "Ask the sender to scan it again at 200 to 300 dpi.",
            code="too_large",
        ) from error
    except Exception as error:
        # A hostile file can make the library raise anything at all; the file is then what is wrong.
        raise Unreadable(
            "The file is damaged and could not be opened.", _SEND_AGAIN, code="broken"
        ) from error


def opened(content: bytes, media_type: str) -> Any:
    """A `pymupdf.Document` of the bytes, with at least one page. Raises `Unreadable`."""
    import pymupdf

    if media_type not in media.DOCUMENT_TYPES:
        media_type = media.sniff_document(content)
    if media_type == media.PDF:
        start = content.find(b"%PDF-", 0, 1024)
        if start > 0:
            content = content[start:]
    with telling_what_is_broken():
        try:
            if media_type in media.PROSE:
                from app.services.document_worker.prose import laid_out

                document = laid_out(content, media_type)
            elif media_type == media.TIFF and _deep(content):
                document = _through_pillow(content)
            else:
                document = pymupdf.open(stream=content, filetype=_FILE_TYPES[media_type])
            count = document.page_count
        except Unreadable:
            raise
        except Exception:
            # MuPDF does not know every kind of TIFF and JPEG (old JPEG-in-TIFF, CMYK oddities); Pillow knows others.
            if media_type == media.PDF or media_type in media.PROSE:
                raise
            document = _through_pillow(content)
            count = document.page_count
        if document.needs_pass and not document.authenticate(""):
            raise Unreadable(
                "The file is locked with a password.",
                "Ask the sender for a copy without a password.",
                code="encrypted",
            )
        count = document.page_count
        if count < 1:
            raise Unreadable("The file has no pages.", _SEND_AGAIN, code="no_pages")
        if count > MAX_PAGES:
            raise Unreadable(
                f"The file has {count} pages; at most {MAX_PAGES} can be taken in at once.",
                "Ask the sender to send it in parts.",
                code="too_many_pages",
                pages=count,
            )
        document[0].rect  # noqa: B018  a file whose first page cannot be reached is told now
        return document


def _deep(content: bytes) -> bool:
    """Whether a TIFF has more than 8 bits a sample: MuPDF reads those wrongly when they are predicted."""
    import io

    from PIL import Image

    try:
        with Image.open(io.BytesIO(content)) as picture:
            return bool(max(picture.tag_v2.get(_BITS_PER_SAMPLE, (1,))) > 8)  # type: ignore[attr-defined]
    except Exception:  # noqa: BLE001 - whatever is wrong with it, MuPDF says whether it can be opened
        return False


def _through_pillow(content: bytes) -> Any:
    """The pictures of an image file as a document of PNG pages, upright by their EXIF orientation."""
    import io

    import pymupdf
    from PIL import Image, ImageOps, ImageSequence

    Image.MAX_IMAGE_PIXELS = 200_000_000
    document = pymupdf.open()
    with Image.open(io.BytesIO(content)) as picture:
        for frame in ImageSequence.Iterator(picture):
            if document.page_count >= MAX_PAGES:
                break
            dpi = float((frame.info.get("dpi") or (150,))[0] or 150)
            dpi = dpi if 50 <= dpi <= 1200 else 150.0
            if frame.mode.startswith("I;16"):  # converting would cut everything above 255 to white
                frame = frame.convert("I").point(lambda level: level / 257).convert("L")
            upright = ImageOps.exif_transpose(frame).convert("RGB")
            stored = io.BytesIO()
            upright.save(stored, "PNG", compress_level=1)
            page = document.new_page(width=upright.width * 72 / dpi, height=upright.height * 72 / dpi)
            page.insert_image(page.rect, stream=stored.getvalue())
    return document


def page_size(page: Any) -> tuple[float, float]:
    """Width and height in points as shown. Raises `Unreadable` for sizes no page has."""
    width, height = float(page.rect.width), float(page.rect.height)
    if not (1.0 <= width <= MAX_SIDE and 1.0 <= height <= MAX_SIDE):
        raise Unreadable(
            "A page has a size that no page can have.",
            "Ask the sender to print it to a new PDF and send that.",
            code="page_size",
        )
    return width, height


def as_shown(page: Any, rectangle: Sequence[float]) -> tuple[float, float, float, float]:
    """A rectangle of the page's own content (before its /Rotate) in points of the page as shown."""
    import pymupdf

    turned = pymupdf.Rect(rectangle) * page.rotation_matrix if page.rotation else pymupdf.Rect(rectangle)
    return float(turned.x0), float(turned.y0), float(turned.x1), float(turned.y1)


def words_of(page: Any) -> list[tuple[str, tuple[float, float, float, float]]]:
    """The visible words of the page's text layer in reading order, each with its box in page fractions."""
    width, height = page_size(page)
    shown = []
    for *corners, text, _block, _line, _word in page.get_text("words", sort=True):
        x0, y0, x1, y1 = as_shown(page, corners)
        box = (
            min(1.0, max(0.0, x0 / width)),
            min(1.0, max(0.0, y0 / height)),
            min(1.0, max(0.0, x1 / width)),
            min(1.0, max(0.0, y1 / height)),
        )
        text = text.replace("\u200b", "")  # where a very long word may be broken
        if text.strip() and box[0] < box[2] and box[1] < box[3]:
            shown.append((text, box))
    return shown
