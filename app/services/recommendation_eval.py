"""How well a model's recommendations agree with what people let stand: by outcome, by criterion, by policy."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from app.domain.case import Json
from app.domain.errors import Actionable, Rejected
from app.domain.material import Status
from app.domain.policy import Policy
from app.domain.recommendation import Recommendation
from app.domain.tuning import Expected, NoExample, expected
from app.services.ports import Ask
from app.services.report import table

Pair = tuple[str, str]
"""What was expected, what came."""
Judge = Callable[[Ask], Recommendation]
FindPolicy = Callable[[str, str], Policy | None]
"""A policy by its title and version; None when there is none of that title."""


@dataclass(slots=True)
class Agreement:
    """How often a model agreed. `false_met` counts criteria it calls met that are not: the error that costs most."""

    model: str
    examples: int = 0
    failed: list[str] = field(default_factory=list)
    outcomes: Counter[Pair] = field(default_factory=Counter)
    criteria: dict[tuple[str, str], Counter[Pair]] = field(default_factory=dict)

    @property
    def answered(self) -> int:
        return self.outcomes.total()

    @property
    def outcome_agreement(self) -> float:
        return _share(self.outcomes)

    @property
    def every(self) -> Counter[Pair]:
        return sum(self.criteria.values(), Counter())

    @property
    def criterion_agreement(self) -> float:
        return _share(self.every)

    @property
    def false_met(self) -> int:
        return sum(n for (wanted, got), n in self.every.items() if got == Status.MET != wanted)

    def by_policy(self) -> dict[str, Counter[Pair]]:
        found: dict[str, Counter[Pair]] = {}
        for (policy, _), pairs in self.criteria.items():
            found[policy] = found.get(policy, Counter()) + pairs
        return found


def examples_in(lines: Iterable[str]) -> Iterator[Expected]:
    """The examples of a file of JSON lines. Raises `Rejected` naming the first line that is none."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield expected(json.loads(line))
        except (NoExample, ValueError) as error:
            why = str(error) if isinstance(error, NoExample) else "it is no JSON"
            raise Rejected(
                f"Line {number} is no example: {why}.",
                "Give a file that “countersign tuning export” wrote.",
                code="no_example",
            ) from error


def measured(
    examples: Sequence[Expected],
    model: str,
    judge: Judge,
    find_policy: FindPolicy,
    told: Callable[[int, int], None] | None = None,
) -> Agreement:
    """Ask a model everything again and compare. What cannot be asked or is not answered is told, and not counted."""
    agreement = Agreement(model)
    for place, one in enumerate(examples, 1):
        if told is not None:
            told(place, len(examples))
        agreement.examples += 1
        policy = find_policy(one.policy_title, one.policy_version)
        if policy is None:
            agreement.failed.append(f"example {place}: there is no policy “{one.policy_title}” here")
            continue
        try:
            found = judge(Ask(one.prompt, one.material, one.line_id, policy))
        except Actionable as error:
            agreement.failed.append(f"example {place}: {error}")
            continue
        _count(agreement, one, found, policy)
    return agreement


def _count(agreement: Agreement, one: Expected, found: Recommendation, policy: Policy) -> None:
    agreement.outcomes[(str(one.outcome), str(found.outcome))] += 1
    for criterion, wanted in one.criteria:
        if policy.criterion(criterion) is None:
            continue  # another version of the policy has it no more
        row = found.result(criterion)
        got = row.status if row is not None else Status.INSUFFICIENT
        agreement.criteria.setdefault((policy.policy_id, criterion), Counter())[(str(wanted), str(got))] += 1


def _share(pairs: Counter[Pair]) -> float:
    total = pairs.total()
    return sum(n for (wanted, got), n in pairs.items() if wanted == got) / total if total else 0.0


def _confusion(pairs: Counter[Pair]) -> Json:
    found: dict[str, dict[str, int]] = {}
    for (wanted, got), n in sorted(pairs.items()):
        found.setdefault(wanted, {})[got] = n
    return found


def agreement_json(agreement: Agreement) -> Json:
    """`outcomes` and `confusion` are {expected: {answered: how many}}."""
    return {
        "model": agreement.model,
        "examples": agreement.examples,
        "answered": agreement.answered,
        "failed": agreement.failed,
        "outcome_agreement": round(agreement.outcome_agreement, 4),
        "outcomes": _confusion(agreement.outcomes),
        "criterion_agreement": round(agreement.criterion_agreement, 4),
        "criteria_judged": agreement.every.total(),
        "false_met": agreement.false_met,
        "confusion": _confusion(agreement.every),
        "policies": {
            policy: {
                "judged": pairs.total(),
                "agreement": round(_share(pairs), 4),
                "confusion": _confusion(pairs),
            }
            for policy, pairs in sorted(agreement.by_policy().items())
        },
        "criteria": [
            {
                "policy": policy,
                "criterion": criterion,
                "judged": pairs.total(),
                "agreement": round(_share(pairs), 4),
                "confusion": _confusion(pairs),
            }
            for (policy, criterion), pairs in sorted(agreement.criteria.items())
        ],
    }


def agreement_text(agreement: Agreement, worst: int = 12) -> str:
    """The figures for people: the whole, the outcomes as a table, policies, and the criteria that disagree most."""
    share, judged = agreement.criterion_agreement, agreement.every.total()
    lines = [
        f"{agreement.model}: {agreement.answered} of {agreement.examples} examples answered.",
        f"Outcomes agree: {agreement.outcome_agreement:.1%}.",
        f"Criteria agree: {share:.1%} of {judged}; called met and not so: {agreement.false_met}.",
    ]
    lines += [f"Not answered: {why}" for why in agreement.failed[:5]]
    for what, pairs in (("Outcomes", agreement.outcomes), ("Criteria", agreement.every)):
        names = sorted({name for pair in pairs for name in pair})
        rows = [[wanted, *(str(pairs[(wanted, got)]) for got in names)] for wanted in names]
        if rows:
            headings = [f"{what}: expected", *names]
            lines += ["", table(headings, rows, right=tuple(range(1, len(headings))))]
    rows = [
        [policy, str(pairs.total()), f"{_share(pairs):.1%}"]
        for policy, pairs in sorted(agreement.by_policy().items())
    ]
    if rows:
        lines += ["", table(["Policy", "Judged", "Agree"], rows, right=(1, 2))]
    apart = sorted(agreement.criteria.items(), key=lambda item: (_share(item[1]), item[0]))
    rows = [
        [policy, criterion, str(pairs.total()), f"{_share(pairs):.1%}"]
        for (policy, criterion), pairs in apart[:worst]
        if _share(pairs) < 1
    ]
    if rows:
        lines += ["", table(["Policy", "Criterion", "Judged", "Agree"], rows, right=(2, 3))]
    return "\n".join(lines)
