"""How well and how fast forms are read: `python -m tests.benchmarks.reading DIR [--damage KIND]... [--only N]`.

Reads every form of a folder that has a key beside it, clean and in every kind of damage (or the kinds named), and
prints one table: figures down, kinds of damage across, the targets at the right; a star marks what misses its
target. In the same run the full page of the same forms is recognized with the same engine, to tell how much
reading zones saves. Where the calibration that comes with the program was fitted on these very forms, its figures
flatter it: below stand those of calibrations fitted anew without the form they are judged on (nor any damaged
copy of it).

`--fit OUT` writes the calibration fitted on all that was read, with the figures held out. `--keep FILE` writes
down every reading as it comes and takes it from there the next time. Everything happens in this one process, so
that processor seconds can be told; the program itself reads in workers, at the same speed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from app.domain.calibration import Calibration, Evidence
from app.domain.confidence import SURE
from app.domain.extraction import Document, Extraction
from app.domain.form import FormField
from app.services import media
from app.services.code_list import code_lists
from app.services.confidence import Judge
from app.services.document_worker import damage, limit
from app.services.document_worker.opening import opened
from app.services.document_worker.reading.document import read_document
from app.services.document_worker.reading.engine import Engine, straightened
from app.services.document_worker.reading.picture import drawn
from app.services.evaluation import (
    CLEAN,
    DAMAGES,
    Figures,
    FormFigures,
    FormRead,
    Report,
    Scored,
    folded,
    report,
)
from app.services.evaluation_run import EvaluationRun, KeyedForm, forms_of, kinds_asked, report_json
from app.services.fitting import calibration_json, fit
from app.services.ports import Watch
from app.services.processors import load_calibration, load_definitions

ROOT = Path(__file__).resolve().parents[2]
PROCESSORS = ROOT / "resources" / "processors"
GENERIC = "generic"


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds a page: by the clock, and of the processor."""

    wall: float
    processor: float


@dataclass(frozen=True, slots=True)
class Reading:
    """A form that was read: the score of its values, and what it and its full page cost."""

    read: FormRead
    values: tuple[Scored, ...]
    zones: Cost
    full_page: Cost | None


class Reader:
    """Reads forms in this process (`ports.FormProcessor`), and remembers what the last one cost."""

    def __init__(self) -> None:
        self.engine = Engine(limit.threads())
        self._definitions = load_definitions(PROCESSORS)
        codes = code_lists(ROOT / "no-lists-here")
        by_type = {d.form_type: d for d in self._definitions}
        self._judge = Judge(by_type, {"": load_calibration(PROCESSORS)}, lambda: codes)
        self.cost = Cost(0.0, 0.0)
        self.last: tuple[FormField, ...] = ()

    def process(self, document: Document, watch: Watch | None = None) -> Extraction:
        started, spent = time.perf_counter(), time.process_time()
        extraction = read_document(
            document.content, document.media_type, document.document_id, self._definitions, self.engine,
            lambda _done, _total: None,
        )  # fmt: skip
        pages = extraction.page_count
        self.cost = Cost((time.perf_counter() - started) / pages, (time.process_time() - spent) / pages)
        judged = self._judge.judged(extraction)
        self.last = tuple(field for found in judged.forms for field in found.fields)
        return judged

    def recognize_everything(self, content: bytes, media_type: str) -> Cost:
        """What it costs to find and recognize every line of every page, as a reader that knows no zones would."""
        started, spent = time.perf_counter(), time.process_time()
        with opened(content, media_type) as document:
            pages = document.page_count
            for number in range(pages):
                pixels = drawn(document[number])
                quads = self.engine.detect(pixels)
                self.engine.recognize([straightened(pixels, quad) for quad in quads])
        return Cost((time.perf_counter() - started) / pages, (time.process_time() - spent) / pages)


