"""The service over HTTP: what is asked, by whom, and how it is answered. Plain WSGI.

Nothing that came in is repeated in an answer or in the log, but for ids.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from flask import Flask, Request, Response, g, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from app.domain.connection import Connection, connection_document
from app.domain.errors import Actionable, Offline, Rejected, SignInRequired
from app.domain.library_wire import (
    body_document,
    in_force_document,
    news_document,
    place_of,
    publishing_from,
    settling_from,
)
from app.domain.role import Person
from app.domain.sync_wire import (
    checkpoint_from,
    desk_from,
    error_document,
    error_status,
    kept_checkpoint_document,
    me_document,
    person_document,
    person_from,
    push_from,
    pushed_document,
)
from app.services.ingestion_service.determining import Determining
from app.services.ingestion_service.library import SharedLibrary
from app.services.ingestion_service.log import Log, kind_of
from app.services.ingestion_service.metric import CONTENT_TYPE, Metrics
from app.services.ingestion_service.people import PeopleRegister

LARGEST_BODY = 8 * 1024 * 1024
"""Bytes of a request: a case has 1 MiB at most, and its receipts and what was on screen go with it."""
_TRACE = re.compile(r"[0-9a-f]{32}")
_CASE = re.compile(r"[0-9A-Za-z_-]{1,128}")
_REVISION = re.compile(r"[0-9]{1,15}")
_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class EndpointParts:
    """What the endpoint answers from."""

    people: PeopleRegister
    determining: Determining
    library: SharedLibrary
    connection: Connection


@dataclass(slots=True)
class State:
    """Whether the service takes requests: not before it is ready, and not any more once it ends."""

    ready: Callable[[], bool]
    ending: bool = False


def web(
    lines: Log,
    metrics: Metrics,
    state: State,
    arrivals: Callable[[Request, str], Response] | None,
    endpoint: EndpointParts | None,
) -> Flask:
    """The WSGI application of the parts that are given: arrivals, the endpoint, or both."""
    app = Flask("countersign")
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_BODY, MAX_FORM_MEMORY_SIZE=0, PROPAGATE_EXCEPTIONS=False)
    app.logger.disabled = True  # its lines hold what was asked
    _watch(app, lines, metrics, state)
    _health(app, metrics, state)
    if arrivals is not None:
        take = arrivals

        def _arrived() -> Response:
            return take(request, g.trace)

        app.add_url_rule("/", "arrivals", _arrived, methods=["POST"])
    if endpoint is not None:
        _endpoint(app, lines, metrics, endpoint)
    return app


def _watch(app: Flask, lines: Log, metrics: Metrics, state: State) -> None:
    """What holds for every request: its trace, its line in the log, and how errors are answered."""

    @app.before_request
    def _begin() -> Response | None:
        g.trace, g.began = trace_of(request), time.monotonic()
        g.working = not request.path.endswith("z") and request.path != "/metrics"
        if g.working:
            metrics.working.inc()
            if state.ending:
                ending = Offline("The service is ending.", "It is tried again.", code="ending")
                return answered(error_document(ending), 503)
        return None

    @app.after_request
    def _headers(response: Response) -> Response:
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Content-Type-Options"] = "nosniff"
        if g.get("working"):
            lines.info(
                "answered",
                g.trace,
                rule=str(request.url_rule) if request.url_rule else "",
                method=request.method if request.method in ("GET", "POST", "PUT") else "",
                status=response.status_code,
                milliseconds=round((time.monotonic() - g.began) * 1000),
            )
        return response

    @app.teardown_request
    def _end(_error: BaseException | None) -> None:
        if g.get("working"):
            metrics.working.dec()

    @app.errorhandler(Actionable)
    def _refused(error: Actionable) -> Response:
        status = error_status(error)
        code = error.code or kind_of(error).rpartition(".")[2].lower()
        metrics.refused.labels(code).inc()
        if isinstance(error, Offline):
            lines.warning("try_again", g.trace, code=code)
        else:
            lines.warning("refused", g.trace, code=code, by=g.get("by", ""), case=g.get("case", ""))
        response = answered(error_document(error), status)
        if status == 503:
            response.headers["Retry-After"] = "10"
        if status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        return response

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        too_large = isinstance(error, RequestEntityTooLarge)
        told = Rejected(
            "This is more than the service takes at once."
            if too_large
            else "The service does not know what is asked.",
            "Split it." if too_large else "Use the same version on both sides.",
            code="too_large" if too_large else "no_such_place",
        )
        return answered(error_document(told), error.code or 400)

    @app.errorhandler(Exception)
    def _bug(error: Exception) -> Response:
        # The last stand: whatever it is, the caller gets no words of it, and the log its places in the code.
        lines.bug("failed", error, g.get("trace", ""))
        told = Offline("The service failed.", "It is tried again by itself.", code="failed")
        return answered(error_document(told), 500)


def _health(app: Flask, metrics: Metrics, state: State) -> None:
    @app.get("/healthz")
    def _healthz() -> Response:
        return answered({"alive": True})

    @app.get("/readyz")
    def _readyz() -> Response:
        ready = not state.ending and state.ready()
        return answered({"ready": ready}, 200 if ready else 503)

    @app.get("/metrics")
    def _metrics() -> Response:
        return Response(metrics.text(), content_type=CONTENT_TYPE)


def _endpoint(app: Flask, lines: Log, metrics: Metrics, parts: EndpointParts) -> None:
    def caller() -> Person:
        person = parts.people.caller(bearer_of(request))
        g.by = person.name
        return person

    @app.get("/v1/connection")
    def _connection() -> Response:
        told = parts.connection
        if not told.service_url:
            scheme = "http" if request.host.partition(":")[0] in ("127.0.0.1", "localhost") else "https"
            told = replace(told, service_url=f"{scheme}://{request.host}")
        return answered(connection_document(told))

    @app.get("/v1/me")
    def _me() -> Response:
        return answered(me_document(parts.people.me(caller())))

    @app.get("/v1/people")
    def _people() -> Response:
        found = parts.people.people(caller())
        return answered({"people": [person_document(each) for each in found]})

    @app.put("/v1/people/<email>")
    def _put_person(email: str) -> Response:
        by = caller()
        body = body_of(request)
        if not isinstance(body, dict) or "email" in body:
            raise _not_understood()
        made = parts.people.put(person_from({**body, "email": email}), by)
        lines.info("person_put", g.trace, by=by.name, active=made.active, roles=" ".join(made.roles))
        return answered(person_document(made))

    @app.post("/v1/checkpoints")
    def _checkpoint() -> Response:
        by = caller()
        checkpoint = checkpoint_from(body_of(request))
        try:
            kept = parts.people.checkpoint(checkpoint, by)
        except Actionable as error:
            if error.code == "checkpoint_differs":
                desk, sequence = checkpoint.desk, checkpoint.sequence
                lines.error("checkpoint_differs", g.trace, desk=desk, sequence=sequence, by=by.name)
            raise
        return answered(kept_checkpoint_document(kept))

    @app.get("/v1/checkpoints/<desk>")
    def _latest(desk: str) -> Response:
        by = caller()
        kept = parts.people.latest_checkpoint(desk_from(desk), by)
        return answered({"latest": kept_checkpoint_document(kept) if kept is not None else None})

    @app.post("/v1/cases/<case_id>/push")
    def _push(case_id: str) -> Response:
        by = caller()
        if not _CASE.fullmatch(case_id):
            raise _not_understood()
        g.case = case_id
        sent = push_from(body_of(request))
        if sent.push.case_id != case_id:
            raise _not_understood()
        pushed = parts.determining.push(sent, by)
        metrics.pushes.labels(str(pushed.answer)).inc()
        lines.info("determined", g.trace, case=case_id, by=by.name, answer=str(pushed.answer))
        return answered(pushed_document(pushed))

    _library(app, lines, parts.library, caller)


def _library(app: Flask, lines: Log, library: SharedLibrary, caller: Callable[[], Person]) -> None:
    @app.get("/v1/library")
    def _news() -> Response:
        caller()
        since = request.args.get("since", "0")
        if set(request.args) - {"since"} or not _REVISION.fullmatch(since):
            raise _not_understood()
        return answered(news_document(library.since(int(since))))

    @app.get("/v1/library/<kind>/<name>/<version>")
    def _version(kind: str, name: str, version: str) -> Response:
        caller()
        return answered(body_document(*library.version(*place_of(kind, name, version))))

    @app.put("/v1/library/<kind>/<name>/<version>")
    def _publish(kind: str, name: str, version: str) -> Response:
        by = caller()
        place = place_of(kind, name, version)
        found = library.publish(place, publishing_from(body_of(request)), by)
        lines.info("library_published", g.trace, by=by.name, kind=kind, name=name, version=version)
        return answered(in_force_document(found))

    @app.post("/v1/library/<kind>/<name>/state")
    def _settle(kind: str, name: str) -> Response:
        by = caller()
        which, known, _ = place_of(kind, name)
        wanted = settling_from(body_of(request))
        found = library.settle(which, known, wanted, by)
        lines.info("library_settled", g.trace, by=by.name, kind=kind, name=name, version=wanted.version)
        return answered(in_force_document(found))


def answered(body: Any, status: int = 200) -> Response:
    text = json.dumps(body, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return Response(text, status=status, content_type=_JSON)


def bearer_of(asked: Request) -> str:
    """The token of a request. Raises `SignInRequired` when it bears none."""
    kind, _, token = asked.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise SignInRequired("The service does not know who you are.", "Sign in.", code="token_missing")
    return token.strip()


def body_of(asked: Request) -> object:
    """The JSON of a request. Raises `Rejected` for what is none; numbers that are none are not JSON."""
    if (asked.mimetype or "") != _JSON:
        raise _not_understood()
    try:
        found: object = json.loads(asked.get_data(cache=False), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise _not_understood() from None
    return found


def _no_number(_name: str) -> object:
    raise ValueError("no JSON")


def trace_of(asked: Request) -> str:
    """The trace that the request belongs to, as Cloud Run tells it; "" for none."""
    parts = asked.headers.get("traceparent", "").split("-")
    told = parts[1] if len(parts) == 4 else asked.headers.get("X-Cloud-Trace-Context", "").partition("/")[0]
    return told if _TRACE.fullmatch(told) else ""


def _not_understood() -> Rejected:
    return Rejected(
        "What was sent is not understood.",
        "Use the same version on both sides.",
        code="wire_not_understood",
    )
