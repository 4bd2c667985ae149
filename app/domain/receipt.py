"""Receipt numbers: told at once, before a form is read; never the same from two desks."""

from __future__ import annotations

from datetime import datetime

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, so that a number read over the phone is heard once."""


def encode(number: int, width: int) -> str:
    """A non-negative number in base 32, padded to `width`."""
    digits = ""
    while number:
        number, rest = divmod(number, len(ALPHABET))
        digits = ALPHABET[rest] + digits
    return digits.rjust(width, "0")


def check_character(text: str) -> str:
    """Catches any single wrong character and most swaps: the weighted sum modulo 31 (a prime)."""
    total = sum((place + 1) * ALPHABET.index(c) for place, c in enumerate(c for c in text if c in ALPHABET))
    return ALPHABET[total % 31]


def receipt_number(at: datetime, desk: str, sequence: int) -> str:
    """`R-2611-04A7-0012-K`: year and month (UTC), the desk's code, its running number, a check character.

    Two desks never issue the same number because the desk's code is part of it.
    """
    body = f"{at:%y%m}-{desk}-{encode(sequence, 4)}"
    return f"R-{body}-{check_character(body)}"


def normalized(text: str) -> str:
    """A receipt as a person typed it, in its proper form: capitals, and the letters people mistake."""
    return text.strip().upper().replace("O", "0").replace("I", "1").replace("L", "1")


def is_receipt(text: str) -> bool:
    """Whether a text is a receipt number whose check character holds."""
    parts = normalized(text).split("-")
    if len(parts) != 5 or parts[0] != "R" or not all(set(p) <= set(ALPHABET) for p in parts[1:]):
        return False
    return check_character("-".join(parts[1:4])) == parts[4]
