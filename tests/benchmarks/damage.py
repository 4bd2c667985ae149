"""Damaged copies of forms: `python -m tests.benchmarks.damage IN OUT [--kind fax]... [--seed N]`.

Every form of the folder IN goes to OUT once for each kind of damage as NAME-KIND with its key (NAME.json, where
there is one), which then says `"damage": KIND`. The same seed gives the same files.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from app.services import media
from app.services.document_worker import damage
from app.services.document_worker.damage import KINDS

NOT_FORMS = (".json", ".jsonl", ".md", ".txt")


def damaged(content: bytes, kind: str, seed: int) -> bytes:
    """A file damaged in a named way."""
    return damage.damaged(content, media.sniff(content), kind, seed)[0]


def forms_in(folder: Path) -> list[Path]:
    """The files of a folder that are no keys and no notes."""
    return [p for p in sorted(folder.iterdir()) if p.is_file() and p.suffix.lower() not in NOT_FORMS]


def write_copies(form: Path, out: Path, kinds: list[str], seed: int) -> list[Path]:
    """Damaged copies of a form and of its key; the paths of the copies."""
    content, key = form.read_bytes(), form.with_suffix(".json")
    written = []
    for kind in kinds:
        copy, media_type = damage.damaged(content, media.sniff(content), kind, seed)
        path = out / f"{form.stem}-{kind}{media.EXTENSIONS[media_type]}"
        path.write_bytes(copy)
        if key.exists():
            found = {**json.loads(key.read_text("utf-8")), "damage": kind}
            text = json.dumps(found, ensure_ascii=False, indent=1)
            path.with_suffix(".json").write_text(text + "\n", "utf-8")
        written.append(path)
    return written


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="IN")
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--kind", action="append", choices=[*KINDS, "all"], help="may be given several times")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(argv)
    wanted = options.kind or ["all"]
    kinds = list(KINDS) if "all" in wanted else list(dict.fromkeys(wanted))
    options.out.mkdir(parents=True, exist_ok=True)
    for form in forms_in(options.folder):
        for path in write_copies(form, options.out, kinds, options.seed):
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
