"""What a payer's work loads and costs: a model of counted figures and stated assumptions.

    python -m tests.benchmarks.capacity --users 6000 --forms 100000 --hours 40 --json

What each action reads and writes was counted on the wire (wire.json; `python -m tests.benchmarks.wire --write`). How
often people do it, and what a unit costs, are assumptions: each is an option or stands in one table here. A week is
the unit; the peak is the mean of the working hours times `--peak`.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

WIRE = Path(__file__).with_name("wire.json")
SHARDS = 64
WEEKS_A_MONTH, WEEKS_A_YEAR = 52 / 12, 52
GIB = 2**30


@dataclass(frozen=True, slots=True)
class Load:
    """What is assumed of a payer. Counts are of one form unless they say otherwise."""

    users: int = 6_000
    forms: int = 100_000
    """A week."""
    hours: float = 40.0
    """Working hours a week, in which all of it happens."""
    peak: float = 3.0
    """The busiest hour against the mean."""
    pages: float = 6.0
    """Pages of a fax."""
    form_pages: float = 2.0
    """Of them those that hold the form, which alone are sent to a form processor."""
    page_bytes: float = 60_000
    edits: float = 8.0
    """Pushes of corrections and confirmations: what is done within a second goes in one."""
    other_pushes: float = 6.0
    """Confirming the rest, verifying, assigning, attaching, the review, a note."""
    reviews: float = 1.3
    """Recommendations asked for."""
    determinations: float = 1.2
    opens: float = 4.0
    """How often somebody opens the case: each takes a lease and looks for new history."""
    first_opens: float = 2.0
    """Of them at a desk that does not have its history yet."""
    minutes_open: float = 12.0
    moved: float = 0.02
    """Share of pushes whose case has moved meanwhile."""
    shards: int = 1
    """Parts of the queue that a desk hears of, of 64."""
    assigned: float = 1.0
    """Share of the work on a case that is done by the person it is assigned to, at their own desk."""
    starts: float = 10.0
    """How often a desk starts or comes back from sleep, a week."""
    input_tokens: float = 9_000
    """Of one recommendation, with prompt and policy."""
    output_tokens: float = 1_500
    searches: float = 2.0
    service_seconds: float = 8.0
    """Of a Cloud Run instance for one arrival; measured on loopback without a processor's own time."""
    determining_seconds: float = 0.3


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars, November 2026. Only those in `SEEN` stand in a public page that was looked at; none was checked
    against a bill. Look each up for your region and agreement before you rely on the sum.
    """

    reads: float = 0.06
    """100,000 documents, multi-region; a region is about half."""
    writes: float = 0.18
    deletes: float = 0.02
    stored: float = 0.18
    """A GiB and month, indexes included."""
    backup: float = 0.03
    egress: float = 0.12
    """A GiB to the internet."""
    bucket: float = 0.026
    """A GiB and month, standard class."""
    bucket_writes: float = 0.05
    """10,000."""
    pages: float = 0.03
    """A page of a custom extractor."""
    input: float = 0.30
    """A million tokens, a small Gemini."""
    output: float = 2.50
    search: float = 4.0
    """1,000 queries."""
    cpu: float = 0.000024
    """A vCPU and second."""
    memory: float = 0.0000025
    """A GiB and second."""


SEEN = ("reads", "writes", "deletes", "cpu")
"""Prices found in a stored copy of Google's own price pages. The others are what tutorials quote."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of a service, what the load is against it at the peak, and how it is passed."""

    what: str
    load: float
    limit: float
    unit: str
    passed: str
    known: bool = True
    """False where the limit is an assumption of this model."""

    @property
    def share(self) -> float:
        return self.load / self.limit


class Counted:
    """The figures of the wire by the beginning of their names."""

    def __init__(self, data: Any) -> None:
        self._costs = {cost["action"]: cost for cost in data["actions"]}
        self.cases = int(data["cases"])

    def of(self, action: str, what: str) -> float:
        """How many `what` an action costs. Raises `KeyError` when it was not counted."""
        found = self._costs.get(action) or next(
            (cost for name, cost in self._costs.items() if name.startswith(action)), None
        )
        if found is None:
            raise KeyError(action)
        return float(found[what])


def pushes(load: Load) -> float:
    """Versions of a case that are written for one form."""
    return 1 + load.edits + load.other_pushes + load.determinations


