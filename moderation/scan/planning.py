"""What a scan of so many notes will take, by arithmetic alone: nothing is opened, nothing runs.

Every stage is items × a measured cost of one item. What grows faster than the number of items
says so in `growth`, and in the words of the page that writes this arithmetic out
(`docs/why/scan-arithmetic.md`).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from moderation.errors import BadSetting
from moderation.scan.costs import Costs

BANDS = 16
"""Of a hash, each of 16 bits, as `image.hash_bands` cuts it; a test compares."""
BAND_BITS = 16
CODE_BYTES = 32
ID_BYTES = 8
MOST_ROWS = 1 << 63
"""The join numbers a pair as query × known codes + known code, in 63 bits."""
KEY_VALUES = 6 << 24
"""Tables × values of a key of a local feature, as `image.feature_index` has them."""
MOST_SHARED = 1_000
"""A key that more pictures hold says nothing there."""

_MEASURED_AT = 1_000_000  # pictures that the searches were measured among
_READERS = ("lettering", "codes", "watermark")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """What a scan may use."""

    machines: int = 1
    cores: int = 8
    """Of each machine."""
    memory_bytes: int = 64 * 10**9
    """Of each machine."""

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if value < 1:
                raise BadSetting(f"`{name}` must be at least 1, got {value}", hint="give a fleet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What one part of a scan takes."""

    name: str
    """`observe`, `lay_out`, `join`, `prove` or `judge`."""
    items: float
    core_hours: float
    hours: float
    """On the machines given."""
    lanes: int
    """Cores that can work at once."""
    read_bytes: float
    written_bytes: float
    memory_bytes: float
    """Of a machine that works at it with all its cores."""
    growth: str
    """With the items n: `n`, `n√n` or `n²`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """The pair join over hashes, cut into parts that fit."""

    queries: float
    """Codes that are searched with: each view of each picture, turned and mirrored."""
    known: float
    """Codes that are searched among: one a picture."""
    parts_a_band: int
    """Powers of two: so many that each core has a part, and the memory of a machine all of them."""
    shuffle_bytes: float
    """Sent to the machines of the parts, all bands together."""
    one_process_hours: float
    """On one core, as `moderation scan pair` joins today."""
    held: bool
    """True where the memory of a machine holds all codes."""
    numbered: bool
    """True where one process can number the pairs."""

    @property
    def whole(self) -> bool:
        """One process can do it; it is cut into parts otherwise."""
        return self.held and self.numbered

    @property
    def parts(self) -> int:
        """Of all bands, each joined by itself."""
        return BANDS * self.parts_a_band


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A scan, before it is begun."""

    notes: int
    pictures: float
    fleet: Fleet
    stages: tuple[Stage, ...]
    join: Join
    index_bytes: Mapping[str, float]
    """Of `hashes` (32 bytes and an id of 8), `descriptors` and `features`: what is searched."""
    disk_bytes: float
    """Observations, index, pairs and verdicts; the archive itself is not counted."""
    pictures_a_key: float
    """That share one key of a local feature on average; above `MOST_SHARED` keys say nothing."""
    costs: Costs

    @property
    def core_hours(self) -> float:
        """Of all stages."""
        return sum(stage.core_hours for stage in self.stages)

    @property
    def hours(self) -> float:
        """Of all stages, one after another."""
        return sum(stage.hours for stage in self.stages)

    def to_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "notes": self.notes,
            "pictures": self.pictures,
            "fleet": asdict(self.fleet),
            "stages": [asdict(stage) for stage in self.stages],
            "core_hours": self.core_hours,
            "hours": self.hours,
            "join": asdict(self.join) | {"parts": self.join.parts, "whole": self.join.whole},
            "index_bytes": dict(self.index_bytes),
            "disk_bytes": self.disk_bytes,
            "pictures_a_key": self.pictures_a_key,
            "costs": {name: asdict(cost) for name, cost in self.costs.each.items()},
            "machine": self.costs.machine,
        }


def plan(
    notes: int,
    costs: Costs,
    fleet: Fleet,
    *,
    pictures_a_note: float,
    without: Collection[str] = (),
) -> Plan:
    """What a scan takes.

    Args:
        notes: of the archive, at least 1.
        costs: of one item.
        fleet: that works at it.
        pictures_a_note: on average.
        without: readers of marks that are left out.

    Raises:
        BadSetting: a number is out of range.
    """
    if notes < 1 or not 0 <= pictures_a_note <= 100:
        raise BadSetting(
            f"cannot plan for {notes:,} notes of {pictures_a_note:g} pictures",
            hint="give at least one note, and 0–100 pictures a note",
        )
    pictures = notes * pictures_a_note
    join = _join(pictures, costs, fleet)
    index = {
        "hashes": pictures * (CODE_BYTES + ID_BYTES),
        "descriptors": pictures * costs["descriptor_index_bytes"],
        "features": pictures * costs["feature_index_bytes"],
    }
    stages = (
        _observe(pictures, costs, fleet, without),
        _lay_out(pictures, costs, fleet, index),
        _joining(pictures, join, costs, fleet),
        _prove(pictures, costs, fleet),
        _judge(notes, costs),
    )
    return Plan(
        notes=notes,
        pictures=pictures,
        fleet=fleet,
        stages=stages,
        join=join,
        index_bytes=index,
        disk_bytes=sum(stage.written_bytes for stage in stages),
        pictures_a_key=pictures * costs["feature_keys"] / KEY_VALUES,
        costs=costs,
    )


