"""How plain a text is that a member will read: a reading grade, and what would stop them.

The grade is that of Flesch and Kincaid: 0.39 x words per sentence + 11.8 x syllables per word - 15.59
(J. P. Kincaid, R. P. Fishburne, R. L. Rogers, B. S. Chissom: Derivation of new readability formulas for Navy enlisted
personnel, Research Branch Report 8-75, 1975). Words to say otherwise are from the Plain Language Thesaurus for
Health Communications of the Centers for Disease Control and Prevention (2009, a US Government work). Nothing is
forbidden by any of it: people read the findings and decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

GRADE = 8.0
"""The grade above which a text is told to be hard."""
LONG_SENTENCE = 30
"""Words above which a sentence is told to be very long."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What may stop a reader: `kind` is abbreviation, code, sentence, jargon, capitals or grade. `start` and `end`
    are offsets of characters of the text; `suggestion` is what could stand there instead, "" for none.
    """

    kind: str
    start: int
    end: int
    text: str
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """A text measured: its reading grade (0 without words), its words and sentences, and what was found in it."""

    grade: float
    words: int
    sentences: int
    findings: tuple[Finding, ...]

    def of(self, kind: str) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.kind == kind)


_WORD = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_ABBREVIATION = re.compile(
    r"(?<![\w/.\-])(?:[A-Z]{2,}[a-z]?[A-Z0-9]*(?:-[A-Z0-9]+)?|[A-Z]\d[A-Z]\w*|[A-Z]{1,2}[a-z]{1,2}[A-Z]\w*|"
    r"[a-z]/[a-z]|q\d{1,2}h|[A-Z]{1,3}/[A-Z]{1,3}|(?:b|t|q)\.?i\.?d\b\.?|p\.?r\.?n\b\.?|hx|dx|rx|tx|pt|yo|y/o)(?![\w\-])"
)
_CODE = re.compile(
    r"(?<![\w.$/\-])(?:[A-TV-Z]\d[0-9AB](?:\.[0-9A-Z]{1,4})?|[A-V]\d{4}|\d{5}|\d{4}[FTU])(?![\w/\-]|\.\d)"
)
_SHORT_CODE = re.compile(r"[A-TV-Z]\d[0-9AB]")
_ENDING = re.compile(r"(?<=[.!?])[\"”')\]]*\s+(?=[\"“'(\[]?[A-Z0-9])|\n\s*\n|\n(?=\s*[-•*\d])")
_NO_END = re.compile(r"\b(?:Dr|Mr|Mrs|Ms|vs|No|St|Inc|e\.g|i\.e|approx|[A-Z])\.$")
_ROMAN = re.compile(r"[IVX]{2,4}")
_KNOWN = frozenset(
    "US USA UK AM PM OK TV ID PDF FAX TTY ZIP PO MD DO RN NP PA PHD PIN URL CEO FAQ COVID CD DVD AIDS".split()  # noqa: SIM905
)
"""What needs no explaining: everyday abbreviations, and degrees behind a name."""

JARGON: dict[str, str] = {
    "abdomen": "belly", "abrasion": "scrape", "absorption": "taking in", "accelerate": "speed up",
    "accommodate": "adjust", "accompany": "go with", "accumulate": "build up", "acute": "sudden, short-term",
    "adequate": "enough", "adhere": "stick, follow", "adherence": "following the plan", "adjacent": "next to",
    "adjuvant": "added to make it work better", "administer": "give", "adverse": "bad, harmful",
    "adverse event": "bad reaction", "aggravate": "make worse", "alleviate": "ease", "ambulate": "walk",
    "ambulatory": "able to walk", "analgesic": "pain reliever", "anticoagulant": "blood thinner",
    "approximately": "about", "asymptomatic": "without symptoms", "attributable to": "because of",
    "benign": "not cancer, not harmful", "bilateral": "on both sides", "biopsy": "taking a small piece to test",
    "cardiac": "of the heart", "cardiovascular": "of the heart and blood vessels", "cease": "stop",
    "cerebrovascular": "of the blood vessels of the brain", "cessation": "stopping", "chronic": "long-lasting",
    "cognitive": "of thinking", "collaborate": "work together", "comorbidity": "other illness at the same time",
    "comorbidities": "other illnesses at the same time", "commence": "start", "complication": "added problem",
    "concomitant": "at the same time", "conservative treatment": "treatment without surgery",
    "contraindicated": "should not be used", "contraindication": "reason not to use it", "contusion": "bruise",
    "deficit": "shortage", "demonstrate": "show", "dermatologic": "of the skin", "deteriorate": "get worse",
    "diagnostic": "to find out what is wrong", "discontinue": "stop", "dosage": "how much and how often",
    "dyspnea": "trouble breathing", "edema": "swelling", "efficacious": "works well", "efficacy": "how well it works",
    "elevated": "high", "etiology": "cause", "exacerbate": "make worse", "exacerbation": "getting worse",
    "facilitate": "help", "febrile": "with a fever", "fracture": "broken bone", "gastrointestinal": "of the gut",
    "gestational": "during pregnancy", "glucose": "blood sugar", "hemorrhage": "bleeding", "hepatic": "of the liver",
    "hyperglycemia": "high blood sugar", "hypertension": "high blood pressure", "hypoglycemia": "low blood sugar",
    "hypotension": "low blood pressure", "immunization": "shot", "incidence": "how often it happens",
    "incontinence": "loss of bladder or bowel control", "indicated": "needed", "inflammation": "swelling and redness",
    "ingest": "swallow, eat", "initiate": "start", "inpatient": "staying in the hospital", "insufficient": "not enough",
    "intervention": "treatment", "intravenous": "into a vein", "invasive": "going into the body", "lesion": "sore",
    "malignant": "cancer", "medical necessity": "whether you need it for your health",
    "medically necessary": "needed for your health", "modality": "kind of treatment", "morbidity": "illness",
    "mortality": "death", "myocardial infarction": "heart attack", "necessitate": "need", "neoplasm": "tumor",
    "neurological": "of the nerves and brain", "obtain": "get", "ocular": "of the eye", "onset": "start",
    "optimal": "best", "oral": "by mouth", "outpatient": "without staying in the hospital", "palliative": "for comfort",
    "pathology": "disease", "pediatric": "for children", "pharmacological": "with medicine",
    "physiologic": "of how the body works", "postoperative": "after surgery", "preoperative": "before surgery",
    "prior to": "before", "prognosis": "what is likely to happen", "prophylactic": "to prevent",
    "prophylaxis": "prevention", "pulmonary": "of the lungs", "pursuant to": "under",
    "refractory": "not helped by treatment", "regimen": "plan", "remission": "without signs of illness",
    "renal": "of the kidneys", "respiratory": "of breathing",
    "sedentary": "not active", "severity": "how bad", "stenosis": "narrowing", "subcutaneous": "under the skin",
    "subsequent": "later", "substantiate": "show", "sufficient": "enough", "symptomatic": "with symptoms",
    "systemic": "of the whole body", "terminate": "end", "therapeutic": "for treatment", "therapy": "treatment",
    "topical": "on the skin", "transmit": "send, pass on", "trauma": "injury", "utilization": "use", "utilize": "use",
    "vascular": "of the blood vessels", "vertigo": "dizziness",
}  # fmt: skip
"""Words a member may not know, each with plainer ones."""
_JARGON = re.compile(
    r"(?<![\w\-])(?:"
    + "|".join(sorted(map(re.escape, JARGON), key=len, reverse=True))
    + r")(?:s|d|ed|es)?(?![\w\-])",
    re.IGNORECASE,
)


def measured(text: str) -> Measured:
    """A text with its grade and everything that was found in it, in the order of the text."""
    sentences = tuple(sentences_of(text))
    words = [m.group() for start, end in sentences for m in _WORD.finditer(text[start:end])]
    grade = _grade(words, len(sentences))
    found = [*_abbreviations(text), *_codes(text), *_jargon(text), *_long(text, sentences)]
    if len(words) >= 15 and grade > GRADE:
        found.append(
            Finding("grade", 0, len(text), f"Reads like grade {grade:.0f}; aim for {GRADE:.0f} or lower.")
        )
    found.sort(key=lambda f: (f.start, f.end))
    return Measured(round(grade, 1), len(words), len(sentences), tuple(found))


def grade(text: str) -> float:
    """The reading grade of a text; 0 for one without words."""
    return measured(text).grade


def sentences_of(text: str) -> Iterator[tuple[int, int]]:
    """Where sentences begin and end: at their punctuation, at blank lines and before the points of a list."""
    start = 0
    for ending in _ENDING.finditer(text):
        if _NO_END.search(text[start : ending.start()]):
            continue
        if _WORD.search(text[start : ending.start()]):
            yield start, ending.start()
        start = ending.end()
    if _WORD.search(text[start:]):
        yield start, len(text.rstrip())


def syllables(word: str) -> int:
    """How many syllables an English word has, by its groups of vowels; at least one."""
    plain = re.sub(r"[^a-z]", "", word.lower())
    if not plain:
        return 1
    count = len(re.findall(r"[aeiouy]+", plain))
    if re.search(r"[^aeiouyl]e$|[^aeiou]es$|[^td]ed$", plain) and not re.search(
        r"(?:[sxz]|ch|sh|[cg])es$", plain
    ):
        count -= 1
    count += len(re.findall(r"i[ao]|[aeiouy]ing|eos?$|[aeo]u?m$(?<=ium)", plain))
    count -= len(re.findall(r"[st]i(?:al|a$)|ci(?:an|al|a$)|tian|[stgc]io", plain))
    count += plain.startswith("diabet") and plain.endswith("es")
    return max(count, 1)


def _grade(words: list[str], sentences: int) -> float:
    if not words or not sentences:
        return 0.0
    per_word = sum(syllables(word) for word in words) / len(words)
    return max(0.39 * len(words) / sentences + 11.8 * per_word - 15.59, 0.0)


def _abbreviations(text: str) -> Iterator[Finding]:
    letters = [c for c in text if c.isalpha()]
    if len(letters) > 20 and sum(c.isupper() for c in letters) > len(letters) * 0.6:
        yield Finding(
            "capitals", 0, len(text), "Capitals throughout are hard to read; write it in small letters."
        )
        return
    told: set[str] = set()
    for match in _ABBREVIATION.finditer(text):
        short = match.group()
        plain = short.rstrip(".").upper()
        if plain in _KNOWN or _ROMAN.fullmatch(short) or plain in told or _CODE.fullmatch(short):
            continue
        if defined(text, short):
            continue
        told.add(plain)
        yield Finding(
            "abbreviation",
            match.start(),
            match.end(),
            f"“{short}” is not explained.",
            f"write it out once: its words ({short})",
        )


def defined(text: str, short: str) -> bool:
    """Whether an abbreviation is explained somewhere in the text: words of its letters before it in parentheses, or
    words in parentheses behind it.
    """
    escaped = re.escape(short)
    for before in re.finditer(rf"([\w ,\-'’]+)\(\s*(?:the\s+)?{escaped}s?\s*\)", text):
        said = _WORD.findall(before.group(1))[-8:]
        wanted = re.sub(r"[^a-z]", "", short.lower())
        initials = [w[0].lower() for word in said for w in re.split(r"[-’']", word) if w]
        if len(said) >= 2 and (wanted[0] in initials or wanted[:1] in "".join(said).lower()):
            return True
        if said and wanted[:1] == said[-1][:1].lower() and len(said[-1]) > len(short):
            return True
    behind = re.search(rf"(?<!\w){escaped}\s*\(([^)]+)\)", text)
    return behind is not None and len(_WORD.findall(behind.group(1))) >= 2


def _codes(text: str) -> Iterator[Finding]:
    for match in _CODE.finditer(text):
        if _explained(text, match.start(), match.end()):
            continue
        code = match.group()
        before = text[max(0, match.start() - 24) : match.start()]
        if code.isdigit() and not re.search(r"(?:CPT|HCPCS|[Cc]odes?|[Pp]rocedure)\W*$", before):
            if re.search(r"(?:[A-Z]{2},?\s|[Rr]oom\s|[Ss]uite\s|[Bb]ox\s|#\s?|\d\s)$", before):
                continue  # a ZIP code, a number in an address
        elif _SHORT_CODE.fullmatch(code) and not re.search(
            r"(?:ICD\S*|[Cc]odes?|[Dd]iagnos[ei]s)\W*$", before
        ):
            continue  # B12, A1C and the like are words
        yield Finding(
            "code",
            match.start(),
            match.end(),
            f"“{code}” says nothing to a member.",
            "say what it stands for",
        )


def _explained(text: str, start: int, end: int) -> bool:
    """Whether a code only stands beside its words: in parentheses behind them, or followed by words in parentheses."""
    line = text.rfind("\n", 0, start) + 1
    before = text[line:start]
    opened = before.rfind("(")
    if opened >= 0 and ")" not in before[opened:] and len(_WORD.findall(before[:opened])) >= 1:
        return True
    behind = re.match(r"\s*\(([^)]+)\)", text[end:])
    return behind is not None and len(_WORD.findall(behind.group(1))) >= 2


def _jargon(text: str) -> Iterator[Finding]:
    for match in _JARGON.finditer(text):
        word = match.group().lower()
        plain = next((JARGON[w] for w in (word, word.rstrip("s"), word[:-1], word[:-2]) if w in JARGON), "")
        if plain and not re.match(r"\s*\([^)]*[a-z]{3}", text[match.end() :]):
            yield Finding("jargon", match.start(), match.end(), f"“{match.group()}” may not be known.", plain)


def _long(text: str, sentences: tuple[tuple[int, int], ...]) -> Iterator[Finding]:
    for start, end in sentences:
        count = len(_WORD.findall(text[start:end]))
        if count > LONG_SENTENCE:
            yield Finding("sentence", start, end, f"This sentence has {count} words.", "make two of it")
