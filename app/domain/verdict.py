"""What counts of a model's answer: every criterion judged anew from quotes that were looked up and from the engine.

No model's outcome stands by itself. A criterion is met by a person's mark, by the criteria engine's own evidence, or,
for a finding alone, by a model's quote that stands in the patient's documents, speaks of what the criterion asks for,
and is contradicted by nothing the engine found. What a text says to the model changes nothing: a quote out of an
instruction is no evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from app.domain.bearing import bears
from app.domain.evidence import Evidence
from app.domain.material import Material, Status
from app.domain.policy import (
    AgeTest,
    CodeTest,
    CountTest,
    DurationTest,
    FindingTest,
    FrequencyTest,
    JudgementTest,
    Leaf,
    NumberTest,
    Policy,
)
from app.domain.recommendation import (
    CriterionResult,
    Proposed,
    Recommendation,
    missing_of,
    outcome_of,
    results_of,
)

Tainted = Callable[[Evidence], bool]
"""Whether a piece of evidence lies in words that try to instruct."""

_TYPED = (NumberTest, AgeTest, CodeTest, DurationTest, FrequencyTest, CountTest)


def typed(leaf: Leaf) -> bool:
    """Whether a rule can tell if it is met: then the engine has to find so itself. A finding with a date, or that
    must have happened, is one.
    """
    test = leaf.test
    if isinstance(test, FindingTest):
        return test.within is not None or test.before is not None or test.done
    return isinstance(test, _TYPED)


def counts(evidence: Evidence, tainted: Tainted) -> bool:
    """Whether this says something about the patient that can be relied on: found in its source, no policy's words
    (they say what is asked for, not what is), no instruction.
    """
    return evidence.supported and not evidence.document.startswith("policy:") and not tainted(evidence)


def combined(
    leaf: Leaf,
    engine: CriterionResult | None,
    model: CriterionResult | None,
    tainted: Tainted,
    policy: Policy,
    material: Material | None = None,
) -> CriterionResult:
    """One criterion from what the engine found and what a model said; `model` None where the engine answers alone.

    `said` is what the model claimed where that is not what counts. The rule, first that applies:

    - a person's mark decides;
    - the engine's `met` needs evidence that counts; its `not_met` stands as it is;
    - where the engine knows, a model changes that to insufficient only with a quote that counts;
    - where the engine does not know, a model's `met` or `not_met` counts for a finding alone, with such a quote.
      A number, age, code, duration, frequency, count or date is left to the engine, a judgement to a person.
    """
    found = engine or CriterionResult(
        leaf.criterion_id, leaf.text, Status.INSUFFICIENT, ask=leaf.ask, clause=leaf.clause
    )
    if found.marked_by:
        return _beside(found, model and replace(model, status=model.said or model.status))
    if found.status is Status.MET and not any(counts(e, tainted) for e in found.evidence):
        found = replace(
            found,
            status=Status.INSUFFICIENT,
            why="Nothing that was found in a document or on the form carries it.",
        )
    if model is not None and model.said is not None:  # what was claimed, before its quotes were looked up
        model = replace(model, status=model.said)
    if model is None or model.status is Status.INSUFFICIENT:
        return _beside(found, model)
    both = _with_evidence(found, model)
    if found.status is model.status:
        return both
    if isinstance(leaf.test, JudgementTest):
        return replace(both, said=model.status, why=_joined("A person has to judge this.", found.why))
    carrying = tuple(
        e for e in model.evidence if carries(e, leaf, policy, model.status, found, tainted, material)
    )
    if not carrying:
        return replace(both, said=model.status, why=_joined(found.why, _uncarried(model, tainted)))
    if found.status is not Status.INSUFFICIENT:
        return replace(
            both,
            status=Status.INSUFFICIENT,
            said=model.status,
            why=_joined("The model and the criteria engine disagree: look at both.", found.why),
        )
    if typed(leaf):
        return replace(
            both,
            said=model.status,
            why=_joined("The criteria engine does not find it in what is quoted.", found.why),
        )
    return replace(both, status=model.status, why=model.why or found.why)


def carries(
    evidence: Evidence,
    leaf: Leaf,
    policy: Policy,
    claim: Status,
    engine: CriterionResult,
    tainted: Tainted,
    material: Material | None,
) -> bool:
    """Whether a model's quote can carry what it claims of a finding: it counts, its sentence says so of the patient
    (`bearing`), and the engine did not look at the same words and leave them out.
    """
    if not counts(evidence, tainted) or not bears(evidence, leaf, policy, claim, material):
        return False
    return not any((e.note or not e.supported) and _overlap(e, evidence) for e in engine.evidence)


def _overlap(one: Evidence, other: Evidence) -> bool:
    first, second = one.span, other.span
    if first is None or second is None:
        return bool(one.field) and one.field == other.field
    same = (first.document_id, first.page) == (second.document_id, second.page)
    return same and first.start < second.end and second.start < first.end


def _beside(found: CriterionResult, model: CriterionResult | None) -> CriterionResult:
    if model is None:
        return found
    both = _with_evidence(found, model)
    return both if model.status is found.status else replace(both, said=model.status)


def _with_evidence(found: CriterionResult, model: CriterionResult) -> CriterionResult:
    """The engine's evidence, then what the model quoted besides."""
    seen = {(e.document, e.page, e.start, e.end, e.field, e.quote) for e in found.evidence}
    more = tuple(
        e for e in model.evidence if (e.document, e.page, e.start, e.end, e.field, e.quote) not in seen
    )
    return replace(found, evidence=(*found.evidence, *more))


