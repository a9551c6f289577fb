"""Do indexes from a snapshot tell of this register? A few pictures answer, whatever their number.

A snapshot may be whole and still be of another register, or of a history that a restored backup
has undone. Its numbers then name other pictures, or none, and the newest ones tell first.
"""

from __future__ import annotations

from collections.abc import Mapping

from moderation.image.descriptor import from_bytes
from moderation.image.descriptor_index import DescriptorIndex
from moderation.image.feature_index import FeatureIndex
from moderation.image.index import HashIndex
from moderation.image.local_features import LocalFeatures
from moderation.store import Share, StoredPicture
from moderation.store.reading import Reading

LATEST = 64
"""Hashes compared, the newest of each recipe."""
_ASKED = 8  # pictures looked for by features and descriptors
_ITSELF = 0.98  # cosine of a descriptor and its rounded form


def doubt(
    register: Reading,
    hashes: Mapping[str, HashIndex],
    features: FeatureIndex,
    descriptors: DescriptorIndex | None,
    share: Share | None,
) -> str | None:
    """Why indexes that have followed the log to its end cannot be the register's; None if none.

    Args:
        register: what they should tell of.
        hashes: by recipe.
        features: of its pictures.
        descriptors: likewise; None where there are none.
        share: of its pictures that they should hold; None for all.
    """
    there = register.recipes(share=share)
    for recipe, index in hashes.items():
        if len(index) != there.get(recipe, 0):
            return f"`{recipe}` holds {len(index)} hashes, the register {there.get(recipe, 0)}"
        latest = index.latest(LATEST)
        known = register.pictures(latest)
        for number, code in latest.items():
            if number not in known or known[number].code != code:
                found = known[number].code.hex() if number in known else "none"
                return f"`{recipe}` has hash {code.hex()} of picture {number}, the register {found}"
    pictures = register.latest_pictures(_ASKED, share=share)
    if not _knows_details(features, pictures):
        return f"the newest {len(pictures)} pictures have other features than in the register"
    if descriptors is not None and not _knows_likeness(descriptors, pictures):
        return f"the newest {len(pictures)} pictures have other descriptors than in the register"
    return None


def _knows_details(index: FeatureIndex, pictures: list[StoredPicture]) -> bool:
    return all(
        index.holds(picture.picture_id, LocalFeatures.from_bytes(picture.features))
        for picture in pictures
        if picture.features
    )


def _knows_likeness(index: DescriptorIndex, pictures: list[StoredPicture]) -> bool:
    # One is enough: a search among many reads the likeliest lists only, and may miss another.
    asked = [from_bytes(p.descriptor) for p in pictures if p.descriptor]
    asked = [vector for vector in asked if vector.any() and len(vector) == index.dimensions]
    return not asked or any(index.search(vector[None], 1, _ITSELF) for vector in asked)
