"""`moderation review decisions`: what moderators decided, as a table to take away."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from moderation.cli.options import WrongValue, moment, register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@register_option
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Gets the rows; .csv, .jsonl or .parquet.",
)
@click.option("--since", type=moment, metavar="DATE", help="In force then or later.")
@click.option("--until", type=moment, metavar="DATE", help="In force before.")
@click.option("--names", is_flag=True, help="People, notes and words as they are.")
@speaking
def command(
    screen: Screen,
    register: str,
    out: Path,
    since: datetime | None,
    until: datetime | None,
    names: bool,
) -> None:
    """Write what moderators decided at the desk.

    A row is a case whose decision is in force, the last first. People and notes have pseudonyms
    that only this register can give: the same in every export of it, others in every other
    register. What moderators wrote is left out. With --names all of it is there, and FILE is
    readable by its owner alone. Pseudonyms are personal data too, for whoever has the register;
    `register forget` does not reach FILE.

    With --json: `{"rows", "names", "output"}`.
    """
    from moderation.archive import whole_file
    from moderation.archive.tables import format_by_name, write_table
    from moderation.cli import review_words as words
    from moderation.cli.outputs import refuse_unwritable
    from moderation.desk.decision_rows import columns_of, decision_rows
    from moderation.store import Register

    form = format_by_name(out.name)
    if form is None:
        raise WrongValue(f"`{out.name:.60}` has no format", hint="name it .csv, .jsonl or .parquet")
    refuse_unwritable(str(out), form)
    with (
        Register.open(register, create=False) as opened,
        whole_file(out, private=names) as sink,
    ):
        found = decision_rows(opened, since=since, until=until, names=names)
        rows = write_table(found, sink, columns_of(names=names), form)
    screen.json({"rows": rows, "names": names, "output": str(out)})
    screen.say(words.DECISIONS.say(screen.lang, path=out, rows=rows))
    screen.remark((words.WITH_NAMES if names else words.PSEUDONYMS).say(screen.lang))