def _done(load: Load) -> dict[str, float]:
    """How often each counted action happens, a week, without hearing of others' work."""
    n = load.forms
    renewals = max(0.0, load.minutes_open / 8 - 1)
    return {
        "take a form in": n,
        "correct a field": n * load.edits,
        "verify": n * (load.other_pushes - load.reviews),
        "prompt and recommendation": n * load.reviews,
        "determination": n * load.determinations,
        "open a case (its lease)": n * load.opens,
        "renew a lease": n * load.opens * renewals,
        "close a case": n * load.opens,
        "read the history": n * load.first_opens,
        "look for more of it": n * (load.opens - load.first_opens),
        "correct a field of a case that moved": n * pushes(load) * load.moved,
        "start of a desk that has them": load.users * load.starts,
        "begin to listen": load.users * (load.hours * 2 + load.starts),
    }


def heard(load: Load) -> tuple[float, float]:
    """Reads a week of all desks to hear of work: by listeners (each version), by polls (each case within ten
    minutes). A desk's own work comes back to it as well, and is billed.
    """
    versions = load.forms * pushes(load)
    share = min(load.shards, SHARDS) / SHARDS
    listened = versions * share * load.users + versions * load.assigned * (1 - share)
    polls = load.users * load.hours * 12
    # a case is worked on for some minutes: its versions lie together, and a poll reads the case once
    sittings = load.forms * load.opens
    within = sittings * (10 + load.minutes_open) / (load.hours * 60)
    polled = polls * max(1.0, within * share)
    return listened, polled


def model(load: Load, prices: Prices, counted: Counted) -> dict[str, Any]:
    """Everything that is printed."""
    done = _done(load)
    total = {
        kind: sum(times * counted.of(action, kind) for action, times in done.items())
        for kind in ("reads", "writes", "deletes", "sent", "received")
    }
    listened, polled = heard(load)
    total["deletes"] += load.forms  # leases that were left are swept
    case_bytes = counted.of("hear of one change", "received")
    reads = total["reads"] + listened + polled
    received = total["received"] + listened * case_bytes + polled * case_bytes
    hour = load.peak / load.hours
    second = hour / 3600
    versions = load.forms * pushes(load)
    receipts = total["writes"] - versions
    index = 2.0  # what indexes and their names add, as a factor
    stored = load.forms * case_bytes * index + receipts * 1_500
    files = load.forms * load.pages * load.page_bytes
    desk_hour = reads / load.users / load.hours
    instances = load.forms * second * load.service_seconds
    month = WEEKS_A_MONTH
    costs = {
        "Firestore reads: hearing of work": (listened + polled) / 1e5 * prices.reads * month,
        "Firestore reads: what people do": total["reads"] / 1e5 * prices.reads * month,
        "Firestore writes": total["writes"] / 1e5 * prices.writes * month,
        "Firestore deletes": total["deletes"] / 1e5 * prices.deletes * month,
        "Firestore stored, after a year": stored * WEEKS_A_YEAR / GIB * (prices.stored + prices.backup),
        "Egress to desks": (received + files * load.first_opens) / GIB * prices.egress * month,
        "Cloud Storage, after a year": files * WEEKS_A_YEAR / GIB * prices.bucket,
        "Cloud Storage writes": load.forms / 1e4 * prices.bucket_writes * month,
        "Document AI": load.forms * load.form_pages * prices.pages * month,
        "Gemini": load.forms
        * load.reviews
        * (load.input_tokens * prices.input + load.output_tokens * prices.output)
        / 1e6
        * month,
        "Vertex AI Search": load.forms * load.searches / 1000 * prices.search * month,
        "Cloud Run": load.forms
        * (
            load.service_seconds * (2 * prices.cpu + 4 * prices.memory)
            + load.determinations * load.determining_seconds * (prices.cpu + prices.memory)
        )
        * month,
    }
    return {
        "load": asdict(load),
        "prices": asdict(prices),
        "prices_seen": list(SEEN),
        "week": {
            "reads": round(reads),
            "reads_listened": round(listened),
            "reads_polled": round(polled),
            "writes": round(total["writes"]),
            "deletes": round(total["deletes"]),
            "received_gib": round(received / GIB, 1),
            "case_versions": round(versions),
        },
        "peak_a_second": {
            "reads": round(reads * second, 1),
            "writes": round(total["writes"] * second, 1),
            "case_versions": round(versions * second, 2),
            "arrivals": round(load.forms * second, 2),
            "determinations": round(load.forms * load.determinations * second, 2),
        },
        "desk": {
            "desks_a_shard": round(load.users * min(load.shards, SHARDS) / SHARDS, 1),
            "reads_an_hour": round(desk_hour),
            "reads_an_hour_hearing": round((listened + polled) / load.users / load.hours),
            "reads_an_hour_with_all_shards": round(versions / load.hours),
            "received_mb_an_hour": round(received / load.users / load.hours / 1e6, 1),
        },
        "growth_a_year_gib": {
            "firestore": round(stored * WEEKS_A_YEAR / GIB),
            "files": round(files * WEEKS_A_YEAR / GIB),
        },
        "document_ai_pages_a_week": round(load.forms * load.form_pages),
        "gemini_tokens_a_week": {
            "input": round(load.forms * load.reviews * load.input_tokens),
            "output": round(load.forms * load.reviews * load.output_tokens),
        },
        "cloud_run_instances_at_the_peak": {
            "ingestion": math.ceil(instances),
            "endpoint": max(
                1, math.ceil(load.forms * load.determinations * second * load.determining_seconds / 40)
            ),
        },
        "dollars_a_month": {name: round(cost) for name, cost in costs.items()},
        "dollars_a_month_all": round(sum(costs.values())),
        "limits": [asdict(limit) | {"share": round(limit.share, 4)} for limit in limits(load, total)],
    }


