"""Pictures of a collection and their parts in an evaluation.

`copied` are registered and attacked; `registered` are in the register as well and may be matched
wrongly; `strangers` are not in it, fill the other cells of collages, and are asked themselves.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from moderation.archive import read_notes
from moderation.errors import BadArchive, InputError
from moderation.finding import ItemFailure
from moderation.image.decode import decode
from moderation.image.hashing import hamming_matrix, pdq_dihedral
from moderation.note import NoteImage
from moderation.training.attacks import Pixels

SAME_BITS = 48
"""Two pictures this near are the same one twice: unrelated photographs lie above 90."""
FEWEST = 6
"""Pictures below which there is nothing to evaluate."""

_STRANGERS = 0.2
_FEWEST_STRANGERS = 3
_MOST_STRANGERS = 240


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Item:
    """One picture."""

    name: str
    """Unique; the id of its note in the register."""
    source: NoteImage
    group: str = ""
    """Look-alikes of one group are different works: matching each other is wrong."""
    scene: str = ""
    """Pictures of one scene may well be one work: matching each other is a matter of opinion."""

    def pixels(self) -> Pixels:
        """Decoded as the gate decodes it."""
        return decode(self.source).pixels


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Collection:
    """All pictures of an evaluation."""

    copied: tuple[Item, ...]
    registered: tuple[Item, ...] = ()
    """Besides `copied`."""
    strangers: tuple[Item, ...]
    look_alikes: Mapping[str, tuple[Item, ...]] = field(default_factory=dict)
    """Kind → pictures that are asked and not registered; others of their groups are."""
    same: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Name → other registered names of the same picture: as right as its own."""
    doubtful: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Name → registered names of its scene: neither right nor wrong."""

    @property
    def in_register(self) -> tuple[Item, ...]:
        """Everything registered, in the order of registration."""
        return self.copied + self.registered


class Labels(NamedTuple):
    """What a user's table says of a picture."""

    group: str = ""
    scene: str = ""


def folder_items(
    source: str | Path, labels: Mapping[str, Labels]
) -> tuple[list[Item], list[ItemFailure]]:
    """Every picture of a folder or archive, and what could not be read as a note."""
    items: list[Item] = []
    failures: list[ItemFailure] = []
    for note in read_notes(source):
        if isinstance(note, ItemFailure):
            failures.append(note)
            continue
        for number, image in enumerate(note.images):
            name = note.id if len(note.images) == 1 else f"{note.id}#{number}"
            said = labels.get(name, Labels())
            items.append(Item(name=name, source=image, group=said.group, scene=said.scene))
    return items, failures


def read_labels(path: str | Path) -> dict[str, Labels]:
    """A CSV with the columns `file`, and `group` or `scene` or both.

    Raises:
        BadArchive: not such a file.
    """
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.DictReader(lines)
            columns = set(rows.fieldnames or ())
            if "file" not in columns or not columns & {"group", "scene"}:
                raise BadArchive(
                    f"`{path}` needs the column `file` and one of `group` and `scene`",
                    hint="begin the file with the line `file,group,scene`",
                )
            return {
                row["file"]: Labels(group=row.get("group") or "", scene=row.get("scene") or "")
                for row in rows
            }
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadArchive(
            f"`{path}` cannot be read: {error}", hint="give a CSV file in UTF-8"
        ) from error


