"""Sample arrivals: forms that never were, drawn by code, as they come off a fax line, a scanner or a telephone.

What is printed on each is known, so that reading can be measured on them. Nothing in them was copied and
nobody in them exists.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from app.domain.processor import FormDefinition, from_json
from app.resource import resource
from app.services import sample_damage as damage
from app.services import sample_paper as paper
from app.services import sample_value as value
from app.services.sample_layout import Blank, from_definition, imaging_request, medication_request

if TYPE_CHECKING:  # heavy: imported where samples are drawn
    from PIL.Image import Image

Answers = Mapping[str, str | bool]

KNOWN = {"tx_nofr001": True, "bsc_dme": False}
"""The known forms among the samples, and whether their tick boxes are printed squares."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample arrival: a file, what it is in words, and what is printed on it.

    `form_type` is what it should be recognized as: a known form's, `generic`, or "" for a file that cannot
    be read. `page` (1-based) is where the form is. `answers` holds every place of the form, by field name
    (`table.row.column` with rows counted from 1 in tables), `labels` what is printed beside it. `mistakes`
    names the fields in which a rule should find something.
    """

    path: Path
    title: str
    damage: str
    form_type: str
    page: int = 1
    page_count: int = 1
    urgent: bool = False
    answers: Answers = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    mistakes: tuple[str, ...] = ()


def make_samples(
    folder: Path, seed: int = 7, definitions: Mapping[str, FormDefinition] | None = None
) -> tuple[Sample, ...]:
    """Draw the sample arrivals into the folder. The same seed gives the same files, bit for bit.

    `definitions` replaces the definitions of the known forms that come with the program.
    """
    folder.mkdir(parents=True, exist_ok=True)
    desk = _Desk(folder, definitions or known_definitions())
    # Each arrival has chance of its own, so that a new one leaves the others as they are.
    return tuple(make(desk, Random(f"{seed} {make.__name__}")) for make in ARRIVALS)  # noqa: S311 - not a secret


def known_definitions() -> dict[str, FormDefinition]:
    """The definitions of the known forms, from the program's own files."""
    found = {}
    for form_type in KNOWN:
        text = resource("processors", f"{form_type}.json").read_text(encoding="utf-8")
        found[form_type] = from_json(json.loads(text))
    return found


class _Desk:
    """Where samples are made: blank sheets at hand, and the folder they go to."""

    def __init__(self, folder: Path, definitions: Mapping[str, FormDefinition]) -> None:
        self._folder = folder
        self._blanks = {t: from_definition(d, boxed=KNOWN[t]) for t, d in definitions.items()}
        self._blanks |= {b.form_type: b for b in (imaging_request(), medication_request())}
        self._drawn: dict[str, Image] = {}

    def form(
        self, form_type: str, answers: Answers, pen: paper.Pen, random: Random
    ) -> tuple[Image, Answers, Mapping[str, str]]:
        """A filled form, what is written on it, and its labels."""
        blank: Blank = self._blanks[form_type]
        if form_type not in self._drawn:
            self._drawn[form_type] = paper.drawn(blank)
        picture = self._drawn[form_type].copy()
        written = paper.fill(picture, blank, answers, pen, random)
        return picture, written, {s.name: s.label for s in blank.slots}

    def save(self, name: str, pages: Sequence[Image]) -> Path:
        """Write the pages in the format the name's ending says; the same pages give the same bytes."""
        return paper.save(self._folder / name, pages)

    def put(self, name: str, content: bytes) -> Path:
        path = self._folder / name
        path.write_bytes(content)
        return path


def _texas(answers: Answers, rows: Sequence[Mapping[str, str]]) -> dict[str, str | bool]:
    cells = {f"services.{n}.{column}": text for n, row in enumerate(rows, 1) for column, text in row.items()}
    return {**answers, **cells}


