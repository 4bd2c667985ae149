"""What reviewers ask, and the passage they must find: the relevance set of the guideline search.

The passages stand in the policies of the program and in guidelines and notes written for this set. Every third
query is held out: nothing in the search was tuned on it.
"""

# ruff: noqa: E501 - texts and lists of words are read as they stand
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asked:
    """A query of a kind, and the document with the words that the passage has to hold."""

    kind: str
    text: str
    document: str
    holds: str


GUIDELINES: dict[str, tuple[str, str]] = {
    "knee": (
        "Care guideline: total knee arthroplasty",
        """Indications
Total knee arthroplasty is considered when radiographs show Kellgren-Lawrence grade 3 or 4 osteoarthritis and pain limits walking to less than two blocks.
Conservative care of at least 12 weeks comes first: supervised physical therapy, weight management, and a trial of nonsteroidal anti-inflammatory drugs unless they are contraindicated.
At least one intra-articular corticosteroid injection is tried; hyaluronic acid is optional.
Contraindications
Active joint infection, an extensor mechanism that does not work, and neuropathic arthropathy rule the operation out.
A hemoglobin A1c above 8 percent or a body mass index above 40 calls for optimization before an elective operation.
Site of care
Most members go home the same day. An inpatient stay is requested for members with heart failure, sleep apnea without treatment, or nobody at home for the first 24 hours.
""",
    ),
    "migraine": (
        "Care guideline: preventive treatment of migraine",
        """When to start
Prevention is offered when headaches occur on four or more days a month, or when acute treatment fails or is overused.
First line
Propranolol, topiramate, amitriptyline or candesartan at an adequate dose for eight weeks each; two of different classes are tried before a monoclonal antibody.
CGRP antagonists
Erenumab, fremanezumab and galcanezumab are given under the skin once a month. Renewal needs a headache diary that shows at least 50 percent fewer days after three months.
OnabotulinumtoxinA
Botulinum toxin is for chronic migraine only: 15 or more headache days a month, of which 8 are migrainous, for longer than 3 months. It is injected into 31 sites every 12 weeks.
""",
    ),
    "arthritis": (
        "Care guideline: biologics in rheumatoid arthritis",
        """Before the first dose
A tuberculosis screening by interferon gamma release assay and hepatitis B serology are on file within the last 12 months.
Step therapy
Methotrexate at 15 mg a week or more for three months, alone or with hydroxychloroquine and sulfasalazine, comes before adalimumab, etanercept or a biosimilar of either.
Disease activity is measured by DAS28 or CDAI at the first visit and every three months.
Switching
After a tumor necrosis factor inhibitor has failed, another mechanism is preferred: rituximab, abatacept, tocilizumab or a Janus kinase inhibitor.
Members with demyelinating disease or class III heart failure do not receive a tumor necrosis factor inhibitor.
""",
    ),
    "glucose": (
        "Care guideline: continuous glucose monitoring",
        """Who qualifies
A continuous glucose monitor (CGM) is for members who inject insulin, or who have had problematic hypoglycemia: more than one level 2 event below 54 mg/dL, or one level 3 event that needed help from somebody else.
The member or a caregiver has been trained to use the sensor.
Follow-up
Within six months before the order the treating practitioner has seen the member in person or by video. Every six months after that a visit documents that the member keeps to the sensor.
HCPCS E2103 is the receiver and A4239 the monthly supply; they are not billed together with test strips.
""",
    ),
    "imaging": (
        "Care guideline: magnetic resonance imaging of the lumbar spine",
        """Red flags
Imaging without waiting is appropriate for suspected cauda equina syndrome: saddle numbness, new bladder or bowel trouble, or weakness of both legs.
Unexplained weight loss, a history of cancer, fever with intravenous drug use, and trauma at an age above 65 are also reasons not to wait.
Without red flags
Six weeks of home exercise, heat and analgesics come first. A plain film is not needed beforehand in adults below 50.
Repeat studies
A second study within 12 months needs new neurologic findings or a planned procedure. ICD-10 M54.16 and M48.061 support it; M54.50 alone does not.
""",
    ),
    "dialysis": (
        "Care guideline: home dialysis and erythropoietin",
        """Erythropoiesis stimulating agents
Epoetin or darbepoetin is started in chronic kidney disease when hemoglobin is below 10 g/dL and iron stores are replete: ferritin above 100 and transferrin saturation above 20 percent.
The dose is lowered when hemoglobin passes 11 g/dL, and held above 12.
Home hemodialysis
Training takes 15 to 25 sessions with a partner. The home needs a water supply that was tested and a dedicated drain.
""",
    ),
}
"""Guidelines of this set's own writing: a title and a text each."""

