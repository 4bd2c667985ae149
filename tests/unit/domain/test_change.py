"""Changes: append-only, undone by compensation, never over the machine's value."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.domain.case import field_document, fields_from
from app.domain.change import (
    MISSING,
    Action,
    Change,
    Write,
    apply,
    corrected,
    inverse,
    restored,
    settled,
    undo_and_redo,
    writes_for,
)
from app.domain.errors import Conflict, Rejected
from app.domain.form import FieldKind, FieldState, FormField

AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)


def field(
    path: str = "patient_name", value: str = "Ada Example", kind: FieldKind = FieldKind.NAME
) -> FormField:
    return FormField(path, "Name", "patient", kind, value, 0.8)


def document(*fields: FormField) -> dict:
    return {"case_id": "c", "fields": {f.path: field_document(f) for f in fields}, "tables": {}}


def change(
    writes: tuple[Write, ...], change_id: str = "1", action: Action = Action.CORRECTED, by: str = "ada"
) -> Change:
    return Change(change_id, "c", action, by, AT, writes)


def test_a_correction_stands_beside_the_machines_value() -> None:
    before = document(field())
    after = apply(before, change(corrected(before, [(field(), "Ada Exemplar")], "ada", AT)))
    (result,) = fields_from(after)
    assert (result.value, result.corrected_value, result.current) == (
        "Ada Example",
        "Ada Exemplar",
        "Ada Exemplar",
    )
    assert (result.state, result.by, result.at) == (FieldState.CORRECTED, "ada", AT)


def test_typing_what_the_machine_read_confirms_it() -> None:
    before = document(field())
    after = apply(before, change(corrected(before, [(field(), "Ada Example")], "ada", AT)))
    (result,) = fields_from(after)
    assert result.corrected_value is None
    assert result.state is FieldState.CONFIRMED


def test_a_tick_box_refuses_text_and_a_text_refuses_a_tick() -> None:
    before = document(field())
    with pytest.raises(Rejected):
        corrected(before, [(field(), True)], "ada", AT)


def test_applying_leaves_the_given_document_alone() -> None:
    before = document(field())
    kept = document(field())
    apply(before, change(corrected(before, [(field(), "Other")], "ada", AT)))
    assert before == kept


def test_undoing_brings_back_exactly_what_was_there() -> None:
    before = document(field())
    done = change(corrected(before, [(field(), "Other")], "ada", AT))
    after = apply(before, done)
    assert apply(after, inverse(done, "2", "ada", AT)) == before


def test_a_path_that_was_not_there_is_gone_after_undoing() -> None:
    before = document(field())
    done = change(writes_for(before, {"status": "in_queue"}))
    after = apply(before, done)
    assert after["status"] == "in_queue"
    assert "status" not in apply(after, inverse(done, "2", "ada", AT))


def test_a_write_whose_base_moved_is_a_conflict() -> None:
    before = document(field())
    mine = change(corrected(before, [(field(), "Mine")], "ada", AT))
    theirs = apply(before, change(corrected(before, [(field(), "Theirs")], "bob", AT), "2"))
    with pytest.raises(Conflict):
        apply(theirs, mine)


def test_the_same_value_from_two_people_is_no_conflict() -> None:
    before = {"a": {"b": 1}}
    done = change((Write("a.b", 1, 2),))
    assert apply({"a": {"b": 2}}, done) == {"a": {"b": 2}}
    assert apply(before, done) == {"a": {"b": 2}}


def test_marking_illegible_drops_the_correction_and_keeps_the_machines_value() -> None:
    before = document(field())
    typed = apply(before, change(corrected(before, [(field(), "Other")], "ada", AT)))
    after = apply(typed, change(settled(typed, fields_from(typed), FieldState.ILLEGIBLE, "ada", AT)))
    (result,) = fields_from(after)
    assert (result.value, result.corrected_value, result.state) == ("Ada Example", None, FieldState.ILLEGIBLE)


def test_restoring_makes_a_field_unseen_again() -> None:
    before = document(field())
    typed = apply(before, change(corrected(before, [(field(), "Other")], "ada", AT)))
    assert apply(typed, change(restored(typed, fields_from(typed)))) == before


def test_undo_walks_back_and_redo_walks_forward() -> None:
    first, second = change((), "1"), change((), "2")
    undone = inverse(second, "3", "ada", AT)
    assert undo_and_redo([first, second], "ada") == (second, None)
    assert undo_and_redo([first, second, undone], "ada") == (first, undone)
    redone = inverse(undone, "4", "ada", AT, Action.REDONE)
    assert undo_and_redo([first, second, undone, redone], "ada") == (redone, None)


def test_undoing_everything_and_redoing_everything_returns_to_the_end() -> None:
    state: dict = {"n": 0}
    history: list[Change] = []
    for step in (1, 2, 3):
        done = change((Write("n", step - 1, step),), f"do{step}")
        history.append(done)
        state = apply(state, done)
    for step in (1, 2, 3):
        last, _ = undo_and_redo(history, "ada")
        assert last is not None
        taken = inverse(last, f"undo{step}", "ada", AT)
        history.append(taken)
        state = apply(state, taken)
    assert state == {"n": 0}
    assert undo_and_redo(history, "ada")[0] is None
    for step in (1, 2, 3):
        _, again = undo_and_redo(history, "ada")
        assert again is not None
        brought = inverse(again, f"redo{step}", "ada", AT, Action.REDONE)
        history.append(brought)
        state = apply(state, brought)
    assert state == {"n": 3}
    assert undo_and_redo(history, "ada")[1] is None


def test_a_new_change_ends_what_could_be_redone() -> None:
    first, second = change((), "1"), change((), "3")
    undone = inverse(first, "2", "ada", AT)
    assert undo_and_redo([first, undone, second], "ada") == (second, None)


def test_nobody_undoes_what_somebody_else_did() -> None:
    assert undo_and_redo([change((), "1", by="bob")], "ada") == (None, None)


def test_what_the_machine_did_cannot_be_undone() -> None:
    assert undo_and_redo([change((), "1", Action.READ)], "ada") == (None, None)


def test_removing_a_path_that_is_gone_already_is_no_conflict() -> None:
    assert apply({}, change((Write("a", MISSING, MISSING),))) == {}
