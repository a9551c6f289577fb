"""`moderation review list`: what people answered, the last first."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from moderation.cli.options import moment, register_option, speaking
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from moderation.store import Review


@click.command("list")
@register_option
@click.option("--note", "note_id", metavar="ID", help="Only on this note.")
@click.option("--by", metavar="NAME", help="Only of this person.")
@click.option("--since", type=moment, metavar="DATE", help="Only since then.")
@click.option("--before", type=int, metavar="N", help="Only answers with a lower number, to go on.")
@click.option(
    "--limit",
    type=click.IntRange(min=1, max=100_000),
    default=100,
    show_default=True,
    metavar="N",
    help="Most answers to show.",
)
@speaking
def command(
    screen: Screen,
    register: str,
    note_id: str | None,
    by: str | None,
    since: datetime | None,
    before: int | None,
    limit: int,
) -> None:
    """Show what people answered, the last first.

    Superseded answers are shown, too: of one person the last on the same words counts.

    With --json: `{"reviews": [{"review_id", "note_id", "verdict_id", "revision", "author_id",
    "note_digest", "text_digest", "decision", "policy_digest", "detectors", "at", "by", "answer",
    "findings": {kind: answer}, "intent", "disclosure", "reason", "settles"}]}`.
    """
    from moderation.store import Register

    with Register.open(register, create=False) as opened:
        found = opened.reviews(note_id=note_id, by=by, since=since, before=before, limit=limit)
    screen.json({"reviews": [review.to_json() for review in found]})
    if not screen.as_json:
        _show(screen, found, limit)


def _show(screen: Screen, found: list[Review], limit: int) -> None:
    from moderation.cli import review_words as words

    if not found:
        screen.say(words.NO_REVIEWS.say(screen.lang))
        return
    show_reviews(screen, found)
    if len(found) == limit:
        screen.remark(words.MORE.say(screen.lang, number=found[-1].review_id))


def show_reviews(screen: Screen, found: list[Review]) -> None:
    """A table of answers, a row each."""
    from moderation.cli import review_words as words

    heads = (
        *(words.HEAD_NUMBER, words.HEAD_WHEN, words.HEAD_NOTE, words.HEAD_GATE),
        *(words.HEAD_BY, words.HEAD_SAYS, words.HEAD_LABEL, words.HEAD_REASON),
    )
    screen.table([head.say(screen.lang) for head in heads], [_row(r, screen) for r in found])


def _row(review: Review, screen: Screen) -> tuple[object, ...]:
    from moderation.cli import review_words as words
    from moderation.explain import decision_word

    says = [] if review.answer is None else [words.ANSWERS[review.answer].say(screen.lang)]
    for kind, answer in review.findings.items():
        says.append(f"{kind}: {words.ANSWERS[answer].say(screen.lang)}")
    if review.settles:
        says.append(words.SETTLES.say(screen.lang))
    return (
        review.review_id,
        f"{review.at:%Y-%m-%d %H:%M}",
        review.note_id,
        decision_word(review.decision, screen.lang),
        review.by,
        "; ".join(says),
        " ".join(filter(None, (review.intent, review.disclosure))) or "–",
        review.reason or "–",
    )
