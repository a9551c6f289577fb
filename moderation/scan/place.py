"""Where a stage keeps what it did: `OUT/STAGE/WHAT_OF=…/`, a folder for each thing it depends on.

In it a file for each shard and table, as `notes/part-000000.parquet`, its receipt
`done/part-000000.json`, and a label that says what the digest in the folder's name stands for. A
shard is done when its receipt is there and its files have the sizes that it names: the receipt is
written last. So whoever is killed loses the shards that were under way, and no more.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from moderation.archive import whole_file
from moderation.archive.whole_file import unwritable
from moderation.errors import StoreBusy
from moderation.gate.index.locking import only_one

_DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A shard was done: of which rows, and what came of it."""

    digest: str
    """Of what it was done with, see `shards`."""
    counts: Mapping[str, int]
    """As the stage counts."""
    bytes: Mapping[str, int]
    """Table → size of its file."""

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """Inverse of `asdict`.

        Raises:
            KeyError, TypeError: the row is none of ours.
        """
        return cls(digest=row["digest"], counts=dict(row["counts"]), bytes=dict(row["bytes"]))


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of one stage, done with one set of inputs."""

    folder: Path
    tables: tuple[str, ...]

    @classmethod
    def within(
        cls, out: Path, stage: str, name: str, label: Mapping[str, Any], tables: tuple[str, ...]
    ) -> Self:
        """The folder `OUT/STAGE/NAME=digest`, made and labelled where it is not there yet.

        Args:
            out: folder of the scan.
            stage: as `observed`.
            name: what the digest is of, as `detectors`.
            label: what it stands for, written to `NAME.json`.
            tables: that the stage writes.

        Raises:
            StoreUnwritable: it cannot be made.
        """
        place = cls(labelled(out, stage, name, label), tables)
        try:
            for part in (*tables, _DONE):
                (place.folder / part).mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise unwritable(place.folder, error) from error
        return place

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other scans out; what killed ones left half-written is cleared away.

        Raises:
            StoreBusy: another process writes here.
        """
        with alone_in(self.folder):
            self._clear()
            yield
            self._clear()  # of a worker that was killed meanwhile

    def _clear(self) -> None:
        for draft in self.folder.glob("*/.*.draft"):
            draft.unlink(missing_ok=True)

    def write(self, number: int, tables: Mapping[str, pa.Table]) -> dict[str, int]:
        """Write the tables of a shard; table → bytes.

        Raises:
            StoreUnwritable: the disk is full or fails.
        """
        sizes = {}
        for name, table in tables.items():
            path = self.file(name, number)
            with whole_file(path, private=True) as sink:
                pq.write_table(table, pa.PythonFile(sink, mode="w"), compression="zstd")
            sizes[name] = path.stat().st_size
        return sizes

    def receive(self, number: int, receipt: Receipt) -> None:
        """Say that a shard is done.

        Raises:
            StoreUnwritable: the disk is full or fails.
        """
        with whole_file(self._receipt(number), private=True) as sink:
            sink.write(json.dumps(asdict(receipt), sort_keys=True).encode() + b"\n")

    def receipt(self, number: int, digest: str | None = None) -> Receipt | None:
        """What came of a shard; None where it is to be done, again or at all.

        Args:
            number: of the shard.
            digest: what it must have been done with; None for whatever it was.
        """
        try:
            receipt = Receipt.from_json(json.loads(self._receipt(number).read_bytes()))
            sizes = {name: self.file(name, number).stat().st_size for name in self.tables}
        except (OSError, ValueError, KeyError, TypeError):
            return None
        right = digest in (None, receipt.digest) and dict(receipt.bytes) == sizes
        return receipt if right else None

    def numbers(self) -> list[int]:
        """Shards of which there is anything, done or not."""
        files = self.folder.glob("*/part-*")
        return sorted({int(file.stem.removeprefix("part-")) for file in files})

    def drop_beyond(self, shards: int) -> None:
        """Remove what an archive that was longer once has left."""
        for number in self.numbers():
            if number >= shards:
                self.drop(number)

    def drop(self, number: int) -> None:
        """Remove a shard: it is to be done again."""
        self._receipt(number).unlink(missing_ok=True)
        for name in self.tables:
            self.file(name, number).unlink(missing_ok=True)

    def read(self, table: str, number: int, columns: list[str] | None = None) -> pa.Table:
        """A table of a shard that is done."""
        return pq.read_table(self.file(table, number), columns=columns)

    def file(self, table: str, number: int) -> Path:
        """Where a table of a shard lies."""
        return self.folder / table / f"part-{number:06}.parquet"

    def _receipt(self, number: int) -> Path:
        return self.folder / _DONE / f"part-{number:06}.json"


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other scans out of a folder.

    Raises:
        StoreBusy: another process writes there.
    """
    with only_one(folder, wait=False) as alone:
        if not alone:
            raise StoreBusy(
                f"another scan writes to `{folder}`",
                hint="wait until it has ended, or give another `--out`",
            )
        yield


def labelled(out: Path, stage: str, name: str, label: Mapping[str, Any]) -> Path:
    """The folder `OUT/STAGE/NAME=digest`, with `NAME.json` in it that holds the label.

    Raises:
        StoreUnwritable: it cannot be made.
    """
    text = json.dumps(dict(label), sort_keys=True, indent=1)
    digest = hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
    folder = Path(out) / stage / f"{name}={digest}"
    try:
        Path(out).mkdir(parents=True, exist_ok=True)
        for one in (folder.parent, folder):
            one.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    with whole_file(folder / f"{name}.json", private=True) as sink:
        sink.write(text.encode() + b"\n")
    return folder
