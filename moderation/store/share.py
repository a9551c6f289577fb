"""The part of a register's pictures that one shard of an index holds.

A picture belongs to the shard whose number its own leaves when divided by their count. Numbers of
pictures follow one another, so shards are even to within one picture, which no hash of the number
gives; and a database can select a share by itself, so that a shard reads no picture of another's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from moderation.errors import BadSetting

MOST_SHARDS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One of several shards, counted from 1."""

    number: int
    of: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of <= MOST_SHARDS:
            raise BadSetting(
                f"there is no shard {self.number} of {self.of}",
                hint=f"count shards from 1, and have {MOST_SHARDS} at most",
            )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read it as people write it, `2/4`.

        Raises:
            BadSetting: it is no such pair, or out of range.
        """
        if not re.fullmatch(r"[0-9]{1,4}/[0-9]{1,4}", text):
            raise BadSetting(f"`{text:.40}` is no shard", hint="write it as 2/4, the second of 4")
        number, of = map(int, text.split("/"))
        return cls(number=number, of=of)

    @property
    def rest(self) -> int:
        """What the number of a picture leaves that is divided by the count of shards."""
        return self.number - 1

    def holds(self, picture_id: int) -> bool:
        """Whether a picture is of this share."""
        return picture_id % self.of == self.rest

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"
