"""The descriptor index equals a slow search after anything that may happen to it."""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from kit.power_cut import cut_before_manifest

from moderation.errors import IndexCorrupt, InputError, RecipeMismatch, StoreUnwritable
from moderation.image.descriptor_index import DescriptorIndex
from moderation.image.descriptor_lists import ID, number_of_lists
from moderation.image.descriptor_search import FlatCodes, Rounding
from moderation.image.mapped import stored

WIDTH = 24
MODEL = "drawn_v1"


def vectors(seed: int, count: int, width: int = WIDTH) -> np.ndarray:
    """Unit rows, many of them near each other and some equal."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(0).standard_normal((5, width))
    found = centres[rng.integers(0, 5, count)] + rng.choice([0, 0.3], (count, 1)) * (
        rng.standard_normal((count, width))
    )
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def slow_search(held: dict[int, np.ndarray], queries: np.ndarray, limit: int, floor: float = -1):
    """(row, id, cosine) by comparing one by one, in numbers without end."""
    codes = {i: whole(v.astype(np.float16)) for i, v in held.items()}
    answer = []
    for row, query in enumerate(map(whole, queries)):
        products = sorted(
            (-sum(a * b for a, b in zip(query, code, strict=True)), i) for i, code in codes.items()
        )
        cosines = [(row, i, min(1.0, max(-1.0, -p / 2**48))) for p, i in products[:limit]]
        answer += [hit for hit in cosines if hit[2] >= floor]
    return answer


def whole(vector: np.ndarray) -> list[int]:
    """In units of 2⁻²⁴."""
    return [round(float(number) * 2**24) for number in vector]


def found(index: DescriptorIndex, queries: np.ndarray, limit: int, floor: float = -1):
    return [(h.query_row, h.id, h.cosine) for h in index.search(queries, limit, floor)]


def an_index(count: int = 60, *, flat_most: int = 10**6) -> DescriptorIndex:
    index = DescriptorIndex(MODEL, WIDTH, flat_most=flat_most)
    index.add(np.arange(count), vectors(1, count))
    index.seq = 17
    return index


def packed(folder: Path, count: int = 200) -> DescriptorIndex:
    """An index with lists on disk and five late ones in memory."""
    index = an_index(count, flat_most=20)
    index.save(folder)
    index.add(np.arange(count, count + 5), vectors(2, 5))
    index.save(folder)
    return index


# Search


class History(RuleBasedStateMachine):
    """Any order of adding, removing, compacting, saving and loading, packed or not."""

    @initialize(flat_most=st.sampled_from([4, 12, 10**6]))
    def start(self, flat_most: int) -> None:
        self.flat_most = flat_most
        self.folder = Path(tempfile.mkdtemp())
        self.index = DescriptorIndex(MODEL, WIDTH, flat_most=flat_most)
        self.held: dict[int, np.ndarray] = {}
        self.next_id = 0

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            shutil.rmtree(self.folder)

    @rule(seed=st.integers(0, 999), count=st.integers(0, 9))
    def add(self, seed: int, count: int) -> None:
        new, ids = vectors(seed, count), np.arange(self.next_id, self.next_id + count)
        self.index.add(ids, new)
        self.held |= dict(zip(ids.tolist(), new, strict=True))
        self.next_id += count

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        ids = data.draw(st.lists(st.integers(-2, self.next_id + 2), max_size=6))
        self.index.remove(np.array(ids, np.int64))
        self.held = {i: v for i, v in self.held.items() if i not in ids}

    @rule()
    def compact(self) -> None:
        self.index.compact()

    @rule(seq=st.integers(0, 2**40))
    def save(self, seq: int) -> None:
        self.index.seq = seq
        self.index.save(self.folder)

    @rule(seq=st.integers(0, 2**40), reuse=st.booleans())
    def save_and_load(self, seq: int, reuse: bool) -> None:
        self.save(seq)
        known = self.index if reuse else None
        self.index = DescriptorIndex.load(
            self.folder, MODEL, WIDTH, flat_most=self.flat_most, known=known
        )
        assert self.index.seq == seq

    @rule()
    def another_process_clears_the_folder(self) -> None:
        for file in self.folder.iterdir():
            file.unlink()

    @rule(
        seed=st.integers(0, 99),
        limit=st.integers(1, 12),
        floor=st.sampled_from([-1.0, 0.2, 0.9]),
    )
    def search(self, seed: int, limit: int, floor: float) -> None:
        # Fewer lists than are looked into: the answer is exact, packed or not.
        assert number_of_lists(self.next_id) <= 24
        queries = vectors(seed, 3)
        assert found(self.index, queries, limit, floor) == slow_search(
            self.held, queries, limit, floor
        )

    @invariant()
    def counts_the_living(self) -> None:
        assert len(self.index) == len(self.held)


TestHistory = History.TestCase
TestHistory.settings = settings(max_examples=40, stateful_step_count=15, deadline=None)


@given(
    seed=st.integers(0, 99),
    width=st.integers(1, 40),
    count=st.integers(1, 30),
    limit=st.integers(1, 9),
)
@settings(max_examples=60, deadline=None)
def test_any_width_is_searched_exactly(seed: int, width: int, count: int, limit: int) -> None:
    """Also where the length is no multiple of eight, as the files have it."""
    index = DescriptorIndex(MODEL, width)
    held = vectors(seed, count, width)
    index.add(np.arange(count), held)
    queries = vectors(seed + 1, 2, width)
    wanted = slow_search(dict(enumerate(held)), queries, limit)
    assert found(index, queries, limit) == wanted


def nearly_equal(seed: int, count: int, width: int) -> np.ndarray:
    """Rows that differ from one vector in the last bits of a few of its numbers."""
    rng = np.random.default_rng(seed)
    base = rng.standard_normal(width)
    halves = np.tile((base / np.linalg.norm(base)).astype(np.float16), (count, 1))
    steps = rng.choice([0, 0, 0, 1], halves.shape).astype(np.uint16)
    return (halves.view(np.uint16) ^ steps).view(np.float16).astype(np.float32)


@given(seed=st.integers(0, 999), width=st.sampled_from([1, 8, 100, 256, 1000]))
@settings(max_examples=30, deadline=None)
def test_products_are_exact_in_any_order(seed: int, width: int) -> None:
    """In float64, also where the numbers are of very different size."""
    rng = np.random.default_rng(seed)
    drawn = rng.standard_normal((2, width)) * 2.0 ** rng.integers(-30, 1, (2, width))
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    rounding = Rounding(width)
    (query,), (code,) = rounding.queries(drawn[:1]), rounding.codes(drawn[1:])
    exact = sum(a * b for a, b in zip(whole(query), whole(code), strict=True))
    products = query.astype(np.float64) * code.astype(np.float64)
    for _ in range(5):
        assert np.cumsum(rng.permutation(products))[-1] * 2**48 == exact


@given(seed=st.integers(0, 999), width=st.sampled_from([WIDTH, 256]), limit=st.integers(1, 20))
@settings(max_examples=30, deadline=None)
def test_what_float32_cannot_tell_apart_is_in_order(seed: int, width: int, limit: int) -> None:
    """Products that differ by less than the rounding of FAISS's sums, in memory and on disk."""
    held, asked = nearly_equal(seed, 150, width), vectors(seed, 2, width)
    wanted = slow_search(dict(enumerate(held)), np.concatenate([held[:1], asked]), limit)
    index = DescriptorIndex(MODEL, width, flat_most=10)
    index.add(np.arange(150), held)
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(2):
            assert found(index, np.concatenate([held[:1], asked]), limit) == wanted
            index.save(Path(folder))


