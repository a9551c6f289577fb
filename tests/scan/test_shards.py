"""An archive is cut into shards: nothing is lost, and a shard is known again by its digest."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from kit.pictures import encoded, scene

from moderation.finding import ItemFailure
from moderation.note import Author, Note, NoteImage
from moderation.scan.shards import Shard, cut


def note(number: int, text: str = "今天很开心", image: NoteImage | None = None) -> Note:
    images = [] if image is None else [image]
    return Note(id=f"n{number}", author=Author(id="ann"), text=text, images=images)


def one(image: NoteImage, root: Path) -> Shard:
    (shard,) = cut([note(1, image=image)], 4, root)
    return shard


@settings(max_examples=60, deadline=None)
@given(
    kinds=st.lists(st.booleans(), max_size=30),
    size=st.integers(1, 9),
    changed=st.integers(0, 29),
)
def test_shards_hold_every_row_in_its_order(kinds: list[bool], size: int, changed: int) -> None:
    """All but the last are full; what changes in one row changes one digest."""
    items = [
        note(i) if good else ItemFailure(code="bad_note", message="m", hint="h", line=i)
        for i, good in enumerate(kinds)
    ]
    shards = list(cut(items, size, Path()))
    assert [item for shard in shards for item in shard.items] == items
    assert [shard.number for shard in shards] == list(range(len(shards)))
    assert all(len(shard.items) == size for shard in shards[:-1])
    if changed < len(items) and kinds[changed]:
        others = [note(i, "改过了") if i == changed else item for i, item in enumerate(items)]
        differ = [
            a.number
            for a, b in zip(shards, cut(others, size, Path()), strict=True)
            if a.digest != b.digest
        ]
        assert differ == [changed // size]


def test_digest_does_not_depend_on_where_the_archive_lies(tmp_path: Path, monkeypatch) -> None:
    """Moved elsewhere, or named by a relative path: the same shard, the same rows."""
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    (here / "1.png").write_bytes(encoded(scene(1)))
    first = one(NoteImage(path=here / "1.png"), here)
    shutil.copytree(here, there)  # with the times of its files
    moved = one(NoteImage(path=there / "1.png"), there)
    monkeypatch.chdir(tmp_path)
    relative = one(NoteImage(path="here/1.png"), Path("here"))
    assert first.digest == moved.digest == relative.digest
    assert first.rows == moved.rows == relative.rows
    assert first.rows[0]["images"][0]["path"] == "1.png"


def test_another_file_is_another_shard(tmp_path: Path) -> None:
    """A picture that was replaced under its name, by size or by time; or that has gone."""
    path = tmp_path / "1.png"
    path.write_bytes(b"one")
    os.utime(path, ns=(1, 1))
    digests = [one(NoteImage(path=path), tmp_path).digest]
    path.write_bytes(b"longer")
    os.utime(path, ns=(1, 1))
    digests.append(one(NoteImage(path=path), tmp_path).digest)
    os.utime(path, ns=(2, 2))
    digests.append(one(NoteImage(path=path), tmp_path).digest)
    path.unlink()
    digests.append(one(NoteImage(path=path), tmp_path).digest)
    assert len(set(digests)) == 4


def test_bytes_that_come_along_count() -> None:
    """Pictures of a tar shard or a table have no file of their own."""
    a, b = (one(NoteImage(data=data), Path()).digest for data in (b"one", b"two"))
    assert a != b
    assert a == one(NoteImage(data=b"one"), Path()).digest
