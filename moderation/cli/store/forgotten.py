"""`moderation store forgotten`: the list that goes with backups."""

from __future__ import annotations

from pathlib import Path

import click

from moderation.cli.options import WrongValue, register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@register_option
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="List to add all receipts to; made if it is missing.",
)
@click.option(
    "--apply",
    "lists",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="List to forget again by, in a restored backup.",
)
@click.option("--nothing", is_flag=True, help="Nothing was forgotten since the backup.")
@speaking
def command(
    screen: Screen, register: str, output: Path | None, lists: tuple[Path, ...], nothing: bool
) -> None:
    """Write or replay the list of what was forgotten.

    A backup still holds who was forgotten after it was made. The list has digests, no names; only
    a register and its backups know whom they mean. In a folder it is kept by itself; with a
    register on a server, add to it beside every dump, and --apply it to one that was restored.

    With --json: `{"output", "lines"}`, or `{"forgotten", "lines"}`: how many of the list were
    there again.
    """
    from moderation.cli import late_words as words
    from moderation.store import Register

    if sum((output is not None, bool(lists), nothing)) != 1:
        raise WrongValue(
            "nothing is to be done", hint="give one of `--output`, `--apply` and `--nothing`"
        )
    if output is not None:
        with Register.open(register, create=False) as opened:
            lines = opened.list_forgotten(output)
        screen.json({"output": str(output), "lines": lines})
        screen.say(words.LIST_WRITTEN.say(screen.lang, path=output, lines=lines))
        return
    with Register.open(register, create=False, forgotten=lists) as opened:
        number, lines = opened.replayed or (0, 0)
    screen.json({"forgotten": number, "lines": lines})
    screen.say(words.REPLAYED.say(screen.lang, number=number, lines=lines))
