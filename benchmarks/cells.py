"""How numbers stand in the tables of `README.md`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

Result = dict[str, Any]


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Markdown."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return ["| " + " | ".join(map(str, line)) + " |" for line in lines]


def counted(share: Result) -> str:
    """Hits, and the share where there is one."""
    return f"{share['hits']} ({share['value']:.0%})" if share["n"] else "–"


def at_most(share: Result) -> float:
    """Upper end of the share, 95 % one-sided (Wilson); results round it away where it is small."""
    hits, n, z2 = share["hits"], share["n"], 1.645**2
    spread = (z2 * hits * (n - hits) / n + z2 * z2 / 4) ** 0.5
    return float((hits + z2 / 2 + spread) / (n + z2))


def with_ci(row: Result) -> str:
    """A share with its 95 % interval."""
    return f"{row['value']:.3f} ({row['ci95'][0]:.3f}–{row['ci95'][1]:.3f})"


def interval(ratio: Result) -> str:
    """With its 95 % interval."""
    return f"{ratio['ratio']} ({ratio['ci95'][0]}–{ratio['ci95'][1]})"
