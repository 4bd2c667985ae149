"""The service's log: what an administrator needs, and nothing of a patient. A canary in every place it may hide."""

from __future__ import annotations

import io
import json
import logging
from datetime import UTC, datetime

from app.domain.errors import Offline, Unreadable
from app.services.ingestion_service.log import Log, Others
from tests.scripted import ScriptedProcessor, a_pdf, an_extraction, read_field
from tests.serve_parts import Queue, event_of, http, service

CANARY = "Canary Patientname"
NOW = datetime(2026, 11, 3, tzinfo=UTC)


def test_no_name_or_value_of_a_patient_reaches_the_log_of_arrivals() -> None:
    fields = (read_field("patient_name", CANARY), read_field("member_id", "CanaryMember77"))
    answers = [
        an_extraction(*fields),
        Unreadable(f"No {CANARY}.", CANARY, code="unreadable"),
        ValueError(f"cannot parse {CANARY}"),
        Offline("Away.", code="away"),
        an_extraction(*fields),
    ]
    with service(ScriptedProcessor(answers)) as serve:
        serve.cases = Queue(lambda: datetime.now(UTC))
        for number in range(5):
            name = f"{CANARY} {number}.pdf"
            metadata = {"by": CANARY, "case_id": CANARY if number == 4 else ""}
            stored = serve.buckets.put(
                "pa_forms_bkt", name, a_pdf(name), "application/pdf", {k: v for k, v in metadata.items() if v}
            )
            headers, body = event_of(stored)
            headers |= {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01", "User-Agent": "Canary"}
            headers["ce-id"] = "Canary"
            answer = http.post(serve.url, headers=headers, content=body)
            assert CANARY not in answer.text
        http.post(serve.url, headers=headers, content=body[:-9] + CANARY.encode())
        http.get(f"{serve.url}/{CANARY}?name={CANARY}")
        lines = serve.lines()
        text = serve.out.getvalue()
    assert {"case_written", "failed", "try_again", "refused", "answered"} <= {line["event"] for line in lines}
    assert "Canary" not in text
    assert "Patientname" not in text
    assert {line["severity"] for line in lines} == {"INFO", "WARNING", "ERROR"}
    traced = [line for line in lines if line["event"] == "case_written"]
    assert {line["logging.googleapis.com/trace"] for line in traced} == {
        f"projects/{serve.settings.connection.project}/traces/{'a' * 32}"
    }
    (bug,) = [line for line in lines if line["event"] == "failed" and "arrival" in line]
    assert bug["raised"] == "builtins.ValueError"
    assert "scripted.py" in bug["stack"]


def test_what_libraries_say_is_told_by_place_and_kind_alone() -> None:
    out = io.StringIO()
    handler = Others(Log(out, lambda: NOW, "payer"))
    logger = logging.Logger("some.library")  # noqa: LOG001 - one that nobody else hears
    logger.addHandler(handler)
    logger.info("nothing of %s", CANARY)
    logger.warning("careful with %s", CANARY)
    try:
        raise KeyError(CANARY)
    except KeyError:
        logger.exception("%s", CANARY)
    first, second = (json.loads(line) for line in out.getvalue().splitlines())
    assert "Canary" not in out.getvalue()
    assert (first["severity"], first["logger"]) == ("WARNING", "some.library")
    assert second["raised"] == "builtins.KeyError"
    assert second["place"].startswith("test_serve_log:")


def test_a_line_of_the_log_is_one_line_of_json_whatever_is_in_it() -> None:
    out = io.StringIO()
    Log(out, lambda: NOW, "payer").info("odd", "b" * 32, text='a\n"b"\u2028ü', number=1.5, nothing=None)
    (line,) = out.getvalue().splitlines()
    found = json.loads(line)
    assert found["text"] == 'a\n"b"\u2028ü'
    assert found["time"] == "2026-11-03T00:00:00.000000Z"
