"""The demo's two folders: emptied only where the demo itself had filled them."""

from __future__ import annotations

import shutil
from pathlib import Path

from moderation.archive.whole_file import unwritable
from moderation.errors import BadSetting

MARK_NAME = ".made-by-moderation-demo"
_MARK = "The next `moderation demo` deletes everything in this folder.\n"


def prepare(register: Path, report: Path) -> None:
    """Make both folders, or empty those of an earlier demo.

    Raises:
        BadSetting: a folder holds anything that no demo made, or one lies within the other; both
            are left as they were.
        StoreUnwritable: a folder cannot be made or emptied.
    """
    folders = (register, report)
    try:
        _refuse_overlap(*(folder.resolve() for folder in folders))
        for folder, option in zip(folders, ("--register", "--report"), strict=True):
            _refuse_foreign(folder, option)
    except OSError as error:
        raise unwritable(register, error) from error
    for folder in folders:
        try:
            _empty(folder)
        except OSError as error:
            raise unwritable(folder, error) from error


def _refuse_overlap(register: Path, report: Path) -> None:
    if register.is_relative_to(report) or report.is_relative_to(register):
        raise BadSetting(
            f"register `{register}` and report `{report}` lie within each other",
            hint="give `--register` and `--report` folders of their own",
        )


def _refuse_foreign(folder: Path, option: str) -> None:
    if not folder.is_dir():
        if not folder.exists() and not folder.is_symlink():
            return
        fault = "is not a folder"
    else:
        if (folder / MARK_NAME).is_file() or not any(folder.iterdir()):
            return
        fault = "holds files that no demo made, and the demo would delete them"
    raise BadSetting(f"`{folder}` {fault}", hint=f"give `{option}` a new or empty folder")


def _empty(folder: Path) -> None:
    # Not readable for others: a register's fingerprints are personal data.
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark = folder / MARK_NAME
    mark.write_text(_MARK, encoding="utf-8")  # first, so that an interrupted demo can be repeated
    for entry in folder.iterdir():
        if entry == mark:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
