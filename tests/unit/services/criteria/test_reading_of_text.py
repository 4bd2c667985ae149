"""The parts the engine reads with: sentences, words, ticks, days, rates, numbers, identities."""

from __future__ import annotations

from datetime import date

import pytest

from app.domain.clinical.context import Said, context
from app.domain.clinical.heading import Section, heading_of
from app.domain.clinical.identity import contradicts, identity_of
from app.domain.clinical.moment import before, moments, stretches
from app.domain.clinical.plain import plain
from app.domain.clinical.quantity import Part, holds, quantities
from app.domain.clinical.rate import rates
from app.domain.clinical.sentence import sentences
from app.domain.clinical.term import TermIndex
from app.domain.clinical.tick import Tick, tick_of
from app.domain.clinical.unit import canonical, unit_after
from app.domain.criterion import Period
from app.domain.request import request_from

WRITTEN = date(2026, 10, 5)


def said(text: str, words: str) -> Said:
    at = text.index(words)
    return context(text, at, at + len(words)).said


# Sentences


def test_a_plain_text_is_as_long_as_what_it_came_from() -> None:
    text = "“Auto-\nantibody” – 0.5 µg, it’s ≤ 110 %"
    assert len(plain(text)) == len(text)
    assert "antibody" in plain(text)


def texts(page: str) -> list[str]:
    return [s.text for s in sentences(page)]


def test_sentences_survive_abbreviations_numbers_and_dates() -> None:
    assert texts("Seen by Dr. Lee on 10/2/2026 at 8.30 p.m. today. A1c 8.4 % vs. 9.1 % before. Stable.") == [
        "Seen by Dr. Lee on 10/2/2026 at 8.30 p.m. today.",
        "A1c 8.4 % vs. 9.1 % before.",
        "Stable.",
    ]


def test_a_sentence_goes_over_a_line_end_and_an_item_does_not() -> None:
    assert texts("Patient has no\nhypoglycemia.") == ["Patient has no hypoglycemia."]
    assert texts("- asthma\n- Gout\n1. HTN\n2. CAD") == ["- asthma", "- Gout", "1. HTN", "2. CAD"]
    assert texts("Glucose 142 mg/dL\nA1c 8.4 %\nNa 140") == ["Glucose 142 mg/dL", "A1c 8.4 %", "Na 140"]


def test_a_question_is_read_with_its_answer() -> None:
    assert texts("Any falls? No. Walks well.") == ["Any falls? No.", "Walks well."]


def test_every_sentence_stands_where_it_says() -> None:
    page = "HPI: Well.\n  Denies pain,\n but is tired.\n\nPlan:\n- rest\nLabs\nA1c 8.4"
    for sentence in sentences(page):
        assert plain(page)[sentence.start : sentence.end].replace("\n", " ") == sentence.text


def test_sections_carry_their_meaning_and_lists_their_introduction() -> None:
    found = {
        s.text: s for s in sentences("Family History:\nMother: gout\nPlan:\n- walk\nPatient denies:\n- pain")
    }
    assert found["Mother: gout"].section is Section.FAMILY
    assert found["- walk"].section is Section.PLAN
    assert found["- pain"].lead == "Patient denies:"


@pytest.mark.parametrize(
    ("line", "section"),
    [
        ("PMH: HTN", Section.HISTORY),
        ("FAMILY HISTORY", Section.FAMILY),
        ("Assessment & Plan:", Section.BOTH),
        ("Labs (10/02/2026):", Section.RESULTS),
        ("Past Medical History (reviewed):", Section.HISTORY),
        ("Coverage criteria:", Section.RULES),
        ("Patient instructions:", Section.TEACHING),
    ],
)
def test_headings_are_known_by_their_words(line: str, section: Section) -> None:
    found = heading_of(line)
    assert found is not None
    assert found[1] is section


def test_a_sentence_is_no_heading() -> None:
    assert heading_of("She has asthma.") is None