def _knee(desk: _Desk, random: Random) -> Sample:
    answers, rows = value.texas(random, (value.SERVICES[1],))
    picture, written, labels = desk.form("tx_nofr001", _texas(answers, rows), paper.SERIF_RED, random)
    path = desk.save("knee-replacement.pdf", [picture])
    return Sample(
        path, "Knee replacement on the Texas form", "clean", "tx_nofr001", answers=written, labels=labels
    )


def _heart(desk: _Desk, random: Random) -> Sample:
    answers, rows = value.texas(random, (value.SERVICES[2], value.SERVICES[7]), codes_apart=True)
    answers = value.urgent(answers, "New murmur, syncope on 11/12")
    picture, written, labels = desk.form("tx_nofr001", _texas(answers, rows), paper.SERIF_BLACK, random)
    path = desk.save("urgent-echocardiogram.pdf", [picture])
    return Sample(
        path, "Urgent echocardiogram on the Texas form", "clean", "tx_nofr001", urgent=True, answers=written,
        labels=labels,
    )  # fmt: skip


def _askew(desk: _Desk, random: Random) -> Sample:
    answers, rows = value.texas(random, (value.SERVICES[0], value.SERVICES[5]), codes_apart=True)
    picture, written, labels = desk.form("tx_nofr001", _texas(answers, rows), paper.TYPEWRITER, random)
    path = desk.save("scan-0041.tif", [damage.scanned(damage.skewed(picture, 2.0), random)])
    return Sample(
        path, "Spine imaging and therapy on the Texas form", "scanned 2 degrees askew", "tx_nofr001", answers=written,
        labels=labels,
    )  # fmt: skip


def _fax(desk: _Desk, random: Random) -> Sample:
    answers, rows = value.texas(random, (value.SERVICES[4],))
    picture, written, labels = desk.form("tx_nofr001", _texas(answers, rows), paper.SERIF_BLACK, random)
    sent = damage.faxed(
        picture, random, "11/16/2026 09:14  FROM: TESTBURY MEDICAL GROUP  (512) 555-0117   P.01/01"
    )
    path = desk.save("fax-20261116-0914.tif", [sent])
    return Sample(
        path, "Abdominal CT on the Texas form", "one-bit fax with speckle and lines", "tx_nofr001", answers=written,
        labels=labels,
    )  # fmt: skip


def _mistakes(desk: _Desk, random: Random) -> Sample:
    answers, rows = value.texas(random, (value.SERVICES[2], value.SERVICES[6]), codes_apart=True)
    answers["requesting_provider_npi"] = str(answers["requesting_provider_npi"])[:9]
    answers |= {"gender_female": True, "gender_male": True}
    rows[0]["diagnosis_code"] = "137.8"
    rows[1]["start_date"], rows[1]["end_date"] = rows[1]["end_date"], rows[1]["start_date"]
    picture, written, labels = desk.form("tx_nofr001", _texas(answers, rows), paper.SERIF_RED, random)
    path = desk.save("please-check.pdf", [picture])
    mistakes = (
        "requesting_provider_npi",
        "gender_female",
        "services.1.diagnosis_code",
        "services.2.start_date",
    )
    return Sample(
        path, "A Texas form with mistakes for the rules to find", "clean", "tx_nofr001", answers=written,
        labels=labels, mistakes=mistakes,
    )  # fmt: skip


def _wheelchair(desk: _Desk, random: Random) -> Sample:
    answers = value.equipment(random, value.EQUIPMENT[1])
    picture, written, labels = desk.form("bsc_dme", answers, paper.SERIF_BLUE, random)
    path = desk.save("power-wheelchair.pdf", [picture])
    return Sample(
        path, "Power wheelchair on the DME form", "clean", "bsc_dme", answers=written, labels=labels
    )


def _pale(desk: _Desk, random: Random) -> Sample:
    answers = value.equipment(random, value.EQUIPMENT[2])
    picture, written, labels = desk.form("bsc_dme", answers, paper.SERIF_BLACK, random)
    path = desk.save("oxygen-copy.png", [damage.pale(picture, random)])
    return Sample(
        path,
        "Oxygen concentrator on the DME form",
        "a pale copy of a copy",
        "bsc_dme",
        answers=written,
        labels=labels,
    )


