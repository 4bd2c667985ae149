"""The queue over many cases: what the store adds to the SQL alone, and to opening a case.

    python -m tests.benchmarks.queue --cases 100000 --json

Every figure is the median of several runs, in milliseconds, beside its ratio to the same statement on a
bare connection in the same run.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.domain.case import Json, case_from
from app.domain.draft import Draft
from app.domain.errors import Conflict
from app.domain.queue import QueueQuery, QueueSort
from app.domain.review_queue import ReviewQuery
from app.services.store.packing import pack
from app.services.store.queue_index import review_statement, statement
from app.services.store.queue_search import match_of
from app.services.store.store import Store
from tests.faults.store_sample import KEY, NOW, edit, received

QUERIES = {
    "all open, by due time": QueueQuery(),
    "all open, by patient": QueueQuery(sort=QueueSort.PATIENT),
    "all open, by confidence, descending": QueueQuery(sort=QueueSort.CONFIDENCE, descending=True),
    "every status, by receipt": QueueQuery(statuses=(), sort=QueueSort.RECEIPT),
    "one letter": QueueQuery(text="m"),
    "the beginning of a name": QueueQuery(text="mend"),
    "a name and a code": QueueQuery(text="mendoza I37.8", sort=QueueSort.NEEDS_LOOK),
    "one file": QueueQuery(text="fax_000777"),
    "nothing found": QueueQuery(text="xyzzy"),
}
REVIEWS = {
    "review: open, by slack": ReviewQuery(),
    "review: every status": ReviewQuery(statuses=()),
    "review: mine": ReviewQuery(assigned_to="R. Okafor"),
    "review: waiting for information": ReviewQuery(waiting_for="information"),
    "review: the beginning of a name": ReviewQuery(text="mend"),
}
SCREEN = 60
"""Rows that are fetched for what is on screen."""


def fill(store: Store, cases: int, seed: int = 1) -> None:
    """Put cases in without their history, in few transactions: the queue is what is measured."""
    chance = random.Random(seed)
    database, index = store._database, store._index
    numbers = list(range(1, cases + 1))
    for start in range(0, cases, 5_000):
        with database.transaction():
            for number in numbers[start : start + 5_000]:
                _, document = received(number, f"R-2611-BENC-{number:06d}-0", chance, count=6)
                put_in_review(document, number)
                place = database.run(
                    "INSERT INTO cases (case_id, revision, document) VALUES (?, ?, ?)",
                    (document["case_id"], document["_meta"]["rev"], pack(document)),
                )
                index.put(place, case_from(document))


def put_in_review(document: Json, number: int) -> None:
    """Verified cases are in review, in every status and waiting for somebody or nobody."""
    if document["intake_status"] == "verified":
        document["status"] = ("in_queue", "in_progress", "completed")[number % 3]
        document["waiting_for"] = (None, "information", "physician")[number % 7 % 3]


def median(work: Callable[[], Any], runs: int) -> float:
    """The middle of several runs, in milliseconds."""
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


def compare(ours: Callable[[], Any], bare: Callable[[], Any], runs: int) -> dict[str, float]:
    ours(), bare()
    mine, theirs = median(ours, runs), median(bare, runs)
    return {"ms": round(mine, 2), "sql_ms": round(theirs, 2), "ratio": round(mine / theirs, 2)}


def measure(store: Store, runs: int) -> dict[str, dict[str, float]]:
    bare = store._database._connection
    figures: dict[str, dict[str, float]] = {}
    for name, query in QUERIES.items():
        found = len(store.queue(query))
        sql, parameters = statement(query, match_of(query.text), few=bool(query.text) and found < 4_000)
        figures[name] = {"found": found}
        figures[name] |= compare(
            lambda q=query: store.queue(q),
            lambda s=sql, p=parameters: bare.execute(s, p).fetchone(),
            runs,
        )
    for name, asked in REVIEWS.items():
        found = len(store.review_queue(asked))
        sql, parameters = review_statement(
            asked, match_of(asked.text), few=bool(asked.text) and found < 4_000
        )
        figures[name] = {"found": found}
        figures[name] |= compare(
            lambda q=asked: store.review_queue(q),
            lambda s=sql, p=parameters: bare.execute(s, p).fetchone(),
            runs,
        )
    shown = store.review_queue(ReviewQuery())[:SCREEN]
    places = ",".join("?" * len(shown))
    figures[f"review: {len(shown)} rows for the screen"] = compare(
        lambda: store.review_rows(shown),
        lambda: bare.execute(
            f"SELECT * FROM queue WHERE number IN (SELECT number FROM cases WHERE case_id IN ({places}))",
            shown,
        ).fetchall(),
        runs,
    )
    figures["review: counts"] = compare(
        store.review_counts,
        lambda: bare.execute("SELECT review_order, count(*) FROM queue GROUP BY review_order").fetchall(),
        runs,
    )
    ids = store.queue(QueueQuery())[:SCREEN]
    marks = ",".join("?" * len(ids))
    figures[f"{len(ids)} rows for the screen"] = compare(
        lambda: store.rows(ids),
        lambda: bare.execute(
            f"SELECT * FROM queue WHERE number IN (SELECT number FROM cases WHERE case_id IN ({marks}))", ids
        ).fetchall(),
        runs,
    )
    figures["counts"] = compare(
        store.counts,
        lambda: bare.execute("SELECT status_order, count(*) FROM queue GROUP BY status_order").fetchall(),
        runs,
    )
    full = _full_case(store)
    figures["open a case: read it"] = compare(
        lambda: store.case_document(full),
        lambda: bare.execute("SELECT document FROM cases WHERE case_id = ?", (full,)).fetchone(),
        runs * 5,
    )
    document = store.case_document(full)
    figures |= saving(store, document, runs * 40)
    figures["open a case: read it, and make the value"] = compare(
        lambda: case_from(store.case_document(full)), lambda: case_from(document), runs * 5
    )
    return figures


def saving(store: Store, document: Json, runs: int) -> dict[str, dict[str, float]]:
    """Saving edits and drafts, durable when it returns, beside the smallest durable write there is."""
    edits, drafts, least = [], [], []
    for number in range(runs):
        change, edited = edit(document, secrets.token_hex(8), "field_05", f"value {number}")
        start = time.perf_counter()
        store.commit(change, edited, base_revision=document["_meta"]["rev"])
        edits.append(time.perf_counter() - start)
        document = edited
        start = time.perf_counter()
        store.keep_draft(document["case_id"], "field_06", Draft(f"text {number}", 3, 3))
        drafts.append(time.perf_counter() - start)
        start = time.perf_counter()
        with store._database.transaction():
            store._database.run(
                "INSERT INTO facts (name, value) VALUES ('benchmark', ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (str(number),),
            )
        least.append(time.perf_counter() - start)
    figures: dict[str, dict[str, float]] = {}
    for name, taken in (("save an edit of 71 fields", edits), ("save a draft", drafts)):
        for part, place in (("median", 0.5), ("p99", 0.99)):
            mine, theirs = (sorted(each)[int(len(each) * place)] * 1000 for each in (taken, least))
            figures[f"{name}, {part}"] = {
                "ms": round(mine, 2),
                "sql_ms": round(theirs, 2),
                "ratio": round(mine / theirs, 2),
            }
    return figures


def _full_case(store: Store) -> str:
    change, document = received(9_999_999, store.take_receipt(NOW), random.Random(2))
    with contextlib.suppress(Conflict):  # the folder was kept from an earlier run
        store.commit(change, document, base_revision=None)
    return change.case_id


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--keep", type=Path, help="use this folder, and fill it only when it is empty")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.keep or Path(temporary)
        start = time.perf_counter()
        store = Store.open(folder, KEY)
        try:
            if not store.queue(QueueQuery(statuses=())):
                fill(store, chosen.cases)
                store.close()
                store = Store.open(folder, KEY)
            filled = time.perf_counter() - start
            figures = measure(store, chosen.runs)
        finally:
            store.close()
        size = (folder / "store.db").stat().st_size
    report = {
        "cases": chosen.cases,
        "store_mb": round(size / 1e6, 1),
        "fill_seconds": round(filled, 1),
        "figures": figures,
    }
    if chosen.json:
        print(json.dumps(report, indent=1))
        return 0
    print(f"{chosen.cases} cases, {report['store_mb']} MB")
    for name, figure in figures.items():
        found = f"{figure['found']:>8} found" if "found" in figure else " " * 14
        print(f"{name:40}{found}{figure['ms']:9.2f} ms{figure['sql_ms']:9.2f} ms SQL{figure['ratio']:7.2f} x")
    return 0


if __name__ == "__main__":
    sys.exit(main())
