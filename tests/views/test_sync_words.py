"""How a desk stands with the shared queue, in words: one sentence for every state there is."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication

from app.domain.change import Action
from app.domain.sync import Link, SyncState, WaitingFor
from app.resource import resource
from app.views.widgets.sync.sync_words import action_words, state_words, waiting_places, why_chip, why_words
from tests.views.sync_values import NOW, an_item

pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture(autouse=True)
def _english(qapp: QApplication) -> None:
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedKingdom))


def words(**parts: object) -> str:
    state = SyncState(**parts)  # type: ignore[arg-type]
    return state_words(state, today=NOW).words


def test_a_local_workspace_says_that_it_is_kept_here() -> None:
    said = state_words(SyncState(Link.LOCAL))
    assert said.words == "Kept on this computer"
    assert "nothing leaves it" in said.whole


def test_everything_sent_says_so_with_the_time() -> None:
    assert re.fullmatch(r"All changes sent · \d\d:\d\d", words(link=Link.SYNCED, synced_at=NOW))


def test_what_waits_for_the_network_is_counted() -> None:
    assert words(link=Link.OFFLINE, waiting=3, synced_at=NOW) == "3 changes wait for the network"
    assert words(link=Link.OFFLINE, waiting=1, retry_at=NOW) == "1 change waits for the network"
    assert words(link=Link.OFFLINE, synced_at=NOW) == "No network, nothing waits"


def test_before_the_first_answer_nobody_claims_that_there_is_no_network() -> None:
    assert words(link=Link.OFFLINE, waiting=3) == "Asking the shared queue"
    assert "no network" not in state_words(SyncState(Link.OFFLINE)).whole


def test_sending_says_how_far_it_is() -> None:
    state = SyncState(Link.SENDING, waiting=13)
    assert state_words(state, sent=1, total=14).words == "Sending 2 of 14"
    assert state_words(state, sent=14, total=14).words == "Sending 14 of 14"


def test_signing_in_comes_before_everything_but_a_stop() -> None:
    assert words(link=Link.SIGN_IN, waiting=5, conflicts=2, parked=1) == "Sign in to send 5 changes"
    assert words(link=Link.STOPPED, waiting=5, conflicts=2) == "Sending has stopped"


def test_what_a_person_has_to_do_comes_before_what_the_program_does() -> None:
    assert words(link=Link.SENDING, waiting=9, conflicts=1) == "1 conflict"
    assert words(link=Link.OFFLINE, waiting=9, conflicts=2) == "2 conflicts"
    assert words(link=Link.OFFLINE, waiting=9, conflicts=2, parked=1) == "1 refused"


def test_every_state_has_words_a_symbol_that_is_there_and_a_role() -> None:
    for link, waiting, parked, conflicts in product(Link, (0, 1, 3), (0, 1), (0, 2)):
        state = SyncState(
            link, waiting, parked, conflicts, 1, NOW, NOW + timedelta(minutes=1), "It broke.", "Mend it."
        )
        said = state_words(state, 0, waiting)
        assert said.words
        assert said.whole.endswith(".")
        assert Path(resource("icons", f"{said.symbol}.svg")).is_file(), said
        assert said.role in ("muted", "look", "wrong")


def test_the_whole_says_all_of_it() -> None:
    state = SyncState(Link.OFFLINE, 20, 1, 2, 3, NOW, NOW)
    whole = state_words(state, today=NOW).whole
    for part in ("no network", "tried again at", "20 changes", "3 files", "1 was refused", "2 conflicts"):
        assert part in whole


def test_what_broke_is_said_with_its_next_step() -> None:
    state = SyncState(Link.STOPPED, reason="The project is gone.", next_step="Ask your administrator.")
    assert state_words(state).whole.startswith("The project is gone. Ask your administrator.")


def test_every_reason_to_wait_has_a_chip_and_a_sentence() -> None:
    for why in WaitingFor:
        item = an_item(1, why)
        assert why_chip(item).text
        assert Path(resource("icons", f"{why_chip(item).symbol}.svg")).is_file()
        assert why_words(item).endswith(".")


def test_a_refusal_is_told_in_the_words_of_the_service() -> None:
    item = an_item(1, WaitingFor.REFUSED, reason="You may not decide.", next_step="Ask for the role.")
    assert why_words(item) == "You may not decide. Ask for the role."


def test_every_action_is_called_something() -> None:
    named = {action_words(str(action)) for action in Action}
    assert len(named) == len(set(Action))
    assert action_words("something_newer") == "Something newer"


def test_cases_that_ask_for_somebody_come_first() -> None:
    items = (
        an_item(1, case="early"),
        an_item(2, case="late"),
        an_item(3, WaitingFor.REFUSED, case="late"),
    )
    assert [group[0].case_id for group in waiting_places(items)] == ["late", "early"]
