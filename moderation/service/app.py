"""The application: routes, envelope, problems, and the document that describes them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Lifespan

from moderation import __version__
from moderation.errors import ModerationError
from moderation.service.auth import TokenDoor
from moderation.service.envelope import Envelope
from moderation.service.limits import Limits
from moderation.service.problems import Problem, Refused, invalid, refusal_of, response_of
from moderation.service.requests import AskedVerdict
from moderation.service.routes import ROUTERS
from moderation.service.settings import Settings
from moderation.service.state import Service
from moderation.service.tenants import Door, OpenDoor, Tenants

ABOUT = """Before a publish queue accepts a note it asks here: is a picture a copy of somebody's
earlier work, and is this a sale in disguise? The answer comes within the deadline, whatever
happens: `pass < label < review < block`. Whatever is no answer is a problem (RFC 9457)."""


def open_service(settings: Settings) -> Service:
    """Open registers and models; takes seconds.

    Raises:
        ModerationError: one cannot be opened: refuse to start.
    """
    tenants = Tenants.open(settings)
    try:
        door = _door(settings, tenants)
        for tenant in tenants:
            tenant.gate.warm_up()
    except BaseException:
        tenants.close()
        raise
    return Service(settings, tenants, door)


def _door(settings: Settings, tenants: Tenants) -> Door:
    if not settings.auth:
        return OpenDoor(tenants)
    limits = Limits(
        token_a_minute=settings.token_per_minute,
        tenant_a_minute=settings.tenant_per_minute,
        failures_a_minute=settings.failures_per_minute,
        workers=settings.workers,
    )
    return TokenDoor(tenants, limits=limits)


def create_app(service: Service) -> FastAPI:
    """The application around an open service, which it closes in the end."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await service.start()
        try:
            yield
        finally:
            await service.end()

    app = described(lifespan)
    app.state.service = service
    return app


def described(lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """The application without a service: enough for its document, which is `.openapi()`."""
    app = FastAPI(
        title="notegate",
        version=__version__,
        description=ABOUT,
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
        lifespan=lifespan,
        separate_input_output_schemas=False,
    )
    app.add_middleware(Envelope)
    for router in ROUTERS:
        app.include_router(router)
    app.add_exception_handler(Refused, _problem)
    app.add_exception_handler(ModerationError, _problem)
    app.add_exception_handler(HTTPException, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return app


async def _problem(request: Request, error: Exception) -> Response:
    service: Service = request.app.state.service
    service.metrics.refused(refusal_of(error))
    return response_of(error, request.state.request_id)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return response_of(invalid(error.errors()), request.state.request_id)


def _document(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = FastAPI.openapi(app)
        _, extra = models_json_schema(
            [(Problem, "serialization"), (AskedVerdict, "validation")],
            ref_template="#/components/schemas/{model}",
        )
        schemas = document["components"]["schemas"]
        schemas |= extra["$defs"]
        for name in ("HTTPValidationError", "ValidationError"):  # the framework's own, never sent
            schemas.pop(name, None)
        app.openapi_schema = document
    return app.openapi_schema