def _stage(
    name: str,
    items: float,
    core_s: float,
    lanes: int,
    *,
    read: float,
    written: float,
    memory: float,
    growth: str = "n",
) -> Stage:
    return Stage(
        name=name,
        items=items,
        core_hours=core_s / 3600,
        hours=core_s / 3600 / lanes,
        lanes=lanes,
        read_bytes=read,
        written_bytes=written,
        memory_bytes=memory,
        growth=growth,
    )


def _observe(pictures: float, costs: Costs, fleet: Fleet, without: Collection[str]) -> Stage:
    each = costs["observe_s"]
    for reader in _READERS:
        each += costs[f"observe_{reader}_s"] if reader not in without else 0
    return _stage(
        "observe",
        pictures,
        pictures * each,
        fleet.machines * fleet.cores,
        read=pictures * costs["picture_bytes"],
        written=pictures * costs["observed_bytes"],
        memory=fleet.cores * costs["observe_worker_bytes"],
    )


def _lay_out(pictures: float, costs: Costs, fleet: Fleet, index: Mapping[str, float]) -> Stage:
    # One process: what it writes is one index, which every machine then maps.
    return _stage(
        "lay_out",
        pictures,
        pictures * costs["lay_out_s"],
        1,
        read=pictures * costs["observed_bytes"],
        written=sum(index.values()),
        memory=min(fleet.memory_bytes, index["descriptors"]),
    )


def _join(pictures: float, costs: Costs, fleet: Fleet) -> Join:
    queries = pictures * costs["codes"]
    needed = pictures * costs["join_code_bytes"] / fleet.memory_bytes
    at_once = needed * fleet.cores
    cuts = min(BAND_BITS, math.ceil(math.log2(at_once))) if at_once > 1 else 0
    row = CODE_BYTES + ID_BYTES
    # A part of a band holds the lists whose values begin alike; a query goes to its own part, and
    # to those that one flipped bit among these first ones leads to.
    sent = BANDS * row * (pictures + queries * (1 + cuts))
    return Join(
        queries=queries,
        known=pictures,
        parts_a_band=1 << cuts,
        shuffle_bytes=sent,
        one_process_hours=_join_s(queries, pictures, costs) / 3600,
        held=needed <= 1,
        numbered=queries * pictures < MOST_ROWS,
    )


def _join_s(queries: float, known: float, costs: Costs) -> float:
    return queries * costs["join_code_s"] + queries * known * costs["join_comparison_s"]


def _joining(pictures: float, join: Join, costs: Costs, fleet: Fleet) -> Stage:
    at_once = min(fleet.cores, join.parts)
    held = pictures if join.whole else at_once * pictures / join.parts_a_band
    return _stage(
        "join",
        join.queries,
        _join_s(join.queries, join.known, costs),
        1 if join.whole else min(fleet.machines * fleet.cores, join.parts),
        read=pictures * costs["observed_bytes"],
        written=join.queries * costs["join_pair_share"] * 4 * ID_BYTES,
        memory=held * costs["join_code_bytes"],
        growth="n²",
    )


def _prove(pictures: float, costs: Costs, fleet: Fleet) -> Stage:
    decoded = pictures * costs["candidate_share"]
    alike = costs["search_descriptors_s"] * math.sqrt(max(1.0, pictures / _MEASURED_AT))
    shared = min(MOST_SHARED, pictures * costs["feature_keys"] / KEY_VALUES)
    sharing = costs["search_features_s"] + shared * costs["search_features_key_s"]
    return _stage(
        "prove",
        pictures,
        pictures * (alike + sharing) + decoded * costs["decoded_s"],
        fleet.machines * fleet.cores,
        read=pictures * costs["observed_bytes"] + decoded * costs["picture_bytes"],
        written=decoded * costs["pair_bytes"],
        memory=fleet.cores * costs["pair_worker_bytes"],
        growth="n√n",
    )


def _judge(notes: int, costs: Costs) -> Stage:
    # In order of publication, each by what came before it: one process.
    return _stage(
        "judge",
        notes,
        notes * costs["judge_s"],
        1,
        read=notes * costs["verdict_bytes"],
        written=notes * costs["verdict_bytes"],
        memory=costs["pair_worker_bytes"],
    )
