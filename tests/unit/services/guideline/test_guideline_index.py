"""What can be searched follows what there is: files, policies, the documents of cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.domain.box import Box
from app.domain.case import Case, CaseDocument, Json
from app.domain.errors import Cancelled
from app.domain.extraction import Document, PageText, Word
from app.domain.guideline import SearchQuery, SourceKind
from app.domain.policy import Applies, Policy
from app.domain.role import NotAllowed, Person, Right, Role, require
from app.services.guideline_index import FILES, GuidelineIndex, Indexed
from app.services.guideline_searching import Searching
from app.services.local.guideline.search import LocalGuidelineSearch
from app.services.ports import Progress, Watch
from app.services.store.blob import BlobFolder
from app.services.store.guideline_file import GuidelineFile

KEY = bytes(range(32))
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def words_of(text: str, page: int) -> PageText:
    placed = []
    for row, line in enumerate(text.split("\n")):
        x = 0.1
        for word in line.split():
            placed.append(Word(word, Box(x, 0.1 + row * 0.02, x + 0.01 * len(word), 0.11 + row * 0.02)))
            x += 0.01 * len(word) + 0.01
    return PageText(page, tuple(placed))


@dataclass
class Reader:
    """Reads files whose pages are separated by form feeds; counts what it opened."""

    opened: list[str] = field(default_factory=list)

    def open(self, document: Document, watch: Watch | None = None) -> Reading:
        self.opened.append(document.document_id)
        return Reading(document.content.decode().split("\f"), watch)


@dataclass
class Reading:
    texts: list[str]
    watch: Watch | None

    @property
    def page_count(self) -> int:
        return len(self.texts)

    def page(self, number: int) -> PageText:
        if self.watch is not None:
            self.watch(Progress(number - 1, len(self.texts)))
        return words_of(self.texts[number - 1], number)

    def close(self) -> None:
        pass


@dataclass
class Keeping:
    kept: dict[str, Json] = field(default_factory=dict)
    notes: list[tuple[str, str, str | None, Json]] = field(default_factory=list)
    texts: dict[str, tuple[PageText, ...]] = field(default_factory=dict)

    def remember(self, key: str, value: Json) -> None:
        self.kept[key] = dict(value)

    def recall(self, key: str) -> Json | None:
        return self.kept.get(key)

    def note(self, action: str, by: str, at: datetime, case_id: str | None, detail: Json) -> None:
        assert at == NOW
        self.notes.append((action, by, case_id, detail))

    def words(self, sha256: str) -> tuple[PageText, ...]:
        return self.texts.get(sha256, ())


ROLES = {"ada": Role.ADMINISTRATOR, "nora": Role.UR_SPECIALIST, "casey": Role.CASE_MANAGER}


def check(by: str, right: Right) -> None:
    require(Person(by, by, (ROLES[by],)), right)


def in_store(function: Callable[..., Any], *arguments: object) -> Any:
    return function(*arguments)


@dataclass
class Desk:
    search: LocalGuidelineSearch
    keeping: Keeping
    reader: Reader
    index: GuidelineIndex
    folder: Path

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, "utf-8")
        return path

    def add(self, *paths: Path, kind: SourceKind = SourceKind.GUIDELINE) -> list[str]:
        return [found.outcome for found in self.index.add(paths, kind, "ada")]

    def finds(self, text: str, **more: Any) -> list[str]:
        return [hit.source.name for hit in self.search.search(SearchQuery(text, **more))]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    search = LocalGuidelineSearch(GuidelineFile(tmp_path / "w", KEY))
    keeping, reader = Keeping(), Reader()
    blobs = BlobFolder(tmp_path / "blobs", KEY)
    index = GuidelineIndex(search, keeping, in_store, blobs, reader, check, lambda: NOW)
    (tmp_path / "in").mkdir()
    yield Desk(search, keeping, reader, index, tmp_path / "in")
    search.close()


def test_a_file_is_found_at_its_page_and_not_read_twice(desk: Desk) -> None:
    path = desk.write("knee.txt", "Arthroplasty is planned.\fPhysiotherapy comes first.")
    assert desk.add(path) == ["added"]
    assert desk.add(path) == ["unchanged"]
    assert len(desk.reader.opened) == 1
    (hit,) = desk.search.search(SearchQuery("physiotherapy "))
    assert (hit.passage.page, hit.source.pages, hit.source.media_type) == (2, 2, "text/plain")
    assert hit.passage.box is not None


def test_a_changed_file_takes_the_place_of_the_old_one(desk: Desk) -> None:
    path = desk.write("knee.txt", "Arthroplasty is planned.")
    desk.add(path)
    desk.write("knee.txt", "Marzipan is planned.")
    assert desk.add(path) == ["changed"]
    assert desk.finds("arthroplasty ") == []
    assert desk.finds("marzipan ") == ["knee.txt"]


def test_the_same_content_twice_is_one_document(desk: Desk) -> None:
    first, second = desk.write("a.txt", "Marzipan."), desk.write("b.txt", "Marzipan.")
    desk.add(first, second)
    assert len(desk.search.sources()) == 1
    first.unlink()
    desk.index.prune([desk.folder], "ada")
    assert desk.finds("marzipan ") == ["a.txt"]  # b.txt holds it still


def test_removed_files_are_noticed_only_below_what_is_named(desk: Desk) -> None:
    path = desk.write("knee.txt", "Arthroplasty.")
    desk.add(path)
    path.unlink()
    assert desk.index.prune([desk.folder / "elsewhere"], "ada") == ()
    assert [found.outcome for found in desk.index.prune([desk.folder], "ada")] == ["removed"]
    assert desk.finds("arthroplasty ") == []
    assert desk.keeping.kept[FILES] == {}


def test_what_cannot_be_read_is_told_and_the_others_are_indexed(desk: Desk) -> None:
    empty, blank = desk.folder / "empty.txt", desk.write("blank.txt", "  \n ----  ")
    empty.write_bytes(b"")
    good = desk.write("good.txt", "Marzipan.")
    found = desk.index.add([empty, desk.folder / "none.txt", blank, good], SourceKind.GUIDELINE, "ada")
    assert [item.outcome for item in found] == ["refused", "refused", "refused", "added"]
    assert all(item.reason for item in found[:3])


def test_a_stopped_file_is_not_there_and_the_ones_before_it_are(desk: Desk) -> None:
    first = desk.write("a.txt", "Marzipan.")
    second = desk.write("b.txt", "Nougat.\fNougat again.")

    def watch(path: Path) -> Watch:
        def stop(progress: Progress, /) -> None:
            if path.name == "b.txt" and progress.done == 1:
                raise Cancelled("Stopped.")

        return stop

    with pytest.raises(Cancelled):
        desk.index.add([first, second], SourceKind.GUIDELINE, "ada", watch)
    assert desk.finds("marzipan ") == ["a.txt"]
    assert desk.finds("nougat ") == []
    assert [Path(place).name for place in desk.keeping.kept[FILES]] == ["a.txt"]


def test_only_an_administrator_adds(desk: Desk) -> None:
    path = desk.write("knee.txt", "Arthroplasty.")
    for by in ("nora", "casey"):
        with pytest.raises(NotAllowed):
            desk.index.add([path], SourceKind.GUIDELINE, by)
        with pytest.raises(NotAllowed):
            desk.index.prune([desk.folder], by)
    assert desk.search.sources() == ()


def test_a_lost_search_file_is_filled_from_what_the_workspace_keeps(desk: Desk, tmp_path: Path) -> None:
    path = desk.write("knee.txt", "Arthroplasty.")
    desk.add(path)
    path.unlink()  # the file itself is not needed for it
    fresh = LocalGuidelineSearch(GuidelineFile(tmp_path / "anew", KEY))
    blobs = BlobFolder(tmp_path / "blobs", KEY)
    index = GuidelineIndex(fresh, desk.keeping, in_store, blobs, desk.reader, check, lambda: NOW)
    assert [item.outcome for item in index.refresh()] == ["added"]
    assert [hit.source.name for hit in fresh.search(SearchQuery("arthroplasty "))] == ["knee.txt"]
    fresh.close()


@dataclass
class Listed:
    policy_id: str
    version: str
    in_force: bool


@dataclass
class Library:
    texts: dict[tuple[str, str], tuple[str, bool]]

    def versions(self, _policy_id: str | None = None) -> list[Listed]:
        return [Listed(name, version, force) for (name, version), (_, force) in self.texts.items()]

    def policy(self, policy_id: str, version: str = "") -> Policy:
        class Made:
            key = f"policy:{policy_id}@{version}"
            title = f"Policy {policy_id}"
            text = self.texts[policy_id, version][0]

        made: Any = Made()
        made.applies = Applies(("E0784",), ())
        made.policy_id, made.version = policy_id, version
        return made  # type: ignore[no-any-return]


def test_policies_follow_the_library(desk: Desk) -> None:
    library = Library({("pump", "1"): ("Pumps need marzipan.", True)})
    assert [item.outcome for item in desk.index.refresh(library)] == ["added"]
    assert desk.index.refresh(library) == ()
    assert desk.finds("e0784 ") == ["pump 1"]  # the code stands in the policy's data, not in its text
    library.texts = {
        ("pump", "1"): ("Pumps need marzipan.", False),
        ("pump", "2"): ("Pumps need marzipan and more.", True),
    }
    assert {item.outcome for item in desk.index.refresh(library)} == {"changed", "added"}
    hits = desk.search.search(SearchQuery("marzipan "))
    assert [(hit.source.source_id, hit.source.in_force) for hit in hits] == [
        ("policy:pump@2", True),
        ("policy:pump@1", False),
    ]
    library.texts = {}
    desk.index.refresh(library)
    assert desk.search.sources() == ()


def case(*documents: CaseDocument) -> Case:
    made: Any = Case.__new__(Case)
    object.__setattr__(made, "case_id", "c1")
    object.__setattr__(made, "documents", documents)
    return made  # type: ignore[no-any-return]


def clinical(document_id: str, sha256: str, pages: tuple[int, ...] = ()) -> CaseDocument:
    return CaseDocument(document_id, "notes.pdf", "", sha256, "application/pdf", "clinical", 2, pages, NOW)


def test_documents_of_a_case_are_found_as_their_words_become_known(desk: Desk) -> None:
    made = case(clinical("d1", "a" * 64, (2,)))
    assert desk.index.index_case(made) == ()
    desk.keeping.texts["a" * 64] = (words_of("The form.", 1), words_of("Wobblewort twice daily.", 2))
    assert [item.outcome for item in desk.index.index_case(made)] == ["added"]
    assert desk.index.index_case(made) == ()
    assert desk.finds("wobblewort ", case_id="c1") == ["notes.pdf"]
    assert desk.finds("form ", case_id="c1") == []  # a page of the file that is not of this document
    assert desk.finds("wobblewort ") == []


def test_a_document_taken_out_of_a_case_is_found_no_more(desk: Desk) -> None:
    desk.keeping.texts["a" * 64] = (words_of("Wobblewort.", 1),)
    desk.index.index_case(case(clinical("d1", "a" * 64)))
    assert [item.outcome for item in desk.index.index_case(case())] == ["removed"]
    assert desk.finds("wobblewort ", case_id="c1") == []


def test_who_may_review_searches_and_a_case_searched_is_a_case_read(desk: Desk) -> None:
    searching = Searching(desk.search, desk.keeping, in_store, check, lambda: NOW)
    desk.keeping.texts["a" * 64] = (words_of("Wobblewort.", 1),)
    desk.index.index_case(case(clinical("d1", "a" * 64)))
    query = SearchQuery("wobblewort ", case_id="c1")
    for _ in range(3):
        assert len(searching.search(query, "nora")) == 1
    searching.search(replace(query, case_id=""), "nora")
    searching.search(replace(query, kinds=(SourceKind.POLICY,)), "nora")
    searching.search(replace(query, case_id="", every_case=True), "nora")
    assert desk.keeping.notes == [
        ("searched", "nora", "c1", {}),
        ("searched", "nora", None, {"every_case": True}),
    ]
    with pytest.raises(NotAllowed):
        searching.search(query, "casey")


def test_indexing_is_in_the_audit_trail_with_counts_and_no_names(desk: Desk) -> None:
    path = desk.write("knee.txt", "Arthroplasty.")
    desk.add(path)
    desk.add(path)
    assert desk.keeping.notes == [("guidelines_indexed", "ada", None, {"added": 1})]


def test_progress_is_told_for_each_document(desk: Desk) -> None:
    told: list[Indexed] = []
    paths = [desk.write(f"{n}.txt", f"Marzipan {n}.") for n in range(3)]
    desk.index.add(paths, SourceKind.GUIDELINE, "ada", None, told.append)
    assert [item.name for item in told] == ["0.txt", "1.txt", "2.txt"]
    assert all(item.passages == 1 for item in told)


def test_a_right_that_was_taken_away_ends_searching_soon(desk: Desk) -> None:
    moments = [NOW]
    searching = Searching(desk.search, desk.keeping, in_store, check, lambda: moments[-1])
    desk.add(desk.write("knee.txt", "Arthroplasty."))
    assert len(searching.search(SearchQuery("arthroplasty "), "nora")) == 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ROLES, "nora", Role.CASE_MANAGER)
        moments.append(NOW + timedelta(seconds=31))
        with pytest.raises(NotAllowed):
            searching.search(SearchQuery("arthroplasty "), "nora")
