"""Reading again: a newer version reads what nobody looked at; what people did is theirs, whatever they did."""

from __future__ import annotations

import contextlib
import random
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.box import Box
from app.domain.case import Case, IntakeStatus, case_from, field_document
from app.domain.change import Action, Change
from app.domain.draft import Draft
from app.domain.errors import Actionable, Rejected, Unreadable
from app.domain.extraction import Extraction, FormExtraction, Part
from app.domain.form import FieldKind, FieldState, FormField, Source
from app.domain.rereading import reread
from app.services.case_reading import form_of_case
from app.services.ingestion import Ingestion
from app.services.store.store import Store
from app.workstation import Workstation
from tests.scripted import ScriptedProcessor, a_pdf, a_workstation, an_extraction, read_field


def ingestion(station: Workstation) -> Ingestion:
    return Ingestion(station.lanes, station.intake, station.backends.processor)


def taken_in(station: Workstation, tmp_path: Path) -> Case:
    path = tmp_path / "in.pdf"
    path.write_bytes(a_pdf())
    return ingestion(station).take_in(path, "ada").cases[0]


def as_version(extraction: Extraction, version: str) -> Extraction:
    return replace(extraction, forms=tuple(replace(f, processor_version=version) for f in extraction.forms))


def cell(row: int, column: str, value: str, top: float | None = None) -> FormField:
    y = 0.5 + 0.05 * row if top is None else top
    return replace(read_field(f"services.r{row}.{column}", value), box=Box(0.1, y, 0.3, y + 0.03))


def settled(field: FormField) -> FormField:
    """A field apart from what follows from the rest of the case."""
    return replace(field, warnings=(), order=0)


def test_fields_nobody_looked_at_get_the_new_reading_and_the_version(tmp_path: Path) -> None:
    first = an_extraction(read_field("a", "137.8", 0.4), read_field("b", "kept as it was"))
    second = as_version(an_extraction(read_field("a", "I37.8", 0.99), read_field("b", "kept as it was")), "2")
    with a_workstation(tmp_path / "w", first, second) as station:
        case = taken_in(station, tmp_path)
        found = ingestion(station).read_again(case.case_id, "ada")
        assert (found.version_before, found.case.processor_version) == ("test", "2")
        assert [f.value for f in found.case.fields] == ["I37.8", "kept as it was"]
        assert (found.fields.replaced, found.fields.kept) == (("a",), ())
        assert found.case.receipt == case.receipt


@pytest.mark.parametrize("state", [FieldState.ILLEGIBLE, FieldState.NOT_APPLICABLE])
def test_what_a_person_marked_stays_with_the_machines_old_value(tmp_path: Path, state: FieldState) -> None:
    first = an_extraction(read_field("a", "old"), read_field("b", "old"))
    second = an_extraction(read_field("a", "new"), read_field("b", "new"))
    with a_workstation(tmp_path / "w", first, second) as station:
        case = taken_in(station, tmp_path)
        marked = station.in_store(station.editing.mark, case.case_id, ("a",), state, "ada").case.field("a")
        again = ingestion(station).read_again(case.case_id, "bob").case
        assert again.field("a") == marked
        assert again.field("b").value == "new"


def test_what_is_being_typed_stays_with_its_field_and_its_cursor(tmp_path: Path) -> None:
    first = an_extraction(read_field("a", "old"), read_field("b", "old"))
    second = an_extraction(read_field("a", "new"), read_field("b", "new"))
    with a_workstation(tmp_path / "w", first, second) as station:
        case = taken_in(station, tmp_path)
        typed = Draft("Ada Ex", 3, 6)
        station.in_store(station.store.keep_draft, case.case_id, "a", typed)
        again = ingestion(station).read_again(case.case_id, "ada").case
        assert [again.field(p).value for p in "ab"] == ["old", "new"]
        assert station.in_store(station.store.drafts, case.case_id) == {"a": typed}


