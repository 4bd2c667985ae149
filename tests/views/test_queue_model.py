"""The queue as a list: ids at once, rows when they are seen, nothing jumps when a case changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from shiboken6 import delete

from app.domain.queue import QueueQuery, QueueSort
from app.views.background import Background
from app.views.models.queue_model import ROW, QueueModel
from tests.scripted import a_pdf, a_workstation


@pytest.fixture
def filled(qapp, tmp_path: Path) -> Iterator[tuple]:
    with a_workstation(tmp_path) as station:
        ids = [
            station.in_store(station.intake.arrive, a_pdf(str(n)), f"fax {n:03}.pdf", "ada").case.case_id
            for n in range(30)
        ]
        background = Background(station.lanes)
        model = QueueModel(station, background)
        yield station, model, ids
        delete(model)
        delete(background)


def show(model: QueueModel, qtbot, query: QueueQuery | None = None) -> None:
    with qtbot.waitSignal(model.refreshed):
        if query is None:
            model.refresh()
        else:
            model.set_query(query)


def row_at(model: QueueModel, qtbot, place: int):
    qtbot.waitUntil(lambda: model.data(model.index(place), ROW) is not None)
    return model.data(model.index(place), ROW)


def test_all_open_cases_are_there_and_rows_come_when_they_are_seen(filled, qtbot) -> None:
    _, model, ids = filled
    show(model, qtbot)
    assert model.rowCount() == 30
    assert model.data(model.index(0), ROW) is None  # asked for, not yet there
    assert row_at(model, qtbot, 0).case_id == model.case_ids[0]
    assert set(model.case_ids) == set(ids)


def test_another_order_is_shown_when_it_is_asked_for(filled, qtbot) -> None:
    _, model, ids = filled
    show(model, qtbot, QueueQuery(sort=QueueSort.RECEIPT, descending=True))
    assert list(model.case_ids) == list(reversed(ids))


def test_typing_filters_the_queue(filled, qtbot) -> None:
    _, model, ids = filled
    show(model, qtbot, QueueQuery(text="fax 007"))
    assert model.case_ids == (ids[7],)


def test_a_new_arrival_is_inserted_without_starting_the_list_anew(filled, qtbot) -> None:
    station, model, _ = filled
    show(model, qtbot, QueueQuery(sort=QueueSort.RECEIPT))
    inserted: list[int] = []
    resets: list[bool] = []
    model.rowsInserted.connect(lambda _parent, first, _last: inserted.append(first))
    model.modelReset.connect(lambda: resets.append(True))
    station.in_store(station.intake.arrive, a_pdf("new"), "new.pdf", "ada")
    show(model, qtbot)
    assert inserted == [30]
    assert resets == []


def test_a_changed_case_is_announced_where_it_stands(filled, qtbot) -> None:
    _, model, ids = filled
    show(model, qtbot, QueueQuery(sort=QueueSort.RECEIPT))
    row_at(model, qtbot, 3)
    changed: list[int] = []
    model.dataChanged.connect(lambda first, _last: changed.append(first.row()))
    model.forget((ids[3],))
    qtbot.waitUntil(lambda: changed == [3])


def test_the_case_after_the_last_is_the_first(filled, qtbot) -> None:
    _, model, ids = filled
    show(model, qtbot, QueueQuery(sort=QueueSort.RECEIPT))
    assert model.after(ids[3]) == ids[4]
    assert model.after(ids[-1]) == ids[0]
    assert model.after(None) == ids[0]
