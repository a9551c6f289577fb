"""The index equals a linear search after anything that may happen to it, and its file is whole."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import shutil
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from kit.power_cut import cut_before_manifest

from moderation.errors import IndexCorrupt, InputError, RecipeMismatch, StoreUnwritable
from moderation.image.hashing import DHASH64, PDQ256, PHASH64, HashRecipe, hamming_matrix
from moderation.image.index import HashIndex


def codes_around(seed: int, count: int, recipe: HashRecipe = PDQ256) -> np.ndarray:
    """Random codes of which many lie near each other."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(0).integers(0, 256, (3, recipe.bytes), dtype=np.uint8)
    flips = rng.random((count, recipe.bits)) < rng.uniform(0, 0.15, (count, 1))
    return centres[rng.integers(0, 3, count)] ^ np.packbits(flips, axis=1)


def linear_search(ids, codes, queries, radius: int, limit: int | None = None):
    """(row, id, distance) by comparing with every code."""
    distances = hamming_matrix(queries, codes)
    answer = []
    for row in range(len(queries)):
        near = sorted((int(d), int(i)) for d, i in zip(distances[row], ids, strict=True))
        answer += [(row, i, d) for d, i in [pair for pair in near if pair[0] <= radius][:limit]]
    return answer


def found(index: HashIndex, queries, radius: int, limit: int | None = None):
    return [(h.query_row, h.id, h.distance_bits) for h in index.search(queries, radius, limit)]


def an_index(count: int = 40, recipe: HashRecipe = PDQ256) -> HashIndex:
    index = HashIndex(recipe)
    index.add(np.arange(count), codes_around(1, count, recipe))
    index.seq = 17
    return index


# Search


class IndexHistory(RuleBasedStateMachine):
    """Any order of adding, removing, compacting, saving and loading."""

    @initialize()
    def start(self) -> None:
        self.index = HashIndex(DHASH64)
        self.ids = np.empty(0, np.int64)
        self.codes = np.empty((0, DHASH64.bytes), np.uint8)

    @rule(seed=st.integers(0, 999), ids=st.lists(st.integers(-3, 12), max_size=9))
    def add(self, seed: int, ids: list[int]) -> None:
        new = codes_around(seed, len(ids), DHASH64)
        self.index.add(np.array(ids, np.int64), new)
        self.ids = np.append(self.ids, np.array(ids, np.int64))
        self.codes = np.concatenate([self.codes, new])

    @rule(ids=st.lists(st.integers(-3, 12), max_size=4))
    def remove(self, ids: list[int]) -> None:
        gone = np.isin(self.ids, ids)
        assert self.index.remove(np.array(ids, np.int64)) == gone.sum()
        self.ids, self.codes = self.ids[~gone], self.codes[~gone]

    @rule()
    def compact(self) -> None:
        self.index.compact()

    @rule(seq=st.integers(0, 2**40))
    def save_and_load(self, seq: int) -> None:
        self.index.seq = seq
        with tempfile.TemporaryDirectory() as folder:
            self.index.save(Path(folder))
            self.index = HashIndex.load(Path(folder), DHASH64)
        assert self.index.seq == seq

    @rule(
        seed=st.integers(0, 99),
        radius=st.integers(0, 64),
        limit=st.none() | st.integers(1, 5),
    )
    def search(self, seed: int, radius: int, limit: int | None) -> None:
        queries = codes_around(seed, 3, DHASH64)
        wanted = linear_search(self.ids, self.codes, queries, radius, limit)
        assert found(self.index, queries, radius, limit) == wanted

    @invariant()
    def counts_the_living(self) -> None:
        assert len(self.index) == len(self.ids)


TestIndexHistory = IndexHistory.TestCase
TestIndexHistory.settings = settings(max_examples=40, stateful_step_count=15, deadline=None)


@pytest.mark.parametrize("radius", [0, 1, 31, 64, 255])
def test_distance_equal_to_the_radius_is_found_and_one_more_is_not(radius: int) -> None:
    """FAISS compares strictly; the radius here is inclusive."""
    query = np.zeros((1, 32), np.uint8)
    bits = np.zeros((2, 256), np.uint8)
    bits[0, :radius] = 1
    bits[1, : radius + 1] = 1
    index = HashIndex(PDQ256)
    index.add(np.array([10, 11]), np.packbits(bits, axis=1))
    assert found(index, query, radius) == [(0, 10, radius)]


def test_masking_every_code_changes_no_answer() -> None:
    """Flipping the same bits of bank and query leaves every distance as it was."""
    codes, queries = codes_around(1, 200), codes_around(2, 5)
    mask = np.random.default_rng(3).integers(0, 256, 32, dtype=np.uint8)
    plain, masked = HashIndex(PDQ256), HashIndex(PDQ256)
    plain.add(np.arange(200), codes)
    masked.add(np.arange(200), codes ^ mask)
    assert found(plain, queries, 60) == found(masked, queries ^ mask, 60) != []


