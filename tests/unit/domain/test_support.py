"""What speaks for or against a value beside its own ink."""

from __future__ import annotations

from app.domain.code import CodeLists
from app.domain.form import FieldKind, FormField
from app.domain.support import support

CODES = CodeLists(icd10=frozenset({"I378", "S202"}), hcpcs=frozenset({"A9500"}), release="made up")


def field(path: str, kind: FieldKind, value: str, supplied: str = "") -> FormField:
    return FormField(path, path, "all", kind, value, supplied=supplied)


def numbers(*fields: FormField, codes: CodeLists = CODES) -> dict[str, dict[str, float]]:
    return {path: dict(each) for path, each in support(fields, None, codes).items()}


def test_a_code_is_known_or_not_and_without_a_list_neither() -> None:
    known, unknown = field("a", FieldKind.ICD10, "I37.8"), field("b", FieldKind.ICD10, "I37.9")
    found = numbers(known, unknown)
    assert "known" in found["a"]
    assert "unknown" in found["b"]
    bare = numbers(known, codes=CodeLists())
    assert not {"known", "unknown"} & set(bare.get("a", {}))


def test_a_check_digit_that_fails_is_told_and_does_not_make_a_number_suspect() -> None:
    found = numbers(field("right", FieldKind.NPI, "1234567893"), field("wrong", FieldKind.NPI, "1234567890"))
    assert "checked" in found["right"]
    assert "unchecked" in found["wrong"]
    assert "suspect" not in found["wrong"]


def test_a_letter_in_an_npi_makes_it_suspect() -> None:
    assert "suspect" in numbers(field("npi", FieldKind.NPI, "12345O7893"))["npi"]


def test_a_supplied_stroke_is_no_suspicion_of_its_own() -> None:
    found = numbers(field("date", FieldKind.DATE, "10/23/1984", supplied="//"))
    assert "suspect" not in found.get("date", {})
    assert "calendar" in found["date"]


def test_the_same_number_twice_agrees_whatever_its_strokes() -> None:
    found = numbers(
        field("a", FieldKind.PHONE, "(555) 010-2000"), field("b", FieldKind.PHONE, "555-010-2000"),
        field("c", FieldKind.PHONE, "555-010-7777"),
    )  # fmt: skip
    assert "agrees" in found["a"]
    assert "agrees" in found["b"]
    assert "agrees" not in found.get("c", {})


def test_numbers_that_differ_in_one_character_disagree() -> None:
    one = field("a", FieldKind.PHONE, "15550102000")
    for other in ("15550102006", "1555010200", "155501020000"):
        found = numbers(one, field("b", FieldKind.PHONE, other))
        assert "disagrees" in found["a"], other
        assert "disagrees" in found["b"], other
    apart = numbers(one, field("b", FieldKind.PHONE, "15550109100"))
    assert "disagrees" not in apart.get("a", {})
    kinds = numbers(one, field("b", FieldKind.MEMBER_ID, "15550102006"))
    assert "disagrees" not in kinds.get("a", {})
