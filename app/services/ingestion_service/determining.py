"""Determinations of desks: asked again who it is and what they may, signed, and written into the case.

No road in here makes a determination or changes what one says: a person's own is signed, or it is refused.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from app.domain.case import Json
from app.domain.change import MISSING, Action, Missing
from app.domain.determination import Determination, determination_from
from app.domain.determination_rule import check_made, check_outcomes, read_determination
from app.domain.errors import Rejected
from app.domain.role import NotAllowed, Person
from app.domain.sync import Answer, Push, Pushed, RemoteCase
from app.domain.sync_wire import Determining as Sent
from app.services.ports import CaseRemote
from app.services.signing import SIGNATURE, confirmed, sign

IMPORTED = "imported_by"
"""Who brought a determination along that was made before the workspace was connected: it is kept, and not signed."""
RECEIPT = "receipt-"
"""Under which names, followed by their SHA-256, review receipts are kept among the reviews of a case."""


_PARTS = ("determinations", "request")
"""The parts of a case in which determinations stand: the second follows from the first."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The key that signs, and the public ones that are believed: its own, and those that were in use before."""

    private: str
    public: str


@dataclass(frozen=True, slots=True)
class Determining:
    """Applies pushes that determine. Thread-safe. Raises what `CaseRemote` raises, and `NotAllowed` or `Rejected` with
    a sentence for what is not this person's to decide, or leaves something out.
    """

    cases: CaseRemote
    keys: Keys
    now: Callable[[], datetime]
    registered: Callable[[str], bool]
    """Whether somebody of this name is in the register: whose name nobody else's determination may bear."""

    def push(self, sent: Sent, person: Person) -> Pushed:
        """Check, sign and write one batch of this person's; the answer is the queue's."""
        push = sent.push
        case = self.cases.case(push.case_id)
        if push.base is None:
            if case is not None:
                return self._before_it(push)
            return self._write(self._signed_case(sent, person))
        if case is None:
            return Pushed(Answer.GONE)
        if case.update_time != push.base:
            return self._before_it(push)
        return self._write(self._signed_updates(sent, person, case))

    def _write(self, push: Push) -> Pushed:
        return self.cases.push(push)

    def _before_it(self, push: Push) -> Pushed:
        """The answer where the case is another than the one the push was made on: it may be its own earlier try."""
        there = self.cases.receipts(push.case_id, tuple(r.mutation_id for r in push.receipts))
        return Pushed(Answer.RECEIPT_THERE if there else Answer.BASE_MOVED)

    # What is written

    def _signed_updates(self, sent: Sent, person: Person, case: RemoteCase) -> Push:
        push = sent.push
        after = updated(case.document, push.updates)
        if not {"determinations", "request"} <= after.keys():
            raise Rejected("This is no determination.", code="no_determination")
        made = self._made(case.document, after)
        self._sign(sent, person, case.document, after, made)
        signed = {
            (part,): after[part]
            for part in _PARTS
            if part in after and after[part] != case.document.get(part)
        }
        return replace(
            push,
            updates={path: value for path, value in push.updates.items() if path[0] not in _PARTS} | signed,
            reviews={**push.reviews, **_kept(sent, made)},
            determines=True,
        )

    def _signed_case(self, sent: Sent, person: Person) -> Push:
        push = sent.push
        after = copy.deepcopy(push.document) or {}
        made = self._made({}, after)
        self._sign(sent, person, {}, after, made)
        return replace(push, document=after, reviews={**push.reviews, **_kept(sent, made)}, determines=True)

    def _made(self, before: Mapping[str, Any], after: Json) -> dict[str, Any]:
        """By line the determinations that a push brings. Raises `Rejected` when it takes one away."""
        old, new = _determinations(before), _determinations(after)
        made: dict[str, Any] = {}
        for line, entry in new.items():
            if line in old and _said(entry) == _said(old[line]):
                after["determinations"][line] = old[line]  # a desk may not have its signature yet
            else:
                made[line] = entry
        if old.keys() - new.keys():
            raise Rejected(
                "A determination is not taken back.",
                "Make a new determination: it takes the place of the one before.",
                code="determined_stays",
            )
        if not made:
            raise Rejected(
                "Nothing is determined in this.", "Send it to the shared queue.", code="not_determined"
            )
        return made

    def _sign(
        self, sent: Sent, person: Person, before: Mapping[str, Any], after: Json, made: Mapping[str, Any]
    ) -> None:
        """Put the signed determinations into the case as it will stand, wherever they stand in it."""
        push = sent.push
        case_id = push.case_id
        changes = frozenset(r.mutation_id for r in push.receipts if r.action == Action.DETERMINED)
        self._check_receipts(sent, person)
        old = _determinations(before)
        for line, entry in made.items():
            determination = read_determination(line, _bare(entry))
            binding = self._binding(case_id, line, old.get(line))
            if binding is None and self._from_elsewhere(determination.by, person):
                # decided where nobody could sign: it stays as it is, and is shown as not confirmed
                after["determinations"][line] = {**_bare(entry), IMPORTED: person.name}
                continue
            check_made(
                determination,
                after,
                person,
                self.now(),
                before=binding,
                text=sent.opened.get(determination.receipt) if determination.receipt else None,
                changes=changes,
            )
            signed: Json = {**_bare(entry), "title": person.title}
            signed[SIGNATURE] = sign(self.keys.private, case_id, line, signed)
            after["determinations"][line] = signed
        for line_id, line in after.get("request", {}).get("lines", {}).items():
            line["determination"] = after["determinations"].get(line_id)

    def _from_elsewhere(self, by: str, person: Person) -> bool:
        """Whether somebody decided in a workspace before it was connected, under a name that is only known there."""
        return by.casefold() != person.name.casefold() and not self.registered(by.lower())

    def _check_receipts(self, sent: Sent, person: Person) -> None:
        """A change that determines is its author's to send, also where a later one in the batch takes its place."""
        for receipt in sent.push.receipts:
            if receipt.action != Action.DETERMINED or self._from_elsewhere(receipt.by, person):
                continue
            if receipt.by.casefold() != person.name.casefold():
                raise NotAllowed(
                    "A determination bears the name of the person who makes it.",
                    "Sign in as the person who decides.",
                    code="not_you",
                )
            check_outcomes(person, _written(receipt.body))

    def _binding(self, case_id: str, line: str, entry: object) -> Determination | None:
        """The determination that stands on a line and binds: one that was confirmed, or brought along. What anybody
        with the right to write cases wrote there binds nobody.
        """
        if not isinstance(entry, Mapping):
            return None
        if IMPORTED not in entry and not confirmed(self.keys.public, case_id, line, entry):
            return None
        try:
            return determination_from(entry)
        except (KeyError, ValueError, TypeError, AttributeError):
            return None


