"""The application: pages, what may go wrong, and what stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from moderation.console import (
    appeals,
    cases,
    insight,
    letters,
    live,
    login,
    pictures,
    proofs,
    queue,
    settings,
)
from moderation.console.entrance import LoggedOut
from moderation.console.envelope import HEADERS, Envelope
from moderation.console.state import Console, console_of
from moderation.errors import ModerationError
from moderation.report.look import asset

_PARTS = (login, queue, cases, letters, appeals, pictures, proofs, insight, settings, live)
_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


def create_app(console: Console) -> FastAPI:
    """The application around a console, which it starts and ends."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await console.start()
        try:
            yield
        finally:
            await console.end()

    app = FastAPI(
        title="notegate console",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,  # pages for people; machines have the service
        lifespan=lifespan,
    )
    app.state.console = console
    app.add_middleware(Envelope)
    for part in _PARTS:
        app.include_router(part.router)
    app.add_api_route("/static/{name}", _static, methods=["GET"])
    app.add_exception_handler(LoggedOut, _to_the_door)
    app.add_exception_handler(ModerationError, _problem)
    app.add_exception_handler(HTTPException, _problem)
    app.add_exception_handler(RequestValidationError, _no_such_page)
    app.add_exception_handler(Exception, _bug)
    return app


def _static(name: str) -> Response:
    """Style and script, of the console and of the proofs."""
    own = files("moderation.console").joinpath("static")
    known = {one.name: one for one in own.iterdir()}
    kind = _TYPES.get(name.rpartition(".")[2])
    if name == "proof.css":
        text = str(asset("report.css"))
    elif kind is not None and name in known:
        text = known[name].read_text(encoding="utf-8")
    else:
        raise HTTPException(404)
    # Asked again at each page: a console of yesterday's style beside today's pages helps nobody.
    return Response(text, media_type=kind, headers={"Cache-Control": "no-cache"})


async def _bug(request: Request, error: Exception) -> Response:
    """What nobody raised on purpose; its lines are in the log, and not on the page."""
    page = console_of(request).page(
        "problem.html.j2",
        request,
        None,
        status=500,
        message="this is a bug in the console",
        hint="nothing was decided; go back, and report it with the lines of the log",
    )
    page.headers.update(HEADERS)  # it is made outside of the envelope
    return page


async def _to_the_door(request: Request, error: Exception) -> Response:
    if request.method != "GET" or request.url.path.startswith("/live"):
        return PlainTextResponse("logged out", 401)
    return RedirectResponse("/login", 303)


async def _no_such_page(request: Request, error: Exception) -> Response:
    # Only numbers in addresses are checked by the framework.
    return await _problem(request, HTTPException(404))


async def _problem(request: Request, error: Exception) -> Response:
    console = console_of(request)
    if isinstance(error, HTTPException):
        status, message, hint = error.status_code, f"{error.detail}".lower(), ""
    else:
        assert isinstance(error, ModerationError)
        status, message, hint = error.http_status, error.message, error.hint
    try:
        seen = console.seen(request)
    except (LoggedOut, ModerationError):
        seen = None
    return console.page("problem.html.j2", request, seen, status=status, message=message, hint=hint)
