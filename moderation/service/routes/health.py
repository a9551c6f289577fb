"""`/livez`, `/readyz`, `/metrics`: for whoever keeps the service running."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from moderation.service.answers import Readiness
from moderation.service.json_answer import JsonAnswer
from moderation.service.metrics import CONTENT_TYPE
from moderation.service.state import Service

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
    """Registers answer, indexes are up to date, and the process is not about to end."""
    service: Service = request.app.state.service
    reasons, lags = await service.reasons_against()
    told = {"ready": not reasons, "reasons": reasons, "index_lag": lags}
    return JsonAnswer(told, status_code=503 if reasons else 200)


@router.get(
    "/metrics",
    operation_id="metrics",
    summary="Counters and times, in Prometheus' format",
    response_class=Response,
    responses={200: {"content": {"text/plain": {}}}},
)
async def metrics(request: Request) -> Response:
    """Of all worker processes together."""
    service: Service = request.app.state.service
    return Response(service.metrics.exposition(), media_type=CONTENT_TYPE)
