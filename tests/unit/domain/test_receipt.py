"""Receipts: read over the phone, typed by hand, never the same from two desks."""

from __future__ import annotations

from datetime import UTC, datetime

from app.domain.receipt import ALPHABET, is_receipt, normalized, receipt_number

AT = datetime(2026, 11, 2, tzinfo=UTC)


def test_a_receipt_carries_month_desk_number_and_check() -> None:
    receipt = receipt_number(AT, "04A7", 18)
    assert receipt.startswith("R-2611-04A7-000J-")
    assert is_receipt(receipt)


def test_two_desks_never_issue_the_same_receipt() -> None:
    assert receipt_number(AT, "04A7", 1) != receipt_number(AT, "04A8", 1)


def test_nearly_every_single_wrong_character_is_caught() -> None:
    receipt = receipt_number(AT, "04A7", 18)
    tried = caught = 0
    for place, right in enumerate(receipt):
        if place < 2 or right == "-":
            continue
        for wrong in ALPHABET:
            if wrong != right:
                tried += 1
                caught += not is_receipt(receipt[:place] + wrong + receipt[place + 1 :])
    assert caught / tried > 0.98


def test_letters_that_people_mistake_are_taken_as_meant() -> None:
    receipt = receipt_number(AT, "0101", 1)
    assert is_receipt(receipt.replace("0", "O").replace("1", "l").lower())
    assert normalized(receipt.lower()) == receipt


def test_more_than_a_million_numbers_still_fit() -> None:
    assert is_receipt(receipt_number(AT, "ZZZZ", 2_000_000))
