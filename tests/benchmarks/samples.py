"""Sample forms with keys: `python -m tests.benchmarks.samples OUT [--seeds N]`.

Draws the sample arrivals, with other people, other handwriting and other damage for every
seed, and writes beside each what is printed on it: a folder for `countersign eval forms` and for fitting, of forms
that are nobody's.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from app.services.sample_form import KNOWN, Sample, make_samples


def key_of(sample: Sample) -> dict[str, Any]:
    """What is printed on a sample, as `evaluation.key_from` takes it; rows without an answer are no rows."""
    if sample.form_type not in KNOWN:
        return _by_label(sample)
    fields: dict[str, str | bool] = {}
    rows: dict[str, dict[int, dict[str, str | bool]]] = {}
    for path, value in sample.answers.items():
        table, _, rest = path.partition(".")
        if rest:
            number, _, column = rest.partition(".")
            rows.setdefault(table, {}).setdefault(int(number), {})[column] = value
        else:
            fields[path] = value
    tables = {
        table: [found[n] for n in sorted(found) if any(found[n].values())] for table, found in rows.items()
    }
    return {
        "form_type": sample.form_type, "fields": fields, "tables": tables, "pages": [sample.page],
        "damage": sample.damage,
    }  # fmt: skip


def _by_label(sample: Sample) -> dict[str, Any]:
    """The key of a form that nobody defined: answers by what is printed beside them, `label#n` for the n-th such."""
    fields: dict[str, str | bool] = {}
    for path, value in sample.answers.items():
        label, place = sample.labels[path], 1
        while f"{label}#{place}" in fields:
            place += 1
        fields[f"{label}#{place}"] = value
    return {"form_type": sample.form_type, "fields": fields, "pages": [sample.page], "damage": sample.damage}


def write(out: Path, seeds: int) -> list[Path]:
    """Samples of so many seeds with their keys; the paths of the forms."""
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for seed in range(1, seeds + 1):
        with tempfile.TemporaryDirectory() as made:
            for sample in make_samples(Path(made), seed):
                if not sample.form_type:
                    continue
                path = out / f"{sample.path.stem}-{seed}{sample.path.suffix}"
                path.write_bytes(sample.path.read_bytes())
                text = json.dumps(key_of(sample), ensure_ascii=False, indent=1)
                path.with_suffix(".json").write_text(text + "\n", "utf-8")
                written.append(path)
    return written


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="how many of each arrival (1)")
    options = parser.parse_args(argv)
    for path in write(options.out, options.seeds):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
