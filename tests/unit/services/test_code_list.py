"""Code lists: the shipped ICD-10-CM, and the payer's own HCPCS file."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.code import NO_LISTS, CodeLists
from app.domain.errors import Rejected
from app.domain.form import FieldKind, FormField
from app.domain.support import support
from app.domain.validation import check, warning_text
from app.services.code_list import code_lists, icd10, take_hcpcs


def test_the_shipped_list_knows_codes_and_headings() -> None:
    known = icd10()
    assert len(known.icd10) > 90_000
    for code in ("E11.9", "I37.8", "S52.001A", "s52.001a", "Z99.81", "Z9981"):
        assert known.is_icd10(code), code
        assert known.is_billable(code), code
    for heading in ("E11", "S52.001", "M54.5"):
        assert known.is_icd10(heading)
        assert not known.is_billable(heading)
    for wrong in ("137.8", "I37.9Z", "A00-A09", "1", ""):
        assert not known.is_icd10(wrong), wrong
    assert known.release.startswith("ICD-10-CM ")


def release(folder: Path, codes: list[str]) -> Path:
    """A file as CMS lays it out: the code in the first five columns, then sequence number and text."""
    path = folder / "HCPC2026_OCT_ANWEB.txt"
    lines = [f"{code}00100{'3' if n % 2 else '4'}Text of {code}" for n, code in enumerate(codes)]
    path.write_text("\n".join(["   A1 modifier line", *lines]) + "\n", "latin-1")
    return path


def test_a_workspace_keeps_the_hcpcs_list_it_is_given(tmp_path: Path) -> None:
    codes = [f"E{n:04}" for n in range(1500)]
    assert not code_lists(tmp_path / "lists").hcpcs
    given = take_hcpcs(release(tmp_path, codes), tmp_path / "lists")
    assert given.is_hcpcs("E0784")
    again = code_lists(tmp_path / "lists")
    assert again.hcpcs == frozenset(codes)
    assert "HCPC2026_OCT_ANWEB" in again.release
    assert again.is_icd10("E11.9")


def test_a_file_that_is_no_list_is_refused_and_the_old_one_kept(tmp_path: Path) -> None:
    take_hcpcs(release(tmp_path, [f"E{n:04}" for n in range(1500)]), tmp_path / "lists")
    other = tmp_path / "letter.txt"
    other.write_text("Dear payer,\nE0784 was approved.\n")
    with pytest.raises(Rejected, match="does not look like the HCPCS"):
        take_hcpcs(other, tmp_path / "lists")
    assert len(code_lists(tmp_path / "lists").hcpcs) == 1500
    with pytest.raises(Rejected, match="cannot be read"):
        take_hcpcs(tmp_path / "gone.txt", tmp_path / "lists")


def a_field(path: str, kind: FieldKind, value: str) -> FormField:
    return FormField(path, path, "s", kind, value, 0.97)


LISTS = CodeLists(
    frozenset({"E11", "E119", "I378"}), frozenset({"E119", "I378"}), frozenset({"E0784"}), "a small edition"
)


def test_a_code_no_list_holds_is_told_and_keeps_its_confidence() -> None:
    fields = [
        a_field("right", FieldKind.ICD10, "E11.9"), a_field("unknown", FieldKind.ICD10, "E11.8"),
        a_field("heading", FieldKind.ICD10, "E11"), a_field("device", FieldKind.PROCEDURE_CODE, "E0784"),
        a_field("no_device", FieldKind.PROCEDURE_CODE, "E0785"), a_field("cpt", FieldKind.PROCEDURE_CODE, "27447"),
    ]  # fmt: skip
    found = check(fields, codes=LISTS)
    assert {path: [w.rule for w in warnings] for path, warnings in found.items()} == {
        "unknown": ["icd10_unknown"],
        "heading": ["icd10_not_billable"],
        "no_device": ["hcpcs_unknown"],
    }
    assert all(w.kind == "value" for warnings in found.values() for w in warnings)
    assert "E11.8" in warning_text(found["unknown"][0])
    assert not check(fields, codes=NO_LISTS)


def test_lists_speak_for_and_against_a_reading() -> None:
    fields = [
        a_field("right", FieldKind.ICD10, "E11.9"), a_field("unknown", FieldKind.ICD10, "E11.8"),
        a_field("cpt", FieldKind.PROCEDURE_CODE, "27447"), a_field("npi", FieldKind.NPI, "1234567893"),
        a_field("bad_npi", FieldKind.NPI, "9876543210"),
    ]  # fmt: skip
    found = {path: dict(numbers) for path, numbers in support(fields, None, LISTS).items()}
    assert found["right"] == {"known": 1.0}
    assert found["unknown"] == {"unknown": 1.0}
    assert "cpt" not in found
    assert found["npi"] == {"checked": 1.0}
    assert found["bad_npi"]["unchecked"] == 1.0
    assert "known" not in dict(support(fields, None, NO_LISTS).get("right", ()))
