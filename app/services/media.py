"""What kind of file some bytes are, told by what is in them and never by a name."""

from __future__ import annotations

import io
import re

from app.domain.errors import Unreadable

PDF = "application/pdf"
TIFF = "image/tiff"
JPEG = "image/jpeg"
PNG = "image/png"

TEXT = "text/plain"
HTML = "text/html"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

MEDIA_TYPES = (PDF, TIFF, JPEG, PNG)
"""What a form can arrive as."""

PROSE = (TEXT, HTML, DOCX)
"""What is laid out as pages here: a clinical document or a guideline may be one, a form never."""

DOCUMENT_TYPES = (*MEDIA_TYPES, *PROSE)
"""What can be opened."""

EXTENSIONS = {
    PDF: ".pdf",
    TIFF: ".tif",
    JPEG: ".jpg",
    PNG: ".png",
    TEXT: ".txt",
    HTML: ".html",
    DOCX: ".docx",
}

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


def sniff_document(content: bytes) -> str:
    """The media type of a document that need not be a form: one of `DOCUMENT_TYPES`. Raises `Unreadable`."""
    if content.startswith(b"PK\x03\x04"):
        if _is_docx(content):
            return DOCX
    elif kind := _prose_kind(content[:_PROSE_REACH]):
        return kind
    try:
        return sniff(content)
    except Unreadable as error:
        error.next_step = error.next_step.replace(_SEND_AS, _SEND_DOCUMENT_AS)
        raise


def decoded(content: bytes) -> str:
    """The characters of a text file: by its byte order mark, as UTF-16 by its zeros, as UTF-8, else as Latin-1 as
    Windows writes it. Never fails.
    """
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace")
    head = content[:_PROSE_REACH]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if len(head) >= 4 and max(even, odd) > 0.3 * (len(head) // 2) > 3 * min(even, odd):
        encoding = "utf-16-be" if even > odd else "utf-16-le"
        wide = head.decode(encoding, "replace")
        if sum(c < "\u0250" for c in wide) > 0.7 * len(wide):
            return content.decode(encoding, "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        if error.start >= len(content) - 3 and not before.isascii():
            return before.decode("utf-8", "ignore")  # cut in the middle of its last character
        return content.decode("cp1252", "replace")


_PROSE_REACH = 8192
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_SEND_DOCUMENT_AS = "Send it as PDF, TIFF, JPEG, PNG, text, HTML or DOCX."
_PAGE_BEGINS = re.compile(
    r"(?:\s|<!--.*?-->|<\?xml[^>]*\?>)*<(?:!doctype\s+html|html|head|body|title|meta|div|p|table|h[1-6])[\s>]",
    re.IGNORECASE | re.DOTALL,
)


def _is_docx(content: bytes) -> bool:
    import zipfile

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "word/document.xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def _prose_kind(head: bytes) -> str:
    """Whether a file begins as a web page or as plain text; empty when as neither."""
    if b"%PDF-" in head[:_PDF_REACH] or any(
        head.startswith(m, at) for m, at, _ in _OTHERS if m not in (b"BM", b"MZ")
    ):
        return ""
    text = decoded(head).rstrip("\ufffd")
    if not text.strip():
        return ""
    if _PAGE_BEGINS.match(text):
        return HTML
    if text.lstrip().lower().startswith("<?xml"):
        return ""
    odd = sum(
        1 for c in text if (c < " " and c not in "\t\r\n\f\v") or "\x7f" <= c <= "\x9f" or c == "\ufffd"
    )
    return TEXT if odd <= 0.002 * len(text) else ""


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        # The cut at the end may fall inside a character.
        if error.start < len(head) - 4:
            return False
        text = head[: error.start].decode("utf-8")
    return all(c.isprintable() or c in "\t\r\n\f" for c in text)
