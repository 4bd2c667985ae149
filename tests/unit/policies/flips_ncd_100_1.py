"""Bariatric surgery, NCD 100.1: cases that meet it, and every leaf flipped."""

from __future__ import annotations

from tests.unit.policies.support import APPROVE, INSUFFICIENT, MET, NOT_MET, PEND, REFER, Flips, Sheet

BYPASS = Sheet(
    "ncd_100_1",
    {
        "bmi": "BMI 43.2 kg/m2 on 10/20/2026.",
        "illness": "She has type 2 diabetes mellitus on metformin.",
        "diets": "She failed two medically supervised weight loss programs in 2023 and 2024, regaining the weight.",
        "plan": "Plan: laparoscopic Roux-en-Y gastric bypass.",
    },
    code="43644",
    description="Laparoscopic Roux-en-Y gastric bypass",
    diagnosis_code="E66.01",
    diagnosis="Morbid (severe) obesity due to excess calories",
)
OTHERS = "No hypertension, no heart disease, no asthma, no sleep apnea, no diabetes."
BASES = {
    "bypass": BYPASS,
    "bypass_by_words": BYPASS.asking(code=""),
    "switch": BYPASS.asking(code="43845", description="Biliopancreatic diversion with duodenal switch"),
    "band": BYPASS.asking(code="43770", description="Laparoscopic adjustable gastric banding"),
    "sleeve": BYPASS.asking(code="43775", description="Laparoscopic sleeve gastrectomy").marked(
        sleeve_covered=MET
    ),
    "hypertension": BYPASS.saying(illness="She has hypertension on lisinopril."),
    "cardiac": BYPASS.saying(illness="She has coronary artery disease with a stent."),
    "respiratory": BYPASS.saying(illness="She has obstructive sleep apnea on CPAP."),
    "stated": BYPASS.saying(illness="She has osteoarthritis of both knees, worsened by her weight."),
}
f = Flips(BASES)
FLIPS = f.found

for base, leaf in (
    ("bypass", "procedure_bypass"),
    ("switch", "procedure_switch"),
    ("band", "procedure_band"),
):
    f.add(
        leaf,
        "nobody says which",
        lambda s: s.asking(code="", description="Bariatric surgery"),
        INSUFFICIENT,
        PEND,
        base=base,
    )
    f.add(
        leaf,
        "another one",
        lambda s: s.asking(code="43842", description="Vertical banded gastroplasty"),
        INSUFFICIENT,
        REFER,
        base=base,
    )
f.add(
    "procedure_bypass",
    "by words of the line alone",
    lambda s: s.asking(code="", description="RYGB, laparoscopic"),
    MET,
    APPROVE,
)
f.add(
    "procedure_bypass",
    "only in the history",
    lambda s: s.saying(plan="Prior gastric bypass in 2004.").asking(
        code="", description="Revision of bariatric surgery"
    ),
    INSUFFICIENT,
    PEND,
)
f.add(
    "sleeve_asked",
    "nobody says which",
    lambda s: s.asking(code="", description="Bariatric surgery"),
    INSUFFICIENT,
    PEND,
    base="sleeve",
)
f.add("sleeve_covered", "nobody has judged", lambda s: s.asking(marks=()), INSUFFICIENT, PEND, base="sleeve")
f.add(
    "sleeve_covered",
    "judged against",
    lambda s: s.asking(marks=()).marked(
        sleeve_covered=NOT_MET, procedure_bypass=NOT_MET, procedure_switch=NOT_MET, procedure_band=NOT_MET
    ),
    NOT_MET,
    REFER,
    base="sleeve",
)

f.gone("bmi", "bmi")
f.against("bmi", "bmi", "BMI 33.8 kg/m2 on 10/20/2026.")
f.short_of("bmi", "bmi", "Goal BMI of 36.")
f.short_of("bmi", "bmi", "Her mother's BMI is 44.")
f.short_of("bmi", "bmi", "Weight 262 lb.")
f.also("bmi", "bmi", "Body mass index: 35.0")
f.also("bmi", "bmi", "BMI 51")

LEAVES = {
    "bypass": "comorbidity_diabetes",
    "hypertension": "comorbidity_hypertension",
    "cardiac": "comorbidity_cardiac",
    "respiratory": "comorbidity_respiratory",
    "stated": "comorbidity_stated",
}
for base, leaf in LEAVES.items():
    f.gone(leaf, "illness", base=base)
    f.short_of(
        leaf,
        "illness",
        "Her mother has type 2 diabetes, hypertension, coronary artery disease and asthma.",
        base=base,
    )
f.said("comorbidity_diabetes", "illness", "She does not have type 2 diabetes.", NOT_MET, PEND)
f.short_of("comorbidity_diabetes", "illness", "She has prediabetes.")
f.also("comorbidity_diabetes", "illness", "T2DM, last HbA1c 7.9%.")
f.said("comorbidity_hypertension", "illness", "No hypertension.", NOT_MET, PEND, base="hypertension")
f.said("comorbidity_cardiac", "illness", "No coronary artery disease.", NOT_MET, PEND, base="cardiac")
f.said("comorbidity_respiratory", "illness", "No obstructive sleep apnea.", NOT_MET, PEND, base="respiratory")
f.said(
    "comorbidity_stated", "illness", "She has no obesity-related comorbidity.", NOT_MET, PEND, base="stated"
)
f.short_of("comorbidity_stated", "illness", "She has osteoarthritis of both knees.", base="stated")
f.add(
    "comorbidity_diabetes",
    "obesity alone",
    lambda s: s.saying(
        illness="No type 2 diabetes, no hypertension, no heart disease, no asthma and no obesity-related comorbidity."
    ),
    NOT_MET,
    REFER,
)

f.gone("failed_treatment", "diets")
f.against("failed_treatment", "diets", "She has not failed medical treatment for obesity.")
f.short_of("failed_treatment", "diets", "She will start a medically supervised weight loss program.")
f.short_of("failed_treatment", "diets", "She is following a diet.")
f.also(
    "failed_treatment",
    "diets",
    "Previously unsuccessful with medical treatment for obesity (diet, phentermine).",
)
f.also("failed_treatment", "diets", "Diets and exercise over 5 years were unsuccessful.")

for leaf, description in (
    ("open_band", "Open adjustable gastric banding"),
    ("open_sleeve", "Open sleeve gastrectomy"),
    ("vertical_banded", "Laparoscopic vertical banded gastroplasty"),
    ("intestinal_bypass", "Intestinal bypass surgery"),
    ("gastric_balloon", "Gastric balloon for treatment of obesity"),
    ("supplemented_fasting", "Supplemented fasting program"),
):
    f.add(leaf, "asked for", BYPASS.asking(code="", description=description), MET, REFER)
    f.add(
        leaf,
        "only in the history",
        BYPASS.saying(past=f"{description} in 1998."),
        INSUFFICIENT,
        APPROVE,
    )
f.also(
    "comorbidity_hypertension",
    "illness",
    "Comorbidities: T2DM (A1c 8.0), HTN, OSA on CPAP.",
    base="hypertension",
)
NEVER_AGAINST = (
    "sleeve_asked",
    "open_band",
    "open_sleeve",
    "vertical_banded",
    "intestinal_bypass",
    "gastric_balloon",
    "supplemented_fasting",
)
"""What is asked for is never denied by its own line."""
