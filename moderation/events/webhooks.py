"""Webhooks by Standard Webhooks 1.0 (https://www.standardwebhooks.com): signed, at least once.

Only an answer 2xx is a receipt. Redirects are not followed: a signature is for one receiver. What
a receiver does (hang, drip, lie about lengths, send without end) costs this attempt its time
and nobody else anything: each endpoint has connections of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx
from standardwebhooks import Webhook

from moderation import __version__
from moderation.events.message import Outcome, body
from moderation.printable import printable
from moderation.store import Delivery

CONNECT_S = 5.0
MAX_ANSWER_BYTES = 64 << 10
"""Of an answer's body; the rest is not read."""
_QUOTED_CHARS = 200
_AFTER_RECEIPT_S = 1.0


class WebhookSender:
    """Sends to one endpoint."""

    def __init__(self, clock: Callable[[], datetime], *, total_s: float) -> None:
        """Args: clock gives the time that is signed; total_s is what one attempt may take."""
        self._clock = clock
        self._total_s = total_s
        self._client = httpx.AsyncClient(
            follow_redirects=False,
            timeout=httpx.Timeout(total_s, connect=min(CONNECT_S, total_s)),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={
                "User-Agent": f"notegate/{__version__}",
                "Accept-Encoding": "identity",  # what is small stays small
            },
        )

    async def send(self, delivery: Delivery) -> Outcome:
        """One attempt; never raises for what the receiver does."""
        try:
            async with asyncio.timeout(self._total_s) as limit:
                return await self._send(delivery, limit)
        except TimeoutError:
            return Outcome(error=f"no answer within {self._total_s:g} s")
        except httpx.TimeoutException as error:
            return Outcome(error=f"no answer in time: {type(error).__name__}")
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
            return Outcome(error=f"{type(error).__name__}: {printable(str(error))}")

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _send(self, delivery: Delivery, limit: asyncio.Timeout) -> Outcome:
        content = body(delivery)
        headers = signed_headers(delivery, content, self._clock())
        request = self._client.build_request(
            "POST", delivery.url, content=content.encode(), headers=headers
        )
        response = await self._client.send(request, stream=True)
        try:
            if response.is_success:  # received, whatever becomes of the rest of the answer
                limit.reschedule(None)
                with suppress(TimeoutError, httpx.HTTPError):
                    async with asyncio.timeout(_AFTER_RECEIPT_S):
                        await _beginning(response)
                return Outcome()
            said = f"answered {response.status_code}"
            quoted = printable((await _beginning(response))[:_QUOTED_CHARS])
            return Outcome(
                error=f"{said}: {quoted}" if quoted.strip() else said,
                gone=response.status_code == httpx.codes.GONE,
            )
        finally:
            await response.aclose()


def signed_headers(delivery: Delivery, content: str, at: datetime) -> dict[str, str]:
    """Headers of one attempt: the id stays, time and signature are those of the attempt.

    Args:
        delivery: with `secret` and `message_id`.
        content: the body.
        at: aware, UTC.
    """
    signature = Webhook(delivery.secret).sign(delivery.message_id, at, content)
    return {
        "Content-Type": "application/json",
        "webhook-id": delivery.message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }


async def _beginning(response: httpx.Response) -> str:
    """As much of the body as is read; of a short one all, so that the connection can stay."""
    read = bytearray()
    with suppress(httpx.HTTPError):  # the status has been said
        async for chunk in response.aiter_raw(4096):
            read += chunk
            if len(read) >= MAX_ANSWER_BYTES:
                break
    return read[:MAX_ANSWER_BYTES].decode("utf-8", "replace")
