"""Letters: made of what was decided, printed away from the window, and kept with the case once they are issued."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.domain.case import Json, case_from, from_time, to_time
from app.domain.change import MISSING, Action, Write
from app.domain.determination import Determination, Outcome, determinations_of, unconfirmed_of
from app.domain.errors import Rejected
from app.domain.letter import PAYER, TEMPLATES, Letter, composed
from app.domain.request import request_from
from app.domain.role import Check, Right, anybody
from app.resource import resource
from app.services.change_log import ChangeLog
from app.services.ports import BlobStore, LetterPrinter

FOLDER = "letters"
"""Where a workspace keeps the payer's own templates and what it says about itself; files beside the program's own
take their place.
"""
LARGEST = 200_000
"""Bytes of a template."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Issued:
    """A letter that went out: its id, file and what is in it. `sha256` names the blob."""

    letter_id: str
    name: str
    sha256: str
    pdf: bytes


@dataclass(frozen=True, slots=True)
class Letters:
    """The letters of cases. `composed` and `keep` run in the store's lane; `printed` in any other.

    Raises `NoSuchCase`, `Rejected`, `NotAllowed`, `Unreadable` when a letter cannot be printed, `StorageFailed`.
    """

    changes: ChangeLog
    blobs: BlobStore
    printer: Callable[[], LetterPrinter]
    folder: Path
    check: Check = anybody

    def composed(self, case_id: str, line_ids: tuple[str, ...] = ()) -> Letter:
        """The letter about these lines; without any, about all that were decided last, at one time.

        Lines of several outcomes take a letter each.
        """
        document = self.changes.store.case_document(case_id)
        _refuse_unconfirmed(document, line_ids)
        made = _asked(determinations_of(document), line_ids)
        outcomes = {one.outcome for one in made}
        if len(outcomes) > 1:
            raise Rejected(
                "These lines were decided differently.",
                "Make a letter for each outcome.",
                code="several_outcomes",
            )
        if Outcome.REFER in outcomes:
            raise Rejected(
                "A referral decides nothing yet: there is no letter.",
                "The physician's decision has one.",
                code="no_letter",
            )
        case = case_from(document)
        try:
            return composed(
                made,
                request_from(document),
                case_number=case.receipt,
                received=case.clock_starts,
                today=self.changes.now(),
                payer=self.payer(),
                template=self.template,
            )
        except ValueError as error:
            raise Rejected(
                f"The letter cannot be made: {error}.", "Mend the template.", code="bad_template"
            ) from error

    def printed(self, letter: Letter, case_number: str = "") -> bytes:
        """The letter as PDF, as it will go out: what the preview shows and what is kept. One that lacks something
        says at its foot that it is a draft.
        """
        foot = f"Case {case_number}" if case_number else ""
        if letter.missing:
            foot = f"DRAFT, not to be sent. {foot}".strip()
        return self.printer().print(letter.html, letter.title, foot)

    def keep(self, case_id: str, letter: Letter, pdf: bytes, by: str) -> Issued:
        """Keep a letter that goes out with the case: from now on its determination counts as told. A draft, which
        lacks something, is kept too and tells nobody anything.

        The same letter twice is kept once. Refused when what it tells has been decided anew since.
        """
        self.check(by, Right.DECIDE)
        store = self.changes.store
        document = store.case_document(case_id)
        _refuse_unconfirmed(document, letter.lines)
        standing = determinations_of(document)
        told = [standing[line] for line in letter.lines if line in standing]
        if len(told) != len(letter.lines) or any(one.outcome is not letter.outcome for one in told):
            raise Rejected(
                "This was decided anew since the letter was made.",
                "Make the letter again.",
                code="letter_stale",
            )
        sha256 = self.blobs.put(pdf)
        ids = [one.determination_id for one in told]
        for letter_id, entry in document.get("letters", {}).items():
            if entry["sha256"] == sha256 and entry["determinations"] == ids:
                return Issued(letter_id, entry["name"], sha256, pdf)
        letter_id = self.changes.new_id()[:12]
        name = f"{document['receipt']}-{str(letter.outcome).replace('_', '-')}.pdf"
        entry = {
            "sha256": sha256,
            "name": name,
            "lines": list(letter.lines),
            "outcome": str(letter.outcome),
            "determinations": ids,
            "draft": bool(letter.missing),
            "by": by,
            "at": to_time(self.changes.now()),
        }
        writes = (Write(f"letters.{letter_id}", MISSING, entry),)
        self.changes.write(document, case_id, Action.LETTERED, by, writes)
        return Issued(letter_id, name, sha256, pdf)

    def issued(self, case_id: str) -> tuple[Json, ...]:
        """The letters that went out, oldest first: `id`, `name`, `sha256`, `lines`, `outcome`, `by`, `at`."""
        entries = self.changes.store.case_document(case_id).get("letters", {})
        found = [{"id": letter_id, **entry} for letter_id, entry in entries.items()]
        return tuple(sorted(found, key=lambda entry: (from_time(entry["at"]), entry["id"])))

    def content(self, sha256: str) -> bytes:
        """A letter that went out, bit for bit."""
        return self.blobs.get(sha256)

    def template(self, name: str) -> str:
        """A template by its name: the payer's own where there is one."""
        if name not in TEMPLATES:
            raise ValueError(f"there is no letter template “{name}”")
        return self._text(f"{name}.html")

    def payer(self) -> dict[str, str]:
        """What the payer says about itself; "" where it says nothing yet."""
        try:
            data = json.loads(self._text("payer.json"))
        except ValueError:
            data = None
        if not isinstance(data, dict):
            _LOG.warning("payer.json of the letters is not a JSON object; letters say what is missing")
            data = {}
        return {name: str(data.get(name) or "").strip() for name in PAYER}

    def _text(self, name: str) -> str:
        own = self.folder / name
        try:
            if own.is_file() and own.stat().st_size <= LARGEST:
                return own.read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            _LOG.warning("the payer's own %s cannot be read; the program's own is used", name)
        return resource("letters", name).read_text("utf-8")


def _refuse_unconfirmed(document: Mapping[str, Any], line_ids: tuple[str, ...]) -> None:
    """Raises `Rejected` where a letter would tell what nobody has signed for."""
    refused = unconfirmed_of(document)
    if any(line in refused for line in line_ids or refused):
        raise Rejected(
            "This determination is not confirmed by the service of your organization: nothing is told of it.",
            "Have it decided by somebody who may, or tell your administrator who wrote it.",
            code="not_confirmed",
        )


def _asked(made: dict[str, Determination], line_ids: tuple[str, ...]) -> tuple[Determination, ...]:
    if not made:
        raise Rejected("Nothing is decided yet.", "Decide first.", code="nothing_decided")
    for line in line_ids:
        if line not in made:
            raise Rejected("This line is not decided yet.", "Decide it first.", code="nothing_decided")
    if line_ids:
        return tuple(made[line] for line in line_ids)
    last = max(made.values(), key=lambda one: one.at)
    return tuple(
        one
        for one in made.values()
        if (one.determination_id, one.outcome) == (last.determination_id, last.outcome)
    )
