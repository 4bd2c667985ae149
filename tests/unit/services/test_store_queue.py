"""The queue: filtered by typing, in any order, and safe against any text."""

from __future__ import annotations

import random
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.case import IntakeStatus, Json, case_from
from app.domain.queue import OPEN, QueueQuery, QueueSort, row_of
from app.services.store import queue_index
from app.services.store.store import Store
from tests.faults.store_sample import KEY, NOW, edit, received

EVERY = QueueQuery(statuses=())


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "workspace", KEY)
    yield opened
    opened.close()


def keep(store: Store, number: int, **changed: object) -> Json:
    change, document = received(number, store.take_receipt(NOW), random.Random(number), count=12)
    document.update(changed)
    store.commit(change, document, base_revision=None)
    return document


@pytest.mark.parametrize("sort", list(QueueSort))
@pytest.mark.parametrize("descending", [False, True])
def test_every_order_is_the_order_of_its_column(store: Store, sort: QueueSort, descending: bool) -> None:
    for number in range(1, 25):
        keep(
            store,
            number,
            assigned_to=("", "a", "b")[number % 3],
            urgency=("standard", "expedited")[number % 2],
        )
    rows = store.rows(store.queue(QueueQuery(statuses=(), sort=sort, descending=descending)))
    assert len(rows) == 24
    statuses = list(IntakeStatus)
    keys = [
        statuses.index(r.status)
        if sort is QueueSort.STATUS
        else r.patient.casefold()
        if sort is QueueSort.PATIENT
        else getattr(r, sort.value)
        for r in rows
    ]
    assert keys == sorted(keys, reverse=descending)


def test_cases_without_a_patient_stand_behind_those_with_one(store: Store) -> None:
    nobody = keep(store, 1, patient="")
    first = keep(store, 2, patient="aaron")
    last = keep(store, 3, patient="Zoë")
    ids = store.queue(QueueQuery(statuses=(), sort=QueueSort.PATIENT))
    assert ids == (first["case_id"], last["case_id"], nobody["case_id"])


def test_only_the_statuses_asked_for_are_shown(store: Store) -> None:
    for number, status in enumerate(IntakeStatus, 1):
        keep(store, number, intake_status=str(status))
    assert {r.status for r in store.rows(store.queue(QueueQuery()))} == set(OPEN)
    for status in IntakeStatus:
        assert [r.status for r in store.rows(store.queue(QueueQuery(statuses=(status,))))] == [status]
    assert len(store.queue(EVERY)) == len(IntakeStatus)


@pytest.mark.parametrize(
    "typed",
    [
        "mend",
        "MENDOZA",
        "lori m",
        "mendoza lori",
        "i37.8",
        "I37",
        "tx nofr",
        "fax_000007",
        "fax 7.pdf",
        "  Lori  ",
        "zoe",
    ],
)
def test_words_are_found_by_their_beginnings(store: Store, typed: str) -> None:
    for number in range(1, 7):
        keep(store, number, patient="Ryan Jarvis", form_type="bsc_dme")
    change, document = received(7, store.take_receipt(NOW), random.Random(7), count=12)
    document["fields"] = {name: {**entry, "value": ""} for name, entry in document["fields"].items()}
    document["fields"]["diagnosis_code"]["value"] = "I37.8"
    document |= {"patient": "Zoë Lori Mendoza", "form_type": "tx_nofr001"}
    document["documents"]["d1"]["name"] = "fax_000007 7.pdf"
    store.commit(change, document, base_revision=None)
    found = store.queue(QueueQuery(text=typed))
    assert document["case_id"] in found


def test_all_words_have_to_be_found(store: Store) -> None:
    document = keep(store, 1, patient="Lori Mendoza")
    assert store.queue(QueueQuery(text="lori mendoza")) == (document["case_id"],)
    assert store.queue(QueueQuery(text="lori xyzzy")) == ()
    assert store.queue(QueueQuery(text="endoza")) == ()


def test_a_receipt_is_found_while_it_is_typed_with_the_letters_people_mistake(store: Store) -> None:
    document = keep(store, 1)
    keep(store, 2)
    receipt = document["receipt"]
    for typed in (receipt, receipt.lower(), receipt.replace("0", "O"), receipt[:-3]):
        assert document["case_id"] in store.queue(QueueQuery(text=typed))
    assert store.queue(QueueQuery(text=receipt)) == (document["case_id"],)


def test_what_is_found_follows_an_edit(store: Store) -> None:
    document = keep(store, 1)
    assert store.queue(QueueQuery(text="quetzalcoatl")) == ()
    change, edited = edit(document, "e1", "patient_name", "Quetzalcoatl Smith")
    store.commit(change, edited, base_revision=document["_meta"]["rev"])
    assert store.queue(QueueQuery(text="quetzal")) == (document["case_id"],)
    change, back = edit(edited, "e2", "patient_name", "Someone Else")
    store.commit(change, back, base_revision="e1")
    assert store.queue(QueueQuery(text="quetzal")) == ()
    assert store.rows([document["case_id"]]) == (row_of(case_from(store.case_document(document["case_id"]))),)


@pytest.mark.parametrize(
    "typed",
    ['"', '""', "'", "*", "(", ")", "NEAR(", "a AND", "OR", "NOT b", "-", "^a", "text:a", "{a b}", "a+b", "\x00",
     "a\x00b", "\ud800", "😀", "%", "_", ";", "--", "a" * 5000, "a " * 5000, "，", "佐藤", "a\"b'c", "R-", "r-l",
     "\\", "١٢", "\u200b"],
)  # fmt: skip
def test_any_text_may_be_typed(store: Store, typed: str) -> None:
    keep(store, 1)
    store.queue(QueueQuery(text=typed))


def test_random_text_never_fails(store: Store) -> None:
    keep(store, 1)
    chance = random.Random(5)
    alphabet = string.printable + '""""****((()))^^:{}+-ÄßǆΣ佐\u0301\u00ad\x00\ud800\U0001f600'
    for _ in range(600):
        store.queue(QueueQuery(text="".join(chance.choices(alphabet, k=chance.randrange(1, 30)))))


def test_signs_alone_find_nothing_and_blanks_alone_find_all(store: Store) -> None:
    keep(store, 1)
    assert store.queue(QueueQuery(statuses=(), text="***")) == ()
    assert len(store.queue(QueueQuery(statuses=(), text="   "))) == 1


def test_few_and_many_hits_come_in_the_same_order(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1, 30):
        keep(store, number)
    queries = [
        QueueQuery(statuses=(), text="m", sort=sort, descending=d)
        for sort in QueueSort
        for d in (False, True)
    ]
    looked_up = [store.queue(q) for q in queries]
    monkeypatch.setattr(queue_index, "_FEW", 0)
    assert [store.queue(q) for q in queries] == looked_up
    assert looked_up[0]


def test_no_order_of_the_queue_is_sorted_or_reads_the_table(store: Store) -> None:
    for sort in QueueSort:
        sql, parameters = queue_index.statement(QueueQuery(sort=sort))
        plan = " ".join(str(row[3]) for row in store._database.all(f"EXPLAIN QUERY PLAN {sql}", parameters))
        assert "USING COVERING INDEX queue_by_" in plan
        assert "TEMP B-TREE" not in plan
