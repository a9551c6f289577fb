"""`/v1/verdicts`: a note in, a verdict out, whatever happens."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Depends, Header, Path, Request
from pydantic import ValidationError

from moderation.service import examples
from moderation.service.answers import BatchAnswer, StoredVerdict, VerdictAnswer, stored_json
from moderation.service.bodies import JsonRoute
from moderation.service.calls import SLOW_S
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
SAME_KEY = "ask again with the same key: the answer will be given to you"
NOTHING_KEPT = "submit again after `Retry-After`: of what is only judged, nothing is kept"
log = structlog.stdlib.get_logger("moderation.service")

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
BatchDeadline = Annotated[
    int | None,
    Header(
        alias="X-Deadline-Ms",
        ge=SMALLEST_DEADLINE_MS,
        le=10**9,
        description="Time for the whole batch: notes whose turn does not come by then are answered "
        "503 `late`. Without it each note has its own deadline, from when its turn comes.",
    ),
]
Prefer = Annotated[
    str | None,
    Header(
        description="`respond-async`: 202 at once where the final verdict takes longer. Refused "
        "where nothing is recorded that could be asked for, and for batches."
    ),
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
    if not asked.judges_only:
        await allowed_also(request, Scope.REGISTER)
    later = _prefers_later(prefer)
    if later and asked.judges_only:
        raise _no_later("of what is only judged, nothing is kept that could be asked for")
    if later:
        deadline_ms = min(deadline_ms or ASYNC_MS, ASYNC_MS)
    state = request.state
    terms = Terms(began=state.began, there=state.body_there, deadline_ms=deadline_ms, key=key)
    row = await _answer(request, tenant, asked, terms)
    request.state.verdict_id = row["verdict_id"]  # for the log
    headers = {"Idempotent-Replayed": "true"} if row["replayed"] else {}
    if row["verdict_id"] is not None:
        headers["Location"] = f"/v1/verdicts/{row['verdict_id']}"
    if later and not row["final"]:
        headers |= {"Preference-Applied": "respond-async", "Retry-After": "1"}
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
    deadline_ms: BatchDeadline = None,
    prefer: Prefer = None,
) -> JsonAnswer:
    """A verdict or a problem in the place of each note; the first counts for the next.

    An `Idempotency-Key` stands for the whole batch: each note gets the key with its place. What is
    `late` or `overloaded` may be submitted again with it; the others get the same answers.
    """
    service: Service = request.app.state.service
    if _prefers_later(prefer):
        raise _no_later("a batch is answered when its last note is")
    service.door.charge(request, len(asked.items) - 1)
    due = None if deadline_ms is None else request.state.body_there + deadline_ms / 1000
    items = []
    for place, item in enumerate(asked.items):
        now = time.monotonic()
        terms = Terms(
            began=now,
            there=now,
            due=due,
            key=None if key is None else f"{key}:{place}",
        )
        items.append(await _item(request, tenant, item, terms, f"/items/{place}"))
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
    return JsonAnswer(
        await service.others(tenant).run(_stored(service, tenant, number), within_s=SLOW_S)
    )


async def allowed_also(request: Request, scope: Scope) -> None:
    """Ask for one more scope: what the body asks for is known only now."""
    await request.app.state.service.door.admit(request, scope)


def _prefers_later(prefer: str | None) -> bool:
    """Whether `Prefer` (RFC 7240) has `respond-async` among its preferences."""
    asked = (prefer or "").lower().split(",")
    return any(one.partition(";")[0].strip() == "respond-async" for one in asked)


def _no_later(why: str) -> Refused:
    return Refused(
        422,
        "no_respond_async",
        f"`Prefer: respond-async` is not for this: {why}",
        hint="leave the header out, or submit notes to be registered, one by one",
        pointer="header:prefer",
    )


async def _answer(
    request: Request, tenant: Tenant, asked: AskedVerdict, terms: Terms, pointer: str = ""
) -> dict[str, Any]:
    service: Service = request.app.state.service
    settings = service.settings
    given_s = within_s(asked, terms, settings)
    left_s = max(0.0, terms.received(given_s) + given_s - time.monotonic())
    if service.draining:
        raise Refused(
            503,
            "draining",
            "this process is about to end",
            hint="submit again, to another replica",
            retry_after_s=1,
        )
    wait_s = tenant.gate.load().wait_s
    if wait_s > left_s:
        raise overloaded(
            f"a detector is free in about {wait_s:.1f} s, and the answer is due in {left_s:.1f} s",
            wait_s=wait_s,
        )
    row = await service.verdicts(tenant).run(
        lambda: submit(tenant.gate, asked, terms, settings, pointer=pointer),
        within_s=left_s + settings.grace_ms / 1000,
        ended=request.state.held.lend(),
        again=NOTHING_KEPT if asked.judges_only else SAME_KEY,
    )
    service.metrics.answered(tenant.name, row)
    return row


async def _item(
    request: Request, tenant: Tenant, item: Any, terms: Terms, pointer: str
) -> dict[str, Any]:
    try:
        try:
            asked = AskedVerdict.model_validate(item)
        except ValidationError as error:
            raise invalid(error.errors(include_url=False), root=pointer) from None
        if terms.due is not None and terms.due - terms.there < SMALLEST_DEADLINE_MS / 1000:
            raise _late_in_batch()
        row = await _answer(request, tenant, asked, terms, pointer)
    except Exception as error:
        refused = refusal_of(error)
        if refused.status == 500:  # of this note: what the others were told holds
            log.exception("bug")
        request.app.state.service.metrics.refused(refused)
        return {
            "status": refused.status,
            "verdict": None,
            "problem": to_json(refused, request.state.request_id),
        }
    return {"status": 200, "verdict": row, "problem": None}


def _late_in_batch() -> Refused:
    return Refused(
        503,
        "late",
        "the time for the batch was over before this note's turn came",
        hint="submit it again, with fewer notes or more time",
        retry_after_s=1,
    )


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