def test_rounding_keeps_the_nearest_the_nearest() -> None:
    """Against unrounded vectors, where the next differs by a thousandth: one byte loses many."""
    rng = np.random.default_rng(11)
    centres = rng.standard_normal((8, 256))
    held = centres[rng.integers(0, 8, 20_000)] + 0.25 * rng.standard_normal((20_000, 256))
    held = (held / np.linalg.norm(held, axis=1, keepdims=True)).astype(np.float32)
    index = DescriptorIndex(MODEL, 256)
    index.add(np.arange(20_000), held)
    queries = held[:200] + rng.standard_normal((200, 256)).astype(np.float32) / 100
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    bytewise = np.rint(held * 406)

    def nearest(stored: np.ndarray) -> list[set[int]]:
        return [set(row) for row in np.argsort(-(queries @ stored.T), axis=1)[:, :10].tolist()]

    def missed(answers: list[set[int]]) -> int:
        return sum(len(a - b) for a, b in zip(nearest(held), answers, strict=True))

    ours: list[set[int]] = [set() for _ in queries]
    for hit in index.search(queries, 10):
        ours[hit.query_row].add(hit.id)
    assert missed(ours) <= 0.01 * 2_000 < 0.05 * 2_000 <= missed(nearest(bytewise))


def test_equals_come_in_order_of_their_numbers(tmp_path: Path) -> None:
    """A hundred pictures with one descriptor: always the same ones, in memory and on disk."""
    index = DescriptorIndex(MODEL, WIDTH, flat_most=10)
    order = np.random.default_rng(0).permutation(100)
    index.add(order, np.repeat(vectors(3, 1), 100, axis=0))
    for _ in range(2):
        assert [hit.id for hit in index.search(vectors(3, 1), 7)] == list(range(7))
        index.remove(np.array([0]))
        index.add(np.array([0]), vectors(3, 1))
        index.save(tmp_path)


