"""Which index a gate uses, by what it was told.

    nothing                                         in its own memory, snapshots beside the register
    FOLDER                                          in its own memory, snapshots there
    shards://HOST:PORT,HOST:PORT                    in other processes, see `sharded`
    shards+tls://HOST:PORT,…?deadline_ms=100        the same by TLS, with another deadline
    milvus://HOST:PORT/NAME, milvus:///FILE.db      hashes and descriptors in Milvus, see `milvus`

Secrets are no part of an address: it is shown to people and stands in settings. They are read from
`MODERATION_INDEX_TOKEN`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from moderation.errors import BadSetting
from moderation.gate.index.followed import FollowedIndex
from moderation.gate.index.place import index_place
from moderation.gate.index.search_index import SearchIndex
from moderation.store import Register

TOKEN_VARIABLE = "MODERATION_INDEX_TOKEN"
"""What gates and shards know each other by."""
AUTHORITY_VARIABLE = "MODERATION_INDEX_CA"
"""File with the certificates that shards are trusted by; else those of the system."""
LEAST_TOKEN_CHARS = 32
SHARDS, SHARDS_TLS, MILVUS = "shards", "shards+tls", "milvus"
_ADDRESS = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})")


def open_index(
    index: str | Path | None, register: Register, environment: Mapping[str, str] = os.environ
) -> SearchIndex:
    """The index that is meant.

    Args:
        index: a folder, an address, or None for the usual folder.
        register: whose pictures it finds.
        environment: holds the secrets.

    Raises:
        BadSetting: the address is wrong or of another kind, a secret is missing, or what is there
            belongs to another register.
        MissingExtra: it is in Milvus, whose client is not installed.
        StoreError: index or register cannot be used.
    """
    if index is None:
        return FollowedIndex(index_place(register))
    if "://" not in str(index):
        return FollowedIndex(Path(index))
    url = urlsplit(str(index))
    if url.scheme in (SHARDS, SHARDS_TLS):
        return _sharded(str(index), register, environment)
    if url.scheme == MILVUS:
        return _in_milvus(str(index), register, environment)
    raise BadSetting(
        f"`{url.scheme:.20}://` is no address of an index",
        hint=f"write a folder, `{SHARDS}://HOST:PORT,HOST:PORT` or `{MILVUS}://HOST:PORT/NAME`",
    )


def token_from(environment: Mapping[str, str] = os.environ) -> str:
    """The token of gates and shards.

    Raises:
        BadSetting: there is none, or it could be guessed.
    """
    token = environment.get(TOKEN_VARIABLE, "")
    if len(token) < LEAST_TOKEN_CHARS or not token.isascii() or not token.isprintable():
        raise BadSetting(
            f"`{TOKEN_VARIABLE}` has {len(token)} characters, wanted are {LEAST_TOKEN_CHARS} "
            "or more that can be printed",
            hint=f'{TOKEN_VARIABLE}="$(openssl rand -hex 32)", the same for shards and gates',
        )
    return token


def address_of(text: str) -> tuple[str, int]:
    """Host and port.

    Raises:
        BadSetting: it is no such pair.
    """
    found = _ADDRESS.fullmatch(text)
    if found is None or int(found[2]) > 65_535:
        raise BadSetting(
            f"`{text:.60}` is no address", hint="write host and port, as 10.0.0.2:7070"
        )
    return found[1], int(found[2])


def _sharded(address: str, register: Register, environment: Mapping[str, str]) -> SearchIndex:
    from moderation.gate.index.sharded import DEADLINE_S, ShardedIndex

    url = urlsplit(address)
    addresses = url.netloc.split(",")
    for one in addresses:
        address_of(one)
    if len(set(addresses)) < len(addresses):
        raise BadSetting("a shard is named twice", hint="name each shard once, in their order")
    given = parse_qs(url.query, keep_blank_values=True)
    if url.path not in ("", "/") or given.keys() - {"deadline_ms"}:
        raise BadSetting(
            f"`{address:.80}` says more than shards and `deadline_ms`",
            hint=f"write it as {SHARDS}://HOST:PORT,HOST:PORT?deadline_ms=250",
        )
    deadline_ms = given.get("deadline_ms", [str(round(1000 * DEADLINE_S))])[-1]
    if not re.fullmatch(r"[0-9]{1,5}", deadline_ms) or not 1 <= int(deadline_ms) <= 60_000:
        raise BadSetting(
            f"`deadline_ms` must lie in 1–60000, got {deadline_ms:.20}", hint="correct the address"
        )
    authority = environment.get(AUTHORITY_VARIABLE)
    return ShardedIndex(
        addresses,
        register,
        token=token_from(environment),
        authority=None if not authority else _read(Path(authority)),
        tls=url.scheme == SHARDS_TLS,
        deadline_s=int(deadline_ms) / 1000,
    )


def _in_milvus(address: str, register: Register, environment: Mapping[str, str]) -> SearchIndex:
    from moderation.gate.index.milvus import MilvusIndex

    url = urlsplit(address)
    if url.netloc:
        host, port = address_of(url.netloc)
        uri, name = f"http://{host}:{port}", url.path.strip("/") or "notegate"
    elif url.path.endswith(".db"):
        uri, name = url.path, "notegate"
    else:
        raise BadSetting(
            f"`{address:.80}` names neither a server nor a file",
            hint=f"write it as {MILVUS}://HOST:PORT/NAME or {MILVUS}:///FILE.db",
        )
    return MilvusIndex(
        uri,
        name,
        register,
        folder=index_place(register) / "features",
        token=environment.get(TOKEN_VARIABLE, ""),
        place=address,
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadSetting(
            f"cannot read `{path}`: {error.strerror}", hint=f"correct `{AUTHORITY_VARIABLE}`"
        ) from None
