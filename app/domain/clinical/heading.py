"""Headings of clinical notes, and what they mean for what stands under them."""

from __future__ import annotations

import re
from enum import StrEnum


class Section(StrEnum):
    """What a part of a note is for."""

    NONE = "none"
    HISTORY = "history"
    FAMILY = "family"
    SOCIAL = "social"
    MEDICATIONS = "medications"
    ALLERGIES = "allergies"
    SYSTEMS = "systems"
    EXAM = "exam"
    RESULTS = "results"
    ASSESSMENT = "assessment"
    PLAN = "plan"
    BOTH = "assessment and plan"
    GOALS = "goals"
    TEACHING = "teaching"
    """What a patient is told or given to read."""
    RULES = "rules"
    """The payer's conditions, quoted."""
    OTHER = "other"


_NAMES: dict[Section, tuple[str, ...]] = {
    Section.HISTORY: (
        "hpi", "history of present illness", "history", "present illness", "pmh", "pmhx", "past medical history",
        "medical history", "past history", "psh", "past surgical history", "surgical history", "problem list",
        "problems", "active problems", "chief complaint", "cc", "reason for visit", "subjective", "s",
        "interval history",
        "interim history", "hospital course", "clinical history", "indication", "indications", "reason for request",
        "clinical summary", "summary", "background", "diabetes history", "past psychiatric history", "course",
        "brief hospital course", "history of illness", "pertinent history", "treatment history", "sleep history",
    ),
    Section.FAMILY: ("family history", "fh", "fhx", "fam hx", "family hx", "family medical history", "famhx"),
    Section.SOCIAL: ("social history", "sh", "shx", "social hx", "social"),
    Section.MEDICATIONS: (
        "medications", "medication list", "current medications", "meds", "home medications", "current meds",
        "outpatient medications", "discharge medications", "prescriptions", "medication", "active medications",
    ),
    Section.ALLERGIES: ("allergies", "allergy", "drug allergies", "adverse reactions"),
    Section.SYSTEMS: ("ros", "review of systems"),
    Section.EXAM: (
        "exam", "physical exam", "physical examination", "pe", "objective", "o", "vitals", "vital signs",
        "examination", "general", "vs",
    ),
    Section.RESULTS: (
        "labs", "lab results", "laboratory", "laboratory results", "laboratory data", "results", "data", "lab data",
        "imaging", "studies", "diagnostics", "diagnostic studies", "radiology", "findings", "test results",
        "impression",
        "pertinent labs", "recent labs", "sleep study", "echocardiogram", "echo", "polysomnography", "procedures",
        "interpretation",
    ),
    Section.ASSESSMENT: (
        "assessment", "a", "diagnosis", "diagnoses", "discharge diagnosis", "discharge diagnoses",
        "admitting diagnosis", "final diagnosis", "clinical impression", "principal diagnosis", "dx",
    ),
    Section.BOTH: ("assessment and plan", "assessment/plan", "assessment & plan", "a/p", "ap", "a&p", "a and p",
                   "impression and plan", "impression/plan", "assessment plan"),
    Section.PLAN: (
        "plan", "p", "orders", "order", "recommendations", "recommendation", "plan of care", "treatment plan",
        "follow up",
        "follow-up", "disposition", "labs ordered", "orders placed", "to do", "pending", "pending labs",
        "pending results",
        "future orders", "tests ordered", "next steps", "new orders", "discharge plan", "labs today ordered",
        "studies ordered", "tests pending", "scheduled", "referrals",
    ),
    Section.GOALS: ("goals", "goal", "targets", "target", "treatment goals", "glycemic targets", "goals of care"),
    Section.TEACHING: (
        "patient instructions", "instructions", "discharge instructions", "education", "patient education",
        "after visit summary", "what to do", "when to call", "when to call us", "call us if", "return precautions",
        "home instructions", "handout", "about your condition", "for your information",
    ),
    Section.RULES: (
        "coverage criteria", "criteria", "medical necessity criteria", "policy", "coverage policy", "guidelines",
        "guideline", "requirements", "coverage requirements", "medicare criteria", "policy criteria",
        "coverage guidelines", "national coverage determination", "ncd criteria", "payer criteria",
        "clinical criteria", "criteria for coverage", "coverage indications",
    ),
}  # fmt: skip
_BY_NAME = {name: section for section, names in _NAMES.items() for name in names}
_HEADING = re.compile(
    r"\s*(?:[-•*#>]\s*|\d{1,2}[.)]\s+|[IVX]{1,4}[.)]\s+)?\**([A-Za-z][A-Za-z/&()' .\-]{0,60}?)(?:\s*\(\d[\d/\-]*\))?\**\s*(:|$)\s*(.*)",
    re.DOTALL,
)


def heading_of(line: str) -> tuple[str, Section, int] | None:
    """The heading a line begins with: its words, its meaning, and where what follows it begins; None without one.

    A line that is a heading only has its end as that place. Unknown words followed by a colon and nothing else are a
    heading of no special meaning.
    """
    found = _HEADING.match(line)
    if not found:
        return None
    name = " ".join(found.group(1).lower().replace(".", " ").split()).strip("- ")
    section = _BY_NAME.get(name)
    alone = not found.group(3).strip()
    if section is None:
        bare = re.sub(r"\(.*?\)|\b(?:reviewed|updated|today|as of|on file)\b", " ", name)
        section = _BY_NAME.get(" ".join(bare.split()))
    if section is not None and len(name) == 1 and not found.group(2):
        return None
    if section is not None and (found.group(2) == ":" or alone):
        return found.group(1).strip(), section, found.start(3)
    if found.group(2) == ":" and alone and len(name.split()) <= 9:
        return found.group(1).strip(), Section.OTHER, len(line)
    return None
