"""`moderation review record`: what a person answers to a verdict, or what many did."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from moderation.cli.options import WrongValue, moment, register_option, speaking
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from moderation.store import Register


def finding(value: str) -> tuple[str, str]:
    """`KIND=ANSWER`: an answer to one kind of finding."""
    kind, equals, answer = value.partition("=")
    if not equals:
        raise WrongValue(
            f"`{value:.60}` does not say what the answer is",
            hint="write it as text.hard_sell=overturned",
        )
    return kind, answer


@click.command()
@click.argument("note", required=False)
@register_option
@click.option(
    "--from",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Many answers: JSONL, fields as in --json of `list`. - is standard input.",
)
@click.option(
    "--by",
    metavar="NAME",
    envvar="MODERATION_BY",
    show_envvar=True,
    help="Who answers; of a FILE, where a line does not say.",
)
@click.option(
    "--answer",
    type=click.Choice(["confirmed", "overturned"]),
    help="To the verdict as a whole: to every finding that it rests on.",
)
@click.option(
    "--finding",
    "findings",
    type=finding,
    multiple=True,
    metavar="KIND=ANSWER",
    help="To one kind of finding, as text.hard_sell=overturned; may be given again.",
)
@click.option(
    "--intent",
    metavar="N0|N1|C1|C2|C3",
    help="What the text wants: not commercial, own experience, soft ad, sale, private sale.",
)
@click.option(
    "--disclosure",
    metavar="WORD",
    help="none_needed, clear, buried, denied or absent.",
)
@click.option(
    "--reason", default="", metavar="TEXT", help="Why, in a sentence. Do not quote the note."
)
@click.option(
    "--verdict",
    "verdict_id",
    type=int,
    metavar="N",
    help="Number of the verdict in the audit; the last one on the note where not given.",
)
@click.option("--at", type=moment, metavar="DATE", help="When; now where not given.")
@click.option(
    "--settles", is_flag=True, help="What others answered before on this text no longer counts."
)
@speaking
def command(
    screen: Screen,
    note: str | None,
    register: str,
    file: Path | None,
    by: str | None,
    answer: str | None,
    findings: tuple[tuple[str, str], ...],
    at: datetime | None,
    **values: Any,
) -> None:
    """Record what a person answers to a verdict.

    NOTE is the note that was judged; its verdict must be in the audit. The answer says whether the
    gate was right about the note, not whether a rule is too strict. It changes neither verdict nor
    threshold. No word of the note is kept. A later answer of the same person supersedes the
    earlier one; both stay.

    For what the gate missed, overturn the verdict and give --intent and --disclosure.

    With --json: the answer as in `list`; of a FILE `{"recorded", "failures": [{...}]}`, exit code
    8 where a line could not be used.
    """
    from moderation.store import NewReview, Register

    if (note is None) == (file is None):
        raise WrongValue("name one note or one file", hint="give NOTE or `--from FILE`")
    with Register.open(register, create=False) as opened:
        if file is not None:
            if answer or findings or at or any(values.values()):
                raise WrongValue(
                    "a file has the answers in its lines", hint="give `--from` with `--by` alone"
                )
            _record_many(screen, opened, file, by or "")
            return
        if not by:
            raise WrongValue(
                "nobody is named who answers", hint="give `--by NAME`, or set MODERATION_BY"
            )
        row = {"note_id": note, "by": by, "answer": answer, "findings": dict(findings), **values}
        given = NewReview.from_json(row | {"at": at.isoformat() if at else None})
        with opened.transaction() as now:
            review = now.record_review(given)
    screen.json(review.to_json())
    if not screen.as_json:
        from moderation.cli import review_words as words
        from moderation.explain import decision_word

        told = words.RECORDED.say(
            screen.lang,
            number=review.review_id,
            by=review.by,
            decision=decision_word(review.decision, screen.lang),
            note=review.note_id,
        )
        screen.say(told)


def _record_many(screen: Screen, register: Register, file: Path, by: str) -> None:
    from moderation.cli import review_words as words
    from moderation.cli.register.failures import tell
    from moderation.cli.review.lines import record_lines
    from moderation.cli.tally import partial
    from moderation.store import NewReview, Transaction

    def record(now: Transaction, given: NewReview) -> None:
        now.record_review(given)

    recorded, failures = record_lines(
        register, file, lambda row: NewReview.from_json(row, by=by), record
    )
    screen.json({"recorded": recorded, "failures": [failure.to_json() for failure in failures]})
    screen.say(words.RECORDED_MANY.say(screen.lang, number=recorded))
    tell(screen, failures)
    if failures:
        raise partial(len(failures), recorded + len(failures))
