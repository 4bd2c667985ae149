"""How well forms are read: `python -m tests.benchmarks.reading DIR|FILE... [--json] [--damage KIND]`.

Reads every file through the form processor. `--json` prints one JSON object a form in the shape that
`score_forms.py` takes; without it a line a file and, where keys lie beside the files, the score. Timings
are the reader's own and depend on the machine.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from app.domain.errors import Unreadable
from app.domain.extraction import Document, Extraction, FormExtraction
from app.services import media
from app.services.local.ocr_form_processor import OcrFormProcessor
from app.services.processors import load_calibration, load_definitions
from tests.benchmarks.damage import KINDS, damaged

ROOT = Path(__file__).resolve().parents[2]
PROCESSORS = ROOT / "resources" / "processors"
SCORE = ROOT.parent / "shared" / "tools" / "score_forms.py"


def as_scored(path: Path, extraction: Extraction, form: FormExtraction) -> dict[str, Any]:
    """A form in the shape that `score_forms.py` documents; empty names for a file without a form."""
    fields, tables = [], {}
    for f in form.fields:
        entry = {"name": f.path, "value": f.value, "confidence": f.confidence}
        if f.cell:
            table, row, column = f.cell
            tables.setdefault(table, {}).setdefault(int(row[1:]), {})[column] = {
                "value": f.value,
                "confidence": f.confidence,
            }
        else:
            fields.append(
                {
                    **entry,
                    "label": f.label,
                    "placement_confidence": f.placement_confidence,
                    "page": f.page,
                    "box": f.box.rounded() if f.box else None,
                }
            )
    return {
        "path": str(path),
        "form_type": form.form_type,
        "processor_version": form.processor_version,
        "seconds": extraction.seconds,
        "pages": extraction.page_count,
        "fields": fields,
        "tables": {name: [rows[i] for i in sorted(rows)] for name, rows in tables.items()},
    }


def files_in(paths: list[Path]) -> list[Path]:
    """The files of folders and the files named, keys and notes left out."""
    found = []
    for path in paths:
        every = sorted(path.iterdir()) if path.is_dir() else [path]
        found += [p for p in every if p.is_file() and p.suffix.lower() not in (".json", ".md", ".jsonl")]
    return found


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", type=Path, nargs="+")
    parser.add_argument("--json", action="store_true", help="print JSON lines only")
    parser.add_argument(
        "--damage", choices=sorted(KINDS), help="damage the first page of each file before it is read"
    )
    parser.add_argument("--only", type=int, default=0, help="read the first N files only")
    parser.add_argument("--worst", type=int, default=40, help="list up to N wrong values")
    options = parser.parse_args(argv)
    processor = OcrFormProcessor(load_definitions(PROCESSORS), {"": load_calibration(PROCESSORS)})
    lines = []
    try:
        for number, path in enumerate(files_in(options.paths)[: options.only or None]):
            content = path.read_bytes()
            if options.damage:
                content = damaged(content, options.damage, seed=1000 + number)
            try:
                extraction = processor.process(Document(path.stem, media.sniff(content), content))
            except Unreadable as error:
                lines.append(
                    {"path": str(path), "form_type": "", "reason": str(error), "fields": [], "tables": {}}
                )
                if not options.json:
                    print(f"{path.name}: unreadable: {error}")
                continue
            for form in extraction.forms:
                lines.append(as_scored(path, extraction, form))
            if not options.json:
                forms = ", ".join(
                    f"{f.form_type} p{list(f.pages)} {len(f.fields)} fields" for f in extraction.forms
                )
                parts = ", ".join(f"{p.kind} {list(p.pages)}" for p in extraction.parts)
                print(f"{path.name}: {extraction.seconds:.1f} s; {forms or 'no form'}; {parts}", flush=True)
    finally:
        processor.close()
    if options.json:
        for line in lines:
            print(json.dumps(line, ensure_ascii=False))
    elif any(p.is_dir() and list(p.glob("*.json")) for p in options.paths) and SCORE.exists():
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl", delete=False) as out:
            out.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        folder = next(p for p in options.paths if p.is_dir() and list(p.glob("*.json")))
        subprocess.run(
            [
                sys.executable,
                str(SCORE),
                "--truth",
                str(folder),
                "--output",
                out.name,
                "--worst",
                str(options.worst),
            ],
            check=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
