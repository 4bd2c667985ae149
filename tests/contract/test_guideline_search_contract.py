"""What every guideline search promises: the index of this computer, and Vertex AI Search over its real client."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.guideline import Hit, Passage, SearchQuery, Source, SourceKind
from app.services.google.vertex_search.search import BUCKET, VertexGuidelineSearch
from app.services.local.bucket_folder import FolderBuckets
from app.services.local.guideline.search import LocalGuidelineSearch
from app.services.ports import GuidelineSearch
from app.services.store.guideline_file import GuidelineFile
from tests.vertex_search_server import CONFIG, LOCATION, named, search_app

KEY = bytes(range(32))
CPAP = "Continuous positive airway pressure is covered for an initial period of 12 weeks."
APNEA = "A home sleep test with at least three channels shows 15 events per hour."
PUMP = "An insulin pump needs glycosylated hemoglobin above 7.0% and four daily tests of blood sugar."
KNEE = "Arthroplasty of the knee follows twelve weeks of physiotherapy; M17.11 is optimized first."

Put = Callable[..., Source]


class Shelf:
    """A search that is filled as the program fills it, whatever stands behind it."""

    def __init__(self, search: GuidelineSearch, blobs: dict[str, bytes]) -> None:
        self.search, self._blobs = search, blobs

    def put(self, name: str, *pages: str, kind: SourceKind = SourceKind.POLICY, **more: object) -> Source:
        content = "\f".join(pages).encode()
        sha256 = hashlib.sha256(content).hexdigest()
        self._blobs[sha256] = content
        made = Source(
            f"policy:{name}@1", kind, f"Title of {name}", name, sha256[:8], "", sha256, "text/plain", len(pages),
            **more,  # type: ignore[arg-type]
        )  # fmt: skip
        passages = tuple(Passage(at, text, 0, len(text)) for at, text in enumerate(pages, 1))
        self.search.put(made, passages)
        return made

    def found(self, text: str, **more: object) -> tuple[Hit, ...]:
        return self.search.search(SearchQuery(text, **more))  # type: ignore[arg-type]

    def names(self, text: str, **more: object) -> list[str]:
        return list(dict.fromkeys(hit.source.name for hit in self.found(text, **more)))


@pytest.fixture(params=["here", "vertex"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shelf]:
    blobs: dict[str, bytes] = {}
    if request.param == "here":
        here = LocalGuidelineSearch(GuidelineFile(tmp_path, KEY))
        yield Shelf(here, blobs)
        here.close()
        return
    from google.oauth2.credentials import Credentials

    buckets = FolderBuckets(tmp_path, KEY)
    with search_app(lambda uri: buckets.get(uri.replace(named(BUCKET), BUCKET)).decode()) as app:
        there = VertexGuidelineSearch(
            CONFIG, lambda: Credentials("token"), LOCATION,  # type: ignore[no-untyped-call]
            buckets=lambda: buckets, content=blobs.__getitem__, bucket_name=named,
            endpoint=app.address, roots=app.roots,
        )  # fmt: skip
        yield Shelf(there, blobs)
        there.close()


def test_a_passage_is_found_with_its_source_page_and_words(shelf: Shelf) -> None:
    put = shelf.put("cpap", "Nothing of interest stands here.", CPAP)
    shelf.put("pump", PUMP)
    (hit,) = shelf.found("airway pressure ")
    assert hit.source == put
    assert hit.passage.page == 2
    assert CPAP in hit.passage.text
    assert hit.score > 0


def test_marks_are_the_words_looked_for_within_the_snippet(shelf: Shelf) -> None:
    shelf.put("pump", PUMP)
    (hit,) = shelf.found("insulin pump ")
    marked = " ".join(hit.snippet[a:b] for a, b in hit.marks)
    assert marked.casefold() == "insulin pump"
    assert all(0 <= a < b <= len(hit.snippet) for a, b in hit.marks)
    assert {"insulin", "pump"} & {term.casefold() for term in " ".join(hit.terms).split()}


def test_an_empty_question_finds_nothing(shelf: Shelf) -> None:
    shelf.put("pump", PUMP)
    for text in ("", "   "):
        assert shelf.found(text) == ()
    assert shelf.found("pump ", limit=0) == ()


def test_what_stands_nowhere_finds_nothing(shelf: Shelf) -> None:
    shelf.put("pump", PUMP)
    assert shelf.found("xyzzyq plughq ") == ()


def test_the_best_passage_comes_first(shelf: Shelf) -> None:
    shelf.put("knee", KNEE)
    shelf.put("apnea", APNEA)
    shelf.put("cpap", CPAP)
    assert shelf.names("weeks of physiotherapy for the knee ")[0] == "knee"
    scores = [hit.score for hit in shelf.found("weeks of physiotherapy for the knee ")]
    assert scores == sorted(scores, reverse=True)


def test_words_in_quotes_stay_together(shelf: Shelf) -> None:
    shelf.put("pump", PUMP)
    assert shelf.names('"insulin pump" ') == ["pump"]
    assert shelf.names('"pump insulin" ') == []


def test_only_the_kinds_that_are_asked_for_are_found(shelf: Shelf) -> None:
    shelf.put("plan", "The plan covers an insulin pump.")
    shelf.put("care", "Care with an insulin pump.", kind=SourceKind.GUIDELINE)
    assert set(shelf.names("insulin pump ")) == {"plan", "care"}
    assert shelf.names("insulin pump ", kinds=(SourceKind.GUIDELINE,)) == ["care"]
    assert shelf.names("insulin pump ", kinds=(SourceKind.POLICY,)) == ["plan"]
    assert shelf.names("insulin pump ", kinds=(SourceKind.CLINICAL,)) == []


def test_no_more_is_found_than_is_asked_for(shelf: Shelf) -> None:
    for number in range(7):
        shelf.put(f"p{number}", f"Part {number}: an insulin pump is covered.")
    assert len(shelf.found("insulin pump ", limit=3)) == 3
    assert len(shelf.found("insulin pump ", limit=20)) == 7


def test_a_correction_is_told_and_can_be_refused(shelf: Shelf) -> None:
    shelf.put("knee", KNEE)
    (hit,) = shelf.found("physiotheraphy ")
    assert hit.corrected.strip() == "physiotherapy"
    assert shelf.found("physiotheraphy ", as_typed=True) == ()
    assert shelf.found("physiotherapy ")[0].corrected == ""


def test_a_version_that_is_not_in_force_comes_after_the_one_that_is(shelf: Shelf) -> None:
    shelf.put("a-old", "An insulin pump is covered after six months.", in_force=False)
    shelf.put("b-new", "An insulin pump is covered after three months.", in_force=True)
    assert shelf.names("insulin pump covered ") == ["b-new", "a-old"]


def test_a_source_put_again_replaces_what_it_said(shelf: Shelf) -> None:
    first = shelf.put("pump", PUMP)
    again = shelf.put("pump", KNEE)
    assert shelf.names("insulin ") == []
    assert shelf.names("knee ") == ["pump"]
    assert first.digest != again.digest
    assert shelf.search.sources() == (again,)


def test_a_source_that_is_removed_is_found_no_more(shelf: Shelf) -> None:
    put = shelf.put("pump", PUMP)
    shelf.search.remove(put.source_id)
    assert shelf.found("insulin pump ") == ()
    assert shelf.search.sources() == ()
    shelf.search.remove(put.source_id)  # what is gone already is no error


def test_sources_are_told_as_they_were_put(shelf: Shelf) -> None:
    put = {shelf.put("pump", PUMP, also="E0784 A4224"), shelf.put("knee", KNEE, in_force=False)}
    assert set(shelf.search.sources()) == put


def test_several_threads_search_at_once(shelf: Shelf) -> None:
    shelf.put("pump", PUMP)
    shelf.put("knee", KNEE)
    found: list[list[str]] = []
    threads = [
        threading.Thread(target=lambda text=text: found.append(shelf.names(text)))
        for text in ("insulin pump ", "knee ", "insulin pump ", "knee ")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [["knee"], ["knee"], ["pump"], ["pump"]]


def test_a_hit_says_the_same_twice(shelf: Shelf) -> None:
    shelf.put("pump", PUMP)
    first, second = shelf.found("insulin pump "), shelf.found("insulin pump ")
    assert [replace(hit, score=0) for hit in first] == [replace(hit, score=0) for hit in second]
