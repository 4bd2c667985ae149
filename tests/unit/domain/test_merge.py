"""Merging a case that was changed on two desks."""

from __future__ import annotations

import copy
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.case import Json, to_time
from app.domain.change import MISSING, Action, Change, Write, laid, value_at
from app.domain.conflict import ConflictKind
from app.domain.merge import Clash, Pending, Rebased, difference, document_after, rebase

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def a_field(value: str, state: str = "unseen", by: str | None = None, corrected: Any = None) -> Json:
    return {
        "label": value,
        "kind": "text",
        "value": value,
        "confidence": 0.9,
        "source": "printed",
        "box": [0.1, 0.1, 0.2, 0.2],
        "page": 1,
        "corrected_value": corrected,
        "state": state,
        "by": by,
        "at": to_time(NOW) if by else None,
        "warnings": [],
    }


def a_case() -> Json:
    return {
        "case_id": "c1",
        "intake_status": "needs_review",
        "status": "in_progress",
        "assigned_to": "",
        "assigned_at": None,
        "fields": {name: a_field(name) for name in ("a", "b", "c", "d")},
        "tables": {
            "services": {"rows": {"r1": {"order": 0, "code": a_field("99213"), "units": a_field("2")}}}
        },
        "documents": {"d1": {"sha256": "ab" * 32, "kind": "form", "uri": "", "turns": {}}},
        "milestones": {"received": {"by": "program", "at": to_time(NOW)}},
        "_meta": {"rev": "v0", "schema": 1, "updated_at": to_time(NOW), "deleted_at": None},
    }


def pending(
    number: int,
    values: dict[str, Any],
    action: Action = Action.CORRECTED,
    by: str = "ada",
    base: Json | None = None,
) -> Pending:
    known = a_case() if base is None else base
    writes = tuple(Write(path, value_at(known, path), value) for path, value in values.items())
    change = Change(f"m{number}", "c1", action, by, NOW + timedelta(minutes=number), writes)
    return Pending(change, writes)


def typed(field: str, value: str, by: str = "ada") -> dict[str, Any]:
    return {
        f"{field}.corrected_value": value,
        f"{field}.state": "corrected",
        f"{field}.by": by,
        f"{field}.at": to_time(NOW),
    }


def confirmed(field: str, by: str = "ada") -> dict[str, Any]:
    return {f"{field}.state": "confirmed", f"{field}.by": by, f"{field}.at": to_time(NOW)}


def theirs(values: dict[str, Any], base: Json | None = None) -> Json:
    return laid(base or a_case(), (Write(path, None, value) for path, value in values.items()))


def decided(line: str = "r1", made: str = "d1") -> dict[str, Any]:
    return {
        f"determinations.{line}": {
            "line": line,
            "outcome": "approve",
            "id": made,
            "by": "nia",
            "at": to_time(NOW),
        }
    }


def current(document: Json, field: str) -> Any:
    entry = value_at(document, field)
    return entry["corrected_value"] if entry["corrected_value"] is not None else entry["value"]


def kinds(made: Rebased) -> list[tuple[ConflictKind, str]]:
    return [(clash.kind, clash.unit) for clash in made.clashes]


def test_a_difference_brings_the_base_to_the_document_and_no_path_lies_under_another() -> None:
    base = {"a": {"x": 1, "y": [1, 2]}, "b": 2, "gone": {"z": 1}, "same": {"k": None}}
    document = {"a": {"x": 1, "y": [1, 3], "new": {"q": 1}}, "b": True, "same": {"k": None}, "c": {}}
    updates = difference(base, document)
    assert updates == {
        ("a", "y"): [1, 3],
        ("a", "new"): {"q": 1},
        ("b",): True,
        ("c",): {},
        ("gone",): MISSING,
    }
    assert laid(base, (Write(".".join(path), None, value) for path, value in updates.items())) == document


def test_one_and_true_are_not_the_same_to_a_difference() -> None:
    assert difference({"a": 1}, {"a": True}) == {("a",): True}
    assert difference({"a": None}, {}) == {("a",): MISSING}


def test_different_fields_merge_by_themselves() -> None:
    made = rebase(a_case(), theirs(typed("fields.b", "B", "bob")), [pending(1, typed("fields.a", "A"))])
    assert not made.clashes
    assert (current(made.document, "fields.a"), current(made.document, "fields.b")) == ("A", "B")
    assert made.document["fields"]["a"]["by"] == "ada"


