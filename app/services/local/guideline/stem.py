"""Words brought to their stem, so that “injections” finds “injection”; codes, numbers and names of drugs stay whole.

The rules are those of M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980, after British
spellings of medicine (oedema, tumour, hospitalised) are brought to the American ones.
"""

from __future__ import annotations

import re

_SHORT = 3
"""Words of so few letters stay as they are: most are abbreviations."""
_BRITISH = (
    ("ae", re.compile(r"(?<=.)ae(?=[a-z])"), "e"),
    ("oe", re.compile(r"(?<=.)oe(?=[a-z])"), "e"),
    ("oe", re.compile(r"^oe(?=[a-z]{3})"), "e"),
    ("our", re.compile(r"(?<=[a-z]{2})our(?=s?$|ed$|ing$|al$)"), "or"),
    ("is", re.compile(r"(?<=[a-z]{2})is(?=(?:e|ed|es|ing|ation|ations)$)"), "iz"),
    ("ys", re.compile(r"(?<=[a-z]{2})ys(?=(?:e|ed|es|ing)$)"), "yz"),
    ("tre", re.compile(r"(?<=[a-z]{3})tre(?=s?$)"), "ter"),
)
_VOWEL = "aeiou"

_SECOND = (
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("abli", "able"),
    ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"),
    ("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"),
    ("iviti", "ive"), ("biliti", "ble"),
)  # fmt: skip
_THIRD = (
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", ""),
)  # fmt: skip
_FOURTH = tuple(sorted((
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate",
    "iti", "ous", "ive", "ize",
), key=len, reverse=True))  # fmt: skip


def stem(word: str) -> str:
    """The stem of a word in small letters; a word with a figure in it, or of three letters, is its own."""
    if len(word) <= _SHORT or not word.isascii() or not word.isalpha():
        return word
    for hint, pattern, plain in _BRITISH:
        if hint in word:
            word = pattern.sub(plain, word)
    return _fifth(_fourth(_replaced(_replaced(_first(word), _SECOND), _THIRD)))


def _consonant(word: str, at: int) -> bool:
    letter = word[at]
    if letter == "y":
        return at == 0 or not _consonant(word, at - 1)
    return letter not in _VOWEL


def _measure(word: str) -> int:
    """How often vowels are followed by consonants."""
    count, vowel, consonant = 0, False, False
    for letter in word:
        # a y after a consonant is a vowel
        consonant = letter not in _VOWEL and not (letter == "y" and consonant)
        if not consonant:
            vowel = True
        elif vowel:
            count += 1
            vowel = False
    return count


def _has_vowel(word: str) -> bool:
    return any(not _consonant(word, at) for at in range(len(word)))


def _doubled(word: str) -> bool:
    return len(word) > 1 and word[-1] == word[-2] and _consonant(word, len(word) - 1)


def _short_end(word: str) -> bool:
    """Ends in consonant, vowel, consonant, the last not w, x or y."""
    if len(word) < 3 or word[-1] in "wxy":
        return False
    at = len(word)
    return _consonant(word, at - 1) and not _consonant(word, at - 2) and _consonant(word, at - 3)


def _first(word: str) -> str:
    if word.endswith(("sses", "ies")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    if word.endswith("eed"):
        if _measure(word[:-3]) > 0:
            word = word[:-1]
    else:
        for ending in ("ed", "ing"):
            if word.endswith(ending) and _has_vowel(word[: -len(ending)]):
                word = _mended(word[: -len(ending)])
                break
    if word.endswith("y") and _has_vowel(word[:-1]):
        word = word[:-1] + "i"
    return word


def _mended(word: str) -> str:
    if word.endswith(("at", "bl", "iz")):
        return word + "e"
    if _doubled(word) and word[-1] not in "lsz":
        return word[:-1]
    if _measure(word) == 1 and _short_end(word):
        return word + "e"
    return word


def _replaced(word: str, rules: tuple[tuple[str, str], ...]) -> str:
    for ending, instead in rules:
        if word.endswith(ending):
            rest = word[: -len(ending)]
            return rest + instead if _measure(rest) > 0 else word
    return word


def _fourth(word: str) -> str:
    for ending in _FOURTH:
        if word.endswith(ending):
            rest = word[: -len(ending)]
            if _measure(rest) > 1 and (ending != "ion" or rest.endswith(("s", "t"))):
                return rest
            return word
    return word


def _fifth(word: str) -> str:
    if word.endswith("e"):
        rest = word[:-1]
        if _measure(rest) > 1 or (_measure(rest) == 1 and not _short_end(rest)):
            word = rest
    if word.endswith("ll") and _measure(word[:-1]) > 1:
        word = word[:-1]
    return word
