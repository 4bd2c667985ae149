"""Attempts to instruct a model, hidden in what is only data: fields, notes, requests, policies.

Found attempts are flagged and shown; they change nothing. What they stand in is never evidence. A person who writes to
a person ("we ask you to approve this pump") is no attempt; a command to whoever reads is.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from app.domain.evidence import Evidence, evidence_at
from app.domain.injection_rule import ADDRESSED, LETTER, LOOKALIKE, POLITE, SUBJECT, TRIGGER, Rule, rules
from app.domain.injection_sense import sensed, torn
from app.domain.material import Material
from app.domain.passage import Span
from app.domain.policy import Policy
from app.domain.recommendation import Flag

LONGEST_QUOTE = 300
_HIDDEN = frozenset(
    "\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff"
)
_ENDS = ".!?;。！？؟"
_LEET = str.maketrans(
    {"4": "a", "3": "e", "1": "i", "0": "o", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i", "|": "l"}
)
_SPACED = re.compile(r"(?<![a-z])[a-z](?:[ ._\-*·]{1,2}[a-z]){6,}(?![a-z])")
_WITH_DIGITS = re.compile(r"(?<![\w@$|])[a-z0-9@$|]{4,}(?![\w@$|])")
_SPELT = re.compile(
    r"approve|ignore(?:all|the|any|every|prev|prior|above|your)|criteria(?:are|is)?met|override|disregard|systemprompt"
)
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{24,}={0,2}(?![A-Za-z0-9+/])")
_CONDITION = re.compile(r"\b(?:if|when|where|unless|whether)\b")
_KINDS = {
    "override": "tells the reader to set rules or criteria aside",
    "approve": "tells the reader to approve",
    "mark": "tells the reader to call criteria met",
    "answer": "dictates the answer",
    "address": "speaks to a model",
    "persona": "tells the reader who to be",
    "secrecy": "asks to keep an instruction hidden",
    "no review": "tells the reader not to review",
    "invent": "tells the reader what to quote or to make up",
    "marker": "has the marks of a conversation with a model",
    "hidden": "hides an instruction in its letters",
}


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt in a text: where it stands (offsets of characters of the text) and what kind it is."""

    start: int
    end: int
    kind: str

    @property
    def words(self) -> str:
        return _KINDS[self.kind]


def attempts(material: Material, policy: Policy | None = None) -> tuple[Flag, ...]:
    """Every attempt in the material and in the policy's text, as flags with their place, in reading order."""
    found: list[Flag] = []
    for source in material.documents:
        for page in source.strings:
            for attempt in attempts_in(page.text):
                span = Span(source.document_id, page.page, attempt.start, attempt.end)
                found.append(
                    _flag(f"“{source.name or source.document_id}”", attempt, evidence_at(source, span))
                )
    for field in material.fields:
        if isinstance(field.current, str) and len(field.current) > 8:
            for attempt in attempts_in(field.current):
                quote = field.current[attempt.start : attempt.end]
                found.append(
                    _flag(
                        f"The field “{field.label}”", attempt,
                        Evidence(quote, field.document_id, field.page, field.box, field=field.path),
                    )
                )  # fmt: skip
    if not any(d.kind == "request" for d in material.documents):
        for path, text in _texts(material.request.raw, "request"):
            for attempt in attempts_in(text):
                found.append(
                    _flag("The request", attempt, Evidence(text[attempt.start : attempt.end], field=path))
                )
    for place, fact in enumerate(material.stated):
        for attempt in attempts_in(fact.text):
            found.append(
                _flag(
                    "What was typed into the prompt",
                    attempt,
                    Evidence(fact.text, field=f"stated.{place}", supported=False),
                )
            )
    if policy is not None:
        for attempt in attempts_in(policy.text):
            quote = " ".join(policy.text[attempt.start : attempt.end].split())
            found.append(_flag(f"The text of {policy.title}", attempt, Evidence(quote, policy.key)))
    return tuple(_without_doubles(found))


def _flag(where: str, attempt: Attempt, evidence: Evidence) -> Flag:
    return Flag(
        "injection",
        f"{where} {attempt.words}. It is shown as text and changes nothing.",
        evidence,
        "Look at where it stands, and ask the sender if it is not theirs.",
    )


