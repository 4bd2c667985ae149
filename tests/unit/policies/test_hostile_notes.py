"""Sentences that sound like the fact and are not: plans, hopes, relatives, templates, what was and is no more.

Each stands in a case that is else approved, in place of the sentence that carries one criterion. None may carry it.
"""

from __future__ import annotations

from importlib import import_module

import pytest

from tests.unit.policies.support import APPROVE, MET, NOT_MET, judged, status_in, told

HOSTILE: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "ncd_30_3_3": (
        (
            "first_course",
            "cause",
            "MRI was ordered to rule out infection, malignancy or inflammatory disease.",
            "no_systemic_cause_said",
        ),
        (
            "first_course",
            "cause",
            "Unchanged from prior: if MRI shows no malignancy or infection, the pain is nonspecific.",
            "no_systemic_cause_said",
        ),
        (
            "first_course",
            "pain",
            "Patient reports her sister has had low back pain for 8 months.",
            "twelve_weeks",
        ),
        ("first_course", "pain", "Low back pain resolved after 8 months.", "twelve_weeks"),
        ("first_course", "pain", "Low back pain, now x 3 weeks; knee pain for 8 months.", "twelve_weeks"),
        ("improving", "course", "If pain is improved with acupuncture, then 8 more sessions.", "improvement"),
        ("improving", "course", "Was told to expect relief after acupuncture.", "improvement"),
        ("improving", "course", "Pain improved with gabapentin before acupuncture.", "improvement"),
        ("improving", "course", "Consider 8 additional acupuncture visits to improve pain.", "improvement"),
        ("improving", "course", "Acupuncture has not helped yet.", "improvement"),
        ("first_course", "pregnancy", "Her partner is a 40 year old man.", "cannot_be_pregnant"),
    ),
    "ncd_50_3": (
        ("implant", "benefit", "Trial of hearing aids not yet done.", "limited_benefit"),
        (
            "implant",
            "benefit",
            "Will need documentation of limited benefit from hearing aids.",
            "limited_benefit",
        ),
        ("implant", "score", "AzBio best aided was to be below 60%.", "sentence_score"),
        ("implant", "score", "AzBio sentences, best-aided: 62% (previous 58%).", "sentence_score"),
        ("implant", "score", "AzBio best-aided score must be 60% or less.", "sentence_score"),
        ("implant", "lumen", "CT to confirm a patent cochlea.", "lumen"),
        ("implant", "lumen", "Radiology to comment whether cochlea is patent.", "lumen"),
        (
            "implant",
            "nerve",
            "R/o lesion: MRI of the auditory nerves normal? pending read.",
            "free_of_lesions",
        ),
        ("implant", "surgery", "Not yet cleared for surgery.", "contraindications"),
        ("implant", "surgery", "Needs to be medically cleared by cardiology.", "contraindications"),
        (
            "implant",
            "rehabilitation",
            "Her daughter is willing to participate in aural rehabilitation.",
            "rehabilitation",
        ),
        (
            "implant",
            "rehabilitation",
            "Not sure she is willing to participate in aural rehabilitation.",
            "rehabilitation",
        ),
        ("implant", "ear", "Tympanic membranes not intact on the left.", "free_of_infection"),
        ("implant", "cognition", "Cognition was intact in 2015; now with dementia.", "cognitive_ability"),
        ("implant", "cognition", "MoCA to document whether cognition is intact.", "cognitive_ability"),
        (
            "implant",
            "loss",
            "Copied from 2019: bilateral mild sensorineural hearing loss, severe in her twin.",
            "degree",
        ),
        (
            "implant",
            "loss",
            "Expected to progress to bilateral profound sensorineural hearing loss.",
            "degree",
        ),
        ("implant", "label", "Not within FDA-approved labeling.", "labeled_use"),
    ),
    "ncd_210_14": (
        ("quit", "smoking", "Goal is fewer than 20 pack-years; smoking history not recorded.", "pack_years"),
        ("quit", "smoking", "Father: 40 pack-year smoking history.", "pack_years"),
        ("quit", "smoking", "Smoking history: 10-15 pack-years.", "pack_years"),
        ("quit", "smoking", "Eligible if smoking history of at least 20 pack-years.", "pack_years"),
        ("quit", "status", "Was told to quit smoking in 2018.", "quit_within_15"),
        ("quit", "status", "Her husband quit smoking in 2018.", "quit_within_15"),
        ("quit", "status", "Trying to quit smoking since 2018.", "quit_within_15"),
        ("quit", "visit", "Shared decision-making visit not yet done.", "visit"),
        ("quit", "visit", "Will need a shared decision-making visit before the scan.", "visit"),
        ("quit", "aid", "Consider use of a decision aid.", "decision_aid"),
        ("quit", "aid", "[ ] Decision aid used   [ ] Declined", "decision_aid"),
        ("quit", "order", "Patient asks about an order for LDCT.", "order"),
        ("quit", "order", "LDCT order deferred until the next visit.", "order"),
        ("quit", "symptoms", "Asymptomatic (Y/N): ___", "asymptomatic"),
        ("quit", "symptoms", "If asymptomatic, then LDCT.", "asymptomatic"),
        ("quit", "symptoms", "No longer asymptomatic.", "asymptomatic"),
        ("quit", "radiologist", "Dr. Lee is not a board-certified radiologist.", "radiologist"),
        ("quit", "facility", "The facility is applying for Lung-RADS participation.", "facility"),
        ("quit", "abstinence", "She should be counseled on smoking cessation.", "abstinence"),
        ("quit", "abstinence", "Declined smoking cessation counseling.", "abstinence"),
        ("quit", "adherence", "Will discuss the importance of annual LDCT screening.", "adherence"),
        (
            "quit",
            "adherence",
            "The importance of annual LDCT screening still needs to be discussed.",
            "adherence",
        ),
        ("quit", "comorbidities", "Impact of comorbidities to be discussed.", "comorbidities"),
        ("quit", "willingness", "Not willing to undergo surgery.", "willingness"),
        ("quit", "willingness", "Unclear if he is willing to undergo treatment.", "willingness"),
        ("screened_before", "earlier", "Prior LDCT was recommended in 2024 but never done.", "earlier_ldct"),
        ("screened_before", "earlier", "Baseline LDCT due 2026.", "earlier_ldct"),
    ),
    "ncd_230_18": (
        ("implantation", "failed", "Consider trial of oxybutynin; if failed, then mirabegron.", "refractory"),
        ("implantation", "failed", "Has not yet failed pelvic floor therapy.", "refractory"),
        ("implantation", "failed", "She failed to attend pelvic floor therapy.", "refractory"),
        ("implantation", "test", "Test stimulation is expected to give 70% improvement.", "test_success"),
        (
            "implantation",
            "test",
            "Test stimulation: 30% improvement in leaks, 70% of pads dry at baseline.",
            "test_success",
        ),
        ("implantation", "test", "Her friend had 70% improvement with test stimulation.", "test_success"),
        ("implantation", "candidate", "Will need to be cleared for surgery.", "surgical_candidate"),
        (
            "implantation",
            "candidate",
            "Cardiology to decide if she is fit for anesthesia.",
            "surgical_candidate",
        ),
        ("implantation", "diary", "Voiding diary was handed out and is to be returned.", "diary"),
        ("implantation", "diary", "She did not return the voiding diary.", "diary"),
        ("implantation", "failed", "Refractory period discussed; started oxybutynin today.", "refractory"),
        ("implantation", "failed", "If refractory to oxybutynin, refer.", "refractory"),
    ),
    "ncd_160_18": (
        ("seizures", "drugs", "If she fails levetiracetam and lamotrigine, consider VNS.", "refractory"),
        ("seizures", "drugs", "Not yet failed levetiracetam or lamotrigine.", "refractory"),
        ("seizures", "drugs", "Her sister has refractory epilepsy.", "refractory"),
        ("seizures", "drugs", "R/o refractory epilepsy vs nonepileptic seizures.", "refractory"),
        (
            "seizures",
            "surgery",
            "Epilepsy conference to decide whether surgery is not recommended.",
            "surgery_not_recommended",
        ),
        ("seizures", "surgery", "Surgery is recommended.", "surgery_not_recommended"),
        ("after_surgery", "surgery", "No seizures recurred after temporal lobectomy.", "surgery_failed"),
        ("after_surgery", "surgery", "S/p temporal lobectomy in 2019, seizure free.", "surgery_failed"),
        (
            "depression",
            "trial",
            "She was told about a CMS-approved study and may be enrolled.",
            "approved_trial",
        ),
        ("depression", "trial", "She declined to be enrolled in the CMS-approved study.", "approved_trial"),
        (
            "depression",
            "failures",
            "Three failed antidepressant trials; a fourth was stopped for cost.",
            "failed_count",
        ),
        ("depression", "failures", "Needs four failed antidepressant trials to qualify.", "failed_count"),
        ("depression", "episode", "The current depressive episode has lasted for 20 months.", "long_episode"),
        (
            "depression",
            "medication",
            "Will need a stable medication regimen for 4 weeks.",
            "stable_medication",
        ),
        ("replacement", "battery", "If battery depletion, then replace.", "end_of_life"),
        ("replacement", "battery", "Battery depletion is expected in 2028.", "end_of_life"),
        ("depression", "tool", "ATHF to be completed.", "failed_tool"),
        ("depression", "scale", "MADRS 34 on 10/02/2026, to be repeated on 11/10/2026.", "measured_twice"),
        ("depression", "interview", "SCID-5 at the study site was not completed.", "structured_assessment"),
        (
            "replacement",
            "implanted",
            "VNS implantation for depression is planned.",
            "implanted_for_depression",
        ),
    ),
    "ncd_280_3": (
        ("manual", "limitation", "Her mother is unable to walk.", "mobility_limitation"),
        (
            "manual",
            "limitation",
            "She was unable to walk after surgery in 2019 and has recovered.",
            "mobility_limitation",
        ),
        (
            "manual",
            "living",
            "Independent with toileting, dressing and bathing; does not need assistance.",
            "mradl",
        ),
        ("manual", "living", "May need help with bathing after surgery.", "mradl"),
        ("manual", "living", "Risk of falls while bathing was discussed.", "mradl"),
        ("manual", "safe", "Will need training to operate the wheelchair safely.", "can_operate"),
        ("manual", "safe", "Therapist to assess whether she safely operates the chair.", "can_operate"),
        ("manual", "willing", "Not sure whether she is willing to use the wheelchair.", "willing"),
        ("manual", "cane", "If a walker is not sufficient, consider a wheelchair.", "cane_insufficient"),
        ("manual", "cane", "She no longer falls with her walker.", "cane_insufficient"),
        ("manual", "cane", "Was told a cane is unsafe for her neighbor.", "cane_insufficient"),
        ("manual", "home", "Home to be made wheelchair accessible.", "home_supports"),
        ("manual", "home", "Doorways are not wide enough.", "home_supports"),
        ("manual", "home", "Her sister's house is wheelchair accessible.", "home_supports"),
        ("manual", "arms", "Able to propel before the stroke, no longer.", "upper_sufficient"),
        ("power", "trunk", "Unable to say if a scooter would work.", "scooter_precluded"),
        ("power", "trunk", "She declined a scooter.", "scooter_precluded"),
        ("tilt", "trunk", "Consider power tilt if needed.", "power_features"),
        ("power", "arms", "Therapy to document why she cannot propel a manual wheelchair.", "power_upper"),
        ("scooter", "trunk", "Trunk control will need to be good.", "scooter_stability"),
        ("scooter", "arms", "She can propel a manual wheelchair.", "scooter_upper"),
        ("scooter", "arms", "If she cannot propel a manual wheelchair, order a scooter.", "scooter_upper"),
        ("pushed", "arms", "Her husband is unable to push the wheelchair.", "caregiver_pushes"),
        ("walker", "cane", "Walker ordered to see if it is sufficient.", "cane_sufficient"),
        ("walker", "cane", "She may be safe with a walker after therapy.", "cane_sufficient"),
        (
            "compensated",
            "mind",
            "She has dementia; her daughter is looking for a caregiver who is available.",
            "compensated",
        ),
        ("manual", "mind", "Cognition intact per 2018 note; vision to be tested.", "vision_adequate"),
    ),
    "ncd_280_14": (
        (
            "criterion_a",
            "c_peptide",
            "C-peptide to be drawn; goal below 110% of the lower limit.",
            "c_peptide_110",
        ),
        (
            "criterion_a",
            "c_peptide",
            "C-peptide with a paired glucose has been rescheduled.",
            "c_peptide_110",
        ),
        (
            "criterion_a",
            "c_peptide",
            "Sister had a fasting C-peptide 0.3 ng/mL (reference range 0.8-3.9 ng/mL).",
            "c_peptide_110",
        ),
        (
            "criterion_a",
            "c_peptide",
            "If C-peptide is below 0.88 ng/mL (reference range 0.8-3.9 ng/mL), then order the pump.",
            "c_peptide_110",
        ),
        ("criterion_a", "testing", "Was told to check her blood glucose 6 times per day.", "self_testing"),
        (
            "criterion_a",
            "testing",
            "She checked her blood glucose 6 times per day before she lost the meter, no longer.",
            "self_testing",
        ),
        (
            "criterion_a",
            "testing",
            "Meter supports checking glucose 6 times per day; log not available.",
            "self_testing",
        ),
        ("criterion_a", "a1c", "HbA1c 8.4% in her brother.", "a1c"),
        ("criterion_a", "a1c", "HbA1c was to be below 7%; repeat pending.", "a1c"),
        ("criterion_a", "education", "Will need a comprehensive diabetes education program.", "education"),
        (
            "criterion_a",
            "education",
            "Comprehensive diabetes education program at our hospital was not completed.",
            "education",
        ),
        ("criterion_a", "education", "She tried to attend a diabetes education program.", "education"),
        ("criterion_a", "mdi", "Multiple daily injections are expected for 6 months.", "injections_duration"),
        (
            "criterion_a",
            "mdi",
            "She was on multiple daily injections for 14 months until 2019.",
            "injections_duration",
        ),
    ),
    "ncd_240_4": (
        ("severe", "test", "Attended polysomnography in our sleep laboratory was deferred.", "test_psg"),
        ("severe", "test", "Attended polysomnography (in our sleep laboratory) was not done.", "test_psg"),
        ("severe", "test", "Will need attended polysomnography in the sleep laboratory.", "test_psg"),
        ("severe", "ahi", "His roommate had an AHI 28.4 events/hour.", "ahi_15"),
        ("severe", "ahi", "AHI of 15 events/hour or more is required by Medicare.", "ahi_15"),
        ("severe", "education", "He is to be educated in the proper use of the CPAP device.", "educated"),
        ("severe", "education", "Not yet educated on the use of CPAP.", "educated"),
        ("mild", "symptom", "If excessive daytime sleepiness persists, consider modafinil.", "sleepiness"),
        ("mild", "symptom", "His wife has excessive daytime sleepiness.", "sleepiness"),
        ("mild", "symptom", "No longer has excessive daytime sleepiness.", "sleepiness"),
    ),
    "ncd_240_2": (
        (
            "rest_saturation",
            "rest",
            "SpO2 85% at rest on room air was his brother's reading.",
            "rest_saturation",
        ),
        ("rest_saturation", "rest", "SpO2 85% at rest on 2 L nasal cannula.", "rest_saturation"),
        (
            "rest_saturation",
            "rest",
            "If SpO2 falls to 85% at rest on room air, then start oxygen.",
            "rest_saturation",
        ),
        ("rest_saturation", "rest", "Goal: SpO2 88% at rest on room air.", "rest_saturation"),
        ("rest_po2", "rest", "ABG at rest on room air is scheduled; last PaO2 52 mmHg on 3 L.", "rest_po2"),
    ),
    "ncd_100_1": (
        ("bypass", "bmi", "Highest BMI ever 43.2 kg/m2; BMI 33.1 kg/m2 today.", "bmi"),
        ("bypass", "bmi", "Her mother has a BMI 43.2 kg/m2.", "bmi"),
        ("bypass", "bmi", "BMI must be at least 35 kg/m2.", "bmi"),
        (
            "bypass",
            "diets",
            "Will need to fail two medically supervised weight loss programs.",
            "failed_treatment",
        ),
        (
            "bypass",
            "diets",
            "She has not yet tried a medically supervised weight loss program.",
            "failed_treatment",
        ),
        ("bypass", "illness", "Family history: type 2 diabetes mellitus.", "comorbidity_diabetes"),
        ("bypass", "illness", "At risk for type 2 diabetes mellitus; A1c 5.6.", "comorbidity_diabetes"),
        ("hypertension", "illness", "R/o hypertension, recheck in 2 weeks.", "comorbidity_hypertension"),
        ("hypertension", "illness", "White coat effect, unlikely hypertension.", "comorbidity_hypertension"),
    ),
    "ncd_20_29": (
        (
            "diabetic_wound",
            "wagner",
            "Wagner grade 2; consider hyperbaric oxygen if Wagner grade 3.",
            "wagner",
        ),
        ("diabetic_wound", "wagner", "Ulcer was Wagner grade 3 in 2019.", "wagner"),
        ("diabetic_wound", "course", "Standard wound care is planned for 45 days.", "wound_30_days"),
        ("diabetic_wound", "course", "Standard wound care for 3 weeks.", "wound_30_days"),
        (
            "diabetic_wound",
            "offloading",
            "The foot is to be off-loaded in a total contact cast.",
            "wound_offloading",
        ),
        (
            "diabetic_wound",
            "infection",
            "Soft tissue infection will be treated with antibiotics.",
            "wound_infection",
        ),
    ),
    "ncd_20_4": (
        (
            "b2",
            "shared",
            "A shared decision making encounter with Dr. Amin is to be scheduled.",
            "b2_shared_decision_made",
        ),
        ("b2", "shared", "Declined a shared decision making encounter.", "b2_shared_decision_made"),
        ("b2", "tool", "Consider an evidence-based decision tool on ICDs.", "b2_decision_tool"),
        ("b2", "tool", "A decision tool on ICDs was not used.", "b2_decision_tool"),
    ),
}
"""By policy: the case, the sentence that is replaced, the words, and the criterion they must not carry."""
NO_DENIALS = (
    ("ncd_230_18", "implantation", "stress", "Stress incontinence: see prior note.", "stress_incontinence"),
    ("ncd_230_18", "implantation", "stress", "No stress incontinence today.", "stress_incontinence"),
    ("ncd_160_18", "depression", "suicidal", "Suicidal intent: not assessed.", "suicidal_intent"),
)
"""What does not deny the condition that a policy excludes."""
ALL = [(policy_id, *row) for policy_id, rows in HOSTILE.items() for row in rows]


@pytest.mark.parametrize(("policy_id", "base", "sentence", "words", "leaf"), ALL)
def test_what_only_sounds_like_the_fact_carries_nothing(
    policy_id: str, base: str, sentence: str, words: str, leaf: str
) -> None:
    sheet = import_module(f"tests.unit.policies.flips_{policy_id}").BASES[base]
    assert status_in(judged(sheet), leaf) is MET
    found = judged(sheet.saying(**{sentence: words}))
    assert status_in(found, leaf) is not MET, told(found)


@pytest.mark.parametrize(("policy_id", "base", "sentence", "words", "leaf"), NO_DENIALS)
def test_what_only_sounds_like_a_denial_denies_nothing(
    policy_id: str, base: str, sentence: str, words: str, leaf: str
) -> None:
    sheet = import_module(f"tests.unit.policies.flips_{policy_id}").BASES[base]
    assert status_in(judged(sheet), leaf) is NOT_MET
    found = judged(sheet.saying(**{sentence: words}))
    assert (status_in(found, leaf) is NOT_MET, found.outcome is APPROVE) == (False, False), told(found)


def test_every_policy_has_its_hostile_sentences() -> None:
    assert len(HOSTILE) == 12
    assert len({row[3] for row in ALL}) >= 110
