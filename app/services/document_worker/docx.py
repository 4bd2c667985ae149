"""Word documents as markup: paragraphs, tables, pictures, headers and footers, as Word would print them."""

from __future__ import annotations

import base64
import io
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from app.domain.errors import Unreadable
from app.services.document_worker import prose

_MOST_PARTS = 4000
_MOST_BYTES = 120_000_000
"""Unpacked, of all parts that are looked at together."""
_MOST_MARKUP = 40_000_000
"""Unpacked, of one part of markup: its tree takes ten times as much."""
_MOST_PICTURES = 200
_DEEPEST = 60
_SEND_AGAIN = "Ask the sender to print it to a PDF and send that."
_MAIN = "word/document.xml"


def body_of(content: bytes) -> str:
    """The document as markup for a page. Raises `Unreadable` for what is no Word document, or unpacks to too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _Reading(archive).body()
    except (
        zipfile.BadZipFile, ET.ParseError, KeyError, RuntimeError, NotImplementedError, EOFError,
        ValueError, OSError,
    ) as error:  # fmt: skip
        raise Unreadable(
            "The Word document is damaged and could not be opened.", _SEND_AGAIN, code="broken"
        ) from error


@dataclass(slots=True)
class _Reading:
    archive: zipfile.ZipFile
    left: int = _MOST_BYTES
    pictures: int = 0
    notes: dict[str, str] = field(default_factory=dict)

    def body(self) -> str:
        if len(self.archive.infolist()) > _MOST_PARTS:
            raise _bomb()
        names = set(self.archive.namelist())
        parts = []
        beside = self._beside(names)
        for name in (*beside["header"], _MAIN, *beside["footnotes"], *beside["endnotes"], *beside["footer"]):
            text = self._part(name)
            if re.sub("<[^>]*>", "", text).strip() or "<img" in text:
                parts.append(
                    text if name == _MAIN else f"{text}<hr/>" if "header" in name else f"<hr/>{text}"
                )
        found: list[str] = []
        for part in parts:  # sections repeat their headers
            if part not in found:
                found.append(part)
        return "".join(found)

    def _beside(self, names: set[str]) -> dict[str, list[str]]:
        """The headers, notes and footers that the document itself refers to."""
        found: dict[str, list[str]] = {"header": [], "footer": [], "footnotes": [], "endnotes": []}
        for kind, target in self._relations(_MAIN, names).values():
            if kind in found and target in names and target not in found[kind]:
                found[kind].append(target)
        return found

    def _relations(self, name: str, names: set[str]) -> dict[str, tuple[str, str]]:
        """What a part refers to inside the file: (kind, part) by id."""
        folder, file = posixpath.split(name)
        beside = f"{folder}/_rels/{file}.rels"
        if beside not in names:
            return {}
        relations = {}
        for each in ET.fromstring(self._read(beside)):  # noqa: S314 - no entities, no DTD: see `_read`
            if each.get("TargetMode") == "External":
                continue
            target = each.get("Target", "")
            inside = (
                target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"{folder}/{target}")
            )
            relations[each.get("Id", "")] = (each.get("Type", "").rpartition("/")[2], inside)
        return relations

    def _read(self, name: str) -> bytes:
        """One part unpacked, never more than is left of the limit, whatever its entry says of its size."""
        most = min(self.left, _MOST_MARKUP) if name.endswith((".xml", ".rels")) else self.left
        with self.archive.open(name) as stream:
            data = stream.read(most + 1)
        self.left -= len(data)
        if len(data) > most:
            raise _bomb()
        if name.endswith((".xml", ".rels")) and (b"<!DOCTYPE" in data or b"<!ENTITY" in data):
            raise Unreadable("The Word document holds what none should hold.", _SEND_AGAIN, code="broken")
        return data

    def _part(self, name: str) -> str:
        root = ET.fromstring(self._read(name))  # noqa: S314 - no entities, no DTD: see `_read`
        relations = self._relations(name, set(self.archive.namelist()))
        written = "".join(self._blocks(root, relations, 0))
        if len(written) > 4 * prose.MAX_TEXT and "<img" not in written:
            raise prose.too_long()
        return written

    def _blocks(self, place: ET.Element, relations: dict[str, tuple[str, str]], depth: int) -> Iterator[str]:
        if depth > _DEEPEST:
            return
        for each in place:
            tag = _name(each)
            if tag == "p":
                yield self._paragraph(each, relations, depth)
            elif tag == "tbl":
                yield "<table>"
                for row in _inner(each, "tr"):
                    yield "<tr>"
                    for cell in _inner(row, "tc"):
                        inside = "".join(self._blocks(cell, relations, depth + 1))
                        yield f"<td{_span(cell)}>{inside or ' '}</td>"
                    yield "</tr>"
                yield "</table>"
            elif tag not in ("del", "moveFrom", "sectPr", "tblPr", "pPr", "Fallback"):
                yield from self._blocks(each, relations, depth + 1)

    def _paragraph(self, paragraph: ET.Element, relations: dict[str, tuple[str, str]], depth: int) -> str:
        tag, before = "p", ""
        for properties in _inner(paragraph, "pPr"):
            for each in properties.iter():
                name, value = _name(each), _value(each)
                if name == "pStyle" and (level := re.fullmatch(r"(?i)heading ?([1-6])|title", value)):
                    tag = f"h{level.group(1) or 1}"
                elif name == "numPr" and tag == "p":
                    before = "• "
        after: list[str] = []
        words = "".join(self._runs(paragraph, relations, depth, after))
        if not words and not after:
            return ""
        return f"<{tag}>{before}{words}</{tag}>" + "".join(after)

    def _runs(
        self,
        place: ET.Element,
        relations: dict[str, tuple[str, str]],
        depth: int,
        after: list[str],
    ) -> Iterator[str]:
        if depth > _DEEPEST:
            return
        for each in place:
            tag = _name(each)
            if tag == "t":
                yield prose.shown(each.text or "")
            elif tag in ("tab", "ptab"):
                yield "&#160;&#160;&#160; "
            elif tag in ("br", "cr"):
                yield "<br/>"
            elif tag == "noBreakHyphen":
                yield "-"
            elif tag == "sym":
                yield _symbol(each)
            elif tag == "checked":
                yield "☑" if _value(each) not in ("0", "false") else "☐"
            elif tag == "blip":
                after.append(self._picture(each, relations))
            elif tag == "txbxContent":
                after.extend(self._blocks(each, relations, depth + 1))
            elif tag == "r" and _hidden(each):
                continue
            elif tag not in ("del", "moveFrom", "pPr", "rPr", "instrText", "delText", "Fallback", "sdtPr"):
                yield from self._runs(each, relations, depth + 1, after)

    def _picture(self, blip: ET.Element, relations: dict[str, tuple[str, str]]) -> str:
        target = next(
            (relations[v][1] for k, v in blip.attrib.items() if k.endswith("}embed") and v in relations), ""
        )
        kind = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".gif": "gif"}.get(
            posixpath.splitext(target)[1].lower()
        )
        self.pictures += 1
        if not kind or self.pictures > _MOST_PICTURES:
            return "<p>[picture]</p>"
        data = base64.b64encode(self._read(target)).decode("ascii")
        return f'<p><img src="data:image/{kind};base64,{data}"/></p>'


def _name(element: ET.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _value(element: ET.Element) -> str:
    return next((v for k, v in element.attrib.items() if k.rpartition("}")[2] == "val"), "")


def _inner(place: ET.Element, name: str) -> Iterator[ET.Element]:
    """The children of a name, also those that a wrapper (a content control, an insertion) holds."""
    for each in place:
        tag = _name(each)
        if tag == name:
            yield each
        elif tag in ("sdt", "sdtContent", "ins", "moveTo", "customXml"):
            yield from _inner(each, name)


def _hidden(run: ET.Element) -> bool:
    """Whether Word would not print a run."""
    return any(
        _name(mark) == "vanish" and _value(mark) not in ("0", "false")
        for properties in _inner(run, "rPr")
        for mark in properties
    )


def _span(cell: ET.Element) -> str:
    for properties in _inner(cell, "tcPr"):
        for each in properties:
            if _name(each) == "gridSpan" and _value(each).isdecimal() and 1 < int(_value(each)) < 64:
                return f' colspan="{int(_value(each))}"'
    return ""


def _symbol(element: ET.Element) -> str:
    """A character of a symbol font: boxes of Wingdings are told, others are a mark."""
    code = next((v for k, v in element.attrib.items() if k.endswith("}char")), "").upper()
    return {"F0FE": "☑", "F0FD": "☒", "F0A8": "☐", "F06F": "☐", "F0FC": "✓", "F0B3": "≥", "F0A3": "≤"}.get(
        code, "•"
    )


def _bomb() -> Unreadable:
    return Unreadable(
        "The Word document unpacks to far more than a document holds.", _SEND_AGAIN, code="too_large"
    )
