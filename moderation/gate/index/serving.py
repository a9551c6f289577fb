"""What a shard needs to run: its register, a folder of its own, and proof that it is itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from moderation.errors import BadSetting
from moderation.gate.index.followed import FollowedIndex
from moderation.gate.index.place import index_place
from moderation.gate.index.shard_server import ShardServer
from moderation.store import Register, Share


@contextmanager
def serving_shard(
    register: str | Path,
    share: Share,
    *,
    host: str,
    port: int,
    token: str,
    snapshots: Path | None = None,
    certificate: tuple[bytes, bytes] | None = None,
) -> Iterator[ShardServer]:
    """A shard that answers; ended at the end of the context.

    Args:
        register: folder, or URL of its database.
        share: which pictures it holds.
        host: address to listen on.
        port: 0 takes a free one.
        token: that who asks must bring.
        snapshots: folder for them; each share has a folder of its own inside. None for where this
            machine keeps indexes.
        certificate: chain and key in PEM, for TLS.

    Raises:
        BadSetting: one cannot listen there.
        StoreError: the register cannot be opened, see `Register.open`.
    """
    opened = Register.open(register, create=False)
    try:
        folder = Path(snapshots or index_place(opened)) / f"shard-{share.number}-of-{share.of}"
        index = FollowedIndex(folder, share=share)
        with ShardServer(
            index, opened, host=host, port=port, token=token, certificate=certificate
        ) as server:
            yield server
    finally:
        opened.close()


def certificate_from(chain: Path | None, key: Path | None) -> tuple[bytes, bytes] | None:
    """Chain and key for TLS; None where neither is named.

    Raises:
        BadSetting: only one is named, or one cannot be read.
    """
    if chain is None and key is None:
        return None
    if chain is None or key is None:
        raise BadSetting(
            "a certificate is of no use without its key, nor a key without its certificate",
            hint="name both, or neither",
        )
    try:
        return chain.read_bytes(), key.read_bytes()
    except OSError as error:
        raise BadSetting(
            f"cannot read `{error.filename}`: {error.strerror}", hint="name files in PEM"
        ) from None
