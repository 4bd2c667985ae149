"""CPAP, NCD 240.4: cases that meet it, and every leaf flipped."""

from __future__ import annotations

from tests.unit.policies.support import APPROVE, INSUFFICIENT, MET, NOT_MET, PEND, REFER, Flips, Sheet

PSG = Sheet(
    "ncd_240_4",
    {
        "diagnosis": "Obstructive sleep apnea.",
        "visit": "Sleep consultation on 08/03/2026: loud snoring, witnessed apneas, neck 18 inches.",
        "test": "Attended polysomnography was performed in our sleep laboratory on 09/02/2026.",
        "ordered": "The sleep study was ordered by Dr. Alvarez, who treats him.",
        "read": "Interpreted by Dr. Okafor, board certified in sleep medicine.",
        "ahi": "AHI 28.4 events/hour.",
        "sleep": "Total sleep time 312 minutes.",
        "education": "He was educated in the proper use of the CPAP device on 10/15/2026.",
    },
    code="E0601",
    description="Continuous positive airway pressure device",
    diagnosis_code="G47.33",
    diagnosis="Obstructive sleep apnea",
    birth_date="1962-05-30",
)
MILD = PSG.saying(ahi="AHI 9.2 events/hour.", symptom="He has excessive daytime sleepiness, Epworth 16.")
BASES = {
    "severe": PSG,
    "mild": MILD,
    "type_2": PSG.saying(test="Home sleep test with a Type II device was done on 09/02/2026."),
    "type_3": PSG.saying(test="HSAT (type III portable monitor) was completed on 09/02/2026."),
    "type_4": PSG.saying(
        test="Home sleep apnea test with a Type IV monitor was performed on 09/02/2026.",
        channels="The device recorded 4 channels.",
    ),
    "short_severe": PSG.saying(sleep="Total sleep time 95 minutes.", events="44 recorded events."),
    "short_mild": MILD.saying(sleep="Total sleep time 95 minutes.", events="14 recorded events."),
    "caregiver": PSG.saying(
        education="His wife lives with him and is willing and able to operate the CPAP device safely."
    ),
}
f = Flips(BASES)
FLIPS = f.found

f.add("adult", "nobody says", lambda s: s.asking(birth_date=""), INSUFFICIENT, PEND)
f.add("adult", "a child", lambda s: s.asking(birth_date="2014-05-30"), NOT_MET, REFER)
f.add("adult", "18 tomorrow", lambda s: s.asking(birth_date="2008-11-03"), NOT_MET, REFER)
f.add("adult", "18 today", lambda s: s.asking(birth_date="2008-11-02"), MET, APPROVE)

f.add(
    "osa",
    "nobody says",
    lambda s: s.saying(diagnosis="").asking(diagnosis_code="", diagnosis=""),
    INSUFFICIENT,
    PEND,
)
f.add(
    "osa",
    "denied",
    lambda s: s.saying(diagnosis="He does not have obstructive sleep apnea.").asking(
        diagnosis_code="R06.83", diagnosis="Snoring"
    ),
    NOT_MET,
    REFER,
)
f.add(
    "osa",
    "suspected",
    lambda s: s.saying(diagnosis="Possible obstructive sleep apnea.").asking(diagnosis_code="", diagnosis=""),
    INSUFFICIENT,
    PEND,
)
f.gone("clinical_evaluation", "visit")
f.against("clinical_evaluation", "visit", "No clinical evaluation was done.")
f.short_of("clinical_evaluation", "visit", "A sleep consultation is scheduled.")
f.also("clinical_evaluation", "visit", "Seen in clinic on 08/03/2026 for snoring; physical exam was done.")

f.gone("test_psg", "test")
f.add(
    "test_psg",
    "never done",
    lambda s: s.saying(
        test="Neither an attended polysomnography in the laboratory nor a home sleep test was done."
    ),
    NOT_MET,
    REFER,
)
f.short_of(
    "test_psg",
    "test",
    "Attended polysomnography in our sleep laboratory is scheduled for December.",
)
f.short_of("test_psg", "test", "An attended in-lab polysomnogram is scheduled.")
f.short_of("test_psg", "test", "Overnight oximetry at home was abnormal.")
f.also("test_psg", "test", "In-lab PSG, technologist-attended, completed 09/02/2026.")
for kind, number, other in (("type_2", "II", "2"), ("type_3", "III", "3")):
    f.gone(f"test_{kind}", "test", base=kind)
    f.said(
        f"test_{kind}",
        "test",
        f"No home sleep test with a Type {number} device was done.",
        NOT_MET,
        PEND,
        base=kind,
    )
    f.short_of(
        f"test_{kind}", "test", f"A home sleep test with a Type {number} device is planned.", base=kind
    )
    f.also(f"test_{kind}", "test", f"HST with level {other} equipment was done 09/02/2026.", base=kind)
