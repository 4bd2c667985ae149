"""Whom a diagnosis or a service can be about: by age and by sex.

The groups of codes are those of ICD-10-CM's own chapters; the ages of maternity (9 to 64) and of adults are those
that the Medicare Code Editor asks about. A flag is a question, never a refusal.
"""

from __future__ import annotations

import re

_FEMALE_CODES = re.compile(
    r"O|C5[1-8]|D06|D2[5-8]|D39|N7[0-7]|N8[0-9]|N9[0-8]|Q5[0-2]|Z124|Z3[2-6]|Z39|Z3A|R87|Z0141|F53"
)
_MALE_CODES = re.compile(r"C6[0-3]|D29|D40|N4[0-9]|N5[0-3]|Q5[3-5]|Z125|R972|E29")
_FEMALE_WORDS = re.compile(
    r"\b(?:pregnan\w+|obstetric\w*|prenatal|hysterectom\w+|uter(?:us|ine)|ovar(?:y|ies|ian)|endometri\w+|"
    r"postmenopaus\w+|vagin\w+|cervix|pap smear)\b",
    re.IGNORECASE,
)
_MALE_WORDS = re.compile(
    r"\b(?:prostat\w+|testic\w+|testis|scrot\w+|penile|penis|vasectom\w+|erectile)\b", re.IGNORECASE
)
_MATERNITY = re.compile(r"O|Z3[3-6]|Z3A")
_NEWBORN_WORDS = re.compile(r"\b(?:newborns?|neonat\w+)\b", re.IGNORECASE)
_OLD_WORDS = re.compile(r"\b(?:age-related|senile|postmenopausal)\b", re.IGNORECASE)
_CHILD_WORDS = re.compile(r"\b(?:pediatric|childhood|child health)\b", re.IGNORECASE)


def sex_of(gender: str) -> str:
    """`female` or `male` as a request says it in one way or another, "" otherwise."""
    word = re.sub(r"[^a-z]", "", gender.lower())
    if word in ("f", "female", "woman", "girl"):
        return "female"
    return "male" if word in ("m", "male", "man", "boy") else ""


def sex_against(code: str, words: str, sex: str) -> str:
    """`women` or `men` when a diagnosis code (no point) or the words are usually only about those; "" otherwise."""
    if sex == "male" and (_FEMALE_CODES.match(code) or _FEMALE_WORDS.search(words)):
        return "women"
    if sex == "female" and (_MALE_CODES.match(code) or _MALE_WORDS.search(words)):
        return "men"
    return ""


def age_against(code: str, words: str, age: int) -> str:
    """Whom a diagnosis is usually about when that is not somebody of this age; "" otherwise."""
    if _MATERNITY.match(code) and not 9 <= age <= 64:
        return "women of 9 to 64 years"
    if code.startswith("P") and age >= 18:
        return "newborns and children"
    if _NEWBORN_WORDS.search(words) and age >= 1:
        return "newborns"
    if _OLD_WORDS.search(words) and age < 30:
        return "older people"
    if code.startswith("F03") and age < 30:
        return "older people"
    if _CHILD_WORDS.search(words) and "adult" not in words.lower() and age >= 26:
        return "children"
    if code.startswith("Z685") and age > 20:
        return "people of up to 20 years"
    if re.match(r"Z68[1-4]", code) and age < 20:
        return "people over 20 years"
    return ""
