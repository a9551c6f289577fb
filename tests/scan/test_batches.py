"""A batch of notes, looked at by whoever likes, is what the scan keeps of these notes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from kit.notes import photo
from kit.pictures import encoded, recompressed, scene
from kit.ray_machines import environment, two_machines
from kit.told_archive import QUICK, row

from moderation.errors import BadArchive
from moderation.scan import OBSERVATIONS, observe, observe_batch
from moderation.scan.tables import NOTES, PICTURES


@pytest.fixture(scope="module")
def table() -> pa.Table:
    """Notes with pictures of every kind that is read, one without, and one that comes twice."""
    rows = [
        row("coffee", "ann", 0, photo("coffee"), scene(1, 300, 400)),
        row("words", "ben", 1, text="全场五折！加薇信：abc_2046，手慢无"),
        row("again", "cat", 2, recompressed(photo("coffee"), 50)),
        row("words", "ben", 1),
        row("broken", "dan", 3),
        row("last", "eve", 4, scene(2, 300, 400)),
    ]
    for one in rows:
        one["images"] = [{"data": encoded(pixels)} for pixels in one["images"]]
    rows[4]["images"] = [{"data": b"no picture"}]
    return pa.Table.from_pylist(rows)


def rows_of(observed: pa.Table | pa.RecordBatch) -> list[dict[str, Any]]:
    assert observed.schema == OBSERVATIONS
    return observed.to_pylist()  # type: ignore[no-any-return]


def test_a_batch_is_what_the_scan_keeps(table: pa.Table, tmp_path: Path) -> None:
    """Notes column by column, pictures picture by picture; a table is a longer batch."""
    pq.write_table(table, tmp_path / "notes.parquet")
    out = tmp_path / "out"
    place = observe(tmp_path / "notes.parquet", out, workers=1, without=QUICK, shard_rows=64).place
    kept, pictures = (place.read(name, 0).to_pylist() for name in ("notes", "pictures"))
    (batch,) = table.combine_chunks().to_batches()
    found = rows_of(observe_batch(batch, without=QUICK))
    assert isinstance(observe_batch(batch.slice(1, 1), without=QUICK), pa.RecordBatch)
    assert rows_of(observe_batch(table, without=QUICK)) == found
    assert [[one[name] for name in NOTES.names] for one in found] == [
        [one[name] for name in NOTES.names] for one in kept
    ]
    assert [
        {"note_row": number} | picture
        for number, one in enumerate(found)
        for picture in one["seen"]
    ] == pictures
    assert {name for one in pictures for name in one} == set(PICTURES.names)
    assert [one["error_code"] for one in found] == [None, None, None, "bad_note", None, None]
    assert [len(one["seen"]) for one in found] == [2, 0, 1, 0, 0, 1]
    assert "image.undecodable" in found[4]["findings"]


def test_where_a_batch_is_cut_changes_nothing(table: pa.Table) -> None:
    """But for notes that come twice, which are known within a batch only."""
    whole = rows_of(observe_batch(table, without=QUICK))
    pieces = [
        one
        for start, count in ((0, 2), (2, 1), (4, 2))
        for one in rows_of(observe_batch(table.slice(start, count), without=QUICK))
    ]
    assert pieces == [one for one in whole if one["error_code"] is None]


def test_paths_stay_in_their_folder(tmp_path: Path) -> None:
    """A batch comes from anywhere; its paths must not."""
    inside, outside = tmp_path / "in", tmp_path / "secret.png"
    inside.mkdir()
    for path in (inside / "a.png", outside):
        path.write_bytes(encoded(scene(3, 300, 400)))
    said = [
        row(name, "ann", 0) | {"images": [{"path": path}]}
        for name, path in (("a", "a.png"), ("b", str(outside)))
    ]
    good, bad = rows_of(observe_batch(pa.Table.from_pylist(said), folder=inside, without=QUICK))
    assert (good["error_code"], len(good["seen"])) == (None, 1)
    assert json.loads(good["note"])["images"] == [{"path": "a.png"}]
    assert (bad["error_code"], bad["seen"]) == ("bad_note", [])
    assert "leaves the archive" in bad["error_message"]


def test_a_batch_that_lacks_a_column_is_refused() -> None:
    """As a file is."""
    with pytest.raises(BadArchive, match=r"the batch has no column `published_at`, `author_id`"):
        observe_batch(pa.Table.from_pylist([{"id": "a"}]))


MAPPED = """
import sys
import pyarrow.parquet as pq
import ray
from kit.told_archive import QUICK
from moderation.scan import observe_batch

ray.init(sys.argv[1], log_to_driver=False, logging_level="ERROR")
ray.data.DataContext.get_current().enable_progress_bars = False
ray.data.DataContext.get_current().execution_options.preserve_order = True
notes = ray.data.read_parquet(sys.argv[2])
seen = notes.map_batches(
    observe_batch, batch_format="pyarrow", batch_size=2, fn_kwargs={"without": QUICK}
)
seen.write_parquet(sys.argv[3])
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="two machines are begun there only")
def test_ray_data_maps_it_on_two_machines(table: pa.Table, tmp_path: Path) -> None:
    """The function goes to whoever has a cluster, and comes back with the same rows."""
    pytest.importorskip("ray")
    once = table.filter(pa.array([True, True, True, False, True, True]))
    pq.write_table(once, tmp_path / "notes.parquet", row_group_size=2)
    with two_machines() as machines:
        done = subprocess.run(
            [
                *(sys.executable, "-c", MAPPED, machines.address),
                *(str(tmp_path / "notes.parquet"), str(tmp_path / "seen")),
            ],
            env=environment(),
            capture_output=True,
            text=True,
            timeout=240,
        )
    assert done.returncode == 0, done.stderr
    mapped = pq.read_table(tmp_path / "seen").to_pylist()
    here = rows_of(observe_batch(once, without=QUICK))
    assert sorted(mapped, key=_id) == sorted(here, key=_id)


def _id(one: dict[str, Any]) -> str:
    return str(one["note_id"])