def test_bank_of_one_hash_works() -> None:
    """The smallest list there is must match too."""
    index = HashIndex(PDQ256)
    code = codes_around(5, 1)
    index.add(np.array([2**62]), code)
    assert found(index, code, 31) == [(0, 2**62, 0)]


def test_empty_bank_finds_nothing() -> None:
    """Nor does a search without queries, nor an index emptied again."""
    index = HashIndex(PDQ256)
    assert found(index, codes_around(1, 2), 256) == []
    index.add(np.array([1]), codes_around(1, 1))
    assert index.search(np.empty((0, 32), np.uint8), 31) == []
    assert index.remove(np.array([1])) == 1
    assert (len(index), found(index, codes_around(1, 2), 256)) == (0, [])


def test_removal_takes_every_code_of_an_id() -> None:
    """The variants of one picture share an id, and leave together."""
    index = HashIndex(PDQ256)
    codes = codes_around(4, 6)
    index.add(np.array([7, 8, 7, 9, 7, 9]), codes)
    assert index.remove(np.array([7, 1000])) == 3
    assert {id_ for _, id_, _ in found(index, codes, 256)} == {8, 9}
    assert index.remove(np.array([7])) == 0


def test_threads_may_search_while_others_add() -> None:
    """FAISS moves its memory when it grows; a search must not see that."""
    index = an_index(1)
    query = codes_around(1, 1)
    failures: list[BaseException] = []

    def add() -> None:
        for i in range(60):
            index.add(np.full(50, i), codes_around(i, 50))

    def search() -> None:
        try:
            for _ in range(60):
                assert index.search(query, 0)[0].id == 0
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for work in (add, search, search)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(index) == 3001


# Wrong shapes


@pytest.mark.parametrize(
    "codes",
    [
        pytest.param(np.zeros((2, 8), np.uint8), id="another_length"),
        pytest.param(np.zeros(32, np.uint8), id="one_dimension"),
        pytest.param(np.zeros((2, 32), np.int32), id="another_type"),
    ],
)
def test_codes_of_another_shape_are_refused(codes: np.ndarray) -> None:
    """Found and wanted are both named."""
    index = HashIndex(PDQ256)
    with pytest.raises(RecipeMismatch, match=r"uint8 \[n, 32\]"):
        index.add(np.arange(2), codes)
    with pytest.raises(RecipeMismatch, match=r"uint8 \[n, 32\]"):
        index.search(codes, 31)


def test_numbers_of_ids_and_codes_must_agree() -> None:
    """Nothing is added when they do not."""
    index = HashIndex(PDQ256)
    with pytest.raises(InputError, match=r"got ids \[3\] for 2 codes"):
        index.add(np.arange(3), codes_around(1, 2))
    assert len(index) == 0


@pytest.mark.parametrize("radius", [-1, 257])
def test_radius_out_of_range_is_refused(radius: int) -> None:
    """A radius means bits, and there are 256."""
    with pytest.raises(InputError, match=f"0–256, got {radius}"):
        an_index().search(codes_around(1, 1), radius)


def test_limit_below_one_is_refused() -> None:
    """A search that may find nothing is a mistake."""
    with pytest.raises(InputError, match="at least 1, got 0"):
        an_index().search(codes_around(1, 1), 31, limit=0)


# The snapshot


def test_saving_again_leaves_one_snapshot(tmp_path: Path) -> None:
    """Files of older snapshots and of interrupted ones are cleared away."""
    index = an_index()
    index.save(tmp_path)
    (tmp_path / ".codes.bin.part").write_bytes(b"half")
    index.remove(np.arange(5))
    index.save(tmp_path)
    assert len(list(tmp_path.iterdir())) == 3
    assert len(HashIndex.load(tmp_path, PDQ256)) == 35


