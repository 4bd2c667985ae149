"""Why Google refuses, told alike whichever of its services is asked; the services' own suites prove it on the wire."""

from __future__ import annotations

from typing import Any

import pytest
from google.api_core.exceptions import (
    FailedPrecondition,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    Unauthenticated,
)
from google.rpc import error_details_pb2  # type: ignore[import-untyped]

from app.domain.errors import Rejected, SignInRequired, Unreadable
from app.services.google.document_ai import failure as reading
from app.services.google.firestore import failure
from app.services.google.refusal import general, in_json, told_beside
from app.services.ingestion_service.arrival_case import to_be_mended

REASONS = {
    "ACCESS_TOKEN_EXPIRED": "google_sign_in",
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": "sign_in_scope",
    "ACCOUNT_STATE_INVALID": "account_disabled",
    "SERVICE_DISABLED": "service_disabled",
    "BILLING_DISABLED": "project_unusable",
    "CONSUMER_SUSPENDED": "project_unusable",
    "USER_PROJECT_DENIED": "project_use",
    "SECURITY_POLICY_VIOLATED": "organisation_rule",
    "LOCATION_ORG_POLICY_VIOLATED": "organisation_rule",
}


@pytest.mark.parametrize(("reason", "code"), REASONS.items())
def test_every_reason_has_a_sentence_and_a_next_step(reason: str, code: str) -> None:
    told = general(reason, "", "Firestore")
    assert told is not None
    assert (told.code, bool(told.next_step)) == (code, True)


@pytest.mark.parametrize("reason", sorted(set(REASONS) - {r for r, c in REASONS.items() if "sign_in" in c}))
def test_what_an_administrator_mends_says_nothing_against_a_file(reason: str) -> None:
    told = general(reason, "", "Document AI")
    assert told is not None
    assert to_be_mended(told)


@pytest.mark.parametrize(
    "error",
    [
        FailedPrecondition("Processor is disabled."),
        FailedPrecondition("Processor version is not deployed."),
        NotFound("Processor not found."),
        PermissionDenied("Permission 'storage.objects.get' denied."),
    ],
)
def test_what_is_wrong_with_a_processor_says_nothing_against_a_file(error: Exception) -> None:
    told = reading.told(error, reading.ONLINE)
    assert isinstance(told, Rejected)
    assert to_be_mended(told)


def test_a_project_that_is_called_after_a_bucket_is_none() -> None:
    resource = "//documentai.googleapis.com/projects/bucket-payer/locations/us/processors/1"
    words = f"Permission 'documentai.processors.processOnline' denied on resource '{resource}'."
    assert reading.told(PermissionDenied(words), reading.ONLINE).code == "document_ai_permission"  # type: ignore[union-attr]


def test_a_file_that_cannot_be_opened_is_not_mended_by_anybody() -> None:
    told = reading.told(InvalidArgument("Unsupported input file format."), reading.ONLINE)
    assert isinstance(told, Unreadable)
    assert not to_be_mended(told)


@pytest.mark.parametrize("reason", ["", "IAM_PERMISSION_DENIED", "SOMETHING_OF_TOMORROW"])
def test_what_is_the_services_own_is_left_to_it(reason: str) -> None:
    assert general(reason, "Permission denied on resource.", "Firestore") is None


def info(reason: str) -> Any:
    return error_details_pb2.ErrorInfo(reason=reason, domain="googleapis.com")


def test_the_shared_queue_tells_a_service_that_is_switched_off_from_a_missing_permission() -> None:
    off = failure.told(PermissionDenied("no", details=[info("SERVICE_DISABLED")]), "datastore.entities.get")
    assert isinstance(off, Rejected)
    assert off.code == "service_disabled"
    missing = failure.told(PermissionDenied("no"), "datastore.entities.get")
    assert "datastore.entities.get" in str(missing)
    gone = failure.told(Unauthenticated("no", details=[info("ACCOUNT_STATE_INVALID")]), "")
    assert isinstance(gone, SignInRequired)
    assert gone.code == "account_disabled"


def test_how_long_to_wait_is_read_off_messages_and_off_json() -> None:
    later = error_details_pb2.RetryInfo()
    later.retry_delay.FromMilliseconds(2500)
    assert told_beside([later]).delay == 2.5
    body = {
        "error": {"details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "2.5s"}]}
    }
    assert in_json(body).delay == in_json([body]).delay == 2.5


@pytest.mark.parametrize(
    "body",
    [
        None,
        "",
        [],
        {},
        {"error": "invalid_grant"},
        {"error": {"details": "none"}},
        {"error": {"details": [7]}},
    ],
)
def test_a_body_of_another_shape_tells_nothing(body: Any) -> None:
    found = in_json(body)
    assert (found.reason, found.permission, found.delay) == ("", "", None)


@pytest.mark.parametrize("delay", ["soon", "-3s", "", 7, {"seconds": 3}])
def test_a_wait_that_is_none_is_none(delay: Any) -> None:
    assert in_json({"error": {"details": [{"retryDelay": delay}]}}).delay is None