def test_the_same_value_on_both_sides_is_done_and_bears_the_first_name() -> None:
    made = rebase(a_case(), theirs(typed("fields.a", "A", "bob")), [pending(1, typed("fields.a", "A"))])
    assert not made.clashes
    assert not made.held
    assert made.writes["m1"] == ()
    assert made.document["fields"]["a"]["by"] == "bob"


def test_two_values_of_one_field_are_a_clash_and_theirs_stands_meanwhile() -> None:
    made = rebase(a_case(), theirs(typed("fields.a", "T", "bob")), [pending(1, typed("fields.a", "M"))])
    (clash,) = made.clashes
    assert (clash.kind, clash.unit, clash.changes) == (ConflictKind.VALUE, "fields.a", ("m1",))
    assert [v.value["corrected_value"] for v in (clash.base, clash.mine, clash.theirs)] == [None, "M", "T"]
    assert (clash.mine.by, clash.theirs.by) == ("ada", "bob")
    assert made.held == {"m1"}
    assert current(made.document, "fields.a") == "T"


def test_a_confirmation_against_a_correction_is_a_clash() -> None:
    made = rebase(a_case(), theirs(typed("fields.a", "T", "bob")), [pending(1, confirmed("fields.a"))])
    assert kinds(made) == [(ConflictKind.VALUE, "fields.a")]


def test_what_is_not_in_conflict_of_a_change_goes_on() -> None:
    change = pending(1, {**typed("fields.a", "M"), **typed("fields.b", "B")})
    made = rebase(a_case(), theirs(typed("fields.a", "T", "bob")), [change])
    assert not made.held
    assert {w.path.split(".")[1] for w in made.writes["m1"]} == {"b"}
    assert (current(made.document, "fields.a"), current(made.document, "fields.b")) == ("T", "B")


def test_what_was_done_and_taken_back_here_is_in_nobodys_way() -> None:
    there = typed("fields.a", "T", "bob")
    back = {
        "fields.a.corrected_value": None,
        "fields.a.state": "unseen",
        "fields.a.by": None,
        "fields.a.at": None,
    }
    made = rebase(
        a_case(), theirs(there), [pending(1, typed("fields.a", "M")), pending(2, back, Action.UNDONE)]
    )
    assert not made.clashes
    assert current(made.document, "fields.a") == "T"


def test_what_a_machine_read_again_does_not_fight_what_a_person_said() -> None:
    reread = {"fields.a": {**a_field("other"), "confidence": 0.7}}
    made = rebase(a_case(), theirs(reread), [pending(1, typed("fields.a", "M"))])
    assert not made.clashes
    assert made.document["fields"]["a"]["value"] == "a"
    assert current(made.document, "fields.a") == "M"
    assert [(note.kept, note.unit) for note in made.notes] == [("mine", "fields.a")]


def test_a_machine_here_gives_way_to_a_person_there_and_to_another_machine() -> None:
    reread = pending(1, {"fields.a": a_field("other")}, Action.READ_AGAIN, "ada")
    for there in (typed("fields.a", "T", "bob"), {"fields.a": a_field("third")}):
        made = rebase(a_case(), theirs(there), [reread])
        assert not made.clashes
        assert made.document["fields"]["a"] == theirs(there)["fields"]["a"]
        assert [(note.kept, note.changes) for note in made.notes] == [("theirs", ("m1",))]


def test_a_person_who_restored_the_machines_value_is_a_person() -> None:
    base = theirs(typed("fields.a", "X", "bob"))
    there = theirs(
        {
            "fields.a.corrected_value": None,
            "fields.a.state": "unseen",
            "fields.a.by": None,
            "fields.a.at": None,
        },
        base,
    )
    made = rebase(base, there, [pending(1, typed("fields.a", "M"), base=base)])
    assert kinds(made) == [(ConflictKind.VALUE, "fields.a")]


def test_two_cells_of_a_row_merge_and_the_same_cell_clashes() -> None:
    row = "tables.services.rows.r1"
    made = rebase(
        a_case(),
        theirs({**typed(f"{row}.code", "T", "bob")}),
        [pending(1, typed(f"{row}.units", "5")), pending(2, typed(f"{row}.code", "M"))],
    )
    assert kinds(made) == [(ConflictKind.VALUE, f"{row}.code")]
    assert current(made.document, f"{row}.units") == "5"


def a_row(value: str) -> Json:
    return {"order": 1, "code": {**a_field(value), "source": "person"}}


