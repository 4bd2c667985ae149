"""The room Search: what is chosen on the left is shown at its place on the right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.domain.box import Box
from app.domain.case import CaseDocument
from app.domain.errors import Unreadable
from app.domain.guideline import Found, Hit, Passage, SearchQuery, Source, SourceKind
from app.views.search_screen import SearchScreen

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
SIZES = ((612.0, 792.0), (612.0, 792.0))
PLACE = Box(0.1, 0.4, 0.8, 0.5)


class Quiet:
    """A background that does nothing by itself."""

    def run(self, *_: Any, **__: Any) -> None:
        return None


class Nobody:
    person = "nora"
    pages = None


def hit(name: str = "a", page: int = 2, **more: Any) -> Hit:
    source = Source(
        name, SourceKind.GUIDELINE, f"Guideline {name}", name, "1", "", name * 64, "text/plain", 2
    )
    return replace(
        Hit(source, Passage(page, "The pump is covered.", 0, 20, "", PLACE), "The pump is covered.", (), 1.0),
        **more,
    )


@pytest.fixture
def screen(qtbot: QtBot) -> SearchScreen:
    made = SearchScreen(Nobody(), Quiet())  # type: ignore[arg-type]
    qtbot.addWidget(made)
    made.resize(1300, 800)
    made.show()
    return made


def opened(screen: SearchScreen) -> list[CaseDocument]:
    asked: list[CaseDocument] = []
    screen._pages.open = asked.append  # type: ignore[method-assign, assignment]
    return asked


def show(screen: SearchScreen, *hits: Hit) -> None:
    screen.model.found.emit(Found(SearchQuery("pump"), hits, (), 3))


def test_the_page_of_the_first_hit_is_shown_with_the_passage_marked(screen: SearchScreen) -> None:
    asked = opened(screen)
    show(screen, hit())
    assert [d.sha256 for d in asked] == ["a" * 64]
    screen._pages.document_opened.emit(asked[0], SIZES)
    assert screen.page.pointed_out == ((2, (PLACE,)),)


def test_another_passage_of_the_same_document_opens_nothing_anew(screen: SearchScreen) -> None:
    asked = opened(screen)
    show(screen, hit(), hit(page=1))
    screen._pages.document_opened.emit(asked[0], SIZES)
    screen.panel.list.step(1)
    assert len(asked) == 1
    assert screen.page.pointed_out == ((1, (PLACE,)),)


def test_a_document_that_comes_late_is_not_shown_over_a_newer_choice(screen: SearchScreen) -> None:
    asked = opened(screen)
    show(screen, hit("a"), hit("b"))
    screen.panel.list.step(1)
    screen._pages.document_opened.emit(asked[0], SIZES)
    assert not screen.page.pointed_out
    screen._pages.document_opened.emit(asked[1], SIZES)
    assert [page for page, _ in screen.page.pointed_out] == [2]


def test_enter_puts_the_keyboard_on_the_page(screen: SearchScreen) -> None:
    asked = opened(screen)
    screen.activateWindow()
    show(screen, hit())
    screen._pages.document_opened.emit(asked[0], SIZES)
    QTest.keyClick(screen.panel.field, Qt.Key.Key_Return)
    assert screen.page.hasFocus()


def test_a_document_that_cannot_be_opened_says_why(screen: SearchScreen) -> None:
    asked = opened(screen)
    show(screen, hit())
    screen._pages.document_failed.emit(asked[0], Unreadable("The file is damaged.", "Add it again."))
    assert screen.page.pointed_out == ()
    show(screen)
    assert "passage" in screen.notice.text


def test_a_source_without_a_file_shows_its_words(screen: SearchScreen) -> None:
    asked = opened(screen)
    bare = hit()
    show(screen, replace(bare, source=replace(bare.source, sha256="")))
    assert asked == []
    assert "The pump is covered." in screen.notice.text