def limits(load: Load, total: dict[str, float]) -> list[Limit]:
    """The limits, the one that is met first at the top."""
    second = load.peak / load.hours / 3600
    minute = second * 60
    versions = load.forms * pushes(load)
    made = [
        Limit(
            "Document AI online requests",
            load.forms * minute,
            600,
            "a minute and project",
            "one request a form; where the quota is used up it is tried again with a back-off, the delivery stays; "
            "ask for more, or let long documents go by batch",
        ),
        Limit(
            "Gemini tokens",
            load.forms * load.reviews * (load.input_tokens + load.output_tokens) * minute,
            4_000_000,
            "a minute",
            "a refusal is said and asked again; the criteria engine recommends without a model",
            known=False,
        ),
        Limit(
            "Vertex AI Search queries",
            load.forms * load.searches * minute,
            300,
            "a minute",
            "desks search their own index of the policies too",
            known=False,
        ),
        Limit(
            "Cloud Run instances of ingestion",
            load.forms * second * load.service_seconds,
            40,
            "instances (`ingestion_instances`)",
            "Pub/Sub holds what comes too fast and delivers it again",
        ),
        Limit(
            "Firestore: writes of a field that grows, `_meta.updated_at`",
            versions * second,
            500,
            "a second and collection",
            "queries of shards use (shard, updated_at), which spreads over 64; see below",
        ),
        Limit(
            "Firestore: writes to one document",
            (load.edits + load.other_pushes) / load.minutes_open / 60,
            1,
            "a second, sustained",
            "what is done within a second goes in one push; leases stand apart",
        ),
        Limit(
            "Firestore: first traffic (500/50/5)",
            total["writes"] * second,
            500,
            "a second, then half more every five minutes",
            "no ramp is needed below it; desks start over an hour",
        ),
        Limit(
            "Firestore: listeners",
            load.users,
            1_000_000,
            "connections",
            "one stream a desk",
        ),
        Limit(
            "Firestore: changes to which one listener listens",
            versions * second * min(load.shards, SHARDS) / SHARDS,
            100,
            "a second (a recommendation)",
            "shards",
        ),
        Limit(
            "Cloud Storage: writes to a bucket",
            load.forms * second,
            1_000,
            "a second, then it grows by itself",
            "",
        ),
    ]
    return sorted(made, key=lambda limit: (not limit.known, -limit.share))


def text(found: dict[str, Any]) -> str:
    lines: list[str] = []
    for name, part in found.items():
        if name in ("load", "prices", "prices_seen", "limits"):
            continue
        if isinstance(part, dict):
            lines.append(name.replace("_", " "))
            lines += [f"    {key.replace('_', ' '):<44}{value:>16,}" for key, value in part.items()]
        else:
            lines.append(f"{name.replace('_', ' '):<48}{part:>16,}")
    lines.append("limits, the first that is met at the top")
    lines += [
        f"    {limit['what']:<62}{limit['load']:>14,.1f} of {limit['limit']:>12,} {limit['unit']}: {limit['share']:.1%}"
        + ("" if limit["known"] else " (an assumption)")
        for limit in found["limits"]
    ]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for each in fields(Load):
        kind = int if isinstance(each.default, int) else float
        parser.add_argument(f"--{each.name.replace('_', '-')}", type=kind, default=each.default)
    for each in fields(Prices):
        parser.add_argument(f"--price-{each.name.replace('_', '-')}", type=float, default=each.default)
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    chosen = vars(parser.parse_args(arguments))
    load = Load(**{each.name: chosen[each.name] for each in fields(Load)})
    prices = Prices(**{each.name: chosen[f"price_{each.name}"] for each in fields(Prices)})
    found = model(load, prices, Counted(json.loads(WIRE.read_text("utf-8"))))
    print(text(found))
    if chosen["json"]:
        print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
