"""What a file is, by what is in it."""

import io

import pytest
from PIL import Image

from app.domain.errors import Unreadable
from app.services import media


def picture(kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("L", (8, 8), 200).save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"%PDF-1.7\n%...", media.PDF),
        (b"\r\n\x00junk of a mail gateway\r\n" * 20 + b"%PDF-1.4\n", media.PDF),
        (picture("TIFF"), media.TIFF),
        (b"MM\x00*\x00\x00\x00\x08", media.TIFF),
        (picture("JPEG"), media.JPEG),
        (picture("PNG"), media.PNG),
    ],
)
def test_a_type_is_told_by_content(content: bytes, expected: str) -> None:
    assert media.sniff(content) == expected


def test_a_header_beyond_the_first_kilobyte_is_no_pdf() -> None:
    with pytest.raises(Unreadable):
        media.sniff(b"\x01" * 2000 + b"%PDF-1.4\n")


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "empty_file", "empty"),
        (b"\x00" * 607, "zero_file", "zeros"),
        (b"PK\x03\x04rest", "other_file", "Office"),
        (picture("GIF"), "other_file", "GIF"),
        (b"Dear colleague,\nplease find attached", "other_file", "plain text"),
        ("Überweisung für Frau Müller".encode(), "other_file", "plain text"),
        (b"<!DOCTYPE html><html></html>", "other_file", "web page"),
        (b"\x89PN\x00\x01\x02\xff\xfe garbage \x9c", "not_a_document", "damaged"),
    ],
)
def test_what_is_no_document_says_why_and_what_to_do(content: bytes, code: str, words: str) -> None:
    with pytest.raises(Unreadable) as caught:
        media.sniff(content)
    assert caught.value.code == code
    assert words in caught.value.reason
    assert caught.value.next_step
