"""Home oxygen, NCD 240.2: both groups, every way in, and every leaf flipped."""

from __future__ import annotations

from tests.unit.policies.support import APPROVE, INSUFFICIENT, MET, NOT_MET, PEND, REFER, Flips, Sheet

REST = Sheet(
    "ncd_240_2",
    {
        "illness": "Mr. Sample has COPD with shortness of breath on minimal activity.",
        "rest": "SpO2 85% at rest on room air, 10/20/2026.",
        "ordered": "I ordered and reviewed the oximetry.",
    },
    code="E1390",
    description="Oxygen concentrator",
    diagnosis_code="J44.9",
    diagnosis="Chronic obstructive pulmonary disease",
)
OTHERWISE_FINE = {
    # what closes the other ways in, so that one value decides
    "rest": "At rest on room air SpO2 94% and PaO2 72 mmHg, 10/20/2026.",
    "sleeping": "During sleep SpO2 nadir 93% and PaO2 70 mmHg.",
    "falls": "During sleep a decrease in oxygen saturation of 2% and a decrease in PaO2 of 3 mmHg.",
    "walking": "During exercise SpO2 92% and PaO2 68 mmHg.",
}
BASES = {
    "rest_saturation": REST,
    "rest_po2": REST.saying(rest="ABG at rest on room air: PaO2 52 mmHg."),
    "sleep_saturation": REST.saying(
        rest="SpO2 93% while awake.", sleeping="Overnight oximetry: SpO2 84% during sleep on room air."
    ),
    "sleep_po2": REST.saying(rest="PaO2 64 mmHg while awake.", sleeping="PaO2 50 mmHg during sleep."),
    "fall_saturation": REST.saying(
        rest="SpO2 95% while awake.",
        sleeping="A decrease in oxygen saturation of 7% during sleep.",
        signs="She has nocturnal restlessness and insomnia.",
    ),
    "fall_po2": REST.saying(
        rest="PaO2 70 mmHg while awake.",
        sleeping="A decrease in PaO2 of 14 mmHg during sleep.",
        signs="She has impaired cognition.",
    ),
    "exercise_saturation": REST.saying(
        rest="SpO2 93% at rest.",
        walking="SpO2 84% on room air with ambulation.",
        oxygen="It improved to 94% with oxygen at 2 L/min.",
    ),
    "exercise_po2": REST.saying(
        rest="PaO2 66 mmHg at rest.",
        walking="PaO2 51 mmHg during exercise on room air.",
        oxygen="Hypoxemia corrected with oxygen at 2 L/min.",
    ),
    "group_2_edema": REST.saying(
        rest="SpO2 89% on room air.",
        edema="There is dependent edema.",
        failure="She has congestive heart failure.",
    ),
    "group_2_po2": REST.saying(
        rest="PaO2 57 mmHg on room air.",
        ph="Pulmonary hypertension.",
        echo="Echocardiogram on 09/01/2026 showed RVSP 58 mmHg.",
    ),
    "group_2_hematocrit": REST.saying(rest="SpO2 89% on room air.", blood="Hematocrit 58%."),
    "inpatient": REST.saying(illness="COPD exacerbation.", day="Tested on the day of discharge, 10/20/2026."),
}
f = Flips(BASES)
FLIPS = f.found


def closed(s: Sheet, **more: str) -> Sheet:
    """The case with every way in closed but for what is given."""
    return s.saying(
        edema="No dependent edema.",
        ph="No pulmonary hypertension.",
        blood="Hematocrit 44%.",
        **{**OTHERWISE_FINE, **more},
    )


f.gone("rest_saturation", "rest")
f.add("rest_saturation", "all is well", closed, NOT_MET, REFER)
f.short_of("rest_saturation", "rest", "SpO2 85% on 2 L/min at rest.")
f.short_of("rest_saturation", "rest", "Target SpO2 is 88%.")
f.short_of("rest_saturation", "rest", "His wife's SpO2 was 85% at rest on room air.")
f.also("rest_saturation", "rest", "O2 sat 88% on RA at rest.")
f.also("rest_saturation", "rest", "Resting room air oxygen saturation: 86%")
f.gone("rest_po2", "rest", base="rest_po2")
f.add("rest_po2", "all is well", closed, NOT_MET, REFER, base="rest_po2")
f.short_of("rest_po2", "rest", "ABG: PaO2 52 mmHg on 3 L/min.", base="rest_po2")
f.also("rest_po2", "rest", "Arterial blood gas at rest, room air: pO2 7.1 kPa.", base="rest_po2")

f.gone("sleep_saturation", "sleeping", base="sleep_saturation")
f.add("sleep_saturation", "not low", closed, NOT_MET, REFER, base="sleep_saturation")
f.gone("awake_saturation", "rest", base="sleep_saturation")
f.said("awake_saturation", "rest", "SpO2 87% while awake.", NOT_MET, PEND, base="sleep_saturation")
f.gone("sleep_po2", "sleeping", base="sleep_po2")
f.add("sleep_po2", "not low", closed, NOT_MET, REFER, base="sleep_po2")
f.gone("awake_po2", "rest", base="sleep_po2")
f.said("awake_po2", "rest", "PaO2 54 mmHg while awake.", NOT_MET, PEND, base="sleep_po2")

