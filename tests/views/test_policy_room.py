"""The room of policies: read beside the text, edited with a live check, published, retired, compared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.domain.policy import Policy
from app.services.policy_file import policy_of_text
from app.views.models.policy_model import DRAFT as KEPT
from app.views.models.policy_text import as_text, blank_text
from app.views.policy_room import PolicyRoom
from app.views.widgets.policy.policy_page import DRAFT, PolicyPage
from app.views.widgets.policy.source_text import clause_span
from app.views.window import Window
from tests.views.review_shop import NoReader, a_review, built_in_policies
from tests.views.sign_in_desk import a_window, add_everybody, sign_in

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
PUMP = "ncd_280_14"


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Any]:
    with a_review(tmp_path, requests=0, documents=NoReader()) as made:
        yield made


@pytest.fixture
def window(qtbot: QtBot, station: Any) -> Iterator[Window]:
    with a_window(qtbot, station) as made:
        made.show_room("policies")
        qtbot.waitUntil(lambda: made.policies.page.reader.policy is not None)
        yield made


@pytest.fixture
def room(window: Window) -> PolicyRoom:
    return window.policies


def shown(room: PolicyRoom, qtbot: QtBot, policy_id: str = PUMP, version: str = "") -> PolicyPage:
    """The page with a policy to read."""
    room.model.open(policy_id, version)
    page = room.page
    qtbot.waitUntil(
        lambda: (
            page.reader.policy is not None
            and page.reader.policy.policy_id == policy_id
            and version in ("", page.reader.policy.version)
        )
    )
    return page


def editing(room: PolicyRoom, qtbot: QtBot) -> PolicyPage:
    """The page with the pump's policy to edit, checked."""
    page = shown(room, qtbot)
    page.reader.edit.click()
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.writer and page.writer.publish.isEnabled())
    return page


def typed(page: PolicyPage, before: str, after: str) -> None:
    text = page.writer.editor.toPlainText()
    assert before in text
    page.writer.editor.setPlainText(text.replace(before, after, 1))


def test_every_policy_in_force_is_listed_with_version_and_date(room: PolicyRoom) -> None:
    rows = {row.key: row for row in room.page.list.rows}
    assert set(rows) == {policy.policy_id for policy in built_in_policies()}
    assert "effective 2004-12-17" in rows[PUMP].second
    assert rows[PUMP].second.endswith("in force")


@pytest.mark.parametrize("policy", built_in_policies(), ids=lambda policy: policy.policy_id)
def test_every_criterion_of_every_policy_finds_its_clause_in_the_text(policy: Policy) -> None:
    for criterion in policy.every():
        assert not criterion.clause or clause_span(policy.text, criterion.clause) is not None


@pytest.mark.parametrize("policy", built_in_policies(), ids=lambda policy: policy.policy_id)
def test_a_policy_as_text_is_the_same_policy(policy: Policy) -> None:
    again = policy_of_text(as_text(policy), policy.text)
    assert (again.root, again.unless, dict(again.concepts), again.applies) == (
        policy.root, policy.unless, dict(policy.concepts), policy.applies,
    )  # fmt: skip


def test_the_clause_of_the_chosen_criterion_is_highlighted(room: PolicyRoom, qtbot: QtBot) -> None:
    page = shown(room, qtbot)
    assert page.reader.policy is not None
    for leaf in page.reader.policy.leaves()[:4]:
        page.reader.choose(leaf.criterion_id)
        assert " ".join(page.reader.source.marked.split()) == " ".join(leaf.clause.split())


def test_criteria_stand_in_words_with_their_groups(room: PolicyRoom, qtbot: QtBot) -> None:
    rows = shown(room, qtbot).reader.criteria.rows
    assert rows[0].second in ("All of:", "At least one of:")
    assert rows[1].depth == 1
    assert any(row.second.startswith("Looks for a number") for row in rows)


def test_what_is_wrong_is_told_with_its_line_while_it_is_typed(room: PolicyRoom, qtbot: QtBot) -> None:
    page = editing(room, qtbot)
    number = page.writer.editor.toPlainText().split("\n").index("criteria:") + 1
    typed(page, "criteria:\n", "criterias:\n")
    assert not page.writer.publish.isEnabled()
    qtbot.waitUntil(lambda: len(page.writer.problems.rows) > 1)
    assert f"Line {number}" in [row.first for row in page.writer.problems.rows]
    assert number in page.writer.editor._wrong
    page.writer.problems.choose(next(r.key for r in page.writer.problems.rows if r.first == f"Line {number}"))
    assert page.writer.editor.textCursor().blockNumber() == number - 1


def test_text_that_is_no_yaml_is_told_and_does_no_harm(room: PolicyRoom, qtbot: QtBot) -> None:
    page = editing(room, qtbot)
    page.writer.editor.setPlainText("policy: [a\n  &b *b: {")
    qtbot.waitUntil(lambda: bool(page.writer._problems))
    page.writer.publish_asked.emit(page.writer.editor.toPlainText(), "x")
    qtbot.waitUntil(lambda: not room.model._background.busy)
    assert page.stack.currentWidget() is page.writer