def by_label(form: KeyedForm, fields: Sequence[FormField]) -> Iterator[Scored]:
    """The values read off a form that nobody defined, each against the answers printed under a like label: right
    when it is one of them.
    """
    answers = [(name.rpartition("#")[0], value) for name, value in form.key.values.items()]
    for field in fields:
        label = field.label.rpartition(": ")[2]
        same = [
            v
            for name, v in answers
            if isinstance(v, bool) == isinstance(field.value, bool) and _like(name, label)
        ]
        if not same and field.value in ("", False):
            continue
        right = next((v for v in same if folded(v) == folded(field.value)), None)
        expected = right if right is not None else next(iter(same), "")
        yield Scored(
            form.name, form.key.form_type, form.key.damage, form.key.group, field.path, expected, field.value,
            field.confidence, invented=not same, evidence=field.evidence,
        )  # fmt: skip


def _like(first: str, second: str) -> bool:
    one, other = (str(folded(text)) for text in (first, second))
    return one == other or SequenceMatcher(None, one, other).ratio() > 0.85


def spread(forms: Sequence[KeyedForm], only: int) -> list[KeyedForm]:
    """So many forms, of every form type in turn."""
    by_type: dict[str, list[KeyedForm]] = {}
    for form in forms:
        by_type.setdefault(form.key.form_type, []).append(form)
    turns = [of[place] for place in range(len(forms)) for of in by_type.values() if place < len(of)]
    return turns[: only or None]


def read_all(
    forms: Sequence[KeyedForm],
    kinds: Sequence[str],
    seed: int,
    keep: Path | None,
    full_pages: int,
    say: Callable[[str], None],
) -> list[Reading]:
    """Every form in every kind of damage; of the first `full_pages` forms of a kind the full page as well."""
    kept = _kept(keep)
    reader: Reader | None = None
    readings = []
    for kind in kinds:
        for place, form in enumerate(forms):
            known = kept.get((form.name, kind, seed))
            if known is not None:
                readings.append(_from_json(known))
                continue
            reader = reader or Reader()
            reading = _read(reader, form, kind, seed, place < full_pages)
            readings.append(reading)
            wrong = sum(not s.right for s in reading.values)
            say(
                f"{kind:12} {form.name:20} {reading.zones.wall:5.1f} s  {wrong} of {len(reading.values)} wrong"
            )
            if keep is not None:
                with keep.open("a", encoding="utf-8") as file:
                    line = {"key": [form.name, kind, seed], **_as_json(reading)}
                    file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return readings


def _read(reader: Reader, form: KeyedForm, kind: str, seed: int, full_page: bool) -> Reading:
    content, media_type = form.content(), ""
    if kind != CLEAN:
        content, media_type = damage.damaged(content, media.sniff(content), kind, seed)
    taken = replace(form, content=lambda: content)
    # Damaged here and not by the run, so that the full page costs what the same pixels cost.
    scored = EvaluationRun(reader).read_one(taken, CLEAN, seed)
    if form.key.form_type == GENERIC:
        scored = replace(scored, values=tuple(by_label(form, reader.last)))
    name = kind if form.key.damage == CLEAN else f"{form.key.damage}, {kind}"
    full = reader.recognize_everything(content, media_type or media.sniff(content)) if full_page else None
    return Reading(
        replace(scored.read, damage=name),
        tuple(replace(s, damage=name) for s in scored.values),
        reader.cost,
        full,
    )


def _kept(path: Path | None) -> dict[tuple[str, str, int], Mapping[str, Any]]:
    if path is None or not path.exists():
        return {}
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return {(line["key"][0], line["key"][1], line["key"][2]): line for line in lines}


def _as_json(reading: Reading) -> dict[str, Any]:
    values = [
        {**asdict(s), "evidence": [s.evidence.group, dict(s.evidence.numbers)] if s.evidence else None}
        for s in reading.values
    ]
    costs = {"zones": asdict(reading.zones), "full": asdict(reading.full_page) if reading.full_page else None}
    return {"read": asdict(reading.read), "values": values, **costs}