NOTES: dict[str, tuple[str, str]] = {
    "note_sleep": (
        "Sleep clinic note",
        """Sleep clinic
History: 58-year-old seen for loud snoring and witnessed pauses. Epworth Sleepiness Scale 14. Home sleep apnea test on two nights: AHI 11 events per hour, lowest saturation 84%.
Plan: start auto-titrating positive airway pressure at 5 to 15 cm of water; mask fitting with the respiratory therapist; download in 30 days.
""",
    ),
    "note_diabetes": (
        "Endocrinology note",
        """Endocrinology
Interval history: on glargine and lispro, four injections a day since March. She checks her sugar five times daily; logs reviewed. Two lows below 50 last month, one at night.
Labs: A1C 8.9 %, fasting C-peptide 0.4 ng/mL with glucose 188.
Assessment: labile type 1 diabetes with dawn phenomenon. We discussed a tubeless pump; she finished the education classes.
""",
    ),
    "note_heart": (
        "Cardiology note",
        """Cardiology
Echocardiogram: left ventricle dilated, EF 28 %. NYHA class II symptoms on carvedilol and sacubitril-valsartan for five months.
He had stents to the LAD two years ago. We used the decision aid about a defibrillator together; he wishes to go ahead.
""",
    ),
    "note_lung": (
        "Pulmonary note",
        """Pulmonary
Resting room air saturation 86 % by oximeter, pO2 53 on the gas. Walk test: desaturates to 81 within two minutes; 2 L by cannula restores 91.
Former smoker, 40 pack years, quit 2019. Portable concentrator requested.
""",
    ),
}
"""Clinical notes of this set's own writing, one case each."""

