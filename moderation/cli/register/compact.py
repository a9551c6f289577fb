"""`moderation register compact`: remove the bytes of what was deleted."""

from __future__ import annotations

from pathlib import Path

import click

from moderation.cli.options import register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@register_option
@speaking
def command(screen: Screen, register: str) -> None:
    """Remove the bytes of what was deleted.

    Rewrites index snapshots and database. Takes the write lock for about a second per 100 MB,
    and as much free space as the file.

    With --json: `{"bytes_before", "bytes_after"}` of the whole folder.
    """
    from moderation.cli import words
    from moderation.gate import Gate

    with Gate.open(register, create=False) as gate:
        before = _size(Path(register))
        gate.compact()
    after = _size(Path(register))
    screen.json({"bytes_before": before, "bytes_after": after})
    screen.say(words.COMPACTED.say(screen.lang, before=before / 1e6, after=after / 1e6))


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
