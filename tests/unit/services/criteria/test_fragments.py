"""Every fragment judged as a careful reader would; never met where it must not be."""

from __future__ import annotations

import pytest

from app.domain.material import Status
from tests.unit.services.criteria.fragments import HEAD, LEAVES
from tests.unit.services.criteria.hard_fragments import HARD
from tests.unit.services.criteria.harder_fragments import HARDER
from tests.unit.services.criteria.more_fragments import MORE
from tests.unit.services.criteria.support import judged

EXPECTED = {"m": Status.MET, "n": Status.NOT_MET, "i": Status.INSUFFICIENT}
ALL = {**LEAVES, **MORE, **HARD, **HARDER}


@pytest.mark.parametrize("name", ALL)
def test_fragments_of_notes_are_judged_as_a_careful_reader_judges_them(name: str) -> None:
    leaf = ALL[name]
    wrong = []
    for expected, text in leaf.fragments:
        found = judged(HEAD + text, leaf.test, leaf.concepts)
        if found.status is not EXPECTED[expected]:
            wrong.append((text, str(EXPECTED[expected]), str(found.status), found.why))
    assert wrong == []


def test_there_are_fragments_enough_to_say_something() -> None:
    assert sum(len(leaf.fragments) for leaf in ALL.values()) >= 820
    assert len({text for leaf in ALL.values() for _, text in leaf.fragments}) >= 800
