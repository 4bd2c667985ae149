"""Sentences of a page: of prose, of lists and of tables, cut so that each says one thing and nothing is cut in two."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.domain.clinical.heading import Section, heading_of
from app.domain.clinical.plain import plain


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, an item of a list or a line of a table. `text` is as long as what it was cut from, in plain
    characters with line breaks as blanks; `start` and `end` are offsets into the page.

    `lead` is the line that introduces the list it stands in ("Patient denies:"), or what the page before left unfinished.
    `bare` says that it is a heading and nothing more.
    """

    start: int
    end: int
    text: str
    section: Section = Section.NONE
    heading: str = ""
    lead: str = ""
    row: bool = False
    bare: bool = False
    block: int = 0
    """Where the paragraph, item or line it stands in begins."""


_BULLET = re.compile(r"\s*(?:[-•*+o>]\s+|•|\d{1,2}[.)]\s+|\([a-z0-9]{1,2}\)\s*|[a-z][.)]\s+)")
_BOX = re.compile(r"\s*(?:\[\s?[xX✓✔*]?\s?\]|[☐☑☒□■✓✔✗])")
_KEYED = re.compile(r"\s*[A-Z(][A-Za-z0-9 ()/%.,'&\-]{1,45}?\s?:(?=\s|$)")
_UNFINISHED = re.compile(
    r"(?:,|\b(?:and|or|of|the|a|an|with|without|no|not|to|for|from|in|on|at|by|is|are|was|were|has|have|had|denies|"
    r"deny|denied|any|his|her|their|than|that|which|who|if|least|be|been|per|times|every|between|about|never|"
    r"did|does|do|mother|father|brother|sister|also|as|this|these|possible|negative|ruled|history|recurrent|"
    r"severe|due|than|approximately|over|under|average)|[<>=≤≥/+(&])\s*$",
    re.IGNORECASE,
)
_COUNTING = re.compile(
    r"\b(?:for|past|last|over|after|about|than|least|every|x|only|nearly|almost|approximately)\s+(?:the\s+)?(?:past\s+|last\s+)?"
    r"\d+(?:\.\d+)?\s*$|\b(?:since|until|during|over|past|last|after|before|January|February|March|April|June|July|August|"
    r"September|October|November|December)\s*$",
    re.IGNORECASE,
)
"""A line that ends in the middle of how long or since when: "for 9", "since February"."""
_COUNTED = re.compile(
    r"\s*(?:(?:days?|weeks?|months?|years?|hours?|times|nights?)\b|\d|(?:19|20)\d\d|[A-Z][a-z]{2,8} (?:\d|of))"
)
_MEASURE = re.compile(r"\s*[a-z]{1,2}[A-Z][A-Za-z0-9]{0,5}\b")
"""A measure that is written with a small letter first: pH, pCO2, eGFR."""
_LINKS = re.compile(
    r"\s*(?:of|and|or|in|to|with|for|by|from|at|on|that|which|who|than|as|is|was|are|were|has|have|had|but|per)\b"
)
_DOSE = re.compile(
    r"\d\s*(?:mg|mcg|ug|units?|u|ml|tabs?|caps?|g|puffs?)\b|\b(?:daily|bid|tid|qid|qhs|prn)\b", re.IGNORECASE
)
_ENDED = re.compile(r"[.!?:;]['\")\]]?\s*$")
_NUMBER = re.compile(r"\d")
_ABBREVIATIONS = frozenset(
    [
        "dr",
        "mr",
        "mrs",
        "ms",
        "vs",
        "pt",
        "pts",
        "e.g",
        "i.e",
        "eg",
        "ie",
        "approx",
        "no",
        "fig",
        "st",
        "inc",
        "dept",
        "hx",
        "dx",
        "rx",
        "tx",
        "sx",
        "wt",
        "ht",
        "q.d",
        "b.i.d",
        "t.i.d",
        "q.i.d",
        "a.m",
        "p.m",
        "u.s",
        "jan",
        "feb",
        "mar",
        "apr",
        "jun",
        "jul",
        "aug",
        "sep",
        "sept",
        "oct",
        "nov",
        "dec",
        "lt",
        "rt",
        "est",
        "avg",
        "max",
        "neg",
        "resp",
        "temp",
        "prev",
        "cont",
        "dept",
        "mos",
        "yrs",
        "wks",
        "hrs",
        "mo",
        "yr",
        "wk",
        "hr",
        "min",
        "sec",
        "vol",
        "ref",
        "reg",
        "incl",
        "excl",
        "tab",
        "tabs",
        "cap",
        "caps",
        "inj",
    ]
)
_STOP = re.compile(r"[.!?]['\")\]]*\s+(?=[A-Z0-9(\[\"'☐☑☒□■•<>~])")
_ANSWER = re.compile(
    r"(?:(?:yes|no|y|n|none|never|denies|denied|negative|positive|nil)\b|[-:(☐☒☑\[])", re.IGNORECASE
)


