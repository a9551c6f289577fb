"""What the pictures of an archive may be copies of, laid out before the archive is paired.

Every picture gets a number in order of publication, and all that is searched among is written into
files that each process maps. A picture is compared with what was published before it; what a
register holds counts whenever it was published, since a claim there may rest on proof.

- **Hashes** are joined all with all at once, exactly within `RADIUS_BITS`.
- **Descriptors** and **shared features** are searched picture by picture, see `indexes`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from moderation.archive import whole_file
from moderation.image.durable import said_if_unwritable
from moderation.image.hash_join import joined
from moderation.image.hashing import DIHEDRAL, PDQ256
from moderation.image.index import Codes
from moderation.scan.in_order import InOrder
from moderation.scan.indexes import Described, write_descriptors, write_features
from moderation.scan.place import Place
from moderation.store import Register

RADIUS_BITS = 31
"""What PDQ's authors recommend. The gate looks farther, as geometry has the last word; here, what
is farther away is left to descriptors and shared features. `benchmarks/scan_pairs.py` measures
what that costs."""

_NEAREST = 32  # of one code
_FIRST = 8  # beside these, published before all others
_STATES = len(DIHEDRAL)
CONTENTS = "laid-out.json"
"""Written last: without it, nothing there counts."""

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arrays:
    """The archive's pictures in order of publication, and what is near them by hash."""

    part: NDArray[np.int32]
    """int32 [n]: shard of each."""
    row: NDArray[np.int32]
    """int32 [n]: its row there."""
    twin: Numbers
    """int64 [n]: number under which the register holds the same picture of the same note; or 0."""
    note: Numbers
    """int64 [n]: the same for pictures of the same note of the same author."""
    family: Numbers
    """int64 [n]: number of the earliest picture with a near hash, its own where there is none."""
    near_place: Numbers
    """int64 [m], ascending: place of a picture that something is near."""
    near_number: Numbers
    """int64 [m]: number of what is near it."""
    near_bits: Numbers
    """int64 [m]: by so many bits."""
    near_code: Numbers
    """int64 [m]: to which of its codes, view × 8 + state."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout:
    """Picture `i` of the archive has the number `first + i`."""

    folder: Path
    arrays: Arrays
    first: int
    """Above all numbers of the register's pictures."""
    recipe: str | None
    """Model of the descriptors; None where nothing is described."""
    described: Described

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Map what `lay_out` has written."""
        said = json.loads((folder / CONTENTS).read_text())
        arrays = Arrays(
            **{
                one.name: np.load(folder / f"{one.name}.npy", mmap_mode="r")
                for one in fields(Arrays)
            }
        )
        return cls(
            folder=folder,
            arrays=arrays,
            first=said["first"],
            recipe=said["recipe"],
            described=Described(dimensions=said["dimensions"], found=said["found"], of=said["of"]),
        )


def laid_out_of(folder: Path) -> Mapping[str, Any] | None:
    """What the layout there was made of; None where it is not complete."""
    try:
        said: Mapping[str, Any] = json.loads((folder / CONTENTS).read_text())["inputs"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return said


def lay_out(
    observed: Place,
    shards: int,
    register: Register | None,
    folder: Path,
    inputs: Mapping[str, Any],
) -> None:
    """Number the archive's pictures and write what is searched among.

    Args:
        observed: observations, complete.
        shards: how many there are.
        register: whose pictures count too; only read.
        folder: written anew, the list of contents last.
        inputs: what this depends on, as JSON.

    Raises:
        StoreUnwritable: the disk is full or fails.
        RecipeMismatch: the register's pictures were described by another model.
        IndexCorrupt: an observation is damaged.
    """
    shutil.rmtree(folder, ignore_errors=True)
    with said_if_unwritable(folder):
        folder.mkdir(mode=0o700, parents=True)
        ids, codes = _registered(register)
        first = int(ids.max(initial=0)) + 1
        pictures = InOrder.pictures(observed, shards)
        recipe = _recipe(pictures, register)
        twin = _twins(pictures, register, first)
        mine = np.where(twin > 0, 0, first + np.arange(len(pictures)))
        # What a live register gets from now on has numbers that mean pictures of the archive here.
        write_features(folder, pictures, mine, register, below=first)
        described = write_descriptors(folder, pictures, mine, register, recipe, below=first)
        numbers = np.concatenate([ids, np.maximum(mine, twin)])
        near = _near(pictures, codes, numbers, folder / "codes.raw")
        arrays: dict[str, NDArray[Any]] = {
            **{"part": pictures.part, "row": pictures.row, "twin": twin},
            **{"note": _notes(pictures), "family": _families(near, len(pictures), first)},
            **near,
        }
        for name, array in arrays.items():
            np.save(folder / f"{name}.npy", array, allow_pickle=False)
    said = {"inputs": dict(inputs), "first": first, "recipe": recipe} | asdict(described)
    with whole_file(folder / CONTENTS, private=True) as sink:
        sink.write(json.dumps(said, sort_keys=True).encode() + b"\n")


def _registered(register: Register | None) -> tuple[Numbers, Codes]:
    """Numbers and codes of a register's pictures; of codes, PDQ alone."""
    held = [] if register is None else list(register.live_codes(PDQ256.name))
    codes = np.frombuffer(b"".join(code for _, code in held), np.uint8)
    return np.array([number for number, _ in held], np.int64), codes.reshape(-1, PDQ256.bytes)


