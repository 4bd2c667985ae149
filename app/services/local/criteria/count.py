"""How many: failed treatments, episodes, visits. Counted by a number that is said, or by the different ones told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from app.domain.clinical.moment import before
from app.domain.criterion import CountTest
from app.domain.evidence import Evidence
from app.domain.material import Status
from app.services.local.criteria.finding import dated
from app.services.local.criteria.reading import Found, Mention, Reading, quoted_once, shown

_WORDS = {
    "zero": 0, "no": 0, "one": 1, "single": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "both": 2, "twice": 2, "thrice": 3, "once": 1,
    "couple": 2,
}  # fmt: skip
_NUMBER = r"(?P<n>\d{1,2}|" + "|".join(_WORDS) + r")"
_AHEAD = re.compile(
    rf"(?P<cmp>at least|more than|over|>=?|≥|less than|fewer than|up to|<=?|≤|about|approximately|"
    rf"~)?\s*(?<![\w./\-])\b(?:(?P<from>\d{{1,2}})\s*(?:-|to|"
    rf"or)\s*)?{_NUMBER}(?P<plus>\+)?(?:\s*\(\d{{1,2}}\))?(?:\s*(?:of|out of|/)\s*(?P<of>\d{{1,2}}))?"
    r"(?:\s+(?:or more|prior|previous|separate|different|distinct|documented|additional|past|other|adequate|total|"
    r"major|consecutive|full|of|the|his|her|their|these|such|known|recent|severe|medication|treatment|"
    r"unsuccessful|"
    r"or|more|[a-z]+ed|[a-z]+ing|[a-z]+ive|[a-z]+ant)){0,4}\s*$", re.IGNORECASE,
)  # fmt: skip
_BEHIND = re.compile(
    rf"\s*(?:(?:x|times)\s*(?P<x>\d{{1,2}})\b|[:=]\s*(?P<eq>\d{{1,2}})\b(?![./]\d)|\(\s*(?:n\s*=\s*|"
    rf"x\s*)?(?P<par>\d{{1,2}})\s*\)|(?:on|in|of|to|at|with|"
    rf"over)?\s*(?P<at_least>at least\s+)?{_NUMBER}\s+(?:(?:prior|different|separate|adequate|previous|other|"
    rf"of)\s+)*"
    r"(?:occasions?|times|medications?|drugs?|agents?|trials?|antidepressants?|medicines|treatments?|therapies|"
    r"visits?|episodes?|courses?|classes|seizure medications|AEDs?|ASMs?|events?|sessions?|attempts?|programs?|"
    r"diets?)\b)", re.IGNORECASE,
)  # fmt: skip

_ELSE = re.compile(
    r"[;.]\s|\b(?:on|currently|now|taking|takes|but|not|will|still|continues|responded|tolerat\w+|started|using|"
    r"plan|next|trying)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Counted:
    mention: Mention
    least: int
    most: int | None
    problem: str = ""

    def evidence(self) -> Evidence:
        return self.mention.statement.evidence(self.mention.start, self.mention.end, self.problem)


def judge_count(reading: Reading, test: CountTest) -> Found:
    """Met by a number said of the patient, or by so many different members told as such."""
    what = reading.words(test.of)
    asked = " and ".join(
        [f"at least {test.least}"] * (test.least is not None)
        + [f"at most {test.most}"] * (test.most is not None)
    )
    mentions = list(reading.mentions(test.of))
    said = [c for m in mentions if m.affirmed for c in _counted(reading, test, m)]
    fine = [c for c in said if not c.problem]
    verdicts = [(c, _verdict(test, c.least, c.most)) for c in fine]
    met = [c for c, v in verdicts if v is True]
    failing = [c for c, v in verdicts if v is False]
    members = _members(reading, test, mentions)
    if met and failing:
        return Found(
            Status.INSUFFICIENT,
            quoted_once(met + failing),
            f"The documents give different numbers of {what}; {asked} is asked for.",
        )
    if met:
        return Found(
            Status.MET, quoted_once(met), f"{_number(met[0])} {what} are said; {asked} is asked for."
        )
    if members and not failing and _verdict(test, len(members), None) is True:
        evidence = shown(list(members.values()), max(4, len(members)))
        names = ", ".join(reading.words(n) for n in members)
        return Found(
            Status.MET, evidence, f"{len(members)} different ones are told ({names}); {asked} is asked for."
        )
    if failing and len(members) <= max(c.most or 0 for c in failing):
        return Found(
            Status.NOT_MET,
            quoted_once(failing),
            f"{_number(failing[0])} {what} are said; {asked} is asked for.",
        )
    denials = [m for m in mentions if m.denied and not m.context.limited]
    if denials and not any(m.affirmed for m in mentions) and not members:
        verdict = _verdict(test, 0, 0)
        status = Status.MET if verdict else Status.NOT_MET
        return Found(status, shown(denials), f"{_cap(what)} is denied; {asked} is asked for.")
    if members:
        names = ", ".join(reading.words(n) for n in members)
        return Found(
            Status.INSUFFICIENT,
            shown(list(members.values())),
            f"{len(members)} told ({names}); {asked} is asked for.",
        )
    if said:
        reason = said[0].problem or "which does not decide it"
        return Found(
            Status.INSUFFICIENT,
            quoted_once(said),
            f"{_number(said[0])} {what} are said, {reason}; {asked} is asked for.",
        )
    near = mentions or [m for name in test.among for m in reading.mentions(name)]
    if near:
        return Found(
            Status.INSUFFICIENT,
            shown(near),
            f"{_cap(what)} is mentioned, but not how many; {asked} is asked for.",
        )
    return Found(
        Status.INSUFFICIENT, (), f"Nothing in the documents says how many {what}; {asked} is asked for."
    )


def _verdict(test: CountTest, least: int, most: int | None) -> bool | None:
    if test.least is not None:
        if least >= test.least:
            enough: bool | None = True
        else:
            enough = False if most is not None and most < test.least else None
    else:
        enough = True
    if test.most is not None:
        if most is not None and most <= test.most:
            few: bool | None = True
        else:
            few = False if least > test.most else None
    else:
        few = True
    if enough is False or few is False:
        return False
    return True if enough and few else None


def _counted(reading: Reading, test: CountTest, mention: Mention) -> list[Counted]:
    text = mention.statement.text
    ahead = _AHEAD.search(text[: mention.start])
    behind = _BEHIND.match(text[mention.end :])
    inside = re.match(rf"{_NUMBER}\b", text[mention.start : mention.end], re.IGNORECASE)
    number: str | None = None
    least_only = most_only = False
    if ahead:
        number = ahead.group("n")
        sign = (ahead.group("cmp") or "").lower()
        least_only = (
            bool(ahead.group("plus"))
            or sign in ("at least", ">=", "≥", "more than", "over", ">")
            or "or more" in ahead.group().lower()
        )
        most_only = sign in ("less than", "fewer than", "up to", "<", "<=", "≤")
        if sign in ("about", "approximately", "~"):
            return [Counted(mention, 0, None, "but only about so many")]
    elif behind:
        number = next(
            (g for g in (behind.group("x"), behind.group("eq"), behind.group("par"), behind.group("n")) if g),
            None,
        )
        least_only = bool(behind.group("at_least"))
    elif inside:
        number = inside.group("n")
    if number is None:
        return []
    count = _WORDS.get(number.lower(), int(number) if number.isdigit() else 0)
    if ahead and (ahead.group("cmp") or "").lower() in ("more than", "over", ">"):
        count += 1
    least = min(count, int(ahead.group("from"))) if ahead and ahead.group("from") else count
    problem = _when(reading, test, mention)
    return [Counted(mention, 0 if most_only else least, None if least_only else count, problem)]


def _when(reading: Reading, test: CountTest, mention: Mention) -> str:
    if test.within is None:
        return ""
    edge = before(reading.asked_on, test.within)
    text = mention.statement.text
    from app.domain.clinical.moment import stretches

    written = mention.statement.written
    for stretch in stretches(text, written or reading.asked_on):
        # "3 episodes in the past 6 months": all of them lie in that time before the note.
        if stretch.most is not None and written is not None and before(written, stretch.most) >= edge:
            return ""
        if stretch.since is not None and stretch.since.first >= edge:
            return ""
    first, last = dated(reading, mention)
    if first is None or last is None or first == date.min:
        return "but nobody says when"
    return "" if first >= edge and last <= reading.asked_on else f"but not surely within {test.within}"


def _members(reading: Reading, test: CountTest, mentions: list[Mention]) -> dict[str, Mention]:
    """The different members told together with what is counted: in the same statement, list or heading."""
    found: dict[str, Mention] = {}
    told = [m for m in mentions if m.affirmed]
    leads = {m.statement.text.strip(" :") for m in mentions if m.counts}
    for name in test.among:
        for mention in reading.mentions(name):
            if not mention.affirmed or _when(reading, test, mention):
                continue
            statement = mention.statement
            together = any(_together(m, mention) for m in told) or (
                statement.lead and statement.lead.strip(" :") in leads
            )
            if together or (statement.heading and statement.heading.strip(" :") in leads):
                found.setdefault(name, mention)
                break
    return found


def _together(kind: Mention, member: Mention) -> bool:
    """Whether a member stands in the same clause as what is counted."""
    if kind.statement.place != member.statement.place:
        return False
    text = kind.statement.text
    first, last = sorted((kind, member), key=lambda m: m.start)
    return not _ELSE.search(text[first.end : last.start])


def _number(counted: Counted) -> str:
    if counted.most is None:
        return f"At least {counted.least}"
    return str(counted.most) if counted.least else f"At most {counted.most}"


def _cap(text: str) -> str:
    return text[:1].upper() + text[1:]
