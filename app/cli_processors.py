"""The commands `processors …` and `read-again`: form types listed, taught, tried out, published and used anew."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.cli_form_jobs import FORM_JOB_PARTS, add_form_jobs, run_form_jobs
from app.domain.case import Json
from app.domain.errors import Actionable
from app.domain.extraction import Document, Extraction
from app.domain.finding import Finding, finding_text
from app.domain.processor import BadDefinition, FormDefinition
from app.services.ingestion import Ingestion, files_under
from app.services.ports import Watch
from app.services.processor_library import NoSuchForm
from app.services.processor_report import (
    asked,
    definition_json,
    definition_text,
    findings_json,
    form_json,
    origin_text,
    read_again_json,
    read_again_text,
    state_text,
    tried_text,
    version_json,
    who_text,
)
from app.services.processors import read_definition, to_json
from app.services.report import printable, table
from app.terminal import OK, REFUSED, Usage, add_user, opened, print_json, progress_line
from app.workstation import Workstation


def add_processors(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `processors list|show|propose|try|publish|retire|restore`, what needs a connection, and `read-again` to the
    commands.
    """
    summary = "List, teach, try out, publish and retire form types."
    made = commands.add_parser("processors", help=summary, description=summary)
    parts = made.add_subparsers(dest="part", metavar="WHAT", required=True)

    def part(name: str, words: str, *, machine: bool = True) -> argparse.ArgumentParser:
        added = parts.add_parser(name, help=words[:1].lower() + words[1:].rstrip("."), description=words)
        return _common(added, machine=machine)

    part("list", "List the form types with their versions.")
    added = part("show", "Show what a form type asks for.")
    added.add_argument("form_type", metavar="TYPE")
    added.add_argument("--version", default="", metavar="V", help="another version than the one in force")
    added = part("propose", "Propose a definition from a blank or filled example of a form.")
    added.add_argument("file", type=Path, metavar="FILE")
    added.add_argument("--out", type=Path, required=True, metavar="DRAFT.json")
    added.add_argument("--picture", type=Path, metavar="DIR", help="draw the zones on the pages, as PNG")
    added = part("try", "Read files with a definition and no other; nothing is kept.")
    added.add_argument("definition", type=Path, metavar="DEFINITION.json")
    added.add_argument("files", nargs="+", type=Path, metavar="FILE")
    added.add_argument("--picture", type=Path, metavar="DIR", help="draw what was read on the pages, as PNG")
    added = part("publish", "Publish a definition: from now on its forms are read with it.")
    added.add_argument("definition", type=Path, metavar="DEFINITION.json")
    added.add_argument(
        "--calibration", type=Path, metavar="FILE", help="coefficients fitted for this form type"
    )
    added = part("retire", "Take a version out of force: its forms are read as other forms are.")
    added.add_argument("form_type", metavar="TYPE")
    added.add_argument("--version", default="", metavar="V", help="the one in force unless named")
    added = part("restore", "Bring a version back into force.")
    added.add_argument("form_type", metavar="TYPE")
    added.add_argument("--version", required=True, metavar="V")

    add_form_jobs(part)

    summary = "Read a case in review with the versions in force. What people did to it stays."
    again = _common(commands.add_parser("read-again", help=summary, description=summary))
    again.add_argument("case", nargs="?", metavar="CASE", help="a case id or a receipt number")
    again.add_argument(
        "--waiting", metavar="TYPE", help="every case in review that the form type may be read better in"
    )


def run_processors(options: argparse.Namespace) -> int:
    if options.part in FORM_JOB_PARTS:
        return run_form_jobs(options)
    try:
        return _PARTS[options.part](options)
    except NoSuchForm as error:
        raise Usage(str(error)) from error


def run_read_again(options: argparse.Namespace) -> int:
    if (options.case is None) == (options.waiting is None):
        raise Usage("Name one case, or a form type with --waiting.")
    with opened(options) as workstation:
        store, in_store = workstation.store, workstation.in_store
        try:
            cases = (
                [in_store(store.find, options.case)]
                if options.case
                else list(in_store(workstation.library.waiting, options.waiting))
            )
        except NoSuchForm as error:
            raise Usage(str(error)) from error
        ingestion = Ingestion(workstation.lanes, workstation.intake, workstation.backends.processor)
        told: list[Json] = []
        for place, case_id in enumerate(cases, 1):
            with progress_line(f"{place} of {len(cases)}") as watch:
                try:
                    found = ingestion.read_again(case_id, workstation.person, watch)
                except Actionable as error:
                    if options.case:
                        raise
                    told.append(_refused_json(workstation, case_id, error))
                else:
                    told.append(read_again_json(found))
            if not options.json:
                print(read_again_text(told[-1]))
    if options.json:
        print_json(told[0] if options.case else told)
    elif not told:
        print(f"No case waits to be read again as {options.waiting}.")
    return REFUSED if any(item.get("refused") for item in told) else OK


