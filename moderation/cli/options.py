"""Options that several commands share, and the types of their values."""

from __future__ import annotations

import functools
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, ParamSpec

import click

from moderation.cli.screen import Screen
from moderation.note import MAX_ID_CHARS
from moderation.printable import printable

if TYPE_CHECKING:
    from moderation.explain import Lang

Options = ParamSpec("Options")
NOW = "now"
THEN = "then"


class WrongValue(click.BadParameter):
    """A value that cannot be used, with what to write instead."""

    def __init__(self, message: str, *, hint: str) -> None:
        super().__init__(message)
        self.hint = hint

    def format_message(self) -> str:
        """The message alone: it names the value, which names the option well enough."""
        return self.message


def moment(value: str) -> datetime:
    """A date (midnight UTC) or a date and time with its zone, as in a policy; aware, in UTC."""
    try:
        if len(value) == len("2026-11-21"):
            return datetime.combine(date.fromisoformat(value), time(), UTC)
        at = datetime.fromisoformat(value)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise WrongValue(
            f"`{value:.60}` is not a date",
            hint="write it as 2026-11-21 (midnight UTC) or 2026-11-21T08:00:00+08:00",
        ) from None
    raise WrongValue(
        f"`{value:.60}` has no time zone",
        hint="add the offset, as in 2026-11-21T08:00:00+08:00, or write the date only",
    )


def few_words(value: str) -> str:
    """Words that are kept as they are: what can be printed, on one line, no longer than an id."""
    value = value.strip()
    if len(value) > MAX_ID_CHARS or not value.isprintable():
        raise WrongValue(
            f"`{printable(value, 40)}` has {len(value):,} characters, limit {MAX_ID_CHARS}, or one "
            "that does not print",
            hint="name it in a few words, or by its URL",
        )
    return value


def rules_of(value: str) -> datetime | str:
    """`now`, `then`, or a moment: the day whose rules apply."""
    return value if value in (NOW, THEN) else moment(value)


def locale_lang(environment: Mapping[str, str] = os.environ) -> Lang:
    """`zh` where the locale is Chinese, else `en`; the first of these that is set decides."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return "zh" if environment[name].lower().startswith("zh") else "en"
    return "en"


def speaking(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command `--json` and `--lang`, and as its first argument the `Screen` they ask for."""

    @click.option(
        "--json", "as_json", is_flag=True, help="Write JSON on standard output, for machines."
    )
    @click.option(
        "--lang",
        type=click.Choice(["zh", "en"]),
        default=locale_lang,
        show_default=False,
        help="Language of what people read; else zh in a Chinese locale, en in any other.",
    )
    @functools.wraps(function)
    def with_screen(*args: Any, as_json: bool, lang: Lang, **kwargs: Any) -> None:
        function(Screen(as_json=as_json, lang=lang), *args, **kwargs)

    return with_screen


def register_option(function: Callable[Options, None]) -> Callable[Options, None]:
    """`--register DIR|URL`, also from the environment."""
    return click.option(
        "--register",
        type=click.Path(),  # as it was typed: the gate says what it thinks of a URL
        required=True,
        metavar="DIR|URL",
        envvar="MODERATION_REGISTER",
        show_envvar=True,
        help="Folder of the register, or its database (postgresql://…).",
    )(function)


def index_option(function: Callable[Options, None]) -> Callable[Options, None]:
    """`--index DIR|URL`, for what asks every part of an index, or must reach it."""

    def meant(context: click.Context, _: click.Parameter, value: str | None) -> str | None:
        # A folder in the environment is the service's, of one register, and perhaps not of this.
        source = context.get_parameter_source("index")
        elsewhere = value is not None and "://" in value
        named = source is not click.core.ParameterSource.ENVIRONMENT
        return value if named or elsewhere else None

    return click.option(
        "--index",
        metavar="DIR|URL",
        envvar="MODERATION_INDEX",
        callback=meant,
        help="Folder for snapshots, or an index elsewhere (shards://…, milvus://…); the latter "
        "also from MODERATION_INDEX.",
    )(function)


def appeal_days_option(name: str) -> Callable[[Callable[Options, None]], Callable[Options, None]]:
    """How long authors may appeal, under a name; from the environment as the service has it."""
    return click.option(
        name,
        "appeal_days",
        type=click.IntRange(min=1, max=3_650),
        default=30,
        show_default=True,
        metavar="N",
        envvar="MODERATION_APPEAL_DAYS",
        show_envvar=True,
        help="How many days after a verdict its author may appeal.",
    )


def image_option(function: Callable[Options, None]) -> Callable[Options, None]:
    """`--image N`: which picture of a note."""
    return click.option(
        "--image",
        "image_number",
        type=click.IntRange(min=0),
        default=0,
        show_default=True,
        metavar="N",
        help="Which picture, counted from 0 as in JSON; tables write it as #N.",
    )(function)


@contextmanager
def until_told_to_end() -> Iterator[threading.Event]:
    """Set when this process is asked to end."""
    end = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: end.set())
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield end
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def by_option(function: Callable[Options, None]) -> Callable[Options, None]:
    """`--by NAME`: who decides, for the audit; also from the environment."""
    return click.option(
        "--by",
        required=True,
        metavar="NAME",
        envvar="MODERATION_BY",
        show_envvar=True,
        help="Who decides this, for the audit.",
    )(function)


def outside_option(function: Callable[Options, None]) -> Callable[Options, None]:
    """`--allow-outside`: trust the paths of an archive."""
    return click.option(
        "--allow-outside",
        is_flag=True,
        help="Let picture paths leave the archive's folder; only for archives that you trust.",
    )(function)
