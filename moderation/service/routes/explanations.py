"""`/v1/verdicts/{verdict_id}/explanation`: what the author is told of a verdict, in plain words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request

from moderation.explain import Lang, letter_of
from moderation.gate.rights.appealing import appeal_until
from moderation.gate.rights.replaced import later_than
from moderation.service.answers import ToldExplanation
from moderation.service.bodies import JsonRoute
from moderation.service.calls import SLOW_S
from moderation.service.json_answer import JsonAnswer
from moderation.service.routes.declared import problems
from moderation.service.routes.verdicts import VerdictId
from moderation.service.state import Service
from moderation.service.tenants import Tenant, allowed
from moderation.store import Scope
from moderation.verdict import Decision

router = APIRouter(route_class=JsonRoute, tags=["verdicts"])


@router.get(
    "/v1/verdicts/{verdict_id}/explanation",
    operation_id="explanation",
    summary="What the author is told of a verdict, with how to mend it and how to appeal",
    responses={200: {"model": ToldExplanation}, **problems(404, 422)},
)
async def explanation(
    request: Request,
    verdict_id: VerdictId,
    tenant: Annotated[Tenant, Depends(allowed(Scope.CHECK))],
    lang: Annotated[Literal["zh", "en"], Query(description="Language of the words.")] = "zh",
) -> JsonAnswer:
    """No score, no other note's or author's id. As a page: `moderation review letter`."""
    service: Service = request.app.state.service
    number = int(verdict_id.removeprefix("v_"))
    days = service.settings.appeal_days
    row = await service.others(tenant).run(_told(tenant, number, lang, days), within_s=SLOW_S)
    return JsonAnswer(row)


def _told(tenant: Tenant, number: int, lang: Lang, days: int) -> Callable[[], dict[str, Any]]:
    def ask() -> dict[str, Any]:
        row, _ = tenant.gate.answer(number)
        now, until = datetime.now(UTC), appeal_until(row.decided_at, days)
        appealable = row.verdict.decision is not Decision.PASS
        told = letter_of(
            row.verdict,
            decided_at=row.decided_at,
            lang=lang,
            later=later_than(tenant.gate.register, row),
            appeal_until=until,
            now=now,
        ).to_json()
        words, helps = told.pop("appeal"), told.pop("helps")
        return told | {
            "verdict_id": f"v_{number}",
            "decision": row.verdict.decision.value,
            "appeal": {
                "allowed": appealable and now <= until,
                "until": until.isoformat() if appealable else None,
                "words": words,
                "helps": helps,
            },
        }

    return ask
