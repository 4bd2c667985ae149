"""Letters of a case: made of what stands, printed by a worker, kept once they go out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.domain.determination import Outcome
from app.domain.errors import Rejected
from app.domain.extraction import Document
from app.domain.letter import Letter
from app.domain.role import NotAllowed, Person, Right, Role, require
from app.services.deciding import Deciding
from app.services.letter import Letters
from app.services.local.document_opener import WorkerDocumentOpener
from app.services.local.letter_printer import WorkerLetterPrinter
from app.services.review_receipt import Receipts
from tests.reviewing import REQUEST, SECOND, Desk, a_desk

PAYER = {
    "name": "Sample Health Plan", "address": "PO Box 100", "phone": "555-010-1000", "fax": "555-010-1001",
    "appeal_days": 60, "appeal_answer_days": 30, "fast_appeal_hours": 72, "appeal_address": "PO Box 101",
    "appeal_phone": "555-010-1002",
}  # fmt: skip


class Press:
    """Prints by writing down what it was given."""

    def print(self, body: str, title: str, foot: str) -> bytes:
        return f"%PDF-1.7\n{title}\n{foot}\n{body}".encode()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    request = {**REQUEST, "lines": {**REQUEST["lines"], "r2": SECOND}}
    with a_desk(tmp_path / "w", request) as made:
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "payer.json").write_text(json.dumps(PAYER))
    return tmp_path / "letters"


def letters(desk: Desk, folder: Path) -> Letters:
    return Letters(desk.station.changes, desk.station.blobs, Press, folder)


def decide(desk: Desk, outcome: Outcome, *lines: str, **more: object) -> None:
    more.setdefault("ground", "sent_twice" if outcome is Outcome.DISMISS else "")
    receipts = Receipts(desk.station.changes, desk.station.blobs)
    deciding = Deciding(desk.station.changes, desk.reviewing, receipts)
    desk.station.in_store(
        lambda: deciding.decide(
            desk.case_id, lines or ("r1", "r2"), outcome, "It was sent twice.", "ada", **more
        )  # type: ignore[arg-type]
    )


def issue(desk: Desk, made: Letters, *lines: str):
    letter = desk.station.in_store(made.composed, desk.case_id, lines)
    return desk.station.in_store(made.keep, desk.case_id, letter, made.printed(letter, "R-c1"), "ada")


def test_a_letter_tells_of_what_was_decided_last_together(desk: Desk, folder: Path) -> None:
    made = letters(desk, folder)
    with pytest.raises(Rejected, match="Nothing is decided"):
        desk.station.in_store(made.composed, desk.case_id)
    decide(desk, Outcome.WITHDRAW, "r2")
    decide(desk, Outcome.DISMISS, "r1")
    letter = desk.station.in_store(made.composed, desk.case_id)
    assert (letter.lines, letter.outcome, letter.missing) == (("r1",), Outcome.DISMISS, ())
    assert "Case R-c1" in made.printed(letter, "R-c1").decode()
    with pytest.raises(Rejected, match="decided differently"):
        desk.station.in_store(made.composed, desk.case_id, ("r1", "r2"))


def test_a_referral_has_no_letter(desk: Desk, folder: Path) -> None:
    decide(desk, Outcome.REFER)
    with pytest.raises(Rejected, match="decides nothing yet"):
        desk.station.in_store(letters(desk, folder).composed, desk.case_id)


def test_a_letter_that_goes_out_is_kept_with_the_case_bit_for_bit(desk: Desk, folder: Path) -> None:
    made = letters(desk, folder)
    decide(desk, Outcome.DISMISS)
    issued = issue(desk, made)
    (entry,) = desk.station.in_store(made.issued, desk.case_id)
    assert (entry["sha256"], entry["lines"], entry["draft"]) == (issued.sha256, ["r1", "r2"], False)
    assert entry["name"] == "R-c1-dismiss.pdf"
    assert made.content(issued.sha256) == issued.pdf
    assert issue(desk, made) == issued
    assert len(desk.station.in_store(made.issued, desk.case_id)) == 1
    actions = [e.action for e in desk.station.in_store(desk.station.store.audit_entries, desk.case_id)]
    assert actions.count("lettered") == 1


def test_after_a_letter_only_a_physician_decides_anew_but_not_after_a_draft(
    desk: Desk, folder: Path, tmp_path: Path
) -> None:
    decide(desk, Outcome.DISMISS, "r1")
    draft = letters(desk, tmp_path / "nowhere")
    letter = desk.station.in_store(draft.composed, desk.case_id)
    assert "payer_phone" in letter.missing
    assert "DRAFT, not to be sent." in draft.printed(letter, "R-c1").decode()
    issue(desk, draft)
    decide(desk, Outcome.WITHDRAW, "r1", supersede=True)
    issue(desk, letters(desk, folder))
    with pytest.raises(Rejected, match="A letter about it has gone out"):
        decide(desk, Outcome.DISMISS, "r1", supersede=True)


def test_a_letter_of_what_has_been_decided_anew_is_not_kept(desk: Desk, folder: Path) -> None:
    made = letters(desk, folder)
    decide(desk, Outcome.DISMISS, "r1")
    letter = desk.station.in_store(made.composed, desk.case_id)
    decide(desk, Outcome.WITHDRAW, "r1", supersede=True)
    with pytest.raises(Rejected, match="decided anew"):
        desk.station.in_store(made.keep, desk.case_id, letter, b"%PDF-", "ada")


def test_a_case_manager_sends_no_letters(desk: Desk, folder: Path) -> None:
    def check(by: str, right: Right) -> Person:
        require(Person(by, by, (Role.CASE_MANAGER,)), right)
        raise AssertionError

    decide(desk, Outcome.DISMISS)
    made = letters(desk, folder)
    letter = desk.station.in_store(made.composed, desk.case_id)
    with pytest.raises(NotAllowed):
        desk.station.in_store(replace(made, check=check).keep, desk.case_id, letter, b"%PDF-", "ada")


def test_the_payers_own_templates_take_the_place_of_the_programs(desk: Desk, folder: Path) -> None:
    (folder / "dismiss.html").write_text("<p>Closed, says {{payer_name}}.</p>")
    decide(desk, Outcome.DISMISS)
    letter = desk.station.in_store(letters(desk, folder).composed, desk.case_id)
    assert "Closed, says Sample Health Plan." in letter.text
    assert "Dear Maria Muster," in letter.text
    (folder / "dismiss.html").write_text("{{#reason}}")
    with pytest.raises(Rejected, match="has no end"):
        desk.station.in_store(letters(desk, folder).composed, desk.case_id)


def test_what_the_payer_wrote_wrongly_is_logged_and_stands_as_missing(
    desk: Desk, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "payer.json").write_text("{name: Sample}")
    assert set(letters(desk, folder).payer().values()) == {""}
    assert "payer.json" in caplog.text


def test_a_letter_is_printed_whole_with_its_font_and_in_any_script() -> None:
    """The PDF of a worker: text that can be read again, embedded fonts, page numbers."""
    opener = WorkerDocumentOpener()
    names = "Łukasz Żółć, Nguyễn Thị Hồng, Иван Петров, Γιώργος, 王芳, 김철수, שלום"
    try:
        body = f"<h1>Notice</h1><p>Dear {names},</p>" + "<p>We looked at your request again today.</p>" * 60
        pdf = WorkerLetterPrinter(opener).print(body, "A notice", "Case R-1")
        opened = opener(Document("letter", "application/pdf", pdf))
        first = " ".join(word.text for word in opened.words(0))
        last = " ".join(word.text for word in opened.words(len(opened.pages) - 1))
    finally:
        opener.close_all()
    assert len(opened.pages) > 1
    for name in ("Łukasz", "Nguyễn", "Иван", "Γιώργος", "王芳", "김철수"):
        assert name in first
    assert f"Page 1 of {len(opened.pages)}" in first
    assert f"Page {len(opened.pages)} of {len(opened.pages)}" in last
    assert "Case R-1" in last
    assert b"/FontFile" in pdf
    assert len(pdf) < 400_000


def test_a_letter_says_when_an_answer_is_due(desk: Desk, folder: Path) -> None:
    due = datetime.now(UTC) + timedelta(days=14)
    decide(desk, Outcome.PEND, missing=("the sugar log",), answer_by=due)
    letter: Letter = desk.station.in_store(letters(desk, folder).composed, desk.case_id)
    local = due.astimezone()
    assert f"{local:%B} {local.day}, {local.year}" in letter.text


def test_no_letter_tells_of_a_determination_that_nobody_signed(desk: Desk, folder: Path) -> None:
    decide(desk, Outcome.DISMISS)
    made = letters(desk, folder)
    letter = desk.station.in_store(made.composed, desk.case_id, ())
    store = desk.station.store
    document = desk.station.in_store(store.case_document, desk.case_id)
    forged = {"r1": str(document["determinations"]["r1"]["id"])}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(type(store), "case_document", lambda *_: document | {"unconfirmed": forged})
        for ask in (
            lambda: made.composed(desk.case_id, ()),
            lambda: made.composed(desk.case_id, ("r1",)),
            lambda: made.keep(desk.case_id, letter, b"%PDF", "ada"),
        ):
            with pytest.raises(Rejected) as refused:
                desk.station.in_store(ask)
            assert refused.value.code == "not_confirmed"
