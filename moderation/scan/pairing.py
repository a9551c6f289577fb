"""Pair an archive: what every picture shows of others that were published before it, proven.

Candidates come from what was observed, without pixels; a picture that has some is decoded again
and compared with them as the gate compares. It may be stopped and killed like observing. A shard
is done again where the archive, the register's pictures or the detectors have changed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from moderation.archive import archive_folder, hidden, read_notes
from moderation.engines import Engine, Pool, ThisMachine
from moderation.errors import BadArchive
from moderation.scan.indexes import Described
from moderation.scan.inputs import TABLE, Inputs, opened, pair_digest
from moderation.scan.layout import Layout, laid_out_of, lay_out
from moderation.scan.nominating import Nominator
from moderation.scan.paired_shard import Counts, pair_rows
from moderation.scan.place import Place, Receipt
from moderation.scan.shards import Shard, cut
from moderation.scan.tables import PAIRS, table_of
from moderation.store import Register
from moderation.workers import Deadly, most_memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """How far pairing has come."""

    place: Place
    counts: Counts
    known: int = 0
    """Pictures that an earlier run has done."""
    memory: int = 0
    """Bytes that the workers held at most, summed."""
    complete: bool = False
    """False where time was up before the archive was."""
    described: Described = field(default_factory=Described)
    """How well the nearest descriptors are found, of a sample; once all is laid out."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Task:
    shard: Shard
    observed: Place
    layout: Path
    place: Place
    register: str | None
    inputs: str
    """Digest of all that it is done with."""
    deadly: frozenset[int] = frozenset()
    """Rows of notes that nobody survives."""
    only: int | None = None
    """See whether anybody survives this row, and write nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    receipt: Receipt
    memory: tuple[int, int]


def pair(
    archive: str | Path,
    out: Path,
    *,
    register: str | None = None,
    workers: int,
    without: Collection[str] = (),
    max_duration_s: float | None = None,
    allow_outside: bool = False,
    engine: Engine | None = None,
    laying_out: Callable[[], None] | None = None,
    progress: Callable[[Paired], None] | None = None,
) -> Paired:
    """Compare every picture of an observed archive with those published before it.

    Args:
        archive: the one that was observed.
        out: folder of the scan.
        register: folder or URL, whose pictures count whenever they were published; only read.
        workers: processes.
        without: as the archive was observed.
        max_duration_s: begin no shard after so many seconds.
        allow_outside: let paths of pictures leave the archive.
        engine: who does it; None for processes of this machine.
        laying_out: called before all that is searched among is written, which takes a while.
        progress: called after each shard.

    Returns:
        What is there now. `complete` is False where time was up.

    Raises:
        BadArchive: it cannot be read, or was not observed as it is now.
        StoreBusy: another scan writes there.
        StoreUnwritable: the disk is full or fails; what was done stays.
        StoreError: the register cannot be read, or was described by another model.
        ArtifactError: a model is missing or damaged.
    """
    due = None if max_duration_s is None else time.monotonic() + max_duration_s
    inputs = Inputs.of(out, without, register)
    if not inputs.missing():
        inputs = inputs.renewed()
    so_far = _SoFar(inputs.place, progress)
    with so_far.now.place.held():
        so_far.laid_out(_lay_out(inputs, laying_out))
        shards = _as_observed(archive, inputs, allow_outside)
        doing = (engine or ThisMachine()).pool(
            _pair_shard, workers, reads=str(archive), writes=so_far.now.place.folder
        )
        with doing as pool:
            for task, done in pool.done(_missing(shards, inputs, due, so_far)):
                if isinstance(done, Deadly):
                    done = _without_the_deadly(pool, task)
                so_far.add(done.receipt, *done.memory)
        if so_far.now.complete:
            so_far.now.place.drop_beyond(len(inputs.receipts))
    return so_far.now


class _SoFar:
    """Counts what is there."""

    def __init__(self, place: Place, progress: Callable[[Paired], None] | None) -> None:
        self.now = Paired(place=place, counts=Counts())
        self._progress = progress
        self._memory: dict[int, int] = {}

    def add(self, receipt: Receipt, pid: int = 0, memory: int = 0, *, known: bool = False) -> None:
        self._memory[pid] = max(memory, self._memory.get(pid, 0))
        before = asdict(self.now.counts)
        self.now = replace(
            self.now,
            counts=Counts(**{name: n + receipt.counts[name] for name, n in before.items()}),
            known=self.now.known + (receipt.counts["pictures"] if known else 0),
            memory=sum(self._memory.values()),
        )
        if self._progress is not None:
            self._progress(self.now)

    def laid_out(self, layout: Layout) -> None:
        self.now = replace(self.now, described=layout.described)

    def ended(self) -> None:
        self.now = replace(self.now, complete=True)


def _lay_out(inputs: Inputs, told: Callable[[], None] | None) -> Layout:
    if laid_out_of(inputs.layout) != inputs.label:
        if told is not None:
            told()
        with opened(inputs.register) as register:
            lay_out(inputs.observed, len(inputs.receipts), register, inputs.layout, inputs.label)
    return Layout.load(inputs.layout)


def _as_observed(archive: str | Path, inputs: Inputs, allow_outside: bool) -> Iterator[Shard]:
    """The archive, cut as it was when it was observed.

    Raises:
        BadArchive: it has changed since, or was not observed to its end.
    """
    root, shown = archive_folder(archive), hidden(str(archive))
    receipts = iter(inputs.receipts)
    rows = inputs.receipts[0].counts["rows"]
    for shard in cut(read_notes(archive, allow_outside=allow_outside), rows, root):
        receipt = next(receipts, None)
        if receipt is None or receipt.digest != shard.digest:
            raise BadArchive(
                f"rows {shard.number * rows + 1:,} and on of `{shown}` are not observed as "
                "they are now",
                hint="run `moderation scan observe` to its end first, with the same `--out`",
            )
        yield shard
    if next(receipts, None) is not None:
        raise BadArchive(
            f"`{shown}` is shorter than when it was observed",
            hint="run `moderation scan observe` again, with the same `--out`",
        )


def _missing(
    shards: Iterator[Shard], inputs: Inputs, due: float | None, so_far: _SoFar
) -> Iterator[_Task]:
    digest = inputs.digest
    for shard in shards:
        receipt = so_far.now.place.receipt(shard.number, pair_digest(digest, shard.digest))
        if receipt is not None:
            so_far.add(receipt, known=True)
        elif due is not None and time.monotonic() >= due:
            return
        else:
            yield _Task(
                shard=shard,
                observed=inputs.observed,
                layout=inputs.layout,
                place=so_far.now.place,
                register=inputs.register,
                inputs=digest,
            )
    so_far.ended()


def _pair_shard(task: _Task) -> _Done:
    """In a worker: pair each picture, write the table, then the receipt."""
    number = task.shard.number
    rows = task.observed.read("pictures", number).to_pylist()
    everything = frozenset(range(len(task.shard.items)))
    deadly = task.deadly if task.only is None else everything - {task.only}
    nominator = _nominator(task.layout, task.observed, task.register, task.inputs)
    found, counts = pair_rows(number, task.shard.items, rows, nominator, deadly)
    tables = {TABLE: table_of(found, PAIRS)}
    receipt = Receipt(
        digest=pair_digest(task.inputs, task.shard.digest),
        counts=asdict(counts),
        bytes={} if task.only is not None else task.place.write(number, tables),
    )
    if task.only is None:
        task.place.receive(number, receipt)
    return _Done(receipt=receipt, memory=most_memory())


@lru_cache(maxsize=1)
def _nominator(layout: Path, observed: Place, register: str | None, inputs: str) -> Nominator:
    """Opened once in each process, and anew for other inputs."""
    held = None if register is None else Register.open(register, create=False)
    return Nominator(Layout.load(layout), observed, held)


def _without_the_deadly(pool: Pool[_Task, _Done], task: _Task) -> _Done:
    """A shard that kills its worker: each note by itself, and those that do so are failures."""
    deadly = frozenset(
        row
        for row in range(len(task.shard.items))
        if isinstance(pool.alone(replace(task, only=row)), Deadly)
    )
    done = pool.alone(replace(task, deadly=deadly))
    if isinstance(done, Deadly):
        raise RuntimeError(
            f"shard {task.shard.number} kills its worker, and none of its notes does"
        )
    return done