def test_removed_descriptor_is_gone_at_once(tmp_path: Path) -> None:
    """From the lists as from memory, and after loading."""
    index = packed(tmp_path)
    index.remove(np.array([7, 202]))
    for now in (index, saved_and_loaded(index, tmp_path)):
        everything = {hit.id for hit in now.search(vectors(1, 8), 500)}
        assert everything == set(range(205)) - {7, 202}
        assert len(now) == 203


def saved_and_loaded(index: DescriptorIndex, folder: Path) -> DescriptorIndex:
    index.save(folder)
    return DescriptorIndex.load(folder, MODEL, WIDTH, flat_most=index.flat_most)


def test_compacting_leaves_no_byte_of_the_removed(tmp_path: Path) -> None:
    """Neither their codes nor their numbers are in any file."""
    index = packed(tmp_path)
    code = Rounding(WIDTH).codes(vectors(1, 200)[7:8]).tobytes()
    assert any(code in file.read_bytes() for file in tmp_path.iterdir())
    twins = [i for i, held in index.contents().items() if held == index.contents()[7]]
    index.remove(np.array(twins))
    index.compact()
    index.save(tmp_path)
    assert not any(code in file.read_bytes() for file in tmp_path.iterdir())
    assert len(DescriptorIndex.load(tmp_path, MODEL, WIDTH)) == 205 - len(twins)


def test_what_another_process_cleared_away_is_not_written_back(tmp_path: Path) -> None:
    """A removal that this index has heard of holds on disk too, once the old file is gone."""
    index = packed(tmp_path)
    for file in tmp_path.iterdir():
        file.unlink()
    index.remove(np.array([7]))
    assert 7 not in saved_and_loaded(index, tmp_path).contents()
    lists = next(tmp_path.glob("lists-*")).read_bytes()
    assert len(lists) == 199 * (2 * Rounding(WIDTH).width + 8)


def test_a_loaded_index_goes_on_working_without_its_files(tmp_path: Path) -> None:
    """A newer snapshot of another process may clear them away at any time."""
    index = saved_and_loaded(packed(tmp_path), tmp_path)
    before = found(index, vectors(5, 4), 10)
    shutil.rmtree(tmp_path)
    assert found(index, vectors(5, 4), 10) == before