def test_a_change_is_published_as_a_new_version_and_the_old_one_stays_readable(
    room: PolicyRoom, station: Any, qtbot: QtBot
) -> None:
    page = editing(room, qtbot)
    assert page.reader.policy is not None
    old = page.reader.policy
    typed(page, f"text: {old.root.text}", "text: Something else")
    qtbot.waitUntil(page.writer.publish.isEnabled)
    QTest.keyClick(page.writer.editor, Qt.Key.Key_F10)
    qtbot.waitUntil(lambda: station.policies.policy(PUMP).root.text == "Something else")
    qtbot.waitUntil(lambda: len(page.versions_of(PUMP)) == 2)
    assert page.stack.currentWidget() is page.reader
    assert station.in_store(station.store.recall, KEPT) == {}
    shown(room, qtbot, PUMP, old.version)
    assert page.reader.policy.root.text == old.root.text
    assert page.reader.restore.isVisible()


def test_two_versions_are_compared_in_words(room: PolicyRoom, station: Any, qtbot: QtBot) -> None:
    page = editing(room, qtbot)
    assert page.reader.policy is not None
    old = page.reader.policy
    typed(page, f"text: {old.root.text}", "text: Something else")
    qtbot.waitUntil(page.writer.publish.isEnabled)
    page.writer.publish.click()
    qtbot.waitUntil(lambda: len(page.versions_of(PUMP)) == 2)
    shown(room, qtbot, PUMP, station.policies.policy(PUMP).version)
    page.reader.compare_asked.emit(old.version)
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.comparing)
    heading, row = page.changes.rows
    assert heading.first == "Changed (1)"
    assert row.second == "Now: “Something else”"
    assert old.root.text in row.third
    assert page.compare_head.words.text().startswith(f"From version {old.version}")


def test_a_policy_is_retired_and_put_into_force_again(room: PolicyRoom, station: Any, qtbot: QtBot) -> None:
    page = shown(room, qtbot)
    page.reader.retire.click()
    qtbot.waitUntil(lambda: PUMP not in {p.policy_id for p in station.policies.policies()})
    qtbot.waitUntil(page.reader.restore.isVisible)
    assert "not in force" in {row.key: row for row in page.list.rows}[PUMP].second
    page.reader.restore.click()
    qtbot.waitUntil(lambda: PUMP in {p.policy_id for p in station.policies.policies()})
    qtbot.waitUntil(page.reader.retire.isVisible)


def test_what_is_being_edited_survives_the_end_of_the_program(
    room: PolicyRoom, window: Window, station: Any, qtbot: QtBot
) -> None:
    page = editing(room, qtbot)
    typed(page, "title: ", "title: Edited ")
    qtbot.waitUntil(lambda: not page.writer.is_settling)
    qtbot.waitUntil(lambda: "Edited" in (station.in_store(station.store.recall, KEPT) or {}).get("text", ""))
    again = PolicyRoom(station, window.background, window)
    again.enter()
    qtbot.waitUntil(lambda: any(row.key == DRAFT for row in again.page.list.rows))
    again.page.list.choose(DRAFT)
    qtbot.waitUntil(lambda: "title: Edited" in again.page.writer.editor.toPlainText())
    again.page.deleteLater()


def test_another_policy_is_not_edited_over_what_is_not_published(room: PolicyRoom, qtbot: QtBot) -> None:
    page = editing(room, qtbot)
    typed(page, "title: ", "title: Edited ")
    page.writer.leave.click()
    shown(room, qtbot, "ncd_20_29")
    page.reader.edit.click()
    qtbot.waitUntil(lambda: page.stack.currentWidget() is page.writer)
    assert "title: Edited" in page.writer.editor.toPlainText()
    page.writer.discard.click()
    assert room.model.draft == {}
    assert all(row.key != DRAFT for row in page.list.rows)


def drop(page: PolicyPage, *paths: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    event = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    page.dropEvent(event)


def test_a_file_is_added_by_a_drop_with_the_text_it_names(
    room: PolicyRoom, station: Any, tmp_path: Path, qtbot: QtBot
) -> None:
    folder = tmp_path / "added"
    folder.mkdir()
    words = blank_text().replace("version:", "text: source.txt\nversion:")
    words = words.replace("the words of the source text it comes from", "covered when it is so")
    words = words.replace("terms: []\nconcepts", "terms: [a thing]\nconcepts").replace(
        "the_condition:\n    terms: []", "the_condition:\n    terms: [so]"
    )
    (folder / "new.yaml").write_text(words, "utf-8")
    (folder / "source.txt").write_text("It is covered when it is so.", "utf-8")
    drop(room.page, folder / "new.yaml")
    qtbot.waitUntil(lambda: room.page.writer.source.toPlainText() == "It is covered when it is so.")
    qtbot.waitUntil(room.page.writer.publish.isEnabled)
    room.page.writer.publish.click()
    qtbot.waitUntil(lambda: "new_policy" in {p.policy_id for p in station.policies.policies()})


def test_a_file_of_another_kind_is_refused_in_words(
    room: PolicyRoom, window: Window, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    drop(room.page, tmp_path / "a.pdf")
    qtbot.waitUntil(lambda: "is no policy file" in window.messages.text)


def test_policies_are_for_an_administrator(station: Any, qtbot: QtBot) -> None:
    add_everybody(station)
    with a_window(qtbot, station) as window:
        sign_in(window, qtbot, "nia")
        window.show_room("policies")
        assert "policies" not in window.__dict__
        assert "is for an administrator" in window.messages.text
