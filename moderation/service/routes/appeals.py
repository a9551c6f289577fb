"""`/v1/appeals`: what an author says against a verdict and sends as proof, for a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path as Folder
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request

from moderation.errors import UnknownSubject
from moderation.gate import Gate
from moderation.gate.rights.proofs import add_file, add_link
from moderation.gate.rights.ruling import First, Ruled
from moderation.service import examples
from moderation.service.answers import DecidedAppeal, GivenProof, ToldAppeal, WaitingAppeals
from moderation.service.bodies import JsonRoute
from moderation.service.calls import SLOW_S
from moderation.service.json_answer import JsonAnswer
from moderation.service.problems import Refused
from moderation.service.requests import AskedAppeal, AskedProof, AskedRuling
from moderation.service.routes.declared import BODY, problems
from moderation.service.state import Service
from moderation.service.tenants import Tenant, allowed
from moderation.store import NewAppeal, NewEvent, Proof, Scope
from moderation.verdict import Decision

router = APIRouter(route_class=JsonRoute, tags=["appeals"])

OPENED = "appeal.opened"


@router.post(
    "/v1/appeals",
    status_code=201,
    operation_id="appeal",
    summary="Appeal against a verdict on one's own note",
    responses={201: {"model": ToldAppeal}, **problems(*BODY, 404, 409)},
    openapi_extra=examples.body(examples.APPEALS),
)
async def appeal(
    request: Request,
    asked: AskedAppeal,
    tenant: Annotated[Tenant, Depends(allowed(Scope.REGISTER))],
) -> JsonAnswer:
    """One waits at a time for each verdict and author. Subscribers hear `appeal.opened`."""
    service: Service = request.app.state.service
    days = service.settings.appeal_days
    row = await service.others(tenant).run(lambda: _open(tenant.gate, asked, days), within_s=SLOW_S)
    return JsonAnswer(row, status_code=201)


@router.get(
    "/v1/appeals",
    operation_id="waiting_appeals",
    summary="Appeals that wait for a person",
    responses={200: {"model": WaitingAppeals}, **problems(422)},
)
async def waiting(
    request: Request,
    tenant: Annotated[Tenant, Depends(allowed(Scope.REVIEW))],
    after: Annotated[int, Query(ge=0, lt=2**63, examples=[7])] = 0,
    limit: Annotated[int, Query(ge=1, le=1_000, examples=[100])] = 100,
) -> JsonAnswer:
    """The oldest first; to go on, give the number of the last one as `after`."""
    service: Service = request.app.state.service
    rows = await service.others(tenant).run(
        lambda: _waiting(tenant.gate, after, limit), within_s=SLOW_S
    )
    return JsonAnswer({"appeals": rows})


@router.post(
    "/v1/appeals/a_{appeal_id}/proofs",
    status_code=201,
    operation_id="add_proof",
    summary="Add an author's proof to an appeal that waits",
    responses={
        200: {"model": GivenProof, "description": "It was given before"},
        201: {"model": GivenProof},
        **problems(*BODY, 404, 409),
    },
    openapi_extra=examples.body(examples.PROOFS),
)
async def add_proof(
    request: Request,
    appeal_id: Annotated[int, Path(ge=1, lt=10**18, examples=[7])],
    asked: AskedProof,
    tenant: Annotated[Tenant, Depends(allowed(Scope.REGISTER))],
) -> JsonAnswer:
    """At most 8 for an appeal. A file is read and let go; a link is text, and never opened."""
    service: Service = request.app.state.service
    root = service.settings.media_root
    proof, is_new = await service.proofs(tenant).run(
        lambda: _add(tenant.gate, appeal_id, asked, root),
        within_s=SLOW_S,
        ended=request.state.held.lend(),
    )
    row = {"appeal_id": f"a_{appeal_id}"} | proof.to_json()
    return JsonAnswer(row, status_code=201 if is_new else 200)


@router.post(
    "/v1/appeals/a_{appeal_id}:decide",
    operation_id="decide_appeal",
    summary="Decide an appeal: the verdict stands, or what rests on the mistake is put right",
    responses={200: {"model": DecidedAppeal}, **problems(*BODY, 404, 409)},
    openapi_extra=examples.body(examples.RULINGS),
)
async def decide(
    request: Request,
    appeal_id: Annotated[int, Path(ge=1, lt=10**18, examples=[7])],
    asked: AskedRuling,
    tenant: Annotated[Tenant, Depends(allowed(Scope.REVIEW))],
) -> JsonAnswer:
    """Subscribers hear `appeal.decided`, and `verdict.changed` of every verdict that follows.

    Other verdicts follow within some sweeps, not before this answer.
    """
    service: Service = request.app.state.service
    ruled = _ruled(asked)
    decided = await service.others(tenant).run(
        lambda: tenant.gate.decide_appeal(appeal_id, ruled, follow=False), within_s=SLOW_S
    )
    return JsonAnswer(decided.to_json())


def _ruled(asked: AskedRuling) -> Ruled:
    first = asked.first
    return Ruled(
        overturned=asked.state == "overturned",
        by=asked.by,
        reason=asked.reason,
        findings=tuple(asked.findings),
        first=None
        if first is None
        else First(author_id=first.author_id, at=first.at, proof=first.proof),
        licensed=asked.licensed,
        proof=asked.proof,
    )


def _waiting(gate: Gate, after: int, limit: int) -> list[dict[str, Any]]:
    found = gate.register.open_appeals(after=after, limit=limit)
    rows = gate.register.verdicts_numbered(appeal.verdict_id for appeal in found)
    proofs = gate.register.proofs(appeal.appeal_id for appeal in found)
    return [
        appeal.to_json()
        | {
            "decision": rows[appeal.verdict_id].verdict.decision.value,
            "proofs": [proof.to_json() for proof in proofs[appeal.appeal_id]],
        }
        for appeal in found
        if appeal.verdict_id in rows  # forgotten between the two questions
    ]


def _add(gate: Gate, appeal_id: int, asked: AskedProof, root: Folder | None) -> tuple[Proof, bool]:
    appeal = gate.register.appeal(appeal_id)
    if appeal is None or appeal.author_id != asked.author_id:  # the same words for both
        raise UnknownSubject(
            f"there is no appeal `a_{appeal_id}` of this author",
            hint="check the number of the appeal and `author_id`",
        )
    if asked.file is None:
        return add_link(gate.register, appeal_id, asked.link or "")
    return add_file(gate.register, appeal_id, asked.file.name, asked.file.read(root, "/file"))


def _open(gate: Gate, asked: AskedAppeal, days: int) -> dict[str, Any]:
    number = int(asked.verdict_id.removeprefix("v_"))
    with gate.register.transaction() as now:
        row = now.verdicts_numbered([number]).get(number)
        if row is None or row.author_id != asked.author_id:  # the same words for both
            raise UnknownSubject(
                f"there is no verdict `{asked.verdict_id}` on a note of this author",
                hint="check `verdict_id` and `author_id`",
            )
        at = datetime.now(UTC)
        if row.verdict.decision is Decision.PASS:
            raise _settled("nothing_to_appeal", "the note passed", "there is nothing to appeal")
        if at > row.decided_at + timedelta(days=days):
            raise _settled(
                "appeal_too_late",
                f"the time to appeal ended {days} days after the verdict",
                "submit the note again as a new revision",
            )
        new = NewAppeal(
            verdict_id=number,
            note_id=row.verdict.note_id,
            author_id=asked.author_id,
            at=at,
            statement=asked.statement,
        )
        opened, is_new = now.open_appeal(new)
        if not is_new:
            raise _settled(
                "appeal_open",
                f"the appeal `a_{opened.appeal_id}` against this verdict is open",
                "wait until a person has decided it",
            )
        told = {
            "appeal_id": f"a_{opened.appeal_id}",
            "verdict_id": asked.verdict_id,
            "note_id": opened.note_id,
            "state": opened.state.value,
        }
        now.add_event(
            NewEvent(
                type=OPENED,
                note_id=opened.note_id,
                author_id=opened.author_id,
                at=at,
                payload=told | {"decision": row.verdict.decision.value, "actor": "author"},
            )
        )
    return told | {"at": at.isoformat()}


def _settled(code: str, message: str, hint: str) -> Refused:
    return Refused(409, code, message, hint=hint)
