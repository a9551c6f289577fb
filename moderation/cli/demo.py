"""`moderation demo`: a story on real photographs, from registration to verdict."""

from __future__ import annotations

from pathlib import Path

import click

from moderation.cli.options import speaking
from moderation.cli.screen import Screen

EXIT_UNEXPECTED = 1


@click.command()
@click.option(
    "--register",
    type=click.Path(path_type=Path),
    default=Path("demo-register"),
    show_default=True,
    metavar="DIR",
    help="Folder for the demo's register.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    default=Path("demo-report"),
    show_default=True,
    metavar="DIR",
    help="Folder for the demo's page.",
)
@speaking
def command(screen: Screen, register: Path, report: Path) -> None:
    """Play a story on real photographs and show its verdicts.

    Originals, copies and sales in disguise are registered and judged in a register of their own.

    Exit code 1 where a verdict is not the one the story promises.

    With --json: `{"as_expected", "notes", "wrong", "register", "page", "archive", "incoming"}`;
    the story is told on standard error.
    """
    from moderation.cli.demo_screen import DemoScreen
    from moderation.demo import run_demo

    console = screen.err if screen.as_json else screen.out
    audience = DemoScreen(console, screen.lang)
    result = run_demo(register, report, lang=screen.lang, audience=audience)
    screen.json(result.to_json())
    if not result.as_expected:
        click.get_current_context().exit(EXIT_UNEXPECTED)
