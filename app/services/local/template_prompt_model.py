"""The prompt model that needs no model: the sentence, filled from what the request and its fields say."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from app.domain.confidence import SURE
from app.domain.form import FormField
from app.domain.material import Material, StatedFact
from app.domain.prompt import Filled, Origin, Prompt, Slot
from app.domain.prompt_text import absent, composed
from app.domain.recommendation import ModelInfo
from app.domain.request import Line, Request, age_of, age_on, codes_in, parsed_date
from app.services.ports import Hear

INFO = ModelInfo("template", "1", "this computer")

_NOTHING = frozenset(
    {"", "-", "--", "n/a", "na", "none", "normal", "nil", "unknown", "not applicable", "no", "null", "tbd"}
)
"""What people write where they have nothing to say."""
_MOST_WORDS = 10
_DISEASE = re.compile(
    r"\b(?:disease|disorder|syndrome|deficiency|\w+(?:itis|osis|emia|pathy|oma))\b", re.IGNORECASE
)
_DEVICE = re.compile(r"[EKLV]\d{4}|A[4-9]\d{3}")
_MEDICATION = re.compile(r"J\d{4}|\d{4,5}-\d{3,4}-\d{1,2}|\d{11}")
_SERVICE = re.compile(r"\d{4}[0-9A-Z]|[A-DGHM-UY]\d{4}|Q\d{4}")
_KINDS = {
    "DEVICE": "medical device",
    "MEDICATION": "medication",
    "PROCEDURE": "medical service",
    "SERVICE": "medical service",
}


def kind_of(code: str) -> str:
    """The kind of a service by its code; "" where the code does not tell.

    HCPCS Level II (CMS): A4000 to A9999 supplies, E durable equipment, K its temporary codes, L prosthetics and V
    vision and hearing are devices; J are drugs, as are NDC numbers. CPT and the other letters are services.
    """
    bare = code.strip().upper()
    if _DEVICE.fullmatch(bare):
        return "medical device"
    if _MEDICATION.fullmatch(bare):
        return "medication"
    return "medical service" if _SERVICE.fullmatch(bare) else ""


def service_kind(line: Line) -> tuple[str, bool]:
    """What a line asks for and whether that is doubtful: its codes and its stated type say different things."""
    by_code = {kind for code in codes_in(line.code) if (kind := kind_of(code))}
    stated = _KINDS.get(line.service_type, "")
    if stated:
        return stated, bool(by_code) and stated not in by_code
    if len(by_code) == 1:
        return by_code.pop(), False
    return "medical service", bool(by_code) or not codes_in(line.code)


@dataclass(frozen=True, slots=True)
class TemplatePromptModel:
    """Fills PromptModel with a template. Nothing is invented: what nobody says is loudly absent.

    `described` names a diagnosis code ("" when not known); `ordinary` says whether a word may lose its capital letter
    inside a sentence.
    """

    described: Callable[[str], str] = lambda _code: ""
    ordinary: Callable[[str], bool] = lambda _word: False
    threshold: float = SURE

    @property
    def info(self) -> ModelInfo:
        return INFO

    def outgoing(self, _material: Material) -> str:
        """Nothing leaves: the sentence is filled here."""
        return ""

    def propose(self, material: Material, watch: Hear | None = None) -> Prompt:
        """The sentence for all lines of the request; what people put into slots before stays theirs."""
        request = material.request
        condition, symptoms = self._condition(request)
        filled = {
            Slot.SERVICE: self._service(material),
            Slot.PATIENT: self._from(
                material, Slot.PATIENT, request.patient_name, "request.patient.patient_name"
            ),
            Slot.AGE: self._age(material),
            Slot.GENDER: self._gender(material),
            Slot.CONDITION: self._from(material, Slot.CONDITION, condition, "request.current_condition"),
            Slot.TREATMENT: self._from(
                material, Slot.TREATMENT, self._plain(request.treatment), "request.current_treatment"
            ),
            Slot.SYMPTOMS: self._from(
                material, Slot.SYMPTOMS, symptoms, "request.current_condition.description"
            ),
            Slot.DIAGNOSIS: self._diagnosis(material),
        }
        for fact in material.stated:
            if fact.slot in set(Slot):
                filled[Slot(fact.slot)] = _of_person(fact)
        prompt = composed(filled)
        if watch is not None:
            watch(prompt.text)
        return prompt

    # the slots

    def _service(self, material: Material) -> Filled:
        words: list[str] = []
        doubtful = False
        first: Filled | None = None
        for line in material.request.lines:
            if not line.code and not line.description:
                continue
            kind, unsure = service_kind(line)
            detail = "; ".join(
                part
                for part in (self._plain(line.description), ", ".join(codes_in(line.code)) or line.code)
                if part
            )
            words.append(f"{kind} ({detail})")
            source = self._from(
                material, Slot.SERVICE, line.code or line.description, f"request.lines.{line.line_id}.service"
            )
            doubtful = doubtful or unsure or source.doubtful
            first = first or source
        if first is None:
            return absent(Slot.SERVICE)
        return Filled(Slot.SERVICE, _listed(words), Origin.FIELD, first.field, doubtful=doubtful)

    def _age(self, material: Material) -> Filled:
        request = material.request
        age = age_of(request, material.asked_on)
        if age is None:
            return absent(Slot.AGE)
        born = parsed_date(request.birth_date)
        text = f"{age} years old" if age != 1 else "1 year old"
        if born is not None and age < 2:
            text = _months(born, material.asked_on)
        source = request.birth_date if born is not None else request.stated_age
        path = "request.patient.birth_date" if born is not None else "request.patient.patient_age"
        found = self._from(material, Slot.AGE, source, path)
        return Filled(Slot.AGE, text, Origin.FIELD, found.field, doubtful=found.doubtful)

    def _gender(self, material: Material) -> Filled:
        said = material.request.gender.strip().casefold()
        words = {
            "m": "male",
            "f": "female",
            "male": "male",
            "female": "female",
            "man": "male",
            "woman": "female",
        }
        if said in ("", "unknown", "u"):
            return absent(Slot.GENDER)
        found = self._from(material, Slot.GENDER, material.request.gender, "request.patient.gender")
        return Filled(Slot.GENDER, words.get(said, said), Origin.FIELD, found.field, doubtful=found.doubtful)

    def _condition(self, request: Request) -> tuple[str, str]:
        """The condition and the symptoms, from a name and a description that say the same, more, or something else."""
        name, notes = _said(request.condition), _unless_prose(_said(request.condition_notes))
        if not name or not notes:
            if name or not notes:
                return self._plain(name), ""
            disease = _DISEASE.search(notes) is not None
            return (
                (self._plain(notes), "")
                if disease or not _said_nothing(request.condition)
                else ("", self._plain(notes))
            )
        if _about_the_same(name, notes):
            return self._plain(max(name, notes, key=len)), ""
        if _DISEASE.search(notes):
            return f"{self._plain(name)} ({self._plain(notes)})", ""
        return self._plain(name), self._plain(notes)

    def _diagnosis(self, material: Material) -> Filled:
        words: list[str] = []
        source: Filled | None = None
        doubtful = False
        for line in material.request.lines:
            text = self._diagnoses(line)
            if text and text not in words:
                words.append(text)
                found = self._from(
                    material, Slot.DIAGNOSIS, line.diagnosis_code or line.diagnosis,
                    f"request.lines.{line.line_id}.diagnosis",
                )  # fmt: skip
                doubtful = doubtful or found.doubtful
                source = source or found
        if source is None:
            return absent(Slot.DIAGNOSIS)
        return Filled(Slot.DIAGNOSIS, _listed(words), Origin.FIELD, source.field, doubtful=doubtful)

    def _diagnoses(self, line: Line) -> str:
        codes, said = codes_in(line.diagnosis_code), _said(line.diagnosis)
        if not codes:
            return self._plain(said)
        if len(codes) == 1:
            words = said or self.described(codes[0])
            return f"{self._plain(words)} ({codes[0]})" if words else codes[0]
        parts = self._apart(said, codes)
        if parts is not None:
            return _listed([f"{self._plain(part)} ({code})" for part, code in zip(parts, codes, strict=True)])
        if said:
            return f"{self._plain(said)} ({', '.join(codes)})"
        return _listed([f"{self._plain(n)} ({c})" if (n := self.described(c)) else c for c in codes])

    def _apart(self, said: str, codes: Sequence[str]) -> list[str] | None:
        """A description of several diagnoses cut into theirs: where the list's own names stand, else at commas."""
        names = [self.described(code) for code in codes]
        low = said.casefold()
        starts = [low.find(name.casefold()) for name in names if name]
        if len(starts) == len(codes) and all(s >= 0 for s in starts) and starts == sorted(set(starts)):
            return [said[s : s + len(n)] for s, n in zip(starts, names, strict=True)]
        parts = [p.strip() for p in re.split(r"[;,]", said) if p.strip()]
        return parts if len(parts) == len(codes) and not any(_tail(p) for p in parts) else None

    # words

    def _plain(self, text: str) -> str:
        """Words of a form inside a sentence: no full stop of its own, no capital where it is none of a name."""
        words = _said(text).rstrip(" .;,")
        if len(words) > 4 and words.isupper():
            words = (
                words.lower()
                if all(self.ordinary(w) for w in re.findall(r"[a-z]{3,}", words.lower()))
                else words
            )
        out: list[str] = []
        for word in words.split(" "):
            bare = re.match(r"[A-Z][a-z]+", word)
            small = (
                bare is not None
                and bare.group() == re.sub(r"[^\w].*$", "", word)
                and self.ordinary(bare.group().lower())
            )
            out.append(word[0].lower() + word[1:] if small else word)
        return " ".join(out)

    def _from(self, material: Material, slot: Slot, text: str, path: str) -> Filled:
        """What a part of the request says, with the form field it came from and whether that needs a look."""
        if not text.strip():
            return absent(slot)
        field = _field_of(material.fields, text)
        if field is None:
            return Filled(slot, text, Origin.FIELD, path)
        return Filled(
            slot,
            text,
            Origin.FIELD,
            field.path,
            doubtful=field.needs_look(self.threshold) or bool(field.warnings),
        )


