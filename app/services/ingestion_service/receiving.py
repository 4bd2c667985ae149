"""Events of arrivals over HTTP: who may send them, what becomes of them, and what is told to Eventarc.

An answer of 2xx says that the event need not come again. 503 and 500 say that it has to.
"""

from __future__ import annotations

import time
from datetime import timedelta

from flask import Request, Response

from app.domain.errors import Actionable
from app.services.ingestion_service.arrival_id import arrival_id_of
from app.services.ingestion_service.case_writing import Clock
from app.services.ingestion_service.event import Arrival, arrival_from
from app.services.ingestion_service.ingesting import Ingesting, Outcome, Taken
from app.services.ingestion_service.log import Log
from app.services.ingestion_service.metric import Metrics
from app.services.ingestion_service.port import Tokens
from app.services.ingestion_service.web import answered, bearer_of

LAST_TRY = timedelta(hours=20)
"""After which an arrival that no try got through is set aside: Eventarc gives an event up after 24 hours."""


class Receiving:
    """Answers events. `tokens` checks who sends them, where nothing before the service does. Thread-safe."""

    def __init__(
        self, ingesting: Ingesting, log: Log, metrics: Metrics, now: Clock, tokens: Tokens | None = None
    ) -> None:
        self._ingesting, self._log, self._metrics = ingesting, log, metrics
        self._now, self._tokens = now, tokens

    def __call__(self, asked: Request, trace: str) -> Response:
        if self._tokens is not None:
            self._tokens.email(bearer_of(asked))
        headers = {name.lower(): value for name, value in asked.headers.items()}
        arrival = arrival_from(headers, asked.get_data(cache=False))
        if arrival is None:
            self._metrics.arrivals.labels(str(Outcome.IGNORED)).inc()
            return answered({"outcome": str(Outcome.IGNORED)})
        began = time.monotonic()
        arrival_id = arrival_id_of(arrival)
        try:
            taken = self._ingesting.take(arrival)
        except Actionable as error:
            if not self._is_last(arrival):
                self._metrics.arrivals.labels("try_again").inc()
                raise
            self._log.error("gave_up", trace, arrival=arrival_id, code=error.code)
            taken = self._ingesting.set_aside(arrival, error.code or "gave_up")
        except Exception as error:
            # A bug of ours, or of what reads: the event comes again, and on its last try the arrival is kept apart.
            self._log.bug("failed", error, trace, arrival=arrival_id)
            self._metrics.arrivals.labels("failed").inc()
            if not self._is_last(arrival):
                raise
            taken = self._ingesting.set_aside(arrival, "failed")
        return self._told(taken, trace, time.monotonic() - began)

    def _is_last(self, arrival: Arrival) -> bool:
        return arrival.created is not None and self._now() - arrival.created > LAST_TRY

    def _told(self, taken: Taken, trace: str, seconds: float) -> Response:
        self._metrics.arrivals.labels(str(taken.outcome)).inc()
        if taken.outcome is Outcome.SET_ASIDE:
            self._log.error("set_aside", trace, arrival=taken.arrival_id, code=taken.code)
        elif taken.outcome in (Outcome.WRITTEN, Outcome.ADOPTED):
            self._metrics.pages.inc(taken.pages)
            self._metrics.reading.observe(seconds)
            for case_id, status in taken.cases.items():
                self._metrics.cases.labels(status).inc()
                self._log.info(
                    "case_written",
                    trace,
                    arrival=taken.arrival_id,
                    case=case_id,
                    status=status,
                    outcome=str(taken.outcome),
                    code=taken.code,
                    pages=taken.pages,
                    seconds=round(seconds, 3),
                )
        else:
            self._log.info(str(taken.outcome), trace, arrival=taken.arrival_id)
        return answered(
            {"outcome": str(taken.outcome), "arrival": taken.arrival_id, "cases": list(taken.cases)}
        )
