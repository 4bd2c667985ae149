"""The guideline panel over hits of the test's own, and the model behind it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QObject, QPoint, QRectF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.domain.errors import Actionable
from app.domain.evidence import Evidence
from app.domain.guideline import Found, Hit, Passage, SearchQuery, Source, SourceKind, evidence_of
from app.views import theme
from app.views.models.search_model import SearchModel
from app.views.widgets.guideline.guideline_panel import GuidelinePanel

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")
Key = Qt.Key


def hit(number: int, kind: SourceKind = SourceKind.POLICY, **more: Any) -> Hit:
    text = f"Passage {number} says that the insulin pump is covered after six months of injections."
    source = Source(f"policy:p{number}@1", kind, f"Policy number {number}", "file", "1", in_force=number != 2)
    return replace(
        Hit(
            source,
            Passage(number, text, 0, len(text), "B. Criteria"),
            text,
            ((24, 31), (32, 36)),
            9.0 - number,
        ),
        **more,
    )


def found(*hits: Hit, text: str = "insulin pump", **more: Any) -> Found:
    counts = tuple((kind, sum(h.source.kind is kind for h in hits)) for kind in SourceKind)
    return Found(SearchQuery(text), hits, counts, 12, **more)


@pytest.fixture
def panel(qtbot: QtBot) -> GuidelinePanel:
    theme.use("light")
    made = GuidelinePanel()
    qtbot.addWidget(made)
    made.resize(460, 700)
    made.show()
    return made


def heard(signal: Any) -> list[Any]:
    told: list[Any] = []
    signal.connect(lambda *values: told.append(values[0] if len(values) == 1 else values))
    return told


def type_into(panel: GuidelinePanel, text: str) -> None:
    QTest.keyClicks(panel.field, text)


def test_every_key_is_told(panel: GuidelinePanel) -> None:
    told = heard(panel.text_edited)
    type_into(panel, "cpa")
    assert told == ["c", "cp", "cpa"]
    QTest.keyClick(panel.field, Key.Key_Escape)
    assert panel.text == ""
    assert told[-1] == ""


def test_down_goes_into_the_results_enter_opens_and_escape_comes_back(panel: GuidelinePanel) -> None:
    opened = heard(panel.opened)
    panel.activateWindow()
    panel.focus_field()
    panel.show_found(found(hit(1), hit(2), hit(3)))
    QTest.keyClick(panel.field, Key.Key_Down)
    assert panel.list.hasFocus()
    QTest.keyClick(panel.list, Key.Key_Down)
    QTest.keyClick(panel.list, Key.Key_Return)
    assert [h.passage.page for h in opened] == [2]
    QTest.keyClick(panel.list, Key.Key_Escape)
    assert panel.field.hasFocus()


def test_up_from_the_first_result_goes_back_and_a_letter_types_on(panel: GuidelinePanel) -> None:
    panel.activateWindow()
    panel.show_found(found(hit(1), hit(2)))
    panel.list.setFocus()
    QTest.keyClick(panel.list, Key.Key_Up)
    assert panel.field.hasFocus()
    panel.list.setFocus()
    QTest.keyClick(panel.list, Key.Key_X)
    assert panel.text.endswith("x")


def test_enter_in_the_field_opens_the_first_result(panel: GuidelinePanel) -> None:
    opened = heard(panel.opened)
    panel.show_found(found(hit(1), hit(2)))
    QTest.keyClick(panel.field, Key.Key_Return)
    assert [h.passage.page for h in opened] == [1]


def test_a_passage_is_pinned_by_key_and_by_mouse_where_a_case_is_open(panel: GuidelinePanel) -> None:
    pinned = heard(panel.pinned)
    panel.show_found(found(hit(1), hit(2)))
    QTest.keyClick(panel.field, Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    assert pinned == []
    panel.set_in_case(True)
    QTest.keyClick(panel.field, Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    assert [h.passage.page for h in pinned] == [1]
    second = panel.list.rows.index(1)
    spot = panel.list.card.pin_place(QRectF(panel.list.visualRect(second))).center().toPoint()
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert [h.passage.page for h in pinned] == [1, 2]


def test_a_pinned_passage_is_known_by_its_place(panel: GuidelinePanel) -> None:
    from app.views.widgets.guideline.result_card import PINNED_ROLE

    panel.show_found(found(hit(1), hit(2)))
    panel.set_pins((evidence_of(hit(2)), Evidence("elsewhere", "d1")))
    assert [panel.list.rows.index(n).data(PINNED_ROLE) for n in (0, 1)] == [False, True]


def test_a_passage_is_dragged_as_evidence(panel: GuidelinePanel) -> None:
    carried: list[Evidence] = []
    panel.show_found(found(hit(1), hit(2)))
    panel.list._carry = lambda _widget, evidence: carried.append(evidence)
    start = panel.list.visualRect(panel.list.rows.index(1)).center()
    view = panel.list.viewport()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    far = start + QPoint(0, QApplication.startDragDistance() + 5)
    QTest.mouseMove(view, far)
    QApplication.sendEvent(view, _move(view, far))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=far)
    assert carried == [evidence_of(hit(2))]


def _move(view: QObject, at: QPoint) -> Any:
    from PySide6.QtCore import QEvent, QPointF
    from PySide6.QtGui import QMouseEvent

    return QMouseEvent(
        QEvent.Type.MouseMove, QPointF(at), QPointF(at), Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip


def test_one_kind_is_chosen_at_a_time_and_all_takes_it_back(panel: GuidelinePanel) -> None:
    told = heard(panel.kinds_chosen)
    panel.show_found(found(hit(1), hit(2, SourceKind.GUIDELINE)))
    assert panel.chips[SourceKind.POLICY].count == 1
    assert panel.all_chip.count == 2
    panel.chips[SourceKind.POLICY].click()
    panel.chips[SourceKind.GUIDELINE].click()
    panel.all_chip.click()
    assert told == [(SourceKind.POLICY,), (SourceKind.GUIDELINE,), ()]


def test_documents_of_a_case_are_offered_in_a_case_alone(panel: GuidelinePanel) -> None:
    assert not panel.chips[SourceKind.CLINICAL].isVisible()
    panel.set_in_case(True)
    assert panel.chips[SourceKind.CLINICAL].isVisible()
    panel.chips[SourceKind.CLINICAL].click()
    told = heard(panel.kinds_chosen)
    panel.set_in_case(False)
    assert told == [()]


def test_a_correction_is_said_and_can_be_refused(panel: GuidelinePanel) -> None:
    asked = heard(panel.as_typed_asked)
    panel.show_found(found(hit(1, corrected="insulin pump"), text="insuln pump"))
    assert panel.correction.isVisible()
    assert "insulin pump" in panel._corrected.text()
    assert "insuln pump" in panel._instead.text()
    panel._instead.click()
    assert len(asked) == 1
    panel.show_found(found(hit(1)))
    assert not panel.correction.isVisible()


def test_empty_states_say_what_to_do(panel: GuidelinePanel) -> None:
    panel.show_found(None)
    assert "Type a condition" in panel.empty.text
    panel.show_found(Found(SearchQuery(""), documents=0))
    assert "countersign index" in panel.empty.text
    panel.show_found(replace(found(text="xyzzy"), preparing=True))
    assert "so far" in panel.empty.text
    panel.show_found(found(text="xyzzy"))
    assert "xyzzy" in panel.empty.text
    panel.chips[SourceKind.POLICY].click()
    panel.show_found(found(text="xyzzy"))
    told = heard(panel.kinds_chosen)
    panel.empty.buttons[0].click()
    assert told == [()]
    panel.show_failed("The disk is full. Free some space.")
    assert "The disk is full." in panel.empty.text


def test_words_that_were_found_stand_on_a_tint(panel: GuidelinePanel) -> None:
    def tinted(shown: Hit) -> int:
        panel.show_found(found(shown, hit(3)))
        picture: QImage = panel.list.viewport().grab().toImage()
        tint = theme.colour("look_back").rgb()
        edge = panel.list.visualRect(panel.list.rows.index(0)).height()
        return sum(picture.pixel(x, y) == tint for x in range(picture.width()) for y in range(edge))

    assert tinted(hit(1)) > 200
    assert tinted(hit(1, marks=())) == 0


class Lane:
    """A background whose work is done when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Callable[..., Any], tuple[Any, ...], Any, Any]] = []

    def run(
        self, _owner: QObject, lane: str, function: Callable[..., Any], *arguments: Any,
        done: Any = None, failed: Any = None,
    ) -> Future[Any]:  # fmt: skip
        assert lane in ("search", "review")
        self.waiting.append((function, arguments, done, failed))
        return Future()

    def step(self) -> None:
        function, arguments, done, failed = self.waiting.pop(0)
        try:
            result = function(*arguments)
        except Actionable as error:
            failed(error)
        else:
            done(result)


