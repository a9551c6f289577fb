"""The envelope: what every request gets, whatever it asks for.

An id, a line in the log, a place in the metrics, headers that harden the answer; and where
something went wrong that nobody raised on purpose, a problem instead of a broken connection.
"""

from __future__ import annotations

import time

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from moderation.service.logs import request_id_of, trace_id_of
from moderation.service.problems import response_of

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_KNOWN = ("tenant", "token_id", "verdict_id")
"""What is told of a request beside its way: ids that name no person and no note."""
_QUIET = frozenset({"/livez", "/readyz", "/metrics"})
log = structlog.stdlib.get_logger("moderation.service")


class Envelope:
    """ASGI middleware around all routes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, headers = time.perf_counter(), Headers(scope=scope)
        request_id = request_id_of(headers.get("x-request-id"))
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                answered = MutableHeaders(scope=message)
                answered["X-Request-Id"] = request_id
                for name, value in (HEADERS | state.get("answer_headers", {})).items():
                    answered.setdefault(name, value)
            await send(message)

        told = {"request_id": request_id, "trace_id": trace_id_of(headers.get("traceparent"))}
        with structlog.contextvars.bound_contextvars(**{k: v for k, v in told.items() if v}):
            try:
                await self.app(scope, receive, sending)
            except Exception as error:
                log.exception("bug")
                if status:
                    raise  # half an answer is out already
                await response_of(error, request_id)(scope, receive, sending)
            self._tell(scope, status, time.perf_counter() - started)

    def _tell(self, scope: Scope, status: int, took_s: float) -> None:
        path = getattr(scope.get("route"), "path_format", "unknown")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        scope["app"].state.service.metrics.request(method, path, status, took_s)
        tell = log.debug if path in _QUIET else log.info
        tell(
            "request",
            method=method,
            path=path,
            status=status,
            ms=round(took_s * 1000, 1),
            **{name: value for name in _KNOWN if (value := scope["state"].get(name))},
        )
