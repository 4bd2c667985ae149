"""What a printed label is shown as, named, and taken for."""

from __future__ import annotations

import re

from app.domain.form import FieldKind
from app.domain.naming import slug

LONGEST = 80
"""Characters of a label as people see it."""
_TOLD = {
    FieldKind.DATE: re.compile(r"\bdob\b|\bdate\b|\bd\.o\.b", re.IGNORECASE),
    FieldKind.PHONE: re.compile(r"\b(phone|fax|telephone|tel|cell|mobile)\b", re.IGNORECASE),
    FieldKind.NPI: re.compile(r"\bnpi\b", re.IGNORECASE),
    FieldKind.ZIP: re.compile(r"^\W*zip\b", re.IGNORECASE),
    FieldKind.ICD10: re.compile(r"\bicd\b.*\bcodes?\b", re.IGNORECASE),
    FieldKind.PROCEDURE_CODE: re.compile(r"\b(cpt|hcpcs?)\b.*\bcodes?\b", re.IGNORECASE),
    FieldKind.MEMBER_ID: re.compile(
        r"\b(member|medicaid|medicare|plan)\b.*\b(id|number|no)\b", re.IGNORECASE
    ),
    FieldKind.SIGNATURE: re.compile(r"\bsignature$", re.IGNORECASE),
}
"""What a short label says of a field that nothing else is known of."""
_ITEM = re.compile(r"^\(?\d{1,2}[a-z]?[.)]\s+", re.IGNORECASE)
_KEPT = frozenset(
    {
        "NPI",
        "ICD",
        "CPT",
        "HCPCS",
        "ID",
        "PA",
        "DME",
        "DOB",
        "SSN",
        "TIN",
        "PCP",
        "MD",
        "ZIP",
        "IPA",
        "ICD-10",
    }
)


def tidy(text: str, longest: int = LONGEST) -> str:
    """A printed label as people read it: one line, without its colon, in sentence case where it was all capitals."""
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r"_{2,}|\(\s*\)", " ", text)
    text = text.strip(" *:;,_/-–—\t") if re.search(r"\w", text) else ""
    if text.count("(") > text.count(")"):
        text = (
            text[: text.rindex("(")] + text[text.rindex("(") + 1 :] if not text.endswith("(") else text[:-1]
        )
    text = re.sub(r"\s+", " ", text).strip(" :;,")
    if len(text) > 4 and text.upper() == text and re.search(r"[A-Z]{4}", text):
        text = " ".join(w if len(w) <= 3 and not w.isalpha() else _lowered(w) for w in text.split(" "))
        text = text[:1].upper() + text[1:]
    if len(text) > longest:
        text = text[:longest].rsplit(" ", 1)[0].rstrip(" ,;:-–—") + "…"
    return text


def _lowered(word: str) -> str:
    return word if word.strip("():/.,#") in _KEPT else word.lower()


def kind_told(kind: FieldKind, label: str) -> FieldKind:
    """The kind of a field, by its label where nothing else told it."""
    if (
        kind is not FieldKind.TEXT
        or len(label) > LONGEST // 2
        or re.search(r"\bname\b", label, re.IGNORECASE)
    ):
        return kind
    return next((told for told, pattern in _TOLD.items() if pattern.search(label)), kind)


def named(label: str) -> str:
    """The name a label gives, without the number that some forms put before it."""
    return slug(_ITEM.sub("", label.strip()) or label)
