"""The command line: the same services as the window, for automation and for measuring.

Exit codes: 0 all right; 1 the rules or the disk refuse; 2 asked for something that is not there
(a path, a case, a display); 130 interrupted.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from app import __version__, display
from app.cli_attach import add_attach, run_attach, run_detach
from app.cli_connect import (
    add_connect,
    add_sync,
    run_conflicts,
    run_connect,
    run_disconnect,
    run_sign_in,
    run_sign_out,
    run_sync,
)
from app.cli_eval import add_eval, run_eval
from app.cli_history import add_history, run_history
from app.cli_import import add_import, run_import
from app.cli_models import add_models, run_models
from app.cli_policies import add_policies, run_policies
from app.cli_processors import add_processors, run_processors, run_read_again
from app.cli_review import add_review, run_decide, run_letter, run_receipt, run_review
from app.cli_search import add_search, run_index, run_search
from app.cli_tuning import add_tuning, run_tuning
from app.cli_users import add_users, run_users
from app.domain.case import IntakeStatus
from app.domain.errors import Actionable, NoSuchCase
from app.domain.form import FormField, Value
from app.domain.queue import QueueQuery, QueueSort
from app.domain.validation import warning_text
from app.serve import add_serve, run_serve
from app.services import report
from app.services.code_list import code_lists, take_hcpcs
from app.services.ingestion import Ingested, Ingestion, files_under
from app.terminal import (
    INTERRUPTED,
    NOT_THERE,
    OK,
    REFUSED,
    Usage,
    add_user,
    ask_on_terminal,
    opened,
    print_json,
    progress_line,
    user_passphrase,
)
from app.workstation import CODE_LISTS, KeyQuestion, Workstation, change_passphrase, settings


def parser() -> argparse.ArgumentParser:
    def workspace(of: argparse.ArgumentParser, default: object) -> None:
        of.add_argument(
            "--workspace", type=Path, metavar="DIR", default=default, help="where the cases are kept"
        )

    top = argparse.ArgumentParser(
        prog="countersign",
        description="Reads prior-authorization forms; a person countersigns. Without a command the window opens.",
    )
    top.add_argument("--version", action="version", version=f"Countersign {__version__}")
    workspace(top, None)
    add_user(top, None)
    commands = top.add_subparsers(dest="command", metavar="COMMAND")

    def command(name: str, summary: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=summary, description=summary)
        workspace(made, argparse.SUPPRESS)
        add_user(made)
        return made

    def with_json(made: argparse.ArgumentParser) -> argparse.ArgumentParser:
        made.add_argument("--json", action="store_true", help="print JSON for programs")
        return made

    made = with_json(command("ingest", "Take files in and read them."))
    made.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file, or a folder with files")
    made = with_json(command("cases", "List the cases."))
    made.add_argument("--status", choices=[str(s) for s in IntakeStatus], help="only those with this status")
    made = with_json(command("show", "Show a case with its fields."))
    made.add_argument("case", metavar="CASE", help="a case id or a receipt number")
    made = with_json(command("edit", "Correct fields of a case."))
    made.add_argument("case", metavar="CASE")
    made.add_argument("values", nargs="+", metavar="FIELD=VALUE", help="a tick box takes yes or no")
    made = with_json(command("verify", "Countersign a case: its fields are right."))
    made.add_argument("case", metavar="CASE")
    made = command("export", "Write the original file of a case, bit for bit.")
    made.add_argument("case", metavar="CASE")
    made.add_argument("--out", type=Path, required=True, metavar="FILE")
    with_json(command("audit", "Check that the audit trail is whole."))
    with_json(command("doctor", "Check what the program needs on this computer."))
    made = with_json(command("codes", "Say which code lists are known, or take in the HCPCS list of CMS."))
    made.add_argument("--hcpcs", type=Path, metavar="FILE", help="the text file of a quarterly HCPCS release")
    add_attach(commands)
    add_eval(commands)
    add_processors(commands)
    add_models(commands)
    add_policies(commands)
    add_import(commands)
    add_users(commands)
    add_search(commands)
    add_review(commands)
    add_tuning(commands)
    add_connect(commands)
    add_serve(commands)
    add_sync(commands)
    add_history(commands)
    command("passphrase", "Change the passphrase of a workspace.")
    made = command("demo", "Make sample arrivals, take them in and open the window on them.")
    made.add_argument(
        "--out", type=Path, metavar="DIR", help="where the pictures go when there is no display"
    )
    made = command("tour", "Walk through the main job offscreen and write pictures of every step.")
    made.add_argument("--out", type=Path, required=True, metavar="DIR")
    command("self-test", "Run the main job offscreen and say whether it works.")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a letter the terminal lacks ends no command
    try:
        return _COMMANDS[options.command](options)
    except Usage as error:
        return _say(str(error), NOT_THERE)
    except NoSuchCase as error:
        return _say(str(error), NOT_THERE)
    except Actionable as error:
        return _say(str(error), REFUSED)
    except KeyboardInterrupt:
        return _say("Stopped. What was taken in is kept.", INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


def _say(sentence: str, code: int) -> int:
    print(sentence, file=sys.stderr)
    return code


def _ingest(options: argparse.Namespace) -> int:
    missing = [path for path in options.paths if not path.exists()]
    if missing:
        names = ", ".join(f"“{path}”" for path in missing)
        raise Usage(f"{names} does not exist. Nothing was taken in; check the path." if len(missing) == 1
                    else f"{names} do not exist. Nothing was taken in; check the paths.")  # fmt: skip
    paths = list(files_under(options.paths))
    with opened(options) as workstation:
        ingestion = Ingestion(workstation.lanes, workstation.intake, workstation.backends.processor)
        every: list[Ingested] = []
        for place, path in enumerate(paths, 1):
            with progress_line(f"{place} of {len(paths)}  {report.printable(path.name)}") as watch:
                found = ingestion.take_in(path, workstation.person, watch)
            every.append(found)
            if options.json:
                for item in report.ingested_json(found):
                    print_json(item)
        if not options.json:
            print(report.ingested_table(every, workstation.titles()))
    return REFUSED if any(found.refused for found in every) else OK


def _cases(options: argparse.Namespace) -> int:
    statuses = (IntakeStatus(options.status),) if options.status else ()
    query = QueueQuery(statuses=statuses, sort=QueueSort.RECEIPT)
    with opened(options) as workstation:
        store = workstation.store
        rows = workstation.in_store(lambda: store.rows(store.queue(query)))
        titles = workstation.titles()
    if options.json:
        print_json([report.row_json(row) for row in rows])
        return OK
    if not rows:
        print("There are no cases here. Take files in with: countersign ingest PATH")
        return OK
    lines = [
        [r.receipt, r.patient or r.file_name, titles.get(r.form_type, r.form_type) or "-", str(r.status), r.urgency,
         f"{r.confidence:.2f}" if r.fields else "-", str(r.needs_look) if r.fields else "-", r.case_id]
        for r in rows
    ]  # fmt: skip
    headings = ["Receipt", "Patient", "Form", "Status", "Urgency", "Confidence", "To look at", "Case"]
    print(report.table(headings, lines, right=(5, 6)))
    return OK


def _find(workstation: Workstation, text: str) -> str:
    return workstation.in_store(workstation.store.find, text)


def _show(options: argparse.Namespace) -> int:
    with opened(options) as workstation:
        case_id = _find(workstation, options.case)
        document = workstation.in_store(workstation.store.case_document, case_id)
        case = workstation.in_store(workstation.editing.open, case_id, workstation.person).case
        titles = workstation.titles()
    if options.json:
        print_json(document)
    else:
        print(report.case_text(case, titles))
    return OK


def _edit(options: argparse.Namespace) -> int:
    with opened(options) as workstation:
        case_id = _find(workstation, options.case)
        case = workstation.in_store(workstation.intake.case, case_id)
        values = dict(_assignment(case.fields, text) for text in options.values)
        edited = workstation.in_store(workstation.editing.correct, case_id, values, workstation.person)
        document = workstation.in_store(workstation.store.case_document, case_id)
    if options.json:
        print_json(document)
    else:
        for path in edited.fields:
            field = edited.case.field(path)
            if field is not None:
                print(f"{path}: {report.value_text(field.current)} ({field.state})")
                for warning in field.warnings:
                    print(f"  {warning_text(warning)}")
    return OK


def _assignment(fields: Sequence[FormField], text: str) -> tuple[str, Value]:
    name, sign, typed = text.partition("=")
    if not sign:
        raise Usage(f"“{text}” is not FIELD=VALUE.")
    field = _field_named(fields, name.strip())
    if field is None:
        raise Usage(f"The case has no field “{name.strip()}”. “countersign show CASE” lists its fields.")
    value = report.as_value(field, typed)
    if value is None:
        raise Usage(f"“{name.strip()}” is a tick box: say {name.strip()}=yes or {name.strip()}=no.")
    return field.path, value


def _field_named(fields: Sequence[FormField], name: str) -> FormField | None:
    """A field by its path, or a table cell as `table[0].column`."""
    exact = next((f for f in fields if f.path == name), None)
    if exact is not None or "[" not in name:
        return exact
    table, _, rest = name.partition("[")
    number, _, column = rest.partition("].")
    rows = list(dict.fromkeys(f.cell[1] for f in fields if f.cell and f.cell[0] == table))
    if not number.isdigit() or int(number) >= len(rows):
        return None
    return next((f for f in fields if f.path == f"{table}.{rows[int(number)]}.{column}"), None)


def _verify(options: argparse.Namespace) -> int:
    with opened(options) as workstation:
        case_id = _find(workstation, options.case)
        try:
            edited = workstation.in_store(workstation.editing.verify, case_id, workstation.person)
        except Actionable:
            case = workstation.in_store(workstation.intake.case, case_id)
            for field in case.fields:
                if field.needs_look(workstation.changes.threshold):
                    print(
                        f"{field.path}: {report.value_text(field.current)}  {field.confidence:.2f}",
                        file=sys.stderr,
                    )
            raise
        document = workstation.in_store(workstation.store.case_document, case_id)
    if options.json:
        print_json(document)
    else:
        print(f"{edited.case.receipt} is verified.")
    return OK


def _export(options: argparse.Namespace) -> int:
    with opened(options) as workstation:
        case_id = _find(workstation, options.case)
        workstation.in_store(workstation.access.present, workstation.person)
        name, content = workstation.in_store(workstation.intake.content, case_id)
        note, at = workstation.store.note, workstation.changes.now()
        workstation.in_store(note, "exported", workstation.person, at, case_id, {})
    if options.out.exists():
        raise Usage(f"“{options.out}” exists already; name a new file.")
    try:
        options.out.write_bytes(content)
    except OSError as error:
        raise Usage(f"“{options.out}” cannot be written: {error.strerror}.") from error
    print(f"{name}: {len(content):,} bytes written to {options.out}")
    return OK


def _audit(options: argparse.Namespace) -> int:
    with opened(options) as workstation:
        found = workstation.in_store(workstation.store.audit_verify)
        if found.holds and workstation.cloud is not None:
            from app.services.checkpointing import altered_since  # where a service keeps checkpoints

            keys = workstation.cloud.connection.public_key
            broken = workstation.in_store(altered_since, workstation.store, keys)
            found = found if broken is None else replace(found, holds=False, broken_at=broken)
    if options.json:
        print_json({"holds": found.holds, "entries": found.entries, "broken_at": found.broken_at})
    elif found.holds:
        print(f"The audit trail is whole: {found.entries:,} entries.")
    else:
        print(
            f"The audit trail is broken at entry {found.broken_at}. "
            "Keep the workspace as it is and tell your security officer."
        )
    return OK if found.holds else REFUSED


def _passphrase(options: argparse.Namespace) -> int:
    place = settings(options.workspace)
    old = ask_on_terminal(KeyQuestion.EXISTING)
    new = ask_on_terminal(KeyQuestion.NEW) if old else None
    if not old or not new:
        raise Usage("A passphrase is asked for on a terminal; nothing was changed.")
    change_passphrase(place.folder, old, new)
    print("The passphrase is changed.")
    return OK


def _codes(options: argparse.Namespace) -> int:
    folder = settings(options.workspace).folder / CODE_LISTS
    known = take_hcpcs(options.hcpcs, folder) if options.hcpcs else code_lists(folder)
    if options.json:
        counts = {"icd10": len(known.icd10), "billable": len(known.billable), "hcpcs": len(known.hcpcs)}
        print_json({"release": known.release, **counts})
        return OK
    if known.icd10:
        print(f"ICD-10-CM: {len(known.icd10):,} codes, {len(known.billable):,} of them billable.")
    else:
        print("ICD-10-CM: no list; only the shape of a code is checked.")
    if known.hcpcs:
        print(f"HCPCS Level II: {len(known.hcpcs):,} codes.")
    else:
        print(
            "HCPCS Level II: no list; only the shape is checked. Take one in with: countersign codes --hcpcs FILE"
        )
    print("CPT: licensed by the AMA; only the shape is checked.")
    print(f"Edition: {known.release or '-'}")
    return OK


def _doctor(options: argparse.Namespace) -> int:
    from app.doctor import examine

    place = settings(options.workspace)
    findings = examine(place, ask_on_terminal)
    if options.json:
        print_json([{"what": f.what, "ok": f.ok, "words": f.words} for f in findings])
    else:
        for finding in findings:
            print(f"{'ok     ' if finding.ok else 'PROBLEM'}  {finding.what}: {finding.words}")
    return OK if all(f.ok for f in findings) else REFUSED


def _window(options: argparse.Namespace) -> int:
    reason = display.problem()
    if reason:
        raise Usage(reason)
    from app.start import run

    user = (options.user, user_passphrase(options.user)) if options.user else None
    return run(settings(options.workspace), user=user)


def _demo(options: argparse.Namespace) -> int:
    from app.demo import run_demo

    return run_demo(options.workspace, options.out, ask_on_terminal)


def _tour(options: argparse.Namespace) -> int:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from app.tour import run_tour

    return run_tour(options.out)


def _self_test(_options: argparse.Namespace) -> int:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from app.tour import run_self_test

    return run_self_test()


_COMMANDS: dict[str | None, Callable[[argparse.Namespace], int]] = {
    None: _window,
    "ingest": _ingest,
    "cases": _cases,
    "show": _show,
    "history": run_history,
    "edit": _edit,
    "verify": _verify,
    "export": _export,
    "audit": _audit,
    "codes": _codes,
    "doctor": _doctor,
    "passphrase": _passphrase,
    "demo": _demo,
    "eval": run_eval,
    "index": run_index,
    "search": run_search,
    "review": run_review,
    "tuning": run_tuning,
    "decide": run_decide,
    "letter": run_letter,
    "receipt": run_receipt,
    "import": run_import,
    "processors": run_processors,
    "models": run_models,
    "policies": run_policies,
    "read-again": run_read_again,
    "tour": _tour,
    "self-test": _self_test,
    "users": run_users,
    "attach": run_attach,
    "detach": run_detach,
    "connect": run_connect,
    "disconnect": run_disconnect,
    "sign-in": run_sign_in,
    "sign-out": run_sign_out,
    "sync": run_sync,
    "conflicts": run_conflicts,
    "serve": run_serve,
}

if __name__ == "__main__":
    sys.exit(main())
