"""Pages: a document is opened once, kept while it may be needed, and closed with its process."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from app.domain.extraction import Document
from app.services.pages import KEPT_OPEN, Pages
from app.services.ports import PageInfo, Picture


class Blobs:
    def put(self, content: bytes) -> str:
        raise NotImplementedError

    def get(self, sha256: str) -> bytes:
        return sha256.encode()


class Opened:
    pages = (PageInfo(612, 792),)

    def __init__(self) -> None:
        self.closed = False

    def render(self, page, scale, clip=None, quarter_turns=0) -> Picture:
        return Picture(1, 1, b"\0\0\0")

    def words(self, page):
        return ()

    def close(self) -> None:
        self.closed = True


class Opener:
    def __init__(self) -> None:
        self.opened: dict[str, Opened] = {}
        self.times = 0
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, document: Document) -> Opened:
        self.times += 1
        self.gate.wait(5)
        return self.opened.setdefault(document.document_id, Opened())


def test_two_tiles_asked_for_at_once_open_the_document_once() -> None:
    opener = Opener()
    opener.gate.clear()
    pages = Pages(Blobs(), opener, None)
    with ThreadPoolExecutor(2) as both:
        asked = [both.submit(pages.render, "a", "application/pdf", 0, 1.0, None, 0) for _ in range(2)]
        opener.gate.set()
        for one in asked:
            one.result()
    assert opener.times == 1


def test_the_document_not_looked_at_for_longest_is_closed() -> None:
    opener = Opener()
    pages = Pages(Blobs(), opener, None)
    names = [str(n) for n in range(KEPT_OPEN + 1)]
    for name in names[:-1]:
        pages.open(name, "application/pdf")
    pages.open(names[0], "application/pdf")  # looked at again
    pages.open(names[-1], "application/pdf")
    assert [n for n in names if opener.opened[n].closed] == [names[1]]


def test_closing_leaves_nothing_open() -> None:
    opener = Opener()
    pages = Pages(Blobs(), opener, None)
    pages.open("a", "application/pdf")
    pages.close()
    assert opener.opened["a"].closed
