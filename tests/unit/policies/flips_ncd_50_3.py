"""Cochlear implantation, NCD 50.3: cases that meet it, and every leaf flipped."""

from __future__ import annotations

from tests.unit.policies.support import APPROVE, INSUFFICIENT, MET, NOT_MET, PEND, REFER, Flips, Sheet

A = Sheet(
    "ncd_50_3",
    {
        "loss": "Bilateral severe-to-profound sensorineural hearing loss since 2015.",
        "benefit": "Limited benefit from appropriately fitted hearing aids.",
        "score": "AzBio sentences in quiet, best-aided condition: 42%.",
        "cognition": "Cognition is intact and she is able to use auditory cues.",
        "rehabilitation": "She is motivated and willing to participate in aural rehabilitation.",
        "ear": "The middle ears are clear.",
        "lumen": "CT temporal bones: patent cochlea on both sides.",
        "nerve": "MRI: cochlear nerves are present and normal.",
        "surgery": "There are no contraindications to surgery.",
        "label": "The device is used in accordance with FDA-approved labeling.",
    },
    code="69930",
    description="Cochlear device implantation",
    diagnosis_code="H90.3",
    diagnosis="Sensorineural hearing loss, bilateral",
)
DENIED = A.saying(ear="No otitis media.")
BASES = {"implant": A, "infection_denied": DENIED}
f = Flips(BASES)
FLIPS = f.found

f.add(
    "bilateral_loss",
    "nobody says",
    A.saying(loss="Hearing loss since 2015.").asking(diagnosis_code="", diagnosis=""),
    INSUFFICIENT,
    PEND,
)
f.add("bilateral_loss", "denied", A.saying(loss="There is no bilateral sensorineural hearing loss.").asking(
    diagnosis_code="H90.0", diagnosis="Conductive hearing loss, bilateral"), NOT_MET, REFER)  # fmt: skip
f.add(
    "bilateral_loss",
    "of a relative",
    A.saying(loss="Her mother has bilateral profound sensorineural hearing loss.").asking(
        diagnosis_code="", diagnosis=""
    ),
    INSUFFICIENT,
    PEND,
)
f.said("degree", "loss", "Bilateral sensorineural hearing loss since 2015.", INSUFFICIENT, PEND)
f.against("degree", "loss", "There is no bilateral severe-to-profound sensorineural hearing loss.")
f.short_of("degree", "loss", "Bilateral mild to moderate sensorineural hearing loss.")
f.short_of("degree", "loss", "Bilateral sensorineural hearing loss, moderate tinnitus.")
f.also("degree", "loss", "Profound bilateral SNHL.")
f.also("degree", "loss", "Moderate sloping to profound sensorineural hearing loss bilaterally.")

f.gone("limited_benefit", "benefit")
f.said("limited_benefit", "benefit", "Hearing aids give good benefit.", INSUFFICIENT, PEND)
f.short_of("limited_benefit", "benefit", "Her brother has limited benefit from hearing aids.")
f.against("limited_benefit", "benefit", "She does not have limited benefit from hearing aids.")
f.also("limited_benefit", "benefit", "Hearing aids provide only minimal benefit.")

f.gone("sentence_score", "score")
f.against("sentence_score", "score", "AzBio sentences in quiet, best-aided condition: 78%.")
f.short_of("sentence_score", "score", "AzBio sentences in quiet, unaided: 12%.")
f.short_of("sentence_score", "score", "AzBio sentences will be tested in the best-aided condition.")
f.also("sentence_score", "score", "HINT sentences best aided 60% correct.")

for leaf, sentence, no, near, another in (
    ("cognitive_ability", "cognition", "Cognition is not intact.", "Cognitive testing is ordered.",
     "Cognitively intact."),
    ("rehabilitation", "rehabilitation", "She is not willing to participate in aural rehabilitation.",
     "Rehabilitation was explained.", "Committed to an aural rehabilitation program."),
    ("lumen", "lumen", "CT does not show a patent cochlea.", "She is a suitable cochlear implant candidate.",
     "Normal cochlear anatomy on CT."),
    ("contraindications", "surgery", "She is not cleared for surgery.", "Surgical clearance is pending.",
     "Medically cleared by cardiology."),
    ("labeled_use", "label", "The use is not on-label.", "The implant is an FDA-approved device.",
     "FDA-approved labeling will be followed."),
):  # fmt: skip
    f.gone(leaf, sentence)
    f.against(leaf, sentence, no)
    f.short_of(leaf, sentence, near)
    f.also(leaf, sentence, another)
f.gone("free_of_lesions", "nerve")
f.against("free_of_lesions", "nerve", "The auditory nerve is not intact.")
f.short_of("free_of_lesions", "nerve", "MRI of the auditory canal is scheduled.")
f.also("free_of_lesions", "nerve", "MRI shows normal auditory nerves.")


f.gone("free_of_infection", "ear")
f.said("free_of_infection", "ear", "The middle ears are not clear.", NOT_MET, PEND)
f.short_of("free_of_infection", "ear", "Her son has no middle ear infection.")
f.short_of("free_of_infection", "ear", "Middle ear evaluation is pending.")
f.also("free_of_infection", "ear", "Tympanic membranes intact and clear.")
f.also("free_of_infection", "ear", "No middle ear infection; tympanic membranes intact.")
f.gone("infection", "ear", base="infection_denied")
f.add("infection", "denied", lambda s: s, NOT_MET, APPROVE, base="infection_denied")
f.said(
    "infection",
    "ear",
    "No otitis media. Otitis media with otorrhea today.",
    INSUFFICIENT,
    PEND,
    base="infection_denied",
)
f.said("infection", "ear", "Otitis media with otorrhea today.", MET, REFER, base="infection_denied")
for leaf, has, no in (
    ("infection_now", "Otitis media with otorrhea today.", "No cholesteatoma."),
    ("no_lumen", "CT: ossified cochlea on the right.", "No cochlear ossification."),
    ("nerve_lesion", "MRI: vestibular schwannoma on the left.", "No acoustic neuroma."),
    ("contraindication", "Cardiology: surgery is contraindicated.", "She is not too frail for surgery."),
):
    f.add(leaf, "nobody says", lambda s: s, INSUFFICIENT, APPROVE)
    f.add(leaf, "said", A.saying(more=has), MET, REFER)
    f.add(leaf, "denied", A.saying(more=no), INSUFFICIENT, APPROVE)
f.add("infection_now", "in childhood", A.saying(more="History of recurrent otitis media as a child."), INSUFFICIENT,
      APPROVE)  # fmt: skip
f.add("off_label", "nobody says", lambda s: s, INSUFFICIENT, APPROVE)
f.add("off_label", "said", A.saying(more="Off-label use is asked for."), MET, REFER)
NEVER_AGAINST = ("infection_now", "no_lumen", "nerve_lesion", "contraindication", "off_label")