def _from_json(line: Mapping[str, Any]) -> Reading:
    """A reading that was kept, with the confidence that today's calibration gives its evidence."""
    calibration = Calibration(load_calibration(PROCESSORS))
    values = []
    for one in line["values"]:
        evidence, confidence = None, one["confidence"]
        if one["evidence"]:
            evidence = Evidence(one["evidence"][0], tuple(one["evidence"][1].items()))
            confidence = round(calibration.probability(evidence), 4)
        values.append(Scored(**{**one, "evidence": evidence, "confidence": confidence}))
    full = Cost(**line["full"]) if line["full"] else None
    return Reading(FormRead(**line["read"]), tuple(values), Cost(**line["zones"]), full)


Cell = Callable[[FormFigures, Figures], float | int | None]
Target = tuple[float | None, float | None, float | None]
"""For clean forms, for damaged ones, and for a one-bit fax."""


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    cell: Cell
    target: Target = (None, None, None)
    most: bool = True
    """Whether the target is the most it may be; else the least."""
    held_out: bool = False


ROWS = (
    Row("form type right", lambda f, _: _share(f.form_type_right, f.forms), (1.0, 1.0, 1.0), most=False),
    Row("accuracy (all values)", lambda _, o: o.accuracy, (0.99, 0.96, 0.88), most=False),
    Row("filled-in text", lambda _, o: o.text),
    Row("tick boxes", lambda _, o: o.boxes, (1.0, 0.99, 0.99), most=False),
    Row("blanks", lambda _, o: o.blank),
    Row("invented values", lambda _, o: o.invented, (0, 2, 5)),
    Row("values flagged", lambda _, o: o.flagged, (0.08, 0.15, 0.35), held_out=True),
    Row("silent of 1,000 values", lambda _, o: o.silent, (2, 6, 12), held_out=True),
    Row("wrong ones caught", lambda _, o: o.caught, held_out=True),
    Row("calibration error, all", lambda _, o: o.ece, (0.02, 0.04, 0.06), held_out=True),
    Row("calibration error, text", lambda _, o: o.ece_text, (0.04, 0.07, 0.09), held_out=True),
)
SECONDS: Target = (3.0, 5.0, 5.0)
FASTER = 2.0


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def table(shown: Report, fits: Mapping[str, Report], readings: Sequence[Reading]) -> str:
    """The figures, kinds of damage across."""
    kinds = list(shown.by_damage)
    heads = [*kinds, "", "clean", "others", "fax"]
    lines = [_line(f"{shown.forms.forms} readings, {shown.overall.values} values", heads)]
    lines += [_figures(row, shown, kinds) for row in ROWS]
    for name, held_out in fits.items():
        lines += ["", name]
        lines += [_figures(row, held_out, kinds) for row in ROWS if row.held_out]
    lines += ["", "seconds a page, median"]
    by_kind = {kind: [r for r in readings if r.read.damage == kind] for kind in kinds}
    zones = [_median(r.zones.wall for r in by_kind[kind]) for kind in kinds]
    marks = [_marked(s, SECONDS[_column(k)], most=True, digits=2) for s, k in zip(zones, kinds, strict=True)]
    lines.append(_line("zones, by the clock", [*marks, "", *(f"{t:g}" for t in SECONDS)]))
    lines.append(
        _line("zones, processor", [_seconds(_median(r.zones.processor for r in by_kind[k])) for k in kinds])
    )
    for name, part in (("by the clock", "wall"), ("processor", "processor")):
        full = [_median(getattr(r.full_page, part) for r in by_kind[k] if r.full_page) for k in kinds]
        lines.append(_line(f"full page, {name}", [_seconds(s) for s in full]))
        times = [_times(by_kind[k], part) for k in kinds]
        marks = [
            _marked(t, FASTER if k == CLEAN else None, most=False, digits=2)
            for t, k in zip(times, kinds, strict=True)
        ]
        lines.append(_line(f"  times faster, {name}", [*marks, "", f"{FASTER:g}"]))
    return "\n".join(lines)


