"""Logging in and out."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from moderation.console.entrance import (
    COOKIE,
    LASTS,
    form_of,
    is_from_elsewhere,
    refuse_forged,
)
from moderation.console.state import console_of
from moderation.errors import NotAllowed

router = APIRouter()
FAILED_S = 1.0
"""After a bad token the next answer waits: guessing is hopeless anyway, and not free."""


@router.get("/login")
def door(request: Request) -> Response:
    """The form for a token."""
    console = console_of(request)
    return console.page("login.html.j2", request, None, problem="")


@router.post("/login")
async def come_in(request: Request) -> Response:
    """Let somebody in who shows a good token."""
    console = console_of(request)
    if not console.entrance.takes_tokens:
        raise NotAllowed("nobody logs in here with a token", hint="open the queue")
    fields = await form_of(request)
    if is_from_elsewhere(request):
        raise NotAllowed("the form comes from another site", hint="open the console and log in")
    shown = fields.get("token", [""])[0]
    try:
        secret = await run_in_threadpool(console.entrance.log_in, shown, at=datetime.now(UTC))
    except NotAllowed as error:
        await asyncio.sleep(FAILED_S)
        return console.page("login.html.j2", request, None, status=403, problem=str(error))
    answer = RedirectResponse("/queue", 303)
    answer.set_cookie(
        COOKIE,
        secret,
        max_age=int(LASTS.total_seconds()),
        httponly=True,
        samesite="strict",
        # Behind a proxy that speaks TLS only the browser knows that it does.
        secure="https" in (request.url.scheme, request.headers.get("origin", "").partition(":")[0]),
    )
    return answer


@router.post("/logout")
async def go_out(request: Request) -> Response:
    """End the session."""
    console = console_of(request)
    seen = await run_in_threadpool(console.seen, request)
    refuse_forged(request, seen.visitor.csrf, await form_of(request))
    await run_in_threadpool(console.entrance.log_out, request)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE)
    return answer
