"""From the network's chances to characters: freely, or under the shape that a kind of answer has.

The network gives, for each step along the line, the chance of every character and of none (CTC). Freely, the
likeliest at each step makes the text. Under a grammar, the likeliest path that spells a text of that shape is
found (Viterbi over the grammar's nodes); it may choose only among what the network holds possible, and what it
costs against the free reading is told, so that a value that is wrong in itself is read as it is printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float32]

_ALTERNATIVE = 0.01
_FLOOR = 1e-5


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character as recognized: how sure, where in the crop (0..1 of its width), and what else it may be.

    `supplied`: the ink does not show it; the kind of the answer says that it stood there.
    """

    text: str
    score: float
    at: float
    alternatives: tuple[tuple[str, float], ...] = ()
    supplied: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text as recognized, glyph by glyph."""

    glyphs: tuple[Glyph, ...]

    @property
    def text(self) -> str:
        return "".join(g.text for g in self.glyphs)

    @property
    def score(self) -> float:
        """The mean over the characters; 0 for nothing."""
        return float(np.mean([g.score for g in self.glyphs])) if self.glyphs else 0.0

    @property
    def lowest(self) -> float:
        return min((g.score for g in self.glyphs), default=0.0)

    def part(self, start: int, end: int) -> Line:
        return Line(self.glyphs[start:end])

    def stripped(self) -> Line:
        """Without blanks at both ends."""
        start, end = 0, len(self.glyphs)
        while start < end and self.glyphs[start].text == " ":
            start += 1
        while end > start and self.glyphs[end - 1].text == " ":
            end -= 1
        return self.part(start, end)


@dataclass(frozen=True, slots=True, eq=False)
class Chances:
    """What the network holds possible along one line: a row a step, a column a character, the first for none.

    `extent` is how many steps the crop itself takes; rows beyond belong to the padding of its batch.
    """

    rows: Rows
    characters: tuple[str, ...]
    extent: float


@dataclass(frozen=True, slots=True)
class Node:
    """One place of a grammar: what may stand there, as (seen, spelled, cost), costs at most 0 (logarithms).

    `skip` is the cost of nothing being seen there, None when something must; `supplies` is what is spelled then.
    """

    emissions: tuple[tuple[str, str, float], ...]
    skip: float | None = None
    supplies: str = ""


@dataclass(frozen=True, slots=True)
class Shaped:
    """A reading of a certain shape. `cost` is its logarithmic distance from the free reading, at least 0;
    `least` is the smallest chance the network gives one of its characters, those supplied left out.
    """

    line: Line
    cost: float
    least: float


def free(chances: Chances) -> Line:
    """The likeliest character of each step: a character ends where the next begins; its score is its best step."""
    rows = chances.rows
    best = rows.argmax(axis=1)
    glyphs: list[Glyph] = []
    step, steps = 0, len(best)
    while step < steps:
        column = int(best[step])
        end = step + 1
        while end < steps and int(best[end]) == column:
            end += 1
        if column:
            peak = step + int(rows[step:end, column].argmax())
            glyphs.append(_glyph(chances, column, peak))
        step = end
    return Line(tuple(glyphs)).stripped()


def _glyph(chances: Chances, column: int, peak: int, spelled: str | None = None) -> Glyph:
    row = chances.rows[peak]
    others = [int(i) for i in np.argsort(row)[::-1][:4] if i not in (0, column)]
    return Glyph(
        chances.characters[column] if spelled is None else spelled,
        float(row[column]),
        min(1.0, (peak + 0.5) / max(1.0, chances.extent)),
        tuple((chances.characters[i], float(row[i])) for i in others if row[i] >= _ALTERNATIVE),
        spelled is not None and spelled != chances.characters[column],
    )


def shaped(chances: Chances, nodes: Sequence[Node]) -> Shaped | None:
    """The likeliest reading that walks the nodes in order; None when the network holds none possible."""
    place = {c: i for i, c in enumerate(chances.characters)}
    each = [
        (j, place[seen], spelled, cost)
        for j, node in enumerate(nodes)
        for seen, spelled, cost in node.emissions
        if seen in place
    ]
    if not each:
        return None
    log = np.log(np.maximum(chances.rows, _FLOOR))
    node_of = np.array([e[0] for e in each])
    columns = np.array([e[1] for e in each])
    costs = np.array([e[3] for e in each], np.float32)
    steps, count, states = len(log), len(nodes), len(each)
    reach = _reach(nodes)
    # Scores of ending in each emission, and of having left a node into silence (index 0: nothing read yet).
    alive = np.full(states, -np.inf, np.float32)
    silent = np.full(count + 1, -np.inf, np.float32)
    silent[0] = 0.0
    from_alive = np.zeros((steps, states), np.int32)  # -1 stays, else index of what came before (see below)
    from_silent = np.zeros((steps, count + 1), np.int32)
    slices = [np.flatnonzero(node_of == j) for j in range(count)]
    member = np.full((count, max(len(s) for s in slices)), states)
    for j, s in enumerate(slices):
        member[j, : len(s)] = s
    padded_columns = np.append(columns, -1)
    into = reach[node_of]  # states x (count + 1)
    for t in range(steps):
        padded = np.append(alive, -np.inf)[member]  # count x widest
        first = padded.argmax(axis=1)
        top = padded[np.arange(count), first]
        top_state = member[np.arange(count), first]
        top_column = padded_columns[top_state]
        rest = np.where(padded_columns[member] == top_column[:, None], -np.inf, padded)
        second = rest.argmax(axis=1)
        next_best = rest[np.arange(count), second]
        next_state = member[np.arange(count), second]
        same = columns[:, None] == top_column[None, :]
        direct = np.where(same, next_best[None, :], top[None, :]) + into[:, 1:]
        through = silent[None, :] + into
        best_direct = direct.argmax(axis=1)
        best_through = through.argmax(axis=1)
        value_direct = direct[np.arange(states), best_direct]
        value_through = through[np.arange(states), best_through]
        entered = np.maximum(value_direct, value_through) + costs
        chosen_state = np.where(
            same[np.arange(states), best_direct], next_state[best_direct], top_state[best_direct]
        )
        # What came before: a state (0 and up), a silence (below -1: -2 - its index), or the same state (-1).
        before = np.where(value_direct >= value_through, chosen_state, -2 - best_through)
        stays = alive >= entered
        from_alive[t] = np.where(stays, -1, before)
        heard = log[t]
        new_alive = np.where(stays, alive, entered) + heard[columns]
        ends = np.append(-np.inf, top)
        from_silent[t] = np.where(silent >= ends, -1, np.append(0, top_state))
        silent = np.maximum(silent, ends) + heard[0]
        alive = new_alive.astype(np.float32)
    # Whatever is not walked at the end has to be skippable.
    tail = _tail(nodes)
    last_alive = alive + tail[1:][node_of]
    last_silent = silent + tail
    state, quiet = int(last_alive.argmax()), int(last_silent.argmax())
    in_silence = last_silent[quiet] > last_alive[state]
    total = float(last_silent[quiet] if in_silence else last_alive[state])
    if not np.isfinite(total):
        return None
    walked = _walked(from_alive, from_silent, state, quiet, bool(in_silence))
    glyphs: list[Glyph] = []
    before = -1
    for emission, start, end in walked:
        node, column, spelled, _ = each[emission]
        glyphs += _skipped(nodes[before + 1 : node], glyphs)
        before = node
        if spelled:
            peak = start + int(chances.rows[start : end + 1, column].argmax())
            glyphs.append(_glyph(chances, column, peak, spelled))
    glyphs += _skipped(nodes[before + 1 :], glyphs)
    best = float(log.max(axis=1).sum())
    least = min((g.score for g in glyphs if not g.supplied), default=1.0)
    return Shaped(Line(tuple(glyphs)), max(0.0, best - total), least)


def _skipped(nodes: Sequence[Node], before: Sequence[Glyph]) -> list[Glyph]:
    """What is spelled for nodes at which nothing was seen."""
    at = before[-1].at if before else 0.0
    return [Glyph(c, 0.0, at, supplied=True) for node in nodes for c in node.supplies]


def _reach(nodes: Sequence[Node]) -> npt.NDArray[np.float32]:
    """[j, i]: the cost of going on at node j after node i - 1 (column 0: from the beginning)."""
    count = len(nodes)
    reach = np.full((count, count + 1), -np.inf, np.float32)
    for j in range(count):
        cost = 0.0
        for i in range(j, -1, -1):
            reach[j, i] = cost
            skip = nodes[i - 1].skip if i else None
            if skip is None:
                break
            cost += skip
    return reach


def _tail(nodes: Sequence[Node]) -> npt.NDArray[np.float32]:
    """[i]: the cost of ending after node i - 1 (0: without having read anything)."""
    tail = np.full(len(nodes) + 1, -np.inf, np.float32)
    cost = 0.0
    for i in range(len(nodes), -1, -1):
        tail[i] = cost
        skip = nodes[i - 1].skip if i else None
        if skip is None:
            break
        cost += skip
    return tail


def _walked(
    from_alive: npt.NDArray[np.int32],
    from_silent: npt.NDArray[np.int32],
    state: int,
    quiet: int,
    silence: bool,
) -> list[tuple[int, int, int]]:
    """The emissions of the best path as (emission, first step, last step), from left to right."""
    found: list[tuple[int, int, int]] = []
    end = len(from_alive) - 1
    for t in range(len(from_alive) - 1, -1, -1):
        if silence:
            before = int(from_silent[t, quiet])
            if before >= 0 and quiet:
                state, silence, end = before, False, t - 1
            continue
        before = int(from_alive[t, state])
        if before == -1:
            continue
        found.append((state, t, end))
        end = t - 1
        if before >= 0:
            state = before
        else:
            quiet, silence = -2 - before, True
    return found[::-1]
