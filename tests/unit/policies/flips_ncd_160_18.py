"""Vagus nerve stimulation, NCD 160.18: cases that meet it, and every leaf flipped."""

from __future__ import annotations

from tests.unit.policies.support import APPROVE, INSUFFICIENT, MET, NOT_MET, PEND, REFER, Flips, Sheet

SEIZURES = Sheet(
    "ncd_160_18",
    {
        "seizures": "Focal seizures since age 12.",
        "drugs": "She failed levetiracetam, lamotrigine and carbamazepine.",
        "surgery": "The epilepsy conference found her not a candidate for resective surgery.",
    },
    code="64568",
    description="Vagus nerve stimulator implantation",
    diagnosis_code="G40.209",
    diagnosis="Localization-related epilepsy with complex partial seizures",
)
AFTER = SEIZURES.saying(surgery="Seizures recurred after temporal lobectomy in 2019.")
DEPRESSION = Sheet(
    "ncd_160_18",
    {
        "diagnosis": "Major depressive disorder, recurrent, severe.",
        "dsm": "The diagnosis fulfils DSM-5 criteria.",
        "interview": "A structured clinical interview (SCID-5) was completed on 09/14/2026.",
        "trial": "She is enrolled in the CMS-approved CED study NCT03887715.",
        "episode": "The current major depressive episode has lasted for 3 years.",
        "failures": "Five failed antidepressant trials of adequate dose and duration.",
        "tool": "Treatment failures were measured by the Antidepressant Treatment History Form.",
        "scale": "MADRS 34 and 36 on two visits, 10/02/2026 and 10/18/2026.",
        "medication": "She has been on a stable medication regimen for 10 weeks.",
        "psychotic": "No psychotic features, now or in the past.",
        "schizophrenia": "No history of schizophrenia or schizoaffective disorder.",
        "delusional": "No history of delusional disorder or any psychotic disorder.",
        "cycling": "No rapid cycling.",
        "cognitive": "No delirium, dementia, amnesia or other cognitive disorder.",
        "suicidal": "Denies suicidal intent.",
        "investigational": "She takes no investigational drugs.",
    },
    code="64568",
    description="Vagus nerve stimulator implantation",
    diagnosis_code="F33.2",
    diagnosis="Major depressive disorder, recurrent severe without psychotic features",
)
EPISODES = DEPRESSION.saying(episode="She has had five major depressive episodes.")
REPLACEMENT = Sheet(
    "ncd_160_18",
    {
        "implanted": "VNS was implanted in 2015 for treatment resistant depression.",
        "battery": "Interrogation shows battery depletion.",
    },
    code="64569",
    description="VNS generator replacement",
    diagnosis_code="F33.2",
    diagnosis="Major depressive disorder, recurrent severe",
)
BASES = {
    "seizures": SEIZURES,
    "after_surgery": AFTER,
    "depression": DEPRESSION,
    "four_episodes": EPISODES,
    "replacement": REPLACEMENT,
}
f = Flips(BASES)
FLIPS = f.found

f.add("partial_seizures", "nobody says", SEIZURES.saying(seizures="Seizures since age 12.").asking(
    diagnosis_code="", diagnosis=""), INSUFFICIENT, PEND)  # fmt: skip
f.add("partial_seizures", "generalized", SEIZURES.saying(seizures="Generalized seizures since age 12.").asking(
    diagnosis_code="G40.309", diagnosis="Generalized idiopathic epilepsy"), NOT_MET, REFER)  # fmt: skip
f.also("partial_seizures", "seizures", "Temporal lobe epilepsy.", base="seizures")
f.gone("refractory", "drugs")
f.against("refractory", "drugs", "Her seizures are not refractory.", PEND)
f.short_of("refractory", "drugs", "She will start levetiracetam.")
f.short_of("refractory", "drugs", "Refractory hypertension on four drugs.")
f.short_of("refractory", "drugs", "She failed levetiracetam.")
f.also("refractory", "drugs", "Drug-resistant epilepsy.")
f.gone("surgery_not_recommended", "surgery")
f.short_of("surgery_not_recommended", "surgery", "Evaluation for epilepsy surgery is scheduled.")
f.also("surgery_not_recommended", "surgery", "Resection is contraindicated because of bilateral foci.")
f.gone("surgery_failed", "surgery", base="after_surgery")
f.short_of("surgery_failed", "surgery", "Temporal lobectomy is planned.", base="after_surgery")
f.short_of(
    "surgery_failed", "surgery", "Seizure-free after temporal lobectomy in 2019.", base="after_surgery"
)
f.also("surgery_failed", "surgery", "She failed epilepsy surgery in 2019.", base="after_surgery")

f.add(
    "depression_diagnosis",
    "nobody says",
    DEPRESSION.saying(diagnosis="", episode="The current episode is severe.").asking(
        diagnosis_code="", diagnosis=""
    ),
    INSUFFICIENT,
    PEND,
)
f.add("depression_diagnosis", "another condition", REPLACEMENT.saying(implanted="", battery="").asking(
    code="64568", description="Vagus nerve stimulator implantation", diagnosis_code="G43.909", diagnosis="Migraine"),
    NOT_MET, PEND)  # fmt: skip
f.gone("dsm_criteria", "dsm", base="depression")
f.against("dsm_criteria", "dsm", "DSM-5 criteria were not used.", PEND, base="depression")
f.gone("structured_assessment", "interview", base="depression")
f.against(
    "structured_assessment",
    "interview",
    "No structured clinical interview was done.",
    PEND,
    base="depression",
)
f.short_of(
    "structured_assessment", "interview", "A structured clinical interview is scheduled.", base="depression"
)
f.add("current_episode", "nobody says", DEPRESSION.saying(
    diagnosis="Major depressive disorder.", episode="A depressive episode began 3 years ago.").asking(
    diagnosis_code="F33.9", diagnosis="Major depressive disorder, recurrent"), INSUFFICIENT, PEND)  # fmt: skip
