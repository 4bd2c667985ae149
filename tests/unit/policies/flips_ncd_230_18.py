"""Sacral nerve stimulation, NCD 230.18: cases that meet it, and every leaf flipped."""

from __future__ import annotations

from tests.unit.policies.support import APPROVE, INSUFFICIENT, MET, NOT_MET, PEND, REFER, Flips, Sheet

A = Sheet(
    "ncd_230_18",
    {
        "indication": "Urinary urge incontinence for four years.",
        "failed": "She failed pelvic floor physical therapy, oxybutynin and mirabegron.",
        "candidate": "She is cleared for surgery under general anesthesia.",
        "stress": "No stress incontinence.",
        "obstruction": "No bladder outlet obstruction on urodynamics.",
        "neurologic": "She does not have neurogenic bladder or multiple sclerosis.",
        "test": "Test stimulation of two weeks gave a 70% improvement in leaks.",
        "diary": "She completed a reliable voiding diary before and during the test.",
    },
    code="64581",
    description="Sacral nerve stimulator, permanent implantation",
    diagnosis_code="N39.41",
    diagnosis="Urge incontinence",
)
TEST = A.saying(test="").asking(
    code="64561", description="Sacral nerve test stimulation, percutaneous nerve evaluation"
)
RETENTION = A.saying(indication="Chronic non-obstructive urinary retention.").asking(
    diagnosis_code="R33.9", diagnosis="Retention of urine, unspecified"
)
FREQUENCY = A.saying(indication="Urgency-frequency syndrome, 22 voids a day.").asking(
    diagnosis_code="R35.0", diagnosis="Frequency of micturition"
)
BASES = {"implantation": A, "test": TEST, "retention": RETENTION, "frequency": FREQUENCY}
f = Flips(BASES)
FLIPS = f.found

f.add("indication", "nobody says", A.saying(indication="Bladder symptoms.").asking(diagnosis_code="", diagnosis=""),
      INSUFFICIENT, PEND)  # fmt: skip
f.add("indication", "another condition", A.saying(indication="Fecal incontinence.").asking(
    diagnosis_code="R15.9", diagnosis="Full incontinence of feces"), NOT_MET, REFER)  # fmt: skip
f.also("indication", "indication", "Wet OAB with daily urge urinary incontinence.")

f.gone("refractory", "failed")
f.against("refractory", "failed", "Her symptoms are not refractory to oxybutynin.")
f.short_of("refractory", "failed", "She will try oxybutynin.")
f.short_of("refractory", "failed", "Oxybutynin was stopped because of its cost.")
f.short_of("refractory", "failed", "Her sister failed oxybutynin and mirabegron.")
f.also("refractory", "failed", "Refractory to bladder training and solifenacin.")

f.gone("surgical_candidate", "candidate")
f.against("surgical_candidate", "candidate", "She is not a candidate for surgery.")
f.short_of("surgical_candidate", "candidate", "Surgical clearance is pending.")
f.also("surgical_candidate", "candidate", "She is an appropriate surgical candidate.")

for leaf, sentence, has, name in (
    ("stress_incontinence", "stress", "She also has stress incontinence with coughing.", "No SUI."),
    (
        "obstruction",
        "obstruction",
        "Urodynamics show bladder outlet obstruction.",
        "Urethral stricture is ruled out.",
    ),
    ("neurologic_disease", "neurologic", "She has multiple sclerosis.", "No neurogenic bladder."),
):
    f.gone(leaf, sentence)
    f.said(leaf, sentence, has, MET, REFER)
    f.said(leaf, sentence, name, NOT_MET, APPROVE)
f.add("neurologic_disease", "by its code", lambda s: s.saying(neurologic="").asking(
    diagnosis_code="N39.41, E11.42", diagnosis="Urge incontinence; type 2 diabetes with diabetic polyneuropathy"),
    MET, REFER)  # fmt: skip

f.add("test_only", "nobody says", lambda s: s.asking(code="64590", description="Pulse generator"), INSUFFICIENT, PEND,
      base="test")  # fmt: skip
f.add("test_only", "asked for", lambda s: s, MET, APPROVE, base="test")
f.gone("test_success", "test")
f.against("test_success", "test", "Test stimulation gave a 30% improvement in leaks.", PEND)
f.short_of("test_success", "test", "Test stimulation is scheduled for next month.")
f.short_of("test_success", "test", "Medication gave a 70% improvement in leaks.")
f.also("test_success", "test", "The stage 1 trial showed improvement of 50% in the voiding diary.")

f.short_of("test_success", "test", "Oxybutynin trial gave a 70% improvement.")
f.short_of("test_success", "test", "At least 50% improvement with test stimulation is the goal.")
f.add("test_diary", "nobody says", lambda s: s.saying(diary="She keeps a voiding diary."), INSUFFICIENT, PEND)
f.add(
    "test_diary",
    "not kept",
    lambda s: s.saying(diary="No voiding diary was kept during the test."),
    NOT_MET,
    REFER,
)
f.add(
    "test_diary",
    "planned",
    lambda s: s.saying(diary="A voiding diary will be kept during the test."),
    INSUFFICIENT,
    PEND,
)
f.add("test_only", "a permanent one after a test", lambda s: s.asking(
    code="64581", description="Sacral nerve stimulator implantation after test stimulation"), INSUFFICIENT, PEND,
    base="test")  # fmt: skip
f.add("other_indication", "nobody says", lambda s: s, INSUFFICIENT, APPROVE)
f.add(
    "other_indication",
    "asked for",
    lambda s: s.asking(diagnosis_code="R15.9", diagnosis="Fecal incontinence"),
    MET,
    REFER,
)

f.short_of("diary", "diary", "She was given a voiding diary to complete at home.")
f.gone("diary", "diary")
f.against("diary", "diary", "She is unable to complete a voiding diary.")
f.short_of("diary", "diary", "A voiding diary will be kept.")
f.also("diary", "diary", "Bladder diaries were kept for three days before and during the trial and reviewed.")
NEVER_AGAINST = ("test_only", "other_indication")
