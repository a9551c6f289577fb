"""`/v1/verdicts`: a note in, a verdict out, whatever happens."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Request
from pydantic import ValidationError

from moderation.service import examples
from moderation.service.answers import BatchAnswer, StoredVerdict, VerdictAnswer, stored_json
from moderation.service.bodies import JsonRoute
from moderation.service.json_answer import JsonAnswer
from moderation.service.problems import Refused, invalid, overloaded, refusal_of, to_json
from moderation.service.requests import SMALLEST_DEADLINE_MS, AskedBatch, AskedVerdict
from moderation.service.routes.declared import BODY, problems
from moderation.service.state import Service
from moderation.service.submitting import Terms, submit, within_s
from moderation.service.tenants import Tenant, allowed
from moderation.store import Scope

router = APIRouter(route_class=JsonRoute, tags=["verdicts"])

ASYNC_MS = 150
"""Time for the answer where the caller does not want to wait for it."""
SLOW_S = 30.0

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        description="Else `id:revision` of the note. The same key with the same body is answered "
        "the same for 72 hours; with another body it is refused.",
    ),
]
Deadline = Annotated[
    int | None,
    Header(
        alias="X-Deadline-Ms",
        ge=SMALLEST_DEADLINE_MS,
        le=10**9,
        description="Time for the answer; wins over `deadline_ms`.",
    ),
]
Prefer = Annotated[
    str | None,
    Header(description="`respond-async`: 202 at once where the final verdict takes longer."),
]
VerdictId = Annotated[
    str, Path(pattern=r"^v_[1-9][0-9]{0,17}$", examples=["v_42"], description="As in answers.")
]


@router.post(
    "/v1/verdicts",
    operation_id="submit",
    summary="Judge a note, and register its pictures by policy",
    responses={
        200: {"model": VerdictAnswer, "headers": examples.ANSWER_HEADERS},
        202: {"model": VerdictAnswer, "description": "Not final yet; see `Location`"},
        **problems(*BODY, 409),
    },
    openapi_extra=examples.body(examples.NOTES),
)
async def submit_note(
    request: Request,
    asked: AskedVerdict,
    tenant: Annotated[Tenant, Depends(allowed(Scope.CHECK))],
    key: Key = None,
    deadline_ms: Deadline = None,
    prefer: Prefer = None,
) -> JsonAnswer:
    """One answer for one key, within the deadline.

    A detector that has not answered by then is named in `degraded`, the policy says what its
    silence means, `final` is false, and the final verdict follows. An unreadable picture is no
    error: it is a finding, and a person looks.
    """
    service: Service = request.app.state.service
    if not asked.judges_only:
        await allowed_also(request, Scope.REGISTER)
    later = "respond-async" in (prefer or "").lower()
    terms = Terms(
        received=time.monotonic(), deadline_ms=ASYNC_MS if later else deadline_ms, key=key
    )
    row = await _answer(service, tenant, asked, terms)
    headers = {"Idempotent-Replayed": "true"} if row["replayed"] else {}
    if row["verdict_id"] is not None:
        headers["Location"] = f"/v1/verdicts/{row['verdict_id']}"
    if later and not row["final"]:
        headers["Preference-Applied"] = "respond-async"
    return JsonAnswer(row, status_code=202 if later and not row["final"] else 200, headers=headers)


@router.post(
    "/v1/verdicts:batch",
    operation_id="submit_batch",
    summary="Judge up to 100 notes, one after the other",
    responses={200: {"model": BatchAnswer}, **problems(*BODY)},
    openapi_extra=examples.body(examples.BATCHES),
)
async def submit_batch(
    request: Request,
    asked: AskedBatch,
    tenant: Annotated[Tenant, Depends(allowed(Scope.REGISTER))],
    key: Key = None,
    deadline_ms: Deadline = None,
) -> JsonAnswer:
    """A verdict or a problem in the place of each note; the first counts for the next.

    Each note has its own deadline, from when its turn comes. An `Idempotency-Key` stands for the
    whole batch: each note gets the key with its place.
    """
    service: Service = request.app.state.service
    service.door.charge(request, len(asked.items) - 1)
    items = []
    for place, item in enumerate(asked.items):
        terms = Terms(
            received=time.monotonic(),
            deadline_ms=deadline_ms,
            key=None if key is None else f"{key}:{place}",
        )
        items.append(await _item(request, service, tenant, item, terms, f"/items/{place}"))
    return JsonAnswer({"items": items})


@router.get(
    "/v1/verdicts/{verdict_id}",
    operation_id="verdict",
    summary="A verdict as it was given, and which one completed it",
    responses={200: {"model": StoredVerdict}, **problems(404, 422)},
)
async def verdict(
    request: Request,
    verdict_id: VerdictId,
    tenant: Annotated[Tenant, Depends(allowed(Scope.CHECK))],
) -> JsonAnswer:
    """From the audit; a verdict goes when its note or author is forgotten."""
    service: Service = request.app.state.service
    number = int(verdict_id.removeprefix("v_"))
    return JsonAnswer(await service.others.run(_stored(service, tenant, number), within_s=SLOW_S))


async def allowed_also(request: Request, scope: Scope) -> None:
    """Ask for one more scope: what the body asks for is known only now."""
    await request.app.state.service.door.admit(request, scope)


async def _answer(
    service: Service, tenant: Tenant, asked: AskedVerdict, terms: Terms, pointer: str = ""
) -> dict[str, Any]:
    settings, budget_s = service.settings, within_s(asked, terms, service.settings)
    if service.draining:
        raise Refused(
            503,
            "draining",
            "this process is about to end",
            hint="submit again, to another replica",
            retry_after_s=1,
        )
    try:
        wait_s = tenant.gate.load().wait_s
        if wait_s > budget_s:
            raise overloaded(
                f"a detector is free in about {wait_s:.1f} s, and the answer is due in "
                f"{budget_s:.1f} s",
                wait_s=wait_s,
            )
        row = await service.verdicts.run(
            lambda: submit(tenant.gate, asked, terms, settings, pointer=pointer),
            within_s=budget_s + settings.grace_ms / 1000,
        )
    except Exception as error:
        refused = refusal_of(error)
        if refused.status == 503:
            service.metrics.shed(refused.code)
        raise
    service.metrics.answered(tenant.name, row)
    return row


async def _item(
    request: Request, service: Service, tenant: Tenant, item: Any, terms: Terms, pointer: str
) -> dict[str, Any]:
    try:
        try:
            asked = AskedVerdict.model_validate(item)
        except ValidationError as error:
            told = error.errors(include_url=False, include_input=False)
            raise invalid(told, root=pointer) from None
        row = await _answer(service, tenant, asked, replace(terms), pointer)
    except Exception as error:
        refused = refusal_of(error)
        if refused.status == 500:
            raise
        return {
            "status": refused.status,
            "verdict": None,
            "problem": to_json(refused, request.state.request_id),
        }
    return {"status": 200, "verdict": row, "problem": None}


def _stored(service: Service, tenant: Tenant, number: int) -> Callable[[], dict[str, Any]]:
    def ask() -> dict[str, Any]:
        row, completed_by = tenant.gate.answer(number)
        register, verdict = tenant.gate.register, row.verdict
        holds = register.holds(verdict.note_id, verdict.revision)
        return stored_json(
            row,
            completed_by=completed_by,
            owed=register.is_owed(number),
            hold=next((h for h in holds if h.author_id == row.author_id), None),
            appeal_for=timedelta(days=service.settings.appeal_days),
        )

    return ask
