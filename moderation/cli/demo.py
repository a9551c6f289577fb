"""`moderation demo`: a story on real photographs, from registration to verdict."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moderation.cli.options import WrongValue, speaking
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from rich.console import Console

    from moderation.demo import Outcome
    from moderation.explain import Lang

EXIT_UNEXPECTED = 1
FOLDER = click.Path(path_type=Path)


def _folder(value: str) -> Path:
    """A path; never a server, since the demo empties its register."""
    if "://" in value:
        raise WrongValue(
            "the demo does not play on a server", hint="give `--register` a folder of its own"
        )
    return Path(value)


@click.command()
@click.option(
    "--register",
    type=_folder,
    default="demo-register",
    show_default=True,
    metavar="DIR",
    help="Folder for the demo's register.",
)
@click.option(
    "--report",
    type=FOLDER,
    default=Path("demo-report"),
    show_default=True,
    metavar="DIR",
    help="Folder for the page, the notes and their pictures.",
)
@speaking
def command(screen: Screen, register: Path, report: Path) -> None:
    """Play a story on real photographs and show its verdicts.

    Originals, copies and sales in disguise are registered and judged in a register of their
    own. Both folders must be new, empty, or of an earlier demo, which is emptied. Exit code 1
    where a verdict is not the one the story promises.

    With --json: `{"as_expected", "notes", "wrong": [ids], "register", "page", "archive",
    "incoming"}`; the story is told on standard error.
    """
    from moderation.demo import run_demo
    from moderation.demo.words import DESK

    listener = Listener(screen.err if screen.as_json else screen.out, screen.lang)
    result = run_demo(register, report, lang=screen.lang, audience=listener)
    desk = as_it_can_be_typed("moderation console --demo")
    listener.tell(DESK.say(screen.lang, command=desk))
    screen.json(result.to_json())
    if not result.as_expected:
        click.get_current_context().exit(EXIT_UNEXPECTED)


class Listener:
    """Hears the demo and prints it: sentences, a table of verdicts, commands to try."""

    def __init__(self, console: Console, lang: Lang) -> None:
        from moderation.cli.verdict_table import GrowingTable

        self._console = console
        self._lang: Lang = lang
        self._rows = GrowingTable(console, (10, 20, None, 10))
        self._has_head = False

    def tell(self, text: str) -> None:
        """A sentence of the story."""
        from moderation.cli.screen import print_line

        print_line(self._console, text)

    def show(self, outcome: Outcome) -> None:
        """One verdict: on which note, what the note is, why, and whether that is right."""
        from moderation.cli import words
        from moderation.cli.screen import cell
        from moderation.cli.verdict_table import STYLES
        from moderation.demo.words import HEAD_EXPECTED, NO, YES

        if not self._has_head:
            heads = (words.HEAD_DECISION, words.HEAD_NOTE, words.HEAD_WHY, HEAD_EXPECTED)
            self._rows.print(*(cell(head.say(self._lang), "bold") for head in heads))
            self._has_head = True
        told = cell(outcome.what)
        told.append_text(cell(f"\n{outcome.why}", "dim"))
        if outcome.as_expected:
            right = cell(YES.say(self._lang), "green")
        else:
            right = cell(NO.say(self._lang, expected=outcome.expected), "bold red")
        decision = cell(outcome.verdict, STYLES[outcome.decision])
        self._rows.print(decision, cell(outcome.note_id), told, right)

    def suggest(self, purpose: str, command: str) -> None:
        """A command line to try, and what for."""
        from moderation.cli.screen import print_line

        print_line(self._console, f"  # {purpose}", "dim")
        print_line(self._console, f"  {as_it_can_be_typed(command)}")


def as_it_can_be_typed(command: str) -> str:
    """`moderation …` with the path of the program that runs now, where a shell would not find it.

    `make demo` installs into `.venv`, which is on nobody's path.
    """
    running = Path(sys.argv[0])
    found = shutil.which("moderation")
    if running.name != "moderation" or (found and Path(found).resolve() == running.resolve()):
        return command
    try:
        running = running.resolve().relative_to(Path.cwd())
    except ValueError:  # somewhere else: the whole path
        running = running.resolve()
    return f"{shlex.quote(str(running))}{command.removeprefix('moderation')}"
