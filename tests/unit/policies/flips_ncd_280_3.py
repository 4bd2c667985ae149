"""Mobility assistive equipment, NCD 280.3: cases that meet it, and every leaf flipped."""

from __future__ import annotations

from tests.unit.policies.support import APPROVE, INSUFFICIENT, MET, NOT_MET, PEND, Flips, Sheet

MANUAL = Sheet(
    "ncd_280_3",
    {
        "limitation": "She is unable to walk more than ten feet.",
        "living": "She needs help with toileting, dressing and bathing at home.",
        "mind": "Cognition and vision are intact.",
        "safe": "She demonstrated safe operation of the wheelchair in the clinic.",
        "willing": "She is willing to use it every day.",
        "cane": "A walker is not sufficient.",
        "home": "Home assessment: doorways are wide enough and floors are level.",
        "arms": "Upper extremity strength 5/5.",
    },
    code="K0001",
    description="Standard manual wheelchair",
    diagnosis_code="G82.20",
    diagnosis="Paraplegia, unspecified",
)
PUSHED = MANUAL.saying(arms="Her husband is available, willing and able to push the wheelchair.")
SCOOTER = MANUAL.saying(
    arms="She cannot propel a manual wheelchair.",
    trunk="Trunk control and sitting balance are good.",
).asking(code="K0800", description="Power operated vehicle, scooter")
POWER = MANUAL.saying(
    arms="She cannot propel a manual wheelchair.",
    trunk="She lacks the postural stability for a scooter.",
).asking(code="K0823", description="Power wheelchair")
TILT = POWER.saying(trunk="She needs power tilt for pressure relief.")
WALKER = MANUAL.saying(
    cane="With a walker she is steady and safe.", home="", arms="",
).asking(code="E0143", description="Folding walker, wheeled")  # fmt: skip
HELPED = MANUAL.saying(
    mind="She has mild dementia; her daughter lives with her and assists her at all times."
)
BASES = {
    "manual": MANUAL, "pushed": PUSHED, "scooter": SCOOTER, "power": POWER, "tilt": TILT, "walker": WALKER,
    "compensated": HELPED,
}  # fmt: skip
f = Flips(BASES)
FLIPS = f.found

f.gone("mobility_limitation", "limitation")
f.against("mobility_limitation", "limitation", "She has no mobility limitation.")
f.short_of("mobility_limitation", "limitation", "Her husband is unable to walk.")
f.also("mobility_limitation", "limitation", "Non-ambulatory since the injury.")
f.gone("mradl", "living")
f.against("mradl", "living", "She does not need help with toileting, dressing and bathing.")
f.short_of("mradl", "living", "Her mother needs help with bathing.")
f.also("mradl", "living", "Toileting and bathing are limited to a few minutes.")

f.gone("mind_intact", "mind")
f.gone("vision_adequate", "mind")
f.said("mind_intact", "mind", "Cognition is not intact. Vision is good.", NOT_MET, PEND)
f.said("vision_adequate", "mind", "Alert and oriented. Vision is not adequate.", NOT_MET, PEND)
f.said("vision_adequate", "mind", "Alert and oriented; legally blind.", INSUFFICIENT, PEND)
f.also("mind_intact", "mind", "Alert and oriented; vision is corrected.")
f.also("vision_adequate", "mind", "No cognitive or visual impairment.")
f.gone("compensated", "mind", base="compensated")
f.said("compensated", "mind", "She has dementia and lives alone.", INSUFFICIENT, PEND, base="compensated")
f.said(
    "compensated", "mind", "She has dementia; no caregiver is available.", NOT_MET, PEND, base="compensated"
)

f.gone("can_operate", "safe")
f.short_of("can_operate", "safe", "Ibuprofen is safe to use.")
f.against("can_operate", "safe", "She did not demonstrate safe operation of the wheelchair.")
f.short_of("can_operate", "safe", "Safe operation of the wheelchair will be assessed.")
f.gone("willing", "willing")
f.short_of("willing", "willing", "She is willing to try a new medication.")
f.against("willing", "willing", "She is not willing to use it.")
f.also("willing", "willing", "She wishes to use it at home.")

