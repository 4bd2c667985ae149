"""The command `eval`: how well forms are read, on any folder of forms with keys, and calibrations fitted on them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli_tuning import add_recommendations, run_recommendations
from app.domain.confidence import SURE
from app.domain.errors import Rejected
from app.domain.form import Value
from app.resource import resource
from app.services.code_list import code_lists
from app.services.processors import load_calibration, load_definitions
from app.services.report import printable, table, value_text
from app.terminal import OK, Usage, add_user, opened, print_json, progress_line
from app.workstation import CODE_LISTS, Backends, Workstation, embedded, settings

if TYPE_CHECKING:  # loaded when something is evaluated
    from app.services.evaluation import Figures, FormFigures, FormRead, Report, Scored
    from app.services.evaluation_run import KeyedForm
    from app.services.fitting import Fit

RECORD = "workspace.json"
"""The file that a workspace has once it is made."""
WIDE = 44
"""Characters of a value that are told on a terminal."""
WORST = 12
"""Fields and confusions that are told on a terminal; the JSON tells all."""
NOTE = "Bars stand at the confidence shown and should end on the line. Red: more was promised than kept; pale: less."


def add_eval(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `eval forms`, `eval collect` and `eval recommendations` to the commands."""
    summary = "Measure how well forms are read, and how well recommendations agree with people."
    made = commands.add_parser("eval", help=summary, description=summary)
    parts = made.add_subparsers(dest="part", metavar="WHAT", required=True)

    summary = (
        "Read forms of which is known what is printed on them (NAME.pdf beside NAME.json), and score what was read. "
        "Without DIR: the verified forms of the workspace that were kept for measuring."
    )
    forms = parts.add_parser("forms", help="score forms with keys", description=summary)
    forms.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="a folder of forms with keys")
    forms.add_argument("--damage", action="append", default=[], metavar="KIND",
                       help="damage the forms first: fax, skew, ... or all; may be given several times")  # fmt: skip
    forms.add_argument("--seed", type=int, default=1, help="chance for the damage (1)")
    forms.add_argument("--only", type=int, default=0, metavar="N", help="the first N forms only")
    forms.add_argument(
        "--flag-below", type=float, default=SURE, metavar="X", help=f"the threshold ({SURE:.2f})"
    )
    forms.add_argument("--fit", type=Path, metavar="FILE",
                       help="fit a calibration on these forms, write it, and tell how it does on others")  # fmt: skip
    forms.add_argument(
        "--folds", type=int, default=0, metavar="N", help="parts of the forms left out in turn"
    )
    forms.add_argument("--use", action="store_true",
                       help="read the form types of these forms with the fitted calibration from now on")  # fmt: skip
    forms.add_argument("--picture", type=Path, metavar="PNG", help="draw the reliability diagram")
    forms.add_argument(
        "--worst", type=int, default=WORST, metavar="N", help="wrong values told on a terminal"
    )
    collect = parts.add_parser(
        "collect",
        help="keep verified forms for training and measuring",
        description="Keep the forms of verified cases, encrypted, for training and for measuring. Off by default.",
    )
    collect.add_argument("turn", nargs="?", choices=["on", "off", "status"], default="status")
    add_recommendations(parts)
    for part in (forms, collect):
        part.add_argument("--json", action="store_true", help="print JSON for programs")
        part.add_argument(
            "--workspace",
            type=Path,
            metavar="DIR",
            default=argparse.SUPPRESS,
            help="where the cases are kept",
        )
        add_user(part)


def run_eval(options: argparse.Namespace) -> int:
    """Run one of the parts; returns the exit code."""
    if options.part == "recommendations":
        return run_recommendations(options)
    return _collect(options) if options.part == "collect" else _forms(options)


@dataclass(frozen=True, slots=True)
class _Evaluated:
    """What was read, with the calibration fitted on it where one was asked for."""

    report: Report
    scored: tuple[Scored, ...]
    fitted: Fit | None = None
    held_out: Report | None = None


def _forms(options: argparse.Namespace) -> int:
    from app.services.evaluation_run import kinds_asked, report_json

    kinds = kinds_asked(options.damage)
    for path in (options.fit, options.picture):
        if path is not None and not path.absolute().parent.is_dir():
            raise Usage(f"The folder of “{path}” does not exist; name another place.")
    if options.folder is not None and not options.folder.is_dir():
        raise Usage(f"“{options.folder}” is not a folder.")
    if options.use and options.fit is None:
        raise Usage("Only a calibration that is fitted can be used: say --fit FILE as well.")
    refused: Rejected | None = None
    with _place(options) as (forms, backends, workstation):
        if options.use and workstation is None:
            raise Usage("A calibration is kept in a workspace: name one with --workspace DIR.")
        found = _evaluated(options, forms, kinds, backends)
        if options.use and workstation is not None:
            try:
                _use(workstation, found)
            except Rejected as error:  # what was found is told all the same
                refused = error
    if options.fit is not None and found.fitted is not None and found.held_out is not None:
        _write_calibration(options.fit, found.fitted, found.held_out)
    if options.picture is not None:
        _draw(options.picture, found)
    if options.json:
        print_json(report_json(found.report, found.held_out))
    else:
        print(_as_text(found, options.worst))
    if refused is not None:
        raise refused
    return OK