def _without_doubles(flags: list[Flag]) -> Iterator[Flag]:
    seen: set[tuple[str, str, int | None]] = set()
    for flag in flags:
        found = flag.evidence
        key = (found.quote.casefold(), found.document or found.field, found.page) if found else ("", "", None)
        if key not in seen:
            seen.add(key)
            yield flag


def _texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            if name != "determination":
                yield from _texts(inner, f"{path}.{name}")
    elif isinstance(value, list | tuple):
        for place, inner in enumerate(value):
            yield from _texts(inner, f"{path}.{place}")


def forbidden(
    material: Material, policy: Policy | None = None
) -> dict[tuple[str, int], tuple[tuple[int, int], ...]]:
    """Where nothing may be quoted as evidence: by (document, page) the (start, end) of attempts."""
    found: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for flag in attempts(material, policy):
        span = flag.evidence.span if flag.evidence else None
        if span is not None:
            found.setdefault((span.document_id, span.page), []).append((span.start, span.end))
    return {place: tuple(spans) for place, spans in found.items()}


@lru_cache(maxsize=2048)  # a page is asked about by the engine, the quotes and the screen
def attempts_in(text: str) -> tuple[Attempt, ...]:
    """The attempts in a text, each grown to its whole sentence; those that touch are one."""
    flat = _flattened(text)
    found = [
        Attempt(*flat.place(*_sentence(flat.text, start, end)), kind)
        for start, end, kind in _matches(flat.text)
    ]
    found += _disguised(text, flat)
    return _joined(found)


def _matches(text: str) -> Iterator[tuple[int, int, str]]:
    if TRIGGER.search(text):
        for rule in rules():
            for match in rule.pattern.finditer(text):
                if not _harmless(rule, match, text):
                    yield match.start(), match.end(), rule.name
    yield from sensed(text)


def _harmless(rule: Rule, match: re.Match[str], text: str) -> bool:
    end = match.end()
    rest = text[end : _next_end(text, end)]
    if rule.unless is not None and rule.unless.search(rest):
        return True
    if not rule.imperative:
        return False
    if rule.name == "mark" and _CONDITION.search(match.group()):
        return True  # a form: "mark the box if the requirement is met"
    if rule.name == "approve" and POLITE.search(match.group()) and not ADDRESSED.search(match.group() + rest):
        return True  # a letter asks for what it wants; what it must not ask has rules of its own
    begin = _begin(text, match.start() + (1 if match.group()[:1] in _ENDS + '\n:"' else 0))
    before = text[begin : match.start()]
    if rule.name == "approve" and LETTER.search(before):
        return True
    return SUBJECT.search(before) is not None and ADDRESSED.search(before) is None


def _begin(text: str, at: int) -> int:
    return max((text.rfind(sign, 0, at) for sign in (*_ENDS, "\n")), default=-1) + 1


