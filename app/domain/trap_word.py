"""Words as traps compare them: a description with the words of a code, a condition with a diagnosis.

Coarse on purpose: two texts that share anything are left in peace, and only what shares nothing is asked about.
"""

from __future__ import annotations

import re

_PHRASES = {
    "high blood sugar": "hyperglycemia", "low blood sugar": "hypoglycemia", "hay fever": "allergic rhinitis",
    "gall stones": "calculus of gallbladder", "gallstones": "calculus of gallbladder",
    "kidney stones": "calculus of kidney", "heart attack": "myocardial infarction",
    "enlarged prostate": "benign prostatic hyperplasia",
}  # fmt: skip
_ABBREVIATIONS = {
    "add": "attention deficit disorder", "adhd": "attention deficit hyperactivity disorder",
    "afib": "atrial fibrillation", "aki": "acute kidney failure", "als": "amyotrophic lateral sclerosis",
    "bph": "benign prostatic hyperplasia", "ca": "malignant neoplasm", "cad": "coronary artery disease",
    "chf": "congestive heart failure", "ckd": "chronic kidney disease", "copd": "chronic obstructive pulmonary disease",
    "cva": "cerebral infarction", "ddd": "disc degeneration", "djd": "osteoarthritis", "dm": "diabetes mellitus",
    "dm1": "type 1 diabetes", "dm2": "type 2 diabetes", "dvt": "deep vein thrombosis embolism",
    "esrd": "end stage renal disease", "gerd": "gastro-esophageal reflux", "hf": "heart failure",
    "hiv": "human immunodeficiency virus", "hld": "hyperlipidemia", "htn": "hypertension",
    "ibs": "irritable bowel syndrome", "lbp": "low back pain", "luts": "lower urinary tract symptoms",
    "mdd": "major depressive disorder",
    "mi": "myocardial infarction", "ms": "multiple sclerosis", "oa": "osteoarthritis",
    "osa": "obstructive sleep apnea", "pcos": "polycystic ovarian syndrome",
    "pe": "pulmonary embolism", "ptsd": "post-traumatic stress disorder",
    "pvd": "peripheral vascular disease", "ra": "rheumatoid arthritis", "sle": "systemic lupus erythematosus",
    "sob": "shortness of breath", "t1d": "type 1 diabetes", "t1dm": "type 1 diabetes", "t2d": "type 2 diabetes",
    "t2dm": "type 2 diabetes", "tia": "transient cerebral ischemic", "uti": "urinary tract infection",
}  # fmt: skip

_EMPTY = frozenset(
    ["a", "all", "an", "and", "any", "at", "by", "classified", "code", "condition", "current", "disease", "diseases",
     "disorder", "disorders", "due", "elsewhere", "encounter", "except", "for", "from", "has", "have", "history", "in",
     "initial", "is", "its", "left", "mild", "moderate", "nec", "no", "normal", "nos", "not", "of", "on", "or", "other",
     "part", "patient", "personal", "problem", "problems", "right", "severe", "side", "site", "specified", "status",
     "subsequent", "syndrome", "syndromes", "the", "to", "type", "unspecified", "use", "with", "without"]
)  # fmt: skip
"""Words that any two texts may share."""

