"""Whether the search indexes hold exactly what the register does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from moderation.image.descriptor import from_bytes
from moderation.image.descriptor_index import DescriptorIndex
from moderation.image.feature_index import keys_of
from moderation.image.local_features import LocalFeatures
from moderation.store import Share
from moderation.store.reading import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """Whether index and log agree."""

    last_seq: int
    """Last entry of the log."""
    pictures: Mapping[str, int]
    """Recipe → pictures in the register."""
    undescribed: int
    """Pictures without a descriptor: registered before there were any, or known by a hash alone.
    They are found by hash and by shared features."""
    missing: int
    """In the register, not in an index."""
    surplus: int
    """In an index, not in the register."""
    different: int
    """In both, with another hash, other features or another descriptor."""
    rebuilt: bool
    """The snapshot on disk was of no use, and the index was made anew from the register."""

    @property
    def ok(self) -> bool:
        """True if every search sees exactly what the register holds."""
        return self.missing == self.surplus == self.different == 0

    def to_json(self) -> dict[str, Any]:
        """JSON as `moderation register verify --json` writes it."""
        return {
            "ok": self.ok,
            "last_seq": self.last_seq,
            "pictures": dict(self.pictures),
            "undescribed": self.undescribed,
            "missing": self.missing,
            "surplus": self.surplus,
            "different": self.different,
            "rebuilt": self.rebuilt,
        }


Contents = Mapping[int, bytes]
"""Picture number → what an index should know, or knows, of it."""


def differences(pairs: Iterable[tuple[Contents, Contents]]) -> tuple[int, int, int]:
    """(missing, surplus, different) of (what the register holds, what an index holds)."""
    missing = surplus = different = 0
    for wanted, found in pairs:
        missing += len(wanted.keys() - found.keys())
        surplus += len(found.keys() - wanted.keys())
        both = wanted.keys() & found.keys()
        different += sum(found[number] != wanted[number] for number in both)
    return missing, surplus, different


def keys_by_picture(register: Reading, share: Share | None) -> dict[int, bytes]:
    """Picture number → its sorted feature keys, by what the register holds."""
    keys = {
        number: np.unique(keys_of(LocalFeatures.from_bytes(features).descriptors)).tobytes()
        for number, features in register.live_features(share=share)
    }
    return {number: key for number, key in keys.items() if key}


def descriptors_compared(
    register: Reading, index: DescriptorIndex | None, share: Share | None
) -> tuple[dict[int, bytes], dict[int, bytes]]:
    """(what the register holds, what the index does)."""
    stored = dict(register.live_descriptors(share=share))
    if index is None:
        return stored, {}
    wanted = {number: index.rounded(from_bytes(data)) for number, data in stored.items()}
    return wanted, index.contents()