def _of_person(fact: StatedFact) -> Filled:
    origin = Origin.SPAN if fact.evidence is not None else Origin.STATED
    return Filled(Slot(fact.slot), fact.text, origin, evidence=fact.evidence)


def _field_of(fields: tuple[FormField, ...], text: str) -> FormField | None:
    wanted = " ".join(text.split()).casefold()
    for field in fields:
        held = field.label if field.current is True else field.current
        if isinstance(held, str) and held and " ".join(held.split()).casefold() == wanted:
            return field
    return next(
        (
            f
            for f in fields
            if isinstance(f.current, str) and len(f.current) > 1 and f.current.casefold() in wanted.split()
        ),
        None,
    )


def _said(text: str) -> str:
    words = " ".join(text.split())
    return "" if words.casefold().strip(" .") in _NOTHING else words


def _unless_prose(text: str) -> str:
    """Words that fit into a slot. A justification of whole sentences is something to read, not a condition."""
    return "" if len(text.split()) > _MOST_WORDS or re.search(r"[.;!?]\s+\S", text) else text


def _said_nothing(text: str) -> bool:
    """Whether something stands there that says that there is nothing ("Normal", "n/a")."""
    return bool(text.strip()) and not _said(text)


def _stems(text: str) -> set[str]:
    return {w[:6] for w in re.findall(r"[a-z]{4,}", text.casefold())} - {
        "type",
        "disease"[:6],
        "with",
        "disord",
        "chroni",
    }


def _about_the_same(first: str, second: str) -> bool:
    one, two = _stems(first), _stems(second)
    return bool(one & two) or first.casefold() in second.casefold()


def _tail(part: str) -> bool:
    """Whether a cutting is no diagnosis of its own: the end of one that has a comma in its name."""
    return (
        re.fullmatch(
            r"(?:unspecified|other|not elsewhere classified|initial encounter|left|right|bilateral)\b.*",
            part.casefold(),
        )
        is not None
    )


def _listed(words: Sequence[str]) -> str:
    if len(words) < 3:
        return " and ".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def _months(born: date, day: date) -> str:
    months = (day.year - born.year) * 12 + day.month - born.month - (day.day < born.day)
    if months >= 24:
        return f"{age_on(born, day)} years old"
    if months >= 1:
        return f"{months} months old" if months > 1 else "1 month old"
    days = (day - born).days
    return f"{days} days old" if days != 1 else "1 day old"
