"""Everything a recommendation may rest on: the request, its fields, the documents, and what people said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.domain.evidence import Evidence
from app.domain.form import FormField
from app.domain.passage import SourceText
from app.domain.request import Request


class Status(StrEnum):
    """What is known of a criterion. There is no fourth: what is doubtful is insufficient."""

    MET = "met"
    NOT_MET = "not_met"
    INSUFFICIENT = "insufficient"


@dataclass(frozen=True, slots=True)
class StatedFact:
    """What a reviewer put into a slot of the prompt. With evidence it is a quoted fact; without, it is unsupported.

    `slot` names the slot (`condition`, `treatment`, `symptoms`, `diagnosis`, `service`), "" for other prose.
    """

    slot: str
    text: str
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A person's word on one criterion of one line of the request, with what it rests on."""

    criterion_id: str
    line_id: str
    policy_id: str
    status: Status
    evidence: tuple[Evidence, ...]
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Unread:
    """A document of which not every page is known: what is not found in it may stand there all the same.

    `pages` (1-based) wait to be read, `lost` could not be read by the machine: a person has to look at them. Both
    empty says that not even the number of its pages is known.
    """

    document_id: str
    name: str
    pages: tuple[int, ...] = ()
    lost: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Material:
    """One case as it is reviewed. `asked_on` is the day the request was received: ages and periods count from it.

    `pins` are passages people pinned to the case as evidence, by the criterion they were dropped on ("" for none).
    `unread` names the documents whose text is not there, or not all of it. `after_decision` are the documents that
    came after a determination was made, which has not seen them. `of_another` are clinical documents that say another
    date of birth than the request: they may be about somebody else.
    """

    case_id: str
    revision: str
    asked_on: date
    request: Request
    fields: tuple[FormField, ...] = ()
    documents: tuple[SourceText, ...] = ()
    stated: tuple[StatedFact, ...] = ()
    marks: tuple[Mark, ...] = ()
    pins: tuple[tuple[str, Evidence], ...] = ()
    unread: tuple[Unread, ...] = ()
    after_decision: tuple[str, ...] = ()
    of_another: tuple[str, ...] = ()

    @property
    def evidence_after_decision(self) -> bool:
        """Whether evidence came that no determination has seen."""
        return bool(self.after_decision)

    def document(self, document_id: str) -> SourceText | None:
        return next((d for d in self.documents if d.document_id == document_id), None)
