"""Pairs of pictures, copies and not, on which the copy score is fitted and measured.

The data folder has a `manifest.csv` (file, kind, subkind, group, source) and a `pairs.csv`
(a, b, label, relation); `Album` reads both. A pair belongs to one of two halves: photographs by
their source, look-alikes by their group, posters and screens by file, drawn cards by their
template. One half fits, the other measures.
"""

from __future__ import annotations

import csv
import functools
import hashlib
import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from moderation.image.decode import decode
from moderation.image.hashing import hamming, pdq
from moderation.training.attacks import (
    ATTACKS,
    Pixels,
    caption,
    reencode,
    screenshot,
    stickers,
    watermark,
)
from moderation.training.lookalikes import poster, quiet_card, text_card
from moderation.training.varied import varied_copy

DOUBTFUL_KINDS = frozenset(
    {"potatoes", "artwork_plain", "weibo_app", "android_app", "text_ui", "web_ui"}
)
"""Sub-kinds in which one picture may be another frame, crop, colour or state of the next."""
VARIANT_BITS = 70
"""Posters of one shop this near are often one poster with another price."""
_ONE_PHOTOGRAPH = frozenset({"posters/21f7f9843cc998e0.jpg", "posters/70e7c2b5b0200510.jpg"})
"""Two posters on which one cut-out photograph stands, turned: seen by eye, named nowhere."""
_SAME_PHASH_BITS = 4
"""Rows of `pairs.csv` called different although nothing can be seen to differ."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CopyTrial:
    """One question put to the verification, with the answer."""

    kind: str
    group: str
    is_copy: bool
    doubtful: bool = False
    """The truth is a matter of opinion: reported apart, never fitted on."""
    query: Pixels
    original: Pixels
    files: tuple[str, str] = ("", "")
    """Of query and original, where they are files: to look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row of the manifest."""

    file: str
    kind: str
    subkind: str
    group: str
    source: str


class Album:
    """The pictures of a data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with (folder / "manifest.csv").open(encoding="utf-8", newline="") as lines:
            self.entries = [
                Entry(**{name: row[name] for name in Entry.__dataclass_fields__})
                for row in csv.DictReader(lines)
            ]
        with (folder / "pairs.csv").open(encoding="utf-8", newline="") as lines:
            self.pairs: list[tuple[str, str, str, str, int]] = [
                (row["a"], row["b"], row["label"], row["relation"], int(row["phash_dist"] or 64))
                for row in csv.DictReader(lines)
            ]
        self.read = functools.lru_cache(maxsize=64)(self._read)

    def of_kind(self, kind: str) -> list[Entry]:
        """Rows of one kind, in the order of the manifest."""
        return [entry for entry in self.entries if entry.kind == kind]

    def _read(self, file: str) -> Pixels:
        return decode(self.folder / file).pixels


def half_of(name: str) -> int:
    """0 fits, 1 measures."""
    return hashlib.sha256(name.encode()).digest()[1] & 1


def fixed_attacks(
    album: Album, half: int, rng: np.random.Generator, photos: int
) -> Iterator[CopyTrial]:
    """Every attack of the suite on each of `photos` photographs."""
    entries = _some(_in_half(album.of_kind("photos"), half), photos, rng)
    for entry in entries:
        pixels = album.read(entry.file)
        for attack in ATTACKS:
            others = _others(album, entry, entries, rng)
            attacked = attack.apply(pixels, rng, others)
            yield CopyTrial(
                kind=attack.name,
                group=entry.file,
                is_copy=True,
                query=reencode(attacked, 82),
                original=pixels,
            )


def varied_attacks(
    album: Album, half: int, rng: np.random.Generator, count: int, kinds: Sequence[str]
) -> Iterator[CopyTrial]:
    """`count` random copies of pictures of `kinds`."""
    entries = [e for kind in kinds for e in _in_half(album.of_kind(kind), half)]
    for _ in range(count):
        entry = entries[int(rng.integers(len(entries)))]
        pixels = album.read(entry.file)
        _, copy = varied_copy(pixels, rng, _others(album, entry, entries, rng))
        kind = f"random copy of {entry.kind}"
        yield CopyTrial(kind=kind, group=entry.file, is_copy=True, query=copy, original=pixels)


def card_copies(
    album: Album, half: int, rng: np.random.Generator, count: int
) -> Iterator[CopyTrial]:
    """Random copies of drawn cards."""
    photos = _in_half(album.of_kind("photos"), half)
    for i in range(count):
        draw = quiet_card if i % 2 else text_card
        card = draw(2 * i + half, int(rng.integers(1 << 30)))
        others = _others(album, photos[0], photos, rng)
        _, copy = varied_copy(card, rng, others)
        yield CopyTrial(
            kind="random copy of card", group=f"card {i}", is_copy=True, query=copy, original=card
        )


