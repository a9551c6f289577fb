"""`moderation check`: judge an archive and write what came out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from moderation.cli.options import NOW, THEN, outside_option, register_option, rules_of, speaking
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from moderation.archive import ResultFormat
    from moderation.cli.tally import Tally
    from moderation.finding import ItemFailure
    from moderation.gate import Shadow
    from moderation.note import Note
    from moderation.policy import Policy
    from moderation.verdict import Verdict

STDOUT = "-"
EXIT_REACHED = 1


@click.command()
@click.argument("notes")
@register_option
@click.option(
    "--policy",
    "policy_name",
    default="default",
    show_default=True,
    metavar="NAME|FILE",
    help="A shipped policy or a TOML file.",
)
@click.option(
    "--shadow",
    "shadow_names",
    multiple=True,
    metavar="NAME|FILE",
    help="A policy to ask as well, without following it; see `moderation shadow report`.",
)
@click.option(
    "--shadow-reader",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A model that reads the text as well, without being followed.",
)
@click.option(
    "--as-of",
    "as_of",
    type=rules_of,
    metavar="now|then|DATE",
    default=NOW,
    show_default=True,
    help="Whose rules apply: those of today, of each note's own day, or of a date.",
)
@click.option("--out", default=STDOUT, metavar="FILE", help="Where results go, instead of here.")
@click.option(
    "--format",
    "chosen",
    type=click.Choice(["table", "jsonl", "parquet", "csv", "html"]),
    help="Told by the suffix of --out where not given; a table without --out.",
)
@click.option("--dry-run", is_flag=True, help="Judge only: register nothing, record nothing.")
@click.option(
    "--fail-on",
    type=click.Choice(["label", "review", "block"]),
    help="Exit with 1 where a verdict is this severe or more.",
)
@click.option(
    "--originals",
    metavar="NOTES",
    help="For html: an archive that holds pictures of registered notes.",
)
@outside_option
@speaking
def command(
    screen: Screen,
    notes: str,
    register: str,
    policy_name: str,
    shadow_names: tuple[str, ...],
    shadow_reader: Path | None,
    as_of: datetime | str,
    out: str,
    chosen: str | None,
    dry_run: bool,
    fail_on: str | None,
    originals: str | None,
    allow_outside: bool,
) -> None:
    """Judge notes and register their pictures by policy.

    NOTES is JSONL (a note a line; - is standard input), Parquet, a tar shard, or a folder of
    shards or pictures.
    A row that cannot be judged becomes a failure row; the others are done all the same, and
    the exit code is 8, also where --fail-on was reached. Results come out one by one; a FILE
    appears only when it is complete.

    With --json: without --out, one verdict or failure per line, as in `--format jsonl`;
    with --out, one object `{"notes", "decisions": {word: n}, "failed", "dry_run", "out"}`.
    """
    from moderation.archive import count_notes, read_notes
    from moderation.cli import outputs
    from moderation.cli.progress import progress
    from moderation.cli.tally import Tally
    from moderation.gate import Shadow
    from moderation.policy import Policy
    from moderation.text.note_reader import NoteReader

    form = outputs.format_of(chosen, out, as_json=screen.as_json)
    policy = Policy.load(policy_name)
    shadows = [Shadow(policy=Policy.load(name)) for name in shadow_names]
    if shadow_reader is not None:
        shadows.append(Shadow(policy=policy, reader=NoteReader.open(shadow_reader)))
    reading = read_notes(notes, allow_outside=allow_outside)
    outputs.refuse_unwritable(out, form)
    tally, kept = Tally(), outputs.Kept()
    if form == "html":
        reading = kept.passing(reading)
    beside = screen.out if form == "table" else None
    raw = out == STDOUT and form != "table"
    with progress(screen, count_notes(notes), beside=beside, rows_on_stdout=raw) as done:
        results = _judge(reading, register, policy, shadows, as_of, dry_run=dry_run)
        results = tally.counted(results, done)
        if form == "table":
            outputs.write_table(results, screen)
        elif form == "html":
            outputs.write_page(
                list(results),
                out,
                screen,
                notes=kept.by_id,
                originals=originals,
                allow_outside=allow_outside,
            )
        else:
            outputs.write_rows(results, out, cast("ResultFormat", form))
    _sum_up(screen, tally, out, raw=raw, dry_run=dry_run)
    tally.raise_if_partial()
    if fail_on is not None and tally.reached(fail_on):
        click.get_current_context().exit(EXIT_REACHED)


def _judge(
    notes: Iterable[Note | ItemFailure],
    register: str,
    policy: Policy,
    shadows: Sequence[Shadow],
    as_of: datetime | str,
    *,
    dry_run: bool,
) -> Iterator[Verdict | ItemFailure]:
    from moderation.cli.eras import check_by_rules_of_then
    from moderation.gate import Gate

    def open_gate(at: datetime | None) -> Gate:
        return Gate.open(register, policy=policy, as_of=at, create=not dry_run, shadows=shadows)

    if as_of == THEN:
        yield from check_by_rules_of_then(notes, policy, open_gate, register=not dry_run)
        return
    with open_gate(as_of if isinstance(as_of, datetime) else None) as gate:
        yield from gate.check_many(notes, register=not dry_run)


def _sum_up(screen: Screen, tally: Tally, out: str, *, raw: bool, dry_run: bool) -> None:
    from moderation.cli import words

    if screen.as_json:
        if out != STDOUT:  # else the results themselves are the answer
            screen.json(tally.to_json() | {"dry_run": dry_run, "out": out})
        return
    lines = [tally.sentence(screen.lang)]
    if out != STDOUT:
        lines.append(words.WRITTEN.say(screen.lang, path=out))
    if dry_run:
        lines.append(words.NOTHING_WRITTEN.say(screen.lang))
    for line in lines:
        if raw:
            screen.remark(line)  # standard output is for the rows alone
        else:
            screen.say(line)