class Desk:
    """A workstation that searches nothing but a list."""

    person = "nora"
    elsewhere = ""

    def __init__(self) -> None:
        self.asked: list[SearchQuery] = []
        self.hits: tuple[Hit, ...] = (hit(1), hit(2, SourceKind.GUIDELINE))
        self.error: Actionable | None = None
        self.searching = self

    def guidelines(self) -> Desk:
        return self

    def search(self, query: SearchQuery, by: str) -> tuple[Hit, ...]:
        assert by == "nora"
        self.asked.append(query)
        if self.error is not None:
            raise self.error
        return tuple(h for h in self.hits if not query.kinds or h.source.kind in query.kinds)

    def sources(self) -> tuple[Source, ...]:
        return tuple(h.source for h in self.hits)


@pytest.fixture
def model(qtbot: QtBot) -> SearchModel:
    made = SearchModel(Desk(), Lane())  # type: ignore[arg-type]
    made.desk = made._workstation  # type: ignore[attr-defined]
    made.lane = made._background  # type: ignore[attr-defined]
    return made


def test_what_is_typed_while_a_search_runs_waits_and_only_the_last_of_it_is_searched(model: Any) -> None:
    told = heard(model.found)
    for text in ("c", "cp", "cpa", "cpap"):
        model.set_text(text)
    assert len(model.lane.waiting) == 1
    model.lane.step()
    assert told == []  # “c” is not what is asked any more
    model.lane.step()
    assert [q.text for q in model.desk.asked] == ["c", "cpap"]
    assert [f.query.text for f in told] == ["cpap"]
    assert model.lane.waiting == []


