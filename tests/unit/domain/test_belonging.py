"""Whose document it is: what agrees, what speaks against it, and what is beyond doubt."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.belonging import Known, Proposal, Sign, judged, known_of, of_another, said_on
from app.domain.receipt import check_character
from app.domain.request import parsed_date
from tests.written import pages, request

RECEIPT = f"R-2611-AB12-0007-{check_character('2611-AB12-0007')}"
JANE = Known(
    "c1",
    RECEIPT,
    ("jane", "roe"),
    "W12345678",
    parsed_date("03/04/1961"),
    ("ann", "healer"),
    "1234567893",
    ("E0784",),
)


def proposal(*lines: str, known: Known = JANE) -> Proposal | None:
    return judged(known, said_on(pages(["\n".join(lines)])))


def test_a_receipt_number_printed_on_it_is_beyond_doubt() -> None:
    found = proposal(f"Additional records for {RECEIPT}")
    assert found is not None
    assert (found.sure, found.why) == (True, (Sign.RECEIPT,))
    spaced = RECEIPT.replace("-", " - ").replace("0", "O")
    assert proposal(f"Ref. {spaced}") is not None


def test_a_receipt_number_with_a_wrong_character_is_none() -> None:
    wrong = RECEIPT[:-1] + ("A" if RECEIPT[-1] != "A" else "B")
    assert proposal(f"Additional records for {wrong}") is None


def test_member_id_name_and_birth_date_together_are_beyond_doubt() -> None:
    found = proposal("Patient: Roe, Jane M.", "DOB: 03/04/1961", "Member ID: W12345678")
    assert found is not None
    assert found.sure
    assert set(found.why) == {Sign.MEMBER_ID, Sign.NAME, Sign.BIRTH_DATE}


@pytest.mark.parametrize(
    "lines",
    [("Patient: Jane Roe",), ("Jane Roe", "Dr. Ann Healer NPI 1234567893", "E0784"), ("DOB 03/04/1961",)],
)
def test_names_alone_and_dates_alone_never_suffice(lines: tuple[str, ...]) -> None:
    assert proposal(*lines) is None


@pytest.mark.parametrize(
    "born",
    [
        "03/04/1961",
        "3-4-61",
        "1961-03-04",
        "March 4, 1961",
        "4 Mar 1961",
        "Mar. 4th, 1961",
        "O3/O4/l961",
        "03 / 04 / 1961",
    ],
)
def test_a_name_with_a_date_of_birth_is_proposed_however_the_date_is_written(born: str) -> None:
    found = proposal("Patient: Jane Roe", f"Date of birth: {born}")
    assert found is not None
    assert not found.sure


@pytest.mark.parametrize(
    ("name", "member_id"), [("Jame Roe", "W1234S678"), ("JANE R0E", "WI2345678"), ("Jáne Roe", "W-123-45678")]
)
def test_misread_letters_are_taken_for_what_they_may_be_and_leave_a_doubt(name: str, member_id: str) -> None:
    found = proposal(f"Patient: {name}", "DOB: 03/04/1961", f"Member ID: {member_id}")
    assert found is not None
    assert {Sign.MEMBER_ID, Sign.BIRTH_DATE} <= set(found.why)
    assert found.sure is (name == "Jáne Roe")


def test_another_date_of_birth_speaks_against_it() -> None:
    found = proposal("Patient: Jane Roe", "DOB: 07/09/1988", "Member ID: W12345678")
    assert found is None or not found.sure
    assert of_another(JANE, ["DOB: 07/09/1988"])
    assert not of_another(JANE, ["Visit 07/09/1988"])
    assert not of_another(replace(JANE, birth_date=None), ["DOB: 07/09/1988"])


def test_a_receipt_on_a_document_of_somebody_born_another_day_is_not_attached_by_itself() -> None:
    found = proposal(f"Records for {RECEIPT}", "DOB: 07/09/1988")
    assert found is None or not found.sure


def test_one_different_digit_is_nearly_the_same_id_and_says_so() -> None:
    found = proposal("Jane Roe", "DOB: 03/04/1961", "ID W12345679")
    assert found is not None
    assert Sign.MEMBER_ID_NEARLY in found.why
    assert not found.sure


def test_first_and_last_name_far_apart_are_no_name() -> None:
    text = "Jane spoke for a long time about many things and then Mr. Roe came; DOB 03/04/1961"
    assert proposal(text) is None


def test_a_case_knows_its_patient_from_the_request_or_from_the_fields_of_any_form() -> None:
    document = {"case_id": "c", "receipt": "R", "request": request()}
    known = known_of(document)
    assert (known.name, known.member_id) == (("jane", "roe"), "W12345678")
    assert known.birth_date == parsed_date("1961-03-04")
    assert known.codes == ("E0784",)
    fields = {
        "a": {"label": "Patient name", "kind": "name", "value": "Roe, Jane"},
        "b": {"label": "Date of Birth", "kind": "date", "value": "03/04/1961"},
        "c": {"label": "Member ID", "kind": "member_id", "value": "W1", "corrected_value": "W12345678"},
        "d": {"label": "Provider name", "kind": "name", "value": "Ann Healer"},
    }
    known = known_of({"case_id": "c", "receipt": "R", "fields": fields})
    assert (known.name, known.member_id) == (("jane", "roe"), "W12345678")
    assert known.birth_date == parsed_date("1961-03-04")


def test_the_birth_date_of_another_does_not_count_where_the_patients_own_stands_too() -> None:
    assert not of_another(JANE, ["Mother's DOB: 07/09/1938", "Jane Roe 03/04/1961 seen today"])