# Words


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("C-peptide", "fasting C peptide low"),
        ("C-peptide", "CPeptide low"),
        ("HbA1c", "HbAlc 8"),
        ("HbA1c", "HB-A1C 8"),
        ("autoantibody", "auto-antibodies positive"),
        ("hypoglycemia", "hypoglycaemia"),
        ("diabetic foot ulcer", "diabetic foot ulcers"),
        ("GAD65", "GAD-65 positive"),
        ("MI", "an M.I. in May"),
        ("recurrent hypoglycemia", "recurrent hypoglycernia"),
        ("/hb ?a1c/", "his hba1c"),
    ],
)
def test_terms_are_found_however_they_are_written(term: str, text: str) -> None:
    assert len(TermIndex([text]).find((term,))) == 1


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("MI", "milk"), ("ALL", "all is well"), ("stage 6", "stage 8"), ("sleep apnea", "sleep, apnea"),
        ("asthma", "asthmatic"), ("PE", "p e"), ("C-peptide", "peptide"), ("type 1 diabetes", "type 2 diabetes"),
    ],
)  # fmt: skip
def test_terms_are_whole_words_and_no_others(term: str, text: str) -> None:
    assert TermIndex([text]).find((term,)) == []


def test_the_longest_of_overlapping_terms_counts() -> None:
    assert TermIndex(["home oxygen therapy"]).find(("oxygen", "home oxygen")) == [(0, 0, 11)]


# What is said


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("has gout", Said.AFFIRMED),
        ("denies gout", Said.DENIED),
        ("no pain, gout or fever", Said.DENIED),
        ("denies pain but has gout", Said.AFFIRMED),
        ("no change in gout", Said.AFFIRMED),
        ("not only gout", Said.AFFIRMED),
        ("no reports of gout", Said.DENIED),
        ("gout was ruled out", Said.DENIED),
        ("cannot rule out gout", Said.UNCERTAIN),
        ("gout not excluded", Said.UNCERTAIN),
        ("possible gout", Said.UNCERTAIN),
        ("at risk for gout", Said.SUPPOSED),
        ("call if gout returns", Said.SUPPOSED),
        ("gout workup pending", Said.SUPPOSED),
        ("uric acid for gout ordered", Said.PLANNED),
        ("gout surgery is planned; plan for gout", Said.PLANNED),
        ("mother has gout", Said.OTHER),
        ("mother reports he has gout", Said.AFFIRMED),
        ("gout in his father", Said.OTHER),
        ("patients with gout should drink", Said.GENERAL),
        ("gout: yes / no", Said.GENERAL),
        ("gout has resolved", Said.ENDED),
        ("meets the gout criterion", Said.CLAIMED),
        ("another patient had gout", Said.OTHER),
    ],
)
def test_what_a_sentence_says_of_a_word(text: str, expected: Said) -> None:
    assert said(text, "gout") is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[x] gout [ ] asthma", Tick.TICKED),
        ("[ ] gout [x] asthma", Tick.UNTICKED),
        ("gout [x]  asthma [ ]", Tick.TICKED),
        ("gout ☐ Yes ☒ No", Tick.NO),
        ("gout Yes [x] No [ ]", Tick.TICKED),
        ("gout ☐ Yes ☐ No", Tick.UNTICKED),
        ("gout: [ ] treated", Tick.UNTICKED),
        ("gout is treated", Tick.NONE),
    ],
)
def test_a_box_belongs_to_its_words(text: str, expected: Tick) -> None:
    at = text.index("gout")
    assert tick_of(text, at, at + 4) is expected


