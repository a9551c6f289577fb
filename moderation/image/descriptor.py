"""The learned copy descriptor: pictures → unit vectors that stay close under what re-posters do.

It nominates what hashes miss: strong crops, stickers, photographs of screens. Like every
nomination its cosine proves nothing; geometry decides.

The network comes from a model folder (`moderation.artifacts`) and runs in ONNX Runtime on one
thread. Any copy network in ONNX may take its place through a folder of the same layout.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from moderation.artifacts import CONFIG, COPY_DESCRIPTOR, Artifact, open_artifact
from moderation.errors import ArtifactError
from moderation.image.durable import corrupt
from moderation.image.scaling import scaled
from moderation.network import first_line, open_network

Pixels = NDArray[np.uint8]
"""uint8 [H, W, 3], RGB."""
Vectors = NDArray[np.float32]
"""float32 [n, d], unit rows."""

KIND = "copy-descriptor"
MAX_DIMENSIONS = 4096
MAX_INPUT_PX = 1024
_STORED = "<f2"
_SHORTEST = 1e-6  # of a vector that still has a direction


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settings:
    """What `config.json` says."""

    graph: str
    input_name: str
    output_name: str
    size: tuple[int, int]
    """Width and height."""
    letterbox: bool
    mean: tuple[float, float, float]
    scale: tuple[float, float, float]
    dimensions: int
    normalise: bool
    projection: str | None


class Describer:
    """Describes pictures. Safe to share between threads."""

    def __init__(self, artifact: Artifact) -> None:
        """Open the network of a checked folder.

        Raises:
            ArtifactError: the configuration or the network cannot be used.
        """
        self._settings = settings = _settings(artifact)
        used = [n for n in sorted(artifact.files) if n.endswith((".onnx", ".safetensors", ".npy"))]
        self.recipe = artifact.recipe(*used)
        """Name and digest of what decides the vectors; vectors of two recipes are not compared."""
        self.dimensions = settings.dimensions
        """Numbers in a vector."""
        self._projection = _projection(artifact, settings)
        names = (settings.input_name, settings.output_name)
        self._session = open_network(artifact, settings.graph, names)

    @classmethod
    def open(cls, folder: Path | None = None) -> Self:
        """The describer of a model folder, or the one that comes with this package.

        Raises:
            ModelNotFound: there is no such folder.
            DigestMismatch: a file of it was changed or damaged.
            ArtifactError: it is of another kind, or its network cannot be used.
        """
        return cls(open_artifact(COPY_DESCRIPTOR, KIND, folder))

    def describe(self, views: Sequence[Pixels]) -> Vectors:
        """Vectors of pictures or parts of pictures.

        On one machine the same pixels give exactly the same vector, whatever is described beside
        them: views go through the network one by one. On one thread a batch of eight is not
        faster. Other processors round differently, in the sixth digit.

        Args:
            views: each uint8 [h, w, 3], RGB, of any size and shape. A flat one has a vector like
                every other: it says little, and how little is for the caller to judge (PDQ
                quality). One without pixels has none.

        Returns:
            float32 [n, d], unit rows; zeros for a view without pixels.
        """
        out = np.zeros((len(views), self.dimensions), np.float32)
        settings = self._settings
        for row, view in zip(out, views, strict=True):
            if view.size:
                pixels = network_input(
                    view,
                    settings.size,
                    settings.mean,
                    settings.scale,
                    letterbox=settings.letterbox,
                )
                row[:] = self._finished(self._answer(pixels[None]))
        return out

    def _answer(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        settings = self._settings
        try:
            (rows,) = self._session.run([settings.output_name], {settings.input_name: pixels})
        except Exception as error:  # ONNX Runtime's own classes are private
            raise ArtifactError(
                f"the network of `{self.recipe}` fails on input {pixels.shape}: "
                f"{first_line(error)}",
                hint=f"correct `input` in `{CONFIG}`, or export the network again",
            ) from None
        return np.asarray(rows, np.float32).reshape(1, -1)

    def _finished(self, rows: NDArray[np.float32]) -> Vectors:
        """float32 [1, d]."""
        if self._projection is not None:
            rows = rows @ self._projection
        if rows.shape[1] != self.dimensions or not np.isfinite(rows).all():
            raise ArtifactError(
                f"the network of `{self.recipe}` gave {rows.shape[1]} numbers, finite or not, "
                f"expected {self.dimensions} finite ones",
                hint=f"correct `dimensions` in `{CONFIG}`, or export the network again",
            )
        return unit(rows) if self._settings.normalise else rows


def network_input(
    pixels: Pixels,
    size: tuple[int, int],
    mean: Sequence[float],
    scale: Sequence[float],
    *,
    letterbox: bool = False,
) -> NDArray[np.float32]:
    """Scale to width and height and normalise: float32 [3, height, width].

    Args:
        pixels: uint8 [h, w, 3], RGB, not empty.
        size: width and height of the network's input.
        mean: of each channel, in grey levels.
        scale: what differences to the mean are divided by.
        letterbox: keep the shape and fill with the mean, instead of squashing. Squashed pictures
            stay more alike when somebody crops or stretches them.
    """
    width, height = size
    if letterbox:
        ratio = min(width / pixels.shape[1], height / pixels.shape[0])
        w, h = (max(1, round(side * ratio)) for side in (pixels.shape[1], pixels.shape[0]))
        out = np.empty((height, width, 3), np.float32)
        out[:] = mean
        y, x = (height - h) // 2, (width - w) // 2
        out[y : y + h, x : x + w] = scaled(pixels, (w, h))
    else:
        out = scaled(pixels, size).astype(np.float32)
    planes = (out - np.asarray(mean, np.float32)) / np.asarray(scale, np.float32)
    return np.ascontiguousarray(planes.transpose(2, 0, 1), np.float32)


def unit(rows: NDArray[np.float32]) -> Vectors:
    """Rows of length 1; a row without direction stays zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.where(lengths > _SHORTEST, rows / np.maximum(lengths, _SHORTEST), 0).astype(
        np.float32
    )