@contextmanager
def _place(options: argparse.Namespace) -> Iterator[tuple[Sequence[KeyedForm], Backends, Workstation | None]]:
    """The forms to be read, and what reads them. A folder needs no workspace where none is made yet: then the
    form types that come with the program are read.
    """
    from app.services.evaluation_run import forms_of

    place = settings(options.workspace)
    if options.folder is not None and options.workspace is None and not (place.folder / RECORD).exists():
        resources = resource("processors")
        codes = cache(partial(code_lists, place.folder / CODE_LISTS))
        backends = embedded(load_definitions(resources), load_calibration(resources), codes)
        try:
            yield forms_of(options.folder), backends, None
        finally:
            backends.close()
        return
    with opened(options) as workstation:
        forms = forms_of(options.folder) if options.folder is not None else _kept(workstation, options)
        yield forms, workstation.backends, workstation


def _kept(workstation: Workstation, options: argparse.Namespace) -> Sequence[KeyedForm]:
    """The forms that the workspace kept: those for training where something is fitted, else those for measuring."""
    collecting = workstation.collecting
    collecting.catch_up()
    folder = collecting.training if options.fit is not None else collecting.evaluation
    forms = collecting.forms(folder)
    if not forms:
        raise Rejected(
            "The workspace keeps no verified forms for this.",
            "Name a folder of forms with keys, or turn on “countersign eval collect on” and verify some.",
            code="no_forms_kept",
        )
    return forms


def _evaluated(
    options: argparse.Namespace, forms: Sequence[KeyedForm], kinds: Sequence[str], backends: Backends
) -> _Evaluated:
    from app.services.evaluation import report
    from app.services.evaluation_run import EvaluationRun

    teacher = backends.teacher
    run = EvaluationRun(backends.processor, teacher.damaged if teacher is not None else None)
    forms = forms[: options.only or None]
    reads: list[FormRead] = []
    scored: list[Scored] = []
    for kind in kinds:
        for place, form in enumerate(forms, 1):
            with progress_line(f"{kind}  {place} of {len(forms)}  {printable(form.name)}") as watch:
                read = run.read_one(form, kind, options.seed, watch)
            reads.append(read.read)
            scored += read.values
    told = report(reads, scored, options.flag_below)
    if options.fit is None:
        return _Evaluated(told, tuple(scored))
    from app.services.fitting import fit

    fitted = fit(scored, options.folds)
    if fitted is None:
        raise Rejected(
            "These forms hold too little to fit a calibration on.",
            "Name a folder with more forms; a dozen is few.",
            code="too_little_to_fit",
        )
    return _Evaluated(told, tuple(scored), fitted, report(reads, fitted.held_out, options.flag_below))


def _use(workstation: Workstation, found: _Evaluated) -> None:
    """Keep the fitted calibration with the versions that are in force, unless it is no better than what they have."""
    from app.domain.calibration import SCORED
    from app.services.evaluation import brier
    from app.services.fitting import calibration_json
    from app.services.shelving import with_fitted

    if found.fitted is None or found.held_out is None:
        return
    before, after = brier(found.scored), brier(found.fitted.held_out)
    if after >= before:
        raise Rejected(
            f"On forms left out the new calibration is no better than the one in use ({after:.4f}, {before:.4f}).",
            "Nothing was changed; try again with more forms.",
            code="no_better",
        )
    fitted = calibration_json(found.fitted, found.held_out)
    library, person = workstation.library, workstation.person
    known = set(fitted["form_types"]) & set(library.titles())
    cloud = workstation.cloud
    readers = cloud.connection.processors if cloud is not None and SCORED in fitted else {}
    for form_type in sorted(known):
        version = workstation.in_store(library.version, form_type)
        kept = with_fitted(version.calibration, fitted, readers.get(form_type, ""))
        workstation.in_store(library.calibrate, form_type, version.version, kept, person)


def _write_calibration(path: Path, fitted: Fit, held_out: Report) -> None:
    from app.services.fitting import calibration_json

    text = json.dumps(calibration_json(fitted, held_out), ensure_ascii=False, indent=1)
    _write(path, (text + "\n").encode())


def _draw(path: Path, found: _Evaluated) -> None:
    from app.services.reliability import Panel, diagram

    told = found.report
    panels = [
        Panel("All values", told.reliability, told.overall.ece),
        Panel("Filled-in text", told.reliability_text, told.overall.ece_text),
    ]
    if found.held_out is not None:
        held = found.held_out
        panels.append(Panel("All values, fitted, forms left out", held.reliability, held.overall.ece))
    kinds = list(told.by_damage)
    named = ", ".join(kinds) if len(kinds) <= 3 else f"{len(kinds)} kinds of damage"
    title = f"How true the confidence is: {told.forms.forms} readings, {named}"
    _write(path, diagram(title, NOTE, panels))


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise Usage(f"“{path}” cannot be written: {error.strerror}.") from error