def test_rows_added_on_two_desks_stand_beside_each_other() -> None:
    made = rebase(
        a_case(),
        theirs({"tables.services.rows.r2-B": a_row("x")}),
        [pending(1, {"tables.services.rows.r2-A": a_row("y")}, Action.ROW_ADDED)],
    )
    assert not made.clashes
    assert set(made.document["tables"]["services"]["rows"]) == {"r1", "r2-A", "r2-B"}


def test_an_edit_in_a_row_that_somebody_took_out_is_a_clash_about_the_row() -> None:
    base = theirs({"tables.services.rows.r2-B": a_row("x")})
    there = theirs({"tables.services.rows.r2-B": MISSING}, base)
    edit = pending(1, typed("tables.services.rows.r2-B.code", "M"), base=base)
    made = rebase(base, there, [edit])
    assert kinds(made) == [(ConflictKind.DELETED, "tables.services.rows.r2-B")]
    assert "r2-B" not in made.document["tables"]["services"]["rows"]
    (clash,) = made.clashes
    assert clash.mine.value["code"]["corrected_value"] == "M"


def test_a_row_taken_out_here_and_edited_there_is_a_clash_too() -> None:
    base = theirs({"tables.services.rows.r2-B": a_row("x")})
    there = theirs(typed("tables.services.rows.r2-B.code", "T", "bob"), base)
    made = rebase(
        base, there, [pending(1, {"tables.services.rows.r2-B": MISSING}, Action.ROW_REMOVED, base=base)]
    )
    assert kinds(made) == [(ConflictKind.DELETED, "tables.services.rows.r2-B")]
    assert current(made.document, "tables.services.rows.r2-B.code") == "T"


def test_a_row_the_machine_no_longer_reads_stays_when_a_person_worked_on_it() -> None:
    there = theirs({"tables.services.rows.r1": MISSING})
    made = rebase(a_case(), there, [pending(1, typed("tables.services.rows.r1.code", "M"))])
    assert not made.clashes
    row = made.document["tables"]["services"]["rows"]["r1"]
    assert (row["order"], row["code"]["corrected_value"]) == (0, "M")


def test_the_earlier_milestone_stays() -> None:
    early, late = (
        {"by": who, "at": to_time(NOW + timedelta(hours=h))} for who, h in (("ada", 1), ("bob", 2))
    )
    for mine, there in ((early, late), (late, early)):
        change = pending(1, {"milestones.opened": mine}, Action.ASSIGNED)
        made = rebase(a_case(), theirs({"milestones.opened": there}), [change])
        assert not made.clashes
        assert made.document["milestones"]["opened"] == early


def test_of_two_who_took_what_nobody_had_the_first_at_the_server_has_it_and_nobody_is_asked() -> None:
    mine = {"assigned_to": "ada", "assigned_at": to_time(NOW), "status": "in_progress"}
    there = mine | {"assigned_to": "bob", "assigned_at": to_time(NOW + timedelta(minutes=1))}
    made = rebase(a_case(), theirs(there), [pending(1, mine, Action.ASSIGNED)])
    assert made.clashes == ()
    assert {name: made.document[name] for name in there} == there
    assert [(note.unit, note.kept) for note in made.notes] == [("assigned_to", "theirs")]


def test_two_who_took_a_request_over_from_a_third_is_a_clash_about_who_and_nothing_else() -> None:
    mine = {"assigned_to": "ada", "assigned_at": to_time(NOW), "status": "in_progress"}
    there = {
        "assigned_to": "bob",
        "assigned_at": to_time(NOW + timedelta(minutes=1)),
        "status": "in_progress",
    }
    base = a_case() | {"assigned_to": "cleo"}
    made = rebase(base, theirs(there, base), [pending(1, mine, Action.ASSIGNED)])
    assert kinds(made) == [(ConflictKind.VALUE, "assigned_to")]
    assert made.document["assigned_at"] == there["assigned_at"]


def test_a_determination_that_did_not_see_what_was_corrected_does_not_stand() -> None:
    mine = pending(
        1, {**decided(), "milestones.decided": {"by": "nia", "at": to_time(NOW)}}, Action.DETERMINED, "nia"
    )
    made = rebase(a_case(), theirs(typed("fields.a", "T", "bob")), [mine])
    assert kinds(made) == [(ConflictKind.EVIDENCE, "determinations.r1")]
    assert made.held == {"m1"}
    assert "determinations" not in made.document
    assert "decided" not in made.document["milestones"]


