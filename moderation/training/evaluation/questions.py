"""What is asked: attacked pictures, and pictures of which no copy is registered.

A question knows its right answers and draws its picture only when it is asked, from a generator
of its own: any question can be asked alone, in any order, and is always the same.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import cv2
import numpy as np

from moderation.training.attacks import Attack, Pixels
from moderation.training.evaluation.collection import Collection, Item
from moderation.training.lookalikes import text_card
from moderation.training.strengths import Dial

COPY = "copy"
STRANGER = "stranger"
LOOK_ALIKE = "look-alike"
TEMPLATE = "template"

_QUALITY = 82
_FILLERS = 12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """One picture, and what a perfect engine would answer."""

    key: str
    """Unique, and the same in every run with the same pictures and seed."""
    kind: str
    """`COPY`, or what it is instead."""
    attack: str
    family: str
    source: str
    """The picture it was made of: questions of one source share its luck."""
    right: frozenset[str] = frozenset()
    """Registered names of the one picture that it copies; any of them is the right answer."""
    doubtful: frozenset[str] = frozenset()
    """Registered names whose match is neither right nor wrong."""
    siblings: frozenset[str] = frozenset()
    """Registered names that look like its source and are other works."""
    draw: Callable[[], Pixels]
    """uint8 [H, W, 3], RGB."""

    def file(self) -> bytes:
        """The picture as it is posted: a JPEG file."""
        return jpeg(self.draw())


def jpeg(pixels: Pixels, quality: int = _QUALITY) -> bytes:
    """uint8 [H, W, 3] RGB as a JPEG file."""
    ok, data = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise RuntimeError("JPEG encoder refused the picture")
    return bytes(data)


class Bank:
    """Makes questions of a collection."""

    def __init__(self, collection: Collection, seed: int) -> None:
        self.collection = collection
        self.seed = seed
        self._pixels = lru_cache(maxsize=_FILLERS + 4)(Item.pixels)
        groups: dict[str, set[str]] = defaultdict(set)
        for item in collection.in_register:
            if item.group:
                groups[item.group].add(item.name)
        self._siblings = {group: frozenset(names) for group, names in groups.items()}

    def copies(self, attacks: Sequence[Attack], per_attack: int) -> Iterator[Question]:
        """Each attack on `per_attack` registered pictures, drawn anew for each attack."""
        for attack in attacks:
            for item in self._some(self.collection.copied, per_attack, attack.name):
                yield self._attacked(item, attack, COPY)

    def curve(self, dial: Dial, per_strength: int) -> Iterator[Question]:
        """Every position of a dial, all on the same registered pictures."""
        for item in self._some(self.collection.copied, per_strength, f"dial {dial.name}"):
            for value in dial.values:
                yield self._attacked(item, dial.at(value), COPY)

    def strangers(self, attacks: Sequence[Attack], per_attack: int) -> Iterator[Question]:
        """Pictures that are not registered: as they are, and attacked like the others.

        None at all where `per_attack` is 0.
        """
        if not per_attack:
            return
        plain = Attack(name="not registered", family="not registered", apply=_as_it_is)
        for item in self.collection.strangers:
            yield self._attacked(item, plain, STRANGER)
        for attack in attacks:
            for item in self._some(self.collection.strangers, per_attack, attack.name):
                yield self._attacked(item, attack, STRANGER)

    def look_alikes(self, most: int) -> Iterator[Question]:
        """Members of groups, the others of which are registered; at most so many of a kind."""
        for kind, items in self.collection.look_alikes.items():
            plain = Attack(name=kind, family=kind, apply=_as_it_is)
            for item in self._some(items, most, kind):
                yield self._attacked(item, plain, LOOK_ALIKE)

    def _attacked(self, item: Item, attack: Attack, kind: str) -> Question:
        key = f"{kind}|{attack.name}|{item.name}"
        same = self.collection.same.get(item.name, frozenset())
        doubtful = self.collection.doubtful.get(item.name, frozenset())
        return Question(
            key=key,
            kind=kind,
            attack=attack.name,
            family=attack.family,
            source=item.name,
            right=same | {item.name} if kind == COPY else frozenset(),
            doubtful=doubtful if kind == COPY else doubtful | same,
            siblings=self._siblings.get(item.group, frozenset()) - same - {item.name},
            draw=partial(self._draw, item, attack, key),
        )

    def _draw(self, item: Item, attack: Attack, key: str) -> Pixels:
        rng = np.random.default_rng([self.seed, zlib.crc32(key.encode())])
        fillers = [other for other in self.collection.strangers if other is not item]
        others = [self._pixels(other) for other in fillers[:_FILLERS]] or [text_card(0, 0)]
        return attack.apply(self._pixels(item), rng, others)

    def _some(self, items: Sequence[Item], count: int, word: str) -> list[Item]:
        rng = np.random.default_rng([self.seed, zlib.crc32(word.encode())])
        return [items[int(i)] for i in rng.permutation(len(items))[:count]]


def _as_it_is(pixels: Pixels, _rng: np.random.Generator, _others: Sequence[Pixels]) -> Pixels:
    return pixels