f.gone("fall_saturation", "sleeping", base="fall_saturation")
f.add("fall_saturation", "a small fall", closed, NOT_MET, REFER, base="fall_saturation")
f.gone("fall_po2", "sleeping", base="fall_po2")
f.add("fall_po2", "a small fall", closed, NOT_MET, REFER, base="fall_po2")
f.gone("fall_signs", "signs", base="fall_saturation")
f.said(
    "fall_signs",
    "signs",
    "No cognitive impairment, no insomnia, no nocturnal restlessness.",
    NOT_MET,
    PEND,
    base="fall_saturation",
)

f.gone("exercise_saturation", "walking", base="exercise_saturation")
f.add("exercise_saturation", "not low", closed, NOT_MET, REFER, base="exercise_saturation")
f.gone("exercise_po2", "walking", base="exercise_po2")
f.add("exercise_po2", "not low", closed, NOT_MET, REFER, base="exercise_po2")
f.gone("exercise_rest_saturation", "rest", base="exercise_saturation")
f.said("exercise_rest_saturation", "rest", "SpO2 88% at rest.", NOT_MET, PEND, base="exercise_saturation")
f.gone("exercise_rest_po2", "rest", base="exercise_po2")
f.said("exercise_rest_po2", "rest", "PaO2 54 mmHg at rest.", NOT_MET, PEND, base="exercise_po2")
f.gone("exercise_improves", "oxygen", base="exercise_saturation")
f.said(
    "exercise_improves",
    "oxygen",
    "It was not corrected with oxygen.",
    NOT_MET,
    PEND,
    base="exercise_saturation",
)

f.gone("group_2_saturation", "rest", base="group_2_edema")
f.said("group_2_saturation", "rest", "SpO2 92% on room air.", NOT_MET, PEND, base="group_2_edema")
f.gone("group_2_po2_least", "rest", base="group_2_po2")
f.said("group_2_po2_least", "rest", "PaO2 54 mmHg on room air.", NOT_MET, PEND, base="group_2_po2")
f.gone("group_2_po2_most", "rest", base="group_2_po2")
f.said("group_2_po2_most", "rest", "PaO2 66 mmHg on room air.", NOT_MET, PEND, base="group_2_po2")
f.gone("edema_present", "edema", base="group_2_edema")
f.said("edema_present", "edema", "No dependent edema.", NOT_MET, PEND, base="group_2_edema")
f.gone("edema_heart_failure", "failure", base="group_2_edema")
f.said("edema_heart_failure", "failure", "No heart failure.", NOT_MET, PEND, base="group_2_edema")
f.gone("ph_present", "ph", base="group_2_po2")
f.said("ph_present", "ph", "No pulmonary hypertension.", NOT_MET, PEND, base="group_2_po2")
f.gone("ph_tested", "echo", base="group_2_po2")
f.said("ph_tested", "echo", "No echocardiogram was done.", NOT_MET, PEND, base="group_2_po2")
f.short_of("ph_tested", "echo", "An echocardiogram is ordered.", base="group_2_po2")
f.gone("erythrocythemia", "blood", base="group_2_hematocrit")
f.said("erythrocythemia", "blood", "Hematocrit 55%.", NOT_MET, PEND, base="group_2_hematocrit")

f.gone("test_ordered", "ordered")
f.against("test_ordered", "ordered", "The oximetry was never ordered and reviewed by a practitioner.")
f.also("test_ordered", "ordered", "Oximetry ordered by Dr. Ruiz, who reviewed and interpreted it.")
f.gone("when_ill", "illness")
f.add(
    "when_ill",
    "no symptoms, no discharge",
    lambda s: s.saying(illness="He denies shortness of breath."),
    NOT_MET,
    PEND,
)
f.gone("before_discharge", "day", base="inpatient")
f.add(
    "before_discharge",
    "neither",
    lambda s: s.saying(
        illness="He denies shortness of breath.", day="He was not tested within 2 days of discharge."
    ),
    NOT_MET,
    REFER,
    base="inpatient",
)
f.said("supplier_test", "who", "The oximetry was performed by the DME supplier.", MET, REFER)
f.said("supplier_test", "who", "The oximetry was not performed by the DME supplier.", INSUFFICIENT, APPROVE)
f.said(
    "supplier_test", "who", "The oximetry was performed by our hospital laboratory.", INSUFFICIENT, APPROVE
)
f.said(
    "limb_desaturation",
    "leg",
    "Severe peripheral vascular disease with evident desaturation of the right foot.",
    MET,
    REFER,
)
f.said("limb_desaturation", "leg", "He has peripheral vascular disease.", INSUFFICIENT, APPROVE)
RESULTS = "pH 7.38\npCO2 51 mmHg\npO2 53 mmHg"
f.also("rest_po2", "rest", f"Arterial blood gas, room air, resting:\n{RESULTS}", base="rest_po2")
f.also(
    "rest_po2",
    "rest",
    f"ARTERIAL BLOOD GAS  10/18/2026  Room air, resting\n{RESULTS}",
    base="rest_po2",
)
NEVER_AGAINST = (
    "supplier_test",
    "limb_desaturation",
)
