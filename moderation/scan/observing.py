"""Observe an archive: shards go to workers, receipts say what is done, the rest can wait.

A second run does what is missing, and gives the same bytes. Nothing of this depends on a register
or a policy; a new detector or model has a folder of its own, beside the old one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from moderation.archive import archive_folder, read_notes
from moderation.engines import Engine, Pool, ThisMachine
from moderation.errors import BadArchive
from moderation.finding import ItemFailure
from moderation.note import Note
from moderation.scan.batches import describer, observed_rows
from moderation.scan.observation import observing_detectors
from moderation.scan.place import Place, Receipt
from moderation.scan.shards import Item, Shard, cut
from moderation.scan.tables import NOTES, PICTURES, TABLES, table_of
from moderation.workers import Deadly, ends_within, most_memory

SHARD_ROWS = 64
"""Rows of a shard: some 200 pictures, well below a minute of one core, and as much is lost by
whoever is killed."""
_NOTE_S, _PICTURE_S = 30.0, 30.0
"""What a note and each of its pictures may take: far more than any that comes to an end does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """How far a scan has come."""

    place: Place
    rows: int = 0
    """Notes and failures that are there now."""
    known: int = 0
    """Of these, rows that an earlier run has done."""
    failed: int = 0
    """Rows that are no notes."""
    pictures: int = 0
    undecodable: int = 0
    unanswered: int = 0
    """Answers that detectors owe; the log of this run says why."""
    memory: int = 0
    """Bytes that the workers held at most, summed."""
    complete: bool = False
    """False where time was up before the archive was."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Task:
    shard: Shard
    place: Place
    without: tuple[str, ...]
    trial: bool = False
    """See whether anybody survives it; write nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    receipt: Receipt
    memory: tuple[int, int]


def observe(
    archive: str | Path,
    out: Path,
    *,
    workers: int,
    without: Collection[str] = (),
    shard_rows: int = SHARD_ROWS,
    max_duration_s: float | None = None,
    allow_outside: bool = False,
    engine: Engine | None = None,
    progress: Callable[[Observed], None] | None = None,
) -> Observed:
    """Keep what every note and picture of an archive shows.

    Args:
        archive: as `moderation.archive.read_notes` takes it; not standard input, since a second
            run reads it again.
        out: folder for observations, made where it is not there.
        workers: processes, each with models of its own and some 800 MB.
        without: names of detectors that are left out, as `lettering`; such a scan has a folder of
            its own.
        shard_rows: rows of a shard; a folder that was begun with others is done again.
        max_duration_s: begin no shard after so many seconds.
        allow_outside: let paths of pictures leave the archive.
        engine: who does it; None for processes of this machine.
        progress: called after each shard.

    Returns:
        What is there now. `complete` is False where time was up.

    Raises:
        BadArchive: it cannot be read.
        StoreBusy: another scan writes there.
        StoreUnwritable: the disk is full or fails; what was done stays.
        ArtifactError: a model is missing or damaged.
    """
    if str(archive) == "-":
        raise BadArchive(
            "a scan cannot read standard input", hint="write it to a file: a scan reads it twice"
        )
    due = None if max_duration_s is None else time.monotonic() + max_duration_s
    chosen = tuple(sorted(without))
    root = archive_folder(archive)
    items = read_notes(archive, allow_outside=allow_outside)
    place = observed_place(out, chosen)
    so_far = _SoFar(place, progress)
    with place.held():
        tasks = _missing(items, root, shard_rows, due, so_far, chosen)
        doing = (engine or ThisMachine()).pool(
            _observe_shard, workers, reads=str(archive), writes=place.folder
        )
        with doing as pool:
            for task, done in pool.done(tasks):
                if isinstance(done, Deadly):
                    done = _without_the_deadly(pool, task)
                so_far.add(done.receipt, *done.memory)
        if so_far.now.complete and not so_far.broken_off:
            place.drop_beyond(so_far.shards)
    return so_far.now


def observed_place(out: Path, without: Collection[str] = ()) -> Place:
    """Where observations by today's detectors lie, made where it is not there yet.

    Args:
        out: folder of the scan.
        without: names of detectors that are left out.

    Raises:
        StoreUnwritable: it cannot be made.
        ArtifactError: a model is missing or damaged.
    """
    label = observing_detectors(describer(), without)
    return Place.within(out, "observed", "detectors", label, TABLES)


