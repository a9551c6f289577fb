"""Notes from Parquet."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from moderation.archive import count_notes, read_notes
from moderation.errors import BadArchive
from moderation.finding import ItemFailure

AT = datetime(2026, 11, 21, 8, tzinfo=UTC)


def table(path, **columns):
    pq.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize(
    "images",
    [
        pytest.param([{"path": None, "data": b"abc", "sha256": None}], id="struct_data"),
        pytest.param([{"path": "x.jpg", "bytes": b"abc"}], id="struct_bytes"),
        pytest.param([b"abc"], id="binary"),
    ],
)
def test_image_bytes_come_through(tmp_path, images):
    """Every documented layout of `images` with bytes."""
    path = table(tmp_path / "n", id=["n1"], author_id=["u1"], published_at=[AT], images=[images])
    (note,) = read_notes(path)
    assert (note.id, note.author.id, note.published_at) == ("n1", "u1", AT)
    assert note.images[0].data == b"abc"


@pytest.mark.parametrize(
    "images", [pytest.param([{"path": "1.jpg"}], id="struct"), pytest.param(["1.jpg"], id="string")]
)
def test_image_paths_start_from_the_file(tmp_path, images):
    """Paths are relative to the Parquet file."""
    author = [{"id": "u1", "linked_ids": ["u2"]}]
    path = table(
        tmp_path / "n",
        id=["n1"],
        author=author,
        published_at=["2026-11-21T08:00:00Z"],
        images=[images],
    )
    (note,) = read_notes(path)
    assert note.images[0].path == tmp_path / "1.jpg"
    assert note.author.linked_ids == ("u2",)


def test_bad_rows_are_failures_with_their_number(tmp_path):
    """Null id, time without zone, path outside: each its own row."""
    path = table(
        tmp_path / "n",
        id=["n1", None, "n3", "n4"],
        author_id=["u"] * 4,
        published_at=["2026-11-21T08:00:00Z"] * 2 + ["2026-11-21", "2026-11-21T08:00:00Z"],
        images=[[], [], [], ["../x.jpg"]],
        extra=[1, 2, 3, 4],
    )
    items = list(read_notes(path))
    assert [item.line for item in items if isinstance(item, ItemFailure)] == [2, 3, 4]
    assert count_notes(path) == 4


def test_nanosecond_times_are_read(tmp_path):
    """As pandas writes them."""
    times = pa.array([AT], pa.timestamp("ns", "UTC"))
    path = table(tmp_path / "n", id=["n1"], author_id=["u"], published_at=times)
    (note,) = read_notes(path)
    assert note.published_at == AT


def test_missing_columns_are_said_once(tmp_path):
    """Not a failure for every row."""
    with pytest.raises(BadArchive, match="`published_at`, `author_id`"):
        list(read_notes(table(tmp_path / "n", id=["n1"])))


def test_a_cut_file_is_a_bad_archive(tmp_path):
    """The footer is at the end, so a cut file holds nothing."""
    path = table(tmp_path / "n", id=["n1"], author_id=["u"], published_at=[AT])
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(BadArchive):
        list(read_notes(path))


def test_damage_in_the_middle_keeps_the_rows_before(tmp_path):
    """A flipped page is a failure row, not a crash."""
    path = tmp_path / "n"
    n = 4_000
    columns = {"id": [f"n{i}" for i in range(n)], "author_id": ["u"] * n, "published_at": [AT] * n}
    pq.write_table(pa.table(columns), path, row_group_size=1_000, write_page_checksum=True)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 200] = b"\xff" * 200
    path.write_bytes(data)
    items = list(read_notes(path))
    assert isinstance(items[-1], ItemFailure)
    assert "breaks off" in items[-1].message
    assert len(items) > 1_000
