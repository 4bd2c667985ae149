"""Gemini on Vertex AI beyond what every language model promises: regions, tuned endpoints, refusals, quotas, tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from google.auth.exceptions import RefreshError, TransportError
from google.oauth2.credentials import Credentials

from app.domain.errors import Actionable, Offline, Rejected, SignInRequired
from app.services.google.gemini import Gemini
from app.services.lanes import Lanes
from tests.loopback import Blocks, Fails, Loopback, Says, Sends, serving

ENDPOINT = "projects/a-project/locations/europe-west4/endpoints/4321"
Make = Callable[..., Gemini]


@pytest.fixture
def make() -> Iterator[Make]:
    lanes = Lanes()

    def made(server: Loopback, model: str = "gemini-2.5-pro", **more: Any) -> Gemini:
        given: dict[str, Any] = {
            "project": "a-project",
            "location": "europe-west4",
            "credentials": lambda: Credentials("token"),  # type: ignore[no-untyped-call]
            "wait": lambda _seconds: None,
        } | more
        return Gemini(
            model=model,
            submit=partial(lanes.submit, "network"),
            base_url=server.url,
            quiet_seconds=20,
            **given,
        )

    yield made
    lanes.close()


def ask(model: Gemini, schema: dict[str, Any] | None = None) -> str:
    return model.ask("Judge.", "Is it covered?", schema, None)


def refusal(model: Gemini, kind: type[Actionable] = Rejected) -> Actionable:
    with pytest.raises(kind) as told:
        ask(model)
    assert told.value.reason.endswith(".")
    assert told.value.next_step
    return told.value


def test_a_tuned_endpoint_is_asked_in_its_own_project_and_region(make: Make) -> None:
    with serving(Says("{}"), kind="vertex") as server:
        model = make(server, ENDPOINT, project="another", location="us-central1")
        assert ask(model) == "{}"
    assert model.place == (
        "a-project",
        "europe-west4",
    )  # the host follows from it, which is the test's own here
    assert not server.refused


def test_a_model_asked_in_the_wrong_region_is_told_with_the_region(make: Make) -> None:
    with serving(Says("{}"), kind="vertex") as server:
        error = refusal(make(server, location="us-central1"))
    assert error.code == "model_missing"
    assert "us-central1" in error.reason


def test_a_region_that_is_not_supported_is_told_as_one(make: Make) -> None:
    message = "Model gemini-2.5-pro is not available in region mars-west1."
    with serving(Fails(400, message), kind="vertex") as server:
        assert refusal(make(server)).code == "model_missing"


def test_instruction_and_schema_go_where_they_belong(make: Make) -> None:
    schema = {"type": "object", "properties": {"outcome": {"type": "string"}}}
    with serving(Says("{}"), kind="vertex") as server:
        ask(make(server), schema)
        (sent,) = server.asked
    assert sent["systemInstruction"]["parts"] == [{"text": "Judge."}]
    assert sent["generationConfig"]["responseMimeType"] == "application/json"
    assert sent["generationConfig"]["responseJsonSchema"] == schema


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("SAFETY", "safety"),
        ("PROHIBITED_CONTENT", "prohibited"),
        ("RECITATION", "published"),
        ("BLOCKLIST", "blocked"),
        ("SPII", "personal"),
        ("LANGUAGE", "language"),
        ("OTHER", "does not say why"),
    ],
)
def test_each_way_to_refuse_is_told_in_its_own_words(make: Make, reason: str, words: str) -> None:
    with serving(Says('{"outcome"', stop=reason), kind="vertex") as server:
        error = refusal(make(server))
    assert error.code == "model_refused"
    assert words in error.reason


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("SAFETY", "safety"),
        ("JAILBREAK", "get around"),
        ("MODEL_ARMOR", "Model Armor"),
        ("OTHER", "does not say"),
    ],
)
def test_a_question_that_is_blocked_is_told_as_one(make: Make, reason: str, words: str) -> None:
    with serving(Blocks(reason), kind="vertex") as server:
        error = refusal(make(server))
    assert error.code == "model_blocked"
    assert words in error.reason
    assert len(server.asked) == 1  # the same question would be blocked again


def test_an_answer_that_ran_out_of_room_is_not_half_believed(make: Make) -> None:
    with serving(Says('{"outcome": "approve"}', stop="max_tokens"), kind="vertex") as server:
        assert refusal(make(server)).code == "model_length"


def test_a_quota_is_waited_for_as_long_as_the_service_asks(make: Make) -> None:
    waited: list[float] = []
    with serving(Fails(429, headers=(("Retry-After", "7"),)), Says("{}"), kind="vertex") as server:
        assert ask(make(server, wait=waited.append)) == "{}"
    assert waited == [7.0]


def test_a_quota_that_stays_used_up_is_told_as_one(make: Make) -> None:
    later = (("Retry-After", "Fri, 31 Dec 2027 23:59:59 GMT"),)
    with serving(Fails(429, headers=later), kind="vertex") as server:
        assert "quota" in refusal(make(server)).reason


def test_a_token_that_is_not_accepted_asks_for_a_sign_in(make: Make) -> None:
    with serving(Says("{}"), kind="vertex", key="fresh") as server:
        assert refusal(make(server), SignInRequired).code == "google_sign_in"


class Failing(Credentials):  # type: ignore[misc]
    """Credentials whose refresh fails."""

    def __init__(self, error: Exception) -> None:
        super().__init__(None)
        self._error = error

    def refresh(self, _request: object) -> None:
        raise self._error


@pytest.mark.parametrize(
    ("error", "kind"),
    [(RefreshError("invalid_grant"), SignInRequired), (TransportError("no route"), Offline)],
)
def test_a_refresh_that_fails_is_told_by_its_cause(
    make: Make, error: Exception, kind: type[Actionable]
) -> None:
    with serving(Says("{}"), kind="vertex") as server:
        refusal(make(server, credentials=lambda: Failing(error)), kind)
        assert not server.asked


def test_an_account_without_the_role_is_told_which_one(make: Make) -> None:
    with serving(Says("{}"), kind="vertex") as server:
        assert "Vertex AI User" in refusal(make(server, project="another-project"), SignInRequired).next_step


def test_what_a_message_quotes_from_the_question_stands_in_no_error(make: Make) -> None:
    message = 'Invalid value at contents: "Jane Orr, member M99887766"'
    with serving(Fails(400, message), kind="vertex") as server:
        error = refusal(make(server))
    assert "Orr" not in f"{error} {error.params}"
    assert "Invalid value" in error.reason


# What may come besides


def detail(reason: str = "", **more: Any) -> dict[str, Any]:
    kind = "RetryInfo" if more else "ErrorInfo"
    return {
        "@type": f"type.googleapis.com/google.rpc.{kind}",
        **({"reason": reason} if reason else {}),
        **more,
    }


def test_a_quota_is_waited_for_as_its_details_ask(make: Make) -> None:
    waited: list[float] = []
    busy = Fails(429, "Resource exhausted.", details=(detail(retryDelay="3.5s"),))
    with serving(busy, Says("{}"), kind="vertex") as server:
        assert ask(make(server, wait=waited.append)) == "{}"
    assert waited == [3.5]


@pytest.mark.parametrize("status", [408, 499, 503])
def test_what_was_broken_off_is_asked_again(make: Make, status: int) -> None:
    with serving(Fails(status), Says("{}"), kind="vertex") as server:
        assert ask(make(server)) == "{}"
    assert len(server.asked) == 2


def test_a_model_that_takes_no_schema_is_asked_without_one_from_then_on(make: Make) -> None:
    with serving(Says("{}"), kind="vertex", strict_schema=False) as server:
        model = make(server)
        assert ask(model, {"type": "object"}) == "{}"
        assert ask(model, {"type": "object"}) == "{}"
    assert len(server.refused) == 1
    assert len(server.asked) == 2


def part(**parts: Any) -> dict[str, Any]:
    return {"candidates": [{"content": {"role": "model", "parts": [parts]}}]}


END = {
    "candidates": [{"finishReason": "STOP"}],
    "usageMetadata": {"promptTokenCount": 3, "totalTokenCount": 5},
}


def test_thoughts_and_counts_are_no_part_of_an_answer(make: Make) -> None:
    chunks = (
        {"usageMetadata": {"promptTokenCount": 3}, "modelVersion": "gemini-2.5-pro"},
        part(text="Let me see.", thought=True),
        part(text='{"a":'),
        {"candidates": [{"content": {"role": "model"}}]},
        part(text="1}", thoughtSignature="AAAA"),
        END,
    )
    with serving(Sends(chunks), kind="vertex") as server:
        assert ask(make(server)) == '{"a":1}'


def test_of_several_answers_the_first_is_taken(make: Make) -> None:
    two = {"candidates": [{"index": 0, "content": {"role": "model", "parts": [{"text": "{}"}]}},
                          {"index": 1, "content": {"role": "model", "parts": [{"text": "[]"}]}}]}  # fmt: skip
    with serving(Sends((two, END)), kind="vertex") as server:
        assert ask(make(server)) == "{}"


@pytest.mark.parametrize("reason", ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL"])
def test_a_tool_that_nobody_gave_is_told(make: Make, reason: str) -> None:
    call = part(functionCall={"name": "look_up", "args": {}})
    with serving(Sends((call, {"candidates": [{"finishReason": reason}]})), kind="vertex") as server:
        assert refusal(make(server)).code == "model_tool"


def test_an_answer_without_any_candidate_is_no_answer(make: Make) -> None:
    with serving(Sends(({"usageMetadata": {"promptTokenCount": 3}},)), kind="vertex") as server:
        assert refusal(make(server), Offline).code == "model_broken"


@pytest.mark.parametrize(
    ("status", "reason", "kind", "code"),
    [
        (403, "SERVICE_DISABLED", Rejected, "service_disabled"),
        (403, "BILLING_DISABLED", Rejected, "project_unusable"),
        (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT", SignInRequired, "sign_in_scope"),
        (403, "SECURITY_POLICY_VIOLATED", Rejected, "organisation_rule"),
        (401, "ACCESS_TOKEN_EXPIRED", SignInRequired, "google_sign_in"),
    ],
)
def test_every_reason_is_told_as_what_it_is(
    make: Make, status: int, reason: str, kind: type[Actionable], code: str
) -> None:
    with serving(Fails(status, details=(detail(reason),)), kind="vertex") as server:
        assert refusal(make(server), kind).code == code


def test_what_stands_in_single_quotes_stands_in_no_error_either(make: Make) -> None:
    with serving(Fails(400, "Cannot read 'Jane Orr' as it doesn't end."), kind="vertex") as server:
        error = refusal(make(server))
    assert "Orr" not in f"{error} {error.params}"
    assert "doesn't end" in error.reason