def _refused_json(workstation: Workstation, case_id: str, error: Actionable) -> Json:
    case = workstation.in_store(workstation.intake.case, case_id)
    return {"case_id": case_id, "receipt": case.receipt, "refused": str(error)}


def _list(options: argparse.Namespace) -> int:
    with opened(options) as workstation:
        versions = workstation.in_store(workstation.library.versions)
        usage = workstation.in_store(workstation.library.usage)
        drafts = workstation.in_store(workstation.teaching.drafts)
    if options.json:
        print_json([version_json(v, usage) for v in versions])
        return OK
    rows = [
        [v.form_type, v.title, v.version, state_text(v), origin_text(v), str(asked(v.definition)),
         str(usage.get((v.form_type, v.version), 0)), v.by if v.at else "", f"{v.at:%Y-%m-%d}" if v.at else ""]
        for v in versions
    ]  # fmt: skip
    headings = ["Form type", "Title", "Version", "State", "Origin", "Fields", "Cases", "Published by", "On"]
    print(table(headings, rows, right=(5, 6)))
    if drafts:
        print(f"\nBeing taught: {', '.join(printable(d.definition.title) for d in drafts)}.")
    return OK


def _show(options: argparse.Namespace) -> int:
    with opened(options) as workstation:
        found = workstation.in_store(workstation.library.version, options.form_type, options.version)
        usage = workstation.in_store(workstation.library.usage)
        findings = workstation.in_store(workstation.library.examine, found.definition)
    if options.json:
        print_json({**version_json(found, usage), "definition": to_json(found.definition)})
        return OK
    print(definition_text(found.definition))
    print(f"\n{state_text(found).capitalize()}, {origin_text(found)}{who_text(found)}.")
    _print_findings(findings)
    return OK


def _propose(options: argparse.Namespace) -> int:
    _refuse_existing(options.out)
    content = _content(options.file)
    with opened(options) as workstation:
        with progress_line(printable(options.file.name)) as watch:
            looking = workstation.lanes.submit(
                "reading", workstation.teaching.look_at, content, options.file.name, watch
            )
            looked = looking.result()
        definition = workstation.in_store(workstation.teaching.sketch, looked)
        findings = workstation.in_store(workstation.library.examine, definition)
        _write(options.out, json.dumps(to_json(definition), ensure_ascii=False, indent=1) + "\n")
        pictures = []
        if options.picture:
            turns = {p.page: p.quarter_turns for p in looked.proposal.pages}
            pictures = _pictures(
                workstation, looked.document, options.file.stem, options.picture, turns, definition=definition
            )
    if options.json:
        print_json({**definition_json(definition), "path": str(options.out),
                    "findings": findings_json(findings), "pictures": pictures})  # fmt: skip
        return OK
    print(definition_text(definition))
    print(f"\nWritten to {options.out}. Mend it there, then: countersign processors try {options.out} FILE")
    _print_findings(findings)
    return OK


def _try(options: argparse.Namespace) -> int:
    definition = _definition(options.definition)
    missing = [path for path in options.files if not path.exists()]
    if missing:
        raise Usage(f"“{missing[0]}” does not exist. Nothing was read; check the path.")
    told: list[Json] = []
    with opened(options) as workstation:
        for path in files_under(options.files):
            content = _content(path)
            with progress_line(printable(path.name)) as watch:
                try:
                    found = _tried(workstation, path, content, definition, watch, options.picture)
                except Actionable as error:
                    found = {"path": str(path), "recognized": False, "reason": str(error), "forms": []}
            told.append(found)
            if options.json:
                print_json(found)
            else:
                print(tried_text(found, definition))
    return OK if told and all(found["recognized"] for found in told) else REFUSED


def _tried(
    workstation: Workstation,
    path: Path,
    content: bytes,
    definition: FormDefinition,
    watch: Watch,
    pictures: Path | None,
) -> Json:
    document = workstation.teaching.document(content)
    extraction = workstation.lanes.submit(
        "reading", workstation.teaching.try_out, definition, document, watch
    ).result()
    drawn: list[str] = []
    if pictures:
        turns = {page: turn for form in extraction.forms for page, turn in form.quarter_turns}
        drawn = _pictures(workstation, document, path.stem, pictures, turns, extraction=extraction)
    return {
        "path": str(path),
        "recognized": bool(extraction.forms),
        "reason": None if extraction.forms else "No page was recognized by this definition.",
        "seconds": round(extraction.seconds, 3),
        "forms": [form_json(form) for form in extraction.forms],
        "pictures": drawn,
    }


