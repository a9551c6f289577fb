"""`moderation review report`: what a reader says of a note, or what many do."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moderation.cli.options import WrongValue, moment, register_option, speaking
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from moderation.store import Register


@click.command()
@click.argument("note", required=False)
@register_option
@click.option(
    "--from",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Many reports: JSONL with note_id, reader_id, reason, words, at. - is standard input.",
)
@click.option("--reader", metavar="ID", help="Who reports; only a pseudonym is kept.")
@click.option(
    "--reason",
    type=click.Choice(["copy", "hidden_ad", "contact", "other"]),
    help="What is wrong; other needs --words.",
)
@click.option("--words", default="", metavar="TEXT", help="In the reader's words.")
@click.option("--at", type=moment, metavar="DATE", help="When; now where not given.")
@speaking
def command(
    screen: Screen,
    note: str | None,
    register: str,
    file: Path | None,
    reader: str | None,
    reason: str | None,
    words: str,
    at: datetime | None,
) -> None:
    """Take what a reader says against a note.

    NOTE must have been judged. The first report brings it before a person, in a queue of its own;
    more of them are added to the case that waits, also where the gate has asked. A reader counts
    once. How many there are changes neither the place in the queue nor any verdict. Once a person
    has looked at a revision, it does not wait again unless somebody gives a reason that nobody
    gave. An author cannot report their own note.

    With --json: `{"note_id", "outcome"}`, the last `opened`, `added`, `known` or `answered`; of a
    FILE `{"reports": {outcome: number}, "failures": [{...}]}`, exit code 8 where a line could not
    be used.
    """
    from moderation.cli import report_note_words as told
    from moderation.store import NewReport, Register, ReportReason

    if (note is None) == (file is None):
        raise WrongValue("name one note or one file", hint="give NOTE or `--from FILE`")
    with Register.open(register, create=False) as opened:
        if file is not None:
            if reader or reason or words or at:
                raise WrongValue("a file has the reports in its lines", hint="give `--from` alone")
            _report_many(screen, opened, file)
            return
        if not reader or not reason:
            raise WrongValue(
                "a report needs a reader and a reason", hint="give `--reader ID --reason copy`"
            )
        new = NewReport(
            note_id=note or "", reader_id=reader, reason=ReportReason(reason), words=words, at=at
        )
        with opened.transaction() as now:
            outcome = now.report_note(new)
    screen.json({"note_id": new.note_id, "outcome": outcome.value})
    screen.say(told.OUTCOMES[outcome].say(screen.lang, note=new.note_id))


def _report_many(screen: Screen, register: Register, file: Path) -> None:
    from moderation.cli import report_note_words as told
    from moderation.cli.register.failures import tell
    from moderation.cli.review.lines import record_lines
    from moderation.cli.tally import partial
    from moderation.store import NewReport, ReportOutcome, Transaction

    counts = dict.fromkeys(ReportOutcome, 0)

    def record(now: Transaction, new: NewReport) -> None:
        counts[now.report_note(new)] += 1

    taken, failures = record_lines(register, file, NewReport.from_json, record)
    screen.json(
        {
            "reports": {outcome.value: number for outcome, number in counts.items()},
            "failures": [failure.to_json() for failure in failures],
        }
    )
    screen.say(told.REPORTED_MANY.say(screen.lang, number=taken))
    for outcome, number in counts.items():
        if number:
            screen.say("  " + told.COUNTED[outcome].say(screen.lang, number=number))
    tell(screen, failures)
    if failures:
        raise partial(len(failures), taken + len(failures))
