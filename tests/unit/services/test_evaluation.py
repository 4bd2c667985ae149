"""Evaluation counts what was read as the exam does: what is right, what slips through, how true the colour is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app.domain.errors import Rejected
from app.domain.extraction import Extraction, FormExtraction
from app.domain.form import FieldKind, FormField, Value
from app.services import evaluation
from app.services.evaluation import (
    DAMAGES,
    FormRead,
    Scored,
    confusions,
    figures,
    form_of,
    key_from,
    load_keys,
    report,
    score,
)

KEY = {
    "form_type": "sample",
    "fields": {
        "name": "Ann  O'Bell",
        "phone": "(512) 555-0117",
        "fax": "",
        "urgent": True,
        "home": False,
        "note": "smudge",
    },
    "tables": {"services": [{"procedure": "MRI", "code": "72148"}, {"procedure": "X-ray", "code": ""}]},
    "unsure": ["note"],
}


def field(path: str, value: Value, confidence: float) -> FormField:
    kind = FieldKind.TICK_BOX if isinstance(value, bool) else FieldKind.TEXT
    return FormField(path, path, "", kind, value, confidence)


READ = (
    field("name", "ann o'bell.", 0.95),  # right but for case, blanks and the stop
    field("phone", "(512) 555-0111", 0.9),  # wrong, just not flagged: nobody is told
    field("fax", "", 0.99),
    field("urgent", True, 0.99),
    field("note", "anything", 0.3),  # not scored
    field("stamp", "PAID", 0.6),  # the form has no such field
    field("services.r1.procedure", "MRI", 0.96),
    field("services.r1.code", "72148", 0.5),
    field("services.r2.procedure", "X-rav", 0.4),
    # the code of the second row was not found at all, and "home" neither
)


def test_figures_of_a_small_form_are_those_counted_by_hand() -> None:
    found = figures(score("a", "clean", key_from(KEY), READ))

    assert found.values == 10  # nine of the key, one invented
    assert found.accuracy == 0.7  # wrong: phone, the second procedure, the stamp
    assert found.exact == 0.6  # and the name
    assert found.text == 0.6  # name, MRI, 72148 of name, phone, MRI, 72148, X-ray
    assert found.boxes == 1.0  # a box that was not found counts as empty
    assert found.blank == 0.6667  # fax and the second code of fax, code and stamp
    assert found.invented == 1
    assert found.flagged == 0.5  # 72148, X-rav, the stamp, and the two that were not found
    assert found.silent == 100.0  # the phone
    assert found.caught == 0.6667


def test_calibration_error_is_the_gap_between_shown_and_right_weighed_by_bin() -> None:
    def at(confidence: float, right: int, wrong: int) -> list[Scored]:
        made = [Scored("a", "x", "clean", "a", "n", "abc", "abc", confidence)] * right
        return made + [Scored("a", "x", "clean", "a", "n", "abc", "abd", confidence)] * wrong

    scored = [*at(0.95, 9, 1), *at(0.55, 1, 3), *at(1.0, 6, 0)]

    # The last bin holds 0.95 and 1.0: shown 0.96875, right 0.9375; the other shown 0.55, right 0.25.
    assert evaluation.calibration_error(scored) == pytest.approx((0.03125 * 16 + 0.3 * 4) / 20, abs=1e-4)
    assert [b.count for b in evaluation.reliability(scored)] == [4, 16]
    assert evaluation.calibration_error([]) is None


def test_a_form_that_could_not_be_read_has_every_value_wrong_but_the_blank_ones() -> None:
    found = figures(score("a", "clean", key_from(KEY), ()))

    assert (found.values, found.text, found.blank, found.silent) == (9, 0.0, 1.0, 0.0)


def test_figures_are_those_of_the_exam(shared_data: Path, tmp_path: Path) -> None:
    exam = shared_data.parent / "tools" / "score_forms.py"
    forms = shared_data / "forms"
    if not exam.exists():
        pytest.skip(f"the exam is not on this machine ({exam})")
    random, scored, reads, lines = Random(8), [], [], []
    for path, key in load_keys(forms).items():
        fields = []
        rows: dict[str, Any] = {}
        for place, value in key.values.items():
            if random.random() < 0.05:
                continue  # not found
            value = _misread(value, random)
            confidence = round(random.choice([random.random(), 1.0, 0.9]), 4)
            fields.append(field(place.replace("[", ".r").replace("]", ""), value, confidence))
            entry = {"name": place, "value": value, "confidence": confidence}
            if "[" in place:
                table, _, rest = place.partition("[")
                number, _, column = rest.partition("].")
                rows.setdefault(table, {}).setdefault(int(number), {})[column] = entry
            else:
                rows.setdefault("", {})[place] = entry
        fields.append(field("extra", random.choice(["", "x"]), 0.4))
        rows[""]["extra"] = {"name": "extra", "value": fields[-1].value, "confidence": 0.4}
        plain = list(rows.pop("").values())
        tables = {table: [found[n] for n in sorted(found)] for table, found in rows.items()}
        line = {"path": str(path), "form_type": "bsc_dme", "seconds": 3.5, "pages": 2}
        lines.append(json.dumps({**line, "fields": plain, "tables": tables}))
        reads.append(FormRead(path.stem, "clean", "bsc_dme", key.form_type, 1.75))
        scored += score(path.stem, "clean", key, fields)
    # A row of which no cell was found would shift the rows behind it, there as here.
    (tmp_path / "read.jsonl").write_text("\n".join(lines), "utf-8")
    ran = subprocess.run(
        [sys.executable, str(exam), "--truth", str(forms), "--output", str(tmp_path / "read.jsonl")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    told = json.loads(ran.stdout)

    mine = report(reads, scored)
    ours = {name: getattr(mine.overall, name) for name in mine.overall.__slots__}
    ours |= {"forms": mine.forms.forms, "form_type_right": mine.forms.form_type_right, "missing": []}
    ours |= {"seconds_per_page": mine.forms.seconds_per_page}
    assert ours == told
    assert told["invented"] > 0
    assert told["silent"] > 0


def _misread(value: Value, random: Random) -> Value:
    if random.random() < 0.8:
        return value
    if isinstance(value, bool):
        return not value
    return random.choice([value.upper(), value + ".", value[:-1], value.replace("1", "l"), "", value + "  x"])


def test_confusions_name_what_was_read_for_what_most_frequent_first() -> None:
    pairs = [("I37.8", "137.8"), ("I10", "110"), ("S20.2", "$20.2"), ("a b", "ab"), ("good", "good")]
    pairs += [("Elm Street 14", "Oak Road 7, Apartment 9")]
    scored = [Scored("a", "x", "clean", "a", "n", expected, read, 0.5) for expected, read in pairs]

    found = confusions(scored)

    assert found[0] == ("I", "1", 2)
    assert ("S", "$", 1) in found
    assert (" ", "", 1) in found


def test_a_report_tells_damage_and_fields_apart() -> None:
    key = key_from(KEY)
    forms = [FormRead("a", "clean", "sample", "sample", 2.0), FormRead("a", "fax", "generic", "sample", 4.0)]
    forms += [FormRead("b", "fax", "", "sample", None, "The file is damaged.")]

    found = report(forms, [*score("a", "clean", key, READ), *score("a", "fax", key, READ[:3])])

    assert list(found.by_damage) == ["clean", "fax"]
    assert found.by_damage["clean"][0].form_type_right == 1
    assert found.by_damage["fax"][0] == evaluation.FormFigures(2, 0, 4.0, ("b",))
    assert found.by_field["sample", "services.procedure"].values == 4  # two rows, twice
    assert found.by_field["sample", "phone"].accuracy == 0.0
    assert {(s.damage, s.path) for s in found.wrong} >= {("clean", "stamp"), ("fax", "phone")}


def test_of_several_forms_in_a_file_the_one_on_the_pages_of_the_key_is_judged() -> None:
    forms = tuple(FormExtraction(t, "1", (p,), ()) for t, p in [("other", 1), ("sample", 2), ("sample", 4)])
    extraction = Extraction(4, forms, ())

    assert form_of(extraction, key_from(KEY)) is forms[1]
    assert form_of(extraction, key_from({**KEY, "pages": [4]})) is forms[2]
    assert form_of(extraction, key_from({**KEY, "pages": [3]})) is None


def test_copies_of_a_form_belong_to_one_group_whatever_befell_them() -> None:
    plain, faxed = key_from(KEY), key_from({**KEY, "damage": "fax"})
    other = key_from({**KEY, "fields": {**KEY["fields"], "name": "Bo"}})  # type: ignore[dict-item]

    assert (faxed.damage, faxed.group) == ("fax", plain.group)
    assert other.group != plain.group


@pytest.mark.parametrize(
    "text", ["[]", "no JSON", '{"fields": {}}', '{"form_type": "x", "fields": {"a": 3}}', "null"]
)
def test_a_key_that_is_none_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-")
    (tmp_path / "a.json").write_text(text, "utf-8")
    with pytest.raises(Rejected, match=r"a\.json"):
        load_keys(tmp_path)


def test_a_folder_without_keys_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-")
    for folder in (tmp_path, tmp_path / "gone"):
        with pytest.raises(Rejected):
            load_keys(folder)


def test_every_damage_that_can_be_asked_for_can_be_done() -> None:
    from app.services.document_worker.damage import KINDS

    assert tuple(KINDS) == DAMAGES
