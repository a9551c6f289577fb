"""Where the snapshots of the search index lie.

A register in a folder has them inside. One on a server cannot: snapshots are files that all gates
of one machine map into memory, so each machine has its own, made from the log and of no value
beyond the time they save. That makes them cache, and the user's cache folder their place: always
writable, never backed up, safe to delete. Each register has a subfolder named by its key, so that
neither two databases nor a database and its successor of the same name ever share one.

The place is no part of the register's URL, since the URL is the same for all machines.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from moderation.errors import BadSetting
from moderation.store import Register

INDEX_FOLDER = "index"
"""Folder of the snapshots inside the register's folder."""
CACHE_VARIABLE = "MODERATION_CACHE"
"""Names the folder for what can be made anew; `~/.cache/notegate` where it is not set."""


def index_place(register: Register, environment: Mapping[str, str] = os.environ) -> Path:
    """Folder of a register's snapshots on this machine.

    Raises:
        BadSetting: the register lies on a server, and the user has no home.
        StoreError: the register cannot be read.
    """
    if register.folder is not None:
        return register.folder / INDEX_FOLDER
    return _cache(environment) / INDEX_FOLDER / register.key()


def _cache(environment: Mapping[str, str]) -> Path:
    if environment.get(CACHE_VARIABLE):
        return Path(environment[CACHE_VARIABLE]).expanduser()
    known = environment.get("XDG_CACHE_HOME", "")
    if Path(known).is_absolute():  # else it is to be ignored, says the XDG base directory standard
        return Path(known) / "notegate"
    try:
        return Path.home() / ".cache" / "notegate"
    except RuntimeError:
        raise BadSetting(
            "this user has no home, so the index of a register on a server has no place",
            hint=f"name a folder in `{CACHE_VARIABLE}`",
        ) from None