f.gone("cane_insufficient", "cane")
f.said("cane_insufficient", "cane", "A walker has not been tried.", INSUFFICIENT, PEND)
f.short_of("cane_insufficient", "cane", "She uses a cane and does not need a wheelchair outdoors.")
f.short_of("cane_insufficient", "cane", "With her walker: no falls.")
f.short_of("cane_insufficient", "cane", "She is unable to walk without a walker.")
f.also("cane_insufficient", "cane", "She fell twice despite a walker.")
f.gone("home_supports", "home")
f.against("home_supports", "home", "The home does not support a wheelchair: it is not accessible.", PEND)
f.short_of("home_supports", "home", "Home assessment was done.")
f.short_of("home_supports", "home", "At home she has adequate food and support.")
f.short_of("home_supports", "home", "The house needs a ramp.")
f.short_of("home_supports", "home", "A visit to the house is scheduled.")
f.also("home_supports", "home", "The apartment is wheelchair accessible.")

f.add(
    "asked_manual", "nobody says", lambda s: s.asking(code="", description="Wheelchair"), INSUFFICIENT, PEND
)
f.add("asked_manual", "asked for", lambda s: s, MET, APPROVE)
f.gone("upper_sufficient", "arms")
f.said("upper_sufficient", "arms", "Upper extremity strength is not sufficient.", NOT_MET, PEND)
f.said("upper_sufficient", "arms", "Upper extremity sensation is intact.", INSUFFICIENT, PEND)
f.said(
    "upper_sufficient",
    "arms",
    "Upper extremity strength 5/5 on the right, 0/5 on the left.",
    INSUFFICIENT,
    PEND,
)
f.also("upper_sufficient", "arms", "She self-propels without difficulty.")
f.gone("caregiver_pushes", "arms", base="pushed")
f.said(
    "caregiver_pushes",
    "arms",
    "No caregiver is available to push the wheelchair.",
    NOT_MET,
    PEND,
    base="pushed",
)
f.also("caregiver_pushes", "arms", "Her son pushes the wheelchair.", base="pushed")

f.add("asked_scooter", "nobody says", lambda s: s.asking(code="", description="Mobility device wheelchair"),
      INSUFFICIENT, PEND, base="scooter")  # fmt: skip
f.add("asked_scooter", "asked for", lambda s: s, MET, APPROVE, base="scooter")
f.gone("scooter_upper", "arms", base="scooter")
f.said("scooter_upper", "arms", "Upper extremity strength 5/5.", INSUFFICIENT, PEND, base="scooter")
f.said("scooter_upper", "arms", "Shoulder pain, mild.", INSUFFICIENT, PEND, base="scooter")
f.also("scooter_upper", "arms", "Unable to self-propel because of shoulder weakness.", base="scooter")
f.gone("scooter_stability", "trunk", base="scooter")
f.said("scooter_stability", "trunk", "Trunk control is not good.", NOT_MET, PEND, base="scooter")

f.add("asked_power", "nobody says", lambda s: s.asking(code="", description="Mobility device wheelchair"), INSUFFICIENT,
      PEND, base="power")  # fmt: skip
f.add("asked_power", "asked for", lambda s: s, MET, APPROVE, base="power")
f.gone("power_upper", "arms", base="power")
f.gone("scooter_precluded", "trunk", base="power")
f.said("scooter_precluded", "trunk", "A scooter was not ordered.", INSUFFICIENT, PEND, base="power")
f.also("scooter_precluded", "trunk", "A scooter is not possible: she cannot hold the tiller.", base="power")
f.gone("power_features", "trunk", base="tilt")
f.said("power_features", "trunk", "She does not need power tilt.", NOT_MET, PEND, base="tilt")
f.also("power_features", "trunk", "A joystick is required for her hand function.", base="tilt")

f.add("asked_cane_walker", "nobody says", lambda s: s.asking(code="", description="Mobility device wheelchair"),
      INSUFFICIENT, PEND, base="walker")  # fmt: skip
f.add("asked_cane_walker", "asked for", lambda s: s, MET, APPROVE, base="walker")
f.gone("cane_sufficient", "cane", base="walker")
f.said("cane_sufficient", "cane", "A walker has been tried.", INSUFFICIENT, PEND, base="walker")
f.also("cane_sufficient", "cane", "A cane resolves the deficit.", base="walker")
NEVER_AGAINST = (
    "asked_cane_walker", "cane_sufficient", "cane_insufficient", "asked_manual", "asked_scooter", "scooter_upper",
    "asked_power", "power_upper", "scooter_precluded",
)  # fmt: skip
