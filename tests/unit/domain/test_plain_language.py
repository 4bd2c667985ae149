"""The meter of plain language: what a member would stumble over, and nothing else."""

from __future__ import annotations

import pytest

from app.domain.plain_language import LONG_SENTENCE, grade, measured, sentences_of, syllables


def found(text: str, kind: str) -> list[str]:
    return [text[f.start : f.end] for f in measured(text).of(kind)]


@pytest.mark.parametrize(
    ("text", "flagged"),
    [
        ("Your CPAP is covered.", ["CPAP"]),
        ("Your continuous positive airway pressure (CPAP) machine is covered. The CPAP is yours.", []),
        ("The CPAP (a machine that helps you breathe) is covered.", []),
        ("Your HbA1c was 8.1.", ["HbA1c"]),
        ("Take it BID, and use the DME.", ["BID", "DME"]),
        ("We use the AHI. The AHI says how often.", ["AHI"]),
        ("Call us by TTY at 711 before 5 PM. We are in the US.", []),
        ("Type II diabetes, World War III.", []),
        ("Signed by Ann Example, MD.", []),
        ("You had hypopnea s/p surgery.", ["s/p"]),
        ("Your doctor asked for a wheelchair.", []),
        ("The left ventricular ejection fraction (LVEF) is low. LVEF is measured by ultrasound.", []),
        ("The plan (see page 2) pays for MRI.", ["MRI"]),
    ],
)
def test_abbreviations_are_flagged_until_they_are_explained(text: str, flagged: list[str]) -> None:
    assert found(text, "abbreviation") == flagged


@pytest.mark.parametrize(
    ("text", "flagged"),
    [
        ("You have E11.65.", ["E11.65"]),
        ("You have type 2 diabetes (E11.65).", []),
        ("You have E11.65 (type 2 diabetes with high blood sugar).", []),
        ("We cannot pay for 95250.", ["95250"]),
        ("We cannot pay for code E0784.", ["E0784"]),
        ("The insulin pump (E0784) is covered.", []),
        ("Write to PO Box 12345, Austin, TX 78701.", []),
        ("It costs $12345.", []),
        ("Vitamin B12 and your A1C.", []),
        ("The diagnosis J45 is on the form.", ["J45"]),
        ("Your request of 10/05/2026 and case R-2026-AB12-000001-X.", []),
    ],
)
def test_bare_codes_are_flagged(text: str, flagged: list[str]) -> None:
    assert found(text, "code") == flagged


def test_jargon_is_flagged_with_plainer_words_unless_it_is_explained() -> None:
    text = "Your hypertension is chronic. Edema (swelling) was seen. We utilized it prior to surgery."
    flags = {text[f.start : f.end]: f.suggestion for f in measured(text).of("jargon")}
    assert flags == {
        "hypertension": "high blood pressure",
        "chronic": "long-lasting",
        "utilized": "use",
        "prior to": "before",
    }


def test_a_word_within_another_is_no_jargon() -> None:
    assert found("Chronically well, theoretically orally.", "jargon") == []


def test_very_long_sentences_are_flagged_whole() -> None:
    long = "We " + "really " * LONG_SENTENCE + "mean it."
    text = f"This is short. {long} So is this."
    assert found(text, "sentence") == [long]


def test_capitals_throughout_are_told_once_and_not_word_by_word() -> None:
    text = "WE CANNOT COVER THIS PUMP BECAUSE THE NOTES DO NOT SAY WHY"
    assert [f.kind for f in measured(text).findings if f.kind in ("capitals", "abbreviation")] == ["capitals"]


def test_sentences_end_where_people_end_them() -> None:
    text = "Dr. Example asked. It costs 3.50 a day, e.g. in May. We said:\n- one thing\n- another\n\nThe end"
    assert [text[s:e].strip() for s, e in sentences_of(text)] == [
        "Dr. Example asked.",
        "It costs 3.50 a day, e.g. in May.",
        "We said:",
        "- one thing",
        "- another",
        "The end",
    ]


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("cat", 1), ("table", 2), ("make", 1), ("wanted", 2), ("walked", 1), ("doctor", 2), ("medicine", 3),
        ("diabetes", 4), ("insulin", 3), ("the", 1), ("recommendation", 5), ("machines", 3), ("boxes", 2),
        ("physician", 3), ("area", 3), ("being", 2), ("request", 2), ("covered", 2), ("necessary", 4), ("needs", 1),
    ],
)  # fmt: skip
def test_syllables_are_counted_as_people_say_them(word: str, count: int) -> None:
    assert abs(syllables(word) - count) <= (1 if word in ("machines", "area") else 0)


def test_the_grade_is_that_of_the_formula() -> None:
    # 7 words with 1 + 2 + 2 + 1 + 1 + 3 + 2 syllables in one sentence
    text = "Your doctor wanted the new medicine today."
    assert grade(text) == pytest.approx(0.39 * 7 + 11.8 * 12 / 7 - 15.59, abs=0.06)
    assert grade("The cat sat on the mat.") < 2
    assert grade("") == 0


def test_a_hard_text_is_told_to_be_hard_and_a_plain_one_is_not() -> None:
    hard = (
        "Authorization is denied because documentation demonstrating insufficient glycemic control"
        " notwithstanding optimization of therapeutic regimens was not submitted by the requesting practitioner."
    )
    plain = (
        "We cannot pay for the pump now. The notes do not show four sugar checks a day. Your doctor can send them."
        " Then we will look again."
    )
    assert found(hard, "grade") == [hard]
    assert measured(plain).findings == ()


@pytest.mark.parametrize(
    "text", ["", "   ", "\n\n", "...", "日本語の文です。", "(" * 500, "A" * 5000, "a/b " * 2000]
)
def test_any_text_is_measured(text: str) -> None:
    assert measured(text).words >= 0