f.add("current_episode", "denied", DEPRESSION.saying(
    diagnosis="She is not currently in a major depressive episode.", episode="").asking(
    diagnosis_code="F33.9", diagnosis="Major depressive disorder, recurrent"), NOT_MET, PEND)  # fmt: skip
f.add("remission", "nobody says", DEPRESSION, INSUFFICIENT, APPROVE)
f.add(
    "remission",
    "said",
    DEPRESSION.asking(
        diagnosis_code="F33.42", diagnosis="Major depressive disorder, recurrent, in full remission"
    ),
    MET,
    REFER,
)
f.gone("approved_trial", "trial", base="depression")
f.short_of("approved_trial", "trial", "She is enrolled in NCT03887715.", base="depression")
f.against("approved_trial", "trial", "She is not enrolled in a CMS-approved study.", PEND, base="depression")
f.short_of("approved_trial", "trial", "There is a CMS-approved study.", base="depression")
f.also("approved_trial", "trial", "Participant in a CED trial, consented 09/01/2026.", base="depression")
f.gone("long_episode", "episode", base="depression")
f.said(
    "long_episode",
    "episode",
    "The current major depressive episode has lasted for 8 months.",
    NOT_MET,
    PEND,
    base="depression",
)
f.short_of("long_episode", "episode", "MDD since 2010.", base="depression")
f.short_of("long_episode", "episode", "Her first depressive episode began in 2009.", base="depression")
f.also("long_episode", "episode", "Depressive episode since 2022.", base="depression")
f.gone("four_episodes", "episode", base="four_episodes")
f.said(
    "four_episodes",
    "episode",
    "She has had two major depressive episodes.",
    NOT_MET,
    PEND,
    base="four_episodes",
)
f.also("four_episodes", "episode", "History of 6 episodes of major depression.", base="four_episodes")
f.gone("failed_count", "failures", base="depression")
f.said("failed_count", "failures", "Two failed antidepressant trials.", NOT_MET, PEND, base="depression")
f.short_of("failed_count", "failures", "Several failed antidepressant trials.", base="depression")
f.gone("failed_tool", "tool", base="depression")
f.against(
    "failed_tool", "tool", "The Antidepressant Treatment History Form was not used.", PEND, base="depression"
)
f.also("failed_tool", "tool", "ATHF-SF completed.", base="depression")
f.gone("measured_twice", "scale", base="depression")
f.said("measured_twice", "scale", "MADRS 34 on 10/02/2026.", INSUFFICIENT, PEND, base="depression")
f.short_of("measured_twice", "scale", "At both visits the PHQ-9 was above 20.", base="depression")
f.short_of(
    "measured_twice", "scale", "MADRS 34 and 36 on two visits, 10/18/2026 and 03/02/2026.", base="depression"
)
f.also("measured_twice", "scale", "PHQ-9 was 22 on 10/05/2026 and 24 on 10/19/2026.", base="depression")
f.gone("stable_medication", "medication", base="depression")
f.said(
    "stable_medication",
    "medication",
    "She is on a stable medication regimen for 2 weeks.",
    NOT_MET,
    PEND,
    base="depression",
)
f.short_of(
    "stable_medication",
    "medication",
    "She has been on a stable dose of lisinopril for 3 years.",
    base="depression",
)
f.short_of("stable_medication", "medication", "She is on a stable medication regimen.", base="depression")
for leaf, sentence, has in (
    ("psychotic_features", "psychotic", "Psychotic features in 2019."),
    ("schizophrenia", "schizophrenia", "History of schizoaffective disorder."),
    ("other_psychotic", "delusional", "History of delusional disorder."),
    ("rapid_cycling", "cycling", "Rapid cycling bipolar disorder."),
    ("cognitive_disorder", "cognitive", "Dementia was diagnosed in 2025."),
    ("suicidal_intent", "suicidal", "She has suicidal intent."),
    ("investigational", "investigational", "She takes investigational drugs in a ketamine study."),
):
    f.gone(leaf, sentence, base="depression")
    f.said(leaf, sentence, has, MET, PEND, base="depression")

f.said("other_psychotic", "delusional", "No other psychotic disorder.", NOT_MET, APPROVE, base="depression")
f.add(
    "replacement_asked",
    "nobody says",
    lambda s: s.asking(code="64568", description="VNS"),
    INSUFFICIENT,
    PEND,
    base="replacement",
)
f.add("replacement_asked", "asked for", lambda s: s, MET, APPROVE, base="replacement")
f.gone("implanted_for_depression", "implanted", base="replacement")
f.said(
    "implanted_for_depression",
    "implanted",
    "VNS was implanted in 2015.",
    INSUFFICIENT,
    PEND,
    base="replacement",
)
f.against(
    "implanted_for_depression",
    "implanted",
    "No VNS was ever implanted for depression.",
    PEND,
    base="replacement",
)
f.gone("end_of_life", "battery", base="replacement")
f.against("end_of_life", "battery", "There is no battery depletion.", PEND, base="replacement")
f.also("end_of_life", "battery", "Lead fracture with high lead impedance.", base="replacement")

f.add("other_seizures", "nobody says", lambda s: s, INSUFFICIENT, APPROVE)
f.add("other_seizures", "asked for", SEIZURES.asking(
    diagnosis_code="G40.812", diagnosis="Lennox-Gastaut syndrome"), MET, REFER)  # fmt: skip
NEVER_AGAINST = (
    "surgery_not_recommended",
    "surgery_failed",
    "measured_twice",
    "replacement_asked",
    "other_seizures",
    "remission",
)
