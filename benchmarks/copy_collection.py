"""The pictures of the copy benchmarks: who is registered, who is attacked, who is a stranger.

Of the data folder only the half is asked that nothing was fitted on (`half_of`); the other half
may be registered, as wrong answers. Photographs go by source, look-alikes by group, posters and
screens by file. Of each group of look-alikes that is asked, the rest is registered.

Four kinds of truth are a matter of opinion and reported apart, never counted: other screens of
one app and colours of one drawing (the sub-kinds of `DOUBTFUL_KINDS`), variants of one meme,
posters that differ in a price (`VARIANT_BITS`), and shelves photographed again from a step aside
(`SCENE_INLIERS`). None of these rules asks the gate.
"""

from __future__ import annotations

import argparse
import functools
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from harness import data_folder
from photographs import mixed, package_photographs

from moderation.image.hashing import hamming_matrix
from moderation.note import NoteImage
from moderation.training.copy_pairs import DOUBTFUL_KINDS, VARIANT_BITS, Album, Entry, half_of
from moderation.training.descriptor_data import held_out
from moderation.training.evaluation.collection import (
    SAME_BITS,
    Collection,
    Item,
    hashes,
    same_pictures,
    scene_mates,
)

MEASURED_HALF = 1
SCENE_INLIERS = 60
"""Details of two pictures that agree under one homography; unrelated ones stay well below."""
_KINDS = ("lookalikes", "posters", "screenshots", "xhs")
Codes = dict[str, np.ndarray]


def collection_options(command: argparse.ArgumentParser) -> None:
    """Sizes, the same for all copy benchmarks."""
    command.add_argument("--register", type=int, default=1800, help="pictures, templates aside")
    command.add_argument("--photos", type=int, default=220, help="registered and attacked")
    command.add_argument("--templates", type=int, default=20, help="of each of four kinds")


def gathered(args: argparse.Namespace, rng: np.random.Generator) -> Collection:
    """From the data folder, or from packages."""
    folder = data_folder(args, "images")
    return from_packages(args, rng) if folder is None else from_data(folder, args, rng)


def from_data(folder: Path, args: argparse.Namespace, rng: np.random.Generator) -> Collection:
    """Every part; training pictures fill the register up."""
    album = Album(folder)
    photos = album.of_kind("photos")
    mine = [item_of(folder, e) for e in photos if half_of(e.source) == MEASURED_HALF]
    mine = [mine[int(i)] for i in rng.permutation(len(mine))]
    copied, strangers = mine[: args.photos], mine[args.photos :]
    registered = [item_of(folder, e) for e in photos if half_of(e.source) != MEASURED_HALF]
    look_alikes: dict[str, list[Item]] = {}
    for kind in _KINDS:
        asked, rest = parted(folder, album.of_kind(kind), rng)
        registered += rest
        look_alikes |= asked
    every_asked = [item for items in look_alikes.values() for item in items]

    codes: Codes = {}
    turned: Codes = {}
    known = [*copied, *registered, *strangers, *every_asked]
    for item in known:
        codes[item.name], turned[item.name] = hashes(item)
    missing = args.register - len(copied) - len(registered)
    registered += distractors(folder, codes, missing, rng)

    asked = [*copied, *strangers, *every_asked]
    hashed = [item for item in (*copied, *registered) if item.name in codes]
    same = same_pictures(asked, hashed, codes, turned)
    posters = [item for item in asked if item.name.startswith("posters/")]
    shops = [item for item in hashed if item.name.startswith("posters/")]
    variants = same_pictures(posters, shops, codes, turned, VARIANT_BITS)
    doubtful = scene_mates(asked, hashed)
    scenes = shot_again(look_alikes.get("same grocery class", []), registered)
    for name, others in (*variants.items(), *scenes.items()):
        doubtful[name] = doubtful.get(name, frozenset()) | others
    return Collection(
        copied=tuple(copied),
        registered=tuple(registered),
        strangers=tuple(item for item in strangers if item.name not in same),
        look_alikes={kind: tuple(items) for kind, items in look_alikes.items()},
        same=same,
        doubtful=doubtful,
    )


