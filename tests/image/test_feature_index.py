"""The index of shared local features: votes like a slow count, follows additions and removals."""

from __future__ import annotations

import math
import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit.pictures import cropped, mirrored, recompressed, scene

from moderation.errors import IndexCorrupt, RecipeMismatch
from moderation.image.feature_index import KEY_BITS, TABLES, FeatureIndex, keys_of
from moderation.image.hashing import PDQ256
from moderation.image.index import HashIndex
from moderation.image.local_features import LocalFeatures, query_features, stored_features


def features_with(descriptors: np.ndarray) -> LocalFeatures:
    """Descriptors uint8 [n, 128] at no particular place."""
    n = len(descriptors)
    return LocalFeatures(
        points=np.zeros((n, 2), np.float32),
        scales=np.ones(n, np.float32),
        angles=np.zeros(n, np.float32),
        descriptors=descriptors,
        size=(10, 10),
    )


def random_features(seed: int, n: int = 12) -> LocalFeatures:
    """Alike in part from seed to seed, so that some keys are shared by chance."""
    rng = np.random.default_rng(seed)
    pool = np.random.default_rng(0).integers(0, 16, (30, 128), dtype=np.uint8)
    return features_with(pool[rng.choice(30, n, replace=False)])


def slow_votes(stored: dict[int, LocalFeatures], query: LocalFeatures) -> dict[int, float]:
    """Each shared key counts 1 / √holders; the better of the query and its mirror image."""
    keys = {number: set(keys_of(f.descriptors).tolist()) for number, f in stored.items()}
    holders = Counter(key for held in keys.values() for key in held)
    best: dict[int, float] = {}
    for state in (query, query.mirrored()):
        asked = set(keys_of(state.descriptors).tolist())
        for number, held in keys.items():
            shared = sum(1 / math.sqrt(holders[key]) for key in held & asked)
            if shared:
                best[number] = max(best.get(number, 0.0), shared)
    return best


@settings(max_examples=40, deadline=None)
@given(
    seeds=st.lists(st.integers(1, 60), min_size=1, max_size=25, unique=True),
    removed=st.sets(st.integers(1, 60)),
    query=st.integers(1, 60),
)
def test_votes_equal_a_slow_count(seeds: list[int], removed: set[int], query: int) -> None:
    """However the segments were merged, the votes are those of a plain count."""
    index = FeatureIndex()
    for seed in seeds:
        index.add([seed], [random_features(seed)])
    index.remove(sorted(removed))
    index.compact()
    left = {seed: random_features(seed) for seed in seeds if seed not in removed}
    found = {hit.id: hit.votes for hit in index.search(random_features(query), limit=100)}
    assert found == pytest.approx(slow_votes(left, random_features(query)))


@settings(max_examples=20, deadline=None)
@given(order=st.permutations(list(range(1, 9))))
def test_order_of_additions_does_not_matter(order: list[int]) -> None:
    """One by one in any order, or all at once: the same hits."""
    one_by_one, at_once = FeatureIndex(), FeatureIndex()
    for seed in order:
        one_by_one.add([seed], [random_features(seed)])
    at_once.add(range(1, 9), [random_features(seed) for seed in range(1, 9)])
    query = random_features(77)
    a, b = (index.search(query, limit=8) for index in (one_by_one, at_once))
    assert [hit.id for hit in a] == [hit.id for hit in b]
    assert [hit.votes for hit in a] == pytest.approx([hit.votes for hit in b])
    assert one_by_one.contents() == at_once.contents()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda p: cropped(p, 0.5), id="quarter"),
        pytest.param(mirrored, id="mirrored"),
        pytest.param(lambda p: recompressed(p, 30), id="recompressed"),
    ],
)
def test_part_of_a_picture_gets_most_votes(change) -> None:
    """A crop shares more with its own picture than with any other."""
    index = FeatureIndex()
    for seed in range(1, 20):
        index.add([seed], [stored_features(scene(seed), (600, 800))])
    changed = change(scene(7))
    size = (changed.shape[1], changed.shape[0])
    hits = index.search(query_features(np.ascontiguousarray(changed), size), limit=3)
    assert hits[0].id == 7
    assert hits[0].votes > 1.5 * hits[1].votes


def test_removed_picture_is_gone_at_once() -> None:
    """The next search does not know it, long before the index is compacted."""
    index = FeatureIndex()
    index.add(range(1, 9), [random_features(seed) for seed in range(1, 9)])
    index.remove([3])
    assert 3 not in {hit.id for hit in index.search(random_features(3), limit=100)}
    assert 3 not in index.contents()


def test_common_key_counts_for_less() -> None:
    """What many pictures share tells them apart no more."""
    common, rare = random_features(1, 6), random_features(2, 6)
    index = FeatureIndex()
    index.add(range(1, 11), [common] * 10)
    index.add([11], [rare])
    both = features_with(np.concatenate([common.descriptors, rare.descriptors]))
    assert index.search(both, limit=1)[0].id == 11


def test_snapshot_gives_the_same_hits(tmp_path: Path) -> None:
    """Saved and loaded, with the log's number and without the removed."""
    index = FeatureIndex()
    index.add(range(1, 9), [random_features(seed) for seed in range(1, 9)])
    index.remove([2])
    index.seq = 12
    index.save(tmp_path)
    loaded = FeatureIndex.load(tmp_path)
    assert loaded.seq == 12
    assert loaded.contents() == index.contents()
    query = random_features(5)
    assert loaded.search(query, limit=8) == index.search(query, limit=8)


def test_empty_index_is_saved_and_finds_nothing(tmp_path: Path) -> None:
    """No picture, and pictures without features."""
    index = FeatureIndex()
    index.add([1], [features_with(np.empty((0, 128), np.uint8))])
    index.save(tmp_path)
    loaded = FeatureIndex.load(tmp_path)
    assert loaded.search(random_features(1), limit=5) == []
    assert loaded.contents() == {}


def test_damaged_snapshot_is_refused(tmp_path: Path) -> None:
    """One flipped bit is enough."""
    index = FeatureIndex()
    index.add([1], [random_features(1)])
    index.save(tmp_path)
    file = next(tmp_path.glob("codes-*.npy"))
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(IndexCorrupt):
        FeatureIndex.load(tmp_path)


def test_snapshot_of_hashes_is_refused(tmp_path: Path) -> None:
    """Keys and hashes are different things."""
    HashIndex(PDQ256).save(tmp_path)
    with pytest.raises(RecipeMismatch):
        FeatureIndex.load(tmp_path)


def test_keys_never_change(golden) -> None:
    """Stored keys must mean the same in every version and on every machine."""
    descriptors = (np.arange(4 * 128).reshape(4, 128) * 37 % 16).astype(np.uint8)
    keys = keys_of(descriptors).reshape(4, TABLES)
    assert (keys >> KEY_BITS == np.arange(TABLES)).all()
    golden("keys", "\n".join(" ".join(f"{key:08x}" for key in row) for row in keys))


def test_many_threads_add_and_search() -> None:
    """No search meets a half-merged segment."""
    index, faults = FeatureIndex(), []

    def work(start: int) -> None:
        try:
            for seed in range(start, start + 20):
                index.add([seed], [random_features(seed)])
                assert seed in {hit.id for hit in index.search(random_features(seed), 500)}
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(100 * i + 1,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert len(index.contents()) == 80
