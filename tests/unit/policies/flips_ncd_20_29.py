"""Hyperbaric oxygen, NCD 20.29: the fifteen conditions, each carrying alone, and every leaf flipped."""

from __future__ import annotations

from tests.unit.policies.support import APPROVE, INSUFFICIENT, MET, NOT_MET, PEND, REFER, Flips, Sheet

WOUND = Sheet(
    "ncd_20_29",
    {
        "wound": "Mr. Sample has a diabetic foot ulcer of the left heel, 3.1 x 2.4 cm, from type 2 diabetes.",
        "wagner": "The ulcer is Wagner grade 3.",
        "course": "He has had standard wound care for 45 days.",
        "healing": "There were no measurable signs of healing in that time.",
        "vascular": "Vascular status was assessed: ABI 1.02, toe pressure 62 mmHg.",
        "nutrition": "Nutritional status was optimized with protein supplementation.",
        "glucose": "Glucose control was optimized, insulin titrated by endocrinology.",
        "debridement": "Sharp debridement of devitalized tissue was done weekly.",
        "dressing": "The wound bed was kept clean and moist with alginate dressings.",
        "offloading": "The foot was off-loaded in a total contact cast.",
        "infection": "Soft tissue infection was treated with IV antibiotics and has cleared.",
        "adjunct": "Hyperbaric oxygen is used in addition to standard wound care.",
        "chamber": "Treatment is given in a monoplace chamber.",
    },
    code="G0277",
    description="Hyperbaric oxygen under pressure",
    diagnosis_code="E11.621",
    diagnosis="Type 2 diabetes mellitus with foot ulcer",
    birth_date="1951-02-03",
)


def asked_for(diagnosis: str, code: str = "", **says: str) -> Sheet:
    """A request for one condition, with nothing in the note but what is given."""
    return Sheet(
        "ncd_20_29",
        {**says, "chamber": "Treated in a multiplace chamber."},
        "G0277",
        "Hyperbaric oxygen under pressure",
        code,
        diagnosis,
    )


PLAIN = {
    "carbon_monoxide": asked_for(
        "Toxic effect of carbon monoxide",
        "T58.01XA",
        story="Acute carbon monoxide poisoning from a generator.",
    ),
    "decompression": asked_for(
        "Decompression sickness", "T70.3XXA", story="Decompression sickness after a dive to 40 m."
    ),
    "gas_embolism": asked_for("Air embolism", "T79.0XXA", story="Arterial gas embolism after line removal."),
    "gas_gangrene": asked_for(
        "Gas gangrene", "A48.0", story="Gas gangrene of the thigh, Clostridium in culture."
    ),
    "necrotizing_infection": asked_for(
        "Necrotizing fasciitis", "M72.6", story="Necrotizing fasciitis of the perineum, progressing."
    ),
    "arterial_insufficiency": asked_for(
        "Acute arterial occlusion of the leg",
        story="Acute peripheral arterial insufficiency of the right leg.",
    ),
    "skin_graft": asked_for(
        "Skin graft failure", "T86.821", story="Compromised skin graft of the left shin."
    ),
    "cyanide": asked_for(
        "Toxic effect of cyanide", "T65.0X1A", story="Cyanide poisoning after a house fire."
    ),
}
GROUPED = {
    "traumatic_ischemia": asked_for(
        "Injury of the forearm",
        condition="Acute traumatic peripheral ischemia of the right hand after a press accident.",
        threat="Loss of the hand is threatened.",
        adjunct="Hyperbaric oxygen is adjunctive to surgical repair and anticoagulation.",
    ),
    "crush_injury": asked_for(
        "Crushing injury of lower leg",
        "S87.82XA",
        condition="Crush injury of the left lower leg.",
        threat="Loss of limb is threatened.",
        adjunct="Hyperbaric oxygen is adjunctive to fasciotomy and fixation.",
    ),
    "osteomyelitis": asked_for(
        "Other chronic osteomyelitis, tibia",
        "M86.661",
        condition="Chronic osteomyelitis of the right tibia.",
        medical="It persists despite 12 weeks of IV antibiotics.",
        surgical="It recurred after two surgical debridements.",
    ),
    "osteoradionecrosis": asked_for(
        "Osteoradionecrosis of the mandible",
        condition="Osteoradionecrosis of the left mandible.",
        adjunct="Hyperbaric oxygen is an adjunct to antibiotics and resection.",
    ),
    "radionecrosis": asked_for(
        "Soft tissue radionecrosis of the chest wall",
        condition="Soft tissue radionecrosis of the chest wall.",
        adjunct="Hyperbaric oxygen is used as an adjunct to wound care.",
    ),
    "actinomycosis": asked_for(
        "Cervicofacial actinomycosis",
        "A42.2",
        condition="Cervicofacial actinomycosis.",
        medical="The disease failed six months of penicillin and doxycycline antibiotics.",
        surgical="It persisted after surgical excision in March.",
        adjunct="Hyperbaric oxygen is adjunctive to further penicillin.",
    ),
}
BASES = {"diabetic_wound": WOUND, **PLAIN, **GROUPED}
f = Flips(BASES)
FLIPS = f.found
LOST = {"diagnosis": "", "diagnosis_code": ""}
OTHER = {"diagnosis": "Shortness of breath", "diagnosis_code": "R06.02"}