def test_saving_again_keeps_the_lists_where_nothing_was_packed(tmp_path: Path) -> None:
    """The large file is written when it changes, not every time."""
    index = packed(tmp_path)
    (file,) = tmp_path.glob("lists-*")
    before = file.stat()
    index.add(np.array([900]), vectors(8, 1))
    index.save(tmp_path)
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert 900 in DescriptorIndex.load(tmp_path, MODEL, WIDTH).contents()


def test_lists_grow_without_new_centroids_and_are_trained_again_later(tmp_path: Path) -> None:
    """Packing more of the same is cheap; four times as many need more lists."""
    index = an_index(100, flat_most=20)
    index.save(tmp_path)
    first = next(tmp_path.glob("centroids-*")).name
    index.add(np.arange(100, 150), vectors(2, 50))
    index.save(tmp_path)
    assert [file.name for file in tmp_path.glob("centroids-*")] == [first]
    index.add(np.arange(150, 900), vectors(4, 750))
    index.save(tmp_path)
    assert next(tmp_path.glob("centroids-*")).name != first
    assert len(DescriptorIndex.load(tmp_path, MODEL, WIDTH)) == 900


def test_most_neighbours_are_found_in_a_few_lists() -> None:
    """With more lists than are looked into, the approximate search agrees with the exact one."""
    rng = np.random.default_rng(5)
    centres = rng.standard_normal((300, 64))
    held = centres[rng.integers(0, 300, 6000)] + 0.5 * rng.standard_normal((6000, 64))
    held = (held / np.linalg.norm(held, axis=1, keepdims=True)).astype(np.float32)
    exact = DescriptorIndex(MODEL, 64)
    lists = DescriptorIndex(MODEL, 64, flat_most=100)
    for index in (exact, lists):
        index.add(np.arange(6000), held)
    with tempfile.TemporaryDirectory() as folder:
        lists.save(Path(folder))
        assert number_of_lists(6000) > 24
        wanted = {(h.query_row, h.id) for h in exact.search(held[:100], 10)}
        got = {(h.query_row, h.id) for h in lists.search(held[:100], 10)}
        assert len(lists.search(held[:1], 6000)) < 6000
    assert len(wanted & got) > 0.95 * len(wanted)


def test_removing_all_leaves_an_index_that_works(tmp_path: Path) -> None:
    """Lists without a row cannot be mapped; they are left out."""
    index = packed(tmp_path)
    index.remove(np.arange(205))
    loaded = saved_and_loaded(index, tmp_path)
    assert found(loaded, vectors(1, 2), 5) == []
    loaded.add(np.array([1]), vectors(1, 1))
    assert found(saved_and_loaded(loaded, tmp_path), vectors(1, 1), 5)[0][1] == 1


def test_threads_may_search_while_others_add() -> None:
    """FAISS moves its memory when it grows; a search must not see that."""
    index = an_index(1)
    query = vectors(1, 1)
    failures: list[BaseException] = []

    def add(start: int) -> None:
        for i in range(start, start + 1500, 50):
            index.add(np.arange(i, i + 50), -vectors(i, 50))

    def search() -> None:
        try:
            for _ in range(200):
                assert index.search(query, 1)[0].id == 0
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=search) for _ in range(2)]
    threads += [threading.Thread(target=add, args=(start,)) for start in (1, 10_000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(index) == 3001


def test_one_by_one_is_the_same_as_all_at_once() -> None:
    """Adding and removing in the middle, codes stay with their numbers."""
    held = vectors(9, 40)
    codes, rounded = FlatCodes(Rounding(WIDTH).width), Rounding(WIDTH).codes(held)
    for number, code in enumerate(rounded):
        codes.add(np.array([number]), code[np.newaxis])
    codes.remove(np.arange(0, 40, 3))
    ids, kept = codes.contents()
    assert ids.tolist() == [i for i in range(40) if i % 3]
    assert (kept == rounded[ids]).all()


# Wrong input


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(np.zeros((2, 8), np.float32), id="another_length"),
        pytest.param(np.zeros(WIDTH, np.float32), id="one_dimension"),
    ],
)
def test_descriptors_of_another_length_are_refused(wrong: np.ndarray) -> None:
    """Found and wanted are both named."""
    with pytest.raises(RecipeMismatch, match=r"`drawn_v1` has \[n, 24\]"):
        an_index().add(np.arange(2), wrong)
    with pytest.raises(RecipeMismatch, match=r"`drawn_v1` has \[n, 24\]"):
        an_index().search(wrong, 3)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 2.0])