def _uncarried(model: CriterionResult, tainted: Tainted) -> str:
    claim = "met" if model.status is Status.MET else "not met"
    if not model.evidence:
        return f"The model says it is {claim} and quotes nothing."
    if any(tainted(e) for e in model.evidence):
        return f"The model says it is {claim}, on words that try to instruct: they do not count."
    if not any(e.supported for e in model.evidence):
        return f"The model says it is {claim}, on a quote that does not stand in the documents."
    return f"The model says it is {claim}, on a quote that does not carry it."


def _joined(*sentences: str) -> str:
    return " ".join(dict.fromkeys(s for s in sentences if s))


def recommended(
    line_id: str,
    policy: Policy | None,
    engine: Recommendation,
    model: Recommendation | None,
    tainted: Tainted,
    material: Material | None = None,
) -> Recommendation:
    """The recommendation for a line from the engine's and, where another model was asked, that model's.

    `material` is where quotes are read in their sentences. The outcome follows from the criteria. Without a policy
    it is always `needs_person`.
    """
    asked = model or engine
    if policy is None:
        passages = tuple(e for e in (*asked.passages, *_quoted(asked)) if e.supported and not tainted(e))
        said = asked.outcome if asked.outcome is not Proposed.NEEDS_PERSON else asked.said
        rationale = engine.rationale or "There is no policy on file for this line: a person has to decide."
        return Recommendation(
            line_id, Proposed.NEEDS_PERSON, rationale=rationale, passages=passages, said=said
        )
    judged = {
        leaf.criterion_id: combined(
            leaf,
            engine.result(leaf.criterion_id),
            model.result(leaf.criterion_id) if model is not None else None,
            tainted,
            policy,
            material,
        )
        for leaf in policy.leaves()
    }
    leaves = {name: result.status for name, result in judged.items()}
    outcome, blocking = outcome_of(policy, leaves)
    said = model.outcome if model is not None and model.outcome is not outcome else None
    missing = tuple(dict.fromkeys(leaf.ask or leaf.text for leaf in missing_of(policy.root, leaves)))
    return Recommendation(
        line_id=line_id,
        outcome=outcome,
        policy_id=policy.policy_id,
        policy_version=policy.version,
        policy_title=policy.title,
        rationale=_rationale(policy, engine, model, outcome, blocking, judged),
        blocking=blocking,
        criteria=results_of(policy, judged),
        missing=missing if outcome is Proposed.PEND else (),
        passages=tuple(e for e in asked.passages if e.supported and not tainted(e)),
        said=said,
    )


def _quoted(found: Recommendation) -> tuple[Evidence, ...]:
    return tuple(e for row in found.criteria for e in row.evidence)


_OUTCOME_WORDS = {
    Proposed.APPROVE: "Every criterion that is asked for is met",
    Proposed.PEND: "Information is missing",
    Proposed.REFER: "A criterion is not met: a physician has to look at it",
    Proposed.NEEDS_PERSON: "A person has to decide",
}


def _rationale(
    policy: Policy,
    engine: Recommendation,
    model: Recommendation | None,
    outcome: Proposed,
    blocking: str,
    judged: Mapping[str, CriterionResult],
) -> str:
    """The words of whoever came to this outcome; where nobody did, what the criteria say."""
    if model is not None and model.outcome is outcome and model.blocking in ("", blocking):
        return model.rationale or engine.rationale
    if engine.outcome is outcome and engine.blocking == blocking and engine.rationale:
        return engine.rationale
    sentence = f"{_OUTCOME_WORDS[outcome]}."
    criterion = policy.criterion(blocking) if blocking else None
    if criterion is not None:
        row = judged.get(blocking)
        sentence += f" It turns on: {criterion.text.rstrip('.')}."
        if row is not None and row.why:
            sentence += f" {row.why}"
    if model is not None and model.outcome is not outcome:
        sentence += f" The model itself said “{model.outcome}”; what can be relied on does not carry that."
    return sentence
