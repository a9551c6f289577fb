"""Notes from tar shards, and from folders of shards."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from moderation.archive import count_notes, read_notes, tar_shards
from moderation.errors import BadArchive
from moderation.finding import ItemFailure
from moderation.note import Note

AT = datetime(2026, 11, 21, 8, tzinfo=UTC)


def said(author: str = "ann", **fields: Any) -> bytes:
    return json.dumps({"author": {"id": author}, "published_at": AT.isoformat(), **fields}).encode()


def shard(path: Path, **files: bytes) -> Path:
    """Members in the order given; `__` in a name is a point."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name.replace("__", "."))
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def split(source: Path) -> tuple[list[Note], list[ItemFailure]]:
    items = list(read_notes(source))
    notes = [item for item in items if isinstance(item, Note)]
    return notes, [item for item in items if isinstance(item, ItemFailure)]


def test_a_sample_is_a_note_with_its_pictures(tmp_path: Path) -> None:
    """In the order of their numbers, wherever the note stands among them."""
    images = [{"path": "a"}, {"declared_ai": True}, {}]
    path = shard(
        tmp_path / "00.tar",
        a__10__png=b"last",
        a__2__JPG=b"second",
        a__json=said(id="n1", text="好", images=images),
        a__jpg=b"first",
        a__cls=b"7",
        b__json=said("bob"),
    )
    (one, two), failures = split(path)
    assert not failures
    assert (one.id, one.text, one.author.id, two.id) == ("n1", "好", "ann", "b")
    assert [image.data for image in one.images] == [b"first", b"second", b"last"]
    assert [image.declared_ai for image in one.images] == [False, True, False]
    assert two.images == ()
    assert count_notes(path) is None


def test_gzip_is_told_by_content(tmp_path: Path) -> None:
    path = shard(tmp_path / "x.tar", a__json=said(), a__jpg=b"1")
    packed = tmp_path / "notes of march"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    ((note,), _) = split(packed)
    assert note.images[0].data == b"1"


@pytest.mark.parametrize(
    ("files", "word"),
    [
        ({"a__jpg": b"1"}, "has pictures and no note"),
        ({"a__json": b"{"}, "not JSON"),
        ({"a__json": said(images=[{}, {}]), "a__jpg": b"1"}, "has 2 pictures, the shard 1"),
        ({"a__json": said(images="x"), "a__jpg": b"1"}, "no list of"),
        ({"a__json": said()[:-1] + b',"id":"' + b"x" * (8 << 20) + b'"}'}, "more than 8,388,608"),
        ({"a__json": said(), **{f"a__{n}__jpg": b"" for n in range(60)}}, "images"),
    ],
    ids=["no-note", "broken", "fewer", "no-list", "long", "many"],
)
def test_a_bad_sample_is_a_failure_and_the_rest_goes_on(
    tmp_path: Path, files: dict[str, bytes], word: str
) -> None:
    path = shard(tmp_path / "x.tar", first__json=said(), **files, z__json=said())
    notes, (failure,) = split(path)
    assert [note.id for note in notes] == ["first", "z"]
    assert failure.line == 2
    assert word in failure.message


def test_links_and_devices_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    path = tmp_path / "x.tar"
    with tarfile.open(path, "w") as tar:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE):
            member = tarfile.TarInfo("a.jpg")
            member.type, member.linkname = kind, str(secret)
            tar.addfile(member)
        member = tarfile.TarInfo("a.json")
        member.size = len(said())
        tar.addfile(member, io.BytesIO(said()))
    ((note,), _) = split(path)
    assert note.images == ()


