"""Coarse counts for Prometheus: by action and class of status, never by unit, case or person."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

__all__ = ["MEDIA", "Metrics"]

MEDIA: Final = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS_S: Final = (0.05, 0.15, 0.5, 1.0, 3.0)


class Metrics:
    """What one process counts.

    Examples
    --------
    >>> metrics = Metrics()
    >>> metrics.count("read_case", 404, 0.02)
    >>> b'fristad_requests_total{action="read_case",status="4xx"} 1.0' in metrics.text()
    True
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "fristad_requests", "Requests answered.", ("action", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "fristad_request_seconds", "How long they took.", registry=self._registry, buckets=_BUCKETS_S
        )
        self._faults = Counter("fristad_faults", "Faults of our own; somebody must look.", registry=self._registry)

    def count(self, action: str, status: int, took_s: float) -> None:
        """A request was answered."""
        self._requests.labels(action, f"{status // 100}xx").inc()
        self._seconds.observe(took_s)

    def fault(self) -> None:
        """Something failed that must not."""
        self._faults.inc()

    def text(self) -> bytes:
        """In Prometheus' text form, without the moments at which counting began."""
        lines = generate_latest(self._registry).splitlines(keepends=True)
        return b"".join(line for line in lines if b"_created" not in line)
