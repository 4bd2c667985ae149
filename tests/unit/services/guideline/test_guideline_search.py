"""The guideline search of this computer, on an encrypted file of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlcipher3

from app.domain.errors import StorageFailed
from app.domain.guideline import Hit, Passage, SearchQuery, Source, SourceKind, evidence_of
from app.services.local.guideline.search import LocalGuidelineSearch
from app.services.store.guideline_file import NAME, GuidelineFile

KEY = bytes(range(32))
CPAP = "Continuous Positive Airway Pressure (CPAP) is covered for an initial period of 12 weeks."
APNEA = "A home sleep test with at least three channels shows 15 events per hour."
PUMP = "An insulin pump needs glycosylated hemoglobin above 7.0% and four daily self-tests."
HEART = (
    "Patients with a prior myocardial infarction and an ejection fraction of 30% qualify for a defibrillator."
)
KNEE = (
    "Arthroplasty of the knee follows twelve weeks of physiotherapy; E11.65 and M17.11 are optimized first."
)


def source(name: str, kind: SourceKind = SourceKind.POLICY, case_id: str = "", **more: object) -> Source:
    return Source(name, kind, f"Title of {name}", name, "1", case_id, **more)  # type: ignore[arg-type]


@pytest.fixture
def search(tmp_path: Path) -> Iterator[LocalGuidelineSearch]:
    made = LocalGuidelineSearch(GuidelineFile(tmp_path, KEY))
    for name, text in (("cpap", CPAP), ("apnea", APNEA), ("pump", PUMP), ("heart", HEART), ("knee", KNEE)):
        made.put(source(name), (Passage(1, text, 0, len(text)),))
    yield made
    made.close()


def found(search: LocalGuidelineSearch, text: str, **more: object) -> tuple[Hit, ...]:
    return search.search(SearchQuery(text, **more))  # type: ignore[arg-type]


def first(search: LocalGuidelineSearch, text: str, **more: object) -> str:
    hits = found(search, text, **more)
    return hits[0].source.source_id if hits else ""


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("initial period", "cpap"),
        ("continous positve airway presure ", "cpap"),
        ("CPAP", "cpap"),
        ("HbA1c ", "pump"),
        ("heart attack ", "heart"),
        ("MI ", "heart"),
        ("knee replacement ", "knee"),
        ("E1165 ", "knee"),
        ("e11.65 ", "knee"),
        ("qualifies qualified ", "heart"),
        ("physiother", "knee"),
        ("sleeptest ", "apnea"),
        ("what does a patient with an insulin pump need every day? ", "pump"),
        ('"prior myocardial" ', "heart"),
        ('"self-tests" OR "airport" ', "pump"),
    ],
)
def test_a_passage_is_found_however_it_is_asked_for(
    search: LocalGuidelineSearch, text: str, wanted: str
) -> None:
    assert first(search, text) == wanted


def test_a_letter_finds_nothing_alone(search: LocalGuidelineSearch) -> None:
    search.put(source("peptide"), (Passage(1, "A fasting C-peptide is measured once."),))
    search.put(source("letter"), (Passage(1, "C. Other matters, as in section C."),))
    assert [hit.source.source_id for hit in found(search, "C-peptide ")] == ["peptide"]
    assert [hit.source.source_id for hit in found(search, "fasting c peptide ")] == ["peptide"]
    assert first(search, "cpeptide ") == "peptide"
    hit = found(search, "insulin pmpp C-peptide ")[0]
    assert [hit.snippet[a:b] for a, b in hit.marks] == ["C-peptide"]


def test_words_in_quotes_stand_beside_each_other(search: LocalGuidelineSearch) -> None:
    assert found(search, '"infarction prior" ') == ()


def test_an_empty_query_and_signs_find_nothing(search: LocalGuidelineSearch) -> None:
    for text in ("", "  ", "??", '""', '"', "xyzzyq plughq ", "- AND OR NOT *"):
        assert found(search, text) == (), text


def test_a_correction_is_told_and_can_be_refused(search: LocalGuidelineSearch) -> None:
    assert found(search, "infarcsion ")[0].corrected.strip() == "infarction"
    assert found(search, "infarcsion ", as_typed=True) == ()
    assert found(search, "infarction ")[0].corrected == ""


def test_codes_numbers_and_words_that_stand_often_are_not_corrected(search: LocalGuidelineSearch) -> None:
    assert found(search, "M17.12 ") == ()
    assert all(hit.corrected == "" for hit in found(search, "weeks "))


def test_a_plain_word_that_no_document_holds_is_no_misspelling(search: LocalGuidelineSearch) -> None:
    assert all(hit.corrected == "" for hit in found(search, "what happened to the insulin "))


def test_marks_are_whole_words_of_the_snippet(search: LocalGuidelineSearch) -> None:
    hit = found(search, "heart attack ejection ")[0]
    marked = [hit.snippet[a:b] for a, b in hit.marks]
    assert "myocardial infarction" in marked
    assert "ejection" in marked
    assert "ejection" in hit.terms


def test_a_long_passage_is_cut_at_words_around_what_was_found(search: LocalGuidelineSearch) -> None:
    text = (
        "Lorem ipsum dolor sit amet. " * 30
        + "The vestibule was examined twice. "
        + "Dolor sit amet again. " * 30
    )
    search.put(source("long"), (Passage(1, text, 0, len(text)),))
    hit = found(search, "vestibule ")[0]
    assert "The vestibule was examined twice." in hit.snippet
    assert len(hit.snippet) < 300
    words = set(text.split()) | {"…"}
    assert all(word in words for word in hit.snippet.split())
    ((a, b),) = hit.marks
    assert hit.snippet[a:b] == "vestibule"


def test_the_passage_that_was_typed_for_comes_before_its_synonyms(search: LocalGuidelineSearch) -> None:
    search.put(source("lay"), (Passage(1, "A heart attack in the last year is an exclusion."),))
    assert [hit.source.source_id for hit in found(search, "heart attack ")] == ["lay", "heart"]


def test_documents_teach_their_own_abbreviations(search: LocalGuidelineSearch) -> None:
    search.put(
        source("own"), (Passage(1, "The zonal quartz examination (ZQE) is done once. Results are kept."),)
    )
    search.put(source("use"), (Passage(1, "A ZQE below four is repeated."),))
    assert {hit.source.source_id for hit in found(search, "zonal quartz examination ")} == {"own", "use"}
    assert {hit.source.source_id for hit in found(search, "zqe ")} == {"own", "use"}


def test_a_document_of_a_case_is_found_in_that_case_alone(search: LocalGuidelineSearch) -> None:
    for case in ("c1", "c2"):
        text = f"Wobblewort was given to {case}."
        search.put(source(f"{case}/d1", SourceKind.CLINICAL, case), (Passage(2, text, 3, 30),))
    assert found(search, "wobblewort ") == ()
    assert found(search, "wobblewort ", kinds=(SourceKind.CLINICAL,)) == ()
    assert [h.source.case_id for h in found(search, "wobblewort ", case_id="c1")] == ["c1"]
    assert len(found(search, "wobblewort ", every_case=True)) == 2
    assert found(search, "wobblewort ", case_id="c1", kinds=(SourceKind.POLICY,)) == ()


def test_the_words_of_a_case_are_never_suggested_to_others(search: LocalGuidelineSearch) -> None:
    search.put(source("c1/d1", SourceKind.CLINICAL, "c1"), (Passage(1, "Seen by Featherstonehaugh."),))
    assert found(search, "featherstonehaug ") == ()


def test_evidence_of_a_hit_names_the_document_as_the_case_does(search: LocalGuidelineSearch) -> None:
    search.put(source("c1/d7", SourceKind.CLINICAL, "c1"), (Passage(2, "Wobblewort twice.", 5, 22),))
    evidence = evidence_of(found(search, "wobblewort ", case_id="c1")[0])
    assert (evidence.document, evidence.page, evidence.start, evidence.end) == ("d7", 2, 5, 22)


def test_only_the_kinds_asked_for_are_found(search: LocalGuidelineSearch) -> None:
    search.put(source("guide", SourceKind.GUIDELINE), (Passage(1, CPAP),))
    assert first(search, "cpap ", kinds=(SourceKind.GUIDELINE,)) == "guide"
    assert first(search, "cpap ", kinds=(SourceKind.POLICY,)) == "cpap"


def test_the_version_in_force_comes_first(search: LocalGuidelineSearch) -> None:
    text = "Quibbling is covered twice a year."
    search.put(source("policy:q@1", in_force=False), (Passage(1, text),))
    search.put(source("policy:q@2"), (Passage(1, text),))
    assert [hit.source.source_id for hit in found(search, "quibbling covered ")] == [
        "policy:q@2",
        "policy:q@1",
    ]


def test_a_document_is_replaced_as_a_whole(search: LocalGuidelineSearch) -> None:
    search.put(source("cpap"), (Passage(1, "Nothing of that any more, but marzipan."),))
    assert first(search, "marzipan ") == "cpap"
    assert "cpap" not in [hit.source.source_id for hit in found(search, "airway pressure ")]
    assert len(search.sources()) == 5


def test_what_is_removed_is_not_found_and_counts_no_more(search: LocalGuidelineSearch) -> None:
    for name in ("cpap", "apnea", "pump", "heart", "knee"):
        search.remove(name)
    assert found(search, "airway ") == ()
    with search._file.reading() as connection:
        assert connection.one("SELECT max(shared), max(clinical) FROM words") == (0, 0)
        assert connection.one("SELECT passages FROM state") == (0,)
        assert connection.one("SELECT count(*) FROM short_forms") == (0,)


def test_two_programs_share_one_file(search: LocalGuidelineSearch, tmp_path: Path) -> None:
    other = LocalGuidelineSearch(GuidelineFile(tmp_path, KEY))
    try:
        other.put(source("new"), (Passage(1, "Marzipan is covered."),))
        assert first(search, "marzipan ") == "new"
        assert first(search, "marzipann ") == "new"
    finally:
        other.close()


def test_searches_of_many_threads_are_answered(search: LocalGuidelineSearch) -> None:
    wrong: list[str] = []

    def ask() -> None:
        for _ in range(10):
            if first(search, "insulin pump ") != "pump":
                wrong.append("lost")

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    search.put(source("more"), (Passage(1, "More of something else."),))
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_file_is_encrypted(search: LocalGuidelineSearch, tmp_path: Path) -> None:
    search.close()
    assert b"Airway" not in (tmp_path / NAME).read_bytes()
    assert not (tmp_path / NAME).read_bytes().startswith(b"SQLite")


@pytest.mark.parametrize("content", [b"nonsense" * 4096, b"SQLite format 3\x00" + bytes(8192)])
def test_a_damaged_file_is_made_again_and_that_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    made = LocalGuidelineSearch(GuidelineFile(tmp_path, KEY))
    try:
        assert made.made_again
        assert made.sources() == ()
        made.put(source("cpap"), (Passage(1, CPAP),))
        assert first(made, "cpap ") == "cpap"
    finally:
        made.close()


def test_a_file_of_another_layout_is_made_again(search: LocalGuidelineSearch, tmp_path: Path) -> None:
    with search._file.reading() as connection:
        connection.run("PRAGMA user_version = 999")
    search.close()
    made = LocalGuidelineSearch(GuidelineFile(tmp_path, KEY))
    try:
        assert made.made_again
        assert made.sources() == ()
    finally:
        made.close()


def test_damage_that_is_found_while_searching_is_told_and_mended(
    search: LocalGuidelineSearch, tmp_path: Path
) -> None:
    for number in range(60):
        search.put(source(f"filler{number}"), (Passage(1, f"Filler {number} " * 200),))
    search.close()
    path = tmp_path / NAME
    content = bytearray(path.read_bytes())
    for at in range(8 * 4096, len(content), 4096):
        content[at + 100 : at + 140] = bytes(40)
    path.write_bytes(bytes(content))
    made = LocalGuidelineSearch(GuidelineFile(tmp_path, KEY))
    try:
        if not made.made_again:
            with pytest.raises(StorageFailed):
                [found(made, text) for text in ("filler ", "airway ", "12 ")]
        assert made.made_again
        made.put(source("cpap"), (Passage(1, CPAP),))
        assert first(made, "cpap ") == "cpap"
    finally:
        made.close()


def test_a_document_that_cannot_be_kept_leaves_what_was_there(search: LocalGuidelineSearch) -> None:
    bad = Passage(1, "Marzipan.", 0, 9)
    object.__setattr__(bad, "page", object())  # nothing a database can keep
    with pytest.raises(sqlcipher3.Error):
        search.put(source("cpap"), (Passage(1, "Marzipan one."), bad))
    assert first(search, "airway pressure ") == "cpap"
    assert found(search, "marzipan ") == ()