for leaf in PLAIN:
    f.add(
        leaf,
        "nobody says",
        lambda s: s.saying(story="He is unwell.").asking(**LOST),
        INSUFFICIENT,
        PEND,
        base=leaf,
    )
    f.add(leaf, "another diagnosis", lambda s: s.saying(story="").asking(**OTHER), NOT_MET, REFER, base=leaf)
    f.add(leaf, "only in the note", lambda s: s.asking(**LOST), MET, APPROVE, base=leaf)
for leaf in GROUPED:
    present = f"{leaf}_present"
    f.add(
        present,
        "nobody says",
        lambda s: s.saying(condition="He is unwell.").asking(**LOST),
        INSUFFICIENT,
        PEND,
        base=leaf,
    )
    f.add(
        present,
        "another diagnosis",
        lambda s: s.saying(condition="").asking(**OTHER),
        NOT_MET,
        REFER,
        base=leaf,
    )
    f.add(present, "only in the note", lambda s: s.asking(**LOST), MET, APPROVE, base=leaf)
f.add(
    "carbon_monoxide",
    "of his son",
    lambda s: s.saying(story="His son had carbon monoxide poisoning in 2019.").asking(**LOST),
    INSUFFICIENT,
    PEND,
    base="carbon_monoxide",
)
f.add(
    "carbon_monoxide",
    "ruled out",
    lambda s: s.saying(story="Carbon monoxide poisoning was ruled out.").asking(**OTHER),
    NOT_MET,
    REFER,
    base="carbon_monoxide",
)
f.add(
    "skin_graft",
    "primary management",
    lambda s: s.saying(
        story="Compromised skin graft; hyperbaric oxygen for primary management of the wound."
    ).asking(**LOST),
    INSUFFICIENT,
    PEND,
    base="skin_graft",
)
f.add(
    "arterial_insufficiency",
    "chronic",
    lambda s: s.saying(story="Chronic peripheral vascular insufficiency.").asking(
        diagnosis="Peripheral vascular disease, unspecified", diagnosis_code="I73.9"
    ),
    NOT_MET,
    REFER,
    base="arterial_insufficiency",
)

for name, sentence, leaf, no in (
    ("traumatic_ischemia", "threat", "traumatic_ischemia_threat", "There is no limb threat."),
    (
        "traumatic_ischemia",
        "adjunct",
        "traumatic_ischemia_adjunct",
        "It is not adjunctive to any other treatment.",
    ),
    ("crush_injury", "threat", "crush_injury_threat", "There is no risk of limb loss."),
    ("crush_injury", "adjunct", "crush_injury_adjunct", "It is not adjunctive to any other treatment."),
    ("osteomyelitis", "medical", "osteomyelitis_medical", "It has not failed antibiotics."),
    ("osteomyelitis", "surgical", "osteomyelitis_surgical", "It has not failed surgery."),
    (
        "osteoradionecrosis",
        "adjunct",
        "osteoradionecrosis_adjunct",
        "It is not adjunctive to any other treatment.",
    ),
    ("radionecrosis", "adjunct", "radionecrosis_adjunct", "It is not adjunctive to any other treatment."),
    ("actinomycosis", "medical", "actinomycosis_medical", "It has not failed antibiotics."),
    ("actinomycosis", "surgical", "actinomycosis_surgical", "It has not failed surgery."),
    ("actinomycosis", "adjunct", "actinomycosis_adjunct", "It is not adjunctive to any other treatment."),
):
    f.gone(leaf, sentence, base=name)
    f.against(leaf, sentence, no, base=name)
f.short_of("osteomyelitis_medical", "medical", "IV antibiotics will be started.", base="osteomyelitis")
f.short_of(
    "osteomyelitis_surgical", "surgical", "Debridement is planned for next week.", base="osteomyelitis"
)

