"""A picture's file that lies where its archive lies, as a note holds it: a name, not the bytes."""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class PictureFile(Protocol):
    """A picture's file in the store that holds its archive; read by whoever looks at it.

    Only readers of archives make them, below a URL that the operator gave.
    """

    @property
    def path(self) -> str:
        """Within the archive."""

    def stamp(self) -> list[int | str]:
        """Size in bytes, and a digest or time that changes with the content.

        Raises:
            OSError: it is not there, or the store fails.
        """

    def read(self, most: int) -> bytes:
        """Its first bytes, at most so many.

        Raises:
            OSError: it is not there, or the store fails.
        """
