"""Infusion pumps, NCD 280.14: cases that meet it, and every leaf flipped."""

from __future__ import annotations

from tests.unit.policies.support import APPROVE, INSUFFICIENT, MET, NOT_MET, PEND, REFER, Flips, Sheet

A = Sheet(
    "ncd_280_14",
    {
        "diagnosis": "Ms. Sample has had type 1 diabetes since 1989.",
        "c_peptide": "Fasting C-peptide 0.3 ng/mL (reference range 0.8-3.9 ng/mL), drawn 09/14/2026.",
        "glucose": "Fasting plasma glucose in the same draw was 142 mg/dL.",
        "education": "She completed a comprehensive diabetes education program (DSMES) on 03/12/2025.",
        "injections": "She takes four insulin injections per day: glargine at night and lispro before each meal.",
        "mdi": "She has been on multiple daily injections for 14 months.",
        "adjusts": "She counts carbohydrates and frequently self-adjusts her insulin doses.",
        "testing": "Over the past 3 months she has checked her blood glucose 6 times per day; log reviewed.",
        "a1c": "HbA1c 8.4% on 10/02/2026.",
        "physician": "I follow more than 60 patients on insulin pumps and will manage her pump therapy.",
        "team": "Our team of nurses, certified diabetes educators and registered dietitians sees every pump patient.",
    },
    code="E0784",
    description="External insulin pump",
    diagnosis_code="E10.65",
    diagnosis="Type 1 diabetes mellitus with hyperglycemia",
)
B = A.saying(
    education="",
    injections="",
    mdi="",
    adjusts="",
    testing="",
    a1c="",
    earlier="She was on an insulin pump for six years before enrolling in Medicare.",
    earlier_testing="During the 2 months before Medicare enrollment she tested her blood glucose 5 times per day.",
)
ANTIBODY = A.saying(c_peptide="", glucose="", antibody="GAD65 antibody positive at 48 IU/mL on 08/02/2026.")
RENAL = A.saying(
    c_peptide="Fasting C-peptide 1.2 ng/mL (reference range 0.8-3.9 ng/mL), drawn 09/14/2026.",
    renal="Chronic kidney disease; creatinine clearance 38 mL/min (Cockcroft-Gault).",
)
DAWN = A.saying(
    a1c="HbA1c 6.8% on 10/02/2026.",
    dawn="She has a dawn phenomenon.",
    mornings="Her fasting blood sugars are frequently 230 to 260 mg/dL.",
)
BASES = {
    "criterion_a": A,
    "criterion_b": B,
    "antibody": ANTIBODY,
    "renal": RENAL,
    "dawn": DAWN,
    "hypoglycemia": A.saying(a1c="", low="Recurrent hypoglycemia, three episodes below 54 mg/dL last month."),
    "fluctuations": A.saying(
        a1c="", swings="Log shows wide fluctuations in blood glucose before meals, 52 to 310."
    ),
    "excursions": A.saying(a1c="", swings="History of severe glycemic excursions on injections."),
}
f = Flips(BASES)
FLIPS = f.found

f.add(
    "diabetes",
    "nobody says",
    A.saying(diagnosis="", education="She completed a DSMES class on 03/12/2025.").asking(
        diagnosis_code="", diagnosis=""
    ),
    INSUFFICIENT,
    PEND,
)
f.add(
    "diabetes",
    "denied",
    A.saying(
        diagnosis="She does not have diabetes.", education="She completed a DSMES class on 03/12/2025."
    ).asking(diagnosis_code="R73.9", diagnosis="Hyperglycemia"),
    NOT_MET,
    REFER,
)
f.add(
    "diabetes",
    "only gestational",
    A.saying(
        diagnosis="History of gestational diabetes in 1989.",
        education="She completed a DSMES class on 03/12/2025.",
    ).asking(diagnosis_code="", diagnosis=""),
    INSUFFICIENT,
    PEND,
)

f.gone("c_peptide_110", "c_peptide")
f.said(
    "c_peptide_110",
    "c_peptide",
    "Fasting C-peptide 1.4 ng/mL (reference range 0.8-3.9 ng/mL).",
    NOT_MET,
    PEND,
)
f.short_of("c_peptide_110", "c_peptide", "Fasting C-peptide 0.3 ng/mL.")
f.short_of("c_peptide_110", "c_peptide", "Random C-peptide 0.3 ng/mL (reference range 0.8-3.9 ng/mL).")
f.short_of("c_peptide_110", "c_peptide", "Fasting C-peptide ordered, result pending.")
f.also("c_peptide_110", "c_peptide", "C-peptide, fasting: 0.88 ng/mL (ref 0.80 - 3.85)")
f.add(
    "c_peptide_110",
    "no kidney disease either",
    lambda s: s.saying(
        c_peptide="Fasting C-peptide 1.4 ng/mL (reference range 0.8-3.9 ng/mL).",
        renal="Creatinine clearance 92 mL/min (Cockcroft-Gault).",
        antibody="GAD65 antibody negative.",
    ),
    NOT_MET,
    REFER,
)

