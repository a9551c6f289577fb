"""Redis Streams: each event is one entry; consumer groups are the reader's affair.

Fields: `id` (the same at every attempt), `type`, `note_id`, `sequence`, `payload` (the JSON that a
webhook would carry).
"""

from __future__ import annotations

import asyncio

import redis.asyncio
from redis.exceptions import RedisError

from moderation.events.addresses import parse_stream
from moderation.events.message import Outcome, body
from moderation.store import Delivery


class StreamSender:
    """Adds to one stream."""

    def __init__(self, url: str, *, total_s: float) -> None:
        """Connects when the first event goes.

        Args:
            url: see `addresses`.
            total_s: what one attempt may take.

        Raises:
            BadSetting: `url` cannot be read.
        """
        self._address = parse_stream(url)
        self._total_s = total_s
        self._client = redis.asyncio.from_url(
            self._address.url, socket_connect_timeout=5.0, socket_timeout=total_s
        )

    async def send(self, delivery: Delivery) -> Outcome:
        """One attempt; never raises for what the server does."""
        fields: dict[str, str | int] = {
            "id": delivery.message_id,
            "type": delivery.type,
            "note_id": delivery.note_id,
            "sequence": delivery.event_id,
            "payload": body(delivery),
        }
        try:
            async with asyncio.timeout(self._total_s):
                await self._client.xadd(
                    self._address.stream,
                    fields,  # type: ignore[arg-type]  # of an invariant union
                    maxlen=self._address.maxlen or None,
                    approximate=True,
                )
        except TimeoutError:
            return Outcome(error=f"no answer within {self._total_s:g} s")
        except (RedisError, OSError) as error:
            return Outcome(error=f"{type(error).__name__}: {error}")
        return Outcome()

    async def close(self) -> None:
        """Close the connection."""
        await self._client.aclose()