def sentences(page: str, before: Sentence | None = None) -> tuple[Sentence, ...]:
    """The sentences of a page in order; `before` is the last one of the page before, whose section goes on."""
    text = plain(page)
    found: list[Sentence] = []
    section = before.section if before else Section.NONE
    heading = before.heading if before else ""
    # What a page leaves unfinished is read with the first words of the next: "no history of" must not be lost.
    lead = before.text.strip() if before and _open(before) else ""
    listed = False
    for number, (start, end, item) in enumerate(_blocks(text)):
        block = text[start:end]
        if number and lead and not _stays(lead, item, listed, block):
            lead = ""
        listed = item
        for at, to in _stops(block):
            piece = _flat(block[at:to])
            said = heading_of(piece)
            bare = False
            if said is not None and (said[1] is not Section.OTHER or not item):
                name, meaning, rest = said
                section, heading = _next(section, meaning, name), name
                bare = not piece[rest:].strip()
                lead = piece.strip() if bare else ""
            row = bool(_NUMBER.search(piece)) and not _ENDED.search(piece) and len(piece.split()) <= 14
            words = piece.strip()
            if not words:
                continue
            first = start + at + len(piece) - len(piece.lstrip())
            found.append(
                Sentence(
                    first, first + len(words), words, section, heading, "" if bare else lead, row, bare, start
                )
            )
        if not number and not lead.endswith(":"):
            lead = ""
        if found and found[-1].text.endswith(":"):
            lead, listed = found[-1].text.strip(), False
    return tuple(found)


def _stays(lead: str, item: bool, listed: bool, block: str) -> bool:
    """Whether a list still goes on: items do; a line that is no item ends a list of items, a long one any list."""
    if item:
        return True
    return lead.endswith(":") and not listed and _short(block) and not _KEYED.match(block)


def _open(sentence: Sentence) -> bool:
    text = sentence.text.strip()
    return bool(text) and (text.endswith(":") or (not _ENDED.search(text) and bool(_UNFINISHED.search(text))))


def _next(section: Section, new: Section, name: str) -> Section:
    """A heading of no known meaning ends a section; one that names a relative stays in the family history."""
    if new is Section.OTHER and section in (Section.FAMILY, Section.RULES, Section.TEACHING):
        return section if len(name.split()) <= 2 else Section.OTHER
    return new


def _short(block: str) -> bool:
    return len(block.split()) <= 12


def _flat(text: str) -> str:
    return text.replace("\n", " ")


def _blocks(text: str) -> Iterator[tuple[int, int, bool]]:
    """Runs of lines that belong together: a paragraph, an item of a list, a line of a table."""
    lines = [(m.start(), m.end()) for m in re.finditer(r"[^\n]+", text)]
    widest = max((end - start for start, end in lines), default=0)
    begun: tuple[int, int, bool] | None = None
    before = ""
    for start, end in lines:
        line = text[start:end]
        item = bool(_BULLET.match(line) or _BOX.match(line))
        if begun is not None and _goes_on(before, line, item, widest):
            begun = (begun[0], end, begun[2])
        else:
            if begun is not None:
                yield begun
            begun = (start, end, item)
        before = line
    if begun is not None:
        yield begun


def _goes_on(before: str, line: str, item: bool, widest: int) -> bool:
    stripped = before.rstrip()
    if item or not line.strip():
        return False
    said = heading_of(line)
    small = line.lstrip()[:1].islower() and not _MEASURE.match(line)
    if said is not None and not (small and (_UNFINISHED.search(stripped) or said[1] is Section.OTHER)):
        return False
    above = heading_of(before)
    if above is not None and not before[above[2] :].strip():
        # "Hypoglycemia:" and its answer on the next line are one; a known heading stands alone.
        return (
            above[1] is Section.OTHER and _short(line) and not _KEYED.match(line) and not _BOX.search(before)
        )
    if _UNFINISHED.search(stripped) or (_COUNTING.search(stripped) and _COUNTED.match(line)):
        return True
    if _ENDED.search(stripped):
        return False
    if _KEYED.match(line):
        return False
    if _KEYED.match(before) and stripped[-1:].isdigit() and len(stripped) < 60:
        return False  # "Date of service: 10/02/2026" is whole
    if small:
        # A list of medicines in small letters is a list; a sentence that goes on is one sentence.
        return bool(_LINKS.match(line)) or not _DOSE.search(before)
    if _tabular(before) or _tabular(line):
        return False
    return len(stripped) >= max(45, 0.72 * widest)


def _tabular(line: str) -> bool:
    words = line.split()
    numbers = sum(bool(_NUMBER.search(w)) for w in words)
    return numbers >= 1 and len(words) <= 10 and not _ENDED.search(line) and numbers * 5 >= len(words)


def _stops(block: str) -> Iterator[tuple[int, int]]:
    """Where the sentences of a block begin and end."""
    at = 0
    for found in _STOP.finditer(block.replace("\n", " ")):
        stop = found.start()
        words = block[at:stop].split()
        word = words[-1].lower().lstrip("(") if words else ""
        if block[stop - 1 : stop] == "." and block[stop] == ".":
            continue  # dotted leaders: "Smoker ..... No"
        if block[stop] == ".":
            if word == "no" and not block[found.end() :][:1].isdigit():
                pass  # an answer, not "No. 5"
            elif word in _ABBREVIATIONS or (len(word) == 1 and word.isalpha()):
                continue
            if re.fullmatch(r"\(?\d{1,2}", word) and len(words) == 1:
                continue  # "1. Type 1 diabetes"
        if block[stop] == "?" and _ANSWER.match(block[found.end() :]):
            continue  # a question is read with its answer
        yield at, found.end()
        at = found.end()
    if at < len(block):
        yield at, len(block)
