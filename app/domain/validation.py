"""Rules: what is probably misread, and what is read right but wrong in itself.

Every rule looks at what the case holds now (the correction where there is one) and says why it
complains. A rule is evidence for a person and for the calibration; it never changes a value.

Sources: NPI length and check digit: 45 CFR 162.406, Luhn over the prefix 80840; ICD-10-CM shape:
letter, digit, then a digit, A or B, then up to four after the point; CPT/HCPCS Level II shapes: five
characters, of which four are digits.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from difflib import SequenceMatcher

from app.domain.code import NO_LISTS, CodeLists
from app.domain.form import FieldKind, FieldState, FieldWarning, FormField
from app.domain.processor import FormDefinition

RULE_TEXTS: dict[str, str] = {
    "npi_length": "An NPI has 10 digits; {count} are printed.",
    "npi_characters": "An NPI is made of digits only.",
    "npi_check_digit": "The NPI's check digit does not match: a digit may be misread.",
    "icd10_letter": "ICD-10 codes start with a letter: did you mean {suggestion}?",
    "icd10_shape": "This does not look like an ICD-10 code.",
    "icd10_suggestion": "This does not look like an ICD-10 code: did you mean {suggestion}?",
    "icd10_unknown": "“{code}” is not in the ICD-10-CM list.",
    "icd10_not_billable": "“{code}” is a heading: ICD-10-CM asks for a more specific code.",
    "hcpcs_unknown": "“{code}” is not in the HCPCS list.",
    "supplied": "The page does not show “{supplied}”; the kind of answer supplied it.",
    "procedure_shape": "This does not look like a CPT or HCPCS code.",
    "procedure_suggestion": "This does not look like a CPT or HCPCS code: did you mean {suggestion}?",
    "date_unknown": "This is not a date on the calendar.",
    "date_suggestion": "This is not a date on the calendar: did you mean {suggestion}?",
    "date_future": "This date lies in the future.",
    "date_too_old": "This date lies more than 120 years back.",
    "date_order": "“{earlier}” is after “{later}”.",
    "phone_shape": "A phone number has 10 digits; {count} are printed.",
    "zip_shape": "A ZIP code has 5 or 9 digits.",
    "required_empty": "The form requires an answer here.",
    "contradiction": "Only one of these can be ticked: {labels}.",
    "same_person": "Also spelled “{other}” in {label}.",
}
"""The English sentence of every rule; views translate the template and fill in the parameters."""

READING = "reading"
VALUE = "value"

TO_DIGIT = dict(zip("OoQDIl|!iZzSs$BGbgqA", "00001111122555866994", strict=True))
TO_LETTER = {
    "0": "O",
    "1": "I",
    "2": "Z",
    "5": "S",
    "$": "S",
    "8": "B",
    "6": "G",
    "4": "A",
    "|": "I",
    "!": "I",
    "€": "E",
}
"""What a glyph may be instead, where only a digit or only a letter can stand."""

ICD10 = re.compile(r"[A-Z][0-9][0-9AB](?:\.[0-9A-Z]{1,4})?")
PROCEDURE = re.compile(r"(?:[0-9]{5}|[0-9]{4}[A-Z]|[A-Z][0-9]{4})")
EMBEDDED = re.compile(r"^(?P<text>.*\s[-–—]\s*)(?P<code>\S{3,8})\s*$")
DATE_ORDERS = ("mdy", "ymd")


def warning_text(warning: FieldWarning) -> str:
    """The English sentence of a warning."""
    return RULE_TEXTS.get(warning.rule, warning.rule).format(**dict(warning.params))


def check(
    fields: Sequence[FormField],
    definition: FormDefinition | None = None,
    today: date | None = None,
    codes: CodeLists = NO_LISTS,
) -> Mapping[str, tuple[FieldWarning, ...]]:
    """All warnings by field path. Fields a person called illegible or not applicable are left in peace.

    `today` is the day the form was received: a birth date after it is impossible. Without it,
    dates in the future are not looked for.
    """
    found: defaultdict[str, list[FieldWarning]] = defaultdict(list)
    judged = [f for f in fields if f.state not in (FieldState.ILLEGIBLE, FieldState.NOT_APPLICABLE)]
    embeds = embedded_kinds(definition)
    for field in judged:
        if field.required and field.empty:
            found[field.path].append(FieldWarning("required_empty", VALUE))
        if isinstance(field.current, str) and field.current.strip():
            text = field.current.strip()
            found[field.path] += _RULES.get(field.kind, _no_rule)(text)
            if field.supplied and field.corrected_value is None:
                found[field.path].append(FieldWarning("supplied", READING, (("supplied", field.supplied),)))
            if field.kind is FieldKind.DATE and today is not None:
                found[field.path] += _date_bounds(field, text, today)
            kind = embeds.get(column_name(field.path), "")
            if kind:
                found[field.path] += _embedded_code(text, kind)
            found[field.path] += _listed(kind or str(field.kind), code_in(text) if kind else text, codes)
    for path, warning in _contradictions(judged, definition):
        found[path].append(warning)
    for path, warning in _between(judged, definition):
        found[path].append(warning)
    return {path: tuple(warnings) for path, warnings in found.items() if warnings}


def as_date(text: str) -> date | None:
    """The day a text names, as US forms write it: month/day/year with 4 or 2 digits of year, or ISO."""
    match = re.fullmatch(r"\s*(\d{1,2})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4}|\d{2})\s*", text)
    if match:
        month, day, year = (int(g) for g in match.groups())
        if len(match.group(3)) == 2:
            year += 2000 if year < 50 else 1900
    else:
        match = re.fullmatch(r"\s*(\d{4})-(\d{1,2})-(\d{1,2})\s*", text)
        if not match:
            return None
        year, month, day = (int(g) for g in match.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None


def npi_check_digit_holds(npi: str) -> bool:
    """Luhn over 80840 and the ten digits."""
    digits = [int(c) for c in "80840" + npi]
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def icd10_suggestion(text: str) -> str | None:
    """The nearest text of ICD-10 shape when only confusable glyphs stand between, else None."""
    code = text.strip().upper().replace(",", ".").replace(" ", "")
    if not 3 <= len(code) <= 8:
        return None
    letters = list(code)
    letters[0] = TO_LETTER.get(letters[0], letters[0])
    letters[1] = TO_DIGIT.get(text.strip()[1:2], TO_DIGIT.get(letters[1], letters[1]))
    if letters[2] not in "AB":
        letters[2] = TO_DIGIT.get(letters[2], letters[2])
    candidate = "".join(letters)
    if "." not in candidate and len(candidate) > 3:
        candidate = f"{candidate[:3]}.{candidate[3:]}"
    return candidate if candidate != text and ICD10.fullmatch(candidate) else None


def procedure_suggestion(text: str) -> str | None:
    """The nearest CPT or HCPCS shape when only confusable glyphs stand between, else None."""
    code = text.strip().upper()
    if len(code) != 5:
        return None
    middle = "".join(TO_DIGIT.get(c, c) for c in code[1:4])
    last = TO_DIGIT.get(code[4], code[4]) if code[4] in TO_DIGIT else code[4]
    first = code[0]
    for candidate in (
        first + middle + last,
        TO_LETTER.get(first, first) + middle + last,
        first + middle + code[4],
    ):
        if candidate != text.strip() and PROCEDURE.fullmatch(candidate):
            return candidate
    return None


def date_suggestion(text: str) -> str | None:
    """The text with confusable glyphs read as digits, when that is a day on the calendar."""
    candidate = "".join(TO_DIGIT.get(c, c) for c in text.strip())
    return candidate if candidate != text.strip() and as_date(candidate) else None


def _no_rule(_text: str) -> list[FieldWarning]:
    return []


def _npi(text: str) -> list[FieldWarning]:
    digits = re.sub(r"[\s\-]", "", text)
    if not digits.isdigit():
        fixed = "".join(TO_DIGIT.get(c, c) for c in digits)
        return [
            FieldWarning(
                "npi_characters", READING, (), fixed if fixed.isdigit() and len(fixed) == 10 else None
            )
        ]
    if len(digits) != 10:
        return [FieldWarning("npi_length", VALUE, (("count", str(len(digits))),))]
    if not npi_check_digit_holds(digits):
        return [FieldWarning("npi_check_digit", READING)]
    return []


def _icd10(text: str) -> list[FieldWarning]:
    return [w for code in _codes(text) for w in _icd10_code(text, code)]


def _icd10_code(text: str, code: str) -> list[FieldWarning]:
    if ICD10.fullmatch(code.upper()) or ICD10.fullmatch(f"{code[:3]}.{code[3:]}".upper()):
        return []
    fixed = icd10_suggestion(code)
    if fixed is None:
        return [FieldWarning("icd10_shape", VALUE)]
    rule = "icd10_suggestion" if code[:1].isalpha() else "icd10_letter"
    return [FieldWarning(rule, READING, (("suggestion", fixed),), text.replace(code, fixed))]


def _procedure(text: str) -> list[FieldWarning]:
    return [w for code in _codes(text) for w in _procedure_code(text, code)]


def _procedure_code(text: str, code: str) -> list[FieldWarning]:
    plain = re.sub(r"-[0-9A-Z]{2}$", "", code.upper())  # a modifier such as -50 or -RT may follow
    if PROCEDURE.fullmatch(plain):
        return []
    fixed = procedure_suggestion(code)
    if fixed is None:
        return [FieldWarning("procedure_shape", VALUE)]
    return [
        FieldWarning("procedure_suggestion", READING, (("suggestion", fixed),), text.replace(code, fixed))
    ]


def _codes(text: str) -> list[str]:
    return [c for c in re.split(r"[\s,;]+", text) if c]


def _listed(kind: str, text: str, codes: CodeLists) -> list[FieldWarning]:
    """Codes that have the shape of their kind and are in no list: read right, they are wrong in themselves."""
    found = []
    for code in _codes(text):
        if kind == FieldKind.ICD10 and codes.icd10 and ICD10.fullmatch(code.upper()):
            if not codes.is_icd10(code):
                found.append(FieldWarning("icd10_unknown", VALUE, (("code", code),)))
            elif codes.billable and not codes.is_billable(code):
                found.append(FieldWarning("icd10_not_billable", VALUE, (("code", code),)))
        elif kind == FieldKind.PROCEDURE_CODE and codes.lacks_hcpcs(code):
            found.append(FieldWarning("hcpcs_unknown", VALUE, (("code", code),)))
    return found


def _date(text: str) -> list[FieldWarning]:
    if as_date(text):
        return []
    fixed = date_suggestion(text)
    if fixed:
        return [FieldWarning("date_suggestion", READING, (("suggestion", fixed),), fixed)]
    return [FieldWarning("date_unknown", VALUE)]


def _date_bounds(field: FormField, text: str, today: date) -> list[FieldWarning]:
    day = as_date(text)
    if day is None:
        return []
    born = "dob" in field.path or "birth" in field.path
    if born and day > today:
        return [FieldWarning("date_future", VALUE)]
    if (today - day).days > 120 * 366:
        return [FieldWarning("date_too_old", VALUE)]
    return []


def _phone(text: str) -> list[FieldWarning]:
    digits = re.sub(r"\D", "", re.sub(r"(?i)\s*(?:x|ext\.?)\s*\d+$", "", text))
    right = len(digits) == 10 or (len(digits) == 11 and digits[0] == "1")
    return [] if right else [FieldWarning("phone_shape", VALUE, (("count", str(len(digits))),))]


def _zip(text: str) -> list[FieldWarning]:
    return [] if re.fullmatch(r"\d{5}(?:[\s\-]?\d{4})?", text) else [FieldWarning("zip_shape", VALUE)]


_RULES: Mapping[FieldKind, Callable[[str], list[FieldWarning]]] = {
    FieldKind.NPI: _npi,
    FieldKind.ICD10: _icd10,
    FieldKind.PROCEDURE_CODE: _procedure,
    FieldKind.DATE: _date,
    FieldKind.PHONE: _phone,
    FieldKind.ZIP: _zip,
}


def embedded_kinds(definition: FormDefinition | None) -> Mapping[str, str]:
    """By field (`table.column` for cells): which kind of code stands at the end of its text."""
    if definition is None:
        return {}
    found = {f.name: f.embeds for f in definition.fields if f.embeds}
    for table in definition.tables:
        found.update({f"{table.name}.{c.name}": c.embeds for c in table.columns if c.embeds})
    return found


def column_name(path: str) -> str:
    """`table.column` of a cell, the path itself of a field: the name a definition knows."""
    parts = path.split(".")
    return f"{parts[0]}.{parts[2]}" if len(parts) == 3 else path


def code_in(text: str) -> str:
    """The code that stands at the end of a description after a dash, or the text itself."""
    match = EMBEDDED.match(text)
    return match["code"] if match else text


def _embedded_code(text: str, kind: str) -> list[FieldWarning]:
    """A code at the end of a description, after a dash; a description without one is left in peace."""
    match = EMBEDDED.match(text)
    if not match or not any(c.isdigit() or c == "$" for c in match["code"]):
        return []
    rule = _icd10_code if kind == FieldKind.ICD10 else _procedure_code
    return rule(text, match["code"])


def _contradictions(
    fields: Sequence[FormField], definition: FormDefinition | None
) -> Iterable[tuple[str, FieldWarning]]:
    by_path = {f.path: f for f in fields}
    for choice in definition.choices if definition else ():
        ticked = [
            by_path[name] for name in choice.options if name in by_path and by_path[name].current is True
        ]
        if choice.exclusive and len(ticked) > 1:
            labels = ", ".join(f.label for f in ticked)
            for field in ticked:
                yield field.path, FieldWarning("contradiction", VALUE, (("labels", labels),))


def _between(
    fields: Sequence[FormField], definition: FormDefinition | None
) -> Iterable[tuple[str, FieldWarning]]:
    for rule in definition.rules if definition else ():
        if rule.rule == "date_order":
            for earlier, later in _pairs(fields, rule.fields):
                first, second = as_date(str(earlier.current)), as_date(str(later.current))
                if first and second and first > second:
                    warning = FieldWarning(
                        "date_order", VALUE, (("earlier", earlier.label), ("later", later.label))
                    )
                    yield earlier.path, warning
                    yield later.path, warning
        elif rule.rule == "same_person":
            yield from _same_person([f for f in fields if column_name(f.path) in rule.fields])


def _pairs(fields: Sequence[FormField], names: Sequence[str]) -> Iterable[tuple[FormField, FormField]]:
    """The two fields a rule names; for columns of a table, once for every row."""
    rows: defaultdict[str, dict[str, FormField]] = defaultdict(dict)
    for field in fields:
        name = column_name(field.path)
        if name in names:
            rows[field.cell[1] if field.cell else ""][name] = field
    for found in rows.values():
        if all(n in found for n in names):
            yield found[names[0]], found[names[1]]


def _same_person(fields: Sequence[FormField]) -> Iterable[tuple[str, FieldWarning]]:
    """Two names that differ by a letter or two are probably one person; the less sure one is asked about."""
    named = [f for f in fields if isinstance(f.current, str) and f.current.strip()]
    for place, one in enumerate(named):
        for other in named[place + 1 :]:
            a, b = _folded(str(one.current)), _folded(str(other.current))
            if a == b or min(len(a), len(b)) < 5:
                continue
            if SequenceMatcher(None, a, b).ratio() >= 0.86:
                doubted, sure = (one, other) if one.confidence <= other.confidence else (other, one)
                yield (
                    doubted.path,
                    FieldWarning(
                        "same_person",
                        READING,
                        (("other", str(sure.current)), ("label", sure.label)),
                        str(sure.current),
                    ),
                )


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold())