def test_what_is_no_unit_vector_is_refused(value: float) -> None:
    """A broken model must not fill the index with zeros."""
    broken = vectors(1, 2)
    broken[1, 3] = value
    with pytest.raises(InputError, match="longer than 1"):
        an_index().add(np.arange(2), broken)


def test_numbers_of_ids_and_descriptors_must_agree() -> None:
    """Nothing is added when they do not."""
    index = an_index(5)
    with pytest.raises(InputError, match=r"got ids \[3\] for 2 descriptors"):
        index.add(np.arange(3), vectors(1, 2))
    assert len(index) == 5


@pytest.mark.parametrize("dimensions", [0, -1, 5000])
def test_impossible_dimensions_are_refused(dimensions: int) -> None:
    """A length that no model has."""
    with pytest.raises(InputError, match=f"1–4096, got {dimensions}"):
        DescriptorIndex(MODEL, dimensions)


def test_limit_below_one_is_refused() -> None:
    """A search that may find nothing is a mistake."""
    with pytest.raises(InputError, match="at least 1, got 0"):
        an_index().search(vectors(1, 1), 0)


def test_empty_index_finds_nothing_and_is_saved(tmp_path: Path) -> None:
    """Nor does a search without queries."""
    index = an_index(0)
    assert found(index, vectors(1, 2), 5) == []
    assert found(saved_and_loaded(index, tmp_path), vectors(1, 2), 5) == []
    assert found(an_index(), np.empty((0, WIDTH), np.float32), 5) == []


# The snapshot


def test_snapshot_of_another_model_is_refused(tmp_path: Path) -> None:
    """By name, and by length where the names agree."""
    an_index().save(tmp_path)
    with pytest.raises(RecipeMismatch, match=r"drawn_v1.*other_v1"):
        DescriptorIndex.load(tmp_path, "other_v1", WIDTH)
    with pytest.raises((RecipeMismatch, IndexCorrupt)):
        DescriptorIndex.load(tmp_path, MODEL, WIDTH + 1)
    with pytest.raises(IndexCorrupt):
        DescriptorIndex.load(tmp_path, MODEL, WIDTH + 16)