@pytest.mark.parametrize(
    "there",
    [
        {"review.marks.r1.c1": {"status": "met", "by": "bob"}},
        {"documents.d2": {"sha256": "cd" * 32, "kind": "clinical"}},
        {"tables.services.rows.r1.code.state": "confirmed"},
    ],
)
def test_marks_documents_and_cells_are_what_a_determination_rests_on(there: dict[str, Any]) -> None:
    made = rebase(a_case(), theirs(there), [pending(1, decided(), Action.DETERMINED, "nia")])
    assert kinds(made) == [(ConflictKind.EVIDENCE, "determinations.r1")]


@pytest.mark.parametrize(
    "there",
    [
        {"assigned_to": "bob"},
        {"fields.a.warnings": [{"rule": "x"}]},
        {"documents.d1.uri": "gs://b/o"},
        {"confidence": {"mean": 0.2}},
    ],
)
def test_a_determination_stands_when_only_other_things_moved(there: dict[str, Any]) -> None:
    made = rebase(a_case(), theirs(there), [pending(1, decided(), Action.DETERMINED, "nia")])
    assert not made.clashes
    assert made.document["determinations"]["r1"]["id"] == "d1"


def test_two_determinations_of_one_line_never_settle_themselves() -> None:
    there = theirs(decided(made="d2"))
    made = rebase(a_case(), there, [pending(1, decided(made="d1"), Action.DETERMINED, "nia")])
    assert kinds(made) == [(ConflictKind.DECIDED, "determinations.r1")]
    assert made.document["determinations"]["r1"]["id"] == "d2"


def test_where_one_line_does_not_stand_none_of_that_determination_does() -> None:
    mine = pending(1, {**decided("r1", "d1"), **decided("r2", "d1")}, Action.DETERMINED, "nia")
    made = rebase(a_case(), theirs(decided("r1", "d9")), [mine])
    assert {clash.unit for clash in made.clashes} == {"determinations.r1", "determinations.r2"}
    assert made.held == {"m1"}


def test_ones_own_determination_come_back_signed_is_no_clash() -> None:
    base = theirs(decided())
    signed = copy.deepcopy(base)
    signed["determinations"]["r1"]["signature"] = "s"
    made = rebase(base, signed, [pending(1, typed("fields.a", "A"), base=base)])
    assert not made.clashes
    assert "reopened" not in made.document
    assert made.document["determinations"]["r1"]["signature"] == "s"


def test_an_edit_that_a_decision_did_not_see_opens_it_again_and_says_which() -> None:
    made = rebase(a_case(), theirs(decided()), [pending(1, typed("fields.a", "A"))])
    assert not made.clashes
    assert current(made.document, "fields.a") == "A"
    assert made.document["reopened"]["m1"]["lines"] == {"r1": "d1"}
    assert made.document["reopened"]["m1"]["by"] == "ada"


def test_an_edit_made_while_another_decision_stood_here_opens_the_one_that_stands_there() -> None:
    base = theirs(decided(made="d1"))
    asked = decided(made="d2")
    asked["determinations.r1"] = {**asked["determinations.r1"], "outcome": "pend"}
    before, pends, edit = (
        pending(1, typed("fields.b", "B"), base=base),
        pending(2, asked, Action.DETERMINED, "nia", base=base),
        pending(3, typed("fields.a", "A"), base=base),
    )
    moved = theirs({"review.marks.r1.c1": {"status": "met", "by": "bob"}}, base)
    made = rebase(base, moved, [before, pends, edit])
    assert kinds(made) == [(ConflictKind.EVIDENCE, "determinations.r1")]
    assert made.document["determinations"]["r1"]["id"] == "d1"
    assert {name: entry["lines"] for name, entry in made.document["reopened"].items()} == {"m3": {"r1": "d1"}}


def test_opening_a_form_again_that_was_decided_elsewhere_is_a_clash() -> None:
    base = {**a_case(), "intake_status": "verified"}
    reopened = pending(1, {"intake_status": "needs_review", "status": ""}, Action.REOPENED, base=base)
    made = rebase(base, theirs(decided(), base), [reopened])
    assert kinds(made) == [(ConflictKind.DECIDED, "intake_status")]
    assert (made.document["intake_status"], made.document["status"]) == ("verified", "in_progress")


def test_putting_a_case_away_as_a_duplicate_that_was_worked_on_elsewhere_is_a_clash() -> None:
    away = pending(1, {"duplicate_of": "c0"}, Action.SETTLED)
    made = rebase(a_case(), theirs(typed("fields.a", "T", "bob")), [away])
    assert kinds(made) == [(ConflictKind.DELETED, "duplicate_of")]
    for there in ({"intake_status": "verified"}, {"review.pins.p1": {"by": "bob"}}):
        assert kinds(rebase(a_case(), theirs(there), [away])) == [(ConflictKind.DELETED, "duplicate_of")]
    assert not rebase(a_case(), theirs({"fields.a": a_field("read again")}), [away]).clashes


