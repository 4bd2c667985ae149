"""What the places of evidence are called: "Notes p. 1", "NCD 280.14", "Form: Date of birth"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale

from app.domain.evidence import Evidence
from app.domain.material import Material
from app.domain.policy import Policy
from app.domain.prompt import Filled, Origin, Slot

POLICY = "policy:"


@dataclass(frozen=True, slots=True)
class Places:
    """The names of a case's documents by id and of its fields by path, as the left side of the room shows them.

    `pages` are the pages of the file that a document has, where it is only a part of what came: page 3 of a fax may be
    page 1 of the notes.
    """

    documents: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    pages: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def document(self, document_id: str) -> str:
        """A document's name; a policy's is its id where nobody named it."""
        found = self.documents.get(document_id)
        if found:
            return found
        if document_id.startswith(POLICY):
            return policy_words(document_id.removeprefix(POLICY).partition("@")[0])
        return QCoreApplication.translate("Places", "a document")

    def words(self, evidence: Evidence) -> str:
        """Where evidence stands, short: the document and its page, or the field."""
        tr = QCoreApplication.translate
        if evidence.document and evidence.page is not None and evidence.document != "request":
            pages = self.pages.get(evidence.document, ())
            page = pages.index(evidence.page) + 1 if evidence.page in pages else evidence.page
            return tr("Places", "{name} p. {page}").format(name=self.document(evidence.document), page=page)
        if evidence.field:
            return self.field(evidence.field)
        return self.document(evidence.document) if evidence.document else ""

    def field(self, path: str) -> str:
        """The name of a form field or of a part of the request."""
        tr = QCoreApplication.translate
        label = self.fields.get(path)
        if label:
            return tr("Places", "Form: {label}").format(label=label)
        if path.startswith("request"):
            return tr("Places", "Request")
        return tr("Places", "Form")


def places_of(material: Material) -> Places:
    """What the documents and fields of a case are called."""
    return Places(
        {d.document_id: d.name for d in material.documents},
        {f.path: f.label for f in material.fields},
        {d.document_id: tuple(text.page for text in d.pages) for d in material.documents},
    )


def policy_words(policy_id: str) -> str:
    """A policy's id as people write it: `ncd_280_14` is NCD 280.14. Others stay as they are."""
    head, _, rest = policy_id.partition("_")
    if rest and head.isalpha() and rest.replace("_", "").isdigit():
        return f"{head.upper()} {rest.replace('_', '.')}"
    return policy_id


def policy_line(policy: Policy | None, policy_id: str, version: str) -> str:
    """A policy with its version and since when, as a head of a section says it."""
    tr = QCoreApplication.translate
    if not policy_id:
        return ""
    words = tr("Places", "{policy} · version {version}").format(
        policy=policy_words(policy_id), version=version
    )
    if policy is not None and policy.effective is not None:
        words = tr("Places", "{words} · effective {day}").format(
            words=words, day=policy.effective.isoformat()
        )
    return words


def slot_words(slot: Slot) -> str:
    """What a slot of the prompt is called."""
    tr = QCoreApplication.translate
    return {
        Slot.SERVICE: tr("Slot", "service"),
        Slot.PATIENT: tr("Slot", "patient"),
        Slot.AGE: tr("Slot", "age"),
        Slot.GENDER: tr("Slot", "gender"),
        Slot.CONDITION: tr("Slot", "condition"),
        Slot.TREATMENT: tr("Slot", "treatment"),
        Slot.SYMPTOMS: tr("Slot", "symptoms"),
        Slot.DIAGNOSIS: tr("Slot", "diagnosis"),
    }[slot]


def origin_words(filled: Filled, places: Places) -> str:
    """Where the words of a slot come from, as a sentence."""
    tr = QCoreApplication.translate
    name = slot_words(filled.slot)
    if filled.origin is Origin.ABSENT:
        return tr("Slot", "{slot}: nobody says. Click words in a document, or type.").format(slot=name)
    if filled.origin is Origin.STATED:
        return tr(
            "Slot", "{slot}: stated by {by}, no evidence. It does not count until words carry it."
        ).format(slot=name, by=filled.by or tr("Slot", "you"))
    place = places.words(filled.evidence) if filled.evidence else places.field(filled.field)
    words = tr("Slot", "{slot}: from {place}.").format(slot=name, place=place)
    if filled.doubtful:
        words += " " + tr("Slot", "It needs a look.")
    return words + " " + tr("Slot", "F4 or Ctrl+click opens it.")


def when_words(at: datetime) -> str:
    """A time as people here write it, short and in local time."""
    return QLocale().toString(
        QDateTime.fromSecsSinceEpoch(int(at.timestamp())), QLocale.FormatType.ShortFormat
    )
