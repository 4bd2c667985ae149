"""The reference shapes: parsed as written, and refused with what and where before anything is kept."""

from __future__ import annotations

import json
import random
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from app.domain import imported
from app.domain.box import Box
from app.domain.errors import Rejected
from app.domain.imported import ImportedDocument, ImportedRequest, parse

REQUEST: dict[str, Any] = {
    "request_id": "q1",
    "patient": {"patient_name": "Ada Example", "patient_age": 57},
    "service": {"code": "95249, 95250", "description": "Sensors ", "type": "DEVICE"},
    "diagnosis": {"code": "E11.9", "description": "Type 2 diabetes"},
    "labs": [{"name": "A1C", "value": 9.4}, {"name": "Weight", "value": "120 lb"}],
}
ENTITY = {
    "entity": "member_id", "value": "W1", "extraction_confidence": 0.83, "corrected_value": None, "page_no": 2,
    "value_coordinates": [0.1, 0.2, 0.3, 0.2, 0.3, 0.25, 0.1, 0.25],
}  # fmt: skip
DOCUMENT = {"uid": "d1", "document_class": "prior_auth_form", "entities": [ENTITY]}


def one(data: object) -> Any:
    (found,) = parse(json.dumps(data).encode())
    return found


def refusal(content: bytes | object) -> str:
    with pytest.raises(Rejected) as caught:
        parse(content if isinstance(content, bytes) else json.dumps(content).encode())
    assert caught.value.next_step.endswith(".")
    assert caught.value.reason.endswith(".")
    return caught.value.reason


def test_a_request_becomes_one_line_with_its_words_as_written() -> None:
    found = one(REQUEST)
    assert isinstance(found, ImportedRequest)
    assert found.request["lines"] == {
        "r1": {
            "order": 0,
            "service": {"code": "95249, 95250", "description": "Sensors ", "type": "DEVICE"},
            "diagnosis": {"code": "E11.9", "description": "Type 2 diabetes"},
        }
    }
    assert found.request["labs"] == [{"name": "A1C", "value": "9.4"}, {"name": "Weight", "value": "120 lb"}]
    assert found.request["patient"]["patient_age"] == "57"


def test_a_document_keeps_its_entities_with_their_places() -> None:
    found = one(DOCUMENT)
    assert isinstance(found, ImportedDocument)
    (entity,) = found.entities
    assert (entity.name, entity.value, entity.confidence, entity.page) == ("member_id", "W1", 0.83, 2)
    assert entity.box == Box(0.1, 0.2, 0.3, 0.25)


def test_corners_in_pixels_need_the_size_of_their_page() -> None:
    pixels = {**ENTITY, "value_coordinates": [85, 220, 255, 220, 255, 275, 85, 275]}
    assert one({**DOCUMENT, "entities": [pixels]}).entities[0].box is None
    sized = {**pixels, "page_width": 850, "page_height": 1100}
    box = one({**DOCUMENT, "entities": [sized]}).entities[0].box
    assert box is not None
    assert box.rounded() == Box(0.1, 0.2, 0.3, 0.25).rounded()


@pytest.mark.parametrize(
    "content",
    [
        json.dumps([REQUEST, DOCUMENT]),
        json.dumps(REQUEST) + "\n" + json.dumps(DOCUMENT) + "\n",
        "\ufeff" + json.dumps(REQUEST) + "\r\n\r\n" + json.dumps(DOCUMENT),
        json.dumps({"pa_requests": [REQUEST], "document": [DOCUMENT]}),
    ],
)
def test_lists_lines_and_collections_hold_the_same(content: str) -> None:
    assert [type(x).__name__ for x in parse(content.encode())] == ["ImportedRequest", "ImportedDocument"]


