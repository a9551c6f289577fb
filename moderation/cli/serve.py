"""`moderation serve`: the gate behind HTTP."""

from __future__ import annotations

import click

from moderation.cli.options import register_option, speaking
from moderation.cli.screen import Screen


@click.command()
@register_option
@click.option(
    "--host",
    metavar="ADDRESS",
    help="Where to listen; 127.0.0.1 if neither this nor MODERATION_HOST says.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    metavar="N",
    help="Port; 8080 if neither this nor MODERATION_PORT says, 0 for a free one.",
)
@click.option(
    "--workers", type=click.IntRange(1, 64), metavar="K", help="Processes that share the port."
)
@click.option("--policy", metavar="NAME|FILE", help="A shipped policy or a TOML file.")
@click.option(
    "--index",
    metavar="DIR|URL",
    help="Folder for snapshots, or an index elsewhere (shards://…, milvus://…).",
)
@click.option("--no-auth", is_flag=True, help="Ask for no token; for the loopback alone.")
@speaking
def command(
    screen: Screen,
    register: str,
    host: str | None,
    port: int | None,
    workers: int | None,
    policy: str | None,
    index: str | None,
    no_auth: bool,
) -> None:
    """Answer the publish pipeline over HTTP.

    Until told to end (SIGTERM). POST /v1/verdicts judges a note within its deadline and registers
    its pictures by policy; /openapi.json describes every operation. All other settings come from
    the environment, see docs/reference/settings.md. The log goes to standard error, a JSON object
    a line.

    With --json: `{"url", "workers", "register"}`, as soon as connections are taken.
    """
    from moderation.cli import words
    from moderation.errors import MissingExtra
    from moderation.store.address import shown_name

    try:
        from moderation.service.running import serve
        from moderation.service.settings import Settings
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f"`serve` needs `{error.name}`, which is not installed",
            hint="pip install 'notegate[service]'",
        ) from None

    settings = Settings.read(
        register_at=register,
        host=host,
        port=port,
        workers=workers,
        policy=policy,
        index=index,
        auth=False if no_auth else None,
    )

    def announce(url: str) -> None:
        named = shown_name(settings.register_at)
        screen.json({"url": url, "workers": settings.workers, "register": named})
        screen.say(words.SERVING.say(screen.lang, url=url, workers=settings.workers))

    serve(settings, announce=announce)