def _figures(row: Row, of: Report, kinds: Sequence[str]) -> str:
    cells = [
        _marked(row.cell(*of.by_damage[kind]), row.target[_column(kind)], most=row.most) for kind in kinds
    ]
    return _line(row.name, [*cells, "", *("" if t is None else f"{t:g}" for t in row.target)])


def _column(kind: str) -> int:
    return 0 if kind == CLEAN else 2 if "fax" in kind else 1


def _times(readings: Sequence[Reading], part: str) -> float | None:
    """How many times longer the full pages took, of those forms of which both were done."""
    both = [r for r in readings if r.full_page]
    zones = sum(getattr(r.zones, part) for r in both)
    return sum(getattr(r.full_page, part) for r in both) / zones if zones else None


def _median(values: Any) -> float | None:
    found = list(values)
    return statistics.median(found) if found else None


def _marked(value: float | None, target: float | None, *, most: bool, digits: int = 3) -> str:
    if value is None:
        return "-"
    missed = target is not None and (value > target if most else value < target)
    return (str(value) if isinstance(value, int) else f"{value:.{digits}f}") + ("*" if missed else " ")


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} "


def _line(name: str, cells: Sequence[str]) -> str:
    return f"{name:32}" + "".join(f"{cell:>12}" if cell else "   " for cell in cells)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="DIR", nargs="+", help="a folder of forms with keys")
    parser.add_argument("--also", type=Path, metavar="DIR", action="append", default=[],
                        help="forms that are read as they are and help to fit, but are not in the table")  # fmt: skip
    parser.add_argument(
        "--only", type=int, default=0, metavar="N", help="N forms, of every form type in turn"
    )
    parser.add_argument("--damage", action="append", default=[], metavar="KIND",
                        help=f"{CLEAN}, {', '.join(DAMAGES)}; all when none is named")  # fmt: skip
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--full-pages", type=int, default=4, metavar="N", help="forms a kind read in full as well (4)"
    )
    parser.add_argument("--flag-below", type=float, default=SURE)
    parser.add_argument(
        "--fit", type=Path, metavar="OUT", help="write the calibration fitted on all that was read"
    )
    parser.add_argument(
        "--keep", type=Path, metavar="FILE", help="write readings down, and take them from there"
    )
    parser.add_argument(
        "--worst", type=int, default=0, metavar="N", help="tell N wrong values, the surest first"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    options = parser.parse_args(argv)
    kinds = kinds_asked(options.damage or ["all"])
    forms = spread([form for folder in options.folder for form in forms_of(folder)], options.only)
    readings = read_all(
        forms,
        kinds,
        options.seed,
        options.keep,
        options.full_pages,
        lambda line: print(line, file=sys.stderr, flush=True),
    )
    helping = read_all([form for folder in options.also for form in forms_of(folder)], (CLEAN,), options.seed,
                       options.keep, 0, lambda line: print(line, file=sys.stderr, flush=True))  # fmt: skip
    more = [s for r in helping for s in r.values]
    reads, scored = [r.read for r in readings], [s for r in readings for s in r.values]
    shown = report(reads, scored, options.flag_below)
    fitted = fit([*scored, *more])
    held_out = (
        report(reads, fitted.held_out[: len(scored)], options.flag_below) if fitted is not None else None
    )
    fits = {"fitted anew, the form and its copies left out": held_out} if held_out is not None else {}
    other = fit([*scored, *more], together=lambda s: s.form_type)
    if other is not None:
        fits["fitted on other form types alone"] = report(
            reads, other.held_out[: len(scored)], options.flag_below
        )
    if options.fit is not None and fitted is not None and held_out is not None:
        text = json.dumps(calibration_json(fitted, held_out), ensure_ascii=False, indent=1)
        options.fit.write_text(text + "\n", "utf-8")
    if options.json:
        print(json.dumps(report_json(shown, held_out), ensure_ascii=False))
    else:
        print(table(shown, fits, readings))
        for one in sorted(shown.wrong, key=lambda s: -s.confidence)[: options.worst]:
            print(
                f"{one.form} {one.damage} {one.path}: {one.expected!r} read {one.read!r} at {one.confidence:.2f}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
