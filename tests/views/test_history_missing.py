"""Over a request's history it says what other desks did that is not here yet."""

from __future__ import annotations

from datetime import UTC, datetime

from pytestqt.qtbot import QtBot

from app.views.widgets.review.evidence_place import when_words
from app.views.widgets.review.history_list import HistoryPage


def test_what_is_missing_is_said_in_words_and_goes_when_it_is_here(qtbot: QtBot) -> None:
    page = HistoryPage()
    qtbot.addWidget(page)
    page.resize(360, 400)
    page.show()
    assert not page.missing.isVisible()
    page.show_missing(True, None)
    assert page.missing.isVisible()
    assert page.missing.text() == (
        "What other desks did is not here yet: it is fetched when there is a network."
    )
    since = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    page.show_missing(True, since)
    assert f"since {when_words(since)} is not here yet" in page.missing.text()
    assert page.missing.height() <= page.height() // 3
    page.show_history((), "")
    assert page.missing.isVisible(), "also where nothing has been asked here"
    page.show_missing(False, None)
    assert not page.missing.isVisible()
