"""Words as the search sees them: tokens, stems, spelling, abbreviations that documents define."""

from __future__ import annotations

import pytest

from app.services.local.guideline.lexicon import drugs, lexicon
from app.services.local.guideline.short_form import definitions
from app.services.local.guideline.snippet import snippet
from app.services.local.guideline.spelling import Speller, allowed
from app.services.local.guideline.stem import stem
from app.services.local.guideline.token import folded, places, stems, tokens


@pytest.mark.parametrize(
    "alike",
    [
        ("injection", "injections"),
        ("implant", "implanted", "implantation", "implants"),
        ("diabetes", "diabetic"),
        ("tumor", "tumour", "tumours"),
        ("edema", "oedema"),
        ("hospitalized", "hospitalised"),
        ("therapy", "therapies"),
        ("covered", "covers", "cover"),
    ],
)
def test_forms_of_a_word_have_one_stem(alike: tuple[str, ...]) -> None:
    assert len({stem(word) for word in alike}) == 1


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("universe", "uterus"),
        ("hypotension", "hypertension"),
        ("ileum", "ilium"),
        ("aid", "aids"),
        ("pe", "per"),
    ],
)
def test_different_words_keep_different_stems(word: str, other: str) -> None:
    assert folded(word) != folded(other)
    if word != "aid":
        assert stem(word) != stem(other)


def test_names_of_drugs_are_their_own_stem() -> None:
    together: dict[str, set[str]] = {}
    for name in drugs():
        together.setdefault(stems(name)[0], set()).add(name)
    assert all(len(names - {n + "s" for n in names}) == 1 for names in together.values())
    assert stems("metformin")[0] == "metformin"


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("E11.65", ["e1165"]),
        ("e1165", ["e1165"]),
        ("HbA1c", ["hba1c"]),
        ("7.0%", ["7"]),
        ("1,200 mL", ["1200", "ml"]),
        ("5mg", ["5", "mg"]),
        ("C-peptide", ["c", "peptid"]),
        ("NCD 240.4", ["ncd", "240.4"]),
        ("the patient’s", ["the", "patient"]),
        ("ﬁbrosis", ["fibrosi"]),
        ("糖尿病", ["糖", "尿", "病"]),
        ("", []),
    ],
)
def test_codes_and_numbers_are_written_in_one_way(written: str, seen: list[str]) -> None:
    assert stems(written) == seen


def test_a_word_cut_at_the_end_of_a_line_is_whole_as_well() -> None:
    found = list(tokens("pulmonary hyper-\ntension"))
    assert "hypertension" in [token.word for token in found]
    assert {token.word for token in found} >= {"hyper", "tension"}
    assert places("pulmonary hyper-\ntension") == [(token.start, token.end) for token in found]


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("continuous positive airway pressure (CPAP) is", [("CPAP", "continuous positive airway pressure")]),
        ("The apnea hypopnea index (AHI) counts", [("AHI", "apnea hypopnea index")]),
        (
            "Implantable Cardioverter Defibrillators (ICDs)",
            [("ICDs", "Implantable Cardioverter Defibrillators")],
        ),
        ("CPAP (continuous positive airway pressure)", [("CPAP", "continuous positive airway pressure")]),
        ("a score (see below) of the test", []),
        ("the agency (FDA) of last year", []),
        ("twelve weeks (12)", []),
    ],
)
def test_a_document_defines_its_abbreviations(text: str, pairs: list[tuple[str, str]]) -> None:
    assert list(definitions(text)) == pairs


def test_codes_and_short_words_are_never_mended() -> None:
    assert [allowed(word) for word in ("e1165", "240.4", "ahi", "cpap", "pressure")] == [0, 0, 0, 1, 2]


def test_the_usual_word_is_meant_before_the_rare_one() -> None:
    speller = Speller()
    speller.add(["presume", "pressure", "pressurize"])
    found = speller.mendings("presure", lambda _: {"pressure": 900, "presume": 1})
    assert next(m.word for m in found) == "pressure"


def test_the_lexicon_goes_both_ways() -> None:
    known = lexicon()
    osa, long = tuple(stems("OSA")), tuple(stems("obstructive sleep apnea"))
    assert osa in [found for found, _ in known.others(long)]
    assert long in [found for found, _ in known.meanings("osa", capitals=False)]


def test_an_abbreviation_that_is_a_common_word_is_meant_in_capitals_alone() -> None:
    known = lexicon()
    assert known.meanings("all", capitals=False) == []
    assert known.meanings("all", capitals=True)


def test_every_sense_of_an_abbreviation_counts_less_than_a_single_one() -> None:
    known = lexicon()
    many = dict(known.meanings("ms", capitals=True))
    one = dict(known.meanings("copd", capitals=True))
    assert len(many) > 2
    assert max(many.values()) < max(one.values())


def test_every_own_entry_names_its_source() -> None:
    from app.resource import resource

    for line in resource("medical", "own.tsv").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            terms, _, said = line.partition("\t")
            assert len(terms.split("|")) > 1, line
            assert said.strip(), line


def test_a_snippet_of_a_text_without_blanks_is_whole() -> None:
    text = "x" * 700
    cut, marks = snippet(text, places(text), [(0, 0)])
    assert "x" * 700 in cut
    assert len(marks) == 1
