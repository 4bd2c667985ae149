"""A table to read: what becomes of the requests of a file without anybody touching them.

`python -m tests.benchmarks.requests FILE [--json]` imports a file of the reference shapes into a workspace that is
thrown away and prints, for each request, the prompt that is proposed, what the rules flag, and what the criteria
engine recommends.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Any

from app.workstation import build, settings


def table(file: Path) -> list[dict[str, Any]]:
    """One row a request: prompt, slots that nobody fills or that are doubtful, flags, outcome, policy and why."""
    with tempfile.TemporaryDirectory(prefix="countersign-requests-") as folder:
        workstation = build(settings(Path(folder)), secrets.token_bytes(32))
        try:
            taken = workstation.in_store(workstation.importing.take, file.read_bytes(), workstation.person)
            rows = []
            for one in taken:
                case_id = one.case.case_id
                reviewing = workstation.review.reviewing
                prompt = reviewing.propose_prompt(case_id)
                review = reviewing.ask(case_id, prompt, "criteria engine", workstation.person)
                found = review.recommendations[0]
                rows.append(
                    {
                        "request_id": one.request_id,
                        "prompt": prompt.text,
                        "doubtful": [str(p.filled.slot) for p in prompt.slots if p.filled.doubtful],
                        "absent": [str(p.filled.slot) for p in prompt.slots if p.filled.origin == "absent"],
                        "flags": [flag.text for flag in one.flags],
                        "outcome": str(found.outcome),
                        "policy": found.policy_title,
                        "blocking": found.blocking,
                        "missing": list(found.missing),
                        "rationale": found.rationale,
                        "quotes": sum(len(c.evidence) for c in found.criteria),
                    }
                )
            return rows
        finally:
            workstation.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = table(options.file)
    if options.json:
        json.dump(rows, sys.stdout, indent=1, ensure_ascii=False)
        print()
        return
    for row in rows:
        print(f"{row['request_id']}: {row['outcome']}  {row['policy'] or 'no policy on file'}")
        print(textwrap.indent(textwrap.fill(row["prompt"], 110), "  "))
        for name in ("doubtful", "absent"):
            if row[name]:
                print(f"  {name}: {', '.join(row[name])}")
        for flag in row["flags"]:
            print(
                textwrap.indent(textwrap.fill(flag, 106, initial_indent="! ", subsequent_indent="  "), "  ")
            )
        print(
            textwrap.indent(
                textwrap.fill(row["rationale"], 106, initial_indent="> ", subsequent_indent="  "), "  "
            )
        )
        if row["missing"]:
            print(textwrap.indent(textwrap.fill("asks for: " + "; ".join(row["missing"]), 106), "  "))
        print()


if __name__ == "__main__":
    main()
