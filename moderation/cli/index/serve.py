"""`moderation index serve`: one shard of the search index."""

from __future__ import annotations

from pathlib import Path

import click

from moderation.cli.options import register_option, speaking, until_told_to_end
from moderation.cli.screen import Screen


@click.command()
@register_option
@click.option("--shard", required=True, metavar="N/M", help="Which share, as 2/4: the second of 4.")
@click.option(
    "--listen", required=True, metavar="HOST:PORT", help="Address; port 0 for a free one."
)
@click.option(
    "--snapshots",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Folder for snapshots; else where this machine keeps indexes.",
)
@click.option("--tls-cert", type=click.Path(path_type=Path), metavar="PEM", help="Certificates.")
@click.option("--tls-key", type=click.Path(path_type=Path), metavar="PEM", help="Their key.")
@speaking
def command(
    screen: Screen,
    register: str,
    shard: str,
    listen: str,
    snapshots: Path | None,
    tls_cert: Path | None,
    tls_key: Path | None,
) -> None:
    """Answer gates for a share of the pictures.

    Until told to end (SIGTERM). Follows the register's log by itself. Gates are told of all
    shards, in their order: `--index shards://HOST:PORT,HOST:PORT`, or MODERATION_INDEX. All
    must have the same MODERATION_INDEX_TOKEN, of 32 characters or more.

    With --json: `{"shard", "listening"}`, as soon as it answers.
    """
    from moderation.cli import words
    from moderation.gate.index.opening import address_of, token_from
    from moderation.gate.index.serving import certificate_from, serving_shard
    from moderation.store import Share

    share, (host, port) = Share.parse(shard), address_of(listen)
    with (
        until_told_to_end() as end,
        serving_shard(
            register,
            share,
            host=host,
            port=port,
            token=token_from(),
            snapshots=snapshots,
            certificate=certificate_from(tls_cert, tls_key),
        ) as server,
    ):
        address = f"{host}:{server.port}"
        screen.json({"shard": str(share), "listening": address})
        screen.say(words.SHARD_SERVING.say(screen.lang, shard=str(share), address=address))
        end.wait()
