"""Invented answers for sample forms: plainly invented people, places and numbers around real-shaped codes.

Telephone numbers are from the range set aside for fiction (555-01xx). NPIs begin with 2, which is valid
and has never been given out. No list here was taken from anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

Answers = dict[str, str | bool]
Row = dict[str, str]

TODAY = date(2026, 11, 16)
"""The day the sample forms were written on: samples are the same whenever they are made."""

_GIVEN_F = (
    "Marigold",
    "Juniper",
    "Odette",
    "Clementine",
    "Winifred",
    "Saffron",
    "Beatrix",
    "Philippa",
    "Tamsin",
)
_GIVEN_M = (
    "Barnaby",
    "Ignatius",
    "Leopold",
    "Octavian",
    "Thaddeus",
    "Ambrose",
    "Cornelius",
    "Jasper",
    "Rufus",
)
_FAMILY = (
    "Quillmark", "Fernwick", "Oddleby", "Brackenholt", "Thistlewood", "Pennyfold", "Larkspurgh", "Mossgrove",
    "Wintergale", "Copperdale", "Inkwell", "Saltmarsh", "Hollybrook", "Dovecoat", "Nettlefield", "Umberlow",
)  # fmt: skip
_TOWNS = ("Exampleton", "Sampleford", "Testbury", "Mockingdale", "Placeholder Falls", "Fixture Springs")
_STREETS = ("Specimen Street", "Demo Lane", "Sample Avenue", "Template Road", "Facsimile Court")
_ISSUERS = (
    "Meadowlark Example Health Plan",
    "Sample River Mutual",
    "Testwell Community Care",
    "Mockingbird Health",
)
_PRACTICES = (
    "Sampleford Clinic",
    "Testbury Medical Group",
    "Exampleton Family Practice",
    "Demo Valley Associates",
)
_FACILITIES = ("Exampleton General Hospital", "Mockingdale Imaging Center", "Testbury Surgical Center")
_SUPPLIERS = ("Demo Valley Medical Supply", "Sampleford Home Equipment", "Testbury Mobility & Oxygen")
_DEGREES = ("MD", "DO", "NP", "PA")
_LANGUAGES = ("English", "Spanish", "Vietnamese", "Tagalog")


@dataclass(frozen=True, slots=True)
class Service:
    """Something a provider asks for, with the diagnosis it is for and words a clinician might write."""

    procedure: str
    code: str
    diagnosis: str
    icd10: str
    specialty: str
    note: str


SERVICES = (
    Service(
        "MRI lumbar spine without contrast", "72148", "Radiculopathy, lumbar region", "M54.16", "Orthopedics",
        "Low back pain radiating to the left leg for 10 weeks. Straight leg raise positive at 40 degrees. "
        "Six weeks of physical therapy and naproxen 500 mg without relief.",
    ),
    Service(
        "Total knee replacement", "27447", "Primary osteoarthritis, right knee", "M17.11", "Orthopedic Surgery",
        "Pain 8 of 10 with weight bearing, walks less than one block. X-ray: bone on bone, medial compartment. "
        "Injections in March and July gave relief for 3 weeks only.",
    ),
    Service(
        "Echocardiogram, complete", "93306", "Other pulmonary valve disorders", "I37.8", "Cardiology",
        "New systolic murmur, grade 3 of 6, with shortness of breath on stairs. ECG: right axis deviation.",
    ),
    Service(
        "Sleep study, attended", "95810", "Obstructive sleep apnea", "G47.33", "Sleep Medicine",
        "Epworth score 16, witnessed apneas, neck 44 cm. Home test was inconclusive.",
    ),
    Service(
        "CT abdomen and pelvis with contrast", "74177", "Diverticulitis of large intestine", "K57.32",
        "Gastroenterology",
        "Left lower quadrant pain and fever 38.6 for two days, white count 14.2. Abscess to be ruled out.",
    ),
    Service(
        "Therapeutic exercises", "97110", "Pain in right shoulder", "M25.511", "Physical Medicine",
        "Four weeks after rotator cuff repair. Abduction 70 degrees; goal is 140 degrees in 8 weeks.",
    ),
    Service(
        "Colonoscopy with biopsy", "45380", "Melena", "K92.1", "Gastroenterology",
        "Dark stools for three weeks, hemoglobin fell from 13.1 to 10.4 g/dL. No anticoagulants.",
    ),
    Service(
        "Chemotherapy infusion, first hour", "96413", "Malignant neoplasm of right breast", "C50.911", "Oncology",
        "Stage IIB, hormone receptor positive. Cycle 1 of 4 planned, ejection fraction 62 percent.",
    ),
)  # fmt: skip

EQUIPMENT = (
    Service(
        "CPAP device", "E0601", "Obstructive sleep apnea", "G47.33", "Sleep Medicine",
        "Loud snoring, pauses seen by spouse. Sleep study of 10/02/2026 enclosed.",
    ),
    Service(
        "Power wheelchair, group 2", "K0823", "Multiple sclerosis", "G35.D", "Neurology",
        "Cannot propel a manual chair indoors; home evaluated by therapist, doorways suffice.",
    ),
    Service(
        "Oxygen concentrator", "E1390", "COPD, unspecified", "J44.9", "Pulmonology",
        "Saturation 84 percent at rest on room air, 93 percent on 2 liters.",
    ),
    Service(
        "Hospital bed, semi-electric", "E0260", "Hemiplegia, right dominant side", "I69.351", "Rehabilitation",
        "Needs frequent changes of position that an ordinary bed does not allow.",
    ),
    Service(
        "Insulin infusion pump", "E0784", "Type 1 diabetes with hyperglycemia", "E10.65", "Endocrinology",
        "HbA1c 9.1 percent on four injections a day; two severe lows since August.",
    ),
)  # fmt: skip

MEDICINES = (
    Service(
        "Adalimumab 40 mg pen", "J0139", "Rheumatoid arthritis, unspecified", "M06.9", "Rheumatology",
        "Methotrexate 20 mg weekly for 5 months, 11 swollen joints remain. TB test negative.",
    ),
    Service(
        "Semaglutide 1 mg weekly", "J3490", "Type 2 diabetes with hyperglycemia", "E11.65", "Endocrinology",
        "HbA1c 8.7 percent on metformin 2,000 mg and empagliflozin 25 mg.",
    ),
)  # fmt: skip


def npi(random: Random) -> str:
    """Ten digits with a valid check digit (Luhn over the prefix 80840), from the range never given out."""
    body = "2" + "".join(str(random.randrange(10)) for _ in range(8))
    total = 24  # what the prefix 80840 contributes
    for place, character in enumerate(reversed(body)):
        digit = int(character)
        if place % 2 == 0:
            digit = digit * 2 - 9 if digit > 4 else digit * 2
        total += digit
    return body + str(-total % 10)


def day(at: date) -> str:
    return f"{at:%m/%d/%Y}"


def telephone(random: Random, style: str = "({area}) 555-{line}") -> str:
    return style.format(
        area=random.choice((512, 713, 818, 915, 323, 806)), line=f"{random.randrange(100, 200):04}"
    )


@dataclass(frozen=True, slots=True)
class Patient:
    name: str
    female: bool
    born: date
    member_id: str


def patient(random: Random, youngest: int = 18) -> Patient:
    female = random.random() < 0.5
    name = f"{random.choice(_GIVEN_F if female else _GIVEN_M)} {random.choice(_FAMILY)}"
    born = TODAY - timedelta(days=random.randrange(youngest * 365, 84 * 365))
    return Patient(name, female, born, f"{random.choice('QWXZ')}{random.randrange(10**8, 10**9)}")


def clinician(random: Random) -> str:
    given = random.choice(_GIVEN_F + _GIVEN_M)
    return f"{given[0]}. {random.choice(_FAMILY)}, {random.choice(_DEGREES)}"


def address(random: Random) -> tuple[str, str, str, str]:
    """Street, city, state and ZIP code; the codes are of no place (00001 to 00499)."""
    street = f"{random.randrange(1, 99)} {random.choice(_STREETS)}"
    return street, random.choice(_TOWNS), random.choice(("TX", "CA", "NM")), f"{random.randrange(1, 500):05}"


def texas(
    random: Random, services: tuple[Service, ...], *, codes_apart: bool = False
) -> tuple[Answers, list[Row]]:
    """Answers for the Texas standard form and the rows of its table; `codes_apart` uses its code columns."""
    who, main = patient(random), services[0]
    written = TODAY - timedelta(days=random.randrange(0, 6))
    answers: Answers = {
        "issuer_name": random.choice(_ISSUERS),
        "issuer_phone": telephone(random),
        "issuer_fax": telephone(random),
        "submission_date": day(written),
        "review_type_non_urgent": True,
        "request_type_initial": True,
        "patient_name": who.name,
        "patient_phone": telephone(random),
        "patient_dob": day(who.born),
        "gender_female": who.female,
        "gender_male": not who.female,
        "member_id": who.member_id,
        "group_number": f"GRP-{random.randrange(1000, 9999)}",
        "requesting_provider_name": clinician(random),
        "requesting_provider_npi": npi(random),
        "requesting_provider_specialty": main.specialty,
        "requesting_provider_phone": telephone(random),
        "requesting_provider_fax": telephone(random),
        "contact_name": f"{random.choice(_GIVEN_F + _GIVEN_M)} {random.choice(_FAMILY)}",
        "contact_phone": telephone(random),
        "requesting_provider_signature_date": day(written),
        "service_provider_name": random.choice(_FACILITIES),
        "service_provider_npi": npi(random),
        "service_provider_specialty": main.specialty,
        "service_provider_phone": telephone(random),
        "service_provider_fax": telephone(random),
        "pcp_name": clinician(random),
        "pcp_phone": telephone(random),
        "pcp_fax": telephone(random),
        "setting_outpatient": True,
        "clinical_documentation": main.note,
        "callback_phone": telephone(random),
    }
    if main.code.startswith("97"):
        answers |= {
            "therapy_physical": True,
            "therapy_sessions": str(random.randrange(6, 24)),
            "therapy_duration": f"{random.choice((4, 6, 8))} weeks",
            "therapy_frequency": f"{random.choice((2, 3))} per week",
        }
    rows = []
    for service in services:
        start = TODAY + timedelta(days=random.randrange(10, 40))
        end = start + timedelta(days=random.randrange(20, 90))
        row = {"start_date": day(start), "end_date": day(end)}
        if codes_apart:
            row |= {"procedure": service.procedure, "procedure_code": service.code}
            row |= {"diagnosis": service.diagnosis, "diagnosis_code": service.icd10}
        else:
            row |= {"procedure": f"{service.procedure} - {service.code}"}
            row |= {"diagnosis": f"{service.diagnosis} - {service.icd10}"}
        rows.append(row)
    return answers, rows


def urgent(answers: Mapping[str, str | bool], reason: str) -> Answers:
    return {**answers, "review_type_non_urgent": False, "review_type_urgent": True, "urgency_reason": reason}


def equipment(random: Random, service: Service) -> Answers:
    """Answers for the durable medical equipment form."""
    who, provider = patient(random), clinician(random)
    street, city, state, zip_code = address(random)
    supplier = address(random)
    written = TODAY - timedelta(days=random.randrange(0, 6))
    return {
        "language_spoken": random.choice(_LANGUAGES),
        "member_name": who.name,
        "member_dob": day(who.born),
        "gender_male": not who.female,
        "gender_female": who.female,
        "street_address": street,
        "city": city.split()[0],
        "state": state,
        "zip_code": zip_code,
        "member_id": who.member_id,
        "effective_date": day(date(2026, random.randrange(1, 7), 1)),
        "member_phone": telephone(random),
        "referral_requested_by": random.choice(_PRACTICES),
        "referral_phone": telephone(random),
        "referral_fax": telephone(random),
        "request_date": day(written),
        "referred_to": random.choice(_SUPPLIERS).replace(" Medical", "").replace(" Home", "")[:22].strip(),
        "referred_to_npi": npi(random),
        "referred_to_specialty": "DME supplier",
        "servicing_provider_address": f"{supplier[0]}, {supplier[1].split()[0]} {supplier[2]}",
        "servicing_provider_phone": telephone(random),
        "servicing_provider_fax": telephone(random),
        "facility_name": random.choice(_PRACTICES).split()[0] + " Clinic",
        "facility_npi": npi(random),
        "facility_phone": telephone(random),
        "facility_fax": telephone(random),
        "procedure_codes": service.code,
        "procedure_description": service.procedure,
        "diagnosis_codes": service.icd10,
        "diagnosis_description": service.diagnosis,
        "justification": service.note,
        "requesting_provider_name": provider,
        "provider_signature": provider.rpartition(",")[0],
        "accident_no": True,
        "request_type_routine": True,
    }


def imaging(random: Random, service: Service) -> Answers:
    """Answers for the imaging request of `sample_layout`."""
    who = patient(random)
    return {
        "plan": random.choice(_ISSUERS),
        "request_date": day(TODAY),
        "standard": True,
        "member_name": who.name,
        "member_dob": day(who.born),
        "member_id": who.member_id,
        "member_phone": telephone(random),
        "provider_name": clinician(random),
        "provider_npi": npi(random),
        "provider_phone": telephone(random),
        "provider_fax": telephone(random),
        "facility_name": random.choice(_FACILITIES),
        "facility_npi": npi(random),
        "exam": service.procedure,
        "procedure_code": service.code,
        "diagnosis_code": service.icd10,
        "diagnosis": service.diagnosis,
        "exam_date": day(TODAY + timedelta(days=random.randrange(7, 20))),
        "previous_no": True,
        "clinical_reason": service.note,
        "signature": clinician(random).rpartition(",")[0],
        "signature_date": day(TODAY),
    }


def medication(random: Random, service: Service) -> Answers:
    """Answers for the medication request of `sample_layout`."""
    who, prescriber = patient(random), clinician(random)
    return {
        "patient_name": who.name,
        "patient_dob": day(who.born),
        "member_id": who.member_id,
        "patient_weight": f"{random.randrange(52, 104)} kg",
        "allergies": random.choice(("None known", "Penicillin", "Sulfa", "Latex")),
        "prescriber": prescriber,
        "prescriber_npi": npi(random),
        "prescriber_specialty": service.specialty,
        "prescriber_phone": telephone(random),
        "prescriber_fax": telephone(random),
        "medication": service.procedure,
        "strength_and_route": random.choice(("subcutaneous", "one pen, subcutaneous")),
        "quantity": f"{random.randrange(2, 5)} per 28 days",
        "length": random.choice(("6 months", "12 months")),
        "new_therapy": True,
        "diagnosis": service.diagnosis,
        "diagnosis_code": service.icd10,
        "tried": service.note,
        "signature": prescriber.rpartition(",")[0],
        "signature_date": day(TODAY),
    }


COVER = (
    "# FAX",
    "",
    "To: Utilization Management, Meadowlark Example Health Plan",
    "From: Sampleford Clinic, referrals desk",
    "Date: November 16, 2026",
    "Pages: 4 with this one",
    "",
    "Re: Sleep study, request for prior authorization",
    "",
    "",
    "This message is meant for the person named above. If it reached you by mistake,",
    "please call the sender at (713) 555-0144 and destroy it.",
)
"""A fax cover sheet, as lines of text; # begins a heading."""


def progress_note(answers: Mapping[str, str | bool]) -> list[str]:
    """A page of clinical notes that belongs to a form with these answers."""
    return [
        "# Progress note",
        "",
        f"Patient: {answers['patient_name']}     DOB: {answers['patient_dob']}",
        "",
        "Subjective: Loud snoring for years, spouse has seen pauses in breathing. Falls asleep",
        "at red lights. Wakes with headache four days a week.",
        "",
        "Objective: BP 148/92, BMI 36.1, neck 44 cm, Mallampati IV. Heart and lungs normal.",
        "",
        "Assessment: Suspected obstructive sleep apnea (G47.33). A home test in August was",
        "inconclusive because the oximeter came off after two hours.",
        "",
        "Plan: Attended sleep study (95810). Return with results. No driving when drowsy.",
        "",
        f"Signed electronically: {answers['requesting_provider_name']}",
    ]
