"""Teaching: drafts that survive a kill, examples kept with them, trials and publishing."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain import teaching
from app.domain.box import Box
from app.domain.errors import Conflict, Rejected, Unreadable
from app.domain.extraction import Document, Extraction
from app.domain.form import FieldKind
from app.domain.processor import Anchor, FormDefinition
from app.domain.proposal import Proposal, ProposedField, ProposedPage
from app.services.ports import Watch
from app.workstation import Settings, Workstation, build
from tests.scripted import ScriptedProcessor, a_pdf, an_extraction, read_field, scripted_backends

ROOT = Path(__file__).resolve().parents[3]
KEY = bytes(range(32))


def a_proposal() -> Proposal:
    anchors = tuple(
        Anchor(f"Printed {n}", Box(0.1, 0.05 + 0.07 * n, 0.3, 0.07 + 0.07 * n)) for n in range(12)
    )
    fields = (
        ProposedField(Box(0.4, 0.1, 0.8, 0.12), FieldKind.NAME, "Patient name:", "cell"),
        ProposedField(Box(0.4, 0.2, 0.8, 0.22), FieldKind.PROCEDURE_CODE, "CPT code", "cell"),
        ProposedField(Box(0.4, 0.3, 0.42, 0.31), FieldKind.TICK_BOX, "Urgent", "box"),
    )
    page = ProposedPage(1, (850.0, 1100.0), anchors, (), fields, quarter_turns=1)
    return Proposal((page,), ("SAMPLE REQUEST",))


class ScriptedTeacher:
    """Proposes what it was given and remembers what it was asked to try."""

    def __init__(self) -> None:
        self.tried: list[tuple[Document, FormDefinition]] = []

    def propose(self, document: Document, watch: Watch | None = None) -> Proposal:
        return a_proposal()

    def try_out(
        self, document: Document, definition: FormDefinition, watch: Watch | None = None
    ) -> Extraction:
        self.tried.append((document, definition))
        return an_extraction(
            read_field("patient_name", "Ada"), read_field("cpt_code", "1", kind=FieldKind.PROCEDURE_CODE),
            form_type=definition.form_type,
        )  # fmt: skip

    def damaged(self, document: Document, kind: str, seed: int) -> Document:
        return document


def a_station(folder: Path, teacher: ScriptedTeacher | None = None) -> Workstation:
    backends = replace(scripted_backends(ScriptedProcessor()), teacher=teacher or ScriptedTeacher())
    return build(Settings(folder, "ada"), KEY, backends)


@pytest.fixture
def station(tmp_path: Path):
    opened = a_station(tmp_path / "w")
    yield opened
    opened.close()


def started(station: Workstation):
    looked = station.teaching.look_at(a_pdf("blank"), "blank.pdf")
    return station.in_store(station.teaching.start, looked, "ada")


def test_a_draft_starts_from_what_is_proposed_with_the_example_it_is_drawn_on(station: Workstation) -> None:
    draft = started(station)
    assert [f.name for f in draft.definition.fields] == ["patient_name", "cpt_code", "urgent"]
    assert draft.definition.expedited == ("urgent",)
    assert (draft.by, draft.based_on) == ("ada", "")
    (example,) = draft.examples
    assert (example.name, example.turn(1)) == ("blank.pdf", 1)
    assert station.teaching.content(example).content == a_pdf("blank")


def test_an_example_is_not_readable_in_the_folder_of_the_workspace(station: Workstation) -> None:
    started(station)
    mark = b"a document of a test"
    assert mark in a_pdf("blank")
    kept = [p for p in station.settings.folder.rglob("*") if p.is_file()]
    assert not any(mark in p.read_bytes() for p in kept)


def test_every_edit_is_kept_and_undo_is_an_edit_like_any_other(station: Workstation) -> None:
    draft = started(station)
    renamed = teaching.rename_field(draft.definition, "cpt_code", "code")
    kept = station.in_store(station.teaching.keep, draft.draft_id, draft.definition, renamed, "ada")
    assert kept.definition == renamed
    station.in_store(station.teaching.keep, draft.draft_id, renamed, draft.definition, "ada")
    assert station.in_store(station.teaching.draft, draft.draft_id).definition == draft.definition


def test_a_draft_is_as_it_was_left_after_a_kill(tmp_path: Path) -> None:
    script = (
        "import os, sys\n"
        "from tests.unit.services.test_form_draft import *\n"
        "station = a_station(Path(sys.argv[1]))\n"
        "draft = started(station)\n"
        "after = teaching.rename_field(draft.definition, 'cpt_code', 'the_last_edit')\n"
        "station.in_store(station.teaching.keep, draft.draft_id, draft.definition, after, 'ada')\n"
        "os._exit(9)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "w")], cwd=ROOT, check=False)
    assert done.returncode == 9
    station = a_station(tmp_path / "w")
    try:
        (draft,) = station.in_store(station.teaching.drafts)
        assert draft.definition.field("the_last_edit") is not None
        assert station.teaching.content(draft.examples[0]).content == a_pdf("blank")
    finally:
        station.close()


def test_a_draft_that_two_windows_edit_is_not_written_over(tmp_path: Path) -> None:
    here, there = a_station(tmp_path / "w"), a_station(tmp_path / "w")
    try:
        draft = started(here)
        mine = teaching.rename_field(draft.definition, "cpt_code", "mine")
        theirs = teaching.rename_field(draft.definition, "cpt_code", "theirs")
        there.in_store(there.teaching.keep, draft.draft_id, draft.definition, theirs, "bob")
        with pytest.raises(Conflict):
            here.in_store(here.teaching.keep, draft.draft_id, draft.definition, mine, "ada")
        assert here.in_store(here.teaching.draft, draft.draft_id).definition == theirs
    finally:
        here.close()
        there.close()


def test_what_could_not_be_read_back_is_refused_and_not_kept(station: Workstation) -> None:
    draft = started(station)
    broken = replace(draft.definition, fields=(*draft.definition.fields, draft.definition.fields[0]))
    with pytest.raises(Rejected, match="named twice"):
        station.in_store(station.teaching.keep, draft.draft_id, draft.definition, broken, "ada")
    assert station.in_store(station.teaching.draft, draft.draft_id) == draft


def test_two_forms_of_one_title_are_taught_as_two_form_types(station: Workstation) -> None:
    first, second = started(station), started(station)
    assert first.definition.form_type != second.definition.form_type
    assert [d.draft_id for d in station.in_store(station.teaching.drafts)] == [
        first.draft_id,
        second.draft_id,
    ]


def test_publishing_a_draft_brings_it_into_force_and_ends_it(station: Workstation) -> None:
    draft = started(station)
    made = station.in_store(station.teaching.publish, draft.draft_id, "ada")
    assert (made.version, made.in_force, made.examples) == ("1", True, draft.examples)
    assert station.definitions[made.form_type] == made.definition
    assert station.in_store(station.teaching.drafts) == ()
    with pytest.raises(Rejected, match="not there any more"):
        station.in_store(station.teaching.keep, draft.draft_id, draft.definition, draft.definition, "ada")


def test_a_draft_that_may_not_be_published_yet_stays_with_the_reasons(station: Workstation) -> None:
    draft = started(station)
    empty = teaching.set_request(draft.definition, "patient_name", "")
    station.in_store(station.teaching.keep, draft.draft_id, draft.definition, empty, "ada")
    (finding,) = [f for f in station.in_store(station.teaching.examine, empty) if f.blocks]
    assert finding.rule == "no_patient_name"
    with pytest.raises(Rejected):
        station.in_store(station.teaching.publish, draft.draft_id, "ada")
    assert station.in_store(station.teaching.draft, draft.draft_id).definition == empty


def test_mending_starts_from_a_version_with_its_examples_and_publishes_the_next(station: Workstation) -> None:
    first = station.in_store(station.teaching.publish, started(station).draft_id, "ada")
    draft = station.in_store(station.teaching.mend, first.form_type, "bob")
    assert (draft.definition, draft.examples, draft.based_on) == (first.definition, first.examples, "1")
    mended = teaching.place_field(draft.definition, "cpt_code", Box(0.4, 0.2, 0.9, 0.23))
    station.in_store(station.teaching.keep, draft.draft_id, draft.definition, mended, "bob")
    second = station.in_store(station.teaching.publish, draft.draft_id, "bob")
    assert (second.version, second.based_on, second.by) == ("2", "1", "bob")
    assert not station.in_store(station.library.version, first.form_type, "1").in_force


def test_a_version_of_the_program_is_mended_like_any_other(station: Workstation) -> None:
    draft = station.in_store(station.teaching.mend, "bsc_dme", "ada")
    assert (draft.based_on, draft.examples) == ("1", ())
    added = station.in_store(station.teaching.add_example, draft.draft_id, a_pdf("a"), "a.pdf", "ada")
    again = station.in_store(station.teaching.add_example, draft.draft_id, a_pdf("a"), "b.pdf", "ada")
    assert [e.name for e in again.examples] == ["a.pdf"]
    taken = station.in_store(station.teaching.remove_example, draft.draft_id, added.examples[0].sha256, "ada")
    assert taken.examples == ()


def test_a_draft_that_is_given_up_is_gone_and_the_trail_knows_who(station: Workstation) -> None:
    draft = started(station)
    station.in_store(station.teaching.discard, draft.draft_id, "bob")
    assert station.in_store(station.teaching.drafts) == ()
    told = station.in_store(station.store.audit_entries)[-1]
    assert (told.action, told.by, told.detail) == (
        "form_draft_discarded",
        "bob",
        {"draft_id": draft.draft_id},
    )
    with pytest.raises(Rejected):
        station.in_store(station.teaching.discard, draft.draft_id, "bob")


def test_a_trial_reads_with_the_draft_and_shows_the_warnings_a_case_would(tmp_path: Path) -> None:
    teacher = ScriptedTeacher()
    station = a_station(tmp_path / "w", teacher)
    try:
        draft = started(station)
        form = station.teaching.try_out(draft.definition, draft.examples[0]).forms[0]
        assert teacher.tried[0][0].content == a_pdf("blank")
        assert teacher.tried[0][1] == draft.definition
        assert {f.path: [w.rule for w in f.warnings] for f in form.fields} == {
            "patient_name": [],
            "cpt_code": ["procedure_shape"],
        }
        assert station.in_store(station.store.queue, _all()) == ()  # nothing is taken in by a trial
    finally:
        station.close()


def _all():
    from app.domain.queue import QueueQuery

    return replace(QueueQuery(), statuses=())


def test_without_a_teacher_teaching_says_so_and_drafts_are_still_there(tmp_path: Path) -> None:
    station = a_station(tmp_path / "w")
    draft = started(station)
    station.close()
    plain = build(Settings(tmp_path / "w", "ada"), KEY, scripted_backends(ScriptedProcessor()))
    try:
        with pytest.raises(Rejected, match="cannot help to teach"):
            plain.teaching.look_at(a_pdf(), "a.pdf")
        assert plain.in_store(plain.teaching.drafts) == (draft,)
    finally:
        plain.close()


def test_an_example_that_is_no_document_is_told(station: Workstation) -> None:
    with pytest.raises(Unreadable):
        station.teaching.look_at(os.urandom(400), "noise.pdf")
