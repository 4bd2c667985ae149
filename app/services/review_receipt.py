"""The review receipt: what a person had on screen before they decided, what was proposed, and in which versions.

What is seen is reported by the screen every few seconds and added up by person and page; a determination takes a
receipt of it along. The receipt is kept as a file by what is in it: the determination names its SHA-256.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app import __version__
from app.domain.case import Json
from app.domain.errors import NoSuchCase, Offline, Rejected, StorageFailed
from app.domain.role import Check, Right, anybody
from app.services.change_log import ChangeLog
from app.services.ports import BlobStore

LONGEST_LOOK = 600.0
"""Seconds that one report may add: what nobody moved in front of for longer was not read."""
REVIEW = "review:"
"""What a recommendation is called among the things seen, followed by its id."""


@dataclass(frozen=True, slots=True)
class Look:
    """A page (from 1; 0 for what has none) that somebody had on screen, for how many seconds, first and last when.

    `document` is the id of a document, `policy:ID@VERSION`, or `review:ID` for a recommendation.
    """

    document: str
    page: int
    seconds: float
    first_at: str
    last_at: str


@dataclass(frozen=True, slots=True)
class Receipts:
    """Keeps what was on screen, and makes receipts of it. In the store's lane.

    Raises `NoSuchCase`, `NotAllowed`, `StorageFailed`.
    """

    changes: ChangeLog
    blobs: BlobStore
    check: Check = anybody

    def opened(self, case_id: str, document: str, by: str) -> None:
        """Somebody opened a document of a case (or a policy, or a recommendation)."""
        self.seen(case_id, ((document, 0, 0.0),), by)

    def seen(self, case_id: str, looks: Iterable[tuple[str, int, float]], by: str) -> None:
        """Add what was on screen since the last report, as (document, page, seconds)."""
        self.check(by, Right.REVIEW)
        held = [
            (document, max(page, 0), min(max(seconds, 0.0), LONGEST_LOOK))
            for document, page, seconds in looks
            if document
        ]
        if held:
            self.changes.store.looks.add(case_id, by, held, self.changes.now())

    def looks(self, case_id: str, by: str) -> tuple[Look, ...]:
        """What somebody has seen of a case, in the order they first did."""
        return tuple(Look(*row) for row in self.changes.store.looks.of_case(case_id, by))

    def unopened(self, case_id: str, by: str, documents: Iterable[str]) -> tuple[str, ...]:
        """Which of these documents this person has not opened in this case.

        A policy counts in the version that is asked for.
        """
        opened = {look.document for look in self.looks(case_id, by)}
        return tuple(document for document in dict.fromkeys(documents) if document not in opened)

    def keep(self, case_id: str, by: str, decided: Json, declared: Iterable[str] = ()) -> str:
        """Make and keep the receipt of a determination; returns its SHA-256.

        `decided` is the determination as it will stand. `declared` are documents somebody said they read where no
        screen saw it (on the command line).
        """
        store = self.changes.store
        document = store.case_document(case_id)
        looks = self.looks(case_id, by)
        names = {name: str(entry.get("name", "")) for name, entry in document.get("documents", {}).items()}
        review = store.reviews.one(str(decided.get("review", "")))
        receipt: Json = {
            "what": "review receipt",
            "program": __version__,
            "case_id": case_id,
            "receipt": document.get("receipt", ""),
            "revision": document["_meta"]["rev"],
            "determination": decided,
            "person": {"name": by, "title": decided.get("title", ""), "role": decided.get("role", "")},
            "seconds": round(sum(look.seconds for look in looks), 1),
            "first_look": min((look.first_at for look in looks), default=None),
            "looks": [
                {
                    "document": look.document,
                    "name": names.get(look.document, ""),
                    "page": look.page,
                    "seconds": round(look.seconds, 1),
                    "first_at": look.first_at,
                    "last_at": look.last_at,
                }
                for look in looks
            ],
            "declared": sorted(set(declared)),
            "documents": [
                {"document": name, "name": names[name], "sha256": str(entry.get("sha256", ""))}
                for name, entry in sorted(document.get("documents", {}).items())
            ],
            "review": _review_part(review, str(decided.get("line", ""))) if review else None,
        }
        return self.blobs.put(json.dumps(receipt, ensure_ascii=False, sort_keys=True).encode())

    def receipt(self, case_id: str, line_id: str) -> Json:
        """The receipt of the determination that stands on a line. Raises `Rejected` when there is none."""
        entry = self.changes.store.case_document(case_id).get("determinations", {}).get(line_id)
        if entry is None or not entry.get("receipt"):
            raise Rejected("There is no determination on this line.", "Decide it first.", code="no_receipt")
        found: Json = json.loads(self.blobs.get(str(entry["receipt"])))
        return found

    def every(self, case_id: str) -> tuple[Json, ...]:
        """The receipts of every determination that was ever made on a case, oldest first; of those made on other desks
        the ones that are here.
        """
        history = self.changes.store.done(case_id)
        if not history:
            raise NoSuchCase("There is no such case in this workspace.", code="no_such_case")
        made: list[Json] = []
        for done in history:
            for write in done.change.writes:
                named = write.path.startswith("determinations.") and isinstance(write.value, Mapping)
                if not named or not write.value.get("receipt"):
                    continue
                try:
                    made.append(json.loads(self.blobs.get(str(write.value["receipt"]))))
                except (StorageFailed, Offline):
                    if not done.desk:  # what was opened at this desk has to be here
                        raise
        return tuple(made)

    def exported(self, case_id: str, by: str) -> None:
        """Note that somebody took the receipts of a case out of the workspace."""
        self.changes.store.note("receipts_exported", by, self.changes.now(), case_id, {})


def _review_part(review: Mapping[str, Any], line_id: str) -> Json:
    """What was proposed, as it was kept: the whole of it for the line, who asked which model with which words."""
    return {
        "review_id": review["review_id"],
        "by": review["by"],
        "at": review["at"],
        "model": review["model"],
        "prompt": review["prompt"],
        "seconds": review["seconds"],
        "documents": review.get("seen", []),
        "recommendation": next((r for r in review["recommendations"] if r["line"] == line_id), None),
        "flags": review["flags"],
    }


def receipt_text(receipt: Mapping[str, Any]) -> str:
    """A receipt for people to read."""
    decided, person = receipt["determination"], receipt["person"]
    who = f"{person['title'] or person['name']} ({str(person['role']).replace('_', ' ')})"
    lines = [
        f"Review receipt, case {receipt['receipt']}, line {decided['line']}",
        "",
        f"Decided: {str(decided['outcome']).replace('_', ' ')}, by {who}, {decided['at']}",
        f"Reason: {decided['reason']}",
    ]
    lines += [f"Approved: {decided['granted']}"] * bool(decided.get("granted"))
    lines += [f"Missing: {what}" for what in decided.get("missing", ())]
    lines += [
        f"Approved although {name} is not shown: {why}"
        for name, why in zip(decided.get("overrides", ()), decided.get("override_reasons", ()), strict=False)
    ]
    lines += [f"Policy: {decided['policy_title']} ({decided['policy']})"] * bool(decided.get("policy"))
    lines += [f"Prompt: version {decided['prompt']}"] * bool(decided.get("prompt"))
    lines += ["", f"On screen: {_spent(receipt['seconds'])}"]
    for look in receipt["looks"]:
        page = f", page {look['page']}" if look["page"] else ""
        lines.append(f"  {look['name'] or look['document']}{page}: {_spent(look['seconds'])}")
    lines += [f"  declared as read: {what}" for what in receipt["declared"]]
    review = receipt["review"]
    if review is None:
        lines += ["", "Nothing was asked of a model for this line."]
        return "\n".join(lines)
    model = review["model"]
    lines += [
        "",
        f"Asked: {model['name']} {model['version']} ({model['where']}), {review['at']}, by {review['by']}",
    ]
    found = review["recommendation"]
    if found is not None:
        lines.append(f"It proposed: {found['outcome']}. {found['rationale']}".rstrip())
        for row in found["criteria"]:
            mark = f", marked by {row['marked_by']}" if row.get("marked_by") else ""
            lines.append(
                f"  {'  ' * row.get('depth', 0)}{row['id']}: {row['status'].replace('_', ' ')}{mark}"
            )
    lines += [f"Flag: {flag['text']}" for flag in review["flags"]]
    return "\n".join(lines)


def _spent(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
