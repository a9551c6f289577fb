"""Groups that import a command when it is asked for, so that `--help` starts at once."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from keyword import iskeyword
from typing import Any

import click

from moderation.cli.options import WrongValue


class LazyGroup(click.Group):
    """A group whose commands are modules of a package: `import-hashes` is `import_hashes.command`.

    The modules import nothing heavy themselves; what they need comes in when they run.
    """

    def __init__(self, *args: Any, package: str, names: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._package = package
        self._names = tuple(names)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which people meet them, not by alphabet."""
        return list(self._names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command, or None where there is none of that name."""
        if cmd_name not in self._names:
            return None
        name = cmd_name.replace("-", "_") + "_" * iskeyword(cmd_name)  # `import` is `import_`
        module = import_module(f"{self._package}.{name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one may have been meant."""
        near = [] if args[0] in self._names else get_close_matches(args[0], self._names, n=1)
        if near:
            raise WrongValue(f"no such command `{args[0]}`", hint=f"did you mean `{near[0]}`?")
        return super().resolve_command(ctx, args)
