"""A version of a policy, and a policy's criteria, as lists show them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from app.domain.criterion import Criterion, JudgementTest, Leaf
from app.domain.criterion_words import group_words, test_words
from app.domain.policy import Policy
from app.domain.policy_change import PolicyChange
from app.views.widgets.policy.word_list import WordRow
from app.views.widgets.sharing_words import sharing_words


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """A version as a list shows it. `origin` is `built_in`, `here` or `shared`; `at` is when it was published, in
    words.
    """

    policy_id: str
    version: str
    title: str
    in_force: bool
    origin: str
    effective: str = ""
    by: str = ""
    at: str = ""
    sharing: str = ""


def tr(text: str) -> str:
    return QCoreApplication.translate("Policies", text)


def version_words(row: PolicyRow) -> str:
    """Version, date and state of a version in one line."""
    parts = [tr("version {version}").format(version=row.version)]
    if row.effective:
        parts.append(tr("effective {date}").format(date=row.effective))
    parts.append(tr("in force") if row.in_force else tr("not in force"))
    return " · ".join(parts)


def origin_words(row: PolicyRow) -> str:
    """Where a version came from."""
    if row.origin == "built_in":
        return tr("Came with the program")
    words = tr("Published by {person}, {time}").format(person=row.by, time=row.at)
    shared = sharing_words(row.sharing)
    return f"{words} · {shared}" if shared else words


def policy_rows(versions: tuple[PolicyRow, ...]) -> tuple[WordRow, ...]:
    """One row a policy: its version in force, or the last there was."""
    best: dict[str, PolicyRow] = {}
    for row in versions:  # the latest first
        if row.policy_id not in best or (row.in_force and not best[row.policy_id].in_force):
            best[row.policy_id] = row
    return tuple(
        WordRow(
            row.policy_id, row.title, version_words(row), symbol="circle-check" if row.in_force else "archive",
            role="sure" if row.in_force else "muted", quiet=not row.in_force,
        )
        for row in sorted(best.values(), key=lambda r: (not r.in_force, r.policy_id))
    )  # fmt: skip


def criterion_rows(policy: Policy) -> Iterator[WordRow]:
    """A policy's criteria in words, groups with what they ask of their parts."""
    yield from _rows(policy.root, policy, 0)
    if policy.unless:
        yield WordRow("", tr("Excluded by name, whatever else is met"), heading=True)
        for leaf in policy.unless:
            yield from _rows(leaf, policy, 0)


def _rows(criterion: Criterion, policy: Policy, depth: int) -> Iterator[WordRow]:
    name = criterion.criterion_id
    if isinstance(criterion, Leaf):
        judged = isinstance(criterion.test, JudgementTest)
        words = test_words(criterion.test, policy.concepts)
        lead = words if judged else tr("Looks for {test}").format(test=words)
        ask = tr("Asks for {what}").format(what=criterion.ask) if criterion.ask else ""
        symbol = "user" if judged else "scan-search"
        yield WordRow(name, criterion.text, lead[:1].upper() + lead[1:], ask, depth, symbol)
        return
    words = group_words(criterion)
    yield WordRow(
        name, criterion.text, words[:1].upper() + words[1:] + ":", "", depth, "list-checks", "accent"
    )
    for part in criterion.parts:
        yield from _rows(part, policy, depth + 1)


_KINDS = {
    "added": ("plus", "sure"),
    "removed": ("trash-2", "wrong"),
    "changed": ("pencil", "look"),
    "moved": ("arrow-left-right", "look"),
}


def change_rows(changes: tuple[PolicyChange, ...]) -> Iterator[WordRow]:
    """What differs between two versions, in groups."""
    titles = {
        "added": tr("Added"), "removed": tr("Removed"), "changed": tr("Changed"), "moved": tr("Elsewhere in the tree"),
    }  # fmt: skip
    for kind, title in titles.items():
        found = [change for change in changes if change.kind == kind]
        if found:
            yield WordRow("", f"{title} ({len(found)})", heading=True)
        symbol, role = _KINDS[kind]
        for change in found:
            now = (
                tr("Now: {words}").format(words=change.now) if change.now and kind != "added" else change.now
            )
            before = tr("Before: {words}").format(words=change.before) if change.before else ""
            # a difference is read, and leads to its criterion where there is one
            yield WordRow(
                change.criterion_id, change.what, now or before, before if now else "", 0, symbol, role
            )
