"""`/v1/notes` and `/v1/authors`: what became of a revision, and what is to be forgotten."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from starlette.convertors import Convertor, register_url_convertor

from moderation.note import MAX_ID_CHARS
from moderation.service.answers import SettledHolds, ToldReceipt, hold_json
from moderation.service.bodies import JsonRoute
from moderation.service.calls import SLOW_S
from moderation.service.json_answer import JsonAnswer
from moderation.service.routes.declared import problems
from moderation.service.state import Service
from moderation.service.tenants import Tenant, allowed
from moderation.store import Hold, Scope


class _Any(Convertor[str]):
    """An id as it is, with slashes and line ends; the framework's `path` stops at the latter."""

    regex = "(?s:.*)"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("any", _Any())
router = APIRouter(route_class=JsonRoute, tags=["notes"])

FORGET_WITHIN_S = 300.0
"""Bytes are removed from the disk, too."""

NoteId = Annotated[str, Path(min_length=1, max_length=MAX_ID_CHARS, examples=["n81"])]
Revision = Annotated[int, Path(ge=1, lt=2**31, examples=[1])]
Registering = Annotated[Tenant, Depends(allowed(Scope.REGISTER))]


@router.post(
    "/v1/notes/{note_id:any}/revisions/{revision}:commit",
    operation_id="commit",
    summary="The revision was published: register its held pictures",
    responses={200: {"model": SettledHolds}, **problems(404, 409, 422)},
)
async def commit(
    request: Request, note_id: NoteId, revision: Revision, tenant: Registering
) -> JsonAnswer:
    """To say so again changes nothing; after `:abort`, or when the hold has lapsed, it is 409."""
    return await _settled(request, tenant, lambda: tenant.gate.commit(note_id, revision))


@router.post(
    "/v1/notes/{note_id:any}/revisions/{revision}:abort",
    operation_id="abort",
    summary="The revision was not published: take its pictures out of the register",
    responses={200: {"model": SettledHolds}, **problems(404, 409, 422)},
)
async def abort(
    request: Request, note_id: NoteId, revision: Revision, tenant: Registering
) -> JsonAnswer:
    """To say so again changes nothing; after `:commit` it is 409."""
    return await _settled(request, tenant, lambda: tenant.gate.abort(note_id, revision))


@router.delete(
    "/v1/notes/{note_id:any}",
    operation_id="forget_note",
    summary="Forget a note: pictures, claims, verdicts, and its name in evidence about others",
    responses={200: {"model": ToldReceipt}, **problems(422)},
)
async def forget_note(request: Request, note_id: NoteId, tenant: Registering) -> JsonAnswer:
    """Holds for the next query; the receipt proves it without naming the note."""
    return await _forgotten(request, tenant, lambda: tenant.gate.forget(note_id=note_id).to_json())


@router.delete(
    "/v1/authors/{author_id:any}",
    operation_id="forget_author",
    summary="Forget an author, with all that they brought",
    responses={200: {"model": ToldReceipt}, **problems(422)},
)
async def forget_author(
    request: Request,
    author_id: Annotated[str, Path(min_length=1, max_length=MAX_ID_CHARS, examples=["u5"])],
    tenant: Registering,
) -> JsonAnswer:
    """As for a note."""
    return await _forgotten(
        request, tenant, lambda: tenant.gate.forget(author_id=author_id).to_json()
    )


async def _settled(
    request: Request, tenant: Tenant, settle: Callable[[], list[Hold]]
) -> JsonAnswer:
    service: Service = request.app.state.service
    holds = await service.others(tenant).run(settle, within_s=SLOW_S)
    return JsonAnswer({"holds": [hold_json(hold) for hold in holds]})


async def _forgotten(
    request: Request, tenant: Tenant, forget: Callable[[], dict[str, Any]]
) -> JsonAnswer:
    service: Service = request.app.state.service
    return JsonAnswer(await service.others(tenant).run(forget, within_s=FORGET_WITHIN_S))
