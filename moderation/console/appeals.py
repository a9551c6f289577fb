"""An appeal: what the author says beside what was seen, and what a second person decides."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from fastapi import APIRouter, Request
from starlette.responses import Response

from moderation.console.cases import mistaken_in, onward, page_again
from moderation.console.forms import Form, Sent
from moderation.errors import BadNote, ModerationError
from moderation.gate.rights.ruling import First, Ruled

router = APIRouter()
UPHELD, OVERTURNED, FIRST, LICENSED = "upheld", "overturned", "first", "licensed"


@router.post("/cases/{case_id}/appeal")
def decide(request: Request, form: Sent, case_id: int) -> Response:
    """Decide it, and go on."""
    try:
        case = form.console.desk.register.case(case_id)
        form.console.desk.decide_appeal(
            case_id, _ruled(form, case.author_id), form.seen.visitor.person
        )
    except ModerationError as error:
        return page_again(request, form, case_id, error)
    return onward(form)


def _ruled(form: Form, author_id: str) -> Ruled:
    said = form.one("ruling")
    if said not in (UPHELD, OVERTURNED, FIRST, LICENSED):
        raise BadNote(
            f"`{said:.40}` decides no appeal", hint="choose one of the buttons of the page"
        )
    first = None
    if said == FIRST:
        first = First(author_id=author_id, at=_shown(form.one("at")), proof=form.one("proof"))
    return Ruled(
        overturned=said != UPHELD,
        by=form.seen.visitor.person.name,
        reason=form.one("words"),
        findings=tuple(mistaken_in(form)) if said == OVERTURNED else (),
        first=first,
        licensed=said == LICENSED,
        proof=form.one("proof") if said == LICENSED else "",
    )


def _shown(day: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(day), time(), UTC)
    except ValueError:
        raise BadNote(
            "who was first needs the date that the proof shows",
            hint="give the date, as 2025-11-02",
        ) from None
