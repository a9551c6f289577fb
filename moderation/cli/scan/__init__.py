"""`moderation scan`: look at a whole archive again."""

from __future__ import annotations

from pathlib import Path

import click

from moderation.cli.lazy import LazyGroup


class ScanGroup(LazyGroup):
    """`moderation scan ARCHIVE …` is `moderation scan run ARCHIVE …`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take what is no command, and is there, for an archive."""
        named = args[0] in self.list_commands(ctx)
        return super().resolve_command(
            ctx, args if named or not Path(args[0]).exists() else ["run", *args]
        )


@click.group(cls=ScanGroup, package=__name__, names=("run", "observe", "pair", "judge", "forget"))
def command() -> None:
    """Look at a whole archive again.

    In three stages that can be stopped at any time: observe what every note and picture
    shows, pair pictures with those published before them, judge every note. `run` does all
    three, and so does `moderation scan ARCHIVE`; each can run alone, on another machine or by
    another policy.
    """