def test_a_field_the_new_version_lacks_stays_only_when_somebody_touched_it(tmp_path: Path) -> None:
    first = an_extraction(read_field("a", "1"), read_field("b", "2"), read_field("c", "3"))
    second = an_extraction(read_field("x", "0"), read_field("c", "3"))
    with a_workstation(tmp_path / "w", first, second) as station:
        case = taken_in(station, tmp_path)
        station.in_store(station.editing.correct, case.case_id, {"b": "two"}, "ada")
        found = ingestion(station).read_again(case.case_id, "ada")
        assert [f.path for f in found.case.fields] == ["b", "x", "c"]
        assert (found.fields.new, found.fields.gone) == (("x",), ("a",))


def test_a_row_stays_with_its_line_of_the_page_when_the_new_version_counts_rows_otherwise(
    tmp_path: Path,
) -> None:
    first = an_extraction(cell(1, "code", "A", 0.55), cell(1, "day", "1", 0.55))
    second = an_extraction(
        cell(1, "code", "heading", 0.50), cell(1, "day", "0", 0.50),
        cell(2, "code", "A!", 0.552), cell(2, "day", "1!", 0.552),
    )  # fmt: skip
    with a_workstation(tmp_path / "w", first, second) as station:
        case = taken_in(station, tmp_path)
        station.in_store(station.editing.correct, case.case_id, {"services.r1.code": "typed"}, "ada")
        again = ingestion(station).read_again(case.case_id, "ada").case
        assert again.field("services.r1.code").current == "typed"
        assert again.field("services.r1.day").value == "1!"  # the same line, not the one above it
        rows = list(dict.fromkeys(f.cell[1] for f in again.fields))
        assert len(rows) == 2
        assert rows[1] == "r1"


def test_a_row_a_person_added_is_not_taken_for_a_row_the_machine_now_reads(tmp_path: Path) -> None:
    first = an_extraction(cell(1, "procedure", "A"))
    second = an_extraction(cell(1, "procedure", "A"), cell(2, "procedure", "B"))
    with a_workstation(tmp_path / "w", first, second) as station:
        case = taken_in(station, tmp_path)
        added = station.in_store(station.editing.add_row, case.case_id, "services", "ada")
        procedure = next(path for path in added.fields if path.endswith(".procedure"))
        station.in_store(station.editing.correct, case.case_id, {procedure: "C"}, "ada")
        again = ingestion(station).read_again(case.case_id, "ada").case
        assert [f.current for f in again.fields if f.path.endswith(".procedure")] == ["A", "B", "C"]
        assert {f.path for f in again.fields if f.source is Source.PERSON} == set(added.fields)


def test_a_row_that_was_taken_back_comes_again_beside_a_row_the_machine_now_reads(tmp_path: Path) -> None:
    first = an_extraction(cell(1, "procedure", "A"))
    second = an_extraction(cell(1, "procedure", "A"), cell(2, "procedure", "B"))
    with a_workstation(tmp_path / "w", first, second) as station:
        case = taken_in(station, tmp_path)
        station.in_store(station.editing.add_row, case.case_id, "services", "ada")
        station.in_store(station.editing.undo, case.case_id, "ada")
        ingestion(station).read_again(case.case_id, "bob")
        again = station.in_store(station.editing.redo, case.case_id, "ada").case
        assert sorted(f.current for f in again.fields if f.path.endswith(".procedure")) == ["", "A", "B"]


def test_a_verified_case_is_refused_with_a_sentence_and_stays(tmp_path: Path) -> None:
    with a_workstation(tmp_path / "w", an_extraction(read_field("a", "1"))) as station:
        case = taken_in(station, tmp_path)
        station.in_store(station.editing.confirm, case.case_id, ("a",), "ada")
        verified = station.in_store(station.editing.verify, case.case_id, "ada").case
        with pytest.raises(Rejected, match="verified"):
            ingestion(station).read_again(case.case_id, "ada")
        assert station.in_store(station.intake.case, case.case_id) == verified


