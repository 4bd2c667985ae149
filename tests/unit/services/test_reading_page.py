"""Reading files page by page: which pages belong together, which cost a worker, how long files go."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pymupdf
import pytest

from app.domain.errors import Unreadable
from app.domain.extraction import Document, Extraction
from app.services import media
from app.services.document_worker.process import LostPages
from app.services.local.ocr_form_processor import OcrFormProcessor
from app.services.ports import Progress


@pytest.fixture(scope="module")
def processor() -> Iterator[OcrFormProcessor]:
    made = OcrFormProcessor(())
    yield made
    made.close()


def letters(*texts: str) -> bytes:
    document = pymupdf.open()
    for text in texts:
        page = document.new_page()
        for number, line in enumerate(text.splitlines()):
            page.insert_text((72, 90 + 24 * number), line, fontsize=12)
    return bytes(document.tobytes())


def words_on(extraction: Extraction) -> dict[int, str]:
    return {t.page: " ".join(w.text for w in t.words) for t in extraction.texts}


# -- pages that cost a worker


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_page_that_kills_two_workers_is_left_out_and_the_others_are_read(
    processor: OcrFormProcessor,
) -> None:
    killed: list[int] = []

    def kill_on_the_second_page(progress: Progress) -> None:
        worker = processor._documents._worker
        if progress == Progress(1, 3) and len(killed) < 2 and worker is not None and worker.pid not in killed:
            killed.append(worker.pid)
            os.kill(worker.pid, signal.SIGKILL)

    content = letters("Patient name: Ann Other", "a page that is lost", "Seen again in May")
    extraction = processor.process(Document("doc", media.PDF, content), kill_on_the_second_page)
    assert len(killed) == 2
    assert extraction.unread == (2,)
    assert extraction.page_count == 3
    assert {1, 3} == set(words_on(extraction))
    assert [p for part in extraction.parts for p in part.pages].count(2) == 1


def test_a_page_is_tried_twice_and_then_left_out() -> None:
    losses = LostPages()
    for attempt in range(2):
        losses.following(None)(4, 10)
        assert losses.again(), attempt
    assert losses.left_out == [5]


def test_a_file_whose_only_page_costs_workers_is_given_up() -> None:
    losses = LostPages()
    losses.following(None)(0, 1)
    assert losses.again()
    losses.following(None)(0, 1)
    assert not losses.again()


def test_a_file_that_costs_a_worker_before_its_first_page_is_tried_twice() -> None:
    losses = LostPages()
    losses.following(None)
    assert losses.again()
    losses.following(None)
    assert not losses.again()
