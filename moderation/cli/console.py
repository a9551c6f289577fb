"""`moderation console`: the moderators' desk in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from moderation.cli.options import WrongValue, appeal_days_option, outside_option, speaking
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from moderation.console.entrance import Proxy
    from moderation.desk import Person

DEMO_FOLDER = Path("demo-desk")


@click.command()
@click.argument("notes", nargs=-1)
@click.option(
    "--register",
    type=click.Path(),
    metavar="DIR|URL",
    envvar="MODERATION_REGISTER",
    show_envvar=True,
    help="Folder of the register, or its database (postgresql://…).",
)
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Address.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=8090,
    show_default=True,
    metavar="N",
    help="Port; 0 for a free one.",
)
@click.option("--as", "alone", metavar="NAME", help="No login: everybody here is NAME.")
@click.option(
    "--role",
    type=click.Choice(["viewer", "moderator", "senior", "admin"]),
    default="moderator",
    show_default=True,
    help="Of --as.",
)
@click.option("--proxy", metavar="ADDRESS", help="A proxy there has logged people in; see below.")
@click.option(
    "--group",
    "groups",
    multiple=True,
    metavar="GROUP=ROLE",
    help="Role of a group that the proxy names.",
)
@click.option(
    "--undo-seconds",
    type=click.IntRange(0, 3_600),
    default=30,
    show_default=True,
    metavar="N",
    help="A decision takes effect after N.",
)
@click.option(
    "--hold-minutes",
    type=click.IntRange(1, 240),
    default=10,
    show_default=True,
    metavar="N",
    help="A case is nobody else's for N.",
)
@appeal_days_option("--appeal-days")
@click.option("--demo", is_flag=True, help="A desk of its own, filled with the demo's notes.")
@outside_option
@speaking
def command(
    screen: Screen,
    notes: tuple[str, ...],
    register: str | None,
    host: str,
    port: int,
    alone: str | None,
    role: str,
    proxy: str | None,
    groups: tuple[str, ...],
    undo_seconds: int,
    hold_minutes: int,
    appeal_days: int,
    demo: bool,
    allow_outside: bool,
) -> None:
    """Let moderators decide cases in a browser.

    Cases are what the gate sends to people: they open with the verdict, whoever gives it. NOTES are
    archives with words and pictures, as `check` reads them; the register keeps neither, and what is
    not in NOTES is decided by what the verdict quotes.

    People log in with a token: `moderation token create --scope review` (view, review, senior or
    admin). Or a proxy logs them in, by OpenID Connect as you like, and names them in the headers
    X-Forwarded-User and X-Forwarded-Groups; from its address alone they are believed. Put a proxy
    that speaks TLS before any address but the loopback.

    With --json: `{"url", "register"}`, as soon as connections are taken.
    """
    from datetime import timedelta

    from moderation.cli import words
    from moderation.errors import MissingExtra
    from moderation.store.address import shown_name

    try:
        from moderation.console.entrance import Entrance
        from moderation.console.running import serve
        from moderation.console.shelf import Shelf
        from moderation.console.state import Console
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"`console` needs `{error.name}`, which is not installed",
            hint="pip install 'notegate[console]'",
        ) from None
    from moderation.desk import Desk
    from moderation.store import Register

    if demo:
        if register or notes or proxy:
            raise WrongValue(
                "the demo has a register and notes of its own", hint="give `--demo` alone"
            )
        register, notes, alone = _demo(screen, alone)
    if not register:
        raise WrongValue("no register is named", hint="give `--register DIR`, or `--demo`")
    person, proxied = _alone(alone, role, host), _proxied(proxy, groups)
    with Register.open(register, create=False) as opened:
        desk = Desk(
            opened,
            held_for=timedelta(minutes=hold_minutes),
            undo_for=timedelta(seconds=undo_seconds),
        )
        console = Console(
            desk,
            Shelf(notes, allow_outside=allow_outside),
            Entrance(opened, proxy=proxied, alone=person),
            lang=screen.lang,
            appeal_days=appeal_days,
        )

        def announce(url: str) -> None:
            screen.json({"url": url, "register": shown_name(register)})
            screen.say(words.CONSOLE.say(screen.lang, url=url))

        serve(console, host=host, port=port, announce=announce)


def _demo(screen: Screen, alone: str | None) -> tuple[str, tuple[str, ...], str]:
    from moderation.cli import words
    from moderation.demo.desk import demo_desk

    screen.remark(words.DEMO_DESK.say(screen.lang, path=DEMO_FOLDER))
    made = demo_desk(DEMO_FOLDER)
    return str(made.register), tuple(map(str, made.archives)), alone or "demo"


def _alone(name: str | None, role: str, host: str) -> Person | None:
    from moderation.desk import Person, Role
    from moderation.listening import is_loopback

    if name is None:
        return None
    if not is_loopback(host):
        raise WrongValue(
            f"`--as` lets everybody in, and `{host:.60}` is not the loopback",
            hint="leave `--as` out, and give people tokens",
        )
    return Person(name=name, role=Role(role))


def _proxied(address: str | None, groups: tuple[str, ...]) -> Proxy | None:
    from moderation.console.entrance import Proxy
    from moderation.desk import Role

    if address is None:
        return None
    roles: dict[str, Any] = {}
    for one in groups:
        group, _, role = one.rpartition("=")
        if not group or role not in set(Role):
            raise WrongValue(
                f"`{one:.60}` names no group and role", hint="write it as staff=viewer"
            )
        roles[group] = Role(role)
    if not roles:
        raise WrongValue("nobody behind the proxy has a role", hint="give `--group GROUP=ROLE`")
    return Proxy(address=address, roles=roles)