def test_a_case_verified_while_it_is_read_again_stays_as_it_was_verified(tmp_path: Path) -> None:
    with a_workstation(tmp_path / "w", an_extraction(read_field("a", "1"))) as station:
        case = taken_in(station, tmp_path)
        station.in_store(station.intake.begin_reading_again, case.case_id)
        station.in_store(station.editing.confirm, case.case_id, ("a",), "ada")
        station.in_store(station.editing.verify, case.case_id, "ada")
        with pytest.raises(Rejected, match="verified"):
            station.in_store(
                station.intake.finish_reading_again, case.case_id, an_extraction(read_field("a", "2")), "ada"
            )


def test_a_reading_that_fails_or_finds_no_form_leaves_the_case_as_it_is(tmp_path: Path) -> None:
    answers = (
        an_extraction(read_field("a", "1")),
        Unreadable("The file needs a password."),
        an_extraction(read_field("z", "1"), form_type="generic"),
        Extraction(1, (), (Part("clinical", (1,)),)),
        replace(an_extraction(read_field("a", "2")), unread=(1,)),
    )
    with a_workstation(tmp_path / "w", *answers) as station:
        before = taken_in(station, tmp_path)
        for _ in answers[1:]:
            with pytest.raises(Actionable):
                ingestion(station).read_again(before.case_id, "ada")
            assert station.in_store(station.intake.case, before.case_id) == before


def test_a_form_no_type_was_found_for_becomes_the_form_it_was_taught_to_be(tmp_path: Path) -> None:
    first = an_extraction(read_field("member", "Ada"), form_type="generic")
    second = an_extraction(read_field("patient_name", "Ada"), form_type="taught")
    with a_workstation(tmp_path / "w", first, second) as station:
        case = taken_in(station, tmp_path)
        again = ingestion(station).read_again(case.case_id, "ada").case
        assert (case.form_type, again.form_type) == ("generic", "taught")
        assert [f.path for f in again.fields] == ["patient_name"]


def test_of_a_package_a_case_takes_the_form_that_stands_on_its_own_pages(tmp_path: Path) -> None:
    def package(mark: str) -> Extraction:
        forms = tuple(
            FormExtraction("tx_nofr001", "test", (p,), (read_field("patient_name", f"{mark}{p}"),))
            for p in (1, 2)
        )
        return Extraction(2, forms, (Part("form", (1,)), Part("form", (2,))))

    path = tmp_path / "fax.tif"
    path.write_bytes(a_pdf())
    with a_workstation(tmp_path / "w", package("old"), package("new")) as station:
        _, second = ingestion(station).take_in(path, "ada").cases
        again = ingestion(station).read_again(second.case_id, "ada").case
        assert again.patient == "new2"


def test_of_two_forms_that_share_a_page_a_case_takes_the_one_with_more_of_its_pages() -> None:
    forms = tuple(
        FormExtraction(form_type, "1", pages, ())
        for form_type, pages in (("mine", (2, 3)), ("other", (1, 2)))
    )
    found = Extraction(3, forms, ())
    document = {"form_type": "mine"}
    assert form_of_case(document, {"pages": [1, 2]}, found).form_type == "other"
    assert form_of_case(document, {"pages": [2]}, found).form_type == "mine"


