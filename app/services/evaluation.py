"""Evaluation: how well forms are read, against keys that say what is printed on them.

Accuracy after folding case, spaces and outer punctuation; what slips through unflagged; and how far the shown
confidence is from the truth (expected calibration error over ten equal bins: Guo et al., "On Calibration of
Modern Neural Networks", 2017).
"""

from __future__ import annotations

import hashlib
import json
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from app.domain.calibration import Evidence
from app.domain.confidence import SURE
from app.domain.errors import Rejected
from app.domain.extraction import Extraction, FormExtraction
from app.domain.form import FormField, Value

BINS = 10
CLEAN = "clean"
"""The damage of a page that nothing befell."""
DAMAGES = ("skew", "shift", "noise", "dpi100", "dpi150", "upside_down", "quarter", "photo", "fax")
"""What can be done to forms before they are read (`FormTeacher.damaged`)."""


@dataclass(frozen=True, slots=True)
class Key:
    """What is printed on a form: values by path (table cells as `table[0].column`), and which are not scored.

    `damage` says what befell its picture. `pages` (1-based) say where in its file the form is; empty where the
    file holds one form. `group` is the same for all copies of a form, damaged or not.
    """

    form_type: str
    values: Mapping[str, Value]
    unsure: frozenset[str]
    damage: str = CLEAN
    pages: tuple[int, ...] = ()
    group: str = ""


@dataclass(frozen=True, slots=True)
class Scored:
    """One value: what is printed, what was read, and how sure the reader was.

    `read` is None where the reader gave no such field. `evidence` is what the confidence rests on, where the
    reader said.
    """

    form: str
    form_type: str
    damage: str
    group: str
    path: str
    expected: Value
    read: Value | None
    confidence: float
    invented: bool = False
    evidence: Evidence | None = field(default=None, repr=False)

    @property
    def right(self) -> bool:
        return folded(self.expected) == folded(self.read)

    @property
    def exact(self) -> bool:
        return self.expected == self.read or (self.expected == "" and self.read is None)


@dataclass(frozen=True, slots=True)
class FormRead:
    """A form that was read: its type, what it should have been, and seconds a page. `reason` says why it could
    not be read at all.
    """

    form: str
    damage: str
    form_type: str
    expected_type: str
    seconds_per_page: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """How well some values were read. Shares are None where there is nothing to share.

    `flagged` is the share of all values below the threshold, `silent` the wrong ones that are not, per 1,000
    values, `caught` the share of the wrong ones that are. `ece` is the calibration error.
    """

    values: int
    exact: float | None
    accuracy: float | None
    text: float | None
    boxes: float | None
    blank: float | None
    invented: int
    flagged: float | None
    silent: float | None
    caught: float | None
    ece: float | None
    ece_text: float | None


@dataclass(frozen=True, slots=True)
class Bin:
    """Values shown at about one confidence: the mean of what was shown, and the share that was right."""

    shown: float
    right: float
    count: int


