"""`moderation scan`: look at a whole archive again."""

from __future__ import annotations

from pathlib import Path

import click

from moderation.cli.lazy import LazyGroup


class ScanGroup(LazyGroup):
    """`moderation scan ARCHIVE …` is `scan run ARCHIVE …`, and with `--plan` it is `scan plan`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take `--plan` out, wherever it stands, and plan instead of running."""
        if "--plan" in args and args[0] not in {*self.list_commands(ctx)} - {"run"}:
            rest = [word for word in args if word != "--plan"]
            args = ["plan", *rest[rest[:1] == ["run"] :]]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take what is no command, and is there, for an archive."""
        named = args[0] in self.list_commands(ctx)
        return super().resolve_command(
            ctx, args if named or not _may_be_there(args[0]) else ["run", *args]
        )


def _may_be_there(archive: str) -> bool:
    return "://" in archive or Path(archive).exists()


@click.group(
    cls=ScanGroup, package=__name__, names=("run", "plan", "observe", "pair", "judge", "forget")
)
def command() -> None:
    """Look at a whole archive again.

    In three stages that can be stopped at any time: observe what every note and picture
    shows, pair pictures with those published before them, judge every note. `run` does all
    three, and so does `moderation scan ARCHIVE`; each can run alone, on another machine or by
    another policy. `moderation scan ARCHIVE --plan` is `plan`: it tells what a scan will take.
    """
