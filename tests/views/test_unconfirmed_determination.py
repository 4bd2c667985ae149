"""A determination that the service did not sign: it is told apart on screen, and decides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.domain.determination import Outcome
from app.services.deciding import Deciding
from tests.views.review_side_case import SideDesk, a_side_desk


@pytest.fixture
def sides(tmp_path: Path, qtbot: QtBot) -> Iterator[SideDesk]:
    with a_side_desk(tmp_path / "w", qtbot) as made:
        yield made


def test_what_is_not_confirmed_is_told_apart_and_not_shown_as_decided(
    sides: SideDesk, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    station, case_id = sides.desk.station, sides.desk.case_id
    deciding = Deciding(station.changes, sides.desk.reviewing, sides.receipts)
    station.in_store(
        lambda: deciding.decide(case_id, ("r1",), Outcome.DISMISS, "Sent twice.", "nina", ground="sent_twice")
    )
    document = station.in_store(station.store.case_document, case_id)
    forged = {"unconfirmed": {"r1": document["determinations"]["r1"]["id"]}}
    monkeypatch.setattr(type(station.store), "case_document", lambda *_: document | forged)
    side = sides.side()
    told: list[tuple[str, str, str]] = []
    side.decision.said.connect(lambda *words: told.append(words))
    side.open_case(case_id)
    sides.settle()
    standing = side.decision.model.standing
    assert standing is not None
    assert [line.decided for line in standing.lines] == [None]
    assert standing.decided == ()
    assert [one.outcome for one in standing.unconfirmed] == [Outcome.DISMISS]
    (words,) = told
    assert "not confirmed" in words[1]
