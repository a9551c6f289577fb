"""Logs, metrics and headers: what is seen from outside, and what never is."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog
from kit.asking import Asking, a_note, problem
from kit.notes import photo
from prometheus_client.parser import text_string_to_metric_families

from moderation.service import logs
from moderation.service.state import Service

CAT = photo("chelsea")
TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the log says, as the service sets it up."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    logs.set_up("debug")
    yield stream
    structlog.reset_defaults()
    root.handlers[:] = before
    root.setLevel(level)


def read(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_request_is_one_line_without_what_it_said(ask: Asking, lines: io.StringIO) -> None:
    """Ids that let it be followed; no text, no picture, no id of a person."""
    headers = {"X-Request-Id": "r-1", "traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}
    answer = ask.submit(a_note(CAT, id="n-hush", author="ann-hush", text="hush"), **headers)
    ask("DELETE", "/v1/authors/ann-hush")
    assert answer.headers["x-request-id"] == "r-1"
    told = [line for line in read(lines) if line["event"] == "request"]
    first = told[0]
    assert {"request_id": "r-1", "trace_id": TRACE, "tenant": "main"}.items() <= first.items()
    assert (first["method"], first["path"], first["status"]) == ("POST", "/v1/verdicts", 200)
    assert first["ms"] > 0
    assert first["verdict_id"] == answer.json()["verdict_id"]
    assert told[1]["path"] == "/v1/authors/{author_id}"
    assert "hush" not in lines.getvalue()


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", "r\n1", "<script>"])
def test_a_request_id_that_cannot_stand_in_a_log_is_replaced(given: str) -> None:
    """By a new one."""
    assert logs.request_id_of(given) != given


@pytest.mark.parametrize(
    "given", [None, "", f"00-{TRACE}", f"00-{'0' * 32}-b7ad6b7169203331-01", "00-zz-11-01"]
)
def test_a_traceparent_that_is_none_is_left_out(given: str | None) -> None:
    """W3C Trace Context."""
    assert logs.trace_id_of(given) is None


def test_a_bug_is_told_with_its_request(
    ask: Asking, service: Service, lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500 for the caller without details; the traceback in the log."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("hush")

    monkeypatch.setattr(service.tenants.main.gate, "answer", broken)
    answer = ask("GET", "/v1/verdicts/v_1")
    told = problem(answer, 500, "bug")
    assert "hush" not in answer.text
    (line,) = [line for line in read(lines) if line["event"] == "bug"]
    assert line["request_id"] == told["request_id"]
    assert line["exception"][0]["exc_type"] == "ZeroDivisionError"
    assert "locals" not in line["exception"][0]["frames"][0]
    (request,) = [line for line in read(lines) if line["event"] == "request"]
    assert request["status"] == 500


def test_every_answer_is_hardened(ask: Asking) -> None:
    """Also a problem, and what is not there."""
    for path in ("/livez", "/nowhere", "/openapi.json"):
        headers = ask("GET", path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "server" not in headers


def test_what_happens_is_counted(ask: Asking, service: Service) -> None:
    """Verdicts, reasons, replays, silences, requests, steps, lag."""
    with service.tenants.main.gate.register.transaction() as now:
        now.add_endpoint("https://q.example.org/", secret="", types=(), at=datetime.now(UTC))
    ask.submit(a_note(CAT, id="n1", author="ann"))
    ask.submit(a_note(CAT, id="n1", author="ann"))
    ask.submit(a_note(CAT, id="n2", author="ben"))
    ask("GET", "/v1/verdicts/v_1")
    service.metrics.sample(service.tenants.main)
    text = ask("GET", "/metrics").text
    samples = {
        (sample.name.removeprefix("notegate_"), *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }

    def value(name: str, **labels: str) -> float:
        return samples[(name, *sorted(labels.items()))]

    passed = {"tenant": "main", "decision": "pass", "completeness": "complete"}
    assert value("verdicts_total", **passed) == 1
    assert value("verdicts_total", **passed | {"decision": "block"}) == 1
    assert value("reasons_total", code="image.copy", decision="block") == 1
    assert value("replays_total") == 1
    request = {"method": "GET", "path": "/v1/verdicts/{verdict_id}", "status": "200"}
    assert value("http_request_seconds_count", **request) == 1
    assert value("index_lag_entries", tenant="main") == 0
    assert value("detector_step_seconds_count", step="copies") >= 2
    assert value("detector_steps_waiting", tenant="main") == 0
    assert value("undelivered_events", tenant="main", state="pending") == 2
    assert value("undelivered_events", tenant="main", state="dead") == 0
    assert value("oldest_pending_event_seconds", tenant="main") > 0
    assert "ann" not in text


def test_whatever_is_refused_for_now_is_counted(make: Any) -> None:
    """By its cause, wherever it was refused: at the door of bodies, and for one note of a batch."""
    service = make(most_body_bytes=1_024, most_bodies_bytes=1_024)
    ask = Asking(service)
    service.room.take(1_000)
    problem(ask.submit(a_note(text="x" * 100)), 503, "overloaded")
    service.room.give_back(1_000)
    items = {"items": [a_note(id=f"n{n}", text="x") for n in range(2)]}
    service.draining = True
    got = ask("POST", "/v1/verdicts:batch", json=items).json()["items"]
    assert [item["status"] for item in got] == [503, 503]
    problem(ask("GET", "/v1/verdicts/v_1"), 404, "unknown_subject")
    counted = service.metrics.exposition().decode()
    assert 'notegate_shed_requests_total{code="overloaded"} 1.0' in counted
    assert 'notegate_shed_requests_total{code="draining"} 2.0' in counted
    assert counted.count("notegate_shed_requests_total{") == 2
