"""The queue: what waits, page by page, as a person wants to see it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from moderation.console.forms import Form, Sent
from moderation.console.personal import Filter, Personal
from moderation.console.state import console_of
from moderation.store import MOST_COUNTED, CaseKind, CaseState, Order, PageEnd, Wanted

router = APIRouter()
PAGE = 50
COUNTED = (CaseState.OPEN, CaseState.ESCALATED, CaseState.DECIDED)
HOURS = (1, 4, 24, 72)


@router.get("/")
def start(request: Request) -> Response:
    """The queue is the first page."""
    return RedirectResponse("/queue", 303)


@router.get("/queue")
def show(request: Request, after: str = "") -> Response:
    """A page of the queue."""
    console = console_of(request)
    seen = console.seen(request)
    at, register = datetime.now(UTC), console.desk.register
    filter_ = seen.personal.filter
    wanted = filter_.wanted(at)
    name = seen.visitor.person.name
    found = register.cases(wanted, after=_end(after), limit=PAGE + 1, seen_by=name)
    more, found = found[PAGE:], found[:PAGE]

    @cache
    def count(one: Wanted) -> int:
        return register.count_cases(one, at_most=MOST_COUNTED + 1, seen_by=name)

    # Of what is filtered by nothing the numbers are the same, and counted once.
    counts = {state.value: count(Wanted(kind=wanted.kind, state=state)) for state in COUNTED}
    kinds = {kind.value: count(Wanted(kind=kind)) for kind in CaseKind}
    return console.page(
        "queue.html.j2",
        request,
        seen,
        cases=found,
        alike=register.count_alike(found),
        proofs=register.count_proofs(
            case.appeal_id for case in found if case.appeal_id is not None
        ),
        at=at,
        counts=counts,
        kinds=kinds,
        shown=count(replace(wanted, order=Order.URGENT)),
        most=MOST_COUNTED,
        filter=filter_,
        reasons=register.case_reasons(wanted),
        langs=register.case_langs(wanted),
        states=list(CaseState),
        orders=list(Order),
        hours=HOURS,
        is_first=not after,
        skipped=console.desk.count_skipped(seen.visitor.person),
        skipped_min=round(console.desk.skipped_for.total_seconds() / 60),
        next_page=f"{found[-1].rank}-{found[-1].case_id}" if more else "",
    )


@router.post("/queue/filter")
def choose(form: Sent) -> Response:
    """Another part of the queue; it stays so until another is chosen."""
    chosen = Filter.from_json(
        {name: form.one(name) for name in Filter.__dataclass_fields__ if form.one(name)}
    )
    return _kept(form, replace(form.seen.personal, filter=chosen))


@router.post("/queue/skipped")
def give_again(form: Sent) -> Response:
    """What a person has skipped comes to them again."""
    form.console.desk.give_again(form.seen.visitor.person)
    return RedirectResponse("/queue", 303)


@router.post("/queue/kind")
def turn_to(form: Sent) -> Response:
    """The queue of notes, of what readers report, or of appeals."""
    chosen = Filter.from_json({"kind": form.one("kind")})
    return _kept(form, replace(form.seen.personal, filter=chosen))


@router.post("/queue/saved")
def use_saved(form: Sent) -> Response:
    """Save the filter at hand, use a saved one, or delete it."""
    personal = form.seen.personal
    known = dict(personal.saved)
    if form.one("use") in known:
        return _kept(form, replace(personal, filter=known[form.one("use")]))
    if form.one("delete") in known:
        left = tuple(one for one in personal.saved if one[0] != form.one("delete"))
        return _kept(form, replace(personal, saved=left))
    return _kept(form, personal.with_saved(form.one("name")))


def _kept(form: Form, personal: Personal) -> Response:
    form.keep(personal)
    return RedirectResponse("/queue", 303)


def _end(after: str) -> PageEnd | None:
    found = re.fullmatch(r"(\d{1,6})-(\d{1,18})", after)
    return None if found is None else PageEnd(int(found[1]), int(found[2]))
