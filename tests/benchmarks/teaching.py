"""How well forms are taught without a hand: `python -m tests.benchmarks.teaching [--forms F ...] [--damage D ...]`.

A blank form is shown to the teacher, its proposal becomes a definition as it is, copies filled by code are
printed, damaged and read with it. Prints how much of the form was found, and how well it is read.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from app.domain.box import Box
from app.domain.extraction import Document
from app.domain.form import FieldKind
from app.domain.processor import FormDefinition
from app.domain.sketch import sketched
from app.services import evaluation, media
from app.services.evaluation import CLEAN, Figures, Key, Scored
from app.services.local.ocr_form_processor import OcrFormProcessor
from app.services.processors import load_calibration
from tests.benchmarks.teaching_paper import Blank, blanks_of, filled, flattened

ROOT = Path(__file__).resolve().parents[2]
BLANKS = ROOT.parent / "shared" / "data" / "blank_forms"
DAMAGES = ("skew", "shift", "fax", "noise", "photo", "dpi100")


@dataclass(frozen=True, slots=True)
class Taught:
    """A form to teach: its file, shown as it is or as pictures alone."""

    file: str
    as_picture: bool


FORMS: Mapping[str, Taught] = {
    "nofr001": Taught("NOFR001_blank_acroform.pdf", False),
    "nofr001_flat": Taught("NOFR001_blank_acroform.pdf", True),
    "formulary": Taught("CVS-Global-Prior-Auth.-Form.pdf", False),
    "formulary_flat": Taught("CVS-Global-Prior-Auth.-Form.pdf", True),
    "plan_flat": Taught("UHCPForms-Default.pdf", True),
}


@dataclass(frozen=True, slots=True)
class Found:
    """What a proposal found of a form whose fillable fields say what there is; 0..1 where not a count."""

    fields: int
    recall: float
    precision: float
    labels: float | None
    false_zones: int


Place = tuple[str, int, Box, bool, str]
"""Path in an extraction, page, box, whether a tick box, label."""


def places_of(definition: FormDefinition) -> list[Place]:
    """Every place of a definition, table cells as an evaluation names them (`services[0].code`)."""
    found: list[Place] = [
        (f.name, f.page, f.zone, f.kind is FieldKind.TICK_BOX, f.printed or f.label)
        for f in definition.fields
    ]
    for table in definition.tables:
        for row, (y0, y1) in enumerate(table.rows):
            found += [
                (f"{table.name}[{row}].{c.name}", table.page, Box(c.x0, y0, c.x1, y1), False, c.label)
                for c in table.columns
            ]
    return found


def matched(blanks: Sequence[Blank], places: Sequence[Place]) -> dict[int, Place]:
    """By number of the blank, the place that stands for it; each place once."""
    free = list(places)
    found: dict[int, Place] = {}
    for number, blank in enumerate(blanks):
        is_box = blank.kind is FieldKind.TICK_BOX
        best, best_score = None, 0.5
        for place in free:
            _, page, box, ticks, _ = place
            if page != blank.page or ticks != is_box:
                continue
            share = blank.box.overlap(box) / max(1e-12, min(blank.box.area, box.area))
            if is_box:
                share = 1.0 if box.padded(0.005, 0.005).contains(*blank.box.centre) else 0.0
            if share > best_score:
                best, best_score = place, share
        if best is not None:
            free.remove(best)
            found[number] = best
    return found


def found_of(blanks: Sequence[Blank], places: Sequence[Place]) -> Found:
    """How much of a form a proposal found, and how much of what it found is there."""
    pairs = matched(blanks, places)
    pages = {b.page for b in blanks}
    of_pages = [p for p in places if p[1] in pages]
    told = [
        (blanks[n].label, p[4]) for n, p in pairs.items() if re.search(r"[a-z]{3}", blanks[n].label.lower())
    ]
    named = [
        _alike(a, b) for a, b in told if not re.fullmatch(r"(text|check ?box|undefined)[ _]?\d*", a.lower())
    ]
    return Found(
        len(blanks),
        round(len(pairs) / max(1, len(blanks)), 3),
        round(len(pairs) / max(1, len(of_pages)), 3),
        round(sum(named) / len(named), 3) if named else None,
        len(of_pages) - len(pairs),
    )


def _alike(tooltip: str, label: str) -> bool:
    """Whether a label says what the form's author said of the field: most of its words are the author's."""

    def words(text: str) -> set[str]:
        return {w[:5] for w in re.findall(r"[a-z0-9]{2,}", text.lower())}

    mine, his = words(label), words(tooltip)
    same = {"npi": "npi", "dob": "birth", "prev": "previ", "auth": "autho", "dme": "durab", "md": "signe"}
    hits = sum(1 for w in mine if w in his or same.get(w) in his)
    return bool(mine) and hits >= 0.5 * len(mine)


def taught(
    name: str, processor: OcrFormProcessor
) -> tuple[FormDefinition, bytes, tuple[Blank, ...], Found | None]:
    """Teach a form: its definition, its blank file, and the places to fill (its own, or those that were found)."""
    form = FORMS[name]
    content = (BLANKS / form.file).read_bytes()
    example = flattened(content) if form.as_picture else content
    proposal = processor.propose(Document(name, media.PDF, example))
    definition = sketched(proposal, form.file)
    places = places_of(definition)
    blanks = blanks_of(content)
    if blanks:
        return definition, content, blanks, found_of(blanks, places)
    kinds = {f.name: (f.kind, f.multiline) for f in definition.fields}
    own = tuple(
        Blank(page, box, *_kinded(kinds.get(path, (FieldKind.TEXT, False)), label))
        for path, page, box, _, label in places
    )
    return definition, content, own, None


def _kinded(kind: tuple[FieldKind, bool], label: str) -> tuple[FieldKind, str, bool]:
    return kind[0], label, kind[1]


def key_of(definition: FormDefinition, blanks: Sequence[Blank], values: Sequence[str | bool]) -> Key:
    """What a filled copy should be read as. A place that was not found is not asked for here: recall counts it."""
    pairs = matched(blanks, places_of(definition))
    asked = {place[0]: values[number] for number, place in pairs.items()}
    rows = {re.sub(r"\..*", "", path) for path, value in asked.items() if "[" in path and value != ""}
    asked = {p: v for p, v in asked.items() if "[" not in p or re.sub(r"\..*", "", p) in rows}
    signed = frozenset(f.name for f in definition.fields if f.kind is FieldKind.SIGNATURE)
    return Key(definition.form_type, {p: v for p, v in asked.items() if p not in signed}, signed)


def read(
    name: str, damages: Sequence[str], copies: int, processor: OcrFormProcessor
) -> tuple[Found | None, dict[str, list[Scored]], dict[str, int]]:
    """What was found of a form, its values by damage, and how often its type was recognized."""
    definition, content, blanks, found = taught(name, processor)
    scored: dict[str, list[Scored]] = {}
    known: dict[str, int] = {}
    for number in range(copies):
        copy = filled(content, blanks, 100 * number + len(name))
        key = key_of(definition, blanks, copy.values)
        for damage in damages:
            document = Document(f"{name}-{number}", media.PDF, copy.content)
            if damage != CLEAN:
                document = processor.damaged(document, damage, 7 + number)
            extraction = processor.try_out(document, definition)
            fields = [f for form in extraction.forms[:1] for f in form.fields]
            known[damage] = known.get(damage, 0) + bool(extraction.forms)
            scored.setdefault(damage, []).extend(evaluation.score(f"{name}-{number}", damage, key, fields))
    return found, scored, known


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--forms", nargs="+", choices=tuple(FORMS), default=list(FORMS))
    parser.add_argument("--damage", nargs="+", choices=(CLEAN, *DAMAGES), default=[CLEAN, *DAMAGES])
    parser.add_argument("--copies", type=int, default=2, help="filled copies a form")
    parser.add_argument("--found", action="store_true", help="only what is found, nothing is read")
    parser.add_argument("--wrong", action="store_true", help="list the wrong values")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    if not BLANKS.is_dir():
        print("The blank forms are not here: nothing to teach.", file=sys.stderr)
        return 2
    processor = OcrFormProcessor((), {"": load_calibration(ROOT / "resources" / "processors")})
    told: dict[str, object] = {}
    every: dict[str, list[Scored]] = {}
    try:
        for name in options.forms:
            if options.found:
                found = taught(name, processor)[3]
                told[name] = {"found": asdict(found) if found else None}
                print(name, found, file=sys.stderr if options.json else sys.stdout)
                continue
            found, scored, known = read(name, options.damage, options.copies, processor)
            for damage, values in scored.items():
                every.setdefault(damage, []).extend(values)
            figures = {d: evaluation.figures(values) for d, values in scored.items()}
            told[name] = {
                "found": asdict(found) if found else None,
                "read": {d: asdict(f) | {"recognized": known[d]} for d, f in figures.items()},
            }
            if not options.json:
                _show(name, found, figures, known, options.copies)
            if options.wrong:
                for one in (s for values in scored.values() for s in values if not s.right):
                    print(
                        f"  {one.damage:7} {one.path[:44]:44} {one.confidence:.2f} {one.expected!r} -> {one.read!r}",
                        file=sys.stderr,
                    )
    finally:
        processor.close()
    if every and len(options.forms) > 1:
        told["all"] = {d: asdict(evaluation.figures(values)) for d, values in every.items()}
        if not options.json:
            _show("all", None, {d: evaluation.figures(v) for d, v in every.items()}, {}, 0)
    if options.json:
        json.dump(told, sys.stdout, indent=1)
        print()
    return 0


def _show(
    name: str, found: Found | None, figures: Mapping[str, Figures], known: Mapping[str, int], copies: int
) -> None:
    print(f"\n{name}" + (f": {found.fields} fields, recall {found.recall:.3f}, precision {found.precision:.3f}, "
          f"{found.false_zones} false zones, labels {found.labels}" if found else ""))  # fmt: skip
    print(
        "  damage   type  values  accuracy   text  boxes  blank  silent  flagged    ece  ece text  invented"
    )
    for damage, f in figures.items():
        cells = [f.accuracy, f.text, f.boxes, f.blank]
        shares = "  ".join(f"{c:5.3f}" if c is not None else "    -" for c in cells)
        type_right = f"{known[damage]}/{copies}" if known else "    -"
        print(
            f"  {damage:8} {type_right:>4}  {f.values:6}     {shares}  {f.silent or 0:6.1f}    "
            f"{f.flagged or 0:5.3f}  {f.ece or 0:5.3f}     {f.ece_text or 0:5.3f}  {f.invented:8}"
        )


if __name__ == "__main__":
    sys.exit(main())
