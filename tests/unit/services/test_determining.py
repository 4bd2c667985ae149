"""A decision against a request is reached by a physician's own determination, and by nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import app
from app.domain.case import Json, ReviewStatus
from app.domain.change import MISSING, Action, Change, Write, inverse, writes_for
from app.domain.determination import AGAINST, Determination, Outcome, determination_document
from app.domain.errors import Rejected
from app.domain.role import NotAllowed, Role
from app.services.access import VerifierCost
from app.workstation import Workstation
from tests.scripted import ScriptedProcessor, a_workstation

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PASS = "a passphrase of a test"
REQUEST = (
    b'{"request_id": "q1", "patient": {"patient_name": "Ada Example"},'
    b' "service": {"code": "E0601", "description": "CPAP", "type": "DEVICE"},'
    b' "diagnosis": {"code": "G47.33", "description": "Obstructive sleep apnea"}}'
)


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Workstation]:
    with a_workstation(tmp_path / "w", processor=ScriptedProcessor()) as made:
        made.access._cost = VerifierCost(memory=8, rounds=1, lanes=1)

        def fill() -> None:
            made.access.add("root", "", (), PASS, "ada")
            made.access.sign_in("root", PASS)
            made.access.add("nora", "", (Role.UR_SPECIALIST,), PASS, "root")
            made.access.add("paul", "", (Role.PHYSICIAN,), PASS, "root")
            made.access.sign_in("nora", PASS)
            made.importing.take(REQUEST, "nora")

        made.in_store(fill)
        yield made


def case_id(station: Workstation) -> str:
    row = station.store._database.one("SELECT case_id FROM cases")
    assert row
    return str(row[0])


def document_of(station: Workstation) -> Json:
    return station.store.case_document(case_id(station))


def entry(outcome: Outcome, by: str, role: Role, line: str = "r1") -> Json:
    return determination_document(Determination(line, outcome, "because", by, role, NOW, answer_by=NOW))


def decide(station: Workstation, by: str, role: Role, outcome: Outcome, line: str = "r1") -> Json:
    document = document_of(station)
    writes = writes_for(document, {f"determinations.{line}": entry(outcome, by, role, line)})
    return station.changes.write(document, case_id(station), Action.DETERMINED, by, writes).document


def run(station: Workstation, work: Any) -> Any:
    return station.in_store(work)


@pytest.mark.parametrize("outcome", sorted(AGAINST))
def test_a_nurse_does_not_decide_against_a_request_by_any_write(
    station: Workstation, outcome: Outcome
) -> None:
    denied = entry(outcome, "nora", Role.UR_SPECIALIST)
    forged = entry(outcome, "paul", Role.PHYSICIAN)
    borrowed = entry(outcome, "nora", Role.PHYSICIAN)
    nothing = Write("determinations.r1", MISSING, {})
    others = [action for action in Action if action is not Action.DETERMINED]

    def work() -> None:
        document = document_of(station)
        attempts = [
            (Action.DETERMINED, (Write("determinations.r1", MISSING, denied),)),
            (Action.DETERMINED, (Write("determinations.r1", MISSING, forged),)),
            (Action.DETERMINED, (Write("determinations.r1", MISSING, borrowed),)),
            (Action.DETERMINED, (Write("determinations", MISSING, {"r1": denied}),)),
            (Action.DETERMINED, (nothing, Write("determinations.r1.outcome", MISSING, "deny"))),
            (Action.DETERMINED, ()),
            *((action, (Write("determinations.r1", MISSING, denied),)) for action in others),
            *((action, (Write("determinations", MISSING, {"r1": denied}),)) for action in others),
        ]  # fmt: skip
        for action, writes in attempts:
            for by in ("nora", "reader", "paul"):
                with pytest.raises(Rejected):
                    station.changes.write(document, case_id(station), action, by, writes)
        assert document_of(station) == document

    run(station, work)


def test_nobody_decides_in_a_role_or_a_name_that_is_not_theirs(station: Workstation) -> None:
    def work() -> None:
        for by, role in (
            ("nora", Role.PHYSICIAN),
            ("paul", Role.UR_SPECIALIST),
            ("root", Role.UR_SPECIALIST),
        ):
            writes = (Write("determinations.r1", MISSING, entry(Outcome.APPROVE, by, role)),)
            with pytest.raises(NotAllowed, match=r"role that its author has|name of the person"):
                station.changes.write(
                    document_of(station), case_id(station), Action.DETERMINED, "nora", writes
                )

    run(station, work)


def test_a_determination_in_another_place_of_the_case_is_none(station: Workstation) -> None:
    denied = entry(Outcome.DENY, "nora", Role.UR_SPECIALIST)

    def work() -> None:
        document = document_of(station)
        for path, value in (
            ("request.lines.r1.determination", denied),
            ("imported_request.lines.r1.determination", denied),
            ("status", str(ReviewStatus.COMPLETED)),
        ):
            writes = writes_for(document, {path: value})
            document = station.changes.write(
                document, case_id(station), Action.STATED, "nora", writes
            ).document
        assert document["request"]["lines"]["r1"]["determination"] is None
        assert document["status"] == ReviewStatus.IN_PROGRESS

    run(station, work)


def test_what_an_import_calls_a_determination_is_none(station: Workstation) -> None:
    content = REQUEST.replace(b'"q1"', b'"q2"').replace(
        b'"code": "E0601"', b'"determination": "deny", "code": "E0601"'
    )

    def work() -> None:
        (taken,) = station.importing.take(content, "nora")
        made = station.store.case_document(taken.case.case_id)
        assert made["request"]["lines"]["r1"]["determination"] is None
        assert "determinations" not in made

    run(station, work)


def test_a_physician_denies_and_nobody_takes_it_back(station: Workstation) -> None:
    def work() -> None:
        station.access.sign_in("paul", PASS)
        denied = decide(station, "paul", Role.PHYSICIAN, Outcome.DENY)
        assert denied["status"] == ReviewStatus.COMPLETED
        assert denied["milestones"]["decided"]["by"] == "paul"
        change = station.store.history(case_id(station))[-1]
        for who in ("paul", "nora"):
            station.access.sign_in(who, PASS)
            assert station.editing.undo(case_id(station), who) is None
            for action in (Action.UNDONE, Action.REDONE, Action.DETERMINED):
                back = inverse(change, station.changes.new_id(), who, NOW, action)
                with pytest.raises(Rejected):
                    station.changes.store_change(document_of(station), back)
        assert document_of(station)["status"] == ReviewStatus.COMPLETED

    run(station, work)


def test_a_determination_is_not_taken_out_while_another_is_made(station: Workstation) -> None:
    def work() -> None:
        station.access.sign_in("paul", PASS)
        denied = decide(station, "paul", Role.PHYSICIAN, Outcome.DENY)
        station.access.sign_in("nora", PASS)
        writes = (
            Write("determinations.r1", denied["determinations"]["r1"], MISSING),
            Write("determinations.r2", MISSING, entry(Outcome.APPROVE, "nora", Role.UR_SPECIALIST, "r2")),
        )
        with pytest.raises(Rejected, match="not taken back"):
            station.changes.write(denied, case_id(station), Action.DETERMINED, "nora", writes)

    run(station, work)


def test_a_denial_does_not_come_back_by_undoing_what_took_its_place(station: Workstation) -> None:
    def work() -> None:
        station.access.sign_in("paul", PASS)
        decide(station, "paul", Role.PHYSICIAN, Outcome.DENY)
        station.access.sign_in("nora", PASS)
        approved = decide(station, "nora", Role.UR_SPECIALIST, Outcome.APPROVE)
        assert approved["request"]["lines"]["r1"]["determination"]["outcome"] == "approve"
        superseding = station.store.history(case_id(station))[-1]
        for action in (Action.UNDONE, Action.REDONE, Action.DETERMINED):
            back = inverse(superseding, station.changes.new_id(), "nora", NOW, action)
            with pytest.raises(Rejected):
                station.changes.store_change(approved, back)
        assert document_of(station)["determinations"]["r1"]["outcome"] == "approve"

    run(station, work)


def test_only_a_final_determination_on_every_line_completes(station: Workstation) -> None:
    def work() -> None:
        document = document_of(station)
        lines = document["imported_request"]["lines"]
        two = {**lines, "r2": {**lines["r1"], "order": 1}}
        writes = writes_for(document, {"imported_request.lines": two})
        station.changes.write(document, case_id(station), Action.IMPORTED, "nora", writes)
        for outcome, line, status, waits in (
            (Outcome.APPROVE, "r1", "in_progress", None),
            (Outcome.PEND, "r2", "in_progress", "information"),
            (Outcome.REFER, "r2", "in_progress", "physician"),
            (Outcome.APPROVE, "r2", "completed", None),
            (Outcome.PEND, "r1", "in_progress", "information"),
        ):
            found = decide(station, "nora", Role.UR_SPECIALIST, outcome, line)
            assert (found["status"], found["waiting_for"]) == (status, waits)
        kept = document_of(station)["milestones"]
        assert {"received", "pended", "decided"} <= set(kept)
        assert "read" not in kept

    run(station, work)


def test_the_form_of_a_decided_request_is_not_opened_again(station: Workstation) -> None:
    def work() -> None:
        decide(station, "nora", Role.UR_SPECIALIST, Outcome.APPROVE)
        document = document_of(station)
        writes = writes_for(document, {"intake_status": "needs_review", "status": ""})
        with pytest.raises(Rejected, match="decided"):
            station.changes.write(document, case_id(station), Action.REOPENED, "nora", writes)
        change = Change(
            "c", case_id(station), Action.VERIFIED, "nora", NOW,
            (Write("intake_status", "needs_review", "verified"),),
        )  # fmt: skip
        with pytest.raises(Rejected, match="decided"):
            station.changes.store_change(document, inverse(change, "u", "nora", NOW))

    run(station, work)


def test_alone_nobody_decides_against_a_request(tmp_path: Path) -> None:
    with a_workstation(tmp_path / "w", processor=ScriptedProcessor()) as alone:

        def work() -> None:
            alone.importing.take(REQUEST, "ada")
            for role in Role:
                with pytest.raises(NotAllowed, match="physician"):
                    decide(alone, "ada", role, Outcome.DENY)
            assert decide(alone, "ada", Role.UR_SPECIALIST, Outcome.APPROVE)["status"] == "completed"

        alone.in_store(work)


def test_changes_reach_the_store_by_one_road() -> None:
    """Whoever else called the store's `commit` would go around every check."""
    root = Path(app.__file__).parent
    called = re.compile(r"\bstore\)?\s*\.commit\(")
    callers = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if called.search(path.read_text("utf-8"))
    }
    assert callers == {"services/change_log.py"}
