"""What the gate asks of its index, wherever that lies.

The register's log is the truth, and an index is as good as it follows it. So whoever implements
this keeps three promises: what the register holds when `catch_up` is called is found by the next
`look_up`, what it no longer holds then is not, and a part that could not be asked is named.
"""

from __future__ import annotations

from typing import Protocol

from moderation.gate.index.nominated import Nominated, Sought
from moderation.gate.index.verification import Verification
from moderation.image.query import Query
from moderation.store import Register
from moderation.store.reading import Reading


class SearchIndex(Protocol):
    """Hashes, local features and descriptors of registered pictures. Safe for many threads."""

    @property
    def seq(self) -> int:
        """Last entry of the log that searches take into account."""

    @property
    def place(self) -> str:
        """Where it lies, for people: a folder or an address, without passwords."""

    def catch_up(self, register: Reading) -> int:
        """Let searches take the whole log into account; returns its last entry.

        Raises:
            StoreError: the register cannot be read.
        """

    def look_up(self, query: Query, sought: Sought = Sought.ALL) -> Nominated:
        """What may be shown by a picture.

        Raises:
            StoreError: nothing can be searched at all.
        """

    def is_worth_saving(self) -> bool:
        """True if `save` would spare the next start much time."""

    def save(self, register: Reading, *, wait: bool = False) -> None:
        """Keep the present state for the next start.

        Args:
            register: followed once more first, so that nothing deleted is kept.
            wait: False leaves it to whoever is saving just now.

        Raises:
            StoreUnwritable: the disk is full, read-only or forbidden.
        """

    def compact(self, register: Reading) -> None:
        """Drop the bytes of what was deleted, wherever they are kept.

        Raises:
            StoreUnwritable: the disk is full, read-only or forbidden.
            IndexUnreachable: some lie where nobody answers.
        """

    def verify(self, register: Register) -> Verification:
        """Compare what is held with the register.

        Raises:
            IndexUnreachable: some of it lies where nobody answers.
        """

    def size_bytes(self) -> int:
        """Space on disks, as far as it can be told.

        Raises:
            IndexUnreachable: some of it lies where nobody answers.
        """

    def close(self) -> None:
        """Give back connections and threads."""
