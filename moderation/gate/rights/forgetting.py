"""Forgetting, wherever it has to reach: rows, index, disk, lists beside backups; and what is left.

    rows        in one transaction, with a receipt that is not finished yet
    index       snapshots without the subject
    disk        the bytes of deleted rows
    lists       digests for whoever restores a backup from before
    receipt     finished, with every place and what is left to do there

Whoever is killed in between has an unfinished receipt; forgetting the same subject again, or any
other, does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from moderation.errors import StoreError
from moderation.store import Place, Reach, Receipt, Register
from moderation.store.elsewhere import BACKUP, SCAN
from moderation.store.forgotten_list import LIST_NAME

COMPACT = "run `moderation register compact`"
SCAN_FORGET = "run `moderation scan forget` there"
KEEP_LIST = f"copy `{LIST_NAME}` of the register beside it"


def forget(
    register: Register,
    *,
    note_id: str | None,
    author_id: str | None,
    clear: Callable[[], None],
    index: str,
    places: Iterable[Place] = (),
) -> Receipt:
    """Forget a note or an author here, and say where else they were.

    Args:
        register: written to.
        note_id: the note; or
        author_id: the author.
        clear: takes what is gone from the rows out of the index and off the disk.
        index: folder or address of the index.
        places: that the caller has reached already, as scans.

    Raises:
        BadNote: the id is empty.
        StoreError: the register cannot be used; what is left is done by the next call.
    """
    with register.transaction() as now:
        receipt = (
            now.forget_author(author_id or "") if note_id is None else now.forget_note(note_id)
        )
    unfinished = register.all_receipts(unfinished=True)
    known = [*places]
    if any(receipt.counts.values()) or any(r.receipt_id != receipt.receipt_id for r in unfinished):
        clear()
        on_server = register.folder is None
        known += [
            Place(kind="index", place=index, state=Reach.REACHED),
            Place(
                kind="disk",
                place=register.name,
                state=Reach.NOT_REACHED if on_server else Reach.REACHED,
                hint=COMPACT if on_server else "",
            ),
        ]
    known += _elsewhere(register, known)
    at = datetime.now(UTC)
    with register.transaction() as now:
        for one in unfinished:
            now.finish_erasure(one.receipt_id, known, at)
    return replace(receipt, places=tuple(known), done_at=at)


def _elsewhere(register: Register, reached: Iterable[Place]) -> list[Place]:
    """Lists written, backups that hold it still, scans that nobody has reached."""
    done = {place.place for place in reached}
    found: list[Place] = []
    lists = [] if register.folder is None else [register.folder]
    gone: list[str] = []
    for copy in register.elsewhere():
        path = Path(copy.place)
        if path.parent.is_dir() and not path.exists():
            gone.append(copy.place)  # expired, or deleted
        elif copy.kind == BACKUP:
            there = path.parent.is_dir()
            lists += [path.parent] if there else []
            hint = "" if there else KEEP_LIST
            found.append(
                Place(kind=BACKUP, place=copy.place, state=Reach.REPLAYED, at=copy.at, hint=hint)
            )
        elif copy.kind == SCAN and copy.place not in done:
            found.append(
                Place(kind=SCAN, place=copy.place, state=Reach.NOT_REACHED, hint=SCAN_FORGET)
            )
    if gone:
        with register.transaction() as now:
            now.lose_elsewhere(gone)
    return [*found, *(_listed(register, folder / LIST_NAME) for folder in dict.fromkeys(lists))]


def _listed(register: Register, path: Path) -> Place:
    try:
        lines = register.list_forgotten(path)
    except StoreError as error:
        return Place(kind="list", place=str(path), state=Reach.NOT_REACHED, hint=error.hint)
    return Place(kind="list", place=str(path), state=Reach.REACHED, counts={"lines": lines})
