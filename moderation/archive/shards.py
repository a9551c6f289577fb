"""Archives of many files: which of them are read, and what folders like `lang=zh` say of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote

from moderation.archive.tar_shards import SUFFIXES as TAR

SUFFIXES = (".parquet", *TAR)
SAYING = ("kind", "lang")
"""Fields that a folder may say in place of a column, as Hive and Spark partition tables."""


def shards_in(folder: Path) -> Sequence[Path]:
    """Parquet and tar files below a folder, in the order of their paths.

    What is hidden, or half-written by the usual tools (`_temporary`, `_SUCCESS`), is left out.
    """
    found = []
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        found += [
            Path(parent, name)
            for name in files
            if name.lower().endswith(SUFFIXES) and not name.startswith((".", "_"))
        ]
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def said_by_folders(name: str) -> dict[str, str]:
    """Fields of all rows of a shard, from its path within the archive."""
    parts = (part.partition("=") for part in name.split("/")[:-1])
    return {key: unquote(value) for key, sign, value in parts if sign and key in SAYING}
