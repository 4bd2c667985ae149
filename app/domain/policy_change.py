"""What differs between two versions of a policy, in words: criteria added, removed and changed, and the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.domain.criterion import Criterion, Leaf, nodes_of
from app.domain.criterion_words import group_words, test_words
from app.domain.policy import Policy, flattened


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """One difference: `kind` is added, removed, changed or moved; `what` names it; then as it is, and as it was.

    `criterion_id` is "" for what is no criterion.
    """

    kind: str
    what: str
    now: str = ""
    before: str = ""
    criterion_id: str = ""


def policy_changes(before: Policy, now: Policy) -> tuple[PolicyChange, ...]:
    """Everything in which a policy differs from one before: criteria in the order of the newer, then the rest."""
    old = {place.criterion.criterion_id: place for place in _places(before)}
    new = {place.criterion.criterion_id: place for place in _places(now)}
    found: list[PolicyChange] = []
    for name, place in new.items():
        if name not in old:
            found.append(PolicyChange("added", place.criterion.text, _asked(place.criterion, now), "", name))
        else:
            found += _criterion(old[name], place, before, now)
    found += [
        PolicyChange("removed", place.criterion.text, "", _asked(place.criterion, before), name)
        for name, place in old.items()
        if name not in new
    ]
    return (*found, *_concepts(before, now), *_rest(before, now))


@dataclass(frozen=True, slots=True)
class _Place:
    criterion: Criterion
    under: str


def _places(policy: Policy) -> Iterator[_Place]:
    parents = {
        part.criterion_id: group.criterion_id
        for group in nodes_of(policy.root)
        if not isinstance(group, Leaf)
        for part in group.parts
    }
    for criterion in nodes_of(policy.root):
        yield _Place(criterion, parents.get(criterion.criterion_id, ""))
    for leaf in policy.unless:
        yield _Place(leaf, "unless")


def _asked(criterion: Criterion, policy: Policy) -> str:
    """What a criterion asks for, in words."""
    if isinstance(criterion, Leaf):
        return test_words(criterion.test, policy.concepts)
    return f"{group_words(criterion)} what stands under it"


def _test(criterion: Criterion) -> object:
    return criterion.test if isinstance(criterion, Leaf) else group_words(criterion)


def _criterion(old: _Place, new: _Place, before: Policy, now: Policy) -> Iterator[PolicyChange]:
    was, is_ = old.criterion, new.criterion
    name, what = is_.criterion_id, is_.text
    if was.text != is_.text:
        yield PolicyChange("changed", what, f"“{is_.text}”", f"“{was.text}”", name)
    if _test(was) != _test(is_):  # other words of a concept are told with the concept
        yield PolicyChange("changed", what, _asked(is_, now), _asked(was, before), name)
    if flattened(was.clause) != flattened(is_.clause):
        yield PolicyChange("changed", what, f"clause: {is_.clause or 'none'}", was.clause or "none", name)
    ask_was = was.ask if isinstance(was, Leaf) else was.otherwise
    ask_is = is_.ask if isinstance(is_, Leaf) else is_.otherwise
    if flattened(ask_was) != flattened(ask_is):
        lead = "asks for: " if isinstance(is_, Leaf) else "otherwise: "
        yield PolicyChange("changed", what, f"{lead}{ask_is or 'nothing'}", ask_was or "nothing", name)
    if old.under != new.under:
        yield PolicyChange("moved", what, _under(new.under, now), _under(old.under, before), name)


def _under(criterion_id: str, policy: Policy) -> str:
    if criterion_id == "unless":
        return "among what is excluded by name"
    parent = policy.criterion(criterion_id)
    return f"under “{parent.text}”" if parent is not None else "at the top"


def _concepts(before: Policy, now: Policy) -> Iterator[PolicyChange]:
    for name in dict.fromkeys((*before.concepts, *now.concepts)):
        was, is_ = before.concepts.get(name), now.concepts.get(name)
        if was == is_:
            continue
        called = f"The words for “{name.replace('_', ' ')}”"
        if was is None or is_ is None:
            known = is_ or was
            assert known is not None  # noqa: S101  one of the two is there
            words = ", ".join((*known.terms, *known.codes))
            yield PolicyChange(
                "added" if is_ else "removed", called, words if is_ else "", "" if is_ else words
            )
            continue
        old = (*was.terms, *was.codes, *(f"not {t}" for t in was.but_not))
        new = (*is_.terms, *is_.codes, *(f"not {t}" for t in is_.but_not))
        more = [term for term in new if term not in old]
        less = [term for term in old if term not in new]
        yield PolicyChange(
            "changed",
            called,
            f"also {', '.join(more)}" if more else "",
            f"no more {', '.join(less)}" if less else "",
        )


def _rest(before: Policy, now: Policy) -> Iterator[PolicyChange]:
    pairs = (
        ("The title", before.title, now.title),
        ("The date it is effective", str(before.effective or "none"), str(now.effective or "none")),
        ("The source", before.source, now.source),
        ("The codes it applies to", ", ".join(before.applies.codes), ", ".join(now.applies.codes)),
        ("The words it applies to", ", ".join(before.applies.terms), ", ".join(now.applies.terms)),
        ("The words it does not apply to", ", ".join(before.applies.but_not), ", ".join(now.applies.but_not)),
        ("The notes", before.notes, now.notes),
    )
    for what, was, is_ in pairs:
        if flattened(was) != flattened(is_):
            yield PolicyChange("changed", what, is_ or "none", was or "none")
    if flattened(before.text) != flattened(now.text):
        yield PolicyChange("changed", "The source text", *_lines(before.text, now.text))


def _lines(before: str, now: str) -> tuple[str, str]:
    """How many lines a text has that the other has not."""
    old, new = ([flattened(line) for line in text.splitlines() if line.strip()] for text in (before, now))
    more, less = len(set(new) - set(old)), len(set(old) - set(new))
    return (
        f"{more} line{'' if more == 1 else 's'} new",
        f"{less} line{'' if less == 1 else 's'} not there any more",
    )
