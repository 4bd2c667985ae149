"""Labels: which printed text names a place, and what kind of answer it asks for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.domain.form import FieldKind
from app.services.document_worker.reading.propose_sheet import Area, Text

_MOST = 90

_MEMBER = (
    r"\b(member|medicaid|medicare|subscriber|insurance|policy|patient|beneficiary|recipient|client|plan)"
    r"( identification| i\.?d\.?| id\.?)? ?(#|no\.?|number|numbers|id#?)(?!\w)"
    r"|\b(member|patient|insurance|subscriber|medicaid|blue shield) i\.?d\b|^id ?#?$"
)

_KINDS: tuple[tuple[str, FieldKind], ...] = (
    (r"\bsignature\b|\bsigned by\b|^sign( here)?$", FieldKind.SIGNATURE),
    (r"\bnpi\b|national provider id", FieldKind.NPI),
    (r"\b(dob|d\.o\.b|birth ?date|birth|dates?|mm/dd)\b", FieldKind.DATE),
    (r"\b(phone|fax|tel(ephone)?|cell|mobile|facsimile)\b", FieldKind.PHONE),
    (r"\bzip\b|postal code", FieldKind.ZIP),
    (r"\bicd(-?\d+)?\b|\b(dx|diagnos[ei]s) codes?\b", FieldKind.ICD10),
    (r"\b(cpt|hcpcs?|cdt)\b|\bprocedure codes?\b", FieldKind.PROCEDURE_CODE),
    (_MEMBER, FieldKind.MEMBER_ID),
    (
        r"\b(quantity|qty|units|number of|how many|days? supply|refills?|weight|height|age)\b|^#",
        FieldKind.NUMBER,
    ),
    (r"\bname\b|\bcontact person\b|\bphysician\b$|\bprovider\b$|\bpatient\b$", FieldKind.NAME),
)
_NO_NAME = re.compile(r"\b(drug|medication|product|facility|plan|insurance|company|pharmacy|payer|issuer)\b")


def kind_of(label: str) -> FieldKind:
    """The kind of answer a label asks for, by its words."""
    lowered = re.sub(r"\([^()]{13,}\)", "", label).lower().strip() or label.lower()
    several = " and " in lowered
    for pattern, kind in _KINDS:
        if not re.search(pattern, lowered):
            continue
        if kind is FieldKind.NAME and _NO_NAME.search(lowered):
            return FieldKind.TEXT
        if kind is FieldKind.NUMBER and re.search(r"\b(id|auth|height|weight)\b", lowered):
            return FieldKind.TEXT
        # Two things asked for in one place have no kind in common.
        return FieldKind.TEXT if several and kind is not FieldKind.SIGNATURE else kind
    return FieldKind.TEXT


def cleaned(text: str) -> str:
    """A label without numbering dots, colons and brackets left open; at most 90 characters."""
    text = re.sub(r"[\s_]+", " ", text)
    text = text.strip(" :_*|.,;–—-□☐•")
    if (text.endswith(")") and "(" not in text) or (text.startswith("(") and ")" not in text):
        text = text.strip("() ")
    if len(text) > _MOST:
        text = text[:_MOST].rsplit(" ", 1)[0]
    return text


def asks(text: str) -> bool:
    """Whether a text ends as labels do."""
    return bool(re.search(r"[:?#]\s*\*?\)?$|:\s*\(\s*\)?$|[:#?]\s*\([^()]{1,60}\)\s*$", text.strip()))


_TOLD = re.compile(
    r"\(?\d{3}\)?[ .-]\d{3}[.-]\d{4}|www\.|https?:|@\w+\.|\bfollowing\b|\b(below|above)\b\W*$"
    r"|\bplease (check|mark|select|circle)\b",
    re.IGNORECASE,
)


def tells(text: str) -> bool:
    """Whether a text gives something (a number to call, an address, a list) rather than asks for it."""
    return _TOLD.search(text) is not None


def joined(lines: Sequence[Text]) -> str:
    return " ".join(t.text for t in lines)


def blocks(texts: Sequence[Text], stops: Sequence[Area] = ()) -> list[list[Text]]:
    """Texts grouped to labels and paragraphs: a line that goes on right below the one above, in like letters,
    begins where that began, and follows no end of a label.
    """
    found: list[list[Text]] = []
    for text in sorted(texts, key=lambda t: (t.area.y0, t.area.x0)):
        for block in reversed(found[-14:]):
            last = block[-1]
            below = text.area.y0 - last.area.y1
            if (
                not -0.35 * text.size < below < 0.62 * text.size
                or abs(text.size - last.size) > 0.25 * text.size
            ):
                continue
            aligned = abs(text.area.x0 - last.area.x0) < 1.1 * text.size
            centred = abs(text.area.middle[0] - last.area.middle[0]) < 0.7 * text.size
            if not (aligned or centred) or asks(last.text) or last.bold != text.bold:
                continue
            # A square before the line makes it a label of its own.
            if any(s.beside(text.area) > 0.5 and -4 < text.area.x0 - s.x1 < 40 for s in stops):
                continue
            if any(
                t is not text
                and t.area.beside(text.area) > 0.5
                and t.area.x1 <= text.area.x0
                and t.area.x1 > text.area.x0 - 60
                for t in texts
            ):
                continue
            block.append(text)
            break
        else:
            found.append([text])
    return found
