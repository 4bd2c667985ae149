"""Forms at a connected desk: read by the project's processors, and here while there is no network."""

from __future__ import annotations

import pytest

from app.composition.cloud_reading import CloudReading
from app.composition.later import Later, LaterInStore
from app.domain.errors import Offline, Rejected, SignInRequired, Unreadable
from app.domain.extraction import Document
from app.services.lanes import Lanes
from tests.scripted import ScriptedProcessor, an_extraction, read_field

FORM = Document("d1", "application/pdf", b"%PDF-1.7")
HERE = an_extraction(read_field("member_id", "here"))
THERE = an_extraction(read_field("member_id", "there"))


class Processor(ScriptedProcessor):
    closed = False

    def close(self) -> None:
        self.closed = True


def test_the_projects_processor_reads_while_it_answers() -> None:
    here = ScriptedProcessor([HERE])
    assert CloudReading(here, lambda: Processor([THERE])).process(FORM) == THERE
    assert here.asked == []


@pytest.mark.parametrize("away", [Offline("No network."), SignInRequired("Nobody is signed in.")])
def test_without_it_the_form_is_read_here(away: Exception) -> None:
    assert CloudReading(ScriptedProcessor([HERE]), lambda: Processor([away])).process(FORM) == HERE


@pytest.mark.parametrize("refusal", [Rejected("No permission."), Unreadable("No form.")])
def test_what_the_project_refuses_is_told_and_not_hidden(refusal: Exception) -> None:
    with pytest.raises(type(refusal)):
        CloudReading(ScriptedProcessor([HERE]), lambda: Processor([refusal])).process(FORM)


def test_it_is_made_with_the_first_document_and_closed_only_then() -> None:
    made: list[Processor] = []

    def make() -> Processor:
        made.append(Processor([THERE]))
        return made[-1]

    CloudReading(ScriptedProcessor([HERE]), make).close()
    assert made == []
    reading = CloudReading(ScriptedProcessor([HERE]), make)
    reading.process(FORM)
    reading.process(FORM)
    reading.close()
    assert [one.closed for one in made] == [True]


def test_a_part_of_the_store_is_made_once_from_whichever_thread_asks() -> None:
    lanes, made = Lanes(), []
    part = LaterInStore(lanes, lambda: made.append(lanes.within("store")) or object())
    try:
        first = lanes.submit("store", part).result()
        assert lanes.submit("network", part).result() is first is part()
        assert made == [True]
    finally:
        lanes.close()


def test_a_part_that_could_not_be_made_is_tried_again() -> None:
    answers: list[object] = [OSError("not yet"), "made"]

    def make() -> object:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    part = Later(make)
    with pytest.raises(OSError, match="not yet"):
        part()
    assert part.made is None
    assert part() == "made"