f.gone("test_type_4_done", "test", base="type_4")
f.said(
    "test_type_4_done",
    "test",
    "No home sleep test with a Type IV device was done.",
    NOT_MET,
    PEND,
    base="type_4",
)
f.gone("test_type_4_channels", "channels", base="type_4")
f.said("test_type_4_channels", "channels", "The device recorded 2 channels.", NOT_MET, PEND, base="type_4")
f.gone("test_ordered", "ordered")
f.against("test_ordered", "ordered", "The sleep study was not ordered by a physician.")
f.also("test_ordered", "ordered", "I ordered the sleep study on 08/03/2026.")
f.gone("test_supervised", "read")
f.against("test_supervised", "read", "There was no physician supervision.")
f.also("test_supervised", "read", "Scored and interpreted by J. Okafor, MD.")

f.gone("ahi_15", "ahi")
f.against("ahi_15", "ahi", "AHI 3.1 events/hour.")
f.said("ahi_15", "ahi", "AHI 12.0 events/hour.", NOT_MET, PEND)
f.said("ahi_15", "ahi", "AHI 14.6 events/hour.", NOT_MET, REFER)
f.also("ahi_15", "ahi", "RDI of 15/hr.")
f.also("ahi_15", "ahi", "Apnea-hypopnea index: 41")
f.short_of("ahi_15", "ahi", "Residual AHI 18 on CPAP.")
f.short_of("ahi_15", "ahi", "His brother's AHI was 40 events/hour.")
f.gone("severe_2_hours", "sleep")
f.said("severe_2_hours", "sleep", "Total sleep time 95 minutes.", NOT_MET, PEND)
f.also("severe_2_hours", "sleep", "Recording time was 6.5 hours.")
f.add(
    "severe_2_hours",
    "too few events in too short a time",
    lambda s: s.saying(sleep="Total sleep time 95 minutes.", events="22 recorded events."),
    NOT_MET,
    REFER,
)
f.gone("severe_30_events", "events", base="short_severe")
f.said("severe_30_events", "events", "22 recorded events.", NOT_MET, REFER, base="short_severe")

f.gone("ahi_5", "ahi", base="mild")
f.against("ahi_5", "ahi", "AHI 4.2 events/hour.", base="mild")
f.gone("ahi_14", "ahi", base="mild")
f.add(
    "ahi_14",
    "15 and more carry alone",
    lambda s: s.saying(ahi="AHI 22 events/hour."),
    NOT_MET,
    APPROVE,
    base="mild",
)
f.gone("moderate_2_hours", "sleep", base="mild")
f.add(
    "moderate_2_hours",
    "too few events in too short a time",
    lambda s: s.saying(sleep="Total sleep time 95 minutes.", events="7 recorded events."),
    NOT_MET,
    REFER,
    base="mild",
)
f.gone("moderate_10_events", "events", base="short_mild")
f.said("moderate_10_events", "events", "7 recorded events.", NOT_MET, REFER, base="short_mild")

SYMPTOMS = {
    "sleepiness": ("He has excessive daytime sleepiness.", "He denies daytime sleepiness."),
    "cognition": ("He has memory impairment and poor concentration.", "No cognitive impairment."),
    "mood": ("He is treated for major depressive disorder.", "He denies depression."),
    "insomnia": ("Chronic insomnia.", "He denies insomnia."),
    "hypertension": ("HTN on two drugs.", "No hypertension."),
    "ischemic_heart_disease": ("CAD with NSTEMI in 2019.", "No coronary artery disease."),
    "stroke": ("Ischemic stroke in 2021.", "No history of stroke."),
}
NONE = " ".join(no for _, no in SYMPTOMS.values())
for leaf, (yes, _) in SYMPTOMS.items():
    f.add(leaf, "alone", MILD.saying(symptom=yes), MET, APPROVE, base="mild")
    f.add(leaf, "nobody says", lambda s: s.saying(symptom=""), INSUFFICIENT, PEND, base="mild")
    f.add(leaf, "none at all", lambda s: s.saying(symptom=NONE), NOT_MET, REFER, base="mild")
    f.add(
        leaf,
        "of the mother",
        lambda s: s.saying(symptom="Mother with stroke, hypertension, depression, insomnia and CAD."),
        INSUFFICIENT,
        PEND,
        base="mild",
    )

f.gone("educated", "education")
f.said("educated", "education", "He was not educated in the use of the CPAP device.", NOT_MET, PEND)
f.short_of("educated", "education", "He will be trained on CPAP at setup.")
f.also("educated", "education", "CPAP education completed with the supplier on 10/15/2026.")
f.gone("caregiver", "education", base="caregiver")
f.add(
    "caregiver",
    "neither",
    lambda s: s.saying(
        education="He was not educated in the use of the CPAP device.",
        caregiver="No family member who lives with him is able to operate the device.",
    ),
    NOT_MET,
    REFER,
    base="caregiver",
)
f.short_of("caregiver", "education", "His wife is willing to operate the CPAP device.", base="caregiver")
f.said("no_benefit", "trial", "He did not benefit from CPAP in the first 12 weeks.", MET, REFER)
f.said("no_benefit", "trial", "He benefited from CPAP in the first 12 weeks.", INSUFFICIENT, APPROVE)
f.also(
    "educated",
    "education",
    "DME to provide mask fitting; patient educated on use of CPAP today.",
)
NEVER_AGAINST = ("no_benefit",)
