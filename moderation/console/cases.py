"""One case: its page, and what can be done with it."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from moderation.console.case_view import view_of
from moderation.console.forms import Form, Sent
from moderation.console.proofs import proofs_of
from moderation.console.state import Console, Seen, console_of
from moderation.desk import CHOICES, Role
from moderation.desk.reported import choices_for
from moderation.errors import BadNote, CaseTaken, ModerationError, NotAllowed
from moderation.finding import FindingKind
from moderation.gate.rights.appeals import PAIRS
from moderation.store import MOST_ALIKE, MOST_REPORTS, Case, CaseKind, CaseState, Register

router = APIRouter()
READERS_SHOWN = 5
"""Words for each reason; the rest is one click away."""


@router.post("/next")
def take_next(form: Sent) -> Response:
    """The next case that nobody is at."""
    return onward(form)


@router.get("/cases/{case_id}")
def show(request: Request, case_id: int) -> Response:
    """The page of a case; that somebody saw it is recorded."""
    console = console_of(request)
    seen = console.seen(request)
    case = console.desk.look(case_id, seen.visitor.person)
    return _page(console, request, seen, case)


@router.get("/cases/{case_id}/standing")
def standing(request: Request, case_id: int) -> Response:
    """Who is at a case now, and how it stands; for the page that shows it."""
    console = console_of(request)
    console.seen(request)
    case = console.desk.register.case(case_id)
    appeal_ids = [] if case.appeal_id is None else [case.appeal_id]
    proofs = console.desk.register.proofs(appeal_ids)
    return JSONResponse(
        {
            "state": case.state.value,
            "verdict": case.verdict_id,
            "holder": case.held_by(datetime.now(UTC)) or "",
            "proofs": sum(map(len, proofs.values())),
        }
    )


@router.post("/cases/{case_id}/take")
def take(form: Sent, case_id: int) -> Response:
    """Be the only one at it; one's own time begins anew."""
    form.console.desk.take(case_id, form.seen.visitor.person)
    return RedirectResponse(f"/cases/{case_id}", 303)


@router.post("/cases/{case_id}/leave")
def leave(form: Sent, case_id: int) -> Response:
    """Give it back."""
    form.console.desk.leave(case_id, form.seen.visitor.person)
    return RedirectResponse("/queue", 303)


@router.post("/cases/{case_id}/skip")
def skip(form: Sent, case_id: int) -> Response:
    """Leave it to others, and go on."""
    form.console.desk.leave(case_id, form.seen.visitor.person, skip=True)
    return onward(form)


@router.post("/cases/{case_id}/undo")
def undo(form: Sent, case_id: int) -> Response:
    """Take back what was decided, and be at it again, unless somebody else is or has to be."""
    desk, person = form.console.desk, form.seen.visitor.person
    desk.undo(case_id, person)
    with suppress(CaseTaken, NotAllowed):
        desk.take(case_id, person)
    return RedirectResponse(f"/cases/{case_id}", 303)


@router.post("/cases/{case_id}/escalate")
def escalate(request: Request, form: Sent, case_id: int) -> Response:
    """Leave it to somebody more experienced, and go on."""
    try:
        form.console.desk.escalate(case_id, form.seen.visitor.person, words=form.one("words"))
    except ModerationError as error:
        return page_again(request, form, case_id, error)
    return onward(form)


@router.post("/cases/{case_id}/decide")
def decide(request: Request, form: Sent, case_id: int) -> Response:
    """Decide it, and go on."""
    try:
        _decide(form, [case_id])
    except ModerationError as error:
        return page_again(request, form, case_id, error)
    return onward(form)


@router.post("/cases/{case_id}/golden")
def make_golden(form: Sent, case_id: int) -> Response:
    """What was decided is right: others are compared with it. Or it is that no longer."""
    desk, person = form.console.desk, form.seen.visitor.person
    if form.one("forget"):
        desk.forget_golden(case_id, person)
    else:
        desk.make_golden(case_id, person, words=form.one("words"))
    return RedirectResponse(f"/cases/{case_id}", 303)


@router.get("/cases/{case_id}/alike")
def show_alike(request: Request, case_id: int) -> Response:
    """All cases that show the same picture, to be decided together."""
    console = console_of(request)
    seen = console.seen(request)
    return _alike_page(console, request, seen, console.desk.register.case(case_id))


@router.post("/cases/{case_id}/alike")
def decide_alike(request: Request, form: Sent, case_id: int) -> Response:
    """Decide just those that the person has seen; where others have come, look again."""
    console, register = form.console, form.console.desk.register
    case = register.case(case_id)
    shown = set(_numbers(form, "case"))
    waiting = _together(register, case)
    if shown != {one.case_id for one in waiting}:
        return _alike_page(
            console, request, form.seen, case, before=len(shown), written=form.one("words")
        )
    try:
        _decide(form, [one.case_id for one in waiting])
    except ModerationError as error:
        return _alike_page(
            console, request, form.seen, case, problem=error, written=form.one("words")
        )
    return onward(form)


