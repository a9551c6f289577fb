"""PDQ as its description reads, one step after another, in double precision: slow and obvious."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

SIDE = 512


def slow_pdq(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], int]:
    """Hash uint8 [32] and quality of uint8 [H, W, 3]."""
    luma = pixels @ np.array([0.299, 0.587, 0.114])
    earlier = 0
    if max(luma.shape) > SIDE:
        luma, earlier = _area_mean(_area_mean(luma).T).T, 1
    grid = luma if luma.shape == (64, 64) else _decimated(luma, earlier)
    spectrum = [[_coefficient(grid, i, j) for j in range(1, 17)] for i in range(1, 17)]
    flat = [value for row in spectrum for value in row]
    median = sorted(flat)[127]
    number = sum(1 << k for k, value in enumerate(flat) if value > median)
    return np.frombuffer(number.to_bytes(32, "big"), np.uint8), _quality(grid)


def _area_mean(luma: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each of 512 rows is the mean of the rows it covers, the partly covered ones in part."""
    rows = []
    for i in range(SIDE):
        start, stop = i * len(luma) / SIDE, (i + 1) * len(luma) / SIDE
        total = np.zeros(luma.shape[1])
        for k in range(math.floor(start), math.ceil(stop)):
            total += luma[k] * (min(k + 1, stop) - max(k, start))
        rows.append(total / (stop - start))
    return np.array(rows)


def _decimated(luma: NDArray[np.float64], earlier: int) -> NDArray[np.float64]:
    for _ in range(2):
        luma = _box(_box(luma).T).T
    height, width = luma.shape
    rows = [int((i + 0.5) * height / 64) - earlier for i in range(64)]
    columns = [int((j + 0.5) * width / 64) - earlier for j in range(64)]
    return luma[rows][:, columns]


def _box(luma: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of up to `window` rows around each row."""
    window = math.ceil(len(luma) / 128)
    after = (window + 2) // 2
    before = window - after
    return np.array([luma[max(0, i - before) : i + after].mean(axis=0) for i in range(len(luma))])


def _coefficient(grid: NDArray[np.float64], i: int, j: int) -> float:
    at = np.arange(64)
    down = np.cos(math.pi / 128 * i * (2 * at + 1))
    across = np.cos(math.pi / 128 * j * (2 * at + 1))
    return float((grid * down[:, None] * across[None, :]).sum() * 2 / 64)


def _quality(grid: NDArray[np.float64]) -> int:
    total = 0
    for i in range(64):
        for j in range(64):
            if i < 63:
                total += abs(int((grid[i, j] - grid[i + 1, j]) * 100 / 255))
            if j < 63:
                total += abs(int((grid[i, j] - grid[i, j + 1]) * 100 / 255))
    return min(100, total // 90)
