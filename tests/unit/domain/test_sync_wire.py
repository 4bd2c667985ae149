"""What goes over the wire comes out as it went in; what is not understood is refused as a whole."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain import sync_wire as wire
from app.domain.change import MISSING
from app.domain.errors import (
    Actionable,
    Conflict,
    NoSuchCase,
    Offline,
    Rejected,
    SignInRequired,
    Unreadable,
)
from app.domain.role import NotAllowed, Person, Role
from app.domain.sync import Answer, Push, Pushed, Receipt

AT = datetime(2026, 11, 3, 14, 5, 6, 789012, UTC)
DIGEST = "ab" * 32


def receipt(mutation_id: str = "m1", case_id: str = "c1") -> Receipt:
    return Receipt(
        mutation_id, case_id, "determined", "a@b.example", AT, "04A7", 12, "00", "ff", {"writes": [1, None]}
    )


def updating() -> Push:
    return Push(
        "c1",
        (receipt(), receipt("m2")),
        "2026-11-03T14:00:00.123456789Z",
        updates={
            ("determinations", "r1"): {"line": "r1", "reason": "weil ü", "missing": []},
            ("proposed_dismissal",): MISSING,
            ("waiting_for",): None,
            ("fields", "a.b", "value"): "x",
        },
        reviews={"rev-1": {"a": [1, {"b": None}]}},
        determines=True,
    )


def over_the_wire(document: Any) -> Any:
    return json.loads(json.dumps(document))


@pytest.mark.parametrize(
    "push", [updating(), Push("c1", (receipt(),), None, {"case_id": "c1", "fields": {}}, determines=True)]
)
def test_a_push_comes_out_as_it_went_in(push: Push) -> None:
    found = wire.push_from(over_the_wire(wire.push_document(push, {DIGEST: "{}"})))
    assert found.push == push
    assert found.opened == {DIGEST: "{}"}


def test_null_is_a_value_and_what_is_missing_is_none() -> None:
    found = wire.push_from(over_the_wire(wire.push_document(updating()))).push
    assert found.updates[("waiting_for",)] is None
    assert found.updates[("proposed_dismissal",)] is MISSING


def altered(place: tuple[str | int, ...], value: object) -> Any:
    data = copy.deepcopy(wire.push_document(updating(), {DIGEST: "{}"}))
    at: Any = data
    for name in place[:-1]:
        at = at[name]
    if value is MISSING:
        del at[place[-1]]
    else:
        at[place[-1]] = value
    return data


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("extra",), 1),
        (("receipts", 0, "extra"), 1),
        (("updates", 0, "extra"), 1),
        (("determines",), MISSING),
        (("determines",), "yes"),
        (("base",), MISSING),
        (("base",), ""),
        (("base",), 7),
        (("base",), None),
        (("document",), {"case_id": "c1"}),
        (("case_id",), "a/b"),
        (("case_id",), "c2"),
        (("case_id",), ""),
        (("receipts",), []),
        (("receipts",), {}),
        (("receipts", 0, "mutation_id"), "m2"),
        (("receipts", 0, "mutation_id"), "../m"),
        (("receipts", 0, "case_id"), "c9"),
        (("receipts", 0, "at"), "yesterday"),
        (("receipts", 0, "at"), "2026-11-03T14:05:06"),
        (("receipts", 0, "sequence"), True),
        (("receipts", 0, "sequence"), -1),
        (("receipts", 0, "sequence"), 1.5),
        (("receipts", 0, "body"), []),
        (("updates",), {}),
        (("updates", 0, "path"), []),
        (("updates", 0, "path"), [""]),
        (("updates", 0, "path"), "determinations"),
        (("updates", 0, "path"), ["waiting_for"]),
        (("updates", 0, "path"), ["waiting_for", "deeper"]),
        (("updates", 0, "path"), ["fields"]),
        (("reviews",), [1]),
        (("reviews", "rev-1"), "text"),
        (("reviews", "a/b"), {}),
        (("opened",), {"short": "{}"}),
        (("opened", DIGEST), {}),
    ],
)
def test_a_push_with_a_wrong_part_is_refused(place: tuple[str | int, ...], value: object) -> None:
    with pytest.raises(Rejected) as refused:
        wire.push_from(altered(place, value))
    assert refused.value.code in ("wire_not_understood", "wire_unknown_part")


@pytest.mark.parametrize("data", [None, [], "push", 3, {}])
def test_what_is_no_push_is_refused(data: object) -> None:
    with pytest.raises(Rejected):
        wire.push_from(data)


def test_a_batch_larger_than_the_server_takes_is_refused() -> None:
    many = tuple(receipt(f"m{n}") for n in range(wire.MOST_RECEIPTS + 1))
    with pytest.raises(Rejected):
        wire.push_from(wire.push_document(Push("c1", many, "t", updates={("a",): 1})))


def test_a_refusal_never_repeats_what_came_over_the_wire() -> None:
    data = wire.push_document(updating()) | {"Maria Example": 1}
    with pytest.raises(Rejected) as refused:
        wire.push_from(data)
    assert "Maria" not in str(refused.value) + repr(refused.value.params)


@pytest.mark.parametrize("answer", list(Answer))
def test_an_answer_comes_out_as_it_went_in(answer: Answer) -> None:
    pushed = Pushed(answer, "t1")
    assert wire.pushed_from(over_the_wire(wire.pushed_document(pushed))) == pushed


def test_an_answer_that_is_not_known_is_refused() -> None:
    with pytest.raises(Rejected):
        wire.pushed_from({"answer": "perhaps", "update_time": ""})


def test_people_and_checkpoints_come_out_as_they_went_in() -> None:
    person = Person("a@b.example", "Ada B.", (Role.UR_SPECIALIST, Role.ADMINISTRATOR), active=False)
    assert wire.person_from(over_the_wire(wire.person_document(person))) == person
    me = wire.Me("a@b.example", "Ada B.", (Role.PHYSICIAN,), AT)
    assert wire.me_from(over_the_wire(wire.me_document(me))) == me
    checkpoint = wire.Checkpoint("04A7", 12, DIGEST, AT)
    assert wire.checkpoint_from(over_the_wire(wire.checkpoint_document(checkpoint))) == checkpoint
    kept = wire.KeptCheckpoint(checkpoint, "a@b.example", AT, "sig")
    assert wire.kept_checkpoint_from(over_the_wire(wire.kept_checkpoint_document(kept))) == kept


def test_a_role_that_there_is_not_is_refused() -> None:
    data = wire.person_document(Person("a@b.example", "A", ())) | {"roles": ["king"]}
    with pytest.raises(Rejected):
        wire.person_from(data)


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (NotAllowed, 403), (NoSuchCase, 404), (Rejected, 422), (SignInRequired, 401),
        (Conflict, 409), (Unreadable, 422), (Offline, 503),
    ],
)  # fmt: skip
def test_a_refusal_keeps_its_kind_its_words_and_its_code(kind: type[Actionable], status: int) -> None:
    told = kind("Not now.", "Later.", code="later", count=3, what="it")
    found = wire.error_from(over_the_wire(wire.error_document(told)))
    assert type(found) is kind
    assert (found.reason, found.next_step, found.code) == ("Not now.", "Later.", "later")
    assert found.params == {"count": 3, "what": "it"}
    assert wire.error_status(told) == status
