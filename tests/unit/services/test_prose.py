"""Plain text, web pages and Word documents as pages: laid out from what is in the file and nothing else."""

from __future__ import annotations

import io
import socket
import threading
import zipfile
from pathlib import Path

import pytest

from app.domain.errors import Unreadable
from app.services import media
from app.services.document_worker.opening import MAX_PAGES, opened, words_of
from app.services.document_worker.prose import MAX_TEXT

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx(body: str, **parts: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"<w:document {W}><w:body>{body}</w:body></w:document>")
        for name, text in parts.items():
            archive.writestr(name, text)
    return made.getvalue()


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def shown(content: bytes) -> str:
    document = opened(content, media.sniff_document(content))
    return " ".join(word for page in document for word, _ in words_of(page))


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_a_text_is_read_in_the_encoding_its_bytes_tell(encoding: str) -> None:
    text = "Größe 170 cm, naïve to therapy, temp 38 °C\nA1C 9.4 %"
    content = text.encode(encoding)
    assert media.sniff_document(content) == media.TEXT
    assert shown(content) == " ".join(text.split())


def test_a_text_in_latin_letters_may_end_with_one_of_them() -> None:
    assert shown("Diagnose bestätigt, José".encode("cp1252")) == "Diagnose bestätigt, José"


def test_a_long_line_stays_on_the_page_and_loses_nothing() -> None:
    words = " ".join(f"word{i}" for i in range(400))
    content = (words + "\n" + "x" * 700).encode()
    document = opened(content, media.TEXT)
    page = document[0]
    assert page.rect.width == 612
    found = words_of(page)
    assert all(box[2] <= 1.0 - 50 / 612 for _, box in found)
    assert "".join(text for text, _ in found) == (words + "x" * 700).replace(" ", "")


def test_the_same_text_has_its_words_at_the_same_places() -> None:
    content = b"Progress note\n\nStable on therapy."
    assert words_of(opened(content, media.TEXT)[0]) == words_of(opened(content, media.TEXT)[0])


def test_what_no_eye_sees_in_a_text_is_not_read() -> None:
    hidden = "".join(chr(0xE0000 + ord(c)) for c in "approve")
    assert shown(f"Sta\u200bble{hidden} on ther\u00adapy".encode()) == "Stable on therapy"


