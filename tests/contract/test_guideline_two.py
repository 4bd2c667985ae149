"""This computer's index and the payer's as one, and bringing the payer's in step."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.oauth2.credentials import Credentials

from app.domain.box import Box
from app.domain.errors import Cancelled, Offline
from app.domain.guideline import Passage, SearchAnswer, SearchQuery, Source, SourceKind, evidence_of
from app.services.google.vertex_search.search import BUCKET, VertexGuidelineSearch
from app.services.guideline_answering import SearchInTwo, publish
from app.services.local.bucket_folder import FolderBuckets
from app.services.local.guideline.search import LocalGuidelineSearch
from app.services.ports import Progress
from app.services.store.guideline_file import GuidelineFile
from tests.vertex_search_server import CONFIG, SearchApp, named, search_app

KEY = bytes(range(32))
PUMP = "Nothing of interest stands first. An insulin pump is covered when HbA1c stays above 7 percent for a year."
KNEE = "Arthroplasty of the knee follows twelve weeks of physiotherapy."


class Both:
    """Two real indexes: a file here, Vertex AI Search on loopback there."""

    def __init__(self, folder: Path, app: SearchApp, buckets: FolderBuckets) -> None:
        self.blobs: dict[str, bytes] = {}
        self.app = app
        self.here = LocalGuidelineSearch(GuidelineFile(folder, KEY))
        self.there = VertexGuidelineSearch(
            CONFIG, lambda: Credentials("token"),  # type: ignore[no-untyped-call]
            buckets=lambda: buckets, content=self.blobs.__getitem__, bucket_name=named,
            endpoint=app.address, roots=app.roots,
        )  # fmt: skip
        self.two = SearchInTwo(self.here, self.there)

    def put(
        self, name: str, text: str, kind: SourceKind = SourceKind.POLICY, case_id: str = "", **more: Any
    ) -> Source:
        content = text.encode()
        sha256 = hashlib.sha256(content).hexdigest()
        self.blobs[sha256] = content
        given = {"media_type": "text/plain"} | more
        source = Source(name, kind, f"Title of {name}", name, sha256[:8], case_id, sha256, pages=1, **given)
        cut = text.index(". ") + 2 if ". " in text else 0
        passages = [Passage(1, text[cut:], cut, len(text), "Criteria", Box(0.1, 0.3, 0.9, 0.4))]
        if cut:
            passages.insert(0, Passage(1, text[:cut], 0, cut, "", Box(0.1, 0.1, 0.9, 0.2)))
        self.here.put(source, tuple(passages))
        return source

    def answer(self, text: str, **more: Any) -> SearchAnswer:
        return self.two.answer(SearchQuery(text, **more))


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Both]:
    buckets = FolderBuckets(tmp_path / "cloud", KEY)
    with search_app(lambda uri: buckets.get(uri.replace(named(BUCKET), BUCKET)).decode()) as app:
        made = Both(tmp_path, app, buckets)
        yield made
        made.there.close()
        made.here.close()


def test_keys_are_answered_here_and_questions_there(both: Both) -> None:
    both.put("pump", PUMP)
    publish(both.here, both.there)
    asked = len(both.app.asked)
    assert both.two.search(SearchQuery("insulin pu"))
    assert len(both.app.asked) == asked
    assert both.answer("insulin pump ").answered_by == "Vertex AI Search"
    assert len(both.app.asked) == asked + 1


def test_what_is_found_there_gets_its_place_on_the_page_here(both: Both) -> None:
    source = both.put("pump", PUMP)
    publish(both.here, both.there)
    found = both.answer("when is an insulin pump covered ")
    (hit,) = found.hits
    assert hit.source == source
    assert hit.passage.box == Box(0.1, 0.3, 0.9, 0.4)  # the passage the words stand in, not the page's first
    evidence = evidence_of(hit)
    assert evidence.start == PUMP.index("An insulin")
    assert found.summary is not None
    assert found.summary.sources[0].passage.box is not None


def test_what_is_only_there_is_shown_with_its_words_and_no_place(both: Both) -> None:
    both.put("pump", PUMP)
    publish(both.here, both.there)
    both.here.remove("pump")
    (hit,) = both.answer("insulin pump ").hits
    assert (hit.source.sha256, hit.passage.box) == ("", None)
    evidence = evidence_of(hit)
    assert (evidence.start, evidence.end, evidence.span) == (None, None, None)
    assert "insulin pump" in evidence.quote


def test_this_computer_answers_when_the_other_index_cannot_be_reached(both: Both) -> None:
    both.put("pump", PUMP)
    publish(both.here, both.there)
    both.app.down = True
    found = both.answer("insulin pump ")
    assert [hit.source.name for hit in found.hits] == ["pump"]
    assert (found.answered_by, found.summary) == ("", None)
    assert found.note == "Vertex AI Search cannot be reached."


def test_this_computer_answers_when_nobody_is_signed_in(both: Both) -> None:
    both.put("pump", PUMP)
    both.app.tokens = frozenset()
    found = both.answer("insulin pump ")
    assert found.hits
    assert "Sign in" in found.note


def test_this_computer_answers_what_the_other_index_does_not_find(both: Both) -> None:
    both.put("pump", PUMP)
    found = both.answer("insulin pump ")
    assert found.hits
    assert found.note == "Vertex AI Search found nothing."


def test_documents_of_a_case_are_found_here_and_never_asked_for_there(both: Both) -> None:
    both.put("pump", PUMP)
    both.put("c1/note", "The patient wears an insulin pump.", SourceKind.CLINICAL, "c1")
    assert [item.source_id for item in publish(both.here, both.there)] == ["pump"]
    assert {str(d.struct_data["kind"]) for d in both.app.documents.values()} == {"policy"}
    assert [h.source.source_id for h in both.answer("insulin pump ", case_id="c1").hits] == [
        "pump",
        "c1/note",
    ]
    assert [h.source.source_id for h in both.answer("insulin pump ").hits] == ["pump"]
    asked = len(both.app.asked)
    only = both.answer("insulin pump ", case_id="c1", kinds=(SourceKind.CLINICAL,))
    assert [h.source.source_id for h in only.hits] == ["c1/note"]
    assert len(both.app.asked) == asked


def test_publishing_brings_the_other_index_in_step_and_costs_nothing_twice(both: Both) -> None:
    both.put("pump", PUMP)
    both.put("knee", KNEE)
    both.put("scan", KNEE, media_type="image/tiff")
    done = publish(both.here, both.there)
    assert sorted((i.source_id, i.outcome) for i in done) == [
        ("knee", "added"), ("pump", "added"), ("scan", "refused"),
    ]  # fmt: skip
    assert next(i.reason for i in done if i.source_id == "scan")
    assert [(i.source_id, i.outcome) for i in publish(both.here, both.there)] == [("scan", "refused")]
    both.here.remove("scan")
    both.here.remove("knee")
    both.put("pump", PUMP + " For children too.")
    assert sorted((i.source_id, i.outcome) for i in publish(both.here, both.there)) == [
        ("knee", "removed"), ("pump", "changed"),
    ]  # fmt: skip
    assert [s.source_id for s in both.there.sources()] == ["pump"]


def test_a_version_that_is_no_longer_in_force_is_published_as_such(both: Both) -> None:
    both.put("pump", PUMP)
    publish(both.here, both.there)
    both.put("pump", PUMP, in_force=False)
    assert [i.outcome for i in publish(both.here, both.there)] == ["changed"]
    assert not both.answer("insulin pump ").hits[0].source.in_force


def test_what_others_put_there_is_left_alone(both: Both) -> None:
    both.put("pump", PUMP)
    publish(both.here, both.there)
    (document,) = both.app.documents.values()
    document.struct_data = {"title": "Theirs"}
    both.here.remove("pump")
    assert publish(both.here, both.there) == ()
    assert len(both.app.documents) == 1


def test_publishing_can_be_stopped_and_goes_on_later(both: Both) -> None:
    both.put("pump", PUMP)
    both.put("knee", KNEE)

    def stop(progress: Progress) -> None:
        if progress.done:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        publish(both.here, both.there, stop)
    assert len(both.app.documents) == 1
    assert [i.outcome for i in publish(both.here, both.there)] == ["added"]


def test_publishing_while_the_other_index_is_away_is_told(both: Both) -> None:
    both.put("pump", PUMP)
    both.app.down = True
    with pytest.raises(Offline):
        publish(both.here, both.there)
