"""Options that stages of a scan share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moderation.cli.options import THEN, Options, WrongValue, rules_of
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from moderation.engines import Engine

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def _duration(value: str) -> float:
    """`90s`, `30m`, `8h` or `2d` in seconds."""
    said = re.fullmatch(r"(\d{1,6})([smhd])", value, re.ASCII)
    if said is None:
        raise WrongValue(f"`{value:.60}` is no duration", hint="write it as 90s, 30m, 8h or 2d")
    return float(int(said[1]) * _UNITS[said[2]])


out_option = click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="Folder of the scan: what all stages keep, as Parquet.",
)
workers_option = click.option(
    "--workers",
    type=click.IntRange(1, 256),
    show_default="the cores",
    metavar="N",
    help="Processes at once; each holds models of its own, some 800 MB.",
)
without_option = click.option(
    "--without",
    multiple=True,
    metavar="DETECTOR",
    help="Leave out a reader of marks, as `lettering`, which costs most.",
)
max_duration_option = click.option(
    "--max-duration",
    type=_duration,
    metavar="TIME",
    help="Begin nothing new after so long, as 90s, 30m or 8h.",
)
shard_rows_option = click.option(
    "--shard-rows",
    type=click.IntRange(1, 100_000),
    default=64,
    show_default=True,
    metavar="N",
    help="Rows written at once; what is under way is lost when all is killed.",
)
refer_option = click.option(
    "--refer",
    type=click.IntRange(0, 1_000_000),
    default=0,
    show_default=True,
    metavar="N",
    help="Bring the N most serious notes before people, as reviews in the register.",
)
beside_option = click.option(
    "--register",
    type=click.Path(),
    metavar="DIR|URL",
    envvar="MODERATION_REGISTER",
    show_envvar=True,
    help="Whose pictures, claims and licences count as well; else the archive alone.",
)


def policy_options(function: Callable[Options, None]) -> Callable[Options, None]:
    """`--policy` and `--as-of`."""
    policy = click.option(
        "--policy",
        "policy_name",
        default="default",
        show_default=True,
        metavar="NAME|FILE",
        help="To decide by: a shipped policy or a TOML file.",
    )
    as_of = click.option(
        "--as-of",
        type=rules_of,
        metavar="now|then|DATE",
        default=THEN,
        show_default=True,
        help="Whose rules apply: those of each note's own day, of today, or of a date.",
    )
    return policy(as_of(function))


def engine_options(function: Callable[Options, None]) -> Callable[Options, None]:
    """`--engine` and `--ray-address`."""
    name = click.option(
        "--engine",
        "engine_name",
        type=click.Choice(("local", "ray")),
        default="local",
        show_default=True,
        help="Who works: processes of this machine, or a Ray cluster.",
    )
    address = click.option(
        "--ray-address",
        metavar="HOST:PORT",
        envvar="RAY_ADDRESS",
        show_envvar=True,
        help="Of the cluster; without it, one of this machine alone.",
    )
    return name(address(function))


@contextmanager
def engine_named(
    name: str, address: str | None, archive: str, out: Path
) -> Iterator[tuple[Engine, str, Path]]:
    """The engine; archive and folder of the scan as all of its machines call them."""
    from moderation.engines import ThisMachine

    if name == "local":
        yield ThisMachine(), archive, out
        return
    from moderation.engines.ray_cluster import RayCluster

    whole = str(Path(archive).absolute()) if Path(archive).exists() else archive
    with RayCluster(address) as engine:
        yield engine, whole, out.absolute()


def register_for(name: str, register: str | None) -> str | None:
    """A register as all machines of the engine call it.

    Raises:
        WrongValue: a folder, which SQLite cannot share between machines.
    """
    if name == "ray" and register is not None and "://" not in register:
        raise WrongValue(
            f"machines of a cluster cannot share the register in the folder `{register:.200}`",
            hint="move it to PostgreSQL with `moderation store move`, and name its URL",
        )
    return register


def check_refer(refer: int, register: str | None) -> None:
    """Refuse to refer where there is no register."""
    if refer and register is None:
        raise WrongValue(
            "`--refer` needs a register", hint="name the one that people review, with `--register`"
        )


def check_left_out(without: Iterable[str]) -> None:
    """Refuse names that are no readers of marks."""
    from moderation.scan.observation import may_be_left_out

    for name in without:
        if name not in may_be_left_out():
            raise WrongValue(
                f"no reader of marks is called `{name:.60}`",
                hint=f"leave out {', '.join(f'`{one}`' for one in may_be_left_out())}",
            )


def known_to(register: str | None, out: Path, screen: Screen) -> None:
    """Let the register know of the scan, which holds what it holds: to forget it there, too."""
    from moderation.cli import scan_words as words
    from moderation.errors import StoreUnwritable
    from moderation.store import Register
    from moderation.store.elsewhere import SCAN, Elsewhere

    if register is None:
        return
    place = str(out.absolute())
    with Register.open(register, create=False) as opened:
        if any(one.place == place for one in opened.elsewhere()):
            return
        try:
            with opened.transaction() as now:
                now.know_elsewhere(Elsewhere(kind=SCAN, place=place, at=datetime.now(UTC)))
        except StoreUnwritable:
            screen.remark(words.NOT_KNOWN.say(screen.lang, place=place))
