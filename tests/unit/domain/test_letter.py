"""Letters: what a member reads is whole, plain, and says nothing of a model."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.domain.determination import Determination, Named, Outcome
from app.domain.evidence import Evidence
from app.domain.letter import PAYER, TEMPLATES, Letter, composed, plain_text
from app.domain.plain_language import GRADE
from app.domain.request import request_from
from app.domain.role import Role
from app.resource import resource

NOW = datetime(2026, 10, 5, 15, 0, tzinfo=UTC)
PAYER_WORDS = dict.fromkeys(PAYER, "") | {
    "name": "Sample Health Plan",
    "address": "PO Box 100, Sampletown",
    "phone": "555-010-1000",
    "tty": "711",
    "fax": "555-010-1001",
    "appeal_days": "60",
    "appeal_answer_days": "30",
    "fast_appeal_hours": "72",
    "appeal_address": "Appeals, PO Box 101, Sampletown",
    "appeal_phone": "555-010-1002",
}
CLAUSE = "Dawn phenomenon with FBG exceeding 200 mg/dL & more."
REQUEST = request_from(
    {
        "request": {
            "patient": {"patient_name": "Maria <Muster> & 王芳", "patient_id": "M-100200300"},
            "provider": {"name": "Dr. Probe"},
            "lines": {
                "r1": {
                    "service": {"code": "E0784", "description": "insulin pump",
                                "from": "10/12/2026", "to": "2027-01-12"},
                    "diagnosis": {"code": "E10.65"},
                },
                "r2": {"order": 1, "service": {"description": "pump supplies"}},
            },
        }
    }
)  # fmt: skip


def made(outcome: Outcome, **more: object) -> Determination:
    return Determination(
        "r1", outcome, "The notes show no dawn rise in your blood sugar.", "drew", Role.PHYSICIAN, NOW,
        title="Dr. Drew Doctor", policy="ncd_280_14@1", policy_title="Infusion Pumps", model="criteria engine 9",
        review_id="rev-1", prompt="2 (abc)", granted="Three months.", missing=("the letter of your specialist",),
        answer_by=datetime(2026, 10, 20, 12, tzinfo=UTC),
        criteria=(Named("dawn", "Your notes show a dawn rise", CLAUSE),),
        evidence=(Evidence("secret", "notes"),), overrides=("dawn",), override_reasons=("because",), **more,
    )  # type: ignore[arg-type]  # fmt: skip


def template(name: str) -> str:
    return resource("letters", f"{name}.html").read_text()


def letter(*decided: Determination, payer: dict[str, str] = PAYER_WORDS, **more: object) -> Letter:
    asked = {"case_number": "R-1", "received": NOW, "today": NOW, "template": template} | more
    return composed(decided, REQUEST, payer=payer, **asked)  # type: ignore[arg-type]


TOLD = [o for o in Outcome if o is not Outcome.REFER]


@pytest.mark.parametrize("outcome", TOLD)
def test_every_letter_is_whole_and_plain_and_never_names_a_model(outcome: Outcome) -> None:
    found = letter(made(outcome))
    assert found.missing == ()
    assert "{{" not in found.html
    assert "[" not in found.text
    assert [f for f in found.findings if f.kind != "grade"] == []
    assert found.grade <= GRADE
    for word in ("criteria engine", "rev-1", "model", "recommend", "override", "because", "secret"):
        assert word not in found.text.lower()
    for words in (
        "Maria <Muster> & 王芳",
        "M-100200300",
        "R-1",
        "insulin pump (code E0784)",
        "Dr. Drew Doctor",
    ):
        assert words in found.text
    assert "&lt;Muster&gt; &amp; 王芳" in found.html
    assert "from October 12, 2026 to January 12, 2027" in found.text


@pytest.mark.parametrize("outcome", [Outcome.DENY, Outcome.APPROVE_IN_PART])
def test_a_letter_against_a_request_holds_what_an_adverse_notice_must(outcome: Outcome) -> None:
    """42 CFR 422.568(e), 438.404(b): reasons, the rule, free copies, the appeal with its kinds, days and ways."""
    text = letter(made(outcome)).text
    for words in (
        "The notes show no dawn rise in your blood sugar.",
        "Infusion Pumps (ncd_280_14, version 1)",
        "“Dawn phenomenon with FBG exceeding 200 mg/dL & more.”",
        "A doctor, Dr. Drew Doctor, looked at your case",
        "free copy of this rule, and of all papers and facts we used",
        "you have the right to appeal",
        "You have 60 days",
        "Standard appeal. We answer within 30 days. Write to Appeals, PO Box 101",
        "Fast appeal. We answer within 72 hours.",
        "put your life or health, or your getting well, at risk",
        "You, your doctor, or a person you choose",
    ):
        assert words in text
    if outcome is Outcome.APPROVE_IN_PART:
        assert "Three months." in text


def test_a_letter_that_asks_says_what_by_when_and_how() -> None:
    text = letter(made(Outcome.PEND)).text
    for words in (
        "the letter of your specialist",
        "October 20, 2026",
        "555-010-1001",
        "This is not a denial",
    ):
        assert words in text
    assert "appeal" not in text


def test_what_is_not_known_stands_loudly_in_the_letter() -> None:
    found = letter(made(Outcome.DENY), payer={})
    assert {"payer_name", "payer_phone", "payer_appeal_days"} <= set(found.missing)
    assert "payer_tty" not in found.missing
    assert "[payer appeal days]" in found.text
    assert 'class="missing"' in found.html


def test_one_letter_tells_of_several_lines_of_one_outcome_only() -> None:
    both = letter(made(Outcome.DENY), replace(made(Outcome.DENY), line_id="r2"))
    assert both.lines == ("r1", "r2")
    assert "pump supplies" in both.text
    assert both.text.count("The notes show no dawn rise") == 1
    with pytest.raises(ValueError, match="one outcome"):
        letter(made(Outcome.DENY), made(Outcome.APPROVE))
    for none in ((), (made(Outcome.REFER),)):
        with pytest.raises(ValueError, match="one outcome"):
            letter(*none)


def test_hard_words_of_a_reason_are_found_where_they_stand_and_quotes_of_the_policy_are_left_alone() -> None:
    found = letter(replace(made(Outcome.DENY), reason="Your CGM shows no E10.65."))
    flagged = [found.text[f.start : f.end] for f in found.findings if f.kind in ("abbreviation", "code")]
    assert flagged == ["CGM", "E10.65"]


def test_a_value_that_looks_like_a_template_stays_words() -> None:
    found = letter(replace(made(Outcome.DENY), reason="{{payer_phone}} {{#criteria}}x"))
    assert "{{payer_phone}} {{#criteria}}x" in found.text


def test_a_template_with_an_open_end_is_refused() -> None:
    with pytest.raises(ValueError, match="has no end"):
        letter(
            made(Outcome.APPROVE), template=lambda name: "{{#reason}}x" if name == "approve" else "{{body}}"
        )


def test_there_is_a_template_for_every_outcome_that_is_told() -> None:
    assert {str(o) for o in TOLD} <= set(TEMPLATES)
    for name in TEMPLATES:
        assert template(name)


def test_the_words_of_a_letter_are_lines() -> None:
    assert plain_text("<p>A &amp; b</p><ul><li>one</li></ul><td>x</td><td>y</td>") == "A & b\n\n• one\n\nx: y"
