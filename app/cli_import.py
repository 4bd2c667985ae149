"""The command `import`: requests and documents in the shapes of the reference implementation, from a file or from its
collections in Firestore.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.domain.errors import Rejected
from app.services import report
from app.terminal import OK, REFUSED, Usage, add_user, opened, print_json

if TYPE_CHECKING:  # loaded when something is imported
    from app.services.reference_import import Brought
    from app.services.request_import import Taken

_SAID = {"new": "new", "known": "known already", "changed": "changed", "refused": "not taken in"}


def add_import(commands: Any) -> None:
    """The command `import`."""
    summary = "Take in requests and documents that another system wrote as JSON."
    made: argparse.ArgumentParser = commands.add_parser(
        "import",
        help=summary,
        description=f"{summary} FILE holds a list, one object, or one object a line: requests (request_id, patient, "
        "provider, service, diagnosis, labs and so on) and documents (entities). A request is in the review's queue "
        "at once. The same request again is known already; a changed one becomes a change to its case. Nothing of a "
        "file is taken in when something in it is wrong.",
    )
    source = made.add_mutually_exclusive_group(required=True)
    source.add_argument("file", type=Path, metavar="FILE", nargs="?")
    source.add_argument(
        "--firestore",
        choices=("document", "pa_requests"),
        help="take in what the reference implementation keeps in this collection of the connected project; run it "
        "again and again beside it",
    )
    made.add_argument(
        "--write-back",
        action="store_true",
        help="with --firestore document: write corrected values and statuses back to where they came from",
    )
    made.add_argument(
        "--workspace", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="where the cases are kept"
    )
    add_user(made)
    made.add_argument("--json", action="store_true", help="print one JSON object a case for programs")


def run_import(options: argparse.Namespace) -> int:
    """Import a file or a collection; returns the exit code: 1 when something of it was not taken in."""
    if options.firestore:
        return _run_firestore(options)
    if options.write_back:
        raise Usage("--write-back goes with --firestore document.")
    content = _content(options.file)
    with opened(options) as workstation:
        try:
            every = workstation.in_store(workstation.importing.take, content, workstation.person)
        except Rejected as error:
            if error.code != "import":
                raise
            reason = f"“{report.printable(options.file.name)}”: {error.reason}"
            raise Rejected(reason, error.next_step, code=error.code) from error
    if options.json:
        for taken in every:
            print_json(taken_json(taken))
    else:
        _print(every)
    return REFUSED if any(taken.took == "refused" for taken in every) else OK


def _run_firestore(options: argparse.Namespace) -> int:
    """Import a collection of the reference implementation; what is refused is told, the others come in."""
    from app.services.reference_import import DOCUMENTS, ReferenceImport

    if options.write_back and options.firestore != DOCUMENTS:
        raise Usage("--write-back goes with --firestore document.")
    with opened(options) as workstation:
        if workstation.cloud is None:
            raise Rejected(
                "This workspace is not connected to a project.",
                "Connect it first: countersign connect.",
                code="not_connected",
            )
        running = ReferenceImport(
            workstation.importing, workstation.cloud.firestore.reference, workstation.in_store
        )
        every = running.run(options.firestore, workstation.person, write_back=options.write_back)
    if options.json:
        for brought in every:
            print_json(brought_json(brought))
    else:
        _print_brought(every)
    return REFUSED if any(brought.taken is None or brought.reason for brought in every) else OK


def brought_json(brought: Brought) -> dict[str, object]:
    """What became of one object of a collection, as `import --firestore --json` prints it."""
    told: dict[str, object] = (
        taken_json(brought.taken) if brought.taken else {"took": "refused", "known": False}
    )
    return told | {"document_id": brought.document_id, "reason": brought.reason, "back": str(brought.back)}


def _print_brought(every: tuple[Brought, ...]) -> None:
    back = {"": "", "written": "written back", "later": "changed there meanwhile"}
    lines = [
        [
            report.printable(brought.document_id),
            brought.taken.case.receipt if brought.taken else "",
            _SAID[str(brought.taken.took)] if brought.taken else "left out",
            back[str(brought.back)],
        ]
        for brought in every
    ]
    print(report.table(["Document", "Receipt", "Import", "Back"], lines))
    for brought in every:
        if brought.reason:
            print(f"\n{report.printable(brought.document_id)}:\n  {brought.reason}")
            if brought.taken is not None and brought.taken.changed:
                print(f"  Fields: {', '.join(brought.taken.changed)}.")


def _content(path: Path) -> bytes:
    from app.domain.imported import LARGEST

    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)  # one more says that it is too large
    except OSError as error:
        raise Usage(f"“{path}” cannot be read: {error.strerror}. Nothing was imported.") from error


def taken_json(taken: Taken) -> dict[str, object]:
    """What became of one object, as `import --json` prints it."""
    from app.domain.recommendation import flag_json

    case = taken.case
    return {
        "case_id": case.case_id,
        "request_id": taken.request_id,
        "receipt": case.receipt,
        "took": str(taken.took),
        "known": taken.took != "new",
        "status": str(case.status),
        "changed": list(taken.changed),
        "left_out": list(taken.left_out),
        "reason": taken.refused,
        "flags": [flag_json(flag) for flag in taken.flags],
    }


def _print(every: tuple[Taken, ...]) -> None:
    lines = [
        [
            taken.request_id,
            taken.case.receipt,
            _SAID[str(taken.took)],
            str(len(taken.flags)),
            taken.case.case_id,
        ]
        for taken in every
    ]
    print(report.table(["Request", "Receipt", "Import", "Flags", "Case"], lines, right=(3,)))
    for taken in every:
        if not (taken.flags or taken.changed or taken.left_out or taken.refused):
            continue
        print(f"\n{taken.request_id}:")
        if taken.refused:
            print(f"  {taken.refused}")
        if taken.changed:
            print(f"  Changed: {', '.join(taken.changed)}.")
        if taken.left_out:
            print(f"  Left out, of no known kind: {', '.join(taken.left_out)}.")
        for flag in taken.flags:
            print(f"  - {flag.text} {flag.next_step}")