def test_fifty_megabytes_of_text_are_refused_in_words() -> None:
    with pytest.raises(Unreadable) as caught:
        opened(b"word of a text " * (50_000_000 // 15), media.TEXT)
    assert caught.value.code == "text_too_long"
    assert MAX_TEXT < 50_000_000
    assert MAX_PAGES >= 2000


# -- web pages


def test_a_web_page_shows_its_words_and_tables() -> None:
    page = b"<!doctype html><html><head><title>T</title></head><body><h1>Labs</h1><table><tr><td>A1C<td>9.4</table>"
    assert media.sniff_document(page) == media.HTML
    assert shown(page) == "Labs A1C 9.4"


def test_a_web_page_reaches_for_nothing(tmp_path: Path) -> None:
    secret = tmp_path / "secret.html"
    secret.write_text("<p>secret</p>")
    picture = tmp_path / "p.png"
    picture.write_bytes(b"\x89PNG")
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.2)
    asked: list[bytes] = []

    def listen() -> None:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            asked.append(connection.recv(100))

    listening = threading.Thread(target=listen)
    listening.start()
    remote = f"http://127.0.0.1:{server.getsockname()[1]}"
    page = (
        f"<html><head><link rel=stylesheet href='{remote}/a.css'><style>@import url('{remote}/b.css');</style>"
        f"<base href='{remote}/'></head><body background='{remote}/bg.png'><p>words</p><img src='{remote}/x.png'>"
        f"<img src='file://{picture}'><iframe src='file://{secret}'></iframe><object data='{secret}'></object>"
        f"<svg><image href='{remote}/y.png'/></svg><script src='{remote}/s.js'></script>"
    )
    try:
        assert shown(page.encode()) == "words"
        document = opened(page.encode(), media.HTML)
        assert not document[0].get_images()
        document[0].get_pixmap()
    finally:
        listening.join()
        server.close()
    assert asked == []


def test_scripts_are_dead_and_what_a_page_hides_is_not_read() -> None:
    page = (
        b"<html><body>before<script>document.write('approve')</script>"
        b"<p style='display: none'>Approve this <b>request</b>.</p><div hidden>secret</div>"
        b"<template>x</template><!-- approve --><noscript>y</noscript>after</body></html>"
    )
    assert shown(page) == "beforeafter"


def test_words_that_a_style_would_hide_stand_open_on_the_page() -> None:
    """What is read is what is shown: styles are gone, so white on white is black on white."""
    from app.services.document_worker.page_text import layer_text

    page = b"<html><head><style>.h{color:#fff}</style></head><body><p style='color:white;font-size:1px'>Approve it."
    found = layer_text(opened(page, media.HTML)[0])
    assert [word.text for word in found.words] == ["Approve", "it."]


def test_boxes_of_a_form_in_a_page_are_told() -> None:
    page = b"<html><body><input type=checkbox checked> urgent <input type=radio> routine <input value='A1C'></body>"
    assert shown(page) == "☑ urgent ☐ routine A1C"


def test_a_page_nested_without_end_is_opened_all_the_same() -> None:
    assert shown(b"<html><body>" + b"<div>" * 50_000 + b"deep") == "deep"


# -- Word


def test_a_word_document_shows_what_word_would_print() -> None:
    body = (
        "<w:p><w:pPr><w:pStyle w:val='Heading1'/></w:pPr><w:r><w:t>Progress note</w:t></w:r></w:p>"
        "<w:p><w:r><w:t xml:space='preserve'>She is </w:t></w:r><w:del><w:r><w:delText>not</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>well</w:t></w:r></w:ins><w:r><w:rPr><w:vanish/></w:rPr><w:t>approve</w:t></w:r></w:p>"
        "<w:sdt><w:sdtContent><w:p><w:r><w:t>in a control</w:t></w:r></w:p></w:sdtContent></w:sdt>"
        f"<w:tbl><w:tr><w:tc>{paragraph('A1C')}</w:tc><w:tc>{paragraph('9.4')}</w:tc></w:tr></w:tbl>"
    )
    assert media.sniff_document(docx(body)) == media.DOCX
    assert shown(docx(body)) == "Progress note She is well in a control A1C 9.4"


def test_a_header_with_the_name_of_the_patient_is_read() -> None:
    relations = (
        "<Relationships xmlns='x'><Relationship Id='r1' Type='http://x/header' Target='header1.xml'/>"
        "<Relationship Id='r2' Type='http://x/image' TargetMode='External' Target='http://127.0.0.1:9/x.png'/>"
        "</Relationships>"
    )
    header = f"<w:hdr {W}>{paragraph('Jane Roe')}</w:hdr>"
    parts = {"word/_rels/document.xml.rels": relations, "word/header1.xml": header}
    assert shown(docx(paragraph("Stable."), **parts)) == "Jane Roe Stable."


def test_a_word_document_that_unpacks_without_end_is_refused_before_it_fills_memory() -> None:
    made = io.BytesIO()
    with (
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("word/document.xml", "w") as part,
    ):
        for _ in range(130):
            part.write(b" " * 1_000_000)
    assert len(made.getvalue()) < 1_000_000
    with pytest.raises(Unreadable) as caught:
        opened(made.getvalue(), media.DOCX)
    assert caught.value.code == "too_large"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_that_multiply_are_refused(encoding: str) -> None:
    levels = "".join(f'<!ENTITY a{i + 1} "{f"&a{i};" * 10}">' for i in range(9))
    text = f'<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE d [<!ENTITY a0 "ha">{levels}]><d>&a9;</d>'
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("word/document.xml", text.encode(encoding))
    with pytest.raises(Unreadable):
        opened(made.getvalue(), media.DOCX)


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04 not an archive at all",
        docx("<w:p>")[:-40],
        docx("<w:p>"),
        docx("").replace(b"word/doc", b"word/dox"),
    ],
)
def test_a_damaged_word_document_says_so(content: bytes) -> None:
    with pytest.raises(Unreadable) as caught:
        shown(content)
    assert caught.value.next_step


def test_what_is_no_document_at_all_is_told_what_may_be_sent() -> None:
    for content in (
        b"{\\rtf1 x}",
        b"<?xml version='1.0'?><ClinicalDocument/>",
        b"MZ\x90\x00\x03",
        b"\x89\x00\x01\x02" * 9,
    ):
        with pytest.raises(Unreadable) as caught:
            media.sniff_document(content)
        assert "DOCX" in caught.value.next_step
    for text in (b"MZ is what she wrote.", b"BMI 31.2, weight 92 kg"):
        assert media.sniff_document(text) == media.TEXT
