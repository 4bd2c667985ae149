"""Whom a page is about: the name, date of birth and member id in its head, against those of the request."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from app.domain.clinical.plain import plain
from app.domain.clinical.term import loose
from app.domain.request import Request, parsed_date

_HEAD_LINES = 14
_FOOT_LINES = 4
_STOP = (
    r"(?=\s{2,}|\s+(?:DOB|D\.O\.B|Date|MRN|Member|Sex|Gender|Age|Acct|Account|ID|Phone|PCP|Provider|Visit|Male|"
    r"Female|M/F|Insurance|Subscriber|Address|Page|DOS|Encounter|Collected|Ordering)\b|[|;\n(]|$)"
)  # fmt: skip
_NAME = re.compile(
    rf"(?:^|[|\n]|\s)\s*(?:patient(?:'s)?(?: full)? name|pt\.? name|member(?:'s)? name|name of patient|"
    rf"beneficiary(?: name)?|patient|pt|re|"
    rf"name)\s*[:#]\s*(?P<name>[A-Z][A-Za-z'.\- ]*(?:,\s*[A-Z][A-Za-z'.\- ]*)?){_STOP}",
    re.IGNORECASE,
)
_BORN = re.compile(
    r"\b(?:d\.?o\.?b\.?|date of birth|birth ?date|"
    r"born(?: on)?)\s*[:#]?\s*(?P<day>\d{1,2}[/.\-]\d{1,2}[/.\-](?:\d{4}|\d{2})|\d{4}-\d{1,2}-\d{1,2})",
    re.IGNORECASE,
)
_MEMBER = re.compile(
    r"\b(?:member|subscriber|medicare|policy|beneficiary|hicn|mbi)\s*(?:id|i\.d\.|no\.?|number|"
    r"#)?\s*[:#]\s*(?P<id>[A-Z0-9\-]{6,18})\b",
    re.IGNORECASE,
)
_TITLES = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "miss",
        "dr",
        "jr",
        "sr",
        "ii",
        "iii",
        "iv",
        "md",
        "do",
        "rn",
        "np",
        "pa",
        "phd",
        "the",
        "patient",
    ]
)
_NICKNAMES = (
    "robert bob rob bobby bert", "william bill will billy liam", "richard rick dick rich", "james jim jimmy jamie",
    "john jack johnny jon jonathan",
    "thomas tom tommy", "elizabeth liz beth betty eliza lisa libby betsy", "margaret peggy meg maggie marge",
    "katherine catherine kathy kate katie cathy kathryn",
    "michael mike mick", "charles charlie chuck", "edward ed eddie ted ned", "theodore ted theo",
    "joseph joe joey", "daniel dan danny", "david dave", "steven stephen steve",
    "anthony tony", "patricia pat patty trish", "patrick pat", "susan sue suzanne", "deborah debra deb debbie",
    "barbara barb", "jennifer jen jenny", "christopher chris",
    "christine christina chris tina", "samuel samantha sam", "alexander alexandra alex sandy", "benjamin ben",
    "matthew matt", "andrew andy drew", "ronald ron", "donald don",
    "kenneth ken", "gregory greg", "lawrence larry", "raymond ray", "timothy tim", "nicholas nick",
    "francis frank fran", "frances fran", "jeffrey geoffrey jeff", "gerald jerry",
    "eugene gene", "albert al", "alfred al fred", "frederick fred", "henry hank harry", "harold harry hal",
    "leonard len leo", "dorothy dot dottie", "virginia ginny", "rebecca becky",
    "victoria vicky", "cynthia cindy", "pamela pam", "sandra sandy", "teresa theresa terry", "terence terry",
    "walter walt", "peter pete", "philip phil", "douglas doug", "joshua josh",
    "zachary zach", "jacob jake", "abigail abby", "amanda mandy", "jacqueline jackie", "judith judy",
    "kimberly kim", "nancy nan", "mary molly polly", "ann anne anna annie nancy", "helen nell ellen",
)  # fmt: skip
_GROUPS = tuple(frozenset(group.split()) for group in _NICKNAMES)


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a page names. `start` and `end` are where, for showing it."""

    name: str = ""
    born: date | None = None
    member: str = ""
    start: int = 0
    end: int = 0