def to_bytes(vector: NDArray[np.float32]) -> bytes:
    """As it is stored and sent: `d` numbers of half precision (IEEE 754 binary16), little-endian.

    The cosine of a vector of some hundred numbers to its stored form is 0.999999 or more.

    Args:
        vector: float32 [d], finite.
    """
    return unit(vector[None])[0].astype(_STORED).tobytes()


def from_bytes(data: bytes) -> NDArray[np.float32]:
    """The unit vector of a stored form, float32 [d]; zeros for zeros.

    Raises:
        IndexCorrupt: the bytes are not what `to_bytes` writes.
    """
    if len(data) % 2 or not np.isfinite(stored := np.frombuffer(data, _STORED)).all():
        raise corrupt(f"a descriptor of {len(data)} bytes has not the form of one")
    return unit(stored.astype(np.float32)[None])[0]


def _settings(artifact: Artifact) -> _Settings:
    config = artifact.config
    try:
        given: Mapping[str, Any] = config["input"]
        result: Mapping[str, Any] = config["output"]
        width, height = (int(side) for side in given["size"])
        settings = _Settings(
            graph=str(config["graph"]),
            input_name=str(given["name"]),
            output_name=str(result["name"]),
            size=(width, height),
            letterbox={"squash": False, "letterbox": True}[given["resize"]],
            mean=_three(given["mean"]),
            scale=_three(given["scale"]),
            dimensions=int(result["dimensions"]),
            normalise=bool(result.get("normalise", True)),
            projection=result.get("projection"),
        )
        if not 1 <= settings.dimensions <= MAX_DIMENSIONS:
            raise ValueError(f"got {settings.dimensions} dimensions, limit {MAX_DIMENSIONS}")
        if not all(1 <= side <= MAX_INPUT_PX for side in settings.size):
            raise ValueError(f"got input size {settings.size}, limit {MAX_INPUT_PX} px a side")
        if not all(np.isfinite((*settings.mean, *settings.scale))) or 0 in settings.scale:
            raise ValueError("`mean` and `scale` must be finite, `scale` not 0")
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(
            f"`{CONFIG}` of `{artifact.name}` cannot be used: {error}",
            hint="compare it with the page on own models",
        ) from None
    return settings


def _three(values: Sequence[float]) -> tuple[float, float, float]:
    red, green, blue = (float(v) for v in values)
    return red, green, blue


def _projection(artifact: Artifact, settings: _Settings) -> NDArray[np.float32] | None:
    """The matrix float32 [outputs, d] behind the network, if there is one."""
    if settings.projection is None:
        return None
    import io

    try:
        data = io.BytesIO(artifact.file(settings.projection))
        matrix = np.load(data, allow_pickle=False)
        if matrix.ndim != 2 or matrix.shape[1] != settings.dimensions:
            raise ValueError(f"got shape {matrix.shape}, expected (…, {settings.dimensions})")
        return matrix.astype(np.float32)
    except (ValueError, TypeError, EOFError) as error:
        raise ArtifactError(
            f"the projection `{settings.projection}` of `{artifact.name}` is no matrix: {error}",
            hint="save it with `numpy.save` as float32 [outputs, dimensions]",
        ) from None
