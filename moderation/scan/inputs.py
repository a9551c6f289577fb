"""What the stages after observing depend on: the observations, and a register at a moment.

A register goes on while it is scanned with. So the moment at which an archive was laid out is kept
with the layout, and holds until all of it is paired; the next scan takes what there is by then.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, replace
from itertools import count, takewhile
from pathlib import Path
from typing import Any

from moderation.errors import BadArchive
from moderation.image.ownership import DETECTOR as COPIES
from moderation.scan.layout import Layout, laid_out_of
from moderation.scan.observing import observed_place
from moderation.scan.place import Place, Receipt
from moderation.store import Register

PAIRING = 2
"""Version of how candidates are found, and of what a layout keeps."""
TABLE = "pairs"

_LAYOUT = "layout"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What pairs depend on."""

    observed: Place
    place: Place
    """Where their pairs lie."""
    receipts: tuple[Receipt, ...]
    """Of the shards that are observed."""
    register: str | None
    """Folder or URL."""
    register_key: str
    register_seq: int
    """Last entry of its log that counts."""

    @classmethod
    def of(cls, out: Path, without: Collection[str], register: str | None) -> Inputs:
        """As the archive was laid out; as they are now, where it was not.

        A register goes on while it is paired with; what it got since counts in the next scan.

        Raises:
            BadArchive: nothing is observed there.
            StoreError: the register cannot be read.
        """
        observed = observed_place(out, without)
        every = (observed.receipt(number) for number in count())
        receipts = tuple(one for one in takewhile(bool, every) if one is not None)
        if not receipts:
            raise BadArchive(
                f"nothing is observed in `{out}` by today's detectors",
                hint="run `moderation scan observe` first, with the same `--without`",
            )
        with opened(register) as held:
            label = {
                "observed": observed.folder.name,
                "register": None if held is None else held.name,
            }
            now = cls(
                observed=observed,
                place=Place.within(out, "paired", "of", label, (TABLE,)),
                receipts=receipts,
                register=register,
                register_key="" if held is None else held.key(),
                register_seq=0 if held is None else held.last_seq(),
            )
        laid_out = laid_out_of(now.layout)
        if laid_out is None or laid_out["of"] != now.label["of"]:
            return now
        return replace(now, register_seq=laid_out["register_seq"])

    def renewed(self) -> Inputs:
        """With all that the register has by now."""
        with opened(self.register) as held:
            return replace(self, register_seq=0 if held is None else held.last_seq())

    @property
    def label(self) -> dict[str, Any]:
        """What a layout is made of."""
        said = [asdict(one) for one in self.receipts], self.register_key
        return {"of": _digest(*said, PAIRING, COPIES), "register_seq": self.register_seq}

    @property
    def digest(self) -> str:
        """Changes with any of them."""
        return _digest(self.label)

    @property
    def layout(self) -> Path:
        """What is searched among, beside the pairs."""
        return self.place.folder / _LAYOUT

    @property
    def held_before(self) -> int:
        """Highest number of a picture of the register; those of the archive are above."""
        return Layout.load(self.layout).first - 1

    def missing(self) -> list[int]:
        """Shards that are not paired."""
        digest, place = self.digest, self.place
        return [
            number
            for number, receipt in enumerate(self.receipts)
            if place.receipt(number, pair_digest(digest, receipt.digest)) is None
        ]


def opened(register: str | None) -> AbstractContextManager[Register | None]:
    """A register that is there, or None.

    Raises:
        StoreError: it cannot be read.
    """
    return nullcontext() if register is None else Register.open(register, create=False)


def pair_digest(inputs: str, shard: str) -> str:
    """What the pairs of a shard are made of.

    Args:
        inputs: digest of the inputs.
        shard: digest of its rows.
    """
    return _digest(inputs, shard)


def _digest(*said: Any) -> str:
    return hashlib.blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=16).hexdigest()
