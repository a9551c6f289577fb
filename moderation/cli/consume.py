"""`moderation consume`: judge the notes of a Redis stream."""

from __future__ import annotations

from pathlib import Path

import click

from moderation.cli.options import index_option, register_option, speaking, until_told_to_end
from moderation.cli.screen import Screen


@click.command()
@click.argument("url")
@register_option
@index_option
@click.option("--stream", metavar="NAME", help="Name of the stream; else that in the URL.")
@click.option("--group", default="notegate", show_default=True, help="Of consumers that share it.")
@click.option(
    "--name", metavar="NAME", help="Of this consumer, unique in its group; else host and process."
)
@click.option(
    "--tries",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    metavar="N",
    help="After so many a note that kills or fails goes to a person.",
)
@click.option(
    "--policy", "policy_name", default="default", show_default=True, help="Its name, or a file."
)
@click.option(
    "--media-root",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="Folder that picture paths start from and may not leave; else none is read.",
)
@click.option("--once", is_flag=True, help="End when the stream has nothing more.")
@speaking
def command(
    screen: Screen,
    url: str,
    register: str,
    index: str | None,
    stream: str | None,
    group: str,
    name: str | None,
    tries: int,
    policy_name: str,
    media_root: Path | None,
    once: bool,
) -> None:
    """Judge the notes of a Redis stream and register them.

    Until SIGTERM or Ctrl-C. URL is redis://HOST/DB, also rediss:// and unix://. An entry has the
    note's JSON in `note`, and may have `idempotency_key` and `register` (on_pass or hold). It is
    acknowledged when its verdict is in the register; verdicts are told as events, see
    `moderation webhook`. Consumers of one group share the work, and take over what a dead one had
    in hand. What is no note goes to the stream NAME:dead, with the reason.

    With --json: at the end `{"judged", "referred", "dead"}`.
    """
    from moderation.cli import event_words as words
    from moderation.errors import MissingExtra
    from moderation.events.addresses import with_stream
    from moderation.gate import Gate

    try:
        from moderation.events.consuming import Consumer, Intake
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"`{error.name}` is not installed", hint="pip install 'notegate[redis]'"
        ) from error

    intake = Intake(
        url=url if stream is None else with_stream(url, stream),
        group=group,
        name=name or _own_name(),
        tries=tries,
        media_root=media_root,
    )
    with (
        until_told_to_end() as stop,
        Gate.open(register, index=index, policy=policy_name) as gate,
    ):
        gate.warm_up()  # a model that is missing is told before a note is taken
        done = Consumer(gate, intake).run(stop, once=once)
    counts = {"judged": done.judged, "referred": done.referred, "dead": done.dead}
    screen.json(counts)
    screen.say(words.CONSUMED.say(screen.lang, **counts))


def _own_name() -> str:
    import os
    import socket

    return f"{socket.gethostname()}-{os.getpid()}"
