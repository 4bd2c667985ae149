"""How something is said of a word in a sentence: where a denial, a plan or a general text ends."""

from __future__ import annotations

import pytest

from app.domain.clinical.context import Said, context
from app.domain.clinical.heading import Section
from app.domain.criterion import FindingTest, NumberTest, Period
from app.domain.material import Status
from tests.unit.services.criteria.support import judged

A, D, P, U = Said.AFFIRMED, Said.DENIED, Said.PLANNED, Said.UNCERTAIN

SENTENCES = (
    # what is planned of a thing whose name goes on
    ("An in-lab sleep study with a technologist was ordered.", "sleep study", P),
    ("Fasting C-peptide with a paired glucose is still pending.", "C-peptide", P),
    ("Psychological evaluation at our surgical center has been rescheduled.", "Psychological evaluation", P),
    ("MRI of the internal auditory canals is being scheduled.", "MRI", P),
    ("The patient with severe hypoglycemia at night is scheduled for education.", "severe hypoglycemia", A),
    ("Test stimulation of ten days gave a 60% reduction.", "Test stimulation", A),
    ("Severe hypoglycemia, and a new sensor is requested.", "Severe hypoglycemia", A),
    # a number is no denial
    ("CAD (LDL 70.0), HTN, gout.", "HTN", A),
    ("Pain 0/10, asthma, obesity.", "obesity", A),
    ("0 episodes of hypoglycemia this month.", "hypoglycemia", D),
    ("0 seizures since the operation.", "seizures", D),
    # "non-" denies what it is written before
    ("Non-obstructive, hypertrophic cardiomyopathy.", "hypertrophic cardiomyopathy", A),
    ("Non-diabetic, with hypertension.", "hypertension", A),
    ("He is non-diabetic.", "diabetic", D),
    ("A non compliant patient.", "compliant", D),
    # a semicolon ends what was said before it, unless a list goes on
    ("No otitis; tympanic membranes intact.", "tympanic membranes intact", A),
    ("Denies chest pain; is limited by dyspnea.", "dyspnea", A),
    ("DME will deliver the mask; patient fitted with it today.", "fitted", A),
    ("Nurse to call on Monday; insulin started today.", "insulin", A),
    ("Denies fever; chills; night sweats.", "night sweats", D),
    ("No cough; hemoptysis; weight loss.", "hemoptysis", D),
    ("A walker is not enough: she has spinal stenosis.", "spinal stenosis", A),
    # what was not done of a thing whose name goes on
    ("Psychological evaluation at our center was not done.", "Psychological evaluation", D),
    ("DSM-5 criteria (current edition) were never used.", "DSM-5", D),
    ("The man with diabetes was not given insulin.", "diabetes", A),
    ("Diabetes, and an A1c was not obtained.", "Diabetes", A),
    # why somebody cannot do a thing is said to be so
    ("Unable to self-propel because of shoulder weakness.", "shoulder weakness", A),
    ("She cannot walk due to spinal stenosis.", "spinal stenosis", A),
    ("He did not finish the test secondary to dyspnea.", "dyspnea", A),
    ("She is referred because of recurrent hypoglycemia.", "recurrent hypoglycemia", A),
    ("No chest pain due to myocardial infarction.", "myocardial infarction", D),
    ("Denies weakness secondary to stroke.", "stroke", D),
    ("Her weakness is not due to multiple sclerosis.", "multiple sclerosis", D),
    ("Does not have neuropathy due to diabetes.", "neuropathy", D),
    ("She is unable to walk because of possible stroke.", "stroke", U),
    # "no" behind a colon is an answer only where nothing follows that it denies
    ("Asymptomatic: no cough or weight loss.", "Asymptomatic", A),
    ("Obstructive sleep apnea: no symptoms on CPAP.", "no symptoms", A),
    ("Otitis media: no.", "Otitis media", D),
    ("Hypoglycemia: no recent episodes.", "Hypoglycemia", D),
    ("Seizures: No", "Seizures", D),
    # "no other"
    ("No other psychotic disorder.", "psychotic disorder", D),
    ("No other lesions are seen.", "lesions", D),
    ("Bladder training failed, and there is no other treatment.", "Bladder training", A),
)


@pytest.mark.parametrize(("text", "words", "said"), SENTENCES)
def test_what_is_said_of_a_word_ends_where_a_reader_ends_it(text: str, words: str, said: Said) -> None:
    at = text.index(words)
    assert context(text, at, at + len(words)).said is said


def test_what_others_there_are_is_denied_only_of_others() -> None:
    text = "One seizure in May, with no other seizures."
    at = text.rindex("seizures")
    assert context(text, at, at + 8).limited


MI = FindingTest(("infarction",), within=Period(40, "day"))
EVER = FindingTest(("infarction",))
WORDS = {"infarction": ("myocardial infarction", "MI")}
HEAD = "Date of service: 10/02/2026\n\n"


