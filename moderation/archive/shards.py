"""Archives of many files: which of them are read, and what folders like `lang=zh` say of them."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import unquote

from moderation.archive.object_store import Place, inside, walked
from moderation.archive.tar_shards import SUFFIXES as TAR

SUFFIXES = (".parquet", *TAR)
SAYING = ("kind", "lang")
"""Fields that a folder may say in place of a column, as Hive and Spark partition tables."""


def shards_in(folder: Place) -> Sequence[Place]:
    """Parquet and tar files below a folder, in the order of their paths.

    What is hidden, or half-written by the usual tools (`_temporary`, `_SUCCESS`), is left out.
    """
    found: list[Place] = []
    for parent, folders, files in walked(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        found += [
            parent / name
            for name in files
            if name.lower().endswith(SUFFIXES) and not name.startswith((".", "_"))
        ]
    return sorted(found, key=lambda path: inside(path, folder))


def said_by_folders(name: str) -> dict[str, str]:
    """Fields of all rows of a shard, from its path within the archive."""
    parts = (part.partition("=") for part in name.split("/")[:-1])
    return {key: unquote(value) for key, sign, value in parts if sign and key in SAYING}
