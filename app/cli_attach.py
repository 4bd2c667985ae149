"""The commands `attach` and `detach`: clinical documents join a case, and leave it again."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from app.domain.case import Json
from app.domain.errors import Actionable
from app.domain.material import Unread
from app.services.attachment import Attached
from app.services.ingestion import files_under
from app.services.report import printable
from app.terminal import OK, REFUSED, Usage, add_user, opened, print_json, progress_line
from app.workstation import Workstation


def add_attach(commands: Any) -> None:
    """The commands with their options."""
    what = "Attach clinical documents to a case: PDF, scan, text, HTML or DOCX. Their text is read."
    made = commands.add_parser("attach", help=what, description=what)
    _common(made)
    made.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file, or a folder with files")
    made.add_argument(
        "--unread", action="store_true", help="do not wait until the documents are read; it is done later"
    )
    what = "Take a wrongly attached document out of a case; its file is kept."
    made = commands.add_parser("detach", help=what, description=what)
    _common(made)
    made.add_argument("document", metavar="DOCUMENT", help="the document's id, or its file's name")
    made.add_argument("--reason", required=True, metavar="TEXT", help="why it does not belong to the case")


def _common(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--workspace", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="where the cases are kept"
    )
    made.add_argument("case", metavar="CASE", help="a case id or a receipt number")
    made.add_argument("--json", action="store_true", help="print JSON for programs")
    add_user(made)


def run_attach(options: argparse.Namespace) -> int:
    """Attach the files; the exit code says whether all could be."""
    missing = [path for path in options.paths if not path.exists()]
    if missing:
        names = ", ".join(f"“{path}”" for path in missing)
        raise Usage(f"{names} is not there. Nothing was attached; check the path.")
    refused = False
    with opened(options) as workstation:
        case_id = workstation.in_store(workstation.store.find, options.case)
        added = []
        for path in files_under(options.paths):
            found = _attached(workstation, case_id, path)
            refused = refused or isinstance(found, Actionable)
            added.append((path, found))
        unread = (
            workstation.in_store(workstation.texts.unread, case_id)
            if options.unread
            else _read(workstation, case_id)
        )
        if options.unread:
            workstation.in_store(workstation.texts.leave, case_id)
        others = workstation.in_store(workstation.material.material, case_id).of_another
    waiting = {each.document_id: each for each in unread}
    for path, found in added:
        if options.json:
            print_json(_json(path, found, waiting, others))
        else:
            for line in _lines(path, found, waiting, others):
                print(printable(line))
    return REFUSED if refused else OK


def _attached(workstation: Workstation, case_id: str, path: Path) -> Attached | Actionable:
    """One file attached, or why not: the others are attached all the same."""
    try:
        content = path.read_bytes()
        prepared = workstation.lanes.submit("pages", workstation.attaching.prepare, content).result()
        attach = workstation.attaching.attach
        return workstation.in_store(attach, case_id, path.name, b"", workstation.person, "clinical", prepared)
    except OSError as error:
        return Actionable(
            f"“{path.name}” cannot be read: {error.strerror}.",
            "Check the file and its rights.",
            code="file_refused",
        )
    except Actionable as error:
        return error


def _read(workstation: Workstation, case_id: str) -> tuple[Unread, ...]:
    with progress_line("Reading the documents") as watch:
        return workstation.texts.read(case_id, watch)


def run_detach(options: argparse.Namespace) -> int:
    """Take a document out of a case."""
    with opened(options) as workstation:
        case_id = workstation.in_store(workstation.store.find, options.case)
        case = workstation.in_store(workstation.intake.case, case_id)
        named = [d for d in case.documents if options.document in (d.document_id, d.name)]
        if len(named) != 1:
            raise Usage(
                f"The case has {'no' if not named else 'more than one'} document “{options.document}”. "
                "“countersign show CASE --json” lists them by id."
            )
        found = workstation.in_store(
            workstation.attaching.detach, case_id, named[0].document_id, options.reason, workstation.person
        )
    if options.json:
        print_json({"case_id": case_id, "document": named[0].document_id, "quoted": found.quoted})
        return OK
    print(printable(f"“{named[0].name}” is no longer part of {found.case.receipt}. Its file is kept."))
    if found.quoted:
        print(f"{found.quoted} notes of the review quoted it; they count no more.")
    return OK


def _json(
    path: Path, found: Attached | Actionable, waiting: Mapping[str, Unread], others: Sequence[str]
) -> Json:
    if isinstance(found, Actionable):
        return {"file": path.name, "refused": found.reason, "next_step": found.next_step, "code": found.code}
    document = next(d for d in found.case.documents if d.document_id == found.document_id)
    left = waiting.get(found.document_id)
    return {
        "file": path.name,
        "case_id": found.case.case_id,
        "document": found.document_id,
        "media_type": document.media_type,
        "pages": document.page_count,
        "known": found.known,
        "also_with": [other.receipt for other in found.elsewhere],
        "evidence_after_decision": found.evidence_after_decision,
        "of_another_patient": found.document_id in others,
        "unread": list(left.pages) if left else [],
        "lost": list(left.lost) if left else [],
    }


def _lines(
    path: Path, found: Attached | Actionable, waiting: Mapping[str, Unread], others: Sequence[str]
) -> list[str]:
    if isinstance(found, Actionable):
        return [f"{path.name}: {found}"]
    document = next(d for d in found.case.documents if d.document_id == found.document_id)
    pages = f"{document.page_count} page{'' if document.page_count == 1 else 's'}"
    how = "was attached before" if found.known else "attached"
    lines = [f"{path.name}: {how} to {found.case.receipt}, {pages}."]
    if found.elsewhere:
        others = ", ".join(other.receipt for other in found.elsewhere)
        lines.append(f"  Also with {others}: make sure that it is the right patient.")
    if found.document_id in others:
        lines.append(
            "  It says another date of birth than the request: make sure that it is the right patient."
        )
    if found.evidence_after_decision:
        lines.append(
            "  This request was decided before the document came: look whether it has to be reopened."
        )
    left = waiting.get(found.document_id)
    if left and left.pages:
        lines.append(f"  {len(left.pages)} pages are not read yet.")
    if left and left.lost:
        numbers = ", ".join(map(str, left.lost))
        lines.append(f"  Could not be read, look at it yourself: page {numbers}.")
    return lines
