"""`/v1/notes/{note_id}/reports`: what readers say against notes, for a person to look."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from moderation.gate import Gate
from moderation.service import examples
from moderation.service.answers import ToldReport
from moderation.service.bodies import JsonRoute
from moderation.service.calls import SLOW_S
from moderation.service.json_answer import JsonAnswer
from moderation.service.requests import AskedReport
from moderation.service.routes.declared import BODY, problems
from moderation.service.routes.notes import NoteId
from moderation.service.state import Service
from moderation.service.tenants import Tenant, allowed
from moderation.store import NewReport, ReportReason, Scope

router = APIRouter(route_class=JsonRoute, tags=["notes"])


@router.post(
    "/v1/notes/{note_id:any}/reports",
    operation_id="report",
    summary="A reader reports a note",
    responses={200: {"model": ToldReport}, **problems(*BODY, 404)},
    openapi_extra=examples.body(examples.REPORTS),
)
async def report(
    request: Request,
    note_id: NoteId,
    asked: AskedReport,
    tenant: Annotated[Tenant, Depends(allowed(Scope.REGISTER))],
) -> JsonAnswer:
    """The first brings the note before a person, in a queue of its own; more of them go with it.

    To say so again counts once. How many readers there are changes nothing, neither the order in
    which people look nor a verdict. An author cannot report their own note (422).
    """
    service: Service = request.app.state.service
    new = NewReport(
        note_id=note_id,
        reader_id=asked.reader_id,
        reason=ReportReason(asked.reason),
        words=asked.words,
    )
    outcome = await service.others(tenant).run(lambda: _report(tenant.gate, new), within_s=SLOW_S)
    return JsonAnswer({"note_id": note_id, "outcome": outcome})


def _report(gate: Gate, new: NewReport) -> str:
    with gate.register.transaction() as now:
        return now.report_note(new).value
