"""`/livez`, `/readyz`, `/metrics`: for whoever keeps the service running."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from moderation.service.answers import Readiness
from moderation.service.json_answer import JsonAnswer
from moderation.service.metrics import CONTENT_TYPE
from moderation.service.problems import Refused
from moderation.service.routes.declared import problems
from moderation.service.settings import MAIN_TENANT
from moderation.service.state import Service
from moderation.service.tenants import Tenant, allowed
from moderation.store import Scope

router = APIRouter(tags=["health"])


@router.get("/livez", operation_id="livez", summary="The process answers")
async def livez() -> dict[str, bool]:
    """Asks nothing of the register: a database that is away is no reason to restart."""
    return {"alive": True}


@router.get(
    "/readyz",
    operation_id="readyz",
    summary="Whether requests should be sent here",
    responses={
        200: {"model": Readiness},
        503: {"model": Readiness, "description": "Not now; the reasons are told"},
    },
)
async def readyz(request: Request) -> JsonAnswer:
    """Registers and detectors answer, indexes are up to date, the process is not about to end.

    Of the tenants only the main one is named; the log names all.
    """
    service: Service = request.app.state.service
    reasons, lags = await service.reasons_against()
    told = {"ready": not reasons, "reasons": reasons, "index_lag": lags}
    return JsonAnswer(told, status_code=503 if reasons else 200)


@router.get(
    "/metrics",
    operation_id="metrics",
    summary="Counters and times, in Prometheus' format",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}, **problems()},
)
async def metrics(
    request: Request, tenant: Annotated[Tenant, Depends(allowed(Scope.ADMIN))]
) -> Response:
    """Of all worker processes and tenants together, so for the main tenant alone."""
    if tenant.name != MAIN_TENANT:
        raise Refused(
            403,
            "insufficient_scope",
            "metrics are of all tenants",
            hint="ask with an `admin` token of the main tenant",
        )
    service: Service = request.app.state.service
    return Response(service.metrics.exposition(), media_type=CONTENT_TYPE)