QUERIES: tuple[Asked, ...] = (
    # plain words
    Asked("plain", "insulin pump education program", "ncd_280_14", "comprehensive diabetes education program"),
    Asked("plain", "fasting glucose concurrently obtained", "ncd_280_14", "concurrently obtained fasting glucose"),
    Asked("plain", "implanted infusion pump diabetes not covered", "ncd_280_14", "implanted infusion pump for the infusion"),
    Asked("plain", "oxygen saturation during exercise", "ncd_240_2", "taken during exercise"),
    Asked("plain", "angina without hypoxemia oxygen", "ncd_240_2", "Angina pectoris in the absence of hypoxemia"),
    Asked("plain", "gas gangrene", "ncd_20_29", "Gas gangrene"),
    Asked("plain", "topical application of oxygen", "ncd_20_29", "Topical Application of Oxygen"),
    Asked("plain", "manual wheelchair upper extremity function", "ncd_280_3", "sufficient upper extremity function to propel"),
    Asked("plain", "gastric balloon obesity", "ncd_100_1", "Gastric balloon for treatment of obesity"),
    Asked("plain", "voiding diary improvement test stimulation", "ncd_230_18", "voiding diaries"),
    Asked("plain", "middle ear infection cochlear", "ncd_50_3", "Freedom from middle ear infection"),
    Asked("plain", "dry needling", "ncd_30_3_3", "including dry needling"),
    # misspelled
    Asked("misspelled", "hyperbarric oxigen wagner grade", "ncd_20_29", "Wagner grade III"),
    Asked("misspelled", "contineous positive airway presure 12 week period", "ncd_240_4", "12-week period"),
    Asked("misspelled", "implantible defibrilator battery replacement", "ncd_20_4", "end of battery life"),
    Asked("misspelled", "vagus nerv stimulaton refractry seizures", "ncd_160_18", "medically refractory partial onset seizures"),
    Asked("misspelled", "autoantibodie beta cel", "ncd_280_14", "beta cell autoantibody positive"),
    Asked("misspelled", "cochler implant sentance recognition", "ncd_50_3", "sentence recognition"),
    Asked("misspelled", "acupunture pregnency", "ncd_30_3_3", "not associated with pregnancy"),
    Asked("misspelled", "weelchair scooter tiler steering", "ncd_280_3", "tiller steering"),
    Asked("misspelled", "pulmonery hypertention edema oxygen group II", "ncd_240_2", "Pulmonary hypertension or cor pulmonale"),
    Asked("misspelled", "laproscopic sleave gastrectemy", "ncd_100_1", "stand-alone laparoscopic sleeve gastrectomy"),
    Asked("misspelled", "methotrexat before adalimumad", "arthritis", "Methotrexate at 15 mg a week"),
    Asked("misspelled", "galcanezumeb headake diary", "migraine", "headache diary"),
    # abbreviated
    Asked("abbreviated", "HbA1c > 7 CSII", "ncd_280_14", "Glycosylated hemoglobin level"),
    Asked("abbreviated", "OSA dx by HST or PSG", "ncd_240_4", "attended PSG performed in a sleep laboratory"),
    Asked("abbreviated", "ICD after MI LVEF 30", "ncd_20_4", "Patients with a prior MI and a measured left ventricular ejection"),
    Asked("abbreviated", "HBOT for CO poisoning", "ncd_20_29", "Acute carbon monoxide intoxication"),
    Asked("abbreviated", "LDCT screening 20 pack yrs", "ncd_210_14", "at least 20 pack-years"),
    Asked("abbreviated", "VNS for TRD", "ncd_160_18", "treatment resistant depression (TRD) through"),
    Asked("abbreviated", "PWC or POV home MRADLs", "ncd_280_3", "power"),
    Asked("abbreviated", "TKA PT NSAID trial", "knee", "supervised physical therapy"),
    Asked("abbreviated", "ESA in CKD Hgb below 10", "dialysis", "hemoglobin is below 10 g/dL"),
    Asked("abbreviated", "RA TNF inhibitor HF", "arthritis", "class III heart failure do not receive"),
    Asked("abbreviated", "BMI 35 LSG", "ncd_100_1", "body-mass index (BMI) ≥ 35 kg/m2"),
    Asked("abbreviated", "MRI L-spine cauda equina", "imaging", "cauda equina syndrome"),
    # synonyms
    Asked("synonym", "weight loss surgery type 2 diabetes comorbidity", "ncd_100_1", "Type 2 diabetes mellitus is a co-morbidity"),
    Asked("synonym", "heart attack within 40 days defibrillator", "ncd_20_4", "Had an MI within the past 40 days"),
    Asked("synonym", "sugar testing four times a day", "ncd_280_14", "glucose self-testing an average of at least 4 times per day"),
    Asked("synonym", "the bends hyperbaric", "ncd_20_29", "Decompression illness"),
    Asked("synonym", "overactive bladder nerve stimulator", "ncd_230_18", "urinary urge incontinence"),
    Asked("synonym", "deafness implant both ears", "ncd_50_3", "hearing"),
    Asked("synonym", "quit smoking counseling lung scan", "ncd_210_14", "smoking cessation"),
    Asked("synonym", "lumbago needling visits", "ncd_30_3_3", "12 visits in 90 days"),
    Asked("synonym", "knee replacement diabetes control before surgery", "knee", "hemoglobin A1c above 8 percent"),
    Asked("synonym", "sleep study at home unattended", "ncd_240_4", "unattended HST"),
    Asked("synonym", "shortness of breath no low oxygen", "ncd_240_2", "Breathlessness without cor pulmonale"),
    Asked("synonym", "electric wheelchair joystick", "ncd_280_3", "power wheelchair"),
    # phrases
    Asked("phrase", '"dawn phenomenon"', "ncd_280_14", "Dawn phenomenon"),
    Asked("phrase", '"optimal medical therapy" 3 months', "ncd_20_4", "optimal medical therapy for at least 3 months"),
    Asked("phrase", '"excessive daytime sleepiness"', "ncd_240_4", "excessive daytime sleepiness"),
    Asked("phrase", '"air embolism" OR "gas embolism"', "ncd_20_29", "Gas embolism"),
    Asked("phrase", '"shared decision-making visit"', "ncd_210_14", "counseling and shared decision-making visit"),
    Asked("phrase", '"four prior failed treatments"', "ncd_160_18", "four prior failed treatments"),
    Asked("phrase", '"stress incontinence" excluded', "ncd_230_18", "Patients with stress incontinence"),
    Asked("phrase", '"time of need" discharge', "ncd_240_2", "within 2 days of discharge"),
    Asked("phrase", '"cane or walker"', "ncd_280_3", "cane or walker"),
    Asked("phrase", '"open adjustable gastric banding"', "ncd_100_1", "Open adjustable gastric banding"),
    Asked("phrase", '"level 3 event"', "glucose", "level 3 event"),
    Asked("phrase", '"31 sites"', "migraine", "31 sites"),
    # codes and numbers
    Asked("code", "NCD 240.4", "ncd_240_4", "240.4"),
    Asked("code", "280.14 infusion pumps", "ncd_280_14", "280.14"),
    Asked("code", "E2103", "glucose", "E2103"),
    Asked("code", "M54.16", "imaging", "M54.16"),
    Asked("code", "M48061 repeat MRI", "imaging", "M48.061"),
    Asked("code", "A4239 monthly supply", "glucose", "A4239"),
    Asked("code", "42 CFR 405.201 defibrillator", "ncd_20_4", "405.201"),
    Asked("code", "PO2 55 mm Hg saturation 88%", "ncd_240_2", "arterial PO2 at or below 55 mm Hg"),
    Asked("code", "C-peptide 110% lower limit", "ncd_280_14", "110% of the lower limit"),
    Asked("code", "G47.33 AHI 15", "ncd_240_4", "15 events per hour"),
    Asked("code", "Group II 56-59 mm Hg", "ncd_240_2", "56-59 mm Hg"),
    Asked("code", "DAS28", "arthritis", "DAS28"),
    # questions
    Asked("question", "How many injections a day before an insulin pump is covered?", "ncd_280_14", "at least 3 injections per day"),
    Asked("question", "Does a patient on the transplant list qualify for an ICD as a bridge?", "ncd_20_4", "bridge-to-transplant"),
    Asked("question", "how long must depression have lasted before a vagus nerve stimulator", "ncd_160_18", "≥ two years"),
    Asked("question", "what must happen every 30 days to continue hyperbaric treatment of a wound", "ncd_20_29", "measurable signs of healing"),
    Asked("question", "which bariatric procedures are never covered by Medicare", "ncd_100_1", "non-covered for all Medicare beneficiaries"),
    Asked("question", "can a caregiver push the wheelchair if the member cannot propel it", "ncd_280_3", "unable to self-propel a manual wheelchair"),
    Asked("question", "is oxygen covered for terminal illness", "ncd_240_2", "Terminal illnesses unless"),
    Asked("question", "what age range is covered for lung cancer screening", "ncd_210_14", "Age 50 - 77 years"),
    Asked("question", "how many acupuncture sessions per year at most", "ncd_30_3_3", "No more than 20 acupuncture treatments"),
    Asked("question", "when is a second lumbar MRI allowed within a year", "imaging", "A second study within 12 months"),
    Asked("question", "which drugs must fail before a CGRP antibody for migraine prevention", "migraine", "two of different classes"),
    Asked("question", "what iron levels are needed to start epoetin", "dialysis", "ferritin above 100"),
    # notes of a case
    Asked("note", "sleepiness scale", "note_sleep", "Epworth"),
    Asked("note", "EF", "note_heart", "EF 28"),
    Asked("note", "hypoglycemia at night", "note_diabetes", "Two lows below 50"),
    Asked("note", "SpO2 on room air", "note_lung", "Resting room air saturation 86"),
    Asked("note", "pack-years", "note_lung", "40 pack years"),
    Asked("note", "HbA1c", "note_diabetes", "A1C 8.9"),
)  # fmt: skip


def held_out(number: int) -> bool:
    """Whether a query (by its place) is one that nothing was tuned on."""
    return number % 3 == 2
