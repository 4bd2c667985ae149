"""What a model's quote bears, read in its sentence: the wording may differ, what is said may not."""

from __future__ import annotations

from datetime import date

import pytest

from app.domain.bearing import bears
from app.domain.evidence import Evidence
from app.domain.material import Material, Status
from app.domain.policy import policy_from
from app.domain.request import request_from
from tests.reviewing import a_note, at

CLAUSE = "It is covered."
POLICY = policy_from(
    {
        "policy": "p1",
        "title": "T",
        "version": "1",
        "source": "written for a test",
        "applies": {"terms": ["pump"]},
        "concepts": {
            "low": {"terms": ["recurrent severe hypoglycemia"], "but_not": ["hypoglycemia unawareness program"]},
            "stroke": ["stroke", "/CV[AI]/"],
            "severe": ["severe"],
            "study": ["polysomnography"],
        },
        "criteria": {
            "id": "all",
            "text": "All",
            "all": [
                {"id": "low", "text": "Lows", "clause": CLAUSE, "ask": "x", "finding": {"any_of": ["low"]}},
                {"id": "stroke", "text": "Stroke", "clause": CLAUSE, "ask": "x",
                 "finding": {"any_of": ["stroke"], "given": ["severe"], "unless": ["study"]}},
            ],
        },
    },
    CLAUSE,
)  # fmt: skip
LEAVES = {leaf.criterion_id: leaf for leaf in POLICY.leaves()}


def asked(text: str) -> Material:
    request = request_from({"request": {}})
    return Material("c", "r", date(2026, 10, 5), request, documents=(a_note(text),))


def carries(text: str, quote: str, criterion: str = "low", claim: Status = Status.MET) -> bool:
    material = asked(text)
    return bears(at(material.documents[0], quote), LEAVES[criterion], POLICY, claim, material)


@pytest.mark.parametrize(
    "text",
    [
        "She has recurrent severe hypoglycemia.",
        "Her hypoglycemia is severe and recurrent.",
        "Severe episodes of hypoglycemia, recurrent over the summer, are documented.",
    ],
)
def test_the_words_of_a_term_may_stand_in_any_order(text: str) -> None:
    assert carries(text, text)


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("She denies recurrent severe hypoglycemia.", "recurrent severe hypoglycemia"),
        ("Her mother has recurrent severe hypoglycemia.", "recurrent severe hypoglycemia"),
        ("Rule out recurrent severe hypoglycemia.", "recurrent severe hypoglycemia"),
        (
            "Patients with recurrent severe hypoglycemia should carry glucagon.",
            "recurrent severe hypoglycemia",
        ),
        ("Family history:\nRecurrent severe hypoglycemia.", "Recurrent severe hypoglycemia."),
        ("Return if recurrent severe hypoglycemia occurs.", "recurrent severe hypoglycemia"),
        ("She has hypoglycemia.", "She has hypoglycemia."),
        ("Severe weather. Hypoglycemia is a recurrent theme of the class.", "Severe weather."),
        (
            "She attends a hypoglycemia unawareness program for recurrent severe cases.",
            "hypoglycemia unawareness",
        ),
        ("The weather is fine.", "The weather is fine."),
    ],
)
def test_a_quote_out_of_a_sentence_that_says_otherwise_carries_nothing(text: str, quote: str) -> None:
    assert not carries(text, quote)


def test_not_met_takes_a_denial() -> None:
    text = "She denies recurrent severe hypoglycemia."
    assert carries(text, text, claim=Status.NOT_MET)
    assert not carries("She has recurrent severe hypoglycemia.", "She has", claim=Status.NOT_MET)


def test_what_must_stand_with_it_and_what_must_not() -> None:
    assert carries("She had a severe stroke.", "severe stroke", "stroke")
    assert carries("She had a severe CVA.", "severe CVA", "stroke")
    assert not carries("She had a stroke.", "a stroke", "stroke")
    assert not carries("Polysomnography after a severe stroke.", "severe stroke", "stroke")


def test_two_sentences_that_disagree_carry_nothing() -> None:
    text = "She has recurrent severe hypoglycemia. She denies recurrent severe hypoglycemia."
    assert not carries(text, text)


def test_a_quote_without_a_place_is_read_by_itself() -> None:
    good, bad = Evidence("recurrent severe hypoglycemia"), Evidence("no recurrent severe hypoglycemia")
    assert bears(good, LEAVES["low"], POLICY, Status.MET, None)
    assert not bears(bad, LEAVES["low"], POLICY, Status.MET, None)
