"""What kind of file some bytes are, told by what is in them and never by a name."""

from __future__ import annotations

from app.domain.errors import Unreadable

PDF = "application/pdf"
TIFF = "image/tiff"
JPEG = "image/jpeg"
PNG = "image/png"

MEDIA_TYPES = (PDF, TIFF, JPEG, PNG)
"""What can be taken in."""

EXTENSIONS = {PDF: ".pdf", TIFF: ".tif", JPEG: ".jpg", PNG: ".png"}

# Scanners and mail gateways put headers before a PDF; readers look for it in the first kilobyte.
_PDF_REACH = 1024
_SEND_AGAIN = "Ask the sender to send it again."
_SEND_AS = "Send it as PDF, TIFF, JPEG or PNG."

_OTHERS: tuple[tuple[bytes, int, str], ...] = (
    (b"PK\x03\x04", 0, "a ZIP archive or an Office document"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0, "an older Office document"),
    (b"{\\rtf", 0, "a Rich Text document"),
    (b"ftypheic", 4, "a HEIC photo"),
    (b"ftypheix", 4, "a HEIC photo"),
    (b"ftypmif1", 4, "a HEIC photo"),
    (b"ftypavif", 4, "an AVIF picture"),
    (b"GIF8", 0, "a GIF picture"),
    (b"BM", 0, "a BMP picture"),
    (b"WEBP", 8, "a WebP picture"),
    (b"%!PS", 0, "a PostScript file"),
    (b"\x1f\x8b", 0, "a compressed archive"),
    (b"7z\xbc\xaf\x27\x1c", 0, "a compressed archive"),
    (b"Rar!", 0, "a compressed archive"),
    (b"\x7fELF", 0, "a program"),
    (b"MZ", 0, "a program"),
)


def sniff(content: bytes) -> str:
    """The media type of a file: one of `MEDIA_TYPES`. Raises `Unreadable` with the reason and a next step.

    Only the beginning is looked at: a file can pass here and still prove broken when it is opened.
    """
    if not content:
        raise Unreadable("The file is empty.", _SEND_AGAIN, code="empty_file")
    head = content[:_PDF_REACH]
    if head.startswith((b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")):
        return TIFF
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if b"%PDF-" in head:
        return PDF
    if not content.strip(b"\x00"):
        raise Unreadable("The file holds nothing but zeros.", _SEND_AGAIN, code="zero_file")
    for mark, offset, what in _OTHERS:
        if head.startswith(mark, offset):
            raise Unreadable(
                f"This is {what}, not a document that can be read here.",
                _SEND_AS,
                code="other_file",
                what=what,
            )
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<?xml")):
        raise Unreadable(
            "This is a web page or XML, not a scanned document.",
            _SEND_AS,
            code="other_file",
            what="a web page or XML",
        )
    if _is_text(head):
        raise Unreadable(
            "This is a plain text file, not a scanned document.",
            _SEND_AS,
            code="other_file",
            what="a plain text file",
        )
    raise Unreadable(
        "This is not a PDF, TIFF, JPEG or PNG, or its beginning is damaged.",
        f"{_SEND_AS} If it should be one, ask the sender to send it again.",
        code="not_a_document",
    )


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        # The cut at the end may fall inside a character.
        if error.start < len(head) - 4:
            return False
        text = head[: error.start].decode("utf-8")
    return all(c.isprintable() or c in "\t\r\n\f" for c in text)
