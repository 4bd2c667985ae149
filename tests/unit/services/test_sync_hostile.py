"""Cases that somebody wrote straight into the shared queue.

Nothing of them is believed, crashes a desk, or stands in the way of another case.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.domain.case import Json, to_time
from app.domain.determination import Outcome, determinations_of, unconfirmed_of
from app.domain.errors import Rejected
from app.domain.queue import QueueQuery
from app.domain.role import NotAllowed
from app.domain.sync import Link, Scope, WaitingFor
from app.services.sync.engine import AHEAD, PAGE
from tests.faults.sync_server import Kept, ServerModel
from tests.unit.services.sync_case import Clock, Desk, alike


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pair(tmp_path: Path, clock: Clock) -> Iterator[tuple[Desk, Desk, str]]:
    """Two desks that hold the same case."""
    server = ServerModel(clock)
    ada, bob = (Desk(tmp_path / name, server, clock, name) for name in ("ada", "bob"))
    case_id = ada.take_in()
    ada.sync()
    bob.sync()
    yield ada, bob, case_id
    ada.store.close()
    bob.store.close()


def forge(desk: Desk, case_id: str, change: Callable[[Json], Any]) -> None:
    """Write into a case as whoever has the right to write cases can."""
    kept = desk.server.cases[case_id]
    document = json.loads(kept.text)
    document = change(document) or document
    desk.server.commits += 1
    update_time = f"u{desk.server.commits:08d}"
    desk.server.cases[case_id] = Kept(json.dumps(document), update_time, desk.clock(), "")


def entry_of(desk: Desk, case_id: str) -> Json:
    made: Json = json.loads(desk.server.cases[case_id].text)["determinations"]["r1"]
    return made


HOSTILE: dict[str, Callable[[Json], Any]] = {
    "determinations are a list": lambda d: d.update(determinations=[1]),
    "a determination is a number": lambda d: d.update(determinations={"r1": 5}),
    "a determination lacks everything": lambda d: d.update(determinations={"r1": {}}),
    "an outcome nobody knows": lambda d: d.update(
        determinations={"r1": {"line": "r1", "outcome": "deny!", "reason": "", "by": "x", "role": "physician",
                               "at": "2026-01-01T00:00:00Z"}}
    ),
    "the schema is a word": lambda d: d["_meta"].update(schema="seven"),
    "the schema is no number": lambda d: d["_meta"].update(schema=float("inf")),
    "no head": lambda d: d.pop("_meta") and None,
    "the head is a list": lambda d: d.update(_meta=[1]),
    "the id of another case": lambda d: d.update(case_id="another"),
    "a receipt that is a map": lambda d: d.update(receipt={"x": 1}),
    "a patient who is a list": lambda d: d.update(patient=["x"]),
    "a time without a zone": lambda d: d.update(received_at="2026-01-01T00:00:00"),
    "a time that is none": lambda d: d.update(due_at="tomorrow"),
    "a status nobody knows": lambda d: d.update(status="done"),
    "fields that are text": lambda d: d.update(fields="all"),
    "a field that is text": lambda d: d["fields"].update(phone="555"),
    "a value that is a map": lambda d: d["fields"]["phone"].update(value={"a": {"b": 1}}),
    "a confidence that is no number": lambda d: d["fields"]["phone"].update(confidence=float("nan")),
    "a path in place of a digest": lambda d: [e.update(sha256="../x") for e in d["documents"].values()] and None,
    "lines that are a list": lambda d: d.update(request={"lines": ["r1"]}),
    "a milestone without a time": lambda d: d.update(milestones={"read": {"by": "x", "at": "never"}}),
    "a number where the rules look for words": lambda d: d["fields"]["phone"].update(value=7),
    "nothing at all": lambda d: {"": None},
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(HOSTILE))
def test_a_crafted_case_is_set_aside_with_words_and_the_others_go_on(
    pair: tuple[Desk, Desk, str], what: str
) -> None:
    ada, bob, case_id = pair
    changed, good = ada.take_in(b"a second"), ada.take_in(b"another")
    ada.sync()
    bob.sync()
    bob.correct(changed, "phone", "1")
    forge(bob, case_id, HOSTILE[what])
    forge(bob, changed, HOSTILE[what])
    steps = bob.sync()
    assert {step.state for step in steps} <= {Link.SYNCED}
    assert [bob.value(each, "phone") for each in (case_id, changed, good)] == ["phone", "1", "phone"]
    assert {case_id, changed, good} <= set(bob.store.queue(QueueQuery()))
    bob.correct(good, "phone", "2")
    bob.sync()
    assert json.loads(ada.server.cases[good].text)["fields"]["phone"]["corrected_value"] == "2"
    aside = [i for i in bob.store.sync.waiting(bob.store.sync.link(Scope("bob"))) if not i.change_id]
    assert {i.case_id: i.waiting_for for i in aside} == dict.fromkeys((case_id, changed), WaitingFor.ASIDE)
    assert all(i.reason and i.next_step for i in aside)


def test_what_nothing_can_be_worked_out_from_stops_no_other_case(pair: tuple[Desk, Desk, str]) -> None:
    ada, bob, case_id = pair
    good = ada.take_in(b"another")
    ada.sync()
    forge(
        bob,
        case_id,
        lambda d: d.update(imported_request={"lines": [1]}, reopened={"x": {"lines": [1]}}, status=""),
    )
    forge(bob, case_id, lambda d: d.update(determinations={"r1": forged_entry()}))
    steps = bob.sync()
    assert {step.state for step in steps} <= {Link.SYNCED}
    assert bob.value(good, "phone") == "phone"
    assert bob.value(case_id, "phone") == "phone"
    assert bob.store.audit_verify().holds


def test_a_case_that_is_understood_again_is_taken_in(pair: tuple[Desk, Desk, str]) -> None:
    ada, bob, case_id = pair
    whole = json.loads(ada.server.cases[case_id].text)
    forge(ada, case_id, lambda d: {"x": 1})
    bob.sync()
    whole["fields"]["phone"]["value"] = "mended"
    forge(ada, case_id, lambda d: whole)
    bob.sync()
    assert bob.value(case_id, "phone") == "mended"
    assert not bob.waiting()


def forged_entry() -> Json:
    return {
        "line": "r1", "outcome": "deny", "reason": "No.", "by": "physician@payer.example", "role": "physician",
        "at": "2026-03-02T09:31:00.000000Z", "id": "f" * 32, "signature": "AAAA",
    }  # fmt: skip


def a_denial(document: Json) -> None:
    made = forged_entry()
    document["determinations"] = {"r1": made}
    document["status"] = "completed"
    document["request"] = {"lines": {"r1": {"order": 0, "determination": made}}}


def test_a_forged_denial_decides_nothing_and_is_told_apart(pair: tuple[Desk, Desk, str]) -> None:
    _, bob, case_id = pair
    forge(bob, case_id, a_denial)
    bob.sync()
    document = bob.store.case_document(case_id)
    assert determinations_of(document) == {}
    assert list(unconfirmed_of(document)) == ["r1"]
    assert document["status"] != "completed"
    assert not document["request"].get("lines")


@pytest.mark.parametrize("name", ["status", "waiting_for", "request", "lines"])
def test_what_follows_from_no_determination_is_not_shown_as_decided(
    pair: tuple[Desk, Desk, str], name: str
) -> None:
    _, bob, case_id = pair

    def change(document: Json) -> None:
        forged: Json = {}
        a_denial(forged)
        if name in ("status", "request"):
            document[name] = forged[name]
        elif name == "waiting_for":
            document[name] = "physician"
        else:
            document["request"].setdefault("lines", {})["r2"] = {"determination": {"outcome": "deny"}}

    forge(bob, case_id, change)
    bob.sync()
    document = bob.store.case_document(case_id)
    assert document.get("status", "") != "completed"
    assert not document.get("waiting_for")
    lines = document["request"].get("lines", {}).values()
    assert not any(line.get("determination") for line in lines)


def test_a_signature_is_good_for_its_own_case_alone(pair: tuple[Desk, Desk, str]) -> None:
    ada, bob, case_id = pair
    other = ada.take_in(b"another")
    ada.determine(case_id)
    ada.sync()
    signed = entry_of(ada, case_id)
    forge(ada, other, lambda d: d.update(determinations={"r1": signed}, status="completed"))
    forge(ada, case_id, lambda d: d["determinations"].update(r2={**signed, "line": "r2"}))
    bob.sync()
    assert determinations_of(bob.store.case_document(other)) == {}
    assert bob.store.case_document(other)["status"] != "completed"
    assert list(determinations_of(bob.store.case_document(case_id))) == ["r1"]


def test_an_older_determination_put_back_is_not_believed_again(pair: tuple[Desk, Desk, str]) -> None:
    ada, bob, case_id = pair
    ada.determine(case_id)
    ada.sync()
    bob.sync()
    before = entry_of(ada, case_id)
    ada.determine(case_id, Outcome.PEND)
    ada.sync()
    bob.sync()
    assert determinations_of(bob.store.case_document(case_id))["r1"].outcome is Outcome.PEND
    forge(ada, case_id, lambda d: d.update(determinations={"r1": before}, status="completed"))
    for _ in range(2):
        bob.sync()
        document = bob.store.case_document(case_id)
        assert determinations_of(document) == {}
        assert document["status"] != "completed"
        # written over once more, with nothing on the line in between
        forge(ada, case_id, lambda d: d.pop("determinations") and None)
        bob.sync()
        forge(ada, case_id, lambda d: d.update(determinations={"r1": before}, status="completed"))
    moved = [e.detail for e in bob.store.audit_entries(case_id) if e.action == "determination_moved"]
    assert {"put_back": ["r1"], "gone": []} in moved


def test_a_new_determination_is_believed_after_an_older_one_was_put_back(
    pair: tuple[Desk, Desk, str],
) -> None:
    ada, bob, case_id = pair
    ada.determine(case_id, Outcome.PEND)
    ada.sync()
    before = entry_of(ada, case_id)
    ada.determine(case_id)
    ada.sync()
    bob.sync()
    forge(ada, case_id, lambda d: d.update(determinations={"r1": before}))
    ada.sync()
    ada.determine(case_id)
    ada.sync()
    bob.sync()
    assert alike(ada, bob)
    assert bob.store.case_document(case_id)["status"] == "completed"


def test_a_time_that_has_not_come_hides_nothing_that_comes_after_it(pair: tuple[Desk, Desk, str]) -> None:
    ada, bob, case_id = pair
    far = datetime(9000, 1, 1, tzinfo=UTC)
    forge(ada, case_id, lambda d: d["_meta"].update(updated_at=to_time(far)))
    ada.server.cases[case_id].updated_at = far
    bob.sync()
    ada.clock.now += timedelta(minutes=30)
    good = ada.take_in(b"another")
    ada.sync()
    bob.sync()
    assert bob.value(good, "phone") == "phone"
    link = bob.store.sync.link(Scope("bob"))
    assert link.near is not None
    assert link.near.updated_at < bob.clock.now + AHEAD


def test_a_page_that_leads_nowhere_is_not_asked_for_again_and_again(pair: tuple[Desk, Desk, str]) -> None:
    ada, bob, _ = pair
    page = bob.server.changed(Scope("bob"), None, 1) * PAGE
    asked = []

    class Stuck:
        def changed(self, *_: object) -> Any:
            asked.append(1)
            return page

        def __getattr__(self, name: str) -> Any:
            return getattr(ada.server, name)

    bob.wire.server = Stuck()  # type: ignore[assignment]
    bob.sync()
    assert len(asked) <= 3


def test_a_determination_waits_for_its_author_and_holds_no_other_case(pair: tuple[Desk, Desk, str]) -> None:
    ada, bob, case_id = pair
    other = ada.take_in(b"another")
    ada.sync()
    decided = ada.determine(case_id)
    ada.correct(other, "phone", "1")
    ada.wire.wrongs = [NotAllowed("Not yours.", "Sign in as the person who decides.", code="not_you")]
    ada.sync()
    link = ada.store.sync.link(Scope("ada"))
    (item,) = ada.store.sync.waiting(link)
    assert (item.change_id, item.waiting_for) == (decided, WaitingFor.SIGN_IN)
    assert "ada" in item.reason
    assert ada.store.sync.counts().parked == 0
    ada.store.sync.arrived("somebody else")
    ada.sync(poked=False)
    assert ada.waiting() == [decided]
    ada.sync()  # its author is who is signed in
    assert ada.waiting() == []
    bob.sync()
    assert bob.value(other, "phone") == "1"
    assert bob.store.case_document(case_id)["status"] == "completed"


def test_what_another_reason_refuses_is_still_a_persons_to_decide_about(
    pair: tuple[Desk, Desk, str],
) -> None:
    ada, _, case_id = pair
    ada.determine(case_id)
    ada.wire.wrongs = [Rejected("No.", "Look.", code="receipt_differs")]
    ada.sync()
    (item,) = ada.store.sync.waiting(ada.store.sync.link(Scope("ada")))
    assert item.waiting_for is WaitingFor.REFUSED
