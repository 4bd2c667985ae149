"""From what the network holds possible to what an answer says: kinds, strokes supplied, blanks, doubts.

The chances are made here; the network itself is tried in tests/contract/test_form_processor.py.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.domain.box import Box
from app.domain.form import FieldKind
from app.services.document_worker.reading.answer import Answer, Ground, answered, put_together, style_in
from app.services.document_worker.reading.crop import crop_of
from app.services.document_worker.reading.decoding import Chances, Glyph, Line, free, shaped
from app.services.document_worker.reading.grammar import GRAMMARS
from app.services.document_worker.reading.ink import Flat
from app.services.document_worker.reading.phone import as_written
from app.services.document_worker.reading.piece import Piece
from app.services.document_worker.reading.punctuation import with_commas
from app.services.document_worker.reading.recognition import Seen, recognized
from app.services.document_worker.reading.run import Run
from app.services.document_worker.reading.sign import ink_signs, signs_of
from app.services.document_worker.reading.slot import Slot, slots_of
from app.services.document_worker.reading.spacing import spaced
from app.services.document_worker.reading.strip import Strip, strip_of
from app.services.document_worker.reading.style import Style, style_of, template_of
from app.services.processors import load_definitions

PROCESSORS = Path(__file__).resolve().parents[3] / "resources" / "processors"
CHARACTERS = ("", *(chr(c) for c in range(32, 127)))
H = 20.0
PITCH = 10.0
"""How far apart letters stand on the pages made here, in pixels: two steps of the network."""


def slot(kind: FieldKind, embeds: str = "") -> Slot:
    return Slot("field", "Field", "all", kind, Box(0, 0, 1, 1), False, False, False, embeds, 0, "", ())


def chances(*places: str | dict[str, float]) -> Chances:
    """A line as the network sees it: a step for each place and a step of silence behind. A text stands for places
    of one sure character each; `{"I": 0.4, "1": 0.5}` for one that may be either.
    """
    each: list[dict[str, float]] = []
    for place in places:
        each += [{c: 0.99} for c in place] if isinstance(place, str) else [place]
    rows = np.full((2 * len(each), len(CHARACTERS)), 1e-5, np.float32)
    rows[1::2, 0] = 0.999
    for step, chance in enumerate(each):
        rows[2 * step, 0] = max(0.0, 1.0 - sum(chance.values()))
        for c, value in chance.items():
            rows[2 * step, CHARACTERS.index(c)] = value
    return Chances(rows, CHARACTERS, float(len(rows)))


def ground(seen: Chances, poor: float = 0.0, specks: np.ndarray | None = None) -> Ground:
    """One run of ink from 100 to the right, its letters `PITCH` apart."""
    right = 100 + PITCH * seen.extent / 2
    strip: Strip = strip_of([seen], [(100.0, right)])
    return Ground([Run((Piece(100, 50, right, 50 + H),))], strip, poor, H, specks)


def read(
    kind: FieldKind, seen: Chances, poor: float = 0.0, embeds: str = "", specks: np.ndarray | None = None,
    style: Style | None = None,
) -> Answer:  # fmt: skip
    return answered(slot(kind, embeds), free(seen), ground(seen, poor, specks), style or Style())


NOTHING = {"": 1.0}


# -- decoding


def test_a_free_reading_takes_the_likeliest_and_keeps_what_else_it_may_be() -> None:
    line = free(chances("a", {"b": 0.6, "h": 0.3}, " ", "c"))
    assert line.text == "ab c"
    assert [c for c, _ in line.glyphs[1].alternatives] == ["h"]
    assert [g.at for g in line.glyphs] == sorted(g.at for g in line.glyphs)


def test_a_doubled_character_needs_silence_between() -> None:
    rows = chances("11").rows
    joined = np.vstack([rows[:1], rows[2:3], rows[3:]])
    assert free(Chances(joined, CHARACTERS, 3.0)).text == "1"
    grammar = GRAMMARS[FieldKind.NUMBER][0]
    one, two = shaped(Chances(joined, CHARACTERS, 3.0), grammar), shaped(chances("11"), grammar)
    assert one is not None
    assert one.line.text == "1"
    assert two is not None
    assert two.line.text == "11"


def test_one_broad_character_is_not_read_as_two_to_fill_a_shape() -> None:
    rows = chances("64472").rows
    broad = np.vstack([rows[:3], rows[4:]])
    found = shaped(Chances(broad, CHARACTERS, float(len(broad))), GRAMMARS[FieldKind.ZIP][0])
    assert found is None or found.cost > 5.0


def test_a_reading_under_a_grammar_says_what_it_costs() -> None:
    found = shaped(chances("64", {"4": 0.3, "A": 0.6}, "72"), GRAMMARS[FieldKind.ZIP][0])
    assert found is not None
    assert found.line.text == "64472"
    assert found.cost == pytest.approx(np.log(0.6 / 0.3), abs=0.02)
    assert found.least == pytest.approx(0.3, abs=0.01)


def test_no_reading_is_had_from_a_network_that_sees_none() -> None:
    assert shaped(chances("ab"), GRAMMARS[FieldKind.NPI][0]) is None


# -- a kind is knowledge


def test_a_reading_the_network_holds_possible_wins_when_its_shape_is_right() -> None:
    found = read(FieldKind.ICD10, chances({"1": 0.6, "I": 0.36}, "37.8"))
    assert found.line.text == "I37.8"
    assert found.fits is True
    assert found.suggestions[0] == "137.8"
    assert found.supplied == ""


def test_a_code_printed_without_its_letter_is_read_as_printed() -> None:
    found = read(FieldKind.ICD10, chances({"1": 0.97, "I": 0.02}, "37.8"))
    assert found.line.text == "137.8"
    assert found.fits is False
    assert found.suggestions[0] == "I37.8"
    worse = read(FieldKind.ICD10, chances("137.8"), poor=0.8)
    assert worse.line.text == "137.8"


def test_an_npi_of_nine_digits_is_read_as_printed() -> None:
    for poor in (0.0, 0.8):
        assert read(FieldKind.NPI, chances("123456789"), poor).line.text == "123456789"


def test_the_code_at_the_end_of_a_description_is_read_as_a_code() -> None:
    seen = chances("Heart valve - ", {"1": 0.5, "I": 0.45}, "37.8")
    found = read(FieldKind.TEXT, seen, embeds="icd10")
    assert found.line.text == "Heart valve - I37.8"
    printed = read(FieldKind.TEXT, chances("Heart valve - 137.8"), embeds="icd10")
    assert printed.line.text == "Heart valve - 137.8"
    assert printed.suggestions[0] == "Heart valve - I37.8"


# -- strokes a fax drops


def test_a_date_gets_the_strokes_back_that_a_fax_left_dots_of() -> None:
    found = read(FieldKind.DATE, chances("10:23.1984"), poor=0.6)
    assert found.line.text == "10/23/1984"
    assert found.supplied == "//"
    assert found.fits is True


def test_a_date_gets_a_stroke_of_which_nothing_came_through_only_where_there_is_room() -> None:
    found = read(FieldKind.DATE, chances("10", NOTHING, "23/1984"), poor=0.6)
    assert found.line.text == "10/23/1984"
    assert found.supplied == "/"
    tight = read(FieldKind.DATE, chances("1023/1984"), poor=0.6)
    assert tight.line.text == "1023/1984"


def test_a_clean_page_supplies_no_strokes() -> None:
    for text in ("10:23:1984", "1023/1984"):
        assert read(FieldKind.DATE, chances(text)).line.text == text


def test_a_speck_between_two_digits_of_a_date_is_left_out() -> None:
    assert read(FieldKind.DATE, chances("1.1/04/22")).line.text == "11/04/22"
    assert read(FieldKind.DATE, chances("1.1.2022")).line.text == "1.1.2022"


def test_dates_are_written_as_the_others_on_their_form() -> None:
    others = [(slot(FieldKind.DATE), free(chances("03-04-2020")), ground(chances("03-04-2020")))] * 6
    dashed = style_in(others)
    assert read(FieldKind.DATE, chances("10 23 1984"), 0.6, style=dashed).line.text == "10-23-1984"
    assert read(FieldKind.DATE, chances("10 23 1984"), 0.6).line.text == "10/23/1984"


def test_a_plus_is_supplied_where_a_speck_of_it_is_left() -> None:
    specks = np.zeros((120, 400), np.uint8)
    specks[58:62, 80:82] = 1
    seen = chances("15550102000")
    assert read(FieldKind.PHONE, seen, 0.6, specks=specks).line.text == "+15550102000"
    assert read(FieldKind.PHONE, seen, 0.6, specks=specks).supplied == "+"
    assert read(FieldKind.PHONE, seen, 0.6, specks=np.zeros_like(specks)).line.text == "15550102000"
    assert read(FieldKind.PHONE, seen, 0.0, specks=specks).line.text == "15550102000"


def test_a_star_in_front_of_a_number_is_a_plus_that_ran() -> None:
    assert read(FieldKind.PHONE, chances("*15550102000")).line.text == "+15550102000"


def test_a_plus_is_supplied_when_all_other_numbers_of_the_form_have_one() -> None:
    plus = chances("+15550102000")
    others = style_in([(slot(FieldKind.PHONE), free(plus), ground(plus))] * 8)
    assert read(FieldKind.PHONE, chances("15550103000"), 0.6, style=others).line.text == "+15550103000"


def test_strokes_of_a_phone_number_are_supplied_in_the_usual_ways() -> None:
    seen = chances("(555", NOTHING, " 010", NOTHING, "2000")
    found = read(FieldKind.PHONE, seen, 0.6)
    assert found.line.text == "(555) 010-2000"
    assert found.supplied == ")-"
    assert template_of("1 (555) 010-2000") == "1 (000) 000-0000"


def test_a_free_text_with_the_build_of_a_date_is_one_on_a_broken_page_only() -> None:
    assert read(FieldKind.TEXT, chances("06:08:2015"), 0.6).line.text == "06/08/2015"
    assert read(FieldKind.TEXT, chances("06:08:2015")).line.text == "06:08:2015"


# -- lines


def line(text: str) -> Line:
    return free(chances(text))


def test_wrapped_prose_is_joined_with_blanks_and_one_unbroken_text_without() -> None:
    last = slots_of(load_definitions(PROCESSORS)[1])[-1]
    upper, lower = Run((Piece(0, 0, 400, 20),)), Run((Piece(0, 28, 100, 48),))
    prose = put_together(last, [upper, lower], [line("a chronic condition of"), line("the knee")], H)
    assert prose.text == "a chronic condition of the knee"
    letters = put_together(last, [upper, lower], [line("QxWvertzuioplkjhgfdsayxcvbnm"), line("Qrs")], H)
    assert letters.text == "QxWvertzuioplkjhgfdsayxcvbnmQrs"


# -- blanks


def letters(text: str, pitch: float = 10.0, blank: float = 0.0) -> tuple[Run, Line]:
    """A run with a piece of ink for every letter and a gap of `blank` for every blank; and its reading without them."""
    pieces: list[Piece] = []
    places: list[float] = []
    x = 100.0
    for c in text:
        if c == " ":
            x += blank
            continue
        pieces.append(Piece(x, 50, x + 8, 50 + H, label=len(pieces) + 1, area=80))
        places.append(x + 4)
        x += pitch
    run = Run(tuple(pieces))
    left, right = crop_of(run, H)
    bare = text.replace(" ", "")
    return run, Line(
        tuple(Glyph(c, 0.99, (p - left) / (right - left)) for c, p in zip(bare, places, strict=True))
    )


@pytest.mark.parametrize("text", ["Bob Fa", "fifteen minutes", "Dr. Lt"])
def test_a_blank_the_network_ran_over_is_put_back_where_the_ink_leaves_a_gap(text: str) -> None:
    run, line = letters(text, blank=8.0)
    assert spaced(run, line, H, broken=False).text == text


@pytest.mark.parametrize("text", ["M01 .6", "678690 678690", "1 -369"])
def test_gaps_beside_the_signs_of_a_number_are_no_blanks(text: str) -> None:
    run, line = letters(text, blank=7.0)
    assert spaced(run, line, H, broken=False).text == text.replace(" ", "")


def test_a_gap_in_a_letter_a_fax_broke_is_no_blank() -> None:
    run, line = letters("Jarv is", blank=5.5)
    assert spaced(run, line, H, broken=False).text == "Jarv is"
    assert spaced(run, line, H, broken=True).text == "Jarvis"


def test_many_gaps_are_letters_that_came_apart() -> None:
    run, line = letters("ab cd ef gh", blank=8.0)
    assert spaced(run, line, H, broken=False).text == "abcdefgh"


# -- commas


def sure(text: str) -> Line:
    return free(chances(text))


@pytest.mark.parametrize(
    ("text", "kind", "meant"),
    [
        ("Ann Otherly. MD", FieldKind.NAME, "Ann Otherly, MD"),
        ("Ann Lee. RN", FieldKind.NAME, "Ann Lee, RN"),
        ("Dr. Ann Lee", FieldKind.NAME, "Dr. Ann Lee"),
        ("Otherly. Some and Sons", FieldKind.NAME, "Otherly, Some and Sons"),
        ("1 High Road Newtown. OH 12345", FieldKind.TEXT, "1 High Road Newtown, OH 12345"),
        ("pain. and fever", FieldKind.TEXT, "pain, and fever"),
        ("15 mins. daily", FieldKind.TEXT, "15 mins. daily"),
        ("He has pain. He has fever.", FieldKind.TEXT, "He has pain. He has fever."),
    ],
)
def test_commas_of_which_a_fax_left_dots_are_told_by_the_kind_of_text(
    text: str, kind: FieldKind, meant: str
) -> None:
    found = with_commas(sure(text), kind, broken=True)
    assert found.text == meant
    assert "".join(g.text for g in found.glyphs if g.supplied) == ("," if meant != text else "")
    assert with_commas(sure(text), kind, broken=False).text == text


def test_a_comma_the_network_holds_possible_is_not_supplied() -> None:
    seen = free(chances("pain", {".": 0.6, ",": 0.35}, " and fever"))
    found = with_commas(seen, FieldKind.TEXT, broken=False)
    assert found.text == "pain, and fever"
    assert not any(g.supplied for g in found.glyphs)


# -- signs


def test_a_sentence_of_words_gives_no_sign_and_a_string_of_letters_does() -> None:
    plain = dict(signs_of(FieldKind.TEXT, sure("Chronic pain of the knee, 3rd week"), 0.0))
    assert plain["odd"] == plain["twins"] == plain["unsure"] == 0.0
    mixed = dict(signs_of(FieldKind.TEXT, sure("TlytFjZQ"), 0.0))
    assert mixed["odd"] > 1.0
    assert mixed["twins"] > 0.0
    assert dict(signs_of(FieldKind.TEXT, sure("Use Ist target"), 0.0))["twins"] > 0.0


def test_doubted_characters_and_near_alternatives_are_signs() -> None:
    doubted = dict(signs_of(FieldKind.TEXT, free(chances("ab", {"c": 0.5, "e": 0.45})), 0.5))
    assert doubted["doubted"] > 0.0
    assert doubted["margin"] < 0.2
    assert doubted["poor_unsure"] == pytest.approx(0.5 * doubted["unsure"])
    assert dict(signs_of(FieldKind.TEXT, sure("abc"), 0.5))["margin"] == 5.0


def test_ink_that_no_character_accounts_for_is_a_sign() -> None:
    run, line = letters("abcdef")
    assert dict(ink_signs([run], [line], H)) == {"gap": 0.0, "unread": 0.0, "runs": 0.0}
    more = Run((*run.pieces, Piece(200, 50, 230, 70, label=9, area=400)))
    left, right = crop_of(more, H)
    width = crop_of(run, H)[1] - left
    same = Line(tuple(Glyph(g.text, g.score, g.at * width / (right - left)) for g in line.glyphs))
    assert dict(ink_signs([more], [same], H))["unread"] > 0.4
    apart, unread = letters("Bob Fa", blank=9.0)
    assert dict(ink_signs([apart], [unread], H))["gap"] > 0.3


# -- looked at twice


class _Network:
    """Stands in for the engine: says what it is told of crops as they are, and of crops made stronger."""

    def __init__(self, plain: Chances, strong: Chances) -> None:
        self._answers = [plain, strong]
        self.asked = 0

    def chances(self, crops: list[np.ndarray]) -> list[Chances]:
        answer = self._answers[min(self.asked, 1)]
        self.asked += 1
        return [answer for _ in crops]


def seen_twice(plain: Chances, strong: Chances, *, broken: bool) -> Seen:
    definition = load_definitions(PROCESSORS)[0]
    gray = np.full((200, 400), 255, np.uint8)
    nothing = np.zeros((200, 400), np.uint8)
    run, _ = letters("abcd")
    flat = Flat(
        gray,
        nothing,
        nothing,
        nothing,
        np.zeros((200, 400), np.int32),
        run.pieces,
        1.0,
        np.eye(3),
        definition,
    )
    return recognized(flat, [run], H, _Network(plain, strong), broken=broken)[id(run)]  # type: ignore[arg-type]


def test_the_better_of_two_renderings_is_taken_on_a_broken_page_alone() -> None:
    pale, strong = chances("b", {"c": 0.5, "e": 0.45}), chances("be")
    found = seen_twice(pale, strong, broken=True)
    assert found.line.text == "be"
    assert found.differs
    clean = seen_twice(pale, strong, broken=False)
    assert clean.line.text == "bc"
    assert clean.differs


def test_a_sure_line_of_a_clean_page_is_looked_at_once() -> None:
    assert not seen_twice(chances("sure"), chances("other"), broken=False).second


def test_two_renderings_that_say_the_same_do_not_differ() -> None:
    same = seen_twice(chances("pain"), chances("pain"), broken=True)
    assert same.second
    assert not same.differs


def test_eleven_digits_of_a_broken_page_began_with_a_plus() -> None:
    number = line("15979336255")
    nothing_known = style_of([], [])
    assert as_written(number, nothing_known, lambda i: i == 0).text == "+15979336255"
    seen_without = style_of([], ["10000000000"] * 3)
    assert as_written(number, seen_without, lambda i: i == 0).text == "15979336255"
