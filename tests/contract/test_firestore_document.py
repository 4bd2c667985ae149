"""Case documents as Firestore keeps them, and back, without a server."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain.errors import Rejected
from app.services.google.firestore import document
from app.services.google.firestore.document import (
    from_firestore,
    from_message,
    name_from,
    name_to,
    to_firestore,
)

NAMES = [
    "",
    "__x__",
    "____",
    "~",
    "~[]",
    "[]",
    "%",
    "%60",
    "`",
    "\\",
    "a.b",
    "at",
    "received_at",
    "9",
    "ü",
    "__x",
    "\n",
]


def through_the_client(value: Any) -> tuple[Any, Any]:
    """A value as it comes back by way of the client's own coding, read in both ways."""
    from google.cloud.firestore_v1 import _helpers

    message = _helpers.encode_value(to_firestore(value))
    return from_firestore(_helpers.decode_value(message, None)), from_message(type(message).pb(message))


def test_names_that_are_refused_are_written_in_another_way_and_come_back() -> None:
    made = [name_to(name) for name in NAMES]
    assert [name_from(name) for name in made] == NAMES
    assert len(set(made)) == len(NAMES)
    for name in made:
        assert name
        assert "`" not in name
        assert "\\" not in name
        assert not (name.startswith("__") and name.endswith("__"))
    assert name_to("plain name") == "plain name"


def test_times_become_times_where_they_are_meant_and_texts_elsewhere() -> None:
    text = "2026-03-02T09:30:15.123456Z"
    made = to_firestore({"received_at": text, "note": text, "d": {"at": text}, "due_at": text[:19] + "Z"})
    at = datetime(2026, 3, 2, 9, 30, 15, 123456, tzinfo=UTC)
    assert made == {"received_at": at, "note": text, "d": {"at": at}, "due_at": "2026-03-02T09:30:15Z"}


@pytest.mark.parametrize("seed", range(20))
def test_any_value_comes_back_as_it_was(seed: int) -> None:
    chance = random.Random(seed)

    def value(depth: int) -> Any:
        kind = chance.randrange(8 if depth else 5)
        if kind == 0:
            return chance.choice(
                ["", "x", "2026-03-02T09:30:15.123456Z", "0001-01-01T00:00:00.000000Z", "ü\0"]
            )
        if kind == 1:
            return chance.choice([0, -(2**63), 2**63 - 1, 7])
        if kind == 2:
            return chance.choice([0.0, 1.0, -1e-310, 1.7e308, 1 / 3])
        if kind < 5:
            return chance.choice([None, True, False])
        if kind == 5:
            return [value(depth - 1) for _ in range(chance.randrange(4))]
        return {name: value(depth - 1) for name in chance.sample(NAMES, chance.randrange(5))}

    made = {"any": value(5), "list": [[value(2)], [[], [[]]]], "one": {"~[]": [1]}}
    for found in through_the_client(made):
        assert found == made
        assert repr(found).count("1.0") == repr(made).count("1.0")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"n": 2**63}, "number"),
        ({"x" * 1501: 1}, "name"),
        ({"d": None}, ""),
    ],
)
def test_what_cannot_be_kept_is_told_without_its_value(value: Any, words: str) -> None:
    if not words:
        for _ in range(document.DEEPEST + 1):
            value = {"d": value}
        words = "nested"
    with pytest.raises(Rejected, match=words) as told:
        to_firestore(value)
    assert "9223372036854775808" not in str(told.value)


def test_what_is_no_json_is_a_bug() -> None:
    with pytest.raises(TypeError):
        to_firestore({"x": object()})


def test_the_size_is_counted_as_firestore_does() -> None:
    document.check_size([{"n": "x" * (document.LARGEST - 300)}], "c")
    with pytest.raises(Rejected, match=r"1,02\d KiB"):
        document.check_size([{"n": "x" * document.LARGEST}], "c")
    with pytest.raises(Rejected):
        document.check_size([{"n": ["ü" * 600_000]}], "c")


def test_what_is_no_part_of_a_case_is_left_out() -> None:
    from google.cloud.firestore import GeoPoint

    assert from_firestore({"b": b"\0", "g": GeoPoint(1, 2), "n": 1}) == {"b": None, "g": None, "n": 1}
