"""The criteria engine: a recommendation model that runs on this computer and quotes everything it rests on."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from threading import Lock

from app.domain.code import CodeLists, no_lists
from app.domain.criterion import Criterion, Group, Leaf, leaves_of
from app.domain.evidence import Evidence
from app.domain.material import Material, StatedFact, Status
from app.domain.passage import SourceText
from app.domain.policy import Policy
from app.domain.prompt import Origin, Prompt
from app.domain.recommendation import (
    CriterionResult,
    ModelInfo,
    Proposed,
    Recommendation,
    missing_of,
    outcome_of,
    results_of,
)
from app.services.local.criteria.chart import Chart, chart_of, stated_chart
from app.services.local.criteria.judging import Judge
from app.services.local.criteria.passage_search import passages_for
from app.services.local.criteria.reading import Reading
from app.services.ports import Answer, Ask, Hear

VERSION = "1"
_KEPT = 8


class CriteriaEngine:
    """Judges every criterion of a policy by what stands in the material. Deterministic, without a network; thread-safe.

    `code_lists` says which codes exist; it is called when a leaf asks.
    """

    def __init__(self, code_lists: Callable[[], CodeLists] = no_lists) -> None:
        self._codes = code_lists
        self._charts: OrderedDict[tuple[object, ...], tuple[Chart, tuple[SourceText, ...]]] = OrderedDict()
        self._lock = Lock()

    @property
    def info(self) -> ModelInfo:
        return ModelInfo("criteria engine", VERSION, "this computer")

    def outgoing(self, ask: Ask) -> str:
        """The prompt: nothing leaves."""
        return ask.prompt.text

    def recommend(self, ask: Ask, watch: Hear | None = None) -> Answer:
        """One line judged by its policy. Raises only what `watch` raises."""
        material = _with_prompt(ask.material, ask.prompt)
        chart = self._chart(material, ask.line_id)
        if ask.policy is None:
            return Answer(_without_policy(ask, chart), "", chart.flags)
        policy = ask.policy
        line = material.request.line(ask.line_id)
        reading = Reading(chart, policy)
        judge = Judge(reading, Reading(stated_chart(material), policy), material, line, self._codes())
        judged: dict[str, CriterionResult] = {}
        for leaf in policy.leaves():
            if watch is not None:
                watch("")  # nothing streams; the person may stop it
            judged[leaf.criterion_id] = judge.result(leaf)
        return Answer(_recommendation(ask, policy, judged), "", chart.flags)

    def _chart(self, material: Material, line_id: str) -> Chart:
        """The chart of a material, kept while nothing of it changes."""
        key = (
            material.case_id, material.revision, line_id, material.asked_on, material.request.patient_name,
            tuple((d.document_id, id(d.pages)) for d in material.documents), hash(material.fields),
            hash(material.stated),
        )  # fmt: skip
        with self._lock:
            found = self._charts.get(key)
            if found is not None:
                self._charts.move_to_end(key)
                return found[0]
        made = chart_of(material, line_id)
        with self._lock:
            # The documents are kept with it: while they are, no other can have their identity.
            self._charts[key] = (made, material.documents)
            while len(self._charts) > _KEPT:
                self._charts.popitem(last=False)
        return made


def _with_prompt(material: Material, prompt: Prompt) -> Material:
    """The material with what the prompt's slots state, which may not be noted on the case yet."""
    known = {(fact.slot, fact.text) for fact in material.stated}
    typed = tuple(
        StatedFact(str(place.filled.slot), place.filled.text)
        for place in prompt.slots
        if place.filled.origin is Origin.STATED and (str(place.filled.slot), place.filled.text) not in known
    )
    return replace(material, stated=(*material.stated, *typed)) if typed else material


def _without_policy(ask: Ask, chart: Chart) -> Recommendation:
    found = passages_for(ask.material.request.line(ask.line_id), chart)
    rationale = "No policy on file covers this service: a person has to judge it."
    if found:
        rationale += " These passages speak of the service or the diagnosis."
    return Recommendation(ask.line_id, Proposed.NEEDS_PERSON, rationale=rationale, passages=found)


