"""Requests, retries and the deadline: the only place that touches the network.

httpx limits each read by itself, so a service that sends a byte now and then would be waited for
without end. Here every call is a task, and who waits for it leaves at the deadline, whatever the
task is at: looking up a name, connecting, in the headers or in the body. The task is cancelled
then, and its connection with it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from moderation.client.breaker import Breaker
from moderation.client.fallback import Trouble, Why
from moderation.client.replies import Reply, read
from moderation.client.requests import Request
from moderation.client.retries import Stumble, wait_before_retry
from moderation.errors import MissingExtra, ModerationError

if TYPE_CHECKING:
    import httpx

MAX_ANSWER_BYTES = 16 << 20
"""Of one answer; a verdict has some kilobytes."""
TELLING_S = 0.1
"""A request that had less time than this says nothing about the service when it is cut off."""
LEAST_DEADLINE_MS, MOST_DEADLINE_MS = 50, 10**9
"""The service takes none below, or above."""
SECOND_TRY_S = 0.3
"""With less time than this, connecting may take all of it."""
CLOSING_S = 1.0
"""How long closing waits for calls that were left at their deadline."""
RESERVE_S = 0.05
"""What is kept back, of the time that the service is given, for the way home."""

T = TypeVar("T")


class NoAnswer(Exception):
    """Inside the client: nothing usable came in time."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


class Progress:
    """What a call has met so far, for whoever leaves it at the deadline."""

    def __init__(self) -> None:
        self.tries = 0
        self.stumble: Stumble | None = None


class Exchange:
    """Connections to one service, for one event loop."""

    def __init__(
        self,
        base_url: str,
        *,
        token: str,
        breaker: Breaker,
        connections: int,
        verify: Any,
        transport: httpx.AsyncBaseTransport | None,
    ) -> None:
        self.breaker = breaker
        self._base_url = base_url
        self._http = _open(token, connections, verify, transport)
        self._tasks: set[asyncio.Task[Any]] = set()

    async def close(self) -> None:
        """Drop the connections."""
        await self._http.aclose()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSING_S)

    async def within(
        self, due: float, work: Callable[[Progress], Coroutine[Any, Any, T]], start: float
    ) -> T:
        """Do the work, and leave it at `due` by `time.monotonic`.

        Raises:
            NoAnswer: it did not come to an end.
        """
        progress = Progress()
        task = asyncio.create_task(work(progress))
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        try:
            await asyncio.wait({task}, timeout=max(0.0, due - time.monotonic()))
        finally:
            task.cancel()  # not waited for: what it does to clean up may hang, too
        if task.done() and not task.cancelled():
            return task.result()
        waited = time.monotonic() - start
        detail = f"no answer after {waited * 1000:.0f} ms"
        if progress.stumble is not None:
            detail += f"; before that {progress.stumble.detail}"
        raise NoAnswer(Why(cause=Trouble.TIMEOUT, detail=detail, tries=progress.tries))

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, so that nobody warns

    async def send(self, request: Request, due: float, progress: Progress) -> Mapping[str, Any]:
        """Ask, and ask again where that is safe, until there is an answer.

        Raises:
            NoAnswer: there will be none.
            ModerationError: the request is at fault.
        """
        while True:
            permit = self.breaker.ask()
            if permit is None:
                raise NoAnswer(_circuit_open(self.breaker, progress))
            progress.tries += 1
            began = time.monotonic()
            failed: bool | None = False
            cause = ""
            try:
                found = await self._once(request, due - began)
                if isinstance(found, Stumble):
                    failed, cause = found.blames_the_service, found.cause.value
            except ModerationError:
                raise
            except BaseException:
                # Cut off at the deadline, or by whoever asked.
                late = time.monotonic() >= due - 0.001 and due - began >= TELLING_S
                failed, cause = (True, Trouble.TIMEOUT.value) if late else (None, "")
                raise
            finally:
                self.breaker.settle(permit, failed, cause=cause)
            if not isinstance(found, Stumble):
                return found
            progress.stumble = found
            wait = wait_before_retry(found, tries=progress.tries, left_s=due - time.monotonic())
            if wait is None:
                raise NoAnswer(Why(cause=found.cause, detail=found.detail, tries=progress.tries))
            await asyncio.sleep(wait)

    async def _once(self, request: Request, left_s: float) -> Mapping[str, Any] | Stumble:
        import httpx

        headers = dict(request.headers)
        # In a header: the body must be the same for every retry of the same key.
        allowed = left_s - min(RESERVE_S, left_s / 10)
        headers["X-Deadline-Ms"] = str(
            int(min(max(LEAST_DEADLINE_MS, allowed * 1000), MOST_DEADLINE_MS))
        )
        # A connection that hangs for half of the time is worth a second one, if there is time.
        timeout = httpx.Timeout(None, connect=left_s / 2 if left_s >= SECOND_TRY_S else None)
        url = self._base_url + request.path
        try:
            async with self._http.stream(
                request.method, url, headers=headers, content=request.body, timeout=timeout
            ) as response:
                return await _answer(response, request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            return _broken(error, again=True)
        except httpx.TransportError as error:
            return _broken(error, again=request.resend)
        except OSError as error:
            return _broken(error, again=False)


def _circuit_open(breaker: Breaker, progress: Progress) -> Why:
    met = progress.stumble
    return Why(
        cause=Trouble(breaker.cause or Trouble.UNREACHABLE),
        detail="the circuit is open" + (f"; before that {met.detail}" if met else ""),
        tries=progress.tries,
        circuit_open=True,
    )


def _broken(error: Exception, *, again: bool) -> Stumble:
    said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return Stumble(cause=Trouble.UNREACHABLE, detail=said[:300], again=again)


async def _answer(response: httpx.Response, request: Request) -> Mapping[str, Any] | Stumble:
    encoding = response.headers.get("content-encoding", "identity")
    if encoding != "identity":  # not asked for, and might unpack to anything
        return Stumble(cause=Trouble.REFUSED, detail=f"encoded as {encoding[:40]}", again=False)
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > MAX_ANSWER_BYTES:
            detail = f"an answer of more than {MAX_ANSWER_BYTES:,} bytes"
            return Stumble(cause=Trouble.REFUSED, detail=detail, again=False)
    headers = {name.lower(): value for name, value in response.headers.items()}
    reply = Reply(status=response.status_code, headers=headers, body=bytes(body))
    return read(reply, resend=request.resend)


def _open(
    token: str, connections: int, verify: Any, transport: httpx.AsyncBaseTransport | None
) -> httpx.AsyncClient:
    try:
        import httpx
    except ImportError as error:
        raise MissingExtra(
            "the client needs `httpx`, which is not installed",
            hint="pip install 'notegate[client]'",
        ) from error
    headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    return httpx.AsyncClient(
        headers=headers,
        limits=limits,
        verify=verify,
        transport=transport,
        follow_redirects=False,
    )
