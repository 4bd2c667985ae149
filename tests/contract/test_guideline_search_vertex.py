"""What Vertex AI Search does beyond the port, and how each of its refusals is told."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from google.auth.exceptions import RefreshError
from google.oauth2.credentials import Credentials

from app.domain.errors import Actionable, Offline, Rejected, SignInRequired
from app.domain.guideline import SearchQuery, Source, SourceKind
from app.services.google.vertex_search.marking import cutting, marks_in, unmarked, words_of
from app.services.google.vertex_search.search import BUCKET, PLAIN_NOTE, VertexGuidelineSearch
from app.services.local.bucket_folder import FolderBuckets
from tests.vertex_search_server import CONFIG, LOCATION, STORE_CONFIG, SearchApp, named, search_app

PUMP = "An insulin pump is covered when HbA1c stays above 7.0 %. Four tests a day are shown."
KNEE = "Größe und Länge: the knee — measured in °. Arthroplasty follows physiotherapy."

Open = Callable[..., AbstractContextManager[tuple[VertexGuidelineSearch, SearchApp]]]


@pytest.fixture
def opened(tmp_path: Any) -> Open:
    buckets = FolderBuckets(tmp_path, bytes(32))
    blobs: dict[str, bytes] = {}

    @contextmanager
    def opened(
        *texts: str, config: str = CONFIG, credentials: Any = None, **more: Any
    ) -> Iterator[tuple[VertexGuidelineSearch, SearchApp]]:
        with search_app(lambda uri: buckets.get(uri.replace(named(BUCKET), BUCKET)).decode(), **more) as app:
            writer = VertexGuidelineSearch(
                STORE_CONFIG, lambda: Credentials("token"), LOCATION,  # type: ignore[no-untyped-call]
                buckets=lambda: buckets, content=blobs.__getitem__, bucket_name=named,
                endpoint=app.address, roots=app.roots,
            )  # fmt: skip
            for number, text in enumerate(texts):
                sha256 = hashlib.sha256(text.encode()).hexdigest()
                blobs[sha256] = text.encode()
                writer.put(a_source(f"policy:p{number}@1", sha256), ())
            writer.close()
            made = VertexGuidelineSearch(
                config, credentials or (lambda: Credentials("token")), LOCATION,  # type: ignore[no-untyped-call]
                buckets=lambda: buckets, content=blobs.__getitem__, bucket_name=named,
                endpoint=app.address, roots=app.roots,
            )  # fmt: skip
            yield made, app
            made.close()

    return opened


def a_source(source_id: str, sha256: str = "0" * 64, **more: Any) -> Source:
    given = {"kind": SourceKind.POLICY, "title": "Pumps", "name": "pumps.txt", "digest": "d"} | more
    return Source(source_id, sha256=sha256, **({"media_type": "text/plain", "pages": 1} | given))


def ask(search: VertexGuidelineSearch, text: str = "insulin pump ", **more: Any) -> Any:
    return search.answer(SearchQuery(text, **more))


# Answers


def test_results_may_be_passages_and_not_documents(opened: Open) -> None:
    with opened("Nothing of it.\f" + PUMP, KNEE, chunks=True) as (search, _):
        found = ask(search, "when is an insulin pump covered ")
    (hit, *_) = found.hits
    assert hit.passage.text == PUMP
    assert hit.passage.page == 2
    assert hit.source.source_id == "policy:p0@1"
    assert hit.marks
    assert found.summary is not None


def test_a_summary_that_cites_whole_documents_leads_to_what_was_found_in_them(opened: Open) -> None:
    with opened(PUMP, whole=True) as (search, _):
        summary = ask(search, "when is an insulin pump covered ").summary
    assert summary is not None
    (source,) = summary.sources
    assert "insulin pump" in source.passage.text
    assert summary.citations[0].numbers == (1,)


def test_a_service_that_is_switched_off_is_no_missing_permission(opened: Open) -> None:
    with opened(PUMP) as (search, app):
        app.disabled = True
        with pytest.raises(Rejected) as told:
            ask(search)
    assert told.value.code == "service_disabled"


def test_a_serving_config_may_be_named_without_its_collection() -> None:
    config = f"projects/p/locations/{LOCATION}/dataStores/d/servingConfigs/default_search"
    made = VertexGuidelineSearch(config, lambda: None, LOCATION)
    assert made._branch() == f"projects/p/locations/{LOCATION}/dataStores/d/branches/default_branch"


def test_every_number_of_a_summary_leads_to_the_passage_it_rests_on(opened: Open) -> None:
    with opened(PUMP, KNEE) as (search, _):
        found = ask(search, "when is an insulin pump or a knee covered ")
    assert found.answered_by == "Vertex AI Search"
    summary = found.summary
    assert summary is not None
    cited = [(summary.text[c.start : c.end], c.numbers) for c in summary.citations]
    assert cited == [
        ("An insulin pump is covered when HbA1c stays above 7.0 %.", (1,)),
        ("Größe und Länge: the knee — measured in °.", (2,)),
    ]
    for words, numbers in cited:
        for number in numbers:
            source = summary.sources[number - 1]
            assert words.rstrip(".") in source.passage.text
            assert source.passage.page == 1
            assert source.source.source_id.startswith("policy:")


def test_offsets_of_a_summary_are_counted_in_characters_not_in_bytes(opened: Open) -> None:
    with opened(KNEE, "The knee: after physiotherapy. It rests.") as (search, _):
        summary = ask(search, "what is said of the knee and physiotherapy ").summary
    assert summary is not None
    assert {summary.text[c.start : c.end] for c in summary.citations} == {
        "Größe und Länge: the knee — measured in °.",
        "The knee: after physiotherapy.",
    }


def test_a_few_words_are_answered_without_a_summary(opened: Open) -> None:
    with opened(PUMP) as (search, _):
        found = ask(search)
    assert found.hits
    assert found.summary is None


def test_a_plain_search_asks_for_no_summary(opened: Open) -> None:
    with opened(PUMP) as (search, app):
        search.search(SearchQuery("when is an insulin pump covered "))
    assert not app.asked[-1].content_search_spec.summary_spec


def test_results_are_fetched_page_by_page_until_there_are_enough(opened: Open) -> None:
    texts = [f"Part {n}: an insulin pump is covered." for n in range(7)]
    with opened(*texts, most=2) as (search, app):
        assert len(ask(search, limit=5).hits) == 5
        assert len(app.asked) == 3
        assert len(ask(search, limit=50).hits) == 7
    assert not app.refused


def test_a_standard_edition_is_asked_again_for_what_it_has(opened: Open) -> None:
    with opened(PUMP, edition="standard") as (search, app):
        found = ask(search, "when is an insulin pump covered ")
        assert [hit.source.title for hit in found.hits] == ["Pumps"]
        assert (found.summary, found.note) == (None, PLAIN_NOTE)
        ask(search)
    assert len(app.refused) == 1  # it is not tried a second time


def test_an_app_over_several_data_stores_is_asked_without_settings(opened: Open) -> None:
    with opened(PUMP, edition="blended") as (search, app):
        assert ask(search).hits
    assert len(app.refused) == 1


def test_what_others_put_there_is_found_by_its_title_and_place(opened: Open) -> None:
    with opened(PUMP) as (search, app):
        (document,) = app.documents.values()
        document.struct_data = {}
        (hit,) = ask(search).hits
    assert (hit.source.kind, hit.source.sha256) == (SourceKind.GUIDELINE, "")
    assert hit.source.source_id == document.name
    assert hit.source.title


def test_documents_of_cases_are_neither_put_nor_found(opened: Open) -> None:
    with opened(PUMP) as (search, app):
        with pytest.raises(Rejected) as told:
            search.put(a_source("case/d1", kind=SourceKind.CLINICAL, case_id="case"), ())
        assert told.value.code == "search_clinical"
        (document,) = app.documents.values()
        document.struct_data = {"kind": "clinical"}
        assert ask(search).hits == ()
        assert search.sources() == ()
        asked = len(app.asked)
        assert ask(search, kinds=(SourceKind.CLINICAL,)).hits == ()
        assert len(app.asked) == asked  # nobody is asked


def test_the_engine_says_which_data_store_documents_go_to(opened: Open) -> None:
    with opened(PUMP) as (search, app):
        search.remove("policy:p0@1")
        assert not app.documents
        app.stores = ("guidelines", "letters")
    with opened(PUMP, stores=("a", "b")) as (search, _), pytest.raises(Rejected) as told:
        search.sources()
    assert told.value.code == "search_stores"


# Refusals


class Expired(Credentials):  # type: ignore[misc]
    """A sign-in whose refresh token was withdrawn."""

    def refresh(self, _request: object) -> None:
        raise RefreshError("invalid_grant")


def test_an_expired_token_asks_for_a_new_sign_in(opened: Open) -> None:
    with opened(PUMP) as (search, app):
        ask(search)
        app.tokens = frozenset({"another"})
        with pytest.raises(SignInRequired):
            ask(search)


def test_a_refresh_that_is_refused_asks_for_a_new_sign_in(opened: Open) -> None:
    with opened(PUMP, credentials=lambda: Expired(None)) as (search, _), pytest.raises(SignInRequired):
        ask(search)


def test_nobody_signed_in_is_told_as_such(opened: Open) -> None:
    def nobody() -> Credentials:
        raise SignInRequired("Nobody is signed in.", "Sign in.")

    with opened(PUMP, credentials=nobody) as (search, _), pytest.raises(SignInRequired):
        ask(search)


def test_a_service_that_is_away_is_told_as_offline(opened: Open) -> None:
    with opened(PUMP) as (search, app):
        app.down = True
        with pytest.raises(Offline) as told:
            ask(search)
        assert "this computer" in told.value.next_step
    with pytest.raises(Offline):
        ask(search)


def test_who_may_not_write_is_told_which_role_is_missing(opened: Open) -> None:
    def reader() -> Credentials:
        return Credentials("reader")  # type: ignore[no-untyped-call,no-any-return]

    with opened(PUMP, credentials=reader, readers=frozenset({"reader"})) as (search, _):
        assert ask(search).hits
        with pytest.raises(Rejected) as told:
            search.remove("policy:p0@1")
    assert told.value.code == "google_permission"
    assert "Discovery Engine" in told.value.next_step


@pytest.mark.parametrize(
    ("config", "code"),
    [
        (CONFIG.replace("ur-search", "another"), "search_app_missing"),
        (CONFIG.replace("default_search", "none"), "search_app_missing"),
    ],
)
def test_an_app_that_is_not_there_is_told(opened: Open, config: str, code: str) -> None:
    with opened(PUMP, config=config) as (search, _), pytest.raises(Rejected) as told:
        ask(search)
    assert told.value.code == code


@pytest.mark.parametrize(
    "config",
    ["", "ur-search", CONFIG.replace(f"/{LOCATION}/", "/us/"), CONFIG.rpartition("/")[0]],
)
def test_a_name_that_is_no_serving_config_of_this_region_is_refused(config: str) -> None:
    with pytest.raises(Rejected) as told:
        VertexGuidelineSearch(config, lambda: None, LOCATION)
    assert told.value.code == "search_config"


def test_an_app_asked_in_the_wrong_region_is_told(opened: Open) -> None:
    elsewhere = CONFIG.replace(f"/{LOCATION}/", "/us/")
    with opened(PUMP) as (_, app):
        search = VertexGuidelineSearch(
            elsewhere,
            lambda: Credentials("token"),
            endpoint=app.address,
            roots=app.roots,  # type: ignore[no-untyped-call]
        )
        with pytest.raises(Rejected) as told:
            ask(search)
        search.close()
    assert told.value.code == "search_region"


def test_a_filter_the_data_store_does_not_know_is_told(opened: Open) -> None:
    with opened(PUMP, indexed=("title", "in_force")) as (search, _):
        assert ask(search).hits  # unfiltered it answers
        with pytest.raises(Rejected) as told:
            ask(search, kinds=(SourceKind.POLICY,))
    assert told.value.code == "search_filter"
    assert "kind" in told.value.next_step


def test_a_data_store_without_the_flag_of_force_is_asked_without_it(opened: Open) -> None:
    with opened(PUMP, indexed=("kind",)) as (search, app):
        assert ask(search).hits
        assert ask(search).hits
    assert len(app.refused) == 1


def test_a_data_store_that_takes_no_files_is_told(opened: Open) -> None:
    with opened() as (search, app):
        app.content = False
        search._content = lambda _sha256: b"An insulin pump."
        with pytest.raises(Rejected) as told:
            search.put(a_source("policy:p@1"), ())
    assert told.value.code == "search_store"


@pytest.mark.parametrize("media_type", ["image/tiff", "application/zip", ""])
def test_a_file_it_cannot_read_is_not_put_there(opened: Open, media_type: str) -> None:
    with opened() as (search, app):
        with pytest.raises(Rejected) as told:
            search.put(a_source("policy:p@1", media_type=media_type), ())
        assert not app.documents
    assert told.value.code == "search_media"


def test_what_was_asked_stands_in_no_error(opened: Open) -> None:
    """A question may name somebody."""
    with opened(PUMP, indexed=()) as (search, _), pytest.raises(Actionable) as told:
        ask(search, "Jane Orr insulin pump ", kinds=(SourceKind.POLICY,))
    assert "Orr" not in f"{told.value} {told.value.params}"


# Marks


def test_markup_of_a_snippet_is_taken_out_and_its_signs_are_themselves() -> None:
    assert unmarked("HbA1c <b>&gt;</b> 7 &amp; rising") == "HbA1c > 7 & rising"
    assert unmarked("when a < b and c > d") == "when a < b and c > d"


def test_marks_are_whole_words_and_phrases() -> None:
    text = "A pump, pumps and an insulin\npump."
    terms = words_of('the "insulin pump" pump')
    assert [" ".join(text[a:b].split()) for a, b in marks_in(text, terms)] == ["pump", "insulin pump"]


@pytest.mark.parametrize("before", [0, 30, 200, 900])
def test_a_cutting_holds_its_first_mark_wherever_it_stands(before: int) -> None:
    text = "lead " * before + "needle " + "tail " * 300
    cut, marks = cutting(text, marks_in(text, ("needle",)))
    assert [cut[a:b] for a, b in marks] == ["needle"]
    assert len(cut) < 340
