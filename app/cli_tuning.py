"""The commands `tuning …` and `eval recommendations`: examples kept, exported, and models measured with them.

Tuning itself is work of a cloud: `app.cli_jobs`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from app.cli_jobs import JOB_PARTS, add_jobs, answered, run_jobs
from app.domain.policy import Policy
from app.services.review import ENGINE
from app.terminal import OK, REFUSED, Usage, add_user, opened, print_json, progress_line
from app.workstation import Workstation

LARGEST = 500_000_000


def add_tuning(commands: Any) -> None:
    """Add `tuning on|off|status|export` and `tuning start|measure|jobs|cancel|use` to the commands."""
    summary = "Keep what people decided as examples for tuning and measuring models. Off by default."
    made = commands.add_parser("tuning", help=summary, description=summary)
    parts = made.add_subparsers(dest="part", metavar="WHAT", required=True)
    for name, words in (
        ("on", "Keep an example of every line that is decided from now on, without identifiers."),
        ("off", "Keep no more; what was kept stays."),
        ("status", "Say how many there are."),
        ("export", "Write the examples in the clear, as JSON lines for Vertex AI."),
    ):
        part = parts.add_parser(name, help=words, description=words)
        _common(part)
        if name == "export":
            part.add_argument("--out", type=Path, required=True, metavar="FILE.jsonl")
            part.add_argument(
                "--eval", action="store_true", help="those kept for measuring, not those for tuning"
            )
    add_jobs(parts, _common)


def add_recommendations(parts: Any) -> None:
    """Add `eval recommendations` to the parts of `eval`."""
    summary = (
        "Ask a model the questions of a file of examples again, and say how far it agrees by outcome and criterion. "
        "Without FILE: the examples of the workspace that were kept for measuring."
    )
    made = parts.add_parser("recommendations", help="measure a model of recommendations", description=summary)
    made.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="JSON lines, as `tuning export` writes"
    )
    made.add_argument("--model", default="", metavar="NAME", help="who is asked (the criteria engine)")
    made.add_argument(
        "--job", default="", metavar="JOB", help="the answers of a job that “tuning measure” started"
    )
    made.add_argument("--only", type=int, default=0, metavar="N", help="the first N examples only")
    _common(made)


def _common(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--workspace", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="where the cases are kept"
    )
    add_user(made)
    made.add_argument("--json", action="store_true", help="print JSON for programs")


def run_tuning(options: argparse.Namespace) -> int:
    from app.services.tuning_dataset import EVALUATION, TUNING

    if options.part in JOB_PARTS:
        return run_jobs(options)
    with opened(options) as workstation:
        dataset = workstation.tuning
        if options.part in ("on", "off"):
            workstation.in_store(dataset.enable, options.part == "on", workstation.person)
        written = 0
        if options.part == "export":
            which = EVALUATION if options.eval else TUNING
            dataset.catch_up()
            if options.out.exists():
                raise Usage(f"“{options.out}” exists already; name a new file.")
            written = dataset.export(which, options.out, workstation.person)
        counts = workstation.in_store(dataset.counts)
    if options.json:
        told = {"on": counts.on, "tuning": counts.tuning, "evaluation": counts.evaluation}
        print_json(told | ({"written": written} if options.part == "export" else {}))
    elif options.part == "export":
        print(f"{written} examples written to {options.out}. They hold clinical text: keep the file safe.")
    else:
        state = "Examples are kept." if counts.on else "No examples are kept."
        print(f"{state} For tuning: {counts.tuning}; for measuring: {counts.evaluation}.")
    return OK


def run_recommendations(options: argparse.Namespace) -> int:
    """Measure a model; exit code 1 when it answered nothing."""
    from app.services.recommendation_eval import (
        agreement_json,
        agreement_text,
        examples_in,
        measured,
    )
    from app.services.tuning_dataset import EVALUATION

    text = _text(options.file) if options.file is not None else None
    with opened(options) as workstation:
        lines = text.split("\n") if text is not None else list(workstation.tuning.lines(EVALUATION))
        lines = [line for line in lines if line.strip()]
        examples = list(examples_in(lines))
        if not examples:
            raise Usage("There are no examples to measure with.")
        if options.only > 0:
            examples = examples[: options.only]
        reviewing = workstation.review.reviewing
        name, judge = options.model or ENGINE, lambda ask: reviewing.judge(ask, options.model)[0]
        if options.job:
            name, judge = answered(workstation, options.job, lines, examples)
        with progress_line("Asking"):
            found = measured(examples, name, judge, lambda t, v: _policy(workstation, t, v))
    print_json(agreement_json(found)) if options.json else print(agreement_text(found))
    return OK if found.answered else REFUSED


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise Usage(f"“{path}” is too large for a file of examples.")
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise Usage(f"“{path}” cannot be read as a file of examples.") from None


def _policy(workstation: Workstation, title: str, version: str) -> Policy | None:
    """A policy by its title: in that version where it is kept, else the one in force."""
    policies = workstation.policies
    named = [v for v in policies.versions() if v.title == title]
    exact = [v for v in named if v.version == version]
    if exact:
        return policies.policy(exact[0].policy_id, version)
    return policies.policy(named[0].policy_id) if named else None
