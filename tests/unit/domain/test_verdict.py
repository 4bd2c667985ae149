"""What counts of a model's answer: no outcome that the evidence does not carry."""

from __future__ import annotations

import pytest

from app.domain.evidence import Evidence
from app.domain.material import Status
from app.domain.policy import policy_from
from app.domain.recommendation import CriterionResult, Proposed, Recommendation
from app.domain.verdict import combined, recommended

TEXT = "Pumps are covered. The A1c is above 7 percent. Dawn phenomenon is documented. A specialist agrees. Age over 2."
POLICY = policy_from(
    {
        "policy": "p1",
        "title": "Pumps",
        "version": "1",
        "source": "written for a test",
        "applies": {"terms": ["pump"]},
        "concepts": {
            "a1c": ["A1c"],
            "dawn": ["dawn phenomenon", "early morning rise"],
            "severe": ["severe"],
            "agrees": ["agrees"],
        },
        "criteria": {
            "id": "all",
            "text": "Everything",
            "all": [
                {
                    "id": "a1c",
                    "text": "A1c above 7",
                    "clause": "The A1c is above 7 percent.",
                    "ask": "the latest A1c",
                    "number": {"of": "a1c", "is": ">", "limit": 7, "unit": "%"},
                },
                {
                    "id": "dawn",
                    "text": "Dawn phenomenon",
                    "clause": "Dawn phenomenon is documented.",
                    "ask": "a note on it",
                    "finding": {"any_of": ["dawn"], "given": ["severe"]},
                },
                {
                    "id": "recent",
                    "text": "Recent dawn phenomenon",
                    "clause": "Dawn phenomenon is documented.",
                    "ask": "a recent note",
                    "finding": {"any_of": ["dawn"], "within": "6 months"},
                },
                {
                    "id": "agrees",
                    "text": "A specialist agrees",
                    "clause": "A specialist agrees.",
                    "ask": "a letter",
                    "judgement": {"any_of": ["agrees"]},
                },
            ],
        },
    },
    TEXT,
)
LEAVES = {leaf.criterion_id: leaf for leaf in POLICY.leaves()}
QUOTE = Evidence("severe dawn phenomenon most mornings", "notes", 1, None, 10, 46)
LAB = Evidence("A1c 8.1 %", "notes", 1, None, 60, 69)
ELSEWHERE = Evidence("the weather was fine", "notes", 1, None, 80, 100)
INVENTED = Evidence("severe dawn phenomenon every day", supported=False)
CLAUSE = Evidence("severe dawn phenomenon", "policy:p1@1", 1, None, 0, 20)
PLANNED = Evidence("dawn phenomenon most mornings", "notes", 1, None, 17, 46, note="planned")
DENIAL = Evidence("She has no severe dawn phenomenon.", "notes", 1, None, 200, 234)
MILD = Evidence("A mild dawn phenomenon.", "notes", 1, None, 240, 263)
MET, NOT, OPEN = Status.MET, Status.NOT_MET, Status.INSUFFICIENT


def said(criterion: str, status: Status, *evidence: Evidence, **more: object) -> CriterionResult:
    return CriterionResult(criterion, LEAVES[criterion].text, status, evidence, **more)  # type: ignore[arg-type]


def clean(_: Evidence) -> bool:
    return False


def tainted(evidence: Evidence) -> bool:
    return evidence == QUOTE


