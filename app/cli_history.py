"""`countersign history`: everything that was done to a case on any desk, who did it and when."""

from __future__ import annotations

import argparse
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.domain.case import Json, to_time
from app.domain.errors import Actionable
from app.terminal import OK, add_user, opened, print_json

if TYPE_CHECKING:
    from app.services.store.past_shelf import Done


def add_history(commands: Any) -> None:
    """Add `history` to the commands."""
    summary = "Show everything that was done to a case: who, when, on which desk."
    made: argparse.ArgumentParser = commands.add_parser("history", help=summary, description=summary)
    made.add_argument(
        "--workspace", type=Path, metavar="DIR", default=argparse.SUPPRESS, help="where the cases are kept"
    )
    made.add_argument("--json", action="store_true", help="print JSON for programs")
    add_user(made)
    made.add_argument("case", metavar="CASE", help="a case id or a receipt number")


def run_history(options: argparse.Namespace) -> int:
    """Run `countersign history`; returns the exit code."""
    with opened(options) as workstation:
        case_id = workstation.in_store(workstation.store.find, options.case)
        workstation.in_store(workstation.editing.open, case_id, workstation.person)  # it is looked at: noted
        missing = ""
        if workstation.cloud is not None:
            past = workstation.cloud.past
            with suppress(Actionable):  # what is missing is said
                workstation.lanes.submit("network", past.fetch, case_id).result()
            left = past.missing(case_id)
            missing = str(left) if left is not None else ""
        desk = workstation.store.desk
        history = workstation.in_store(workstation.store.done, case_id)
    if options.json:
        print_json(
            {"case_id": case_id, "history": [_entry(done, desk) for done in history], "missing": missing}
        )
        return OK
    for done in history:
        change = done.change
        parts = ", ".join(change.fields) or ", ".join(dict.fromkeys(w.path for w in change.writes[:3]))
        place = f" [{done.desk}]" if done.desk else ""
        print(
            f"{change.at:%Y-%m-%d %H:%M:%S}  {change.by}{place}: {str(change.action).replace('_', ' ')}  {parts}"
        )
    if missing:
        print(missing)
    return OK


def _entry(done: Done, desk: str) -> Json:
    change = done.change
    return {
        "change_id": change.change_id,
        "at": to_time(change.at),
        "by": change.by,
        "action": str(change.action),
        "desk": done.desk or desk,
        "here": not done.desk,
        "fields": list(change.fields),
        "paths": [write.path for write in change.writes],
        "undoes": change.undoes,
    }
