"""Client of the publish service: a decision within the deadline, whatever happens.

`Client` is for threads, `AsyncClient` for asyncio; both need the extra `client` (httpx).
`verify_webhook` needs nothing but the standard library.
"""

from __future__ import annotations

from moderation.client.answers import (
    AddedProof,
    Appealed,
    Explained,
    ExplainedReason,
    Forgotten,
    LaterVerdict,
    Reported,
    SettledHold,
)
from moderation.client.asynchronous import AsyncClient
from moderation.client.breaker import Breaker, State, Tripping
from moderation.client.checked import Checked, Degraded, Source
from moderation.client.fallback import FailPolicy, Trouble, Why
from moderation.client.synchronous import Client
from moderation.client.webhook import Event, verify_webhook

__all__ = [
    "AddedProof",
    "Appealed",
    "AsyncClient",
    "Breaker",
    "Checked",
    "Client",
    "Degraded",
    "Event",
    "Explained",
    "ExplainedReason",
    "FailPolicy",
    "Forgotten",
    "LaterVerdict",
    "Reported",
    "SettledHold",
    "Source",
    "State",
    "Tripping",
    "Trouble",
    "Why",
    "verify_webhook",
]