def test_a_filter_keeps_the_counts_of_all_kinds(model: Any) -> None:
    told = heard(model.found)
    model.set_text("pump")
    model.lane.step()
    model.set_kinds((SourceKind.POLICY,))
    model.lane.step()
    assert [len(f.hits) for f in told] == [2, 1]
    assert dict(told[1].counts) == {SourceKind.POLICY: 1, SourceKind.GUIDELINE: 1}
    assert len(model.desk.asked) == 2


def test_words_that_were_cleared_show_nothing_of_a_search_under_way(model: Any) -> None:
    told = heard(model.found)
    model.set_text("pump")
    model.set_text("")
    model.lane.step()
    assert [f.hits for f in told] == [()]


def test_a_search_that_fails_is_told_and_the_next_one_runs(model: Any) -> None:
    failed, told = heard(model.failed), heard(model.found)
    model.desk.error = Actionable("The disk is full.", "Free some space.")
    model.set_text("pump")
    model.lane.step()
    assert [str(error) for error in failed] == ["The disk is full. Free some space."]
    model.desk.error = None
    model.set_text("pumps")
    model.lane.step()
    assert len(told) == 1


def test_what_becomes_findable_while_words_stand_there_is_searched_at_once(model: Any) -> None:
    told = heard(model.found)
    model.set_text("pump")
    model.lane.step()
    assert [f.preparing for f in told] == [False]
    model._preparing = True
    model._came()
    model.lane.step()
    assert [f.preparing for f in told] == [False, True]
    model._refreshed(())
    while model.lane.waiting:
        model.lane.step()
    assert [f.preparing for f in told] == [False, True, False]


def test_words_searched_as_typed_are_mended_again_when_they_change(model: Any) -> None:
    model.set_text("insuln")
    model.lane.step()
    model.search_as_typed()
    model.lane.step()
    model.set_text("insuln p")
    model.lane.step()
    assert [q.as_typed for q in model.desk.asked] == [False, True, False]
