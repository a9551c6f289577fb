"""The log: a JSON object a line on standard error. Never a body, a token, a picture or an id."""

from __future__ import annotations

import logging
import re
import sys
import uuid

import structlog
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import Processor

from moderation.service.secrecy import redact

_TRACE = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")


def set_up(level: str) -> None:
    """Send everything through one formatter, the lines of libraries too."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        # Without the values of variables: these are what a request said.
        structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared[:-1], structlog.stdlib.ExtraAdder(), shared[-1]],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                redact,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Beside our line for each request theirs are of no use, and tell whole paths.
    for name in ("uvicorn.access", "uvicorn.error", "httpx", "httpcore", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)


def request_id_of(given: str | None) -> str:
    """The caller's id of the request, where it is one that may stand in a log; else a new one."""
    if given is not None and _REQUEST_ID.fullmatch(given):
        return given
    return uuid.uuid4().hex


def trace_id_of(traceparent: str | None) -> str | None:
    """Trace id of a W3C `traceparent` header; None where it is none."""
    found = _TRACE.fullmatch(traceparent or "")
    return None if found is None or not found[1].strip("0") else found[1]