f.add("c_peptide_200", "nobody says", lambda s: s.saying(c_peptide=""), INSUFFICIENT, PEND, base="renal")
f.add(
    "c_peptide_200",
    "above it",
    lambda s: s.saying(
        c_peptide="Fasting C-peptide 1.9 ng/mL (reference range 0.8-3.9 ng/mL).",
        antibody="GAD65 antibody negative.",
    ),
    NOT_MET,
    REFER,
    base="renal",
)
f.add(
    "creatinine_clearance",
    "nobody says",
    lambda s: s.saying(renal="Chronic kidney disease."),
    INSUFFICIENT,
    PEND,
    base="renal",
)
f.add(
    "creatinine_clearance",
    "too good",
    lambda s: s.saying(
        renal="Creatinine clearance 64 mL/min (Cockcroft-Gault).", antibody="GAD65 antibody negative."
    ),
    NOT_MET,
    REFER,
    base="renal",
)
f.add(
    "creatinine_clearance",
    "another unit",
    lambda s: s.saying(renal="Creatinine 1.8 mg/dL."),
    INSUFFICIENT,
    PEND,
    base="renal",
)

f.gone("c_peptide_glucose", "glucose")
f.said(
    "c_peptide_glucose", "glucose", "Fasting plasma glucose in the same draw was 260 mg/dL.", NOT_MET, PEND
)
f.add(
    "c_peptide_glucose",
    "too high, nothing else about glucose",
    lambda s: s.saying(
        glucose="Fasting plasma glucose in the same draw was 260 mg/dL.", testing="", mornings=""
    ),
    NOT_MET,
    PEND,
)
f.short_of("c_peptide_glucose", "glucose", "Fasting plasma glucose was 142 mg/dL in June.")
f.add(
    "c_peptide_glucose",
    "too high and no antibody",
    lambda s: s.saying(
        glucose="Fasting plasma glucose in the same draw was 260 mg/dL.", antibody="GAD65 antibody negative."
    ),
    NOT_MET,
    REFER,
)

f.add("autoantibody", "nobody says", lambda s: s.saying(antibody=""), INSUFFICIENT, PEND, base="antibody")
f.add(
    "autoantibody",
    "negative, and C-peptide normal",
    lambda s: s.saying(
        antibody="GAD65 antibody negative.",
        c_peptide="Fasting C-peptide 2.4 ng/mL (reference range 0.8-3.9 ng/mL).",
        renal="Creatinine clearance 92 mL/min.",
    ),
    NOT_MET,
    REFER,
    base="antibody",
)
f.add(
    "autoantibody",
    "of a brother",
    lambda s: s.saying(antibody="Her brother is GAD65 antibody positive."),
    INSUFFICIENT,
    PEND,
    base="antibody",
)
f.add(
    "autoantibody",
    "ordered",
    lambda s: s.saying(antibody="GAD65 antibody ordered to see whether it is positive."),
    INSUFFICIENT,
    PEND,
    base="antibody",
)
f.also("autoantibody", "antibody", "Islet cell antibodies were detected (positive) in 2019.", base="antibody")

f.gone("education", "education")
f.short_of("education", "education", "She is scheduled to start a diabetes education program next month.")
f.against(
    "education",
    "education",
    "She has never attended a diabetes education program.",
    PEND,
)
f.short_of("education", "education", "Her husband completed the diabetes education program with us in 2025.")
f.also("education", "education", "Attended all five DSMT classes, certificate dated 05/02/2025.")

f.gone("injections_per_day", "injections", outcome=PEND)
f.against("injections_per_day", "injections", "She takes two insulin injections per day.", PEND)
f.short_of("injections_per_day", "injections", "She takes insulin injections.")
f.short_of("injections_per_day", "injections", "The plan is to go to four insulin injections per day.")
f.also("injections_per_day", "injections", "She injects insulin 5 times a day.")

f.gone("injections_duration", "mdi")
f.against("injections_duration", "mdi", "She has been on multiple daily injections for 3 months.", PEND)
f.short_of("injections_duration", "mdi", "She is on multiple daily injections.")
f.also("injections_duration", "mdi", "On basal-bolus insulin since January 2024.")

f.gone("self_adjustment", "adjusts")
f.against("self_adjustment", "adjusts", "She does not self-adjust her insulin doses.", PEND)
f.short_of("self_adjustment", "adjusts", "She will learn carb counting at the next visit.")
f.also(
    "self_adjustment", "adjusts", "She adjusts her mealtime insulin by a correction factor and carb ratio."
)

f.gone("self_testing", "testing")
f.against(
    "self_testing",
    "testing",
    "Over the past 3 months she has checked her blood glucose 2 times per day.",
    PEND,
)
f.short_of("self_testing", "testing", "She checks her blood glucose.")
f.short_of("self_testing", "testing", "She was advised to check her blood glucose 6 times per day.")
f.also("self_testing", "testing", "SMBG 5x daily for the last 4 months per meter download.")

