"""An event loop in a thread of its own, for callers that have none."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

from moderation.client.asynchronous import AsyncClient
from moderation.client.calls import MARGIN_S

CLOSING_S = 2.0
T = TypeVar("T")


class Late(Exception):
    """The loop itself did not come round in time."""


class LoopThread:
    """An event loop in a thread of its own."""

    def __init__(self, client: AsyncClient) -> None:
        self.client = client
        self.pid = os.getpid()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="moderation-client", daemon=True
        )
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T], due: float) -> T:
        """Wait for the work, at most until a moment after `due` by `time.monotonic`.

        Raises:
            Late: it did not come to an end.
        """
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(timeout=max(0.0, due - time.monotonic()) + MARGIN_S)
        except TimeoutError:
            if future.done():  # just now
                return future.result()
            raise Late from None
        finally:
            future.cancel()

    def stop(self) -> None:
        """Once. In a forked child nothing is touched: sockets and loop are the parent's."""
        if self.pid != os.getpid():
            return
        closing = asyncio.run_coroutine_threadsafe(self.client.close(), self._loop)
        try:
            closing.result(timeout=CLOSING_S)
        except TimeoutError:
            closing.cancel()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSING_S)
        if not self._thread.is_alive():
            self._loop.close()