def _publish(options: argparse.Namespace) -> int:
    definition = _definition(options.definition)
    calibration = _json(options.calibration) if options.calibration else None
    with opened(options) as workstation:
        library, person = workstation.library, workstation.person
        findings = workstation.in_store(library.examine, definition)
        made = workstation.in_store(lambda: library.publish(definition, person, calibration=calibration))
        waiting = workstation.in_store(library.waiting, made.form_type)
    if options.json:
        print_json({**version_json(made, {}), "findings": findings_json(findings), "waiting": list(waiting)})
        return OK
    print(f"{made.title}: version {made.version} is in force.")
    _print_findings(findings)
    if waiting:
        print(
            f"{len(waiting)} case{'s' if len(waiting) > 1 else ''} in review may be read better with it: "
            f"countersign read-again --waiting {made.form_type}"
        )
    return OK


def _retire(options: argparse.Namespace) -> int:
    with opened(options) as workstation:
        made = workstation.in_store(
            workstation.library.retire, options.form_type, workstation.person, options.version
        )
    if options.json:
        print_json(version_json(made, {}))
        return OK
    print(
        f"{made.title}: version {made.version} is retired. Cases read with it stay as they are; "
        "new forms of this type are read as other forms are."
    )
    return OK


def _restore(options: argparse.Namespace) -> int:
    with opened(options) as workstation:
        made = workstation.in_store(
            workstation.library.restore, options.form_type, options.version, workstation.person
        )
    if options.json:
        print_json(version_json(made, {}))
    else:
        print(f"{made.title}: version {made.version} is in force.")
    return OK


_PARTS = {
    "list": _list,
    "show": _show,
    "propose": _propose,
    "try": _try,
    "publish": _publish,
    "retire": _retire,
    "restore": _restore,
}


# What is read and written


def _common(made: argparse.ArgumentParser, *, machine: bool = True) -> argparse.ArgumentParser:
    made.add_argument(
        "--workspace", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="where the cases are kept"
    )
    add_user(made)
    if machine:
        made.add_argument("--json", action="store_true", help="print JSON for programs")
    return made


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Usage(f"“{path}” cannot be read: {error.strerror}.") from error


def _json(path: Path) -> Json:
    try:
        data = json.loads(_content(path))
    except (ValueError, RecursionError) as error:
        raise Usage(f"“{path}” is not JSON: {error}.") from error
    if not isinstance(data, dict):
        raise Usage(f"“{path}” holds no JSON object.")
    return data


def _definition(path: Path) -> FormDefinition:
    try:
        return read_definition(_json(path))
    except BadDefinition as error:
        raise Usage(f"“{path}” is no definition: {error}.") from error


def _refuse_existing(path: Path) -> None:
    if path.exists():
        raise Usage(f"“{path}” exists already; name a new file.")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise Usage(f"“{path}” cannot be written: {error.strerror}.") from error


def _pictures(
    workstation: Workstation,
    document: Document,
    stem: str,
    folder: Path,
    turns: Mapping[int, int],
    *,
    definition: FormDefinition | None = None,
    extraction: Extraction | None = None,
) -> list[str]:
    """Draw the zones of a definition, or what was read, on the pages of a document; the paths of the pictures."""
    from app.services.page_drawing import drawn_extraction, drawn_zones

    try:
        folder.mkdir(parents=True, exist_ok=True)
        page_open = workstation.backends.opener(document)
        try:
            paths = []
            for number in range(1, len(page_open.pages) + 1):
                if definition is not None:
                    picture = drawn_zones(page_open, number, turns.get(number, 0), definition)
                else:
                    picture = drawn_extraction(page_open, number, extraction.forms if extraction else ())
                path = folder / f"{stem}-{number}.png"
                path.write_bytes(picture)
                paths.append(str(path))
            return paths
        finally:
            page_open.close()
    except OSError as error:
        raise Usage(f"“{folder}” cannot be written to: {error.strerror}.") from error


def _print_findings(findings: Sequence[Finding]) -> None:
    for finding in findings:
        print(
            f"{'Has to be mended' if finding.blocks else 'Worth knowing'}: {printable(finding_text(finding))}"
        )
