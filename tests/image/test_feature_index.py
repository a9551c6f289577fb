"""The index of shared local features: votes like a slow count, follows additions and removals."""

from __future__ import annotations

import math
import shutil
import tempfile
import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from kit.pictures import cropped, mirrored, recompressed, scene

from moderation.errors import IndexCorrupt, RecipeMismatch
from moderation.image.descriptor_index import DescriptorIndex
from moderation.image.feature_index import KEY_BITS, TABLES, FeatureIndex, keys_of
from moderation.image.feature_segments import in_order, merged, merged_on_disk
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
    apart=st.sampled_from([1, 10**9]),
    limit=st.integers(1, 30),
)
def test_votes_equal_a_slow_count(
    seeds: list[int], removed: set[int], query: int, apart: int, limit: int
) -> None:
    """However segments were merged and pictures numbered, the votes are those of a plain count."""
    index = FeatureIndex()
    for seed in seeds:
        index.add([seed * apart], [random_features(seed)])
    index.remove(sorted(seed * apart for seed in removed))
    index.compact()
    left = {seed * apart: random_features(seed) for seed in seeds if seed not in removed}
    wanted = slow_votes(left, random_features(query))
    hits = index.search(random_features(query), limit=100)
    assert {hit.id: hit.votes for hit in hits} == pytest.approx(wanted)
    few = [hit.votes for hit in index.search(random_features(query), limit=limit)]
    assert few == pytest.approx(sorted(wanted.values(), reverse=True)[:limit])


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
    file = next(tmp_path.glob("keys-*.bin"))
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(IndexCorrupt):
        FeatureIndex.load(tmp_path)


def test_snapshot_of_something_else_is_refused(tmp_path: Path) -> None:
    """Hashes, and descriptors."""
    HashIndex(PDQ256).save(tmp_path / "hashes")
    with pytest.raises(RecipeMismatch, match=r"pdq256_v1.*sift_keys_v1"):
        FeatureIndex.load(tmp_path / "hashes")
    DescriptorIndex("drawn_v1", 8).save(tmp_path / "descriptors")
    with pytest.raises(RecipeMismatch, match=r"drawn_v1.*sift_keys_v1"):
        FeatureIndex.load(tmp_path / "descriptors")


class History(RuleBasedStateMachine):
    """Any order of adding, removing, compacting, saving and loading."""

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.index = FeatureIndex()
        self.held: dict[int, LocalFeatures] = {}
        self.removed: set[int] = set()
        self.next_id = 1

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    @rule(count=st.integers(0, 6))
    def add(self, count: int) -> None:
        ids = list(range(self.next_id, self.next_id + count))
        features = [random_features(seed, seed % 13) for seed in ids]
        self.index.add(ids, features)
        self.held |= dict(zip(ids, features, strict=True))
        self.next_id += count

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        ids = data.draw(st.lists(st.integers(-2, self.next_id + 2), max_size=4))
        self.index.remove(ids)
        self.removed |= self.held.keys() & set(ids)
        self.held = {i: f for i, f in self.held.items() if i not in ids}

    @rule(compact=st.booleans(), load=st.booleans(), reuse=st.booleans())
    def save(self, compact: bool, load: bool, reuse: bool) -> None:
        self.index.seq += 1
        if compact:
            self.index.compact()
            self.removed.clear()
        self.index.save(self.folder)
        if load:
            seq, known = self.index.seq, self.index if reuse else None
            self.index = FeatureIndex.load(self.folder, known=known)
            assert self.index.seq == seq

    @rule()
    def another_process_clears_the_folder(self) -> None:
        for file in self.folder.iterdir():
            file.unlink()

    @rule(seed=st.integers(1, 60))
    def search(self, seed: int) -> None:
        hits = self.index.search(random_features(seed), limit=1000)
        found = {hit.id: hit.votes for hit in hits}
        wanted = slow_votes(self.held, random_features(seed))
        if self.removed:  # until they are dropped, they still count as holders of their keys
            assert found.keys() == wanted.keys()
        else:
            assert found == pytest.approx(wanted)

    @invariant()
    def holds_what_it_should(self) -> None:
        keys = {i: np.unique(keys_of(f.descriptors)).tobytes() for i, f in self.held.items()}
        assert self.index.contents() == {i: key for i, key in keys.items() if key}


TestHistory = History.TestCase
TestHistory.settings = settings(max_examples=30, stateful_step_count=12, deadline=None)


def test_merging_slice_by_slice_is_merging_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However small the slices, also where one key fills several."""
    rng = np.random.default_rng(4)
    segments = [
        in_order(rng.integers(0, 40, n).astype(np.uint32), rng.integers(0, 9, n))
        for n in (300, 0, 7, 120)
    ]
    whole = merged(segments)
    for size in (1, 10, 10**9):
        monkeypatch.setattr("moderation.image.feature_segments._SLICE", size)
        found = merged_on_disk(tmp_path, segments, np.array([3, 5]))
        live = ~np.isin(whole.ids, [3, 5])
        assert (found.keys == whole.keys[live]).all()
        assert (found.ids == whole.ids[live]).all()


def test_saving_writes_what_is_new(tmp_path: Path) -> None:
    """A large segment stays as it is; a few more pictures go into a file of their own."""
    index = FeatureIndex()
    index.add(range(1, 41), [random_features(seed) for seed in range(1, 41)])
    index.save(tmp_path)
    first = set(tmp_path.glob("keys-*"))
    index.add([41], [random_features(41)])
    index.save(tmp_path)
    assert first < set(tmp_path.glob("keys-*"))
    assert len(FeatureIndex.load(tmp_path).contents()) == 41
    assert index._late == []


def test_compacting_leaves_no_entry_of_the_removed(tmp_path: Path) -> None:
    """Not even the number of the picture."""
    index = FeatureIndex()
    index.add(range(1, 41), [random_features(seed) for seed in range(1, 41)])
    index.save(tmp_path)
    index.remove([7])
    index.compact()
    index.save(tmp_path)
    (ids,) = tmp_path.glob("ids-*")
    assert set(np.fromfile(ids, "<i8")) == set(range(1, 41)) - {7}


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
