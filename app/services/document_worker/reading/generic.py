"""Forms nobody has defined: labels are paired with what stands beside or below them.

Fillable fields are taken as they are. Otherwise a label is a text that ends in a colon (or stands before
a printed box), its value what follows on the same line or right below it; headings name the sections.
Everything found this way is less sure of its place than on a known form, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np

from app.domain.box import Box
from app.domain.form import Doubt, FieldKind, FormField, Source
from app.services.document_worker.reading.confidence import blank_evidence, box_evidence, text_evidence
from app.services.document_worker.reading.engine import Gray, Line
from app.services.document_worker.reading.fillable import Widget, slug
from app.services.document_worker.reading.form import unique
from app.services.document_worker.reading.picture import gray_of

FORM_TYPE = "generic"
VERSION = "1"
_PLACEMENT = 0.75
_MOST_FIELDS = 400


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A line of text on the upright page, in fractions of it."""

    line: Line
    box: Box
    exact: bool

    @property
    def text(self) -> str:
        return self.line.text


@dataclass(frozen=True, slots=True)
class GenericPage:
    number: int
    turns: int
    pixels: Gray
    lines: tuple[PlacedLine, ...]
    widgets: tuple[Widget, ...]


def read_generic(pages: Sequence[GenericPage], document_id: str) -> tuple[FormField, ...]:
    """The fields of an unknown form, page by page."""
    fields: list[FormField] = []
    taken: set[str] = set()
    for page in pages:
        found = _fillable(page) if page.widgets else []
        found += _paired(page, [f.box for f in found if f.box])
        for field in found:
            if len(fields) >= _MOST_FIELDS:
                return tuple(fields)
            path = unique(field.path, taken)
            fields.append(_with(field, path, document_id, len(fields)))
    return tuple(fields)


def _with(field: FormField, path: str, document_id: str, order: int) -> FormField:
    return replace(field, path=path, document_id=document_id, order=order)


# -- fillable


def _fillable(page: GenericPage) -> list[FormField]:
    fields = []
    upright = [w.box.turned(page.turns) for w in page.widgets]
    ordered = sorted(zip(page.widgets, upright, strict=True), key=lambda w: (round(w[1].y0 * 60), w[1].x0))
    for widget, box in ordered:
        printed = _label_beside(page.lines, box, widget.is_box)
        # A tooltip was written for people; a name such as Text17 was not.
        label = widget.label or printed or ("" if _meaningless(widget.name) else widget.name) or "Field"
        kind = (
            FieldKind.TICK_BOX
            if widget.is_box
            else FieldKind.SIGNATURE
            if widget.signature
            else _kind_of(label)
        )
        fields.append(
            FormField(
                slug(label) or widget.path, label, _section_at(page.lines, box), kind,
                widget.ticked if widget.is_box else widget.value, 1.0, 1.0, Source.FILLABLE, "", page.number,
                widget.box,
            )
        )  # fmt: skip
    return fields


def _meaningless(name: str) -> bool:
    return (
        re.fullmatch(
            r"(text|check ?box|field|undefined|untitled|group|button|radio)?[ _.-]?\d*(\.\d+)*", name.lower()
        )
        is not None
    )


def _label_beside(lines: Sequence[PlacedLine], box: Box, is_box: bool) -> str:
    """The printed text that belongs to a place: right of a tick box, else left of it or right above."""
    best, best_distance = "", 0.12
    for line in lines:
        other = line.box
        level = min(box.y1, other.y1) - max(box.y0, other.y0) > 0.3 * min(box.height, other.height)
        if is_box:
            distance = other.x0 - box.x1 if level and other.x0 >= box.x0 else 1.0
            distance = abs(distance)
        elif level and other.x1 <= box.x0 + 0.25 * box.width:
            distance = abs(box.x0 - other.x1)
        elif other.y1 <= box.y0 + 0.4 * box.height and other.x0 < box.x1 and other.x1 > box.x0:
            distance = 1.5 * (box.y0 - other.y1) + 0.01 + 0.2 * max(0.0, box.x0 - other.x0)
        else:
            continue
        if 0 <= distance < best_distance:
            best, best_distance = line.text, distance
    return _label(best)


# -- pairs


@dataclass(frozen=True, slots=True)
class _Pair:
    label: str
    value: Line | None
    box: Box
    exact: bool
    placement: float