KINDS = ["ids", "halves", "dead", "lists", "pictures", "sizes", "centroids"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("damage", ["flipped", "cut", "longer", "missing"])
def test_damaged_file_is_refused(tmp_path: Path, kind: str, damage: str) -> None:
    """One bit is enough; digests found and expected are told."""
    index = packed(tmp_path)
    index.remove(np.array([3]))
    index.save(tmp_path)
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
        DescriptorIndex.load(tmp_path, MODEL, WIDTH)
    assert "rebuild" in caught.value.hint


def edited(folder: Path, change) -> None:
    manifest = folder / "manifest.json"
    row = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(change(row) or row))


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda row: row.update(format=1), id="older_format"),
        pytest.param(
            lambda row: row["parts"][0].update(codes=row["parts"][0].pop("halves")),
            id="one_byte_a_number",
        ),
        pytest.param(lambda row: row["parts"][1].pop("pictures"), id="lists_of_ids"),
        pytest.param(lambda row: row.update(seq=-1), id="negative_sequence"),
        pytest.param(lambda row: row.update(recipe=5), id="recipe_not_a_name"),
        pytest.param(lambda row: row.update(numbers={"dimensions": "24"}), id="not_numbers"),
        pytest.param(lambda row: row.update(numbers=[]), id="numbers_not_an_object"),
        pytest.param(lambda row: row.update(parts=[]), id="no_parts"),
        pytest.param(lambda row: row["parts"].reverse(), id="parts_in_another_order"),
        pytest.param(lambda row: row["parts"].pop(0), id="lists_alone"),
        pytest.param(lambda row: row.update(parts=row["parts"] * 99), id="too_many_parts"),
        pytest.param(lambda row: row["parts"][0].pop("dead"), id="a_file_too_few"),
        pytest.param(lambda row: row["parts"][0]["ids"].update(rows=10**18), id="impossible_rows"),
        pytest.param(lambda row: row["parts"][0]["ids"].update(name="../ids"), id="out_of_folder"),
        pytest.param(lambda row: row["parts"][0].update(ids=3), id="file_not_an_object"),
        pytest.param(
            lambda row: row["parts"][0].update(ids=row["parts"][0]["dead"]), id="files_exchanged"
        ),
        pytest.param(
            lambda row: row["parts"][1].update(sizes=row["parts"][0]["ids"]), id="other_sizes"
        ),
        pytest.param(
            lambda row: row["parts"][0].update(dead=row["parts"][0]["ids"]), id="other_dead"
        ),
        pytest.param(lambda row: [row], id="a_list"),
    ],
)
def test_manifest_that_makes_no_sense_is_refused(tmp_path: Path, change) -> None:
    """Nothing in it is believed without a check."""
    packed(tmp_path)
    edited(tmp_path, change)
    with pytest.raises(IndexCorrupt):
        DescriptorIndex.load(tmp_path, MODEL, WIDTH)


def test_lists_that_are_cut_elsewhere_are_refused(tmp_path: Path) -> None:
    """Sizes of another snapshot, whole and of as many rows."""
    packed(tmp_path)
    sizes = next(tmp_path.glob("sizes-*.bin"))
    others = np.roll(np.fromfile(sizes, "<i8"), 1)
    foreign = stored(tmp_path, "sizes", ID, [others]).to_json()
    edited(tmp_path, lambda row: row["parts"][1].update(sizes=foreign))
    with pytest.raises(IndexCorrupt, match=f"other lists than `{foreign['name']}` tells of"):
        DescriptorIndex.load(tmp_path, MODEL, WIDTH)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "[" * 50_000, "\udcff", " " * 2_000_000], ids=range(7)
)
def test_manifest_that_is_not_json_is_refused(tmp_path: Path, text: str) -> None:
    """Empty, cut, of another kind, nested without end, not UTF-8, or too long."""
    an_index().save(tmp_path)
    (tmp_path / "manifest.json").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(IndexCorrupt, match=r"manifest\.json"):
        DescriptorIndex.load(tmp_path, MODEL, WIDTH)


def test_interrupted_save_leaves_the_old_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was written before the manifest does not count."""
    packed(tmp_path)
    cut_before_manifest(monkeypatch)
    with pytest.raises(StoreUnwritable, match="Input/output error"):
        an_index(99).save(tmp_path)
    assert len(DescriptorIndex.load(tmp_path, MODEL, WIDTH)) == 205


def test_unwritable_folder_is_said(tmp_path: Path) -> None:
    """A file where the folder should be stands for every disk that refuses."""
    (tmp_path / "index").write_text("")
    with pytest.raises(StoreUnwritable, match="index"):
        an_index().save(tmp_path / "index")


def test_saving_clears_away_what_is_no_longer_in_force(tmp_path: Path) -> None:
    """Older arrays, halves of interrupted ones, and files of older formats."""
    index = packed(tmp_path)
    for name in (".ids.bin.part", "ids-0123456789abcdef.bin", "codes-0123456789abcdef.npy"):
        (tmp_path / name).write_bytes(b"old")
    (tmp_path / "notes.txt").write_text("not ours")
    index.save(tmp_path)
    kinds = sorted(file.name.partition("-")[0] for file in tmp_path.iterdir())
    assert kinds == sorted([*KINDS, "manifest.json", "notes.txt"])