def test_a_picture_is_read_up_to_what_is_never_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is cut off is refused for its length, and the note is judged on the rest."""
    monkeypatch.setattr(tar_shards, "MOST_PICTURE_BYTES", 10)
    path = shard(tmp_path / "x.tar", a__json=said(), a__jpg=b"x" * 1000)
    ((note,), _) = split(path)
    assert len(note.images[0].data or b"") == 11


@pytest.mark.parametrize(
    ("keep", "whole"), [(512 * 5 + 100, ["a", "b"]), (512 * 4 + 1, ["a"]), (512 * 4, ["a"])]
)
def test_a_shard_that_breaks_off_says_so(tmp_path: Path, keep: int, whole: list[str]) -> None:
    """A sample that was the last one may lack pictures, so it is not taken for a whole one."""
    path = shard(tmp_path / "x.tar", a__json=said(), b__json=said(), c__json=said())
    path.write_bytes(path.read_bytes()[:keep])
    notes, failures = split(path)
    assert [note.id for note in notes] == whole
    assert [failure.code for failure in failures] == ["bad_archive"]
    assert f"breaks off after sample {len(whole)}" in failures[0].message


def test_a_second_shard_in_one_file_is_not_lost_in_silence(tmp_path: Path) -> None:
    """`cat` makes such files, and readers stop at the first end."""
    one, two = (shard(tmp_path / f"{n}.tar", **{f"{n}__json": said()}) for n in "ab")
    both = tmp_path / "both.tar"
    both.write_bytes(one.read_bytes()[: 4 * 512] + two.read_bytes())
    _, failures = split(both)
    assert "something follows its end" in failures[0].message


# Folders of shards


def test_a_folder_of_shards_is_read_in_the_order_of_paths(tmp_path: Path) -> None:
    """Folders say what rows do not; what is hidden or half-written is left out."""
    shard(tmp_path / "lang=zh" / "1.tar", a__json=said(), b__json=said(lang="en"))
    shard(tmp_path / "_temporary" / "0.tar", never__json=said())
    shard(tmp_path / "lang=zh" / ".2.tar", never__json=said())
    folder = tmp_path / "kind=product%5Fnote" / "year=2026"
    folder.mkdir(parents=True)
    (folder / "1.jpg").write_bytes(b"")
    columns = {"id": ["p", "q"], "published_at": [AT, None], "images": [["1.jpg"], []]}
    pq.write_table(pa.table(columns | {"author_id": ["eve", "x"]}), folder / "0.parquet")
    notes, (failure,) = split(tmp_path)
    assert [(n.id, n.kind.value, n.lang) for n in notes] == [
        ("p", "product_note", None),
        ("a", "note", "zh"),
        ("b", "note", "en"),
    ]
    assert notes[0].images[0].path == folder / "1.jpg"
    assert failure.message.startswith("in `kind=product%5Fnote/year=2026/0.parquet`: ")
    assert count_notes(tmp_path) is None


def test_a_note_comes_once_whatever_shard_it_is_in(tmp_path: Path) -> None:
    for name in ("1.tar", "2.tar"):
        shard(tmp_path / name, a__json=said(id="n1"))
    notes, (failure,) = split(tmp_path)
    assert [note.id for note in notes] == ["n1"]
    assert failure.message.startswith("in `2.tar`: ")


def test_a_shard_that_cannot_be_read_costs_no_other(tmp_path: Path) -> None:
    shard(tmp_path / "1.tar", a__json=said())
    (tmp_path / "0.parquet").write_bytes(b"PAR1 and no more")
    notes, (failure,) = split(tmp_path)
    assert [note.id for note in notes] == ["a"]
    assert (failure.code, failure.line) == ("bad_archive", None)
    assert "0.parquet" in failure.message


def test_loose_pictures_beside_tar_shards_are_not_lost_in_silence(tmp_path: Path) -> None:
    shard(tmp_path / "1.tar", a__json=said())
    (tmp_path / "ann").mkdir()
    (tmp_path / "ann" / "1.jpg").write_bytes(b"")
    with pytest.raises(BadArchive, match=r"1 tar shards and loose pictures, as `ann/1\.jpg`"):
        read_notes(tmp_path)
