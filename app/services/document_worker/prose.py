"""Plain text, web pages and Word documents laid out as pages, by MuPDF and with nothing but what is in the file.

What is shown is what is read: every way of hiding words by style is dropped with the styles, scripts and
references to anything outside the file are never handed on, deleted text of a Word document is left out.
The layout is fixed (US letter, one font): the words of a file stand at the same place each time it is opened.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Any

from app.domain.errors import Unreadable
from app.services import media

MAX_TEXT = 8_000_000
"""Characters of a document: about what the most pages that can be taken in hold."""
_PAGE = (612.0, 792.0)
_SIZE = 10.5
_LONGEST = 60
"""Characters without a blank after which a line may break: a page holds about ninety."""
_STYLE = (
    "@page{margin:54px}"
    "body{font-family:sans-serif;font-size:10.5pt;line-height:1.35;color:#000}"
    "pre{white-space:pre-wrap;font-family:monospace;font-size:9.5pt}"
    "h1{font-size:15pt}h2{font-size:13pt}h3,h4,h5,h6{font-size:11.5pt}"
    "table{border-collapse:collapse}td,th{border:1px solid #999;padding:3px}"
)
_NOTHING_SHOWN = re.compile(
    "[\u200b\u200c\u200d\u2060\ufeff\u00ad\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]"
)
"""Characters that show nothing: they would hide words from the eye, or part those that stand together."""


def laid_out(content: bytes, media_type: str) -> Any:
    """A `pymupdf.Document` of the text. Raises `Unreadable` when there is none, or far too much."""
    if media_type == media.DOCX:
        from app.services.document_worker.docx import body_of

        body = body_of(content)
    elif media_type == media.HTML:
        body = clean_html(text_of(content))
    else:
        body = _preformatted(text_of(content))
    document = _document(body)
    if media_type != media.TEXT:
        said = html.unescape(re.sub("<[^>]*>", " ", body))
        if _letters(page.get_text() for page in document) < _WHOLE * _letters([said]):
            document = _document(_preformatted(re.sub(r"\s*\n\s*", "\n", said)))
    return document


def _document(body: str) -> Any:
    import pymupdf

    page = f"<html><head><style>{_STYLE}</style></head><body>{body}</body></html>"
    document = pymupdf.open(stream=page.encode("utf-8", "replace"), filetype="html")
    document.layout(width=_PAGE[0], height=_PAGE[1], fontsize=_SIZE)
    return document


def _letters(texts: Iterable[str]) -> int:
    return sum(sum(map(str.isalnum, text)) for text in texts)


def text_of(content: bytes) -> str:
    """The characters of a text file, by its own marks: a byte order mark, UTF-16 by its zeros, UTF-8, else
    Windows Latin-1. Raises `Unreadable` when it is too long.
    """
    if len(content) > 4 * MAX_TEXT:
        raise too_long()
    text = media.decoded(content)
    if len(text) > MAX_TEXT:
        raise too_long()
    return text


def too_long() -> Unreadable:
    return Unreadable(
        "The text is longer than a document may be.",
        "Ask the sender to send the part that belongs to the request.",
        code="text_too_long",
    )


def shown(text: str) -> str:
    """Text for a page: safe in markup, only what can be seen, with places to break in very long words."""
    text = _NOTHING_SHOWN.sub("", text)
    text = "".join(c if c.isprintable() or c in "\n\t " else " " for c in text)
    text = re.sub(rf"\S{{{_LONGEST}}}(?=\S)", "\\g<0>\u200b", text)
    return html.escape(text)


def _preformatted(text: str) -> str:
    pages = text.expandtabs(8).replace("\r\n", "\n").replace("\r", "\n").split("\f")
    return "<hr/>".join(f"<pre>{shown(page)}</pre>" for page in pages if page.strip())


_KEPT = frozenset(
    re.findall(
        r"\w+",
        "p div h1 h2 h3 h4 h5 h6 ul ol li dl dt dd table thead tbody tfoot tr td th caption pre blockquote b i em"
        " strong u sub sup section article header footer main",
    )
)
_ALONE = frozenset({"br", "hr"})
_DEAD = frozenset(
    re.findall(r"\w+", "script style head title template noscript iframe object embed applet svg math select")
)
_VOID = frozenset(re.findall(r"\w+", "area base br col embed hr img input link meta param source track wbr"))
_OF_TABLES = frozenset(("thead", "tbody", "tfoot", "tr", "td", "th", "caption"))
_IMPLIED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "td": (("td", "th"), ("tr", "table")),
    "th": (("td", "th"), ("tr", "table")),
    "tr": (("tr",), ("table",)),
    "li": (("li",), ("ul", "ol")),
    "dt": (("dt", "dd"), ("dl",)),
    "dd": (("dt", "dd"), ("dl",)),
    "p": (("p",), ("td", "th", "li", "div", "table")),
}
"""What a tag ends that was left open, and within what it looks for it."""
_SPANS = ("colspan", "rowspan")
_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_DATA_PICTURE = re.compile(r"data:image/(png|jpeg|jpg|gif);base64,[A-Za-z0-9+/=\s]+", re.IGNORECASE)
_DEEPEST = 40
_FORGOTTEN = 400
"""Tags within tags from which on they are not even counted."""
_DEEPEST_TABLE = 4
"""MuPDF leaves out what stands in boxes within boxes without end; the words of deeper ones flow together."""
_WHOLE = 0.98
"""Share of the letters of a file that has to be on its pages; with less, its words are laid out as plain text."""


class _Cleaner(HTMLParser):
    """Keeps words, their structure and pictures that are in the page itself; everything else is dropped."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self._dead: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        hidden = "hidden" in given or _HIDING.search(given.get("style") or "") is not None
        if self._dead or tag in _DEAD or hidden:
            if tag not in _VOID:
                self._dead.append(tag)
            return
        if tag == "img":
            self._picture(given)
        elif tag == "input":
            self._input(given)
        elif tag in _ALONE:
            self.parts.append(f"<{tag}/>")
        elif tag in _KEPT and len(self._open) < _FORGOTTEN:
            self._close_implied(tag)
            kept = len(self._open) < _DEEPEST and not self._too_deep(tag)
            spans = "".join(
                f' {name}="{int(value)}"'
                for name in _SPANS
                if (value := given.get(name) or "").isdecimal() and 1 < int(value) < 100
            )
            self._open.append((tag, kept))
            self.parts.append(f"<{tag}{spans}>" if kept else " ")

    def _too_deep(self, tag: str) -> bool:
        """Whether a table, or a part of one, stands in tables within tables."""
        tables = [kept for each, kept in self._open if each == "table"]
        return (
            len(tables) >= _DEEPEST_TABLE if tag == "table" else tag in _OF_TABLES and tables[-1:] == [False]
        )

    def _close_implied(self, tag: str) -> None:
        """End what a page need not end itself: a cell before the next, a paragraph before the next."""
        ends, within = _IMPLIED.get(tag, ((), ()))
        for each, _ in reversed(self._open):
            if each in within:
                return
            if each in ends:
                self.handle_endtag(each)
                return

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._dead:
            if tag in self._dead:
                while self._dead.pop() != tag:
                    pass
            return
        if any(each == tag for each, _ in self._open):
            while self._open:
                last, kept = self._open.pop()
                self.parts.append(f"</{last}>" if kept else " ")
                if last == tag:
                    break

    def handle_data(self, data: str) -> None:
        if not self._dead:
            self.parts.append(shown(data))

    def _picture(self, given: dict[str, str | None]) -> None:
        source = (given.get("src") or "").strip()
        if _DATA_PICTURE.fullmatch(source):
            self.parts.append(f'<p><img src="{source}"/></p>')
        elif given.get("alt"):
            self.parts.append(shown(f"[{given['alt']}]"))

    def _input(self, given: dict[str, str | None]) -> None:
        kind = (given.get("type") or "text").lower()
        if kind in ("checkbox", "radio"):
            self.parts.append("☑ " if "checked" in given else "☐ ")
        elif kind not in ("hidden", "submit", "button", "password"):
            self.parts.append(shown(given.get("value") or ""))

    def finished(self) -> str:
        self.close()
        while self._open:
            last, kept = self._open.pop()
            self.parts.append(f"</{last}>" if kept else " ")
        return "".join(self.parts)


def clean_html(text: str) -> str:
    """The body of a web page with its words, structure and its own pictures, and nothing that acts or refers."""
    cleaner = _Cleaner()
    cleaner.feed(text)
    return cleaner.finished()
