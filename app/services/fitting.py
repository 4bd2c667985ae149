"""Fitting calibrations: from values that were read, with what is printed, to coefficients.

A logistic regression a group of values (text, boxes, blanks), penalised, by Newton's method; an isotonic map on
top of it only where that is better on values left out. All copies of a form, damaged or not, are left out
together, and everything that is chosen (the penalty, the map) is chosen again without them: the figures held
out are those of the whole procedure on forms it has not seen.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from app.domain.calibration import DEFAULT, GENERIC, LIMITS, TEXT, Calibration
from app.domain.case import Json
from app.services.evaluation import Report, Scored
from app.services.evaluation_run import held_out_json

Numbers = np.ndarray[Any, np.dtype[np.float64]]

PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0)
CARE = 1.5
"""How much a wrong value counts: forms that were not fitted on hold mistakes of kinds not seen yet, and one that slips
through costs more than a look. On forms left out it let a third less slip through than 1 and stayed well within the
calibration error that is allowed; on form types left out it was the nearer to the truth."""
FEWEST = 40
"""Values a group needs to be fitted; below it keeps the coefficients that come with the program."""
OWN = "score"
"""The number by which a reader says how sure it is itself. It is believed until it is seen to err, and even where it
never erred a score of one half is held for a toss: tick boxes that are all clear say nothing of one that is not."""
TOSSES = 4.0
"""Values that this belief counts for."""
_INNER_FOLDS = 5
_LEAST_SPREAD = 0.25
"""A number that is hardly ever set is penalised as if it varied by this: a handful of values may not say much."""
_LEAST_STEP = 60
"""Values that a step of the isotonic map rests on at least."""
_GAIN = 0.002
"""How much better (in log loss a value) the map has to be before it is worth its steps."""


def form_of(scored: Scored) -> str:
    """The form a value stands on, the same for all damaged copies of it."""
    return scored.group


@dataclass(frozen=True, slots=True)
class Fit:
    """A calibration and how it does on forms left out: the same values with the confidence it would give them.

    `counts` says for every fitted group how many values it rests on and how many of them were wrong.
    """

    calibration: Json
    held_out: tuple[Scored, ...]
    folds: int
    counts: Mapping[str, tuple[int, int]]


def fit(
    scored: Sequence[Scored], folds: int = 0, together: Callable[[Scored], str] = form_of, care: float = CARE
) -> Fit | None:
    """Fit a calibration; None when no group holds enough values, or they come from fewer than two forms.

    `folds` parts of the forms are left out in turn (0: every form alone up to twenty forms, else ten parts).
    `together` says which values are left out together: those of a form, or of a form type. A wrong value counts
    `care` times.
    """
    usable = [s for s in scored if s.evidence is not None]
    forms = sorted({together(s) for s in usable}, key=lambda g: zlib.crc32(g.encode()))
    if len(forms) < 2:
        return None
    parts = min(folds or (len(forms) if len(forms) <= 20 else 10), len(forms))
    part_of = {form: place % parts for place, form in enumerate(forms)}
    fitted: Json = {}
    counts: dict[str, tuple[int, int]] = {}
    shown: dict[int, float] = {}
    for nobodys in (False, True):
        for group in DEFAULT:
            of = [s for s in usable if _group(s) == group and _nobodys(s) is nobodys]
            if len(of) < FEWEST or len({together(s) for s in of}) < 2:
                continue
            part = np.array([part_of[together(s)] for s in of])
            found, chances = _fit_group(group, of, part, care)
            shown.update(chances)
            counts[f"{GENERIC} {group}" if nobodys else group] = (len(of), sum(not s.right for s in of))
            if nobodys:
                fitted[GENERIC] = _joined(fitted.get(GENERIC, {}), found)
            else:
                fitted = _joined(fitted, found)
    if not fitted:
        return None
    held_out = tuple(replace(s, confidence=shown.get(id(s), s.confidence)) for s in scored)
    return Fit(fitted, held_out, parts, counts)


def calibration_json(fitted: Fit, held_out: Report) -> Json:
    """The calibration as it is stored: what it rests on, how it does on forms left out, and the coefficients."""
    forms = {s.group for s in fitted.held_out if s.evidence is not None}
    return {
        "note": "Fitted on forms with keys, as they are and damaged. The figures are those of forms left out of the "
        "fit, with all their damaged copies.",
        "forms": len(forms),
        "folds": fitted.folds,
        "values": {group: {"values": n, "wrong": wrong} for group, (n, wrong) in fitted.counts.items()},
        "form_types": sorted({s.form_type for s in fitted.held_out}),
        "held_out": held_out_json(held_out),
        **fitted.calibration,
    }


def _group(scored: Scored) -> str:
    return scored.evidence.group if scored.evidence is not None else ""


def _nobodys(scored: Scored) -> bool:
    """Whether the value stands on a form that nobody defined: those err in ways of their own."""
    return scored.evidence is not None and scored.evidence.number(GENERIC) > 0


def _fit_group(group: str, of: Sequence[Scored], part: Numbers, care: float) -> tuple[Json, dict[int, float]]:
    """A calibration of one group, and by the identity of each value what one fitted without its part would show."""
    names = _names(of)
    table, right = _table(of, names), np.array([s.right for s in of], np.float64)
    drawn_to = np.array([1.0 if name == OWN else 0.0 for name in names])
    shown: dict[int, float] = {}
    for left_out in sorted(set(part.tolist())):
        inside = part != left_out
        model = _model(table[inside], right[inside], part[inside], drawn_to, care)
        calibration = Calibration(_as_json(group, names, model))
        for place in np.flatnonzero(~inside).tolist():
            evidence = of[place].evidence
            if evidence is not None:
                shown[id(of[place])] = round(calibration.probability(evidence), 4)
    return _as_json(group, names, _model(table, right, part, drawn_to, care)), shown


@dataclass(frozen=True, slots=True)
class _Model:
    """Weights for the numbers as they are, the constant last; and the map on top, as points (x, y) or none."""

    weights: Numbers
    steps: tuple[tuple[float, float], ...] = ()


def _names(of: Sequence[Scored]) -> list[str]:
    return sorted({name for s in of if s.evidence is not None for name, _ in s.evidence.numbers})


def _table(of: Sequence[Scored], names: Sequence[str]) -> Numbers:
    place = {name: column for column, name in enumerate(names)}
    table = np.zeros((len(of), len(names)))
    for row, one in enumerate(of):
        for name, number in one.evidence.numbers if one.evidence is not None else ():
            table[row, place[name]] = number
    return table


def _as_json(group: str, names: Sequence[str], model: _Model) -> Json:
    """The model as `Calibration` takes it. What was never set here keeps the weight that comes with the program:
    no data speaks against it.
    """
    *weights, one = (round(float(w), 4) for w in model.weights)
    found = {n: w for n, w in zip(names, weights, strict=True) if w}
    kept = {n: w for n, w in DEFAULT[group].items() if n not in names and n != "one"}
    steps = {group: [[round(x, 4), round(y, 4)] for x, y in model.steps]} if model.steps else {}
    return {group: {"one": one, **found, **kept}, **({"steps": steps} if steps else {})}


def _joined(first: Json, second: Json) -> Json:
    """Two calibrations of different groups as one."""
    steps = {**first.get("steps", {}), **second.get("steps", {})}
    return {**first, **second, **({"steps": steps} if steps else {})}


def _model(table: Numbers, right: Numbers, part: Numbers, drawn_to: Numbers, care: float) -> _Model:
    """Fit with the penalty, and with or without a map, that do best on parts of this data left out."""
    low_part = {p: n % _INNER_FOLDS for n, p in enumerate(sorted(set(part.tolist())))}
    inner = np.array([low_part[p] for p in part.tolist()])
    if len(set(inner.tolist())) < 2:
        return _Model(_weights(table, right, drawn_to, PENALTIES[len(PENALTIES) // 2], care))

    tried = []
    for penalty in PENALTIES:
        logits = np.zeros(len(right))
        for left_out in set(inner.tolist()):
            inside = inner != left_out
            weights = _weights(table[inside], right[inside], drawn_to, penalty, care)
            logits[~inside] = _logits(table[~inside], weights)
        tried.append((_loss(_chance(logits), right, care), penalty, logits))
    loss, penalty, logits = min(tried, key=lambda t: t[0])
    weights = _weights(table, right, drawn_to, penalty, care)
    mapped = np.zeros(len(right))
    shown = _chance(logits)
    for left_out in set(inner.tolist()):
        inside = inner != left_out
        mapped[~inside] = _mapped(shown[~inside], _isotonic(shown[inside], right[inside], care))
    if _loss(mapped, right, care) < loss - _GAIN:
        return _Model(weights, _isotonic(shown, right, care))
    return _Model(weights)


def _weights(table: Numbers, right: Numbers, drawn_to: Numbers, penalty: float, care: float) -> Numbers:
    """Penalised logistic regression (Newton's method; McCullagh and Nelder, "Generalized Linear Models"), the
    constant last and not penalised; what is penalised is the distance from `drawn_to`. Half a value right and half
    a value wrong are added, so that a group without a single mistake does not claim to make none.
    """
    mean, spread = table.mean(axis=0), np.maximum(table.std(axis=0), _LEAST_SPREAD)
    # A number that is always the same says nothing that the constant does not say.
    spread[table.std(axis=0) < 1e-9] = np.inf
    columns = np.hstack([(table - mean) / spread, np.ones((len(table), 1))])
    usual = np.append(np.zeros(len(mean)), 1.0)
    toss = np.append(-drawn_to * mean / spread, 1.0)
    columns = np.vstack([columns, usual, usual, toss, toss])
    start = np.append((table - mean) @ drawn_to, [0.0, 0.0, *([-float(mean @ drawn_to)] * 2)])
    truth = np.concatenate([right, [1.0, 0.0, 1.0, 0.0]])
    tosses = TOSSES / 2 if drawn_to.any() else 0.0
    counted = np.concatenate([np.where(right > 0, 1.0, care), [0.5, 0.5, tosses, tosses]])
    ridge = np.full(columns.shape[1], penalty)
    ridge[-1] = 0.0
    weights = np.zeros(columns.shape[1])
    weights[-1] = _logit(float((counted * truth).sum() / counted.sum()))
    cost = _cost(columns @ weights + start, truth, counted, ridge, weights)
    for _ in range(50):
        chance = _chance(columns @ weights + start)
        slope = columns.T @ (counted * (chance - truth)) + ridge * weights
        curve = (columns.T * (counted * chance * (1 - chance))) @ columns + np.diag(ridge + 1e-9)
        step = np.linalg.solve(curve, slope)
        share = 1.0
        while share > 1e-4:
            tried = weights - share * step
            lower = _cost(columns @ tried + start, truth, counted, ridge, tried)
            if lower <= cost:
                break
            share /= 2
        else:
            break
        weights, gained, cost = tried, cost - lower, lower
        if gained < 1e-7 * max(1.0, cost):
            break
    raw = drawn_to + weights[:-1] / spread
    return np.append(raw, weights[-1] - float(raw @ mean))


def _cost(logits: Numbers, truth: Numbers, counted: Numbers, ridge: Numbers, weights: Numbers) -> float:
    losses = np.logaddexp(0.0, logits) - truth * logits
    return float((counted * losses).sum() + 0.5 * (ridge * weights * weights).sum())


def _logits(table: Numbers, weights: Numbers) -> Numbers:
    return np.asarray(table @ weights[:-1] + weights[-1])


def _chance(logits: Numbers) -> Numbers:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logits, -60, 60))))


def _logit(share: float) -> float:
    return float(np.log(share / (1.0 - share)))


def _loss(chance: Numbers, right: Numbers, care: float) -> float:
    held = np.clip(chance, *LIMITS[TEXT])
    return float(-(right * np.log(held) + care * (1 - right) * np.log(1 - held)).mean())


def _isotonic(shown: Numbers, right: Numbers, care: float) -> tuple[tuple[float, float], ...]:
    """The nondecreasing map nearest to the truth, as points to be joined by lines (pool adjacent violators:
    Ayer et al., 1955), over pools of at least `_LEAST_STEP` values.
    """
    order = np.argsort(shown, kind="stable")
    pools: list[list[float]] = []  # values, sum of shown, sum of right
    for start in range(0, len(order), _LEAST_STEP):
        places = order[start : start + _LEAST_STEP]
        if len(places) < _LEAST_STEP and pools:
            pools[-1] = [pools[-1][0] + len(places), pools[-1][1] + float(shown[places].sum()),
                         pools[-1][2] + float(right[places].sum())]  # fmt: skip
        else:
            pools.append([float(len(places)), float(shown[places].sum()), float(right[places].sum())])
        while len(pools) > 1 and pools[-1][2] / pools[-1][0] <= pools[-2][2] / pools[-2][0]:
            last = pools.pop()
            pools[-1] = [a + b for a, b in zip(pools[-1], last, strict=True)]
    points: list[tuple[float, float]] = []
    for n, x, y in pools:
        # Half a value wrong and half a value right a pool: a step says no more than its values can.
        place, height = round(x / n, 4), (y + 0.5) / (y + 0.5 + care * (n - y + 0.5))
        if points and place <= points[-1][0]:
            continue
        points.append((place, max([height, *(h for _, h in points[-1:])])))
    return tuple(points)


def _mapped(shown: Numbers, steps: Sequence[tuple[float, float]]) -> Numbers:
    xs, ys = [x for x, _ in steps], [y for _, y in steps]
    return np.asarray(np.interp(shown, xs, ys))
