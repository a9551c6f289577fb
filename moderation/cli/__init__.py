"""The command line: thin doors to the Python API.

One file per command; each has its `command`. What they share:

- `lazy`: groups that import a command when it is asked for
- `options`: options and the types of their values
- `screen`, `words`: where the words of a command go, and which
- `progress`: a bar on a terminal, plain lines elsewhere
- `verdict_table`: verdicts for people, row by row

This file holds the group and the one place where errors become words and exit codes.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import click

from moderation import __version__
from moderation.cli.lazy import LazyGroup
from moderation.cli.options import WrongValue
from moderation.cli.screen import print_error
from moderation.errors import ModerationError, StoreUnwritable

PROGRAM = "moderation"
EXIT_USAGE = 2
EXIT_BUG = ModerationError.exit_code
EXIT_INTERRUPTED = 130
"""128 + SIGINT, as shells say it."""
EXIT_PIPE_CLOSED = 141
"""128 + SIGPIPE: the reader of our output went away, as `head` does."""


class Program(LazyGroup):
    """The group `moderation`: every way to end a command goes through its `main`."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run, and end the process with the exit code of the documentation."""
        given = sys.argv[1:] if args is None else list(args)
        as_json = "--json" in given
        try:
            with _full_disk_told():
                code = self._run(given, prog_name or PROGRAM, complete_var, extra)
                sys.stdout.flush()  # while an error can still be told
        except ModerationError as error:
            print_error(error.code, error.message, error.hint, error.exit_code, as_json=as_json)
            code = error.exit_code
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            code = EXIT_USAGE
        except click.ClickException as error:
            print_error("usage", *_in_house_style(error), EXIT_USAGE, as_json=as_json)
            code = EXIT_USAGE
        except BrokenPipeError:
            code = EXIT_PIPE_CLOSED
        except (click.Abort, KeyboardInterrupt):
            print_error("interrupted", "interrupted", _AGAIN, EXIT_INTERRUPTED, as_json=as_json)
            code = EXIT_INTERRUPTED
        except Exception:
            # Python's own exit code for this is 1, which here means that `--fail-on` was reached.
            traceback.print_exc()
            hint = "please report it with the lines above"
            print_error("bug", "this is a bug in moderation", hint, EXIT_BUG, as_json=as_json)
            code = EXIT_BUG
        _leave_quietly()
        sys.exit(code)

    def _run(
        self, args: list[str], name: str, complete_var: str | None, extra: dict[str, Any]
    ) -> int:
        # Not click's own `main`: it ends with 1 where the reader of a pipe has gone.
        self._main_shell_completion(extra, name, complete_var)
        try:
            with self.make_context(name, args, **extra) as context:
                self.invoke(context)
        except click.exceptions.Exit as end:
            return end.exit_code
        return 0


_AGAIN = "run the same command again; what was registered before stays registered"


_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


@contextmanager
def _full_disk_told() -> Iterator[None]:
    """A disk that fails below standard output is no bug of ours."""
    try:
        yield
    except OSError as error:
        if error.errno not in _DISK_ERRORS:
            raise
        raise StoreUnwritable(
            f"cannot write standard output: {error.strerror}", hint="check free space"
        ) from error


def _leave_quietly() -> None:
    # What could not be written once would be tried again, and complained of, at exit.
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _in_house_style(error: click.ClickException) -> tuple[str, str]:
    """Message and hint of one of click's own errors."""
    possible = getattr(error, "possibilities", None)
    message = error.message if possible else error.format_message()
    message = " ".join(message.replace("'", "`").split()).rstrip(".")
    context = getattr(error, "ctx", None)
    hint = f"see `{context.command_path if context is not None else PROGRAM} --help`"
    if possible:
        hint = f"did you mean `{possible[0]}`?"
    if isinstance(error, WrongValue):
        hint = error.hint
    return message[:1].lower() + message[1:], hint


_EXIT_CODES = """\b
Exit codes:
  0  done                          5  a model folder is missing or damaged
  1  --fail-on was reached         6  register or output cannot be used
  2  wrong options                 7  an optional part is not installed
  3  the input cannot be used      8  done, but some rows could not be judged
  4  a policy or setting is wrong
"""  # click keeps the lines of a paragraph that starts with \b


@click.group(
    PROGRAM,
    cls=Program,
    package=__name__,
    names=(
        *("demo", "check", "scan", "compare", "inspect", "register", "review", "report", "policy"),
        *("replay", "serve", "console", "token", "webhook", "deliver", "dlq", "consume", "shadow"),
        *("store", "index", "model"),
    ),
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_EXIT_CODES,
)
@click.version_option(__version__, prog_name=PROGRAM)
def program() -> None:
    """Tell copied pictures and sales in disguise from what is an author's own.

    A register remembers which picture was seen first; a policy says what follows from
    a finding. Start with `moderation demo`.
    """


def main() -> None:
    """Entry point of the installed command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A terminal that cannot show Chinese gets escapes, not a crash.
            stream.reconfigure(errors="backslashreplace")
    program.main(prog_name=PROGRAM)
