"""What others do is seen at once: a stream of marks, one whenever anything at the desk changes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from moderation.console.state import Console, console_of
from moderation.errors import Overloaded

router = APIRouter()
BEAT_S = 15.0
"""A line without meaning, so that whoever has gone is noticed."""
MOST_LISTENERS = 500


@router.get("/live")
async def listen(request: Request) -> Response:
    """Server-sent events; each says that the desk is not what it was."""
    console = console_of(request)
    await run_in_threadpool(console.seen, request)
    if console.listeners >= MOST_LISTENERS:
        raise Overloaded(
            f"{console.listeners} pages listen already, limit {MOST_LISTENERS}",
            hint="close some pages",
        )
    return StreamingResponse(_marks(console, request), media_type="text/event-stream")


async def _marks(console: Console, request: Request) -> AsyncIterator[str]:
    console.listeners += 1
    try:
        told = console.mark
        yield _event(told)
        while not await request.is_disconnected():
            async with console.changed:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(console.changed.wait(), BEAT_S)
            if console.mark != told:
                told = console.mark
                yield _event(told)
            else:
                yield ": still here\n\n"
    finally:
        console.listeners -= 1


def _event(mark: tuple[int, int]) -> str:
    return f"data: {mark[0]}-{mark[1]}\n\n"
