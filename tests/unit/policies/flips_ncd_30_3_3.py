"""Acupuncture for chronic lower back pain, NCD 30.3.3: cases that meet it, and every leaf flipped."""

from __future__ import annotations

from tests.unit.policies.support import APPROVE, INSUFFICIENT, MET, NOT_MET, PEND, REFER, Flips, Sheet

A = Sheet(
    "ncd_30_3_3",
    {
        "pain": "Chronic low back pain for 8 months.",
        "cause": "The pain is nonspecific; MRI shows no malignancy, infection or inflammatory disease.",
        "surgery": "No prior back surgery.",
        "pregnancy": "She is postmenopausal.",
        "course": "She has never had acupuncture.",
    },
    code="97810",
    description="Acupuncture, 12 visits",
    diagnosis_code="M54.50",
    diagnosis="Low back pain, unspecified",
)
MORE = A.saying(course="Pain scores decreased from 8 to 4 with acupuncture over 12 visits.")
YOUNG = A.saying(pregnancy="She is not pregnant.")
BASES = {"first_course": A, "improving": MORE, "pregnancy_denied": YOUNG}
f = Flips(BASES)
FLIPS = f.found

f.add("low_back_pain", "nobody says", A.saying(pain="Pain for 8 months.").asking(diagnosis_code="", diagnosis=""),
      INSUFFICIENT, PEND)  # fmt: skip
f.add("low_back_pain", "another condition", A.saying(pain="Neck pain for 8 months.").asking(
    diagnosis_code="M54.2", diagnosis="Cervicalgia"), NOT_MET, REFER)  # fmt: skip
f.add("low_back_pain", "another condition by its name", A.saying(pain="Migraine for two years.").asking(
    diagnosis_code="G43.909", diagnosis="Migraine, unspecified"), NOT_MET, REFER)  # fmt: skip
f.also("low_back_pain", "pain", "Lumbago since January 2026.")

f.said("twelve_weeks", "pain", "Chronic low back pain.", INSUFFICIENT, PEND, how="no duration")
f.against("twelve_weeks", "pain", "Low back pain for 5 weeks.")
f.also("twelve_weeks", "pain", "Low back pain since March 2026.")
f.short_of("twelve_weeks", "pain", "Her mother has had low back pain for 10 years.")

f.gone("no_systemic_cause_said", "cause")
f.against("no_systemic_cause_said", "cause", "The pain is not nonspecific.")
f.short_of("no_systemic_cause_said", "cause", "Nonspecific T-wave changes on the ECG.")
f.short_of("no_systemic_cause_said", "cause", "MRI is ordered to look for a systemic cause.")
f.also("no_systemic_cause_said", "cause", "Mechanical low back pain; no systemic cause was found.")

f.add("asked_for_back", "another condition beside it", A.saying(more="Migraine with aura.").asking(
    diagnosis_code="G43.109", diagnosis="Migraine with aura"), INSUFFICIENT, PEND)  # fmt: skip
f.add("asked_for_back", "asked for", lambda s: s, MET, APPROVE)

f.gone("back_surgery", "surgery")
f.said("back_surgery", "surgery", "Status post lumbar fusion in 2022.", MET, REFER)
f.said("back_surgery", "surgery", "Failed back surgery syndrome after L4-L5 laminectomy.", MET, REFER)
f.said("back_surgery", "surgery", "She has had no relief since her laminectomy.", MET, REFER)
for words in (
    "Back surgery: denies.",
    "No history of spine surgery.",
    "The pain is not associated with surgery.",
):
    f.said("back_surgery", "surgery", words, NOT_MET, APPROVE)
f.said("back_surgery", "surgery", "No recent back surgery.", INSUFFICIENT, PEND)
f.said("back_surgery", "surgery", "Her brother had back surgery.", INSUFFICIENT, PEND)

f.gone("cannot_be_pregnant", "pregnancy")
f.said("cannot_be_pregnant", "pregnancy", "She is not postmenopausal.", NOT_MET, PEND)
f.short_of("cannot_be_pregnant", "pregnancy", "She is perimenopausal.")
f.also("cannot_be_pregnant", "pregnancy", "The patient is a 66 year old man.")
f.gone("pregnant", "pregnancy", base="pregnancy_denied")
f.add("pregnant", "she is", lambda s: s.saying(pregnancy="She is pregnant at 20 weeks."), MET, PEND,
      base="pregnancy_denied")  # fmt: skip
f.add("pregnant", "denied", lambda s: s, NOT_MET, APPROVE, base="pregnancy_denied")

f.gone("first_course", "course")
f.said("first_course", "course", "She had acupuncture last year.", INSUFFICIENT, PEND)
f.short_of("first_course", "course", "No bruising with acupuncture.")
f.short_of("first_course", "course", "She started acupuncture in March.")
f.also("first_course", "course", "This is her first course of acupuncture.")
f.gone("improvement", "course", base="improving")
f.said("improvement", "course", "Twelve acupuncture visits were given.", INSUFFICIENT, PEND, base="improving")
f.short_of("improvement", "course", "Acupuncture may help reduce her pain.", base="improving")
f.short_of("improvement", "course", "She hopes for relief with acupuncture.", base="improving")
f.also("improvement", "course", "Acupuncture has helped; she walks twice as far.", base="improving")

f.add("regressing", "nobody says", lambda s: s, INSUFFICIENT, APPROVE, base="improving")
f.said(
    "regressing", "course", "Her pain is worse after 12 visits of acupuncture.", MET, REFER, base="improving"
)
f.against("improvement", "course", "There was no improvement with acupuncture.", base="improving")
f.add("twenty_given", "nobody says", lambda s: s, INSUFFICIENT, APPROVE)
f.said(
    "twenty_given",
    "course",
    "Her pain improved with acupuncture; she has had 20 acupuncture treatments this year.",
    MET,
    REFER,
    base="improving",
)
f.said(
    "twenty_given",
    "course",
    "Her pain improved with acupuncture; she has had 12 acupuncture treatments this year.",
    INSUFFICIENT,
    APPROVE,
    base="improving",
)
f.add("systemic_cause", "nobody says", lambda s: s, INSUFFICIENT, APPROVE)
f.add(
    "systemic_cause", "found", lambda s: s.saying(more="MRI shows vertebral osteomyelitis at L3."), MET, REFER
)
f.add(
    "systemic_cause", "denied", lambda s: s.saying(more="No ankylosing spondylitis."), INSUFFICIENT, APPROVE
)
NEVER_AGAINST = ("asked_for_back", "first_course", "regressing", "systemic_cause", "twenty_given")
