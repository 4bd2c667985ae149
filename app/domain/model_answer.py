"""A model's answer read as a recommendation, or refused in words. What it claims is not believed yet: see `verdict`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.errors import Rejected
from app.domain.evidence import Evidence
from app.domain.material import Status
from app.domain.outgoing import Outgoing, leaf_ids, names
from app.domain.policy import Policy
from app.domain.prompt import Slot
from app.domain.recommendation import CriterionResult, Flag, Proposed, Recommendation, outcome_of, results_of

_MOST_QUOTES = 12
_OUTCOMES = {
    "approve": Proposed.APPROVE,
    "pend": Proposed.PEND,
    "refer": Proposed.REFER,
    "deny": Proposed.REFER,
}
"""A model that says "deny" is taken for one that would refer: software never denies."""


@dataclass(frozen=True, slots=True)
class Read:
    recommendation: Recommendation
    flags: tuple[Flag, ...]


def refused(why: str) -> Rejected:
    return Rejected(
        f"The model's answer cannot be used: {why}.",
        "Ask again, choose another model, or use the criteria engine.",
        code="model_answer",
    )


def object_in(text: str) -> Mapping[str, Any]:
    """The JSON object of an answer, with or without a fence or words around it. Raises `Rejected`."""
    decoder = json.JSONDecoder()
    at = text.find("{")
    tried = 0
    while at >= 0 and tried < 50:
        try:
            found, _ = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            tried += 1
            at = text.find("{", at + 1)
            continue
        if isinstance(found, dict) and found:
            return found
        at = text.find("{", at + 1)
    if not text.strip():
        raise refused("it is empty")
    raise refused("it holds no whole JSON object" if "{" in text else "it is not JSON")


def read_recommendation(text: str, policy: Policy, line_id: str, sent: Outgoing) -> Read:
    """The recommendation an answer holds. Raises `Rejected` when it is none; criteria it leaves out are insufficient,
    criteria it makes up are told of and left out.
    """
    data = object_in(text)
    entries = data.get("criteria")
    if isinstance(entries, dict):
        entries = [
            {"id": name} | (value if isinstance(value, dict) else {"status": value})
            for name, value in entries.items()
        ]
    if not isinstance(entries, list):
        raise refused("it judges no criteria")
    leaves, documents = leaf_ids(policy), names(sent.aliases)
    judged: dict[str, CriterionResult] = {}
    unknown: list[str] = []
    for entry in entries:
        if not isinstance(entry, dict):
            continue
        name = str(entry.get("id", ""))
        leaf = leaves.get(name)
        if leaf is None:
            if not any(c.criterion_id == name for c in policy.every()):
                unknown.append(name[:60])
            continue
        status = _status(entry.get("status"))
        before = judged.get(name)
        if before is not None and before.status is not status:
            status = Status.INSUFFICIENT  # it says two things: it says nothing
        judged[name] = CriterionResult(
            name, leaf.text, status, _evidence(entry, documents), _words(entry.get("why"), 500), leaf.ask, leaf.clause,
            said=_status(entry.get("status")),
        )  # fmt: skip
    if not judged:
        raise refused("it judges none of the policy's criteria")
    statuses = {name: row.status for name, row in judged.items()}
    outcome, blocking = outcome_of(policy, statuses)
    flags = []
    if unknown:
        flags.append(
            Flag("model", f"The model judged criteria the policy does not have: {', '.join(unknown[:5])}.")
        )
    if sent.left_out:
        flags.append(
            Flag(
                "model",
                f"{len(sent.left_out)} pages were too much for this model and were not sent.",
                None,
                "Look at those pages yourself, or choose a model that takes more.",
            )
        )
    made = Recommendation(
        line_id, outcome, policy.policy_id, policy.version, policy.title, _words(data.get("rationale"), 2000), blocking,
        results_of(policy, judged), said=_OUTCOMES.get(str(data.get("outcome", "")).strip().casefold()),
    )  # fmt: skip
    return Read(made, tuple(flags))


_NOTHING = re.compile(r"(?:```\w*\s*)?\{\s*\}(?:\s*```)?")
"""An answer that found nothing."""


def read_slots(text: str, sent: Outgoing) -> dict[Slot, Evidence]:
    """What an answer quotes for the slots of a prompt; nobody has looked the quotes up yet. Raises `Rejected`."""
    data = {} if _NOTHING.fullmatch(text.strip()) else object_in(text)
    documents = names(sent.aliases)
    found: dict[Slot, Evidence] = {}
    for slot in (Slot.CONDITION, Slot.TREATMENT, Slot.SYMPTOMS, Slot.DIAGNOSIS):
        entry = data.get(str(slot))
        if isinstance(entry, dict):
            quotes = _evidence({"evidence": [entry]}, documents)
            if quotes:
                found[slot] = quotes[0]
    return found


def _status(value: Any) -> Status:
    text = str(value).strip().casefold().replace(" ", "_").replace("-", "_")
    if text in ("met", "true", "yes", "satisfied"):
        return Status.MET
    return Status.NOT_MET if text in ("not_met", "unmet", "false", "no") else Status.INSUFFICIENT


def _evidence(entry: Mapping[str, Any], documents: Mapping[str, str]) -> tuple[Evidence, ...]:
    given = entry.get("evidence", entry.get("quotes", ()))
    if isinstance(given, dict | str):
        given = [given]
    if not isinstance(given, list):
        return ()
    found: list[Evidence] = []
    for one in given[:_MOST_QUOTES]:
        part = {"quote": one} if isinstance(one, str) else one
        if not isinstance(part, dict) or not _words(part.get("quote"), 2000):
            continue
        page = part.get("page")
        document = documents.get(str(part.get("document", "")).strip(), "")
        found.append(
            Evidence(
                _words(part["quote"], 2000),
                document,
                page if isinstance(page, int) and not isinstance(page, bool) else None,
            )
        )
    return tuple(found)


def _words(value: Any, most: int) -> str:
    return " ".join(str(value).split())[:most] if isinstance(value, str) else ""


def without_policy(line_id: str) -> Recommendation:
    """Nothing is asked of a model where no policy is on file: that needs a person."""
    return Recommendation(
        line_id, Proposed.NEEDS_PERSON, rationale="No policy on file fits this line: a person decides."
    )


def schema(policy: Policy) -> dict[str, Any]:
    """The shape of an answer as JSON Schema, with the policy's own criteria."""
    evidence = {
        "type": "object",
        "properties": {
            "quote": {"type": "string"},
            "document": {"type": "string"},
            "page": {"type": "integer"},
        },
        "required": ["quote", "document", "page"],
    }
    criterion = {
        "type": "object",
        "properties": {
            "id": {"type": "string", "enum": [leaf.criterion_id for leaf in policy.leaves()]},
            "status": {"type": "string", "enum": [str(s) for s in Status]},
            "why": {"type": "string"},
            "evidence": {"type": "array", "items": evidence},
        },
        "required": ["id", "status", "why", "evidence"],
    }
    return {
        "type": "object",
        "properties": {
            "outcome": {"type": "string", "enum": ["approve", "pend", "refer"]},
            "rationale": {"type": "string"},
            "criteria": {"type": "array", "items": criterion},
        },
        "required": ["outcome", "rationale", "criteria"],
    }
