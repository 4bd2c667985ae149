"""How well forms are read: `python -m tests.benchmarks.reading DIR|FILE... [--json] [--damage KIND]`.

Reads every file through the form processor. `--json` prints one JSON object a form in the shape that
`score_forms.py` takes; without it a line a file and, where keys lie beside the files, the score. Timings
are the reader's own and depend on the machine.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app.domain.errors import Unreadable
from app.domain.extraction import Document, Extraction, FormExtraction
from app.domain.form import Source
from app.services import media
from app.services.document_worker.reading.confidence import DEFAULT, FEATURES, Calibration, Evidence
from app.services.document_worker.reading.document import read_document
from app.services.document_worker.reading.engine import Engine
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


class _Recorder(Calibration):
    """Keeps every piece of evidence and numbers it: the confidence of a field says which was its own."""

    def __init__(self) -> None:
        super().__init__({})
        self.evidence: list[Evidence] = []

    def text(self, evidence: Evidence) -> float:
        self.evidence.append(evidence)
        return len(self.evidence) / 10_000


def _fold(value: object) -> str:
    return re.sub(r"\s+", " ", str(value)).strip(" .,:;_-").casefold()


def observations(path: Path, content: bytes, engine: Engine) -> list[tuple[tuple[float, ...], bool]]:
    """(features, whether it was right) of every recognized text of a form with a key beside it."""
    key = json.loads(path.with_suffix(".json").read_text("utf-8"))
    expected = {n: v for n, v in key["fields"].items() if n not in key.get("unsure", [])}
    for table, rows in key.get("tables", {}).items():
        for number, row in enumerate(rows, 1):
            expected |= {f"{table}.r{number}.{column}": value for column, value in row.items()}
    recorder = _Recorder()
    definitions = load_definitions(PROCESSORS)
    extraction = read_document(
        content, "", path.stem, definitions, recorder, engine, lambda _done, _total: None
    )
    found = []
    for form in extraction.forms:
        for f in form.fields:
            if f.source is Source.RECOGNIZED and isinstance(f.value, str) and f.value and f.path in expected:
                evidence = recorder.evidence[round(f.confidence * 10_000) - 1]
                found.append((evidence.features(), _fold(f.value) == _fold(expected[f.path])))
    return found


def fitted(features: npt.NDArray[np.float64], right: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Logistic regression, drawn a little towards the built-in coefficients (Newton's method)."""
    prior = np.array(DEFAULT)
    strength = np.diag([0.2] + [0.8] * (len(prior) - 1))
    weights = prior.copy()
    for _ in range(40):
        chance = 1.0 / (1.0 + np.exp(-features @ weights))
        gradient = features.T @ (right - chance) - strength @ (weights - prior)
        curvature = (features * (chance * (1 - chance))[:, None]).T @ features + strength
        weights = weights + np.linalg.solve(curvature, gradient)
    return weights


def calibration_error(chance: npt.NDArray[np.float64], right: npt.NDArray[np.float64]) -> float:
    """Expected calibration error over ten bins, as `score_forms.py` computes it."""
    bins = np.minimum(9, (chance * 10).astype(int))
    return float(sum(abs((chance - right)[bins == b].sum()) for b in range(10)) / len(right))


def fit(folder: Path, out: Path, kinds: list[str], per_kind: int) -> int:
    engine = Engine(2)
    forms = [p for p in files_in([folder]) if p.with_suffix(".json").exists()]
    rows: list[tuple[int, tuple[float, ...], bool]] = []
    for number, path in enumerate(forms):
        content = path.read_bytes()
        rows += [(number, f, r) for f, r in observations(path, content, engine)]
        for place, kind in enumerate(kinds):
            if (number + place) % max(1, len(forms) // per_kind) == 0:
                spoiled = damaged(content, kind, seed=1000 + number)
                rows += [(number, f, r) for f, r in observations(path, spoiled, engine)]
        print(f"{path.stem}: {len(rows)} values", file=sys.stderr, flush=True)
    groups = np.array([g for g, _, _ in rows])
    features = np.array([f for _, f, _ in rows])
    right = np.array([float(r) for _, _, r in rows])
    held_out = np.zeros(len(rows))
    for fold in range(4):
        test = groups % 4 == fold
        weights = fitted(features[~test], right[~test])
        held_out[test] = np.clip(1.0 / (1.0 + np.exp(-features[test] @ weights)), 0.02, 0.995)
    weights = fitted(features, right)
    report = {
        "values": len(rows),
        "right": round(float(right.mean()), 4),
        "forms_left_out": {
            "ece": round(calibration_error(held_out, right), 4),
            "silent_per_1000": round(1000 * float(((held_out >= 0.9) & (right == 0)).mean()), 2),
            "flagged": round(float((held_out < 0.9).mean()), 4),
        },
    }
    print(json.dumps(report))
    out.write_text(
        json.dumps(
            {
                "note": "Fitted by python -m tests.benchmarks.reading --fit on clean and damaged scans with keys; "
                "the figures are those of forms left out of the fit (four folds).",
                **report,
                "text": {n: round(float(w), 4) for n, w in zip(FEATURES, weights, strict=True)},
            },
            indent=1,
        )
        + "\n"
    )
    return 0


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
    parser.add_argument("--fit", type=Path, help="fit the calibration and write it to this file")
    parser.add_argument("--per-kind", type=int, default=4, help="forms read damaged in each way for --fit")
    options = parser.parse_args(argv)
    if options.fit:
        return fit(options.paths[0], options.fit, sorted(KINDS), options.per_kind)
    processor = OcrFormProcessor(load_definitions(PROCESSORS), load_calibration(PROCESSORS))
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
