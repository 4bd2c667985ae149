"""Lung cancer screening, NCD 210.14: cases that meet it, and every leaf flipped."""

from __future__ import annotations

from tests.unit.policies.support import APPROVE, INSUFFICIENT, MET, NOT_MET, PEND, REFER, Flips, Sheet

A = Sheet(
    "ncd_210_14",
    {
        "symptoms": "He is asymptomatic, with no signs or symptoms of lung cancer.",
        "smoking": "Tobacco: 35 pack-year history of smoking.",
        "status": "He quit smoking in 2018.",
        "order": "LDCT ordered for lung cancer screening today.",
        "visit": "A shared decision-making visit took place today.",
        "aid": "A decision aid was used.",
        "adherence": "We discussed the importance of annual LDCT screening.",
        "comorbidities": "The impact of comorbidities was discussed.",
        "willingness": "He is willing to undergo diagnosis and treatment.",
        "abstinence": "Counseled on the importance of remaining abstinent from tobacco.",
        "radiologist": "Scans are read by board-certified radiologists.",
        "facility": "The imaging center reports by Lung-RADS.",
    },
    code="71271",
    description="Low dose CT for lung cancer screening",
    diagnosis_code="Z87.891",
    diagnosis="Personal history of nicotine dependence",
)
SMOKER = A.saying(status="He is a current smoker, one pack per day.").asking(
    diagnosis_code="F17.210", diagnosis="Nicotine dependence, cigarettes, uncomplicated"
)
AGAIN = A.saying(
    visit="", aid="", adherence="", comorbidities="", willingness="", abstinence="",
    earlier="Last LDCT on 10/14/2025 was negative, Lung-RADS 1.",
)  # fmt: skip
BASES = {"quit": A, "smoker": SMOKER, "screened_before": AGAIN}
f = Flips(BASES)
FLIPS = f.found

f.add("age", "nobody says", lambda s: s.asking(birth_date=""), INSUFFICIENT, PEND)
f.add("age", "49", lambda s: s.asking(birth_date="1976-11-03"), NOT_MET, REFER)
f.add("age", "just 50", lambda s: s.asking(birth_date="1976-11-02"), MET, APPROVE)
f.add("age", "77", lambda s: s.asking(birth_date="1948-11-03"), MET, APPROVE)
f.add("age", "78", lambda s: s.asking(birth_date="1948-11-02"), NOT_MET, REFER)

f.gone("asymptomatic", "symptoms")
f.against("asymptomatic", "symptoms", "He is not asymptomatic: hemoptysis for two weeks.")
f.short_of("asymptomatic", "symptoms", "His brother is asymptomatic.")
f.short_of("asymptomatic", "symptoms", "Carotid stenosis, asymptomatic.")
f.also("asymptomatic", "symptoms", "No symptoms of lung cancer.")
f.also("asymptomatic", "symptoms", "Asymptomatic: no cough, dyspnea or weight loss.")
f.add("symptoms", "nobody says", lambda s: s, INSUFFICIENT, APPROVE)
f.add("symptoms", "said", lambda s: s.saying(more="Hemoptysis for two weeks."), MET, REFER)
f.add("symptoms", "denied", lambda s: s.saying(more="No hemoptysis."), INSUFFICIENT, APPROVE)

f.gone("pack_years", "smoking")
f.against("pack_years", "smoking", "Tobacco: 15 pack-year history of smoking.")
f.short_of("pack_years", "smoking", "Tobacco: smoked for many years.")
f.short_of("pack_years", "smoking", "His wife has a 35 pack-year history of smoking.")
f.also("pack_years", "smoking", "Smoking history: 20 pack years.")
f.also("pack_years", "smoking", "Tobacco use. Pack years: 40")

f.gone("quit_within_15", "status")
f.against("quit_within_15", "status", "He has not quit smoking.", PEND)
f.said("quit_within_15", "status", "He quit smoking in 2008.", NOT_MET, PEND, how="too long ago")
f.short_of("quit_within_15", "status", "He plans to quit smoking.")
f.short_of("quit_within_15", "status", "He quit drinking in 2020.")
f.short_of("quit_within_15", "status", "Former smoker.")
f.also("quit_within_15", "status", "Former smoker, quit 6 years ago.")
f.add("current_smoker", "nobody says", lambda s: s.saying(status="").asking(diagnosis_code="", diagnosis=""),
      INSUFFICIENT, PEND, base="smoker")  # fmt: skip
f.add("current_smoker", "denied", SMOKER.saying(status="He is not a current smoker; he quit smoking in 2005.").asking(
    diagnosis_code="", diagnosis=""), NOT_MET, REFER, base="smoker")  # fmt: skip
f.add("current_smoker", "smokes something else", lambda s: s.saying(status="Smokes cannabis daily.").asking(
    diagnosis_code="", diagnosis=""), INSUFFICIENT, PEND, base="smoker")  # fmt: skip
f.also("current_smoker", "status", "Continues to smoke cigarettes daily.", base="smoker")

f.gone("order", "order")
f.against("order", "order", "No LDCT order has been written.")
f.also("order", "order", "Order: low dose CT for lung cancer screening.")

for leaf, sentence, no, near in (
    (
        "visit",
        "visit",
        "No shared decision-making visit took place.",
        "A shared decision-making visit is scheduled.",
    ),
    ("decision_aid", "aid", "No decision aid was used.", "A decision aid will be used at the next visit."),
    ("adherence", "adherence", "We did not discuss annual LDCT screening.", "Annual visits are kept."),
    (
        "comorbidities",
        "comorbidities",
        "The impact of comorbidities was not discussed.",
        "Comorbidities: hypertension.",
    ),
    (
        "willingness",
        "willingness",
        "He is not willing to undergo treatment.",
        "His wife is willing to undergo treatment.",
    ),
    ("abstinence", "abstinence", "He was not counseled on tobacco.", "Tobacco use is noted."),
):
    f.gone(leaf, sentence)
    f.against(leaf, sentence, no, PEND)
    f.short_of(leaf, sentence, near)
f.add(
    "earlier_ldct", "nobody says", lambda s: s.saying(earlier=""), INSUFFICIENT, PEND, base="screened_before"
)
f.add("earlier_ldct", "denied", lambda s: s.saying(earlier="He has had no prior LDCT."), NOT_MET, PEND,
      base="screened_before")  # fmt: skip
f.add("earlier_ldct", "planned", lambda s: s.saying(earlier="First LDCT is scheduled for next week."), INSUFFICIENT,
      PEND, base="screened_before")  # fmt: skip
f.add("earlier_ldct", "neither screened before nor counseled", lambda s: s.saying(
    earlier="He has had no prior LDCT.", visit="No shared decision-making visit took place."), NOT_MET, REFER,
    base="screened_before")  # fmt: skip

f.gone("radiologist", "radiologist")
f.against("radiologist", "radiologist", "The radiologist is not board-certified.")
f.also(
    "radiologist", "radiologist", "Read by a board eligible radiologist of the American Board of Radiology."
)
f.gone("facility", "facility")
f.against("facility", "facility", "The imaging center does not use Lung-RADS.")
f.also("facility", "facility", "The facility uses a standardized lung nodule reporting system.")
f.also("radiologist", "radiologist", "A board-certified radiologist will read the scan.")
NEVER_AGAINST = ("symptoms",)
