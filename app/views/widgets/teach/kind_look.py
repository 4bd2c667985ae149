"""How a kind of field looks and is called while a form is taught: word, symbol, key and colour.

Kinds of one family share a colour; none is green, amber or red, which say how sure a reading is.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from app.domain.form import FieldKind
from app.views import theme


@dataclass(frozen=True, slots=True)
class KindLook:
    """`key` is the letter that sets the kind; `family` names its colours."""

    kind: FieldKind
    key: str
    symbol: str
    family: str


LOOKS: tuple[KindLook, ...] = (
    KindLook(FieldKind.TEXT, "T", "type", "words"),
    KindLook(FieldKind.NAME, "N", "user", "words"),
    KindLook(FieldKind.DATE, "D", "calendar", "date"),
    KindLook(FieldKind.PHONE, "P", "phone", "number"),
    KindLook(FieldKind.NUMBER, "U", "hash", "number"),
    KindLook(FieldKind.ZIP, "Z", "map-pin", "number"),
    KindLook(FieldKind.MEMBER_ID, "M", "id-card", "code"),
    KindLook(FieldKind.NPI, "I", "badge-check", "code"),
    KindLook(FieldKind.ICD10, "G", "stethoscope", "code"),
    KindLook(FieldKind.PROCEDURE_CODE, "C", "barcode", "code"),
    KindLook(FieldKind.TICK_BOX, "B", "square-check", "box"),
    KindLook(FieldKind.SIGNATURE, "S", "signature", "signature"),
)
"""The kinds a person may set, in the order they are offered."""

_BY_KIND = {look.kind: look for look in LOOKS}
BY_KEY = {look.key: look.kind for look in LOOKS}


@dataclass(frozen=True, slots=True)
class Hue:
    """`ink` is the outline and the words, `back` the tint under them."""

    ink: str
    back: str


HUES: dict[str, dict[str, Hue]] = {
    "light": {
        "words": Hue("#2356D1", "#E3EBFD"),
        "date": Hue("#0B666F", "#DCF1F3"),
        "number": Hue("#98206B", "#FAE4F0"),
        "code": Hue("#6633B0", "#EEE6FB"),
        "box": Hue("#7F470B", "#FAEBDA"),
        "signature": Hue("#47566B", "#E6EAF0"),
    },
    "dark": {
        "words": Hue("#86ABFF", "#20304F"),
        "date": Hue("#6FD3DD", "#15373B"),
        "number": Hue("#F394C8", "#45203A"),
        "code": Hue("#C4A1FF", "#35264F"),
        "box": Hue("#F0B27A", "#412B12"),
        "signature": Hue("#AEBBCC", "#2A3441"),
    },
}


def look_of(kind: FieldKind) -> KindLook:
    """How a kind looks; a kind nobody sets by hand looks like text."""
    return _BY_KIND.get(kind, LOOKS[0])


def hue_of(kind: FieldKind, palette: str = "") -> Hue:
    """The colours of a kind on a palette (`light` or `dark`), the one in force when not given."""
    return HUES[palette or theme.current().name][look_of(kind).family]


def kind_words(kind: FieldKind) -> str:
    """What a kind is called."""
    tr = QCoreApplication.translate
    return {
        FieldKind.TEXT: tr("Kind", "Text"),
        FieldKind.NAME: tr("Kind", "Name"),
        FieldKind.DATE: tr("Kind", "Date"),
        FieldKind.PHONE: tr("Kind", "Phone, fax"),
        FieldKind.NPI: tr("Kind", "NPI"),
        FieldKind.MEMBER_ID: tr("Kind", "Member ID"),
        FieldKind.ICD10: tr("Kind", "Diagnosis"),
        FieldKind.PROCEDURE_CODE: tr("Kind", "Procedure"),
        FieldKind.NUMBER: tr("Kind", "Number"),
        FieldKind.ZIP: tr("Kind", "ZIP code"),
        FieldKind.CHOICE: tr("Kind", "Choice"),
        FieldKind.TICK_BOX: tr("Kind", "Tick box"),
        FieldKind.SIGNATURE: tr("Kind", "Signature"),
    }[kind]