def parted(
    folder: Path, entries: Sequence[Entry], rng: np.random.Generator
) -> tuple[dict[str, list[Item]], list[Item]]:
    """Asked by kind, and registered: of each measured group of two and more, half are asked."""
    groups: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[entry.subkind, entry.group or entry.source].append(entry)
    asked: dict[str, list[Item]] = defaultdict(list)
    registered: list[Item] = []
    for (subkind, group), members in sorted(groups.items()):
        order = [members[int(i)] for i in rng.permutation(len(members))]
        if len(order) > 12:  # a whole sub-kind: its halves go by file
            ours = [e for e in order if half_of(e.file) == MEASURED_HALF]
        else:
            ours = order if half_of(group) == MEASURED_HALF and len(order) > 1 else []
        chosen = {e.file for e in ours[: (len(ours) + 1) // 2]}
        for entry in order:
            item = item_of(folder, entry)
            if entry.file in chosen:
                asked[f"same {subkind.replace('_', ' ')}"].append(item)
            else:
                registered.append(item)
    return asked, registered


def item_of(folder: Path, entry: Entry) -> Item:
    """With its group, and its scene where the truth is a matter of opinion."""
    image = NoteImage(path=folder / entry.file)
    if entry.kind == "photos":
        return Item(name=entry.file, source=image)
    group = f"{entry.subkind} {entry.group or entry.source}"
    doubtful = entry.subkind in DOUBTFUL_KINDS or entry.subkind == "meme_template"
    if entry.source == "fdroid_utg":  # one phone: its home screen and keyboard are everywhere
        return Item(name=entry.file, source=image, group=group, scene="one phone")
    # Memes of another template are other works, so all of them are siblings.
    wide = entry.subkind if entry.subkind == "meme_template" else group
    return Item(name=entry.file, source=image, group=wide, scene=group if doubtful else "")


def shot_again(asked: Sequence[Item], registered: Sequence[Item]) -> dict[str, frozenset[str]]:
    """For each picture asked: registered ones of its group that SIFT brings under one plane."""
    groups: dict[str, list[Item]] = defaultdict(list)
    for item in registered:
        groups[item.group].append(item)
    detector, matcher = cv2.SIFT_create(800), cv2.BFMatcher()

    @functools.cache
    def details(item: Item):
        keypoints, descriptors = detector.detectAndCompute(
            cv2.cvtColor(item.pixels(), cv2.COLOR_RGB2GRAY), None
        )
        return np.float32([k.pt for k in keypoints]), descriptors

    def agreeing(a: Item, b: Item) -> int:
        (points, described), (others, known) = details(a), details(b)
        if described is None or known is None or min(len(described), len(known)) < 2:
            return 0
        pairs = matcher.knnMatch(described, known, k=2)
        good = [first for first, second in pairs if first.distance < 0.75 * second.distance]
        if len(good) < SCENE_INLIERS:
            return 0
        source, target = [m.queryIdx for m in good], [m.trainIdx for m in good]
        cv2.setRNGSeed(0)
        _, mask = cv2.findHomography(points[source], others[target], cv2.RANSAC, 5.0)
        return 0 if mask is None else int(mask.sum())

    found = {}
    for item in asked:
        again = {o.name for o in groups[item.group] if agreeing(item, o) >= SCENE_INLIERS}
        if again:
            found[item.name] = frozenset(again)
    return found


def distractors(folder: Path, codes: Codes, count: int, rng: np.random.Generator) -> list[Item]:
    """Training pictures, without those that are a known picture at another size."""
    known = np.stack(list(codes.values()))
    # The descriptor has learnt from the others.
    paths = sorted(path for path in (folder / "train").iterdir() if held_out(path.name))
    chosen: list[Item] = []
    for i in rng.permutation(len(paths)):
        if len(chosen) >= count:
            break
        path = paths[int(i)]
        item = Item(name=f"train/{path.name}", source=NoteImage(path=path))
        if hamming_matrix(hashes(item)[1], known).min() > SAME_BITS:
            chosen.append(item)
    return chosen


def from_packages(args: argparse.Namespace, rng: np.random.Generator) -> Collection:
    """Five photographs to copy, three strangers, mixtures of them as distractors."""
    found = package_photographs()
    sources = list(found.values())
    items = [Item(name=name, source=NoteImage(array=p)) for name, p in found.items()]
    mixtures = [mixed(rng, sources, (540, 720)) for _ in range(min(200, args.register))]
    return Collection(
        copied=tuple(items[:-3]),
        registered=tuple(
            Item(name=f"mixture {n}", source=NoteImage(array=pixels))
            for n, pixels in enumerate(mixtures)
        ),
        strangers=tuple(items[-3:]),
    )
