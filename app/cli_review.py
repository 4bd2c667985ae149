"""The commands of the review: `review`, `decide`, `letter` and `receipt`."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime, time
from pathlib import Path
from typing import Any

from app.domain.determination import Outcome, determination_document, determinations_of
from app.domain.errors import Rejected
from app.domain.letter import Letter
from app.domain.material import Material
from app.domain.plain_language import measured
from app.domain.prompt import Prompt
from app.domain.prompt_text import edited
from app.domain.request import parsed_date
from app.services.report import printable
from app.services.review_receipt import receipt_text
from app.services.review_report import printable_lines, review_json, review_text
from app.terminal import OK, REFUSED, Usage, add_user, opened, print_json, progress_line
from app.workstation import Workstation

PROPOSE = "propose_dismissal"
LONGEST_PROMPT = 100_000
_OPTIONS = {
    "nothing_missing": "--missing TEXT says what is asked for, --by DATE by when",
    "nothing_granted": "--granted TEXT",
    "no_ground": "--ground not_a_request or --ground sent_twice",
    "decided": "--supersede takes the place of what is decided, where that may be done",
}
"""What says on the command line what a determination lacks, by the code of its error."""


def add_review(commands: Any) -> None:
    """Add `review`, `decide`, `letter` and `receipt` to the commands."""
    made = _command(commands, "review", "Ask for a recommendation on a case; a person decides.")
    made.add_argument("case", metavar="CASE", help="a case id or a receipt number")
    made.add_argument(
        "--prompt-file", type=Path, metavar="FILE", help="a prompt to send instead of the proposed one"
    )
    made.add_argument("--model", default="", metavar="NAME", help="who is asked (the criteria engine)")
    made.add_argument(
        "--prompt-model", default="", metavar="NAME", help="who looks for what the form does not say (nobody)"
    )
    made.add_argument(
        "--policy", default="", metavar="ID", help="the policy to judge by, instead of the one that fits"
    )
    made.add_argument(
        "--show-sent", action="store_true", help="print exactly what would be sent, and ask nothing"
    )

    made = _command(commands, "decide", "Record what you decide about a request, as whoever is signed in.")
    made.add_argument("case", metavar="CASE")
    choices = [*(str(o) for o in Outcome), PROPOSE]
    made.add_argument("outcome", metavar="OUTCOME", type=_outcome, choices=choices, help=", ".join(choices))
    made.add_argument("--reason", required=True, metavar="TEXT", help="why, in words the member understands")
    made.add_argument(
        "--line",
        action="append",
        default=[],
        metavar="L",
        help="a line of the request; all that are open unless named",
    )
    _many(made, "--missing", "TEXT", "what a pended request lacks")
    made.add_argument(
        "--by", dest="answer_by", metavar="DATE", default="", help="by when it has to come (YYYY-MM-DD)"
    )
    made.add_argument(
        "--granted", default="", metavar="TEXT", help="what is approved, of an approval in part"
    )
    made.add_argument(
        "--ground", choices=("not_a_request", "sent_twice"), default="", help="why a request is dismissed"
    )
    _many(made, "--override", "CRITERION=REASON", "why it is approved although this is not shown to be met")
    _many(made, "--criterion", "ID", "the criteria a decision against the request rests on, for the letter")
    _many(made, "--i-have-read", "DOCUMENT", "a document you have read: its name or id, or `policy`")
    made.add_argument(
        "--review", default="", metavar="ID", help="the review you looked at; the latest unless named"
    )
    made.add_argument(
        "--supersede", action="store_true", help="take the place of a determination that is final"
    )
    made.add_argument("--letter", type=Path, metavar="FILE.pdf", help="write the letter about it as well")

    made = _command(commands, "letter", "Write the letter about what was decided, as PDF.")
    made.add_argument("case", metavar="CASE")
    made.add_argument("--line", action="append", default=[], metavar="L", help="a line of the request")
    made.add_argument("--out", type=Path, required=True, metavar="FILE.pdf")

    made = _command(
        commands, "receipt", "Show what was on screen and what was proposed when a line was decided."
    )
    made.add_argument("case", metavar="CASE")
    made.add_argument(
        "--line", default="", metavar="L", help="one line; the receipts of every determination unless named"
    )
    made.add_argument("--out", type=Path, metavar="FILE", help="write it as JSON")


def _command(commands: Any, name: str, summary: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=summary)
    made.add_argument(
        "--workspace", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="where the cases are kept"
    )
    add_user(made)
    made.add_argument("--json", action="store_true", help="print JSON for programs")
    return made


def _many(made: argparse.ArgumentParser, name: str, metavar: str, words: str) -> None:
    made.add_argument(name, action="extend", nargs="+", default=[], metavar=metavar, help=words)


def _outcome(text: str) -> str:
    return text.strip().lower().replace("-", "_")


def run_review(options: argparse.Namespace) -> int:
    """Ask for a recommendation; what came back is kept with the case."""
    text = _prompt_text(options.prompt_file) if options.prompt_file else ""
    with opened(options) as workstation:
        case_id = workstation.in_store(workstation.store.find, options.case)
        reviewing = workstation.review.reviewing
        material = _read(workstation, case_id)
        if options.prompt_model and options.show_sent:
            print(reviewing.prompt_outgoing(case_id, options.prompt_model))
            return OK
        prompt = (
            reviewing.propose_with(case_id, options.prompt_model, workstation.person)
            if options.prompt_model
            else reviewing.propose_prompt(case_id)
        )
        if text:
            prompt = edited(prompt, text, workstation.person)
        chosen = {"": options.policy} if options.policy else {}
        if options.show_sent:
            print(reviewing.outgoing(case_id, prompt, options.model, chosen))
            return OK
        review = _ask(workstation, case_id, prompt, options.model, chosen)
    if options.json:
        print_json(review_json(review))
    else:
        print(review_text(review, material))
    return REFUSED if review.problem else OK


def _ask(workstation: Workstation, case_id: str, prompt: Prompt, model: str, chosen: dict[str, str]) -> Any:
    reviewing = workstation.review.reviewing
    with progress_line("Asking"):
        asking = workstation.lanes.submit(
            "review", reviewing.ask, case_id, prompt, model, workstation.person, None, chosen
        )
        return asking.result()


def _read(workstation: Workstation, case_id: str) -> Material:
    """The material of the case, once the texts of its documents are there."""
    material = workstation.review.reviewing.material(case_id)
    if any(document.pages or not document.lost for document in material.unread):
        with progress_line("Reading the documents") as watch:
            workstation.texts.read(case_id, watch)
        material = workstation.review.reviewing.material(case_id)
    return material


def _prompt_text(path: Path) -> str:
    try:
        text = path.read_text("utf-8-sig").strip()
    except (OSError, UnicodeDecodeError):
        raise Usage(f"The prompt in “{path}” cannot be read; give a file of plain text.") from None
    if not text or len(text) > LONGEST_PROMPT:
        raise Usage(f"The prompt in “{path}” is {'empty' if not text else 'too long'}.")
    return text


def run_decide(options: argparse.Namespace) -> int:
    """Record a person's determination, by the rules of the window."""
    overrides = tuple(_override(text) for text in options.override)
    answer_by = _end_of(options.answer_by) if options.answer_by else None
    if options.letter is not None and options.letter.exists():
        raise Usage(f"“{options.letter}” exists already; name a new file.")
    folder = options.letter.absolute().parent if options.letter is not None else None
    if folder is not None and not folder.is_dir():
        raise Usage(f"There is no folder “{folder}” for the letter. Nothing was decided.")
    with opened(options) as workstation:
        room, by = workstation.review, workstation.person
        case_id = workstation.in_store(workstation.store.find, options.case)
        if options.outcome == PROPOSE:
            workstation.in_store(room.deciding.propose_dismissal, case_id, options.reason, by)
            return _told(options, workstation, case_id, ())
        outcome = Outcome(options.outcome)
        lines = tuple(options.line) or _open_lines(workstation, case_id)
        declared = _declared(workstation, case_id, options.i_have_read, lines, options.review)
        try:
            workstation.in_store(
                lambda: room.deciding.decide(
                    case_id,
                    lines,
                    outcome,
                    options.reason,
                    by,
                    missing=tuple(options.missing),
                    answer_by=answer_by,
                    granted=options.granted,
                    ground=options.ground,
                    overrides=overrides,
                    review_id=options.review,
                    criteria=tuple(options.criterion),
                    declared=declared,
                    supersede=options.supersede,
                )
            )
        except Rejected as error:
            if error.code == "evidence_unopened":
                _tell_unopened(workstation, case_id, lines, declared, options.review)
            elif error.code == "override_needed":
                _tell_open(workstation, case_id, lines, options.review)
            elif error.code in _OPTIONS:
                print(f"On the command line: {_OPTIONS[error.code]}", file=sys.stderr)
            raise
        if outcome is not Outcome.REFER:
            for finding in measured(options.reason).findings:
                more = f" ({finding.suggestion})" if finding.suggestion else ""
                print(f"The reason: {finding.text}{more}", file=sys.stderr)
        # Said before the letter is tried: a letter that cannot be written undoes no determination.
        told = _told(options, workstation, case_id, lines)
        if options.letter is not None and outcome is not Outcome.REFER:
            _write_letter(workstation, case_id, lines, options.letter)
        return told