def _recommendation(ask: Ask, policy: Policy, judged: dict[str, CriterionResult]) -> Recommendation:
    statuses = {name: result.status for name, result in judged.items()}
    outcome, blocking = outcome_of(policy, statuses)
    missing = missing_of(policy.root, statuses) if outcome is Proposed.PEND else ()
    return Recommendation(
        ask.line_id,
        outcome,
        policy.policy_id,
        policy.version,
        policy.title,
        _rationale(policy, outcome, blocking, judged, missing) + _unread(ask.material),
        blocking,
        results_of(policy, judged),
        tuple(dict.fromkeys(leaf.ask or leaf.text for leaf in missing)),
        _passages(judged),
    )


def _passages(judged: dict[str, CriterionResult]) -> tuple[Evidence, ...]:
    """What was found for criteria that are still open."""
    found = [e for r in judged.values() if r.status is Status.INSUFFICIENT for e in r.evidence if e.supported]
    kept: dict[tuple[object, ...], Evidence] = {}
    for e in found:
        kept.setdefault((e.document, e.page, e.start, e.field), e)
    return tuple(kept.values())[:12]


def _rationale(policy: Policy, outcome: Proposed, blocking: str, judged: dict[str, CriterionResult],
               missing: tuple[Leaf, ...]) -> str:  # fmt: skip
    """A short paragraph that names what decides."""
    if outcome is Proposed.APPROVE:
        marked = sorted({r.marked_by for r in judged.values() if r.marked_by})
        people = f" {' and '.join(marked)} marked some of them." if marked else ""
        return (
            f"Every criterion of {policy.title} is met by evidence in the request and its documents.{people}"
        )
    criterion = policy.criterion(blocking)
    name = criterion.text.rstrip(".") if criterion else policy.title
    why = _why(criterion, judged, Status.NOT_MET if outcome is Proposed.REFER else Status.INSUFFICIENT)
    if outcome is Proposed.REFER:
        excluded = any(leaf.criterion_id == blocking for leaf in policy.unless)
        said = (
            f"{policy.title} excludes this: “{name}”."
            if excluded
            else f"Not covered by {policy.title} as it stands: “{name}” is not met."
        )
        clause = _clause(policy, blocking)
        quote = f" The policy says: “{clause}”" if clause else ""
        return f"{said} {why}{quote} Only a physician may decide against a request.".replace("  ", " ")
    several = ""
    if len(missing) > 1:
        several = f" {len(missing)} criteria lack information."
    return f"“{name}” cannot be told from what is here.{' ' + why if why else ''}{several}".strip()


def _why(criterion: Criterion | None, judged: dict[str, CriterionResult], status: Status) -> str:
    """The reason of the deciding criterion: of a group, that of its first part which keeps it from being met."""
    leaves = leaves_of(criterion) if criterion else ()
    for wanted in (status, Status.MET):  # what is excluded decides by being met
        for leaf in leaves:
            if judged[leaf.criterion_id].status is wanted:
                return judged[leaf.criterion_id].why
    return ""


def _unread(material: Material) -> str:
    """That something may still stand where nobody has read."""
    count = len(material.unread)
    if not count:
        return ""
    return (
        f" {count} document{'s are' if count > 1 else ' is'} not read to the end yet: more may stand there."
    )


def _clause(policy: Policy, blocking: str) -> str:
    """The clause that says it is not covered: the nearest `otherwise` above the deciding criterion, else its clause."""
    path = _path(policy.root, blocking)
    for criterion in reversed(path):
        if isinstance(criterion, Group) and criterion.otherwise:
            return " ".join(criterion.otherwise.split())
    deciding = policy.criterion(blocking)
    return " ".join(deciding.clause.split()) if deciding else ""


def _path(root: Leaf | Group, wanted: str) -> list[Leaf | Group]:
    if root.criterion_id == wanted:
        return [root]
    if isinstance(root, Group):
        for part in root.parts:
            below = _path(part, wanted)
            if below:
                return [root, *below]
    return []
