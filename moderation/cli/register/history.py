"""`moderation register history`: what the register knows of a note."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from moderation.cli.options import register_option, speaking
from moderation.cli.review.list import show_reviews
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from moderation.note import Claim
    from moderation.store import AuditRow, Change, Register, StoredPicture

_ROWS_AT_ONCE = 1_000


@click.command()
@click.argument("note")
@register_option
@speaking
def command(screen: Screen, note: str, register: str) -> None:
    """Show what the register knows of a note.

    Its pictures, the claims to what they show, every verdict in the audit, and what people
    answered to these.

    With --json: `{"note_id", "pictures": [{...}], "claims": [{...}], "verdicts": [{...}],
    "reviews": [{...}]}`; verdicts are audit rows, `{"verdict_id", "author_id", "note_digest",
    "text_digest", "decided_at", "verdict", "change"}`, where `change` is null or says why it was
    given without a look at the note: `{"cause", "by", "base_id", "before_id", "truth_id"}`;
    reviews as in `moderation review list`.
    """
    from moderation.store import Register

    with Register.open(register, create=False) as opened:
        pictures = opened.pictures_of_note(note)
        works = opened.works({picture.work_id for picture in pictures})
        rows = _audit_rows(opened, note)
        changes = opened.changes(row.verdict_id for row in rows)
        reviews = opened.reviews(note_id=note, limit=_ROWS_AT_ONCE)
    claims = [claim for work in works.values() for claim in work.claims]
    screen.json(
        {
            "note_id": note,
            "pictures": [picture_to_json(picture) for picture in pictures],
            "claims": [claim_to_json(claim) for claim in claims],
            "verdicts": [
                row.to_json() | {"change": _change_to_json(changes.get(row.verdict_id))}
                for row in rows
            ],
            "reviews": [review.to_json() for review in reviews],
        }
    )
    if not screen.as_json:
        _show(screen, note, pictures, claims, rows)
        if reviews:
            screen.say("")
            show_reviews(screen, reviews)


def picture_to_json(picture: StoredPicture) -> dict[str, Any]:
    """What the register says of one picture, without its fingerprint."""
    return {
        "picture_id": picture.picture_id,
        "image_number": picture.image_number,
        "revision": picture.revision,
        "work_id": picture.work_id,
        "author_id": picture.author_id,
        "published_at": picture.published_at.isoformat(),
        "recipe": picture.recipe,
        "state": picture.state,
        "verifiable": bool(picture.features),
    }


def claim_to_json(claim: Claim) -> dict[str, Any]:
    """One claim to a work."""
    return {
        "work_id": claim.work_id,
        "author_id": claim.author_id,
        "at": claim.at.isoformat(),
        "basis": claim.basis.value,
        "note_id": claim.note_id,
        "image_number": claim.image_number,
        "proof": claim.proof,
    }


def _change_to_json(change: Change | None) -> dict[str, Any] | None:
    return None if change is None else change.to_json()


def _audit_rows(register: Register, note: str) -> list[AuditRow]:
    rows: list[AuditRow] = []
    while some := register.verdicts(
        note, after=rows[-1].verdict_id if rows else 0, limit=_ROWS_AT_ONCE
    ):
        rows += some
    return rows


def _show(
    screen: Screen,
    note: str,
    pictures: list[StoredPicture],
    claims: list[Claim],
    rows: list[AuditRow],
) -> None:
    from moderation.cli import words
    from moderation.explain import explain_verdict

    def heads(*phrases: Any) -> list[str]:
        return [phrase.say(screen.lang) for phrase in phrases]

    if pictures:
        screen.table(
            heads(words.HEAD_PICTURE, words.HEAD_WORK, words.HEAD_AUTHOR, words.HEAD_PUBLISHED),
            [
                (f"#{p.image_number}", p.work_id, p.author_id, f"{p.published_at:%Y-%m-%d %H:%M}")
                for p in pictures
            ],
        )
        screen.say("")
    if claims:
        screen.table(
            heads(words.HEAD_WORK, words.HEAD_CLAIM, words.HEAD_AUTHOR, words.HEAD_SINCE),
            [(c.work_id, c.basis, c.author_id, f"{c.at:%Y-%m-%d %H:%M}") for c in claims],
        )
        screen.say("")
    if not rows:
        screen.say(words.NO_HISTORY.say(screen.lang, note=note))
        return
    screen.table(
        heads(words.HEAD_WHEN, words.HEAD_REVISION, words.HEAD_POLICY, words.HEAD_VERDICT),
        [
            (
                f"{row.decided_at:%Y-%m-%d %H:%M}",
                row.verdict.revision,
                row.verdict.policy,
                explain_verdict(row.verdict, lang=screen.lang),
            )
            for row in rows
        ],
    )