_CONCEPTS = {
    "heart": ("heart", "cardi", "coronar", "myocard", "atrial", "ventric", "valv", "arrhythm", "angina", "aort"),
    "vessel": ("vascul", "vein", "venous", "arter", "thromb", "embol", "hypertens", "blood pressure", "varic"),
    "lung": ("lung", "pulmon", "respir", "bronch", "breath", "dyspn", "asthma", "apnea", "pneum", "airway", "copd"),
    "kidney": ("kidney", "renal", "neph", "dialys", "glomerul"),
    "urine": ("urin", "bladder", "ureth", "cystit", "incontinen", "prostat"),
    "liver": ("liver", "hepat", "cirrho", "biliar", "gallbladd", "cholecyst"),
    "gut": ("stomach", "gastr", "bowel", "colon", "colit", "rect", "abdom", "epigastr", "dyspep", "heartburn",
            "reflux", "esophag", "intestin", "crohn", "constip", "diarrh", "hernia", "nausea", "vomit"),
    "brain": ("brain", "cerebr", "enceph", "stroke", "seiz", "epilep", "migrain", "headache", "dement", "alzheim",
              "parkinson", "neur", "paraly", "plegi", "scleros", "nerve", "radiculo"),
    "mind": ("anxi", "depress", "bipolar", "schizo", "psych", "mental", "mood", "stress", "autis", "attention",
             "insomni", "panic", "behavio", "alcohol", "opioid", "substance"),
    "sugar": ("diabet", "glyc", "insulin", "glucose"),
    "weight": ("obes", "overweight", "over weight", "bmi", "body mass", "nutrition", "weight"),
    "thyroid": ("thyroid", "goiter"),
    "fat": ("lipid", "cholesterol"),
    "joint": ("arthr", "joint", "osteo", "menisc", "ligament", "tendon", "rotator", "bursit", "rheum", "gout"),
    "back": ("back", "lumb", "spin", "disc", "vertebr", "dorsal", "sciatic", "spondyl", "cervic", "neck"),
    "bone": ("bone", "fractur", "osteopor"),
    "injury": ("injur", "fracture", "sprain", "strain", "fall", "accident", "trauma", "wound", "burn", "contus",
               "lacerat", "tear", "rupture"),
    "tumor": ("cancer", "carcinom", "malignan", "neoplas", "tumor", "tumour", "lymphom", "leukem", "melanom",
              "metasta", "myelom", "sarcom", "polyp"),
    "blood": ("anemi", "anaemi", "hemoglob", "sickle", "coagul", "platelet", "hemophil", "iron"),
    "skin": ("skin", "dermat", "eczem", "psoria", "ulcer", "wound", "cellulit", "rash", "acne"),
    "eye": ("eye", "catarac", "glaucom", "retin", "vision", "macul", "ocul", "blind"),
    "ear": ("ear", "hearing", "otit", "tinnit", "vertigo"),
    "throat": ("throat", "pharyng", "tonsil", "laryng", "strep", "sinus", "nasal"),
    "germ": ("infect", "sepsis", "septic", "bacter", "viral", "virus", "hiv", "influenz", "covid", "tubercul"),
    "birth": ("pregnan", "obstetr", "prenatal", "gestat", "labor", "deliver", "newborn", "neonat"),
    "women": ("uter", "ovar", "endometr", "menstr", "menopaus", "vagin", "cervix", "breast", "mammar"),
    "sleep": ("sleep", "apnea", "insomni", "narcolep", "snor"),
    "pain": ("pain", "algia", "ache"),
}  # fmt: skip
"""What words speak of, by how they begin; or what stands in them, where the part is longer than four letters."""

_OPPOSITES = (
    ("left", "right"), ("type 1", "type 2"), ("acute", "chronic"), ("benign", "malignant"),
    ("upper", "lower"), ("male", "female"), ("primary", "secondary"),
)  # fmt: skip


def plain_words(text: str) -> str:
    """A text in small letters with its abbreviations written out, and nothing between words but a blank."""
    words = re.findall(r"[a-z]+\d*|\d+", text.lower().replace("®", ""))
    plain = " ".join(_ABBREVIATIONS.get(word, word) for word in words)
    for phrase, meant in _PHRASES.items():
        if phrase in plain:
            plain = re.sub(rf"\b{phrase}\b", meant, plain)
    return plain


def stems(text: str) -> frozenset[str]:
    """What a text speaks of: its words cut to six letters, without those that say nothing, and their concepts."""
    plain = plain_words(text)
    words = [w for w in plain.split() if w not in _EMPTY and not w.isdigit() and len(w) > 2]
    cut = {word[:6] if len(word) > 6 else word.removesuffix("s") for word in words}
    return frozenset(cut | {f"~{concept}" for concept in concepts(plain)})


def words_of(text: str) -> frozenset[str]:
    """The same without the concepts: what is named, not what it belongs to."""
    return frozenset(stem for stem in stems(text) if not stem.startswith("~"))


def concepts(text: str) -> frozenset[str]:
    """What the words belong to: `heart`, `mind`, `injury`."""
    padded = f" {plain_words(text)} "
    return frozenset(
        concept
        for concept, parts in _CONCEPTS.items()
        if any(f" {part}" in padded or (len(part) > 4 and part in padded) for part in parts)
    )


def opposite(one: str, other: str) -> tuple[str, str] | None:
    """The first pair of words of which one text has the one and the other text has only the other."""
    first, second = f" {plain_words(one)} ", f" {plain_words(other)} "
    for left, right in _OPPOSITES:
        for a, b in ((left, right), (right, left)):
            if (f" {a} " in first) > (f" {b} " in first) and (f" {b} " in second) > (f" {a} " in second):
                return a, b
    return None


_COMPLICATION = re.compile(r"\bwith\b(.+?)(?:\bwithout\b.*)?$", re.IGNORECASE)
_SAYS_NOTHING = frozenset(
    ["abnorm", "behavi", "compli", "factor", "findin", "multip", "routin", "severi", "site", "unspec"]
)


def complication(title: str) -> str:
    """What the words of a combination code say it comes with ("other diabetic arthropathy"), "" for none."""
    found = _COMPLICATION.search(title)
    return found.group(1).strip() if found else ""


def named_beyond(part: str, rest: str) -> frozenset[str]:
    """What a part of a title names that the rest of it does not."""
    return words_of(part) - words_of(rest) - _SAYS_NOTHING
