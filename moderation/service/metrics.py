"""What is counted and measured, for Prometheus.

Several worker processes write into one folder (`PROMETHEUS_MULTIPROC_DIR`, set by `running` before
this module is imported), and whichever is asked tells the sum.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from moderation.gate.publishing.settling import Swept
from moderation.service.problems import Refused
from moderation.service.tenants import Tenant, Tenants

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = CONTENT_TYPE_LATEST
SHED = (429, 503)
"""Statuses of what may be asked again later."""
_HTTP_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
_STEP_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

disable_created_metrics()  # type: ignore[no-untyped-call]


class Metrics:
    """Counters of one process, or of all of them together."""

    def __init__(self, tenants: Tenants) -> None:
        self._registry = CollectorRegistry()
        made: dict[str, Any] = {"registry": self._registry, "namespace": "notegate"}
        self._verdicts = Counter(
            "verdicts", "Verdicts answered", ["tenant", "decision", "completeness"], **made
        )
        self._reasons = Counter("reasons", "Reasons in verdicts", ["code", "decision"], **made)
        self._fallbacks = Counter(
            "fallbacks",
            "Detectors that did not answer, by what the policy made of it",
            ["detector", "cause", "fallback"],
            **made,
        )
        self._shadows = Counter(
            "shadow_verdicts",
            "What other policies would say",
            ["policy", "decision", "differs"],
            **made,
        )
        self._replays = Counter("replays", "Answers given again under their key", **made)
        self._swept = Counter("swept", "What was overdue and settled", ["tenant", "what"], **made)
        self._shed = Counter(
            "shed_requests",
            "Requests and notes of batches refused for now (429, 503)",
            ["code"],
            **made,
        )
        self._http = Histogram(
            "http_request_seconds",
            "Time of HTTP requests",
            ["method", "path", "status"],
            buckets=_HTTP_S,
            **made,
        )
        self._steps = Histogram(
            "detector_step_seconds", "Time of detectors", ["step"], buckets=_STEP_S, **made
        )
        live = made | {"multiprocess_mode": "livesum"}
        self._waiting = Gauge(
            "detector_steps_waiting", "Steps that wait or run", ["tenant"], **live
        )
        self._owed = Gauge("final_verdicts_owed", "By this process", ["tenant"], **live)
        slowest = made | {"multiprocess_mode": "livemax"}
        self._wait_s = Gauge(
            "detector_wait_seconds", "Until a detector is free", ["tenant"], **slowest
        )
        self._lag = Gauge(
            "index_lag_entries", "Entries of the log not read yet", ["tenant"], **slowest
        )
        self._debts = Gauge(
            "final_verdicts_owed_by_all", "By all processes of the register", ["tenant"], **slowest
        )
        self._events = Gauge(
            "undelivered_events", "Pending or dead", ["tenant", "state"], **slowest
        )
        self._oldest_event_s = Gauge(
            "oldest_pending_event_seconds", "Since it happened", ["tenant"], **slowest
        )
        for tenant in tenants:
            tenant.gate.observe_steps(self._observe_step)

    def answered(self, tenant: str, row: Mapping[str, Any]) -> None:
        """A verdict as it was sent."""
        if row["replayed"]:
            self._replays.inc()
            return
        self._verdicts.labels(tenant, row["decision"], row["completeness"]).inc()
        for reason in row["reasons"]:
            self._reasons.labels(reason["code"], reason["decision"]).inc()
        for other in row["shadow"]:
            differs = "true" if other["differs"] else "false"
            self._shadows.labels(other["policy"], other["decision"], differs).inc()
        for silent in row["degraded"]:
            self._fallbacks.labels(silent["detector"], silent["cause"], silent["fallback"]).inc()

    def request(self, method: str, path: str, status: int, took_s: float) -> None:
        """A request that was answered; `path` is the route's, without ids."""
        self._http.labels(method, path, str(status)).observe(took_s)

    def refused(self, refused: Refused) -> None:
        """A request, or a note of a batch; counted where it was so that others are answered."""
        if refused.status in SHED:
            self._shed.labels(refused.code).inc()

    def swept(self, tenant: Tenant, swept: Swept) -> None:
        """What a sweep has settled."""
        for what in ("lapsed", "settled", "expired"):
            self._swept.labels(tenant.name, what).inc(getattr(swept, what))

    def sample(self, tenant: Tenant) -> None:
        """Measure what changes by itself; asks the register."""
        gate, load = tenant.gate, tenant.gate.load()
        self._waiting.labels(tenant.name).set(load.steps)
        self._wait_s.labels(tenant.name).set(load.wait_s)
        self._owed.labels(tenant.name).set(gate.owed)
        self._lag.labels(tenant.name).set(gate.lag())
        self._debts.labels(tenant.name).set(gate.register.count_debts())
        events = gate.register.delivery_counts(datetime.now(UTC))
        self._events.labels(tenant.name, "pending").set(events.pending)
        self._events.labels(tenant.name, "dead").set(events.dead)
        self._oldest_event_s.labels(tenant.name).set(events.oldest_pending_s)

    def exposition(self) -> bytes:
        """All of it in Prometheus' text format."""
        if MULTIPROCESS not in os.environ:
            return generate_latest(self._registry)
        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return generate_latest(together)

    def _observe_step(self, step: str, took_s: float) -> None:
        self._steps.labels(step).observe(took_s)


def forget_process(pid: int) -> None:
    """Take what a dead process measured out of the sum; what it counted stays."""
    mark_process_dead(pid)  # type: ignore[no-untyped-call]
