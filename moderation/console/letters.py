"""What the author of a case's note is told, as the author sees it; looking at it is recorded."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from moderation.console.case_view import AtAddresses
from moderation.console.state import console_of
from moderation.gate.rights.appealing import appeal_until
from moderation.gate.rights.replaced import later_than
from moderation.report.letter import letter_values, letter_view, public_originals

router = APIRouter()


@router.get("/cases/{case_id}/letter")
def letter(
    request: Request, case_id: int, lang: Annotated[Literal["zh", "en"] | None, Query()] = None
) -> Response:
    """The letter on the verdict of a case, in one of the two languages."""
    console = console_of(request)
    seen = console.seen(request)
    case = console.desk.look(case_id, seen.visitor.person)
    register, shelf = console.desk.register, console.shelf
    row = register.verdicts_numbered([case.verdict_id])[case.verdict_id]
    wanted = lang or seen.lang
    view = letter_view(
        row.verdict,
        AtAddresses(case, row.verdict, shelf),
        note=shelf.note(case.note_id),
        decided_at=row.decided_at,
        public=public_originals(register, row.verdict),
        lang=wanted,
        later=later_than(register, row),
        appeal_until=appeal_until(row.decided_at, console.appeal_days),
        now=datetime.now(UTC),
    )
    return console.standalone("case_letter.html.j2", **letter_values(view, wanted))