@dataclass(frozen=True, slots=True)
class FormFigures:
    """How whole forms were taken: of how many, how many by their right type, and the median of seconds a page."""

    forms: int
    form_type_right: int
    seconds_per_page: float | None
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Everything an evaluation found. `by_field` is by form type and field, the rows of a table together."""

    forms: FormFigures
    overall: Figures
    by_damage: Mapping[str, tuple[FormFigures, Figures]]
    by_field: Mapping[tuple[str, str], Figures]
    confusions: tuple[tuple[str, str, int], ...]
    reliability: tuple[Bin, ...]
    reliability_text: tuple[Bin, ...]
    wrong: tuple[Scored, ...]


def load_keys(folder: Path) -> dict[Path, Key]:
    """The forms of a folder that have a key of the same stem beside them, by path.

    Raises `Rejected` when there is none, or when a key cannot be understood.
    """
    found: dict[Path, Key] = {}
    try:
        files = sorted(p for p in folder.iterdir() if p.is_file())
    except OSError as error:
        raise Rejected(
            f"“{folder}” cannot be read: {error.strerror}.", "Name a folder with forms.", code="no_keys"
        ) from error
    forms = {p.stem: p for p in files if p.suffix.lower() not in (".json", ".jsonl", ".md")}
    for path in files:
        if path.suffix.lower() != ".json" or path.stem not in forms:
            continue
        try:
            found[forms[path.stem]] = key_from(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, KeyError, TypeError, AttributeError, OSError):
            raise Rejected(
                f"“{path.name}” is not a key of a form.",
                "A key is JSON with form_type, fields and tables.",
                code="bad_key",
            ) from None
    if not found:
        raise Rejected(
            f"“{folder}” holds no form with a key beside it.",
            "Put NAME.json beside NAME.pdf.",
            code="no_keys",
        )
    return found


def key_from(data: Mapping[str, Any]) -> Key:
    """A key as JSON: `form_type`, `fields` {name: text or tick}, `tables` {table: [row]}, `unsure` [name]; perhaps
    `damage` and `pages`. Raises KeyError, TypeError, ValueError or AttributeError when it is none.
    """
    unsure = frozenset(str(name) for name in data.get("unsure") or ())
    values: dict[str, Value] = {n: _printed(v) for n, v in data["fields"].items() if n not in unsure}
    for table, rows in (data.get("tables") or {}).items():
        for place, row in enumerate(rows):
            values.update({f"{table}[{place}].{column}": _printed(v) for column, v in row.items()})
    form_type = str(data["form_type"])
    same = json.dumps([form_type, sorted(values.items())], ensure_ascii=False)
    return Key(
        form_type,
        values,
        unsure,
        str(data.get("damage") or CLEAN),
        tuple(int(page) for page in data.get("pages") or ()),
        hashlib.sha256(same.encode()).hexdigest()[:16],
    )


def _printed(value: Any) -> Value:
    if not isinstance(value, (str, bool)):
        raise TypeError("a value is a text, or true or false")
    return value


def folded(value: Value | None) -> Value:
    """A value as the headline compares it: case, runs of spaces and outer punctuation do not count."""
    if isinstance(value, bool):
        return value
    return re.sub(r"\s+", " ", value or "").strip(" .,:;_-").casefold()


def by_place(fields: Iterable[FormField]) -> dict[str, FormField]:
    """Fields by path, table cells by the place of their row: `services[0].procedure`."""
    rows: defaultdict[str, list[str]] = defaultdict(list)
    found: dict[str, FormField] = {}
    for one in fields:
        cell = one.cell
        if cell is None:
            found[one.path] = one
            continue
        table, row, column = cell
        if row not in rows[table]:
            rows[table].append(row)
        found[f"{table}[{rows[table].index(row)}].{column}"] = one
    return found


def form_of(extraction: Extraction, key: Key) -> FormExtraction | None:
    """The form of a file that a key is about: on its pages if it names them, of its type if there is one."""
    forms = [f for f in extraction.forms if not key.pages or set(f.pages) & set(key.pages)]
    of_type = [f for f in forms if f.form_type == key.form_type]
    return next(iter([*of_type, *forms]), None)


def score(form: str, damage: str, key: Key, fields: Iterable[FormField]) -> list[Scored]:
    """Every value of a key against what was read, and what was read that the key does not know."""
    read = by_place(fields)
    scored = []
    for path, expected in key.values.items():
        found = read.get(path)
        value = found.value if found is not None else None
        if isinstance(expected, bool) and value is None:
            value = False
        confidence, evidence = (found.confidence, found.evidence) if found is not None else (0.0, None)
        scored.append(
            Scored(
                form, key.form_type, damage, key.group, path, expected, value, confidence, evidence=evidence
            )
        )
    for path, found in read.items():
        if path not in key.values and path not in key.unsure and found.value not in ("", False):
            scored.append(
                Scored(
                    form, key.form_type, damage, key.group, path, "", found.value, found.confidence,
                    invented=True, evidence=found.evidence,
                )
            )  # fmt: skip
    return scored


def figures(scored: Sequence[Scored], flag_below: float = SURE) -> Figures:
    """The figures over some values."""
    text = [s for s in scored if isinstance(s.expected, str) and s.expected]
    blank = [s for s in scored if s.expected == ""]
    boxes = [s for s in scored if isinstance(s.expected, bool)]
    wrong = [s for s in scored if not s.right]
    silent = [s for s in wrong if s.confidence >= flag_below]
    return Figures(
        values=len(scored),
        exact=_share(sum(s.exact for s in scored), len(scored)),
        accuracy=_share(len(scored) - len(wrong), len(scored)),
        text=_share(sum(s.right for s in text), len(text)),
        boxes=_share(sum(s.right for s in boxes), len(boxes)),
        blank=_share(sum(s.right for s in blank), len(blank)),
        invented=sum(s.invented for s in scored),
        flagged=_share(sum(s.confidence < flag_below for s in scored), len(scored)),
        silent=round(1000 * len(silent) / len(scored), 2) if scored else None,
        caught=_share(len(wrong) - len(silent), len(wrong)) if wrong else 1.0,
        ece=calibration_error(scored),
        ece_text=calibration_error(text),
    )


def reliability(scored: Sequence[Scored]) -> tuple[Bin, ...]:
    """Values in ten bins of shown confidence; empty bins are left out."""
    bins: dict[int, list[Scored]] = {}
    for one in scored:
        bins.setdefault(min(BINS - 1, int(one.confidence * BINS)), []).append(one)
    return tuple(
        Bin(sum(s.confidence for s in of) / len(of), sum(s.right for s in of) / len(of), len(of))
        for _, of in sorted(bins.items())
    )


def calibration_error(scored: Sequence[Scored]) -> float | None:
    """The mean distance between what was shown and what was right, over the bins, by their size."""
    if not scored:
        return None
    off = sum(abs(b.shown - b.right) * b.count for b in reliability(scored))
    return round(off / len(scored), 4)


def brier(scored: Sequence[Scored]) -> float:
    """The mean square of what was shown less what was right, 0 at best: one number for sharp and true (Brier, 1950)."""
    return sum((s.confidence - s.right) ** 2 for s in scored) / max(1, len(scored))


def confusions(scored: Iterable[Scored], most: int = 30) -> tuple[tuple[str, str, int], ...]:
    """What was read for what: pieces of text that differ, the most frequent first ("" is nothing)."""
    found: Counter[tuple[str, str]] = Counter()
    for one in scored:
        if one.right or not (isinstance(one.expected, str) and isinstance(one.read, str)):
            continue
        pieces = SequenceMatcher(None, one.expected, one.read, autojunk=False).get_opcodes()
        for tag, a0, a1, b0, b1 in pieces:
            # Longer pieces are other values, not other glyphs.
            if tag != "equal" and max(a1 - a0, b1 - b0) <= 4:
                found[one.expected[a0:a1], one.read[b0:b1]] += 1
    return tuple((a, b, count) for (a, b), count in found.most_common(most))


def report(forms: Sequence[FormRead], scored: Sequence[Scored], flag_below: float = SURE) -> Report:
    """Sum up an evaluation: overall, by kind of damage, and by field."""
    fields: defaultdict[tuple[str, str], list[Scored]] = defaultdict(list)
    damages: dict[str, list[Scored]] = {f.damage: [] for f in forms}
    for one in scored:
        fields[one.form_type, re.sub(r"\[\d+\]", "", one.path)].append(one)
        damages.setdefault(one.damage, []).append(one)
    text = [s for s in scored if isinstance(s.expected, str) and s.expected]
    return Report(
        forms=form_figures(forms),
        overall=figures(scored, flag_below),
        by_damage={
            damage: (form_figures([f for f in forms if f.damage == damage]), figures(of, flag_below))
            for damage, of in damages.items()
        },
        by_field={name: figures(of, flag_below) for name, of in fields.items()},
        confusions=confusions(scored),
        reliability=reliability(scored),
        reliability_text=reliability(text),
        wrong=tuple(s for s in scored if not s.right),
    )


def form_figures(forms: Sequence[FormRead]) -> FormFigures:
    """How whole forms were taken."""
    seconds = [f.seconds_per_page for f in forms if f.seconds_per_page is not None]
    return FormFigures(
        len(forms),
        sum(f.form_type == f.expected_type for f in forms),
        round(statistics.median(seconds), 2) if seconds else None,
        tuple(f.form for f in forms if f.reason),
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