def updated(document: Mapping[str, Any], updates: Mapping[tuple[str, ...], Any]) -> Json:
    """The case that updates lead to; the given one is left alone."""
    result: Json = copy.deepcopy(dict(document))
    for path, value in updates.items():
        *above, last = path
        place = result
        for name in above:
            inner = place.get(name)
            if not isinstance(inner, dict):
                inner = place[name] = {}
            place = inner
        if isinstance(value, Missing):
            place.pop(last, None)
        else:
            place[last] = copy.deepcopy(value)
    return result


def _determinations(document: Mapping[str, Any]) -> Mapping[str, Any]:
    found = document.get("determinations") or {}
    if not isinstance(found, Mapping):
        raise Rejected("This is no determination.", code="no_determination")
    return found


def _bare(entry: Any) -> Json:
    if not isinstance(entry, Mapping):
        raise Rejected("This is no determination.", code="no_determination")
    return {name: value for name, value in entry.items() if name not in (SIGNATURE, IMPORTED)}


def _said(entry: Any) -> Any:
    """What a determination says, without what the service put to it."""
    return {k: v for k, v in _bare(entry).items() if k != "title"} if isinstance(entry, Mapping) else entry


def _written(body: Mapping[str, Any]) -> Iterator[object]:
    """The determinations that a packed change writes."""
    writes = body.get("writes")
    for write in writes if isinstance(writes, list) else ():
        if not isinstance(write, Mapping) or not str(write.get("path", "")).startswith("determinations"):
            continue
        value = write.get("value", MISSING)
        if str(write["path"]) == "determinations" and isinstance(value, Mapping):
            yield from value.values()
        else:
            yield value


def _kept(sent: Sent, made: Mapping[str, Any]) -> Json:
    """The review receipts of what is decided, to be kept with the case letter for letter: the SHA-256 holds."""
    named = {str(entry.get("receipt", "")) for entry in made.values() if isinstance(entry, Mapping)}
    return {
        RECEIPT + sha256: {"what": "review receipt", "sha256": sha256, "text": text}
        for sha256, text in sent.opened.items()
        if sha256 in named
    }
