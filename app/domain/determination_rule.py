"""What a determination that reaches the service has to be before it is signed. The same rules as at the desk, asked
again of what somebody else's computer says.

Nothing in here takes a recommendation, and nothing makes a determination: it can only refuse one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from app.domain.case import IntakeStatus, Json
from app.domain.determination import (
    AGAINST,
    RIGHT_FOR,
    Determination,
    Outcome,
    check,
    check_superseding,
    determination_document,
    determination_from,
)
from app.domain.errors import Rejected
from app.domain.role import NotAllowed, Person, require

AHEAD = timedelta(minutes=5)
"""How far a desk's clock may be ahead of the service's."""
_A_DAY = timedelta(days=1)
_NOT_READ = ("fax_cover", "request")
"""Kinds of documents that nobody has to open: they carry no evidence."""


def read_determination(line: str, entry: object) -> Determination:
    """The determination of a line as a desk sent it, all of it understood. Raises `Rejected`."""
    wrong = Rejected(
        "This is no determination.", "Use the same version on both sides.", code="no_determination"
    )
    if not isinstance(entry, Mapping):
        raise wrong
    try:
        made = determination_from(entry)
        same = determination_document(made) == dict(entry)
    except (KeyError, ValueError, TypeError, AttributeError):
        raise wrong from None
    if not same or made.line_id != line or made.at.tzinfo is None:
        raise wrong
    return made


def check_made(
    made: Determination,
    case: Mapping[str, Any],
    person: Person,
    now: datetime,
    *,
    before: Determination | None,
    text: str | None,
    changes: frozenset[str],
) -> None:
    """Raises `NotAllowed` or `Rejected` unless this person may put this determination on its line of the case.

    `case` is the case as it would stand, `before` the determination that binds on the line, None for one that nobody
    has confirmed. `text` is the review receipt that the determination names: what shows that the evidence was opened.
    `changes` are the ids of the changes that are sent with it.
    """
    _check_author(made, person)
    _check_place(made, case)
    if made.at > now + AHEAD:
        raise Rejected(
            "This determination bears a time that has not come yet.",
            "Set the clock of this computer right and decide again.",
            code="determined_ahead",
        )
    if made.determination_id not in changes or made.supersedes not in {
        "",
        *changes,
        before.determination_id if before else "",
    }:
        raise Rejected(
            "This determination takes the place of another one than the one that stands.",
            "Look at the case again, then decide.",
            code="determined_other",
        )
    opened = _opened(made, case, text)
    check(
        person,
        made.outcome,
        made.reason,
        opened_evidence=opened,
        missing=tuple(m for m in made.missing if m.strip()),
        granted=made.granted,
        answer_by=made.answer_by,
        ground=made.ground,
    )
    if before is not None and before.final:
        # Its author may correct it on the same day, by the clock of the place they work at, which only the desk knows.
        same_day = timedelta() <= made.at - before.at < _A_DAY
        check_superseding(
            person,
            before,
            made.outcome,
            before.at if same_day else made.at,
            letter_out=_letter_out(case, before),
        )


def check_outcomes(person: Person, entries: Iterable[object]) -> None:
    """Raises `NotAllowed` when one of these entries, made on the way to what is sent, has an outcome that this person
    may not choose; `Rejected` for what is no determination.
    """
    for entry in entries:
        if isinstance(entry, Mapping):
            try:
                outcome = Outcome(str(entry.get("outcome")))
            except ValueError:
                raise Rejected("This is no determination.", code="no_determination") from None
            require(person, RIGHT_FOR[outcome])


def _check_author(made: Determination, person: Person) -> None:
    if made.by.casefold() != person.name.casefold():
        raise NotAllowed(
            "A determination bears the name of the person who makes it.",
            "Sign in as the person who decides.",
            code="not_you",
        )
    require(person, RIGHT_FOR[made.outcome])
    if made.role not in person.roles or not Person("", "", (made.role,)).may(RIGHT_FOR[made.outcome]):
        raise NotAllowed(
            "A determination is made in a role that its author has.",
            "Ask an administrator for the role, or leave the decision to somebody who has it.",
            code="not_your_role",
        )


def _check_place(made: Determination, case: Mapping[str, Any]) -> None:
    if case.get("intake_status") != IntakeStatus.VERIFIED and not case.get("status"):
        raise Rejected(
            "This case is not in review yet.", "Its form has to be verified first.", code="not_in_review"
        )
    if made.line_id not in (case.get("request") or {}).get("lines", {}):
        raise Rejected(
            "The request has no line of this name.", "Look at the case again, then decide.", code="no_line"
        )


def _letter_out(case: Mapping[str, Any], before: Determination) -> bool:
    return any(
        before.determination_id in entry.get("determinations", ()) and not entry.get("draft")
        for entry in (case.get("letters") or {}).values()
    )


def _opened(made: Determination, case: Mapping[str, Any], text: str | None) -> bool:
    """Whether the review receipt shows that what the determination rests on was opened by its author.

    A receipt that is sent has to be the one that is named; none is needed where nothing is decided against anybody.
    """
    if text is None:
        return made.outcome not in AGAINST
    receipt = _receipt(made, case, text)
    opened = {str(look.get("document", "")) for look in receipt["looks"] if isinstance(look, Mapping)}
    opened |= {str(name) for name in receipt["declared"]}
    return opened >= needed(made, case)


def needed(made: Determination, case: Mapping[str, Any]) -> set[str]:
    """The documents that somebody has to have opened before they decide against the request: those that are cited,
    every one where nobody looked at the line before, and the policy in its version.
    """
    documents = case.get("documents") or {}
    if made.review_id:
        found = {e.document for e in made.evidence if e.document in documents}
    else:
        found = {name for name, entry in documents.items() if entry.get("kind", "form") not in _NOT_READ}
    return found | ({f"policy:{made.policy}"} if made.policy else set())


def _receipt(made: Determination, case: Mapping[str, Any], text: str) -> Json:
    wrong = Rejected(
        "What was on screen does not fit this determination.",
        "Open the evidence again, then decide.",
        code="receipt_differs",
    )
    if sha256(text.encode("utf-8", "surrogatepass")).hexdigest() != made.receipt:
        raise wrong
    try:
        receipt = json.loads(text)
        decided = dict(receipt["determination"])
        who = receipt["person"]["name"]
        fits = receipt["what"] == "review receipt" and receipt["case_id"] == case.get("case_id")
        lists = isinstance(receipt["looks"], list) and isinstance(receipt["declared"], list)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise wrong from None
    if not fits or not lists or who != made.by:
        raise wrong
    if decided != determination_document(made) | {"receipt": ""}:
        raise wrong
    found: Json = receipt
    return found
