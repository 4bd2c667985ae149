"""Whole notes by somebody who had read the policies and not the engine: what must never be called met, "
"and what is."""

from __future__ import annotations

import pytest

from app.domain.material import Status
from tests.unit.policies.support import Sheet, judged

MET, NOT_MET, INSUFFICIENT = Status.MET, Status.NOT_MET, Status.INSUFFICIENT


def sheet(policy_id: str, code: str, description: str, diagnosis: tuple[str, str], note: str) -> Sheet:
    return Sheet(policy_id, {"note": note}, code, description, *diagnosis)


PUMP = ("ncd_280_14", "E0784", "External insulin infusion pump", ("E11.65", "Type 2 diabetes"))
CPAP = ("ncd_240_4", "E0601", "Continuous positive airway pressure device", ("G47.33", "Sleep apnea"))
OXYGEN = ("ncd_240_2", "E1390", "Oxygen concentrator", ("J44.9", "COPD"))
SACRAL = ("ncd_230_18", "64590", "Sacral nerve stimulator", ("N39.46", "Mixed incontinence"))
BYPASS = ("ncd_100_1", "43644", "Laparoscopic Roux-en-Y gastric bypass", ("E66.9", "Obesity"))
SCREENING = ("ncd_210_14", "71271", "Low dose CT for lung cancer screening", ("Z87.891", "Former smoker"))
ICD = ("ncd_20_4", "33249", "Implantable cardioverter defibrillator", ("I25.2", "Old myocardial infarction"))

NEVER_MET = {
    "a relative has it": (
        PUMP,
        (
            "61-year-old man with type 2 diabetes. Interested in a pump because his brother, who has "
            "type 1 and positive "
            "GAD antibodies, likes his. He is scheduled for the diabetes education class in December. "
            "Glargine at bedtime "
            "and lispro with supper (2 injections a day); we plan to go to 4 injections per day. Checks "
            "his sugar twice a "
            "day; I have asked him to test at least 4 times daily. HbA1c goal is below 7.0 %. C-peptide "
            "was ordered, not "
            "drawn."
        ),
        ("autoantibody", "education", "injections_per_day", "self_testing", "a1c", "c_peptide_110"),
    ),
    "the wrong side of the limit": (
        PUMP,
        (
            "C-PEPTIDE 0.6 ng/mL (ref 0.5-2.0), fasting. GLUCOSE 268 mg/dL at the same time. HEMOGLOBIN "
            "A1C 7.0 %. Islet "
            "cell antibody negative. Multiple daily injections began 07/20/2026, i.e. three months."
        ),
        ("c_peptide_110", "c_peptide_glucose", "autoantibody", "a1c", "injections_duration"),
    ),
    "one finger and no sleep study": (
        CPAP,
        (
            "Overnight oximetry at home: ODI 22 per hour, single channel finger oximeter. A sleep study "
            "has been "
            "recommended but the patient declined. AHI not available. His wife has OSA and uses CPAP "
            "(AHI 34)."
        ),
        ("test_psg", "test_type_2", "test_type_3", "test_type_4_channels", "ahi_15", "ahi_5", "educated"),
    ),
    "the mother's stroke": (
        CPAP,
        (
            "AHI 9.8/h. She denies daytime sleepiness; Epworth 4. No insomnia. BP 118/74, no "
            "hypertension. Mother had a "
            "stroke at 70. Education will be given at set up."
        ),
        ("sleepiness", "insomnia", "hypertension", "stroke", "ahi_15", "educated"),
    ),
    "measured on oxygen": (
        OXYGEN,
        (
            "On the day of discharge: SpO2 88 % on 3 L nasal cannula at rest, 91 % room air at rest. ABG on "
            "4 L: pO2 52."
        ),
        ("rest_saturation", "rest_po2"),
    ),
    "a diary that stays blank": (
        SACRAL,
        (
            "Mixed incontinence. Test stimulation gave 35 % improvement; the goal of 50 % was not "
            "reached. Patient finds "
            "it hard to keep the voiding diary and returned it blank."
        ),
        ("test_success", "diary"),
    ),
    "a highest weight of long ago and the parents' diseases": (
        BYPASS,
        (
            "BMI 34.2 today (highest ever BMI 37 in 2019). No diabetes: A1c 5.5. Family history of type "
            "2 diabetes and "
            "hypertension in both parents. Has not yet tried a structured weight loss program."
        ),
        ("bmi", "comorbidity_diabetes", "comorbidity_hypertension", "failed_treatment"),
    ),
    "pack-years of others, denied, or of the rule": (
        SCREENING,
        (
            "Former smoker; her husband has 60 pack-years. No 20 pack-years of smoking. Screening is "
            "for people with 30 "
            "pack-years."
        ),
        ("pack_years",),
    ),
    "the son's arrest": (
        ICD,
        (
            "Anterior STEMI on 10/01/2026 treated with PCI and stent. LVEF 27 %. Son died of sudden "
            "cardiac arrest. "
            "Nonsustained VT, 5 beats. Will discuss ICD with decision aid at next visit."
        ),
        ("b1_vt_episode", "b1_vf_episode", "b2_shared_decision_made", "b2_decision_tool", "b2_no_infarction"),
    ),
}


@pytest.mark.parametrize("name", NEVER_MET)
def test_what_a_note_does_not_say_is_never_met(name: str) -> None:
    asked, note, leaves = NEVER_MET[name]
    found = {c.criterion_id: c for c in judged(sheet(*asked, note)).criteria}
    assert [(leaf, found[leaf].why) for leaf in leaves if found[leaf].status is MET] == []


SAID = {
    "a stroke behind a question that was answered": (
        CPAP, "Past history: TIA? no - stroke 2019 with residual left weakness.", "stroke", MET,
    ),
    "a result that was ordered and reviewed": (
        OXYGEN, "Oximetry ordered and reviewed by me today: SpO2 86 % at rest on room air, 93 % on 2 L/min.",
        "rest_saturation", MET,
    ),
    "pack-years in brackets behind packs and years": (
        SCREENING, "Smoked 1.5 packs a day for 30 years (45 pack-years), quit in 2018.", "pack_years", MET,
    ),
    "pack-years written short": (SCREENING, "Tobacco use: 40 pk-yrs.", "pack_years", MET),
    "a consult that begins with its date": (
        BYPASS, "Consult 10/20/2026: 39 M, BMI 41.2 today.", "bmi", MET,
    ),
    "a relative who tells": (
        CPAP, "AHI 9 per hour. His wife, who witnessed it, reports excessive daytime sleepiness.", "sleepiness", MET,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_what_a_note_says_is_read(name: str) -> None:
    asked, note, leaf, expected = SAID[name]
    found = judged(sheet(*asked, note)).result(leaf)
    assert found is not None
    assert found.status is expected, found.why
