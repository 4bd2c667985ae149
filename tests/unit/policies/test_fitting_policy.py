"""Which shipped policy a line falls under: as requests are written, and never by a guess."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.request import Line
from app.services.change_log import utc_now
from app.services.policy_library import PolicyLibrary
from app.services.store.store import Store
from tests.unit.policies.support import shipped, shipped_ids


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PolicyLibrary]:
    folder: Path = tmp_path_factory.mktemp("workspace")
    store = Store.open(folder / "workspace", bytes(range(32)))
    yield PolicyLibrary(store, lambda: [shipped(policy_id) for policy_id in shipped_ids()], utc_now)
    store.close()


@pytest.mark.parametrize(
    ("code", "description", "wanted"),
    [
        ("E0784", "", "ncd_280_14"),
        ("", "Tubeless insulin pump, starter kit", "ncd_280_14"),
        ("Z79.4", "CSII pump for type 1 diabetes", "ncd_280_14"),
        ("G0277", "Hyperbaric oxygen under pressure", "ncd_20_29"),
        ("99183", "HBOT x 40", "ncd_20_29"),
        ("E0601", "", "ncd_240_4"),
        ("", "Auto-CPAP with heated humidifier", "ncd_240_4"),
        ("E1390", "", "ncd_240_2"),
        ("E0431, E1390", "Home oxygen", "ncd_240_2"),
        ("", "Portable oxygen concentrator", "ncd_240_2"),
        ("43644", "", "ncd_100_1"),
        ("", "Laparoscopic sleeve gastrectomy", "ncd_100_1"),
        ("33249", "", "ncd_20_4"),
        ("33270", "Subcutaneous ICD", "ncd_20_4"),
        ("", "CRT-D upgrade", "ncd_20_4"),
    ],
)
def test_a_line_finds_its_policy_first(
    library: PolicyLibrary, code: str, description: str, wanted: str
) -> None:
    found = library.for_line(Line("r1", 0, "", code, description, "", "", "", "", ""))
    assert [policy.policy_id for policy in found][:1] == [wanted]


@pytest.mark.parametrize(
    ("code", "description"),
    [
        ("95250", "Continuous glucose monitoring"),
        ("E0781", "Ambulatory infusion pump for pain medication"),
        ("27447", "Total knee arthroplasty"),
        ("", "ICD-10 coding review"),
        ("K0606", "Wearable cardioverter defibrillator"),
        ("45378", "Colonoscopy"),
        ("", "Topical oxygen for a chronic wound"),
        ("", ""),
    ],
)
def test_a_line_that_no_policy_is_for_finds_none(library: PolicyLibrary, code: str, description: str) -> None:
    assert library.for_line(Line("r1", 0, "", code, description, "", "", "", "", "")) == ()
