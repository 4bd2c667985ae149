from __future__ import annotations

from itertools import pairwise

from app.domain.evidence import Evidence
from app.domain.prompt import Filled, Origin, Prompt, Slot, slots_document, slots_from
from app.domain.prompt_text import (
    absent_text,
    composed,
    difference,
    edited,
    from_text,
    stated_facts,
    unused,
    with_span,
    with_statement,
)


def _prompt(**words: str) -> Prompt:
    said = {
        "service": "medical device (insulin pump; E0784)",
        "patient_name": "Jane Orr",
        "age": "47 years old",
    } | words
    return composed({Slot(s): Filled(Slot(s), text, Origin.FIELD, f"fields.{s}") for s, text in said.items()})


def _texts(prompt: Prompt) -> dict[Slot, str]:
    return {p.filled.slot: prompt.text[p.start : p.end] for p in prompt.slots}


def test_the_sentence_reads_as_it_is_promised() -> None:
    every = _prompt(
        gender="female", condition="type 2 diabetes", treatment="insulin lispro", symptoms="fasting values above 200",
        diagnosis="E11.65",
    )  # fmt: skip
    assert every.text == (
        "Review a PA request for medical device (insulin pump; E0784) for our member, Jane Orr, who is 47 years old, "
        "female with type 2 diabetes. The patient is on insulin lispro, has fasting values above 200, and has been "
        "diagnosed with E11.65."
    )
    assert _texts(every)[Slot.DIAGNOSIS] == "E11.65"


def test_what_nobody_says_is_loud_and_never_invented() -> None:
    prompt = _prompt(condition="   ")
    for slot in (Slot.GENDER, Slot.CONDITION, Slot.TREATMENT, Slot.SYMPTOMS, Slot.DIAGNOSIS):
        found = prompt.slot(slot)
        assert found is not None
        assert found.origin is Origin.ABSENT
        assert absent_text(slot) in prompt.text


def test_a_full_stop_at_the_end_of_a_slot_does_not_end_the_sentence_twice() -> None:
    assert "several months, has" in _prompt(treatment="Metformin for several months.").text


def test_words_typed_into_a_slot_are_stated_by_who_typed_them_and_the_rest_keeps_its_source() -> None:
    prompt = _prompt()
    new = edited(
        prompt, prompt.text.replace("[symptoms not stated]", "frequent fasting values above 200"), "anna"
    )
    found = new.slot(Slot.SYMPTOMS)
    assert found is not None
    assert (found.origin, found.text, found.by) == (
        Origin.STATED,
        "frequent fasting values above 200",
        "anna",
    )
    assert new.slot(Slot.PATIENT) == prompt.slot(Slot.PATIENT)
    assert [f.slot for f in stated_facts(new)] == ["symptoms"]
    assert stated_facts(new)[0].evidence is None


def test_a_slot_keeps_its_place_when_words_are_put_before_it() -> None:
    prompt = _prompt()
    new = edited(prompt, "Please look today. " + prompt.text, "anna")
    assert _texts(new) == _texts(prompt)
    assert [new.text[a:b] for a, b in unused(new)] == ["Please look today."]


def test_a_prompt_written_over_keeps_only_what_it_still_says() -> None:
    new = edited(_prompt(), "Insulin pump for Jane Orr, 47 years old, with carbon monoxide poisoning", "anna")
    assert _texts(new) == {Slot.PATIENT: "Jane Orr", Slot.AGE: "47 years old"}
    assert "carbon monoxide poisoning" in " ".join(new.text[a:b] for a, b in unused(new))


def test_slots_never_overlap_whatever_is_typed() -> None:
    prompt = _prompt(condition="type 2 diabetes", treatment="insulin")
    for text in (
        "",
        "x",
        prompt.text[::-1],
        prompt.text[:40],
        prompt.text[50:],
        prompt.text.replace("with", "and"),
    ):
        places = sorted((p.start, p.end) for p in edited(prompt, text, "anna").slots)
        assert all(0 <= start <= end <= len(text) for start, end in places)
        assert all(a[1] <= b[0] for a, b in pairwise(places))


def test_emptying_a_slot_leaves_it_absent() -> None:
    prompt = _prompt(condition="type 2 diabetes")
    new = edited(prompt, prompt.text.replace("type 2 diabetes", "[condition not stated]"), "anna")
    found = new.slot(Slot.CONDITION)
    assert found is not None
    assert found.origin is Origin.ABSENT
    assert not stated_facts(new)


def test_a_slot_filled_from_words_of_a_document_keeps_that_source() -> None:
    evidence = Evidence("type 2 diabetes since 2014", "d1", 1, start=4, end=30)
    new = with_span(_prompt(), Slot.CONDITION, evidence, "anna")
    assert "with type 2 diabetes since 2014. The patient" in new.text
    fact = stated_facts(new)[0]
    assert fact.evidence == evidence
    assert _texts(new)[Slot.DIAGNOSIS] == absent_text(Slot.DIAGNOSIS)


def test_words_clicked_with_their_comma_make_no_second_one() -> None:
    new = with_span(_prompt(), Slot.TREATMENT, Evidence("insulin lispro with each meal,", "d1", 1), "anna")
    assert "is on insulin lispro with each meal, has" in new.text
    assert stated_facts(new)[0].evidence == Evidence("insulin lispro with each meal,", "d1", 1)


def test_a_slot_can_be_stated_and_taken_back() -> None:
    stated = with_statement(_prompt(), Slot.SYMPTOMS, "dizziness", "anna")
    assert "has dizziness, and" in stated.text
    assert absent_text(Slot.SYMPTOMS) in with_statement(stated, Slot.SYMPTOMS, "", "anna").text


def test_the_sentence_alone_leaves_no_prose_unused() -> None:
    prompt = _prompt(condition="a condition with, commas and has been here. Twice")
    assert unused(prompt) == ()


def test_a_whole_prompt_from_a_file_states_what_its_slots_hold() -> None:
    found = from_text(_prompt(symptoms="dizziness").text, "anna")
    assert {f.slot for f in stated_facts(found)} == {"service", "age", "symptoms"}
    assert from_text("Anything at all", "anna").slots == ()


def test_a_difference_says_what_was_added_and_what_was_removed() -> None:
    pieces = difference("on insulin lispro daily", "on insulin glargine daily")
    assert [(p.kind, p.text) for p in pieces if p.kind != "same"] == [
        ("removed", "lispro"),
        ("added", "glargine"),
    ]
    assert "".join(p.text for p in pieces if p.kind != "removed") == "on insulin glargine daily"


def test_slots_are_kept_and_brought_back_whole() -> None:
    prompt = with_span(_prompt(), Slot.CONDITION, Evidence("type 2 diabetes", "d1", 1), "anna")
    assert slots_from(slots_document(prompt.slots)) == prompt.slots