@pytest.mark.parametrize(
    ("criterion", "engine", "model", "taint", "status", "claimed"),
    [
        # the engine alone
        ("dawn", (MET, QUOTE), None, clean, MET, None),
        ("dawn", (MET,), None, clean, OPEN, None),
        ("dawn", (MET, INVENTED), None, clean, OPEN, None),
        ("dawn", (MET, CLAUSE), None, clean, OPEN, None),
        ("dawn", (MET, QUOTE), None, tainted, OPEN, None),
        ("dawn", (NOT, QUOTE), None, clean, NOT, None),
        # a finding the engine does not know
        ("dawn", (OPEN,), (MET, QUOTE), clean, MET, None),
        ("dawn", (OPEN,), (MET,), clean, OPEN, MET),
        ("dawn", (OPEN,), (MET, INVENTED), clean, OPEN, MET),
        ("dawn", (OPEN,), (MET, ELSEWHERE), clean, OPEN, MET),
        ("dawn", (OPEN,), (MET, CLAUSE), clean, OPEN, MET),
        ("dawn", (OPEN,), (MET, QUOTE), tainted, OPEN, MET),
        ("dawn", (OPEN, PLANNED), (MET, QUOTE), clean, OPEN, MET),
        ("dawn", (OPEN,), (NOT, DENIAL), clean, NOT, None),
        ("dawn", (OPEN,), (NOT, QUOTE), clean, OPEN, NOT),
        ("dawn", (OPEN,), (MET, DENIAL), clean, OPEN, MET),
        ("dawn", (OPEN,), (MET, MILD), clean, OPEN, MET),
        ("dawn", (OPEN,), (NOT,), clean, OPEN, NOT),
        # the engine knows
        ("dawn", (NOT, LAB), (MET, QUOTE), clean, OPEN, MET),
        ("dawn", (NOT, LAB), (MET,), clean, NOT, MET),
        ("dawn", (NOT, LAB), (MET, QUOTE), tainted, NOT, MET),
        ("dawn", (MET, LAB), (NOT, DENIAL), clean, OPEN, NOT),
        ("dawn", (MET, LAB), (NOT, QUOTE), clean, MET, NOT),
        ("dawn", (MET, LAB), (NOT,), clean, MET, NOT),
        ("dawn", (MET, LAB), (OPEN,), clean, MET, OPEN),
        ("dawn", (MET, LAB), (MET, QUOTE), clean, MET, None),
        # what a rule can tell is left to the engine
        ("a1c", (OPEN,), (MET, LAB), clean, OPEN, MET),
        ("a1c", (MET, LAB), (MET, LAB), clean, MET, None),
        ("a1c", (OPEN,), (NOT, LAB), clean, OPEN, NOT),
        ("recent", (OPEN,), (MET, QUOTE), clean, OPEN, MET),
        # a judgement is a person's
        ("agrees", (OPEN,), (MET, QUOTE), clean, OPEN, MET),
    ],
)
def test_what_a_model_says_counts_only_as_far_as_it_is_carried(
    criterion, engine, model, taint, status, claimed
) -> None:
    found = combined(
        LEAVES[criterion],
        said(criterion, engine[0], *engine[1:]),
        said(criterion, model[0], *model[1:]) if model else None,
        taint,
        POLICY,
    )
    assert (found.status, found.said) == (status, claimed)


def test_the_mark_of_a_person_decides_whatever_engine_and_model_say() -> None:
    marked = said("agrees", MET, marked_by="nina")
    found = combined(LEAVES["agrees"], marked, said("agrees", NOT, QUOTE), clean, POLICY)
    assert (found.status, found.marked_by, found.said) == (MET, "nina", NOT)


def test_a_claim_whose_quotes_were_struck_out_is_still_told() -> None:
    struck = said("dawn", OPEN, INVENTED, said=MET)
    found = combined(LEAVES["dawn"], said("dawn", OPEN), struck, clean, POLICY)
    assert (found.status, found.said) == (OPEN, MET)
    assert "does not stand in the documents" in found.why


def test_a_criterion_nobody_judged_is_insufficient() -> None:
    assert combined(LEAVES["a1c"], None, None, clean, POLICY).status is OPEN


def an_answer(outcome: Proposed, *rows: CriterionResult, **more: object) -> Recommendation:
    return Recommendation("r1", outcome, "p1", "1", "Pumps", criteria=rows, **more)  # type: ignore[arg-type]


def test_a_model_that_approves_everything_moves_nothing() -> None:
    nothing = an_answer(Proposed.PEND, *(said(name, OPEN) for name in LEAVES), rationale="Nothing is there.")
    all_met = an_answer(
        Proposed.APPROVE, *(said(name, MET, INVENTED) for name in LEAVES), rationale="Approve at once."
    )
    found = recommended("r1", POLICY, nothing, all_met, clean)
    assert (found.outcome, found.said) == (Proposed.PEND, Proposed.APPROVE)
    assert {row.criterion_id: row.said for row in found.criteria if row.kind == "leaf"} == dict.fromkeys(
        LEAVES, MET
    )
    assert "Approve at once" not in found.rationale
    assert found.missing == ("the latest A1c", "a note on it", "a recent note", "a letter")


def test_the_deciding_criterion_is_the_one_that_is_not_met() -> None:
    rows = (said("a1c", NOT, LAB, why="It is 6.1."), said("dawn", MET, QUOTE), said("recent", MET, QUOTE))
    found = recommended("r1", POLICY, an_answer(Proposed.APPROVE, *rows), None, clean)
    assert (found.outcome, found.blocking, found.missing) == (Proposed.REFER, "a1c", ())
    assert "A1c above 7" in found.rationale


def test_without_a_policy_a_person_decides_whatever_the_model_says() -> None:
    engine = Recommendation("r1", Proposed.NEEDS_PERSON, passages=(QUOTE,))
    found = recommended(
        "r1", None, engine, Recommendation("r1", Proposed.APPROVE, passages=(LAB, INVENTED)), clean
    )
    assert (found.outcome, found.said, found.passages) == (Proposed.NEEDS_PERSON, Proposed.APPROVE, (LAB,))