def _told(options: argparse.Namespace, workstation: Workstation, case_id: str, lines: tuple[str, ...]) -> int:
    document = workstation.in_store(workstation.store.case_document, case_id)
    made = determinations_of(document)
    if options.json:
        print_json(
            {
                "case_id": case_id,
                "receipt": document["receipt"],
                "status": document.get("status", ""),
                "waiting_for": document.get("waiting_for"),
                "determinations": {line: determination_document(one) for line, one in made.items()},
                "proposed_dismissal": document.get("proposed_dismissal"),
            }
        )
        return OK
    for line in lines:
        one = made[line]
        who = f"{one.title or one.by} ({str(one.role).replace('_', ' ')})"
        print(f"{document['receipt']} line {line}: {str(one.outcome).replace('_', ' ')}, decided by {who}.")
    if not lines:
        print(f"{document['receipt']}: a dismissal is proposed; a reviewer decides.")
    elif document.get("waiting_for"):
        print(f"It waits for {document['waiting_for']}.")
    elif document.get("status") == "completed":
        print("The request is completed.")
    return OK


def _override(text: str) -> tuple[str, str]:
    name, sign, reason = text.partition("=")
    if not sign or not name.strip() or not reason.strip():
        raise Usage(f"“{text}” is not CRITERION=REASON.")
    return name.strip(), reason.strip()