f.gone("a1c", "a1c")
f.against("a1c", "a1c", "HbA1c 6.8% on 10/02/2026.", PEND)
f.short_of("a1c", "a1c", "HbA1c goal below 7.0%.")
f.short_of("a1c", "a1c", "Her sister's HbA1c is 9.1%.")
f.also("a1c", "a1c", "Hemoglobin A1c: 7.1 % (10/02/2026)")
for leaf, sentence, no, near in (
    (
        "hypoglycemia",
        "low",
        "She denies recurrent hypoglycemia.",
        "Glucagon is prescribed in case of hypoglycemia.",
    ),
    (
        "fluctuations",
        "swings",
        "No wide fluctuations in blood glucose before meals.",
        "Readings before meals noted.",
    ),
    (
        "excursions",
        "swings",
        "No history of severe glycemic excursions.",
        "Some glycemic excursions after meals.",
    ),
):
    f.add(leaf, "nobody says", BASES[leaf].saying(**{sentence: ""}), INSUFFICIENT, PEND, base=leaf)
    f.add(leaf, "denied", BASES[leaf].saying(**{sentence: no}), NOT_MET, PEND, base=leaf)
    f.add(leaf, "near", BASES[leaf].saying(**{sentence: near}), INSUFFICIENT, PEND, base=leaf)
f.add("dawn", "nobody says", lambda s: s.saying(dawn=""), INSUFFICIENT, PEND, base="dawn")
f.add("dawn", "denied", lambda s: s.saying(dawn="There is no dawn phenomenon."), NOT_MET, PEND, base="dawn")
f.add("dawn_sugars", "nobody says", lambda s: s.saying(mornings=""), INSUFFICIENT, PEND, base="dawn")
f.add(
    "dawn_sugars",
    "lower",
    lambda s: s.saying(mornings="Her fasting blood sugars are usually 130 to 160 mg/dL."),
    NOT_MET,
    PEND,
    base="dawn",
)
f.add(
    "dawn_sugars",
    "once",
    lambda s: s.saying(mornings="One fasting blood sugar of 230 mg/dL."),
    INSUFFICIENT,
    PEND,
    base="dawn",
)

f.add("earlier_pump", "nobody says", lambda s: s.saying(earlier=""), INSUFFICIENT, PEND, base="criterion_b")
f.add(
    "earlier_pump",
    "denied",
    lambda s: s.saying(earlier="She was never on an insulin pump before enrolling in Medicare."),
    NOT_MET,
    PEND,
    base="criterion_b",
)
f.add(
    "earlier_testing",
    "nobody says",
    lambda s: s.saying(earlier_testing=""),
    INSUFFICIENT,
    PEND,
    base="criterion_b",
)
f.add(
    "earlier_testing",
    "too few",
    lambda s: s.saying(
        earlier_testing="During the 2 months before Medicare enrollment she tested her blood glucose 2 times per day."
    ),
    NOT_MET,
    REFER,
    base="criterion_b",
)
f.add(
    "earlier_testing",
    "not then",
    lambda s: s.saying(
        earlier_testing="Over the past 2 months she has tested her blood glucose 5 times per day."
    ),
    INSUFFICIENT,
    PEND,
    base="criterion_b",
)

f.gone("pump_physician", "physician")
f.short_of("pump_physician", "physician", "This is my first patient on an insulin pump.")
f.also("pump_physician", "physician", "Dr. Lee manages multiple patients with CSII.")
f.gone("pump_team", "team")
f.short_of("pump_team", "team", "Our team includes a nurse.")
f.also("pump_team", "team", "I work closely with RNs, a CDCES and an RD who know CSII.")

f.add(
    "implanted",
    "asked for",
    lambda s: s.asking(code="", description="Implantable infusion pump for insulin"),
    MET,
    REFER,
)
f.add(
    "implanted",
    "only in a leaflet",
    lambda s: s.saying(other="She asked about an implanted insulin pump once."),
    INSUFFICIENT,
    APPROVE,
)

f.against("pump_physician", "physician", "I do not manage multiple patients with CSII.")
f.against("pump_team", "team", "I do not work with a team of nurses, diabetes educators and dietitians.")
f.also(
    "pump_team",
    "team",
    "Our clinic follows >200 CSII patients with a team of RN, CDCES and RD.",
)
NEVER_AGAINST = ("implanted",)
"""What is asked for is never denied by its own line."""
f.also(
    "pump_team",
    "team",
    "Plan: External insulin pump (E0784) with supplies.\nOur team of nurses, certified diabetes educators and "
    "registered dietitians sees every pump patient.",
)
f.short_of(
    "pump_team", "team", "Plan: supplies.\nOur team will add nurses, diabetes educators and dietitians."
)
