"""A webhook is believed only with a fresh signature of the service."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from moderation.client import verify_webhook
from moderation.errors import BadSetting, BadSignature

SECRET = "whsec_" + base64.b64encode(b"a secret of the endpoint").decode()
OTHER = "whsec_" + base64.b64encode(b"another").decode()
NOW = datetime(2026, 11, 21, 8, 0, 1, tzinfo=UTC)
BODY = json.dumps(
    {
        "type": "verdict.finalized",
        "timestamp": "2026-11-21T08:00:00Z",
        "data": {"note_id": "n1", "revision": 1, "sequence": 7, "decision": "review", "text": "好"},
    },
    ensure_ascii=False,
).encode()


def signed(body: bytes = BODY, *, secret: str = SECRET, at: datetime = NOW) -> dict[str, str]:
    """Headers as the standard's own package makes them."""
    return {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(int(at.timestamp())),
        "Webhook-Signature": Webhook(secret).sign("msg_1", at, body.decode()),
    }


def verify(headers: dict[str, str], body: bytes = BODY, **more: Any) -> Any:
    return verify_webhook(SECRET, headers, body, now=NOW.timestamp(), **more)


def test_an_event_of_the_service() -> None:
    """Signed by another implementation of the standard."""
    event = verify(signed())
    assert (event.id, event.type, event.note_id, event.sequence) == (
        *("msg_1", "verdict.finalized"),
        *("n1", 7),
    )
    assert event.at == datetime(2026, 11, 21, 8, tzinfo=UTC)
    assert event.data["text"] == "好"


def test_the_clock_is_the_default() -> None:
    """Now, and no other time."""
    assert verify_webhook(SECRET, signed(at=datetime.now(UTC)), BODY).id == "msg_1"
    with pytest.raises(BadSignature, match="ago, limit 300 s"):
        verify_webhook(SECRET, signed(at=datetime(2020, 1, 1, tzinfo=UTC)), BODY)


def test_a_secret_that_is_being_changed() -> None:
    """The sender signs with both, or the receiver knows both."""
    both = signed() | {
        "Webhook-Signature": " ".join(
            [signed(secret=OTHER)["Webhook-Signature"], signed()["Webhook-Signature"]]
        )
    }
    assert verify(both).id == "msg_1"
    event = verify_webhook([OTHER, SECRET], signed(), BODY, now=NOW.timestamp())
    assert event.id == "msg_1"


@pytest.mark.parametrize("off_s", [-300, 300])
def test_the_tolerance(off_s: int) -> None:
    """Five minutes either way, and not a second more."""
    at = NOW.timestamp() + off_s
    assert verify_webhook(SECRET, signed(), BODY, now=at).id == "msg_1"
    with pytest.raises(BadSignature, match="limit 300 s"):
        verify_webhook(SECRET, signed(), BODY, now=at + (1 if off_s > 0 else -1))


FORGED = {
    "other-secret": signed(secret=OTHER),
    "other-body": signed(BODY + b" "),
    "other-id": signed() | {"Webhook-Id": "msg_2"},
    "other-time": signed() | {"Webhook-Timestamp": str(int(NOW.timestamp()) + 1)},
    "no-signature": signed() | {"Webhook-Signature": ""},
    "no-version": signed() | {"Webhook-Signature": signed()["Webhook-Signature"][3:]},
    "other-version": signed() | {"Webhook-Signature": "v2" + signed()["Webhook-Signature"][2:]},
    "not-ascii": signed() | {"Webhook-Signature": "v1,é\udc80"},
    "no-id": {k: v for k, v in signed().items() if k != "Webhook-Id"},
    "no-time": {k: v for k, v in signed().items() if k != "Webhook-Timestamp"},
    "nan": signed() | {"Webhook-Timestamp": "nan"},
    "fraction": signed() | {"Webhook-Timestamp": "1795248001.5"},
    "nothing": {},
}


@pytest.mark.parametrize("headers", FORGED.values(), ids=FORGED.keys())
def test_a_forgery_is_refused(headers: dict[str, str]) -> None:
    """The body is not even parsed."""
    with pytest.raises(BadSignature, match="not to be believed"):
        verify(headers)


@given(st.binary(max_size=60), st.text(max_size=60), st.text(max_size=20), st.text(max_size=20))
def test_nothing_at_random_is_believed(body: bytes, signature: str, at: str, name: str) -> None:
    """Nor breaks anything."""
    headers = {"webhook-id": name, "webhook-timestamp": at, "webhook-signature": signature}
    with pytest.raises(BadSignature):
        verify(headers, body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"type": "x", "timestamp": "soon", "data": {}}',
        b'{"type": "x", "timestamp": 7, "data": {}}',
        b'{"type": "x", "timestamp": "2026-11-21T08:00:00Z", "data": []}',
        b"[" * 100_000,
    ],
    ids=["empty", "list", "object", "time", "number", "data", "deep"],
)
def test_a_signed_body_that_is_no_event(body: bytes) -> None:
    """Told apart from a forgery."""
    with pytest.raises(BadSignature, match="signed, but no event"):
        verify(signed(body), body)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_ä", []])
def test_a_secret_is_one(secret: Any) -> None:
    """An empty one would believe everybody who leaves it empty, too."""
    with pytest.raises(BadSetting):
        verify_webhook(secret, signed(), BODY)


def test_receivers_need_nothing_else() -> None:
    """Neither httpx nor anything heavy is loaded to check a webhook."""
    heavy = ("httpx", "numpy", "torch", "cv2", "standardwebhooks", "pydantic")
    code = f"import sys, moderation.client\nprint([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
