"""The texts of documents: read in the background, page by page, behind forms, resumed where it was cut off."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.domain.errors import Cancelled
from app.domain.extraction import Document
from app.services.document_text import DocumentTexts, TextProgress
from app.services.local.precedence import Precedence
from app.services.ports import Progress
from app.workstation import Settings, Workstation, build
from tests.written import LOST, WrittenReader, content_of, put_case, written_backends

KEY = bytes(32)
PAGES = ("Progress note one", "Page two says A1C 9.4", "Page three")


@contextmanager
def a_station(folder: Path, reader: WrittenReader) -> Iterator[Workstation]:
    made = build(Settings(folder, "ada"), KEY, written_backends(reader))
    try:
        yield made
    finally:
        made.close()


def attached(station: Workstation, *pages: str) -> tuple[str, str]:
    """A case with a document of these pages."""
    case = put_case(station)
    found = station.in_store(
        station.attaching.attach, case.case_id, "note.txt", content_of(*pages or PAGES), "ada"
    )
    return case.case_id, found.document_id


def words(station: Workstation, case_id: str, document_id: str) -> list[str]:
    texts = station.in_store(station.texts.texts, case_id, document_id)
    return [" ".join(word.text for word in page.words) for page in texts]


def waited(texts: DocumentTexts, begin: Callable[[], object]) -> list[TextProgress]:
    """What was told from the beginning of the work to its end."""
    told: list[TextProgress] = []
    ended = threading.Event()

    def tell(progress: TextProgress) -> None:
        told.append(progress)
        if progress.ended:
            ended.set()

    texts.told.append(tell)
    begin()
    assert ended.wait(10)
    texts.told.remove(tell)
    return told


def test_the_documents_of_a_case_are_read_in_the_background_and_progress_is_told(tmp_path: Path) -> None:
    reader = WrittenReader()
    with a_station(tmp_path, reader) as station:
        case_id, document_id = attached(station)
        assert [u.pages for u in station.in_store(station.texts.unread, case_id)] == [(1, 2, 3)]
        told = waited(station.texts, lambda: station.in_store(station.texts.want, case_id))
        assert [(p.done, p.total) for p in told[:-1]] == [(1, 3), (2, 3), (3, 3)]
        assert words(station, case_id, document_id) == list(PAGES)
        assert station.in_store(station.texts.unread, case_id) == ()
        assert station.in_store(station.texts.want, case_id) == 0


def test_reading_goes_on_after_a_kill_with_the_page_it_was_at(tmp_path: Path) -> None:
    def die(_: Document, page: int) -> None:
        if page == 3:
            raise SystemExit  # what a kill leaves behind: two pages kept, the case still wanted

    reader = WrittenReader(die)
    with a_station(tmp_path, reader) as station:
        case_id, document_id = attached(station)
        station.in_store(station.texts.leave, case_id)
        with pytest.raises(SystemExit):
            station.texts.read(case_id)
    second = WrittenReader()
    with a_station(tmp_path, second) as station:
        waited(station.texts, lambda: station.in_store(station.texts.catch_up))
        assert [page for _, page in second.asked] == [3]
        assert words(station, case_id, document_id) == list(PAGES)
    third = WrittenReader()
    with a_station(tmp_path, third) as station:
        station.in_store(station.texts.catch_up)
    assert third.asked == []


def test_a_page_that_cannot_be_read_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    reader = WrittenReader()
    with a_station(tmp_path, reader) as station:
        case_id, document_id = attached(station, "one", LOST, "three")
        (unread,) = station.texts.read(case_id)
        assert (unread.document_id, unread.pages, unread.lost) == (document_id, (), (2,))
        assert words(station, case_id, document_id) == ["one", "", "three"][::2]
        assert station.in_store(station.texts.want, case_id) == 0
        assert station.in_store(station.texts.again, case_id) == 1


def test_a_stopped_reading_keeps_its_pages_and_goes_on_when_asked(tmp_path: Path) -> None:
    reader = WrittenReader()
    with a_station(tmp_path, reader) as station:
        case_id, document_id = attached(station)
        reader.before = lambda _, page: station.texts.cancel(case_id) if page == 2 else None
        told = waited(station.texts, lambda: station.in_store(station.texts.want, case_id))
        assert told[-1].error is None
        assert words(station, case_id, document_id) == [PAGES[0]]
        reader.before = lambda _, page: None
        waited(station.texts, lambda: station.in_store(station.texts.want, case_id))
        assert [page for _, page in reader.asked] == [1, 2, 3]


def test_closing_the_program_ends_reading_at_once(tmp_path: Path) -> None:
    at_page_two, go_on = threading.Event(), threading.Event()

    def hold(_: Document, page: int) -> None:
        if page == 2:
            at_page_two.set()
            go_on.wait(10)

    reader = WrittenReader(hold)
    with a_station(tmp_path, reader) as station:
        case_id, _ = attached(station)
        station.in_store(station.texts.want, case_id)
        assert at_page_two.wait(10)
        station.texts.close()
        go_on.set()
    assert [page for _, page in reader.asked] == [1]


def test_the_document_looked_at_is_read_before_the_others(tmp_path: Path) -> None:
    held = threading.Event()

    def hold(_: Document, page: int) -> None:
        held.wait(10)

    reader = WrittenReader(hold)
    with a_station(tmp_path, reader) as station:
        cases = [attached(station, f"note of case {n}")[0] for n in range(3)]
        order: list[str] = []
        ended = threading.Event()

        def tell(progress: TextProgress) -> None:
            if progress.ended:
                order.append(progress.case_id)
                if len(order) == 3:
                    ended.set()

        station.texts.told.append(tell)
        station.in_store(station.texts.want, cases[0])
        station.in_store(station.texts.want, cases[1])
        station.in_store(lambda: station.texts.want(cases[2], first=True))
        held.set()
        assert ended.wait(10)
        assert order == [cases[0], cases[2], cases[1]]


def test_a_form_that_waits_to_be_read_is_read_as_a_form_first(tmp_path: Path) -> None:
    with a_station(tmp_path, WrittenReader()) as station:
        from tests.scripted import a_pdf

        case = station.in_store(station.intake.arrive, a_pdf(), "form.pdf", "ada").case
        assert station.in_store(station.texts.want, case.case_id) == 0


def test_one_file_in_two_cases_is_read_once(tmp_path: Path) -> None:
    reader = WrittenReader()
    with a_station(tmp_path, reader) as station:
        first, _ = attached(station)
        second, document_id = attached(station)
        station.texts.read(first)
        assert station.texts.read(second) == ()
        assert len(reader.asked) == len(PAGES)
        assert words(station, second, document_id) == list(PAGES)


def test_forms_go_before_pages_of_documents() -> None:
    precedence = Precedence()
    ticks: list[Progress] = []

    def watch(progress: Progress) -> None:
        ticks.append(progress)
        if len(ticks) > 3:
            raise Cancelled("stopped")

    with precedence.first(), pytest.raises(Cancelled):
        precedence.last(watch)
    assert len(ticks) == 4
    Precedence().last(None)
