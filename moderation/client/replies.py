"""What an HTTP answer of the service means: pure.

Three ways out: JSON to use, a `Stumble` (the service cannot answer now), or an exception (the
caller's own fault, which no retry and no fail policy may paper over).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from moderation import errors
from moderation.client.fallback import Trouble
from moderation.client.retries import Stumble

_LONGEST_TEXT = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Status, headers (names in lower case) and body of an answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def read(reply: Reply, *, resend: bool) -> Mapping[str, Any] | Stumble:
    """The answer's JSON, or how it failed.

    Args:
        reply: of the service, or of whatever stands in front of it.
        resend: asking the same again is safe.

    Raises:
        ModerationError: the request is at fault; the class is that of the code in the problem
            (RFC 9457), with the request's id as a note.
    """
    row = _object(reply.body) if reply.body.strip() else {}
    if 200 <= reply.status < 300 and row is not None:
        return row
    problem = row or {}
    if _stumbles(reply.status, problem):
        return _stumble(reply, problem, resend)
    raise _refusal(reply, problem)


def _stumbles(status: int, problem: Mapping[str, Any]) -> bool:
    if status == 409:
        return problem.get("code", errors.InFlight.code) == errors.InFlight.code
    return status in (408, 429) or not 400 <= status < 500


_CAUSES = {
    408: Trouble.TIMEOUT,
    409: Trouble.TIMEOUT,
    429: Trouble.OVERLOADED,
    502: Trouble.UNREACHABLE,  # said by a proxy that finds nobody behind it
    503: Trouble.OVERLOADED,
    504: Trouble.TIMEOUT,
}
_PASSING = (429, 502, 503)


def _stumble(reply: Reply, problem: Mapping[str, Any], resend: bool) -> Stumble:
    code = _slug(problem.get("code"))
    about = f"status {reply.status}" + (f", `{code}`" if code else "")
    if 200 <= reply.status < 400:
        about += ", no answer of a publish service"
    passing = reply.status in _PASSING and problem.get("retryable") is not False
    lasting = reply.status == 503 and not passing  # as a register of another version
    cause = Trouble.REFUSED if lasting else _CAUSES.get(reply.status, Trouble.REFUSED)
    return Stumble(
        cause=cause,
        detail=about,
        again=resend and passing,
        retry_after_s=retry_after_s(reply.headers),
        in_flight=reply.status == 409,
    )


def retry_after_s(headers: Mapping[str, str], *, now: datetime | None = None) -> float | None:
    """Seconds that `Retry-After` asks for (RFC 9110, 10.2.3: a number or a date); None without."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", value):
        return float(value)
    at = _date(value)
    if at is None:
        return None
    # Their clock against their clock, where they tell it.
    since = _date(headers.get("date", "")) or now or datetime.now(UTC)
    return max(0.0, (at - since).total_seconds())


def _date(value: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _refusal(reply: Reply, problem: Mapping[str, Any]) -> errors.ModerationError:
    known = _BY_CODE.get(_slug(problem.get("code"))) or _BY_STATUS.get(reply.status)
    raised = known or errors.InputError
    said = _text(problem.get("detail")) or _text(problem.get("title"))
    hint = _text(problem.get("hint")) or "compare the request, and the address, with the contract"
    error = raised(said or f"the service answered with status {reply.status}", hint=hint)
    for name, word in (("code", "code"), ("pointer", "at"), ("request_id", "request")):
        told = _text(problem.get(name))
        if told and told != raised.code:
            error.add_note(f"{word} {told}")
    return error


def _error_classes() -> Iterator[type[errors.ModerationError]]:
    for value in vars(errors).values():
        if isinstance(value, type) and issubclass(value, errors.ModerationError):
            yield value


_BY_CODE = {raised.code: raised for raised in _error_classes()}
_BY_STATUS: Mapping[int, type[errors.ModerationError]] = {
    401: errors.NotAllowed,
    403: errors.NotAllowed,
    404: errors.UnknownSubject,
    413: errors.ImageTooLarge,
    415: errors.UnsupportedFormat,
}


def _object(body: bytes) -> Mapping[str, Any] | None:
    try:
        row = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def _slug(value: object) -> str:
    return value if isinstance(value, str) and re.fullmatch(r"[\w.-]{1,80}", value) else ""


def _text(value: object) -> str:
    return value[:_LONGEST_TEXT] if isinstance(value, str) else ""
