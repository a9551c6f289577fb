"""The pictures of a case, at addresses that name nobody; only whoever is logged in sees them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from moderation.console.state import Console, console_of
from moderation.image.difference import difference
from moderation.image.overlay import Pixels
from moderation.match import Match
from moderation.report.evidence import aligned_difference, laid_upon
from moderation.verdict import Verdict


async def _in_turn(request: Request) -> AsyncIterator[None]:
    """Few pictures at a time, so that no page waits behind them; whoever has gone on gets none."""
    async with console_of(request).darkroom:
        if await request.is_disconnected():
            raise HTTPException(404)
        yield


router = APIRouter(dependencies=[Depends(_in_turn)])
_HEADERS = {"Cache-Control": "private, max-age=300"}


@router.get("/cases/{case_id}/pictures/{number}.jpg")
def submitted(request: Request, case_id: int, number: int) -> Response:
    """A picture of the case's note."""
    console, verdict, _ = _case(request, case_id)
    return _jpeg(
        console,
        ("picture", number, *_stamps(console, verdict.note_id)),
        lambda: console.shelf.picture(verdict.note_id, number),
    )


@router.get("/cases/{case_id}/findings/{place}/original.jpg")
def original(request: Request, case_id: int, place: int) -> Response:
    """The registered picture that a finding names."""
    console, verdict, verdict_id = _case(request, case_id)
    match, _ = _match(verdict, place)
    return _jpeg(
        console,
        (verdict_id, "original", place, *_stamps(console, match.note_id)),
        lambda: console.shelf.picture(match.note_id, match.image_number),
    )


@router.get("/cases/{case_id}/findings/{place}/laid.jpg")
def laid(request: Request, case_id: int, place: int) -> Response:
    """The submitted picture in the frame of the registered one."""
    return _compared(request, case_id, place, "laid", laid_upon)


@router.get("/cases/{case_id}/findings/{place}/difference.jpg")
def apart(request: Request, case_id: int, place: int) -> Response:
    """What is left when one lies on the other."""
    return _compared(request, case_id, place, "difference", aligned_difference)


@router.get("/cases/{case_id}/findings/{place}/changed.json")
def changed(request: Request, case_id: int, place: int) -> Response:
    """Places that were changed, as polygons in fractions of the submitted picture."""
    console, verdict, _ = _case(request, case_id)
    both = _both(console, verdict, place)
    found = None if both is None else difference(*both)
    if found is None:
        return JSONResponse({"share": None, "outlines": []}, headers=_HEADERS)
    return JSONResponse(
        {"share": found.share_said(), "outlines": [region.outline for region in found.regions]},
        headers=_HEADERS,
    )


def _compared(
    request: Request,
    case_id: int,
    place: int,
    what: str,
    draw: Callable[[Pixels, Pixels, Match], Pixels | None],
) -> Response:
    console, verdict, verdict_id = _case(request, case_id)

    match, _ = _match(verdict, place)

    def drawn() -> Pixels | None:
        both = _both(console, verdict, place)
        return None if both is None else draw(*both)

    return _jpeg(
        console, (verdict_id, what, place, *_stamps(console, verdict.note_id, match.note_id)), drawn
    )


def _case(request: Request, case_id: int) -> tuple[Console, Verdict, int]:
    console = console_of(request)
    console.seen(request)
    case = console.desk.register.case(case_id)
    row = console.desk.register.verdicts_numbered([case.verdict_id])[case.verdict_id]
    return console, row.verdict, case.verdict_id


def _match(verdict: Verdict, place: int) -> tuple[Match, int]:
    if not 0 <= place < len(verdict.findings):
        raise HTTPException(404)
    finding = verdict.findings[place]
    if finding.match is None:
        raise HTTPException(404)
    return finding.match, finding.image_number or 0


def _both(console: Console, verdict: Verdict, place: int) -> tuple[Pixels, Pixels, Match] | None:
    match, number = _match(verdict, place)
    query = console.shelf.picture(verdict.note_id, number)
    other = console.shelf.picture(match.note_id, match.image_number)
    return None if query is None or other is None else (query, other, match)


def _stamps(console: Console, *note_ids: str) -> tuple[tuple[str, int], ...]:
    """Of what a picture is made; once a note is forgotten or edited, what was kept is no answer."""
    notes = ((note_id, console.shelf.note(note_id)) for note_id in note_ids)
    return tuple((note_id, 0 if note is None else note.revision) for note_id, note in notes)


def _jpeg(console: Console, key: Any, draw: Callable[[], Pixels | None]) -> Response:
    kept = console.developed.get(key)
    if kept is None:
        pixels = draw()
        if pixels is None:
            raise HTTPException(404)
        kept = console.developed.keep(key, pixels)
    return Response(kept, media_type="image/jpeg", headers=_HEADERS)
