"""Signatures: what a key confirms was said by whoever holds its other half, of this case and this line."""

from __future__ import annotations

from typing import Any

import pytest

from app.services.signing import (
    confirmed,
    confirmed_checkpoint,
    new_key,
    public_key,
    sign,
    sign_checkpoint,
)

PRIVATE, PUBLIC = new_key()
ENTRY: dict[str, Any] = {
    "line": "r1",
    "outcome": "approve",
    "reason": "Fits – the policy's criteria",
    "by": "nurse@payer.example",
    "missing": [],
    "answer_by": None,
    "evidence": [{"quote": "BMI 41", "page": 2, "box": [0.1, 0.25, 1.0, 0.5]}],
}


def signed(entry: dict[str, Any], case_id: str = "c1", line: str = "r1") -> dict[str, Any]:
    return {**entry, "signature": sign(PRIVATE, case_id, line, entry)}


def test_a_signed_determination_is_confirmed() -> None:
    assert confirmed(PUBLIC, "c1", "r1", signed(ENTRY))


def test_the_public_key_follows_from_the_private_one() -> None:
    assert public_key(PRIVATE) == PUBLIC


@pytest.mark.parametrize("name", sorted(ENTRY))
def test_a_determination_altered_anywhere_is_not_confirmed(name: str) -> None:
    altered = signed(ENTRY) | {name: "something else"}
    assert not confirmed(PUBLIC, "c1", "r1", altered)


def test_a_part_added_or_left_out_is_not_confirmed() -> None:
    made = signed(ENTRY)
    assert not confirmed(PUBLIC, "c1", "r1", {**made, "granted": "all of it"})
    assert not confirmed(PUBLIC, "c1", "r1", {k: v for k, v in made.items() if k != "reason"})


def test_a_determination_copied_to_another_case_or_line_is_not_confirmed() -> None:
    made = signed(ENTRY)
    assert not confirmed(PUBLIC, "c2", "r1", made)
    assert not confirmed(PUBLIC, "c1", "r2", made)


def test_a_key_that_is_being_changed_is_believed_beside_the_new_one() -> None:
    _, other = new_key()
    assert confirmed(f"{other}, {PUBLIC}", "c1", "r1", signed(ENTRY))
    assert not confirmed(other, "c1", "r1", signed(ENTRY))
    assert not confirmed("", "c1", "r1", signed(ENTRY))
    assert confirmed(f"nonsense {PUBLIC}", "c1", "r1", signed(ENTRY))


@pytest.mark.parametrize("signature", [None, "", 7, "%%%", "AAAA", [], {"a": 1}, "ü"])
def test_what_is_no_signature_is_not_confirmed_and_raises_nothing(signature: object) -> None:
    assert not confirmed(PUBLIC, "c1", "r1", {**ENTRY, "signature": signature})


def test_content_that_is_no_json_is_not_confirmed_and_raises_nothing() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for odd in (float("nan"), object(), {1: 2}, deep):
        assert not confirmed(PUBLIC, "c1", "r1", {**signed(ENTRY), "reason": odd})


def test_a_whole_number_is_the_same_with_and_without_its_point() -> None:
    """A database may give 1.0 back as 1."""
    made = signed(ENTRY)
    made["evidence"] = [{"quote": "BMI 41", "page": 2.0, "box": [0.1, 0.25, 1, 0.5]}]
    assert confirmed(PUBLIC, "c1", "r1", made)


def test_true_is_not_one() -> None:
    assert not confirmed(PUBLIC, "c1", "r1", signed({**ENTRY, "x": True}) | {"x": 1})


def test_a_signed_checkpoint_is_confirmed_and_is_no_determination() -> None:
    kept = {"desk": "04A7", "sequence": 9, "hash": "0" * 64}
    signature = sign_checkpoint(PRIVATE, kept)
    assert confirmed_checkpoint(PUBLIC, {**kept, "signature": signature})
    assert not confirmed_checkpoint(PUBLIC, {**kept, "sequence": 8, "signature": signature})
    assert not confirmed(PUBLIC, "c1", "r1", {**kept, "signature": signature})


@pytest.mark.parametrize("key", ["", "short", "A" * 43 + "=="])
def test_what_is_no_key_signs_nothing(key: str) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        sign(key, "c1", "r1", ENTRY)