def identity_of(page: str) -> Identity | None:
    """The person whom the head or the foot of a page names; None when it names none."""
    text = plain(page)
    lines = [(m.start(), m.end()) for m in re.finditer(r"[^\n]+", text)]
    if not lines:
        return None
    head = lines[min(_HEAD_LINES, len(lines)) - 1][1]
    foot = lines[max(0, len(lines) - _FOOT_LINES)][0]
    places: list[tuple[int, int]] = []

    def found(pattern: re.Pattern[str], group: str) -> str:
        for m in pattern.finditer(text):
            if (m.start() < head or m.start() >= foot) and not re.search(
                r"\b(?:provider|physician|doctor|facility|guarantor|emergency|contact|mother|father|spouse|"
                r"referring)\W*$",
                text[max(0, m.start() - 22) : m.start() + 1], re.IGNORECASE,
            ):  # fmt: skip
                places.append((m.start(group), m.end(group)))
                return m.group(group).strip(" ,.")
        return ""

    name, born, member = found(_NAME, "name"), found(_BORN, "day"), found(_MEMBER, "id")
    if (
        len([w for w in re.findall(r"[A-Za-z]+", name) if w.lower() not in _TITLES]) < 2
        or len(name.split()) > 5
    ):
        name = ""
    if not (name or born or member):
        return None
    return Identity(
        name,
        parsed_date(born) if born else None,
        member,
        min(p[0] for p in places),
        max(p[1] for p in places),
    )


def contradicts(who: Identity, request: Request) -> str:
    """In words why a page is about somebody else; "" when it is not known to be."""
    names = (
        same_person(who.name, request.patient_name)
        if who.name and len(_parts(request.patient_name)) >= 2
        else None
    )
    asked = parsed_date(request.birth_date)
    births = _same_day(who.born, asked) if who.born and asked else None
    member = re.sub(r"\W", "", who.member).upper()
    wanted = re.sub(r"\W", "", request.patient_id).upper()
    ids = _near(member, wanted, 2) if member and wanted else None
    if births is True and names is not False:
        return ""
    if names is False and not (births is True or ids is True):
        return "the name is another"
    if births is False and ids is not True and (names is not True or _clearly(who.born, asked)):
        return "the date of birth is another"
    if ids is False and names is None and births is None:
        return "the member id is another"
    return ""


def _parts(name: str) -> list[str]:
    return [
        w
        for w in re.findall(r"[^\W\d_]+", name.lower().replace("'", "").replace("-", " "))
        if w not in _TITLES
    ]


def same_person(first: str, second: str) -> bool:
    """Whether two names can be one person's: order, initials, short forms and misread letters aside."""
    one, two = _parts(first), _parts(second)
    if len([w for w in one if len(w) > 1]) < 1:
        return True
    shorter, longer = sorted((one, two), key=len)
    left = list(longer)
    matched = whole = 0
    for word in shorter:
        fit = next((o for o in left if _alike(word, o)), None)
        if fit is not None:
            left.remove(fit)
            matched += 1
            whole += len(word) > 1 and len(fit) > 1
    if matched == len(shorter):
        return whole >= 1
    # Two of three may agree: a second surname, a married name beside the old one.
    return whole >= 2


def _alike(one: str, two: str) -> bool:
    if one == two or loose(one) == loose(two):
        return True
    short, long = sorted((one, two), key=len)
    if len(short) == 1:
        return long.startswith(short)
    if len(short) >= 3 and long.startswith(short):
        return True
    if any(one in group and two in group for group in _GROUPS):
        return True
    return _near(one, two, 1 if len(short) <= 5 else 2) if len(short) >= 4 else False


def _near(one: str, two: str, most: int) -> bool:
    """Whether two words differ in at most so many letters (Levenshtein, 1966)."""
    if abs(len(one) - len(two)) > most:
        return False
    row = list(range(len(two) + 1))
    for n, a in enumerate(one, 1):
        last, row[0] = row[0], n
        for k, b in enumerate(two, 1):
            last, row[k] = row[k], min(row[k] + 1, row[k - 1] + 1, last + (a != b))
    return row[-1] <= most


def _same_day(one: date, two: date) -> bool:
    return one == two or (one.day == two.month and one.month == two.day and one.year == two.year)


def _clearly(one: date | None, two: date | None) -> bool:
    """Whether two days differ by more than one misread part."""
    if one is None or two is None:
        return False
    return (one.year != two.year) + (one.month != two.month) + (one.day != two.day) >= 2
