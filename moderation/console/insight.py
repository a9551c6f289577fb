"""Insight: what a stretch of time says of gate and desk, and the decisions to take away."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from moderation.archive.tables import format_by_name, write_table
from moderation.archive.whole_file import Sink
from moderation.console.plots import columns, whisker
from moderation.console.state import Console, Seen, console_of
from moderation.desk import Role
from moderation.desk.decision_rows import columns_of, decision_rows
from moderation.desk.insight import Stretch, look_back
from moderation.rates import Rate
from moderation.store import CaseKind
from moderation.verdict import Decision

router = APIRouter()
DAYS = (7, 30, 90)
USUAL_DAYS = 30
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
_AT_ONCE_BYTES = 1 << 16
_IN_MEMORY_BYTES = 8 << 20
log = logging.getLogger(__name__)


@router.get("/insight")
def show(request: Request, days: str = "") -> Response:
    """The page, for seniors."""
    console, seen = _senior(request)
    chosen = _days(days)
    insight = look_back(console.desk.register, Stretch.of_days(chosen, datetime.now(UTC)))
    return console.page(
        "insight.html.j2",
        request,
        seen,
        insight=insight,
        days=chosen,
        all_days=DAYS,
        appeal=CaseKind.APPEAL,
        plot=columns(insight.days),
        whisker=whisker,
        rate_of=Rate,
        decisions=tuple(Decision),
        formats=tuple(_TYPES),
    )


@router.get("/insight/decisions.{ending}")
def take_away(request: Request, ending: str, days: str = "") -> Response:
    """The decisions of the stretch by pseudonyms; names are for the command line alone."""
    console, seen = _senior(request)
    form = format_by_name(f"decisions.{ending}")
    if form is None:
        raise HTTPException(404)
    register, chosen = console.desk.register, _days(days)
    stretch = Stretch.of_days(chosen, datetime.now(UTC))
    # Whole before the first byte is sent: else a failure would look like the end of the rows.
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115 - closed when sent
    try:
        rows = write_table(
            decision_rows(register, since=stretch.since, until=stretch.until),
            Sink(file, "the answer"),  # type: ignore[arg-type]
            columns_of(names=False),
            form,
        )
        file.seek(0)
    except BaseException:
        file.close()
        raise
    # At the level that is shown by default: who took away what has to be found later.
    log.warning(
        "`%s` took away %d decisions of %d days as %s", seen.visitor.person.name, rows, chosen, form
    )
    named = f"attachment; filename=decisions-{stretch.until:%Y%m%d}-{chosen}d.{form}"
    return StreamingResponse(
        _pieces(file),  # type: ignore[arg-type]
        media_type=_TYPES[form],
        headers={"Content-Disposition": named},
    )


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(_AT_ONCE_BYTES):
            yield piece


def _senior(request: Request) -> tuple[Console, Seen]:
    console = console_of(request)
    seen = console.seen(request)
    seen.visitor.person.must(Role.SENIOR)
    return console, seen


def _days(said: str) -> int:
    return int(said) if said in map(str, DAYS) else USUAL_DAYS
