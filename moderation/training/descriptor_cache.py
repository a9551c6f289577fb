"""Maps of the network's first, frozen blocks, kept on disk: half of training's work, done once.

A round holds one view of every picture. The first blocks see edges and textures and are as good
for copies as for ImageNet, so only the later ones learn; they start from these maps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from moderation.image.descriptor import network_input
from moderation.training.attacks import Pixels
from moderation.training.descriptor_export import INPUT, save_stem
from moderation.training.descriptor_network import MEAN, SCALE, CopyNetwork
from moderation.training.descriptor_views import copied_view

Maps = NDArray[np.float16]
"""float16 [n, height, width, channels]."""

FROZEN = 5
"""Blocks whose output is kept: 40 maps at an eighth of the input's side."""
_BATCH = 16
_OTHERS = 9


class ViewCache:
    """Rounds of views in a folder; a round that is there is not made again."""

    def __init__(
        self,
        folder: Path,
        network: CopyNetwork,
        pictures: Sequence[Pixels],
        fillers: Sequence[Pixels],
        seed: int,
    ) -> None:
        self._folder = folder
        self._pictures = pictures
        self._fillers = fillers
        self._seed = seed
        self._side = network.shape.input_px
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(save_stem(network, FROZEN, folder / "stem")),
            options,
            providers=["CPUExecutionProvider"],
        )

    def clean(self) -> Maps:
        """Of the pictures as they are."""
        return self._kept("clean", lambda i: self._pictures[i])

    def round(self, number: int) -> Maps:
        """Of one copy of every picture; copies differ from round to round."""

        def view(i: int) -> Pixels:
            rng = np.random.default_rng([self._seed, number, i])
            chosen = rng.integers(len(self._fillers), size=_OTHERS)
            return copied_view(self._pictures[i], rng, [self._fillers[int(j)] for j in chosen])

        return self._kept(f"round{number:03}", view)

    def _kept(self, name: str, view: Callable[[int], Pixels]) -> Maps:
        path = self._folder / f"{name}.npy"
        if not path.exists():
            unfinished = path.with_suffix(".part")
            with unfinished.open("wb") as file:
                np.save(file, np.concatenate(list(self._maps(view))), allow_pickle=False)
            unfinished.replace(path)
        maps: Maps = np.load(path, mmap_mode="r", allow_pickle=False)
        return maps

    def _maps(self, view: Callable[[int], Pixels]) -> Iterator[Maps]:
        for start in range(0, len(self._pictures), _BATCH):
            stop = min(start + _BATCH, len(self._pictures))
            batch = np.stack(
                [
                    network_input(view(i), (self._side, self._side), (MEAN,) * 3, (SCALE,) * 3)
                    for i in range(start, stop)
                ]
            )
            yield self._session.run(None, {INPUT: batch})[0].astype(np.float16)