def test_what_another_program_does_while_the_new_reading_is_stored_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = bytes(range(32))
    first, second = an_extraction(read_field("a", "old")), an_extraction(read_field("a", "new"))
    with a_workstation(tmp_path / "w", first, second, key=key) as station:
        case = taken_in(station, tmp_path)
        commit = Store.commit

        def late(store: Store, change: Change, *arguments: object, **more: object) -> None:
            if change.action is Action.READ_AGAIN:
                monkeypatch.setattr(Store, "commit", commit)
                with a_workstation(tmp_path / "w", key=key) as other:
                    other.in_store(other.editing.confirm, case.case_id, ("a",), "bob")
            commit(store, change, *arguments, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(Store, "commit", late)
        again = ingestion(station).read_again(case.case_id, "ada").case
        assert (again.field("a").value, again.field("a").by) == ("old", "bob")


def test_nothing_is_changed_when_nothing_differs_and_the_trail_says_that_it_was_read(tmp_path: Path) -> None:
    with a_workstation(tmp_path / "w", an_extraction(read_field("a", "1"))) as station:
        case = taken_in(station, tmp_path)
        again = ingestion(station).read_again(case.case_id, "ada").case
        assert again == case
        told = station.in_store(station.store.audit_entries, case.case_id)
        assert (told[-1].action, told[-1].by) == ("read_again", "ada")


def test_a_case_that_was_read_is_not_queued_to_be_read_from_the_start(tmp_path: Path) -> None:
    with a_workstation(tmp_path / "w", an_extraction(read_field("a", "1"))) as station:
        case = taken_in(station, tmp_path)
        with pytest.raises(Rejected):
            station.in_store(station.intake.ask_again, case.case_id, "ada")
        assert station.in_store(station.intake.case, case.case_id).intake_status is IntakeStatus.NEEDS_REVIEW


def test_undo_takes_a_reading_back_in_one_step_and_redo_brings_it_again(tmp_path: Path) -> None:
    first = an_extraction(read_field("a", "old"), read_field("c", "x"), cell(1, "procedure", "A"))
    warned = read_field("npi", "123", kind=FieldKind.NPI)
    second = as_version(an_extraction(read_field("a", "new"), warned, cell(2, "code", "B")), "2")
    with a_workstation(tmp_path / "w", first, second) as station:
        before = taken_in(station, tmp_path)
        again = ingestion(station).read_again(before.case_id, "ada").case
        assert again.field("npi").warnings
        undone = station.in_store(station.editing.undo, before.case_id, "ada")
        assert undone.case.fields == before.fields
        assert undone.case.processor_version == "test"
        redone = station.in_store(station.editing.redo, before.case_id, "ada")
        assert redone.case.fields == again.fields


def test_a_reading_is_not_taken_back_over_what_another_person_did_since(tmp_path: Path) -> None:
    first, second = an_extraction(read_field("a", "old")), an_extraction(read_field("a", "new"))
    with a_workstation(tmp_path / "w", first, second) as station:
        case = taken_in(station, tmp_path)
        ingestion(station).read_again(case.case_id, "ada")
        confirmed = station.in_store(station.editing.confirm, case.case_id, ("a",), "bob").case
        with pytest.raises(Actionable):
            station.in_store(station.editing.undo, case.case_id, "ada")
        assert station.in_store(station.intake.case, case.case_id) == confirmed


def test_a_kill_while_a_case_is_read_again_leaves_it_in_review(tmp_path: Path) -> None:
    with a_workstation(tmp_path / "w", an_extraction(read_field("a", "1"))) as station:
        case = taken_in(station, tmp_path)
        station.in_store(station.intake.begin_reading_again, case.case_id)  # and nothing more comes
        assert station.in_store(station.intake.case, case.case_id) == case
        assert station.in_store(station.intake.waiting) == ()


def a_reading(chance: random.Random, mark: str) -> Extraction:
    """Some of a form's fields and rows, with values and places that differ from reading to reading."""
    fields = [read_field(f"f{n}", f"{mark}{n}", chance.random()) for n in range(8) if chance.random() < 0.8]
    boxes = [read_field(f"t{n}", chance.random() < 0.5, kind=FieldKind.TICK_BOX) for n in range(2)]
    shift = chance.choice((0.0, 0.0, 0.05))
    rows = [
        cell(row, column, f"{mark}{row}{column}", 0.5 + 0.05 * row + shift)
        for row in range(1, chance.randint(1, 4))
        for column in ("procedure", "procedure_code", "start_date")
    ]
    chance.shuffle(fields)
    return as_version(an_extraction(*fields, *rows, *boxes), mark)


def edit_somehow(station: Workstation, case_id: str, chance: random.Random, who: str) -> None:
    case = station.in_store(station.intake.case, case_id)
    editing, paths = station.editing, [f.path for f in case.fields if f.kind is not FieldKind.TICK_BOX]
    some = tuple(chance.sample(paths, min(len(paths), chance.randint(1, 3))))
    acts = {
        "correct": lambda: editing.correct(case_id, {p: f"typed {chance.random()}" for p in some}, who),
        "confirm": lambda: editing.confirm(case_id, some, who),
        "mark": lambda: editing.mark(case_id, some, FieldState.ILLEGIBLE, who),
        "restore": lambda: editing.restore(case_id, some, who),
        "add": lambda: editing.add_row(case_id, "services", who),
        "undo": lambda: editing.undo(case_id, who),
        "redo": lambda: editing.redo(case_id, who),
        "type": lambda: station.store.keep_draft(case_id, some[0], Draft("ty", 1, 2)),
    }
    with contextlib.suppress(Actionable):  # an undo that has nothing to stand on any more says so
        station.in_store(acts[chance.choice(list(acts))])


@pytest.mark.parametrize("seed", range(12))
def test_whatever_was_done_before_reading_again_is_as_it_was_after(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    answers = [a_reading(chance, mark) for mark in "ABCD"]
    with a_workstation(tmp_path / "w", processor=ScriptedProcessor(answers)) as station:
        case_id = taken_in(station, tmp_path).case_id
        for reading in answers[1:]:
            for _ in range(chance.randint(1, 6)):
                edit_somehow(station, case_id, chance, chance.choice(("ada", "bob")))
            before = station.in_store(station.intake.case, case_id)
            typed = station.in_store(station.store.drafts, case_id)
            after = ingestion(station).read_again(case_id, "ada").case
            touched = {
                f.path: settled(f)
                for f in before.fields
                if f.state is not FieldState.UNSEEN or f.source is Source.PERSON or f.path in typed
            }
            added = {f.path.rsplit(".", 1)[0] for f in before.fields if f.source is Source.PERSON}
            assert {p: settled(after.field(p)) for p in touched} == touched
            assert station.in_store(station.store.drafts, case_id) == typed
            # Everything else is the new reading, and all of it.
            expected = sorted(
                str(f.value) for f in reading.forms[0].fields if f.path not in touched and not f.cell
            )
            fresh = [f for f in after.fields if f.path not in touched and not f.cell]
            assert sorted(str(f.value) for f in fresh) == expected
            machine_rows = {f.cell[1] for f in reading.forms[0].fields if f.cell}
            kept_rows = {p.rsplit(".", 1)[0] for p in touched if p.count(".") == 2} | added
            rows = {f.path.rsplit(".", 1)[0] for f in after.fields if f.cell}
            assert len(machine_rows) <= len(rows) <= len(machine_rows) + len(kept_rows)
            assert len({f.path for f in after.fields}) == len(after.fields)
            assert [f.order for f in after.fields] == list(range(len(after.fields)))
        assert station.in_store(station.store.audit_verify).holds
        assert Action.READ_AGAIN in {c.action for c in station.in_store(station.store.history, case_id)}


def test_a_new_reading_of_the_same_values_writes_nothing() -> None:
    entry = field_document(replace(read_field("a", "1"), order=0))
    made = reread({"fields": {"a": entry}, "tables": {}}, {"a": {**entry, "warnings": []}}, {})
    assert made.writes == ()


def test_the_case_of_a_reading_can_be_made_from_its_document(tmp_path: Path) -> None:
    first, second = an_extraction(read_field("a", "1")), an_extraction(cell(1, "procedure", "A"))
    with a_workstation(tmp_path / "w", first, second) as station:
        case = taken_in(station, tmp_path)
        again = ingestion(station).read_again(case.case_id, "ada").case
        assert case_from(station.in_store(station.store.case_document, case.case_id)) == again
