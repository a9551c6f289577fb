"""An author's proofs on the page of an appeal: each beside what the dispute is about.

What an author sends is hostile: names and links are text and nothing else, and of a file only the
picture that was made anew from its pixels is ever sent to a browser.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from moderation.console.case_view import AtAddresses
from moderation.console.shelf import Shelf
from moderation.console.state import console_of
from moderation.explain import Lang, explain_proof
from moderation.report.exhibits import Shown
from moderation.store import Act, Case, Proof, ProofKind, Register
from moderation.verdict import Verdict

router = APIRouter()
_TELLING = ("file", "same", "more", "part", "overlap", "not_kept", "unclear", "other")
"""What a proof may show of a disputed picture, what says most first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A disputed picture next to a proof."""

    side: str
    """`note` or `register`."""
    number: int
    """Of the note's picture, from 0."""
    shown: Shown | None
    """None where the note is not at hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofView:
    """A proof, ready to print."""

    proof: Proof
    is_link: bool
    sentences: tuple[str, ...]
    """What the file is and shows; none of a link."""
    thumbnail: Shown | None
    is_gone: bool
    """It had a picture, which went with the decision."""
    beside: tuple[Beside, ...]
    """The note's picture and the earlier one that the proof says most of."""


def proofs_of(
    case: Case, register: Register, shelf: Shelf, verdict: Verdict, lang: Lang
) -> tuple[ProofView, ...]:
    """The proofs of a case's appeal, in the order in which they came; none of another case."""
    if case.appeal_id is None:
        return ()
    at = AtAddresses(case, verdict, shelf)
    found = register.proofs([case.appeal_id])[case.appeal_id]
    return tuple(_view(case, proof, verdict, at, lang) for proof in found)


@router.get("/cases/{case_id}/proofs/{proof_id}.jpg")
def thumbnail(request: Request, case_id: int, proof_id: int) -> Response:
    """The picture of a proof, while its appeal waits; whoever comes by the address is recorded."""
    console = console_of(request)
    person = console.seen(request).visitor.person
    register = console.desk.register
    case = register.case(case_id)
    kept = None if case.appeal_id is None else register.proof_thumbnail(case.appeal_id, proof_id)
    if kept is None:
        raise HTTPException(404)
    looked = any(
        line.by == person.name and line.act is Act.LOOKED for line in register.case_log(case_id)
    )
    if not looked:
        console.desk.look(case_id, person)
    # It goes with the decision, so no browser keeps it.
    return Response(kept, media_type="image/jpeg", headers={"Cache-Control": "private, no-store"})


def _view(case: Case, proof: Proof, verdict: Verdict, at: AtAddresses, lang: Lang) -> ProofView:
    if proof.kind is ProofKind.LINK:
        return ProofView(
            proof=proof, is_link=True, sentences=(), thumbnail=None, is_gone=False, beside=()
        )
    facts = proof.facts
    shown = None
    if proof.has_thumbnail:
        shown = Shown(
            source=f"/cases/{case.case_id}/proofs/{proof.proof_id}.jpg",
            width=int(facts["width"]),
            height=int(facts["height"]),
        )
    return ProofView(
        proof=proof,
        is_link=False,
        sentences=tuple(explain_proof(facts, lang, sha256=proof.sha256, size=proof.bytes)),
        thumbnail=shown,
        is_gone=not proof.has_thumbnail and "width" in facts,
        beside=_beside(facts, verdict, at) if shown else (),
    )


def _beside(facts: Mapping[str, Any], verdict: Verdict, at: AtAddresses) -> tuple[Beside, ...]:
    found = []
    for side in ("note", "register"):
        compared = [one for one in facts.get("compared", ()) if one["of"] == side]
        if not compared:
            continue
        best = min(compared, key=lambda one: _TELLING.index(one["shows"]))
        number = best["picture"]
        shown = (
            at.picture(verdict.note_id, number)
            if side == "note"
            else _original(verdict, number, at)
        )
        found.append(Beside(side=side, number=number, shown=shown))
    return tuple(found)


def _original(verdict: Verdict, number: int, at: AtAddresses) -> Shown | None:
    counted = {reason.finding for reason in verdict.reasons}
    for place, finding in enumerate(verdict.findings):
        if place in counted and finding.match is not None and finding.image_number == number:
            return at.match(verdict.note_id, finding, finding.match).original
    return None