def test_what_else_a_request_may_say_is_taken() -> None:
    found = one(
        {
            **REQUEST,
            "urgency": "expedited",
            "line_of_business": "medicaid",
            "received_at": "2026-11-20T08:00:00Z",
        }
    )
    assert (found.urgency, found.line_of_business) == ("expedited", "medicaid")
    assert found.received_at == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert one({**REQUEST, "notes": "x", "services": [{}], "prompt": {"a": 1}}).left_out == (
        "services",
        "prompt",
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"  \n ", "empty"),
        (b"\xff\xfe\x00", "UTF-8 .byte 1"),
        (b"[", "line 1, column"),
        (b'[{"request_id": "q1",]', "line 1, column"),
        (b"[]", "no request and no document"),
        (b"7", "is a number"),
        (b'"text"', "is a text"),
        (b"null", "is nothing"),
        (b"[1]", "Object 1 is a number"),
        (b"[[]]", "Object 1 is a list"),
        (b"{}", "neither a request"),
        (b'[{"request_id": "q1"}]', "Object 1 is neither a request"),
        (b'[{"a": NaN}]', "NaN"),
        (b"[" * 5000, "nested|JSON"),
        (b'{"request_id": 1' + b"0" * 5000 + b', "service": {}}', "too long"),
        (b'{"uid": "a", "entities": []}\n{"uid": ', "Line 2 is no JSON"),
    ],
)
def test_what_is_no_list_of_requests_is_told_with_its_place(content: bytes, words: str) -> None:
    assert re.search(words, refusal(content))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"request_id": None}, "Object 2 has no request_id"),
        ({"request_id": "  "}, "Object 2 has no request_id"),
        ({"request_id": ["x"]}, "Object 2: request_id is a list"),
        ({"request_id": "x" * 201}, "201 characters"),
        ({"service": []}, "service is a list; an object is expected"),
        ({"service": {"code": {"a": 1}}}, "service.code is an object; a text or a number is expected"),
        ({"service": {"code": True}}, "service.code is yes or no"),
        ({"patient": "Ada Secret"}, "patient is a text"),
        ({"labs": {}}, "labs is an object; a list is expected"),
        ({"labs": ["9.4"]}, "labs.1. is a text; an object is expected"),
        ({"labs": [{"value": []}]}, "labs.1..value is a list"),
        ({"urgency": "soon"}, "urgency is not one of standard, expedited"),
        ({"line_of_business": "hmo"}, "line_of_business is not one of"),
        ({"received_at": "yesterday"}, "received_at is no time"),
        ({"diagnosis": {"description": "x" * 20_001}}, "20,001 characters"),
    ],
)
def test_a_wrong_type_is_told_with_its_place_and_without_a_value(change: dict[str, Any], words: str) -> None:
    said = refusal([REQUEST, {**REQUEST, **change}])
    assert re.search(words, said), said
    assert "Secret" not in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"uid": None}, "has no uid"),
        ({"entities": {}}, "entities is an object; a list is expected"),
        ({"entities": ["x"]}, "entities.1. is a text"),
        ({"entities": [{**ENTITY, "entity": ""}]}, "entities.1..entity is a text; the name"),
        ({"entities": [{**ENTITY, "value": {}}]}, "entities.1..value is an object"),
        (
            {"entities": [ENTITY, {**ENTITY, "extraction_confidence": 83}]},
            "entities.2..extraction_confidence",
        ),
        ({"entities": [{**ENTITY, "value_coordinates": [1, 2]}]}, "is not 8 numbers"),
        ({"entities": [{**ENTITY, "value_coordinates": "all"}]}, "is not 8 numbers"),
        ({"entities": [{**ENTITY, "page_no": 0}]}, "page_no is no page number"),
    ],
)
def test_a_broken_document_is_told_with_its_place(change: dict[str, Any], words: str) -> None:
    assert re.search(words, refusal([{**DOCUMENT, **change}]))


def test_a_huge_file_and_too_many_objects_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imported, "LARGEST", 100)
    assert "MB" in refusal(b" " * 101)
    monkeypatch.setattr(imported, "LARGEST", 10_000)
    monkeypatch.setattr(imported, "MOST", 2)
    assert "3 objects" in refusal([REQUEST] * 3)


def test_whatever_stands_in_a_file_is_taken_or_refused_in_words() -> None:
    chance = random.Random(4)
    text = json.dumps([REQUEST, DOCUMENT])
    said: list[str] = []
    values: list[Any] = [None, True, 0, -1, 1e308, "", "\ud800", [], {}, [[]], {"": {}}, "x" * 50]
    for _ in range(400):
        if chance.random() < 0.5:
            place = chance.randrange(len(text))
            content = text[:place] + chance.choice('{}[]",:0\\\x00é') + text[place + chance.randrange(3) :]
        else:
            data = json.loads(text)
            place = chance.choice(data)
            while isinstance(place, dict | list) and place and chance.random() < 0.6:
                keys = list(place) if isinstance(place, dict) else list(range(len(place)))
                inner = place[chance.choice(keys)]
                if not isinstance(inner, dict | list) or not inner:
                    break
                place = inner
            if place:
                key = chance.choice(list(place) if isinstance(place, dict) else list(range(len(place))))
                place[key] = chance.choice(values)
            content = json.dumps(data)
        try:
            parse(content.encode("utf-8", "surrogatepass"))
        except Rejected as error:
            said.append(str(error))
    assert len(said) > 50
    assert not any("Ada Example" in words for words in said)