def test_a_case_made_on_two_sides_keeps_what_people_said_on_either() -> None:
    mine = pending(
        1, {"fields": {"a": a_field("mine", "confirmed", "ada")}, "tables": {}}, Action.READ, base={}
    )
    said = pending(2, typed("fields.a", "M"), base={"fields": {"a": a_field("mine")}})
    there = {
        "case_id": "c1",
        "fields": {"a": a_field("theirs"), "b": a_field("b")},
        "tables": {"t": {"rows": {}}},
    }
    made = rebase(None, there, [mine, said])
    assert not made.clashes
    assert current(made.document, "fields.a") == "M"
    assert set(made.document["fields"]) == {"a", "b"}
    assert made.document["tables"] == {"t": {"rows": {}}}


# Any edits, by seed

FIELDS = ("fields.a", "fields.b", "fields.c", "fields.d", "tables.services.rows.r1.code")


def some_edits(
    chance: random.Random, by: str, fields: tuple[str, ...], start: int
) -> tuple[list[Pending], Json]:
    document = a_case()
    made = []
    for number in range(start, start + chance.randint(1, 6)):
        field = chance.choice(fields)
        what = chance.choice(("type", "confirm", "pin"))
        if what == "type":
            values = typed(field, f"{by}{chance.randint(1, 3)}", by)
        elif what == "confirm":
            values = confirmed(field, by)
        else:
            values = {f"review.pins.{by}{number}": {"by": by, "quote": str(number)}}
        made.append(pending(number, values, by=by, base=document))
        document = document_after(document, made[-1:])
    return made, document


@pytest.mark.parametrize("seed", range(150))
def test_edits_of_different_parts_come_out_alike_in_whatever_order(seed: int) -> None:
    chance = random.Random(seed)
    fields = list(FIELDS)
    chance.shuffle(fields)
    mine, mine_document = some_edits(chance, "ada", tuple(fields[:2]), 0)
    others, theirs_document = some_edits(chance, "bob", tuple(fields[2:]), 100)
    one = rebase(a_case(), theirs_document, mine)
    other = rebase(a_case(), mine_document, others)
    assert not one.clashes
    assert not other.clashes
    assert one.document == other.document


@pytest.mark.parametrize("seed", range(150))
def test_nothing_of_mine_vanishes_without_a_trace(seed: int) -> None:
    chance = random.Random(1000 + seed)
    mine, mine_document = some_edits(chance, "ada", FIELDS, 0)
    _, theirs_document = some_edits(chance, "bob", FIELDS, 100)
    before = copy.deepcopy((theirs_document, mine))
    made = rebase(a_case(), theirs_document, mine)
    assert (theirs_document, mine) == before
    clashing = {clash.unit: clash for clash in made.clashes}
    noted = {note.unit for note in made.notes}
    for unit in {".".join(w.path.split(".")[: len(f.split("."))]) for p in mine for w in p.writes for f in FIELDS
                 if w.path.startswith(f)}:  # fmt: skip
        mine_value, result = value_at(mine_document, unit), value_at(made.document, unit)
        assert (
            (current(made.document, unit), result["state"])
            == (current(mine_document, unit), mine_value["state"])
            or (unit in clashing and clashing[unit].mine.value == mine_value)
            or unit in noted
        )
    for pin in (w.path for p in mine for w in p.writes if w.path.startswith("review.pins")):
        assert value_at(made.document, pin) is not MISSING
    for change_id in made.held:
        assert any(change_id in clash.changes for clash in made.clashes)
    _holds_together(theirs_document, mine, made)


def _holds_together(there: Json, mine: list[Pending], made: Rebased) -> None:
    """What is left of the changes makes the merged document of the server's version."""
    left = [Pending(one.change, made.writes[one.change.change_id]) for one in mine]
    assert document_after(there, left) == made.document
    again = rebase(there, there, left)
    assert again.document == made.document
    assert again.clashes == ()


def test_a_clash_tells_who_and_when() -> None:
    made = rebase(a_case(), theirs(typed("fields.a", "T", "bob")), [pending(7, typed("fields.a", "M"))])
    clash: Clash = made.clashes[0]
    assert (clash.mine.at, clash.theirs.at) == (NOW + timedelta(minutes=7), NOW)