# Days and stretches


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("on 10/02/2026", date(2026, 10, 2), date(2026, 10, 2)),
        ("10/2/26", date(2026, 10, 2), date(2026, 10, 2)),
        ("2026-10-02", date(2026, 10, 2), date(2026, 10, 2)),
        ("October 2nd, 2026", date(2026, 10, 2), date(2026, 10, 2)),
        ("02-Oct-2026", date(2026, 10, 2), date(2026, 10, 2)),
        ("March 2025", date(2025, 3, 1), date(2025, 3, 31)),
        ("9/2026", date(2026, 9, 1), date(2026, 9, 30)),
        ("in 2012", date(2012, 1, 1), date(2012, 12, 31)),
        ("MI 2018, well since", date(2018, 1, 1), date(2018, 12, 31)),
        ("3 weeks ago", date(2026, 9, 14), date(2026, 9, 14)),
        ("last month", date(2026, 9, 1), date(2026, 9, 30)),
        ("since November", date(2025, 11, 1), date(2025, 11, 30)),
        ("collected 12/30", date(2025, 12, 30), date(2025, 12, 30)),
    ],
)
def test_days_are_read_as_notes_write_them(text: str, first: date, last: date) -> None:
    found = moments(text, WRITTEN)
    assert [(m.first, m.last) for m in found] == [(first, last)]


@pytest.mark.parametrize("text", ["BP 120/80", "took 2000 mg", "13/45/2026", "a 24-hour test", "1/2 tablet"])
def test_what_is_no_day_is_none(text: str) -> None:
    assert moments(text, WRITTEN) == ()


def test_months_are_counted_by_the_calendar() -> None:
    assert before(date(2026, 8, 1), Period(6, "month")) == date(2026, 2, 1)
    assert before(date(2026, 3, 31), Period(1, "month")) == date(2026, 2, 28)
    assert before(date(2024, 2, 29), Period(1, "year")) == date(2023, 2, 28)


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("for 8 months", "8 months", "8 months"),
        ("x 6 wks", "6 weeks", "6 weeks"),
        ("for more than two years", "2 years", "None"),
        ("6+ months", "6 months", "None"),
        ("for 10-14 weeks", "10 weeks", "14 weeks"),
        ("up to 3 months", "None", "3 months"),
        ("over the past year", "1 year", "1 year"),
    ],
)
def test_stretches_are_read_with_their_bounds(text: str, least: str, most: str) -> None:
    assert [(str(s.least), str(s.most)) for s in stretches(text, WRITTEN)] == [(least, most)]


@pytest.mark.parametrize(
    "text", ["a 52-year-old", "return in 3 months", "every 6 months", "90 day supply", "age 12 years"]
)
def test_what_does_not_last_is_no_stretch(text: str) -> None:
    assert stretches(text, WRITTEN) == ()


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("4x/day", 4, 4), ("QID", 4, 4), ("t.i.d.", 3, 3), ("every 6 hours", 4, 4), ("4-5 times daily", 4, 5),
        ("at least 4 times per day", 4, None), ("up to 6 times a day", 0, 6), ("averages 4.4 per day", 4.4, 4.4),
        ("248 readings over 62 days", 4, 4), ("mean 5.2 tests/day over the last 90 days", 5.2, 5.2),
        ("before breakfast, lunch, dinner and at bedtime", 4, 4), ("twice weekly", 2 / 7, 2 / 7),
        ("four injections every day", 4, 4),
    ],
)  # fmt: skip
def test_rates_are_counted_a_day(text: str, least: float, most: float | None) -> None:
    found = rates(text)
    assert len(found) == 1
    assert found[0].least == pytest.approx(least)
    assert found[0].most == (None if most is None else pytest.approx(most))


def test_meals_that_nobody_counted_are_not_counted_surely() -> None:
    assert [r.sure for r in rates("before meals and at bedtime")] == [False]


# Numbers


def parts(text: str) -> list[tuple[float | None, float | None, str, Part]]:
    return [(q.low, q.high, q.unit, q.part) for q in quantities(text)]


