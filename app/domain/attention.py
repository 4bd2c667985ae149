"""Where to look next: doubtful fields by what an error would cost, then the rest in the order of the form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.domain.form import FormField
from app.domain.processor import FormDefinition


@dataclass(frozen=True, slots=True)
class Item:
    """One thing the panel shows on a line: a field, or the tick boxes that answer one question together."""

    key: str
    label: str
    section: str
    fields: tuple[FormField, ...]
    exclusive: bool = False

    @property
    def confidence(self) -> float:
        return min(f.confidence for f in self.fields)

    def needs_look(self, threshold: float) -> bool:
        return any(f.needs_look(threshold) for f in self.fields)

    @property
    def is_choice(self) -> bool:
        return bool(self.fields[0].group)


def items(fields: Iterable[FormField], definition: FormDefinition | None = None) -> tuple[Item, ...]:
    """The fields of a case as the panel shows them: tick boxes of one group on one line, in the order of the form."""
    groups: dict[str, list[FormField]] = {}
    for field in fields:
        groups.setdefault(f"group:{field.group}" if field.group else field.path, []).append(field)
    choices = {c.name: c for c in definition.choices} if definition else {}
    found = []
    for key, members in groups.items():
        choice = choices.get(members[0].group) if members[0].group else None
        label = (
            choice.label if choice else members[0].group.replace("_", " ").capitalize() or members[0].label
        )
        found.append(Item(key, label, members[0].section, tuple(members), bool(choice and choice.exclusive)))
    return tuple(found)


def cost(item: Item, weights: Mapping[str, float] | None = None) -> float:
    """What is expected to be lost by not looking: doubt x weight x (failed rules count double)."""
    total = 0.0
    for field in item.fields:
        doubt = 1.0 - field.confidence
        if field.required and field.empty:
            doubt = 1.0
        weight = (weights or {}).get(field.path.split(".")[-1], 1.0)
        total = max(total, max(doubt, 0.02) * weight * (2.0 if field.warnings else 1.0))
    return total


def next_to_look(
    every: Sequence[Item],
    threshold: float,
    skip: Iterable[str] = (),
    weights: Mapping[str, float] | None = None,
) -> Item | None:
    """The item to look at next, the dearest first; `skip` holds keys already passed over."""
    passed = set(skip)
    waiting = [i for i in every if i.key not in passed and i.needs_look(threshold)]
    return max(waiting, key=lambda i: cost(i, weights), default=None)
