"""What the service counts of itself, for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counters of one service in this process; each has a registry of its own. No label holds an id."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.arrivals = Counter(
            "countersign_arrivals", "Events by what became of them.", ["outcome"], registry=self._registry
        )
        self.cases = Counter(
            "countersign_cases", "Cases written, by intake status.", ["status"], registry=self._registry
        )
        self.pages = Counter("countersign_pages", "Pages read.", registry=self._registry)
        self.reading = Histogram(
            "countersign_arrival_seconds",
            "From an event to its case in the queue.",
            buckets=(1, 2, 5, 10, 20, 40, 80, 160, 320, 640),
            registry=self._registry,
        )
        self.pushes = Counter(
            "countersign_determining_pushes", "Pushes that determine, by answer.", ["answer"],
            registry=self._registry,
        )  # fmt: skip
        self.refused = Counter(
            "countersign_refused", "Requests refused, by code.", ["code"], registry=self._registry
        )
        self.working = Gauge("countersign_working", "Requests being worked on.", registry=self._registry)

    def under_way(self) -> float:
        """How many requests are being worked on."""
        return self._registry.get_sample_value("countersign_working") or 0.0

    def text(self) -> bytes:
        return generate_latest(self._registry)