def _by_hand(desk: _Desk, random: Random) -> Sample:
    answers = value.equipment(random, value.EQUIPMENT[0])
    picture, written, labels = desk.form("bsc_dme", answers, paper.HAND, random)
    path = desk.save("cpap-handwritten.jpg", [picture])
    return Sample(
        path, "CPAP device on the DME form", "filled in by hand", "bsc_dme", answers=written, labels=labels
    )


def _upside_down(desk: _Desk, random: Random) -> Sample:
    answers = value.equipment(random, value.EQUIPMENT[4])
    picture, written, labels = desk.form("bsc_dme", answers, paper.TYPEWRITER, random)
    path = desk.save("insulin-pump.pdf", [damage.upside_down(damage.scanned(picture, random))])
    return Sample(
        path, "Insulin pump on the DME form", "scanned upside down", "bsc_dme", answers=written, labels=labels
    )


def _package(desk: _Desk, random: Random) -> Sample:
    answers, rows = value.texas(random, (value.SERVICES[3],))
    picture, written, labels = desk.form("tx_nofr001", _texas(answers, rows), paper.SERIF_BLACK, random)
    sheets = [
        paper.page_of_text(value.COVER, paper.Pen("Inter", paper.BLACK, 31)),
        picture,
        paper.page_of_text(value.progress_note(answers), paper.TYPEWRITER),
        paper.page_of_text([], paper.TYPEWRITER),
    ]
    header = "11/16/2026 10:02  FROM: SAMPLEFORD CLINIC  (713) 555-0144   P.{:02}/04"
    sent = [damage.faxed(s, random, header.format(n), lines=1) for n, s in enumerate(sheets, 1)]
    path = desk.save("fax-20261116-1002.tif", sent)
    return Sample(
        path, "A fax of four pages: cover sheet, Texas form, progress note, blank page", "one-bit fax", "tx_nofr001",
        page=2, page_count=4, answers=written, labels=labels,
    )  # fmt: skip


def _photo(desk: _Desk, random: Random) -> Sample:
    answers = value.imaging(random, value.SERVICES[0])
    picture, written, labels = desk.form("imaging_request", answers, paper.SERIF_BLACK, random)
    path = desk.save("IMG-2207.jpg", [damage.photographed(picture, random)])
    return Sample(
        path, "An imaging request no processor knows", "photographed on a desk", "generic", answers=written,
        labels=labels,
    )  # fmt: skip


def _medicine(desk: _Desk, random: Random) -> Sample:
    answers = value.medication(random, value.MEDICINES[0])
    picture, written, labels = desk.form("medication_request", answers, paper.TYPEWRITER, random)
    path = desk.save("adalimumab.pdf", [picture])
    return Sample(
        path, "A medication request no processor knows", "clean", "generic", answers=written, labels=labels
    )


def _second_medicine(desk: _Desk, random: Random) -> Sample:
    answers = value.medication(random, value.MEDICINES[1])
    picture, written, labels = desk.form("medication_request", answers, paper.HAND, random)
    path = desk.save("scan-0042.png", [damage.scanned(damage.skewed(picture, -1.0), random)])
    return Sample(
        path, "A medication request no processor knows", "filled in by hand, scanned 1 degree askew", "generic",
        answers=written, labels=labels,
    )  # fmt: skip


def _empty(desk: _Desk, _random: Random) -> Sample:
    return Sample(desk.put("scan-0088.tif", b""), "A file with nothing in it", "0 bytes", "", page_count=0)


ARRIVALS: tuple[Callable[[_Desk, Random], Sample], ...] = (
    _knee, _heart, _askew, _fax, _mistakes, _wheelchair, _pale, _by_hand, _upside_down, _package, _photo, _medicine,
    _second_medicine, _empty,
)  # fmt: skip
