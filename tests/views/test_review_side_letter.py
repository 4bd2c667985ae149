"""Letters in the side of the review: previewed before anything is recorded, kept with the case once they go out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.domain.box import Box
from app.domain.determination import Outcome, determinations_of
from app.domain.extraction import Document, Word
from app.domain.letter import PAYER
from app.services.deciding import Deciding
from app.services.letter import Letters
from app.services.ports import PageInfo, Picture
from app.views.models.letter_desk import LetterDesk
from app.views.widgets.review.determination_words import Decision
from tests.views.review_side_case import NURSE, SideDesk, a_side_desk, check

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")


@dataclass
class Press:
    """Prints the words themselves."""

    printed: list[str] = field(default_factory=list)

    def print(self, body: str, title: str, foot: str) -> bytes:
        self.printed.append(foot)
        return f"{title}\n{body}\n{foot}".encode()


@dataclass
class Sheet:
    """A document of two white pages."""

    closed: bool = False
    pages: tuple[PageInfo, ...] = (PageInfo(612, 792), PageInfo(612, 792))

    def render(self, page: int, scale: float, clip: Box | None = None, quarter_turns: int = 0) -> Picture:
        return Picture(4, 5, b"\xff" * 60)

    def words(self, page: int) -> tuple[Word, ...]:
        return ()

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def desk(tmp_path: Path, qtbot: QtBot) -> Iterator[SideDesk]:
    with a_side_desk(tmp_path / "w", qtbot) as made:
        yield made


def a_letter_desk(desk: SideDesk, folder: Path, opened: list[Sheet], press: Press) -> LetterDesk:
    station = desk.desk.station
    folder.mkdir(exist_ok=True)
    (folder / "payer.json").write_text(json.dumps({name: f"The {name}" for name in PAYER}))

    def opener(document: Document) -> Sheet:
        assert document.media_type == "application/pdf"
        opened.append(Sheet())
        return opened[-1]

    return LetterDesk(
        Letters(station.changes, station.blobs, lambda: press, folder, check),
        Deciding(station.changes, desk.desk.reviewing, desk.receipts, check),
        station.lanes,
        opener,
        lambda: NURSE,
    )


DECISION = Decision(("r1",), Outcome.DISMISS, "It was sent twice.", ground="sent_twice")


def test_a_letter_is_previewed_as_a_draft_and_records_nothing(desk: SideDesk, tmp_path: Path) -> None:
    opened: list[Sheet] = []
    press = Press()
    letters = a_letter_desk(desk, tmp_path / "l", opened, press)
    shown = letters.draft(desk.desk.case_id, DECISION, "")
    assert (len(shown.pages), shown.letter, shown.missing) == (2, None, ())
    assert "It was sent twice." in shown.content.decode()
    assert press.printed[0].startswith("DRAFT, not to be sent.")
    assert all(sheet.closed for sheet in opened)
    assert determinations_of(desk.desk.document()) == {}
    letters.save(desk.desk.case_id, shown, str(tmp_path / "draft.pdf"), "nina")
    assert "letters" not in desk.desk.document()  # a draft goes to nobody


def test_the_letter_of_what_was_recorded_is_kept_with_the_case_when_it_is_saved(
    desk: SideDesk, tmp_path: Path
) -> None:
    press = Press()
    letters = a_letter_desk(desk, tmp_path / "l", [], press)
    side = desk.side()
    side.open_case(desk.desk.case_id)
    desk.settle()
    side._determination._letters = letters
    side._determination.decide(DECISION)
    desk.settle()
    side.bar.letter.clicked.emit()
    desk.settle()
    assert side.letter.isVisible()
    assert not side.bar.isVisible()  # the letter has the side to itself
    assert len(side.letter.pages.pages) == 2
    assert not press.printed[-1].startswith("DRAFT")
    target = tmp_path / "letter.pdf"
    side.decision._file_asked = lambda _parent, _name: str(target)
    said: list = []
    side.said.connect(lambda *words: said.append(words))
    side.letter.export.click()
    desk.settle()
    ((entry,),) = [tuple(desk.desk.document()["letters"].values())]
    assert desk.desk.station.blobs.get(entry["sha256"]) == target.read_bytes()
    assert said[-1][0] == "sure"
    side.letter.back.click()
    assert side.bar.isVisible()


def test_a_place_that_cannot_be_written_is_said_in_words(desk: SideDesk, tmp_path: Path) -> None:
    from app.domain.errors import StorageFailed

    letters = a_letter_desk(desk, tmp_path / "l", [], Press())
    shown = letters.draft(desk.desk.case_id, DECISION, "")
    with pytest.raises(StorageFailed, match="could not be written there"):
        letters.save(desk.desk.case_id, shown, str(tmp_path / "no" / "where.pdf"), "nina")