def _paired(page: GenericPage, taken: Sequence[Box]) -> list[FormField]:
    found: list[tuple[Box, FormField]] = []
    used: set[int] = set()
    lines = page.lines
    covered = [b.turned(page.turns) for b in taken]
    frames = printed_boxes(page.pixels)
    for frame, fill in frames:
        if any(frame.overlap(c) > 0 for c in covered):
            continue
        label = _label_beside(lines, frame, True)
        if not label:
            continue
        ticked = fill > 0.09
        sure = 0.5 + 0.45 * min(1.0, abs(fill - 0.09) / 0.09)
        found.append(
            (frame, FormField(
                slug(label) or "box", label, _section_at(lines, frame), FieldKind.TICK_BOX, ticked, round(sure, 4),
                _PLACEMENT, Source.RECOGNIZED, "", page.number, frame.turned(-page.turns),
                evidence=box_evidence(sure),
            ))
        )  # fmt: skip
    for index in range(len(lines)):
        for pair in _pairs_of(index, lines, used):
            if any(pair.box.overlap(c) > 0.3 * max(1e-9, pair.box.area) for c in covered):
                continue
            found.append((pair.box, _field_of(pair, page)))
    found.sort(key=lambda f: (round(f[0].y0 * 70), f[0].x0))
    return [f for _, f in found]


def _pairs_of(index: int, lines: Sequence[PlacedLine], used: set[int]) -> list[_Pair]:
    """The label and value pairs that begin on a line."""
    if index in used:
        return []
    line = lines[index]
    text = line.text
    cuts = [
        m.end()
        for m in re.finditer(r"[A-Za-z)#?.][ ]?:(?=\s|$|[A-Z0-9+(])", text)
        if not _clock(text, m.end())
    ]
    if not cuts:
        return []
    pairs: list[_Pair] = []
    begins = [0]
    for first, second in pairwise(cuts):
        # Between two colons stand the value of the first and the label of the second.
        between = text[first:second]
        words = list(re.finditer(r"\S+", between))
        begins.append(first + (_second_label(words, between) if len(words) > 1 else 0))
    for number, cut in enumerate(cuts):
        label = _label(text[begins[number] : cut])
        stop = begins[number + 1] if number + 1 < len(begins) else len(text)
        if not label or len(label) > 90:
            continue
        value = line.line.part(cut, stop).stripped()
        if value.glyphs:
            begin, finish = value.glyphs[0].at, value.glyphs[-1].at
            box = Box(
                line.box.x0 + line.box.width * max(0.0, begin - 0.01), line.box.y0,
                line.box.x0 + line.box.width * min(1.0, finish + 0.01), line.box.y1,
            )  # fmt: skip
            pairs.append(_Pair(label, value, box, line.exact, _PLACEMENT))
            continue
        label_end = line.box.x0 + line.box.width * (line.line.glyphs[min(cut, len(line.line.glyphs)) - 1].at)
        follower = _follower(index, label_end, lines, used)
        if follower is not None:
            used.add(follower)
            pairs.append(
                _Pair(
                    label, lines[follower].line, lines[follower].box, lines[follower].exact, _PLACEMENT - 0.05
                )
            )
        else:
            right = min(1.0, label_end + 0.15)
            pairs.append(
                _Pair(
                    label,
                    None,
                    Box(min(label_end, 0.99), line.box.y0, max(right, 0.995), line.box.y1),
                    True,
                    0.6,
                )
            )
    return pairs


def _second_label(words: Sequence[re.Match[str]], between: str) -> int:
    """Where the label begins in `value label`: at the first capital word after the value's first word."""
    for word in words[1:]:
        if between[word.start()].isupper():
            return word.start()
    return words[-1].start()


def _clock(text: str, end: int) -> bool:
    """Whether the colon stands in a time or an address on the net."""
    return (text[end : end + 2].isdigit() and text[: end - 1][-1:].isdigit()) or text[end : end + 2] == "//"


def _follower(index: int, label_end: float, lines: Sequence[PlacedLine], used: set[int]) -> int | None:
    """The line that holds the value of a label: to the right of it, else right below."""
    label = lines[index].box
    best: int | None = None
    best_distance = 1.0
    for place, other in enumerate(lines):
        if place == index or place in used or other.text.rstrip().endswith(":") or _has_label(other.text):
            continue
        box = other.box
        level = min(label.y1, box.y1) - max(label.y0, box.y0) > 0.4 * min(label.height, box.height)
        if level and box.x0 >= label_end - 0.01 and box.x0 - label_end < 0.25:
            distance = box.x0 - label_end
        elif (
            0 <= box.y0 - label.y1 + 0.3 * label.height < 1.3 * label.height and abs(box.x0 - label.x0) < 0.06
        ):
            distance = 0.12 + (box.y0 - label.y1)
        else:
            continue
        if distance < best_distance:
            best, best_distance = place, distance
    return best


def _has_label(text: str) -> bool:
    return re.search(r"[A-Za-z)]:(\s|$)", text) is not None


