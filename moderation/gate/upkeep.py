"""The part of a gate that operators talk to: is it sound, how large is it, give the space back."""

from __future__ import annotations

from pathlib import Path

from moderation.gate.index.search_index import SearchIndex
from moderation.gate.index.verification import Verification
from moderation.store import Register, RegisterStats


class Upkeep:
    """Questions about register and index, and compaction; see `Gate`."""

    register: Register
    _index: SearchIndex

    def stats(self) -> RegisterStats:
        """How much the register holds."""
        return self.register.stats()

    def verify(self) -> Verification:
        """Prove that index and log agree, and that the file is sound.

        Raises:
            StoreError: the register's file is damaged.
        """
        self.register.integrity_check()
        return self._index.verify(self.register)

    def lag(self) -> int:
        """Entries of the register's log that the index has not read; the next query does."""
        return max(0, self.register.last_seq() - self._index.seq)

    def follow(self) -> None:
        """Read what others have registered since, so that the next query need not."""
        self._index.catch_up(self.register)

    @property
    def index_folder(self) -> Path:
        """Where this machine keeps the snapshots of the search index; safe to delete."""
        return Path(self._index.place)

    @property
    def index_place(self) -> str:
        """Where the search index lies: a folder of this machine, or an address."""
        return self._index.place

    def size_bytes(self) -> int:
        """Space on the disk of the register with its index."""
        size = self.register.size_bytes()
        folder = self.register.folder
        if folder is None or not Path(self._index.place).is_relative_to(folder):
            size += self._index.size_bytes()
        return size

    def compact(self) -> None:
        """Remove the bytes of all that was deleted, from snapshots and database.

        Raises:
            StoreBusy: another process is at work for too long; try again later.
            StoreUnwritable: there is not enough space, or the role may not rewrite the tables.
        """
        self._index.compact(self.register)
        self.register.scrub()
