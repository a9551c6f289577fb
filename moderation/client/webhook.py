"""Events as they arrive: nothing is believed before its signature is.

Standard Webhooks 1.0.0 (github.com/standard-webhooks/standard-webhooks): HMAC-SHA256 over id,
time and body, `v1,` and base64; several signatures while a secret is being changed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moderation.errors import BadSetting, BadSignature

TOLERANCE_S = 300
_MOST_SIGNATURES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something the service tells; it may come more than once."""

    id: str
    """The same for every attempt to deliver it: whoever has seen it drops it."""
    type: str
    """As `verdict.finalized`."""
    at: datetime
    """When it happened."""
    data: Mapping[str, Any]

    @property
    def note_id(self) -> str | None:
        """Note concerned; None where there is none."""
        value = self.data.get("note_id")
        return value if isinstance(value, str) else None

    @property
    def sequence(self) -> int | None:
        """Counts up for each note: drop what is older than the last one seen. None without."""
        value = self.data.get("sequence")
        return value if isinstance(value, int) else None


def verify_webhook(
    secret: str | Sequence[str],
    headers: Mapping[str, str],
    body: bytes,
    *,
    tolerance_s: float = TOLERANCE_S,
    now: float | None = None,
) -> Event:
    """The event in a webhook's body, if the service signed it a moment ago.

    Args:
        secret: `whsec_…`, as it was given to the service; or several while it is being changed.
        headers: of the request; upper and lower case are the same.
        body: exactly the bytes that came.
        tolerance_s: how far the sender's clock, and the way here, may be off.
        now: seconds since 1970; the clock where not given.

    Raises:
        BadSignature: a header is missing, the time is too far off, or no signature fits.
        BadSetting: the secret is none.
    """
    keys = [_key(one) for one in ([secret] if isinstance(secret, str) else secret)]
    if not keys:
        raise BadSetting("no secret was given", hint="give the secret of the endpoint")
    lower = {name.lower(): value for name, value in headers.items()}
    message_id, sent, signed = (
        lower.get(f"webhook-{n}", "") for n in ("id", "timestamp", "signature")
    )
    if not (message_id and signed and re.fullmatch(r"[0-9]{1,12}", sent)):
        raise _bad("a header of Standard Webhooks is missing or malformed")
    off_s = (time.time() if now is None else now) - int(sent)
    if not abs(off_s) <= tolerance_s:
        raise _bad(f"it was signed {off_s:.0f} s ago, limit {tolerance_s:.0f} s")
    content = b".".join((message_id.encode(), sent.encode(), body))
    wanted = [_signature(key, content) for key in keys]
    given = [s.encode(errors="replace") for s in signed.split()[:_MOST_SIGNATURES]]
    # Every pair is compared: the time taken tells nothing.
    if not any([hmac.compare_digest(w, g) for w in wanted for g in given]):  # noqa: C419
        raise _bad("no signature fits the body")
    return _event(message_id, body)


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_") + "==", validate=False)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise BadSetting(
            "the secret is no base64", hint="give it as the service shows it, `whsec_…`"
        )
    return key


def _signature(key: bytes, content: bytes) -> bytes:
    return b"v1," + base64.b64encode(hmac.digest(key, content, hashlib.sha256))


def _event(message_id: str, body: bytes) -> Event:
    try:
        row = json.loads(body)
        at = datetime.fromisoformat(row["timestamp"])
        kind, data = row["type"], row["data"]
        if not (isinstance(kind, str) and isinstance(data, dict)):
            raise TypeError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise _bad("the body is signed, but no event") from None
    return Event(id=message_id, type=kind, at=at, data=data)


def _bad(what: str) -> BadSignature:
    return BadSignature(
        f"the webhook is not to be believed: {what}",
        hint="answer it with 401; compare secret, clock and the bytes of the body",
    )