def _end_of(text: str) -> datetime:
    day = parsed_date(text)
    if day is None:
        raise Usage(f"“{text}” is no date; write it as YYYY-MM-DD.")
    return datetime.combine(day, time(23, 59, 59)).astimezone()


def _open_lines(workstation: Workstation, case_id: str) -> tuple[str, ...]:
    """The lines that are not decided for good; all of them where all are."""
    document = workstation.in_store(workstation.store.case_document, case_id)
    made = determinations_of(document)
    lines = tuple(document.get("request", {}).get("lines", {}))
    left = tuple(line for line in lines if line not in made or not made[line].final)
    return left or lines


def _declared(
    workstation: Workstation, case_id: str, named: list[str], lines: tuple[str, ...], review_id: str
) -> tuple[str, ...]:
    """The ids of the documents somebody says they read, by id, name, file name or kind."""
    if not named:
        return ()
    known = _names(workstation, case_id, lines, review_id)
    found: list[str] = []
    for word in named:
        wanted = word.strip().casefold()
        ids = [document for document, names in known.items() if wanted in names]
        if not ids:
            listed = "; ".join(sorted({_readable(document, names) for document, names in known.items()}))
            raise Usage(f"The case has no document “{word}”. It has: {listed}.")
        found += ids
    return tuple(dict.fromkeys(found))


def _readable(document_id: str, names: set[str]) -> str:
    """What a person would call a document: its name where it has one, and not its id."""
    return min(names - {document_id.casefold()} or names)


def _names(
    workstation: Workstation, case_id: str, lines: tuple[str, ...], review_id: str
) -> dict[str, set[str]]:
    document = workstation.in_store(workstation.store.case_document, case_id)
    reviewing = workstation.review.reviewing
    material = reviewing.material(case_id)
    known = {d.document_id: {d.document_id.casefold(), d.name.casefold()} for d in material.documents}
    for document_id, entry in document.get("documents", {}).items():
        words = known.setdefault(document_id, {document_id.casefold()})
        words |= {str(entry.get("name", "")).casefold(), str(entry.get("kind", "")).casefold()}
    for line in lines:
        if material.request.line(line) is None:
            continue
        policy = reviewing.basis(case_id, line, review_id).policy
        if policy:
            name = policy.partition("@")[0].casefold()
            known[f"policy:{policy}"] = {"policy", name, policy.casefold(), f"policy:{policy}".casefold()}
    return {name: {word for word in words if word} for name, words in known.items()}