f.add(
    "wound_due_to_diabetes",
    "nobody says",
    lambda s: s.saying(wound="He has type 2 diabetes and a wound.").asking(**LOST),
    INSUFFICIENT,
    PEND,
)
f.add(
    "wound_due_to_diabetes",
    "a stasis ulcer",
    lambda s: s.saying(wound="He has type 2 diabetes and a venous stasis ulcer of the left calf.").asking(
        diagnosis="Varicose veins of left lower extremity with ulcer of calf", diagnosis_code="I83.022"
    ),
    NOT_MET,
    REFER,
)
f.also(
    "wound_due_to_diabetes",
    "wound",
    "He has type 2 diabetes with a plantar ulcer of the right foot due to diabetes.",
)
f.add(
    "wound_diabetes",
    "nobody says",
    lambda s: s.saying(
        wound="He has a DFU of the left heel.", glucose="Glucose control was optimized."
    ).asking(**LOST),
    INSUFFICIENT,
    PEND,
)
f.add(
    "wound_diabetes",
    "denied",
    lambda s: s.saying(
        wound="He has a DFU of the left heel but no diabetes.", glucose="Glucose control was optimized."
    ).asking(**LOST),
    NOT_MET,
    PEND,
)
f.gone("wagner", "wagner")
f.against("wagner", "wagner", "The ulcer is Wagner grade 2.")
f.against("wagner", "wagner", "The ulcer is Wagner grade II.")
f.short_of("wagner", "wagner", "Wagner grade was not recorded.")
f.also("wagner", "wagner", "Wagner classification: III")
f.gone("wound_failed", "healing")
f.against("wound_failed", "healing", "The ulcer has not failed standard wound care.")
f.also("wound_failed", "healing", "The ulcer is unchanged in size and nonhealing.")
f.gone("wound_30_days", "course")
f.against("wound_30_days", "course", "He has had standard wound care for 12 days.")
f.short_of("wound_30_days", "course", "He has had standard wound care.")
f.also("wound_30_days", "course", "Standard wound care since 08/15/2026.")
for leaf, sentence, no, planned in (
    ("wound_vascular", "vascular", "No vascular assessment was done.", "Vascular studies are ordered."),
    (
        "wound_nutrition",
        "nutrition",
        "No nutritional assessment was done.",
        "A nutrition consult is planned.",
    ),
    (
        "wound_glucose",
        "glucose",
        "No glucose optimization was done.",
        "Endocrinology will see him for glucose control.",
    ),
    (
        "wound_debridement",
        "debridement",
        "No debridement was done.",
        "Debridement is scheduled for next week.",
    ),
    ("wound_dressing", "dressing", "No moist dressings were used.", "Alginate will be tried next."),
    ("wound_offloading", "offloading", "The foot was not off-loaded.", "Off-loading will be ordered."),
    (
        "wound_infection",
        "infection",
        "The infection was not treated with antibiotics.",
        "Antibiotics will be started.",
    ),
):
    f.gone(leaf, sentence)
    f.against(leaf, sentence, no)
    f.short_of(leaf, sentence, planned)
f.also("wound_infection", "infection", "There are no signs of infection.")
f.gone("wound_adjunct", "adjunct")
f.also("wound_adjunct", "adjunct", "Plan: 30 treatments in addition to continued standard wound care.")
f.against("wound_adjunct", "adjunct", "It is not adjunctive to any other treatment.")

f.add("chamber", "nobody says", lambda s: s.saying(chamber="").asking(code=""), INSUFFICIENT, PEND)
f.add(
    "chamber",
    "denied",
    lambda s: s.saying(chamber="Oxygen is applied topically, not in a chamber.").asking(code=""),
    NOT_MET,
    REFER,
)
f.add("chamber", "by its code", lambda s: s.saying(chamber=""), MET, APPROVE)
f.said("no_healing_on_hbo", "again", "There was no healing during 30 days of hyperbaric oxygen.", MET, REFER)
f.said(
    "no_healing_on_hbo", "again", "The wound healed by half during hyperbaric oxygen.", INSUFFICIENT, APPROVE
)
f.add(
    "radionecrosis_present",
    "of the bladder, by its code",
    lambda s: s.saying(condition="").asking(diagnosis="Irradiation cystitis", diagnosis_code="N30.41"),
    MET,
    APPROVE,
    base="radionecrosis",
)
NEVER_AGAINST = ("no_healing_on_hbo",)
f.also("wound_vascular", "vascular", "Vascular status was assessed: ABI 0.95, toe pressure 62 mmHg.")