def sorted_out(
    items: Sequence[Item],
    rng: np.random.Generator,
    *,
    register: int | None = None,
    tick: Callable[[int], None] = lambda _: None,
) -> tuple[Collection, list[ItemFailure]]:
    """Give each picture its part: a fifth are strangers, of each group one is asked.

    Args:
        items: names are unique.
        rng: decides who is a stranger.
        register: most pictures to register.
        tick: told the pictures read so far.

    Returns:
        The collection, and pictures that cannot be read, which are left out.

    Raises:
        BadArchive: fewer than `FEWEST` readable pictures.
    """
    if register is not None:
        items = _enough_for(items, register, rng)
    codes, turned, failures = _codes(items, tick)
    readable = [item for item in items if item.name in codes]
    if len(readable) < FEWEST:
        raise BadArchive(
            f"{len(readable)} pictures can be read, at least {FEWEST} are needed",
            hint="give a folder with more photographs",
        )
    order = [readable[int(i)] for i in rng.permutation(len(readable))]
    asked = _one_of_each_group(order)
    free = [item for item in order if not item.group]
    wanted = _strangers_among(len(readable))
    strangers, rest = free[:wanted], [i for i in order if i not in asked and i not in free[:wanted]]
    rest = rest[:register]
    if len(strangers) < _FEWEST_STRANGERS or not rest:
        raise BadArchive(
            f"{len(free)} of {len(readable)} pictures are in no group, at least {FEWEST} are "
            "needed",
            hint="leave `group` empty for pictures that look like no other",
        )
    everybody = [*rest, *strangers, *asked]
    same = same_pictures(everybody, rest, codes, turned)
    collection = Collection(
        copied=tuple(rest),
        # A stranger of which the register holds a copy is none.
        strangers=tuple(s for s in strangers if s.name not in same),
        look_alikes={"look-alikes of a group": tuple(asked)} if asked else {},
        same=same,
        doubtful=scene_mates(everybody, rest),
    )
    return collection, failures


def _enough_for(items: Sequence[Item], register: int, rng: np.random.Generator) -> list[Item]:
    """All of groups, and of the others as many as will be needed: a large folder is not read."""
    free = [item for item in items if not item.group]
    needed = max(FEWEST, register + _strangers_among(round(register / (1 - _STRANGERS))))
    chosen = {free[int(i)].name for i in rng.permutation(len(free))[:needed]}
    return [item for item in items if item.group or item.name in chosen]


def _strangers_among(pictures: int) -> int:
    return min(_MOST_STRANGERS, max(_FEWEST_STRANGERS, round(_STRANGERS * pictures)))


def same_pictures(
    asked: Iterable[Item],
    registered: Sequence[Item],
    codes: Mapping[str, NDArray[np.uint8]],
    turned: Mapping[str, NDArray[np.uint8]],
    bits: int = SAME_BITS,
) -> dict[str, frozenset[str]]:
    """For each picture asked: registered ones that are the same picture again.

    Decided by the hash of the whole picture, never by the engine that is measured.

    Args:
        asked: whose copies are looked for.
        registered: what may be matched; not empty.
        codes: name → PDQ hash uint8 [32].
        turned: name → the hashes of the eight turned pictures, uint8 [8, 32].
        bits: the same at this distance and below.
    """
    names = [item.name for item in registered]
    known = np.stack([codes[name] for name in names])
    found = {}
    for item in asked:
        away = hamming_matrix(turned[item.name], known).min(axis=0)
        near = {names[int(i)] for i in np.flatnonzero(away <= bits)} - {item.name}
        if near:
            found[item.name] = frozenset(near)
    return found


def scene_mates(asked: Iterable[Item], registered: Iterable[Item]) -> dict[str, frozenset[str]]:
    """For each picture asked: registered ones that are labelled as of its scene."""
    scenes: dict[str, set[str]] = defaultdict(set)
    for item in registered:
        if item.scene:
            scenes[item.scene].add(item.name)
    mates = {item.name: frozenset(scenes[item.scene] - {item.name}) for item in asked if item.scene}
    return {name: others for name, others in mates.items() if others}


def hashes(item: Item) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """PDQ hash uint8 [32] and those of the eight turned pictures, uint8 [8, 32]."""
    turned = pdq_dihedral(item.pixels())[0]
    return turned[0], turned


def _codes(
    items: Sequence[Item], tick: Callable[[int], None]
) -> tuple[dict[str, NDArray[np.uint8]], dict[str, NDArray[np.uint8]], list[ItemFailure]]:
    codes, turned = {}, {}
    failures: list[ItemFailure] = []
    for number, item in enumerate(items, start=1):
        try:
            codes[item.name], turned[item.name] = hashes(item)
        except InputError as error:
            failures.append(
                ItemFailure(
                    code=error.code, message=error.message, hint=error.hint, note_id=item.name
                )
            )
        tick(number)
    return codes, turned, failures


def _one_of_each_group(items: Sequence[Item]) -> list[Item]:
    """The first of each group that has more."""
    groups: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        if item.group:
            groups[item.group].append(item)
    return [members[0] for members in groups.values() if len(members) > 1]