def known_pairs(album: Album, half: int) -> Iterator[CopyTrial]:
    """The rows of `pairs.csv`."""
    for a, b, label, relation, bits in album.pairs:
        group = relation if label == "different" else a
        if half_of(group) == half and label in {"copy", "different"}:
            name = relation.split(":")[0].replace("_", " ")
            yield CopyTrial(
                kind="known copy" if label == "copy" else f"pair: {name}",
                group=group,
                is_copy=label == "copy",
                doubtful=label == "different" and bits < _SAME_PHASH_BITS,
                query=album.read(b),
                original=album.read(a),
                files=(b, a),
            )


def look_alikes(
    album: Album, half: int, rng: np.random.Generator, per_group: int
) -> Iterator[CopyTrial]:
    """Different pictures of one group: one product, one app, one template."""
    groups: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in album.entries:
        if entry.kind == "lookalikes":
            # Every meme template is another picture; within one template they vary it.
            group = entry.subkind if entry.subkind == "meme_template" else entry.group
            groups[entry.subkind, group].append(entry)
        elif entry.kind in {"screenshots", "posters", "xhs"}:
            groups[entry.subkind, entry.group or entry.source].append(entry)
    for (subkind, group), entries in sorted(groups.items()):
        whole_half = len(entries) > 12
        if whole_half:
            entries = [e for e in entries if half_of(e.file) == half]
        elif half_of(group) != half:
            continue
        pairs = list(itertools.permutations(entries, 2))
        wanted = per_group * (10 if whole_half else 1)
        for i in rng.permutation(len(pairs))[:wanted]:
            a, b = pairs[int(i)]
            yield CopyTrial(
                kind=f"same {subkind.replace('_', ' ')}",
                group=group,
                is_copy=False,
                doubtful=subkind in DOUBTFUL_KINDS or _is_variant(album, a, b),
                query=album.read(a.file),
                original=album.read(b.file),
                files=(a.file, b.file),
            )


def _is_variant(album: Album, a: Entry, b: Entry) -> bool:
    if a.kind == "posters":
        if {a.file, b.file} == _ONE_PHOTOGRAPH:
            return True
        codes = [pdq(album.read(entry.file)).bits for entry in (a, b)]
        return int(hamming(*codes)) < VARIANT_BITS
    return a.subkind == "meme_template" and a.group == b.group


def unrelated(album: Album, half: int, rng: np.random.Generator, count: int) -> Iterator[CopyTrial]:
    """Random pairs of photographs."""
    entries = _in_half(album.of_kind("photos"), half)
    for _ in range(count):
        a, b = (entries[int(i)] for i in rng.choice(len(entries), 2, replace=False))
        yield CopyTrial(
            kind="random photos",
            group=a.file,
            is_copy=False,
            query=album.read(a.file),
            original=album.read(b.file),
        )


def drawn_look_alikes(
    album: Album, half: int, rng: np.random.Generator, count: int
) -> Iterator[CopyTrial]:
    """One template, layout, screen, watermark, caption or set of stickers, other contents."""
    entries = _in_half(album.of_kind("photos"), half)
    for i in range(count):
        template, seed = 2 * i + half, int(rng.integers(1 << 30))
        first, second = (
            album.read(entries[int(j)].file) for j in rng.choice(len(entries), 2, replace=False)
        )
        for kind, query, original in (
            ("same card template", text_card(template, seed), text_card(template, seed + 1)),
            ("same quiet card", quiet_card(template, seed), quiet_card(template, seed + 1)),
            (
                "same poster layout",
                poster(template, seed, first),
                poster(template, seed + 1, second),
            ),
            ("same screen", _with(screenshot, first, seed), _with(screenshot, second, seed)),
            ("same watermark", _tiled(first, seed), _tiled(second, seed)),
            ("same caption", _captioned(first, seed), _captioned(second, seed)),
            ("same stickers", _with(stickers, first, seed), _with(stickers, second, seed)),
        ):
            yield CopyTrial(
                kind=kind,
                group=f"{kind} {template}",
                is_copy=False,
                query=reencode(query, 85),
                original=reencode(original, 88),
            )


def _with(
    change: Callable[[Pixels, np.random.Generator], Pixels], pixels: Pixels, seed: int
) -> Pixels:
    return change(pixels, np.random.default_rng(seed))


def _captioned(pixels: Pixels, seed: int) -> Pixels:
    return caption(pixels, np.random.default_rng(seed), lines=1 + seed % 3)


def _tiled(pixels: Pixels, seed: int) -> Pixels:
    return watermark(pixels, np.random.default_rng(seed), tiled=True)


def _in_half(entries: Sequence[Entry], half: int) -> list[Entry]:
    # Photographs come from enough sources to keep these apart; the other kinds do not.
    return [e for e in entries if half_of(e.source if e.kind == "photos" else e.file) == half]


def _some(entries: Sequence[Entry], count: int, rng: np.random.Generator) -> list[Entry]:
    return [entries[int(i)] for i in np.sort(rng.permutation(len(entries))[:count])]


def _others(
    album: Album, entry: Entry, entries: Sequence[Entry], rng: np.random.Generator
) -> list[Pixels]:
    """Nine pictures for the other cells of a collage."""
    rest = [other for other in entries if other.file != entry.file]
    return [album.read(rest[int(i)].file) for i in rng.integers(len(rest), size=9)]