def _next_end(text: str, at: int) -> int:
    ends = [found for sign in (*_ENDS, "\n") if (found := text.find(sign, at)) >= 0]
    return min(ends, default=len(text))


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentence around a match; a very long one is cut to what is near."""
    while start < end and (text[start].isspace() or text[start] in _ENDS + ":"):
        start += 1
    begin, last = _begin(text, start), min(_next_end(text, max(end - 1, start)) + 1, len(text))
    if last - begin > LONGEST_QUOTE:
        begin, last = max(begin, start - 40), min(last, max(end, start + LONGEST_QUOTE))
    while begin < start and text[begin].isspace():
        begin += 1
    while last > end and text[last - 1].isspace():
        last -= 1
    return begin, last


@dataclass(frozen=True, slots=True)
class _Flat:
    """A text made plain, and for each of its characters where that stood."""

    text: str
    places: tuple[int, ...]
    length: int

    def place(self, start: int, end: int) -> tuple[int, int]:
        if start >= len(self.places):
            return self.length, self.length
        last = self.places[end - 1] + 1 if end > start else self.places[start]
        return self.places[start], last


def _flattened(text: str) -> _Flat:
    """Lower case without accents and hidden characters; a line break stays one only where a thought begins."""
    signs: list[str] = []
    places: list[int] = []
    foreign = _mixed(text)
    for place, sign in enumerate(text):
        if sign in _HIDDEN or unicodedata.category(sign) == "Cf":
            continue
        if sign == "\n":
            made = "\n" if _breaks(text, place) else " "
        elif sign.isascii():
            made = sign.lower()
        else:
            made = "".join(
                c for c in unicodedata.normalize("NFKD", sign).lower() if not unicodedata.combining(c)
            ).replace("ß", "ss").replace("’", "'").replace("‘", "'")  # fmt: skip
            if place in foreign:
                made = "".join(LOOKALIKE.get(c, c) for c in made)
            if "\u0400" <= sign <= "\u04ff" and place not in foreign:
                made = sign.lower()  # Russian й is not и with an accent
        for c in made:
            signs.append(" " if c.isspace() and c != "\n" else c)
            places.append(place)
    return _Flat("".join(signs), tuple(places), len(text))


def _breaks(text: str, at: int) -> bool:
    before = text[:at].rstrip(" \t")[-1:]
    after = text[at + 1 :].lstrip(" \t")[:1]
    return not before or before in ".!?:;\n。！？-=*#]})>" or not after.islower()


def _mixed(text: str) -> frozenset[int]:
    """Places inside words that mix Latin with Cyrillic or Greek letters: somebody disguises a word."""
    found: set[int] = set()
    if text.isascii():
        return frozenset()
    for word in re.finditer(r"[^\W\d_]+", text):
        letters = word.group()
        latin = any(c.isascii() for c in letters)
        other = any("\u0370" <= c <= "\u04ff" for c in letters)
        if (latin and other) or (other and all(c.lower() in LOOKALIKE for c in letters) and len(letters) > 3):
            found.update(range(word.start(), word.end()))
    return frozenset(found)


def _disguised(text: str, flat: _Flat) -> list[Attempt]:
    """Instructions spelt with blanks between the letters, digits for letters, backwards, or in base64."""
    found: list[Attempt] = []
    for match in _SPACED.finditer(flat.text):
        if _SPELT.search(re.sub(r"[^a-z]", "", match.group())):
            found.append(Attempt(*flat.place(match.start(), match.end()), "hidden"))
    for begin, last, kind in torn(flat.text):
        found.append(Attempt(*flat.place(begin, last), kind))
    for begin, last in _spelt_with_digits(flat.text):
        sentence = flat.text[begin:last]
        plain = _WITH_DIGITS.sub(lambda m: m.group().translate(_LEET), sentence)
        if plain != sentence and not any(True for _ in _matches(sentence)):
            for _ in _matches(plain):
                found.append(Attempt(*flat.place(*_sentence(flat.text, begin, last)), "hidden"))
                break
    if "evorppa" in flat.text or "erongi" in flat.text:
        backwards = flat.text[::-1]
        for start, end, _ in _matches(backwards):
            begin, last = len(flat.text) - end, len(flat.text) - start
            found.append(Attempt(*flat.place(begin, last), "hidden"))
    for match in _BASE64.finditer(text):
        if _says(match.group()):
            found.append(Attempt(match.start(), match.end(), "hidden"))
    return found


def _spelt_with_digits(text: str) -> Iterator[tuple[int, int]]:
    """The sentences in which words hold digits or signs for letters."""
    done = 0
    for match in _WITH_DIGITS.finditer(text):
        if (
            match.start() >= done
            and re.search(r"[a-z]", match.group())
            and re.search(r"[0-9@$|]", match.group())
        ):
            begin, done = _begin(text, match.start()), _next_end(text, match.end())
            yield begin, done


def _says(encoded: str) -> bool:
    """Whether base64 holds words that instruct."""
    for cut in range(4):
        try:
            decoded = base64.b64decode(
                encoded[: len(encoded) - cut] + "=" * (-(len(encoded) - cut) % 4)
            ).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            continue
        plain = _flattened(decoded)
        return (
            any(True for _ in _matches(plain.text)) or _SPELT.search(plain.text.replace(" ", "")) is not None
        )
    return False


def _joined(found: list[Attempt]) -> tuple[Attempt, ...]:
    joined: list[Attempt] = []
    for attempt in sorted(found, key=lambda a: (a.start, -a.end)):
        if joined and attempt.start <= joined[-1].end:
            before = joined[-1]
            joined[-1] = Attempt(before.start, max(before.end, attempt.end), before.kind)
        else:
            joined.append(attempt)
    return tuple(joined)