def mistaken_in(form: Form) -> list[FindingKind]:
    """Kinds of findings that the person says are not so.

    Raises:
        BadNote: there is no such kind.
    """
    known = {kind.value: kind for kind in FindingKind}
    unknown = [kind for kind in form.all("mistaken") if kind not in known]
    if unknown:
        raise BadNote(
            f"unknown finding `{unknown[0]:.60}`", hint="load the page again, and choose there"
        )
    return [known[kind] for kind in form.all("mistaken")]


def _decide(form: Form, case_ids: list[int]) -> None:
    form.console.desk.decide(
        case_ids,
        form.seen.visitor.person,
        form.one("choice"),
        words=form.one("words"),
        mistaken=mistaken_in(form),
        seen=_seen(form, case_ids),
    )


def _seen(form: Form, case_ids: list[int]) -> dict[int, int]:
    """Case → number of the verdict that the page had shown."""
    shown = _numbers(form, "case") or case_ids
    return dict(zip(shown, _numbers(form, "seen"), strict=False))


def _numbers(form: Form, name: str) -> list[int]:
    return [int(number) for number in form.all(name) if re.fullmatch(r"[0-9]{1,18}", number)]


def onward(form: Form) -> Response:
    """To the next case of the person's part of the queue; to the queue where none waits."""
    wanted = form.seen.personal.filter.wanted(datetime.now(UTC))
    if not wanted.state.waits:
        return RedirectResponse("/queue", 303)
    case = form.console.desk.take_next(form.seen.visitor.person, wanted)
    return RedirectResponse("/queue" if case is None else f"/cases/{case.case_id}", 303)


def page_again(request: Request, form: Form, case_id: int, error: ModerationError) -> Response:
    """The page of the case with what went wrong, and with the words that were written."""
    case = form.console.desk.register.case(case_id)
    return _page(form.console, request, form.seen, case, problem=error, written=form.one("words"))


def _page(
    console: Console,
    request: Request,
    seen: Seen,
    case: Case,
    *,
    problem: ModerationError | None = None,
    written: str = "",
) -> Response:
    at = datetime.now(UTC)
    person, holder = seen.visitor.person, case.held_by(at)
    needed = Role.SENIOR if case.state is CaseState.ESCALATED else Role.MODERATOR
    register = console.desk.register
    appeal = None if case.appeal_id is None else register.appeal(case.appeal_id)
    view = view_of(case, register, console.shelf, seen.lang, shown_to=person.name)
    undoable = case.state is CaseState.DECIDED or case.waits_for_second
    return console.page(
        "case.html.j2" if appeal is None else "appeal.html.j2",
        request,
        seen,
        status=200 if problem is None else problem.http_status,
        appeal=appeal,
        proofs=proofs_of(case, register, console.shelf, view.row.verdict, seen.lang),
        copies=any(kind in PAIRS for kind in view.row.verdict.reason_kinds()),
        view=view,
        case=case,
        at=at,
        holder=holder,
        is_mine=case.state.waits and holder == person.name,
        may_take=case.state.waits
        and holder is None
        and person.may(needed)
        and not console.desk.knows(case, person),
        may_undo=undoable and (case.decided_by == person.name or person.may(Role.SENIOR)),
        may_make_golden=case.state is CaseState.CLOSED
        and case.kind is CaseKind.MACHINE
        and case.check_of is None
        and case.said is not None
        and person.may(Role.SENIOR),
        choices=choices_for(case.kind, view.row.verdict),
        words_shown=READERS_SHOWN,
        most_reports=MOST_REPORTS,
        most_alike=MOST_ALIKE,
        undo_s=round(console.desk.undo_for.total_seconds()),
        hold_s=console.desk.held_for.total_seconds(),
        problem=problem,
        written=written,
    )


def _alike_page(
    console: Console,
    request: Request,
    seen: Seen,
    case: Case,
    *,
    before: int | None = None,
    problem: ModerationError | None = None,
    written: str = "",
) -> Response:
    together = _together(console.desk.register, case)
    console.desk.look_together([one.case_id for one in together], seen.visitor.person)
    name = seen.visitor.person.name
    view = view_of(case, console.desk.register, console.shelf, seen.lang, shown_to=name)
    status = 409 if before is not None else 200 if problem is None else problem.http_status
    return console.page(
        "alike.html.j2",
        request,
        seen,
        status=status,
        view=view,
        case=case,
        together=together,
        choices=CHOICES,
        undo_s=round(console.desk.undo_for.total_seconds()),
        before=before,
        problem=problem,
        written=written,
    )


def _together(register: Register, case: Case) -> list[Case]:
    """What is decided together with a case, it first; only what waits."""
    return [one for one in (case, *register.alike(case)) if one.state.waits]