class _SoFar:
    """Counts what is there."""

    def __init__(self, place: Place, progress: Callable[[Observed], None] | None) -> None:
        self.now = Observed(place=place)
        self.shards = 0
        self.broken_off = False
        """A file of the archive could not be read, or not to its end: what lies beyond may be of
        use again once it can."""
        self._progress = progress
        self._memory: dict[int, int] = {}

    def add(self, receipt: Receipt, pid: int = 0, memory: int = 0, *, known: bool = False) -> None:
        self._memory[pid] = max(memory, self._memory.get(pid, 0))
        before, counts = self.now, receipt.counts
        self.now = replace(
            before,
            rows=before.rows + counts["rows"],
            known=before.known + (counts["rows"] if known else 0),
            failed=before.failed + counts["failed"],
            pictures=before.pictures + counts["pictures"],
            undecodable=before.undecodable + counts["undecodable"],
            unanswered=before.unanswered + counts["unanswered"],
            memory=sum(self._memory.values()),
        )
        if self._progress is not None:
            self._progress(self.now)

    def ended(self) -> None:
        self.now = replace(self.now, complete=True)


def _missing(
    items: Iterable[Item],
    root: object,
    shard_rows: int,
    due: float | None,
    so_far: _SoFar,
    without: tuple[str, ...],
) -> Iterator[_Task]:
    """What is to be done; what is done already is counted on the way."""
    for shard in cut(items, shard_rows, root):
        so_far.shards = shard.number + 1
        so_far.broken_off |= any(
            isinstance(item, ItemFailure) and item.code == BadArchive.code for item in shard.items
        )
        receipt = so_far.now.place.receipt(shard.number, shard.digest)
        if receipt is not None:
            so_far.add(receipt, known=True)
        elif due is not None and time.monotonic() >= due:
            return
        else:
            yield _Task(shard=shard, place=so_far.now.place, without=without)
    so_far.ended()


def _observe_shard(task: _Task) -> _Done:
    """In a worker: look at each note, write the tables, then the receipt."""
    describer()  # opening the model is not the first note's time
    found = observed_rows(task.shard.items, task.shard.rows, without=task.without, around=_in_time)
    tables = {"notes": table_of(found.notes, NOTES), "pictures": table_of(found.pictures, PICTURES)}
    sizes = {} if task.trial else task.place.write(task.shard.number, tables)
    receipt = Receipt(
        digest=task.shard.digest,
        counts={
            "rows": len(found.notes),
            "failed": found.failed,
            "pictures": len(found.pictures),
            "undecodable": found.undecodable,
            "unanswered": found.unanswered,
        },
        bytes=sizes,
    )
    if not task.trial:
        task.place.receive(task.shard.number, receipt)
    return _Done(receipt=receipt, memory=most_memory())


def _in_time(note: Note) -> AbstractContextManager[None]:
    return ends_within(_NOTE_S + _PICTURE_S * len(note.images))


def _without_the_deadly(pool: Pool[_Task, _Done], task: _Task) -> _Done:
    """A shard that kills its worker: each note by itself, and those that do so are failures."""
    shard = task.shard
    items: list[Item] = []
    for item, said in zip(shard.items, shard.rows, strict=True):
        part = replace(shard, items=(item,), rows=(said,))
        tried = pool.alone(replace(task, shard=part, trial=True))
        if isinstance(tried, Deadly) and isinstance(item, Note):
            items.append(_given_up(item))
        else:
            items.append(item)
    done = pool.alone(replace(task, shard=replace(shard, items=tuple(items))))
    if isinstance(done, Deadly):
        raise RuntimeError(f"shard {shard.number} kills its worker, and none of its notes does")
    return done


def _given_up(note: Note) -> ItemFailure:
    return ItemFailure(
        code="worker_died",
        message=f"whoever looks at `{note.id}` dies or does not come to an end, twice",
        hint="look at its pictures with `moderation inspect`, and report the one that does it",
        note_id=note.id,
    )
