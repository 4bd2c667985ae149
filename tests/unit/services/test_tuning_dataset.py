"""What people let stand becomes examples: without identifiers, one in five for measuring, and only when it is on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.domain.determination import Determination, Named, Outcome
from app.domain.errors import Rejected
from app.domain.material import Mark, Material, Status
from app.domain.prompt import Origin, Slot
from app.domain.recommendation import Proposed
from app.domain.role import NotAllowed, Person, Right, Role, require
from app.domain.tuning import NoExample, example, expected
from app.services.dataset import FormFolder
from app.services.deciding import Deciding
from app.services.recommendation_eval import agreement_json, agreement_text, examples_in, measured
from app.services.review_receipt import Receipts
from app.services.tuning_dataset import EVALUATION, TUNING, TuningDataset
from tests.reviewing import NOTE, Desk, a_desk, a_note, a_policy, at

NOW = datetime(2026, 10, 5, 15, 0, tzinfo=UTC)
WHO = (
    "Patient: Muster, Maria J.   DOB: 03/04/1982   Member ID M-100 200 300\n"
    "123 Sample Street, Apt 4, Springfield, TX 78701   (555) 010-2000   maria@example.org\n"
    "MARIA is 91 years old. Born March 4, 1982. Seen by Dr. Probe. Mrs. Muster's sugar is high.\n"
)
TELLING = (
    "Maria", "MARIA", "Muster", "100200300", "100 200 300", "03/04/1982", "March 4, 1982", "1982-03-04", "123 Sample",
    "78701", "010-2000", "example.org", "Probe", "91 years",
)  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with a_desk(tmp_path / "w") as made:
        made.documents = [a_note(WHO + NOTE)]
        yield made


def reviewed(desk: Desk):
    reviewing = desk.reviewing
    return reviewing.ask(desk.case_id, reviewing.propose_prompt(desk.case_id), "", "ada")


def marked(desk: Desk, material: Material, status: Status = Status.MET) -> Material:
    quote = at(desk.documents[0], "Endocrinology agrees to a pump.")
    mark = Mark("agrees", "r1", "pumps", status, (quote,), "Maria told me so.", "nina", NOW)
    return replace(material, marks=(mark,))


def made(outcome: Outcome = Outcome.APPROVE, **more: object) -> Determination:
    return Determination("r1", outcome, "Maria Muster needs it.", "nina", Role.UR_SPECIALIST, NOW, **more)  # type: ignore[arg-type]


def an_example(desk: Desk, determination: Determination | None = None, material: Material | None = None):
    review = reviewed(desk)
    known = desk.station.in_store(desk.material, desk.case_id)
    return example(review, determination or made(), material or marked(desk, known), a_policy(), "Judge.")


def answer_of(found: dict) -> dict:
    return json.loads(found["contents"][1]["parts"][0]["text"])


def test_an_example_is_a_line_of_vertex_ai_with_what_is_really_sent(desk: Desk) -> None:
    found = an_example(desk)
    assert list(found) == ["systemInstruction", "contents"]
    assert found["systemInstruction"]["parts"] == [{"text": "Judge."}]
    assert [turn["role"] for turn in found["contents"]] == ["user", "model"]
    assert all(
        list(turn) == ["role", "parts"] and list(turn["parts"][0]) == ["text"] for turn in found["contents"]
    )
    question = found["contents"][0]["parts"][0]["text"]
    assert question.startswith("REVIEWER'S PROMPT\nReview a PA request for")
    assert "dawn: Dawn phenomenon" in question
    assert "HbA1c 8.1 %" in question
    answer = answer_of(found)
    assert answer["outcome"] == "approve"
    rows = {row["id"]: row for row in answer["criteria"]}
    assert {name: row["status"] for name, row in rows.items()} == {
        "a1c": "met",
        "dawn": "met",
        "agrees": "met",
    }
    assert rows["agrees"]["evidence"] == [
        {"quote": "Endocrinology agrees to a pump.", "document": "D1", "page": 1}
    ]


def test_nothing_in_an_example_says_who_somebody_is(desk: Desk) -> None:
    text = json.dumps(an_example(desk), ensure_ascii=False)
    assert [word for word in TELLING if word in text] == []
    assert "[patient]" in text
    assert "10/02/2026" in text  # a date of service: periods are judged by it


@pytest.mark.parametrize("name", ["Mary Ann O'Neil", "王芳", "Łukasz Żółć", "Will Rose"])
def test_names_of_all_kinds_are_taken_out(tmp_path: Path, name: str) -> None:
    request = {
        "patient": {"patient_name": name, "patient_id": "M-100200300"},
        "lines": {"r1": {"service": {"description": "insulin pump"}, "diagnosis": {}}},
    }
    with a_desk(tmp_path / "w", request) as desk:
        desk.documents = [
            a_note(f"{name} was seen. {name.upper()} and {name.rsplit(maxsplit=1)[-1]} agree.\n{NOTE}")
        ]
        text = json.dumps(an_example(desk), ensure_ascii=False)
    for part in (name, name.upper(), *(p for p in name.split() if len(p) > 2)):
        assert part not in text


@pytest.mark.parametrize(
    ("determination", "outcome"),
    [
        (made(Outcome.DENY, criteria=(Named("dawn", "Dawn"),)), "refer"),
        (made(Outcome.APPROVE, overrides=("agrees",)), None),
        (made(Outcome.DENY), None),
        (made(Outcome.DISMISS), None),
        (made(Outcome.PEND), None),
    ],
)
def test_only_what_the_documents_carry_is_taught(
    desk: Desk, determination: Determination, outcome: str | None
) -> None:
    found = an_example(desk, determination)
    assert (answer_of(found)["outcome"] if found else None) == outcome


def test_a_mark_without_a_quote_teaches_that_nothing_is_said(desk: Desk) -> None:
    material = desk.station.in_store(desk.material, desk.case_id)
    by_phone = Mark("agrees", "r1", "pumps", Status.MET, (), "She said so on the phone.", "nina", NOW)
    material = replace(material, marks=(by_phone,))
    assert an_example(desk, made(), material) is None
    denied = an_example(desk, made(Outcome.DENY), material)
    assert {row["id"]: row["status"] for row in answer_of(denied)["criteria"]}["agrees"] == "insufficient"


def test_an_example_is_measured_with_as_it_was_asked(desk: Desk) -> None:
    one = expected(an_example(desk))
    assert (one.outcome, one.policy_title, one.policy_version) == (Proposed.APPROVE, "Insulin pumps", "1")
    assert dict(one.criteria) == dict.fromkeys(("a1c", "dawn", "agrees"), Status.MET)
    (line,) = one.material.request.lines
    assert (line.line_id, line.code, line.description) == ("r1", "E0784", "External infusion pump, insulin")
    assert (line.diagnosis_code, line.diagnosis) == ("E10.65", "Type 1 diabetes")
    (document,) = one.material.documents
    assert "severe recurring dawn phenomenon" in document.strings[0].text
    assert one.material.asked_on.isoformat() == "2026-10-05"
    service = one.prompt.slot(Slot.SERVICE)
    assert service is not None
    assert service.origin is Origin.FIELD


@pytest.mark.parametrize("line", ["{}", "[1]", '{"contents": []}', "no json", '{"contents": 7}'])
def test_a_line_that_is_no_example_is_named(line: str) -> None:
    with pytest.raises(Rejected, match="Line 2 is no example"):
        list(examples_in(["", line]))
    with pytest.raises(NoExample):
        expected(
            {"contents": [{"role": "user", "parts": [{"text": "hello"}]}, {"role": "model", "parts": []}]}
        )


def test_agreement_is_counted_by_outcome_criterion_and_policy(desk: Desk) -> None:
    one = expected(an_example(desk))
    desk.documents = one.material.documents  # what the scripted engine looks for has another name here
    reviewing = desk.reviewing

    def judge(ask):
        note = replace(ask.material.documents[0], document_id="notes")
        return reviewing.judge(replace(ask, material=replace(ask.material, documents=(note,))))[0]

    found = measured([one, one], "engine", judge, lambda title, version: a_policy())
    told = agreement_json(found)
    assert (told["examples"], told["answered"], told["failed"]) == (2, 2, [])
    assert told["outcomes"] == {"approve": {"pend": 2}}
    assert told["confusion"] == {"met": {"met": 4, "insufficient": 2}}
    assert (told["criterion_agreement"], told["false_met"]) == (0.6667, 0)
    assert told["policies"]["pumps"]["judged"] == 6
    agrees = next(row for row in told["criteria"] if row["criterion"] == "agrees")
    assert (agrees["agreement"], agrees["confusion"]) == (0.0, {"met": {"insufficient": 2}})
    assert "Criteria agree: 66.7% of 6; called met and not so: 0." in agreement_text(found)


def test_what_cannot_be_asked_is_told_and_not_counted(desk: Desk) -> None:
    one = expected(an_example(desk))
    found = measured([one], "engine", lambda ask: pytest.fail("asked"), lambda title, version: None)
    assert (found.answered, len(found.failed), found.outcome_agreement) == (0, 1, 0.0)

    def refuses(ask):
        raise Rejected("The answer is no answer.")

    found = measured([one], "far", refuses, lambda title, version: a_policy())
    assert found.failed == ["example 1: The answer is no answer."]


def test_calling_met_what_is_not_counts_as_the_worst_error(desk: Desk) -> None:
    one = expected(an_example(desk))
    wrong = replace(
        one, criteria=(("a1c", Status.NOT_MET), ("dawn", Status.INSUFFICIENT), ("agrees", Status.MET))
    )
    review = reviewed(desk)
    found = measured([wrong], "m", lambda ask: review.recommendations[0], lambda title, version: a_policy())
    assert found.false_met == 2


# The folders


def check(by: str, right: Right) -> Person:
    person = Person(by, by, (Role.ADMINISTRATOR,) if by == "ann" else (Role.UR_SPECIALIST,))
    require(person, right)
    return person


@pytest.fixture
def dataset(desk: Desk, tmp_path: Path) -> TuningDataset:
    folders = (FormFolder(tmp_path / name, b"k" * 32) for name in (TUNING, EVALUATION))
    station = desk.station
    found = TuningDataset(
        station.store, station.lanes, desk, desk.policies, *folders, lambda: "Judge.", check
    )
    station.changes = replace(station.changes, told=found.follow)
    return found


def decided(desk: Desk, outcome: Outcome = Outcome.APPROVE, **more: object) -> None:
    in_store, quote = desk.station.in_store, at(desk.documents[0], "Endocrinology agrees to a pump.")
    if outcome is Outcome.APPROVE and not more:
        in_store(desk.noting.mark, desk.case_id, "r1", "pumps", "agrees", Status.MET, (quote,), "", "ada")
    reviewed(desk)
    receipts = Receipts(desk.station.changes, desk.station.blobs)
    deciding = Deciding(desk.station.changes, desk.reviewing, receipts)
    in_store(lambda: deciding.decide(desk.case_id, ("r1",), outcome, "Maria needs it.", "ada", **more))  # type: ignore[arg-type]
    desk.station.lanes.submit("filing", lambda: None).result()


def kept(dataset: TuningDataset) -> int:
    return len(dataset.tuning) + len(dataset.evaluation)


def test_nothing_is_kept_until_an_administrator_turns_it_on(desk: Desk, dataset: TuningDataset) -> None:
    in_store = desk.station.in_store
    with pytest.raises(NotAllowed, match="administrator"):
        in_store(dataset.enable, True, "nina")
    decided(desk)
    assert kept(dataset) == 0
    assert dataset.catch_up() == 0
    in_store(dataset.enable, True, "ann")
    assert dataset.catch_up() == 1
    assert (kept(dataset), dataset.catch_up()) == (1, 0)


def test_what_is_kept_is_encrypted_and_leaves_only_by_command(
    desk: Desk, dataset: TuningDataset, tmp_path: Path
) -> None:
    desk.station.in_store(dataset.enable, True, "ann")
    decided(desk)
    assert kept(dataset) == 1
    (file,) = [
        p for name in (TUNING, EVALUATION) if (tmp_path / name).is_dir() for p in (tmp_path / name).iterdir()
    ]
    assert b"dawn" not in file.read_bytes()
    which = file.parent.name
    with pytest.raises(NotAllowed):
        dataset.export(which, tmp_path / "out.jsonl", "nina")
    assert dataset.export(which, tmp_path / "out.jsonl", "ann") == 1
    (line,) = (tmp_path / "out.jsonl").read_text("utf-8").splitlines()
    assert list(json.loads(line)) == ["systemInstruction", "contents"]
    with pytest.raises(Rejected, match="exists already"):
        dataset.export(which, tmp_path / "out.jsonl", "ann")
    actions = [e.action for e in desk.station.in_store(desk.station.store.audit_entries)]
    assert {"tuning_on", "tuning_exported"} <= set(actions)


def test_a_new_determination_takes_the_place_of_the_example_or_lets_go_of_it(
    desk: Desk, dataset: TuningDataset
) -> None:
    desk.station.in_store(dataset.enable, True, "ann")
    decided(desk)
    assert kept(dataset) == 1
    decided(desk, Outcome.WITHDRAW, supersede=True)
    assert kept(dataset) == 0


def test_one_example_in_five_is_for_measuring_and_never_in_both() -> None:
    from app.services.dataset import kept_for_measuring

    share = sum(kept_for_measuring(f"{n * 2654435761 % 2**32:08x}") for n in range(5000)) / 5000
    assert 0.18 < share < 0.22