def test_a_number_is_told_from_a_goal_a_range_an_earlier_one_and_a_change() -> None:
    assert parts("A1c 8.4 % (goal < 7 %)") == [(8.4, 8.4, "%", Part.VALUE), (None, 7, "%", Part.GOAL)]
    assert parts("0.5 ng/mL (ref 1.1-4.4)") == [(0.5, 0.5, "ng/ml", Part.VALUE), (1.1, 4.4, "", Part.RANGE)]
    assert [p[3] for p in parts("from 9.4 to 7.2")] == [Part.PRIOR, Part.VALUE]
    assert [p[3] for p in parts("9.4 -> 7.2")] == [Part.PRIOR, Part.VALUE]
    assert [p[3] for p in parts("dropped by 2")] == [Part.CHANGE]
    assert [p[3] for p in parts("must be > 7")] == [Part.LIMIT]


@pytest.mark.parametrize(
    "text",
    ["10/02/2026", "at 8:30 am", "BP 120/80", "52 y/o", "555-111-2222", "NPI 1234567893", "page 2 of 3"],
)
def test_what_measures_nothing_is_no_number(text: str) -> None:
    assert quantities(text) == ()


def test_a_flag_between_a_number_and_its_unit_is_no_unit() -> None:
    assert unit_after("0.3 L ng/mL", 3)[0] == "ng/ml"
    assert unit_after("8.2 H %", 3)[0] == "%"
    assert unit_after("0.3 L", 3)[0] == ""
    assert canonical("mL / minute") == canonical("ml/min")
    assert canonical("kg/m²") == "kg/m2"


def test_a_comparison_holds_only_where_all_of_a_quantity_satisfies_it() -> None:
    def of(text: str, comparison: str, limit: float) -> bool | None:
        return holds(quantities(text)[0], comparison, limit)

    assert of("8.4", ">", 7) is True
    assert of("7.0", ">", 7) is False
    assert of("7.0", ">=", 7) is True
    assert of("180-240", ">", 200) is None
    assert of("< 0.1", "<=", 0.88) is True
    assert of("> 14", ">", 7) is True
    assert of("> 5", ">", 7) is None
    assert of("about 15", ">=", 15) is None
    assert of("about 30", ">=", 15) is True


# Whose page


def whose(
    page: str, name: str = "Dana Whitfield", born: str = "03/04/1968", member: str = "QX4471209"
) -> str:
    asked = request_from(
        {"request": {"patient": {"patient_name": name, "birth_date": born, "patient_id": member}}}
    )
    who = identity_of(page)
    return contradicts(who, asked) if who else ""


def test_a_page_is_another_persons_only_when_its_head_says_so() -> None:
    assert whose("Patient: Robert Stone")
    assert whose("Patient: Dana Whitfield\nDOB: 11/23/1990")
    assert not whose("Patient: Whitfield, D.")
    assert not whose("Patient: Robert Stone", name="")
    assert not whose("Patient: Bob Lock", name="Robert Lock")
    assert not whose("Patient: Dana Whitfield\nDOB: 03/04/1986"), "one part misread"
    assert not whose("Provider: Robert Stone\nFacility name: Stone Clinic")
    assert not whose("The patient was seen with Robert Stone.")
    assert whose("Member ID: ZZ99999999")
    assert not whose("Member ID: QX4471Z09")


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("On multiple daily injections for 9\nmonths: glargine and lispro.", "for 9\nmonths"),
        ("On multiple daily injections since\nFebruary 2026.", "since\nFebruary 2026"),
        ("Low back pain since March\n2026 without fever.", "since March\n2026"),
        ("Checks her glucose at least 4\ntimes daily.", "at least 4\ntimes"),
    ],
)
def test_a_line_that_ends_in_a_period_of_time_goes_on(text: str, whole: str) -> None:
    assert any(whole in text[s.start : s.end] for s in sentences(text))


def test_a_line_that_ends_in_a_number_does_not_swallow_the_next_heading() -> None:
    text = "Past visits in 2024 were 9\nMedications: insulin"
    assert not any("9\nMedications" in text[s.start : s.end] for s in sentences(text))