def _field_of(pair: _Pair, page: GenericPage) -> FormField:
    kind = _kind_of(pair.label)
    box = pair.box.turned(-page.turns)
    section = _section_at(page.lines, pair.box)
    if pair.value is None:
        return FormField(
            slug(pair.label) or "field", pair.label, section, kind, "", 0.8, pair.placement, Source.ABSENT, "",
            page.number, box, evidence=blank_evidence(0.8),
        )  # fmt: skip
    value = pair.value.text.strip(" _")
    if pair.exact:
        sure, source, evidence = 0.93, Source.TEXT_LAYER, None
    else:
        sure, source = pair.value.score, Source.RECOGNIZED
        # A value cut from a line beside its label may carry a letter too many or too few.
        evidence = text_evidence(
            pair.value.score, pair.value.lowest, len(value), placement=pair.placement
        ).joined([("generic", 1.0)])
    doubts = tuple(
        Doubt(i, tuple(a for a, _ in g.alternatives[:3]), g.score)
        for i, g in enumerate(pair.value.glyphs) if g.score < 0.85 and g.alternatives and i < len(value)
    )  # fmt: skip
    return FormField(
        slug(pair.label) or "field", pair.label, section, kind, value, round(sure, 4), pair.placement, source, "",
        page.number, box, doubts=doubts if value == pair.value.text else (), evidence=evidence,
    )  # fmt: skip


# -- printed boxes


def printed_boxes(pixels: Gray) -> list[tuple[Box, float]]:
    """The small square frames of a page and how much of each inside is ink, 0..1."""
    gray = gray_of(pixels)
    height, width = gray.shape
    ink = cv2.adaptiveThreshold(gray, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, 51, 15)
    contours, hierarchy = cv2.findContours(ink, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    found: list[tuple[Box, float]] = []
    if hierarchy is None:
        return found
    for contour, (_, _, child, parent) in zip(contours, hierarchy[0], strict=True):
        if parent != -1 or child == -1:
            continue
        x, y, w, h = cv2.boundingRect(contour)
        side = width / 8.5  # pixels an inch on a letter page
        if not (0.06 * side < w < 0.3 * side and 0.75 < w / max(1, h) < 1.33):
            continue
        part = ink[y : y + h, x : x + w]
        edge = max(1, round(0.14 * min(w, h)))
        sides = (
            part[:edge].max(axis=0),
            part[-edge:].max(axis=0),
            part[:, :edge].max(axis=1),
            part[:, -edge:].max(axis=1),
        )
        if min(float(np.mean(s)) for s in sides) < 0.88:
            continue
        inset = max(2, round(0.24 * min(w, h)))
        inside = part[inset : h - inset, inset : w - inset]
        fill = float(inside.mean()) if inside.size else 0.0
        if fill > 0.92:
            continue
        found.append((Box(x / width, y / height, (x + w) / width, (y + h) / height), fill))
    return found[:200]


# -- words of forms

_KINDS: tuple[tuple[str, FieldKind], ...] = (
    (r"\bnpi\b", FieldKind.NPI),
    (r"\b(dob|birth|date)\b", FieldKind.DATE),
    (r"\b(phone|fax|tel(ephone)?|cell|mobile)\b", FieldKind.PHONE),
    (r"\bzip\b", FieldKind.ZIP),
    (r"\b(member|medicaid|medicare|subscriber|insurance|policy) ?(id|#|no|number)", FieldKind.MEMBER_ID),
    (r"\bicd", FieldKind.ICD10),
    (r"\b(cpt|hcpcs?|procedure code)", FieldKind.PROCEDURE_CODE),
    (r"\bsignature\b", FieldKind.SIGNATURE),
    (r"\bname\b", FieldKind.NAME),
)


def _kind_of(label: str) -> FieldKind:
    lowered = label.lower()
    return next((kind for pattern, kind in _KINDS if re.search(pattern, lowered)), FieldKind.TEXT)


def _label(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip(" :_*|.□☐").strip()[:90]


def _section_at(lines: Sequence[PlacedLine], box: Box) -> str:
    """The nearest heading above: a short line in capitals, or one that says it is a section."""
    best, best_y = "", -1.0
    for line in lines:
        text = line.text.strip()
        letters = [c for c in text if c.isalpha()]
        capitals = len(letters) >= 5 and sum(c.isupper() for c in letters) > 0.85 * len(letters)
        titled = re.match(r"(section|part)\b", text, re.IGNORECASE) or re.search(
            r"\b(information|requested|history|details)$", text, re.IGNORECASE
        )
        heading = (capitals or titled) and len(text) <= 60 and ":" not in text
        if heading and line.box.y1 <= box.y0 + 0.004 and line.box.y0 > best_y:
            best, best_y = text, line.box.y0
    return best.capitalize() if best.isupper() else best
