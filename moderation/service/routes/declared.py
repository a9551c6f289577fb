"""Problems that operations declare in the OpenAPI document."""

from __future__ import annotations

from typing import Any

from moderation.service.problems import MEDIA_TYPE

MEANING = {
    400: "Malformed; do not retry",
    401: "No token, or one that does not hold",
    403: "The token does not allow this",
    404: "Unknown, or forgotten",
    408: "The body took too long",
    409: "In flight under the same key (retry after `Retry-After`), or settled otherwise",
    413: "Too large",
    415: "Not JSON in UTF-8",
    422: "Does not hold, or the key was used for another body; do not retry",
    429: "Over quota; retry after `Retry-After`",
    503: "Not now: overloaded, draining, or the register does not answer; `Retry-After`",
}
BODY = (400, 408, 413, 415, 422)
"""What can be wrong with a body."""
DOOR = (401, 403, 429)
"""What can be wrong with the caller."""
RETRY_AFTER = {
    "Retry-After": {
        "description": "Seconds until it is worth asking again",
        "schema": {"type": "integer"},
    }
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route: these, and what every operation may answer."""
    told: dict[int | str, dict[str, Any]] = {}
    for status in sorted({*statuses, *DOOR, 503}):
        told[status] = {
            "description": MEANING[status],
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        if status in (408, 409, 429, 503):
            told[status]["headers"] = RETRY_AFTER
    return told
