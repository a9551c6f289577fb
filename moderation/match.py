"""Match: geometry proves that one picture shows what another shows.

A `Match` is a value without pixels. Regions are polygons in fractions of
width and height, so that they can be drawn on a picture of any size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

Point = tuple[float, float]
"""(x, y) as fractions of width and height, 0–1, origin top left."""

Polygon = tuple[Point, ...]


class Direction(StrEnum):
    """Which picture holds which."""

    SAME = "same"
    """Both show the same extent (more than four fifths each way)."""
    QUERY_IN_ORIGINAL = "query_in_original"
    """The query is a part of the original: a crop."""
    ORIGINAL_IN_QUERY = "original_in_query"
    """The query holds the original and more: a collage cell, a screenshot, a frame."""
    OVERLAP = "overlap"
    """Each shows something the other does not."""


class Basis(StrEnum):
    """On what the match rests."""

    GEOMETRY = "geometry"
    """Local features agree under one similarity transform."""
    NEAR_EXACT_HASH = "near_exact_hash"
    """Insufficient detail for geometry (flat pictures); the hashes agree almost bit for bit."""
    HASH_ONLY = "hash_only"
    """The archive holds a hash without features: unverified, never enough to block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One picture of the register that the query picture copies, or is copied by."""

    note_id: str
    """Note that holds the registered picture; empty for `compare`."""
    image_number: int
    """Number of the picture in that note, from 0."""
    author_id: str
    """Author of that note; empty where unknown."""
    published_at: datetime | None
    """When that note was published (UTC)."""
    score: float
    """Calibrated 0–1: how sure we are that this is a copy. Says nothing about right or wrong."""
    share_of_query: float
    """Share of the query's area that lies inside the matched region, 0–1."""
    share_of_original: float
    """Share of the registered picture's area that the query shows, 0–1."""
    transform: tuple[float, float, float, float, float, float] | None
    """(a, b, tx, c, d, ty): query pixel (x, y) → registered pixel (a·x+b·y+tx, c·x+d·y+ty)."""
    region_query: Polygon
    """Matched region in the query."""
    region_original: Polygon
    """Matched region in the registered picture."""
    inliers: int
    """Local features that agree under `transform`."""
    distance_bits: int | None
    """Hamming distance of the closest pair of hashes, 0–256; None where none was near."""
    cosine: float | None = None
    """Cosine of the copy descriptors, −1–1; None without a descriptor."""
    direction: Direction = Direction.SAME
    mirrored: bool = False
    """True where the transform turns the picture over."""
    basis: Basis = Basis.GEOMETRY
    query_size: tuple[int, int] = (0, 0)
    """Width and height of the query, upright, in pixels."""
    original_size: tuple[int, int] = (0, 0)
    """Width and height of the registered picture, upright, in pixels; (0, 0) if unknown."""
    picture_id: int = 0
    """Number of the registered picture in the register's log; 0 for `compare`."""

    @property
    def verified(self) -> bool:
        """False where only a hash without features was there to compare."""
        return self.basis is not Basis.HASH_ONLY

    def to_json(self) -> dict[str, Any]:
        """JSON as in verdicts, CLI and HTTP."""
        return {
            "note_id": self.note_id,
            "image_number": self.image_number,
            "author_id": self.author_id,
            "published_at": self.published_at.isoformat() if self.published_at else None,
            "score": round(self.score, 4),
            "share_of_query": round(self.share_of_query, 4),
            "share_of_original": round(self.share_of_original, 4),
            "transform": [round(x, 5) for x in self.transform] if self.transform else None,
            "region_query": _polygon_to_json(self.region_query),
            "region_original": _polygon_to_json(self.region_original),
            "inliers": self.inliers,
            "distance_bits": self.distance_bits,
            "cosine": self.cosine,
            "direction": self.direction.value,
            "mirrored": self.mirrored,
            "basis": self.basis.value,
            "verified": self.verified,
            "query_size": list(self.query_size),
            "original_size": list(self.original_size),
            "picture_id": self.picture_id,
        }

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Match:
        """Inverse of `to_json`, up to rounding."""
        at = row["published_at"]
        transform = row["transform"]
        return cls(
            note_id=row["note_id"],
            image_number=row["image_number"],
            author_id=row["author_id"],
            published_at=datetime.fromisoformat(at) if at else None,
            score=row["score"],
            share_of_query=row["share_of_query"],
            share_of_original=row["share_of_original"],
            transform=tuple(transform) if transform else None,
            region_query=tuple((x, y) for x, y in row["region_query"]),
            region_original=tuple((x, y) for x, y in row["region_original"]),
            inliers=row["inliers"],
            distance_bits=row["distance_bits"],
            cosine=row["cosine"],
            direction=Direction(row["direction"]),
            mirrored=row["mirrored"],
            basis=Basis(row["basis"]),
            query_size=(row["query_size"][0], row["query_size"][1]),
            original_size=(row["original_size"][0], row["original_size"][1]),
            picture_id=row["picture_id"],
        )


def _polygon_to_json(polygon: Polygon) -> list[list[float]]:
    return [[round(x, 4), round(y, 4)] for x, y in polygon]
