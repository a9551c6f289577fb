"""Every command has help, is on the reference page, and keeps the promises of all commands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from moderation.cli import program

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "cli.md"


def walk(command: click.Command, path: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
    yield " ".join(path), command
    if isinstance(command, click.Group):
        with click.Context(command) as context:
            for name in command.list_commands(context):
                inner = command.get_command(context, name)
                assert inner is not None, f"{name} is listed and not there"
                yield from walk(inner, (*path, name))


ALL = dict(walk(program, ("moderation",)))
LEAVES = {path: command for path, command in ALL.items() if not isinstance(command, click.Group)}


@pytest.mark.parametrize("path", ALL)
def test_help_text(path, golden, run):
    """What `--help` says, to be read whenever it changes."""
    shown = run(*path.split()[1:], "--help", COLUMNS="82")
    assert shown.exit_code == 0
    golden(path.replace(" ", "-"), shown.stdout)


@pytest.mark.parametrize("path", [path for path in ALL if " " in path])
def test_help_has_a_sentence_for_the_list(path):
    """The first sentence fits beside the name in the list of commands, uncut."""
    short = ALL[path].get_short_help_str(limit=62)
    assert short
    assert not short.endswith("..."), ALL[path].help


@pytest.mark.parametrize("path", LEAVES)
def test_every_option_has_help(path):
    """No option without its sentence."""
    options = [p for p in LEAVES[path].params if isinstance(p, click.Option)]
    assert [option.name for option in options if not option.help] == []


@pytest.mark.parametrize("path", LEAVES)
def test_every_command_speaks_to_machines_and_in_both_languages(path):
    """`--json` with its shape in the help, and `--lang`."""
    flags = {flag for parameter in LEAVES[path].params for flag in parameter.opts}
    assert {"--json", "--lang"} <= flags
    assert "With --json:" in (LEAVES[path].help or "")


@pytest.mark.parametrize("path", ALL)
def test_every_command_is_on_the_reference_page(path):
    """A heading and the help itself; that it is fresh, `test_reference` says."""
    assert f"# {path}\n" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("args", "lines"),
    [
        (["chekc"], ("no such command `chekc`", "did you mean `check`?")),
        (["register", "ad"], ("no such command `ad`", "did you mean `add`?")),
        (["zzz"], ("no such command `zzz`", "see `moderation --help`")),
        (["model", "list", "--jsn"], ("no such option `--jsn`", "did you mean `--json`?")),
        (
            ["policy", "diff", "a"],
            ("missing argument `NEW`", "see `moderation policy diff --help`"),
        ),
        (
            ["policy", "list", "x"],
            ("got unexpected extra argument (x)", "see `moderation policy list --help`"),
        ),
        (
            ["model", "list", "--lang", "fr"],
            (
                "invalid value for `--lang`: `fr` is not one of `zh`, `en`",
                "see `moderation model list --help`",
            ),
        ),
    ],
    ids=["command", "inner-command", "far-off", "option", "missing", "extra", "choice"],
)
def test_wrong_use_is_told_in_the_house_style(args, lines, run):
    """What click itself refuses: message, hint, exit code 2."""
    result = run(*args)
    assert result.exit_code == 2
    message, hint = lines
    assert result.stderr.splitlines() == [f"error: {message}", f"hint: {hint}"]


def test_no_command_shows_the_help(run):
    """`moderation` alone is a question, not an answer."""
    result = run()
    assert result.exit_code == 2
    assert "Commands:" in result.stderr
