"""Where on the body a service and a diagnosis are, and on which side: from words, and from ranges of code numbers.

Of CPT only numbers are used (which stretch of the book is about which joint), never its words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORDS = {
    "shoulder": r"shoulders?|rotator cuff|clavic\w+|scapul\w+|acromio\w+|glenohumeral",
    "upper arm": r"humer\w+|upper arms?",
    "elbow": r"elbows?|epicondyl\w+|olecran\w+",
    "forearm": r"forearms?|radius|ulnar?",
    "wrist": r"wrists?|carpal|carpus",
    "hand": r"hands?|palmar|metacarp\w+",
    "finger": r"fingers?|thumbs?",
    "hip": r"hips?|acetabul\w+|trochanter\w*|coxarthrosis",
    "thigh": r"thighs?|femur|femoral shaft",
    "knee": r"knees?|patell\w+|menisc\w+|cruciate|gonarthrosis",
    "lower leg": r"lower legs?|tibial?|fibular?|shins?|cal(?:f|ves)",
    "ankle": r"ankles?|malleol\w+|achilles",
    "foot": r"foot|feet|plantar|metatars\w+|heels?|calcan\w+|hallux|bunions?",
    "toe": r"toes?|hallux",
    "cervical spine": r"cervical (?:spine|disc|vertebr\w+|region|radiculopathy|stenosis|fusion)|cervicalgia|neck pain",
    "thoracic spine": r"thoracic (?:spine|disc|vertebr\w+|region|radiculopathy)",
    "lumbar spine": r"lumb(?:ar|o\w+)|low(?:er)? back|sciatica",
    "eye": r"eyes?|cataracts?|retina\w*|glaucoma|cornea\w*",
    "ear": r"ears?|hearing|otitis",
    "breast": r"breasts?|mamm\w+|mastectomy",
    "jaw": r"jaws?|temporomandibular|mandib\w+",
}  # fmt: skip
_PATTERNS = {site: re.compile(rf"\b(?:{words})\b", re.IGNORECASE) for site, words in _WORDS.items()}

_NEAR = (
    {"hip", "thigh"}, {"knee", "thigh"}, {"knee", "lower leg"}, {"ankle", "lower leg"}, {"ankle", "foot"},
    {"foot", "toe"}, {"shoulder", "upper arm"}, {"elbow", "upper arm"}, {"elbow", "forearm"}, {"wrist", "forearm"},
    {"wrist", "hand"}, {"hand", "finger"}, {"wrist", "finger"}, {"cervical spine", "thoracic spine"},
    {"thoracic spine", "lumbar spine"},
)  # fmt: skip
"""Sites that one service may well be about."""

_RANGES = (
    ("23000", "23929", "shoulder"), ("24000", "24366", "elbow"), ("25000", "25999", "wrist"),
    ("26010", "26989", "hand"), ("27030", "27187", "hip"), ("27284", "27286", "hip"), ("27405", "27447", "knee"),
    ("27520", "27566", "knee"), ("27570", "27580", "knee"), ("27605", "27698", "ankle"), ("27700", "27704", "ankle"),
    ("28001", "28899", "foot"), ("29805", "29828", "shoulder"), ("29830", "29838", "elbow"),
    ("29840", "29848", "wrist"), ("29860", "29863", "hip"), ("29866", "29889", "knee"), ("29914", "29916", "hip"),
    ("73501", "73525", "hip"), ("73560", "73580", "knee"), ("73600", "73615", "ankle"), ("73620", "73660", "foot"),
    ("73020", "73040", "shoulder"), ("73070", "73085", "elbow"), ("73100", "73115", "wrist"),
    ("73120", "73140", "hand"), ("L0120", "L0200", "cervical spine"), ("L1600", "L1690", "hip"),
    ("L1810", "L1860", "knee"), ("L1900", "L1990", "ankle"), ("L3000", "L3649", "foot"),
    ("L3650", "L3678", "shoulder"), ("L3702", "L3766", "elbow"),
)  # fmt: skip
_RIGHT = re.compile(r"\bright\b|\bRT\b")
_LEFT = re.compile(r"\bleft\b|\bLT\b")


def sites(text: str) -> frozenset[str]:
    """The parts of the body a text names."""
    return frozenset(site for site, pattern in _PATTERNS.items() if pattern.search(text))


def sites_of_codes(codes: Iterable[str]) -> frozenset[str]:
    """The part of the body that service codes are about, for stretches of numbers that are about one."""
    return frozenset(
        site for code in codes for first, last, site in _RANGES if len(code) == 5 and first <= code <= last
    )


def contradict(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two sets of sites are known and about different parts of the body."""
    if not one or not other or one & other:
        return False
    return not any({a, b} in _NEAR for a in one for b in other)


def side(text: str) -> str:
    """`left` or `right` where a text names just one of them, by word or by modifier; "" otherwise."""
    lower = re.sub(r"(?i)\b(right|left)\b", lambda m: m.group().lower(), text)
    right, left = bool(_RIGHT.search(lower)), bool(_LEFT.search(lower))
    return "right" if right and not left else "left" if left and not right else ""