def _as_text(found: _Evaluated, worst: int) -> str:
    told, held = found.report, found.held_out
    columns: list[tuple[str, FormFigures, Figures]] = [(damage, *of) for damage, of in told.by_damage.items()]
    if len(columns) > 1:
        columns.append(("all", told.forms, told.overall))
    lines = [
        table(["", *(name for name, _, _ in columns)], _rows(columns, held), right=range(1, len(columns) + 1))
    ]
    fields = [(f"{kind}  {name}", of) for (kind, name), of in told.by_field.items() if of.accuracy != 1.0]
    fields.sort(key=lambda f: (f[1].accuracy or 0.0, f[0]))
    if fields:
        rows = [
            [n, str(f.values), _number(f.accuracy), _number(f.flagged), _number(f.silent)] for n, f in fields
        ]
        heads = ["Field", "Values", "Right", "Flagged", "Silent of 1,000"]
        lines += ["", table(heads, rows[:WORST], right=(1, 2, 3, 4)), *_more(len(fields), WORST, "fields")]
    if told.confusions:
        rows = [[_quoted(a), _quoted(b), str(n)] for a, b, n in told.confusions[:WORST]]
        lines += ["", table(["Printed", "Read", "Times"], rows, right=(2,))]
    if told.wrong and worst:
        wrong = sorted(told.wrong, key=lambda s: -s.confidence)
        rows = [
            [s.form, s.damage, s.path, _clipped(s.expected), _clipped(s.read), f"{s.confidence:.2f}"]
            for s in wrong[:worst]
        ]
        heads = ["Form", "Damage", "Field", "Printed", "Read", "Confidence"]
        lines += ["", table(heads, rows, right=(5,)), *_more(len(wrong), worst, "wrong values")]
    return "\n".join(lines)


ROWS: tuple[tuple[str, Callable[[FormFigures, Figures], object]], ...] = (
    ("forms", lambda forms, _: forms.forms),
    ("form type right", lambda forms, _: forms.form_type_right),
    ("values", lambda _, of: of.values),
    ("accuracy", lambda _, of: of.accuracy),
    ("exact", lambda _, of: of.exact),
    ("filled-in text", lambda _, of: of.text),
    ("tick boxes", lambda _, of: of.boxes),
    ("blanks", lambda _, of: of.blank),
    ("invented values", lambda _, of: of.invented),
    ("flagged", lambda _, of: of.flagged),
    ("silent errors of 1,000", lambda _, of: of.silent),
    ("errors caught", lambda _, of: of.caught),
    ("calibration error", lambda _, of: of.ece),
    ("  of text", lambda _, of: of.ece_text),
    ("seconds a page", lambda forms, _: forms.seconds_per_page),
)
HELD_OUT = ("flagged", "silent errors of 1,000", "errors caught", "calibration error", "  of text")


def _rows(columns: Sequence[tuple[str, FormFigures, Figures]], held: Report | None) -> list[list[str]]:
    rows = [[name, *(_number(value(forms, of)) for _, forms, of in columns)] for name, value in ROWS]
    if held is not None:
        fitted = [(*held.by_damage[name],) if name in held.by_damage else (held.forms, held.overall)
                  for name, _, _ in columns]  # fmt: skip
        rows.append(["fitted, on forms left out:", *("" for _ in columns)])
        for name, value in ROWS:
            if name in HELD_OUT:
                rows.append([name, *(_number(value(forms, of)) for forms, of in fitted)])
    return rows


def _number(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _clipped(value: Value | None) -> str:
    text = "" if value is None else value_text(value)
    return text if len(text) <= WIDE else f"{text[: WIDE - 1]}…"


def _quoted(text: str) -> str:
    return f"“{text}”" if text else "nothing"


def _more(count: int, told: int, what: str) -> list[str]:
    return [f"... and {count - told} more {what}"] if count > told else []


def _collect(options: argparse.Namespace) -> int:
    with opened(options) as workstation:
        collecting = workstation.collecting
        if options.turn != "status":
            workstation.in_store(collecting.enable, options.turn == "on", workstation.person)
        moved = collecting.catch_up() if options.turn == "on" else 0
        on = workstation.in_store(collecting.enabled)
        training, evaluation = len(collecting.training), len(collecting.evaluation)
    if options.json:
        print_json({"on": on, "training_forms": training, "eval_forms": evaluation})
        return OK
    print(f"Collecting verified forms is {'on' if on else 'off'}.")
    if moved:
        print(f"{moved} forms of cases verified before were taken.")
    print(f"Kept: {training} for training, {evaluation} for measuring.")
    return OK