def test_interrupted_save_leaves_the_old_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was written before the manifest does not count."""
    an_index().save(tmp_path)
    cut_before_manifest(monkeypatch)
    with pytest.raises(StoreUnwritable, match="Input/output error"):
        an_index(99).save(tmp_path)
    assert len(HashIndex.load(tmp_path, PDQ256)) == 40


def test_unwritable_folder_is_said(tmp_path: Path) -> None:
    """A file where the folder should be stands for every disk that refuses."""
    (tmp_path / "index").write_text("")
    with pytest.raises(StoreUnwritable, match="index"):
        an_index().save(tmp_path / "index")


def test_snapshot_of_another_recipe_is_refused(tmp_path: Path) -> None:
    """Both names are given, also where the lengths agree."""
    an_index(5, DHASH64).save(tmp_path)
    with pytest.raises(RecipeMismatch, match=r"dhash64_v1.*phash64_v1"):
        HashIndex.load(tmp_path, PHASH64)


@pytest.mark.parametrize("kind", ["codes", "ids"])
@pytest.mark.parametrize("damage", ["flipped", "cut", "longer", "missing"])
def test_damaged_array_is_refused(tmp_path: Path, kind: str, damage: str) -> None:
    """One bit is enough; digests found and expected are told."""
    an_index().save(tmp_path)
    (file,) = tmp_path.glob(f"{kind}-*.bin")
    data = bytearray(file.read_bytes())
    if damage == "flipped":
        data[-3] ^= 4
    file.write_bytes({"cut": data[:-5], "longer": data + bytes(9)}.get(damage, data))
    if damage == "missing":
        file.unlink()
    message = {
        "missing": "No such file",
        "longer": r"bytes, wanted",
        "cut": r"bytes, wanted",
        "flipped": r"sha256 \w{64}.*\w{64}",
    }[damage]
    with pytest.raises(IndexCorrupt, match=message) as caught:
        HashIndex.load(tmp_path, PDQ256)
    assert "rebuild" in caught.value.hint


def edited(folder: Path, change) -> None:
    manifest = folder / "manifest.json"
    row = json.loads(manifest.read_text())
    change(row)
    manifest.write_text(json.dumps(row))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda row: row.update(format=3), id="newer_format"),
        pytest.param(lambda row: row["parts"][0]["ids"].update(rows=39), id="wrong_count"),
        pytest.param(lambda row: row["parts"][0]["ids"].update(rows=-1), id="negative_count"),
        pytest.param(lambda row: row["parts"][0]["ids"].update(rows=10**18), id="impossible"),
        pytest.param(lambda row: row["parts"][0]["ids"].update(rows=True), id="not_a_number"),
        pytest.param(lambda row: row.update(seq=None), id="no_sequence"),
        pytest.param(lambda row: row.update(recipe=5), id="recipe_not_a_name"),
        pytest.param(lambda row: row.update(parts=[]), id="no_parts"),
        pytest.param(lambda row: row.update(parts=row["parts"] * 2), id="two_parts"),
        pytest.param(lambda row: row["parts"][0].pop("ids"), id="no_ids"),
        pytest.param(lambda row: row.update(parts={}), id="parts_not_a_list"),
        pytest.param(
            lambda row: row["parts"][0]["ids"].update(name="../" + row["parts"][0]["ids"]["name"]),
            id="out_of_its_folder",
        ),
    ],
)
def test_manifest_that_makes_no_sense_is_refused(tmp_path: Path, change) -> None:
    """Nothing in it is believed without a check; a name is a name, not a path."""
    an_index().save(tmp_path)
    edited(tmp_path, change)
    with pytest.raises(IndexCorrupt):
        HashIndex.load(tmp_path, PDQ256)


def test_fewer_ids_than_codes_are_refused(tmp_path: Path) -> None:
    """Whole files that do not belong together."""
    an_index(39).save(tmp_path / "other")
    an_index().save(tmp_path / "index")
    (file,) = (tmp_path / "other").glob("ids-*.bin")
    shutil.copy(file, tmp_path / "index")
    ids = json.loads((tmp_path / "other" / "manifest.json").read_text())["parts"][0]["ids"]
    edited(tmp_path / "index", lambda row: row["parts"][0].update(ids=ids))
    with pytest.raises(IndexCorrupt, match="40 codes, 39 ids"):
        HashIndex.load(tmp_path / "index", PDQ256)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "[" * 50_000, "\udcff", " " * 2_000_000], ids=range(7)
)
def test_manifest_that_is_not_json_is_refused(tmp_path: Path, text: str) -> None:
    """Empty, cut, of another kind, nested without end, not UTF-8, or too long."""
    an_index().save(tmp_path)
    (tmp_path / "manifest.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(IndexCorrupt, match=r"manifest\.json"):
        HashIndex.load(tmp_path, PDQ256)


def test_folder_without_snapshot_is_refused(tmp_path: Path) -> None:
    """The register decides whether to rebuild; the index does not start empty by itself."""
    with pytest.raises(IndexCorrupt, match="No such file"):
        HashIndex.load(tmp_path / "nowhere", PDQ256)


def test_pickled_array_is_never_opened(tmp_path: Path) -> None:
    """Even under a digest that agrees: its bytes are taken for numbers."""
    touched = tmp_path / "touched"

    class Bomb:
        def __reduce__(self):
            return (os.mkdir, (str(touched),))

    an_index().save(tmp_path)
    pickled = pickle.dumps(Bomb())
    pickled += bytes(-len(pickled) % PDQ256.bytes)
    digest = hashlib.sha256(pickled).hexdigest()
    (tmp_path / f"codes-{digest[:16]}.bin").write_bytes(pickled)
    rows = len(pickled) // PDQ256.bytes
    codes = {"name": f"codes-{digest[:16]}.bin", "sha256": digest, "rows": rows}
    edited(tmp_path, lambda row: row["parts"][0].update(codes=codes))
    with pytest.raises(IndexCorrupt, match=f"{rows} codes, 40 ids"):
        HashIndex.load(tmp_path, PDQ256)
    assert not touched.exists()