def _tell_unopened(
    workstation: Workstation, case_id: str, lines: tuple[str, ...], declared: tuple[str, ...], review_id: str
) -> None:
    room = workstation.review
    left = workstation.in_store(room.deciding.unopened, case_id, lines, workstation.person, review_id)
    names = {d.document_id: d.name for d in room.reviewing.material(case_id).documents}
    print("To decide against a request, read what it rests on and say so:", file=sys.stderr)
    for document in left:
        if document not in declared:
            print(f'  --i-have-read "{printable(names.get(document, document))}"', file=sys.stderr)


def _tell_open(workstation: Workstation, case_id: str, lines: tuple[str, ...], review_id: str) -> None:
    print("These criteria are not shown to be met:", file=sys.stderr)
    for line in lines:
        for criterion in workstation.review.reviewing.basis(case_id, line, review_id).open:
            print(f"  --override {criterion.criterion_id}=REASON   {criterion.text}", file=sys.stderr)


def run_letter(options: argparse.Namespace) -> int:
    """Write the letter about what was decided."""
    if options.out.exists():
        raise Usage(f"“{options.out}” exists already; name a new file.")
    with opened(options) as workstation:
        case_id = workstation.in_store(workstation.store.find, options.case)
        letter = _write_letter(workstation, case_id, tuple(options.line), options.out)
    if options.json:
        print_json(
            {
                "file": str(options.out),
                "title": letter.title,
                "lines": list(letter.lines),
                "outcome": str(letter.outcome),
                "grade": letter.grade,
                "missing": list(letter.missing),
                "findings": [
                    {"kind": f.kind, "text": f.text, "suggestion": f.suggestion} for f in letter.findings
                ],
            }
        )
    return OK


def _write_letter(workstation: Workstation, case_id: str, lines: tuple[str, ...], path: Path) -> Letter:
    letters = workstation.review.letters
    letter = workstation.in_store(letters.composed, case_id, lines)
    receipt = workstation.in_store(workstation.store.case_document, case_id)["receipt"]
    pdf = letters.printed(letter, receipt)
    issued = workstation.in_store(letters.keep, case_id, letter, pdf, workstation.person)
    try:
        path.write_bytes(issued.pdf)
    except OSError as error:
        raise Usage(
            f"The letter is kept with the case, but “{path}” cannot be written: {error.strerror}. "
            "Write it elsewhere with: countersign letter CASE --out FILE.pdf"
        ) from error
    print(f"{letter.title}: {len(pdf):,} bytes written to {path}", file=sys.stderr)
    if letter.missing:
        names = ", ".join(name.replace("_", " ") for name in letter.missing)
        where = "An administrator sets it in letters/payer.json of the workspace (docs/admin/letters.md)."
        print(f"It is a draft, not to be sent: it lacks {names}. {where}", file=sys.stderr)
    for finding in letter.findings:
        more = f" ({finding.suggestion})" if finding.suggestion else ""
        print(f"  {finding.text}{more}", file=sys.stderr)
    return letter


def run_receipt(options: argparse.Namespace) -> int:
    """Show or write the receipts of determinations."""
    if options.out is not None and options.out.exists():
        raise Usage(f"“{options.out}” exists already; name a new file.")
    with opened(options) as workstation:
        case_id = workstation.in_store(workstation.store.find, options.case)
        receipts = workstation.review.receipts
        if options.line:
            found = [workstation.in_store(receipts.receipt, case_id, options.line)]
        else:
            found = list(workstation.in_store(receipts.every, case_id))
        if options.out is not None:
            options.out.write_text(json.dumps(found, ensure_ascii=False, indent=1), "utf-8")
            workstation.in_store(receipts.exported, case_id, workstation.person)
    if options.json:
        print_json(found)
    elif not found:
        print("Nothing is decided yet.")
    else:
        print("\n\n".join(printable_lines(receipt_text(one).split("\n")) for one in found))
    return OK