@pytest.mark.parametrize(
    ("text", "lately", "ever"),
    [
        ("No MI within the past 60 days.", Status.NOT_MET, Status.INSUFFICIENT),
        (
            "He has had no myocardial infarction in the last three months.",
            Status.NOT_MET,
            Status.INSUFFICIENT,
        ),
        ("Over the past year there was no MI.", Status.NOT_MET, Status.INSUFFICIENT),
        ("No MI in the last 14 days.", Status.INSUFFICIENT, Status.INSUFFICIENT),
        ("No MI today.", Status.INSUFFICIENT, Status.INSUFFICIENT),
        ("No history of MI.", Status.NOT_MET, Status.NOT_MET),
    ],
)
def test_a_denial_of_the_last_weeks_denies_them_and_nothing_before(
    text: str, lately: Status, ever: Status
) -> None:
    assert judged(HEAD + text, MI, WORDS).status is lately
    assert judged(HEAD + text, EVER, WORDS).status is ever


GAS = NumberTest("oxygen", "<=", 55, "mmHg", given=("rest", "room air"), unless=("on oxygen",))
GAS_WORDS = {
    "oxygen": ("pO2", "PaO2"),
    "rest": ("at rest", "resting"),
    "room air": ("room air", "RA"),
    "on oxygen": ("on oxygen", "nasal cannula"),
}


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("BLOOD GAS 09/30/2026 Room air, at rest\npH 7.40\npCO2 44 mmHg\npO2 52 mmHg", Status.MET),
        ("Blood gas, resting, RA\npH 7.40\npO2 61 mmHg", Status.NOT_MET),
        ("BLOOD GAS 09/30/2026 Nasal cannula, at rest\npH 7.40\npO2 52 mmHg", Status.INSUFFICIENT),
        ("BLOOD GAS Room air, at rest, on oxygen before\npH 7.40\npO2 52 mmHg", Status.INSUFFICIENT),
        ("BLOOD GAS Room air, resting\npH 7.40\nBLOOD GAS after exercise\npO2 52 mmHg", Status.INSUFFICIENT),
    ],
)
def test_the_line_over_a_list_of_results_stands_with_each_of_them(text: str, status: Status) -> None:
    assert judged(HEAD + text, GAS, GAS_WORDS).status is status


def test_what_a_practice_does_for_its_patients_is_said_of_the_practice_alone() -> None:
    text = "Our clinic follows many patients with recurrent hypoglycemia with a team of nurses."
    at, team = text.index("recurrent"), text.index("team")
    assert context(text, at, at + 22).said is Said.GENERAL
    assert context(text, team, team + 4, practice=True).said is A
    other = "Patients with pumps do well with a team."
    assert context(other, other.index("team"), len(other) - 1, practice=True).said is Said.GENERAL


def test_a_heading_for_plans_does_not_make_a_plan_of_what_took_place() -> None:
    text = "A shared decision-making visit took place today."
    assert context(text, 2, 31, Section.PLAN).said is A
    assert context("A shared decision-making visit.", 2, 30, Section.PLAN).said is P


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("Pack years: 40", Status.MET),
        ("Pack-year history: 12", Status.NOT_MET),
        ("Tobacco: 40", Status.INSUFFICIENT),
        ("Pack years: 40 (father)", Status.INSUFFICIENT),
    ],
)
def test_a_measure_that_is_called_by_its_unit_needs_none_behind_its_number(text: str, status: Status) -> None:
    test = NumberTest("smoking", ">=", 20, "pack-years")
    assert (
        judged(HEAD + text, test, {"smoking": ("tobacco", "pack years", "pack-year history")}).status
        is status
    )


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("PHQ-9 was 21 on 08/01/2026 and 19 on 10/01/2026.", Status.INSUFFICIENT),
        ("PHQ-9 was 21 on 09/12/2026 and 19 on 10/01/2026.", Status.MET),
    ],
)
def test_what_is_told_of_two_days_is_as_old_as_the_first(text: str, status: Status) -> None:
    twice = FindingTest(("scale",), within=Period(45, "day"))
    words = {"scale": (r"/PHQ-9[^.;]{0,30}\d+\/\d+\/\d+[^.;]{0,30}\d+\/\d+\/\d+/",)}
    assert judged(HEAD + text, twice, words).status is status


def test_words_inside_of_a_match_turn_it_round_unless_its_own_term_holds_them() -> None:
    words = {"able": (r"/back pain[^.;]{0,20}nonspecific/", "no systemic cause", "not caused by disease")}
    test = FindingTest(("able",))
    assert judged(HEAD + "Her back pain is nonspecific.", test, words).status is Status.MET
    assert judged(HEAD + "Her back pain is not nonspecific.", test, words).status is Status.NOT_MET
    assert judged(HEAD + "Her back pain may be nonspecific.", test, words).status is Status.INSUFFICIENT
    assert judged(HEAD + "It is not caused by disease.", test, words).status is Status.MET
