"""`/v1/policies`: what a policy says, by the digest that stands in verdicts."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request

from moderation.errors import UnknownSubject
from moderation.policy import Policy
from moderation.policy.named import shipped_names
from moderation.service.bodies import JsonRoute
from moderation.service.calls import SLOW_S
from moderation.service.json_answer import JsonAnswer
from moderation.service.routes.declared import problems
from moderation.service.state import Service
from moderation.service.tenants import Tenant, allowed
from moderation.store import Scope

router = APIRouter(route_class=JsonRoute, tags=["policies"])


@router.get(
    "/v1/policies/{digest}",
    operation_id="policy",
    summary="A policy: rules, lists, and what the silence of a detector leads to",
    responses={
        200: {"model": dict[str, Any], "description": "As `moderation policy show --json`"},
        **problems(404, 422),
    },
)
async def policy(
    request: Request,
    digest: Annotated[
        str, Path(pattern="^sha256:[0-9a-f]{64}$", description="As `policy.digest` in verdicts.")
    ],
    tenant: Annotated[Tenant, Depends(allowed(Scope.CHECK))],
) -> JsonAnswer:
    """One that decides here or beside it, is shipped, or has given a verdict that is kept."""
    beside = [*tenant.gate.shadows, *filter(None, [tenant.gate.canary])]
    known = [
        tenant.gate.policy,
        *(other.policy for other in beside),
        *(Policy.named(name) for name in shipped_names()),
    ]
    for one in known:
        if one.digest == digest:
            return JsonAnswer(one.to_json())
    service: Service = request.app.state.service
    said = await service.others(tenant).run(
        partial(tenant.gate.register.policy_said, digest), within_s=SLOW_S
    )
    if said is None:
        raise UnknownSubject(
            f"no policy with the digest `{digest}` is known here, and no verdict was given by it",
            hint="check the digest; a shadow's ends with its reader, a policy's does not",
        )
    return JsonAnswer(said)