def _recipe(pictures: InOrder, register: Register | None) -> str | None:
    """Model of the descriptors: an observation has one, its register must have the same."""
    said = (row["descriptor_recipe"] for row in pictures.rows(["descriptor_recipe"]))
    recipe = next((str(one) for one in said if one is not None), None)
    if register is None:
        return recipe
    if recipe is not None:
        register.refuse_other_descriptors(recipe)
    return recipe or register.descriptor_recipe()


def _twins(pictures: InOrder, register: Register | None, first: int) -> Numbers:
    """The register's numbers of pictures that it holds already, if below `first`."""
    twin = np.zeros(len(pictures), np.int64)
    if register is None:
        return twin
    for place, row in enumerate(pictures.rows(["note_id", "image_number", "sha256"])):
        for held in register.pictures_of_note(row["note_id"]):
            same = (held.image_number, held.sha256) == (row["image_number"], row["sha256"])
            if same and held.picture_id < first:
                twin[place] = held.picture_id
    return twin


def _notes(pictures: InOrder) -> Numbers:
    return np.array([note_key(row) for row in pictures.rows(["note_id", "author_id"])], np.int64)


def note_key(row: Mapping[str, Any]) -> int:
    """Tells pictures of one note of one author from all others; 64 bits of a hash."""
    said = json.dumps([row["note_id"], row["author_id"]]).encode()
    return int.from_bytes(hashlib.blake2b(said, digest_size=8).digest(), "little", signed=True)


def _near(pictures: InOrder, registered: Codes, numbers: Numbers, file: Path) -> dict[str, Numbers]:
    """What is near each picture by hash, for each of its codes.

    Args:
        pictures: of the archive.
        registered: codes of the register, before those of the archive.
        numbers: of all these.
        file: for the codes that are searched for: some thousand bytes a picture.
    """
    counts = np.zeros(len(pictures), np.int64)
    own = np.zeros((len(pictures), PDQ256.bytes), np.uint8)
    with file.open("wb") as sink:
        for place, row in enumerate(pictures.rows(["code", "view_codes"])):
            sink.write(row["view_codes"])
            counts[place] = len(row["view_codes"]) // PDQ256.bytes
            own[place] = np.frombuffer(row["code"], np.uint8)
    owner = np.repeat(np.arange(len(pictures)), counts)
    empty = np.empty((0, PDQ256.bytes), np.uint8)
    shape = (len(owner), PDQ256.bytes)
    found = joined(
        np.memmap(file, np.uint8, "r", shape=shape) if len(owner) else empty,
        np.concatenate([registered, own]),
        RADIUS_BITS,
        before=len(registered) + owner,
        nearest=_NEAREST,
        first=_FIRST,
    )
    file.unlink()
    places = owner[found.queries]
    return {
        "near_place": places,
        "near_number": numbers[found.known],
        "near_bits": found.bits,
        "near_code": found.queries - (np.cumsum(counts) - counts)[places],
    }


def _families(near: Mapping[str, Any], count: int, first: int) -> Numbers:
    """Stars: a member is near its family's earliest picture, not merely near another member."""
    family = first + np.arange(count, dtype=np.int64)
    whole = (near["near_code"] < _STATES) & (near["near_number"] >= first)
    places, others = near["near_place"][whole], near["near_number"][whole]
    order = np.lexsort((others, places))
    for place, other in zip(places[order].tolist(), others[order].tolist(), strict=True):
        if family[place] == first + place and family[other - first] == other:
            family[place] = other
    return family
