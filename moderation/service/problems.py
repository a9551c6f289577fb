"""Problems: every answer that is none, as RFC 9457 says them, with what the caller can do.

    400  malformed              do not retry
    401, 403, 404, 405          no token, not allowed, unknown
    408, 413, 415               body too slow, too large, not JSON
    409  in flight, settled     retry the first after `Retry-After`
    422  does not hold          do not retry
    429, 503                    too much, or not now: retry after `Retry-After`

Nothing that is sent makes a 5xx but 503. What is none of these is a bug: 500, and in the log.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from moderation.errors import (
    InFlight,
    ModerationError,
    RecipeMismatch,
    StoreError,
    WrongStoreVersion,
)
from moderation.service.json_answer import JsonAnswer

MEDIA_TYPE = "application/problem+json"
RETRY_S = 1
MAX_ERRORS = 20


class FieldProblem(BaseModel):
    """One field of the request that does not hold."""

    pointer: str
    """JSON pointer (RFC 6901) into the body; a header or parameter is named as such."""
    detail: str


class Problem(BaseModel):
    """RFC 9457 problem details."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:notegate:problem:in_flight",
                    "title": "in flight",
                    "status": 409,
                    "detail": "the first request under `n81:1` is still at work",
                    "code": "in_flight",
                    "pointer": None,
                    "hint": "ask again in a second: its answer will be given to you",
                    "request_id": "5f0c1d0c7d2f4c0f8d6f0a2f3f1f9a4e",
                    "retryable": True,
                }
            ]
        }
    )

    type: str
    title: str
    status: int
    detail: str
    code: str = Field(description="Slug for machines; never changed once released.")
    pointer: str | None = Field(description="JSON pointer to the first field that does not hold.")
    hint: str = Field(description="What the caller can do.")
    request_id: str
    retryable: bool = Field(description="Whether the same request may succeed a little later.")
    errors: list[FieldProblem] | None = None


class Refused(Exception):
    """A request that is not answered, for a reason of HTTP's rather than of the gate's."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        hint: str,
        pointer: str | None = None,
        retry_after_s: float | None = None,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.hint = hint
        self.pointer = pointer
        self.retry_after_s = retry_after_s
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


def overloaded(message: str, *, wait_s: float = RETRY_S) -> Refused:
    """503 at once: better than an answer that comes too late."""
    hint = "submit again after `Retry-After`, here or at another replica"
    return Refused(503, "overloaded", message, hint=hint, retry_after_s=wait_s)


def refusal_of(error: Exception) -> Refused:
    """What the caller is told of an error; one that nobody raised on purpose is told as a bug."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, ModerationError):
        return _of_ours(error)
    if isinstance(error, HTTPException):
        return _of_the_framework(error)
    return Refused(
        500,
        "bug",
        "this is a bug in moderation",
        hint="please report it with the `request_id` and the lines of the log that have it",
    )


def _of_ours(error: ModerationError) -> Refused:
    # What is wrong on our side is 503 for the caller: its fail policy holds, whatever the cause.
    status = 503 if error.http_status >= 500 else error.http_status
    lasting = isinstance(error, RecipeMismatch | WrongStoreVersion)
    again = isinstance(error, InFlight) or (isinstance(error, StoreError) and not lasting)
    return Refused(
        status,
        error.code,
        error.message,
        hint=error.hint,
        retry_after_s=RETRY_S if again else None,
    )


def _of_the_framework(error: HTTPException) -> Refused:
    phrase = HTTPStatus(error.status_code).phrase.lower()
    hint = "see `/openapi.json` for the operations and their methods"
    return Refused(
        error.status_code, phrase.replace(" ", "_"), phrase, hint=hint, headers=error.headers
    )


def to_json(refused: Refused, request_id: str) -> dict[str, Any]:
    """The body of a problem."""
    row: dict[str, Any] = {
        "type": f"urn:notegate:problem:{refused.code}",
        "title": refused.code.replace("_", " "),
        "status": refused.status,
        "detail": refused.message,
        "code": refused.code,
        "pointer": refused.pointer,
        "hint": refused.hint,
        "request_id": request_id,
        "retryable": refused.retry_after_s is not None,
    }
    if refused.errors:
        row["errors"] = [error.model_dump() for error in refused.errors[:MAX_ERRORS]]
    return row


def response_of(error: Exception, request_id: str) -> JsonAnswer:
    """The problem as a response."""
    refused = refusal_of(error)
    headers = dict(refused.headers)
    if refused.retry_after_s is not None:
        headers["Retry-After"] = str(max(1, math.ceil(refused.retry_after_s)))
    if refused.status == 413:
        headers["Connection"] = "close"  # the rest of the body is not worth reading
    if refused.status == 401:
        headers.setdefault("WWW-Authenticate", "Bearer")
    return JsonAnswer(
        to_json(refused, request_id),
        status_code=refused.status,
        media_type=MEDIA_TYPE,
        headers=headers,
    )


def invalid(errors: Sequence[Mapping[str, Any]], *, root: str = "") -> Refused:
    """422 for a body, header or parameter that pydantic refused.

    Args:
        errors: as `ValidationError.errors()` gives them; what was sent is never repeated.
        root: JSON pointer of what was validated, as `/items/3`.
    """
    told = [
        FieldProblem(pointer=pointer_of(error["loc"], root=root), detail=_sentence(error))
        for error in errors
    ]
    first, context = errors[0], errors[0].get("ctx") or {}
    return Refused(
        422,
        context.get("code", "bad_request"),
        f"`{told[0].pointer or '/'}`: {told[0].detail}",
        hint=context.get("hint", _HINTS.get(first["type"], "correct the request; do not retry")),
        pointer=told[0].pointer,
        errors=told,
    )


_HINTS = {"missing": "add the field"}
_PLACES = ("header", "path", "query")


def pointer_of(loc: Sequence[int | str], *, root: str = "") -> str:
    """JSON pointer of a place that pydantic names; `header:name` outside the body."""
    parts = list(loc)
    if parts and parts[0] in _PLACES:
        return ":".join(map(str, parts))
    if parts and parts[0] == "body":
        parts = parts[1:]
    steps = (str(part).replace("~", "~0").replace("/", "~1") for part in parts)
    return root + "".join(f"/{step}" for step in steps)


def _sentence(error: Mapping[str, Any]) -> str:
    """What is wrong; of what was sent no more than how long it was."""
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "string_too_long" and isinstance(error.get("input"), str):
        message += f", not {len(error['input'])}"
    return message[:1].lower() + message[1:]
