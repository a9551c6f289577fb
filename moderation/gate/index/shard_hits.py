"""What a shard is asked, what it finds, and how the finds of all shards become one index's.

Nearest hashes and nearest descriptors are nearest among all if they are among the shard's own, so
each shard gives as many as one index would, and the first of them together are taken. Votes of
shared features weigh by how many pictures hold a key, which no shard knows alone: so shards count
first, the sums give the weights, and shards are asked for their votes with these.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from moderation.gate.index.followed import FollowedIndex
from moderation.gate.index.frames import Arrays
from moderation.gate.index.nominated import (
    ALIKE,
    SHARING_MUCH,
    alike_candidates,
    near_candidates,
    sharing_candidates,
)
from moderation.image.descriptor_index import DescriptorHit
from moderation.image.descriptor_search import nearest_of as nearest_products
from moderation.image.feature_index import FeatureHit, most_voted, states_of, weights_of
from moderation.image.feature_segments import Keys
from moderation.image.hashing import PDQ256, RECIPES
from moderation.image.index import IndexHit
from moderation.image.index import nearest_of as nearest_hashes
from moderation.image.matching import MIN_COSINE, NEAREST, Candidate, radius_for
from moderation.image.query import Query

STATES = (0, 1)
"""A query and its mirror image have keys of their own."""
FIRST_ASKED = frozenset({PDQ256.name})
"""Recipes whose codes every question brings; for others a shard has to ask."""
_NEAR, _ALIKE = ("rows", "ids", "bits"), ("rows", "ids", "products")


# What is asked


def hash_question(query: Query, recipes: Iterable[str]) -> dict[str, np.ndarray]:
    """Codes of a picture by recipe."""
    return {f"codes {name}": query.codes_for(RECIPES[name]) for name in sorted(recipes)}


def detail_question(query: Query) -> dict[str, np.ndarray]:
    """Keys of its features, and its descriptors."""
    states = states_of(query.verifiable().features)
    keys = {f"keys {state}": states[state] for state in STATES}
    return keys | {"vectors": query.telling_descriptors()}


def vote_question(asked: Arrays, answers: Sequence[Arrays]) -> dict[str, np.ndarray]:
    """Keys that count, with their weights, by what all shards hold together."""
    question = {}
    for state in STATES:
        keys = asked[f"keys {state}"]
        holders = sum((a[f"holders {state}"] for a in answers), np.zeros(len(keys), np.int64))
        weights = np.where(holders > 0, weights_of(holders), 0)
        question[f"keys {state}"] = keys[weights > 0]
        question[f"weights {state}"] = weights[weights > 0]
    return question


# What a shard answers


def shard_finds(index: FollowedIndex, asked: Arrays) -> dict[str, np.ndarray]:
    """Near hashes, near descriptors, and how many pictures hold each key."""
    found: dict[str, np.ndarray] = {}
    for hashes in index.hashes():
        name = hashes.recipe.name
        if f"codes {name}" in asked:
            near = hashes.near(asked[f"codes {name}"], radius_for(hashes.recipe), NEAREST)
            found |= {f"{kind} {name}": column for kind, column in zip(_NEAR, near, strict=True)}
    for state in STATES:
        if f"keys {state}" in asked:
            found[f"holders {state}"] = index.features().holders(asked[f"keys {state}"])
    descriptors, vectors = index.descriptors(), asked.get("vectors")
    if descriptors is not None and vectors is not None and len(vectors):
        alike = descriptors.nearest(vectors, ALIKE, MIN_COSINE)
        found |= {f"alike {kind}": column for kind, column in zip(_ALIKE, alike, strict=True)}
    return found


def shard_votes(index: FollowedIndex, asked: Arrays) -> dict[str, np.ndarray]:
    """Pictures that share most with the query, by weights that all shards agree on."""
    states = [(asked[f"keys {state}"], asked[f"weights {state}"]) for state in STATES]
    hits = index.features().votes(states, SHARING_MUCH)
    return {
        "ids": np.array([hit.id for hit in hits], np.int64),
        "votes": np.array([hit.votes for hit in hits], np.float64),
    }


# What comes of it


def near_by_all(query: Query, answers: Sequence[Arrays]) -> list[Candidate]:
    """Candidates by hash."""
    candidates = []
    for name, recipe in RECIPES.items():
        finds = [
            tuple(a[f"{kind} {name}"] for kind in _NEAR) for a in answers if f"ids {name}" in a
        ]
        rows, ids, bits = nearest_hashes(finds, NEAREST)  # type: ignore[arg-type]
        hits = [
            IndexHit(query_row=row, id=number, distance_bits=distance)
            for row, number, distance in zip(
                rows.tolist(), ids.tolist(), bits.tolist(), strict=True
            )
        ]
        candidates += near_candidates(query, recipe, hits)
    return candidates


def alike_by_all(answers: Sequence[Arrays]) -> list[Candidate]:
    """Candidates by descriptor."""
    finds = [tuple(a[f"alike {kind}"] for kind in _ALIKE) for a in answers if "alike ids" in a]
    rows, ids, products = nearest_products(finds, ALIKE, MIN_COSINE)  # type: ignore[arg-type]
    return alike_candidates(
        DescriptorHit(query_row=row, id=number, cosine=cosine)
        for row, number, cosine in zip(
            rows.tolist(), ids.tolist(), np.clip(products, -1, 1).tolist(), strict=True
        )
    )


def sharing_by_all(answers: Sequence[Arrays]) -> list[Candidate]:
    """Candidates by shared features."""
    hits = [
        FeatureHit(id=number, votes=votes)
        for answer in answers
        for number, votes in zip(answer["ids"].tolist(), answer["votes"].tolist(), strict=True)
    ]
    return sharing_candidates(most_voted(hits, SHARING_MUCH))


def keys_asked(question: Arrays) -> Keys:
    """All keys of a vote question, to see whether there are any."""
    return np.concatenate([question[f"keys {state}"] for state in STATES])
